"""The measurement: every way once a round, one after the other, so that a ratio is one of neighbours in time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import numpy as np

from spnet.backends import Floats, Inputs
from spnet.bench.energy import Energy
from spnet.bench.inputs import made_up_inputs, made_up_sample
from spnet.bench.memory import MemoryJob, measure_peak
from spnet.bench.results import Case, MethodTime, Row, Spread
from spnet.bench.roofline import Work, Yardsticks, work_of
from spnet.bench.ways import PLAIN, Call, Graphs, Way, make_network, open_way
from spnet.errors import SpnetError
from spnet.evaluation.baselines.weights import WeightsMethod
from spnet.evaluation.methods import make_method
from spnet.export.choice import default_backend

WARM_UP = 2  # rounds that do not count: allocation, and what is compiled for a size that comes again
FEWEST = 3  # rounds, however long they take
LONG = 1.0  # seconds of a pass that is run once a round, see `_rounds`
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """What a run measures.

    Attributes:
        models: specs, see `spnet.bench.ways.make_network`.
        resolutions: (height, width).
        ways: the reference first.
        measure: some of "time", "throughput", "memory", "methods".
        methods: of `spnet eval`, timed as a whole.
        rounds: of every way.
        seconds: after which a case has no further round, when it has had three.
        batch: images of a pass of the throughput.
        tiled_mb: also measure memory in tiles within this budget; 0: not.
        device: as of `Predictor`.
        threads: of the processor; 0: all.
        data: data sets that int8 is calibrated on.
    """

    models: tuple[str, ...]
    resolutions: tuple[tuple[int, int], ...]
    ways: tuple[Way, ...]
    measure: tuple[str, ...] = ("time", "throughput", "memory", "methods")
    methods: tuple[str, ...] = ()
    rounds: int = 15
    seconds: float = 120.0
    batch: int = 4
    tiled_mb: float = 0.0
    device: str = "cpu"
    threads: int = 0
    data: tuple[str, ...] = field(default=(), repr=False)

    @property
    def kinds(self) -> set[str]:
        """What of a network is measured."""
        return set(self.measure) & {"time", "throughput", "memory"}


@dataclass
class _Timed:
    """Values of one way, one a round; NaN for the energy that cannot be read."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    joules: list[float] = field(default_factory=list)


def measure_case(plan: Plan, spec: str, height: int, width: int, folder: Path, progress: Progress) -> Case:
    """A network at a resolution, in all ways. A way that cannot run has its reason in its row.

    Args:
        plan: of the run.
        spec: of the network.
        height, width: of the inputs.
        folder: for the network's exported files.
        progress: is told what is done, how much of it, and how much there is.
    """
    work = work_of(spec, height, width)
    case = Case(spec, height, width, plan.batch, work.flops / 1e9, work.parameters)
    needs_fill = bool(getattr(make_network(spec), "needs_fill", False))
    graphs, failed = _graphs(plan, spec, folder)
    rows = {way: Row(way.name, way.engine, way.precision, failed.get(way, "")) for way in plan.ways}
    if plan.kinds & {"time", "throughput"}:
        calls = _opened(plan, spec, graphs, rows)
        if "time" in plan.measure:
            inputs = made_up_inputs(height, width, needs_fill=needs_fill)
            _differences(calls, inputs, rows)
            _time(plan, case, work, calls, inputs, rows, progress)
        if "throughput" in plan.measure and plan.batch > 1:
            inputs = made_up_inputs(height, width, needs_fill=needs_fill, batch=plan.batch)
            _throughput(plan, case, calls, inputs, rows, progress)
        calls.clear()
    if "memory" in plan.measure:
        for number, (way, row) in enumerate(rows.items()):
            progress(f"{case.title}, memory of {way.name}", number, len(rows))
            if not row.reason:
                job = MemoryJob(
                    way, spec, str(graphs.get(way, "")), height, width, 1, 0.0, needs_fill, plan.device, plan.threads
                )
                row.peak = measure_peak(job)
                if plan.tiled_mb and way != PLAIN:
                    row.tiled = measure_peak(MemoryJob(**{**vars(job), "tiled_mb": plan.tiled_mb}))
    case.rows = list(rows.values())
    return case


def _graphs(plan: Plan, spec: str, folder: Path) -> tuple[dict[Way, Path], dict[Way, str]]:
    """Exported files of the ways that take one, and why there is none."""
    graphs, failed = Graphs(folder, plan.data), {}
    made: dict[Way, Path] = {}
    for way in plan.ways:
        if way.engine in ("onnxruntime", "openvino"):
            try:
                made[way] = graphs.make(way, make_network(spec))
            except SpnetError as error:
                failed[way] = str(error)
    return made, failed


def _opened(plan: Plan, spec: str, graphs: dict[Way, Path], rows: dict[Way, Row]) -> dict[Way, Call]:
    calls: dict[Way, Call] = {}
    for way, row in rows.items():
        if not row.reason:
            try:
                calls[way] = open_way(way, spec, graphs.get(way), device=plan.device, threads=plan.threads)
            except SpnetError as error:
                row.reason = str(error)
    return calls


def _differences(calls: dict[Way, Call], inputs: Inputs, rows: dict[Way, Row]) -> None:
    """From the reference's output; the first pass of all, so that what cannot run is found out."""
    reference: Floats = calls[PLAIN](inputs)
    unit = float(reference.std()) or 1.0
    for way in list(calls)[1:]:
        try:
            out = calls[way](inputs)
        except (SpnetError, RuntimeError, NotImplementedError) as error:
            rows[way].reason = str(error).splitlines()[0][:300]
            del calls[way]
            continue
        rows[way].difference = float(np.abs(out - reference).max() / unit)


