"""Pictures: what the colours mean, and previews of every size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spnet.errors import BadInput
from spnet.viz import UNKNOWN, colorize, depth_range, preview, round_distances

NEAR, FAR = (240, 249, 33), (13, 8, 135)


def _scene(height: int, width: int, share: float = 0.1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    rgb = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    dense = random.uniform(1, 5, (height, width)).astype(np.float32)
    sparse = np.where(random.random((height, width)) < share, dense, np.float32(0))
    sparse[0, 0] = dense[0, 0]
    return rgb, sparse, dense


# ---------------------------------------------------------------- colours


def test_ends_and_unknown() -> None:
    depth = np.array([[0.5, 1, 10, 50, 0, np.nan, -1, np.inf]], np.float32)
    picture = colorize(depth, vmin=1, vmax=10)
    assert picture.dtype == np.uint8
    assert [tuple(c) for c in picture[0].tolist()] == [NEAR, NEAR, FAR, FAR, *[UNKNOWN] * 4]


def test_mask_hides() -> None:
    depth = np.full((2, 2), 3.0, np.float32)
    picture = colorize(depth, mask=np.eye(2, dtype=bool))
    np.testing.assert_array_equal(picture[0, 1], UNKNOWN)
    assert tuple(picture[0, 0].tolist()) != UNKNOWN
    np.testing.assert_array_equal(colorize(depth * 0), np.broadcast_to(UNKNOWN, (2, 2, 3)))


def test_lightness_falls_with_distance() -> None:
    ramp = np.geomspace(1, 10, 200, dtype=np.float32)[None]
    luma = colorize(ramp, vmin=1, vmax=10)[0] @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luma) < 1.0).all()  # rounding to 8 bits may lift it by less than one level
    assert luma[0] - luma[-1] > 180


@pytest.mark.parametrize(("vmin", "vmax"), [(0, 5), (5, 5), (6, 5), (-1, 2), (1, float("nan")), (1, float("inf"))])
def test_impossible_ends(vmin: float, vmax: float) -> None:
    with pytest.raises(BadInput, match="0 < vmin < vmax"):
        colorize(np.ones((2, 2), np.float32), vmin=vmin, vmax=vmax)


def test_range_ignores_outliers_and_unknown() -> None:
    depth = np.linspace(2, 4, 1000, dtype=np.float32).reshape(10, 100)
    depth[0, 0], depth[0, 1], depth[0, 2] = 0, 500, np.nan
    low, high = depth_range(depth)
    assert 2 < low < 2.1
    assert 3.9 < high < 4
    assert depth_range(depth, np.zeros_like(depth, bool)) == (1.0, 10.0)


@given(low=st.floats(1e-3, 1e2), ratio=st.floats(1.1, 1e3), room=st.floats(0.02, 0.5))
@settings(max_examples=200, deadline=None)
def test_marks_are_round_rising_and_inside(low: float, ratio: float, room: float) -> None:
    high = low * ratio
    marks = round_distances(low, high, room)
    assert marks == sorted(set(marks))
    assert 1 <= len(marks) < 2 / room
    assert all(len(f"{mark:g}".replace(".", "").strip("0")) <= 4 for mark in marks)
    if len(marks) > 1:
        assert low <= marks[0] <= marks[-1] <= high


# ---------------------------------------------------------------- previews


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 3), (60, 80), (37, 200), (300, 40)])
@pytest.mark.parametrize("share", [0.0, 0.02, 1.0])
def test_every_size_works(size: tuple[int, int], share: float) -> None:
    picture = preview(*_scene(*size, share))
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert 100 < picture.shape[1] < 4400
    assert (picture[[0, -1]] == 255).all()  # a margin all around
    assert (picture[:, [0, -1]] == 255).all()


def test_large_images_are_reduced() -> None:
    height, width, _ = preview(*_scene(1500, 2000)).shape
    assert 3 * 1280 < width < 3 * 1280 + 300
    assert height < 1280


def test_wide_images_are_stacked() -> None:
    height, width, _ = preview(*_scene(100, 400)).shape
    assert width < 2 * 400
    assert height > 300


def test_one_point_in_a_large_image_can_be_seen() -> None:
    rgb, _, dense = _scene(960, 1280)
    empty, one = np.zeros_like(dense), np.zeros_like(dense)
    one[480, 640] = 2.0
    changed = (preview(rgb, empty, dense) != preview(rgb, one, dense)).any(axis=2)
    assert changed[100:].sum() >= 40  # below the caption


def test_the_nearer_of_overlapping_points_is_on_top() -> None:
    dense = np.full((200, 400), 5.0, np.float32)
    dense[:, :200] = 1.0
    sparse = np.zeros_like(dense)
    sparse[100, 100], sparse[100, 101] = 1.0, 5.0
    rgb = np.zeros((200, 400, 3), np.uint8)
    drawn = preview(rgb, sparse, dense).reshape(-1, 3)
    only_near = preview(rgb, np.where(sparse == 1, sparse, 0), dense).reshape(-1, 3)

    def count(picture: np.ndarray) -> int:
        return int((picture == NEAR).all(axis=1).sum())

    assert count(drawn) == count(only_near)


def test_nothing_known_is_a_picture_too() -> None:
    zero = np.zeros((40, 50), np.float32)
    assert preview(np.zeros((40, 50, 3), np.uint8), zero, zero).any()


def test_sizes_must_agree() -> None:
    rgb, sparse, dense = _scene(20, 30)
    with pytest.raises(BadInput, match=r"one size.*\(20, 30\).*\(20, 29\)"):
        preview(rgb, sparse[:, :-1], dense)


def test_inputs_stay_as_they_were() -> None:
    scene = _scene(20, 30)
    before = [array.copy() for array in scene]
    preview(*scene)
    for array, copy in zip(scene, before, strict=True):
        np.testing.assert_array_equal(array, copy)
