"""The numbers of a pack: whole, small, and so ordered that they compress well; and back.

Points are rounded to a quarter of a millimetre (more on what is long), numbered by first use and stored as differences;
triangles name vertices by how far they lie behind the newest, which packs well.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spnet.scenes.scene import Floats
from spnet.types import AnyArray

STEP = 2.5e-4  # metres to which points are rounded; more on models longer than STEP * STEPS
STEPS = 16383  # of a coordinate at most
UV_STEPS = 4095  # of a texture coordinate within its box
BRIGHTEST = 60.0  # radiance that a map keeps; above that it is cut
Bytes = NDArray[np.uint8]


def quantised(values: AnyArray, low: AnyArray, high: AnyArray, steps: int) -> NDArray[np.int64]:
    """Values as whole numbers from 0 at `low` to `steps` at `high`."""
    span = np.maximum(np.asarray(high, np.float64) - low, 1e-9)
    return np.asarray(np.clip(np.round((values - low) / span * steps), 0, steps), np.int64)


def behind(triangles: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangles as distances to the newest vertex: 0 is a new one; and the order in which vertices are first used.

    >>> codes, order = behind(np.array([[7, 3, 5], [5, 3, 9]]))
    >>> codes.ravel().tolist(), order.tolist()
    ([0, 0, 0, 1, 2, 0], [7, 3, 5, 9])
    """
    flat = triangles.ravel()
    used, first, number = np.unique(flat, return_index=True, return_inverse=True)
    rank = np.empty(len(used), np.int64)
    rank[np.argsort(first)] = np.arange(len(used))
    renumbered = rank[number]
    new = np.zeros(len(flat), bool)
    new[first] = True
    newest = np.cumsum(new) - new  # before this one
    return (newest - renumbered).reshape(-1, 3), used[np.argsort(first)]


def ahead(codes: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Triangles again, from what `behind` made.

    >>> ahead(behind(np.array([[7, 3, 5], [5, 3, 9]]))[0]).tolist()
    [[0, 1, 2], [2, 1, 3]]
    """
    flat = codes.astype(np.int64).ravel()
    new = flat == 0
    return np.asarray(np.cumsum(new) - new - flat).reshape(-1, 3)


def differences(values: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Differences along the first axis, small ones as small numbers whatever their sign."""
    steps = np.diff(values, axis=0, prepend=np.zeros((1, *values.shape[1:]), np.int64))
    return np.where(steps < 0, -2 * steps - 1, 2 * steps).astype(np.uint16)


def sums(values: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Values again, from what `differences` made.

    >>> sums(differences(np.array([[5], [2], [900], [0]]))).ravel().tolist()
    [5, 2, 900, 0]
    """
    wide = values.astype(np.int64)
    return np.asarray(np.cumsum(np.where(wide % 2, -(wide + 1) // 2, wide // 2), axis=0))


def planes(values: NDArray[np.uint16]) -> Bytes:
    """(2, ...) low and high bytes apart, which deflate packs better."""
    return np.stack([values & 255, values >> 8]).astype(np.uint8)


def whole(parts: Bytes) -> NDArray[np.uint16]:
    """Numbers again, from what `planes` made."""
    return np.asarray(parts[0].astype(np.uint16) | (parts[1].astype(np.uint16) << 8))


def decoded(content: bytes) -> Bytes:
    """An image file as (h, w, 3) sRGB."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def packed_map(radiance: Floats) -> bytes:
    """A map of light as a JPEG of its logarithm: 1.6 % a step at most."""
    values = np.log1p(np.clip(radiance, 0, BRIGHTEST) * 64) / np.log1p(BRIGHTEST * 64)
    buffer = io.BytesIO()
    Image.fromarray((values * 255 + 0.5).astype(np.uint8)).save(buffer, "JPEG", quality=94, subsampling=0)
    return buffer.getvalue()


def unpacked(content: bytes) -> Floats:
    """The map again, from what `packed_map` made."""
    values = decoded(content).astype(np.float32) / 255
    return np.asarray(np.expm1(values * np.log1p(BRIGHTEST * 64)) / 64, np.float32)
