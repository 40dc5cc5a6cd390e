"""Where a camera stands in a room: carried by robots, people, forklifts, drones or hung up, looking at things.

Of several poses the one is taken whose picture promises most, judged by a few rays against the room's blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spnet.scenes.layouts.space import Space
from spnet.scenes.scene import Triple, View

Floats64 = NDArray[np.float64]

POSES = 6  # free poses that are compared; ours
TRIES = 60  # poses drawn to find them; ours
ENOUGH = 0.8  # score at which no further pose is drawn; ours
LOOK_FAR = 0.4  # share of views that look at the furthest of three things; ours
MARGIN = 0.12  # metres that a camera keeps from everything; ours
RAYS = 12, 9  # across and down
NEAREST = 0.22  # metres; more than a quarter of the picture nearer than twice this is a thing before the lens


@dataclass(frozen=True)
class Carrier:
    """What carries a camera.

    Attributes:
        heights: range of the eye above the floor, metres; values below 0 count from the ceiling.
        fields: range of the horizontal field of view, degrees.
        roll: deviation, radians.
        distances: range of the distance to what it looks at, metres; drawn log-uniformly.
        pitch: range of the angle above the horizon that it looks at, degrees.
        close: it is brought to a thing, rather than the thing looked for from where it stands.
    """

    heights: tuple[float, float]
    fields: tuple[float, float]
    roll: float
    distances: tuple[float, float]
    pitch: tuple[float, float] = (-35.0, 12.0)
    close: bool = False


CARRIERS: dict[str, Carrier] = {
    "floor robot": Carrier((0.1, 0.4), (55, 95), 0.01, (0.8, 40), (-8, 14)),
    "wheelchair": Carrier((0.75, 1.15), (50, 90), 0.02, (1.0, 40), (-25, 8)),
    "hand": Carrier((0.9, 1.65), (45, 85), 0.08, (0.8, 40), (-40, 10)),
    "head": Carrier((1.45, 1.8), (50, 100), 0.05, (1.2, 40), (-35, 8)),
    "forklift": Carrier((1.7, 2.6), (55, 100), 0.02, (2.0, 40), (-20, 8)),
    "ceiling": Carrier((-0.45, -0.12), (70, 110), 0.03, (2.0, 40), (-55, -14)),
    "drone": Carrier((1.4, -0.35), (60, 100), 0.06, (1.2, 40), (-50, 5)),
    "close": Carrier((0.35, 1.6), (40, 75), 0.12, (0.3, 1.3), (-70, 10), close=True),
    "arm": Carrier((0.4, 2.0), (40, 80), 0.1, (0.25, 1.4), (-80, -8), close=True),
}


@dataclass(frozen=True)
class Views:
    """Proposes views of a room; callable as `Scene.propose`.

    Attributes:
        space: what is taken.
        targets: (n, 3) middles of the things worth looking at.
        weights: (n,) how likely each is looked at.
        carriers: names from `CARRIERS`, repeated if likelier.
    """

    space: Space
    targets: Floats64
    weights: Floats64
    carriers: Sequence[str]

    def __call__(self, rng: np.random.Generator) -> View:
        """A view at random."""
        carrier = CARRIERS[self.carriers[int(rng.integers(0, len(self.carriers)))]]
        best, most, found = None, -np.inf, 0
        for _ in range(TRIES):
            view = self._near(rng, carrier) if carrier.close else self._stand(rng, carrier)
            if view is None:
                continue
            score = self.score(view, close=carrier.close)
            if score > most:
                best, most = view, score
            found += 1
            if found >= POSES or most > ENOUGH:
                break
        return best or self._anywhere(rng)

    def _stand(self, rng: np.random.Generator, carrier: Carrier) -> View | None:
        """From a free place, oftener near the walls, towards a thing."""
        plan = self.space.plan
        x, y = (float(v) for v in rng.uniform(0.15, 0.85, 2) * plan.size[:2])
        if rng.random() < 0.6:  # back against a wall
            wall = plan.walls[int(rng.integers(0, len(plan.walls)))]
            along, away = float(rng.uniform(0.0, 1.0)) * wall.length, float(rng.uniform(0.15, 0.8))
            x, y, _ = wall.point(along, away, 0.0)
        if not plan.inside(x, y, MARGIN):
            return None
        ceiling = plan.ceiling(x, y)
        low, high = (h if h > 0 else ceiling + h for h in carrier.heights)
        eye = (x, y, float(rng.uniform(min(low, high), max(low, high))))
        if not self.space.open(eye, MARGIN):
            return None
        far = rng.random() < LOOK_FAR
        drawn = [self._target(rng) for _ in range(3 if far else 1)]
        tx, ty, tz = max(drawn, key=lambda p: (p[0] - x) ** 2 + (p[1] - y) ** 2)
        flat = float(np.hypot(tx - x, ty - y))
        if not carrier.distances[0] <= flat <= carrier.distances[1]:
            return None
        low, high = np.radians(carrier.pitch)
        pitch = float(np.clip(np.arctan2(tz - eye[2], flat) + rng.normal(0, 0.06), low, high))
        target = (tx, ty, eye[2] + flat * float(np.tan(pitch)))
        return View(eye, target, float(rng.uniform(*carrier.fields)), float(rng.normal(0, carrier.roll)))

    def _near(self, rng: np.random.Generator, carrier: Carrier) -> View | None:
        """Brought to a thing, from any side that is free."""
        target = self._target(rng, spread=0.06)
        distance = float(np.exp(rng.uniform(*np.log(carrier.distances))))
        low, high = np.radians(carrier.pitch)
        pitch, angle = float(rng.uniform(low, high)), float(rng.uniform(0, 2 * np.pi))
        flat = distance * float(np.cos(pitch))
        x, y = target[0] + flat * float(np.cos(angle)), target[1] + flat * float(np.sin(angle))
        eye = (x, y, target[2] - distance * float(np.sin(pitch)))
        if not self.space.open(eye, MARGIN) or eye[2] < 0.12:
            return None
        return View(eye, target, float(rng.uniform(*carrier.fields)), float(rng.normal(0, carrier.roll)))

    def _target(self, rng: np.random.Generator, spread: float = 0.18) -> Triple:
        """Near a thing, or anywhere in the room."""
        w, d, h = self.space.plan.size
        if not len(self.targets):
            return float(rng.uniform(0, w)), float(rng.uniform(0, d)), float(rng.uniform(0.1, 0.6)) * h
        k = int(rng.choice(len(self.targets), p=self.weights))
        x, y, z = (self.targets[k] + rng.normal(0, spread, 3)).tolist()
        return x, y, z

    @cached_property
    def _blocks(self) -> tuple[Floats64, Floats64, Floats64]:
        """Middles (n, 3), half extents (n, 3), cosine and sine of the yaw (n, 2) of all solid blocks and the notch."""
        rows = [
            (b.x, b.y, (b.low + b.high) / 2, b.half_x, b.half_y, (b.high - b.low) / 2, np.cos(b.yaw), np.sin(b.yaw))
            for b in self.space.blocks
            if b.solid
        ]
        x0, y0, x1, y1 = self.space.plan.notch
        if x1 > x0:
            h = self.space.plan.height / 2
            rows.append(((x0 + x1) / 2, (y0 + y1) / 2, h, (x1 - x0) / 2, (y1 - y0) / 2, h, 1.0, 0.0))
        table = np.array(rows, np.float64).reshape(-1, 8)
        return table[:, :3], table[:, 3:6], table[:, 6:]

    def glance(self, view: View) -> tuple[Floats64, NDArray[np.int64]]:
        """What a few rays meet, every block taken as solid.

        Returns:
            (m,) distances in metres, and (m,) numbers of the blocks met, -1 for walls, floor and ceiling.
        """
        across, down = RAYS
        u, v = np.meshgrid(np.linspace(-0.92, 0.92, across), np.linspace(-0.68, 0.68, down))
        reach = np.tan(np.radians(view.field_of_view) / 2)
        rays = np.stack([u.ravel() * reach, v.ravel() * reach, np.ones(u.size)], -1) @ view.rotation()
        rays = np.where(np.abs(rays) < 1e-9, 1e-9, rays)
        eye = np.asarray(view.eye)
        room = np.where(rays > 0, np.asarray(self.space.plan.size) - eye, -eye) / rays
        wall = room.min(1)
        middle, half, turned = self._blocks
        if not len(middle):
            return wall, np.full(len(wall), -1)
        start = eye - middle
        c, s = turned[:, 0], turned[:, 1]
        local = np.stack([c * start[:, 0] + s * start[:, 1], c * start[:, 1] - s * start[:, 0], start[:, 2]], -1)
        x, y = rays[:, None, 0], rays[:, None, 1]
        aimed = np.stack(np.broadcast_arrays(c * x + s * y, c * y - s * x, rays[:, None, 2]), -1)  # (m, n, 3)
        aimed = np.where(np.abs(aimed) < 1e-9, 1e-9, aimed)
        near, far = (-np.sign(aimed) * half - local) / aimed, (np.sign(aimed) * half - local) / aimed
        enter, leave = near.max(-1), far.min(-1)
        distance = np.where((leave > np.maximum(enter, 0.0)), np.maximum(enter, 0.0), np.inf)
        first = distance.argmin(1)
        nearest = distance[np.arange(len(first)), first]
        return np.minimum(nearest, wall), np.where(nearest < wall, first, -1)

    def score(self, view: View, *, close: bool = False) -> float:
        """How much a picture promises: many things in it, no bare wall, nothing right before the lens; 1 is plenty."""
        distance, block = self.glance(view)
        seen = np.unique(block[block >= 0])
        things = float((block >= 0).mean())
        score = 0.5 * min(len(seen) / (5 if close else 8), 1.0) + 0.4 * min(things / 0.35, 1.0)
        score += 0.1 * min(float(np.std(np.log(np.maximum(distance, 0.05)))) / 0.4, 1.0)
        if float((distance < 2 * NEAREST).mean()) > 0.25 and not close:
            score -= 1.0
        if float((distance < NEAREST).mean()) > 0.15:
            score -= 1.0
        largest = np.bincount(block + 1)[1:].max(initial=0) / len(block)
        return score - max(float(largest) - 0.55, 0.0)

    def _anywhere(self, rng: np.random.Generator) -> View:
        """Where nothing better was found: from a free place to the middle of the room."""
        w, d, h = self.space.plan.size
        for _ in range(400):
            eye = (float(rng.uniform(0, w)), float(rng.uniform(0, d)), float(rng.uniform(0.3, 0.95)) * h)
            if self.space.open(eye, 0.05):
                break
        return View(eye, (w / 2, d / 2, 0.35 * h), float(rng.uniform(60, 95)))
