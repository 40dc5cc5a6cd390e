"""Meshes made small: welded, cut down to a number of triangles, and the measure of what that cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from spnet.extras import need

Points = NDArray[np.float64]
Indices = NDArray[np.int64]


def welded(points: Points, triangles: Indices, grain: float) -> tuple[Points, Indices, Indices]:
    """Vertices closer than `grain` become one; triangles that collapse go.

    Returns:
        Points, triangles, and for each of these which one it was.
    """
    _, first, number = np.unique(
        np.round(points / grain).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    merged = number.reshape(-1)[triangles]
    whole = (merged[:, 0] != merged[:, 1]) & (merged[:, 1] != merged[:, 2]) & (merged[:, 0] != merged[:, 2])
    return points[first], merged[whole], np.flatnonzero(whole)


def reduced(points: Points, triangles: Indices, target: int) -> tuple[Points, Indices]:
    """A mesh of about `target` triangles that looks like the given one (quadric edge collapse).

    Raises:
        MissingExtra: without fast-simplification.
    """
    if len(triangles) <= target:
        return points, triangles
    simplify = need("fast_simplification", "assets", "Asset packs").simplify
    fewer, faces = simplify(
        points.astype(np.float32), triangles.astype(np.int32), target_count=int(target), agg=7.0, verbose=False
    )
    return np.asarray(fewer, np.float64), np.asarray(faces, np.int64)


def sampled(points: Points, triangles: Indices, count: int, seed: int = 0) -> Points:
    """(count, 3) points spread evenly over a surface."""
    rng = np.random.default_rng(seed)
    corners = points[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    which = rng.choice(len(triangles), count, p=area / area.sum())
    a, b = np.sqrt(rng.random(count))[:, None], rng.random(count)[:, None]
    p, q, r = (corners[which, k] for k in range(3))
    return np.asarray((1 - a) * p + a * (1 - b) * q + a * b * r)


def deviation(first: tuple[Points, Indices], second: tuple[Points, Indices]) -> float:
    """How far a surface lies from another: 99th percentile over it, as a share of the other's diagonal.

    A spike that the reduction tore out, or a hole it left in the other direction, shows here.
    """
    diagonal = float(np.linalg.norm(np.ptp(second[0], axis=0)))
    a, b = sampled(*first, 3000), sampled(*second, 12000)
    there = float(np.quantile(cKDTree(b).query(a)[0], 0.995))
    back = float(np.quantile(cKDTree(a).query(b)[0], 0.98))
    return max(there, 0.5 * back) / max(diagonal, 1e-9)


def stray(points: Points, triangles: Indices, size: tuple[float, float, float]) -> float:
    """Largest share of an axis's extent that hold at most half a per cent of the surface at one end.

    A broken model has a few vertices far from all others: its box is mostly empty.

    Args:
        points: (N, 3), standing on z = 0, centred.
        triangles: (T, 3).
        size: of the box.
    """
    p = sampled(points, triangles, 4000)
    extent = np.maximum(np.asarray(size), 1e-9)
    low = extent * [-0.5, -0.5, 0.0]
    inner_low, inner_high = np.quantile(p, 0.005, axis=0), np.quantile(p, 0.995, axis=0)
    return float(np.maximum((inner_low - low) / extent, (low + extent - inner_high) / extent).max())
