"""An outdoor scene under construction: its ground, what stands on it, and the stock it draws from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from spnet.scenes import shapes
from spnet.scenes.builder import Builder
from spnet.scenes.models import Stock
from spnet.scenes.outdoors.heap import Heap, rotated
from spnet.scenes.outdoors.library import COARSE, PAINTED, SHELF, degree, library, repainted
from spnet.scenes.outdoors.obstacles import Obstacles
from spnet.scenes.outdoors.terrain import Relief, Terrain
from spnet.scenes.outdoors.track import Numbers
from spnet.scenes.scene import Material, Mesh, Triple

SPENT = (60_000, 90_000, 120_000)  # triangles of models put so far after which further ones are coarser; ours
CLOSE = 5.5  # metres within which models are always as they are; ours
FLAT = Terrain(Relief(np.zeros((1, 4))))
VARIETY = {"car": 6, "tree": 3, "person": 8}  # models of a kind in one scene, 3 of others; ours


class Site:
    """Where layouts put things.

    Attributes:
        rng, stock, textures: what is drawn from.
        builder: what collects the scene.
        terrain: the ground.
        obstacles: footprints of all that is solid, for cameras and for placing.
    """

    def __init__(self, rng: np.random.Generator, stock: Stock, terrain: Terrain = FLAT) -> None:
        """An empty site."""
        self.rng, self.stock, self.textures = rng, stock, stock.textures
        self.terrain = terrain
        self.builder = Builder(things=["ground"])
        self.obstacles = Obstacles()
        self.focus: Numbers = np.zeros((1, 2))  # (k, 2) points near which cameras stand
        self.library = library(stock)
        self._pool: dict[str, list[int]] = {}
        self._spent = 0

    def add(self, heap: Heap, thing: str = "") -> None:
        """Add what stands where it is."""
        if len(heap):
            mesh, materials = heap.whole()
            self.builder.add(mesh, materials, thing=thing)

    def stand(self, heap: Heap, x: float, y: float, yaw: float, z: float | None = None, thing: str = "house") -> None:
        """Add a heap that was built about the origin."""
        mesh, materials = heap.whole()
        height = self.terrain.at(x, y) if z is None else z
        self.builder.add(rotated(mesh, shapes.turn(yaw), (x, y, height)), materials, thing=thing)

    def number(self, kind: str) -> int | None:
        """Which of the library's models of a kind to put next; None if the stock has none. A scene uses a few."""
        if kind not in self.stock.kinds:
            return None
        pool = self._pool.setdefault(kind, [])
        which = int(self.rng.integers(0, VARIETY.get(kind, 3)))
        if which < len(pool):
            return pool[which]
        pool.append(int(self.rng.integers(0, SHELF)))
        return pool[-1]

    def put(
        self,
        kind: str,
        x: float,
        y: float,
        yaw: float | None = None,
        *,
        z: float | None = None,
        scale: float = 1.0,
        room: float = 0.1,
        tilted: bool = False,
        force: bool = False,
    ) -> bool:
        """Put a model of a kind on the ground, unless something stands there.

        Args:
            kind: of the model.
            x, y: where.
            yaw: its rotation; its front faces -y at 0; anyhow unless given.
            z: height; the ground's unless given.
            scale: of its size.
            room: metres to be free round it.
            tilted: whether it leans with the slope, as vehicles do.
            force: put it whatever stands there.

        Returns:
            Whether it was put.
        """
        number = self.number(kind)
        if number is None:
            return False
        model = self.library.model(self.stock, kind, number)
        angle = float(self.rng.uniform(0, 2 * np.pi)) if yaw is None else yaw
        wide, deep, tall = (scale * v for v in model.size)
        if not force and not self.obstacles.apart(x, y, wide / 2 + room, deep / 2 + room, angle):
            return False
        height = self.terrain.at(x, y) if z is None else z
        away = float(self.away([(x, y)])[0])
        coarser = degree(away) + (sum(self._spent > most for most in SPENT) if away > CLOSE else 0)
        model = self.library.model(self.stock, kind, number, min(coarser, len(COARSE)))
        self._spent += len(model.mesh)
        turned = shapes.turn(angle)
        if tilted:
            turned = self._leaning((x, y), angle, deep / 2) @ turned
        mesh = rotated(model.mesh, turned, (x, y, height), scale)
        if model.source and model.source not in self.builder.sources:
            self.builder.sources.append(model.source)
        materials = repainted(self.rng, model) if kind in PAINTED else model.materials
        self.builder.add(mesh, materials, thing=model.name or kind)
        self.obstacles.add(x, y, wide / 2, deep / 2, angle, height - 1, height + tall)
        return True

    def away(self, points: ArrayLike) -> Numbers:
        """(n,) metres of (n, 2) points from where cameras stand."""
        p = np.asarray(points, np.float64).reshape(-1, 2)
        return np.asarray(np.linalg.norm(p[:, None] - self.focus[None], axis=-1).min(1), np.float64)

    def block(self, path: ArrayLike, high: float, thick: float = 0.7) -> None:
        """No camera and no thing stands in what runs along a path of (k, 3) points, up to `high` over it."""
        for a, b in pairwise(np.asarray(path, np.float64)):
            x, y, z = ((a + b) / 2).tolist()
            length, yaw = float(np.hypot(*(b - a)[:2])), float(np.arctan2(b[1] - a[1], b[0] - a[0]))
            self.obstacles.add(x, y, length / 2, thick / 2, yaw, z - 1.5, z + high)

    def _leaning(self, place: tuple[float, float], yaw: float, half: float) -> shapes.Matrix:
        """Rotation that brings the vertical to the ground's normal."""
        along = np.array([np.sin(yaw), -np.cos(yaw)])
        across = np.array([np.cos(yaw), np.sin(yaw)])
        points = np.array([place + along * half, place - along * half, place + across * 0.9, place - across * 0.9])
        z = self.terrain.height(points)
        forward = np.array([*along * 2 * half, z[0] - z[1]])
        right = np.array([*across * 1.8, z[2] - z[3]])
        return _from_up(np.cross(right, -forward))

    def scatter(
        self, mesh: Mesh, material: tuple[Material, ...], places: ArrayLike, scales: ArrayLike, thing: str
    ) -> None:
        """Copies of a mesh at (n, 3) places with (n,) scales and random rotations, as one thing."""
        self.builder.add(scattered(self.rng, mesh, places, scales), material, thing=thing)

    def ground(self, points: ArrayLike) -> Numbers:
        """(n, 3) points on the ground over (n, 2)."""
        p = np.asarray(points, np.float64).reshape(-1, 2)
        return np.column_stack([p, self.terrain.height(p)])


