"""Layouts: what stands where. Each makes a whole scene from a seed; `LAYOUTS` names them all."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from spnet.errors import BadInput
from spnet.scenes.environments import Environments
from spnet.scenes.layouts import home, large, passages, plumbed, public, stores, work
from spnet.scenes.layouts.building import build_room
from spnet.scenes.layouts.car_park import car_park
from spnet.scenes.layouts.field import field
from spnet.scenes.layouts.forest import forest
from spnet.scenes.layouts.garden import garden
from spnet.scenes.layouts.pool import pool_of
from spnet.scenes.layouts.road import road
from spnet.scenes.layouts.street import street
from spnet.scenes.layouts.table import make_table
from spnet.scenes.layouts.yard import yard
from spnet.scenes.models import Stock
from spnet.scenes.scene import Scene

Make = Callable[[np.random.Generator, Stock, Environments], Scene]


@dataclass(frozen=True)
class Layout:
    """A way to lay out scenes.

    Attributes:
        name: its kind, as `LAYOUTS` and `scenes://` call it.
        make: a scene from a random generator, models and environments.
        about: one line for people.
        indoor: whether it is in a building.
    """

    name: str
    make: Make
    about: str
    indoor: bool = True


_ROOMS = {
    kind.name: Layout(kind.name, partial(build_room, kind=kind), str(kind.furnish.__doc__).splitlines()[0])
    for kind in (*home.TYPES, *plumbed.TYPES, *work.TYPES, *public.TYPES, *stores.TYPES, *passages.TYPES, *large.TYPES)
}


def _any_room(rng: np.random.Generator, stock: Stock, environments: Environments) -> Scene:
    """A room of any type."""
    names = list(_ROOMS)
    return _ROOMS[names[int(rng.integers(0, len(names)))]].make(rng, stock, environments)


LAYOUTS: dict[str, Layout] = {
    "room": Layout("room", _any_room, "A room of any of the types below."),
    "table": Layout("table", make_table, "Table-tops, bins and shelves from 0.3 to 1.5 m."),
    **_ROOMS,
    **{
        make.__name__: Layout(make.__name__, make, str(make.__doc__).splitlines()[0], indoor=False)
        for make in (street, road, forest, field, car_park, yard, garden)
    },
}


def make_scene(kind: str, seed: int, stock: Stock, environments: Environments) -> Scene:
    """A scene: a function of the kind, the seed, the stock and the environments alone.

    Args:
        kind: a key of `LAYOUTS`.
        seed: of everything random in it.
        stock: where models come from.
        environments: where surrounding light comes from.

    Raises:
        BadInput: there is no such kind.
    """
    if kind not in LAYOUTS:
        raise BadInput(f"there is no kind of scene {kind!r}; there are {', '.join(LAYOUTS)}")
    rng = np.random.default_rng([zlib.crc32(kind.encode()), seed])
    return LAYOUTS[kind].make(rng, pool_of(stock), environments)
