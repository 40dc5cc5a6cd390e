"""Holes: regions that a structured-light or stereo camera leaves unmeasured, from real masks or procedural ones."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from spnet.errors import BadInput
from spnet.io import read_rgb
from spnet.types import BoolImage

# The paper's random affine map of a mask (spec section 4, step 3c).
PAPER_TURN = 180.0  # degrees, to either side
PAPER_SHIFT = 0.5  # share of the side, to either side
PAPER_SCALE = (0.5, 4.0)
PAPER_SHEAR = 60.0  # degrees, to either side, along x


MOST_KEPT = 64 * 2**20  # bytes of decoded masks that are kept: 1700 of 640 x 480 (ours)


class HoleMaps:
    """Real hole masks of a folder (`<dir>/**/*.png`, 255 = measured, 0 = hole); each is read when it is first drawn."""

    def __init__(self, folder: str | Path) -> None:
        """List the masks.

        Raises:
            BadInput: the folder holds no mask.
        """
        self.folder = Path(folder)
        self._packed: dict[int, tuple[NDArray[np.uint8], int]] = {}  # decoded masks, a bit a pixel, and their widths
        try:
            self.paths = sorted(path for path in self.folder.rglob("*.png") if not path.name.startswith("."))
        except (OSError, ValueError):  # ValueError: a zero byte in the name
            self.paths = []
        if not self.paths:
            raise BadInput(f"No hole masks (*.png) in {folder}: expected 8-bit images, 255 measured and 0 hole.")

    def __len__(self) -> int:
        return len(self.paths)

    def _any(self, rng: np.random.Generator) -> BoolImage:
        """One of the masks, (H, W), at its own size. Raises BadInput where its file cannot be read."""
        index = int(rng.integers(len(self)))
        if index not in self._packed:
            rgb = read_rgb(self.paths[index])
            # Whether the largest of the three is over 127; max(axis=2) takes several times longer.
            mask: BoolImage = (rgb[..., 0] | rgb[..., 1] | rgb[..., 2]) > 127
            if sum(packed.nbytes for packed, _ in self._packed.values()) > MOST_KEPT:
                self._packed.pop(next(iter(self._packed)))
            self._packed[index] = np.packbits(mask, axis=1), mask.shape[1]
        packed, width = self._packed[index]
        return np.unpackbits(packed, axis=1, count=width).view(np.bool_)

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> BoolImage:
        """A random mask at its own scale, resized (nearest) to `shape` (H, W) and flipped at random."""
        return _flip(_resize(self._any(rng), shape), rng)

    def draw_augmented(self, shape: tuple[int, ...], rng: np.random.Generator) -> BoolImage:
        """As `draw`, after a random rotation, scale and shift (ours). What falls outside is measured."""
        mask = self._any(rng)
        angle, scale = rng.uniform(-np.pi, np.pi), 2.0 ** rng.uniform(-1.0, 2.0)
        h, w = shape
        cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
        cx, cy = rng.uniform(0, mask.shape[1]), rng.uniform(0, mask.shape[0])
        coefficients = (cos, -sin, cx - cos * w / 2 + sin * h / 2, sin, cos, cy - sin * w / 2 - cos * h / 2)
        return _transform(mask, shape, coefficients)

    def draw_as_paper(self, shape: tuple[int, ...], rng: np.random.Generator) -> BoolImage:
        """A random crop of a random mask, then the paper's random affine map, then a flip along each axis with p 0.5.

        A mask smaller than `shape` (H, W) is first enlarged to it. What falls outside of the crop is measured.
        """
        mask = self._any(rng)
        enlarge = max(shape[0] / mask.shape[0], shape[1] / mask.shape[1])
        if enlarge > 1:
            height, width = (max(w, round(h * enlarge)) for h, w in zip(mask.shape, shape, strict=True))
            mask = _resize(mask, (height, width))
        top, left = (int(rng.integers(have - want + 1)) for have, want in zip(mask.shape, shape, strict=True))
        mask = mask[top : top + shape[0], left : left + shape[1]]
        a, b, c, d, e, f = _paper_affine(shape, rng)
        if rng.random() < 0.5:
            a, c, d, f = -a, c + a * shape[1], -d, f + d * shape[1]
        if rng.random() < 0.5:
            b, c, e, f = -b, c + b * shape[0], -e, f + e * shape[0]
        return _transform(mask, shape, (a, b, c, d, e, f))


def _paper_affine(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[float, ...]:
    """Coefficients (a, b, c, d, e, f) of x' = a x + b y + c, y' = d x + e y + f from a result's pixel to its source."""
    turn, shear = (
        math.radians(rng.uniform(-PAPER_TURN, PAPER_TURN)),
        math.radians(rng.uniform(-PAPER_SHEAR, PAPER_SHEAR)),
    )
    right, down = (side * (0.5 + rng.uniform(-PAPER_SHIFT, PAPER_SHIFT)) for side in (shape[1], shape[0]))
    # About the centre, the inverse of scale * rotation @ [[1, -tan(shear)], [0, 1]].
    scale, lean = rng.uniform(*PAPER_SCALE), math.tan(shear)
    cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
    a, b, d, e = cos - lean * sin, sin + lean * cos, -sin, cos
    return a, b, shape[1] / 2 - a * right - b * down, d, e, shape[0] / 2 - d * right - e * down


def _image(mask: BoolImage) -> Image.Image:
    """Of 0 and 1, which a nearest-neighbour transform keeps: no pass to 255 and back."""
    return Image.fromarray(np.ascontiguousarray(mask).view(np.uint8))


def _transform(mask: BoolImage, shape: tuple[int, ...], coefficients: tuple[float, ...]) -> BoolImage:
    size = (shape[1], shape[0])
    out = _image(mask).transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.NEAREST, fillcolor=1)
    return np.array(out).view(np.bool_)


def _resize(mask: BoolImage, shape: tuple[int, ...]) -> BoolImage:
    return np.array(_image(mask).resize((shape[1], shape[0]), Image.Resampling.NEAREST)).view(np.bool_)


def _flip(mask: BoolImage, rng: np.random.Generator) -> BoolImage:
    """Left and right swapped with p 0.5."""
    if rng.random() < 0.5:
        mask = mask[:, ::-1]
    return np.ascontiguousarray(mask)


def procedural_holes(
    shape: tuple[int, ...], rng: np.random.Generator, share: tuple[float, float] = (0.05, 0.6)
) -> BoolImage:
    """A mask (True = measured) with smooth random blobs as holes; for use without real masks. Ours.

    Args:
        shape: (H, W).
        rng: the random source.
        share: the range from which the share of hole pixels is drawn.
    """
    scale = 2.0 ** rng.uniform(2.0, 6.0)
    # Noise is made coarse and enlarged: a Gaussian of 60 pixels on the full grid would cost a hundred times more.
    step = max(1, int(scale / 4))
    coarse = (shape[0] // step + 2, shape[1] // step + 2)
    noise = gaussian_filter(rng.standard_normal(coarse, dtype=np.float32), scale / step)
    image = Image.fromarray(noise).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    field = np.asarray(image)
    mask: BoolImage = field > np.quantile(field, rng.uniform(*share))
    return mask
