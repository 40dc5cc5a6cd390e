"""What happens to one RGB-D pair before the network sees it. Each function takes its random generator.

Arrays: rgb (H, W, 3) float32 in [0, 1]; depth (H, W) float32, 0 = unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from spnet.sparsity import HoleMaps, Pattern, parse_pattern, procedural_holes, quote
from spnet.types import FloatImage, Sample

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601

WINDOW_TRIES = 10  # torchvision's RandomResizedCrop, which the paper's augmentation is described by


@dataclass(frozen=True)
class Crop:
    """How a training crop is cut and resampled.

    Attributes:
        size: side of the result, pixels.
        area: range of the source area, as a share of size²; aspect 3/4 to 4/3.
        sharp_depth: resample depth to the nearest pixel. Bilinear (the paper's) puts depths that exist nowhere
            between foreground and background.
        clip: a window that does not fit is clipped, instead of drawn anew (the paper's).
    """

    size: int
    area: tuple[float, float]
    sharp_depth: bool = False
    clip: bool = False


def resized_crop(
    rgb: FloatImage, depth: FloatImage, crop: Crop, rng: np.random.Generator
) -> tuple[FloatImage, FloatImage]:
    """Cut a random square, in it a random resized crop, and flip half of them (spec section 4, step 1).

    Resampling is bilinear with antialiasing; a depth pixel stays known only where all of its sources were known.
    Images smaller than the crop are first enlarged to it.

    Returns:
        rgb (size, size, 3) and depth (size, size).
    """
    size = crop.size
    planes = torch.from_numpy(np.dstack([rgb, depth, depth > 0]).astype(np.float32)).permute(2, 0, 1)
    h, w = depth.shape
    if min(h, w) < size:
        scale = size / min(h, w)
        h, w = max(size, round(h * scale)), max(size, round(w * scale))
        planes = _resample(planes, (h, w), crop.sharp_depth)
    outer = min(h, w, round(size * np.sqrt(max(1.0, crop.area[1]))))
    ch, cw = _window(crop, outer, rng)
    top = int(rng.integers(h - outer + 1)) + int(rng.integers(outer - ch + 1))
    left = int(rng.integers(w - outer + 1)) + int(rng.integers(outer - cw + 1))
    out = _resample(planes[:, top : top + ch, left : left + cw], (size, size), crop.sharp_depth)
    if rng.random() < 0.5:
        out = out.flip(-1)
    known = out[4] > 1 - 1e-4
    return out[:3].clamp(0, 1).permute(1, 2, 0).contiguous().numpy(), (out[3] * known).numpy()


def _window(crop: Crop, outer: int, rng: np.random.Generator) -> tuple[int, int]:
    """Height and width of the part that is resampled, at most `outer` each."""
    for _ in range(1 if crop.clip else WINDOW_TRIES):
        share, aspect = rng.uniform(*crop.area), np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
        height, width = (max(1, round(crop.size * np.sqrt(share * a))) for a in (1 / aspect, aspect))
        if max(height, width) <= outer:
            break
    return min(outer, height), min(outer, width)


def _resample(planes: torch.Tensor, shape: tuple[int, int], sharp_depth: bool) -> torch.Tensor:
    """Resize (5, H, W): red, green, blue, depth, known."""
    smooth = planes[None, :3] if sharp_depth else planes[None]
    out = F.interpolate(smooth, shape, mode="bilinear", antialias=True, align_corners=False)[0]
    if sharp_depth:
        out = torch.cat([out, F.interpolate(planes[None, 3:], shape, mode="nearest-exact")[0]])
    return out


def colour_jitter(rgb: FloatImage, strength: float, rng: np.random.Generator) -> FloatImage:
    """Brightness, contrast and saturation, each × U(1 ± strength), in random order (spec section 4, step 2)."""
    for kind in rng.permutation(3):
        factor = np.float32(rng.uniform(1 - strength, 1 + strength))
        grey = rgb @ LUMA
        anchor = (np.float32(0), grey.mean(), grey[..., None])[kind]
        rgb = np.clip(anchor + (rgb - anchor) * factor, 0, 1)
    return rgb


def paper_scale(depth: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Depth × U(0.8, min(1.2, 1 / max)), the upper limit at least 1 (spec section 4, step 2)."""
    peak = float(depth.max())
    high = max(1.0, min(1.2, 1.0 / peak)) if peak > 0 else 1.0
    scaled: FloatImage = depth * np.float32(rng.uniform(0.8, high))
    return scaled


def paper_raw(depth: FloatImage, holes: HoleMaps | None, rng: np.random.Generator) -> FloatImage:
    """Sparse input from normalised depth (spec section 4, step 3): noise, blur, holes, uniform drop.

    Args:
        depth: (H, W) in [0, 1], 0 = unknown.
        holes: masks; None makes procedural ones (ours).
        rng: the random source.

    Returns:
        (H, W) in [0, 1], 0 = unknown. After the blur it may be known where `depth` is not, as published.
    """
    raw = depth
    if rng.random() < 0.5:
        sigma, drop = rng.uniform(0.01, 0.1), rng.uniform()
        hit = (depth > 0) & (rng.random(depth.shape) >= drop)
        raw = raw + hit * rng.normal(0, sigma, depth.shape).astype(np.float32)
    if rng.random() < 0.5:
        raw = _blocks(raw, 2 ** int(rng.integers(1, 5)))
    raw = np.clip(raw, 0, 1)
    if rng.random() < 0.8:
        raw = raw * (procedural_holes(raw.shape, rng) if holes is None else holes.draw_as_paper(raw.shape, rng))
    low, high = (0.0, 0.9) if rng.random() < 0.5 else (0.9, 1.0)
    return raw * (rng.random(raw.shape) >= rng.uniform(low, high))


def _blocks(depth: FloatImage, factor: int) -> FloatImage:
    """Nearest-neighbour down- then upsampling by `factor`."""
    tensor = torch.from_numpy(np.ascontiguousarray(depth, dtype=np.float32))[None, None]
    small = F.interpolate(tensor, [max(1, side // factor) for side in depth.shape], mode="nearest")
    return F.interpolate(small, depth.shape, mode="nearest")[0, 0].numpy()


# Uniform points of any density, LiDAR lines, holes, and mixtures; light noise. Densities reach from 0.06 % to 20 %: the
# published benchmarks' 0.1 % to 10 % and a margin. Half of the holes are real where there are real masks: a few hundred
# masks of two scenes would be learned by heart.
FAMILY = (
    "(0.5*random(0.06%..20%) + 0.2*lidar(4..39, roll=-5..5) + 0.3*({holes}) | (0.3*random(0.2%..50%) + 0.7*all))"
    " | (0.3*gauss(0%..2%) + 0.7*all)"
)


@lru_cache(maxsize=4)
def family(hole_maps: Path | None) -> Pattern:
    """The sparsity of our recipe as a pattern; `hole_maps` is a folder of real masks."""
    real = f" + holes(maps={quote(str(hole_maps))}, turned)" if hole_maps else ""
    return parse_pattern(FAMILY.format(holes=f"holes{real}"))


def family_raw(depth: FloatImage, holes: HoleMaps | None, rng: np.random.Generator) -> FloatImage:
    """Sparse input of our recipe: see `FAMILY`. Depth and result (H, W), 0 = unknown."""
    no_image = np.broadcast_to(np.uint8(0), (*depth.shape, 3))  # none of the family's patterns looks at it
    return family(holes.folder if holes else None)(Sample(no_image, depth), rng)
