// The engine, for Python. The interpreter lock is released while samples are made.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

#include "bindings.h"
#include "dispatch.h"
#include "packed_network.h"
#include "philox.h"

namespace nb = nanobind;

namespace sonant {
namespace {

using FloatInput = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;
using FloatOutput = nb::ndarray<float, nb::c_contig, nb::device::cpu>;
using HistoryArray = nb::ndarray<int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using LagArray = nb::ndarray<const int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using DoubleLine = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using CodeArray = nb::ndarray<int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class Array>
void require_shape(const Array& array, const std::vector<int64_t>& shape, const std::string& name) {
    bool same = array.ndim() == shape.size();
    std::string wanted, found;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
        wanted += (axis ? ", " : "") + std::to_string(shape[axis]);
    for (std::size_t axis = 0; axis < array.ndim(); ++axis) {
        found += (axis ? ", " : "") + std::to_string(array.shape(axis));
        same = same && int64_t(array.shape(axis)) == shape[axis];
    }
    require(same, name + " must have shape (" + wanted + "), not (" + found + ")");
}

Output output_named(const std::string& name) {
    if (name == "softmax") return Output::softmax;
    if (name == "logistic_mixture") return Output::logistic_mixture;
    if (name == "gaussian") return Output::gaussian;
    throw std::invalid_argument("unknown output '" + name + "'");
}

Precision precision_named(const std::string& name) {
    if (name == "fp32") return Precision::fp32;
    if (name == "bf16") return Precision::bf16;
    if (name == "int8") return Precision::int8;
    throw std::invalid_argument("unknown precision '" + name + "'");
}

std::unique_ptr<PackedNetwork> make_network(
    const std::string& isa, const std::string& precision, int threads,
    const std::vector<int>& dilations, int64_t hop_length, const std::string& output, int mixtures,
    int prediction_order, int max_lag, DoubleLine values, DoubleLine edges, FloatInput inputs,
    FloatInput taps, FloatInput residual, FloatInput residual_bias, FloatInput skip,
    FloatInput skip_bias, FloatInput head1, FloatInput head1_bias, FloatInput head2,
    FloatInput head2_bias) {
    require(inputs.ndim() == 3 && taps.ndim() == 3 && skip.ndim() == 2 && head1.ndim() == 2 &&
                head2.ndim() == 2,
            "skip, head1 and head2 must have two axes, inputs and taps three");
    for (std::size_t axis :
         {inputs.shape(0), inputs.shape(1), inputs.shape(2), taps.shape(0), taps.shape(1),
          taps.shape(2), skip.shape(1), head1.shape(1), head2.shape(1)})
        require(axis > 0 && axis <= (1u << 20), "every size must lie in 1..2**20");
    const int64_t layers = int64_t(dilations.size());
    Shape shape{};
    shape.dilations = dilations;
    shape.residual = int(inputs.shape(2));
    shape.gated = int(taps.shape(2) / 2);
    shape.kernel_size = int(taps.shape(1) / inputs.shape(2));
    shape.skip = int(skip.shape(1));
    shape.head = int(head1.shape(1));
    shape.levels = int(inputs.shape(1));
    shape.outputs = int(head2.shape(1));
    shape.mixtures = mixtures;
    require(threads >= 1 && threads <= 1024, "threads must lie in 1..1024");
    const int kLongest = 1 << 20;
    require(prediction_order >= 0 && prediction_order <= kLongest && max_lag >= 0 &&
                max_lag <= kLongest,
            "prediction_order and max_lag must lie in 0..2**20");
    shape.prediction_order = prediction_order;
    shape.max_lag = max_lag;
    shape.predictions = (prediction_order > 0) + (max_lag > 0);
    shape.history_length = std::max({1, prediction_order, max_lag});
    shape.hop_length = hop_length;
    shape.output = output_named(output);
    require(layers > 0 && hop_length > 0, "there must be a layer, and hop_length must be positive");
    for (int dilation : dilations)
        require(dilation > 0 && dilation <= (1 << 20), "every dilation must lie in 1..2**20");
    require(shape.kernel_size >= 2, "there must be at least two taps");
    require(shape.levels >= 2 && shape.levels <= 65536, "levels must lie in 2..65536");
    require_shape(inputs, {1 + shape.predictions, shape.levels, shape.residual}, "inputs");
    require_shape(values, {shape.levels}, "values");
    require_shape(edges, {shape.levels - 1}, "edges");
    require_shape(taps,
                  {layers, int64_t(shape.kernel_size) * shape.residual, 2 * int64_t(shape.gated)},
                  "taps");
    require_shape(residual, {layers - 1, shape.gated, shape.residual}, "residual");
    require_shape(residual_bias, {layers - 1, shape.residual}, "residual_bias");
    require_shape(skip, {layers * shape.gated, shape.skip}, "skip");
    require_shape(skip_bias, {shape.skip}, "skip_bias");
    require_shape(head1, {shape.skip, shape.head}, "head1");
    require_shape(head1_bias, {shape.head}, "head1_bias");
    require_shape(head2_bias, {shape.outputs}, "head2_bias");
    const int64_t needed = shape.output == Output::softmax    ? shape.levels
                           : shape.output == Output::gaussian ? 2
                                                              : 3 * int64_t(mixtures);
    require(mixtures > 0 && mixtures <= 65536, "mixtures must lie in 1..65536");
    require_shape(head2, {shape.head, needed}, "head2");
    const PlainWeights weights{values.data(),     edges.data(),     inputs.data(),
                               taps.data(),       residual.data(),  residual_bias.data(),
                               skip.data(),       skip_bias.data(), head1.data(),
                               head1_bias.data(), head2.data(),     head2_bias.data()};
    return std::make_unique<PackedNetwork>(shape, weights, find_kernels(isa),
                                           precision_named(precision), threads);
}

// One stream's part of a call. Holds the arrays that `Stream` points into.
struct Job {
    FloatOutput rings;
    HistoryArray history;
    FloatInput conditioning;
    FloatInput coefficients;
    LagArray lags;
    FloatInput temperatures;
    CodeArray codes;
    std::optional<FloatOutput> outputs;
    Stream stream{};

