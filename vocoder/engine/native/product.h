// Products of rows with a packed matrix: outputs[m] += inputs[m] x matrix.
//
// Every output is one chain of additions over the inputs in their order, starting from what the output held, however rows and columns are
// tiled: so a row's result does not depend on the rows beside it, which is what makes company and chunking invisible.
#pragma once

#include "model.h"
#include "vector.h"

namespace sonant {
namespace {

// `Rows_` rows by `Columns` vectors, all sums in registers. `weights` is [inputs][stride].
template <int Rows_, int Columns>
inline void tile(const float* const* inputs, float* const* outputs, int first, int count, int column, const float* weights, int stride) {
    Vector sums[Rows_][Columns];
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) sums[m][v] = load(outputs[m] + column + v * kWidth);
    for (int i = first; i < first + count; ++i, weights += stride) {
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            Vector w = load(weights + v * kWidth);
            if (Rows_ > 1) keep_in_register(w);
#pragma GCC unroll 8
            for (int m = 0; m < Rows_; ++m) sums[m][v] += inputs[m][i] * w;
        }
    }
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) store(outputs[m] + column + v * kWidth, sums[m][v]);
}

// `Rows_` rows by one panel of `vectors` vectors.
template <int Rows_>
inline void panel(const float* const* inputs, float* const* outputs, int first, int count, int column, const float* weights, int vectors) {
    constexpr int widest = Rows_ == 1 ? kPanel : kWideTile;
    const int stride = vectors * kWidth;
    int v = 0;
    auto where = [&] { return weights + v * kWidth; };
    for (; v + widest <= vectors; v += widest) tile<Rows_, widest>(inputs, outputs, first, count, column + v * kWidth, where(), stride);
    if (widest > 4)
        for (; v + 4 <= vectors; v += 4) tile<Rows_, 4>(inputs, outputs, first, count, column + v * kWidth, where(), stride);
    for (; v + 2 <= vectors; v += 2) tile<Rows_, 2>(inputs, outputs, first, count, column + v * kWidth, where(), stride);
    for (; v < vectors; ++v) tile<Rows_, 1>(inputs, outputs, first, count, column + v * kWidth, where(), stride);
}

// All rows. With more rows than a tile holds, the inputs are taken a piece at a time, so that a piece of the panel stays in the first
// cache while every row passes over it.
inline void multiply(const Matrix& matrix, const float* const* inputs, float* const* outputs, int rows) {
    constexpr int kPiece = 32;
    const int piece = rows > 3 ? kPiece : matrix.inputs;
    const int vectors = matrix.outputs_padded / kWidth;
    const float* weights = matrix.data;
    for (int v = 0; v < vectors; v += kPanel) {
        const int wide = vectors - v < kPanel ? vectors - v : kPanel;
        for (int first = 0; first < matrix.inputs; first += piece) {
            const int count = matrix.inputs - first < piece ? matrix.inputs - first : piece;
            int m = 0;
            for (; m + 3 <= rows; m += 3) panel<3>(inputs + m, outputs + m, first, count, v * kWidth, weights, wide);
            if (rows - m == 2) panel<2>(inputs + m, outputs + m, first, count, v * kWidth, weights, wide);
            if (rows - m == 1) panel<1>(inputs + m, outputs + m, first, count, v * kWidth, weights, wide);
            weights += int64_t(count) * wide * kWidth;
        }
    }
}

// The inputs of a row that are not zero.
struct Sparse {
    int count;
    float* values;
    int* indices;
};

template <int Columns>
inline void sparse_tile(Sparse row, float* output, const float* weights, int stride) {
    Vector sums[Columns];
#pragma GCC unroll 8
    for (int v = 0; v < Columns; ++v) sums[v] = load(output + v * kWidth);
    for (int i = 0; i < row.count; ++i) {
        const float* w = weights + int64_t(row.indices[i]) * stride;
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) sums[v] += row.values[i] * load(w + v * kWidth);
    }
#pragma GCC unroll 8
    for (int v = 0; v < Columns; ++v) store(output + v * kWidth, sums[v]);
}

// One row of which many inputs are zero, as a rectifier leaves it. The sums are those of `multiply`: a product with zero adds nothing.
inline void multiply_sparse(const Matrix& matrix, Sparse row, float* output) {
    const int vectors = matrix.outputs_padded / kWidth;
    const float* weights = matrix.data;
    for (int first = 0; first < vectors; first += kPanel) {
        const int wide = vectors - first < kPanel ? vectors - first : kPanel;
        const int stride = wide * kWidth;
        int v = 0;
        for (; v + kPanel <= wide; v += kPanel) sparse_tile<kPanel>(row, output + (first + v) * kWidth, weights + v * kWidth, stride);
        for (; v + 2 <= wide; v += 2) sparse_tile<2>(row, output + (first + v) * kWidth, weights + v * kWidth, stride);
        for (; v < wide; ++v) sparse_tile<1>(row, output + (first + v) * kWidth, weights + v * kWidth, stride);
        weights += int64_t(matrix.inputs) * stride;
    }
}

}  // namespace
}  // namespace sonant
