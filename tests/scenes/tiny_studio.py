"""A studio whose pictures take a millisecond: a box before a wall and a floor, wherever the camera stands."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np

from spnet.scenes import sampler
from spnet.scenes.sampler import Studio
from spnet.scenes.scene import Environment, Ints, Lighting, Material, Mesh, Rendered, Scene, View, joined
from spnet.scenes.spec import SceneSpec
from spnet.scenes.textures import TextureSet, procedural
from spnet.types import ByteImage, FloatImage

MATERIALS = (
    Material(colour=(0.8, 0.7, 0.6)),
    Material(colour=(0.9, 0.9, 0.9), roughness=0.0, reflectance=0.9, metal=True),
)
MESH = joined([Mesh(np.zeros((1, 3, 3), np.float32), np.zeros((1, 3, 3), np.float32), np.zeros((1, 3, 2), np.float32),
                    np.zeros(1, np.int32))])  # fmt: skip


def make(kind: str, seed: int) -> Scene:
    rng = np.random.default_rng(seed)
    place = rng.uniform(-0.6, 0.6, 3)

    def propose(rng: np.random.Generator) -> View:
        x, y, turn = rng.uniform(-1, 1, 3)
        return View((x, y, 1.5), (x + turn, 5.0, 0.8), float(rng.uniform(50, 80)))

    light = Lighting(Environment(np.ones((4, 8, 3), np.float32)))
    facts = {"box": f"{place[0]:.3f},{place[1]:.3f},{place[2]:.3f}"}
    return Scene(
        kind, MESH, MATERIALS, np.zeros(1, np.int32), ("building", "box"), light, propose, ("ours/box",), facts
    )


class TinyRenderer:
    """Floor z = 0, wall y = 4 and a sphere, traced in NumPy."""

    name = "tiny"
    description = "a few lines of NumPy"

    def __init__(self, width: int, height: int) -> None:
        self.size = width, height
        self.scene: Scene | None = None
        self.closed = False

    def load(self, scene: Scene) -> None:
        self.scene = scene

    def render(self, view: View, size: tuple[int, int] | None = None) -> Rendered:
        assert self.scene is not None
        width, height = size or self.size
        camera, turn = view.intrinsics(width, height), view.rotation()
        u, v = np.meshgrid(np.arange(width), np.arange(height))
        rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], -1) @ turn
        eye = np.array(view.eye)
        with np.errstate(divide="ignore"):
            floor, wall = -eye[2] / rays[..., 2], (4 - eye[1]) / rays[..., 1]
        ball = self._ball(eye, rays)
        hits = np.stack([np.where(z > 1e-6, z, np.inf) for z in (floor, wall, ball)])
        which, depth = hits.argmin(0), hits.min(0)
        centre = self._centre()
        with np.errstate(invalid="ignore"):
            out = (eye + depth[..., None] * rays - centre) / 0.5
        normal = np.where(which[..., None] == 2, out, np.where(which[..., None] == 0, (0.0, 0, 1), (0.0, -1, 0)))
        sky = ~np.isfinite(depth)
        depth = np.where(sky, 0, depth).astype(np.float32)
        shade = np.abs(normal @ np.array([0.5, -0.7, 0.5]))[..., None]
        normals = np.where(sky[..., None], 0, normal @ turn.T).astype(np.float32)
        material = np.where(sky, -1, (which == 2).astype(np.int32)).astype(np.int32)
        return Rendered((shade * (0.2, 0.4, 0.5)).astype(np.float32), depth, normals, material, material)

    def _centre(self) -> np.ndarray:
        assert self.scene is not None
        return np.array([float(x) for x in self.scene.facts["box"].split(",")]) * (1.5, 1, 0.5) + (0, 2.4, 0.8)

    def _ball(self, eye: np.ndarray, rays: np.ndarray) -> np.ndarray:
        to = eye - self._centre()
        a, b, c = (rays * rays).sum(-1), rays @ to, to @ to - 0.25
        inside = b * b - a * c
        return np.where(inside > 0, (-b - np.sqrt(np.maximum(inside, 0))) / a, np.inf)

    def peek(self, view: View) -> tuple[FloatImage, Ints]:
        seen = self.render(view, (32, 24))
        return seen.depth, seen.thing

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> TinyRenderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def photograph(rendered: Rendered, rng: np.random.Generator) -> ByteImage:
    noisy = 255 * rendered.radiance + rng.normal(0, 3, rendered.radiance.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def tiny_textures() -> TextureSet:
    return procedural(richness=0, side=8)


def open_tiny(spec: SceneSpec, assets: Path | None = None) -> Studio:
    return Studio(spec, tiny_textures(), make, TinyRenderer(spec.width, spec.height), photograph)


def use_tiny() -> None:
    """From now on, this process's studio is the tiny one."""
    sampler.open_studio = open_tiny
