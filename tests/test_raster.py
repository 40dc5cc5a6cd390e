"""Triangles to pixels, against scipy's point location."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import Delaunay

from spnet import raster
from spnet.raster import interpolated


@pytest.mark.parametrize("count", [3, 10, 400])
@pytest.mark.parametrize("chunk", [1_000_000, 7])
def test_covers_the_hull_and_is_linear_in_every_triangle(
    count: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raster, "CHUNK", chunk)
    height, width = 37, 53
    flat = np.sort(np.random.default_rng(count).choice(height * width, count, replace=False))
    points = np.stack(np.divmod(flat, width), axis=1)
    tri = Delaunay(points)
    grid = np.stack(np.divmod(np.arange(height * width), width), axis=1)
    seen = np.zeros(height * width, bool)
    values = np.random.default_rng(1).uniform(1, 9, (2, count))
    for pixels, of, found in interpolated(points, tri.simplices.astype(np.int64), width, values):
        seen[pixels] = True
        corners = np.concatenate([points[tri.simplices[of]], np.ones((len(of), 3, 1))], axis=2)  # (N, 3, row column 1)
        weights = np.linalg.solve(corners.transpose(0, 2, 1), np.insert(grid[pixels], 2, 1, axis=1)[..., None])
        assert (weights > -1e-9).all(), "outside of its triangle"
        assert np.allclose(found, (values[:, tri.simplices[of]] * weights[..., 0]).sum(2), atol=1e-9)
    assert np.array_equal(seen, tri.find_simplex(grid) >= 0)


def test_triangles_without_area_cover_nothing() -> None:
    points = np.array([[0, 0], [1, 1], [2, 2], [0, 2]])
    blocks = list(interpolated(points, np.array([[0, 1, 2]]), 3, np.ones((1, 4))))
    assert sum(len(pixels) for pixels, _, _ in blocks) == 0
