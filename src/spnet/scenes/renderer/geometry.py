"""The triangles of a scene on the graphics side, parted by how they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput
from spnet.scenes.renderer.frames import Camera, Matrix
from spnet.scenes.scene import LEAF, Material, Scene, Triple

SOLID, GLOWING, CUT, CLEAR = range(4)
PROGRAMS = {  # name of a program -> its inputs besides the position, and the parts that it draws
    "geometry": (("in_owner",), (SOLID, GLOWING, CLEAR)),
    "geometry_cut": (("in_uv", "in_owner"), (CUT,)),
    "shade": (("in_normal", "in_uv", "in_owner"), (SOLID, GLOWING)),
    "shade_cut": (("in_normal", "in_uv", "in_owner"), (CUT,)),
    "shadow": ((), (SOLID,)),
    "shadow_cut": (("in_uv",), (CUT,)),
}
FORMATS = {"in_position": "3f", "in_normal": "3f", "in_uv": "2f", "in_owner": "1u"}


def _part(material: Material) -> int:
    if material.mapping == LEAF:
        return CUT
    if material.opacity < 1:
        return CLEAR
    return GLOWING if material.emission > 0 else SOLID  # what shines throws no shadow: lamps stand inside their shades


class Geometry:
    """Buffers of a scene's triangles: solid ones, those that shine, those that leaves are cut out of, see-through ones.

    Attributes:
        low, high: (3,) bounds of the scene.
        has_clear: whether anything is seen through.
    """

    def __init__(self, gl: Any, scene: Scene, programs: dict[str, Any]) -> None:
        """Upload.

        Raises:
            BadInput: more things or materials than 16 bits count, or no triangle at all.
        """
        mesh = scene.mesh
        if not len(mesh):
            raise BadInput("A scene without triangles cannot be drawn.")
        if max(len(scene.things), len(scene.materials)) > 0xFFFF:
            raise BadInput(f"A scene may have 65535 things and materials, not {len(scene.things)} things.")
        kind = np.array([_part(material) for material in scene.materials])
        part = kind[mesh.material]
        order = np.argsort(part, kind="stable") if part.any() else None

        def sorted_(values: NDArray[Any]) -> NDArray[Any]:
            return np.ascontiguousarray(values if order is None else values[order])

        self._start = np.concatenate([[0], np.cumsum(np.bincount(part, minlength=4))])
        corners = sorted_(mesh.corners)
        self.low, self.high = (v.astype(np.float64) for v in mesh.bounds)
        self.has_clear = bool(self._start[4] > self._start[3])
        self._centres = corners[self._start[3] :].mean(1)
        owner = np.repeat((scene.thing.astype(np.uint32) << 16) | mesh.material.astype(np.uint32), 3)
        arrays = {"in_position": corners, "in_normal": sorted_(mesh.normals), "in_uv": sorted_(mesh.uv)}
        arrays["in_owner"] = sorted_(owner.reshape(-1, 3))
        self._buffers = {name: gl.buffer(array) for name, array in arrays.items()}
        self._order: Any = gl.buffer(reserve=12 * len(self._centres)) if self.has_clear else None
        self._arrays = {
            name: gl.vertex_array(programs[name], self._content(inputs)) for name, (inputs, _) in PROGRAMS.items()
        }
        if self.has_clear:
            content = self._content(PROGRAMS["shade"][0])
            self._arrays["clear"] = gl.vertex_array(programs["shade"], content, self._order)

    def _content(self, inputs: tuple[str, ...]) -> list[tuple[Any, str, str]]:
        return [(self._buffers[name], FORMATS[name], name) for name in ("in_position", *inputs)]

    def reach(self, eye: Triple) -> float:
        """Distance of the furthest corner of the scene's bounds, metres."""
        away = np.maximum(np.abs(self.low - eye), np.abs(self.high - eye))
        return float(np.linalg.norm(away)) * 1.01 + 1.0

    def draw(self, name: str) -> None:
        """Draw what a program is for."""
        for part in PROGRAMS[name][1]:
            first, end = int(self._start[part]), int(self._start[part + 1])
            if end > first:
                self._arrays[name].render(vertices=3 * (end - first), first=3 * first)

    def draw_clear(self, seen: Camera) -> None:
        """Draw see-through triangles, the furthest first."""
        away: Matrix = np.linalg.norm(self._centres - seen.eye, axis=1)
        furthest = np.argsort(-away, kind="stable") + self._start[3]
        corners = furthest[:, None] * 3 + np.arange(3)
        self._order.write(corners.astype(np.uint32))
        self._arrays["clear"].render()

    def release(self) -> None:
        """Give the memory back."""
        for held in (*self._arrays.values(), *self._buffers.values(), self._order):
            if held is not None:
                held.release()
