"""Meshes of simple solids, from which furniture, buildings and plants are put together. Metres, z up.

Texture coordinates are metres along the surface wherever a shape has a natural measure, so that one material fits parts
of any size; v runs up on upright faces. `quad` and `grid` span the unit square instead.
"""

from spnet.scenes.shapes.flat import Matrix, bevelled, box, boxes, extruded, grid, of_triangles, quad, tilt, turn
from spnet.scenes.shapes.rounded import arc, bar, cushion, ellipsoid, lathe, smooth, torus, tube

__all__ = [
    "Matrix",
    "arc",
    "bar",
    "bevelled",
    "box",
    "boxes",
    "cushion",
    "ellipsoid",
    "extruded",
    "grid",
    "lathe",
    "of_triangles",
    "quad",
    "smooth",
    "tilt",
    "torus",
    "tube",
    "turn",
]
