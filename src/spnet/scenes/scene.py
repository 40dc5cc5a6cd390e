"""What a scene is made of: triangles, materials, lights and views. Metres, z up, right-handed, linear colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spnet.types import AnyArray, FloatImage, Intrinsics

Triple = tuple[float, float, float]
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

# How a texture lies on a surface.
BY_UV = "uv"  # by the mesh's own coordinates, repeated `scale` times
BY_WORLD = "world"  # projected along the axis that the surface faces most, `scale` repeats a metre
LEAF = "leaf"  # no texture: a leaf is cut out of every triangle pair's unit square


@dataclass(frozen=True)
class Material:
    """How a surface looks.

    Attributes:
        colour: linear albedo, 0 to 1 each; multiplies the texture.
        texture: layer of the scene's `TextureSet`; -1 is none.
        mapping: BY_UV, BY_WORLD or LEAF.
        scale: repeats of the texture (see `mapping`).
        roughness: 0 mirror to 1 matt.
        reflectance: at normal incidence; 0.04 for what is no metal.
        grain: strength of the fine random mottle that hides flat colour, 0 to 1.
        grain_size: its size in metres.
        emission: light given off, as a multiple of the colour.
        bump: apparent relief made from the texture's brightness; the true surface stays flat.
        opacity: 1 solid; below, what lies behind is seen through it, while the depth stays that of the surface.
        metal: the reflection takes the colour.
    """

    colour: Triple = (0.7, 0.7, 0.7)
    texture: int = -1
    mapping: str = BY_WORLD
    scale: float = 1.0
    roughness: float = 0.8
    reflectance: float = 0.04
    grain: float = 0.0
    grain_size: float = 0.05
    emission: float = 0.0
    bump: float = 0.0
    opacity: float = 1.0
    metal: bool = False


@dataclass(frozen=True)
class Mesh:
    """Triangles without an index, so that meshes are joined by concatenation.

    Attributes:
        corners: (T, 3, 3) float32, metres: triangle, corner, xyz.
        normals: (T, 3, 3) float32 unit vectors for shading; zeros mean the flat normal.
        uv: (T, 3, 2) float32 texture coordinates.
        material: (T,) int32, index into the owner's list of materials.
    """

    corners: Floats
    normals: Floats
    uv: Floats
    material: Ints

    def __len__(self) -> int:
        return len(self.corners)

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest x, y, z."""
        points = self.corners.reshape(-1, 3)
        return points.min(0), points.max(0)

    def moved(self, matrix: AnyArray, offset: AnyArray | Triple = (0.0, 0.0, 0.0)) -> Mesh:
        """Each point p to matrix @ p + offset; normals go with the inverse transpose."""
        matrix = np.asarray(matrix, np.float64)
        turned = self.normals @ np.linalg.inv(matrix)
        length = np.linalg.norm(turned, axis=-1, keepdims=True)
        corners = self.corners @ matrix.T + np.asarray(offset)
        if np.linalg.det(matrix) < 0:  # a mirror image turns the triangles inside out
            corners, turned, uv = corners[:, ::-1], turned[:, ::-1], self.uv[:, ::-1]
        else:
            uv = self.uv
        normals = np.where(length > 0, turned / np.maximum(length, 1e-12), 0)
        return replace(self, corners=corners.astype(np.float32), normals=normals.astype(np.float32), uv=uv)


def joined(meshes: list[Mesh], first_material: list[int] | None = None) -> Mesh:
    """One mesh of many; `first_material[i]` is added to the material indices of mesh i."""
    if not meshes:
        none = np.zeros((0, 3, 3), np.float32)
        return Mesh(none, none, none[..., :2], np.zeros(0, np.int32))
    first = first_material or [0] * len(meshes)
    return Mesh(
        np.concatenate([mesh.corners for mesh in meshes]).astype(np.float32, copy=False),
        np.concatenate([mesh.normals for mesh in meshes]).astype(np.float32, copy=False),
        np.concatenate([mesh.uv for mesh in meshes]).astype(np.float32, copy=False),
        np.concatenate([mesh.material + start for mesh, start in zip(meshes, first, strict=True)]).astype(np.int32),
    )


@dataclass(frozen=True)
class Model:
    """A thing that can be placed: it stands on z = 0, centred on x = y = 0, its front faces -y.

    Attributes:
        name: e.g. "office chair".
        kind: what it is in our own words, e.g. "chair"; see `spnet.scenes.models`.
        mesh: its triangles.
        materials: what the mesh's material indices mean.
        elevation: height at which it usually hangs, in metres; 0 stands.
        surfaces: heights of level faces that carry other things, in metres (a table's top, a shelf's boards), each with
            the half-widths in x and y of the free rectangle about the centre: (height, half_x, half_y).
        source: id of the asset it comes from; "" is procedural.
    """

    name: str
    kind: str
    mesh: Mesh
    materials: tuple[Material, ...]
    elevation: float = 0.0
    surfaces: tuple[Triple, ...] = ()
    source: str = ""

    @cached_property
    def size(self) -> Triple:
        """Extent in x, y and z, in metres."""
        low, high = self.mesh.bounds
        x, y, z = (high - low).tolist()
        return x, y, z


