"""Yards between buildings: inner courts of a town, farmyards, industrial yards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.environments import Environments
from spnet.scenes.models import Stock
from spnet.scenes.outdoors import backdrop, matter, traffic, views, wild
from spnet.scenes.outdoors.barriers import rails, random_barrier
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.houses import random_plan
from spnet.scenes.outdoors.lots import put_up
from spnet.scenes.outdoors.scenery import between, chance, finished, season
from spnet.scenes.outdoors.site import Site
from spnet.scenes.outdoors.terrain import Terrain, random_relief
from spnet.scenes.outdoors.track import Track
from spnet.scenes.outdoors.trees import Grove
from spnet.scenes.scene import Scene
from spnet.scenes.surfaces import plain
from spnet.scenes.textures.noise import colour

# What stands about in a yard of a kind, as the stock has it, with how often.
CLUTTER = {
    "court": {
        "bicycle": 5,
        "bin": 4,
        "street_bench": 2,
        "plant": 5,
        "table": 1,
        "chair": 3,
        "box": 2,
        "person": 2,
        "toy": 1,
    },
    "works": {
        "pallet": 8,
        "crate": 6,
        "barrel": 6,
        "forklift": 2,
        "trolley": 2,
        "pipe": 3,
        "box": 3,
        "ladder": 1,
        "person": 3,
    },
    "farm": {
        "crate": 3,
        "barrel": 3,
        "pallet": 2,
        "animal": 4,
        "trolley": 1,
        "ladder": 1,
        "person": 1,
        "bin": 1,
        "broom": 1,
    },
}
HOUSES = {"court": ("terrace", "terrace", "flats"), "works": ("hall", "hall", "office"), "farm": ("hall", "detached")}


def yard(rng: np.random.Generator, stock: Stock, environments: Environments) -> Scene:
    """A court or yard with buildings on most of its sides, and what is kept there."""
    kind, when = str(rng.choice(list(CLUTTER), p=[0.4, 0.42, 0.18])), season(rng)
    half = rng.uniform(7, 13, 2) if kind == "court" else rng.uniform(13, 26, 2)
    fall = float(rng.choice([0.0, 0.0, 0.02]))
    s = np.arange(-half[1] - 2, half[1] + 3, 1.0)
    level = Track(s, np.column_stack([0 * s, s, fall * s]), np.full(len(s), np.pi / 2))
    relief = random_relief(rng, between(rng, 0.2, 3.0), rise=between(rng, 0, 30))
    site = Site(rng, stock, Terrain(relief, [(level, float(half[0]) + 1, float(half[0]) + 1)], blend=20.0))
    site.focus = rng.uniform(-0.6, 0.6, (6, 2)) * half
    _ground(site, half, kind)
    _walls(site, half, kind)
    grove = Grove(site, ("stock", "broad", "bush"), when)
    _green(site, half, kind, grove)
    _kept(site, half, kind)
    backdrop.town(site, 24, 45 + float(half.max()), 220, (7, 28) if kind != "farm" else (5, 9))
    backdrop.woods(site, grove, 40, 60)
    facts = {"type": kind, "season": when, "size": f"{2 * half[0]:.0f} x {2 * half[1]:.0f} m"}
    return finished(site, "yard", environments, _stands(half, site, kind), facts, (0.0, 0.0), float(half.max()) + 14)


def _ground(site: Site, half: np.ndarray, kind: str) -> None:
    """Paving or concrete, with beds or patches in it; grass outside."""
    rng, textures = site.rng, site.textures
    makers = {
        "court": (matter.paving, matter.paving, matter.gravel),
        "works": (matter.asphalt, matter.slabs),
        "farm": (matter.gravel, matter.slabs, matter.soil),
    }
    base = makers[kind][int(rng.integers(0, len(makers[kind])))](rng, textures)
    other = matter.patched(rng, base) if kind == "works" else matter.grass(rng, textures)
    heap = Heap()
    x, y = np.linspace(-half[0] - 1, half[0] + 1, 25), np.linspace(-half[1] - 1, half[1] + 1, 25)
    mesh = site.terrain.mesh(x, y)
    halves = mesh.corners.mean(1).reshape(2, -1, 3)  # the two triangles of every cell
    middle = np.tile(halves.mean(0), (2, 1))
    bed = np.zeros(len(mesh), np.bool_)
    for _ in range(int(rng.integers(0, 4))):
        low = rng.uniform(-0.9, 0.5, 2) * half
        high = low + rng.uniform(0.15, 0.6, 2) * half
        bed |= (middle[:, 0] > low[0]) & (middle[:, 0] < high[0]) & (middle[:, 1] > low[1]) & (middle[:, 1] < high[1])
    for mine, material in ((~bed, base), (bed, other)):
        heap.add(
            replace(
                mesh,
                corners=mesh.corners[mine],
                normals=mesh.normals[mine],
                uv=mesh.uv[mine],
                material=mesh.material[mine],
            ),
            material,
        )
    site.add(heap)
    backdrop.land(site, matter.grass(rng, textures), sink=0.4, within=0.5)


def _walls(site: Site, half: np.ndarray, kind: str) -> None:
    """Buildings on three or four sides, a wall or fence elsewhere."""
    rng = site.rng
    free = int(rng.integers(0, 4)) if chance(rng, 0.8) else -1
    heap = Heap()
    for side in range(4):
        yaw = side * np.pi / 2  # 0: stands beyond +y and faces -y
        reach, away = (half[0], half[1]) if side % 2 == 0 else (half[1], half[0])
        c, s = np.cos(yaw), np.sin(yaw)
        if side == free:
            ends = np.array([(-reach, away, 0.0), (reach, away, 0.0)]) @ shapes.turn(yaw).T
            path = site.ground(ends[:, :2])
            if kind == "works":
                rails(heap, path, 2.0, 9, matter.metal(rng), round_=True)
                site.block(path, 2.0)
            else:
                site.block(path, random_barrier(heap, rng, site.textures, path))
            continue
        u = -reach - between(rng, 0, 3)
        while u < reach:
            plan = random_plan(rng, HOUSES[kind][int(rng.integers(0, len(HOUSES[kind])))], 2)
            plan = replace(
                plan, ground=plan.ground if kind == "works" else str(rng.choice(["door", "windows", "garage"]))
            )
            mid = u + plan.width / 2
            put_up(site, plan, float(c * mid - s * away), float(s * mid + c * away), yaw, room=-0.4)
            u += plan.width + (0.02 if kind == "court" else between(rng, 0.5, 6))
    site.add(heap, "fence")


def _green(site: Site, half: np.ndarray, kind: str, grove: Grove) -> None:
    rng = site.rng
    count = {"court": 5, "works": 2, "farm": 4}[kind]
    points = rng.uniform(-0.85, 0.85, (int(rng.integers(0, count + 1)), 2)) * half
    grove.plant(points[site.obstacles.distance(points) > 1.5], scale=(0.4, 0.9))
    around = rng.normal(0, 1, (70, 2))
    around = around / np.linalg.norm(around, axis=1, keepdims=True) * (half.max() + rng.uniform(4, 45, (70, 1)))
    grove.plant(around[site.obstacles.distance(around) > 2.0], scale=(0.7, 1.2))
    if chance(rng, 0.5):
        edge = rng.uniform(-1, 1, (24, 2)) * half
        edge[:, int(rng.integers(0, 2))] *= 0.96 / np.maximum(np.abs(edge).max(1), 0.1)
        wild.ferns(site, edge, (0.1, 0.35), matter.foliage(rng), 14)


def _kept(site: Site, half: np.ndarray, kind: str) -> None:
    """Vehicles, containers, stacks, clutter."""
    rng = site.rng
    for _ in range(int(rng.integers(0, 5)) if kind == "court" else int(rng.integers(1, 8))):
        x, y = (rng.uniform(-0.8, 0.8, 2) * half).tolist()
        chosen = traffic.kind(site, parked=kind == "court") or "car"
        site.put(chosen, x, y, float(rng.integers(0, 4)) * np.pi / 2 + float(rng.normal(0, 0.08)), room=0.5)
    if kind == "works":
        for _ in range(int(rng.integers(0, 6))):
            _container(site, half)
    if kind == "farm" and chance(rng, 0.6):
        wild.bales(site, rng.uniform(-0.8, 0.8, (5, 2)) * half)
    wanted = CLUTTER[kind]
    names, weights = list(wanted), np.array(list(wanted.values()), np.float64)
    for _ in range(int(rng.integers(10, 46))):
        name = str(rng.choice(names, p=weights / weights.sum()))
        spot = rng.uniform(-0.95, 0.95, 2) * half
        if chance(rng, 0.6):  # along a wall
            k = int(rng.integers(0, 2))
            spot[k] = np.sign(spot[k]) * (half[k] - 0.8)
        x, y = spot.tolist()
        if site.put(
            name, x, y, float(rng.integers(0, 4)) * np.pi / 2 + float(rng.normal(0, 0.15)), room=0.02
        ) and chance(rng, 0.5):
            for k in range(int(rng.integers(1, 4))):
                site.put(name, x + 0.9 * (k + 1) * float(rng.choice([-1, 1])), y + float(rng.normal(0, 0.3)), room=0.02)
    for _ in range(int(rng.integers(1, 6)) if kind == "works" else 0):
        _stack(site, half)


def _container(site: Site, half: np.ndarray) -> None:
    """A shipping container or skip."""
    rng = site.rng
    long, wide, tall = (float(rng.choice([6.06, 12.2])), 2.44, 2.59) if chance(rng, 0.7) else (3.4, 1.8, 1.4)
    x, y = (rng.uniform(-0.75, 0.75, 2) * half).tolist()
    yaw = float(rng.integers(0, 2)) * np.pi / 2 + float(rng.normal(0, 0.05))
    if not site.obstacles.apart(x, y, long / 2 + 0.3, wide / 2 + 0.3, yaw):
        return
    sheet = matter.toned(
        rng, site.textures, "corrugated", colour(rng, (0.2, 0.8), (0.25, 0.65)), roughness=0.6, bump=0.02
    )
    frame, heap = plain(colour(rng, (0.1, 0.5), (0.2, 0.5)), 0.6, 0.2), Heap()
    heap.box((0, 0, tall / 2 + 0.1), (long - 0.08, wide - 0.08, tall - 0.1), sheet)
    heap.boxes(
        [(a * long / 2, b * wide / 2, tall / 2 + 0.08) for a in (-1, 1) for b in (-1, 1)], (0.14, 0.14, tall), frame
    )
    heap.boxes([(0, b * wide / 2, z) for b in (-1, 1) for z in (0.14, tall)], (long, 0.12, 0.14), frame)
    heap.boxes(
        [(long / 2 + 0.04, b * wide / 4 + d, tall / 2 + 0.1) for b in (-1, 1) for d in (-0.15, 0.15)],
        (0.05, 0.04, tall - 0.3),
        frame,
    )
    site.stand(heap, x, y, yaw, thing="container")
    z = site.terrain.at(x, y)
    site.obstacles.add(x, y, long / 2, wide / 2, yaw, z - 1, z + tall)


def _stack(site: Site, half: np.ndarray) -> None:
    """Boards, pipes, bags or blocks in a pile."""
    rng = site.rng
    x, y = (rng.uniform(-0.85, 0.85, 2) * half).tolist()
    yaw, long = float(rng.integers(0, 2)) * np.pi / 2 + float(rng.normal(0, 0.1)), between(rng, 1.2, 5.0)
    if not site.obstacles.apart(x, y, long / 2, 0.7, yaw):
        return
    heap, tall = Heap(), 0.1
    kind = int(rng.integers(0, 3))
    if kind == 0:
        wood, rows = matter.wood(rng, site.textures), int(rng.integers(3, 9))
        tall = rows * 0.11
        for row in range(rows):
            heap.boxes(
                [(float(rng.normal(0, 0.04)), 0.19 * k - 0.5, row * 0.11 + 0.05) for k in range(6)],
                (long, 0.17, 0.06 + 0.03 * (row % 2)),
                wood,
            )
    elif kind == 1:
        metal, r = matter.metal(rng), between(rng, 0.05, 0.25)
        rows = int(rng.integers(2, 4))
        tall = 2 * r * rows
        for row in range(rows):
            for k in range(4 - row):
                v, w = 2 * r * (k + row / 2 - 1.5), r + 1.73 * r * row
                heap.add(shapes.tube([(-long / 2, v, w), (long / 2, v, w)], r, 12), metal)
    else:
        stone, rows = (
            matter.toned(rng, site.textures, ("concrete", "brick"), colour(rng, (0.0, 0.4), (0.4, 0.65), (0.0, 0.1))),
            int(rng.integers(2, 6)),
        )
        tall = rows * 0.25
        for row in range(rows):
            heap.boxes(
                [
                    (0.42 * k - long / 2 + 0.2, float(rng.normal(0, 0.02)), row * 0.25 + 0.125)
                    for k in range(int(long / 0.42))
                ],
                (0.4, 1.0, 0.24),
                stone,
            )
    site.stand(heap, x, y, yaw, thing="stack")
    z = site.terrain.at(x, y)
    site.obstacles.add(x, y, long / 2, 0.6, yaw, z - 1, z + tall)


def _stands(half: np.ndarray, site: Site, kind: str) -> list[views.Stand]:
    def inside(rng: np.random.Generator) -> views.Place:
        x, y = (rng.uniform(-0.9, 0.9, 2) * half).tolist()
        towards = np.arctan2(-y, -x) + float(rng.normal(0, 0.6))
        return x, y, site.terrain.at(x, y), float(towards)

    truck = 0.25 if kind == "works" else 0.05
    return [
        views.walker(inside, 0.4),
        views.robot(inside, 0.2),
        views.truck(inside, truck),
        views.drone(inside, 0.15),
        views.car(inside, 0.1),
    ]
