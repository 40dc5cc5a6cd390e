"""Tables, desks and counters."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance, handle, legs
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet


def _top(
    parts: Parts,
    rng: np.random.Generator,
    textures: TextureSet,
    size: tuple[float, float, float],
    *,
    may_be_round: bool,
) -> tuple[Material, bool]:
    """A table top whose upper face is at size[2]: wood, painted, stone or glass; a board or a disc."""
    kind = rng.random()
    if kind < 0.7:
        material = surfaces.timber(rng, textures) if chance(rng, 0.85) else surfaces.boards(rng, textures)
    elif kind < 0.82:
        material = surfaces.stone(rng, textures)
    else:
        material = surfaces.glass(rng, textures) if chance(rng, 0.5) else surfaces.plastic(rng, textures)
    thick = 0.01 if material.opacity < 1 else between(rng, 0.015, 0.045)
    width, depth, height = size
    round_ = may_be_round and chance(rng, 0.3)
    if round_:
        radius = min(width, depth) / 2
        rim = [
            (0, height - thick),
            (radius - 0.004, height - thick),
            (radius, height - thick / 2),
            (radius - 0.004, height),
        ]
        parts.turned([*rim, (0, height)], material, sides=36)
    else:
        parts.box((0, 0, height - thick / 2), (width, depth, thick), material, between(rng, 0.002, 0.01))
    return material, round_


def _support(
    parts: Parts, rng: np.random.Generator, size: tuple[float, float, float], material: Material, *, round_: bool
) -> None:
    """What carries a top: four legs with an apron, splayed legs, a pedestal, trestles, or frames of tube."""
    width, depth, height = size
    kind = 2 if round_ and chance(rng, 0.6) else int(rng.choice([0, 0, 1, 3, 4]))
    half = (width / 2, depth / 2) if not round_ else (width * 0.3, width * 0.3)
    if kind == 0:
        thick = between(rng, 0.03, 0.08)
        spread = (half[0] - thick, half[1] - thick)
        legs(parts, spread, height, material, thickness=thick, round_=chance(rng, 0.3), taper=between(rng, 0.5, 1.0))
        if chance(rng, 0.75):
            tall = between(rng, 0.05, 0.1)
            for side in (-1, 1):
                parts.box((0, side * spread[1], height - tall / 2), (2 * spread[0], 0.02, tall), material)
                parts.box((side * spread[0], 0, height - tall / 2), (0.02, 2 * spread[1], tall), material)
    elif kind == 1:
        thick, splay = between(rng, 0.025, 0.05), between(rng, 0.03, 0.08)
        spread = (half[0] * 0.75, half[1] * 0.7)
        legs(parts, spread, height, material, thickness=thick, round_=True, splay=splay, taper=0.5)
    elif kind == 2:
        radius, foot = between(rng, 0.025, 0.06), half[0] * between(rng, 0.9, 1.2)
        if chance(rng, 0.5):
            profile = [(0, 0), (foot, 0), (foot, 0.012), (radius * 1.4, 0.04), (radius, 0.1), (radius, height)]
            parts.turned(profile, material, sides=28)
        else:
            parts.bar((0, 0, 0.05), (0, 0, height), radius, material, 12)
            for k in range(4):
                angle = np.pi / 2 * k + np.pi / 4
                tip = (foot * 1.2 * np.cos(angle), foot * 1.2 * np.sin(angle), 0.02)
                parts.add(shapes.tube([(0, 0, 0.16), tip], (radius * 0.8, 0.018), 6), material)
    elif kind == 3:
        for side in (-1, 1):
            x = side * half[0] * 0.72
            for y in (-1, 1):
                for splay in (-0.12, 0.12):
                    foot_ = (x + splay, y * half[1] * 0.7, 0.0)
                    parts.bar(foot_, (x + 0.15 * splay, y * half[1] * 0.7, height), 0.014, material, 5)
            parts.box((x, 0, height - 0.02), (0.05, half[1] * 1.7, 0.04), material)
            parts.box((x, 0, height * 0.35), (0.16, half[1] * 1.4, 0.015), material)
    else:
        radius = between(rng, 0.01, 0.025)
        for side in (-1, 1):
            x, f = side * half[0] * 0.85, half[1] * 0.85
            loop = [
                (x, 0, height - radius),
                (x, -f, height - radius),
                (x, -f, radius),
                (x, f, radius),
                (x, f, height - radius),
            ]
            parts.add(shapes.tube([*loop, (x, 0, height - radius)], radius, 6), material)
        if chance(rng, 0.6):
            parts.bar((-half[0] * 0.85, 0, radius), (half[0] * 0.85, 0, height - radius), 0.4 * radius, material, 5)
            parts.bar((half[0] * 0.85, 0, radius), (-half[0] * 0.85, 0, height - radius), 0.4 * radius, material, 5)


def _on_legs(rng: np.random.Generator, textures: TextureSet, size: tuple[float, float, float], kind: str) -> Model:
    parts = Parts(rng)
    top, round_ = _top(parts, rng, textures, size, may_be_round=kind != "desk")
    clear = top.opacity < 1
    frame = surfaces.metal(rng, textures) if clear or chance(rng, 0.4) else surfaces.timber(rng, textures)
    if not clear and top.texture >= 0 and chance(rng, 0.5):
        frame = top
    width, depth, height = size
    if round_:
        width = depth = min(width, depth)
    _support(parts, rng, (width, depth, height - 0.02), frame, round_=round_)
    share = 0.35 if round_ else 0.46
    parts.surface(height, width * share, depth * share)
    if kind == "coffee_table" and not round_ and chance(rng, 0.5):
        z = height * between(rng, 0.3, 0.5)
        parts.box((0, 0, z), (width * 0.86, depth * 0.82, 0.015), frame, 0.003)
        parts.surface(z + 0.008, width * 0.38, depth * 0.35)
    return parts.model(kind)


def table(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A table to eat or work at."""
    size = (between(rng, 0.8, 2.2), between(rng, 0.7, 1.05), between(rng, 0.7, 0.78))
    return _on_legs(rng, textures, size, "table")


