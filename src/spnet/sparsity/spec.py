"""Patterns by name: spec strings such as `lidar(64) | range(0.3, 80)` or `0.8*random(0.1%..10%) + 0.2*sift`."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from spnet.errors import BadInput
from spnet.sparsity.catalogue import CATALOGUE, Entry
from spnet.sparsity.grammar import Mixture, Node, Pipeline, Stage, fail, parse
from spnet.sparsity.stages import StageFunction
from spnet.sparsity.values import Folder, Range, check, read_arguments
from spnet.types import FloatImage, Sample

Measure = Callable[[Sample, np.random.Generator], FloatImage]


@dataclass(frozen=True)
class Pattern:
    """A named sparsity pattern.

    Attributes:
        name: its spec in one stable spelling; `parse_pattern(name)` gives the pattern again.
        measure: (sample with dense depth, rng) -> (H, W) float32 metres, what the sensor returns; 0 = not measured.
        label: the name without folders, which differ from machine to machine: `holes` for `holes(maps=DIR)`. Tables
            and seeds use it.
    """

    name: str
    measure: Measure
    label: str = field(default="")

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", self.name)

    def __call__(self, sample: Sample, seed: int | np.random.Generator) -> FloatImage:
        """Sparse depth (H, W) of a sample whose depth is dense: the same seed gives the same pixels."""
        return self.measure(sample, np.random.default_rng(seed))


def parse_pattern(spec: str) -> Pattern:
    """Build a pattern from its spec string; docs/sparsity.md lists the names.

    Raises:
        BadInput: not a pattern, or a number out of range; the message names the position and what was expected.

    >>> parse_pattern("random( 1% )|range(.3,4)").name
    'random(1%) | range(0.3, 4)'
    >>> parse_pattern("random(1%").name
    Traceback (most recent call last):
    spnet.errors.BadInput: Sparsity pattern 'random(1%', position 10: expected ',' or ')', got the end.
    """
    node = parse(spec)
    return Pattern(str(node), _Measure(_build(spec, node, first=True)), str(_without_folders(node)))


def list_patterns() -> tuple[Entry, ...]:
    """Every name that a spec may hold, with its arguments, what it does, and its source."""
    return tuple(CATALOGUE.values())


def input_seed(image: str, label: str, seed: int) -> int:
    """The seed of one image's input; nothing but these three decide it.

    >>> input_seed("desk", "random(1%)", 0) == input_seed("desk", "random(1%)", 0)
    True
    """
    return zlib.crc32(f"{image}|{label}|{seed}".encode("utf-8", "surrogateescape"))


# The steps of a spec as small objects, not closures, so that a pattern can be sent to another process.
Step = Callable[[Sample, FloatImage, np.random.Generator], FloatImage]


@dataclass(frozen=True)
class _Measure:
    step: Step

    def __call__(self, sample: Sample, rng: np.random.Generator) -> FloatImage:
        return np.array(self.step(sample, sample.depth, rng), dtype=np.float32)  # a copy, where all is measured


@dataclass(frozen=True)
class _Bound:
    """A stage's function with its arguments; those that are ranges are drawn for every image."""

    function: StageFunction
    values: dict[str, Any]

    def __call__(self, sample: Sample, truth: FloatImage, rng: np.random.Generator) -> FloatImage:
        drawn = {key: value.draw(rng) if isinstance(value, Range) else value for key, value in self.values.items()}
        return self.function(sample, truth, rng, **drawn)


@dataclass(frozen=True)
class _Chain:
    """One step after the other; each sees the depth that the one before it left, and the truth."""

    steps: tuple[Step, ...]

    def __call__(self, sample: Sample, truth: FloatImage, rng: np.random.Generator) -> FloatImage:
        for step in self.steps:
            sample = replace(sample, depth=step(sample, truth, rng))
        return sample.depth


@dataclass(frozen=True)
class _Choice:
    """One of the steps, drawn for every image; `shares` add up to 1."""

    shares: tuple[float, ...]
    steps: tuple[Step, ...]

    def __call__(self, sample: Sample, truth: FloatImage, rng: np.random.Generator) -> FloatImage:
        drawn = int(np.searchsorted(np.cumsum(self.shares[:-1]), rng.random(), side="right"))
        return self.steps[drawn](sample, truth, rng)


def _build(text: str, node: Node, *, first: bool) -> Step:
    """`first`: the node sees the dense truth; some names then mean a whole sensor (`noise`)."""
    if isinstance(node, Pipeline):
        return _Chain(tuple(_build(text, step, first=first and not i) for i, step in enumerate(node.steps)))
    if isinstance(node, Mixture):
        weights = np.array([weight for weight, _ in node.parts])
        weights = weights / weights.max()  # so that their sum stays finite
        steps = tuple(_build(text, part, first=first) for _, part in node.parts)
        return _Choice(tuple((weights / weights.sum()).tolist()), steps)
    entry = CATALOGUE.get(node.name)
    if entry is None:
        fail(text, node.at, f"expected one of {', '.join(CATALOGUE)}", repr(node.name))
    values = read_arguments(text, node, entry.slots)
    try:
        values = entry.prepare(values)
    except BadInput as error:
        raise check(text, node, error) from None
    return _Bound(entry.alone if first and entry.alone else entry.function, values)


def _without_folders(node: Node) -> Node:
    if isinstance(node, Pipeline):
        return Pipeline(tuple(_without_folders(step) for step in node.steps))  # type: ignore[misc]  # keeps the kind
    if isinstance(node, Mixture):
        return Mixture(tuple((weight, _without_folders(part)) for weight, part in node.parts))
    folders = {s.key for s in CATALOGUE[node.name].slots if any(isinstance(take, Folder) for take in s.takes)}
    return Stage(node.name, tuple(argument for argument in node.arguments if argument.key not in folders))
