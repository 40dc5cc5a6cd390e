"""Colourisation applied to depth: neighbours of like brightness have like depth.

Levin, Lischinski & Weiss, "Colorization using Optimization", SIGGRAPH 2004, with the weights of the authors' released
program, which the NYU Depth v2 toolbox took over to fill depth maps (Silberman et al., ECCV 2012). As in the authors'
program, and other than in the toolbox, whose depth maps have few holes, the measured pixels are kept exactly: averaged
with their unmeasured neighbours, sparse ones would lose half of their say. The system is solved exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.evaluation.baselines.grid_system import EIGHT, Array, neighbours, solve_weighted_means
from spnet.evaluation.baselines.space import Space, from_space, to_space
from spnet.types import ByteImage, FloatImage, Sample

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in the released program
SHARE = 0.6  # of the window's variance that is a weight's squared width (released program)
LEAST = 2e-6  # of the squared width, brightness in [0, 1] (released program)
LIKEST = 0.01  # the most alike neighbour has at least this weight (released program)


@dataclass(frozen=True)
class Levin:
    """Colourisation of depth; keeps the measured pixels.

    Attributes:
        name: for tables.
        space: what is averaged (ours, by training data: docs/methods.md; the released program's is depth).
    """

    name: str = "levin"
    space: Space = "log"

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres.

        Raises:
            BadInput: nothing is measured, or more than three million pixels are not.
        """
        values = to_space(sample, self.space)
        solution = solve_weighted_means(likeness(sample.rgb), EIGHT, sample.mask, values)
        return np.where(sample.mask, sample.depth, from_space(solution, sample, self.space))


def likeness(rgb: ByteImage) -> Array:
    """Weights of the eight neighbours of every pixel, (8, H, W), which add up to 1; 0 outside the image."""
    grey = rgb @ np.array(LUMA) / 255
    near = neighbours(grey, EIGHT, np.nan)
    inside = ~np.isnan(near)
    count = inside.sum(0) + 1
    centred = np.where(inside, near - grey, 0.0)  # variances do not change, and rounding is the least
    square = centred * centred
    variance = square.sum(0) / count - (centred.sum(0) / count) ** 2
    likest = np.where(inside, square, np.inf).min(0)
    width = np.maximum(np.maximum(SHARE * variance, likest / -np.log(LIKEST)), LEAST)
    weights: Array = np.where(inside, np.exp(-square / width), 0.0)
    weights /= np.where(inside.any(0), weights.sum(0), 1.0)  # an image of one pixel has no neighbours
    return weights
