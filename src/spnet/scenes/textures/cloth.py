"""Textures of cloth, leather, carpet and rugs. Every painter takes (rng, size) and returns a picture and its metres."""

from __future__ import annotations

import numpy as np

from spnet.scenes.scene import Floats
from spnet.scenes.textures.noise import blend, blotches, colour, lattice, neutral, noise, ramp, shaded
from spnet.scenes.textures.walls import Painted


def _threads(rng: np.random.Generator, size: int, count: int) -> Floats:
    """Relief of a plain or twill weave, -1 to 1."""
    x, y = lattice(size)
    u, v = 2 * np.pi * count * x, 2 * np.pi * count * y
    relief = np.sin(u + v) if rng.random() < 0.3 else np.sin(u) * np.cos(v)
    return np.asarray(0.7 * relief + 0.3 * noise(rng, size, 0.5), np.float32)


def weave(rng: np.random.Generator, size: int) -> Painted:
    """Plain cloth in one colour, or with a second thread."""
    count = int(rng.integers(24, 64))
    base = neutral(rng, (0.3, 0.95)) if rng.random() < 0.5 else colour(rng, (0.1, 0.75), (0.15, 0.9))
    relief = _threads(rng, size, count)
    picture = shaded(base, 0.13 * relief, 0.05 * noise(rng, size, 2.4))
    if rng.random() < 0.4:
        second = np.clip(base * rng.uniform(0.5, 1.3), 0, 1)
        picture = blend(picture, second, 0.6 * ramp(noise(rng, size, 0.6, (4.0, 0.5)), 0.3, 1.2))
    return picture, float(rng.uniform(0.15, 0.45))


def plain_cloth(rng: np.random.Generator, size: int) -> Painted:
    """Light, nearly even cloth, to be tinted: upholstery, curtains, sheets."""
    fold = 0.015 * noise(rng, size, 2.6)
    return shaded((0.92, 0.92, 0.92), 0.07 * _threads(rng, size, int(rng.integers(30, 70))), fold), 0.3


def checked(rng: np.random.Generator, size: int) -> Painted:
    """Tartan and gingham: bands of up to four colours crossing."""
    x, y = lattice(size)
    repeats = int(rng.integers(1, 5))
    colours = [neutral(rng, (0.3, 0.95)), *(colour(rng, (0.1, 0.8), (0.15, 0.9)) for _ in range(3))]
    steps = np.sort(rng.random(int(rng.integers(2, 8))))
    bands = rng.integers(0, 4, len(steps) + 1)
    table = np.stack(colours)

    def banded(axis: Floats) -> Floats:
        return np.asarray(table[bands[np.searchsorted(steps, (axis * repeats) % 1)]], np.float32)

    picture = 0.5 * banded(x) + 0.5 * banded(y)
    return shaded(picture, 0.1 * _threads(rng, size, 40)), float(rng.uniform(0.25, 0.8))


def striped(rng: np.random.Generator, size: int) -> Painted:
    """Stripes along y."""
    x, _ = lattice(size)
    repeats = int(rng.integers(1, 7))
    steps = np.sort(rng.random(int(rng.integers(1, 6))))
    table = np.stack([neutral(rng, (0.6, 0.97)), *(colour(rng, (0.1, 0.7), (0.15, 0.9)) for _ in range(2))])
    bands = rng.integers(0, 3, len(steps) + 1)
    bands[:2] = (0, 1)
    return shaded(table[bands[np.searchsorted(steps, (x * repeats) % 1)]], 0.09 * _threads(rng, size, 40)), float(
        rng.uniform(0.25, 0.8)
    )


def printed_cloth(rng: np.random.Generator, size: int) -> Painted:
    """Cloth with a print: blots, flowers of blots, or camouflage-like clouds."""
    ground = neutral(rng, (0.4, 0.97)) if rng.random() < 0.6 else colour(rng, (0.2, 0.7), (0.2, 0.9))
    picture = np.broadcast_to(ground, (size, size, 3))
    cycles = rng.uniform(3, 12)
    for _ in range(int(rng.integers(1, 4))):
        field = blotches(rng, size, cycles)
        level = rng.uniform(0.2, 1.2)
        picture = blend(picture, colour(rng, (0.1, 0.8), (0.15, 0.95)), ramp(field, level, level + 0.12))
    return shaded(picture, 0.09 * _threads(rng, size, 40)), float(rng.uniform(0.4, 1.0))


def knit(rng: np.random.Generator, size: int) -> Painted:
    """Knitted wool: columns of V-shaped stitches."""
    count = int(rng.integers(14, 30))
    x, y = lattice(size)
    column = (x * count) % 1 - 0.5
    stitch = (y * count * 1.0 + np.abs(column)) % 1
    relief = np.sin(np.pi * stitch) * ramp(np.abs(column), 0.0, 0.15) * ramp(0.5 - np.abs(column), 0.0, 0.12)
    base = colour(rng, (0.0, 0.7), (0.3, 0.95))
    return shaded(base * 0.72, 0.5 * relief, 0.06 * noise(rng, size, 0.6)), count * 0.008


