"""Checkpoints: complete or absent, the last few kept, a damaged one passed over."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_runs import State, checkpoint, everything, same

import spnet.training.checkpoint as checkpoints
from spnet.errors import BadWeights, CannotWrite, SpnetWarning
from spnet.training.checkpoint import load_newest, save_checkpoint
from spnet.training.config import TrainConfig
from spnet.training.loop import fresh_state, train
from spnet.training.samples import TrainSamples

pytestmark = pytest.mark.usefixtures("dot")


@pytest.fixture(scope="module")
def whole(config: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 6 steps with a checkpoint every 2."""
    out = tmp_path_factory.mktemp("whole")
    train(replace(config, keep=3), out)
    return out


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy of it that ended after step 4, `last.pt` another name of the newest checkpoint as ever."""
    out = tmp_path / "run"
    shutil.copytree(whole, out)
    (out / "step_00000006.pt").unlink()
    link(out, 4)
    return out


def link(out: Path, step: int) -> None:
    (out / "last.pt").unlink()
    os.link(out / f"step_{step:08d}.pt", out / "last.pt")


def names(out: Path) -> list[str]:
    return sorted(path.name for path in out.glob("*.pt"))


def test_the_last_few_are_kept(config: TrainConfig, whole: Path, tmp_path: Path) -> None:
    assert names(whole) == ["last.pt", "step_00000002.pt", "step_00000004.pt", "step_00000006.pt"]
    assert (whole / "last.pt").samefile(whole / "step_00000006.pt")
    train(config, tmp_path)
    assert names(tmp_path) == ["last.pt", "step_00000004.pt", "step_00000006.pt"]


def test_what_is_in_it(config: TrainConfig, whole: Path) -> None:
    saved = checkpoint(whole)
    assert (saved["step"], saved["config"]["steps"], saved["skipped"]) == (6, 6, 0)
    assert saved.keys() >= {"network", "ema", "optimizer", "scaler", "random", "best", "images"}
    assert {float(state["step"]) for state in saved["optimizer"]["state"].values()} == {6.0}


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_bit(path: Path) -> None:
    """In the middle of the weights, where the file can still be read."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert torch.load(path, weights_only=True)["step"] == 4  # torch does not notice


def of_something_else(path: Path) -> None:
    torch.save({"network": {}}, path)


