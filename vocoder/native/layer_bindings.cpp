// The layers that run once per frame, for Python. The interpreter lock is released while they do.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bindings.h"
#include "dispatch.h"
#include "layers.h"
#include "tables.h"

namespace nb = nanobind;

namespace sonant {

SONANT_TABLES(LayerKernels, layer_kernels)

namespace {

template <int axes>
using Input = nb::ndarray<const float, nb::ndim<axes>, nb::c_contig, nb::device::cpu>;
using Output = nb::ndarray<float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t kMost = 1 << 16;  // of inputs, outputs and layers
constexpr int64_t kMostFrames = int64_t(1) << 32;

Activation activation_named(const std::string& name) {
    if (name == "none") return Activation::none;
    if (name == "relu") return Activation::relu;
    if (name == "gelu") return Activation::gelu;
    throw std::invalid_argument("unknown activation '" + name + "'");
}

void check_size(std::size_t size) {
    require(size >= 1 && size <= kMost, "every size must lie in 1..2**16");
}

template <class Array>
void check_shape(const Array& array, std::initializer_list<std::size_t> shape,
                 const std::string& name) {
    std::size_t axis = 0;
    for (std::size_t size : shape)
        require(array.shape(axis++) == size, name + " has another shape than the other weights");
}

// Weights, kept in whole panels; a `Product` points into them.
class Panels {
  public:
    Panels() = default;

    // weight(output, input)
    template <class Weight>
    Panels(const LayerKernels& kernels, std::size_t outputs, std::size_t inputs, const float* bias,
           Weight weight) {
        check_size(outputs);
        check_size(inputs);
        const std::size_t panel = kPanelVectors * std::size_t(kernels.width),
                          padded = (outputs + panel - 1) / panel * panel;
        weights_.assign(padded * inputs, 0.0f);
        for (std::size_t output = 0; output < outputs; ++output)
            for (std::size_t input = 0; input < inputs; ++input)
                weights_[(output / panel * inputs + input) * panel + output % panel] =
                    weight(output, input);
        bias_.assign(padded, 0.0f);
        if (bias) std::copy(bias, bias + outputs, bias_.begin());
        sizes_ = {int(inputs), int(outputs), int(padded), nullptr, nullptr};
    }

    Product view() const {
        Product product = sizes_;
        product.weights = weights_.data();
        product.bias = bias_.data();
        return product;
    }

  private:
    std::vector<float> weights_, bias_;
    Product sizes_{};
};

Panels linear(const LayerKernels& kernels, const Input<2>& weight, const Input<1>& bias,
              const std::string& name) {
    check_shape(bias, {weight.shape(0)}, name);
    return Panels(kernels, weight.shape(0), weight.shape(1), bias.data(),
                  [&](std::size_t output, std::size_t input) { return weight(output, input); });
}

// A filter at the points of winograd.h, in double: G [8][taps].
class Filters {
  public:
    Filters() = default;

    // weight: [outputs][inputs][taps]
    Filters(const LayerKernels& kernels, const float* weight, std::size_t outputs,
            std::size_t inputs, std::size_t taps, const float* bias)
        : taps_(taps), bias_(kernels, outputs, 1, bias, [](auto, auto) { return 0.0f; }) {
        const double at[] = {0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5};
        for (int point = 0; point < kPoints; ++point) {
            std::vector<double> row(taps, 0.0);
            if (point == kPoints - 1) {
                row[taps - 1] = 1.0;
            } else {
                double power = 1.0;
                for (double other : at) power /= other == at[point] ? 1.0 : at[point] - other;
                for (std::size_t tap = 0; tap < taps; ++tap, power *= at[point]) row[tap] = power;
            }
            points_[point] = Panels(
                kernels, outputs, inputs, nullptr, [&](std::size_t output, std::size_t input) {
                    double sum = 0.0;
                    for (std::size_t tap = 0; tap < taps; ++tap)
                        sum += row[tap] * double(weight[(output * inputs + input) * taps + tap]);
                    return float(sum);
                });
        }
    }

    Convolution view() const {
        Convolution conv{};
        conv.taps = int(taps_);
        for (int point = 0; point < kPoints; ++point) conv.points[point] = points_[point].view();
        conv.bias = bias_.view().bias;
        return conv;
    }

  private:
    std::size_t taps_ = 0;
    Panels points_[kPoints], bias_;
};

void check_taps(std::size_t taps) {
    require(taps == 3 || taps == 5 || taps == 7, "there must be 3, 5 or 7 taps");
}

int64_t checked_frames(const Input<2>& x, const Output& out, int inputs, int outputs) {
    require(int64_t(x.shape(1)) == inputs && int64_t(out.shape(1)) == outputs &&
                x.shape(0) == out.shape(0),
            "x must be [N, inputs] and out [N, outputs]");
    require(int64_t(x.shape(0)) <= kMostFrames, "there are too many frames");
    return int64_t(x.shape(0));
}

float* floats(int64_t count) {
    return static_cast<float*>(scratch(std::size_t(count) * sizeof(float)));
}

class Linear {
  public:
    Linear(const std::string& isa, const std::string& activation, Input<2> weight, Input<1> bias)
        : kernels_(layer_kernels_for(isa)),
          activation_(activation_named(activation)),
          panels_(linear(kernels_, weight, bias, "bias")) {}

    void forward(Input<2> x, Output out) const {
        const Product about = panels_.view();
        const int64_t frames = checked_frames(x, out, about.inputs, about.outputs);
        nb::gil_scoped_release release;
        kernels_.product(about, activation_, x.data(), frames, out.data());
    }

