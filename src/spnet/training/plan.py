"""The plan of a training run before it starts: what is trained on what, how many steps, how much memory and time."""

from __future__ import annotations

import math
import os
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.utils.data import default_collate

from spnet.errors import BadInput
from spnet.model.build import parameter_count
from spnet.model.config import model_config
from spnet.training.batched import Batch, finish_batch
from spnet.training.config import TrainConfig, with_steps
from spnet.training.distributed import World
from spnet.training.feed import Shares
from spnet.training.loop import fresh_state
from spnet.training.memory import Memory, training_memory
from spnet.training.samples import TrainSamples
from spnet.training.schedule import warm_up_steps
from spnet.training.start import read_start, start_hash
from spnet.training.step import train_step

MEASURED_STEPS = 2
MEASURED_IMAGES = 2  # at once, on a CPU; a GPU is measured with what it is given in the run
MEASURED_SAMPLES = 8
GB = 1e9


@dataclass(frozen=True)
class Images:
    """The images of a run: `sets` name -> training images; `held_out` those of them that are validated on instead."""

    sets: dict[str, int]
    held_out: int

    @property
    def count(self) -> int:
        """Training images of all sets."""
        return sum(self.sets.values())


@dataclass(frozen=True)
class Speed:
    """Seconds measured here; `device` is where.

    Attributes:
        image: of a training step, per image.
        sample: of one worker, per sample.
        together: images a measured step.
    """

    device: str
    image: float
    sample: float
    together: int


@dataclass(frozen=True)
class Plan:
    """What a run is going to do.

    Attributes:
        config: the run; its `epochs` are turned into steps where there are images.
        epochs: passes over the images, 0 where there are none.
        processes: that share the batch.
        parameters: of the network.
        images: the data, or the sentence that says why there is none.
        micro: images that a process takes at once.
        memory: of one process.
        other: the same with activation checkpointing turned around.
        speed: or why it was not measured.
    """

    config: TrainConfig
    epochs: float
    processes: int
    parameters: int
    images: Images | str
    micro: int
    memory: Memory
    other: Memory
    speed: Speed | str

    def text(self, recipe: str, out: Path) -> str:
        """The plan, a line or a few a topic."""
        rows = [("recipe", f"{recipe}, into {out}"), *_rows(self)]
        wide = max(len(title) for title, _ in rows) + 2
        return "\n".join(
            textwrap.fill(text, 110, initial_indent=f"{title:{wide}}", subsequent_indent=" " * wide)
            for title, text in rows
        )


def make_plan(config: TrainConfig, *, processes: int = 1, device: torch.device | None = None) -> Plan:
    """Look at the data, compute the memory, and try a few steps.

    Args:
        config: the run.
        processes: that are going to share it.
        device: where the steps are tried; None: the CPU.

    Raises:
        BadInput: the batch cannot be shared by the processes, the model is unknown, or the start is of another network.
    """
    device = device or torch.device("cpu")
    network = model_config(config.model, config.norm, config.revision)
    if config.start:
        read_start(config)
    try:
        samples = TrainSamples(config, config.steps * config.batch)
        images: Images | str = _count(config, samples)
    except BadInput as error:
        images = str(error)
    epochs = config.epochs
    if isinstance(images, Images) and images.count:
        config = with_steps(config, images.count)
        epochs = config.steps * config.batch / images.count
    micro = Shares(config, World(size=processes), 0).micro
    other = replace(config, checkpoint_activations=not config.checkpoint_activations)
    memory, turned = training_memory(config, micro), training_memory(other, micro)
    speed: Speed | str = "there are no images"
    if isinstance(images, Images) and images.count:
        speed = _measure(config, samples, memory, micro, device)
    return Plan(config, epochs, processes, parameter_count(network), images, micro, memory, turned, speed)


def _count(config: TrainConfig, samples: TrainSamples) -> Images:
    counts = dict.fromkeys((data.name for data in samples.sets), 0)
    for index, _ in samples.where:
        counts[samples.sets[index].name] += 1
    there = sum(len(data) for data in samples.sets)
    return Images(counts, there - len(samples.where) if config.val_share and not config.overfit else 0)


def _measure(
    config: TrainConfig, samples: TrainSamples, memory: Memory, micro: int, device: torch.device
) -> Speed | str:
    """Seconds an image and a sample; a first one of each is not counted."""
    together = micro if device.type == "cuda" else min(micro, MEASURED_IMAGES)
    needed = memory.standing + memory.activations * together / micro
    free = _free_memory(device)
    if needed > free:
        return f"it needs {needed / GB:.1f} GB, and {free / GB:.1f} GB are free here"
    try:
        samples[0]
        start = time.perf_counter()
        made = [samples[index] for index in range(1, 1 + max(MEASURED_SAMPLES, together))]
        sample = (time.perf_counter() - start) / len(made)
    except BadInput as error:
        return str(error)
    batch = default_collate(made[:together])
    return Speed(str(device), _seconds_a_step(config, batch, device) / together, sample, together)


