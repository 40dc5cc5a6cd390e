"""What came of an ablation, as tables in Markdown."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from spnet.evaluation.bootstrap import Estimate, ratio_of_means
from spnet.evaluation.report import md_table
from spnet.evaluation.results import Result
from spnet.evaluation.statistics import ALL, Comparison, compare, over_patterns, summarise, value_of
from spnet.training.ablation import REFERENCE, YARDSTICK, Trained, run_of
from spnet.training.ablation_scores import TIMES

METRIC = "rel"
SEEN, SMALLER, LARGER, UNSEEN = "×1", "smaller", "larger", "unseen"
GROUPS = (SEEN, SMALLER, LARGER, UNSEEN)
NONE = "–"
HUGE = 1e4  # per cent or times; beyond, only the power of ten says anything


@dataclass(frozen=True)
class Figures:
    """Results of an ablation, averaged over the sparsity patterns; each result's pattern is its scale.

    Attributes:
        by_run: held-out images; the method is a run. Besides "×0.25" and so on the scales "smaller" and "larger" than 1
            and "unseen", all but 1, each the mean over its scales.
        by_norm: the same, averaged over the seeds; the method is a norm.
        others_by_run, others_by_norm: the other data sets.
    """

    by_run: list[Result]
    by_norm: list[Result]
    others_by_run: list[Result]
    others_by_norm: list[Result]

    @property
    def scales(self) -> list[str]:
        """Of the held-out images, ascending."""
        found = {result.pattern for result in self.by_norm} - set(GROUPS[1:])
        return sorted(found, key=lambda scale: float(scale.removeprefix("×")))


def make_figures(results: Iterable[Result], held_out: Iterable[str]) -> Figures:
    """Average the results of `score_all`.

    Args:
        results: data sets are called "<set> ×<factor>", methods after their runs.
        held_out: names of the training sets; all others are other sets.
    """
    names = set(held_out)
    single = over_patterns(results)
    own = [result for result in single if _split(result)[0] in names]
    rest = [result for result in single if _split(result)[0] not in names]
    return Figures(
        averaged(own, _scales, lambda method: method),
        averaged(own, _scales, lambda method: run_of(method).norm),
        averaged(rest, _scale, lambda method: method),
        averaged(rest, _scale, lambda method: run_of(method).norm),
    )


def _split(result: Result) -> tuple[str, str]:
    """The set's name and the factor, as text."""
    name, _, factor = result.dataset.rpartition(TIMES)
    return name, factor


def _scale(result: Result) -> list[str]:
    return [f"×{_split(result)[1]}"]


def _scales(result: Result) -> list[str]:
    factor = float(_split(result)[1])
    return _scale(result) if factor == 1 else [*_scale(result), SMALLER if factor < 1 else LARGER, UNSEEN]


def averaged(
    results: Iterable[Result], patterns: Callable[[Result], list[str]], method: Callable[[str], str]
) -> list[Result]:
    """One result an image, new pattern and new method: the mean error; failed where any of its members has.

    Args:
        results: named "<set> ×<factor>".
        patterns: those that a result counts for.
        method: the new name of a method.
    """
    groups: dict[tuple[str, str, str, str], list[Result]] = defaultdict(list)
    for result in results:
        for pattern in patterns(result):
            groups[_split(result)[0], result.image, pattern, method(result.method)].append(result)
    return [_mean(names, group) for names, group in groups.items()]


def _mean(names: tuple[str, str, str, str], group: Sequence[Result]) -> Result:
    bad = next((result for result in group if result.status != "ok"), None)
    first = bad or group[0]
    errors = {} if bad else {METRIC: fmean(result.errors[METRIC] for result in group)}
    return Result(*names, first.status, first.reason, first.measured, first.pixels, errors)


def norms_of(trained: Iterable[Trained]) -> list[str]:
    """Norms in the order of their runs."""
    return list(dict.fromkeys(one.run.norm for one in trained))


