"""Random points and holes: densities, determinism, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.errors import BadInput
from spnet.sparsity import HoleMaps, parse_pattern, procedural_holes, random_count, random_fraction
from spnet.sparsity.holes import _paper_affine, _transform
from spnet.types import Sample

DEPTH = np.random.default_rng(0).uniform(1, 5, (240, 320)).astype(np.float32)
SAMPLE = Sample(np.zeros((240, 320, 3), np.uint8), DEPTH)


def test_random_fraction_and_count() -> None:
    rng = np.random.default_rng(0)
    assert random_fraction(DEPTH, 0.1, rng).mean() == pytest.approx(0.1, rel=0.05)
    assert random_count(DEPTH, 500, rng).sum() == 500
    holed = DEPTH.copy()
    holed[:, 10:] = 0
    assert random_count(holed, 10**6, rng).sum() == 2400
    assert not random_fraction(holed, 1.0, rng)[:, 10:].any()


def test_procedural_holes_cover_the_share_asked_for() -> None:
    shares = [1 - procedural_holes((90, 120), np.random.default_rng(i), (0.2, 0.4)).mean() for i in range(20)]
    assert min(shares) > 0.15
    assert max(shares) < 0.45


def test_hole_maps(tmp_path: Path) -> None:
    mask = np.full((40, 60), 255, np.uint8)
    mask[:, :30] = 0
    Image.fromarray(mask).save(tmp_path / "a.png")
    maps = HoleMaps(tmp_path)
    drawn = maps.draw((80, 120), np.random.default_rng(0))
    assert drawn.shape == (80, 120)
    assert drawn.mean() == pytest.approx(0.5)
    augmented = [maps.draw_augmented((50, 50), np.random.default_rng(i)) for i in range(8)]
    assert all(a.shape == (50, 50) for a in augmented)
    assert len({a.tobytes() for a in augmented}) > 4
    for folder in (tmp_path / "nothing", "zero\0byte", "x" * 5000):
        with pytest.raises(BadInput, match="No hole masks"):
            HoleMaps(folder)


def test_turned_hole_maps(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((40, 60), np.uint8)).save(tmp_path / "a.png")
    straight, turned = (parse_pattern(f"holes(maps={tmp_path}{flag})") for flag in ("", ", turned"))
    assert not straight(SAMPLE, 0).any()  # the mask is all hole
    assert {turned(SAMPLE, seed).any() for seed in range(6)} == {True}  # what falls outside of it is measured


def test_the_papers_affine_map_has_the_published_ranges() -> None:
    """Turn, scale and shear are read back from the matrix: forward = scale · rotation · shear, about the centre."""
    rng, found = np.random.default_rng(0), []
    for _ in range(2000):
        a, b, c, d, e, f = _paper_affine((100, 200), rng)
        back = np.array([[a, b], [d, e]])
        forward = np.linalg.inv(back)
        shift = forward @ (np.array([100, 50]) - np.array([c, f])) - np.array([100, 50])  # of the centre
        turn, scale = np.arctan2(forward[1, 0], forward[0, 0]), np.hypot(*forward[:, 0])
        shear = np.arctan2(-(forward[:, 0] @ forward[:, 1]) / scale**2, 1)
        found.append([np.rad2deg(turn), scale, np.rad2deg(shear), *shift])
    low, high = np.min(found, axis=0), np.max(found, axis=0)
    assert low == pytest.approx([-180, 0.5, -60, -100, -50], rel=0.01)
    assert high == pytest.approx([180, 4, 60, 100, 50], rel=0.01)
    assert np.mean(found, axis=0)[1] == pytest.approx(2.25, abs=0.1)  # uniform, not log-uniform


def test_the_papers_holes(tmp_path: Path) -> None:
    """What falls outside of the mask is measured; a mask that is smaller than the result is enlarged."""
    Image.fromarray(np.zeros((7, 12), np.uint8)).save(tmp_path / "all_hole.png")
    maps = HoleMaps(tmp_path)
    drawn = [maps.draw_as_paper((30, 40), np.random.default_rng(i)) for i in range(60)]
    shares = np.array([mask.mean() for mask in drawn])
    assert {mask.shape for mask in drawn} == {(30, 40)}
    assert shares.max() > 0.8
    assert shares.min() < 0.05
    halves = np.mean([[m[:, :20].mean(), m[:, 20:].mean(), m[:15].mean(), m[15:].mean()] for m in drawn], axis=0)
    assert np.ptp(halves) < 0.2  # no side is preferred


def test_a_mask_is_looked_at_through_the_papers_affine_map() -> None:
    """Nearest pixel; against a plain version. Blobs: a pixel on the border of two may fall to either side."""
    rng = np.random.default_rng(0)
    blobs = np.kron(rng.random((8, 10)) < 0.6, np.ones((8, 8), bool))
    v, u = np.indices((64, 80)) + 0.5
    shares = []
    for _ in range(30):
        a, b, c, d, e, f = coefficients = _paper_affine((64, 80), rng)
        x, y = np.floor(a * u + b * v + c).astype(int), np.floor(d * u + e * v + f).astype(int)
        inside = (x >= 0) & (x < 80) & (y >= 0) & (y < 64)
        expected = np.where(inside, blobs[y.clip(0, 63), x.clip(0, 79)], True)
        moved = _transform(blobs, (64, 80), coefficients)
        assert (moved != expected).mean() < 0.005
        shares.append(moved.mean())
    assert 0.05 < 1 - np.mean(shares) < 0.4


def test_an_unreadable_hole_map_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(BadInput, match=r"broken\.png"):
        HoleMaps(tmp_path).draw((4, 4), np.random.default_rng(0))


@pytest.mark.parametrize("spec", ["random(1%)", "random(500)", "lidar(16)", "holes"])
def test_the_seed_decides_everything(spec: str) -> None:
    pattern = parse_pattern(spec)
    assert np.array_equal(pattern(SAMPLE, 3), pattern(SAMPLE, 3))
    kept = pattern(SAMPLE, 3)
    assert ((kept == 0) | (kept == DEPTH)).all()
    assert (kept > 0).any()
