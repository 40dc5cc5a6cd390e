"""G2-MonoDepth's network (T-PAMI 46(5), 2024), SPNet's predecessor and the second learned baseline.

A U-Net of seven resolutions whose blocks are bottlenecks with a learned gate α (ReZero) and no normalisation:

    rgb, raw depth, mask ─ concat ─► conv ─► stack ─► Level(stride 1) ─► stack ─► conv ─► depth
    Level(x) = concat(x, up(body(x)));  body = conv to half the size ─► stack ─► Level(next stride) ─► stack

Depth is in normalised units (metres / max_depth), 0 = unknown. Parameter names are those of the released checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spnet.errors import BadInput
from spnet.model.config import G2_BOTTLENECKS, ModelConfig
from spnet.model.network import check_shapes, pad_to_stride

STRIDE = 64
SLOPE = 0.2  # of every leaky ReLU, and what the initialisation assumes (spec section 5a)


class Bottleneck(nn.Module):
    """α · left(x) + right(x) with x after a leaky ReLU on both paths.

    The original's first activation works in place, so that the shortcut, identity or 1×1 convolution, sees it too. In
    place here too, for 7 to 34 % less memory: the input is changed, and nothing else in the network holds it. α starts
    at 0.
    """

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        narrow = channels // 4
        self.alpha = nn.Parameter(torch.zeros(()))
        self.left = nn.Sequential(
            nn.Identity(),  # the place of the first activation, in `forward` because the shortcut shares it
            nn.Conv2d(channels, narrow, 1),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(narrow, narrow, 3, padding=1),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(narrow, out_channels, 1),
        )
        self.right = nn.Identity() if channels == out_channels else nn.Conv2d(channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(x, SLOPE, inplace=True)
        out: Tensor = self.alpha * self.left(x) + self.right(x)
        return out


class Stack(nn.Module):
    """Three bottlenecks; the first goes to the new width."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        first = Bottleneck(channels, out_channels)
        others = (Bottleneck(out_channels, out_channels) for _ in range(G2_BOTTLENECKS - 1))
        self.block = nn.Sequential(first, *others)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block(x)
        return out


class Level(nn.Module):
    """Everything below one resolution: x to concat(x, what the coarser ones make of it), twice the channels.

    Args:
        widths: channels at this stride, the next one, and so on to the coarsest.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        own, coarse = widths[:2]
        layers: list[nn.Module] = [nn.Conv2d(own, coarse, 3, 2, padding=1)]
        if len(widths) > 2:
            layers += [Stack(coarse, coarse), Level(widths[1:]), Stack(2 * coarse, own)]
        else:
            layers.append(Stack(coarse, own))
        self.block = nn.Sequential(*layers, nn.Upsample(scale_factor=2, mode="nearest"))

    def forward(self, x: Tensor) -> Tensor:
        """(B, own, H, W) to (B, 2 · own, H, W); H and W are even at every level but the coarsest."""
        return torch.cat([x, self.block(x)], dim=1)


class G2Network(nn.Module):
    """Depth completion and, without a single measurement, relative depth: (rgb, raw, mask) to dense depth.

    >>> from spnet.model.config import G2
    >>> net = G2Network(G2).eval()
    >>> rgb, raw = torch.rand(1, 3, 50, 70), torch.rand(1, 1, 50, 70)
    >>> net(rgb, raw, (raw > 0).float()).shape
    torch.Size([1, 1, 50, 70])
    """

    needs_fill = False

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        if set(config.depths) != {G2_BOTTLENECKS} or min(config.widths) < 4:
            raise BadInput(
                f"G2-MonoDepth's stacks have {G2_BOTTLENECKS} bottlenecks and its levels at least 4 channels; "
                f"got depths {config.depths} and widths {config.widths}."
            )
        widths = (*config.widths, config.dims[3])
        self.block = nn.Sequential(
            nn.Conv2d(5, widths[0], 3, padding=1),
            Stack(widths[0], widths[0]),
            Level(widths),
            Stack(2 * widths[0], widths[0]),
            nn.Conv2d(widths[0], 1, 3, padding=1),
        )
        initialize(self)

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        """Complete a batch.

        Args:
            rgb: (B, 3, H, W) in [0, 1].
            raw: (B, 1, H, W) sparse depth / max_depth, 0 = unknown; all 0 asks for relative depth from colour alone.
            mask: (B, 1, H, W), 1 where raw is measured.

        Returns:
            (B, 1, H, W) dense depth / max_depth, linear and unclamped. Any H, W >= 1: the original takes multiples of
            64 only; here the last row and column are repeated up to one and cut off again.

        Raises:
            BadInput: the shapes do not belong together.
        """
        check_shapes(rgb, raw, mask)
        height, width = raw.shape[-2:]
        x = torch.cat([rgb, raw, mask.to(raw.dtype)], dim=1)
        depth: Tensor = self.block(pad_to_stride(x, STRIDE))
        return depth[..., :height, :width]


def initialize(module: nn.Module) -> None:
    """Kaiming-normal convolutions for a leaky ReLU, bias 0 (spec section 5a)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, a=SLOPE)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
