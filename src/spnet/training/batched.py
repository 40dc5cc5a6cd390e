"""Augmentation after the crop: all samples of a batch at once, in torch, on the training device.

Every choice was drawn by the worker from the run's seed and the sample's number (`spnet.training.augment`), and the
random fields (noise, dropped pixels) are hashes of a sample's keys and a pixel's number. So a sample depends on nothing
but itself: not on its batch, not on the number of processes; on the CPU not in one bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from spnet.training.config import TrainConfig

Batch = dict[str, Tensor]

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
KNOWN = 1 - 1e-4  # a resampled validity that is 1, but for rounding
# Multipliers and shifts of a 32-bit mixing function with low bias (Wellons, "Prospecting for hash functions", 2018);
# the first is the golden ratio's, which spreads the counters.
GOLDEN, MIX_1, MIX_2 = 0x9E3779B1, 0x7FEB352D, 0x846CA68B
FIXED_BITS = 16  # of coordinates in whole numbers, after the point; before it, 15 bits hold any crop
FIXED = float(2**FIXED_BITS)
DROP_KEYS, SUBSET_KEYS, NOISE_KEYS = 0, 2, 4  # which of a sample's keys a field takes; each takes two


def finish_batch(config: TrainConfig, batch: Batch, device: torch.device) -> Batch:
    """From what the workers made to what the network takes.

    Args:
        config: the run.
        batch: samples of `TrainSamples`, collated; or some of them.
        device: where the network is trained.

    Returns:
        On the device: rgb (B, 3, S, S) in [0, 1]; gt and raw (B, 1, S, S), 0 = unknown; for a fill also fill
        (B, 14, S, S).
    """
    moved = {key: value.to(device, non_blocking=True) for key, value in batch.items()}
    if "jitter" not in batch:  # finished by the worker
        return moved
    count, size = len(batch["rgb"]), config.crop
    shapes = {"rgb": 3, "gt": 1, "raw": 1}
    out = {key: torch.empty(count, channels, size, size, device=device) for key, channels in shapes.items()}
    # On a CPU sample by sample: one stays in its cache.
    step = 1 if device.type == "cpu" else count
    for start in range(0, count, step):
        part = slice(start, start + step)
        here, there = ({k: v[part] for k, v in values.items()} for values in (batch, moved))
        _finish(config, here, there, {key: value[part] for key, value in out.items()})
    return out


def _finish(config: TrainConfig, drawn: Batch, batch: Batch, out: Batch) -> None:
    """Fill `out`. `drawn` is `batch` where it can be looked at without waiting for the device."""
    out["rgb"].copy_(batch["rgb"]).div_(255)
    jitter_colours(out["rgb"], drawn["jitter"], batch["jitter"])
    if config.samples == "family":
        out["gt"].copy_(batch["gt"])
        out["raw"].copy_(batch["raw"])
        if config.octaves:
            _normalise(out["gt"], out["raw"], batch["octave"])
        return
    resample_depth(batch["depth"], drawn["window"], out["gt"])
    scale_depth(out["gt"], config.depth_scale, batch["scale"])
    make_raw(out["gt"], drawn, batch, out["raw"])


def jitter_colours(rgb: Tensor, drawn: Tensor, jitter: Tensor) -> None:
    """Brightness, contrast, saturation, each with its factor, in each sample's own order (spec section 4, step 2).

    Args:
        rgb: (B, 3, S, S) in [0, 1]; changed in place.
        drawn: (B, 2, 3) of `augment.draw_jitter`, on the CPU.
        jitter: the same, on the device.
    """
    for place in range(3):
        kinds = drawn[:, 0, place]
        for kind, change in enumerate((_brightness, _contrast, _saturation)):
            _where(rgb, kinds == kind, change, jitter[:, 1, place, None, None, None])
        if place == 2 or (drawn[:, 1, place] > 1).any():  # what is weakened stays in its range, but for rounding
            rgb.clamp_(0, 1)


def _where(image: Tensor, which: Tensor, change: Callable[..., None], *values: Tensor) -> None:
    """Change the images (B, C, S, S) of some samples in place; `which` (B,) lies on the CPU, `values` beside them."""
    some = int(which.sum())
    if some == len(which):
        change(image, *values)
    elif some:
        index = which.nonzero()[:, 0].to(image.device, non_blocking=True)
        part = image[index]
        change(part, *(value[index] for value in values))
        image[index] = part


def _brightness(rgb: Tensor, factor: Tensor) -> None:
    rgb.mul_(factor)


def _contrast(rgb: Tensor, factor: Tensor) -> None:
    # Row by row, then over the rows: with short sums no library splits them differently.
    red, green, blue = (rgb.sum(3).sum(2) / rgb[0, 0].numel()).unbind(1)
    grey = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    rgb.lerp_(grey[:, None, None, None], 1 - factor)


def _saturation(rgb: Tensor, factor: Tensor) -> None:
    rgb.lerp_(_grey(rgb), 1 - factor)


def _grey(rgb: Tensor) -> Tensor:
    return (rgb[:, :1] * LUMA[0]).add_(rgb[:, 1:2], alpha=LUMA[1]).add_(rgb[:, 2:], alpha=LUMA[2])


def _normalise(gt: Tensor, raw: Tensor, octave: Tensor) -> None:
    """The crop's farthest truth becomes 2 ** octave."""
    peak = gt.amax((1, 2, 3), keepdim=True)
    factor = torch.exp2(octave)[:, None, None, None] / torch.where(peak > 0, peak, 1)
    gt.mul_(factor)
    raw.mul_(factor)


