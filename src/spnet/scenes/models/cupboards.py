"""Cupboards with doors and drawers: wardrobes, cabinets, kitchen units."""

from __future__ import annotations

import numpy as np

from spnet.scenes import surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance, handle, legs
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet


def _door(
    parts: Parts,
    rng: np.random.Generator,
    box: tuple[float, float, float, float, float],
    front: Material,
    metal: Material,
    style: int,
    panel: bool,
    hinge: int,
    glass: Material | None = None,
) -> None:
    """A cupboard's door; box is x and y of the front, width, lowest and highest z; hinge -1 left, 1 right."""
    x, y, width, low, high = box
    z, tall = (low + high) / 2, high - low
    width, tall = width - 0.005, tall - 0.005
    if glass is not None:
        rail = 0.05
        for side in (-1, 1):
            parts.box((x + side * (width - rail) / 2, y - 0.009, z), (rail, 0.018, tall), front, 0.002)
            parts.box((x, y - 0.009, z + side * (tall - rail) / 2), (width, 0.018, rail), front, 0.002)
        parts.box((x, y - 0.009, z), (width - rail, 0.004, tall - rail), glass)
    else:
        parts.box((x, y - 0.009, z), (width, 0.018, tall), front, 0.002)
        if panel and width > 0.22 and tall > 0.25:
            for side in (-1, 1):
                parts.box((x + side * (width / 2 - 0.03), y - 0.021, z), (0.06, 0.006, tall), front, 0.002)
                parts.box((x, y - 0.021, z + side * (tall / 2 - 0.03)), (width - 0.12, 0.006, 0.06), front, 0.002)
    length = min(0.35 * tall, 0.3)
    at = z if tall > 1.0 else (high - length * 0.8 if low < 0.9 else low + length * 0.8)
    handle(parts, rng, (x - hinge * (width / 2 - 0.03), y - 0.022, at), length, metal, True, style)


def wardrobe(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A wardrobe with doors, perhaps a mirror."""
    parts = Parts(rng)
    wood, metal = surfaces.timber(rng, textures), surfaces.metal(rng, textures)
    front = wood if chance(rng, 0.6) else surfaces.lacquer(rng, textures)
    doors = int(rng.integers(1, 5))
    width, depth, height = doors * between(rng, 0.42, 0.55) + 0.04, between(rng, 0.5, 0.65), between(rng, 1.75, 2.3)
    base = between(rng, 0.04, 0.12)
    parts.box((0, 0.01, height / 2 + base / 2), (width, depth - 0.02, height - base), wood, 0.003)
    parts.box((0, 0.03, base / 2), (width - 0.06, depth - 0.1, base), wood)
    if chance(rng, 0.4):
        parts.box((0, 0, height + 0.015), (width + 0.06, depth + 0.04, 0.03), wood, 0.008)
    style, panel = int(rng.integers(0, 3)), chance(rng, 0.4)
    reflecting = int(rng.integers(0, doors)) if chance(rng, 0.3) else -1
    drawer = between(rng, 0.2, 0.4) if chance(rng, 0.3) else 0.0
    each = (width - 0.02) / doors
    for k in range(doors):
        x = (k + 0.5) * each - width / 2 + 0.01
        hinge = 1 if k % 2 else -1
        box = (x, -depth / 2 + 0.01, each, base + 0.01 + drawer, height - 0.01)
        _door(parts, rng, box, front, metal, style, panel, hinge)
        if k == reflecting:
            tall = height - base - drawer - 0.2
            parts.face(
                (x, -depth / 2 - 0.0155, (height + base + drawer) / 2),
                each - 0.15,
                tall,
                surfaces.mirror(rng, textures),
            )
        if drawer:
            parts.box(
                (x, -depth / 2 + 0.001, base + 0.01 + drawer / 2), (each - 0.005, 0.018, drawer - 0.005), front, 0.002
            )
            handle(parts, rng, (x, -depth / 2 - 0.008, base + drawer / 2), 0.14, metal, False, style)
    parts.surface(height, width * 0.4, depth * 0.35)
    return parts.model("wardrobe")


def cabinet(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A chest of drawers, sideboard, filing or glazed cabinet."""
    parts = Parts(rng)
    steel = chance(rng, 0.2)
    body = surfaces.painted_metal(rng, textures) if steel else surfaces.timber(rng, textures)
    front = body if chance(rng, 0.6) else surfaces.lacquer(rng, textures)
    metal = surfaces.metal(rng, textures)
    columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 6))
    width, depth = columns * between(rng, 0.38, 0.62), between(rng, 0.36, 0.5)
    lift, each = between(rng, 0.0, 0.2), between(rng, 0.16, 0.3)
    height = max(lift + rows * each, 0.45)
    if lift > 0.04:
        legs(
            parts,
            (width / 2 - 0.04, depth / 2 - 0.04),
            lift + 0.01,
            body,
            thickness=0.035,
            round_=chance(rng, 0.5),
            taper=0.6,
        )
    else:
        lift = 0.0
    parts.box((0, 0.01, (lift + height) / 2), (width, depth - 0.02, height - lift), body, 0.003)
    parts.box((0, 0, height + 0.01), (width + 0.02, depth + 0.01, 0.02), body, 0.004)
    style, panel = int(rng.integers(0, 3)), chance(rng, 0.4)
    y = -depth / 2 + 0.01
    for column in range(columns):
        wide = (width - 0.01) / columns
        x = (column + 0.5) * wide - width / 2 + 0.005
        if chance(rng, 0.45) and height - lift > 0.4:
            glass = surfaces.glass(rng, textures) if chance(rng, 0.2) else None
            _door(
                parts, rng, (x, y, wide, lift + 0.01, height), front, metal, style, panel, 1 - 2 * (column % 2), glass
            )
            continue
        tall = (height - lift - 0.01) / rows
        for row in range(rows):
            z = lift + 0.005 + (row + 0.5) * tall
            parts.box((x, y - 0.009, z), (wide - 0.005, 0.018, tall - 0.005), front, 0.002)
            handle(parts, rng, (x, y - 0.018, z), min(0.35 * wide, 0.15), metal, False, style)
    parts.surface(height + 0.02, width * 0.45, depth * 0.42)
    return parts.model("cabinet")


