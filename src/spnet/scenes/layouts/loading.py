"""Things on things: set tables, desks at work, loaded worktops, stacks, clutter on the floor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spnet.scenes.layouts.room import Placed, Room
from spnet.scenes.layouts.space import Block
from spnet.scenes.scene import Model, Triple

CLEAR = 0.75  # metres above a top that things may fill; ours

# What lies about, by where.
DINING = ("plate", "cup", "glass", "bowl", "bottle", "fruit", "food", "can", "candle", "papers", "vase")
LIVING = ("book", "papers", "cup", "glass", "bowl", "vase", "plant", "candle", "phone", "laptop", "fruit", "box", "toy")
KITCHEN = (
    "bottle",
    "cup",
    "glass",
    "bowl",
    "plate",
    "pan",
    "can",
    "fruit",
    "food",
    "box",
    "kettle",
    "basket",
    "papers",
)
OFFICE = ("papers", "papers", "book", "book_row", "cup", "laptop", "phone", "bottle", "box", "plant", "can", "cable")
WORKSHOP = ("tool", "tool", "tool", "box", "can", "bottle", "papers", "crate", "cable", "cup", "basket", "bowl")
BATH = ("bottle", "bottle", "cup", "towel", "basket", "box", "can")
ANY = (*DINING, *LIVING, *KITCHEN, *OFFICE, "tool", "shoe", "ball", "bag")
ABOVE = ("box", "box", "basket", "bag", "plant", "vase", "book_row", "ball", "crate", "speaker")
BENEATH = ("box", "bag", "bin", "basket", "shoe", "computer", "ball", "crate", "bottle", "cable")
SILL = ("plant", "plant", "vase", "bottle", "book", "candle", "box", "cup", "can")
FLOOR = ("box", "box", "basket", "toy", "ball", "bag", "shoe", "bin", "book", "bottle", "papers", "cable", "plant")


def top_of(placed: Placed) -> tuple[float, float, float] | None:
    """The highest of its surfaces: height, half extents."""
    return max(placed.model.surfaces, default=None)


def put_on(
    room: Room,
    under: Placed,
    model: Model | None,
    x: float,
    y: float,
    yaw: float,
    surface: Triple | None = None,
    *,
    clear: float = CLEAR,
    gap: float = 0.004,
) -> Placed | None:
    """Stand a model on a thing if the place is free.

    Args:
        room: where.
        under: what carries it.
        model: what.
        x, y: where, in the carrier's own coordinates.
        yaw: relative to the carrier.
        surface: height and half extents of the face; the carrier's top unless given.
        clear: height that is free above it.
        gap: to other things, metres.
    """
    face = surface or top_of(under)
    if model is None or face is None or model.size[2] > clear:
        return None
    height, half_x, half_y = face
    c, s = abs(float(np.cos(yaw))), abs(float(np.sin(yaw)))
    w, d, tall = model.size
    if abs(x) + (c * w + s * d) / 2 > half_x + 0.02 or abs(y) + (s * w + c * d) / 2 > half_y + 0.02:
        return None
    at = under.point(x, y, height)
    block = Block(at[0], at[1], w / 2, d / 2, under.yaw + yaw, at[2] + 0.003, at[2] + tall)
    # what carries it is no obstacle where things stand in it rather than on it
    if any(block.meets(other, gap) for other in room.space.blocks if other.solid and other not in under.blocks):
        return None
    if at[2] + tall > room.plan.ceiling(at[0], at[1]):
        return None
    room.space.blocks.append(block)
    return room.put(model, at, under.yaw + yaw)


def strew(
    room: Room,
    under: Placed,
    kinds: Sequence[str],
    count: int,
    *,
    limit: float = 0.45,
    surface: Triple | None = None,
    clear: float = CLEAR,
    aligned: float = 0.4,
) -> list[Placed]:
    """Things at random on a top.

    Args:
        room: where.
        under: what carries them.
        kinds: what may lie there; those that there are no models of are left out.
        count: how many to try.
        limit: their largest extent, metres.
        surface: where; the carrier's top unless given.
        clear: height that is free.
        aligned: share that stands parallel to the carrier.
    """
    rng = room.rng
    face = surface or top_of(under)
    done: list[Placed] = []
    if face is None:
        return done
    _, half_x, half_y = face
    for _ in range(round(2.2 * count)):
        model = room.pick(kinds, (min(limit, 2 * half_x), min(limit, 2 * half_x), min(clear, 0.6)))
        for _ in range(3):
            yaw = float(rng.choice([0.0, np.pi / 2, np.pi])) if rng.random() < aligned else float(rng.uniform(0, 6.28))
            x, y = float(rng.uniform(-half_x, half_x)), float(rng.uniform(-half_y, half_y))
            thing = put_on(room, under, model, x, y, yaw, surface, clear=clear)
            if thing is not None:
                done.append(thing)
                break
    if done and rng.random() < 0.4:
        stack_up(room, done[0], kinds, int(rng.integers(1, 4)))
    return done


def stack_up(room: Room, under: Placed, kinds: Sequence[str], count: int) -> None:
    """More of what may lie flat on a thing that has a flat top: books, boxes, papers."""
    rng = room.rng
    flat = tuple(kind for kind in ("book", "box", "papers") if kind in kinds)
    for _ in range(count):
        if under.model.kind not in ("book", "box", "papers") or not flat:
            return
        w, d, h = under.model.size
        model = room.pick(flat, (w * 1.15, d * 1.15, 0.3))
        yaw = float(rng.normal(0, 0.15))
        surface = (h, max(w * 0.6, 0.02), max(d * 0.6, 0.02))
        if model is None or model.kind not in ("book", "box", "papers"):
            return
        upper = put_on(room, under, model, 0.0, 0.0, yaw, surface, clear=1.0)
        if upper is None:
            return
        under = upper


def on_top(room: Room, under: Placed) -> None:
    """What is kept on top of cupboards, shelves and fridges."""
    rng = room.rng
    face = top_of(under)
    if face is None:
        return
    clear = room.plan.ceiling(under.at[0], under.at[1]) - under.at[2] - face[0] - 0.08
    if clear > 0.2 and rng.random() < 0.6:
        strew(room, under, ABOVE, int(rng.integers(1, 5)), limit=0.5, clear=min(clear, 0.6))


def below(room: Room, table: Placed, kinds: Sequence[str] = BENEATH) -> None:
    """Things on the floor under a table or desk."""
    rng = room.rng
    w, d, h = table.model.size
    for _ in range(int(rng.integers(0, 4))):
        model = room.pick(kinds, (0.45, 0.45, 0.6 * h))
        at = table.point(float(rng.uniform(-0.4, 0.4)) * w, float(rng.uniform(-0.3, 0.4)) * d, -table.at[2])
        room.stand(model, at[0], at[1], table.yaw + float(rng.normal(0, 0.3)))


def seats_around(room: Room, table: Placed, model: Model | None, count: int) -> list[Placed]:
    """Chairs of one model along the sides of a table, facing it, some pushed back or turned."""
    done: list[Placed] = []
    if model is None:
        return done
    rng = room.rng
    w, d, _ = table.model.size
    sides: list[tuple[float, float, float]] = []
    per = max(int(w / 0.62), 1)
    for x in (np.arange(per) + 0.5) / per * w * 0.92 - 0.46 * w:
        sides += [(float(x), -d / 2, np.pi), (float(x), d / 2, 0.0)]
    if w > d * 1.25 or per == 1:
        sides += [(-w / 2, 0.0, np.pi / 2), (w / 2, 0.0, -np.pi / 2)]
    rng.shuffle(sides)
    for x, y, yaw in sides[:count]:
        messy = 1 - room.style.tidy
        out = float(rng.uniform(0.0, 0.12) + messy * rng.exponential(0.12))
        deep = model.size[1] * 0.5
        # a chair's front faces -y of its own; its seat reaches under the table, its back stays clear of it
        away = deep - min(0.3 * model.size[1], 0.15) + out
        ux, uy = float(np.sin(yaw)), -float(np.cos(yaw))  # from the chair to the table
        at = table.point(x - ux * away, y - uy * away, -table.at[2])
        turned = table.yaw + yaw + float(rng.normal(0, 0.05 + 0.3 * messy))
        chair = room.stand(model, at[0], at[1], turned)
        if chair is not None:
            done.append(chair)
    if rng.random() < 0.4:
        below(room, table, FLOOR)
    return done


def setting(room: Room, table: Placed, chairs: Sequence[Placed]) -> None:
    """A plate, something to drink from, perhaps a bowl, before every chair; bottles and bowls in the middle."""
    rng = room.rng
    face = top_of(table)
    if face is None:
        return
    ware = {kind: room.pick(kind, 0.32) for kind in ("plate", "bowl", "glass", "cup")}
    for chair in chairs:
        dx, dy = chair.at[0] - table.at[0], chair.at[1] - table.at[1]
        c, s = float(np.cos(table.yaw)), float(np.sin(table.yaw))
        x, y = c * dx + s * dy, -s * dx + c * dy
        inset = 0.17
        px = float(np.clip(x, -face[1] + inset, face[1] - inset))
        py = float(np.clip(y, -face[2] + inset, face[2] - inset))
        put_on(room, table, ware["plate"], px, py, float(rng.uniform(0, 6)))
        drink = ware["glass"] if rng.random() < 0.6 else ware["cup"]
        shift = rng.uniform(0.12, 0.2) * np.array([-0.6, 0.8])
        put_on(room, table, drink, px * 0.8 + float(shift[0]), py * 0.75, float(rng.uniform(0, 6)))
    strew(room, table, DINING, int(rng.integers(2, 8)), limit=0.35)


def work_place(room: Room, desk: Placed, *, screens: int, clutter: int) -> None:
    """Screens with keyboard, or a laptop, and what an office worker has lying about."""
    rng = room.rng
    face = top_of(desk)
    if face is None:
        return
    _, half_x, half_y = face
    middle = float(rng.uniform(-0.3, 0.3)) * half_x
    monitor = room.pick("monitor", (0.75, 0.35, 0.65))
    if screens and monitor is not None:
        for k in range(screens):
            x = middle + (k - (screens - 1) / 2) * (monitor.size[0] + 0.03)
            bend = (k - (screens - 1) / 2) * -0.3
            put_on(room, desk, monitor, x, half_y - monitor.size[1] / 2 - 0.02, bend + float(rng.normal(0, 0.06)))
        keyboard = room.pick("keyboard", (0.5, 0.25, 0.1))
        put_on(room, desk, keyboard, middle, -half_y * 0.35, float(rng.normal(0, 0.08)))
    else:
        put_on(room, desk, room.pick("laptop", 0.42), middle, 0.0, float(rng.normal(0, 0.2)))
    if rng.random() < 0.4:
        put_on(
            room, desk, room.pick("lamp_table", (0.4, 0.4, 0.6)), -half_x * 0.8, half_y * 0.5, float(rng.uniform(0, 6))
        )
    strew(room, desk, OFFICE, clutter, limit=0.36)
    below(room, desk)


def clutter_floor(room: Room, kinds: Sequence[str], count: int, *, limit: float = 0.6) -> None:
    """Things on the floor, oftener near walls; boxes are stacked."""
    rng = room.rng
    for _ in range(count):
        model = room.pick(kinds, limit)
        thing = room.anywhere(model, jitter=0.15) if rng.random() < 0.45 else room.loose(model)
        if thing is not None and model is not None and model.kind == "box" and rng.random() < 0.5:
            stack_up(room, thing, ("box",), int(rng.integers(1, 4)))


def lean_on_wall(room: Room, kinds: Sequence[str], count: int) -> None:
    """Flat or long things leant against a wall: pictures, boards, ladders, brooms."""
    rng = room.rng
    for _ in range(count):
        model = room.pick(kinds, (1.3, 0.4, 2.0))
        if model is None or model.size[1] > 0.25:
            continue
        wall = room.plan.walls[int(rng.integers(0, len(room.plan.walls)))]
        half, tall, lean = model.size[0] / 2, model.size[2], float(rng.uniform(0.1, 0.28))
        if 2 * half + 0.1 > wall.length:
            continue
        u = float(rng.uniform(half, wall.length - half))
        foot = tall * float(np.sin(lean)) + model.size[1] / 2 + 0.015
        x, y, _ = wall.point(u, foot, 0)
        xb, yb, _ = wall.point(u, (foot + model.size[1] / 2) / 2 + 0.02, 0)
        block = Block(xb, yb, half, (foot + model.size[1] / 2) / 2, wall.yaw, 0.0, tall)
        if room.space.take(block):
            room.tilted(model, (x, y, 0.0), wall.facing, lean)
