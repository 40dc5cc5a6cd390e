"""Streets of towns, suburbs, villages, estates and industry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.scenes.environments import Environments
from spnet.scenes.models import Stock
from spnet.scenes.outdoors import backdrop, lots, matter, roads, roadside, traffic, views
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.painted import Patch, surface
from spnet.scenes.outdoors.roads import Road, Section
from spnet.scenes.outdoors.scenery import between, chance, finished, season
from spnet.scenes.outdoors.site import Site
from spnet.scenes.outdoors.terrain import Terrain, random_relief
from spnet.scenes.outdoors.track import drawn
from spnet.scenes.outdoors.trees import Grove
from spnet.scenes.scene import Material, Scene

BACK, AHEAD = 70.0, 165.0  # metres of street before and behind the cameras' origin; ours
VIEWED = (-8.0, 40.0)  # stations where cameras stand; ours
STRIP = 14.0  # width of the ground beside a road that follows it exactly, metres; ours

HABITS = {
    "old town": ("stock", "broad"),
    "town": ("stock", "broad", "slender"),
    "suburb": ("stock", "broad", "conifer", "slender", "bush", "bush"),
    "village": ("stock", "broad", "conifer", "bush"),
    "estate": ("stock", "broad", "slender", "bush"),
    "centre": ("stock", "slender"),
    "industry": ("stock", "slender", "bush"),
}


@dataclass(frozen=True)
class Ground:
    """Materials of a street: its road, pavements, kerbs, gardens and beds, and the land behind."""

    road: Material
    pave: Material
    kerb: Material
    garden: Material
    bed: Material


def street(rng: np.random.Generator, stock: Stock, environments: Environments) -> Scene:
    """A street with houses, gardens, traffic and people."""
    quarter = str(rng.choice(list(lots.QUARTERS), p=[0.14, 0.22, 0.24, 0.12, 0.12, 0.1, 0.06]))
    when = season(rng)
    main, sides = _network(rng, quarter)
    tracks = [(road.track, *road.section.edge) for road in (main, *sides)]
    relief = random_relief(rng, between(rng, 0.5, 5.0), rise=between(rng, 0, 45))
    site = Site(rng, stock, Terrain(relief, tracks, blend=28.0))
    site.focus = main.track.at(np.linspace(*VIEWED, 7))[:, :2]
    ground = _materials(rng, site, when)
    _lay(site, main, sides, ground, quarter)
    plots = lots.parcelled(rng, main, lots.QUARTERS[quarter], sides[0].section.edge[1] if sides else 0.0)
    lots.built(site, main, plots)
    for road in sides:
        plot = lots.parcelled(rng, road, lots.QUARTERS[quarter], 0.0)
        lots.built(site, road, plot)
    leaf = matter.foliage(rng, when)
    lots.fenced(site, main, plots, lots.QUARTERS[quarter], leaf)
    _strips(site, main, plots, ground)
    backdrop.land(site, ground.garden, sink=0.8, within=STRIP - 2.0)
    traffic_density = between(rng, 0.02, 0.9) ** 1.5
    _life(site, main, sides, traffic_density, quarter)
    _green(site, main, plots, quarter, when)
    if quarter in ("old town", "town", "estate", "centre", "industry"):
        backdrop.town(site, 26, 75, 260, (8, 30) if quarter != "old town" else (8, 16))
    else:
        backdrop.town(site, 14, 60, 260, (4, 8))
    facts = {"type": quarter, "season": when, "lanes": "+".join(map(str, main.section.lanes))}
    middle = main.track.spot(18.0)
    return finished(site, "street", environments, _stands(site, main), facts, middle[:2], 48.0)


def _network(rng: np.random.Generator, quarter: str) -> tuple[Road, list[Road]]:
    """The street and its side streets."""
    wide = quarter in ("town", "centre", "estate")
    lanes = (2, 2) if wide and chance(rng, 0.25) else (0, 1) if quarter == "old town" and chance(rng, 0.4) else (1, 1)
    parking = tuple(2.1 if chance(rng, 0.45) else 0.0 for _ in range(2))
    pavement = between(rng, 1.2, 4.5) if quarter != "village" else between(rng, 0.8, 2.0)
    section = Section(
        lanes, between(rng, 2.7, 3.4), (parking[0], parking[1]), between(rng, 0.06, 0.16), (pavement, pavement)
    )
    hilly = float(rng.choice([0.0, 0.02, 0.05, 0.1]))
    bend = float(rng.choice([0.0, 1 / 250, 1 / 110, 1 / 70]))
    track = drawn(rng, BACK, AHEAD, bend=bend, hill=hilly)
    main = Road(track, section, -BACK, AHEAD)
    sides = []
    s = between(rng, 12, 60)
    while s < AHEAD - 30 and chance(rng, 0.75):
        part = Section((1, 1), 2.9, (0.0, 0.0), section.kerb, (1.8, 1.8))
        for side in (-1, 1):
            if not chance(rng, 0.6):
                continue
            half = part.half[0]
            main.gaps[side > 0].append((s - half, s + half))
            heading = track.heading(s) - side * np.pi / 2
            edge = section.edge[side > 0]
            branch = drawn(rng, 0, 90, bend=0.002, hill=0.0, start=track.spot(s), heading=heading)
            sides.append(Road(branch, part, edge, 90))
        if chance(rng, 0.5):
            main.crossings.append((s - 9.0, s - 5.5))
        s += between(rng, 35, 80)
    if not main.crossings and chance(rng, 0.35):
        a = between(rng, 8, 40)
        if all(not low - 4 < a < high + 1 for side_gaps in main.gaps for low, high in side_gaps):
            main.crossings.append((a, a + 3.5))
    return main, sides


def _materials(rng: np.random.Generator, site: Site, when: str) -> Ground:
    textures = site.textures
    road = matter.asphalt(rng, textures)
    if chance(rng, 0.1):
        road = matter.toned(rng, textures, "cobbles", np.array([0.42, 0.41, 0.4]), keep=0.2, bump=0.01)
    return Ground(
        road,
        matter.paving(rng, textures),
        matter.kerb(rng, textures),
        matter.grass(rng, textures),
        matter.soil(rng, textures),
    )


def _lay(site: Site, main: Road, sides: list[Road], ground: Ground, quarter: str) -> None:
    """The surfaces of all roads."""
    rng = site.rng
    marks = roads.markings(rng, main, ground.road, urban=True)
    roads.build(site, main, ground.road, ground.pave, ground.kerb, marks)
    for road in sides:
        roads.build(
            site, road, ground.road, ground.pave, ground.kerb, roads.markings(rng, road, ground.road, urban=True)
        )
        _joint(site, main, road, ground.road)


def _joint(site: Site, main: Road, road: Road, base: Material) -> None:
    """The carriageway between the main one and where a side street's own begins."""
    left, right = road.section.half
    half, joint = main.section.half[0], Heap()

    def profile(s: np.ndarray, t: np.ndarray) -> np.ndarray:
        return -road.section.kerb - road.section.camber * np.where(s < road.start, half, np.abs(t))

    s = roads.stations(half - 0.02, road.start, 1.0)
    surface(joint, road.track, s, np.array([-left, 0.0, right]), base, profile=profile)
    site.add(joint)


