"""Published figures beside ours: only where protocol, data sets, inputs and metric are the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spnet.evaluation.published import ROWS, Published
from spnet.evaluation.report import Axes, decimals, failed_text, label, metrics_of
from spnet.evaluation.results import Result
from spnet.evaluation.statistics import ALL, ALL_PATTERNS, Cell, over_patterns, summarise
from spnet.metrics import METRICS


@dataclass(frozen=True)
class Line:
    """A figure: the method, the figure as text, where it is from, and the number of ours (-1: published)."""

    method: str
    text: str
    source: str
    index: int


@dataclass(frozen=True)
class PublishedTable:
    """All figures of one metric on the same sets and inputs, best first."""

    caption: str
    lines: tuple[Line, ...]


def published_tables(
    results: Sequence[Result], axes: Axes, manifest: Mapping[str, Any], rows: Sequence[Published] = ROWS
) -> list[PublishedTable]:
    """What papers print for the sets and inputs of a run, with the run's own figures.

    Args:
        results: of the run.
        axes: of the run.
        manifest: of the run; its protocol must be the published one. Runs on some images of a set only (`limit`) have
            nothing published.
        rows: published figures.
    """
    if manifest.get("limit") is not None:
        return []
    groups: dict[tuple[tuple[str, ...], tuple[str, ...], str], list[Published]] = {}
    found = metrics_of(results)
    for row in rows:
        there = set(row.datasets) <= set(axes.datasets) and set(row.patterns) <= set(axes.patterns)
        if there and row.metric in found and row.protocol == manifest.get("protocol"):
            groups.setdefault((row.datasets, row.patterns, row.metric), []).append(row)
    return [_table(results, axes, *key, group) for key, group in groups.items()]


def _table(
    results: Sequence[Result],
    axes: Axes,
    datasets: tuple[str, ...],
    patterns: tuple[str, ...],
    metric: str,
    group: Sequence[Published],
) -> PublishedTable:
    chosen = [result for result in results if result.dataset in datasets and result.pattern in patterns]
    cells = summarise(over_patterns(chosen), metric)
    lines = [(row.in_our_unit, Line(row.method, decimals(row.in_our_unit), row.source, -1)) for row in group]
    for index, method in enumerate(axes.methods):
        cell = cells.get((ALL_PATTERNS, ALL, method))
        if cell:
            lines.append((cell.mean, Line(method, _text(cell), f"measured here, n = {cell.n}", index)))
    way = 1 if METRICS[metric].lower_is_better else -1
    lines.sort(key=lambda line: way * line[0] if math.isfinite(line[0]) else math.inf)
    caption = f"{label(metric)} on {_joined(datasets)}, {_joined(patterns)}"
    return PublishedTable(caption, tuple(line for _, line in lines))


def _text(cell: Cell) -> str:
    return failed_text(cell) if cell.failed else decimals(cell.mean)


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else "mean over " + ", ".join(names)
