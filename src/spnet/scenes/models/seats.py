"""Chairs, stools and benches."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.modern_seats import cantilever, shell_chair
from spnet.scenes.models.parts import Maker, Parts, between, chance, choose, leaning, legs
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet


def _back(rng: np.random.Generator, width: float, height: float, frame: Material, pad: Material) -> Parts:
    """A chair's back of slats, bars, a panel or a pad, between two posts."""
    inner = Parts(rng)
    thick = between(rng, 0.018, 0.035)
    round_ = chance(rng, 0.4)
    for side in (-1, 1):
        x = side * (width / 2 - thick / 2)
        if round_:
            inner.bar((x, 0, 0), (x, 0, height), thick / 2, frame)
        else:
            inner.box((x, 0, height / 2), (thick, thick, height), frame, 0.003)
    kind = int(rng.integers(0, 5))
    if kind == 0:
        count = int(rng.integers(2, 6))
        tall = between(rng, 0.025, 0.09)
        for z in np.linspace(0.25 * height, height - tall / 2, count):
            inner.box((0, 0, float(z)), (width - thick, 0.012, tall), frame, 0.003)
    elif kind == 1:
        count = int(rng.integers(3, 9))
        for x in np.linspace(-width / 2 + 0.05, width / 2 - 0.05, count):
            inner.bar((float(x), 0, 0.0), (float(x), 0, height - 0.03), between(rng, 0.005, 0.011), frame, 6)
        inner.box((0, 0, height - 0.03), (width, 0.025, 0.06), frame, 0.006)
    elif kind == 2:
        low = between(rng, 0.0, 0.5) * height
        inner.box((0, 0, (low + height) / 2), (width - thick, 0.014, height - low), frame, 0.004)
    else:
        low = between(rng, 0.1, 0.45) * height
        size = (width - 0.01, between(rng, 0.03, 0.07), height - low)
        inner.add(shapes.cushion((0, -0.01, (low + height) / 2), size, 0.25), pad)
    return inner


def _seat(
    parts: Parts, rng: np.random.Generator, width: float, depth: float, height: float, hard: Material, soft: Material
) -> None:
    """A seat whose upper face is at `height`: a board, a pad on a board, slats or a round plate."""
    kind = int(rng.integers(0, 4))
    if kind <= 1:
        parts.box((0, 0, height - 0.01), (width, depth, 0.02), hard, 0.006)
    elif kind == 2:
        parts.box((0, 0, height - 0.04), (width - 0.02, depth - 0.02, 0.02), hard, 0.004)
        parts.add(shapes.cushion((0, 0, height - 0.015), (width, depth, 0.05), 0.25), soft)
    else:
        count = int(rng.integers(4, 8))
        for y in np.linspace(-depth / 2 + 0.03, depth / 2 - 0.03, count):
            parts.box((0, float(y), height - 0.01), (width, 0.8 * depth / count, 0.02), hard, 0.004)


