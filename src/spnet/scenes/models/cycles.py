"""Bicycles and motorcycles; the front faces -y."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.models.wheels import car_wheel, wire_wheel
from spnet.scenes.scene import Model
from spnet.scenes.textures import TextureSet


def bicycle(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A bicycle: town, racing or mountain, on its stand."""
    parts, lean = Parts(rng), Parts(rng)
    child = chance(rng, 0.15)
    scale = between(rng, 0.6, 0.8) if child else 1.0
    radius, tyre = 0.34 * scale, between(rng, 0.013, 0.027)
    paint, metal = surfaces.painted_metal(rng, textures), surfaces.chrome(rng, textures)
    rubber = surfaces.rubber(rng, textures)
    front, back = -0.52 * scale, 0.52 * scale
    for y in (front, back):
        wire_wheel(lean, (0, y, radius), radius, tyre, rubber, metal)
    town = chance(rng, 0.5)
    saddle, bottom = (0.0, 0.2 * scale, 0.86 * scale), (0.0, 0.08 * scale, 0.29 * scale)
    head, neck = (0.0, -0.33 * scale, 0.84 * scale), (0.0, -0.38 * scale, 0.68 * scale)
    top = (0.0, 0.16 * scale, 0.66 * scale)
    tubes = [(bottom, top), (neck, bottom), (head, neck)]
    tubes.append(((0.0, -0.36 * scale, 0.74 * scale), (0.0, 0.11 * scale, 0.4 * scale) if town else top))
    for start, end in tubes:
        lean.bar(start, end, 0.016, paint, 8)
    lean.bar(top, saddle, 0.012, metal, 8)
    for x in (-0.05, 0.05):
        lean.bar((x, back, radius), (0, *bottom[1:]), 0.009, paint, 6)
        lean.bar((x, back, radius), (0, *top[1:]), 0.007, paint, 6)
        lean.bar((x, front, radius), (x * 0.6, neck[1], neck[2]), 0.011, paint, 6)
    lean.add(shapes.cushion((0, saddle[1] + 0.02, saddle[2] + 0.02), (0.16, 0.27, 0.06), 0.6, 12), rubber)
    wide, back_sweep = between(rng, 0.2, 0.33), between(rng, -0.05, 0.16) if town else between(rng, -0.12, 0.03)
    bar = (0.0, head[1] - 0.04, head[2] + between(rng, 0.03, 0.16))
    lean.bar(head, bar, 0.012, metal, 6)
    for side in (-1, 1):
        path = [bar, (side * wide * 0.5, bar[1], bar[2] + 0.02), (side * wide, bar[1] + back_sweep, bar[2])]
        lean.add(shapes.tube(shapes.smooth(path, 6), 0.011, 6), metal)
        grip = (side * wide, bar[1] + back_sweep, bar[2])
        lean.bar(grip, (side * (wide + 0.02), grip[1] + 0.09, grip[2]), 0.016, rubber, 6)
        crank = (side * 0.08, bottom[1] + side * 0.13 * scale, bottom[2] - side * 0.1 * scale)
        lean.bar((side * 0.06, *bottom[1:]), crank, 0.009, metal, 5)
        lean.box((side * 0.13, crank[1], crank[2]), (0.1, 0.08, 0.02), rubber)
    ring = shapes.torus((0.05, bottom[1], bottom[2]), 0.09 * scale, 0.006, 20)
    lean.add(ring.moved(shapes.turn(np.pi / 2), (0.05 + bottom[1], bottom[1] - 0.05, 0)), metal)
    if town:
        _town(lean, rng, textures, (front, back, radius))
    lean.bar((-0.03, bottom[1] + 0.06, bottom[2] - 0.02), (-0.16, bottom[1] + 0.14, 0.0), 0.007, metal, 5)
    angle = between(rng, 0.03, 0.12)
    c, s = np.cos(angle), np.sin(angle)
    parts.place(lean, np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]))
    return parts.model("bicycle")


def _town(parts: Parts, rng: np.random.Generator, textures: TextureSet, size: tuple[float, float, float]) -> None:
    """Mudguards, carrier, lamp and perhaps a basket; size is y of the axles and the wheels' radius."""
    front, back, radius = size
    metal = surfaces.metal(rng, textures)
    for y, start, end in ((front, 0.3, 2.6), (back, 0.2, 2.9)):
        rim = shapes.arc((0, y, radius), radius + 0.02, start, end, 12, "yz")
        points = rim[:, None] + np.array([(-0.025, 0, 0), (0, 0, 0.008), (0.025, 0, 0)])
        parts.add(shapes.grid(points), metal)
    z = 2 * radius + 0.06
    for x in (-0.06, 0.0, 0.06):
        parts.bar((x, back - 0.25, z), (x, back + 0.2, z), 0.005, metal, 5)
    for x in (-0.06, 0.06):
        parts.bar((x, back, radius), (x, back + 0.05, z), 0.005, metal, 5)
    parts.add(shapes.ellipsoid((0, front - 0.02, 2 * radius + 0.07), (0.035, 0.045, 0.035), 10), metal)
    if chance(rng, 0.4):
        wicker = surfaces.basketry(rng, textures)
        for side in (-1, 1):
            parts.box((side * 0.17, front - 0.1, z + 0.2), (0.01, 0.26, 0.2), wicker)
            parts.box((0, front - 0.1 + side * 0.13, z + 0.2), (0.34, 0.01, 0.2), wicker)
        parts.box((0, front - 0.1, z + 0.1), (0.34, 0.26, 0.01), wicker)


