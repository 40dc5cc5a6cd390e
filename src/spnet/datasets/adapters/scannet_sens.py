"""ScanNet's `.sens` stream: one binary file of JPEG colour and zlib-compressed depth a scan, little-endian.

Header: version (uint32, 4); name length (uint64) and name; four 4x4 float32 matrices, row by row: colour intrinsics,
colour extrinsics, depth intrinsics, depth extrinsics; colour and depth compression (int32 each); colour width, height,
depth width, height (uint32 each); depth shift (float32, stored values a metre); number of frames (uint64). Then each
frame: camera pose (16 float32); two time stamps, byte counts of colour and of depth (uint64 each); the two blocks.
(`SensReader/c++/sensorData.h` and `SensReader/python/SensorData.py` of github.com/ScanNet/ScanNet.)
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from spnet.errors import BadInput
from spnet.types import ByteImage, FloatImage

VERSION = 4
COLOUR_KINDS = (1, 2)  # PNG, JPEG; 0 would be raw
ZLIB = 1  # 16-bit depth; 0 would be raw, 2 a format of its own
_TAIL = struct.Struct("<64f2i4IfQ")
_FRAME = struct.Struct("<16f4Q")
_LONGEST_NAME = 4096  # characters (ours); a longer one is a damaged file


@dataclass(frozen=True)
class Header:
    """What every frame of a stream shares: depth size (H, W), stored values a metre, fx, fy, cx, cy of the depth."""

    shape: tuple[int, int]
    shift: float
    camera: tuple[float, float, float, float]


@dataclass(frozen=True)
class Place:
    """Where a frame's blocks lie: offset of the colour block, byte counts of colour and depth, which follows it."""

    offset: int
    colour: int
    depth: int


def index(path: Path) -> tuple[Header, list[Place]]:
    """The header, and where each frame lies; the blocks themselves are skipped, not read.

    Raises:
        BadInput: unreadable, of another kind or version, or cut off.
    """
    try:
        with path.open("rb") as file:
            header, count = _header(file, path)
            end = path.stat().st_size
            return header, [_place(file, number, end, path) for number in range(count)]
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from None


def _header(file: BinaryIO, path: Path) -> tuple[Header, int]:
    version, length = struct.unpack("<IQ", _exactly(file, 12, path))
    if version != VERSION or length > _LONGEST_NAME:
        raise BadInput(f"{path} is no ScanNet stream of version {VERSION} (it begins with {version}).")
    _exactly(file, length, path)
    values = _TAIL.unpack(_exactly(file, _TAIL.size, path))
    depth_matrix, (colour, depth), (width, height) = values[32:48], values[64:66], values[68:70]
    shift, count = values[70], values[71]
    if colour not in COLOUR_KINDS or depth != ZLIB:
        raise BadInput(f"{path} is compressed in a way that is not read here (colour {colour}, depth {depth}).")
    if not (width and height and math.isfinite(shift) and shift > 0):
        raise BadInput(f"{path} holds no depth ({width}x{height} pixels, {shift} values a metre).")
    camera = depth_matrix[0], depth_matrix[5], depth_matrix[2], depth_matrix[6]
    return Header((height, width), shift, camera), count


def _place(file: BinaryIO, number: int, end: int, path: Path) -> Place:
    *_, colour, depth = _FRAME.unpack(_exactly(file, _FRAME.size, path))
    place = Place(file.tell(), colour, depth)
    if place.offset + colour + depth > end:
        raise BadInput(f"{path} is cut off in frame {number}: download it again.")
    file.seek(colour + depth, io.SEEK_CUR)
    return place


def _exactly(file: BinaryIO, count: int, path: Path) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise BadInput(f"{path} is cut off: download it again.")
    return data


def read_frame(path: Path, header: Header, place: Place) -> tuple[ByteImage, FloatImage]:
    """Decode one frame.

    Returns:
        Colour (h, w, 3) at its own size, and depth (H, W) metres, 0 = unknown.

    Raises:
        BadInput: unreadable or damaged.
    """
    height, width = header.shape
    try:
        with path.open("rb") as file:
            file.seek(place.offset)
            colour, packed = _exactly(file, place.colour, path), _exactly(file, place.depth, path)
        stored = np.frombuffer(zlib.decompress(packed), "<u2").reshape(height, width)
        with Image.open(io.BytesIO(colour)) as image:
            rgb = np.asarray(image.convert("RGB"))
    except BadInput:
        raise
    except (OSError, ValueError, SyntaxError, zlib.error, struct.error) as error:
        raise BadInput(f"{path}: the frame at byte {place.offset} is damaged ({error}).") from None
    return rgb, (stored.astype(np.float64) / header.shift).astype(np.float32)
