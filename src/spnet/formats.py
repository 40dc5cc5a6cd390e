"""Array file formats that Pillow does not know (NPY, NPZ, PFM, EXR): stored values in, stored values out."""

from __future__ import annotations

import io
import re
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from spnet.errors import BadInput
from spnet.extras import need
from spnet.types import AnyArray

_EXR_DEPTH_NAMES = ("z", "depth", "y", "v")  # what renderers and OpenCV call it, compared without the layer's name
QUICK_PNG = 2  # of zlib's 9 levels; ours. A 640×480 preview takes 0.07 s where level 6 takes 0.20 s
_NOT_NUMBERS = "{path} is not a readable {kind} file of plain numbers (damaged, or of another kind)."
_DAMAGED_NPY = (
    *(ValueError, TypeError, OSError, EOFError, KeyError, SyntaxError, MemoryError, OverflowError),
    *(NotImplementedError, RuntimeError, struct.error, tokenize.TokenError),
    *(zipfile.BadZipFile, zlib.error),
)


def read_bytes(path: Path) -> bytes:
    """The file's content.

    Raises:
        BadInput: missing, a folder, empty or unreadable.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist.") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder; a file is expected.") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise BadInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if not data:
        raise BadInput(f"{path} is empty.")
    return data


def parse_npy(data: bytes, path: Path) -> AnyArray:
    """NPY, or NPZ holding one array or one named `depth`. Pickled objects are refused.

    Args:
        data: the file's content.
        path: its name, for messages.

    Raises:
        BadInput: not such a file, or several arrays and none named `depth`.
    """
    try:
        loaded = np.load(io.BytesIO(data), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        names = loaded.files
        if "depth" not in names and len(names) != 1:
            raise BadInput(f"{path} holds the arrays {', '.join(names) or '(none)'}: expected one, or one named depth.")
        array: AnyArray = loaded["depth" if "depth" in names else names[0]]
    except BadInput:
        raise
    except _DAMAGED_NPY as error:
        raise BadInput(_NOT_NUMBERS.format(path=path, kind=path.suffix[1:].upper())) from error
    return array


def parse_pfm(data: bytes, path: Path) -> AnyArray:
    """Portable float map in either byte order; its rows are stored bottom up.

    The header's scale gives the byte order by its sign; its size is left alone, as other readers do.

    Args:
        data: the file's content.
        path: its name, for messages.

    Returns:
        (H, W) float32, or (H, W, 3) of a colour file.

    Raises:
        BadInput: no PFM header, or fewer values than it announces.
    """
    header = re.match(rb"(P[Ff])\s+(\d{1,9})\s+(\d{1,9})\s+([+-]?)\d*\.?\d+(?:[eE][+-]?\d+)?\s", data)
    if header is None:
        raise BadInput(f"{path} has no valid PFM header.")
    width, height = int(header[2]), int(header[3])
    shape = (height, width, 3) if header[1] == b"PF" else (height, width)
    count = int(np.prod(shape, dtype=np.int64))
    present = (len(data) - header.end()) // 4
    if present < count:
        raise BadInput(f"{path} is cut off: {width}x{height} needs {count} values, {present} are there.")
    byte_order = "<" if header[4] == b"-" else ">"
    values = np.frombuffer(data, byte_order + "f4", count, offset=header.end())
    return values.reshape(shape)[::-1].astype(np.float32)


def read_exr(path: Path) -> AnyArray:
    """OpenEXR: the channel named Z, depth, Y or V (in any layer), or the only one there is.

    Returns:
        (H, W) float32; integer channels stay integers.

    Raises:
        BadInput: not an EXR file, or several channels and none of these names.
        MissingExtra: the package OpenEXR is not installed.
    """
    openexr = load_openexr()
    read_bytes(path)  # for the plain errors: missing, a folder, empty
    try:
        with openexr.File(str(path), separate_channels=True) as file:
            channels = {name: np.array(channel.pixels) for name, channel in file.channels().items()}
    except (RuntimeError, ValueError, TypeError, OSError, MemoryError) as error:
        raise BadInput(f"{path} is not a readable EXR file (damaged, or of another kind).") from error
    by_name = {name.rpartition(".")[2].lower(): pixels for name, pixels in channels.items()}
    chosen = next((by_name[name] for name in _EXR_DEPTH_NAMES if name in by_name), None)
    if chosen is None and len(channels) != 1:
        listed = ", ".join(channels) or "(none)"
        raise BadInput(f"{path} holds the channels {listed}: expected Z, depth, Y or V, or a single one.")
    pixels: AnyArray = next(iter(channels.values())) if chosen is None else chosen
    return pixels if pixels.dtype.kind in "iu" else pixels.astype(np.float32)


def load_openexr() -> Any:
    """The module OpenEXR, which ships no types.

    Raises:
        MissingExtra: it is not installed.
    """
    return need("OpenEXR", "exr", "EXR files")


# Suffix -> the values in a file's content; the path is for messages.
PARSERS: dict[str, Callable[[bytes, Path], AnyArray]] = {".npy": parse_npy, ".npz": parse_npy, ".pfm": parse_pfm}
ARRAY_SUFFIXES = frozenset({*PARSERS, ".exr"})


def read_array(path: Path) -> AnyArray:
    """The values of an array file, by its suffix, one of `ARRAY_SUFFIXES`; errors as of the parsers and `read_exr`."""
    parse = PARSERS.get(path.suffix.lower())
    return read_exr(path) if parse is None else parse(read_bytes(path), path)


def write_array(path: Path, values: AnyArray, *, quick: bool = False) -> None:
    """Write uint16 or float32 values (H, W) as the file kind that the suffix names.

    Args:
        path: the file.
        values: see there.
        quick: of PNG: a third of the time for a sixth more bytes.

    Raises:
        OSError: the file cannot be written.
        MissingExtra: EXR without the package OpenEXR.
    """
    suffix = path.suffix.lower()
    if suffix == ".exr":
        _write_exr(path, values)
    else:
        path.write_bytes(encode_array(values, suffix, png_level=QUICK_PNG if quick else 6))


def encode_array(values: AnyArray, suffix: str, *, png_level: int = 6) -> bytes:
    """The content of a .png, .tif, .tiff, .npy, .npz or .pfm file.

    Args:
        values: (H, W) uint16 or float32.
        suffix: the file kind, lower case.
        png_level: of compression, 0 to 9; 1 is four times faster than 6 and a tenth larger (seen on depth maps).
    """
    file = io.BytesIO()
    if suffix == ".npy":
        np.save(file, values, allow_pickle=False)
    elif suffix == ".npz":
        np.savez_compressed(file, depth=values)
    elif suffix == ".pfm":
        file.write(f"Pf\n{values.shape[1]} {values.shape[0]}\n-1.0\n".encode())
        file.write(values[::-1].astype("<f4").tobytes())
    elif suffix == ".png":
        Image.fromarray(values).save(file, format="PNG", compress_level=png_level)
    else:
        Image.fromarray(values).save(file, format="TIFF")
    return file.getvalue()


def _write_exr(path: Path, values: AnyArray) -> None:
    openexr = load_openexr()
    header = {"compression": openexr.ZIP_COMPRESSION, "type": openexr.scanlineimage}
    try:
        openexr.File(header, {"Z": np.ascontiguousarray(values)}).write(str(path))
        # OpenEXR says nothing when the disk is full (seen with 3.5), so what is there is compared.
        with openexr.File(str(path), separate_channels=True) as file:
            written = np.array_equal(file.channels()["Z"].pixels, values)
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        raise OSError("the EXR file was not written completely; the disk may be full") from error
    if not written:
        raise OSError("the EXR file was not written completely; the disk may be full")
