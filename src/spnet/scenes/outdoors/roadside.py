"""What stands beside roads and is not in every stock: lamps, poles with wires, delineators, bridges, site fences."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.outdoors import matter
from spnet.scenes.outdoors.barriers import bars, lifted, posts, rails, resampled, ribbon
from spnet.scenes.outdoors.heap import Heap, quads
from spnet.scenes.outdoors.roads import Road
from spnet.scenes.outdoors.site import Site, triple
from spnet.scenes.outdoors.track import Numbers
from spnet.scenes.scene import BY_UV, Material
from spnet.scenes.surfaces import plain
from spnet.scenes.textures.noise import colour


def lamps(site: Site, road: Road, side: int, spacing: float) -> None:
    """Street lamps along a side, their arms over the road."""
    rng, metal = site.rng, matter.metal(site.rng)
    high, arm = float(rng.uniform(4.2, 9.5)), float(rng.uniform(0.5, 2.2))
    glow = plain((0.9, 0.9, 0.85), 0.4, 0.0, emission=float(rng.choice([0.0, 0.0, 2.0])))
    t = side * (road.section.half[side > 0] + 0.6)
    for s in np.arange(road.start + rng.uniform(2, spacing), road.end - 2, spacing):
        if any(low - 1 < s < high_ + 1 for low, high_ in road.gaps[side > 0]):
            continue
        x, y, z = road.beside(float(s), t)
        if not site.obstacles.free(x, y, 0.4):
            continue
        heap = Heap()
        over = -side * np.array([np.sin(road.track.heading(s)), -np.cos(road.track.heading(s)), 0.0])
        foot, top = np.array([x, y, z - 0.1]), np.array([x, y, z + high])
        heap.add(shapes.tube([foot, foot + np.array([0, 0, 1.2]), top], [0.09, 0.07, 0.045], 8), metal)
        end = top + over * arm + (0, 0, 0.15)
        heap.add(shapes.tube([top - (0, 0, 0.1), top + over * 0.4 * arm + (0, 0, 0.15), end], 0.03, 6), metal)
        yaw = float(np.arctan2(over[1], over[0]))
        heap.box(triple(end + over * 0.2), (0.65, 0.24, 0.1), metal, yaw)
        heap.box(triple(end + over * 0.2 - (0, 0, 0.055)), (0.5, 0.18, 0.02), glow, yaw)
        site.add(heap, "street lamp")
        site.obstacles.add(x, y, 0.1, 0.1, 0.0, z - 1, z + high)


def poles(site: Site, road: Road, side: int, spacing: float) -> None:
    """Wooden poles with wires that sag between them."""
    rng = site.rng
    wood, wire = matter.wood(rng, site.textures), plain((0.06, 0.06, 0.06), 0.7, 0.0)
    high, t = float(rng.uniform(6, 9)), side * (road.section.edge[side > 0] + float(rng.uniform(0.3, 2)))
    s = np.arange(road.start + rng.uniform(0, spacing), road.end, spacing)
    feet = site.ground(road.track.at(s, t)[:, :2])
    count = int(rng.integers(1, 5))
    heap, tops = Heap(), feet + np.array([0, 0, high - 0.3])
    for foot in feet:
        if not site.obstacles.free(float(foot[0]), float(foot[1]), 0.3):
            continue
        heap.add(shapes.bar(triple(foot - (0, 0, 0.5)), triple(lifted(foot, high)), (0.13, 0.09), 8), wood)
        site.obstacles.add(float(foot[0]), float(foot[1]), 0.14, 0.14, 0.0, float(foot[2]) - 1, float(foot[2]) + high)
        if count > 1:
            heap.box(triple(lifted(foot, high - 0.3)), (0.1, 1.6, 0.1), wood, road.track.heading(0.0))
    share = np.linspace(0, 1, 9)[:, None]
    across = np.array([-np.sin(road.track.heading(0.0)), np.cos(road.track.heading(0.0)), 0.0])
    for a, b in pairwise(tops):
        sag = float(rng.uniform(0.25, 0.7))
        for k in range(count):
            line = a + (b - a) * share + across * (1.4 * (k / max(count - 1, 1) - 0.5)) * (count > 1)
            line[:, 2] -= 4 * sag * (share * (1 - share))[:, 0] - 0.08
            heap.add(shapes.tube(line, 0.012, 4, capped=False), wire)
    site.add(heap, "pole")


def delineators(site: Site, road: Road, spacing: float = 25.0) -> None:
    """White posts with a dark band along a country road."""
    white, dark = plain((0.85, 0.85, 0.83), 0.6, 0.1), plain((0.1, 0.1, 0.1), 0.6, 0.05)
    heap = Heap()
    s = np.arange(road.start + 3, road.end, spacing)
    for side in (-1, 1):
        feet = site.ground(road.track.at(s, side * (road.section.half[side > 0] + 0.7))[:, :2])
        posts(heap, feet, -0.2, 1.0, 0.12, white)
        posts(heap, feet, 0.72, 0.88, 0.125, dark)
    site.add(heap, "delineator")


def board(site: Site, road: Road, s: float, t: float, size: tuple[float, float], low: float) -> None:
    """A direction board or hoarding on two posts, facing the traffic."""
    rng, metal = site.rng, matter.metal(site.rng)
    x, y, z = road.track.spot(s, t)
    z = site.terrain.at(x, y)
    wide, tall = size
    layer = site.textures.pick(rng, "sign") if wide < 3 else site.textures.pick(rng, "poster", "photograph", "sign")
    face = Material((0.85, 0.85, 0.85), layer, BY_UV, 1.0, 0.5)
    heap = Heap()
    a, b = wide / 2, low + tall
    heap.add(quads([[(-a, -0.04, low), (a, -0.04, low), (a, -0.04, b), (-a, -0.04, b)]]), face)
    heap.box((0, 0.0, low + tall / 2), (wide + 0.04, 0.06, tall + 0.04), metal)
    for u in (-0.35 * wide, 0.35 * wide):
        heap.add(shapes.bar((u, 0.06, -0.3), (u, 0.06, b), 0.04, 6), metal)
    yaw = road.track.heading(s) + (-np.pi / 2 if t > 0 else np.pi / 2)
    if site.obstacles.free(x, y, a):
        site.stand(heap, x, y, yaw, z, "sign")
        site.obstacles.add(x, y, a, 0.1, yaw, z - 1, z + b)


def bridge(site: Site, road: Road, s: float, clearance: float = 5.2) -> None:
    """A road or footway that crosses over this one on pillars and abutments."""
    rng, track = site.rng, road.track
    stone, metal = (
        matter.toned(rng, site.textures, "concrete", colour(rng, (0.0, 0.12), (0.45, 0.7))),
        matter.metal(rng),
    )
    deep, reach = float(rng.uniform(3, 12)), 55.0
    left, right = road.section.edge
    across = np.linspace(-reach, reach, 23)
    z0 = track.spot(s)[2] + clearance
    line = track.at(s, across)
    line[:, 2] = z0 + 0.4
    heap = Heap()
    ribbon(heap, line, -0.4, 0.5, deep, stone)
    along = np.array([np.cos(track.heading(s)), np.sin(track.heading(s)), 0.0]) * deep / 2
    for side in (-1, 1):
        ribbon(heap, line + side * along, 0.0, 0.75, 0.25, stone)
        rails(heap, line + side * along + np.array([0, 0, 0.7]), 0.6, 3, metal, round_=True, step=5.0)
    for t in (-left - 1.0, right + 1.0):
        for k in (-0.3, 0.3):
            x, y, z = track.spot(s + k * deep, t)
            heap.box((x, y, z + clearance / 2 - 0.5), (0.7, 0.9, clearance + 1), stone, track.heading(s))
            site.obstacles.add(x, y, 0.4, 0.5, track.heading(s), z - 1, z + clearance)
    for side in (-1, 1):  # the ramps
        foot = track.at(s, side * np.linspace(right + 8, reach, 6))
        foot[:, 2] = z0 + 0.2
        ribbon(heap, foot, -clearance - 3, 0.0, 0.9 * deep, stone)
    site.add(heap, "bridge")


def works(site: Site, path: Numbers) -> None:
    """Fence, beacons and heaps of a construction site along a path on the road."""
    rng, textures = site.rng, site.textures
    heap = Heap()
    red, white = plain((0.75, 0.12, 0.1), 0.5, 0.1), plain((0.88, 0.88, 0.86), 0.5, 0.1)
    points = resampled(path, 1.6)
    for k, foot in enumerate(points.tolist()):
        heap.box((foot[0], foot[1], foot[2] + 0.04), (0.4, 0.3, 0.08), plain((0.12, 0.12, 0.12), 0.9, 0.1))
        for j in range(5):
            heap.box((foot[0], foot[1], foot[2] + 0.2 + 0.17 * j), (0.2, 0.05, 0.17), red if (j + k) % 2 else white)
        site.obstacles.add(foot[0], foot[1], 0.2, 0.15, 0.0, foot[2] - 1, foot[2] + 1.1)
    if rng.random() < 0.6:
        side = np.array([0.0, 0.0, 0.0])
        bars(heap, points + side, 1.0, matter.metal(rng), 0.12)
    for _ in range(int(rng.integers(0, 3))):
        x, y, z = points[int(rng.integers(0, len(points)))].tolist()
        r = float(rng.uniform(0.5, 1.2))
        profile = [(r, -0.1), (0.75 * r, 0.3 * r), (0.35 * r, 0.55 * r), (0.0, 0.62 * r)]
        heap.add(shapes.lathe(profile, 12).moved(np.eye(3), (x + r, y + r, z)), matter.soil(rng, textures))
    site.add(heap, "construction site")


def gantry(site: Site, road: Road, s: float) -> None:
    """Direction boards over the lanes of a motorway."""
    rng, track = site.rng, road.track
    metal = matter.metal(rng)
    half, heap = road.section.edge[1], Heap()
    posts_ = track.at(s, np.array([0.5, half + 0.3]))
    high = 6.4
    for x, y, z in posts_.tolist():
        heap.add(shapes.bar((x, y, z - 0.3), (x, y, z + high), 0.16, 8), metal)
        site.obstacles.add(x, y, 0.2, 0.2, 0.0, z - 1, z + high)
    heap.add(shapes.tube(lifted(posts_, high), 0.14, 8), metal)
    heap.add(shapes.tube(lifted(posts_, high - 0.9), 0.08, 8), metal)
    yaw = track.heading(s) - np.pi / 2
    tone = colour(rng, (0.6, 0.9), (0.2, 0.45), (0.35, 0.62))
    back = plain(tone, 0.5, 0.1)
    for k in range(road.section.lanes[1]):
        x, y, z = track.spot(s, road.lane_middle(1, k))
        board_ = Heap()
        w, h = 3.1, float(rng.uniform(1.6, 2.6))
        board_.box((0, 0, 0), (w, 0.1, h), back)
        layer = site.textures.pick(rng, "sign")
        face = Material((0.8, 0.8, 0.8), layer, BY_UV, 1.0, 0.5)
        board_.add(
            quads(
                [
                    [
                        (-w / 2 + 0.1, -0.06, -h / 2 + 0.1),
                        (w / 2 - 0.1, -0.06, -h / 2 + 0.1),
                        (w / 2 - 0.1, -0.06, h / 2 - 0.1),
                        (-w / 2 + 0.1, -0.06, h / 2 - 0.1),
                    ]
                ]
            ),
            face,
        )
        heap.put(board_, shapes.turn(yaw), (x, y, z + high - 0.4))
    site.add(heap, "gantry")
