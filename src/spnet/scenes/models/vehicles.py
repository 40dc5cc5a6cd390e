"""Cars, vans, lorries and buses; the front faces -y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.hulls import Level, glazed, lid, ring, shell, skin, windows
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.models.wheels import ALONG_X, car_wheel
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, neutral


@dataclass(frozen=True)
class Look:
    """Materials of one vehicle."""

    paint: Material
    glass: Material
    trim: Material
    chrome: Material
    tyre: Material
    rim: Material
    spokes: int
    lamp: Material
    tail: Material


def paint(rng: np.random.Generator) -> Material:
    """What cars are painted in: white, black, silver, grey, blue and red more than others."""
    kind = rng.random()
    if kind < 0.28:
        base = neutral(rng, (0.88, 0.98))
    elif kind < 0.48:
        base = neutral(rng, (0.04, 0.14))
    elif kind < 0.74:
        base = neutral(rng, (0.35, 0.8))
    else:
        base = colour(rng, (0.5, 0.95), (0.2, 0.85))
    return surfaces.plain(base, between(rng, 0.12, 0.3), 0.01, reflectance=0.06)


def look(rng: np.random.Generator, textures: TextureSet) -> Look:
    """Materials, drawn once a vehicle; lamps are mostly off."""
    lit = float(rng.choice([0.0, 0.0, 0.0, 2.0]))
    dark = neutral(rng, (0.05, 0.13))
    return Look(
        paint(rng),
        surfaces.plain(dark, between(rng, 0.04, 0.1), 0.0, reflectance=0.08),
        surfaces.plain(neutral(rng, (0.05, 0.16)), 0.6, 0.04),
        surfaces.chrome(rng, textures),
        surfaces.rubber(rng, textures),
        surfaces.plain(neutral(rng, (0.5, 0.85)), 0.3, 0.02, reflectance=0.4, metal=True),
        int(rng.choice([0, 5, 5, 6, 7, 10])),
        surfaces.plain((0.93, 0.93, 0.9), 0.15, 0.0, emission=lit),
        surfaces.plain((0.7, 0.05, 0.05), 0.2, 0.0, emission=lit),
    )


def wheels(
    parts: Parts, style: Look, half: float, axles: Sequence[float], radius: float, width: float, arch: bool = True
) -> None:
    """A pair of wheels at each axle (y), in dark arches."""
    for y in axles:
        for side in (-1, 1):
            if arch:
                disc = shapes.lathe([(0, -0.12), (radius * 1.14, -0.12), (radius * 1.14, 0.006), (0, 0.006)], 24)
                way = ALONG_X if side > 0 else shapes.turn(np.pi) @ ALONG_X
                parts.add(disc.moved(way, (side * half, y, radius * 1.04)), style.trim)
            at = (side * (half - width / 2 + 0.02), y, radius)
            car_wheel(parts, at, radius, width, style.tyre, style.rim, style.spokes, side)


def plates(parts: Parts, rng: np.random.Generator, textures: TextureSet, y: float, z: float) -> None:
    """Number plates at both ends."""
    for end, facing in ((-1, "-y"), (1, "+y")):
        at = y if end > 0 else -y
        parts.box((0, at, z), (0.52, 0.02, 0.115), surfaces.plain((0.1, 0.1, 0.1)))
        plate = surfaces.plain((0.93, 0.92, 0.86) if chance(rng, 0.7) else (0.9, 0.75, 0.15), 0.5, 0.02)
        parts.face((0, at + end * 0.011, z), 0.5, 0.1, plate, facing)
        for x in np.linspace(-0.19, 0.19, 7)[: int(rng.integers(5, 8))]:
            parts.face((float(x), at + end * 0.0125, z), 0.032, 0.06, surfaces.plain((0.06, 0.06, 0.1)), facing)


def car(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A saloon, hatchback, estate, off-roader, coupe or small car."""
    parts, style = Parts(rng), look(rng, textures)
    kind = int(rng.integers(0, 5))
    length = (4.6, 4.1, 4.7, 4.6, 3.6)[kind] * between(rng, 0.95, 1.05)
    half = (0.9, 0.87, 0.9, 0.94, 0.81)[kind] * between(rng, 0.97, 1.03)
    height = (1.45, 1.48, 1.5, 1.72, 1.5)[kind] * between(rng, 0.96, 1.04)
    radius = (0.32, 0.31, 0.33, 0.37, 0.29)[kind]
    belt = height * between(rng, 0.6, 0.65)
    front, back = -length / 2, length / 2
    bonnet = length * ((0.27, 0.25, 0.26, 0.27, 0.2)[kind])
    boot = length * ((0.17, 0.03, 0.02, 0.02, 0.02)[kind])
    nose, tail = belt * between(rng, 0.74, 0.86), belt * between(rng, 0.9, 1.0)

    def shoulder(y: np.ndarray) -> np.ndarray:
        at = [front, front + 0.25 * bonnet, front + bonnet, back - boot - 0.1, back]
        return np.asarray(np.interp(y, at, [nose * 0.92, nose, belt, belt, tail]))

    low = radius * between(rng, 0.55, 0.75)
    rings = [
        ring(half * 0.94, front + 0.06, back - 0.06, 0.3),
        ring(half, front, back, 0.3),
        ring(half, front + 0.01, back - 0.01, 0.32),
        ring(half * 0.97, front + 0.06, back - 0.05, 0.34),
        ring(half * 0.9, front + 0.14, back - 0.1, 0.36),
    ]
    levels: list[float | Level] = [
        low,
        low + 0.1,
        lambda y: 0.35 * low + 0.65 * shoulder(y),
        lambda y: shoulder(y) - 0.03,
        shoulder,
    ]
    body = shell(rings, levels)
    parts.add(skin(body), style.paint)
    parts.add(lid(body[-1], 0.05), style.paint)
    parts.box((0, 0, low + 0.02), (half * 1.7, length * 0.9, 0.06), style.trim)
    wind, rear = 0.42 * length / 4.4, (0.5, 0.24, 0.16, 0.2, 0.2)[kind]
    start, end = front + bonnet - 0.08, back - boot - 0.06
    cabin = shell(
        [
            ring(half * 0.9, start, end, 0.2),
            ring(half * 0.86, start + wind * 0.45, end - rear * 0.4, 0.22),
            ring(half * 0.78, start + wind * 1.15, end - rear * 0.9, 0.24),
            ring(half * 0.7, start + wind * 1.45, end - rear * 1.1, 0.3),
        ],
        [belt - 0.06, belt + 0.45 * (height - belt), height - 0.07, height - 0.02],
    )
    middle = (start + wind + end) / 2
    pillars = [middle - 0.1] if kind != 4 else [middle + 0.3]
    if kind in (2, 3):
        pillars.append(middle + 0.95)
    glazed(parts, cabin, windows(cabin[:3], pillars, 0.12, 0.12), style.paint, style.glass, slice(0, 3))
    parts.add(lid(cabin[-1], 0.03), style.paint)
    axles = (front + length * 0.19, back - length * 0.2)
    wheels(parts, style, half, axles, radius, 0.21)
    _face(parts, rng, textures, style, (half, front, back, low, nose, tail))
    for side in (-1, 1):
        mirror = shapes.cushion((side * (half + 0.08), start + wind * 0.8, belt + 0.05), (0.2, 0.1, 0.14), 0.5, 10)
        parts.add(mirror, style.paint if chance(rng, 0.7) else style.trim)
        for y in (middle - 0.02, middle + 0.85)[: 1 if kind == 4 else 2]:
            parts.box((side * (half + 0.004), y, belt * 0.86), (0.025, 0.16, 0.025), style.chrome, 0.006)
        for y in [*pillars[:1], start + 0.35]:
            z = (low + belt) / 2 + 0.08
            parts.box((side * (half - 0.002), y, z), (0.012, 0.008, belt - low - 0.22), style.trim)
    return parts.model("car")


