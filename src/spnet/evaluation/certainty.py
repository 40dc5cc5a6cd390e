"""Can a method's expected error be believed? How well it ranks the pixels (AUSE), and whether it is right (ECE).

Over the scored pixels of an image, with e the relative error |d - g| / g:

    ause            Pixels are left out, those of the largest expected error first, and the mean of e over the rest is
                    compared with leaving out those of the largest e first. The area between the two curves, each in
                    shares of the mean of e over all pixels: 0 is a perfect order (Ilg et al. 2018, section 4.3).
    ause_distance   The same where pixels are left out by their distance to the nearest measurement: what any method
                    could say without knowing anything about its errors.

Confidence is the probability of e < 5 %, as `spnet.completion.confidence_of` has it. By ten bins of it, an image's
pixels fall into the parts "confidence 0.0-0.1" and so on, each with the mean confidence (`said`) and the share of its
pixels that are within 5 % (`found`). ECE is the mean over pixels of |said - found| of their bin (Naeini et al. 2015),
with the bins of all images of a pattern together, in which each image counts the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spnet.completion import CLOSE, confidence_of
from spnet.evaluation.parts import Parts
from spnet.evaluation.results import Result
from spnet.evaluation.statistics import ALL, Cell, summarise
from spnet.types import FloatImage

BINS = 10
CERTAINTY_PARTS = tuple(f"confidence {low / BINS:.1f}-{(low + 1) / BINS:.1f}" for low in range(BINS))
_SHARES = 50  # of the pixels, that are left out one after another; ours: more changes no third digit

Floats = NDArray[np.float64]


def certainty_errors(
    depth: FloatImage, expected: FloatImage, parts: Parts
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """What one image says about a method's expected errors.

    Args:
        depth: (H, W) the prediction, metres.
        expected: (H, W) the |error| / depth that the method expects.
        parts: of that image and input, with at least one scored pixel.

    Returns:
        ause and ause_distance; and further parts, by confidence, each with said, found and pixels. One without pixels
        is absent.
    """
    depth, expected = (image.ravel()[parts.scored] for image in (depth, expected))
    error = np.abs(depth.astype(np.float64) - parts.truth) / parts.truth
    errors = {"ause": ause(error, expected), "ause_distance": ause(error, parts.distance)}
    said = confidence_of(expected).astype(np.float64)
    number = np.minimum((said * BINS).astype(int), BINS - 1)
    pixels = np.bincount(number, minlength=BINS)
    sums = {"said": np.bincount(number, said, BINS), "found": np.bincount(number, error < CLOSE, BINS)}
    bins = {
        CERTAINTY_PARTS[i]: {**{name: float(sums[name][i] / pixels[i]) for name in sums}, "pixels": float(pixels[i])}
        for i in np.flatnonzero(pixels)
    }
    return errors, bins


def ause(error: Floats, order: NDArray[np.floating]) -> float:
    """Area between the sparsification curve of `order` and that of the error itself, over the same pixels.

    >>> error = np.linspace(0, 1, 1000)
    >>> ause(error, error), round(ause(error, -error), 2)
    (0.0, 0.98)
    """
    return float((_remaining(error, order) - _remaining(error, error)).mean())


def _remaining(error: Floats, order: NDArray[np.floating]) -> Floats:
    """Mean error of what stays when growing shares are left out, the largest `order` first; in shares of the whole."""
    ranked = error[np.argsort(order, kind="stable")]
    counts = np.maximum(np.linspace(len(ranked), 0, _SHARES, endpoint=False).round().astype(int), 1)
    means: Floats = np.cumsum(ranked)[counts - 1] / counts
    means /= max(means[0], 1e-12)
    return means


@dataclass(frozen=True)
class Calibration:
    """Of one method, over images that count the same.

    Attributes:
        ece: expected calibration error.
        share: of the pixels in each of the `BINS`.
        said, found: mean confidence of a bin, and the share of its pixels within 5 % of the truth; NaN where it is
            empty.
    """

    ece: float
    share: Floats
    said: Floats
    found: Floats


def calibrations(results: Iterable[Result]) -> dict[tuple[str, str], Calibration]:
    """(pattern, method) -> calibration, of the methods that expect errors and failed on no image of the pattern."""
    sums: dict[tuple[str, str], Floats] = defaultdict(lambda: np.zeros((3, BINS)))
    failed = set()
    for result in results:
        key = (result.pattern, result.method)
        if result.status != "ok":
            failed.add(key)
        bins = [result.parts.get(name) for name in CERTAINTY_PARTS]
        pixels = sum(part["pixels"] for part in bins if part)
        for i, part in enumerate(bins):
            if part:
                share = part["pixels"] / pixels
                sums[key][:, i] += share, share * part["said"], share * part["found"]
    return {key: _calibration(*found) for key, found in sums.items() if key not in failed}


def _calibration(mass: Floats, said: Floats, found: Floats) -> Calibration:
    ece = float(np.abs(said - found).sum() / mass.sum())
    said, found = (np.divide(sums, mass, out=np.full(BINS, np.nan), where=mass > 0) for sums in (said, found))
    return Calibration(ece, mass / mass.sum(), said, found)


class Certainty(NamedTuple):
    """How good a method's expected errors are under a pattern; means over sets, and ECE."""

    ause: Cell
    by_distance: Cell
    ece: float


def certainties(
    results: Sequence[Result], methods: Iterable[str], patterns: Sequence[str]
) -> dict[tuple[str, str], Certainty]:
    """(method, pattern) -> certainty, in that order, of the methods that expect errors and failed on no image."""
    calibrated = calibrations(results)
    ause, distance = (summarise(results, metric) for metric in ("ause", "ause_distance"))
    return {
        (m, p): Certainty(ause[p, ALL, m], distance[p, ALL, m], calibrated[p, m].ece)
        for m in methods
        for p in patterns
        if (p, m) in calibrated
    }