def quilted(rng: np.random.Generator, size: int) -> Painted:
    """Padded cloth stitched in lozenges: blankets, mattresses, headboards."""
    count = int(rng.integers(2, 7))
    x, y = lattice(size)
    relief = np.abs(np.sin(np.pi * count * (x + y))) * np.abs(np.sin(np.pi * count * (x - y)))
    base = neutral(rng, (0.5, 0.97)) if rng.random() < 0.6 else colour(rng, (0.1, 0.6), (0.25, 0.9))
    return shaded(base, 0.35 * np.sqrt(relief) - 0.3, 0.05 * _threads(rng, size, 50)), count * float(
        rng.uniform(0.08, 0.15)
    )


def leather(rng: np.random.Generator, size: int) -> Painted:
    """Leather with its grain and worn places."""
    base = colour(rng, (0.2, 0.7), (0.15, 0.6), (0.02, 0.1)) if rng.random() < 0.6 else neutral(rng, (0.1, 0.9))
    grain = np.abs(blotches(rng, size, 40))
    return shaded(base, 0.16 * ramp(grain, 0.0, 0.8) - 0.1, 0.07 * noise(rng, size, 2.4)), 0.25


def carpet(rng: np.random.Generator, size: int) -> Painted:
    """Fitted carpet: tufts in one or two colours, mottled, ribbed or in squares."""
    base = neutral(rng, (0.25, 0.8)) if rng.random() < 0.55 else colour(rng, (0.15, 0.65), (0.2, 0.7))
    tufts = 0.16 * noise(rng, size, 0.35)
    picture = shaded(base, tufts, 0.03 * noise(rng, size, 2.6))
    other = shaded(np.clip(base * rng.uniform(0.55, 1.35), 0, 1), tufts)
    x, y = lattice(size)
    kind = int(rng.integers(0, 5))
    if kind == 0:
        picture = blend(picture, other, ramp(noise(rng, size, 0.8), -0.3, 0.8))
    elif kind == 1:
        count = int(rng.integers(10, 40))
        picture = shaded(picture, 0.12 * np.sin(2 * np.pi * count * x))
    elif kind == 2:
        upright = (np.floor(2 * x) + np.floor(2 * y)) % 2 == 0
        lines = np.sin(2 * np.pi * 40 * np.where(upright, x, y))
        picture = shaded(picture, 0.08 * lines, -0.06 * upright.astype(np.float32))
    elif kind == 3:
        picture = blend(picture, other, ramp(blotches(rng, size, rng.uniform(4, 14)), 0.4, 0.7))
    return picture, float(rng.uniform(0.5, 1.2))


def rug(rng: np.random.Generator, size: int) -> Painted:
    """A whole rug, once over its surface: borders, a medallion or stripes, mirrored as woven ones are."""
    x, y = lattice(size)
    u, v = np.abs(2 * x - 1), np.abs(2 * y - 1)
    palette = [colour(rng, (0.2, 0.8), (0.15, 0.85), (0.9, 1.2)) if rng.random() < 0.5 else colour(rng) for _ in "123"]
    palette += [neutral(rng, (0.6, 0.95)), neutral(rng, (0.1, 0.4))]
    picture = np.broadcast_to(palette[0], (size, size, 3))
    rim = np.maximum(u, v)
    if rng.random() < 0.5:
        shape = (u ** rng.uniform(0.7, 2.0) + v ** rng.uniform(0.7, 2.0)) + 0.05 * np.sin(rng.uniform(6, 40) * u)
        for level in np.sort(rng.uniform(0.1, 1.2, int(rng.integers(2, 7))))[::-1]:
            picture = blend(picture, palette[int(rng.integers(1, 5))], 1 - ramp(shape, level, level + 0.02))
        field = blotches(rng, size, rng.uniform(6, 16))
        field = field + field[::-1]
        field = field + field[:, ::-1]
        picture = blend(picture, palette[int(rng.integers(1, 5))], ramp(field, 1.6, 2.0))
    elif rng.random() < 0.6:
        steps = np.sort(rng.random(int(rng.integers(3, 14))))
        bands = rng.integers(0, 5, len(steps) + 1)
        picture = np.stack(palette)[bands[np.searchsorted(steps, v + 0.1 * np.abs((8 * x) % 1 - 0.5))]]
    if rng.random() < 0.7:
        for level in np.sort(rng.uniform(0.72, 0.97, int(rng.integers(1, 4)))):
            picture = blend(picture, palette[int(rng.integers(1, 5))], ramp(rim, level, level + 0.01))
    return shaded(picture, 0.12 * noise(rng, size, 0.4), 0.04 * noise(rng, size, 2.0)), 1.0
