"""Rooms of homes with water: kitchens and bathrooms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spnet.scenes import surfaces
from spnet.scenes.layouts import loading
from spnet.scenes.layouts.building import RoomType
from spnet.scenes.layouts.filling import cover_walls, line_walls, messy
from spnet.scenes.layouts.home import away_from, decorate, loaded
from spnet.scenes.layouts.people import people
from spnet.scenes.layouts.plan import Wall
from spnet.scenes.layouts.room import Room
from spnet.scenes.layouts.shell import face
from spnet.scenes.scene import Model


def kitchen(room: Room) -> None:
    """Units along one or two walls with sink, cooker, fridge and wall units; a table to eat at."""
    rng = room.rng
    order = sorted(range(len(room.plan.walls)), key=lambda k: -room.plan.walls[k].length * float(rng.uniform(0.6, 1)))
    base, upper = _unit(room, hangs=False), _unit(room, hangs=True)
    with_upper = rng.random() < 0.8
    for n, k in enumerate(order[: int(rng.integers(1, 4))]):
        appliances = ["sink", "oven", "washing_machine"] if n == 0 else ["oven", "sink"] if rng.random() < 0.3 else []
        _run(room, room.plan.walls[k], base, upper if with_upper else None, appliances)
    for _ in range(2):
        room.anywhere(room.pick("fridge", (1.0, 0.8, min(2.1, room.plan.height - 0.1))))
    table = room.loose(room.pick("table", (1.5, 0.95, 0.8)), yaw=float(rng.choice([0.0, np.pi / 2])), gap=0.4)
    if table is not None:
        chairs = loading.seats_around(room, table, room.pick(("chair", "stool")), int(rng.integers(1, 6)))
        if rng.random() < 0.4:
            loading.setting(room, table, chairs)
        loading.strew(room, table, loading.KITCHEN, 2 + messy(room, 8))
    line_walls(room, ("cabinet", "shelf", "shelf", "plant", "chair", "bin"), loading.KITCHEN, share=(0.2, 0.7))
    decorate(room, (0.1, 0.6))
    loading.clutter_floor(room, ("bin", "basket", "box", "bottle", "bag", "broom"), 4 + messy(room, 11))
    people(room, 0.15, 1)


def _unit(room: Room, *, hangs: bool) -> Model | None:
    """A kitchen unit that stands or one that hangs."""
    for _ in range(12):
        model = room.pick("kitchen_cabinet")
        if model is not None and (model.elevation > 0) == hangs:
            return model
    return None


def _run(room: Room, wall: Wall, base: Model | None, upper: Model | None, appliances: Sequence[str]) -> None:
    """Units side by side, things on their tops, tiles and wall units above."""
    rng = room.rng
    if base is None:
        return
    start = float(rng.choice([0.02, 0.68, 0.68]))
    count = int((wall.length - start) / base.size[0]) + 2
    row: list[Model | None] = [base] * count
    for kind in appliances:
        row.insert(int(rng.integers(0, min(len(row), 3) + 1)), room.pick(kind, (1.3, 0.75, 1.4)))
    done = room.row(wall, row[: int(rng.integers(3, len(row) + 1))], start)
    if not done:
        return
    tiles = surfaces.textured(rng, room.stock.textures, ("tiles", "tiles", "marble"), mapping="world")
    ends = [(p.at[0] - wall.start[0]) * np.cos(wall.yaw) + (p.at[1] - wall.start[1]) * np.sin(wall.yaw) for p in done]
    left, right = float(min(ends)) - done[0].model.size[0] / 2, float(max(ends)) + done[-1].model.size[0] / 2
    if rng.random() < 0.75 and not any(away_from(wall, w[0][0], w[0][1]) < 0.2 for w in room.windows):
        panel = face(left, right, 0.88, 1.42, 0.004)
        room.build(wall.placed(panel), tiles)
    if upper is not None:
        room.row(wall, [upper] * int((right - left) / upper.size[0]), left, z=1.42)
    for thing in done:
        if thing.model.kind == "kitchen_cabinet":
            if rng.random() < 0.25:
                loading.put_on(room, thing, room.pick(("microwave", "kettle"), 0.52), 0.0, 0.03, 0.0, clear=0.5)
            loading.strew(room, thing, loading.KITCHEN, int(rng.integers(0, 3)) + messy(room, 6), clear=0.48)
        elif thing.model.kind == "oven":
            loading.strew(room, thing, ("pan",), int(rng.integers(0, 3)), clear=0.45)


def bathroom(room: Room) -> None:
    """Bath or shower, basin with a mirror above, toilet, washing machine, towels."""
    rng = room.rng
    for kind in rng.permutation(["bath", "shower"])[: int(rng.integers(1, 3))]:
        room.anywhere(room.pick(str(kind), (1.9, 1.2, 2.2)), away=0.0)
    for _ in range(int(rng.integers(1, 3))):
        _basin(room)
    room.anywhere(room.pick("toilet"), away=0.0)
    for kind in ("washing_machine", "cabinet", "shelf", "drying_rack", "stool", "cabinet"):
        if rng.random() < 0.5:
            loaded(room, kind, loading.BATH, 6)
    for _ in range(int(rng.integers(1, 5))):
        towel = room.pick("towel")
        if towel is not None and towel.elevation > 0:
            room.anywhere(towel, z=float(rng.uniform(0.8, 1.2)), away=0.0)
    line_walls(room, ("cabinet", "shelf", "basket", "stool", "bin"), loading.BATH, share=(0.1, 0.5))
    cover_walls(room, ("picture", "mirror", "radiator", "lamp_wall"), share=(0.1, 0.4))
    room.lay_rug(room.plan.width / 2, room.plan.depth / 2, float(rng.uniform(0, 6)), limit=1.0)
    loading.clutter_floor(room, ("basket", "towel", "bin", "bottle", "box", "shoe", "towel"), 3 + messy(room, 11))


def _basin(room: Room) -> None:
    """A wash basin, with a mirror and a lamp above it."""
    for _ in range(6):
        model = room.pick("sink")
        if model is not None and "kitchen" not in model.name:
            break
    else:
        return
    for k in room.rng.permutation(len(room.plan.walls)):
        wall = room.plan.walls[int(k)]
        if model.size[0] + 0.2 > wall.length:
            continue
        u = float(room.rng.uniform(model.size[0] / 2 + 0.1, wall.length - model.size[0] / 2 - 0.1))
        z = model.elevation
        if room.against(wall, model, u=u, z=z, away=0.0) is not None:
            mirror = room.pick("mirror", (0.9, 0.1, 1.0))
            room.against(wall, mirror, u=u, z=z + model.size[2] + 0.12, away=0.002)
            return


TYPES = (
    RoomType(
        "kitchen",
        kitchen,
        (3.0, 6.0),
        (2.4, 4.2),
        floors=("tiles", "tiles", "boards", "parquet", "terrazzo"),
        lamps=("pendant", "spot", "tube"),
        dressings=("blinds", "net", "", ""),
    ),
    RoomType(
        "bathroom",
        bathroom,
        (2.2, 4.2),
        (1.8, 3.0),
        (2.3, 2.8),
        walls=("tiles", "tiles", "paint", "marble"),
        floors=("tiles", "tiles", "terrazzo", "marble"),
        lamps=("pendant", "spot"),
        windows=0.25,
        sloped=0.1,
        wainscot=0.5,
        dressings=("blinds", "", ""),
        carriers=("hand", "hand", "head", "head", "close", "ceiling", "wheelchair", "floor robot"),
    ),
)
