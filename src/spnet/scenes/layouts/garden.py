"""Gardens and terraces behind houses."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.environments import Environments
from spnet.scenes.models import Stock
from spnet.scenes.outdoors import backdrop, matter, views, wild
from spnet.scenes.outdoors.barriers import hedge, random_barrier, resampled
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.houses import Plan, random_plan
from spnet.scenes.outdoors.leaves import blades
from spnet.scenes.outdoors.lots import put_up
from spnet.scenes.outdoors.painted import Patch, surface
from spnet.scenes.outdoors.roads import stations
from spnet.scenes.outdoors.scenery import between, chance, finished, season
from spnet.scenes.outdoors.site import Site, facing
from spnet.scenes.outdoors.terrain import Terrain, random_relief
from spnet.scenes.outdoors.track import Track
from spnet.scenes.outdoors.trees import Grove
from spnet.scenes.scene import Material, Scene
from spnet.scenes.surfaces import textured

TERRACE = 4.5  # metres that a terrace reaches out from the house; ours


def garden(rng: np.random.Generator, stock: Stock, environments: Environments) -> Scene:
    """A garden behind a house: terrace, lawn, beds, a shed, hedges, neighbours."""
    when, half, deep = season(rng), between(rng, 5, 12), between(rng, 10, 26)
    s = np.arange(-3.0, deep + 3, 1.0)
    fall = float(rng.choice([0.0, 0.0, 0.03, -0.03, 0.08]))
    track = Track(s, np.column_stack([0 * s, s, fall * np.maximum(s - TERRACE, 0)]), np.full(len(s), np.pi / 2))
    relief = random_relief(rng, between(rng, 0.2, 3.0), rise=between(rng, 0, 40))
    site = Site(rng, stock, Terrain(relief, [(track, half + 1, half + 1)], blend=18.0))
    site.focus = np.column_stack([rng.uniform(-half, half, 6) * 0.7, rng.uniform(1, deep - 2, 6)])
    grass = matter.grass(rng, site.textures, float(rng.random() ** 3))
    _ground(site, track, half, deep, grass)
    _houses(site, half, deep)
    leaf = matter.foliage(rng, when)
    _edges(site, half, deep, leaf)
    grove = Grove(site, ("stock", "broad", "conifer", "bush", "bush"), when)
    _plants(site, half, deep, grove, when)
    _terrace(site, half)
    _lawn(site, half, deep)
    backdrop.land(site, grass, sink=0.4, within=0.5)
    backdrop.town(site, 16, 55, 200, (5, 9))
    backdrop.woods(site, grove, 50, 55)
    facts = {"type": "garden", "season": when, "size": f"{2 * half:.0f} x {deep:.0f} m"}
    return finished(site, "garden", environments, _stands(site, half, deep), facts, (0.0, deep / 2), deep / 2 + 14)


def _ground(site: Site, track: Track, half: float, deep: float, grass: Material) -> None:
    """Terrace, lawn, beds, a path."""
    rng, textures = site.rng, site.textures
    floor = (
        matter.paving(rng, textures) if chance(rng, 0.6) else matter.toned(rng, textures, "boards", (0.46, 0.38, 0.3))
    )
    bed, path = matter.soil(rng, textures), matter.paving(rng, textures)
    patches = [Patch(-3, TERRACE, -half - 1, half + 1, floor)]
    side = int(rng.choice([-1, 1]))
    t = np.sort([side * (half - 0.5), side * (half - between(rng, 1.2, 2.2))])
    if chance(rng, 0.7):
        patches.append(Patch(TERRACE, deep + 3, float(t[0]), float(t[1]), bed))
    if chance(rng, 0.6):
        patches.append(Patch(TERRACE, deep - 1, -side * 1.0 - 0.5, -side * 1.0 + 0.4, path))
    for _ in range(int(rng.integers(0, 3))):
        a, b = between(rng, TERRACE + 1, deep - 3), between(rng, -half + 1, half - 2)
        patches.append(Patch(a, a + between(rng, 1.2, 3.5), b, b + between(rng, 0.8, 2), bed))
    heap = Heap()
    wave = rng.uniform(0.4, 1.2, 2)
    surface(
        *(heap, track, stations(-3, deep + 3, 0.8), np.linspace(-half - 1, half + 1, 24), grass, patches),
        profile=lambda s, t: np.where(s > TERRACE, 0.03 * np.sin(wave[0] * s) * np.sin(wave[1] * t) - 0.04, 0.0),
    )
    site.add(heap)


def _houses(site: Site, half: float, deep: float) -> None:
    """The house, its neighbours, those across."""
    rng = site.rng
    own = random_plan(rng, "detached" if half > 6.5 else "terrace", 2)
    width = max(own.width, 2 * half - between(rng, 0, 3))
    own = Plan("detached", width, own.depth, own.storeys, 2.8, own.roof, own.pitch, "door", own.balconies)
    put_up(site, own, 0.0, 0.0, np.pi)
    for side in (-1, 1):
        plan = random_plan(rng, "detached", 2)
        put_up(
            site, plan, side * (half + 1 + plan.width / 2 + between(rng, 1, 7)), between(rng, -3, 3), np.pi, room=0.3
        )
    for x in np.arange(-30, 31, 15.0):
        plan = random_plan(rng, str(rng.choice(["detached", "detached", "flats"])), 1)
        put_up(
            site,
            plan,
            float(x) + between(rng, -3, 3),
            deep + between(rng, 9, 20),
            float(rng.choice([0.0, np.pi])),
            room=0.5,
        )
    if chance(rng, 0.6):
        shed = Plan("garage", between(rng, 2, 3.5), between(rng, 1.8, 2.8), 1, 2.1, "shed", 0.3, "windows")
        side = int(rng.choice([-1, 1]))
        put_up(site, shed, side * (half - 2.2), deep - 1.0 - shed.depth, 0.0, room=0.2)


def _edges(site: Site, half: float, deep: float, leaf: Material) -> None:
    """Hedges, fences and walls on three sides."""
    rng, heap = site.rng, Heap()
    for path in (
        [(-half, 0.3), (-half, deep)],
        [(-half, deep), (half, deep)],
        [(half, deep), (half, 0.3)],
    ):
        points = site.ground(resampled(np.column_stack([np.array(path), [0.0, 0.0]]), 2.0)[:, :2])
        if chance(rng, 0.45):
            high = between(rng, 1.0, 2.4)
            hedge(heap, rng, points, high, between(rng, 0.5, 0.9), leaf, 1.4)
        else:
            high = random_barrier(heap, rng, site.textures, points, 1.2, leaf)
        (x0, y0), (x1, y1) = path
        length, yaw = float(np.hypot(x1 - x0, y1 - y0)), float(np.arctan2(y1 - y0, x1 - x0))
        z = site.terrain.at((x0 + x1) / 2, (y0 + y1) / 2)
        site.obstacles.add((x0 + x1) / 2, (y0 + y1) / 2, length / 2, 0.4, yaw, z - 3, z + high)
    site.add(heap, "fence")


def _plants(site: Site, half: float, deep: float, grove: Grove, when: str) -> None:
    rng = site.rng
    points = np.column_stack([rng.uniform(-half + 1, half - 1, 7), rng.uniform(TERRACE + 1.5, deep - 1, 7)])
    grove.plant(points[(site.obstacles.distance(points) > 1.0) & (rng.random(7) < 0.6)], scale=(0.3, 0.8))
    around = np.column_stack([rng.uniform(-45, 45, 90), rng.uniform(-30, deep + 45, 90)])
    outside = (np.abs(around[:, 0]) > half + 1) | (around[:, 1] > deep + 1)
    grove.plant(around[outside & (site.obstacles.distance(around) > 1.5)], scale=(0.4, 1.1))
    edge = np.column_stack(
        [rng.choice([-1, 1], 70) * (half - rng.uniform(0.4, 1.8, 70)), rng.uniform(TERRACE, deep - 0.5, 70)]
    )
    edge = edge[site.obstacles.distance(edge) > -0.2]
    for part in np.array_split(edge, 3):
        if chance(rng, 0.75):
            wild.ferns(
                site, part, (0.15, 0.55), matter.foliage(rng, str(rng.choice(["spring", "summer", "autumn"]))), 24
            )
    lawn = np.column_stack([rng.uniform(-half + 1, half - 1, 20), rng.uniform(TERRACE + 1, deep - 1, 20)])
    heap = Heap()
    feet = lawn[rng.integers(0, len(lawn), 7000)] + rng.normal(0, 1.6, (7000, 2))
    feet = feet[(np.abs(feet[:, 0]) < half - 0.8) & (feet[:, 1] > TERRACE + 0.1) & (feet[:, 1] < deep - 0.5)]
    heap.add(
        blades(rng, np.column_stack([feet, site.terrain.height(feet) - 0.05]), between(rng, 0.05, 0.14), 0.01),
        matter.foliage(rng, "summer"),
    )
    site.add(heap)


def _terrace(site: Site, half: float) -> None:
    """Table and chairs, a parasol, pots."""
    rng = site.rng
    x, y = between(rng, -half + 2.2, half - 2.2), between(rng, 1.8, 3.2)
    if site.put("table", x, y, float(rng.choice([0.0, np.pi / 2])), room=0.0):
        for k in range(int(rng.integers(2, 6))):
            angle = k * 2 * np.pi / 5 + between(rng, -0.3, 0.3)
            away = between(rng, 0.95, 1.25)
            site.put("chair", x + away * np.cos(angle), y + away * np.sin(angle), facing(angle + np.pi), room=-0.08)
    if chance(rng, 0.5):
        _parasol(site, x + between(rng, -0.6, 0.6), y + between(rng, -0.6, 0.6))
    for _ in range(int(rng.integers(2, 12))):
        kind = str(rng.choice(["plant", "plant", "plant", "vase", "box", "broom", "toy", "bench", "shoe", "basket"]))
        site.put(kind, between(rng, -half + 0.6, half - 0.6), between(rng, 0.5, TERRACE), room=0.05)


def _parasol(site: Site, x: float, y: float) -> None:
    """A sunshade on its pole."""
    rng, z = site.rng, site.terrain.at(x, y)
    cloth, metal = textured(rng, site.textures, ("plain_cloth", "striped"), roughness=(0.8, 1.0)), matter.metal(rng)
    heap, r, high = Heap(), between(rng, 1.1, 1.7), between(rng, 2.1, 2.5)
    heap.add(shapes.bar((x, y, z), (x, y, z + high + 0.1), 0.022, 7), metal)
    heap.add(shapes.bar((x, y, z), (x, y, z + 0.12), (0.28, 0.22), 12), metal)
    heap.add(
        shapes.lathe([(r, high - 0.42), (0.5 * r, high - 0.16), (0.01, high)], 8).moved(np.eye(3), (x, y, z)), cloth
    )
    heap.add(
        shapes.lathe([(0.01, high - 0.02), (0.5 * r, high - 0.18), (r, high - 0.44)], 8).moved(np.eye(3), (x, y, z)),
        cloth,
    )
    site.add(heap, "parasol")


def _lawn(site: Site, half: float, deep: float) -> None:
    """Toys, balls, tools, beasts, people, laundry on the grass."""
    rng = site.rng
    for _ in range(int(rng.integers(1, 10))):
        kind = str(
            rng.choice(
                ["ball", "toy", "person", "animal", "bench", "basket", "bicycle", "ladder", "drying_rack", "rock"]
            )
        )
        site.put(kind, between(rng, -half + 1, half - 1), between(rng, TERRACE + 0.5, deep - 1), room=0.1)


def _stands(site: Site, half: float, deep: float) -> list[views.Stand]:
    def lawn(rng: np.random.Generator) -> views.Place:
        x, y = float(rng.uniform(-half + 0.8, half - 0.8)), float(rng.uniform(1.0, deep - 1))
        return x, y, site.terrain.at(x, y), float(np.arctan2(deep / 2 - y, -x) + rng.normal(0, 0.7))

    return [views.walker(lawn, 0.5), views.robot(lawn, 0.25), views.drone(lawn, 0.25)]
