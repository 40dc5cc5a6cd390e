"""The geometry of the report's charts: numbers in, places in a picture out; a template draws them as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

# All ours, in units of the picture, chosen by looking at the charts.
WIDTH, HEIGHT = 720, 430
_LEFT, _TOP, _BOTTOM = 62, 14, 48
_LINE = 14.0  # height of a label
_LETTER = 6.4  # width of a letter of a label
_LONGEST = 26  # letters of a label; the full name is in the chart's tooltip and in every table
_DASHES = ("", "7 3", "2 3")
_MARKERS = (  # outlines around (0, 0)
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "M-3.6 -3.6h7.2v7.2h-7.2z",
    "M0 -4.8L4.6 3.4H-4.6z",
    "M0 -5L5 0L0 5L-5 0z",
    "M0 4.8L4.6 -3.4H-4.6z",
)
COLOURS = 8  # the style sheet's --c0 to --c7

Format = Callable[[float], str]
Scale = Literal["log", "linear"]


@dataclass(frozen=True)
class Point:
    """A measured value (x, y) with the interval low to high of y, and what to say about it."""

    x: float
    y: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Series:
    """The points of one method, which is the `index`-th of the run: its colour, marker and dashes follow from that."""

    name: str
    index: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Axis:
    """One direction of a chart: the range of its values, the marks, and where both lie in the picture."""

    label: str
    scale: Scale
    low: float
    high: float
    start: float
    end: float
    ticks: tuple[tuple[float, str], ...]

    def at(self, value: float) -> float:
        """Place of a value in the picture; values beyond the range lie at its end."""
        value = min(max(value, self.low), self.high)
        if self.scale == "log":
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True)
class Mark:
    """A drawn point: place, the ends of its interval, and its tooltip."""

    x: float
    y: float
    low: float
    high: float
    text: str


class Style(NamedTuple):
    """How a method is drawn: number of its colour, outline of its marker around (0, 0), dashes of its line."""

    colour: int
    marker: str
    dashes: str


def style_of(index: int) -> Style:
    """The style of method number `index`: no two of the first 40 are alike, even without colours few are."""
    return Style(index % COLOURS, _MARKERS[index % len(_MARKERS)], _DASHES[index // COLOURS % len(_DASHES)])


@dataclass(frozen=True)
class Curve:
    """A drawn series."""

    name: str
    index: int
    style: Style
    line: str
    band: str
    marks: tuple[Mark, ...]
    label: str
    label_at: tuple[float, float]  # left end of the label's base line
    leader: str  # a line from the label to its point, where they are apart


@dataclass(frozen=True)
class Chart:
    """All that the template draws."""

    title: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    frontier: str  # outline of the best trade-offs, for scatter charts
    joined: bool
    note: str = ""
    width: int = WIDTH
    height: int = HEIGHT


def number(value: float) -> str:
    """Three significant digits without an exponent.

    >>> number(0.012345), number(1234.5), number(2.0)
    ('0.0123', '1234', '2')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def seconds(value: float) -> str:
    """A time with its unit.

    >>> seconds(0.0123), seconds(2.5)
    ('12.3 ms', '2.5 s')
    """
    return f"{number(1000 * value)} ms" if value < 1 else f"{number(value)} s"


def line_chart(
    title: str, series: Sequence[Series], labels: tuple[str, str], *, y_scale: Scale = "log", x_text: Format = number
) -> Chart:
    """Curves over a logarithmic x axis, each named at its right end.

    Args:
        title: of the chart, for those who cannot see it.
        series: one a method, points in any order.
        labels: of the two axes.
        y_scale: of the errors; x is always logarithmic.
        x_text: how to write the marks of the x axis; they stand at the points where these are few.
    """
    return _chart(title, series, labels, y_scale, x_text, joined=True)


def scatter_chart(
    title: str,
    series: Sequence[Series],
    labels: tuple[str, str],
    *,
    y_scale: Scale = "log",
    lower_is_better: bool = True,
) -> Chart:
    """One point a method over a logarithmic time axis, with the frontier that no method beats in both."""
    chart = _chart(title, series, labels, y_scale, seconds, joined=False)
    points = [point for one in series for point in one.points]
    return replace(chart, frontier=_frontier(points, chart.x, chart.y, lower_is_better))


def reliability(title: str, series: Sequence[Series], labels: tuple[str, str]) -> Chart:
    """Curves over two axes from 0 to 1, with the diagonal."""
    x, y = (_linear_axis(label, (0.0, 1.0), ends, number) for label, ends in zip(labels, _ends(series), strict=True))
    chart = _drawn(title, series, x, y, joined=True)
    return replace(chart, frontier=f"M{x.at(0)} {y.at(0)}L{x.at(1)} {y.at(1)}")


def _chart(
    title: str, series: Sequence[Series], labels: tuple[str, str], y_scale: Scale, x_text: Format, *, joined: bool
) -> Chart:
    points = [point for one in series for point in one.points]
    across, up = _ends(series)
    xs = sorted({point.x for point in points})
    ys = [value for point in points for value in (point.y, point.low, point.high)]
    x = _log_axis(labels[0], xs, across, x_text, marks=xs if joined and len(xs) <= 7 else None)
    y = _log_axis(labels[1], ys, up, number) if y_scale == "log" else _linear_axis(labels[1], ys, up, number)
    return _drawn(title, series, x, y, joined=joined)


