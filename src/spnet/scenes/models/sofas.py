"""Armchairs and sofas."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance, leaning, legs
from spnet.scenes.scene import Model
from spnet.scenes.textures import TextureSet


def _upholstered(rng: np.random.Generator, textures: TextureSet, seats: int, kind: str) -> Model:
    """An armchair or a sofa: base, arms, back, seat and back cushions, feet."""
    parts = Parts(rng)
    cover = surfaces.upholstery(rng, textures)
    second = cover if chance(rng, 0.7) else surfaces.upholstery(rng, textures)
    feet = surfaces.timber(rng, textures) if chance(rng, 0.6) else surfaces.chrome(rng, textures)
    each, arm = between(rng, 0.5, 0.72), between(rng, 0.09, 0.24)
    inner, depth = each * seats, between(rng, 0.75, 0.98)
    width, lift = inner + 2 * arm, between(rng, 0.05, 0.16)
    seat, thick = between(rng, 0.4, 0.48), between(rng, 0.12, 0.18)
    back, arms = between(rng, 0.7, 0.95), seat + between(rng, 0.08, 0.25)
    rear = between(rng, 0.12, 0.22)
    soft = between(rng, 0.12, 0.3)
    parts.add(
        shapes.cushion((0, 0, (lift + seat - thick) / 2), (width - 0.02, depth, seat - thick - lift), 0.08), cover
    )
    for side in (-1, 1):
        x = side * (inner / 2 + arm / 2)
        parts.add(shapes.cushion((x, -0.01, (lift + arms) / 2), (arm, depth, arms - lift), soft, 20), cover)
    parts.add(
        shapes.cushion((0, depth / 2 - rear / 2, (lift + back) / 2), (width - 0.04, rear, back - lift), soft, 20), cover
    )
    for k in range(seats):
        x = (k - (seats - 1) / 2) * each
        size = (each - 0.005, depth - rear, thick)
        parts.add(shapes.cushion((x, -rear / 2, seat - thick / 2), size, 0.22, 20), second)
        tall = back - seat + between(rng, -0.05, 0.06)
        lean = leaning(between(rng, 0.12, 0.3), depth / 2 - rear - 0.1, seat - 0.01, x)
        pad = shapes.cushion((0, 0, tall / 2), (each - 0.02, between(rng, 0.12, 0.18), tall), 0.35, 20)
        parts.add(pad.moved(*lean), second)
    legs(
        parts,
        (width / 2 - 0.06, depth / 2 - 0.06),
        lift + 0.02,
        feet,
        thickness=between(rng, 0.025, 0.05),
        round_=chance(rng, 0.6),
        taper=0.7,
    )
    for _ in range(int(rng.integers(0, 3))):
        x = between(rng, -inner / 2 + 0.2, inner / 2 - 0.2) if seats > 1 else 0.0
        square = between(rng, 0.35, 0.48)
        lean = leaning(between(rng, 0.25, 0.5), depth / 2 - rear - between(rng, 0.2, 0.3), seat, x)
        loose = shapes.cushion((0, 0, square / 2), (square, 0.14, square), 0.6, 18)
        parts.add(loose.moved(*lean), surfaces.fabric(rng, textures))
    parts.surface(seat, inner * 0.4, depth * 0.2)
    return parts.model(kind)


def armchair(rng: np.random.Generator, textures: TextureSet) -> Model:
    """An upholstered armchair."""
    return _upholstered(rng, textures, 1, "armchair")


def lounge_chair(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A low chair: cushions in an open frame of wood or tube."""
    parts = Parts(rng)
    frame, cover = surfaces.timber(rng, textures), surfaces.upholstery(rng, textures)
    width, depth, seat = between(rng, 0.58, 0.72), between(rng, 0.68, 0.8), between(rng, 0.38, 0.44)
    thick, arms = between(rng, 0.025, 0.045), seat + between(rng, 0.12, 0.2)
    for side in (-1, 1):
        x = side * width / 2
        parts.box((x, 0, arms), (between(rng, 0.05, 0.09), depth, 0.025), frame, 0.008)
        for y, top in ((-depth / 2 + 0.05, arms), (depth / 2 - 0.08, arms)):
            parts.add(shapes.bar((x, y * 1.05, 0), (x, y, top), (thick * 0.4, thick * 0.55)), frame)
        parts.box((x * 0.94, 0, seat - 0.1), (0.025, depth * 0.9, 0.05), frame, 0.004)
    for y in (-depth * 0.4, depth * 0.35):
        parts.box((0, y, seat - 0.1), (width, 0.025, 0.05), frame, 0.004)
    size = (width - 0.06, depth * 0.82, 0.12)
    parts.add(shapes.cushion((0, -0.03, seat - 0.05), size, 0.25, 20).moved(shapes.tilt(0.08)), cover)
    lean = leaning(between(rng, 0.3, 0.5), depth * 0.3, seat - 0.03)
    tall = between(rng, 0.45, 0.6)
    parts.add(shapes.cushion((0, 0, tall / 2), (width - 0.06, 0.12, tall), 0.3, 20).moved(*lean), cover)
    for x in np.linspace(-width * 0.4, width * 0.4, int(rng.integers(3, 8))):
        slat = shapes.box((float(x), 0.08, tall / 2), (0.03, 0.012, tall + 0.1))
        parts.add(slat.moved(*lean), frame)
    parts.surface(seat + 0.01, width * 0.3, depth * 0.2)
    return parts.model("armchair", "lounge chair")


def sofa(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A sofa of two to four seats."""
    return _upholstered(rng, textures, int(rng.choice([2, 2, 3, 3, 4])), "sofa")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "armchair": (armchair, armchair, lounge_chair),
    "sofa": (sofa,),
}
