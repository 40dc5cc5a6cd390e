"""From whatever a caller has (paths, numpy, torch) to one RGB image and one depth map of the same size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from spnet.errors import BadInput
from spnet.io import depth_to_metres, read_rgb, read_stored
from spnet.types import AnyArray, ByteImage, FloatImage
from spnet.units import default_unit, unit_scale

if TYPE_CHECKING:
    import torch

    ImageLike = str | Path | AnyArray | torch.Tensor

ASPECT_TOLERANCE = 0.01  # image and depth of one camera at two sizes, rounding included
ROUNDING = 1e-4  # by which float colours may leave [0, 1], as x * (1 / 255) does


@dataclass(frozen=True)
class Pair:
    """One image and depth map, checked.

    Attributes:
        rgb: (H, W, 3) uint8.
        depth: (H, W) float32 metres, 0 = unknown; at least one pixel is known.
        unit: what the depth was read in, e.g. "mm".
    """

    rgb: ByteImage
    depth: FloatImage
    unit: str


def load_pair(rgb: ImageLike, depth: ImageLike, unit: str | None = None) -> Pair:
    """Read and check one pair.

    Args:
        rgb: path; (H, W, 3) or (H, W) uint8, or float in [0, 1]; or a tensor, also (3, H, W).
        depth: path; (H, W) array or tensor, also (1, H, W). Floats are metres and integers millimetres unless `unit`
            says otherwise; 0, NaN, infinite and negative values are unknown.
        unit: see `spnet.io.read_depth`.

    Returns:
        The pair, both at the depth's size.

    Raises:
        BadInput: unreadable, wrong shape or type, nothing measured, an unknown unit, or sizes of different aspect.

    Warns:
        SpnetWarning: infinite or negative depths, or an unlikely unit.

    >>> pair = load_pair(np.zeros((1, 2, 3), np.uint8), np.array([[0, 1500]], np.uint16))
    >>> pair.depth, pair.unit
    (array([[0. , 1.5]], dtype=float32), 'mm')
    """
    if unit is not None:
        unit_scale(unit, integer=True)  # a wrong unit is reported before anything is read
    stored = read_stored(depth) if isinstance(depth, (str, Path)) else _depth_array(depth)
    metres = depth_to_metres(stored, unit, name=str(depth) if isinstance(depth, (str, Path)) else "depth")
    colours = read_rgb(rgb) if isinstance(rgb, (str, Path)) else _rgb_array(rgb)
    used = unit or default_unit(integer=stored.dtype.kind in "iu")
    return Pair(match_size(colours, metres.shape), metres, used)


def _numpy(value: Any, what: str) -> AnyArray:
    if hasattr(value, "detach"):  # a tensor, without importing torch here
        value = value.detach().cpu()
        value = (value.float() if value.is_floating_point() else value).numpy()  # NumPy has no bfloat16
    if not isinstance(value, np.ndarray):
        raise BadInput(f"{what} is a {type(value).__name__}: expected a path, a numpy array or a torch tensor.")
    return value


def _depth_array(depth: Any) -> AnyArray:
    array = _numpy(depth, "depth")
    return array[0] if array.ndim == 3 and array.shape[0] == 1 else array


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
    if not (array.min() >= -ROUNDING and array.max() <= 1 + ROUNDING):  # a NaN fails too
        raise BadInput(f"rgb holds floats from {array.min():.3g} to {array.max():.3g}: expected [0, 1], or uint8.")
    colours: ByteImage = np.rint(array.clip(0, 1) * 255).astype(np.uint8)
    return colours


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
