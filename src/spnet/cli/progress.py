"""Many pairs: progress, going on after a bad one, and a summary at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from spnet.cli.pairs import Job, Jobs
from spnet.errors import SpnetError


def run_jobs(found: Jobs, one: Callable[[Job], bool]) -> int:
    """Run every job.

    Args:
        found: the pairs, and the files without a partner.
        one: does one pair; returns False where its results were there already.

    Returns:
        Exit status: 1 where a pair failed or a file has no partner.
    """
    failed: list[str] = []
    done = skipped = 0
    start = time.monotonic()
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("completing", total=len(found.jobs))
        for job in found.jobs:
            try:
                fresh = one(job)
                done, skipped = done + fresh, skipped + (not fresh)
            except SpnetError as error:
                failed.append(f"{job.name}: {error}")
            rate = done / max(time.monotonic() - start, 1e-9)
            progress.update(task, advance=1, description=f"{rate:.2f} images/s")
    for line in failed:
        print(f"spnet: failed: {line}", file=sys.stderr)
    for path in found.unpaired:
        print(f"spnet: no partner: {path}", file=sys.stderr)
    rate = done / max(time.monotonic() - start, 1e-9)
    print(
        f"{done} completed ({rate:.2f} images/s), {skipped} there already, {len(failed)} failed, "
        f"{len(found.unpaired)} without a partner"
    )
    return 1 if failed or found.unpaired else 0
