"""Pinhole geometry: depth maps to points and back. Axes: x right, y down, z forward; metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput
from spnet.types import FloatImage, Intrinsics

# A guess for an unknown camera: focal length = 1.2 × the longer side, 45° of view, as phones and RGB-D cameras have.
GUESSED_FOCAL = 1.2


def default_intrinsics(shape: tuple[int, int]) -> Intrinsics:
    """A guess for an image of `shape` (H, W): right in form, only roughly right in scale across the image."""
    focal = GUESSED_FOCAL * max(shape)
    return Intrinsics(focal, focal, (shape[1] - 1) / 2, (shape[0] - 1) / 2)


def parse_intrinsics(text: str) -> Intrinsics:
    """Intrinsics from "fx,fy,cx,cy" in pixels.

    Raises:
        BadInput: not four numbers, or a focal length that is not positive.

    >>> parse_intrinsics("525,525,319.5,239.5").fx
    525.0
    """
    try:
        fx, fy, cx, cy = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"Intrinsics {text!r}: expected four numbers fx,fy,cx,cy in pixels.") from None
    if not (fx > 0 and fy > 0 and np.isfinite([fx, fy, cx, cy]).all()):
        raise BadInput(f"Intrinsics {text!r}: the focal lengths must be positive.")
    return Intrinsics(fx, fy, cx, cy)


def unproject(depth: FloatImage, intrinsics: Intrinsics) -> NDArray[np.float32]:
    """(H, W) depth to (H, W, 3) points; unknown pixels give the origin."""
    v, u = np.indices(depth.shape, dtype=np.float32)
    x = (u - intrinsics.cx) / intrinsics.fx * depth
    y = (v - intrinsics.cy) / intrinsics.fy * depth
    return np.stack([x, y, depth], axis=-1).astype(np.float32)


def project(points: NDArray[np.float32], intrinsics: Intrinsics, shape: tuple[int, int]) -> FloatImage:
    """A point cloud (N, 3), in the camera's frame, to a sparse depth map.

    Args:
        points: metres; points behind the camera or outside the image are dropped.
        shape: (H, W) of the image.

    Returns:
        (H, W) metres, 0 = unknown; where points share a pixel, the nearest.
    """
    x, y, z = points[points[:, 2] > 0].astype(np.float64).T
    u = np.rint(intrinsics.fx * x / z + intrinsics.cx).astype(np.int64)
    v = np.rint(intrinsics.fy * y / z + intrinsics.cy).astype(np.int64)
    inside = (u >= 0) & (u < shape[1]) & (v >= 0) & (v < shape[0])
    depth = np.full(shape, np.inf, dtype=np.float32)
    np.minimum.at(depth, (v[inside], u[inside]), z[inside].astype(np.float32))
    return np.where(np.isfinite(depth), depth, np.float32(0))
