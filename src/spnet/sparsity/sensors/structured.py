"""Structured light: a projector and an infrared camera. Kinect v1 (speckles), RealSense F200 and SR300 (stripes)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.sparsity.sensors.noise import (
    correlated,
    displaced,
    draw,
    draw_log,
    grow,
    matched,
    ragged,
    threshold_noise,
)
from spnet.sparsity.sensors.occlusion import in_rectangle, seen_from
from spnet.sparsity.sensors.scene import Range, Scene, face, glare
from spnet.types import BoolImage, FloatImage, Sample


@dataclass(frozen=True)
class StructuredLight:
    """A structured-light camera whose depth is registered to its colour camera. Ranges are drawn from once an image.

    Attributes:
        focal: focal length of the infrared camera, its pixels.
        projector: metres from the colour camera to the projector, positive to the right.
        imager: metres from the colour camera to the infrared camera.
        jitter: standard deviation of the measured disparity, its quantisation included, pixels.
        step: step of the measured disparity, pixels; 0 for none.
        near: nearest depth, metres.
        far: furthest depth, metres.
        grazing: angle between normal and line of sight beyond which nothing is measured, degrees.
        weakest: least signal reflectance·cosine/z² (z in metres) that is measured.
        patchy: how far that threshold varies over the image, as the standard deviation of its logarithm.
        glare: chance that highlights blind the sensor.
        window: side of the matching window, pixels.
        field: share of the colour image, along each side, that the infrared camera covers.
        lateral: standard deviation of the place of depth edges, pixels.
        misaligned: standard deviation of the registration's error, pixels.
        mesh: pixels of colour per pixel of depth where registration leaves the gaps between them open; 1 fills them.
    """

    focal: float
    projector: float
    imager: float
    jitter: float
    step: float
    near: Range
    far: Range
    grazing: Range
    weakest: Range
    patchy: float
    glare: float
    window: Range
    field: Range
    lateral: float
    misaligned: float
    mesh: Range

    @property
    def baseline(self) -> float:
        """Metres between projector and infrared camera."""
        return abs(self.projector - self.imager)


# Kinect v1. Focal length, baseline and jitter: Khoshelham & Elberink, "Accuracy and Resolution of Kinect Depth Data",
# Sensors 12(2), 2012: 7.5 cm, disparity in steps of 1/8 px with a standard deviation of half a step, hence
# sigma_z = 1.43e-3 z² m. Nguyen, Izadi & Lovell, "Modeling Kinect Sensor Noise", 3DIMPVT 2012: lateral noise 0.8 px.
# Places of the eyes: colour 2.5 cm from the infrared camera, between it and the projector (NYU Depth v2 toolbox's
# calibration). Window: up to 9 (Konolige & Mihelich, "Technical description of Kinect calibration", ROS, 2012). Field:
# 57 degrees of infrared against 62 of colour (ibid.). Range: 0.8 to 3.5 m guaranteed, measures 0.4 or 0.5 to 8 or 10 m.
# Lower end of field: NYU Depth v2, whose colour images are undistorted to a wider frame. Grazing, weakest, patchy,
# glare, misaligned: ours, set so that hole shares fall where those of real images do (docs/sensors.md).
KINECT_V1 = StructuredLight(
    focal=580.0,
    projector=0.05,
    imager=-0.025,
    jitter=0.5 / 8,
    step=1 / 8,
    near=(0.4, 0.6),
    far=(5.0, 10.0),
    grazing=(72.0, 84.0),
    weakest=(5e-4, 6e-3),
    patchy=0.6,
    glare=0.8,
    window=(3.0, 7.0),
    field=(0.86, 1.0),
    lateral=0.8,
    misaligned=0.7,
    mesh=(1.0, 1.0),
)

# RealSense F200 and SR300. Range 0.2 to 1.0 and 1.5 m and field 68 degrees: Intel's camera specifications. Both measure
# stripes in time, pixel by pixel, so the window is small; no step, as 0.125 mm are beyond float noise. Mesh: "align to
# colour" of a 640 x 480 depth image onto a finer colour image leaves gaps. Baseline and noise: ours.
SR300 = StructuredLight(
    focal=475.0,
    projector=0.05,
    imager=-0.01,
    jitter=0.06,
    step=0.0,
    near=(0.15, 0.25),
    far=(1.0, 1.8),
    grazing=(60.0, 78.0),
    weakest=(0.05, 0.3),
    patchy=0.7,
    glare=0.9,
    window=(1.0, 3.0),
    field=(0.9, 1.0),
    lateral=0.5,
    misaligned=0.7,
    mesh=(1.0, 1.4),
)

CLOSE = 1.2  # metres: scenes nearer than this (median) are taken with an F200 or SR300 half of the time; ours


def structured_light(sample: Sample, rng: np.random.Generator, sensor: StructuredLight | None = None) -> FloatImage:
    """What a structured-light camera measures of a scene.

    Holes: the projector's and the infrared camera's shadows, grazing, dark, glossy, too near and too far surfaces,
    frayed edges, the frame that the sensor does not cover. Measurements carry the sensor's noise. Where the scene is
    beyond its range (a street), little or nothing is left.

    Args:
        sample: depth (H, W) metres, dense truth, 0 = unknown; without intrinsics, `geometry.default_intrinsics`.
        rng: the random source.
        sensor: which; without it a Kinect v1, or for close scenes by chance an SR300.

    Returns:
        (H, W) metres, 0 = not measured.
    """
    if sensor is None:
        sensor = _usual_sensor(sample, rng)
    scene = face(sample, sensor.focal, rng)
    fx, shape = scene.camera.fx, sample.depth.shape
    seen = seen_from(scene.inverse, sensor.projector, scene.camera)
    if sensor.imager:
        seen &= seen_from(scene.inverse, sensor.imager, scene.camera)
    ok = seen & scene.seen_itself & _returns_light(sample, scene, sensor, rng)
    ok = matched(ok, scene.size(draw(rng, sensor.window))) & scene.known
    down, right = rng.uniform(-1.0, 1.0, 2).tolist()
    ok &= in_rectangle(shape, draw(rng, sensor.field), (down, right))
    depth = measured(scene.inverse, sensor.focal * sensor.baseline, sensor.jitter, sensor.step, scene.size(3), rng)
    depth[~ok] = 0
    fray = grow(scene.edges, max(1, round(2 * scene.pixel)))
    depth = ragged(depth, fray, sensor.lateral * scene.pixel, rng)
    down, right = np.rint(rng.normal(0.0, sensor.misaligned * scene.pixel, 2)).astype(int).tolist()
    depth = displaced(depth, down, right)
    ratio = draw(rng, sensor.mesh)
    if ratio > 1:
        depth[~_mesh(scene.inverse * np.float32(fx * sensor.imager), ratio, rng)] = 0
    depth[~scene.known] = 0
    return depth


def _usual_sensor(sample: Sample, rng: np.random.Generator) -> StructuredLight:
    sparse = sample.depth[::8, ::8]
    known = sparse[sparse > 0]
    close = known.size > 0 and float(np.median(known)) < CLOSE
    return SR300 if rng.random() < 0.5 and close else KINECT_V1


def _returns_light(sample: Sample, scene: Scene, sensor: StructuredLight, rng: np.random.Generator) -> BoolImage:
    """Surfaces in range that send enough of the pattern back."""
    shape = scene.depth.shape
    near, far = draw(rng, sensor.near), draw(rng, sensor.far)
    steepest = np.cos(np.deg2rad(draw(rng, sensor.grazing)))
    weakest = draw_log(rng, sensor.weakest)
    signal, facing = scene.reflectance * scene.cosine * scene.inverse**2, scene.cosine
    if sensor.patchy:
        uneven = threshold_noise(shape, sensor.patchy, scene.pixel, rng)
        signal, facing = signal * uneven, facing * np.sqrt(uneven)
    ok: BoolImage = (signal > weakest) & (facing > steepest) & (scene.depth > near) & (scene.depth < far)
    if rng.random() < sensor.glare:
        ok &= ~grow(glare(sample, scene), scene.size(2))
    return ok


def measured(
    inverse: FloatImage, scale: float, jitter: float, step: float, size: int, rng: np.random.Generator
) -> FloatImage:
    """Depth from a disparity that is measured with noise and in steps; sigma_z = z²·jitter/scale.

    Args:
        inverse: (H, W) 1/m, 0 = unknown.
        scale: focal length times baseline, pixels·m: disparity is scale/z.
        jitter: standard deviation of the disparity with its steps, pixels.
        step: of the disparity, pixels; 0 for none. Rounding alone has a standard deviation of step/sqrt(12).
        size: pixels over which the noise is correlated.
        rng: the random source.

    Returns:
        (H, W) metres; 0 where unknown or where the disparity comes out as 0 or less.
    """
    noise = np.sqrt(max(0.0, jitter**2 - step**2 / 12))
    disparity = inverse * np.float32(scale) + np.float32(noise) * correlated(inverse.shape, size, rng)
    if step:
        disparity = np.rint(disparity / np.float32(step)) * np.float32(step)
    depth = np.zeros_like(inverse)
    np.divide(np.float32(scale), disparity, out=depth, where=(inverse > 0) & (disparity > 0))
    return depth


def _mesh(shift: FloatImage, ratio: float, rng: np.random.Generator) -> BoolImage:
    """Pixels of the colour image that some pixel of a depth image `ratio` times coarser falls on."""
    height, width = shift.shape
    start = rng.random(2)
    row = (np.arange(height) / ratio + start[0])[:, None].astype(np.float32)
    column = (np.arange(width, dtype=np.float32)[None, :] + shift) / np.float32(ratio) + np.float32(start[1])
    hit_row, hit_column = (np.ceil(at) - at < 1 / ratio for at in (row, column))
    out: BoolImage = hit_row & hit_column
    return out
