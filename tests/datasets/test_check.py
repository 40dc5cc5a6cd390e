"""`spnet data check`: every kind of fault is found where it is, and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.cli.data import check as command
from spnet.datasets.check import check_data
from spnet.errors import BadInput

Change = Callable[[Path], object]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three good pairs, one of them in a nested folder."""
    rng = np.random.default_rng(0)
    for i, name in enumerate(("a", "b", "deep/c")):
        rgb = rng.integers(0, 255, (40, 50, 3), dtype=np.uint8)
        write(tmp_path / f"sets/set/rgb/{name}.png", rgb)
        write(tmp_path / f"sets/set/depth/{name}.png", rng.integers(1000 + i, 4000, (40, 50)).astype(np.uint16))
    return tmp_path / "sets" / "set"


def write(path: Path, values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        Image.fromarray(values).save(path)


def depth(values: object, dtype: type[np.generic] = np.uint16, name: str = "depth/b.png") -> Change:
    return lambda root: write(root / name, np.broadcast_to(np.asarray(values, dtype), (40, 50)).copy())


def npy(values: object) -> Change:
    def change(root: Path) -> None:
        (root / "depth/b.png").unlink()
        depth(values, np.float32, "depth/b.npy")(root)

    return change


def rgb(values: object, shape: tuple[int, int] = (40, 50)) -> Change:
    return lambda root: write(root / "rgb/b.png", np.broadcast_to(np.asarray(values, np.uint8), (*shape, 3)).copy())


def cut_off(root: Path) -> None:
    path = root / "depth/b.png"
    path.write_bytes(path.read_bytes()[:-900])


def one_known(root: Path) -> None:
    values = np.zeros((40, 50), np.uint16)
    values[3, 3:5] = 1500, 1600
    write(root / "depth/b.png", values)


def sky(root: Path) -> None:
    values = np.full((40, 50), 2000, np.uint16)
    values[:10] = 65535
    write(root / "depth/b.png", values)


RAMP = np.linspace(1, 2, 50)

FAULTS: dict[str, tuple[Change, list[str]]] = {
    "nothing": (lambda root: None, []),
    "unpaired": (lambda root: (root / "depth/b.png").unlink(), ["unpaired"]),
    "two": (lambda root: shutil.copy(root / "rgb/b.png", root / "rgb/b.bmp"), ["unpaired"]),
    "no picture": (lambda root: (root / "rgb/b.png").write_bytes(b"no picture"), ["unreadable"]),
    "cut off": (cut_off, ["unreadable"]),
    "empty file": (lambda root: (root / "depth/b.png").write_bytes(b""), ["unreadable"]),
    "sizes": (rgb(np.arange(60 * 70 * 3).reshape(60, 70, 3) % 251, (60, 70)), ["unequal sizes"]),
    "8-bit": (depth(np.arange(50), np.uint8), ["8-bit depth"]),
    "colour": (lambda root: shutil.copy(root / "rgb/b.png", root / "depth/b.png"), ["colour as depth"]),
    "empty": (depth(0), ["no depth"]),
    "nan": (npy(np.nan), ["no depth"]),
    "unit": (depth(1 + np.arange(50) % 5), ["wrong unit"]),
    "far": (npy(2e6 * RAMP), ["wrong unit"]),
    "constant": (depth(1500), ["constant depth"]),
    "few": (one_known, ["hardly any depth"]),
    "limit": (sky, ["depth at the limit"]),
    "negative": (npy(np.where(np.arange(50) < 5, -1, 1000 * RAMP)), ["negative depth"]),
    "infinite": (npy(np.where(np.arange(50) < 5, np.inf, 1000 * RAMP)), ["negative depth"]),
    "one colour": (rgb(7), ["one colour"]),
    "grey": (rgb(np.arange(50)[None, :, None]), ["grey image"]),
    "duplicate": (lambda root: shutil.copy(root / "rgb/a.png", root / "rgb/b.png"), ["duplicate image"]),
    "duplicate depth": (lambda root: shutil.copy(root / "depth/a.png", root / "depth/b.png"), ["duplicate depth"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_and_no_other(root: Path, name: str) -> None:
    change, expected = FAULTS[name]
    change(root)
    found = check_data([f"{root}@mm"])
    assert list(found.by_kind()) == expected
    assert {Path(fault.name).name for fault in found.faults} <= {"b"}


def test_what_lies_beyond_a_normalised_unit(root: Path) -> None:
    npy(2 * RAMP)(root)
    for name in ("a", "deep/c"):
        (root / f"depth/{name}.png").unlink()
        write(root / f"depth/{name}.npy", np.random.default_rng(len(name)).random((40, 50)).astype(np.float32))
    found = check_data([f"{root}@normalized:20"])
    assert [(f.kind.name, f.name, f.detail) for f in found.faults] == [("beyond the unit", "b", "up to 80 m")]


def test_tiny_images(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write(tmp_path / "rgb/a.png", rng.integers(0, 255, (8, 50, 3), dtype=np.uint8))
    write(tmp_path / "gt/a.png", rng.integers(1000, 2000, (8, 50)).astype(np.uint16))
    assert [fault.detail for fault in check_data([str(tmp_path)]).faults] == ["50x8"]


def test_the_unit_that_is_probably_meant(root: Path) -> None:
    depth(1 + np.arange(50) % 5)(root)
    assert "median 0.003 m as mm; probably in m" in check_data([f"{root}@mm"]).faults[0].detail


def test_a_folder_of_data_sets_stands_for_them(root: Path) -> None:
    shutil.copytree(root, root.parent / "twin")
    found = check_data([str(root.parent)])
    assert [one.name for one in found.sets] == ["set", "twin"]
    assert {name: len(faults) for name, faults in found.by_kind().items()} == {
        "duplicate image": 3, "duplicate depth": 3,
    }  # fmt: skip


def test_summary(root: Path) -> None:
    (one,) = check_data([f"{root}@mm"]).sets
    assert (one.pairs, one.sizes, one.unit, one.known) == (3, ["50x40"], "mm", 1.0)
    assert one.nearest == pytest.approx(1, abs=0.01)
    assert one.middle == pytest.approx(2.5, abs=0.1)
    assert one.farthest == pytest.approx(4, abs=0.01)


def test_masks(root: Path, tmp_path: Path) -> None:
    good = np.full((20, 20), 255, np.uint8)
    good[:5] = 0
    for name, mask in (("good", good), ("grey", good // 2), ("none", good * 0 + 255), ("all", good * 0)):
        write(tmp_path / f"masks/sub/{name}.png", mask)
    (tmp_path / "masks/bad.png").write_bytes(b"no mask")
    found = check_data([f"{root}@mm"], tmp_path / "masks")
    assert found.masks == 5
    assert {(fault.kind.name, fault.name) for fault in found.faults} == {
        ("unreadable", "bad.png"), ("mask of grey", "grey.png"), ("mask without use", "grey.png"),
        ("mask without use", "none.png"), ("mask without use", "all.png"),
    }  # fmt: skip
    assert len(check_data([f"{root}@mm"], root / "rgb").by_kind()["mask of grey"]) == 3  # the images, taken for masks
    with pytest.raises(BadInput, match="No hole masks"):
        check_data([f"{root}@mm"], tmp_path / "none")


def test_processes_find_the_same(root: Path) -> None:
    for i in range(20):
        rgb(i)(root)
        (root / "rgb/b.png").rename(root / f"rgb/x{i:02}.png")
        depth(1000 + i)(root)
        (root / "depth/b.png").rename(root / f"depth/x{i:02}.png")
    alone = check_data([f"{root}@mm"])
    seen: list[tuple[int, int]] = []
    shutil.rmtree(root.parents[1] / "cache", ignore_errors=True)
    many = check_data([f"{root}@mm"], jobs=2, report=lambda done, total: seen.append((done, total)))
    assert many == alone
    assert many.count("warning") == 40
    assert seen[-1] == (44, 44)


def test_the_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(f"{root}@mm", jobs=1) == 0
    assert "3 pairs in 1 data set(s): 0 error(s), 0 warning(s)" in capsys.readouterr().out
    depth(0)(root)
    rgb(7)(root)
    assert command(f"{root}@mm", jobs=1, names=1) == 1
    out = capsys.readouterr().out
    assert "error: no depth: 1 (every value is 0, negative, infinite or NaN)\n    set/b\n" in out
    assert "warning: one colour: 1" in out
    assert command(f"{root}@mm", jobs=1, json=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["errors"], found["warnings"]) == (1, 1)
    assert {fault["name"] for fault in found["faults"]} == {"b"}
    with pytest.raises(BadInput, match="--jobs"):
        command(str(root), jobs=0)
    with pytest.raises(BadInput, match="No data set"):
        command(str(root / "none"))
