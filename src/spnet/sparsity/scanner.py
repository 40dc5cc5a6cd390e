"""LiDAR: which pixels a rotating scanner hits, at the camera or beside it, and what it reads there.

Directions: yaw to the right and pitch **upwards**, both from the optical axis. The image's y axis points down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput
from spnet.types import BoolImage, FloatImage, Intrinsics

MAX_LINES = 128
# The virtual scanner of OMNI-DC's benchmark: pitch in ±0.5 rad, 200 columns in ±pi/2.1, focal length = H.
VIRTUAL_PITCH = (-0.5, 0.5)
VIRTUAL_YAW = (-np.pi / 2.1, np.pi / 2.1)
VIRTUAL_COLUMNS = 200
# A map this thin is itself a LiDAR sweep: its own rings are thinned instead of casting virtual rays.
SWEEP_FRACTION = 0.10
SWEEP_RINGS = 64  # HDL-64, KITTI's sensor; OMNI-DC's protocol bins every sweep so
PROTOCOL_LINES = 8  # the fewest that OMNI-DC's protocol thins a sweep to
SAME_SURFACE = 0.05  # ours: relative difference up to which a reading is taken to be of the pixel's own surface

Angles = NDArray[np.float64]  # radians


@dataclass(frozen=True)
class Scanner:
    """Which way the rays go, and how far.

    Attributes:
        pitch: (L,) radians, positive up, from top to bottom or the reverse.
        yaw: (C,) radians, positive to the right, within ±pi/2.
        reach: nearest and farthest range that gives a return, metres.
    """

    pitch: Angles
    yaw: Angles
    reach: tuple[float, float] = (0.0, np.inf)


@dataclass(frozen=True)
class Model:
    """A sensor on the market, from its data sheet.

    Attributes:
        lines: number of lasers, evenly spaced in pitch.
        pitch: lowest and highest laser, degrees.
        step: between two columns, degrees, at 10 turns a second.
        reach: nearest and farthest range, metres.
    """

    lines: int
    pitch: tuple[float, float]
    step: float
    reach: tuple[float, float]


MODELS = {
    # Velodyne HDL-64E data sheet: 64 lines, +2.0 to -24.9 degrees, 0.08-0.35 degrees a column at 5-20 Hz (2083 columns
    # at the 10 Hz of Geiger et al., "Vision meets robotics", 2013), up to 120 m. KITTI's sensor.
    "hdl64": Model(64, (-24.9, 2.0), 360 / 2083, (0.9, 120.0)),
    # Velodyne HDL-32E data sheet: 32 lines, +10.67 to -30.67 degrees, 0.08-0.33 degrees at 5-20 Hz, up to 100 m.
    "hdl32": Model(32, (-30.67, 10.67), 0.16, (1.0, 100.0)),
    # Velodyne VLP-16 data sheet: 16 lines, ±15 degrees, 0.1-0.4 degrees at 5-20 Hz, up to 100 m.
    "vlp16": Model(16, (-15.0, 15.0), 0.2, (0.5, 100.0)),
    # Ouster OS1-128 data sheet: 128 lines, ±22.5 degrees, 1024 columns at 10 or 20 Hz, up to 120 m.
    "os1": Model(128, (-22.5, 22.5), 360 / 1024, (0.3, 120.0)),
    # SICK LD-MRS400001 (ibeo LUX) data sheet: 4 layers over 3.2 degrees, 0.25 degrees at 25 Hz, up to 200 m or more.
    "ldmrs": Model(4, (-1.6, 1.6), 0.25, (0.5, 200.0)),
}


def kept_lines(lines: int, of: int) -> NDArray[np.intp]:
    """Which of `of` lines stay when they are thinned evenly to `lines`: those with index mod (of / lines) = 0.

    >>> kept_lines(4, 16)
    array([ 0,  4,  8, 12])
    """
    index = np.arange(of)
    return index[index * min(lines, of) % of < min(lines, of)]


def virtual_scanner(
    lines: int,
    *,
    pitch: tuple[float, float] = VIRTUAL_PITCH,
    yaw: tuple[float, float] = VIRTUAL_YAW,
    columns: int = VIRTUAL_COLUMNS,
) -> Scanner:
    """Evenly spaced lines and columns; by default OMNI-DC's. Angles in radians."""
    return Scanner(np.linspace(*pitch, lines), np.linspace(*yaw, columns))


