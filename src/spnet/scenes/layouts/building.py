"""Types of rooms as data, and how one is built: plan, shell, openings, ceiling, furniture, light, views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spnet.scenes import surfaces
from spnet.scenes.environments import Environments
from spnet.scenes.layouts import ceilings, loading, openings
from spnet.scenes.layouts.finish import finished
from spnet.scenes.layouts.plan import Plan, Rectangle, Slope
from spnet.scenes.layouts.room import Room
from spnet.scenes.layouts.shell import Opening, build_shell, columns, fittings, moulding, wainscot
from spnet.scenes.layouts.style import coloured, draw_style
from spnet.scenes.layouts.views import Views
from spnet.scenes.models import Stock
from spnet.scenes.scene import BY_WORLD, Scene
from spnet.scenes.textures.noise import colour, linear, neutral

Span = tuple[float, float]


@dataclass(frozen=True)
class RoomType:
    """What a type of room has.

    Attributes:
        name: e.g. "kitchen".
        furnish: fills a built room.
        long, wide, high: ranges of its extents, metres; the longer side lies along x or y.
        styles: keys of `style.TASTES`.
        walls, floors: texture families instead of the style's.
        lamps: how it is lit: "pendant", "panel", "tube", "spot".
        windows: probability of a window in a wall.
        doors: how many doors.
        overhead: what may be under the ceiling: "beams", "pipes", "duct", "tray", "panels".
        carriers: who looks at it; see `views.CARRIERS`.
        notched: probability of a plan that is no plain rectangle.
        sloped: probability of a roof that comes down.
        wainscot: probability that the lower part of the walls is tiled, panelled or painted.
        columned: probability of columns, where it is large.
        dressings: what may hang at windows.
    """

    name: str
    furnish: Callable[[Room], None]
    long: Span = (3.5, 7.0)
    wide: Span = (2.8, 5.0)
    high: Span = (2.35, 3.0)
    styles: tuple[str, ...] = ("modern", "nordic", "classic", "rustic", "colourful", "plain", "worn", "loft")
    walls: tuple[str, ...] = ()
    floors: tuple[str, ...] = ()
    lamps: tuple[str, ...] = ("pendant",)
    windows: float = 0.4
    doors: tuple[int, int] = (1, 2)
    overhead: tuple[str, ...] = ()
    carriers: tuple[str, ...] = (
        "floor robot",
        "wheelchair",
        "hand",
        "hand",
        "head",
        "head",
        "ceiling",
        "drone",
        "close",
        "close",
    )
    notched: float = 0.3
    sloped: float = 0.0
    wainscot: float = 0.08
    columned: float = 0.4
    dressings: tuple[str, ...] = ("curtains", "curtains", "net", "blinds", "", "")


def start_room(rng: np.random.Generator, stock: Stock, kind: RoomType) -> tuple[Room, dict[str, str]]:
    """A room of a type without furniture, and what was drawn, for the manifest."""
    style = draw_style(rng, stock.textures, kind.styles, walls=kind.walls, floors=kind.floors)
    room = Room(rng, stock, style, _plan(rng, kind))
    hour = str(rng.choice(list(openings.HOURS), p=[0.25, 0.45, 0.18, 0.12]))
    thickness = float(rng.uniform(0.12, 0.4))
    holes = plan_openings(room, kind)
    build_shell(room, holes, thickness=thickness)
    _trimmings(room, kind, holes)
    _fill_openings(room, kind, holes, thickness, hour)
    _ceiling(room, kind, lit=hour in ("evening", "night") or rng.random() < 0.75)
    if room.plan.width * room.plan.depth > 35 and not room.plan.slopes and rng.random() < kind.columned:
        columns(room, int(rng.integers(1, 4)))
    return room, {"hour": hour}


def build_room(rng: np.random.Generator, stock: Stock, environments: Environments, kind: RoomType) -> Scene:
    """A scene of a type of room."""
    room, facts = start_room(rng, stock, kind)
    kind.furnish(room)
    things_on_sills(room)
    middles = np.array([*(p.middle for p in room.placed), *room.targets], np.float64).reshape(-1, 3)
    sizes = [*(max(p.model.size) for p in room.placed), *(1.0 for _ in room.targets)]
    weights = np.clip(np.array(sizes, np.float64), 0.25, 1.5)
    views = Views(room.space, middles, weights / max(weights.sum(), 1e-9), kind.carriers)
    return finished(room, kind.name, environments, facts, views)


def things_on_sills(room: Room) -> None:
    """Plants and what else is put on window sills."""
    for sill in room.sills:
        loading.strew(room, sill, loading.SILL, int(room.rng.integers(1, 6)), limit=0.4, clear=0.5)


def _plan(rng: np.random.Generator, kind: RoomType) -> Plan:
    long, wide, high = (float(rng.uniform(*span)) for span in (kind.long, kind.wide, kind.high))
    w, d = (long, wide) if rng.random() < 0.5 else (wide, long)
    notch: Rectangle = (0.0, 0.0, 0.0, 0.0)
    if rng.random() < kind.notched:
        notch = _notch(rng, w, d)
    slopes: tuple[Slope, ...] = ()
    if rng.random() < kind.sloped and notch[2] == 0:
        first = int(rng.integers(0, 4))
        run = (d if first % 2 == 0 else w) * float(rng.uniform(0.25, 0.48))
        knee = float(rng.uniform(0.7, 1.4))
        walls = (first, (first + 2) % 4) if rng.random() < 0.4 else (first,)
        slopes = tuple(Slope(k, knee, run) for k in walls)
    return Plan(w, d, high, notch, slopes)


def _notch(rng: np.random.Generator, w: float, d: float) -> Rectangle:
    """A corner cut off (an L), or a chimney breast or shaft at a wall or in a corner."""
    if rng.random() < 0.5 and min(w, d) > 3.2:
        a, b = w * float(rng.uniform(0.25, 0.5)), d * float(rng.uniform(0.25, 0.5))
    else:
        a, b = float(rng.uniform(0.3, 1.4)), float(rng.uniform(0.25, 0.6))
    if rng.random() < 0.5:  # in a corner
        x = 0.0 if rng.random() < 0.5 else w - a
        y = 0.0 if rng.random() < 0.5 else d - b
        return x, y, w if x > 0 else a, d if y > 0 else b
    if rng.random() < 0.5:
        x = float(rng.uniform(0.6, max(w - a - 0.6, 0.61)))
        y = 0.0 if rng.random() < 0.5 else d - b
        return x, y, min(x + a, w - 0.3), d if y > 0 else b
    x = 0.0 if rng.random() < 0.5 else w - b
    y = float(rng.uniform(0.6, max(d - a - 0.6, 0.61)))
    return x, y, w if x > 0 else b, min(y + a, d - 0.3)


def _outer(room: Room, k: int) -> bool:
    """Whether a wall lies on the rim of the whole plan, so that there is room behind it."""
    wall, (w, d, _) = room.plan.walls[k], room.plan.size
    middle = wall.point(wall.length / 2, 0, 0)
    return min(middle[0], w - middle[0], middle[1], d - middle[1]) < 1e-6


def plan_openings(room: Room, kind: RoomType) -> list[list[Opening]]:
    """Doors and windows of every wall."""
    rng, walls, high = room.rng, room.plan.walls, room.plan.height
    holes: list[list[Opening]] = [[] for _ in walls]
    sloped = {slope.wall for slope in room.plan.slopes}
    across = {(k + s) % len(walls) for k in sloped for s in (-1, 1)}
    able = [k for k in range(len(walls)) if _outer(room, k) and walls[k].length > 1.6 and k not in sloped]
    for _ in range(int(rng.integers(kind.doors[0], kind.doors[1] + 1))):
        if not able:
            break
        k = able[int(rng.integers(0, len(able)))]
        wide = float(rng.uniform(0.78, 1.0))
        u = float(rng.uniform(0.15, walls[k].length - wide - 0.15))
        if k in across:  # under the ridge
            u = walls[k].length / 2 - wide / 2
        hole = Opening(u, u + wide, 0.0, float(rng.uniform(1.98, min(2.15, high - 0.1))), door=True)
        if all(o.right + 0.3 < hole.left or hole.right + 0.3 < o.left for o in holes[k]):
            holes[k].append(hole)
    for k in able:
        if rng.random() < kind.windows and k not in across:
            _windows(room, holes[k], walls[k].length)
    return holes


def _windows(room: Room, holes: list[Opening], length: float) -> None:
    """One or several equal windows in a wall, sometimes down to the floor or as a band."""
    rng, high = room.rng, room.plan.height
    low = float(rng.uniform(0.6, 1.05)) if rng.random() < 0.85 else 0.05
    top = min(low + float(rng.uniform(0.9, 1.7)), high - 0.12) if low > 0.1 else min(2.2, high - 0.15)
    wide = float(rng.uniform(0.6, min(2.4, length - 0.6)))
    count = min(int(rng.integers(1, 4)), int((length - 0.4) / (wide + 0.25)))
    for k in range(max(count, 1)):
        u = length * (k + 0.5) / max(count, 1) - wide / 2
        if all(o.right + 0.15 < u or u + wide + 0.15 < o.left for o in holes):
            holes.append(Opening(u, u + wide, low, top))


def _trimmings(room: Room, kind: RoomType, holes: list[list[Opening]]) -> None:
    """Wainscots, cornices, switches and sockets."""
    rng, textures = room.rng, room.stock.textures
    if rng.random() < kind.wainscot:
        family = str(rng.choice(["tiles", "tiles", "panelling", "paint"]))
        if family in ("paint", "panelling"):
            wanted = colour(rng, (0.02, 0.28), (0.3, 0.95)) if rng.random() < 0.5 else neutral(rng, (0.3, 0.95))
            material = coloured(rng, textures, [family], linear(wanted), roughness=(0.3, 0.8))
        else:
            material = surfaces.textured(rng, textures, family, mapping=BY_WORLD, roughness=(0.3, 0.8), bump=0.002)
        wainscot(room, holes, float(rng.uniform(0.9, min(2.0, room.plan.height - 0.3))), material)
    if room.style.name in ("classic", "worn", "colourful") and not room.plan.slopes and rng.random() < 0.5:
        tall = float(rng.uniform(0.05, 0.14))
        for wall, here in zip(room.plan.walls, holes, strict=True):
            moulding(room, wall, here, room.plan.height - tall, room.plan.height, room.style.trim)
    fittings(room, holes)


def _fill_openings(room: Room, kind: RoomType, holes: list[list[Opening]], thickness: float, hour: str) -> None:
    rng = room.rng
    look = openings.window_style(room, kind.dressings)
    for wall, here in zip(room.plan.walls, holes, strict=True):
        for hole in here:
            if not hole.door:
                openings.window(room, wall, hole, look, thickness)
                continue
            wide_open = rng.random() < 0.4
            inward = 0.0 if not wide_open else float(rng.uniform(0.5, 1.9)) * (1 if rng.random() < 0.6 else -1)
            openings.door(room, wall, hole, thickness, ajar=inward)
            if wide_open:
                openings.annex(room, wall, hole, thickness)
        if any(not hole.door for hole in here):
            openings.outside(room, wall, hour)


def _ceiling(room: Room, kind: RoomType, *, lit: bool) -> None:
    rng, plan = room.rng, room.plan
    lamps = kind.lamps[int(rng.integers(0, len(kind.lamps)))]
    if lamps == "pendant":
        ceilings.pendant(room, plan.width * float(rng.uniform(0.4, 0.6)), plan.depth * float(rng.uniform(0.4, 0.6)))
    else:
        ceilings.rows_of_lamps(room, lamps, lit=lit)
    for part in kind.overhead:
        if rng.random() > 0.5 or plan.slopes:
            continue
        if part == "beams":
            ceilings.beams(room)
        elif part == "pipes":
            ceilings.pipes(room, int(rng.integers(1, 6)))
        elif part == "duct":
            ceilings.duct(room)
        elif part == "tray":
            ceilings.cable_tray(room)
        elif part == "panels" and lamps == "panel":
            ceilings.suspended_panels(room)
