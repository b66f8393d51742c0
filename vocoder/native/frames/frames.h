// What is compiled once for each instruction set, and what it works on.
#pragma once

#include <cstdint>

namespace sonant {

// A sparse matrix by rows: row i has the entries begins[i]..begins[i + 1] - 1.
struct Sparse {
    const int32_t* begins;
    const int32_t* columns;
    const float* weights;
};

// What the windows of a voice are corrected with (vocoder/audio/windows.py).
struct Correction {
    int64_t hop_length;
    int window_length;
    int points;  // of the Fourier transform, a power of two from 4 on
    int mels;
    const float* window;  // [window_length]
    const float* turns;   // [points][2]: cos and sin of -2 pi j / points
    Sparse to_mels;       // [mels] of [points / 2 + 1]
    Sparse to_bins;       // [points / 2 + 1] of [mels]
    float floor, largest_gain;
};

// What filters are found with (vocoder/audio/linear_prediction.py).
struct Prediction {
    int bins;              // of a power spectrum, a power of two and one more, from 3 on
    int order;             // coefficients, below 2 * (bins - 1)
    const double* window;  // [order + 1], what each delay's correlation is multiplied by
    const double* turns;   // [2 * (bins - 1)][2]: cos and sin of -2 pi j / (2 * (bins - 1))
};

struct FrameKernels {
    const char* isa;
    int lanes;
    // Adds the corrected windows of so many frames to `added`: frame f takes samples[f * hop_length
    // + i] and adds to added[f * hop_length + i], i below the window's length, in the order of
    // frames. targets: [frames][mels]. scratch: aligned to 64 bytes, of `correction_scratch`
    // floats.
    void (*correct)(const Correction&, const float* samples, const float* targets, int64_t frames,
                    float* added, float* scratch);
    // powers [frames][bins] to coefficients [frames][order]. scratch: aligned to 64 bytes, of
    // `prediction_scratch` doubles.
    void (*predict)(const Prediction&, const double* powers, int64_t frames, float* coefficients,
                    double* scratch);
    // made[t] = samples[t] + coefficient * made[t-1], in double; made[-1] is `last`, and the last
    // of them is returned.
    double (*de_emphasise)(const float* samples, int64_t count, double coefficient, double last,
                           float* made);
};

inline int64_t correction_scratch(const Correction& correction, int lanes) {
    const int64_t bins = correction.points / 2 + 1;
    return (4 * bins + bins + correction.mels) * lanes;
}

inline int64_t prediction_scratch(const Prediction& prediction, int lanes) {
    return (2 * prediction.order + 1 + 2 * prediction.bins) * int64_t(lanes);
}

}  // namespace sonant
