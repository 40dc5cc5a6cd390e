"""The page's pictures; one colour map for all depth, even in lightness, so that the colour-blind read it too."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from spnet.app.session import Shown
from spnet.geometry import default_intrinsics, unproject
from spnet.types import ByteImage, FloatImage
from spnet.viz import colorize, depth_range, draw_points

READOUT = 640  # pixels of the longer side of what the read-out under the cursor knows
CLOUD_POINTS = 80_000  # of the 3-D view; the downloads have all
ERROR_RANGE = (0.003, 0.3)  # relative error that is black, and that is white; ours
DIM = 0.45  # brightness of the image behind measured points


@dataclass(frozen=True)
class Pictures:
    """What the page draws; all (H, W, 3) uint8.

    Attributes:
        overlay: the image, darkened, with the measured points in the colours of their depth.
        input: the measured points alone.
        result, other: dense depth; `other` None where nothing stands beside.
        error, other_error: relative error, black 0.3 % to white 30 %, grey-blue where the truth is unknown; None
            without truth.
    """

    overlay: ByteImage
    input: ByteImage
    result: ByteImage
    other: ByteImage | None
    error: ByteImage | None
    other_error: ByteImage | None


def draw(shown: Shown) -> Pictures:
    """All pictures of a result, on one scale of depth."""
    result = shown.result
    low, high = depth_range(shown.truth if shown.truth is not None else result.depth)
    points = colorize(result.input_depth, vmin=low, vmax=high)
    dim = (result.rgb * DIM).astype(np.uint8)
    overlay = draw_points(Image.fromarray(dim), result.input_depth, points)
    bare = draw_points(Image.new("RGB", overlay.size, (45, 45, 48)), result.input_depth, points)
    has_truth = shown.truth is not None
    return Pictures(
        np.asarray(overlay),
        np.asarray(bare),
        colorize(result.depth, vmin=low, vmax=high),
        None if shown.other is None else colorize(shown.other, vmin=low, vmax=high),
        error_map(result.depth, shown.truth) if has_truth and shown.truth is not None else None,
        error_map(shown.other, shown.truth) if shown.other is not None and shown.truth is not None else None,
    )


def error_map(depth: FloatImage, truth: FloatImage) -> ByteImage:
    """Relative error in greys, even in its logarithm; (H, W, 3)."""
    known = truth > 0
    relative = np.abs(depth - truth) / np.where(known, truth, 1)
    low, high = np.log(ERROR_RANGE)
    grey = np.clip((np.log(np.maximum(relative, 1e-6)) - low) / (high - low), 0, 1) * 255
    picture = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    picture[~known] = (38, 50, 72)
    return picture


def readout(picture: ByteImage, depth: FloatImage) -> dict[str, object]:
    """A picture and the distances below it, for the page's script.

    Returns:
        "src" a data address, "depth" base64 of little-endian 16-bit steps, "step" metres a step, "width", "height".
    """
    stride = max(1, -(-max(depth.shape) // READOUT))
    small = np.where(np.isfinite(depth), depth, 0)[::stride, ::stride]
    step = max(float(small.max()) / 65535, 1e-6)
    packed = np.rint(small / step).astype("<u2").tobytes()
    return {
        "src": "data:image/png;base64," + base64.b64encode(_png(picture)).decode(),
        "depth": base64.b64encode(packed).decode(),
        "step": step,
        "width": small.shape[1],
        "height": small.shape[0],
    }


def _png(picture: ByteImage) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return file.getvalue()


def cloud(shown: Shown) -> dict[str, object]:
    """The coloured point cloud for the page's script, thinned.

    Returns:
        "points" base64 of little-endian 16-bit x, y, z, "colours" base64 of 8-bit red, green, blue, "centre" the z that
        it turns about, and "spread", the view's width and height at z = 1; lengths in the points' own steps.
    """
    result = shown.result
    height, width = result.depth.shape
    stride = max(1, math.ceil((result.depth.size / CLOUD_POINTS) ** 0.5))
    camera = default_intrinsics(result.depth.shape)
    points = unproject(result.depth, camera)[::stride, ::stride].reshape(-1, 3)
    colours = result.rgb[::stride, ::stride].reshape(-1, 3)
    far = float(np.percentile(points[:, 2], 99.5))  # the farthest few would leave no steps to the rest
    kept = (points[:, 2] > 0) & (points[:, 2] <= far)
    step = max(float(np.abs(points[kept]).max()) / 32767, 1e-9)
    packed = np.rint(points[kept] / step).astype("<i2")
    return {
        "points": base64.b64encode(packed.tobytes()).decode(),
        "colours": base64.b64encode(np.ascontiguousarray(colours[kept]).tobytes()).decode(),
        "centre": float(np.median(points[kept][:, 2])) / step,
        "spread": [width / camera.fx, height / camera.fy],
    }


def write_files(shown: Shown, folder: Path) -> dict[str, Path]:
    """The downloads: depth as PNG-16 (mm) and NPY (m), the point cloud as PLY and GLB."""
    names = {"png": "depth_mm.png", "npy": "depth_m.npy", "ply": "cloud.ply", "glb": "cloud.glb"}
    files = {kind: folder / name for kind, name in names.items()}
    for path in files.values():
        shown.result.save(path)
    return files