def spread(results: Iterable[Result]) -> dict[tuple[str, str, str], tuple[float, float]]:
    """(scale, set, norm) -> mean and standard deviation over the seeds; NaN for the latter with one seed.

    Both are NaN where a network failed on an image.

    Args:
        results: by run.
    """
    seeds: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for (scale, name, run), cell in summarise(results, METRIC).items():
        seeds[scale, name, run_of(run).norm].append(cell.mean)
    return {
        key: (float(np.mean(means)), float(np.std(means, ddof=1)) if len(means) > 1 else math.nan)
        for key, means in seeds.items()
    }


def growth(results: Iterable[Result], norm: str, scale: str) -> Estimate:
    """How many times its error at the training's scale a norm's error at another scale is, with its paired interval.

    Args:
        results: by norm.
        norm: which.
        scale: e.g. "×4" or "unseen".
    """
    values: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for result in results:
        value = value_of(result, METRIC)
        if result.method == norm and result.pattern in (scale, SEEN) and value is not None:
            values[result.dataset][result.image][result.pattern] = value
    pairs = [
        np.array([[both[scale], both[SEEN]] for _, both in sorted(images.items()) if len(both) == 2])
        for _, images in sorted(values.items())
    ]
    pairs = [array for array in pairs if len(array)]
    if not pairs:
        return Estimate(math.nan, math.nan, math.nan)
    with np.errstate(over="ignore"):  # where answers explode, so does the interval
        return ratio_of_means([[array[:, 0] for array in pairs], [array[:, 1] for array in pairs]])


