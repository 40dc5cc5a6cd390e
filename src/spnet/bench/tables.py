"""A bench as Markdown: to read in a terminal, and to put into a document."""

from __future__ import annotations

from spnet.bench.memory import Peak
from spnet.bench.results import Accuracy, Bench, Case, MethodTime, Row, Spread
from spnet.evaluation.charts import number, seconds
from spnet.evaluation.report import decimals, label

NONE = "–"


def markdown(bench: Bench) -> str:
    """All of it, in the order of reading: the machine, the networks, whole methods, errors beside times."""
    blocks = [_machine(bench)]
    for case in bench.cases:
        blocks.append(_case(case))
    if bench.methods:
        blocks.append(_methods(bench.methods))
    if bench.accuracy:
        blocks.append(_accuracy(bench.metric, bench.accuracy))
    if bench.notes:
        blocks.append("\n".join(f"- {note}" for note in bench.notes))
    return "\n\n".join(blocks) + "\n"


def _machine(bench: Bench) -> str:
    facts = bench.machine
    where = facts.get("gpu") or f"{facts['processor']}, {facts['cores']} cores, {facts['threads']} threads"
    software = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    busy = (
        f"; load {facts['load']} at the start, {facts.get('load_after')} at the end"
        if facts["load"] is not None
        else ""
    )
    return f"{facts['created'][:10]}, {where}{busy}. {software}."


def _case(case: Case) -> str:
    facts = [f"{number(case.gflop)} GFLOP", f"{case.parameters / 1e6:.1f} M parameters"]
    rates = [f"{name} {rate / 1e9:.0f} {'GB/s' if name == 'copy' else 'GFLOP/s'}" for name, rate in case.rates.items()]
    if rates:
        facts.append("products and copies meanwhile: " + ", ".join(rates))
    columns: list[tuple[str, list[str]]] = [("", [row.way for row in case.rows])]
    if any(row.seconds for row in case.rows):
        columns += [
            ("median", [_time(row.seconds) for row in case.rows]),
            ("p95", [seconds(row.seconds.high) if row.seconds else NONE for row in case.rows]),
            ("processor", [seconds(row.processor_s) if row.processor_s else NONE for row in case.rows]),
            ("times as fast", [_ratio(row) for row in case.rows]),
            (
                "by processor time",
                [NONE if row.processor_ratio is None else f"{row.processor_ratio:.2f}" for row in case.rows],
            ),
            ("GFLOP/s", [_plain(row.gflops) for row in case.rows]),
            ("of products", [_share(row.gemm_share) for row in case.rows]),
            ("of roofline", [_share(row.bound_share) for row in case.rows]),
            ("difference", [NONE if row.difference is None else f"{row.difference:.0e}" for row in case.rows]),
        ]
    if any(row.joules for row in case.rows):
        columns.append(("joules", [_plain(row.joules) for row in case.rows]))
    if any(row.throughput for row in case.rows):
        columns.append((f"images/s, {case.batch} at once", [_throughput(row) for row in case.rows]))
    reference = case.rows[0].peak
    if any(row.peak for row in case.rows):
        columns.append(("peak memory", [_peak(row.peak, reference) for row in case.rows]))
    if any(row.tiled for row in case.rows):
        columns.append(("in tiles", [_peak(row.tiled, reference) for row in case.rows]))
    failures = [f"{row.way}: {row.reason}" for row in case.rows if row.reason]
    lines = [f"### {case.title}", "", "; ".join(facts), "", *_table(columns)]
    return "\n".join([*lines, *(["", *failures] if failures else [])])


def _methods(methods: list[MethodTime]) -> str:
    columns = [
        ("method", [one.method for one in methods]),
        ("size", [f"{one.width}×{one.height}" for one in methods]),
        ("median", [_time(one.seconds) if one.seconds else one.reason for one in methods]),
        ("p95", [seconds(one.seconds.high) if one.seconds else NONE for one in methods]),
        ("processor", [seconds(one.processor_s) if one.processor_s else NONE for one in methods]),
    ]
    return "\n".join(["### Whole methods, from arrays to metres", "", *_table(columns)])


def _accuracy(metric: str, points: list[Accuracy]) -> str:
    columns = [
        ("method", [point.method for point in points]),
        (f"{label(metric)}, mean over inputs and sets", [decimals(point.error) for point in points]),
        ("time", [seconds(point.seconds) for point in points]),
    ]
    return "\n".join(["### Error and time", "", *_table(columns)])


def _table(columns: list[tuple[str, list[str]]]) -> list[str]:
    rows = zip(*(cells for _, cells in columns), strict=True)
    heads = " | ".join(name for name, _ in columns)
    rule = "|".join(["---", *["--:"] * (len(columns) - 1)])
    return [f"| {heads} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)]


def _time(spread: Spread | None) -> str:
    return NONE if spread is None else seconds(spread.median)


def _ratio(row: Row) -> str:
    if row.speedup is None:
        return NONE
    spread = row.speedup
    return "1" if row.engine == "plain" else f"{spread.median:.2f} ({spread.low:.2f} to {spread.high:.2f})"


def _throughput(row: Row) -> str:
    if row.throughput is None or row.throughput_ratio is None:
        return NONE
    return f"{number(row.throughput)} (×{row.throughput_ratio:.2f})"


def _peak(peak: Peak | None, reference: Peak | None) -> str:
    if peak is None:
        return NONE
    if peak.reason:
        return peak.reason
    share = ""
    if reference is not None and reference.pass_mb and peak is not reference:
        share = f", {100 * peak.pass_mb / reference.pass_mb:.0f} %"
    return f"{peak.pass_mb:.0f} MB{share} (process {peak.process_mb:.0f})"


def _plain(value: float | None) -> str:
    return NONE if value is None else number(value)


def _share(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.0f} %"
