"""What is compared: the classical fills, and any weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spnet.fill import fill, linear_fill, nearest_fill
from spnet.predictor import Predictor
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


def make_method(name: str) -> Method:
    """`nearest`, `linear` (in depth), `planar` (linear in inverse depth), or anything that `load_model` takes.

    Raises:
        BadWeights: neither a classical method nor weights.
    """
    if name in _CLASSICAL:
        classical = _CLASSICAL[name]
        return Method(name, lambda sample: classical(sample.depth))
    # A weights file's own scale where the data has none; the data's where it says one, as in the original's test.
    predictor = Predictor(name)
    return Method(name, lambda sample: predictor.complete(sample.rgb, sample.depth, max_depth=sample.max_depth).depth)
