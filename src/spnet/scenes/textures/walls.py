"""Textures of walls: paint, plaster, wallpaper, brick, tiles, concrete, boards.

Every painter takes (rng, size) and returns an sRGB picture (size, size, 3), 0 to 1, and the metres that it spans.
"""

from __future__ import annotations

import numpy as np

from spnet.scenes.scene import Floats
from spnet.scenes.textures.noise import blend, blotches, colour, lattice, neutral, noise, ramp, shaded

Painted = tuple[Floats, float]


def paint(rng: np.random.Generator, size: int) -> Painted:
    """A painted wall: nearly even, with the roller's stipple and faint clouds."""
    base = neutral(rng, (0.6, 0.97)) if rng.random() < 0.7 else colour(rng, (0.1, 0.45), (0.4, 0.95))
    return shaded(base, 0.015 * noise(rng, size, 0.6), 0.025 * noise(rng, size, 2.6)), float(rng.uniform(1.0, 2.0))


def plaster(rng: np.random.Generator, size: int) -> Painted:
    """Rough plaster: bumps lit from above, stains."""
    base = neutral(rng, (0.45, 0.95))
    relief = noise(rng, size, rng.uniform(0.8, 2.0))
    lit = relief - np.roll(relief, 2, 0)
    return shaded(base, 0.04 * relief, 0.06 * lit, 0.04 * noise(rng, size, 3.0)), float(rng.uniform(0.7, 2.0))


def brick(rng: np.random.Generator, size: int) -> Painted:
    """Brickwork in running bond, 12 to 20 courses of 7 to 9 cm."""
    rows = 2 * int(rng.integers(5, 11))
    columns = max(round(rows * rng.uniform(0.27, 0.4)), 2)
    x, y = lattice(size)
    wobble = 0.03 * noise(rng, size, 2.0)
    v = y * rows
    row = np.floor(v).astype(int) % rows
    u = x * columns + 0.5 * (row % 2)
    column = np.floor(u).astype(int) % columns
    tall = columns / rows  # a brick's height over its width
    rim = np.minimum(np.minimum(u % 1, 1 - u % 1) / tall, np.minimum(v % 1, 1 - v % 1)) + wobble
    face = ramp(rim, 0.05, 0.11)
    hue = (0.0, 0.08) if rng.random() < 0.75 else (0.08, 0.14)
    base = colour(rng, (0.2, 0.6), (0.3, 0.75), hue) if rng.random() < 0.85 else neutral(rng, (0.7, 0.95))
    tone = rng.normal(1.0, rng.uniform(0.03, 0.16), (rows, columns))[row, column]
    tint = 1 + 0.02 * rng.standard_normal((rows, columns, 3))[row, column]
    bricks = shaded(base * tint, tone.astype(np.float32) - 1, 0.1 * noise(rng, size, 1.2), 0.05 * noise(rng, size, 2.6))
    mortar = shaded(neutral(rng, (0.45, 0.85)), 0.08 * noise(rng, size, 0.8))
    return blend(mortar, bricks, face), rows * float(rng.uniform(0.07, 0.09))


