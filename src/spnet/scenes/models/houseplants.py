"""Potted plants: leaves on stems, grasses, palms, cacti."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import BY_UV, Material, Mesh, Model
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, linear


def _pot(parts: Parts, rng: np.random.Generator, textures: TextureSet, radius: float) -> float:
    """A pot with earth; returns the height of the earth."""
    height, foot = radius * between(rng, 1.3, 2.1), radius * between(rng, 0.6, 1.0)
    clay = surfaces.clay(rng, textures)
    thick = 0.06 * radius
    rim = between(rng, 0.0, 0.12) * radius
    profile = [(0, 0), (foot, 0), (radius, height * 0.82), (radius + rim, height * 0.82), (radius + rim, height)]
    parts.turned([*profile, (radius - thick, height), (radius - thick, height * 0.85)], clay, sides=22)
    parts.turned([(radius - thick, height * 0.87), (0, height * 0.9)], surfaces.soil(rng, textures), sides=16)
    if chance(rng, 0.3):
        parts.turned([(0, 0.001), (radius * 1.2, 0), (radius * 1.3, 0.02)], clay, sides=22)
    return height * 0.88


def _green(rng: np.random.Generator) -> Material:
    """A leaf's colour, not cut out."""
    green = linear(colour(rng, (0.4, 0.75), (0.18, 0.55), (0.19, 0.34)))
    return Material(green, mapping=BY_UV, roughness=between(rng, 0.35, 0.7), grain=0.25, grain_size=0.05)


def blades(base: np.ndarray, tip: np.ndarray, width: np.ndarray, droop: np.ndarray, steps: int = 5) -> Mesh:
    """Long leaves that bend: (n, 3) feet and tips, (n,) widths and sagging, metres."""
    t = np.linspace(0, 1, steps + 1)
    spine = base[:, None] + (tip - base)[:, None] * t[:, None]
    spine[..., 2] += droop[:, None] * 4 * t * (1 - t) - droop[:, None] * t**2
    along = (tip - base) / np.maximum(np.linalg.norm(tip - base, axis=1, keepdims=True), 1e-9)
    side = np.cross(along, [0.0, 0.0, 1.0])
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    half = width[:, None] / 2 * np.sin(np.pi * np.clip(t * 0.92 + 0.08, 0, 1)) ** 0.7
    left = spine - side[:, None] * half[..., None]
    right = spine + side[:, None] * half[..., None]
    a, b, c, d = left[:, :-1], right[:, :-1], right[:, 1:], left[:, 1:]
    corners = np.concatenate([np.stack([a, b, c], 2), np.stack([a, c, d], 2)]).reshape(-1, 3, 3)
    return shapes.of_triangles(corners)


def leaves(rng: np.random.Generator, at: np.ndarray, outward: np.ndarray, size: np.ndarray) -> Mesh:
    """Single leaves as unit squares for a LEAF material: (n, 3) feet and directions, (n,) lengths, metres."""
    along = outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    across = np.cross(along, rng.normal(0, 1, along.shape) * 0.5 + [0, 0, 1.0])
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    half = across * size[:, None] * 0.5
    end = along * size[:, None]
    a, b, c, d = at - half, at + half, at + half + end, at - half + end
    corners = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    unit = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], np.float32)
    normal = np.cross(along, across)
    normal[normal[:, 2] < 0] *= -1
    normals = np.repeat(np.concatenate([normal, normal])[:, None], 3, 1)
    return shapes.of_triangles(corners, np.repeat(unit, len(at), 0), normals)


