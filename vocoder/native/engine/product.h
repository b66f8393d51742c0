// Products of rows with a packed matrix: output = begin + add + input x matrix.
//
// fp32 and bf16: every output is one chain of additions over the inputs in their order (of a pair
// of bf16 the second comes first), starting from begin + add, however rows and columns are tiled.
// int8: every output is a sum of integers, which is exact in any order, scaled and added once. So a
// row's result does not depend on the rows beside it, which is what makes batching and chunking
// invisible.
#pragma once

#include "grouped.h"
#include "model.h"
#include "vector.h"

namespace sonant {
namespace {

// fp32: the weights of one input, `Columns` vectors of them.
struct Fp32 {
    static constexpr Precision precision = Precision::fp32;
    static constexpr int kGroup =
        1;  // inputs that are multiplied at once; more than one: see grouped.h
    typedef float Weight;
    static constexpr int kColumns = 1;  // vectors of outputs that are stored together
    template <int Columns>
    static inline void weights(const float* at, Vector* w) {
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) w[v] = load(at + v * kWidth);
    }
};

// bf16 without instructions for it: weights become floats as they are read, inputs are floats.
struct Bf16 {
    static constexpr Precision precision = Precision::bf16;
    static constexpr int kGroup = 1;
    typedef uint16_t Weight;
    static constexpr int kColumns = 2;
    template <int Columns>
    static inline void weights(const uint16_t* at, Vector* w) {
#pragma GCC unroll 8
        for (int v = 0; v < Columns; v += 2) {
            Integers both = load_integers(at + v * kWidth);
            keep_in_register(both);  // a second load of what is still on its way from the second
                                     // cache costs more than a product
            w[v] = (Vector)both;
            w[v + 1] = (Vector)(both << 16);
        }
    }
};

// `Rows_` rows by `Columns` vectors, all sums in registers: inputs first .. first + count - 1.
// `weights` is [inputs][stride].
template <class P, int Rows_, int Columns>
SONANT_APART void tile(const Row* rows, int first, int count, int column,
                       const typename P::Weight* weights, int stride) {
    Vector sums[Rows_][Columns];
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            const int at = column + v * kWidth;
            sums[m][v] = first == 0 ? load(rows[m].begin + at) + load(rows[m].add + at)
                                    : load(rows[m].output + at);
        }
    for (int i = first; i < first + count; ++i, weights += stride) {
        Vector w[Columns];
        P::template weights<Columns>(weights, w);
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            if (Rows_ > 1) keep_in_register(w[v]);
#pragma GCC unroll 8
            for (int m = 0; m < Rows_; ++m) sums[m][v] += rows[m].floats[i] * w[v];
        }
    }
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) store(rows[m].output + column + v * kWidth, sums[m][v]);
}

// `Rows_` rows by one panel of `vectors` vectors.
template <class P, int Rows_>
SONANT_APART void panel(const Row* rows, int first, int count, int column,
                        const typename P::Weight* weights, int vectors) {
    constexpr int widest = Rows_ == 1 ? kPanel : kWideTile;
    const int stride = vectors * kWidth;
    int v = 0;
    for (; v + widest <= vectors; v += widest)
        tile<P, Rows_, widest>(rows, first, count, column + v * kWidth, weights + v * kWidth,
                               stride);
    if (widest > 4 && v + 4 <= vectors) {
        tile<P, Rows_, 4>(rows, first, count, column + v * kWidth, weights + v * kWidth, stride);
        v += 4;
    }
    if (v + 2 <= vectors) {
        tile<P, Rows_, 2>(rows, first, count, column + v * kWidth, weights + v * kWidth, stride);
        v += 2;
    }
    if (P::kColumns == 1 && v < vectors)
        tile<P, Rows_, P::kColumns>(rows, first, count, column + v * kWidth, weights + v * kWidth,
                                    stride);
}

// The panel that begins with vector v, for all rows. With more rows than a tile holds, the inputs
// are taken a piece at a time, so that a piece of the panel stays in the first cache while every
// row passes over it.
template <class P>
inline void multiply_panel(const Matrix& matrix, const Row* rows, int count, int v) {
    constexpr int kPiece = 32;
    const int piece = count > 3 ? kPiece : matrix.inputs;
    const int vectors = matrix.outputs_padded / kWidth;
    const int wide = vectors - v < kPanel ? vectors - v : kPanel;
    const typename P::Weight* weights =
        static_cast<const typename P::Weight*>(matrix.data) + int64_t(v) * matrix.inputs * kWidth;
    for (int first = 0; first < matrix.inputs; first += piece) {
        const int some = matrix.inputs - first < piece ? matrix.inputs - first : piece;
        int m = 0;
        for (; m + 3 <= count; m += 3)
            panel<P, 3>(rows + m, first, some, v * kWidth, weights, wide);
        if (count - m == 2) panel<P, 2>(rows + m, first, some, v * kWidth, weights, wide);
        if (count - m == 1) panel<P, 1>(rows + m, first, some, v * kWidth, weights, wide);
        weights += int64_t(some) * wide * kWidth;
    }
}

// All rows by the whole matrix.
template <class P>
inline void multiply(const Matrix& matrix, const Row* rows, int count) {
    for (int v = 0; v * kWidth < matrix.outputs_padded; v += kPanel) {
        if constexpr (P::kGroup > 1)
            multiply_grouped_panel<P>(matrix, rows, count, v);
        else
            multiply_panel<P>(matrix, rows, count, v);
    }
}

// The inputs of a row that are not zero.
struct Sparse {
    int count;
    float* values;
    int* indices;
};

template <class P, int Columns>
SONANT_APART void sparse_tile(Sparse row, const float* begin, float* output,
                              const typename P::Weight* weights, int stride) {
    Vector sums[Columns];
#pragma GCC unroll 8
    for (int v = 0; v < Columns; ++v) sums[v] = load(begin + v * kWidth);
    for (int i = 0; i < row.count; ++i) {
        Vector w[Columns];
        P::template weights<Columns>(weights + int64_t(row.indices[i]) * stride, w);
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) sums[v] += row.values[i] * w[v];
    }
#pragma GCC unroll 8
    for (int v = 0; v < Columns; ++v) store(output + v * kWidth, sums[v]);
}

// One row of which many inputs are zero, as a rectifier leaves it. The sums are those of
// `multiply`: a product with zero adds nothing.
template <class P>
inline void multiply_sparse(const Matrix& matrix, Sparse row, const float* begin, float* output) {
    const int vectors = matrix.outputs_padded / kWidth;
    const typename P::Weight* weights = static_cast<const typename P::Weight*>(matrix.data);
    for (int first = 0; first < vectors; first += kPanel) {
        const int wide = vectors - first < kPanel ? vectors - first : kPanel;
        const int stride = wide * kWidth;
        auto some = [&](auto tile, int v) {
            tile(row, begin + (first + v) * kWidth, output + (first + v) * kWidth,
                 weights + v * kWidth, stride);
        };
        int v = 0;
        for (; v + kPanel <= wide; v += kPanel) some(sparse_tile<P, kPanel>, v);
        for (; v + 2 <= wide; v += 2) some(sparse_tile<P, 2>, v);
        if (P::kColumns == 1)
            for (; v < wide; ++v) some(sparse_tile<P, P::kColumns>, v);
        weights += int64_t(matrix.inputs) * stride;
    }
}

}  // namespace
}  // namespace sonant
