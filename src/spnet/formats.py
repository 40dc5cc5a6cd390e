"""Array file formats that Pillow does not know: NPY, NPZ, PFM, EXR; and one writer for all."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from spnet.errors import BadInput, MissingExtra
from spnet.types import AnyArray


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
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error
    if not data:
        raise BadInput(f"{path} is empty.")
    return data


def read_npy(path: Path) -> AnyArray:
    """NPY, or NPZ holding one array or one named `depth`. Pickled objects are refused."""
    data = read_bytes(path)
    try:
        loaded = np.load(io.BytesIO(data), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        names = loaded.files
        if "depth" not in names and len(names) != 1:
            raise BadInput(
                f"{path} holds the arrays {', '.join(names) or '(none)'}: expected one, or one named depth."
            )
        array: AnyArray = loaded["depth" if "depth" in names else names[0]]
    except BadInput:
        raise
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"{path} is not a readable {path.suffix[1:].upper()} file of plain numbers ({error})."
        ) from error
    return array


def read_pfm(path: Path) -> AnyArray:
    """Portable float map, one channel, either byte order; rows are stored bottom up."""
    data = read_bytes(path)
    header = re.match(rb"^(P[Ff])\s+(\d+)\s+(\d+)\s+(-?[\d.eE+-]+)\s", data)
    if header is None:
        raise BadInput(f"{path} has no valid PFM header.")
    width, height = int(header[2]), int(header[3])
    channels = 3 if header[1] == b"PF" else 1
    order = "<" if float(header[4]) < 0 else ">"
    body = data[header.end() :]
    if len(body) < 4 * width * height * channels:
        raise BadInput(
            f"{path} is cut off: {width}x{height} need {4 * width * height * channels} bytes, {len(body)} are there."
        )
    values = np.frombuffer(body, order + "f4", width * height * channels)
    shape = (height, width, 3) if channels == 3 else (height, width)
    return values.reshape(shape)[::-1].astype(np.float32)


def read_exr(path: Path) -> AnyArray:
    """OpenEXR: the channel named Z, Y, V or depth, or the only one there is."""
    openexr = _openexr()
    read_bytes(path)  # for the plain errors
    try:
        with openexr.File(str(path), separate_channels=True) as file:
            channels = {name: np.array(channel.pixels) for name, channel in file.channels().items()}
    except (RuntimeError, ValueError, OSError) as error:
        raise BadInput(f"{path} is not a readable EXR file ({error}).") from error
    for name in ("Z", "depth", "Y", "V"):
        if name in channels:
            return channels[name].astype(np.float32)
    if len(channels) != 1:
        raise BadInput(
            f"{path} holds the channels {', '.join(channels)}: expected Z, Y, V, depth, or a single one."
        )
    return next(iter(channels.values())).astype(np.float32)


def _openexr():  # type: ignore[no-untyped-def]  # OpenEXR ships no types
    try:
        import OpenEXR
    except ImportError:
        raise MissingExtra("EXR files need the extra package: pip install 'spnet[exr]'.") from None
    return OpenEXR


READERS: dict[str, Callable[[Path], AnyArray]] = {
    ".npy": read_npy,
    ".npz": read_npy,
    ".pfm": read_pfm,
    ".exr": read_exr,
}


def write_array(path: Path, values: AnyArray) -> None:
    """Write uint16 or float32 values (H, W) as the file kind that the suffix names."""
    suffix = path.suffix.lower()
    if suffix == ".npy":
        np.save(path, values, allow_pickle=False)
    elif suffix == ".npz":
        np.savez_compressed(path, depth=values)
    elif suffix == ".pfm":
        header = f"Pf\n{values.shape[1]} {values.shape[0]}\n-1.0\n".encode()
        path.write_bytes(header + values[::-1].astype("<f4").tobytes())
    elif suffix == ".exr":
        header = {"compression": _openexr().ZIP_COMPRESSION, "type": _openexr().scanlineimage}
        _openexr().File(header, {"Z": np.ascontiguousarray(values)}).write(str(path))
    else:
        Image.fromarray(values).save(path)
