"""Very large rooms: underground car parks and sports halls."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.layouts import loading
from spnet.scenes.layouts.building import RoomType
from spnet.scenes.layouts.filling import cover_walls, line_walls
from spnet.scenes.layouts.people import people
from spnet.scenes.layouts.plan import Wall
from spnet.scenes.layouts.room import Room
from spnet.scenes.layouts.space import Block
from spnet.scenes.scene import Material, Triple, joined

BAY = 2.75, 5.0  # width and length of a parking space, metres


def garage(room: Room) -> None:
    """An underground car park: spaces on both sides of a lane, columns, cars, pipes, signs."""
    rng, plan = room.rng, room.plan
    along_x = plan.width > plan.depth
    length, other = max(plan.width, plan.depth), min(plan.width, plan.depth)
    paint = surfaces.plain((0.9, 0.9, 0.86) if rng.random() < 0.7 else (0.9, 0.75, 0.1), 0.7, 0.3)
    column, band = room.style.walls[0], surfaces.plain(rng.uniform(0.1, 0.9, 3), 0.6, 0.1)
    lines: list[tuple[Triple, Triple]] = []
    half = float(rng.uniform(0.15, 0.22))
    each = int(rng.integers(2, 4))
    sides = [(0.15 + BAY[1] / 2, 1), (other - 0.15 - BAY[1] / 2, -1)] if other > 14 else [(0.15 + BAY[1] / 2, 1)]
    for t, side in sides:
        for k, s in enumerate(np.arange(0.5, length - BAY[0], BAY[0]).tolist()):
            lines.append(((s, t, 0.002), (0.1, BAY[1], 0.003)))
            if k % each == 0:
                x, y = _at(along_x, s, t + side * (BAY[1] / 2 - half))
                if room.space.take(Block(x, y, half, half, 0.0, 0.0, plan.height)):
                    room.build(shapes.box((x, y, plan.height / 2), (2 * half, 2 * half, plan.height)), column)
                    room.build(shapes.box((x, y, 1.1), (2 * half + 0.01, 2 * half + 0.01, 0.5)), band)
            _park(room, along_x, s + BAY[0] / 2, t, side)
    turned = [(_swapped(along_x, c), _swapped(along_x, e)) for c, e in lines]
    room.build(shapes.boxes([c for c, _ in turned], [e for _, e in turned]), paint)
    cover_walls(room, ("picture", "extinguisher", "sign", "pipe"), share=(0.05, 0.2))
    line_walls(room, ("bin", "bicycle", "motorcycle", "cabinet", "trolley"), loading.FLOOR, share=(0.02, 0.15))
    for _ in range(int(rng.integers(0, 4))):
        room.loose(room.pick(("bollard", "trolley", "bicycle", "motorcycle", "sign"), (2.4, 1.2, 2.2)), margin=0.6)
    loading.clutter_floor(room, ("box", "bag", "bin", "crate", "bottle"), int(rng.integers(1, 8)))
    people(room, 0.5, 4)


def _at(along_x: bool, s: float, t: float) -> tuple[float, float]:
    return (s, t) if along_x else (t, s)


def _swapped(along_x: bool, p: Triple) -> Triple:
    return p if along_x else (p[1], p[0], p[2])


def _park(room: Room, along_x: bool, s: float, t: float, side: int) -> None:
    """A vehicle in a space, or none; it stands across the lane."""
    rng = room.rng
    if rng.random() < 0.4:
        return
    model = room.pick(("car", "car", "car", "car", "van", "motorcycle"), (5.4, 5.4, room.plan.height - 0.15))
    if model is None:
        return
    wide, deep, _ = model.size
    yaw = 0.0 if deep > wide else np.pi / 2  # its long axis along t
    yaw += (0.0 if along_x else np.pi / 2) + (np.pi if rng.random() < 0.5 else 0.0) + float(rng.normal(0, 0.02))
    long = max(wide, deep)
    shift = side * (BAY[1] - long) / 2 * float(rng.uniform(0.1, 0.8))
    x, y = _at(along_x, s + float(rng.normal(0, 0.08)), t + shift)
    room.stand(model, x, y, yaw)


def sports_hall(room: Room) -> None:
    """A gymnasium: lines on the floor, wall bars, baskets, benches, mats, balls."""
    rng, plan = room.rng, room.plan
    _court(room)
    wood = room.style.woods[0]
    for wall in plan.walls:
        for u in np.arange(0.6, wall.length - 0.6, 1.0).tolist():
            if rng.random() < 0.35:
                x, y, _ = wall.point(u, 0.1, 0.0)
                if room.space.take(Block(x, y, 0.46, 0.09, wall.yaw, 0.0, 2.5)):
                    _wall_bars(room, wall, u, wood)
    for wall in plan.walls:
        if rng.random() < 0.6:
            _basket(room, wall)
    for _ in range(int(rng.integers(2, 8))):
        x, y = float(rng.uniform(1.5, plan.width - 1.5)), float(rng.uniform(1.5, plan.depth - 1.5))
        yaw = float(rng.choice([0.0, np.pi / 2])) + float(rng.normal(0, 0.1))
        thick = float(rng.choice([0.06, 0.1, 0.3]))
        if room.space.take(Block(x, y, 1.0, 0.6, yaw, 0.0, thick)):
            cover = surfaces.plain(rng.uniform(0.05, 0.6, 3), 0.6, 0.08)
            room.build(shapes.bevelled((x, y, thick / 2), (2.0, 1.2, thick), 0.02, yaw), cover, "mat")
            room.targets.append((x, y, thick))
    kept = ("ball", "bag", "towel", "bottle", "box")
    line_walls(room, ("bench", "bench", "sport", "cabinet", "trolley", "shelf"), kept)
    for _ in range(int(rng.integers(2, 9))):
        room.loose(room.pick(("bench", "sport", "table", "stool", "trolley", "ladder"), (2.4, 2.4, 2.6)), margin=0.6)
    loading.clutter_floor(room, ("ball", "ball", "ball", "bag", "shoe", "bottle", "box"), int(rng.integers(6, 24)))
    cover_walls(room, ("clock", "picture", "whiteboard"), share=(0.02, 0.15))
    people(room, 0.6, 8)


def _court(room: Room) -> None:
    """Lines on the floor, in two colours."""
    rng, plan = room.rng, room.plan
    for _ in range(int(rng.integers(1, 4))):
        a, b = float(rng.uniform(0.55, 0.92)) * plan.width, float(rng.uniform(0.55, 0.92)) * plan.depth
        x, y, z = plan.width / 2, plan.depth / 2, float(rng.uniform(0.0015, 0.003))
        lines = [((x, y + s * b / 2, z), (a, 0.05, 0.001)) for s in (-1, 0, 1)]
        lines += [((x + s * a / 2, y, z), (0.05, b, 0.001)) for s in (-1, 0, 1)]
        turn = np.linspace(0, 2 * np.pi, 40)
        ring = np.stack([x + 1.8 * np.cos(turn), y + 1.8 * np.sin(turn), np.full(40, z)], -1)
        mesh = [shapes.boxes([c for c, _ in lines], [s for _, s in lines])]
        mesh.append(shapes.boxes((ring[1:] + ring[:-1]) / 2, (0.29, 0.05, 0.001), turn[1:] + np.pi / 2))
        room.build(joined(mesh), surfaces.plain(rng.uniform(0.05, 0.95, 3), 0.5, 0.05))


def _wall_bars(room: Room, wall: Wall, u: float, wood: Material) -> None:
    heights = np.arange(0.25, 2.4, 0.16).tolist()
    bars = [shapes.bar((u - 0.42, 0.11, z), (u + 0.42, 0.11, z), 0.018, 6) for z in heights]
    posts = [shapes.box((u + s * 0.43, 0.07, 1.22), (0.035, 0.12, 2.44)) for s in (-1, 1)]
    room.build(wall.placed(joined([*bars, *posts])), wood, "wall bars")
    room.targets.append(wall.point(u, 0.1, 1.2))


def _basket(room: Room, wall: Wall) -> None:
    """A board with a ring at the middle of a wall."""
    u = wall.length / 2
    if room.plan.height < 4.2:
        return
    board = [shapes.box((u, 1.2, 3.4), (1.8, 0.03, 1.05)), shapes.torus((u, 1.45, 3.05), 0.225, 0.012, upright=False)]
    arms = [shapes.bar((u + s * 0.5, 0.0, 3.4), (u + s * 0.4, 1.19, 3.4), 0.03, 6) for s in (-1, 1)]
    white = surfaces.plain((0.93, 0.93, 0.93), 0.4, 0.03)
    room.build(wall.placed(joined([*board, *arms])), white, "basket")
    x, y, _ = wall.point(u, 0.8, 0.0)
    room.space.blocks.append(Block(x, y, 0.95, 0.9, wall.yaw, 2.8, 4.0))
    room.targets.append(wall.point(u, 1.2, 3.2))


TYPES = (
    RoomType(
        "garage",
        garage,
        (14.0, 38.0),
        (11.5, 18.0),
        (2.3, 3.2),
        styles=("loft", "worn", "plain"),
        walls=("concrete", "concrete", "paint", "brick"),
        floors=("concrete", "asphalt", "concrete"),
        lamps=("tube",),
        overhead=("pipes", "duct", "tray", "beams"),
        windows=0.05,
        doors=(1, 3),
        notched=0.0,
        columned=0.0,
        wainscot=0.4,
        dressings=("",),
        carriers=("floor robot", "wheelchair", "hand", "head", "head", "ceiling", "ceiling", "forklift"),
    ),
    RoomType(
        "sports_hall",
        sports_hall,
        (16.0, 34.0),
        (10.0, 18.0),
        (4.5, 8.0),
        styles=("plain", "modern", "worn", "nordic"),
        walls=("paint", "brick", "panelling", "concrete"),
        floors=("parquet", "boards", "parquet"),
        lamps=("panel", "tube"),
        overhead=("beams", "duct", "pipes"),
        windows=0.5,
        doors=(1, 4),
        notched=0.0,
        columned=0.0,
        wainscot=0.4,
        dressings=("",),
        carriers=("floor robot", "hand", "head", "head", "drone", "drone", "ceiling"),
    ),
)
