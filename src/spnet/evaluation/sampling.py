"""Sparse inputs that published protocols draw in a way of their own, and the point filter of one of them.

All take a truth map (H, W) in metres, 0 = unknown. OMNI-DC draws with torch and Marigold-DC with numpy's old generator:
of OMNI-DC's inputs ours have the distribution, of Marigold-DC's the very pixels.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import minimum_filter

from spnet.types import AnyArray, BoolImage, FloatImage

OMNI_KNOWN = 1e-4  # metres: OMNI-DC takes less for unknown
OMNI_LEAST = 5  # points at least
MARIGOLD_SEED = 2024
CLEAN_WINDOW = 7  # Marigold-DC, section 4.1: the window, in pixels,
CLEAN_JUMP = 1.5  # and how many metres behind the nearest point a point is dropped


def omni_points(truth: FloatImage, count: int, rng: np.random.Generator) -> BoolImage:
    """OMNI-DC's random points: `count` is of a full image and shrinks with the share of known pixels.

    Returns:
        (H, W) mask with max(round(known * count / (H W)), 5) points, fewer where fewer are known.

    >>> truth = np.ones((10, 20), np.float32); truth[:, 10:] = 0
    >>> int(omni_points(truth, 40, np.random.default_rng(0)).sum())
    20
    """
    known = np.flatnonzero(truth > OMNI_KNOWN)
    matched = max(round(len(known) * count / truth.size), OMNI_LEAST)
    return _mask(truth, rng.permutation(known)[:matched])


def marigold_points(truth: FloatImage, count: int) -> BoolImage:
    """Marigold-DC's points, pixel for pixel: known pixels in reading order, shuffled by seed 2024, the first `count`.

    Every image starts from the same seed, as in the released code. Fewer points where fewer pixels are known.
    """
    known = np.flatnonzero(truth > 0)
    np.random.RandomState(MARIGOLD_SEED).shuffle(known)
    return _mask(truth, known[:count])


def clean_points(raw: FloatImage) -> FloatImage:
    """Marigold-DC's filter of projected LiDAR: points seen past the edge of something nearer are dropped.

    Around every point the nearest depth within 7x7 pixels is looked up; a point is dropped where it lies more than
    1.5 m behind that of any point within 7x7 pixels of it, its own included. (That is the released code; the paper
    tells of the point's own window alone. Method: Conti et al. 2022, arXiv 2210.03118.)

    Args:
        raw: (H, W) metres, 0 = not measured.

    >>> clean_points(np.array([[2.0, 0.0, 3.0, 4.0]], np.float32))
    array([[2., 0., 3., 0.]], dtype=float32)
    """
    known = raw > 0
    nearest = np.where(known, _window_minimum(np.where(raw > 1e-3, raw, np.inf)), np.inf)
    dropped = known & (raw - _window_minimum(nearest) > CLEAN_JUMP)
    return np.where(dropped, np.float32(0), raw)


def _window_minimum(image: AnyArray) -> AnyArray:
    return np.asarray(minimum_filter(image, CLEAN_WINDOW, mode="constant", cval=np.inf))


def _mask(truth: FloatImage, pixels: AnyArray) -> BoolImage:
    mask = np.zeros(truth.size, dtype=bool)
    mask[pixels] = True
    return mask.reshape(truth.shape)
