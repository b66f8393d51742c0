"""A chain of programs for one network: the shape for few streams, each as fast as the chip allows.

A sample is a walk through the blocks, one after the other: more multiprocessors cannot shorten it,
but what each of them does on the way can be made short. So each program of a chain owns some
blocks, whose weights it keeps from the first sample to the last, and hands on what its blocks made.
Whatever does not depend on the sample before is done while it waits: the older taps, the
conditioning, all of linear prediction but its last product.

    program 0        program 1             the last of the blocks    hidden       draw
    blocks 0, 1 --x--> blocks 2, 3 --x--> ...                                      |
          '--skips--------'--skips---------------'----skips------------> --hidden--> code
    ^                                                                              |
    '------------------------------------code---------------------------------------'

Skips follow x one product behind, so that the next program need not wait for them. Streams go in
groups of BLOCK; a chain has several groups on their way at once, and a launch several chains. What
programs tell each other goes through L2: numbers into a place of the group's own,
then a flag, which is the count of samples (released after the numbers, acquired before they are
read). One place is enough, for sample t + 1 of a group begins when sample t has been drawn, so
everyone has read by then. All programs of a launch must be on the chip at once: it is a cooperative
launch, and begins behind others for which there is no room beside it
(`vocoder.cuda.transfer.CooperativeLaunches`).

Where Triton interprets, programs run one after the other: then a launch makes one sample (`begin`,
`end`), in whose order nobody has to wait.

Sizes as in `vocoder.cuda.kernel_steps`; N streams, F frames, T samples, L layers, K taps, G groups,
OWN blocks of a program.
"""

from __future__ import annotations

import triton
import triton.language as tl

from vocoder.cuda.kernel_steps import draw, expected_before_last, first_input, gated_by, product

FLAG_STRIDE = tl.constexpr(8)  # int32: a flag has a sector of the cache for itself


@triton.jit
def wait(flag, count):
    """Until a flag has come to a count; what was written before it was told can be read then."""
    seen = tl.atomic_add(flag, 0, sem="acquire")
    while seen < count:
        seen = tl.atomic_add(flag, 0, sem="acquire")
    tl.debug_barrier()


@triton.jit
def tell(flag, count):
    """All that this program has written, then the flag."""
    tl.debug_barrier()
    tl.atomic_xchg(flag, count, sem="release")


