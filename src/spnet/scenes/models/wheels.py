"""Wheels of cars, trucks, bicycles, trolleys."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Parts
from spnet.scenes.scene import Material, Triple
from spnet.scenes.textures import TextureSet

# Turns what spins about z to spin about x, its upper side outwards to +x.
ALONG_X = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])


def car_wheel(
    parts: Parts, at: Triple, radius: float, width: float, tyre: Material, rim: Material, spokes: int, side: int
) -> None:
    """A tyre with its rim.

    Args:
        parts: what it belongs to.
        at: its middle; its axle lies along x.
        radius: of the tyre.
        width: of the tyre.
        tyre: its material.
        rim: its material.
        spokes: their number; 0 is a plain disc.
        side: 1 if its outer face is at +x, -1 at -x.
    """
    inner, half = radius * 0.66, width / 2
    way = ALONG_X if side > 0 else shapes.turn(np.pi) @ ALONG_X
    profile = [(inner, -half), (radius * 0.96, -half), (radius, -half * 0.6), (radius, half * 0.6)]
    profile += [(radius * 0.95, half), (inner, half), (inner, half * 0.5)]
    parts.add(shapes.lathe(profile, 24).moved(way, at), tyre)
    dish = [(inner, half * 0.5), (inner * 0.92, half * 0.9), (inner * 0.88, half * 0.5), (0.0, half * 0.45)]
    dark = surfaces.plain((0.12, 0.12, 0.13), 0.6, 0.0)
    parts.add(shapes.lathe(dish, 24).moved(way, at), rim if spokes == 0 else dark)
    hub = shapes.lathe([(inner * 0.24, half * 0.4), (inner * 0.2, half * 0.95), (0, half * 0.97)], 12)
    parts.add(hub.moved(way, at), rim)
    if spokes == 0:
        return
    ring = [(inner, half * 0.5), (inner, half * 0.95), (inner * 0.9, half * 0.95), (inner * 0.88, half * 0.5)]
    parts.add(shapes.lathe(ring, 24).moved(way, at), rim)
    for k in range(spokes):
        bar = shapes.box((inner * 0.55, 0, half * 0.72), (inner * 0.75, inner * 0.17, half * 0.3))
        parts.add(bar.moved(way @ shapes.turn(2 * np.pi * k / spokes), at), rim)


def wire_wheel(parts: Parts, at: Triple, radius: float, thickness: float, tyre: Material, metal: Material) -> None:
    """A bicycle's wheel that rolls along y: tyre, rim, hub and spokes."""
    sideways = shapes.turn(np.pi / 2)
    parts.add(shapes.torus((0, 0, 0), radius - thickness, thickness, 36).moved(sideways, at), tyre)
    parts.add(shapes.torus((0, 0, 0), radius - 2.2 * thickness, 0.5 * thickness, 28).moved(sideways, at), metal)
    x, y, z = at
    parts.bar((x - 0.035, y, z), (x + 0.035, y, z), 0.016, metal, 8)
    for k in range(20):
        angle = 2 * np.pi * k / 20
        end = (x, y + (radius - 2.2 * thickness) * float(np.cos(angle)),
               z + (radius - 2.2 * thickness) * float(np.sin(angle)))  # fmt: skip
        parts.add(shapes.tube([(x + 0.03 * (-1) ** k, y, z), end], 0.0016, 3, capped=False), metal)


def castor(parts: Parts, rng: np.random.Generator, textures: TextureSet, at: Triple, radius: float) -> None:
    """A small wheel in its fork; `at` is where it is fixed, its diameter and a little above the floor."""
    x, y, z = at
    parts.add(
        shapes.lathe([(0, -0.012), (radius, -0.012), (radius, 0.012), (0, 0.012)], 14).moved(ALONG_X, (x, y, radius)),
        surfaces.rubber(rng, textures),
    )
    for side in (-0.018, 0.018):
        parts.box((x + side, y, (radius + z) / 2), (0.004, radius * 0.8, z - radius + 0.01), surfaces.plain((0.6,) * 3))
