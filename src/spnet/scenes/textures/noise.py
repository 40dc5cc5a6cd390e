"""What procedural textures are painted with: random fields, cells, colours, blending. Pictures are sRGB, 0 to 1."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.spatial import cKDTree

from spnet.scenes.scene import Floats, Ints, Triple


def noise(rng: np.random.Generator, size: int, power: float = 2.0, stretch: tuple[float, float] = (1.0, 1.0)) -> Floats:
    """A random field that repeats without a seam, of mean 0 and deviation 1.

    Args:
        rng: source of randomness.
        size: side in pixels.
        power: its power spectrum falls with frequency ** -power; 0 is white, 2 cloudy, 4 smooth.
        stretch: how much longer its features are along x and along y.

    >>> field = noise(np.random.default_rng(0), 64)
    >>> field.shape, bool(abs(field.mean()) < 1e-5), round(float(field.std()), 3)
    ((64, 64), True, 1.0)
    """
    x = np.fft.rfftfreq(size).astype(np.float32)[None] * stretch[0]
    y = np.fft.fftfreq(size).astype(np.float32)[:, None] * stretch[1]
    squared = x * x + y * y
    squared[0, 0] = 1.0
    gain = squared ** np.float32(-power / 4)
    gain[0, 0] = 0.0
    return _field(rng, size, gain)


def blotches(rng: np.random.Generator, size: int, cycles: float, width: float = 0.35) -> Floats:
    """A random field as `noise`, of features of one size: about `cycles` of them across the picture.

    Args:
        rng: source of randomness.
        size: side in pixels.
        cycles: middle of the band of frequencies.
        width: of the band, as a share of its middle.
    """
    x = np.fft.rfftfreq(size, 1 / size).astype(np.float32)[None]
    y = np.fft.fftfreq(size, 1 / size).astype(np.float32)[:, None]
    return _field(rng, size, np.exp(-(((np.hypot(x, y) - cycles) / (width * cycles)) ** 2)))


def _field(rng: np.random.Generator, size: int, gain: Floats) -> Floats:
    white = rng.standard_normal((size, size), dtype=np.float32)
    field = np.asarray(fft.irfft2(fft.rfft2(white) * gain, s=(size, size)), np.float32)
    field -= field.mean()
    return field / np.float32(max(float(field.std()), 1e-9))


def lattice(size: int) -> tuple[Floats, Floats]:
    """(size, size) x and y of the pixels' centres, 0 to 1, y down."""
    axis = ((np.arange(size) + 0.5) / size).astype(np.float32)
    return np.broadcast_to(axis[None], (size, size)), np.broadcast_to(axis[:, None], (size, size))


def cells(rng: np.random.Generator, size: int, count: int, evenness: float = 0.0) -> tuple[Ints, Floats]:
    """Random cells (Voronoi) that repeat without a seam: stones, pebbles, cracked earth.

    Args:
        rng: source of randomness.
        size: side in pixels.
        count: of the cells.
        evenness: 0 scattered anyhow, 1 close to a regular grid (then about `count` cells).

    Returns:
        (size, size) number of the cell, and distance to its rim in cell widths.
    """
    if evenness > 0:
        side = max(round(count**0.5), 1)
        grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
        shift = rng.uniform(-0.5, 0.5, grid.shape) * (1 - evenness)
        points = ((grid + 0.5 + shift + (grid[:, 1:] % 2) * [0.5, 0.0]) / side) % 1.0
    else:
        points = rng.random((count, 2))
    x, y = lattice(size)
    tree = cKDTree(points, boxsize=np.ones(2))
    distance, number = map(np.asarray, tree.query(np.stack([x, y], -1).reshape(-1, 2), k=2))
    rim = (distance[:, 1] - distance[:, 0]) * len(points) ** 0.5
    return number[:, 0].reshape(size, size).astype(np.int32), rim.reshape(size, size).astype(np.float32)


def ramp(values: ArrayLike, low: float, high: float) -> Floats:
    """0 below `low`, 1 above `high`, smooth between them (smoothstep)."""
    t = np.clip((np.asarray(values, np.float32) - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def blend(first: ArrayLike, second: ArrayLike, share: NDArray[Any]) -> Floats:
    """(size, size, 3) from colours or pictures: `first` where the share is 0, `second` where it is 1."""
    t = np.asarray(share, np.float32)[..., None]
    return np.asarray(np.asarray(first, np.float32) * (1 - t) + np.asarray(second, np.float32) * t, np.float32)


def shaded(colour: ArrayLike, *fields: NDArray[Any]) -> Floats:
    """(size, size, 3): a colour or picture times 1 plus each of the fields."""
    picture = np.asarray(colour, np.float32)
    factor = np.ones(fields[0].shape, np.float32)
    for field in fields:
        factor *= np.asarray(1 + field, np.float32)
    return np.asarray(picture * factor[..., None], np.float32)


def colour(
    rng: np.random.Generator,
    saturation: tuple[float, float] = (0.0, 0.6),
    value: tuple[float, float] = (0.15, 0.95),
    hue: tuple[float, float] = (0.0, 1.0),
) -> Floats:
    """A random sRGB colour by hue, saturation (the lower the likelier) and value; the hue's range may pass 1."""
    h, v = rng.uniform(*hue) % 1.0, rng.uniform(*value)
    s = saturation[0] + (saturation[1] - saturation[0]) * rng.random() ** 1.7
    return np.array(colorsys.hsv_to_rgb(h, s, v), np.float32)


def neutral(rng: np.random.Generator, value: tuple[float, float] = (0.5, 0.95)) -> Floats:
    """A grey, beige or cream, as most walls, stones and cloths are."""
    if rng.random() < 0.75:
        return colour(rng, (0.0, 0.2), value, (0.04, 0.16))
    return colour(rng, (0.0, 0.08), value, (0.5, 0.65))


def linear(srgb: ArrayLike) -> Triple:
    """An sRGB colour, 0 to 1, as linear light (IEC 61966-2-1)."""
    c = np.clip(np.asarray(srgb, np.float64), 0.0, 1.0)
    r, g, b = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4).tolist()
    return r, g, b
