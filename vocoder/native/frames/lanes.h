// Frames side by side: each lane of a vector belongs to another frame, and none knows of the
// others. Every operation is rounded by itself (no fused multiply-adds, see CMakeLists.txt), so a
// frame has the same bits in any lane, in any batch, on any instruction set.
#pragma once

#include "vector.h"

namespace sonant {
namespace {

constexpr int kLanes = kWidth;
constexpr int kDoubles = kLanes / 2;  // lanes of a vector of doubles

// Scratch is read and written as numbers and as vectors.
typedef float Floats __attribute__((vector_size(kLanes * 4), may_alias));
typedef double Doubles __attribute__((vector_size(kLanes * 4), may_alias));

inline Floats root(Floats x) {
#if defined(__AVX512F__)
    return (Floats)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
    return (Floats)_mm256_sqrt_ps((__m256)x);
#else
    for (int lane = 0; lane < kLanes; ++lane) x[lane] = __builtin_sqrtf(x[lane]);
    return x;
#endif
}

// ln x for x that are normal numbers above 0: Cephes' logf, absolute error below 2e-7 of ln x or
// 1e-7. x = 2^n m with m in sqrt(1/2)..sqrt(2).
inline Floats logarithm(Floats x) {
    const Integers bits = (Integers)x - 0x3f3504f3;  // sqrt(1/2) to 0
    const Integers n = bits >> 23;
    const Floats m = (Floats)((Integers)x - (n << 23)) - 1.0f;
    const Floats power = __builtin_convertvector(n, Floats);
    const Floats square = m * m;
    Floats p = splat(7.0376836292e-2f);
    p = p * m + -1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m + -1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m + -1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m + -2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    Floats small = p * m * square + power * -2.12194440e-4f;
    small = small - square * 0.5f;
    return (m + small) + power * 0.693359375f;
}

}  // namespace
}  // namespace sonant
