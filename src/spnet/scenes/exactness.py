"""Depth of a view by an independent ray caster (Intel's Embree), to check renderers against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.extras import need
from spnet.scenes.scene import LEAF, Ints, Rendered, Scene, View
from spnet.types import BoolImage, FloatImage


def ray_cast(scene: Scene, view: View, width: int, height: int) -> tuple[FloatImage, Ints]:
    """What the rays through the pixels' centres meet first.

    Args:
        scene: its triangles are taken whole: leaves are not cut out.
        view: camera.
        width, height: of the picture, pixels.

    Returns:
        (H, W) float32 depth in metres, 0 = nothing; (H, W) int32 triangle, -1 = nothing.

    Raises:
        MissingExtra: embreex is not installed.
    """
    core = need("embreex.rtcore_scene", "dev", "Checks of depth")
    meshes = need("embreex.mesh_construction", "dev", "Checks of depth")
    embree = core.EmbreeScene(robust=True)
    # Embree keeps single precision: shifting the world to the eye first keeps the error small
    meshes.TriangleMesh(embree, (scene.mesh.corners.astype(np.float64) - view.eye).astype(np.float32))
    camera = view.intrinsics(width, height)
    y, x = np.mgrid[:height, :width]
    rays = np.stack([(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, np.ones(x.shape)], -1)
    towards = (rays @ view.rotation()).reshape(-1, 3).astype(np.float32)
    found = embree.run(np.zeros_like(towards), towards, output=True)
    triangle = found["primID"].astype(np.int32).reshape(height, width)
    # rays have length 1 along z, so that their parameter is the depth
    depth = np.where(triangle >= 0, found["tfar"].reshape(height, width), 0).astype(np.float32)
    return depth, triangle


@dataclass(frozen=True)
class Deviation:
    """How far a renderer's depth is from the ray caster's.

    Attributes:
        median: of the relative error over all compared pixels.
        within: share of them that differ by less than 1 mm a metre.
        pixels: how many were compared.
    """

    median: float
    within: float
    pixels: int


def deviation(scene: Scene, view: View, rendered: Rendered) -> Deviation:
    """Compare the depth of a picture with the ray caster's, where no leaf is near.

    Args:
        scene, view: what was rendered.
        rendered: the result.
    """
    height, width = rendered.depth.shape
    depth, triangle = ray_cast(scene, view, width, height)
    leaf = np.array([m.mapping == LEAF for m in scene.materials])
    cut: BoolImage = np.where(triangle >= 0, leaf[scene.mesh.material[triangle]], False)
    cut |= np.where(rendered.material >= 0, leaf[rendered.material], False)
    compared = ~_grown(cut) & ((depth > 0) | (rendered.depth > 0))
    true, found = depth[compared].astype(np.float64), rendered.depth[compared].astype(np.float64)
    error = np.abs(found - true) / np.maximum(np.maximum(true, found), 1e-9)
    return Deviation(float(np.median(error)), float((error < 1e-3).mean()), int(compared.sum()))


def _grown(mask: BoolImage) -> BoolImage:
    """The mask and its neighbours."""
    padded = np.pad(mask, 1)
    h, w = mask.shape
    grown = np.zeros_like(mask)
    for i in range(3):
        for j in range(3):
            grown |= padded[i : i + h, j : j + w]
    return grown
