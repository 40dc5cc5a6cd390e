"""Plots along a road: which houses stand there, how far back, and their gardens."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spnet.scenes.outdoors.barriers import hedge, random_barrier
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.outdoors.houses import Plan, house, random_plan
from spnet.scenes.outdoors.painted import Patch
from spnet.scenes.outdoors.roads import Road
from spnet.scenes.outdoors.site import Site
from spnet.scenes.scene import Material

NEAR, FAR = 38.0, 72.0  # stations up to which houses have all or some of their relief; ours


@dataclass(frozen=True)
class Quarter:
    """A part of a town.

    Attributes:
        houses: kinds of buildings with how often each is drawn.
        back: range of distances from the pavement to the fronts, metres.
        gap: range of distances between neighbours; (0, 0) is a closed row.
        open: share of plots without a house.
        fenced: share of gardens with a hedge, fence or wall.
    """

    houses: dict[str, float]
    back: tuple[float, float] = (0.0, 0.0)
    gap: tuple[float, float] = (0.0, 0.0)
    open: float = 0.06
    fenced: float = 0.0


QUARTERS: dict[str, Quarter] = {
    "old town": Quarter({"terrace": 1.0}, open=0.04),
    "town": Quarter({"terrace": 0.75, "flats": 0.15, "office": 0.1}, (0.0, 1.5), (0.0, 1.0), 0.08),
    "suburb": Quarter({"detached": 0.72, "garage": 0.24, "flats": 0.04}, (2.5, 9), (1, 6), 0.06, 0.9),
    "village": Quarter(
        {"detached": 0.58, "terrace": 0.18, "garage": 0.14, "hall": 0.1}, (0.5, 5.0), (1.5, 9.0), 0.15, 0.6
    ),
    "estate": Quarter({"flats": 0.9, "office": 0.1}, (4.0, 12.0), (6.0, 16.0), 0.1, 0.35),
    "centre": Quarter({"office": 0.6, "flats": 0.2, "terrace": 0.2}, (0.0, 4.0), (0.0, 5.0), 0.06),
    "industry": Quarter({"hall": 0.75, "office": 0.25}, (6.0, 14.0), (5.0, 14.0), 0.15, 0.8),
}


@dataclass(frozen=True)
class Lot:
    """A plot: its stations, the side of the road, the distance of its front from the middle, and its building.

    Attributes:
        low, high: stations of the building's ends.
        side: 1 right, -1 left.
        front: distance of the building's front from the track.
        plan: None is an empty plot.
        door: station of the path to the door.
    """

    low: float
    high: float
    side: int
    front: float
    plan: Plan | None
    door: float


def parcelled(rng: np.random.Generator, road: Road, quarter: Quarter, widen: float) -> list[Lot]:
    """Divide both sides of a road into plots.

    Args:
        rng: source of randomness.
        road: along which.
        quarter: what stands there.
        widen: room to leave at side streets, metres.
    """
    kinds, weights = list(quarter.houses), np.array(list(quarter.houses.values()))
    lots = []
    for side in (-1, 1):
        edge = road.section.edge[side > 0]
        back = float(rng.uniform(*quarter.back))
        for begin, end in road.pieces(side, widen):
            s = begin + (0.0 if begin > road.start else float(rng.uniform(0, 6)))
            first = True
            while True:
                kind = str(rng.choice(kinds, p=weights / weights.sum()))
                away = max(abs(s) - 15, 0) if s < 0 else s
                plan = random_plan(rng, kind, 2 if away < NEAR else 1 if away < FAR else 0)
                high = s + plan.width
                if high > end:
                    break
                gap = float(rng.uniform(*quarter.gap))
                empty = rng.random() < quarter.open
                closed = quarter.gap[1] == 0
                plan = replace(plan, sides=_seen(side, first or gap > 0.8 or not closed, gap > 0.8 or not closed))
                front = edge + max(back + float(rng.normal(0, 0.15 * back)), 0.0)
                if kind == "garage":
                    front = edge + float(rng.uniform(0.2, max(back, 0.3)))
                lots.append(Lot(s, high, side, front, None if empty else plan, float(rng.uniform(s + 1, high - 1))))
                first = empty
                s = high + gap
    return lots


def _seen(side: int, low: bool, high: bool) -> tuple[bool, bool]:
    """Whether a building's own left and right can be seen, from its ends along the track."""
    return (high, low) if side > 0 else (low, high)