def _rounds(
    plan: Plan, calls: dict[Way, Call], inputs: Inputs, between: Callable[[], object], told: Callable[[int], None]
) -> dict[Way, _Timed]:
    """Alternate. The order turns, so that no way always comes after the same one.

    A short pass is run twice, and the second time counts: threads of what ran before still wait busily for a moment,
    and caches hold its data.
    """
    energy = Energy(plan.device)
    timed = {way: _Timed() for way in calls}
    ways = list(calls)
    last = dict.fromkeys(ways, LONG)
    begin = time.monotonic()
    for turn in range(-WARM_UP, plan.rounds):
        told(max(turn, 0))
        if turn >= 0:
            between()
        for way in ways[turn % len(ways) :] + ways[: turn % len(ways)]:
            if last[way] < LONG:
                calls[way](inputs)
            before, used, start = energy.joules(), time.process_time(), time.perf_counter()
            calls[way](inputs)
            wall, processor, after = time.perf_counter() - start, time.process_time() - used, energy.joules()
            last[way] = wall
            if turn >= 0:
                timed[way].wall.append(wall)
                timed[way].processor.append(processor)
                if before is not None and after is not None and after >= before:  # the counter starts anew at times
                    timed[way].joules.append(after - before)
        if turn + 1 >= FEWEST and time.monotonic() - begin > plan.seconds:
            break
    return timed


def _time(
    plan: Plan,
    case: Case,
    work: Work,
    calls: dict[Way, Call],
    inputs: Inputs,
    rows: dict[Way, Row],
    progress: Progress,
) -> None:
    from spnet.backends.pytorch import find_device

    sticks = Yardsticks([way.precision for way in calls], find_device(plan.device))
    rates: dict[str, list[float]] = defaultdict(list)

    def between() -> None:
        for name, rate in sticks.measure().items():
            rates[name].append(rate)

    sticks.measure()
    timed = _rounds(plan, calls, inputs, between, lambda turn: progress(case.title, turn, plan.rounds))
    case.rates = {name: median(values) for name, values in rates.items()}
    reference, used = timed[PLAIN].wall, timed[PLAIN].processor
    for way, values in timed.items():
        row = rows[way]
        row.seconds = Spread.of(values.wall)
        row.processor_s = median(values.processor)
        row.speedup = Spread.of([one / own for one, own in zip(reference, values.wall, strict=True)])
        if min(values.processor) > 0:  # 0 where the clock is coarse
            row.processor_ratio = median(one / own for one, own in zip(used, values.processor, strict=True))
        row.gflops = case.gflop / row.seconds.median
        gemm, copy = rates[way.precision], rates["copy"]
        row.gemm_share = median(work.flops / s / g for s, g in zip(values.wall, gemm, strict=True))
        bounds = [work.bound(g, c, way.precision) for g, c in zip(gemm, copy, strict=True)]
        row.bound_share = median(bound / s for s, bound in zip(values.wall, bounds, strict=True))
        row.joules = sum(values.joules) / len(values.joules) if values.joules else None


def _throughput(
    plan: Plan, case: Case, calls: dict[Way, Call], inputs: Inputs, rows: dict[Way, Row], progress: Progress
) -> None:
    told = f"{case.title}, {plan.batch} at once"
    few = Plan(**{**vars(plan), "rounds": max(FEWEST, plan.rounds // 3)})
    timed = _rounds(few, calls, inputs, lambda: None, lambda turn: progress(told, turn, few.rounds))
    reference = timed[PLAIN].wall
    for way, values in timed.items():
        rows[way].throughput = plan.batch / median(values.wall)
        rows[way].throughput_ratio = median(one / own for one, own in zip(reference, values.wall, strict=True))


def time_methods(plan: Plan, methods: Sequence[str], height: int, width: int, progress: Progress) -> list[MethodTime]:
    """Whole methods of `spnet eval`, alternating: reading is not in it, the fill of a network is.

    Networks run in the engine that `Predictor` chooses, where `spnet eval` takes PyTorch.
    """
    sample = made_up_sample(height, width)
    found = {spec: MethodTime(spec, height, width) for spec in methods}
    opened = {}
    for spec in methods:
        try:
            method = make_method(spec, device=plan.device)
            if isinstance(method, WeightsMethod):
                method = replace(method, backend=default_backend())  # what a user waits for
            opened[spec] = method
            found[spec] = MethodTime(opened[spec].name, height, width)
            opened[spec].complete(sample)
        except SpnetError as error:
            found[spec].reason = str(error)
            opened.pop(spec, None)
    wall: dict[str, list[float]] = defaultdict(list)
    processor: dict[str, list[float]] = defaultdict(list)
    last = dict.fromkeys(opened, LONG)
    begin = time.monotonic()
    for turn in range(-1, plan.rounds):
        progress(f"methods, {width}×{height}", max(turn, 0), plan.rounds)
        for spec, method in opened.items():
            if last[spec] < LONG:
                method.complete(sample)
            used, start = time.process_time(), time.perf_counter()
            method.complete(sample)
            last[spec] = time.perf_counter() - start
            if turn >= 0:
                wall[spec].append(last[spec])
                processor[spec].append(time.process_time() - used)
        if turn + 1 >= FEWEST and time.monotonic() - begin > plan.seconds:
            break
    for spec, values in wall.items():
        found[spec].seconds, found[spec].processor_s = Spread.of(values), median(processor[spec])
    return list(found.values())