def _seconds_a_step(config: TrainConfig, made: Batch, device: torch.device) -> float:
    """From what the workers make to changed weights."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        state = fresh_state(config, device)
        for step in range(1 + MEASURED_STEPS):
            if step == 1:
                start = _now(device)
            batch = finish_batch(config, made, device)
            train_step(config, state.model, state.optimizer, [batch], step=step, scaler=state.scaler)
        return (_now(device) - start) / MEASURED_STEPS


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _free_memory(device: torch.device) -> float:
    """Bytes; infinite where the system does not tell."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError, AttributeError):
        return math.inf


def _rows(plan: Plan) -> Iterator[tuple[str, str]]:
    config = plan.config
    yield "network", f"{config.revision} {config.model}, norm {config.norm}: {plan.parameters:,} parameters"
    if config.start:
        yield "start", f"the weights of {config.start}, SHA-256 {start_hash(config.start) or 'unknown'}"
    if isinstance(plan.images, str):
        yield "data", plan.images
    else:
        sets = ", ".join(f"{name} {count:,}" for name, count in plan.images.sets.items())
        held = f"; {plan.images.held_out:,} more are held out for validation" if plan.images.held_out else ""
        yield "data", f"{plan.images.count:,} images ({sets}){held}"
    given = f' of "{config.sparsity}"' if config.sparsity else ""
    yield "samples", f"{config.samples}{given}, {config.crop}x{config.crop}; loss {config.loss}"
    yield "steps", _steps(plan)
    yield "batch", _batch(plan)
    yield "memory", _memory(plan)
    yield "time", _time(plan)
    yield "validation", _validation(config)
    stop = f"; stops after {config.max_minutes:g} minutes, to be continued" if config.max_minutes else ""
    yield "checkpoints", f"every {config.save_every:,} steps, the last {config.keep} are kept{stop}"


def _steps(plan: Plan) -> str:
    config = plan.config
    if isinstance(plan.images, str) and config.epochs:
        return f"as many as {config.epochs:g} epochs take"
    warm = warm_up_steps(config)
    after = "cosine to 0" if config.schedule == "cosine" else "constant, and falling to 0 over the last fifth"
    epochs = f" = {plan.epochs:.4g} epochs" if plan.epochs else ""
    return f"{config.steps:,}{epochs}; learning rate rising to {config.lr:g} at step {warm:,}, then {after}"


def _batch(plan: Plan) -> str:
    share = plan.config.batch // plan.processes
    rounds = -(-share // plan.micro)
    processes = "1 process" if plan.processes == 1 else f"{plan.processes} processes"
    if rounds == 1:
        return f"{plan.config.batch} a step = {processes} of {share}"
    return f"{plan.config.batch} a step = {processes} of {share}, in {rounds} rounds of up to {plan.micro}"


def _memory(plan: Plan) -> str:
    """In GB of 10^9 bytes."""
    own, other = plan.memory, plan.other
    flag = "--no-checkpoint-activations" if plan.config.checkpoint_activations else "--checkpoint-activations"
    return (
        f"{own.peak / GB:.2f} GB a process in {plan.config.precision} ({own.standing / GB:.2f} GB for weights, "
        f"gradients and optimiser; {own.activations / GB:.2f} GB for {plan.micro} images at once; computed); "
        f"{other.peak / GB:.2f} GB with {flag}"
    )


def _time(plan: Plan) -> str:
    if isinstance(plan.speed, str):
        return f"not measured: {plan.speed}"
    speed, config = plan.speed, plan.config
    workers = max(1, config.workers)
    share = config.batch / plan.processes
    step = max(share * speed.image, share * speed.sample / workers)
    if not config.workers:
        step = share * (speed.image + speed.sample)
    slower = "samples are" if speed.sample / workers > speed.image else "the network is"
    makers = "one process" if config.workers <= 1 else f"each of {config.workers} processes"
    compiled = ", without compilation" if config.compile else ""
    return (
        f"about {_duration(config.steps * step)}, should every process be like this one ({speed.device}): "
        f"{1 / speed.image:.3g} images/s in the network ({MEASURED_STEPS} steps of {speed.together}{compiled}), "
        f"{1 / speed.sample:.3g} samples/s from {makers}; {slower} the slower part"
    )


def _duration(seconds: float) -> str:
    """In the unit that fits.

    >>> _duration(40), _duration(5400), _duration(400_000)
    ('40 s', '90 minutes', '4.6 days')
    """
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "minutes"), (48 * 3600, 3600, "hours")):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86400:.1f} days"


def _validation(config: TrainConfig) -> str:
    if not config.val_every:
        return "none: give --val-every, and --val-share or --val-data"
    source = ", ".join(config.val_data) or f"{config.val_share:.2%} of the images, held out"
    patterns = ", ".join(config.val_patterns)
    images = f"on up to {config.val_images} images of {source}"
    return f"every {config.val_every:,} steps {images}; {patterns}; the best weights are kept"
