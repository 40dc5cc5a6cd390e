"""Validation during training: held-out images, pinned sparse inputs, scored where nothing was measured.

The figures are those of `spnet eval` with the protocol `unobserved` and seed 0 on the same images and patterns: the
same inputs, through the same `Runner`, at the scale that the network is trained for.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
import torch
from torch import nn

from spnet.backends.pytorch import TorchBackend
from spnet.datasets import FolderDataset, open_data
from spnet.datasets.folder import NORMALIZED, PAPER_UNIT
from spnet.errors import BadInput, SpnetWarning
from spnet.fill import fill, fill_stack
from spnet.metrics import depth_errors
from spnet.predictor import AUTO_MARGIN
from spnet.runner import Runner
from spnet.sparsity import Pattern, input_seed, parse_pattern
from spnet.training.config import TrainConfig
from spnet.training.panels import ROWS, Row
from spnet.types import ByteImage, FloatImage, Sample

SEED = 0  # of the inputs, that of `spnet eval`: runs of any seed are validated on the same ones
CACHE_MB = 1000.0  # ours: decoded images and their fills; what is beyond it is made anew every time
METRICS = ("rel", "rmse")
BASELINE = "planar"  # what a network has to beat: REL of the planar fill
_PAPER_SCALE = float(PAPER_UNIT.removeprefix(NORMALIZED))


def is_held_out(name: str, share: float) -> bool:
    """Whether an image is kept for validation: by its name alone, whatever other images there are.

    Args:
        name: "<data set>/<image>", see `full_name`.
        share: of all images that are kept, 0 to 1.

    >>> sum(is_held_out(f"set/{i}", 0.1) for i in range(10_000))
    996
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def full_name(dataset: str, image: str) -> str:
    """What `is_held_out` takes: `FolderDataset.name` and `Pair.name`."""
    return f"{dataset}/{image}"


@dataclass(frozen=True)
class _Input:
    """One image under one pattern; depths in metres, `stack` at the network's scale where the network takes it."""

    label: str
    raw: FloatImage
    scale: float  # metres that 1.0 stands for inside the network
    baseline: float
    stack: FloatImage | None


@dataclass(frozen=True)
class _Case:
    """One image and its inputs."""

    rgb: ByteImage
    truth: FloatImage
    inputs: tuple[_Input, ...]

    def megabytes(self) -> float:
        size = self.rgb.nbytes + self.truth.nbytes + sum(one.raw.nbytes for one in self.inputs)
        return (size + sum(one.stack.nbytes for one in self.inputs if one.stack is not None)) / 1e6


class Validator:
    """Scores a network on the validation images of a run.

    Attributes:
        images: the data sets and the indices in them.
        shown: the first images of the last run, each under one pattern, for `Monitor.validation_panel`.
    """

    def __init__(self, config: TrainConfig, *, cache_mb: float = CACHE_MB) -> None:
        """List the images and make the inputs of the first, so that what is wrong is said before the training.

        Args:
            config: of the run: `val_data`, or the images of `data` that `is_held_out` by `val_share`, or both;
                `val_images` of them, evenly spaced; `val_patterns`.
            cache_mb: decoded images and fills that are kept from one validation to the next.

        Raises:
            BadInput: no image, none that can be used, or no pattern.
            MissingExtra: a pattern needs a package that is not installed.
        """
        self.config = config
        self.patterns = _patterns(config)
        self.images = _validation_images(config)
        self.shown: list[Row] = []
        self._room = cache_mb
        self._cached: dict[int, _Case | None] = {}  # None: cannot be used
        if all(self._case(index) is None for index in range(len(self.images))):  # stops at the first that is not
            raise BadInput("None of the validation images can be used: give other ones, or val_every 0.")

    def run(self, model: nn.Module) -> dict[str, float]:
        """Score a network as it is now; its mode, its weights and all random states stay as they are.

        Args:
            model: on any device, in any mode; one with a true `needs_fill` also gets `fill=`.

        Returns:
            "rel": mean over the patterns of the mean REL over the images; "rel/<pattern>"; "rmse/<pattern>", metres;
            "planar" and "planar/<pattern>": REL of the planar fill.
        """
        found: dict[str, list[float]] = {}
        self.shown = []
        with _evaluated(model) as runner:
            for index in range(len(self.images)):
                case = self._case(index)
                if case is None:
                    continue
                dense = _complete(case, runner)
                if len(self.shown) < ROWS:
                    self.shown.append(_shown(case, dense, len(self.shown)))
                for key, value in _errors(case, dense):
                    found.setdefault(key, []).append(value)
        means = {key: fmean(values) for key, values in found.items()}
        scores = {key: _mean_over_patterns(means, key) for key in ("rel", BASELINE)}
        return scores | dict(sorted(means.items()))

    def _case(self, index: int) -> _Case | None:
        if index in self._cached:
            return self._cached[index]
        case = self._make(index)
        size = case.megabytes() if case else 0.0
        if size <= self._room:
            self._room -= size
            self._cached[index] = case
        return case

    def _make(self, index: int) -> _Case | None:
        data, item = self.images[index]
        try:
            sample = data[item]
        except BadInput as error:
            warnings.warn(f"{error} The image is left out of the validation.", SpnetWarning, stacklevel=2)
            return None
        own_scale = _own_scale(self.config, sample)
        if own_scale:  # what the paper's files cannot hold is unknown
            sample = replace(sample, depth=np.where(sample.depth > own_scale, np.float32(0), sample.depth))
        made = [_input(self.config, sample, pattern, own_scale) for pattern in self.patterns]
        inputs = tuple(one for one in made if one)
        return _Case(sample.rgb, sample.depth, inputs) if inputs else None


