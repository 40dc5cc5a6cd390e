"""Dogs, cats, cows, horses, sheep and birds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.models.people import limb
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, neutral


@dataclass(frozen=True)
class Build:
    """Measures of a four-footed animal, metres and shares.

    Attributes:
        name: of the animal.
        height: of the back.
        length: of the trunk as a share of the height.
        girth: radius of the trunk as a share of the height.
        leg: radius of a leg as a share of the height.
        neck: rise of the head above the back as a share of the height.
        muzzle: length of the head as a share of the height.
        tail: length of the tail as a share of the height.
        upright_ears: ears that stand rather than hang.
    """

    name: str
    height: float
    length: float
    girth: float
    leg: float
    neck: float
    muzzle: float
    tail: float
    upright_ears: bool


def _build(rng: np.random.Generator) -> Build:
    kind = int(rng.integers(0, 7))
    if kind <= 2:
        height = float(np.exp(rng.uniform(np.log(0.25), np.log(0.65))))
        neck, muzzle, tail = between(rng, 0.15, 0.4), between(rng, 0.28, 0.42), between(rng, 0.3, 0.6)
        girth, leg = between(rng, 0.2, 0.28), between(rng, 0.04, 0.07)
        return Build("dog", height, between(rng, 1.0, 1.4), girth, leg, neck, muzzle, tail, chance(rng, 0.5))
    if kind <= 4:
        return Build("cat", between(rng, 0.22, 0.28), 1.35, 0.24, 0.055, 0.28, 0.3, 1.0, True)
    if kind == 5:
        return Build("cow", between(rng, 1.25, 1.45), 1.25, 0.29, 0.055, 0.0, 0.4, 0.6, False)
    return Build("sheep", between(rng, 0.6, 0.75), 1.15, 0.36, 0.05, 0.08, 0.34, 0.15, False)


def _coat(rng: np.random.Generator, name: str) -> Material:
    if name == "sheep":
        return surfaces.plain(neutral(rng, (0.75, 0.95)), 1.0, 0.35)
    if chance(rng, 0.6):
        return surfaces.plain(colour(rng, (0.3, 0.6), (0.15, 0.75), (0.05, 0.1)), 0.9, 0.25)
    return surfaces.plain(neutral(rng, (0.08, 0.92)), 0.9, 0.25)


def quadruped(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A dog, cat, cow or sheep that stands or walks; faces -y."""
    parts, b = Parts(rng), _build(rng)
    h = b.height
    coat, dark = _coat(rng, b.name), surfaces.plain((0.06, 0.05, 0.05), 0.5, 0.05)
    long, wide = b.length * h, b.girth * h
    spine = [np.array([0, y * long, z * h]) for y, z in
             ((-0.52, 0.8), (-0.3, 0.78), (0.0, 0.76), (0.3, 0.78), (0.5, 0.8))]  # fmt: skip
    parts.add(limb(spine, [0.7 * wide, wide, 0.92 * wide, 0.95 * wide, 0.6 * wide], 16), coat)
    parts.add(shapes.ellipsoid((0, 0.5 * long, 0.8 * h), (0.62 * wide,) * 3, 12), coat)
    step = between(rng, 0.0, 0.5)
    for k, (x, y) in enumerate(((-1, -0.38), (1, -0.38), (-1, 0.42), (1, 0.42))):
        swing = step * (1 if k in (0, 3) else -1) * 0.3 * h
        top = np.array([x * 0.55 * wide, y * long, 0.72 * h])
        knee = np.array([x * 0.6 * wide, y * long + 0.5 * swing + (0.06 * h if y > 0 else -0.02 * h), 0.36 * h])
        foot = np.array([x * 0.6 * wide, y * long + swing, 0.04 * h])
        shank = coat if b.name != "sheep" else dark
        parts.add(limb([top, knee, foot], [2.2 * b.leg * h, 1.1 * b.leg * h, 0.85 * b.leg * h], 8), shank)
        paw = (float(foot[0]), float(foot[1]) - 0.03 * h, 0.035 * h)
        parts.add(
            shapes.ellipsoid(paw, (1.2 * b.leg * h, 1.8 * b.leg * h, 0.035 * h), 8), shank if b.name != "cow" else dark
        )
    _head(parts, rng, b, coat, dark)
    root = np.array([0, 0.5 * long + 0.5 * wide, 0.88 * h])
    rise = between(rng, -0.5, 0.9) if b.name in ("dog", "cat") else -0.9
    tip = root + b.tail * h * np.array([0, np.cos(rise) * 0.8, np.sin(rise)])
    bend = (root + tip) / 2 + [0, 0.1 * b.tail * h, 0.08 * b.tail * h]
    parts.add(limb([root, bend, tip], [0.05 * h, 0.035 * h, 0.02 * h], 8), coat)
    if b.name == "cow" and chance(rng, 0.6):
        spot = surfaces.plain(neutral(rng, (0.85, 0.95)) if chance(rng, 0.5) else neutral(rng, (0.05, 0.15)), 0.9, 0.1)
        for side in (-1, 1):
            for _ in range(3):
                y, z = between(rng, -0.35, 0.4) * long, between(rng, 0.68, 0.9) * h
                away = float(np.sqrt(max(0.9 * wide**2 - (z - 0.77 * h) ** 2, 0.01)))
                half = (0.06, between(rng, 0.1, 0.2), between(rng, 0.06, 0.13))
                parts.add(shapes.ellipsoid((side * (away - 0.03), y, z), half, 10), spot)
    return parts.model("animal", b.name)


