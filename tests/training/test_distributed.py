"""Several processes train as one does: the same batches, the same weights, the same decisions."""

from __future__ import annotations

import itertools
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_runs import (
    checkpoint,
    everything,
    largest_difference,
    make_walls,
    records,
    same,
    start_group,
    tiny,
)
from two_processes import EQUAL, RESUMED

from spnet.errors import BadInput
from spnet.training.config import TrainConfig
from spnet.training.distributed import World, is_first, joined
from spnet.training.feed import Shares
from spnet.training.loop import fresh_state, train

TIMEOUT = 400  # seconds, on a machine that does a lot besides


pytestmark = pytest.mark.usefixtures("dot", "one_thread")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all runs that two processes have done together."""
    folder = tmp_path_factory.mktemp("two")
    make_walls(folder / "walls")
    for rank, process in enumerate(start_group("two_processes.py", str(folder))):
        said, _ = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 1, said  # see `test_one_that_fails_takes_the_other_with_it`
        assert "Traceback" not in said, said
        (folder / f"said by {rank}.txt").write_text(said)
    return folder


@pytest.fixture(scope="module")
def said(done: Path) -> list[str]:
    return [(done / f"said by {rank}.txt").read_text() for rank in (0, 1)]


@pytest.mark.parametrize("name", EQUAL)
def test_two_processes_are_as_good_as_one(done: Path, tmp_path: Path, name: str) -> None:
    """The same total batch; drop-path, clipping, averaging and masks of very unequal sizes included."""
    one: list[dict[str, float]] = []
    train(tiny(done / "walls", **EQUAL[name]), tmp_path / "one", one.append)
    alone, together = everything(tmp_path / "one"), everything(done / name)
    assert largest_difference(alone, together) < 1e-5
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first = fresh_state(tiny(done / "walls", **EQUAL[name])).model.state_dict()
    assert largest_difference({f"network.{k}": v for k, v in first.items()}, together) > 3e-4
    assert [r["loss"] for r in records(done / name)] == pytest.approx([r["loss"] for r in one], rel=1e-4)


@pytest.mark.parametrize("name", RESUMED)
def test_a_run_of_two_processes_goes_on_bit_equal(done: Path, name: str) -> None:
    assert same(everything(done / name), everything(done / f"{name}, whole"))
    assert checkpoint(done / name)["best"] == checkpoint(done / f"{name}, whole")["best"]


@pytest.mark.slow
def test_a_run_of_three_processes_goes_on_bit_equal(tmp_path: Path) -> None:
    """Three addends have an order; it must be that of the run that was not stopped."""
    make_walls(tmp_path / "walls")
    for process in start_group("two_processes.py", str(tmp_path), "many", size=3):
        said, _ = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, said
    assert same(everything(tmp_path / "resumed"), everything(tmp_path / "whole"))


def test_validation_happened_between(done: Path) -> None:
    scores = [r["val/rel"] for r in records(done / "resumed") if "val/rel" in r]
    assert len(scores) == 2
    assert checkpoint(done / "resumed")["best"]["score"] == pytest.approx(min(scores), rel=1e-4)
    assert (done / "resumed" / "best.safetensors").is_file()


def test_what_is_not_finite_in_one_process_is_left_out_in_both(done: Path) -> None:
    saved = checkpoint(done / "NaN")
    assert (saved["step"], saved["skipped"]) == (6, 1)
    assert all(torch.isfinite(value).all() for value in everything(done / "NaN").values())
    assert {int(state["step"]) for state in saved["optimizer"]["state"].values()} == {5}
    assert [r["step"] for r in records(done / "NaN") if "skipped" in r and "loss" not in r] == [3]


def test_a_signal_to_one_process_stops_both_with_a_checkpoint(done: Path) -> None:
    assert checkpoint(done / "stopped")["step"] == 3
    assert not (done / "stopped" / "model.safetensors").exists()


def test_a_batch_that_cannot_be_shared_is_refused_by_both(done: Path) -> None:
    for rank in (0, 1):
        assert (
            "batch of 5 cannot be shared equally by 2 processes: make it 4 or 6"
            in (done / f"odd {rank}.txt").read_text()
        )


def test_one_that_fails_takes_the_other_with_it(done: Path, said: list[str]) -> None:
    """Both are gone soon, each with a sentence. (In the end of what the two do together.)"""
    assert "Process 0 of 2 has lost the others" in said[0]
    assert said[1].strip().endswith("Training sample 11: no.")
    assert checkpoint(done / "failed")["step"] == 2


@pytest.mark.parametrize(("size", "micro_batch"), [(1, 0), (1, 5), (2, 0), (3, 3), (4, 1), (12, 0)])
def test_each_sample_is_taken_once(size: int, micro_batch: int) -> None:
    config = TrainConfig(batch=12, steps=4, micro_batch=micro_batch)
    shares = [Shares(config, World(rank, size), step=1) for rank in range(size)]
    taken = [list(share) for share in shares]
    assert {len(share) for share in shares} == {len(lists) for lists in taken}  # all go the same number of times
    assert sorted(itertools.chain(*itertools.chain(*taken))) == list(range(12, 48))
    assert max(map(len, itertools.chain(*taken))) <= (micro_batch or 12)
    first = sorted(itertools.chain(*(part for lists in taken for part in lists[: shares[0].per_step])))
    assert first == list(range(12, 24))


# The environment


def test_alone_without_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")  # as `torchrun --nproc-per-node 1` has it
    monkeypatch.setenv("RANK", "0")
    with joined("cpu") as world:
        assert (world.rank, world.size, world.first) == (0, 1, True)
        assert world.any(True)
        assert not world.any(False)
        assert world.from_first("a") == "a"
        assert world.sum(torch.ones(2)).tolist() == [1, 1]


def test_a_port_that_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
        for name, value in {**environment, "MASTER_PORT": str(taken.getsockname()[1])}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(BadInput, match="in use by another program: choose another port"), joined("cpu"):
            pass


def test_an_environment_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BadInput, match="RANK, MASTER_ADDR, MASTER_PORT is not set: start with `torchrun`"), joined():
        pass
    monkeypatch.setenv("WORLD_SIZE", "two")
    with pytest.raises(BadInput, match="WORLD_SIZE is 'two'"), joined():
        pass


def test_who_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    assert is_first()
    monkeypatch.setenv("RANK", "1")
    assert not is_first()


def test_a_run_of_two_can_go_on_as_one(done: Path, tmp_path: Path) -> None:
    """Samples and draws follow from the step alone, so the number of processes may change."""
    config = tiny(done / "walls", **EQUAL["paper"])
    shutil.copytree(done / "stopped", tmp_path / "run")
    longer = replace(config, steps=6, save_every=100)
    train(longer, tmp_path / "run")
    train(longer, tmp_path / "one")
    assert largest_difference(everything(tmp_path / "run"), everything(tmp_path / "one")) < 1e-5
