"""Run methods on the very same inputs: pinned by hash, scored in worker processes, resumed where it was stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from spnet.datasets import FolderDataset
from spnet.errors import BadInput, SpnetError
from spnet.evaluation.cases import Case, Cases, Where, array_digest
from spnet.evaluation.certainty import certainty_errors
from spnet.evaluation.methods import CertainMethod, Method, make_method
from spnet.evaluation.parts import part_errors
from spnet.evaluation.pool import Failure, Finished, run_tasks
from spnet.evaluation.results import Result, Time
from spnet.types import FloatImage

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many


@dataclass(frozen=True)
class Pin:
    """The hashes of one image and of its inputs.

    Attributes:
        where: which image.
        rgb, truth: SHA-256 of the arrays.
        inputs: pattern number -> SHA-256 of the case, measured pixels, scored pixels.
        skipped: pattern number -> why nothing can be scored under it.
    """

    where: Where
    rgb: str
    truth: str
    inputs: dict[int, tuple[str, int, int]]
    skipped: dict[int, str]


class Skipped(NamedTuple):
    """An image, or one under a pattern, that could not be scored; `pattern` is "" for all of them."""

    dataset: str
    image: str
    pattern: str
    reason: str


class Task(NamedTuple):
    """One method on one image under one pattern, all by number."""

    where: Where
    pattern: int
    method: int


@dataclass
class Bench:
    """What the workers share: the inputs, and the methods, each made when it is first used.

    Attributes:
        cases: the inputs.
        methods: specs of `make_method`, or methods themselves.
        time_limit: seconds a method may take on one image.
    """

    cases: Cases
    methods: Sequence[str | Method]
    time_limit: float | None = None
    _made: dict[int, Method] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = [make_method(m).name if isinstance(m, str) else m.name for m in self.methods]
        twice = {name for name in self.names if self.names.count(name) > 1}
        if twice:
            raise BadInput(f"Two methods are listed by one name, {', '.join(sorted(twice))}: write LABEL=METHOD.")

    def method(self, number: int) -> Method:
        """The method of that number."""
        if number not in self._made:
            spec = self.methods[number]
            self._made[number] = make_method(spec, time_limit=self.time_limit) if isinstance(spec, str) else spec
        return self._made[number]


@dataclass(frozen=True)
class Outcome:
    """A scored task: its result, the seconds that the method took, and the hash of the input that it was given."""

    result: Result
    seconds: float
    digest: str


@dataclass
class Run:
    """What came of a run."""

    bench: Bench
    pins: list[Pin] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def results(self) -> list[Result]:
        """One an image, pattern and method."""
        return [outcome.result for outcome in self.outcomes]

    @property
    def times(self) -> list[Time]:
        """Seconds of every method that came to its end."""
        return [
            Time(r.dataset, r.image, r.pattern, r.method, o.seconds)
            for o in self.outcomes
            if (r := o.result).status == "ok"
        ]


def evaluate(
    datasets: Sequence[FolderDataset],
    patterns: Sequence[str],
    methods: Sequence[str | Method],
    *,
    protocol: str = "unobserved",
    seed: int = 0,
    limit: int | None = None,
    jobs: int = 0,
    time_limit: float | None = None,
    known: Sequence[Outcome] = (),
    done: Callable[[Outcome], None] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Score every method on every image of every set under every pattern.

    Args:
        datasets: with dense (or LiDAR) truth.
        patterns: each makes the sparse input from the truth; "given(FOLDER)" takes what the data set ships.
        methods: what to compare: specs of `make_method`, or methods.
        protocol: what is scored and how, a name of `spnet.evaluation.protocols`.
        seed: of the inputs.
        limit: at most this many images a set, evenly spaced.
        jobs: worker processes of one thread each; 0 runs in this process, with its threads and without time limits.
        time_limit: seconds a method may take on one image.
        known: outcomes of an earlier run of the same data, seed and protocol, which are not computed again as long as
            their input has the same hash.
        done: told every new outcome as it comes.
        progress: told how far the run is.

    Returns:
        The run. Images that cannot be read, and inputs without a measured or a scored pixel, are in `skipped`.

    Raises:
        BadInput: limit, pattern, protocol or method that makes no sense, or a data set named twice.
    """
    if limit is not None and limit < 1:
        raise BadInput(f"The limit of images a set is {limit}: it must be at least 1.")
    if time_limit is not None and not time_limit > 0:
        raise BadInput(f"The time limit is {time_limit:g} s: it must be over 0.")
    run = Run(Bench(Cases(datasets, patterns, protocol=protocol, seed=seed), methods, time_limit))
    cases = run.bench.cases
    run.pins, run.skipped = pin_all(cases, list(cases.images(limit)), jobs=jobs, progress=progress)
    for name, data in zip(cases.names, cases.datasets, strict=True):
        run.skipped += [Skipped(name, image, "", fault) for image, fault in data.faults.items()]
    _score_all(run, known, jobs, done, progress)
    return run


