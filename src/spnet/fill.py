"""Classical fills: dense depth from measurements alone, by nearest neighbour and by Delaunay triangulation.

They are the baselines that a network must beat, and what `FillNet` starts from. All of them are exactly
scale-equivariant: fill(s * depth) = s * fill(depth).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt
from scipy.spatial import Delaunay, QhullError

from spnet.errors import BadInput
from spnet.types import BoolImage, FloatImage

IndexImage = NDArray[np.intp]
CHUNK = 1_000_000  # pixels located at once; a location takes about 200 bytes a pixel


@dataclass(frozen=True)
class Fill:
    """What the triangulated measurements say about every pixel; all (H, W) float32 in the input's unit.

    At a measured pixel every array holds the measurement; outside the convex hull, the nearest measurement.

    Attributes:
        linear: linear interpolation of depth over the Delaunay triangle (the usual baseline).
        planar: linear interpolation of inverse depth: exact on planes, because 1/z is affine in the pixel.
        near: smallest of the triangle's three measurements.
        far: largest of the triangle's three measurements.
        nearest: the nearest measurement.
        distance: pixels to the nearest measurement.
        near_at: flat index of the pixel that `near` was measured at, (H, W) intp; `far_at` likewise.
    """

    linear: FloatImage
    planar: FloatImage
    near: FloatImage
    far: FloatImage
    nearest: FloatImage
    distance: FloatImage
    near_at: IndexImage
    far_at: IndexImage


def _checked_mask(depth: FloatImage) -> BoolImage:
    if depth.ndim != 2:
        raise BadInput(f"A depth map has two dimensions (H, W); got shape {depth.shape}.")
    mask: BoolImage = depth > 0
    if not mask.any():
        raise BadInput("No pixel is measured, so there is nothing to fill from.")
    return mask


def _nearest(mask: BoolImage) -> tuple[IndexImage, FloatImage]:
    """Flat index of the nearest measured pixel and the distance to it, in pixels."""
    distance, (rows, cols) = distance_transform_edt(~mask, return_indices=True)
    return rows.astype(np.intp) * mask.shape[1] + cols, distance.astype(np.float32)


def nearest_fill(depth: FloatImage) -> FloatImage:
    """Give every pixel the nearest measurement.

    Args:
        depth: (H, W) metres, 0 = unknown.

    Returns:
        (H, W) metres, dense.

    Raises:
        BadInput: nothing is measured.

    >>> nearest_fill(np.array([[1, 0, 0, 2]], np.float32))
    array([[1., 1., 2., 2.]], dtype=float32)
    """
    return depth.ravel()[_nearest(_checked_mask(depth))[0]]


def linear_fill(depth: FloatImage) -> FloatImage:
    """Interpolate linearly over a Delaunay triangulation; nearest measurement outside the convex hull.

    Args:
        depth: (H, W) metres, 0 = unknown.

    Returns:
        (H, W) metres, dense.

    Raises:
        BadInput: nothing is measured.
    """
    return fill(depth).linear


def fill(depth: FloatImage) -> Fill:
    """Compute all fills in one triangulation.

    Args:
        depth: (H, W) metres (or any unit), 0 = unknown.

    Raises:
        BadInput: nothing is measured.
    """
    mask = _checked_mask(depth)
    nearest_at, distance = _nearest(mask)
    nearest = depth.ravel()[nearest_at]
    linear, planar = nearest.copy(), nearest.copy()
    near_at, far_at = nearest_at.copy(), nearest_at.copy()
    tri = _triangulation(mask)
    holes = np.flatnonzero(~mask)
    for start in range(0, len(holes) if tri else 0, CHUNK):
        assert tri is not None
        pixels = holes[start : start + CHUNK]
        inside, corners, weights = _locate(tri, pixels, depth.shape[1])
        pixels, z = pixels[inside], depth.ravel()[corners].astype(np.float64)  # (N,), (N, 3)
        linear.ravel()[pixels] = (weights * z).sum(1)
        planar.ravel()[pixels] = 1.0 / (weights / z).sum(1)
        pick = np.arange(len(z))
        near_at.ravel()[pixels] = corners[pick, z.argmin(1)]
        far_at.ravel()[pixels] = corners[pick, z.argmax(1)]
    near, far = depth.ravel()[near_at], depth.ravel()[far_at]
    return Fill(linear, planar, near, far, nearest, distance, near_at, far_at)


# Channels of `fill_stack`, in order.
STACK_CHANNELS = ("planar", "near", "far", "distance", "reference", "near_rgb[3]", "far_rgb[3]")


def fill_stack(rgb: FloatImage, depth: FloatImage) -> FloatImage:
    """What `FillNet` starts from: the fills, and the colours that were seen where they were measured.

    Args:
        rgb: (H, W, 3) float32 in [0, 1].
        depth: (H, W), any unit, 0 = unknown.

    Returns:
        (11, H, W) float32, channels as in `STACK_CHANNELS`: planar, near and far fill in the depth's unit; distance to
        the nearest measurement in pixels; the geometric mean of the planar fill (constant over the image, so that
        tiles of one image agree); colour at the near and at the far measurement.

    Raises:
        BadInput: nothing is measured.
    """
    parts = fill(depth)
    colours = rgb.reshape(-1, 3)
    reference = np.full_like(parts.planar, np.exp(np.log(parts.planar).mean(dtype=np.float64)))
    scalars = np.stack([parts.planar, parts.near, parts.far, parts.distance, reference])
    near_rgb, far_rgb = (colours[at].transpose(2, 0, 1) for at in (parts.near_at, parts.far_at))
    return np.concatenate([scalars, near_rgb, far_rgb]).astype(np.float32, copy=False)


def _triangulation(mask: BoolImage) -> Delaunay | None:
    """Delaunay triangulation of the measured pixels, or None where they span no area.

    Pixels with four measured neighbours are left out: no triangle over an unmeasured pixel needs them, and a
    depth map with a few holes would otherwise cost a triangulation of all of its pixels.
    """
    rim = mask & ~binary_erosion(mask, border_value=1)
    points = np.argwhere(rim)
    if len(points) < 3:
        return None
    try:
        return Delaunay(points)
    except QhullError:  # all on one line
        return None


def _locate(tri: Delaunay, pixels: IndexImage, width: int) -> tuple[BoolImage, NDArray[np.intp], NDArray[np.float64]]:
    """Which of the pixels (flat indices) lie in a triangle, and for those its corners (flat) and their weights.

    Returns:
        inside (P,), corners (N, 3), weights (N, 3) with N = number inside; weights sum to 1.
    """
    points = np.stack(np.divmod(pixels, width), axis=1)
    found = tri.find_simplex(points)
    inside: BoolImage = found >= 0
    points, found = points[inside], found[inside]
    transform = tri.transform[found]  # (N, 3, 2): inverse of the edge matrix, and the origin
    two = np.einsum("nij,nj->ni", transform[:, :2], points - transform[:, 2])
    weights = np.concatenate([two, 1.0 - two.sum(1, keepdims=True)], axis=1)
    # Degenerate (zero-area) triangles have no inverse; rounding can leave a weight a hair outside [0, 1].
    weights = np.where(np.isfinite(weights), weights, 1.0 / 3.0).clip(0.0, 1.0)
    corners = tri.points.astype(np.intp)[tri.simplices[found]] @ np.array([width, 1])
    return inside, corners, weights / weights.sum(1, keepdims=True)
