"""`spnet eval`: score methods on data sets, compare runs, make a run's inputs again."""

from __future__ import annotations

import shlex
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from spnet.cli.progress import Watch, cores

if TYPE_CHECKING:
    from spnet.evaluation.run import Run

PATTERNS = ("random(10%)", "random(1%)", "random(0.1%)", "random(500)", "lidar(16)", "holes")
Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]
SHOWN = 5  # examples of one kind of trouble
PRINTED = 2  # metrics; table.md has all that the protocol publishes
WORDS = {"failed": "failed", "invalid": "gave no depth map", "crashed": "crashed", "timeout": "took too long"}

app = App(name="eval", help="Score methods on data sets; compare runs.")


@app.default
def evaluate(
    *,
    data: Names,
    patterns: Names = PATTERNS,
    methods: Names = ("nearest", "linear", "default"),
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    protocol: str = "unobserved",
    hole_maps: Path | None = None,
    seed: int = 0,
    limit: int | None = None,
    jobs: int | None = None,
    time_limit: float = 120.0,
    report: bool = True,
    focus: str | None = None,
) -> None:
    """Score methods on the very same sparse inputs, by default over the pixels that were not measured.

    Parameters
    ----------
    data:
        Data set folders holding rgb/ and gt/ (or depth/); FOLDER@UNIT names the depth unit.
    patterns:
        Sparse inputs, e.g. random(1%), random(500), "lidar(16) | noise(5%)", sift, holes (docs/sparsity.md lists all);
        given(FOLDER) takes the files that the data set ships.
    methods:
        Classical methods, bundled names, weights files, outside programs ('cmd {rgb} {raw} {out}') or folders of
        results (docs/methods.md lists all); LABEL=METHOD is listed as LABEL.
    output:
        Folder for results.jsonl, times.jsonl, manifest.json, table.md, .csv, .tex and report.html. A run that was
        stopped goes on from there.
    protocol:
        What is scored and how: unobserved, spnet, g2-monodepth, pacgdc, omni-dc, marigold-dc, kitti, void; see
        docs/protocols.md.
    hole_maps:
        Folder of real hole masks for the pattern `holes`; without it holes are procedural.
    seed:
        Of the sparse inputs.
    limit:
        At most this many images a set, evenly spaced.
    jobs:
        Worker processes of one thread each; by default one for each core.
    time_limit:
        Seconds a method may take on one image.
    report:
        Write report.html, for whose pictures some images are completed once more.
    focus:
        The method whose best, median and worst images the report shows; by default the last one.
    """
    from datetime import datetime, timezone

    from spnet.datasets import open_data
    from spnet.errors import BadInput
    from spnet.evaluation.journal import Journal
    from spnet.evaluation.manifest import make_manifest
    from spnet.evaluation.methods import make_method
    from spnet.evaluation.report import markdown_table
    from spnet.evaluation.run import evaluate as run_all
    from spnet.sparsity import quote

    for option, value in (("--patterns", patterns), ("--methods", methods)):
        if not value:
            raise BadInput(f"{option} names none: name one, or leave the option out for the default ones.")
    workers = _workers(jobs)
    methods = tuple(dict.fromkeys(methods))
    real = f"holes(maps={quote(str(hole_maps))})" if hole_maps else "holes"
    specs = [real if pattern == "holes" else pattern for pattern in patterns]
    datasets = open_data(data, strict=False)
    names = {make_method(spec).name: spec for spec in methods}
    focus = focus or list(names)[-1]
    if focus not in names:
        raise BadInput(f"There is no method {focus!r} to choose pictures by: expected one of {', '.join(names)}.")
    journal = Journal(output, names, protocol) if output else None
    with Watch() as watch, journal or nullcontext():
        run = run_all(
            datasets,
            specs,
            methods,
            protocol=protocol,
            seed=seed,
            limit=limit,
            jobs=workers,
            time_limit=time_limit,
            known=journal.known() if journal else (),
            done=journal.add if journal else None,
            progress=watch,
        )
    _tell(run)
    if not run.outcomes:
        raise BadInput("Nothing could be scored: no image has both measured and scored pixels under the patterns.")
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    manifest = make_manifest(run, limit=limit, command=shlex.join(["spnet", *sys.argv[1:]]), created=created)
    if output:
        _write(output, run, manifest)
        if report:
            _report(output / "report.html", run, manifest, workers, focus)
    print(markdown_table(run.results, manifest, most=PRINTED), end="")


