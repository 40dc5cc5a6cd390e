"""Roads outside towns: country roads between fields and woods, motorways."""

from __future__ import annotations

import numpy as np

from spnet.scenes.environments import Environments
from spnet.scenes.models import Stock
from spnet.scenes.outdoors import backdrop, matter, roads, roadside, traffic, views, wild
from spnet.scenes.outdoors.barriers import concrete_barrier, guard_rail, hedge, rails, wall
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.houses import random_plan
from spnet.scenes.outdoors.lots import put_up
from spnet.scenes.outdoors.painted import Patch, surface
from spnet.scenes.outdoors.roads import Road, Section
from spnet.scenes.outdoors.scenery import between, chance, finished, season
from spnet.scenes.outdoors.site import Site
from spnet.scenes.outdoors.terrain import Terrain, random_relief
from spnet.scenes.outdoors.track import drawn
from spnet.scenes.outdoors.trees import Grove
from spnet.scenes.scene import Scene

BACK, AHEAD = 90.0, 240.0  # metres of road before and behind the cameras' origin; ours
VIEWED = (-10.0, 50.0)  # stations where cameras stand; ours
STRIP = 18.0  # width of the ground beside a road that follows it exactly, metres; ours


def road(rng: np.random.Generator, stock: Stock, environments: Environments) -> Scene:
    """A country road or a motorway with what stands along it."""
    fast = chance(rng, 0.35)
    kind = "motorway" if fast else str(rng.choice(["country road", "lane", "avenue"], p=[0.6, 0.2, 0.2]))
    when = season(rng)
    way = _way(rng, kind)
    hills = between(rng, 1.0, 14.0)
    relief = random_relief(rng, hills, rise=between(rng, 0, 70))
    site = Site(rng, stock, Terrain(relief, [(way.track, *way.section.edge)], blend=between(rng, 14, 35)))
    _surfaces(site, way, fast, when)
    site.focus = way.track.at(np.linspace(*VIEWED, 7))[:, :2]
    _along(site, way, kind, when)
    density = between(rng, 0.1, 0.9) if fast else between(rng, 0.02, 0.35)
    traffic.drive(site, way, density)
    _farms(site, way, 0 if fast else int(rng.integers(0, 4)))
    _plants(site, way, kind, when)
    backdrop.town(site, int(rng.integers(0, 10)), 110, 300, (5, 12))
    facts = {"type": kind, "season": when, "lanes": "+".join(map(str, way.section.lanes))}
    return finished(site, "road", environments, _stands(way), facts, way.track.spot(20.0)[:2], 52.0)


def _way(rng: np.random.Generator, kind: str) -> Road:
    """The road's course and section."""
    if kind == "motorway":
        count = int(rng.integers(2, 4))
        section = Section((count, count), 3.6, (2.6, 2.6), 0.0, (1.5, 1.5))
        track = drawn(rng, BACK, AHEAD, bend=1 / 500, hill=0.03)
    elif kind == "lane":
        section = Section((0, 1), between(rng, 3.0, 4.2), (0.0, 0.0), 0.0, (0.8, 0.8), 0.01)
        track = drawn(rng, BACK, AHEAD, bend=1 / 55, hill=between(rng, 0.02, 0.14))
    else:
        section = Section((1, 1), between(rng, 2.7, 3.6), (0.0, 0.0), 0.0, (1.0, 1.0))
        track = drawn(rng, BACK, AHEAD, bend=1 / float(rng.choice([400, 130, 75])), hill=between(rng, 0.0, 0.12))
    return Road(track, section, -BACK, AHEAD)


