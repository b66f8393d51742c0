// Products whose inputs are rounded and multiplied in groups, a 32-bit lane of weights at a time:
// four bytes (int8), or two bf16 where there are instructions for them. `Row::rounded` holds the
// inputs, the weights are packed [inputs / group][outputs][group].
#pragma once

#include "model.h"
#include "pairs.h"
#include "quantise.h"
#include "vector.h"

namespace sonant {
namespace {

// Tiles are functions of their own: inlined into what chooses among them, all that they could share
// is computed before every choice, which for one row takes as long as the products.
#define SONANT_APART __attribute__((noinline))

constexpr int kHighest = 6;  // rows of a tile, at most

struct Int8 {
    static constexpr Precision precision = Precision::int8;
    static constexpr int kGroup = 4;
    static constexpr int kSumsAlone =
        2;  // of one row alone, per output, so that additions need not wait for each other
    static constexpr bool kQuickGates = true;
    typedef Integers Sum;

    static inline Sum begin(const Matrix& matrix, const Row&, int at) {
        return load_integers(matrix.begin + at);
    }
    static inline Sum dot(Sum sum, const uint8_t* group, Integers w) {
        return sonant::dot(sum, group, w);
    }
    static inline Vector finish(const Matrix& matrix, const Row& row, int at, Sum sum) {
        const Vector start = load(row.begin + at) + load(row.add + at);
        return start +
               __builtin_convertvector(sum, Vector) * (load(matrix.scales + at) * row.scale);
    }
    // n inputs, in whole vectors; what the result is to be multiplied with. The second is for
    // inputs that are not below 0.
    static inline float round(const float* x, int n, uint8_t* rounded) {
        return signed_bytes(x, n, rounded);
    }
    static inline float round_positive(const float* x, int n, uint8_t* rounded) {
        return positive_bytes(x, n, rounded);
    }
    static constexpr float kGateScale = sonant::kGateScale;
    static inline void round_gates(Vector gates, uint8_t* rounded) { gate_bytes(gates, rounded); }
};

#if defined(SONANT_PAIRS)
// Inputs keep their own exponents, so nothing is scaled. One sum per output, for its order is part
// of the result; a panel has enough of them to keep the multiplier busy.
struct Bf16Pairs {
    static constexpr Precision precision = Precision::bf16;
    static constexpr int kGroup = 2;
    static constexpr int kSumsAlone = 1;
    static constexpr bool kQuickGates = false;
    typedef Vector Sum;

    static inline Sum begin(const Matrix&, const Row& row, int at) {
        return load(row.begin + at) + load(row.add + at);
    }
    static inline Sum dot(Sum sum, const uint8_t* group, Integers w) {
        return dot_pair(sum, group, w);
    }
    static inline Vector finish(const Matrix&, const Row&, int, Sum sum) { return sum; }
    static inline float round(const float* x, int n, uint8_t* rounded) {
        for (int i = 0; i < n; i += kWidth) store_halves(rounded + 2 * i, load(x + i));
        return 1.0f;
    }
    static inline float round_positive(const float* x, int n, uint8_t* rounded) {
        return round(x, n, rounded);
    }
    static constexpr float kGateScale = 1.0f;
    static inline void round_gates(Vector gates, uint8_t* rounded) { store_halves(rounded, gates); }
};
#endif

// `Rows_` rows by `Columns` vectors, all sums in registers. `weights` is [groups][stride] bytes.
template <class P, int Rows_, int Columns>
SONANT_APART void grouped_tile(const Row* rows, const Matrix& matrix, int column,
                               const uint8_t* weights, int stride) {
    constexpr int kSums = Rows_ == 1 ? P::kSumsAlone : 1;
    typename P::Sum sums[kSums][Rows_][Columns];
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            sums[0][m][v] = P::begin(matrix, rows[m], column + v * kWidth);
            if (kSums == 2) sums[kSums - 1][m][v] = typename P::Sum{};
        }
    const int groups = (matrix.inputs + P::kGroup - 1) / P::kGroup;
    int g = 0;
    for (; g + kSums <= groups; g += kSums)
#pragma GCC unroll 2
        for (int s = 0; s < kSums; ++s, weights += stride)
#pragma GCC unroll 8
            for (int v = 0; v < Columns; ++v) {
                Integers w = load_integers(weights + v * 4 * kWidth);
                if (Rows_ > 1) keep_in_register(w);
#pragma GCC unroll 8
                for (int m = 0; m < Rows_; ++m)
                    sums[s][m][v] = P::dot(sums[s][m][v], rows[m].rounded + 4 * (g + s), w);
            }
    if (g < groups)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v)
            sums[0][0][v] = P::dot(sums[0][0][v], rows[0].rounded + 4 * g,
                                   load_integers(weights + v * 4 * kWidth));
#pragma GCC unroll 8
    for (int m = 0; m < Rows_; ++m)
#pragma GCC unroll 8
        for (int v = 0; v < Columns; ++v) {
            if (kSums == 2) sums[0][m][v] += sums[kSums - 1][m][v];
            const int at = column + v * kWidth;
            store(rows[m].output + at, P::finish(matrix, rows[m], at, sums[0][m][v]));
        }
}

