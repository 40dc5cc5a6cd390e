"""FillNet (ours): SPNet's encoder and decoder set the terms of a Gaussian random field, whose minimum is the depth.

A network that must first learn to interpolate spends a small training budget on that alone. Here the interpolation is
given: `spnet.fill` triangulates the measurements, and every pixel has a planar fill (inverse depth that is linear over
its triangle, exact on planes) between a near and a far measurement. In logarithms of depth, the field has

- a target for each pixel: the planar fill, moved between near and far, by a small factor, and by a share of the way to
  what is measured at like colours (`spnet.joint_fill`);
- a step to each neighbour: the planar fill's own, as far as a gate is open (it is wrong where a triangle spans an edge
  of the scene), and a learned slope;
- precisions of all of them: a measured pixel's target is trusted, that of a pixel far from measurements is not, and
  steps across edges in colour are not. Untrained, these follow from fourteen numbers (`FieldPrior`) that were
  themselves found by training; what the network adds is 0.

The network sees ratios of depths only, so the whole is exactly scale-equivariant. A measurement is a target like any
other: one that its surroundings contradict can be overruled.

The second output is the expected relative error of the first.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from spnet.errors import BadInput
from spnet.fill import FILL_CHANNELS, fill_stack
from spnet.model.config import ModelConfig
from spnet.model.gaussian_field import Field, inner, right_side, solve, steps
from spnet.model.network import Decoder, Encoder, check_shapes, initialize, pad_to_stride

IN_CHANNELS = 21
OUT_CHANNELS = 11
CHANNELS = [1, 1, 1, 1, 1, 3, 3, 1, 1, 1]  # of the parts of a fill
RESIDUAL_GAIN = 0.1  # the factor learns ten times slower than the position
SLOPE_GAIN = 0.01  # of log depth a pixel; likewise
LOGIT_LIMIT = 0.03  # positions are kept this far from 0 and 1, where the logit is infinite
COLOUR_EPS = 1e-6  # keeps the gradient of a colour distance of 0 finite
WAY_LIMIT = 1.0  # of log depth: a colour that is found again is no reason for a factor of ten
FLAT = 1e-6  # relative gap under which near and far count as one
TARGET_RANGE, STEP_RANGE = (-9.0, 6.0), (-9.0, 4.0)  # of the precisions' logarithms: what float32 can still solve
LOG_LIMIT = 12.0  # of the result, against the mean fill
USUAL_ERROR = -4.0  # logarithm of the relative error that an untrained network expects
ERROR_RANGE = (-9.0, 1.0)  # of that logarithm


class FieldPrior(nn.Module):
    """The field's terms without a network, from distances, gaps and colours; fourteen numbers.

    Their first values are those that 150 steps found with nothing else to be trained; the share's were found alone,
    between the planar fill and the joint one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.target = nn.Parameter(torch.tensor([-1.69, 8.05, -1.03, -6.6]))
        self.step = nn.Parameter(torch.tensor([-10.2, -0.67, -1.15]))
        self.gate = nn.Parameter(torch.tensor([-1.2, -5.9, -0.63]))
        self.share = nn.Parameter(torch.tensor([0.6, 0.6, -2.3, -9.2]))

    def forward(
        self, mask: Tensor, fill: _Fill, distance: Tensor, gap: Tensor, edges: tuple[Tensor, Tensor]
    ) -> list[Tensor]:
        """Logarithms of the precisions of targets and steps to the right and down; logits of the gates and the shares.

        Args:
            mask: (B, 1, H, W), 1 where measured.
            fill: the fills.
            distance: log(1 + pixels to the nearest measurement).
            gap: log(far / near).
            edges: differences in colour to the pixels to the right and below.
        """
        at, on, away, wide = self.target
        colour, far, spanned = self.step
        base, closed, loose = self.gate
        usual, lone, unlike, unsure = self.share
        between = far * distance + spanned * gap
        return [
            at + on * mask + away * distance + wide * gap,
            *(colour * edge + between for edge in edges),
            base + closed * gap + loose * distance,
            usual + lone * distance + unlike * fill.joint.log1p() + unsure * fill.spread,
        ]


class _Fill(NamedTuple):
    """The channels of `spnet.fill.fill_stack`."""

    planar: Tensor
    near: Tensor
    far: Tensor
    distance: Tensor
    mean: Tensor
    near_rgb: Tensor
    far_rgb: Tensor
    alike: Tensor
    joint: Tensor
    spread: Tensor


