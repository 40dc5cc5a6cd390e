"""Large rooms for many: canteens, lobbies, shops."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.layouts import goods, loading
from spnet.scenes.layouts.building import RoomType
from spnet.scenes.layouts.filling import cover_walls, line_walls, messy
from spnet.scenes.layouts.people import people
from spnet.scenes.layouts.room import Room
from spnet.scenes.layouts.space import Block
from spnet.scenes.layouts.work import PUBLIC
from spnet.scenes.scene import Material, Mesh


def canteen(room: Room) -> None:
    """Many tables with chairs in a large room, a counter, plants."""
    rng, plan = room.rng, room.plan
    table, chair = room.pick("table", (1.6, 0.9, 0.8)), room.pick("chair")
    counter = room.anywhere(room.pick("counter"), away=0.9)
    if counter is not None:
        loading.strew(room, counter, loading.KITCHEN, int(rng.integers(4, 12)), clear=0.35)
    if table is not None:
        w, d, _ = table.size
        for x in np.arange(1.2 + w / 2, plan.width - 1.0 - w / 2, w + float(rng.uniform(0.9, 1.6))):
            for y in np.arange(1.2 + d / 2, plan.depth - 1.0 - d / 2, d + float(rng.uniform(1.3, 1.9))):
                if rng.random() < 0.12:
                    continue
                done = room.stand(table, float(x), float(y), float(rng.normal(0, 0.03)))
                if done is not None:
                    loading.seats_around(room, done, chair, int(rng.integers(2, 9)))
                    loading.strew(room, done, loading.DINING, int(rng.integers(0, 2)) + messy(room, 4), limit=0.3)
    line_walls(room, ("plant", "shelf", "bin", "cabinet", "fridge", "bench"), loading.DINING, share=(0.2, 0.7))
    cover_walls(room, ("picture", "picture", "clock", "tv"), share=(0.1, 0.5))
    people(room, 0.5, 5)


def lobby(room: Room) -> None:
    """A reception: a counter, groups of seats, plants, perhaps stairs."""
    rng = room.rng
    counter = room.anywhere(room.pick("counter"), away=1.0)
    if counter is not None:
        monitor = room.pick("monitor", 0.7)
        loading.put_on(room, counter, monitor, 0.3, 0.05, np.pi, clear=0.7)
        loading.strew(room, counter, ("papers", "phone", "plant", "vase", "bottle"), 5, clear=0.5, limit=0.35)
        x, y, _ = counter.point(0.2, counter.model.size[1] / 2 + 0.5, 0)
        room.stand(room.pick("office_chair"), x, y, counter.yaw)
    if rng.random() < 0.4:
        room.anywhere(room.pick("stairs", (5.0, 3.0, room.plan.height + 1)), away=0.0)
    for _ in range(round(room.plan.width * room.plan.depth / 14 * float(rng.uniform(0.6, 1.3)))):
        sofa = room.loose(
            room.pick(("sofa", "sofa", "bench", "armchair"), (2.6, 1.2, 1.2)), yaw=float(rng.choice(4)) * np.pi / 2
        )
        if sofa is not None:
            x, y, _ = sofa.point(0, -sofa.model.size[1] / 2 - 0.75, 0)
            room.lay_rug(x, y, sofa.yaw)
            low = room.stand(room.pick("coffee_table", (1.2, 0.8, 0.6)), x, y, sofa.yaw)
            if low is not None:
                loading.strew(room, low, loading.LIVING, int(rng.integers(1, 5)), limit=0.35)
    line_walls(
        room, ("plant", "plant", "shelf", "bench", "armchair", "bin", "cabinet"), loading.LIVING, share=(0.2, 0.7)
    )
    cover_walls(room, ("picture", "picture", "tv", "clock"), share=(0.1, 0.5))
    loading.clutter_floor(room, ("bag", "box", "bag"), int(rng.integers(0, 4)))
    people(room, 0.5, 4)


def shop(room: Room) -> None:
    """Aisles of shelves full of goods, a counter, boxes that were not unpacked."""
    rng, plan = room.rng, room.plan
    height = min(float(rng.uniform(1.3, 2.1)), plan.height - 0.3)
    depth = float(rng.uniform(0.35, 0.5))
    wide = float(rng.choice([0.9, 1.0, 1.25]))
    designs = [goods.gondola(room, wide, height, depth) for _ in range(int(rng.integers(5, 9)))]
    along_x = plan.width > plan.depth
    length, other = (plan.width, plan.depth) if along_x else (plan.depth, plan.width)
    aisle = float(rng.uniform(1.1, 1.7))
    for t in np.arange(0.05 + aisle + 2 * depth, other - aisle - 1.5 * depth, aisle + 2 * depth + 0.02):
        for s in np.arange(1.3, length - 1.3 - wide, wide + 0.005):
            for side in (-1, 1):
                yaw = (0.0 if side < 0 else np.pi) + (0.0 if along_x else -np.pi / 2)
                off = t + side * (depth / 2 + 0.004)
                x, y = (s + wide / 2, off) if along_x else (off, s + wide / 2)
                _stand_mesh(
                    room, designs[int(rng.integers(0, len(designs)))], (float(x), float(y)), yaw, (wide, depth, height)
                )
    for wall in plan.walls:
        for u in np.arange(wide / 2 + 0.05, wall.length - wide / 2, wide + 0.005):
            if rng.random() < 0.8:
                x, y, _ = wall.point(float(u), depth / 2 + 0.015, 0)
                _stand_mesh(
                    room, designs[int(rng.integers(0, len(designs)))], (x, y), wall.facing, (wide, depth, height)
                )
    counter = room.loose(room.pick("counter"), yaw=float(rng.choice(4)) * np.pi / 2, gap=0.3)
    if counter is not None:
        loading.put_on(room, counter, room.pick(("monitor", "computer", "laptop"), 0.6), 0.3, 0.0, 0.4, clear=0.7)
        loading.strew(room, counter, ("box", "papers", "bag", "food", "can", "bottle"), 6, limit=0.35)
    loading.clutter_floor(room, ("box", "box", "basket", "crate", "trolley", "bag", "ladder"), int(rng.integers(2, 12)))
    room.hang(("picture", "clock"), int(rng.integers(0, 4)))
    people(room, 0.4, 3)


def _stand_mesh(
    room: Room,
    design: tuple[Mesh, list[Material]],
    at: tuple[float, float],
    yaw: float,
    size: tuple[float, float, float],
) -> None:
    """Stand something made here on the floor, if there is room; its middle becomes a target for cameras."""
    mesh, materials = design
    block = Block(*at, size[0] / 2, size[1] / 2, yaw, 0.0, size[2])
    if room.budget > len(mesh) and room.space.take(block):
        room.build(mesh.moved(shapes.turn(yaw), (*at, 0.0)), materials, "shelf of goods")
        room.targets.append((at[0], at[1], size[2] * float(room.rng.uniform(0.3, 0.9))))


TYPES = (
    RoomType(
        "canteen",
        canteen,
        (8.0, 16.0),
        (6.0, 11.0),
        (2.7, 4.2),
        styles=PUBLIC,
        floors=("tiles", "terrazzo", "boards", "concrete"),
        lamps=("pendant", "panel", "tube"),
        overhead=("duct", "panels", "beams", "pipes"),
        windows=0.6,
        wainscot=0.2,
        dressings=("", "blinds"),
    ),
    RoomType(
        "lobby",
        lobby,
        (6.0, 15.0),
        (4.5, 10.0),
        (2.8, 4.5),
        styles=PUBLIC,
        floors=("tiles", "marble", "granite", "terrazzo"),
        lamps=("spot", "panel", "pendant"),
        overhead=("panels", "duct"),
        windows=0.6,
        dressings=("", "", "blinds"),
    ),
    RoomType(
        "shop",
        shop,
        (5.0, 12.0),
        (4.0, 9.0),
        (2.7, 3.6),
        styles=("plain", "modern", "worn", "colourful"),
        floors=("tiles", "terrazzo", "concrete", "granite"),
        lamps=("tube", "panel"),
        overhead=("panels", "duct", "tray"),
        windows=0.2,
        notched=0.15,
        dressings=("", "blinds"),
    ),
)
