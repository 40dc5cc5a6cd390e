"""Run methods on the very same inputs: the sparse input of an image depends on its name, the pattern and the seed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spnet.datasets import FolderDataset
from spnet.evaluation.methods import Method
from spnet.metrics import depth_errors
from spnet.sparsity import Pattern
from spnet.types import FloatImage, Sample


@dataclass(frozen=True)
class Score:
    """Errors of one method on one image under one pattern; `pixels` = scored pixels (known truth, not measured)."""

    dataset: str
    image: str
    pattern: str
    method: str
    rel: float
    rmse: float
    mae: float
    pixels: int


def input_seed(image: str, pattern: str, seed: int) -> int:
    """A seed that depends on nothing but these three."""
    return zlib.crc32(f"{image}|{pattern.partition('(maps=')[0]}|{seed}".encode())


def evaluate(
    datasets: Sequence[FolderDataset],
    patterns: Sequence[Pattern],
    methods: Sequence[Method],
    *,
    seed: int = 0,
    limit: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Score]:
    """Score every method on every image of every set under every pattern.

    Args:
        datasets: with dense (or LiDAR) truth.
        patterns: each makes the sparse input from the truth.
        methods: what to compare.
        seed: of the inputs.
        limit: at most this many images a set, evenly spaced.
        progress: told "<set>/<image>" as the run goes.

    Yields:
        One `Score` an image, pattern and method; inputs without a measured or without a scored pixel are left out.
    """
    for data in datasets:
        count = len(data) if limit is None else min(limit, len(data))
        for index in np.linspace(0, len(data) - 1, count).round().astype(int).tolist():
            sample = data[index]
            if progress:
                progress(f"{data.root.name}/{sample.name}")
            for pattern in patterns:
                raw = pattern(sample.depth, input_seed(sample.name, pattern.name, seed), data.intrinsics)
                scored = (sample.depth > 0) & (raw == 0)
                if not raw.any() or not scored.any():
                    continue
                yield from _score(data.root.name, sample, raw, pattern.name, methods)


def _score(dataset: str, sample: Sample, raw: FloatImage, pattern: str, methods: Sequence[Method]) -> Iterator[Score]:
    scored = (sample.depth > 0) & (raw == 0)
    for method in methods:
        depth = method.complete(replace(sample, depth=raw))
        errors = depth_errors(depth, sample.depth, scored)
        label = pattern.partition("(maps=")[0]
        yield Score(dataset, sample.name, label, method.name, pixels=int(scored.sum()), **errors)
