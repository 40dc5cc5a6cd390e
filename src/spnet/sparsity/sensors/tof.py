"""Time of flight: Azure Kinect, Kinect v2, PMD. One lamp beside one imager; the light's phase gives the distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import uniform_filter

from spnet.sparsity.sensors.noise import displaced, draw, draw_log, grow, stepped, threshold_noise
from spnet.sparsity.sensors.occlusion import in_circle, in_hexagon, seen_from
from spnet.sparsity.sensors.scene import Range, Scene, face
from spnet.types import BoolImage, FloatImage, Sample


@dataclass(frozen=True)
class TimeOfFlight:
    """A time-of-flight camera whose depth is registered to its colour camera. Ranges are drawn from once an image.

    Attributes:
        focal: focal length of the imager, its pixels.
        imager: metres from the colour camera to the imager, positive to the right.
        floor: least standard deviation of the measured depth, metres.
        shot: standard deviation in metres that the light adds at 1 m, face on, at a reflectance of 1; it grows with
            the inverse square root of the light that returns.
        near: nearest depth, metres.
        far: furthest depth, metres; what is beyond would wrap around and is left out.
        weakest: least signal reflectance·cosine/z² (z in metres) that is measured.
        brightest: signal above which pixels saturate.
        mixing: side of the pixels' blur, pixels: at edges, front and back are mixed.
        flying: share of mixed pixels that the camera does not recognise and returns.
        bounce: how much further concave corners seem, as a share of their depth below the surroundings.
        corner: side of what counts as the surroundings of a corner, pixels.
        field: radius of the lit field in half diagonals of the colour image.
        misaligned: standard deviation of the registration's error, pixels.
        uneven: how far both thresholds of signal vary over the image, as the standard deviation of their logarithm.
        unit: step of the depth that the camera hands out, metres.
    """

    focal: float
    imager: float
    floor: float
    shot: Range
    near: Range
    far: Range
    weakest: Range
    brightest: Range
    mixing: float
    flying: Range
    bounce: Range
    corner: float
    field: Range
    misaligned: float
    uneven: float
    unit: float


# Azure Kinect, narrow and wide field; Kinect v2 is alike. Range 0.5 to 3.86 or 5.46 m (further on bright surfaces),
# standard deviation up to 17 mm, hexagonal (narrow) or circular (wide) field, colour 32 mm beside depth, drop-out by
# saturation, weak signal and mixed light, depth in whole millimetres: Microsoft, "Azure Kinect DK hardware
# specification" and "depth camera". Noise that grows as 1/sqrt(light), hence with z: Lange & Seitz, "Solid-State
# Time-of-Flight Range Camera", IEEE JQE 37(3), 2001. Focal length: 640 pixels for 75 degrees at the edges, 504 at the
# centre. The rest: ours.
AZURE_KINECT = TimeOfFlight(
    focal=504.0,
    imager=-0.032,
    floor=0.001,
    shot=(0.0008, 0.0016),
    near=(0.25, 0.5),
    far=(3.9, 8.0),
    weakest=(1.5e-3, 1e-2),
    brightest=(4.0, 20.0),
    mixing=3.0,
    flying=(0.05, 0.5),
    bounce=(0.0, 0.15),
    corner=33.0,
    field=(0.8, 1.2),
    misaligned=0.5,
    uneven=0.2,
    unit=0.001,
)


def time_of_flight(sample: Sample, rng: np.random.Generator, sensor: TimeOfFlight | None = None) -> FloatImage:
    """What a time-of-flight camera measures of a scene.

    Holes: weak light (dark, far, slanted), saturated light (near and bright), mixed light at edges, the corners of the
    image outside of the lit hexagon or circle, the strip that the imager does not see beside the colour camera. Some
    mixed pixels fly between front and back; concave corners are rounded.

    Args:
        sample: depth (H, W) metres, dense truth, 0 = unknown; without intrinsics, `geometry.default_intrinsics`.
        rng: the random source.
        sensor: which; without it an Azure Kinect.

    Returns:
        (H, W) metres, 0 = not measured.
    """
    if sensor is None:
        sensor = AZURE_KINECT
    scene = face(sample, sensor.focal, rng)
    signal = scene.reflectance * scene.cosine * scene.inverse**2
    ok = (
        scene.seen_itself & _exposed(scene, signal, sensor, rng) & seen_from(scene.inverse, sensor.imager, scene.camera)
    )
    shape = sample.depth.shape
    lit = in_hexagon if rng.random() < 0.5 else in_circle
    ok &= lit(shape, draw(rng, sensor.field))
    size = scene.size(sensor.mixing)
    mixed = grow(scene.edges, size // 2)
    ok &= ~mixed | (rng.random(shape, dtype=np.float32) < draw(rng, sensor.flying))
    depth = np.where(mixed, _blended(scene.depth, signal, size), scene.depth)
    depth = depth + _bounced(scene, draw(rng, sensor.bounce), scene.size(sensor.corner))
    spread = np.sqrt(sensor.floor**2 + draw(rng, sensor.shot) ** 2 / np.maximum(signal, np.float32(1e-6)))
    depth = depth + spread * rng.standard_normal(shape, dtype=np.float32)
    depth = np.where(ok & (depth > 0), stepped(depth, sensor.unit), np.float32(0)).astype(np.float32)
    down, right = np.rint(rng.normal(0.0, sensor.misaligned * scene.pixel, 2)).astype(int).tolist()
    depth = displaced(depth, down, right)
    depth[~scene.known] = 0
    return depth


def _exposed(scene: Scene, signal: FloatImage, sensor: TimeOfFlight, rng: np.random.Generator) -> BoolImage:
    """Surfaces in range that send back enough light and not too much."""
    near, far = draw(rng, sensor.near), draw(rng, sensor.far)
    weakest, brightest = draw_log(rng, sensor.weakest), draw_log(rng, sensor.brightest)
    light = signal * threshold_noise(scene.depth.shape, sensor.uneven, scene.pixel, rng)
    ok: BoolImage = (light > weakest) & (light < brightest) & (scene.depth > near) & (scene.depth < far)
    return ok


def _blended(depth: FloatImage, signal: FloatImage, size: int) -> FloatImage:
    """Depth averaged over what a pixel sees, by the light that returns: phases of like amplitude add so, nearly."""
    size = min(size, *depth.shape)
    weight = np.where(depth > 0, signal + np.float32(1e-6), np.float32(0))
    total = uniform_filter(weight, size, mode="nearest")
    out = depth.copy()
    np.divide(uniform_filter(weight * depth, size, mode="nearest"), total, out=out, where=(depth > 0) & (total > 0))
    return out


def _bounced(scene: Scene, share: float, size: int) -> FloatImage:
    """How much further light that bounces between the sides of a concave corner makes them seem, metres (ours).

    A corner is where depth lies beyond the mean of its surroundings; jumps are capped, as light does not bounce there.
    """
    height, width = scene.depth.shape
    small = (max(1, width // 4), max(1, height // 4))
    coarse = np.asarray(Image.fromarray(scene.depth).resize(small, Image.Resampling.NEAREST))
    window = min(size // 8 * 2 + 1, *coarse.shape)
    known = uniform_filter((coarse > 0).astype(np.float32), window, mode="nearest")
    mean = np.zeros_like(coarse)
    np.divide(uniform_filter(coarse, window, mode="nearest"), known, out=mean, where=known > 1e-3)
    below = np.where(coarse > 0, np.clip(coarse - mean, 0, np.float32(0.05) * coarse), 0)
    below = uniform_filter(below, window, mode="nearest").astype(np.float32) * np.float32(share)
    return np.asarray(Image.fromarray(below).resize((width, height), Image.Resampling.BILINEAR))
