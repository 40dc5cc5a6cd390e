"""The stages of a spec as functions: each takes the sample with the depth so far, the dense truth, and a generator.

`sample.depth` is what the stages before have left; the truth is what a stage asks about the scene (its edges, its
median). Each returns depth (H, W) in metres, 0 = not measured. The keywords are those of `catalogue`'s slots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from spnet.errors import BadInput
from spnet.sparsity import faults, keypoints, patterns, scanner
from spnet.sparsity.holes import HoleMaps, procedural_holes
from spnet.sparsity.sensors import active_stereo, phone_lidar, rotating_lidar, structured_light, time_of_flight
from spnet.types import FloatImage, Intrinsics, Sample

StageFunction = Callable[..., FloatImage]
Values = dict[str, Any]
Rng = np.random.Generator

# OMNI-DC's and PacGDC's training simulation: the scanner stands 0.03 to 0.06 beside the camera, and up to 0.02 above
# or below, where 1 is the scene's median depth (OMNI-DC normalises by it).
PARALLAX = (0.03, 0.06)
PARALLAX_UP = 0.02
NOISE_COUNT = 2150  # points of OMNI-DC's noise column, its 0.7 %
CAMERAS: dict[str, Callable[[Sample, Rng], FloatImage]] = {
    "structured-light": structured_light,
    "stereo": active_stereo,
    "tof": time_of_flight,
    "phone": phone_lidar,
    "lidar": rotating_lidar,
}


def random(
    sample: Sample,
    truth: FloatImage,
    rng: Rng,
    *,
    fraction: float | None = None,
    count: int = 0,
    matched: bool = False,
) -> FloatImage:
    """Uniform random pixels: a share of the known ones, or a count."""
    depth = sample.depth
    if fraction is not None:
        return depth * patterns.random_fraction(depth, fraction, rng)
    return depth * patterns.random_count(depth, patterns.matched_count(depth, count) if matched else count, rng)


def prepare_random(values: Values) -> Values:
    """Refuse `matched` for a share."""
    if "matched" in values and "fraction" in values:
        raise BadInput("a share is always in proportion to the known pixels: leave 'matched' out.")
    return values


def lidar(
    sample: Sample,
    truth: FloatImage,
    rng: Rng,
    *,
    lines: int,
    roll: float = 0.0,
    tilt: float = 0.0,
    relative: float | None = None,
    metres: float | None = None,
    dropout: float = 0.0,
    noise: float = 0.0,
    relative_noise: float = 0.0,
    **geometry: Any,
) -> FloatImage:
    """A rotating scanner's lines; angles in degrees, lengths in metres. A map that is a sweep is thinned by rings."""
    depth = sample.depth
    camera = sample.intrinsics or scanner.omni_camera(depth.shape)
    if scanner.is_sweep(depth):
        out = depth * scanner.thin_sweep(depth, lines, camera)
    else:
        offset = _offset(depth, relative, metres, rng)
        angles = {"roll": float(np.deg2rad(roll)), "tilt": float(np.deg2rad(tilt))}
        out = scanner.scan(depth, _scanner(lines, rng, **geometry), camera, offset=offset, **angles)
    if dropout:
        out = out * (rng.random(out.shape, dtype=np.float32) >= dropout)
    if noise or relative_noise:
        out = _range_noise(out, camera, noise, relative_noise, rng)
    return out


def prepare_lidar(values: Values) -> Values:
    """Refuse arguments that contradict each other."""
    sensor = values.get("sensor")
    if sensor:
        clash = [key for key in ("pitch", "yaw", "columns", "step") if key in values]
        if clash:
            raise BadInput(f"sensor={sensor} has its own {clash[0]}: leave one of them out.")
        most = values["lines"] if isinstance(values["lines"], int) else values["lines"].high
        if most > scanner.MODELS[sensor].lines:
            raise BadInput(f"the {sensor} has {scanner.MODELS[sensor].lines} lines, and {most:g} are asked for.")
    if "columns" in values and "step" in values:
        raise BadInput("a scanner has columns=, or a step= between them, not both.")
    return values


def _scanner(
    lines: int,
    rng: Rng,
    *,
    sensor: str = "",
    pitch: tuple[float, float] | None = None,
    yaw: tuple[float, float] | None = None,
    columns: int = scanner.VIRTUAL_COLUMNS,
    step: float | None = None,
) -> scanner.Scanner:
    if sensor:
        return scanner.real_scanner(scanner.MODELS[sensor], lines, rng.random())
    radians = scanner.VIRTUAL_PITCH if pitch is None else (np.deg2rad(pitch[0]), np.deg2rad(pitch[1]))
    field = scanner.VIRTUAL_YAW if yaw is None else (np.deg2rad(yaw[0]), np.deg2rad(yaw[1]))
    if step is not None:
        columns = int((field[1] - field[0]) / np.deg2rad(step)) + 1
        middle, half = (field[0] + field[1]) / 2, np.deg2rad(step) * (columns - 1) / 2
        field = (middle - half, middle + half)
    return scanner.virtual_scanner(lines, pitch=radians, yaw=field, columns=columns)


