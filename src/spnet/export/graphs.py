"""The modules that are exported: the folded network behind inputs that a program without this package can make."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spnet.fill import FILL_CHANNELS
from spnet.model.folded import fold

AUTO_MARGIN = 1.25  # as in `spnet.predictor`: the farthest measurement comes to lie at 0.8 of the network's range
EXAMPLE = (2, 96, 64)  # batch, height and width of the inputs that a network is traced with


class NetworkGraph(nn.Module):
    """rgb (B, 3, H, W) in [0, 1], raw (B, 1, H, W) depth / max_depth, 0 = not measured, and for a fill network
    fill (B, 14, H, W): to depth (B, 1, H, W) / max_depth; of a fill network with the expected error behind it."""

    names = ("rgb", "raw", "fill")
    axes = ((0, 2, 3), (0, 2, 3), (0, 2, 3))  # of batch, height and width

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.needs_fill = bool(getattr(model, "needs_fill", False))
        self.network = fold(model)

    def forward(self, rgb: Tensor, raw: Tensor, fill: Tensor | None = None) -> Tensor:
        mask = (raw > 0).to(raw.dtype)
        depth: Tensor = self.network(rgb, raw, mask, fill=fill) if self.needs_fill else self.network(rgb, raw, mask)
        return depth

    def example(self) -> tuple[Tensor, ...]:
        """Inputs to trace with."""
        batch, height, width = EXAMPLE
        generator = torch.Generator().manual_seed(0)
        rgb, raw = (torch.rand(batch, c, height, width, generator=generator) for c in (3, 1))
        fill = torch.rand(batch, FILL_CHANNELS, height, width, generator=generator) + 0.5
        return (rgb, raw, fill) if self.needs_fill else (rgb, raw)


class MetricGraph(nn.Module):
    """rgb (B, H, W, 3) uint8, depth (B, H, W) metres, 0 = not measured (NaN, infinite and negative values too), and
    for a fill network fill (B, 14, H, W): to depth (B, H, W) metres.

    Scales as `Predictor` with max_depth "auto": the result follows the measurements.
    """

    names = ("rgb", "depth", "fill")
    axes = ((0, 1, 2), (0, 1, 2), (0, 2, 3))

    def __init__(self, model: nn.Module, *, max_depth: float | None) -> None:
        """`max_depth`: metres that 1.0 stands for; None: 1.25 times each image's farthest measurement."""
        super().__init__()
        self.inner = NetworkGraph(model)
        self.needs_fill = self.inner.needs_fill
        self.max_depth = max_depth

    def forward(self, rgb: Tensor, depth: Tensor, fill: Tensor | None = None) -> Tensor:
        known = (depth > 0) & (depth < torch.inf)
        metres = torch.where(known, depth, torch.zeros_like(depth))[:, None]
        if self.needs_fill:  # does not depend on the scale
            scale = torch.ones_like(metres[:, :, :1, :1])
        elif self.max_depth is None:
            scale = (AUTO_MARGIN * metres.amax(dim=(2, 3), keepdim=True)).clamp(min=1e-6)
        else:
            scale = torch.full_like(metres[:, :, :1, :1], self.max_depth)
        colours = rgb.permute(0, 3, 1, 2).to(metres.dtype) / 255
        dense: Tensor = self.inner(colours, metres / scale, fill)[:, :1] * scale
        return dense.clamp(min=0)[:, 0]

    def example(self) -> tuple[Tensor, ...]:
        """Inputs to trace with."""
        rgb, raw, *fill = self.inner.example()
        return ((rgb * 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous(), raw[:, 0], *fill)
