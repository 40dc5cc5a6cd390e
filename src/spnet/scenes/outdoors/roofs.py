"""Roofs over a rectangle x from -w/2 to w/2, y from 0 to d: gables, hips, mansards, flat ones; chimneys, dormers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spnet.scenes import shapes
from spnet.scenes.outdoors.facades import Style, windows
from spnet.scenes.outdoors.heap import Heap, quads
from spnet.scenes.outdoors.track import Numbers
from spnet.scenes.scene import Material, Triple


def slab(heap: Heap, corners: ArrayLike, thickness: float, top: Material, side: Material) -> None:
    """A sloping plate: (4, 3) corners of its upper face, counter-clockwise from above, the first two at the eaves."""
    c = np.asarray(corners, np.float64)
    low = c - (0, 0, thickness)
    along = float(np.linalg.norm(c[1] - c[0]))
    up = float(np.linalg.norm(c[3] - c[0]))
    heap.add(quads(c, [(0, 0), (along, 0), (along, up), (0, up)]), top)
    rims = [np.stack([low[i], low[j], c[j], c[i]]) for i, j in ((0, 1), (1, 2), (2, 3), (3, 0))]
    heap.add(
        quads(np.stack([*rims, low[::-1]]), np.tile([(0, 0), (along, 0), (along, 0.2), (0, 0.2)], (5, 1, 1))), side
    )


def gable(
    heap: Heap, w: float, d: float, z: float, pitch: float, over: float, cover: Material, trim: Material, wall: Material
) -> float:
    """A roof whose ridge runs along x, with its gable walls.

    Args:
        heap: what it is added to.
        w, d: of the house.
        z: height of the eaves.
        pitch: its angle, radians.
        over: how far it overhangs all round.
        cover, trim, wall: materials of the tiles, the edges, the gables.

    Returns:
        Height of the ridge.
    """
    rise = d / 2 * np.tan(pitch)
    drop, x = over * np.tan(pitch), w / 2 + 0.6 * over
    lift = 0.16  # the slab's lower face rests on the wall
    for front in (True, False):
        y = -over if front else d + over
        rim = [
            (-x, y, z - drop + lift),
            (x, y, z - drop + lift),
            (x, d / 2, z + rise + lift),
            (-x, d / 2, z + rise + lift),
        ]
        if not front:
            rim = [rim[1], rim[0], rim[3], rim[2]]
        slab(heap, rim, lift, cover, trim)
    ends = [[(s * w / 2, 0, z), (s * w / 2, d, z), (s * w / 2, d / 2, z + rise)] for s in (1, -1)]
    ends[1] = ends[1][::-1]
    uv = [[(p[1], p[2]) for p in end] for end in ends]
    heap.add(shapes.of_triangles(ends, uv), wall)
    return float(z + rise + lift)


def hip(heap: Heap, w: float, d: float, z: float, pitch: float, over: float, cover: Material, trim: Material) -> float:
    """A roof that slopes on all four sides; returns the height of its ridge."""
    turned = d > w
    a, b = (d, w) if turned else (w, d)  # its longer and its shorter side
    rise = (b / 2 + over) * np.tan(pitch)
    x, y, r = a / 2 + over, b / 2 + over, a / 2 - b / 2
    low = [(-x, -y, 0.0), (x, -y, 0.0), (x, y, 0.0), (-x, y, 0.0)]
    left, right = (-r, 0.0, rise), (r, 0.0, rise)
    upper = Heap()
    slope = float(np.hypot(y, rise))
    sides = [[low[0], low[1], right, left], [low[2], low[3], left, right]]
    upper.add(quads(sides, [[(0, 0), (2 * x, 0), (x + r, slope), (x - r, slope)]] * 2), cover)
    ends = [[low[1], low[2], right], [low[3], low[0], left]]
    upper.add(shapes.of_triangles(ends, [[(0, 0), (2 * y, 0), (y, slope)]] * 2), cover)
    upper.add(shapes.box((0, 0, -0.08), (2 * x, 2 * y, 0.16)), trim)
    heap.put(upper, shapes.turn(np.pi / 2 if turned else 0.0), (0, d / 2, z + 0.16))
    return float(z + rise + 0.16)


def shed(heap: Heap, w: float, d: float, z: float, rise: float, over: float, cover: Material, wall: Material) -> float:
    """A single plane that rises from the front to the back, with the walls under it; returns its height."""
    drop = rise / d * over
    x = w / 2 + 0.5 * over
    low, high = z - drop + 0.14, z + rise + drop + 0.14
    slab(heap, [(-x, -over, low), (x, -over, low), (x, d + over, high), (-x, d + over, high)], 0.14, cover, cover)
    sides = [
        [(w / 2, 0, z), (w / 2, d, z), (w / 2, d, z + rise)],
        [(-w / 2, d, z), (-w / 2, 0, z), (-w / 2, d, z + rise)],
    ]
    heap.add(shapes.of_triangles(sides, [[(p[1], p[2]) for p in side] for side in sides]), wall)
    heap.add(quads([[(w / 2, d, z), (-w / 2, d, z), (-w / 2, d, z + rise), (w / 2, d, z + rise)]]), wall)
    return float(high)


def flat(
    heap: Heap, rng: np.random.Generator, w: float, d: float, z: float, cover: Material, wall: Material, trim: Material
) -> float:
    """A level roof behind a parapet, with machines and stair heads on it; returns its height."""
    tall, thick = float(rng.uniform(0.2, 0.9)), 0.25
    heap.add(
        quads([[(-w / 2, 0, z), (w / 2, 0, z), (w / 2, d, z), (-w / 2, d, z)]], [[(0, 0), (w, 0), (w, d), (0, d)]]),
        cover,
    )
    centres = [(0, thick / 2), (0, d - thick / 2), (w / 2 - thick / 2, d / 2), (-w / 2 + thick / 2, d / 2)]
    sizes = [(w, thick), (w, thick), (thick, d - 2 * thick), (thick, d - 2 * thick)]
    heap.boxes([(x, y, z + tall / 2) for x, y in centres], [(a, b, tall) for a, b in sizes], wall)
    heap.boxes([(x, y, z + tall + 0.03) for x, y in centres], [(a + 0.08, b + 0.08, 0.06) for a, b in sizes], trim)
    for _ in range(int(rng.integers(0, 4))):
        size = rng.uniform((0.8, 0.8, 0.6), (3.5, 3.0, 2.6))
        x, y = rng.uniform(-0.3, 0.3) * w, d * rng.uniform(0.35, 0.75)
        heap.box(
            (float(x), float(y), z + float(size[2]) / 2), tuple(size.tolist()), trim if rng.random() < 0.6 else wall
        )
    return z + tall


def chimney(heap: Heap, rng: np.random.Generator, x: float, y: float, low: float, high: float, brick: Material) -> None:
    """A stack through the roof with a cap and pots."""
    a, b = float(rng.uniform(0.4, 0.9)), float(rng.uniform(0.4, 0.6))
    heap.box((x, y, (low + high) / 2), (a, b, high - low), brick)
    heap.box((x, y, high + 0.03), (a + 0.12, b + 0.12, 0.08), brick)
    for k in range(int(rng.integers(0, 3))):
        heap.add(shapes.bar((x + 0.25 * (k - 0.5), y, high), (x + 0.25 * (k - 0.5), y, high + 0.35), 0.1, 7), brick)


def dormers(
    heap: Heap, rng: np.random.Generator, spans: Numbers, z: float, pitch: float, style: Style, cover: Material
) -> None:
    """Windows that stand out of the front slope of a gable roof or mansard.

    Args:
        heap: what they are added to.
        rng: source of randomness.
        spans: (n, 2) x from and to.
        z: height of the eaves, from which the slope rises at y = 0.
        pitch: angle of the slope, radians.
        style: of the windows.
        cover: material of their roofs.
    """
    set_back, tall = float(rng.uniform(0.3, 0.7)), float(rng.uniform(1.2, 1.5))
    foot = z + set_back * float(np.tan(pitch)) + 0.1
    deep = (foot + tall - z) / float(np.tan(pitch)) - set_back
    for x0, x1 in spans.tolist():
        middle, wide = (x0 + x1) / 2, x1 - x0
        one = Heap()
        opening = np.array([[0.12, wide - 0.12, 0.12, tall - 0.12]])
        one.boxes([(0.06, 0.08, tall / 2), (wide - 0.06, 0.08, tall / 2)], (0.12, 0.16, tall), style.wall)
        one.boxes([(wide / 2, 0.08, 0.06), (wide / 2, 0.08, tall - 0.06)], (wide, 0.16, 0.12), style.wall)
        windows(one, rng, opening, style)
        one.boxes([(s, 0.1 + deep / 2, tall / 2) for s in (0.05, wide - 0.05)], (0.1, deep - 0.1, tall), style.wall)
        one.box((wide / 2, deep / 2 - 0.1, tall + 0.06), (wide + 0.3, deep + 0.3, 0.12), cover)
        heap.put(one, np.eye(3), (middle - wide / 2, set_back, foot))


def gutter(heap: Heap, w: float, y: float, z: float, ground: float, pipe: Material, sides: tuple[float, ...]) -> None:
    """A gutter along x at the eaves, with pipes down the wall at some x."""
    heap.add(shapes.tube([(-w / 2, y, z), (w / 2, y, z)], 0.065, 6), pipe)
    wall = 0.08 if y > 0 else -0.08
    for x in sides:
        near: Triple = (x, y - wall * 0.5, z - 0.05)
        path = [
            near,
            (x, y * 0.1 + wall if y < 0 else y - wall, z - 0.45),
            (x, y * 0.1 + wall if y < 0 else y - wall, ground),
        ]
        heap.add(shapes.tube(path, 0.045, 6), pipe)
