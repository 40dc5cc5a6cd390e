"""The decoder's two finest levels as three convolutions at stride 4, exact.

Strides 1 and 2 of the decoder have no block. So from the encoder's maps e0 and e1 and the decoder's map x at stride 4
to the output all is linear: 1×1 fusions, 2×2 transposed convolutions and the 3×3 head. Linear maps compose: what
belongs to a cell of 4×4 output pixels is a sum of three convolutions, of e0 (6×6, stride 4), e1 (4×4, stride 2) and x
(3×3), with one channel for each pixel of the cell. The decoder's maps at strides 1 and 2 never exist, and of e0 and
e1, the encoder's largest, only that sum has to be kept.

A constant becomes the product with a map of ones, because the head pads with zeros: at the image's border the ones end.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spnet.model.network import Decoder

CELL = 4  # output pixels a side that belong to one position at stride 4
LINEAR_LEVELS = 2  # strides 1 and 2


class LinearTail(nn.Module):
    """The maps at strides 1, 2 (encoder) and 4 (decoder) to the output."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        head = decoder.head.weight.detach()
        fuse = [_conv(decoder.fusion_layers[level]) for level in range(LINEAR_LEVELS)]
        skips = [layer.weight.detach()[:, : layer.in_channels // 2, 0, 0] for layer in fuse]
        ups, biases = zip(*(_fused_up(decoder, level) for level in range(LINEAR_LEVELS)), strict=True)
        coarse_to_fine = torch.einsum("iyxk,koab->ioyaxb", ups[1].permute(0, 2, 3, 1), ups[0]).flatten(4).flatten(2, 3)
        skip_to_fine = torch.einsum("ki,koab->ioab", skips[1], ups[0])
        bias = biases[0][:, None, None] + torch.einsum("k,koab->oab", biases[1], ups[0]).repeat(1, 2, 2)
        self.from_e0 = _phases(head, skips[0].T[:, :, None, None])
        self.from_e1 = _phases(head, skip_to_fine)
        self.from_x = _phases(head, coarse_to_fine)
        self.from_ones = _phases(head, bias[None])
        assert decoder.head.bias is not None
        self.from_x.bias = nn.Parameter(decoder.head.bias.detach().repeat_interleave(CELL * CELL))

    def forward(self, part: Tensor, x: Tensor) -> Tensor:
        """From the sum of `from_e0` and `from_e1`, and the decoder's map at stride 4, to the output."""
        cells: Tensor = part + self.from_x(x) + self.from_ones(torch.ones_like(x[:, :1]))
        return F.pixel_shuffle(cells, CELL)


def is_linear(decoder: Decoder) -> bool:
    """Whether the two finest levels of a decoder have no block."""
    return all(isinstance(stage, nn.Identity) for stage in decoder.stages[:LINEAR_LEVELS])


def _conv(layer: nn.Module) -> nn.Conv2d:
    assert isinstance(layer, nn.Conv2d)
    return layer


def _fused_up(decoder: Decoder, level: int) -> tuple[Tensor, Tensor]:
    return fused_up(decoder.upsample_layers[level], decoder.fusion_layers[level])


def fused_up(up: nn.Module, fuse: nn.Module) -> tuple[Tensor, Tensor]:
    """Weight (in, out, 2, 2) and bias of a transposed convolution with the fusion's second half behind it."""
    assert isinstance(up, nn.ConvTranspose2d)
    assert isinstance(fuse, nn.Conv2d)
    assert up.bias is not None
    assert fuse.bias is not None
    product = fuse.weight.detach()[:, fuse.in_channels // 2 :, 0, 0]  # (out, middle)
    weight = torch.einsum("om,imhw->iohw", product, up.weight.detach())
    return weight.contiguous(), product @ up.bias.detach() + fuse.bias.detach()


def _phases(head: Tensor, up: Tensor) -> nn.Conv2d:
    """An upsampling by s, then the 3×3 head padded with zeros, as one convolution to (out, 4, 4) channels at stride 4.

    Args:
        head: (out, middle, 3, 3).
        up: (in, middle, s, s), s = 1, 2 or 4, of a transposed convolution with stride s.
    """
    s, size = up.shape[2], CELL // up.shape[2] + 2
    kernel = head.new_zeros(len(head), CELL, CELL, len(up), size, size)
    for y in range(CELL + 2):  # fine rows that a cell sees, from one above it
        for x in range(CELL + 2):
            source = up[:, :, (y - 1) % s, (x - 1) % s]
            row, column = (y - 1) // s + 1, (x - 1) // s + 1
            for p in range(max(0, y - 2), min(CELL, y + 1)):
                for q in range(max(0, x - 2), min(CELL, x + 1)):
                    kernel[:, p, q, :, row, column] += head[:, :, y - p, x - q] @ source.T
    conv = nn.Conv2d(len(up), len(head) * CELL * CELL, size, CELL // s, padding=1, bias=False)
    conv.weight = nn.Parameter(kernel.flatten(0, 2).contiguous())
    return conv
