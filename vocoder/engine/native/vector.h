// The vector type of the instruction set that this translation unit is compiled for, and the functions of it that the network needs.
// GCC's and Clang's vector extensions: the compiler maps them to whatever the flags allow.
#pragma once

#include <cstdint>
#include <cstring>

namespace sonant {
namespace {

#if defined(__AVX512F__)
constexpr int kWidth = 16;
constexpr int kWideTile = 8;  // vectors per row of a tile with several rows: 3 x 8 sums fit in 32 registers
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

inline Vector load(const float* p) { return *reinterpret_cast<const Unaligned*>(p); }
inline void store(float* p, Vector v) { *reinterpret_cast<Unaligned*>(p) = v; }

// Stops the compiler from reading a value from memory again wherever it is used: several products with one load are what tiles are for.
inline void keep_in_register(Vector& v) {
#if defined(__x86_64__)
    __asm__("" : "+v"(v));
#elif defined(__aarch64__)
    __asm__("" : "+w"(v));
#else
    (void)v;
#endif
}

inline Vector splat(float value) { return value - Vector{}; }
inline Vector at_least(Vector v, float low) { return v < low ? splat(low) : v; }
inline Vector at_most(Vector v, float high) { return v > high ? splat(high) : v; }

// e^x for x in -87..87, clamped there. Relative error below 2e-7: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial in r
// (the coefficients of Cephes' expf), and n added to the exponent.
inline Vector exponential(Vector x) {
    x = at_most(at_least(x, -87.0f), 87.0f);
    const float rounder = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
    const Vector shifted = x * 1.44269504f + rounder;
    const Vector n = shifted - rounder;
    const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;  // ln 2 in two parts: n times the first is exact
    Vector p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    const Integers exponent = (Integers)shifted << 23;  // the integer's low bits, moved to where the exponent is
    return (Vector)((Integers)p + exponent);
}

// tanh(a) sigmoid(b) = (1 - e^-2a) / ((1 + e^-2a) (1 + e^-b)): one division for both. Absolute error below 3e-7.
inline Vector gate(Vector a, Vector b) {
    const Vector e = exponential(at_most(at_least(a, -9.0f), 9.0f) * -2.0f);  // tanh(9) is 1 in float32; keeps the product below finite
    const Vector f = exponential(at_most(at_least(b, -30.0f), 30.0f) * -1.0f);
    return (1.0f - e) / ((1.0f + e) * (1.0f + f));
}

}  // namespace
}  // namespace sonant
