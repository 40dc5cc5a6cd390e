"""Tables of a run: Markdown to read and LaTeX to print, as its protocol publishes; CSV to compute with."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from spnet.evaluation.certainty import Certainty, certainties
from spnet.evaluation.protocols import PROTOCOLS, Shown
from spnet.evaluation.results import Result
from spnet.evaluation.statistics import ALL, ALL_PATTERNS, Cell, over_patterns, pooled, summarise
from spnet.files import atomic_path
from spnet.metrics import METRICS

Cells = Mapping[tuple[str, str, str], Cell]  # (pattern, set, method)
USUAL = (Shown("rel", "1"), Shown("rmse", "m"))  # metrics of the tables to read where no protocol is known
_TEX = str.maketrans(
    {character: "\\" + character for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}"}
    | {">": r"\textgreater{}", "|": r"\textbar{}", "–": "--", "±": r"$\pm$", "δ": r"$\delta$", "²": "$^2$", "³": "$^3$"}
)


@dataclass(frozen=True)
class Axes:
    """What the tables are laid out by, in their order; `datasets` is without the mean over them."""

    patterns: tuple[str, ...]
    datasets: tuple[str, ...]
    methods: tuple[str, ...]


def axes_of(results: Iterable[Result], manifest: Mapping[str, Any] | None = None) -> Axes:
    """The names that occur in results, in the order of the run's manifest, then of their first appearance."""
    results = list(results)
    listed = {
        kind: [entry["name"] for entry in (manifest or {}).get(kind, ())] for kind in ("patterns", "data", "methods")
    }
    return Axes(
        _ordered(listed["patterns"], (r.pattern for r in results)),
        _ordered(listed["data"], (r.dataset for r in results)),
        _ordered(listed["methods"], (r.method for r in results)),
    )


def _ordered(listed: Sequence[str], found: Iterable[str]) -> tuple[str, ...]:
    names = dict.fromkeys(found)
    return tuple(dict.fromkeys([name for name in listed if name in names] + list(names)))


def metrics_of(results: Iterable[Result]) -> list[str]:
    """The metrics that occur in results, in the order of `METRICS`."""
    found = {metric for result in results for metric in result.errors}
    return [metric for metric in METRICS if metric in found]


def label(metric: str) -> str:
    """A metric's name with its unit, where it has one, as tables head it.

    >>> label("rel"), label("rmse")
    ('REL', 'RMSE (m)')
    """
    known = METRICS[metric]
    return known.label if known.unit == "1" else f"{known.label} ({known.unit})"


def best_mean(metric: str, cells: Iterable[Cell | None]) -> float:
    """The best of the cells' means; NaN where none has one."""
    means = [cell.mean for cell in cells if cell and math.isfinite(cell.mean)]
    return (min if METRICS[metric].lower_is_better else max)(means, default=math.nan)


def decimals(value: float) -> str:
    """A mean as the tables show it.

    >>> decimals(0.01234), decimals(12.34567), decimals(1e-6)
    ('0.0123', '12.35', '1e-06')
    """
    if not math.isfinite(value):
        return "–"
    if 0 < abs(value) < 5e-5:
        return f"{value:.0e}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def half_width(cell: Cell) -> float:
    """Half of a cell's interval."""
    return (cell.high - cell.low) / 2


def failed_text(cell: Cell) -> str:
    """What stands where a method has no mean, because it failed on an image: one over the others would flatter it."""
    return f"failed ({cell.failed} of {cell.n})"


def write_tables(folder: Path, results: Sequence[Result], manifest: Mapping[str, Any] | None = None) -> None:
    """Write `table.md`, `table.csv` and `table.tex`.

    Args:
        folder: of the run.
        results: of the run.
        manifest: of the run; it gives the order of rows and columns.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    axes = axes_of(results, manifest)
    summaries = {metric: summarise(results, metric) for metric in metrics_of(results)}
    views = _views(shown_by(manifest), results, manifest, summaries)
    certainty = _certainty_block(certainties(results, axes.methods, axes.patterns))
    texts = {"table.md": "\n".join(filter(None, [_markdown(views), certainty])), "table.tex": _tex(views)}
    for name, text in texts.items():
        with atomic_path(folder / name) as path:
            path.write_text(text, encoding="utf-8", newline="\n")
    with atomic_path(folder / "table.csv") as path, path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(_csv_rows(axes, results, summaries))


class View(NamedTuple):
    """The tables of one metric, in the unit of a protocol."""

    metric: str
    title: str
    axes: Axes
    cells: Cells


def shown_by(manifest: Mapping[str, Any] | None) -> tuple[Shown, ...]:
    """The metrics that a run's protocol publishes, each with its unit."""
    protocol = PROTOCOLS.get((manifest or {}).get("protocol", ""))
    return protocol.shown if protocol else USUAL


