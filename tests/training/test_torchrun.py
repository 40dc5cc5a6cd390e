"""The command under `torchrun`: one process logs, a signal to the launcher stops all with a checkpoint."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_runs import checkpoint, free_port, make_walls

LIMIT = 600  # seconds


def torchrun(data: Path, out: Path, *flags: str) -> subprocess.Popen[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", f"--master-port={free_port()}"]
    train = ["-m", "spnet", "train", "--model", "atto", "--data", str(data), "--hole-maps", "", "--crop", "32", "--out",
             str(out), "--epochs", "0", "--workers", "0", "--precision", "fp32", "--no-compile", "--device", "cpu",
             "--log-every", "1", "--panel-every", "0"]  # fmt: skip
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [*launcher, *train, *flags], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


@pytest.mark.slow
def test_a_run_by_torchrun_is_stopped_and_goes_on(tmp_path: Path) -> None:
    walls, out = make_walls(tmp_path / "walls"), tmp_path / "run"
    flags = ("--batch", "4", "--steps", "40", "--save-every", "1000")
    run = torchrun(walls, out, *flags)
    log, end = out / "log.jsonl", time.monotonic() + LIMIT
    while not (log.is_file() and log.read_text().count("\n") >= 3):
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.1)
    run.send_signal(signal.SIGTERM)
    said, _ = run.communicate(timeout=LIMIT)
    assert said.count("Stopped before the end, with a checkpoint") == 1, said  # one of the two speaks
    stopped = checkpoint(out)["step"]
    assert 3 <= stopped < 40
    run = torchrun(walls, out, *flags)
    said, _ = run.communicate(timeout=LIMIT)
    assert run.returncode == 0, said
    assert said.count("Wrote ") == 1
    assert checkpoint(out)["step"] == 40
    assert (out / "model.safetensors").is_file()


@pytest.mark.slow
def test_a_batch_that_cannot_be_shared_ends_in_a_sentence(tmp_path: Path) -> None:
    run = torchrun(make_walls(tmp_path / "walls"), tmp_path / "run", "--batch", "3", "--steps", "4")
    said, _ = run.communicate(timeout=LIMIT)
    assert run.returncode != 0
    assert "spnet: A batch of 3 cannot be shared equally by 2 processes: make it 2 or 4." in said
