"""Writing pairs: the layout that data sets read, the manifest, going on after any stop, no half pair."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_studio import open_tiny

from spnet.datasets import FolderDataset
from spnet.errors import BadInput, CannotWrite
from spnet.scenes import sampler
from spnet.scenes.spec import SceneSpec
from spnet.scenes.surface_file import packed, read_surface, unpacked
from spnet.scenes.writing import write_scenes

SPEC = SceneSpec(("room",), width=48, height=32, views=3)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "open_studio", open_tiny)
    monkeypatch.setattr(sampler, "_open", {})


def stems(folder: Path) -> set[str]:
    """Of all files but hidden ones, which no data set reads and the next run removes."""
    return {path.stem for path in folder.glob("[!.]*")}


def test_pairs_are_read_back_as_they_were_rendered(tmp_path: Path) -> None:
    made = write_scenes(SPEC, 7, tmp_path / "out", save=("normals", "masks", "surface"))
    assert (made.total, made.written, made.there) == (7, 7, 0)
    data = FolderDataset(tmp_path / "out")
    assert [pair.name for pair in data.pairs] == [f"{k:06d}" for k in range(7)]
    shots = [shot for scene in range(3) for shot in open_tiny(SPEC).shoot(scene)]
    for k in range(7):
        sample, shot = data[k], shots[k]
        np.testing.assert_array_equal(sample.rgb, shot.rgb)
        np.testing.assert_allclose(sample.depth, shot.depth, atol=20 / 65535 / 2 + 1e-6)
        assert sample.max_depth == 20
        assert sample.intrinsics is not None
        assert sample.intrinsics.fx == pytest.approx(shot.intrinsics.fx, abs=1e-4)
        assert sample.surface is not None
        cosine = (sample.surface.normals * shot.surface.normals).sum(-1)[shot.depth > 0]
        assert cosine.min() > np.cos(np.deg2rad(0.5))
        true = shot.surface.materials[np.maximum(shot.surface.material, 0)]
        read = sample.surface.materials[np.maximum(sample.surface.material, 0)]
        np.testing.assert_allclose(read, true, atol=1e-3)
        normals = np.asarray(Image.open(tmp_path / "out" / "normals" / f"{k:06d}.png")) / 127.5 - 1
        np.testing.assert_allclose(normals[shot.depth > 0], shot.surface.normals[shot.depth > 0], atol=0.005)
        masks = np.asarray(Image.open(tmp_path / "out" / "masks" / f"{k:06d}.png"))
        np.testing.assert_array_equal(masks, shot.thing + 1)


def test_the_manifest_names_what_made_the_pairs(tmp_path: Path) -> None:
    write_scenes(SPEC, 4, tmp_path, save=("masks",))
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["scenes"] == SPEC.text()
    assert manifest["renderer"] == ["a few lines of NumPy"]
    assert manifest["pairs"] == 4
    item = manifest["items"][3]
    assert (item["name"], item["kind"], item["max_depth"]) == ("000003", "room", 20.0)
    assert item["sources"] == ["ours/box"]
    assert "field of view" in item["facts"]
    assert item["things"] == {"1": "building", "2": "box"}
    assert not (tmp_path / ".scenes.jsonl").exists()


def test_sky_and_what_is_too_far_are_unknown() -> None:
    depth = np.array([[0, 0.001, 5, 19.9999, 20.001, 3e4]], np.float32)
    assert sampler.quantised(depth, 20.0).tolist() == [[0, 3, 16384, 65535, 0, 0]]


def test_a_longer_run_adds_and_a_second_one_renders_nothing(tmp_path: Path) -> None:
    write_scenes(SPEC, 4, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.png")}
    made = write_scenes(SPEC, 8, tmp_path)
    assert (made.written, made.there) == (4, 4)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in before.items())
    assert write_scenes(SPEC, 8, tmp_path).written == 0
    whole = write_scenes(SPEC, 8, tmp_path.parent / "whole")
    assert whole.written == 8
    for path in tmp_path.rglob("*.png"):
        assert path.read_bytes() == (tmp_path.parent / "whole" / path.relative_to(tmp_path)).read_bytes()
    (tmp_path / "rgb" / "000005.png").unlink()
    assert write_scenes(SPEC, 8, tmp_path).written == 1


def test_processes_make_the_same(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write_scenes(SPEC, 7, one)
    assert run(two, 7, 2) == 0
    for path in one.rglob("*.png"):
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes()


def run(target: Path, count: int, jobs: int, kill_at: int | None = None) -> int:
    """The same in a process of its own, killed once so many pairs are there; its exit code."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    script = Path(__file__).with_name("killed_render.py")
    command = [sys.executable, script, target, count, jobs, *([] if kill_at is None else [kill_at])]
    return subprocess.run([str(part) for part in command], env=env, check=False).returncode


