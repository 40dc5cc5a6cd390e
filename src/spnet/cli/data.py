"""`spnet data`: official archives of public data sets, listed, described and converted to our layout."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

if TYPE_CHECKING:
    from spnet.datasets.convert import Summary

app = App(name="data", help="List, describe and convert official archives of public data sets.")
PLAIN_EVERY = 30.0  # seconds between lines of progress where there is no terminal


@app.command(name="list")
def list_() -> None:
    """List the data sets whose official archives can be converted."""
    from rich.console import Console
    from rich.table import Table

    from spnet.datasets.adapters import ADAPTERS

    table = Table(box=None, pad_edge=False)
    for title in ("name", "title", "splits", "licence"):
        table.add_column(title, overflow="fold")
    for adapter in ADAPTERS.values():
        table.add_row(adapter.name, adapter.title, ", ".join(adapter.splits), adapter.licence)
    Console().print(table, markup=False, highlight=False)


@app.command(name="info")
def describe(name: str) -> None:
    """Describe a data set: where to get it, which files are needed, its licence and citation.

    Parameters
    ----------
    name:
        A name from `spnet data list`.
    """
    from rich.console import Console
    from rich.table import Table

    from spnet.datasets.adapters import get_adapter

    adapter = get_adapter(name)
    table = Table(box=None, pad_edge=False, show_header=False)
    rows = {
        "name": adapter.name,
        "title": adapter.title,
        "where": adapter.where,
        "licence": adapter.licence,
        "splits": f"{', '.join(adapter.splits)} (the first is the default)",
        "depth files": "NPY in metres" if adapter.unit == "m" else f"16-bit PNG, unit {adapter.unit}",
        "note": adapter.note,
        "cite": adapter.citation,
    }
    for label, text in rows.items():
        if text:
            table.add_row(label, text)
    Console().print(table, markup=False, highlight=False)


@app.command
def convert(
    name: str,
    source: Path,
    target: Path,
    *,
    split: str | None = None,
    limit: int | None = None,
    jobs: int = 1,
) -> int:
    """Convert an official archive to rgb/, gt/, raw/ and manifest.json, which `spnet eval` and `spnet train` read.

    Goes on after a bad frame, which is named at the end (exit status 1), and, started again, after an interruption.

    Parameters
    ----------
    name:
        A name from `spnet data list`.
    source:
        Folder into which the archive was unpacked.
    target:
        Folder to write.
    split:
        See `spnet data info NAME`; default the first.
    limit:
        Convert only that many frames.
    jobs:
        Processes.
    """
    from spnet.datasets.adapters import get_adapter
    from spnet.datasets.convert import convert as run
    from spnet.errors import BadInput

    for option, value in (("--limit", limit), ("--jobs", jobs)):
        if value is not None and value < 1:
            raise BadInput(f"{option} {value}: expected 1 or more.")
    adapter = get_adapter(name)
    with _Progress() as progress:
        counts = run(adapter, source, target, split=split, limit=limit, jobs=jobs, report=progress.show)
    for frame, reason in counts.failed.items():
        print(f"spnet: failed: {frame}: {reason}", file=sys.stderr)
    beyond = "" if adapter.unit == "m" or not counts.as_npy else f" ({counts.as_npy} as NPY: beyond 16 bits)"
    print(
        f"{counts.written} of {counts.total} frames converted, {counts.there} there already, "
        f"{len(counts.failed)} failed{beyond}: {target}"
    )
    return 1 if counts.failed else 0


class _Progress:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = Console(stderr=True)
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._bar = Progress(*columns, console=self._console, disable=not self._console.is_terminal)
        self._task = self._bar.add_task("listing", total=None)
        self._start = self._reported = time.monotonic()

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def show(self, counts: Summary) -> None:
        """Show how far it is."""
        done = counts.written + counts.there + len(counts.failed)
        now = time.monotonic()
        speed = f"{counts.written / max(now - self._start, 1e-9):.1f} frames/s"
        self._bar.update(self._task, completed=done, total=counts.total, description=speed)
        if not self._console.is_terminal and now - self._reported >= PLAIN_EVERY:
            self._reported = now
            print(f"spnet: {done} of {counts.total}, {speed}", file=sys.stderr, flush=True)
