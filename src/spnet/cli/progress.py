"""Many pairs: progress, going on after a bad one, and a summary at the end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from spnet.cli.pairs import Jobs
from spnet.errors import SpnetError

PLAIN_EVERY = 30.0  # seconds between lines of progress where there is no terminal


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Watch:
    """Shows how far a long run is: a bar on a terminal, a line now and then elsewhere; nothing before it is called."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._tasks: dict[int, TaskID] = {}
        self._plain = not console.is_terminal
        self._reported = time.monotonic()

    def __enter__(self) -> Watch:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        if total not in self._tasks:
            self._tasks[total] = self._bar.add_task(what, total=total)
        self._bar.update(self._tasks[total], completed=done, description=what)
        if self._plain and time.monotonic() - self._reported >= PLAIN_EVERY:
            self._reported = time.monotonic()
            print(f"spnet: {done} of {total}, {what}", file=sys.stderr, flush=True)


def run_jobs(found: Jobs, todo: Sequence[int], results: Iterable[object]) -> int:
    """Show how far a run is, and what came of it.

    Args:
        found: the pairs, and the files without a partner.
        todo: indices of the pairs whose results are not there yet.
        results: one for each of these, in their order; the error of a pair that failed.

    Returns:
        Exit status: 1 where a pair failed or a file has no partner.
    """
    failed: list[str] = []
    done, skipped = 0, len(found.jobs) - len(todo)
    start = reported = time.monotonic()
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("completing", total=len(found.jobs), completed=skipped)
        for index, result in zip(todo, results, strict=True):
            if isinstance(result, SpnetError):
                failed.append(f"{found.jobs[index].name}: {result}")
            else:
                done += 1
            now = time.monotonic()
            speed = f"{done / max(now - start, 1e-9):.2f} images/s"
            progress.update(task, advance=1, description=speed)
            if not console.is_terminal and now - reported >= PLAIN_EVERY:
                reported = now
                print(f"spnet: {index + 1} of {len(found.jobs)}, {speed}", file=sys.stderr, flush=True)
    for line in failed:
        print(f"spnet: failed: {line}", file=sys.stderr)
    for path in found.unpaired:
        print(f"spnet: no partner: {path}", file=sys.stderr)
    print(
        f"{done} completed ({done / max(time.monotonic() - start, 1e-9):.2f} images/s), {skipped} there already, "
        f"{len(failed)} failed, {len(found.unpaired)} without a partner"
    )
    return 1 if failed or found.unpaired else 0
