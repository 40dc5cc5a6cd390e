"""Chairs of moulded shells and bent tube, and office chairs."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance, leaning, legs
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet


def shell_chair(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A moulded shell on thin rods, a sled of bent tube, or wooden dowels."""
    parts = Parts(rng)
    shell = (surfaces.plastic, surfaces.wood, surfaces.upholstery)[int(rng.integers(0, 3))](rng, textures)
    rods = surfaces.metal(rng, textures) if chance(rng, 0.7) else surfaces.wood(rng, textures)
    width, height, depth = between(rng, 0.4, 0.5), between(rng, 0.42, 0.47), between(rng, 0.38, 0.46)
    back, lean = between(rng, 0.3, 0.45), between(rng, 0.1, 0.3)
    t = np.linspace(0, 1, 13)
    turn = 1 / (1 + np.exp(-(t - 0.5) * 16))  # from seat to back
    y = -depth / 2 + depth * np.minimum(t / 0.5, 1) + (t > 0.5) * (t - 0.5) * 2 * back * np.sin(lean)
    z = height + turn * np.maximum(t - 0.45, 0) / 0.55 * back - 0.02 * np.sin(np.pi * np.minimum(t / 0.5, 1))
    u = np.linspace(-1, 1, 11)
    curl = between(rng, 0.0, 0.09)
    half = width / 2 * (1 - 0.25 * np.maximum(t - 0.8, 0) / 0.2)
    points = np.zeros((13, 11, 3))
    points[..., 0] = half[:, None] * u
    points[..., 1] = y[:, None] - curl * turn[:, None] * u**2
    points[..., 2] = z[:, None] + curl * (1 - turn[:, None]) * u**2
    uv = np.stack(np.broadcast_arrays(u * width / 2, t[:, None] * (depth + back)), -1)
    parts.add(shapes.grid(points, uv=uv), shell)
    parts.add(shapes.grid(points + np.array([0, 0.008, -0.008]), uv=uv), shell)
    _thin_legs(parts, rng, width, depth, height - 0.02, rods)
    parts.surface(height, width * 0.3, depth * 0.3)
    return parts.model("chair")


def _thin_legs(parts: Parts, rng: np.random.Generator, width: float, depth: float, top: float, rods: Material) -> None:
    """Rods or a sled under a seat."""
    radius = between(rng, 0.006, 0.013)
    kind = int(rng.integers(0, 3))
    if kind == 0:
        legs(parts, (width * 0.25, depth * 0.25), top, rods, thickness=2.6 * radius, round_=True, splay=0.11, taper=0.7)
        for a, b in (((-1, -1), (1, 1)), ((-1, 1), (1, -1))):
            start, end = (
                (a[0] * width * 0.32, a[1] * depth * 0.32, top * 0.5),
                (b[0] * width * 0.32, b[1] * depth * 0.32, top * 0.5),
            )
            parts.bar(start, end, 0.5 * radius, rods, 5)
    elif kind == 1:
        for side in (-1, 1):
            x, f = side * width * 0.42, depth * 0.42
            path = [(x * 0.7, -f * 0.7, top), (x, -f, radius), (x, f, radius), (x * 0.7, f * 0.8, top)]
            parts.add(shapes.tube(_rounded(path), radius, 8), rods)
        parts.bar((-width * 0.3, 0, top), (width * 0.3, 0, top), radius, rods)
    else:
        legs(parts, (width * 0.36, depth * 0.36), top, rods, thickness=2 * radius, round_=True, splay=0.04)


def _rounded(path: list[tuple[float, float, float]], share: float = 0.18) -> np.ndarray:
    """A path with its inner corners cut by three points each, as bent tube has."""
    points = [np.asarray(path[0])]
    for before, corner, after in zip(path[:-2], path[1:-1], path[2:], strict=True):
        b, c, a = np.asarray(before), np.asarray(corner), np.asarray(after)
        first, last = c + (b - c) * share, c + (a - c) * share
        points += [first, 0.25 * first + 0.5 * c + 0.25 * last, last]
    return np.stack([*points, np.asarray(path[-1])])


