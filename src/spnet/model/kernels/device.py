"""The kernels themselves. x is (pixels, channels), row by row; weights are (out, in).

SP-Norm's product and its statistics come from the same loop over input channels: while tiles of x are multiplied, their
sums and sums of squares are added up, so that x is read once.
"""

from __future__ import annotations

import triton
import triton.language as tl

EPS = tl.constexpr(1e-6)  # of spnet.model.norms
TINY = tl.constexpr(1e-20)


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def _dot(a, b, W: tl.constexpr):  # type: ignore[no-untyped-def]
    """a b, summed in float32; operands raised to float32 before where W is set (the interpreter knows no bfloat16)."""
    if W:
        return tl.dot(a.to(tl.float32), b.to(tl.float32), input_precision="ieee")
    return tl.dot(a, b, input_precision="ieee")


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def _product(x, w, rows, columns, count, channels, P: tl.constexpr, J: tl.constexpr, K: tl.constexpr, W: tl.constexpr):  # type: ignore[no-untyped-def]
    """Of a tile: x wᵀ (P, J), and of all channels the mean (P) and the standard deviation (P)."""
    z = tl.zeros((P, J), dtype=tl.float32)
    total = tl.zeros((P,), dtype=tl.float32)
    squares = tl.zeros((P,), dtype=tl.float32)
    for start in range(0, channels, K):
        k = start + tl.arange(0, K)
        part = tl.load(
            x + rows[:, None] * channels + k[None, :],
            mask=(rows[:, None] < count) & (k[None, :] < channels),
            other=0.0,
        )
        weight = tl.load(
            w + columns[None, :] * channels + k[:, None],
            mask=(columns[None, :] < channels) & (k[:, None] < channels),
            other=0.0,
        )
        z += _dot(part, weight, W)
        wide = part.to(tl.float32)
        total += tl.sum(wide, axis=1)
        squares += tl.sum(wide * wide, axis=1)
    mean = total / channels
    variance = tl.maximum(squares - total * mean, 0.0) / (channels - 1)
    return z, mean, tl.sqrt(variance + TINY)


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def sp_norm_forward(x, w, b, y, count, channels, P: tl.constexpr, J: tl.constexpr, K: tl.constexpr, W: tl.constexpr):  # type: ignore[no-untyped-def]
    """y = x (z / s + b)."""
    rows = (tl.program_id(0) * P + tl.arange(0, P)).to(tl.int64)
    columns = tl.program_id(1) * J + tl.arange(0, J)
    z, _, deviation = _product(x, w, rows, columns, count, channels, P, J, K, W)
    inside = (rows[:, None] < count) & (columns[None, :] < channels)
    place = rows[:, None] * channels + columns[None, :]
    bias = tl.load(b + columns, mask=columns < channels, other=0.0)
    value = tl.load(x + place, mask=inside, other=0.0).to(tl.float32)
    result = value * (z / (deviation + EPS)[:, None] + bias[None, :])
    tl.store(y + place, result.to(y.dtype.element_ty), mask=inside)


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def sp_norm_backward(  # type: ignore[no-untyped-def]
    x,
    w,
    b,
    g,
    dz,
    direct,
    share,
    scale,
    count,
    channels,
    P: tl.constexpr,
    J: tl.constexpr,
    K: tl.constexpr,
    W: tl.constexpr,
):
    """dz = g x / s; direct = g h; scale = 1 / s; share: this tile's part of Σ g x z / (s² (C - 1) σ)."""
    rows = (tl.program_id(0) * P + tl.arange(0, P)).to(tl.int64)
    columns = tl.program_id(1) * J + tl.arange(0, J)
    z, _, deviation = _product(x, w, rows, columns, count, channels, P, J, K, W)
    inverse = 1.0 / (deviation + EPS)
    inside = (rows[:, None] < count) & (columns[None, :] < channels)
    place = rows[:, None] * channels + columns[None, :]
    bias = tl.load(b + columns, mask=columns < channels, other=0.0)
    value = tl.load(x + place, mask=inside, other=0.0).to(tl.float32)
    gradient = tl.load(g + place, mask=inside, other=0.0).to(tl.float32)
    gate = gradient * value
    tl.store(dz + place, (gate * inverse[:, None]).to(dz.dtype.element_ty), mask=inside)
    tl.store(direct + place, gradient * (z * inverse[:, None] + bias[None, :]), mask=inside)
    part = tl.sum(tl.where(inside, gate * z, 0.0), axis=1) * inverse * inverse / (deviation * (channels - 1))
    tl.store(share + tl.program_id(1) * count + rows, part, mask=rows < count)
    tl.store(scale + rows, inverse, mask=rows < count)  # all tiles of a row write the same


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def sp_norm_input(  # type: ignore[no-untyped-def]
    dz, wt, x, direct, share, dx, count, channels, P: tl.constexpr, J: tl.constexpr, K: tl.constexpr, W: tl.constexpr
):
    """dx = direct + dz W - share (x - mean); `wt` is W transposed."""
    rows = (tl.program_id(0) * P + tl.arange(0, P)).to(tl.int64)
    columns = tl.program_id(1) * J + tl.arange(0, J)
    back = tl.zeros((P, J), dtype=tl.float32)
    total = tl.zeros((P,), dtype=tl.float32)
    for start in range(0, channels, K):
        k = start + tl.arange(0, K)
        known = (rows[:, None] < count) & (k[None, :] < channels)
        part = tl.load(dz + rows[:, None] * channels + k[None, :], mask=known, other=0.0)
        weight = tl.load(
            wt + columns[None, :] * channels + k[:, None],
            mask=(columns[None, :] < channels) & (k[:, None] < channels),
            other=0.0,
        )
        back += _dot(part, weight, W)
        total += tl.sum(
            tl.load(x + rows[:, None] * channels + k[None, :], mask=known, other=0.0).to(tl.float32), axis=1
        )
    inside = (rows[:, None] < count) & (columns[None, :] < channels)
    place = rows[:, None] * channels + columns[None, :]
    value = tl.load(x + place, mask=inside, other=0.0).to(tl.float32) - (total / channels)[:, None]
    factor = tl.load(share + rows, mask=rows < count, other=0.0)
    result = tl.load(direct + place, mask=inside, other=0.0) + back - factor[:, None] * value
    tl.store(dx + place, result.to(dx.dtype.element_ty), mask=inside)


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def expand_project_forward(  # type: ignore[no-untyped-def]
    x, w1, b1, w2, b2, y, count, channels, hidden, P: tl.constexpr, C: tl.constexpr, M: tl.constexpr, W: tl.constexpr
):
    """y = W2 relu(W1 x + b1) + b2, M hidden channels at a time; all of a pixel's channels fit in one tile."""
    rows = (tl.program_id(0) * P + tl.arange(0, P)).to(tl.int64)
    c = tl.arange(0, C)
    inside = (rows[:, None] < count) & (c[None, :] < channels)
    place = rows[:, None] * channels + c[None, :]
    value = tl.load(x + place, mask=inside, other=0.0)
    result = tl.zeros((P, C), dtype=tl.float32) + tl.load(b2 + c, mask=c < channels, other=0.0)[None, :]
    for start in range(0, hidden, M):
        m = start + tl.arange(0, M)
        up = tl.load(
            w1 + m[None, :] * channels + c[:, None], mask=(m[None, :] < hidden) & (c[:, None] < channels), other=0.0
        )
        middle = _dot(value, up, W) + tl.load(b1 + m, mask=m < hidden, other=0.0)[None, :]
        middle = tl.maximum(middle, 0.0).to(value.dtype)
        down = tl.load(
            w2 + c[None, :] * hidden + m[:, None], mask=(c[None, :] < channels) & (m[:, None] < hidden), other=0.0
        )
        result += _dot(middle, down, W)
    tl.store(y + place, result.to(y.dtype.element_ty), mask=inside)