def _strips(site: Site, main: Road, plots: list[lots.Lot], ground: Ground) -> None:
    """The ground beside the street: gardens, paths, drives."""
    heap = Heap()
    patches: list[Patch] = lots.garden_patches(site, main, plots, ground.pave, ground.bed)
    for side in (-1, 1):
        edge = main.section.edge[side > 0]
        across = np.sort(side * (edge + np.array([0, 0.5, 1.2, 2.2, 3.5, 5, 7, 9, 11.5, STRIP])))
        widen = 1.8 + roads.KERB
        for low, high in main.pieces(side, widen):
            surface(
                heap,
                main.track,
                roads.stations(low, high, 2.0),
                across,
                ground.garden,
                patches,
                world=site.terrain.height,
            )
    site.add(heap)


def _life(site: Site, main: Road, sides: list[Road], density: float, quarter: str) -> None:
    """Vehicles, people, lamps, signs and what else stands about."""
    rng = site.rng
    forward = -1 if chance(rng, 0.15) else 1
    for side in (-1, 1):
        if chance(rng, 0.6):
            roadside.lamps(site, main, side, between(rng, 16, 34))
    traffic.park(site, main, between(rng, 0.1, 0.95), forward)
    traffic.drive(site, main, density, forward)
    for road in sides:
        traffic.park(site, road, between(rng, 0.0, 0.5), forward)
    if quarter in ("suburb", "village") and chance(rng, 0.5):
        roadside.poles(site, main, int(rng.choice([-1, 1])), between(rng, 22, 38))
    if chance(rng, 0.15):
        lane = main.section.half[1] - 0.4
        s = between(rng, 5, 30)
        roadside.works(site, main.track.at(np.linspace(s, s + between(rng, 5, 14), 5), lane, main.sunk(lane)))
    _furniture(site, main)
    traffic.bicycles(site, main)
    if chance(rng, 0.1):
        roadside.bridge(site, main, between(rng, 30, 90), between(rng, 4.8, 6.5))
    traffic.people(site, main, int(rng.integers(0, 22)))