def motorcycle(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A motorcycle or a scooter."""
    parts = Parts(rng)
    paint = surfaces.plain(surfaces.any_colour(rng), 0.2, 0.01, reflectance=0.06)
    metal, rubber, dark = (
        surfaces.chrome(rng, textures),
        surfaces.rubber(rng, textures),
        surfaces.dark_plastic(rng, textures),
    )
    rim = surfaces.steel(rng, textures)
    scooter = chance(rng, 0.4)
    radius, base = (0.23, 0.62) if scooter else (0.31, 0.72)
    for y in (-base, base):
        car_wheel(parts, (0, y, radius), radius, 0.12, rubber, rim, 0 if scooter else 6, 1)
        guard = shapes.arc((0, y, radius), radius + 0.03, 0.3, 2.7, 10, "yz")
        across = np.array([(-0.075, 0, -0.04), (-0.04, 0, 0), (0.04, 0, 0), (0.075, 0, -0.04)])
        points = guard[:, None] + across
        parts.add(shapes.grid(points), paint)
    head, tall = (0.0, -base + 0.28, 0.88), 1.02
    for x in (-0.07, 0.07):
        parts.bar((x, -base, radius), (x, head[1] - 0.02, head[2]), 0.022, metal, 8)
    if scooter:
        parts.add(shapes.cushion((0, -0.36, 0.55), (0.4, 0.12, 0.62), 0.3, 16), paint)
        parts.box((0, -0.08, 0.27), (0.36, 0.6, 0.07), dark, 0.02)
        parts.add(shapes.cushion((0, 0.42, 0.5), (0.38, 0.75, 0.46), 0.45, 18), paint)
        parts.add(shapes.cushion((0, 0.36, 0.77), (0.32, 0.72, 0.13), 0.5, 16), rubber)
    else:
        parts.add(shapes.cushion((0, -0.2, 0.82), (0.3, 0.56, 0.26), 0.6, 18), paint)
        parts.add(shapes.cushion((0, 0.36, 0.79), (0.28, 0.72, 0.14), 0.5, 16), rubber)
        parts.add(shapes.cushion((0, 0.62, 0.83), (0.2, 0.42, 0.12), 0.6, 14), paint)
        parts.add(shapes.cushion((0, -0.05, 0.45), (0.34, 0.46, 0.34), 0.3, 16), dark)
        for k in range(4):
            parts.box((0, -0.12, 0.52 + 0.04 * k), (0.36, 0.24, 0.012), metal)
        for x in (-0.1, 0.1):
            parts.bar((x, -base + 0.3, 0.85), (x, 0.05, 0.3), 0.02, dark, 6)
            parts.bar((x, base, radius), (x, 0.1, 0.4), 0.025, dark, 6)
            parts.bar((x * 1.2, base, radius), (x, 0.45, 0.76), 0.02, metal, 6)
        path = shapes.smooth([(0.12, -0.2, 0.4), (0.16, -0.15, 0.22), (0.17, 0.3, 0.22), (0.18, 0.95, 0.34)], 10)
        parts.add(shapes.tube(path, np.linspace(0.025, 0.045, 10).tolist(), 8), metal)
    parts.add(shapes.ellipsoid((0, head[1] - 0.14, head[2] + 0.02), (0.1, 0.09, 0.1), 14), paint if scooter else dark)
    lens = shapes.lathe([(0.085, 0.0), (0.06, 0.02), (0, 0.03)], 16)
    parts.add(
        lens.moved(shapes.tilt(np.pi / 2), (0, head[1] - 0.2, head[2] + 0.02)), surfaces.plain((0.92, 0.92, 0.9), 0.1)
    )
    for side in (-1, 1):
        line = [
            (0, head[1], tall - 0.06),
            (side * 0.2, head[1] - 0.02, tall),
            (side * 0.37, head[1] + 0.12, tall - 0.02),
        ]
        parts.add(shapes.tube(shapes.smooth(line, 6), 0.013, 6), metal)
        parts.bar(
            (side * 0.33, head[1] + 0.08, tall - 0.01), (side * 0.4, head[1] + 0.15, tall - 0.03), 0.02, rubber, 6
        )
        parts.bar((side * 0.24, head[1], tall), (side * 0.33, head[1] - 0.03, tall + 0.16), 0.006, metal, 4)
        parts.add(shapes.cushion((side * 0.33, head[1] - 0.03, tall + 0.2), (0.13, 0.03, 0.09), 0.6, 10), dark)
    parts.box(
        (0, base + (0.16 if scooter else 0.13), 0.68), (0.16, 0.06, 0.07), surfaces.plain((0.6, 0.04, 0.04), 0.2), 0.02
    )
    parts.bar((-0.1, 0.05, 0.28), (-0.22, 0.12, 0.0), 0.014, dark, 6)
    size = between(rng, 0.92, 1.08)
    whole = Parts(rng)
    whole.place(parts, np.diag([size * between(rng, 0.9, 1.1), size, size]))
    return whole.model("motorcycle", "scooter" if scooter else "motorcycle")


MAKERS: dict[str, tuple[Maker, ...]] = {"bicycle": (bicycle,), "motorcycle": (motorcycle,)}
