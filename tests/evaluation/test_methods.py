"""Specs of methods: names, labels, weights, outside programs, folders of results."""

from __future__ import annotations

import os
import pickle
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spnet.errors import BadInput, BadWeights
from spnet.evaluation.methods import FunctionMethod, list_methods, make_method, split_label
from spnet.io import write_depth
from spnet.types import Intrinsics, Sample

CAMERA = Intrinsics(60.0, 61.0, 15.5, 11.5)


@pytest.fixture
def sample() -> Sample:
    depth = np.zeros((24, 32), np.float32)
    depth[4:20:5, 3:30:7] = np.linspace(1.0, 3.0, 16).reshape(4, 4)
    rgb = np.arange(24 * 32 * 3, dtype=np.uint8).reshape(24, 32, 3)
    return Sample(rgb, depth, "office/7", intrinsics=CAMERA, dataset="rooms", pattern="random(10%)")


@pytest.mark.parametrize(
    ("spec", "label", "rest"),
    [
        ("linear", "", "linear"),
        ("a=linear", "a", "linear"),
        ("ours=runs/lr=1/model.safetensors", "ours", "runs/lr=1/model.safetensors"),
        ("runs/lr=1/model.safetensors", "", "runs/lr=1/model.safetensors"),
        ("python run.py --fast=1 {raw} {out}", "", "python run.py --fast=1 {raw} {out}"),
        ("omni=python run.py --fast=1 {raw} {out}", "omni", "python run.py --fast=1 {raw} {out}"),
        ("b=results:out", "b", "results:out"),
    ],
)
def test_labels(spec: str, label: str, rest: str) -> None:
    assert split_label(spec) == (label, rest)


def test_a_file_with_an_equals_sign_has_no_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lr=1.safetensors").touch()
    assert split_label("lr=1.safetensors") == ("", "lr=1.safetensors")


def named() -> list[str]:
    return [info.spec for info in list_methods() if info.place and ":" not in info.spec]


@pytest.mark.parametrize("spec", named())
def test_every_listed_name_completes(spec: str, sample: Sample) -> None:
    method = make_method(f"x={spec}")
    assert method.name == "x"
    assert make_method(spec).name == spec
    depth = method.complete(sample)
    assert depth.shape == sample.depth.shape
    assert depth.dtype == np.float32
    assert np.isfinite(depth).all()
    assert (depth > 0).all()
    again = pickle.loads(pickle.dumps(method)).complete(sample)
    assert np.array_equal(depth, again)


def test_nothing_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys; from spnet.evaluation.methods import make_method, list_methods;"
        "list_methods(); [make_method(s) for s in ('linear', 'ip-basic', 'default', 'run {raw} {out}')];"
        "assert not {'torch', 'cv2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_weights(sample: Sample, fill_model: Path) -> None:
    method = make_method(f"ours={fill_model}")
    assert method.name == "ours"
    assert make_method(str(fill_model)).name == str(fill_model)
    assert method.complete(sample).shape == sample.depth.shape


def test_a_wrong_name_is_reported_at_once() -> None:
    with pytest.raises(BadWeights, match="no weights 'no_such_method'"):
        make_method("no_such_method")


def test_a_function_is_a_method(sample: Sample) -> None:
    method = FunctionMethod("ones", lambda sample: np.ones_like(sample.depth))
    assert method.complete(sample).sum() == sample.depth.size


# Outside programs ---------------------------------------------------------------------------------------------------

PREAMBLE = """
import sys, time, numpy as np
from PIL import Image
arguments = sys.argv[1:]
"""


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], str]:
    """Writes a Python program in a folder with a blank in its name; returns the command line."""

    def write(code: str, arguments: str) -> str:
        path = tmp_path / "a folder" / "program.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(PREAMBLE + code)
        return f"{shlex.quote(sys.executable)} {shlex.quote(str(path))} {arguments}"

    return write


