"""Conversion of any adapter: whole frames or none, resumed, bad frames named; what is written is read back."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import miniatures as mini
from spnet.datasets import FolderDataset, writing
from spnet.datasets import convert as convert_module
from spnet.datasets.adapters import ADAPTERS, Adapter, Frame, Item, get_adapter
from spnet.datasets.convert import Summary, convert
from spnet.errors import BadInput, CannotWrite
from spnet.io import read_depth
from spnet.sparsity import HoleMaps
from spnet.types import Intrinsics
from spnet.units import unit_scale

RGB = mini.picture(0)
NO_SOURCE = Path(__file__).parent


def adapter(
    frames: dict[str, Frame | Callable[[], Frame]], unit: str = "mm", splits: Sequence[str] = ("a", "b")
) -> Adapter:
    def items(root: Path, split: str) -> list[Item]:
        return [Item(name, (lambda f: f if callable(f) else lambda: f)(frame)) for name, frame in frames.items()]

    return Adapter(
        "toy", "Toy", "nowhere", "none", tuple(splits), unit, items, citation="A. Uthor: Toys.", note="small"
    )


def bad() -> Frame:
    raise BadInput("x.dat is cut off.")


def run(
    frames: dict[str, Frame | Callable[[], Frame]], target: Path, unit: str = "mm", **options: int | str
) -> Summary:
    return convert(adapter(frames, unit), NO_SOURCE, target, **options)  # type: ignore[arg-type]


def tree(target: Path) -> list[str]:
    return sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())


@pytest.mark.parametrize("unit", ["mm", "cm", "kitti", "tum", "m", "normalized:50"])
def test_what_is_written_is_read_back(tmp_path: Path, unit: str) -> None:
    camera = Intrinsics(500.5, 501.5, 4.25, 2.75)
    depth = mini.ramp(1.0)
    depth[0, 0] = 0
    sparse = np.where(mini.picture(1)[..., 0] < 60, depth, np.float32(0))
    summary = run({"s/1.5": Frame(RGB, depth, sparse, camera), "s/2": Frame(RGB, depth)}, tmp_path / "out", unit)
    assert (summary.total, summary.written, summary.there, summary.failed) == (2, 2, 0, {})
    data = FolderDataset(tmp_path / "out")
    sample = data[0]
    assert sample.name == "s/1.5"
    np.testing.assert_array_equal(sample.rgb, RGB)
    half = unit_scale(unit, integer=True) / 2 * 1.001 if unit != "m" else 0
    np.testing.assert_allclose(sample.depth, depth, atol=half, rtol=1e-6)
    np.testing.assert_allclose(data.read_given(0, "raw"), sparse, atol=half, rtol=1e-6)
    assert sample.intrinsics == camera
    assert data[1].intrinsics is None
    assert (tmp_path / "out/gt/s/2.npy").is_file() == (unit == "m")


def test_the_manifest(tmp_path: Path) -> None:
    run({"b": Frame(RGB, mini.ramp(1), None, Intrinsics(5, 6, 7, 8)), "a": bad}, tmp_path, split="b")
    content = json.loads((tmp_path / "manifest.json").read_text())
    items = content.pop("items")
    assert items == [
        {"name": "b", "K": [5, 6, 7, 8], "width": 10, "height": 6, "files": {"rgb": "rgb/b.png", "gt": "gt/b.png"}}
    ]
    assert content == {
        **{"dataset": "toy", "title": "Toy", "source": "nowhere", "licence": "none", "split": "b", "unit": "mm"},
        **{"citation": "A. Uthor: Toys.", "note": "small", "frames": 1, "failed": {"a": "x.dat is cut off."}},
    }


def test_depth_that_16_bits_do_not_hold_becomes_npy_whole(tmp_path: Path) -> None:
    far, near = mini.ramp(1), mini.ramp(1)
    far[0, 0], near[0, 0] = 70, 0.0002  # over 65.535 m, and what would be rounded to 0 mm
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summary = run({"far": Frame(RGB, far), "near": Frame(RGB, near), "plain": Frame(RGB, mini.ramp(1))}, tmp_path)
    assert summary.as_npy == 2
    assert [path for path in tree(tmp_path) if path.startswith("gt")] == ["gt/far.npy", "gt/near.npy", "gt/plain.png"]
    data = FolderDataset(tmp_path)
    np.testing.assert_allclose(data[0].depth, far, rtol=1e-6)
    np.testing.assert_allclose(data[1].depth, near, rtol=1e-6)


def test_the_archives_own_picture_is_copied(tmp_path: Path) -> None:
    own = mini.save(tmp_path / "x.JPG", RGB)
    odd = mini.save(tmp_path / "x.gif", RGB)
    depth = mini.ramp(1)
    run({"own": Frame(RGB, depth, rgb_file=own), "odd": Frame(RGB, depth, rgb_file=odd)}, tmp_path / "out")
    assert (tmp_path / "out/rgb/own.jpg").read_bytes() == own.read_bytes()
    assert (tmp_path / "out/rgb/odd.png").is_file()  # a kind that is not read later is encoded anew


def test_masks_are_hole_maps(tmp_path: Path) -> None:
    valid = mini.picture(3)[..., 0] < 128
    summary = run({"m/1": Frame(None, None, valid=valid), "m/2": Frame(None, None, valid=~valid)}, tmp_path)
    assert summary.written == 2
    assert tree(tmp_path) == ["manifest.json", "masks/m/1.png", "masks/m/2.png"]
    maps = HoleMaps(tmp_path / "masks")
    drawn = maps.draw(valid.shape, np.random.default_rng(0))
    assert any(
        np.array_equal(drawn, flipped) for v in (valid, ~valid) for flipped in (v, v[:, ::-1], v[::-1], v[::-1, ::-1])
    )


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (bad, r"x\.dat is cut off"),
        (lambda: Frame(RGB, np.reshape(mini.ramp(1), (7, 9))), r"not as expected \(ValueError: cannot reshape"),
        (Frame(RGB, np.zeros(mini.SIZE, np.float32)), "no measured depth"),
        (Frame(RGB, mini.ramp(1, (6, 9))), "image 10x6, truth 9x6"),
        (Frame(RGB, mini.ramp(1), mini.ramp(1, (3, 5))), "raw depth 5x3"),
        (Frame(RGB, None), "neither truth nor raw"),
        (Frame(None, mini.ramp(1)), "has no image"),
        (Frame(None, None), "holds nothing"),
    ],
)
def test_a_bad_frame_is_named_and_the_others_go_on(
    tmp_path: Path, frame: Frame | Callable[[], Frame], reason: str
) -> None:
    good = Frame(RGB, mini.ramp(1))
    seen: list[int] = []
    toy = adapter({"1": good, "2": frame, "3": good})
    summary = convert(toy, NO_SOURCE, tmp_path, report=lambda counts: seen.append(counts.written))
    assert (summary.written, list(summary.failed)) == (2, ["2"])
    assert re.search(reason, summary.failed["2"])
    assert seen == [1, 1, 2]
    assert len(FolderDataset(tmp_path)) == 2


def test_started_again_it_does_only_what_is_missing(tmp_path: Path) -> None:
    reads: list[str] = []

    def frame(name: str) -> Callable[[], Frame]:
        def read() -> Frame:
            reads.append(name)
            return Frame(RGB, mini.ramp(1), mini.ramp(2), Intrinsics(1, 2, 3, 4))

        return read

    frames: dict[str, Frame | Callable[[], Frame]] = {name: frame(name) for name in "dcba"}
    assert run(frames, tmp_path, limit=2).written == 2
    assert reads == ["d", "c"]
    (tmp_path / "raw/c.png").unlink()
    summary = run(frames, tmp_path)
    assert (summary.total, summary.written, summary.there) == (4, 3, 1)
    assert reads == ["d", "c", "c", "b", "a"]
    assert [item["name"] for item in json.loads((tmp_path / "manifest.json").read_text())["items"]] == list("dcba")
    assert run(frames, tmp_path).there == 4
    assert len(reads) == 5
    assert all(sample.intrinsics is not None for sample in map(FolderDataset(tmp_path).__getitem__, range(4)))


def test_stopped_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> Frame:
        raise KeyboardInterrupt

    good = Frame(RGB, mini.ramp(1), None, Intrinsics(1, 2, 3, 4))
    with pytest.raises(KeyboardInterrupt):
        run({"1": good, "2": stop, "3": good}, tmp_path)
    assert tree(tmp_path) == [".journal.jsonl", "gt/1.png", "rgb/1.png"]
    with (tmp_path / ".journal.jsonl").open("a") as file:
        file.write('\n{"name": "3", "fi')  # cut off by the crash
    mini.save(tmp_path / "rgb/2.png", RGB)  # half a pair, as a power cut between two renames might leave it
    summary = run({"1": bad, "2": good, "3": good}, tmp_path)
    assert (summary.there, summary.written, summary.failed) == (1, 2, {})
    assert tree(tmp_path) == [
        "gt/1.png",
        "gt/2.png",
        "gt/3.png",
        "manifest.json",
        "rgb/1.png",
        "rgb/2.png",
        "rgb/3.png",
    ]
    assert FolderDataset(tmp_path)[0].intrinsics == Intrinsics(1, 2, 3, 4)


def test_never_half_a_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, depth: np.ndarray, unit: str) -> None:
        raise CannotWrite(f"Cannot write {path}: No space left on device.")

    monkeypatch.setattr(writing, "write_depth", full)
    with pytest.raises(CannotWrite, match="No space left"):
        run({"1": Frame(RGB, mini.ramp(1)), "2": Frame(RGB, mini.ramp(1))}, tmp_path)
    assert tree(tmp_path) == []


def test_never_half_a_pair_even_when_the_second_rename_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename, renamed = Path.replace, []

    def once(self: Path, target: Path) -> Path:
        renamed.append(target.parent.name)
        if len(renamed) == 2:
            raise OSError("gone")
        return rename(self, target)

    monkeypatch.setattr(writing, "write_depth", lambda path, depth, unit: path.write_bytes(b"depth"))
    monkeypatch.setattr(writing, "write_image", lambda path, rgb: path.write_bytes(b"rgb"))
    monkeypatch.setattr(Path, "replace", once)
    with pytest.raises(CannotWrite, match="gone"):
        run({"1": Frame(RGB, mini.ramp(1))}, tmp_path)
    assert sorted(renamed) == ["gt", "rgb"]
    assert tree(tmp_path) == []


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    good = Frame(RGB, mini.ramp(1))
    run({"1": good}, tmp_path / "done")
    with pytest.raises(BadInput, match="holds toy, split a: give another folder for toy, split b"):
        run({"1": good}, tmp_path / "done", split="b")
    mini.save(tmp_path / "mine/rgb/x.png", RGB)
    with pytest.raises(BadInput, match="files of another origin"):
        run({"1": good}, tmp_path / "mine")
    (tmp_path / "done/manifest.json").write_text("{")
    with pytest.raises(BadInput, match="cannot be read as JSON"):
        run({"1": good}, tmp_path / "done")


def test_bad_arguments(tmp_path: Path) -> None:
    good = Frame(RGB, mini.ramp(1))
    with pytest.raises(BadInput, match="toy has no split 'c': choose one of a, b"):
        run({"1": good}, tmp_path, split="c")
    with pytest.raises(BadInput, match="is no folder"):
        convert(adapter({"1": good}), tmp_path / "none", tmp_path / "out")
    with pytest.raises(BadInput, match="holds no frames of toy"):
        run({}, tmp_path / "out")
    twice = Adapter("toy", "", "", "", ("a",), "mm", lambda root, split: [Item("1", bad), Item("1", bad)])
    with pytest.raises(BadInput, match="two frames named 1"):
        convert(twice, NO_SOURCE, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_processes_write_the_same_bytes(tmp_path: Path) -> None:
    source = mini.kitti_selection(tmp_path / "a", frames=tuple(range(1, 7)))
    folder = source / "depth_selection/val_selection_cropped"
    (folder / "velodyne_raw/2011_09_26_drive_0002_sync_velodyne_raw_0000000003_image_02.png").unlink()
    one = convert(get_adapter("kitti"), source, tmp_path / "one")
    two = convert(get_adapter("kitti"), source, tmp_path / "two", jobs=2)
    assert (one.written, list(one.failed)) == (5, ["2011_09_26_drive_0002_sync_image_0000000003_image_02"])
    assert two == one
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    for path in tree(tmp_path / "one"):
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_the_lists_of_a_process_are_kept(tmp_path: Path) -> None:
    source = mini.kitti_selection(tmp_path / "a")
    for number in (0, 1):
        assert convert_module._in_process("kitti", source, tmp_path / "b", "val_selection", number).entry is not None
    assert len(list((tmp_path / "b/gt").iterdir())) == 2


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_adapter_says_what_a_user_needs(name: str, tmp_path: Path) -> None:
    found = get_adapter(name)
    assert found.name == name
    assert found.title
    assert found.where
    assert found.licence
    assert found.citation
    assert len(set(found.splits)) == len(found.splits) >= 1
    assert unit_scale(found.unit, integer=True) > 0
    for split in found.splits:
        with pytest.raises(BadInput, match=str(tmp_path)):
            found.items(tmp_path, split)


def test_every_module_of_an_adapter_is_registered() -> None:
    import spnet.datasets.adapters as package

    modules = [path for path in Path(package.__path__[0]).glob("*.py") if "\nADAPTER = " in path.read_text("utf-8")]
    assert len(modules) == len(ADAPTERS) >= 15


def test_the_written_depth_is_in_the_manifests_unit(tmp_path: Path) -> None:
    run({"1": Frame(RGB, mini.ramp(1))}, tmp_path, "kitti")
    np.testing.assert_allclose(read_depth(tmp_path / "gt/1.png", "kitti"), mini.ramp(1))
