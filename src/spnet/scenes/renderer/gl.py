"""The renderer by OpenGL: shadow maps, then per view geometry, ambient occlusion, and colour with four samples."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np

from spnet.scenes.renderer.base import PEEK
from spnet.scenes.renderer.context import open_context, program, put
from spnet.scenes.renderer.frames import LIGHTS, TILE, TILES, Camera, ShadowLight, camera, shadow_lights
from spnet.scenes.renderer.geometry import Geometry
from spnet.scenes.renderer.tables import harmonics, material_table
from spnet.scenes.scene import Floats, Ints, Rendered, Scene, View
from spnet.scenes.textures import TextureSet
from spnet.types import FloatImage

SAMPLES = 4  # per pixel of the colour
DEPTH_TEST = 2  # moderngl's flags
BLEND = 1
ALPHA_TO_COVERAGE = 0x809E  # OpenGL's own number: moderngl has no flag for it
INDOOR_RADIUS, OUTDOOR_RADIUS = 0.45, 0.9  # of ambient occlusion, metres; ours


class GlRenderer:
    """A `Renderer` by OpenGL 3.3 without a window."""

    name = "gl"

    def __init__(self, width: int, height: int, textures: TextureSet) -> None:
        """Open a context and make everything that does not depend on the scene.

        Raises:
            NoContext: there is none to be had.
        """
        self._gl = gl = open_context()
        self.description = str(gl.info["GL_RENDERER"])
        self._size = width, height
        self._programs = {
            "geometry": program(gl, "geometry.vert", ("gbuffer.frag",)),
            "geometry_cut": program(gl, "geometry.vert", ("gbuffer.frag",), "TEXTURED CUT"),
            "shade": program(gl, "geometry.vert", ("sky.glsl", "shade.frag"), "TEXTURED SHADED"),
            "shade_cut": program(gl, "geometry.vert", ("sky.glsl", "shade.frag"), "TEXTURED SHADED CUT"),
            "shadow": program(gl, "shadow.vert", ("shadow.frag",)),
            "shadow_cut": program(gl, "shadow.vert", ("shadow.frag",), "CUT"),
            "occlusion": program(gl, "screen.vert", ("occlusion.frag",)),
            "sky": program(gl, "screen.vert", ("sky.glsl", "sky.frag")),
        }
        corners = gl.buffer(np.array([-1, -1, 3, -1, -1, 3], np.float32))
        self._occlude = gl.vertex_array(self._programs["occlusion"], [(corners, "2f", "in_corner")])
        self._sky = gl.vertex_array(self._programs["sky"], [(corners, "2f", "in_corner")])
        self._exact = _exact(gl, width, height)
        self._small = _exact(gl, PEEK, max(round(PEEK * height / width), 1))
        self._occlusion = gl.framebuffer([gl.texture((width, height), 1, dtype="f1")])
        self._colour = gl.framebuffer(
            [gl.renderbuffer((width, height), 4, samples=SAMPLES, dtype="f2")],
            gl.depth_renderbuffer((width, height), samples=SAMPLES),
        )
        self._resolved = gl.framebuffer([gl.texture((width, height), 4, dtype="f2")])
        self._shadows = gl.depth_texture((TILES[0] * TILE, TILES[1] * TILE))
        self._shadows.compare_func = "<="
        self._atlas = gl.framebuffer([], self._shadows)
        self._textures = _layers(gl, textures)
        self._scene: Scene | None = None
        self._geometry: Geometry | None = None
        self._environment: Any = None
        self._materials: Any = None

    def load(self, scene: Scene) -> None:
        """Upload a scene and draw its shadow maps."""
        self._unload()
        gl = self._gl
        self._scene = scene
        self._geometry = Geometry(gl, scene, self._programs)
        table = material_table(scene.materials)
        self._materials = gl.texture((4, len(table)), 4, table, dtype="f4")
        self._materials.filter = (gl.NEAREST, gl.NEAREST)
        radiance = np.minimum(scene.lighting.environment.radiance, 6e4).astype(np.float16)
        self._environment = gl.texture((radiance.shape[1], radiance.shape[0]), 3, radiance, dtype="f2", alignment=1)
        self._environment.build_mipmaps()
        self._environment.repeat_y = False
        lights = shadow_lights(scene.lighting, self._geometry.low, self._geometry.high)
        self._draw_shadows(lights)
        self._put_light(scene, lights)

    def _draw_shadows(self, lights: list[ShadowLight]) -> None:
        self._gl.enable_only(DEPTH_TEST)
        self._atlas.use()
        self._atlas.viewport = (0, 0, *self._shadows.size)
        self._atlas.clear(depth=1.0)
        assert self._geometry is not None
        for light in lights:
            wide, high = self._shadows.size
            x, y, w, h = light.tile
            self._atlas.viewport = (round(x * wide), round(y * high), round(w * wide), round(h * high))
            self._atlas.use()
            for name in ("shadow", "shadow_cut"):
                put(self._programs[name], light=light.matrix)
                self._geometry.draw(name)

    def _put_light(self, scene: Scene, lights: list[ShadowLight]) -> None:
        lighting = scene.lighting
        place, colour = lighting.bounce or ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        rows = lights + [None] * (LIGHTS - len(lights))

        def stacked(field: str, shape: tuple[int, ...]) -> Floats:
            values = [np.zeros(shape) if light is None else getattr(light, field) for light in rows]
            return np.asarray(values, np.float32)

        for name in ("shade", "shade_cut"):
            put(
                self._programs[name],
                lights=len(lights),
                light_matrix=stacked("matrix", (4, 4)),
                light_tile=stacked("tile", (4,)),
                light_place=stacked("place", (4,)),
                light_direction=stacked("direction", (4,)),
                light_colour=stacked("colour", (4,)),
                light_softness=stacked("softness", ()),
                harmonics=harmonics(lighting.environment),
                ambient=lighting.ambient,
                bounce_place=place,
                bounce_colour=colour,
                fog=lighting.fog,
                levels=float(np.log2(lighting.environment.radiance.shape[0])),
                size=tuple(map(float, self._size)),
                turn=lighting.environment.turn,
                materials=0,
                textures=1,
                occlusion=2,
                environment=3,
                shadows=4,
            )
        put(self._programs["sky"], fog=lighting.fog, turn=lighting.environment.turn, environment=3)
        put(self._programs["occlusion"], geometry=5, radius=OUTDOOR_RADIUS if lighting.sun else INDOOR_RADIUS)

    def render(self, view: View) -> Rendered:
        """A view of the current scene."""
        _, geometry = self._current()
        seen = camera(view, *self._size, geometry.reach(view.eye))
        self._draw_exact(self._exact, seen)
        self._gl.disable(DEPTH_TEST)
        self._occlusion.use()
        put(self._programs["occlusion"], half_size=seen.half_size)
        self._exact.color_attachments[0].use(5)
        self._occlude.render(vertices=3)
        self._draw_colour(seen)
        width, height = self._size
        exact = np.frombuffer(self._exact.read(components=4, dtype="f4"), np.float32).reshape(height, width, 4)
        owner = np.frombuffer(self._exact.color_attachments[1].read(), np.uint32).reshape(height, width)
        radiance = np.frombuffer(self._resolved.read(components=3, dtype="f2"), np.float16).reshape(height, width, 3)
        thing, material = _owners(owner)
        return Rendered(radiance.astype(np.float32), exact[..., 3].copy(), exact[..., :3].copy(), thing, material)

    def peek(self, view: View) -> tuple[FloatImage, Ints]:
        """Depth and thing of a view in a small picture."""
        _, geometry = self._current()
        width, height = self._small.size
        seen = camera(view, width, height, geometry.reach(view.eye))
        self._draw_exact(self._small, seen)
        exact = np.frombuffer(self._small.read(components=4, dtype="f4"), np.float32).reshape(height, width, 4)
        owner = np.frombuffer(self._small.color_attachments[1].read(), np.uint32).reshape(height, width)
        return exact[..., 3].copy(), _owners(owner)[0]

    def _draw_exact(self, target: Any, seen: Camera) -> None:
        self._gl.enable_only(DEPTH_TEST)
        target.use()
        target.clear()
        assert self._geometry is not None
        for name in ("geometry", "geometry_cut"):
            put(self._programs[name], eye=seen.eye, rotation=seen.rotation, lens=seen.lens)
            self._geometry.draw(name)

    def _draw_colour(self, seen: Camera) -> None:
        gl, geometry = self._gl, self._geometry
        assert geometry is not None
        self._colour.use()
        self._colour.clear()
        bound = (
            self._materials,
            self._textures,
            self._occlusion.color_attachments[0],
            self._environment,
            self._shadows,
        )
        for unit, texture in enumerate(bound):
            texture.use(unit)
        gl.enable_only(DEPTH_TEST)
        for name in ("shade", "shade_cut"):
            put(self._programs[name], eye=seen.eye, rotation=seen.rotation, lens=seen.lens)
        geometry.draw("shade")
        gl.enable_direct(ALPHA_TO_COVERAGE)
        geometry.draw("shade_cut")
        gl.disable_direct(ALPHA_TO_COVERAGE)
        gl.depth_func = "<="
        put(self._programs["sky"], rotation=seen.rotation, half_size=seen.half_size)
        self._sky.render(vertices=3)
        gl.depth_func = "<"
        if geometry.has_clear:
            gl.enable(BLEND)
            gl.blend_func = gl.ONE, gl.ONE_MINUS_SRC_ALPHA
            geometry.draw_clear(seen)
            gl.disable(BLEND)
        gl.copy_framebuffer(self._resolved, self._colour)

    def _current(self) -> tuple[Scene, Geometry]:
        if self._scene is None or self._geometry is None:
            raise RuntimeError("load a scene first")
        return self._scene, self._geometry

    def _unload(self) -> None:
        for held in (self._geometry, self._environment, self._materials):
            if held is not None:
                held.release()
        self._scene = self._geometry = self._environment = self._materials = None

    def close(self) -> None:
        """Release everything, the context too."""
        self._unload()
        self._gl.release()

    def __enter__(self) -> GlRenderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _exact(gl: Any, width: int, height: int) -> Any:
    """A target for gbuffer.frag."""
    geometry = gl.texture((width, height), 4, dtype="f4")
    geometry.filter = (gl.NEAREST, gl.NEAREST)
    owner = gl.texture((width, height), 1, dtype="u4")
    owner.filter = (gl.NEAREST, gl.NEAREST)
    return gl.framebuffer([geometry, owner], gl.depth_renderbuffer((width, height)))


def _layers(gl: Any, textures: TextureSet) -> Any:
    """The texture array; its first row is v = 0, as both sides have it."""
    count, side = textures.array.shape[:2]
    array = gl.texture_array((side, side, count), 3, np.ascontiguousarray(textures.array))
    array.build_mipmaps()
    array.filter = (gl.LINEAR_MIPMAP_LINEAR, gl.LINEAR)
    return array


def _owners(owner: np.ndarray) -> tuple[Ints, Ints]:
    """Thing and material of every pixel; -1 where nothing was drawn."""
    number = owner.astype(np.int64) - 1
    return (number >> 16).astype(np.int32), np.where(number < 0, -1, number & 0xFFFF).astype(np.int32)
