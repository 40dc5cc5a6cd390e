"""A training checkpoint: everything that is needed to go on as if the run had never stopped."""

from __future__ import annotations

import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from spnet.errors import BadInput, BadWeights, CannotWrite
from spnet.files import atomic_path
from spnet.training.config import FALL, TrainConfig, config_from_dict

LAST = "last.pt"
# What may differ between a run and its continuation. Folders may have moved: what is in them is compared instead.
FREE_FIELDS = {"max_minutes", "workers", "save_every", "log_every", "compile", "data", "hole_maps"}
KEYS = {"config", "step", "network", "ema", "optimizer", "random"}


@dataclass
class TrainState:
    """What changes from step to step.

    Attributes:
        model: the network that is trained.
        optimizer: of its parameters.
        ema: the weights' moving average, where the run has one.
        step: steps done.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    ema: nn.Module | None = None
    step: int = 0


def save_checkpoint(folder: Path, config: TrainConfig, state: TrainState, images: str) -> None:
    """Write `<folder>/last.pt`, atomically; `images` is `TrainSamples.fingerprint`.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    content = {
        "config": asdict(config),
        "images": images,
        "step": state.step,
        "network": state.model.state_dict(),
        "ema": state.ema.state_dict() if state.ema else None,
        "optimizer": state.optimizer.state_dict(),
        "random": torch.get_rng_state(),
    }
    path = folder / LAST
    with atomic_path(path) as temporary:
        try:
            torch.save(content, temporary)
        except RuntimeError as error:  # how torch reports a full disk
            raise CannotWrite(f"Cannot write {path}: {_first_line(error)}.") from error


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """Read `<folder>/last.pt`; None where there is none.

    Raises:
        BadWeights: the file is damaged or no checkpoint of a training run.
    """
    path = folder / LAST
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError) as error:
        raise BadWeights(
            f"The checkpoint {path} cannot be read ({_first_line(error)}); delete it to start again."
        ) from error
    if not (isinstance(content, dict) and content.keys() >= KEYS):
        raise BadWeights(f"{path} is no checkpoint of a training run; delete it to start again.")
    return content


def resume(folder: Path, config: TrainConfig, state: TrainState, images: str) -> None:
    """Bring `state`, and torch's global random state, to where the run in `folder` stopped; without a run, do nothing.

    Raises:
        BadInput: the run there has another configuration or other images.
        BadWeights: its checkpoint cannot be used.
    """
    saved = load_checkpoint(folder)
    if saved is None:
        return
    changed = _changes(saved, config, images)
    if changed:
        raise BadInput(f"{folder} holds a run with other {', '.join(changed)}: use the same, or another folder.")
    state.model.load_state_dict(saved["network"])
    if state.ema is not None:
        state.ema.load_state_dict(saved["ema"])
    state.optimizer.load_state_dict(saved["optimizer"])
    state.step = int(saved["step"])
    torch.set_rng_state(saved["random"])


def _changes(saved: dict[str, Any], config: TrainConfig, images: str) -> list[str]:
    """Names of what differs from the saved run and would make this one another run."""
    try:
        before = config_from_dict(saved["config"])
    except TypeError:
        raise BadWeights("The checkpoint is of another version of spnet; use another folder.") from None
    # While the rate of a "constant" schedule is constant, the run may be made longer or shorter.
    constant = config.schedule == "constant" and saved["step"] <= (1 - FALL) * min(config.steps, before.steps)
    free = FREE_FIELDS | ({"steps", "warmup"} if constant else set())
    now, then = asdict(config), asdict(before)
    changed = sorted(key for key in now if key not in free and now[key] != then[key])
    return changed if saved.get("images", images) == images else [*changed, "images or hole masks"]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
