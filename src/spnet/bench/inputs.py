"""Made-up inputs: networks take as long for these as for real ones."""

from __future__ import annotations

import numpy as np

from spnet.backends import Inputs
from spnet.types import ByteImage, FloatImage, Sample

SHARE = 0.01  # of measured pixels
NEAR, FAR = 1.0, 5.0  # metres


def made_up_inputs(height: int, width: int, *, needs_fill: bool, batch: int = 1) -> Inputs:
    """Noisy walls, one pixel in a hundred measured, and the fill of these.

    The fill is a true one: on any other a trained network's answer means nothing, nor does a difference in it.
    """
    rng = np.random.default_rng(0)
    walls = [made_up_scene(height, width, rng) for _ in range(batch)]
    rgb = np.stack([colours for colours, _ in walls]).astype(np.float32) / np.float32(255)
    measured = rng.random((batch, height, width)) < SHARE
    measured[:, 0, 0] = True
    raw = np.where(measured, np.stack([depth for _, depth in walls]) / np.float32(FAR), 0).astype(np.float32)
    inputs = {"rgb": np.ascontiguousarray(rgb.transpose(0, 3, 1, 2)), "raw": raw[:, None]}
    if needs_fill:
        from spnet.fill import fill_stack  # brings SciPy along

        inputs["fill"] = np.stack([fill_stack(colours, depth) for colours, depth in zip(rgb, raw, strict=True)])
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