def _face(
    parts: Parts,
    rng: np.random.Generator,
    textures: TextureSet,
    style: Look,
    size: tuple[float, float, float, float, float, float],
) -> None:
    """Lamps, grille, bumper and plates of a car; size is half width, front, back, underside, bonnet and boot."""
    half, front, back, low, nose, tail = size
    wide, tall = between(rng, 0.2, 0.36), between(rng, 0.09, 0.17)
    for side in (-1, 1):
        x = side * half * 0.64
        lamp = shapes.cushion((x, front + 0.11, nose * 0.83), (wide, 0.18, tall), 0.4, 12)
        parts.add(lamp, style.lamp)
        rear = shapes.cushion((side * half * 0.7, back - 0.09, tail * 0.82), (wide * 0.8, 0.16, tall * 1.2), 0.35, 12)
        parts.add(rear, style.tail)
    grille = (half * between(rng, 0.5, 0.9), 0.05, between(rng, 0.08, 0.2))
    parts.box((0, front + 0.012, nose * 0.76), grille, style.trim, 0.02)
    if chance(rng, 0.5):
        count = int(rng.integers(2, 5))
        for z in np.linspace(-0.4, 0.4, count) * grille[2]:
            parts.box((0, front - 0.014, nose * 0.76 + float(z)), (grille[0] * 0.95, 0.012, 0.012), style.chrome)
    for end in (front + 0.01, back - 0.01):
        parts.box((0, end, low + 0.12), (half * 1.2, 0.05, 0.1), style.trim, 0.02)
    plates(parts, rng, textures, back + 0.02, low + 0.24)


