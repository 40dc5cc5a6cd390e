"""Vehicles in their lanes and at the kerb, people on the pavements."""

from __future__ import annotations

import numpy as np

from spnet.scenes.outdoors.roads import Road
from spnet.scenes.outdoors.site import Site, facing
from spnet.scenes.outdoors.track import Numbers

MIDDLE = 18.0  # the station about which cameras stand; ours

# How often a vehicle is of a kind; set by eye.
FLEET = {"car": 0.76, "van": 0.11, "truck": 0.06, "bus": 0.03, "motorcycle": 0.04}


def kind(site: Site, parked: bool = False) -> str | None:
    """A kind of vehicle that the stock has."""
    shares = {k: v for k, v in FLEET.items() if k in site.stock.kinds and not (parked and k in ("bus", "truck"))}
    if not shares:
        return None
    weights = np.array(list(shares.values()))
    return str(site.rng.choice(list(shares), p=weights / weights.sum()))


def drive(site: Site, road: Road, density: float, forward: int = 1) -> None:
    """Vehicles in every lane, apart from one another.

    Args:
        site: where.
        road: on which.
        density: 0 none to 1 a jam.
        forward: 1 where one drives on the right, -1 on the left.
    """
    rng = site.rng
    for side in (-1, 1):
        for lane in range(road.section.lanes[side > 0]):
            t = road.lane_middle(side, lane)
            gaps = 6.5 + rng.exponential(14 / max(density, 0.02), 60)
            places = road.start + float(rng.exponential(12 / max(density, 0.02))) + np.cumsum(gaps)
            for s in nearest_first(places[places < road.end - 6]):
                chosen = kind(site)
                if chosen is not None and rng.random() < 0.92:
                    vehicle(site, road, chosen, s, t + float(rng.normal(0, 0.15)), side * forward)


def nearest_first(places: Numbers) -> list[float]:
    """Stations in the order of their distance from where cameras stand, as detail is spent in this order."""
    return [float(s) for s in places[np.argsort(np.abs(places - MIDDLE), kind="stable")]]


def vehicle(site: Site, road: Road, chosen: str, s: float, t: float, direction: int) -> bool:
    """One vehicle on the carriageway, along the track (1) or against it (-1)."""
    x, y, z = road.on(s, t)
    heading = road.track.heading(s) + (0.0 if direction > 0 else np.pi)
    yaw = facing(heading + float(site.rng.normal(0, 0.012)))
    return site.put(chosen, x, y, yaw, z=z, room=0.25, tilted=True)


def park(site: Site, road: Road, share: float, forward: int = 1) -> None:
    """Vehicles in the parking lanes, or half on the pavement where there is none."""
    rng = site.rng
    for side in (-1, 1):
        wide = road.section.parking[side > 0]
        half = road.section.half[side > 0]
        t = side * (half - wide / 2 if wide > 0 else half - 0.9)
        for s in nearest_first(np.arange(road.start + 3, road.end - 4, 5.7)):
            near = any(low - 5 < s < high + 5 for low, high in [*road.gaps[side > 0], *road.crossings])
            if near or rng.random() > share:
                continue
            chosen = kind(site, parked=True)
            if chosen is None:
                return
            direction = side * forward if rng.random() < 0.85 else -side * forward
            vehicle(
                site, road, chosen, float(s) + float(rng.normal(0, 0.25)), t + float(rng.normal(0, 0.08)), direction
            )


def people(site: Site, road: Road, count: int) -> None:
    """People on the pavements, some beside a bicycle, a few on the carriageway."""
    rng = site.rng
    for _ in range(count):
        side = int(rng.choice([-1, 1]))
        half, edge = road.section.half[side > 0], road.section.edge[side > 0]
        s = float(rng.uniform(road.start + 5, min(road.end, 70)))
        aside = rng.random() < 0.88 and edge - half > 0.8
        t = side * float(rng.uniform(half + 0.4, max(edge - 0.3, half + 0.5)) if aside else rng.uniform(0, half - 0.3))
        if any(low - 1 < s < high + 1 for low, high in road.gaps[side > 0]):
            continue
        if road.crossings and rng.random() < 0.15:
            s = float(rng.uniform(*road.crossings[0]))
        x, y, z = road.beside(s, t) if aside else road.on(s, t)
        heading = road.track.heading(s) + float(rng.choice([0.0, np.pi])) + float(rng.normal(0, 0.4))
        put = site.put("person", x, y, facing(heading), z=z, room=0.05)
        if put and aside and abs(t) + 0.9 < edge and rng.random() < 0.3:
            x, y, z = road.beside(s, t + side * 0.6)
            site.put("bicycle", x, y, facing(heading), z=z, room=0.0)


def bicycles(site: Site, road: Road) -> None:
    """Bicycles side by side against the houses."""
    rng = site.rng
    for _ in range(int(rng.integers(0, 3))):
        side, s = int(rng.choice([-1, 1])), float(rng.uniform(-5, 40))
        edge = road.section.edge[side > 0]
        for k in range(int(rng.integers(2, 10))):
            if any(low - 1 < s + 0.55 * k < high + 1 for low, high in road.gaps[side > 0]):
                continue
            x, y, _ = road.beside(s + 0.55 * k, side * (edge - 0.7))
            heading = road.track.heading(s) - side * np.pi / 2 + float(rng.normal(0, 0.06))
            site.put("bicycle", x, y, facing(heading), room=-0.12)
