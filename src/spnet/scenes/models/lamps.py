"""Lamps and candles."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet


def _shade(
    parts: Parts,
    rng: np.random.Generator,
    textures: TextureSet,
    at: tuple[float, float, float],
    size: float,
    lit: float,
) -> None:
    """A shade of cloth, metal or glass about a bulb; `at` is the middle of its lower rim."""
    kind = int(rng.integers(0, 4))
    height, top = size * between(rng, 0.7, 1.2), size * between(rng, 0.4, 0.95)
    bulb = surfaces.plain((1.0, 0.93, 0.82), 0.5, 0.0, emission=lit * 1.5)
    if kind <= 1:
        cloth = surfaces.linen(rng, textures)
        glowing = surfaces.glowing(cloth, lit)
        parts.turned([(size, 0), (top, height)], glowing, at, 28)
        parts.turned([(top - 0.002, height), (size - 0.002, 0)], glowing, at, 28)
        ring = surfaces.metal(rng, textures)
        for angle in (0.0, 2.1, 4.2):
            tip = (at[0] + top * np.cos(angle), at[1] + top * np.sin(angle), at[2] + height - 0.01)
            parts.bar((at[0], at[1], at[2] + height * 0.8), tip, 0.0015, ring, 4)
    elif kind == 2:
        metal = surfaces.painted_metal(rng, textures)
        t = np.linspace(0, 1, 7)
        dome = [(float(size * np.cos(a * 1.4)), float(height * np.sin(a * 1.4))) for a in t]
        parts.turned([*dome, (0.012, height), (0.012, height + 0.03)], metal, at, 28)
        inside = surfaces.plain((0.95, 0.94, 0.9), 0.5, 0.0, emission=0.5 * lit)
        parts.turned([(r - 0.003, z) for r, z in dome[::-1]], inside, at, 28)
    else:
        globe = surfaces.glowing(surfaces.plain((0.95, 0.94, 0.9), 0.4, 0.0), lit)
        parts.add(
            shapes.ellipsoid((at[0], at[1], at[2] + size * 0.7), (size * 0.75, size * 0.75, size * 0.7), 20), globe
        )
        return
    parts.add(shapes.ellipsoid((at[0], at[1], at[2] + height * 0.45), (0.028, 0.028, 0.038), 10), bulb)


def _light(rng: np.random.Generator) -> float:
    """Emission of a lit lamp, or 0 for one that is off."""
    return float(rng.choice([0.0, 0.0, 1.0, 2.0, 3.5]))


def lamp_floor(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A standard lamp: a pole on a foot or tripod, or an arc."""
    parts = Parts(rng)
    metal = surfaces.metal(rng, textures) if chance(rng, 0.75) else surfaces.wood(rng, textures)
    height, size, lit = between(rng, 1.25, 1.75), between(rng, 0.13, 0.25), _light(rng)
    radius, kind = between(rng, 0.007, 0.014), int(rng.integers(0, 3))
    if kind == 0:
        foot = between(rng, 0.11, 0.17)
        parts.turned([(0, 0), (foot, 0), (foot, 0.015), (foot * 0.7, 0.025), (radius, 0.03)], metal, sides=24)
        parts.bar((0, 0, 0.02), (0, 0, height), radius, metal)
        _shade(parts, rng, textures, (0, 0, height - 0.12), size, lit)
    elif kind == 1:
        reach = between(rng, 0.22, 0.34)
        for k in range(3):
            angle = 2 * np.pi * k / 3 + 0.5
            foot_ = (reach * np.cos(angle), reach * np.sin(angle), 0.0)
            parts.bar(foot_, (0.02 * np.cos(angle), 0.02 * np.sin(angle), height), radius * 1.2, metal)
        _shade(parts, rng, textures, (0, 0, height - 0.05), size, lit)
    else:
        reach = between(rng, 0.3, 0.8)
        parts.turned([(0, 0), (0.16, 0), (0.16, 0.04), (0, 0.045)], metal, sides=24)
        arc = shapes.arc((reach / 2, 0, height - reach / 2), reach / 2, np.pi, 0.15, 14)
        parts.add(shapes.tube(np.vstack([(0, 0, 0.03), arc]), radius, 8), metal)
        x, _, z = arc[-1].tolist()
        parts.bar((x, 0, z), (x, 0, z - 0.08), radius * 0.6, metal, 5)
        _shade(parts, rng, textures, (x, 0, z - 0.08 - size * 0.7), size * 0.8, lit)
    return parts.model("lamp_floor", "floor lamp")


