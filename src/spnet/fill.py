"""Classical fills: dense depth from measurements alone, by nearest neighbour and by Delaunay triangulation.

They are the baselines that a network must beat, and what `FillNet` starts from. All of them are exactly
scale-equivariant: fill(s * depth) = s * fill(depth).
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt
from scipy.spatial import Delaunay, QhullError, cKDTree

from spnet.errors import BadInput
from spnet.joint_fill import joint_fill
from spnet.raster import interpolated
from spnet.types import BoolImage, FloatImage

IndexImage = NDArray[np.int32]  # (H, W) flat pixel indices; half of intp's memory on large images
CHUNK = 1_000_000  # pixels whose distances are formed at once
LARGE = 200_000  # pixels, from which on `fill_stack` uses a second thread

# Of the points that `with_border` adds, all ours: their spacing is that of the measurements within these limits, in
# pixels; each is a mean of so many measurements; and none stands nearer to one than this share of the spacing.
BORDER_SPACING = (6.0, 48.0)
BORDER_NEIGHBOURS = 6
BORDER_DISTANCE = 0.35


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


def _nearest(mask: BoolImage) -> IndexImage:
    """Flat index of the nearest measured pixel."""
    rows: IndexImage
    rows, cols = distance_transform_edt(~mask, return_distances=False, return_indices=True)
    rows *= mask.shape[1]
    rows += cols
    return rows


def _distance(nearest_at: IndexImage) -> FloatImage:
    """Pixels to what has these flat indices."""
    height, width = nearest_at.shape
    distance = np.empty(nearest_at.shape, np.float32)
    step = max(1, CHUNK // width)
    for top in range(0, height, step):
        part = slice(top, top + step)
        dv, du = np.divmod(nearest_at[part], width)
        dv -= np.arange(height, dtype=np.int32)[part, None]
        du -= np.arange(width, dtype=np.int32)
        dv *= dv
        du *= du
        dv += du
        np.sqrt(dv, out=distance[part], dtype=np.float32, casting="unsafe")
    return distance


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
    return depth.ravel()[_nearest(_checked_mask(depth))]


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
    nearest_at = _nearest(mask)
    parts = _triangle_fills(depth, mask, nearest_at, linear=True)
    return Fill(nearest=depth.ravel()[nearest_at], distance=_distance(nearest_at), **parts)


def _triangle_fills(
    depth: FloatImage, measured: BoolImage, nearest_at: IndexImage, *, linear: bool = False
) -> dict[str, Any]:
    """The fields of `Fill` that a triangulation makes, `linear` only where it is asked for.

    Depth may have points that were not measured; `nearest_at` is the nearest that was.
    """
    mask = depth > 0
    known, flat = mask.ravel(), depth.ravel()
    rim = _rim(mask)
    planar = flat[nearest_at]
    straight = planar.copy() if linear else planar
    near_at, far_at = nearest_at.copy(), nearest_at.copy()
    points, triangles = _triangulated(rim)
    z = depth[rim].astype(np.float64)
    corner_at, corner_z = np.flatnonzero(rim).astype(np.int32)[triangles], z[triangles]  # (T, 3)
    nearest_corner, farthest_corner = (
        corner_at[np.arange(len(triangles)), which] for which in (corner_z.argmin(1), corner_z.argmax(1))
    )
    outside = np.ones(mask.size, bool)
    for pixels, of, (inverse, *straights) in interpolated(
        points, triangles, mask.shape[1], np.stack([1 / z, z] if linear else [1 / z])
    ):
        outside[pixels] = False
        planar.ravel()[pixels] = np.reciprocal(inverse, out=inverse)
        for value in straights:
            straight.ravel()[pixels] = value
        near_at.ravel()[pixels] = nearest_corner[of]
        far_at.ravel()[pixels] = farthest_corner[of]
    added = np.flatnonzero(mask & ~measured)
    if len(added):  # outside is so far the nearest measurement; for its few pixels this is less than a transform
        left = np.flatnonzero(outside & ~known)
        found = _nearest_of(left, nearest_at.ravel()[left], added, mask.shape[1])
        near_at.ravel()[left] = far_at.ravel()[left] = found
        planar.ravel()[left] = flat[found]
    corners = np.flatnonzero(known)
    near_at.ravel()[corners] = far_at.ravel()[corners] = corners
    for image in (planar, straight):
        image.ravel()[corners] = flat[corners]
    fields = {"planar": planar, "near": flat[near_at], "far": flat[far_at], "near_at": near_at, "far_at": far_at}
    return {**fields, "linear": straight} if linear else fields


def _nearest_of(
    pixels: NDArray[np.int64], measured: IndexImage, added: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """The nearest to each pixel of the measurement that is nearest to it, and of the added points; flat indices.

    Of equally near ones it is the first by columns, as of the distance transform.
    """
    added = added[np.lexsort((added // width, added % width))]
    best: NDArray[np.int64] = measured.astype(np.int64)
    step = max(1, CHUNK // max(1, len(added)))
    for start in range(0, len(pixels), step):
        part = slice(start, start + step)
        other = added[_squared(pixels[part, None], added, width).argmin(1)]
        old, new = (_squared(pixels[part], at, width) for at in (best[part], other))
        earlier = (other % width < best[part] % width) | ((other % width == best[part] % width) & (other < best[part]))
        best[part] = np.where((new < old) | ((new == old) & earlier), other, best[part])
    return best


def _squared(a: NDArray[np.int64], b: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Squared distance of pixels by their flat indices."""
    squared: NDArray[np.int64] = (a // width - b // width) ** 2 + (a % width - b % width) ** 2
    return squared


FILL_CHANNELS = 14  # of `fill_stack`


def fill_stack(rgb: FloatImage, depth: FloatImage) -> FloatImage:
    """What `FillNet` starts from: the fills, and the colours that were seen where they were measured.

    The fills are those of `with_border`, so that every pixel lies in a triangle.

    Args:
        rgb: (H, W, 3) float32 in [0, 1].
        depth: (H, W), any unit, 0 = unknown.

    Returns:
        (14, H, W) float32: planar, near and far fill in the depth's unit; distance to the nearest measurement in
        pixels; the geometric mean of the planar fill (constant over the image, so that tiles of one image agree);
        colour at the near (3) and at the far measurement (3); `spnet.joint_fill.joint_fill` of the measurements: depth,
        distance and deviation.

    Raises:
        BadInput: nothing is measured.
    """
    mask = _checked_mask(depth)
    nearest_at = _nearest(mask)
    stack = np.empty((FILL_CHANNELS, *depth.shape), np.float32)

    def beside() -> None:
        rim = _rim(mask)
        stack[3] = _distance(nearest_at)
        stack[11:] = joint_fill(rgb, depth, rim if rim.any() else mask, stack[3])

    # NumPy and SciPy let go of the interpreter while they work; a small image is not worth a thread.
    with ThreadPoolExecutor(1) if depth.size >= LARGE else nullcontext() as pool:
        finish = pool.submit(beside).result if pool else beside
        parts = _triangle_fills(with_border(depth), mask, nearest_at)
        for channel, name in enumerate(("planar", "near", "far")):
            stack[channel] = parts[name]
        stack[4] = np.exp(np.log(parts["planar"]).mean(dtype=np.float64))
        for colour in range(3):
            plane = rgb[..., colour].ravel()
            stack[5 + colour] = plane[parts["near_at"]]
            stack[8 + colour] = plane[parts["far_at"]]
        finish()
    return stack


def with_border(depth: FloatImage) -> FloatImage:
    """Put depths on the image's border where no measurement is near.

    Beyond the convex hull of the measurements a triangulation says nothing, and to repeat the nearest one draws
    streaks. So the border gets points that are as far apart as the measurements, each with the geometric mean of the
    nearest ones, weighted by 1 / distance².

    Args:
        depth: (H, W), any unit, 0 = unknown.

    Returns:
        (H, W): the measurements and the added points; `depth` itself where none is needed.

    Raises:
        BadInput: nothing is measured.
    """
    mask = _checked_mask(depth)
    rim = _rim(mask)
    if not rim.any():  # everything is measured
        return depth
    spacing = float(np.clip(np.sqrt(mask.size / np.count_nonzero(mask)), *BORDER_SPACING))
    points = _border(mask.shape, spacing)
    measured = np.argwhere(rim)
    near = list(range(1, min(BORDER_NEIGHBOURS, len(measured)) + 1))
    distance, index = map(np.asarray, cKDTree(measured).query(points, k=near))
    free = distance[:, 0] > BORDER_DISTANCE * spacing
    if not free.any():
        return depth
    weight = 1 / (distance[free] ** 2 + 1)
    logs = np.log(depth[rim])[index[free]]
    extended = depth.copy()
    extended[points[free, 0], points[free, 1]] = np.exp((weight * logs).sum(1) / weight.sum(1))
    return extended


def _border(shape: tuple[int, ...], spacing: float) -> NDArray[np.int64]:
    """Row and column of points along the border of an image, (N, 2), its corners among them; some come twice."""
    sides = []
    for axis in (0, 1):
        count = max(2, math.ceil((shape[axis] - 1) / spacing) + 1)
        along = np.linspace(0, shape[axis] - 1, count).round().astype(np.int64)
        for end in (0, shape[1 - axis] - 1):
            side = np.full((count, 2), end, np.int64)
            side[:, axis] = along
            sides.append(side)
    return np.concatenate(sides)


def _rim(mask: BoolImage) -> BoolImage:
    """The measured pixels that have an unmeasured neighbour among their four.

    No triangle over an unmeasured pixel needs the others, and a depth map with a few holes would otherwise cost a
    triangulation of all of its pixels.
    """
    rim: BoolImage = mask & ~binary_erosion(mask, border_value=1)
    return rim


def _triangulated(points_at: BoolImage) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The set pixels (P, 2) in reading order, and the corners' numbers of their Delaunay triangles (T, 3)."""
    points = np.argwhere(points_at)
    if len(points) >= 3:
        with suppress(QhullError):  # all on one line
            return points, Delaunay(points).simplices.astype(np.int64)
    return points, np.empty((0, 3), np.int64)
