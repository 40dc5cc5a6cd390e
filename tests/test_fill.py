"""Classical fills: exact where they must be, and exactly scale-equivariant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spnet.errors import BadInput
from spnet.fill import fill, fill_stack, linear_fill, nearest_fill, with_border
from spnet.types import FloatImage


def plane(shape: tuple[int, int]) -> FloatImage:
    """Depth of a slanted plane: 1/z is affine in the pixel."""
    v, u = np.indices(shape)
    return (1 / (0.2 + 0.001 * u + 0.003 * v)).astype(np.float32)


def sparse(depth: FloatImage, count: int, seed: int = 0) -> FloatImage:
    mask = np.zeros(depth.size, bool)
    mask[np.random.default_rng(seed).choice(depth.size, count, replace=False)] = True
    return depth * mask.reshape(depth.shape)


def corners_kept(depth: FloatImage, raw: FloatImage) -> FloatImage:
    raw = raw.copy()
    raw[[0, 0, -1, -1], [0, -1, 0, -1]] = depth[[0, 0, -1, -1], [0, -1, 0, -1]]
    return raw


def test_planar_is_exact_on_a_plane_and_linear_on_a_ramp() -> None:
    truth = plane((40, 60))
    assert np.allclose(fill(corners_kept(truth, sparse(truth, 30))).planar, truth, rtol=1e-5)
    ramp = np.indices((40, 60)).sum(0).astype(np.float32) + 1
    assert np.allclose(linear_fill(corners_kept(ramp, sparse(ramp, 30))), ramp, rtol=1e-5)


def test_every_fill_keeps_measurements_and_near_far_bracket_it() -> None:
    raw = sparse(np.random.default_rng(1).uniform(1, 5, (50, 70)).astype(np.float32), 200)
    parts = fill(raw)
    measured = raw > 0
    for name in ("linear", "planar", "near", "far", "nearest"):
        assert np.array_equal(getattr(parts, name)[measured], raw[measured]), name
    assert (parts.near <= parts.planar * (1 + 1e-6)).all()
    assert (parts.planar <= parts.linear * (1 + 1e-6)).all()  # harmonic mean <= arithmetic mean
    assert (parts.linear <= parts.far * (1 + 1e-6)).all()
    assert np.array_equal(raw.ravel()[parts.near_at], parts.near)
    assert np.array_equal(raw.ravel()[parts.far_at], parts.far)


def test_nearest_is_the_nearest_by_brute_force() -> None:
    raw = sparse(np.random.default_rng(2).uniform(1, 5, (17, 23)).astype(np.float32), 9)
    points = np.argwhere(raw > 0)
    grid = np.argwhere(np.ones_like(raw, bool))
    distance = np.linalg.norm(grid[:, None] - points[None], axis=2).min(1).reshape(raw.shape)
    assert np.allclose(fill(raw).distance, distance, atol=1e-5)
    chosen = nearest_fill(raw)
    for (v, u), value in np.ndenumerate(chosen):
        same = np.argwhere(raw == value)
        assert np.linalg.norm(same - (v, u), axis=1).min() == pytest.approx(distance[v, u])


def test_leaving_out_interior_points_changes_nothing_inside_a_hole() -> None:
    """Only the rim of measured regions is triangulated: on a smooth surface the answer must be the same."""
    truth = plane((60, 60))
    raw = truth.copy()
    raw[20:40, 15:45] = 0
    assert np.allclose(fill(raw).planar, truth, rtol=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 6), st.floats(1e-3, 1e3), st.integers(0, 99))
def test_any_size_any_count_scale_equivariant(h: int, w: int, count: int, scale: float, seed: int) -> None:
    depth = np.random.default_rng(seed).uniform(1, 5, (h, w)).astype(np.float32)
    raw = sparse(depth, min(count, h * w), seed)
    once, scaled = fill(raw), fill(raw * np.float32(scale))
    for name in ("linear", "planar", "near", "far", "nearest"):
        dense = getattr(once, name)
        assert np.isfinite(dense).all()
        assert (dense > 0).all()
        assert np.allclose(getattr(scaled, name), dense * scale, rtol=1e-5)


def test_points_on_one_line_fall_back_to_the_nearest() -> None:
    raw = np.zeros((9, 9), np.float32)
    raw[4, ::2] = [1, 2, 3, 4, 5]
    assert np.array_equal(linear_fill(raw), nearest_fill(raw))


@pytest.mark.parametrize("seed", range(60))
def test_the_stack_is_that_of_the_fills_of_its_points(seed: int) -> None:
    """Bit for bit, also beyond the hull of all points: at a corner near which something is measured."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 70, 2)
    rgb = rng.random((height, width, 3), np.float32)
    share = rng.choice([0.001, 0.01, 0.1, 0.5, 1.0])
    depth = np.where(rng.random((height, width)) < share, rng.random((height, width)) + 1, 0).astype(np.float32)
    if seed % 4 == 0:  # all on one line, or one alone
        depth[1:] = 0
    depth[min(1, height - 1), min(1, width - 1)] = 1.5  # the corner is left out
    points, measured = fill(with_border(depth)), fill(depth)
    colours = rgb.reshape(-1, 3)
    stack = fill_stack(rgb, depth)
    assert np.array_equal(stack[:4], np.stack([points.planar, points.near, points.far, measured.distance]))
    assert np.array_equal(stack[5:8], np.moveaxis(colours[points.near_at], -1, 0))
    assert np.array_equal(stack[8:11], np.moveaxis(colours[points.far_at], -1, 0))