  private:
    const LayerKernels& kernels_;
    Activation activation_;
    Panels panels_;
};

class Conv {
  public:
    Conv(const std::string& isa, const std::string& activation, Input<3> weight, Input<1> bias)
        : kernels_(layer_kernels_for(isa)), activation_(activation_named(activation)) {
        check_taps(weight.shape(2));
        check_shape(bias, {weight.shape(0)}, "bias");
        filters_ = Filters(kernels_, weight.data(), weight.shape(0), weight.shape(1),
                           weight.shape(2), bias.data());
    }

    void forward(Input<2> x, Output out) const {
        const Convolution about = filters_.view();
        const int64_t frames =
            checked_frames(x, out, about.points[0].inputs, about.points[0].outputs);
        const int64_t panel = kPanelVectors * kernels_.width,
                      padded = (about.points[0].inputs + panel - 1) / panel * panel;
        float* room = floats(convolution_scratch(about, padded, frames));
        nb::gil_scoped_release release;
        kernels_.convolution(about, activation_, x.data(), frames, out.data(), room);
    }

  private:
    const LayerKernels& kernels_;
    Activation activation_;
    Filters filters_;
};

class Blocks {
  public:
    Blocks(const std::string& isa, Input<2> enter, Input<1> enter_bias, Input<2> norms,
           Input<2> norm_biases, Input<4> convs, Input<2> conv_biases, Input<3> mixes,
           Input<2> mix_biases, Input<2> leave, Input<1> leave_bias)
        : kernels_(layer_kernels_for(isa)),
          enter_(linear(kernels_, enter, enter_bias, "enter_bias")),
          leave_(linear(kernels_, leave, leave_bias, "leave_bias")) {
        const std::size_t channels = enter.shape(0), layers = convs.shape(0), taps = convs.shape(3);
        check_taps(taps);
        require(layers <= kMost, "there are too many layers");
        check_shape(norms, {layers + 1, channels}, "norms");
        check_shape(norm_biases, {layers + 1, channels}, "norm_biases");
        check_shape(convs, {layers, channels, channels, taps}, "convs");
        check_shape(conv_biases, {layers, channels}, "conv_biases");
        check_shape(mixes, {layers, channels, channels}, "mixes");
        check_shape(mix_biases, {layers, channels}, "mix_biases");
        require(leave.shape(1) == channels, "leave has another shape than the other weights");
        padded_ = std::size_t(enter_.view().outputs_padded);
        for (std::size_t layer = 0; layer <= layers; ++layer) {
            norms_.emplace_back(padded_, 0.0f);
            std::copy_n(norms.data() + layer * channels, channels, norms_.back().begin());
            norms_.emplace_back(padded_, 0.0f);
            std::copy_n(norm_biases.data() + layer * channels, channels, norms_.back().begin());
        }
        for (std::size_t layer = 0; layer < layers; ++layer) {
            convs_.emplace_back(kernels_, convs.data() + layer * channels * channels * taps,
                                channels, channels, taps, conv_biases.data() + layer * channels);
            const float* mix = mixes.data() + layer * channels * channels;
            mixes_.emplace_back(kernels_, channels, channels, mix_biases.data() + layer * channels,
                                [&](std::size_t output, std::size_t input) {
                                    return mix[output * channels + input];
                                });
        }
        for (std::size_t layer = 0; layer < layers; ++layer)
            blocks_.push_back({norm(layer), convs_[layer].view(), mixes_[layer].view()});
    }
    Blocks(const Blocks&) = delete;
    Blocks& operator=(const Blocks&) = delete;

    void forward(Input<2> x, Output out) const {
        const Stack about{enter_.view().outputs, int(padded_),   enter_.view(),
                          int(blocks_.size()),   blocks_.data(), norm(blocks_.size()),
                          leave_.view()};
        const int64_t frames = checked_frames(x, out, about.enter.inputs, about.leave.outputs);
        float* room = floats(stack_scratch(about, frames));
        nb::gil_scoped_release release;
        kernels_.stack(about, x.data(), frames, out.data(), room);
    }

    int outputs() const { return leave_.view().outputs; }

  private:
    Norm norm(std::size_t layer) const {
        return {norms_[2 * layer].data(), norms_[2 * layer + 1].data()};
    }

    const LayerKernels& kernels_;
    Panels enter_, leave_;
    std::size_t padded_ = 0;
    std::vector<std::vector<float>> norms_;  // weights and biases in turn
    std::vector<Filters> convs_;
    std::vector<Panels> mixes_;
    std::vector<StackBlock> blocks_;  // that point into those above
};

}  // namespace

void bind_layers(nb::module_& m) {
    using namespace nb::literals;
    nb::class_<Linear>(m, "Linear")
        .def(nb::init<const std::string&, const std::string&, Input<2>, Input<1>>(), nb::kw_only(),
             "isa"_a, "activation"_a, "weight"_a, "bias"_a)
        .def("forward", &Linear::forward, "x"_a, "out"_a);
    nb::class_<Conv>(m, "Conv")
        .def(nb::init<const std::string&, const std::string&, Input<3>, Input<1>>(), nb::kw_only(),
             "isa"_a, "activation"_a, "weight"_a, "bias"_a)
        .def("forward", &Conv::forward, "x"_a, "out"_a);
    nb::class_<Blocks>(m, "Stack")
        .def(nb::init<const std::string&, Input<2>, Input<1>, Input<2>, Input<2>, Input<4>,
                      Input<2>, Input<3>, Input<2>, Input<2>, Input<1>>(),
             nb::kw_only(), "isa"_a, "enter"_a, "enter_bias"_a, "norms"_a, "norm_biases"_a,
             "convs"_a, "conv_biases"_a, "mixes"_a, "mix_biases"_a, "leave"_a, "leave_bias"_a)
        .def_prop_ro("outputs", &Blocks::outputs)
        .def("forward", &Blocks::forward, "x"_a, "out"_a);
}

}  // namespace sonant
