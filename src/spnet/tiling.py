"""Large images in overlapping tiles whose results are blended linearly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STRIDE = 64  # tiles start and end where every network's coarsest cells (32 or 64) do: they see the cells of the whole
OVERLAP = 192  # pixels, ours: six coarsest cells of SPNet, over which two tiles' answers are blended


def tile_starts(length: int, tile: int) -> list[int]:
    """Where tiles of one axis begin, evenly spread, on multiples of 64; neighbours share OVERLAP pixels or more.

    >>> tile_starts(1000, 488)
    [0, 256, 512]
    """
    if length <= tile:
        return [0]
    last = math.ceil((length - tile) / STRIDE) * STRIDE
    step = (tile - OVERLAP) // STRIDE * STRIDE
    count = math.ceil(last / step) + 1
    return [round(i * last / (count - 1) / STRIDE) * STRIDE for i in range(count)]


def tile_length(length: int, side: int) -> int:
    """The shortest tile that needs no more of them along an axis than `side` does, all of one length.

    One length, because OpenVINO compiles for each size, and holds the weights and maps of each.

    >>> tile_length(2160, 1280), tile_starts(2160, 1200)
    (1200, [0, 960])
    """
    if length <= side:
        return length
    tile = length - math.ceil((length - side) / STRIDE) * STRIDE  # so that the last one ends where the image does
    count = len(tile_starts(length, tile))
    while tile - STRIDE >= OVERLAP + STRIDE and len(tile_starts(length, tile - STRIDE)) == count:
        tile -= STRIDE
    return tile


def tile_side(pixels: float) -> int:
    """The side of a square tile of at most so many pixels: a multiple of 64, at least twice the overlap."""
    return max(2 * OVERLAP, int(math.sqrt(pixels)) // STRIDE * STRIDE)


def tiles(height: int, width: int, side: int) -> Iterator[tuple[slice, slice]]:
    """The tiles of an image, row by row, of one size; the last ones end at the border."""
    tall, wide = tile_length(height, side), tile_length(width, side)
    for top in tile_starts(height, tall):
        for left in tile_starts(width, wide):
            yield slice(top, top + tall), slice(left, left + wide)


def ramp(part: slice, length: int) -> Floats:
    """Blending weight along one axis of a tile: rises over the overlap, except at the image's border."""
    count = part.stop - part.start
    position = np.arange(count, dtype=np.float32)
    weight = np.ones(count, np.float32)
    if part.start > 0:
        weight = np.minimum(weight, (position + 1) / (OVERLAP + 1))
    if part.stop < length:
        weight = np.minimum(weight, (count - position) / (OVERLAP + 1))
    return weight.astype(np.float32)


def run_tiled(network: Callable[[slice, slice], Floats], height: int, width: int, side: int) -> Floats:
    """Run `network(rows, columns) -> (1, C, h, w)` on every tile and blend: (1, C, height, width)."""
    total: Floats | None = None
    weights = np.zeros((height, width), np.float32)
    for rows, columns in tiles(height, width, side):
        weight = ramp(rows, height)[:, None] * ramp(columns, width)[None, :]
        part = network(rows, columns)
        if total is None:  # the first tile says how many channels there are
            total = np.zeros((1, part.shape[1], height, width), np.float32)
        total[..., rows, columns] += weight * part
        weights[rows, columns] += weight
    assert total is not None  # an image has a tile
    return total / weights
