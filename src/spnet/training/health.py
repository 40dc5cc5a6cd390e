"""Steps whose loss or gradient was not finite: left out, counted, and the end of the run when they persist."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from spnet.errors import BadInput
from spnet.files import atomic_path
from spnet.losses import Loss
from spnet.training.checkpoint import TrainState
from spnet.training.config import TrainConfig
from spnet.training.monitor import Monitor, SilentMonitor
from spnet.training.step import Step

REPORT = "bad_steps.json"


@dataclass(frozen=True)
class _Done:
    step: int
    loss: Loss
    bad: torch.Tensor
    lr: float


@dataclass
class Health:
    """Hands steps on to the monitor once it is known whether they were left out.

    To read that from a GPU means to wait for it, so it is read when something else waits anyway, and at the latest
    after `config.bad_steps` steps. All processes read the same.

    Attributes:
        config, out: the run and its folder.
        state: gets the counts.
        monitor: of the run.
        images: names of the images of a step's batch, by its number.
    """

    config: TrainConfig
    out: Path
    state: TrainState
    monitor: Monitor | SilentMonitor
    images: Callable[[int], list[str]]
    _unread: list[_Done] = field(default_factory=list)
    _bad: list[dict[str, Any]] = field(default_factory=list)

    def add(self, result: Step, lr: float) -> None:
        """The step has just been done that made `state.step` what it is.

        Raises:
            BadInput: see `read`.
        """
        self._unread.append(_Done(self.state.step, result.loss, result.bad, lr))
        often = 1 if result.bad.device.type == "cpu" else min(self.config.bad_steps, self.config.log_every)
        if len(self._unread) >= often or self.state.step % self.config.log_every == 0:
            self.read()

    def read(self) -> None:
        """Wait for the device and tell the monitor of all steps up to now.

        Raises:
            BadInput: `config.bad_steps` steps in a row were left out; the report is in `bad_steps.json`.
        """
        if not self._unread:
            return
        unread, self._unread = self._unread, []
        for done, bad in zip(unread, torch.stack([d.bad for d in unread]).tolist(), strict=True):
            if not bad:
                self.state.streak, self._bad = 0, []
                self.monitor.step(done.step, done.loss, done.lr)
                continue
            self.state.streak += 1
            self.state.skipped += 1
            self._note(done)
            if self.state.streak >= self.config.bad_steps:
                self._give_up(done)

    def _note(self, done: _Done) -> None:
        parts = {"loss": done.loss.total, **done.loss.parts}
        values = dict(zip(parts, torch.stack([part.float() for part in parts.values()]).tolist(), strict=True))
        what = "its gradient" if torch.isfinite(done.loss.total) else "its loss"
        self.monitor.skipped(done.step, f"{what} is not finite (loss {values['loss']:.4g}).")
        images = self.images(done.step - 1)
        # JSON knows no NaN.
        self._bad.append(
            {"step": done.step, "lr": done.lr, **{k: f"{v:.6g}" for k, v in values.items()}, "images": images}
        )

    def _give_up(self, done: _Done) -> None:
        weights = [n for n, p in self.state.model.named_parameters() if not torch.isfinite(p).all()]
        gradients = [
            n for n, p in self.state.model.named_parameters() if p.grad is not None and not torch.isfinite(p.grad).all()
        ]
        report = {
            "skipped": self.state.skipped,
            "in_a_row": self.state.streak,
            "weights_not_finite": weights,
            "gradients_not_finite": gradients,
            "steps": self._bad,
        }
        if isinstance(self.monitor, Monitor):
            with atomic_path(self.out / REPORT) as path:
                path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        raise BadInput(
            f"Loss or gradient were not finite in {self.state.streak} steps in a row, the last of them step "
            f"{done.step} (loss {done.loss.total.item():.4g}): lower the learning rate ({self.config.lr}), or look at "
            f"the images that {self.out / REPORT} names."
        )
