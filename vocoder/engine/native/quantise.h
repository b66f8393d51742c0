// Floats to the bytes that int8 products take: the input of a product has one scale, which follows its largest value, so nothing is ever
// clipped and no scale need be found beforehand.
#pragma once

#include "model.h"
#include "vector.h"

namespace sonant {
namespace {

constexpr float kGateScale = 1.0f / 127.0f;  // gates lie in -1..1, all of them: fixed, so that those of every block fit in one product

// bytes[i] = round(x[i] * inverse) + zero, whose sum must lie in 0..255. Ties go to even.
inline void round_to_bytes(const float* x, int n, float inverse, int zero, uint8_t* bytes) {
    // The nearest integer stands in the low bits of what it was added to; the low byte of that is the byte.
    const float rounder = 12582912.0f + float(zero);
    int i = 0;
    for (; i + kWidth <= n; i += kWidth) store_low_bytes(bytes + i, (Integers)(load(x + i) * inverse + rounder));
    for (; i < n; ++i) {
        const float shifted = x[i] * inverse + rounder;
        memcpy(bytes + i, &shifted, 1);  // little-endian, as every processor that is compiled for here
    }
}

// Any numbers: zero is 128.
inline Input signed_bytes(const float* x, int n, uint8_t* bytes) {
    const float top = largest_magnitude(x, n);
    round_to_bytes(x, n, top > 0.0f ? 127.0f / top : 0.0f, 128, bytes);
    return {x, bytes, top / 127.0f, true};
}

// Numbers behind a rectifier, none below 0.
inline Input positive_bytes(const float* x, int n, uint8_t* bytes) {
    const float top = largest_magnitude(x, n);
    round_to_bytes(x, n, top > 0.0f ? 255.0f / top : 0.0f, 0, bytes);
    return {x, bytes, top / 255.0f, false};
}

inline void gate_bytes(const float* gates, int n, uint8_t* bytes) { round_to_bytes(gates, n, 127.0f, 128, bytes); }

}  // namespace
}  // namespace sonant
