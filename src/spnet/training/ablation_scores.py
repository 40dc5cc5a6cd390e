"""Networks of an ablation on scenes of other scale: the same image, with all depth multiplied by a factor.

The network's normalisation stays as it was trained. A room at factor 0.125 is, to the network, a doll's house of the
same looks; by the choice of the normalisation to the image (`max_depth="auto"`) the question would vanish.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from spnet.backends.pytorch import TorchBackend
from spnet.datasets import FolderDataset, open_data
from spnet.errors import BadInput, SpnetError
from spnet.evaluation.cases import Case, Cases
from spnet.evaluation.journal import Journal
from spnet.evaluation.methods import Method, make_method
from spnet.evaluation.results import Result, write_results
from spnet.evaluation.run import Progress, evaluate
from spnet.model.weights import load_model
from spnet.runner import Runner
from spnet.training.ablation import YARDSTICK
from spnet.training.config import TrainConfig
from spnet.training.samples import PAPER_MAX_DEPTH
from spnet.training.validation import full_name, is_held_out
from spnet.types import FloatImage, Intrinsics, Sample

SCALES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)  # powers of two: float32 scales by them without rounding
TIMES = " ×"  # in a set's name, before its factor
PATTERNS = ("random(10%)", "random(1%)")


@dataclass(frozen=True)
class Scoring:
    """What the networks are scored on.

    Attributes:
        scales: factors for the held-out images of the training sets.
        data: other data sets, as `open_data` takes them.
        data_scales: factors for these. 1 is the network's own 20 m, 0.2 the same as a max_depth of 100 m.
        patterns: sparsity patterns.
        limit: at most this many images a set.
        crop: side of the square in the middle that is scored, pixels; 0 for whole images.
    """

    scales: tuple[float, ...] = SCALES
    data: tuple[str, ...] = ()
    data_scales: tuple[float, ...] = (1.0,)
    patterns: tuple[str, ...] = PATTERNS
    limit: int = 10
    crop: int = 0

    def __post_init__(self) -> None:
        for factors in (self.scales, self.data_scales):
            if len(set(factors)) < len(factors) or not all(0 < f < np.inf for f in factors):
                raise BadInput(f"Scales {factors}: expected positive numbers, each once.")
        if 1 not in self.scales:
            raise BadInput(f"Scales {self.scales}: 1, the scale of the training, must be among them.")
        if self.limit < 1 or self.crop < 0:
            raise BadInput(f"limit {self.limit} and crop {self.crop}: expected at least 1 and 0.")


class ScaledSet(FolderDataset):
    """Images of a data set, cut to the square in the middle, with their depth multiplied by a factor."""

    def __init__(self, data: FolderDataset, places: Sequence[int], factor: float, crop: int, *, own: bool) -> None:
        """Choose the images.

        Args:
            data: the data set.
            places: numbers of its images.
            factor: of the depth.
            crop: side of the square; 0 for whole images.
            own: an image stored with a scale of its own was trained on at that scale: take it for the usual 20 m,
                without what lies beyond it.
        """
        self.__dict__.update(data.__dict__)
        self.data, self.places, self.factor, self.crop, self.own = data, list(places), factor, crop, own
        self.pairs, self.faults = [data.pairs[place] for place in places], {}

    @property
    def name(self) -> str:
        """The folder's name and the factor."""
        return f"{self.data.name}{TIMES}{self.factor:g}"

    def __getitem__(self, index: int) -> Sample:
        """The sample; its name, and so its sparsity, does not depend on the factor."""
        sample = self.data[self.places[index]]
        depth, factor = sample.depth, self.factor
        if self.own:
            limit = sample.max_depth or PAPER_MAX_DEPTH
            depth, factor = np.where(depth > limit, np.float32(0), depth), factor * PAPER_MAX_DEPTH / limit
        height, width = depth.shape
        side = min(height, width, self.crop or max(height, width))
        h, w = (side, side) if self.crop else (height, width)
        top, left = (height - h) // 2, (width - w) // 2
        cut = np.s_[top : top + h, left : left + w]
        rgb = np.ascontiguousarray(sample.rgb[cut])
        camera = _moved(sample.intrinsics, left, top)
        return replace(sample, rgb=rgb, depth=depth[cut] * np.float32(factor), max_depth=None, intrinsics=camera)


def _moved(camera: Intrinsics | None, left: int, top: int) -> Intrinsics | None:
    return None if camera is None else replace(camera, cx=camera.cx - left, cy=camera.cy - top)


