// Products of rows with a packed matrix: output = begin + add + input x matrix.
//
// fp32 and bf16: every output is one chain of additions over the inputs in their order, starting from begin + add, however rows and columns
// are tiled. int8: every output is a sum of integers, which is exact in any order, scaled and added once. So a row's result
// does not depend on the rows beside it, which is what makes company and chunking invisible.
#pragma once

#include "model.h"
#include "quantise.h"
#include "vector.h"

namespace sonant {
namespace {

constexpr int kHighest = 6;  // rows of a tile in int8, at most

// Tiles are functions of their own: inlined into what chooses among them, all that they could share is computed before every choice, which
// for one row takes as long as the products.
#define SONANT_APART __attribute__((noinline))

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
            Integers both = load_integers(at + v * kWidth);
            keep_in_register(both);  // a second load of what is still on its way from the second cache costs more than a product
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

// `Rows_` rows by `Columns` vectors, all sums in registers: inputs first .. first + count - 1. `weights` is [inputs][stride].
template <class P, int Rows_, int Columns>
SONANT_APART void tile(const Row* rows, int first, int count, int column, const typename P::Weight* weights, int stride) {
    Vector sums[Rows_][Columns];
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            const int at = column + v * kWidth;
            sums[m][v] = first == 0 ? load(rows[m].begin + at) + load(rows[m].add + at) : load(rows[m].output + at);
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
SONANT_APART void panel(const Row* rows, int first, int count, int column, const typename P::Weight* weights, int vectors) {
    constexpr int widest = Rows_ == 1 ? kPanel : kWideTile;
    const int stride = vectors * kWidth;
    int v = 0;
    for (; v + widest <= vectors; v += widest) tile<P, Rows_, widest>(rows, first, count, column + v * kWidth, weights + v * kWidth, stride);
    if (widest > 4 && v + 4 <= vectors) {
        tile<P, Rows_, 4>(rows, first, count, column + v * kWidth, weights + v * kWidth, stride);
        v += 4;
    }
    if (v + 2 <= vectors) {
        tile<P, Rows_, 2>(rows, first, count, column + v * kWidth, weights + v * kWidth, stride);
        v += 2;
    }
    if (P::kColumns == 1 && v < vectors) tile<P, Rows_, P::kColumns>(rows, first, count, column + v * kWidth, weights + v * kWidth, stride);
}

// The panel that begins with vector v, for all rows. With more rows than a tile holds, the inputs are taken a piece at a time, so that a piece
// of the panel stays in the first cache while every row passes over it.
template <class P>
inline void multiply_panel(const Matrix& matrix, const Row* rows, int count, int v) {
    constexpr int kPiece = 32;
    const int piece = count > 3 ? kPiece : matrix.inputs;
    const int vectors = matrix.outputs_padded / kWidth;
    const int wide = vectors - v < kPanel ? vectors - v : kPanel;
    const typename P::Weight* weights = static_cast<const typename P::Weight*>(matrix.data) + int64_t(v) * matrix.inputs * kWidth;
    for (int first = 0; first < matrix.inputs; first += piece) {
        const int some = matrix.inputs - first < piece ? matrix.inputs - first : piece;
        int m = 0;
        for (; m + 3 <= count; m += 3) panel<P, 3>(rows + m, first, some, v * kWidth, weights, wide);
        if (count - m == 2) panel<P, 2>(rows + m, first, some, v * kWidth, weights, wide);
        if (count - m == 1) panel<P, 1>(rows + m, first, some, v * kWidth, weights, wide);
        weights += int64_t(some) * wide * kWidth;
    }
}

// int8: `Rows_` rows by `Columns` vectors. `weights` is [groups][stride], four inputs a group. One row alone keeps two sums per output, so that
// additions need not wait for each other.
template <int Rows_, int Columns>
SONANT_APART void tile8(const Row* rows, const Matrix& matrix, int column, const int8_t* weights, int stride) {
    constexpr int kSums = Rows_ == 1 ? 2 : 1;
    Integers sums[kSums][Rows_][Columns];
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            sums[0][m][v] = load_integers(matrix.begin + column + v * kWidth);
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
                for (int m = 0; m < Rows_; ++m) sums[s][m][v] = dot(sums[s][m][v], rows[m].bytes + 4 * (g + s), w);
            }
    if (g < groups)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) sums[0][0][v] = dot(sums[0][0][v], rows[0].bytes + 4 * g, load_integers(weights + v * 4 * kWidth));
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            if (kSums == 2) sums[0][m][v] += sums[kSums - 1][m][v];
            const int at = column + v * kWidth;
            const Vector start = load(rows[m].begin + at) + load(rows[m].add + at);
            store(rows[m].output + at, start + __builtin_convertvector(sums[0][m][v], Vector) * (load(matrix.scales + at) * rows[m].scale));
        }
}

