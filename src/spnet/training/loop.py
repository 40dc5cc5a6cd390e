"""The training loop, top to bottom. One process; deterministic by seed; resumes from `<out>/last.pt`."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, SequentialSampler

from spnet.errors import BadInput, CannotWrite, SpnetError
from spnet.files import atomic_path
from spnet.losses import Loss, training_loss
from spnet.model.build import build_model
from spnet.model.config import model_config
from spnet.model.weights import save_weights
from spnet.training.checkpoint import TrainState, resume, save_checkpoint
from spnet.training.config import FALL, TrainConfig
from spnet.training.samples import PAPER_MAX_DEPTH, Batch, TrainSamples

RESULT = "model.safetensors"


def train(config: TrainConfig, out: str | Path, log: Callable[[dict[str, Any]], None] | None = None) -> Path | None:
    """Train, or go on training, in folder `out`.

    Args:
        config: the run.
        out: folder for `config.json`, `log.jsonl`, the checkpoint `last.pt` and the result `model.safetensors`.
        log: receives every log record as well.

    Returns:
        The result's path, or None where `max_minutes` ended the run early (call again to continue).

    Raises:
        BadInput: no data, `out` holds a run with another configuration, or the loss is no longer finite.
        BadWeights: `out` holds a damaged checkpoint.
        CannotWrite: `out` cannot be written.
    """
    out, start = Path(out), time.monotonic()
    samples = TrainSamples(config, config.steps * config.batch)
    images = samples.fingerprint()
    with torch.random.fork_rng(devices=[]):  # weights and drop-path draw from torch's generator: the caller's stays
        torch.manual_seed(config.seed)
        state = _fresh_state(config)
        resume(out, config, state, images)
        report = _Reporter(out, config, state.step, log)
        forward = torch.compile(state.model) if config.compile else state.model
        batches = _batches(config, samples, state.step)
        while state.step < config.steps:
            if config.max_minutes and time.monotonic() - start > 60 * config.max_minutes:
                save_checkpoint(out, config, state, images)
                return None
            report.waiting()
            batch = _next(batches)
            report.working()
            loss = _advance(config, state, forward, batch)
            report.step(state.step, loss)
            if state.step % config.save_every == 0 or state.step == config.steps:
                save_checkpoint(out, config, state, images)
    return _save_result(config, samples, state.ema or state.model, out)


def _fresh_state(config: TrainConfig) -> TrainState:
    model = build_model(model_config(config.model, config.norm, config.revision)).train()
    if config.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = copy.deepcopy(model).requires_grad_(False) if config.ema else None
    return TrainState(model, torch.optim.AdamW(model.parameters(), config.lr, weight_decay=config.weight_decay), ema)


def _advance(config: TrainConfig, state: TrainState, forward: Callable[..., Any], batch: Batch) -> Loss:
    """One step of the run; raises BadInput where the loss has become infinite or NaN."""
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(config, state.step)
    loss = train_step(config, forward, state.optimizer, batch)
    if not torch.isfinite(loss.total):
        raise BadInput(f"The loss is {loss.total.item()} at step {state.step}: lower the learning rate ({config.lr}).")
    if state.ema is not None:
        _average(state.ema, state.model, min(config.ema, (1 + state.step) / (10 + state.step)))
    state.step += 1
    return loss


def train_step(config: TrainConfig, model: Callable[..., Any], optimizer: torch.optim.Optimizer, batch: Batch) -> Loss:
    """One forward, backward and update."""
    if config.channels_last:
        batch = {key: value.contiguous(memory_format=torch.channels_last) for key, value in batch.items()}
    rgb, raw, gt = batch["rgb"], batch["raw"], batch["gt"]
    extra = {"fill": batch["fill"]} if "fill" in batch else {}
    pred = model(rgb, raw, (raw > 0).float(), **extra)
    loss = training_loss(config.loss, pred, gt, raw)
    optimizer.zero_grad(set_to_none=True)
    loss.total.backward()  # type: ignore[no-untyped-call]
    if config.clip:
        nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], config.clip)
    optimizer.step()
    return loss


def learning_rate(config: TrainConfig, step: int) -> float:
    """Linear warm-up, then cosine to 0 (spec section 4), or constant with a linear fall at the end.

    >>> config = TrainConfig(steps=100, lr=1.0, warmup=0.1)
    >>> [round(learning_rate(config, s), 2) for s in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    >>> config = TrainConfig(steps=100, lr=1.0, warmup=0.1, schedule="constant")
    >>> [round(learning_rate(config, s), 2) for s in (0, 10, 80, 90, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.05]
    """
    warm = max(1, round(config.warmup * config.steps))
    if step < warm:
        return config.lr * (step + 1) / warm
    if config.schedule == "constant":
        return config.lr * min(1.0, (config.steps - step) / (FALL * config.steps))
    return config.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, config.steps - warm)))


def _batches(config: TrainConfig, samples: TrainSamples, step: int) -> Iterator[Batch]:
    """Batches from `step` to the end of the run."""
    remaining = torch.utils.data.Subset(samples, range(step * config.batch, len(samples)))
    loader = DataLoader(
        remaining,
        batch_size=config.batch,
        sampler=SequentialSampler(remaining),
        num_workers=config.workers,
        prefetch_factor=4 if config.workers else None,
        # A loader draws a seed for its workers. From the global generator, a resumed run would draw once too often.
        generator=torch.Generator(),
    )
    return iter(loader)


def _next(batches: Iterator[Batch]) -> Batch:
    try:
        return next(batches)
    except SpnetError as error:
        # A worker's error carries the worker's traceback as text; its last line is the sentence.
        sentence = str(error).strip().rpartition(f"{type(error).__name__}: ")[2]
        raise type(error)(sentence) from None


@torch.no_grad()
def _average(ema: nn.Module, model: nn.Module, decay: float) -> None:
    torch._foreach_lerp_(list(ema.parameters()), list(model.parameters()), 1 - decay)
    for average, current in zip(ema.buffers(), model.buffers(), strict=True):
        average.copy_(current)


def _save_result(config: TrainConfig, samples: TrainSamples, model: nn.Module, out: Path) -> Path:
    path = out / RESULT
    scale = PAPER_MAX_DEPTH if config.samples == "paper" else None  # ours does not depend on the scale
    trained_on = ", ".join(dict.fromkeys(data.name for data in samples.sets))
    name = f"{config.revision}-{config.model}"
    network = model_config(config.model, config.norm, config.revision)
    save_weights(path, model.state_dict(), network, name=name, max_depth=scale, trained_on=trained_on)
    return path


class _Reporter:
    """Writes `config.json` and `log.jsonl`: loss parts, images/s, share of time spent waiting for data.

    Lines after `step`, of a run that went on after its last checkpoint and was then cut off, are dropped.
    """

    def __init__(self, out: Path, config: TrainConfig, step: int, log: Callable[[dict[str, Any]], None] | None) -> None:
        with atomic_path(out / "config.json") as path:
            path.write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
        self.path, self.config, self.log = out / "log.jsonl", config, log
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []
        with atomic_path(self.path) as path:
            path.write_text("".join(f"{line}\n" for line in lines if _logged_step(line) <= step), encoding="utf-8")
        self.sums: dict[str, float] = {}
        self.count, self.waited, self.since = 0, 0.0, time.monotonic()
        self.mark = self.since

    def waiting(self) -> None:
        self.mark = time.monotonic()

    def working(self) -> None:
        self.waited += time.monotonic() - self.mark

    def step(self, step: int, loss: Loss) -> None:
        self.count += 1
        for key, value in {"loss": loss.total, **loss.parts}.items():
            self.sums[key] = self.sums.get(key, 0.0) + float(value.detach())
        if step % self.config.log_every:
            return
        spent = time.monotonic() - self.since
        record: dict[str, Any] = {"step": step, **{k: round(v / self.count, 5) for k, v in self.sums.items()}}
        record["lr"] = learning_rate(self.config, step)
        record["images_per_s"] = round(self.count * self.config.batch / spent, 2)
        record["data_wait"] = round(self.waited / spent, 3)
        self._write(json.dumps(record))
        if self.log:
            self.log(record)
        self.sums, self.count, self.waited, self.since = {}, 0, 0.0, time.monotonic()

    def _write(self, line: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise CannotWrite(f"Cannot write {self.path}: {error.strerror or error}.") from error


def _logged_step(line: str) -> float:
    """The step of a log line; infinite for a damaged one."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, TypeError, KeyError):
        return math.inf
