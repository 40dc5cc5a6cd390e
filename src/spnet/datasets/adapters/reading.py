"""What several adapters need: finding an archive's parts, and depth and cameras in this package's terms."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spnet.errors import BadInput
from spnet.types import AnyArray, FloatImage, Intrinsics


def first_folder(root: Path, choices: Sequence[str], what: str) -> Path:
    """The first of the folders `root/choice` that exists; "." is the root itself.

    Raises:
        BadInput: none of them; the sentence names all.
    """
    for choice in choices:
        if (root / choice).is_dir():
            return root / choice
    looked = ", ".join(str(root / choice) for choice in choices)
    raise BadInput(f"{root} does not hold {what}: there is no folder {looked}.")


def need_file(path: Path, what: str) -> Path:
    """The path itself.

    Raises:
        BadInput: there is no such file; `what` says what it would be, e.g. "the depth of that image".
    """
    if not path.is_file():
        raise BadInput(f"{path} is missing: {what}.")
    return path


def known(depth: AnyArray) -> FloatImage:
    """Metres of any float type to (H, W) float32, where NaN, infinite and negative values become 0 = unknown.

    >>> known(np.array([[2.5, np.inf, np.nan, -1]])).tolist()
    [[2.5, 0.0, 0.0, 0.0]]
    """
    metres = np.asarray(depth, dtype=np.float32)
    return np.where(np.isfinite(metres) & (metres > 0), metres, np.float32(0))


def numbers(path: Path, count: int) -> list[float]:
    """The first numbers of a text file, separated by spaces, commas or lines.

    Raises:
        BadInput: no such file, no numbers, or fewer than `count`.
    """
    try:
        found = [float(word) for word in path.read_text(encoding="utf-8").replace(",", " ").split()]
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as numbers ({error}).") from None
    if len(found) < count:
        raise BadInput(f"{path} holds {len(found)} number(s): expected {count}.")
    return found[:count]


def load_mat(path: Path, key: str, what: str) -> Any:
    """A variable of a MATLAB file up to version 7.2.

    Raises:
        BadInput: no such file (`what` says what it would be), not a MATLAB file, or no such variable.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    damaged = (MatReadError, OSError, ValueError, TypeError, IndexError, EOFError, NotImplementedError)
    need_file(path, what)
    try:
        return loadmat(path, variable_names=[key])[key]
    except KeyError:
        raise BadInput(f"{path} holds no variable {key}.") from None
    except (*damaged, OverflowError, MemoryError, struct.error, zlib.error) as error:
        raise BadInput(f"{path} is not a MATLAB file that can be read ({error}).") from None


def lines(path: Path) -> list[str]:
    """The lines of a list file that are not empty, without the space around them.

    Raises:
        BadInput: it cannot be read as text.
    """
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as a list ({error}).") from None


def camera(matrix: ArrayLike) -> Intrinsics:
    """From a 3x3 (or 3x4) camera matrix, or its first 9 numbers row by row.

    >>> camera([[525, 0, 319], [0, 526, 239], [0, 0, 1]])
    Intrinsics(fx=525.0, fy=526.0, cx=319.0, cy=239.0)
    """
    k = np.asarray(matrix, dtype=np.float64)
    k = k.reshape(3, -1) if k.ndim == 1 else k
    return Intrinsics(float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2]))


def cropped(view: Intrinsics, left: float, top: float) -> Intrinsics:
    """The camera of the picture from that corner on (pixels)."""
    return Intrinsics(view.fx, view.fy, view.cx - left, view.cy - top)


def centre(shape: tuple[int, ...], height: int, width: int, path: Path) -> tuple[int, int]:
    """Top and left of the window of that size in the middle of a picture (H, W).

    Raises:
        BadInput: the picture is smaller.

    >>> centre((768, 1024), 750, 1000, Path("x.png"))
    (9, 12)
    """
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    if top < 0 or left < 0:
        raise BadInput(f"{path} is {shape[1]}x{shape[0]}: the window of {width}x{height} does not fit.")
    return top, left
