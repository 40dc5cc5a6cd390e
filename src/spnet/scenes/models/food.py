"""Fruit and food."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour


def fruit_skin(rng: np.random.Generator) -> Material:
    """Red, orange, yellow or green."""
    hue = ((0.95, 1.04), (0.06, 0.1), (0.12, 0.16), (0.2, 0.28))[int(rng.integers(0, 4))]
    return surfaces.plain(colour(rng, (0.6, 0.9), (0.5, 0.9), hue), between(rng, 0.25, 0.6), 0.25, grain_size=0.015)


def fruit(rng: np.random.Generator, textures: TextureSet) -> Model:
    """An apple, orange, pear, banana or melon, or a few together."""
    parts = Parts(rng)
    skin, kind = fruit_skin(rng), int(rng.integers(0, 4))
    for k in range(int(rng.choice([1, 1, 2, 4]))):
        x, y = (k % 2) * 0.085, (k // 2) * 0.085
        size = between(rng, 0.032, 0.045)
        if kind == 0:
            parts.add(shapes.ellipsoid((x, y, size * 0.92), (size, size, size * 0.92), 16), skin)
        elif kind == 1:
            profile = [
                (0, 0),
                (size * 0.7, 0.006),
                (size, size * 0.8),
                (size * 0.8, size * 1.5),
                (size * 0.4, size * 2.2),
                (0, size * 2.5),
            ]
            parts.turned(profile, skin, (x, y, 0), 16)
        elif kind == 2:
            arc = shapes.arc((x, y, 0.02), 0.09, 0.3, 1.9, 9, "xy")
            parts.add(
                shapes.tube(arc, (0.004, 0.014, 0.018, 0.019, 0.019, 0.018, 0.016, 0.008, 0.004), 8),
                surfaces.plain((0.9, 0.75, 0.2), 0.5, 0.2),
            )
        else:
            parts.add(shapes.ellipsoid((2 * x, 2 * y, size * 1.9), (size * 2.2, size * 2, size * 1.9), 18), skin)
        if kind != 2:
            parts.bar((x, y, size * 1.6), (x + 0.004, y, size * 2.0 + 0.01), 0.0015, surfaces.plain((0.3, 0.2, 0.1)), 4)
    return parts.model("fruit")


def food(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A loaf, a cake or a carton of milk."""
    parts = Parts(rng)
    kind = int(rng.integers(0, 3))
    crust = surfaces.plain(colour(rng, (0.4, 0.65), (0.4, 0.75), (0.06, 0.1)), 0.85, 0.35, grain_size=0.02)
    if kind == 0:
        size = (between(rng, 0.15, 0.3), between(rng, 0.09, 0.13), between(rng, 0.06, 0.11))
        parts.add(shapes.cushion((0, 0, size[2] / 2), size, 0.6, 18), crust)
    elif kind == 1:
        radius, height = between(rng, 0.08, 0.13), between(rng, 0.04, 0.09)
        parts.turned(
            [(0, 0), (radius, 0), (radius, height), (radius - 0.01, height + 0.01), (0, height + 0.012)],
            crust,
            sides=28,
        )
        icing = surfaces.plain(colour(rng, (0.0, 0.5), (0.7, 1.0)), 0.5, 0.05)
        parts.turned(
            [
                (radius + 0.002, height * 0.8),
                (radius + 0.002, height + 0.004),
                (radius - 0.01, height + 0.013),
                (0, height + 0.015),
            ],
            icing,
            sides=28,
        )
        parts.turned(
            [(0, -0.004), (radius * 1.25, -0.004), (radius * 1.3, 0.002)], surfaces.ceramic(rng, textures), sides=28
        )
    else:
        side, height = between(rng, 0.06, 0.08), between(rng, 0.15, 0.22)
        print_ = surfaces.picture(rng, textures, "package", tint=0.6)
        h = side / 2
        for yaw in np.arange(4) * np.pi / 2:
            wall = shapes.quad((-h, -h, 0), (h, -h, 0), (h, -h, height), (-h, -h, height))
            parts.add(wall.moved(shapes.turn(float(yaw))), print_, fixed=True)
        for s in (-1, 1):
            parts.add(
                shapes.quad((-h, s * h, height), (h, s * h, height), (h, 0, height + h), (-h, 0, height + h)),
                print_,
                fixed=True,
            )
            gable = [[(s * h, -h, height), (s * h, h, height), (s * h * 0.6, 0, height + h)]]
            parts.add(shapes.of_triangles(gable), surfaces.paper(rng, textures))
        parts.box((0, 0, height + h + 0.008), (side, 0.003, 0.02), surfaces.paper(rng, textures))
    return parts.model("food")


MAKERS: dict[str, tuple[Maker, ...]] = {"fruit": (fruit,), "food": (food,)}
