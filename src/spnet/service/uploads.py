"""What a client sent, looked at before anything is decoded: its kind and size, from its first bytes alone."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from spnet.errors import SpnetError

PICTURES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "TIFF": ".tif", "BMP": ".bmp"}
RGB_KINDS = frozenset({*PICTURES.values(), ".npy"})
DEPTH_KINDS = frozenset({".png", ".tif", ".npy", ".npz", ".pfm"})
_HEADER_BYTES = 10_000  # of an array in an NPZ: enough for any header of plain numbers
_NUMBERS = "biuf"


class Refused(SpnetError):
    """A request that cannot be answered, with the HTTP status that says so."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """`status`: of HTTP; `code`: one word for programs; `message`: a sentence for people."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type[Refused], tuple[int, str, str]]:
        """Errors travel from the workers by pickling."""
        return Refused, (self.status, self.code, self.message)


@dataclass(frozen=True)
class Upload:
    """A file of a request.

    Attributes:
        name: "rgb" or "depth" with the suffix of its true kind, for messages and decoders.
        content: its bytes.
        size: (height, width).
    """

    name: str
    content: bytes
    size: tuple[int, int]


def look_at(content: bytes, part: str, max_pixels: int) -> Upload:
    """Find out what a file is, without decoding it.

    Args:
        content: its bytes; names and content types that clients give are not believed.
        part: "rgb" or "depth".
        max_pixels: the largest size.

    Raises:
        Refused: 415 for what is neither a picture nor an array of a kind that is taken, 413 for too many pixels, 422
            for a header that makes no sense.
    """
    if not content:
        raise Refused(422, "empty", f"The part {part!r} is empty.")
    suffix, size = _kind_and_size(content, part)
    taken = RGB_KINDS if part == "rgb" else DEPTH_KINDS
    if suffix not in taken:
        kinds = ", ".join(sorted(kind[1:].upper() for kind in taken))
        raise Refused(415, "unsupported", f"The part {part!r} is a {suffix[1:].upper()} file: {kinds} are taken.")
    height, width = size
    if height * width > max_pixels:
        limit = f"{max_pixels / 1e6:g} megapixels"
        raise Refused(413, "too_large", f"The part {part!r} is {width}x{height}: over the limit of {limit}.")
    return Upload(part + suffix, content, size)


def _kind_and_size(content: bytes, part: str) -> tuple[str, tuple[int, int]]:
    if content.startswith(b"\x93NUMPY"):
        return ".npy", _array_size(io.BytesIO(content), part)
    if content.startswith(b"PK"):
        return ".npz", _archive_size(content, part)
    header = re.match(rb"P[Ff]\s+(\d{1,9})\s+(\d{1,9})\s", content)
    if header:
        return ".pfm", (int(header[2]), int(header[1]))
    try:
        with Image.open(io.BytesIO(content), formats=list(PICTURES)) as picture:
            width, height = picture.size
            return PICTURES[str(picture.format)], (height, width)
    except Image.DecompressionBombError:
        raise Refused(413, "too_large", f"The part {part!r} has too many pixels.") from None
    except UnidentifiedImageError:
        kinds = "PNG, JPEG, WebP, TIFF, BMP or NPY" if part == "rgb" else "16-bit PNG, TIFF, NPY, NPZ or PFM"
        raise Refused(415, "unsupported", f"The part {part!r} is no file of a known kind: send {kinds}.") from None
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, OverflowError, MemoryError, zlib.error):
        raise Refused(422, "damaged", f"The part {part!r} is a damaged picture.") from None


def _array_size(file: IO[bytes], part: str) -> tuple[int, int]:
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    except Exception:  # noqa: BLE001  # numpy parses the header as Python text: many kinds of error
        raise Refused(422, "damaged", f"The part {part!r} is a damaged NPY file.") from None
    if dtype.kind not in _NUMBERS:
        raise Refused(422, "not_numbers", f"The part {part!r} holds {dtype.name} values: plain numbers are expected.")
    sizes = [length for length in shape if length not in (1, 3)] or list(shape)
    if not 2 <= len(shape) <= 3 or min(shape) < 1:
        raise Refused(422, "shape", f"The part {part!r} has the shape {shape}: (H, W) or (H, W, 3) are expected.")
    # An upper bound in pixels for (H, W), (H, W, 1), (H, W, 3), (1, H, W) and (3, H, W); decoders check the rest.
    return (sizes[0], int(np.prod(sizes[1:], dtype=np.float64))) if len(shape) == 3 else (shape[0], shape[1])


def _archive_size(content: bytes, part: str) -> tuple[int, int]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [info.filename for info in archive.infolist()]
            name = "depth.npy" if "depth.npy" in names else names[0] if len(names) == 1 else None
            if name is None:
                raise Refused(422, "arrays", f"The part {part!r} has to hold one array, or one named depth.")
            info = archive.getinfo(name)
            with archive.open(info) as member:
                height, width = _array_size(io.BytesIO(member.read(_HEADER_BYTES)), part)
    except Refused:
        raise
    except Exception:  # noqa: BLE001  # a hostile archive: as with the header
        raise Refused(422, "damaged", f"The part {part!r} is a damaged NPZ file.") from None
    if info.file_size > 16 * height * width + _HEADER_BYTES:  # 16 bytes: the widest number there is
        raise Refused(422, "damaged", f"The part {part!r} is larger than its header says.")
    return height, width
