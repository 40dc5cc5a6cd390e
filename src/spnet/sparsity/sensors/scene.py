"""What a depth sensor faces: inverse depth, slant, edges and reflectance of a scene.

From dense truth and colour; or, where a sample was rendered, from its true normals and materials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from spnet.geometry import default_intrinsics
from spnet.types import BoolImage, ByteImage, FloatImage, Intrinsics, Sample, Surface

Range = tuple[float, float]

# A pixel is at a depth edge where inverse depth departs by this share from the straight line through its neighbours.
# Inverse depth is linear in the image on any plane, so no slant is taken for an edge. The share is ours.
EDGE = 0.04
# Reflectance of what is as bright as the image's 95th percentile: white paper and paint reflect 80 to 90 %. Ours.
WHITE = 0.8
DARKEST = 0.02  # black velvet and soot; below it, colour says nothing
# Dyes differ in the infrared: a rendered material's albedo is multiplied by exp(this times a normal draw). Ours.
DYES = 0.3
# Share of what is seen that must be the surface itself, neither its mirror image nor what shines through; ours.
CLEAR = 0.5
BLINDING = 2.5  # times white paper: a mirror reflection of the sensor's own light that blinds it; ours


@dataclass(frozen=True)
class Scene:
    """A sample as a sensor sees it; every image is (H, W) float32.

    Attributes:
        inverse: 1/z in 1/m; 0 where the truth is unknown.
        depth: z in metres; 0 where the truth is unknown.
        camera: pinhole of the image.
        pixel: size of one pixel of the sensor in pixels of the image, 0.25 to 4.
        cosine: of the angle between surface normal and line of sight, 0 (grazing) to 1 (face on).
        reflectance: share of infrared light that the surface sends back to the sensor, 1 being a white matt surface:
            a guess of 0.02 to 0.8, or from the materials, over 1 where a glossy one faces the sensor.
        edges: True at a jump of depth.
        clear: True where the surface itself is seen, no mirror image and nothing through glass; None is everywhere.
    """

    inverse: FloatImage
    depth: FloatImage
    camera: Intrinsics
    pixel: float
    cosine: FloatImage
    reflectance: FloatImage
    edges: BoolImage
    clear: BoolImage | None = None

    @property
    def known(self) -> BoolImage:
        """(H, W) True where the truth is known."""
        return self.depth > 0

    @property
    def seen_itself(self) -> BoolImage:
        """(H, W) True where the truth is known, and is what a sensor sees there."""
        return self.known if self.clear is None else self.known & self.clear

    def size(self, pixels: float) -> int:
        """A length in the sensor's pixels as an odd number of the image's, at least 1."""
        return max(1, 2 * round((pixels * self.pixel - 1) / 2) + 1)


def face(sample: Sample, focal: float, rng: np.random.Generator) -> Scene:
    """The scene of a sample, for a sensor with the given focal length in its own pixels.

    The infrared reflectance is unknown; it is guessed from the colour, with random weights of red, green and blue, as
    many dyes that are dark to the eye are bright in the infrared and the other way round (ours). Where the sample has a
    `surface`, its true normals give the slant, and its materials the reflectance (`returned`).
    """
    shape = sample.depth.shape
    camera = sample.intrinsics or default_intrinsics(shape)
    known = np.isfinite(sample.depth) & (sample.depth > 0)
    depth = np.where(known, sample.depth, np.float32(0)).astype(np.float32)
    inverse = np.zeros(shape, np.float32)
    np.divide(np.float32(1), depth, out=inverse, where=known)
    weights = rng.dirichlet((4.0, 4.0, 2.0))
    if sample.surface is None:
        slant, reflectance, clear = cosine(inverse, camera), _reflectance(sample.rgb, weights), None
    else:
        slant = true_cosine(sample.surface, camera)
        reflectance, clear = returned(sample.surface, slant, weights, rng)
    return Scene(
        inverse=inverse,
        depth=depth,
        camera=camera,
        pixel=float(np.clip(camera.fx / focal, 0.25, 4.0)),
        cosine=slant,
        reflectance=reflectance,
        edges=edges(inverse),
        clear=clear,
    )


def true_cosine(surface: Surface, camera: Intrinsics) -> FloatImage:
    """Cosine of the angle between the true normal and the line of sight, (H, W), 0 to 1; 1 where none is known."""
    height, width = surface.normals.shape[:2]
    x = ((np.arange(width) - camera.cx) / camera.fx).astype(np.float32)[None, :]
    y = ((np.arange(height) - camera.cy) / camera.fy).astype(np.float32)[:, None]
    nx, ny, nz = (surface.normals[..., axis].astype(np.float32, copy=False) for axis in range(3))
    towards = np.abs(nx * x + ny * y + nz) / np.sqrt(x * x + y * y + 1)
    out = np.where((nx == 0) & (ny == 0) & (nz == 0), np.float32(1), towards)
    return np.clip(out, 0, 1).astype(np.float32, copy=False)


def returned(
    surface: Surface, slant: FloatImage, weights: NDArray[np.float64], rng: np.random.Generator
) -> tuple[FloatImage, BoolImage]:
    """What materials send back to a sensor whose lamp stands beside its camera.

    A matt part, albedo·(1 - F0)·opacity, and a glossy one: a microfacet surface looked at along its own half vector,
    with the GGX distribution D of roughness² (Walter et al., "Microfacet Models for Refraction through Rough Surfaces",
    EGSR 2007): F0·D/(4·cos²), times pi, so that white matt paper is 1. A mirror sends everything elsewhere, unless it
    faces the sensor.

    Args:
        surface: normals and materials.
        slant: cosine between normal and line of sight, (H, W).
        weights: (3,) of red, green and blue in the infrared.
        rng: of what dyes do in the infrared, a draw a material.

    Returns:
        Reflectance (H, W), and where the surface itself is seen, (H, W): what shines through glass, or is mirrored by
        something smooth, is not it.
    """
    table = np.vstack([surface.materials, [[0.5, 0.5, 0.5, 1.0, 0.0, 1.0]]]).astype(np.float32)  # the last: unknown
    dyes = np.exp(DYES * rng.standard_normal(len(table)))
    albedo = np.clip((table[:, :3] @ weights) * dyes, DARKEST, WHITE)
    rough, facing, opacity = table[:, 3], table[:, 4], table[:, 5]
    matt = (albedo * (1 - facing) * opacity).astype(np.float32)
    alpha2 = np.maximum(rough, np.float32(0.03)) ** 4
    clear = (1 - facing * (1 - rough) ** 2) * opacity >= CLEAR
    which = np.where(surface.material < 0, len(table) - 1, surface.material)
    cosine2 = np.maximum(slant * slant, np.float32(1e-4))
    spread = alpha2[which]
    gloss = facing[which] * spread / (4 * cosine2 * (cosine2 * (spread - 1) + 1) ** 2)
    return (matt[which] + gloss).astype(np.float32), clear[which]


def glare(sample: Sample, scene: Scene) -> BoolImage:
    """Mirror reflections that blind a sensor: of its own light, by the materials; and what looks like one."""
    glaring = highlights(sample.rgb, luminance(sample.rgb), scene.size(41))
    if sample.surface is not None:
        glaring = glaring | (scene.reflectance > np.float32(BLINDING))
    return glaring


def cosine(inverse: FloatImage, camera: Intrinsics, step: int = 2) -> FloatImage:
    """Cosine of the angle between the surface's normal and the line of sight.

    Of a plane n·P = c, 1/z = n·ray/c is linear in the pixel, so the slopes of inverse depth give the normal. Of the
    slopes to either side the flatter is taken: it does not cross a depth edge.

    Args:
        inverse: (H, W) 1/m, 0 = unknown.
        camera: the pinhole.
        step: pixels over which slopes are taken.

    Returns:
        (H, W), 0 to 1; 1 where no neighbour is known.
    """
    height, width = inverse.shape
    x = ((np.arange(width, dtype=np.float32) - camera.cx) / camera.fx).astype(np.float32)[None, :]
    y = ((np.arange(height, dtype=np.float32) - camera.cy) / camera.fy).astype(np.float32)[:, None]
    nx = _slope(inverse, step) * np.float32(camera.fx)
    ny = _slope(inverse.T, step).T * np.float32(camera.fy)
    nz = inverse - x * nx
    nz -= y * ny
    length = nx * nx  # in place from here on: of large arrays, new memory costs more than the sums
    length += np.square(ny, out=ny)
    length += np.square(nz, out=nz)
    length *= x * x + y * y + 1
    np.sqrt(length, out=length)
    out = np.ones_like(inverse)
    np.divide(inverse, length, out=out, where=(inverse > 0) & (length > 0))
    return np.clip(out, 0, 1, out=out)


def _slope(inverse: FloatImage, step: int) -> FloatImage:
    """Change of inverse depth a pixel along the rows: the flatter of both sides, 0 where none is known."""
    if inverse.shape[1] <= step:
        return np.zeros_like(inverse)
    far = np.float32(np.inf)
    rise = (inverse[:, step:] - inverse[:, :-step]) / np.float32(step)
    rise[(inverse[:, step:] <= 0) | (inverse[:, :-step] <= 0)] = far
    ahead, behind = np.full_like(inverse, far), np.full_like(inverse, far)
    ahead[:, :-step] = rise
    behind[:, step:] = rise
    flatter = np.where(np.abs(ahead) < np.abs(behind), ahead, behind)
    flatter[np.isinf(flatter)] = 0
    return flatter


def edges(inverse: FloatImage, share: float = EDGE) -> BoolImage:
    """True where inverse depth (H, W) bends by more than `share` between known neighbours, along rows or columns."""
    out = np.zeros(inverse.shape, dtype=bool)
    for image, found in ((inverse, out), (inverse.T, out.T)):
        before, here, after = image[:, :-2], image[:, 1:-1], image[:, 2:]
        bend = np.abs(before + after - 2 * here) > np.float32(share) * here
        found[:, 1:-1] |= bend & (before > 0) & (here > 0) & (after > 0)
    return out


def luminance(rgb: ByteImage) -> FloatImage:
    """Brightness as displayed (Rec. 601's weights), (H, W), 0 to 1."""
    return _weighted(rgb, np.array([0.299, 0.587, 0.114]), 1.0)


def _weighted(rgb: ByteImage, weights: NDArray[np.float64], gamma: float) -> FloatImage:
    table = ((np.arange(256) / 255.0) ** gamma).astype(np.float32)
    parts = [(np.float32(weight) * table)[rgb[..., channel]] for channel, weight in enumerate(weights)]
    total: FloatImage = parts[0] + parts[1] + parts[2]
    return total


def _reflectance(rgb: ByteImage, weights: NDArray[np.float64]) -> FloatImage:
    """Linear light (gamma 2.2, sRGB's), the image's 95th percentile taken for white whatever its exposure."""
    light = _weighted(rgb, weights, 2.2)
    white = max(float(np.quantile(light[::4, ::4], 0.95)), 0.05)
    reflectance: FloatImage = np.clip(light * np.float32(WHITE / white), DARKEST, WHITE)
    return reflectance


def highlights(rgb: ByteImage, brightness: FloatImage, size: int) -> BoolImage:
    """Mirror reflections: saturated, colourless spots that are clearly brighter than their surroundings.

    Args:
        rgb: (H, W, 3) uint8.
        brightness: its luminance, (H, W).
        size: side of the surroundings, pixels. White paint fills them and is no highlight.
    """
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    low = np.minimum(np.minimum(red, green), blue)
    bright = low > 235  # the darkest channel too, so colourless; ours
    if not bright.any():
        return bright
    around = uniform_filter(brightness, min(size, *bright.shape), mode="nearest")
    out: BoolImage = bright & (brightness > around + np.float32(0.15))
    return out
