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

from spnet.errors import BadInput
from spnet.losses import Loss, paper_loss, relative_loss
from spnet.model.build import build_model
from spnet.model.config import ModelConfig, model_config
from spnet.model.weights import save_weights
from spnet.training.checkpoint import load_checkpoint, save_checkpoint
from spnet.training.config import TrainConfig, config_from_dict
from spnet.training.samples import Batch, TrainSamples

RESULT = "model.safetensors"
FALL = 0.2  # share of a "constant" schedule in which the learning rate falls
# What may differ between a run and its continuation without changing the result.
FREE_FIELDS = {"max_minutes", "workers", "save_every", "log_every", "compile", "data", "hole_maps"}


def train(config: TrainConfig, out: str | Path, log: Callable[[dict[str, Any]], None] | None = None) -> Path | None:
    """Train, or go on training, in folder `out`.

    Args:
        config: the run.
        out: folder for `config.json`, `log.jsonl`, the checkpoint `last.pt` and the result `model.safetensors`.
        log: receives every log record as well.

    Returns:
        The result's path, or None where `max_minutes` ended the run early (call again to continue).

    Raises:
        BadInput: no data, or `out` holds a run with another configuration.
        CannotWrite: `out` cannot be written.
    """
    out, start = Path(out), time.monotonic()
    torch.manual_seed(config.seed)
    model_cfg = model_config(config.model, config.norm, config.revision)
    model = build_model(model_cfg)
    if config.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = copy.deepcopy(model).requires_grad_(False) if config.ema else None
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=config.weight_decay)
    step = _resume(config, out, model, ema, optimizer)
    forward = torch.compile(model) if config.compile else model
    batches = _batches(config, step)
    report = _Reporter(out, config, log)
    model.train()
    while step < config.steps:
        if config.max_minutes and time.monotonic() - start > 60 * config.max_minutes:
            save_checkpoint(out, config, step, model, ema, optimizer)
            return None
        report.waiting()
        batch = next(batches)
        report.working()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(config, step)
        loss = train_step(config, forward, optimizer, batch)
        if ema is not None:
            _average(ema, model, min(config.ema, (1 + step) / (10 + step)))
        step += 1
        report.step(step, loss)
        if step % config.save_every == 0 or step == config.steps:
            save_checkpoint(out, config, step, model, ema, optimizer)
    return _save_result(config, model_cfg, ema or model, out)


def train_step(config: TrainConfig, model: Callable[..., Any], optimizer: torch.optim.Optimizer, batch: Batch) -> Loss:
    """One forward, backward and update."""
    if config.channels_last:
        batch = {key: value.contiguous(memory_format=torch.channels_last) for key, value in batch.items()}
    rgb, raw, gt = batch["rgb"], batch["raw"], batch["gt"]
    extra = {"fill": batch["fill"]} if "fill" in batch else {}
    pred = model(rgb, raw, (raw > 0).float(), **extra)
    loss = paper_loss(pred, gt, raw) if config.loss == "paper" else relative_loss(pred, gt, raw)
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


def _batches(config: TrainConfig, step: int) -> Iterator[Batch]:
    """Batches from `step` to the end of the run."""
    samples = TrainSamples(config, config.steps * config.batch)
    remaining = torch.utils.data.Subset(samples, range(step * config.batch, len(samples)))
    loader = DataLoader(
        remaining,
        batch_size=config.batch,
        sampler=SequentialSampler(remaining),
        num_workers=config.workers,
        prefetch_factor=4 if config.workers else None,
    )
    return iter(loader)


def _resume(
    config: TrainConfig, out: Path, model: nn.Module, ema: nn.Module | None, optimizer: torch.optim.Optimizer
) -> int:
    """Load the checkpoint of `out`, if any; returns the step to go on from."""
    state = load_checkpoint(out)
    if state is None:
        return 0
    before = config_from_dict(state["config"])
    now, then = asdict(config), asdict(before)
    constant = config.schedule == "constant" and state["step"] <= (1 - FALL) * min(config.steps, before.steps)
    free = FREE_FIELDS | ({"steps", "warmup"} if constant else set())
    changed = sorted(k for k in now if k not in free and now[k] != then[k])
    if changed:
        raise BadInput(f"{out} holds a run with other {', '.join(changed)}: use the same, or another folder.")
    model.load_state_dict(state["network"])
    if ema is not None:
        ema.load_state_dict(state["ema"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"])
    return int(state["step"])


@torch.no_grad()
def _average(ema: nn.Module, model: nn.Module, decay: float) -> None:
    torch._foreach_lerp_(list(ema.parameters()), list(model.parameters()), 1 - decay)
    for average, current in zip(ema.buffers(), model.buffers(), strict=True):
        average.copy_(current)


def _save_result(config: TrainConfig, model_cfg: ModelConfig, model: nn.Module, out: Path) -> Path:
    path = out / RESULT
    scale = 20.0 if config.samples == "paper" else None  # ours does not depend on the scale
    names = ", ".join(Path(spec.partition("@")[0]).name for spec in config.data)
    name = f"{config.revision}-{config.model}"
    save_weights(path, model.state_dict(), model_cfg, name=name, max_depth=scale, trained_on=names)
    return path


class _Reporter:
    """Writes `config.json` and `log.jsonl`: loss parts, images/s, share of time spent waiting for data."""

    def __init__(self, out: Path, config: TrainConfig, log: Callable[[dict[str, Any]], None] | None) -> None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
        self.path, self.config, self.log = out / "log.jsonl", config, log
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
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        if self.log:
            self.log(record)
        self.sums, self.count, self.waited, self.since = {}, 0, 0.0, time.monotonic()
