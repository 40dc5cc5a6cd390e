"""Meshes of simple solids, from which furniture, buildings and plants are put together. Metres, z up.

Texture coordinates are metres along the surface wherever a shape has a natural measure, so that one material fits parts
of any size; v runs up on upright faces. `quad` and `grid` span the unit square instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from spnet.scenes.scene import Floats, Mesh, Triple, joined

Matrix = NDArray[np.float64]

CREASE = 0.82  # cosine of the largest angle, 35 degrees, over which neighbouring rings of a lathe shade smoothly; ours


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
    uv = _uv_of_boxes(corners, extent)
    if yaw:
        corners = corners @ turn(yaw).T
    return of_triangles(corners + np.asarray(centre), uv)


def _uv_of_boxes(corners: Matrix, extent: Matrix) -> Matrix:
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
    return of_triangles(_faces(p), _faces(np.asarray(t)), _faces(normal))


def _faces(values: Matrix) -> Matrix:
    """(m, n, k) values of a lattice to (2 (m-1) (n-1), 3, k) of its triangles."""
    a, b, c, d = values[:-1, :-1], values[1:, :-1], values[1:, 1:], values[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], 2), np.stack([a, c, d], 2)]).reshape(-1, 3, values.shape[-1])


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
    wall = of_triangles(_faces(ring)[:, ::-1], _faces(uv)[:, ::-1], _faces(outward)[:, ::-1])
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
    mesh = of_triangles(_faces(middle + normal * thickness), _faces(uv), _faces(normal))
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
    sphere = of_triangles(_faces(unit), _faces(uv * np.mean(half)), _faces(unit))
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
    corners, shading = _faces(surface), _faces(normal)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    keep = area > 1e-12
    uv = _uv_of_boxes(corners[keep], 2 * half)
    return of_triangles(corners[keep] + np.asarray(centre), uv, shading[keep])


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
