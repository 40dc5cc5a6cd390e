"""Confidence intervals of means and of their differences and ratios, by resampling images within their sets.

The bootstrap-t interval (Efron and Tibshirani 1993, section 12.5): of every resample the mean's distance from the real
one is divided by that resample's own standard error, and the quantiles of these are put on the real standard error. For
means of 10 to 40 images it covers the truth more reliably than percentile or BCa intervals, which come out too narrow
(Hesterberg 2015, section 5; tests/evaluation/test_statistics.py measures it). With fewer than five images, to be
exact with fewer than 4 degrees of freedom, resamples without any spread make it useless: there Student's t is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]

LEAST_FREEDOM = 4.0  # ours, by simulation
LEVEL = 0.95
RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval; NaN where there is none, as with one image."""

    value: float
    low: float
    high: float


@lru_cache(maxsize=64)
def _weights(count: int, resamples: int, seed: int, stratum: int) -> Floats:
    """(resamples, count) how often each image is drawn, over count; the same for all methods, so that they pair."""
    rng = np.random.default_rng((seed, stratum, count))
    return rng.multinomial(count, np.full(count, 1.0 / count), size=resamples) / count


def mean_of_sets(
    sets: Sequence[Floats], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """The mean over sets of the means over their images.

    Args:
        sets: one array of values, one an image, a set; with one set it is the plain mean.
        level: of the interval, 0 to 1.
        resamples: of the bootstrap.
        seed: of the resamples.

    Returns:
        The mean and its interval. Where a set has one image nothing is known of its spread: no interval.

    >>> mean_of_sets([np.array([1.0, 3.0]), np.array([5.0, 7.0])]).value
    4.0
    """
    return ratio_of_means([sets], level=level, resamples=resamples, seed=seed)


def ratio_of_means(
    terms: Sequence[Sequence[Floats]], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """One mean over sets, or the ratio of two over the same images.

    Args:
        terms: one or two lists of sets; two have the same images in the same order.
        level, resamples, seed: as of `mean_of_sets`.

    Returns:
        The mean, or the first over the second. A ratio's interval is found for its logarithm, so its bounds are
        positive; there is none where a mean is not.
    """
    columns = [np.stack(values, axis=1) for values in zip(*terms, strict=True)]  # a set: (images, terms)
    value = _figure(np.mean([x.mean(axis=0) for x in columns], axis=0)[None])[0]
    plain = Estimate(float(np.exp(value) if len(terms) == 2 else value), np.nan, np.nan)
    if not np.isfinite(value) or any(len(x) < 2 for x in columns):
        return plain
    means, squares = zip(*(_moments(np.full((1, len(x)), 1 / len(x)), x) for x in columns), strict=True)
    error = _standard_error(means, squares, columns)[0]
    if error == 0:
        return Estimate(plain.value, plain.value, plain.value)
    tails = np.array([1 - level, 1 + level]) / 2
    freedom = _degrees_of_freedom(means, squares, columns)
    if freedom < LEAST_FREEDOM:
        quantiles = np.asarray(stdtrit(freedom, tails))
    else:
        drawn = [_moments(_weights(len(x), resamples, seed, i), x) for i, x in enumerate(columns)]
        quantiles = np.quantile(_studentised(value, drawn, columns), tails)
    low, high = value - quantiles[::-1] * error
    if len(terms) == 2:
        low, high = np.exp(low), np.exp(high)
    return Estimate(plain.value, float(low), float(high))


def _studentised(value: float, drawn: Sequence[tuple[Floats, Floats]], columns: Sequence[Floats]) -> Floats:
    """(resamples,) distance of each resample's figure from the real one, in its own standard errors."""
    means, squares = zip(*drawn, strict=True)
    distance = _figure(np.mean(means, axis=0)) - value
    error = _standard_error(means, squares, columns)
    # A resample without spread is infinitely far away, unless it is right.
    far = np.where(distance == 0, 0.0, np.copysign(1e12, distance))
    return np.asarray(np.divide(distance, error, out=far, where=error > 0))


def _moments(weights: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Means (resamples, terms) and mean products (resamples, terms, terms) of the images under the weights."""
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    return weights @ x, (weights @ products).reshape(len(weights), x.shape[1], x.shape[1])


def _figure(means: Floats) -> Floats:
    """(resamples,) the mean, or the logarithm of the ratio of two."""
    if means.shape[1] == 1:
        return means[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(means[:, 0]) - np.log(means[:, 1]))


def _variances(means: Sequence[Floats], squares: Sequence[Floats], columns: Sequence[Floats]) -> Floats:
    """(resamples, sets) variance that each set brings to the figure, by its derivative (delta method)."""
    slope = _slope(np.mean(means, axis=0)) / len(columns)
    parts = []
    for mean, square, x in zip(means, squares, columns, strict=True):
        centred = square - mean[:, :, None] * mean[:, None, :]
        parts.append(np.einsum("ri,rij,rj->r", slope, centred, slope) / (len(x) - 1))
    return np.asarray(np.maximum(np.stack(parts, axis=1), 0.0))


def _slope(means: Floats) -> Floats:
    """Derivative of `_figure` by the means."""
    if means.shape[1] == 1:
        return np.ones_like(means)
    return np.stack([1 / means[:, 0], -1 / means[:, 1]], axis=1)


def _standard_error(means: Sequence[Floats], squares: Sequence[Floats], columns: Sequence[Floats]) -> Floats:
    variance = _variances(means, squares, columns).sum(axis=1)
    # Cancellation leaves about 1e-16 of the squared mean where all values are equal.
    noise = 1e-14 * np.square(_slope(np.mean(means, axis=0)) * np.mean(means, axis=0)).sum(axis=1)
    return np.sqrt(np.where(variance > noise, variance, 0.0))


def _degrees_of_freedom(means: Sequence[Floats], squares: Sequence[Floats], columns: Sequence[Floats]) -> float:
    """Welch and Satterthwaite's, of the sum of the sets' variances."""
    parts = _variances(means, squares, columns)[0]
    return float(parts.sum() ** 2 / np.sum(parts**2 / [len(x) - 1 for x in columns]))
