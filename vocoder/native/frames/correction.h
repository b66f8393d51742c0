// The magnitude step of the spectral correction. Its readable statement is
// vocoder/audio/windows.py, PlainWindows; sums have the same order.
#pragma once

#include "fourier.h"
#include "frames.h"

namespace sonant {
namespace {

inline Floats product(const Sparse& matrix, int row, const Floats* column) {
    Floats sum{};
    for (int32_t i = matrix.begins[row]; i < matrix.begins[row + 1]; ++i)
        sum += column[matrix.columns[i]] * matrix.weights[i];
    return sum;
}

// Up to kLanes frames at once; lanes beyond them are silent.
inline void correct_some(const Correction& about, const float* samples, const float* targets,
                         int frames, float* added, float* scratch) {
    const int half = about.points / 2;
    auto* x = reinterpret_cast<Complex<InFloats>*>(scratch);
    Complex<InFloats>* spare = x + half + 1;
    Floats* magnitudes = reinterpret_cast<Floats*>(spare + half + 1);
    Floats* lacking = magnitudes + half + 1;

    // A complex number is an even sample and the odd one after it: samples lie in a row, a vector
    // each.
    Floats* packed = reinterpret_cast<Floats*>(x);
    for (int i = 0; i < about.points; ++i) packed[i] = Floats{};
    for (int i = 0; i < about.window_length; ++i)
        for (int frame = 0; frame < frames; ++frame)
            scratch[i * kLanes + frame] = samples[frame * about.hop_length + i] * about.window[i];
    Complex<InFloats>* spectrum = transform(x, spare, half, about.turns);
    take_apart(spectrum, half, about.turns);
    for (int k = 0; k <= half; ++k)
        magnitudes[k] = root(spectrum[k].real * spectrum[k].real +
                             spectrum[k].imaginary * spectrum[k].imaginary);

    for (int m = 0; m < about.mels; ++m) {
        const Floats level =
            logarithm(at_least(product(about.to_mels, m, magnitudes), about.floor));
        Floats target = level;
        for (int frame = 0; frame < frames; ++frame)
            target[frame] = targets[frame * about.mels + m];
        const Floats gap = target - level;
        const Floats known = (Floats)((Integers)gap & (gap == gap));  // no number: no target
        lacking[m] = at_most(at_least(known, -about.largest_gain), about.largest_gain);
    }
    for (int k = 0; k <= half; ++k) {
        const Floats gain = exponential_within(product(about.to_bins, k, lacking));
        spectrum[k] = {spectrum[k].real * gain, spectrum[k].imaginary * gain};
    }

    put_together(spectrum, half, about.turns);
    const float* made = reinterpret_cast<const float*>(
        transform(spectrum, spectrum == x ? spare : x, half, about.turns));
    const float scale = 1.0f / float(half);
    // Backwards, so that every sample gets what it gets in the order of frames.
    for (int i = about.window_length - 1; i >= 0; --i) {
        const float by = i % 2 ? -scale : scale;
        float* to = added + i;
        for (int frame = 0; frame < frames; ++frame, to += about.hop_length)
            *to += made[i * kLanes + frame] * by * about.window[i];
    }
}

inline void correct(const Correction& about, const float* samples, const float* targets,
                    int64_t frames, float* added, float* scratch) {
    for (int64_t first = 0; first < frames; first += kLanes) {
        const int some = int(frames - first < kLanes ? frames - first : kLanes);
        correct_some(about, samples + first * about.hop_length, targets + first * about.mels, some,
                     added + first * about.hop_length, scratch);
    }
}

}  // namespace
}  // namespace sonant
