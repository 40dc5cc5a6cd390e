"""Augmentation after the crop: all samples of a batch at once, in torch, on the training device.

Every choice was drawn by the worker from the run's seed and the sample's number (`spnet.training.augment`), and the
random fields (noise, dropped pixels) are hashes of a sample's keys and a pixel's number. So a sample depends on nothing
but itself: not on its batch, not on the number of processes; on the CPU not in one bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import default_collate

from spnet.training.config import TrainConfig
from spnet.training.fields import kept, normal

Batch = dict[str, Tensor]
Made = Batch | Sequence[Batch]  # samples, collated or not

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
KNOWN = 1 - 1e-4  # a resampled validity that is 1, but for rounding
BRIGHTNESS, CONTRAST = 0, 1  # of `augment.draw_jitter`; the third is saturation
DROP_KEYS, SUBSET_KEYS, NOISE_KEYS = 0, 2, 4  # which of a sample's keys a field takes; each takes two


def finish_batch(config: TrainConfig, batch: Made, device: torch.device, memory: Batch | None = None) -> Batch:
    """From what the workers made to what the network takes.

    Args:
        config: the run.
        batch: samples of `TrainSamples`, collated, or one after the other, which saves a CPU the copy. Each of them is
            asked for once, and finished before the next.
        device: where the network is trained.
        memory: an earlier result that nobody needs any more, which is written over where it has the same shapes. On a
            CPU fresh memory costs a page fault every 4 KB, a fifth of the time that all of this takes.

    Returns:
        On the device: rgb (B, 3, S, S) in [0, 1]; gt and raw (B, 1, S, S), 0 = unknown; for a fill also fill
        (B, 14, S, S).
    """
    if not isinstance(batch, dict) and (device.type != "cpu" or config.revision == "fill"):
        batch = default_collate(list(batch))
    if isinstance(batch, dict) and "jitter" not in batch:  # finished by the worker
        return _moved(batch, device)
    count, size = len(batch["rgb"] if isinstance(batch, dict) else batch), config.crop
    shapes = {"rgb": 3, "gt": 1, "raw": 1}
    out = {
        key: _reused((memory or {}).get(key), torch.Size((count, channels, size, size)), device)
        for key, channels in shapes.items()
    }
    if device.type == "cpu":  # sample by sample: one stays in its cache
        for i, one in enumerate(_each(batch)):
            _finish(config, one, one, {key: value[i : i + 1] for key, value in out.items()})
    elif isinstance(batch, dict):
        _finish(config, batch, _moved(batch, device), out)
    return out


def _moved(batch: Batch, device: torch.device) -> Batch:
    return {key: value.to(device, non_blocking=True) for key, value in batch.items()}


def _each(batch: Made) -> Iterator[Batch]:
    """Views of the samples, each a batch of one."""
    if isinstance(batch, dict):
        yield from ({key: value[i : i + 1] for key, value in batch.items()} for i in range(len(batch["rgb"])))
    else:
        yield from ({key: value[None] for key, value in sample.items()} for sample in batch)


def _reused(memory: Tensor | None, shape: torch.Size, device: torch.device) -> Tensor:
    if memory is not None and memory.shape == shape and memory.device == device:
        return memory
    return torch.empty(shape, device=device)


def _finish(config: TrainConfig, drawn: Batch, batch: Batch, out: Batch) -> None:
    """Fill `out`. `drawn` is `batch` where it can be looked at without waiting for the device."""
    if config.samples == "family":
        out["gt"].copy_(batch["gt"])
        out["raw"].copy_(batch["raw"])
        if config.octaves:
            _normalise(out["gt"], out["raw"], batch["octave"])
    else:  # before the colours, which are more than a cache holds
        resample_depth(batch["depth"], drawn["window"], out["gt"])
        scale_depth(out["gt"], 0 if config.overfit else config.depth_scale, batch["scale"])
        make_raw(out["gt"], drawn, batch, out["raw"])
    out["rgb"].copy_(batch["rgb"])
    if drawn is batch and len(out["rgb"]) == 1:  # as a CPU gets them
        jitter_one(out["rgb"][0], drawn["jitter"][0])
    else:
        jitter_colours(out["rgb"], batch["jitter"])


def jitter_colours(rgb: Tensor, jitter: Tensor) -> None:
    """Brightness, contrast, saturation, each with its factor, in each sample's own order (spec section 4, step 2).

    Each draws the image towards another one, its anchor: towards black, its mean grey, itself in grey.

    Args:
        rgb: (B, 3, S, S) in [0, 255]; changed in place, to [0, 1].
        jitter: (B, 2, 3) of `augment.draw_jitter`, on the same device.
    """
    kinds, factors = (part[..., None, None, None] for part in jitter.transpose(1, 2).unbind(2))
    rgb.div_(255)
    for place in range(3):
        kind, factor = kinds[:, place], factors[:, place]
        grey = rgb[:, :1] * LUMA[0] + rgb[:, 1:2] * LUMA[1] + rgb[:, 2:] * LUMA[2]
        anchor = torch.where(kind == CONTRAST, grey.mean((2, 3), keepdim=True), grey) * (kind != BRIGHTNESS)
        rgb.mul_(factor).add_(anchor * (1 - factor)).clamp_(0, 1)


def jitter_one(rgb: Tensor, jitter: Tensor) -> None:
    """`jitter_colours` of one sample on a CPU, in as few passes as it can be done.

    Each change, and each sequence of changes without a clamp in between, is x * a + grey(x) * b + c: what weakens needs
    no clamp.

    Args:
        rgb: (3, S, S) in [0, 255]; changed in place, to [0, 1].
        jitter: (2, 3).
    """
    a, b, c = 1.0, 0.0, 0.0
    for place, (kind, factor) in enumerate(zip(*jitter.tolist(), strict=True)):
        rest, last = 1 - factor, place == 2
        if kind == CONTRAST:
            # Row by row, then over the rows: with short sums no library splits them differently.
            means = (rgb.sum(2).sum(1) / rgb[0].numel()).tolist()
            mean = sum(weight * value for weight, value in zip(LUMA, means, strict=True))
            a, b, c = a * factor, b * factor, c * factor + ((a + b) * mean + c) * rest
        elif kind == BRIGHTNESS:
            a, b, c = a * factor, b * factor, c * factor
        else:
            a, b = a * factor, b * factor + (a + b) * rest
        if last:
            a, b, c = a / 255, b / 255, c / 255
        if last or factor > 1:
            _colours_changed(rgb, a, b, c)
            rgb.clamp_(0, 1 if last else 255)
            a, b, c = 1.0, 0.0, 0.0


def _colours_changed(rgb: Tensor, a: float, b: float, c: float) -> None:
    """In place x * a + grey(x) * b + c, the weights of grey adding up to 1."""
    if b:
        grey = (rgb[0] * (LUMA[0] * b)).add_(rgb[1], alpha=LUMA[1] * b).add_(rgb[2], alpha=LUMA[2] * b)
        torch.add(grey.add_(c) if c else grey, rgb, alpha=a, out=rgb)
    else:
        rgb.mul_(a)
        if c:
            rgb.add_(c)


def _where(image: Tensor, which: Sequence[bool], change: Callable[..., None], *values: Tensor) -> None:
    """Change the images (B, C, S, S) of some samples in place, with each one's values."""
    if all(which):
        change(image, *values)
    elif any(which):
        index = torch.tensor([i for i, here in enumerate(which) if here]).to(image.device, non_blocking=True)
        part = image[index]
        change(part, *(value[index] for value in values))
        image[index] = part


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
        if not dense:
            planes = planes[:, :1] * torch.gt(planes[:, 1:], KNOWN, out=planes[:, 1:])
        out[sample] = planes[0]


