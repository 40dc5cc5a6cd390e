"""Meshes with their materials, gathered into one thing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from spnet.scenes import shapes
from spnet.scenes.scene import Material, Mesh, Triple, joined


class Heap:
    """Parts of one thing under construction, in any frame; `Parts` without centring, quick for many parts."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._meshes: list[Mesh] = []
        self._numbers: list[int] = []
        self._materials: dict[Material, int] = {}

    def __len__(self) -> int:
        """Its triangles."""
        return sum(map(len, self._meshes))

    def add(self, mesh: Mesh, material: Material) -> None:
        """Add a part of one material; the mesh's own material indices must all be 0."""
        if len(mesh):
            self._meshes.append(mesh)
            self._numbers.append(self._materials.setdefault(material, len(self._materials)))

    def box(self, centre: Triple, size: Triple, material: Material, yaw: float = 0.0) -> None:
        """Add a cuboid."""
        self.add(shapes.box(centre, size, yaw), material)

    def boxes(self, centres: ArrayLike, sizes: ArrayLike, material: Material, yaws: ArrayLike = 0.0) -> None:
        """Add cuboids: (n, 3) centres, (n, 3) or (3,) sizes, (n,) rotations about z; n may be 0."""
        middle = np.asarray(centres, np.float32).reshape(-1, 3)
        if len(middle):
            self.add(shapes.boxes(middle, sizes, yaws), material)

    def put(self, other: Heap, matrix: ArrayLike, offset: ArrayLike = (0.0, 0.0, 0.0)) -> None:
        """Add all parts of another, each point p at matrix @ p + offset; the matrix is a rotation."""
        if not len(other):
            return
        mesh, materials = other.whole()
        numbers = np.array([self._materials.setdefault(each, len(self._materials)) for each in materials], np.int32)
        moved = rotated(mesh, np.asarray(matrix, np.float64), offset)
        self._meshes.append(replace(moved, material=numbers[mesh.material]))
        self._numbers.append(0)

    def whole(self) -> tuple[Mesh, tuple[Material, ...]]:
        """All parts as one mesh, and what its material indices mean."""
        return joined(self._meshes, self._numbers), tuple(self._materials)


def quads(corners: ArrayLike, uv: ArrayLike | None = None) -> Mesh:
    """Many quadrilaterals at once.

    Args:
        corners: (n, 4, 3), in turn round their rims, counter-clockwise from outside.
        uv: (n, 4, 2) texture coordinates; the unit square unless given.

    >>> len(quads([[(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]] * 3))
    6
    """
    rim = np.asarray(corners, np.float32).reshape(-1, 4, 3)
    unit = np.broadcast_to(np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32), (len(rim), 4, 2))
    square = unit if uv is None else np.asarray(uv, np.float32).reshape(-1, 4, 2)
    pick = [[0, 1, 2], [0, 2, 3]]
    return shapes.of_triangles(rim[:, pick].reshape(-1, 3, 3), square[:, pick].reshape(-1, 3, 2))


def repeated(mesh: Mesh, offsets: ArrayLike) -> Mesh:
    """Copies of a mesh at (n, 3) offsets."""
    places = np.asarray(offsets, np.float32).reshape(-1, 1, 1, 1, 3)
    count = len(places)

    def copies(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values[None], (count, *values.shape)).reshape(-1, *values.shape[1:])

    corners = (mesh.corners[None] + places[:, 0]).reshape(-1, 3, 3)
    return replace(
        mesh, corners=corners, normals=copies(mesh.normals), uv=copies(mesh.uv), material=copies(mesh.material)
    )


def rotated(mesh: Mesh, matrix: ArrayLike, offset: ArrayLike, scale: float = 1.0) -> Mesh:
    """Each point p at scale * matrix @ p + offset, for a rotation: quicker than `Mesh.moved`."""
    turned = np.asarray(matrix, np.float32).T
    corners = mesh.corners @ (turned * np.float32(scale)) + np.asarray(offset, np.float32)
    return replace(mesh, corners=corners, normals=mesh.normals @ turned)