DAMAGES = [cut_in_half, flip_a_bit, of_something_else, lambda path: path.write_bytes(b"")]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_one_is_passed_over(
    config: TrainConfig, run: Path, whole: Path, damage: Callable[[Path], Any]
) -> None:
    damage(run / "step_00000004.pt")
    with pytest.warns(SpnetWarning, match=r"step_00000004.*goes on from step_00000002.pt \(step 2\)"):
        train(config, run)
    assert same(everything(run), everything(whole))
    assert names(run) == ["last.pt", "step_00000004.pt", "step_00000006.pt"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_without_a_sound_one_the_run_is_not_begun_anew(
    config: TrainConfig, run: Path, damage: Callable[[Path], Any]
) -> None:
    for name in names(run):
        damage(run / name) if damage is not flip_a_bit else cut_in_half(run / name)
    with pytest.raises(BadWeights, match=r"Delete the checkpoints in .* to start again"):
        train(config, run)


def test_last_alone_is_enough(config: TrainConfig, run: Path, whole: Path) -> None:
    for path in run.glob("step_*.pt"):
        path.unlink()
    train(config, run)
    assert same(everything(run), everything(whole))


def test_the_newest_counts_even_where_last_is_older(run: Path) -> None:
    """The process was killed between writing the checkpoint and giving it its other name."""
    link(run, 2)
    found = load_newest(run)
    assert found is not None
    assert found[1]["step"] == 4


def test_going_back_to_an_earlier_one(config: TrainConfig, run: Path, whole: Path) -> None:
    """By removing the later ones; what the run has left beyond is removed as it goes on."""
    shutil.copy(whole / "step_00000006.pt", run / "step_00000100.pt")
    for name in ("step_00000004.pt", "last.pt", "step_00000100.pt"):
        cut_in_half(run / name)
    with pytest.warns(SpnetWarning, match="step 2"):
        train(config, run)
    assert names(run) == ["last.pt", "step_00000004.pt", "step_00000006.pt"]
    assert same(everything(run), everything(whole))


def test_remnants_of_a_killed_process_are_removed(config: TrainConfig, run: Path) -> None:
    (run / "panels").mkdir(exist_ok=True)
    for name in ("{}.pt", "{}.safetensors", "{}.json", "panels/{}.png"):
        (run / name.format(f".{'0a' * 8}")).write_bytes(b"half of it")
    (run / ".mine.pt").write_bytes(b"")
    train(config, run)
    assert not list((run / "panels").glob(".*"))
    assert sorted(path.name for path in run.glob(".*")) == [".mine.pt"]


def test_a_file_system_without_links(config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError("Operation not permitted")

    monkeypatch.setattr(checkpoints.os, "link", refused)
    save_checkpoint(tmp_path, config, fresh_state(config), "")
    assert not (tmp_path / "last.pt").samefile(tmp_path / "step_00000000.pt")
    assert (tmp_path / "last.pt").read_bytes() == (tmp_path / "step_00000000.pt").read_bytes()


def test_a_full_disk_leaves_the_one_before(config: TrainConfig, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(content: object, path: Path) -> None:
        path.write_bytes(b"as far as it went")
        raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed\nmore")

    monkeypatch.setattr(checkpoints.torch, "save", full)
    with pytest.raises(CannotWrite, match=r"step_00000006.pt: PytorchStreamWriter failed") as error:
        train(config, run)
    assert "\n" not in str(error.value)
    found = load_newest(run)
    assert found is not None
    assert found[1]["step"] == 4
    assert not list(run.glob(".*"))


def test_a_run_of_the_first_version_goes_on(config: TrainConfig, run: Path, whole: Path) -> None:
    """Its one checkpoint knew fewer fields, and AdamW was not fused: it is, from here on."""
    saved = checkpoint(run)
    for key in ("scaler", "best", "skipped", "streak"):
        del saved[key]
    saved["random"] = saved["random"]["cpu"]
    saved["images"] = TrainSamples(config, 0).fingerprint_of_names()
    for key in ("micro_batch", "precision", "keep", "bad_steps", "val_share", "octaves", "crop_area"):
        del saved["config"][key]
    for group in saved["optimizer"]["param_groups"]:
        group["fused"] = None
    for path in run.glob("*.pt"):
        path.unlink()
    torch.save(saved, run / "last.pt")
    train(config, run)
    assert same(everything(run), everything(whole))


def in_another_process(work: Callable[[], object]) -> int:
    """Run in a fork, as cheap as a process gets; returns its status as `os.waitpid` does."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def killed(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("where", ["halfway", "before it has its name", "before it is the last"])
def test_killed_while_writing(
    config: TrainConfig, run: Path, whole: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is there then is complete, and the run goes on from it, bit by bit as if nothing had been."""
    state, saved = fresh_state(config), checkpoint(whole)
    checkpoints.restore(saved, whole, config, state, [saved["images"]])
    real = torch.save

    def half(content: object, path: Path) -> None:
        real(content, path)
        cut_in_half(path)
        killed()

    with monkeypatch.context() as patch:
        if where == "halfway":
            patch.setattr(checkpoints.torch, "save", half)
        else:
            patch.setattr(checkpoints.os, "fsync" if where == "before it has its name" else "link", killed)
        status = in_another_process(lambda: save_checkpoint(run, config, state, saved["images"]))
    assert os.WTERMSIG(status) == signal.SIGKILL
    found = load_newest(run)
    assert found is not None
    assert found[1]["step"] == (6 if where == "before it is the last" else 4)
    assert len(list(run.glob(".*"))) == (where != "before it is the last")
    train(config, run)
    assert same(weights(run), weights(whole))
    assert not list(run.glob(".*"))


def weights(out: Path) -> State:
    return {key: value for key, value in everything(out).items() if "random" not in key}
