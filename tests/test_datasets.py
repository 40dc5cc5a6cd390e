"""Data sets on disk: pairs, units, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.datasets import FolderDataset, find_pairs, open_data
from spnet.errors import BadInput


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two pairs whose depth files hold 2560 everywhere, one of them in a nested folder."""
    for name in ("a", "room/b"):
        add(tmp_path / "set" / "rgb" / f"{name}.png", np.zeros((4, 6, 3), np.uint8))
        add(tmp_path / "set" / "depth" / f"{name}.png", np.full((4, 6), 2560, np.uint16))
    return tmp_path / "set"


def add(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def manifest(root: Path, **content: object) -> None:
    (root / "manifest.json").write_text(json.dumps(content))


def metres(root: Path, unit: str | None = None) -> list[float]:
    data = FolderDataset(root, unit)
    return [float(data[index].depth[0, 0]) for index in range(len(data))]


def test_the_unit_is_the_argument_else_the_manifests_else_the_papers(root: Path) -> None:
    paper = 2560 * 20 / 65535
    assert metres(root) == pytest.approx([paper, paper])
    assert FolderDataset(root)[0].max_depth == 20
    manifest(root, unit="uint16 mm", items=[{"name": "room/b", "max_depth": 65.535}, {"name": "a"}])
    assert metres(root) == pytest.approx([2.56, 2.56])
    assert [pair.unit for pair in find_pairs(root).pairs] == ["mm", "normalized:65.535"]
    assert FolderDataset(root)[0].max_depth is None
    assert metres(root, "kitti") == pytest.approx([10, 10])


@pytest.mark.parametrize(
    ("text", "expected"), [("kitti", 10), ("uint16 / 256 = metres", 10), ("cm", 25.6), ("normalized:65.535", 2.56)]
)
def test_units_of_a_manifest(root: Path, text: str, expected: float) -> None:
    manifest(root, unit=text)
    assert metres(root) == pytest.approx([expected, expected])


@pytest.mark.parametrize("text", ["furlongs", "normalized:x"])
def test_an_unknown_unit_is_refused_at_once(root: Path, text: str) -> None:
    with pytest.raises(BadInput, match="nit"):
        FolderDataset(root, text)
    manifest(root, unit=text)
    with pytest.raises(BadInput, match="nit"):
        FolderDataset(root)


@pytest.mark.parametrize("content", ["[1]", "{}", '{"items": 3, "K": [1, 2]}', '{"items": ["a", {"max_depth": "x"}]}'])
def test_foreign_manifests_say_nothing(root: Path, content: str) -> None:
    (root / "manifest.json").write_text(content)
    assert FolderDataset(root)[0].max_depth == 20
    assert FolderDataset(root).intrinsics is None


@pytest.mark.parametrize("journal", [".scenes.jsonl", ".journal.jsonl"])
def test_a_folder_that_is_still_being_written_has_no_unit(root: Path, journal: str) -> None:
    """A renderer's pairs would otherwise be read as the paper's 20 m, whatever they are."""
    (root / journal).write_text("{}\n")
    with pytest.raises(BadInput, match="not written to its end"):
        find_pairs(root)
    assert {pair.unit for pair in find_pairs(root, "mm").pairs} == {"mm"}
    manifest(root, unit="mm")
    assert {pair.unit for pair in find_pairs(root).pairs} == {"mm"}


def test_a_damaged_manifest(root: Path) -> None:
    (root / "manifest.json").write_text("{")
    with pytest.raises(BadInput, match="cannot be read as JSON"):
        FolderDataset(root)


def test_pairs_are_matched_by_path_whatever_the_suffix(root: Path) -> None:
    (root / "rgb" / "a.png").unlink()
    add(root / "rgb" / "a.JPG", np.zeros((4, 6, 3), np.uint8))
    (root / "rgb" / "._a.png").write_bytes(b"macOS")
    (root / "rgb" / "notes.txt").write_text("no image")
    assert [pair.name for pair in find_pairs(root).pairs] == ["a", "room/b"]


def test_two_files_of_one_name(root: Path) -> None:
    add(root / "rgb" / "a.jpg", np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(BadInput, match="have the same stem"):
        FolderDataset(root)


def test_without_a_partner_or_anything(root: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no data set"):
        FolderDataset(tmp_path)
    (root / "depth" / "room" / "b.png").unlink()
    with pytest.raises(BadInput, match=r"1 image\(s\) cannot be matched.*room/b.* has no partner"):
        FolderDataset(root)
    for kind in ("rgb", "depth"):
        (tmp_path / "empty" / kind).mkdir(parents=True)
    with pytest.raises(BadInput, match="holds no images"):
        FolderDataset(tmp_path / "empty")


def test_image_and_depth_of_two_sizes(root: Path) -> None:
    add(root / "depth" / "a.png", np.full((6, 4), 2560, np.uint16))
    with pytest.raises(BadInput, match=r"a\.png is 6x4, its depth 4x6"):
        FolderDataset(root)[0]


def test_folders_by_wildcard_and_unit(root: Path, tmp_path: Path) -> None:
    (tmp_path / "README").write_text("beside the sets")
    assert [data.name for data in open_data([f"{tmp_path}/*@mm"])] == ["set"]
    assert open_data([f"{root}@mm"])[0].pairs[0].unit == "mm"
    odd = root.rename(tmp_path / "me@home[1]")
    assert open_data([str(odd)])[0].pairs[0].unit == "normalized:20"
    for nothing in ([], [f"{tmp_path}/none"], [f"{tmp_path}/READ*"]):
        with pytest.raises(BadInput, match="No data set"):
            open_data(nothing)


def test_faults_are_named_and_left_out(root: Path) -> None:
    (root / "rgb" / "lonely.png").write_bytes((root / "rgb" / "a.png").read_bytes())
    data = FolderDataset(root, strict=False)
    assert "lonely" in data.faults
    assert "lonely" not in [pair.name for pair in data.pairs]


def test_given_sparse_depth(root: Path) -> None:
    data = FolderDataset(root)
    (root / "raw_1%").mkdir()
    shutil.copy(data.pairs[0].depth, root / "raw_1%" / f"{data.pairs[0].name}{data.pairs[0].depth.suffix}")
    assert np.array_equal(data.read_given(0, "raw_1%"), data[0].depth)
    with pytest.raises(BadInput, match="no sparse depth"):
        data.read_given(1, "raw_1%")
