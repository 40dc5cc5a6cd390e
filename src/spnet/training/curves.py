"""The geometry of a training run's charts: numbers by step in, places in a picture out; a template draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from spnet.evaluation.charts import COLOURS, HEIGHT, WIDTH, Axis, number, place_labels

# All ours, in units of the picture, chosen by looking at the charts.
_LEFT, _TOP, _BOTTOM = 62, 14, 48
_LETTER = 6.4  # width of a letter of a label
_LONGEST = 24  # letters of a label
BUCKETS = 300  # points of a curve; of a longer one, means over as many stretches
SMOOTH = 0.05  # share of a curve that a point of the smoothed one is the mean of
FEW = 40  # points up to which each gets a marker with its value, and nothing is smoothed

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """One curve: (step, value) pairs by rising step, of which those that are not finite are left out.

    Attributes:
        name: its label.
        points: the pairs.
        colour: number of its colour.
        dashed: as what is compared with.
        exact: without noise, hence not smoothed.
    """

    name: str
    points: Points
    colour: int
    dashed: bool = False
    exact: bool = False


@dataclass(frozen=True)
class Drawn:
    """A curve as the template draws it: paths, markers (x, y, tooltip), and its label."""

    name: str
    colour: int
    dashed: bool
    raw: str
    line: str
    marks: tuple[tuple[float, float, str], ...]
    label: str
    label_at: tuple[float, float]


@dataclass(frozen=True)
class Graph:
    """All that the template draws. `events` are (x, tooltip) of steps to be marked on the axis."""

    title: str
    note: str
    x: Axis
    y: Axis
    curves: tuple[Drawn, ...]
    events: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


def graph(
    title: str,
    lines: Sequence[Line],
    unit: str,
    *,
    log: bool = False,
    note: str = "",
    events: Sequence[tuple[float, str]] = (),
    from_zero: bool = False,
) -> Graph | None:
    """A chart over the steps of a run.

    Args:
        title: of the chart.
        lines: the curves.
        unit: label of the y axis.
        log: logarithmic y, where all values are positive.
        note: a sentence below the title.
        events: (step, text) to be marked.
        from_zero: y begins at 0.

    Returns:
        None where there is nothing to draw.
    """
    cleaned = [(line, _bucketed([p for p in line.points if math.isfinite(p[1])])) for line in lines]
    cleaned = [(line, points) for line, points in cleaned if points]
    if not cleaned:
        return None
    xs = [x for _, points in cleaned for x, _ in points] + [step for step, _ in events]
    ys = [y for _, points in cleaned for _, y in points]
    right = WIDTH - 30 - _LETTER * max(len(_shortened(line.name)) for line, _ in cleaned)
    x = _linear_axis("step", min(xs), max(xs), (_LEFT, right))
    ends = (HEIGHT - _BOTTOM, _TOP)
    room = 0.06 * (max(ys) - min(ys)) or 0.06 * abs(max(ys)) or 0.5
    low = 0.0 if from_zero else min(ys) - room
    logarithmic = log and min(ys) > 0
    y = _log_axis(unit, min(ys), max(ys), ends) if logarithmic else _linear_axis(unit, low, max(ys) + room, ends)
    drawn = [_draw(line, points, x, y) for line, points in cleaned]
    heights = place_labels([(right + 9, one.label_at[1], _LETTER * len(one.label)) for one in drawn])
    placed = tuple(
        replace(one, label_at=(right + 9, round(height + 4, 1))) for one, height in zip(drawn, heights, strict=True)
    )
    return Graph(title, note, x, y, placed, tuple((x.at(step), text) for step, text in events))


def _draw(line: Line, points: Points, x: Axis, y: Axis) -> Drawn:
    few = len(points) <= FEW
    plain = few or line.exact
    places = [(x.at(step), y.at(value)) for step, value in points]
    smoothed = points if plain else list(zip([p[0] for p in points], smooth([p[1] for p in points]), strict=True))
    ends = [(x.at(step), y.at(value)) for step, value in smoothed]
    marks = [(*place, f"step {step:.0f}: {number(value)}") for place, (step, value) in zip(places, points, strict=True)]
    return Drawn(
        line.name, line.colour % COLOURS, line.dashed, "" if plain else _path(places), _path(ends),
        tuple(marks) if few and not line.dashed else (), _shortened(line.name), ends[-1],
    )  # fmt: skip


def smooth(values: Sequence[float]) -> list[float]:
    """Means over a centred window, narrower at the two ends.

    >>> smooth([0.0, 3.0, 0.0])
    [0.0, 3.0, 0.0]
    """
    reach = round(SMOOTH * len(values) / 2)
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    out = []
    for index in range(len(values)):
        near = min(reach, index, len(values) - 1 - index)
        out.append((sums[index + near + 1] - sums[index - near]) / (2 * near + 1))
    return out


def _bucketed(points: Points) -> Points:
    """At most `BUCKETS` points, each the mean of a stretch."""
    if len(points) <= BUCKETS:
        return points
    bounds = [round(i * len(points) / BUCKETS) for i in range(BUCKETS + 1)]
    parts = [points[a:b] for a, b in pairwise(bounds)]
    return [(sum(p[0] for p in part) / len(part), sum(p[1] for p in part) / len(part)) for part in parts]


def _path(places: Sequence[tuple[float, float]]) -> str:
    if len(places) == 1:  # a stretch, so that a single value is seen
        return f"M{places[0][0] - 4:.1f} {places[0][1]}h8"
    return "M" + "L".join(f"{across} {up}" for across, up in places)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _linear_axis(label: str, low: float, high: float, ends: tuple[float, float]) -> Axis:
    if high <= low:
        low, high = low - 0.5, high + 0.5
    axis = Axis(label, "linear", low, high, *ends, ticks=())
    return replace(axis, ticks=tuple((axis.at(value), _round(value)) for value in _even(low, high)))


def _even(low: float, high: float) -> list[float]:
    """Round values at even steps."""
    ten = 10.0 ** math.floor(math.log10((high - low) / 4))
    step = next(ten * digit for digit in (1, 2, 5, 10, 20) if ten * digit * 6 >= high - low)
    return [float(f"{i * step:.9g}") for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _log_axis(label: str, low: float, high: float, ends: tuple[float, float]) -> Axis:
    room = max(1.02, (high / low) ** 0.08)
    low, high = low / room, high * room
    decades = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
    digits = (1.0,) if len(decades) > 4 else (1, 2, 5) if high > 4 * low else (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
    marks = [value for ten in decades for digit in digits if low <= (value := float(f"{digit}e{ten}")) <= high]
    if len(marks) < 3:
        marks = _even(low, high)
    axis = Axis(label, "log", low, high, *ends, ticks=())
    return replace(axis, ticks=tuple((axis.at(value), _round(value)) for value in marks))


def _round(value: float) -> str:
    """A mark of an axis, short.

    >>> _round(20000.0), _round(0.00015), _round(0.5)
    ('20k', '1.5e-4', '0.5')
    """
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    if not 0 < abs(value) < 1e-3:
        return f"{value:g}"
    digits, _, power = f"{value:.2e}".partition("e")
    return f"{float(digits):g}e{int(power)}"
