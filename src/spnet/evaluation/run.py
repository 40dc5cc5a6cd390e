"""Run methods on the very same inputs: the sparse input of an image depends on its name, the pattern and the seed."""

from __future__ import annotations

import math
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spnet.datasets import FolderDataset
from spnet.errors import BadInput, SpnetWarning
from spnet.evaluation.methods import Method
from spnet.metrics import depth_errors
from spnet.sparsity import Pattern
from spnet.types import BoolImage, FloatImage, Sample


@dataclass(frozen=True)
class Score:
    """Errors of one method on one image under one pattern; NaN where the method failed.

    Attributes:
        dataset, image, pattern, method: names.
        rel: mean |prediction - truth| / truth.
        rmse, mae: metres.
        pixels: scored pixels, those of known truth that were not measured.
    """

    dataset: str
    image: str
    pattern: str
    method: str
    rel: float
    rmse: float
    mae: float
    pixels: int


def _label(pattern: Pattern) -> str:
    """The pattern's name without a folder of hole masks, which differs from machine to machine."""
    return pattern.name.partition("(maps=")[0]


def input_seed(image: str, pattern: str, seed: int) -> int:
    """A seed that depends on nothing but these three."""
    return zlib.crc32(f"{image}|{pattern}|{seed}".encode("utf-8", "surrogateescape"))


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
        One `Score` an image, pattern and method. Left out are images that cannot be read, and inputs without a
        measured or without a scored pixel.

    Raises:
        BadInput: limit under 1.

    Warns:
        SpnetWarning: an image cannot be read, or a method fails on one; both are named.
    """
    if limit is not None and limit < 1:
        raise BadInput(f"The limit of images a set is {limit}: it must be at least 1.")
    for data, name in zip(datasets, set_names(datasets), strict=True):
        for sample in _samples(data, limit):
            if progress:
                progress(f"{name}/{sample.name}")
            for pattern in patterns:
                raw = pattern(sample, input_seed(sample.name, _label(pattern), seed))
                scored = (sample.depth > 0) & (raw == 0)
                if raw.any() and scored.any():
                    for method in methods:
                        errors = _errors(method, sample, raw, scored)
                        yield Score(name, sample.name, _label(pattern), method.name, pixels=int(scored.sum()), **errors)


def set_names(datasets: Sequence[FolderDataset]) -> list[str]:
    """Folder names; where two sets have the same, their paths, so that they are not taken for one set."""
    names = [data.name for data in datasets]
    return [str(d.root) if names.count(name) > 1 else name for d, name in zip(datasets, names, strict=True)]


def _samples(data: FolderDataset, limit: int | None) -> Iterator[Sample]:
    count = len(data) if limit is None else min(limit, len(data))
    for index in np.linspace(0, len(data) - 1, count).round().astype(int).tolist():
        try:
            yield data[index]
        except BadInput as error:
            warnings.warn(f"{error} The image is not scored.", SpnetWarning, stacklevel=2)


def _errors(method: Method, sample: Sample, raw: FloatImage, scored: BoolImage) -> dict[str, float]:
    """MAE, RMSE and REL of a method; NaN where it fails."""
    try:
        depth = method.complete(replace(sample, depth=raw))
    except BadInput as error:
        warnings.warn(f"{method.name} fails on {sample.name}: {error}", SpnetWarning, stacklevel=2)
        return dict.fromkeys(("mae", "rmse", "rel"), math.nan)
    return depth_errors(depth, sample.depth, scored)
