"""Workshops, cellars and warehouses."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.layouts import goods, loading
from spnet.scenes.layouts.building import RoomType
from spnet.scenes.layouts.filling import cover_walls, line_walls, messy
from spnet.scenes.layouts.people import people
from spnet.scenes.layouts.plan import Wall
from spnet.scenes.layouts.room import Placed, Room
from spnet.scenes.layouts.space import Block
from spnet.scenes.scene import Material, joined

INDUSTRIAL = ("loft", "worn", "plain", "rustic")


STORED = ("box", "box", "crate", "barrel", "pallet", "ladder", "trolley", "bin", "basket", "bag", "bicycle", "pipe")


def workshop(room: Room) -> None:
    """Benches with tools, a pegboard, racks, machines, timber leaning, cables on the floor."""
    rng = room.rng
    for _ in range(int(rng.integers(2, 5))):
        bench = room.anywhere(room.pick(("table", "desk", "counter"), (2.4, 1.0, 1.05)), away=0.03)
        if bench is None:
            continue
        loading.strew(room, bench, loading.WORKSHOP, 5 + messy(room, 14), limit=0.45)
        wall = _behind(room, bench)
        _peg(room, wall, *bench.at[:2], bench.model.size[0])
    bench = room.loose(room.pick("table", (2.2, 1.0, 0.95)), yaw=float(rng.choice([0.0, np.pi / 2])), gap=0.4)
    if bench is not None:
        loading.strew(room, bench, loading.WORKSHOP, 4 + messy(room, 12))
    line_walls(room, ("rack", "shelf", "rack", "cabinet", "table"), loading.WORKSHOP, share=(0.4, 1.0), most=10)
    _timber(room, int(rng.integers(0, 4)))
    for kind in ("stool", "fan", "washing_machine", "trolley", "ladder", "extinguisher", "bicycle"):
        if rng.random() < 0.45:
            room.anywhere(room.pick(kind, (2.0, 1.3, 2.4)), jitter=0.1, away=0.04)
    loading.lean_on_wall(room, ("ladder", "broom", "picture"), int(rng.integers(0, 3)))
    cover_walls(room, ("picture", "clock", "extinguisher", "shelf"), share=(0.1, 0.4))
    loading.clutter_floor(room, (*loading.WORKSHOP, *STORED), 7 + messy(room, 22), limit=0.9)
    _floor_cables(room, int(rng.integers(0, 4)))
    people(room, 0.2, 2)


def _behind(room: Room, thing: Placed) -> Wall:
    """The wall that a thing has at its back."""
    x, y, _ = thing.point(0.0, thing.model.size[1] / 2, 0.0)
    return min(room.plan.walls, key=lambda w: abs((x - w.start[0]) * w.inward[0] + (y - w.start[1]) * w.inward[1]))


def _peg(room: Room, wall: Wall, x: float, y: float, width: float) -> None:
    """A pegboard with tools above a bench."""
    rng = room.rng
    if rng.random() < 0.35:
        return
    u = (x - wall.start[0]) * float(np.cos(wall.yaw)) + (y - wall.start[1]) * float(np.sin(wall.yaw))
    wide, tall, z = width * float(rng.uniform(0.6, 1.0)), float(rng.uniform(0.5, 0.9)), 1.2
    px, py, _ = wall.point(u, 0.05, 0)
    if u - wide / 2 < 0 or u + wide / 2 > wall.length:
        return
    if room.space.take(Block(px, py, wide / 2, 0.045, wall.yaw, z, z + tall)):
        mesh, materials = goods.pegboard(room, wide, tall)
        room.build(wall.placed(mesh.moved(np.eye(3), (u, 0.0, z))), materials, "pegboard")
        room.targets.append((px, py, z + tall / 2))


def _timber(room: Room, piles: int) -> None:
    """Boards, tubes and sheets that lean on a wall."""
    rng = room.rng
    for _ in range(piles):
        wall = room.plan.walls[int(rng.integers(0, len(room.plan.walls)))]
        wide, tall = float(rng.uniform(0.3, 0.9)), float(rng.uniform(1.2, min(2.6, room.plan.height - 0.2)))
        if wide + 0.2 > wall.length:
            continue
        u = float(rng.uniform(0.1, wall.length - wide - 0.1))
        lean = float(rng.uniform(0.12, 0.25))
        x, y, _ = wall.point(u + wide / 2, 0.5 * tall * lean + 0.06, 0)
        if not room.space.take(Block(x, y, wide / 2 + 0.02, 0.5 * tall * lean + 0.05, wall.yaw, 0.0, tall)):
            continue
        material = surfaces.boards(rng, room.stock.textures) if rng.random() < 0.7 else room.style.metals[-1]
        parts = []
        s = 0.0
        while s < wide - 0.03:
            w, thick = float(rng.uniform(0.03, 0.2)), float(rng.uniform(0.012, 0.05))
            w, long = min(w, wide - s), tall * float(rng.uniform(0.7, 1.0))
            angle = float(np.arcsin(min(lean, 0.9)))
            plank = shapes.box((s + w / 2, 0, long / 2), (w * 0.96, thick, long)).moved(
                shapes.tilt(angle), (u, 0.03 + thick + long * float(np.sin(angle)), 0.02)
            )
            parts.append(plank)
            s += w
        room.build(wall.placed(joined(parts)), material, "timber")
        room.targets.append((x, y, 0.5 * tall))


def _floor_cables(room: Room, count: int) -> None:
    """Cables that wind over the floor."""
    rng, plan = room.rng, room.plan
    for _ in range(count):
        start = np.array([rng.uniform(0.2, plan.width - 0.2), rng.uniform(0.2, plan.depth - 0.2)])
        angle, points = float(rng.uniform(0, 6.28)), [start]
        for _ in range(26):
            angle += float(rng.normal(0, 0.35))
            step = points[-1] + 0.11 * np.array([np.cos(angle), np.sin(angle)])
            points.append(np.clip(step, 0.05, [plan.width - 0.05, plan.depth - 0.05]))
        path = [(float(p[0]), float(p[1]), 0.008) for p in points if plan.inside(float(p[0]), float(p[1]), 0.04)]
        if len(path) > 4:
            shade = float(rng.choice([0.02, 0.03, 0.6, 0.3]))
            cable = Material((shade, shade, shade), roughness=0.6)
            if rng.random() < 0.3:
                cable = surfaces.plain((0.9, 0.45, 0.1), 0.5, 0.0)
            room.build(shapes.tube(path, 0.0055, 5, capped=False), cable, "cable")


def cellar(room: Room) -> None:
    """A cellar, garage or lumber room: racks, piles of boxes, things that nobody needs, pipes."""
    rng = room.rng
    for kind in ("rack", "rack", "shelf", "cabinet", "wardrobe", "washing_machine", "washing_machine", "fridge"):
        if rng.random() < 0.55:
            room.anywhere(room.pick(kind, (2.6, 1.1, room.plan.height - 0.1)), jitter=0.02)
    for kind in (
        "bicycle",
        "ladder",
        "chair",
        "armchair",
        "drying_rack",
        "sport",
        "instrument",
        "bed",
        "barrel",
        "toilet",
    ):
        if rng.random() < 0.3:
            room.loose(room.pick(kind, (2.2, 2.2, room.plan.height - 0.1)))
    line_walls(room, ("rack", "rack", "shelf", "cabinet", "table"), STORED, share=(0.4, 1.0), most=9)
    _timber(room, int(rng.integers(0, 3)))
    loading.lean_on_wall(room, ("picture", "mirror", "broom", "ladder"), int(rng.integers(0, 5)))
    loading.clutter_floor(room, (*STORED, *loading.FLOOR), 12 + messy(room, 30), limit=0.9)
    _floor_cables(room, int(rng.integers(0, 3)))
    room.hang(("picture", "clock", "lamp_wall"), int(rng.integers(0, 3)))


def warehouse(room: Room) -> None:
    """An aisle between pallet racks with a forklift, pallets and marks on the floor."""
    rng, plan = room.rng, room.plan
    along_x = plan.width > plan.depth
    length, other = (plan.width, plan.depth) if along_x else (plan.depth, plan.width)
    bay, depth, level = float(rng.uniform(1.9, 2.8)), float(rng.uniform(0.9, 1.15)), float(rng.uniform(1.1, 1.8))
    levels = max(int((plan.height - 0.6) / level), 1)
    rows = [(0.12 + depth / 2, np.pi), (other - 0.12 - depth / 2, 0.0)]
    if other > 4 * depth + 4.5:
        rows.append((other / 2, float(rng.choice([0.0, np.pi]))))
    for t, yaw in rows:
        if rng.random() < 0.12 and t != rows[0][0]:
            continue
        designs = [goods.heavy_rack(room, levels, bay=bay, depth=depth, level=level) for _ in range(3)]
        turned = yaw + (0.0 if along_x else -np.pi / 2)
        for s in np.arange(float(rng.uniform(0.3, 1.0)) + bay / 2, length - bay / 2 - 0.2, bay + 0.005):
            x, y = (float(s), t) if along_x else (t, float(s))
            mesh, materials = designs[int(rng.integers(0, 3))]
            block = Block(x, y, bay / 2, depth / 2 + 0.05, turned, 0.0, levels * level + 0.2)
            if room.budget > len(mesh) and room.space.take(block):
                room.build(mesh.moved(shapes.turn(turned), (x, y, 0.0)), materials, "pallet rack")
                room.targets.append((x, y, float(rng.uniform(0.4, 3.0))))
    _lines(room, along_x, depth)
    for _ in range(int(rng.integers(1, 6))):
        load, used, tall = goods.pallet_load(room, 1.2, 0.8, 1.7)
        x, y = float(rng.uniform(0.8, plan.width - 0.8)), float(rng.uniform(0.8, plan.depth - 0.8))
        yaw = float(rng.choice([0, np.pi / 2])) + float(rng.normal(0, 0.1))
        if room.space.take(Block(x, y, 0.6, 0.42, yaw, 0.0, tall)):
            room.build(load.moved(shapes.turn(yaw), (x, y, 0.0)), used, "pallet")
            room.targets.append((x, y, tall / 2))
    room.loose(room.pick("forklift", (3.5, 2.0, plan.height - 0.3)), margin=1.2)
    for kind in ("trolley", "ladder", "barrel", "barrel", "crate", "pallet"):
        if rng.random() < 0.6:
            room.loose(room.pick(kind, (1.5, 1.5, 2.5)), margin=0.5)
    loading.clutter_floor(room, ("box", "box", "crate", "pallet", "bin", "barrel"), int(rng.integers(2, 12)), limit=1.3)
    people(room, 0.5, 3)


def _lines(room: Room, along_x: bool, depth: float) -> None:
    """Painted lines on the floor along the racks."""
    plan = room.plan
    yellow = surfaces.plain((0.9, 0.72, 0.08), 0.6, 0.25)
    other = plan.depth if along_x else plan.width
    for t in (depth + 0.4, other - depth - 0.4):
        centre = (plan.width / 2, t, 0.002) if along_x else (t, plan.depth / 2, 0.002)
        size = (plan.width, 0.1, 0.002) if along_x else (0.1, plan.depth, 0.002)
        room.build(shapes.box(centre, size), yellow)


TYPES = (
    RoomType(
        "workshop",
        workshop,
        (4.5, 10.0),
        (3.5, 7.0),
        (2.5, 4.0),
        styles=INDUSTRIAL,
        walls=("brick", "concrete", "plaster", "paint", "corrugated"),
        floors=("concrete", "concrete", "boards", "chequer"),
        lamps=("tube", "tube", "pendant"),
        overhead=("pipes", "duct", "tray", "beams"),
        windows=0.3,
        dressings=("", "blinds"),
    ),
    RoomType(
        "cellar",
        cellar,
        (3.5, 8.0),
        (2.8, 5.0),
        (2.1, 2.7),
        styles=INDUSTRIAL,
        walls=("brick", "concrete", "plaster", "rubble"),
        floors=("concrete", "concrete", "tiles"),
        lamps=("tube", "pendant"),
        overhead=("pipes", "pipes", "duct", "beams"),
        windows=0.12,
        dressings=("",),
    ),
    RoomType(
        "warehouse",
        warehouse,
        (10.0, 36.0),
        (6.0, 16.0),
        (4.5, 9.0),
        styles=INDUSTRIAL,
        walls=("corrugated", "concrete", "brick", "paint"),
        floors=("concrete", "concrete", "asphalt"),
        lamps=("tube", "tube", "panel"),
        overhead=("pipes", "duct", "beams", "tray"),
        windows=0.12,
        notched=0.0,
        dressings=("",),
        carriers=(
            "floor robot",
            "wheelchair",
            "hand",
            "head",
            "head",
            "forklift",
            "forklift",
            "ceiling",
            "drone",
            "drone",
        ),
    ),
)
