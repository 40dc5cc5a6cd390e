"""The tables of the report's template, ready to print: with their shading, winners, failures, parts."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spnet.evaluation.certainty import certainties
from spnet.evaluation.parts import BOUNDARY, DEPTH_PARTS, DISTANCE_PARTS, EDGE_PARTS
from spnet.evaluation.report import Axes, Cells, best_mean, decimals, half_width, places
from spnet.evaluation.results import Result
from spnet.evaluation.statistics import ALL, ALL_PATTERNS, Cell, compare, value_of
from spnet.metrics import METRICS

# Ours. Metrics that the report lets one choose from, beside those of its protocol; results may lack some.
CHOICE = ("rel", "rmse", "mae", "irmse", "si_rmse", "delta_1.05", "delta_1.25", "srmse", "ordinal")
PART_METRICS = ("rel", "rmse", "mae")
_FULL_SHADE = 4.0  # times the best error
_BOUNDARY_METRICS = ("flying", "precision", "recall", "f1")


@dataclass(frozen=True)
class Entry:
    """One cell: its text, a note in small print, a tooltip, its shade (0 best, 1 worst), what it is, whose it is."""

    text: str
    note: str = ""
    tip: str = ""
    shade: float = 0.0
    kind: str = ""  # "best", "failed", "none" or ""
    method: int = -1


@dataclass(frozen=True)
class Row:
    """A row; `method` is its number where the row is one method's."""

    heads: tuple[str, ...]
    entries: tuple[Entry, ...]
    method: int = -1
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """A table of one metric; `columns` are (text, number of the method or -1), `notes` stand below these."""

    metric: str
    heads: tuple[str, ...]
    columns: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def entry(metric: str, cell: Cell | None, best: float, method: int = -1, *, note: bool = False) -> Entry:
    """A mean as the page shows it.

    Args:
        metric: its name.
        cell: the mean; None where nothing was scored.
        best: the best mean that it stands beside.
        method: number of the method.
        note: show the interval in small print, too; it is in the tooltip in any case.
    """
    if cell is None:
        return Entry("–", kind="none", method=method)
    if cell.failed:
        return Entry("failed", f"{cell.failed} of {cell.n}", kind="failed", method=method)
    width = half_width(cell)
    tip = f"n = {cell.n}"
    if math.isfinite(width):
        tip = f"95 % interval {decimals(cell.low)} to {decimals(cell.high)}, {tip}"
    text = f"± {decimals(width)}" if note and math.isfinite(width) else ""
    kind = "best" if cell.mean == best else ""
    return Entry(decimals(cell.mean), text, tip, shade(metric, cell.mean, best), kind, method)


def shade(metric: str, value: float, best: float) -> float:
    """0 at the best value to 1 at four times its error; shares of right pixels count by what they lack.

    >>> shade("rel", 0.02, 0.01), shade("rel", 0.5, 0.01), shade("delta_1.25", 0.98, 0.99)
    (0.5, 1.0, 0.5)
    """
    if not METRICS[metric].lower_is_better:
        value, best = round(1 - value, 9), round(1 - best, 9)
    if not (math.isfinite(value) and math.isfinite(best)) or value <= best:
        return 0.0
    return 1.0 if best <= 0 else round(min(1.0, math.log(value / best) / math.log(_FULL_SHADE)), 3)


def summary_table(metric: str, axes: Axes, cells: Cells, overall: Cells) -> Table:
    """Rows are methods, columns the mean over all patterns, then the patterns; all are means over sets."""
    columns = [(pattern, cells) for pattern in axes.patterns]
    if len(columns) > 1:
        columns.insert(0, (ALL_PATTERNS, overall))
    best = [best_mean(metric, (of.get((p, ALL, m)) for m in axes.methods)) for p, of in columns]
    rows = []
    for index, method in enumerate(axes.methods):
        figures = (
            entry(metric, of.get((pattern, ALL, method)), lowest, index, note=True)
            for (pattern, of), lowest in zip(columns, best, strict=True)
        )
        rows.append(Row((method,), tuple(figures), index))
    counts = [max((of[p, ALL, m].n for m in axes.methods if (p, ALL, m) in of), default=0) for p, of in columns]
    notes = tuple(f"n = {count}" for count in counts)
    return Table(metric, ("method",), tuple((pattern, -1) for pattern, _ in columns), tuple(rows), notes)


