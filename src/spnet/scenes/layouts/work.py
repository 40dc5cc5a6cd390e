"""Rooms where people work, learn and meet."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.layouts import loading
from spnet.scenes.layouts.building import RoomType
from spnet.scenes.layouts.filling import cover_walls, line_walls, messy
from spnet.scenes.layouts.people import people
from spnet.scenes.layouts.plan import Wall
from spnet.scenes.layouts.room import Placed, Room
from spnet.scenes.layouts.space import Block
from spnet.scenes.scene import Material, Model, joined

PUBLIC = ("modern", "plain", "plain", "worn", "nordic", "loft")


def _panel(room: Room, x: float, y: float, yaw: float, wide: float, tall: float, cloth: Material) -> None:
    """A partition of an open-plan office."""
    block = Block(x, y, wide / 2, 0.025, yaw, 0.0, tall)
    if room.space.take(block):
        room.build(shapes.bevelled((x, y, tall / 2 + 0.02), (wide, 0.045, tall - 0.04), 0.01, yaw), cloth, "partition")
        rim = [shapes.box((x, y, z), (wide + 0.02, 0.055, 0.03), yaw) for z in (0.025, tall - 0.01)]
        room.build(joined(rim), room.style.metals[-1], "partition")


def _desk_with_chair(room: Room, desk: Placed, most: int) -> None:
    rng = room.rng
    loading.work_place(room, desk, screens=int(rng.choice([0, 1, 1, 2, 2])), clutter=1 + messy(room, most))
    x, y, _ = desk.point(float(rng.normal(0, 0.1)), -desk.model.size[1] / 2 - float(rng.uniform(0.12, 0.5)), 0)
    turned = desk.yaw + np.pi + float(rng.normal(0, 0.15 + 0.6 * (1 - room.style.tidy)))
    room.stand(room.pick("office_chair"), x, y, turned)
    if rng.random() < 0.4:
        x, y, _ = desk.point(0.4 * desk.model.size[0], 0.0, 0)
        room.stand(room.pick("computer", 0.5), x, y, desk.yaw)


def office(room: Room) -> None:
    """Desks with screens and chairs in islands, rows or along the walls; partitions, cupboards, a printer."""
    rng, plan = room.rng, room.plan
    desk = room.pick("desk", (1.8, 0.85, 0.8))
    cloth = room.style.cloths[0]
    if desk is not None:
        w, d, _ = desk.size
        along = plan.width > plan.depth
        if rng.random() < 0.8 and min(plan.width, plan.depth) > 3.6:
            for s in np.arange(1.4 + d, (plan.width if along else plan.depth) - 1.2, 2 * d + 2.1):
                for t in np.arange(0.5 + w / 2, (plan.depth if along else plan.width) - 0.5 - w / 2, w + 0.03):
                    for side in (-1, 1):
                        if rng.random() < 0.2:
                            continue
                        off = side * (d / 2 + 0.035)
                        x, y = (s + off, t) if along else (t, s + off)
                        yaw = (np.pi / 2 * side) if along else (np.pi if side > 0 else 0.0)
                        done = room.stand(desk, float(x), float(y), float(yaw))
                        if done is not None:
                            _desk_with_chair(room, done, 7)
                    if rng.random() < 0.7:
                        x, y = (s, t) if along else (t, s)
                        _panel(room, float(x), float(y), np.pi / 2 if along else 0.0, w - 0.02, 1.25, cloth)
        for _ in range(int(rng.integers(1, 4))):
            done = room.anywhere(desk, away=0.03)
            if done is not None:
                _desk_with_chair(room, done, 8)
    office_things = (*loading.OFFICE, "printer", "printer")
    line_walls(room, ("cabinet", "shelf", "shelf", "cabinet", "wardrobe", "plant"), office_things, share=(0.3, 0.9))
    cover_walls(room, ("whiteboard", "picture", "picture", "clock"), share=(0.1, 0.6))
    for kind in ("plant", "bin", "fan", "coat_rack", "plant"):
        if rng.random() < 0.5:
            room.anywhere(room.pick(kind, (1.0, 1.0, 1.9)), away=0.05)
    loading.clutter_floor(room, ("box", "bag", "cable", "bin", "box", "papers"), 4 + messy(room, 14))
    people(room, 0.25, 3)


def meeting_room(room: Room) -> None:
    """A long table with chairs, a screen or a board at its end."""
    rng, plan = room.rng, room.plan
    yaw = 0.0 if plan.width > plan.depth else np.pi / 2
    table = room.pick("table", (2.4, 1.3, 0.8))
    if table is not None:
        w = table.size[0]
        count = int(rng.integers(1, 4))
        while count > 1 and count * w > max(plan.width, plan.depth) - 1.6:
            count -= 1
        chair = room.pick(("chair", "office_chair"))
        for k in range(count):
            s = (k - (count - 1) / 2) * (w + 0.005)
            x, y = plan.width / 2 + s * float(np.cos(yaw)), plan.depth / 2 + s * float(np.sin(yaw))
            done = room.stand(table, x, y, yaw)
            if done is not None:
                loading.seats_around(room, done, chair, int(rng.integers(4, 9)))
                loading.strew(
                    room,
                    done,
                    ("papers", "laptop", "cup", "glass", "bottle", "phone", "cable", "book"),
                    3 + messy(room, 9),
                )
    ends = sorted(plan.walls, key=lambda wall: wall.length * float(rng.uniform(0.6, 1.4)))
    room.anywhere(room.pick("whiteboard", (2.4, 0.3, 1.3)), walls=ends[:2], z=0.95, away=0.002)
    screen = room.pick("tv", (1.7, 0.3, 1.0))
    if screen is not None:
        room.anywhere(screen, walls=ends, z=screen.elevation or 1.1, away=0.002)
    line_walls(room, ("cabinet", "plant", "plant", "shelf", "coat_rack", "chair"), loading.OFFICE, share=(0.2, 0.7))
    cover_walls(room, ("picture", "picture", "clock", "whiteboard"), share=(0.1, 0.6))
    loading.clutter_floor(room, ("bag", "box", "bin", "cable"), messy(room, 5))
    people(room, 0.3, 3)


def classroom(room: Room) -> None:
    """Rows of desks before a board, a teacher's desk, shelves, prints on the walls."""
    rng, plan = room.rng, room.plan
    front = int(rng.integers(0, 4)) if len(plan.walls) == 4 else 0
    wall = plan.walls[front]
    board = room.pick("whiteboard", (2.6, 0.3, 1.3))
    room.against(wall, board, u=wall.length / 2, z=0.9, away=0.002)
    depth = plan.depth if front % 2 == 0 else plan.width
    teacher = room.pick("desk", (1.7, 0.8, 0.8))
    x, y, _ = wall.point(wall.length * float(rng.uniform(0.25, 0.75)), 1.25, 0)
    done = room.stand(teacher, x, y, wall.yaw)
    if done is not None:
        loading.work_place(room, done, screens=int(rng.integers(0, 2)), clutter=3 + messy(room, 6))
    desk = room.pick(("table", "desk"), (1.4, 0.7, 0.78))
    chair = room.pick("chair")
    if desk is not None:
        for v in np.arange(2.9, depth - 0.9, float(rng.uniform(1.25, 1.6))):
            for u in np.arange(0.6 + desk.size[0] / 2, wall.length - 0.5 - desk.size[0] / 2, desk.size[0] + 0.55):
                if rng.random() < 0.06:
                    continue
                x, y, _ = wall.point(float(u + rng.normal(0, 0.03)), float(v + rng.normal(0, 0.03)), 0)
                table = room.stand(desk, x, y, wall.facing + np.pi + float(rng.normal(0, 0.02)))
                if table is None:
                    continue
                _pupils(room, table, chair, wall)
    line_walls(room, ("shelf", "cabinet", "shelf", "wardrobe", "plant"), loading.OFFICE, share=(0.3, 0.9))
    cover_walls(room, ("picture", "picture", "picture", "clock", "whiteboard"), share=(0.3, 0.9))
    loading.clutter_floor(room, ("bag", "bag", "box", "bin", "ball", "basket"), 4 + messy(room, 11))
    people(room, 0.3, 3)


