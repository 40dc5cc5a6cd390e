"""G2-MonoDepth (T-PAMI 46(5), 2024): its network with its checkpoint, also on images without a measurement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from spnet.errors import BadWeights
from spnet.evaluation.baselines.weights import WeightsMethod
from spnet.types import FloatImage, Sample

if TYPE_CHECKING:
    from spnet.predictor import Predictor


@dataclass(frozen=True)
class G2Method:
    """G2-MonoDepth. With measurements it is what the same weights are by themselves.

    Without any, the case of its 0 % test, the network estimates relative depth from colour alone.

    Attributes:
        weights: its checkpoint, or what `spnet models convert` made of it; loaded on first use.
        name: for tables.
        device: "auto", "cpu", "cuda", ….
    """

    weights: str
    name: str = "g2"
    device: str = "auto"

    @cached_property
    def _inner(self) -> WeightsMethod:
        return WeightsMethod(self.name, self.weights, self.device)

    @cached_property
    def predictor(self) -> Predictor:
        """The loaded network.

        Raises:
            BadWeights: see `load_model`; or weights of another network.
        """
        found = self._inner.predictor
        if found.info is None or found.info.revision != "g2":
            kind = found.info.revision if found.info else "unknown"
            raise BadWeights(f"{self.weights} is of the revision {kind!r}, not G2-MonoDepth: give it without g2:.")
        return found

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres.

        Without a measurement it has no true scale: the network's linear output times the scale of the data (or of the
        weights), not clamped, since the test stretches it from its smallest to its largest value.

        Raises:
            BadWeights: see `predictor`.
        """
        predictor = self.predictor
        if sample.depth.any():
            return self._inner.complete(sample)
        scale = sample.max_depth or (predictor.info and predictor.info.max_depth) or 1.0
        rgb = sample.rgb.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        out = predictor.runner({"rgb": rgb, "raw": np.zeros((1, 1, *sample.depth.shape), np.float32)})
        dense: FloatImage = out[0, 0] * np.float32(scale)
        return dense
