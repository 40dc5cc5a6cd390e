"""Training checkpoints: everything that is needed to go on as if the run had never stopped.

A run's folder holds the newest few as `step_00001000.pt`, and `last.pt`, another name of the newest. Each is complete
or absent; one that a failing disk has damaged all the same is passed over for the one before.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import warnings
import zipfile
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from spnet.errors import BadInput, BadWeights, CannotWrite, SpnetWarning
from spnet.files import atomic_path
from spnet.training.config import TrainConfig, config_from_dict
from spnet.training.panels import FOLDER as PANELS
from spnet.training.schedule import jump, warm_up_steps
from spnet.training.start import other_start

LAST = "last.pt"
_STEP = re.compile(r"step_(\d{8,})\.pt")
_REMNANT = re.compile(r"\.[0-9a-f]{16}\.[a-z]+")  # what `atomic_path` was writing when the process was killed
# What may differ between a run and its continuation. Folders may have moved: what is in them is compared instead.
FREE_FIELDS = {"max_minutes", "workers", "save_every", "keep", "log_every", "compile", "data", "hole_maps", "start",
               "bad_steps", "cache", "micro_batch", "checkpoint_activations", "tensorboard", "panel_every",
               "val_every"}  # fmt: skip
KEYS = {"config", "step", "network", "ema", "optimizer", "random"}


@dataclass(frozen=True)
class Best:
    """The best validation so far: its score, lower is better, and the steps that were done then."""

    score: float
    step: int


@dataclass
class TrainState:
    """What changes from step to step.

    Attributes:
        model: the network that is trained.
        optimizer: of its parameters.
        scaler: of the loss, for fp16; disabled otherwise.
        ema: the weights' moving average, where the run has one.
        warm: steps of the warm-up, as the run's first start had it: another number of steps does not change it.
        start: SHA-256 of the file that the run began with, "" for random weights.
        step: steps done, also those that were left out. Schedule and samples follow from it.
        best: of the validations.
        skipped: steps that were left out because loss or gradient was not finite.
        streak: how many of them were the last ones.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    ema: nn.Module | None = None
    warm: int = 1
    start: str = ""
    step: int = 0
    best: Best | None = None
    skipped: int = 0
    streak: int = 0

    @property
    def result(self) -> nn.Module:
        """The network that is validated and saved: the average where there is one."""
        return self.model if self.ema is None else self.ema


def save_checkpoint(folder: Path, config: TrainConfig, state: TrainState, images: str) -> Path:
    """Write `<folder>/step_<step>.pt`, point `last.pt` to it, and remove all but the newest `config.keep`.

    Args:
        folder: of the run.
        config: the run.
        state: what is saved. All processes of a run have the same, random states included; one of them saves.
        images: `TrainSamples.fingerprint`.

    Returns:
        The file.

    Raises:
        CannotWrite: the folder cannot be written, or the disk is full; the checkpoints before are still there.
    """
    path = folder / f"step_{state.step:08d}.pt"
    with atomic_path(path) as temporary:
        try:
            torch.save(_content(config, state, images), temporary)
        except RuntimeError as error:  # how torch reports a full disk
            raise CannotWrite(f"Cannot write {path}: {_first_line(error)}.") from error
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())  # a machine that fails must not leave the name without the bytes
    name_last(path)
    _remove_others(folder, config.keep, state.step)
    return path


def name_last(path: Path) -> None:
    """Make `last.pt` another name of a checkpoint beside it, or a copy on file systems without links.

    Raises:
        CannotWrite: the folder cannot be written, or the disk is full.
    """
    last = path.with_name(LAST)
    if path == last or (last.exists() and last.samefile(path)):
        return
    with atomic_path(last) as temporary:
        temporary.unlink()
        try:
            os.link(path, temporary)
        except OSError:
            shutil.copyfile(path, temporary)


def _content(config: TrainConfig, state: TrainState, images: str) -> dict[str, Any]:
    return {
        "config": asdict(config),
        "images": images,
        "step": state.step,
        "warm": state.warm,
        "start": state.start,
        "network": state.model.state_dict(),
        "ema": state.ema.state_dict() if state.ema else None,
        "optimizer": state.optimizer.state_dict(),
        "scaler": state.scaler.state_dict(),
        "random": {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state() if _on_gpu(state) else None},
        "best": asdict(state.best) if state.best else None,
        "skipped": state.skipped,
        "streak": state.streak,
    }


def _remove_others(folder: Path, keep: int, step: int) -> None:
    """Old checkpoints; and those of later steps, from which the run could not go on."""
    found = _by_step(folder)
    kept = sorted(number for number in found if number <= step)[-keep:]
    for number, path in found.items():
        if number not in kept:
            path.unlink(missing_ok=True)


def _by_step(folder: Path) -> dict[int, Path]:
    matches = ((_STEP.fullmatch(path.name), path) for path in folder.glob("step_*.pt"))
    return {int(match[1]): path for match, path in matches if match}


def remove_remnants(folder: Path) -> None:
    """Remove the half-written files of a run that was killed; only while nobody trains in the folder."""
    for path in [*folder.glob(".*"), *(folder / PANELS).glob(".*")]:
        if _REMNANT.fullmatch(path.name):
            path.unlink(missing_ok=True)


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run, newest first; `last.pt`, usually the first one's other name, at the end."""
    found = [path for _, path in sorted(_by_step(folder).items(), reverse=True)]
    return [*found, folder / LAST] if (folder / LAST).exists() else found


