"""Charts of a bench: time against arithmetic with the machine's own rate, and error against time."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from spnet.bench.results import Bench
from spnet.evaluation.charts import Chart, Point, Series, line_chart, scatter_chart, seconds
from spnet.evaluation.report import decimals, label
from spnet.metrics import METRICS


def time_chart(bench: Bench) -> Chart | None:
    """Median seconds of every way against the operations of the networks; None where no time was measured."""
    ways = list(dict.fromkeys(row.way for case in bench.cases for row in case.rows))
    series = []
    for index, way in enumerate(ways):
        points = [
            Point(
                case.gflop,
                row.seconds.median,
                row.seconds.low,
                row.seconds.high,
                f"{case.title}: {seconds(row.seconds.median)}",
            )
            for case in bench.cases
            for row in case.rows
            if row.way == way and row.seconds
        ]
        series.append(Series(way, index, tuple(points)))
    rates = [case.rates["fp32"] for case in bench.cases if "fp32" in case.rates]
    timed = [case for case in bench.cases if case.rates]
    if not timed or not rates:
        return None
    rate = median(rates)
    peak = tuple(
        Point(case.gflop, at, at, at, f"{case.title}: at the rate of products")
        for case in timed
        for at in [case.gflop * 1e9 / rate]
    )
    series.append(Series("products alone, fp32", len(ways), peak))
    chart = line_chart("Time against arithmetic", series, ("operations of the plain network, GFLOP", "median time, s"))
    names = ", ".join(case.title for case in sorted(timed, key=lambda case: case.gflop))
    return replace(chart, note=f"From left to right: {names}.")


def accuracy_chart(bench: Bench) -> Chart | None:
    """Errors of a run of `spnet eval` against the times measured here; None without such a run."""
    if not bench.accuracy:
        return None
    series = [
        Series(
            point.method,
            index,
            (
                Point(
                    point.seconds,
                    point.error,
                    point.low,
                    point.high,
                    f"{decimals(point.error)} at {seconds(point.seconds)}",
                ),
            ),
        )
        for index, point in enumerate(bench.accuracy)
    ]
    labels = ("median time an image", f"{label(bench.metric)}, mean over inputs and sets")
    better = METRICS[bench.metric].lower_is_better
    chart = scatter_chart("Error against time", series, labels, lower_is_better=better)
    return replace(chart, note="The dashed line joins the methods that no other beats in both.")