def coffee_table(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A low table."""
    size = (between(rng, 0.6, 1.3), between(rng, 0.45, 0.75), between(rng, 0.32, 0.5))
    return _on_legs(rng, textures, size, "coffee_table")


def _drawers(
    parts: Parts,
    rng: np.random.Generator,
    box: tuple[float, float, float, float, float],
    count: int,
    front: Material,
    metal: Material,
    style: int,
) -> None:
    """Fronts of drawers, one above the other; box is x, y of the front, width, lowest z, highest z."""
    x, y, width, low, high = box
    tall = (high - low) / count
    for k in range(count):
        z = low + (k + 0.5) * tall
        parts.box((x, y - 0.009, z), (width - 0.006, 0.018, tall - 0.006), front, 0.002)
        handle(parts, rng, (x, y - 0.018, z + tall * 0.15), min(width * 0.4, 0.16), metal, False, style)


def desk(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A desk with one or two pedestals of drawers, or on a frame."""
    size = (between(rng, 1.0, 1.8), between(rng, 0.55, 0.8), between(rng, 0.7, 0.77))
    if chance(rng, 0.4):
        return _on_legs(rng, textures, size, "desk")
    width, depth, height = size
    parts = Parts(rng)
    wood, metal = surfaces.timber(rng, textures), surfaces.metal(rng, textures)
    front = wood if chance(rng, 0.6) else surfaces.lacquer(rng, textures)
    style = int(rng.integers(0, 3))
    parts.box((0, 0, height - 0.0125), (width, depth, 0.025), wood, 0.003)
    wide = between(rng, 0.3, 0.42)
    sides = (-1, 1) if chance(rng, 0.3) and width > 1.4 else (int(rng.choice([-1, 1])),)
    for side in (-1, 1):
        if side in sides:
            x = side * (width / 2 - wide / 2 - 0.01)
            parts.box((x, 0.01, height / 2), (wide, depth - 0.06, height - 0.03), wood, 0.002)
            box = (x, -depth / 2 + 0.04, wide - 0.01, 0.03, height - 0.035)
            _drawers(parts, rng, box, int(rng.integers(1, 5)), front, metal, style)
        elif chance(rng, 0.5):
            parts.box((side * (width / 2 - 0.02), 0, height / 2), (0.025, depth - 0.04, height - 0.025), wood, 0.002)
        else:
            for y in (-1, 1):
                at = (side * (width / 2 - 0.04), y * (depth / 2 - 0.05))
                parts.bar((*at, 0), (*at, height - 0.02), 0.018, metal)
    parts.box((0, depth / 2 - 0.05, height * 0.68), (width - 0.05, 0.015, height * 0.5), wood)
    parts.surface(height, width * 0.46, depth * 0.44)
    return parts.model("desk")


def bedside_table(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A small chest or table beside a bed."""
    parts = Parts(rng)
    wood, metal = surfaces.timber(rng, textures), surfaces.metal(rng, textures)
    front = wood if chance(rng, 0.6) else surfaces.lacquer(rng, textures)
    width, depth, height = between(rng, 0.35, 0.55), between(rng, 0.32, 0.45), between(rng, 0.42, 0.62)
    lift = between(rng, 0.05, 0.25)
    legs(
        parts,
        (width / 2 - 0.03, depth / 2 - 0.03),
        lift + 0.01,
        wood,
        thickness=0.032,
        round_=chance(rng, 0.5),
        taper=0.6,
    )
    parts.box((0, 0, height - 0.01), (width + 0.02, depth + 0.01, 0.02), wood, 0.004)
    count, style = int(rng.integers(1, 4)), int(rng.integers(0, 3))
    if chance(rng, 0.35):  # an open compartment above one drawer
        split = (lift + height) / 2
        for x in (-width / 2 + 0.009, width / 2 - 0.009):
            parts.box((x, 0, (lift + height) / 2), (0.018, depth, height - lift - 0.01), wood)
        parts.box((0, depth / 2 - 0.006, (lift + height) / 2), (width, 0.012, height - lift - 0.01), wood)
        parts.box((0, 0.005, (lift + split) / 2), (width - 0.03, depth - 0.02, split - lift), wood)
        _drawers(parts, rng, (0, -depth / 2 + 0.01, width - 0.03, lift, split), 1, front, metal, style)
        parts.surface(split, width * 0.4, depth * 0.4)
    else:
        parts.box((0, 0.005, (lift + height - 0.02) / 2), (width, depth - 0.02, height - 0.02 - lift), wood)
        _drawers(
            parts, rng, (0, -depth / 2 + 0.01, width - 0.01, lift + 0.01, height - 0.025), count, front, metal, style
        )
    parts.surface(height, width * 0.42, depth * 0.42)
    return parts.model("bedside_table")


def counter(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A counter of a shop, bar or reception."""
    parts = Parts(rng)
    body = (surfaces.timber, surfaces.boards, surfaces.lacquer)[int(rng.integers(0, 3))](rng, textures)
    top = surfaces.stone(rng, textures) if chance(rng, 0.4) else surfaces.timber(rng, textures)
    width, depth, height = between(rng, 1.2, 2.6), between(rng, 0.5, 0.75), between(rng, 0.9, 1.12)
    parts.box((0, 0.02, 0.05), (width - 0.08, depth - 0.1, 0.1), surfaces.dark_plastic(rng, textures))
    panels = int(rng.integers(1, 6))
    parts.box((0, 0, height / 2 + 0.04), (width, depth - 0.06, height - 0.12), body, 0.003)
    for k in range(panels):
        x = (k + 0.5) / panels * width - width / 2
        parts.box((x, -depth / 2 + 0.025, height / 2 + 0.03), (width / panels - 0.05, 0.02, height * 0.7), body, 0.008)
    parts.box((0, -0.02, height - 0.02), (width + 0.08, depth + 0.06, 0.04), top, 0.006)
    if chance(rng, 0.35):
        parts.box((0, -depth / 2 + 0.1, height + 0.2), (width, 0.012, 0.36), surfaces.glass(rng, textures))
    parts.surface(height, width * 0.46, depth * 0.3)
    return parts.model("counter")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "table": (table,),
    "desk": (desk,),
    "coffee_table": (coffee_table,),
    "bedside_table": (bedside_table,),
    "counter": (counter,),
}
