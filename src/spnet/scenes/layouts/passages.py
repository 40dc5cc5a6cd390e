"""Corridors and stairwells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.layouts import loading
from spnet.scenes.layouts.building import RoomType
from spnet.scenes.layouts.filling import cover_walls, line_walls
from spnet.scenes.layouts.people import people
from spnet.scenes.layouts.room import Room
from spnet.scenes.layouts.space import Block
from spnet.scenes.scene import BY_WORLD, Mesh, joined


def corridor(room: Room) -> None:
    """A corridor with doors on both sides, boards, benches, cabinets, an extinguisher."""
    rng = room.rng
    kinds = ("bench", "cabinet", "plant", "shelf", "coat_rack", "bin", "trolley", "chair", "washing_machine")
    line_walls(room, kinds, loading.OFFICE, share=(0.1, 0.45))
    hung = ("picture", "picture", "whiteboard", "clock", "extinguisher", "radiator", "lamp_wall")
    cover_walls(room, hung, share=(0.1, 0.5))
    loading.clutter_floor(room, ("box", "bag", "bin", "crate", "ladder"), int(rng.integers(0, 5)))
    people(room, 0.35, 3)


@dataclass(frozen=True)
class Flights:
    """Two flights of stairs side by side that turn at a landing; s runs along them, t across.

    Attributes:
        steps: of each flight.
        rise, tread: of a step, metres.
        wide: width of a flight.
        foot: where the first step begins, along s.
        length, other: extent of the stairwell along s and t.
    """

    steps: int
    rise: float
    tread: float
    wide: float
    foot: float
    length: float
    other: float

    @property
    def landing(self) -> float:
        """Its height."""
        return self.steps * self.rise

    @property
    def head(self) -> float:
        """Where the landing begins, along s."""
        return self.foot + self.steps * self.tread


def _drawn(rng: np.random.Generator, length: float, other: float) -> Flights:
    steps, rise, tread = int(rng.integers(8, 11)), float(rng.uniform(0.16, 0.185)), float(rng.uniform(0.25, 0.3))
    wide = min((other - 0.2) / 2, float(rng.uniform(1.0, 1.5)))
    if length - 1.3 - steps * tread < 0.4:
        return Flights(steps, rise, (length - 1.9) / steps, wide, 0.6, length, other)
    return Flights(steps, rise, tread, wide, length - 1.3 - steps * tread, length, other)


def _steps(f: Flights, *, closed: bool) -> Mesh:
    """Steps and landing, x along s and y along t."""
    parts = [_slab(f.head, f.length, 0.0, f.other, f.landing - 0.2, f.landing)]
    for k in range(f.steps):
        top, s = (k + 1) * f.rise, f.foot + k * f.tread
        parts.append(_slab(s, s + f.tread, 0.0, f.wide, 0.0 if closed else max(top - 0.25, 0.0), top))
        s, top = f.head - (k + 1) * f.tread, f.landing + top
        parts.append(_slab(s, s + f.tread, f.other - f.wide, f.other, top - 0.25, top))
    return joined(parts)


def _railings(f: Flights) -> Mesh:
    """A hand rail with bars beside each flight."""
    parts = []
    for t, z0 in ((f.wide + 0.04, 0.0), (f.other - f.wide - 0.04, 2 * f.landing)):
        parts.append(shapes.bar((f.foot, t, z0 + 0.95), (f.head, t, f.landing + 0.95), 0.022, 8))
        for share in np.linspace(0, 1, 2 * f.steps).tolist():
            s, z = f.foot + share * (f.head - f.foot), z0 + share * (f.landing - z0)
            parts.append(shapes.bar((s, t, z), (s, t, z + 0.95), 0.009, 5))
    return joined(parts)


def stairwell(room: Room) -> None:
    """Two flights with a landing between them, railings, and what stands at the foot."""
    rng, plan = room.rng, room.plan
    along_x = plan.width > plan.depth
    f = _drawn(rng, max(plan.width, plan.depth), min(plan.width, plan.depth))
    material = surfaces.textured(rng, room.stock.textures, ("terrazzo", "concrete", "granite"), mapping=BY_WORLD)
    if rng.random() < 0.35:
        material = room.style.woods[0]
    swap = np.eye(3) if along_x else np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    room.build(_steps(f, closed=rng.random() < 0.5).moved(swap), material, "stairs")
    room.build(_railings(f).moved(swap), room.style.metals[0], "railing")
    for k in range(4):  # what cameras keep out of
        s, top = f.foot + k * (f.head - f.foot) / 4, (k + 1) * f.landing / 4
        span = (s, s + (f.head - f.foot) / 4)
        _keep_out(room, along_x, span, (0.0, f.wide + 0.06), (0.0, top))
        upper = 2 * f.landing - top
        _keep_out(room, along_x, span, (f.other - f.wide - 0.06, f.other), (upper - 0.2, upper + f.landing / 4))
    _keep_out(room, along_x, (f.head, f.length), (0.0, f.other), (f.landing - 0.25, f.landing))
    middle, half = f.other / 2, f.wide / 2
    centre = (f.foot + f.head) / 2
    for s, t, z in (
        *((f.foot, half, 0.3), (centre, half, f.landing / 2), (f.length - 0.6, middle, f.landing)),
        *((centre, f.other - half, 1.5 * f.landing), (f.foot, middle, 0.8)),
    ):
        room.targets.append((s, t, z) if along_x else (t, s, z))
    room.hang(("picture", "extinguisher", "radiator", "clock"), int(rng.integers(1, 6)), limit=(1.2, 0.25, 1.2))
    line_walls(room, ("plant", "bicycle", "box", "bin", "bench", "cabinet"), loading.FLOOR, share=(0.1, 0.5))
    loading.clutter_floor(room, ("box", "bag", "shoe", "crate"), int(rng.integers(0, 5)))
    people(room, 0.3, 2)


def _slab(s0: float, s1: float, t0: float, t1: float, low: float, high: float) -> Mesh:
    return shapes.box(((s0 + s1) / 2, (t0 + t1) / 2, (low + high) / 2), (s1 - s0, t1 - t0, high - low))


def _keep_out(
    room: Room, along_x: bool, s: tuple[float, float], t: tuple[float, float], z: tuple[float, float]
) -> None:
    (a, b), (c, d) = (s, t) if along_x else (t, s)
    room.space.blocks.append(Block((a + b) / 2, (c + d) / 2, (b - a) / 2, (d - c) / 2, 0.0, *z))


TYPES = (
    RoomType(
        "corridor",
        corridor,
        (6.0, 28.0),
        (1.4, 2.8),
        (2.4, 3.0),
        styles=("modern", "plain", "plain", "worn", "classic"),
        floors=("carpet", "tiles", "terrazzo", "granite", "boards"),
        lamps=("panel", "spot", "tube"),
        overhead=("panels", "panels", "pipes", "tray"),
        windows=0.2,
        doors=(4, 9),
        notched=0.1,
        wainscot=0.25,
        dressings=("", "blinds"),
        carriers=("floor robot", "floor robot", "wheelchair", "hand", "head", "head", "ceiling"),
    ),
    RoomType(
        "stairwell",
        stairwell,
        (4.8, 7.0),
        (2.4, 3.6),
        (4.6, 6.2),
        styles=("modern", "plain", "worn", "classic", "loft"),
        floors=("tiles", "terrazzo", "granite", "concrete", "marble"),
        lamps=("panel", "tube"),
        windows=0.4,
        notched=0.0,
        wainscot=0.3,
        dressings=("",),
        carriers=("floor robot", "hand", "hand", "head", "head", "drone", "drone", "ceiling"),
    ),
)
