// Work on frames, compiled once for each instruction set (SONANT_ISA names which) and chosen at run
// time.
//
// Nothing here may have external linkage but the table at the end (see
// vocoder/native/engine/kernels.cpp).

#include "frames.h"

#include "correction.h"
#include "prediction.h"
#include "tables.h"

namespace sonant {
namespace {

double de_emphasise(const float* samples, int64_t count, double coefficient, double last,
                    float* made) {
    for (int64_t t = 0; t < count; ++t) {
        last = samples[t] + coefficient * last;
        made[t] = float(last);
    }
    return last;
}

void second_order(const double* numerator, const double* denominator, double* state, int64_t count,
                  double* samples) {
    double first = state[0], second = state[1];
    for (int64_t t = 0; t < count; ++t) {
        const double x = samples[t], y = first + numerator[0] * x;
        first = (second + x * numerator[1]) - y * denominator[1];
        second = x * numerator[2] - y * denominator[2];
        samples[t] = y;
    }
    state[0] = first;
    state[1] = second;
}

}  // namespace

extern const FrameKernels SONANT_JOIN(frame_kernels_, SONANT_ISA);
const FrameKernels SONANT_JOIN(frame_kernels_, SONANT_ISA) = {
    SONANT_TEXT(SONANT_ISA), kLanes, correct, predict, de_emphasise, second_order};

}  // namespace sonant
