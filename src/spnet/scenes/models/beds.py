"""Beds."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance, legs
from spnet.scenes.scene import Material, Mesh, Model
from spnet.scenes.textures import TextureSet


def _blanket(rng: np.random.Generator, width: float, length: float, top: float, hang: float, start: float) -> Mesh:
    """A cover over a mattress: level with wrinkles, falling at both sides and the foot (at -y)."""
    u, v = np.linspace(-1, 1, 33)[:, None], np.linspace(0, 1, 25)[None]
    span = width / 2 + hang
    x = u * span
    over = np.maximum(np.abs(x) - width / 2, 0)
    y = start - v * (start + length / 2 + hang * 0.7)
    past = np.maximum(-length / 2 - y, 0)
    phase = rng.uniform(0, 6, 4)
    wrinkle = 0.007 * np.sin(7 * x + 5 * y + phase[0]) + 0.006 * np.sin(-9 * x + 11 * y + phase[1])
    wave = 0.02 * np.sin(9 * y + phase[2]) * np.minimum(over / 0.1, 1) + 0.02 * np.sin(9 * x + phase[3]) * np.minimum(
        past / 0.1, 1
    )
    fall = np.minimum(over + past, hang)
    px = np.clip(x, -width / 2, width / 2) + np.sign(x) * np.where(over > 0, 0.012 + wave, 0)
    py = np.maximum(y, -length / 2) - np.where(past > 0, 0.012 + wave, 0)
    points = np.stack(np.broadcast_arrays(px, py, top + 0.02 + wrinkle - fall), -1)
    return shapes.grid(points, uv=np.stack(np.broadcast_arrays(x, y), -1))


def bed(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A bed with mattress, pillows and cover; its head at +y."""
    parts = Parts(rng)
    wood = surfaces.timber(rng, textures) if chance(rng, 0.7) else surfaces.upholstery(rng, textures)
    width = float(rng.choice([0.9, 1.2, 1.4, 1.6, 1.8]))
    length, lift, board = between(rng, 1.92, 2.1), between(rng, 0.12, 0.3), between(rng, 0.12, 0.25)
    thick = between(rng, 0.16, 0.28)
    top = lift + board * 0.6 + thick
    _frame(parts, rng, textures, wood, (width, length, lift, board))
    sheet = surfaces.linen(rng, textures)
    parts.add(shapes.cushion((0, 0, top - thick / 2), (width, length, thick), 0.09, 20), sheet)
    two = width > 1.3
    case = surfaces.linen(rng, textures) if chance(rng, 0.7) else surfaces.fabric(rng, textures)
    for x in (-width / 4, width / 4) if two else (0.0,):
        size = (between(rng, 0.55, 0.75), between(rng, 0.38, 0.48), between(rng, 0.12, 0.17))
        pillow = shapes.cushion((0, 0, size[2] / 2), size, 0.6, 20)
        lean = shapes.turn(between(rng, -0.15, 0.15)) @ shapes.tilt(-between(rng, 0.0, 0.5))
        parts.add(pillow.moved(lean, (x, length / 2 - 0.3, top - 0.01)), case)
    if chance(rng, 0.85):
        cover = surfaces.fabric(rng, textures) if chance(rng, 0.65) else surfaces.linen(rng, textures)
        hang = between(rng, 0.1, thick + board * 0.5)
        start = length / 2 - between(rng, 0.5, 0.9)
        parts.add(_blanket(rng, width, length, top, hang, start), cover)
    if chance(rng, 0.3):
        throw = surfaces.fabric(rng, textures)
        strip = _blanket(rng, width + 0.02, length * 0.5, top + 0.012, 0.2, -length * 0.05)
        parts.add(strip.moved(np.eye(3), (0, -length * 0.2, 0)), throw)
    parts.surface(top + 0.02, width * 0.4, length * 0.25)
    return parts.model("bed")


def _frame(
    parts: Parts,
    rng: np.random.Generator,
    textures: TextureSet,
    wood: Material,
    size: tuple[float, float, float, float],
) -> None:
    """Sides, foot, head and legs; or a box to the floor; or a frame of tube."""
    width, length, lift, board = size
    head = between(rng, 0.75, 1.25)
    if chance(rng, 0.2):
        metal = surfaces.metal(rng, textures)
        for y, tall in ((length / 2 + 0.03, head), (-length / 2 - 0.03, lift + 0.35)):
            for x in (-width / 2, width / 2):
                parts.bar((x, y, 0), (x, y, tall), 0.017, metal)
                parts.add(shapes.ellipsoid((x, y, tall), (0.026,) * 3, 10), metal)
            for z in (lift + 0.1, tall - 0.06):
                parts.bar((-width / 2, y, z), (width / 2, y, z), 0.012, metal, 6)
            for x in np.linspace(-width / 2, width / 2, int(width / 0.13))[1:-1]:
                parts.bar((float(x), y, lift + 0.1), (float(x), y, tall - 0.06), 0.006, metal, 5)
        for x in (-width / 2, width / 2):
            parts.box((x, 0, lift + board / 2), (0.03, length, 0.05), metal)
        return
    box = chance(rng, 0.3)
    low = 0.02 if box else lift
    for x in (-width / 2 - 0.012, width / 2 + 0.012):
        parts.box((x, 0, (low + lift + board) / 2), (0.03, length + 0.04, lift + board - low), wood, 0.005)
    parts.box(
        (0, -length / 2 - 0.02, (low + lift + board) / 2), (width + 0.055, 0.035, lift + board - low), wood, 0.005
    )
    parts.box((0, 0, lift + board * 0.5), (width, length, 0.03), wood)
    if not box:
        legs(
            parts,
            (width / 2 - 0.03, length / 2 - 0.05),
            lift + 0.03,
            wood,
            thickness=between(rng, 0.04, 0.08),
            round_=chance(rng, 0.4),
            taper=0.7,
        )
    if chance(rng, 0.7):
        parts.box((0, length / 2 + 0.035, head / 2 + 0.04), (width + 0.1, 0.05, head - 0.08), wood, 0.012)
        for x in (-width / 2, width / 2):
            parts.box((x, length / 2 + 0.035, 0.05), (0.06, 0.05, 0.1), wood)
    elif chance(rng, 0.6):
        for x in np.linspace(-width / 2 - 0.02, width / 2 + 0.02, int(rng.integers(6, 16))):
            parts.box((float(x), length / 2 + 0.035, head / 2), (0.03, 0.025, head), wood, 0.004)
        parts.box((0, length / 2 + 0.035, head - 0.03), (width + 0.08, 0.035, 0.06), wood, 0.006)


MAKERS: dict[str, tuple[Maker, ...]] = {"bed": (bed,)}