def cantilever(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A cantilever chair of one bent tube with a woven or leather seat."""
    parts = Parts(rng)
    tube, cover = surfaces.chrome(rng, textures), surfaces.upholstery(rng, textures)
    width, depth, height = between(rng, 0.42, 0.5), between(rng, 0.42, 0.5), between(rng, 0.43, 0.47)
    back, radius = between(rng, 0.35, 0.45), between(rng, 0.009, 0.014)
    for side in (-1, 1):
        x, f = side * width / 2, depth / 2
        path = [(x, f, height + back), (x, f * 0.85, height), (x, -f, height), (x, -f, radius), (x, f, radius)]
        parts.add(shapes.tube(_rounded(path), radius, 8), tube)
    parts.bar((-width / 2, depth / 2, radius), (width / 2, depth / 2, radius), radius, tube)
    parts.add(shapes.cushion((0, -0.02, height + 0.01), (width, depth * 0.85, 0.035), 0.2), cover)
    parts.add(shapes.cushion((0, depth * 0.47, height + back * 0.7), (width, 0.03, back * 0.55), 0.2), cover)
    parts.surface(height + 0.03, width * 0.35, depth * 0.3)
    return parts.model("chair", "cantilever chair")


def office_chair(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A swivel chair on a star base with castors."""
    parts = Parts(rng)
    frame, cover = surfaces.dark_plastic(rng, textures), surfaces.upholstery(rng, textures)
    base = surfaces.chrome(rng, textures) if chance(rng, 0.4) else frame
    height, reach, start = between(rng, 0.43, 0.54), between(rng, 0.27, 0.34), between(rng, 0, 6.28)
    for k in range(5):
        angle = start + k * 2 * np.pi / 5
        x, y = reach * np.cos(angle), reach * np.sin(angle)
        parts.add(shapes.tube([(0, 0, 0.13), (0.5 * x, 0.5 * y, 0.11), (x, y, 0.075)], (0.028, 0.022, 0.014), 6), base)
        across = np.array([-np.sin(angle + k), np.cos(angle + k)]) * 0.018
        for side in (-1, 1):
            a = (x + side * across[0] * 0.4, y + side * across[1] * 0.4, 0.028)
            b = (x + side * across[0] * 1.4, y + side * across[1] * 1.4, 0.028)
            parts.bar(a, b, 0.028, frame, 10)
        parts.bar((x, y, 0.045), (x, y, 0.085), 0.006, base, 5)
    parts.bar((0, 0, 0.1), (0, 0, height - 0.16), 0.028, frame, 10)
    parts.bar((0, 0, height - 0.2), (0, 0, height - 0.06), 0.016, base, 8)
    parts.box((0, 0, height - 0.075), (0.2, 0.24, 0.04), frame, 0.01)
    width, depth = between(rng, 0.45, 0.53), between(rng, 0.43, 0.5)
    parts.add(shapes.cushion((0, 0, height - 0.03), (width, depth, between(rng, 0.06, 0.1)), 0.3), cover)
    back, lean = between(rng, 0.4, 0.75), between(rng, 0.08, 0.25)
    at = leaning(lean, depth / 2, height + 0.06)
    pad = shapes.cushion(
        (0, 0, back / 2 + 0.03), (width * between(rng, 0.8, 1.0), between(rng, 0.04, 0.09), back), 0.35
    )
    parts.add(pad.moved(*at), cover)
    parts.add(
        shapes.tube(
            [(0, depth * 0.2, height - 0.08), (0, depth * 0.56, height - 0.06), (0, depth * 0.6, height + 0.25)],
            0.016,
            6,
        ),
        frame,
    )
    if chance(rng, 0.3):
        head = shapes.cushion((0, 0, back + 0.15), (0.26, 0.06, 0.14), 0.4)
        parts.add(head.moved(*at), cover)
        parts.add(shapes.box((0, 0.01, back + 0.04), (0.03, 0.015, 0.15)).moved(*at), frame)
    if chance(rng, 0.7):
        for side in (-1, 1):
            x, z = side * (width / 2 + 0.02), height + between(rng, 0.17, 0.23)
            parts.add(
                shapes.tube([(x * 0.5, 0.02, height - 0.07), (x, 0.02, height - 0.06), (x, 0.04, z)], 0.013, 6), frame
            )
            parts.add(shapes.cushion((x, 0.0, z + 0.01), (0.07, 0.25, 0.03), 0.3), frame)
    parts.surface(height + 0.02, 0.15, 0.13)
    return parts.model("office_chair")


MAKERS: dict[str, tuple[Maker, ...]] = {"office_chair": (office_chair,)}
