"""The pictures of the report: small, on one scale a case, and encoded into the page itself."""

from __future__ import annotations

import io
import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spnet.types import ByteImage, FloatImage
from spnet.viz import UNKNOWN, colorize, depth_range, draw_points, input_panel, round_distances

Role = Literal["best", "median", "worst"]

# All ours, chosen by looking at the pages.
AREA = 110_000  # pixels of a picture where there are few
BUDGET = 26_000_000  # pixels of all pictures together; about 5 MB
_QUALITY = 78
_SPARSE = 0.25  # a truth that knows less than this share is drawn as dots
ERROR_RANGE = (0.005, 0.5)  # relative errors at the ends of the error colours, which are even in their logarithm
ERROR_MARKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_ERROR_UNKNOWN = (176, 180, 188)
# White to dark red, lightness falling evenly: it reads in grey and for the colour-blind.
_ERROR_ANCHORS = ((255, 255, 255), (252, 219, 134), (240, 156, 66), (208, 84, 38), (136, 22, 34), (52, 0, 28))
_ERROR_COLOURS: NDArray[np.uint8] = np.stack(
    [np.interp(np.arange(256), np.linspace(0, 255, len(_ERROR_ANCHORS)), c) for c in np.transpose(_ERROR_ANCHORS)],
    axis=1,
).astype(np.uint8)


@dataclass(frozen=True)
class Picture:
    """One case for the report: what went in, what is true, and what every method made of it.

    Attributes:
        dataset, image, pattern: names.
        role: why it is shown: best, median or worst of its set.
        rgb: (H, W, 3) uint8.
        raw: (H, W) metres, the sparse input.
        truth: (H, W) metres.
        predictions: method -> (H, W) metres, None where it failed.
        rel: method -> REL on this case.
    """

    dataset: str
    image: str
    pattern: str
    role: Role
    rgb: ByteImage
    raw: FloatImage
    truth: FloatImage
    predictions: Mapping[str, FloatImage | None]
    rel: Mapping[str, float]


@dataclass(frozen=True)
class MethodView:
    """A method's number, its REL as text, whether that is the least, and its two pictures, None where it failed."""

    name: str
    index: int
    text: str
    best: bool
    depth: str | None
    error: str | None


@dataclass(frozen=True)
class CaseView:
    """What the template shows of a `Picture`; pictures as data addresses, places in per cent of the scale's length."""

    dataset: str
    image: str
    pattern: str
    role: str
    points: int
    width: int
    height: int
    rgb: str
    raw: str
    truth: str
    scale: str
    marks: tuple[tuple[float, str], ...]
    methods: tuple[MethodView, ...]


def case_views(pictures: Sequence[Picture], methods: Sequence[str]) -> list[CaseView]:
    """Encode pictures, the smaller the more there are.

    Args:
        pictures: the cases.
        methods: in the order to show them.
    """
    count = sum(3 + 2 * len(picture.predictions) for picture in pictures)
    area = min(AREA, BUDGET / max(1, count))
    return [_case_view(picture, methods, area) for picture in pictures]


def _case_view(picture: Picture, methods: Sequence[str], area: float) -> CaseView:
    shape = picture.truth.shape
    factor = math.sqrt(area / (shape[0] * shape[1]))
    size = max(1, round(shape[1] * factor)), max(1, round(shape[0] * factor))
    low, high = depth_range(picture.truth)
    strip = np.geomspace(low, high, 256, dtype=np.float32)[None]
    marks = [(100 * math.log(d / low) / math.log(high / low), f"{d:g} m") for d in round_distances(low, high, 0.13)]
    return CaseView(
        picture.dataset,
        picture.image,
        picture.pattern,
        picture.role,
        int(np.count_nonzero(picture.raw)),
        *size,
        _encoded(_resized(picture.rgb, size)),
        _encoded(input_panel(picture.rgb, picture.raw, size, low, high)),
        _encoded(_map(picture.truth, colorize(picture.truth, vmin=low, vmax=high), size, UNKNOWN)),
        _encoded(Image.fromarray(colorize(strip, vmin=low * 0.999, vmax=high * 1.001)), "PNG"),
        tuple(marks),
        tuple(_method_view(picture, index, name, size, (low, high)) for index, name in enumerate(methods)),
    )


def _method_view(
    picture: Picture, index: int, name: str, size: tuple[int, int], ends: tuple[float, float]
) -> MethodView:
    depth, rel = picture.predictions.get(name), picture.rel.get(name, math.nan)
    best = rel == min(picture.rel.values(), default=math.nan)
    text = f"REL {rel:.4f}" if math.isfinite(rel) else ""
    if depth is None:
        return MethodView(name, index, text, best, None, None)
    colours = colorize(depth, vmin=ends[0], vmax=ends[1])
    pictures = (_encoded(_resized(colours, size)), _encoded(_error_map(depth, picture.truth, size)))
    return MethodView(name, index, text, best, *pictures)


def error_colours(error: FloatImage) -> ByteImage:
    """Colours of relative errors, on the report's one scale.

    Args:
        error: |prediction - truth| / truth, NaN where the truth is unknown.

    >>> error_colours(np.array([[0.0, 0.005, 0.5, 9.0, np.nan]], np.float32)).tolist()[0][1:]
    [[255, 255, 255], [52, 0, 28], [52, 0, 28], [176, 180, 188]]
    """
    low, high = ERROR_RANGE
    known = np.isfinite(error)
    place = np.log(np.clip(np.where(known, error, low), low, high) / low) / math.log(high / low)
    colours = _ERROR_COLOURS[np.rint(255 * place).astype(np.uint8)]
    colours[~known] = _ERROR_UNKNOWN
    return np.asarray(colours)


def error_scale() -> tuple[str, list[tuple[float, str]]]:
    """The strip of error colours as a data address, and its marks as (place in per cent, text)."""
    low, high = ERROR_RANGE
    strip = error_colours(np.geomspace(low, high, 256, dtype=np.float32)[None])
    marks = [(100 * math.log(mark / low) / math.log(high / low), f"{100 * mark:g} %") for mark in ERROR_MARKS]
    return _encoded(Image.fromarray(strip), "PNG"), marks


def _error_map(depth: FloatImage, truth: FloatImage, size: tuple[int, int]) -> Image.Image:
    known = truth > 0
    error = np.full(truth.shape, np.nan, np.float32)
    np.divide(np.abs(depth - truth), truth, out=error, where=known)
    return _map(truth, error_colours(error), size, _ERROR_UNKNOWN)


def _map(truth: FloatImage, colours: ByteImage, size: tuple[int, int], unknown: tuple[int, int, int]) -> Image.Image:
    """Colours at the known pixels; as dots where these are few."""
    if np.count_nonzero(truth) >= _SPARSE * truth.size:
        return _resized(colours, size)
    return draw_points(Image.new("RGB", size, unknown), truth, colours)


def _resized(picture: ByteImage, size: tuple[int, int]) -> Image.Image:
    larger = size[0] > picture.shape[1]
    method = Image.Resampling.NEAREST if larger else Image.Resampling.LANCZOS
    return Image.fromarray(np.ascontiguousarray(picture)).resize(size, method)


def _encoded(picture: Image.Image, kind: str = "WEBP") -> str:
    """The picture as an address that holds it."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **({"quality": _QUALITY, "method": 4} if kind == "WEBP" else {"optimize": True}))
    return f"data:image/{kind.lower()};base64,{b64encode(buffer.getvalue()).decode()}"
