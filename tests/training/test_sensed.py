"""Depth and colours as a real camera would have them: what is lost, how far things move, how much they shake."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from spnet.training import sensed
from spnet.training.sensed import DISPARITY, SEAM, SHADOW, _light, _lost, _misplaced, sensed_colours, sensed_depth
from spnet.types import FloatImage


def step(rows: int = 224) -> FloatImage:
    """A wall at 3 m, and before its right half a board at 1.5 m."""
    out = np.full((rows, rows), 3, np.float32)
    out[:, rows // 2 :] = 1.5
    return out


def test_surfaces_shake_by_the_noise_of_a_matcher() -> None:
    wall = np.full((224, 224), 2, np.float32)
    spreads = []
    for seed in range(60):
        out = sensed_depth(wall, np.random.default_rng(seed))
        assert out.dtype == np.float32
        assert (out > 0).all(), "there is no edge to lose anything at"
        spreads.append(float(np.std(out) / 2))
    assert DISPARITY[0] * 0.9 < min(spreads)
    assert max(spreads) < DISPARITY[1] * 2.5  # noise, as much bending again, and steps
    assert np.median(spreads) == pytest.approx(np.sqrt(DISPARITY[0] * DISPARITY[1]), rel=0.6)


def test_edges_move_by_a_pixel_or_two_and_waver() -> None:
    places, waves = [], []
    for seed in range(80):
        moved = _misplaced(step(), 1.0, np.random.default_rng(seed))
        edge = np.argmax(moved < 2, axis=1) - 112
        places.append(edge.mean())
        waves.append(edge.std())
    assert 0.7 < np.std(places) < 1.5
    assert abs(np.mean(places)) < 0.5
    assert 0.2 < np.median(waves) < 1.2
    assert np.abs(places).max() < 6


def test_depth_is_lost_about_edges_alone() -> None:
    shares = []
    edge = np.zeros((224, 224), bool)
    edge[:, 111:113] = True
    near = binary_dilation(edge, np.ones((3, 3)), iterations=max(SEAM, SHADOW))
    for seed in range(40):
        lost = _lost(step(), np.random.default_rng(seed))
        assert lost.any()
        assert not lost[~near].any()
        shares.append(lost.mean())
    assert max(shares) > 3 * min(shares)
    slanted = np.linspace(1, 4, 224, dtype=np.float32)[None].repeat(224, 0)
    assert not _lost(slanted, np.random.default_rng(0)).any()


def test_unknown_stays_unknown_but_where_the_foreground_grows() -> None:
    half = step()
    half[:100] = 0
    for seed in range(20):
        assert not sensed_depth(half, np.random.default_rng(seed))[:80].any()
    nothing = np.zeros((40, 40), np.float32)
    assert not sensed_depth(nothing, np.random.default_rng(0)).any()
    small = sensed_depth(np.full((3, 5), 2, np.float32), np.random.default_rng(0))
    assert small.shape == (3, 5)


def test_the_unit_does_not_matter() -> None:
    for seed in range(8):
        metres = sensed_depth(step(), np.random.default_rng(seed))
        millimetres = sensed_depth(step() * np.float32(1000), np.random.default_rng(seed))
        assert np.allclose(metres * 1000, millimetres, rtol=1e-5)


def test_light_is_uneven_and_shadows_have_straight_edges() -> None:
    drawn = [_light((96, 128), np.random.default_rng(seed)) for seed in range(200)]
    assert {image.shape for image in drawn} == {(96, 128)}
    assert {image.dtype for image in drawn} == {np.dtype(np.float32)}
    assert all((image > 0).all() for image in drawn)
    steps = np.array([np.abs(np.diff(np.log(image), axis=1)).max() for image in drawn])
    assert 0.2 < (steps < 0.05).mean() < 0.7, "some have no shadow"
    assert (steps > 0.2).mean() > 0.2, "some have a sharp one"
    middle = [float(np.log(image).mean()) for image in drawn]
    assert -0.6 < np.mean(middle) < 0, "shadows only take light away"


def test_colours_get_noise_and_lose_sharpness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensed, "_light", lambda shape, _: np.ones(shape, np.float32))
    rgb = np.zeros((3, 64, 64), np.uint8)
    rgb[:, :, 32:] = 200
    drawn = [sensed_colours(rgb, np.random.default_rng(seed)) for seed in range(20)]
    assert {(image.dtype, image.shape) for image in drawn} == {(np.dtype(np.uint8), (3, 64, 64))}
    noise = [float(image[:, :, 40:].std()) for image in drawn]
    assert min(noise) < 2
    assert 5 < max(noise) < 10
    assert all(abs(float(image[:, :, 40:].mean()) - 200) < 1 for image in drawn)
    jump = [float(image[:, :, 32].mean() - image[:, :, 31].mean()) for image in drawn]
    assert min(jump) < 120
    assert max(jump) > 180
