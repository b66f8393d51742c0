#include "packed_network.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>

namespace sonant {
namespace {

constexpr std::size_t kAlignment = 64;  // bytes: a cache line, and the widest vector
constexpr int kWidestVector = 16;       // floats

}  // namespace

Floats::Floats(std::size_t size) {
    const std::size_t bytes = (size * sizeof(float) + kAlignment) / kAlignment * kAlignment;
    float* data = static_cast<float*>(std::aligned_alloc(kAlignment, bytes));
    if (!data) throw std::bad_alloc();
    std::memset(data, 0, bytes);
    data_.reset(data);
}

void Floats::Free::operator()(float* p) const { std::free(p); }

int PackedNetwork::padded(int n) const { return (n + kernels_.width - 1) / kernels_.width * kernels_.width; }

// A copy with rows padded to whole vectors.
const float* PackedNetwork::keep(const float* from, int rows, int columns) {
    const int width = padded(columns);
    float* to = owned_.emplace_back(std::size_t(rows) * width).data();
    for (int row = 0; row < rows; ++row) std::copy_n(from + std::size_t(row) * columns, columns, to + std::size_t(row) * width);
    return to;
}

// [inputs][columns.size()] in panels; column c of the result is column columns[c] of `from`, or 0 where that is -1.
Matrix PackedNetwork::pack(const float* from, int inputs, const std::vector<int>& columns) {
    const int outputs = int(columns.size());
    const int given = 1 + *std::max_element(columns.begin(), columns.end());
    float* to = owned_.emplace_back(std::size_t(inputs) * outputs).data();
    const float* start = to;
    const int panel = kPanel * kernels_.width;
    for (int first = 0; first < outputs; first += panel)
        for (int i = 0; i < inputs; ++i)
            for (int c = first; c < std::min(first + panel, outputs); ++c, ++to)
                *to = columns[c] < 0 ? 0.0f : from[std::size_t(i) * given + columns[c]];
    return {inputs, outputs, start};
}

Matrix PackedNetwork::pack(const float* from, int inputs, int outputs) {
    std::vector<int> columns(padded(outputs), -1);
    std::iota(columns.begin(), columns.begin() + outputs, 0);
    return pack(from, inputs, columns);
}

PackedNetwork::PackedNetwork(const Shape& shape, const PlainWeights& weights, const Kernels& kernels) : kernels_(kernels) {
    Model& m = model_;
    m.num_layers = int(shape.dilations.size());
    m.kernel_size = shape.kernel_size;
    m.residual = shape.residual;
    m.gated = shape.gated;
    m.skip = shape.skip;
    m.head = shape.head;
    m.levels = shape.levels;
    m.outputs = shape.outputs;
    m.mixtures = shape.mixtures;
    m.hop_length = shape.hop_length;
    m.output = shape.output;
    m.residual_padded = padded(m.residual);
    m.gated_padded = padded(m.gated);
    m.skip_padded = padded(m.skip);
    m.head_padded = padded(m.head);
    m.outputs_padded = padded(m.outputs);

    // The halves under tanh and under the sigmoid each start on a whole vector.
    std::vector<int> halves(2 * m.gated_padded, -1);
    std::iota(halves.begin(), halves.begin() + m.gated, 0);
    std::iota(halves.begin() + m.gated_padded, halves.begin() + m.gated_padded + m.gated, m.gated);

    const int older_taps = m.kernel_size - 1;
    const std::size_t tap_size = std::size_t(m.residual) * 2 * m.gated;
    older_.reserve(std::size_t(m.num_layers) * older_taps);  // the blocks point into it
    m.inputs = keep(weights.inputs, m.levels, m.residual);
    for (int layer = 0; layer < m.num_layers; ++layer) {
        Block block{};
        block.dilation = shape.dilations[layer];
        block.run = std::min(block.dilation, kRun);
        block.ring_rows = int64_t(older_taps) * block.dilation;
        block.ring_offset = m.ring_size;
        m.ring_size += block.ring_rows * m.residual;
        const float* taps = weights.taps + layer * m.kernel_size * tap_size;
        block.older = older_.data() + older_.size();
        for (int tap = 0; tap < older_taps; ++tap) older_.push_back(pack(taps + tap * tap_size, m.residual, halves));
        block.newest = pack(taps + older_taps * tap_size, m.residual, halves);
        if (layer < m.num_layers - 1) {
            block.residual = pack(weights.residual + std::size_t(layer) * m.gated * m.residual, m.gated, m.residual);
            block.residual_bias = keep(weights.residual_bias + std::size_t(layer) * m.residual, 1, m.residual);
        }
        blocks_.push_back(block);
    }
    m.blocks = blocks_.data();
    m.skips = pack(weights.skip, m.num_layers * m.gated, m.skip);
    m.skip_bias = keep(weights.skip_bias, 1, m.skip);
    m.head1 = pack(weights.head1, m.skip, m.head);
    m.head1_bias = keep(weights.head1_bias, 1, m.head);
    m.head2 = pack(weights.head2, m.head, m.outputs);
    m.head2_bias = keep(weights.head2_bias, 1, m.outputs);
}

// Lays a stream's scratch out from `at` on; with a null `at` it only measures.
void PackedNetwork::place_scratch(Stream& stream, float* at) const {
    const Model& m = model_;
    auto take = [&at](int64_t size) {
        float* here = at;
        at += (size + kWidestVector - 1) / kWidestVector * kWidestVector;
        return here;
    };
    const int64_t width = 2 * m.gated_padded;
    stream.frame = -1;
    stream.added = take(m.num_layers * width);
    stream.ahead = take(m.num_layers * kRun * width);
    stream.x = take(m.residual_padded);
    stream.pre = take(width);
    stream.gates = take(int64_t(m.num_layers) * m.gated + kWidestVector);
    stream.skip_sum = take(m.skip_padded);
    stream.hidden = take(m.head_padded);
    stream.distribution = take(m.outputs_padded);
    stream.probabilities = take(m.outputs_padded);
}

int64_t PackedNetwork::scratch_size() const {
    const Model& m = model_;
    const int64_t width = 2 * m.gated_padded;
    const int64_t sizes[] = {m.num_layers * width, m.num_layers * kRun * width, m.residual_padded, width,
                             int64_t(m.num_layers) * m.gated + kWidestVector, m.skip_padded, m.head_padded, 2 * m.outputs_padded};
    int64_t total = 0;
    for (int64_t size : sizes) total += size + 2 * kWidestVector;
    return total;
}

void PackedNetwork::generate(std::vector<Stream>& streams) const {
    const std::size_t count = streams.size();
    const int64_t each = (scratch_size() + kWidestVector - 1) / kWidestVector * kWidestVector;
    Floats scratch(each * count);
    std::vector<Stream*> order;
    for (std::size_t s = 0; s < count; ++s) {
        place_scratch(streams[s], scratch.data() + each * s);
        order.push_back(&streams[s]);
    }
    // Kernels drop streams from the end as they finish.
    std::stable_sort(order.begin(), order.end(), [](const Stream* a, const Stream* b) { return a->num_samples > b->num_samples; });
    std::vector<const float*> inputs(count * kRun);
    std::vector<float*> outputs(count * kRun);
    kernels_.generate(model_, order.data(), int(count), {inputs.data(), outputs.data()});
}

}  // namespace sonant
