"""The loop in one process: micro-batches, precision, recomputed activations, what is left out, and how it stops."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_runs import checkpoint, everything, largest_difference, records, same

import spnet.training.loop as loop
from spnet.errors import BadInput, SpnetWarning
from spnet.losses import LOSSES
from spnet.model.build import build_model
from spnet.model.config import NORMS, ModelConfig
from spnet.model.weights import load_model
from spnet.training.config import TrainConfig
from spnet.training.loop import fresh_state, train
from spnet.training.signals import stop_on_signals
from spnet.training.step import Step, checkpoint_blocks, make_optimizer, put_back, train_step

pytestmark = pytest.mark.usefixtures("dot")


def batch_of(count: int, dtype: torch.dtype = torch.float32, side: int = 32) -> dict[str, torch.Tensor]:
    """Random images whose measurements become fewer from each to the next."""
    draw = torch.Generator().manual_seed(3)
    gt = torch.rand(count, 1, side, side, generator=draw, dtype=dtype) + 0.1
    density = torch.linspace(1.0, 0.02, count)[:, None, None, None]
    gt = gt * (torch.rand(gt.shape, generator=draw) < density)
    raw = gt * (torch.rand(gt.shape, generator=draw) < 0.3)
    return {"rgb": torch.rand(count, 3, side, side, generator=draw, dtype=dtype), "gt": gt, "raw": raw}


def split(batch: dict[str, torch.Tensor], sizes: list[int]) -> list[dict[str, torch.Tensor]]:
    parts = {key: value.split(sizes) for key, value in batch.items()}
    return [{key: part[i] for key, part in parts.items()} for i in range(len(sizes))]


def fresh(config: TrainConfig, dtype: torch.dtype = torch.float32) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = fresh_state(config)
    state.model.to(dtype)
    return state


# Micro-batches


@pytest.mark.parametrize("name", LOSSES)
def test_micro_batches_change_nothing(config: TrainConfig, name: str) -> None:
    """In double precision, so that a difference would be an error: uneven parts, drop-path, very unequal masks."""
    config = replace(config, loss=name)  # type: ignore[arg-type]
    found = []
    for sizes in ([6], [3, 3], [1, 4, 1]):
        state = fresh(config, torch.float64)
        with torch.random.fork_rng():
            done = train_step(config, state.model, state.optimizer, split(batch_of(6, torch.float64), sizes), step=4)
        found.append((done, [p.detach() for p in state.model.parameters()]))
    (whole, weights), *others = found
    for done, changed in others:
        assert done.loss.total.item() == pytest.approx(whole.loss.total.item(), rel=1e-6)
        assert done.loss.parts.keys() == whole.loss.parts.keys()
        assert max(float((a - b).abs().max()) for a, b in zip(weights, changed, strict=True)) < 1e-9


def test_drop_path_draws_once_a_step_and_anew_in_each(config: TrainConfig) -> None:
    """Whether a block is dropped follows from seed and step, and from nothing that was drawn before."""
    state, config = fresh(config), replace(config, lr=0.0, weight_decay=0.0)
    state.optimizer.param_groups[0].update(lr=0.0, weight_decay=0.0)

    def loss(step: int, seed: int = 0) -> float:
        torch.rand(step + seed)
        done = train_step(replace(config, seed=seed), state.model, state.optimizer, [batch_of(2)], step=step)
        return float(done.loss.total)

    with torch.random.fork_rng():
        losses = [loss(step) for step in range(12)]
        assert len(set(losses)) > 4
        assert [loss(step) for step in range(12)] == losses
        assert [loss(step, seed=1) for step in range(12)] != losses


def test_a_step_is_the_plain_one(config: TrainConfig) -> None:
    """Against forward, backward, clipping and AdamW written out."""
    config = replace(config, clip=0.05)
    state, plain = fresh(config), fresh(config)
    batch = batch_of(3)
    with torch.random.fork_rng():
        done = train_step(config, state.model, state.optimizer, [batch], step=7)
        torch.manual_seed(loop.train_step.__globals__["_seed"](0, 7))
        pred = plain.model(batch["rgb"], batch["raw"], (batch["raw"] > 0).float())
    loss = LOSSES["paper"](pred, batch["gt"], batch["raw"])
    loss.total.backward()  # type: ignore[no-untyped-call]
    assert torch.nn.utils.clip_grad_norm_(plain.model.parameters(), 0.05) > 0.05
    torch.optim.AdamW(plain.model.parameters(), config.lr, weight_decay=0.05).step()
    assert done.loss.total.item() == pytest.approx(loss.total.item(), rel=1e-6)
    pairs = zip(state.model.parameters(), plain.model.parameters(), strict=True)
    assert max(float((a - b).detach().abs().max()) for a, b in pairs) < 1e-6
    torch.testing.assert_close(done.pred, pred)


@pytest.mark.usefixtures("one_thread")
def test_a_run_in_micro_batches_with_workers(config: TrainConfig, tmp_path: Path) -> None:
    """With more threads sums are divided otherwise; where a residual is 0 but for rounding, its sign may turn."""
    train(config, tmp_path / "whole")
    train(replace(config, micro_batch=3, workers=1), tmp_path / "parts")
    assert largest_difference(everything(tmp_path / "whole"), everything(tmp_path / "parts")) < 1e-6


def test_batch_norm_of_micro_batches_is_told(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, norm="BN", steps=1)
    with pytest.warns(SpnetWarning, match="statistics are of 2 samples, not of the batch of 4"):
        train(replace(config, micro_batch=2), tmp_path / "parts")
    train(config, tmp_path / "whole")  # a warning would be an error


# Precision and memory


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_trains_nearly_as_well(config: TrainConfig, tmp_path: Path, precision: str) -> None:
    """The weights stay float32; a resumed run has the scale of the loss, too."""
    config = replace(config, precision=precision, batch=2)  # type: ignore[arg-type]
    train(config, tmp_path / "half")
    train(replace(config, precision="fp32"), tmp_path / "full")
    half, full = ({r["step"]: r["loss"] for r in records(tmp_path / n) if "loss" in r} for n in ("half", "full"))
    assert len(half) >= 4  # fp16 finds its scale in the first steps
    assert half == pytest.approx({step: full[step] for step in half}, rel=0.1)
    assert half != {step: full[step] for step in half}
    saved = checkpoint(tmp_path / "half")
    assert {value.dtype for value in saved["network"].values()} == {torch.float32}
    assert ("scale" in saved["scaler"]) == (precision == "fp16")
    cut(tmp_path / "cut", config, step=3)
    train(config, tmp_path / "cut")
    assert same(everything(tmp_path / "cut"), everything(tmp_path / "half"))
    assert checkpoint(tmp_path / "cut")["scaler"] == saved["scaler"]


def test_gradients_that_overflow_half_precision_are_left_out_and_the_scale_falls(
    config: TrainConfig, tmp_path: Path
) -> None:
    config = replace(config, precision="fp16", batch=2)
    state = fresh(config)
    with torch.random.fork_rng():
        state.scaler.load_state_dict({**state.scaler.state_dict(), "scale": 2.0**40})
        before = [p.detach().clone() for p in state.model.parameters()]
        done = train_step(config, state.model, state.optimizer, [batch_of(2)], scaler=state.scaler)
        assert (float(done.bad), state.scaler.get_scale()) == (1, 2.0**39)
        assert all(torch.equal(a, b) for a, b in zip(before, state.model.parameters(), strict=True))


@pytest.mark.parametrize("norm", ["CNX", "BN", "GRN"])
def test_recomputed_activations_change_nothing_but_memory(config: TrainConfig, tmp_path: Path, norm: str) -> None:
    """Bit by bit: drop-path's draws are repeated, and BatchNorm does not count a batch twice."""
    config = replace(config, norm=norm, batch=2)  # type: ignore[arg-type]
    train(config, tmp_path / "usual")
    train(replace(config, checkpoint_activations=True), tmp_path / "recomputed")
    assert same(everything(tmp_path / "usual"), everything(tmp_path / "recomputed"))


