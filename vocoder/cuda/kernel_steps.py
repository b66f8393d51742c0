"""What a sample takes, in Triton: the steps that the kernels of every shape are made of.

Both shapes must give the same bytes, so whatever computes a number stands here, once. BLOCK streams
are the rows of every product, always as many; products are `tl.dot` of [BLOCK, inputs] by [inputs,
outputs], whose sums run over the inputs in their order, 16 at a time, whoever computes which
columns. Kernels are compiled without fusing a product and a sum that stand apart here
(`enable_fp_fusion`), so that the compiler cannot round otherwise in one than in the other.

Sums are in fp32, predictions and the sum of probabilities in float64 (as in
`vocoder.engine.sampling`). Philox is Triton's own, which is the same generator as
`vocoder.engine.philox`.

B the streams of a program, R residual, H gated (half of G), S skip, A head, O output parameters, Q
levels, P prediction order; a trailing P (RP, HP ...) is the size padded to a power of two of at
least 16, which is what `tl.dot` takes; padded weights are 0. AB is a slice of AP.
"""

from __future__ import annotations

import triton
import triton.language as tl

# As many levels are compared with all edges at once; more are searched by halving, one load after
# the other.
COMPARED = tl.constexpr(1024)


@triton.jit
def product(x, w, sums, EXACT: tl.constexpr, INTERPRETED: tl.constexpr):
    """Sums + x w, in fp32 or with both factors rounded to bf16."""
    if EXACT:
        sums = tl.dot(x.to(tl.float32), w, sums, input_precision="ieee")
    elif (
        INTERPRETED
    ):  # its products of bf16 are wrong; those of the same numbers in fp32 are what a GPU gives
        sums = tl.dot(
            x.to(tl.bfloat16).to(tl.float32), w.to(tl.float32), sums, input_precision="ieee"
        )
    else:
        sums = tl.dot(x.to(tl.bfloat16), w, sums)
    return sums


@triton.jit
def gated_by(filtered, gate):
    """tanh(filtered) x sigmoid(gate)."""
    return (2.0 * tl.sigmoid(2.0 * filtered) - 1.0) * tl.sigmoid(gate)


@triton.jit
def code_of(value, edges, Q: tl.constexpr, QP: tl.constexpr, STEPS: tl.constexpr):
    """The code of values [B], float64: the number of edges not above them."""
    if Q <= COMPARED:
        edge = tl.arange(0, QP)
        limits = tl.load(edges + edge, mask=edge < Q - 1, other=float("inf"))
        low = tl.sum((limits[None, :] <= value[:, None]).to(tl.int32), 1)
    else:
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
def expected_before_last(
    past,
    t,
    row,
    coefficients,
    values,
    live,
    P: tl.constexpr,
    PP: tl.constexpr,
    HISTORY: tl.constexpr,
):
    """What linear prediction expects of sample t but for the part of the code just before: [B],
    float64. It can be known a sample earlier.
    """
    back = tl.arange(0, PP)
    used = live[:, None] & ((back > 0) & (back < P))[None, :]
    codes = tl.load(
        past[:, None] + (t[:, None] + HISTORY - 1 - back[None, :]) % HISTORY, mask=used, other=0
    )
    factors = tl.load(coefficients + (row * P)[:, None] + back[None, :], mask=used, other=0.0).to(
        tl.float64
    )
    return tl.sum(factors * tl.load(values + codes, mask=used, other=0.0), 1)


