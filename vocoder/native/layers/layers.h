// The layers of the networks that run once per frame, as they are compiled for each instruction
// set. N frames, I and O channels.
#pragma once

#include <cstdint>

namespace sonant {

constexpr int kPoints = 8;        // of minimal filtering (winograd.h)
constexpr int kPanelVectors = 2;  // vectors of outputs that are computed beside each other

// Weights of a product: panels of outputs, of each the inputs one after the other. Outputs are
// filled up with zeros to whole panels.
struct Product {
    int inputs, outputs, outputs_padded;
    const float* weights;  // [outputs_padded / panel][inputs][panel]
    const float* bias;     // [outputs_padded]
};

enum class Activation { none, relu, gelu };

// A convolution with an odd number of taps that keeps the number of frames: a product for each
// point.
struct Convolution {
    int taps;
    Product points[kPoints];  // their bias is 0
    const float* bias;        // [outputs_padded]
};

struct Norm {
    const float *weight, *bias;  // [channels_padded], 0 beyond the channels
};

struct StackBlock {
    Norm norm;
    Convolution conv;
    Product mix;
};

// vocoder.acoustic.model.Stack.
struct Stack {
    int channels, channels_padded;
    Product enter;
    int num_blocks;
    const StackBlock* blocks;
    Norm norm;
    Product leave;
};

struct LayerKernels {
    const char* isa;
    int width;
    // x [N][I] to out [N][O]. Scratch is aligned to 64 bytes, of as many floats as the function of
    // the same name below says.
    void (*product)(const Product&, Activation, const float* x, int64_t frames, float* out);
    void (*convolution)(const Convolution&, Activation, const float* x, int64_t frames, float* out,
                        float* scratch);
    void (*stack)(const Stack&, const float* x, int64_t frames, float* out, float* scratch);
};

namespace {  // inline functions of the kernels' units must not become those of others

constexpr int64_t kTiles = 64;  // that are convolved at once: what they take stays in L2

inline int64_t tiles_of(int taps, int64_t frames) {
    const int64_t outputs = kPoints + 1 - taps;
    return (frames + outputs - 1) / outputs;
}

// Rows of the input with what is added around it.
inline int64_t padded_rows(int taps, int64_t frames) {
    return (kPoints + 1 - taps) * tiles_of(taps, frames) + taps - 1;
}

inline int64_t convolution_scratch(const Convolution& conv, int64_t inputs_padded, int64_t frames) {
    return padded_rows(conv.taps, frames) * inputs_padded +
           kPoints * kTiles * (inputs_padded + conv.points[0].outputs_padded);
}

inline int64_t stack_scratch(const Stack& stack, int64_t frames) {
    int64_t most = 0;
    for (int i = 0; i < stack.num_blocks; ++i) {
        const int64_t wanted =
            convolution_scratch(stack.blocks[i].conv, stack.channels_padded, frames);
        most = wanted > most ? wanted : most;
    }
    return 2 * frames * stack.channels_padded + most;
}

}  // namespace
}  // namespace sonant
