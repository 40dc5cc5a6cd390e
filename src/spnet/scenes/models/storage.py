"""Shelves and racks, and what stands on them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.books import box as carton
from spnet.scenes.models.books import fill_with_books
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.models.tableware import bottle, bowl, can, cup, vase
from spnet.scenes.scene import Model
from spnet.scenes.textures import TextureSet

Box = tuple[float, float, float, float, float]  # left, right, front y, z of the board, clear height


FULL = 4500  # triangles from which a shelf takes no more things; ours
DETAILED = 700  # triangles of a thing that is too finely made for a shelf; ours


def put(parts: Parts, model: Model, at: tuple[float, float, float], yaw: float = 0.0) -> None:
    """Add a finished model to one under construction."""
    for number, material in enumerate(model.materials):
        mesh = model.mesh
        own = mesh.material == number
        part = type(mesh)(mesh.corners[own], mesh.normals[own], mesh.uv[own], mesh.material[own])
        parts.add(part.moved(shapes.turn(yaw), at), material, fixed=True)


def fill_with_things(
    parts: Parts, rng: np.random.Generator, textures: TextureSet, box: Box, makers: tuple[Maker, ...], depth: float
) -> None:
    """Stand small things side by side on a board, turned at random, as far as they fit."""
    left, right, front, floor, clear = box
    x = left + between(rng, 0.0, 0.05)
    for _ in range(12):
        model = makers[int(rng.integers(0, len(makers)))](rng, textures)
        if len(model.mesh) > DETAILED or parts.triangles > FULL:
            continue
        wide, deep, tall = model.size
        reach = max(wide, deep)
        if tall > clear * 0.95 or reach > depth or x + reach > right:
            if x + 0.08 > right:
                break
            continue
        y = front + depth / 2 + between(rng, -0.5, 0.5) * (depth - reach)
        yaw = float(rng.choice([0.0, np.pi / 2])) + between(rng, -0.1, 0.1)
        put(parts, model, (x + reach / 2, y, floor), yaw)
        x += reach + between(rng, 0.005, 0.12)


def _fill(parts: Parts, rng: np.random.Generator, textures: TextureSet, box: Box, depth: float) -> None:
    """Books, things, cartons, or nothing."""
    left, right, front, floor, clear = box
    kind = rng.random()
    if kind < 0.5:
        end = right if chance(rng, 0.5) else between(rng, left + 0.3 * (right - left), right)
        fill_with_books(parts, rng, textures, (left + 0.005, end, front + 0.01, floor, min(clear, 0.36)))
        if right - end > 0.12:
            fill_with_things(
                parts, rng, textures, (end + 0.02, right, front, floor, clear), (vase, cup, bowl, can), depth
            )
    elif kind < 0.75:
        makers = (vase, cup, bowl, can, bottle, bottle)
        fill_with_things(parts, rng, textures, (left, right, front, floor, clear), makers, depth)
    elif kind < 0.9:
        fill_with_things(parts, rng, textures, box, (carton,), depth)


def shelf(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A bookcase or open shelves with books, cartons and things on its boards."""
    parts = Parts(rng)
    wood = surfaces.timber(rng, textures)
    width, depth = between(rng, 0.5, 1.3), between(rng, 0.24, 0.38)
    rows = int(rng.integers(2, 7))
    each, thick, lift = between(rng, 0.27, 0.4), between(rng, 0.014, 0.028), between(rng, 0.02, 0.1)
    height = lift + rows * each + thick
    open_frame = chance(rng, 0.3)
    post = surfaces.metal(rng, textures) if open_frame and chance(rng, 0.6) else wood
    for side in (-1, 1):
        if open_frame:
            for y in (-1, 1):
                at = (side * (width / 2 - 0.012), y * (depth / 2 - 0.012))
                parts.box((*at, height / 2), (0.024, 0.024, height), post, 0.002)
        else:
            parts.box((side * (width / 2 - thick / 2), 0, height / 2), (thick, depth, height), wood, 0.002)
    if not open_frame and chance(rng, 0.7):
        parts.box((0, depth / 2 - 0.004, height / 2), (width, 0.008, height - 0.02), wood)
    split = int(rng.integers(1, 3)) if width > 0.85 else 1
    full = between(rng, 0.4, 1.0)
    for row in range(rows + 1):
        z = lift + row * each
        parts.box((0, 0, z + thick / 2), (width - 2 * thick * (not open_frame), depth, thick), wood, 0.002)
        if row == rows:
            parts.surface(z + thick, width * 0.45, depth * 0.4)
            break
        for k in range(split):
            left = -width / 2 + thick + k * (width - thick) / split
            right = -width / 2 + (k + 1) * (width - thick) / split
            if chance(rng, full):
                _fill(parts, rng, textures, (left, right, -depth / 2 + 0.015, z + thick, each - thick), depth - 0.03)
            if k:
                parts.box((left - thick / 2, 0, z + each / 2), (thick, depth, each), wood)
    return parts.model("shelf")