def van(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A delivery van, minibus or motor caravan."""
    parts, style = Parts(rng), look(rng, textures)
    length, half, height = between(rng, 4.6, 5.9), between(rng, 0.93, 1.0), between(rng, 1.9, 2.55)
    front, back, low, belt = -length / 2, length / 2, 0.28, between(rng, 1.12, 1.25)
    nose = between(rng, 0.3, 0.8)

    def shoulder(y: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(y, [front, front + nose], [belt * 0.8, belt]))

    body = shell(
        [
            ring(half * 0.95, front + 0.05, back - 0.03, 0.22),
            ring(half, front, back, 0.22),
            ring(half, front + 0.02, back, 0.22),
            ring(half * 0.99, front + 0.1, back, 0.22),
        ],
        [low, low + 0.12, lambda y: 0.3 * low + 0.7 * shoulder(y), shoulder],
    )
    parts.add(skin(body), style.paint)
    parts.add(lid(body[-1], 0.03), style.paint)
    slope = between(rng, 0.35, 0.75)
    cabin = shell(
        [
            ring(half * 0.985, front + nose - 0.1, back - 0.002, 0.16),
            ring(half * 0.965, front + nose + 0.4 * slope, back - 0.004, 0.16),
            ring(half * 0.93, front + nose + slope, back - 0.01, 0.17),
            ring(half * 0.86, front + nose + slope + 0.15, back - 0.06, 0.2),
        ],
        [belt - 0.05, belt + 0.38, min(belt + 0.75, height - 0.1), height],
    )
    door = front + nose + slope + 1.0
    bus = chance(rng, 0.4)
    pillars = [door, door + 1.1, door + 2.1]
    glass = windows(cabin[:3], pillars, 0.14, 0.14)
    if not bus:
        middle = cabin[:3].mean(0)
        glass &= (middle[:-1, 1] + middle[1:, 1]) / 2 < door
    glazed(parts, cabin, glass, style.paint, style.glass, slice(0, 3))
    parts.add(lid(cabin[-1], 0.04), style.paint)
    parts.box((0, 0, low + 0.03), (half * 1.7, length * 0.92, 0.08), style.trim)
    wheels(parts, style, half, (front + 0.85, back - 1.05), 0.34, 0.22)
    _face(parts, rng, textures, style, (half, front, back, low, belt * 0.88, belt))
    if not bus and chance(rng, 0.5):
        sign = surfaces.picture(rng, textures, "sign", "label", tint=0.3)
        side = half * 0.992 + 0.004
        z = (belt + height) / 2 - 0.25
        for x, way in ((side, 1), (-side, -1)):
            y0, y1 = (door + 0.3, back - 0.5) if way > 0 else (back - 0.5, door + 0.3)
            corners = ((x, y0, belt - 0.45), (x, y1, belt - 0.45), (x, y1, z - 0.25), (x, y0, z - 0.25))
            parts.add(shapes.quad(*corners), sign, fixed=True)
    for side in (-1, 1):
        at = (side * (half + 0.13), front + nose + 0.15, belt + 0.15)
        parts.add(shapes.cushion(at, (0.2, 0.12, 0.28), 0.4, 10), style.trim)
        parts.box((side * (half + 0.004), door - 0.15, belt * 0.88), (0.03, 0.16, 0.03), style.trim, 0.006)
        parts.box((side * (half - 0.001), door, (low + height) / 2), (0.012, 0.01, (height - low) * 0.75), style.trim)
    return parts.model("van")


MAKERS: dict[str, tuple[Maker, ...]] = {"car": (car,), "van": (van,)}
