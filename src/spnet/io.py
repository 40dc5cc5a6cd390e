"""Reading and writing images and depth maps: every file kind and every unit, in one place."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from spnet import formats
from spnet.errors import BadInput, SpnetWarning
from spnet.files import atomic_path
from spnet.types import AnyArray, ByteImage, FloatImage
from spnet.units import CHOICES, LARGEST, PLAUSIBLE, default_unit, likely_units, unit_scale, unit_that_holds

__all__ = [
    "DEPTH_SUFFIXES",
    "RGB_SUFFIXES",
    "check_stored",
    "decode_rgb",
    "decode_stored",
    "depth_to_metres",
    "open_picture",
    "picture_to_rgb",
    "read_depth",
    "read_rgb",
    "read_stored",
    "write_depth",
    "write_image",
]

RGB_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm"})
DEPTH_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".npy", ".npz", ".pfm", ".exr"})
MAX_PIXELS = (
    178_000_000  # more is a mistake or a decompression bomb; just under Pillow's own limit, an error of its own
)
JPEG_QUALITY = 92  # ours: previews with thin lines and text

_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# What Pillow's decoders are seen to raise on damaged files, beside UnidentifiedImageError.
_DAMAGED = (
    *(OSError, EOFError, ValueError, SyntaxError, TypeError, KeyError, IndexError, AttributeError),
    *(OverflowError, MemoryError, RuntimeError, ZeroDivisionError, struct.error, zlib.error),
    Image.DecompressionBombError,  # a damaged TIFF may say one size first and another one later
)
_open_lock = threading.Lock()


def read_rgb(path: str | Path) -> ByteImage:
    """Read a colour image: 8- or 16-bit, grey, with alpha (dropped) or a palette; EXIF rotation applied.

    Args:
        path: PNG, JPEG, WebP, TIFF, BMP or another kind that Pillow reads; of several pages, the first.

    Returns:
        (H, W, 3) uint8.

    Raises:
        BadInput: missing, a folder, damaged, not an image, or over 178 megapixels.
    """
    return picture_to_rgb(open_picture(path), path)


def open_picture(path: str | Path) -> Image.Image:
    """The first half of `read_rgb`: decoded and upright, but as its file has it. A part of it may be cut out now.

    Raises:
        BadInput: as of `read_rgb`.
    """
    path = Path(path)
    return _upright(decode_picture(formats.read_bytes(path), path), path)


def _upright(image: Image.Image, path: Path) -> Image.Image:
    try:
        ImageOps.exif_transpose(image, in_place=True)
        return image
    except _DAMAGED as error:
        raise BadInput(f"{path} is damaged and cannot be decoded ({_one_line(error)}).") from error


def picture_to_rgb(image: Image.Image, path: str | Path) -> ByteImage:
    """The second half of `read_rgb`: (H, W, 3) uint8 of a picture, or of a part of one; `path` is for messages.

    Raises:
        BadInput: as of `read_rgb`.
    """
    path = Path(path)
    try:
        if image.mode.startswith("I") or image.mode == "F":
            return np.repeat(_grey_to_byte(np.asarray(image), path)[..., None], 3, axis=2)
        if image.mode == "P" and "transparency" in image.info:
            image = image.convert("RGBA")  # else Pillow would warn about it
        return np.array(image if image.mode == "RGB" else image.convert("RGB"))
    except BadInput:
        raise
    except _DAMAGED as error:
        raise BadInput(f"{path} is damaged and cannot be decoded ({_one_line(error)}).") from error


def _grey_to_byte(values: AnyArray, path: Path) -> ByteImage:
    """16-bit grey, or float grey in [0, 1], to 8 bits."""
    top = 1 if values.dtype.kind == "f" else LARGEST
    if not (values.min() >= 0 and values.max() <= top):  # a NaN fails too
        raise BadInput(f"{path} holds grey values outside 0 to {top}; export the picture with 8 or 16 bits.")
    grey: ByteImage = np.rint(values * np.float32(255 / top)).astype(np.uint8)
    return grey


def decode_rgb(data: bytes, name: str) -> ByteImage:
    """As `read_rgb`, of a file's content; `name` is for messages."""
    return picture_to_rgb(_upright(decode_picture(data, Path(name)), Path(name)), name)


def decode_picture(data: bytes, path: Path) -> Image.Image:
    """Fully decode an image, or say in one sentence why not."""
    try:
        image = open_header(data)
        if image.width * image.height > MAX_PIXELS:
            size = f"{image.width}x{image.height}"
            raise BadInput(f"{path} is {size}: over the limit of {MAX_PIXELS // 10**6} megapixels.")
        image.load()
    except BadInput:
        raise
    except UnidentifiedImageError:
        raise BadInput(f"{path} {_why_unreadable(path, data)}.") from None
    except _DAMAGED as error:
        raise BadInput(f"{path} is damaged and cannot be decoded ({_one_line(error)}).") from error
    return image


