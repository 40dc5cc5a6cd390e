"""A rotating LiDAR as an instrument: which of its pulses come back, from where, and how exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

from spnet.sparsity.scanner import MAX_LINES, MODELS, Model, length_of_rays, real_scanner, scan
from spnet.sparsity.sensors.noise import draw, draw_log, grow, stepped
from spnet.sparsity.sensors.scene import Range, Scene, face
from spnet.types import FloatImage, Sample


@dataclass(frozen=True)
class RotatingLidar:
    """A scanner beside a camera. Ranges are drawn from once an image.

    Attributes:
        model: lines, angles and reach.
        lines: fewest and most of them that are used, both equally likely in their logarithm.
        weakest: least signal reflectance·cosine/r² (r in metres) that is detected.
        noise: standard deviation of a range, metres.
        step: of the range that is handed out, metres.
        footprint: width of the beam, radians: at edges within it, front and back are mixed.
        flying: share of the points at edges whose range lies between front and back.
        lost: chance that any other pulse gives no point.
        beside: standard deviation of the scanner's place beside the camera, metres; at most `NEAREST` of the scene's
            median depth.
        tilted: standard deviation of tilt and roll against the camera, degrees.
    """

    model: Model
    lines: tuple[int, int]
    weakest: Range
    noise: Range
    step: float
    footprint: float
    flying: Range
    lost: Range
    beside: float
    tilted: float


NEAREST = 0.1  # ours: nobody aims a scanner at what is nearer than ten times its distance from the camera

# Velodyne HDL-64E data sheet: 120 m on cars and foliage (about 0.80 reflectivity), 50 m on pavement (about 0.10), which
# agree on a least signal of 4e-5 to 6e-5; standard deviation under 2 cm; beam 2 mrad. Steps of 2 mm: Velodyne's
# packets. KITTI (Geiger et al., "Vision meets robotics", 2013): the scanner stands 8 cm above and 27 cm behind the
# cameras. The shares of flying and lost points, and the tilt: ours.
HDL64 = RotatingLidar(
    model=MODELS["hdl64"],
    lines=(16, 64),
    weakest=(4e-5, 6e-5),
    noise=(0.01, 0.02),
    step=0.002,
    footprint=0.002,
    flying=(0.05, 0.3),
    lost=(0.0, 0.1),
    beside=0.1,
    tilted=2.0,
)
# Data sheets: VLP-16 3 cm (typical), 3 mrad; OS1-128 1 to 5 cm, 0.35 degrees, 45 m at 10 %; LD-MRS 10 cm, steps of
# 4 cm, 50 m at 10 %.
VLP16 = RotatingLidar(
    MODELS["vlp16"], (8, 16), (4e-5, 8e-5), (0.01, 0.03), 0.002, 0.003, (0.05, 0.3), (0.0, 0.1), 0.1, 3.0
)
OS1 = RotatingLidar(
    MODELS["os1"], (32, 128), (5e-5, 9e-5), (0.01, 0.05), 0.001, 0.006, (0.1, 0.4), (0.0, 0.1), 0.1, 3.0
)
LDMRS = RotatingLidar(
    MODELS["ldmrs"], (4, 4), (4e-5, 6e-5), (0.05, 0.1), 0.04, 0.0014, (0.0, 0.1), (0.0, 0.1), 0.1, 5.0
)
LIDARS = (LDMRS, VLP16, HDL64, OS1)


def rotating_lidar(sample: Sample, rng: np.random.Generator, sensor: RotatingLidar | None = None) -> FloatImage:
    """What a rotating LiDAR beside the camera returns, drawn into the image.

    Missing: dark, far, slanted and mirror-like surfaces, glass, what is out of reach, and some by chance. Points that
    the scanner sees and the camera does not fall on what is in front of them.

    Args:
        sample: depth (H, W) metres, dense truth, 0 = unknown; without intrinsics, `geometry.default_intrinsics`.
        rng: the random source.
        sensor: which; without it one of `LIDARS`, with 4 to 128 lines.

    Returns:
        (H, W) metres along the optical axis, 0 = no point.
    """
    if sensor is None:
        sensor = LIDARS[int(rng.integers(len(LIDARS)))]
    scene = face(sample, 1 / sensor.footprint, rng)  # a beam is its pixel
    low, high = sensor.lines
    lines = min(MAX_LINES, round(draw_log(rng, (low, high)))) if low < high else low
    scanner = real_scanner(sensor.model, lines, rng.random())
    known = scene.depth[scene.depth > 0]
    room = NEAREST * float(np.median(known)) if known.size else 0.0
    right, down = np.clip(rng.normal(0.0, max(sensor.beside, 1e-9), 2), -room, room).tolist()
    tilt, roll = np.deg2rad(rng.normal(0.0, max(sensor.tilted, 1e-9), 2)).tolist()
    depth = scan(scene.depth, scanner, scene.camera, roll=roll, tilt=tilt, offset=(right, down))
    return _received(depth, scene, sensor, rng)


def _received(depth: FloatImage, scene: Scene, sensor: RotatingLidar, rng: np.random.Generator) -> FloatImage:
    """The points of a faultless scan that come back, with the instrument's errors."""
    rows, columns = np.nonzero(depth)
    length = length_of_rays(depth.shape, scene.camera)[rows, columns]
    distance = depth[rows, columns] * length
    signal = (scene.reflectance * scene.cosine)[rows, columns] / np.maximum(distance, np.float32(0.1)) ** 2
    ok = (signal > draw_log(rng, sensor.weakest)) & scene.seen_itself[rows, columns]
    ok &= rng.random(len(rows)) >= draw(rng, sensor.lost)
    size = scene.size(1.0)
    mixed = grow(scene.edges, size // 2)[rows, columns] & (rng.random(len(rows)) < draw(rng, sensor.flying))
    if mixed.any():
        far = maximum_filter(scene.depth, size + 2)[rows, columns][mixed]
        unknown = np.float32(1e9)
        near = minimum_filter(np.where(scene.known, scene.depth, unknown), size + 2)[rows, columns][mixed]
        distance[mixed] = (near + rng.random(len(near)) * (far - near)) * length[mixed]
    distance = distance + draw(rng, sensor.noise) * rng.standard_normal(len(rows))
    distance = stepped(distance.astype(np.float32), sensor.step)
    ok &= (distance >= sensor.model.reach[0]) & (distance <= sensor.model.reach[1])
    out = np.zeros_like(depth)
    out[rows[ok], columns[ok]] = (distance / length)[ok]
    return out
