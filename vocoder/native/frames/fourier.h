// The Fourier transforms of real signals, one in each lane.
//
// A complex transform of half as many points takes even samples for real parts and odd ones for
// imaginary parts; what it gives is taken apart afterwards (Cooley, Lewis and Welch 1970). It is
// Stockham's, which needs no bit reversal, in steps of four and a last one of two. `Lanes` is
// InFloats or InDoubles: names of types, because vectors lose their attributes where they are
// arguments of templates.
#pragma once

#include <utility>

#include "lanes.h"

namespace sonant {
namespace {

struct InFloats {
    typedef Floats Real;
    typedef float Number;
};
struct InDoubles {
    typedef Doubles Real;
    typedef double Number;
};

template <class Lanes>
struct Complex {
    typename Lanes::Real real, imaginary;
};

template <class Lanes>
inline Complex<Lanes> operator+(Complex<Lanes> a, Complex<Lanes> b) {
    return {a.real + b.real, a.imaginary + b.imaginary};
}
template <class Lanes>
inline Complex<Lanes> operator-(Complex<Lanes> a, Complex<Lanes> b) {
    return {a.real - b.real, a.imaginary - b.imaginary};
}
template <class Lanes>
inline Complex<Lanes> conjugate(Complex<Lanes> a) {
    return {a.real, -a.imaginary};
}
template <class Lanes>
inline Complex<Lanes> times_i(Complex<Lanes> a) {
    return {-a.imaginary, a.real};
}
template <class Lanes>
inline Complex<Lanes> halved(Complex<Lanes> a) {
    return {a.real * 0.5f, a.imaginary * 0.5f};
}
// `turn` is cos and sin, the same in every lane.
template <class Lanes>
inline Complex<Lanes> turned(Complex<Lanes> a, const typename Lanes::Number* turn) {
    return {a.real * turn[0] - a.imaginary * turn[1], a.real * turn[1] + a.imaginary * turn[0]};
}
template <class Lanes>
inline Complex<Lanes> turned_back(Complex<Lanes> a, const typename Lanes::Number* turn) {
    return {a.real * turn[0] + a.imaginary * turn[1], a.imaginary * turn[0] - a.real * turn[1]};
}

// The sum over m of x[m] e^(-2 pi i k m / n) for every k, n a power of two from 2 on. `x` and
// `spare` have n numbers each and are used up; returns the one of the two that holds the result.
// `turns`: cos and sin of -2 pi j / (2 n), j in 0..2n-1.
template <class Lanes>
inline Complex<Lanes>* transform(Complex<Lanes>* x, Complex<Lanes>* spare, int n,
                                 const typename Lanes::Number* turns) {
    int left = n, stride = 1;
    for (; left >= 4; left /= 4, stride *= 4) {
        const int quarter = left / 4;
        for (int p = 0; p < quarter; ++p) {
            const typename Lanes::Number* once = turns + 4 * p * stride;
            const typename Lanes::Number* twice = turns + 8 * p * stride;
            const typename Lanes::Number* thrice = turns + 12 * p * stride;
            for (int q = 0; q < stride; ++q) {
                const Complex<Lanes>* from = x + q + stride * p;
                const Complex<Lanes> a = from[0], b = from[stride * quarter],
                                     c = from[stride * 2 * quarter], d = from[stride * 3 * quarter];
                const Complex<Lanes> even = a + c, odd = a - c, other_even = b + d,
                                     other_odd = times_i(b - d);
                Complex<Lanes>* to = spare + q + stride * 4 * p;
                to[0] = even + other_even;
                to[stride] = turned(odd - other_odd, once);
                to[2 * stride] = turned(even - other_even, twice);
                to[3 * stride] = turned(odd + other_odd, thrice);
            }
        }
        std::swap(x, spare);
    }
    if (left == 2) {
        for (int q = 0; q < stride; ++q) {
            spare[q] = x[q] + x[q + stride];
            spare[q + stride] = x[q] - x[q + stride];
        }
        std::swap(x, spare);
    }
    return x;
}

// What `transform` gives of packed samples, to their spectrum: bins 0..n, of which x has room for n
// + 1.
template <class Lanes>
inline void take_apart(Complex<Lanes>* x, int n, const typename Lanes::Number* turns) {
    const Complex<Lanes> first = x[0];
    x[0] = {first.real + first.imaginary, typename Lanes::Real{}};
    x[n] = {first.real - first.imaginary, typename Lanes::Real{}};
    for (int k = 1; k <= n / 2; ++k) {
        const Complex<Lanes> a = x[k], b = conjugate(x[n - k]);
        const Complex<Lanes> even = halved(a + b);
        const Complex<Lanes> odd = turned(times_i(halved(b - a)), turns + 2 * k);
        x[n - k] = conjugate(even - odd);
        x[k] = even + odd;
    }
}

// The way back: bins 0..n to numbers whose `transform` is n times the packed samples, with odd
// samples negated.
template <class Lanes>
inline void put_together(Complex<Lanes>* x, int n, const typename Lanes::Number* turns) {
    const typename Lanes::Real first = x[0].real, last = x[n].real;
    x[0] = {(first + last) * 0.5f, (last - first) * 0.5f};
    for (int k = 1; k <= n / 2; ++k) {
        const Complex<Lanes> a = x[k], b = conjugate(x[n - k]);
        const Complex<Lanes> even = halved(a + b);
        const Complex<Lanes> odd = times_i(turned_back(halved(a - b), turns + 2 * k));
        x[n - k] = even - odd;
        x[k] = conjugate(even + odd);
    }
}

}  // namespace
}  // namespace sonant
