"""Counts matched to density, grids, zones, key points."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from scenes import room
from spnet.errors import MissingExtra
from spnet.sparsity import parse_pattern
from spnet.sparsity.patterns import grid, matched_count, zones
from spnet.types import Sample

DEPTH = np.random.default_rng(0).uniform(1, 5, (240, 320)).astype(np.float32)
HALF = np.where(np.arange(320) < 160, DEPTH, 0).astype(np.float32)


def sample(depth: np.ndarray) -> Sample:  # type: ignore[type-arg]
    return Sample(np.zeros((*depth.shape, 3), np.uint8), depth)


def test_matched_counts_follow_the_known_pixels() -> None:
    """OMNI-DC: max(round(known * N / (H W)), 5)."""
    assert matched_count(DEPTH, 2150) == 2150
    assert matched_count(HALF, 2150) == 1075
    assert matched_count(HALF, 4) == 5
    assert np.count_nonzero(parse_pattern("random(300, matched)")(sample(HALF), 0)) == 150
    assert np.count_nonzero(parse_pattern("random(300)")(sample(HALF), 0)) == 300


def test_noise_alone_is_omni_dcs_column() -> None:
    """2150 points on 480x640 pixels and the same density elsewhere; outliers between the 10th and 90th percentile."""
    full = np.random.default_rng(1).uniform(1, 5, (480, 640)).astype(np.float32)
    assert np.count_nonzero(parse_pattern("noise(10%)")(sample(full), 0)) == 2150
    assert np.count_nonzero(parse_pattern("noise(10%)")(sample(DEPTH), 0)) == 538  # a quarter of it, rounded
    raw = parse_pattern("noise(100%)")(sample(full), 0)
    low, high = np.percentile(full, (10, 90))
    assert raw[raw > 0].min() >= low - 1e-6
    assert raw[raw > 0].max() <= high + 1e-6
    share = np.mean([((r := parse_pattern("noise(10%)")(sample(full), s)) != full)[r > 0].mean() for s in range(8)])
    assert share == pytest.approx(0.1, abs=0.01)


def test_grid() -> None:
    starts = set()
    for seed in range(40):
        mask = grid(DEPTH, 32, np.random.default_rng(seed))
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert (np.diff(rows) == 32).all()
        assert (np.diff(columns) == 32).all()
        assert mask.sum() == len(rows) * len(columns)
        starts.add((int(rows[0]), int(columns[0])))
    assert len(starts) > 30
    assert grid(DEPTH[:5, :3], 32, np.random.default_rng(0)).sum() == 1  # an image smaller than the step
    assert not grid(HALF, 16, np.random.default_rng(0))[:, 160:].any()


def test_zones_by_hand() -> None:
    depth = np.zeros((5, 6), np.float32)
    depth[0:2, 0:2] = [[1, 2], [3, 9]]  # lower median 2
    depth[2, 2] = 7  # one known pixel
    depth[4, 4:6] = [4, 6]  # a block cut by the lower border; its centre row 5 is outside, so row 4
    out = zones(depth, 2)
    assert np.argwhere(out).tolist() == [[1, 1], [3, 3], [4, 5]]
    assert [out[1, 1], out[3, 3], out[4, 5]] == [2, 7, 4]
    mean = zones(depth, 2, mean=True)
    assert [mean[1, 1], mean[3, 3], mean[4, 5]] == [3.75, 7, 5]
    assert np.array_equal(zones(depth, 1), depth)
    assert np.array_equal(zones(depth, 100) > 0, (np.indices(depth.shape) == np.array([4, 5])[:, None, None]).all(0))


def test_zones_give_depths_that_exist() -> None:
    out = zones(HALF, 8)
    assert np.isin(out, HALF).all()
    assert np.count_nonzero(out) == 30 * 20
    assert not out[:, 161:].any()


class TestKeyPoints:
    rgb, depth = room(120, 160, share=1.0, seed=0)

    @pytest.fixture(autouse=True)
    def _opencv(self) -> None:
        pytest.importorskip("cv2")

    def textured(self) -> Sample:
        """Squares of random grey, 8 pixels wide: a key point at every other junction."""
        grey = np.random.default_rng(3).integers(0, 256, (15, 20), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
        return Sample(np.repeat(grey[..., None], 3, axis=2), self.depth)

    @pytest.mark.parametrize("spec", ["sift", "orb", "corners(300)"])
    def test_points_are_of_the_truth(self, spec: str) -> None:
        scene = self.textured()
        raw = parse_pattern(spec)(scene, 0)
        assert 20 <= np.count_nonzero(raw) < 3000
        assert ((raw == 0) | (raw == scene.depth)).all()
        assert np.array_equal(raw, parse_pattern(spec)(scene, 1))  # nothing is drawn

    def test_corners_are_at_the_junctions(self) -> None:
        scene = self.textured()
        rows, columns = np.nonzero(parse_pattern("corners(100)")(scene, 0))
        assert len(rows) == np.count_nonzero(self.depth[rows, columns]) <= 100
        distance = np.maximum(np.abs((rows + 4) % 8 - 4), np.abs((columns + 4) % 8 - 4))
        assert (distance <= 2).mean() > 0.9

    @pytest.mark.parametrize("spec", ["sift", "orb", "corners(300)"])
    def test_too_few_points_become_random_ones(self, spec: str) -> None:
        """OMNI-DC: fewer than 20 -> 1000, density-matched: 1000 * known / (H W)."""
        blank = Sample(np.full_like(self.textured().rgb, 128), self.depth)
        assert np.count_nonzero(parse_pattern(spec)(blank, 0)) == matched_count(self.depth, 1000)

    def test_no_known_depth_at_the_points(self) -> None:
        scene = self.textured()
        lone = np.zeros_like(self.depth)
        lone[60, 80] = 1
        raw = parse_pattern("sift")(Sample(scene.rgb, lone), 0)
        assert np.count_nonzero(raw) == 1


def test_key_points_without_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtra, match=r"Key points need one more package: pip install 'spnet\[eval\]'"):
        parse_pattern("sift")(sample(DEPTH), 0)
