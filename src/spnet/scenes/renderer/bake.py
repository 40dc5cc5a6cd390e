"""Indirect light: the scene as coarse cubes that glow by what falls on them, and what a lattice of points sees of it.

Points are scattered over all surfaces and lit; their radiance goes into cubes, one value a side; at a lattice of points
the light from all sides is gathered by marching through the cubes (shaders/probes.frag), once for every bounce. This
is a coarse form of "voxel cone tracing" (Crassin et al. 2011) with probes as in "irradiance volumes" (Greger et al.
1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from spnet.scenes.scene import Environment, Floats, Lighting, Material, Scene
from spnet.scenes.textures import TextureSet
from spnet.types import AnyArray

Matrix = NDArray[np.float64]

POINTS = 28672  # on surfaces
CUBES = (56, 56, 24)  # at most, along x, y, z
SMALLEST = 0.1  # side of a cube, metres
PER_PROBE = 3.2  # cubes from point to point of the lattice
COVER = 3.0  # how fast surfaces in a cube stop light; all of these are ours, set by eye and by time


@dataclass(frozen=True)
class Grid:
    """Cubes, and the lattice within them.

    Attributes:
        low: (3,) lower corner, metres.
        side: of a cube, metres.
        shape: cubes along x, y, z.
        lattice: points along x, y, z; the outermost stand half a step from the faces.
    """

    low: Matrix
    side: float
    shape: tuple[int, int, int]
    lattice: tuple[int, int, int]

    @property
    def size(self) -> Matrix:
        """(3,) extent, metres."""
        return np.asarray(self.shape) * self.side

    def cubes(self, points: AnyArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(n,) number of the cube that each point lies in, x slowest; and whether it lies in any."""
        cell = np.floor((points - self.low) / self.side).astype(np.int64)
        inside = np.asarray(((cell >= 0) & (cell < self.shape)).all(1))
        _, ny, nz = self.shape
        return (cell[:, 0] * ny + cell[:, 1]) * nz + cell[:, 2], inside

    def nearest(self, points: AnyArray) -> NDArray[np.int64]:
        """(n,) number of the lattice's point nearest to each, x slowest."""
        cell = np.floor((points - self.low) / self.size * self.lattice).astype(np.int64)
        cell = np.clip(cell, 0, np.asarray(self.lattice) - 1)
        return np.asarray(np.ravel_multi_index(tuple(cell.T), self.lattice), np.int64)


@dataclass(frozen=True)
class Sides:
    """Points on surfaces, twice: once for each side.

    Attributes:
        position: (n, 3) float32, metres.
        normal: (n, 3) float32, out of this side.
        albedo: (n, 3).
        emission: (n, 3) radiance given off.
        area: that one point stands for, square metres.
    """

    position: Floats
    normal: Floats
    albedo: Floats
    emission: Floats
    area: float


def scatter(scene: Scene, textures: TextureSet) -> Sides:
    """Points evenly over all surfaces that are not seen through; the same for the same scene."""
    mesh = scene.mesh
    first = mesh.corners[:, 0]
    ab, ac = mesh.corners[:, 1] - first, mesh.corners[:, 2] - first
    across = np.cross(ab, ac)
    double = np.sqrt(np.einsum("tc,tc->t", across, across))
    solid = np.array([m.opacity >= 1 for m in scene.materials])[mesh.material]
    ends = np.cumsum(np.where(solid, double, 0).astype(np.float64))
    steps = (np.arange(POINTS) + 0.5) / POINTS
    triangle = np.minimum(np.searchsorted(ends, steps * ends[-1]), len(mesh) - 1)
    # two low-discrepancy numbers a point (Roberts 2018), folded into the triangle
    u, v = (np.arange(POINTS) * 0.7548776662) % 1.0, (np.arange(POINTS) * 0.5698402910) % 1.0
    fold = u + v > 1
    u, v = np.where(fold, 1 - u, u)[:, None], np.where(fold, 1 - v, v)[:, None]
    position = first[triangle] + u * ab[triangle] + v * ac[triangle]
    normal = across[triangle] / np.maximum(double[triangle], 1e-20)[:, None]
    albedo, emission = _colours(scene.materials, textures)
    number = mesh.material[triangle]
    return Sides(
        np.concatenate([position, position]).astype(np.float32),
        np.concatenate([normal, -normal]).astype(np.float32),
        np.tile(albedo[number], (2, 1)),
        np.tile(emission[number], (2, 1)),
        float(ends[-1]) / 2 / POINTS,
    )


def _colours(materials: tuple[Material, ...], textures: TextureSet) -> tuple[Floats, Floats]:
    """(M, 3) mean albedo and radiance of materials."""
    colour = np.array([m.colour for m in materials], np.float32)
    colour *= np.array([textures.mean_colour(m.texture) for m in materials], np.float32)
    emission = colour * np.array([m.emission for m in materials], np.float32)[:, None]
    return np.minimum(colour, 0.9), emission


