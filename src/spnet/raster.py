"""Triangles to pixels: which pixels a triangulation covers, and what its corners' values are there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
CHUNK = 1_000_000  # pixels at once; one takes about 50 bytes
EPS = 1e-9  # columns; a pixel on an edge belongs to both of its triangles


def interpolated(
    points: Integers, triangles: Integers, width: int, values: Floats
) -> Iterator[tuple[Integers, Integers, list[Floats]]]:
    """Every pixel of every triangle, edges included, triangle by triangle along its rows.

    scipy's `find_simplex` answers the same question per pixel, but inverts a matrix a triangle through LAPACK, which
    takes several times longer, and longest where several threads fight over matrices of 2×2.

    Args:
        points: (P, 2) rows and columns.
        triangles: (T, 3) point numbers; triangles without area cover nothing.
        width: of the image, which holds all points.
        values: (K, P) of the points.

    Yields:
        Blocks of pixels (N,) as flat indices, the number of each one's triangle (N,), and the K values interpolated
        there, linearly, each (N,). A pixel on a shared edge comes once for each triangle.
    """
    corners = points[triangles]  # (T, 3, 2)
    area = _area(corners[:, 0], corners[:, 1], corners[:, 2])
    kept = np.flatnonzero(area)
    triangles, corners, area = triangles[kept], corners[kept], area[kept]
    top = corners[..., 0].min(1)
    of, step = _expand(corners[..., 0].max(1) - top + 1)
    row = top[of] + step  # one entry for each triangle and row: a span
    left, right = _columns(corners[of].transpose(1, 0, 2), row)
    lengths = np.maximum(right - left + 1, 0)
    slopes, starts = _planes(corners, area, values[:, triangles], of, row, left)
    number, first = kept[of], row * width + left
    ends = np.cumsum(lengths)
    blocks = np.searchsorted(ends, np.arange(0, ends[-1] + CHUNK if len(ends) else 0, CHUNK), side="left")
    for start, stop in pairwise(blocks):
        part = slice(start, stop)
        counts = lengths[part]
        along = np.arange(counts.sum())
        along -= np.repeat(np.cumsum(counts) - counts, counts)
        at = []
        for slope, begin in zip(slopes[:, part], starts[:, part], strict=True):
            value = np.repeat(slope, counts)
            value *= along
            value += np.repeat(begin, counts)
            at.append(value)
        along += np.repeat(first[part], counts)
        yield along, np.repeat(number[part], counts), at


def _planes(
    corners: Integers, area: Integers, values: Floats, of: Integers, row: Integers, left: Integers
) -> tuple[Floats, Floats]:
    """By how much values (K, T, 3) rise from column to column, and what they are at each span's first: (K, spans)."""
    (y0, x0), (y1, x1), (y2, x2) = (corners[:, i].T for i in range(3))
    # Twice the areas that a point cuts off, as shares of the triangle, are affine in the point.
    across = np.stack([y2 - y1, y0 - y2, y1 - y0], 1) / area[:, None]
    down = np.stack([x1 - x2, x2 - x0, x0 - x1], 1) / area[:, None]
    across, down = (values * across).sum(2), (values * down).sum(2)
    return across[:, of], values[..., 0][:, of] + down[:, of] * (row - y0[of]) + across[:, of] * (left - x0[of])


def _area(a: Integers, b: Integers, c: Integers) -> Integers:
    """Twice the signed area of triangles whose corners are (N, 2)."""
    u, v = b - a, c - a
    area: Integers = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    return area


def _expand(counts: Integers) -> tuple[Integers, Integers]:
    """For each i, counts[i] entries: i itself, and 0, 1, … within it.

    >>> _expand(np.array([2, 0, 1]))
    (array([0, 0, 2]), array([0, 1, 0]))
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _columns(corners: Integers, row: Integers) -> tuple[Integers, Integers]:
    """First and last column of triangles, their corners (3, N, 2), in one row each."""
    left: NDArray[np.float64] = np.full(len(row), np.inf)
    right: NDArray[np.float64] = np.full(len(row), -np.inf)
    for i in range(3):
        (y0, x0), (y1, x1) = corners[i].T, corners[i - 1].T
        crossed = (y0 != y1) & (np.minimum(y0, y1) <= row) & (row <= np.maximum(y0, y1))
        x = x0 + (row - y0) * ((x1 - x0) / np.where(y0 == y1, 1, y1 - y0))
        left = np.where(crossed, np.minimum(left, x), left)
        right = np.where(crossed, np.maximum(right, x), right)
    return np.ceil(left - EPS).astype(np.int64), np.floor(right + EPS).astype(np.int64)
