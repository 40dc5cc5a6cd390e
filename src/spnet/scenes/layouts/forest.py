"""A path through a wood."""

from __future__ import annotations

import numpy as np

from spnet.scenes.environments import Environments
from spnet.scenes.models import Stock
from spnet.scenes.outdoors import backdrop, matter, roads, views, wild
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.painted import surface
from spnet.scenes.outdoors.scenery import between, chance, finished, season
from spnet.scenes.outdoors.site import Site, facing
from spnet.scenes.outdoors.terrain import Terrain, random_relief
from spnet.scenes.outdoors.track import Track, drawn
from spnet.scenes.outdoors.trees import Grove
from spnet.scenes.scene import Scene

BACK, AHEAD = 55.0, 110.0  # metres of path before and behind the cameras' origin; ours
VIEWED = (-12.0, 30.0)  # stations where cameras stand; ours

# What grows in a wood: its trees, then what stands below them.
WOODS = {
    "conifers": ("stem", "conifer", "conifer"),
    "beeches": ("stem", "stem", "stock"),
    "mixed": ("stem", "conifer", "stock", "slender"),
    "thicket": ("slender", "stock", "bush", "bush"),
    "bare": ("bare", "bare", "conifer"),
}


def forest(rng: np.random.Generator, stock: Stock, environments: Environments) -> Scene:
    """A forest path between trees, undergrowth, logs and rocks."""
    wood = str(rng.choice(list(WOODS), p=[0.22, 0.24, 0.26, 0.18, 0.1]))
    when = "autumn" if wood == "bare" else season(rng)
    half = between(rng, 0.5, 1.9)
    track = drawn(rng, BACK, AHEAD, bend=1 / 30, hill=between(rng, 0.02, 0.2))
    relief = random_relief(rng, between(rng, 1.0, 9.0), (9.0, 90.0), rise=between(rng, 0, 30))
    site = Site(rng, stock, Terrain(relief, [(track, half, half)], blend=between(rng, 4, 14)))
    _ground(site, track, half)
    site.focus = track.at(np.linspace(*VIEWED, 6))[:, :2]
    grove = Grove(site, WOODS[wood], when)
    _trees(site, track, grove, half)
    _floor(site, track, half, when)
    if chance(rng, 0.35):
        s = between(rng, 8, 26)
        x, y, _ = track.spot(s, half + 2.6)
        wild.woodpile(site, x, y, track.heading(s))
    for _ in range(int(rng.integers(0, 4))):
        s = between(rng, 4, 45)
        x, y, _ = track.spot(s, between(rng, -half, half))
        site.put(
            str(rng.choice(["person", "person", "animal", "bicycle"])),
            x,
            y,
            facing(track.heading(s) + np.pi * int(rng.integers(0, 2))),
        )
    facts = {"type": wood, "season": when, "path": f"{2 * half:.1f} m"}
    return finished(site, "forest", environments, _stands(track, half), facts, track.spot(8.0)[:2], 34.0)


def _ground(site: Site, track: Track, half: float) -> None:
    """The path, its banks, the forest's floor."""
    rng, textures = site.rng, site.textures
    floor = matter.litter(rng, textures) if chance(rng, 0.75) else matter.grass(rng, textures)
    path = (matter.gravel, matter.soil, matter.soil, matter.litter)[int(rng.integers(0, 4))](rng, textures)
    heap = Heap()
    s = roads.stations(-BACK, AHEAD, 0.9)
    wave = rng.uniform(0.3, 1.2, 4)

    def trodden(s: np.ndarray, t: np.ndarray) -> np.ndarray:
        ruts = 0.03 * np.cos(np.clip(t / half, -1, 1) * 2 * np.pi)
        return np.asarray(ruts + 0.02 * np.sin(s * wave[0] + 3 * t) + 0.02 * np.sin(s * wave[1] - 2 * t) - 0.03)

    surface(heap, track, s, np.linspace(-half, half, 9), path, profile=trodden)
    for side in (-1, 1):
        across = np.sort(side * (half + np.array([-0.05, 0.25, 0.6, 1.0, 1.6, 2.4, 3.4, 4.6, 6, 8, 10.5, 13])))
        surface(
            heap,
            track,
            s,
            across,
            floor,
            world=lambda p: (
                site.terrain.height(p) + 0.05 * np.sin(2.1 * p[:, 0] + np.sin(p[:, 1])) * np.sin(1.7 * p[:, 1])
            ),
        )
    site.add(heap)
    backdrop.land(site, floor, near=36.0, step=2.2, sink=0.6, within=11.0)


