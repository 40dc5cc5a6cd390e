"""Textures of the ground: roads, lawns, earth, paving. Painters take (rng, size) and return a picture and metres."""

from __future__ import annotations

import numpy as np

from spnet.scenes.textures.noise import blend, blotches, cells, colour, lattice, neutral, noise, ramp, shaded
from spnet.scenes.textures.walls import Painted


def asphalt(rng: np.random.Generator, size: int) -> Painted:
    """Road surface: fine stones, patches, cracks."""
    base = neutral(rng, (0.22, 0.55))
    picture = shaded(base, 0.16 * noise(rng, size, 0.4), 0.06 * noise(rng, size, 2.6))
    if rng.random() < 0.5:
        cracks = np.exp(-np.abs(noise(rng, size, 2.8)) * 60) * ramp(noise(rng, size, 2.6), 0.0, 1.0)
        picture = shaded(picture, -0.5 * cracks)
    return picture, float(rng.uniform(1.5, 4.0))


def grass(rng: np.random.Generator, size: int) -> Painted:
    """A lawn or meadow from above: blades, clumps, dry and bare places."""
    green = colour(rng, (0.3, 0.55), (0.3, 0.5), (0.18, 0.28))
    dry = colour(rng, (0.3, 0.5), (0.45, 0.65), (0.11, 0.17))
    blades = noise(rng, size, 0.6)
    picture = blend(green, dry, ramp(noise(rng, size, 2.2), *(-0.5 + rng.uniform(-0.5, 1.2), 2.5)))
    picture = shaded(picture, 0.28 * blades, 0.12 * blotches(rng, size, 18))
    if rng.random() < 0.4:
        flowers = ramp(noise(rng, size, 0.2), 2.9, 3.2)
        picture = blend(picture, colour(rng, (0.0, 0.8), (0.85, 1.0), (0.1, 0.17)), flowers)
    return picture, float(rng.uniform(1.2, 3.0))


def soil(rng: np.random.Generator, size: int) -> Painted:
    """Bare earth, from clay to dark humus, with clods."""
    base = colour(rng, (0.25, 0.5), (0.22, 0.6), (0.05, 0.11))
    return shaded(
        base, 0.16 * noise(rng, size, 1.2), 0.12 * noise(rng, size, 2.4), 0.06 * noise(rng, size, 0.3)
    ), float(rng.uniform(1.0, 3.0))


def sand(rng: np.random.Generator, size: int) -> Painted:
    """Sand, with or without ripples."""
    base = colour(rng, (0.15, 0.4), (0.65, 0.9), (0.08, 0.12))
    ripples = blotches(rng, size, rng.uniform(8, 20), 0.2) * (rng.random() < 0.5)
    return shaded(base, 0.07 * noise(rng, size, 0.4), 0.05 * ripples, 0.04 * noise(rng, size, 2.5)), 1.5


def gravel(rng: np.random.Generator, size: int) -> Painted:
    """Loose stones."""
    number, rim = cells(rng, size, int(rng.integers(400, 2500)))
    tone = rng.normal(0, 0.18, int(number.max()) + 1).astype(np.float32)[number]
    base = neutral(rng, (0.4, 0.75))
    return shaded(base, tone, 0.5 * ramp(rim, 0.0, 0.35) - 0.4, 0.05 * noise(rng, size, 1.0)), float(
        rng.uniform(0.6, 1.4)
    )


def snow(rng: np.random.Generator, size: int) -> Painted:
    """Snow."""
    return shaded((0.93, 0.94, 0.97), 0.02 * noise(rng, size, 2.2), 0.015 * noise(rng, size, 0.6)), 2.5


def litter(rng: np.random.Generator, size: int) -> Painted:
    """A forest's floor: leaves and needles over earth, with some moss."""
    number, rim = cells(rng, size, int(rng.integers(900, 2500)))
    leaves = np.stack([colour(rng, (0.3, 0.7), (0.2, 0.6), (0.04, 0.13)) for _ in range(12)])
    picture = leaves[rng.integers(0, 12, int(number.max()) + 1)][number]
    picture = shaded(picture, 0.6 * ramp(rim, 0.0, 0.3) - 0.45, 0.12 * noise(rng, size, 1.0))
    moss = ramp(noise(rng, size, 2.4), rng.uniform(0.3, 1.8), 2.5)
    return blend(picture, shaded((0.24, 0.32, 0.1), 0.25 * noise(rng, size, 0.6)), moss), float(rng.uniform(0.8, 1.8))


def paving(rng: np.random.Generator, size: int) -> Painted:
    """Paving slabs or blocks with sand and moss in the joints."""
    rows = 2 * int(rng.integers(2, 7))
    columns = rows // 2 if rng.random() < 0.5 else rows
    x, y = lattice(size)
    v = y * rows
    row = np.floor(v).astype(int) % rows
    u = x * columns + (0.5 * (row % 2) if rng.random() < 0.6 else 0.0)
    column = np.floor(u).astype(int) % columns
    rim = np.minimum(np.minimum(u % 1, 1 - u % 1) * rows / columns, np.minimum(v % 1, 1 - v % 1))
    base = neutral(rng, (0.4, 0.75)) if rng.random() < 0.7 else colour(rng, (0.25, 0.5), (0.4, 0.65), (0.0, 0.07))
    tone = rng.normal(0, 0.06, (rows, columns)).astype(np.float32)[row, column]
    slabs = shaded(base, tone, 0.09 * noise(rng, size, 0.8), 0.06 * noise(rng, size, 2.4))
    joint = blend(base * 0.45, (0.25, 0.28, 0.14), np.full((size, size), rng.uniform(0, 0.8), np.float32))
    return blend(joint, slabs, ramp(rim + 0.015 * noise(rng, size, 1.5), 0.02, 0.06)), rows * float(
        rng.uniform(0.1, 0.3)
    )


def cobbles(rng: np.random.Generator, size: int) -> Painted:
    """Rounded setts in rows."""
    number, rim = cells(rng, size, int(rng.integers(80, 300)), float(rng.uniform(0.6, 0.85)))
    base = neutral(rng, (0.35, 0.65))
    tone = rng.normal(0, 0.12, int(number.max()) + 1).astype(np.float32)[number]
    face = ramp(rim, 0.05, 0.3)
    stones = shaded(base, tone, 0.3 * ramp(rim, 0.1, 0.8) - 0.15, 0.08 * noise(rng, size, 1.0))
    return blend(shaded(base * 0.4, 0.1 * noise(rng, size, 0.6)), stones, face), float(rng.uniform(1.0, 2.0))
