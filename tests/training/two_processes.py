"""What two processes do together in test_distributed.py: `two_processes.py FOLDER [many]`, once for each of them.

All runs of one start, since importing torch takes longer than they do. Each run is a folder below FOLDER.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from tiny_runs import add_dot, tiny

from spnet.errors import BadInput, SpnetError
from spnet.model.config import SIZES
from spnet.training import loop
from spnet.training.config import TrainConfig
from spnet.training.distributed import joined
from spnet.training.loop import train
from spnet.training.samples import TrainSamples

# One run a name, done by two processes here and by one in the test: the results must be the same.
EQUAL: dict[str, dict[str, Any]] = {
    "paper": {"steps": 20, "save_every": 20},
    "paper in parts": {"steps": 20, "batch": 6, "micro_batch": 2, "save_every": 20},
    "fill": {"revision": "fill", "samples": "family", "loss": "relative"},
}
# Stopped in the middle and gone on with, bit by bit the same; with all that could disturb it.
RESUMED: dict[str, dict[str, Any]] = {
    "resumed": {
        "steps": 4,
        "val_share": 0.4,
        "val_every": 2,
        "val_images": 1,
        "val_patterns": ("random(10%)",),
        "workers": 1,
    },
    "resumed in parts": {"steps": 4, "micro_batch": 1, "precision": "bf16"},
    "resumed BatchNorm": {"steps": 4, "norm": "BN"},
}


def interrupted_at(step: int, run: Callable[[], object], error: type[BaseException] = KeyboardInterrupt) -> None:
    """Run until the step of that number begins."""
    real = loop.train_step

    def until(*args: Any, **kwargs: Any) -> Any:
        if kwargs["step"] == step:
            raise error
        return real(*args, **kwargs)

    loop.train_step = until  # type: ignore[assignment]
    try:
        run()
    except error:
        pass
    else:
        raise AssertionError("it was not interrupted")
    finally:
        loop.train_step = real


def spoiled(rank: int, step: int) -> Callable[..., Any]:
    """`train_step` with one NaN in one process's share of one step's batch."""
    real = loop.train_step

    def spoil(config: Any, model: Any, optimizer: Any, batches: Any, **kwargs: Any) -> Any:
        if dist.get_rank() == rank and kwargs["step"] == step:
            batches[-1]["gt"][0, 0, 3, 3] = torch.nan
        return real(config, model, optimizer, batches, **kwargs)

    return spoil


def fails_in_one(config: TrainConfig, folder: Path) -> None:
    """The second process cannot read its images from the third step on."""
    usual = TrainSamples.__getitem__

    def item(self: TrainSamples, index: int) -> dict[str, torch.Tensor]:
        if dist.get_rank() == 1 and index > 9:
            raise BadInput(f"Training sample {index}: no.")
        return usual(self, index)

    TrainSamples.__getitem__ = item  # type: ignore[method-assign]
    train(config, folder)


def many(folder: Path) -> None:
    """A run of any number of processes, stopped and gone on with; wide, so that its gradients fill several buckets."""
    add_dot()
    SIZES["dot"] = replace(SIZES["dot"], dims=(96, 96, 96, 96))
    torch.set_num_threads(1)
    with joined("cpu") as world:
        config = tiny(folder / "walls", batch=2 * world.size)
        train(config, folder / "whole")
        interrupted_at(3, lambda: train(config, folder / "resumed"))
        train(config, folder / "resumed")


def main(folder: Path) -> None:
    add_dot()
    torch.set_num_threads(1)
    with joined("cpu"):
        base = tiny(folder / "walls")
        for name, changes in EQUAL.items():
            train(replace(base, **changes), folder / name)
        for name, changes in RESUMED.items():
            config = replace(base, **changes)
            train(config, folder / f"{name}, whole")
            interrupted_at(3, lambda config=config, name=name: train(config, folder / name))  # type: ignore[misc]
            train(config, folder / name)

        real, loop.train_step = loop.train_step, spoiled(1, 2)
        train(base, folder / "NaN")
        loop.train_step = real

        def stop_me(record: dict[str, Any]) -> None:  # only process 0 has a log
            if record["step"] == 3:
                os.kill(os.getpid(), signal.SIGTERM)

        assert train(replace(base, save_every=100), folder / "stopped", stop_me) is None
        try:
            train(replace(base, batch=5), folder / "odd")
        except BadInput as error:
            (folder / f"odd {dist.get_rank()}.txt").write_text(str(error))
        fails_in_one(replace(base, steps=50), folder / "failed")


if __name__ == "__main__":
    try:
        (many if "many" in sys.argv else main)(Path(sys.argv[1]))
    except SpnetError as error:
        print(error)
        sys.exit(1)
