"""Where a camera stands in a room: carried by robots, people, forklifts, drones or hung up, looking at things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spnet.scenes.layouts.space import Space
from spnet.scenes.scene import Triple, View

TRIES = 60  # poses tried before the best so far is taken; ours
MARGIN = 0.12  # metres that a camera keeps from everything; ours


@dataclass(frozen=True)
class Carrier:
    """What carries a camera.

    Attributes:
        heights: range of the eye above the floor, metres; values below 0 count from the ceiling.
        fields: range of the horizontal field of view, degrees.
        roll: deviation, radians.
        distances: range of the distance to what it looks at, metres; drawn log-uniformly.
        above: range of the angle above what it looks at, degrees, instead of the height.
    """

    heights: tuple[float, float]
    fields: tuple[float, float]
    roll: float
    distances: tuple[float, float]
    above: tuple[float, float] | None = None


CARRIERS: dict[str, Carrier] = {
    "floor robot": Carrier((0.1, 0.4), (55, 95), 0.01, (0.5, 12)),
    "wheelchair": Carrier((0.75, 1.15), (50, 90), 0.02, (0.6, 12)),
    "hand": Carrier((0.9, 1.65), (45, 85), 0.08, (0.6, 12)),
    "head": Carrier((1.45, 1.8), (50, 100), 0.05, (0.9, 15)),
    "forklift": Carrier((1.7, 2.6), (55, 100), 0.02, (2.0, 20)),
    "ceiling": Carrier((-0.45, -0.12), (70, 110), 0.03, (2.0, 15)),
    "drone": Carrier((1.4, -0.35), (60, 100), 0.06, (1.2, 15)),
    "close": Carrier((0.35, 1.6), (40, 75), 0.12, (0.35, 1.1)),
    "arm": Carrier((0.4, 2.0), (40, 80), 0.1, (0.3, 1.5), above=(8, 80)),
}


@dataclass(frozen=True)
class Views:
    """Proposes views of a room; callable as `Scene.propose`.

    Attributes:
        space: what is taken.
        targets: (n, 3) middles of the things worth looking at.
        weights: (n,) how likely each is looked at.
        carriers: names from `CARRIERS`, repeated if likelier.
        wanted: things that should be in the picture.
    """

    space: Space
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]
    carriers: Sequence[str]
    wanted: int = 4

    def __call__(self, rng: np.random.Generator) -> View:
        """A view at random: of up to `TRIES`, the first that has enough things in it, else the best."""
        best, most = None, -1
        for _ in range(TRIES):
            view = self._draw(rng)
            if view is None:
                continue
            seen = self._seen(view)
            if seen > most:
                best, most = view, seen
            if seen >= self.wanted:
                break
        return best or self._anywhere(rng)

    def _draw(self, rng: np.random.Generator) -> View | None:
        carrier = CARRIERS[self.carriers[int(rng.integers(0, len(self.carriers)))]]
        target = self._target(rng)
        x, y = target[0], target[1]
        height = self.space.plan.ceiling(x, y) if self.space.plan.inside(x, y) else self.space.plan.height
        low, high = (h if h > 0 else height + h for h in carrier.heights)
        z = float(rng.uniform(min(low, high), max(low, high)))
        distance = float(np.exp(rng.uniform(*np.log(carrier.distances))))
        if carrier.above is not None:
            z = target[2] + distance * float(np.sin(np.radians(rng.uniform(*carrier.above))))
        flat = float(np.sqrt(max(distance**2 - (z - target[2]) ** 2, (0.25 * distance) ** 2)))
        angle = float(rng.uniform(0, 2 * np.pi))
        eye = (x + flat * float(np.cos(angle)), y + flat * float(np.sin(angle)), z)
        if not self.space.open(eye, MARGIN):
            return None
        if not self.space.clear(eye, target, (0.08, 0.16, 0.25, 0.35, 0.5)):
            return None
        roll = float(rng.normal(0, carrier.roll))
        return View(eye, target, float(rng.uniform(*carrier.fields)), roll)

    def _target(self, rng: np.random.Generator) -> Triple:
        """Near a thing, or anywhere in the room."""
        w, d, h = self.space.plan.size
        if not len(self.targets) or rng.random() < 0.12:
            return float(rng.uniform(0, w)), float(rng.uniform(0, d)), float(rng.uniform(0.1, 0.6)) * h
        k = int(rng.choice(len(self.targets), p=self.weights))
        x, y, z = (self.targets[k] + rng.normal(0, 0.18, 3)).tolist()
        return x, y, z

    def _seen(self, view: View) -> int:
        """How many things are in the picture, not too near."""
        if not len(self.targets):
            return 0
        local = (self.targets - np.asarray(view.eye)) @ view.rotation().T
        reach = np.tan(np.radians(view.field_of_view) / 2) * local[:, 2]
        inside = (local[:, 2] > 0.25) & (np.abs(local[:, 0]) < reach) & (np.abs(local[:, 1]) < 0.75 * reach)
        return int(inside.sum())

    def _anywhere(self, rng: np.random.Generator) -> View:
        """Where nothing better was found: from a free place to the middle of the room."""
        w, d, h = self.space.plan.size
        for _ in range(400):
            eye = (float(rng.uniform(0, w)), float(rng.uniform(0, d)), float(rng.uniform(0.3, 0.95)) * h)
            if self.space.open(eye, 0.05):
                break
        return View(eye, (w / 2, d / 2, 0.35 * h), float(rng.uniform(60, 95)))
