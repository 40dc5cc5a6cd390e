"""Trees: broadleaved, conifers, bare ones and palms, near (up to 10,000 triangles) and far (up to 1500)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.houseplants import blades, leaves
from spnet.scenes.models.parts import Maker, Parts, between
from spnet.scenes.scene import LEAF, Material, Model
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, linear

Matrix = shapes.Matrix

UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Habit:
    """How a broadleaved tree grows.

    Attributes:
        height: of the whole, metres.
        clear: share of it that is trunk without branches.
        spread: length of the lowest branches, as a share of the height.
        taper: length of the highest branches as a share of the lowest ones'.
        rise: angle of the branches above level, radians, at the bottom and the top.
        droop: how far twigs hang, metres for each metre of length.
        branches: number of branches on the trunk.
        twigs: number of twigs on a branch.
    """

    height: float
    clear: float
    spread: float
    taper: float
    rise: tuple[float, float]
    droop: float
    branches: int
    twigs: int


def _habit(rng: np.random.Generator) -> Habit:
    """One of the usual forms: spreading, round, upright as a poplar, hanging as a birch, young and thin."""
    kind = int(rng.integers(0, 5))
    height, clear = between(rng, 6, 12), between(rng, 0.15, 0.32)
    if kind == 0:
        return Habit(height, clear, between(rng, 0.5, 0.65), between(rng, 0.4, 0.6), (0.15, 1.0), 0.05, 12, 7)
    if kind == 1:
        return Habit(height, clear, between(rng, 0.38, 0.5), between(rng, 0.3, 0.5), (0.2, 1.1), 0.0, 13, 7)
    if kind == 2:
        return Habit(height * 1.1, 0.1, between(rng, 0.18, 0.26), 0.5, (0.9, 1.3), 0.0, 16, 5)
    if kind == 3:
        return Habit(height, clear, between(rng, 0.35, 0.45), 0.5, (0.5, 1.1), between(rng, 0.3, 0.6), 12, 7)
    return Habit(between(rng, 3, 5), 0.4, between(rng, 0.3, 0.4), 0.5, (0.4, 1.1), 0.0, 9, 5)


def _wandering(rng: np.random.Generator, start: Matrix, end: Matrix, steps: int, wild: float) -> Matrix:
    """(steps, 3) points from start to end that stray from the straight line in the middle."""
    t = np.linspace(0, 1, steps)[:, None]
    length = float(np.linalg.norm(end - start))
    stray = np.cumsum(rng.normal(0, wild * length / steps, (steps, 3)), 0)
    return np.asarray(start + (end - start) * t + (stray - t * stray[-1]) * np.sin(np.pi * t) ** 0.5)


def _skeleton(
    parts: Parts, rng: np.random.Generator, habit: Habit, bark: Material, sides: tuple[int, int, int]
) -> Matrix:
    """Trunk, branches and twigs (of so many sides; 0 leaves them out); returns (n, 4, 3) points along the twigs."""
    height = habit.height
    radius = height * between(rng, 0.013, 0.022)
    lean = np.array([*(rng.normal(0, 0.03, 2) * height), height * 0.97])
    trunk = _wandering(rng, np.zeros(3), lean, 9, 0.12)
    thick = radius * (1 - 0.9 * np.linspace(0, 1, 9)) * np.r_[1.45, 1.1, np.ones(7)]
    parts.add(shapes.tube(trunk, thick.tolist(), sides[0], capped=False), bark)
    ends: list[Matrix] = []
    for k in range(habit.branches):
        share = (k + between(rng, 0, 0.9)) / habit.branches
        at = habit.clear + (0.95 - habit.clear) * share
        foot = np.array([np.interp(at, np.linspace(0, 1, 9), trunk[:, i]) for i in range(3)])
        length = height * habit.spread * (1 + (habit.taper - 1) * share) * between(rng, 0.75, 1.15)
        length *= min(1.0, 0.6 + 1.6 * share) if habit.taper > 0.35 else 1.0  # round below as well
        rise = habit.rise[0] + (habit.rise[1] - habit.rise[0]) * share + rng.normal(0, 0.12)
        angle = 2.4 * k + rng.normal(0, 0.35)
        way = np.array([np.cos(rise) * np.cos(angle), np.cos(rise) * np.sin(angle), np.sin(rise)])
        branch = _wandering(rng, foot, foot + way * length, 5, 0.22)
        stout = radius * (1 - 0.8 * at) * 0.62
        if sides[1]:
            parts.add(shapes.tube(branch, np.linspace(stout, 0.012, 5).tolist(), sides[1], capped=False), bark)
        for j in range(habit.twigs):
            start = branch[1 + j % 4] + (branch[min(2 + j % 4, 4)] - branch[1 + j % 4]) * rng.random()
            out = way + rng.normal(0, 0.65, 3)
            out /= np.linalg.norm(out)
            reach = length * between(rng, 0.35, 0.6)
            fall = np.array([0, 0, habit.droop * reach])
            twig = _wandering(rng, start, start + out * reach - fall, 4, 0.25)
            if sides[2]:
                parts.add(shapes.tube(twig, [0.3 * stout + 0.008, 0.2 * stout + 0.006, 0.007, 0.004], sides[2],
                                      capped=False), bark)  # fmt: skip
            ends.append(twig)
    return np.stack(ends)


def _along(rng: np.random.Generator, twigs: Matrix, count: int) -> tuple[Matrix, Matrix]:
    """(count, 3) random points on the outer parts of (n, 4, 3) twigs, and directions that leave them."""
    which = rng.integers(0, len(twigs), count)
    t = 3 * np.sqrt(rng.uniform(0.05, 1, count))
    low = np.minimum(t.astype(int), 2)
    share = (t - low)[:, None]
    a, b = twigs[which, low], twigs[which, low + 1]
    way = (b - a) / np.maximum(np.linalg.norm(b - a, axis=1, keepdims=True), 1e-9)
    return a + (b - a) * share, way * 0.5 + rng.normal(0, 0.75, (count, 3))


def foliage(rng: np.random.Generator) -> Material:
    """Leaves of trees: green of all shades, sometimes autumn or red."""
    kind = rng.random()
    if kind < 0.8:
        tint = colour(rng, (0.35, 0.7), (0.2, 0.5), (0.19, 0.3))
    elif kind < 0.93:
        tint = colour(rng, (0.6, 0.9), (0.45, 0.8), (0.03, 0.14))
    else:
        tint = colour(rng, (0.3, 0.6), (0.25, 0.45), (0.95, 1.02))
    return Material(linear(tint), mapping=LEAF, roughness=between(rng, 0.5, 0.85), grain=0.35, grain_size=0.3)


def broadleaf(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A broadleaved tree in leaf."""
    parts = Parts(rng)
    habit = _habit(rng)
    twigs = _skeleton(parts, rng, habit, surfaces.textured(rng, textures, "bark", bump=0.02), (9, 5, 3))
    count = min(int(between(rng, 2400, 3800)), (9800 - parts.triangles) // 2)
    feet, ways = _along(rng, twigs, count)
    size = habit.height * between(rng, 0.021, 0.03) * rng.uniform(0.7, 1.3, count)
    leafage = leaves(rng, feet + rng.normal(0, 0.022 * habit.height, feet.shape), ways, size)
    parts.add(leafage, foliage(rng))
    return parts.model("tree", "broadleaved tree")


def bare(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A broadleaved tree in winter: branches, twigs, and finer ones on them."""
    parts = Parts(rng)
    habit = _habit(rng)
    bark = surfaces.textured(rng, textures, "bark", bump=0.02)
    twigs = _skeleton(parts, rng, habit, bark, (9, 5, 4))
    count = min(500, (9000 - parts.triangles) // 12)
    feet, ways = _along(rng, twigs, count)
    ways[:, 2] += 0.3
    for foot, way in zip(feet, ways, strict=True):
        reach = habit.height * between(rng, 0.03, 0.07)
        tip = foot + way / np.linalg.norm(way) * reach
        parts.add(shapes.tube([foot, (foot + tip) / 2 + rng.normal(0, 0.08 * reach, 3), tip], [0.007, 0.005, 0.002], 3,
                              capped=False), bark)  # fmt: skip
    return parts.model("tree", "bare tree")


def _needles(rng: np.random.Generator, height: float, whorls: int, per: int, pairs: int) -> tuple[list[Matrix], ...]:
    """Feet, directions and lengths of the sprays of a conifer, and its boughs as (3, 3) paths."""
    feet: list[Matrix] = []
    ways: list[Matrix] = []
    sizes: list[Matrix] = []
    boughs: list[Matrix] = []
    low, spread, droop = between(rng, 0.04, 0.25), between(rng, 0.14, 0.26), between(rng, -0.1, 0.5)
    for k in range(whorls):
        share = (k + 0.5) / whorls
        z = height * (low + (0.98 - low) * share)
        reach = height * spread * (1 - share) ** 0.85 + 0.12
        for j in range(per):
            angle = 2 * np.pi * (j + 0.5 * (k % 2)) / per + rng.normal(0, 0.2)
            out = np.array([np.cos(angle), np.sin(angle), 0.0])
            length = reach * between(rng, 0.75, 1.15)
            t = np.linspace(0, 1, 2 + pairs)[1:, None]
            path = np.array([0, 0, z]) + out * length * t + UP * length * (0.25 * t - droop * t**2)
            boughs.append(np.vstack([(0, 0, z), path[len(path) // 2], path[-1]]))
            side = np.cross(out, [0, 0, 1.0])
            for sign in (-1, 1):
                feet.append(path)
                ways.append(out * 0.75 + sign * side * 0.7 + [0, 0, -0.15] + rng.normal(0, 0.1, path.shape))
                sizes.append(length * np.linspace(0.42, 0.28, len(path)) * rng.uniform(0.8, 1.2, len(path)) + 0.08)
            feet.append(path[-1:] - out * 0.1 * length)
            ways.append(out[None] - [0, 0, droop])
            sizes.append(np.array([0.3 * length + 0.1]))
    return feet, ways, sizes, boughs


def _conifer(rng: np.random.Generator, textures: TextureSet, name: str, detail: tuple[int, int, int]) -> Model:
    """A fir or spruce of so many whorls, boughs a whorl and sprays a bough."""
    parts = Parts(rng)
    height = between(rng, 4, 14)
    bark = surfaces.textured(rng, textures, "bark", bump=0.02)
    radius = height * between(rng, 0.012, 0.018)
    parts.bar((0, 0, 0), (0, 0, height), (radius, 0.01), bark, 8)
    feet, ways, sizes, boughs = _needles(rng, height, *detail)
    if detail[0] > 10:
        for path in boughs:
            parts.add(shapes.tube(path, [0.02, 0.012, 0.005], 3, capped=False), bark)
    green = colour(rng, (0.25, 0.55), (0.14, 0.38), (0.26, 0.42))
    needle = Material(linear(green), mapping=LEAF, roughness=0.9, grain=0.5, grain_size=0.12)
    parts.add(leaves(rng, np.concatenate(feet), np.concatenate(ways), np.concatenate(sizes)), needle)
    return parts.model(name, "conifer")


def conifer(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A fir or spruce."""
    return _conifer(rng, textures, "tree", (int(rng.integers(16, 24)), int(rng.integers(7, 10)), 5))


def palm(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A palm tree."""
    parts = Parts(rng)
    height = between(rng, 4, 9)
    bark = surfaces.textured(rng, textures, "bark", bump=0.02)
    green = Material(linear(colour(rng, (0.4, 0.7), (0.25, 0.5), (0.2, 0.3))), roughness=0.6, grain=0.3)
    top = np.array([*(rng.normal(0, 0.06, 2) * height), height])
    t = np.linspace(0, 1, 8)[:, None]
    trunk = np.c_[top[:2] * t**2, height * t]
    parts.add(shapes.tube(trunk, np.linspace(0.2, 0.12, 8).tolist(), 10, capped=False), bark)
    for k in range(int(rng.integers(14, 24))):
        angle, steep, reach = 2.4 * k, between(rng, -0.3, 1.2), between(rng, 1.8, 2.8)
        out = np.array([np.cos(angle), np.sin(angle), 0.0])
        s = np.linspace(0, 1, 9)[:, None]
        spine = top + out * reach * np.cos(steep * 0.7) * s + UP * reach * (np.sin(steep) * s - 0.7 * s**2)
        parts.add(shapes.tube(spine, np.linspace(0.03, 0.006, 9).tolist(), 4, capped=False), green)
        feet = np.repeat(spine[1:], 4, 0) - np.tile(np.linspace(0, 0.1, 4)[:, None], (8, 1)) * out
        side = np.tile([[1.0], [-1.0]], (16, 1)) * np.cross(out, [0, 0, 1.0])
        length = np.repeat(np.sin(np.pi * np.linspace(0.2, 0.92, 8)), 4) * between(rng, 0.5, 0.75)
        tips = feet + (side + 0.6 * out) * length[:, None] - [0, 0, 0.25]
        parts.add(blades(feet, tips, np.full(32, 0.05), 0.1 * length, 2), green)
    return parts.model("tree", "palm tree")


def far_broadleaf(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A broadleaved tree of few, large leaves, for where a pixel is larger than a leaf."""
    parts = Parts(rng)
    habit = _habit(rng)
    twigs = _skeleton(parts, rng, habit, surfaces.textured(rng, textures, "bark"), (5, 3, 0))
    count = 560
    feet, ways = _along(rng, twigs, count)
    size = habit.height * between(rng, 0.065, 0.09) * rng.uniform(0.7, 1.3, count)
    feet = feet + rng.normal(0, 0.02 * habit.height, feet.shape)
    parts.add(leaves(rng, feet, ways, size), foliage(rng))
    return parts.model("tree_far", "broadleaved tree")


def far_conifer(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A conifer of few, large sprays."""
    return _conifer(rng, textures, "tree_far", (9, 6, 2))


MAKERS: dict[str, tuple[Maker, ...]] = {
    "tree": (broadleaf, broadleaf, broadleaf, conifer, conifer, bare, palm),
    "tree_far": (far_broadleaf, far_broadleaf, far_conifer),
}
