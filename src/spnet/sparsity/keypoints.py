"""Points where a feature detector finds something in the image, as structure from motion would measure them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from spnet.extras import need
from spnet.sparsity.patterns import matched_count, random_count
from spnet.types import BoolImage, ByteImage, FloatImage, Sample

Detector = Literal["sift", "orb"]

FEWEST = 20  # OMNI-DC: with fewer key points, random points are taken instead,
INSTEAD = 1000  # this many, density-matched
ORB_POINTS = 100_000  # OMNI-DC: up to this many, ordered by FAST's score
# Ours for corners: a corner may be 1 % as strong as the strongest, and they keep 5 pixels apart.
CORNER_QUALITY = 0.01
CORNER_DISTANCE = 5


def key_points(sample: Sample, detector: Detector, rng: np.random.Generator) -> BoolImage:
    """Keep known pixels at SIFT or ORB key points of the image, as OMNI-DC's benchmark does.

    Where the detector finds under 20, or none of them is known, 1000 (density-matched) random pixels are kept.

    Raises:
        MissingExtra: without OpenCV.
    """
    cv2 = _cv2()
    if detector == "sift":
        found = cv2.SIFT_create().detect(_grey(sample.rgb))
    else:
        found = cv2.ORB_create(nfeatures=ORB_POINTS, scoreType=cv2.ORB_FAST_SCORE).detect(_grey(sample.rgb))
    points = np.array([point.pt for point in found], dtype=np.float64).reshape(-1, 2)
    return _known_at(points, sample.depth, rng)


def corners(sample: Sample, count: int, rng: np.random.Generator) -> BoolImage:
    """Keep known pixels at the `count` strongest corners (Shi and Tomasi, 1994), as a tracker would follow them.

    Where there are under 20, or none of them is known, random pixels as in `key_points`.

    Raises:
        MissingExtra: without OpenCV.
    """
    found = _cv2().goodFeaturesToTrack(_grey(sample.rgb), count, CORNER_QUALITY, CORNER_DISTANCE)
    points = np.zeros((0, 2)) if found is None else np.asarray(found, dtype=np.float64).reshape(-1, 2)
    return _known_at(points, sample.depth, rng, fewest=min(FEWEST, count))


def _known_at(points: Any, depth: FloatImage, rng: np.random.Generator, fewest: int = FEWEST) -> BoolImage:
    """The known pixels nearest to the points (x, y); random ones where there are too few."""
    mask = np.zeros(depth.shape, dtype=bool)
    column, row = np.rint(points).astype(np.intp).T
    mask[np.clip(row, 0, depth.shape[0] - 1), np.clip(column, 0, depth.shape[1] - 1)] = True
    mask &= depth > 0
    if len(points) < fewest or not mask.any():
        return random_count(depth, matched_count(depth, INSTEAD), rng)
    return mask


def _grey(rgb: ByteImage) -> Any:
    cv2 = _cv2()
    return cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)


def _cv2() -> Any:
    return need("cv2", "eval", "Key points")
