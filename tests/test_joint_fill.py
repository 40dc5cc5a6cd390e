"""The fill from measurements of like colour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spnet.joint_fill import COLOUR, FALL, NEIGHBOURS, YUV, joint_fill
from spnet.types import FloatImage


def random_scene(height: int, width: int, count: int, seed: int) -> tuple[FloatImage, FloatImage, FloatImage]:
    """rgb, depth with `count` measurements, distance to the nearest of them by brute force."""
    rng = np.random.default_rng(seed)
    rgb = rng.random((height, width, 3), dtype=np.float32)
    depth = np.zeros((height, width), np.float32)
    at = rng.choice(height * width, min(count, height * width), replace=False)
    depth.ravel()[at] = rng.uniform(1, 5, len(at))
    grid = np.argwhere(np.ones_like(depth, bool))
    distance = np.linalg.norm(grid[:, None] - np.argwhere(depth > 0)[None], axis=2).min(1)
    return rgb, depth, distance.reshape(depth.shape).astype(np.float32)


def test_a_pixel_takes_what_was_measured_at_its_colour_though_another_is_nearer() -> None:
    """A red bar in front of a blue wall, that is measured on both of its sides only."""
    rgb = np.zeros((40, 60, 3), np.float32)
    rgb[..., 2] = 0.6
    rgb[:, 24:36] = (0.6, 0, 0)
    rgb[8:16, 24:36] = (0, 0, 0.6)  # seen through a hole of the bar
    depth = np.zeros((40, 60), np.float32)
    depth[2::12, 4] = depth[2::12, 56] = 5
    depth[2::6, 30] = np.where(rgb[2::6, 30, 0] > 0, 1, 0)
    distance = np.full_like(depth, 6)
    distance[depth > 0] = 0
    found, away, spread = joint_fill(rgb, depth, depth > 0, distance)
    assert np.allclose(found[8:16, 24:36], 5, rtol=0.01)
    assert np.allclose(found[20:, 24:36], 1, rtol=0.01)
    assert np.allclose(found[:, :24], 5, rtol=0.01)
    assert away[10, 30] > away[2, 30] == 0
    assert spread.max() < 0.05


def test_it_is_the_weighted_mean_of_the_nearest_by_brute_force() -> None:
    """Where the pixel is the centre of its cell, the neighbours are its own."""
    rgb, depth, distance = random_scene(22, 30, 25, 0)
    found, away, spread = joint_fill(rgb, depth, depth > 0, distance)
    spacing = 2 * distance[distance > 0].mean()
    colours = rgb @ np.array(YUV).T / COLOUR
    points = np.argwhere(depth > 0)
    for v, u in ((2, 2), (6, 14), (18, 26)):
        place = np.linalg.norm((points - (v, u)) / spacing, axis=1)
        colour = np.linalg.norm(colours[depth > 0] - colours[v, u], axis=1)
        nearest = np.argsort(np.hypot(place, colour))[:NEIGHBOURS]
        apart = (place + colour)[nearest]
        weight = np.exp(-FALL * apart) / np.exp(-FALL * apart).sum()
        logs = np.log(depth[depth > 0])[nearest]
        mean = (weight * logs).sum()
        assert found[v, u] == pytest.approx(np.exp(mean), rel=1e-4)
        assert away[v, u] == pytest.approx(apart.min(), rel=1e-4)
        assert spread[v, u] == pytest.approx(np.sqrt((weight * (logs - mean) ** 2).sum()), rel=1e-3, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 70), st.integers(1, 12), st.integers(1, 9), st.floats(1e-3, 1e3), st.integers(0, 99))
def test_any_size_any_count_scale_equivariant(height: int, width: int, count: int, scale: float, seed: int) -> None:
    rgb, depth, distance = random_scene(height, width, count, seed)
    once = joint_fill(rgb, depth, depth > 0, distance)
    scaled = joint_fill(rgb, depth * np.float32(scale), depth > 0, distance)
    assert once.shape == (3, height, width)
    assert np.isfinite(once).all()
    assert np.allclose(scaled[0], once[0] * scale, rtol=1e-4)
    assert np.array_equal(scaled[1], once[1])
    assert np.allclose(scaled[2], once[2], atol=1e-4)
    assert once[0].min() >= depth[depth > 0].min() * 0.9999
    assert once[0].max() <= depth.max() * 1.0001


def test_of_too_many_measurements_some_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb, depth, distance = random_scene(20, 20, 100, 1)
    monkeypatch.setattr("spnet.joint_fill.MOST", 30)
    found = joint_fill(rgb, depth, depth > 0, distance)[0]
    at = np.flatnonzero(depth)
    few = np.zeros_like(depth)
    few.ravel()[at[::4]] = depth.ravel()[at[::4]]
    assert np.array_equal(found, joint_fill(rgb, few, few > 0, distance)[0])