def _surfaces(site: Site, way: Road, fast: bool, when: str) -> None:
    """Carriageway, verges, the fields beside and behind them."""
    rng, textures = site.rng, site.textures
    base = matter.asphalt(rng, textures)
    verge = matter.grass(rng, textures) if chance(rng, 0.7) else matter.gravel(rng, textures)
    roads.build(site, way, base, verge, verge, roads.markings(rng, way, base, urban=False))
    fields = [matter.field(rng, textures) for _ in range(4)]
    heap = Heap()
    for side in (-1, 1):
        edge = way.section.edge[side > 0]
        across = np.sort(side * (edge + np.array([0, 0.6, 1.4, 2.4, 3.6, 5, 7, 9.5, 12.5, STRIP])))
        patches, s = [], way.start
        while s < way.end:
            long = between(rng, 30, 140)
            a, b = sorted((side * (edge + between(rng, 1.5, 4)), side * (edge + STRIP)))
            patches.append(Patch(s, s + long, a, b, fields[int(rng.integers(0, 4))]))
            s += long
        surface(
            heap, way.track, roads.stations(way.start, way.end, 2.5), across, verge, patches, world=site.terrain.height
        )
    site.add(heap)
    backdrop.fields(site, fields, sink=0.8, within=STRIP - 3.0)


def _along(site: Site, way: Road, kind: str, when: str) -> None:
    """Rails, posts, boards, bridges, fences."""
    rng, textures = site.rng, site.textures
    metal = matter.metal(rng)
    s = np.arange(way.start, way.end, 4.0)
    heap = Heap()
    if kind == "motorway":
        if chance(rng, 0.6):
            concrete_barrier(heap, way.track.at(s, 0.0), matter.toned(rng, textures, "concrete", (0.6, 0.6, 0.58)))
        else:
            guard_rail(heap, way.track.at(s, 0.3), metal)
            guard_rail(heap, way.track.at(s, -0.3), metal)
        for k in range(int(rng.integers(0, 3))):
            roadside.gantry(site, way, between(rng, 25, 60) + 70 * k)
    for side in (-1, 1):
        t = side * (way.section.edge[side > 0] - 0.3)
        if chance(rng, 0.8 if kind == "motorway" else 0.25):
            guard_rail(heap, way.track.at(s, t), metal)
            site.block(way.track.at(s, t), 0.75, 0.3)
        elif kind != "motorway" and chance(rng, 0.5):
            path = site.ground(way.track.at(s, t + side * between(rng, 0.5, 3))[:, :2])
            _boundary(site, heap, path, when)
    site.add(heap, "barrier")
    if chance(rng, 0.6):
        roadside.delineators(site, way)
    if chance(rng, 0.3):
        roadside.bridge(site, way, between(rng, 30, 110), between(rng, 4.9, 7.0))
    if kind != "motorway" and chance(rng, 0.5):
        roadside.poles(site, way, int(rng.choice([-1, 1])), between(rng, 28, 48))
    for _ in range(int(rng.integers(0, 5))):
        side = int(rng.choice([-1, 1]))
        t = side * (way.section.edge[side > 0] + between(rng, 0.4, 2.0))
        size = (
            (between(rng, 0.6, 1.0), between(rng, 0.6, 1.0))
            if chance(rng, 0.7)
            else (between(rng, 2, 4), between(rng, 1.2, 2.4))
        )
        roadside.board(site, way, between(rng, 8, 120), t, size, between(rng, 1.2, 2.2))
    if chance(rng, 0.12):
        lane = way.section.half[1] - 0.6
        roadside.works(site, way.track.at(np.linspace(15, 45, 9), lane, way.sunk(lane)))


def _boundary(site: Site, heap: Heap, path: np.ndarray, when: str) -> None:
    """A fence, hedge or dry-stone wall between a road and a field."""
    rng, textures, style = site.rng, site.textures, site.rng.random()
    high = between(rng, 0.6, 1.3)
    if style < 0.45:
        high = 1.2
        rails(heap, path, high, int(rng.integers(2, 5)), matter.wood(rng, textures), round_=chance(rng, 0.5))
    elif style < 0.75:
        path, high = path[20:50], between(rng, 0.9, 2.2)
        hedge(heap, rng, path, high, 0.8, matter.foliage(rng, when), 1.6)
    else:
        path, stone = path[15:55], matter.toned(rng, textures, "rubble", (0.5, 0.49, 0.46))
        wall(heap, path, high, 0.5, stone, matter.kerb(rng, textures))
    site.block(path, high, 0.9 if style >= 0.45 else 0.2)


