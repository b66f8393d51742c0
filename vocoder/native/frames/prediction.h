// Power spectra to the filters that predict best: their autocorrelations, and Levinson's recursion,
// in double. Its readable statement is vocoder/audio/linear_prediction.py.
#pragma once

#include "fourier.h"
#include "frames.h"

namespace sonant {
namespace {

constexpr int kVectors =
    2;  // beside each other: additions wait for each other, and so two chains fill the time of one

struct Side {
    Doubles at[kVectors];
};

// Lanes beyond the frames have a white spectrum, whose filter is silence.
inline void correlate(const Prediction& about, const double* powers, int frames, Side* correlations,
                      int vector, Complex<InDoubles>* x) {
    const int half = about.bins - 1;
    for (int k = 0; k <= half; ++k) {
        x[k] = {Doubles{} + 1.0, Doubles{}};
        for (int lane = 0; lane < kDoubles && lane < frames; ++lane)
            x[k].real[lane] = powers[lane * int64_t(about.bins) + k];
    }
    put_together(x, half, about.turns);
    const Complex<InDoubles>* made = transform(x, x + about.bins, half, about.turns);
    const double scale = 1.0 / half;
    for (int delay = 0; delay <= about.order; ++delay)
        correlations[delay].at[vector] =
            (delay % 2 ? -made[delay / 2].imaginary : made[delay / 2].real) * scale *
            about.window[delay];
}

// Up to kLanes frames at once.
inline void predict_some(const Prediction& about, const double* powers, int frames,
                         float* coefficients, double* scratch) {
    const int order = about.order;
    Side* correlation = reinterpret_cast<Side*>(scratch);
    Side* known = correlation + order + 1;
    auto* room = reinterpret_cast<Complex<InDoubles>*>(known + order);
    for (int v = 0; v < kVectors; ++v)
        correlate(about, powers + v * kDoubles * int64_t(about.bins), frames - v * kDoubles,
                  correlation, v, room);
    Side error = correlation[0];
    for (int k = 0; k < order; ++k) {
        Side sum{}, reflection;
        for (int j = 0; j < k; ++j)
            for (int v = 0; v < kVectors; ++v)
                sum.at[v] += known[j].at[v] * correlation[k - j].at[v];
        for (int v = 0; v < kVectors; ++v) {
            reflection.at[v] = (correlation[k + 1].at[v] - sum.at[v]) / error.at[v];
            error.at[v] = error.at[v] * (1.0 - reflection.at[v] * reflection.at[v]);
        }
        for (int low = 0, high = k - 1; low <= high; ++low, --high)
            for (int v = 0; v < kVectors; ++v) {
                const Doubles a = known[low].at[v], b = known[high].at[v];
                known[low].at[v] = a - reflection.at[v] * b;
                known[high].at[v] = b - reflection.at[v] * a;
            }
        known[k] = reflection;
    }
    for (int frame = 0; frame < frames; ++frame)
        for (int k = 0; k < order; ++k)
            coefficients[frame * int64_t(order) + k] =
                float(known[k].at[frame / kDoubles][frame % kDoubles]);
}

inline void predict(const Prediction& about, const double* powers, int64_t frames,
                    float* coefficients, double* scratch) {
    for (int64_t first = 0; first < frames; first += kLanes) {
        const int some = int(frames - first < kLanes ? frames - first : kLanes);
        predict_some(about, powers + first * about.bins, some, coefficients + first * about.order,
                     scratch);
    }
}

}  // namespace
}  // namespace sonant
