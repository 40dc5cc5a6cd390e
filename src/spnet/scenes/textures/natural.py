"""Textures of wood, stone, metal and earth. Every painter takes (rng, size) and returns a picture and its metres."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from spnet.scenes.scene import Floats
from spnet.scenes.textures.noise import blend, cells, colour, lattice, neutral, noise, ramp, shaded
from spnet.scenes.textures.walls import Painted


def _timber(rng: np.random.Generator) -> Floats:
    """The colour of some wood: from maple and pine to walnut and wenge, and whitewashed or grey."""
    if rng.random() < 0.12:
        return neutral(rng, (0.45, 0.9))
    return colour(rng, (0.25, 0.65), (0.28, 0.85), (0.045, 0.1))


def _grain(rng: np.random.Generator, size: int, base: Floats) -> Floats:
    """Wood with its grain along y."""
    x, _ = lattice(size)
    rings = int(rng.integers(3, 12))
    warp = noise(rng, size, 3.0, (1.0, rng.uniform(4, 12)))
    phase = 2 * np.pi * (x * rings + rng.uniform(0.15, 0.6) * warp)
    lines = 0.5 + 0.5 * np.sin(phase + 0.6 * np.sin(phase))
    pores = noise(rng, size, 1.0, (0.6, 16.0))
    dark = np.clip(0.6 * lines + 0.12 * pores, 0, 1)
    late = np.clip(base * rng.uniform(0.6, 0.88) * np.array([1.0, 0.95, 0.88], np.float32), 0, 1)
    return shaded(blend(base, late, dark), -0.07 * ramp(pores, 0.8, 2.2), 0.05 * noise(rng, size, 2.4, (1.0, 4.0)))


def wood(rng: np.random.Generator, size: int) -> Painted:
    """A board or veneer, its grain along y; sometimes with a knot or two."""
    picture = _grain(rng, size, _timber(rng))
    if rng.random() < 0.3:
        x, y = lattice(size)
        for _ in range(int(rng.integers(1, 4))):
            dx = (x - rng.random() + 0.5) % 1 - 0.5
            dy = ((y - rng.random() + 0.5) % 1 - 0.5) * 0.6
            away = np.hypot(dx, dy) / rng.uniform(0.015, 0.035)
            picture = shaded(picture, -0.5 * np.exp(-(away**2)), -0.15 * np.exp(-((away - 2.0) ** 2) * 3))
    return picture, float(rng.uniform(0.35, 0.9))


def boards(rng: np.random.Generator, size: int) -> Painted:
    """Planks side by side along y with staggered ends: floors, decks, walls, table tops."""
    count = int(rng.integers(3, 9))
    base = _timber(rng)
    sheet = _grain(rng, size, base)
    spread = rng.uniform(0.04, 0.16)
    edges = np.round(np.linspace(0, size, count + 1)).astype(int)
    gap = max(size // 256, 1)
    picture = np.empty_like(sheet)
    for left, right in pairwise(edges.tolist()):
        strip = np.roll(sheet, rng.integers(0, size, 2), (0, 1))[:, left:right].copy()
        ends = np.sort(rng.integers(0, size, int(rng.integers(1, 3))))
        tone = np.repeat(rng.normal(1, spread, len(ends) + 1), np.diff([0, *ends, size]))
        tone[: ends[0]] = tone[-1]  # the plank that runs across the seam
        strip *= tone[:, None, None].astype(np.float32)
        strip[:, :gap] *= 0.5
        for end in ends:
            strip[end : end + gap] *= 0.5
        picture[:, left:right] = strip
    return picture, count * float(rng.uniform(0.07, 0.17))


def parquet(rng: np.random.Generator, size: int) -> Painted:
    """Basket weave or herringbone of small staves."""
    base = _timber(rng)
    across, along = _grain(rng, size, base), _grain(rng, size, base).transpose(1, 0, 2)
    x, y = lattice(size)
    count = 2 * int(rng.integers(1, 4))
    if rng.random() < 0.5:
        staves = int(rng.integers(3, 6))
        upright = (np.floor(x * count) + np.floor(y * count)) % 2 == 0
        u, v = (np.where(upright, x, y) * count) % 1 * staves, (np.where(upright, y, x) * count) % 1
        number = np.floor(u) + 7 * np.floor(x * count) + 31 * np.floor(y * count)
        rim = np.minimum(np.minimum(u % 1, 1 - u % 1), np.minimum(v, 1 - v) * staves)
    else:
        length = 4  # a stave's length over its width; the pattern repeats after 2 * length widths
        n = 2 * length * max(count // 2, 1)
        column, row = np.floor(x * n), np.floor(y * n)
        place = (column - row) % (2 * length)
        upright = place >= length
        u = np.where(upright, x * n % 1, y * n % 1)
        along_stave = np.where(upright, place * 0 + (2 * length - 1 - place) + y * n % 1, place + x * n % 1)
        v = along_stave / length
        number = np.where(
            upright, column + 17 * np.floor((row + place - length) % n), row + 29 * ((column - place) % n)
        )
        rim = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v) * length)
    tones = rng.normal(0, rng.uniform(0.05, 0.14), 997).astype(np.float32)
    tone = tones[number.astype(int) % 997]
    picture = np.where(upright[..., None], across, along)
    return shaded(picture, tone, -0.5 * (1 - ramp(rim, 0.02, 0.08))), count * float(rng.uniform(0.18, 0.35))


def chipboard(rng: np.random.Generator, size: int) -> Painted:
    """Boards of pressed chips."""
    number, rim = cells(rng, size, 900)
    tone = rng.normal(0, 0.12, int(number.max()) + 1).astype(np.float32)[number]
    base = colour(rng, (0.3, 0.5), (0.55, 0.8), (0.07, 0.12))
    return shaded(base, tone, -0.15 * (1 - ramp(rim, 0.0, 0.2)), 0.06 * noise(rng, size, 1.0)), 0.6


def bark(rng: np.random.Generator, size: int) -> Painted:
    """Bark with furrows along y; sometimes birch."""
    if rng.random() < 0.2:
        marks = ramp(noise(rng, size, 1.6, (5.0, 0.5)), 1.1, 1.6)
        return blend(shaded(neutral(rng, (0.75, 0.95)), 0.05 * noise(rng, size, 1.5)), (0.13, 0.11, 0.1), marks), 0.6
    ridges = np.abs(noise(rng, size, 2.2, (0.7, 4.0)))
    base = colour(rng, (0.1, 0.45), (0.22, 0.5), (0.05, 0.11))
    moss = ramp(noise(rng, size, 2.8), 0.8, 2.0) * (rng.random() < 0.4)
    picture = shaded(base, 0.9 * ramp(ridges, 0.0, 0.9) - 0.6, 0.12 * noise(rng, size, 1.0, (1.0, 2.0)))
    return blend(picture, shaded((0.25, 0.3, 0.12), 0.2 * noise(rng, size, 0.8)), 0.7 * moss), float(
        rng.uniform(0.4, 0.9)
    )


def marble(rng: np.random.Generator, size: int) -> Painted:
    """Polished stone with veins."""
    clouds = noise(rng, size, 2.4)
    veins = np.exp(-np.abs(noise(rng, size, 3.6) + 0.12 * clouds) * rng.uniform(5, 14))
    fine = np.exp(-np.abs(noise(rng, size, 3.2)) * 18) * 0.4
    light = rng.random() < 0.7
    base = neutral(rng, (0.75, 0.97)) if light else colour(rng, (0.0, 0.5), (0.08, 0.4))
    vein = neutral(rng, (0.25, 0.6)) if light else neutral(rng, (0.6, 0.95))
    picture = blend(shaded(base, 0.04 * clouds), vein, np.clip(rng.uniform(0.4, 0.9) * veins + fine, 0, 1))
    return picture, float(rng.uniform(0.8, 2.0))


def granite(rng: np.random.Generator, size: int) -> Painted:
    """Speckled stone: kitchen tops, kerbs, terrazzo-like floors."""
    first, second, third = neutral(rng, (0.3, 0.85)), neutral(rng, (0.1, 0.9)), colour(rng, (0.0, 0.4), (0.1, 0.6))
    picture = blend(first, second, ramp(noise(rng, size, 0.7), -0.6, 1.4))
    return blend(picture, third, ramp(noise(rng, size, 0.5), 1.0, 1.6)), float(rng.uniform(0.4, 1.0))


def terrazzo(rng: np.random.Generator, size: int) -> Painted:
    """Chips of stone in a ground stone floor."""
    number, rim = cells(rng, size, int(rng.integers(150, 700)))
    ground = neutral(rng, (0.55, 0.92))
    chips = np.stack([colour(rng, (0.0, 0.25), (0.2, 0.95), (0.95, 1.15)) for _ in range(8)])
    chosen = chips[rng.integers(0, 8, int(number.max()) + 1)][number]
    present = (rng.random(int(number.max()) + 1) < rng.uniform(0.4, 0.9))[number]
    face = ramp(rim + 0.12 * noise(rng, size, 1.6), rng.uniform(0.25, 0.5), 0.6) * present
    return shaded(blend(ground, chosen, face), 0.02 * noise(rng, size, 1.0)), float(rng.uniform(0.6, 1.2))


def rubble(rng: np.random.Generator, size: int) -> Painted:
    """A wall or path of irregular stones."""
    number, rim = cells(rng, size, int(rng.integers(25, 140)), float(rng.uniform(0.0, 0.5)))
    base = neutral(rng, (0.35, 0.75))
    tone = rng.normal(0, 0.14, int(number.max()) + 1).astype(np.float32)[number]
    face = ramp(rim + 0.05 * noise(rng, size, 2.0), 0.06, 0.16)
    stones = shaded(base, tone, 0.1 * noise(rng, size, 1.4), 0.12 * (ramp(rim, 0.1, 0.6) - 0.5))
    joint = shaded(base * rng.uniform(0.4, 1.1), 0.1 * noise(rng, size, 0.8))
    return blend(joint, stones, face), float(rng.uniform(1.0, 2.5))


def brushed_metal(rng: np.random.Generator, size: int) -> Painted:
    """Metal with fine lines along x and a few scratches; bright, to be tinted."""
    lines = noise(rng, size, 0.7, (30.0, 0.6))
    return shaded(neutral(rng, (0.75, 0.9)), 0.05 * lines, 0.03 * noise(rng, size, 2.6)), 0.5


def worn_metal(rng: np.random.Generator, size: int) -> Painted:
    """Painted metal with chips, dirt and rust below."""
    paint = colour(rng, (0.0, 0.8), (0.25, 0.9)) if rng.random() < 0.7 else neutral(rng, (0.3, 0.8))
    rust = shaded(colour(rng, (0.5, 0.8), (0.25, 0.5), (0.03, 0.07)), 0.25 * noise(rng, size, 1.2))
    bare = ramp(noise(rng, size, 1.9), rng.uniform(1.0, 2.2), 2.6)
    dirt = ramp(noise(rng, size, 2.2, (0.4, 2.5)), 0.0, 3.0)
    return blend(shaded(paint, -0.3 * dirt, 0.02 * noise(rng, size, 1.0)), rust, bare), float(rng.uniform(0.6, 1.6))


def rust(rng: np.random.Generator, size: int) -> Painted:
    """Rusted iron."""
    base = colour(rng, (0.45, 0.75), (0.25, 0.5), (0.03, 0.07))
    other = colour(rng, (0.2, 0.6), (0.15, 0.35), (0.02, 0.06))
    return shaded(blend(base, other, ramp(noise(rng, size, 2.2), -1, 1)), 0.2 * noise(rng, size, 1.0)), 0.8


def corrugated(rng: np.random.Generator, size: int) -> Painted:
    """Ribbed sheet metal, ribs along y."""
    count = int(rng.integers(5, 16))
    x, _ = lattice(size)
    wave = np.sin(2 * np.pi * count * x)
    base = neutral(rng, (0.5, 0.85)) if rng.random() < 0.6 else colour(rng, (0.2, 0.6), (0.3, 0.75))
    dirt = ramp(noise(rng, size, 2.0, (0.3, 3.0)), 0.2, 2.5)
    profile = wave if rng.random() < 0.5 else np.clip(2.5 * wave, -1, 1)
    return shaded(base, 0.2 * profile, -0.3 * dirt), count * float(rng.uniform(0.05, 0.12))


def chequer_plate(rng: np.random.Generator, size: int) -> Painted:
    """Steel plate with raised lozenges."""
    count = 2 * int(rng.integers(4, 9))
    x, y = lattice(size)
    u, v = (x * count) % 1 - 0.5, (y * count) % 1 - 0.5
    flip = np.where((np.floor(x * count) + np.floor(y * count)) % 2 == 0, 1.0, -1.0)
    along, across = (u + flip * v) / 2**0.5, (u - flip * v) / 2**0.5
    raised = ramp(1 - (along / 0.45) ** 2 - (across / 0.13) ** 2, -0.1, 0.4)
    return shaded(neutral(rng, (0.4, 0.65)), 0.35 * raised, 0.06 * noise(rng, size, 1.6)), count * 0.04
