"""A model under construction: parts with their materials, and helpers that most furniture shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.scene import Material, Mesh, Model, Triple, joined
from spnet.scenes.textures import TextureSet
from spnet.types import AnyArray

Maker = Callable[[np.random.Generator, TextureSet], Model]


class Parts:
    """Collects the parts of one model. Build it anywhere: `model` centres it and stands it on the floor."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Nothing yet; `rng` shifts textures, so that no two boards show the same grain."""
        self._rng = rng
        self._meshes: list[Mesh] = []
        self._numbers: list[int] = []
        self._materials: dict[Material, int] = {}
        self._surfaces: list[Triple] = []

    def add(self, mesh: Mesh, material: Material, *, fixed: bool = False) -> None:
        """Add a part.

        Args:
            mesh: its triangles; their own material indices are ignored.
            material: of all of it.
            fixed: leave the texture where the mesh's coordinates put it, as pictures want.
        """
        if material.texture >= 0 and not fixed:
            mesh = replace(mesh, uv=mesh.uv + self._rng.uniform(0, 4, 2).astype(np.float32))
        number = self._materials.setdefault(material, len(self._materials))
        self._meshes.append(replace(mesh, material=np.zeros(len(mesh), np.int32)))
        self._numbers.append(number)

    def box(self, centre: Triple, size: Triple, material: Material, bevel: float = 0.0, yaw: float = 0.0) -> None:
        """Add a cuboid, its texture's grain along its length; chamfered if a bevel is given."""
        mesh = shapes.bevelled(centre, size, bevel, yaw) if bevel > 0 else shapes.box(centre, size, yaw)
        if size[0] == max(size):
            mesh = replace(mesh, uv=mesh.uv[..., ::-1])
        self.add(mesh, material)

    def bar(
        self, start: Triple, end: Triple, radius: float | Sequence[float], material: Material, sides: int = 8
    ) -> None:
        """Add a straight round bar."""
        self.add(shapes.bar(start, end, radius, sides), material)

    def turned(
        self, profile: Sequence[tuple[float, float]], material: Material, at: Triple = (0, 0, 0), sides: int = 20
    ) -> None:
        """Add a solid of revolution about an upright axis."""
        self.add(shapes.lathe(profile, sides).moved(np.eye(3), at), material)

    def face(self, centre: Triple, width: float, height: float, material: Material, facing: str = "-y") -> None:
        """Add a picture that faces the front ("-y"), up ("+z") or the back ("+y")."""
        x, y, z = centre
        w, h = width / 2, height / 2
        if facing == "+z":
            corners = ((x - w, y - h, z), (x + w, y - h, z), (x + w, y + h, z), (x - w, y + h, z))
        else:
            w = -w if facing == "+y" else w
            corners = ((x - w, y, z - h), (x + w, y, z - h), (x + w, y, z + h), (x - w, y, z + h))
        self.add(shapes.quad(*corners), material, fixed=True)

    def surface(self, height: float, half_x: float, half_y: float) -> None:
        """Say that things can stand at this height, within a rectangle about x = y = 0."""
        self._surfaces.append((float(height), float(half_x), float(half_y)))

    @property
    def triangles(self) -> int:
        """Their number so far."""
        return sum(map(len, self._meshes))

    def whole(self) -> Mesh:
        """All parts, with their numbers of materials."""
        return joined(self._meshes, self._numbers)

    def place(self, other: Parts, matrix: shapes.Matrix, offset: AnyArray | Triple = (0, 0, 0)) -> None:
        """Add all parts of another model under construction, each point p at matrix @ p + offset."""
        materials = list(other._materials)
        for mesh, number in zip(other._meshes, other._numbers, strict=True):
            self.add(mesh.moved(matrix, offset), materials[number], fixed=True)

    def press(self) -> None:
        """Flatten what lies below z = 0 onto it, as the feet of slanting beams want."""
        low = np.array([-np.inf, -np.inf, 0.0], np.float32)
        self._meshes = [replace(mesh, corners=np.maximum(mesh.corners, low)) for mesh in self._meshes]

    def model(self, kind: str, name: str = "", elevation: float = 0.0) -> Model:
        """The model, centred and standing on z = 0.

        Args:
            kind: what it is.
            name: as people call it; the kind's words unless given.
            elevation: where it usually hangs, metres.
        """
        mesh = self.whole()
        low, high = mesh.bounds
        shift = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]], np.float32)
        surfaces = tuple(
            (height - float(shift[2]), x - abs(float(shift[0])), y - abs(float(shift[1])))
            for height, x, y in self._surfaces
            if x > abs(shift[0]) and y > abs(shift[1])
        )
        mesh = replace(mesh, corners=mesh.corners - shift)
        return Model(name or kind.replace("_", " "), kind, mesh, tuple(self._materials), elevation, surfaces)


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A uniform random number, as float."""
    return float(rng.uniform(low, high))


def chance(rng: np.random.Generator, share: float) -> bool:
    """True with this probability."""
    return bool(rng.random() < share)


def choose(rng: np.random.Generator, options: Sequence[Maker]) -> Maker:
    """One of several makers."""
    return options[int(rng.integers(0, len(options)))]


def leaning(angle: float, y: float, z: float, x: float = 0.0) -> tuple[shapes.Matrix, Triple]:
    """For `Mesh.moved`: a part built upright at the origin, leant back and stood on (x, y, z)."""
    return shapes.tilt(-angle), (x, y, z)


def legs(
    parts: Parts,
    spread: tuple[float, float],
    height: float,
    material: Material,
    *,
    thickness: float,
    round_: bool,
    splay: float = 0.0,
    taper: float = 1.0,
) -> None:
    """Four legs.

    Args:
        parts: what they belong to.
        spread: half distances of their upper ends in x and y.
        height: of their upper ends.
        material: of all.
        thickness: width of a leg.
        round_: round bars rather than square ones; square ones stand upright.
        splay: how far their lower ends stand out, metres.
        taper: width of the lower end as a share of the upper one's.
    """
    for x in (-1, 1):
        for y in (-1, 1):
            top = (x * spread[0], y * spread[1], height)
            foot = (x * (spread[0] + splay), y * (spread[1] + splay), 0.0)
            if round_ or splay:
                radii = (thickness / 2 * taper, thickness / 2)
                parts.add(shapes.bar(foot, top, radii, 8 if round_ else 4), material)
            else:
                parts.box((top[0], top[1], height / 2), (thickness, thickness, height), material, 0.002)


def handle(
    parts: Parts, rng: np.random.Generator, at: Triple, length: float, material: Material, upright: bool, style: int
) -> None:
    """A handle on a front that faces -y: 0 a bar on two posts, 1 a knob, 2 a strip.

    Args:
        parts: what it belongs to.
        rng: source of randomness.
        at: its middle, on the front.
        length: of bar or strip, metres.
        material: of it.
        upright: along z rather than x.
        style: its kind, so that all handles of a thing are alike.
    """
    x, y, z = at
    along = np.array([0.0, 0.0, 1.0]) if upright else np.array([1.0, 0.0, 0.0])
    if style == 0:
        ends = [np.add(at, (0, -0.032, 0)) + s * along * length / 2 for s in (-1, 1)]
        parts.add(shapes.bar(_triple(ends[0]), _triple(ends[1]), 0.006, 6), material)
        for s in (-0.8, 0.8):
            root = np.add(at, s * along * length / 2)
            parts.add(shapes.bar(_triple(root), _triple(np.add(root, (0, -0.032, 0))), 0.004, 5), material)
    elif style == 1:
        profile = [(0.0, 0.0), (0.005, 0.0), (0.006, 0.014), (0.014, 0.02), (0.013, 0.028), (0.0, 0.03)]
        parts.add(shapes.lathe(profile, 10).moved(shapes.tilt(np.pi / 2), (x, y, z)), material)
    else:
        size = (0.012, 0.02, length) if upright else (length, 0.02, 0.012)
        parts.box((x, y - 0.01, z), size, material, 0.002)


def _triple(values: np.ndarray) -> Triple:
    x, y, z = (float(v) for v in values)
    return x, y, z