def kitchen_cabinet(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A kitchen unit: a base unit with worktop and plinth, or a wall unit that hangs."""
    parts = Parts(rng)
    body = surfaces.plain((0.93, 0.92, 0.9), 0.4, 0.02)
    front = surfaces.lacquer(rng, textures) if chance(rng, 0.6) else surfaces.wood(rng, textures)
    metal, style, panel = surfaces.metal(rng, textures), int(rng.integers(0, 3)), chance(rng, 0.45)
    columns = int(rng.integers(1, 4))
    wide = float(rng.choice([0.4, 0.45, 0.5, 0.6]))
    width = columns * wide
    hangs = chance(rng, 0.3)
    low, high, depth = (0.0, between(rng, 0.55, 0.9), 0.34) if hangs else (0.1, 0.86, 0.58)
    parts.box((0, 0.01, (low + high) / 2), (width, depth - 0.02, high - low), body)
    y = -depth / 2 + 0.01
    for column in range(columns):
        x = (column + 0.5) * wide - width / 2
        if not hangs and chance(rng, 0.35):
            count = int(rng.integers(2, 5))
            tall = (high - low) / count
            for row in range(count):
                z = low + (row + 0.5) * tall
                parts.box((x, y - 0.009, z), (wide - 0.004, 0.018, tall - 0.004), front, 0.002)
                handle(parts, rng, (x, y - 0.018, z + tall * 0.25), 0.16, metal, False, style)
        else:
            glass = surfaces.glass(rng, textures) if hangs and chance(rng, 0.25) else None
            _door(parts, rng, (x, y, wide, low, high), front, metal, style, panel, 1 - 2 * (column % 2), glass)
    if hangs:
        parts.surface(high, width * 0.45, depth * 0.4)
        return parts.model("kitchen_cabinet", "wall unit", elevation=between(rng, 1.35, 1.5))
    parts.box((0, 0.03, 0.05), (width, depth - 0.08, 0.1), surfaces.dark_plastic(rng, textures))
    top = surfaces.stone(rng, textures) if chance(rng, 0.5) else surfaces.timber(rng, textures)
    parts.box((0, -0.005, high + 0.02), (width, depth + 0.03, 0.04), top, 0.004)
    parts.surface(high + 0.04, width * 0.47, depth * 0.44)
    return parts.model("kitchen_cabinet", "base unit")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "wardrobe": (wardrobe,),
    "cabinet": (cabinet,),
    "kitchen_cabinet": (kitchen_cabinet,),
}
