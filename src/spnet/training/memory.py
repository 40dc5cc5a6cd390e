"""How much memory a training step takes, computed: the step runs without data, and every tensor's bytes are counted.

Tensors are fake (shapes without contents), so the largest network takes seconds and no memory. What is counted is what
lives at the same time: weights, gradients, the optimiser's moments, activations kept for the backward pass, and what
operations hold meanwhile. Not counted: the CUDA context (about 0.5 GB), work space inside convolutions, fragmentation.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from spnet.fill import FILL_CHANNELS
from spnet.model.build import build_model
from spnet.model.config import model_config
from spnet.training.batched import Batch
from spnet.training.config import TrainConfig
from spnet.training.step import checkpoint_blocks, make_optimizer, train_step


@dataclass(frozen=True)
class Memory:
    """Bytes of one training process.

    Attributes:
        weights: the network's parameters and buffers.
        standing: what lives from step to step: weights, their average, gradients and moments.
        peak: the most that lives at any moment of a step.
    """

    weights: int
    standing: int
    peak: int

    @property
    def activations(self) -> int:
        """What a step needs beside what lives from step to step."""
        return self.peak - self.standing


class Ledger(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Counts the bytes of all tensors that are made while it is on, until they are freed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, Tensor):
                self._enter(leaf)
        return out

    def _enter(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self._known:
            return
        self._known.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._leave, key, size)

    def _leave(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


def training_memory(config: TrainConfig, images: int, *, fake: bool = True) -> Memory:
    """Peak memory of a training step.

    Args:
        config: network, crop, loss, precision, activation checkpointing and average are read.
        images: at once.
        fake: False really runs the step, to check this function by.
    """
    network = model_config(config.model, config.norm, config.revision)
    ledger = Ledger()
    tensors: AbstractContextManager[Any] = FakeTensorMode(allow_non_fake_inputs=True) if fake else nullcontext()
    with torch.random.fork_rng(devices=[]), tensors, ledger:
        model = build_model(network).train()
        weights = ledger.now
        if config.channels_last:
            for parameter in model.parameters():  # `Module.to` would swap tensors, which fake ones do not allow
                if parameter.ndim == 4:
                    parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        if config.checkpoint_activations:
            checkpoint_blocks(model)
        optimizer = make_optimizer(config, model)
        before = ledger.now
        batch = made_up_batch(config, images)
        inputs = ledger.now - before
        for step in range(2):  # the moments are made in the first
            ledger.peak = ledger.now
            train_step(config, model, optimizer, [batch], step=step)
        average = weights if config.ema else 0
        return Memory(weights, ledger.now - inputs + average, ledger.peak + average)


def made_up_batch(config: TrainConfig, images: int) -> Batch:
    """Random inputs of the shapes that a training step takes."""
    channels = {"rgb": 3, "raw": 1, "gt": 1}
    if config.revision == "fill":
        channels["fill"] = FILL_CHANNELS
    shape = (config.crop, config.crop)
    return {name: torch.rand(images, count, *shape) + 0.1 for name, count in channels.items()}