def _ends(series: Sequence[Series]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where the axes begin and end; the labels of the curves have room on the right."""
    right = WIDTH - 30 - _LETTER * max((len(_shortened(one.name)) for one in series), default=0)
    return (_LEFT, right), (HEIGHT - _BOTTOM, _TOP)


def _drawn(title: str, series: Sequence[Series], x: Axis, y: Axis, *, joined: bool) -> Chart:
    drawn = [_curve(one, x, y, joined=joined) for one in series if one.points]
    heights = place_labels([(curve.label_at[0], curve.label_at[1], _LETTER * len(curve.label)) for curve in drawn])
    return Chart(title, x, y, tuple(map(_labelled, drawn, heights)), "", joined)


def _curve(series: Series, x: Axis, y: Axis, *, joined: bool) -> Curve:
    points = sorted(series.points, key=lambda point: point.x)
    marks = tuple(Mark(x.at(p.x), y.at(p.y), y.at(p.low), y.at(p.high), p.text) for p in points)
    line = "M" + "L".join(f"{mark.x} {mark.y}" for mark in marks) if joined else ""
    outline = [(mark.x, mark.high) for mark in marks] + [(mark.x, mark.low) for mark in reversed(marks)]
    band = "M" + "L".join(f"{across} {up}" for across, up in outline) + "z" if joined else ""
    label_at = (marks[-1].x + 9, marks[-1].y)
    return Curve(
        series.name, series.index, style_of(series.index), line, band, marks, _shortened(series.name), label_at, ""
    )


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _labelled(curve: Curve, height: float) -> Curve:
    """The curve with its label moved to a height where it covers no other."""
    x, y = curve.label_at
    leader = f"M{x - 5} {y}L{x + 6} {height}" if abs(height - y) > 2 else ""
    place = (x + 9 if leader else x, round(height + 4, 1))
    return replace(curve, label_at=place, leader=leader)


def place_labels(anchors: Sequence[tuple[float, float, float]]) -> list[float]:
    """Heights at which labels do not cover one another, each as near as possible to where it belongs.

    Args:
        anchors: (left end, middle of the line, width) of each label.

    >>> place_labels([(0, 50, 30), (10, 52, 30), (100, 52, 30)])
    [50, 64.0, 52]
    """
    placed: list[tuple[float, float, float]] = []
    heights = [0.0] * len(anchors)
    for index in sorted(range(len(anchors)), key=lambda i: anchors[i][1]):
        left, middle, width = anchors[index]
        near = [at for at, start, end in placed if start < left + width + 9 and left < end + 9]
        free = (at for at in [middle, *_beside(near)] if all(abs(at - other) > _LINE - 1e-6 for other in near))
        heights[index] = min(
            (at for at in free if at == middle or _TOP <= at <= HEIGHT - _BOTTOM + _LINE),
            key=lambda at: abs(at - middle),
            default=middle,
        )
        placed.append((heights[index], left, left + width))
    return heights


def _beside(heights: Iterable[float]) -> list[float]:
    """One line below and above each of these."""
    return [at + way * _LINE for at in heights for way in (1, -1)]


def _log_axis(
    label: str, values: Iterable[float], ends: tuple[float, float], text: Format, marks: Sequence[float] | None = None
) -> Axis:
    positive = [value for value in values if math.isfinite(value) and value > 0] or [1.0]
    low, high = min(positive) / 1.15, max(positive) * 1.15
    if marks is None:
        decades = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
        digits = (1,) if len(decades) > 4 else (1, 2, 5) if high > 4 * low else (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)
        marks = [float(f"{digit}e{ten}") for ten in decades for digit in digits]
    axis = Axis(label, "log", low, high, *ends, ticks=())
    return _with_ticks(axis, [(value, text(value)) for value in marks if low <= value <= high])


def _linear_axis(label: str, values: Iterable[float], ends: tuple[float, float], text: Format) -> Axis:
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    room = 0.06 * (max(finite) - min(finite)) or 0.5
    low, high = min(finite) - room, max(finite) + room
    ten = 10.0 ** math.floor(math.log10((high - low) / 4))
    step = next(ten * digit for digit in (1, 2, 5, 10) if ten * digit * 6 >= high - low)
    marks = [float(f"{i * step:.9g}") for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return _with_ticks(Axis(label, "linear", low, high, *ends, ticks=()), [(value, text(value)) for value in marks])


def _with_ticks(axis: Axis, marks: Sequence[tuple[float, str]]) -> Axis:
    ticks: list[tuple[float, str]] = []
    for value, text in marks:
        room = _LETTER * (len(text) + len(ticks[-1][1])) / 2 + 6 if ticks else 0
        if not ticks or abs(axis.at(value) - ticks[-1][0]) >= (room if axis.start < axis.end else _LINE):
            ticks.append((axis.at(value), text))
    return replace(axis, ticks=tuple(ticks))


def _frontier(points: Sequence[Point], x: Axis, y: Axis, lower_is_better: bool) -> str:
    """A staircase along the methods that no other beats in both time and error."""
    way = 1 if lower_is_better else -1
    best: list[Point] = []
    for point in sorted(points, key=lambda p: (p.x, way * p.y)):
        if not best or way * point.y < way * best[-1].y:
            best.append(point)
    if not best:
        return ""
    steps = [f"M{x.at(best[0].x)} {y.at(best[0].y)}"]
    steps += [f"H{x.at(after.x)}V{y.at(after.y)}" for after in best[1:]]
    return "".join(steps) + f"H{x.end}"
