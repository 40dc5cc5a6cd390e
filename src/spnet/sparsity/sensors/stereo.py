"""Active stereo: two infrared imagers and a projector that adds texture. RealSense D435, D455."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter

from spnet.sparsity.sensors.noise import (
    clouds,
    displaced,
    draw,
    draw_log,
    grow,
    matched,
    ragged,
    stepped,
    threshold_noise,
)
from spnet.sparsity.sensors.occlusion import seen_from
from spnet.sparsity.sensors.scene import Range, Scene, face, glare, luminance
from spnet.sparsity.sensors.structured import measured
from spnet.types import BoolImage, FloatImage, Sample


@dataclass(frozen=True)
class ActiveStereo:
    """A stereo camera whose depth is registered to its colour camera. Ranges are drawn from once an image.

    Attributes:
        focal: focal length of the imagers, their pixels.
        left: metres from the colour camera to the left imager (which has the depth image), positive to the right.
        right: metres from the colour camera to the right imager.
        jitter: standard deviation of the measured disparity, pixels.
        search: largest disparity looked for, pixels; it sets the nearest depth, focal·baseline/search.
        far: furthest depth, metres.
        grazing: angle between normal and line of sight beyond which nothing is matched, degrees.
        weakest: least signal reflectance·cosine/z² (z in metres) of the projector that makes a match.
        texture: least root mean square of the luminance's steps (0 to 1) along the row, in a window, that makes a match
            without the projector.
        patchy: how far both thresholds vary over the image, as the standard deviation of their logarithm.
        glare: chance that highlights blind the sensor.
        window: side of the matching window, pixels; foreground grows by up to half of it.
        cleaning: side of the window in which most pixels must be matched, pixels: crumbs and pinholes vanish.
        field: half-width of the imagers' view, in half-widths of the colour image.
        lateral: standard deviation of the place of depth edges, pixels.
        misaligned: standard deviation of the registration's error, pixels.
        unit: step of the depth that the camera hands out, metres.
    """

    focal: float
    left: float
    right: float
    jitter: Range
    search: float
    far: Range
    grazing: Range
    weakest: Range
    texture: Range
    patchy: float
    glare: float
    window: Range
    cleaning: Range
    field: Range
    lateral: float
    misaligned: float
    unit: float

    @property
    def baseline(self) -> float:
        """Metres between the imagers."""
        return self.right - self.left


# RealSense D435. Baseline 50 mm, imagers 87 against colour 69 degrees wide, 126 disparities: Intel RealSense D400
# datasheet. Left imager 15 mm to the right of the colour camera: `rs-enumerate-devices` ("Depth" to "Color" +0.0146 m,
# to "Infrared 2" -0.050 m; many of librealsense's issues show it). Focal length at 848 x 480, the resolution advised;
# subpixel jitter 0.05 to 0.1 px, error z²·jitter/(focal·baseline): Grunnet-Jepsen, Sweetser & Woodfill, "Tuning depth
# cameras for best performance", Intel. Whole millimetres: librealsense's default depth unit. The rest: ours.
D435 = ActiveStereo(
    focal=424.0,
    left=0.015,
    right=0.065,
    jitter=(0.05, 0.1),
    search=126.0,
    far=(4.0, 10.0),
    grazing=(80.0, 88.0),
    weakest=(7e-4, 1.2e-2),
    texture=(0.003, 0.015),
    patchy=0.6,
    glare=0.8,
    window=(5.0, 9.0),
    cleaning=(1.0, 5.0),
    field=(1.0, 1.3),
    lateral=0.7,
    misaligned=0.5,
    unit=0.001,
)

# RealSense D455: baseline 95 mm, both kinds of camera 87 to 90 degrees wide (ibid.); the colour camera is between the
# imagers, 59 mm to the right of the left one (`rs-enumerate-devices`).
D455 = ActiveStereo(
    focal=424.0,
    left=-0.059,
    right=0.036,
    jitter=(0.05, 0.1),
    search=126.0,
    far=(6.0, 15.0),
    grazing=(80.0, 88.0),
    weakest=(7e-4, 1.2e-2),
    texture=(0.003, 0.015),
    patchy=0.6,
    glare=0.8,
    window=(5.0, 9.0),
    cleaning=(1.0, 5.0),
    field=(0.95, 1.1),
    lateral=0.7,
    misaligned=0.5,
    unit=0.001,
)


def active_stereo(sample: Sample, rng: np.random.Generator, sensor: ActiveStereo | None = None) -> FloatImage:
    """What an active stereo camera measures of a scene.

    Holes: what only one imager sees, a band at the image's side included; surfaces with neither texture nor enough of
    the projector's light; grazing, glossy, too near and too far ones. The foreground is a little too fat.

    Args:
        sample: depth (H, W) metres, dense truth, 0 = unknown; without intrinsics, `geometry.default_intrinsics`.
        rng: the random source.
        sensor: which; without it a D435 or, one time in three, a D455.

    Returns:
        (H, W) metres, 0 = not measured.
    """
    if sensor is None:
        sensor = D455 if rng.random() < 1 / 3 else D435
    scene = face(sample, sensor.focal, rng)
    size = scene.size(draw(rng, sensor.window))
    inverse = _fattened(scene, size, rng)
    field = draw(rng, sensor.field)
    ok = scene.seen_itself & _matches(sample, scene, sensor, rng)
    for eye in (sensor.left, sensor.right):
        ok &= seen_from(inverse, eye, scene.camera, field)
    ok = matched(ok, scene.size(draw(rng, sensor.cleaning))) & scene.known
    depth = measured(inverse, sensor.focal * sensor.baseline, draw(rng, sensor.jitter), 0.0, scene.size(5), rng)
    depth = stepped(depth, sensor.unit)
    depth[~ok] = 0
    fray = grow(scene.edges, max(1, round(2 * scene.pixel)))
    depth = ragged(depth, fray, sensor.lateral * scene.pixel, rng)
    down, right = np.rint(rng.normal(0.0, sensor.misaligned * scene.pixel, 2)).astype(int).tolist()
    depth = displaced(depth, down, right)
    depth[~scene.known] = 0
    return depth


def _fattened(scene: Scene, size: int, rng: np.random.Generator) -> FloatImage:
    """Inverse depth with the foreground grown, here more and there less, as a window matches what is in front."""
    reach = grow(scene.edges, size // 2) & scene.known
    if not reach.any():
        return scene.inverse
    front = maximum_filter1d(maximum_filter1d(scene.inverse, size, axis=1), size, axis=0)
    reach &= clouds(scene.depth.shape, 2 * size, rng) > 0
    return np.where(reach, front, scene.inverse)


def _matches(sample: Sample, scene: Scene, sensor: ActiveStereo, rng: np.random.Generator) -> BoolImage:
    """Surfaces in range that look alike in both imagers and unlike their surroundings."""
    near, far = sensor.focal * sensor.baseline / sensor.search, draw(rng, sensor.far)
    steepest = np.cos(np.deg2rad(draw(rng, sensor.grazing)))
    weakest, plain = draw_log(rng, sensor.weakest), draw_log(rng, sensor.texture)
    lit = scene.reflectance * scene.cosine * scene.inverse**2 * np.float32(1 / weakest)
    brightness = luminance(sample.rgb)
    textured = _contrast(brightness, scene.size(9)) * np.float32(1 / plain)
    clear = np.maximum(lit, textured)
    facing = scene.cosine
    if sensor.patchy:
        uneven = threshold_noise(scene.depth.shape, sensor.patchy, scene.pixel, rng)
        clear, facing = clear * uneven, facing * np.sqrt(uneven)
    ok: BoolImage = (clear > 1) & (facing > steepest) & (scene.depth > near) & (scene.depth < far)
    if rng.random() < sensor.glare:
        ok &= ~grow(glare(sample, scene), scene.size(2))
    return ok


def _contrast(brightness: FloatImage, size: int) -> FloatImage:
    """Root mean square, in a window, of the step to the next pixel along the row: stereo sees no other texture."""
    steps = np.zeros_like(brightness)
    np.subtract(brightness[:, 1:], brightness[:, :-1], out=steps[:, 1:])
    square = uniform_filter(np.square(steps, out=steps), min(size, *steps.shape), mode="nearest")
    contrast: FloatImage = np.sqrt(np.maximum(square, 0, out=square), out=square)
    return contrast
