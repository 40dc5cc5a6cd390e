"""The same networks for inference, with fewer passes over memory: algebra that training cannot use.

- SP-Norm is x ⊙ (W (x - mean) / s + b). Taking the mean away is linear, so it goes into the weights: W (x - mean) =
  (W - rows' means) x, and the division by s, one number a pixel, comes after the product. There is no normalised copy
  of x.
- The decoder concatenates the encoder's map e with the upsampled x and fuses by a 1×1 product: A e + B up(x) + c. The
  upsampling is linear too, so B goes into its weights, and nothing is concatenated. It is a 1×1 product itself, whose
  channels are then spread over 2×2 pixels.
- At strides 1 and 2 the decoder has nothing but that, so what is left of it there is `folded_tail`.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from spnet.model.bands import bands, inferring
from spnet.model.folded_tail import CELL, LINEAR_LEVELS, LinearTail, fused_up, is_linear
from spnet.model.kernels import fused_sp_norm
from spnet.model.network import Block, Decoder, Encoder, exporting
from spnet.model.norms import EPS, TINY, ProjectedSPNorm, SPNorm

# Ours, by measurement: at 640×480 these bands take 0.95 of the processor time that the whole image takes.
FINEST_PIXELS, FINEST_CELLS = 1 << 16, 16  # of a band at stride 1; of its height, because two more are computed
BLOCK_PIXELS = 1 << 13  # of a band in a block


class FoldedSPNorm(nn.Module):
    """`SPNorm` with the mean folded into the product."""

    fused = True  # see `spnet.model.kernels`

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        weight = conv.weight.detach()
        self.register_buffer("weight", weight - weight.mean(dim=1, keepdim=True))
        bias = torch.zeros(len(weight)) if conv.bias is None else conv.bias.detach()
        self.register_buffer("bias", bias.to(weight)[:, None, None].clone())

    weight: Tensor
    bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        found = fused_sp_norm(x, Tensor.contiguous, self.weight, self.bias.flatten(), self.fused)  # centred already
        if found is not None:
            return found
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        scale = inverse_deviation(wide, len(self.weight))
        product = nn.functional.conv2d(x, self.weight.to(x.dtype))
        if torch.is_grad_enabled() or exporting() or product.dtype != x.dtype or scale.dtype != x.dtype:
            return x * (product * scale + self.bias).to(x.dtype)
        return torch.addcmul(self.bias, product, scale, out=product).mul_(x)  # two passes and no further map


def inverse_deviation(x: Tensor, channels: int) -> Tensor:
    """1 / (std + 1e-6) per pixel over channels, (B, 1, H, W).

    In an exported graph from the sums of x and of its squares, because engines then read x twice and write nothing.
    Where the mean is r times as large as the deviation that loses r² of float32's 1e-7; in trained networks r is
    below 3 everywhere (docs/findings.md).
    """
    mean = x.mean(dim=1, keepdim=True)
    if exporting():
        squares: Tensor = torch.linalg.vector_norm(x, dim=1, keepdim=True).square()
        total = (squares - channels * mean.square()).clamp(min=0)
    else:
        total = (x - mean).square_().sum(dim=1, keepdim=True)
    scale: Tensor = 1 / ((total / (channels - 1) + TINY).sqrt() + EPS)
    return scale


class FoldedEncoder(nn.Module):
    """`Encoder` that keeps of its two largest maps only what the output needs of them, see `folded_tail`.

    In inference these two maps exist in bands only.
    """

    def __init__(self, encoder: Encoder, tail: LinearTail) -> None:
        super().__init__()
        self.downsample_layers = encoder.downsample_layers
        self.stages = encoder.stages
        self.parts = nn.ModuleList([tail.from_e0, tail.from_e1])
        norms = [layer[0] for layer in self.downsample_layers[1 : LINEAR_LEVELS + 1]]  # type: ignore[index]
        self.local = all(isinstance(norm, SPNorm) for norm in norms)  # SP-Norm and its like look at one pixel

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, in_channels, H, W) to the output's part of the maps at strides 1 and 2, then the other four maps."""
        part, x = self._finest_in_bands(x) if self.local and inferring() else self._finest(x)
        kept = [part, self.stages[LINEAR_LEVELS](x)]
        for downsample, stage in list(zip(self.downsample_layers, self.stages, strict=True))[LINEAR_LEVELS + 1 :]:
            kept.append(stage(downsample(kept[-1])))
        return kept

    def _finest(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The output's part, and what goes into the stage at stride 4."""
        e0 = self.downsample_layers[0](x)
        part = self.parts[0](e0)
        e1 = self.downsample_layers[1](e0)
        del e0
        part = part + self.parts[1](e1)
        return part, self.downsample_layers[2](e1)

    def _finest_in_bands(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The same, from bands with a cell more on both sides: what a cell needs reaches 3 rows beyond it."""
        found = []
        rows = bands(x, FINEST_PIXELS, cell=CELL, least=FINEST_CELLS)
        for number, (top, bottom) in enumerate(rows):
            above, below = int(number > 0), int(number < len(rows) - 1)  # cells
            parts = self._finest(x[..., top - above * CELL : bottom + below * CELL, :])
            found.append([part[..., above : part.shape[-2] - below, :] for part in parts])
        part, x = (torch.cat(parts, dim=2) for parts in zip(*found, strict=True))
        return part, x


class FoldedBlock(nn.Module):
    """`Block` whose part behind the depthwise convolution, all of it by pixel, runs in bands and in place."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.whole = block

    def forward(self, x: Tensor) -> Tensor:
        if not inferring():
            result: Tensor = self.whole(x)
            return result
        y: Tensor = self.whole.block[0](x)
        if y.dtype != x.dtype:  # autocast
            return x + self.whole.by_pixel(y)
        for top, bottom in bands(y, BLOCK_PIXELS):
            rows = y[..., top:bottom, :]
            torch.add(x[..., top:bottom, :], self.whole.by_pixel(rows), out=rows)
        return y


class FoldedDecoder(nn.Module):
    """`Decoder` without concatenation, for the maps of `FoldedEncoder`."""

    def __init__(self, decoder: Decoder, tail: LinearTail) -> None:
        super().__init__()
        layers = list(zip(decoder.upsample_layers, decoder.fusion_layers, strict=True))[LINEAR_LEVELS:]
        self.skips = nn.ModuleList(_skip(fuse) for _, fuse in layers)
        self.ups = nn.ModuleList(ShuffledUp(*fused_up(up, fuse)) for up, fuse in layers)
        self.stages = decoder.stages[LINEAR_LEVELS:]
        self.tail = tail

    def forward(self, maps: list[Tensor]) -> Tensor:
        """As `Decoder.forward`; empties the list."""
        x = maps.pop()
        for level in reversed(range(len(self.ups))):
            x = self.stages[level](self.skips[level](maps.pop()) + self.ups[level](x))
        depth: Tensor = self.tail(maps.pop(), x)
        return depth


def _skip(fuse: nn.Module) -> nn.Conv2d:
    assert isinstance(fuse, nn.Conv2d)
    width = fuse.in_channels // 2
    conv = nn.Conv2d(width, fuse.out_channels, 1, bias=False)
    conv.weight = nn.Parameter(fuse.weight.detach()[:, :width].clone())
    return conv


class ShuffledUp(nn.Module):
    """A transposed convolution of 2×2 with stride 2 as a 1×1 convolution to four times the channels, then shuffled."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """From the transposed convolution's weight (in, out, 2, 2) and bias (out)."""
        super().__init__()
        self.conv = nn.Conv2d(weight.shape[0], 4 * weight.shape[1], 1)
        self.conv.weight = nn.Parameter(weight.flatten(1).T[:, :, None, None].contiguous())
        self.conv.bias = nn.Parameter(bias.repeat_interleave(4))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.pixel_shuffle(self.conv(x), 2)


def fold(model: nn.Module) -> nn.Module:
    """A copy of a network for inference; what cannot be folded stays as it is.

    Args:
        model: SPNet, PacGDC's revision, FillNet, or any network made of their parts.

    Returns:
        A network in eval mode with the same call and, but for rounding, the same results.

    >>> from spnet.model.build import build_model
    >>> from spnet.model.config import model_config
    >>> net = build_model(model_config("mini")).eval()
    >>> rgb, raw = torch.rand(1, 3, 32, 32), torch.rand(1, 1, 32, 32)
    >>> bool((fold(net)(rgb, raw, raw) - net(rgb, raw, raw)).abs().max() < 1e-4)
    True
    """
    folded = copy.deepcopy(model).eval().requires_grad_(False)
    for module in list(folded.modules()):
        encoder, decoder = getattr(module, "encoder", None), getattr(module, "decoder", None)
        if isinstance(encoder, Encoder) and isinstance(decoder, Decoder) and is_linear(decoder):
            tail = LinearTail(decoder)
            module.encoder, module.decoder = FoldedEncoder(encoder, tail), FoldedDecoder(decoder, tail)
    for name, module in list(folded.named_modules()):
        if type(module) is SPNorm:
            _replace(folded, name, FoldedSPNorm(module.conv))
        elif type(module) is ProjectedSPNorm:
            _replace(folded, name, FoldedSPNorm(module.projection))
        elif isinstance(module, Block):
            for layer in module.block:
                if isinstance(layer, nn.ReLU):
                    layer.inplace = True  # it is behind a convolution, whose result nothing else needs
    for name, module in list(folded.named_modules()):
        if isinstance(module, Block) and module.is_plain and isinstance(module.block[1], FoldedSPNorm):
            _replace(folded, name, FoldedBlock(module))
    return folded.requires_grad_(False)


def runs_in_bands(model: nn.Module) -> bool:
    """Whether a folded network's large maps exist in bands only."""
    return any(isinstance(module, FoldedEncoder) and module.local for module in model.modules())


def _replace(root: nn.Module, name: str, new: nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(root.get_submodule(parent), own, new)
