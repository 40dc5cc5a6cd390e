"""Few measurements: the network looks from farther away.

How far a network of convolutions carries a measurement is a matter of pixels, and so is how far apart the measurements
lay that it was trained with. Where they are farther apart than that, a smaller image brings both back, at a fraction of
the time. Colours are averaged, measurements keep their values and move to the smaller pixel that they lie in.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spnet.types import BoolImage, ByteImage, FloatImage

# All ours, by images of the training sets (docs/model-design.md).
SPACING = 40.0  # pixels between measurements, from which on half of the resolution is better; a quarter from 4 times it
MOST = 0.02  # share of measured pixels; with more of them something is dense, which a smaller image would lose
LEAST = 120  # pixels of the smaller image's shorter side
CELL = 4  # pixels of a side of what is one in the estimate of the spacing


def working_size(depth: FloatImage) -> tuple[int, int]:
    """The size that the network is to see: the depth's own, or a half, a quarter... of it.

    Args:
        depth: (H, W), any unit, 0 = not measured.

    Returns:
        Height and width.

    >>> depth = np.zeros((480, 640), np.float32)
    >>> depth[::120] = 1
    >>> working_size(depth)
    (240, 320)
    """
    height, width = depth.shape
    measured = depth > 0
    largest = min(height, width) // LEAST
    if largest < 2 or not 0 < np.count_nonzero(measured) <= MOST * measured.size:
        return height, width
    spacing = median_spacing(measured)
    if spacing < SPACING:
        return height, width
    factor = min(2 ** (1 + int(math.log(spacing / SPACING, 4))), 2 ** int(math.log2(largest)))
    return round(height / factor), round(width / factor)


def median_spacing(measured: BoolImage) -> float:
    """How far apart measurements (H, W) are, pixels: twice the median distance to them, to `CELL` pixels.

    Not the mean, which a sky without measurements decides.
    """
    from scipy.ndimage import distance_transform_edt  # a third of a second, which not every image needs

    tops, lefts = (np.arange(0, length, CELL) for length in measured.shape)
    cells = np.logical_or.reduceat(np.logical_or.reduceat(measured, tops, axis=0), lefts, axis=1)
    distance = distance_transform_edt(~cells)
    holes = distance[distance > 0]
    return 2 * CELL * float(np.median(holes)) if len(holes) else 0.0


def shrink_rgb(rgb: ByteImage, size: tuple[int, int]) -> ByteImage:
    """Colours (H, W, 3) averaged to a size."""
    return np.asarray(Image.fromarray(rgb).resize(size[::-1], Image.Resampling.BOX))


def shrink_depth(depth: FloatImage, size: tuple[int, int]) -> FloatImage:
    """Measurements (H, W), 0 = none, each in the pixel of a smaller image that it lies in; of several there, one."""
    rows, cols = np.nonzero(depth)
    out = np.zeros(size, depth.dtype)
    out[_scaled(rows, depth.shape[0], size[0]), _scaled(cols, depth.shape[1], size[1])] = depth[rows, cols]
    return out


def _scaled(at: NDArray[np.intp], old: int, new: int) -> NDArray[np.intp]:
    return (2 * at + 1) * new // (2 * old)


def enlarge(image: FloatImage, size: tuple[int, ...]) -> FloatImage:
    """A map (H, W) interpolated to a larger size; as it is where it has that size."""
    if image.shape == size:
        return image
    height, width = size
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))


def enlarge_error(expected: FloatImage, size: tuple[int, ...]) -> FloatImage:
    """An expected error (H, W) at a larger size, and larger by the root of the factor.

    Measurements being farther apart than it sees, the network expects too little (docs/model-design.md).
    """
    if expected.shape == size:
        return expected
    return enlarge(expected, size) * np.float32(math.sqrt(size[0] / expected.shape[0]))
