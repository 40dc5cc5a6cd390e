"""What the page's own figures are given: a picture, its legend, and the numbers that its read-out tells."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from spnet.app.pictures import ERROR_COLOURS, ERROR_RANGE, error_place
from spnet.completion import CLOSE, ERROR_SCALE, ERROR_SHAPE, Completion, confidence_of
from spnet.types import BoolImage, ByteImage, FloatImage
from spnet.viz import colorize, place_on_scale, round_distances

READOUT = 640  # pixels of the longer side of what the read-out under the cursor knows
ERROR_TOP = 2.0  # relative errors above are told as this
ERROR_MARKS = (0.003, 0.01, 0.03, 0.1, 0.3)
_FLAG = 0x8000  # of an error: hidden, or unknown
Mark = tuple[float, str]


def depth_figure(picture: ByteImage, result: Completion, below: float, span: tuple[float, float]) -> dict[str, object]:
    """The completed depth, where what is less sure than `below` was left out of the picture; `span` in metres."""
    marks = [(_from_near(value, span), f"{value:g} m") for value in round_distances(*span, room=0.12)]
    strip = np.geomspace(*span, 16).astype(np.float32)
    stops = [(_from_near(float(value), span), colour) for value, colour in zip(strip, _row(strip, span), strict=True)]
    hidden = None if result.confidence is None else result.confidence < below
    return {
        **_numbers(picture, result.depth, result.expected_error, hidden),
        "kind": "expected",
        "alt": "completed depth",
        "legend": _legend("distance", stops, [marks]),
    }


def _from_near(value: float, span: tuple[float, float]) -> float:
    return float(place_on_scale(np.array([value], np.float32), *span)[0])


def _row(strip: FloatImage, span: tuple[float, float]) -> list[Sequence[int]]:
    return list(colorize(strip[None], vmin=span[0], vmax=span[1])[0].tolist())


def expected_figure(picture: ByteImage, result: Completion, below: float) -> dict[str, object]:
    """The expected error of each pixel, on the scale of the true errors; its legend tells the confidence, too."""
    if (confidence := result.confidence) is None:
        return nothing(f"{result.model} gives no expected error; the default model does.")
    sure = confidence_of(np.array(ERROR_MARKS, np.float32))
    marks = [(error_place(at), f"{share:.2f}") for at, share in zip(ERROR_MARKS, sure, strict=True)]
    return {
        **_numbers(picture, result.depth, result.expected_error, confidence < below),
        "kind": "expected",
        "alt": "expected error of each pixel",
        "legend": _legend("expected error", _error_stops(), [_error_marks(), marks], "confidence"),
    }


def error_figure(picture: ByteImage, depth: FloatImage, truth: FloatImage, method: str) -> dict[str, object]:
    """The true error of a method's depth map."""
    known = truth > 0
    relative = (np.abs(depth - truth) / np.where(known, truth, 1)).astype(np.float32)
    return {
        **_numbers(picture, depth, relative, ~known),
        "kind": "true",
        "title": html.escape(f"Error of {method}"),
        "alt": html.escape(f"error of {method} against the truth"),
        "legend": _legend("against the truth", _error_stops(), [_error_marks()]),
    }


def compare_figure(before: ByteImage, after: ByteImage, left: str, right: str) -> dict[str, object]:
    """Two pictures (H, W, 3) of one view for the before/after slider, with what each is."""
    return {
        "before": _address(before),
        "after": _address(after),
        "left": html.escape(left),
        "right": html.escape(right),
    }


def nothing(why: str) -> dict[str, object]:
    """A figure that says why there is no picture."""
    return {"src": "", "note": html.escape(why), "legend": "", "alt": ""}


def _numbers(
    picture: ByteImage, depth: FloatImage, error: FloatImage | None, flagged: BoolImage | None
) -> dict[str, object]:
    """A picture and what lies below it, for the page's script.

    Returns:
        "src" a data address; "depth" base64 of little-endian 16-bit steps, "step" metres a step; "error" of 15-bit
        steps of "error_step", the highest bit where `flagged`, empty without; "width", "height"; "confidence" the three
        numbers of `Completion.confidence`; "note" the caption before anything is pointed at.
    """
    stride = max(1, -(-max(depth.shape) // READOUT))
    small = np.where(np.isfinite(depth), depth, 0)[::stride, ::stride]
    step = max(float(small.max()) / 65535, 1e-6)
    packed = b""
    if error is not None:
        steps = np.rint(np.minimum(error[::stride, ::stride], ERROR_TOP) * (_FLAG - 1) / ERROR_TOP).astype("<u2")
        if flagged is not None:
            steps[flagged[::stride, ::stride]] |= _FLAG
        packed = steps.tobytes()
    return {
        "src": _address(picture),
        "depth": base64.b64encode(np.rint(small / step).astype("<u2").tobytes()).decode(),
        "step": step,
        "error": base64.b64encode(packed).decode(),
        "error_step": ERROR_TOP / (_FLAG - 1),
        "width": small.shape[1],
        "height": small.shape[0],
        "confidence": [CLOSE, ERROR_SCALE, ERROR_SHAPE],
        "note": "Point at the picture: what it says there stands here. Arrow keys move, too.",
    }


def _address(picture: ByteImage) -> str:
    """A picture as a PNG in a data address."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _error_stops() -> list[tuple[float, Sequence[int]]]:
    return [(i / (len(ERROR_COLOURS) - 1), colour) for i, colour in enumerate(ERROR_COLOURS)]


def _error_marks() -> list[Mark]:
    low, high = ERROR_RANGE
    signs = {low: "≤ ", high: "≥ "}
    return [(error_place(at), f"{signs.get(at, '')}{100 * at:g} %") for at in ERROR_MARKS]


def _legend(name: str, stops: list[tuple[float, Sequence[int]]], rows: list[list[Mark]], second: str = "") -> str:
    """A strip of colours with marks; `stops` and marks by their place from 0 to 1. With a second name, a second row."""
    colours = ", ".join(f"rgb({r} {g} {b}) {100 * at:.1f}%" for at, (r, g, b) in stops)
    said = f"{name}: colours from {rows[0][0][1]} to {rows[0][-1][1]}"
    lines = []
    for title, marks in zip((name, second), rows, strict=False):
        spans = "".join(f'<span style="left:{100 * at:.1f}%">{text}</span>' for at, text in marks)
        lines.append(f'<i>{title}</i><div class="marks">{spans}</div>')
    bar = f'<i></i><div class="bar" style="background:linear-gradient(to right, {colours})"></div>'
    return f'<div class="legend" role="img" aria-label="{said}">{lines[0]}{bar}{"".join(lines[1:])}</div>'
