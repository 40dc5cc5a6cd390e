"""SP-Norm and expand–ReLU–project through Triton, with gradients.

A map (B, C, H, W) is a matrix of pixels by channels, which for channels-last tensors is how it lies in memory; others
are copied once. Sums are in float32 for every input; half-precision operands are multiplied as they are.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch import Tensor

from spnet.model.kernels import device, twins

PIXELS, OUT, IN = 64, 64, 32  # tile of a matrix product: pixels, output and input channels
MLP_PIXELS, MLP_HIDDEN = 32, 32
LEAST = 16  # of a side in a tensor core's product


def sp_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """As `twins.sp_norm`, with gradients of all three."""
    y: Tensor = _SPNorm.apply(x, weight, bias)  # type: ignore[no-untyped-call]
    return y


def expand_project(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """As `twins.expand_project`, without the map of 4C channels; it is made again for gradients."""
    y: Tensor = _ExpandProject.apply(x, w1, b1, w2, b2)  # type: ignore[no-untyped-call]
    return y


def _raised(x: Tensor) -> bool:
    return x.dtype == torch.bfloat16 and x.device.type == "cpu"


def _rows(x: Tensor) -> Tensor:
    """(B, C, H, W) as a contiguous (B·H·W, C)."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1]).contiguous()


def _map(rows: Tensor, like: Tensor) -> Tensor:
    batch, channels, height, width = like.shape
    return rows.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _grid(rows: Tensor) -> tuple[int, int]:
    return triton.cdiv(rows.shape[0], PIXELS), triton.cdiv(rows.shape[1], OUT)


class _SPNorm(torch.autograd.Function):
    """y = x ⊙ h, h = z / s + b, z = W x, s = σ + ε; one product with its statistics, forward and backward.

    With g the gradient of y: dz = g x / s, and for x
        g h + Wᵀ dz - (Σ_channels g x z / s²) (x - mean) / ((C - 1) σ).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        rows, w, b = _rows(x), weight.to(x.dtype).contiguous(), bias.float().contiguous()
        y = torch.empty_like(rows)
        count, channels = rows.shape
        device.sp_norm_forward[_grid(rows)](rows, w, b, y, count, channels, P=PIXELS, J=OUT, K=IN, W=_raised(x))
        ctx.save_for_backward(x, weight, bias)
        return _map(y, x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight, bias = ctx.saved_tensors
        rows, w, b = _rows(x), weight.to(x.dtype).contiguous(), bias.float().contiguous()
        g = _rows(grads[0].to(x.dtype))
        count, channels = rows.shape
        grid = _grid(rows)
        dz, direct = torch.empty_like(rows), torch.empty(rows.shape, dtype=torch.float32, device=x.device)
        share = torch.empty(grid[1], count, dtype=torch.float32, device=x.device)
        scale = torch.empty(count, dtype=torch.float32, device=x.device)
        device.sp_norm_backward[grid](
            rows, w, b, g, dz, direct, share, scale, count, channels, P=PIXELS, J=OUT, K=IN, W=_raised(x)
        )
        dx = torch.empty_like(rows)
        device.sp_norm_input[grid](
            dz, w.T.contiguous(), rows, direct, share.sum(0), dx, count, channels, P=PIXELS, J=OUT, K=IN, W=_raised(x)
        )
        wide = dz.float()
        return _map(dx, x), (wide.T @ rows.float()).to(weight.dtype), (wide.T @ (1 / scale)).to(bias.dtype)


class _ExpandProject(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
        ctx.save_for_backward(x, w1, b1, w2, b2)
        rows = _rows(x)
        y = torch.empty_like(rows)
        count, channels = rows.shape
        device.expand_project_forward[(triton.cdiv(count, MLP_PIXELS),)](
            rows, w1.to(x.dtype).contiguous(), b1.float().contiguous(), w2.to(x.dtype).contiguous(),
            b2.float().contiguous(), y, count, channels, len(w1),
            P=MLP_PIXELS, C=max(LEAST, triton.next_power_of_2(channels)), M=MLP_HIDDEN, W=_raised(x),
        )  # fmt: skip
        return _map(y, x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            leaves = [t.detach().requires_grad_() for t in ctx.saved_tensors]
            y = twins.expand_project(*leaves)
        return torch.autograd.grad(y, leaves, grads[0])
