"""Bodies of vehicles: rounded shells of rings, with windows between the pillars."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.models.parts import Parts
from spnet.scenes.scene import Material, Mesh
from spnet.types import AnyArray

Matrix = shapes.Matrix

Level = Callable[[Matrix], Matrix]

COUNT = 48  # points of a ring; ours


def ring(half: float, front: float, back: float, round_: float) -> Matrix:
    """(COUNT + 1, 2) points of a rounded rectangle, counter-clockwise from the middle of the front.

    Args:
        half: half its width (x).
        front: its lowest y, where the vehicle's front is.
        back: its highest y.
        round_: 0.1 nearly square, 1 an ellipse.
    """
    angle = np.linspace(0, 2 * np.pi, COUNT + 1) - np.pi / 2
    c, s = np.cos(angle), np.sin(angle)
    unit = np.stack([np.sign(c) * np.abs(c) ** round_, np.sign(s) * np.abs(s) ** round_], -1)
    unit[0, 0] = unit[-1, 0] = 0.0  # a power of what rounding left would open the seam
    # evenly along the rim: the power crowds the points into the corners
    steps = np.r_[0, np.cumsum(np.linalg.norm(np.diff(unit * [half, (back - front) / 2], axis=0), axis=1))]
    at = np.linspace(0, steps[-1], COUNT + 1)
    even = np.stack([np.interp(at, steps, unit[:, k]) for k in (0, 1)], -1)
    return np.asarray(even * [half, (back - front) / 2] + [0, (back + front) / 2])


def shell(rings: Sequence[Matrix], heights: Sequence[float | Level]) -> Matrix:
    """(levels, COUNT + 1, 3) lattice of rings, each at a height or at one that depends on y."""
    levels = []
    for flat, height in zip(rings, heights, strict=True):
        z = height(flat[:, 1]) if callable(height) else np.full(len(flat), height)
        levels.append(np.c_[flat, z])
    return np.stack(levels)


def skin(lattice: Matrix, keep: AnyArray | None = None, out: float = 0.0) -> Mesh:
    """The outside of a shell.

    Args:
        lattice: (levels, COUNT + 1, 3).
        keep: (levels - 1, COUNT) of the cells that are wanted; all unless given.
        out: how far it is moved outwards, metres, so that windows lie before what they are cut into.
    """
    across, up = np.gradient(lattice, axis=1), np.gradient(lattice, axis=0)
    across[:, 0] = across[:, -1] = lattice[:, 1] - lattice[:, -2]  # the ring is closed
    normal = np.cross(across, up)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    points = lattice + out * normal
    uv = np.stack(
        [
            np.cumsum(np.linalg.norm(np.diff(points, axis=1, prepend=points[:, :1]), axis=-1), axis=1),
            points[..., 2],
        ],
        -1,
    )
    cells = []
    for values in (points, uv, normal):
        a, b, c, d = values[:-1, :-1], values[:-1, 1:], values[1:, 1:], values[1:, :-1]
        pair = np.stack([np.stack([a, b, c], 2), np.stack([a, c, d], 2)], 2)  # (levels - 1, COUNT, 2, 3, k)
        cells.append(pair[np.asarray(keep, bool)] if keep is not None else pair.reshape(-1, 2, 3, values.shape[-1]))
    corners, coordinates, normals = (c.reshape(-1, 3, c.shape[-1]) for c in cells)
    return shapes.of_triangles(corners, coordinates, normals)


def lid(rim: Matrix, crown: float) -> Mesh:
    """A face that closes a ring above, domed by `crown` metres: roof, bonnet."""
    half = COUNT // 2
    right, left = rim[: half + 1], rim[::-1][: half + 1]
    t = np.linspace(0, 1, 7)[None, :, None]
    rows = right[:, None] * (1 - t) + left[:, None] * t
    width = np.linalg.norm(right - left, axis=1)
    rows[..., 2] += crown * (4 * t[..., 0] * (1 - t[..., 0])) * (width / max(float(width.max()), 1e-9))[:, None]
    mesh = shapes.grid(rows[:, ::-1])
    area = np.cross(mesh.corners[:, 1] - mesh.corners[:, 0], mesh.corners[:, 2] - mesh.corners[:, 0])
    keep = np.linalg.norm(area, axis=1) > 1e-10
    corners = mesh.corners[keep]
    normals = mesh.normals[keep]
    normals = np.where(np.linalg.norm(normals, axis=-1, keepdims=True) > 0.5, normals, 0)
    up = normals[..., 2].mean() >= 0
    return shapes.of_triangles(
        corners if up else corners[:, ::-1], corners[..., :2] if up else corners[:, ::-1, :2],
        normals if up else -normals[:, ::-1],
    )  # fmt: skip


def windows(lattice: Matrix, pillars: Sequence[float], width: float, corner: float) -> AnyArray:
    """(COUNT,) bool: where a band of glass is no pillar.

    Args:
        lattice: (levels, COUNT + 1, 3) of the band; its middle is looked at.
        pillars: y of the pillars on the sides.
        width: of a pillar, metres.
        corner: width of those at the corners, metres.
    """
    middle = lattice.mean(0)
    at = (middle[:-1] + middle[1:]) / 2
    half, (front, back) = np.abs(at[:, 0]).max(), (at[:, 1].min(), at[:, 1].max())
    edge_x = half - np.abs(at[:, 0])
    edge_y = np.minimum(at[:, 1] - front, back - at[:, 1])
    side = edge_x < edge_y
    glass = np.where(side, edge_y > corner, edge_x > corner)
    for y in pillars:
        glass &= ~(side & (np.abs(at[:, 1] - y) < width / 2))
    return np.asarray(glass)


def glazed(
    parts: Parts, lattice: Matrix, glass: AnyArray, paint: Material, pane: Material, levels: slice = slice(None)
) -> None:
    """Add a band with windows: paint everywhere, and panes before it where `glass` says, between some levels."""
    parts.add(skin(lattice), paint)
    part = lattice[levels]
    parts.add(skin(part, np.tile(glass, (len(part) - 1, 1)), 0.006), pane)
