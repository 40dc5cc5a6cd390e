"""Threads that wait for a core."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from spnet.training import cores
from spnet.training.cores import waited_for_cores


def test_nobody_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "THREADS", tmp_path)
    assert waited_for_cores() is None


def test_waits_of_all_threads_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("1", "7 1500000000 3\n"), ("2", "7 250000000 3\n"), ("3", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "schedstat").write_text(text, encoding="ascii")
    monkeypatch.setattr(cores, "THREADS", tmp_path)
    assert waited_for_cores() == pytest.approx(1.75)


@pytest.mark.skipif(waited_for_cores() is None, reason="this system does not tell how long threads wait")
def test_a_thread_that_shares_its_core_waits() -> None:
    core = min(os.sched_getaffinity(0))
    other = f"import os; os.sched_setaffinity(0, {{{core}}}); print('begun', flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", other], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        before = waited_for_cores()

        def work() -> None:
            os.sched_setaffinity(0, {core})  # of this thread alone
            until = time.monotonic() + 1
            while time.monotonic() < until:
                pass
            waits.append(waited_for_cores())

        waits: list[float | None] = []
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        process.kill()
    assert before is not None
    assert waits[0] is not None
    assert waits[0] - before > 0.2
