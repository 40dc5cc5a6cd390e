"""What a run finds out: one `Result` an image, pattern and method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "failed", "invalid", "crashed", "timeout"]


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
