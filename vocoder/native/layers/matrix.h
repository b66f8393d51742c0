// Products of many rows with the same weights. Each output is one chain of sums over the inputs, in
// their order, whatever rows are computed beside it.
#pragma once

#include <cstring>

#include "layers.h"
#include "vector.h"

namespace sonant {
namespace {

constexpr int kPanelWidth = kPanelVectors * kWidth;
#if defined(__AVX512F__)
constexpr int kRows = 12;  // 12 x 2 sums, two vectors of weights and an input fit in 32 registers
#else
constexpr int kRows = 6;  // the same with 16
#endif

// x Phi(x), Phi the normal distribution by formula 7.1.26 of Abramowitz and Stegun: absolute error
// below 2e-7 of x.
inline Vector gelu(Vector x) {
    const Vector size = at_most(magnitude_of(x) * 0.707106781f,
                                6.0f);  // beyond, the tail is nothing, and numbers would get so
                                        // small that processors stumble
    const Vector t = 1.0f / (size * 0.3275911f + 1.0f);
    Vector p = splat(1.061405429f);
    p = p * t + -1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t + -0.284496736f;
    p = p * t + 0.254829592f;
    const Vector tail = p * t * exponential(size * size * -1.0f) * 0.5f;  // Phi of the negative
    return larger(x, Vector{}) - magnitude_of(x) * tail;
}

template <Activation activation>
inline Vector activated(Vector x) {
    if constexpr (activation == Activation::relu) return larger(x, Vector{});
    if constexpr (activation == Activation::gelu) return gelu(x);
    return x;
}

// How many rows of a panel. The weights of an input are read once for all of them.
template <int rows>
inline void multiply_rows(const float* x, int64_t x_stride, int inputs, const float* panel,
                          Vector (&sums)[kRows][kPanelVectors]) {
    for (int i = 0; i < inputs; ++i) {
        Vector weights[kPanelVectors];
        for (int v = 0; v < kPanelVectors; ++v)
            weights[v] = load(panel + int64_t(i) * kPanelWidth + v * kWidth);
        for (int row = 0; row < rows; ++row) {
            const Vector input = splat(x[row * x_stride + i]);
            for (int v = 0; v < kPanelVectors; ++v) sums[row][v] += input * weights[v];
        }
    }
}

template <int rows, class Finish>
inline void multiply_tile(int count, const float* x, int64_t x_stride, int inputs,
                          const float* panel, const float* bias, Finish finish) {
    if constexpr (rows > 0) {
        if (count < rows)
            return multiply_tile<rows - 1>(count, x, x_stride, inputs, panel, bias, finish);
        Vector sums[kRows][kPanelVectors];
        for (int row = 0; row < rows; ++row)
            for (int v = 0; v < kPanelVectors; ++v) sums[row][v] = load(bias + v * kWidth);
        multiply_rows<rows>(x, x_stride, inputs, panel, sums);
        for (int row = 0; row < rows; ++row)
            for (int v = 0; v < kPanelVectors; ++v) finish(row, v, sums[row][v]);
    }
}

// x [N] rows, x_stride apart, times the weights; finish(row, column, sum) gets each vector of
// outputs.
template <class Finish>
inline void multiply(const Product& product, const float* x, int64_t x_stride, int64_t frames,
                     Finish finish) {
    for (int column = 0; column < product.outputs_padded; column += kPanelWidth) {
        const float* panel = product.weights + int64_t(column) * product.inputs;
        for (int64_t first = 0; first < frames; first += kRows) {
            const int count = int(frames - first < kRows ? frames - first : kRows);
            multiply_tile<kRows>(
                count, x + first * x_stride, x_stride, product.inputs, panel, product.bias + column,
                [&](int row, int v, Vector sum) { finish(first + row, column + v * kWidth, sum); });
        }
    }
}

// One vector of a row of `channels`, of which only so many lanes may be there.
inline void store_within(float* row, int column, int channels, Vector value) {
    if (column + kWidth <= channels) {
        store(row + column, value);
    } else if (column < channels) {
        float lanes[kWidth];
        store(lanes, value);
        memcpy(row + column, lanes, (channels - column) * sizeof(float));
    }
}

template <Activation activation>
inline void product_into(const Product& product, const float* x, int64_t x_stride, int64_t frames,
                         float* out) {
    multiply(product, x, x_stride, frames, [&](int64_t row, int column, Vector sum) {
        store_within(out + row * product.outputs, column, product.outputs,
                     activated<activation>(sum));
    });
}

}  // namespace
}  // namespace sonant
