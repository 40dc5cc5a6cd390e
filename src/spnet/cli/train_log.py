"""What `spnet train` shows while it works: a bar on a terminal, a line a record elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from spnet.training.cores import MUCH
from spnet.training.records import RUN_KEYS

ADVICE = (
    "There are not enough cores for {threads} threads: others use them, and the threads wait for each other. "
    "With fewer of them (OMP_NUM_THREADS) this may be several times as fast."
)


class ProgressLog:
    """Takes the records of a run; use it as a context, so that the terminal is left in order.

        with ProgressLog(config.steps) as log:
            train(config, out, log=log)

    The bar is drawn when a record comes, by no thread of its own: the data workers are forked from this process.
    """

    def __init__(self, steps: int, console: Console | None = None, threads: int = 1) -> None:
        """Args: steps of the whole run; the console, by default standard output; threads that a step is done by."""
        self._steps = steps
        self._console = console or Console()
        self._live: Live | None = None
        self._threads = threads
        self._advised = False

    def __enter__(self) -> ProgressLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Show a record of `spnet.training.monitor`."""
        text = describe(record)
        if not self._console.is_terminal:
            place = f"step {record['step']}/{self._steps}"
            self._console.out(f"{place}  {text}", highlight=False)
            self._console.file.flush()
        elif "loss" in record:
            self._advance(int(record["step"]), text)
        else:  # stays above the bar
            self._console.print(f"step {record['step']}: {escape(text)}", highlight=False, soft_wrap=True)
        if not self._advised and record.get("core_wait", 0) > MUCH and self._threads > 1:
            self._advised = True
            self._console.print(ADVICE.format(threads=self._threads), highlight=False, soft_wrap=True)

    def _advance(self, step: int, text: str) -> None:
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()
        grid = Table.grid(padding=(0, 1))
        grid.add_row(f"step {step:,} of {self._steps:,}", ProgressBar(self._steps, step, width=30))
        self._live.update(Group(grid, Text(text)), refresh=True)


def describe(record: Mapping[str, Any]) -> str:
    """A record in words, without its step.

    >>> describe({"step": 2, "loss": 0.5, "absolute": 0.25, "lr": 2e-4, "images_per_s": 12.5, "data_wait": 0.02,
    ...           "eta_s": 4000, "memory_mb": 600})
    'loss 0.5 (absolute 0.25)  12.5 images/s, waits 2 %  ETA 1:06:40  0.6 GB  lr 0.0002'
    >>> describe({"step": 2, "validation": "rel", "val/rel": 0.5, "val/rel/holes": 0.5, "val/planar": 0.6})
    'validation: REL 0.5 (planar fill 0.6): holes 0.5'
    >>> describe({"step": 2, "skipped": 1, "reason": "its loss is not finite."})
    'left out: its loss is not finite.'
    """
    if "bad_image" in record:
        return f"bad image: {record.get('reason') or record['bad_image']}"
    if "reason" in record:
        return f"left out: {record['reason']}"
    return _validation(record) if "validation" in record else _training(record)


def _training(record: Mapping[str, Any]) -> str:
    parts = [f"{key} {_number(value)}" for key, value in record.items() if key not in RUN_KEYS and key != "loss"]
    same = len(parts) == 1 and parts[0].rpartition(" ")[2] == _number(record["loss"])  # a loss of one part is that part
    loss = f"loss {_number(record['loss'])}" + (f" ({', '.join(parts)})" if parts and not same else "")
    speed = f"{_number(record['images_per_s'])} images/s, waits {100 * record['data_wait']:.0f} %"
    if record.get("core_wait", 0) > MUCH:
        speed += f", no core for {_number(record['core_wait'])} threads"
    texts = [loss, speed, f"ETA {_clock(record['eta_s'])}"]
    if "memory_mb" in record:
        texts.append(f"{record['memory_mb'] / 1000:.1f} GB")
    if "cuda_peak_mb" in record:
        texts.append(f"GPU peak {record['cuda_peak_mb'] / 1000:.1f} GB")
    texts.append(f"lr {_number(record['lr'])}")
    texts += [f"{record[key]} {words}" for key, words in _TROUBLE.items() if key in record]
    return "  ".join(texts)


_TROUBLE = {"skipped": "steps left out", "bad_images": "bad images"}


def _validation(record: Mapping[str, Any]) -> str:
    each = [f"{key[8:]} {_number(value)}" for key, value in record.items() if key.startswith("val/rel/")]
    planar = f" (planar fill {_number(record['val/planar'])})" if "val/planar" in record else ""
    return f"validation: REL {_number(record.get('val/rel'))}{planar}: {', '.join(each)}"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "not finite"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
