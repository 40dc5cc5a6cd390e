"""`spnet eval compare`: two methods on the same inputs, image by image, of one run or of two."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spnet.errors import BadInput
from spnet.evaluation.report import axes_of, decimals, label, md_table
from spnet.evaluation.results import MANIFEST_FILE, Result, read_manifest, read_results
from spnet.evaluation.statistics import ALL, Comparison, compare
from spnet.metrics import METRICS

Case = tuple[str, str, str]  # data set, image, pattern


@dataclass(frozen=True)
class _Side:
    """One of the two: its results, and what the table calls it."""

    folder: Path
    method: str
    results: list[Result]
    manifest: Mapping[str, Any] | None


def compare_runs(
    a: Path, b: Path, method_a: str | None = None, method_b: str | None = None, metric: str = "rel"
) -> str:
    """Compare a method of run A with one of run B on the inputs that both have.

    Args:
        a, b: run folders; the same one twice compares two methods of it.
        method_a, method_b: their names; may be left out where a run has but one. In two runs the second is by default
            called like the first.
        metric: a name of `METRICS`.

    Returns:
        A Markdown table: for every pattern and set the two means, their difference with its paired 95 % interval, the
        share of images that A wins, and a verdict.

    Raises:
        BadInput: a folder is no run, a method is not in it, or the two were not scored on the same inputs in the same
            way; the first difference is named.
    """
    if metric not in METRICS:
        raise BadInput(f"There is no metric {metric!r}: choose one of {', '.join(METRICS)}.")
    same = a.resolve() == b.resolve()
    first = read_results(a)
    second = first if same else read_results(b)
    if same and method_a is None and method_b is None:
        method_a, method_b = _both(a, first)
    sides = _side(a, first, method_a), _side(b, second, method_b or (method_a if _has(second, method_a) else None))
    if same and sides[0].method == sides[1].method:
        raise BadInput(f"{sides[0].method} of {a} is compared with itself: name another method, or another run.")
    notes = [] if same else _check_inputs(*sides)
    comparisons = compare(sides[0].results, sides[1].results, metric)
    if not comparisons:
        raise BadInput(f"Nothing to compare: {a} and {b} share no input that {label(metric)} was scored on.")
    return _markdown(sides, same, metric, comparisons, notes)


def _both(folder: Path, results: Sequence[Result]) -> tuple[str, str]:
    methods = axes_of(results, _manifest(folder)).methods
    if len(methods) != 2:
        raise BadInput(f"Name two methods of {folder}: it has {', '.join(methods)}.")
    return methods[0], methods[1]


def _has(results: Iterable[Result], method: str | None) -> bool:
    return any(result.method == method for result in results)


def _side(folder: Path, results: Sequence[Result], method: str | None) -> _Side:
    methods = axes_of(results).methods
    if method is None and len(methods) == 1:
        method = methods[0]
    if method is None or method not in methods:
        wrong = f"There is no method {method!r} in {folder}" if method else f"{folder} has several methods"
        raise BadInput(f"{wrong}: name one of {', '.join(methods) or 'none, it is empty'}.")
    return _Side(folder, method, [result for result in results if result.method == method], _manifest(folder))


def _manifest(folder: Path) -> dict[str, Any] | None:
    return read_manifest(folder) if (folder / MANIFEST_FILE).exists() else None


def _check_inputs(a: _Side, b: _Side) -> list[str]:
    """Notes on what the two do not share; an error where the same case was not the same input."""
    first, second = ({(r.dataset, r.image, r.pattern) for r in side.results} for side in (a, b))
    notes = [
        f"Left out, as only {side.folder} has them: {len(alone)} of its inputs, the first is {_name(min(alone))}."
        for side, alone in ((a, first - second), (b, second - first))
        if alone
    ]
    for side in (a, b):
        if side.manifest is None:
            notes.append(f"{side.folder} has no {MANIFEST_FILE}: inputs are compared by their counts of pixels only.")
    if a.manifest is not None and b.manifest is not None:
        _check_manifests((a, a.manifest), (b, b.manifest), first & second)
    return notes


def _check_manifests(
    a: tuple[_Side, Mapping[str, Any]], b: tuple[_Side, Mapping[str, Any]], common: Iterable[Case]
) -> None:
    protocols = [manifest.get("protocol") for _, manifest in (a, b)]
    if protocols[0] != protocols[1]:
        raise BadInput(
            f"{a[0].folder} was scored by the protocol {protocols[0]}, {b[0].folder} by {protocols[1]}: "
            "evaluate both by one."
        )
    hashes = [_input_hashes(*side) for side in (a, b)]
    for case in sorted(common):
        found = [of.get(case) for of in hashes]
        if found[0] != found[1]:
            raise BadInput(
                f"{_name(case)} was not the same input: SHA-256 {str(found[0])[:12]} in {a[0].folder}, "
                f"{str(found[1])[:12]} in {b[0].folder}. Evaluate both with the same data, patterns and seed."
            )


def _input_hashes(side: _Side, manifest: Mapping[str, Any]) -> dict[Case, str]:
    try:
        return {(entry["dataset"], entry["image"], entry["pattern"]): entry["sha256"] for entry in manifest["inputs"]}
    except (KeyError, TypeError) as error:
        raise BadInput(f"{side.folder / MANIFEST_FILE} lists no inputs ({error}): evaluate again.") from None


def _name(case: Case) -> str:
    return f"{case[0]}/{case[1]} under {case[2]}"


def _markdown(
    sides: tuple[_Side, _Side],
    same: bool,
    metric: str,
    comparisons: Mapping[tuple[str, str], Comparison],
    notes: Sequence[str],
) -> str:
    a, b = (side.method if same else f"{side.method} of {side.folder}" for side in sides)
    axes = axes_of(sides[0].results, sides[0].manifest)
    failed = any(one.failed_a or one.failed_b for one in comparisons.values())
    head = [
        "input",
        "set",
        "n",
        "A",
        "B",
        "A − B",
        "95 % interval",
        "A / B",
        "A wins",
        *(["failed A, B"] * failed),
        "A is",
    ]
    rows = []
    for pattern in axes.patterns:
        for dataset in (*axes.datasets, ALL):
            one = comparisons.get((pattern, dataset))
            if one and not (dataset == ALL and len(axes.datasets) == 1):
                rows.append([pattern, dataset, *_figures(one, failed), verdict(one, metric)])
    way = "lower" if METRICS[metric].lower_is_better else "higher"
    lines = [
        f"A = {a}, B = {b}: {label(metric)}, {way} is better, over the n images on which neither failed.",
        "A wins: the share of these on which A is better; A is better or worse where the paired interval leaves out 0.",
        *notes,
    ]
    return "".join(f"{line}\n\n" for line in lines) + md_table(head, rows, left=2)


def _figures(one: Comparison, failed: bool) -> list[str]:
    difference, won = one.difference, "–" if math.isnan(one.won) else f"{100 * one.won:.0f} %"
    interval = f"{decimals(difference.low)} to {decimals(difference.high)}" if math.isfinite(difference.low) else "–"
    means = (one.mean_a, one.mean_b, difference.value)
    ratio = f"{one.ratio.value:.3f}" if math.isfinite(one.ratio.value) else "–"
    failures = [f"{one.failed_a}, {one.failed_b}"] if failed else []
    return [str(one.n), *map(decimals, means), interval, ratio, won, *failures]


def verdict(one: Comparison, metric: str) -> str:
    """Whether A is better: in one word where the interval of the difference leaves out 0."""
    low, high = one.difference.low, one.difference.high
    if not (math.isfinite(low) and math.isfinite(high)):
        return "too few images" if one.n else "not comparable"
    if low <= 0 <= high:
        return "no difference shown"
    return "better" if (high < 0) == METRICS[metric].lower_is_better else "worse"