def _workers(jobs: int | None) -> int:
    """Worker processes: by default one for each core."""
    from spnet.errors import BadInput

    if jobs is not None and jobs < 1:
        raise BadInput(f"The number of worker processes is {jobs}: it must be at least 1.")
    return jobs or cores()


def _write(folder: Path, run: Run, manifest: dict[str, Any]) -> None:
    from spnet.evaluation.manifest import write_manifest
    from spnet.evaluation.report import write_tables
    from spnet.evaluation.results import write_results, write_times

    write_results(folder, run.results)
    write_times(folder, run.times)
    write_manifest(folder, manifest)
    write_tables(folder, run.results, manifest)


def _report(path: Path, run: Run, manifest: dict[str, Any], jobs: int, focus: str) -> None:
    from spnet.errors import MissingExtra
    from spnet.evaluation.html import write_report
    from spnet.evaluation.pictures import make_pictures

    try:
        with Watch() as watch:
            pictures = make_pictures(run.bench, run.results, focus, jobs=jobs, progress=watch)
        write_report(path, run.results, run.times, manifest, pictures, focus=focus)
    except MissingExtra as error:
        print(f"spnet: warning: {error} There is no report.html.", file=sys.stderr)


def _tell(run: Run) -> None:
    """What could not be scored and what failed, on stderr: counted, with examples."""
    troubles: dict[str, list[str]] = {}
    for skipped in run.skipped:
        where = f"{skipped.dataset}/{skipped.image}"
        troubles.setdefault("not scored", []).append(f"{where}: {skipped.reason}")
    for result in run.results:
        if result.status != "ok":
            where = f"{result.dataset}/{result.image}, {result.pattern}: {result.reason}"
            troubles.setdefault(f"{result.method} {WORDS[result.status]}", []).append(where)
    for kind, reasons in troubles.items():
        for reason in list(dict.fromkeys(reasons))[:SHOWN]:
            print(f"spnet: {kind}: {reason}", file=sys.stderr)
        if len(reasons) > SHOWN:
            print(f"spnet: {kind}: {len(reasons)} in all.", file=sys.stderr)


@app.command
def compare(
    run: Path,
    other: Path | None = None,
    /,
    *,
    methods: Names = (),
    metric: str = "rel",
) -> None:
    """Compare two methods on the same inputs, pair by pair, with intervals.

    Parameters
    ----------
    run:
        Folder of a run.
    other:
        Folder of a second run; without it, two methods of the first are compared.
    methods:
        One method of each run, or two of one; may be left out where a run has but one.
    metric:
        rel, rmse, mae, delta_1.25, ...
    """
    from spnet.evaluation.compare import compare_runs

    first, second = (*methods, None, None)[:2]
    print(compare_runs(run, other or run, first, second or (first if other else None), metric), end="")


@app.command
def verify(
    manifest: Path,
    /,
    *,
    data: Names = (),
    hole_maps: Path | None = None,
    jobs: int | None = None,
) -> int:
    """Make the inputs of a run again, from the data alone, and compare their hashes with its manifest.

    Parameters
    ----------
    manifest:
        manifest.json of a run, or the run's folder.
    data:
        Where the data sets are on this machine; by default where they were for the run.
    hole_maps:
        Where the hole masks are on this machine.
    jobs:
        Worker processes; by default one for each core.
    """
    from spnet.datasets import open_data
    from spnet.evaluation.manifest import verify_inputs
    from spnet.evaluation.results import read_manifest

    content = read_manifest(manifest.parent if manifest.name == "manifest.json" else manifest)
    datasets = open_data(data, strict=False) if data else None
    with Watch() as watch:
        maps = str(hole_maps) if hole_maps else None
        same, others = verify_inputs(content, datasets, hole_maps=maps, jobs=_workers(jobs), progress=watch)
    for line in others[:SHOWN]:
        print(f"spnet: {line}", file=sys.stderr)
    print(f"{same} inputs are the same, bit for bit; {len(others)} are not.")
    return 1 if others else 0
