"""A fill from the measurements that are near in place and colour together.

A triangulation asks what is measured around a pixel. What it cannot say is that the pixel is of one colour with
something measured farther away: a table behind the thing that stands on it, the sky between branches. This fill can: a
joint bilateral interpolation (Kopf et al., "Joint Bilateral Upsampling", SIGGRAPH 2007) of the few measurements that
are nearest in the space of position and colour, on every second row and column, since the network that takes it sees
the edges themselves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from spnet.types import BoolImage, FloatImage

# All ours, by held-out generated scenes.
COLOUR = 15 / 255  # distance in colour that counts like one mean spacing of the measurements
FALL = 3.0  # of the logarithm of a measurement's weight, for a distance of one spacing
NEIGHBOURS = 4
CELL = 4  # pixels; those of one cell choose from the neighbours of its centre
STEP = 2  # pixels from one result to the next
MOST = 20_000  # measurements; of more, every second, third... is taken
BAND = 64  # rows that are worked on at once
# JPEG's (ITU-R BT.601) luma and chroma.
YUV = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))

Floats = NDArray[np.float32]


def joint_fill(rgb: FloatImage, depth: FloatImage, points: BoolImage, distance: FloatImage) -> Floats:
    """Depth from measurements of like colour.

    Args:
        rgb: (H, W, 3) float32 in [0, 1].
        depth: (H, W), any unit, 0 = unknown.
        points: (H, W), the measurements that are to be used: one at least.
        distance: (H, W), pixels to the nearest measurement; it says how far apart they are.

    Returns:
        (3, H, W) float32: geometric mean of the measurements in the depth's unit, the distance to the nearest in
        spacings, and the standard deviation of their logarithms. The first is equivariant to the depth's scale, the
        others do not depend on it.
    """
    height, width = depth.shape
    at = np.flatnonzero(points)
    at = at[:: -(-len(at) // MOST)]
    spacing = mean_spacing(distance)
    rows, cols = (np.arange(size, dtype=np.float32) / np.float32(spacing) for size in (height, width))
    colours = np.ascontiguousarray(np.moveaxis(rgb @ (np.array(YUV, np.float32).T / np.float32(COLOUR)), 2, 0))
    places = np.stack([rows[at // width], cols[at % width], *(plane.ravel()[at] for plane in colours)])
    chosen = _neighbours(places, rows, cols, colours)
    logs = np.log(depth.ravel()[at])
    out = np.empty((3, height, width), np.float32)
    across = np.arange(0, width, STEP)
    for top in range(0, height, BAND):
        down = np.arange(top, min(top + BAND, height), STEP)
        near = chosen[:, down[:, None] // CELL, across // CELL]
        found = _interpolated(places, logs, near, rows[down, None], cols[across], colours[:, down[:, None], across])
        out[:, top : top + BAND] = found.repeat(STEP, axis=1).repeat(STEP, axis=2)[:, : height - top, :width]
    np.exp(out[0], out=out[0])
    return out


def mean_spacing(distance: NDArray[np.floating]) -> float:
    """Mean spacing of points that lie at random as far apart as these, pixels: twice the mean distance in the holes.

    Args:
        distance: (H, W) pixels to the nearest measurement.
    """
    holes = distance > 0
    return max(1.0, 2.0 * float(distance[holes].mean(dtype=np.float64))) if holes.any() else 1.0


def _neighbours(places: Floats, rows: Floats, cols: Floats, colours: Floats) -> NDArray[np.intp]:
    """Numbers of the measurements that are nearest to the centre of each cell, (k, rows of cells, columns of cells)."""
    centres = [np.minimum(np.arange(0, len(line), CELL) + CELL // 2, len(line) - 1) for line in (rows, cols)]
    grid = np.meshgrid(rows[centres[0]], cols[centres[1]], indexing="ij")
    queries = np.stack([*grid, *(plane[np.ix_(*centres)] for plane in colours)], axis=-1)
    tree = cKDTree(places.T, balanced_tree=False, compact_nodes=False)
    wanted = list(range(1, min(NEIGHBOURS, places.shape[1]) + 1))
    return np.ascontiguousarray(np.moveaxis(np.asarray(tree.query(queries, k=wanted)[1]), 2, 0))


def _interpolated(
    places: Floats, logs: Floats, near: NDArray[np.intp], rows: Floats, cols: Floats, colours: Floats
) -> Floats:
    """Weighted mean, least distance and deviation (3, h, w) of the measurements `near` (k, h, w)."""
    away = np.empty(near.shape, np.float32)
    for distance, chosen in zip(away, near, strict=True):
        place, colour = (np.zeros(distance.shape, np.float32) for _ in range(2))
        for squares, mine, here in zip(
            (place, place, colour, colour, colour), places, (rows, cols, *colours), strict=True
        ):
            off = mine[chosen]
            off -= here
            off *= off
            squares += off
        np.add(np.sqrt(place, out=place), np.sqrt(colour, out=colour), out=distance)
    least = away.min(axis=0)
    weight = np.exp(FALL * (least - away))
    weight /= weight.sum(axis=0)
    values = logs[near]
    mean = (weight * values).sum(axis=0)
    values -= mean
    return np.stack([mean, least, np.sqrt((weight * np.square(values)).sum(axis=0))])