def leafy(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A plant of stems with leaves, from a herb to a small fig tree."""
    parts = Parts(rng)
    radius = float(np.exp(rng.uniform(np.log(0.05), np.log(0.2))))
    ground = _pot(parts, rng, textures, radius)
    height = radius * between(rng, 2.5, 7.0)
    stem = surfaces.textured(rng, textures, "bark")
    feet, directions, sizes = [], [], []
    for _ in range(int(rng.integers(3, 10))):
        lean = rng.normal(0, 0.22, 2) * height
        end = np.array([lean[0], lean[1], ground + height * between(rng, 0.6, 1.0)])
        start = np.array([*(rng.uniform(-0.3, 0.3, 2) * radius), ground])
        middle = 0.5 * (start + end) + [*(rng.normal(0, 0.05, 2) * height), 0.05 * height]
        parts.add(shapes.tube([start, middle, end], (0.02 * radius + 0.002, 0.015 * radius + 0.0015, 0.001), 5), stem)
        count = int(rng.integers(8, 26))
        t = rng.uniform(0.3, 1.0, count)[:, None]
        on = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end
        feet.append(on)
        directions.append(np.c_[rng.normal(0, 1, (count, 2)), rng.uniform(-0.5, 0.8, count)])
        sizes.append(rng.uniform(0.6, 1.3, count))
    leaf = float(np.clip(radius * between(rng, 0.4, 1.1), 0.02, 0.16))
    mesh = leaves(rng, np.concatenate(feet), np.concatenate(directions), leaf * np.concatenate(sizes))
    parts.add(mesh, surfaces.leaf(rng, textures))
    return parts.model("plant")


def grassy(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A tuft of long leaves: spider plant, snake plant, yucca, fern-like."""
    parts = Parts(rng)
    radius = float(np.exp(rng.uniform(np.log(0.05), np.log(0.18))))
    ground = _pot(parts, rng, textures, radius)
    count = int(rng.integers(12, 60))
    stiff = chance(rng, 0.35)
    length = radius * rng.uniform(2.0, 5.0) * rng.uniform(0.6, 1.1, count)
    steep = rng.uniform(1.1, 1.5, count) if stiff else rng.uniform(0.3, 1.4, count)
    angle = rng.uniform(0, 2 * np.pi, count)
    base = np.c_[0.25 * radius * np.cos(angle), 0.25 * radius * np.sin(angle), np.full(count, ground)]
    trunk = radius * between(rng, 1.5, 4) if chance(rng, 0.25) else 0.0
    if trunk:
        parts.bar((0, 0, ground), (0, 0, ground + trunk), radius * 0.22, surfaces.textured(rng, textures, "bark"), 8)
        base = base * [0.4, 0.4, 1.0] + [0, 0, trunk]
    tip = base + np.c_[np.cos(steep) * np.cos(angle), np.cos(steep) * np.sin(angle), np.sin(steep)] * length[:, None]
    droop = np.zeros(count) if stiff else 0.3 * length * np.cos(steep)
    width = radius * rng.uniform(0.12, 0.3) * np.ones(count) * (2.0 if stiff else 1.0)
    parts.add(blades(base, tip, width, droop), _green(rng))
    return parts.model("plant")


def palm(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A palm with feathered fronds."""
    parts = Parts(rng)
    radius = between(rng, 0.1, 0.2)
    ground = _pot(parts, rng, textures, radius)
    trunk = between(rng, 0.1, 0.7)
    bark, green = surfaces.textured(rng, textures, "bark"), _green(rng)
    parts.bar((0, 0, ground), (0.03, 0, ground + trunk), (0.035, 0.025), bark, 8)
    reach = between(rng, 0.4, 0.8)
    for k in range(int(rng.integers(6, 13))):
        angle = 2.4 * k + between(rng, -0.2, 0.2)
        steep = between(rng, 0.3, 1.3)
        out = np.array([np.cos(angle), np.sin(angle), 0.0])
        t = np.linspace(0, 1, 8)[:, None]
        rise = np.array([0, 0, 1.0]) * (np.sin(steep) * t - 0.55 * t**2) * reach
        spine = np.array([0.03, 0, ground + trunk]) + out * np.cos(steep * 0.8) * t * reach + rise
        parts.add(shapes.tube(spine, np.linspace(0.005, 0.001, 8).tolist(), 4, capped=False), green)
        feet = np.repeat(spine[1:], 2, 0)
        side = np.cross(out, [0, 0, 1.0])
        way = np.tile([[1.0], [-1.0]], (7, 1)) * side + 0.5 * out
        length = np.repeat(np.sin(np.pi * np.linspace(0.25, 0.95, 7)), 2) * 0.38 * reach
        tips = feet + way * length[:, None] - [0, 0, 0.06]
        parts.add(blades(feet, tips, np.full(14, 0.025), 0.2 * length, 2), green)
    return parts.model("plant", "palm")


def cactus(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A ribbed cactus with arms."""
    parts = Parts(rng)
    radius = between(rng, 0.04, 0.12)
    ground = _pot(parts, rng, textures, radius)
    green = replace(_green(rng), roughness=0.8)
    ribs = int(rng.integers(6, 12))
    wide, tall = radius * between(rng, 0.4, 0.8), radius * between(rng, 1.2, 5.0)
    t = np.linspace(0, 1, 10)[:, None]
    angle = np.linspace(0, 2 * np.pi, ribs * 4 + 1)[None]
    ring = wide * np.sqrt(np.clip(1 - (2 * t - 1) ** 6, 0, 1)) * (1 + 0.15 * np.cos(ribs * angle))
    body = shapes.grid(np.stack(np.broadcast_arrays(ring * np.cos(angle), ring * np.sin(angle), t * tall), -1)[::-1])
    parts.add(body.moved(np.eye(3), (0, 0, ground)), green)
    for k in range(int(rng.integers(0, 4)) if tall > 2 * radius else 0):
        c, s, z = float(np.cos(2.4 * k)), float(np.sin(2.4 * k)), ground + tall * between(rng, 0.3, 0.6)
        out = wide * 2.0
        path = [
            (0, 0, z),
            (out * 0.8 * c, out * 0.8 * s, z),
            (out * c, out * s, z + 0.1 * tall),
            (out * c, out * s, z + 0.35 * tall),
        ]
        parts.add(shapes.tube(path, wide * 0.4, 10), green)
        parts.add(shapes.ellipsoid((out * c, out * s, z + 0.35 * tall), (wide * 0.4,) * 3, 10), green)
    return parts.model("plant", "cactus")


MAKERS: dict[str, tuple[Maker, ...]] = {"plant": (leafy, leafy, grassy, grassy, palm, cactus)}
