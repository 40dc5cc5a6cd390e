"""The building around a room: walls with openings, floor, ceiling, skirting, columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.layouts.plan import Wall
from spnet.scenes.layouts.room import Room
from spnet.scenes.layouts.space import Block
from spnet.scenes.scene import Material, Mesh, Triple, joined

LAP = 0.02  # metres that walls, floor and ceiling pass each other, so that no ray slips through a corner; ours
SKIRTING = 0.012  # thickness, metres; ours


@dataclass(frozen=True)
class Opening:
    """A hole in a wall, in its coordinates."""

    left: float
    right: float
    low: float
    high: float
    door: bool = False

    @property
    def middle(self) -> float:
        """Its middle along the wall."""
        return (self.left + self.right) / 2

    @property
    def width(self) -> float:
        """Metres."""
        return self.right - self.left


def face(left: float, right: float, low: float, high: float, v: float = 0.0) -> Mesh:
    """An upright rectangle in a wall's coordinates that faces the room, its picture upright as seen from there."""
    return shapes.quad((right, v, low), (left, v, low), (left, v, high), (right, v, high))


def sheets(
    span: tuple[float, float], low: float, high: float, openings: Sequence[Opening], v: float = 0.0
) -> list[Mesh]:
    """What is left of a band of a wall between its openings, in the wall's coordinates.

    Pieces meet corner to corner, so that no ray passes between them.
    """
    left, right = span
    across = sorted({left, right, *(u for o in openings for u in (o.left, o.right) if left < u < right)})
    up = sorted({low, high, *(z for o in openings for z in (o.low, o.high) if low < z < high)})

    def solid(u: float, z: float) -> bool:
        return not any(o.left < u < o.right and o.low < z < o.high for o in openings)

    return [
        face(a, b, c, d, v) for a, b in pairwise(across) for c, d in pairwise(up) if solid((a + b) / 2, (c + d) / 2)
    ]


def pierced(span: tuple[float, float], height: float, openings: Sequence[Opening], thickness: float) -> Mesh:
    """A wall in its own coordinates, with holes whose reveals are `thickness` deep; it goes on below the floor."""
    parts = sheets(span, -LAP, height + LAP, openings)
    for o in openings:
        a, b, z0, z1, t = o.left, o.right, o.low, o.high, -thickness
        parts += [
            shapes.quad((a, t, z0), (a, 0, z0), (a, 0, z1), (a, t, z1)),
            shapes.quad((b, 0, z0), (b, t, z0), (b, t, z1), (b, 0, z1)),
            shapes.quad((a, 0, z1), (b, 0, z1), (b, t, z1), (a, t, z1)),
            shapes.quad((a, t, z0), (b, t, z0), (b, 0, z0), (a, 0, z0)),
        ]
    return joined(parts)


def span_of(room: Room, k: int) -> tuple[float, float]:
    """From where to where wall k goes: a little beyond its corners where those are out of the room."""
    walls = room.plan.walls
    wall, before, after = walls[k], walls[k - 1], walls[(k + 1) % len(walls)]

    def convex(one: Wall, two: Wall) -> bool:
        return float(np.sin(two.yaw - one.yaw)) > 0

    return -LAP if convex(before, wall) else 0.0, wall.length + (LAP if convex(wall, after) else 0.0)


def moulding(room: Room, wall: Wall, openings: Sequence[Opening], low: float, high: float, material: Material) -> None:
    """Boards along a wall between two heights, not across openings: skirting, rails, cornices."""
    doors = sorted((o for o in openings if o.low < high and o.high > low), key=lambda o: o.left)
    start = 0.0
    for left, right in [*((o.left - 0.06, o.right + 0.06) for o in doors), (wall.length, wall.length)]:
        if left - start > 0.02:
            size = (left - start, SKIRTING, high - low)
            middle = ((start + left) / 2, SKIRTING / 2, (low + high) / 2)
            room.build(wall.placed(shapes.box(middle, size)), material)
        start = right


def wainscot(room: Room, openings: Sequence[Sequence[Opening]], high: float, material: Material) -> None:
    """The lower part of all walls in another material: tiles, panels, a band of paint."""
    for wall, here in zip(room.plan.walls, openings, strict=True):
        room.build(wall.placed(joined(sheets((0.0, wall.length), 0.0, high, here, 0.006))), material)
        moulding(room, wall, here, high, high + 0.02, room.style.trim if room.rng.random() < 0.5 else material)