# or every number of streams would be compiled for
@triton.jit(do_not_specialize=["num_streams", "num_samples", "begin", "end", "first_stage"])
def advance_chain(
    # As for `vocoder.cuda.whole_kernel.advance_whole`.
    slots, positions, turns, seeds, counts, first_rows,
    rings, history,
    conditioning, coefficients, lags, temperatures,
    inputs, taps, residual, residual_bias, skip, skip_bias, head1, head1_bias, head2, head2_bias,
    values, edges, dilations, ring_offsets, log_scale_least,
    codes, outputs,
    num_streams, num_samples,
    # What programs hand on: x [STAGES, G, BLOCK, RP], skips [STAGES, G, BLOCK, SP], hidden [G,
    # BLOCK, AP]; flags int32 [G, 2 STAGES + 2, 8], 0 before sample 0.
    handed_x, handed_skips, handed_hidden, flags,
    # Which samples of every stream's T, and which program of its chain the first one is.
    begin, end, first_stage,
    L: tl.constexpr, K: tl.constexpr, R: tl.constexpr, RP: tl.constexpr, H: tl.constexpr,
    HP: tl.constexpr, SP: tl.constexpr,
    AP: tl.constexpr, AB: tl.constexpr,
    O: tl.constexpr, OP: tl.constexpr, Q: tl.constexpr, QP: tl.constexpr, P: tl.constexpr,
    PP: tl.constexpr, MAX_LAG: tl.constexpr,
    HISTORY: tl.constexpr, RING: tl.constexpr, HOP: tl.constexpr, OUTPUT: tl.constexpr,
    MIXTURES: tl.constexpr, STEPS: tl.constexpr,
    BLOCK: tl.constexpr, FORCED: tl.constexpr, EXACT: tl.constexpr, INTERPRETED: tl.constexpr,
    OWN: tl.constexpr,
    # whether the last two programs keep their weights as well, or read them for every sample
    KEEPS_HIDDEN: tl.constexpr, KEEPS_OUT: tl.constexpr,
):  # fmt: skip
    STAGES: tl.constexpr = L // OWN
    FLAGS: tl.constexpr = (2 * STAGES + 2) * FLAG_STRIDE
    stage = tl.program_id(0) + first_stage
    groups = tl.cdiv(num_streams, BLOCK)
    lane = tl.arange(0, BLOCK)
    r, h, s, o, a = (
        tl.arange(0, RP),
        tl.arange(0, HP),
        tl.arange(0, SP),
        tl.arange(0, OP),
        tl.arange(0, AB),
    )

    if stage < STAGES:
        # For good: the weights of this program's blocks. Per block its taps, oldest first, filter
        # before gate.
        tap_weights, residual_weights, skip_weights, biases = (), (), (), ()
        for own in tl.static_range(OWN):
            layer = stage * OWN + own
            for tap in tl.static_range(2 * K):
                tap_weights = tap_weights + (
                    tl.load(taps + (layer * 2 * K + tap) * RP * HP + r[:, None] * HP + h[None, :]),
                )
            residual_weights = residual_weights + (
                tl.load(residual + layer * HP * RP + h[:, None] * RP + r[None, :]),
            )
            skip_weights = skip_weights + (
                tl.load(skip + layer * HP * SP + h[:, None] * SP + s[None, :]),
            )
            biases = biases + (tl.load(residual_bias + layer * RP + r),)
        first_bias = tl.load(skip_bias + s)
        for index in range(begin, end):
            for group in range(tl.program_id(1), groups, tl.num_programs(1)):
                stream = group * BLOCK + lane
                there = stream < num_streams
                count = tl.load(counts + stream, mask=there, other=0)
                if index < tl.max(count, 0):
                    live = there & (index < count)
                    t = tl.load(positions + stream, mask=there, other=0) + index
                    turn = tl.load(turns + stream, mask=there, other=0) + index
                    row = tl.load(first_rows + stream, mask=there, other=0) + t // HOP
                    ring = rings + tl.load(slots + stream, mask=there, other=0) * RING
                    past = history + stream.to(tl.int64) * HISTORY
                    told = flags + group * FLAGS
                    seen = live[:, None] & (r[None, :] < R)
                    gated_there = live[:, None] & (h[None, :] < H)

                    # Before x is there: all that does not need it.
                    ahead_filtered, ahead_gate, newest = (), (), ()
                    for own in tl.static_range(OWN):
                        layer = stage * OWN + own
                        dilation = tl.load(dilations + layer)
                        rows = (K - 1) * dilation
                        block = ring + tl.load(ring_offsets + layer)
                        newest = newest + (block + turn % rows * R,)
                        added = conditioning + (row * L + layer) * 2 * H
                        filtered = tl.load(added[:, None] + h[None, :], mask=gated_there, other=0.0)
                        gate = tl.load(added[:, None] + H + h[None, :], mask=gated_there, other=0.0)
                        for tap in tl.static_range(K - 1):
                            older = tl.load(
                                block[:, None]
                                + ((turn + tap * dilation) % rows * R)[:, None]
                                + r[None, :],
                                mask=seen,
                                other=0.0,
                            )
                            filtered = product(
                                older,
                                tap_weights[own * 2 * K + 2 * tap],
                                filtered,
                                EXACT,
                                INTERPRETED,
                            )
                            gate = product(
                                older,
                                tap_weights[own * 2 * K + 2 * tap + 1],
                                gate,
                                EXACT,
                                INTERPRETED,
                            )
                        ahead_filtered = ahead_filtered + (filtered,)
                        ahead_gate = ahead_gate + (gate,)
                    place = (stage * groups + group) * BLOCK + lane
                    if stage == 0:
                        expected = tl.zeros([BLOCK], tl.float64)
                        if P > 0:
                            expected = expected_before_last(
                                past, t, row, coefficients, values, live, P, PP, HISTORY
                            )
                        wait(told, index)
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
                    else:
                        wait(told + stage * FLAG_STRIDE, index + 1)
                        x = tl.load(handed_x + place[:, None] * RP + r[None, :])

                    # What others wait for.
                    all_gated = ()
                    for own in tl.static_range(OWN):
                        filtered = product(
                            x,
                            tap_weights[own * 2 * K + 2 * K - 2],
                            ahead_filtered[own],
                            EXACT,
                            INTERPRETED,
                        )
                        gate = product(
                            x,
                            tap_weights[own * 2 * K + 2 * K - 1],
                            ahead_gate[own],
                            EXACT,
                            INTERPRETED,
                        )
                        tl.store(
                            newest[own][:, None] + r[None, :],
                            x.to(rings.dtype.element_ty),
                            mask=seen,
                        )
                        gated = gated_by(filtered, gate)
                        all_gated = all_gated + (gated,)
                        x += biases[own][None, :]
                        x = product(gated, residual_weights[own], x, EXACT, INTERPRETED)
                    next_place = place + groups * BLOCK
                    if stage < STAGES - 1:
                        tl.store(handed_x + next_place[:, None] * RP + r[None, :], x)
                        tell(told + (stage + 1) * FLAG_STRIDE, index + 1)

                    # And what is only wanted at the end.
                    if stage == 0:
                        skips = tl.zeros([BLOCK, SP], tl.float32) + first_bias[None, :]
                    else:
                        wait(told + (STAGES + stage) * FLAG_STRIDE, index + 1)
                        skips = tl.load(handed_skips + place[:, None] * SP + s[None, :])
                    for own in tl.static_range(OWN):
                        skips = product(
                            all_gated[own], skip_weights[own], skips, EXACT, INTERPRETED
                        )
                    tl.store(handed_skips + next_place[:, None] * SP + s[None, :], skips)
                    tell(told + (STAGES + stage + 1) * FLAG_STRIDE, index + 1)

    elif stage == STAGES:
        head_weights, head_biases = (), ()
        for part in tl.static_range(AP // AB):
            if KEEPS_HIDDEN:
                head_weights = head_weights + (
                    tl.load(head1 + s[:, None] * AP + (part * AB + a)[None, :]),
                )
            head_biases = head_biases + (tl.load(head1_bias + part * AB + a),)
        for index in range(begin, end):
            for group in range(tl.program_id(1), groups, tl.num_programs(1)):
                stream = group * BLOCK + lane
                count = tl.load(counts + stream, mask=stream < num_streams, other=0)
                if index < tl.max(count, 0):
                    told = flags + group * FLAGS
                    wait(told + 2 * STAGES * FLAG_STRIDE, index + 1)
                    place = (STAGES * groups + group) * BLOCK + lane
                    spoken = tl.maximum(
                        tl.load(handed_skips + place[:, None] * SP + s[None, :]), 0.0
                    )
                    for part in tl.static_range(AP // AB):
                        hidden = tl.zeros([BLOCK, AB], tl.float32) + head_biases[part][None, :]
                        if KEEPS_HIDDEN:
                            hidden = product(spoken, head_weights[part], hidden, EXACT, INTERPRETED)
                        else:
                            weights = tl.load(head1 + s[:, None] * AP + (part * AB + a)[None, :])
                            hidden = product(spoken, weights, hidden, EXACT, INTERPRETED)
                        tl.store(
                            handed_hidden + stream[:, None] * AP + (part * AB + a)[None, :], hidden
                        )
                    tell(told + (2 * STAGES + 1) * FLAG_STRIDE, index + 1)

    else:
        out_weights = ()
        if KEEPS_OUT:
            for part in tl.static_range(AP // AB):
                out_weights = out_weights + (
                    tl.load(head2 + (part * AB + a)[:, None] * OP + o[None, :]),
                )
        head2_of = tl.load(head2_bias + o)
        for index in range(begin, end):
            for group in range(tl.program_id(1), groups, tl.num_programs(1)):
                stream = group * BLOCK + lane
                there = stream < num_streams
                count = tl.load(counts + stream, mask=there, other=0)
                if index < tl.max(count, 0):
                    live = there & (index < count)
                    t = tl.load(positions + stream, mask=there, other=0) + index
                    row = tl.load(first_rows + stream, mask=there, other=0) + t // HOP
                    seed = tl.load(seeds + stream, mask=there, other=0)
                    heat = tl.load(temperatures + row, mask=live, other=1.0)
                    told = flags + group * FLAGS
                    out = tl.zeros([BLOCK, OP], tl.float32) + head2_of[None, :]
                    wait(told + (2 * STAGES + 1) * FLAG_STRIDE, index + 1)
                    for part in tl.static_range(AP // AB):
                        hidden = tl.load(
                            handed_hidden + stream[:, None] * AP + (part * AB + a)[None, :]
                        )
                        if KEEPS_OUT:
                            out = product(
                                tl.maximum(hidden, 0.0), out_weights[part], out, EXACT, INTERPRETED
                            )
                        else:
                            weights = tl.load(head2 + (part * AB + a)[:, None] * OP + o[None, :])
                            out = product(tl.maximum(hidden, 0.0), weights, out, EXACT, INTERPRETED)
                    place = stream.to(tl.int64) * num_samples + index
                    if FORCED:
                        code = tl.load(codes + place, mask=live, other=0)
                        tl.store(
                            outputs + place[:, None] * O + o[None, :],
                            out,
                            mask=live[:, None] & (o[None, :] < O),
                        )
                    else:
                        code = draw(
                            out, o, heat, seed, t, log_scale_least, O, Q, OUTPUT, MIXTURES, BLOCK
                        )
                        tl.store(codes + place, code, mask=live)
                    tl.store(history + stream.to(tl.int64) * HISTORY + t % HISTORY, code, mask=live)
                    tell(told, index + 1)
