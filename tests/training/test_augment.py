"""What happens to an RGB-D pair before the network sees it, against the spec's section 4."""

from __future__ import annotations

import numpy as np
import pytest

from spnet.training.augment import (
    Crop,
    _blocks,
    _window,
    colour_jitter,
    family_raw,
    paper_raw,
    paper_scale,
    resized_crop,
)


def test_crop_keeps_geometry_and_validity() -> None:
    v, u = np.indices((100, 120), dtype=np.float32)
    depth = 1 + u + v
    depth[40:60, 40:60] = 0
    rgb = np.repeat((u / 120)[..., None], 3, axis=2)
    for seed in range(10):
        for crop in (Crop(64, (0.64, 1.0)), Crop(64, (0.4, 2.0), sharp_depth=True)):
            image, cut = resized_crop(rgb, depth, crop, np.random.default_rng(seed))
            assert image.shape == (64, 64, 3)
            assert cut.shape == (64, 64)
            known = cut > 0
            assert known.mean() > 0.3
            assert cut[known].min() >= 1 - 1e-3  # no mixture with the unknown's 0
            assert cut.max() <= depth.max() + 1e-3


def test_small_images_are_enlarged() -> None:
    image, cut = resized_crop(
        np.zeros((10, 20, 3), np.float32),
        np.ones((10, 20), np.float32),
        Crop(32, (0.64, 1.0)),
        np.random.default_rng(0),
    )
    assert image.shape == (32, 32, 3)
    assert np.allclose(cut, 1)


def test_papers_statistics() -> None:
    """Spec section 4: scale in U(0.8, 1.2) and at most 1/max; half of the drops take over 90 %; values in [0, 1]."""
    rng = np.random.default_rng(0)
    depth = np.full((64, 64), 0.5, np.float32)
    scales = [float(paper_scale(depth, rng)[0, 0]) / 0.5 for _ in range(400)]
    assert min(scales) == pytest.approx(0.8, abs=0.01)
    assert max(scales) == pytest.approx(1.2, abs=0.01)
    bright = [float(paper_scale(depth * 1.9, rng).max()) for _ in range(200)]
    assert max(bright) <= 1 + 1e-5
    raws = [paper_raw(depth, None, rng) for _ in range(300)]
    kept = np.array([(raw > 0).mean() for raw in raws])
    assert 0.4 < (kept <= 0.1).mean() < 0.7
    assert all(raw.min() >= 0 and raw.max() <= 1 for raw in raws)
    clean = np.mean([np.unique(raw[raw > 0]).size <= 1 for raw in raws if (raw > 0).any()])
    assert 0.4 < clean < 0.65  # noise hits half of the samples


def test_jitter_keeps_range_and_zero_strength_changes_nothing() -> None:
    rgb = np.random.default_rng(0).random((20, 20, 3), dtype=np.float32)
    assert np.allclose(colour_jitter(rgb, 0.0, np.random.default_rng(1)), rgb, atol=1e-6)
    strong = colour_jitter(rgb, 0.3, np.random.default_rng(1))
    assert strong.min() >= 0
    assert strong.max() <= 1
    assert not np.allclose(strong, rgb)


def test_family_spans_the_densities() -> None:
    rng = np.random.default_rng(0)
    depth = np.random.default_rng(1).uniform(1, 9, (128, 128)).astype(np.float32)
    kept = np.array([(family_raw(depth, None, rng) > 0).mean() for _ in range(200)])
    assert (kept < 0.005).sum() > 15
    assert (kept > 0.3).sum() > 15
    assert ((kept > 0.005) & (kept < 0.1)).sum() > 40


def test_the_papers_window_is_drawn_until_it_fits() -> None:
    """Area 0.64 to 1 and aspect 3/4 to 4/3 hold together, where ours clips."""
    rng = np.random.default_rng(0)
    windows = np.array([_window(Crop(320, (0.64, 1.0)), 320, rng) for _ in range(500)]) / 320
    area, aspect = windows.prod(1), windows[:, 1] / windows[:, 0]
    assert windows.max() <= 1
    assert area.min() == pytest.approx(0.64, abs=0.02)
    assert aspect.min() == pytest.approx(0.75, abs=0.03)
    assert aspect.max() == pytest.approx(4 / 3, abs=0.05)
    assert (windows == 1).mean() < 0.02
    clipped = np.array([_window(Crop(320, (0.64, 1.0), clip=True), 320, rng) for _ in range(500)]) / 320
    assert (clipped == 1).mean() > 0.05


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (32, 48)])
def test_blur_takes_any_size(shape: tuple[int, int]) -> None:
    depth = np.random.default_rng(0).random(shape, dtype=np.float32)
    for factor in (2, 4, 8, 16):
        blurred = _blocks(depth, factor)
        assert blurred.shape == shape
        assert np.isin(blurred, depth).all()
    if shape == (32, 48):
        assert np.array_equal(_blocks(depth, 4), depth[::4, ::4].repeat(4, 0).repeat(4, 1))
