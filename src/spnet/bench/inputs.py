"""Made-up inputs: networks take as long for these as for real ones."""

from __future__ import annotations

import numpy as np

from spnet.backends import Inputs
from spnet.types import ByteImage, FloatImage, Sample

SHARE = 0.01  # of measured pixels
NEAR, FAR = 1.0, 5.0  # metres


def made_up_inputs(height: int, width: int, *, needs_fill: bool, batch: int = 1) -> Inputs:
    """Random colours, one pixel in a hundred measured, and a random fill of the right order."""
    rng = np.random.default_rng(0)
    raw = np.where(rng.random((batch, 1, height, width)) < SHARE, rng.random((batch, 1, height, width)), 0)
    inputs = {"rgb": rng.random((batch, 3, height, width), np.float32), "raw": raw.astype(np.float32)}
    if needs_fill:
        from spnet.fill import FILL_CHANNELS  # brings SciPy along

        fill = rng.random((batch, FILL_CHANNELS, height, width), np.float32) + 0.5
        fill[:, 1] = 0.4  # near, planar and far in their order
        fill[:, 2] = 1.6
        inputs["fill"] = fill
    return inputs


def made_up_scene(height: int, width: int, rng: np.random.Generator) -> tuple[ByteImage, FloatImage]:
    """A slanted wall with noise in its colours, (H, W, 3) uint8, and its depth in metres."""
    v, u = np.mgrid[0:height, 0:width].astype(np.float32)
    depth = (NEAR + (FAR - NEAR) * (0.5 * u / width + 0.5 * v / height)).astype(np.float32)
    rgb = (40 * depth[..., None] + rng.normal(0, 8, (height, width, 3))).clip(0, 255).astype(np.uint8)
    return rgb, depth


def made_up_sample(height: int, width: int) -> Sample:
    """Such a wall with one of its pixels in a hundred measured."""
    rng = np.random.default_rng(0)
    rgb, depth = made_up_scene(height, width, rng)
    sparse = np.where(rng.random((height, width)) < SHARE, depth, 0).astype(np.float32)
    sparse[0, 0] = depth[0, 0]
    return Sample(rgb, sparse, f"{width}x{height}")
