"""Triangles to pixels: which pixels a triangulation covers, with their barycentric weights."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
CHUNK = 1_000_000  # pixels at once; one takes about 150 bytes
EPS = 1e-9  # columns; a pixel on an edge belongs to both of its triangles


def covered_pixels(points: Integers, triangles: Integers, width: int) -> Iterator[tuple[Integers, Integers, Floats]]:
    """Every pixel of every triangle, edges included, triangle by triangle along its rows.

    scipy's `find_simplex` answers the same question per pixel, but inverts a matrix a triangle through LAPACK, which
    takes several times longer, and longest where several threads fight over matrices of 2×2.

    Args:
        points: (P, 2) rows and columns.
        triangles: (T, 3) point numbers; triangles without area cover nothing.
        width: of the image, which holds all points.

    Yields:
        Blocks of pixels (N,) as flat indices, their triangles' point numbers (N, 3), and weights (N, 3) that sum to 1,
        both with contiguous columns.
        A pixel on a shared edge comes once for each triangle.
    """
    corners = points[triangles]  # (T, 3, 2)
    area = _area(corners[:, 0], corners[:, 1], corners[:, 2])
    triangles, corners, area = triangles[area != 0], corners[area != 0], area[area != 0]
    top = corners[..., 0].min(1)
    of, step = _expand(corners[..., 0].max(1) - top + 1)
    row = top[of] + step  # one entry for each triangle and row: a span
    a, b, c = corners[of].transpose(1, 0, 2)
    left, right = _columns((a, b, c), row)
    lengths = np.maximum(right - left + 1, 0)
    # Twice the areas that a span's first pixel cuts off; one more column adds a constant to each.
    pixel = np.stack([row, left], axis=1)
    first, second = _area(pixel, b, c), _area(a, pixel, c)
    more_first, more_second = c[:, 0] - b[:, 0], a[:, 0] - c[:, 0]
    area, triangles, start_at = area[of], triangles.T[:, of], row * width + left
    ends = np.cumsum(lengths)
    blocks = np.searchsorted(ends, np.arange(0, ends[-1] + CHUNK if len(ends) else 0, CHUNK), side="left")
    for start, stop in pairwise(blocks):
        span, step = _expand(lengths[start:stop])
        span += start
        weights = np.empty((3, len(span)))
        np.divide(first[span] + more_first[span] * step, area[span], out=weights[0])
        np.divide(second[span] + more_second[span] * step, area[span], out=weights[1])
        weights[2] = 1 - weights[0] - weights[1]
        yield start_at[span] + step, triangles[:, span].T, weights.clip(0, 1, out=weights).T


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


def _columns(corners: tuple[Integers, Integers, Integers], row: Integers) -> tuple[Integers, Integers]:
    """First and last column of triangles, three corners (N, 2), in one row each."""
    left: NDArray[np.float64] = np.full(len(row), np.inf)
    right: NDArray[np.float64] = np.full(len(row), -np.inf)
    for i in range(3):
        (y0, x0), (y1, x1) = corners[i].T, corners[i - 1].T
        crossed = (y0 != y1) & (np.minimum(y0, y1) <= row) & (row <= np.maximum(y0, y1))
        x = x0 + (row - y0) * ((x1 - x0) / np.where(y0 == y1, 1, y1 - y0))
        left = np.where(crossed, np.minimum(left, x), left)
        right = np.where(crossed, np.maximum(right, x), right)
    return np.ceil(left - EPS).astype(np.int64), np.floor(right + EPS).astype(np.int64)