def test_stack_holds_the_colours_of_the_measurements() -> None:
    rgb = np.random.default_rng(3).random((12, 14, 3), dtype=np.float32)
    raw = np.zeros((12, 14), np.float32)
    raw[5, 6] = 2.0
    stack = fill_stack(rgb, raw)
    assert stack.shape == (14, 12, 14)
    assert np.array_equal(stack[5:8, 5, 6], rgb[5, 6])
    assert np.array_equal(stack[5:8, 0, 0], rgb[0, 0])  # a point of the border
    seen = {tuple(colour) for colour in stack[5:8].reshape(3, -1).T.tolist()}
    assert seen <= {tuple(colour) for colour in rgb.reshape(-1, 3).tolist()}
    assert np.allclose(stack[:3], 2.0)
    assert np.allclose(stack[4], 2.0)
    assert np.allclose(stack[11], 2.0)


def test_the_border_continues_the_measurements() -> None:
    raw = np.zeros((60, 80), np.float32)
    raw[30, 20], raw[30, 60] = 1, 4
    border = with_border(raw)
    assert np.array_equal(border[raw > 0], raw[raw > 0])
    assert (border[[0, 0, -1, -1], [0, -1, 0, -1]] > 0).all()
    assert not border[1:-1, 1:-1][raw[1:-1, 1:-1] == 0].any()
    added = border[(border > 0) & (raw == 0)]
    assert added.min() > 1
    assert added.max() < 4
    assert border[0, 0] == pytest.approx(border[-1, 0], rel=0.1)  # by the nearest, hence nearer to 1
    assert border[0, 0] < 2 < border[0, -1]
    assert with_border(np.ones((5, 6), np.float32)).min() == 1


def test_the_border_is_free_where_measurements_are_near() -> None:
    raw = np.zeros((40, 40), np.float32)
    raw[::4, ::4] = 2
    border = with_border(raw)
    added = (border > 0) & (raw == 0)
    assert not added[0, :37].any()
    assert not added[:37, 0].any()
    assert added[39].any()  # the last row that is measured is 36


@pytest.mark.parametrize("raw", [np.zeros((4, 4), np.float32), np.ones((2, 3, 4), np.float32)])
def test_nothing_measured_or_wrong_shape(raw: FloatImage) -> None:
    with pytest.raises(BadInput):
        fill(raw)
