"""Rows of goods on boards, pallets of cartons, heavy racks: many solids at once, so that whole shelves are cheap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.layouts.room import Room
from spnet.scenes.scene import Material, Mesh, Triple, joined

_UNIT = shapes.box((0, 0, 0.5), (1, 1, 1))  # its coordinates are 0 to 1 on every face, as prints want


def cartons(centres: Sequence[Triple], sizes: Sequence[Triple], yaws: Sequence[float]) -> Mesh:
    """Boxes that stand on their given lowest middles, a print once over every face."""
    parts = [
        _UNIT.moved(shapes.turn(yaw) @ np.diag(size), centre)
        for centre, size, yaw in zip(centres, sizes, yaws, strict=True)
    ]
    return joined(parts)


def _print(room: Room, families: Sequence[str]) -> Material:
    return surfaces.picture(room.rng, room.stock.textures, *families, gloss=float(room.rng.uniform(0.3, 0.8)), tint=0.6)


def _bottles(radius: float, tall: float, places: Sequence[Triple]) -> Mesh:
    """Bottles or cans of one shape."""
    if tall > 3 * radius:
        line = [
            (0, 0),
            (radius, 0),
            (radius, 0.6 * tall),
            (0.35 * radius, 0.8 * tall),
            (0.35 * radius, tall),
            (0, tall),
        ]
    else:
        line = [(0, 0), (radius, 0), (radius, tall), (0, tall)]
    one = shapes.lathe(line, 10)
    return joined([one.moved(np.eye(3), place) for place in places])


def stocked_board(
    room: Room, width: float, depth: float, clear: float, *, share: float = 0.9
) -> list[tuple[Mesh, Material]]:
    """Goods on a board: columns of equal things side by side, front at -y, on z = 0 about x = 0.

    Args:
        room: whose rng and textures are used.
        width, depth: of the board, metres.
        clear: height above it.
        share: of the columns that are not sold out.
    """
    rng = room.rng
    done: list[tuple[Mesh, Material]] = []
    x = -width / 2 + 0.01
    while x < width / 2 - 0.06:
        wide = float(rng.uniform(0.06, min(0.26, width / 2 - x)))
        tall = float(rng.uniform(0.35, 0.92)) * clear
        round_ = rng.random() < 0.4 and wide < 0.13
        deep = wide if round_ else float(rng.uniform(0.06, min(0.3, depth)))
        places: list[Triple] = []
        for _ in range(int(rng.integers(1, 5))):
            if x + wide > width / 2:
                break
            if rng.random() < share:
                levels = 2 if 2 * tall < clear and not round_ and rng.random() < 0.6 else 1
                places += _column(room, x + wide / 2, (deep, tall), depth, levels)
            x += wide + 0.004
        if places and round_:
            printed = rng.random() < 0.6
            paint = _print(room, ("label", "package")) if printed else surfaces.plastic(rng, room.stock.textures)
            done.append((_bottles(wide / 2, tall, places), paint))
        elif places:
            sizes = [(wide * 0.97, deep, tall * 0.98)] * len(places)
            yaws = rng.normal(0, 0.03, len(places)).tolist()
            done.append((cartons(places, sizes, yaws), _print(room, ("package", "package", "cardboard"))))
        x += float(rng.choice([0.0, 0.01, 0.05]))
    return done


def _column(room: Room, x: float, size: tuple[float, float], depth: float, levels: int) -> list[Triple]:
    """Where equal things of a depth and height stand one behind and on the other."""
    deep, tall = size
    rows = 2 if room.rng.random() < 0.6 and 2 * deep < depth else 1
    front = -depth / 2 + deep / 2 + abs(float(room.rng.normal(0.01, 0.03)))
    kept = [row for row in range(rows) if front + (row + 0.5) * deep < depth / 2]
    return [(x, front + row * (deep + 0.004), level * tall) for row in kept for level in range(levels)]


def gondola(room: Room, width: float, height: float, depth: float) -> tuple[Mesh, list[Material]]:
    """A shop's shelf, one side, back at y = +depth / 2: plinth, back, boards with goods and price rails."""
    rng = room.rng
    metal = surfaces.plain((0.88, 0.88, 0.86), 0.5, 0.03) if rng.random() < 0.6 else room.style.metals[-1]
    rail = surfaces.plain(rng.uniform(0.2, 0.95, 3), 0.5, 0.03)
    rows = max(int(height / float(rng.uniform(0.3, 0.42))), 2)
    parts = [shapes.box((0, depth / 2 - 0.01, height / 2), (width, 0.02, height))]
    parts.append(shapes.box((0, 0, 0.06), (width, depth, 0.12)))
    parts += [shapes.box((s * width / 2, 0.3 * depth, height / 2), (0.025, 0.4 * depth, height)) for s in (-1, 1)]
    rails: list[Mesh] = []
    meshes: list[Mesh] = []
    materials: list[Material] = [metal, rail]
    each = (height - 0.12) / rows
    for row in range(rows):
        z = 0.12 + row * each
        deep = depth if row == 0 else depth * 0.88
        y = 0.0 if row == 0 else 0.06 * depth
        if row:
            parts.append(shapes.box((0, y, z - 0.012), (width, deep, 0.024)))
        rails.append(shapes.box((0, y - deep / 2 - 0.006, z - 0.02), (width, 0.012, 0.04)))
        for mesh, material in stocked_board(room, width - 0.05, deep - 0.03, each - 0.04):
            meshes.append(_numbered(mesh.moved(np.eye(3), (0, y, z)), len(materials)))
            materials.append(material)
    return joined([joined(parts), _numbered(joined(rails), 1), *meshes]), materials


