"""A program for the whole network: a loop over samples, in it a loop over blocks. The shape for
many streams: all multiprocessors are busy with their own.

A program advances BLOCK streams by a chunk. Weights are read from L2 for every sample
and shared by the streams of a program.
Conditioning is read by frame. A stream that has all its samples, or a row without a stream, writes
nothing.

Sizes as in `vocoder.cuda.kernel_steps`; N streams, F frames, T samples, L layers, K taps.
"""

from __future__ import annotations

import triton
import triton.language as tl

from vocoder.cuda.kernel_steps import draw, expected_before_last, first_input, gated_by, product


# or every number of streams would be compiled for
@triton.jit(do_not_specialize=["num_streams", "num_samples"])
def advance_whole(
    # Per stream [N]: where it is (also in turns of its rings), and what it wants.
    slots, positions, turns, seeds, counts, first_rows,
    # Its past: rings [slots, RING], history int32 [N, HISTORY].
    rings, history,
    # Per frame: what is added inside the gates [F, L, 2 H], the predictors, the temperatures.
    conditioning, coefficients, lags, temperatures,
    # Weights, padded: inputs [1 + predictions, Q, R] alone is not.
    inputs, taps, residual, residual_bias, skip, skip_bias, head1, head1_bias, head2, head2_bias,
    values, edges, dilations, ring_offsets, log_scale_least,
    # What is made: codes int32 [N, T], outputs float32 [N, T, O]; where FORCED the codes are given.
    codes, outputs,
    num_streams, num_samples,
    L: tl.constexpr, K: tl.constexpr, R: tl.constexpr, RP: tl.constexpr, H: tl.constexpr,
    HP: tl.constexpr, SP: tl.constexpr,
    AP: tl.constexpr, AB: tl.constexpr,
    O: tl.constexpr, OP: tl.constexpr, Q: tl.constexpr, QP: tl.constexpr, P: tl.constexpr,
    PP: tl.constexpr, MAX_LAG: tl.constexpr,
    HISTORY: tl.constexpr, RING: tl.constexpr, HOP: tl.constexpr, OUTPUT: tl.constexpr,
    MIXTURES: tl.constexpr, STEPS: tl.constexpr,
    BLOCK: tl.constexpr, FORCED: tl.constexpr, EXACT: tl.constexpr, INTERPRETED: tl.constexpr,
):  # fmt: skip
    stream = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    there = stream < num_streams
    position = tl.load(positions + stream, mask=there, other=0)
    first_turn = tl.load(turns + stream, mask=there, other=0)
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
        t, turn = position + index, first_turn + index
        row = first_row + t // HOP  # of the stream's frame, among those of all streams
        expected = tl.zeros([BLOCK], tl.float64)
        if P > 0:
            expected = expected_before_last(
                past, t, row, coefficients, values, live, P, PP, HISTORY
            )
        x = first_input(
            past,
            t,
            row,
            expected,
            coefficients,
            lags,
            inputs,
            values,
            edges,
            live,
            r,
            R,
            Q,
            QP,
            P,
            MAX_LAG,
            HISTORY,
            STEPS,
        )
        seen = live[:, None] & (r[None, :] < R)
        gated_there = live[:, None] & (h[None, :] < H)

        skips = tl.zeros([BLOCK, SP], tl.float32) + first_bias[None, :]
        for layer in range(L):
            dilation = tl.load(dilations + layer)
            rows = (K - 1) * dilation
            block = ring + tl.load(ring_offsets + layer)
            added = conditioning + (row * L + layer) * 2 * H
            filtered = tl.load(added[:, None] + h[None, :], mask=gated_there, other=0.0)
            gate = tl.load(added[:, None] + H + h[None, :], mask=gated_there, other=0.0)
            weight = taps + layer * (K * 2 * RP * HP) + r[:, None] * HP + h[None, :]
            # this sample's row still holds that of (K-1) d before, the oldest; later ones follow d
            # rows apart
            for tap in tl.static_range(K - 1):
                older = tl.load(
                    block[:, None] + ((turn + tap * dilation) % rows * R)[:, None] + r[None, :],
                    mask=seen,
                    other=0.0,
                )
                filtered = product(
                    older, tl.load(weight + tap * 2 * RP * HP), filtered, EXACT, INTERPRETED
                )
                gate = product(
                    older, tl.load(weight + (tap * 2 + 1) * RP * HP), gate, EXACT, INTERPRETED
                )
            filtered = product(
                x, tl.load(weight + (K - 1) * 2 * RP * HP), filtered, EXACT, INTERPRETED
            )
            gate = product(
                x, tl.load(weight + ((K - 1) * 2 + 1) * RP * HP), gate, EXACT, INTERPRETED
            )
            # After the products: their operands have been read by then, and this row is one of
            # them.
            tl.store(
                block[:, None] + (turn % rows * R)[:, None] + r[None, :],
                x.to(rings.dtype.element_ty),
                mask=seen,
            )
            gated = gated_by(filtered, gate)
            skips = product(
                gated,
                tl.load(skip + layer * HP * SP + h[:, None] * SP + s[None, :]),
                skips,
                EXACT,
                INTERPRETED,
            )
            x += tl.load(residual_bias + layer * RP + r)[None, :]
            x = product(
                gated,
                tl.load(residual + layer * HP * RP + h[:, None] * RP + r[None, :]),
                x,
                EXACT,
                INTERPRETED,
            )

        # A slice of the hidden layer at a time: whole, its weights would not fit where products
        # take them from.
        spoken = tl.maximum(skips, 0.0)
        out = tl.zeros([BLOCK, OP], tl.float32) + head2_of[None, :]
        for first in range(0, AP, AB):
            slice_ = first + tl.arange(0, AB)
            hidden = tl.zeros([BLOCK, AB], tl.float32) + tl.load(head1_bias + slice_)[None, :]
            hidden = product(
                spoken,
                tl.load(head1 + s[:, None] * AP + slice_[None, :]),
                hidden,
                EXACT,
                INTERPRETED,
            )
            out = product(
                tl.maximum(hidden, 0.0),
                tl.load(head2 + slice_[:, None] * OP + o[None, :]),
                out,
                EXACT,
                INTERPRETED,
            )

        place = stream.to(tl.int64) * num_samples + index
        if FORCED:
            code = tl.load(codes + place, mask=live, other=0)
            tl.store(
                outputs + place[:, None] * O + o[None, :],
                out,
                mask=live[:, None] & (o[None, :] < O),
            )
        else:
            heat = tl.load(temperatures + row, mask=live, other=1.0)
            code = draw(out, o, heat, seed, t, log_scale_least, O, Q, OUTPUT, MIXTURES, BLOCK)
            tl.store(codes + place, code, mask=live)
        tl.store(past + t % HISTORY, code, mask=live)
        # what other threads of this program have written is read for the next sample
        tl.debug_barrier()