def open_header(data: bytes) -> Image.Image:
    """Pillow's own size limit is off meanwhile: ours is checked on the header. The lock keeps threads apart."""
    with _open_lock:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(io.BytesIO(data))
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _why_unreadable(path: Path, data: bytes) -> str:
    if path.suffix.lower() in formats.ARRAY_SUFFIXES:
        return "holds an array, not a picture"
    if data.startswith(_TIFF_STARTS):
        return "is a TIFF whose pixels cannot be read (damaged, or floats of 16 or 64 bits: use 32)"
    return "is not an image that can be read"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


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
        MissingExtra: an EXR file without the package OpenEXR.

    Warns:
        SpnetWarning: infinite or negative values, or a median depth that cannot be right (under 1 cm, over 1 km).
    """
    path = Path(path)
    if unit is not None:
        unit_scale(unit, integer=True)  # a wrong unit is reported before the file is read
    return _to_metres(read_stored(path), unit, str(path), stacklevel=3)


def depth_to_metres(stored: AnyArray, unit: str | None, *, name: str) -> FloatImage:
    """Turn stored values into metres, with the checks, errors and warnings of `read_depth`.

    Args:
        stored: (H, W) or (H, W, 1), integers or floats.
        unit: as in `read_depth`.
        name: what messages call it.

    Returns:
        (H, W) float32 metres, 0 = unknown.

    Raises:
        BadInput: wrong shape or type, nothing measured, or an unknown unit.

    >>> depth_to_metres(np.array([[0, 1500]], np.uint16), None, name="frame")
    array([[0. , 1.5]], dtype=float32)
    """
    return _to_metres(stored, unit, name, stacklevel=3)


def _to_metres(stored: AnyArray, unit: str | None, name: str, *, stacklevel: int) -> FloatImage:
    if stored.ndim == 3 and stored.shape[2] == 1:
        stored = stored[..., 0]
    check_stored(stored, name)
    integer = stored.dtype.kind in "iu"
    unit = default_unit(integer=integer) if unit is None else unit
    scale = unit_scale(unit, integer=integer)
    depth = np.empty(stored.shape, np.float32)
    with np.errstate(over="ignore", invalid="ignore"):  # beyond float32 becomes infinite, which is counted below
        np.multiply(stored, scale, out=depth, dtype=np.float64, casting="same_kind")
    negative, infinite = int((depth < 0).sum()), int(np.isposinf(depth).sum())
    if negative or infinite:
        what = " and ".join(f"{n} {kind}" for n, kind in ((negative, "negative"), (infinite, "infinite")) if n)
        message = f"{name}: {what} depth value(s) are taken as unknown."
        warnings.warn(message, SpnetWarning, stacklevel=stacklevel)
    known = np.isfinite(depth) & (depth > 0)
    if not known.any():
        raise BadInput(f"{name} holds no measured depth: every value is 0, negative, infinite or NaN.")
    median = float(np.median(depth[known]))
    if not PLAUSIBLE[0] <= median <= PLAUSIBLE[1]:
        message = _unlikely(name, unit, median, likely_units(median / scale, integer=integer))
        warnings.warn(message, SpnetWarning, stacklevel=stacklevel)
    return np.where(known, depth, np.float32(0))


def _unlikely(name: str, unit: str, median: float, likely: list[str]) -> str:
    message = f"{name}: read as {unit}, the median depth is {median:.3g} m, which can hardly be right"
    if not likely:
        return f"{message}; name the unit: {CHOICES}."
    others = f" (or {' or '.join(likely[1:])})" if likely[1:] else ""
    return f"{message}; the file is probably in {likely[0]}{others}: name that unit."


def check_stored(stored: AnyArray, name: str) -> None:
    """Raise BadInput where stored values cannot be depth by their shape or type; `name` is for messages."""
    if stored.ndim == 3 and stored.shape[2] in (2, 3, 4):
        raise BadInput(
            f"{name} has {stored.shape[2]} channels, so it is a picture (probably a colour-mapped one) and not a depth "
            "map: give the 16-bit or float file that it was made from."
        )
    if stored.ndim != 2 or 0 in stored.shape:
        raise BadInput(f"{name} has shape {stored.shape}: a depth map has the shape (H, W).")
    if stored.dtype.kind == "b" or (stored.dtype.kind in "iu" and stored.dtype.itemsize == 1):
        raise BadInput(
            f"{name} holds 8-bit depth, which has lost its unit and precision: export it again as 16-bit PNG or as NPY."
        )
    if stored.dtype.kind not in "iuf":
        raise BadInput(f"{name} holds values of type {stored.dtype}: expected integers or floats.")


def read_stored(path: str | Path) -> AnyArray:
    """The values of a depth file as they are stored, unchecked and in the file's own unit and type.

    Raises:
        BadInput: unreadable.
        MissingExtra: an EXR file without the package OpenEXR.
    """
    path = Path(path)
    if path.suffix.lower() in formats.ARRAY_SUFFIXES:
        return formats.read_array(path)
    return decode_stored(formats.read_bytes(path), path)


def decode_stored(data: bytes, name: str | Path) -> AnyArray:
    """As `read_stored`, of a file's content; its kind is that of the name's suffix, EXR excepted."""
    path = Path(name)
    parse = formats.PARSERS.get(path.suffix.lower())
    if parse is not None:
        return parse(data, path)
    image = decode_picture(data, path)
    if image.mode in ("P", "PA"):
        image = image.convert("RGB")  # a palette is colour
    return np.asarray(image)


def write_depth(path: str | Path, depth: FloatImage, unit: str | None = None, *, quick: bool = False) -> None:
    """Write a depth map; the file is complete or absent. Parent folders are created.

    Args:
        path: .png (16-bit), .tif/.tiff (float; 16-bit with a unit other than m), .npy, .npz, .pfm or .exr (float).
        depth: (H, W) metres; 0, NaN, infinite and negative values are written as 0 = unknown.
        unit: as in `read_depth`; default `mm` for PNG, `m` for the others.
        quick: of PNG: a third of the time for a sixth more bytes.

    Raises:
        BadInput: unknown file kind or unit, or not (H, W).
        CannotWrite: the target cannot be written.
        MissingExtra: an EXR file without the package OpenEXR.

    Warns:
        SpnetWarning: values that 16 bits cannot hold in this unit; they are written as unknown.
    """
    path = Path(path)
    if path.suffix.lower() not in DEPTH_SUFFIXES:
        kinds = ", ".join(sorted(DEPTH_SUFFIXES))
        raise BadInput(f"Depth cannot be written as {path.name!r}: the name must end in one of {kinds}.")
    values = stored_values(depth, path, unit)
    with atomic_path(path) as temporary:
        formats.write_array(temporary, values, quick=quick)


def stored_values(depth: FloatImage, path: Path, unit: str | None) -> AnyArray:
    """What a depth file holds: uint16 or float32 (H, W); arguments, errors and warnings as `write_depth`."""
    suffix = path.suffix.lower()
    metres = np.asarray(depth, dtype=np.float64)
    if metres.ndim != 2 or 0 in metres.shape:
        raise BadInput(f"The depth for {path} has shape {metres.shape}: expected (H, W).")
    integer = suffix == ".png" or (suffix in (".tif", ".tiff") and unit not in (None, "m"))
    unit = default_unit(integer=integer) if unit is None else unit
    scale = unit_scale(unit, integer=integer)
    metres = np.where(np.isfinite(metres) & (metres > 0), metres, 0.0)
    return _to_uint16(metres, unit, scale, path) if integer else (metres / scale).astype(np.float32)


def _to_uint16(metres: AnyArray, unit: str, scale: float, path: Path) -> AnyArray:
    stored = np.rint(metres / scale)
    lost = (metres > 0) & ((stored < 1) | (stored > LARGEST))
    if lost.any():
        known = metres[metres > 0]
        better = unit_that_holds(float(known.min()), float(known.max()))
        advice = f"unit {better} would hold them" if better else "a float file (.npy, .tiff) would hold them"
        warnings.warn(
            f"{path}: {int(lost.sum())} pixel(s) are too far or too near for 16 bits in {unit} and are written as "
            f"unknown; {advice}.",
            SpnetWarning,
            stacklevel=4,
        )
    return np.where(lost, 0, stored).astype(np.uint16)


def write_image(path: str | Path, rgb: ByteImage, *, quick: bool = False) -> None:
    """Write a picture; the file is complete or absent. Parent folders are created.

    Args:
        path: .png, .jpg, .webp or another suffix of `RGB_SUFFIXES`.
        rgb: (H, W, 3) uint8.
        quick: of PNG: a third of the time for a fifth more bytes.

    Raises:
        BadInput: unknown file kind.
        CannotWrite: the target cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in RGB_SUFFIXES:
        kinds = ", ".join(sorted(RGB_SUFFIXES))
        raise BadInput(f"A picture cannot be written as {path.name!r}: the name must end in one of {kinds}.")
    with atomic_path(path) as temporary:
        picture = Image.fromarray(np.ascontiguousarray(rgb))
        if quick and path.suffix.lower() == ".png":
            picture.save(temporary, compress_level=formats.QUICK_PNG)
        else:
            picture.save(temporary, quality=JPEG_QUALITY)
