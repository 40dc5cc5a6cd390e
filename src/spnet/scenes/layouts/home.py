"""Rooms of homes."""

from __future__ import annotations

import numpy as np

from spnet.scenes.layouts import loading
from spnet.scenes.layouts.building import RoomType
from spnet.scenes.layouts.room import Room


def living_room(room: Room) -> None:
    """Sofa and armchairs about a coffee table, a television opposite, shelves, plants, pictures."""
    rng = room.rng
    sofa = room.anywhere(room.pick("sofa", (2.6, 1.2, 1.2)))
    if sofa is not None:
        table = room.pick("coffee_table")
        if table is not None:
            x, y, _ = sofa.point(0, -sofa.model.size[1] / 2 - 0.35 - table.size[1] / 2, 0)
            low = room.stand(table, x, y, sofa.yaw + float(rng.normal(0, 0.05)))
            if low is not None:
                loading.strew(room, low, loading.LIVING, int(rng.integers(2, 9)), limit=0.4)
    for kind in ("shelf", "cabinet", "armchair", "plant", "armchair", "lamp_floor"):
        thing = room.anywhere(room.pick(kind, (2.0, 1.2, 2.2)), jitter=0.02)
        if thing is not None and kind == "cabinet":
            loading.strew(room, thing, loading.LIVING, int(rng.integers(1, 7)))
    loading.clutter_floor(room, loading.FLOOR, int((1 - room.style.tidy) * 8))


def dining_room(room: Room) -> None:
    """A set table with chairs, cupboards along the walls."""
    rng = room.rng
    table = room.stand(
        room.pick("table"), room.plan.width / 2, room.plan.depth / 2, float(rng.choice([0.0, np.pi / 2]))
    )
    if table is not None:
        chairs = loading.seats_around(room, table, room.pick("chair"), int(rng.integers(2, 9)))
        loading.setting(room, table, chairs)
    for kind in ("cabinet", "shelf", "plant", "cabinet"):
        thing = room.anywhere(room.pick(kind, (2.0, 0.8, 2.2)))
        if thing is not None and kind == "cabinet":
            loading.strew(room, thing, loading.DINING, int(rng.integers(1, 7)))
    loading.clutter_floor(room, loading.FLOOR, int((1 - room.style.tidy) * 4))


TYPES = (
    RoomType("living_room", living_room, (3.8, 8.0), (3.2, 5.5), sloped=0.15, overhead=("beams",)),
    RoomType("dining_room", dining_room, (3.2, 6.5), (2.8, 5.0), sloped=0.1, overhead=("beams",)),
)
