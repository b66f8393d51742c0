// From the network's output to a code; the readable statement is vocoder/engine/sampling.py.
#pragma once

#include <float.h>
#include <math.h>

#include "model.h"
#include "philox.h"
#include "vector.h"

namespace sonant {
namespace {

inline float largest_value(const float* logits, int n) {
    float top = logits[0];
    int i = 0;
    if (n >= kWidth) {
        Vector most = load(logits);
        for (i = kWidth; i + kWidth <= n; i += kWidth) most = larger(load(logits + i), most);
        top = largest_of(most);
    }
    for (; i < n; ++i) top = logits[i] > top ? logits[i] : top;
    return top;
}

// The sum of 16 floats, in double and in the same order whatever the width of a vector: lanes half
// of all apart are added until one is left.
inline double sum_of_group(const float* weights) {
    typedef float Half __attribute__((vector_size(32), aligned(4), may_alias));
    typedef double Doubles __attribute__((vector_size(64)));
    const Doubles eight =
        __builtin_convertvector(*reinterpret_cast<const Half*>(weights), Doubles) +
        __builtin_convertvector(*reinterpret_cast<const Half*>(weights + 8), Doubles);
    return ((eight[0] + eight[4]) + (eight[2] + eight[6])) +
           ((eight[1] + eight[5]) + (eight[3] + eight[7]));
}

// The first index whose cumulative probability exceeds u; the first of the largest logits at
// temperature 0. `weights` is scratch of n rounded up to groups and to whole vectors.
inline int categorical(const float* logits, int n, float temperature, double u, float* weights) {
    constexpr int kGroup =
        16;  // whose sums do not wait for each other, as those of one running sum would
    const float top = largest_value(logits, n);
    if (temperature == 0.0f) {
        int best = 0;
        while (best < n - 1 && logits[best] != top) ++best;
        return best;
    }
    const float inverse =
        fminf(1.0f / temperature,
              FLT_MAX);  // of the smallest temperatures it is infinite, and 0 times that no number
    for (int i = 0; i < n; i += kWidth)
        store(weights + i, exponential((load(logits + i) - top) * inverse));
    const int groups = (n + kGroup - 1) / kGroup;
    for (int i = n; i < groups * kGroup; ++i) weights[i] = 0.0f;

    double total = 0.0;
    double sums[65536 / kGroup];
    for (int g = 0; g < groups; ++g) total += sums[g] = sum_of_group(weights + g * kGroup);
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

inline int64_t draw(const Model& model, const float* outputs, float temperature, uint64_t seed,
                    uint64_t sample, float* scratch) {
    const double kMinLogScale = -9.0;  // vocoder.wavenet.distributions.MIN_LOG_SCALE
    const double kPi = 3.14159265358979323846;
    const Words words = random_words(seed, sample);
    const double u0 = uniform(words.at[0]);
    if (model.output == Output::softmax)
        return categorical(outputs, model.outputs, temperature, u0, scratch);
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
    const double spread =
        temperature > 0.0f ? exp(fmax(log_scale, kMinLogScale)) * temperature * noise : 0.0;
    return nearest_code(mean + spread, model.levels);
}

}  // namespace
}  // namespace sonant
