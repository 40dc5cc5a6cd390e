"""The renderer by OpenGL.

Triangles are drawn for their numbers alone, which is cheap; then every pixel is shaded once, and at edges some samples
more (`samples`). On a CPU this costs far less than shading while drawing, where small triangles shade whole blocks.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np

from spnet.scenes.renderer.baker import Baker, Probes
from spnet.scenes.renderer.context import open_context, program, put
from spnet.scenes.renderer.frames import TILE, TILES, Camera, ShadowLight, around, camera, light_uniforms, shadow_lights
from spnet.scenes.renderer.geometry import CLEAR, CUT, GLOWING, PARTS, SOLID, Geometry
from spnet.scenes.renderer.samples import Behind, Indices, Numbers, compose, find_edges, see_through
from spnet.scenes.renderer.screen import (
    BLUE,
    ENVIRONMENT,
    GEOMETRY,
    GREEN,
    MATERIALS,
    NUMBERS,
    OCCLUSION,
    PLACES,
    RED,
    SHADOWS,
    SURROUNDINGS,
    TEXTURES,
    Screen,
    blurred,
)
from spnet.scenes.renderer.tables import material_table, unfolded
from spnet.scenes.renderer.targets import FACE, LIST, Targets
from spnet.scenes.scene import Floats, Ints, Rendered, Scene, Triple, View
from spnet.scenes.textures import TextureSet
from spnet.types import FloatImage

DEPTH_TEST = 2  # moderngl's flag
INDOOR_RADIUS, OUTDOOR_RADIUS = 0.45, 0.9  # of ambient occlusion, metres; ours


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
        self._occlude = Screen(gl, "occlusion.frag")
        self._collect = Screen(gl, "samples.frag")
        parts = ("sky.glsl", "lights.glsl", "shade.frag")
        self._shade = Screen(gl, *parts)
        self._shade_list = Screen(gl, *parts, define="LISTED")
        self._baker = Baker(gl)
        self._targets = Targets(gl, width, height)
        self._shadows = gl.depth_texture((TILES[0] * TILE, TILES[1] * TILE))
        self._shadows.compare_func = "<="
        self._atlas = gl.framebuffer([], self._shadows)
        self._textures = textures
        self._layers = _layers(gl, textures)
        self._probes: Probes | None = None
        self._surroundings: Any = None
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
        self._environment = blurred(gl, scene.lighting.environment.radiance)
        lights = shadow_lights(scene.lighting, geometry.low, geometry.high)
        self._draw_shadows(geometry, lights)
        for screen in (self._shade, self._shade_list, self._baker.direct):
            screen.put(**light_uniforms(lights))
        gl.disable(DEPTH_TEST)
        self._shadows.use(SHADOWS)
        self._probes = self._baker.bake(scene, self._textures)
        self._put_light(scene)
        if not scene.lighting.environment.visible:
            self._surroundings = self._seen_around(scene, self._probes)

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

    def _put_light(self, scene: Scene) -> None:
        lighting = scene.lighting
        outside = lighting.environment.visible  # reflected as it is, as there is too much to draw around
        assert self._probes is not None
        for screen in (self._shade, self._shade_list):
            screen.put(
                **self._probes.uniforms(),
                ambient=lighting.ambient,
                fog=lighting.fog,
                turn=lighting.environment.turn,
                size=tuple(map(float, self._size)),
                surroundings_turn=lighting.environment.turn if outside else 0.0,
                surroundings_levels=float(np.log2(lighting.environment.radiance.shape[0])) if outside else 0.0,
                room_low=np.zeros(3),
                room_high=np.zeros(3),
            )
        self._occlude.put(radius=OUTDOOR_RADIUS if outside else INDOOR_RADIUS)

    def _seen_around(self, scene: Scene, probes: Probes) -> Any:
        """What glossy surfaces reflect indoors: a map of the scene from a free point near its middle."""
        target, colour = self._targets.face, self._targets.face_colour
        faces = []
        for seen in around(probes.open_point, self._loaded().reach(_triple(probes.open_point))):
            self._draw(target, "exact", seen, (SOLID, GLOWING, CUT))
            faces.append(self._shade_centres(seen, target, colour, self._targets.white)[..., :3])
        for screen in (self._shade, self._shade_list):
            screen.put(
                surroundings_eye=probes.open_point,
                surroundings_levels=float(np.log2(FACE)),
                room_low=probes.grid.low,
                room_high=probes.grid.low + probes.grid.size,
            )
        return blurred(self._gl, unfolded(np.stack(faces)))

    def render(self, view: View) -> Rendered:
        """A view of the current scene."""
        geometry, targets, (width, height) = self._loaded(), self._targets, self._size
        seen = camera(view, width, height, geometry.reach(view.eye))
        self._draw(targets.exact, "exact", seen, PARTS)
        self._draw(targets.samples, "number", seen, PARTS)
        self._gl.disable(DEPTH_TEST)
        targets.samples.color_attachments[0].use(NUMBERS)
        self._collect.draw(targets.collected)
        samples = np.frombuffer(targets.collected.read(components=4, dtype="u4"), np.uint32)
        targets.exact.color_attachments[0].use(GEOMETRY)
        self._occlude.draw(targets.occlusion, half_size=seen.half_size)
        exact = np.frombuffer(targets.exact.read(components=4, dtype="f4"), np.float32).reshape(height, width, 4)
        centre = _numbers(targets.exact, 1)

        colour = self._shade_centres(seen, targets.exact, targets.colour, targets.occlusion)
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
        return Rendered(radiance, exact[..., 3].copy(), _facing(geometry, centre, seen), thing, material)

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
        self._loaded().draw(name, self._drawn[name], parts, seen)

    def _behind(self, seen: Camera, pixels: Indices) -> Behind:
        """What lies behind see-through surfaces at some pixels."""
        targets = self._targets
        seen = seen.around_pixels(pixels, *self._size)
        self._draw(targets.solid, "number", seen, (SOLID, GLOWING, CUT))
        # with its depth, so that only what is before it is drawn
        self._gl.copy_framebuffer(targets.nearest, targets.solid)
        targets.exact.color_attachments[0].use(GEOMETRY)
        put(self._drawn["behind"][0], front=GEOMETRY)
        self._draw(targets.nearest, "behind", seen, (CLEAR,), clear=False)
        solid, nearest = (_numbers(target, 0).reshape(-1)[pixels] for target in (targets.solid, targets.nearest))
        return Behind(pixels, np.where(nearest == solid, 0, nearest).astype(np.uint32), solid)

    def _bind(self, occlusion: Any) -> None:
        self._gl.disable(DEPTH_TEST)
        self._loaded().bind()
        self._materials.use(MATERIALS)
        self._layers.use(TEXTURES)
        occlusion.color_attachments[0].use(OCCLUSION)
        self._environment.use(ENVIRONMENT)
        self._shadows.use(SHADOWS)
        (self._surroundings or self._environment).use(SURROUNDINGS)
        assert self._probes is not None
        for unit, texture in zip((RED, GREEN, BLUE), self._probes.textures, strict=True):
            texture.use(unit)

    def _shade_centres(self, seen: Camera, exact: Any, target: Any, occlusion: Any) -> Floats:
        """(H, W, 4) colour of every pixel's centre, the alpha last.

        Args:
            seen: from where.
            exact: target that holds the triangles' numbers.
            target: of the colours.
            occlusion: target that holds the ambient occlusion.
        """
        width, height = target.size
        self._bind(occlusion)
        exact.color_attachments[1].use(NUMBERS)
        size = (float(width), float(height))
        self._shade.draw(target, eye=seen.eye, rotation=seen.rotation, half_size=seen.half_size, size=size)
        return np.frombuffer(target.read(components=4, dtype="f2"), np.float16).reshape(height, width, 4).astype("f4")

    def _shade_places(self, seen: Camera, place: Floats, number: Numbers) -> Floats:
        """(m, 4) colour of m places."""
        self._bind(self._targets.occlusion)
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
        for held in (self._geometry, self._environment, self._materials, self._probes, self._surroundings):
            if held is not None:
                held.release()
        self._geometry = self._environment = self._materials = self._probes = self._surroundings = None

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


def _pair(gl: Any, vertex: str, fragment: str, define: str = "") -> tuple[Any, Any]:
    """Programs for whole triangles and for those that leaves are cut out of."""
    return program(gl, vertex, (fragment,), define), program(gl, vertex, (fragment,), f"{define} CUT")


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


def _facing(geometry: Geometry, number: Numbers, seen: Camera) -> Floats:
    """(H, W, 3) the triangles' normals in camera axes, towards the camera; zeros where nothing was drawn.

    Those of exact.frag, from differences between pixels, are off at triangles of the size of a pixel.
    """
    height, width = number.shape
    x, y = seen.half_size
    across = ((np.arange(width) + 0.5) / width * 2 - 1) * x
    down = ((np.arange(height) + 0.5) / height * 2 - 1) * y
    normal = geometry.normal[number] @ seen.rotation.T.astype(np.float32)
    away = normal[..., 0] * across + normal[..., 1] * down[:, None] + normal[..., 2] > 0
    normal[away] *= -1
    return np.asarray(normal, np.float32)


def _owners(geometry: Geometry, number: Numbers) -> tuple[Ints, Ints]:
    """Thing and material of every pixel; -1 where nothing was drawn."""
    owner = geometry.owner[number]
    return (owner >> 16).astype(np.int32), np.where(owner < 0, -1, owner & 0xFFFF).astype(np.int32)


def _triple(values: Floats) -> Triple:
    x, y, z = (float(v) for v in values)
    return x, y, z
