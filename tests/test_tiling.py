from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spnet.tiling import OVERLAP, STRIDE, ramp, run_tiled, tile_length, tile_side, tile_starts, tiles

SIZES = st.integers(1, 1500)
SIDES = st.integers(2 * OVERLAP // STRIDE, 40).map(lambda cells: cells * STRIDE)


@given(SIZES, SIDES)
def test_tiles_of_an_axis_are_alike_and_share_the_overlap(length: int, side: int) -> None:
    tile = tile_length(length, side)
    starts = tile_starts(length, tile)
    assert tile <= side
    assert starts[0] == 0
    assert starts[-1] + tile == length
    assert all(start % STRIDE == 0 for start in starts)
    assert all(0 < right - left <= tile - OVERLAP for left, right in pairwise(starts))


@given(SIZES, SIDES)
def test_no_shorter_tile_would_do(length: int, side: int) -> None:
    tile = tile_length(length, side)
    count = len(tile_starts(length, tile))
    least = side - OVERLAP - STRIDE  # of a step: a tile is less than 64 shorter than it may be
    assert count <= 1 + math.ceil(max(0, length - side + STRIDE - 1) / least)
    if count > 1 and tile - STRIDE > OVERLAP + STRIDE:
        assert (tile - STRIDE - OVERLAP) // STRIDE * STRIDE * (count - 1) < length - tile + STRIDE


@given(SIZES, SIZES, SIDES)
def test_tiles_cover_every_pixel_and_are_of_one_size(height: int, width: int, side: int) -> None:
    seen = np.zeros((height, width), bool)
    shapes = set()
    for rows, columns in tiles(height, width, side):
        assert 0 <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width
        shapes.add((rows.stop - rows.start, columns.stop - columns.start))
        seen[rows, columns] = True
    assert seen.all()
    assert len(shapes) == 1


def test_blending_weights_are_positive_and_full_inside() -> None:
    weight = ramp(slice(256, 768), 1024)
    assert (weight > 0).all()
    assert (weight[OVERLAP : 512 - OVERLAP] == 1).all()
    assert np.array_equal(weight, weight[::-1]), "both flanks are alike"
    assert np.allclose(np.diff(weight[:OVERLAP]), 1 / (OVERLAP + 1), atol=1e-6), "a linear ramp"


def test_an_image_border_keeps_its_weight() -> None:
    assert (ramp(slice(0, 512), 512) == 1).all()
    assert ramp(slice(0, 512), 1024)[0] == 1
    assert ramp(slice(512, 1024), 1024)[-1] == 1


@pytest.mark.parametrize("size", [(1, 1), (384, 384), (385, 900), (1000, 30), (700, 701)])
def test_blended_weights_sum_to_one(size: tuple[int, int]) -> None:
    height, width = size

    def ones(rows: slice, columns: slice) -> np.ndarray:
        return np.ones((1, 1, rows.stop - rows.start, columns.stop - columns.start), np.float32)

    out = run_tiled(ones, height, width, 384)
    assert out.shape == (1, 1, height, width)
    assert np.allclose(out, 1, rtol=0, atol=1e-6)


def test_a_pixelwise_function_is_the_same_in_tiles() -> None:
    image = np.random.default_rng(0).standard_normal((1, 1, 650, 900), np.float32)
    out = run_tiled(lambda rows, columns: image[..., rows, columns] ** 2, 650, 900, 384)
    assert np.allclose(out, image**2, rtol=1e-5)


def test_tiles_that_disagree_are_blended_without_a_step() -> None:
    """Each tile answers with its own index, so that every change in the result is the blending's."""
    count = iter(range(100))
    out = run_tiled(lambda rows, columns: np.full((1, 1, rows.stop - rows.start, columns.stop - columns.start),
                    next(count), np.float32), 384, 1200, 384)[0, 0]  # fmt: skip
    last = next(count) - 1
    assert last > 1
    assert out[0, 0] == 0
    assert out[0, -1] == last
    steps = np.diff(out[0])
    assert steps.min() >= 0
    assert steps.max() <= 3 / OVERLAP, "no jump at a seam"


def test_the_side_is_a_multiple_of_64_and_not_too_small() -> None:
    assert tile_side(1e6) == 960
    assert tile_side(100) == 2 * OVERLAP
