"""A whole bench: checks what is asked for, measures, and takes the errors of a run of `spnet eval` in."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from spnet.bench.energy import Energy
from spnet.bench.machine import describe_machine, load
from spnet.bench.measure import Plan, Progress, measure_case, time_methods
from spnet.bench.results import Accuracy, Bench, MethodTime
from spnet.bench.ways import make_network
from spnet.errors import BadInput
from spnet.evaluation.methods import make_method
from spnet.evaluation.results import read_results
from spnet.evaluation.statistics import ALL, ALL_PATTERNS, over_patterns, summarise
from spnet.export.choice import CPU_DEVICES
from spnet.export.write import LARGEST

MEASURES = ("time", "throughput", "memory", "methods")
CALIBRATION = 8  # made-up pairs for int8 where no data are named


def parse_resolution(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT, as cameras say it, to (height, width).

    Raises:
        BadInput: anything else.

    >>> parse_resolution("640x480")
    (480, 640)
    """
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.isdecimal() and 1 <= int(part) <= LARGEST for part in parts):
        raise BadInput(f"Resolution {text!r}: expected WIDTHxHEIGHT in pixels, e.g. 640x480.")
    return int(parts[1]), int(parts[0])


def check_plan(plan: Plan) -> None:
    """Raise BadInput or BadWeights for what cannot be measured, before anything is."""
    for name, value, least in (
        ("rounds", plan.rounds, 1),
        ("seconds", plan.seconds, 0),
        ("batch", plan.batch, 1),
        ("tiled-mb", plan.tiled_mb, 0),
        ("threads", plan.threads, 0),
    ):
        if not least <= value < math.inf:
            raise BadInput(f"--{name} {value:g}: expected at least {least}.")
    for name in plan.measure:
        if name not in MEASURES:
            raise BadInput(f"--measure {name!r}: choose among {', '.join(MEASURES)}.")
    if plan.kinds and not plan.models:
        raise BadInput("No network is named: give a size such as tiny, a bundled name, or a weights file.")
    for spec in plan.models:
        make_network(spec)
    for spec in plan.methods:
        make_method(spec, device=plan.device)


def run_bench(plan: Plan, *, eval_run: Path | None = None, metric: str = "rel", progress: Progress) -> Bench:
    """Measure all that a plan names.

    Args:
        plan: see there.
        eval_run: folder of `spnet eval`; its methods are timed too, as far as they can be made.
        metric: of its errors.
        progress: is told what is done, how much of it, and how much there is.

    Raises:
        BadInput, BadWeights: what is asked for makes no sense.
        MissingExtra: an engine needs a package.
    """
    import torch

    from spnet.backends.pytorch import find_device

    check_plan(plan)
    errors = _errors(eval_run, metric) if eval_run else []
    device = str(find_device(plan.device))
    plan = replace(plan, device=device)
    if plan.threads:
        torch.set_num_threads(plan.threads)
    bench = Bench(describe_machine(device), asdict(plan), _notes(plan))
    with tempfile.TemporaryDirectory() as folder:
        if any(way.precision == "int8" for way in plan.ways) and not plan.data:
            plan = replace(plan, data=(_made_up_data(Path(folder, "data")),))
            bench.notes.append(
                "int8 was calibrated on made-up images: its time says something, its difference nothing."
            )
        for number, spec in enumerate(plan.models if plan.kinds else ()):
            for height, width in plan.resolutions:
                own = Path(folder, str(number))
                own.mkdir(exist_ok=True)
                bench.cases.append(measure_case(plan, spec, height, width, own, progress))
    bench.machine["load_after"] = load()
    if "methods" in plan.measure:
        methods = [*plan.methods, *(error.method for error in errors if error.method not in plan.methods)]
        for height, width in plan.resolutions:
            bench.methods += time_methods(plan, methods, height, width, progress)
        bench.metric, bench.eval_run = metric if errors else "", str(eval_run or "")
        bench.accuracy = _beside(errors, bench.methods)
    return bench


def _notes(plan: Plan) -> list[str]:
    notes = [
        f"Medians over {plan.rounds} rounds at most, all ways one after the other in each; ratios are of the same "
        "round, in brackets their 5th and 95th percentile. Other programs on the machine make all times longer.",
        "Memory: what the passes add to a process of their own; in brackets the whole process.",
    ]
    energy = Energy(plan.device)
    notes.append(
        f"Energy: {energy.name}." if energy.name and not energy.why else f"Energy was not measured: {energy.why}."
    )
    if plan.device not in CPU_DEVICES:
        notes.append("On a GPU this bench has not been tried yet; times include the way to the device and back.")
    return notes


def _errors(folder: Path, metric: str) -> list[Accuracy]:
    """Mean errors over inputs and sets of a run's methods, without those that failed on any; times still missing."""
    results = read_results(folder)
    cells = summarise(over_patterns(results), metric)
    names = dict.fromkeys(result.method for result in results)
    found = []
    for name in names:
        cell = cells.get((ALL_PATTERNS, ALL, name))
        if cell and math.isfinite(cell.mean):
            low, high = (bound if math.isfinite(bound) else cell.mean for bound in (cell.low, cell.high))
            found.append(Accuracy(name, cell.mean, low, high, math.nan))
    if not found:
        raise BadInput(
            f"{folder} has no {metric} of a method that succeeded everywhere: evaluate again, or another metric."
        )
    return found


def _beside(errors: Sequence[Accuracy], times: Sequence[MethodTime]) -> list[Accuracy]:
    """The errors with the time at the first resolution; methods without one are left out."""
    seconds: dict[str, float] = {}
    for time in times:
        if time.seconds:
            seconds.setdefault(time.method, time.seconds.median)
    return [replace(error, seconds=seconds[error.method]) for error in errors if error.method in seconds]


def _made_up_data(folder: Path) -> str:
    """A data set of made-up pairs."""
    import numpy as np

    from spnet.bench.inputs import made_up_scene
    from spnet.io import write_depth, write_image

    for number in range(CALIBRATION):
        rgb, depth = made_up_scene(96, 128, np.random.default_rng(number))
        write_image(folder / "rgb" / f"{number}.png", rgb)
        write_depth(folder / "depth" / f"{number}.png", depth)
    return f"{folder}@mm"
