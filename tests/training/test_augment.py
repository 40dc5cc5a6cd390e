"""What is drawn for a sample, against the spec's section 4; the rest of its augmentation is in test_batched.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.sparsity import HoleMaps
from spnet.training.augment import (
    Crop,
    Drawn,
    Window,
    _window_size,
    centre_window,
    draw_jitter,
    draw_raw,
    draw_window,
    family,
    nearest_depth,
    resized_rgb,
)
from spnet.training.config import TrainConfig
from spnet.types import Sample

PAPER = Crop(320, (0.64, 1.0))


def many(config: TrainConfig, count: int, holes: HoleMaps | None = None) -> list[Drawn]:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 255, (3, config.crop, config.crop), dtype=np.uint8)
    depth = rng.uniform(1, 9, (config.crop, config.crop)).astype(np.float32)
    return [draw_raw(config, rgb, depth, holes, rng) for _ in range(count)]


def near(share: float, count: int) -> object:
    """A probability as it is found in so many draws: within four standard deviations."""
    return pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / count))


def test_the_papers_window_is_drawn_until_it_fits() -> None:
    """Area 0.64 to 1 and aspect 3/4 to 4/3 hold together, where ours clips."""
    rng = np.random.default_rng(0)
    windows = np.array([_window_size(PAPER, 320, 320, rng) for _ in range(500)]) / 320
    area, aspect = windows.prod(1), windows[:, 1] / windows[:, 0]
    assert windows.max() <= 1
    assert area.min() == pytest.approx(0.64, abs=0.02)
    assert aspect.min() == pytest.approx(0.75, abs=0.03)
    assert aspect.max() == pytest.approx(4 / 3, abs=0.05)
    assert (windows == 1).mean() < 0.02
    ours = Crop(320, (0.64, 1.0), clip=True)
    clipped = np.array([_window_size(ours, 320, 320, rng) for _ in range(500)]) / 320
    assert (clipped == 1).mean() > 0.05


def test_windows_lie_anywhere_in_the_image_and_half_are_mirrored() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_window((400, 500), PAPER, rng) for _ in range(400)]
    assert all(w.top >= 0 and w.left >= 0 and w.top + w.height <= 400 and w.left + w.width <= 500 for w in drawn)
    assert min(w.top for w in drawn) < 8
    assert max(w.left + w.width for w in drawn) > 490
    assert np.mean([w.flip for w in drawn]) == near(0.5, 400)


def test_a_small_image_gives_a_smaller_window_of_the_same_share() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_window((100, 400), PAPER, rng) for _ in range(300)]
    area = np.array([w.height * w.width for w in drawn]) / 100**2
    assert area.min() == pytest.approx(0.64, abs=0.03)
    assert area.max() <= 1
    assert max(w.left + w.width for w in drawn) > 380
    far = [draw_window((100, 400), Crop(320, (0.45, 2.25), clip=True), rng) for _ in range(50)]
    assert max(max(w.height, w.width) for w in far) <= 100


def test_a_window_is_cut_and_mirrored() -> None:
    image = np.arange(12).reshape(3, 4)
    assert Window(1, 1, 2, 2).cut(image).tolist() == [[5, 6], [9, 10]]
    assert Window(1, 1, 2, 2, flip=True).cut(image).tolist() == [[6, 5], [10, 9]]
    assert centre_window((400, 501), PAPER) == Window(40, 90, 320, 320)
    assert centre_window((100, 501), PAPER) == Window(0, 200, 100, 100)


@pytest.mark.parametrize("side", [(24, 40), (50, 33), (32, 32)])
def test_resampling_keeps_the_geometry(side: tuple[int, int]) -> None:
    """A ramp of colour and one of depth stay ramps from border to border."""
    v, u = np.indices(side)
    rgb = np.stack([4 * u, 4 * v, 0 * u], axis=-1).astype(np.uint8)
    out = resized_rgb(rgb, 32)
    assert out.shape == (3, 32, 32)
    expected = ((np.arange(32) + 0.5) * side[1] / 32 - 0.5).clip(0, side[1] - 1) * 4
    assert np.abs(out[0].mean(0) - expected)[2:-2].max() <= 1  # 8 bits; antialiasing bends the ends
    depth = nearest_depth(u.astype(np.float32), 32)
    assert np.abs(depth[5] - (((np.arange(32) + 0.5) * side[1] / 32).astype(int))).max() == 0
    assert np.isin(depth, u).all()


def test_the_jitters_factors_and_order() -> None:
    rng = np.random.default_rng(0)
    drawn = np.stack([draw_jitter(TrainConfig(jitter=0.2), rng) for _ in range(600)])
    factors = drawn[:, 1]
    assert factors.min() == pytest.approx(0.8, abs=0.005)
    assert factors.max() == pytest.approx(1.2, abs=0.005)
    assert factors.mean() == pytest.approx(1, abs=0.01)
    orders, counts = np.unique(drawn[:, 0], axis=0, return_counts=True)
    assert len(orders) == 6
    assert counts / 600 == pytest.approx(1 / 6, abs=0.06)


def test_the_papers_probabilities(tmp_path: Path) -> None:
    """Noise 0.5 of sigma 0.01 to 0.1, blur 0.5 by 2, 4, 8 or 16, holes 0.8, drop half below 0.9 and half above."""
    Image.fromarray(np.full((40, 40), 255, np.uint8)).save(tmp_path / "mask.png")
    count = 800
    drawn = many(TrainConfig(crop=32), count, HoleMaps(tmp_path))
    noise = np.stack([one["noise"] for one in drawn])
    noisy = noise[noise[:, 0] > 0]
    assert len(noisy) / count == near(0.5, count)
    assert noisy[:, 0].min() == pytest.approx(0.01, abs=0.002)
    assert noisy[:, 0].max() == pytest.approx(0.1, abs=0.002)
    assert noisy[:, 0].mean() == pytest.approx(0.055, abs=0.005)
    assert noisy[:, 1].mean() == pytest.approx(0.5, abs=0.06)
    blur = np.array([one["blur"] for one in drawn])
    assert (blur > 1).mean() == near(0.5, count)
    factors, counts = np.unique(blur[blur > 1], return_counts=True)
    assert factors.tolist() == [2, 4, 8, 16]
    assert counts / counts.sum() == pytest.approx(0.25, abs=0.09)
    assert np.mean([one["holed"] for one in drawn]) == near(0.8, count)
    drop = np.array([one["drop"] for one in drawn])
    assert (drop < 0.9).mean() == near(0.5, count)
    assert drop[drop < 0.9].mean() == pytest.approx(0.45, abs=0.06)
    assert drop[drop >= 0.9].mean() == pytest.approx(0.95, abs=0.01)
    assert len({one["keys"].tobytes() for one in drawn}) == count


def test_pacgdcs_probabilities() -> None:
    """Holes 0.75, noise 0.25, blur 0.25 by U(1, 16), then uniform 0.5, LiDAR 0.35, SIFT 0.15 (spec section 4)."""
    pytest.importorskip("cv2")
    count = 400
    drawn = many(TrainConfig(crop=64, samples="pacgdc"), count)
    assert np.mean([one["noise"][0] > 0 for one in drawn]) == near(0.25, count)
    assert np.mean([one["holed"] for one in drawn]) == near(0.75, count)
    blur = np.array([one["blur"] for one in drawn])
    assert (blur > 1).mean() == near(0.25, count)
    assert blur[blur > 1].min() < 3
    assert blur[blur > 1].max() > 14
    assert len(np.unique(blur)) > 50
    uniform = np.array([(one["gain"] == 1).all() for one in drawn])
    assert uniform.mean() == near(0.5, count)
    assert all((one["drop"] > 0) == alone for one, alone in zip(drawn, uniform, strict=True))
    sensors = [one["gain"] for one, alone in zip(drawn, uniform, strict=True) if not alone]
    assert all(gain.any() and gain.min() >= 0 for gain in sensors)
    outliers = np.mean([(gain > 1.001).any() for gain in sensors])  # of scanners beside the camera
    assert outliers == near(0.7, count // 2)


def test_without_masks_holes_are_procedural() -> None:
    drawn = [one for one in many(TrainConfig(crop=64), 100) if one["holed"]]
    measured = np.array([one["hole"].mean() for one in drawn])
    assert measured.min() < 0.55
    assert measured.max() > 0.8


def test_family_spans_the_densities() -> None:
    rng = np.random.default_rng(0)
    depth = np.random.default_rng(1).uniform(1, 9, (128, 128)).astype(np.float32)
    sample = Sample(np.zeros((128, 128, 3), np.uint8), depth)
    kept = np.array([(family(None)(sample, rng) > 0).mean() for _ in range(200)])
    assert (kept < 0.005).sum() > 15
    assert (kept > 0.3).sum() > 15
    assert ((kept > 0.005) & (kept < 0.1)).sum() > 40


def test_a_recipes_own_sparsity_has_real_masks_where_it_says_holes(tmp_path: Path) -> None:
    Image.fromarray(np.full((40, 40), 255, np.uint8)).save(tmp_path / "mask.png")
    assert family(None, "{holes} | gauss(1%)").name == "holes | gauss(1%)"
    assert "turned" in family(tmp_path, "{holes} | gauss(1%)").name
    assert "turned" in family(tmp_path).name
