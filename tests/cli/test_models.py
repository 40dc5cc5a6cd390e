"""`spnet models` on the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from spnet.cli import main
from spnet.errors import BadWeights
from spnet.files import file_hash
from spnet.model import weights_table
from spnet.model.build import build_model
from spnet.model.config import ModelConfig
from spnet.model.weights import WeightsInfo, read_weights, save_weights

SMALL = ModelConfig((8, 16, 24, 32), (1, 1, 1, 1))


def spnet(*arguments: str) -> None:
    """Run the command line in this process; its errors come through."""
    main.app(["models", *arguments], result_action="return_value", exit_on_error=False)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def weights_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    state = build_model(SMALL).state_dict()
    save_weights(path, state, SMALL, name="mine [v1]", max_depth=12.5, licence="Apache-2.0", trained_on="rooms")
    return path


@pytest.fixture
def bundled(weights_file: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsInfo:
    monkeypatch.setattr(weights_table, "FOLDER", weights_file.parent)
    digest = file_hash(weights_file)
    info = WeightsInfo("mine", SMALL, file=weights_file.name, sha256=digest, licence="Apache-2.0")
    monkeypatch.setattr(weights_table, "BUNDLED", entries := {"mine": info})
    monkeypatch.setattr("spnet.model.weights.BUNDLED", entries)
    monkeypatch.setitem(weights_table.ALIASES, "default", "mine")
    return info


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    spnet("list")
    out = capsys.readouterr().out
    for text in ("released-tiny", "35.0 M", "Large_300.pth", "Haotian-sx/PacGDC_large", "254.4 M", "none stated"):
        assert text in out


def test_list_shows_bundled_weights_first(bundled: WeightsInfo, capsys: pytest.CaptureFixture[str]) -> None:
    spnet("list")
    first = capsys.readouterr().out.splitlines()[1]
    assert first.startswith("mine (default)")
    assert first.rstrip().endswith("bundled")


def test_list_keeps_names_whole_in_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    spnet("list")
    assert "…" not in capsys.readouterr().out


def test_info_of_a_file(weights_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spnet("info", str(weights_file))
    out = capsys.readouterr().out
    for text in ("mine [v1]", "custom", "(8, 16, 24, 32)", "norm CNX", "12.5 m", "Apache-2.0", "rooms"):
        assert text in out


def test_info_of_weights_that_are_not_here(capsys: pytest.CaptureFixture[str]) -> None:
    spnet("info", "released-large")
    out = capsys.readouterr().out
    assert "235,501,153 parameters" in out
    assert "20 m" in out


def test_info_of_the_default(bundled: WeightsInfo, capsys: pytest.CaptureFixture[str]) -> None:
    spnet("info")
    out = capsys.readouterr().out
    assert bundled.sha256 in out
    assert "does not depend" in out


def test_convert_there_and_back(weights_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spnet("convert", str(weights_file), str(tmp_path / "a.pth"))
    spnet("convert", str(tmp_path / "a.pth"), str(tmp_path / "b.safetensors"))
    assert "a.pth" in capsys.readouterr().out
    before, after = read_weights(weights_file), read_weights(tmp_path / "b.safetensors")
    assert before[1] == after[1]
    assert all(torch.equal(before[0][key], after[0][key]) for key in before[0])


def test_verify_a_file(weights_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spnet("verify", str(weights_file))
    assert capsys.readouterr().out == "mine [v1]: content in order.\n"


def test_verify_everything_bundled(bundled: WeightsInfo, capsys: pytest.CaptureFixture[str]) -> None:
    spnet("verify")
    assert capsys.readouterr().out == "mine: hash and content in order.\n"


def test_verify_a_changed_file(bundled: WeightsInfo, weights_file: Path) -> None:
    weights_file.write_bytes(weights_file.read_bytes()[:-1] + b"\0\0")
    with pytest.raises(BadWeights, match="hash"):
        spnet("verify", "mine")


def test_verify_with_nothing_bundled(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_table, "BUNDLED", {})
    spnet("verify")
    assert "No weights are bundled" in capsys.readouterr().out


def test_an_error_is_one_sentence_and_a_status(tmp_path: Path) -> None:
    code = "import sys; from spnet.cli.main import main; sys.argv[0] = 'spnet'; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "models", "info", str(tmp_path / "none.pth")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("spnet: There are no weights")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
