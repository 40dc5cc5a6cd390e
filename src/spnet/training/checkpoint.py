"""A training checkpoint: everything that is needed to go on as if the run had never stopped."""

from __future__ import annotations

import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from spnet.errors import BadWeights
from spnet.files import atomic_path
from spnet.training.config import TrainConfig

LAST = "last.pt"


def save_checkpoint(
    folder: Path,
    config: TrainConfig,
    step: int,
    model: nn.Module,
    ema: nn.Module | None,
    optimizer: torch.optim.Optimizer,
) -> Path:
    """Write `<folder>/last.pt`, atomically.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    state = {
        "config": asdict(config),
        "step": step,
        "network": model.state_dict(),
        "ema": ema.state_dict() if ema else None,
        "optimizer": optimizer.state_dict(),
        "random": torch.get_rng_state(),
    }
    path = folder / LAST
    with atomic_path(path) as temporary:
        torch.save(state, temporary)
    return path


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """Read `<folder>/last.pt`; None where there is none.

    Raises:
        BadWeights: the file is damaged.
    """
    path = folder / LAST
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError) as error:
        raise BadWeights(f"The checkpoint {path} cannot be read ({error}); delete it to start again.") from error
    return state