@dataclass(frozen=True)
class Spot:
    """A lamp that shines into a cone and throws shadows."""

    position: Triple
    direction: Triple
    colour: Triple  # radiance; falls with the square of the distance
    cosine: float = 0.05  # of the half-angle of the cone
    softness: float = 0.004  # blur of the shadow's rim, as a share of the shadow map


@dataclass(frozen=True)
class Sun:
    """Parallel light with shadows, for the scene's part within `radius` of `centre`."""

    direction: Triple
    colour: Triple
    centre: Triple = (0.0, 0.0, 0.0)
    radius: float = 40.0
    softness: float = 0.0015


@dataclass(frozen=True)
class Environment:
    """Light from all sides, also what is seen where no surface is.

    Attributes:
        radiance: (h, 2h, 3) float32, equirectangular, first row up, linear.
        turn: rotation about z, as a share of a full turn.
        visible: False where no ray can leave (a closed room): it lights, but is not expected to be seen.
    """

    radiance: Floats
    turn: float = 0.0
    visible: bool = True


@dataclass(frozen=True)
class Lighting:
    """All light of a scene.

    Attributes:
        environment: surrounding light.
        ambient: additional even light, linear, besides what a renderer works out as indirect.
        spots: lamps.
        sun: the sun.
        bounce: soft light without shadow from a point, position and colour, for renderers that work out none.
        fog: colour and density in 1/m; (r, g, b, 0) is clear air.
    """

    environment: Environment
    ambient: Triple = (0.0, 0.0, 0.0)
    spots: tuple[Spot, ...] = ()
    sun: Sun | None = None
    bounce: tuple[Triple, Triple] | None = None
    fog: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class View:
    """Where a pinhole camera stands and looks.

    Attributes:
        eye, target: points in the world, metres.
        field_of_view: horizontal, degrees.
        roll: about the line of sight, radians.
    """

    eye: Triple
    target: Triple
    field_of_view: float = 60.0
    roll: float = 0.0

    def rotation(self) -> NDArray[np.float64]:
        """(3, 3): rows are the camera's x (right), y (down) and z (forward) axes in the world."""
        forward = np.subtract(self.target, self.eye)
        forward = forward / np.linalg.norm(forward)
        up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
        right = np.cross(forward, up)
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        cosine, sine = np.cos(self.roll), np.sin(self.roll)
        return np.stack([cosine * right + sine * down, cosine * down - sine * right, forward])

    def intrinsics(self, width: int, height: int) -> Intrinsics:
        """Square pixels; the principal point is the middle of the image, pixel centres have whole coordinates."""
        focal = width / 2 / np.tan(np.radians(self.field_of_view) / 2)
        return Intrinsics(float(focal), float(focal), (width - 1) / 2, (height - 1) / 2)


@dataclass(frozen=True)
class Scene:
    """Everything that a renderer needs, and where a camera could stand.

    Attributes:
        kind: e.g. "room", "table", "street".
        mesh: all triangles in the world.
        materials: of the mesh.
        thing: (T,) int32, which thing a triangle belongs to; 0 is the building or the ground.
        things: name of each thing.
        lighting: its light.
        propose: a view that makes sense here, drawn at random; the sampler looks and may ask for another.
        sources: ids of the assets in it.
        facts: what was drawn, for the manifest: type of room, style, hour, ...
    """

    kind: str
    mesh: Mesh
    materials: tuple[Material, ...]
    thing: Ints
    things: tuple[str, ...]
    lighting: Lighting
    propose: Callable[[np.random.Generator], View]
    sources: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rendered:
    """What a renderer returns for a view; every array (H, W, ...).

    Attributes:
        radiance: (H, W, 3) float32, linear, unbounded: what falls on the sensor.
        depth: (H, W) float32 metres, 0 where no surface is (sky); depth of the pixel's centre, never an average.
        normals: (H, W, 3) float32 unit vectors in the camera's axes (x right, y down, z forward), facing the camera;
            0 = sky.
        thing: (H, W) int32, index into `Scene.things`; -1 = sky.
        material: (H, W) int32, index into `Scene.materials`; -1 = sky.
    """

    radiance: Floats
    depth: FloatImage
    normals: Floats
    thing: Ints
    material: Ints
