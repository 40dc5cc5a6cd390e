"""Pinhole geometry: depth maps to points and back. Axes: x right, y down, z forward; metres."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput
from spnet.types import FloatImage, Intrinsics

# A guess for an unknown camera (ours): a focal length of 1.2 times the longer side sees 45 degrees along it, between
# the main camera of a phone and that of an RGB-D sensor.
GUESSED_FOCAL = 1.2


def default_intrinsics(shape: tuple[int, ...]) -> Intrinsics:
    """A guess for an unknown camera: shapes come out recognisable, widths and heights only roughly right.

    Args:
        shape: (H, W) of the image; further entries are ignored.

    >>> default_intrinsics((480, 640))
    Intrinsics(fx=768.0, fy=768.0, cx=319.5, cy=239.5)
    """
    height, width = shape[:2]
    focal = GUESSED_FOCAL * max(height, width)
    return Intrinsics(focal, focal, (width - 1) / 2, (height - 1) / 2)


def parse_intrinsics(text: str) -> Intrinsics:
    """Intrinsics from "fx,fy,cx,cy" in pixels.

    Raises:
        BadInput: not four numbers, or a focal length that is not positive.

    >>> parse_intrinsics("525, 525, 319.5, 239.5")
    Intrinsics(fx=525.0, fy=525.0, cx=319.5, cy=239.5)
    """
    try:
        fx, fy, cx, cy = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"Intrinsics {text!r}: expected four numbers fx,fy,cx,cy in pixels.") from None
    if not all(math.isfinite(value) for value in (fx, fy, cx, cy)):
        raise BadInput(f"Intrinsics {text!r}: all four numbers must be finite.")
    if fx <= 0 or fy <= 0:
        raise BadInput(f"Intrinsics {text!r}: the focal lengths fx and fy must be positive.")
    return Intrinsics(fx, fy, cx, cy)


def unproject(depth: FloatImage, intrinsics: Intrinsics) -> NDArray[np.float32]:
    """The point that each pixel sees.

    Args:
        depth: (H, W) metres, 0 = unknown.
        intrinsics: the camera; pixel centres are at whole coordinates.

    Returns:
        (H, W, 3) metres; unknown pixels give the origin.

    >>> unproject(np.array([[0, 2]], np.float32), Intrinsics(fx=1, fy=1, cx=0, cy=0)).tolist()
    [[[0.0, 0.0, 0.0], [2.0, 0.0, 2.0]]]
    """
    columns = ((np.arange(depth.shape[1]) - intrinsics.cx) / intrinsics.fx).astype(np.float32)
    rows = ((np.arange(depth.shape[0]) - intrinsics.cy) / intrinsics.fy).astype(np.float32)
    points = np.empty((*depth.shape, 3), np.float32)
    points[..., 0] = columns * depth
    points[..., 1] = rows[:, None] * depth
    points[..., 2] = depth
    return points


def project(points: NDArray[np.float32], intrinsics: Intrinsics, shape: tuple[int, int]) -> FloatImage:
    """A point cloud in the camera's frame to a sparse depth map; the reverse of `unproject`.

    Args:
        points: (..., 3) metres; points behind the camera, outside the image or not finite are dropped.
        intrinsics: the camera.
        shape: (H, W) of the image.

    Returns:
        (H, W) metres, 0 = unknown; where points share a pixel, the nearest.

    >>> cloud = np.array([[0, 0, 5], [0, 0, 3], [0, 0, -1]], np.float32)
    >>> project(cloud, Intrinsics(fx=10, fy=10, cx=1, cy=0), (1, 3)).tolist()
    [[0.0, 3.0, 0.0]]
    """
    flat = points.reshape(-1, 3).astype(np.float64)
    x, y, z = flat[np.isfinite(flat).all(axis=1) & (flat[:, 2] > 0)].T
    with np.errstate(over="ignore"):  # a point beside the camera may land infinitely far outside
        column = np.rint(intrinsics.fx * x / z + intrinsics.cx)
        row = np.rint(intrinsics.fy * y / z + intrinsics.cy)
    inside = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
    depth = np.full(shape, np.inf, dtype=np.float32)
    pixel = row[inside].astype(np.intp), column[inside].astype(np.intp)
    np.minimum.at(depth, pixel, z[inside].astype(np.float32))
    return np.where(np.isfinite(depth), depth, np.float32(0))
