"""Table-tops, bins and shelves from close by, as a robot's arm or a person at a table sees them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.environments import Environments
from spnet.scenes.layouts import goods, home, loading, plumbed, public, work
from spnet.scenes.layouts.building import RoomType, start_room
from spnet.scenes.layouts.finish import finished
from spnet.scenes.layouts.room import Placed, Room
from spnet.scenes.layouts.space import Block
from spnet.scenes.layouts.views import Views
from spnet.scenes.models import Stock
from spnet.scenes.scene import Model, Scene

SMALL = tuple(dict.fromkeys(loading.ANY))  # what may stand on a table
PACKED = ("box", "can", "bottle", "food", "cup", "book", "bowl", "fruit", "toy")


def strewn(room: Room, table: Placed) -> None:
    """All sorts of things, sparse or crowded."""
    loading.strew(room, table, SMALL, int(room.rng.integers(6, 60)), limit=0.38, aligned=0.3)


def cartons_in_piles(room: Room, table: Placed) -> None:
    """Boxes and books in piles and leaning towers, cups and cans between them."""
    rng = room.rng
    for _ in range(int(rng.integers(3, 12))):
        for thing in loading.strew(room, table, ("box", "box", "book"), 1, limit=0.32, aligned=0.5):
            loading.stack_up(room, thing, ("box", "book"), int(rng.integers(0, 5)))
    loading.strew(room, table, PACKED, int(rng.integers(1, 20)), limit=0.3)


def in_rows(room: Room, table: Placed) -> None:
    """A few models many times, in a grid, as parts wait to be picked."""
    rng = room.rng
    face = loading.top_of(table)
    if face is None:
        return
    largest = float(rng.choice([0.09, 0.12, 0.2]))
    models = [room.pick(PACKED, (largest, largest, 0.3)) for _ in range(int(rng.integers(1, 6)))]
    stretch, jitter = float(rng.uniform(1.03, 1.5)), float(rng.choice([0.0, 0.02, 0.3, 3.0]))
    x = -face[1]
    for k in range(40):
        model = models[k % len(models)]
        pitch = (
            0.1 if model is None else stretch * float(np.hypot(*model.size[:2]) if jitter > 1 else max(model.size[:2]))
        )
        if x + pitch > face[1]:
            return
        for y in np.arange(-face[2] + pitch / 2, face[2] - pitch / 2 + 0.01, pitch):
            if rng.random() < 0.9:
                yaw = float(rng.normal(0, 0.02 + jitter))
                loading.put_on(room, table, model, x + pitch / 2, float(y), yaw, gap=0.0)
        x += pitch


def bins(room: Room, table: Placed) -> None:
    """Open bins with heaps of parts in them."""
    rng = room.rng
    face = loading.top_of(table)
    if face is None:
        return
    z0, half_x, half_y = face
    wide, deep, tall = float(rng.uniform(0.25, 0.6)), float(rng.uniform(0.2, 0.42)), float(rng.uniform(0.06, 0.24))
    wide, deep = min(wide, 1.9 * half_x), min(deep, 1.9 * half_y)
    count = max(min(int(2 * half_x / (wide + 0.04)), int(rng.integers(1, 4))), 1)
    plastic = surfaces.plastic(rng, room.stock.textures)
    for k in range(count):
        x = (k - (count - 1) / 2) * (wide + 0.04)
        walls = [
            ((x, 0, z0 + 0.004), (wide, deep, 0.008)),
            *(((x + s * (wide / 2 - 0.005), 0, z0 + tall / 2), (0.01, deep, tall)) for s in (-1, 1)),
            *(((x, s * (deep / 2 - 0.005), z0 + tall / 2), (wide - 0.02, 0.01, tall)) for s in (-1, 1)),
        ]
        mesh = shapes.boxes([c for c, _ in walls], [s for _, s in walls]).moved(shapes.turn(table.yaw), table.at)
        room.build(mesh, plastic, "bin")
        at = table.point(x, 0, z0)
        room.space.blocks.append(Block(at[0], at[1], wide / 2, deep / 2, table.yaw, at[2], at[2] + tall))
        _heap(room, table, (x, z0 + 0.009), (wide - 0.03, deep - 0.03, tall))
    loading.strew(room, table, PACKED, int(rng.integers(0, 8)), limit=0.25)


def _heap(room: Room, table: Placed, at: tuple[float, float], size: tuple[float, float, float]) -> None:
    """Parts of a few models thrown into a bin: layer on layer, each tumbled about its middle in a cell of its own."""
    rng = room.rng
    models = [
        room.pick(("tool", "can", "fruit", "box", "cup", "food", "bottle", "toy"), 0.13)
        for _ in range(int(rng.integers(1, 4)))
    ]
    kept: list[Model] = [model for model in models if model is not None]
    if not kept:
        return
    cell = max(float(np.linalg.norm(model.size)) for model in kept) * 0.8
    nx, ny = max(int(size[0] / cell), 1), max(int(size[1] / cell), 1)
    layers = max(int(size[2] / (0.75 * cell)), 1)
    for layer in range(layers):
        for i in range(nx):
            for j in range(ny):
                if rng.random() > 0.9 - 0.25 * (layer == layers - 1):
                    continue
                model = kept[int(rng.integers(0, len(kept)))]
                spin = shapes.turn(float(rng.uniform(0, 6.28))) @ shapes.tilt(float(rng.uniform(-1.5, 1.5)))
                mesh = model.mesh.moved(spin)
                low, high = mesh.bounds
                middle = (low + high) / 2
                slack = np.maximum([size[0] / nx, size[1] / ny] - (high - low)[:2], 0) * rng.uniform(-0.5, 0.5, 2)
                x = at[0] + ((i + 0.5) / nx - 0.5) * size[0] + float(slack[0]) - float(middle[0])
                y = ((j + 0.5) / ny - 0.5) * size[1] + float(slack[1]) - float(middle[1])
                z = at[1] + layer * 0.75 * cell - float(low[2])
                world = mesh.moved(shapes.turn(table.yaw), table.point(x, y, z))
                room.build(world, model.materials, model.name)
    room.targets.append(table.point(at[0], 0.0, at[1] + size[2] / 2))


def set_for_a_meal(room: Room, table: Placed) -> None:
    """Plates, glasses, food."""
    chairs = loading.seats_around(room, table, room.pick("chair"), int(room.rng.integers(1, 6)))
    loading.setting(room, table, chairs)
    loading.strew(room, table, loading.DINING, int(room.rng.integers(4, 16)), limit=0.35)


def at_work(room: Room, table: Placed) -> None:
    """Screens, keyboards, papers, tools."""
    rng = room.rng
    loading.work_place(room, table, screens=int(rng.integers(0, 3)), clutter=int(rng.integers(4, 16)))
    if rng.random() < 0.5:
        loading.strew(room, table, loading.WORKSHOP, int(rng.integers(3, 14)), limit=0.35)


ARRANGEMENTS: dict[str, Callable[[Room, Placed], None]] = {
    "strewn": strewn,
    "piles": cartons_in_piles,
    "rows": in_rows,
    "bins": bins,
    "meal": set_for_a_meal,
    "work": at_work,
}

LAB = RoomType(
    "table",
    lambda room: None,
    (3.2, 6.0),
    (2.8, 4.5),
    styles=("modern", "plain", "worn", "loft", "nordic", "classic", "colourful", "rustic"),
    lamps=("panel", "tube", "pendant", "spot"),
    overhead=("panels", "pipes"),
    windows=0.3,
    notched=0.1,
)
ELSEWHERE = {kind.name: kind for kind in (*home.TYPES, *plumbed.TYPES, *work.TYPES, *public.TYPES)}
BUSY = ("kitchen", "dining_room", "office", "living_room", "bedroom", "bathroom", "shop")


def make_table(rng: np.random.Generator, stock: Stock, environments: Environments) -> Scene:
    """A table with an arrangement on it in a room that is hardly furnished, or what is at hand in any other room."""
    if rng.random() < 0.3:
        kind = ELSEWHERE[BUSY[int(rng.integers(0, len(BUSY)))]]
        room, facts = start_room(rng, stock, kind)
        kind.furnish(room)
        return _closely(room, environments, {**facts, "room": kind.name, "arrangement": "as found"})
    room, facts = start_room(rng, stock, LAB)
    names = list(ARRANGEMENTS)
    name = names[int(rng.integers(0, len(names)))]
    wall = room.plan.walls[int(rng.integers(0, len(room.plan.walls)))]
    model = room.pick(("table", "table", "desk", "coffee_table", "counter"))
    table = None
    if model is not None and rng.random() < 0.4:
        table = room.anywhere(model, walls=[wall], away=0.02)
    if table is None:
        middle = (room.plan.width * float(rng.uniform(0.4, 0.6)), room.plan.depth * float(rng.uniform(0.4, 0.6)))
        yaw = float(rng.choice([0.0, np.pi / 2])) + float(rng.normal(0, 0.1))
        table = room.stand(model, *middle, yaw) or room.loose(model)
    if table is not None:
        ARRANGEMENTS[name](room, table)
    _surroundings(room)
    return _closely(room, environments, {**facts, "arrangement": name})


def _surroundings(room: Room) -> None:
    """What stands about in a room with a table."""
    rng = room.rng
    room.loose(room.pick(("office_chair", "chair", "stool")), gap=0.05)
    for kind in ("shelf", "cabinet", "rack", "office_chair", "chair", "plant", "bin", "box"):
        if rng.random() < 0.35:
            room.anywhere(room.pick(kind, (1.8, 0.9, room.plan.height - 0.2)), away=0.02)
    if rng.random() < 0.3:
        wall = room.plan.walls[int(rng.integers(0, len(room.plan.walls)))]
        wide, deep = 1.0, 0.42
        mesh, materials = goods.gondola(room, wide, min(1.9, room.plan.height - 0.3), deep)
        u = float(rng.uniform(0.6, max(wall.length - 0.6, 0.61)))
        x, y, _ = wall.point(u, deep / 2 + 0.01, 0)
        if room.space.take(Block(x, y, wide / 2, deep / 2, wall.facing, 0.0, min(1.9, room.plan.height - 0.3))):
            room.build(mesh.moved(shapes.turn(wall.facing), (x, y, 0.0)), materials, "shelf of goods")
            room.targets += [(x, y, float(z)) for z in rng.uniform(0.3, 1.6, 3)]
    room.hang(("picture", "clock", "whiteboard"), int(rng.integers(0, 4)), limit=(1.5, 0.2, 1.1))
    loading.clutter_floor(room, loading.FLOOR, int(rng.integers(0, 6)))


def _closely(room: Room, environments: Environments, facts: dict[str, str]) -> Scene:
    """The scene, seen from close by."""
    lying = (*SMALL, *loading.WORKSHOP, *loading.BATH, "monitor", "laptop", "keyboard", "microwave", "lamp_table")
    small = [p.middle for p in room.placed if p.at[2] > 0.25 and p.model.kind in lying]
    targets = np.array([*small, *room.targets] or [p.middle for p in room.placed], np.float64).reshape(-1, 3)
    weights = np.full(len(targets), 1 / max(len(targets), 1))
    views = Views(room.space, targets, weights, ("arm",))
    return finished(room, "table", environments, facts, views)
