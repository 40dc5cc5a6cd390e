"""What a training run tells: `log.jsonl`, `config.json`, `run.json`, pictures, TensorBoard, and in the end a report.

A step costs no synchronisation with the device: losses are added up where they are and read once a log line.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spnet.errors import SpnetError, SpnetWarning
from spnet.losses import Loss
from spnet.training.board import Board
from spnet.training.config import TrainConfig
from spnet.training.cores import waited_for_cores
from spnet.training.panels import Kind, Row, draw_panel, drop_panels, rows_of, save_panel
from spnet.training.records import CONFIG, RUN, Log, Record, read_json, write_json
from spnet.training.report import write_training_report

PACKAGES = ("torch", "numpy", "scipy", "pillow")  # what a run's weights depend on
_DIGITS = 6  # significant ones in the log

LogFunction = Callable[[Record], None]


class Monitor:
    """Follows one run in one folder; the loop calls it.

    Around every step: `waiting()`, the data are fetched, `working()`, the step is done, `step()`, or `skipped()` where
    the step was left out. `validated()` after a validation, `panel()` where `wants_panel()`, and `close()` at the end,
    also after an error.
    """

    def __init__(self, out: Path, config: TrainConfig, step: int, log: LogFunction | None = None) -> None:
        """Open the log.

        Args:
            out: the run's folder.
            config: of the run.
            step: steps that are done already; what the log says of later ones is dropped.
            log: receives every record as well.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        write_json(out / CONFIG, asdict(config))
        self.out, self.config, self.log = out, config, log
        self._log = Log(out, step)
        self._skipped = sum("skipped" in record and "loss" not in record for record in self._log.kept)
        self._bad = {str(record["bad_image"]) for record in self._log.kept if "bad_image" in record}
        self.facts = _new_session(out, step)
        self._sums: dict[str, Tensor] = {}
        now = time.monotonic()
        self._count, self._waited, self._aside, self._since, self._mark = 0, 0.0, 0.0, now, now
        self._coreless = waited_for_cores()
        self._origin = (step, now)  # from where the rest of the run's time is extrapolated
        self._first = True
        drop_panels(out, step)
        self._board = Board(out, step) if config.tensorboard else None

    def note(self, **facts: Any) -> None:
        """Put facts about the run into `run.json`, e.g. data=[{"name": ..., "images": ...}], parameters=..."""
        self.facts.update(facts)
        write_json(self.out / RUN, self.facts)

    def waiting(self) -> None:
        """The loop waits for data from now on."""
        self._mark = time.monotonic()

    def working(self) -> None:
        """The data are there."""
        now = time.monotonic()
        self._waited, self._mark = self._waited + now - self._mark, now

    def step(self, step: int, loss: Loss, lr: float) -> None:
        """A step is done.

        Args:
            step: how many are done now.
            loss: of the step, over the whole batch.
            lr: the learning rate that it was done with.
        """
        self._count += 1
        for key, value in {"loss": loss.total, **loss.parts}.items():
            value = value.detach()
            self._sums[key] = self._sums[key] + value if key in self._sums else value.clone()
        if step % self.config.log_every == 0 or step == self.config.steps:
            self._report(step, lr)
        self._mark = time.monotonic()

    def _report(self, step: int, lr: float) -> None:
        means = {key: float(total) / self._count for key, total in self._sums.items()}  # the device is waited for here
        now = time.monotonic()
        spent = max(now - self._since - self._aside, 1e-9)
        done, began = self._origin
        record: Record = {"step": step, **{key: _short(value) for key, value in means.items()}}
        record["lr"] = _short(lr)
        record["images_per_s"] = round(self._count * self.config.batch / spent, 2)
        record["data_wait"] = round(min(1.0, self._waited / spent), 3)
        record["eta_s"] = round((self.config.steps - step) * (now - began) / max(1, step - done))
        coreless = waited_for_cores()
        if coreless is not None and self._coreless is not None:
            # Of all threads, so it may be over 1; some end meanwhile, and what they have waited is no more known.
            record["core_wait"] = round(max(0.0, coreless - self._coreless) / max(now - self._since, 1e-9), 3)
        record.update(memory())
        record.update({"skipped": self._skipped} if self._skipped else {})
        record.update({"bad_images": len(self._bad)} if self._bad else {})
        if self._first:  # compilation and cold caches are in the first interval: they do not last
            self._origin, self._first = (step, now), False
        self._sums, self._count, self._waited, self._aside, self._since = {}, 0, 0.0, 0.0, now
        self._coreless = coreless
        self._emit(record)

    def skipped(self, step: int, reason: str) -> None:
        """A step was left out, e.g. because its loss was not finite.

        Args:
            step: its number, as `step` would have got it.
            reason: one sentence.
        """
        self._skipped += 1
        self._emit({"step": step, "skipped": self._skipped, "reason": reason})
        self._mark = time.monotonic()

    def bad_image(self, step: int, name: str, reason: str) -> None:
        """An image cannot be used; said once an image, however often it is met."""
        if name not in self._bad:
            self._bad.add(name)
            self._emit({"step": step, "bad_image": name, "reason": reason})

    def validated(self, step: int, scores: Mapping[str, float]) -> None:
        """A validation has ended that began after the last step.

        Args:
            step: steps done.
            scores: see `Validator.run`.
        """
        seconds = self._put_aside()
        values = {f"val/{key}": _short(value) for key, value in scores.items()}
        self._emit({"step": step, "validation": "rel", **values, "seconds": round(seconds, 2)})

    def _put_aside(self) -> float:
        """What has passed since the last call is no training time; returns it, seconds."""
        now = time.monotonic()
        seconds, self._mark = now - self._mark, now
        self._aside += seconds
        return seconds

    def wants_panel(self, step: int) -> bool:
        """Whether `panel` draws at this step: at the first, the last, and every `panel_every`-th."""
        every = self.config.panel_every
        return every > 0 and (step in (1, self.config.steps) or step % every == 0)

    def panel(self, step: int, batch: Mapping[str, Tensor], pred: Tensor) -> None:
        """Draw the first samples of a batch into `<out>/panels/`; does nothing unless `wants_panel`.

        Args:
            step: steps done.
            batch: that the step was done with: rgb (B, 3, S, S), raw and gt (B, 1, S, S).
            pred: (B, 1, S, S) of the network.
        """
        if self.wants_panel(step):
            self._mark = time.monotonic()
            self._draw(step, rows_of(batch, pred), "step")

    def validation_panel(self, step: int, rows: Sequence[Row]) -> None:
        """Draw some images of a validation, `Validator.shown`: the same ones every time."""
        if self.config.panel_every and rows:
            self._draw(step, rows, "val")

    def _draw(self, step: int, rows: Sequence[Row], kind: Kind) -> None:
        picture = draw_panel(rows)
        save_panel(self.out, step, picture, kind)
        if self._board:
            self._board.picture(step, picture, "samples" if kind == "step" else "validation")
        self._put_aside()

    def close(self, step: int) -> None:
        """The run ends here, finished or not: write `report.html`.

        Warns:
            SpnetWarning: the report cannot be written; the run itself is as good without.
        """
        if self._board:
            self._board.close()
        try:
            self.note(stopped=_now(), step=step)
            write_training_report(self.out)
        except SpnetError as error:  # it must not hide what has ended the run
            warnings.warn(f"There is no report.html of this run. {error}", SpnetWarning, stacklevel=2)

    def _emit(self, record: Record) -> None:
        self._log.write(record)
        if self._board:
            self._board.scalars(record)
        if self.log:
            self.log(record)


