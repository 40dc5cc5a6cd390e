"""Materials and surrounding light as arrays of numbers for a renderer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from spnet.scenes.renderer.frames import cube_rotation
from spnet.scenes.scene import BY_UV, BY_WORLD, LEAF, Environment, Floats, Material

MAPPINGS = (BY_UV, BY_WORLD, LEAF)


def material_table(materials: Sequence[Material]) -> Floats:
    """(M, 4, 4): the fields of `Surface` in shaders/common.glsl, in their order."""
    rows = [
        (
            *(*m.colour, m.texture),
            *(MAPPINGS.index(m.mapping), m.scale, m.roughness, m.reflectance),
            *(m.grain, 1 / max(m.grain_size, 1e-4), m.emission, m.bump),
            *(m.opacity, float(m.metal), 0.0, 0.0),
        )
        for m in materials
    ]
    return np.array(rows, np.float32).reshape(-1, 4, 4)


@lru_cache(maxsize=8)
def directions(height: int, width: int) -> Floats:
    """(h, w, 3) unit vectors of an equirectangular map's pixels; its middle column looks along x, its first row up."""
    polar = (np.arange(height) + 0.5) / height * np.pi
    around = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    sine = np.sin(polar)[:, None]
    xyz = np.broadcast_arrays(sine * np.cos(around), sine * np.sin(around), np.cos(polar)[:, None])
    unit = np.stack(xyz, -1).astype(np.float32)
    unit.flags.writeable = False  # it is kept
    return unit


def unfolded(faces: Floats) -> Floats:
    """(n, 2n, 3) equirectangular map from the six (n, n, 3) faces of a cube, in the order of `frames.CUBE`."""
    side = faces.shape[1]
    unit = directions(side, 2 * side)
    axis = np.abs(unit).argmax(-1)
    face = 2 * axis + (np.take_along_axis(unit, axis[..., None], -1)[..., 0] < 0)
    result = np.empty((side, 2 * side, 3), np.float32)
    for k in range(6):
        here = face == k
        seen = unit[here] @ cube_rotation(k).T
        pixel = np.clip(((seen[:, :2] / seen[:, 2:] + 1) / 2 * side).astype(int), 0, side - 1)
        result[here] = faces[k][pixel[:, 1], pixel[:, 0]]
    return result


def harmonics(environment: Environment) -> Floats:
    """(9, 3) coefficients of the light on a surface by its normal, divided by pi: a white surface shows this colour.

    Source: Ramamoorthi and Hanrahan, "An efficient representation for irradiance environment maps", 2001. The order is
    1, y, z, x, xy, yz, 3z²-1, xz, x²-y².
    """
    radiance = environment.radiance
    step = max(radiance.shape[0] // 32, 1)  # second order needs no more
    h, w = radiance.shape[0] // step, radiance.shape[1] // step
    small = radiance[: h * step, : w * step].reshape(h, step, w, step, 3).mean((1, 3))
    x, y, z = np.moveaxis(directions(h, w).astype(np.float64), -1, 0)
    angle = 2 * np.pi * environment.turn
    x, y = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    solid = np.sin((np.arange(h) + 0.5) / h * np.pi)[:, None] * (np.pi / h) * (2 * np.pi / w)
    bases = np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y])
    # square of each function's norm, times the cosine lobe's coefficient over pi
    first, second, third = 0.282095**2, 0.488603**2 * 2 / 3, 0.25
    norms = np.array([first, *[second] * 3, *[1.092548**2 * third] * 2, 0.315392**2 * third])
    norms = np.append(norms, [1.092548**2 * third, 0.546274**2 * third])
    light = np.einsum("khw,hwc->kc", bases * solid, small) * norms[:, None]
    return np.asarray(light, np.float32)
