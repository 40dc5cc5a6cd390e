"""Meshes of simple solids, from which furniture, buildings and plants are put together. Metres, z up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from spnet.scenes.scene import Floats, Mesh, Triple, joined


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

    >>> len(quad((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)))
    2
    """
    return of_triangles([[a, b, c], [a, c, d]], [[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]])


def box(centre: Triple, size: Triple, yaw: float = 0.0) -> Mesh:
    """A cuboid; uv of every face run along its edges in metres.

    Args:
        centre: of the solid.
        size: extent in x, y, z.
        yaw: rotation about its vertical axis, radians.

    >>> box((0, 0, 0.5), (2, 1, 1)).bounds[1].tolist()
    [1.0, 0.5, 1.0]
    """
    faces, coordinates = [], []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for side in (-1, 1):
            rim = [(-1, -1), (1, -1), (1, 1), (-1, 1)][::side]  # seen from outside counter-clockwise
            points = np.zeros((4, 3))
            points[:, axis] = side
            points[:, u], points[:, v] = np.transpose(rim)
            lengths = (
                np.array([(x + 1) / 2 * size[u] for x, _ in rim]),
                np.array([(y + 1) / 2 * size[v] for _, y in rim]),
            )
            flat = np.stack(lengths if u != 2 else lengths[::-1], -1)  # v is up on the walls
            faces += [points[[0, 1, 2]], points[[0, 2, 3]]]
            coordinates += [flat[[0, 1, 2]], flat[[0, 2, 3]]]
    corners = np.stack(faces) * (np.asarray(size) / 2)
    return of_triangles(corners, np.stack(coordinates)).moved(turn(yaw), centre)


def turn(yaw: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Rotation by `yaw` radians about z."""
    cosine, sine = np.cos(yaw), np.sin(yaw)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


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

    def faces(values: np.ndarray) -> np.ndarray:
        a, b, c, d = values[:-1, :-1], values[1:, :-1], values[1:, 1:], values[:-1, 1:]
        width = values.shape[-1]
        return np.concatenate([np.stack([a, b, c], 2), np.stack([a, c, d], 2)]).reshape(-1, 3, width)

    return of_triangles(faces(p), faces(np.asarray(t)), faces(normal))


def tube(path: ArrayLike, radius: float | Sequence[float], sides: int = 8, *, capped: bool = True) -> Mesh:
    """A round bar along a path of (k, 3) points: legs, pipes, cables, trunks.

    Args:
        path: its axis.
        radius: one, or one a point.
        sides: of its cross-section.
        capped: close both ends.
    """
    axis = np.asarray(path, np.float64)
    radii = np.broadcast_to(np.asarray(radius, np.float64), len(axis))
    along = np.gradient(axis, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    helper = np.where(np.abs(along[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    helper[:] = helper[0] if abs(along[:, 2]).max() < 0.9 or abs(along[:, 2]).min() > 0.9 else [0.6, 0.8, 0.0]
    right = np.cross(along, helper)
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-12)
    up = np.cross(right, along)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    outward = np.cos(angle)[None, :, None] * right[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    ring = axis[:, None] + outward * radii[:, None, None]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(axis, axis=0), axis=1))])
    uv = np.stack(np.meshgrid(length, angle * radii.mean(), indexing="ij"), -1)
    mesh = grid(ring, uv=uv)
    # the seam's two normals, and those of a cone, come from the ring itself
    mesh = of_triangles(mesh.corners, mesh.uv, grid(outward).corners)
    ends = [np.stack([np.broadcast_to(axis[i], (sides, 3)), ring[i, :-1], ring[i, 1:]], 1) for i in (0, -1)]
    ends[0] = ends[0][:, ::-1]
    return joined([mesh, *(of_triangles(end) for end in ends)]) if capped else mesh


def lathe(profile: ArrayLike, sides: int = 24) -> Mesh:
    """A solid of revolution about z: bowls, bottles, lamp shades.

    Args:
        profile: (k, 2) of radius and height, from one end to the other.
        sides: of its cross-section.

    >>> lathe([(0, 0), (0.25, 0), (0.25, 0.5)]).bounds[1].tolist()
    [0.25, 0.25, 0.5]
    """
    r, z = np.asarray(profile, np.float64).T
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    points = np.stack(
        [r[:, None] * np.cos(angle), r[:, None] * np.sin(angle), np.broadcast_to(z[:, None], (len(r), sides + 1))], -1
    )
    flat = grid(points[:, ::-1], smooth=False).corners
    area = np.linalg.norm(np.cross(flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]), axis=1)
    mesh = grid(points[:, ::-1], smooth=False)
    keep = area > 1e-12  # a profile that starts on the axis makes triangles without area
    return of_triangles(mesh.corners[keep], mesh.uv[keep])


def ellipsoid(centre: Triple, half: Triple, sides: int = 16) -> Mesh:
    """An ellipsoid with its axes along x, y, z and smooth normals."""
    theta = np.linspace(0, np.pi, sides // 2 + 1)[:, None]
    angle = np.linspace(0, 2 * np.pi, sides + 1)[None]
    unit = np.stack(
        np.broadcast_arrays(np.sin(theta) * np.cos(angle), np.sin(theta) * np.sin(angle), np.cos(theta)), -1
    )
    mesh = grid(unit)
    sphere = of_triangles(mesh.corners, mesh.uv, mesh.corners)
    return sphere.moved(np.diag(np.asarray(half, np.float64)), centre)


def extruded(outline: ArrayLike, height: float) -> Mesh:
    """A prism on z = 0 over a polygon that is star-shaped about its centroid, (k, 2) points counter-clockwise."""
    rim: Floats = np.asarray(outline, np.float32)
    closed = np.vstack([rim, rim[:1]])
    low, high = (np.c_[closed, np.full(len(closed), z)] for z in (0.0, height))
    walls = grid(np.stack([low, high], 1), smooth=False)
    middle = rim.mean(0)
    caps = [
        np.stack(
            [
                np.broadcast_to([*middle, z], (len(rim), 3)),
                np.c_[rim, np.full(len(rim), z)],
                np.c_[closed[1:], np.full(len(rim), z)],
            ],
            1,
        )
        for z in (0.0, height)
    ]
    return joined([walls, of_triangles(caps[0][:, ::-1]), of_triangles(caps[1])])
