"""Windows with what is seen through them, curtains and blinds; doors, shut or open to another room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.layouts.plan import Wall
from spnet.scenes.layouts.room import Placed, Room
from spnet.scenes.layouts.shell import Opening, face
from spnet.scenes.layouts.space import Block
from spnet.scenes.scene import BY_UV, Material, Mesh, Model, joined

HOURS = {"morning": 1.3, "day": 2.0, "evening": 0.5, "night": 0.03}  # how bright it is outside; ours


@dataclass(frozen=True)
class WindowStyle:
    """How all windows of a scene look.

    Attributes:
        bars, rails: mullions across and transoms per window.
        frame: material.
        pane: glass.
        dressing: "curtains", "blinds", "net" or "".
        sill: how far the board stands out, metres.
        thick: width of the frame's profile, metres.
    """

    bars: int
    rails: int
    frame: Material
    pane: Material
    dressing: str
    sill: float
    thick: float


def window_style(
    room: Room, dressings: Sequence[str] = ("curtains", "curtains", "net", "blinds", "", "")
) -> WindowStyle:
    """At random, as fits the room's style."""
    rng = room.rng
    white = surfaces.plain((0.93, 0.93, 0.92), float(rng.uniform(0.3, 0.5)), 0.02)
    frame = white if rng.random() < 0.5 else room.style.trim if rng.random() < 0.6 else room.style.metals[-1]
    pane = Material((0.9, 0.95, 0.93), roughness=0.04, reflectance=0.05, opacity=float(rng.uniform(0.05, 0.12)))
    return WindowStyle(
        int(rng.integers(0, 3)),
        int(rng.choice([0, 0, 1, 2])),
        frame,
        pane,
        str(rng.choice(list(dressings))),
        float(rng.uniform(0.03, 0.22)),
        float(rng.uniform(0.04, 0.08)),
    )


def framed(opening: Opening, v: float, thick: float, bars: int, rails: int) -> tuple[Mesh, Mesh]:
    """Frame and pane of a window in the wall's coordinates, its middle `v` metres before the wall."""
    a, b, z0, z1 = opening.left, opening.right, opening.low, opening.high
    u, z, wide, tall = opening.middle, (z0 + z1) / 2, b - a, z1 - z0
    half = thick / 2
    centres = [(a + half, v, z), (b - half, v, z), (u, v, z0 + half), (u, v, z1 - half)]
    sizes = [(thick, thick, tall), (thick, thick, tall), (wide, thick, thick), (wide, thick, thick)]
    for k in range(bars):
        centres.append((a + (k + 1) * wide / (bars + 1), v, z))
        sizes.append((thick * 0.9, thick * 0.9, tall))
    for k in range(rails):
        centres.append((u, v, z0 + tall * (k + 1) / (rails + 1)))
        sizes.append((wide, thick * 0.7, thick * 0.6))
    return shapes.boxes(centres, sizes), face(a, b, z0, z1, v)


def window(room: Room, wall: Wall, opening: Opening, look: WindowStyle, thickness: float) -> None:
    """A window in its opening: frame, pane, sill, what hangs before it."""
    deep = -thickness * float(room.rng.uniform(0.4, 0.8))
    frame, pane = framed(opening, deep, look.thick, look.bars, look.rails)
    room.build(wall.placed(frame), look.frame, "window frame")
    room.build(wall.placed(pane), look.pane, "window pane")
    if opening.low > 0.2 and look.sill > 0.05:
        size = (opening.width + 0.1, look.sill - deep, 0.03)
        middle = (opening.middle, (look.sill + deep) / 2, opening.low - 0.015)
        board = shapes.box(middle, size)
        room.build(wall.placed(board), room.style.trim, "window sill")
        if look.sill - deep > 0.12 and room.rng.random() < 0.6:
            at = wall.point(opening.middle, (look.sill + deep + look.thick) / 2, opening.low)
            half = (look.sill - deep - look.thick) / 2
            sill = Model("window sill", "sill", board, (room.style.trim,), surfaces=((0.0, opening.width / 2, half),))
            room.sills.append(Placed(sill, at, wall.facing))
    room.windows.append((wall.point(opening.middle, 0.05, (opening.low + opening.high) / 2), (*wall.inward, 0.0)))
    room.reserve(wall, opening.middle, opening.width / 2, 0.3, opening.low + 0.02, opening.high)
    if look.dressing in ("curtains", "net"):
        curtains(room, wall, opening, net=look.dressing == "net")
    elif look.dressing == "blinds":
        blinds(room, wall, opening, deep + look.thick)