@triton.jit
def first_input(
    past, t, row, expected, coefficients, lags, inputs, values, edges, live, r,
    R: tl.constexpr, Q: tl.constexpr, QP: tl.constexpr, P: tl.constexpr, MAX_LAG: tl.constexpr,
    HISTORY: tl.constexpr, STEPS: tl.constexpr,
):  # fmt: skip
    """What the first block is shown, [B, RP]: the code before, and what is foretold of this one."""
    seen = live[:, None] & (r[None, :] < R)
    before = tl.load(past + (t + HISTORY - 1) % HISTORY, mask=live, other=0)
    x = tl.load(inputs + (before.to(tl.int64) * R)[:, None] + r[None, :], mask=seen, other=0.0)
    table = inputs + Q * R
    if P > 0:
        factor = tl.load(coefficients + row * P, mask=live, other=0.0).to(tl.float64)
        predicted = code_of(
            expected + factor * tl.load(values + before, mask=live, other=0.0), edges, Q, QP, STEPS
        )
        x += tl.load(
            table + (predicted.to(tl.int64) * R)[:, None] + r[None, :], mask=seen, other=0.0
        )
        table += Q * R
    if MAX_LAG > 0:  # the table is packed by the code that there was
        lag = tl.load(lags + row, mask=live, other=1)
        earlier = tl.load(past + (t + HISTORY - lag) % HISTORY, mask=live, other=0)
        x += tl.load(table + (earlier.to(tl.int64) * R)[:, None] + r[None, :], mask=seen, other=0.0)
    return x


@triton.jit
def uniform(word):
    """Random words to the open interval 0..1, float64."""
    return (word >> 8).to(tl.float64) * 0.000000059604644775390625 + 0.0000000298023223876953125


@triton.jit
def categorical(logits, column, count, heat, u):
    """The index drawn of the first `count` columns of logits [B, OP]: inverse transform, or the
    largest at temperature 0.
    """
    inside = column[None, :] < count
    logits = tl.where(inside, logits, float("-inf"))
    most = tl.argmax(logits, 1)
    shifted = logits - tl.max(logits, 1)[:, None]
    weights = tl.where(inside, tl.exp(shifted / tl.where(heat > 0, heat, 1.0)[:, None]), 0.0).to(
        tl.float64
    )
    cumulative = tl.cumsum(weights, 1)
    total = tl.max(cumulative, 1)
    drawn = tl.sum((inside & (cumulative <= (u * total)[:, None])).to(tl.int32), 1)
    return tl.where(heat > 0, drawn, most.to(tl.int32))


@triton.jit
def pick(values, column, index):
    """Values [B, OP] at index [B]."""
    return tl.sum(tl.where(column[None, :] == index[:, None], values, 0.0), 1)


@triton.jit
def draw(
    out,
    o,
    heat,
    seed,
    t,
    log_scale_least,
    O: tl.constexpr,
    Q: tl.constexpr,
    OUTPUT: tl.constexpr,
    MIXTURES: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The codes [B] of sample t, drawn from outputs [B, OP] at temperatures heat [B]."""
    none = tl.zeros([BLOCK], tl.uint32)
    word0, word1, _, _ = tl.philox(seed, t.to(tl.uint32), (t >> 32).to(tl.uint32), none, none)
    u0, u1 = uniform(word0), uniform(word1)
    if OUTPUT == "softmax":
        code = categorical(out, o, O, heat, u0)
    else:
        if OUTPUT == "gaussian":
            mean, log_scale = (
                pick(out, o, tl.zeros([BLOCK], tl.int32)),
                pick(out, o, tl.full([BLOCK], 1, tl.int32)),
            )
            noise = tl.sqrt(-2.0 * tl.log(u0)) * tl.cos(6.283185307179586 * u1)
        else:
            component = categorical(out, o, MIXTURES, heat, u0)
            mean, log_scale = (
                pick(out, o, component + MIXTURES),
                pick(out, o, component + 2 * MIXTURES),
            )
            noise = tl.log(u1) - tl.log(1.0 - u1)
        scale = tl.exp(tl.maximum(log_scale.to(tl.float64), log_scale_least)) * heat.to(tl.float64)
        drawn = mean.to(tl.float64) + tl.where(heat > 0, scale * noise, 0.0)
        drawn = tl.minimum(tl.maximum(drawn.to(tl.float32).to(tl.float64), -1.0), 1.0)
        code = tl.floor((drawn + 1.0) * 0.5 * (Q - 1) + 0.5).to(tl.int32)
    return code