def _pupils(room: Room, table: Placed, chair: Model | None, front: Wall) -> None:
    """One or two chairs behind a desk and what lies on it."""
    rng = room.rng
    count = 2 if table.model.size[0] > 1.05 else 1
    for k in range(count):
        u = (k - (count - 1) / 2) * 0.6
        x, y, _ = table.point(u, table.model.size[1] / 2 + float(rng.uniform(0.05, 0.3)), 0)
        room.stand(chair, x, y, front.yaw + float(rng.normal(0, 0.1 + 0.3 * (1 - room.style.tidy))))
    if rng.random() < 0.6:
        loading.strew(
            room, table, ("papers", "book", "bottle", "laptop", "box", "bag"), int(rng.integers(1, 4)), limit=0.35
        )


TYPES = (
    RoomType(
        "office",
        office,
        (4.0, 12.0),
        (3.2, 7.0),
        (2.5, 3.1),
        styles=PUBLIC,
        floors=("carpet", "carpet", "tiles", "boards", "terrazzo"),
        lamps=("panel", "panel", "tube", "pendant"),
        overhead=("panels", "duct", "tray"),
        windows=0.5,
        dressings=("blinds", "blinds", "", ""),
    ),
    RoomType(
        "meeting_room",
        meeting_room,
        (4.5, 9.0),
        (3.4, 5.5),
        (2.5, 3.1),
        styles=PUBLIC,
        floors=("carpet", "parquet", "boards"),
        lamps=("panel", "spot", "pendant"),
        overhead=("panels", "duct"),
        windows=0.5,
        dressings=("blinds", "", ""),
    ),
    RoomType(
        "classroom",
        classroom,
        (6.5, 11.0),
        (5.5, 8.0),
        (2.7, 3.5),
        styles=PUBLIC,
        floors=("parquet", "tiles", "terrazzo", "boards"),
        lamps=("tube", "panel", "tube"),
        overhead=("panels", "pipes"),
        windows=0.5,
        notched=0.1,
        wainscot=0.3,
        dressings=("blinds", "curtains", ""),
    ),
)
