"""`spnet sparsify`: the layout, hashes, going on after a stop, and what is refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from command import spnet
from scenes import room
from spnet.cli import sparsify_files
from spnet.cli.sparsify_plan import folder_of, folders_of
from spnet.datasets import FolderDataset
from spnet.errors import BadInput, CannotWrite
from spnet.sparsity import input_seed, parse_pattern
from spnet.types import AnyArray

PATTERNS = ("random(10%)", "lidar(16) | noise(20%)", "holes")
FOLDERS = ("raw_10%", "raw_lidar_16_noise_20%", "raw_holes")


def write_pair(root: Path, name: str, depth: AnyArray, seed: int = 0) -> None:
    for kind, image in (("rgb", room(40, 48, share=1.0, seed=seed)[0]), ("depth", depth)):
        (root / kind / name).parent.mkdir(parents=True, exist_ok=True)
        if image.dtype == np.float32:
            np.save(root / kind / f"{name}.npy", image)
        else:
            Image.fromarray(image).save(root / kind / f"{name}.png")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set of three pairs in millimetres, one in a sub-folder, with one camera for all but the last."""
    for index, name in enumerate(("a", "b", "sub/c")):
        depth = np.rint(room(40, 48, share=1.0, seed=index)[1] * 1000).astype(np.uint16)
        write_pair(tmp_path / "rooms", name, depth, index)
    manifest = {"unit": "mm", "K": [50, 50, 24, 20], "items": [{"name": "sub/c", "K": [60, 61, 23, 19]}]}
    (tmp_path / "rooms" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "rooms"


def sparsify(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    return spnet(monkeypatch, "sparsify", *arguments)


MAKE = ("--data", "rooms", "--patterns", *PATTERNS, "-o", "out", "--seed", "3")


KILLED = """
import os, sys
from spnet.cli import main, sparsify_files
make = sparsify_files.make
sparsify_files.make = lambda job, index, old: os._exit(9) if index == 1 else make(job, index, old)
sys.argv = ["spnet", "sparsify", *sys.argv[1:]]
main.main()
"""


def manifest_of(folder: Path | str = "out/rooms") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
    return found


def files_of(folder: Path | str = "out") -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file()}


def test_the_inputs_are_those_of_the_evaluation_and_read_back(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sparsify(monkeypatch, *MAKE) == 0
    source, made = FolderDataset("rooms"), FolderDataset("out/rooms")
    assert [pair.name for pair in made.pairs] == ["a", "b", "sub/c"]
    for index in range(3):
        before, after = source[index], made[index]
        assert np.array_equal(before.rgb, after.rgb)
        assert np.array_equal(before.depth, after.depth)
        assert before.intrinsics == after.intrinsics
        for spec, folder in zip(PATTERNS, FOLDERS, strict=True):
            wanted = parse_pattern(spec)(before, input_seed(before.name, spec, 3))
            given = made.read_given(index, folder)
            assert np.abs(given - wanted).max() <= 0.0005 + 1e-6  # of the unit
            assert np.array_equal(given > 0, wanted > 0)
    assert sorted(path.name for path in Path("out/rooms").iterdir()) == sorted(("rgb", "gt", "manifest.json", *FOLDERS))


def test_the_manifest_says_how_to_make_them_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sparsify(monkeypatch, *MAKE) == 0
    manifest = manifest_of()
    assert manifest["unit"] == "mm"
    assert manifest["seed"] == 3
    assert manifest["source"] == "rooms"
    assert {"numpy", "scipy", "pillow"} <= manifest["packages"].keys()
    assert [(p["folder"], p["spec"]) for p in manifest["patterns"]] == list(zip(FOLDERS, PATTERNS, strict=True))
    for item in manifest["items"]:
        for folder, hashes in item["inputs"].items():
            path = Path("out/rooms", folder, f"{item['name']}.png")
            assert hashes["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            assert hashes["points"] == np.count_nonzero(np.asarray(Image.open(path)))
    first = files_of()
    assert sparsify(monkeypatch, *MAKE[:-4], "-o", "again", "--seed", "3") == 0
    assert files_of("again") == first


def test_verify(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert sparsify(monkeypatch, *MAKE) == 0
    assert sparsify(monkeypatch, "--verify", "-o", "out") == 0
    assert "9 input(s) are the same, 0 differ" in capsys.readouterr().out
    Path("rooms").rename("elsewhere")
    assert sparsify(monkeypatch, "--verify", "-o", "out") == 1
    Path("moved").mkdir()
    Path("elsewhere").rename("moved/rooms")
    assert sparsify(monkeypatch, "--verify", "-o", "out", "--data", "moved/rooms") == 0
    path = Path("out/rooms/raw_10%/b.png")
    image = np.asarray(Image.open(path)).copy()
    image[0, 0] ^= 1
    Image.fromarray(image).save(path)
    Path("out/rooms/raw_holes/a.png").unlink()
    depth = np.asarray(Image.open("moved/rooms/depth/sub/c.png")).copy()
    Image.fromarray(depth + np.uint16(1)).save("moved/rooms/depth/sub/c.png")
    capsys.readouterr()
    assert sparsify(monkeypatch, "--verify", "-o", "out", "--data", "moved/rooms") == 1
    said = capsys.readouterr()
    assert "4 input(s) are the same, 5 differ" in said.out
    assert "b.png has changed" in said.err
    assert "raw_holes/a.png is not there" in said.err
    assert said.err.count("made again, it is another input") == 3


def test_a_run_goes_on_and_takes_more_patterns(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sparsify(monkeypatch, *MAKE, "--limit", "1") == 0
    assert [item["name"] for item in manifest_of()["items"]] == ["a"]
    assert sparsify(monkeypatch, *MAKE) == 0
    assert "2 made" in capsys.readouterr().out
    whole = files_of()
    assert sparsify(monkeypatch, *MAKE) == 0
    said = capsys.readouterr().out
    assert said.startswith("out/rooms: 0 made")
    assert said.endswith("3 there already, 0 failed\n")
    assert files_of() == whole
    Path("out/rooms/gt/b.png").unlink()  # lost: only this image is completed
    assert sparsify(monkeypatch, *MAKE) == 0
    assert files_of() == whole
    assert (
        sparsify(monkeypatch, "--data", "rooms", "--patterns", "grid(7)", "-o", "out", "--seed", "3", "--limit", "1")
        == 0
    )
    assert [len(item["inputs"]) for item in manifest_of()["items"]] == [4, 4, 4]  # of all images, not of one
    assert {name: content for name, content in files_of().items() if name in whole and "manifest" not in name} == {
        name: content for name, content in whole.items() if "manifest" not in name
    }


def test_a_stop_leaves_whole_images(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of the second image: of it there is nothing, and the run goes on to the same result."""
    write, calls = sparsify_files.write_image, []

    def stop(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        write(*arguments)

    monkeypatch.setattr(sparsify_files, "write_image", stop)
    assert sparsify(monkeypatch, *MAKE) == 130
    assert {Path(name).name for name in files_of()} == {"a.png", "manifest.json"}
    assert [item["name"] for item in manifest_of()["items"]] == ["a"]
    assert sparsify(monkeypatch, *MAKE) == 0
    assert len(FolderDataset("out/rooms")) == 3
    stopped = files_of()
    assert sparsify(monkeypatch, *MAKE[:-4], "-o", "again", "--seed", "3") == 0
    assert files_of("again") == stopped


def test_a_run_that_was_killed_goes_on(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first image, with no time to say anything."""
    command = [sys.executable, "-c", KILLED, *MAKE]
    assert subprocess.run(command, check=False, capture_output=True, timeout=60).returncode == 9
    assert [item["name"] for item in manifest_of()["items"]] == []
    assert Path("out/rooms/gt/a.png").is_file()
    assert sparsify(monkeypatch, *MAKE) == 0
    killed = files_of()
    assert sparsify(monkeypatch, *MAKE[:-4], "-o", "again", "--seed", "3") == 0
    assert files_of("again") == killed


def test_of_nothing_nothing_is_left(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sparsify(monkeypatch, "--data", "rooms", "--patterns", "random(0%)", "-o", "out") == 1
    assert not Path("out/rooms").exists()


def test_a_file_that_cannot_be_written_takes_its_image_along(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out/rooms/gt/a.png").mkdir(parents=True)
    Path("out/rooms/manifest.json").write_text(
        json.dumps({**empty_manifest(monkeypatch), "items": []}), encoding="utf-8"
    )
    assert sparsify(monkeypatch, *MAKE) == 1
    assert not [name for name in files_of() if name.endswith("a.png")]


def empty_manifest(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    assert sparsify(monkeypatch, *MAKE[:-4], "-o", "other", "--seed", "3") == 0
    return manifest_of("other/rooms")


def test_bad_images_are_named_and_skipped(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "depth" / "a.png").write_bytes(b"no image")
    write_pair(data, "far", np.full((40, 48), 60000, np.uint16))
    (data / "rgb" / "lone.png").write_bytes((data / "rgb" / "b.png").read_bytes())
    arguments = ("--data", "rooms", "--patterns", "random(10%)", "all | range(0.1, 50)", "-o", "out")
    assert sparsify(monkeypatch, *arguments) == 1
    said = capsys.readouterr()
    assert "2 made in" in said.out
    assert "3 failed" in said.out
    for words in ("a.png", "all | range(0.1, 50) measures nothing of far", "lone.png has no partner"):
        assert words in said.err
    assert [pair.name for pair in FolderDataset("out/rooms").pairs] == ["b", "sub/c"]


def test_float_depth_gets_a_scale_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NPY in metres: stored as a share of the next 1, 2 or 5 x 10^n above the farthest depth plus 10 %."""
    monkeypatch.chdir(tmp_path)
    near, far = (np.random.default_rng(0).uniform(0.5, top, (40, 48)).astype(np.float32) for top in (4.0, 90.0))
    write_pair(tmp_path / "mixed", "near", near)
    write_pair(tmp_path / "mixed", "far", far)
    assert sparsify(monkeypatch, "--data", "mixed@m", "--patterns", "random(50%)", "-o", "out") == 0
    assert {item["name"]: item["max_depth"] for item in manifest_of("out/mixed")["items"]} == {"near": 5, "far": 100}
    made = FolderDataset("out/mixed")
    assert np.abs(made[1].depth - near).max() < 5 / 65535
    assert np.abs(made[0].depth - far).max() < 100 / 65535
    assert sparsify(monkeypatch, "--verify", "-o", "out") == 0


def test_the_papers_unit_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stored = np.random.default_rng(0).integers(1000, 65536, (40, 48)).astype(np.uint16)
    write_pair(tmp_path / "paper", "x", stored)
    assert sparsify(monkeypatch, "--data", "paper", "--patterns", "random(10%)", "-o", "out") == 0
    assert manifest_of("out/paper")["items"][0]["max_depth"] == 20
    assert np.array_equal(np.asarray(Image.open("out/paper/gt/x.png")), stored)


def test_values_beyond_16_bits_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pair(tmp_path / "far", "x", np.full((40, 48), 65000, np.uint16))
    assert sparsify(monkeypatch, "--data", "far@mm", "--patterns", "gauss(5m)", "-o", "out") == 0
    assert "do not fit into 16 bits" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "out"), "Give --data and --patterns"),
        (("--data", "rooms", "-o", "out"), "Give --data and --patterns"),
        (("--data", "rooms", "--patterns", "rain(3)", "-o", "out"), "position 1"),
        (("--data", "nowhere", "--patterns", "holes", "-o", "out"), "nowhere"),
        (("--data", "rooms", "--patterns", "holes", "-o", "rooms/.."), "is no manifest of `spnet sparsify`"),
        (("--data", "rooms", "rooms", "--patterns", "holes", "-o", "out"), "Several data sets are called rooms"),
        (("--data", "rooms", "--patterns", "grid(3)", "grid(3px)", "lowres(3) + grid(3)", "lowres(3) | grid(3)",
          "-o", "out"), "would both go to raw_lowres_3_grid_3"),
        (("--data", "rooms", "--patterns", "holes", "--limit", "0", "-o", "out"), "at least 1"),
        (("--verify", "-o", "nothing"), "no benchmark inputs"),
        ((*MAKE[:-1], "4"), "made with seed 3, not 4"),
        (("--data", "rooms@cm", *MAKE[2:]), "made with source rooms, not rooms@cm"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_errors_end_in_one_sentence(
    arguments: tuple[str, ...],
    words: str,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "made with" in words:
        assert sparsify(monkeypatch, *MAKE) == 0
    assert sparsify(monkeypatch, *arguments) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("spnet: ")
    assert words in said
    assert said.endswith(".")


def test_a_folder_of_other_files_is_left_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out/rooms").mkdir(parents=True)
    Path("out/rooms/thesis.txt").write_text("mine", encoding="utf-8")
    assert sparsify(monkeypatch, *MAKE) == 1
    assert files_of() == {"rooms/thesis.txt": b"mine"}


def test_a_foreign_manifest_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in ("", "[]", "{}", '{"items": [3], "patterns": [], "seed": 0}'):
        Path("out/rooms").mkdir(parents=True, exist_ok=True)
        Path("out/rooms/manifest.json").write_text(content, encoding="utf-8")
        assert sparsify(monkeypatch, *MAKE) == 1
        assert sparsify(monkeypatch, "--verify", "-o", "out") == 1


def test_folder_names() -> None:
    assert folder_of("random(0.1%)") == "raw_0.1%"
    assert folder_of("random(0.1%..10%)") == "raw_random_0.1%..10%"
    long = " | ".join(["random(50%)"] * 20)
    assert len(folder_of(long)) < 120
    assert folder_of(long) != folder_of(f"{long} | all")
    with pytest.raises(BadInput, match="two outputs"):
        folders_of([parse_pattern("all | grid(3)"), parse_pattern("all + grid(3)")])


def test_help_lists_the_names(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert sparsify(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    for name in ("random(1%)", "sift", "lowres(8)", "quantise(1mm)"):
        assert name in said


def test_errors_of_writing_are_ours() -> None:
    with pytest.raises(CannotWrite), sparsify_files._all_or_none() as files:
        files.enter(Path("/proc/nothing/here.png"))
