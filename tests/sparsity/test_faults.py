"""What sensors get wrong, by hand and by statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spnet.sparsity import faults, parse_pattern
from spnet.types import FloatImage, Sample

RNG = np.random.default_rng


def two_planes(height: int = 20, width: int = 30, edge: int = 15) -> FloatImage:
    """2 m left of column `edge`, 5 m from there on."""
    depth = np.full((height, width), 5, np.float32)
    depth[:, :edge] = 2
    return depth


def test_outliers_by_share_and_range() -> None:
    scene = RNG(0).uniform(1, 11, (200, 200)).astype(np.float32)
    scene[:50] = 0  # unknown pixels do not count for the percentiles
    out = faults.outliers(scene, scene, 0.3, RNG(1))
    changed = out != scene
    assert not changed[:50].any()
    assert changed[50:].mean() == pytest.approx(0.3, abs=0.01)
    low, high = np.percentile(scene[50:], (10, 90))
    assert low - 1e-5 <= out[changed].min() <= low + 0.05
    assert high - 0.05 <= out[changed].max() <= high + 1e-5
    assert np.array_equal(faults.outliers(scene, scene, 0.0, RNG(1)), scene)
    nothing = np.zeros((3, 3), np.float32)
    assert not faults.outliers(nothing, nothing, 1.0, RNG(0)).any()


def test_gauss() -> None:
    depth = np.full((200, 200), 4, np.float32)
    depth[0] = 0
    relative, metres = faults.gauss(depth, RNG(0), relative=0.02), faults.gauss(depth, RNG(0), metres=0.01)
    assert not relative[0].any()
    assert relative[1:].std() == pytest.approx(0.08, rel=0.03)
    assert metres[1:].std() == pytest.approx(0.01, rel=0.03)
    assert metres[1:].mean() == pytest.approx(4, abs=1e-3)
    assert faults.gauss(depth, RNG(0), metres=10).min() == 0  # never negative


def test_shift_moves_everything_by_one_step() -> None:
    depth = RNG(0).uniform(1, 5, (40, 50)).astype(np.float32)
    seen = set()
    for seed in range(60):
        out = faults.shifted(depth, 2, RNG(seed))
        matches = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if np.array_equal(np.roll(depth, (down, right), (0, 1))[5:-5, 5:-5], out[5:-5, 5:-5])
        ]
        assert len(matches) == 1
        down, right = matches[0]
        assert np.hypot(down, right) == pytest.approx(2, abs=0.9)
        assert np.count_nonzero(out) == (40 - abs(down)) * (50 - abs(right))  # nothing comes in from the other side
        seen.add((down, right))
    assert len(seen) >= 8
    assert np.array_equal(faults.shifted(depth, 0, RNG(0)), depth)
    assert not faults.shifted(depth, 1000, RNG(0)).any()


def test_bleed_swaps_the_sides_within_reach() -> None:
    scene = two_planes()
    out = faults.bled(scene, scene, 3, 1.0, RNG(0))
    wanted = scene.copy()
    wanted[:, 12:15], wanted[:, 15:18] = 5, 2
    assert np.array_equal(out, wanted)
    half = faults.bled(two_planes(200, 200, 100), two_planes(200, 200, 100), 3, 0.5, RNG(0))
    assert (half != two_planes(200, 200, 100)).sum() / (6 * 200) == pytest.approx(0.5, abs=0.05)


def test_bleed_reaches_no_farther_on_a_slope() -> None:
    scene = two_planes()
    scene[:, :15] = np.linspace(2, 2.5, 15, dtype=np.float32)
    changed = faults.bled(scene, scene, 3, 1.0, RNG(0)) != scene
    assert np.flatnonzero(changed.any(axis=0)).tolist() == [12, 13, 14, 15, 16, 17]


def test_bleed_looks_at_the_scene_and_not_at_the_points() -> None:
    scene = two_planes()
    points = np.zeros_like(scene)
    points[10, ::3] = scene[10, ::3]  # columns 12 and 15 lie within 3 of the edge
    out = faults.bled(points, scene, 3, 1.0, RNG(0))
    assert np.flatnonzero(out[10] != points[10]).tolist() == [12, 15]
    assert out[10, 12] == 5
    assert out[10, 15] == 2


def test_a_slope_and_the_border_of_the_unknown_are_no_edges() -> None:
    slope = np.repeat(np.linspace(2, 6, 60, dtype=np.float32)[None], 20, axis=0)  # under 10 % a pixel
    assert np.array_equal(faults.bled(slope, slope, 3, 1.0, RNG(0)), slope)
    holed = np.full((20, 20), 3, np.float32)
    holed[5:10] = 0
    assert np.array_equal(faults.bled(holed, holed, 3, 1.0, RNG(0)), holed)


def test_steps_and_limits() -> None:
    depth = np.array([[0, 0.0004, 0.0006, 1.2344, 4.0]], np.float32)
    assert faults.quantised(depth, 0.001)[0] == pytest.approx([0, 0, 0.001, 1.234, 4.0])
    assert faults.limited(depth, 0.0006, 4.0)[0].tolist() == pytest.approx([0, 0, 0.0006, 1.2344, 4.0])
    assert parse_pattern("range(30cm, 400cm)")(Sample(np.zeros((1, 5, 3), np.uint8), depth), 0)[0] == pytest.approx(
        [0, 0, 0, 1.2344, 4.0]
    )


@given(
    spec=st.sampled_from(["noise(30%)", "gauss(5%)", "gauss(1cm)", "shift(3)", "bleed(2)", "bleed(1, share=50%)",
                          "quantise(1mm)", "range(1, 3)", "lowres(4)", "lowres(3, mean)", "grid(5)", "all",
                          "lidar(16, dropout=10%, noise=1cm, roll=-5..5, tilt=3)", "lidar(8, parallax)"]),
    height=st.integers(1, 12), width=st.integers(1, 12), known=st.floats(0, 1), seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_any_size_and_any_holes(spec: str, height: int, width: int, known: float, seed: int) -> None:
    """Every stage, on the truth and on points: finite, never negative, of the right shape, and the same again."""
    rng = RNG(seed)
    depth = (rng.uniform(0.5, 5, (height, width)) * (rng.random((height, width)) < known)).astype(np.float32)
    scene = Sample(np.zeros((height, width, 3), np.uint8), depth)
    for text in (spec, f"random(50%) | {spec}"):
        before = depth.copy()
        raw = parse_pattern(text)(scene, seed)
        assert raw.shape == depth.shape
        assert raw.dtype == np.float32
        assert np.isfinite(raw).all()
        assert (raw >= 0).all()
        assert np.array_equal(raw, parse_pattern(text)(scene, seed))
        assert np.array_equal(depth, before)  # the truth is left as it was
