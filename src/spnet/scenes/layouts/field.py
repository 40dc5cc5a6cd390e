"""Open country and parks: meadows, fields with crops, vineyards, lawns with paths."""

from __future__ import annotations

import numpy as np

from spnet.scenes.environments import Environments
from spnet.scenes.models import Stock
from spnet.scenes.outdoors import backdrop, matter, roads, views, wild
from spnet.scenes.outdoors.barriers import pickets, rails, wall
from spnet.scenes.outdoors.heap import Heap, quads
from spnet.scenes.outdoors.houses import random_plan
from spnet.scenes.outdoors.lots import put_up
from spnet.scenes.outdoors.painted import surface
from spnet.scenes.outdoors.scenery import between, chance, finished, season
from spnet.scenes.outdoors.site import Site, facing
from spnet.scenes.outdoors.terrain import Terrain, random_relief
from spnet.scenes.outdoors.track import Track, drawn
from spnet.scenes.outdoors.trees import Grove
from spnet.scenes.scene import Material, Scene

VIEWED = (-12.0, 34.0)  # stations where cameras stand; ours


def field(rng: np.random.Generator, stock: Stock, environments: Environments) -> Scene:
    """A meadow, a crop, a vineyard or a park, crossed by a path."""
    kind = str(rng.choice(["meadow", "crop", "vineyard", "park"], p=[0.3, 0.2, 0.12, 0.38]))
    when = season(rng)
    half = between(rng, 0.7, 2.2)
    track = drawn(rng, 80, 160, bend=1 / 45, hill=between(rng, 0.0, 0.1))
    relief = random_relief(rng, between(rng, 0.5, 8.0), (18.0, 160.0), rise=between(rng, 0, 80))
    site = Site(rng, stock, Terrain(relief, [(track, half, half)], blend=between(rng, 8, 25)))
    grass = matter.grass(rng, site.textures)
    _ground(site, track, half, kind, grass)
    site.focus = track.at(np.linspace(*VIEWED, 6))[:, :2]
    grove = Grove(site, ("stock", "stock", "slender", "conifer", "bush"), when)
    if kind == "park":
        _park(site, track, half, grove)
    else:
        _country(site, track, half, kind, when)
    _houses(site, int(rng.integers(0, 4)))
    _trees(site, track, grove, kind)
    _near(site, track, kind, when)
    facts = {"type": kind, "season": when, "path": f"{2 * half:.1f} m"}
    return finished(site, "field", environments, _stands(track, half), facts, track.spot(12.0)[:2], 46.0)


def _ground(site: Site, track: Track, half: float, kind: str, grass: Material) -> None:
    rng, textures = site.rng, site.textures
    makers = (
        (matter.gravel, matter.asphalt, matter.paving)
        if kind == "park"
        else (matter.gravel, matter.soil, matter.asphalt)
    )
    path = makers[int(rng.integers(0, 3))](rng, textures)
    heap, s = Heap(), roads.stations(-80, 160, 1.5)
    across = np.linspace(-half, half, 7)
    wave = rng.uniform(0.2, 0.9, 2)
    surface(heap, track, s, across, path, profile=lambda s, t: 0.015 * np.sin(wave[0] * s + t) - 0.02 * (t / half) ** 2)
    for side in (-1, 1):
        t = np.sort(side * (half + np.array([-0.02, 0.3, 0.8, 1.5, 2.5, 4, 6, 8.5, 12, 16])))
        surface(
            heap,
            track,
            s,
            t,
            grass,
            world=lambda p: site.terrain.height(p) + 0.04 * np.sin(1.3 * p[:, 0]) * np.sin(1.1 * p[:, 1]),
        )
    site.add(heap)
    if kind == "park":
        backdrop.land(site, grass, sink=0.6, within=14.0)
    else:
        backdrop.fields(site, [grass, *(matter.field(rng, textures) for _ in range(4))], sink=0.6, within=14.0)


