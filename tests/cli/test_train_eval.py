"""`spnet train` and `spnet eval` on the command line, on tiny data."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import spnet

TRAIN = ("train", "--recipe", "fill", "--model", "dot", "--data", "rooms@mm", "--crop", "32", "--batch", "2",
         "--workers", "0", "--log-every", "1", "--out", "run")  # fmt: skip


def test_train_stop_continue_and_score(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, *TRAIN, "--steps", "2", "--max-minutes", "0.0000001") == 0
    assert "run the same command to continue in run" in capsys.readouterr().out
    assert spnet(monkeypatch, *TRAIN, "--steps", "2") == 0
    out = capsys.readouterr().out
    assert "Wrote run/model.safetensors" in out
    assert "step 2" in out
    methods = ("--methods", "nearest", "run/model.safetensors")
    assert spnet(monkeypatch, "eval", "--data", "rooms@mm", "--patterns", "random(10%)", *methods) == 0
    assert "run/model.safetensors" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--recipe", "paper", "--model", "dot", "--data", "rooms@mm"),  # no Hole_Datasets here
        ("train", "--recipe", "paper", "--model", "dot", "--data", "nowhere", "--hole-maps", ""),
        (*TRAIN, "--steps", "0"),
        (*TRAIN, "--threads", "0"),
        ("train", "--recipe", "fill", "--data", "rooms@mm", "--model", "gigantic"),
        (*TRAIN, "--data", "rooms@furlongs"),
    ],
    ids=lambda arguments: " ".join(arguments[-2:]),
)
def test_errors_end_in_one_sentence(
    arguments: tuple[str, ...], data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, *arguments) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("spnet: ")
    assert "Traceback" not in said
    assert said.endswith(".")


def test_the_papers_recipe_without_hole_maps(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = ("--crop", "32", "--batch", "2", "--steps", "1", "--workers", "0")
    paper = ("train", "--recipe", "paper", "--model", "dot", "--data", "rooms@mm", "--hole-maps", "")
    assert spnet(monkeypatch, *paper, *sizes, "--out", "paper") == 0
    assert Path("paper/model.safetensors").is_file()
