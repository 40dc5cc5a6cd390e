"""The training loop, top to bottom: one process or many, deterministic by seed, resumed from its checkpoints."""

from __future__ import annotations

import copy
import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from spnet.errors import BadInput, SpnetWarning
from spnet.model.build import build_model
from spnet.model.config import model_config
from spnet.model.weights import save_weights
from spnet.training.batched import Made, finish_batch
from spnet.training.checkpoint import (
    Best,
    TrainState,
    load_checkpoint,
    load_newest,
    name_last,
    remove_remnants,
    restore,
    save_checkpoint,
)
from spnet.training.config import TrainConfig, with_steps
from spnet.training.distributed import CPU, World, joined
from spnet.training.feed import feed
from spnet.training.health import Health
from spnet.training.monitor import Monitor, SilentMonitor
from spnet.training.samples import PAPER_MAX_DEPTH, Batch, TrainSamples
from spnet.training.schedule import learning_rate, warm_up_steps
from spnet.training.signals import stop_on_signals
from spnet.training.start import begin_from_start
from spnet.training.step import checkpoint_blocks, make_optimizer, make_scaler, put_back, settle, train_step
from spnet.training.validation import Validator

RESULT, BEST = "model.safetensors", "best.safetensors"

LogFunction = Callable[[dict[str, Any]], None]


def train(config: TrainConfig, out: str | Path, log: LogFunction | None = None, *, device: str = "auto") -> Path | None:
    """Train, or go on training, in folder `out`.

    Under `torchrun` every process calls this; the batch is shared among them, and process 0 logs and writes. The folder
    is then on a file system that all of them see.

    Args:
        config: the run.
        out: folder for `config.json`, `log.jsonl`, the checkpoints, the best weights by validation `best.safetensors`
            and the result `model.safetensors`.
        log: receives every log record as well, in process 0.
        device: "auto" (GPUs where there are any), "cpu", "cuda" or "cuda:1".

    Returns:
        The result's path, or None where `max_minutes`, SIGTERM or Ctrl-C ended the run early (call again to continue).

    Raises:
        BadInput: no data, `out` holds a run with another configuration, the processes cannot share the batch, or loss
            or gradient stay infinite or NaN for `bad_steps` steps.
        BadWeights: no checkpoint in `out`, or not the `start`, can be used.
        CannotWrite: `out` cannot be written.
        SpnetError: another process of the run is lost.
    """
    start = time.monotonic()
    with joined(device) as world, stop_on_signals() as asked, _own_random_state(world.device):
        world.share(config.batch)
        samples = TrainSamples(config, config.steps * config.batch)
        config = with_steps(config, len(samples.where))
        samples.length = config.steps * config.batch
        torch.manual_seed(config.seed)
        run = _Run(config, Path(out), world, samples, fresh_state(config, world.device))
        run.resume()
        limit = start + 60 * config.max_minutes if config.max_minutes else math.inf
        return run.go(log, lambda: asked() or time.monotonic() > limit)


@contextmanager
def _own_random_state(device: torch.device) -> Iterator[None]:
    """Weights and drop-path draw from torch's generators: the caller's stay as they are."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


def fresh_state(config: TrainConfig, device: torch.device = CPU) -> TrainState:
    """A network, its optimiser and average before the first step; draws from torch's global generator."""
    model = build_model(model_config(config.model, config.norm, config.revision)).to(device).train()
    if config.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = copy.deepcopy(model).requires_grad_(False) if config.ema else None
    if config.checkpoint_activations:
        checkpoint_blocks(model)
    return TrainState(model, make_optimizer(config, model), make_scaler(config, device), ema, warm_up_steps(config))