def resample_depth(depth: Tensor, windows: Tensor, out: Tensor) -> None:
    """Bilinear with antialiasing; a pixel is known only where all of its sources are (spec section 4, step 1).

    Args:
        depth: (B, O, O), 0 = unknown; each sample's window fills its upper left corner.
        windows: (B, 3) height and width of the windows, and whether all of it is known; on the CPU.
        out: (B, 1, S, S), filled.
    """
    size = list(out.shape[2:])
    for sample, (height, width, dense) in enumerate(windows.tolist()):
        planes = depth[sample, None, None, :height, :width]
        if not dense:
            planes = planes.expand(1, 2, -1, -1).clone()
            torch.gt(planes[:, 0], 0, out=planes[:, 1])
        if [height, width] != size:
            shrinks = height > size[0] or width > size[1]  # enlarging, there is nothing that could alias
            planes = F.interpolate(planes, size, mode="bilinear", antialias=shrinks, align_corners=False)
        out[sample] = planes[0, :1]
        if not dense:
            out[sample].mul_(torch.gt(planes[0, 1:], KNOWN, out=planes[0, 1:]))


def scale_depth(depth: Tensor, strength: float, share: Tensor) -> None:
    """Depth × U(1 - strength, min(1 + strength, 1 / max)), the upper limit at least 1 (spec section 4, step 2).

    Args:
        depth: (B, 1, S, S), changed in place.
        strength: 0.2 in the paper, 0.4 in PacGDC.
        share: (B,) where between the limits, 0 to 1; below 0 the depth stays as it is.
    """
    peak = depth.amax((1, 2, 3))
    high = torch.where(peak > 0, (1 / peak).clamp(1, 1 + strength), 1)
    low = 1 - strength
    factor = torch.where(share >= 0, low + (high - low) * share, 1)
    depth.mul_(factor[:, None, None, None])


def make_raw(depth: Tensor, drawn: Batch, batch: Batch, out: Tensor) -> None:
    """Sparse input from normalised depth (spec section 4, step 3): noise, blur, holes, uniform drop or another sensor.

    Args:
        depth: (B, 1, S, S) in [0, 1], 0 = unknown.
        drawn, batch: of `augment.draw_raw`, on the CPU and on the device.
        out: (B, 1, S, S) in [0, 1], filled. After the blur it may be known where `depth` is not, as published.
    """
    size = depth.shape[-1]
    out.copy_(depth)
    _where(out, drawn["noise"][:, 0] > 0, _add_noise, batch["noise"], batch["keys"])
    _where(out, drawn["blur"] > 1, _blur, batch["blur"])
    _where(out, drawn["affine"].any(dim=1), _cut_holes, batch["hole"], batch["affine"])
    if "gain" in batch:
        out.mul_(batch["gain"][:, None])
    if drawn["drop"].any():
        out.mul_(kept(batch["keys"], DROP_KEYS, size, batch["drop"]))


def _add_noise(depth: Tensor, noise: Tensor, keys: Tensor) -> None:
    size = depth.shape[-1]
    change = normal(keys, NOISE_KEYS, size).mul_(noise[:, 0, None, None, None])
    change.mul_(kept(keys, SUBSET_KEYS, size, noise[:, 1])).mul_(torch.sign(depth))  # known depth alone
    depth.add_(change).clamp_(0, 1)


