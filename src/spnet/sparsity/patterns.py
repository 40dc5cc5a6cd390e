"""Points by plain rules: uniform random ones, a grid, and the zones of a low-resolution sensor.

Every function takes a depth map (H, W) in metres with 0 = unknown. Those that choose pixels return a boolean mask of
them; the measured depth is `depth * mask`.
"""

from __future__ import annotations

import numpy as np

from spnet.types import BoolImage, FloatImage

# OMNI-DC's density-matched counts are written for 480x640 images: N = 2150 is its 0.7 % column, and never under 5.
PROTOCOL_PIXELS = 480 * 640
PROTOCOL_LEAST = 5


def random_fraction(depth: FloatImage, fraction: float, rng: np.random.Generator) -> BoolImage:
    """Keep each known pixel with probability `fraction` (0 to 1)."""
    mask: BoolImage = (depth > 0) & (rng.random(depth.shape, dtype=np.float32) < fraction)
    return mask


def random_count(depth: FloatImage, count: int, rng: np.random.Generator) -> BoolImage:
    """Keep exactly `count` known pixels (all of them where fewer are known)."""
    known = np.flatnonzero(depth > 0)
    keep = rng.choice(known, size=min(count, len(known)), replace=False)
    mask = np.zeros(depth.size, dtype=bool)
    mask[keep] = True
    return mask.reshape(depth.shape)


def matched_count(depth: FloatImage, count: int) -> int:
    """OMNI-DC's density-matched count: max(round(known pixels * count / (H * W)), 5).

    >>> matched_count(np.eye(100, dtype=np.float32), 2000)
    20
    """
    return max(round(int(np.count_nonzero(depth > 0)) * count / depth.size), PROTOCOL_LEAST)


def grid(depth: FloatImage, step: int, rng: np.random.Generator) -> BoolImage:
    """Keep every `step`-th row and column, from a random start on (a dot projector; ours)."""
    top, left = (int(start) for start in rng.integers(step, size=2))
    mask = np.zeros(depth.shape, dtype=bool)
    mask[min(top, depth.shape[0] - 1) :: step, min(left, depth.shape[1] - 1) :: step] = True
    return mask & (depth > 0)


def zones(depth: FloatImage, side: int, *, mean: bool = False) -> FloatImage:
    """A low-resolution sensor: one value for each block of side x side pixels, at the block's centre (ours).

    Args:
        depth: (H, W) metres.
        side: of a block, pixels; blocks at the right and lower border may be cut.
        mean: the zone reads the mean of its known pixels, and so, at an edge, a depth that exists nowhere. Otherwise
            the (lower) median, which exists.

    Returns:
        (H, W) metres; 0 outside the centres, and at those of blocks without a known pixel.

    >>> zones(np.array([[1, 3], [0, 9]], np.float32), 2).tolist()
    [[0.0, 0.0], [0.0, 3.0]]
    >>> zones(np.array([[1, 3]], np.float32), 2, mean=True).tolist()
    [[0.0, 2.0]]
    """
    h, w = depth.shape
    rows, columns = -(-h // side), -(-w // side)
    padded = np.zeros((rows * side, columns * side), np.float32)
    padded[:h, :w] = depth
    blocks = padded.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(rows, columns, side * side)
    known = np.count_nonzero(blocks, axis=2)
    if mean:
        values = blocks.sum(axis=2) / np.maximum(known, 1)
    else:  # unknown pixels are 0 and so sorted to the front
        middle = side * side - known + np.maximum(known - 1, 0) // 2
        ordered = np.sort(blocks, axis=2)
        values = np.take_along_axis(ordered, np.minimum(middle, side * side - 1)[..., None], axis=2)[..., 0]
    out = np.zeros_like(depth)
    at_rows = np.minimum(np.arange(rows) * side + side // 2, h - 1)
    at_columns = np.minimum(np.arange(columns) * side + side // 2, w - 1)
    out[np.ix_(at_rows, at_columns)] = np.where(known > 0, values, 0)
    return out