def test_a_program_gets_the_sample_and_its_png_comes_back(program: Callable[[str, str], str], sample: Sample) -> None:
    code = """
rgb, raw = np.asarray(Image.open(arguments[0])), np.asarray(Image.open(arguments[1]))
assert raw.dtype == np.uint16 and rgb.shape == (24, 32, 3) and rgb[0, 1, 2] == 5
assert arguments[3:] == ["mm", "60,61,15.5,11.5", "3", "32x24", "office/7", "rooms", "random(10%)"], arguments[3:]
Image.fromarray(np.where(raw > 0, raw, 1234).astype(np.uint16)).save(arguments[2])
"""
    asked = "{rgb} {raw} {out} {unit} {intrinsics} {max_depth} {width}x{height} {name} {dataset} {pattern}"
    depth = make_method("p=" + program(code, asked)).complete(sample)
    assert np.allclose(depth[sample.mask], sample.depth[sample.mask], atol=5.1e-4)
    assert np.allclose(depth[~sample.mask], 1.234)


def test_what_a_program_left_empty_is_no_depth(program: Callable[[str, str], str], sample: Sample) -> None:
    code = "np.save(arguments[1], np.load(arguments[0]))"
    depth = make_method(program(code, "{raw_npy} {out}.npy")).complete(sample)
    assert np.array_equal(np.isfinite(depth), sample.mask)


def test_a_program_with_arrays_is_exact(program: Callable[[str, str], str], sample: Sample) -> None:
    code = "np.save(arguments[1].removeprefix('--out='), np.load(arguments[0]) + np.float32(1))"
    depth = make_method(program(code, "{raw_npy} --out={out}.npy")).complete(sample)
    assert np.array_equal(depth, sample.depth + np.float32(1))


