// The layers, compiled once for each instruction set (SONANT_ISA names which) and chosen at run
// time.
//
// Nothing here may have external linkage but the table at the end (see
// vocoder/native/engine/kernels.cpp).

#include "layers.h"

#include "matrix.h"
#include "tables.h"
#include "winograd.h"

namespace sonant {
namespace {

void product(const Product& about, Activation activation, const float* x, int64_t frames,
             float* out) {
    switch (activation) {
        case Activation::none:
            return product_into<Activation::none>(about, x, about.inputs, frames, out);
        case Activation::relu:
            return product_into<Activation::relu>(about, x, about.inputs, frames, out);
        case Activation::gelu:
            return product_into<Activation::gelu>(about, x, about.inputs, frames, out);
    }
}

// Silence around the frames.
void clear_around(float* padded, int taps, int channels_padded, int64_t frames) {
    const int64_t before = taps / 2, behind = padded_rows(taps, frames) - before - frames;
    memset(padded, 0, before * channels_padded * sizeof(float));
    memset(padded + (before + frames) * channels_padded, 0,
           behind * channels_padded * sizeof(float));
}

template <Activation activation>
void convolution_into(const Convolution& conv, const float* x, int64_t frames, float* out,
                      float* scratch) {
    const int inputs = conv.points[0].inputs, outputs = conv.points[0].outputs;
    const int inputs_padded = (inputs + kPanelWidth - 1) / kPanelWidth * kPanelWidth;
    clear_around(scratch, conv.taps, inputs_padded, frames);
    for (int64_t frame = 0; frame < frames; ++frame) {
        float* row = scratch + (conv.taps / 2 + frame) * inputs_padded;
        memcpy(row, x + frame * inputs, inputs * sizeof(float));
        memset(row + inputs, 0, (inputs_padded - inputs) * sizeof(float));
    }
    convolve(conv, scratch, inputs_padded, frames,
             scratch + padded_rows(conv.taps, frames) * inputs_padded,
             [&](int64_t frame, int column, Vector sum) {
                 store_within(out + frame * outputs, column, outputs, activated<activation>(sum));
             });
}

void convolution(const Convolution& conv, Activation activation, const float* x, int64_t frames,
                 float* out, float* scratch) {
    switch (activation) {
        case Activation::none:
            return convolution_into<Activation::none>(conv, x, frames, out, scratch);
        case Activation::relu:
            return convolution_into<Activation::relu>(conv, x, frames, out, scratch);
        case Activation::gelu:
            return convolution_into<Activation::gelu>(conv, x, frames, out, scratch);
    }
}

inline float sum_of(Vector v) {
    float lanes[kWidth];
    store(lanes, v);
    float sum = 0.0f;
    for (float lane : lanes) sum += lane;
    return sum;
}

// Layer normalisation of a row (arXiv 1607.06450). Beyond the channels the row is 0, and stays so.
inline void normalise(const Norm& norm, int channels, int channels_padded, const float* x,
                      float* out) {
    Vector total{};
    for (int i = 0; i < channels_padded; i += kWidth) total += load(x + i);
    const float mean = sum_of(total) / float(channels);
    Vector squares{};
    for (int i = 0; i < channels_padded; i += kWidth) {
        const Vector off = load(x + i) - mean;
        squares += off * off;
    }
    const float beyond = float(channels_padded - channels) * mean * mean;
    const float scale =
        1.0f / __builtin_sqrtf((sum_of(squares) - beyond) / float(channels) + 1e-5f);
    for (int i = 0; i < channels_padded; i += kWidth)
        store(out + i, (load(x + i) - mean) * scale * load(norm.weight + i) + load(norm.bias + i));
}

void stack(const Stack& about, const float* x, int64_t frames, float* out, float* scratch) {
    const int channels = about.channels, padded = about.channels_padded;
    float* hidden = scratch;
    float* gated = hidden + frames * padded;
    float* room = gated + frames * padded;
    multiply(about.enter, x, about.enter.inputs, frames, [&](int64_t row, int column, Vector sum) {
        store(hidden + row * padded + column, sum);
    });
    for (int i = 0; i < about.num_blocks; ++i) {
        const StackBlock& block = about.blocks[i];
        const int taps = block.conv.taps;
        clear_around(room, taps, padded, frames);
        for (int64_t frame = 0; frame < frames; ++frame)
            normalise(block.norm, channels, padded, hidden + frame * padded,
                      room + (taps / 2 + frame) * padded);
        convolve(block.conv, room, padded, frames, room + padded_rows(taps, frames) * padded,
                 [&](int64_t frame, int column, Vector sum) {
                     store(gated + frame * padded + column, gelu(sum));
                 });
        multiply(block.mix, gated, padded, frames, [&](int64_t row, int column, Vector sum) {
            float* at = hidden + row * padded + column;
            store(at, load(at) + sum);
        });
    }
    for (int64_t frame = 0; frame < frames; ++frame)
        normalise(about.norm, channels, padded, hidden + frame * padded, gated + frame * padded);
    product_into<Activation::none>(about.leave, gated, padded, frames, out);
}

}  // namespace

extern const LayerKernels SONANT_JOIN(layer_kernels_, SONANT_ISA);
const LayerKernels SONANT_JOIN(layer_kernels_, SONANT_ISA) = {SONANT_TEXT(SONANT_ISA), kWidth,
                                                              product, convolution, stack};

}  // namespace sonant
