"""The same networks for inference, with fewer passes over memory: algebra that training cannot use.

- SP-Norm is x ⊙ (W (x - mean) / s + b). Taking the mean away is linear, so it goes into the weights: W (x - mean) =
  (W - rows' means) x, and the division by s, one number a pixel, comes after the product. There is no normalised copy
  of x.
- The decoder concatenates the encoder's map e with the upsampled x and fuses by a 1×1 product: A e + B up(x) + c. The
  upsampling is linear too, so B goes into its weights, and nothing is concatenated.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from spnet.model.network import Decoder
from spnet.model.norms import EPS, TINY, ProjectedSPNorm, SPNorm


class FoldedSPNorm(nn.Module):
    """`SPNorm` with the mean folded into the product."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        weight = conv.weight.detach()
        self.register_buffer("weight", weight - weight.mean(dim=1, keepdim=True))
        bias = torch.zeros(len(weight)) if conv.bias is None else conv.bias.detach()
        self.register_buffer("bias", bias.to(weight)[:, None, None].clone())

    weight: Tensor
    bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        variance = (wide - wide.mean(dim=1, keepdim=True)).square().sum(dim=1, keepdim=True) / (x.shape[1] - 1)
        scale = 1 / ((variance + TINY).sqrt() + EPS)
        return x * (nn.functional.conv2d(x, self.weight.to(x.dtype)) * scale + self.bias).to(x.dtype)


class FoldedDecoder(nn.Module):
    """`Decoder` without concatenation."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.skips, self.ups = nn.ModuleList(), nn.ModuleList()
        for up, fuse in zip(decoder.upsample_layers, decoder.fusion_layers, strict=True):
            assert isinstance(up, nn.ConvTranspose2d)
            assert isinstance(fuse, nn.Conv2d)
            self.skips.append(_skip(fuse))
            self.ups.append(_fused_up(up, fuse))
        self.stages = decoder.stages
        self.head = decoder.head

    def forward(self, maps: list[Tensor]) -> Tensor:
        """As `Decoder.forward`; empties the list."""
        x = maps.pop()
        for level in reversed(range(len(self.ups))):
            x = self.stages[level](self.skips[level](maps.pop()) + self.ups[level](x))
        depth: Tensor = self.head(x)
        return depth


def _skip(fuse: nn.Conv2d) -> nn.Conv2d:
    width = fuse.in_channels // 2
    conv = nn.Conv2d(width, fuse.out_channels, 1, bias=False)
    conv.weight = nn.Parameter(fuse.weight.detach()[:, :width].clone())
    return conv


def _fused_up(up: nn.ConvTranspose2d, fuse: nn.Conv2d) -> nn.ConvTranspose2d:
    product = fuse.weight.detach()[:, fuse.in_channels // 2 :, 0, 0]  # (out, middle)
    both = nn.ConvTranspose2d(up.in_channels, fuse.out_channels, 2, 2)
    both.weight = nn.Parameter(torch.einsum("om,imhw->iohw", product, up.weight.detach()).contiguous())
    assert up.bias is not None
    assert fuse.bias is not None
    both.bias = nn.Parameter(product @ up.bias.detach() + fuse.bias.detach())
    return both


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
    for name, module in list(folded.named_modules()):
        if isinstance(module, Decoder):
            _replace(folded, name, FoldedDecoder(module))
    for name, module in list(folded.named_modules()):
        if type(module) is SPNorm:
            _replace(folded, name, FoldedSPNorm(module.conv))
        elif type(module) is ProjectedSPNorm:
            _replace(folded, name, FoldedSPNorm(module.projection))
    return folded.requires_grad_(False)


def _replace(root: nn.Module, name: str, new: nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(root.get_submodule(parent), own, new)
