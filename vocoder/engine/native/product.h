// Products of rows with a packed matrix: outputs[m] += inputs[m] x matrix.
//
// fp32 and bf16: every output is one chain of additions over the inputs in their order, starting from what the output held, however rows
// and columns are tiled. int8: every output is a sum of integers, which is exact in any order, scaled and added once. So a row's result
// does not depend on the rows beside it, which is what makes company and chunking invisible.
#pragma once

#include "model.h"
#include "quantise.h"
#include "vector.h"

namespace sonant {
namespace {

constexpr int kWidest = 6;  // rows of a tile, at most

// fp32: the weights of one input, `Columns` vectors of them.
struct Fp32 {
    static constexpr Precision precision = Precision::fp32;
    typedef float Weight;
    static constexpr int kColumns = 1;  // vectors of outputs that are stored together
    template <int Columns>
    static inline void weights(const float* at, Vector* w) {
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) w[v] = load(at + v * kWidth);
    }
};

struct Bf16 {
    static constexpr Precision precision = Precision::bf16;
    typedef uint16_t Weight;
    static constexpr int kColumns = 2;
    template <int Columns>
    static inline void weights(const uint16_t* at, Vector* w) {
#pragma GCC unroll 8
        for (int v = 0; v < Columns; v += 2) {
            const Integers both = load_integers(at + v * kWidth);
            w[v] = (Vector)both;
            w[v + 1] = (Vector)(both << 16);
        }
    }
};

struct Int8 {
    static constexpr Precision precision = Precision::int8;
    typedef int8_t Weight;
    static constexpr int kColumns = 1;
};

// `Rows_` rows by `Columns` vectors, all sums in registers. `weights` is [inputs][stride].
template <class P, int Rows_, int Columns>
inline void tile(const Input* inputs, float* const* outputs, int first, int count, int column, const typename P::Weight* weights, int stride) {
    Vector sums[Rows_][Columns];
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) sums[m][v] = load(outputs[m] + column + v * kWidth);
    for (int i = first; i < first + count; ++i, weights += stride) {
        Vector w[Columns];
        P::template weights<Columns>(weights, w);
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            if (Rows_ > 1) keep_in_register(w[v]);
#pragma GCC unroll 8
            for (int m = 0; m < Rows_; ++m) sums[m][v] += inputs[m].floats[i] * w[v];
        }
    }
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) store(outputs[m] + column + v * kWidth, sums[m][v]);
}

// `Rows_` rows by one panel of `vectors` vectors.
template <class P, int Rows_>
inline void panel(const Input* inputs, float* const* outputs, int first, int count, int column, const typename P::Weight* weights, int vectors) {
    constexpr int widest = Rows_ == 1 ? kPanel : kWideTile;
    const int stride = vectors * kWidth;
    int v = 0;
    auto where = [&] { return weights + v * kWidth; };
    for (; v + widest <= vectors; v += widest) tile<P, Rows_, widest>(inputs, outputs, first, count, column + v * kWidth, where(), stride);
    if (widest > 4)
        for (; v + 4 <= vectors; v += 4) tile<P, Rows_, 4>(inputs, outputs, first, count, column + v * kWidth, where(), stride);
    for (; v + 2 <= vectors; v += 2) tile<P, Rows_, 2>(inputs, outputs, first, count, column + v * kWidth, where(), stride);
    if (P::kColumns == 1)
        for (; v < vectors; ++v) tile<P, Rows_, P::kColumns>(inputs, outputs, first, count, column + v * kWidth, where(), stride);
}

