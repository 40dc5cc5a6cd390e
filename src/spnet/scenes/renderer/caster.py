"""The renderer that needs nothing but torch: exact depth; plainer colour, without reflections of the scene or glass."""

from __future__ import annotations

from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spnet.scenes.renderer.base import PEEK
from spnet.scenes.renderer.frames import NEAR, facing
from spnet.scenes.renderer.raster import Hits, rasterise, tensor
from spnet.scenes.renderer.tables import harmonics
from spnet.scenes.scene import BY_WORLD, LEAF, Ints, Rendered, Scene, Spot, Sun, View
from spnet.scenes.textures import TextureSet
from spnet.types import AnyArray, FloatImage

SHADOW = 320  # pixels of a shadow map's side
FAR_SUN = 2000.0  # metres: from there its rays are parallel enough
FLIP = np.diag([1.0, -1.0, -1.0])  # OpenGL's axes to those of a camera

Flat = NDArray[np.float64]  # (n, 3): one row a pixel


class TorchRenderer:
    """A `Renderer` for machines without OpenGL. Leaves are not cut out: their triangles are whole."""

    name = "torch"
    description = f"torch {torch.__version__}"

    def __init__(self, width: int, height: int, textures: TextureSet) -> None:
        """Nothing is opened.

        Args:
            width, height: of the pictures, pixels.
            textures: layers that materials refer to.
        """
        self._size = width, height
        self._textures = textures
        self._scene: Scene | None = None
        self._corners = torch.zeros(0, 3, 3, dtype=torch.float64)
        self._shadows: list[tuple[Spot | Sun, Flat, Flat, float, FloatImage]] = []

    def load(self, scene: Scene) -> None:
        """Make a scene the current one."""
        self._scene = scene
        self._corners = tensor(scene.mesh.corners)
        solid = np.array([m.opacity >= 1 and m.emission == 0 for m in scene.materials])
        self._shadows = []
        for light in (*((scene.lighting.sun,) if scene.lighting.sun else ()), *scene.lighting.spots):
            self._shadows.append(self._shadow(light, torch.from_numpy(solid[scene.mesh.material])))

    def _shadow(self, light: Spot | Sun, solid: Tensor) -> tuple[Spot | Sun, Flat, Flat, float, FloatImage]:
        """The light, where it stands, its axes, its focal length in pixels, and its depth map."""
        direction = np.asarray(light.direction, np.float64)
        if isinstance(light, Sun):
            place = np.asarray(light.centre) - direction / np.linalg.norm(direction) * FAR_SUN
            focal = SHADOW / 2 * FAR_SUN / light.radius
        else:
            place = np.asarray(light.position, np.float64)
            focal = SHADOW / 2 / np.tan(min(np.arccos(light.cosine), np.radians(70)))
        axes = FLIP @ facing(place, direction)[:3, :3]
        seen = (self._corners[solid] - tensor(place)) @ tensor(axes).T
        depth = rasterise(seen, (focal, focal), SHADOW, SHADOW, 0.08).depth
        return light, place, axes, focal, depth.numpy().astype(np.float32)

    def _cast(self, view: View, width: int, height: int) -> Hits:
        if self._scene is None:
            raise RuntimeError("load a scene first")
        focal = view.intrinsics(width, height).fx
        seen = (self._corners - tensor(np.asarray(view.eye))) @ tensor(view.rotation()).T
        return rasterise(seen, (focal, focal), width, height, NEAR)

    def peek(self, view: View) -> tuple[FloatImage, Ints]:
        """Depth and thing of a view in a small picture."""
        width, height = self._size
        hits = self._cast(view, PEEK, max(round(PEEK * height / width), 1))
        assert self._scene is not None
        triangle = hits.triangle.numpy()
        return hits.depth.numpy().astype(np.float32), np.where(triangle < 0, -1, self._scene.thing[triangle])

    def render(self, view: View) -> Rendered:
        """A view of the current scene."""
        width, height = self._size
        hits = self._cast(view, width, height)
        scene = self._scene
        assert scene is not None
        triangle, depth = hits.triangle.numpy(), hits.depth.numpy()
        rotation = view.rotation()
        focal = view.intrinsics(width, height).fx
        y, x = np.mgrid[:height, :width]
        rays = np.stack([(x - (width - 1) / 2) / focal, (y - (height - 1) / 2) / focal, np.ones(x.shape)], -1)
        hit = triangle >= 0
        corners = scene.mesh.corners[triangle[hit]].astype(np.float64)
        flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        flat /= np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), 1e-30)
        away = rays[hit] @ rotation  # from the eye, in the world
        flat = np.where((flat * away).sum(-1, keepdims=True) > 0, -flat, flat)
        normals = np.zeros((height, width, 3), np.float32)
        normals[hit] = flat @ rotation.T
        radiance = np.zeros((height, width, 3), np.float32)
        radiance[hit] = self._shade(triangle[hit], hits.weights.numpy()[hit], away, flat, depth[hit], view)
        radiance[~hit] = self._sky(rays[~hit] @ rotation)
        thing = np.where(hit, scene.thing[triangle], -1).astype(np.int32)
        material = np.where(hit, scene.mesh.material[triangle], -1).astype(np.int32)
        return Rendered(radiance, depth.astype(np.float32), normals, thing, material)

    def _sky(self, direction: Flat) -> Flat:
        assert self._scene is not None
        environment = self._scene.lighting.environment
        unit = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
        h, w = environment.radiance.shape[:2]
        column = (np.arctan2(unit[:, 1], unit[:, 0]) / (2 * np.pi) + 0.5 + environment.turn) % 1.0 * w
        row = np.arccos(np.clip(unit[:, 2], -1, 1)) / np.pi * h
        picked = environment.radiance[np.minimum(row.astype(int), h - 1), np.minimum(column.astype(int), w - 1)]
        return np.asarray(picked, np.float64)

    def _shade(self, triangle: Ints, weights: Flat, away: Flat, flat: Flat, depth: AnyArray, view: View) -> Flat:
        """Colour of hit pixels: light of the sky, the ambient light, the lamps and the sun on a dull surface."""
        assert self._scene is not None
        scene, lighting = self._scene, self._scene.lighting
        place = np.asarray(view.eye) + away * depth[:, None]
        smooth = np.einsum("nk,nkc->nc", weights, scene.mesh.normals[triangle].astype(np.float64))
        length = np.linalg.norm(smooth, axis=-1, keepdims=True)
        normal = np.where(length > 1e-6, smooth / np.maximum(length, 1e-6), flat)
        normal = np.where((normal * flat).sum(-1, keepdims=True) < 0, -normal, normal)
        albedo, emission = self._albedo(triangle, weights, place, flat)
        x, y, z = normal.T
        bases = np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], -1)
        light = np.maximum(bases @ harmonics(lighting.environment), 0) + np.asarray(lighting.ambient)
        if lighting.bounce:
            towards = np.asarray(lighting.bounce[0]) - place
            square = (towards * towards).sum(-1, keepdims=True)
            half = (normal * towards).sum(-1, keepdims=True) / np.sqrt(square) * 0.5 + 0.5
            light = light + half / (square + 0.5) * np.asarray(lighting.bounce[1])
        for shadow in self._shadows:
            light = light + self._direct(shadow, place, normal, flat)
        colour = albedo * (light + emission[:, None])
        r, g, b, density = lighting.fog
        through = np.exp(-np.linalg.norm(away, axis=-1) * depth * density)[:, None]
        return np.asarray(colour * through + np.array([r, g, b]) * (1 - through), np.float64)

    def _albedo(self, triangle: Ints, weights: Flat, place: Flat, flat: Flat) -> tuple[Flat, Flat]:
        assert self._scene is not None
        materials, mesh = self._scene.materials, self._scene.mesh
        number = mesh.material[triangle]
        albedo = np.array([m.colour for m in materials])[number]
        layer = np.array([m.texture if m.mapping != LEAF else -1 for m in materials])[number]
        scale = np.array([m.scale for m in materials])[number]
        world = np.array([m.mapping == BY_WORLD for m in materials])[number]
        uv = np.einsum("nk,nkc->nc", weights, mesh.uv[triangle].astype(np.float64))
        axis = np.abs(flat).argmax(-1)
        across, up = np.array([1, 0, 0])[axis], np.array([2, 2, 1])[axis]
        rows = np.arange(len(place))
        uv = np.where(world[:, None], np.stack([place[rows, across], place[rows, up]], -1), uv) * scale[:, None]
        side = self._textures.array.shape[1]
        pixel = np.floor(uv % 1.0 * side).astype(int) % side
        texels = self._textures.array[np.maximum(layer, 0), pixel[:, 1], pixel[:, 0]] / 255.0
        texels = np.where(texels <= 0.04045, texels / 12.92, ((texels + 0.055) / 1.055) ** 2.4)
        albedo = albedo * np.where(layer[:, None] >= 0, texels, 1.0)
        return albedo, np.array([m.emission for m in materials])[number]

    @staticmethod
    def _direct(
        shadow: tuple[Spot | Sun, Flat, Flat, float, FloatImage], place: Flat, normal: Flat, flat: Flat
    ) -> Flat:
        """Light of a lamp or the sun on a white surface; its shadow's rim is averaged over 3 x 3 texels."""
        light, origin, axes, focal, depth = shadow
        towards = origin - place
        distance = np.linalg.norm(towards, axis=-1)
        unit = towards / distance[:, None]
        cosine = np.maximum((normal * unit).sum(-1), 0) * ((flat * unit).sum(-1) > 0)
        strength = np.ones_like(distance)
        if isinstance(light, Spot):
            facing_it = -unit @ (np.asarray(light.direction) / np.linalg.norm(light.direction))
            t = np.clip((facing_it - light.cosine) / 0.25, 0, 1)
            strength = t * t * (3 - 2 * t) / (distance**2 + 0.05)
        offset = flat * (4 * distance / focal)[:, None]
        seen = (place + offset - origin) @ axes.T
        z = np.maximum(seen[:, 2], 1e-3)
        column = seen[:, 0] / z * focal + SHADOW / 2
        row = seen[:, 1] / z * focal + SHADOW / 2
        lit = np.zeros_like(distance)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                i, j = (row + dy).astype(int), (column + dx).astype(int)
                inside = (i >= 0) & (i < SHADOW) & (j >= 0) & (j < SHADOW) & (seen[:, 2] > 0)
                first = depth[np.clip(i, 0, SHADOW - 1), np.clip(j, 0, SHADOW - 1)]
                lit += ~inside | (first == 0) | (z <= first)
        return np.asarray((cosine * strength * lit / 9)[:, None] * np.asarray(light.colour), np.float64)

    def close(self) -> None:
        """Forget the scene."""
        self._scene = None
        self._shadows = []

    def __enter__(self) -> TorchRenderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
