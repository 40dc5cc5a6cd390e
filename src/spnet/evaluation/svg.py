"""A chart as an SVG file of its own, for documents; reports draw theirs by a template, with a style sheet."""

from __future__ import annotations

from html import escape
from pathlib import Path

from spnet.evaluation.charts import Axis, Chart, Curve
from spnet.files import atomic_path

# The light colours of the reports' style sheet, on white whatever the page behind is.
_COLOURS = ("#1f5fb4", "#cf5a00", "#00805a", "#8a3fa6", "#997300", "#0b87b0", "#7a4b2a", "#c2185b")
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#5b6470}.ink{fill:#1c2126}.grid{stroke:#e3e6ea;fill:none}"
    ".axis{stroke:#5b6470;fill:none}.line{fill:none;stroke-width:1.8;stroke-linejoin:round}"
    ".mark{stroke:#fff}.label{paint-order:stroke;stroke:#fff;stroke-width:3.5px}"
    ".frontier{fill:none;stroke:#5b6470;stroke-dasharray:3 4;stroke-width:1.2}"
)
_TITLE = 26  # height of the title's line, and of the note's


def svg(chart: Chart) -> str:
    """The chart with its title above and its note, where it has one, below."""
    below = _TITLE if chart.note else 0
    height = chart.height + _TITLE + below
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {-_TITLE} {chart.width} {height}" width="{chart.width}" '
        f'height="{height}" role="img"><title>{escape(chart.title)}</title><style>{_STYLE}</style>',
        f'<rect x="0" y="{-_TITLE}" width="{chart.width}" height="{height}" fill="#fff"/>',
        f'<text class="ink" x="8" y="-8" style="font-weight:600;font-size:14px">{escape(chart.title)}</text>',
        *_frame(chart.x, chart.y, chart.height),
    ]
    if chart.frontier:
        parts.append(f'<path class="frontier" d="{chart.frontier}"/>')
    for curve in chart.curves:
        parts += _curve(curve, joined=chart.joined)
    if chart.note:
        parts.append(f'<text x="8" y="{chart.height + 14}" style="font-size:11px">{escape(chart.note)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def write_svg(path: Path, chart: Chart) -> None:
    """Write a chart; the file is complete or absent.

    Raises:
        CannotWrite: it cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(svg(chart), encoding="utf-8")


def _frame(x: Axis, y: Axis, height: int) -> list[str]:
    parts = []
    for at, text in y.ticks:
        parts.append(f'<path class="grid" d="M{x.start} {at}H{x.end}"/>')
        parts.append(f'<text x="{x.start - 7}" y="{at + 4}" text-anchor="end">{escape(text)}</text>')
    for at, text in x.ticks:
        parts.append(f'<path class="grid" d="M{at} {y.start}V{y.end}"/>')
        parts.append(f'<text x="{at}" y="{y.start + 17}" text-anchor="middle">{escape(text)}</text>')
    middle, centre = (x.start + x.end) / 2, (y.start + y.end) / 2
    return [
        *parts,
        f'<path class="axis" d="M{x.start} {y.end}V{y.start}H{x.end}"/>',
        f'<text class="ink" x="{middle}" y="{height - 8}" text-anchor="middle">{escape(x.label)}</text>',
        f'<text class="ink" transform="translate(13 {centre}) rotate(-90)" text-anchor="middle">'
        f"{escape(y.label)}</text>",
    ]


def _curve(curve: Curve, *, joined: bool) -> list[str]:
    colour = _COLOURS[curve.style.colour]
    parts = [f"<g><title>{escape(curve.name)}</title>"]
    if joined:
        dashes = f' stroke-dasharray="{curve.style.dashes}"' if curve.style.dashes else ""
        parts.append(f'<path class="line" d="{curve.line}" stroke="{colour}"{dashes}/>')
    for mark in curve.marks:
        if mark.low != mark.high:
            parts.append(f'<path d="M{mark.x} {mark.low}V{mark.high}" stroke="{colour}" stroke-opacity=".6"/>')
        parts.append(
            f'<path class="mark" d="{curve.style.marker}" transform="translate({mark.x} {mark.y})" fill="{colour}">'
            f"<title>{escape(mark.text)}</title></path>"
        )
    if curve.leader:
        parts.append(f'<path d="{curve.leader}" stroke="{colour}" stroke-opacity=".55" fill="none"/>')
    x, y = curve.label_at
    parts.append(f'<text class="label" x="{x}" y="{y}" style="fill:{colour}">{escape(curve.label)}</text></g>')
    return parts
