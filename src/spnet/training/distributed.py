"""Several processes, started by `torchrun`, that train one network together: who they are, what they tell each other.

Each has its share of every batch and the same weights; after each backward pass the gradients are added up. All of
them take every decision (to stop, to leave out a step) alike, since one that waits for the others would wait for ever.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from spnet.backends.pytorch import find_device
from spnet.errors import BadInput, SpnetError

# How long one waits for another, which may be validating or writing a checkpoint, before the run is given up (ours).
TIMEOUT = timedelta(minutes=30)
_LOST = re.compile(r"gloo|nccl|connection (reset|closed|refused)|broken pipe|timed out|timeout|socket", re.IGNORECASE)

CPU = torch.device("cpu")

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """The processes of a run, seen from one of them.

    Attributes:
        rank: number of this one, 0 for the one that logs and writes.
        size: how many there are.
        device: where this one trains.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = CPU

    @property
    def first(self) -> bool:
        """Whether this is the one that logs, validates and writes."""
        return self.rank == 0

    def share(self, batch: int) -> int:
        """How many samples of a batch are this process's.

        Raises:
            BadInput: the batch cannot be divided equally.
        """
        if batch % self.size:
            fits = f"{self.size * max(1, batch // self.size)} or {self.size * (batch // self.size + 1)}"
            raise BadInput(f"A batch of {batch} cannot be shared equally by {self.size} processes: make it {fits}.")
        return batch // self.size

    def sum(self, value: Tensor) -> Tensor:
        """The sum over all processes, in place; the same bits everywhere."""
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def any(self, flag: bool) -> bool:
        """Whether it is true in any process. Goes through the CPUs: no GPU is waited for."""
        if self.size == 1:
            return flag
        flags = torch.tensor([int(flag)])
        dist.all_reduce(flags, op=dist.ReduceOp.MAX)
        return bool(flags.item())

    def from_first(self, value: T) -> T:
        """What process 0 passes here; the others wait for it."""
        if self.size == 1:
            return value
        box = [value if self.first else None]
        dist.broadcast_object_list(box, src=0, device=CPU)
        return box[0]  # type: ignore[return-value]

    def replicate(self, model: nn.Module) -> nn.Module:
        """The model such that its backward pass averages the gradients over all processes.

        BatchNorm layers on GPUs become `SyncBatchNorm` under the same names, whose statistics are of all processes'
        micro-batches. PyTorch has none for CPUs: there each process's are its own, the running ones process 0's.
        """
        if self.size == 1:
            return model
        if self.device.type == "cpu":
            return DistributedDataParallel(model, gradient_as_bucket_view=True)
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(model, device_ids=[self.device], gradient_as_bucket_view=True)


def is_first() -> bool:
    """Whether this process, by its environment, is the one that speaks; true outside of `torchrun`."""
    return _number("RANK", 0) == 0


@contextmanager
def joined(device: str = "auto") -> Iterator[World]:
    """Join the processes that the environment tells of (`torchrun` sets it); alone where it tells of none.

    A group that the caller has already made is used, and left as it is.

    Args:
        device: "auto" (a GPU for each process where there are any), "cpu", "cuda" or "cuda:1".

    Raises:
        BadInput: the environment makes no sense, the port is in use, or the machine has too few GPUs.
        SpnetError: another process was lost on the way.
    """
    if dist.is_available() and dist.is_initialized():
        yield World(dist.get_rank(), dist.get_world_size(), _place(device))
        return
    size = _number("WORLD_SIZE", 1)
    if size < 2:
        yield World(device=find_device(device))
        return
    place = _place(device)
    _open(place)
    world = World(dist.get_rank(), size, place)
    try:
        with warnings.catch_warnings():
            # Depthwise weights in channels-last memory: one small copy of their gradients, and no error.
            warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")
            yield world
        world.any(False)  # nobody leaves before all are done: process 0 may still be writing
    except RuntimeError as error:
        if isinstance(error, SpnetError) or not (isinstance(error, dist.DistError) or _LOST.search(str(error))):
            raise
        raise SpnetError(
            f"Process {world.rank} of {size} has lost the others: one of them has probably failed and says why. "
            f"The same command goes on from the last checkpoint. ({_first_line(error)})"
        ) from error
    finally:
        if place.type == "cpu" or sys.exc_info()[0] is None:  # NCCL would wait for those that are gone
            dist.destroy_process_group()


def _open(place: torch.device) -> None:
    """Meet the others at MASTER_ADDR:MASTER_PORT."""
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise BadInput(
            f"WORLD_SIZE is {os.environ['WORLD_SIZE']}, but {', '.join(missing)} is not set: start with `torchrun`, "
            "or unset WORLD_SIZE to train in one process."
        )
    backend = "cpu:gloo,cuda:nccl" if place.type == "cuda" else "gloo"
    try:
        dist.init_process_group(backend, timeout=TIMEOUT)
    except (dist.DistError, RuntimeError, ValueError) as error:
        meeting = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        if "EADDRINUSE" in str(error) or "address already in use" in str(error).lower():
            raise BadInput(
                f"{meeting} is in use by another program: choose another port, `torchrun --master-port` or MASTER_PORT."
            ) from error
        raise BadInput(f"The processes cannot meet at {meeting}: {_first_line(error)}.") from error


def _place(device: str) -> torch.device:
    """This process's device: each process of a machine has a GPU of its own."""
    place = find_device(device)
    if place.type != "cuda":
        return place
    index = _number("LOCAL_RANK", _number("RANK", 0)) if place.index is None else place.index
    if index >= torch.cuda.device_count():
        raise BadInput(
            f"Process {index} of this machine has no GPU: there are {torch.cuda.device_count()}. Start no more "
            "processes than that on it (`torchrun --nproc-per-node`), or train on the CPU."
        )
    torch.cuda.set_device(index)
    return torch.device("cuda", index)


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if text and not text.isdecimal():
        raise BadInput(f"The environment variable {name} is {text!r}; `torchrun` sets it to a whole number.")
    return int(text) if text else default


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
