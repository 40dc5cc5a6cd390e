"""From whatever a caller has (paths, numpy, torch) to one RGB image and one depth map of the same size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from spnet.errors import BadInput
from spnet.io import depth_to_metres, read_depth, read_rgb
from spnet.types import AnyArray, ByteImage, FloatImage

if TYPE_CHECKING:
    import torch

    ImageLike = str | Path | AnyArray | torch.Tensor

ASPECT_TOLERANCE = 0.01  # image and depth of one camera at two sizes, rounding included


def load_pair(rgb: ImageLike, depth: ImageLike, unit: str | None = None) -> tuple[ByteImage, FloatImage]:
    """Read and check one pair.

    Args:
        rgb: path; (H, W, 3) or (H, W) uint8, or float in [0, 1]; or a tensor, also (3, H, W).
        depth: path; (H, W) array or tensor, also (1, H, W). Floats are metres and integers millimetres unless `unit`
            says otherwise; 0, NaN, infinite and negative values are unknown.
        unit: see `spnet.io.read_depth`.

    Returns:
        (H, W, 3) uint8 and (H, W) float32 metres, both at the depth's size.

    Raises:
        BadInput: unreadable, wrong shape or type, nothing measured, or sizes of different aspect.
    """
    metres = read_depth(depth, unit) if isinstance(depth, (str, Path)) else _depth_array(depth, unit)
    colours = read_rgb(rgb) if isinstance(rgb, (str, Path)) else _rgb_array(rgb)
    return match_size(colours, metres.shape), metres


def _numpy(value: Any, what: str) -> AnyArray:
    if hasattr(value, "detach"):  # a tensor, without importing torch here
        value = value.detach().cpu().numpy()
    if not isinstance(value, np.ndarray):
        raise BadInput(f"{what} is a {type(value).__name__}: expected a path, a numpy array or a torch tensor.")
    return value


def _depth_array(depth: Any, unit: str | None) -> FloatImage:
    array = _numpy(depth, "depth")
    if array.ndim == 3 and 1 in (array.shape[0], array.shape[2]):
        array = array[0] if array.shape[0] == 1 else array[..., 0]
    return depth_to_metres(array, unit, name="depth")


def _rgb_array(rgb: Any) -> ByteImage:
    array = _numpy(rgb, "rgb")
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.ndim == 3 and array.shape[2] != 3 and array.shape[0] == 3:
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise BadInput(f"rgb has shape {array.shape}: expected (H, W, 3), (3, H, W) or (H, W).")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype.kind != "f":
        raise BadInput(f"rgb holds {array.dtype}: expected uint8, or floats in [0, 1].")
    if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
        raise BadInput(f"rgb holds floats from {array.min():.3g} to {array.max():.3g}: expected [0, 1], or uint8.")
    return np.rint(array * 255).astype(np.uint8)


def match_size(rgb: ByteImage, shape: tuple[int, ...]) -> ByteImage:
    """Resample the image to the depth's (H, W).

    Raises:
        BadInput: the aspect ratios differ by more than 1 %.
    """
    (h, w), (height, width) = rgb.shape[:2], shape
    if (h, w) == (height, width):
        return rgb
    if abs(w * height / (h * width) - 1) > ASPECT_TOLERANCE:
        raise BadInput(
            f"The image is {w}x{h} and the depth map {width}x{height}, which have different aspect ratios: crop or "
            "register them to the same view first."
        )
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))
