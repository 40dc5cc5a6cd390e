"""Car parks: rows of bays between lanes, islands with trees, a shop or flats beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.scenes.environments import Environments
from spnet.scenes.models import Stock
from spnet.scenes.outdoors import backdrop, matter, roadside, traffic, views
from spnet.scenes.outdoors.barriers import hedge, random_barrier
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.houses import Plan as House
from spnet.scenes.outdoors.houses import random_plan
from spnet.scenes.outdoors.lots import put_up
from spnet.scenes.outdoors.painted import Patch, step, surface
from spnet.scenes.outdoors.roads import Road, Section, stations
from spnet.scenes.outdoors.scenery import between, chance, finished, season
from spnet.scenes.outdoors.site import Site, facing
from spnet.scenes.outdoors.terrain import Terrain, random_relief
from spnet.scenes.outdoors.track import drawn
from spnet.scenes.outdoors.trees import Grove
from spnet.scenes.scene import Material, Scene

ISLAND = 0.12  # height of islands over the asphalt, metres; ours


@dataclass(frozen=True)
class Plan:
    """A car park, in metres: the straight track runs along its lanes.

    Attributes:
        long: from -long/3 to 2 long/3 along the track.
        rows: positions across of the lines against which cars stand from both sides.
        bay: width and depth of a bay.
        half: half its width.
    """

    long: float
    rows: tuple[float, ...]
    bay: tuple[float, float]
    half: float

    @property
    def span(self) -> tuple[float, float]:
        """Stations of its ends."""
        return -self.long / 3, 2 * self.long / 3


def car_park(rng: np.random.Generator, stock: Stock, environments: Environments) -> Scene:
    """A car park between shops, flats or trees."""
    when = season(rng)
    bay = (between(rng, 2.35, 2.7), between(rng, 4.8, 5.4))
    pitch = 2 * bay[1] + between(rng, 5.5, 6.8)
    count = int(rng.integers(1, 4))
    rows = tuple(float(v) for v in (np.arange(count) - (count - 1) / 2) * pitch)
    plan = Plan(between(rng, 40, 80), rows, bay, count * pitch / 2 + 0.5)
    track = drawn(rng, plan.long / 3 + 1, 2 * plan.long / 3 + 1, hill=float(rng.choice([0.0, 0.02, 0.04])))
    relief = random_relief(rng, between(rng, 0.3, 4.0), rise=between(rng, 0, 40))
    site = Site(rng, stock, Terrain(relief, [(track, plan.half, plan.half)], blend=18.0))
    road = Road(track, Section((0, 1), 2 * plan.half, (0, 0), 0.0, (0, 0), 0.0), *plan.span)
    site.focus = track.at(np.linspace(-8, 0.4 * plan.long, 5), 0.0)[:, :2]
    grass = matter.grass(rng, site.textures)
    _ground(site, road, plan, grass)
    _surroundings(site, road, plan)
    grove = Grove(site, ("stock", "broad", "bush"), when)
    _islands(site, road, plan, grove, grass)
    _vehicles(site, road, plan)
    _rest(site, road, plan, grove, when)
    backdrop.land(site, grass, sink=0.5, within=0.0)
    facts = {"type": "car park", "season": when, "rows": str(count)}
    return finished(site, "car_park", environments, _stands(road, plan), facts, track.spot(8.0)[:2], 42.0)


def _ground(site: Site, road: Road, plan: Plan, grass: Material) -> None:
    """Asphalt with the lines of its bays, a kerb round it."""
    rng = site.rng
    base, paint, heap = matter.asphalt(rng, site.textures), matter.marking(rng, chance(rng, 0.15)), Heap()
    bays = base if chance(rng, 0.6) else matter.paving(rng, site.textures)
    marks = []
    low, high = plan.span
    for t in plan.rows:
        marks.append(Patch(low + 3, high - 3, t - plan.bay[1], t + plan.bay[1], bays))
        for s in np.arange(low + 3, high - 2.9, plan.bay[0]).tolist():
            marks.append(Patch(s, s + 0.1, t - plan.bay[1], t + plan.bay[1], paint))
        marks.append(Patch(low + 3, high - 3, t - 0.05, t + 0.05, paint))
    for _ in range(int(rng.integers(0, 6))):
        s, t = between(rng, low, high - 6), between(rng, -plan.half, plan.half - 2)
        marks.append(Patch(s, s + between(rng, 1, 6), t, t + between(rng, 0.6, 2), matter.patched(rng, base)))
    surface(heap, road.track, stations(low, high, 4.0), np.linspace(-plan.half, plan.half, 9), base, marks)
    kerbs = matter.kerb(rng, site.textures)
    s = stations(low, high, 3.0)
    for side in (-1, 1):
        t = side * plan.half
        surface(heap, road.track, s, np.sort([t, t + side * 0.15]), kerbs, profile=lambda s, t: 0.12 + 0 * s * t)
        step(heap, road.track, s, t, -0.05, 0.12, kerbs, right=side < 0)
        strip = np.sort(t + side * np.array([0.15, 1, 2, 3.5, 5.5, 8]))
        surface(heap, road.track, s, strip, grass, world=lambda p: site.terrain.height(p) + 0.1)
    site.add(heap)


def _islands(site: Site, road: Road, plan: Plan, grove: Grove, grass: Material) -> None:
    """Raised beds with trees in the rows."""
    rng = site.rng
    kerbs, low, high = matter.kerb(rng, site.textures), *plan.span
    heap, places = Heap(), []
    every = int(rng.integers(4, 9))
    for t in plan.rows:
        if chance(rng, 0.35):
            continue
        for k in range(every, int((high - low - 6) / plan.bay[0]), every):
            s = low + 3 + k * plan.bay[0]
            x, y, z = road.track.spot(s + plan.bay[0] / 2, t)
            size = (plan.bay[0] - 0.3, 2 * plan.bay[1] - 0.8, 0.3)
            yaw = road.track.heading(s)
            heap.box((x, y, z - 0.15 + ISLAND), size, kerbs, yaw)
            heap.box((x, y, z - 0.13 + ISLAND), (size[0] - 0.3, size[1] - 0.3, 0.3), grass, yaw)
            site.obstacles.add(x, y, size[0] / 2, size[1] / 2, yaw, z - 1, z + 0.3)
            places.append(road.track.at(s + plan.bay[0] / 2, t + between(rng, -2, 2))[:2])
    site.add(heap, "island")
    if places:
        grove.plant(np.array(places), scale=(0.55, 0.95))


def _vehicles(site: Site, road: Road, plan: Plan) -> None:
    """Cars in their bays, some on the lanes."""
    rng, (low, high) = site.rng, plan.span
    full = between(rng, 0.15, 0.95)
    stations_ = np.arange(low + 3 + plan.bay[0] / 2, high - 3, plan.bay[0])
    bays = [(s, t, side) for s in traffic.nearest_first(stations_) for t in plan.rows for side in (-1, 1)]
    for s, t, side in bays:
        chosen = traffic.kind(site, parked=True)
        if chosen is None or not chance(rng, full):
            continue
        x, y, z = road.track.spot(s, t + side * (plan.bay[1] / 2 + 0.05 + float(rng.normal(0, 0.1))))
        across = road.track.heading(s) - side * np.pi / 2
        heading = across + (np.pi if chance(rng, 0.6) else 0.0) + float(rng.normal(0, 0.02))
        site.put(chosen, x, y, facing(heading), z=z, room=0.05, tilted=True)
    lanes = [t + plan.bay[1] + 1.6 for t in plan.rows]
    for _ in range(int(rng.integers(0, 4))):
        s, t = between(rng, low + 4, high - 4), lanes[int(rng.integers(0, len(lanes)))]
        traffic.vehicle(site, road, traffic.kind(site, parked=True) or "car", s, t, int(rng.choice([-1, 1])))


def _surroundings(site: Site, road: Road, plan: Plan) -> None:
    """A shop, flats, houses round the car park."""
    rng, (low, high) = site.rng, plan.span
    for side in (-1, 1):
        s = low
        while s < high:
            kind = str(rng.choice(["hall", "flats", "office", "terrace", "detached"], p=[0.3, 0.2, 0.15, 0.2, 0.15]))
            design = random_plan(rng, kind, 2 if abs(s - 5) < 35 else 1)
            if chance(rng, 0.65):
                back = plan.half + between(rng, 3, 9)
                _stand(site, road, s + design.width / 2, side * back, np.pi if side > 0 else 0.0, design)
            s += design.width + between(rng, 0, 9)
    for s, yaw in ((high + between(rng, 5, 12), -np.pi / 2), (low - between(rng, 5, 12), np.pi / 2)):
        for t in np.arange(-plan.half, plan.half, 19.0):
            design = random_plan(rng, str(rng.choice(["hall", "flats", "terrace", "detached"])), 1)
            if chance(rng, 0.75):
                _stand(site, road, s, float(t) + 6, yaw, design)


def _stand(site: Site, road: Road, s: float, t: float, turned: float, design: House) -> None:
    """Put up a building whose front's middle is at (s, t)."""
    x, y, _ = road.track.spot(s, t)
    put_up(site, design, x, y, road.track.heading(s) + turned, room=-0.3)


