"""Shapes, units and the plain data types that everything else passes on.

Shape legend: B batch, H height, W width, C channels. Arrays of one image are (H, W) or (H, W, 3), tensors
of a batch are channels-first (B, C, H, W).

Units: depth is z-depth (distance along the optical axis) in metres, float32, never NaN; a boolean mask says
where it is known. On tensors that enter a network, depth is divided by `max_depth` and 0 means unknown.
Colour is uint8 RGB at the edges and float32 in [0, 1] inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatImage = NDArray[np.float32]  # (H, W), metres
ByteImage = NDArray[np.uint8]  # (H, W, 3), RGB
BoolImage = NDArray[np.bool_]  # (H, W)
AnyArray = NDArray[Any]


@dataclass(frozen=True)
class Intrinsics:
    """Pinhole camera: focal lengths and principal point in pixels (x right, y down, z forward)."""

    fx: float
    fy: float
    cx: float
    cy: float


@dataclass(frozen=True)
class Surface:
    """What a generated scene knows of the surface that each pixel sees; simulated sensors use it instead of guesses.

    Attributes:
        normals: (H, W, 3) float32 unit vectors in the camera's axes, facing the camera; 0 = unknown.
        material: (H, W) integers, row of `materials`; -1 = unknown.
        materials: (M, 6) float32: red, green and blue of the linear albedo, roughness (0 mirror to 1 matt), reflectance
            at normal incidence, opacity (1 solid, 0 invisible); each 0 to 1.
    """

    normals: FloatImage
    material: NDArray[np.integer[Any]]
    materials: NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """One image with what is known of its depth.

    Attributes:
        rgb: (H, W, 3) uint8.
        depth: (H, W) float32 metres, 0 = unknown.
        name: file stem, for reports.
        max_depth: the scale that the file was stored with, in metres, where there is one.
        intrinsics: the camera, where it is known.
        dataset: name of the data set, where the sample belongs to one.
        pattern: name of the sparsity pattern that the depth was thinned by, where it was.
        surface: true normals and materials, where the image was rendered.
    """

    rgb: ByteImage
    depth: FloatImage
    name: str = ""
    max_depth: float | None = None
    intrinsics: Intrinsics | None = None
    dataset: str = ""
    pattern: str = ""
    surface: Surface | None = None

    @property
    def mask(self) -> BoolImage:
        """(H, W) True where the depth is known."""
        return self.depth > 0
