"""The triangles of a scene on the graphics side, parted by how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput
from spnet.scenes.renderer.context import put
from spnet.scenes.renderer.frames import Camera
from spnet.scenes.scene import LEAF, Floats, Material, Scene, Triple

CHUNK = 256  # triangles that are left out or drawn together
SOLID, GLOWING, CUT, CLEAR = PARTS = range(4)


def _part(material: Material) -> int:
    if material.mapping == LEAF:
        return CUT
    if material.opacity < 1:
        return CLEAR
    return GLOWING if material.emission > 0 else SOLID  # what shines throws no shadow: lamps stand inside their shades


class Geometry:
    """A scene's triangles, in the order of `PARTS`: solid ones, those that shine, leaves, see-through ones.

    Attributes:
        low, high: (3,) bounds of the scene.
        owner: (T + 1,) int64, material and thing of a triangle (thing << 16 | material), by its number from 1; -1 at 0.
        normal: (T + 1, 3) float32 unit normals in the world; either side. Zeros at 0.
        clear: (T + 1,) whether it is see-through.
    """

    def __init__(self, gl: Any, scene: Scene) -> None:
        """Upload.

        Raises:
            BadInput: more things or materials than 16 bits count, or no triangle at all.
        """
        mesh = scene.mesh
        if not len(mesh):
            raise BadInput("A scene without triangles cannot be drawn.")
        if max(len(scene.things), len(scene.materials)) > 0xFFFF:
            raise BadInput(f"A scene may have 65535 things and materials, not {len(scene.things)} things.")
        part = np.array([_part(material) for material in scene.materials])[mesh.material]
        order = np.argsort(part, kind="stable") if part.any() else slice(None)
        self._start = np.concatenate([[0], np.cumsum(np.bincount(part, minlength=len(PARTS)))])
        corners = np.ascontiguousarray(mesh.corners[order])
        self.low, self.high = (v.astype(np.float64) for v in mesh.bounds)
        material, thing = mesh.material[order].astype(np.int64), scene.thing[order].astype(np.int64)
        self.owner = np.append(-1, thing << 16 | material)
        self.clear = np.arange(len(mesh) + 1) > self._start[CLEAR]
        self.normal = _normals(corners)
        self._chunks = _Chunks(corners, self._start)
        self._corners = gl.buffer(corners)
        self._uv = gl.buffer(np.ascontiguousarray(mesh.uv[order]))
        # in the order of their bindings in shade.frag
        normals = gl.buffer(np.ascontiguousarray(mesh.normals[order]))
        self._stores = [self._corners, normals, self._uv, gl.buffer(material.astype(np.uint32))]
        self._arrays: dict[str, Any] = {}
        self._gl = gl

    def reach(self, eye: Triple) -> float:
        """Distance of the furthest corner of the scene's bounds, metres."""
        away = np.maximum(np.abs(self.low - eye), np.abs(self.high - eye))
        return float(np.linalg.norm(away)) * 1.01 + 1.0

    def has(self, part: int) -> bool:
        """Whether there is anything of a part."""
        return bool(self._start[part + 1] > self._start[part])

    def draw(self, name: str, programs: tuple[Any, Any], parts: Sequence[int], seen: Camera | None = None) -> None:
        """Draw some parts.

        Args:
            name: of the programs, one of a kind.
            programs: for whole triangles, and for leaves.
            parts: what to draw.
            seen: only what this camera may see.
        """
        for part in parts:
            cut = part == CUT
            for first, end in self._chunks.ranges(part, seen):
                put(programs[cut], first=first)
                self._array(name, programs[cut], cut).render(vertices=3 * (end - first), first=3 * first)

    def _array(self, name: str, program: Any, cut: bool) -> Any:
        key = name + " cut" * cut
        if key not in self._arrays:
            content = [(self._corners, "3f", "in_position")] + [(self._uv, "2f", "in_uv")] * cut
            self._arrays[key] = self._gl.vertex_array(program, content)
        return self._arrays[key]

    def bind(self) -> None:
        """Bind what shade.frag reads of the triangles."""
        for binding, store in enumerate(self._stores):
            store.bind_to_storage_buffer(binding)

    def release(self) -> None:
        """Give the memory back."""
        for held in (*self._arrays.values(), *self._stores):
            held.release()


class _Chunks:
    """Runs of triangles with their bounds, to leave out what a camera cannot see."""

    def __init__(self, corners: Floats, start: NDArray[np.int64]) -> None:
        pieces = [np.arange(start[part], start[part + 1], CHUNK) for part in PARTS]
        self._first = np.concatenate(pieces)
        self._end = np.append(self._first[1:], start[-1])
        self._of_part = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
        a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
        low = np.minimum.reduceat(np.minimum(np.minimum(a, b), c), self._first)
        high = np.maximum.reduceat(np.maximum(np.maximum(a, b), c), self._first)
        self._centre, self._half = (low + high) / 2, (high - low) / 2

    def ranges(self, part: int, seen: Camera | None) -> list[tuple[int, int]]:
        """First triangle and end of the runs of a part that a camera may see; neighbours are joined."""
        begin, stop = int(self._of_part[part]), int(self._of_part[part + 1])
        if begin == stop:
            return []
        if seen is None:
            return [(int(self._first[begin]), int(self._end[stop - 1]))]
        left, right, top, bottom = seen.window
        # inward normals of the four sides of what is seen, and of the plane of the eye
        planes = np.array([(1, 0, -left), (-1, 0, right), (0, 1, -top), (0, -1, bottom), (0, 0, 1)]) @ seen.rotation
        nearest = (self._centre[begin:stop] - seen.eye) @ planes.T + self._half[begin:stop] @ np.abs(planes).T
        chosen = np.flatnonzero((nearest >= 0).all(1)) + begin
        if not len(chosen):
            return []
        gaps = np.flatnonzero(np.diff(chosen) > 1)
        heads, tails = np.append(chosen[0], chosen[gaps + 1]), np.append(chosen[gaps], chosen[-1])
        return list(zip(self._first[heads].tolist(), self._end[tails].tolist(), strict=True))


def _normals(corners: Floats) -> Floats:
    """(T + 1, 3) unit normals, zeros first."""
    across: NDArray[np.float32] = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    across /= np.maximum(np.sqrt(np.einsum("tc,tc->t", across, across)), 1e-20)[:, None]
    return np.concatenate([np.zeros((1, 3), np.float32), across])