class SilentMonitor:
    """The monitor of the other processes of a run: it takes the same calls and says nothing."""

    def note(self, **facts: Any) -> None:
        """Nothing."""

    def waiting(self) -> None:
        """Nothing."""

    def working(self) -> None:
        """Nothing."""

    def step(self, step: int, loss: Loss, lr: float) -> None:
        """Nothing."""

    def skipped(self, step: int, reason: str) -> None:
        """Nothing."""

    def bad_image(self, step: int, name: str, reason: str) -> None:
        """Nothing."""

    def validated(self, step: int, scores: Mapping[str, float]) -> None:
        """Nothing."""

    def wants_panel(self, step: int) -> bool:
        """Never."""
        return False

    def panel(self, step: int, batch: Mapping[str, Tensor], pred: Tensor) -> None:
        """Nothing."""

    def validation_panel(self, step: int, rows: Sequence[Row]) -> None:
        """Nothing."""

    def close(self, step: int) -> None:
        """Nothing."""


def memory() -> dict[str, int]:
    """Memory of this process now (Linux only; without data workers), and the most that CUDA held; in 10^6 bytes."""
    pages, found = Path("/proc/self/statm"), {}
    if pages.is_file():
        found["memory_mb"] = round(int(pages.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)
    if torch.cuda.is_available() and torch.cuda.memory_allocated():
        found["cuda_peak_mb"] = round(torch.cuda.max_memory_allocated() / 1e6)
    return found


def _new_session(out: Path, step: int) -> dict[str, Any]:
    """`run.json` with this process added to those that have worked on the run."""
    before = read_json(out / RUN) if step else {}
    before = {key: value for key, value in before.items() if key not in ("stopped", "step")}
    session = {
        "step": step,
        "started": _now(),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "machine": f"{platform.system()} {platform.machine()}",
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "packages": {name: found for name in ("spnet", *PACKAGES) if (found := _version(name))},
    }
    facts = {**before, "sessions": [*before.get("sessions", []), session]}
    write_json(out / RUN, facts)
    return facts


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