def _views(
    shown: Iterable[Shown],
    results: Sequence[Result],
    manifest: Mapping[str, Any] | None,
    summaries: Mapping[str, Cells],
) -> list[View]:
    """Where the protocol ends in a mean over inputs, it is one more of them."""
    axes, views = axes_of(results, manifest), []
    protocol = PROTOCOLS.get((manifest or {}).get("protocol", ""))
    overall = over_patterns(results) if protocol and protocol.over_patterns and len(axes.patterns) > 1 else []
    if overall:
        axes = replace(axes, patterns=(*axes.patterns, ALL_PATTERNS))
    for one in shown:
        cells = {**summaries.get(one.metric, {}), **summarise(overall, one.metric)}
        if cells:
            title = METRICS[one.metric].label if one.unit == "1" else f"{METRICS[one.metric].label} ({one.unit})"
            views.append(View(one.metric, title, axes, {key: _scaled(cell, one.scale) for key, cell in cells.items()}))
    return views


def _scaled(cell: Cell, scale: float) -> Cell:
    return replace(cell, mean=cell.mean * scale, low=cell.low * scale, high=cell.high * scale)


def markdown_table(
    results: Sequence[Result],
    manifest: Mapping[str, Any] | None = None,
    metrics: Sequence[str] | None = None,
    *,
    most: int | None = None,
) -> str:
    """The means over sets with their intervals, then for each metric one row a pattern and set, one column a method.

    The best is in bold. A method that failed on an image has no mean there.

    Args:
        results: of a run.
        manifest: of the run; it gives the order of rows and columns, and the protocol.
        metrics: which to show, in our units; by default what the protocol publishes, in its units.
        most: at most so many metrics.
    """
    ours = None if metrics is None else [Shown(metric, METRICS[metric].unit) for metric in metrics]
    shown = (shown_by(manifest) if ours is None else ours)[:most]
    return _markdown(_views(shown, results, manifest, {s.metric: summarise(results, s.metric) for s in shown}))


def _markdown(views: Iterable[View]) -> str:
    blocks = []
    for metric, title, axes, cells in views:
        kind = f"{title}, {'lower' if METRICS[metric].lower_is_better else 'higher'} is better"
        blocks.append(f"### {kind}: {ALL}, ± half of the 95 % interval\n\n{_means_table(axes, cells, metric)}")
        blocks.append(f"### {kind}: by set, n = images\n\n{_sets_table(axes, cells, metric)}")
    return "\n".join(blocks)


def _certainty_block(found: Mapping[tuple[str, str], Certainty]) -> str:
    rows = [
        [method, pattern, str(one.ause.n), *map(decimals, (one.ause.mean, one.by_distance.mean, one.ece))]
        for (method, pattern), one in found.items()
    ]
    head = (
        "### Expected error: AUSE (0 is best), that of the distance to the nearest measurement, calibration error ECE"
    )
    table = md_table(["method", "input", "n", "AUSE", "AUSE by distance", "ECE"], rows, left=2)
    return f"{head}\n\n{table}" if rows else ""


def _means_table(axes: Axes, cells: Cells, metric: str) -> str:
    """One row a method, one column a pattern with its number of images, which need not be the same."""
    best = {p: best_mean(metric, (cells.get((p, ALL, m)) for m in axes.methods)) for p in axes.patterns}
    rows = [
        [method, *(_md_cell(cells.get((p, ALL, method)), best[p], interval=True) for p in axes.patterns)]
        for method in axes.methods
    ]
    counts = {
        p: max((cells[p, ALL, m].n for m in axes.methods if (p, ALL, m) in cells), default=0) for p in axes.patterns
    }
    return md_table(["method", *(f"{p} (n = {n})" for p, n in counts.items())], rows, left=1)


