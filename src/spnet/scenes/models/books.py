"""Books, rows of them, papers, cartons: what shelves are full of."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Mesh, Model
from spnet.scenes.textures import TextureSet


def _volume(parts: Parts, rng: np.random.Generator, textures: TextureSet, size: tuple[float, float, float]) -> None:
    """A book lying on z = 0 with its spine to the front: covers, pages set back, a picture on the cover."""
    width, depth, thick = size
    cover = surfaces.plain(surfaces.any_colour(rng), between(rng, 0.3, 0.8), 0.05)
    page = surfaces.paper(rng, textures)
    parts.box((0, 0.003, thick / 2), (width - 0.006, depth - 0.006, thick - 0.004), page)
    for z in (0.0015, thick - 0.0015):
        parts.box((0, 0, z), (width, depth, 0.003), cover)
    parts.box((0, -depth / 2 + 0.0015, thick / 2), (width, 0.003, thick), cover)
    if chance(rng, 0.8):
        print_ = surfaces.picture(rng, textures, "poster", "painting", "photograph", gloss=0.4)
        parts.face((0, 0, thick + 0.0005), width, depth, print_, "+z")
    spine = surfaces.picture(rng, textures, "spine", tint=0.7)
    low, high = thick * 0.02, thick * 0.98
    front = -depth / 2 - 0.0005
    # the spine's picture stands; the book lies on its back, so that the picture's top is at its right
    corners = ((-width / 2, front, high), (-width / 2, front, low), (width / 2, front, low), (width / 2, front, high))
    parts.add(shapes.quad(*corners), spine, fixed=True)


def book(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A book lying down, or a stack of up to five."""
    parts = Parts(rng)
    height = 0.0
    for _ in range(int(rng.choice([1, 1, 1, 2, 3, 5]))):
        size = (between(rng, 0.14, 0.3), between(rng, 0.1, 0.22), between(rng, 0.008, 0.05))
        one = Parts(rng)
        _volume(one, rng, textures, size)
        parts.place(one, shapes.turn(between(rng, -0.25, 0.25)), (*rng.uniform(-0.01, 0.01, 2).tolist(), height))
        height += size[2] + 0.001
    return parts.model("book")


def fill_with_books(
    parts: Parts, rng: np.random.Generator, textures: TextureSet, box: tuple[float, float, float, float, float]
) -> None:
    """Stand books side by side.

    Args:
        parts: what they belong to.
        rng: source of randomness.
        textures: for spines and covers.
        box: left and right x, y of the spines, z of the board, clear height above it, metres.
    """
    left, right, front, floor, clear = box
    count = int((right - left) / 0.012) + 1
    thick = np.clip(rng.lognormal(-3.7, 0.45, count), 0.006, 0.075)
    x = left + np.cumsum(thick)
    used = x < right
    if not used.any():
        return
    thick, middle = thick[used], (x - thick / 2)[used]
    usual = between(rng, 0.6, 0.9) * clear
    tall = np.clip(usual * rng.normal(1.0, 0.12, len(thick)), 0.3 * clear, 0.97 * clear)
    deep = np.clip(tall * rng.uniform(0.6, 0.8, len(thick)), 0.08, 0.24)
    setback = rng.uniform(0.0, 0.02, len(thick)) * (rng.random(len(thick)) < 0.7)
    centres = np.stack([middle, front + setback + deep / 2, floor + tall / 2], -1)
    shown = np.stack([thick * 0.97, deep, tall], -1)
    palette = [surfaces.plain(surfaces.any_colour(rng), between(rng, 0.35, 0.8), 0.05) for _ in range(5)]
    spines = [surfaces.picture(rng, textures, "spine", tint=0.7) for _ in range(6)]
    page = surfaces.paper(rng, textures)
    cover = rng.integers(0, len(palette), len(thick))
    for k, material in enumerate(palette):
        if (cover == k).any():
            parts.add(shapes.boxes(centres[cover == k], shown[cover == k]), material)
    inset = np.minimum(0.003, 0.2 * thick)
    parts.add(
        shapes.boxes(centres + np.array([0, 0.002, 0.001]), shown - np.stack([2 * inset, 0 * inset, 0 * inset], -1)),
        page,
    )
    printed = rng.random(len(thick)) < 0.75
    which = rng.integers(0, len(spines), len(thick))
    for k, material in enumerate(spines):
        pick = printed & (which == k)
        if pick.any():
            parts.add(_backs(centres[pick], shown[pick]), material, fixed=True)


