"""Pianos, instruments and things for sport."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet


def _keys(parts: Parts, width: float, y: float, z: float, deep: float) -> None:
    """White and black keys along x; y is their front edge."""
    count = int(width / 0.0235)
    x = (np.arange(count) + 0.5) / count * width - width / 2
    ivory, ebony = surfaces.plain((0.93, 0.92, 0.88), 0.25, 0.0), surfaces.plain((0.05, 0.05, 0.05), 0.25, 0.0)
    centres = np.stack([x, np.full(count, y + deep / 2), np.full(count, z)], -1)
    parts.add(shapes.boxes(centres, (width / count * 0.94, deep, 0.016)), ivory)
    black = np.isin(np.arange(count) % 7, (0, 1, 3, 4, 5))
    dark = centres[black] + [width / count / 2, deep * 0.17, 0.012]
    parts.add(shapes.boxes(dark, (width / count * 0.5, deep * 0.63, 0.014)), ebony)


def piano(rng: np.random.Generator, textures: TextureSet) -> Model:
    """An upright piano, a grand or an electric one on a stand; keys towards -y."""
    parts, kind = Parts(rng), int(rng.integers(0, 3))
    wood: Material = surfaces.plain((0.03, 0.03, 0.032), 0.12, 0.0, reflectance=0.06)
    if chance(rng, 0.5):
        wood = surfaces.wood(rng, textures)
    width = between(rng, 1.38, 1.5)
    if kind == 0:
        height = between(rng, 1.05, 1.3)
        parts.box((0, 0.14, height / 2), (width, 0.32, height), wood, 0.008)
        parts.box((0, 0.13, height + 0.012), (width + 0.04, 0.38, 0.025), wood, 0.006)
        parts.box((0, -0.16, 0.66), (width, 0.3, 0.1), wood, 0.006)
        _keys(parts, width - 0.2, -0.3, 0.72, 0.15)
        for x in (-width / 2 + 0.05, width / 2 - 0.05):
            parts.box((x, -0.16, 0.73), (0.09, 0.3, 0.07), wood, 0.01)
            parts.box((x, -0.26, 0.3), (0.08, 0.08, 0.62), wood, 0.01)
        parts.box((0, -0.08, 0.05), (width, 0.2, 0.1), wood)
        parts.face((0, -0.03, 0.98), 0.24, 0.3, surfaces.picture(rng, textures, "page"))
        for x in (-0.06, 0.06):
            parts.box((x, -0.2, 0.05), (0.05, 0.1, 0.015), surfaces.steel(rng, textures), 0.004)
        parts.surface(height + 0.025, width * 0.42, 0.1)
        return parts.model("piano", "upright piano")
    if kind == 1:
        long = between(rng, 1.5, 1.9)
        t = np.linspace(0, 1, 22)
        curve = np.stack([width / 2 - (width * 0.55) * t**2 * (3 - 2 * t), long * t**0.9], -1)
        rim = np.vstack([(-width / 2, 0), (width / 2, 0), curve[1:], (-width / 2, long)])
        parts.add(shapes.extruded(rim, 0.3).moved(np.eye(3), (0, 0, 0.65)), wood)
        _keys(parts, width - 0.2, -0.22, 0.73, 0.15)
        parts.box((0, -0.12, 0.68), (width, 0.24, 0.07), wood, 0.006)
        for x in (-width / 2 + 0.05, width / 2 - 0.05):
            parts.box((x, -0.12, 0.76), (0.1, 0.24, 0.1), wood, 0.01)
        for x, y in ((-width / 2 + 0.12, 0.1), (width / 2 - 0.12, 0.1), (-width * 0.25, long - 0.25)):
            parts.bar((x, y, 0), (x, y, 0.66), (0.035, 0.06), wood, 8)
        lid = shapes.extruded(rim - [-width / 2, 0], 0.02)
        up = between(rng, 0.3, 0.7)
        c, s = np.cos(up), np.sin(up)
        parts.add(lid.moved(np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]), (-width / 2, 0.3, 0.96)), wood)
        parts.bar(
            (width * 0.3, 0.6, 0.95), (-width / 2 + width * 0.75 * c, 0.6, 0.96 + width * 0.75 * s), 0.012, wood, 6
        )
        return parts.model("piano", "grand piano")
    dark, metal = surfaces.dark_plastic(rng, textures), surfaces.metal(rng, textures)
    parts.box((0, 0, 0.75), (width, 0.3, 0.09), dark, 0.01)
    _keys(parts, width - 0.16, -0.16, 0.8, 0.15)
    for x in (-0.4, 0.4):
        parts.bar((x * width, -0.2, 0), (-x * width, 0.12, 0.71), 0.016, metal, 8)
        parts.bar((x * width, 0.2, 0), (x * width, -0.2, 0), 0.016, dark, 8)
    return parts.model("piano", "electric piano")


def guitar(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A guitar, violin or cello-like thing on a stand."""
    parts, inner = Parts(rng), Parts(rng)
    wood, neck = surfaces.wood(rng, textures), surfaces.wood(rng, textures)
    size = float(rng.choice([0.38, 0.6, 0.9, 1.0, 1.0, 1.0]))
    angle = np.linspace(0, 2 * np.pi, 49)[:-1]
    y = np.sin(angle)
    radius_x = (
        np.where(y < 0, 0.2, 0.15) * (1 - 0.28 * np.exp(-((y - 0.12) ** 2) / 0.03)) * np.sqrt(np.clip(1 - y**6, 0, 1))
    )
    outline = np.stack([np.sign(np.cos(angle)) * radius_x * np.abs(np.cos(angle)) ** 0.5, 0.245 * y + 0.26], -1)
    body = shapes.extruded(outline, 0.09).moved(shapes.tilt(np.pi / 2), (0, 0.045, 0.08))
    inner.add(body, wood)
    dark, steel = surfaces.plain((0.06, 0.05, 0.05), 0.4), surfaces.chrome(rng, textures)
    disc = shapes.lathe([(0.05, 0.0), (0.0, 0.001)], 20)
    inner.add(disc.moved(shapes.tilt(np.pi / 2), (0, -0.046, 0.4)), dark)
    inner.box((0, -0.052, 0.22), (0.16, 0.012, 0.025), dark, 0.003)
    inner.box((0, -0.04, 0.76), (0.055, 0.03, 0.62), neck, 0.006)
    inner.box((0, -0.02, 1.12), (0.075, 0.02, 0.17), neck, 0.006)
    for k in range(6):
        x = (k - 2.5) * 0.008
        inner.add(shapes.tube([(x, -0.06, 0.22), (x, -0.057, 1.05)], 0.0008, 3, capped=False), steel)
        inner.bar(
            (-0.05 if k % 2 else 0.05, -0.02, 1.07 + 0.05 * (k // 2)),
            (0, -0.02, 1.07 + 0.05 * (k // 2)),
            0.006,
            steel,
            5,
        )
    parts.place(inner, shapes.tilt(-0.2) * size, (0, 0, 0.0))
    for x in (-0.14, 0.14):
        parts.bar((x * size, -0.1 * size, 0.0), (x * 0.4 * size, 0.14 * size, 0.3 * size), 0.009, dark, 6)
    parts.bar((0, 0.35 * size, 0.0), (0, 0.14 * size, 0.3 * size), 0.009, dark, 6)
    return parts.model("instrument", "guitar" if size > 0.8 else "violin")


def drum(rng: np.random.Generator, textures: TextureSet) -> Model:
    """Drums with cymbals."""
    parts = Parts(rng)
    shell, skin, metal = (
        surfaces.plain(surfaces.any_colour(rng), 0.2, 0.02),
        surfaces.plain((0.9, 0.89, 0.85), 0.6),
        surfaces.chrome(rng, textures),
    )
    brass = surfaces.plain((0.78, 0.6, 0.25), 0.25, 0.03, metal=True, reflectance=0.6)
    if chance(rng, 0.7):
        base = shapes.lathe([(0, -0.22), (0.28, -0.22), (0.28, 0.22), (0, 0.22)], 30)
        parts.add(base.moved(shapes.tilt(np.pi / 2), (0, 0, 0.28)), shell)
        front = shapes.lathe([(0.265, 0.0), (0, 0.001)], 30)
        parts.add(front.moved(shapes.tilt(np.pi / 2), (0, -0.223, 0.28)), skin)
    for x, y, z, r, h in (
        (-0.2, 0.05, 0.68, 0.14, 0.2),
        (0.2, 0.05, 0.68, 0.16, 0.22),
        (0.5, 0.35, 0.3, 0.2, 0.3),
        (-0.5, 0.35, 0.5, 0.18, 0.15),
    ):
        parts.turned([(0, 0), (r, 0), (r, h)], shell, (x, y, z), 26)
        parts.turned([(r, h), (r - 0.004, h + 0.004), (0, h + 0.004)], skin, (x, y, z), 26)
        for low in (0.01, h - 0.01):
            parts.add(shapes.torus((x, y, z + low), r + 0.002, 0.006, 26, upright=False), metal)
        parts.bar((x, y, z), (x, y, 0.0 if z < 0.6 else 0.5), 0.01, metal, 6)
        for k in range(3):
            if z < 0.6:
                parts.bar((x, y, 0.18), (x + 0.2 * np.cos(2.1 * k), y + 0.2 * np.sin(2.1 * k), 0), 0.008, metal, 5)
    for x, y, z, r in ((-0.6, 0.0, 1.05, 0.2), (0.6, 0.0, 1.1, 0.23))[: int(rng.integers(1, 3))]:
        plate = shapes.lathe([(r, 0), (0.05, 0.025), (0.03, 0.045), (0, 0.05)], 30).moved(
            shapes.tilt(between(rng, -0.3, 0.3)), (x, y, z)
        )
        parts.add(plate, brass)
        parts.bar((x, y, z + 0.04), (x, y, 0.25), 0.008, metal, 6)
        for k in range(3):
            parts.bar((x, y, 0.3), (x + 0.22 * np.cos(2.1 * k), y + 0.22 * np.sin(2.1 * k), 0), 0.008, metal, 5)
    size = between(rng, 0.9, 1.1)
    whole = Parts(rng)
    whole.place(parts, np.eye(3) * size)
    return whole.model("instrument", "drums")


def weights(rng: np.random.Generator, textures: TextureSet) -> Model:
    """Dumb-bells, or a bar-bell."""
    parts = Parts(rng)
    iron, steel = surfaces.dark_plastic(rng, textures), surfaces.chrome(rng, textures)
    big = chance(rng, 0.4)
    for k in range(1 if big else int(rng.integers(1, 4))):
        half, r = (between(rng, 0.75, 0.9), between(rng, 0.12, 0.22)) if big else (0.13, between(rng, 0.05, 0.08))
        y = 2.4 * r * k
        parts.bar((-half, y, r), (half, y, r), 0.014, steel, 8)
        for side in (-1, 1):
            for j in range(int(rng.integers(1, 4))):
                x, size = side * (half - 0.05 - 0.04 * j), r * (0.7 + 0.3 * j / 2 if j < 2 else 1.0)
                parts.bar((x - 0.018, y, r), (x + 0.018, y, r), min(size, r), iron, 20)
    return parts.model("sport", "weights")


def racket(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A tennis racket with its strings and balls, lying down."""
    parts = Parts(rng)
    frame, grip = surfaces.plastic(rng, textures), surfaces.rubber(rng, textures)
    wide, tall = between(rng, 0.1, 0.13), between(rng, 0.13, 0.17)
    ring = shapes.torus((0, 0, 0), 1.0, 0.085, 32, upright=False).moved(np.diag([wide, tall, 0.12]))
    parts.add(ring.moved(np.eye(3), (0, 0, 0.012)), frame)
    string = surfaces.plain((0.85, 0.85, 0.75), 0.5)
    for share in np.linspace(-0.85, 0.85, 12):
        reach = float(np.sqrt(1 - share**2))
        x, y = float(share) * wide, float(share) * tall
        parts.add(shapes.tube([(x, -reach * tall, 0.012), (x, reach * tall, 0.012)], 0.0009, 3, capped=False), string)
        parts.add(shapes.tube([(-reach * wide, y, 0.013), (reach * wide, y, 0.013)], 0.0009, 3, capped=False), string)
    for x in (-0.05, 0.05):
        parts.bar((x, -tall * 0.92, 0.012), (0, -tall - 0.13, 0.012), 0.008, frame, 6)
    parts.bar((0, -tall - 0.12, 0.014), (0, -tall - 0.34, 0.014), 0.015, grip, 8)
    for _ in range(int(rng.integers(0, 4))):
        x, y = between(rng, 0.14, 0.25), between(rng, -0.3, 0.2)
        parts.add(shapes.ellipsoid((x, y, 0.033), (0.033,) * 3, 16), surfaces.plain((0.75, 0.85, 0.2), 0.95, 0.1))
    return parts.model("sport", "racket")


def hoop(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A basketball hoop on its stand."""
    parts = Parts(rng)
    metal, board = surfaces.painted_metal(rng, textures), surfaces.plain((0.92, 0.92, 0.92), 0.4, 0.02)
    height = between(rng, 2.0, 2.6)
    parts.box((0, 0.5, 0.08), (0.7, 0.9, 0.16), surfaces.dark_plastic(rng, textures), 0.04)
    parts.bar((0, 0.5, 0.1), (0, 0.25, height), 0.045, metal, 10)
    parts.box((0, 0.18, height + 0.1), (1.1, 0.04, 0.75), board, 0.006)
    red = surfaces.plain((0.85, 0.25, 0.08), 0.4)
    for x, z, size in (
        (0, -0.12, (0.5, 0.006, 0.02)),
        (0, 0.22, (0.5, 0.006, 0.02)),
        (-0.25, 0.05, (0.02, 0.006, 0.36)),
        (0.25, 0.05, (0.02, 0.006, 0.36)),
    ):
        parts.box((x, 0.157, height + 0.1 + z), size, red)
    parts.add(shapes.torus((0, -0.1, height - 0.1), 0.225, 0.009, 26, upright=False), red)
    net = surfaces.plain((0.92, 0.92, 0.9), 0.9)
    for k in range(12):
        for way in (-1, 1):
            a, b = 2 * np.pi * k / 12, 2 * np.pi * (k + 2.0 * way) / 12
            ends = [
                (0.22 * np.cos(a), -0.1 + 0.22 * np.sin(a), height - 0.1),
                (0.13 * np.cos(b), -0.1 + 0.13 * np.sin(b), height - 0.5),
            ]
            parts.add(shapes.tube(ends, 0.003, 3, capped=False), net)
    return parts.model("sport", "basketball hoop")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "piano": (piano,),
    "instrument": (guitar, drum),
    "sport": (weights, racket, hoop),
}
