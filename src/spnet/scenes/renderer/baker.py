"""Indirect light on the graphics side: lights points, gathers at probes; what it does is told in `bake`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spnet.scenes.renderer.bake import POINTS, Cubes, Grid, Sides, filled, grid_for, outer_map, scatter
from spnet.scenes.renderer.screen import ENVIRONMENT, GREEN, NUMBERS, PLACES, RED, Screen, plain, solid
from spnet.scenes.scene import Floats, Scene
from spnet.scenes.textures import TextureSet

RAYS = 16, 36  # from each probe, for the first bounce and the second
WIDE = 512  # of the list of points


@dataclass
class Probes:
    """Light from all sides at a lattice of points.

    Attributes:
        grid: where they are.
        textures: red, green, blue: mean and first-order coefficients.
        open_point: (3,) of the points near the middle that from which rays get furthest.
    """

    grid: Grid
    textures: tuple[Any, Any, Any]
    open_point: Floats

    def uniforms(self) -> dict[str, Any]:
        """What shade.frag wants of them."""
        size = self.grid.size
        step = float((size / self.grid.lattice).mean())
        return {"lattice_low": self.grid.low, "lattice_size": size, "lattice_step": step}

    def release(self) -> None:
        """Give the memory back."""
        for texture in self.textures:
            texture.release()


class Baker:
    """Makes the probes of scenes."""

    def __init__(self, gl: Any) -> None:
        """Compile."""
        self._gl = gl
        self.direct = Screen(gl, "lights.glsl", "direct.frag", define="TAPS=2")
        self._gather = Screen(gl, "sky.glsl", "probes.frag")
        size = (WIDE, 2 * POINTS // WIDE)
        self._points, self._facings = plain(gl, size, 3, "f4"), plain(gl, size, 3, "f4")
        self._light = gl.framebuffer([plain(gl, size, 4, "f4")])

    def bake(self, scene: Scene, textures: TextureSet) -> Probes:
        """The probes of a scene whose shadow maps are bound and whose lights are set."""
        sides = scatter(scene, textures)
        grid = grid_for(sides, scene.lighting)
        arrived = self._arrived(sides)
        outer = plain(self._gl, (32, 16), 3, "f4", outer_map(grid, sides, scene.lighting.environment))
        outer.filter = (self._gl.LINEAR, self._gl.LINEAR)
        outer.repeat_y = False
        coarse = Cubes(grid, sides)
        nearest = grid.nearest(sides.position)
        around = np.zeros((0, 12), np.float32)
        for bounce, rays in enumerate(RAYS):
            light = arrived if not bounce else arrived + _falling(around, nearest, sides.normal)
            radiance = sides.emission + sides.albedo * (light + np.asarray(scene.lighting.ambient, np.float32))
            probes, free = self._gathered(grid, coarse.cover, coarse.lit(radiance), outer, rays)
            around = probes.transpose(2, 1, 0, 3).reshape(-1, 12)
        outer.release()
        red, green, blue = (solid(self._gl, probes[..., 4 * c : 4 * c + 4]) for c in range(3))
        return Probes(grid, (red, green, blue), _open_point(grid, free))

    def _arrived(self, sides: Sides) -> Floats:
        """(n, 3) light of lamps and the sun on points, divided by pi."""
        self._points.write(sides.position)
        self._facings.write(sides.normal)
        self._points.use(PLACES)
        self._facings.use(NUMBERS)
        self.direct.draw(self._light)
        return np.frombuffer(self._light.read(components=4, dtype="f4"), np.float32).reshape(-1, 4)[:, :3]

    def _gathered(self, grid: Grid, cover: Floats, faces: Floats, outer: Any, rays: int) -> tuple[Floats, Floats]:
        """(z, y, x, 12) coefficients at the lattice, and how far rays get."""
        gl = self._gl
        held = [solid(gl, cover), solid(gl, faces)]
        x, y, z = grid.lattice
        targets = [plain(gl, (x, y * z), 4, "f4") for _ in range(4)]
        frame = gl.framebuffer(targets)
        held[0].use(RED)
        held[1].use(GREEN)
        outer.use(ENVIRONMENT)
        spacing = np.asarray(grid.shape) / grid.lattice
        program = self._gather.program
        program["lattice"].value = grid.lattice
        program["rays"].value = rays
        self._gather.draw(frame, first=spacing / 2, spacing=spacing)
        found = [np.frombuffer(target.read(), np.float32).reshape(z, y, x, 4) for target in targets]
        for one in (frame, *targets, *held):
            one.release()
        free = found[3][..., 0]
        return filled(np.concatenate(found[:3], -1), free, float(spacing.mean())), free


def _falling(around: Floats, nearest: np.ndarray, normal: Floats) -> Floats:
    """(n, 3) indirect light on points from the probe nearest to each, divided by pi."""
    seen = around[nearest].reshape(-1, 3, 4)
    light = seen[..., 0] + np.float32(2 / 3) * np.einsum("nck,nk->nc", seen[..., 1:], normal)
    return np.asarray(np.maximum(light, 0), np.float32)


def _open_point(grid: Grid, free: Floats) -> Floats:
    """A point to see the surroundings from: free, and near the middle at a person's height."""
    z, y, x = (np.arange(n) + 0.5 for n in free.shape)
    steps = grid.size / grid.lattice
    place = np.stack(np.broadcast_arrays(x, y[:, None], z[:, None, None]), -1) * steps + grid.low
    wanted = grid.low + grid.size * (0.5, 0.5, 0.0) + (0, 0, min(1.5, 0.6 * grid.size[2]))
    away = np.linalg.norm((place - wanted) / grid.size, axis=-1)
    worth = np.minimum(free / np.median(free), 1.5) - 2.0 * away
    return np.asarray(place.reshape(-1, 3)[int(worth.argmax())], np.float32)