def curtains(room: Room, wall: Wall, opening: Opening, *, net: bool) -> None:
    """A pair of curtains on a rod, drawn back more or less."""
    rng = room.rng
    top = min(opening.high + float(rng.uniform(0.08, 0.25)), room.plan.height - 0.06)
    low = 0.02 if rng.random() < 0.6 else max(opening.low - float(rng.uniform(0.05, 0.2)), 0.02)
    start, end = max(opening.left - 0.2, 0.03), min(opening.right + 0.2, wall.length - 0.03)
    share = float(rng.uniform(0.14, 0.3)) if rng.random() < 0.75 else float(rng.uniform(0.3, 0.5))
    cloth = room.style.cloths[int(rng.integers(0, len(room.style.cloths)))]
    if net:
        cloth = surfaces.linen(rng, room.stock.textures)
    v, waves = float(rng.uniform(0.09, 0.13)), float(rng.uniform(9, 16))
    sheets = []
    for a, b in ((start, start + share * (end - start)), (end - share * (end - start), end)):
        n = max(int((b - a) * waves * 5), 12)
        t = np.linspace(0, 1, n)
        phase = 2 * np.pi * t * max(round((b - a) * waves), 2) + rng.uniform(0, 6.28)
        depth = 0.035 * np.sin(phase) + 0.012 * np.sin(2.3 * phase + 1)
        rows = []
        for z, spread, swing in ((low, 1.0, 1.0), ((low + top) / 2, 0.94, 0.9), (top, 0.9, 0.6)):
            across = (a + b) / 2 + (b - a) * (t - 0.5) * spread
            rows.append(np.stack([across, v + swing * depth, np.full(n, z)], -1))
        points = np.stack(rows, 1)
        uv = np.stack([np.broadcast_to((t * (b - a) * 1.4)[:, None], (n, 3)), points[..., 2]], -1)
        sheets.append(shapes.grid(points, uv=uv))
    room.build(wall.placed(joined(sheets)), replace(cloth, mapping=BY_UV), "curtain")
    rod = shapes.bar((start - 0.05, v, top + 0.012), (end + 0.05, v, top + 0.012), 0.011, 8)
    room.build(wall.placed(rod), room.style.metals[-1], "curtain rod")
    for u in (start, end):
        room.reserve(wall, u, 0.25, v + 0.06, low, top + 0.03)


def blinds(room: Room, wall: Wall, opening: Opening, v: float) -> None:
    """Slats before the pane, let down more or less."""
    rng = room.rng
    down = float(rng.uniform(0.25, 1.0)) * (opening.high - opening.low - 0.06)
    count = int(down / 0.045)
    slope = float(rng.uniform(0.1, 1.1))
    slat = shapes.boxes([(0, 0, 0)], (opening.width - 0.03, 0.04, 0.002)).moved(shapes.tilt(slope))
    tall = opening.high - 0.05
    parts = [slat.moved(np.eye(3), (opening.middle, v + 0.025, tall - 0.045 * k)) for k in range(count)]
    parts.append(shapes.box((opening.middle, v + 0.025, opening.high - 0.02), (opening.width - 0.02, 0.05, 0.04)))
    colour = surfaces.plain((0.9, 0.9, 0.88), 0.5, 0.02)
    room.build(wall.placed(joined(parts)), colour, "blinds")