def scale_depth(depth: Tensor, strength: float, share: Tensor) -> None:
    """Depth × U(1 - strength, min(1 + strength, 1 / max)), the upper limit at least 1 (spec section 4, step 2).

    Args:
        depth: (B, 1, S, S), changed in place.
        strength: 0.2 in the paper, 0.4 in PacGDC; 0 leaves the depth as it is.
        share: (B,) where between the limits, 0 to 1.
    """
    low = 1 - strength
    high = depth.amax((1, 2, 3)).reciprocal_().clamp_(1, 1 + strength)  # of nothing at all it is finite as well
    depth.mul_(((high - low) * share + low)[:, None, None, None])


def make_raw(depth: Tensor, drawn: Batch, batch: Batch, out: Tensor) -> None:
    """Sparse input from normalised depth (spec section 4, step 3): noise, blur, holes, uniform drop or another sensor.

    Args:
        depth: (B, 1, S, S) in [0, 1], 0 = unknown.
        drawn, batch: of `augment.draw_raw`, on the CPU and on the device.
        out: (B, 1, S, S) in [0, 1], filled. After the blur it may be known where `depth` is not, as published.
    """
    size = depth.shape[-1]
    out.copy_(depth)
    _where(out, [sigma > 0 for sigma, _ in drawn["noise"].tolist()], _add_noise, batch["noise"], batch["keys"])
    _where(out, [factor > 1 for factor in drawn["blur"].tolist()], _blur, batch["blur"])
    _where(out, drawn["holed"].tolist(), _cut_holes, batch["hole"])
    if "gain" in batch:
        out.mul_(batch["gain"][:, None])
    if any(drawn["drop"].tolist()):
        out.mul_(kept(batch["keys"], DROP_KEYS, size, batch["drop"]))


def _add_noise(depth: Tensor, noise: Tensor, keys: Tensor) -> None:
    size = depth.shape[-1]
    change = normal(keys, NOISE_KEYS, size).mul_(noise[:, 0, None, None, None])
    change.mul_(kept(keys, SUBSET_KEYS, size, noise[:, 1]))
    # Known depth alone; as numbers, since to multiply by booleans takes ten times longer.
    known = torch.gt(depth, 0, out=torch.empty_like(depth))
    depth.addcmul_(change, known).clamp_(0, 1)


def blur_sources(factors: Tensor, size: int) -> Tensor:
    """(B, size): which row (or column) each one shows after nearest down- and upsampling by the factors (B,).

    >>> blur_sources(torch.tensor([2.0]), 6)
    tensor([[0, 0, 2, 2, 4, 4]])
    """
    small = (size / factors).long().clamp(min=1)[:, None]
    return torch.arange(size, device=factors.device) * small // size * size // small


def _blur(depth: Tensor, factors: Tensor) -> None:
    """Columns of the rows that are shown alone: to gather within a row is what takes time."""
    for image, source in zip(depth[:, 0], blur_sources(factors, depth.shape[-1]), strict=True):
        shown, row = torch.unique_consecutive(source, return_inverse=True)
        image.copy_(image.index_select(0, shown).index_select(1, source).index_select(0, row))


def _cut_holes(depth: Tensor, mask: Tensor) -> None:
    depth.mul_(mask[:, None].float())