def test_recomputed_activations_are_not_kept() -> None:
    """Between forward and backward, the large maps inside of the blocks are gone."""
    kept: dict[bool, int] = {}
    for recompute in (False, True):
        model = build_model(ModelConfig((16, 16, 24, 32), (2, 2, 2, 2)))
        if recompute:
            checkpoint_blocks(model)
        sizes: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t, s=sizes: s.append(t.numel()) or t, lambda t: t):  # type: ignore[misc]
            model(torch.rand(1, 3, 64, 64), torch.rand(1, 1, 64, 64), torch.ones(1, 1, 64, 64)).sum().backward()
        kept[recompute] = sum(sizes)
        assert set(model.state_dict()) == set(build_model(ModelConfig((16, 16, 24, 32), (2, 2, 2, 2))).state_dict())
    assert kept[True] < 0.75 * kept[False]


# What is not finite


def spoil(
    monkeypatch: pytest.MonkeyPatch, steps: set[int], what: Callable[[torch.Tensor], object], key: str = "gt"
) -> None:
    real = loop.train_step

    def spoiled(config: Any, model: Any, optimizer: Any, batches: Any, **kwargs: Any) -> Step:
        if kwargs["step"] in steps:
            what(batches[0][key])
        return real(config, model, optimizer, batches, **kwargs)

    monkeypatch.setattr(loop, "train_step", spoiled)


