"""What runs along plots and roads: hedges, fences, walls, railings, guard rails."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spnet.scenes import shapes
from spnet.scenes.outdoors import matter
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.leaves import leaves
from spnet.scenes.outdoors.track import Numbers
from spnet.scenes.scene import Material
from spnet.scenes.textures import TextureSet


def resampled(path: ArrayLike, step: float) -> Numbers:
    """(n, 3) points about `step` apart along a path of (k, 3)."""
    p = np.asarray(path, np.float64)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(p[:, :2], axis=0), axis=1))])
    count = max(round(length[-1] / step), 1)
    at = np.linspace(0, length[-1], count + 1)
    return np.stack([np.interp(at, length, p[:, k]) for k in range(3)], -1)


def lifted(points: ArrayLike, up: float) -> Numbers:
    """(n, 3) points moved up."""
    return np.asarray(np.asarray(points, np.float64) + np.array([0.0, 0.0, up]), np.float64)


def _segments(points: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Middles (n, 3), level lengths (n,) and directions (n,) of the pieces between points."""
    step = np.diff(points, axis=0)
    return (points[1:] + points[:-1]) / 2, np.hypot(step[:, 0], step[:, 1]), np.arctan2(step[:, 1], step[:, 0])


def ribbon(heap: Heap, points: Numbers, low: float, high: float, thick: float, material: Material) -> None:
    """A solid strip along points, from `low` to `high` over them; its corners follow the slope."""
    step = np.gradient(points[:, :2], axis=0)
    across = np.stack([-step[:, 1], step[:, 0]], -1) / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9)
    side = np.column_stack([across, np.zeros(len(points))]) * thick / 2
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    up_low, up_high = np.array([0, 0, low]), np.array([0, 0, high])
    ring = np.stack(
        [points - side + up_low, points - side + up_high, points + side + up_high, points + side + up_low], 1
    )
    v = np.array([0, high - low, high - low + thick, 2 * (high - low) + thick])
    uv = np.stack(np.broadcast_arrays(length[:, None], v[None]), -1)
    for k in range(3):  # each face apart, so that edges stay sharp
        heap.add(shapes.grid(ring[:, k : k + 2], smooth=False, uv=uv[:, k : k + 2]), material)
    for end in (ring[0], ring[-1][::-1]):
        heap.add(shapes.of_triangles([end[[0, 2, 1]], end[[0, 3, 2]]], [[(0, 0), (thick, 1), (0, 1)]] * 2), material)


def hedge(
    heap: Heap, rng: np.random.Generator, path: ArrayLike, high: float, thick: float, leaf: Material, near: float = 1.0
) -> None:
    """A clipped or ragged hedge: a dark core under leaves.

    Args:
        heap: what it is added to.
        rng: source of randomness.
        path: (k, 3) along the ground.
        high, thick: metres.
        leaf: material.
        near: 1 beside the cameras; less has fewer and larger leaves.
    """
    points = resampled(path, 1.0)
    core = Material(tuple(0.45 * c for c in leaf.colour), roughness=1.0, grain=0.8, grain_size=0.12)  # type: ignore[arg-type]
    wobble = points.copy()
    wobble[:, 2] += rng.normal(0, 0.02 * high, len(points))
    ribbon(heap, wobble, -0.2, 0.94 * high, 0.86 * thick, core)
    middle, length, angle = _segments(wobble)
    total = float(length.sum())
    area = total * (2 * high + thick)
    size = float(np.clip(0.085 * near**-0.5, (0.75 * area / (4500 * near)) ** 0.5, 0.22))
    count = int(min(1.3 * area / (size * size), 4500 * near))
    if not len(middle) or count < 8:
        return
    piece = rng.choice(len(middle), count, p=length / total)
    along = rng.uniform(-0.5, 0.5, count) * length[piece]
    round_ = rng.uniform(0, 2 * high + thick, count)  # up one side, over the top, down the other
    side = np.where(round_ < high, -1.0, np.where(round_ > high + thick, 1.0, 0.0))
    across = np.where(side == 0, round_ - high - thick / 2, side * thick / 2)
    up = np.where(side < 0, round_, np.where(side > 0, 2 * high + thick - round_, high))
    c, s = np.cos(angle[piece]), np.sin(angle[piece])
    bulge = rng.normal(0, 0.035 + 0.01 * high, (count, 3))
    places = middle[piece] + np.stack([along * c - across * s, along * s + across * c, up], -1) + bulge
    outward = np.stack([-side * s, side * c, np.where(side == 0, 1.0, 0.25)], -1)
    heap.add(leaves(places, 1.45 * size, rng, outward), leaf)


def wall(heap: Heap, path: ArrayLike, high: float, thick: float, material: Material, cap: Material) -> None:
    """A garden wall with coping."""
    points = resampled(path, 2.0)
    ribbon(heap, points, -0.4, high, thick, material)
    ribbon(heap, points, high, high + 0.06, thick + 0.08, cap)


