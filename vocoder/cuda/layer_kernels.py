"""Layers on rows, in Triton. A program computes a tile of rows of one sentence, so no other
sentence can be seen in what it makes.

All sums are in fp32 and have one order: of a convolution the taps from the oldest on, in each the
inputs from the first on, a slice at a time; its products and sums are fused on a GPU, and nothing
else is (`enable_fp_fusion=False`, `vocoder.cuda.layers`). No argument is a number: Triton compiles
anew for some of those that it is given, and how many rows there are must not change what is
computed.

R rows; a trailing P is a size padded to a multiple of what a program takes at once. Padded weights
are 0.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def convolve(
    # x float32 [R, INPUTS]; the sentence of each tile, from its first row to the one behind it.
    x, firsts, behinds,
    # weights [TAPS, INPUTS P, OUTPUTS P], bias [OUTPUTS P]; residual [R, OUTPUTS] is added at the
    # end where ADD.
    weights, bias, residual,
    out,  # float32 [R, OUTPUTS]
    TAPS: tl.constexpr, INPUTS: tl.constexpr, OUTPUTS: tl.constexpr, INPUTS_P: tl.constexpr,
    OUTPUTS_P: tl.constexpr,
    ACTIVATION: tl.constexpr, ADD: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, SLICE: tl.constexpr,
):  # fmt: skip
    tile = tl.program_id(0)
    first, behind = tl.load(firsts + tile), tl.load(behinds + tile)
    row = tile * ROWS + tl.arange(0, ROWS)
    column = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    inside = tl.arange(0, SLICE)
    SLICES: tl.constexpr = INPUTS_P // SLICE

    sums = tl.zeros([ROWS, COLUMNS], tl.float32)
    for step in range(TAPS * SLICES):
        # beyond the sentence there are zeros, as in torch
        source = row + (step // SLICES - TAPS // 2)
        channel = step % SLICES * SLICE + inside
        there = ((source >= first) & (source < behind))[:, None] & (channel < INPUTS)[None, :]
        some = tl.load(
            x + source.to(tl.int64)[:, None] * INPUTS + channel[None, :], mask=there, other=0.0
        )
        weight = tl.load(weights + (step * SLICE + inside)[:, None] * OUTPUTS_P + column[None, :])
        sums = tl.dot(some, weight, sums, input_precision="ieee")

    sums += tl.load(bias + column)[None, :]
    if ACTIVATION == "relu":
        sums = tl.maximum(sums, 0.0)
    if ACTIVATION == "gelu":
        sums = 0.5 * sums * (1.0 + tl.erf(sums * 0.7071067811865476))
    place = row.to(tl.int64)[:, None] * OUTPUTS + column[None, :]
    there = (row < behind)[:, None] & (column < OUTPUTS)[None, :]
    if ADD:
        sums += tl.load(residual + place, mask=there, other=0.0)
    tl.store(out + place, sums, mask=there)


@triton.jit
def normalise(
    x, behinds, gain, shift, out,  # x and out float32 [R, CHANNELS]; gain and shift [CHANNELS P]
    CHANNELS: tl.constexpr, CHANNELS_P: tl.constexpr, EPSILON: tl.constexpr, ROWS: tl.constexpr,
):  # fmt: skip
    tile = tl.program_id(0)
    row, channel = tile * ROWS + tl.arange(0, ROWS), tl.arange(0, CHANNELS_P)
    there = (row < tl.load(behinds + tile))[:, None] & (channel < CHANNELS)[None, :]
    place = row.to(tl.int64)[:, None] * CHANNELS + channel[None, :]
    values = tl.load(x + place, mask=there, other=0.0)
    mean = tl.div_rn(tl.sum(values, 1), CHANNELS * 1.0)
    apart = tl.where(there, values - mean[:, None], 0.0)
    variance = tl.div_rn(tl.sum(apart * apart, 1), CHANNELS * 1.0)
    scaled = apart * tl.div_rn(1.0, tl.sqrt_rn(variance + EPSILON))[:, None]
    tl.store(
        out + place,
        scaled * tl.load(gain + channel)[None, :] + tl.load(shift + channel)[None, :],
        mask=there,
    )
