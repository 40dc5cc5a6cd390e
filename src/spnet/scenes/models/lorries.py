"""Lorries and buses; the front faces -y."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.hulls import glazed, lid, ring, shell, skin, windows
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.models.vehicles import Look, look, plates, wheels
from spnet.scenes.scene import Model
from spnet.scenes.textures import TextureSet


def _cab(parts: Parts, style: Look, half: float, front: float, depth: float, low: float, high: float) -> None:
    """A driver's cab with its windows, lamps, grille and mirrors."""
    body = shell(
        [ring(half, front + 0.03, front + depth, 0.16), ring(half, front, front + depth, 0.16),
         ring(half, front + 0.02, front + depth, 0.16), ring(half * 0.98, front + 0.12, front + depth, 0.17),
         ring(half * 0.93, front + 0.22, front + depth - 0.02, 0.2)],
        [low, low + 0.3, low + 0.5 * (high - low), high - 0.18, high],
    )  # fmt: skip
    parts.add(skin(body[:3]), style.paint)
    glass = windows(body[2:4], [], 0.1, 0.13)
    middle = body[2:4].mean(0)
    glass &= (middle[:-1, 1] + middle[1:, 1]) / 2 < front + depth * 0.72
    glazed(parts, body[2:], glass, style.paint, style.glass, slice(0, 2))
    parts.add(lid(body[-1], 0.04), style.paint)
    grille = (half * 1.3, 0.04, 0.3 * (high - low) * 0.6)
    parts.box((0, front, low + 0.3 * (high - low)), grille, style.trim, 0.01)
    parts.box((0, front + 0.02, low + 0.08), (half * 1.96, 0.12, 0.24), style.trim, 0.03)
    for side in (-1, 1):
        parts.box((side * half * 0.75, front - 0.02, low + 0.12), (0.3, 0.12, 0.14), style.lamp, 0.03)
        at = (side * (half + 0.16), front + 0.1, low + 0.68 * (high - low))
        parts.box(at, (0.18, 0.07, 0.42), style.trim, 0.02)
        parts.bar((side * half * 0.95, front + 0.2, at[2] + 0.15), (at[0], at[1], at[2] + 0.15), 0.015, style.trim, 6)


