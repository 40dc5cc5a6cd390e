"""The renderer by OpenGL.

Triangles are drawn for their numbers alone, which is cheap; then every pixel is shaded once, and at edges some samples
more (`samples`). On a CPU this costs a third of shading while drawing, because small triangles shade whole blocks.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np

from spnet.scenes.renderer.base import PEEK
from spnet.scenes.renderer.context import open_context, program, put
from spnet.scenes.renderer.frames import LIGHTS, TILE, TILES, Camera, ShadowLight, camera, shadow_lights
from spnet.scenes.renderer.geometry import CLEAR, CUT, GLOWING, PARTS, SOLID, Geometry
from spnet.scenes.renderer.samples import Behind, Indices, Numbers, compose, find_edges, see_through
from spnet.scenes.renderer.tables import harmonics, material_table
from spnet.scenes.scene import Floats, Ints, Rendered, Scene, View
from spnet.scenes.textures import TextureSet
from spnet.types import FloatImage

DEPTH_TEST = 2  # moderngl's flag
LIST = 512  # side of the list of places that are shaded at once, a square
INDOOR_RADIUS, OUTDOOR_RADIUS = 0.45, 0.9  # of ambient occlusion, metres; ours
# Units that textures are bound to.
MATERIALS, TEXTURES, OCCLUSION, ENVIRONMENT, SHADOWS, GEOMETRY, NUMBERS, PLACES = range(8)


class GlRenderer:
    """A `Renderer` by OpenGL 4.3 without a window."""

    name = "gl"

    def __init__(self, width: int, height: int, textures: TextureSet) -> None:
        """Open a context and make everything that does not depend on the scene.

        Raises:
            NoContext: there is none to be had.
        """
        self._gl = gl = open_context()
        self.description = str(gl.info["GL_RENDERER"])
        self._size = width, height
        self._drawn = {
            "exact": _pair(gl, "triangles.vert", "exact.frag"),
            "number": _pair(gl, "triangles.vert", "number.frag"),
            "behind": _pair(gl, "triangles.vert", "number.frag", "BEHIND"),
            "shadow": _pair(gl, "shadow.vert", "shadow.frag"),
        }
        self._occlude = _Screen(gl, "occlusion.frag")
        self._collect = _Screen(gl, "samples.frag")
        self._shade = _Screen(gl, "sky.glsl", "shade.frag")
        self._shade_list = _Screen(gl, "sky.glsl", "shade.frag", define="LISTED")
        self._targets = _Targets(gl, width, height)
        self._shadows = gl.depth_texture((TILES[0] * TILE, TILES[1] * TILE))
        self._shadows.compare_func = "<="
        self._atlas = gl.framebuffer([], self._shadows)
        self._textures = _layers(gl, textures)
        self._geometry: Geometry | None = None
        self._environment: Any = None
        self._materials: Any = None

    def load(self, scene: Scene) -> None:
        """Upload a scene and draw its shadow maps."""
        self._unload()
        gl = self._gl
        self._geometry = geometry = Geometry(gl, scene)
        table = material_table(scene.materials)
        self._materials = gl.texture((4, len(table)), 4, table, dtype="f4")
        self._materials.filter = (gl.NEAREST, gl.NEAREST)
        radiance = np.minimum(scene.lighting.environment.radiance, 6e4).astype(np.float16)
        self._environment = gl.texture((radiance.shape[1], radiance.shape[0]), 3, radiance, dtype="f2", alignment=1)
        self._environment.build_mipmaps()
        self._environment.repeat_y = False
        lights = shadow_lights(scene.lighting, geometry.low, geometry.high)
        self._draw_shadows(geometry, lights)
        self._put_light(scene, lights)

    def _draw_shadows(self, geometry: Geometry, lights: list[ShadowLight]) -> None:
        self._gl.enable_only(DEPTH_TEST)
        wide, high = self._shadows.size
        self._atlas.viewport = (0, 0, wide, high)
        self._atlas.use()
        self._atlas.clear(depth=1.0)
        for light in lights:
            x, y, w, h = light.tile
            self._atlas.viewport = (round(x * wide), round(y * high), round(w * wide), round(h * high))
            self._atlas.use()
            for one in self._drawn["shadow"]:
                put(one, light=light.matrix)
            geometry.draw("shadow", self._drawn["shadow"], (SOLID, CUT))

    def _put_light(self, scene: Scene, lights: list[ShadowLight]) -> None:
        lighting = scene.lighting
        place, colour = lighting.bounce or ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        rows = lights + [None] * (LIGHTS - len(lights))

        def stacked(field: str, shape: tuple[int, ...]) -> Floats:
            values = [np.zeros(shape) if light is None else getattr(light, field) for light in rows]
            return np.asarray(values, np.float32)

        for screen in (self._shade, self._shade_list):
            put(
                screen.program,
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
                turn=lighting.environment.turn,
                levels=float(np.log2(lighting.environment.radiance.shape[0])),
                size=tuple(map(float, self._size)),
                materials=MATERIALS,
                textures=TEXTURES,
                occlusion=OCCLUSION,
                environment=ENVIRONMENT,
                shadows=SHADOWS,
                numbers=NUMBERS,
                places=PLACES,
            )
        radius = OUTDOOR_RADIUS if lighting.sun and scene.lighting.environment.visible else INDOOR_RADIUS
        put(self._occlude.program, geometry=GEOMETRY, radius=radius)

    def render(self, view: View) -> Rendered:
        """A view of the current scene."""
        geometry, targets, (width, height) = self._loaded(), self._targets, self._size
        seen = camera(view, width, height, geometry.reach(view.eye))
        self._draw(targets.exact, "exact", seen, PARTS)
        self._draw(targets.samples, "number", seen, PARTS)
        self._gl.disable(DEPTH_TEST)
        targets.samples.color_attachments[0].use(NUMBERS)
        self._collect.draw(targets.collected, numbers=NUMBERS)
        samples = np.frombuffer(targets.collected.read(components=4, dtype="u4"), np.uint32)
        targets.exact.color_attachments[0].use(GEOMETRY)
        self._occlude.draw(targets.occlusion, half_size=seen.half_size)
        exact = np.frombuffer(targets.exact.read(components=4, dtype="f4"), np.float32).reshape(height, width, 4)
        centre = _numbers(targets.exact, 1)

        colour = self._shade_centres(seen)
        edges = find_edges(centre, samples.reshape(height, width, 4), geometry)
        pixels = see_through(centre, edges, geometry) if geometry.has(CLEAR) else np.zeros(0, np.int64)
        behind = self._behind(seen, pixels) if len(pixels) else None
        place, number = edges.place, edges.number
        if behind is not None:
            more, numbers = behind.entries(width)
            place, number = np.concatenate([place, more]), np.concatenate([number, numbers])
        shaded = self._shade_places(seen, place, number)
        count = len(edges.number)
        back = behind.colour(shaded[count:]) if behind is not None else None
        radiance = compose(colour, np.concatenate([shaded[:count], np.zeros((1, 4), np.float32)]), edges, behind, back)
        thing, material = _owners(geometry, centre)
        return Rendered(radiance, exact[..., 3].copy(), exact[..., :3].copy(), thing, material)

    def peek(self, view: View) -> tuple[FloatImage, Ints]:
        """Depth and thing of a view in a small picture."""
        geometry, target = self._loaded(), self._targets.small
        width, height = target.size
        self._draw(target, "exact", camera(view, width, height, geometry.reach(view.eye)), PARTS)
        exact = np.frombuffer(target.read(components=4, dtype="f4"), np.float32).reshape(height, width, 4)
        return exact[..., 3].copy(), _owners(geometry, _numbers(target, 1))[0]

    def _draw(self, target: Any, name: str, seen: Camera, parts: Any, *, clear: bool = True) -> None:
        self._gl.enable_only(DEPTH_TEST)
        target.use()
        if clear:
            target.clear()
        for one in self._drawn[name]:
            put(one, eye=seen.eye, rotation=seen.rotation, lens=seen.lens)
        self._loaded().draw(name, self._drawn[name], parts)

    def _behind(self, seen: Camera, pixels: Indices) -> Behind:
        """What lies behind see-through surfaces at some pixels."""
        targets = self._targets
        self._draw(targets.solid, "number", seen, (SOLID, GLOWING, CUT))
        # with its depth, so that only what is before it is drawn
        self._gl.copy_framebuffer(targets.nearest, targets.solid)
        targets.exact.color_attachments[0].use(GEOMETRY)
        put(self._drawn["behind"][0], front=GEOMETRY)
        self._draw(targets.nearest, "behind", seen, (CLEAR,), clear=False)
        solid, nearest = (_numbers(target, 0).reshape(-1)[pixels] for target in (targets.solid, targets.nearest))
        return Behind(pixels, np.where(nearest == solid, 0, nearest).astype(np.uint32), solid)

    def _bind(self) -> None:
        self._gl.disable(DEPTH_TEST)
        self._loaded().bind()
        self._materials.use(MATERIALS)
        self._textures.use(TEXTURES)
        self._targets.occlusion.color_attachments[0].use(OCCLUSION)
        self._environment.use(ENVIRONMENT)
        self._shadows.use(SHADOWS)

    def _shade_centres(self, seen: Camera) -> Floats:
        """(H, W, 4) colour of every pixel's centre, the alpha last."""
        width, height = self._size
        self._bind()
        self._targets.exact.color_attachments[1].use(NUMBERS)
        target = self._targets.colour
        self._shade.draw(target, eye=seen.eye, rotation=seen.rotation, half_size=seen.half_size)
        return np.frombuffer(target.read(components=4, dtype="f2"), np.float16).reshape(height, width, 4).astype("f4")

    def _shade_places(self, seen: Camera, place: Floats, number: Numbers) -> Floats:
        """(m, 4) colour of m places."""
        self._bind()
        target = self._targets.listed
        self._targets.places.use(PLACES)
        self._targets.numbers.use(NUMBERS)
        colours = [np.zeros((0, 4), np.float32)]
        for start in range(0, len(number), LIST * LIST):
            count = min(len(number) - start, LIST * LIST)
            rows = -(-count // LIST)
            padded = np.zeros((rows * LIST, 2), np.float32), np.zeros(rows * LIST, np.uint32)
            padded[0][:count], padded[1][:count] = place[start : start + count], number[start : start + count]
            self._targets.places.write(padded[0], viewport=(0, 0, LIST, rows))
            self._targets.numbers.write(padded[1], viewport=(0, 0, LIST, rows))
            target.viewport = (0, 0, LIST, rows)
            self._shade_list.draw(target, eye=seen.eye, rotation=seen.rotation, half_size=seen.half_size)
            data = target.read(viewport=(0, 0, LIST, rows), components=4, dtype="f2")
            colours.append(np.frombuffer(data, np.float16).reshape(-1, 4)[:count].astype(np.float32))
        return np.concatenate(colours)

    def _loaded(self) -> Geometry:
        if self._geometry is None:
            raise RuntimeError("load a scene first")
        return self._geometry

    def _unload(self) -> None:
        for held in (self._geometry, self._environment, self._materials):
            if held is not None:
                held.release()
        self._geometry = self._environment = self._materials = None

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


class _Screen:
    """A program that covers a target."""

    def __init__(self, gl: Any, *fragment: str, define: str = "") -> None:
        self.program = program(gl, "screen.vert", fragment, define)
        corners = gl.buffer(np.array([-1, -1, 3, -1, -1, 3], np.float32))
        self._array = gl.vertex_array(self.program, [(corners, "2f", "in_corner")])

    def draw(self, target: Any, **uniforms: Any) -> None:
        """Fill the target's viewport."""
        put(self.program, **uniforms)
        target.use()
        self._array.render(vertices=3)


class _Targets:
    """What is drawn into, for pictures of one size."""

    def __init__(self, gl: Any, width: int, height: int) -> None:
        size = width, height
        self.exact = _exact(gl, size)
        self.small = _exact(gl, (PEEK, max(round(PEEK * height / width), 1)))
        self.samples = gl.framebuffer(
            [gl.texture(size, 1, samples=4, dtype="u4")], gl.depth_renderbuffer(size, samples=4)
        )
        self.collected = gl.framebuffer([_plain(gl, size, 4, "u4")])
        self.solid = gl.framebuffer([_plain(gl, size, 1, "u4")], gl.depth_renderbuffer(size))
        self.nearest = gl.framebuffer([_plain(gl, size, 1, "u4")], gl.depth_renderbuffer(size))
        self.occlusion = gl.framebuffer([gl.texture(size, 1, dtype="f1")])
        self.colour = gl.framebuffer([_plain(gl, size, 4, "f2")])
        self.listed = gl.framebuffer([_plain(gl, (LIST, LIST), 4, "f2")])
        self.places = _plain(gl, (LIST, LIST), 2, "f4")
        self.numbers = _plain(gl, (LIST, LIST), 1, "u4")


def _pair(gl: Any, vertex: str, fragment: str, define: str = "") -> tuple[Any, Any]:
    """Programs for whole triangles and for those that leaves are cut out of."""
    return program(gl, vertex, (fragment,), define), program(gl, vertex, (fragment,), f"{define} CUT")


def _plain(gl: Any, size: tuple[int, int], components: int, kind: str) -> Any:
    texture = gl.texture(size, components, dtype=kind)
    texture.filter = (gl.NEAREST, gl.NEAREST)
    return texture


def _exact(gl: Any, size: tuple[int, int]) -> Any:
    """A target for exact.frag."""
    return gl.framebuffer([_plain(gl, size, 4, "f4"), _plain(gl, size, 1, "u4")], gl.depth_renderbuffer(size))


def _layers(gl: Any, textures: TextureSet) -> Any:
    """The texture array; its first row is v = 0, as both sides have it."""
    count, side = textures.array.shape[:2]
    array = gl.texture_array((side, side, count), 3, np.ascontiguousarray(textures.array))
    array.build_mipmaps()
    array.filter = (gl.LINEAR_MIPMAP_LINEAR, gl.LINEAR)
    return array


def _numbers(target: Any, attachment: int) -> Numbers:
    """(H, W) numbers of triangles that a target holds."""
    data = np.frombuffer(target.color_attachments[attachment].read(), np.uint32)
    return data.reshape(target.size[::-1])


def _owners(geometry: Geometry, number: Numbers) -> tuple[Ints, Ints]:
    """Thing and material of every pixel; -1 where nothing was drawn."""
    owner = geometry.owner[number]
    return (owner >> 16).astype(np.int32), np.where(owner < 0, -1, owner & 0xFFFF).astype(np.int32)