def _jointed(parts: Parts, rng: np.random.Generator, textures: TextureSet, metal: Material, lit: float) -> None:
    """A desk lamp with two jointed arms and springs."""
    parts.turned([(0, 0), (0.09, 0), (0.09, 0.018), (0.02, 0.03), (0, 0.03)], metal, sides=22)
    first, second = between(rng, 0.2, 0.33), between(rng, 0.2, 0.33)
    a, b = between(rng, -0.5, 0.1), between(rng, 0.7, 1.7)
    elbow = np.array([first * np.sin(a), 0, 0.03 + first * np.cos(a)])
    head = elbow + np.array([second * np.sin(b), 0, second * np.cos(b)])
    for y in (-0.012, 0.012):
        parts.bar((0, y, 0.03), (float(elbow[0]), y, float(elbow[2])), 0.004, metal, 5)
        parts.bar((float(elbow[0]), y, float(elbow[2])), (float(head[0]), y, float(head[2])), 0.004, metal, 5)
    joint = (float(elbow[0]), -0.02, float(elbow[2]))
    parts.bar(joint, (joint[0], 0.02, joint[2]), 0.012, metal, 8)
    hood = shapes.lathe([(0.065, -0.1), (0.045, -0.03), (0.022, 0.0), (0.0, 0.005)], 20)
    tilt = shapes.turn(np.pi / 2) @ shapes.tilt(between(rng, -0.2, 0.6))
    parts.add(hood.moved(tilt, head), metal)
    bulb = shapes.ellipsoid((0, 0, -0.06), (0.025, 0.025, 0.03), 10)
    parts.add(bulb.moved(tilt, head), surfaces.plain((1.0, 0.95, 0.85), 0.5, 0.0, emission=lit))


