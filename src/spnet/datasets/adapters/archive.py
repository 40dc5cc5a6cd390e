"""What adapters share: finding, pairing and reading an archive's files, with errors that name the file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from spnet.datasets.adapters.reading import lines, need_file
from spnet.errors import BadInput
from spnet.io import read_stored
from spnet.types import AnyArray, FloatImage, Intrinsics

ALL = "all"  # the split of everything that lies on disk; other splits must be complete
OWN_LIST = "list"  # the split that the user's list.txt names


def not_found(root: Path, expected: str) -> BadInput:
    """The error for a folder that is not the archive."""
    what = "is not a folder" if not root.is_dir() else "does not hold this archive"
    return BadInput(f"{root} {what}: expected {expected}.")


def natural(path: Path) -> list[str | int]:
    """A sorting key under which 10.jpg comes after 9.jpg.

    >>> sorted([Path("10.jpg"), Path("9.jpg")], key=natural)[0].name
    '9.jpg'
    """
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.name)]


def files(folder: Path, ending: str) -> list[Path]:
    """The visible files of a folder whose names end so, in their numbers' order.

    Raises:
        BadInput: no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} does not exist: expected a folder of *{ending} files.")
    try:
        found = [path for path in folder.iterdir() if path.name.endswith(ending) and not path.name.startswith(".")]
    except OSError as error:
        raise BadInput(f"{folder} cannot be listed: {error.strerror or error}.") from None
    if not found:
        raise BadInput(f"{folder} holds no *{ending} files.")
    return sorted(found, key=natural)


def pairs(lead: Path, ending: str, follow: Path, partner: Callable[[str], str]) -> list[tuple[Path, Path]]:
    """Each file of one folder with its partner in another; the partners' folder is listed once and may hold more.

    Args:
        lead: folder of the leading files, whose names end in `ending`.
        ending: of their names.
        follow: folder of the partners.
        partner: from a leading file's name to its partner's.

    Raises:
        BadInput: a folder is missing or empty, or a file has no partner; it is named.
    """
    leading = files(lead, ending)
    there = {path.name for path in follow.iterdir()} if follow.is_dir() else set()
    for path in leading:
        if partner(path.name) not in there:
            raise BadInput(f"{follow / partner(path.name)} is missing; {path} needs it.")
    return [(path, follow / partner(path.name)) for path in leading]


def listed(root: Path, split: str, official: str, folders: Iterable[str] = ()) -> list[str] | None:
    """The first column of the list that a split stands for.

    Args:
        root: of the archive.
        split: "all"; "list", which is the user's own `list.txt` beside the data; or the name of an official split.
        official: file name of the official lists, with `{}` for the split's name.
        folders: below the root, where the lists may lie as well.

    Returns:
        One entry a line, blank lines and comments (#) left out; None for "all".

    Raises:
        BadInput: no such list, or nothing in it.
    """
    if split == ALL:
        return None
    name = "list.txt" if split == OWN_LIST else official.format(split)
    places = [folder / name for folder in (root, *(root / below for below in folders), root.parent)]
    path = next((place for place in places if place.is_file()), places[0])
    need_file(path, f"the split {split!r} needs that list; put it there")
    entries = [line.split()[0] for line in lines(path) if not line.startswith("#")]
    if not entries:
        raise BadInput(f"{path} lists nothing.")
    return entries


def read_integers(path: Path, metres: float) -> FloatImage:
    """A 16-bit depth file.

    Args:
        path: PNG.
        metres: that one step is.

    Returns:
        (H, W) metres, 0 = unknown; it may be unknown everywhere.

    Raises:
        BadInput: unreadable, or not a grey image of 16 bits.
    """
    stored = read_stored(path)
    if stored.ndim != 2 or stored.dtype.kind not in "iu" or stored.dtype.itemsize == 1:
        raise BadInput(f"{path} has shape {stored.shape} and type {stored.dtype}: expected one channel of 16 bits.")
    return (stored.astype(np.float64) * metres).astype(np.float32)


def check_size(rgb: AnyArray, depth: AnyArray, path: Path) -> None:
    """Image and depth must be of one size.

    Raises:
        BadInput: they are not; `path` is the depth's.
    """
    if rgb.shape[:2] != depth.shape[:2]:
        (height, width), (high, wide) = rgb.shape[:2], depth.shape[:2]
        raise BadInput(f"{path} is {wide}x{high}, its image {width}x{height}: they must be of one size.")


def read_numbers(path: Path, columns: int, skip: int = 0) -> list[list[float]]:
    """Lines of numbers separated by blanks.

    Args:
        path: the text file.
        columns: that every line has at least.
        skip: header lines.

    Raises:
        BadInput: unreadable, a word, or too few numbers in a line or lines in the file.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[skip:]
        rows = [[float(word) for word in line.split()] for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as lines of numbers ({error}).") from None
    if not rows or any(len(row) < columns for row in rows):
        raise BadInput(f"{path} is cut off or of another kind: expected lines of {columns} numbers.")
    return rows


def checked(path: Path, fx: float, fy: float, cx: float, cy: float) -> Intrinsics:
    """A camera from a file, whose numbers must make sense.

    Raises:
        BadInput: a focal length that is not positive, or a number that is not finite.
    """
    if not (all(map(math.isfinite, (fx, fy, cx, cy))) and fx > 0 and fy > 0):
        raise BadInput(f"{path} holds no camera: fx {fx}, fy {fy}, cx {cx}, cy {cy}.")
    return Intrinsics(fx, fy, cx, cy)


def resized(camera: Intrinsics, before: tuple[float, float], after: tuple[int, ...]) -> Intrinsics:
    """The camera of an image that was resized; pixel centres are at whole coordinates.

    Args:
        camera: of the image before.
        before: its (H, W).
        after: (H, W) now; further entries are ignored.

    >>> resized(Intrinsics(100, 100, 49.5, 24.5), (50, 100), (25, 50))
    Intrinsics(fx=50.0, fy=50.0, cx=24.5, cy=12.0)
    """
    down, across = after[0] / before[0], after[1] / before[1]
    centre = (camera.cx + 0.5) * across - 0.5, (camera.cy + 0.5) * down - 0.5
    return Intrinsics(camera.fx * across, camera.fy * down, *centre)
