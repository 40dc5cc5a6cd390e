"""What is drawn for one training sample, and what its worker does with it: everything that has to be done in NumPy.

The rest happens on whole batches, on the training device: `spnet.training.batched`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from spnet.sparsity import HoleMaps, Pattern, parse_pattern, procedural_holes, quote
from spnet.training.config import HOLES, TrainConfig
from spnet.types import AnyArray, ByteImage, FloatImage, Intrinsics, Sample, Surface

Drawn = dict[str, NDArray[Any]]

WINDOW_TRIES = 10  # torchvision's RandomResizedCrop, which the paper's augmentation is described by
NOISE = (0.01, 0.1)  # sigma of the noise, of the normalised depth (spec section 4, step 3a)
DENSE, THIN = (0.0, 0.9), (0.9, 1.0)  # share of the pixels that are dropped, each half of the time (step 3d)
KEYS = 6  # 32-bit keys of a sample's random fields; two a field


@dataclass(frozen=True)
class Recipe:
    """How a sparse input is made from normalised depth (spec section 4, step 3, and its last paragraph).

    Attributes:
        noise, blur, holes: how often each happens.
        factors: the blur is nearest down- and upsampling by one of these, or by U(1, 16) where there are none.
        sensors: patterns of `spnet.sparsity` that measure instead of the uniform drop, with their probabilities.
    """

    noise: float
    blur: float
    holes: float
    factors: tuple[int, ...] = ()
    sensors: dict[str, float] = field(default_factory=dict)


MOST_BLUR = 16.0
# PacGDC's scanner is the one that OMNI-DC trains with: 4 to 128 lines, beside the camera (its range of lines is ours).
RECIPES = {
    "paper": Recipe(noise=0.5, blur=0.5, holes=0.8, factors=(2, 4, 8, 16)),
    "pacgdc": Recipe(
        noise=0.25, blur=0.25, holes=0.75, sensors={"lidar(4..128, parallax, roll=-5..5)": 0.35, "sift": 0.15}
    ),
}


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

    @property
    def largest(self) -> int:
        """The longest side that a window can have."""
        return round(self.size * math.sqrt(max(1.0, self.area[1])))


def crop_of(config: TrainConfig) -> Crop:
    """The paper keeps what lies within a square of the crop's size; ours may look from farther away."""
    ours = config.samples == "family"
    return Crop(config.crop, config.crop_area, sharp_depth=ours, clip=ours)


@dataclass(frozen=True)
class Window:
    """The part of an image that is resampled to the crop: pixels from `top`, `left` on; mirrored where `flip`."""

    top: int
    left: int
    height: int
    width: int
    flip: bool = False

    def cut(self, image: AnyArray) -> AnyArray:
        """The part of an array (H, W, ...), mirrored or not; a view."""
        part: AnyArray = image[self.top : self.top + self.height, self.left : self.left + self.width]
        return part[:, ::-1] if self.flip else part

    def camera(self, whole: Intrinsics, size: int) -> Intrinsics:
        """The camera of the crop of (size, size) pixels that the window of an image is resampled to.

        >>> Window(0, 10, 20, 40).camera(Intrinsics(100, 100, 29.5, 9.5), 20)
        Intrinsics(fx=50.0, fy=100.0, cx=9.5, cy=9.5)
        """
        right, down = size / self.width, size / self.height
        cx, cy = (whole.cx - self.left + 0.5) * right - 0.5, (whole.cy - self.top + 0.5) * down - 0.5
        return Intrinsics(whole.fx * right, whole.fy * down, size - 1 - cx if self.flip else cx, cy)


def draw_window(shape: tuple[int, int], crop: Crop, rng: np.random.Generator) -> Window:
    """A random square, in it a random resized crop; half of them are mirrored (spec section 4, step 1).

    An image smaller than the crop gives a window that is smaller by as much.
    """
    h, w = shape
    side = min(h, w, crop.size)  # what the crop's size is at this image's resolution
    outer = min(h, w, round(side * crop.largest / crop.size))
    ch, cw = _window_size(crop, side, outer, rng)
    top = int(rng.integers(h - outer + 1)) + int(rng.integers(outer - ch + 1))
    left = int(rng.integers(w - outer + 1)) + int(rng.integers(outer - cw + 1))
    return Window(top, left, ch, cw, bool(rng.random() < 0.5))


