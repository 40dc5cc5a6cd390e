"""Coat stands and the clothes on them."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet


def coat_rack(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A stand or a rail on wheels with hooks, and clothes on some."""
    parts = Parts(rng)
    frame = surfaces.metal(rng, textures) if chance(rng, 0.6) else surfaces.wood(rng, textures)
    height = between(rng, 1.55, 1.9)
    hang: list[tuple[float, float, float, float]] = []
    if chance(rng, 0.5):
        parts.bar((0, 0, 0.03), (0, 0, height), 0.018, frame, 10)
        for k in range(4):
            angle = np.pi / 2 * k
            c, s = float(np.cos(angle)), float(np.sin(angle))
            parts.add(
                shapes.tube([(0, 0, 0.18), (0.15 * c, 0.15 * s, 0.1), (0.28 * c, 0.28 * s, 0.012)], 0.012, 6), frame
            )
            tip = [(0, 0, height - 0.12), (0.1 * c, 0.1 * s, height - 0.14), (0.15 * c, 0.15 * s, height - 0.05)]
            parts.add(shapes.tube(tip, 0.007, 5), frame)
            hang.append((0.13 * c, 0.13 * s, height - 0.12, angle))
    else:
        width = between(rng, 0.9, 1.4)
        for x in (-width / 2, width / 2):
            parts.bar((x, 0, 0.05), (x, 0, height), 0.014, frame)
            parts.bar((x, -0.24, 0.05), (x, 0.24, 0.05), 0.014, frame)
        parts.bar((-width / 2, 0, height), (width / 2, 0, height), 0.014, frame)
        parts.bar((-width / 2, 0, 0.12), (width / 2, 0, 0.12), 0.01, frame)
        hang = [
            (float(x), 0.0, height - 0.02, np.pi / 2)
            for x in np.sort(rng.uniform(-0.45, 0.45, int(rng.integers(0, 9)))) * width
        ]
    for x, y, z, angle in hang:
        if chance(rng, 0.7):
            _coat(parts, rng, surfaces.fabric(rng, textures), (x, y, z), angle)
    return parts.model("coat_rack")


def _coat(parts: Parts, rng: np.random.Generator, cloth: Material, at: tuple[float, float, float], yaw: float) -> None:
    """A garment that hangs: shoulders, falling folds."""
    length, wide = between(rng, 0.6, 1.1), between(rng, 0.2, 0.26)
    t = np.linspace(0, 1, 9)[:, None]
    angle = np.linspace(0, 2 * np.pi, 25)[None]
    folds = 1 + 0.16 * t * np.sin(int(rng.integers(5, 9)) * angle + rng.uniform(0, 6))
    half = wide * np.minimum(0.15 + 5 * t, 1 + 0.12 * t)
    points = np.stack(
        np.broadcast_arrays(half * np.cos(angle) * folds, 0.07 * (0.5 + t) * np.sin(angle) * folds, -length * t), -1
    )
    uv = np.stack(np.broadcast_arrays(angle * 0.15, -length * t), -1)
    parts.add(shapes.grid(points, uv=uv).moved(shapes.turn(yaw), at), cloth)


MAKERS: dict[str, tuple[Maker, ...]] = {"coat_rack": (coat_rack,)}
