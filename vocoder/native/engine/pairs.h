// Pairs of bf16, which AVX512_BF16 multiplies two by two. Only where the unit is compiled for it,
// or with SONANT_EMULATE_BF16, which puts the definition of the two instructions in their place:
// for tests, on processors that have AVX-512 but not these.
//
// VDPBF16PS, for each lane (Intel's Architecture Instruction Set Extensions and Future Features):
// sum = fma(a[1], b[1], sum), and then sum = fma(a[0], b[0], sum), where 1 is the upper half of the
// lane. Each is rounded once, to nearest even; what is denormal counts as zero on the way in and
// becomes zero on the way out, whatever the control register says. "Denormal" is judged after
// rounding, as everywhere on x86: what rounds up to the smallest normal number stays.
// `tests/native/pairs.cpp` compares the definition with the instruction where there is one.
#pragma once

#include "vector.h"

#if defined(__AVX512BF16__) || defined(SONANT_EMULATE_BF16)
#define SONANT_PAIRS

namespace sonant {
namespace {

#if defined(SONANT_EMULATE_BF16)
inline Vector without_denormals(Vector v) {
    const Integers zero = ((Integers)v & 0x7f800000) == 0;
    return (Vector)((Integers)v & ~(zero & 0x7fffffff));
}

// In double the product is exact; the sum is rounded there first, but never onto a tie of two
// floats: the product has 16 bits and the sum 24, so that what is cut off lies farther below the
// tie than that.
inline __m256 fused_half(__m256 a, __m256 b, __m256 sum) {
    const __m512d exact =
        _mm512_fmadd_pd(_mm512_cvtps_pd(a), _mm512_cvtps_pd(b), _mm512_cvtps_pd(sum));
    const double least = 0x1p-126 * (1.0 - 0x1p-25);  // rounds up to the smallest normal number
    const __mmask8 tiny =
        _mm512_cmp_pd_mask(_mm512_abs_pd(exact), _mm512_set1_pd(least), _CMP_LT_OQ);
    const __m256 rounded = _mm512_cvtpd_ps(exact),
                 sign = _mm256_and_ps(rounded, _mm256_set1_ps(-0.0f));
    return _mm256_mask_mov_ps(rounded, tiny, sign);
}

inline Vector fused(Vector a, Vector b, Vector sum) {
    const __m512 x = (__m512)without_denormals(a), y = (__m512)without_denormals(b),
                 z = (__m512)without_denormals(sum);
    const __m256 low =
        fused_half(_mm512_castps512_ps256(x), _mm512_castps512_ps256(y), _mm512_castps512_ps256(z));
    const __m256 high = fused_half(_mm512_extractf32x8_ps(x, 1), _mm512_extractf32x8_ps(y, 1),
                                   _mm512_extractf32x8_ps(z, 1));
    return (Vector)_mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}
#endif

// sum + two products per lane: the same two inputs for every lane, by the two weights of each.
inline Vector dot_pair(Vector sum, const uint8_t* two, Integers w) {
    int32_t packed;
    memcpy(&packed, two, 4);
#if defined(SONANT_EMULATE_BF16)
    const Integers x = Integers{} + packed;
    const Vector odd =
        fused((Vector)(x & int32_t(0xffff0000)), (Vector)(w & int32_t(0xffff0000)), sum);
    return fused((Vector)(x << 16), (Vector)(w << 16), odd);
#else
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32(packed), (__m512bh)w);
#endif
}

// 16 floats to the nearest bf16, ties to even, denormals to zero, written side by side.
// VCVTNEPS2BF16.
inline void store_halves(uint8_t* to, Vector v) {
#if defined(SONANT_EMULATE_BF16)
    const Integers bits = (Integers)without_denormals(v);
    const Integers nearest = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    const Integers no_number = (bits & 0x7fffffff) > 0x7f800000;
    const Integers halves = (no_number & (bits >> 16 | 0x40)) | (~no_number & nearest);
    const __m256i packed = _mm512_cvtepi32_epi16((__m512i)halves);
#else
    const __m256i packed = (__m256i)_mm512_cvtneps_pbh((__m512)v);
#endif
    memcpy(to, &packed, sizeof packed);
}

}  // namespace
}  // namespace sonant

#endif
