"""MPI Sintel's training sequences: rendered, exact depth, floats with a tag."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from spnet.datasets.adapters.archive import check_size
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.datasets.adapters.reading import camera, first_folder, known, need_file
from spnet.errors import BadInput
from spnet.formats import read_bytes
from spnet.io import read_rgb
from spnet.types import FloatImage, Intrinsics

# The first four bytes of .dpt and .cam, little endian: the development kit's sintel_io.py.
TAG = np.float32(202021.25)
_ARCHIVES = ("MPI-Sintel-complete", "MPI-Sintel-training_images", "MPI-Sintel-depth-training-20150305")
# Everything unpacked into one folder, that folder's training/ itself, or each archive into a folder of its name.
_PLACES = ("training/", "", *(f"{archive}/training/" for archive in _ARCHIVES))


def items(root: Path, split: str) -> Sequence[Item]:
    """Frames of one rendering pass, sorted by scene and number."""
    images = first_folder(root, [f"{place}{split}" for place in _PLACES], f"MPI Sintel's pass {split}")
    depth = first_folder(root, [f"{place}depth" for place in _PLACES], "MPI Sintel's depth, an archive of its own")
    return [
        Item(f"{path.parent.name}/{path.stem}", partial(_read, depth.parent, path))
        for path in sorted(images.glob("*/frame_*.png"))
    ]


def _read(base: Path, path: Path) -> Frame:
    place = Path(path.parent.name) / path.stem
    file = need_file(base / "depth" / place.with_suffix(".dpt"), f"the depth of {path}")
    cam = base / "camdata_left" / place.with_suffix(".cam")
    rgb, depth = read_rgb(path), read_dpt(file)
    check_size(rgb, depth, file)
    return Frame(rgb, depth, None, read_cam(cam) if cam.is_file() else None, rgb_file=path)


def read_dpt(path: Path) -> FloatImage:
    """A .dpt file: the tag, width and height as int32, then float32 metres row by row, all little endian.

    Returns:
        (H, W) metres.

    Raises:
        BadInput: no such file, another tag, or not as many values as it says.
    """
    data = _tagged(path, 12)
    width, height = (int(side) for side in np.frombuffer(data, "<i4", 2, 4))
    if width <= 0 or height <= 0 or len(data) != 12 + 4 * width * height:
        raise BadInput(f"{path} holds {len(data) - 12} bytes of depth: {width}x{height} needs {4 * width * height}.")
    return known(np.frombuffer(data, "<f4", offset=12).reshape(height, width))


def read_cam(path: Path) -> Intrinsics:
    """A .cam file: the tag, then float64 numbers, the 3x3 intrinsic and the 3x4 extrinsic matrix row by row.

    Raises:
        BadInput: no such file, another tag, or cut off.
    """
    data = _tagged(path, 4 + 9 * 8)
    return camera(np.frombuffer(data, "<f8", 9, 4).reshape(3, 3))


def _tagged(path: Path, least: int) -> bytes:
    data = read_bytes(path)
    if len(data) < least or np.frombuffer(data, "<f4", 1)[0] != TAG:
        raise BadInput(f"{path} is not a file of MPI Sintel: it is cut off or does not start with the tag {TAG}.")
    return data


ADAPTER = Adapter(
    name="sintel",
    title="MPI Sintel, training sequences",
    where="http://sintel.is.tue.mpg.de: MPI-Sintel-training_images.zip or MPI-Sintel-complete.zip (pictures) and "
    "MPI-Sintel-depth-training-20150305.zip (depth and cameras), unpacked into one folder, so that training/ holds "
    "final/, clean/, depth/ and camdata_left/, or each into a folder of its name.",
    licence="Sintel is CC BY 3.0 (Blender Foundation); cite the paper",
    splits=("final", "clean"),
    unit="m",
    items=items,
    citation="D. J. Butler, J. Wulff, G. B. Stanley and M. J. Black: A Naturalistic Open Source Movie for Optical Flow "
    "Evaluation. ECCV 2012.",
    note="All pixels have depth, the far sky too: a score without a largest depth says little. final has fog, "
    "blur and lens effects, clean has not. Depth is stored as floats, since its range exceeds 16 bits.",
)