def posts(heap: Heap, points: Numbers, low: float, high: float, width: float, material: Material) -> None:
    """Square posts at points."""
    middle = lifted(points, (low + high) / 2)
    heap.boxes(middle, (width, width, high - low), material)


def pickets(heap: Heap, path: ArrayLike, high: float, wood: Material, gap: float, width: float = 0.08) -> None:
    """Upright boards on two rails: `gap` metres between them, 0 a closed fence."""
    points = resampled(path, 2.2)
    posts(heap, points, -0.3, high + 0.04, 0.09, wood)
    for z in (0.2 * high, 0.8 * high):
        ribbon(heap, points, z - 0.04, z + 0.04, 0.04, wood)
    middle, _, angle = _segments(resampled(path, width + gap))
    off = np.column_stack([-np.sin(angle), np.cos(angle), np.zeros(len(angle))]) * 0.035
    heap.boxes(lifted(middle, high / 2 + 0.05) + off, (width, 0.02, high - 0.06), wood, angle)


def rails(
    heap: Heap, path: ArrayLike, high: float, count: int, material: Material, *, round_: bool, step: float = 2.4
) -> None:
    """Posts with level rails: paddocks, wire fences, railings.

    Args:
        heap: what it is added to.
        path: (k, 3) along the ground.
        high: of the posts.
        count: of the rails.
        material: of all.
        round_: thin wires or tubes rather than boards.
        step: distance of the posts.
    """
    points = resampled(path, step)
    posts(heap, points, -0.3, high, 0.06 if round_ else 0.1, material)
    for z in np.linspace(0.25, 0.95, count) * high:
        line = lifted(points, float(z))
        if round_:
            heap.add(shapes.tube(line, 0.008 if count > 2 else 0.022, 4, capped=False), material)
        else:
            ribbon(heap, points, float(z) - 0.05, float(z) + 0.05, 0.03, material)


def bars(heap: Heap, path: ArrayLike, high: float, metal: Material, gap: float = 0.13) -> None:
    """Upright iron bars between two rails."""
    points = resampled(path, 2.5)
    posts(heap, points, -0.3, high + 0.08, 0.06, metal)
    for z in (0.12, high - 0.08):
        ribbon(heap, points, z - 0.02, z + 0.02, 0.03, metal)
    middle, _, angle = _segments(resampled(path, gap))
    heap.boxes(lifted(middle, high / 2), (0.018, 0.018, high), metal, angle)


def guard_rail(heap: Heap, path: ArrayLike, metal: Material) -> None:
    """A steel barrier beside a fast road."""
    points = resampled(path, 2.0)
    posts(heap, points, -0.2, 0.72, 0.1, metal)
    for z, thick in ((0.5, 0.05), (0.6, 0.12), (0.7, 0.05)):
        ribbon(heap, points, z - 0.055, z + 0.055, thick, metal)


def concrete_barrier(heap: Heap, path: ArrayLike, material: Material) -> None:
    """A low wall with a broad foot that parts two carriageways."""
    points = resampled(path, 3.0)
    for low, high, thick in ((-0.1, 0.25, 0.6), (0.25, 0.4, 0.42), (0.4, 0.82, 0.24)):
        ribbon(heap, points, low, high, thick, material)


def random_barrier(
    heap: Heap,
    rng: np.random.Generator,
    textures: TextureSet,
    path: ArrayLike,
    near: float = 1.0,
    leaf: Material | None = None,
) -> float:
    """Any of them round a garden; returns its height."""
    kind = rng.random()
    if kind < 0.4:
        high = float(rng.uniform(0.7, 2.0))
        hedge(heap, rng, path, high, float(rng.uniform(0.4, 0.8)), leaf or matter.foliage(rng), near)
    elif kind < 0.6:
        high = float(rng.uniform(0.5, 1.9))
        material = matter.masonry(rng, textures) if rng.random() < 0.5 else matter.plaster(rng, textures)
        wall(heap, path, high, 0.24, material, matter.kerb(rng, textures))
        if high < 0.8 and rng.random() < 0.6:
            bars(heap, lifted(path, high), 0.8, matter.metal(rng), 0.16)
            high += 0.8
    elif kind < 0.8:
        high = float(rng.uniform(0.8, 1.9))
        pickets(heap, path, high, matter.wood(rng, textures), float(rng.choice([0.0, 0.02, 0.06, 0.08])))
    elif kind < 0.9:
        high = float(rng.uniform(0.9, 1.5))
        bars(heap, path, high, matter.metal(rng))
    else:
        high = float(rng.uniform(0.9, 1.4))
        rails(heap, path, high, int(rng.integers(2, 7)), matter.metal(rng), round_=bool(rng.random() < 0.7))
    return high
