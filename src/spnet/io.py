"""Reading and writing images and depth maps: every file kind and every unit, in one place."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from spnet import formats
from spnet.errors import BadInput, SpnetWarning
from spnet.files import atomic_path
from spnet.types import AnyArray, ByteImage, FloatImage
from spnet.units import CHOICES, PLAUSIBLE, default_unit, likely_units, unit_scale

RGB_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm"})
DEPTH_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".npy", ".npz", ".pfm", ".exr"})
MAX_PIXELS = 200_000_000  # a larger header is a decompression bomb or a mistake


def read_rgb(path: str | Path) -> ByteImage:
    """Read a colour image: 8- or 16-bit, grey, with alpha (dropped) or a palette; EXIF rotation applied.

    Returns:
        (H, W, 3) uint8.

    Raises:
        BadInput: missing, a folder, damaged, not an image, or over 200 megapixels.
    """
    image = _open_image(Path(path))
    try:
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I;16") or image.mode in ("I", "F"):
            return np.repeat(_to_byte(np.asarray(image), str(path))[..., None], 3, axis=2)
        if image.mode == "P" and "transparency" in image.info:
            image = image.convert("RGBA")
        return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise BadInput(f"{path} is damaged and cannot be decoded ({error}).") from error


def _to_byte(values: AnyArray, name: str) -> ByteImage:
    """16-bit grey, or float grey in [0, 1], to 8 bits."""
    if values.dtype.kind == "f":
        if values.min() < 0 or values.max() > 1:
            raise BadInput(f"{name} holds float colours outside [0, 1].")
        return np.rint(values * 255).astype(np.uint8)
    return np.rint(values.astype(np.float64) / 257).clip(0, 255).astype(np.uint8)


def _open_image(path: Path) -> Image.Image:
    """Open and fully decode an image, or say in one sentence why not."""
    data = formats.read_bytes(path)
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # ours is checked below, on the header
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > MAX_PIXELS:
            raise BadInput(
                f"{path} is {image.width}x{image.height}: over the limit of {MAX_PIXELS // 10**6} megapixels."
            )
        image.load()
    except UnidentifiedImageError:
        raise BadInput(f"{path} is not an image that can be read.") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise BadInput(f"{path} is damaged and cannot be decoded ({error}).") from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    return image


def read_depth(path: str | Path, unit: str | None = None) -> FloatImage:
    """Read a depth map: PNG-16, TIFF (16-bit or float), NPY, NPZ, PFM, EXR.

    Args:
        path: the file.
        unit: `mm`, `cm`, `m`, `kitti`, `tum` or `normalized:<max_depth>`; None: integer files are millimetres, float
            files metres.

    Returns:
        (H, W) float32 metres, 0 = unknown. NaN, infinite and negative values become unknown.

    Raises:
        BadInput: unreadable, 8-bit, colour, nothing measured, or an unknown unit.

    Warns:
        SpnetWarning: infinite or negative values, or a median depth that cannot be right (under 1 cm, over 1 km).
    """
    path = Path(path)
    if unit is not None:
        unit_scale(unit, integer=True)  # a wrong unit is reported before the file is read
    stored = _read_stored(path)
    if stored.ndim == 3 and stored.shape[2] == 1:
        stored = stored[..., 0]
    return depth_to_metres(stored, unit, name=str(path))


def depth_to_metres(stored: AnyArray, unit: str | None, *, name: str) -> FloatImage:
    """Turn stored values (H, W) into metres; the checks and warnings of `read_depth`.

    Raises:
        BadInput: wrong shape or type, nothing measured, or an unknown unit.
    """
    _check_stored(stored, name)
    integer = stored.dtype.kind in "iu"
    unit = unit or default_unit(integer=integer)
    depth = stored.astype(np.float32) * np.float32(unit_scale(unit, integer=integer))
    odd = np.isinf(depth) | (depth < 0)
    if odd.any():
        _warn(f"{name}: {int(odd.sum())} infinite or negative depth value(s) are taken as unknown.")
    depth = np.where(np.isfinite(depth) & (depth > 0), depth, np.float32(0))
    if not depth.any():
        raise BadInput(f"{name} holds no measured depth: every value is 0, NaN, infinite or negative.")
    median = float(np.median(depth[depth > 0]))
    if not PLAUSIBLE[0] <= median <= PLAUSIBLE[1]:
        likely = likely_units(median / unit_scale(unit, integer=integer), integer=integer)
        hint = (
            f"perhaps it is in {' or '.join(likely)}: say so with the unit" if likely else f"units: {CHOICES}"
        )
        _warn(f"{name}: read as {unit}, the median depth is {median:.3g} m, which cannot be right; {hint}.")
    return depth


def _check_stored(stored: AnyArray, name: str) -> None:
    if stored.ndim == 3 and stored.shape[2] in (2, 3, 4):
        raise BadInput(
            f"{name} is a colour picture, not a depth map (perhaps a colour-mapped one): give the 16-bit or float file."
        )
    if stored.ndim != 2 or 0 in stored.shape:
        raise BadInput(f"{name} has shape {stored.shape}: a depth map has the shape (H, W).")
    if stored.dtype in (np.uint8, np.int8, np.bool_):
        raise BadInput(
            f"{name} holds 8-bit depth, which has lost its unit and precision: export it as 16-bit PNG or as float."
        )
    if stored.dtype.kind not in "iuf":
        raise BadInput(f"{name} holds values of type {stored.dtype}: expected integers or floats.")


def _read_stored(path: Path) -> AnyArray:
    suffix = path.suffix.lower()
    if suffix in formats.READERS:
        return formats.READERS[suffix](path)
    image = _open_image(path)
    if image.mode in ("P", "1"):
        image = image.convert("RGB" if image.mode == "P" else "L")
    return np.asarray(image)


def write_depth(path: str | Path, depth: FloatImage, unit: str | None = None) -> None:
    """Write a depth map; the file is complete or absent.

    Args:
        path: .png (16-bit), .tif/.tiff (float, or 16-bit with an integer unit), .npy, .npz, .pfm or .exr.
        depth: (H, W) metres, 0 = unknown.
        unit: default `mm` for PNG, `m` for the others.

    Raises:
        BadInput: unknown file kind or unit.
        CannotWrite: the target cannot be written.

    Warns:
        SpnetWarning: values that 16 bits cannot hold in this unit; they are written as unknown.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in DEPTH_SUFFIXES:
        raise BadInput(
            f"Cannot write depth as {path.name!r}: use one of {', '.join(sorted(DEPTH_SUFFIXES))}."
        )
    integer = suffix == ".png" or (suffix in (".tif", ".tiff") and unit not in (None, "m"))
    unit = unit or default_unit(integer=integer)
    stored = np.asarray(depth, dtype=np.float64) / unit_scale(unit, integer=integer)
    values = _to_uint16(stored, unit, path) if integer else stored.astype(np.float32)
    with atomic_path(path) as temporary:
        formats.write_array(temporary, values)


def _to_uint16(stored: AnyArray, unit: str, path: Path) -> AnyArray:
    rounded = np.rint(stored)
    over = rounded > 65535
    if over.any():
        _warn(
            f"{path}: {int(over.sum())} pixel(s) are too far for 16 bits in {unit} and are written as unknown; "
            "use a float file (.npy, .tiff) or another unit."
        )
    return np.where(over, 0, rounded).astype(np.uint16)


def write_image(path: str | Path, rgb: ByteImage) -> None:
    """Write a picture (PNG, JPEG, …); complete or absent.

    Raises:
        CannotWrite: the target cannot be written.
    """
    with atomic_path(path) as temporary:
        Image.fromarray(rgb).save(temporary)


def _warn(message: str) -> None:
    warnings.warn(message, SpnetWarning, stacklevel=4)


__all__: list[Any] = [
    "DEPTH_SUFFIXES",
    "RGB_SUFFIXES",
    "depth_to_metres",
    "read_depth",
    "read_rgb",
    "write_depth",
    "write_image",
]
