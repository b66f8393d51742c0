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

}  // namespace

extern const FrameKernels SONANT_JOIN(frame_kernels_, SONANT_ISA);
const FrameKernels SONANT_JOIN(frame_kernels_, SONANT_ISA) = {SONANT_TEXT(SONANT_ISA), kLanes,
                                                              correct, predict, de_emphasise};

}  // namespace sonant