def _sets_table(axes: Axes, cells: Cells, metric: str) -> str:
    """One row a pattern and set, one column a method."""
    rows = []
    for pattern, dataset in places(axes, cells):
        row = [cells.get((pattern, dataset, method)) for method in axes.methods]
        best, n = best_mean(metric, row), max(cell.n for cell in row if cell)
        rows.append([pattern, dataset, str(n), *(_md_cell(cell, best, n) for cell in row)])
    return md_table(["input", "set", "n", *axes.methods], rows, left=2)


def places(axes: Axes, cells: Cells) -> list[tuple[str, str]]:
    """The pairs of pattern and set, the mean over sets among them, that any method was scored on."""
    pairs = [(pattern, dataset) for pattern in axes.patterns for dataset in (*axes.datasets, ALL)]
    return [pair for pair in pairs if any((*pair, method) in cells for method in axes.methods)]


def _md_cell(cell: Cell | None, best: float, n: int | None = None, *, interval: bool = False) -> str:
    if cell is None:
        return "–"
    if cell.failed:
        return failed_text(cell)
    text = f"**{decimals(cell.mean)}**" if cell.mean == best else decimals(cell.mean)
    if interval and math.isfinite(half_width(cell)):
        text += f" ± {decimals(half_width(cell))}"
    return text if n in (None, cell.n) else f"{text} (n = {cell.n})"


def md_table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """A Markdown table whose first `left` columns are text, the others figures."""
    rules = ["---"] * left + ["--:"] * (len(head) - left)
    lines = [head, rules, *rows]
    escaped = [[text.replace("|", "\\|").replace("\n", " ") for text in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def _csv_rows(
    axes: Axes, results: Sequence[Result], summaries: Mapping[str, Cells]
) -> Iterable[Sequence[str | float | int]]:
    """One row a pattern, set, method and metric; `pooled` is over pixels; an empty field where there is no figure."""
    yield "pattern", "dataset", "method", "metric", "unit", "mean", "low", "high", "n", "failed", "pooled"
    pools = pooled(results)
    for metric, cells in summaries.items():
        for pattern, dataset in places(axes, cells):
            for method in axes.methods:
                cell = cells.get((pattern, dataset, method))
                if cell:
                    pool = _csv_number(pools[pattern, dataset, method].get(metric, math.nan))
                    figures = [_csv_number(value) for value in (cell.mean, cell.low, cell.high)]
                    yield pattern, dataset, method, metric, METRICS[metric].unit, *figures, cell.n, cell.failed, pool


def _csv_number(value: float) -> str:
    return f"{value:.9g}" if math.isfinite(value) else ""


def _tex(views: Iterable[View]) -> str:
    """For each metric a booktabs table: one row a pattern and set, one column a method."""
    tables = [
        "% Needs \\usepackage{booktabs}; wide tables: \\usepackage{graphicx} and \\resizebox{\\linewidth}{!}{...}\n"
    ]
    return "\n".join([*tables, *map(_tex_table, views)])


def _tex_table(view: View) -> str:
    metric, title, axes, cells = view
    lines = [f"% {title}", rf"\begin{{tabular}}{{llr{'r' * len(axes.methods)}}}", r"\toprule"]
    lines.append(" & ".join(_tex_text(text) for text in ("input", "set", "n", *axes.methods)) + r" \\")
    last = None
    for pattern, dataset in places(axes, cells):
        if pattern != last:
            lines.append(r"\midrule")
        row = [cells.get((pattern, dataset, method)) for method in axes.methods]
        best, n = best_mean(metric, row), max(cell.n for cell in row if cell)
        head = [_tex_text(pattern) if pattern != last else "", _tex_text(dataset), str(n)]
        lines.append(" & ".join([*head, *(_tex_cell(cell, best) for cell in row)]) + r" \\")
        last = pattern
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _tex_cell(cell: Cell | None, best: float) -> str:
    if cell is None or cell.failed:
        return _tex_text(failed_text(cell)) if cell else "--"
    text = decimals(cell.mean)
    return rf"\textbf{{{text}}}" if cell.mean == best else text


def _tex_text(text: str) -> str:
    return " ".join(text.split()).translate(_TEX)
