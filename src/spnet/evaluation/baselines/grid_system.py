"""Linear systems on the pixel grid, solved directly: exact, and quick by nested dissection.

Factorising a grid in reading order, or in the order that a general-purpose heuristic finds, costs far more than when
the grid is halved recursively and the pixels of each cut come after both halves (George, "Nested dissection of a
regular finite element mesh", SIAM J. Numer. Anal. 10, 1973): neither half then fills in the other.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from spnet.errors import BadInput
from spnet.types import BoolImage

LEAF = 64  # pixels of a block that is not halved further (ours: by time)
MOST = 3_000_000  # unknown pixels; the factors of more would need over 4 GB
EIGHT = tuple((dv, du) for dv in (-1, 0, 1) for du in (-1, 0, 1) if dv or du)  # the neighbours of a pixel
FOUR = tuple((dv, du) for dv, du in EIGHT if not dv or not du)

Array = NDArray[np.float64]


def neighbours(image: Array, steps: tuple[tuple[int, int], ...], outside: float) -> Array:
    """The values at each pixel's neighbours, (neighbours, H, W)."""
    height, width = image.shape
    wide = np.pad(image, 1, constant_values=outside)
    return np.stack([wide[1 + dv : 1 + dv + height, 1 + du : 1 + du + width] for dv, du in steps])


def solve_weighted_means(weights: Array, steps: tuple[tuple[int, int], ...], known: BoolImage, values: Array) -> Array:
    """Make every unknown pixel the weighted mean of its neighbours.

    Args:
        weights: (neighbours, H, W), those of one pixel add up to 1; 0 where a neighbour lies outside the image. From
            every pixel a path of positive weights must lead to a known one.
        steps: of the neighbours, (rows, columns), at most one each.
        known: (H, W), at least one.
        values: (H, W), read where known.

    Returns:
        (H, W): the values where known, elsewhere the solution, which lies within their range.

    Raises:
        BadInput: more than three million unknown pixels.

    >>> weights = np.array([[[0.0, 0.5, 1.0]], [[1.0, 0.5, 0.0]]])
    >>> solve_weighted_means(weights, ((0, -1), (0, 1)), np.array([[True, False, True]]), np.array([[1.0, 0.0, 3.0]]))
    array([[1., 2., 3.]])
    """
    order = dissection(*known.shape)
    order = order[~known.ravel()[order]]
    if len(order) > MOST:
        raise BadInput(f"{len(order)} pixels are to be solved for; the limit is {MOST}: make the image smaller.")
    result = np.where(known, values, 0.0)
    if len(order):
        means = _matrix(weights, steps, known.shape)[order]
        constant = means @ result.ravel()
        system = (sparse.identity(len(order), format="csr") - means[:, order]).tocsc()
        # Diagonally dominant, so that no pivoting is needed, which would undo the order.
        factors = splu(system, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        result.ravel()[order] = factors.solve(constant)
    return np.clip(result, values[known].min(), values[known].max())  # against rounding


def _matrix(weights: Array, steps: tuple[tuple[int, int], ...], shape: tuple[int, ...]) -> sparse.csr_matrix:
    """(H * W, H * W): row i takes the weighted mean of pixel i's neighbours."""
    count = shape[0] * shape[1]
    index = np.arange(count)
    columns = np.stack([index + dv * shape[1] + du for dv, du in steps], axis=1)
    flat = weights.reshape(len(steps), count).T
    used = flat > 0
    starts = np.r_[0, np.cumsum(used.sum(1))]
    return sparse.csr_matrix((flat[used], columns[used], starts), shape=(count, count))


@lru_cache(maxsize=4)
def dissection(height: int, width: int) -> NDArray[np.int64]:
    """The pixels, numbered in reading order, in the order of nested dissection.

    >>> int(dissection(1, 70)[-1])
    35
    """
    order: list[NDArray[np.int64]] = []

    def halve(block: NDArray[np.int64]) -> None:
        if block.size <= LEAF:
            order.append(block.ravel())
            return
        if block.shape[1] < block.shape[0]:
            block = block.T
        middle = block.shape[1] // 2
        halve(block[:, :middle])
        halve(block[:, middle + 1 :])
        order.append(block[:, middle])

    halve(np.arange(height * width).reshape(height, width))
    return np.concatenate(order)