def tables(trained: Sequence[Trained], figures: Figures, drift: Figures | None = None) -> str:
    """All tables, as Markdown.

    Args:
        trained: the runs.
        figures: of `make_figures`, from the results of `score_all`.
        drift: the same from those of `drift_all`.
    """
    parts = [
        "REL in % over the pixels that were not measured, mean over inputs, images and sets, ± standard deviation over "
        f"the seeds, at each scale of the held-out images ({_counts(figures.by_norm)}).",
        _scale_table(trained, figures),
        f"REL over that of {REFERENCE} on the same images, with paired 95 % intervals over the images; by seed: the "
        "same ratio for each seed alone.",
        _paired_table(trained, figures),
    ]
    if drift:
        parts += [
            "Drift in %: how far the answer to the scaled scene, scaled back, is from the answer to the scene itself, "
            "relative to the truth; 0 where the scale passes from input to output. Mean over the same images, ± "
            f"standard deviation over the seeds; last column: over that of {REFERENCE}, paired 95 % intervals.",
            _drift_table(trained, drift),
        ]
    if figures.others_by_norm:
        parts += [
            f"Other data sets, REL in %, mean over inputs and images, ± standard deviation over the seeds "
            f"({_counts(figures.others_by_norm)}).",
            _others_table(trained, figures),
        ]
        parts += [f"REL over that of {REFERENCE} on these.", _others_paired(trained, figures)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _counts(results: Iterable[Result]) -> str:
    images: dict[str, set[str]] = defaultdict(set)
    for result in results:
        images[result.dataset].add(result.image)
    return "n: " + ", ".join(f"{name} {len(found)}" for name, found in sorted(images.items()))


def _scale_table(trained: Sequence[Trained], figures: Figures) -> str:
    means = spread(figures.by_run)
    head = ["norm", "parameters", "ms a step", *figures.scales, UNSEEN, f"{UNSEEN} / {SEEN}"]
    rows = []
    for norm in [*norms_of(trained), YARDSTICK]:
        runs = [one for one in trained if one.run.norm == norm]
        lost = sum(one.weights is None for one in runs)
        steps = [1000 * one.step_s for one in runs if math.isfinite(one.step_s)]
        cells = [_percent(means.get((scale, ALL, norm))) for scale in (*figures.scales, UNSEEN)]
        title = f"{norm} ({lost} of {len(runs)} given up)" if lost else norm
        facts = [f"{runs[0].parameters:,}", f"{min(steps):.0f}" if steps else NONE] if runs else [NONE, NONE]
        rows.append([title, *facts, *cells, _ratio(growth(figures.by_norm, norm, UNSEEN))])
    return md_table(head, rows, left=1)


def _percent(value: tuple[float, float] | None) -> str:
    if value is None:
        return NONE
    mean, deviation = value
    if not math.isfinite(mean):
        return "failed"
    if 100 * mean >= HUGE:
        return f"{100 * mean:.0e}"
    return f"{100 * mean:.1f} ± {100 * deviation:.1f}" if math.isfinite(deviation) else f"{100 * mean:.1f}"


def _ratio(estimate: Estimate | None) -> str:
    if estimate is None or not math.isfinite(estimate.value):
        return NONE
    if estimate.value >= HUGE:
        return f"{estimate.value:.0e}"
    interval = f" ({estimate.low:.2f}–{estimate.high:.2f})" if math.isfinite(estimate.low) else ""
    return f"{estimate.value:.2f}{interval}"


def _compared(results: Sequence[Result], method: str, other: str) -> dict[tuple[str, str], Comparison]:
    first, second = ([result for result in results if result.method == name] for name in (method, other))
    with np.errstate(over="ignore"):  # where answers explode, so does the interval
        return compare(first, second, METRIC)


def _paired_table(trained: Sequence[Trained], figures: Figures) -> str:
    groups = [group for group in GROUPS if any(result.pattern == group for result in figures.by_norm)]
    head = ["norm"]
    for group in groups:
        head += [group, "by seed"]
    rows = []
    for norm in norms_of(trained):
        if norm == REFERENCE:
            continue
        whole = _compared(figures.by_norm, norm, REFERENCE)
        seeds = sorted(one.run.seed for one in trained if one.run.norm == norm)
        by_seed = [_compared(figures.by_run, f"{norm}-{seed}", f"{REFERENCE}-{seed}") for seed in seeds]
        row = [norm]
        for group in groups:
            found = whole.get((group, ALL))
            each = [_ratio(replace(one[group, ALL].ratio, low=math.nan)) for one in by_seed if (group, ALL) in one]
            row += [_ratio(found.ratio if found else None), ", ".join(each) or NONE]
        rows.append(row)
    return md_table(head, rows, left=1)


def _drift_table(trained: Sequence[Trained], drift: Figures) -> str:
    means, scales = spread(drift.by_run), [*drift.scales, UNSEEN]
    rows = []
    for norm in norms_of(trained):
        found = _compared(drift.by_norm, norm, REFERENCE).get((UNSEEN, ALL)) if norm != REFERENCE else None
        cells = [_percent(means.get((scale, ALL, norm))) for scale in scales]
        rows.append([norm, *cells, _ratio(found.ratio if found else None)])
    return md_table(["norm", *scales, f"{UNSEEN}, over {REFERENCE}"], rows, left=1)


def _columns(results: Iterable[Result]) -> list[tuple[str, str]]:
    """(scale, set) of the other sets, in their order."""
    return list(dict.fromkeys((result.pattern, result.dataset) for result in results))


def _others_table(trained: Sequence[Trained], figures: Figures) -> str:
    means, columns = spread(figures.others_by_run), _columns(figures.others_by_norm)
    rows = [
        [norm, *(_percent(means.get((scale, name, norm))) for scale, name in columns)]
        for norm in [*norms_of(trained), YARDSTICK]
    ]
    return md_table(["norm", *(f"{name} {scale}" for scale, name in columns)], rows, left=1)


def _others_paired(trained: Sequence[Trained], figures: Figures) -> str:
    columns, rows = _columns(figures.others_by_norm), []
    for norm in norms_of(trained):
        if norm != REFERENCE:
            found = _compared(figures.others_by_norm, norm, REFERENCE)
            rows.append([norm, *(_ratio(found[key].ratio if key in found else None) for key in columns)])
    return md_table(["norm", *(f"{name} {scale}" for scale, name in columns)], rows, left=1)