@pytest.mark.parametrize(("far", "unit"), [(30.0, "mm"), (80.0, "kitti"), (300.0, "cm"), (700.0, "m")])
def test_the_unit_holds_twice_the_farthest_measurement(
    program: Callable[[str, str], str], sample: Sample, far: float, unit: str
) -> None:
    code = f"""
assert arguments[2] == {unit!r}
raw = np.asarray(Image.open(arguments[0]))
Image.fromarray(np.full(raw.shape, raw.max(), np.uint16)).save(arguments[1])
"""
    scaled = Sample(sample.rgb, sample.depth * np.float32(far / 3))
    assert make_method(program(code, "{raw} {out} {unit}")).complete(scaled).max() == pytest.approx(far, rel=2e-3)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('one', file=sys.stderr); sys.exit('weights are missing.')", r"exit status 1: weights are missing\.$"),
        ("sys.exit(3)", r"exit status 3\.$"),
        ("raise ValueError('odd size')", r"exit status 1: ValueError: odd size\.$"),
        ("", r"wrote no out\.png\.$"),
        ("Image.fromarray(np.full((3, 4), 900, np.uint16)).save(arguments[1])", "wrote 4x3; the input is 32x24"),
        ("open(arguments[1], 'w').write('no image')", "out.png is not an image"),
    ],
)
def test_what_programs_do_wrong_is_told(
    program: Callable[[str, str], str], sample: Sample, code: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        make_method(program(code, "{raw} {out}")).complete(sample)


def test_a_program_that_hangs_is_stopped_with_all_that_it_started(
    program: Callable[[str, str], str], sample: Sample, tmp_path: Path
) -> None:
    alive = tmp_path / "alive"
    grandchild = f"import time, pathlib; time.sleep(1.2); pathlib.Path({str(alive)!r}).touch()"
    code = f"import subprocess; subprocess.Popen([sys.executable, '-c', {grandchild!r}]); time.sleep(60)"
    begin = time.perf_counter()
    with pytest.raises(TimeoutError, match=r"stopped: it took more than 0\.6 s for one image"):
        make_method(program(code, "{raw} {out}"), time_limit=0.6).complete(sample)
    assert time.perf_counter() - begin < 10
    time.sleep(1.2)
    assert not alive.exists()


def test_a_failure_reads_the_same_every_time(program: Callable[[str, str], str], sample: Sample) -> None:
    method = make_method(program("sys.exit(f'cannot write {arguments[1]}')", "{raw} {out}"))
    said = []
    for _ in range(2):
        with pytest.raises(BadInput) as error:
            method.complete(sample)
        said.append(str(error.value))
    assert said[0] == said[1]
    assert "cannot write out.png" in said[0]


def test_no_shell_is_involved(program: Callable[[str, str], str], sample: Sample, tmp_path: Path) -> None:
    code = "assert arguments[2:] == [';', 'touch', '$HOME', '`x`'], arguments; np.save(arguments[1], np.ones((24, 32)))"
    method = make_method(program(code, "{raw} {out}.npy ';' touch '$HOME' '`x`'"))
    assert (method.complete(sample) == 1).all()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("run {raw} {out} {colour}", r"\{colour\}, which stands for nothing"),
        ("run {rgb} {out}", r"\{raw\} or \{raw_npy\}"),
        ("run {raw} {out} {out}", r"\{out\} once"),
        ("run '{raw} {out}", "cannot be split"),
    ],
)
def test_commands_that_cannot_be_used(command: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        make_method(command)


def test_a_program_that_is_not_there(sample: Sample) -> None:
    with pytest.raises(BadInput, match="no_such_program_ cannot be started: No such file"):
        make_method("no_such_program_ {raw} {out}").complete(sample)


def test_a_program_that_needs_an_unknown_camera(sample: Sample) -> None:
    with pytest.raises(BadInput, match="does not say what camera"):
        make_method(f"{os.devnull} {{raw}} {{out}} {{intrinsics}}").complete(Sample(sample.rgb, sample.depth))


# Folders of results -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["random(10%)", "random_10%"])
@pytest.mark.parametrize("suffix", [".npy", ".png", ".tiff"])
def test_results_come_from_their_folder(tmp_path: Path, sample: Sample, pattern: str, suffix: str) -> None:
    write_depth(tmp_path / "rooms" / pattern / f"office/7{suffix}", np.full((24, 32), 1.5, np.float32))
    for spec in (f"results:{tmp_path}", str(tmp_path), f"theirs={tmp_path}"):
        assert (make_method(spec).complete(sample) == 1.5).all()


def test_what_was_left_empty_is_no_depth(tmp_path: Path, sample: Sample) -> None:
    depth = np.full((24, 32), 1.5, np.float32)
    depth[3, 4], depth[5, 6] = 0, np.nan
    (tmp_path / "rooms" / "random_10%" / "office").mkdir(parents=True)
    np.save(tmp_path / "rooms" / "random_10%" / "office" / "7.npy", depth)
    assert np.argwhere(np.isnan(make_method(str(tmp_path)).complete(sample))).tolist() == [[3, 4], [5, 6]]


def test_results_have_a_unit(tmp_path: Path, sample: Sample) -> None:
    write_depth(tmp_path / "rooms" / "random(10%)" / "office" / "7.png", np.full((24, 32), 1.5, np.float32), "kitti")
    assert (make_method(f"results:{tmp_path}@kitti").complete(sample) == 1.5).all()
    with pytest.raises(BadInput, match="Unknown depth unit"):
        make_method(f"results:{tmp_path}@furlongs")


def test_results_that_are_missing_doubled_or_of_another_size(tmp_path: Path, sample: Sample) -> None:
    method = make_method(f"results:{tmp_path}")
    with pytest.raises(BadInput, match=r"no result .*rooms/random_10%/office/7 "):
        method.complete(sample)
    folder = tmp_path / "rooms" / "random(10%)" / "office"
    write_depth(folder / "7.npy", np.ones((3, 4), np.float32))
    with pytest.raises(BadInput, match=r"7\.npy is 4x3; the input is 32x24"):
        method.complete(sample)
    write_depth(folder / "7.png", np.ones((24, 32), np.float32))
    with pytest.raises(BadInput, match="two results for one input"):
        method.complete(sample)
    with pytest.raises(BadInput, match=r"no folder '.*nowhere'"):
        make_method(f"results:{tmp_path / 'nowhere'}")