def full_table(metric: str, axes: Axes, cells: Cells) -> Table:
    """Rows are patterns and sets, columns methods."""
    rows = []
    for pattern, dataset in places(axes, cells):
        row = [cells.get((pattern, dataset, method)) for method in axes.methods]
        best, n = best_mean(metric, row), max(cell.n for cell in row if cell)
        figures = tuple(entry(metric, cell, best, index) for index, cell in enumerate(row))
        rows.append(Row((pattern, dataset, str(n)), figures, kind="mean" if dataset == ALL else ""))
    columns = tuple((method, index) for index, method in enumerate(axes.methods))
    return Table(metric, ("input", "set", "n"), columns, tuple(rows))


def winners_table(metric: str, axes: Axes, cells: Cells, results: Sequence[Result]) -> Table:
    """Who is best under every pattern on every set, by how much, and whether the images agree.

    The margin is to the second best. It is "clear" where the paired 95 % interval of the difference leaves out 0.
    """
    found: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        found[result.pattern, result.method].append(result)
    datasets = (*axes.datasets, ALL) if len(axes.datasets) > 1 else axes.datasets
    rows = [
        Row((p,), tuple(_winner(metric, p, dataset, axes, cells, found) for dataset in datasets)) for p in axes.patterns
    ]
    return Table(metric, ("input",), tuple((name, -1) for name in datasets), tuple(rows))


def _winner(
    metric: str,
    pattern: str,
    dataset: str,
    axes: Axes,
    cells: Cells,
    found: Mapping[tuple[str, str], list[Result]],
) -> Entry:
    means = {m: cells[pattern, dataset, m].mean for m in axes.methods if (pattern, dataset, m) in cells}
    way = 1 if METRICS[metric].lower_is_better else -1
    order = sorted((m for m in means if math.isfinite(means[m])), key=lambda m: way * means[m])
    if not order:
        return Entry("none" if means else "–", kind="failed" if means else "none")
    index = axes.methods.index(order[0])
    if len(order) == 1:
        return Entry(order[0], "alone", method=index)
    first, second = ([r for r in found[pattern, method] if dataset in (ALL, r.dataset)] for method in order[:2])
    paired = compare(first, second, metric).get((pattern, dataset))
    if paired is None:
        return Entry(order[0], method=index)
    low, high = paired.difference.low, paired.difference.high
    clear = low > 0 or high < 0
    ahead = abs(means[order[0]] - means[order[1]])
    margin = f"{100 * ahead / means[order[1]]:.0f} %" if way > 0 and means[order[1]] else decimals(ahead)
    tip = f"{decimals(means[order[0]])} against {decimals(means[order[1]])} of {order[1]}, n = {paired.n}"
    if math.isfinite(low):
        tip += f"; 95 % interval of the difference {decimals(low)} to {decimals(high)}"
    return Entry(order[0], f"{margin} ahead of {order[1]}", tip, kind="clear" if clear else "open", method=index)


@dataclass(frozen=True)
class Failure:
    """The images on which a method failed in one way: the method, how, why, on how many, and on which."""

    method: str
    status: str
    reason: str
    count: int
    of: int
    cases: tuple[str, ...]