def _from_up(normal: Numbers) -> shapes.Matrix:
    """The smallest rotation of z to a vector that points upwards."""
    up = normal / np.linalg.norm(normal)
    if up[2] < 0:
        up = -up
    x, y, z = up
    if z > 0.99999:
        return np.eye(3)
    f = 1 / (1 + z)
    return np.array([[1 - x * x * f, -x * y * f, x], [-x * y * f, 1 - y * y * f, y], [-x, -y, z]])


def scattered(rng: np.random.Generator, mesh: Mesh, places: ArrayLike, scales: ArrayLike) -> Mesh:
    """Copies of a mesh, turned at random about z, as one mesh."""
    p = np.asarray(places, np.float32).reshape(-1, 3)
    n = len(p)
    size = np.broadcast_to(np.asarray(scales, np.float32), n)
    yaw = rng.uniform(0, 2 * np.pi, n)
    cosine, sine = np.cos(yaw).astype(np.float32), np.sin(yaw).astype(np.float32)

    def turned(values: np.ndarray) -> np.ndarray:
        """(T, 3, 3) to (n, T, 3, 3)."""
        x, y, z = (values[None, ..., k] for k in range(3))
        c, s = cosine[:, None, None], sine[:, None, None]
        return np.stack([c * x - s * y, s * x + c * y, np.broadcast_to(z, (n, *z.shape[1:]))], -1)

    corners = turned(mesh.corners) * size[:, None, None, None] + p[:, None, None]
    count = len(mesh)
    return Mesh(
        corners.reshape(-1, 3, 3),
        turned(mesh.normals).reshape(-1, 3, 3).astype(np.float32),
        np.broadcast_to(mesh.uv, (n, count, 3, 2)).reshape(-1, 3, 2),
        np.broadcast_to(mesh.material, (n, count)).reshape(-1),
    )


def facing(direction: float) -> float:
    """Yaw of a model that looks along a direction (radians from x), since its front faces -y."""
    return direction + np.pi / 2


def triple(values: ArrayLike) -> Triple:
    """Three floats."""
    x, y, z = np.asarray(values, np.float64).tolist()
    return x, y, z
