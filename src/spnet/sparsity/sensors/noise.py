"""Random pieces that the sensors share: draws, correlated noise, windows, ragged edges, registration."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy.ndimage import uniform_filter

from spnet.sparsity.sensors.scene import Range
from spnet.types import BoolImage, FloatImage


def draw(rng: np.random.Generator, interval: Range) -> float:
    """A number of the interval, all equally likely."""
    return float(rng.uniform(*interval))


def draw_log(rng: np.random.Generator, interval: Range) -> float:
    """A positive number of the interval, equally likely in its logarithm."""
    return float(np.exp(rng.uniform(np.log(interval[0]), np.log(interval[1]))))


def correlated(shape: tuple[int, ...], size: int, rng: np.random.Generator) -> FloatImage:
    """Gaussian noise of unit variance, (H, W), averaged over squares of `size` pixels, as a matching window does."""
    noise = rng.standard_normal(shape, dtype=np.float32)
    size = min(size, *shape)
    if size > 1:
        noise = uniform_filter(noise, size, mode="wrap") * np.float32(size)
    return noise


def clouds(shape: tuple[int, ...], size: float, rng: np.random.Generator) -> FloatImage:
    """Smooth noise of about unit variance, (H, W), with bumps of `size` pixels."""
    height, width = shape
    coarse = (int(height / size) + 2, int(width / size) + 2)
    image = Image.fromarray(rng.standard_normal(coarse, dtype=np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def threshold_noise(shape: tuple[int, ...], spread: float, pixel: float, rng: np.random.Generator) -> FloatImage:
    """A factor around 1, (H, W), by which a threshold varies: half of it from pixel to pixel, half in patches (ours).

    Args:
        shape: (H, W).
        spread: standard deviation of the factor's logarithm.
        pixel: size of the sensor's pixel, in pixels of the image.
        rng: the random source.
    """
    patches = clouds(shape, 8 * max(1.0, pixel), rng)
    grain = clouds(shape, 2.5 * max(1.0, pixel), rng)
    factor: FloatImage = np.exp(np.float32(spread / np.sqrt(2)) * (patches + grain))
    return factor


def grow(mask: BoolImage, radius: int) -> BoolImage:
    """The mask and all pixels up to `radius` beside, above, below or diagonal."""
    for _ in range(2):
        wide = mask.copy()
        for step in range(1, min(radius, mask.shape[1] - 1) + 1):
            wide[:, step:] |= mask[:, :-step]
            wide[:, :-step] |= mask[:, step:]
        mask = wide.T
    return mask


def matched(ok: BoolImage, size: int, share: float = 0.5) -> BoolImage:
    """Where a window of `size` pixels finds more than `share` of its pixels usable: small holes heal, crumbs vanish."""
    size = min(size, *ok.shape)
    if size <= 1:
        return ok
    out: BoolImage = uniform_filter(ok.astype(np.float32), size, mode="nearest") > share
    return out


def ragged(depth: FloatImage, near_edges: BoolImage, spread: float, rng: np.random.Generator) -> FloatImage:
    """Near depth edges, the depth of a random pixel beside: the lateral noise of a matcher.

    The way of Handa et al., "A Benchmark for RGB-D Visual Odometry, 3D Reconstruction and SLAM", ICRA 2014, section
    III.B: the pixel is displaced by Gaussian noise. Here at edges alone; on surfaces, the axial noise has it all.

    Args:
        depth: (H, W) metres, 0 = hole.
        near_edges: where.
        spread: standard deviation of the displacement, pixels.
        rng: the random source.
    """
    height, width = depth.shape
    flat = np.flatnonzero(near_edges)
    jump = np.rint(rng.normal(0.0, spread, (2, len(flat)))).astype(np.intp)
    row = np.clip(flat // width + jump[0], 0, height - 1)
    column = np.clip(flat % width + jump[1], 0, width - 1)
    out = depth.copy()
    out.ravel()[flat] = depth[row, column]
    return out


def displaced(depth: FloatImage, down: int, right: int) -> FloatImage:
    """The image moved by whole pixels; what enters at the border is 0."""
    out = np.zeros_like(depth)
    height, width = depth.shape
    if abs(down) < height and abs(right) < width:
        rows, columns = (slice(max(0, n), min(size, size + n)) for n, size in ((down, height), (right, width)))
        from_rows, from_columns = (
            slice(max(0, -n), min(size, size - n)) for n, size in ((down, height), (right, width))
        )
        out[rows, columns] = depth[from_rows, from_columns]
    return out


def stepped(depth: FloatImage, step: float) -> FloatImage:
    """Depth in whole multiples of `step` metres, as a camera's integers have it; 0 leaves it as it is."""
    return np.rint(depth / np.float32(step)) * np.float32(step) if step else depth
