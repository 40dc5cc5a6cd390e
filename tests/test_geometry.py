"""Pinhole geometry: there and back, and what falls outside."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spnet.errors import BadInput
from spnet.geometry import default_intrinsics, parse_intrinsics, project, unproject
from spnet.types import Intrinsics

quick = settings(max_examples=60, deadline=None)
shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)
depths = shapes.flatmap(
    lambda shape: hnp.arrays(np.float32, shape, elements=st.one_of(st.just(0.0), st.floats(0.125, 100, width=32)))
)
cameras = st.builds(
    Intrinsics,
    fx=st.floats(5, 2000),
    fy=st.floats(5, 2000),
    cx=st.floats(-20, 40),
    cy=st.floats(-20, 40),
)


@quick
@given(depth=depths, camera=cameras)
def test_projecting_undoes_unprojecting(depth: np.ndarray, camera: Intrinsics) -> None:
    points = unproject(depth, camera)
    assert points.dtype == np.float32
    assert points.shape == (*depth.shape, 3)
    np.testing.assert_array_equal(points[..., 2], depth)
    np.testing.assert_array_equal(project(points, camera, depth.shape), depth)
    np.testing.assert_array_equal(project(points.reshape(-1, 3)[::-1], camera, depth.shape), depth)


def test_axes() -> None:
    camera = Intrinsics(fx=100, fy=50, cx=2, cy=1)
    points = unproject(np.full((3, 5), 10.0, np.float32), camera)
    np.testing.assert_allclose(points[1, 2], [0, 0, 10])  # the principal point looks straight ahead
    np.testing.assert_allclose(points[1, 3], [0.1, 0, 10], rtol=1e-6)  # one pixel right: +x
    np.testing.assert_allclose(points[2, 2], [0, 0.2, 10], rtol=1e-6)  # one pixel down: +y


def test_the_nearest_point_wins_in_any_order() -> None:
    camera = Intrinsics(10, 10, 0, 0)
    cloud = np.array([[0, 0, 4], [0, 0, 2], [0, 0, 3]], np.float32)
    for order in ([0, 1, 2], [1, 2, 0], [2, 0, 1]):
        assert project(cloud[order], camera, (1, 1))[0, 0] == 2


def test_what_cannot_be_seen_is_dropped_without_a_warning() -> None:
    camera = Intrinsics(10, 10, 0, 0)
    away = [[0, 0, -1], [0, 0, 0], [5, 0, 1], [-5, 0, 1], [0, 9, 1], [np.nan, 0, 1], [0, 0, np.inf], [3e38, 0, 1e-38]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not project(np.array(away, np.float32), camera, (3, 3)).any()
        assert not project(np.empty((0, 3), np.float32), camera, (3, 3)).any()


def test_the_guess_is_centred_and_sees_45_degrees() -> None:
    camera = default_intrinsics((480, 640, 3))
    assert (camera.cx, camera.cy) == (319.5, 239.5)
    assert camera.fx == camera.fy
    assert 2 * np.degrees(np.arctan(320 / camera.fx)) == pytest.approx(45, abs=1)
    assert default_intrinsics((640, 480)).fx == camera.fx


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "four numbers"),
        ("1,2,3", "four numbers"),
        ("1,2,3,4,5", "four numbers"),
        ("a,b,c,d", "four numbers"),
        ("0,1,1,1", "must be positive"),
        ("1,-1,1,1", "must be positive"),
        ("1,1,nan,1", "finite"),
        ("inf,1,1,1", "finite"),
    ],
)
def test_wrong_intrinsics(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        parse_intrinsics(text)


@quick
@given(camera=cameras)
def test_intrinsics_survive_being_text(camera: Intrinsics) -> None:
    assert parse_intrinsics(f"{camera.fx!r},{camera.fy!r}, {camera.cx!r},{camera.cy!r}") == camera