def outside(room: Room, wall: Wall, hour: str) -> None:
    """What is seen through the windows of a wall: a large lit picture some metres away."""
    rng = room.rng
    away, tall = float(rng.uniform(2.5, 5.0)), float(rng.uniform(5.0, 8.0))
    wide = wall.length + 2 * away + 2.0
    z0 = -float(rng.uniform(0.5, 2.0))
    layer = room.stock.textures.pick(rng, "outside", "outside", "outside", "facade")
    shade = (rng.uniform(0.8, 1.0, 3)).tolist()
    material = Material(
        (shade[0], shade[1], shade[2]),
        layer,
        BY_UV,
        1.0,
        0.95,
        0.0,
        emission=HOURS[hour] * float(rng.uniform(0.6, 1.3)),
    )
    middle = wall.length / 2
    room.build(wall.placed(face(middle - wide / 2, middle + wide / 2, z0, z0 + tall, -away)), material, "outside")


def door(room: Room, wall: Wall, opening: Opening, thickness: float, *, ajar: float) -> None:
    """A door leaf with handle and casing.

    Args:
        room: where.
        wall: in which wall.
        opening: in it.
        thickness: of the wall.
        ajar: how far it is open, radians; below 0 into the other room.
    """
    rng, style = room.rng, room.style
    wide = float(rng.uniform(0.05, 0.1))
    casing = [
        ((opening.left - wide / 2, 0.008, (opening.high + wide) / 2), (wide, 0.016, opening.high + wide)),
        ((opening.right + wide / 2, 0.008, (opening.high + wide) / 2), (wide, 0.016, opening.high + wide)),
        ((opening.middle, 0.008, opening.high + wide / 2), (opening.width, 0.016, wide)),
    ]
    room.build(wall.placed(shapes.boxes([c for c, _ in casing], [s for _, s in casing])), style.trim)
    left = rng.random() < 0.5
    leaf, handle = _leaf(room, opening.width - 0.01, opening.high - 0.012)
    hinge = opening.left + 0.005 if left else opening.right - 0.005
    v = -0.025 if ajar >= 0 else -thickness + 0.025
    angle = ajar if left else np.pi - ajar
    turn = shapes.turn(angle)
    at = (hinge, v, 0.006)
    room.build(wall.placed(leaf.moved(turn, at)), (style.door, *_glazing()), "door")
    room.build(wall.placed(handle.moved(turn, at)), style.metals[-1], "door handle")
    if ajar > 0.05:
        half = opening.width / 2
        x, y, _ = wall.point(hinge + half * float(np.cos(angle)), v + half * float(np.sin(angle)), 0)
        room.space.blocks.append(Block(x, y, half, 0.07, wall.yaw + float(angle), 0.0, opening.high))
    room.reserve(wall, opening.middle, opening.width / 2 + 0.05, 0.9, 0.0, opening.high)
    room.reserve(wall, opening.middle, opening.width / 2 + 0.12, 0.06, 0.0, opening.high + 0.12)


def _glazing() -> tuple[Material, ...]:
    return (Material((0.85, 0.9, 0.9), roughness=0.15, reflectance=0.05, opacity=0.3),)


