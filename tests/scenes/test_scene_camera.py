"""Photographs: exposure, noise, blur and compression do what they say, and only that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spnet.scenes.camera import Settings, draw_settings, gaussian, photograph
from spnet.scenes.scene import Rendered

HEIGHT, WIDTH = 60, 80
PLAIN = Settings(tint=(1.0, 1.0, 1.0), vignetting=0, glow=0, blur=0, noise=0, sharpening=0, balance=0)


def rendered(radiance: np.ndarray, depth: float | np.ndarray = 2.0) -> Rendered:
    shape = radiance.shape[:2]
    z = np.broadcast_to(np.asarray(depth, np.float32), shape).copy()
    number = np.zeros(shape, np.int32)
    return Rendered(radiance.astype(np.float32), z, np.zeros((*shape, 3), np.float32), number, number)


def scene(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    cells = rng.uniform(0.05, 1.0, (HEIGHT // 10, WIDTH // 10, 3))
    return np.kron(cells, np.ones((10, 10, 1)))


def shot(radiance: np.ndarray, how: Settings = PLAIN, seed: int = 0, depth: float | np.ndarray = 2.0) -> np.ndarray:
    return photograph(rendered(radiance, depth), np.random.default_rng(seed), how).astype(np.float64)


def test_the_brightness_of_the_light_is_exposed_away() -> None:
    dim, bright = shot(scene() * 0.01), shot(scene() * 100)
    assert np.abs(dim - bright).max() <= 1
    assert 60 < dim.mean() < 200


def test_more_exposure_is_brighter_and_order_is_kept() -> None:
    low, high = shot(scene(), replace(PLAIN, exposure=0.3)), shot(scene(), replace(PLAIN, exposure=0.7))
    assert high.mean() > low.mean() + 15
    grey = scene().mean(-1)
    order = np.argsort(grey[::10, ::10].ravel())
    flat = np.kron(grey[::10, ::10], np.ones((10, 10)))[..., None] * np.ones(3)
    seen = shot(flat)[::10, ::10, 0].ravel()[order]
    assert (np.diff(seen) >= 0).all()


def test_white_balance_takes_the_light_s_colour_out() -> None:
    warm = scene() * (1.0, 0.7, 0.4)
    left, taken = shot(warm), shot(warm, replace(PLAIN, balance=1.0))

    def cast(picture: np.ndarray) -> float:
        return float(picture[..., 0].mean() - picture[..., 2].mean())

    assert cast(left) > 30
    assert abs(cast(taken)) < 0.25 * cast(left)


def test_noise_has_its_strength_and_seed() -> None:
    flat = np.full((HEIGHT, WIDTH, 3), 0.4)
    how = replace(PLAIN, noise=0.02)
    one, same, other = shot(flat, how, 1), shot(flat, how, 1), shot(flat, how, 2)
    assert (one == same).all()
    assert (one != other).any()
    assert one.std() > 3 * shot(flat).std() + 1
    assert shot(flat, replace(how, noise=0.06)).std() == pytest.approx(3 * one.std(), rel=0.25)


def test_vignetting_darkens_the_corners_alone() -> None:
    flat = np.full((HEIGHT, WIDTH, 3), 0.4)
    seen = shot(flat, replace(PLAIN, vignetting=0.4))
    assert seen[0, 0].mean() < seen[HEIGHT // 2, WIDTH // 2].mean() - 10
    assert seen[HEIGHT // 2, WIDTH // 2] == pytest.approx(shot(flat)[HEIGHT // 2, WIDTH // 2], abs=2)


def roughness(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture, axis=1)).mean())


def test_what_is_out_of_focus_is_blurred() -> None:
    stripes = np.tile((np.arange(WIDTH) // 2 % 2)[None, :, None] * 0.8 + 0.1, (HEIGHT, 1, 3))
    depth = np.full((HEIGHT, WIDTH), 1.0, np.float32)
    depth[HEIGHT // 2 :] = 10.0
    seen = shot(stripes, replace(PLAIN, focus=1.0, aperture=2.0), depth=depth)
    sharp = shot(stripes)
    assert roughness(seen[: HEIGHT // 3]) == pytest.approx(roughness(sharp[: HEIGHT // 3]), rel=0.05)
    assert roughness(seen[-HEIGHT // 3 :]) < 0.5 * roughness(sharp)


def test_motion_blurs_along_its_path_alone() -> None:
    rng = np.random.default_rng(3)
    dots = rng.uniform(0.1, 1, (HEIGHT, WIDTH, 1)) * np.ones(3)
    seen = shot(dots, replace(PLAIN, motion=(5.0, 0.0)))
    assert np.abs(np.diff(seen, axis=1)).mean() < 0.5 * np.abs(np.diff(seen, axis=0)).mean()


def test_aberration_parts_the_colours_away_from_the_middle() -> None:
    stripes = np.tile((np.arange(WIDTH) // 4 % 2)[None, :, None] * 0.8 + 0.1, (HEIGHT, 1, 3))
    seen = shot(stripes, replace(PLAIN, aberration=0.02))
    apart = np.abs(seen[..., 0] - seen[..., 2]).mean(0)
    assert apart[: WIDTH // 4].mean() > 3 * apart[3 * WIDTH // 8 : 5 * WIDTH // 8].mean() + 1
    assert (shot(stripes)[..., 0] == shot(stripes)[..., 2]).all()


def test_a_gaussian_keeps_the_sum_and_spreads_by_its_deviation() -> None:
    point = np.zeros((41, 41, 1), np.float32)
    point[20, 20] = 1
    spread = gaussian(point, 2.0)[..., 0]
    assert spread.sum() == pytest.approx(1, abs=1e-5)
    assert (spread.sum(0) * (np.arange(41) - 20) ** 2).sum() == pytest.approx(4, rel=0.1)


def test_any_camera_makes_a_picture_also_of_odd_light() -> None:
    rng = np.random.default_rng(5)
    for radiance in (np.zeros((HEIGHT, WIDTH, 3)), np.full((HEIGHT, WIDTH, 3), 1e4), scene()):
        for _ in range(12):
            how = draw_settings(rng, np.full((HEIGHT, WIDTH), 3.0, np.float32))
            picture = photograph(rendered(radiance), rng, how)
            assert picture.shape == (HEIGHT, WIDTH, 3)
            assert picture.dtype == np.uint8
    drawn = {draw_settings(rng) for _ in range(20)}
    assert len(drawn) == 20


def test_photographs_are_seeded() -> None:
    one, same, other = (photograph(rendered(scene()), np.random.default_rng(s)) for s in (4, 4, 5))
    assert one.tobytes() == same.tobytes() != other.tobytes()