class FillNet(nn.Module):
    """(rgb, raw, mask) to dense depth in raw's unit, always positive, and its expected relative error."""

    needs_fill = True

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config, in_channels=IN_CHANNELS)
        self.decoder = Decoder(config, out_channels=OUT_CHANNELS)
        initialize(self, transposed=False)
        nn.init.zeros_(self.decoder.head.weight)
        self.prior = FieldPrior()

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor, fill: Tensor | None = None) -> Tensor:
        """Complete a batch.

        Args:
            rgb: (B, 3, H, W) in [0, 1].
            raw: (B, 1, H, W) sparse depth in any unit, 0 = unknown; each image has a measurement.
            mask: (B, 1, H, W), 1 where raw is measured.
            fill: (B, 14, H, W), `spnet.fill.fill_stack` of each image; computed here, on the CPU, where it is None.

        Returns:
            (B, 2, H, W): dense depth in raw's unit, and the expected |error| / depth.

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
        padded = pad_to_stride(torch.cat([rgb, mask.to(rgb.dtype), fill], dim=1))
        rgb, mask, parts = padded[:, :3], padded[:, 3:4], _Fill(*torch.split(padded[:, 4:], CHANNELS, 1))
        edges = _edges(rgb)
        out = self.decoder(self.encoder(_inputs(rgb, mask, parts, edges)))
        done = self._minimum(out.float(), mask, parts, edges)  # none of it is what autocast would do in half precision
        return done[..., :height, :width]

    def _minimum(self, out: Tensor, mask: Tensor, fill: _Fill, edges: tuple[Tensor, Tensor]) -> Tensor:
        shift, factor, trust, *firm, gate_right, gate_down, slope_right, slope_down, error, like = torch.split(
            out, 1, dim=1
        )
        distance, gap = fill.distance.log1p(), (fill.far / fill.near).log()
        target, *between, gate, share = self.prior(mask, fill, distance, gap, edges)
        field = Field(
            (target + trust).clamp(*TARGET_RANGE).exp(),
            *inner(*((p + f).clamp(*STEP_RANGE).exp() for p, f in zip(between, firm, strict=True))),
        )
        right, down = steps((fill.planar / fill.mean).log())
        right = torch.sigmoid(gate + gate_right) * right + SLOPE_GAIN * slope_right
        down = torch.sigmoid(gate + gate_down) * down + SLOPE_GAIN * slope_down
        moved = (_moved(shift, fill) / fill.mean).log() + RESIDUAL_GAIN * factor
        way = ((fill.alike / fill.mean).log() - moved).clamp(-WAY_LIMIT, WAY_LIMIT)
        moved = moved + (1 - mask) * torch.sigmoid(share + like) * way
        side = right_side(field, moved, right, down)
        depth = solve(field, side, moved).clamp(-LOG_LIMIT, LOG_LIMIT).exp() * fill.mean
        return torch.cat([depth, (error + USUAL_ERROR).clamp(*ERROR_RANGE).exp()], dim=1)


def _edges(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """Distance in colour to the pixel to the right, and to the one below."""
    right, down = ((step.square().sum(dim=1, keepdim=True) + COLOUR_EPS).sqrt() for step in steps(rgb))
    return right, down


def _inputs(rgb: Tensor, mask: Tensor, fill: _Fill, edges: tuple[Tensor, Tensor]) -> Tensor:
    """(B, 21, H, W): colours, and logarithms of depth ratios scaled to be of the order of 1."""
    to_near, to_far = fill.near_rgb - rgb, fill.far_rgb - rgb
    parts = [
        rgb,
        (fill.planar / fill.mean).log(),
        4 * (fill.planar / fill.near).log(),
        4 * (fill.far / fill.planar).log(),
        mask,
        fill.distance.log1p() / 3,
        to_near,
        to_far,
        # The distances in colour, since the finest level of the network has few non-linearities to form them with.
        (to_near.square().sum(dim=1, keepdim=True) + COLOUR_EPS).sqrt(),
        (to_far.square().sum(dim=1, keepdim=True) + COLOUR_EPS).sqrt(),
        *(2 * edge for edge in edges),
        4 * (fill.alike / fill.planar).log(),
        fill.joint.log1p(),
        4 * fill.spread,
    ]
    return torch.cat(parts, dim=1)


def _moved(shift: Tensor, fill: _Fill) -> Tensor:
    """The planar fill, its position between far and near (in inverse depth) shifted by a logit."""
    gap = 1 / fill.near - 1 / fill.far
    flat = gap * fill.near < FLAT
    position = (1 / fill.planar - 1 / fill.far) / torch.where(flat, 1 / fill.near, gap)
    position = position.clamp(LOGIT_LIMIT, 1 - LOGIT_LIMIT)
    moved = 1 / (1 / fill.far + torch.sigmoid(torch.logit(position) + shift) * gap)
    return torch.where(flat, fill.planar, moved)


def stack_batch(rgb: Tensor, raw: Tensor) -> Tensor:
    """`fill_stack` of every image of a batch: (B, 14, H, W) on rgb's device."""
    stacks = [
        fill_stack(image.permute(1, 2, 0).cpu().float().numpy(), depth[0].cpu().float().numpy())
        for image, depth in zip(rgb, raw, strict=True)
    ]
    return torch.stack([torch.from_numpy(stack) for stack in stacks]).to(rgb.device, raw.dtype)
