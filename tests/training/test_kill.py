"""A run that is killed, as a power cut or a full memory would, at moments drawn at random."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tiny_runs import checkpoint, everything, make_walls, records, same, start, start_group

from spnet.training.checkpoint import load_newest

KILLS = 20
SAVE_EVERY = 3
LIMIT = 3600  # seconds


def steps_seen(said: str) -> list[int]:
    return [int(step) for step in re.findall(r"^(\d+)$", said, re.MULTILINE)]


def kill_after(group: list[subprocess.Popen[str]], steps: int, seconds: float) -> list[int]:
    """Kill all processes so long after the first has done so many steps of its run; those that it has said it has done.

    Moments are drawn in steps, not in seconds: a fast machine would be through the run before the last of them.
    """
    first, *others = group
    assert first.stdout is not None
    began = first.stdout.readline()
    assert began == "began\n", began + first.stdout.read()
    heard = [first.stdout.readline() for _ in range(steps)]
    time.sleep(seconds)
    for process in group:
        process.send_signal(signal.SIGKILL)
    for process in others:
        process.communicate(timeout=LIMIT)
    said, _ = first.communicate(timeout=LIMIT)
    assert first.returncode == -signal.SIGKILL, f"the run was over or failed before it was killed: {said}"
    return steps_seen("".join(heard) + said)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "workers", "steps"), [(1, 0, 1500), (1, 1, 1500), (2, 0, 1500)])
def test_killed_twenty_times(tmp_path: Path, size: int, workers: int, steps: int) -> None:
    walls = make_walls(tmp_path / "walls")
    draw = random.Random(size + workers)

    def run(out: str) -> list[subprocess.Popen[str]]:
        arguments = (str(walls), str(tmp_path / out), str(steps), str(SAVE_EVERY), str(workers))
        return start_group("killed_run.py", *arguments, size=size) if size > 1 else [start("killed_run.py", *arguments)]

    done = 0
    for _ in range(KILLS):
        # Half of them while the run starts again, or soon after; the others some way into it.
        far = int(draw.expovariate(KILLS / steps)) if draw.random() < 0.5 else 0
        seen = kill_after(run("killed"), far, draw.uniform(0, 0.2 if far else 2))
        done = max([done, *seen])
        found = load_newest(tmp_path / "killed") if done else None
        kept = found[1]["step"] if found else 0
        assert kept >= done - SAVE_EVERY, f"step {done} was done, and the newest checkpoint is of step {kept}"
        assert done < steps, "the run is too short for so many kills"
    assert done > 10 * SAVE_EVERY, "it was killed too early each time to tell anything"
    for out in ("killed", "undisturbed"):
        for process in run(out):
            said, _ = process.communicate(timeout=LIMIT)
            assert process.returncode == 0, said
    assert same(everything(tmp_path / "killed"), everything(tmp_path / "undisturbed"))
    assert checkpoint(tmp_path / "killed")["best"] == checkpoint(tmp_path / "undisturbed")["best"]
    assert [r["step"] for r in records(tmp_path / "killed") if "loss" in r] == list(range(1, steps + 1))
    assert not list((tmp_path / "killed").glob(".*"))
