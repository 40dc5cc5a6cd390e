"""Networks of this package, by their weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from spnet.backends.graph import SUFFIXES
from spnet.types import FloatImage, Sample

if TYPE_CHECKING:
    from spnet.predictor import Predictor, Scale


@dataclass(frozen=True)
class WeightsMethod:
    """One set of weights; they are loaded on first use.

    Attributes:
        name: for tables.
        weights: as `load_model` takes them.
        device: "auto", "cpu", "cuda", ….
        keep_measured: return measured pixels as they were measured.
        backend: as of `Predictor`. None is PyTorch, which gives the same numbers on every machine, and the fastest
            engine for an exported graph.
    """

    name: str
    weights: str
    device: str = "auto"
    keep_measured: bool = False
    backend: str | None = None

    @cached_property
    def predictor(self) -> Predictor:
        """The loaded network.

        Raises:
            BadWeights: see `load_model`.
        """
        from spnet.predictor import Predictor

        backend = self.backend or ("auto" if Path(self.weights).suffix in SUFFIXES else "torch")
        return Predictor(self.weights, device=self.device, backend=backend, keep_measured=self.keep_measured)

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres."""
        return self.complete_with_error(sample)[0]

    def complete_with_error(self, sample: Sample) -> tuple[FloatImage, FloatImage | None]:
        """Dense depth (H, W), metres, and the expected |error| / depth, None where the network gives none.

        The data's own scale is used where it says one, as in the original's test; otherwise the one that the weights
        were trained at, as long as the measurements lie within.
        """
        info = self.predictor.info
        trained = info.max_depth if info else None
        scale: Scale = sample.max_depth or (trained if trained and sample.depth.max() <= trained else "auto")
        result = self.predictor.complete(sample.rgb, sample.depth, max_depth=scale)
        return result.depth, result.expected_error