def real_scanner(model: Model, lines: int, phase: float = 0.0) -> Scanner:
    """A sensor of `MODELS`, thinned to `lines`, looking along the camera's axis.

    Args:
        model: the sensor.
        lines: at most the model's.
        phase: where between two columns the first one stands, 0 to 1.

    Raises:
        BadInput: more lines than the sensor has.
    """
    if not 1 <= lines <= model.lines:
        raise BadInput(f"The sensor has {model.lines} lines; got {lines}.")
    top_down = np.deg2rad(np.linspace(model.pitch[1], model.pitch[0], model.lines))
    half = int(90 / model.step)
    yaw = np.deg2rad((np.arange(-half, half) + phase) * model.step)
    return Scanner(top_down[kept_lines(lines, model.lines)], yaw, model.reach)


def lidar(depth: FloatImage, lines: int, intrinsics: Intrinsics | None = None) -> BoolImage:
    """The pixels that a scanner of `lines` lines at the camera hits.

    A dense depth map is hit by virtual rays (OMNI-DC's geometry); a map that is a LiDAR sweep already (under 10 %
    known) keeps `lines` of its 64 rings (KITTI's subsampling).

    Args:
        depth: (H, W) metres.
        lines: 1 to 128.
        intrinsics: the camera; without it a centred pinhole with focal length H, as in OMNI-DC.

    Raises:
        BadInput: lines out of range.
    """
    if not 1 <= lines <= MAX_LINES:
        raise BadInput(f"A LiDAR has 1 to {MAX_LINES} lines; got {lines}.")
    camera = intrinsics or omni_camera(depth.shape)
    if is_sweep(depth):
        return thin_sweep(depth, lines, camera)
    return scan(depth, virtual_scanner(lines), camera) > 0


def omni_camera(shape: tuple[int, ...]) -> Intrinsics:
    """OMNI-DC's camera where none is known: centred, focal length = H."""
    h, w = shape
    return Intrinsics(h, h, (w - 1) / 2, (h - 1) / 2)


def is_sweep(depth: FloatImage) -> bool:
    """Whether a map is so thin (under 10 % known) that it must be a LiDAR sweep itself."""
    return float((depth > 0).mean()) < SWEEP_FRACTION


def rays(scanner: Scanner, *, roll: float = 0.0, tilt: float = 0.0) -> NDArray[np.float64]:
    """Directions (3, L * C) of all rays, x right, y down, z forward, of length 1.

    Args:
        scanner: the sensor.
        roll: it is turned about the optical axis, radians, clockwise as the camera sees it.
        tilt: it is turned upwards, radians.
    """
    sin, cos = np.sin(scanner.pitch)[:, None], np.cos(scanner.pitch)[:, None]
    x, y, z = cos * np.sin(scanner.yaw), -sin + 0 * scanner.yaw, cos * np.cos(scanner.yaw)
    if tilt:
        y, z = np.cos(tilt) * y - np.sin(tilt) * z, np.sin(tilt) * y + np.cos(tilt) * z
    if roll:
        x, y = np.cos(roll) * x - np.sin(roll) * y, np.sin(roll) * x + np.cos(roll) * y
    return np.stack([x, y, z]).reshape(3, -1)