def _backs(centres: np.ndarray, sizes: np.ndarray) -> Mesh:
    """Faces that cover the fronts of boxes, with coordinates from 0 to 1."""
    half = sizes / 2
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    points = np.empty((len(centres), 4, 3))
    points[..., 0] = centres[:, None, 0] + signs[:, 0] * half[:, None, 0]
    points[..., 1] = centres[:, None, 1] - half[:, None, 1] - 0.0004
    points[..., 2] = centres[:, None, 2] + signs[:, 1] * half[:, None, 2]
    uv = np.broadcast_to((signs + 1) / 2, (len(centres), 4, 2))
    corner = [[0, 1, 2], [0, 2, 3]]
    return shapes.of_triangles(points[:, corner], uv[:, corner])


def book_row(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A row of books that stand."""
    parts = Parts(rng)
    width = between(rng, 0.15, 0.6)
    fill_with_books(parts, rng, textures, (-width / 2, width / 2, -0.1, 0.0, between(rng, 0.2, 0.34)))
    if chance(rng, 0.4):
        one = Parts(rng)
        _volume(one, rng, textures, (0.22, 0.15, 0.025))
        lean = shapes.turn(np.pi / 2) @ np.array([[0, 0, 1.0], [0, 1, 0], [-1, 0, 0]])
        parts.place(one, lean, (width / 2 + 0.01, 0.0, 0.11))
    return parts.model("book_row", "row of books")


def papers(rng: np.random.Generator, textures: TextureSet) -> Model:
    """Sheets and magazines in a loose pile."""
    parts = Parts(rng)
    z = 0.0
    for _ in range(int(rng.integers(1, 8))):
        thick = between(rng, 0.0005, 0.006)
        yaw, (x, y) = between(rng, -0.4, 0.4), rng.uniform(-0.04, 0.04, 2).tolist()
        sheet = Parts(rng)
        sheet.box((0, 0, thick / 2), (0.21, 0.297, thick), surfaces.paper(rng, textures))
        sheet.face((0, 0, thick + 0.0004), 0.209, 0.296, surfaces.picture(rng, textures, "page", "paper"), "+z")
        parts.place(sheet, shapes.turn(yaw), (x, y, z))
        z += thick + 0.0006
    return parts.model("papers")


def box(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A carton, closed or open, or a printed package."""
    parts = Parts(rng)
    big = chance(rng, 0.55)
    low, high = (0.2, 0.6) if big else (0.06, 0.3)
    size = (between(rng, low, high), between(rng, low, high), between(rng, low, high) * 0.8)
    material = surfaces.cardboard(rng, textures) if big else surfaces.picture(rng, textures, "package", tint=0.6)
    if big and chance(rng, 0.4):
        _open_carton(parts, rng, size, surfaces.plain((0.72, 0.56, 0.38), 0.95, 0.1))
    else:
        _printed_box(parts, size, material)
        parts.surface(size[2], size[0] * 0.45, size[1] * 0.45)
    return parts.model("box")


def _printed_box(parts: Parts, size: tuple[float, float, float], material: Material) -> None:
    """A cuboid on z = 0 with the picture once over every face."""
    mesh = shapes.box((0, 0, size[2] / 2), size)
    faces = mesh.uv.reshape(6, 6, 2)
    unit = faces / np.maximum(faces.max(1, keepdims=True), 1e-9)
    parts.add(shapes.of_triangles(mesh.corners, unit.reshape(-1, 3, 2)), material, fixed=True)


def _open_carton(parts: Parts, rng: np.random.Generator, size: tuple[float, float, float], board: Material) -> None:
    """Four thin walls, a bottom, and flaps that stand open at different angles."""
    x, y, z = size
    thin = 0.004
    parts.box((0, 0, thin / 2), (x, y, thin), board)
    for side in (-1, 1):
        parts.box((side * x / 2, 0, z / 2), (thin, y, z), board)
        parts.box((0, side * y / 2, z / 2), (x, thin, z), board)
        for along_x in (True, False):
            angle = between(rng, -0.4, 1.9)  # from upright, outwards
            wide = 0.45 * (x if along_x else y)
            reach, rise = wide * np.sin(angle), wide * np.cos(angle)
            if along_x:
                a, b = (side * x / 2, -y / 2, z), (side * x / 2, y / 2, z)
                c, d = (side * (x / 2 + reach), y / 2, z + rise), (side * (x / 2 + reach), -y / 2, z + rise)
            else:
                a, b = (-x / 2, side * y / 2, z), (x / 2, side * y / 2, z)
                c, d = (x / 2, side * (y / 2 + reach), z + rise), (-x / 2, side * (y / 2 + reach), z + rise)
            parts.add(shapes.quad(a, b, c, d), board)


MAKERS: dict[str, tuple[Maker, ...]] = {
    "book": (book,),
    "book_row": (book_row,),
    "papers": (papers,),
    "box": (box,),
}