def _numbered(mesh: Mesh, number: int) -> Mesh:
    return replace(mesh, material=np.full(len(mesh), number, np.int32))


def pallet_load(room: Room, width: float, depth: float, most: float) -> tuple[Mesh, list[Material], float]:
    """A pallet with layers of cartons, sacks or drums, centred on z = 0; also its height."""
    rng, textures = room.rng, room.stock.textures
    slats = [((0.0, y, 0.13), (width, 0.1, 0.022)) for y in np.linspace(-depth / 2 + 0.05, depth / 2 - 0.05, 6)]
    slats += [((x, 0.0, 0.06), (0.1, depth, 0.12)) for x in (-width / 2 + 0.05, 0.0, width / 2 - 0.05)]
    wood = surfaces.textured(rng, textures, "boards", tint=(0.75, 0.66, 0.5), roughness=(0.8, 0.95))
    meshes = [shapes.boxes([c for c, _ in slats], [s for _, s in slats])]
    materials: list[Material] = [wood]
    kind, top = rng.random(), 0.142
    if kind < 0.15:
        colour = surfaces.plastic(rng, textures)
        radius, tall = min(width, depth) / 4.2, min(0.88, most - top)
        places = [(sx * width / 4, sy * depth / 4, top) for sx in (-1, 1) for sy in (-1, 1)]
        meshes.append(_numbered(joined([_drum(radius, tall).moved(np.eye(3), p) for p in places]), 1))
        materials.append(colour)
        return joined(meshes), materials, top + tall
    nx, ny = int(rng.integers(2, 4)), int(rng.integers(1, 4))
    tall = float(rng.uniform(0.15, 0.4))
    layers = max(min(int((most - top) / tall), int(rng.integers(1, 6))), 1)
    places, sizes = [], []
    for layer in range(layers):
        for i in range(nx):
            for j in range(ny):
                if layer == layers - 1 and rng.random() < 0.25:
                    continue
                jitter = rng.normal(0, 0.008, 2)
                x, y = (i + 0.5) / nx - 0.5, (j + 0.5) / ny - 0.5
                places.append((x * width + float(jitter[0]), y * depth + float(jitter[1]), top + layer * tall))
                sizes.append((width / nx * 0.97, depth / ny * 0.97, tall * 0.99))
    yaws = rng.normal(0, 0.015, len(places)).tolist()
    meshes.append(_numbered(cartons(places, sizes, yaws), 1))
    materials.append(surfaces.cardboard(rng, textures) if rng.random() < 0.75 else _print(room, ("package", "label")))
    return joined(meshes), materials, top + layers * tall