def _rest(site: Site, road: Road, plan: Plan, grove: Grove, when: str) -> None:
    """Lamps, trolleys, people, hedges, trees round about."""
    rng, (low, high) = site.rng, plan.span
    for t in plan.rows:
        for s in np.arange(low + 8, high, between(rng, 14, 24)).tolist():
            x, y, z = road.track.spot(s, t)
            site.put("street_lamp", x, y, z=z, force=True)
    for _ in range(int(rng.integers(2, 14))):
        x, y, _ = road.track.spot(between(rng, -8, 35), between(rng, -plan.half, plan.half))
        site.put(str(rng.choice(["person", "person", "bin", "sign", "bollard", "bicycle", "box", "trolley"])), x, y)
    heap = Heap()
    for side in (-1, 1):
        path = site.ground(road.track.at(np.arange(low, high, 2.5), side * (plan.half + 1.2))[:, :2])
        if chance(rng, 0.45):
            high = between(rng, 0.6, 1.4)
            hedge(heap, rng, path, high, 0.8, matter.foliage(rng, when), 1.0)
            site.block(path, high, 1.0)
        elif chance(rng, 0.4):
            site.block(path, random_barrier(heap, rng, site.textures, path))
    site.add(heap, "fence")
    away = rng.choice([-1, 1], 40) * (plan.half + rng.uniform(2.5, 30, 40))
    points = road.track.at(rng.uniform(low - 20, high + 30, 40), away)[:, :2]
    grove.plant(points[site.obstacles.distance(points) > 1.8], scale=(0.6, 1.2))
    backdrop.town(site, 22, 80, 260, (6, 24))
    backdrop.woods(site, grove, 40)
    if chance(rng, 0.3):
        roadside.works(site, road.track.at(np.linspace(4, 10, 5), plan.half - 2.0))


def _stands(road: Road, plan: Plan) -> list[views.Stand]:
    lanes = [*(t + plan.bay[1] + 1.5 for t in plan.rows), plan.rows[0] - plan.bay[1] - 1.5]

    def lane(rng: np.random.Generator) -> views.Place:
        s = float(rng.uniform(-8, 0.4 * plan.long))
        x, y, z = road.track.spot(s, lanes[int(rng.integers(0, len(lanes)))])
        return x, y, z, road.track.heading(s) + np.pi * float(rng.integers(0, 2))

    def anywhere(rng: np.random.Generator) -> views.Place:
        s = float(rng.uniform(-10, 0.45 * plan.long))
        x, y, z = road.track.spot(s, float(rng.uniform(-plan.half, plan.half)))
        return x, y, z, float(rng.uniform(0, 2 * np.pi))

    return [
        *(views.car(lane, 0.35), views.walker(anywhere, 0.25), views.robot(anywhere, 0.15)),
        *(views.cyclist(lane, 0.05), views.drone(anywhere, 0.2)),
    ]
