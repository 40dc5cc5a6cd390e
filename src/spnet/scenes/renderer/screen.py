"""Programs that cover a target, and the textures that they read."""

from __future__ import annotations

from typing import Any

import numpy as np

from spnet.scenes.renderer.context import program, put
from spnet.types import AnyArray

# Units that textures are bound to.
MATERIALS, TEXTURES, OCCLUSION, ENVIRONMENT, SHADOWS, GEOMETRY, NUMBERS, PLACES, SURROUNDINGS, RED, GREEN, BLUE = range(
    12
)
UNITS = {
    "materials": MATERIALS,
    "textures": TEXTURES,
    "occlusion": OCCLUSION,
    "environment": ENVIRONMENT,
    "shadows": SHADOWS,
    "geometry": GEOMETRY,
    "numbers": NUMBERS,
    "places": PLACES,
    "surroundings": SURROUNDINGS,
    "probes_red": RED,
    "probes_green": GREEN,
    "probes_blue": BLUE,
    # those of baking, which reads none of the above but the shadows
    "points": PLACES,
    "facings": NUMBERS,
    "cover": RED,
    "sides": GREEN,
    "outer": ENVIRONMENT,
}


class Screen:
    """A program that is run for every pixel of a target."""

    def __init__(self, gl: Any, *fragment: str, define: str = "") -> None:
        """Compile.

        Args:
            gl: the context.
            fragment: files of the folder `shaders`, one after another.
            define: macros.
        """
        self.program = program(gl, "screen.vert", fragment, define)
        put(self.program, **UNITS)
        self._corners = gl.buffer(np.array([-1, -1, 3, -1, -1, 3], np.float32))
        self._array = gl.vertex_array(self.program, [(self._corners, "2f", "in_corner")])

    def put(self, **uniforms: Any) -> None:
        """Set uniforms."""
        put(self.program, **uniforms)

    def draw(self, target: Any, **uniforms: Any) -> None:
        """Fill the target's viewport."""
        put(self.program, **uniforms)
        target.use()
        self._array.render(vertices=3)


def plain(gl: Any, size: tuple[int, int], components: int, kind: str, data: AnyArray | None = None) -> Any:
    """A texture that is read texel by texel."""
    texture = gl.texture(size, components, data, dtype=kind)
    texture.filter = (gl.NEAREST, gl.NEAREST)
    return texture


def blurred(gl: Any, radiance: AnyArray) -> Any:
    """An equirectangular map with its mip map; (h, 2h, 3)."""
    half = np.minimum(radiance, 6e4).astype(np.float16)
    texture = gl.texture((half.shape[1], half.shape[0]), 3, np.ascontiguousarray(half), dtype="f2", alignment=1)
    texture.build_mipmaps()
    texture.repeat_y = False
    return texture


def solid(gl: Any, values: AnyArray) -> Any:
    """A three-dimensional texture of (z, y, x, c) or (z, y, x) values, interpolated, its rim going on outside."""
    deep, high, wide = values.shape[:3]
    components = values.shape[3] if values.ndim == 4 else 1
    data = np.ascontiguousarray(values, np.float16)
    texture = gl.texture3d((wide, high, deep), components, data, dtype="f2", alignment=1)
    texture.filter = (gl.LINEAR, gl.LINEAR)
    texture.repeat_x = texture.repeat_y = texture.repeat_z = False
    return texture
