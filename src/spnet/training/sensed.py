"""Exact pairs made like a real camera's: what a colour and a depth camera beside each other would have delivered.

Rendered depth fits its picture to the pixel. A depth camera's does not: it is registered with an error, foreground
grows by the matcher's window, edges waver, surfaces undulate, values come in steps of disparity, and about edges there
is nothing. Weights trained on exact pairs alone trust the picture's edges too much (docs/model-design.md has figures).
`spnet.sparsity.sensors` models single cameras for the *input*; this is a cheap mixture of their faults, for *truth*.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter1d, minimum_filter, zoom

from spnet.sparsity.sensors.noise import clouds, draw_log, grow
from spnet.types import BoolImage, ByteImage, FloatImage

# Ranges of ours, after what is known of Kinect and RealSense. Lengths are pixels of a picture of 224 rows.
ROWS = 224
REGISTRATION = 1.0  # standard deviation of the displacement of the whole image, along each axis
WAVES, WAVE_SIZE = (0.2, 1.2), (4.0, 16.0)  # edges' displacement, and the size of its bumps
DISPARITY = (5e-4, 8e-3)  # standard deviation of the noise of inverse depth, as a share of the scene's median
GRAIN, BEND_SIZE = (0.8, 2.5), (30.0, 100.0)  # sizes of that noise: a matching window's, and a bent calibration's
FATTENED, STEPPED, EDGELESS = 0.4, 0.5, 0.7  # how often foreground grows, values have steps, edges are without depth
EDGE = 0.04  # share of depth between neighbours from which on there is an edge
SEAM, SHADOW = 3, 9  # fewer pixels are lost beside an edge: on both sides, and where the projector is hidden
UNEVEN = (0.0, 0.25)  # light's standard deviation between parts of the image, in log
SHADOWS, PENUMBRA, DARKER = (
    3,
    (0.5, 8.0),
    (0.2, 0.75),
)  # most of them; pixels of a shadow's edge; share of light it takes
BLUR, SHOT = (0.0, 1.2), (0.0, 8.0)  # of the colours: standard deviations of the blur (pixels) and of the noise (0-255)


def sensed_depth(depth: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Depth (H, W) as a depth camera would have it, in the unit it has; 0 = unknown, before and after."""
    if not (depth > 0).any():
        return depth
    pixel = depth.shape[0] / ROWS
    if rng.random() < FATTENED:
        depth = _fattened(depth, 2 * int(rng.integers(1, 3)) + 1)
    depth = _noisy(_misplaced(depth, pixel, rng), pixel, rng)
    if rng.random() < EDGELESS:
        depth[_lost(depth, rng)] = 0
    return depth


def sensed_colours(rgb: ByteImage, rng: np.random.Generator) -> ByteImage:
    """Colours (3, H, W) as a small camera has them: unevenly lit, with shadows, a little out of focus and noisy."""
    blur, shot = rng.uniform(*BLUR), rng.uniform(*SHOT)
    out = gaussian_filter(rgb.astype(np.float32), (0, blur, blur), truncate=2.0)
    out *= _light(rgb.shape[1:], rng)
    out += np.float32(shot) * rng.standard_normal(rgb.shape, dtype=np.float32)
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def _fattened(depth: FloatImage, size: int) -> FloatImage:
    """Foreground grown by half of a window of `size` pixels."""
    near = minimum_filter(np.where(depth > 0, depth, np.float32(np.inf)), size)
    return np.where(np.isfinite(near), near, np.float32(0))


def _misplaced(depth: FloatImage, pixel: float, rng: np.random.Generator) -> FloatImage:
    """Every pixel has the depth of one nearby: the registration's error, and waves."""
    amplitude, size = pixel * rng.uniform(*WAVES), pixel * rng.uniform(*WAVE_SIZE)
    at: list[NDArray[np.intp]] = []
    for axis, length in enumerate(depth.shape):
        steps = np.arange(length, dtype=np.float32).reshape((-1, 1) if axis == 0 else (1, -1))
        moved = steps + np.float32(rng.normal(0, REGISTRATION * pixel))
        moved = moved + np.float32(amplitude) * clouds(depth.shape, size, rng)
        at.append(np.clip(np.rint(moved), 0, length - 1).astype(np.intp))
    return depth[at[0], at[1]]


def _noisy(depth: FloatImage, pixel: float, rng: np.random.Generator) -> FloatImage:
    """Noise of inverse depth: in windows, bent over the whole image, in steps."""
    known = depth > 0
    median = np.float32(np.median(depth[known])) if known.any() else np.float32(1)
    inverse = np.divide(median, depth, out=np.zeros_like(depth), where=known)
    spread = draw_log(rng, DISPARITY)
    noise = gaussian_filter(
        rng.standard_normal(depth.shape, dtype=np.float32), pixel * rng.uniform(*GRAIN), truncate=2.0
    )
    noise *= np.float32(spread / max(float(noise.std()), 1e-6))
    noise += np.float32(spread * rng.uniform()) * clouds(depth.shape, pixel * rng.uniform(*BEND_SIZE), rng)
    inverse += noise
    if rng.random() < STEPPED:
        step, phase = np.float32(spread * rng.uniform(0.1, 2)), np.float32(rng.random())
        inverse = (np.rint(inverse / step + phase) - phase) * step
    known &= inverse > 1e-3
    return np.divide(median, inverse, out=np.zeros_like(depth), where=known)


def _lost(depth: FloatImage, rng: np.random.Generator) -> BoolImage:
    """Where there is no depth because of an edge nearby."""
    known = depth > 0
    log = np.log(depth, out=np.zeros_like(depth), where=known)
    edge = np.zeros(depth.shape, bool)
    for here, beside, both, out in (
        (log[:, 1:], log[:, :-1], known[:, 1:] & known[:, :-1], edge[:, 1:]),
        (log[1:], log[:-1], known[1:] & known[:-1], edge[1:]),
    ):
        out |= both & (np.abs(here - beside) > EDGE)
    seam, shadow = int(rng.integers(SEAM)), int(rng.integers(SHADOW))
    side = shadow // 2 if rng.random() < 0.5 else -(shadow // 2)  # of the edge, on which the projector is hidden
    hidden: BoolImage = maximum_filter1d(edge.view(np.uint8), shadow + 1, axis=1, origin=side).view(bool)
    return grow(edge, seam) | hidden


def _light(shape: tuple[int, ...], rng: np.random.Generator) -> FloatImage:
    """Factors (H, W): light that falls off over the image, and cast shadows, whose edges say nothing of depth."""
    height, width = shape
    coarse = rng.standard_normal((3, 4)) * rng.uniform(*UNEVEN)
    light = np.exp(zoom(coarse, (height / 3, width / 4), order=1, mode="nearest", grid_mode=True)).astype(np.float32)
    v, u = np.indices(shape, dtype=np.float32)
    for _ in range(rng.integers(0, SHADOWS + 1)):
        inside = np.ones(shape, np.float32)
        for _ in range(rng.integers(2, 4)):
            angle, at = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.9, 2)
            away = (v - at[0] * height) * np.sin(angle) + (u - at[1] * width) * np.cos(angle)
            inside *= np.clip(away / rng.uniform(*PENUMBRA) + 0.5, 0, 1).astype(np.float32)
        light *= 1 - inside * np.float32(rng.uniform(*DARKER))
    return light