def held_out(config: TrainConfig) -> set[str]:
    """The full names of the images of `data` that are never trained on.

    Raises:
        BadInput: no data.
    """
    if not config.val_share:
        return set()
    names = {full_name(data.name, pair.name) for data in open_data(config.data, generated=True) for pair in data.pairs}
    return {name for name in names if is_held_out(name, config.val_share)}


def _patterns(config: TrainConfig) -> list[Pattern]:
    patterns = {pattern.label: pattern for pattern in map(parse_pattern, config.val_patterns)}
    if len(patterns) != len(config.val_patterns) or not patterns:
        raise BadInput(f"val_patterns {config.val_patterns}: expected at least one, each of another name.")
    return list(patterns.values())


def _validation_images(config: TrainConfig) -> list[tuple[FolderDataset, int]]:
    """At most `val_images` of the images, evenly spaced over the sets and their names."""
    images: list[tuple[FolderDataset, int]] = []
    if config.val_data:
        images += [(data, item) for data in open_data(config.val_data, generated=True) for item in range(len(data))]
    if config.val_share:
        images += [
            (data, item)
            for data in open_data(config.data, generated=True)
            for item, pair in enumerate(data.pairs)
            if is_held_out(full_name(data.name, pair.name), config.val_share)
        ]
    if not images:
        raise BadInput(
            f"There is nothing to validate on: val_data is {config.val_data or 'empty'} and val_share "
            f"{config.val_share:g} holds out no image; give one of them, or val_every 0."
        )
    places = np.linspace(0, len(images) - 1, min(config.val_images, len(images))).round().astype(int)
    return [images[place] for place in places.tolist()]


def _own_scale(config: TrainConfig, sample: Sample) -> float:
    """The scale that the samples of this run are stored with; 0 where each input has one by its measurements."""
    free = config.revision == "fill" or config.samples == "family"
    return 0.0 if free else sample.max_depth or _PAPER_SCALE


def _input(config: TrainConfig, sample: Sample, pattern: Pattern, own_scale: float) -> _Input | None:
    """None where nothing is measured, or all."""
    raw = pattern(sample, input_seed(sample.name, pattern.label, SEED))
    scored = (sample.depth > 0) & (raw == 0)
    if not raw.any() or not scored.any():
        return None
    scale = own_scale or AUTO_MARGIN * float(raw.max())
    if config.revision == "fill":
        colours = sample.rgb.astype(np.float32)
        colours /= 255
        stack = fill_stack(colours, raw / np.float32(scale))
    else:
        stack = None
    baseline = depth_errors(fill(raw).planar, sample.depth, scored)["rel"]
    return _Input(pattern.label, raw, scale, baseline, stack)


@contextmanager
def _evaluated(model: nn.Module) -> Iterator[Runner]:
    """The network in a runner on its own device; afterwards its modes and its memory layout are as they were."""
    modes = {module: module.training for module in model.modules()}
    weights = [weight for weight in model.parameters() if weight.ndim == 4]
    plain = all(weight.is_contiguous() for weight in weights)
    device = next((str(weight.device) for weight in model.parameters()), "cpu")
    try:
        yield Runner(TorchBackend(model, device=device))
    finally:
        if plain:
            model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        for module, mode in modes.items():
            module.training = mode


def _complete(case: _Case, runner: Runner) -> list[FloatImage]:
    """Dense depth of one image under all patterns; metres, never negative, as the predictor has it."""
    colours = case.rgb.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    raws = [one.raw[None] / np.float32(one.scale) for one in case.inputs]
    batch = {"rgb": np.repeat(colours[None], len(raws), axis=0), "raw": np.stack(raws)}
    stacks = [one.stack for one in case.inputs if one.stack is not None]
    if stacks:
        batch["fill"] = np.stack(stacks)
    dense = runner(batch)
    return [np.maximum(d[0] * np.float32(one.scale), 0) for d, one in zip(dense, case.inputs, strict=True)]


def _shown(case: _Case, dense: list[FloatImage], number: int) -> Row:
    """One image under one of its patterns, another one for every `number`."""
    one = number % len(case.inputs)
    return Row(case.rgb, case.inputs[one].raw, case.truth, dense[one])


def _errors(case: _Case, dense: list[FloatImage]) -> Iterator[tuple[str, float]]:
    """(key of the scores, value) of one image under all patterns."""
    for one, pred in zip(case.inputs, dense, strict=True):
        errors = depth_errors(pred, case.truth, (case.truth > 0) & (one.raw == 0))
        for metric in METRICS:
            yield f"{metric}/{one.label}", errors[metric]
        yield f"{BASELINE}/{one.label}", one.baseline


def _mean_over_patterns(means: dict[str, float], key: str) -> float:
    values = [value for name, value in means.items() if name.startswith(f"{key}/")]
    return fmean(values) if values else math.nan
