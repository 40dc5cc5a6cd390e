"""Where cameras stand outdoors, and which of those places are free and see something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from spnet.scenes.outdoors.site import Site
from spnet.scenes.scene import View

Place = tuple[float, float, float, float]  # x, y, height of the ground, heading in radians from x

TRIES = 40  # places tried before the best so far is taken; ours
FALLBACK = 25.0  # metres over the ground of the view that is always free; ours


@dataclass(frozen=True)
class Stand:
    """A kind of camera, e.g. on a car; angles in degrees, lengths in metres.

    Attributes:
        name: what carries it.
        weight: how often it is drawn.
        place: a random place of it.
        height: range above the ground.
        field: range of the horizontal field of view.
        turn: deviation of its heading.
        aside: share of views that look anywhere rather than ahead.
        pitch: mean and deviation; below 0 looks down.
        roll: deviation.
        clear: free space needed round the eye.
    """

    name: str
    weight: float
    place: Callable[[np.random.Generator], Place]
    height: tuple[float, float]
    field: tuple[float, float] = (45.0, 95.0)
    turn: float = 8.0
    aside: float = 0.2
    pitch: tuple[float, float] = (-3.0, 3.0)
    roll: float = 1.0
    clear: float = 0.5


def car(place: Callable[[np.random.Generator], Place], weight: float = 1.0) -> Stand:
    """Behind the windscreen or on the roof of a car; sometimes one of its cameras to the side."""
    return Stand("car", weight, place, (1.2, 1.75), (50, 100), 5, 0.2, (-2.5, 2.5), 0.7, 1.0)


def walker(place: Callable[[np.random.Generator], Place], weight: float = 1.0) -> Stand:
    """A phone or glasses of somebody on foot."""
    return Stand("pedestrian", weight, place, (1.35, 1.8), (45, 85), 35, 0.4, (-4, 7), 2.5, 0.5)


def robot(place: Callable[[np.random.Generator], Place], weight: float = 1.0) -> Stand:
    """A delivery or inspection robot, close to the ground."""
    return Stand("robot", weight, place, (0.3, 0.8), (60, 110), 25, 0.3, (0, 5), 1.0, 0.45)


def cyclist(place: Callable[[np.random.Generator], Place], weight: float = 1.0) -> Stand:
    """A camera on a handlebar or helmet."""
    return Stand("bicycle", weight, place, (1.0, 1.75), (60, 110), 12, 0.1, (-6, 5), 4.0, 0.6)


def drone(place: Callable[[np.random.Generator], Place], weight: float = 1.0) -> Stand:
    """From 3 to 30 m, obliquely or straight down."""
    return Stand("drone", weight, place, (3.0, 30.0), (50, 95), 60, 0.5, (-35, 20), 2.0, 1.5)


def truck(place: Callable[[np.random.Generator], Place], weight: float = 1.0) -> Stand:
    """A fork-lift's mast or a lorry's cab, looking down a little."""
    return Stand("forklift", weight, place, (1.9, 2.9), (55, 105), 30, 0.4, (-12, 6), 1.0, 0.9)


def looker(site: Site, stands: Sequence[Stand]) -> Callable[[np.random.Generator], View]:
    """`Scene.propose` for a site: free eyes that see more than one bare wall."""
    weights = np.array([stand.weight for stand in stands])
    weights = weights / weights.sum()

    def propose(rng: np.random.Generator) -> View:
        stand = stands[int(rng.choice(len(stands), p=weights))]
        wanted = float(np.exp(rng.uniform(np.log(2.5), np.log(14.0))))
        best: tuple[float, View] | None = None
        for _ in range(TRIES):
            view, seen = _tried(rng, site, stand)
            if view is not None and (best is None or seen > best[0]):
                best = seen, view
            if best is not None and best[0] >= wanted:
                break
        return best[1] if best else _above(rng, site, stand)

    return propose


def _tried(rng: np.random.Generator, site: Site, stand: Stand) -> tuple[View | None, float]:
    """A random view, None if its eye is not free, and how far it sees: the median over some rays."""
    x, y, ground, heading = stand.place(rng)
    low, high = stand.height
    up = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    eye = np.array([x, y, ground + up])
    levels = eye[2] + np.array([-0.6, 0.0, 0.4])  # neither just over a roof nor just under a branch
    if site.obstacles.distance(np.tile(eye[:2], (3, 1)), levels).min() < stand.clear:
        return None, 0.0
    if eye[2] < site.terrain.at(x, y) + 0.2:
        return None, 0.0
    angle = heading + float(np.radians(rng.normal(0, stand.turn)))
    if rng.random() < stand.aside:
        angle = float(rng.uniform(0, 2 * np.pi))
    pitch = float(np.radians(np.clip(rng.normal(*stand.pitch), -89, 35)))
    if up > 6:
        pitch = min(pitch, -float(np.arctan(0.02 * up)))
    field = float(rng.uniform(*stand.field))
    view = _looking(eye, angle, pitch, field, float(np.radians(rng.normal(0, stand.roll))))
    fan = angle + np.radians(field) * np.linspace(-0.42, 0.42, 7)
    sight = site.obstacles.sight(eye, fan, np.full(7, np.tan(max(pitch, -1.2))))
    nearest = site.obstacles.sight(eye, fan[[2, 3, 4]], np.zeros(3)).min()
    return view, float(np.median(sight)) if nearest > 1.2 else 0.5


def _looking(eye: np.ndarray, angle: float, pitch: float, field: float, roll: float) -> View:
    level = np.cos(pitch)
    target = eye + 10 * np.array([np.cos(angle) * level, np.sin(angle) * level, np.sin(pitch)])
    a, b = (tuple(float(v) for v in point) for point in (eye, target))
    return View(a, b, field, roll)  # type: ignore[arg-type]


def _above(rng: np.random.Generator, site: Site, stand: Stand) -> View:
    """From the air, where nothing stands."""
    x, y, ground, heading = stand.place(rng)
    return _looking(np.array([x, y, ground + FALLBACK]), heading, -0.6, float(rng.uniform(*stand.field)), 0.0)
