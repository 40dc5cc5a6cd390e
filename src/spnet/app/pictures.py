"""The page's pictures; both colour maps, of depth and of errors, are even in lightness: the colour-blind read them."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from spnet.app.session import Shown
from spnet.completion import Completion
from spnet.geometry import default_intrinsics, unproject
from spnet.types import ByteImage, FloatImage
from spnet.viz import colorize, depth_range, draw_points

CLOUD_POINTS = 80_000  # of the 3-D view; the downloads have all
ERROR_RANGE = (0.003, 0.3)  # relative error at the dark and at the light end; ours
# Dark blue over grey to yellow: red-green blindness leaves blue and yellow, and lightness rises evenly. Ours.
ERROR_COLOURS = ((8, 24, 74), (62, 74, 102), (117, 121, 124), (183, 173, 110), (255, 232, 92))
NO_TRUTH = (45, 45, 48)
DIM = 0.45  # brightness of the image behind measured points


@dataclass(frozen=True)
class Pictures:
    """What the page draws; all (H, W, 3) uint8.

    Attributes:
        overlay: the image, darkened, with the measured points in the colours of their depth.
        before: dense depth of what stands beside, or the measured points alone.
        result: dense depth, dark grey where it was left out.
        expected: the expected error, None where the network gives none.
        error, other_error: relative error of the whole result and of what stands beside; None without.
        span: metres at the near and far end of the colours.
    """

    overlay: ByteImage
    before: ByteImage
    result: ByteImage
    expected: ByteImage | None
    error: ByteImage | None
    other_error: ByteImage | None
    span: tuple[float, float]


def draw(shown: Shown, below: float = 0.0) -> Pictures:
    """All pictures of a result, on one scale of depth; `below`: the confidence below which it is left out."""
    result, other, truth = shown.result, shown.other, shown.truth
    low, high = depth_range(truth if truth is not None else result.depth)
    points = colorize(result.input_depth, vmin=low, vmax=high)
    overlay = draw_points(Image.fromarray((result.rgb * DIM).astype(np.uint8)), result.input_depth, points)
    if other is None:
        before = np.asarray(draw_points(Image.new("RGB", overlay.size, NO_TRUTH), result.input_depth, points))
    else:
        before = colorize(other, vmin=low, vmax=high)
    return Pictures(
        np.asarray(overlay),
        before,
        colorize(limited(result, below).depth, vmin=low, vmax=high),
        None if result.expected_error is None else error_colours(result.expected_error),
        None if truth is None else error_map(result.depth, truth),
        None if truth is None or other is None else error_map(other, truth),
        (low, high),
    )


def limited(result: Completion, below: float) -> Completion:
    """What is left of a result; all of it where the network gives no confidence."""
    return result if result.confidence is None or below <= 0 else result.masked(below)


def error_map(depth: FloatImage, truth: FloatImage) -> ByteImage:
    """The relative error in `error_colours`; (H, W, 3), dark grey where the truth is unknown."""
    known = truth > 0
    picture = error_colours(np.abs(depth - truth) / np.where(known, truth, 1))
    picture[~known] = NO_TRUTH
    return picture


def error_colours(relative: FloatImage) -> ByteImage:
    """Relative errors (H, W) as colours (H, W, 3), even in their logarithm."""
    low, high = np.log(np.array(ERROR_RANGE, np.float32))
    place = (np.log(np.maximum(relative, np.float32(1e-6))) - low) / (high - low)
    table = np.array(ERROR_COLOURS, np.float32)
    at, places = np.linspace(0, 1, 256), np.linspace(0, 1, len(table))
    colours = np.stack([np.interp(at, places, channel) for channel in table.T], axis=1).round().astype(np.uint8)
    picture: ByteImage = colours[(np.clip(place, 0, 1) * 255).round().astype(np.uint8)]
    return picture


def error_place(relative: float) -> float:
    """Where a relative error lies on the scale of `error_colours`, 0 to 1."""
    low, high = (math.log(end) for end in ERROR_RANGE)
    return min(1.0, max(0.0, (math.log(max(relative, 1e-6)) - low) / (high - low)))


def cloud(result: Completion) -> dict[str, object] | None:
    """The coloured point cloud for the page's script, thinned; None where no depth is left.

    Returns:
        "points" base64 of little-endian 16-bit x, y, z, "colours" base64 of 8-bit red, green, blue, "centre" the z that
        it turns about, and "spread", the view's width and height at z = 1; lengths in the points' own steps.
    """
    height, width = result.depth.shape
    stride = max(1, math.ceil((result.depth.size / CLOUD_POINTS) ** 0.5))
    camera = default_intrinsics(result.depth.shape)
    points = unproject(result.depth, camera)[::stride, ::stride].reshape(-1, 3)
    colours = result.rgb[::stride, ::stride].reshape(-1, 3)
    known = points[:, 2] > 0
    if not known.any():
        return None
    far = float(np.percentile(points[known, 2], 99.5))  # the farthest few would leave no steps to the rest
    kept = known & (points[:, 2] <= far)
    step = max(float(np.abs(points[kept]).max()) / 32767, 1e-9)
    packed = np.rint(points[kept] / step).astype("<i2")
    return {
        "points": base64.b64encode(packed.tobytes()).decode(),
        "colours": base64.b64encode(np.ascontiguousarray(colours[kept]).tobytes()).decode(),
        "centre": float(np.median(points[kept][:, 2])) / step,
        "spread": [width / camera.fx, height / camera.fy],
    }
