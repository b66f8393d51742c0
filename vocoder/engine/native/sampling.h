// From the network's output to a code; the readable statement is vocoder/engine/sampling.py.
#pragma once

#include <math.h>

#include "model.h"
#include "philox.h"
#include "vector.h"

namespace sonant {
namespace {

// The first of the largest.
inline int largest(const float* logits, int n) {
    float top = logits[0];
    int i = 0;
    if (n >= kWidth) {
        Vector most = load(logits);
        for (i = kWidth; i + kWidth <= n; i += kWidth) most = load(logits + i) > most ? load(logits + i) : most;
        top = largest_of(most);
    }
    for (; i < n; ++i) top = logits[i] > top ? logits[i] : top;
    for (i = 0; i < n - 1 && logits[i] != top; ++i) {}
    return i;
}

// The first index whose cumulative probability exceeds u; the largest logit's at temperature 0. `weights` is scratch of n rounded up to
// whole vectors.
inline int categorical(const float* logits, int n, float temperature, double u, float* weights) {
    const int best = largest(logits, n);
    if (temperature == 0.0f) return best;
    const float top = logits[best];
    for (int i = 0; i < n; i += kWidth) store(weights + i, exponential((load(logits + i) - top) / temperature));

    // Sums of 16 are independent chains, which the processor overlaps; a single running sum would wait for every addition.
    constexpr int kGroup = 16;
    double total = 0.0;
    double sums[65536 / kGroup];
    const int groups = (n + kGroup - 1) / kGroup;
    for (int g = 0; g < groups; ++g) {
        const int end = (g + 1) * kGroup < n ? (g + 1) * kGroup : n;
        double sum = 0.0;
        for (int i = g * kGroup; i < end; ++i) sum += weights[i];
        sums[g] = sum;
    }
    for (int g = 0; g < groups; ++g) total += sums[g];
    const double target = u * total;
    double cumulative = 0.0;
    int g = 0;
    while (g < groups - 1 && cumulative + sums[g] <= target) cumulative += sums[g++];
    for (int i = g * kGroup; i < n - 1; ++i) {
        cumulative += weights[i];
        if (cumulative > target) return i;
    }
    return n - 1;
}

// A value to the nearest of the linear codes, clipped to -1..1: Quantiser.encode.
inline int64_t nearest_code(double value, int levels) {
    const double clipped = fmin(fmax(double(float(value)), -1.0), 1.0);
    return int64_t(floor((clipped + 1.0) / 2.0 * (levels - 1) + 0.5));
}

inline int64_t draw(const Model& model, const float* outputs, float temperature, uint64_t seed, uint64_t sample, float* scratch) {
    const double kMinLogScale = -9.0;  // vocoder.wavenet.distributions.MIN_LOG_SCALE
    const double kPi = 3.14159265358979323846;
    const Words words = random_words(seed, sample);
    const double u0 = uniform(words.at[0]);
    if (model.output == Output::softmax) return categorical(outputs, model.outputs, temperature, u0, scratch);
    const double u1 = uniform(words.at[1]);
    double mean, log_scale, noise;
    if (model.output == Output::gaussian) {
        mean = outputs[0];
        log_scale = outputs[1];
        noise = sqrt(-2.0 * log(u0)) * cos(2.0 * kPi * u1);
    } else {
        const int component = categorical(outputs, model.mixtures, temperature, u0, scratch);
        mean = outputs[model.mixtures + component];
        log_scale = outputs[2 * model.mixtures + component];
        noise = log(u1) - log1p(-u1);
    }
    const double spread = temperature > 0.0f ? exp(fmax(log_scale, kMinLogScale)) * temperature * noise : 0.0;
    return nearest_code(mean + spread, model.levels);
}

}  // namespace
}  // namespace sonant