def _drum(radius: float, tall: float) -> Mesh:
    line = [(0.0, 0.0), (radius, 0.0)]
    for z in (0.33, 0.66):
        line += [(radius, (z - 0.02) * tall), (radius * 1.03, z * tall), (radius, (z + 0.02) * tall)]
    return shapes.lathe(
        [*line, (radius, tall), (radius * 0.95, tall), (radius * 0.95, tall - 0.02), (0, tall - 0.02)], 18
    )


def heavy_rack(room: Room, levels: int, *, bay: float, depth: float, level: float) -> tuple[Mesh, list[Material]]:
    """A field of a pallet rack about x = 0, front at -y: uprights, beams, loaded pallets.

    Args:
        room: whose rng and textures are used.
        levels: of pallets one above the other, the lowest on the floor.
        bay, depth: its extent, metres.
        level: height of a level, metres.
    """
    rng = room.rng
    orange = surfaces.plain((0.9, 0.35, 0.08), 0.45, 0.05)
    beam = orange if rng.random() < 0.7 else surfaces.plain(rng.uniform(0.2, 0.9, 3), 0.45, 0.05)
    materials: list[Material] = [surfaces.plain(rng.uniform(0.1, 0.6, 3), 0.45, 0.05), beam]
    height = levels * level + 0.2
    sides = [(x, y) for x in (-bay / 2, bay / 2) for y in (-depth / 2, depth / 2)]
    posts = [((x, y, height / 2), (0.1, 0.08, height)) for x, y in sides]
    posts += [((x, 0.0, float(z)), (0.03, depth, 0.03)) for x, _ in sides for z in np.arange(0.3, height - 0.3, 0.9)]
    meshes = [shapes.boxes([c for c, _ in posts], [s for _, s in posts])]
    beams = [(0.0, y, n * level - 0.06) for n in range(1, levels) for y in (-depth / 2, depth / 2)]
    if beams:
        meshes.append(_numbered(shapes.boxes(beams, (bay, 0.05, 0.12)), 1))
    each = (bay - 0.2) / 2
    for n in range(levels):
        for side in (-1, 1):
            if rng.random() < 0.2:
                continue
            load, used, _ = pallet_load(room, min(each - 0.06, 1.2), depth - 0.05, level - 0.3)
            load = load.moved(np.eye(3), (side * each / 2, float(rng.normal(0, 0.02)), n * level))
            meshes.append(replace(load, material=(load.material + len(materials)).astype(np.int32)))
            materials += used
    return joined(meshes), materials


def pegboard(room: Room, width: float, height: float) -> tuple[Mesh, list[Material]]:
    """A board with tools hung on it, in a wall's coordinates about u = 0, from z = 0."""
    rng = room.rng
    back = surfaces.plain(rng.uniform(0.4, 0.9, 3) * 0.5 + 0.3, 0.8, 0.1)
    parts, materials = [shapes.box((0, 0.01, height / 2), (width, 0.02, height))], [back]
    grips = [surfaces.plastic(rng, room.stock.textures) for _ in range(3)]
    steel = surfaces.steel(rng, room.stock.textures)
    materials += [*grips, steel]
    x = -width / 2 + 0.05
    while x < width / 2 - 0.05:
        z, long = float(rng.uniform(0.35, 0.9)) * height, float(rng.uniform(0.12, 0.3))
        grip = 1 + int(rng.integers(0, 3))
        thick = float(rng.uniform(0.006, 0.02))
        low = max(z - long, 0.02)
        parts.append(_numbered(shapes.bar((x, 0.035, z), (x, 0.035, (z + low) / 2), thick, 7), grip))
        parts.append(_numbered(shapes.bar((x, 0.035, (z + low) / 2), (x, 0.035, low), thick * 0.45, 6), 4))
        if rng.random() < 0.35:  # a head: hammers, pliers, spanners
            parts.append(_numbered(shapes.box((x, 0.035, low), (float(rng.uniform(0.03, 0.1)), 0.025, 0.03)), 4))
        x += float(rng.uniform(0.04, 0.14))
    return joined(parts), materials
