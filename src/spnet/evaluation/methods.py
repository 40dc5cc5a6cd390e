"""What is compared: the classical fills, and any weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spnet.fill import fill, linear_fill, nearest_fill
from spnet.predictor import Predictor, Scale
from spnet.types import FloatImage, Sample


@dataclass(frozen=True)
class Method:
    """A name and a function from a sample, whose depth is the sparse input, to dense depth (H, W) in metres."""

    name: str
    complete: Callable[[Sample], FloatImage]


_CLASSICAL: dict[str, Callable[[FloatImage], FloatImage]] = {
    "nearest": nearest_fill,
    "linear": linear_fill,
    "planar": lambda depth: fill(depth).planar,
}


def make_method(spec: str) -> Method:
    """A method by its name, or "LABEL=NAME" to be listed as LABEL.

    Args:
        spec: `nearest`, `linear` (in depth), `planar` (linear in inverse depth), or what `load_model` takes.

    Raises:
        BadWeights: neither a classical method nor weights.

    >>> make_method("baseline=linear").name
    'baseline'
    """
    label, _, name = spec.rpartition("=")
    if name in _CLASSICAL:
        classical = _CLASSICAL[name]
        return Method(label or name, lambda sample: classical(sample.depth))
    predictor = Predictor(name)
    trained = predictor.info.max_depth if predictor.info else None

    def complete(sample: Sample) -> FloatImage:
        # The data's own scale where it says one, as in the original's test; otherwise the one that the weights were
        # trained at, as long as the measurements lie within.
        scale: Scale = sample.max_depth or (trained if trained and sample.depth.max() <= trained else "auto")
        return predictor.complete(sample.rgb, sample.depth, max_depth=scale).depth

    return Method(label or name, complete)