def _country(site: Site, track: Track, half: float, kind: str, when: str) -> None:
    """Crops, fences, bales, beasts."""
    rng, textures = site.rng, site.textures
    heap = Heap()
    for side in (-1, 1):
        if chance(rng, 0.5):
            path = site.ground(track.at(np.arange(-40, 90, 3.0), side * (half + between(rng, 0.6, 2.5)))[:, :2])
            rails(
                heap,
                path,
                between(rng, 1.0, 1.4),
                int(rng.integers(2, 5)),
                matter.wood(rng, textures),
                round_=chance(rng, 0.6),
            )
            site.block(path, 1.2, 0.2)
    site.add(heap, "fence")
    if kind in ("crop", "vineyard"):
        side, s = int(rng.choice([-1, 1])), between(rng, 0, 8)
        start = track.at(s - 14, side * (half + 2.5))[:2]
        along = track.heading(s) + (0.0 if kind == "crop" or chance(rng, 0.5) else np.pi / 2)
        high = between(rng, 0.2, 2.2) if kind == "crop" else between(rng, 1.4, 1.9)
        spacing = between(rng, 0.6, 0.9) if kind == "crop" else between(rng, 1.8, 2.6)
        count = 22 if kind == "crop" else 10
        leaf = matter.foliage(rng, when)
        wild.rows(
            site, start, along, 42.0, -side * spacing if along == track.heading(s) else spacing, count, high, leaf
        )
    if chance(rng, 0.4):
        wild.bales(site, track.at(rng.uniform(5, 90, 9), rng.choice([-1, 1], 9) * rng.uniform(5, 45, 9))[:, :2])
    for _ in range(int(rng.integers(0, 9))):
        x, y, _ = track.spot(between(rng, 6, 60), float(rng.choice([-1, 1])) * between(rng, 4, 25))
        site.put("animal", x, y)
    if chance(rng, 0.5):
        wild.rocks(
            site, track.at(rng.uniform(-5, 40, 8), rng.choice([-1, 1], 8) * rng.uniform(2, 18, 8))[:, :2], (0.2, 1.6)
        )


def _park(site: Site, track: Track, half: float, grove: Grove) -> None:
    """Benches, bins, lamps, people, a pond, beds."""
    rng, textures = site.rng, site.textures
    for _ in range(int(rng.integers(4, 14))):
        s, side = between(rng, -10, 60), int(rng.choice([-1, 1]))
        kind = str(rng.choice(["street_bench", "street_bench", "bin", "street_lamp", "sign", "bicycle"]))
        x, y, _ = track.spot(s, side * (half + 0.8))
        site.put(kind, x, y, facing(track.heading(s) + side * np.pi / 2))
    for _ in range(int(rng.integers(1, 16))):
        x, y, _ = track.spot(between(rng, -5, 60), between(rng, -half - 8, half + 8))
        site.put(str(rng.choice(["person", "person", "person", "animal", "ball"])), x, y)
    if chance(rng, 0.35):
        _pond(site, track, half)
    heap = Heap()
    if chance(rng, 0.4):
        s, side = between(rng, -5, 25), int(rng.choice([-1, 1]))
        line = track.at(np.linspace(s, s + 16, 9), side * (half + between(rng, 1.5, 5)))
        path = site.ground(line[:, :2])
        site.block(path, 1.1, 0.6)
        if chance(rng, 0.5):
            pickets(heap, path, between(rng, 0.6, 1.2), matter.wood(rng, textures), 0.06)
        else:
            wall(heap, path, between(rng, 0.4, 1.1), 0.35, matter.masonry(rng, textures), matter.kerb(rng, textures))
    site.add(heap, "fence")


def _pond(site: Site, track: Track, half: float) -> None:
    """A pool of water with a stone rim."""
    rng = site.rng
    x, y, _ = track.spot(between(rng, 8, 30), float(rng.choice([-1, 1])) * (half + 9))
    z = site.terrain.at(x, y) + 0.35
    angle = np.linspace(0, 2 * np.pi, 33)
    r = between(rng, 3.0, 5.5) * (1 + 0.12 * np.sin(2 * angle + 1) + 0.08 * np.sin(3 * angle))
    rim = np.column_stack([x + r * np.cos(angle), y + r * np.sin(angle), np.full(33, z)])
    water = Material((0.03, 0.05, 0.045), roughness=0.04, reflectance=0.06, grain=0.1, grain_size=1.0)
    heap = Heap()
    middle = np.broadcast_to(np.array([x, y, z - 0.06]), (32, 3))
    heap.add(quads(np.stack([middle, rim[:-1], rim[1:], middle], 1) - np.array([0, 0, 0.06])), water)
    wall(
        heap,
        rim - np.array([0, 0, 0.35]),
        0.35,
        0.4,
        matter.masonry(rng, site.textures),
        matter.kerb(rng, site.textures),
    )
    site.add(heap, "pond")
    site.obstacles.add(x, y, float(r.max()), float(r.max()), 0.0, z - 3, z + 0.1)