template <class P, int Rows_>
SONANT_APART void grouped_panel(const Row* rows, const Matrix& matrix, int column,
                                const uint8_t* weights, int vectors) {
    constexpr int widest = Rows_ > 3 ? 4 : kPanel;
    const int stride = vectors * 4 * kWidth;
    int v = 0;
    for (; v + widest <= vectors; v += widest)
        grouped_tile<P, Rows_, widest>(rows, matrix, column + v * kWidth, weights + v * 4 * kWidth,
                                       stride);
    if (widest > 4 && v + 4 <= vectors) {
        grouped_tile<P, Rows_, 4>(rows, matrix, column + v * kWidth, weights + v * 4 * kWidth,
                                  stride);
        v += 4;
    }
    if (v + 2 <= vectors) {
        grouped_tile<P, Rows_, 2>(rows, matrix, column + v * kWidth, weights + v * 4 * kWidth,
                                  stride);
        v += 2;
    }
    if (v < vectors)
        grouped_tile<P, Rows_, 1>(rows, matrix, column + v * kWidth, weights + v * 4 * kWidth,
                                  stride);
}

// The panel that begins with vector v, for all rows.
template <class P>
inline void multiply_grouped_panel(const Matrix& matrix, const Row* rows, int count, int v) {
    const int vectors = matrix.outputs_padded / kWidth;
    const int wide = vectors - v < kPanel ? vectors - v : kPanel;
    const int groups = (matrix.inputs + P::kGroup - 1) / P::kGroup;
    const uint8_t* weights =
        static_cast<const uint8_t*>(matrix.data) + int64_t(v) * groups * 4 * kWidth;
    if (count == 1 && wide == kPanel)
        return grouped_tile<P, 1, kPanel>(rows, matrix, v * kWidth, weights,
                                          kPanel * 4 * kWidth);  // nothing to choose
    int tiles = (count + kHighest - 1) / kHighest;               // as alike in height as can be
    for (; tiles > 0; --tiles) {
        const int height = count / tiles;
        switch (height) {
            case 1:
                grouped_panel<P, 1>(rows, matrix, v * kWidth, weights, wide);
                break;
            case 2:
                grouped_panel<P, 2>(rows, matrix, v * kWidth, weights, wide);
                break;
            case 3:
                grouped_panel<P, 3>(rows, matrix, v * kWidth, weights, wide);
                break;
            case 4:
                grouped_panel<P, 4>(rows, matrix, v * kWidth, weights, wide);
                break;
            case 5:
                grouped_panel<P, 5>(rows, matrix, v * kWidth, weights, wide);
                break;
            default:
                grouped_panel<P, 6>(rows, matrix, v * kWidth, weights, wide);
                break;
        }
        rows += height;
        count -= height;
    }
}

}  // namespace
}  // namespace sonant
