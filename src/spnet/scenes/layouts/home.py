"""Rooms of homes to live and sleep in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spnet.scenes.layouts import loading
from spnet.scenes.layouts.building import RoomType
from spnet.scenes.layouts.filling import cover_walls, line_walls, messy
from spnet.scenes.layouts.people import people
from spnet.scenes.layouts.plan import Wall
from spnet.scenes.layouts.room import Placed, Room


def loaded(room: Room, kind: str, kinds: Sequence[str], most: int) -> Placed | None:
    """A piece of furniture at a wall with things on it."""
    thing = room.anywhere(room.pick(kind, (2.4, 0.9, min(2.3, room.plan.height - 0.1))))
    if thing is not None and thing.model.size[2] < 1.5:
        loading.strew(room, thing, kinds, int(room.rng.integers(1, most + 1)), limit=0.4)
    return thing


def decorate(room: Room, pictures: tuple[float, float]) -> None:
    """What most homes have: pictures, a clock, a mirror, plants, lamps, a radiator under the window."""
    rng = room.rng
    for (x, y, z), (nx, ny, _) in list(room.windows):
        wall = min(room.plan.walls, key=lambda w: abs(w.inward[0] - nx) + abs(w.inward[1] - ny) + away_from(w, x, y))
        if rng.random() < 0.5 and z > 1.2:
            u = (x - wall.start[0]) * float(np.cos(wall.yaw)) + (y - wall.start[1]) * float(np.sin(wall.yaw))
            room.against(wall, room.pick("radiator", (1.5, 0.2, 0.65)), u=u, z=0.1, away=0.03)
    cover_walls(room, ("picture", "picture", "picture", "picture", "mirror", "clock", "shelf"), share=pictures)
    room.hang("lamp_wall", int(rng.integers(0, 2)))
    for kind in ("plant", "lamp_floor"):
        if rng.random() < 0.6:
            room.anywhere(room.pick(kind, (1.0, 1.0, 2.0)), away=0.05)


def away_from(wall: Wall, x: float, y: float) -> float:
    """Distance of a point from the line of a wall."""
    return abs((x - wall.start[0]) * wall.inward[0] + (y - wall.start[1]) * wall.inward[1])


def living_room(room: Room) -> None:
    """A sofa and armchairs about a coffee table, a television opposite, shelves, plants, pictures."""
    rng = room.rng
    sofa = room.anywhere(room.pick("sofa", (3.0, 1.3, 1.2)), away=0.05)
    if sofa is not None:
        _seat_group(room, sofa)
    if room.plan.width * room.plan.depth > 18 and rng.random() < 0.6:
        table = room.loose(room.pick("table", (1.6, 1.0, 0.8)), yaw=float(rng.choice([0.0, np.pi / 2])), gap=0.5)
        if table is not None:
            chairs = loading.seats_around(room, table, room.pick("chair"), int(rng.integers(2, 7)))
            if rng.random() < 0.5:
                loading.setting(room, table, chairs)
            else:
                loading.strew(room, table, loading.LIVING, int(rng.integers(2, 9)))
    for kind in rng.permutation(["shelf", "cabinet", "shelf", "piano", "desk", "cabinet"])[: int(rng.integers(2, 5))]:
        thing = loaded(room, str(kind), loading.LIVING, 7)
        if thing is not None and kind == "desk":
            loading.seats_around(room, thing, room.pick(("chair", "office_chair")), 1)
    line_walls(room, ("cabinet", "shelf", "plant", "armchair", "bench", "cabinet", "shelf"), loading.LIVING)
    decorate(room, (0.2, 0.9))
    loading.clutter_floor(room, loading.FLOOR, 4 + messy(room, 28))
    people(room, 0.15)


def _seat_group(room: Room, sofa: Placed) -> None:
    """What goes with a sofa."""
    rng = room.rng
    front = sofa.model.size[1] / 2
    table = room.pick("coffee_table", (1.4, 0.8, 0.55))
    away = front + 0.3
    if table is not None:
        away += float(rng.uniform(0.0, 0.2)) + table.size[1] / 2
        x, y, _ = sofa.point(0, -away, 0)
        low = room.stand(table, x, y, sofa.yaw + float(rng.normal(0, 0.04)))
        if low is not None:
            loading.strew(room, low, loading.LIVING, 2 + messy(room, 9), limit=0.4)
    x, y, _ = sofa.point(0, -away, 0)
    if rng.random() < 0.65:
        room.lay_rug(x, y, sofa.yaw)
    for side in (-1, 1):
        if rng.random() < 0.5:
            x, y, _ = sofa.point(side * (sofa.model.size[0] / 2 + 0.15), -away, 0)
            room.stand(room.pick("armchair"), x, y, sofa.yaw + side * float(rng.uniform(1.0, 1.7)))
    seat = loading.top_of(sofa)
    if seat is not None:
        for _ in range(int(rng.integers(0, 5))):
            spot = (float(rng.uniform(-0.8, 0.8)) * seat[1], 0.5 * seat[2])
            cushion = room.pick("cushion", 0.5)
            if cushion is not None:
                at = sofa.point(*spot, seat[0])
                room.tilted(cushion, at, sofa.yaw + float(rng.normal(0, 0.2)), float(rng.uniform(0.9, 1.3)))
    _television(room, sofa, away)


def _television(room: Room, sofa: Placed, away: float) -> None:
    """On a low cabinet, or on the wall, where those on the sofa look."""
    facing = (float(np.sin(sofa.yaw)), -float(np.cos(sofa.yaw)))
    opposite = [w for w in room.plan.walls if w.inward[0] * facing[0] + w.inward[1] * facing[1] < -0.9]
    for wall in sorted(opposite, key=lambda w: away_from(w, sofa.at[0], sofa.at[1])):
        cosine, sine = float(np.cos(wall.yaw)), float(np.sin(wall.yaw))
        u = (sofa.at[0] - wall.start[0]) * cosine + (sofa.at[1] - wall.start[1]) * sine
        if not 0.3 < u < wall.length - 0.3:
            continue
        screen = room.pick("tv", (1.5, 0.3, 0.95))
        stand = room.against(wall, room.pick("cabinet", (1.8, 0.5, 0.75)), u=u)
        if screen is not None and screen.elevation > 0:
            room.against(wall, screen, u=u, z=screen.elevation, away=0.002)
        elif stand is not None:
            loading.put_on(room, stand, screen, 0.0, 0.05, 0.0, clear=1.2)
            loading.strew(room, stand, loading.LIVING, 3, limit=0.3)
        for side in (-1, 1):
            if room.rng.random() < 0.3:
                room.against(wall, room.pick("speaker", (0.4, 0.4, 1.0)), u=u + side * 1.1)
        return


def dining_room(room: Room) -> None:
    """A set table with chairs, cupboards along the walls."""
    rng = room.rng
    yaw = float(rng.choice([0.0, np.pi / 2])) + float(rng.normal(0, 0.03))
    x, y = (float(v * rng.uniform(0.42, 0.58)) for v in (room.plan.width, room.plan.depth))
    if rng.random() < 0.4:
        room.lay_rug(x, y, yaw)
    table = room.stand(room.pick("table"), x, y, yaw)
    if table is not None:
        chairs = loading.seats_around(room, table, room.pick("chair"), int(rng.integers(2, 9)))
        if rng.random() < 0.7:
            loading.setting(room, table, chairs)
        else:
            loading.strew(room, table, loading.DINING, int(rng.integers(3, 12)))
    for kind in rng.permutation(["cabinet", "shelf", "cabinet", "armchair", "piano"])[: int(rng.integers(2, 5))]:
        loaded(room, str(kind), loading.DINING, 7)
    line_walls(room, ("cabinet", "shelf", "plant", "chair", "cabinet", "coffee_table"), loading.DINING)
    decorate(room, (0.2, 0.9))
    loading.clutter_floor(room, loading.FLOOR, 3 + messy(room, 16))
    people(room, 0.15)


def bedroom(room: Room) -> None:
    """A bed with bedside tables, a wardrobe, a chest, clothes and shoes about."""
    rng = room.rng
    bed = room.anywhere(room.pick("bed", (2.2, 2.4, 1.5)), away=0.03)
    if bed is not None:
        small = room.pick("bedside_table")
        for side in (-1, 1):
            if small is not None and rng.random() < 0.75:
                gap = bed.model.size[0] / 2 + small.size[0] / 2 + 0.04
                x, y, _ = bed.point(side * gap, bed.model.size[1] / 2 - small.size[1] / 2, 0)
                stand = room.stand(small, x, y, bed.yaw)
                if stand is not None:
                    if rng.random() < 0.6:
                        loading.put_on(room, stand, room.pick("lamp_table", (0.32, 0.32, 0.5)), 0.0, 0.05, 0.3)
                    loading.strew(room, stand, ("book", "cup", "glass", "phone", "bottle"), 3, limit=0.28)
        x, y, _ = bed.point(0, -bed.model.size[1] / 2 + 0.2, 0)
        if rng.random() < 0.5:
            room.lay_rug(x, y, bed.yaw)
        loading.strew(room, bed, ("book", "cushion", "laptop", "bag", "papers", "towel"), messy(room, 7), limit=0.5)
    for kind in ("wardrobe", *rng.permutation(["cabinet", "shelf", "desk", "armchair", "cabinet"])[:3].tolist()):
        thing = loaded(room, str(kind), loading.LIVING, 7)
        if thing is not None and kind == "desk":
            loading.work_place(room, thing, screens=int(rng.integers(0, 2)), clutter=2 + messy(room, 6))
            loading.seats_around(room, thing, room.pick(("chair", "office_chair")), 1)
    if rng.random() < 0.4:
        room.anywhere(room.pick(("drying_rack", "coat_rack", "sport", "instrument"), 1.9), jitter=0.2)
    line_walls(room, ("cabinet", "shelf", "wardrobe", "chair", "bedside_table", "plant"), loading.LIVING)
    decorate(room, (0.15, 0.8))
    loading.clutter_floor(room, ("shoe", "bag", *loading.FLOOR, "towel", "cushion"), 4 + messy(room, 28))
    people(room, 0.1, 1)


def hallway(room: Room) -> None:
    """An entrance: coats, shoes, a mirror, a narrow cabinet, perhaps stairs or a bicycle."""
    rng = room.rng
    if rng.random() < 0.6:
        room.anywhere(room.pick("stairs", (4.5, 2.6, room.plan.height + 0.5)), away=0.0)
    for kind in rng.permutation(["coat_rack", "cabinet", "bench", "bicycle", "wardrobe", "shelf", "stool"])[:4]:
        loaded(room, str(kind), ("bag", "papers", "vase", "box", "phone", "plant", "book"), 4)
    line_walls(room, ("cabinet", "coat_rack", "bench", "plant", "shelf"), ("bag", "vase", "box", "plant", "book"))
    decorate(room, (0.2, 0.8))
    loading.clutter_floor(room, ("shoe", "shoe", "shoe", "bag", "ball", "box", "bin", "basket"), 5 + messy(room, 16))
    people(room, 0.2, 1)


TYPES = (
    RoomType("living_room", living_room, (4.0, 8.5), (3.3, 5.8), sloped=0.15, overhead=("beams",), windows=0.5),
    RoomType("dining_room", dining_room, (3.4, 6.5), (3.0, 5.0), sloped=0.1, overhead=("beams",), windows=0.5),
    RoomType("bedroom", bedroom, (3.4, 5.8), (2.8, 4.6), sloped=0.3, overhead=("beams",), windows=0.45),
    RoomType(
        "hallway", hallway, (3.2, 7.0), (1.6, 3.2), doors=(2, 4), windows=0.15, wainscot=0.2, lamps=("pendant", "spot")
    ),
)
