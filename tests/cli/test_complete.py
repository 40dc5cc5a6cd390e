"""`spnet complete` in-process: what it writes, what it says, and one clear sentence for every bad input."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scenes import room
from spnet import predictor
from spnet.cli.main import main
from spnet.io import read_depth


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def spnet(
    tmp_path: Path, fill_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """`spnet complete` in an empty folder, with tiny weights."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, model: object = fill_model) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["spnet", "complete", *map(str, arguments), "--model", str(model)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(int(end.value.code or 0), captured.out, captured.err)

    return run


def make_pair(folder: Path, name: str = "a", *, size: tuple[int, int] = (20, 28), seed: int = 0) -> tuple[Path, Path]:
    """rgb/NAME.png and depth/NAME.png (millimetres) in a folder."""
    rgb, depth = room(*size, seed=seed)
    paths = folder / "rgb" / f"{name}.png", folder / "depth" / f"{name}.png"
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgb).save(paths[0])
    Image.fromarray(np.rint(depth * 1000).astype(np.uint16)).save(paths[1])
    return paths


def written(folder: Path) -> list[str]:
    """Everything outside the inputs' folders, hidden files too."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.parts[0] not in ("rgb", "depth"))


# --- one pair


def test_a_pair_writes_depth_and_preview_and_says_what_was_assumed(
    spnet: Callable[..., Outcome], tmp_path: Path
) -> None:
    rgb, depth = make_pair(tmp_path)
    done = spnet(rgb, depth)
    assert (done.code, done.err) == (0, "")
    assert written(tmp_path) == ["a_depth.png", "a_preview.png"]
    result = read_depth(tmp_path / "a_depth.png")
    assert result.shape == (20, 28)
    assert (result > 0).all()
    measured = read_depth(depth)
    assert "28x20" in done.out
    assert f"{(measured > 0).sum()} of 560 pixels measured" in done.out
    assert "read as millimetres" in done.out
    assert f"result {result.min():.2f} to {result.max():.2f} m" in done.out
    assert "small-fill" in done.out
    assert "wrote a_depth.png, a_preview.png" in done.out


@pytest.mark.parametrize(
    ("name", "stored", "unit", "says"),
    [
        ("d.npy", 1.0, None, "metres"),
        ("d.tiff", 1.0, None, "metres"),
        ("d.npy", 1000.0, "mm", "millimetres"),
        ("d.pfm", 0.1, "normalized:10", "normalized:10"),
    ],
)
def test_the_unit_read_is_named(
    spnet: Callable[..., Outcome], tmp_path: Path, name: str, stored: float, unit: str | None, says: str
) -> None:
    rgb, _ = make_pair(tmp_path)
    values = (room(20, 28)[1] * stored).astype(np.float32)
    if name.endswith(".npy"):
        np.save(name, values)
    elif name.endswith(".tiff"):
        Image.fromarray(values).save(name)
    else:
        Path(name).write_bytes(b"Pf\n28 20\n-1.0\n" + values[::-1].tobytes())
    done = spnet(rgb, name, *(["--unit", unit] if unit else []))
    assert done.code == 0
    assert f"read as {says}: measured 1.50 to" in done.out


def test_an_unlikely_unit_is_warned_of_in_one_line(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    rgb, _ = make_pair(tmp_path)
    np.save("d.npy", room(20, 28)[1] * 1000)
    before = warnings.showwarning
    done = spnet(rgb, "d.npy")
    assert done.code == 0
    assert done.err.startswith("spnet: warning: d.npy: read as m, the median depth is")
    assert "16 bits in mm" in done.err.splitlines()[1], "kilometres do not fit into the PNG either"
    assert done.err.count("\n") == 2
    assert warnings.showwarning is before


@pytest.mark.parametrize("name", ["out.npy", "deep/er/out.png", "out.TIFF", "out.ply", "my_preview.png"])
def test_a_result_file_is_written_as_named_and_nothing_beside_it(
    spnet: Callable[..., Outcome], tmp_path: Path, name: str
) -> None:
    assert spnet(*make_pair(tmp_path), "-o", name).code == 0
    assert written(tmp_path) == [name]
    if not name.endswith(".ply"):
        assert read_depth(name).shape == (20, 28)


def test_kinds_are_chosen(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    kinds = ["npy", "tiff", "pfm", "npz", "ply", "glb", "preview"]
    assert spnet(*pair, "-o", "out", "--save", *kinds, "--intrinsics", "30,30,14,10").code == 0
    endings = ("cloud.glb", "cloud.ply", "depth.npy", "depth.npz", "depth.pfm", "depth.tiff", "preview.png")
    assert written(tmp_path) == [f"out/a_{ending}" for ending in endings]
    assert spnet(*pair, "-o", "one.png", "--save", "preview").code == 0
    assert {"one.png", "one_preview.png"} <= set(written(tmp_path))


def test_the_unit_written_is_chosen(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    spnet(*pair, "-o", "mm.png")
    spnet(*pair, "-o", "kitti.png", "--output-unit", "kitti")
    assert abs(read_depth("kitti.png", "kitti") - read_depth("mm.png")).max() < 0.01


def test_options_reach_the_predictor(spnet: Callable[..., Outcome], tmp_path: Path, small_model: Path) -> None:
    rgb, depth = make_pair(tmp_path)
    spnet(rgb, depth, "--keep-measured", "-o", "kept.npy")
    given = read_depth(depth)
    assert np.array_equal(read_depth("kept.npy")[given > 0], given[given > 0])
    assert "scale 20 m" in spnet(rgb, depth, "--max-depth", "weights", model=small_model).out
    assert "scale 12.5 m" in spnet(rgb, depth, "--max-depth", "12.5", model=small_model).out


def test_names_with_spaces_and_other_letters(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    done = spnet(*make_pair(tmp_path, "Zähler im Flur 深度"), "-o", "mit Leerzeichen é")
    assert done.code == 0
    assert written(tmp_path)[0] == "mit Leerzeichen é/Zähler im Flur 深度_depth.png"


def test_a_pair_is_done_again(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    Path("a_depth.png").write_text("old")
    assert spnet(*pair).code == 0
    assert read_depth("a_depth.png").shape == (20, 28)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (33, 2)])
def test_tiny_images(spnet: Callable[..., Outcome], tmp_path: Path, size: tuple[int, int]) -> None:
    assert spnet(*make_pair(tmp_path, size=size)).code == 0
    assert read_depth("a_depth.png").shape == size


def test_an_image_of_another_size_is_resampled(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    _, depth = make_pair(tmp_path)
    Image.fromarray(room(200, 280)[0]).save("large.jpg")
    assert spnet("large.jpg", depth).code == 0
    assert read_depth("large_depth.png").shape == (20, 28)


# --- one clear sentence, status 1, nothing written


def corrupt(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def save_depth(values: object) -> Callable[[Path, Path], None]:
    return lambda rgb, depth: Image.fromarray(np.asarray(values)).save(depth)


BAD_PAIRS: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "missing image": (lambda rgb, depth: rgb.unlink(), "a.png does not exist"),
    "missing depth": (lambda rgb, depth: depth.unlink(), "a.png does not exist"),
    "folder for a file": (lambda rgb, depth: (depth.unlink(), depth.mkdir()), "is a folder and"),
    "corrupt image": (lambda rgb, depth: corrupt(rgb), "damaged"),
    "corrupt depth": (lambda rgb, depth: corrupt(depth), "damaged"),
    "empty file": (lambda rgb, depth: depth.write_bytes(b""), "is empty"),
    "text": (lambda rgb, depth: rgb.write_text("hello"), "is not an image"),
    "8-bit depth": (save_depth(np.ones((20, 28), np.uint8)), "8-bit"),
    "colour depth": (save_depth(np.ones((20, 28, 3), np.uint8)), "3 channels"),
    "nothing measured": (save_depth(np.zeros((20, 28), np.uint16)), "no measured depth"),
    "another aspect": (save_depth(np.full((20, 20), 900, np.uint16)), "image is 28x20 and the depth map 20x20"),
}


@pytest.mark.parametrize("case", BAD_PAIRS)
def test_bad_pairs(spnet: Callable[..., Outcome], tmp_path: Path, case: str) -> None:
    damage, says = BAD_PAIRS[case]
    rgb, depth = make_pair(tmp_path)
    damage(rgb, depth)
    check_refused(spnet(rgb, depth), says, tmp_path)


def check_refused(done: Outcome, says: str, folder: Path, *, warned: int = 0) -> None:
    """Status 1, one sentence that says why, and nothing written."""
    lines = done.err.splitlines()
    assert done.code == 1
    assert len(lines) == 1 + warned
    assert lines[-1].startswith("spnet: ")
    assert says in lines[-1]
    assert done.out == ""
    assert written(folder) == []


@pytest.mark.parametrize(("value", "warned"), [(np.nan, 0), (np.inf, 1), (-1, 1)])
def test_depth_without_one_usable_value(
    spnet: Callable[..., Outcome], tmp_path: Path, value: float, warned: int
) -> None:
    rgb, depth = make_pair(tmp_path)
    np.save(depth.with_suffix(".npy"), np.full((20, 28), value))
    check_refused(spnet(rgb, depth.with_suffix(".npy")), "no measured depth", tmp_path, warned=warned)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1])
def test_unusable_values_among_usable_ones_are_unknown(
    spnet: Callable[..., Outcome], tmp_path: Path, value: float
) -> None:
    rgb, _ = make_pair(tmp_path)
    depth = room(20, 28)[1]
    np.save("d.npy", np.where(depth > 0, depth, value))
    done = spnet(rgb, "d.npy", "-o", "out.npy")
    assert done.code == 0
    assert done.err.count("taken as unknown") == (not np.isnan(value))
    assert np.isfinite(read_depth("out.npy")).all()


BAD_OPTIONS: dict[str, tuple[list[str], str]] = {
    "unit": (["--unit", "feet"], "Unknown depth unit 'feet'"),
    "output unit": (["--output-unit", "normalized:x"], "normalized"),
    "max depth": (["--max-depth", "far"], "max_depth 'far'"),
    "negative max depth": (["--max-depth", "-3"], "max_depth '-3'"),
    "device": (["--device", "toaster"], "'toaster' cannot be used"),
    "intrinsics": (["--intrinsics", "1,2,3"], "fx,fy,cx,cy"),
    "memory": (["--memory-mb", "0"], "memory_mb"),
    "kind of output": (["-o", "out.jpg"], "cannot hold depth"),
}


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_bad_options(spnet: Callable[..., Outcome], tmp_path: Path, case: str) -> None:
    arguments, says = BAD_OPTIONS[case]
    check_refused(spnet(*make_pair(tmp_path), *arguments), says, tmp_path)


def test_bad_weights(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    check_refused(spnet(*pair, model="nowhere.safetensors"), "nowhere.safetensors", tmp_path)
    (tmp_path / "rgb" / "bad.safetensors").write_bytes(b"x" * 100)
    check_refused(spnet(*pair, model="rgb/bad.safetensors"), "bad.safetensors", tmp_path)


def test_a_target_that_cannot_be_written(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    rgb, depth = make_pair(tmp_path)
    check_refused(spnet(rgb, depth, "-o", rgb / "below"), "Cannot write", tmp_path)
    check_refused(spnet(rgb, depth, "-o", "/dev/null/out.npy"), "Cannot write", tmp_path)


def test_a_full_disk(spnet: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, values: object, **_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("spnet.formats.write_array", full)
    check_refused(spnet(*make_pair(tmp_path), "--save", "npy"), "No space left on device", tmp_path)


def test_an_input_is_never_replaced(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    rgb, depth = make_pair(tmp_path)
    before = depth.read_bytes()
    assert "would replace one of the inputs" in spnet(rgb, depth, "-o", depth).err
    beside = depth.rename(depth.with_name("a_depth.png"))
    assert "would replace one of the inputs" in spnet(rgb, beside, "-o", beside.parent).err
    assert beside.read_bytes() == before


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--save", "jpeg"], ["--memory-mb", "much"], ["x", "y", "z"]])
def test_wrong_arguments(spnet: Callable[..., Outcome], tmp_path: Path, arguments: list[str]) -> None:
    done = spnet(*make_pair(tmp_path), *arguments)
    assert done.code == 2
    assert written(tmp_path) == []


def test_no_arguments(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["spnet", "complete"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2


def test_interruption(spnet: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(image: object, path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    pair = make_pair(tmp_path)
    monkeypatch.setattr("spnet.io.Image.Image.save", stop)  # in the midst of writing the preview
    done = spnet(*pair, "--save", "preview")
    assert done.code == 130
    assert done.err == "spnet: interrupted; finished results are kept, nothing is half written.\n"
    assert written(tmp_path) == []


def test_a_terminal_that_cannot_show_a_name(tmp_path: Path) -> None:
    make_pair(tmp_path, "ü")
    code = "from spnet.cli.main import main; main()"
    command = [sys.executable, "-c", code, "complete", "rgb", "depth", "--dry-run"]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=tmp_path, env=ascii_only, capture_output=True, text=True, check=True)
    assert "\\xfc.png" in done.stdout


# --- folders and lists


def make_folders(folder: Path) -> None:
    for name in ("a", "b", "sub/c"):
        make_pair(folder, name)


ALL = ["out/a_depth.png", "out/a_preview.png", "out/b_depth.png", "out/b_preview.png", "out/sub/c_depth.png",
       "out/sub/c_preview.png"]  # fmt: skip


def test_folders_are_matched_by_stem(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_folders(tmp_path)
    Image.open("rgb/b.png").save("rgb/b.jpg")
    Path("rgb/b.png").unlink()
    Path("rgb/notes.txt").write_text("ignored")
    Path("rgb/.hidden.png").write_text("ignored")
    done = spnet("rgb", "depth", "-o", "out")
    assert (done.code, done.err) == (0, "")
    assert "3 completed" in done.out
    assert "images/s" in done.out
    assert written(tmp_path) == ALL


def test_folders_resume(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_folders(tmp_path)
    spnet("rgb", "depth", "-o", "out")
    Path("out/b_depth.png").unlink()
    Path("out/a_depth.png").write_bytes(b"mine")
    done = spnet("rgb", "depth", "-o", "out")
    assert "1 completed" in done.out
    assert "2 there already" in done.out
    assert Path("out/a_depth.png").read_bytes() == b"mine"
    assert "3 completed" in spnet("rgb", "depth", "-o", "out", "--overwrite").out
    assert Path("out/a_depth.png").read_bytes() != b"mine"


def test_one_bad_file_does_not_stop_the_rest(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_folders(tmp_path)
    corrupt(Path("depth/a.png"))
    done = spnet("rgb", "depth", "-o", "out")
    assert done.code == 1
    assert done.err.startswith("spnet: failed: a: depth/a.png is damaged")
    assert done.err.count("\n") == 1
    assert "2 completed" in done.out
    assert "1 failed" in done.out
    assert written(tmp_path) == ALL[2:]


def test_memory_running_out_on_one_image_does_not_stop_the_rest(
    spnet: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_folders(tmp_path)
    usual = predictor.read_frame

    def read_frame(rgb: Path, *rest: object) -> object:
        if rgb.stem == "a":
            raise MemoryError
        return usual(rgb, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(predictor, "read_frame", read_frame)
    done = spnet("rgb", "depth", "-o", "out")
    assert done.code == 1
    assert "failed: a: There is not enough memory" in done.err
    assert "2 completed" in done.out


def test_files_without_a_partner_are_named(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_folders(tmp_path)
    Path("rgb/a.png").unlink()
    Path("depth/b.png").unlink()
    done = spnet("rgb", "depth", "-o", "out")
    assert done.code == 1
    assert done.err == f"spnet: no partner: {Path('depth/a.png')}\nspnet: no partner: {Path('rgb/b.png')}\n"
    assert written(tmp_path) == ALL[4:]


def test_results_beside_the_images_are_no_images(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_folders(tmp_path)
    assert spnet("rgb", "depth", "-o", "rgb").code == 0
    done = spnet("rgb", "depth", "-o", "rgb")
    assert (done.code, done.err) == (0, "")
    assert "3 there already" in done.out


def test_folders_that_do_not_match(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_pair(tmp_path)
    Path("rgb/a.png").rename("rgb/z.png")
    check_refused(spnet("rgb", "depth", "-o", "out"), "No file in rgb (1 images) has the stem of one", tmp_path)
    Path("rgb/empty").mkdir()
    check_refused(spnet("rgb/empty", "depth"), "(0 images)", tmp_path)


def test_two_files_of_one_stem_are_refused(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_pair(tmp_path)
    Image.open("rgb/a.png").save("rgb/a.jpg")
    check_refused(spnet("rgb", "depth"), "have the same stem", tmp_path)


def test_the_output_of_folders_is_a_folder(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_folders(tmp_path)
    check_refused(spnet("rgb", "depth", "-o", "out.png"), "--output is a folder", tmp_path)
    check_refused(spnet("rgb", "depth", "-o", "rgb/a.png"), "--output is a folder", tmp_path)
    assert spnet("rgb", "depth", "-o", "run.v1").code == 0


def test_a_dry_run_lists_and_writes_nothing(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_folders(tmp_path)
    Path("rgb/a.png").unlink()
    done = spnet("rgb", "depth", "--dry-run")
    assert done.code == 1
    assert f"{Path('rgb/b.png')}  +  {Path('depth/b.png')}" in done.out
    assert f"no partner: {Path('depth/a.png')}" in done.out
    assert "2 pair(s), 1 file(s) without a partner, 0 missing" in done.out
    assert written(tmp_path) == []


def test_a_list(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_pair(tmp_path, "a")
    make_pair(tmp_path, "b c")
    make_pair(tmp_path, "ü d")
    lines = [
        "# image depth",
        "rgb/a.png depth/a.png",
        "",
        "'rgb/b c.png' \"depth/b c.png\"",
        "rgb/ü d.png\tdepth/ü d.png",
    ]
    Path("rgb/pairs.txt").write_text(
        "\n".join(lines).replace("rgb/", "../rgb/").replace("depth/", "../depth/"), "utf-8"
    )
    done = spnet("rgb/pairs.txt", "-o", "out", "--save", "npy")
    assert (done.code, done.err) == (0, "")
    assert written(tmp_path) == ["out/00002_a_depth.npy", "out/00004_b c_depth.npy", "out/00005_ü d_depth.npy"]


def test_a_list_that_names_missing_files(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    make_pair(tmp_path, "a")
    Path("rgb/pairs.txt").write_text("a.png ../depth/a.png\na.png nowhere.png\n")
    dry = spnet("rgb/pairs.txt", "--dry-run")
    assert dry.code == 1
    assert "does not exist: rgb/nowhere.png" in dry.out
    done = spnet("rgb/pairs.txt", "-o", "out", "--save", "npy")
    assert done.code == 1
    assert "spnet: failed: 00002_a: rgb/nowhere.png does not exist" in done.err
    assert written(tmp_path) == ["out/00001_a_depth.npy"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a.png", "line 1: expected an image and a depth map, got 1 name(s)"),
        ("a.png 'b.png", "line 1: No closing quotation"),
        ("# nothing\n", "lists no pairs"),
        (b"\xff\xfe\x00", "is not a list file"),
        (None, "does not exist"),
    ],
)
def test_bad_lists(spnet: Callable[..., Outcome], tmp_path: Path, text: str | bytes | None, says: str) -> None:
    make_pair(tmp_path)
    path = Path("rgb/pairs.txt")
    if text is not None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    check_refused(spnet(path), says, tmp_path)


def test_an_image_alone_is_asked_for_its_depth(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    rgb, _ = make_pair(tmp_path)
    check_refused(spnet(rgb), "needs a depth map", tmp_path)
    check_refused(spnet("rgb"), "needs a depth map", tmp_path)
    check_refused(spnet("rgb", rgb), "is a folder and", tmp_path)


# --- 48 megapixels


def test_a_large_image_with_a_small_depth_map(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    """A big camera beside a small sensor: the image is resampled to the depth map."""
    _, depth = make_pair(tmp_path, size=(60, 80))
    Image.new("RGB", (8000, 6000), (90, 120, 150)).save(tmp_path / "rgb" / "big.png")
    done = spnet(tmp_path / "rgb" / "big.png", depth)
    assert done.code == 0
    assert read_depth(tmp_path / "big_depth.png").shape == (60, 80)


def test_a_large_depth_map_without_measurement(spnet: Callable[..., Outcome], tmp_path: Path) -> None:
    rgb, _ = make_pair(tmp_path)
    Image.new("I;16", (8000, 6000)).save(tmp_path / "depth" / "big.png")
    done = spnet(rgb, tmp_path / "depth" / "big.png")
    assert done.code == 1
    assert "no measured depth" in done.err
    assert written(tmp_path) == []
