"""The commonest training files decoded by the package kornia-rs, where it is installed: the same pixels, sooner.

Whatever is unusual, damaged or not decoded is None here and left to `spnet.io`, which also has the words for it.
kornia-rs checks more than Pillow does, so nothing passes here that would not pass there.
"""

from __future__ import annotations

import re
import struct
from importlib import import_module
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from spnet.io import MAX_PIXELS, open_header
from spnet.types import AnyArray, ByteImage

kornia: Any
try:
    kornia = import_module("kornia_rs.io")
except ImportError:
    kornia = None

JPEG_START = b"\xff\xd8\xff"
FRAME = re.compile(rb"\xff[\xc0-\xc2]\0\x11\x08(....)\x03", re.DOTALL)  # the header of one of 8 bits and 3 components
PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
GREY_16 = b"\x10\0\0\0\0"  # of PNG's header: 16 bits, grey, not interlaced
UPRIGHT = 1  # of EXIF


def quick_rgb(path: Path) -> ByteImage | None:
    """(H, W, 3) of an upright JPEG in colour, or None."""
    if kornia is None or path.suffix.lower() not in (".jpg", ".jpeg"):
        return None
    try:
        data = path.read_bytes()
        if not (_plain(data) or _upright(open_header(data))):
            return None
        rgb: ByteImage = kornia.decode_image_jpegturbo(data, "rgb")
    except Exception:  # noqa: BLE001 (which is what kornia-rs raises)
        return None
    return rgb


def _plain(data: bytes) -> bool:
    """Whether a JPEG is surely an upright one in colour, which takes Pillow 0.1 ms to tell."""
    frame = FRAME.search(data)
    if frame is None or not data.startswith(JPEG_START) or b"Exif" in data[: frame.start()]:
        return False
    height, width = struct.unpack(">HH", frame[1])
    return bool(0 < height * width <= MAX_PIXELS)


def _upright(header: Image.Image) -> bool:
    usual = header.format == "JPEG" and header.mode == "RGB" and header.width * header.height <= MAX_PIXELS
    return usual and header.getexif().get(ExifTags.Base.Orientation, UPRIGHT) == UPRIGHT


def quick_depth(path: Path) -> AnyArray | None:
    """(H, W) uint16 of a grey PNG of 16 bits, or None."""
    if kornia is None or path.suffix.lower() != ".png":
        return None
    try:
        data = path.read_bytes()
        width, height = struct.unpack(">II", data[16:24])
        if data[:16] != PNG_START or data[24:29] != GREY_16 or width * height > MAX_PIXELS:
            return None
        depth: AnyArray = kornia.decode_image_png_u16(data, (height, width), "mono")[..., 0]
    except Exception:  # noqa: BLE001 (as above)
        return None
    return depth
