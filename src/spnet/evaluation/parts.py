"""Errors over parts of the scored pixels of one image: by depth, by distance to the input, at depth edges.

Every scored pixel is in one part of each of three families:

    depth 0-1 m ... depth 32+ m          by its true depth; bounds belong to the upper part
    distance 0 px ... distance 32+ px    by the Euclidean distance to the nearest measured pixel (0: it is measured)
    edges, flat                          within 2 pixels of a true depth edge, or not

A true depth edge is between two neighbours along a row or column, at most 4 pixels apart with nothing known between
them, of which one is at least 10 % deeper than the other. (Sensors often know nothing right at an edge; a slanted road
changes by under 5 % a pixel up to some 60 m.) Both pixels are edge pixels.

A fourth part, `boundary`, says how sharp the prediction is at these edges; all of it is ours:

    flying     Share of the pixels beside an edge whose prediction hangs between its near and its far side and belongs
               to neither: nearer to neither of them, in log depth, than a quarter of the jump, or 10 % where that is
               less. It counts scored pixels within 2 pixels of an edge whose true depth does belong to a side.
    precision  Share of the predicted edge pixels (neighbours of known truth, the same 10 %) within 2 pixels of a true
               edge pixel; recall: share of the true edge pixels within 2 pixels of a predicted one; f1.

Figures of this kind: the depth boundary errors of iBims-1 (Koch et al. 2018, section 4.3), which measure distances
between edges, and the boundary F1 of Depth Pro (Bochkovskii et al. 2024, section 4), which asks for the very pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from spnet.metrics import LOG_FLOOR
from spnet.types import BoolImage, FloatImage

Indices = NDArray[np.intp]

DEPTH_BOUNDS = (0, 1, 2, 4, 8, 16, 32)  # metres
DISTANCE_BOUNDS = (0, 1, 2, 4, 8, 16, 32)  # pixels
EDGE_RATIO = 1.1  # the deeper side over the nearer one
EDGE_REACH = 4  # pixels between the two sides, at most
EDGE_BAND = 2.0  # pixels, Euclidean
SIDE_SHARE = 0.25  # of the jump, in log depth
SIDE_LIMIT = 0.1  # log depth, about 10 %


def _names(word: str, bounds: tuple[int, ...], unit: str) -> tuple[str, ...]:
    ends = [f"{low}-{high}" for low, high in pairwise(bounds)] + [f"{bounds[-1]}+"]
    return tuple(f"{word} {end} {unit}" for end in ends)


DEPTH_PARTS = _names("depth", DEPTH_BOUNDS, "m")
DISTANCE_PARTS = ("distance 0 px", *_names("distance", DISTANCE_BOUNDS[1:], "px"))
EDGE_PARTS = ("edges", "flat")
BOUNDARY = "boundary"
PARTS = (*DEPTH_PARTS, *DISTANCE_PARTS, *EDGE_PARTS, BOUNDARY)


@dataclass(frozen=True)
class Edges:
    """The true depth edges of one image.

    Attributes:
        pixels: numbers of the edge pixels in the flattened image, each once.
        near, far: depths of the two sides at each, metres.
    """

    pixels: Indices
    near: FloatImage
    far: FloatImage


@dataclass(frozen=True)
class Parts:
    """What depends on truth and input alone, so that it is found once for all methods.

    Attributes:
        scored: numbers of the scored pixels in the flattened image.
        truth: their depths, metres, in double precision.
        distance: from each to the nearest measured pixel, pixels; infinite where nothing is measured.
        labels: number of the part in each of the three families, one row a family.
        known: (H, W) where truth is known.
        band: (H, W) within `EDGE_BAND` of an edge pixel.
        around: for every edge pixel, the numbers of the pixels within `EDGE_BAND`, itself among them.
        beside: numbers of the pixels that `flying` counts.
        low, high: the depths between which a prediction there flies.
    """

    scored: Indices
    truth: NDArray[np.float64]
    distance: NDArray[np.float64]
    labels: NDArray[np.intp]
    known: BoolImage
    band: BoolImage
    around: Indices
    beside: Indices
    low: FloatImage
    high: FloatImage

    @staticmethod
    def of(truth: FloatImage, raw: FloatImage, scored: BoolImage) -> Parts:
        """Find the parts.

        Args:
            truth, raw: (H, W) metres, 0 = unknown.
            scored: (H, W); truth is known wherever it is set.
        """
        edges = true_edges(truth)
        around = _disc(edges.pixels, truth.shape)
        band = np.zeros(truth.shape, dtype=bool)
        band.flat[around.ravel()] = True
        pixels = np.flatnonzero(scored)
        distance = distance_transform_edt(raw == 0) if raw.any() else np.full(truth.shape, np.inf)
        distance = np.asarray(distance).ravel()[pixels]
        values = truth.ravel()[pixels].astype(np.float64)
        labels = np.stack([
            np.digitize(values, DEPTH_BOUNDS[1:]),
            np.digitize(distance, DISTANCE_BOUNDS[1:]),
            np.where(band.ravel()[pixels], 0, 1),
        ])  # fmt: skip
        beside, low, high = _sides(truth, scored, edges, around)
        return Parts(pixels, values, distance, labels, truth > 0, band, around, beside, low, high)


def true_edges(truth: FloatImage) -> Edges:
    """Depth edges of a map with holes.

    Args:
        truth: (H, W) metres, 0 = unknown.

    >>> edges = true_edges(np.array([[1.0, 0.0, 0.0, 2.0, 2.1]], np.float32))
    >>> edges.pixels.tolist(), edges.near.tolist(), edges.far.tolist()
    ([0, 3], [1.0, 1.0], [2.0, 2.0])
    """
    numbers = np.arange(truth.size).reshape(truth.shape)
    first, second = (np.concatenate(ends) for ends in zip(*_jumps(truth, numbers), strict=True))
    a, b = truth.ravel()[first], truth.ravel()[second]
    near, far = np.minimum(a, b), np.maximum(a, b)
    order = np.argsort(np.tile(far / near, 2), kind="stable")
    sides = np.zeros((2, truth.size), dtype=truth.dtype)  # where a pixel has several jumps, the largest is written last
    sides[:, np.concatenate([first, second])[order]] = np.tile(near, 2)[order], np.tile(far, 2)[order]
    pixels = np.flatnonzero(sides[0])
    return Edges(pixels, sides[0][pixels], sides[1][pixels])


def _jumps(truth: FloatImage, numbers: Indices) -> list[tuple[Indices, Indices]]:
    """Numbers of both ends of every edge, one pair of arrays a direction and step."""
    found = []
    for depth, number in ((truth, numbers), (truth.T, numbers.T)):
        gap = np.ones(depth.shape, dtype=bool)  # everything between a pixel and the one `step` further is unknown
        for step in range(1, min(EDGE_REACH, depth.shape[1] - 1) + 1):
            a, b = depth[:, :-step], depth[:, step:]
            gap = gap[:, : a.shape[1]]
            edge = gap & (a > 0) & (b > 0) & ((a > EDGE_RATIO * b) | (b > EDGE_RATIO * a))
            found.append((number[:, :-step][edge], number[:, step:][edge]))
            gap = gap & (b == 0)
    return found or [(numbers[:0].ravel(), numbers[:0].ravel())]


def _disc(pixels: Indices, shape: tuple[int, ...]) -> Indices:
    """(offsets, pixels) numbers of all pixels within `EDGE_BAND` of each, farthest first; outside, the pixel itself."""
    reach = int(EDGE_BAND)
    dy, dx = (d.ravel() for d in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    keep = dy**2 + dx**2 <= EDGE_BAND**2
    order = np.argsort(-(dy**2 + dx**2)[keep], kind="stable")
    y = pixels // shape[1] + dy[keep][order][:, None]
    x = pixels % shape[1] + dx[keep][order][:, None]
    inside = (y >= 0) & (y < shape[0]) & (x >= 0) & (x < shape[1])
    return np.where(inside, y * shape[1] + x, pixels)


def _sides(
    truth: FloatImage, scored: BoolImage, edges: Edges, around: Indices
) -> tuple[Indices, FloatImage, FloatImage]:
    """The pixels beside an edge whose truth is on one of its sides, and between which depths a prediction flies."""
    low, high = np.zeros(truth.size, np.float32), np.zeros(truth.size, np.float32)
    tolerance = np.minimum(SIDE_SHARE * np.log(edges.far / edges.near), SIDE_LIMIT)
    for ring in around:  # the nearest edge pixel is written last
        low[ring], high[ring] = edges.near * np.exp(tolerance), edges.far * np.exp(-tolerance)
    depth = truth.ravel()
    beside = np.flatnonzero(scored.ravel() & (low > 0) & ((depth <= low) | (depth >= high)))
    return beside, low[beside], high[beside]


def part_errors(pred: FloatImage, parts: Parts) -> dict[str, dict[str, float]]:
    """Errors of a prediction over the parts of an image.

    Args:
        pred: (H, W) metres.
        parts: of that image and input.

    Returns:
        part -> rel, rmse, mae and pixels; `boundary` -> flying, precision, recall, f1 and pixels (those that `flying`
        counts). A part without pixels is absent.

    >>> truth = np.array([[1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0]], np.float32)
    >>> parts = Parts.of(truth, np.zeros_like(truth), truth > 0)
    >>> errors = part_errors(np.array([[1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0]], np.float32), parts)
    >>> errors["depth 2-4 m"]["mae"], errors["edges"]["pixels"], errors["boundary"]["flying"] == 1 / 6
    (0.25, 6.0, True)
    """
    error = np.abs(pred.ravel()[parts.scored].astype(np.float64) - parts.truth)
    sums = (error / parts.truth, error * error, error)
    result = {}
    for names, labels in zip((DEPTH_PARTS, DISTANCE_PARTS, EDGE_PARTS), parts.labels, strict=True):
        count = np.bincount(labels, minlength=len(names))
        rel, square, absolute = (np.bincount(labels, values, len(names)) / np.maximum(count, 1) for values in sums)
        for i in np.flatnonzero(count):
            values = {"rel": rel[i], "rmse": np.sqrt(square[i]), "mae": absolute[i], "pixels": count[i]}
            result[names[i]] = {key: float(value) for key, value in values.items()}
    if len(parts.beside):
        result[BOUNDARY] = _boundary(pred, parts)
    return result


def _boundary(pred: FloatImage, parts: Parts) -> dict[str, float]:
    there = pred.ravel()[parts.beside]
    flying = float(((there > parts.low) & (there < parts.high)).mean())
    everywhere, judged = _predicted_edges(np.maximum(pred, np.float32(LOG_FLOOR)), parts.known)
    recall = float(everywhere.ravel()[parts.around].any(axis=0).mean())
    count = np.count_nonzero(judged)
    precision = np.count_nonzero(judged & parts.band) / count if count else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"flying": flying, "precision": precision, "recall": recall, "f1": f1, "pixels": float(len(parts.beside))}


def _predicted_edges(pred: FloatImage, known: BoolImage) -> tuple[BoolImage, BoolImage]:
    """(H, W) pixels at a jump between direct neighbours: all, and those of jumps where both truths are known."""
    everywhere, judged = np.zeros(pred.shape, dtype=bool), np.zeros(pred.shape, dtype=bool)
    for first, second in (
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
    ):
        a, b = pred[first], pred[second]
        jump = (a > np.float32(EDGE_RATIO) * b) | (b > np.float32(EDGE_RATIO) * a)
        sure = jump & known[first] & known[second]
        for ends in (first, second):
            everywhere[ends] |= jump
            judged[ends] |= sure
    return everywhere, judged
