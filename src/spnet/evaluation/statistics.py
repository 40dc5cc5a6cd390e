"""From results to figures: means with intervals, paired comparisons, errors pooled over pixels.

The unit is the image. A mean is one over the images of a set, and `ALL` is the mean of the sets' means, so that a set
of forty images counts no more than one of nine. A method that failed on an image has no mean there: one over the other
images would flatter it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wilcoxon

from spnet.errors import BadInput
from spnet.evaluation.bootstrap import LEVEL, RESAMPLES, Estimate, mean_of_sets, ratio_of_means
from spnet.evaluation.results import Result
from spnet.metrics import METRICS

ALL = "mean over sets"
ALL_PATTERNS = "mean over inputs"

Key = tuple[str, str, str]  # (pattern, set, method)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """One figure of a table.

    Attributes:
        mean: over the images, or over the sets; NaN where the method failed on any.
        low, high: its confidence interval; NaN where there is none, as with one image.
        n: images, failed ones among them.
        failed: images on which the method failed.
    """

    mean: float
    low: float
    high: float
    n: int
    failed: int = 0


def value_of(result: Result, metric: str, part: str = "") -> float | None:
    """A metric of one result; NaN where the method failed, None where the image has no such part or metric.

    Args:
        result: of one image.
        metric: a name of `METRICS`.
        part: a name of `spnet.evaluation.parts.PARTS`; empty for all scored pixels.
    """
    if result.status != "ok":
        return math.nan
    return (result.parts.get(part, {}) if part else result.errors).get(metric)


def summarise(
    results: Iterable[Result],
    metric: str = "rel",
    *,
    part: str = "",
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[Key, Cell]:
    """Means with bootstrap intervals, of every set and under `ALL` over the sets.

    Args:
        results: of a run; their order does not matter.
        metric: a name of `METRICS`.
        part: a name of `PARTS`: the mean is over the images that have it. A failed image counts as one of them.
        level: of the intervals, 0 to 1.
        resamples: of the bootstrap, which draws images within their sets.
        seed: of the bootstrap.

    Returns:
        (pattern, set, method) -> figure; none where no image has the metric.
    """
    groups: dict[tuple[str, str], dict[str, list[tuple[str, float]]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        value = value_of(result, metric, part)
        if value is not None:
            groups[result.pattern, result.method][result.dataset].append((result.image, value))
    cells: dict[Key, Cell] = {}
    for (pattern, method), found in groups.items():
        sets = {name: np.array([value for _, value in sorted(pairs)]) for name, pairs in found.items()}
        for name, values in sets.items():
            estimate = mean_of_sets([values], level=level, resamples=resamples, seed=seed)
            cells[pattern, name, method] = _cell(metric, estimate, [values])
        ordered = [sets[name] for name in sorted(sets)]
        estimate = mean_of_sets(ordered, level=level, resamples=resamples, seed=seed)
        cells[pattern, ALL, method] = _cell(metric, estimate, ordered)
    return cells


def _cell(metric: str, estimate: Estimate, sets: Sequence[Floats]) -> Cell:
    """No error is below 0 and no share above 1: an interval that reaches further is cut there."""
    top = 1.0 if metric in METRICS and not METRICS[metric].lower_is_better else math.inf
    n, failed = sum(map(len, sets)), sum(int(np.isnan(values).sum()) for values in sets)
    low, high = (float(np.clip(bound, 0.0, top)) for bound in (estimate.low, estimate.high))
    return Cell(estimate.value, low, high, n, failed)


def over_patterns(results: Iterable[Result]) -> list[Result]:
    """One result an image and method with the mean of its errors over all patterns, named `ALL_PATTERNS`.

    SPNet's and PacGDC's tests end in the mean over three densities. Images that lack one of the patterns are left out;
    an image on which the method failed under any has failed.
    """
    results = list(results)
    patterns = {result.pattern for result in results}
    groups: dict[Key, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.dataset, result.image, result.method].append(result)
    return [_mean_result(group) for group in groups.values() if {r.pattern for r in group} == patterns]


def _mean_result(group: Sequence[Result]) -> Result:
    bad = next((result for result in group if result.status != "ok"), None)
    first = bad or group[0]
    names = [] if bad else [name for name in first.errors if all(name in result.errors for result in group)]
    return Result(
        *(first.dataset, first.image, ALL_PATTERNS, first.method, first.status, first.reason),
        measured=sum(result.measured for result in group) // len(group),
        pixels=sum(result.pixels for result in group) // len(group),
        errors={name: float(np.mean([result.errors[name] for result in group])) for name in names},
    )


def pooled(results: Iterable[Result]) -> dict[Key, dict[str, float]]:
    """Errors over all scored pixels of a set together, so that an image counts by its pixels.

    Roots of mean squares are pooled through their squares, all else by the mean weighted with the scored pixels;
    si_rmse and srmse keep each image's own scale. NaN where the method failed on an image.

    Returns:
        (pattern, set, method) -> metric -> value; under `ALL` the mean of the sets' values.
    """
    groups: dict[Key, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.pattern, result.dataset, result.method].append(result)
    found = {key: _pooled_errors(group) for key, group in groups.items()}
    for pattern, method in dict.fromkeys((p, m) for p, _, m in groups):
        sets = [errors for (p, _, m), errors in found.items() if (p, m) == (pattern, method)]
        names = [name for name in sets[0] if all(name in errors for errors in sets)]
        found[pattern, ALL, method] = {name: float(np.mean([errors[name] for errors in sets])) for name in names}
    return found


def _pooled_errors(group: Sequence[Result]) -> dict[str, float]:
    names = list(dict.fromkeys(name for result in group for name in result.errors)) or ["rel", "rmse", "mae"]
    if any(result.status != "ok" for result in group):
        return dict.fromkeys(names, math.nan)
    weights = np.array([result.pixels for result in group], dtype=np.float64)
    pools = {}
    for name in names:
        values = np.array([result.errors.get(name, math.nan) for result in group])
        power = 2 if name in METRICS and METRICS[name].squared else 1
        pools[name] = float(np.average(values**power, weights=weights) ** (1 / power))
    return pools


@dataclass(frozen=True)
class Comparison:
    """Method a against method b on the same images under the same inputs, over those on which neither failed.

    Attributes:
        n: images compared.
        mean_a, mean_b: over them (under `ALL` over the sets).
        difference: mean of a - b, with its paired interval.
        ratio: mean of a over mean of b, with its paired interval.
        won: share of the images on which a is better; a tie counts half.
        p: two-sided p of Wilcoxon's signed-rank test that neither is; NaN with fewer than two images.
        failed_a, failed_b: images on which each failed.
    """

    n: int
    mean_a: float
    mean_b: float
    difference: Estimate
    ratio: Estimate
    won: float
    p: float
    failed_a: int = 0
    failed_b: int = 0


def compare(
    a: Iterable[Result],
    b: Iterable[Result],
    metric: str = "rel",
    *,
    part: str = "",
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[tuple[str, str], Comparison]:
    """Compare two methods image by image.

    Args:
        a, b: results of one method each, of one run or of two. Cases that only one of them has are left out.
        metric, part, level, resamples, seed: as of `summarise`.

    Returns:
        (pattern, set) -> comparison, (pattern, `ALL`) over the sets among them; none where nothing can be compared.

    Raises:
        BadInput: one of them holds a case twice (two methods?), or the two were scored on different inputs.
    """
    first, second = _by_case(a, "first"), _by_case(b, "second")
    pairs: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for case in sorted(first.keys() & second.keys()):
        (x, y), (pattern, dataset, _) = (first[case], second[case]), case
        if (x.measured, x.pixels) != (y.measured, y.pixels):
            counts = f"{x.measured} measured and {x.pixels} scored pixels against {y.measured} and {y.pixels}"
            raise BadInput(f"{dataset}/{case[2]} under {pattern} was not the same input: {counts}.")
        values = (value_of(x, metric, part), value_of(y, metric, part))
        if values[0] is not None and values[1] is not None:
            pairs[pattern][dataset].append((values[0], values[1]))
    comparisons = {}
    for pattern, found in pairs.items():
        sets = {name: np.array(both, dtype=np.float64) for name, both in sorted(found.items())}
        for name, array in sets.items():
            comparisons[pattern, name] = _comparison([array], metric, level, resamples, seed)
        comparisons[pattern, ALL] = _comparison(list(sets.values()), metric, level, resamples, seed)
    return comparisons


def _by_case(results: Iterable[Result], which: str) -> Mapping[Key, Result]:
    cases: dict[Key, Result] = {}
    for result in results:
        case = (result.pattern, result.dataset, result.image)
        if case in cases:
            methods = " and ".join(dict.fromkeys((cases[case].method, result.method)))
            raise BadInput(f"The {which} results hold {case[1]}/{case[2]} under {case[0]} twice ({methods}).")
        cases[case] = result
    return cases


def _comparison(sets: Sequence[Floats], metric: str, level: float, resamples: int, seed: int) -> Comparison:
    """Of (images, 2) values a set."""
    failed = np.sum([np.isnan(values).sum(axis=0) for values in sets], axis=0)
    kept = [values[~np.isnan(values).any(axis=1)] for values in sets]
    kept = [values for values in kept if len(values)]
    n = sum(map(len, kept))
    if n == 0:
        nothing = Estimate(math.nan, math.nan, math.nan)
        return Comparison(0, math.nan, math.nan, nothing, nothing, math.nan, math.nan, int(failed[0]), int(failed[1]))
    firsts, seconds = [values[:, 0] for values in kept], [values[:, 1] for values in kept]
    gaps = [x - y for x, y in zip(firsts, seconds, strict=True)]
    gap = np.concatenate(gaps)
    better = gap > 0 if metric in METRICS and not METRICS[metric].lower_is_better else gap < 0
    return Comparison(
        n,
        float(np.mean([x.mean() for x in firsts])),
        float(np.mean([y.mean() for y in seconds])),
        mean_of_sets(gaps, level=level, resamples=resamples, seed=seed),
        ratio_of_means([firsts, seconds], level=level, resamples=resamples, seed=seed),
        float(better.mean() + (gap == 0).mean() / 2),
        _signed_rank(gap),
        int(failed[0]),
        int(failed[1]),
    )


def _signed_rank(gap: Floats) -> float:
    """Wilcoxon's p; ties are left out, and where all are ties nothing speaks against equality."""
    if len(gap) < 2:
        return math.nan
    return float(wilcoxon(gap).pvalue) if np.any(gap) else 1.0
