"""The smoothest surface through the measurements, without looking at the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.evaluation.baselines.grid_system import FOUR, Array, neighbours, solve_weighted_means
from spnet.evaluation.baselines.space import Space, from_space, to_space
from spnet.types import FloatImage, Sample


@dataclass(frozen=True)
class Laplace:
    """Harmonic interpolation: every unmeasured pixel is the mean of its four neighbours; keeps the measured ones.

    The discrete Laplace equation with the measurements as boundary values and no flow across the image's border, solved
    exactly.

    Attributes:
        name: for tables.
        space: what is averaged (ours, by training data: docs/methods.md).
    """

    name: str = "laplace"
    space: Space = "log"

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres.

        Raises:
            BadInput: nothing is measured, or more than three million pixels are not.
        """
        values = to_space(sample, self.space)
        solution = solve_weighted_means(_even(sample.mask.shape), FOUR, sample.mask, values)
        return np.where(sample.mask, sample.depth, from_space(solution, sample, self.space))


def _even(shape: tuple[int, ...]) -> Array:
    """Equal weights of the neighbours inside the image, (4, H, W)."""
    inside = neighbours(np.ones(shape), FOUR, 0.0)
    weights: Array = inside / np.maximum(inside.sum(0), 1.0)  # an image of one pixel has no neighbours
    return weights
