// Convolutions with fewer products: minimal filtering (Winograd 1980; Lavin and Gray, arXiv
// 1509.09308) in one dimension, by Toom's and Cook's polynomials.
//
// Eight inputs and a filter of K taps are multiplied as the values of polynomials at eight points,
// and the 9 - K outputs read off the products: A^T (G filter * B^T inputs). Per pair of channels
// that takes 8 multiplications in place of (9 - K) K, for five taps 8 in place of 20. Over channels
// each point is one product of matrices. What is lost to rounding is some 1e-5 of the outputs'
// spread.
#pragma once

#include "matrix.h"

namespace sonant {
namespace {

constexpr int kFinite = kPoints - 1;
constexpr float kAt[kFinite] = {
    0.0f,  1.0f, -1.0f, 2.0f,
    -2.0f, 0.5f, -0.5f};  // with the least rounding; the eighth is at infinity

struct Square {
    float at[kPoints][kPoints];
};

// B^T: row p has the coefficients of the polynomial that vanishes at all finite points but p. All
// of them are exact.
constexpr Square of_inputs() {
    Square matrix{};
    for (int point = 0; point < kPoints; ++point) {
        matrix.at[point][0] = 1.0f;
        int degree = 0;
        for (int other = 0; other < kFinite; ++other) {
            if (other == point) continue;
            ++degree;
            for (int power = degree; power >= 0; --power)
                matrix.at[point][power] =
                    (power > 0 ? matrix.at[point][power - 1] : 0.0f) -
                    kAt[other] * (power < degree ? matrix.at[point][power] : 0.0f);
        }
    }
    return matrix;
}
constexpr Square kOfInputs = of_inputs();

// A^T: row i has the powers i of the points; infinity counts in the last.
constexpr Square of_products(int outputs) {
    Square matrix{};
    for (int row = 0; row < outputs; ++row) {
        for (int point = 0; point < kFinite; ++point) {
            matrix.at[row][point] = 1.0f;
            for (int power = 0; power < row; ++power) matrix.at[row][point] *= kAt[point];
        }
        matrix.at[row][kFinite] = row == outputs - 1 ? 1.0f : 0.0f;
    }
    return matrix;
}

// Sums over the columns of a row that are not 0, of constants that the compiler knows: what is 0 is
// left out.
template <int row, int column, class Matrix>
inline Vector row_times(Matrix matrix, const Vector (&x)[kPoints], Vector sum) {
    if constexpr (column == kPoints) {
        return sum;
    } else {
        constexpr float by = Matrix::value.at[row][column];
        if constexpr (by != 0.0f) sum += x[column] * by;
        return row_times<row, column + 1>(matrix, x, sum);
    }
}

template <int row, int rows, class Matrix, class Store>
inline void matrix_times(Matrix matrix, const Vector (&x)[kPoints], Store put) {
    if constexpr (row < rows) {
        put(row, row_times<row, 0>(matrix, x, Vector{}));
        matrix_times<row + 1, rows>(matrix, x, put);
    }
}

struct OfInputs {
    static constexpr Square value = kOfInputs;
};
template <int outputs>
struct OfProducts {
    static constexpr Square value = of_products(outputs);
};

// `padded`: rows of inputs_padded channels, the frames and taps / 2 rows of silence before them,
// and behind them as many as `padded_rows` wants. finish(frame, column, sum) gets each vector of
// outputs, bias included; `room` holds the tiles.
template <int taps, class Finish>
inline void convolve(const Convolution& conv, const float* padded, int inputs_padded,
                     int64_t frames, float* room, Finish finish) {
    constexpr int outputs = kPoints + 1 - taps;
    const int outputs_padded = conv.points[0].outputs_padded;
    float* values = room;                                         // [points][tiles][inputs_padded]
    float* products = values + kPoints * kTiles * inputs_padded;  // [points][tiles][outputs_padded]
    const int64_t all = tiles_of(taps, frames);
    for (int64_t first = 0; first < all; first += kTiles) {
        const int64_t tiles = all - first < kTiles ? all - first : kTiles;
        for (int64_t tile = 0; tile < tiles; ++tile) {
            const float* from = padded + (first + tile) * outputs * inputs_padded;
            for (int channel = 0; channel < inputs_padded; channel += kWidth) {
                Vector x[kPoints];
                for (int row = 0; row < kPoints; ++row)
                    x[row] = load(from + int64_t(row) * inputs_padded + channel);
                matrix_times<0, kPoints>(OfInputs{}, x, [&](int point, Vector sum) {
                    store(values + (point * kTiles + tile) * inputs_padded + channel, sum);
                });
            }
        }
        for (int point = 0; point < kPoints; ++point) {
            float* to = products + point * kTiles * outputs_padded;
            multiply(conv.points[point], values + point * kTiles * inputs_padded, inputs_padded,
                     tiles, [&](int64_t row, int column, Vector sum) {
                         store(to + row * outputs_padded + column, sum);
                     });
        }
        for (int64_t tile = 0; tile < tiles; ++tile)
            for (int column = 0; column < outputs_padded; column += kWidth) {
                Vector x[kPoints];
                for (int point = 0; point < kPoints; ++point)
                    x[point] = load(products + (point * kTiles + tile) * outputs_padded + column);
                const Vector bias = load(conv.bias + column);
                matrix_times<0, outputs>(OfProducts<outputs>{}, x, [&](int row, Vector sum) {
                    const int64_t frame = (first + tile) * outputs + row;
                    if (frame < frames) finish(frame, column, sum + bias);
                });
            }
    }
}

template <class Finish>
inline void convolve(const Convolution& conv, const float* padded, int inputs_padded,
                     int64_t frames, float* room, Finish finish) {
    if (conv.taps == 3) return convolve<3>(conv, padded, inputs_padded, frames, room, finish);
    if (conv.taps == 5) return convolve<5>(conv, padded, inputs_padded, frames, room, finish);
    return convolve<7>(conv, padded, inputs_padded, frames, room, finish);
}

}  // namespace
}  // namespace sonant