def load_newest(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The newest checkpoint that can be read, and what is in it; None where there is none at all.

    Raises:
        BadWeights: there are checkpoints, and none can be used.
    """
    damaged: list[str] = []
    for path in checkpoints(folder):
        try:
            content = load_checkpoint(path)
        except BadWeights as error:
            damaged.append(str(error))
            continue
        for sentence in damaged:
            warnings.warn(f"{sentence} The run goes on from {path.name} (step {content['step']}).", SpnetWarning, 2)
        return path, content
    if damaged:
        raise BadWeights(f"{damaged[0]} Delete the checkpoints in {folder} to start again.")
    return None


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint, onto the CPU.

    Raises:
        BadWeights: the file is damaged or no checkpoint of a training run.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        with zipfile.ZipFile(path) as archive:  # torch itself does not look at the checksums
            if archive.testzip() is not None:
                raise BadWeights(f"The checkpoint {path} cannot be read (its checksums differ).")
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        if isinstance(error, BadWeights):
            raise
        raise BadWeights(f"The checkpoint {path} cannot be read ({_first_line(error)}).") from error
    if not (isinstance(content, dict) and content.keys() >= KEYS):
        raise BadWeights(f"{path} is no checkpoint of a training run.")
    return content


def restore(
    saved: dict[str, Any], folder: Path, config: TrainConfig, state: TrainState, images: Collection[str]
) -> None:
    """Bring `state`, and torch's global random state, to where the run was when the checkpoint was written.

    Args:
        saved: what is in the checkpoint.
        folder: of the run.
        config: as the run is to go on.
        state: of a fresh run; it is changed.
        images: what stands for the images now, as this version and as earlier ones put it.

    Raises:
        BadInput: the run there has another configuration or other images.
        BadWeights: the checkpoint cannot be used.

    Warns:
        SpnetWarning: another number of steps makes the learning rate jump.
    """
    before = _config_of(saved)
    changed = _changes(saved, before, config, images)
    if changed:
        hint = "; only one with --schedule constant may be given other --steps" if changed == ["steps"] else ""
        raise BadInput(f"{folder} holds a run with other {', '.join(changed)}: use the same, or another folder{hint}.")
    state.warm, state.start = saved.get("warm", warm_up_steps(before)), saved.get("start", "")
    if config.steps != before.steps:
        _other_steps(before, config, saved["step"], state.warm, folder)
    state.model.load_state_dict(saved["network"])
    if state.ema is not None:
        state.ema.load_state_dict(saved["ema"])
    _restore_optimizer(state.optimizer, saved["optimizer"])
    if saved.get("scaler"):
        state.scaler.load_state_dict(saved["scaler"])
    state.step = int(saved["step"])
    state.best = Best(**saved["best"]) if saved.get("best") else None
    state.skipped, state.streak = saved.get("skipped", 0), saved.get("streak", 0)
    random = saved["random"]
    torch.set_rng_state(random if isinstance(random, torch.Tensor) else random["cpu"])  # a tensor: of an older version
    if isinstance(random, dict) and random["cuda"] is not None and _on_gpu(state):
        torch.cuda.set_rng_state(random["cuda"])


def _on_gpu(state: TrainState) -> bool:
    return next(state.model.parameters()).device.type == "cuda"


def _restore_optimizer(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """As `load_state_dict`, but whether the update is fused is not the checkpoint's to say."""
    fused = [group["fused"] for group in optimizer.param_groups]
    groups = [{**group, "fused": mine} for group, mine in zip(saved["param_groups"], fused, strict=True)]
    optimizer.load_state_dict({**saved, "param_groups": groups})


def _config_of(saved: dict[str, Any]) -> TrainConfig:
    try:
        return config_from_dict(saved["config"])
    except TypeError:
        raise BadWeights("The checkpoint is of another version of spnet; use another folder.") from None


def _changes(saved: dict[str, Any], before: TrainConfig, config: TrainConfig, images: Collection[str]) -> list[str]:
    """Names of what differs from the saved run and would make this one another run."""
    # Of the "constant" schedule only the fall depends on the number of steps; the warm-up stays as it was.
    free = FREE_FIELDS | ({"steps"} if config.schedule == "constant" else set())
    now, then = asdict(config), asdict(before)
    changed = sorted(key for key in now if key not in free and now[key] != then[key])
    if other_start(before.start, saved.get("start", ""), config.start):
        changed.append("start weights")
    return changed if saved.get("images") in {None, *images} else [*changed, "images or hole masks"]


def _other_steps(before: TrainConfig, now: TrainConfig, step: int, warm: int, folder: Path) -> None:
    """A run of the "constant" schedule goes on with another number of steps.

    Raises:
        BadInput: it has done as many already.

    Warns:
        SpnetWarning: its learning rate jumps.
    """
    if now.steps <= step:
        raise BadInput(f"{folder} holds a run that has done {step} steps: {now.steps} steps would be fewer or no more.")
    sentence = jump(before, now, step, warm)
    if sentence:
        warnings.warn(sentence, SpnetWarning, stacklevel=2)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