@pytest.mark.parametrize("norm", ["CNX", "BN"])
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_step_that_is_not_finite_is_left_out(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, norm: str, value: float
) -> None:
    config = replace(config, norm=norm, ema=0.0, log_every=3)  # type: ignore[arg-type]
    spoil(monkeypatch, {2}, lambda gt: gt[0].fill_(value))
    train(config, tmp_path / "run")
    saved = checkpoint(tmp_path / "run")
    assert (saved["step"], saved["skipped"], saved["streak"]) == (6, 1, 0)
    assert all(torch.isfinite(tensor).all() for tensor in everything(tmp_path / "run").values())
    before, after = (checkpoint(tmp_path / "run", f"step_{step:08d}.pt") for step in (4, 6))
    assert {int(s["step"]) for s in before["optimizer"]["state"].values()} == {3}  # Adam has not seen it
    assert {int(s["step"]) for s in after["optimizer"]["state"].values()} == {5}
    left_out = [r for r in records(tmp_path / "run") if "reason" in r]
    assert [r["step"] for r in left_out] == [3]
    assert all(r["loss"] is not None for r in records(tmp_path / "run") if "loss" in r)  # the means are without it


def test_running_statistics_of_a_left_out_step_are_put_back() -> None:
    layer = torch.nn.BatchNorm2d(2)
    before = [buffer.clone() for buffer in layer.buffers()]
    layer(torch.full((1, 2, 3, 3), torch.nan))
    put_back(layer, before, torch.zeros(()))
    assert torch.isnan(layer.running_mean).all()  # type: ignore[arg-type]
    put_back(layer, before, torch.ones(()))
    assert all(torch.equal(a, b) for a, b in zip(before, layer.buffers(), strict=True))


def test_a_run_in_which_it_persists_ends_with_a_report(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, {0, 3, 4, 5}, lambda rgb: rgb.fill_(torch.nan), key="rgb")
    config = replace(config, bad_steps=3, steps=20, save_every=3)
    with pytest.raises(BadInput, match=r"not finite in 3 steps in a row, the last of them step 6 \(loss nan\)"):
        train(config, tmp_path)
    report = json.loads((tmp_path / "bad_steps.json").read_text())
    assert (report["skipped"], report["in_a_row"], report["weights_not_finite"]) == (4, 3, [])
    assert [entry["step"] for entry in report["steps"]] == [4, 5, 6]
    assert len(report["gradients_not_finite"]) > 50
    assert len(report["steps"][0]["images"]) == 4
    assert report["steps"][0]["images"][0].startswith("walls/")
    assert checkpoint(tmp_path)["step"] == 3


def test_the_count_survives_a_stop(config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three in a row are three in a row, also where the run was stopped after the second."""
    spoil(monkeypatch, {2, 3, 4}, lambda gt: gt.fill_(torch.nan))
    config = replace(config, bad_steps=3)
    cut(tmp_path, config, step=4)
    assert checkpoint(tmp_path)["streak"] == 2
    with pytest.raises(BadInput, match="last of them step 5"):
        train(config, tmp_path)


def test_a_step_reads_nothing_from_the_device(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a GPU to read a number means to wait for all that was asked of it."""
    state = fresh(config)

    def read(*_: object) -> None:
        raise AssertionError("the step waits for the device")

    for name in ("item", "__bool__", "__float__", "__int__", "tolist", "numpy", "cpu"):
        monkeypatch.setattr(torch.Tensor, name, read)
    with torch.random.fork_rng():
        train_step(config, state.model, state.optimizer, split(batch_of(2), [1, 1]))


@pytest.mark.parametrize("norm", NORMS)
def test_a_fused_update_can_be_left_out(norm: str) -> None:
    """What `train_step` relies on: with `found_inf`, AdamW leaves weights, moments and counts alone."""
    model = build_model(ModelConfig((16, 16, 24, 32), (1, 1, 1, 1), norm=norm))  # type: ignore[arg-type]
    optimizer = make_optimizer(TrainConfig(), model)
    for bad in (0.0, 1.0):
        for p in model.parameters():
            p.grad = torch.full_like(p, torch.nan if bad else 1.0)
        optimizer.found_inf = torch.tensor(bad)  # type: ignore[attr-defined]
        optimizer.step()
    assert all(torch.isfinite(p).all() for p in model.parameters())
    assert {float(s["step"]) for s in optimizer.state.values()} == {1.0}


# Stopping


def cut(out: Path, config: TrainConfig, step: int) -> None:
    """A run that ends abruptly when its step of that number begins."""
    real = loop.train_step

    def until(*args: Any, **kwargs: Any) -> Step:
        if kwargs["step"] == step:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "train_step", until)
        with pytest.raises(KeyboardInterrupt):
            train(config, out)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [0, 1])
