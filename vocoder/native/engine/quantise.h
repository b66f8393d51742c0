// Floats to the bytes that int8 products take: the input of a product has one scale, which follows
// its largest value, so nothing is ever clipped and no scale need be found beforehand.
#pragma once

#include "model.h"
#include "vector.h"

namespace sonant {
namespace {

constexpr float kGateScale = 1.0f / 127.0f;  // gates lie in -1..1, all of them: fixed, so that
                                             // those of every block fit in one product

// 1.5 * 2^23: the nearest integer stands in the low bits of what it was added to; the low byte of
// that is the byte.
constexpr float kRounder = 12582912.0f;

// bytes[i] = round(x[i] * inverse) + zero, whose sum must lie in 0..255. Ties go to even. n is a
// multiple of the width.
inline void round_to_bytes(const float* x, int n, float inverse, int zero, uint8_t* bytes) {
    for (int i = 0; i < n; i += kWidth)
        store_low_bytes(bytes + i, (Integers)(load(x + i) * inverse + (kRounder + float(zero))));
}

inline void gate_bytes(Vector gates, uint8_t* bytes) {
    store_low_bytes(bytes, (Integers)(gates * (1.0f / kGateScale) + (kRounder + 128.0f)));
}

// Any numbers, n in whole vectors: zero is 128. Returns what one stands for.
inline float signed_bytes(const float* x, int n, uint8_t* bytes) {
    const float top = largest_magnitude(x, n);
    round_to_bytes(x, n, top > 0.0f ? 127.0f / top : 0.0f, 128, bytes);
    return top * (1.0f / 127.0f);
}

// Numbers behind a rectifier, none below 0.
inline float positive_bytes(const float* x, int n, uint8_t* bytes) {
    const float top = largest_magnitude(x, n);
    round_to_bytes(x, n, top > 0.0f ? 255.0f / top : 0.0f, 0, bytes);
    return top * (1.0f / 255.0f);
}

}  // namespace
}  // namespace sonant
