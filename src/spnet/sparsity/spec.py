"""Patterns by name: `random(1%)`, `random(500)`, `lidar(16)`, `holes`, `holes(maps=DIR)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spnet.errors import BadInput
from spnet.sparsity.holes import HoleMaps, procedural_holes
from spnet.sparsity.patterns import lidar, random_count, random_fraction
from spnet.types import BoolImage, FloatImage, Sample

_KNOWN = "random(1%), random(500), lidar(16), holes, holes(maps=DIR)"


Measure = Callable[[Sample, np.random.Generator], FloatImage]


@dataclass(frozen=True)
class Pattern:
    """A named sparsity pattern.

    Attributes:
        name: the spec string that made it.
        measure: (sample with dense depth, rng) -> (H, W) float32 metres, what the sensor returns; 0 = not measured.
    """

    name: str
    measure: Measure

    def __call__(self, sample: Sample, seed: int | np.random.Generator) -> FloatImage:
        """Sparse depth (H, W) of a sample whose depth is dense: the same seed gives the same pixels."""
        return self.measure(sample, np.random.default_rng(seed))


def _kept(mask: Callable[[Sample, np.random.Generator], BoolImage]) -> Measure:
    """A sensor that measures exactly, but only where the mask says so."""
    return lambda sample, rng: sample.depth * mask(sample, rng)


def parse_pattern(spec: str) -> Pattern:
    """Build a pattern from its spec string.

    Raises:
        BadInput: not a pattern, or a number out of range.

    >>> parse_pattern("random(1%)").name
    'random(1%)'
    """
    match = re.fullmatch(r"\s*(\w+)\s*(?:\(\s*(.*?)\s*\))?\s*", spec)
    if match is None:
        raise BadInput(f"{spec!r} is no sparsity pattern: expected one like {_KNOWN}.")
    name, argument = match[1], match[2] or ""
    if name == "random" and argument.endswith("%"):
        fraction = _number(spec, argument[:-1], 0.0, 100.0) / 100
        return Pattern(spec, _kept(lambda sample, rng: random_fraction(sample.depth, fraction, rng)))
    if name == "random":
        count = int(_number(spec, argument, 1, 1e9))
        return Pattern(spec, _kept(lambda sample, rng: random_count(sample.depth, count, rng)))
    if name == "lidar":
        lines = int(_number(spec, argument, 1, 128))
        return Pattern(spec, _kept(lambda sample, _: lidar(sample.depth, lines, sample.intrinsics)))
    if name == "holes":
        return Pattern(spec, _holes(spec, argument))
    raise BadInput(f"Unknown sparsity pattern {name!r}: expected one like {_KNOWN}.")


def _holes(spec: str, argument: str) -> Measure:
    if not argument:
        return _kept(lambda sample, rng: procedural_holes(sample.depth.shape, rng))
    if not argument.startswith("maps="):
        raise BadInput(f"{spec!r}: holes takes maps=FOLDER, or nothing.")
    maps = HoleMaps(argument.removeprefix("maps="))
    return _kept(lambda sample, rng: maps.draw(sample.depth.shape, rng))


def _number(spec: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"{spec!r}: expected a number in the brackets, got {text!r}.") from None
    if not low <= value <= high:
        raise BadInput(f"{spec!r}: {value:g} is outside {low:g} to {high:g}.")
    return value