// All rows. With more rows than a tile holds, the inputs are taken a piece at a time, so that a piece of the panel stays in the first
// cache while every row passes over it.
template <class P>
inline void multiply(const Matrix& matrix, const Input* inputs, float* const* outputs, int rows) {
    constexpr int kPiece = 32;
    const int piece = rows > 3 ? kPiece : matrix.inputs;
    const int vectors = matrix.outputs_padded / kWidth;
    const typename P::Weight* weights = static_cast<const typename P::Weight*>(matrix.data);
    for (int v = 0; v < vectors; v += kPanel) {
        const int wide = vectors - v < kPanel ? vectors - v : kPanel;
        for (int first = 0; first < matrix.inputs; first += piece) {
            const int count = matrix.inputs - first < piece ? matrix.inputs - first : piece;
            int m = 0;
            for (; m + 3 <= rows; m += 3) panel<P, 3>(inputs + m, outputs + m, first, count, v * kWidth, weights, wide);
            if (rows - m == 2) panel<P, 2>(inputs + m, outputs + m, first, count, v * kWidth, weights, wide);
            if (rows - m == 1) panel<P, 1>(inputs + m, outputs + m, first, count, v * kWidth, weights, wide);
            weights += int64_t(count) * wide * kWidth;
        }
    }
}

// What becomes of int8 sums: floats that are added to the outputs, or more of the same integers.
inline Integers begin_sum(float* const*, int, int at, const Matrix& matrix, const Input& input) {
    return input.is_signed ? load_integers(matrix.begin + at) : Integers{};
}
inline Integers begin_sum(int32_t* const* outputs, int m, int at, const Matrix&, const Input&) { return load_integers(outputs[m] + at); }
inline void end_sum(float* const* outputs, int m, int at, const Matrix& matrix, const Input& input, Integers sum) {
    float* to = outputs[m] + at;
    store(to, load(to) + __builtin_convertvector(sum, Vector) * (load(matrix.scales + at) * input.scale));
}
inline void end_sum(int32_t* const* outputs, int m, int at, const Matrix&, const Input&, Integers sum) { store_integers(outputs[m] + at, sum); }

// int8: `Rows_` rows by `Columns` vectors. `weights` is [groups][stride], four inputs a group. One row alone keeps two sums per output, so that
// additions need not wait for each other.
template <int Rows_, int Columns, class Out>
inline void tile8(const Input* inputs, Out* const* outputs, const Matrix& matrix, int column, const int8_t* weights, int stride) {
    constexpr int kSums = Rows_ == 1 ? 2 : 1;
    Integers sums[kSums][Rows_][Columns];
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            sums[0][m][v] = begin_sum(outputs, m, column + v * kWidth, matrix, inputs[m]);
            if (kSums == 2) sums[kSums - 1][m][v] = Integers{};
        }
    const int groups = (matrix.inputs + 3) / 4;
    int g = 0;
    for (; g + kSums <= groups; g += kSums)
#pragma GCC unroll 2
        for (int s = 0; s < kSums; ++s, weights += stride)
#pragma GCC unroll 8
            for (int v = 0; v < Columns; ++v) {
                Integers w = load_integers(weights + v * 4 * kWidth);
                if (Rows_ > 1) keep_in_register(w);
#pragma GCC unroll 8
                for (int m = 0; m < Rows_; ++m) sums[s][m][v] = dot(sums[s][m][v], inputs[m].bytes + 4 * (g + s), w);
            }
    if (g < groups)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) sums[0][0][v] = dot(sums[0][0][v], inputs[0].bytes + 4 * g, load_integers(weights + v * 4 * kWidth));
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            if (kSums == 2) sums[0][m][v] += sums[kSums - 1][m][v];
            end_sum(outputs, m, column + v * kWidth, matrix, inputs[m], sums[0][m][v]);
        }
}

template <int Rows_, class Out>
inline void panel8(const Input* inputs, Out* const* outputs, const Matrix& matrix, int column, const int8_t* weights, int vectors) {
    constexpr int widest = Rows_ > 3 ? 4 : kPanel;
    const int stride = vectors * 4 * kWidth;
    int v = 0;
    auto where = [&] { return weights + v * 4 * kWidth; };
    for (; v + widest <= vectors; v += widest) tile8<Rows_, widest>(inputs, outputs, matrix, column + v * kWidth, where(), stride);
    if (widest > 4)
        for (; v + 4 <= vectors; v += 4) tile8<Rows_, 4>(inputs, outputs, matrix, column + v * kWidth, where(), stride);
    for (; v + 2 <= vectors; v += 2) tile8<Rows_, 2>(inputs, outputs, matrix, column + v * kWidth, where(), stride);
    for (; v < vectors; ++v) tile8<Rows_, 1>(inputs, outputs, matrix, column + v * kWidth, where(), stride);
}