def fittings(room: Room, openings: Sequence[Sequence[Opening]]) -> None:
    """Switches beside doors, sockets, grilles, thermostats: the small things on every wall."""
    rng = room.rng
    white = surfaces.plain((0.9, 0.9, 0.88), 0.4, 0.02) if rng.random() < 0.8 else room.style.metals[-1]
    centres: list[Triple] = []
    sizes: list[Triple] = []
    for wall, here in zip(room.plan.walls, openings, strict=True):
        spots = [(o.right + 0.2, 1.1, 0.08, 0.08) for o in here if o.door]
        for _ in range(int(rng.integers(0, 1 + int(wall.length / 1.5)))):
            wide = float(rng.choice([0.08, 0.08, 0.15, 0.22]))
            spots.append((float(rng.uniform(0.15, wall.length)), float(rng.choice([0.3, 0.32, 1.1])), wide, 0.08))
        if rng.random() < 0.12:
            spots.append((float(rng.uniform(0.3, max(0.3, wall.length))), room.plan.height - 0.3, 0.3, 0.2))
        for u, z, wide, tall in spots:
            clear = all(u + wide < o.left - 0.12 or u - wide > o.right + 0.1 for o in here)
            if clear and 0.1 < u < wall.length - wide:
                x, y, _ = wall.point(u, 0.006, 0)
                centres.append((x, y, z))
                along = abs(float(np.cos(wall.yaw))) > 0.5
                sizes.append((wide, 0.014, tall) if along else (0.014, wide, tall))
    if centres:
        room.build(shapes.boxes(centres, sizes), white)


def build_shell(room: Room, openings: Sequence[Sequence[Opening]], *, thickness: float = 0.2) -> None:
    """Floor, ceiling, roofs and walls.

    Args:
        room: where; its plan says what.
        openings: of each wall.
        thickness: of the walls, seen in their openings.
    """
    plan, style = room.plan, room.style
    w, d, h = plan.size
    a, w, d = -LAP, w + LAP, d + LAP
    room.build(shapes.quad((a, a, 0), (w, a, 0), (w, d, 0), (a, d, 0)), style.floor)
    room.build(shapes.quad((a, d, h), (w, d, h), (w, a, h), (a, a, h)), style.ceiling)
    tall = float(room.rng.choice([0.0, 0.05, 0.07, 0.1, 0.15], p=[0.15, 0.25, 0.3, 0.2, 0.1]))
    for k, wall in enumerate(plan.walls):
        mesh = pierced(span_of(room, k), h, openings[k], thickness)
        room.build(wall.placed(mesh), style.walls[k % len(style.walls)])
        if tall:
            moulding(room, wall, openings[k], 0.0, tall, style.trim)
    for slope in plan.slopes:
        wall = plan.walls[slope.wall]
        a, b = (0.0, wall.length)
        mesh = shapes.quad((b, 0, slope.knee), (a, 0, slope.knee), (a, slope.run, h), (b, slope.run, h))
        room.build(wall.placed(mesh), style.ceiling)


def columns(room: Room, count: int) -> None:
    """Square or round columns from floor to ceiling, in a row."""
    rng, plan = room.rng, room.plan
    half, round_ = float(rng.uniform(0.12, 0.3)), rng.random() < 0.3
    y = plan.depth * float(rng.uniform(0.3, 0.7))
    for k in range(count):
        x = plan.width * (k + 0.5) / count
        if not room.space.take(Block(x, y, half, half, 0.0, 0.0, plan.height)):
            continue
        material = room.style.walls[0]
        if round_:
            room.build(shapes.bar((x, y, 0), (x, y, plan.height), half, 20), material)
        else:
            room.build(shapes.box((x, y, plan.height / 2), (2 * half, 2 * half, plan.height)), material)


def strips(length: float, spacing: float) -> list[float]:
    """Middles of equal strips of about `spacing` metres."""
    count = max(round(length / spacing), 1)
    return [float(v) for v in (np.arange(count) + 0.5) * length / count]
