"""Cameras and lights as matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spnet.scenes.scene import Lighting, Spot, Sun, Triple, View
from spnet.types import AnyArray

Matrix = NDArray[np.float64]

NEAR = 0.04  # metres; nothing nearer is seen. Ours
LIGHTS = 8  # in the shader
TILES = 4, 2  # of the shadow atlas, across and down; the sun takes four of them
TILE = 768  # pixels of a tile's side; ours


@dataclass(frozen=True)
class Camera:
    """A view as the shaders want it.

    Attributes:
        eye: (3,) metres.
        rotation: (3, 3) world to camera.
        lens: focal length over half the width and over half the height; scale and offset of the depth buffer.
        half_size: half width and half height of what is seen at depth 1.
        part: see `window`.
    """

    eye: Matrix
    rotation: Matrix
    lens: tuple[float, float, float, float]
    half_size: tuple[float, float]
    part: tuple[float, float, float, float] | None = None

    @property
    def window(self) -> tuple[float, float, float, float]:
        """Left, right, upper and lower end of what is wanted at depth 1: `part`, or all."""
        x, y = self.half_size
        return self.part or (-x, x, -y, y)

    def around_pixels(self, pixel: NDArray[np.int64], width: int, height: int) -> Camera:
        """The same, where only the rectangle around some pixels is wanted."""
        x, y = self.half_size
        row, column = np.divmod(pixel, width)
        ends = [column.min() / width, (column.max() + 1) / width, row.min() / height, (row.max() + 1) / height]
        left, right, top, bottom = (float(2 * end - 1) for end in ends)
        return replace(self, part=(left * x, right * x, top * y, bottom * y))


def camera(view: View, width: int, height: int, far: float) -> Camera:
    """The camera of a view.

    Args:
        view: where it stands and looks.
        width, height: of the picture, pixels.
        far: nothing further away exists, metres.
    """
    focal = view.intrinsics(width, height).fx
    x, y = 2 * focal / width, 2 * focal / height
    lens = (x, y, (far + NEAR) / (far - NEAR), -2 * far * NEAR / (far - NEAR))
    return Camera(np.asarray(view.eye, np.float64), view.rotation(), lens, (1 / x, 1 / y))


CUBE = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))  # forward axes of a cube's faces


def cube_rotation(face: int) -> Matrix:
    """(3, 3) world to the camera axes of one of `CUBE`."""
    forward = np.asarray(CUBE[face], np.float64)
    down = np.array([0.0, 0.0, -1.0]) if face < 4 else np.array([0.0, 1.0, 0.0])
    return np.stack([np.cross(down, forward), down, forward])


def around(eye: AnyArray, far: float) -> list[Camera]:
    """Cameras that look to all six sides, 90 degrees each, in the order of `CUBE`."""
    lens = (1.0, 1.0, (far + NEAR) / (far - NEAR), -2 * far * NEAR / (far - NEAR))
    return [Camera(np.asarray(eye, np.float64), cube_rotation(face), lens, (1.0, 1.0)) for face in range(6)]


def facing(position: Matrix, direction: Matrix) -> Matrix:
    """(4, 4) world to the axes of a light: x right, y up, z backwards, as OpenGL has it."""
    forward = direction / np.linalg.norm(direction)
    up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.99 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, np.cross(right, forward), -forward])
    matrix[:3, 3] = -matrix[:3, :3] @ position
    return matrix


def light_uniforms(lights: Sequence[ShadowLight]) -> dict[str, Any]:
    """What shaders/lights.glsl wants to know of some lights."""
    rows = [*lights, *[None] * (LIGHTS - len(lights))]
    shapes = {"matrix": (4, 4), "tile": (4,), "place": (4,), "direction": (4,), "colour": (4,), "softness": ()}
    stacked = {
        f"light_{name}": np.array([np.zeros(shape) if light is None else getattr(light, name) for light in rows])
        for name, shape in shapes.items()
    }
    return {"lights": len(lights), **stacked}


@dataclass(frozen=True)
class ShadowLight:
    """A light as the shaders want it.

    Attributes:
        matrix: (4, 4) world to clip space.
        place: its position and 1, or zeros for the sun.
        direction: unit vector of its rays and cosine of the cone's half-angle.
        colour: and size of a shadow map's texel: as a share of the distance, or metres for the sun.
        softness: blur of the shadow's rim, as a share of the map.
        tile: origin and size in the atlas, 0 to 1.
    """

    matrix: Matrix
    place: tuple[float, float, float, float]
    direction: tuple[float, float, float, float]
    colour: tuple[float, float, float, float]
    softness: float
    tile: tuple[float, float, float, float]


def shadow_lights(lighting: Lighting, low: Matrix, high: Matrix) -> list[ShadowLight]:
    """All lights that throw shadows: the sun first, then as many lamps as there are tiles.

    Args:
        lighting: of the scene.
        low, high: (3,) bounds of the scene, metres.
    """
    columns, rows = TILES
    tiles = [(x, y) for x in range(columns) for y in range(rows)]
    found = []
    if lighting.sun is not None:
        found.append(_sun(lighting.sun, low, high, (0.0, 0.0, 2 / columns, 2 / rows)))
        tiles = tiles[4:]
    for spot, (x, y) in zip(lighting.spots, tiles, strict=False):
        found.append(_spot(spot, (x / columns, y / rows, 1 / columns, 1 / rows), float(np.linalg.norm(high - low))))
    return found


def _spot(spot: Spot, tile: tuple[float, float, float, float], reach: float) -> ShadowLight:
    # Wider than 150 degrees the map would be all rim: there the light is dim and throws no shadow.
    half = min(np.arccos(spot.cosine), np.radians(75.0))
    near, far = 0.08, max(reach, 1.0)
    focal = 1 / np.tan(half)
    projection = np.diag([focal, focal, -(far + near) / (far - near), 0.0])
    projection[2, 3], projection[3, 2] = -2 * far * near / (far - near), -1.0
    matrix = projection @ facing(np.asarray(spot.position, np.float64), np.asarray(spot.direction, np.float64))
    texel = 2 * np.tan(half) / TILE
    return ShadowLight(
        matrix,
        (*spot.position, 1.0),
        (*_unit(spot.direction), spot.cosine),
        (*spot.colour, float(texel)),
        spot.softness,
        tile,
    )


def _sun(sun: Sun, low: Matrix, high: Matrix, tile: tuple[float, float, float, float]) -> ShadowLight:
    direction = np.asarray(_unit(sun.direction))
    centre = np.asarray(sun.centre, np.float64)
    # deep enough for everything that could throw a shadow into the lit part
    corners = np.array([[(low, high)[(k >> a) & 1][a] for a in range(3)] for k in range(8)])
    along = (corners - centre) @ direction
    before, behind = max(-float(along.min()), sun.radius) + 1, max(float(along.max()), sun.radius) + 1
    view = facing(centre - direction * before, direction)
    depth = before + behind
    projection = np.diag([1 / sun.radius, 1 / sun.radius, -2 / depth, 1.0])
    projection[2, 3] = -1.0
    texel = sun.radius / TILE  # its map is two tiles wide
    return ShadowLight(
        projection @ view, (0.0, 0.0, 0.0, 0.0), (*_unit(sun.direction), 0.0), (*sun.colour, texel), sun.softness, tile
    )


def _unit(direction: Triple) -> Triple:
    x, y, z = (np.asarray(direction, np.float64) / np.linalg.norm(direction)).tolist()
    return x, y, z