@dataclass(frozen=True)
class FixedScale:
    """A network at one fixed normalisation, in float32; what is not finite is not repaired.

    Attributes:
        name: for tables.
        weights: as `load_model` takes them.
        max_depth: metres that 1.0 stands for inside the network.
        device: "auto", "cpu", ….
    """

    name: str
    weights: str
    max_depth: float = PAPER_MAX_DEPTH
    device: str = "auto"

    @cached_property
    def runner(self) -> Runner:
        """The loaded network."""
        return Runner(TorchBackend(load_model(self.weights), device=self.device, precision="fp32"))

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W) metres, never negative."""
        colours = sample.rgb.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        raw = sample.depth[None, None] / np.float32(self.max_depth)
        dense = self.runner({"rgb": colours, "raw": raw})[0, 0] * np.float32(self.max_depth)
        kept: FloatImage = np.maximum(dense, 0)  # keeps NaN
        return kept


def held_out_sets(config: TrainConfig, factor: float, scoring: Scoring) -> list[ScaledSet]:
    """At most `limit` held-out images of each training set, evenly spaced by name.

    Raises:
        BadInput: a set holds none out.
    """
    sets = []
    for data in open_data(config.data):
        places = [
            i for i, pair in enumerate(data.pairs) if is_held_out(full_name(data.name, pair.name), config.val_share)
        ]
        if not places:
            raise BadInput(f"{data.root} holds out no image at a val_share of {config.val_share:g}: raise it.")
        chosen = np.linspace(0, len(places) - 1, min(scoring.limit, len(places))).round().astype(int)
        sets.append(ScaledSet(data, [places[i] for i in chosen], factor, scoring.crop, own=True))
    return sets


def other_sets(factor: float, scoring: Scoring) -> list[ScaledSet]:
    """At most `limit` images of each other set."""
    sets = []
    for data in open_data(scoring.data, strict=False):
        chosen = np.linspace(0, len(data) - 1, min(scoring.limit, len(data))).round().astype(int).tolist()
        sets.append(ScaledSet(data, chosen, factor, scoring.crop, own=False))
    return sets


def score_all(
    config: TrainConfig,
    scoring: Scoring,
    networks: dict[str, Path],
    out: Path,
    *,
    device: str = "auto",
    jobs: int = 0,
    progress: Progress | None = None,
) -> list[Result]:
    """Score every network, and the fill `YARDSTICK`, on the same inputs.

    What was scored before by the same files is not scored again.

    Args:
        config: what the runs share.
        scoring: what they are scored on.
        networks: name -> weights.
        out: where `results.jsonl` is written.
        device: of the networks.
        jobs, progress: see `spnet.evaluation.run.evaluate`.

    Returns:
        The results; their data sets are named "<set> ×<factor>".

    Raises:
        BadInput: no data, or no pattern of that name.
        CannotWrite: `out` cannot be written.
    """
    groups = [held_out_sets(config, factor, scoring) for factor in scoring.scales]
    groups += [other_sets(factor, scoring) for factor in scoring.data_scales if scoring.data]
    labels = [data.name for sets in groups for data in sets]
    twice = sorted({label.rpartition(TIMES)[0] for label in labels if labels.count(label) > 1})
    if twice:
        raise BadInput(f"Two data sets are called {', '.join(twice)}: their figures could not be told apart.")
    methods: list[Method] = [FixedScale(name, str(path), device=device) for name, path in networks.items()]
    methods.append(make_method(YARDSTICK))
    specs = {name: shlex.quote(str(path)) for name, path in networks.items()} | {YARDSTICK: YARDSTICK}
    results: list[Result] = []
    with Journal(out, specs, f"unobserved, fixed {PAPER_MAX_DEPTH:g} m") as journal:
        known = journal.known()
        for sets in groups:
            run = evaluate(sets, scoring.patterns, methods, jobs=jobs, known=known, done=journal.add, progress=progress)
            results += run.results
    write_results(out, results)
    return results


def drift_all(
    config: TrainConfig,
    scoring: Scoring,
    networks: dict[str, Path],
    out: Path,
    *,
    device: str = "auto",
    progress: Progress | None = None,
) -> list[Result]:
    """How much of the scale every network passes on: its answer to a scaled scene against the scaled answer.

    Args:
        config, scoring, networks, device, progress: as of `score_all`; only the held-out images are looked at.
        out: where `drift/results.jsonl` is written.

    Returns:
        One result an image, pattern, network and factor but 1. Its "rel" is the mean of |f(s x) / s - f(x)| / truth
        over the pixels that were not measured: 0 where the scale passes from input to output, however wrong f is.

    Raises:
        CannotWrite: `out` cannot be written.
    """
    plain = Cases(held_out_sets(config, 1.0, scoring), scoring.patterns)
    factors = [factor for factor in scoring.scales if factor != 1]
    scaled = [Cases(held_out_sets(config, factor, scoring), scoring.patterns) for factor in factors]
    methods = [FixedScale(name, str(path), device=device) for name, path in networks.items()]
    images, results = list(plain.images()), []
    for number, where in enumerate(images):
        for pattern in range(len(plain.patterns)):
            try:
                case = plain.case(where, pattern)
            except SpnetError:
                continue  # nothing to score, which `score_all` has told
            answers = [method.complete(case.sample) for method in methods]
            for factor, cases in zip(factors, scaled, strict=True):
                other = cases.case(where, pattern)
                for method, answer in zip(methods, answers, strict=True):
                    moved = method.complete(other.sample) / np.float32(factor)
                    results.append(_drift(other.sample, method.name, case, moved, answer))
        if progress:
            progress("Passing the scale on", number + 1, len(images))
    write_results(out / "drift", results)
    return results


def _drift(sample: Sample, method: str, case: Case, moved: FloatImage, answer: FloatImage) -> Result:
    """`sample` is the scaled one, which the result is named after."""
    gap = np.abs(moved[case.scored].astype(np.float64) - answer[case.scored]) / case.truth[case.scored]
    counts = int(np.count_nonzero(case.sample.depth)), int(np.count_nonzero(case.scored))
    names = (sample.dataset, sample.name, sample.pattern, method)
    if not np.isfinite(gap).all():
        return Result(*names, "invalid", "The network's answer is not finite.", *counts)
    return Result(*names, measured=counts[0], pixels=counts[1], errors={"rel": float(gap.mean())})
