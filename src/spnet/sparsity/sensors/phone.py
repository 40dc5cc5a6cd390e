"""The LiDAR of a phone: a grid of laser dots whose times of flight are filled in to a small, smooth depth map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from spnet.geometry import default_intrinsics
from spnet.sparsity.sensors.noise import clouds, displaced, draw, draw_log
from spnet.sparsity.sensors.scene import Range, Scene, edges, face
from spnet.types import BoolImage, FloatImage, Sample


@dataclass(frozen=True)
class PhoneLidar:
    """A dot grid and the depth map made of it. Ranges are drawn from once an image.

    Attributes:
        dots: laser dots along the longer and the shorter side.
        size: pixels of the depth map along the longer and the shorter side.
        noise: standard deviation of a dot's depth, as a share of it.
        far: furthest depth, metres.
        smooth: blur of the map that guides the filling between dots, in its pixels.
        trust: how much of that map, rather than the dots alone, shapes the result: colour's part in the fill.
        confident: share of the map's edges that are given up as uncertain.
        weakest: least signal reflectance·cosine/z² (z in metres) with which a dot returns.
        misaligned: standard deviation of the registration's error, pixels of the depth map.
    """

    dots: tuple[int, int]
    size: tuple[int, int]
    noise: float
    far: Range
    smooth: Range
    trust: Range
    confident: Range
    weakest: Range
    misaligned: float


# Apple's LiDAR scanner. 576 dots, range 5 m, errors of about 1 cm: Luetzenburg, Kroon & Bjørk, "Evaluation of the Apple
# iPhone 12 Pro LiDAR for an Application in Geosciences", Scientific Reports 11, 2021. Depth map 256 x 192: ARKit's
# `sceneDepth`. The fill between dots is Apple's own and unpublished; what stands for it here is ours.
PHONE_LIDAR = PhoneLidar(
    dots=(24, 24),
    size=(256, 192),
    noise=0.006,
    far=(4.5, 6.0),
    smooth=(1.5, 3.0),
    trust=(0.6, 0.9),
    confident=(0.0, 1.0),
    weakest=(2e-4, 2e-3),
    misaligned=0.3,
)


def phone_lidar(sample: Sample, rng: np.random.Generator, sensor: PhoneLidar | None = None) -> FloatImage:
    """What a phone's LiDAR gives: dense, coarse, smooth across edges, as far as the dots reach.

    Args:
        sample: depth (H, W) metres, dense truth, 0 = unknown.
        rng: the random source.
        sensor: which; without it Apple's.

    Returns:
        (H, W) metres, 0 = not measured: too far, no dot returned (dark and far, mirror, glass), an edge not trusted.
    """
    if sensor is None:
        sensor = PHONE_LIDAR
    height, width = sample.depth.shape
    small = _fit(sensor.size, (height, width))
    scene = face(sample, small[1] / width * (sample.intrinsics or default_intrinsics((height, width))).fx, rng)
    truth = np.asarray(Image.fromarray(sample.depth).resize(small[::-1], Image.Resampling.NEAREST))
    dots = np.asarray(_dots(truth, _returning(scene, small, draw_log(rng, sensor.weakest)), sensor, rng))
    guide = _blurred(truth, draw(rng, sensor.smooth))
    trust = draw(rng, sensor.trust)
    known = (dots > 0) & (guide > 0)
    depth = np.where(known, trust * guide + (1 - trust) * dots, 0)
    depth *= 1 + np.float32(sensor.noise) * clouds(small, max(small) / max(sensor.dots), rng)
    inverse = np.zeros_like(truth)
    np.divide(np.float32(1), truth, out=inverse, where=truth > 0)
    given_up = edges(inverse) & (clouds(small, 8, rng) < np.float32(4 * draw(rng, sensor.confident) - 2))
    depth[given_up | (depth > draw(rng, sensor.far))] = 0
    down, right = np.rint(rng.normal(0.0, sensor.misaligned, 2)).astype(int).tolist()
    depth = displaced(depth.astype(np.float32), down, right)
    out = Image.fromarray(depth).resize((width, height), Image.Resampling.NEAREST)
    return np.where(sample.depth > 0, np.asarray(out), np.float32(0))


def _fit(size: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """(longer, shorter) as (rows, columns) for an image, never more than it has."""
    rows, columns = (size[1], size[0]) if shape[1] >= shape[0] else size
    return min(rows, shape[0]), min(columns, shape[1])


def _returning(scene: Scene, small: tuple[int, int], weakest: float) -> BoolImage:
    """Where a dot comes back: surfaces that send enough light, at the depth map's size."""
    enough = scene.seen_itself & (scene.reflectance * scene.cosine * scene.inverse**2 > np.float32(weakest))
    return np.asarray(Image.fromarray(enough.astype(np.uint8)).resize(small[::-1], Image.Resampling.NEAREST)) > 0


def _dots(truth: FloatImage, returning: BoolImage, sensor: PhoneLidar, rng: np.random.Generator) -> FloatImage:
    """The dots' depths, bilinear between them; 0 where the dots next to it saw nothing."""
    rows, columns = _fit(sensor.dots, truth.shape)
    v = np.clip(((np.arange(rows) + rng.random()) * truth.shape[0] / rows).astype(np.intp), 0, truth.shape[0] - 1)
    u = np.clip(((np.arange(columns) + rng.random()) * truth.shape[1] / columns).astype(np.intp), 0, truth.shape[1] - 1)
    dots = (truth * returning)[np.ix_(v, u)]
    noisy = dots * (1 + np.float32(sensor.noise) * rng.standard_normal(dots.shape, dtype=np.float32))
    return _enlarged(np.where(noisy > 0, noisy, np.float32(0)), truth.shape)


def _enlarged(coarse: FloatImage, shape: tuple[int, ...]) -> FloatImage:
    """Bilinear, over the known ones alone."""
    size = (shape[1], shape[0])
    known = Image.fromarray((coarse > 0).astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    total = Image.fromarray(coarse).resize(size, Image.Resampling.BILINEAR)
    return _ratio(np.asarray(total), np.asarray(known), 0.5)


def _blurred(truth: FloatImage, spread: float) -> FloatImage:
    """Gaussian blur over the known pixels alone."""
    known = gaussian_filter((truth > 0).astype(np.float32), spread)
    return _ratio(gaussian_filter(truth, spread), known, 0.1)


def _ratio(total: FloatImage, weight: FloatImage, least: float) -> FloatImage:
    out = np.zeros_like(total)
    np.divide(total, weight, out=out, where=weight > np.float32(least))
    return out
