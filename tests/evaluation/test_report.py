"""Files and tables of a run: they read back as they were, and say what a pencil says."""

from __future__ import annotations

import csv
import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from fake_run import fake_run

from spnet.errors import BadInput
from spnet.evaluation.report import axes_of, markdown_table, metrics_of, write_tables
from spnet.evaluation.results import (
    Result,
    Time,
    read_manifest,
    read_results,
    read_times,
    write_results,
    write_times,
)
from spnet.evaluation.statistics import ALL, ALL_PATTERNS


def result(dataset: str, image: str, method: str, rel: float | None, rmse: float = 1.0, pattern: str = "p") -> Result:
    """One with these errors; failed where REL is None. Image "2" has three times the pixels."""
    if rel is None:
        return Result(dataset, image, pattern, method, "failed", "No.", 10, 90)
    errors = {"rel": rel, "rmse": rmse, "delta_1.25": 1 - rel}
    return Result(dataset, image, pattern, method, measured=10, pixels=270 if image == "2" else 90, errors=errors)


PENCIL = [
    result("a", "1", "m", 0.1, 1.0), result("a", "2", "m", 0.3, 3.0), result("b", "1", "m", 0.4, 4.0),
    result("a", "1", "k", 0.2, 2.0), result("a", "2", "k", None), result("b", "1", "k", 0.5, 2.0),
]  # fmt: skip


def rows_of(table: str, heading: str) -> dict[tuple[str, ...], list[str]]:
    """Rows of the Markdown table below a heading: their text columns, and the rest."""
    block = next(part for part in table.split("### ") if part.startswith(heading))
    lines = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in block.splitlines() if line[:1] == "|"]
    left = lines[1].count("---")
    return {tuple(line[:left]): line[left:] for line in lines}


def test_the_table_has_means_over_images_then_sets_the_best_in_bold_and_failures_named() -> None:
    rows = rows_of(markdown_table(PENCIL), "REL, lower is better: by set")
    assert rows["input", "set"] == ["n", "m", "k"]
    assert rows["p", "a"] == ["2", "**0.2000**", "failed (1 of 2)"]
    assert rows["p", "b"] == ["1", "**0.4000**", "0.5000"]
    assert rows["p", ALL] == ["3", "**0.3000**", "failed (1 of 3)"]
    rmse = rows_of(markdown_table(PENCIL), "RMSE (m), lower is better: by set")
    assert rmse["p", "b"] == ["1", "4.0000", "**2.0000**"]


def test_the_means_over_sets_have_intervals_and_the_highest_share_is_the_best() -> None:
    results = [result("a", str(i), "m", 0.1 + 0.01 * i) for i in range(8)]
    results += [result("a", str(i), "k", 0.3) for i in range(8)]
    rows = rows_of(markdown_table(results, metrics=["delta_1.25"]), "δ<1.25, higher is better: mean over sets")
    assert rows["method",] == ["p (n = 8)"]
    mean, _, width = rows["m",][0].partition(" ± ")
    assert mean == "**0.8650**"
    assert 0.01 < float(width) < 0.05
    assert rows["k",] == ["0.7000 ± 0.0000"]


def test_tables_have_what_the_protocol_publishes_in_its_units() -> None:
    results = [
        Result("a", "1", pattern, "m", pixels=9, errors={"rel": 0.1, "rmse": rmse, "mae": 0.25, "irmse": 0.004})
        for pattern, rmse in (("random(10%)", 1.0), ("random(1%)", 3.0))
    ]
    roads = markdown_table(results, {"protocol": "kitti"})
    titles = [line.split(",")[0] for line in roads.splitlines() if "by set" in line]
    assert titles == ["### RMSE (mm)", "### MAE (mm)", "### iRMSE (1/km)"]
    assert rows_of(roads, "RMSE (mm), lower is better: by set")["random(1%)", "a"] == ["1", "**3000.00**"]
    assert rows_of(roads, "iRMSE (1/km), lower is better: by set")["random(1%)", "a"] == ["1", "**4.0000**"]
    assert ALL_PATTERNS not in roads
    densities = markdown_table(results, {"protocol": "pacgdc"})  # ends in the mean over its inputs
    assert rows_of(densities, "RMSE (mm), lower is better: by set")[ALL_PATTERNS, "a"] == ["1", "**2000.00**"]
    assert markdown_table(results, {"protocol": "pacgdc"}, most=1) + "\n" == densities[: densities.index("### MAE")]


def test_a_missing_image_is_told_and_a_missing_method_is_a_dash() -> None:
    results = [result("a", "1", "m", 0.1), result("a", "2", "m", 0.1), result("a", "1", "k", 0.2)]
    results += [result("b", "1", "m", 0.1)]
    rows = rows_of(markdown_table(results), "REL, lower is better: by set")
    assert rows["p", "a"] == ["2", "**0.1000**", "0.2000 (n = 1)"]
    assert rows["p", "b"] == ["1", "**0.1000**", "–"]


