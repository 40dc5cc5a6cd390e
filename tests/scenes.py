"""Small images that several tests share."""

from __future__ import annotations

import numpy as np

from spnet.types import ByteImage, FloatImage


def room(height: int, width: int, *, share: float = 0.1, seed: int = 0) -> tuple[ByteImage, FloatImage]:
    """A slanted wall with a nearer box, as (H, W, 3) uint8 and sparse (H, W) metres with at least one measurement."""
    rng = np.random.default_rng(seed)
    v, u = np.mgrid[0:height, 0:width].astype(np.float32) / max(height, width)
    box = (abs(u - 0.5) < 0.2) & (abs(v - 0.3) < 0.15)
    depth = np.where(box, 1.5, 2 + 3 * u + v).astype(np.float32)
    colour = np.stack([255 * u, 255 * v, np.where(box, 220, 40)], axis=2)
    measured = rng.random(depth.shape) < share
    measured[rng.integers(height), rng.integers(width)] = True
    return (colour + rng.normal(0, 4, colour.shape)).clip(0, 255).astype(np.uint8), depth * measured
