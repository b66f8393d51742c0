"""Generation as one Triton kernel: a loop over samples, in it a loop over blocks, with streams as the rows of every product.

A program advances BLOCK streams by a chunk. Products are `tl.dot` of [BLOCK, inputs] by [inputs, outputs]; a row of such a product depends on no
other row, so company is invisible, and BLOCK never changes, so that the order of a sum does not either. Weights are read from the second cache for every
sample and shared by the streams of a program. Conditioning is read by frame. A stream that has all its samples, or a row without a stream, writes nothing.

Sums are in fp32, predictions and the sum of probabilities in float64 (as in `vocoder.engine.sampling`). Philox is Triton's own, which is the
same generator as `vocoder.engine.philox`.

B the streams of a program, L layers, K taps, R residual, H gated (half of G), S skip, A head, O output parameters, Q levels, P prediction order; a trailing P
(RP, HP ...) is the size padded to a power of two of at least 16, which is what `tl.dot` takes;
padded weights are 0. AB is a slice of AP.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def product(x, w, sums, EXACT: tl.constexpr, INTERPRETED: tl.constexpr):
    """Sums + x w, in fp32 or with both factors rounded to bf16."""
    if EXACT:
        sums = tl.dot(x.to(tl.float32), w, sums, input_precision="ieee")
    elif INTERPRETED:  # its products of bf16 are wrong; those of the same numbers in fp32 are what a card gives
        sums = tl.dot(x.to(tl.bfloat16).to(tl.float32), w.to(tl.float32), sums, input_precision="ieee")
    else:
        sums = tl.dot(x.to(tl.bfloat16), w, sums)
    return sums


@triton.jit
def code_of(value, edges, Q: tl.constexpr, STEPS: tl.constexpr):
    """The code of values [B], float64: the number of edges not above them, by halving."""
    low = tl.zeros_like(value).to(tl.int32)
    high = low + (Q - 1)
    for _ in tl.static_range(STEPS):
        open_ = low < high
        middle = (low + high) // 2
        above = tl.load(edges + middle, mask=open_, other=0.0) <= value
        low = tl.where(open_ & above, middle + 1, low)
        high = tl.where(open_ & (above == 0), middle, high)
    return low


@triton.jit
def uniform(word):
    """Random words to the open interval 0..1, float64."""
    return (word >> 8).to(tl.float64) * 0.000000059604644775390625 + 0.0000000298023223876953125


@triton.jit
def categorical(logits, column, count, heat, u):
    """The index drawn of the first `count` columns of logits [B, OP]: inverse transform, or the largest at temperature 0."""
    inside = column[None, :] < count
    logits = tl.where(inside, logits, float("-inf"))
    most = tl.argmax(logits, 1)
    shifted = logits - tl.max(logits, 1)[:, None]
    weights = tl.where(inside, tl.exp(shifted / tl.where(heat > 0, heat, 1.0)[:, None]), 0.0).to(tl.float64)
    cumulative = tl.cumsum(weights, 1)
    total = tl.max(cumulative, 1)
    drawn = tl.sum((inside & (cumulative <= (u * total)[:, None])).to(tl.int32), 1)
    return tl.where(heat > 0, drawn, most.to(tl.int32))


@triton.jit
def pick(values, column, index):
    """Values [B, OP] at index [B]."""
    return tl.sum(tl.where(column[None, :] == index[:, None], values, 0.0), 1)


@triton.jit
def advance(
    # Per stream [N]: where it is and what it wants.
    slots, positions, seeds, counts, first_rows,
    # Its past: rings [slots, RING], history int32 [N, HISTORY].
    rings, history,
    # Per frame: what is added inside the gates [F, L, 2 H], the predictors, the temperatures.
    conditioning, coefficients, lags, temperatures,
    # Weights, padded: inputs [1 + predictions, Q, R] alone is not.
    inputs, taps, residual, residual_bias, skip, skip_bias, head1, head1_bias, head2, head2_bias, values, edges, dilations, ring_offsets, log_scale_least,
    # What is made: codes int32 [N, T], outputs float32 [N, T, O]; where FORCED the codes are given.
    codes, outputs,
    num_streams, num_samples,
    L: tl.constexpr, K: tl.constexpr, R: tl.constexpr, RP: tl.constexpr, H: tl.constexpr, HP: tl.constexpr, SP: tl.constexpr,
    AP: tl.constexpr, AB: tl.constexpr,
    O: tl.constexpr, OP: tl.constexpr, Q: tl.constexpr, P: tl.constexpr, MAX_LAG: tl.constexpr, HISTORY: tl.constexpr, RING: tl.constexpr,
    HOP: tl.constexpr, OUTPUT: tl.constexpr, MIXTURES: tl.constexpr, STEPS: tl.constexpr,
    BLOCK: tl.constexpr, FORCED: tl.constexpr, EXACT: tl.constexpr, INTERPRETED: tl.constexpr,
):  # fmt: skip
    stream = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    there = stream < num_streams
    position = tl.load(positions + stream, mask=there, other=0)
    seed = tl.load(seeds + stream, mask=there, other=0)
    count = tl.load(counts + stream, mask=there, other=0)
    first_row = tl.load(first_rows + stream, mask=there, other=0)
    ring = rings + tl.load(slots + stream, mask=there, other=0) * RING
    past = history + stream.to(tl.int64) * HISTORY

    r, h, s, o = tl.arange(0, RP), tl.arange(0, HP), tl.arange(0, SP), tl.arange(0, OP)
    first_bias = tl.load(skip_bias + s)
    head2_of = tl.load(head2_bias + o)

    for index in range(tl.max(count, 0)):
        live = there & (index < count)
        t = position + index
        row = first_row + t // HOP  # of the stream's frame, among those of all streams

        # What the first block is shown: the code before, and what is foretold of this one.
        before = tl.load(past + (t + HISTORY - 1) % HISTORY, mask=live, other=0)
        seen = live[:, None] & (r[None, :] < R)
        x = tl.load(inputs + (before.to(tl.int64) * R)[:, None] + r[None, :], mask=seen, other=0.0)
        table = inputs + Q * R
        if P > 0:
            expected = tl.zeros([BLOCK], tl.float64)
            for back in range(P):
                earlier = tl.load(past + (t + P * HISTORY - 1 - back) % HISTORY, mask=live, other=0)
                factor = tl.load(coefficients + row * P + back, mask=live, other=0.0).to(tl.float64)
                expected += factor * tl.load(values + earlier, mask=live, other=0.0)
            foretold = code_of(expected, edges, Q, STEPS)
            x += tl.load(table + (foretold.to(tl.int64) * R)[:, None] + r[None, :], mask=seen, other=0.0)
            table += Q * R
        if MAX_LAG > 0:
            lag = tl.load(lags + row, mask=live, other=1)
            earlier = tl.load(past + (t + HISTORY - lag) % HISTORY, mask=live, other=0)
            foretold = code_of(tl.load(values + earlier, mask=live, other=0.0), edges, Q, STEPS)
            x += tl.load(table + (foretold.to(tl.int64) * R)[:, None] + r[None, :], mask=seen, other=0.0)

        skips = tl.zeros([BLOCK, SP], tl.float32) + first_bias[None, :]
        for layer in range(L):
            dilation = tl.load(dilations + layer)
            rows = (K - 1) * dilation
            block = ring + tl.load(ring_offsets + layer)
            added = conditioning + (row * L + layer) * 2 * H
            gated_there = live[:, None] & (h[None, :] < H)
            filtered = tl.load(added[:, None] + h[None, :], mask=gated_there, other=0.0)
            gate = tl.load(added[:, None] + H + h[None, :], mask=gated_there, other=0.0)
            weight = taps + layer * (K * 2 * RP * HP) + r[:, None] * HP + h[None, :]
            for tap in tl.static_range(K - 1):  # the row of time t still holds time t - (K-1) d, the oldest; later ones follow d rows apart
                older = tl.load(block[:, None] + ((t + tap * dilation) % rows * R)[:, None] + r[None, :], mask=seen, other=0.0)
                filtered = product(older, tl.load(weight + tap * 2 * RP * HP), filtered, EXACT, INTERPRETED)
                gate = product(older, tl.load(weight + (tap * 2 + 1) * RP * HP), gate, EXACT, INTERPRETED)
            filtered = product(x, tl.load(weight + (K - 1) * 2 * RP * HP), filtered, EXACT, INTERPRETED)
            gate = product(x, tl.load(weight + ((K - 1) * 2 + 1) * RP * HP), gate, EXACT, INTERPRETED)
            # After the products: their operands have been read by then, and this row is one of them.
            tl.store(block[:, None] + (t % rows * R)[:, None] + r[None, :], x.to(rings.dtype.element_ty), mask=seen)
            gated = (2.0 * tl.sigmoid(2.0 * filtered) - 1.0) * tl.sigmoid(gate)
            skips = product(gated, tl.load(skip + layer * HP * SP + h[:, None] * SP + s[None, :]), skips, EXACT, INTERPRETED)
            x += tl.load(residual_bias + layer * RP + r)[None, :]
            x = product(gated, tl.load(residual + layer * HP * RP + h[:, None] * RP + r[None, :]), x, EXACT, INTERPRETED)

        # A slice of the hidden layer at a time: whole, its weights would not fit where products take them from.
        spoken = tl.maximum(skips, 0.0)
        out = tl.zeros([BLOCK, OP], tl.float32) + head2_of[None, :]
        for first in range(0, AP, AB):
            slice_ = first + tl.arange(0, AB)
            hidden = tl.zeros([BLOCK, AB], tl.float32) + tl.load(head1_bias + slice_)[None, :]
            hidden = product(spoken, tl.load(head1 + s[:, None] * AP + slice_[None, :]), hidden, EXACT, INTERPRETED)
            out = product(tl.maximum(hidden, 0.0), tl.load(head2 + slice_[:, None] * OP + o[None, :]), out, EXACT, INTERPRETED)

        place = stream.to(tl.int64) * num_samples + index
        if FORCED:
            code = tl.load(codes + place, mask=live, other=0)
            tl.store(outputs + place[:, None] * O + o[None, :], out, mask=live[:, None] & (o[None, :] < O))
        else:
            heat = tl.load(temperatures + row, mask=live, other=1.0)
            word0, word1, _, _ = tl.philox(seed, t.to(tl.uint32), (t >> 32).to(tl.uint32), tl.zeros([BLOCK], tl.uint32), tl.zeros([BLOCK], tl.uint32))
            u0, u1 = uniform(word0), uniform(word1)
            if OUTPUT == "softmax":
                code = categorical(out, o, O, heat, u0)
            else:
                if OUTPUT == "gaussian":
                    mean, log_scale = pick(out, o, tl.zeros([BLOCK], tl.int32)), pick(out, o, tl.full([BLOCK], 1, tl.int32))
                    noise = tl.sqrt(-2.0 * tl.log(u0)) * tl.cos(6.283185307179586 * u1)
                else:
                    component = categorical(out, o, MIXTURES, heat, u0)
                    mean, log_scale = pick(out, o, component + MIXTURES), pick(out, o, component + 2 * MIXTURES)
                    noise = tl.log(u1) - tl.log(1.0 - u1)
                scale = tl.exp(tl.maximum(log_scale.to(tl.float64), log_scale_least)) * heat.to(tl.float64)
                drawn = mean.to(tl.float64) + tl.where(heat > 0, scale * noise, 0.0)
                drawn = tl.minimum(tl.maximum(drawn.to(tl.float32).to(tl.float64), -1.0), 1.0)
                code = tl.floor((drawn + 1.0) * 0.5 * (Q - 1) + 0.5).to(tl.int32)
            tl.store(codes + place, code, mask=live)
        tl.store(past + t % HISTORY, code, mask=live)
        tl.debug_barrier()  # what other threads of this program have written is read for the next sample
