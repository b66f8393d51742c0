#include "packed_network.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace sonant {
namespace {

constexpr std::size_t kLine = 16;            // floats in a cache line, and in the widest vector
constexpr std::size_t kHugePage = 2u << 20;  // bytes
constexpr std::size_t kChunk =
    1u << 20;  // floats that an arena takes from the system at a time, at least: two huge pages

// Streams that take each step together, by precision: as many as pay for a wide weight that is read
// once for all of them, and no more, for what they remember competes with the weights for the
// L2 cache.
constexpr std::size_t kTogether[kPrecisions] = {16, 6, 6};

std::size_t whole_lines(std::size_t size) { return (size + kLine - 1) / kLine * kLine; }

AlignedFloats allocate(std::size_t size, std::size_t alignment) {
    const std::size_t bytes = (size * sizeof(float) + alignment - 1) / alignment *
                              alignment;  // what aligned_alloc asks for
    float* data = static_cast<float*>(std::aligned_alloc(alignment, bytes));
    if (!data) throw std::bad_alloc();
    return AlignedFloats(data);
}

// The nearest bf16 of a finite number, ties to even.
uint32_t half(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof value);
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

}  // namespace

void FreeAligned::operator()(float* p) const { std::free(p); }

float* Arena::take(std::size_t size) {
    size = whole_lines(size);
    if (size > left_) {
        const std::size_t chunk = std::max(size, kChunk);
        chunks_.push_back(allocate(chunk, kHugePage));
        next_ = chunks_.back().get();
        left_ = chunk;
#if defined(__linux__)
        madvise(
            next_, chunk * sizeof(float),
            MADV_HUGEPAGE);  // a hint: without huge pages everything works as well, a little slower
#endif
    }
    float* here = next_;
    next_ += size;
    left_ -= size;
    std::memset(here, 0, size * sizeof(float));
    return here;
}

int PackedNetwork::padded(int n) const {
    const int whole = kernels_.width * (precision_ == Precision::bf16 && !kernels_.pairs ? 2 : 1);
    return (n + whole - 1) / whole * whole;
}

// A copy with rows padded to whole vectors.
const float* PackedNetwork::keep(const float* from, int rows, int columns) {
    const int width = padded(columns);
    float* to = small_.take(std::size_t(rows) * width);
    for (int row = 0; row < rows; ++row)
        std::copy_n(from + std::size_t(row) * columns, columns, to + std::size_t(row) * width);
    return to;
}

// [inputs][columns.size()] in panels; column c of the result is column columns[c] of `from`, or 0
// where that is -1.
Matrix PackedNetwork::pack(const float* from, int inputs, const std::vector<int>& columns) {
    const int outputs = int(columns.size());
    const int given = 1 + *std::max_element(columns.begin(), columns.end());
    switch (precision_) {
        case Precision::fp32:
            return {inputs, outputs, pack_floats(from, inputs, given, columns), nullptr, nullptr};
        case Precision::bf16:
            return {inputs, outputs,
                    kernels_.pairs ? pack_pairs(from, inputs, given, columns)
                                   : pack_halves(from, inputs, given, columns),
                    nullptr, nullptr};
        default:
            break;
    }
    const float* scales = pick_scales(from, inputs, given, columns);
    int32_t* begin = reinterpret_cast<int32_t*>(small_.take(outputs));
    return {inputs, outputs, pack_bytes(from, inputs, given, columns, scales, begin), scales,
            begin};
}

const void* PackedNetwork::pack_floats(const float* from, int inputs, int given,
                                       const std::vector<int>& columns) {
    const int outputs = int(columns.size()), panel = kPanel * kernels_.width;
    float* to = weights_.take(std::size_t(inputs) * outputs);
    const float* start = to;
    for (int first = 0; first < outputs; first += panel)
        for (int i = 0; i < inputs; ++i)
            for (int c = first; c < std::min(first + panel, outputs); ++c, ++to)
                *to = columns[c] < 0 ? 0.0f : from[std::size_t(i) * given + columns[c]];
    return start;
}

// Two vectors of outputs in one, the first in the upper halves of the lanes (`Precision` in
// model.h).
const void* PackedNetwork::pack_halves(const float* from, int inputs, int given,
                                       const std::vector<int>& columns) {
    const int outputs = int(columns.size()), panel = kPanel * kernels_.width,
              width = kernels_.width;
    uint32_t* to = reinterpret_cast<uint32_t*>(weights_.take(std::size_t(inputs) * outputs / 2));
    const uint32_t* start = to;
    auto weight_of = [&](int i, int c) {
        return columns[c] < 0 ? 0.0f : from[std::size_t(i) * given + columns[c]];
    };
    for (int first = 0; first < outputs; first += panel)
        for (int i = 0; i < inputs; ++i)
            for (int pair = first; pair < std::min(first + panel, outputs); pair += 2 * width)
                for (int c = pair; c < pair + width; ++c, ++to) {
                    const uint32_t low = half(weight_of(i, c + width));
                    // The nearest to the first weight of all lanes that end in this half.
                    // Magnitudes of floats are ordered as integers are.
                    const float first_weight = weight_of(i, c);
                    uint32_t weight;
                    std::memcpy(&weight, &first_weight, sizeof weight);
                    const uint32_t magnitude = weight & 0x7fffffff;
                    const uint32_t high = magnitude < low ? 0 : (magnitude - low + 0x8000) >> 16;
                    *to = (weight & 0x80000000) | high << 16 | low;
                }
    return start;
}

