"""Tables from scores."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from spnet.evaluation.run import Score
from spnet.files import atomic_path

Means = dict[tuple[str, str, str], tuple[float, float, int]]  # (pattern, set, method) -> REL, RMSE, images
ALL = "mean over sets"


def mean_scores(scores: Iterable[Score]) -> Means:
    """Mean over images, then (under `ALL`) over sets; NaN where the method failed on any of them."""
    groups: dict[tuple[str, str, str], list[Score]] = defaultdict(list)
    for score in scores:
        groups[score.pattern, score.dataset, score.method].append(score)
    means: Means = {}
    for key, group in groups.items():
        means[key] = (_mean(s.rel for s in group), _mean(s.rmse for s in group), len(group))
    for pattern, method in dict.fromkeys((p, m) for p, _, m in groups):
        sets = [value for (p, _, m), value in means.items() if (p, m) == (pattern, method)]
        means[pattern, ALL, method] = (_mean(v[0] for v in sets), _mean(v[1] for v in sets), sum(v[2] for v in sets))
    return means


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def markdown_table(scores: Sequence[Score]) -> str:
    """One row a pattern and set, two columns (REL, RMSE in metres) a method; the lowest in bold; n = images.

    A method that failed on an image has no mean there ("failed"): one over the other images would flatter it.
    """
    means = mean_scores(scores)
    methods = list(dict.fromkeys(score.method for score in scores))
    patterns = list(dict.fromkeys(score.pattern for score in scores))
    sets = [*dict.fromkeys(score.dataset for score in scores), ALL]
    head = "".join(f" {m} REL | {m} RMSE |" for m in methods)
    lines = [f"| input | set | n |{head}", "|---|---|--:|" + "--:|--:|" * len(methods)]
    for pattern in patterns:
        for dataset in sets:
            row = [means.get((pattern, dataset, method)) for method in methods]
            known = [cell for cell in row if cell]
            if known:
                best = (_lowest(cell[0] for cell in known), _lowest(cell[1] for cell in known))
                cells = "".join(_cell(cell, best) for cell in row)
                lines.append(f"| {pattern} | {dataset} | {known[0][2]} |{cells}")
    return "\n".join(lines) + "\n"


def _cell(cell: tuple[float, float, int] | None, best: tuple[float, float]) -> str:
    if cell is None:
        return " – | – |"
    return "".join(_number(value, lowest) for value, lowest in zip(cell[:2], best, strict=True))


def _number(value: float, lowest: float) -> str:
    if not math.isfinite(value):
        return " failed |"
    return f" **{value:.4f}** |" if value == lowest else f" {value:.4f} |"


def _lowest(values: Iterable[float]) -> float:
    return min((value for value in values if math.isfinite(value)), default=math.nan)


def write_scores(folder: Path, scores: Sequence[Score]) -> None:
    """Write `results.jsonl` (one line an image, pattern and method; null for NaN) and `table.md`.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    with atomic_path(folder / "results.jsonl") as path:
        path.write_text("".join(_json_line(score) + "\n" for score in scores), encoding="utf-8")
    with atomic_path(folder / "table.md") as path:
        path.write_text(markdown_table(scores), encoding="utf-8")


def _json_line(score: Score) -> str:
    fields = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(score).items()}
    return json.dumps(fields, allow_nan=False)