def scan(
    depth: FloatImage,
    scanner: Scanner,
    camera: Intrinsics,
    *,
    roll: float = 0.0,
    tilt: float = 0.0,
    offset: tuple[float, float] = (0.0, 0.0),
) -> FloatImage:
    """What a scanner reads of a scene, drawn into the camera's image.

    With an offset, some of the points that the scanner sees are hidden from the camera: drawn into the image, they
    fall on a nearer surface and stay there as outliers, deeper than the truth. (A reading clearly nearer than the
    truth can only come of the scene's unknown parts and is dropped, as in OMNI-DC's and PacGDC's simulation.)

    Args:
        depth: (H, W) metres, dense.
        scanner: the sensor.
        camera: of the image.
        roll, tilt: of the scanner against the camera, radians; see `rays`.
        offset: where the scanner stands from the camera, metres to the right and down.

    Returns:
        (H, W) metres, 0 = not hit.
    """
    x, y, z = rays(scanner, roll=roll, tilt=tilt)
    ahead = z > 1e-6
    slope_x, slope_y = x[ahead] / z[ahead], y[ahead] / z[ahead]
    if offset == (0.0, 0.0):
        u, v = _pixels(slope_x, slope_y, camera)
        inside = (u >= 0) & (u < depth.shape[1]) & (v >= 0) & (v < depth.shape[0])
        out = np.zeros_like(depth)
        out[v[inside], u[inside]] = depth[v[inside], u[inside]]
    else:
        out = _scan_from_beside(depth, slope_x, slope_y, camera, offset)
    return _within_reach(out, camera, scanner.reach)


def _pixels(slope_x: Angles, slope_y: Angles, camera: Intrinsics) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    u = np.rint(np.clip(camera.fx * slope_x + camera.cx, -1e6, 1e6)).astype(np.intp)
    v = np.rint(np.clip(camera.fy * slope_y + camera.cy, -1e6, 1e6)).astype(np.intp)
    return u, v


def _within_reach(depth: FloatImage, camera: Intrinsics, reach: tuple[float, float]) -> FloatImage:
    if reach == (0.0, np.inf):
        return depth
    distance = depth * length_of_rays(depth.shape, camera)
    within: FloatImage = depth * ((distance >= reach[0]) & (distance <= reach[1]))
    return within


def length_of_rays(shape: tuple[int, ...], camera: Intrinsics) -> FloatImage:
    """(H, W): range over z-depth at every pixel."""
    x = (np.arange(shape[1]) - camera.cx) / camera.fx
    y = (np.arange(shape[0]) - camera.cy) / camera.fy
    length: FloatImage = np.sqrt(1 + x * x + (y * y)[:, None]).astype(np.float32)
    return length


def _scan_from_beside(
    depth: FloatImage, slope_x: Angles, slope_y: Angles, camera: Intrinsics, offset: tuple[float, float]
) -> FloatImage:
    """The scene as seen from the scanner, sampled by its rays, and drawn back into the camera's image."""
    seen, corner = _view_from(depth, camera, offset)
    u, v = _pixels(slope_x, slope_y, camera)
    u, v = u + corner[0], v + corner[1]
    inside = (u >= 0) & (u < seen.shape[1]) & (v >= 0) & (v < seen.shape[0])
    z = seen[v[inside], u[inside]]
    hit = z > 0
    z = z[hit]
    # The point (slope * z + offset, z) in the camera's frame.
    u, v = _pixels(slope_x[inside][hit] + offset[0] / z, slope_y[inside][hit] + offset[1] / z, camera)
    inside = (u >= 0) & (u < depth.shape[1]) & (v >= 0) & (v < depth.shape[0])
    out = _nearest(u[inside], v[inside], z[inside], depth.shape)
    own = np.abs(out - depth) <= SAME_SURFACE * depth
    read = np.where(own, depth, out)  # on the pixel's own surface, without the rounding of two projections
    keep = (out > 0) & (depth > 0) & (read >= depth)
    drawn: FloatImage = np.where(keep, read, np.float32(0))
    return drawn


