"""The programs of examples/ run, and say what they should."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def run(name: str, folder: Path) -> str:
    """What the program prints, run where it finds examples/ and may write out/."""
    (folder / "examples").symlink_to(EXAMPLES)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "SPNET_BACKEND": "torch"}
    command = [sys.executable, f"examples/{name}.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rel(text: str, method: str) -> float:
    """A method's REL in a printed table."""
    found = re.search(rf"^{re.escape(method)} .*REL ([\d.]+)", text, re.M)
    assert found, text
    return float(found[1])


def test_complete_a_pair(tmp_path: Path) -> None:
    text = run("complete_a_pair", tmp_path)
    assert "500 pixels measured, 307200 completed" in text
    assert "changed measurements: 0" in text
    depth = np.load(tmp_path / "out/examples/desk.npy")
    assert depth.shape == (480, 640)
    assert (depth > 0.5).all()


def test_simulate_a_sensor(tmp_path: Path) -> None:
    text = run("simulate_a_sensor", tmp_path)
    assert 0 < rel(text, "random(500)") < 0.1
    assert len(list((tmp_path / "out/examples").glob("sensor_*.png"))) == 4


def test_point_cloud(tmp_path: Path) -> None:
    width = re.search(r"left desk is ([\d.]+) m wide", run("point_cloud", tmp_path))
    assert width
    assert 1.0 < float(width[1]) < 1.4
    assert (tmp_path / "out/examples/desk.ply").read_bytes().startswith(b"ply")


def test_compare_methods(tmp_path: Path) -> None:
    text = run("compare_methods", tmp_path)
    assert rel(text, "default") < rel(text, "nearest")


def test_train_a_small_network(tmp_path: Path) -> None:
    text = run("train_a_small_network", tmp_path)
    assert rel(text, "trained network") < 0.7 * rel(text, "planar fill")


def test_every_program_is_listed_and_in_cells() -> None:
    programs = {path.name for path in EXAMPLES.glob("*.py")}
    listed = set(re.findall(r"\]\((\w+\.py)\)", (EXAMPLES / "README.md").read_text(encoding="utf-8")))
    assert programs == listed
    tested = {name.removeprefix("test_") + ".py" for name in globals() if name.startswith("test_")}
    assert programs <= tested
    for name in programs:
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        assert len(re.findall(r"^# %% \[markdown\]$", text, re.M)) >= 3, name


@pytest.mark.parametrize("folder", ["desk", "table"])
def test_the_wheel_takes_the_samples_and_not_the_programs(folder: str) -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"examples/{folder}" = "spnet/examples/{folder}"' in text
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == {"desk", "table"}