def _offset(depth: FloatImage, relative: float | None, metres: float | None, rng: Rng) -> tuple[float, float]:
    """Metres to the right and down: the length asked for to either side, and up to a third of it up or down."""
    if not relative and not metres:
        return (0.0, 0.0)
    known = depth[depth > 0]
    aside = metres if metres is not None else (relative or 0.0) * float(np.median(known)) if known.size else 0.0
    most_up = aside * PARALLAX_UP / PARALLAX[1]
    return float(rng.choice((-1.0, 1.0)) * aside), float(rng.uniform(-most_up, most_up))


def _range_noise(depth: FloatImage, camera: Intrinsics, metres: float, relative: float, rng: Rng) -> FloatImage:
    """Gaussian noise on the range, along the ray, whose z-depth changes in proportion."""
    length = scanner.length_of_rays(depth.shape, camera)
    noisy: FloatImage = faults.gauss(depth * length, rng, relative=relative, metres=metres) / length
    return noisy


def sift(sample: Sample, truth: FloatImage, rng: Rng) -> FloatImage:
    """SIFT key points."""
    return sample.depth * keypoints.key_points(sample, "sift", rng)


def orb(sample: Sample, truth: FloatImage, rng: Rng) -> FloatImage:
    """ORB key points."""
    return sample.depth * keypoints.key_points(sample, "orb", rng)


def corners(sample: Sample, truth: FloatImage, rng: Rng, *, count: int) -> FloatImage:
    """The strongest corners of the image."""
    return sample.depth * keypoints.corners(sample, count, rng)


def grid(sample: Sample, truth: FloatImage, rng: Rng, *, side: int) -> FloatImage:
    """Every `side`-th pixel both ways."""
    return sample.depth * patterns.grid(sample.depth, side, rng)


def lowres(sample: Sample, truth: FloatImage, rng: Rng, *, side: int, mean: bool = False) -> FloatImage:
    """One value a block of `side` pixels."""
    return patterns.zones(sample.depth, side, mean=mean)


def holes(
    sample: Sample, truth: FloatImage, rng: Rng, *, kind: str = "", maps: HoleMaps | None = None, turned: bool = False
) -> FloatImage:
    """All but holes: smooth blobs, real masks, or what a simulated depth camera loses."""
    if kind:
        # A camera looks at the scene itself; of what it measures, that stays which the stages before have left.
        return CAMERAS[kind](replace(sample, depth=truth), rng) * (sample.depth > 0)
    shape = sample.depth.shape
    if maps is None:
        return sample.depth * procedural_holes(shape, rng)
    return sample.depth * (maps.draw_augmented(shape, rng) if turned else maps.draw(shape, rng))


def prepare_holes(values: Values) -> Values:
    """Refuse contradictions, and list the masks."""
    if "kind" in values and len(values) > 1:
        raise BadInput("holes takes a kind of camera or maps=FOLDER, not both.")
    if "turned" in values and "maps" not in values:
        raise BadInput("only real masks are turned: holes(maps=FOLDER, turned).")
    return {**values, "maps": HoleMaps(values["maps"])} if "maps" in values else values


def everything(sample: Sample, truth: FloatImage, rng: Rng) -> FloatImage:
    """All that is known."""
    return sample.depth


def limit(sample: Sample, truth: FloatImage, rng: Rng, *, near: float, far: float) -> FloatImage:
    """Depths from `near` to `far`, metres."""
    return faults.limited(sample.depth, near, far)


def prepare_limit(values: Values) -> Values:
    """Refuse a range that is empty."""
    near, far = (value if isinstance(value, float) else value.high for value in (values["near"], values["far"]))
    if near > far:
        raise BadInput(f"range is from near to far: {near:g} m lies behind {far:g} m.")
    return values


def noise(sample: Sample, truth: FloatImage, rng: Rng, *, share: float) -> FloatImage:
    """Outliers among what is there."""
    return faults.outliers(sample.depth, truth, share, rng)


def noise_alone(sample: Sample, truth: FloatImage, rng: Rng, *, share: float) -> FloatImage:
    """OMNI-DC's noise column: density-matched random points, some of them outliers."""
    depth = sample.depth
    count = patterns.matched_count(depth, round(NOISE_COUNT * depth.size / patterns.PROTOCOL_PIXELS))
    return faults.outliers(depth * patterns.random_count(depth, count, rng), truth, share, rng)


def gauss(sample: Sample, truth: FloatImage, rng: Rng, *, relative: float = 0.0, metres: float = 0.0) -> FloatImage:
    """Gaussian noise."""
    return faults.gauss(sample.depth, rng, relative=relative, metres=metres)


def shift(sample: Sample, truth: FloatImage, rng: Rng, *, pixels: float) -> FloatImage:
    """The depth image moved by some pixels."""
    return faults.shifted(sample.depth, pixels, rng)


def bleed(sample: Sample, truth: FloatImage, rng: Rng, *, reach: int, share: float = 1.0) -> FloatImage:
    """Values near depth edges take the other side's."""
    return faults.bled(sample.depth, truth, reach, share, rng)


def quantise(sample: Sample, truth: FloatImage, rng: Rng, *, step: float) -> FloatImage:
    """Values rounded to multiples of `step` metres."""
    return faults.quantised(sample.depth, step)
