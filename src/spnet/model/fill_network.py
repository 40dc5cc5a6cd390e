"""FillNet (ours): SPNet's encoder and decoder, asked where between two measurements a pixel lies.

A network that must first learn to interpolate spends a small training budget on that alone. Here the interpolation is
given. Every unmeasured pixel lies in a triangle of three measurements (Delaunay); `near` and `far` are the closest and
the farthest of them. Inverse depth that is linear over the triangle is exact on planes, and puts the pixel at a
position a in [0, 1] between far and near; at a depth edge the truth is one of the two ends, and the image tells which.
So the network predicts a *shift of the logit of a* and a small factor on the result:

    1 / d = 1 / far + sigmoid(logit(a) + shift) · (1 / near - 1 / far),      depth = d · exp(RESIDUAL_GAIN · r)

With shift = r = 0 the result is the planar fill, but for positions within 3 % of an end. The network sees ratios of
depths only, so it is exactly scale-equivariant. The colours at the near and the far measurement are among its inputs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spnet.errors import BadInput
from spnet.fill import FILL_CHANNELS, fill_stack
from spnet.model.config import ModelConfig
from spnet.model.network import Decoder, Encoder, check_shapes, initialize, pad_to_stride

IN_CHANNELS = 16
RESIDUAL_GAIN = 0.1  # the factor learns ten times slower than the position
LOGIT_LIMIT = 0.03  # positions are kept this far from 0 and 1, where the logit is infinite
COLOUR_EPS = 1e-6  # keeps the gradient of a colour distance of 0 finite
FLAT = 1e-6  # relative gap under which near and far count as one


class FillNet(nn.Module):
    """(rgb, raw, mask) to dense depth in raw's unit, always positive."""

    needs_fill = True

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config, in_channels=IN_CHANNELS)
        self.decoder = Decoder(config, out_channels=2)
        initialize(self, transposed=False)
        nn.init.zeros_(self.decoder.head.weight)  # untrained, it predicts no shift: the planar fill

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor, fill: Tensor | None = None) -> Tensor:
        """Complete a batch.

        Args:
            rgb: (B, 3, H, W) in [0, 1].
            raw: (B, 1, H, W) sparse depth in any unit, 0 = unknown; each image has a measurement.
            mask: (B, 1, H, W), 1 where raw is measured.
            fill: (B, 11, H, W), `spnet.fill.fill_stack` of each image; computed here, on the CPU, where it is None.

        Returns:
            (B, 1, H, W) dense depth in raw's unit.

        Raises:
            BadInput: shapes that do not belong together, or an image without a measurement.
        """
        check_shapes(rgb, raw, mask)
        if fill is None:
            fill = stack_batch(rgb, raw * mask)
        if fill.shape != (raw.shape[0], FILL_CHANNELS, *raw.shape[2:]):
            raise BadInput(
                f"Expected fill (B,{FILL_CHANNELS},H,W) like raw {tuple(raw.shape)}; got {tuple(fill.shape)}."
            )
        height, width = raw.shape[-2:]
        out = self.decoder(self.encoder(pad_to_stride(_inputs(rgb, mask, fill))))[..., :height, :width]
        return _position_to_depth(out[:, :1], out[:, 1:], fill)


def _inputs(rgb: Tensor, mask: Tensor, fill: Tensor) -> Tensor:
    """(B, 16, H, W): colours, and logarithms of depth ratios scaled to be of the order of 1."""
    planar, near, far, distance, reference, near_rgb, far_rgb = torch.split(fill, [1, 1, 1, 1, 1, 3, 3], dim=1)
    to_near, to_far = near_rgb - rgb, far_rgb - rgb
    parts = [
        rgb,
        (planar / reference).log(),
        4 * (planar / near).log(),
        4 * (far / planar).log(),
        mask.to(rgb.dtype),
        distance.log1p() / 3,
        to_near,
        to_far,
        # The distances in colour, since the finest level of the network has few non-linearities to form them with.
        (to_near.square().sum(dim=1, keepdim=True) + COLOUR_EPS).sqrt(),
        (to_far.square().sum(dim=1, keepdim=True) + COLOUR_EPS).sqrt(),
    ]
    return torch.cat(parts, dim=1)


def _position_to_depth(shift: Tensor, residual: Tensor, fill: Tensor) -> Tensor:
    planar, near, far = fill[:, 0:1], fill[:, 1:2], fill[:, 2:3]
    gap = 1 / near - 1 / far
    flat = gap * near < FLAT
    position = (1 / planar - 1 / far) / torch.where(flat, 1 / near, gap)
    position = position.clamp(LOGIT_LIMIT, 1 - LOGIT_LIMIT)
    moved = 1 / (1 / far + torch.sigmoid(torch.logit(position) + shift) * gap)
    return torch.where(flat, planar, moved) * torch.exp(RESIDUAL_GAIN * residual)


def stack_batch(rgb: Tensor, raw: Tensor) -> Tensor:
    """`fill_stack` of every image of a batch: (B, 11, H, W) on rgb's device."""
    stacks = [
        fill_stack(image.permute(1, 2, 0).cpu().float().numpy(), depth[0].cpu().float().numpy())
        for image, depth in zip(rgb, raw, strict=True)
    ]
    return torch.stack([torch.from_numpy(stack) for stack in stacks]).to(rgb.device, raw.dtype)