def pin_all(
    cases: Cases, images: Sequence[Where], *, jobs: int = 0, progress: Progress | None = None
) -> tuple[list[Pin], list[Skipped]]:
    """Hash all inputs.

    Returns:
        The pins in the order of the data, and what cannot be scored.
    """
    pins: list[Pin] = []
    skipped: list[Skipped] = []
    for number, finished in enumerate(run_tasks(pin, cases, images, jobs=min(jobs, len(images)))):
        names = (cases.names[finished.task.dataset], cases.name(finished.task))
        if finished.value is None:
            skipped.append(Skipped(*names, "", finished.failure.reason if finished.failure else ""))
        else:
            pins.append(finished.value)
            skipped += [Skipped(*names, cases.labels[p], why) for p, why in finished.value.skipped.items()]
        if progress:
            progress("Making the inputs", number + 1, len(images))
    return sorted(pins, key=lambda pinned: pinned.where), sorted(skipped)


def pin(cases: Cases, where: Where) -> Pin:
    """Hash an image and all of its inputs.

    Raises:
        BadInput: the image cannot be read.
    """
    sample = cases.sample(where)
    inputs, skipped = {}, {}
    for number in range(len(cases.patterns)):
        try:
            case = cases.case(where, number)
        except SpnetError as error:  # the image can be read: what fails concerns this pattern alone
            skipped[number] = str(error)
        else:
            counts = (np.count_nonzero(case.sample.depth), np.count_nonzero(case.scored))
            inputs[number] = (case.digest, int(counts[0]), int(counts[1]))
    return Pin(where, array_digest(sample.rgb), array_digest(sample.depth), inputs, skipped)


def _score_all(
    run: Run,
    known: Iterable[Outcome],
    jobs: int,
    done: Callable[[Outcome], None] | None,
    progress: Progress | None,
) -> None:
    bench, cases = run.bench, run.bench.cases
    earlier = {_names(o.result): o for o in known if o.result.status == "ok"}
    digests = {(p.where, pattern): found for p in run.pins for pattern, found in p.inputs.items()}
    tasks = []
    for (where, pattern), (digest, _, _) in digests.items():
        for method, label in enumerate(bench.names):
            names = (cases.names[where.dataset], cases.name(where), cases.labels[pattern], label)
            if names in earlier and earlier[names].digest == digest:
                run.outcomes.append(earlier[names])
            else:
                tasks.append(Task(where, pattern, method))
    total = len(tasks) + len(run.outcomes)
    for finished in run_tasks(score, bench, tasks, jobs=min(jobs, len(tasks)), time_limit=bench.time_limit):
        outcome = finished.value or _failed(bench, finished, digests)
        run.outcomes.append(outcome)
        if done:
            done(outcome)
        if progress:
            progress(f"{outcome.result.dataset}/{outcome.result.image}", len(run.outcomes), total)
    run.outcomes.sort(key=lambda outcome: _names(outcome.result))


def score(bench: Bench, task: Task) -> Outcome:
    """Run one method on one input and score it; what the method raises is passed on."""
    case, method = bench.cases.case(task.where, task.pattern), bench.method(task.method)
    start = time.perf_counter()
    expected = None
    if isinstance(method, CertainMethod):
        depth, expected = method.complete_with_error(case.sample)
    else:
        depth = method.complete(case.sample)
    seconds = time.perf_counter() - start
    result = Result(
        *(case.sample.dataset, case.sample.name, case.sample.pattern, bench.names[task.method]),
        measured=int(np.count_nonzero(case.sample.depth)),
        pixels=int(np.count_nonzero(case.scored)),
    )
    fault = _fault(depth, case)
    if fault:
        result = replace(result, status="invalid", reason=fault)
    else:
        scale = {"max_depth": case.sample.max_depth} if case.sample.max_depth else {}
        errors = bench.cases.protocol.errors(depth, case.truth, case.scored, **scale)
        parts = part_errors(depth, case.parts)
        if expected is not None:
            certainty, bins = certainty_errors(depth, expected, case.parts)
            errors, parts = {**errors, **certainty}, {**parts, **bins}
        result = replace(result, errors=errors, parts=parts)
    return Outcome(result, seconds, case.digest)


def _fault(depth: FloatImage, case: Case) -> str:
    """What is wrong with a prediction, as a sentence; empty where nothing is."""
    if depth.shape != case.truth.shape:
        return f"The result has shape {depth.shape}, the image {case.truth.shape}."
    bad = np.count_nonzero(~np.isfinite(depth[case.scored]))
    return f"The result is NaN or infinite at {bad} of {np.count_nonzero(case.scored)} scored pixels." if bad else ""


def _failed(
    bench: Bench, finished: Finished[Task, Outcome], digests: Mapping[tuple[Where, int], tuple[str, int, int]]
) -> Outcome:
    (where, pattern, method), cases = finished.task, bench.cases
    failure = finished.failure or Failure("failed", "")
    digest, measured, pixels = digests[where, pattern]
    names = (cases.names[where.dataset], cases.name(where), cases.labels[pattern], bench.names[method])
    result = Result(*names, status=failure.status, reason=failure.reason, measured=measured, pixels=pixels)
    return Outcome(result, math.nan, digest)


def _names(result: Result) -> tuple[str, str, str, str]:
    return result.dataset, result.image, result.pattern, result.method
