"""A scene under construction: materials, things with their footprints, and what is needed to place them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from spnet.scenes.scene import Ints, Material, Mesh, Model, Triple, joined
from spnet.scenes.shapes import turn


@dataclass
class Builder:
    """Collects meshes and materials; layouts write into one and take the parts of a `Scene` out of it.

    Thing 0 is the building or the ground. Footprints are circles on the floor, enough to keep furniture apart.
    """

    materials: list[Material] = field(default_factory=list)
    things: list[str] = field(default_factory=lambda: ["building"])
    sources: list[str] = field(default_factory=list)
    footprints: list[Triple] = field(default_factory=list)  # x, y, radius
    _meshes: list[Mesh] = field(default_factory=list)
    _first: list[int] = field(default_factory=list)
    _owner: list[int] = field(default_factory=list)

    def add(self, mesh: Mesh, materials: Material | Sequence[Material], *, thing: str = "") -> int:
        """Add a mesh that stands where it is.

        Args:
            mesh: triangles in the world.
            materials: what its material indices mean; one if all have index 0.
            thing: name of a new thing; "" belongs to the building.

        Returns:
            The number of the thing.
        """
        used = [materials] if isinstance(materials, Material) else list(materials)
        if len(mesh) and int(mesh.material.max()) >= len(used):
            raise ValueError(f"the mesh uses material {int(mesh.material.max())}, but {len(used)} were given")
        number = 0
        if thing:
            number = len(self.things)
            self.things.append(thing)
        self._meshes.append(mesh)
        self._first.append(len(self.materials))
        self._owner.append(number)
        self.materials += used
        return number

    def place(
        self,
        model: Model,
        position: Triple,
        yaw: float = 0.0,
        scale: float | Triple = 1.0,
        recolour: dict[int, Material] | None = None,
    ) -> int:
        """Put a model somewhere.

        Args:
            model: what.
            position: of its lowest centre point (0, 0, 0); its usual elevation is not added.
            yaw: rotation about z, radians.
            scale: of all axes, or of its own x, y, z.
            recolour: other materials for some of its parts, by index.

        Returns:
            The number of the thing.
        """
        stretch = np.diag(np.broadcast_to(np.asarray(scale, np.float64), 3))
        mesh = model.mesh.moved(turn(yaw) @ stretch, position)
        materials = [(recolour or {}).get(i, material) for i, material in enumerate(model.materials)]
        if model.source and model.source not in self.sources:
            self.sources.append(model.source)
        return self.add(mesh, materials, thing=model.name or model.kind)

    def free(self, x: float, y: float, radius: float) -> bool:
        """Whether a circle on the floor touches no footprint yet taken."""
        return all((x - a) ** 2 + (y - b) ** 2 > (radius + c) ** 2 for a, b, c in self.footprints)

    def take(self, x: float, y: float, radius: float) -> bool:
        """Take a circle on the floor, if it is free."""
        if not self.free(x, y, radius):
            return False
        self.footprints.append((x, y, radius))
        return True

    def finish(self) -> tuple[Mesh, tuple[Material, ...], Ints, tuple[str, ...], tuple[str, ...]]:
        """Mesh, materials, thing of every triangle, names of the things, sources: the first fields of a `Scene`.

        Equal materials are merged.
        """
        mesh = joined(self._meshes, self._first)
        unique = {material: 0 for material in self.materials}
        unique = {material: number for number, material in enumerate(unique)}
        new = np.array([unique[material] for material in self.materials], np.int32)
        owners = [np.full(len(part), owner, np.int32) for part, owner in zip(self._meshes, self._owner, strict=True)]
        thing = np.concatenate(owners) if owners else np.zeros(0, np.int32)
        material = new[mesh.material] if len(mesh) else mesh.material
        return replace(mesh, material=material), tuple(unique), thing, tuple(self.things), tuple(self.sources)
