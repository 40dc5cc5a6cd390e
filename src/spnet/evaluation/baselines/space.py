"""In what a method takes its means: depth; its logarithm; or its inverse, which is affine in the pixel on a plane."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from spnet.errors import BadInput
from spnet.types import BoolImage, FloatImage, Sample

Space = Literal["depth", "log", "inverse"]


def to_space(sample: Sample, space: Space) -> NDArray[np.float64]:
    """The measurements (H, W) in units of the nearest or farthest of them, so that methods scale with the input.

    What is not measured is 0.

    Raises:
        BadInput: nothing is measured.
    """
    mask = sample.mask
    if not mask.any():
        raise BadInput("No pixel is measured, so there is nothing to fill from.")
    depth: NDArray[np.float64] = sample.depth.astype(np.float64)
    values = np.zeros_like(depth)
    if space == "depth":
        np.divide(depth, depth.max(), out=values)
    elif space == "log":
        np.log(depth, where=mask, out=values)
        values[mask] -= values[mask].min()
    else:
        np.divide(depth[mask].min(), depth, where=mask, out=values)
    return values


def from_space(values: NDArray[np.floating], sample: Sample, space: Space) -> FloatImage:
    """Depth (H, W) from what `to_space` made of it; held within the measurements' range, against rounding."""
    known = sample.depth[sample.mask]
    near, far = known.min(), known.max()
    if space == "depth":
        depth = values * np.float64(far)
    else:
        depth = np.float64(near) * np.exp(values) if space == "log" else np.float64(near) / values
    return np.clip(depth.astype(np.float32), near, far)


def nearest_values(values: NDArray[np.float64], mask: BoolImage) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixels from every pixel to the nearest measured one, and the value there, both (H, W).

    >>> nearest_values(np.array([[0.0, 7.0, 0.0]]), np.array([[True, False, False]]))[1]
    array([[0., 0., 0.]])
    """
    found = distance_transform_edt(~mask, return_indices=True)
    distance: NDArray[np.float64] = found[0]
    rows, cols = found[1]
    return distance, values[rows, cols]
