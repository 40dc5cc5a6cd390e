"""One frame of an archive to files of our layout: rgb/, gt/, raw/ or masks/; all of its files or none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from spnet.datasets.adapters import Frame, Item
from spnet.errors import BadInput
from spnet.files import write_together
from spnet.io import RGB_SUFFIXES, write_depth, write_image
from spnet.types import BoolImage, FloatImage
from spnet.units import LARGEST, unit_scale

RGB, TRUTH, RAW, MASKS = "rgb", "gt", "raw", "masks"
FOLDERS = (RGB, TRUTH, RAW, MASKS)

Writer = Callable[[Path], object]


def write_frame(item: Item, target: Path, unit: str) -> dict[str, Any]:
    """Read a frame and write its files, all or none.

    Args:
        item: the frame.
        target: the root of our layout.
        unit: of the depth files; "m" writes NPY. So does, for its frame alone, a depth that 16 bits do not hold; its
            values are in the same unit.

    Returns:
        Its entry of the manifest: name, K (fx, fy, cx, cy in pixels) where known, width, height, files by folder.

    Raises:
        BadInput: unreadable, without any measured depth, or image and depth of two sizes.
        CannotWrite: the files cannot be written.
    """
    frame = item.read()
    height, width = _size(item.name, frame)
    files: dict[str, str] = {}
    writers: list[tuple[Path, Writer]] = []
    for folder, suffix, write in _parts(item.name, frame, unit):
        files[folder] = f"{folder}/{item.name}{suffix}"
        writers.append((target / files[folder], write))
    write_together(writers)
    camera = {} if frame.intrinsics is None else {"K": [float(value) for value in astuple(frame.intrinsics)]}
    return {"name": item.name, **camera, "width": width, "height": height, "files": files}


def holds(depth: FloatImage, unit: str) -> bool:
    """Whether 16-bit integers in that unit hold every measured distance (metres), the nearest and the farthest.

    >>> holds(np.array([[0, 1, 65.5]], np.float32), "mm"), holds(np.array([[70]], np.float32), "mm")
    (True, False)
    """
    known = depth[depth > 0].astype(np.float64)
    if known.size == 0:
        return True
    scale = unit_scale(unit, integer=True)
    return bool(np.rint(known.min() / scale) >= 1 and np.rint(known.max() / scale) <= LARGEST)


def _size(name: str, frame: Frame) -> tuple[int, int]:
    maps = {"image": frame.rgb, "truth": frame.depth, "raw depth": frame.raw, "mask": frame.valid}
    sizes = {what: values.shape[:2] for what, values in maps.items() if values is not None}
    if len(set(sizes.values())) != 1:
        listed = ", ".join(f"{what} {width}x{height}" for what, (height, width) in sizes.items()) or "nothing"
        raise BadInput(f"{name} holds {listed}: expected an image and its depth, of one size.")
    height, width = next(iter(sizes.values()))
    return height, width


def _parts(name: str, frame: Frame, unit: str) -> Iterator[tuple[str, str, Writer]]:
    """Every file of a frame: its folder, its suffix, and what writes it to a path."""
    if frame.valid is not None:
        yield MASKS, ".png", partial(_write_mask, frame.valid)
        return
    if frame.rgb is None or (frame.depth is None and frame.raw is None):
        raise BadInput(f"{name} has no image, or neither truth nor raw depth.")
    if frame.depth is not None and not (frame.depth > 0).any():
        raise BadInput(f"{name} holds no measured depth that the data set's masks leave.")
    if frame.rgb_file is not None and frame.rgb_file.suffix.lower() in RGB_SUFFIXES:
        yield RGB, frame.rgb_file.suffix.lower(), partial(shutil.copyfile, frame.rgb_file)
    else:
        yield RGB, ".png", partial(write_image, rgb=frame.rgb)
    if frame.depth is not None:
        yield TRUTH, _suffix(frame.depth, unit), partial(write_depth, depth=frame.depth, unit=unit)
    if frame.raw is not None and (frame.raw > 0).any():
        yield RAW, _suffix(frame.raw, unit), partial(write_depth, depth=frame.raw, unit=unit)


def _suffix(depth: FloatImage, unit: str) -> str:
    return ".png" if unit != "m" and holds(depth, unit) else ".npy"


def _write_mask(valid: BoolImage, path: Path) -> None:
    Image.fromarray(np.where(valid, np.uint8(255), np.uint8(0))).save(path)