// Two inputs in a lane, the first in the lower half.
const void* PackedNetwork::pack_pairs(const float* from, int inputs, int given,
                                      const std::vector<int>& columns) {
    const int outputs = int(columns.size()), panel = kPanel * kernels_.width;
    uint32_t* to =
        reinterpret_cast<uint32_t*>(weights_.take(std::size_t(inputs + 1) / 2 * outputs));
    const uint32_t* start = to;
    auto half_of = [&](int i, int c) {
        return i >= inputs || columns[c] < 0 ? 0 : half(from[std::size_t(i) * given + columns[c]]);
    };
    for (int first = 0; first < outputs; first += panel)
        for (int i = 0; i < inputs; i += 2)
            for (int c = first; c < std::min(first + panel, outputs); ++c, ++to)
                *to = half_of(i, c) | half_of(i + 1, c) << 16;
    return start;
}

// For each output the scale that its largest weight asks for.
const float* PackedNetwork::pick_scales(const float* from, int inputs, int given,
                                        const std::vector<int>& columns) {
    float* scales = small_.take(columns.size());
    for (std::size_t c = 0; c < columns.size(); ++c) {
        float top = 0.0f;
        for (int i = 0; i < inputs && columns[c] >= 0; ++i)
            top = std::max(top, std::fabs(from[std::size_t(i) * given + columns[c]]));
        scales[c] = top / 127.0f;
    }
    return scales;
}

// Groups of four inputs.
const void* PackedNetwork::pack_bytes(const float* from, int inputs, int given,
                                      const std::vector<int>& columns, const float* scales,
                                      int32_t* begin) {
    const int outputs = int(columns.size()), panel = kPanel * kernels_.width,
              groups = (inputs + 3) / 4;
    int8_t* to = reinterpret_cast<int8_t*>(weights_.take(std::size_t(groups) * outputs));
    const int8_t* start = to;
    for (int first = 0; first < outputs; first += panel)
        for (int group = 0; group < groups; ++group)
            for (int c = first; c < std::min(first + panel, outputs); ++c)
                for (int i = 4 * group; i < 4 * group + 4; ++i, ++to) {
                    if (i >= inputs || columns[c] < 0 || scales[c] == 0.0f) continue;
                    *to = int8_t(std::lrint(from[std::size_t(i) * given + columns[c]] / scales[c]));
                    begin[c] -= 128 * *to;
                }
    return start;
}

// The columns as they are, padded.
std::vector<int> PackedNetwork::all_columns(int outputs) const {
    std::vector<int> columns(padded(outputs), -1);
    std::iota(columns.begin(), columns.begin() + outputs, 0);
    return columns;
}

Matrix PackedNetwork::pack(const float* from, int inputs, int outputs) {
    return pack(from, inputs, all_columns(outputs));
}