def blur_sources(factors: Tensor, size: int) -> Tensor:
    """(B, size): which row (or column) each one shows after nearest down- and upsampling by the factors (B,).

    >>> blur_sources(torch.tensor([2.0]), 6)
    tensor([[0, 0, 2, 2, 4, 4]])
    """
    small = (size / factors).long().clamp(min=1)[:, None]
    return torch.arange(size, device=factors.device) * small // size * size // small


def _blur(depth: Tensor, factors: Tensor) -> None:
    for image, source in zip(depth, blur_sources(factors, depth.shape[-1]), strict=True):
        image[0] = image[0].index_select(0, source).index_select(1, source)


def _cut_holes(depth: Tensor, mask: Tensor, affine: Tensor) -> None:
    depth.mul_(moved_mask(mask, affine))


def moved_mask(mask: Tensor, affine: Tensor) -> Tensor:
    """Masks looked at through an affine map, nearest pixel; what falls outside is measured (spec section 4, step 3c).

    Args:
        mask: (B, S, S) uint8, 1 = measured.
        affine: (B, 6), see `HoleMaps.draw_for_paper`.

    Returns:
        (B, 1, S, S) float32, 0 or 1.
    """
    count, size = mask.shape[0], mask.shape[-1]
    framed = F.pad(mask.float(), (1, 1, 1, 1), value=1.0)  # measured pixels all around, for all that falls outside
    place = affine.double() * FIXED  # in whole numbers: fewer and faster passes
    centres = torch.arange(size, device=mask.device, dtype=torch.float64) + 0.5
    across = (place[:, [0, 3], None] * centres).int()  # (B, 2, S)
    down = (place[:, [1, 4], None] * centres + place[:, [2, 5], None]).floor().int()
    x, y = (
        (across[:, axis, None, :] + down[:, axis, :, None]).bitwise_right_shift_(FIXED_BITS).clamp_(-1, size)
        for axis in range(2)
    )
    wide = size + 2
    first = torch.arange(count, device=mask.device, dtype=torch.int32)[:, None, None] * (wide * wide) + (wide + 1)
    at = y.mul_(wide).add_(x).add_(first)
    return framed.reshape(-1).index_select(0, at.reshape(-1)).reshape(count, 1, size, size)


def random_bits(keys: Tensor, first: int, count: int) -> Tensor:
    """(B, count) int32: every bit random; a hash of each sample's keys `first` and `first` + 1 and of 0, 1, ….

    Args:
        keys: (B, K) int32.
        first: which keys.
        count: how many.
    """
    bits = _counters(count, keys.device) + keys[:, first, None]
    bits ^= _shifted(bits, 16)
    bits *= _signed(MIX_1)
    bits ^= keys[:, first + 1, None]
    bits ^= _shifted(bits, 15)
    bits *= _signed(MIX_2)
    bits ^= _shifted(bits, 16)
    return bits


@lru_cache(maxsize=4)
def _counters(count: int, device: torch.device) -> Tensor:
    return torch.arange(count, dtype=torch.int32, device=device).mul_(_signed(GOLDEN))


def _signed(value: int) -> int:
    return value - 2**32 if value >= 2**31 else value


def _shifted(bits: Tensor, by: int) -> Tensor:
    """Shifted to the right, zeros coming in."""
    return (bits >> by).bitwise_and_(2 ** (32 - by) - 1)


def kept(keys: Tensor, first: int, size: int, drop: Tensor) -> Tensor:
    """(B, 1, size, size) float32: 0 with the probabilities `drop` (B,), otherwise 1; keys as of `random_bits`."""
    bits = random_bits(keys, first, size * size)
    least = (drop.double() * 2.0**32 - 2.0**31).clamp_(max=2.0**31 - 1).int()[:, None]
    out = torch.empty(bits.shape, device=bits.device)
    return torch.ge(bits, least, out=out).reshape(-1, 1, size, size)


def normal(keys: Tensor, first: int, size: int) -> Tensor:
    """(B, 1, size, size) standard normal random fields (Box and Muller, 1958); keys as of `random_bits`."""
    half = (size * size + 1) // 2
    bits = _shifted(random_bits(keys, first, 2 * half), 8)
    radius = (
        bits[:, :half].float().add_(1).mul_(2**-24).log_().mul_(-2).sqrt_()
    )  # over 0, at most 1 before the logarithm
    angle = bits[:, half:].float().mul_(2**-24 * 2 * math.pi)
    both = torch.cat([radius * angle.cos(), radius * angle.sin()], dim=1)
    return both[:, : size * size].reshape(-1, 1, size, size)
