"""The inputs of a run: which images, thinned by which pattern, scored where. Names and a seed decide them all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from spnet.datasets import FolderDataset
from spnet.errors import BadInput
from spnet.evaluation.parts import Parts
from spnet.evaluation.protocols import get_protocol
from spnet.sparsity import Pattern, input_seed, parse_pattern
from spnet.types import AnyArray, BoolImage, FloatImage, Sample

GIVEN = re.compile(r"given\(([^()|]+)\)")  # the sparse depth that the data set ships, in that folder


class Where(NamedTuple):
    """An image of a run: number of its data set, and its number in there."""

    dataset: int
    image: int


@dataclass(frozen=True)
class Case:
    """What every method gets, and what it is scored against.

    Attributes:
        sample: its depth is the sparse input.
        truth: (H, W) metres, 0 = unknown.
        scored: (H, W) the pixels that count.
    """

    sample: Sample
    truth: FloatImage
    scored: BoolImage

    @cached_property
    def parts(self) -> Parts:
        """The parts of the scored pixels, found once for all methods."""
        return Parts.of(self.truth, self.sample.depth, self.scored)

    @cached_property
    def digest(self) -> str:
        """Of all that a method is given, and of what it is scored against."""
        sample = self.sample
        arrays = [array_digest(array) for array in (sample.rgb, sample.depth, self.truth, self.scored)]
        return hashlib.sha256(" ".join([*arrays, repr((sample.max_depth, sample.intrinsics))]).encode()).hexdigest()


class Cases:
    """All images and patterns of a run. It is sent to worker processes; each keeps the last image and input."""

    def __init__(
        self, datasets: Sequence[FolderDataset], patterns: Sequence[str], *, protocol: str = "unobserved", seed: int = 0
    ) -> None:
        """Check the patterns' and the protocol's names.

        Raises:
            BadInput: a pattern that is none, two of one name, one data set twice, or an unknown protocol.
        """
        self.datasets = list(datasets)
        self.names = set_names(datasets)
        self.patterns = list(dict.fromkeys(patterns))
        self._parsed = [_parsed(spec) for spec in self.patterns]
        self.labels = [p.label if p else spec for p, spec in zip(self._parsed, self.patterns, strict=True)]
        self.protocol = get_protocol(protocol)
        self.seed = seed
        if len(set(self.labels)) < len(self.labels):
            raise BadInput(f"Two patterns are listed by one name: {', '.join(self.labels)}.")
        self._last_sample: tuple[Where, Sample] | None = None
        self._last_case: tuple[tuple[Where, int], Case] | None = None

    def images(self, limit: int | None = None) -> Iterator[Where]:
        """The images that the protocol scores, or at most `limit` of each set, evenly spaced."""
        for number, data in enumerate(self.datasets):
            chosen = self.protocol.images(len(data))
            count = len(chosen) if limit is None else min(limit, len(chosen))
            for place in np.linspace(0, len(chosen) - 1, count).round().astype(int).tolist():
                yield Where(number, chosen[place])

    def name(self, where: Where) -> str:
        """The image's name in its data set."""
        return self.datasets[where.dataset].pairs[where.image].name

    def sample(self, where: Where) -> Sample:
        """The image with its true depth.

        Raises:
            BadInput: it cannot be read.
        """
        if self._last_sample is None or self._last_sample[0] != where:
            sample = self.datasets[where.dataset][where.image]
            self._last_sample = (where, replace(sample, dataset=self.names[where.dataset]))
        return self._last_sample[1]

    def case(self, where: Where, pattern: int) -> Case:
        """The image under pattern number `pattern`, as the protocol has it.

        Raises:
            BadInput: the image cannot be read, nothing is measured, or nothing is left to score.
            MissingExtra: the pattern needs a package that is not installed.
        """
        if self._last_case is None or self._last_case[0] != (where, pattern):
            self._last_case = ((where, pattern), self._case(where, pattern))
        return self._last_case[1]

    def _case(self, where: Where, pattern: int) -> Case:
        sample, label = self.sample(where), self.labels[pattern]
        raw = self._raw(where, pattern, sample)
        truth, raw = self.protocol.prepare(sample, raw)
        scored = self.protocol.scored(truth.depth, raw)
        if not raw.any() and not self.protocol.colour_alone:
            raise BadInput(f"{label} measures nothing of {sample.name}.")
        if not scored.any():
            raise BadInput(f"{label} leaves no pixel of {sample.name} to score.")
        return Case(replace(truth, depth=raw, pattern=label), truth.depth, scored)

    def _raw(self, where: Where, pattern: int, sample: Sample) -> FloatImage:
        spec, parsed = self.patterns[pattern], self._parsed[pattern]
        if parsed is None:
            return self.datasets[where.dataset].read_given(where.image, GIVEN.sub(r"\1", spec))
        seed = input_seed(sample.name, parsed.label, self.seed)
        own = self.protocol.sample(spec, sample, seed)
        return parsed(sample, seed) if own is None else own

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_last_sample": None, "_last_case": None}


def _parsed(spec: str) -> Pattern | None:
    """None for the files that the data set ships."""
    if GIVEN.fullmatch(spec):
        return None
    if spec.lstrip().startswith("given("):
        raise BadInput(f"The pattern {spec!r} is none: given(FOLDER) stands alone, for one folder beside rgb/.")
    return parse_pattern(spec)


def set_names(datasets: Sequence[FolderDataset]) -> list[str]:
    """Folder names; where two sets have the same, their paths, so that they are not taken for one set.

    Raises:
        BadInput: a folder is there twice: its images would count twice.
    """
    folders = [data.root.resolve() for data in datasets]
    twice = next((folder for folder in folders if folders.count(folder) > 1), None)
    if twice:
        raise BadInput(f"The data set {twice} is named twice: name it once.")
    names = [data.name for data in datasets]
    return [str(d.root) if names.count(name) > 1 else name for d, name in zip(datasets, names, strict=True)]


def array_digest(array: AnyArray) -> str:
    """SHA-256 of an array's shape, kind and little-endian bytes: equal on every machine for equal values."""
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(f"{array.shape} {array.dtype.kind}{array.itemsize}".encode() + little.tobytes()).hexdigest()
