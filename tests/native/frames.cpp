// Work on frames, for any processor: prints a number that depends on every bit of what the portable
// kernels make. `make arm` runs it here and on 64-bit Arm, emulated: the two must be the same
// number. Beside it, layers are compared with plain sums.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "frames/frames.h"
#include "layers/layers.h"

namespace sonant {
extern const FrameKernels frame_kernels_portable;
extern const LayerKernels layer_kernels_portable;
}  // namespace sonant

using namespace sonant;

namespace {

// Numbers in -1..1 that every machine draws alike.
struct Drawn {
    uint64_t state = 1;
    float operator()() {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return float(int32_t(state >> 32)) * (1.0f / 2147483648.0f);
    }
};

std::vector<float> drawn(Drawn& draw, std::size_t count) {
    std::vector<float> numbers(count);
    for (float& number : numbers) number = draw();
    return numbers;
}

template <class Number>
Number* room(int64_t count) {
    return static_cast<Number*>(std::aligned_alloc(64, (count * sizeof(Number) + 63) / 64 * 64));
}

template <class Number>
uint64_t digest(uint64_t before, const std::vector<Number>& numbers) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(numbers.data());
    for (std::size_t i = 0; i < numbers.size() * sizeof(Number); ++i)
        before = (before ^ bytes[i]) * 1099511628211u;  // FNV-1a
    return before;
}

template <class Number>
std::vector<Number> turns_of(int points) {
    std::vector<Number> turns;
    for (int j = 0; j < points; ++j) {
        turns.push_back(Number(std::cos(-2.0 * M_PI * j / points)));
        turns.push_back(Number(std::sin(-2.0 * M_PI * j / points)));
    }
    return turns;
}

uint64_t corrected(uint64_t before) {
    const int points = 256, bins = points / 2 + 1, mels = 20, frames = 23, hop = 40, length = 150;
    Drawn draw;
    std::vector<float> window(length), mel_weights, bin_weights;
    for (int i = 0; i < length; ++i)
        window[i] = float(0.5 - 0.5 * std::cos(2.0 * M_PI * i / length));
    std::vector<int32_t> mel_begins{0}, mel_columns, bin_begins{0}, bin_columns;
    for (int mel = 0; mel < mels; ++mel) {
        for (int k = 6 * mel; k < 6 * mel + 12 && k < bins; ++k) {
            mel_columns.push_back(k);
            mel_weights.push_back(0.1f + 0.05f * float(k % 3));
        }
        mel_begins.push_back(int32_t(mel_columns.size()));
    }
    for (int k = 0; k < bins; ++k) {
        bin_columns.push_back(k / 7);
        bin_weights.push_back(0.75f);
        bin_columns.push_back(k / 9);
        bin_weights.push_back(0.25f);
        bin_begins.push_back(int32_t(bin_columns.size()));
    }
    const std::vector<float> turns = turns_of<float>(points),
                             samples = drawn(draw, (frames - 1) * hop + length);
    std::vector<float> targets = drawn(draw, frames * mels), added(samples.size(), 0.25f);
    targets[7] = NAN;
    const Correction about{hop,
                           length,
                           points,
                           mels,
                           window.data(),
                           turns.data(),
                           {mel_begins.data(), mel_columns.data(), mel_weights.data()},
                           {bin_begins.data(), bin_columns.data(), bin_weights.data()},
                           1e-5f,
                           3.0f};
    float* scratch = room<float>(correction_scratch(about, frame_kernels_portable.lanes));
    frame_kernels_portable.correct(about, samples.data(), targets.data(), frames, added.data(),
                                   scratch);
    std::free(scratch);
    return digest(before, added);
}

uint64_t predicted(uint64_t before) {
    const int bins = 65, order = 30, frames = 11;
    Drawn draw;
    std::vector<double> powers(frames * bins), window(order + 1, 0.999);
    for (double& power : powers) power = 1.25 + draw();
    window[0] = 1.0;
    const std::vector<double> turns = turns_of<double>(2 * (bins - 1));
    std::vector<float> coefficients(frames * order);
    const Prediction about{bins, order, window.data(), turns.data()};
    double* scratch = room<double>(prediction_scratch(about, frame_kernels_portable.lanes));
    frame_kernels_portable.predict(about, powers.data(), frames, coefficients.data(), scratch);
    std::free(scratch);
    return digest(before, coefficients);
}

uint64_t filtered(uint64_t before) {
    Drawn draw;
    const std::vector<float> samples = drawn(draw, 500);
    std::vector<float> made(samples.size());
    frame_kernels_portable.de_emphasise(samples.data(), int64_t(samples.size()), 0.97, 0.1,
                                        made.data());
    std::vector<double> twice(samples.begin(), samples.end());
    const double numerator[] = {1.5, -2.7, 1.2}, denominator[] = {1.0, -1.7, 0.73};
    std::vector<double> state{0.1, -0.2};
    frame_kernels_portable.second_order(numerator, denominator, state.data(), int64_t(twice.size()),
                                        twice.data());
    return digest(digest(digest(before, made), twice), state);
}

// Panels of a product, as vocoder/native/layer_bindings.cpp packs them.
std::vector<float> panels(const std::vector<float>& weight, int outputs, int inputs, int padded) {
    const int panel = kPanelVectors * layer_kernels_portable.width;
    std::vector<float> packed(std::size_t(padded) * inputs, 0.0f);
    for (int output = 0; output < outputs; ++output)
        for (int input = 0; input < inputs; ++input)
            packed[std::size_t((output / panel * inputs + input) * panel + output % panel)] =
                weight[output * inputs + input];
    return packed;
}

double furthest_product() {
    const int inputs = 37, outputs = 29, frames = 31,
              panel = kPanelVectors * layer_kernels_portable.width,
              padded = (outputs + panel - 1) / panel * panel;
    Drawn draw;
    const std::vector<float> weight = drawn(draw, outputs * inputs),
                             x = drawn(draw, frames * inputs),
                             packed = panels(weight, outputs, inputs, padded);
    std::vector<float> bias = drawn(draw, padded), made(frames * outputs);
    layer_kernels_portable.product({inputs, outputs, padded, packed.data(), bias.data()},
                                   Activation::relu, x.data(), frames, made.data());
    double furthest = 0.0;
    for (int frame = 0; frame < frames; ++frame)
        for (int output = 0; output < outputs; ++output) {
            double sum = bias[output];
            for (int input = 0; input < inputs; ++input)
                sum += double(x[frame * inputs + input]) * weight[output * inputs + input];
            furthest = std::fmax(furthest,
                                 std::fabs(std::fmax(sum, 0.0) - made[frame * outputs + output]));
        }
    return furthest;
}

}  // namespace

int main() {
    const double furthest = furthest_product();
    if (!(furthest < 1e-5)) {
        std::fprintf(stderr, "a product is off by %g\n", furthest);
        return 1;
    }
    std::printf("%016llx\n", static_cast<unsigned long long>(
                                 filtered(predicted(corrected(14695981039346656037u)))));
    return 0;
}
