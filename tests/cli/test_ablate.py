"""`spnet ablate` on the command line, on tiny data."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scenes import room
from spnet.cli import main
from spnet.model.config import SIZES, ModelConfig


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder, count in (("rooms", 8), ("elsewhere", 2)):
        for index in range(count):
            rgb, depth = room(40, 48, share=1.0, seed=index)
            for kind, image in (("rgb", rgb), ("depth", np.rint(depth * 1000).astype(np.uint16))):
                (tmp_path / folder / kind).mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(tmp_path / folder / kind / f"{index}.png")
    monkeypatch.setitem(SIZES, "dot", ModelConfig((8, 16, 24, 32), (1, 1, 1, 1)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spnet(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["spnet", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main.main()
    return int(stopped.value.code or 0)


ABLATE = (
    "ablate", "--model", "dot", "--data", "rooms@mm", "--hole-maps", "", "--crop", "32", "--batch", "2", "--steps", "2",
    "--workers", "0", "--log-every", "1", "--patterns", "random(10%)", "-o", "out",
)  # fmt: skip
SCORED = (
    "--rows",
    "36",
    "--val-share",
    "0.5",
    "--val",
    "elsewhere@mm",
    "--other-scales",
    "1",
    "0.2",
    "--scales",
    "1",
    "4",
)


def test_train_score_and_continue_with_another_norm(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, *ABLATE, *SCORED, "--norms", "CNX,LN", "--seeds", "1") == 0
    printed = capsys.readouterr().out
    assert "CNX-0, run 1 of 2" in printed
    assert "LN-0, run 2 of 2" in printed
    assert "elsewhere ×0.2" in printed
    assert "rooms: a copy of 36 rows" in printed
    assert (data / "out" / "table.md").read_text() in printed
    about = json.loads((data / "out" / "ablation.json").read_text())
    assert [run["run"] for run in about["runs"]] == ["CNX-0", "LN-0"]
    assert about["base"]["steps"] == 2
    before = {p: p.stat().st_mtime_ns for p in (data / "out").glob("*/model.safetensors")}

    assert spnet(monkeypatch, *ABLATE, *SCORED, "--norms", "CNX", "LN", "RZ", "--seeds", "1") == 0
    printed = capsys.readouterr().out
    assert "CNX-0, run" not in printed
    assert "RZ-0, run 3 of 3" in printed
    assert before.items() <= {p: p.stat().st_mtime_ns for p in (data / "out").glob("*/model.safetensors")}.items()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--norms", "CNX", "SP"), "Norms CNX, SP: expected some of CNX, CN+X"),
        (("--norm", "LN"), "takes --norms"),
        (("--seeds", "0"), "0 seeds"),
        (("--scales", "2", "4"), "the scale of the training, must be among them"),
        (("--val", "nowhere", "--val-share", "0.5"), "No data set matches 'nowhere'"),
        (("--patterns", "points"), "points"),
        (("--val-share", "0"), "holds out no image"),
        (("--rows", "-1", "--val-share", "0.5"), "--rows -1 makes no sense"),
    ],
)
def test_what_makes_no_sense_is_said_before_the_training(
    arguments: tuple[str, ...],
    sentence: str,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert spnet(monkeypatch, *ABLATE, *arguments) == 1
    assert sentence in capsys.readouterr().err
    assert not (data / "out").exists()