def _head(parts: Parts, rng: np.random.Generator, b: Build, coat: Material, dark: Material) -> None:
    """Neck, skull, muzzle, ears, eyes, horns."""
    h, wide = b.height, b.girth * b.height
    front = -0.5 * b.length * h
    head = np.array([0, front - 0.2 * h, (0.85 + b.neck) * h])
    size = 0.36 * b.muzzle * h
    parts.add(limb([np.array([0, front + 0.05 * h, 0.82 * h]), head], [0.75 * wide, 1.05 * size], 12), coat)
    face = coat if b.name != "sheep" else dark
    parts.add(shapes.ellipsoid(tuple(head.tolist()), (1.05 * size, 1.2 * size, 1.05 * size), 14), face)
    short = 0.45 if b.name == "cat" else 1.0
    nose = head + np.array([0, -0.85 * b.muzzle * h * short, -0.15 * b.muzzle * h])
    parts.add(limb([np.add(head, (0, -0.3 * size, -0.2 * size)), nose], [0.75 * size, 0.5 * size], 10), face)
    x, y, z = nose.tolist()
    parts.add(shapes.ellipsoid((x, y, z), (0.5 * size,) * 3, 10), face)
    parts.add(shapes.ellipsoid((x, y - 0.42 * size, z + 0.2 * size), (0.24 * size, 0.14 * size, 0.18 * size), 8), dark)
    for side in (-1, 1):
        eye = np.add(head, (side * 0.6 * size, -0.9 * size, 0.35 * size))
        parts.add(shapes.ellipsoid(tuple(eye.tolist()), (0.16 * size,) * 3, 6), dark)
        if b.upright_ears:
            root = np.add(head, (side * 0.6 * size, 0.1 * size, 0.6 * size))
            ear = shapes.lathe([(0.4 * size, 0), (0.25 * size, 0.6 * size), (0, 1.1 * size)], 8)
            parts.add(ear.moved(np.diag([1, 0.4, 1]), root), face)
        else:
            drop = np.add(head, (side * 1.05 * size, 0.0, 0.1 * size if b.name != "dog" else -0.3 * size))
            half = (0.2, 0.45, 0.7) if b.name == "dog" else (0.7, 0.2, 0.3)
            parts.add(shapes.ellipsoid(tuple(drop.tolist()), tuple(size * v for v in half), 8), face)  # type: ignore[arg-type]
        if b.name == "cow" and chance(rng, 0.9):
            tip = np.add(head, (side * 1.6 * size, -0.1 * size, 1.6 * size))
            bend = np.add(head, (side * 1.4 * size, 0, 0.9 * size))
            horn = surfaces.plain((0.8, 0.75, 0.62), 0.5)
            parts.add(
                limb(
                    [np.add(head, (side * 0.6 * size, 0, 0.8 * size)), bend, tip],
                    [0.2 * size, 0.15 * size, 0.03 * size],
                    6,
                ),
                horn,
            )


def bird(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A pigeon, crow, gull or hen on its feet."""
    parts = Parts(rng)
    size = between(rng, 0.14, 0.34)
    coat = surfaces.plain(
        neutral(rng, (0.08, 0.95)) if chance(rng, 0.7) else colour(rng, (0.3, 0.7), (0.3, 0.7), (0.04, 0.1)), 0.8, 0.2
    )
    orange = surfaces.plain(colour(rng, (0.6, 0.9), (0.6, 0.9), (0.05, 0.12)), 0.5)
    body = [
        np.array([0, y * size, z * size])
        for y, z in ((0.75, 0.62), (0.3, 0.62), (-0.1, 0.68), (-0.4, 0.95), (-0.45, 1.1))
    ]
    parts.add(limb(body, [0.06 * size, 0.24 * size, 0.3 * size, 0.14 * size, 0.13 * size], 12), coat)
    parts.add(shapes.ellipsoid((0, -0.46 * size, 1.12 * size), (0.13 * size, 0.15 * size, 0.13 * size), 10), coat)
    parts.bar((0, -0.58 * size, 1.12 * size), (0, -0.78 * size, 1.08 * size), (0.045 * size, 0.008 * size), orange, 6)
    for side in (-1, 1):
        wing = shapes.ellipsoid(
            (side * 0.24 * size, 0.15 * size, 0.7 * size), (0.06 * size, 0.45 * size, 0.2 * size), 10
        )
        parts.add(wing, surfaces.plain(neutral(rng, (0.08, 0.6)), 0.8, 0.2))
        parts.bar(
            (side * 0.1 * size, 0.05 * size, 0.02 * size),
            (side * 0.1 * size, 0.1 * size, 0.45 * size),
            0.018 * size,
            orange,
            5,
        )
        for toe in (-0.5, 0.0, 0.5):
            tip = (side * 0.1 * size + 0.12 * size * np.sin(toe), 0.05 * size - 0.14 * size * np.cos(toe), 0.012 * size)
            parts.bar((side * 0.1 * size, 0.05 * size, 0.02 * size), tip, 0.012 * size, orange, 4)
        eye = (side * 0.11 * size, -0.52 * size, 1.15 * size)
        parts.add(shapes.ellipsoid(eye, (0.025 * size,) * 3, 6), surfaces.plain((0.05, 0.05, 0.05), 0.2))
    return parts.model("animal", "bird")


MAKERS: dict[str, tuple[Maker, ...]] = {"animal": (quadruped, quadruped, quadruped, bird)}
