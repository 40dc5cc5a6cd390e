"""Triangles to pixels, against scipy's point location."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import Delaunay

from spnet import raster
from spnet.raster import covered_pixels


@pytest.mark.parametrize("count", [3, 10, 400])
@pytest.mark.parametrize("chunk", [1_000_000, 7])
def test_covers_the_hull_with_the_weights_of_scipy(count: int, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "CHUNK", chunk)
    height, width = 37, 53
    flat = np.sort(np.random.default_rng(count).choice(height * width, count, replace=False))
    points = np.stack(np.divmod(flat, width), axis=1)
    tri = Delaunay(points)
    grid = np.stack(np.divmod(np.arange(height * width), width), axis=1)
    seen = np.zeros(height * width, bool)
    for pixels, corners, weights in covered_pixels(points, tri.simplices.astype(np.int64), width):
        seen[pixels] = True
        assert np.allclose(weights.sum(1), 1)
        assert (weights >= 0).all()
        assert np.allclose((weights[..., None] * points[corners]).sum(1), grid[pixels], atol=1e-9)
    assert np.array_equal(seen, tri.find_simplex(grid) >= 0)


def test_triangles_without_area_cover_nothing() -> None:
    points = np.array([[0, 0], [1, 1], [2, 2], [0, 2]])
    blocks = list(covered_pixels(points, np.array([[0, 1, 2]]), 3))
    assert sum(len(pixels) for pixels, _, _ in blocks) == 0
