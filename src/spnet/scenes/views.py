"""Which views of a scene are worth a picture: told from a small look at depth and things."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spnet.scenes.scene import Ints, Scene, View
from spnet.types import FloatImage

Peek = Callable[[View], tuple[FloatImage, Ints]]

TRIES = 14  # looks for one picture; then the least dull of them is taken. All limits of this file are ours.
NEAREST = {"table": 0.15}  # metres; the closest 3 % may not be nearer than this, elsewhere than NEAR
NEAR = 0.3
MOST_SKY = 0.65  # share of the pixels
MOST_CLOSE, CLOSE = 0.35, 0.6  # share of pixels, and metres within which they are in one's face (not at a table)
MOST_PLANE = 0.75  # share of the pixels that lie on one plane: all wall
MOST_TWO = 0.9  # on two planes: a wall and the floor
DRAWS = 48  # planes tried
STRIDE = 3  # of the pixels that planes are looked for among
MOST_ONE = 0.75  # share of the pixels that one thing may take
LEAST_RELIEF = 0.12  # spread of the logarithm of depth, 5th to 95th percentile
SAME = 0.7  # share of pixels whose depth is as in an earlier view of the scene


def choose_views(scene: Scene, peek: Peek, count: int, rng: np.random.Generator) -> list[View]:
    """Views that are neither dull nor alike.

    Args:
        scene: proposes them.
        peek: looks at one.
        count: how many.
        rng: decides them.

    Returns:
        `count` views; where no proposal was good, the least dull one.
    """
    chosen: list[View] = []
    seen: list[FloatImage] = []
    for _ in range(count):
        best: tuple[float, View, FloatImage] | None = None
        for _ in range(TRIES):
            view = scene.propose(rng)
            depth, thing = peek(view)
            fault = dullness(depth, thing, scene.kind)
            if any(alike(depth, other) for other in seen):
                fault += 1.0
            if best is None or fault < best[0]:
                best = fault, view, depth
            if fault == 0:
                break
        assert best is not None
        chosen.append(best[1])
        seen.append(best[2])
    return chosen


def dullness(depth: FloatImage, thing: Ints, kind: str = "") -> float:
    """How little a view shows; 0 is good, and each thing that is wrong adds up to 1.

    Args:
        depth: (h, w) metres, 0 = sky.
        thing: (h, w) number of the thing, 0 = building or ground, -1 = sky.
        kind: of the scene; at a table one may be closer.

    >>> wall = np.full((24, 32), 2.0, np.float32)
    >>> dullness(wall, np.zeros((24, 32), np.int32)) > 1  # one plane, and no relief
    True
    """
    known = depth > 0
    share = float(known.mean())
    if share < 0.1:
        return 5.0
    near = depth[known]
    fault = over(1 - share, MOST_SKY)
    fault += over(NEAREST.get(kind, NEAR), float(np.percentile(near, 3)))
    if kind not in NEAREST:
        fault += over(float((near < CLOSE).mean()), MOST_CLOSE)
    first, second = plane_shares(depth[::STRIDE, ::STRIDE])
    fault += over(first, MOST_PLANE) + over(first + second, MOST_TWO)
    low, high = np.percentile(np.log(near), (5, 95))
    fault += over(LEAST_RELIEF, float(high - low))
    things = np.bincount(thing[thing > 0], minlength=2) / thing.size if (thing > 0).any() else np.zeros(2)
    return fault + over(float(things.max()), MOST_ONE)


def over(value: float, limit: float) -> float:
    """0 where a value is within its limit, else by how much of it, and at least a little; at most 1."""
    return 0.0 if value <= limit else min(1.0, 0.05 + (value - limit) / max(limit, 1e-6))


def plane_shares(depth: FloatImage, count: int = 2) -> list[float]:
    """Shares of all pixels that lie within 2 % of the planes that most of them lie on, one after the other.

    1/z is linear in the image on any plane: of the planes through three pixels drawn at random (always the same ones),
    the one that most others lie on is taken, and its pixels taken away. Sky counts as on none.
    """
    rows, columns = np.nonzero(depth)
    points = np.stack([columns, rows, np.ones(len(rows))], axis=1).astype(np.float32)
    inverse = 1 / depth[rows, columns]
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(count):
        best = np.zeros(len(points), dtype=bool)
        if len(points) >= 3:
            corners = rng.integers(0, len(points), (DRAWS, 3))
            systems = points[corners]
            sound = np.abs(np.linalg.det(systems)) > 1
            planes = np.linalg.solve(systems[sound], inverse[corners[sound]][..., None])[..., 0]
            on = np.abs(planes @ points.T - inverse) < 0.02 * inverse
            best = on[on.sum(1).argmax()] if len(on) else best
        shares.append(float(best.sum() / depth.size))
        points, inverse = points[~best], inverse[~best]
    return shares


def alike(first: FloatImage, second: FloatImage) -> bool:
    """Whether two small depth maps show much the same: most pixels within 5 %."""
    both = (first > 0) | (second > 0)
    close = np.abs(first - second) <= 0.05 * np.maximum(first, second)
    return bool((close & both).sum() > SAME * max(1, int(both.sum())))