def wall_shelf(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A board on brackets with things on it."""
    parts = Parts(rng)
    wood, metal = surfaces.timber(rng, textures), surfaces.metal(rng, textures)
    width, depth, thick = between(rng, 0.5, 1.4), between(rng, 0.18, 0.28), between(rng, 0.015, 0.035)
    parts.box((0, 0, 0.12), (width, depth, thick), wood, 0.003)
    for x in (-width * 0.38, width * 0.38):
        parts.bar((x, depth / 2 - 0.005, 0.0), (x, depth / 2 - 0.005, 0.12), 0.006, metal, 5)
        parts.bar((x, depth / 2 - 0.005, 0.01), (x, -depth * 0.35, 0.115), 0.005, metal, 5)
    _fill(parts, rng, textures, (-width / 2, width / 2, -depth / 2 + 0.01, 0.12 + thick / 2, 0.35), depth - 0.02)
    parts.surface(0.12 + thick / 2, width * 0.45, depth * 0.4)
    return parts.model("shelf", "wall shelf", elevation=between(rng, 1.2, 1.7))


def rack(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A store's rack of posts and beams with cartons, or wire shelves."""
    parts = Parts(rng)
    heavy = chance(rng, 0.5)
    posts, beams = surfaces.painted_metal(rng, textures), surfaces.painted_metal(rng, textures)
    board = surfaces.textured(rng, textures, ("chipboard", "boards", "worn"))
    if heavy:
        width, depth, rows, each = (
            between(rng, 1.8, 2.7),
            between(rng, 0.8, 1.1),
            int(rng.integers(2, 4)),
            between(rng, 0.8, 1.02),
        )
    else:
        width, depth, rows, each = (
            between(rng, 0.8, 1.2),
            between(rng, 0.35, 0.5),
            int(rng.integers(3, 6)),
            between(rng, 0.35, 0.5),
        )
    thick = 0.07 if heavy else 0.03
    height = rows * each + 0.1
    for x in (-width / 2, width / 2):
        for y in (-depth / 2, depth / 2):
            parts.box((x, y, height / 2), (thick, thick * 0.8, height), posts, 0.003)
        steps = np.linspace(0.1, height - 0.1, 2 * rows + 1)
        for k, (a, b) in enumerate(pairwise(steps.tolist())):
            side = 1 if k % 2 else -1
            parts.bar((x, -side * depth / 2, float(a)), (x, side * depth / 2, float(b)), thick * 0.16, posts, 5)
    wire = not heavy and chance(rng, 0.4)
    for row in range(rows):
        z = 0.12 + row * each
        for y in (-depth / 2, depth / 2):
            parts.box((0, y, z), (width, thick * 0.6, 0.1 if heavy else 0.03), beams, 0.003)
        if wire:
            for y in np.linspace(-depth / 2, depth / 2, 12):
                parts.add(
                    shapes.tube(
                        [(-width / 2, float(y), z + 0.01), (width / 2, float(y), z + 0.01)], 0.0025, 4, capped=False
                    ),
                    beams,
                )
        else:
            parts.box((0, 0, z + 0.02), (width - 0.02, depth - 0.02, 0.025), board)
        top = z + 0.033
        if chance(rng, 0.75):
            fill_with_things(
                parts,
                rng,
                textures,
                (-width / 2 + 0.05, width / 2 - 0.05, -depth / 2, top, each - 0.1),
                (carton,),
                depth,
            )
        parts.surface(top, width * 0.44, depth * 0.4)
    return parts.model("rack")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "shelf": (shelf, shelf, shelf, wall_shelf),
    "rack": (rack,),
}