def test_names_cannot_break_the_table() -> None:
    results = [result("a|b", "1", "x|y\nz", 0.1, pattern="range(1, 2) | random(1%)")]
    for line in markdown_table(results).splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") in (3, 5)


def test_the_order_is_the_manifests_then_of_appearance() -> None:
    manifest = {"methods": [{"name": "k"}, {"name": "absent"}], "patterns": [], "data": [{"name": "b"}]}
    axes = axes_of(PENCIL, manifest)
    assert (axes.methods, axes.datasets, axes.patterns) == (("k", "m"), ("b", "a"), ("p",))


def test_the_csv_has_a_row_a_figure_and_pools_over_pixels(tmp_path: Path) -> None:
    write_tables(tmp_path, PENCIL)
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        rows = {(r["pattern"], r["dataset"], r["method"], r["metric"]): r for r in csv.DictReader(file)}
    assert len(rows) == 3 * 2 * 3  # places, methods, metrics
    m = rows["p", "a", "m", "rmse"]
    assert (m["n"], m["failed"], m["unit"], float(m["mean"])) == ("2", "0", "m", 2.0)
    assert float(m["pooled"]) == pytest.approx(math.sqrt((90 * 1 + 270 * 9) / 360))
    assert float(rows["p", "a", "m", "rel"]["pooled"]) == pytest.approx((90 * 0.1 + 270 * 0.3) / 360)
    k = rows["p", "a", "k", "rel"]
    assert (k["mean"], k["low"], k["pooled"], k["n"], k["failed"]) == ("", "", "", "2", "1")


def test_the_tex_is_escaped_and_balanced(tmp_path: Path) -> None:
    write_tables(tmp_path, [result("50%_a&b", "1", "my\\net^2", 0.1, pattern="random(1%)"), *PENCIL])
    text = (tmp_path / "table.tex").read_text(encoding="utf-8")
    assert r"random(1\%) & 50\%\_a\&b & 1 & \textbf{0.1000} & -- & --" in text
    assert r"my\textbackslash{}net\textasciicircum{}2" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 2
    assert r"failed (1 of 2)" in text
    for line in text.splitlines():
        if line.endswith(r"\\"):
            assert line.replace(r"\&", "").count("&") == 5


def test_results_read_back_and_the_same_give_the_same_bytes(tmp_path: Path) -> None:
    results, times, _ = fake_run(3, 2, 3)
    odd = Result("é|\u2028", "x\udcff", "p", "m", errors={"rel": math.nan, "rmse": np.float32(0.5)}, parts={"flat": {}})
    results.append(odd)
    write_results(tmp_path / "one", results)
    random.Random(1).shuffle(results)
    write_results(tmp_path / "two", results)
    bytes_of = [(tmp_path / name / "results.jsonl").read_bytes() for name in ("one", "two")]
    assert bytes_of[0] == bytes_of[1]
    back = read_results(tmp_path / "one")
    assert [r for r in back if r.dataset != odd.dataset] == sorted(
        (r for r in results if r is not odd), key=lambda r: (r.dataset, r.image, r.pattern, r.method)
    )
    strange = next(r for r in back if r.dataset == odd.dataset)
    assert strange.image == odd.image
    assert math.isnan(strange.errors["rel"])
    assert strange.errors["rmse"] == 0.5
    write_times(tmp_path / "one", times)
    assert read_times(tmp_path / "one") == sorted(times)
    assert read_times(tmp_path / "two") == []
    assert metrics_of(back)[:3] == ["rel", "rmse", "mae"]


def test_infinity_is_null_too(tmp_path: Path) -> None:
    write_results(tmp_path, [Result("a", "1", "p", "m", errors={"rel": math.inf})])
    assert json.loads((tmp_path / "results.jsonl").read_text())["errors"] == {"rel": None}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Line 1 of .*no JSON object"),
        ('\n{"dataset": "a"}', "Line 2 of .*is no result"),
        ('{"dataset":"a","image":"1","pattern":"p","method":"m","status":"fine"}', "status 'fine'"),
        ('{"dataset":"a","image":"1","pattern":"p","method":"m","errors":3}', "Line 1 of .*is no result"),
    ],
)
def test_damaged_results_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "results.jsonl").write_text(text)
    with pytest.raises(BadInput, match=message):
        read_results(tmp_path)


def test_folders_that_are_no_run_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Cannot read"):
        read_results(tmp_path)
    with pytest.raises(BadInput, match=r"no readable manifest\.json"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(BadInput, match="no JSON object"):
        read_manifest(tmp_path)
    (tmp_path / "times.jsonl").write_text('{"dataset": "a"}')
    with pytest.raises(BadInput, match="not the file of times"):
        read_times(tmp_path)


def test_times_are_plain_tuples_too(tmp_path: Path) -> None:
    write_times(tmp_path, [("a", "1", "p", "m", 0.5)])
    assert read_times(tmp_path) == [Time("a", "1", "p", "m", 0.5)]
