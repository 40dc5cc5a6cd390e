"""The report's pictures: a few cases, completed once more by every method."""

from __future__ import annotations

from collections.abc import Sequence

from spnet.evaluation.cases import Where
from spnet.evaluation.html import Picture, pick_cases
from spnet.evaluation.pool import run_tasks
from spnet.evaluation.results import Result
from spnet.evaluation.run import Bench, Progress, Task
from spnet.types import FloatImage

Names = tuple[str, str, str]  # data set, image, pattern


def make_pictures(
    bench: Bench, results: Sequence[Result], focus: str, *, jobs: int = 0, progress: Progress | None = None
) -> list[Picture]:
    """Complete the best, median and worst case of every set again, by all methods.

    Args:
        bench: of the run.
        results: of the run.
        focus: the method by whose REL the cases are chosen.
        jobs: worker processes.
        progress: told how far it is.
    """
    chosen = pick_cases(results, focus)
    found = {(r.dataset, r.image, r.pattern, r.method): r for r in results if r.status == "ok"}
    places = _places(bench)
    tasks = [
        Task(*places[names], number)
        for names in dict.fromkeys((dataset, image, pattern) for dataset, image, pattern, _ in chosen)
        for number, label in enumerate(bench.names)
        if (*names, label) in found
    ]
    depths: dict[Task, FloatImage | None] = {}
    limit = bench.time_limit
    for finished in run_tasks(_complete, bench, tasks, jobs=min(jobs, len(tasks)), time_limit=limit):
        depths[finished.task] = finished.value
        if progress:
            progress("Completing images for the report", len(depths), len(tasks))
    pictures = []
    for dataset, image, pattern, role in chosen:
        where, number = places[dataset, image, pattern]
        case = bench.cases.case(where, number)
        predictions = {label: depths.get(Task(where, number, m)) for m, label in enumerate(bench.names)}
        rel = {m: r.errors["rel"] for m in bench.names if (r := found.get((dataset, image, pattern, m)))}
        pictures.append(
            Picture(dataset, image, pattern, role, case.sample.rgb, case.sample.depth, case.truth, predictions, rel)
        )
    return pictures


def _complete(bench: Bench, task: Task) -> FloatImage:
    return bench.method(task.method).complete(bench.cases.case(task.where, task.pattern).sample)


def _places(bench: Bench) -> dict[Names, tuple[Where, int]]:
    """Names of cases to their numbers."""
    cases = bench.cases
    return {
        (cases.names[where.dataset], cases.name(where), label): (where, number)
        for where in cases.images()
        for number, label in enumerate(cases.labels)
    }
