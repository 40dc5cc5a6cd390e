"""What the fused kernels compute, in plain PyTorch: their oracle, and what runs where they do not."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

EPS = 1e-6  # added to the standard deviation, not to the variance (spec section 2)
TINY = 1e-20  # keeps the gradient of the root finite where all channels are equal; invisible beside EPS


def centred(weight: Tensor) -> Tensor:
    """W (C, C) with the mean taken away of each row: W (x - mean) = centred(W) x."""
    return weight - weight.mean(dim=1, keepdim=True)


def sp_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x ⊙ (W x / s + b), s = std + 1e-6 per pixel over channels, unbiased.

    Args:
        x: (B, C, H, W).
        weight: (C, C), of `centred`.
        bias: (C).
    """
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    variance = (wide - wide.mean(dim=1, keepdim=True)).square().sum(dim=1, keepdim=True) / (x.shape[1] - 1)
    product = F.conv2d(wide, weight.to(wide.dtype)[:, :, None, None]) / ((variance + TINY).sqrt() + EPS)
    return (wide * (product + bias.to(wide.dtype)[:, None, None])).to(x.dtype)


def expand_project(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """W2 ReLU(W1 x + b1) + b2 per pixel: (B, C, H, W) to the same, w1 (4C, C), w2 (C, 4C)."""
    w1, b1, w2, b2 = (t.to(x.dtype) for t in (w1, b1, w2, b2))
    return F.conv2d(F.conv2d(x, w1[:, :, None, None], b1).relu(), w2[:, :, None, None], b2)