def failures(results: Sequence[Result], axes: Axes) -> list[Failure]:
    """All failures, by method, kind and reason."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    total: dict[str, int] = defaultdict(int)
    for result in results:
        total[result.method] += 1
        if result.status != "ok":
            groups[result.method, result.status, result.reason].append(
                f"{result.dataset}/{result.image} under {result.pattern}"
            )
    order = sorted(groups, key=lambda key: (axes.methods.index(key[0]), key[1:]))
    return [Failure(*key, len(groups[key]), total[key[0]], tuple(sorted(groups[key]))) for key in order]


def part_tables(metric: str, axes: Axes, results: Sequence[Result]) -> dict[str, list[tuple[str, Table]]]:
    """For every pattern, and the mean over them: (title, table) of each family of parts that the results have.

    Rows are methods. A mean is over the images that have the part, then over sets.
    """
    families: list[tuple[str, Sequence[tuple[str, str]]]] = [
        ("By distance to the nearest measured pixel, in pixels", [(part, metric) for part in DISTANCE_PARTS]),
        ("By true depth, in metres", [(part, metric) for part in DEPTH_PARTS]),
        (
            "At depth edges and away from them, and how sharp they are",
            [*((part, metric) for part in EDGE_PARTS), *((BOUNDARY, name) for name in _BOUNDARY_METRICS)],
        ),
    ]
    tables: dict[str, list[tuple[str, Table]]] = defaultdict(list)
    for title, columns in families:
        means = [_part_means(results, part, name) for part, name in columns]
        for pattern in (ALL_PATTERNS, *axes.patterns):
            kept = [
                (*column, mean)
                for column, mean in zip(columns, means, strict=True)
                if any(p == pattern and math.isfinite(value) for (p, _), value in mean.items())
            ]
            if kept:
                tables[pattern].append((title, _part_table(metric, pattern, axes, kept)))
    return tables


def _part_means(results: Iterable[Result], part: str, metric: str) -> dict[tuple[str, str], float]:
    """(pattern, method) -> mean; NaN where the method failed."""
    groups: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        value = value_of(result, metric, part)
        if value is not None:
            groups[result.pattern, result.method][result.dataset].append(value)
    means = {key: float(np.mean([np.mean(values) for values in sets.values()])) for key, sets in groups.items()}
    methods = dict.fromkeys(method for _, method in means)
    for method in methods:
        means[ALL_PATTERNS, method] = float(np.mean([value for (_, m), value in means.items() if m == method]))
    return means


def _part_table(
    metric: str, pattern: str, axes: Axes, columns: Sequence[tuple[str, str, Mapping[tuple[str, str], float]]]
) -> Table:
    rows = []
    for index, method in enumerate(axes.methods):
        entries = []
        for _, name, means in columns:
            row = [Cell(means[pattern, m], math.nan, math.nan, 0) for m in axes.methods if (pattern, m) in means]
            value = means.get((pattern, method))
            if value is None or math.isfinite(value):
                cell = None if value is None else Cell(value, math.nan, math.nan, 0)
                entries.append(replace(entry(name, cell, best_mean(name, row), index), tip=""))
            else:
                entries.append(Entry("failed", kind="failed", method=index))
        rows.append(Row((method,), tuple(entries), index))
    heads = tuple((_part_title(part, name), -1) for part, name, _ in columns)
    return Table(metric, ("method",), heads, tuple(rows))


def certainty_table(axes: Axes, results: Sequence[Result]) -> Table | None:
    """Rows are methods that expect errors and patterns; columns AUSE, that of the distance, and ECE."""
    rows = []
    for (method, pattern), one in certainties(results, axes.methods, axes.patterns).items():
        index = axes.methods.index(method)
        cells = (replace(entry("ause", cell, math.nan, index), shade=0.0) for cell in (one.ause, one.by_distance))
        rows.append(Row((method, pattern), (*cells, Entry(decimals(one.ece), method=index)), index))
    columns = (("AUSE", -1), ("AUSE by distance", -1), ("ECE", -1))
    return Table("ause", ("method", "input"), columns, tuple(rows)) if rows else None


def _part_title(part: str, metric: str) -> str:
    """Without the family's name, which is the table's title."""
    if part == BOUNDARY:
        known = METRICS[metric]
        return f"{known.label} {'↓' if known.lower_is_better else '↑'}"
    return re.sub(r"^(distance|depth) (.*) (px|m)$", r"\2", part).replace("-", "–")
