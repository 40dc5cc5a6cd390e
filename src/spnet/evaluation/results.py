"""What a run finds out: one `Result` an image, pattern and method, and the files that hold them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from spnet.errors import BadInput
from spnet.files import atomic_path

Status = Literal["ok", "failed", "invalid", "crashed", "timeout"]
RESULTS_FILE, TIMES_FILE, MANIFEST_FILE = "results.jsonl", "times.jsonl", "manifest.json"


@dataclass(frozen=True)
class Result:
    """Errors of one method on one image under one pattern.

    Attributes:
        dataset, image, pattern, method: names.
        status: "ok"; the method raised an error ("failed"), returned NaN, Inf or the wrong shape ("invalid"), brought
            its process down ("crashed") or exceeded the time limit ("timeout").
        reason: one sentence where the status is not "ok".
        measured: measured pixels of the input.
        pixels: scored pixels.
        errors: metric name -> value over all scored pixels; empty unless "ok".
        parts: name of a part of the scored pixels (a depth range, edges, ...) -> metric name -> value, "pixels"
            among them; a part without pixels is absent.
    """

    dataset: str
    image: str
    pattern: str
    method: str
    status: Status = "ok"
    reason: str = ""
    measured: int = 0
    pixels: int = 0
    errors: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Time(NamedTuple):
    """Seconds that one method took on one image under one pattern."""

    dataset: str
    image: str
    pattern: str
    method: str
    seconds: float


def write_results(folder: Path, results: Iterable[Result]) -> None:
    """Write `results.jsonl`: a line a result, sorted by names, null for NaN; the same results give the same bytes.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    _write_lines(folder / RESULTS_FILE, (asdict(result) for result in sorted(results, key=_names)))


def read_results(folder: Path) -> list[Result]:
    """The results of a run folder, in the order of the file; NaN where the file says null.

    Raises:
        BadInput: no such file, or a line that is no result.
    """
    return [_parsed(folder / RESULTS_FILE, number, line) for number, line in _lines(folder / RESULTS_FILE)]


def write_times(folder: Path, times: Iterable[tuple[str, str, str, str, float]]) -> None:
    """Write `times.jsonl`: a line a result, sorted by names.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    _write_lines(folder / TIMES_FILE, (Time(*time)._asdict() for time in sorted(times, key=lambda time: time[:4])))


def read_times(folder: Path) -> list[Time]:
    """The times of a run folder; none where it holds no such file.

    Raises:
        BadInput: a line that is no time.
    """
    path = folder / TIMES_FILE
    if not path.exists():
        return []
    try:
        return [Time(**line) for _, line in _lines(path)]
    except TypeError as error:
        raise BadInput(f"{path} is not the file of times of a run ({error}): evaluate again.") from None


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder.

    Raises:
        BadInput: there is none, or it is no JSON object.
    """
    path = folder / MANIFEST_FILE
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{folder} has no readable {MANIFEST_FILE} ({error}): expected a folder of spnet eval."
        ) from None
    if not isinstance(manifest, dict):
        raise BadInput(f"{path} is no JSON object: expected the manifest that spnet eval writes.")
    return manifest


def _names(result: Result) -> tuple[str, str, str, str]:
    return result.dataset, result.image, result.pattern, result.method


def _write_lines(target: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    with atomic_path(target) as path, path.open("w", encoding="ascii", newline="\n") as file:
        for line in lines:
            file.write(json.dumps(_without_nan(line), allow_nan=False, sort_keys=True, separators=(",", ":")) + "\n")


def _without_nan(value: Any) -> Any:
    """The same with None for every NaN or infinity, which JSON has no word for, and plain Python numbers."""
    if isinstance(value, Mapping):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):  # numpy's numbers are, too
        return float(value) if math.isfinite(value) else None
    return value


def _lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """(line number, object) of every line that is not empty."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"Cannot read {path} ({error}): expected a folder that spnet eval wrote.") from None
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append((number, dict(json.loads(line))))
            except (ValueError, TypeError):
                raise BadInput(f"Line {number} of {path} is no JSON object: the file is damaged.") from None
    return found


def _parsed(path: Path, number: int, line: dict[str, Any]) -> Result:
    try:
        line["errors"] = _with_nan(line.get("errors", {}))
        line["parts"] = {part: _with_nan(errors) for part, errors in line.get("parts", {}).items()}
        result = Result(**line)
    except (TypeError, AttributeError) as error:
        raise BadInput(f"Line {number} of {path} is no result ({error}): the file is damaged.") from None
    if result.status not in get_args(Status):
        raise BadInput(f"Line {number} of {path} has the status {result.status!r}: expected {get_args(Status)}.")
    return result


def _with_nan(errors: Mapping[str, float | None]) -> dict[str, float]:
    return {metric: math.nan if value is None else value for metric, value in errors.items()}