def built(site: Site, road: Road, lots: list[Lot]) -> None:
    """Put up the houses."""
    for lot in lots:
        if lot.plan is None:
            continue
        a, b = (road.track.at(s, lot.side * lot.front) for s in (lot.low, lot.high))
        chord = float(np.hypot(*(b - a)[:2]))
        plan = replace(lot.plan, width=chord + (0.02 if chord > lot.plan.width - 3 else 0.0))
        heading = float(np.arctan2(b[1] - a[1], b[0] - a[0]))
        yaw = heading + (np.pi if lot.side > 0 else 0.0)
        x, y = ((a + b) / 2)[:2].tolist()
        inward = lot.side * np.array([np.sin(heading), -np.cos(heading)])
        cx, cy = (np.array([x, y]) + inward * plan.depth / 2).tolist()
        if not site.obstacles.apart(cx, cy, plan.width / 2 - 0.8, plan.depth / 2 - 0.8, yaw):
            continue
        put_up(site, plan, x, y, yaw)


def put_up(site: Site, plan: Plan, x: float, y: float, yaw: float, room: float | None = None) -> bool:
    """Put up a building; (x, y) is the middle of its front.

    Args:
        site: where.
        plan: of the building.
        x, y: metres.
        yaw: its front faces -y at 0.
        room: metres that must be free round it, below 0 may overlap; not looked at unless given.

    Returns:
        Whether there was room.
    """
    cx, cy = x - np.sin(yaw) * plan.depth / 2, y + np.cos(yaw) * plan.depth / 2
    wide, deep = plan.width / 2, plan.depth / 2
    if room is not None and not site.obstacles.apart(cx, cy, wide + room, deep + room, yaw):
        return False
    heap, height = house(site.rng, site.textures, plan)
    z = site.terrain.at(x, y)
    site.stand(heap, x, y, yaw, z, "house")
    site.obstacles.add(cx, cy, wide, deep, yaw, z - 5, z + height)
    return True


def garden_patches(site: Site, road: Road, lots: list[Lot], pave: Material, bed: Material) -> list[Patch]:
    """Paths to doors, drives and beds, for the strips of ground beside the road."""
    patches, rng = [], site.rng
    for lot in lots:
        edge = road.section.edge[lot.side > 0]
        if not -40 < lot.low < 90:
            continue
        if lot.front - edge < 1.0:
            if lot.plan is not None:  # paved up to the house
                patches.append(_across(lot.low - 3, lot.high + 3, edge, lot.front + 1, lot.side, pave))
            continue
        wide = float(rng.choice([1.1, 1.4, 3.2]))
        patches.append(_across(lot.door - wide / 2, lot.door + wide / 2, edge, lot.front + 1, lot.side, pave))
        if rng.random() < 0.5:
            patches.append(_across(lot.low - 3.2, lot.low - 0.2, edge, lot.front + 7, lot.side, pave))
        if rng.random() < 0.4:
            patches.append(_across(lot.low, lot.high, lot.front - 0.8, lot.front + 0.5, lot.side, bed))
    return patches


def _across(low: float, high: float, inner: float, outer: float, side: int, material: Material) -> Patch:
    a, b = sorted((side * inner, side * outer))
    return Patch(low, high, a, b, material)


def fenced(site: Site, road: Road, lots: list[Lot], quarter: Quarter, leaf: Material) -> None:
    """Hedges, fences and walls round the gardens, with openings for their paths."""
    rng = site.rng
    heap = Heap()
    for lot in lots:
        edge = road.section.edge[lot.side > 0] + 0.25
        if lot.front - edge < 2.0 or rng.random() > quarter.fenced or lot.low > 110:
            continue
        near = 1.0 if -15 < lot.low < 35 else 0.3 if lot.low < 70 else 0.1
        gate = 1.7 if rng.random() < 0.6 else 2.4
        kind_seed = int(rng.integers(0, 2**31))
        for low, high in ((lot.low - 1, lot.door - gate / 2), (lot.door + gate / 2, lot.high + 1)):
            if high - low < 0.8:
                continue
            s = np.linspace(low, high, max(int((high - low) / 2), 2))
            path = site.ground(road.track.at(s, lot.side * edge)[:, :2])
            tall = random_barrier(heap, np.random.default_rng(kind_seed), site.textures, path, near, leaf)
            site.block(path, tall)
        if rng.random() < 0.5:
            t = lot.side * np.linspace(edge, edge + 14, 6)
            path = site.ground(road.track.at(lot.high + 1.2, t)[:, :2])
            high = float(rng.uniform(0.9, 2.0))
            hedge(heap, rng, path, high, 0.6, leaf, 0.5 * near)
            site.block(path, high)
    site.add(heap, "fence")