template <int Rows_>
SONANT_APART void panel8(const Row* rows, const Matrix& matrix, int column, const int8_t* weights, int vectors) {
    constexpr int widest = Rows_ > 3 ? 4 : kPanel;
    const int stride = vectors * 4 * kWidth;
    int v = 0;
    for (; v + widest <= vectors; v += widest) tile8<Rows_, widest>(rows, matrix, column + v * kWidth, weights + v * 4 * kWidth, stride);
    if (widest > 4 && v + 4 <= vectors) {
        tile8<Rows_, 4>(rows, matrix, column + v * kWidth, weights + v * 4 * kWidth, stride);
        v += 4;
    }
    if (v + 2 <= vectors) {
        tile8<Rows_, 2>(rows, matrix, column + v * kWidth, weights + v * 4 * kWidth, stride);
        v += 2;
    }
    if (v < vectors) tile8<Rows_, 1>(rows, matrix, column + v * kWidth, weights + v * 4 * kWidth, stride);
}

template <>
inline void multiply_panel<Int8>(const Matrix& matrix, const Row* rows, int count, int v) {
    const int vectors = matrix.outputs_padded / kWidth;
    const int wide = vectors - v < kPanel ? vectors - v : kPanel;
    const int groups = (matrix.inputs + 3) / 4;
    const int8_t* weights = static_cast<const int8_t*>(matrix.data) + int64_t(v) * groups * 4 * kWidth;
    if (count == 1 && wide == kPanel) return tile8<1, kPanel>(rows, matrix, v * kWidth, weights, kPanel * 4 * kWidth);  // nothing to choose
    int tiles = (count + kHighest - 1) / kHighest;  // as alike in height as can be
    for (; tiles > 0; --tiles) {
        const int height = count / tiles;
        switch (height) {
            case 1: panel8<1>(rows, matrix, v * kWidth, weights, wide); break;
            case 2: panel8<2>(rows, matrix, v * kWidth, weights, wide); break;
            case 3: panel8<3>(rows, matrix, v * kWidth, weights, wide); break;
            case 4: panel8<4>(rows, matrix, v * kWidth, weights, wide); break;
            case 5: panel8<5>(rows, matrix, v * kWidth, weights, wide); break;
            default: panel8<6>(rows, matrix, v * kWidth, weights, wide); break;
        }
        rows += height;
        count -= height;
    }
}

// All rows by the whole matrix.
template <class P>
inline void multiply(const Matrix& matrix, const Row* rows, int count) {
    for (int v = 0; v * kWidth < matrix.outputs_padded; v += kPanel) multiply_panel<P>(matrix, rows, count, v);
}

// The inputs of a row that are not zero.
struct Sparse {
    int count;
    float* values;
    int* indices;
};

template <class P, int Columns>
SONANT_APART void sparse_tile(Sparse row, const float* begin, float* output, const typename P::Weight* weights, int stride) {
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

// One row of which many inputs are zero, as a rectifier leaves it. The sums are those of `multiply`: a product with zero adds nothing.
template <class P>
inline void multiply_sparse(const Matrix& matrix, Sparse row, const float* begin, float* output) {
    const int vectors = matrix.outputs_padded / kWidth;
    const typename P::Weight* weights = static_cast<const typename P::Weight*>(matrix.data);
    for (int first = 0; first < vectors; first += kPanel) {
        const int wide = vectors - first < kPanel ? vectors - first : kPanel;
        const int stride = wide * kWidth;
        auto some = [&](auto tile, int v) { tile(row, begin + (first + v) * kWidth, output + (first + v) * kWidth, weights + v * kWidth, stride); };
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