def _leaf(room: Room, width: float, height: float) -> tuple[Mesh, Mesh]:
    """A leaf from its hinge along +x with its face in the xz plane, and its handles; material 1 is glass."""
    rng = room.rng
    kind = int(rng.integers(0, 4))
    parts = []
    if kind == 3:  # glazed above
        split = height * float(rng.uniform(0.3, 0.55))
        rail = 0.11
        solid = [
            ((width / 2, 0, split / 2), (width, 0.04, split)),
            ((rail / 2, 0, (split + height) / 2), (rail, 0.04, height - split)),
            ((width - rail / 2, 0, (split + height) / 2), (rail, 0.04, height - split)),
            ((width / 2, 0, height - rail / 2), (width - 2 * rail, 0.04, rail)),
        ]
        parts.append(shapes.boxes([c for c, _ in solid], [s for _, s in solid]))
        pane = shapes.box((width / 2, 0, (split + height - rail) / 2), (width - 2 * rail, 0.006, height - split - rail))
        parts.append(replace(pane, material=pane.material + 1))
    else:
        parts.append(shapes.box((width / 2, 0, height / 2), (width, 0.04, height)))
        for z, tall in {0: [], 1: [(0.28, 0.38), (0.72, 0.36)], 2: [(0.2, 0.2), (0.5, 0.28), (0.8, 0.2)]}[kind]:
            for y in (-0.022, 0.022):
                size = (width * 0.66, 0.008, tall * height)
                parts.append(shapes.bevelled((width / 2, y, z * height), size, 0.01))
    levers = []
    for side in (-1, 1):
        x = width - 0.06
        levers.append(shapes.bar((x, side * 0.02, 1.02), (x, side * 0.065, 1.02), 0.009, 6))
        levers.append(shapes.bar((x + 0.01, side * 0.065, 1.02), (x - 0.12, side * 0.06, 1.02), 0.009, 6))
        levers.append(shapes.box((x, side * 0.023, 0.98), (0.035, 0.008, 0.2)))
    return joined(parts), joined(levers)


def annex(room: Room, wall: Wall, opening: Opening, thickness: float) -> None:
    """Another room behind an open door, with a few things in it."""
    rng, style = room.rng, room.style
    deep, tall = float(rng.uniform(1.3, 4.5)), max(opening.high + 0.15, min(room.plan.height, 2.6))
    left = opening.left - float(rng.uniform(0.2, 1.6))
    right = opening.right + float(rng.uniform(0.2, 1.6))
    near, far = -thickness, -thickness - deep
    same = rng.random() < 0.5
    paint = style.walls[0] if same else surfaces.wall(rng, room.stock.textures)
    floor = style.floor if rng.random() < 0.6 else surfaces.floor(rng, room.stock.textures)
    front = [
        shapes.quad((left, near, 0), (opening.left, near, 0), (opening.left, near, tall), (left, near, tall)),
        shapes.quad((opening.right, near, 0), (right, near, 0), (right, near, tall), (opening.right, near, tall)),
        shapes.quad(
            (opening.left, near, opening.high), (opening.right, near, opening.high),
            (opening.right, near, tall), (opening.left, near, tall),
        ),
    ]  # fmt: skip
    sides = [
        shapes.quad((left, far, 0), (left, near, 0), (left, near, tall), (left, far, tall)),
        shapes.quad((right, near, 0), (right, far, 0), (right, far, tall), (right, near, tall)),
        face(left, right, 0, tall, far),
    ]
    room.build(wall.placed(joined([*front, *sides])), paint)
    base = shapes.quad((left, far, 0), (right, far, 0), (right, 0, 0), (left, 0, 0))
    room.build(wall.placed(base.moved(np.eye(3), (0, 0, -0.001))), floor)
    lid = shapes.quad((left, near, tall), (right, near, tall), (right, far, tall), (left, far, tall))
    room.build(wall.placed(lid), style.ceiling)
    room.lamps.append(wall.point((left + right) / 2, (near + far) / 2, tall - 0.15))
    u = left + 0.1
    while True:  # things along its far wall
        model = room.pick(
            ("cabinet", "shelf", "wardrobe", "plant", "chair", "box", "coat_rack"), (1.6, 0.7, tall - 0.1)
        )
        if model is None or u + model.size[0] > right:
            return
        if rng.random() < 0.6 and not model.elevation:
            x, y, _ = wall.point(u + model.size[0] / 2, far + model.size[1] / 2 + 0.01, 0)
            room.put(model, (x, y, 0.0), wall.facing)
        u += model.size[0] + float(rng.uniform(0.05, 0.8))
