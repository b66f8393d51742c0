// The vector type of the instruction set that this translation unit is compiled for, and the
// functions of it that the network needs. GCC's and Clang's vector extensions: the compiler maps
// them to whatever the flags allow.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace sonant {
namespace {

#if defined(__AVX512F__)
constexpr int kWidth = 16;
constexpr int kWideTile =
    8;  // vectors per row of a tile with several rows: 3 x 8 sums fit in 32 registers
#elif defined(__AVX2__)
constexpr int kWidth = 8;
constexpr int kWideTile = 4;  // 3 x 4 sums fit in 16 registers
#else
constexpr int kWidth = 4;
constexpr int kWideTile = 4;
#endif

typedef float Vector __attribute__((vector_size(kWidth * 4)));
typedef int32_t Integers __attribute__((vector_size(kWidth * 4)));
typedef float Unaligned __attribute__((vector_size(kWidth * 4), aligned(4), may_alias));

typedef int32_t UnalignedIntegers __attribute__((vector_size(kWidth * 4), aligned(1), may_alias));

inline Integers load_integers(const void* p) {
    return *reinterpret_cast<const UnalignedIntegers*>(p);
}

// The low byte of each lane, side by side.
inline void store_low_bytes(uint8_t* p, Integers v) {
#if defined(__AVX512F__)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8((__m512i)v));
#elif defined(__AVX2__)
    const __m256i each = _mm256_shuffle_epi8((__m256i)v, _mm256_set1_epi32(0x0c080400));
    const __m128i both =
        _mm_unpacklo_epi32(_mm256_castsi256_si128(each), _mm256_extracti128_si256(each, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), both);
#else
    for (int k = 0; k < kWidth; ++k) p[k] = uint8_t(v[k]);
#endif
}

inline void store_integers(int32_t* p, Integers v) { *reinterpret_cast<UnalignedIntegers*>(p) = v; }
inline Vector load(const float* p) { return *reinterpret_cast<const Unaligned*>(p); }
inline void store(float* p, Vector v) { *reinterpret_cast<Unaligned*>(p) = v; }

// Stops the compiler from reading a value from memory again wherever it is used: several products
// with one load are what tiles are for.
template <class Any>
inline void keep_in_register(Any& v) {
#if defined(__x86_64__)
    __asm__("" : "+v"(v));
#elif defined(__aarch64__)
    __asm__("" : "+w"(v));
#else
    (void)v;
#endif
}

inline Vector splat(float value) { return value - Vector{}; }
inline Vector magnitude_of(Vector v) { return (Vector)((Integers)v & 0x7fffffff); }

// Named instructions: for a comparison and a choice compilers make two, because of what is no
// number.
inline Vector larger(Vector a, Vector b) {
#if defined(__AVX512F__)
    return (Vector)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (Vector)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return a > b ? a : b;
#endif
}
inline Vector smaller(Vector a, Vector b) {
#if defined(__AVX512F__)
    return (Vector)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (Vector)_mm256_min_ps((__m256)a, (__m256)b);
#else
    return a < b ? a : b;
#endif
}
inline Vector at_least(Vector v, float low) { return larger(v, splat(low)); }
inline Vector at_most(Vector v, float high) { return smaller(v, splat(high)); }

inline float largest_of(Vector v) {
#if defined(__AVX512F__)
    return _mm512_reduce_max_ps((__m512)v);
#elif defined(__AVX2__)
    __m128 four =
        _mm_max_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    four = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
#else
    float most = v[0];
    for (int k = 1; k < kWidth; ++k) most = v[k] > most ? v[k] : most;
    return most;
#endif
}

// Of n numbers, a multiple of the width.
inline float largest_magnitude(const float* x, int n) {
    Vector top{};
    for (int i = 0; i < n; i += kWidth) top = larger(magnitude_of(load(x + i)), top);
    return largest_of(top);
}

// sum + four products per lane: unsigned bytes, the same four for every lane, by the signed bytes
// of w.
inline Integers dot(Integers sum, const uint8_t* four, Integers w) {
    int32_t packed;
    memcpy(&packed, four, 4);
#if defined(__AVX512VNNI__)
    return (Integers)_mm512_dpbusd_epi32((__m512i)sum, _mm512_set1_epi32(packed), (__m512i)w);
#elif defined(__AVX2__)
    // The even bytes and the odd ones, widened to 16 bits; no product of two sums leaves 32 bits.
#if defined(__AVX512BW__)
    const __m512i bytes = _mm512_set1_epi32(packed);
    const __m512i even = _mm512_madd_epi16(_mm512_and_si512(bytes, _mm512_set1_epi16(255)),
                                           _mm512_srai_epi16(_mm512_slli_epi16((__m512i)w, 8), 8));
    const __m512i odd =
        _mm512_madd_epi16(_mm512_srli_epi16(bytes, 8), _mm512_srai_epi16((__m512i)w, 8));
#else
    const __m256i bytes = _mm256_set1_epi32(packed);
    const __m256i even = _mm256_madd_epi16(_mm256_and_si256(bytes, _mm256_set1_epi16(255)),
                                           _mm256_srai_epi16(_mm256_slli_epi16((__m256i)w, 8), 8));
    const __m256i odd =
        _mm256_madd_epi16(_mm256_srli_epi16(bytes, 8), _mm256_srai_epi16((__m256i)w, 8));
#endif
    return sum + (Integers)even + (Integers)odd;
#else
    return sum + (w << 24 >> 24) * int32_t(four[0]) + (w << 16 >> 24) * int32_t(four[1]) +
           (w << 8 >> 24) * int32_t(four[2]) + (w >> 24) * int32_t(four[3]);
#endif
}

// e^x for x in -87..87. Relative error below 2e-7: x = n ln 2 + r with |r| <= ln 2 / 2, a
// polynomial in r (the coefficients of Cephes' expf), and n added to the exponent.
inline Vector exponential_within(Vector x) {
    const float rounder =
        12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
    const Vector shifted = x * 1.44269504f + rounder;
    const Vector n = shifted - rounder;
    const Vector r = (x - n * 0.693359375f) +
                     n * 2.12194440e-4f;  // ln 2 in two parts: n times the first is exact
    Vector p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    const Integers exponent = (Integers)shifted
                              << 23;  // the integer's low bits, moved to where the exponent is
    return (Vector)((Integers)p + exponent);
}

// The same for any x, clamped to that range.
inline Vector exponential(Vector x) {
    return exponential_within(at_most(at_least(x, -87.0f), 87.0f));
}

// tanh(a) sigmoid(b) = (1 - e^-2a) / ((1 + e^-2a) (1 + e^-b)): one division for both. Absolute
// error below 3e-7.
inline Vector gate(Vector a, Vector b) {
    const Vector e =
        exponential_within(at_most(at_least(a, -9.0f), 9.0f) *
                           -2.0f);  // tanh(9) is 1 in float32; keeps the product below finite
    const Vector f = exponential_within(at_most(at_least(b, -30.0f), 30.0f) * -1.0f);
    return (1.0f - e) / ((1.0f + e) * (1.0f + f));
}

// tanh(x) as a fraction, absolute error below 5e-5: the best odd one of degrees 5 and 4 on -5..5
// (minimax, by linear programming), and constant beyond.
struct Fraction {
    Vector over, under;
};
inline Fraction quick_tanh(Vector x) {
    x = at_most(at_least(x, -5.0f), 5.0f);
    const Vector square = x * x;
    return {x * ((square * 6.57257516e-4f + 1.01793908e-1f) * square + 9.99801495e-1f),
            (square * 1.26623283e-2f + 4.34564739e-1f) * square + 1.0f};
}

// tanh(a) sigmoid(b) for where it is rounded to 8 bits anyway, with half the operations: sigmoid(b)
// = (1 + tanh(b / 2)) / 2. Absolute error below 1e-4.
inline Vector quick_gate(Vector a, Vector b) {
    const Fraction filter = quick_tanh(a), twice = quick_tanh(b * 0.5f);
    return filter.over * (twice.under + twice.over) / (filter.under * (twice.under + twice.under));
}

}  // namespace
}  // namespace sonant
