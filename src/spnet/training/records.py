"""`log.jsonl` of a training run: one JSON object a line, each with the step that it was written at.

Kinds of lines, told apart by their keys:

    {"step", "loss", <parts>, "lr", "images_per_s", "data_wait", "core_wait", "eta_s", ...}   every `log_every` steps
    {"step", "validation": "rel", "val/rel": ..., "val/rel/<pattern>": ..., "seconds"}        a validation
    {"step", "skipped", "reason"}                                                              a step that was left out
    {"step", "bad_image", "reason"}                                                            an image that was
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spnet.errors import CannotWrite
from spnet.files import atomic_path

LOG, CONFIG, RUN = "log.jsonl", "config.json", "run.json"
# Numbers of a line that are no part of the loss.
RUN_KEYS = frozenset(
    {
        "step",
        "lr",
        "images_per_s",
        "data_wait",
        "core_wait",
        "eta_s",
        "memory_mb",
        "cuda_peak_mb",
        "skipped",
        "bad_images",
        "seconds",
    }
)

Record = dict[str, Any]


def read_records(out: Path) -> list[Record]:
    """The log of the run in folder `out`, damaged lines left out; empty where there is none."""
    path = out / LOG
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [record for line in lines if (record := _record(line)) is not None]


def _record(line: str) -> Record | None:
    try:
        record = json.loads(line)
        return record if math.isfinite(record["step"]) else None
    except (ValueError, TypeError, KeyError):
        return None


class Log:
    """Appends to `<out>/log.jsonl`.

    Lines after `step`, of a run that went on after its last checkpoint and was then cut off, are dropped, and so is
    what a killed process left of its last line.

    Attributes:
        kept: the records that stayed.
    """

    def __init__(self, out: Path, step: int) -> None:
        self.path = out / LOG
        self.kept = [record for record in read_records(out) if record["step"] <= step]
        with atomic_path(self.path) as path:
            path.write_text("".join(f"{_line(record)}\n" for record in self.kept), encoding="utf-8")

    def write(self, record: Mapping[str, Any]) -> None:
        """Add one record.

        Raises:
            CannotWrite: the disk is full, or the folder gone.
        """
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(_line(record) + "\n")
        except OSError as error:
            raise CannotWrite(f"Cannot write {self.path}: {error.strerror or error}.") from error


def _line(record: Mapping[str, Any]) -> str:
    """JSON knows no NaN: what is not finite becomes null."""
    return json.dumps({key: None if _broken(value) else value for key, value in record.items()})


def _broken(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def write_json(path: Path, content: Any) -> None:
    """Write a file that people read.

    Raises:
        CannotWrite: it cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; an empty one where the file is absent or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
