// What the first block is shown: the previous code, and the codes that past and frame let expect.
// The readable statement is vocoder/wavenet/prediction.py; everything is in double, so that only a
// tie could tell the two apart.
#pragma once

#include "model.h"
#include "vector.h"

namespace sonant {
namespace {

// Values of past codes lie twice in `past`, N = history_length apart, and downwards in time:
// past[(-t mod N) + i], i in 0..N-1, is the value of time t - i. So whatever t, the last N values
// are one row.
inline int64_t row_of(const Model& model, int64_t t) {
    const int64_t n = model.history_length;
    return (n - 1) - (t % n + n) % n;
}

inline void write_past(const Model& model, Stream& stream, int64_t t, int64_t code) {
    const int64_t row = row_of(model, t);
    stream.past[row] = stream.past[row + model.history_length] = model.values[code];
}

// From the state's history, at the beginning of a call.
inline void recall(const Model& model, Stream& stream) {
    const int64_t n = model.history_length;
    for (int64_t t = stream.position - n; t < stream.position; ++t)
        write_past(model, stream, t, stream.history[(t % n + n) % n]);
    stream.previous = stream.history[((stream.position - 1) % n + n) % n];
}

inline void remember(const Model& model, Stream& stream, int64_t t, int64_t code) {
    stream.history[t % model.history_length] = int32_t(code);
    write_past(model, stream, t, code);
    stream.previous = code;
}

constexpr int kSums = 8;

// How many edges are not above the value: the code of the cell that it lies in. Without a branch,
// for it is as good as random.
inline int64_t code_of(const Model& model, double value) {
    const double* base = model.edges;
    int64_t n = model.levels - 1;
    while (n > 1) {
        const int64_t half = n / 2;
        base += base[half - 1] <= value ? half : 0;
        n -= half;
    }
    return base - model.edges + (n == 1 && *base <= value);
}

// x = the rows of the previous code and of the predicted ones, added in that order.
inline void first_input(const Model& model, Stream& stream, int64_t t) {
    const double* past = stream.past + row_of(model, t - 1);
    int64_t codes[3] = {stream.previous};
    int count = 1;
    if (model.prediction_order > 0) {
        const float* coefficients = stream.coefficients + stream.frame * model.prediction_order;
        double sums[kSums] = {};  // side by side, for additions wait for each other; rounded to a
                                  // code once, so that their order does not matter
        int k = 0;
        for (; k + kSums <= model.prediction_order; k += kSums)
            for (int j = 0; j < kSums; ++j) sums[j] += double(coefficients[k + j]) * past[k + j];
        for (; k < model.prediction_order; ++k) sums[0] += double(coefficients[k]) * past[k];
        codes[count++] = code_of(model, ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
                                            ((sums[4] + sums[5]) + (sums[6] + sums[7])));
    }
    if (model.max_lag > 0) codes[count++] = code_of(model, past[stream.lags[stream.frame] - 1]);
    const int64_t table = int64_t(model.levels) * model.residual_padded;
    for (int i = 0; i < model.residual_padded; i += kWidth) {
        Vector sum = load(model.inputs + codes[0] * model.residual_padded + i);
        for (int h = 1; h < count; ++h)
            sum += load(model.inputs + h * table + codes[h] * model.residual_padded + i);
        store(stream.x + i, sum);
    }
}

}  // namespace
}  // namespace sonant
