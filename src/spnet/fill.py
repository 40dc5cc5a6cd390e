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

IndexImage = NDArray[np.int32]  # (H, W) flat pixel indices; half of intp's memory on large images
CHUNK = 1_000_000  # pixels worked on at once; locating one takes about 200 bytes


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
        near_at: flat index of the pixel that `near` was measured at, (H, W) int32; `far_at` likewise.
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
    """(H, W) True where measured; BadInput where nothing is."""
    if depth.ndim != 2:
        raise BadInput(f"A depth map has two dimensions (H, W); got shape {depth.shape}.")
    mask: BoolImage = depth > 0
    if not mask.any():
        raise BadInput("No pixel is measured, so there is nothing to fill from.")
    return mask


def _nearest(mask: BoolImage) -> tuple[IndexImage, FloatImage]:
    """Flat index of the nearest measured pixel and the distance to it, in pixels."""
    width = mask.shape[1]
    rows, cols = distance_transform_edt(~mask, return_distances=False, return_indices=True)  # int32
    distance = np.empty(mask.shape, np.float32)
    step = max(1, CHUNK // width)
    for top in range(0, mask.shape[0], step):  # in float64, hence in pieces
        part = slice(top, top + step)
        dv = rows[part] - np.arange(mask.shape[0])[part, None]
        du = cols[part] - np.arange(width)
        distance[part] = np.sqrt((dv * dv + du * du).astype(np.float64))
    rows *= width
    rows += cols
    return rows, distance


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
    rim = _rim(mask)
    nearest_at, distance = _nearest(mask)
    nearest = depth.ravel()[nearest_at]
    linear, planar = nearest.copy(), nearest.copy()
    near_at, far_at = nearest_at.copy(), nearest_at.copy()
    tri = _triangulation(rim)
    if tri is not None:
        corner_at = np.flatnonzero(rim).astype(np.int32)  # of the triangulated points, in their order
        holes = np.flatnonzero(~mask).astype(np.int32)
        for start in range(0, len(holes), CHUNK):
            pixels = holes[start : start + CHUNK]
            inside, corners, weights = _locate(tri, pixels, depth.shape[1])
            pixels, corners = pixels[inside], corner_at[corners]  # (N,), (N, 3)
            z = depth.ravel()[corners].astype(np.float64)
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
    stack = np.empty((11, *depth.shape), np.float32)
    for channel, image in enumerate((parts.planar, parts.near, parts.far, parts.distance)):
        stack[channel] = image
    stack[4] = np.exp(np.log(parts.planar).mean(dtype=np.float64))
    for colour in range(3):
        plane = rgb[..., colour].ravel()
        stack[5 + colour] = plane[parts.near_at]
        stack[8 + colour] = plane[parts.far_at]
    return stack


def _rim(mask: BoolImage) -> BoolImage:
    """The measured pixels that have an unmeasured neighbour among their four.

    No triangle over an unmeasured pixel needs the others, and a depth map with a few holes would otherwise cost a
    triangulation of all of its pixels.
    """
    rim: BoolImage = mask & ~binary_erosion(mask, border_value=1)
    return rim


def _triangulation(points_at: BoolImage) -> Delaunay | None:
    """Delaunay triangulation of the set pixels, in reading order; None where they span no area."""
    points = np.argwhere(points_at)
    if len(points) < 3:
        return None
    try:
        return Delaunay(points)
    except QhullError:  # all on one line
        return None


def _locate(tri: Delaunay, pixels: IndexImage, width: int) -> tuple[BoolImage, NDArray[np.int32], NDArray[np.float64]]:
    """Which of the pixels (flat indices) lie in a triangle, and for those its corners (point numbers) and weights.

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
    return inside, tri.simplices[found], weights / weights.sum(1, keepdims=True)
