"""What lies far away, with true depth: hills, woods, blocks of a town."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.outdoors import matter, roofs
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.site import Site
from spnet.scenes.outdoors.terrain import spaced
from spnet.scenes.outdoors.track import Numbers
from spnet.scenes.outdoors.trees import Grove
from spnet.scenes.scene import Material, Mesh

REACH = 420.0  # metres from the middle to the end of the ground; ours


def land(
    site: Site, material: Material, *, near: float = 30.0, step: float = 2.0, sink: float = 0.0, within: float = 0.0
) -> None:
    """The ground out to `REACH`, fine near the middle.

    Args:
        site: its terrain is drawn.
        material: what grows on it.
        near: metres from the middle to which it is fine.
        step: width of a cell there.
        sink, within: see `Terrain.mesh`.
    """
    axis = spaced(near, step, REACH)
    heap = Heap()
    heap.add(site.terrain.mesh(axis, axis, sink, within), material)
    site.add(heap)


def ring(rng: np.random.Generator, count: int, near: float, far: float) -> Numbers:
    """(n, 2) random points between two distances from the origin."""
    angle = rng.uniform(0, 2 * np.pi, count)
    away = np.sqrt(rng.uniform(near * near, far * far, count))
    points = np.stack([np.cos(angle), np.sin(angle)], -1) * away[:, None]
    return np.asarray(points, np.float64)


def woods(site: Site, grove: Grove, count: int, near: float = 90.0, far: float = 260.0, corridor: float = 8.0) -> None:
    """Trees far off, in groups, not on roads."""
    rng = site.rng
    groups = ring(rng, max(count // 22, 2), near, far)
    spread = rng.uniform(5, 26, (len(groups), 2))
    chosen = rng.integers(0, len(groups), count)
    points = groups[chosen] + rng.normal(0, 1, (count, 2)) * spread[chosen]
    gap, _ = site.terrain.nearest(points)
    free = (gap > corridor) & (site.obstacles.distance(points) > 4)
    grove.plant(points[free], scale=(0.9, 1.8))


def town(site: Site, count: int, near: float = 60.0, far: float = 260.0, tall: tuple[float, float] = (6, 26)) -> None:
    """Plain blocks whose windows are painted, where nobody comes close."""
    rng, textures = site.rng, site.textures
    points = ring(rng, 3 * count, near, far)
    gap, _ = site.terrain.nearest(points)
    fronts = [matter.painted_front(rng, textures) for _ in range(4)]
    roof = [matter.tiles(rng, textures) for _ in range(2)]
    heap, built = Heap(), 0
    for (x, y), g in zip(points.tolist(), gap.tolist(), strict=True):
        w, d, h = float(rng.uniform(9, 26)), float(rng.uniform(9, 15)), float(rng.uniform(*tall))
        yaw = float(rng.choice([0.0, np.pi / 2])) + float(rng.normal(0, 0.15))
        if built >= count or g < 0.6 * max(w, d) + 3 or not site.obstacles.apart(x, y, w / 2, d / 2, yaw):
            continue
        one = Heap()
        front = fronts[int(rng.integers(0, len(fronts)))]
        one.add(shapes.box((0, d / 2, h / 2 - 4), (w, d, h + 8)), front)
        if h < 14 or rng.random() < 0.3:
            roofs.gable(one, w, d, h, 0.65, 0.4, roof[built % 2], front, front)
        z = site.terrain.at(x, y)
        heap.put(one, shapes.turn(yaw), (x, y, z))
        site.obstacles.add(x, y, max(w, d) / 2, max(w, d) / 2, 0.0, z - 9, z + h)
        built += 1
    site.add(heap, "houses")


def fields(
    site: Site,
    materials: list[Material],
    *,
    near: float = 30.0,
    step: float = 2.5,
    sink: float = 0.0,
    within: float = 0.0,
) -> None:
    """Farmland out to `REACH`: plots of different crops.

    Args:
        site: its terrain is drawn.
        materials: one is drawn for each plot.
        near, step: see `land`.
        sink, within: see `Terrain.mesh`.
    """
    rng = site.rng
    axis = spaced(near, step, REACH, 1.13)
    mesh = site.terrain.mesh(axis, axis, sink, within)
    middle = mesh.corners.mean(1)[:, :2]
    angle, size = rng.uniform(0, np.pi), rng.uniform(35, 120, 2)
    c, s = np.cos(angle), np.sin(angle)
    u = np.floor((middle[:, 0] * c + middle[:, 1] * s) / size[0] + 50).astype(int)
    v = np.floor((middle[:, 1] * c - middle[:, 0] * s) / size[1] + 50 + 0.37 * u).astype(int)
    plot = rng.integers(0, len(materials), (160, 160))[u % 160, v % 160]
    heap = Heap()
    for k, material in enumerate(materials):
        mine = plot == k
        part = Mesh(mesh.corners[mine], mesh.normals[mine], mesh.uv[mine], mesh.material[mine])
        heap.add(part, material)
    site.add(heap)
