"""`spnet data` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import miniatures as mini
from spnet.cli import main
from spnet.datasets import FolderDataset
from spnet.datasets.adapters import ADAPTERS
from spnet.errors import BadInput


def spnet(*arguments: str | Path) -> int | None:
    """Run the command line in this process; its errors come through."""
    words = ["data", *map(str, arguments)]
    status: int | None = main.app(words, result_action="return_value", exit_on_error=False)
    return status


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


def test_list_names_every_data_set(capsys: pytest.CaptureFixture[str]) -> None:
    spnet("list")
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert rows.keys() == ADAPTERS.keys()
    assert "CC BY-NC-SA 3.0" in rows["kitti"]
    assert "test-1500, test-500" in rows["void"]


def test_info_says_where_to_get_it_and_what_to_cite(capsys: pytest.CaptureFixture[str]) -> None:
    spnet("info", "nyuv2")
    out = capsys.readouterr().out
    for words in ("cs.nyu.edu", "splits.mat", "test-304x228", "Silberman", "16-bit PNG, unit mm"):
        assert words in out
    spnet("info", "kitti")
    assert "https://www.cvlibs.net/datasets/kitti/eval_depth.php?benchmark=depth_completion" in capsys.readouterr().out
    with pytest.raises(BadInput, match="no data set 'nyu' that can be converted: choose one of nyuv2, kitti"):
        spnet("info", "nyu")


def test_convert(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = mini.kitti_selection(tmp_path / "a", frames=(1, 2, 3))
    folder = source / "depth_selection/val_selection_cropped"
    next((folder / "velodyne_raw").glob("*0000000002*")).write_bytes(b"cut off")
    assert spnet("convert", "kitti", source, tmp_path / "b", "--limit", "1") == 0
    assert capsys.readouterr().out == f"1 of 1 frames converted, 0 there already, 0 failed: {tmp_path / 'b'}\n"
    assert spnet("convert", "kitti", source, tmp_path / "b") == 1
    out, err = capsys.readouterr()
    assert out == f"1 of 3 frames converted, 1 there already, 1 failed: {tmp_path / 'b'}\n"
    assert err.startswith("spnet: failed: 2011_09_26_drive_0002_sync_image_0000000002_image_02: ")
    assert len(FolderDataset(tmp_path / "b")) == 2


def test_convert_says_what_became_npy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert spnet("convert", "diode", mini.diode(tmp_path / "a"), tmp_path / "b", "--split", "val") == 0
    assert "0 failed (1 as NPY: beyond 16 bits)" in capsys.readouterr().out


@pytest.mark.parametrize(("option", "value"), [("--limit", "0"), ("--jobs", "0"), ("--split", "everything")])
def test_wrong_options(tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(BadInput, match=f"{value}.*: (expected|choose)"):
        spnet("convert", "kitti", mini.kitti_selection(tmp_path / "a"), tmp_path / "b", option, value)
    assert not (tmp_path / "b").exists()
