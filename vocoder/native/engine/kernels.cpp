// Cached-queue generation, compiled once for each instruction set (SONANT_ISA names which) and
// chosen at run time.
//
// Nothing here may have external linkage but the table at the end: a template or inline function of
// the standard library compiled for AVX-512 could be the copy that the linker keeps for everyone.

#include "grouped.h"
#include "model.h"
#include "prediction.h"
#include "product.h"
#include "sampling.h"
#include "tables.h"
#include "vector.h"

namespace sonant {
namespace {

#if defined(SONANT_PAIRS)
typedef Bf16Pairs Halves;
constexpr bool kPairs = true;
#else
typedef Bf16 Halves;
constexpr bool kPairs = false;
#endif

// Whether inputs of products are rounded, and to how many bytes each.
template <class P>
constexpr bool kRounds = P::kGroup > 1;
template <class P>
constexpr int kBytes = 4 / P::kGroup;

// The conditioning of the frame that sample t lies in, [L][2 H_padded], copied when the frame
// changes.
void bring_conditioning(const Model& model, Stream& stream, int64_t t) {
    const int64_t frame = t / model.hop_length - stream.first_frame;
    if (frame == stream.frame) return;
    stream.frame = frame;
    const float* from = stream.conditioning + frame * model.num_layers * 2 * model.gated;
    for (int half = 0; half < 2 * model.num_layers; ++half)
        memcpy(stream.added + int64_t(half) * model.gated_padded,
               from + int64_t(half) * model.gated, model.gated * sizeof(float));
}

// Where the input of time t lies. Rings of two taps have a power of two of rows, and no division is
// needed.
inline int64_t ring_row(const Block& block, int64_t t) {
    return block.ring_mask >= 0 ? t & block.ring_mask : t % block.ring_rows;
}

// The block's input of time t, as the input of a product.
template <class P>
inline void take_past(const Model& model, const Block& block, Stream& stream, int64_t t, int ahead,
                      Row& row) {
    row.floats = stream.rings + block.ring_offset + ring_row(block, t) * model.residual;
    if constexpr (kRounds<P>) {
        const float* floats = row.floats;
        if (model.residual < model.residual_padded) {  // in whole vectors, as what rounds asks for
            memcpy(stream.past_floats, row.floats, model.residual * sizeof(float));
            floats = stream.past_floats;
        }
        uint8_t* rounded = stream.past_rounded + int64_t(ahead) * model.residual_padded * kBytes<P>;
        row.rounded = rounded;
        row.scale = P::round(floats, model.residual_padded, rounded);
    }
}

// What the older taps of a block give for the next samples of every stream. Their inputs lie at
// least `block.run` samples back and are known; each weight is read once for all of them.
template <class P>
void look_ahead(const Model& model, const Block& block, int layer, Stream* const* streams,
                int count, int64_t done, Row* rows) {
    const int width = block.newest.outputs_padded;
    for (int tap = 0; tap < model.kernel_size - 1; ++tap) {
        int n = 0;
        for (int s = 0; s < count; ++s) {
            Stream& stream = *streams[s];
            const int64_t left = stream.num_samples - done;
            for (int ahead = 0; ahead < block.run && ahead < left; ++ahead, ++n) {
                take_past<P>(model, block, stream,
                             stream.position + done + ahead + int64_t(tap) * block.dilation, ahead,
                             rows[n]);
                rows[n].output =
                    stream.ahead + (int64_t(layer) * kRun + (done + ahead) % kRun) * width;
                rows[n].begin = tap == 0 ? model.zeros : rows[n].output;
                rows[n].add = model.zeros;
            }
        }
        multiply<P>(block.older[tap], rows, n);
    }
}

// The gates from this block's on as the input of a product.
template <class P>
inline void take_gates(const Model& model, Stream& stream, int layer, Row& row) {
    row.floats = stream.gates + layer * model.gated_padded;
    if constexpr (kRounds<P>) {
        row.rounded = stream.rounded_gates + layer * model.gated_padded * kBytes<P>;
        row.scale = P::kGateScale;
    }
}

template <class P>
inline Vector gate_of(Vector filtered, Vector gated) {
    if constexpr (kRounds<P>) {
        if (P::kQuickGates) return quick_gate(filtered, gated);
    }
    return gate(filtered, gated);
}

// A block's gates.
template <class P>
inline void gates_of(const Model& model, Stream& stream, int layer) {
    for (int i = 0; i < model.gated_padded; i += kWidth) {
        const Vector filtered = load(stream.pre + i),
                     gated = load(stream.pre + model.gated_padded + i);
        const Vector z = gate_of<P>(filtered, gated);
        const int at = layer * model.gated_padded + i;
        if constexpr (kRounds<P>)
            P::round_gates(z, stream.rounded_gates + at * kBytes<P>);
        else
            store(stream.gates + at, z);
    }
}

template <class P>
void one_block(const Model& model, const Block& block, int layer, Stream* const* streams, int count,
               int64_t done, Row* rows) {
    const int width = block.newest.outputs_padded;
    if ((done & (block.run - 1)) == 0)
        look_ahead<P>(model, block, layer, streams, count, done, rows);
    for (int s = 0; s < count; ++s) {
        Stream& stream = *streams[s];
        rows[s].floats = stream.x;
        if constexpr (kRounds<P>) {
            rows[s].rounded = stream.rounded_x;
            rows[s].scale = P::round(stream.x, model.residual_padded, stream.rounded_x);
        }
        rows[s].begin = stream.ahead + (int64_t(layer) * kRun + done % kRun) * width;
        rows[s].add = stream.added + int64_t(layer) * width;
        rows[s].output = stream.pre;
    }
    multiply<P>(block.newest, rows, count);
    for (int s = 0; s < count; ++s)
        memcpy(streams[s]->rings + block.ring_offset +
                   ring_row(block, streams[s]->position + done) * model.residual,
               streams[s]->x, model.residual * sizeof(float));
    for (int s = 0; s < count; ++s) gates_of<P>(model, *streams[s], layer);
    if (layer == model.num_layers - 1) return;
    for (int s = 0; s < count; ++s) {
        take_gates<P>(model, *streams[s], layer, rows[s]);
        rows[s].begin = rows[s].output = streams[s]->x;
        rows[s].add = block.residual_bias;
    }
    multiply<P>(block.residual, rows, count);
}

// A layer behind a rectifier, which leaves about half of the inputs at zero: alone, a stream reads
// only the weights that it needs. (Not where inputs go in groups, which are seldom zero as a
// whole.) `from` and `to` name scratch of a stream.
template <class P>
void layer_after_rectifier(const Model& model, const Matrix& matrix, const float* bias,
                           float* Stream::* from, float* Stream::* to, Stream* const* streams,
                           int count, Row* rows) {
    if (count > 1 || kRounds<P>) {
        for (int s = 0; s < count; ++s) {
            float* x = streams[s]->*from;
            for (int i = 0; i < matrix.inputs; i += kWidth)
                store(x + i, at_least(load(x + i), 0.0f));
            rows[s].floats = x;
            rows[s].begin = bias;
            rows[s].add = model.zeros;
            rows[s].output = streams[s]->*to;
            if constexpr (kRounds<P>) {
                rows[s].rounded = streams[s]->rounded_after;
                rows[s].scale = P::round_positive(x, (matrix.inputs + kWidth - 1) / kWidth * kWidth,
                                                  streams[s]->rounded_after);
            }
        }
        multiply<P>(matrix, rows, count);
        return;
    }
    if constexpr (!kRounds<P>) {
        const float* x = streams[0]->*from;
        Sparse row{0, streams[0]->nonzero, streams[0]->nonzero_at};
        for (int i = 0; i < matrix.inputs;
             ++i) {  // without a branch, for signs are as good as random
            row.values[row.count] = x[i];
            row.indices[row.count] = i;
            row.count += x[i] > 0.0f;
        }
        multiply_sparse<P>(matrix, row, bias, streams[0]->*to);
    }
}

// One sample of every stream.
template <class P>
void step(const Model& model, Stream* const* streams, int count, int64_t done, Row* rows) {
    for (int s = 0; s < count; ++s) {
        Stream& stream = *streams[s];
        bring_conditioning(model, stream, stream.position + done);
        first_input(model, stream, stream.position + done);
    }
    for (int layer = 0; layer < model.num_layers; ++layer)
        one_block<P>(model, model.blocks[layer], layer, streams, count, done, rows);
    for (int s = 0; s < count; ++s) {
        take_gates<P>(model, *streams[s], 0, rows[s]);
        rows[s].begin = model.skip_bias;
        rows[s].add = model.zeros;
        rows[s].output = streams[s]->skip_sum;
    }
    multiply<P>(model.skips, rows, count);
    layer_after_rectifier<P>(model, model.head1, model.head1_bias, &Stream::skip_sum,
                             &Stream::hidden, streams, count, rows);
    layer_after_rectifier<P>(model, model.head2, model.head2_bias, &Stream::hidden,
                             &Stream::distribution, streams, count, rows);
    for (int s = 0; s < count; ++s) {
        Stream& stream = *streams[s];
        const int64_t t = stream.position + done;
        if (stream.outputs)
            memcpy(stream.outputs + done * model.outputs, stream.distribution,
                   model.outputs * sizeof(float));
        if (!stream.forced)
            stream.codes[done] = draw(model, stream.distribution, stream.temperatures[stream.frame],
                                      stream.seed, t, stream.probabilities);
        remember(model, stream, t, stream.codes[done]);
    }
}

// `streams` is ordered by falling num_samples, so that those with work left are always the first
// ones.
template <class P>
void generate(const Model& model, Stream* const* streams, int count, Row* rows) {
    for (int s = 0; s < count; ++s) recall(model, *streams[s]);
    for (int64_t done = 0; count > 0; ++done) {
        while (count > 0 && streams[count - 1]->num_samples <= done) --count;
        if (count > 0) step<P>(model, streams, count, done, rows);
    }
}

// As many independent sums as keep every port busy, and stay in registers.
constexpr int kPeakSums = 10;

template <class P>
int64_t peak(int64_t rounds) {
    const uint8_t group[4] = {3, 1, 4, 1};
    Vector floats[kPeakSums] = {}, w = splat(1.0f);
    Integers integers[kPeakSums] = {}, weights = Integers{} + 0x01020304;
    for (int64_t round = 0; round < rounds; ++round) {
        keep_in_register(w);
#pragma GCC unroll 16
        for (int k = 0; k < kPeakSums; ++k) {
            keep_in_register(weights);  // as if it were other weights each time
            if constexpr (P::precision == Precision::int8)
                integers[k] = P::dot(integers[k], group, weights);
            else if constexpr (kRounds<P>)
                floats[k] = P::dot(floats[k], group, weights);
            else
                floats[k] = floats[k] * w + w;
        }
    }
    float total = 0.0f;  // somebody must look at the sums, or the compiler leaves them out
    for (int k = 0; k < kPeakSums; ++k) total += floats[k][0] + float(integers[k][0]);
    volatile float sink = total;
    (void)sink;
    return rounds * kPeakSums * kWidth * P::kGroup;
}

// Eight sums, so that nothing but the memory is waited for.
float read_through(const float* from, int64_t n) {
    Vector sums[kPanel] = {};
    for (int64_t i = 0; i < n; i += kPanel * kWidth)
#pragma GCC unroll 8
        for (int k = 0; k < kPanel; ++k) sums[k] += load(from + i + k * kWidth);
    float total = 0.0f;
    for (int k = 0; k < kPanel; ++k) total += largest_of(sums[k]);
    return total;
}

template <Vector (*function)(Vector, Vector)>
void gate_all(const float* filter, const float* gates, float* out, int n) {
    for (int i = 0; i < n; i += kWidth) store(out + i, function(load(filter + i), load(gates + i)));
}

void exponential_all(const float* x, float* out, int n) {
    for (int i = 0; i < n; i += kWidth) store(out + i, exponential(load(x + i)));
}

}  // namespace

extern const Kernels SONANT_JOIN(kernels_, SONANT_ISA);
const Kernels SONANT_JOIN(kernels_, SONANT_ISA) = {
    SONANT_TEXT(SONANT_ISA),
    kWidth,
    kPairs,
    {generate<Fp32>, generate<Halves>, generate<Int8>},
    {peak<Fp32>, peak<Halves>, peak<Int8>},
    {gate_all<gate_of<Fp32>>, gate_all<gate_of<Halves>>, gate_all<gate_of<Int8>>},
    read_through,
    exponential_all,
};

}  // namespace sonant