def tiles(rng: np.random.Generator, size: int) -> Painted:
    """Wall or floor tiles from mosaic to large slabs; sometimes in bond, in two colours or with veins."""
    rows = 2 * int(rng.integers(1, 9))
    columns = max(rows // int(rng.choice([1, 1, 1, 2])), 1)
    x, y = lattice(size)
    v = y * rows
    row = np.floor(v).astype(int) % rows
    u = x * columns + (0.5 * (row % 2) if rng.random() < 0.3 else 0.0)
    column = np.floor(u).astype(int) % columns
    rim = np.minimum(np.minimum(u % 1, 1 - u % 1) * rows / columns, np.minimum(v % 1, 1 - v % 1)) * 0.5
    gap = 0.006 * rows**0.6
    face = ramp(rim, gap, 1.8 * gap)
    base = neutral(rng, (0.45, 0.97)) if rng.random() < 0.6 else colour(rng, (0.1, 0.7), (0.25, 0.9))
    tone = rng.normal(1.0, rng.uniform(0.0, 0.08), (rows, columns))[row, column]
    picture = shaded(base, tone.astype(np.float32) - 1, 0.02 * noise(rng, size, 1.5))
    kind = rng.random()
    if kind < 0.2:
        other = neutral(rng, (0.1, 0.6))
        picture = np.where(((row + column) % 2 == 0)[..., None], picture, shaded(other, 0.03 * noise(rng, size, 1.5)))
    elif kind < 0.45:
        veins = np.exp(-np.abs(noise(rng, size, 2.6)) * rng.uniform(4, 10))
        picture = shaded(picture, -0.3 * veins, 0.06 * noise(rng, size, 2.2))
    joint = neutral(rng, (0.25, 0.9))
    extent = rows * float(np.exp(rng.uniform(np.log(0.05), np.log(0.4)))) if rows < 8 else rows * 0.05
    return blend(joint, picture, face), float(np.clip(extent, 0.3, 2.4))


def concrete(rng: np.random.Generator, size: int) -> Painted:
    """Cast concrete: clouds, pores, sometimes the joints of the formwork and streaks of water."""
    base = neutral(rng, (0.4, 0.75))
    picture = shaded(base, 0.07 * noise(rng, size, 2.4), 0.04 * noise(rng, size, 0.8))
    pores = ramp(noise(rng, size, 0.9), 2.6, 3.4)
    picture = shaded(picture, -0.45 * pores)
    x, y = lattice(size)
    if rng.random() < 0.5:
        streaks = ramp(noise(rng, size, 1.8, (0.2, 6.0)), 0.6, 2.5)
        picture = shaded(picture, -0.25 * streaks)
    if rng.random() < 0.5:
        joint = np.minimum(x % 0.5, 0.5 - x % 0.5) * (1 if rng.random() < 0.5 else 9)
        joint = np.minimum(joint, np.minimum(y, 1 - y))
        picture = shaded(picture, -0.4 * (1 - ramp(joint, 0.002, 0.007)))
        hole = np.hypot(x % 0.5 - 0.1, y % 0.5 - 0.12)
        picture = shaded(picture, -0.5 * (1 - ramp(hole, 0.008, 0.014)))
    return picture, float(rng.uniform(1.2, 2.5))


def panelling(rng: np.random.Generator, size: int) -> Painted:
    """Painted upright boards with grooves."""
    count = int(rng.integers(4, 14))
    x, _ = lattice(size)
    place = (x * count) % 1
    groove = 1 - ramp(np.minimum(place, 1 - place), 0.015, 0.05)
    tone = rng.normal(0.0, 0.02, count)[np.floor(x * count).astype(int) % count].astype(np.float32)
    base = neutral(rng, (0.55, 0.97)) if rng.random() < 0.7 else colour(rng, (0.1, 0.4), (0.3, 0.9))
    grain = 0.03 * noise(rng, size, 1.6, (1.0, 0.1)[::-1] if rng.random() < 0.5 else (0.2, 3.0))
    return shaded(base, tone, grain, -0.45 * groove), count * float(rng.uniform(0.07, 0.16))


def wallpaper(rng: np.random.Generator, size: int) -> Painted:
    """Printed paper: stripes, dots, a damask of mirrored blotches, a trellis, sprigs, or woodchip."""
    hue = rng.random()
    ground = (
        neutral(rng, (0.55, 0.95)) if rng.random() < 0.6 else colour(rng, (0.1, 0.45), (0.3, 0.9), (hue, hue + 0.1))
    )
    shift = rng.uniform(0.75, 1.0) if rng.random() < 0.5 else 1 / rng.uniform(0.85, 1.0)
    print_ = (
        np.clip(ground * shift, 0, 1) if rng.random() < 0.6 else colour(rng, (0.1, 0.5), (0.3, 0.95), (hue, hue + 0.2))
    )
    x, y = lattice(size)
    kind = int(rng.integers(0, 6))
    if kind == 0:
        count, share = int(rng.integers(2, 16)), rng.uniform(0.15, 0.6)
        mark = ramp(np.abs((x * count) % 1 - 0.5), share / 2 - 0.02, share / 2 + 0.02)
    elif kind == 1:
        count = 2 * int(rng.integers(2, 9))
        row = np.floor(y * count)
        away = np.hypot((x * count + 0.5 * (row % 2)) % 1 - 0.5, (y * count) % 1 - 0.5)
        radius = rng.uniform(0.15, 0.35)
        mark = 1 - ramp(away, radius, radius + 0.06)
    elif kind == 2:
        field = blotches(rng, size, rng.uniform(6, 16))
        field = field + field[:, ::-1] + np.roll(field + field[:, ::-1], size // 2, 0)[:, ::-1]
        mark = ramp(field, 0.2, 0.5) - 0.6 * ramp(field, 1.2, 1.5)
    elif kind == 3:
        count = int(rng.integers(3, 9))
        width = rng.uniform(0.04, 0.14)
        a, b = ((x + y) * count) % 1, ((x - y) * count) % 1
        mark = 1 - ramp(np.minimum(np.minimum(a, 1 - a), np.minimum(b, 1 - b)), width, width + 0.04)
    elif kind == 4:
        mark = _sprigs(rng, size)
    else:
        field = noise(rng, size, 1.4)
        mark = 0.5 + 0.4 * (field - np.roll(field, 1, 0))
    return shaded(blend(ground, print_, np.clip(mark, 0, 1)), 0.015 * noise(rng, size, 0.8)), float(
        rng.uniform(0.5, 1.1)
    )


def _sprigs(rng: np.random.Generator, size: int) -> Floats:
    """Small flowers with leaves, one per cell of a staggered grid."""
    count = 2 * int(rng.integers(1, 5))
    x, y = lattice(size)
    row = np.floor(y * count)
    u, v = (x * count + 0.5 * (row % 2)) % 1 - 0.5, (y * count) % 1 - 0.5
    petals, phase = int(rng.integers(3, 8)), rng.uniform(0, 6.28)
    angle, radius = np.arctan2(v, u), np.hypot(u, v)
    flower = ramp(0.1 + 0.12 * np.abs(np.cos(petals / 2 * angle + phase)) - radius, -0.01, 0.02)
    stem = (np.abs(u - 0.15 * np.sin(5 * v)) < 0.015) & (v > 0.1)
    leaf = ramp(0.06 - np.abs(np.hypot(u - 0.12, v - 0.3)), 0.0, 0.02)
    parts = (flower * ramp(radius, 0.03, 0.05), 0.7 * leaf, 0.6 * stem)
    return np.asarray(np.stack(parts).max(0), np.float32)