PackedNetwork::PackedNetwork(const Shape& shape, const PlainWeights& weights,
                             const Kernels& kernels, Precision precision, int threads)
    : kernels_(kernels), precision_(precision), pool_(threads) {
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
    m.predictions = shape.predictions;
    m.prediction_order = shape.prediction_order;
    m.max_lag = shape.max_lag;
    m.history_length = shape.history_length;
    values_.assign(weights.values, weights.values + m.levels);
    edges_.assign(weights.edges, weights.edges + m.levels - 1);
    m.values = values_.data();
    m.edges = edges_.data();
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
    m.inputs = keep(weights.inputs, (1 + m.predictions) * m.levels, m.residual);
    // In the order in which they are read, so that all of it is one walk through memory.
    for (int layer = 0; layer < m.num_layers; ++layer) {
        Block block{};
        block.dilation = shape.dilations[layer];
        block.run = 1;
        while (2 * block.run <= std::min(block.dilation, kRun)) block.run *= 2;
        block.ring_rows = int64_t(older_taps) * block.dilation;
        block.ring_mask = (block.ring_rows & (block.ring_rows - 1)) == 0 ? block.ring_rows - 1 : -1;
        block.ring_offset = m.ring_size;
        m.ring_size += block.ring_rows * m.residual;
        const float* taps = weights.taps + layer * m.kernel_size * tap_size;
        block.newest = pack(taps + older_taps * tap_size, m.residual, halves);
        if (layer < m.num_layers - 1) {
            block.residual = pack(weights.residual + std::size_t(layer) * m.gated * m.residual,
                                  m.gated, m.residual);
            block.residual_bias =
                keep(weights.residual_bias + std::size_t(layer) * m.residual, 1, m.residual);
        }
        blocks_.push_back(block);
    }
    m.blocks = blocks_.data();
    // Rows of zeros where the gates of a block do not fill whole vectors.
    std::vector<float> skips(std::size_t(m.num_layers) * m.gated_padded * m.skip);
    for (int layer = 0; layer < m.num_layers; ++layer)
        std::copy_n(weights.skip + std::size_t(layer) * m.gated * m.skip,
                    std::size_t(m.gated) * m.skip,
                    skips.data() + std::size_t(layer) * m.gated_padded * m.skip);
    m.skips = pack(skips.data(), m.num_layers * m.gated_padded, m.skip);
    m.zeros = small_.take(std::max(
        {2 * m.gated_padded, m.residual_padded, m.skip_padded, m.head_padded, m.outputs_padded}));
    m.skip_bias = keep(weights.skip_bias, 1, m.skip);
    m.head1 = pack(weights.head1, m.skip, m.head);
    m.head1_bias = keep(weights.head1_bias, 1, m.head);
    m.head2 = pack(weights.head2, m.head, m.outputs);
    m.head2_bias = keep(weights.head2_bias, 1, m.outputs);
    m.head1.begin = m.head2.begin =
        reinterpret_cast<const int32_t*>(m.zeros);  // behind a rectifier 0 is a byte of 0
    // Last, because they are not read for every sample.
    for (int layer = 0; layer < m.num_layers; ++layer) {
        blocks_[layer].older = older_.data() + older_.size();
        const float* taps = weights.taps + layer * m.kernel_size * tap_size;
        for (int tap = 0; tap < older_taps; ++tap)
            older_.push_back(pack(taps + tap * tap_size, m.residual, halves));
    }
}

// Lays a stream's scratch out from `at` on and returns how many floats it takes; with a null `at`
// it only measures.
std::size_t PackedNetwork::place_scratch(Stream& stream, float* at) const {
    const Model& m = model_;
    std::size_t used = 0;
    auto take = [&](std::size_t size) {
        float* here = at ? at + used : nullptr;
        used += whole_lines(size);
        return here;
    };
    const std::size_t width = 2 * m.gated_padded;
    const std::size_t rectified = std::max(m.skip, m.head);
    stream.frame = -1;
    stream.past = reinterpret_cast<double*>(take(2 * 2 * std::size_t(m.history_length)));
    stream.added = take(m.num_layers * width);
    stream.ahead = take(m.num_layers * kRun * width);
    stream.x = take(m.residual_padded);
    stream.pre = take(width);
    stream.gates = take(std::size_t(m.num_layers) * m.gated_padded);
    stream.skip_sum = take(m.skip_padded);
    stream.hidden = take(m.head_padded);
    stream.distribution = take(m.outputs_padded);
    stream.probabilities = take(m.outputs_padded);
    stream.nonzero = take(rectified);
    stream.nonzero_at = reinterpret_cast<int*>(take(rectified));
    auto take_rounded = [&](std::size_t size) {
        return reinterpret_cast<uint8_t*>(
            take(precision_ == Precision::int8 ? (size + 3) / 4 : (size + 1) / 2));
    };
    stream.rounded_x = take_rounded(m.residual_padded);
    stream.rounded_gates = take_rounded(std::size_t(m.num_layers) * m.gated_padded);
    stream.past_rounded = take_rounded(std::size_t(kRun) * m.residual_padded);
    stream.past_floats = take(m.residual_padded);
    stream.rounded_after = take_rounded(std::max(m.skip_padded, m.head_padded));
    return used;
}

void PackedNetwork::generate(std::vector<Stream>& streams) const {
    if (streams.empty()) return;
    const std::size_t count = streams.size();
    const std::size_t each = place_scratch(streams[0], nullptr);
    const AlignedFloats scratch = allocate(each * count, kLine * sizeof(float));
    std::memset(scratch.get(), 0, each * count * sizeof(float));
    std::vector<Stream*> order;
    for (std::size_t s = 0; s < count; ++s) {
        place_scratch(streams[s], scratch.get() + each * s);
        order.push_back(&streams[s]);
    }
    // Kernels drop streams from the end as they finish.
    std::stable_sort(order.begin(), order.end(), [](const Stream* a, const Stream* b) {
        return a->num_samples > b->num_samples;
    });
    // Groups of nearly the same size, as many for each thread. Which streams are in which changes
    // nothing that they say.
    const std::size_t together = kTogether[int(precision_)],
                      threads = std::min(std::size_t(pool_.threads()), count);
    const std::size_t needed = (count + together - 1) / together;
    const std::size_t groups = std::min((needed + threads - 1) / threads * threads, count);
    pool_.run(groups, [&](std::size_t group) {
        const std::size_t first = count * group / groups,
                          some = count * (group + 1) / groups - first;
        std::vector<Row> rows(some * kRun);
        kernels_.generate[int(precision_)](model_, order.data() + first, int(some), rows.data());
    });
}

}  // namespace sonant