def wooden_chair(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A chair with four legs, stretchers and a back."""
    parts = Parts(rng)
    frame, pad = surfaces.timber(rng, textures), surfaces.upholstery(rng, textures)
    if chance(rng, 0.25):
        frame = surfaces.metal(rng, textures)
    width, depth, height = between(rng, 0.38, 0.5), between(rng, 0.38, 0.48), between(rng, 0.42, 0.48)
    thick = between(rng, 0.022, 0.045)
    spread = (width / 2 - thick / 2 - 0.01, depth / 2 - thick / 2 - 0.01)
    splay = between(rng, 0.02, 0.07) if chance(rng, 0.4) else 0.0
    legs(
        parts,
        spread,
        height - 0.015,
        frame,
        thickness=thick,
        round_=chance(rng, 0.5),
        splay=splay,
        taper=between(rng, 0.55, 1),
    )
    if chance(rng, 0.6):
        z = between(rng, 0.1, 0.3)
        for side in (-1, 1):
            parts.bar(
                (side * spread[0], -spread[1], z),
                (side * spread[0], spread[1], z),
                between(rng, 0.007, 0.013),
                frame,
                6,
            )
        parts.bar((-spread[0], 0, z), (spread[0], 0, z), between(rng, 0.007, 0.012), frame, 6)
    _seat(parts, rng, width, depth, height, frame, pad)
    back = between(rng, 0.35, 0.55)
    matrix, offset = leaning(between(rng, 0.05, 0.25), depth / 2 - 0.02, height - 0.02)
    parts.place(_back(rng, width - 0.02, back, frame, pad), matrix, offset)
    if chance(rng, 0.2):
        for side in (-1, 1):
            z, x = height + 0.22, side * width / 2
            parts.box((x, -0.01, z), (0.04, depth * 0.85, 0.025), frame, 0.006)
            parts.bar((x, -depth * 0.38, height - 0.01), (x, -depth * 0.38, z), 0.012, frame, 6)
    parts.surface(height, width * 0.35, depth * 0.3)
    return parts.model("chair")


def folding_chair(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A folding chair with crossed legs."""
    parts = Parts(rng)
    frame, seat = surfaces.metal(rng, textures), surfaces.object_(rng, textures)
    width, height, back = between(rng, 0.38, 0.46), between(rng, 0.42, 0.46), between(rng, 0.78, 0.88)
    radius = between(rng, 0.008, 0.013)
    for side in (-1, 1):
        x = side * width / 2
        parts.bar((x, -0.22, 0), (x, 0.2, back), radius, frame)
        parts.bar((0.9 * x, 0.24, 0), (0.9 * x, -0.16, height), radius, frame)
    for y, z in ((-0.2, 0.05), (0.22, 0.05), (0.2, back)):
        parts.bar((-width / 2, y, z), (width / 2, y, z), 0.8 * radius, frame, 6)
    parts.box((0, 0.0, height), (width - 0.03, 0.36, 0.018), seat, 0.005)
    parts.box((0, 0.17, back - 0.1), (width - 0.02, 0.015, between(rng, 0.1, 0.2)), seat, 0.005)
    parts.surface(height + 0.01, width * 0.35, 0.13)
    return parts.model("chair", "folding chair")


def stool(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A stool on three or four legs, or a bar stool on a foot."""
    parts = Parts(rng)
    frame, seat = surfaces.metal(rng, textures), surfaces.timber(rng, textures)
    frame = seat if chance(rng, 0.4) else frame
    height, radius = between(rng, 0.4, 0.5) if chance(rng, 0.5) else between(rng, 0.62, 0.8), between(rng, 0.14, 0.2)
    if chance(rng, 0.25):
        foot = [(0.0, 0.0), (radius + 0.04, 0.0), (radius + 0.03, 0.012), (0.03, 0.035), (0.024, height - 0.05)]
        parts.turned(foot, frame)
        parts.add(shapes.torus((0, 0, height * 0.35), radius * 0.8, 0.009, 20, upright=False), frame)
        parts.bar((0, -radius * 0.8, height * 0.35), (0, radius * 0.8, height * 0.35), 0.008, frame, 5)
    else:
        count, splay, thick = int(rng.integers(3, 5)), between(rng, 0.02, 0.1), between(rng, 0.009, 0.02)
        ring = between(rng, 0.2, 0.5)
        for k in range(count):
            angle = 2 * np.pi * (k + 0.5) / count
            x, y = np.cos(angle), np.sin(angle)
            top, low = radius * 0.75, radius * 0.75 + splay
            parts.bar((low * x, low * y, 0), (top * x, top * y, height - 0.02), (thick * 0.8, thick), frame)
        parts.add(
            shapes.torus((0, 0, height * ring), radius * 0.75 + splay * (1 - ring), 0.006, 20, upright=False), frame
        )
    if chance(rng, 0.4):
        parts.add(
            shapes.cushion((0, 0, height), (2 * radius, 2 * radius, 0.07), 0.5), surfaces.upholstery(rng, textures)
        )
        height += 0.03
    else:
        parts.turned(
            [
                (0, height - 0.035),
                (radius - 0.01, height - 0.035),
                (radius, height - 0.02),
                (radius, height - 0.006),
                (radius - 0.006, height),
                (0, height),
            ],
            seat,
        )
    parts.surface(height, radius * 0.6, radius * 0.6)
    return parts.model("stool")


def bench(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A bench of boards on legs or trestles, sometimes with a back."""
    parts = Parts(rng)
    wood = surfaces.timber(rng, textures)
    frame = surfaces.metal(rng, textures) if chance(rng, 0.4) else wood
    width, depth, height = between(rng, 0.9, 1.8), between(rng, 0.3, 0.45), between(rng, 0.42, 0.48)
    count = int(rng.integers(1, 6))
    for k in range(count):
        y = (k + 0.5) / count * depth - depth / 2
        parts.box((0, y, height - 0.015), (width, depth / count - 0.008, 0.03), wood, 0.004)
    for side in (-1, 1):
        x = side * (width / 2 - between(rng, 0.1, 0.25))
        for y in (-1, 1):
            foot = (x, y * depth * 0.48, 0.0)
            parts.bar(foot, (x, y * depth * 0.36, height - 0.03), between(rng, 0.014, 0.025), frame, 6)
        parts.box((x, 0, height - 0.05), (0.04, depth * 0.9, 0.04), frame, 0.003)
    parts.bar((-width / 2 + 0.2, 0, height * 0.3), (width / 2 - 0.2, 0, height * 0.3), 0.014, frame, 6)
    if chance(rng, 0.35):
        for x in (-width * 0.4, width * 0.4):
            parts.bar((x, depth / 2 - 0.02, height - 0.03), (x, depth / 2 + 0.08, height + 0.4), 0.018, frame, 6)
        for z in (0.15, 0.25, 0.36):
            parts.box((0, depth / 2 + 0.05 * z / 0.3 - 0.01, height + z), (width, 0.02, 0.07), wood, 0.004)
    parts.surface(height, width * 0.42, depth * 0.35)
    return parts.model("bench")


def chair(rng: np.random.Generator, textures: TextureSet) -> Model:
    """Any chair for a table."""
    options: tuple[Maker, ...] = (
        wooden_chair,
        wooden_chair,
        wooden_chair,
        shell_chair,
        shell_chair,
        cantilever,
        folding_chair,
    )
    return choose(rng, options)(rng, textures)


MAKERS: dict[str, tuple[Maker, ...]] = {
    "chair": (chair,),
    "stool": (stool,),
    "bench": (bench,),
}