def lamp_table(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A table or desk lamp."""
    parts = Parts(rng)
    metal, lit = surfaces.metal(rng, textures), _light(rng)
    if chance(rng, 0.4):
        _jointed(parts, rng, textures, metal, lit)
        return parts.model("lamp_table", "desk lamp")
    body = surfaces.ceramic(rng, textures) if chance(rng, 0.5) else metal
    height, wide = between(rng, 0.15, 0.35), between(rng, 0.03, 0.09)
    t = np.linspace(0, 1, 10)
    wave = 0.35 + np.abs(np.sin(np.pi * (t * between(rng, 0.6, 2.0) + between(rng, 0, 1))))
    curve = [(float(wide * w / wave.max()), float(height * a)) for a, w in zip(t, wave, strict=True)]
    parts.turned([(0, 0), (wide * 0.95, 0), *curve[1:-1], (0.012, height), (0.01, height + 0.06)], body, sides=22)
    _shade(parts, rng, textures, (0, 0, height + 0.01), between(rng, 0.09, 0.17), lit)
    return parts.model("lamp_table", "table lamp")


def lamp_ceiling(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A lamp under a ceiling: a pendant on its cable, a chandelier, a flat panel, a tube or spots on a rail."""
    parts = Parts(rng)
    metal, lit, kind = surfaces.metal(rng, textures), _light(rng), int(rng.integers(0, 5))
    glow = surfaces.glowing(surfaces.plain((0.96, 0.95, 0.92), 0.5, 0.0), lit)
    if kind == 0:
        drop = between(rng, 0.3, 1.0)
        parts.turned([(0, 0), (0.05, -0.01), (0.05, -0.035), (0, -0.04)], metal, sides=16)
        parts.bar((0, 0, -0.02), (0, 0, -drop), 0.003, surfaces.dark_plastic(rng, textures), 5)
        size = between(rng, 0.1, 0.25)
        _shade(parts, rng, textures, (0, 0, -drop - size * 0.9), size, lit)
    elif kind == 1:
        drop, arms, reach = between(rng, 0.3, 0.7), int(rng.integers(3, 9)), between(rng, 0.2, 0.35)
        parts.bar((0, 0, 0), (0, 0, -drop), 0.008, metal)
        parts.add(shapes.ellipsoid((0, 0, -drop), (0.05, 0.05, 0.06), 12), metal)
        for k in range(arms):
            c, s = float(np.cos(2 * np.pi * k / arms)), float(np.sin(2 * np.pi * k / arms))
            path = [
                (0, 0, -drop),
                (reach * 0.5 * c, reach * 0.5 * s, -drop - 0.08),
                (reach * c, reach * s, -drop + 0.03),
            ]
            parts.add(shapes.tube(path, 0.006, 6), metal)
            parts.turned([(0, 0), (0.03, 0.01), (0.012, 0.02)], metal, (reach * c, reach * s, -drop + 0.03), 10)
            parts.add(shapes.ellipsoid((reach * c, reach * s, -drop + 0.08), (0.022, 0.022, 0.045), 10), glow)
    elif kind == 2:
        side = between(rng, 0.3, 0.62)
        long = side if chance(rng, 0.5) else 1.2
        parts.box((0, 0, 0), (long, side, 0.05), surfaces.enamel(rng, textures), 0.005)
        parts.face((0, 0, -0.0255), long - 0.03, side - 0.03, glow, "+z")
    elif kind == 3:
        long = float(rng.choice([0.6, 1.2, 1.5]))
        parts.box((0, 0, 0), (long, 0.09, 0.05), surfaces.enamel(rng, textures), 0.005)
        for y in (-0.025, 0.025)[: int(rng.integers(1, 3))]:
            parts.bar((-long / 2 + 0.02, y, -0.045), (long / 2 - 0.02, y, -0.045), 0.013, glow, 10)
    else:
        long, spots = between(rng, 0.6, 1.4), int(rng.integers(2, 6))
        parts.box((0, 0, 0), (long, 0.035, 0.03), metal, 0.004)
        for x in np.linspace(-long / 2 + 0.1, long / 2 - 0.1, spots):
            aim = shapes.turn(between(rng, 0, 6.28)) @ shapes.tilt(between(rng, 0.1, 0.9))
            parts.bar((float(x), 0, 0), (float(x), 0, -0.06), 0.006, metal, 5)
            can = shapes.lathe([(0.04, -0.12), (0.04, 0.0), (0.0, 0.01)], 14)
            parts.add(can.moved(aim, (float(x), 0, -0.06)), metal)
            lens = shapes.lathe([(0.0, -0.115), (0.037, -0.115)], 14)
            parts.add(lens.moved(aim, (float(x), 0, -0.06)), glow)
    return parts.model("lamp_ceiling", "ceiling lamp", elevation=2.4)


def lamp_wall(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A lamp on a wall, its plate at the back."""
    parts = Parts(rng)
    metal, lit = surfaces.metal(rng, textures), _light(rng)
    out = between(rng, 0.08, 0.2)
    parts.box((0, out, 0), (0.09, 0.02, between(rng, 0.09, 0.2)), metal, 0.005)
    parts.add(shapes.tube([(0, out, 0), (0, out * 0.4, -0.03), (0, 0, 0.02)], 0.008, 6), metal)
    _shade(parts, rng, textures, (0, 0, 0.03), between(rng, 0.06, 0.11), lit)
    return parts.model("lamp_wall", "wall lamp", elevation=between(rng, 1.4, 1.8))


def candle(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A candle, alone or in a stick."""
    parts = Parts(rng)
    wax = surfaces.plain(surfaces.any_colour(rng), 0.6, 0.02)
    base = 0.0
    thick, tall = between(rng, 0.01, 0.035), between(rng, 0.06, 0.25)
    if thick < 0.018:
        base = between(rng, 0.04, 0.22)
        profile = [
            (0, 0),
            (0.045, 0),
            (0.045, 0.008),
            (0.009, 0.02),
            (0.008, base * 0.8),
            (0.018, base - 0.01),
            (0.018, base),
        ]
        parts.turned([*profile, (0, base)], surfaces.metal(rng, textures), sides=16)
    parts.turned(
        [(thick, base), (thick, base + tall), (thick * 0.8, base + tall - 0.003), (0, base + tall - 0.006)],
        wax,
        sides=14,
    )
    parts.bar((0, 0, base + tall - 0.006), (0, 0.001, base + tall + 0.008), 0.001, surfaces.rubber(rng, textures), 4)
    return parts.model("candle")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "lamp_floor": (lamp_floor,),
    "lamp_table": (lamp_table,),
    "lamp_ceiling": (lamp_ceiling,),
    "lamp_wall": (lamp_wall,),
    "candle": (candle,),
}
