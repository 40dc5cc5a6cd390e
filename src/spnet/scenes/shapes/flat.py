"""Triangles, boxes, lattices of points and what has flat faces; and the turns that place them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spnet.scenes.scene import Floats, Mesh, Triple, joined

Matrix = NDArray[np.float64]


def of_triangles(corners: ArrayLike, uv: ArrayLike | None = None, normals: ArrayLike | None = None) -> Mesh:
    """A mesh of material 0 from (T, 3, 3) corners; flat normals unless given."""
    points = np.asarray(corners, np.float32).reshape(-1, 3, 3)
    zeros = np.zeros_like(points)
    return Mesh(
        points,
        zeros if normals is None else np.asarray(normals, np.float32).reshape(-1, 3, 3),
        np.zeros((len(points), 3, 2), np.float32) if uv is None else np.asarray(uv, np.float32).reshape(-1, 3, 2),
        np.zeros(len(points), np.int32),
    )


def quad(a: Triple, b: Triple, c: Triple, d: Triple) -> Mesh:
    """The face a, b, c, d (in turn round its rim) with uv (0, 0), (1, 0), (1, 1), (0, 1).

    A picture stands upright if a is its lower left corner.

    >>> len(quad((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)))
    2
    """
    return of_triangles([[a, b, c], [a, c, d]], [[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]])


def _cube() -> tuple[Floats, Floats]:
    """Corners (12, 3, 3) of the cube from -1/2 to 1/2, and for uv (12, 3, 2, 3) which share of which edge counts."""
    faces, coordinates = [], []
    for axis in range(3):
        across, up = ((1, 2), (0, 2), (0, 1))[axis]  # v is z on upright faces, y on level ones
        for side in (-0.5, 0.5):
            rim = np.zeros((4, 3))
            rim[:, axis] = side
            rim[:, across] = (-0.5, 0.5, 0.5, -0.5)
            rim[:, up] = (-0.5, -0.5, 0.5, 0.5)
            if (side > 0) == (axis == 1):  # counter-clockwise from outside
                rim = rim[::-1]
            share = np.zeros((4, 2, 3))
            share[:, 0, across] = rim[:, across] + 0.5
            share[:, 1, up] = rim[:, up] + 0.5
            for pick in ([0, 1, 2], [0, 2, 3]):
                faces.append(rim[pick])
                coordinates.append(share[pick])
    return np.stack(faces).astype(np.float32), np.stack(coordinates).astype(np.float32)


_CORNERS, _SHARES = _cube()


def boxes(centres: ArrayLike, sizes: ArrayLike, yaws: ArrayLike = 0.0) -> Mesh:
    """Many cuboids at once: rows of books, keys, slats.

    Args:
        centres: (n, 3).
        sizes: (n, 3), or (3,) for all.
        yaws: (n,) rotations about their vertical axes, radians, or one for all.

    >>> len(boxes([(0, 0, 0), (1, 0, 0)], (0.5, 0.5, 0.5)))
    24
    """
    middle = np.asarray(centres, np.float32).reshape(-1, 3)
    size = np.broadcast_to(np.asarray(sizes, np.float32), middle.shape)
    angle = np.broadcast_to(np.asarray(yaws, np.float32), len(middle))
    corners = _CORNERS[None] * size[:, None, None]
    if angle.any():
        cosine, sine = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
        x, y = corners[..., 0].copy(), corners[..., 1].copy()
        corners[..., 0] = cosine * x - sine * y
        corners[..., 1] = sine * x + cosine * y
    uv = np.einsum("tcuk,nk->ntcu", _SHARES, size)
    return of_triangles(corners + middle[:, None, None], uv)


def box(centre: Triple, size: Triple, yaw: float = 0.0) -> Mesh:
    """A cuboid.

    Args:
        centre: of the solid.
        size: extent in x, y, z.
        yaw: rotation about its vertical axis, radians.

    >>> box((0, 0, 0.5), (2, 1, 1)).bounds[1].tolist()
    [1.0, 0.5, 1.0]
    """
    return boxes([centre], size, yaw)


def _chamfered() -> tuple[Floats, NDArray[np.bool_]]:
    """Of the 44 triangles of a chamfered cube, per corner: signs (44, 3, 3), and which axis lies on its face."""
    faces: list[list[tuple[int, Triple]]] = []  # (axis of the face, signs of the corner)

    def corner(axis: int, side: float, across: float, up: float) -> Triple:
        signs = [0.0, 0.0, 0.0]
        signs[axis], signs[(axis + 1) % 3], signs[(axis + 2) % 3] = side, across, up
        return signs[0], signs[1], signs[2]

    for axis in range(3):
        for a in (-1.0, 1.0):
            faces.append([(axis, corner(axis, a, u, v)) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
            for b in (-1.0, 1.0):  # the chamfer along this axis
                one, other = (axis + 1) % 3, (axis + 2) % 3
                faces.append([(k, corner(axis, s, a, b)) for k, s in ((one, -1), (one, 1), (other, 1), (other, -1))])
    triangles = [[face[i] for i in pick] for face in faces for pick in ((0, 1, 2), (0, 2, 3))]
    triangles += [[(k, (x, y, z)) for k in range(3)] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]
    signs = np.array([[s for _, s in triangle] for triangle in triangles], np.float32)
    outer = np.array([[k for k, _ in triangle] for triangle in triangles])[..., None] == np.arange(3)
    points = signs * np.where(outer, 1.0, 0.8)
    normal = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
    inward = (normal * points.mean(1)).sum(1) < 0
    signs[inward], outer[inward] = signs[inward][:, ::-1], outer[inward][:, ::-1]
    return signs, outer


_SIGNS, _OUTER = _chamfered()


def bevelled(centre: Triple, size: Triple, bevel: float, yaw: float = 0.0) -> Mesh:
    """A cuboid with chamfered edges, which catch light as those of real furniture do; 44 triangles.

    Args:
        centre: of the solid.
        size: extent in x, y, z, chamfers included.
        bevel: width of the chamfers; at most 0.45 of the smallest extent is used.
        yaw: rotation about its vertical axis, radians.
    """
    extent = np.asarray(size, np.float64)
    cut = min(bevel, 0.45 * float(extent.min()))
    corners = _SIGNS * (extent / 2 - np.where(_OUTER, 0.0, cut))
    uv = uv_of_boxes(corners, extent)
    if yaw:
        corners = corners @ turn(yaw).T
    return of_triangles(corners + np.asarray(centre), uv)


def uv_of_boxes(corners: Matrix, extent: Matrix) -> Matrix:
    """Metres along the two axes that a triangle faces least, from the lower left corner."""
    normal = np.abs(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    axis = normal.argmax(1)
    low = corners + extent / 2
    across = np.where(axis == 0, 1, 0)[:, None, None]
    up = np.where(axis == 2, 1, 2)[:, None, None]
    return np.concatenate([np.take_along_axis(low, k, 2) for k in (across, up)], -1)


def turn(yaw: float) -> Matrix:
    """Rotation by `yaw` radians about z."""
    cosine, sine = np.cos(yaw), np.sin(yaw)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def tilt(angle: float) -> Matrix:
    """Rotation by `angle` radians about x: what stands leans back towards -y for angles above 0.

    >>> (tilt(np.pi / 2) @ (0, 0, 1)).round(6).tolist()
    [0.0, -1.0, 0.0]
    """
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])


def grid(points: ArrayLike, *, smooth: bool = True, uv: ArrayLike | None = None) -> Mesh:
    """A surface over an (m, n, 3) lattice of points, e.g. terrain, cloth, a bent sheet.

    Args:
        points: the lattice.
        smooth: shade with the normals of the lattice rather than flat.
        uv: (m, n, 2) texture coordinates; the lattice's own, 0 to 1, unless given.
    """
    p = np.asarray(points, np.float64)
    m, n = p.shape[:2]
    t = np.stack(np.meshgrid(np.linspace(0, 1, m), np.linspace(0, 1, n), indexing="ij"), -1) if uv is None else uv
    normal = np.cross(np.gradient(p, axis=0), np.gradient(p, axis=1)) if smooth else np.zeros_like(p)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    return of_triangles(faces(p), faces(np.asarray(t)), faces(normal))


def faces(values: Matrix) -> Matrix:
    """(m, n, k) values of a lattice to (2 (m-1) (n-1), 3, k) of its triangles."""
    a, b, c, d = values[:-1, :-1], values[1:, :-1], values[1:, 1:], values[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], 2), np.stack([a, c, d], 2)]).reshape(-1, 3, values.shape[-1])


def extruded(outline: ArrayLike, height: float) -> Mesh:
    """A prism on z = 0 over a polygon that is star-shaped about its centroid, (k, 2) points counter-clockwise."""
    rim: Floats = np.asarray(outline, np.float32)
    closed = np.vstack([rim, rim[:1]])
    low, high = (np.c_[closed, np.full(len(closed), z)] for z in (0.0, height))
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    uv = np.stack([np.stack([length, np.full(len(length), z)], -1) for z in (0.0, height)], 1)
    walls = grid(np.stack([low, high], 1), smooth=False, uv=uv)
    middle = rim.mean(0)
    fan = np.stack([np.broadcast_to(middle, rim.shape), rim, closed[1:]], 1)
    caps = [np.concatenate([fan, np.full((*fan.shape[:2], 1), z)], -1) for z in (0.0, height)]
    return joined([walls, of_triangles(caps[0][:, ::-1], fan[:, ::-1]), of_triangles(caps[1], fan)])
