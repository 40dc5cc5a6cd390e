"""Normalised convolution of the measurements by the domain transform, which does not blur across colour edges.

Gastal & Oliveira, "Domain Transform for Edge-Aware Image and Video Processing", SIGGRAPH 2011: the filter is OpenCV's,
in its recursive form (section 4.2), the only one of the three whose reach has no end; filtering the masked values and
the mask, and dividing, is their way of spreading sparse values (section 6, colourisation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spnet.evaluation.baselines.space import Space, from_space, nearest_values, to_space
from spnet.extras import need
from spnet.types import FloatImage, Sample

ITERATIONS = 3  # section 4: enough for all of their uses
LEAST = 1e-20  # weight of the nearest measurement (ours: far under that of any that float32 still holds well)


@dataclass(frozen=True)
class DomainTransform:
    """Weighted means of the measurements; does not keep the measured pixels.

    One width of the filter suits one density only. The widths here start at a share of the mean spacing of the
    measurements and double; the results are added up, wider ones with ever smaller weights, so that they decide only
    where narrower ones meet no measurement.

    Attributes:
        name: for tables.
        width: the first sigma in space, in mean spacings (ours, by training data: docs/methods.md).
        colour: the sigma in colour, in levels of 255, of the sum over the three channels (likewise).
        weight: of each width against the one before (likewise).
        widths: how many (ours: the last one is 16 times the first).
        space: what is averaged (ours, by training data).
    """

    name: str = "domain-transform"
    width: float = 0.5
    colour: float = 40.0
    weight: float = 0.1
    widths: int = 5
    space: Space = "log"

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres.

        Raises:
            BadInput: nothing is measured.
            MissingExtra: OpenCV with its contributed modules is not installed.
        """
        ximgproc = need("cv2", "eval", "The domain transform and the other filters").ximgproc
        values = to_space(sample, self.space)
        masked = np.stack([values * sample.mask, sample.mask], axis=-1, dtype=np.float32)
        spacing = math.sqrt(sample.mask.size / sample.mask.sum())
        # Across strong colour edges the weights can vanish in float32: there the nearest measurement decides.
        nearest = nearest_values(values, sample.mask)[1]
        total = LEAST * np.stack([nearest, np.ones_like(nearest)], axis=-1)
        for step in range(self.widths):
            sigma = max(1.0, self.width * spacing * 2**step)
            filtered = ximgproc.dtFilter(
                sample.rgb, masked, sigma, self.colour, mode=ximgproc.DTF_RF, numIters=ITERATIONS
            )
            total += self.weight**step * filtered.astype(np.float64)
        return from_space(total[..., 0] / total[..., 1], sample, self.space)