def truck(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A lorry with a box, a flat bed with boards, a tipper or a tank."""
    parts, style = Parts(rng), look(rng, textures)
    length, half = between(rng, 6.0, 9.5), between(rng, 1.05, 1.25)
    front, back, low = -length / 2, length / 2, 0.5
    depth, high = between(rng, 1.5, 2.1), between(rng, 2.3, 3.0)
    _cab(parts, style, half, front, depth, low, high)
    start, deck = front + depth + 0.12, 0.95
    middle, long = (start + back) / 2, back - start
    parts.box((0, (front + back) / 2 + 0.4, 0.75), (0.8, length - 1.0, 0.22), style.trim)
    kind = int(rng.integers(0, 4))
    load = surfaces.painted_metal(rng, textures)
    if kind == 0:
        tall = between(rng, 2.0, 2.7)
        cover = load if chance(rng, 0.6) else surfaces.textured(rng, textures, "plain_cloth")
        parts.box((0, middle, deck + tall / 2), (2 * half + 0.06, long, tall), cover, 0.03)
        if chance(rng, 0.7):
            print_ = surfaces.picture(rng, textures, "sign", "label", "poster", tint=0.3)
            for side in (-1, 1):
                x = side * (half + 0.036)
                y0, y1 = (start + 0.5, back - 0.5) if side > 0 else (back - 0.5, start + 0.5)
                low_, high_ = deck + 0.3 * tall, deck + 0.8 * tall
                corners = ((x, y0, low_), (x, y1, low_), (x, y1, high_), (x, y0, high_))
                parts.add(shapes.quad(*corners), print_, fixed=True)
    elif kind == 3:
        radius = half * 0.9
        profile = [
            (0, 0),
            (radius * 0.7, 0.02),
            (radius, 0.3),
            (radius, long - 0.3),
            (radius * 0.7, long - 0.02),
            (0, long),
        ]
        tank = shapes.lathe(profile, 28).moved(shapes.tilt(-np.pi / 2), (0, start, deck + radius))
        parts.add(tank, surfaces.steel(rng, textures) if chance(rng, 0.5) else load)
    else:
        board, thick = between(rng, 0.4, 0.6) if kind == 1 else between(rng, 0.9, 1.3), 0.05
        wood = surfaces.boards(rng, textures) if kind == 1 else load
        parts.box((0, middle, deck), (2 * half, long, 0.12), wood)
        for side in (-1, 1):
            parts.box((side * half, middle, deck + board / 2), (thick, long, board), load)
            parts.box((0, middle + side * long / 2, deck + board / 2), (2 * half, thick, board), load)
            for y in np.linspace(start + 0.1, back - 0.1, 5):
                parts.box((side * (half + 0.03), float(y), deck + board / 2), (0.04, 0.07, board), style.trim)
        parts.surface(deck + 0.06, half * 0.9, long * 0.3)
    axles = [front + depth * 0.55, back - 1.2] + ([back - 2.5] if length > 7.5 else [])
    wheels(parts, style, half, axles, 0.48, 0.32, arch=False)
    parts.box((0, back - 0.05, 0.75), (half * 2, 0.06, 0.1), style.trim)
    for side in (-1, 1):
        parts.box((side * half * 0.9, back - 0.02, 0.75), (0.35, 0.06, 0.14), style.tail, 0.02)
        parts.box((side * (half - 0.1), middle - 0.4, 0.6), (0.06, long * 0.4, 0.35), style.trim)
    plates(parts, rng, textures, length / 2 + 0.03, 0.62)
    return parts.model("truck", "lorry")


def bus(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A town bus or coach."""
    parts, style = Parts(rng), look(rng, textures)
    length, half, height = between(rng, 9.0, 12.2), 1.25, between(rng, 2.9, 3.3)
    front, back = -length / 2, length / 2
    low, belt = 0.3, between(rng, 1.05, 1.5)
    body = shell(
        [ring(half * 0.98, front + 0.05, back - 0.03, 0.14), ring(half, front, back, 0.14),
         ring(half, front + 0.01, back, 0.14), ring(half * 0.985, front + 0.05, back - 0.01, 0.14),
         ring(half * 0.95, front + 0.1, back - 0.06, 0.16), ring(half * 0.86, front + 0.25, back - 0.2, 0.2)],
        [low, low + 0.25, belt, height - 0.45, height - 0.12, height],
    )  # fmt: skip
    parts.add(skin(body[:3]), style.paint if chance(rng, 0.6) else surfaces.plain(surfaces.any_colour(rng), 0.25, 0.01))
    doors = np.linspace(front + 0.9, back - 0.6, int(rng.integers(6, 9)))
    glazed(parts, body[2:5], windows(body[2:4], doors.tolist(), 0.12, 0.12), style.paint, style.glass, slice(0, 2))
    parts.add(skin(body[4:]), style.paint)
    parts.add(lid(body[-1], 0.05), style.paint)
    for y in (front + 0.75, (front + back) / 2 + 0.4):  # doors, on the kerb's side
        for k in (-1, 1):
            pane = (half + 0.004, y + k * 0.32, (low + height) / 2 - 0.12)
            parts.box(pane, (0.03, 0.6, height - low - 0.6), style.glass, 0.01)
    board = surfaces.glowing(surfaces.plain((0.95, 0.6, 0.1), 0.4, 0.0), 1.0)
    parts.box((0, front + 0.045, height - 0.3), (1.7, 0.06, 0.24), style.trim, 0.01)
    for x in np.linspace(-0.6, 0.6, 9)[: int(rng.integers(4, 10))]:
        parts.face((float(x), front + 0.014, height - 0.3), 0.09, 0.13, board)
    for side in (-1, 1):
        parts.box((side * 0.9, front - 0.005, 0.72), (0.34, 0.08, 0.16), style.lamp, 0.03)
        parts.box((side * 1.08, back + 0.0, 0.9), (0.14, 0.06, 0.4), style.tail, 0.02)
        parts.box((side * (half + 0.12), front - 0.12, height - 0.75), (0.16, 0.1, 0.36), style.trim, 0.03)
        joint = (side * (half - 0.1), front + 0.12, height - 0.45)
        parts.bar(joint, (side * (half + 0.12), front - 0.12, height - 0.58), 0.02, style.trim, 6)
    parts.box((0, back + 0.002, 1.0), (1.6, 0.03, 0.7), style.trim, 0.01)
    parts.box((0, (front + back) / 2, height + 0.06), (1.3, 1.8, 0.22), style.paint, 0.05)
    wheels(parts, style, half, (front + 2.4, back - 2.9), 0.48, 0.3)
    plates(parts, rng, textures, length / 2 + 0.03, 0.5)
    return parts.model("bus")


MAKERS: dict[str, tuple[Maker, ...]] = {"truck": (truck,), "bus": (bus,)}