def grid_for(sides: Sides, lighting: Lighting) -> Grid:
    """Cubes around all that is not far off: the last hundredths of the surfaces at every end are left out."""
    dull = sides.position[: len(sides.position) // 2][sides.emission[: len(sides.position) // 2].max(1) <= 0]
    points = dull if len(dull) else sides.position
    low, high = (np.quantile(points, q, 0).astype(np.float64) for q in (0.004, 0.996))
    if lighting.sun is not None:
        centre, radius = np.asarray(lighting.sun.centre), lighting.sun.radius
        low, high = np.maximum(low, centre - radius), np.minimum(high, centre + radius)
    high = np.maximum(high, low + 4 * SMALLEST)
    if lighting.environment.visible:
        high[2] = max(high[2], low[2] + 3)
    rim = 3 if lighting.environment.visible else 1  # cubes of free space around; out of doors points stand in it
    side = max(float(((high - low) / (np.asarray(CUBES) - 2 * rim)).max()), SMALLEST)
    low, high = low - rim * side, high + rim * side
    shape = np.minimum(np.ceil((high - low) / side), CUBES).astype(int)
    lattice = np.maximum(np.round(shape / PER_PROBE), 2).astype(int)
    (x, y, z), (i, j, k) = shape.tolist(), lattice.tolist()
    return Grid(low, side, (x, y, z), (i, j, k))


class Cubes:
    """The coarse copy of the scene, to be lit again and again.

    Attributes:
        cover: (z, y, x) how much of the light a cube stops, 0 to 1; laid out as OpenGL's textures are.
    """

    def __init__(self, grid: Grid, sides: Sides) -> None:
        """Sort points on surfaces into cubes.

        Args:
            grid: where the cubes are.
            sides: the points.
        """
        number, inside = grid.cubes(sides.position)
        nx, ny, nz = self._shape = grid.shape
        total = nx * ny * nz
        half = len(number) // 2
        count = np.bincount(number[:half][inside[:half]], minlength=total)
        cover = 1 - np.exp(-COVER * count * (sides.area / grid.side**2))
        self.cover = cover.reshape(nx, ny, nz).transpose(2, 1, 0).astype(np.float32)
        rows, columns, weights = [], [], []
        for axis in range(3):
            towards = sides.normal[:, axis]
            used = np.flatnonzero(inside & (np.abs(towards) > 0.3))
            face = 2 * axis + (towards[used] < 0)
            rows.append(number[used] * 6 + face)
            columns.append(used)
            weights.append(towards[used] ** 2)
        row, weight = np.concatenate(rows), np.concatenate(weights)
        sums = np.bincount(row, weight, minlength=6 * total)
        self._share = np.minimum(sums, 1).astype(np.float32)
        shares = (weight / np.maximum(sums[row], 1e-9)).astype(np.float32)
        shape = (6 * total, len(number))
        self._mean = csr_matrix((shares, (row, np.concatenate(columns))), shape)

    def lit(self, radiance: Floats) -> Floats:
        """(z, y, 6x, 4) radiance of each side of each cube, the alpha its weight, from (n, 3) that of the points."""
        nx, ny, nz = self._shape
        faces = np.concatenate([self._mean @ radiance, self._share[:, None]], 1, dtype=np.float32)
        return faces.reshape(nx, ny, nz, 6, 4).transpose(2, 1, 0, 3, 4).reshape(nz, ny, nx * 6, 4)


def outer_map(grid: Grid, sides: Sides, environment: Environment, height: int = 16) -> Floats:
    """(h, 2h, 3) what is seen beyond the cubes: the sky, and things that shine further off, such as a window's view."""
    width = 2 * height
    result = np.zeros((height, width, 3), np.float32)
    if environment.visible:
        step = max(environment.radiance.shape[0] // height, 1)
        small = environment.radiance[: height * step, : width * step].reshape(height, step, width, step, 3).mean((1, 3))
        result[:] = np.roll(small, -round(environment.turn * width), 1)
    _, inside = grid.cubes(sides.position)
    far = ~inside & (sides.emission.max(1) > 0)
    if far.any():
        towards = sides.position[far] - (grid.low + grid.size / 2)
        unit = towards / np.linalg.norm(towards, axis=1, keepdims=True)
        column = (np.arctan2(unit[:, 1], unit[:, 0]) / (2 * np.pi) + 0.5) * width
        row = np.arccos(np.clip(unit[:, 2], -1, 1)) / np.pi * height
        cell = np.minimum(row.astype(int), height - 1) * width + np.minimum(column.astype(int), width - 1)
        count = np.bincount(cell, minlength=height * width)
        seen = count > 0
        for c in range(3):
            mean = np.bincount(cell, sides.emission[far, c], minlength=height * width)
            result.reshape(-1, 3)[seen, c] = mean[seen] / count[seen]
    return result


def filled(probes: Floats, free: Floats, spacing: float) -> Floats:
    """The lattice with points inside of things filled from around: there, rays end before they get anywhere.

    Args:
        probes: (z, y, x, 12) coefficients.
        free: (z, y, x) how far rays get, in cubes.
        spacing: from point to point, in cubes.
    """
    weight = np.clip(free / spacing - 0.6, 0.0, 0.5).astype(np.float32)[..., None] * 2
    result, known = probes * weight, weight
    for _ in range(3):
        sums, total = _spread(result), _spread(known)
        missing = 1 - np.minimum(known, 1)
        result = result + missing * sums / np.maximum(total, 1e-6) * np.minimum(total * 8, 1)
        known = known + missing * np.minimum(total * 8, 1)
    return np.asarray(result / np.maximum(known, 1e-6) + (known < 1e-3) * probes, np.float32)


def _spread(values: Floats) -> Floats:
    """(z, y, x, c) mean of the 27 around, along one axis after the other."""
    for axis in range(3):
        pad = [(0, 0)] * values.ndim
        pad[axis] = (1, 1)
        wide = np.pad(values, pad)
        count = values.shape[axis]
        total = sum(np.take(wide, range(k, k + count), axis) for k in range(3))
        values = np.asarray(total / np.float32(3), np.float32)
    return values
