"""SP-Norm (T-PAMI 2025, spec section 2) and the variants of its ablation.

All keep the shape (B, C, H, W). Statistics are per pixel over channels, except in BN and IN.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spnet.model.config import Norm
from spnet.model.kernels import fused_sp_norm
from spnet.model.kernels.twins import EPS as EPS
from spnet.model.kernels.twins import TINY as TINY
from spnet.model.kernels.twins import centred


def normalize_channels(x: Tensor) -> Tensor:
    """n(x) = (x - mean) / (std + 1e-6), per pixel over channels, with the unbiased standard deviation.

    A sum of squares, because `Tensor.std` is several times slower on a CPU; half precision is raised to float32.
    """
    x = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    centred = x - x.mean(dim=1, keepdim=True)
    variance = centred.square().sum(dim=1, keepdim=True) / (x.shape[1] - 1)
    return centred / ((variance + TINY).sqrt() + EPS)


class SPNorm(nn.Module):
    """x ⊙ conv1×1(n(x)): what is multiplied does not change with the scale of x, so the scale passes through."""

    fused = True  # see `spnet.model.kernels`

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return gated(x, self.conv, self.fused)


class ProjectedSPNorm(nn.Module):
    """SP-Norm under the parameter name of PacGDC's checkpoints."""

    fused = True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return gated(x, self.projection, self.fused)


def gated(x: Tensor, conv: nn.Conv2d, fused: bool) -> Tensor:
    """SP-Norm with a given 1×1 convolution; by a fused kernel where there is one (`spnet.model.kernels`)."""
    found = fused_sp_norm(x, centred, conv.weight, conv.bias, fused)
    return x * conv(normalize_channels(x)) if found is None else found


class AdditiveNorm(SPNorm):
    """CN+X: x + conv1×1(n(x))."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.conv(normalize_channels(x))
        return y


class UnnormalizedGate(SPNorm):
    """CX: x ⊙ conv1×1(x)."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x * self.conv(x)
        return y


class ChannelAffine(nn.Module):
    """γ n(x) + β with one γ and β a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.weight * normalize_channels(x) + self.bias
        return y


class LayerNorm(nn.Module):
    """LN: γ n(x) + β."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm: nn.Module = ChannelAffine(channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(x)
        return y


class GatedLayerNorm(LayerNorm):
    """NX: x ⊙ (γ n(x) + β)."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x * self.norm(x)
        return y


class BatchNorm(LayerNorm):
    """BN, affine, with running statistics."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.norm = nn.BatchNorm2d(channels)


class InstanceNorm(LayerNorm):
    """IN, affine, without running statistics."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.norm = nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2] * x.shape[3] == 1:  # PyTorch refuses one pixel; it is its own mean, so that β alone is left
            return self.norm.get_parameter("bias")[:, None, None].expand_as(x)
        return super().forward(x)


class GlobalResponseNorm(nn.Module):
    """ConvNeXt V2's GRN: (1 + γ q) x + β with q = g / (mean of g over channels + 1e-6), g = ‖x‖₂ over the image."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        g = torch.linalg.vector_norm(x, dim=(2, 3), keepdim=True, dtype=torch.promote_types(x.dtype, torch.float32))
        y: Tensor = (1 + self.gamma * (g / (g.mean(dim=1, keepdim=True) + EPS))) * x + self.beta
        return y


_LAYERS: dict[str, type[nn.Module]] = {
    "CNX": SPNorm,
    "CN+X": AdditiveNorm,
    "GRN": SPNorm,  # and GlobalResponseNorm inside the block
    "NX": GatedLayerNorm,
    "CX": UnnormalizedGate,
    "LN": LayerNorm,
    "BN": BatchNorm,
    "IN": InstanceNorm,
}


def norm_layer(norm: Norm, channels: int) -> nn.Module:
    """The layer of a variant; RZ has none (its block scales the residual instead)."""
    return nn.Identity() if norm == "RZ" else _LAYERS[norm](channels)
