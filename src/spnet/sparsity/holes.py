"""Holes: regions that a structured-light or stereo camera leaves unmeasured, from real masks or procedural ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from spnet.errors import BadInput
from spnet.types import BoolImage


class HoleMaps:
    """Real hole masks from a folder (`<dir>/**/*.png`, 255 = measured, 0 = hole), kept packed in memory."""

    def __init__(self, folder: str | Path) -> None:
        """Read all masks.

        Raises:
            BadInput: the folder holds no mask.
        """
        self.paths = sorted(Path(folder).rglob("*.png"))
        if not self.paths:
            raise BadInput(f"No hole masks (*.png) in {folder}: expected 8-bit images, 255 measured and 0 hole.")
        self._maps = [_read_mask(path) for path in self.paths]

    def __len__(self) -> int:
        return len(self._maps)

    def draw(self, shape: tuple[int, int], rng: np.random.Generator) -> BoolImage:
        """A random mask at its own scale, resized (nearest) to `shape` (H, W) and flipped at random."""
        mask = self._maps[int(rng.integers(len(self)))]
        return _flip(_resize(mask, shape), rng)

    def draw_augmented(self, shape: tuple[int, int], rng: np.random.Generator) -> BoolImage:
        """As `draw`, after a random rotation, scale and shift; for training. What falls outside is measured."""
        mask = self._maps[int(rng.integers(len(self)))]
        angle, scale = rng.uniform(-np.pi, np.pi), 2.0 ** rng.uniform(-1.0, 2.0)
        h, w = shape
        cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
        cx, cy = rng.uniform(0, mask.shape[1]), rng.uniform(0, mask.shape[0])
        coefficients = (cos, -sin, cx - cos * w / 2 + sin * h / 2, sin, cos, cy - sin * w / 2 - cos * h / 2)
        image = Image.fromarray(mask.view(np.uint8) * 255)
        out = image.transform((w, h), Image.Transform.AFFINE, coefficients, Image.Resampling.NEAREST, fillcolor=255)
        return np.asarray(out) > 127


def _read_mask(path: Path) -> BoolImage:
    with Image.open(path) as image:
        return np.asarray(image.convert("L")) > 127


def _resize(mask: BoolImage, shape: tuple[int, int]) -> BoolImage:
    image = Image.fromarray(mask.view(np.uint8) * 255)
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.NEAREST)) > 127


def _flip(mask: BoolImage, rng: np.random.Generator) -> BoolImage:
    if rng.random() < 0.5:
        mask = mask[:, ::-1]
    return np.ascontiguousarray(mask)


def procedural_holes(
    shape: tuple[int, int], rng: np.random.Generator, share: tuple[float, float] = (0.05, 0.6)
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
