"""Batches of a run in their order, to each process its share, from any step on."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import torch
from torch.utils.data import DataLoader, Sampler

from spnet.datasets.generated import GeneratedDataset
from spnet.errors import SpnetError
from spnet.scenes.sampler import studio_is_open
from spnet.training.batched import Batch, Made
from spnet.training.config import TrainConfig
from spnet.training.distributed import World
from spnet.training.samples import TrainSamples
from spnet.training.signals import leave_signals_to_the_training

PREFETCH = 4  # micro-batches that each worker makes ahead


class Shares(Sampler[list[int]]):
    """Numbers of a process's samples, a list a micro-batch: of each batch it takes every `world.size`-th.

    So all processes together take each sample once, and the same samples a step as one process would.

    >>> list(Shares(TrainConfig(batch=8, steps=2, micro_batch=3), World(rank=1, size=2), step=1))
    [[9, 11, 13], [15]]
    """

    def __init__(self, config: TrainConfig, world: World, step: int) -> None:
        self.config, self.world, self.step = config, world, step
        share = world.share(config.batch)
        self.micro = min(config.micro_batch or share, share)
        self.per_step = -(-share // self.micro)

    def __len__(self) -> int:
        return (self.config.steps - self.step) * self.per_step

    def __iter__(self) -> Iterator[list[int]]:
        batch = self.config.batch
        for step in range(self.step, self.config.steps):
            mine = range(step * batch + self.world.rank, (step + 1) * batch, self.world.size)
            yield from (list(mine[i : i + self.micro]) for i in range(0, len(mine), self.micro))


class Unmade(Sequence[Batch]):
    """Samples that are made each time they are taken."""

    def __init__(self, samples: TrainSamples, numbers: Sequence[int]) -> None:
        self.samples, self.numbers = samples, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, place: int) -> Batch:  # type: ignore[override]  # no slices
        return self.samples[self.numbers[place]]


def feed(config: TrainConfig, samples: TrainSamples, world: World, step: int) -> Generator[list[Made], None, None]:
    """A process's micro-batches of each step, from `step` to the end of the run. Close it: its workers end with it.

    On a CPU without workers a sample is made when `finish_batch` takes it, and still in the processor's cache then.

    Raises:
        SpnetError: what a worker raised.
    """
    shares = Shares(config, world, step)
    batches: Iterator[Made]
    if not config.workers and world.device.type == "cpu":
        batches = (Unmade(samples, numbers) for numbers in shares)
    else:
        batches = iter(_loader(config, samples, world, shares))
    try:
        for _ in range(step, config.steps):
            yield [_next(batches) for _ in range(shares.per_step)]
    finally:
        # Otherwise the workers end when nobody refers to the iterator any more, which the traceback of an error does.
        getattr(batches, "_shutdown_workers", lambda: None)()


def _loader(config: TrainConfig, samples: TrainSamples, world: World, shares: Shares) -> DataLoader[Batch]:
    return DataLoader(
        samples,
        batch_sampler=shares,
        num_workers=config.workers,
        prefetch_factor=PREFETCH if config.workers else None,
        pin_memory=world.device.type == "cuda",
        worker_init_fn=leave_signals_to_the_training,
        multiprocessing_context=start_method(config, samples),
        # A loader draws a seed for its workers. From the global generator, a resumed run would draw once too often.
        generator=torch.Generator(),
    )


def start_method(config: TrainConfig, samples: TrainSamples) -> str | None:
    """How data workers are started: "spawn" where scenes were rendered in this process, else as Python does.

    OpenGL does not survive a fork of the process that has opened it; in the forked one it waits for ever.
    """
    rendering = any(isinstance(data, GeneratedDataset) for data in samples.sets)
    return "spawn" if config.workers and rendering and studio_is_open() else None


def _next(batches: Iterator[Made]) -> Made:
    try:
        return next(batches)
    except SpnetError as error:
        # A worker's error carries the worker's traceback as text; its last line is the sentence.
        sentence = str(error).strip().rpartition(f"{type(error).__name__}: ")[2]
        raise type(error)(sentence) from None