@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_runs_leave_no_half_pair_and_go_on(tmp_path: Path, jobs: int) -> None:
    """Killed by SIGKILL after more and more pairs; then to the end, as if nothing had been."""
    target, count = tmp_path / "out", 60
    for at in (4, 30) if jobs == 1 else (15,):
        assert run(target, count, jobs, kill_at=at) == -signal.SIGKILL
        settle(target)
        assert stems(target / "rgb") == stems(target / "depth")
        assert at <= len(stems(target / "rgb")) < count
        assert not (target / "manifest.json").exists()
    (target / "rgb" / "000059.png").write_bytes(b"half a picture")  # as by another program's kill
    assert run(target, count, jobs) == 0
    whole = tmp_path / "whole"
    write_scenes(SPEC, count, whole)
    names = sorted(path.relative_to(whole) for path in whole.rglob("*.png"))
    assert names == sorted(path.relative_to(target) for path in target.rglob("*.png"))
    assert not list(target.rglob(".*"))
    for name in names:
        assert (whole / name).read_bytes() == (target / name).read_bytes()


def settle(target: Path) -> None:
    """Wait until the killed run's workers, which see that it is gone, have ended too."""
    before = None
    for _ in range(50):
        now = sorted(path.name for path in target.rglob("*"))
        if now == before:
            return
        before = now
        time.sleep(0.2)


def test_a_folder_of_another_origin_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a" / "rgb").mkdir(parents=True)
    (tmp_path / "a" / "rgb" / "mine.png").write_bytes(b"precious")
    with pytest.raises(BadInput, match="another origin"):
        write_scenes(SPEC, 3, tmp_path / "a")
    assert (tmp_path / "a" / "rgb" / "mine.png").read_bytes() == b"precious"
    write_scenes(SPEC, 3, tmp_path / "b")
    with pytest.raises(BadInput, match="pairs of other scenes"):
        write_scenes(SceneSpec(("room",), seed=1, width=48, height=32), 3, tmp_path / "b")
    with pytest.raises(BadInput, match="pairs of other scenes"):
        write_scenes(SPEC, 3, tmp_path / "b", save=("masks",))


def test_what_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(CannotWrite, match="Cannot write"):
        write_scenes(SPEC, 3, tmp_path / "file" / "out")
    with pytest.raises(BadInput, match="expected 1 or more"):
        write_scenes(SPEC, 0, tmp_path)
    with pytest.raises(BadInput, match="no 'colours' to save"):
        write_scenes(SPEC, 1, tmp_path, save=("colours",))


def test_surfaces_survive_packing_and_bad_files_are_named(tmp_path: Path) -> None:
    surface = open_tiny(SPEC).shoot(0)[0].surface
    again = unpacked(packed(surface))
    lengths = np.linalg.norm(again.normals[surface.material >= 0], axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=1e-5)
    used = surface.material >= 0
    np.testing.assert_array_equal(again.material >= 0, used)
    true, read = surface.materials[surface.material[used]], again.materials[again.material[used]]
    np.testing.assert_allclose(read, true, atol=1e-3)
    (tmp_path / "x.npz").write_bytes(b"no archive")
    with pytest.raises(BadInput, match=r"x\.npz holds no surface"):
        read_surface(tmp_path / "x.npz")
