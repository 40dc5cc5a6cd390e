"""The report's charts: which patterns are one curve, and where the methods stand in error and time."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from spnet.evaluation.certainty import calibrations
from spnet.evaluation.charts import Chart, Point, Scale, Series, line_chart, reliability, scatter_chart, seconds
from spnet.evaluation.report import Axes, Cells, decimals, half_width, label
from spnet.evaluation.results import Result
from spnet.evaluation.statistics import ALL, ALL_PATTERNS, Cell, summarise
from spnet.metrics import METRICS

_FAMILY = re.compile(r"(\w+)\((\d+(?:\.\d+)?)(%?)\)")  # a pattern that one number makes denser or sparser
_TIME_NOTE = (
    "Median seconds an image on the machine of the run; the dashed line joins the methods that no other beats in both. "
    "A method that failed on any input is left out."
)
_LEAST_SHARE = 0.002  # of the pixels, for a bin to be drawn; ours
_RELIABILITY_NOTE = (
    "On the dashed line confidence is right; below it the method is too sure of itself. Images count the same."
)
_FAMILIES = {
    "random": ("Error against the density of random points", "measured, % of the known pixels"),
    "lidar": ("Error against the number of LiDAR lines", "lines of the scanner"),
    "grid": ("Error against the step of a regular grid", "pixels between two points"),
    "lowres": ("Error against the factor of a low-resolution sensor", "times coarser than the image"),
    "noise": ("Error against the share of wrong measurements", "wrong measurements, %"),
}


def density_charts(metric: str, axes: Axes, cells: Cells, results: Sequence[Result]) -> list[Chart]:
    """For every family of patterns of which the run has two or more: the error against what makes them denser."""
    families: dict[str, dict[str, float]] = defaultdict(dict)
    for pattern in axes.patterns:
        found = _FAMILY.fullmatch(pattern)
        if found and found[1] in _FAMILIES:
            exact = found[3] or found[1] not in ("random", "noise")
            families[found[1]][pattern] = float(found[2]) if exact else _density(results, pattern)
    charts = []
    for family, members in families.items():
        if len(set(members.values())) > 1:
            title, x_label = _FAMILIES[family]
            shared, images = _shared(results, members)
            means, note = cells, ""
            if shared is not None:
                means = summarise(shared, metric)
                note = f"Over the {images} images that could be scored under all of these."
            series = [_curve(index, m, members, means) for index, m in enumerate(axes.methods)]
            series = [one for one in series if one.points]
            labels = (x_label, f"{label(metric)}, {ALL}")
            if series:
                charts.append(replace(line_chart(title, series, labels, y_scale=_scale(metric)), note=note))
    return charts


def _shared(results: Sequence[Result], patterns: Collection[str]) -> tuple[list[Result] | None, int]:
    """Results of the images that have all patterns, and how many images; None where these are all.

    A set that only the easier patterns could be scored on would bend the curve.
    """
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for result in results:
        if result.pattern in patterns:
            found[result.dataset, result.image].add(result.pattern)
    whole = {image for image, names in found.items() if len(names) == len(patterns)}
    if len(whole) == len(found):
        return None, len(whole)
    kept = [r for r in results if (r.dataset, r.image) in whole and r.pattern in patterns]
    return kept, len(whole)


def _scale(metric: str) -> Scale:
    return "log" if METRICS[metric].lower_is_better else "linear"


def _density(results: Iterable[Result], pattern: str) -> float:
    """Measured pixels in per cent of the known ones, the mean over images; scored pixels are the known, unmeasured."""
    shares = {(r.dataset, r.image): r.measured / (r.measured + r.pixels) for r in results if r.pattern == pattern}
    return float(100 * np.mean(list(shares.values())))


def _curve(index: int, method: str, members: Mapping[str, float], cells: Cells) -> Series:
    points = []
    for pattern, x in members.items():
        cell = cells.get((pattern, ALL, method))
        if cell and math.isfinite(cell.mean):
            points.append(_point(x, cell, f"{pattern}: {decimals(cell.mean)}"))
    return Series(method, index, tuple(points))


def _point(x: float, cell: Cell, text: str) -> Point:
    if not math.isfinite(half_width(cell)):
        return Point(x, cell.mean, cell.mean, cell.mean, text)
    return Point(x, cell.mean, cell.low, cell.high, f"{text} ± {decimals(half_width(cell))}")


def time_chart(metric: str, axes: Axes, overall: Cells, medians: Mapping[str, float]) -> Chart | None:
    """The mean over inputs and sets against the median time an image; methods that failed are not in it."""
    series = []
    for index, method in enumerate(axes.methods):
        cell = overall.get((ALL_PATTERNS, ALL, method))
        if cell and math.isfinite(cell.mean) and medians.get(method, 0) > 0:
            text = f"{decimals(cell.mean)} at {seconds(medians[method])}"
            series.append(Series(method, index, (_point(medians[method], cell, text),)))
    if not series:
        return None
    labels = ("median time an image", f"{label(metric)}, mean over inputs and sets")
    title = f"{label(metric)} against time"
    better = METRICS[metric].lower_is_better
    chart = scatter_chart(title, series, labels, y_scale=_scale(metric), lower_is_better=better)
    return replace(chart, note=_TIME_NOTE)


def reliability_chart(axes: Axes, results: Sequence[Result]) -> Chart | None:
    """Share of the pixels within 5 % of the truth against the confidence that they would be, over all patterns."""
    together = [replace(result, pattern=ALL_PATTERNS) for result in results]
    series = []
    for (_, method), found in calibrations(together).items():
        points = [
            Point(said, share, share, share, f"{decimals(said)} said, {decimals(share)} found")
            for said, share, mass in zip(found.said, found.found, found.share, strict=True)
            if mass > _LEAST_SHARE
        ]
        series.append(Series(method, axes.methods.index(method), tuple(points)))
    if not series:
        return None
    title = "Confidence, and how often it is right"
    return replace(reliability(title, series, ("confidence", "share of pixels within 5 %")), note=_RELIABILITY_NOTE)


def medians_of(times: Iterable[tuple[str, str, str, str, float]]) -> dict[str, float]:
    """Median seconds an image of every method.

    >>> medians_of([("a", "1", "p", "m", 1.0), ("a", "2", "p", "m", 3.0), ("a", "3", "p", "m", 2.0)])
    {'m': 2.0}
    """
    found: dict[str, list[float]] = defaultdict(list)
    for _, _, _, method, value in times:
        found[method].append(value)
    return {method: float(np.median(values)) for method, values in found.items()}