def _farms(site: Site, way: Road, count: int) -> None:
    """Single houses and barns near the road."""
    rng = site.rng
    for _ in range(count):
        s, side = between(rng, 15, 150), int(rng.choice([-1, 1]))
        plan = random_plan(rng, str(rng.choice(["detached", "detached", "hall"])), 2 if s < 50 else 1)
        t = side * (way.section.edge[side > 0] + between(rng, 7, 28))
        heading = way.track.heading(s)
        x, y, _ = way.track.spot(s, t)
        yaw = heading + (np.pi if side > 0 else 0.0) + float(rng.normal(0, 0.3))
        put_up(site, plan, x, y, yaw, room=1.0)


def _plants(site: Site, way: Road, kind: str, when: str) -> None:
    """Avenues, copses, grass on the verges, woods far off."""
    rng = site.rng
    grove = Grove(site, ("stock", "broad", "conifer", "slender", "bush"), when)
    edge = way.section.edge
    if kind == "avenue":
        for side in (-1, 1):
            s = np.arange(-80, 230, between(rng, 8, 14))
            points = way.track.at(s, side * (edge[side > 0] + 1.2))[:, :2] + rng.normal(0, 0.3, (len(s), 2))
            grove.plant(points[site.obstacles.distance(points) > 0.8], which=0, scale=(0.9, 1.3))
    wooded = chance(rng, 0.45)
    count = int(rng.integers(60, 170)) if wooded else int(rng.integers(10, 60))
    s = rng.uniform(-BACK, AHEAD, count)
    t = rng.choice([-1, 1], count) * (edge[1] + rng.uniform(2.5, 30 if wooded else 60, count))
    if wooded and chance(rng, 0.5):
        t = np.abs(t) * float(rng.choice([-1, 1]))
    points = way.track.at(s, t)[:, :2]
    gap, _ = site.terrain.nearest(points)
    grove.plant(points[(site.obstacles.distance(points) > 1.5) & (gap > 1.5)], scale=(0.6, 1.3))
    backdrop.woods(site, grove, int(rng.integers(120, 520)), 65, 330)
    blade = matter.foliage(rng, "summer")
    middle = way.track.at(np.linspace(-6, 46, 14), np.array([-1, 1] * 7) * (edge[1] + 1.5))[:, :2]
    wild.tufts(site, middle, 4.5, 11000, between(rng, 0.12, 0.5), blade, keep=-0.4)


def _stands(way: Road) -> list[views.Stand]:
    def lane(rng: np.random.Generator) -> views.Place:
        side = 1 if not way.section.lanes[0] or rng.random() < 0.85 else -1
        s = float(rng.uniform(*VIEWED))
        x, y, z = way.on(s, way.lane_middle(side, int(rng.integers(0, way.section.lanes[side > 0]))))
        return x, y, z, way.track.heading(s) + (0.0 if side > 0 else np.pi)

    def verge(rng: np.random.Generator) -> views.Place:
        s, side = float(rng.uniform(*VIEWED)), int(rng.choice([-1, 1]))
        x, y, z = way.beside(s, side * (way.section.edge[side > 0] - 0.4))
        return x, y, z, way.track.heading(s) + float(rng.choice([0.0, np.pi])) - side * 0.2

    def air(rng: np.random.Generator) -> views.Place:
        s = float(rng.uniform(*VIEWED))
        x, y, z = way.beside(s, float(rng.uniform(-14, 14)))
        return x, y, z, way.track.heading(s)

    return [
        views.car(lane, 0.55),
        views.cyclist(verge, 0.12),
        views.walker(verge, 0.15),
        views.robot(verge, 0.05),
        views.drone(air, 0.13),
    ]
