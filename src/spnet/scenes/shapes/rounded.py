"""Solids of revolution, tubes along a path, cushions; and the curves that they follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from spnet.scenes.scene import Mesh, Triple, joined
from spnet.scenes.shapes.flat import Matrix, faces, of_triangles, tilt, uv_of_boxes

CREASE = 0.82  # cosine of the largest angle, 35 degrees, over which neighbouring rings of a lathe shade smoothly; ours


def _frames(axis: Matrix) -> tuple[Matrix, Matrix]:
    """Two unit vectors across a path at each of its points, carried along it without twist."""
    along = np.gradient(axis, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    right = np.empty_like(along)
    across = np.cross(along[0], np.eye(3)[np.abs(along[0]).argmin()])
    for i, direction in enumerate(along):
        across = across - direction * (across @ direction)
        across = across / max(float(np.linalg.norm(across)), 1e-12)
        right[i] = across
    return right, np.cross(along, right)


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
    right, up = _frames(axis)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    outward = np.cos(angle)[None, :, None] * right[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    ring = axis[:, None] + outward * radii[:, None, None]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(axis, axis=0), axis=1))])
    around, along = np.meshgrid(angle * radii.mean(), length)
    uv = np.stack([around, along], -1)
    # (points, sides) turned round so that the triangles are counter-clockwise from outside
    wall = of_triangles(faces(ring)[:, ::-1], faces(uv)[:, ::-1], faces(outward)[:, ::-1])
    if not capped:
        return wall
    first = np.stack([np.broadcast_to(axis[0], (sides, 3)), ring[0, 1:], ring[0, :-1]], 1)
    last = np.stack([np.broadcast_to(axis[-1], (sides, 3)), ring[-1, :-1], ring[-1, 1:]], 1)
    return joined([wall, of_triangles(first), of_triangles(last)])


def bar(start: Triple, end: Triple, radius: float | Sequence[float], sides: int = 8) -> Mesh:
    """A straight round bar with closed ends; two radii make a cone.

    >>> len(bar((0, 0, 0), (0, 0, 1), 0.1, 6))
    24
    """
    return tube([start, end], radius, sides)


def torus(centre: Triple, radius: float, thickness: float, sides: int = 24, *, upright: bool = True) -> Mesh:
    """A ring: rims, tyres, handles.

    Args:
        centre: of the ring.
        radius: to the middle of the bar.
        thickness: radius of the bar.
        sides: around the ring.
        upright: stand in the xz plane like a wheel that rolls along x; lie in xy otherwise.
    """
    around = np.linspace(0, 2 * np.pi, sides + 1)[:, None]
    across = np.linspace(0, 2 * np.pi, 9)[None]
    normal = np.stack(
        np.broadcast_arrays(np.cos(around) * np.cos(across), np.sin(around) * np.cos(across), np.sin(across)), -1
    )
    middle = np.stack(np.broadcast_arrays(np.cos(around), np.sin(around), np.zeros_like(across)), -1) * radius
    uv = np.stack(np.broadcast_arrays(around * radius, across * thickness), -1)
    mesh = of_triangles(faces(middle + normal * thickness), faces(uv), faces(normal))
    return mesh.moved(tilt(np.pi / 2) if upright else np.eye(3), centre)


def lathe(profile: ArrayLike, sides: int = 24) -> Mesh:
    """A solid of revolution about z: bowls, bottles, lamp shades. Smooth, with creases where the profile bends sharply.

    Args:
        profile: (k, 2) of radius and height, from one end to the other; upwards the outside is seen.
        sides: of its cross-section.

    >>> lathe([(0, 0), (0.25, 0), (0.25, 0.5)]).bounds[1].tolist()
    [0.25, 0.25, 0.5]
    """
    line = np.asarray(profile, np.float64)
    steps = np.diff(line, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    line = line[np.r_[True, lengths > 1e-9]]
    steps, lengths = steps[lengths > 1e-9], lengths[lengths > 1e-9]
    face = np.stack([steps[:, 1], -steps[:, 0]], 1) / lengths[:, None]  # outward normals of the segments
    smooth = np.r_[False, (face[1:] * face[:-1]).sum(1) > CREASE, False]
    before, after = np.vstack([face[:1], face]), np.vstack([face, face[-1:]])
    mean = before + after
    mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
    starts = np.where(smooth[:-1, None], mean[:-1], face)
    ends = np.where(smooth[1:, None], mean[1:], face)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    circle = np.stack([np.cos(angle), np.sin(angle)], -1)

    def turned(pair: Matrix) -> Matrix:
        """(segments, 2, 2) of radius and height to (segments, 2, sides + 1, 3)."""
        flat = pair[:, :, None, :1] * circle
        return np.concatenate([flat, np.broadcast_to(pair[:, :, None, 1:], (*flat.shape[:3], 1))], -1)

    rings = turned(np.stack([line[:-1], line[1:]], 1))
    normals = turned(np.stack([starts, ends], 1))
    height = np.concatenate([[0.0], np.cumsum(lengths)])
    v = np.stack([height[:-1], height[1:]], 1)[:, :, None]
    uv = np.stack(np.broadcast_arrays(angle * line[:, 0].max(), v), -1)
    corners, shading, coordinates = (_strips(values) for values in (rings, normals, uv))
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    keep = area > 1e-12  # a profile that starts on the axis makes triangles without area
    return of_triangles(corners[keep], coordinates[keep], shading[keep])


def _strips(values: Matrix) -> Matrix:
    """(segments, 2, n, k) values of rings to (·, 3, k) of the triangles between them."""
    a, b, c, d = values[:, 0, :-1], values[:, 0, 1:], values[:, 1, 1:], values[:, 1, :-1]
    return np.concatenate([np.stack([a, b, c], 2), np.stack([a, c, d], 2)]).reshape(-1, 3, values.shape[-1])


def _sphere(sides: int) -> tuple[Matrix, Matrix]:
    """Unit vectors (sides/2 + 1, sides + 1, 3) of a globe's lattice, and its angles as uv."""
    theta = np.linspace(0, np.pi, max(sides // 2, 2) + 1)[:, None]
    angle = np.linspace(0, 2 * np.pi, sides + 1)[None]
    unit = np.stack(
        np.broadcast_arrays(np.sin(theta) * np.cos(angle), np.sin(theta) * np.sin(angle), np.cos(theta)), -1
    )
    return unit, np.stack(np.broadcast_arrays(angle, np.pi - theta), -1)


def ellipsoid(centre: Triple, half: Triple, sides: int = 16) -> Mesh:
    """An ellipsoid with its axes along x, y, z and smooth normals."""
    unit, uv = _sphere(sides)
    sphere = of_triangles(faces(unit), faces(uv * np.mean(half)), faces(unit))
    edges = sphere.corners[:, 1:] - sphere.corners[:, :1]
    keep = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1) > 1e-12  # not those at the poles
    sphere = of_triangles(sphere.corners[keep], sphere.uv[keep], sphere.normals[keep])
    return sphere.moved(np.diag(np.asarray(half, np.float64)), centre)


def cushion(centre: Triple, size: Triple, softness: float = 0.35, sides: int = 16) -> Mesh:
    """A soft cuboid (a superellipsoid): cushions, mattresses, bags, rounded housings.

    Args:
        centre: of the solid.
        size: extent in x, y, z.
        softness: 0.1 a box with rounded edges, 1 an ellipsoid.
        sides: around it.
    """
    # superellipsoid (Barr 1981): each factor of the sphere's parametrisation to the power of the softness
    theta = np.linspace(0, np.pi, max(sides // 2, 2) + 1)[:, None]
    angle = np.linspace(0, 2 * np.pi, sides + 1)[None] + np.pi / 4
    power = [np.sign(f) * np.abs(f) ** softness for f in (np.cos(theta), np.sin(theta), np.cos(angle), np.sin(angle))]
    points = np.stack(np.broadcast_arrays(power[1] * power[2], power[1] * power[3], power[0]), -1)
    points /= np.abs(points).max((0, 1))
    half = np.asarray(size, np.float64) / 2
    normal = np.sign(points) * np.abs(points) ** (2 / softness - 1) / half
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    surface = points * half
    corners, shading = faces(surface), faces(normal)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    keep = area > 1e-12
    uv = uv_of_boxes(corners[keep], 2 * half)
    return of_triangles(corners[keep] + np.asarray(centre), uv, shading[keep])


def arc(centre: Triple, radius: float, start: float, end: float, steps: int, plane: str = "xz") -> Matrix:
    """(steps, 3) points on a circle, for the path of a `tube`.

    Args:
        centre: of the circle.
        radius: of the circle.
        start: angle of the first point, radians.
        end: angle of the last one.
        steps: number of points.
        plane: "xy", "xz" or "yz"; angles count from its first axis to its second.
    """
    angle = np.linspace(start, end, steps)
    points = np.tile(np.asarray(centre, np.float64), (steps, 1))
    points[:, "xyz".index(plane[0])] += radius * np.cos(angle)
    points[:, "xyz".index(plane[1])] += radius * np.sin(angle)
    return points


def smooth(path: ArrayLike, steps: int = 24) -> Matrix:
    """(steps, 3) points of a smooth curve (a cubic spline) through the (k, 3) given ones: hoses, cables."""
    points = np.asarray(path, np.float64)
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    return np.asarray(CubicSpline(along, points)(np.linspace(0, along[-1], steps)))