def _furniture(site: Site, main: Road) -> None:
    """Small things along the pavements, as the stock has them."""
    rng = site.rng
    wanted = {
        "sign": 8,
        "bollard": 10,
        "bin": 6,
        "street_bench": 3,
        "mailbox": 2,
        "hydrant": 2,
        "bicycle": 6,
        "bus_stop": 1,
    }
    for kind, most in wanted.items():
        for _ in range(int(rng.integers(0, most + 1))):
            side = int(rng.choice([-1, 1]))
            half, edge = main.section.half[side > 0], main.section.edge[side > 0]
            t = half + 0.45 if kind in ("sign", "bollard", "hydrant") or chance(rng, 0.4) else edge - 0.5
            s = between(rng, -20, 75)
            if edge - half < 1.3 or any(low - 1 < s < high + 1 for low, high in main.gaps[side > 0]):
                continue
            x, y, _ = main.beside(s, side * t)
            inward = main.track.heading(s) + (np.pi / 2 if side > 0 else -np.pi / 2)
            yaw = (
                main.track.heading(s) + np.pi / 2 * (1 + side)
                if kind != "sign"
                else inward + np.pi / 2 - side * np.pi / 2
            )
            site.put(kind, x, y, float(yaw) + float(rng.normal(0, 0.05)), room=0.15)
    for low, high in main.crossings:
        for side in (-1, 1):
            x, y, _ = main.beside(low - 0.5 if side > 0 else high + 0.5, side * (main.section.half[side > 0] + 0.5))
            yaw = main.track.heading(low) + (-np.pi / 2 if side > 0 else np.pi / 2)
            site.put("traffic_light" if chance(rng, 0.5) else "sign", x, y, yaw)


def _green(site: Site, main: Road, plots: list[lots.Lot], quarter: str, when: str) -> None:
    """Street trees, gardens, what grows behind the houses."""
    rng = site.rng
    grove = Grove(site, HABITS[quarter], when)
    for side in (-1, 1):
        half, edge = main.section.half[side > 0], main.section.edge[side > 0]
        if not chance(rng, 0.7):
            continue
        t = half + 0.9 if edge - half > 2.2 else edge + between(rng, 0.8, 2.5)
        s = np.arange(-60, 150, between(rng, 6, 14)) + rng.normal(0, 0.4)
        points = main.track.at(s, side * t)[:, :2]
        clear = [all(not low - 2 < v < high + 2 for low, high in main.gaps[side > 0]) for v in s.tolist()]
        free = np.array(clear) & (site.obstacles.distance(points) > 0.9) & (rng.random(len(s)) < 0.85)
        grove.plant(points[free], which=0, scale=(0.75, 1.3))
    back = {"suburb": 130, "village": 110, "estate": 90, "industry": 50}.get(quarter, 26)
    away = rng.choice([-1, 1], back) * (main.section.edge[1] + 1.0 + 33 * rng.random(back) ** 1.4)
    points = main.track.at(rng.uniform(-BACK, AHEAD, back), away)[:, :2]
    gap, _ = site.terrain.nearest(points)
    free = (site.obstacles.distance(points) > 1.6) & (gap > 0.8)
    grove.plant(points[free], scale=(0.55, 1.1))
    backdrop.woods(site, grove, 160 if quarter in ("suburb", "village", "industry") else 50)


def _stands(site: Site, main: Road) -> list[views.Stand]:
    """Cameras in the lanes, on the pavements, in the air."""

    def lane(rng: np.random.Generator) -> views.Place:
        side = 1 if not main.section.lanes[0] or rng.random() < 0.75 else -1
        t = main.lane_middle(side, int(rng.integers(0, main.section.lanes[side > 0])))
        s = float(rng.uniform(*VIEWED))
        x, y, z = main.on(s, t + float(rng.normal(0, 0.2)))
        return x, y, z, main.track.heading(s) + (0.0 if side > 0 or rng.random() < 0.3 else np.pi)

    def pavement(rng: np.random.Generator) -> views.Place:
        side = int(rng.choice([-1, 1]))
        s = float(rng.uniform(*VIEWED))
        half, edge = main.section.half[side > 0], main.section.edge[side > 0]
        x, y, z = main.beside(s, side * float(rng.uniform(half + 0.3, edge - 0.1)))
        return x, y, z, main.track.heading(s) + float(rng.choice([0.0, np.pi])) - side * 0.2

    def rim(rng: np.random.Generator) -> views.Place:
        s = float(rng.uniform(*VIEWED))
        x, y, z = main.on(s, main.section.half[1] - main.section.parking[1] - 0.7)
        return x, y, z, main.track.heading(s)

    def air(rng: np.random.Generator) -> views.Place:
        s, t = float(rng.uniform(*VIEWED)), float(rng.uniform(-9, 9))
        x, y, z = main.beside(s, t)
        return x, y, z, main.track.heading(s)

    return [
        views.car(lane, 0.42),
        views.walker(pavement, 0.24),
        views.robot(pavement, 0.12),
        views.cyclist(rim, 0.1),
        views.drone(air, 0.12),
    ]