def test_a_signal_stops_after_the_step_with_a_checkpoint(
    config: TrainConfig, tmp_path: Path, number: signal.Signals, workers: int
) -> None:
    config = replace(config, save_every=100, workers=workers)
    before = signal.getsignal(number)

    def send(record: dict[str, Any]) -> None:
        if record["step"] == 3:
            os.kill(os.getpid(), number)

    assert train(config, tmp_path / "run", send) is None
    assert checkpoint(tmp_path / "run")["step"] == 3
    assert signal.getsignal(number) is before
    train(config, tmp_path / "run")
    train(config, tmp_path / "whole")
    assert same(everything(tmp_path / "run"), everything(tmp_path / "whole"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_leaves_the_workers_at_work(
    config: TrainConfig, tmp_path: Path, number: signal.Signals
) -> None:
    """As a job scheduler sends it, and a terminal; and no worker is left behind."""
    config = replace(config, save_every=100, workers=2, steps=30)

    def send(record: dict[str, Any]) -> None:
        if record["step"] == 2:
            for worker in multiprocessing.active_children():
                os.kill(worker.pid or 0, number)
            time.sleep(0.1)
        if record["step"] == 25:  # by then the workers have made samples after the signal
            os.kill(os.getpid(), number)

    assert train(config, tmp_path / "run", send) is None
    assert checkpoint(tmp_path / "run")["step"] == 25
    assert not multiprocessing.active_children()


def test_no_worker_outlives_an_error(config: TrainConfig, tmp_path: Path) -> None:
    """Though its traceback refers to them."""
    with pytest.raises(ZeroDivisionError) as error:
        train(replace(config, workers=2), tmp_path / "run", lambda _: 1 / 0)  # type: ignore[arg-type, return-value]
    assert not multiprocessing.active_children()
    assert error.traceback


def test_a_second_ctrl_c_is_heard_at_once() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell it is ignored
    try:
        with stop_on_signals() as asked:
            os.kill(os.getpid(), signal.SIGINT)
            assert asked()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_time_limit_in_the_middle(config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: now[0])

    def pass_time(record: dict[str, Any]) -> None:
        now[0] += 25.0

    assert train(replace(config, max_minutes=1.0, save_every=100), tmp_path, pass_time) is None
    assert checkpoint(tmp_path)["step"] == 3  # after 75 s
    assert train(config, tmp_path) is not None


# Validation


def test_the_best_weights_are_those_of_the_best_validation(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.5, 0.3, float("nan"), 0.4, 0.3, 0.2])
    seen: list[dict[str, torch.Tensor]] = []

    class Scripted:
        shown: tuple[object, ...] = ()  # images to draw

        def __init__(self, config: TrainConfig) -> None:
            pass

        def run(self, model: torch.nn.Module) -> dict[str, float]:
            seen.append({k: v.clone() for k, v in model.state_dict().items()})
            torch.rand(3)  # a validation that draws
            return {"rel": next(scores)}

    monkeypatch.setattr(loop, "Validator", Scripted)
    config = replace(config, val_every=1)
    cut(tmp_path / "run", replace(config, save_every=5), step=5)
    assert checkpoint(tmp_path / "run")["best"] == {"score": 0.3, "step": 2}
    best = load_model(tmp_path / "run" / "best.safetensors").state_dict()
    assert same(best, seen[1])
    train(config, tmp_path / "run")
    assert checkpoint(tmp_path / "run")["best"] == {"score": 0.2, "step": 6}
    train(replace(config, val_every=0), tmp_path / "undisturbed")
    first, second = (everything(tmp_path / name) for name in ("run", "undisturbed"))
    assert same(first | {"cpu random": torch.ones(1)}, second | {"cpu random": torch.ones(1)})  # which nobody uses
    assert same(seen[-1], checkpoint(tmp_path / "run")["ema"])  # what is validated is what is saved


def test_held_out_images_and_validation_disturb_nothing(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, val_share=0.4, val_every=2, val_images=1, val_patterns=("random(10%)",), workers=1)
    train(config, tmp_path / "whole")
    cut(tmp_path / "run", config, step=3)
    train(config, tmp_path / "run")
    assert same(everything(tmp_path / "run"), everything(tmp_path / "whole"))
    scores = [[r["val/rel"] for r in records(tmp_path / name) if "val/rel" in r] for name in ("run", "whole")]
    assert scores[0] == scores[1]
    assert len(scores[0]) == 3


def test_epochs_become_steps(config: TrainConfig, tmp_path: Path) -> None:
    train(replace(config, epochs=2.0), tmp_path)  # 5 images, batch 4
    assert checkpoint(tmp_path)["step"] == 3
    assert checkpoint(tmp_path)["config"]["steps"] == 3
