"""In what a method takes its means: depth, or inverse depth, which is affine in the pixel on a plane."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput
from spnet.types import FloatImage, Sample

Space = Literal["depth", "inverse"]


def to_space(sample: Sample, space: Space) -> NDArray[np.float64]:
    """The measurements (H, W) between 0 and 1, as shares of the largest, so that methods scale with the input.

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
    else:
        np.divide(depth[mask].min(), depth, where=mask, out=values)
    return values


def from_space(values: NDArray[np.floating], sample: Sample, space: Space) -> FloatImage:
    """Depth (H, W) from what `to_space` made of it; held within the measurements' range, against rounding."""
    known = sample.depth[sample.mask]
    near, far = known.min(), known.max()
    depth = values * np.float64(far) if space == "depth" else np.float64(near) / values
    return np.clip(depth.astype(np.float32), near, far)