def centre_window(shape: tuple[int, int], crop: Crop) -> Window:
    """The square in the middle, unscaled where the image is as large as the crop."""
    side = min(*shape, crop.size)
    return Window((shape[0] - side) // 2, (shape[1] - side) // 2, side, side)


def _window_size(crop: Crop, side: int, outer: int, rng: np.random.Generator) -> tuple[int, int]:
    """Height and width of the part that is resampled, at most `outer` each."""
    for _ in range(1 if crop.clip else WINDOW_TRIES):
        share, aspect = rng.uniform(*crop.area), math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        height, width = (max(1, round(side * math.sqrt(share * a))) for a in (1 / aspect, aspect))
        if max(height, width) <= outer:
            break
    return min(outer, height), min(outer, width)


def resized_rgb(window: ByteImage, size: int, *, flip: bool = False) -> ByteImage:
    """Bilinear with antialiasing, in 8 bits: (h, w, 3) to (3, size, size); mirrored where it is copied anyway."""
    # The batch's axis first: with these strides PyTorch sees that the channels are last, for which its kernel is made.
    planes = torch.from_numpy(np.ascontiguousarray(window))[None].permute(0, 3, 1, 2)
    if window.shape[:2] != (size, size):
        planes = F.interpolate(planes, (size, size), mode="bilinear", antialias=True)
    out: ByteImage = planes[0].numpy()
    return np.ascontiguousarray(out[..., ::-1] if flip else out)  # seven times faster than torch's `contiguous` here


def nearest_depth(window: AnyArray, size: int) -> AnyArray:
    """Nearest pixel: (h, w, ...) to (size, size, ...)."""
    rows, columns = (((np.arange(size) + 0.5) * side / size).astype(np.intp) for side in window.shape[:2])
    out: AnyArray = np.take(window[rows], columns, axis=1)
    return out


def cut_surface(surface: Surface, window: Window, size: int) -> Surface:
    """Normals and materials of the crop of a window; in a mirrored one, normals point the other way in x."""
    normals = nearest_depth(window.cut(surface.normals), size)
    if window.flip:
        normals = normals * np.array([-1, 1, 1], np.float32)
    return Surface(normals, nearest_depth(window.cut(surface.material), size), surface.materials)


def draw_jitter(config: TrainConfig, rng: np.random.Generator) -> NDArray[np.float32]:
    """(2, 3): which of brightness 0, contrast 1, saturation 2 comes first, second, third; and their factors."""
    factors = rng.uniform(1 - config.jitter, 1 + config.jitter, 3)
    return np.stack([rng.permutation(3), factors]).astype(np.float32)


NO_JITTER = np.array([[0, 1, 2], [1, 1, 1]], np.float32)


def draw_raw(
    config: TrainConfig, rgb: ByteImage, depth: FloatImage, holes: HoleMaps | None, rng: np.random.Generator
) -> Drawn:
    """All that decides how the sparse input is made from the depth on the training device.

    Args:
        config: the run; its samples are a key of `RECIPES`.
        rgb: (3, S, S), which key points are found in.
        depth: the window of the depth, in any unit, which a scanner reads.
        holes: masks; None makes procedural ones (ours).
        rng: the random source.

    Returns:
        keys (6,) int32; noise (2,): sigma (0 = none) and dropped share; blur (): factor (1 = none); hole (S, S) uint8,
        1 = measured, and holed (): whether it has any effect; drop (): dropped share; and, where the recipe has other
        sensors, gain (S, S): what they read as a multiple of the depth.
    """
    recipe, size = RECIPES[config.samples], config.crop
    keys = rng.integers(-(2**31), 2**31, KEYS).astype(np.int32)
    noise = [rng.uniform(*NOISE), rng.uniform()] if rng.random() < recipe.noise else [0, 0]
    blur = 1.0
    if rng.random() < recipe.blur:
        blur = float(rng.choice(recipe.factors)) if recipe.factors else rng.uniform(1, MOST_BLUR)
    hole = None
    if rng.random() < recipe.holes:
        # Pillow moves a mask in a third of the time that gathering its pixels in torch takes.
        hole = holes.draw_as_paper((size, size), rng) if holes else procedural_holes((size, size), rng)
    drop = rng.uniform(*(DENSE if rng.random() < 0.5 else THIN))
    out: Drawn = {
        "keys": keys,
        "noise": np.array(noise, np.float32),
        "blur": np.array(blur, np.float32),
        "hole": np.ones((size, size), np.uint8) if hole is None else hole.view(np.uint8),
        "holed": np.array(hole is not None),
        "drop": np.array(drop, np.float32),
    }
    if recipe.sensors:
        out["gain"], read = _draw_gain(recipe, rgb, depth, rng)
        if read:
            out["drop"] = np.array(0, np.float32)
    return out


def _draw_gain(recipe: Recipe, rgb: ByteImage, depth: FloatImage, rng: np.random.Generator) -> tuple[FloatImage, bool]:
    """What a drawn sensor reads as a multiple of the depth, 0 = nothing; all 1 and False for the uniform drop."""
    size = rgb.shape[-1]
    place = int(np.searchsorted(np.cumsum(list(recipe.sensors.values())), rng.random(), side="right"))
    if place == len(recipe.sensors):
        return np.ones((size, size), np.float32), False
    scene: FloatImage = nearest_depth(depth, size)
    pattern = _pattern(list(recipe.sensors)[place])
    read = pattern(Sample(np.ascontiguousarray(rgb.transpose(1, 2, 0)), scene), rng)
    return np.divide(read, scene, out=np.zeros_like(scene), where=scene > 0), True


_pattern = lru_cache(maxsize=8)(parse_pattern)

# Uniform points of any density, a handful of points, LiDAR lines, grids, holes, and mixtures of these; then light
# noise, and in one of five samples gross errors: outliers, the wrong side's depth at edges, a shifted depth image.
# Densities reach from 0.03 % to 20 %: the published benchmarks' 0.1 % to 10 % and a margin. Few lines come more often
# than others, since most is left to say between them. Half of the holes are real where there are real masks: a few
# hundred masks of two scenes would be learned by heart.
FAMILY = (
    "(0.35*random(0.03%..20%) + 0.08*random(1..60) + 0.13*lidar(4..64, roll=-5..5) + 0.07*lidar(4..12, roll=-5..5)"
    " + 0.05*lidar(8..64, parallax) + 0.05*grid(6..40) + 0.27*({holes}) | (0.3*random(0.2%..50%) + 0.7*all))"
    " | (0.3*gauss(0%..2%) + 0.1*noise(1%..10%) + 0.05*bleed(2..4, share=50%) + 0.05*shift(1..3) + 0.5*all)"
)


@lru_cache(maxsize=4)
def family(hole_maps: Path | None, sparsity: str = "") -> Pattern:
    """The sparsity of our recipes as a pattern.

    Args:
        hole_maps: a folder of real masks.
        sparsity: as in `TrainConfig`.
    """
    real = f"(holes + holes(maps={quote(str(hole_maps))}, turned))" if hole_maps else "holes"
    return parse_pattern((sparsity or FAMILY).replace(HOLES, real))
