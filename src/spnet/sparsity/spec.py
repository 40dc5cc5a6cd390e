"""Patterns by name: `random(1%)`, `random(500)`, `lidar(16)`, `holes`, `holes(maps=DIR)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spnet.errors import BadInput
from spnet.sparsity.holes import HoleMaps, procedural_holes
from spnet.sparsity.patterns import lidar, random_count, random_fraction
from spnet.types import BoolImage, FloatImage, Intrinsics

_KNOWN = "random(1%), random(500), lidar(16), holes, holes(maps=DIR)"


@dataclass(frozen=True)
class Pattern:
    """A named sparsity pattern.

    Attributes:
        name: the spec string that made it.
        mask: (depth (H, W), rng, intrinsics or None) -> (H, W) bool, True = measured.
    """

    name: str
    mask: Callable[[FloatImage, np.random.Generator, Intrinsics | None], BoolImage]

    def __call__(self, depth: FloatImage, seed: int, intrinsics: Intrinsics | None = None) -> FloatImage:
        """Sparse depth (H, W) from dense depth: the same seed gives the same pixels."""
        return depth * self.mask(depth, np.random.default_rng(seed), intrinsics)


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
        return Pattern(spec, lambda depth, rng, _: random_fraction(depth, fraction, rng))
    if name == "random":
        count = int(_number(spec, argument, 1, 1e9))
        return Pattern(spec, lambda depth, rng, _: random_count(depth, count, rng))
    if name == "lidar":
        lines = int(_number(spec, argument, 1, 128))
        return Pattern(spec, lambda depth, rng, intrinsics: lidar(depth, lines, intrinsics))
    if name == "holes":
        return Pattern(spec, _holes(spec, argument))
    raise BadInput(f"Unknown sparsity pattern {name!r}: expected one like {_KNOWN}.")


def _holes(spec: str, argument: str) -> Callable[[FloatImage, np.random.Generator, Intrinsics | None], BoolImage]:
    if not argument:
        return lambda depth, rng, _: procedural_holes(depth.shape, rng) & (depth > 0)
    if not argument.startswith("maps="):
        raise BadInput(f"{spec!r}: holes takes maps=FOLDER, or nothing.")
    maps = HoleMaps(argument.removeprefix("maps="))
    return lambda depth, rng, _: maps.draw(depth.shape, rng) & (depth > 0)


def _number(spec: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"{spec!r}: expected a number in the brackets, got {text!r}.") from None
    if not low <= value <= high:
        raise BadInput(f"{spec!r}: {value:g} is outside {low:g} to {high:g}.")
    return value