def _trees(site: Site, track: Track, grove: Grove, half: float) -> None:
    """Trees anywhere but on the path, with room for one another."""
    rng = site.rng
    density = between(rng, 0.014, 0.055)
    reach = 42.0
    middle = np.asarray(track.spot(10.0)[:2])
    points = middle + rng.uniform(-reach, reach, (int(4 * reach * reach * density), 2))
    room = between(rng, 1.0, 2.4)
    kept = _apart(points, room)
    gap, _ = site.terrain.nearest(kept)
    kept = kept[gap > 0.35 + rng.random(len(gap)) * 0.8]
    grove.plant(kept, scale=(0.55, 1.25))
    far = backdrop.ring(rng, 620, 40, 125)
    gap, _ = site.terrain.nearest(far)
    grove.plant(far[gap > 1.5], scale=(0.8, 1.3))


def _apart(points: np.ndarray, room: float) -> np.ndarray:
    """Points of which no two share a cell of a lattice: quick and even enough."""
    cell = np.floor(points / room).astype(np.int64)
    _, first = np.unique(cell[:, 0] * 100003 + cell[:, 1], return_index=True)
    return np.asarray(points[np.sort(first)])


def _floor(site: Site, track: Track, half: float, when: str) -> None:
    """Undergrowth, grass, logs, rocks."""
    rng = site.rng
    middle = track.at(np.linspace(-10, 34, 16))[:, :2]
    blade = matter.foliage(rng, when)
    wild.tufts(site, middle, 7.0, int(rng.integers(4000, 12000)), between(rng, 0.1, 0.4), blade, keep=0.05)

    def spread(count: int, far: float) -> np.ndarray:
        s, t = rng.uniform(-14, 42, count), rng.choice([-1, 1], count) * (half + 0.5 + far * rng.random(count) ** 1.5)
        return track.at(s, t)[:, :2]

    if chance(rng, 0.75):
        wild.ferns(site, spread(int(rng.integers(100, 700)), 22), (0.25, 0.8), matter.foliage(rng, when), 20)
    if chance(rng, 0.6):  # saplings and shrubs
        low = Grove(site, ("bush", "bush", "slender"), when)
        points = spread(int(rng.integers(15, 90)), 24)
        low.plant(points[site.obstacles.distance(points) > 0.5], scale=(0.25, 0.9))
    wild.logs(site, spread(int(rng.integers(0, 12)), 14))
    if chance(rng, 0.6):
        wild.rocks(site, spread(int(rng.integers(1, 22)), 14), (0.15, 2.2))


def _stands(track: Track, half: float) -> list[views.Stand]:
    def path(rng: np.random.Generator) -> views.Place:
        s = float(rng.uniform(*VIEWED))
        x, y, z = track.spot(s, float(rng.uniform(-half, half)) * 0.8)
        return x, y, z, track.heading(s) + np.pi * float(rng.integers(0, 2))

    def off(rng: np.random.Generator) -> views.Place:
        s = float(rng.uniform(*VIEWED))
        x, y, z = track.spot(s, float(rng.uniform(-9, 9)))
        return x, y, z + 0.3, float(rng.uniform(0, 2 * np.pi))

    low = views.Stand("drone", 0.1, path, (2.5, 9.0), (55, 95), 40, 0.4, (-18, 14), 2.0, 0.6)
    return [views.walker(path, 0.45), views.walker(off, 0.15), views.cyclist(path, 0.15), views.robot(path, 0.15), low]
