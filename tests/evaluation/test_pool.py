"""Worker processes: what a task has started ends with it, and a task that ends its process costs itself alone."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from scenes import room
from spnet.evaluation import pool
from spnet.evaluation.baselines.program import OutsideProgram
from spnet.evaluation.pool import run_tasks
from spnet.types import Sample

PROGRAM = "sh -c 'echo $$ > {}; sleep 60' {{raw}} {{out}}"  # starts at once, on a busy machine too


def hang(pid_file: str, task: str) -> str:
    """An outside program that does not end, unless there is nothing to do."""
    if task == "hang":
        rgb, depth = room(8, 8, share=1.0, seed=0)
        OutsideProgram("hangs", PROGRAM.format(pid_file), 60.0).complete(Sample(rgb, depth, "one"))
    return task


def leave(_state: None, task: int) -> int:
    if task == 1:
        sys.exit("enough")
    return task


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", ["interrupted", "out of time"])
def test_an_outside_program_ends_with_its_task(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "GRACE", 0.0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pid_file = tmp_path / "pid"
    limit = None if how == "interrupted" else 4.0
    running = run_tasks(hang, str(pid_file), ["quick", "hang"], jobs=1, time_limit=limit)
    assert next(running).value == "quick"
    if how == "out of time":
        assert [(one.task, one.failure and one.failure.status) for one in running] == [("hang", "timeout")]
    else:
        while not pid_file.exists() or not pid_file.read_text():
            time.sleep(0.05)
        running.close()  # type: ignore[attr-defined]
    pid = int(pid_file.read_text())
    until = time.monotonic() + 5
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(pid)
    assert list(tmp_path.iterdir()) == [pid_file]


def test_a_task_that_ends_its_process_costs_itself_alone() -> None:
    found = {one.task: one for one in run_tasks(leave, None, range(3), jobs=1)}
    assert [found[task].value for task in (0, 2)] == [0, 2]
    failure = found[1].failure
    assert failure is not None
    assert failure.status == "crashed"
