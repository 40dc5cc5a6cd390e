"""What lies and grows on open ground: rocks, logs, stumps, bales, tufts, ferns, crops."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spnet.scenes import shapes
from spnet.scenes.outdoors import matter
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.leaves import blades, leaves
from spnet.scenes.outdoors.site import Site, triple
from spnet.scenes.outdoors.track import Numbers
from spnet.scenes.scene import Material, Mesh


def rock(rng: np.random.Generator, size: float) -> Mesh:
    """A boulder about the origin, `size` metres across."""
    half = size / 2 * rng.uniform(0.6, 1.2, 3)
    mesh = shapes.ellipsoid((0, 0, 0), triple(half), 14)
    wave = rng.normal(0, 2.2 / size, (5, 3))
    phase = rng.uniform(0, 6.28, 5)
    points = mesh.corners.reshape(-1, 3)
    bump = np.sin(points @ wave.T + phase).mean(1, keepdims=True)
    corners = (points * (1 + 0.35 * bump)).reshape(-1, 3, 3)
    return shapes.of_triangles(corners, mesh.uv)


def rocks(site: Site, places: Numbers, size: tuple[float, float]) -> None:
    """Boulders half sunk into the ground at (n, 2) places."""
    rng = site.rng
    stone = matter.toned(rng, site.textures, ("rubble", "granite", "concrete"), rng.uniform(0.26, 0.48, 1).repeat(3))
    heap = Heap()
    for x, y, z in site.ground(places).tolist():
        wide = float(np.exp(rng.uniform(*np.log(size))))
        heap.add(rock(rng, wide).moved(shapes.turn(float(rng.uniform(0, 6))), (x, y, z + 0.1 * wide)), stone)
        if wide > 0.4:
            site.obstacles.add(x, y, 0.5 * wide, 0.5 * wide, 0.0, z - 1, z + 0.6 * wide)
    site.add(heap, "rock")


def logs(site: Site, places: Numbers) -> None:
    """Fallen trunks and stumps."""
    rng, heap = site.rng, Heap()
    bark = matter.bark(rng, site.textures)
    for x, y, z in site.ground(places).tolist():
        r = float(rng.uniform(0.08, 0.28))
        if rng.random() < 0.4:
            high = float(rng.uniform(0.25, 0.8))
            heap.add(shapes.tube([(x, y, z - 0.2), (x, y, z + high)], [1.4 * r, r], 10), bark)
            site.obstacles.add(x, y, r, r, 0.0, z - 1, z + high)
            continue
        angle, half = float(rng.uniform(0, 6.28)), float(rng.uniform(0.8, 5))
        ends = site.ground([(x + s * half * np.cos(angle), y + s * half * np.sin(angle)) for s in (-1, 0, 1)])
        heap.add(shapes.tube(ends + np.array([0, 0, 0.8 * r]), [r, 0.85 * r, 0.7 * r], 10), bark)
        site.obstacles.add(x, y, half, r, angle, z - 1, z + 2 * r)
    site.add(heap, "log")


def woodpile(site: Site, x: float, y: float, yaw: float) -> None:
    """Felled trunks stacked beside a path."""
    rng, heap = site.rng, Heap()
    bark, r, long = matter.bark(rng, site.textures), float(rng.uniform(0.12, 0.22)), float(rng.uniform(2, 5))
    rows, count = int(rng.integers(3, 6)), int(rng.integers(5, 11))
    for row in range(rows):
        for k in range(count - row):
            u, v = 2 * r * (k + row / 2 - count / 2), r + 1.73 * r * row
            jitter = float(rng.normal(0, 0.1))
            heap.add(
                shapes.bar((u, -long / 2 + jitter, v), (u, long / 2 + jitter, v), r * float(rng.uniform(0.85, 1.0)), 9),
                bark,
            )
    if site.obstacles.apart(x, y, r * count, long / 2, yaw):
        site.stand(heap, x, y, yaw, thing="woodpile")
        site.obstacles.add(x, y, r * count, long / 2, yaw, -1e3, site.terrain.at(x, y) + 2 * r * rows)


def bales(site: Site, places: Numbers) -> None:
    """Round bales of straw, or wrapped ones."""
    rng = site.rng
    straw = matter.toned(rng, site.textures, ("knit", "litter"), (0.66, 0.57, 0.34), grain=0.4, grain_size=0.1)
    wrapped = matter.toned(rng, site.textures, "plain_cloth", (0.85, 0.86, 0.84), roughness=0.4)
    material = straw if rng.random() < 0.7 else wrapped
    heap = Heap()
    for x, y, z in site.ground(places).tolist():
        yaw = float(rng.uniform(0, 6.28))
        along = np.array([np.cos(yaw), np.sin(yaw), 0.0]) * 0.6
        middle = np.array([x, y, z + 0.62])
        heap.add(shapes.bar(triple(middle - along), triple(middle + along), 0.65, 18), material)
        site.obstacles.add(x, y, 0.7, 0.7, 0.0, z - 1, z + 1.3)
    site.add(heap, "bale")


def tufts(
    site: Site, middle: ArrayLike, radius: float, count: int, high: float, material: Material, keep: float = 0.0
) -> None:
    """Grass blades, denser near the middle: one call covers what a camera stands in.

    Args:
        site: where.
        middle: (k, 2) points about which they grow.
        radius: metres; half of them within a third of it.
        count: of blades.
        high: their height.
        material: a LEAF material.
        keep: metres beyond the edges of tracks that stay free.
    """
    rng = site.rng
    centre = np.asarray(middle, np.float64).reshape(-1, 2)
    clumps = max(count // 9, 1)
    away, angle = radius * rng.random(clumps) ** 0.9, rng.uniform(0, 6.28, clumps)
    at = centre[rng.integers(0, len(centre), clumps)] + np.stack([np.cos(angle), np.sin(angle)], -1) * away[:, None]
    points = at[rng.integers(0, clumps, count)] + rng.normal(0, 0.09, (count, 2))
    gap, _ = site.terrain.nearest(points)
    points = points[gap > keep]
    if len(points):
        heap = Heap()
        tall = high * rng.uniform(0.5, 1.2, len(points))
        heap.add(blades(rng, site.ground(points), tall, 0.009 + 0.014 * high), material)
        site.add(heap)


def ferns(site: Site, places: Numbers, size: tuple[float, float], material: Material, count: int = 26) -> None:
    """Low plants with leaves that rise from one root: ferns, docks, shoots."""
    rng, p = site.rng, site.ground(places)
    n = len(p)
    if not n:
        return
    reach = rng.uniform(*size, (n, 1))
    angle = rng.uniform(0, 6.28, (n, count))
    along = rng.uniform(0.15, 1.0, (n, count))
    up = 0.9 * along * (1.25 - along)
    offset = np.stack([along * np.cos(angle), along * np.sin(angle), up], -1) * reach[..., None]
    outward = np.stack([np.cos(angle), np.sin(angle), np.full_like(angle, 1.0)], -1)
    heap = Heap()
    length = (0.28 * reach * np.ones((1, count))).reshape(-1)
    heap.add(leaves((p[:, None] + offset).reshape(-1, 3), length, rng, outward.reshape(-1, 3), 0.4), material)
    site.add(heap, "undergrowth")


def rows(
    site: Site, start: Numbers, along: float, long: float, spacing: float, count: int, high: float, material: Material
) -> None:
    """A crop in rows: maize, vines, cabbages, shrubs of a nursery.

    Args:
        site: where.
        start: (2,) the corner of the field.
        along: direction of the rows, radians.
        long: their length.
        spacing: between rows.
        count: of rows.
        high: of the plants.
        material: of their leaves.
    """
    rng, heap = site.rng, Heap()
    c, s = np.cos(along), np.sin(along)
    per_row = int(min(long / 0.18, 9000 / count))
    u = rng.uniform(0, long, (count, per_row))
    v = np.arange(count)[:, None] * spacing + rng.normal(0, 0.05 + 0.06 * high, u.shape)
    points = np.asarray(start) + np.stack([u * c - v * s, u * s + v * c], -1).reshape(-1, 2)
    gap, _ = site.terrain.nearest(points)
    points = points[gap > 1.0]
    if not len(points):
        return
    feet = site.ground(points)
    feet[:, 2] += rng.uniform(0.05, 1.0, len(feet)) * high
    outward = np.concatenate([rng.normal(0, 1, (len(feet), 2)), np.full((len(feet), 1), 0.8)], 1)
    heap.add(leaves(feet, 0.25 + 0.16 * high, rng, outward, 0.3), material)
    site.add(heap, "crop")
    for k in range(count):
        middle = np.asarray(start) + np.array([long / 2 * c - k * spacing * s, long / 2 * s + k * spacing * c])
        x, y = middle.tolist()
        z = site.terrain.at(x, y)
        site.obstacles.add(x, y, long / 2, 0.3, along, z - 3, z + high)
