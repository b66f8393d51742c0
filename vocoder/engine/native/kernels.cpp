// Cached-queue generation, compiled once for each instruction set (SONANT_ISA names which) and chosen at run time.
//
// Nothing here may have external linkage but the table at the end: a template or inline function of the standard library compiled for
// AVX-512 could be the copy that the linker keeps for everyone.

#include "model.h"
#include "prediction.h"
#include "product.h"
#include "quantise.h"
#include "sampling.h"
#include "vector.h"

namespace sonant {
namespace {

// The conditioning of the frame that sample t lies in, [L][2 H_padded], copied when the frame changes.
void bring_conditioning(const Model& model, Stream& stream, int64_t t) {
    const int64_t frame = t / model.hop_length - stream.first_frame;
    if (frame == stream.frame) return;
    stream.frame = frame;
    const float* from = stream.conditioning + frame * model.num_layers * 2 * model.gated;
    for (int half = 0; half < 2 * model.num_layers; ++half)
        memcpy(stream.added + int64_t(half) * model.gated_padded, from + int64_t(half) * model.gated, model.gated * sizeof(float));
}

// What one input of a product is handed over as.
template <class P>
inline Input input(const float* x, int n, uint8_t* bytes) {
    if constexpr (P::precision == Precision::int8)
        return signed_bytes(x, n, bytes);
    else
        return {x, nullptr, 0.0f, false};
}

// Where the input of time t lies. Rings of two taps have a power of two of rows, and no division is needed.
inline int64_t ring_row(const Block& block, int64_t t) { return block.ring_mask >= 0 ? t & block.ring_mask : t % block.ring_rows; }

// What the older taps of a block give for the next samples of every stream. Their inputs lie at least `block.run` samples back and are
// known; each weight is read once for all of them.
template <class P>
void look_ahead(const Model& model, const Block& block, int layer, Stream* const* streams, int count, int64_t done, Rows rows) {
    const int width = block.newest.outputs_padded;
    for (int tap = 0; tap < model.kernel_size - 1; ++tap) {
        int n = 0;
        for (int s = 0; s < count; ++s) {
            const Stream& stream = *streams[s];
            const int64_t left = stream.num_samples - done;
            for (int ahead = 0; ahead < block.run && ahead < left; ++ahead, ++n) {
                const int64_t row = ring_row(block, stream.position + done + ahead + int64_t(tap) * block.dilation);
                rows.inputs[n] = input<P>(stream.rings + block.ring_offset + row * model.residual, model.residual, stream.past_bytes + ahead * model.residual_bytes);
                rows.outputs[n] = stream.ahead + (int64_t(layer) * kRun + (done + ahead) % kRun) * width;
                if (tap == 0) memset(rows.outputs[n], 0, width * sizeof(float));
            }
        }
        multiply<P>(block.older[tap], rows.inputs, rows.outputs, n);
    }
}

// One block's part of the skips: added to `skip_sum`, in int8 to `skip_count` (`rows.inputs` are its gates).
template <class P>
void add_skip(const Block& block, Stream* const* streams, int count, Rows rows) {
    if constexpr (P::precision == Precision::int8) {
        for (int s = 0; s < count; ++s) rows.counts[s] = streams[s]->skip_count;
        multiply8(block.skip, rows.inputs, rows.counts, count);
    } else {
        for (int s = 0; s < count; ++s) rows.outputs[s] = streams[s]->skip_sum;
        multiply<P>(block.skip, rows.inputs, rows.outputs, count);
    }
}

template <class P>
void begin_skips(const Model& model, Stream* const* streams, int count) {
    for (int s = 0; s < count; ++s) {
        memcpy(streams[s]->skip_sum, model.skip_bias, model.skip_padded * sizeof(float));
        if constexpr (P::precision == Precision::int8) memcpy(streams[s]->skip_count, model.skip_zero, model.skip_padded * sizeof(int32_t));
    }
}

template <class P>
void end_skips(const Model& model, Stream* const* streams, int count) {
    if constexpr (P::precision == Precision::int8)
        for (int s = 0; s < count; ++s) {
            float* const sum[] = {streams[s]->skip_sum};
            for (int i = 0; i < model.skip_padded; i += kWidth)
                end_sum(sum, 0, i, model.blocks[0].skip, {nullptr, nullptr, kGateScale, true}, load_integers(streams[s]->skip_count + i));
        }
}

template <class P>
void one_block(const Model& model, const Block& block, int layer, Stream* const* streams, int count, int64_t done, Rows rows) {
    const int width = block.newest.outputs_padded;
    if (done % block.run == 0) look_ahead<P>(model, block, layer, streams, count, done, rows);
    for (int s = 0; s < count; ++s) {
        Stream& stream = *streams[s];
        const float* ahead = stream.ahead + (int64_t(layer) * kRun + done % kRun) * width;
        const float* added = stream.added + int64_t(layer) * width;
        for (int i = 0; i < width; i += kWidth) store(stream.pre + i, load(ahead + i) + load(added + i));
        rows.inputs[s] = input<P>(stream.x, model.residual, stream.x_bytes);
        rows.outputs[s] = stream.pre;
    }
    multiply<P>(block.newest, rows.inputs, rows.outputs, count);
    for (int s = 0; s < count; ++s) {
        Stream& stream = *streams[s];
        const int64_t row = ring_row(block, stream.position + done);
        memcpy(stream.rings + block.ring_offset + row * model.residual, stream.x, model.residual * sizeof(float));
        float* gates = stream.gates;
        for (int i = 0; i < model.gated_padded; i += kWidth)
            store(gates + i, gate(load(stream.pre + i), load(stream.pre + model.gated_padded + i)));
        rows.inputs[s] = {gates, nullptr, 0.0f, false};
        if constexpr (P::precision == Precision::int8) {
            gate_bytes(gates, model.gated, stream.gate_bytes);
            rows.inputs[s] = {gates, stream.gate_bytes, kGateScale, true};
        }
        rows.outputs[s] = stream.x;
    }
    if (layer < model.num_layers - 1) {
        for (int s = 0; s < count; ++s)
            for (int i = 0; i < model.residual_padded; i += kWidth)
                store(streams[s]->x + i, load(streams[s]->x + i) + load(block.residual_bias + i));
        multiply<P>(block.residual, rows.inputs, rows.outputs, count);
    }
    // Here and not after the last block: nothing waits for it, so it fills the time in which the next block waits for its gates.
    add_skip<P>(block, streams, count, rows);
}

// outputs = bias + inputs x matrix, for one layer after the blocks; `rows.inputs` are given, `to` names scratch of a stream.
template <class P>
void layer_after(const Matrix& matrix, const float* bias, float* Stream::*to, Stream* const* streams, int count, Rows rows) {
    for (int s = 0; s < count; ++s) {
        rows.outputs[s] = streams[s]->*to;
        memcpy(streams[s]->*to, bias, matrix.outputs_padded * sizeof(float));
    }
    multiply<P>(matrix, rows.inputs, rows.outputs, count);
}

// A layer behind a rectifier, which leaves about half of the inputs at zero: alone, a stream reads only the weights that it needs. (Not in
// int8, where inputs go four by four.)
template <class P>
void layer_after_rectifier(const Matrix& matrix, const float* bias, float* Stream::*from, float* Stream::*to, Stream* const* streams, int count, Rows rows) {
    constexpr bool int8 = P::precision == Precision::int8;
    if (count > 1 || int8) {
        for (int s = 0; s < count; ++s) {
            float* x = streams[s]->*from;
            for (int i = 0; i < matrix.inputs; i += kWidth) store(x + i, at_least(load(x + i), 0.0f));
            rows.inputs[s] = {x, nullptr, 0.0f, false};
            if constexpr (int8) rows.inputs[s] = positive_bytes(x, matrix.inputs, streams[s]->after_bytes);
        }
        layer_after<P>(matrix, bias, to, streams, count, rows);
        return;
    }
    if constexpr (!int8) {
        const float* x = streams[0]->*from;
        Sparse row{0, streams[0]->nonzero, streams[0]->nonzero_at};
        for (int i = 0; i < matrix.inputs; ++i) {  // without a branch, for signs are as good as random
            row.values[row.count] = x[i];
            row.indices[row.count] = i;
            row.count += x[i] > 0.0f;
        }
        memcpy(streams[0]->*to, bias, matrix.outputs_padded * sizeof(float));
        multiply_sparse<P>(matrix, row, streams[0]->*to);
    }
}

// One sample of every stream.
template <class P>
void step(const Model& model, Stream* const* streams, int count, int64_t done, Rows rows) {
    for (int s = 0; s < count; ++s) {
        Stream& stream = *streams[s];
        bring_conditioning(model, stream, stream.position + done);
        first_input(model, stream, stream.position + done);
    }
    begin_skips<P>(model, streams, count);
    for (int layer = 0; layer < model.num_layers; ++layer) one_block<P>(model, model.blocks[layer], layer, streams, count, done, rows);
    end_skips<P>(model, streams, count);
    layer_after_rectifier<P>(model.head1, model.head1_bias, &Stream::skip_sum, &Stream::hidden, streams, count, rows);
    layer_after_rectifier<P>(model.head2, model.head2_bias, &Stream::hidden, &Stream::distribution, streams, count, rows);
    for (int s = 0; s < count; ++s) {
        Stream& stream = *streams[s];
        const int64_t t = stream.position + done;
        if (stream.outputs) memcpy(stream.outputs + done * model.outputs, stream.distribution, model.outputs * sizeof(float));
        if (!stream.forced)
            stream.codes[done] = draw(model, stream.distribution, stream.temperatures[stream.frame], stream.seed, t, stream.probabilities);
        remember(model, stream, t, stream.codes[done]);
    }
}

// `streams` is ordered by falling num_samples, so that those with work left are always the first ones.
template <class P>
void generate(const Model& model, Stream* const* streams, int count, Rows rows) {
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
    constexpr bool int8 = P::precision == Precision::int8;
    const uint8_t four[4] = {3, 1, 4, 1};
    Vector floats[kPeakSums] = {}, w = splat(1.0f);
    Integers integers[kPeakSums] = {}, bytes = Integers{} + 0x01020304;
    for (int64_t round = 0; round < rounds; ++round) {
        keep_in_register(w);
#pragma GCC unroll 16
        for (int k = 0; k < kPeakSums; ++k) {
            keep_in_register(bytes);  // as if it were other weights each time
            if constexpr (int8)
                integers[k] = dot(integers[k], four, bytes);
            else
                floats[k] = floats[k] * w + w;
        }
    }
    float total = 0.0f;  // somebody must look at the sums, or the compiler leaves them out
    for (int k = 0; k < kPeakSums; ++k) total += floats[k][0] + float(integers[k][0]);
    volatile float sink = total;
    (void)sink;
    return rounds * kPeakSums * kWidth * (int8 ? 4 : 1);
}

void gate_all(const float* filter, const float* gates, float* out, int n) {
    for (int i = 0; i < n; i += kWidth) store(out + i, gate(load(filter + i), load(gates + i)));
}

void exponential_all(const float* x, float* out, int n) {
    for (int i = 0; i < n; i += kWidth) store(out + i, exponential(load(x + i)));
}

}  // namespace

#define SONANT_JOIN_(a, b) a##b
#define SONANT_JOIN(a, b) SONANT_JOIN_(a, b)
#define SONANT_TEXT_(a) #a
#define SONANT_TEXT(a) SONANT_TEXT_(a)

extern const Kernels SONANT_JOIN(kernels_, SONANT_ISA);
const Kernels SONANT_JOIN(kernels_, SONANT_ISA) = {SONANT_TEXT(SONANT_ISA), kWidth, {generate<Fp32>, generate<Bf16>, generate<Int8>}, {peak<Fp32>, peak<Bf16>, peak<Int8>}, gate_all, exponential_all};

}  // namespace sonant