@dataclass
class _Run:
    """A run in one of its processes."""

    config: TrainConfig
    out: Path
    world: World
    samples: TrainSamples
    state: TrainState
    monitor: Monitor | SilentMonitor = field(default_factory=SilentMonitor)
    validator: Validator | None = None
    saved: int = -1  # step of the newest checkpoint
    settled: bool = False
    finished: list[Batch] = field(default_factory=list)  # the last step's micro-batches

    def __post_init__(self) -> None:
        self.settled = self.world.size == 1
        names = self.samples.fingerprint_of_names()
        if self.world.from_first(names) != names:
            raise BadInput(
                f"Process {self.world.rank} sees other images than process 0: all need the same data folders."
            )
        # Their content is looked at once: to read it all can take long.
        self.images: str = self.world.from_first(self.samples.fingerprint() if self.world.first else "")

    def resume(self) -> None:
        """Go to where the run stood; all processes from the checkpoint that the first one finds to be sound.

        Without one, the run begins: with the weights of its `start`, if it has one.
        """
        if self.world.first:
            remove_remnants(self.out)
        found = load_newest(self.out) if self.world.first else None
        path = self.world.from_first(found[0] if found else None)
        if path is None:
            if self.config.start:
                networks = [self.state.model, *([self.state.ema] if self.state.ema else [])]
                self.state.start = begin_from_start(self.config, networks)
            return
        if found is None:
            found = _same_checkpoint(path, self.world)
        images = (self.images, self.samples.fingerprint_of_names())
        with warnings.catch_warnings():
            if not self.world.first:  # one says it
                warnings.simplefilter("ignore")
            restore(found[1], self.out, self.config, self.state, images)
        if self.world.first:
            name_last(path)  # it may be damaged, or not have got so far
        self.saved = self.state.step

    def go(self, log: LogFunction | None, stop: Callable[[], bool]) -> Path | None:
        """Train to the end or until `stop` in any of the processes."""
        config, state = self.config, self.state
        if self.world.first:
            self.validator = Validator(config) if config.val_every else None
            self.monitor = Monitor(self.out, config, state.step, log)
            self._introduce()
            self._warn_of_batch_norm()
        health = Health(config, self.out, state, self.monitor, self._names)
        model = self.world.replicate(state.model)
        # Not for any size, which Inductor fails at: torch takes to it where one process compiles a second network.
        forward: Callable[..., Any] = torch.compile(model, dynamic=False) if config.compile else model
        try:
            if config.start and config.val_every and state.step == 0:
                self._validate()  # what the steps have to be better than
            with closing(feed(config, self.samples, self.world, state.step)) as batches:
                while state.step < config.steps:
                    if self.world.any(stop()):
                        health.read()
                        self._save()
                        return None
                    self._step(forward, batches, health)
            return self._save_weights(RESULT, state.result)
        finally:
            self.monitor.close(state.step)

    def _step(self, forward: Callable[..., Any], batches: Iterator[list[Made]], health: Health) -> None:
        """One step, and what is due after it: validation, checkpoint."""
        config, state = self.config, self.state
        self.monitor.waiting()
        micro_batches = self._finished(next(batches))
        self.monitor.working()
        if not self.settled:
            settle(config, forward, state.model, micro_batches[0])
            self.settled = True
        rate = learning_rate(config, state.step, state.warm)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        buffers = [buffer.clone() for buffer in state.model.buffers()]
        done = train_step(
            config, forward, state.optimizer, micro_batches, step=state.step, world=self.world, scaler=state.scaler
        )
        put_back(state.model, buffers, done.bad)
        if state.ema is not None:
            _average(state.ema, state.model, min(config.ema, (1 + state.step) / (10 + state.step)))
        state.step += 1
        if state.step % config.log_every == 0 or state.step == config.steps:
            self._name_bad_images()
        health.add(done, rate)
        if self.monitor.wants_panel(state.step):
            self.monitor.panel(state.step, done.batch, done.pred)
        last = state.step == config.steps
        if config.val_every and (last or state.step % config.val_every == 0):
            health.read()
            self._validate()
        if last or state.step % config.save_every == 0:
            health.read()
            self._save()

    def _finished(self, batches: list[Made]) -> list[Batch]:
        """On a CPU in the memory of the step before, whose batches nobody needs any more."""
        config, device = self.config, self.world.device
        before = self.finished or [{} for _ in batches]
        made = [finish_batch(config, batch, device, memory) for batch, memory in zip(batches, before, strict=True)]
        self.finished = made if device.type == "cpu" else []
        return made

    def _name_bad_images(self) -> None:
        for name, reason in self.samples.unreadable(self.world).items():
            self.monitor.bad_image(self.state.step, name, reason)

    def _validate(self) -> None:
        if self.validator is None:
            return
        scores = self.validator.run(self.state.result)
        self.monitor.validated(self.state.step, scores)
        self.monitor.validation_panel(self.state.step, self.validator.shown)
        best = self.state.best.score if self.state.best else math.inf
        if scores["rel"] < best:  # never, where it is NaN
            self._save_weights(BEST, self.state.result)
            self.state.best = Best(scores["rel"], self.state.step)

    def _save(self) -> None:
        if self.world.first and self.saved != self.state.step:
            save_checkpoint(self.out, self.config, self.state, self.images)
        self.saved = self.state.step

    def _save_weights(self, name: str, model: nn.Module) -> Path:
        path, config = self.out / name, self.config
        scale = PAPER_MAX_DEPTH if config.samples != "family" else None  # ours does not depend on the scale
        trained_on = ", ".join(dict.fromkeys(data.name for data in self.samples.sets))
        network = model_config(config.model, config.norm, config.revision)
        if self.world.first:
            title = f"{config.revision}-{config.model}"
            save_weights(path, model.state_dict(), network, name=title, max_depth=scale, trained_on=trained_on)
        return path

    def _warn_of_batch_norm(self) -> None:
        share, batch = self.world.share(self.config.batch), self.config.batch
        seen = min(self.config.micro_batch or share, share)
        if self.world.device.type == "cuda":  # see `World.replicate`
            seen *= self.world.size
        if seen < batch and any(isinstance(module, nn.BatchNorm2d) for module in self.state.model.modules()):
            warnings.warn(
                f"BatchNorm's statistics are of {seen} samples, not of the batch of {batch}: the result is not that of "
                "one process which takes the batch at once.",
                SpnetWarning,
                stacklevel=2,
            )

    def _introduce(self) -> None:
        counts: dict[str, int] = {}
        for index, _ in self.samples.where:
            name = self.samples.sets[index].name
            counts[name] = counts.get(name, 0) + 1
        self.monitor.note(
            data=[{"name": name, "images": images} for name, images in counts.items()],
            parameters=sum(p.numel() for p in self.state.model.parameters()),
            processes=self.world.size,
            warm_up_steps=self.state.warm,
            **({"start": {"weights": self.config.start, "sha256": self.state.start}} if self.config.start else {}),
        )

    def _names(self, step: int) -> list[str]:
        """The images of a step's batch."""
        first = step * self.config.batch
        where = [self.samples.position(index) for index in range(first, first + self.config.batch)]
        return [f"{self.samples.sets[data].name}/{self.samples.sets[data].pairs[item].name}" for data, item in where]


def _same_checkpoint(path: Path, world: World) -> tuple[Path, dict[str, Any]]:
    """What process 0 goes on from, read by another one."""
    if not path.exists():
        raise BadInput(
            f"Process {world.rank} does not see {path}, which process 0 goes on from: all machines of a run need a "
            "folder that they share."
        )
    return path, load_checkpoint(path)


@torch.no_grad()
def _average(ema: nn.Module, model: nn.Module, decay: float) -> None:
    torch._foreach_lerp_(list(ema.parameters()), list(model.parameters()), 1 - decay)
    for average, current in zip(ema.buffers(), model.buffers(), strict=True):
        average.copy_(current)