def _view_from(
    depth: FloatImage, camera: Intrinsics, offset: tuple[float, float]
) -> tuple[FloatImage, tuple[int, int]]:
    """The depth map seen from `offset`, on a larger canvas; and where the image's corner lies on it.

    What the camera cannot see is taken to be the farther of the surfaces to its left and right.
    """
    h, w = depth.shape
    v, u = np.nonzero(depth > 0)
    z = depth[v, u]
    nearest = float(z.min()) if len(z) else 1.0
    # Beyond half an image a surface is so near that it hides the scanner's whole view: no need to see it.
    pad_x = min(w // 2, int(np.ceil(abs(offset[0]) * camera.fx / nearest)) + 1)
    pad_y = min(h // 2, int(np.ceil(abs(offset[1]) * camera.fy / nearest)) + 1)
    column = np.rint(u - camera.fx * offset[0] / z).astype(np.intp) + pad_x
    row = np.rint(v - camera.fy * offset[1] / z).astype(np.intp) + pad_y
    canvas = h + 2 * pad_y, w + 2 * pad_x
    inside = (column >= 0) & (column < canvas[1]) & (row >= 0) & (row < canvas[0])
    return _close_gaps(_nearest(column[inside], row[inside], z[inside], canvas)), (pad_x, pad_y)


def _nearest(u: NDArray[np.intp], v: NDArray[np.intp], z: FloatImage, shape: tuple[int, ...]) -> FloatImage:
    """(H, W) with the nearest of the points at every pixel, 0 where there is none."""
    flat = np.full(shape[0] * shape[1], np.inf, np.float32)
    np.minimum.at(flat, v * shape[1] + u, z)  # on one axis, which is faster than on two
    flat[np.isinf(flat)] = 0
    return flat.reshape(shape)


def _close_gaps(seen: FloatImage) -> FloatImage:
    """Unknown pixels between two known ones of a row take the farther of them; outside the outermost: unknown."""
    known = seen > 0
    columns = np.arange(seen.shape[1])
    left = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    right = np.minimum.accumulate(np.where(known, columns, seen.shape[1])[:, ::-1], axis=1)[:, ::-1]
    between = (left >= 0) & (right < seen.shape[1])
    farther = np.maximum(
        np.take_along_axis(seen, np.maximum(left, 0), 1),
        np.take_along_axis(seen, np.minimum(right, seen.shape[1] - 1), 1),
    )
    filled: FloatImage = np.where(between, farther, np.float32(0))
    # A single pixel far behind both of its neighbours shines through a crack of a surface that is seen from the side.
    filled[:, 1:-1] = np.minimum(filled[:, 1:-1], np.maximum(filled[:, :-2], filled[:, 2:]))
    return filled


def thin_sweep(depth: FloatImage, lines: int, camera: Intrinsics) -> BoolImage:
    """Keep `lines` of the 64 rings of a projected sweep, rings being equal bins of pitch (KITTI lines of OMNI-DC).

    From 8 lines on the protocol's: bins with index mod (64 / lines) = 0. Below, the protocol says nothing, and the bin
    in the middle of each group is kept instead: the topmost bin holds but the few points on tree tops.

    Args:
        depth: (H, W) metres, a projected sweep.
        lines: 1 to 128; 64 and more keep all.
        camera: of the image.
    """
    mask = np.zeros(depth.shape, dtype=bool)
    v, u = np.nonzero(depth > 0)
    if len(v) == 0:
        return mask
    x, y = (u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy
    pitch = np.arcsin(y / np.sqrt(x * x + y * y + 1.0))
    low, high = pitch.min(), pitch.max()
    ring = np.minimum(((pitch - low) / max(high - low, 1e-9) * SWEEP_RINGS).astype(np.intp), SWEEP_RINGS - 1)
    kept = kept_lines(lines, SWEEP_RINGS) + (0 if lines >= PROTOCOL_LINES else SWEEP_RINGS // lines // 2)
    keep = np.isin(ring, kept)
    mask[v[keep], u[keep]] = True
    return mask
