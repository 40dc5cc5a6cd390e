"""Point patterns: uniform random points and LiDAR lines.

Every function takes a depth map (H, W) in metres with 0 = unknown and returns the boolean mask of the pixels that
stay; the measured depth is `depth * mask`.
"""

from __future__ import annotations

import numpy as np

from spnet.errors import BadInput
from spnet.types import BoolImage, FloatImage, Intrinsics

# The virtual LiDAR of OMNI-DC's benchmark: pitch in [-0.5, 0.5] rad, 200 columns in ±pi/2.1, focal length = H.
VIRTUAL_PITCH = 0.5
VIRTUAL_COLUMNS = 200
VIRTUAL_YAW = np.pi / 2.1
# A truth map this thin is itself a LiDAR sweep: its own rings are thinned instead of casting virtual rays.
SWEEP_FRACTION = 0.10
SWEEP_RINGS = 64  # HDL-64, KITTI's sensor


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


def lidar(depth: FloatImage, lines: int, intrinsics: Intrinsics | None = None, *, tilt: float = 0.0) -> BoolImage:
    """Keep what a rotating scanner of `lines` lines at the camera would hit.

    A dense depth map is hit by virtual rays (OMNI-DC's geometry); a map that is a LiDAR sweep already (under 10 %
    known) keeps every (64 / lines)-th of its 64 rings (KITTI's subsampling).

    Args:
        depth: (H, W) metres.
        lines: 1 to 128.
        intrinsics: the camera; without it a centred pinhole with focal length H, as in OMNI-DC.
        tilt: roll of the scanner against the camera, radians.

    Raises:
        BadInput: lines out of range.
    """
    if not 1 <= lines <= 128:
        raise BadInput(f"A LiDAR has 1 to 128 lines; got {lines}.")
    h, w = depth.shape
    camera = intrinsics or Intrinsics(h, h, (w - 1) / 2, (h - 1) / 2)
    if (depth > 0).mean() < SWEEP_FRACTION:
        return _thin_sweep(depth, lines, camera)
    pitch = np.linspace(-VIRTUAL_PITCH, VIRTUAL_PITCH, lines)[:, None]
    yaw = np.linspace(-VIRTUAL_YAW, VIRTUAL_YAW, VIRTUAL_COLUMNS)[None, :]
    x, y, z = np.cos(pitch) * np.sin(yaw), np.sin(pitch) + 0 * yaw, np.cos(pitch) * np.cos(yaw)
    x, y = np.cos(tilt) * x - np.sin(tilt) * y, np.sin(tilt) * x + np.cos(tilt) * y
    u = np.rint(camera.fx * x / z + camera.cx).astype(np.intp)
    v = np.rint(camera.fy * y / z + camera.cy).astype(np.intp)
    inside = (u >= 0) & (u < w) & (v >= 0) & (v < h)
    mask = np.zeros((h, w), dtype=bool)
    mask[v[inside], u[inside]] = True
    return mask & (depth > 0)


def _thin_sweep(depth: FloatImage, lines: int, camera: Intrinsics) -> BoolImage:
    """Keep every (64 / lines)-th ring of a projected 64-line sweep, rings being equal bins of pitch."""
    h, w = depth.shape
    v, u = np.nonzero(depth > 0)
    x, y = (u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy
    pitch = np.arcsin(y / np.sqrt(x * x + y * y + 1.0))
    low, high = pitch.min(), pitch.max()
    ring = np.minimum(((pitch - low) / max(high - low, 1e-9) * SWEEP_RINGS).astype(np.intp), SWEEP_RINGS - 1)
    keep = ring % max(1, round(SWEEP_RINGS / lines)) == 0
    mask = np.zeros((h, w), dtype=bool)
    mask[v[keep], u[keep]] = True
    return mask