    Job(FloatOutput rings_, HistoryArray history_, FloatInput conditioning_,
        FloatInput coefficients_, LagArray lags_, FloatInput temperatures_, CodeArray codes_,
        std::optional<FloatOutput> outputs_, uint64_t seed, int64_t position, int64_t first_frame,
        bool forced)
        : rings(rings_),
          history(history_),
          conditioning(conditioning_),
          coefficients(coefficients_),
          lags(lags_),
          temperatures(temperatures_),
          codes(codes_),
          outputs(outputs_) {
        stream.rings = rings.data();
        stream.history = history.data();
        stream.coefficients = coefficients.data();
        stream.lags = lags.data();
        stream.conditioning = conditioning.data();
        stream.temperatures = temperatures.data();
        stream.codes = codes.data();
        stream.outputs = outputs ? outputs->data() : nullptr;
        stream.seed = seed;
        stream.position = position;
        stream.first_frame = first_frame;
        stream.num_samples = int64_t(codes.shape(0));
        stream.forced = forced;
    }

    void check(const Model& model) const {
        require_shape(rings, {model.ring_size}, "rings");
        require(conditioning.ndim() == 3, "conditioning must have three axes");
        const int64_t frames = int64_t(conditioning.shape(0));
        require_shape(conditioning, {frames, model.num_layers, 2 * int64_t(model.gated)},
                      "conditioning");
        require_shape(temperatures, {frames}, "temperatures");
        if (outputs) require_shape(*outputs, {stream.num_samples, model.outputs}, "outputs");
        require_shape(history, {model.history_length}, "history");
        for (int i = 0; i < model.history_length; ++i)
            require(stream.history[i] >= 0 && stream.history[i] < model.levels,
                    "a code of the history is none of the network's");
        require_shape(coefficients, {frames, model.prediction_order}, "coefficients");
        require_shape(lags, {frames}, "lags");
        if (model.max_lag > 0)
            for (int64_t frame = 0; frame < frames; ++frame)
                require(stream.lags[frame] >= 1 && stream.lags[frame] <= model.max_lag,
                        "a lag lies outside 1..max_lag");
        if (stream.forced)
            for (int64_t t = 0; t < stream.num_samples; ++t)
                require(stream.codes[t] >= 0 && stream.codes[t] < model.levels,
                        "a forced code is none of the network's");
        if (stream.num_samples == 0) return;
        const int64_t kEnd = int64_t(1) << 62;
        require(stream.position >= 0 && stream.position < kEnd, "position must lie in 0..2**62");
        require(
            stream.first_frame <= stream.position / model.hop_length &&
                (stream.position + stream.num_samples - 1) / model.hop_length - stream.first_frame <
                    frames,
            "the samples lie outside the frames");
    }
};

void generate(const PackedNetwork& network, const std::vector<Job*>& jobs) {
    std::vector<Stream> streams;
    for (const Job* job : jobs) {
        require(job != nullptr, "a job is None");
        job->check(network.model());
        for (const Stream& other : streams)
            require(other.rings != job->stream.rings, "two jobs share their rings");
        streams.push_back(job->stream);
    }
    nb::gil_scoped_release release;
    network.generate(streams);
}

std::vector<std::string> available_isas() {
    std::vector<std::string> names;
    for (const Kernels* kernels : available_kernels()) names.emplace_back(kernels->isa);
    return names;
}

std::vector<uint32_t> philox(const std::vector<uint32_t>& counter, uint32_t key0, uint32_t key1) {
    require(counter.size() == 4, "a counter has four words");
    const Words words = philox4x32({{counter[0], counter[1], counter[2], counter[3]}}, key0, key1);
    return {words.at, words.at + 4};
}

int64_t peak(const std::string& isa, const std::string& precision, int64_t rounds) {
    require(rounds >= 0 && rounds <= (int64_t(1) << 40), "rounds must lie in 0..2**40");
    const Kernels& kernels = find_kernels(isa);
    const Precision kind = precision_named(precision);
    nb::gil_scoped_release release;
    return kernels.peak[int(kind)](rounds);
}

using Line = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using LineOut = nb::ndarray<float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

float read_through(const std::string& isa, Line from, int64_t rounds) {
    const Kernels& kernels = find_kernels(isa);
    require(from.size() % (std::size_t(kPanel) * kernels.width) == 0,
            "the size must be a multiple of a panel");
    nb::gil_scoped_release release;
    float total = 0.0f;
    for (int64_t round = 0; round < rounds; ++round)
        total += kernels.read_through(from.data(), int64_t(from.size()));
    return total;
}

void gate(const std::string& isa, const std::string& precision, Line filter, Line gates,
          LineOut out) {
    const Kernels& kernels = find_kernels(isa);
    const Precision kind = precision_named(precision);
    require(filter.size() == gates.size() && filter.size() == out.size() &&
                out.size() % kernels.width == 0,
            "sizes must be equal, in whole vectors");
    kernels.gate[int(kind)](filter.data(), gates.data(), out.data(), int(out.size()));
}

void exponential(const std::string& isa, Line x, LineOut out) {
    const Kernels& kernels = find_kernels(isa);
    require(x.size() == out.size() && out.size() % kernels.width == 0,
            "sizes must be equal, in whole vectors");
    kernels.exponential(x.data(), out.data(), int(out.size()));
}

}  // namespace

void bind_engine(nb::module_& m) {
    using namespace nb::literals;
    m.def("available_isas", &available_isas);
    m.def("philox", &philox, "counter"_a, "key0"_a, "key1"_a);
    m.def("peak", &peak, "isa"_a, "precision"_a, "rounds"_a);
    m.def("read_through", &read_through, "isa"_a, "values"_a, "rounds"_a);
    m.def("gate", &gate, "isa"_a, "precision"_a, "filtered"_a, "gates"_a, "out"_a);
    m.def("exponential", &exponential, "isa"_a, "x"_a, "out"_a);
    nb::class_<Job>(m, "Job").def(
        nb::init<FloatOutput, HistoryArray, FloatInput, FloatInput, LagArray, FloatInput, CodeArray,
                 std::optional<FloatOutput>, uint64_t, int64_t, int64_t, bool>(),
        nb::kw_only(), "rings"_a, "history"_a, "conditioning"_a, "coefficients"_a, "lags"_a,
        "temperatures"_a, "codes"_a, "outputs"_a.none(), "seed"_a, "position"_a, "first_frame"_a,
        "forced"_a);
    nb::class_<PackedNetwork>(m, "Network")
        .def(nb::new_(&make_network), nb::kw_only(), "isa"_a, "precision"_a, "threads"_a,
             "dilations"_a, "hop_length"_a, "output"_a, "mixtures"_a, "prediction_order"_a,
             "max_lag"_a, "values"_a, "edges"_a, "inputs"_a, "taps"_a, "residual"_a,
             "residual_bias"_a, "skip"_a, "skip_bias"_a, "head1"_a, "head1_bias"_a, "head2"_a,
             "head2_bias"_a)
        .def_prop_ro(
            "isa", [](const PackedNetwork& network) { return std::string(network.kernels().isa); })
        .def("generate", &generate, "jobs"_a);
}

}  // namespace sonant