def _houses(site: Site, count: int) -> None:
    """A few buildings at some distance."""
    rng = site.rng
    for _ in range(count):
        angle, away = between(rng, 0, 6.28), between(rng, 28, 80)
        x, y = away * np.cos(angle), away * np.sin(angle)
        plan = random_plan(rng, str(rng.choice(["detached", "detached", "hall", "flats"])), 1)
        gap, _ = site.terrain.nearest([(x, y)])
        if gap[0] > 12:
            put_up(site, plan, x, y, angle - np.pi / 2, room=2.0)


def _trees(site: Site, track: Track, grove: Grove, kind: str) -> None:
    rng = site.rng
    count = int(rng.integers(40, 110)) if kind == "park" else int(rng.integers(6, 45))
    points = track.at(rng.uniform(-60, 120, count), rng.choice([-1, 1], count) * rng.uniform(2.5, 55, count))[:, :2]
    gap, _ = site.terrain.nearest(points)
    grove.plant(points[(gap > 1.2) & (site.obstacles.distance(points) > 1.5)], scale=(0.6, 1.4))
    if chance(rng, 0.5):  # a row along a boundary
        angle = between(rng, 0, 3.14)
        line = np.linspace(-110, 110, 40)
        off = float(rng.choice([-1, 1])) * between(rng, 22, 55)
        row = np.column_stack([line * np.cos(angle) - off * np.sin(angle), line * np.sin(angle) + off * np.cos(angle)])
        row += rng.normal(0, 0.8, row.shape)
        gap, _ = site.terrain.nearest(row)
        grove.plant(row[(gap > 3) & (site.obstacles.distance(row) > 2)], scale=(0.8, 1.3))
    backdrop.woods(site, grove, int(rng.integers(150, 520)), 65, 330)
    backdrop.town(
        site, int(rng.integers(0, 10)) if kind != "park" else 22, 95, 300, (5, 9) if kind != "park" else (8, 30)
    )


def _near(site: Site, track: Track, kind: str, when: str) -> None:
    """Grass and flowers where cameras stand."""
    rng = site.rng
    middle = track.at(np.linspace(-12, 36, 18), rng.uniform(-5, 5, 18))[:, :2]
    high = between(rng, 0.05, 0.12) if kind == "park" else between(rng, 0.12, 0.6)
    wild.tufts(site, middle, 8.0, 14000, high, matter.foliage(rng, "summer" if when == "autumn" else when), keep=0.0)
    if kind != "park" and chance(rng, 0.6):
        s, t = rng.uniform(-12, 40, 60), rng.choice([-1, 1], 60) * rng.uniform(1.5, 14, 60)
        points = track.at(s, t)[:, :2]
        gap, _ = site.terrain.nearest(points)
        wild.ferns(site, points[gap > 0.2], (0.15, 0.5), matter.foliage(rng, when), 18)


def _stands(track: Track, half: float) -> list[views.Stand]:
    def path(rng: np.random.Generator) -> views.Place:
        s = float(rng.uniform(*VIEWED))
        x, y, z = track.spot(s, float(rng.uniform(-half, half)))
        return x, y, z, track.heading(s) + np.pi * float(rng.integers(0, 2))

    def off(rng: np.random.Generator) -> views.Place:
        s = float(rng.uniform(*VIEWED))
        x, y, z = track.spot(s, float(rng.uniform(-16, 16)))
        return x, y, z + 0.4, float(rng.uniform(0, 2 * np.pi))

    return [
        views.walker(path, 0.38),
        views.walker(off, 0.2),
        views.cyclist(path, 0.12),
        views.robot(path, 0.12),
        views.drone(off, 0.18),
    ]
