"""Bushes, hedges and rocks."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.houseplants import blades, leaves
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.models.trees import foliage
from spnet.scenes.scene import Material, Mesh, Model
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, linear


def _shadow(leaf: Material) -> Material:
    """What is seen between leaves: darker, solid."""
    r, g, b = (0.3 * c for c in leaf.colour)
    return Material((r, g, b), roughness=1.0, grain=0.6, grain_size=0.08)


def bush(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A rounded shrub, or a tuft of tall grass."""
    parts = Parts(rng)
    if chance(rng, 0.2):
        count, height = int(rng.integers(80, 260)), between(rng, 0.3, 1.2)
        angle, steep = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.8, 1.5, count)
        base = np.c_[rng.normal(0, 0.1, (count, 2)) * height, np.zeros(count)]
        length = height * rng.uniform(0.6, 1.1, count)
        way = np.c_[np.cos(steep) * np.cos(angle), np.cos(steep) * np.sin(angle), np.sin(steep)]
        tint = linear(colour(rng, (0.3, 0.6), (0.3, 0.65), (0.13, 0.27)))
        grass = Material(tint, roughness=0.9, grain=0.4)
        mesh = blades(base, base + way * length[:, None], np.full(count, 0.02 * height), 0.25 * length, 3)
        parts.add(mesh, grass)
        return parts.model("bush", "tall grass")
    leaf = foliage(rng)
    width, height = between(rng, 0.5, 1.8), between(rng, 0.4, 1.5)
    bark = surfaces.textured(rng, textures, "bark")
    for _ in range(int(rng.integers(3, 7))):
        end = (*(rng.normal(0, 0.25, 2) * width).tolist(), height * between(rng, 0.5, 0.9))
        parts.bar((*(rng.normal(0, 0.04, 2) * width).tolist(), 0), end, (0.02, 0.006), bark, 4)
    spots = rng.normal(0, 1, (int(rng.integers(5, 12)), 3))
    spots /= np.linalg.norm(spots, axis=1, keepdims=True)
    middles = spots * [0.28 * width, 0.28 * width, 0.24 * height] + [0, 0, 0.52 * height]
    count = int(between(rng, 1400, 2400))
    out = rng.normal(0, 1, (count, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    ball = rng.uniform(0.45, 1.0, (count, 1)) * [0.26 * width, 0.26 * width, 0.24 * height]
    feet = middles[rng.integers(0, len(middles), count)] + out * ball
    feet[:, 2] = np.maximum(feet[:, 2], 0.06)
    size = between(rng, 0.05, 0.1) * rng.uniform(0.7, 1.3, count)
    parts.add(leaves(rng, feet, out + rng.normal(0, 0.6, out.shape), size), leaf)
    for x, y, z in middles.tolist():
        half = (0.1 * width, 0.1 * width, min(0.1 * height, z))
        parts.add(shapes.ellipsoid((x, y, z), half, 8), _shadow(leaf))
    return parts.model("bush")


def hedge(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A piece of clipped hedge along x; pieces end to end make a longer one."""
    parts = Parts(rng)
    leaf = foliage(rng)
    length, thick, height = between(rng, 1.5, 2.5), between(rng, 0.4, 0.8), between(rng, 0.7, 2.0)
    inner = (length - 0.06, thick - 0.1, height - 0.05)
    parts.box((0, 0, inner[2] / 2), inner, _shadow(leaf))
    area = np.array([length * height, length * height, length * thick, thick * height, thick * height])
    count = min(int(area.sum() * between(rng, 260, 340)), 3200)
    face = rng.choice(5, count, p=area / area.sum())
    u, v = rng.uniform(-0.5, 0.5, count), rng.random(count)
    normal = np.array([(0, -1, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (1, 0, 0)], float)[face]
    level, end = face == 2, face > 2
    feet = np.c_[
        np.where(end, normal[:, 0] * length / 2, u * length),
        np.where(end, u * thick, np.where(level, (v - 0.5) * thick, normal[:, 1] * thick / 2)),
        np.where(level, height, v * height),
    ]
    feet -= normal * rng.uniform(0.03, 0.09, (count, 1))
    size = between(rng, 0.07, 0.1) * rng.uniform(0.7, 1.3, count)
    parts.add(leaves(rng, feet, normal * 0.7 + rng.normal(0, 0.6, normal.shape), size), leaf)
    return parts.model("hedge")


def boulder(rng: np.random.Generator, half: tuple[float, float, float], sides: int = 22) -> Mesh:
    """A stone: an ellipsoid that is cut by planes and roughened; flat below."""
    mesh = shapes.ellipsoid((0, 0, 0), (1, 1, 1), sides)
    points = mesh.corners.reshape(-1, 3).astype(np.float64)
    way = rng.normal(0, 1, (14, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    over = np.maximum(points @ way.T - rng.uniform(0.55, 0.95, 14), 0)
    points = points - 0.8 * over @ way
    waves, phase = rng.normal(0, 4, (6, 3)), rng.uniform(0, 6, 6)
    points *= 1 + 0.025 * np.sin(points @ waves.T + phase).sum(1, keepdims=True)
    points = points * half
    points[:, 2] = np.maximum(points[:, 2], -0.35 * half[2])
    corners = points.reshape(-1, 3, 3)
    flat = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) > 1e-9
    return shapes.of_triangles(corners[flat], mesh.uv[flat] * float(np.mean(half)))


def rock(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A boulder, or a few stones."""
    parts = Parts(rng)
    stone = surfaces.textured(rng, textures, ("granite", "concrete", "rubble"), stretch=3.0, roughness=(0.8, 1.0))
    size = float(np.exp(rng.uniform(np.log(0.08), np.log(0.8))))
    for k in range(1 if chance(rng, 0.6) else int(rng.integers(2, 6))):
        scale = size * (1.0 if k == 0 else between(rng, 0.2, 0.7))
        one = boulder(
            rng, (scale * between(rng, 0.7, 1.3), scale * between(rng, 0.7, 1.2), scale * between(rng, 0.4, 0.9))
        )
        away = 0.0 if k == 0 else size * between(rng, 0.9, 1.5)
        angle = between(rng, 0, 2 * np.pi)
        low = float(one.corners[..., 2].min())
        parts.add(one.moved(np.eye(3), (away * np.cos(angle), away * np.sin(angle), -low)), stone)
    return parts.model("rock")


MAKERS: dict[str, tuple[Maker, ...]] = {"bush": (bush,), "hedge": (hedge,), "rock": (rock,)}
