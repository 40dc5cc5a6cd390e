"""`report.html`: one file that opens offline and tells a stranger what a run found out."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from spnet.errors import BadInput
from spnet.evaluation import curves, sections
from spnet.evaluation.beside import published_tables
from spnet.evaluation.charts import style_of
from spnet.evaluation.images import Picture, Role, case_views, error_scale
from spnet.evaluation.protocols import PROTOCOLS
from spnet.evaluation.report import Axes, axes_of, label, metrics_of, shown_by
from spnet.evaluation.results import Result
from spnet.evaluation.statistics import ALL, ALL_PATTERNS, over_patterns, summarise
from spnet.extras import need
from spnet.files import atomic_path
from spnet.metrics import METRICS
from spnet.sparsity.catalogue import CATALOGUE

__all__ = ["Picture", "pick_cases", "write_report"]

_LONG = 12  # entries from which a list of the manifest is counted and hashed instead of printed

Case = tuple[str, str, str, Role]


def pick_cases(results: Sequence[Result], method: str) -> list[Case]:
    """For every set the best, median and worst image by a method's REL, for the report's pictures.

    All three of a set are under one pattern: the one whose mean REL is the middle one, neither the easiest nor the
    hardest. An image on which the method failed is the worst. Of two images the best and worst are taken, of one that.
    Equal ones are taken in the order of their names.

    Args:
        results: of a run.
        method: its name.

    Returns:
        (data set, image, pattern, role), sorted by set, then from best to worst.
    """
    found: dict[str, dict[str, list[tuple[float, str]]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        if result.method == method:
            rel = result.errors.get("rel", math.nan)
            found[result.dataset][result.pattern].append((rel if math.isfinite(rel) else math.inf, result.image))
    cases: list[Case] = []
    for dataset, patterns in sorted(found.items()):
        hardness = sorted((mean(rel for rel, _ in images), pattern) for pattern, images in patterns.items())
        pattern = hardness[(len(hardness) - 1) // 2][1]
        images = sorted(patterns[pattern])
        roles: dict[int, Role] = {0: "best", len(images) - 1: "worst", (len(images) - 1) // 2: "median"}
        if len(images) < 3:
            roles = {0: "best", len(images) - 1: "worst"} if len(images) == 2 else {0: "median"}
        cases += [(dataset, images[index][1], pattern, roles[index]) for index in sorted(roles)]
    return cases


def write_report(
    target: Path,
    results: Sequence[Result],
    times: Sequence[tuple[str, str, str, str, float]],
    manifest: Mapping[str, Any],
    pictures: Sequence[Picture] = (),
    *,
    focus: str | None = None,
    title: str = "Depth completion benchmark",
) -> None:
    """Write the report.

    Args:
        target: the file, e.g. "run/report.html".
        results: of the run, at least one.
        times: (data set, image, pattern, method, seconds) of the run; may be empty.
        manifest: of the run; what it lacks is left out.
        pictures: the cases to show, e.g. those of `pick_cases`.
        focus: the method that the cases were picked by.
        title: of the page.

    Raises:
        BadInput: there is no result.
        CannotWrite: the file cannot be written.
        MissingExtra: jinja2 is not installed.
    """
    if not results:
        raise BadInput("There is no result to report on: expected at least one.")
    text = _render({**_context(results, times, manifest, pictures), "title": title, "focus": focus})
    with atomic_path(target) as path:
        path.write_text(text, encoding="utf-8", newline="\n", errors="replace")


def _render(context: Mapping[str, Any]) -> str:
    jinja2 = need("jinja2", "eval", "Reports")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("spnet.evaluation", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return str(environment.get_template("report.html.j2").render(context))


def _context(
    results: Sequence[Result],
    times: Sequence[tuple[str, str, str, str, float]],
    manifest: Mapping[str, Any],
    pictures: Sequence[Picture],
) -> dict[str, Any]:
    axes = axes_of(results, manifest)
    found = metrics_of(results)
    wanted = dict.fromkeys([*sections.CHOICE, *(one.metric for one in shown_by(manifest))])
    metrics = [metric for metric in wanted if metric in found]
    medians = curves.medians_of(times)
    views = [_metric_view(metric, axes, results, medians) for metric in metrics]
    strip, marks = error_scale()
    return {
        "facts": _facts(results, axes, manifest),
        "axes": axes,
        "styles": [style_of(index) for index in range(len(axes.methods))],
        "metrics": [METRICS[metric] for metric in metrics],
        "all_metrics": [METRICS[metric] for metric in found],
        "views": views,
        "label": label,
        "ALL": ALL,
        "ALL_PATTERNS": ALL_PATTERNS,
        "failures": sections.failures(results, axes),
        "skipped": manifest.get("skipped", []),
        "parts": {
            metric: sections.part_tables(metric, axes, results) for metric in sections.PART_METRICS if metric in found
        },
        "part_patterns": [ALL_PATTERNS, *axes.patterns] if len(axes.patterns) > 1 else list(axes.patterns),
        "certainty": sections.certainty_table(axes, results),
        "reliability": curves.reliability_chart(axes, results),
        "cases": case_views(pictures, axes.methods),
        "error_strip": strip,
        "error_marks": marks,
        "timed": bool(medians),
        "manifest": _short(manifest),
        "patterns": _words(axes),
        "published": published_tables(results, axes, manifest),
        "protocol": PROTOCOLS.get(str(manifest.get("protocol", ""))),
    }


def _metric_view(metric: str, axes: Axes, results: Sequence[Result], medians: Mapping[str, float]) -> dict[str, Any]:
    """Everything that changes when another metric is chosen."""
    cells = summarise(results, metric)
    overall = summarise(over_patterns(results), metric)
    return {
        "metric": METRICS[metric],
        "summary": sections.summary_table(metric, axes, cells, overall),
        "winners": sections.winners_table(metric, axes, cells, results),
        "full": sections.full_table(metric, axes, cells),
        "density": curves.density_charts(metric, axes, cells, results),
        "time": curves.time_chart(metric, axes, overall, medians),
    }


def _facts(results: Sequence[Result], axes: Axes, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of the first paragraph."""
    return {
        "images": len({(result.dataset, result.image) for result in results}),
        "inputs": len({(result.dataset, result.image, result.pattern) for result in results}),
        "failed": sum(result.status != "ok" for result in results),
        "results": len(results),
        "pixels": sum({(r.dataset, r.image, r.pattern): r.pixels for r in results}.values()),
        "sets": [(name, len({r.image for r in results if r.dataset == name})) for name in axes.datasets],
        **{name: manifest.get(name) for name in ("seed", "created", "spnet", "command", "limit")},
    }


def _words(axes: Axes) -> list[tuple[str, str]]:
    """What the names in the patterns mean."""
    used = dict.fromkeys(name for pattern in axes.patterns for name in re.findall(r"[a-z]\w*", pattern))
    return [(name, CATALOGUE[name].about) for name in used if name in CATALOGUE]


def _short(value: Any) -> Any:
    """A manifest to print: long lists are counted and hashed, they are in the run's own file."""
    if isinstance(value, Mapping):
        return {str(key): _short(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        if len(value) > _LONG:
            digest = hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
            return f"{len(value)} entries, in manifest.json; SHA-256 of them as sorted JSON: {digest}"
        return [_short(inner) for inner in value]
    return value