template <class Out>
inline void multiply8(const Matrix& matrix, const Input* inputs, Out* const* outputs, int rows) {
    const int vectors = matrix.outputs_padded / kWidth;
    const int groups = (matrix.inputs + 3) / 4;
    const int tiles = (rows + kWidest - 1) / kWidest;  // as alike in height as can be
    const int8_t* weights = static_cast<const int8_t*>(matrix.data);
    for (int v = 0; v < vectors; v += kPanel) {
        const int wide = vectors - v < kPanel ? vectors - v : kPanel;
        for (int t = 0, m = 0; t < tiles; ++t) {
            const int height = (rows - m) / (tiles - t);
            switch (height) {
                case 1: panel8<1>(inputs + m, outputs + m, matrix, v * kWidth, weights, wide); break;
                case 2: panel8<2>(inputs + m, outputs + m, matrix, v * kWidth, weights, wide); break;
                case 3: panel8<3>(inputs + m, outputs + m, matrix, v * kWidth, weights, wide); break;
                case 4: panel8<4>(inputs + m, outputs + m, matrix, v * kWidth, weights, wide); break;
                case 5: panel8<5>(inputs + m, outputs + m, matrix, v * kWidth, weights, wide); break;
                default: panel8<6>(inputs + m, outputs + m, matrix, v * kWidth, weights, wide); break;
            }
            m += height;
        }
        weights += int64_t(groups) * wide * 4 * kWidth;
    }
}

template <>
inline void multiply<Int8>(const Matrix& matrix, const Input* inputs, float* const* outputs, int rows) {
    multiply8(matrix, inputs, outputs, rows);
}

// The inputs of a row that are not zero.
struct Sparse {
    int count;
    float* values;
    int* indices;
};

template <class P, int Columns>
inline void sparse_tile(Sparse row, float* output, const typename P::Weight* weights, int stride) {
    Vector sums[Columns];
#pragma GCC unroll 8
    for (int v = 0; v < Columns; ++v) sums[v] = load(output + v * kWidth);
    for (int i = 0; i < row.count; ++i) {
        Vector w[Columns];
        P::template weights<Columns>(weights + int64_t(row.indices[i]) * stride, w);
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) sums[v] += row.values[i] * w[v];
    }
#pragma GCC unroll 8
    for (int v = 0; v < Columns; ++v) store(output + v * kWidth, sums[v]);
}

// One row of which many inputs are zero, as a rectifier leaves it. The sums are those of `multiply`: a product with zero adds nothing.
template <class P>
inline void multiply_sparse(const Matrix& matrix, Sparse row, float* output) {
    const int vectors = matrix.outputs_padded / kWidth;
    const typename P::Weight* weights = static_cast<const typename P::Weight*>(matrix.data);
    for (int first = 0; first < vectors; first += kPanel) {
        const int wide = vectors - first < kPanel ? vectors - first : kPanel;
        const int stride = wide * kWidth;
        int v = 0;
        for (; v + kPanel <= wide; v += kPanel) sparse_tile<P, kPanel>(row, output + (first + v) * kWidth, weights + v * kWidth, stride);
        for (; v + 2 <= wide; v += 2) sparse_tile<P, 2>(row, output + (first + v) * kWidth, weights + v * kWidth, stride);
        if (P::kColumns == 1)
            for (; v < wide; ++v) sparse_tile<P, P::kColumns>(row, output + (first + v) * kWidth, weights + v * kWidth, stride);
        weights += int64_t(matrix.inputs) * stride;
    }
}

}  // namespace
}  // namespace sonant
