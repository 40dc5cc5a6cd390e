"""report.html: complete, self-contained, safe against names, and alive in a browser."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fake_run import desk_pictures, fake_run
from hypothesis import given, settings
from hypothesis import strategies as st

from spnet.errors import BadInput, MissingExtra
from spnet.evaluation import html, images
from spnet.evaluation.beside import published_tables
from spnet.evaluation.charts import HEIGHT, Point, Series, line_chart, number, place_labels, scatter_chart
from spnet.evaluation.curves import density_charts, time_chart
from spnet.evaluation.html import Picture, pick_cases, write_report
from spnet.evaluation.images import case_views, error_colours
from spnet.evaluation.report import Axes, axes_of
from spnet.evaluation.results import Result
from spnet.evaluation.sections import failures, part_tables, shade, summary_table, winners_table
from spnet.evaluation.statistics import ALL_PATTERNS, over_patterns, summarise

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
EVIL = "</script><script>document.documentElement.dataset.evil=1</script>'\"&"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a run with failures, a hostile name and pictures."""
    results, times, manifest = fake_run(4, 2, 5)
    results = [replace(r, method=EVIL) if r.method == "planar" else r for r in results]
    dead = next(r for r in results if r.method == "natural")
    results = [replace(r, status="crashed", reason=f"Exit 139 {EVIL}", errors={}) if r is dead else r for r in results]
    pictures = [
        replace(p, image=EVIL, predictions={EVIL if m == "planar" else m: d for m, d in p.predictions.items()})
        for p in desk_pictures(3, 5, step=4)
    ]
    target = tmp_path_factory.mktemp("run") / "report.html"
    write_report(target, results, times, manifest, pictures, focus="linear", title=f"Title {EVIL}")
    return target


@pytest.fixture(scope="module")
def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_file_asks_for_nothing_from_outside(text: str) -> None:
    assert "default-src 'none'" in text
    assert not re.findall(r"https?://|url\(|@import|<link|<iframe|<script[^>]+src", text)
    addresses = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert addresses
    assert {address[:1] if address[:1] == "#" else address[:11] for address in addresses} == {"#", "data:image/"}
    assert len(text) < 8e6 / 5  # three cases of five methods


def test_names_are_text_and_never_markup(text: str) -> None:
    assert EVIL not in text
    assert unescape(text).count(EVIL) > 20
    assert text.count("<script") == text.count("</script") == 1


def test_everything_is_there_without_the_script(text: str) -> None:
    for section in ("about", "summary", "winners", "failures", "charts", "parts", "tables", "pictures", "provenance"):
        assert f'<section id="{section}">' in text
        assert section == "about" or f'href="#{section}"' in text
    assert "spnet eval --data eval/osd_tabletop" in unescape(text)
    assert "Known pixels that were not measured" in text
    assert "seed 0" in text
    assert "uniform random pixels" in text  # what the pattern means
    assert "Nothing is left to score." in text
    assert text.count('class="case"') == 3
    assert text.count("data:image/webp") == 3 * (3 + 2 * 4)  # of five methods one failed


def test_failures_are_named_and_counted(text: str) -> None:
    section = unescape(text.partition('<section id="failures">')[2].partition("</section>")[0])
    assert f"Exit 139 {EVIL}" in section
    assert "1 of 56" in section  # 14 images under 4 patterns


def run_in_browser(page: Path, script: str, *arguments: str) -> dict[str, str]:
    """Open a copy of the page with a script at its end, and return the data attributes of its root."""
    if CHROMIUM is None:
        pytest.skip("needs chromium, chromium-browser or google-chrome on the PATH")
    copy = page.with_name("probe.html")
    whole = page.read_text(encoding="utf-8")
    copy.write_text(whole.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900", *arguments]
    command += [f"--user-data-dir={page.parent / 'profile'}", "--dump-dom", copy.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, encoding="utf-8")
    root = re.search(r"<html[^>]*>", done.stdout)
    assert root, done.stderr[-500:]
    return {name: unescape(value) for name, value in re.findall(r'data-([\w-]+)="([^"]*)"', root[0])}


PROBE = """
const put = (name, value) => { document.documentElement.dataset[name] = JSON.stringify(value) };
const table = document.querySelector("#summary table");
const column = () => [...table.tBodies[0].rows].map(row => row.cells[2].firstChild.textContent.trim());
const seen = element => element.offsetParent !== null;
put("before", column());
const button = table.querySelectorAll("thead button")[2];
button.click(); put("up", column()); put("aria", button.parentNode.getAttribute("aria-sort"));
button.click(); put("down", column());
button.click(); put("again", column());
const tables = () => [...document.querySelectorAll("#summary [data-metric]")].map(seen);
put("metrics", tables());
document.getElementById("metric-1").click(); put("chosen", tables());
const rows = () => [...document.querySelectorAll("#summary [data-metric='1'] tbody tr")].filter(seen).length;
put("rows", rows());
document.getElementById("method-0").click(); put("fewer", rows());
put("curve", getComputedStyle(document.querySelector("#charts [data-metric='1'] .curve[data-m='0']")).display);
const parts = () => [...document.querySelectorAll("#parts [data-metric='1'] [data-part]")].map(seen);
put("parts", parts()); document.getElementById("part-2").click(); put("other", parts());
document.querySelector(".curve[data-m='1']").dispatchEvent(new FocusEvent("focus"));
put("tip", document.getElementById("tip").textContent);
const zoom = document.querySelector(".zoom"); zoom.click();
const viewer = document.getElementById("viewer"), large = viewer.querySelector("img");
put("open", viewer.open && large.src === zoom.firstElementChild.src);
viewer.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
put("next", large.src === document.querySelectorAll(".zoom img")[1].src);
put("wide", document.documentElement.scrollWidth <= innerWidth);
"""


def test_it_lives_in_a_browser(page: Path) -> None:
    found = run_in_browser(page, PROBE)
    assert found.pop("ready") == "yes"
    assert "error" not in found
    assert "evil" not in found
    data = {name: json.loads(value) for name, value in found.items()}
    figures = [float(value) for value in data["before"] if value != "failed"]
    assert len(figures) >= 3
    assert figures != sorted(figures)
    failed = ["failed"] * (5 - len(figures))
    assert data["up"] == [f"{value:.4f}" for value in sorted(figures)] + failed
    assert data["down"] == [f"{value:.4f}" for value in sorted(figures, reverse=True)] + failed
    assert data["again"] == data["before"]
    assert data["aria"] == "ascending"
    assert data["metrics"] == [True] + [False] * 6
    assert data["chosen"] == [False, True] + [False] * 5
    assert (data["rows"], data["fewer"], data["curve"]) == (5, 4, "none")
    assert data["parts"] == [True, False, False, False, False]
    assert data["other"] == [False, False, True, False, False]
    assert data["tip"].startswith("linear\nrandom(")
    assert data["open"]
    assert data["next"]
    assert data["wide"]


def test_a_phone_scrolls_tables_and_not_the_page(page: Path) -> None:
    frame = page.with_name("phone.html")
    frame.write_text(
        '<body><iframe id="phone" style="width:390px;height:800px;border:0" src="report.html"></iframe></body>'
    )
    probe = """onload = () => {
      const inner = document.getElementById("phone").contentDocument.documentElement;
      document.documentElement.dataset.wide = inner.scrollWidth;
    }"""
    assert int(run_in_browser(frame, probe, "--allow-file-access-from-files")["wide"]) <= 390


def test_the_smallest_run_has_a_page_too(tmp_path: Path) -> None:
    only = Result("a", "1", "all", "m", measured=3, pixels=9, errors={"rel": 0.1, "rmse": 1.0})
    write_report(tmp_path / "report.html", [only], [], {})
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "0.1000" in text
    assert "There is nothing to draw" in text
    assert 'id="pictures"' not in text
    write_report(tmp_path / "report.html", [replace(only, status="failed", reason="No.", errors={})], [], {})
    with pytest.raises(BadInput, match="no result to report"):
        write_report(tmp_path / "report.html", [], [], {})


def test_jinja2_is_asked_for_by_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: str) -> None:
        raise MissingExtra("Reports need one more package: pip install 'spnet[eval]'.")

    monkeypatch.setattr(html, "need", missing)
    with pytest.raises(MissingExtra, match=r"spnet\[eval\]"):
        write_report(tmp_path / "report.html", fake_run(1, 1, 1)[0], [], {})
    assert not (tmp_path / "report.html").exists()


def rel(dataset: str, image: str, pattern: str, value: float | None, method: str = "m") -> Result:
    if value is None:
        return Result(dataset, image, pattern, method, "failed", "No.")
    return Result(dataset, image, pattern, method, measured=10, pixels=90, errors={"rel": value})


def test_cases_are_the_best_median_and_worst_under_the_middle_pattern() -> None:
    results = [
        rel("b", f"{i}", pattern, times * value)
        for pattern, times in (("hard", 3), ("easy", 1), ("middle", 2))
        for i, value in enumerate((0.2, 0.1, 0.5, 0.3))
    ]
    results += [rel("a", "x", "easy", 0.1), rel("c", "x", "easy", 0.2), rel("c", "y", "easy", 0.2)]
    results += [rel("d", "x", "easy", 0.1), rel("d", "y", "easy", None), rel("d", "z", "easy", 0.3)]
    results += [rel("b", "0", "easy", 0.0, "k")]
    expected = [
        ("a", "x", "easy", "median"),
        ("b", "1", "middle", "best"), ("b", "0", "middle", "median"), ("b", "2", "middle", "worst"),
        ("c", "x", "easy", "best"), ("c", "y", "easy", "worst"),
        ("d", "x", "easy", "best"), ("d", "z", "easy", "median"), ("d", "y", "easy", "worst"),
    ]  # fmt: skip
    assert pick_cases(results, "m") == expected
    assert pick_cases(results[::-1], "m") == expected
    assert pick_cases(results, "none") == []


def test_a_winner_is_clear_where_the_images_agree() -> None:
    rng = np.random.default_rng(0)
    base = rng.uniform(0.1, 0.3, 12)
    noise = rng.normal(0, 0.1, 12)
    results = [rel("a", str(i), p, v, m) for p, m, values in (
        ("sure", "m", base), ("sure", "k", base + 0.05 + 0.001 * noise),
        ("chance", "m", base), ("chance", "k", base - noise - 0.001 + noise.mean()),
        ("broken", "m", base), ("broken", "k", [None, *base[1:]]),
    ) for i, v in enumerate(values)]  # fmt: skip
    axes = axes_of(results)
    rows = {row.heads[0]: row.entries[0] for row in winners_table("rel", axes, summarise(results), results).rows}
    assert (rows["sure"].text, rows["sure"].kind) == ("m", "clear")
    ahead = 1 - base.mean() / (base + 0.05 + 0.001 * noise).mean()
    assert rows["sure"].note == f"{100 * ahead:.0f} % ahead of k"
    assert rows["chance"].kind == "open"
    assert (rows["broken"].text, rows["broken"].note) == ("m", "alone")


def test_the_summary_marks_the_best_and_shades_the_rest() -> None:
    results = [rel("a", str(i), p, v, m) for i in range(3) for p in "pq" for m, v in (("m", 0.1), ("k", 0.2))]
    results += [rel("a", str(i), p, None if i else 0.1, "f") for i in range(3) for p in "pq"]
    overall = summarise(over_patterns(results))
    table = summary_table("rel", axes_of(results), summarise(results), overall)
    assert [text for text, _ in table.columns] == [ALL_PATTERNS, "p", "q"]
    assert table.notes == ("n = 3", "n = 3", "n = 3")
    by_method = {row.heads[0]: row.entries for row in table.rows}
    assert [(entry.kind, entry.shade) for entry in by_method["m"]] == [("best", 0.0)] * 3
    assert [(entry.kind, entry.shade) for entry in by_method["k"]] == [("", 0.5)] * 3
    assert [(entry.text, entry.note) for entry in by_method["f"]] == [("failed", "2 of 3")] * 3
    assert shade("rel", 0.1, 0.0) == 1.0
    assert shade("delta_1.25", 1.0, 1.0) == 0.0


def test_parts_are_means_over_images_then_sets() -> None:
    parts = [{"flat": {"rel": 0.1}}, {"flat": {"rel": 0.3}, "edges": {"rel": 0.5}}, {"flat": {"rel": 0.6}}]
    places = [("a", "1"), ("a", "2"), ("b", "1")]
    results = [replace(rel(*place, "p", 0.2), parts=part) for place, part in zip(places, parts, strict=True)]
    results.append(replace(rel("a", "1", "q", 0.2), parts={"flat": {"rel": 0.8}}))
    tables = part_tables("rel", axes_of(results), results)
    [(_, table)] = tables["p"]
    assert [text for text, _ in table.columns] == ["edges", "flat"]
    assert [entry.text for entry in table.rows[0].entries] == ["0.5000", "0.4000"]
    [(_, table)] = tables[ALL_PATTERNS]
    assert [entry.text for entry in table.rows[0].entries] == ["0.5000", "0.6000"]


def test_failures_are_grouped_by_method_and_reason() -> None:
    results = [
        rel("a", "2", "p", None),
        rel("a", "1", "p", None),
        rel("a", "3", "p", 0.1),
        rel("a", "1", "p", 0.1, "k"),
    ]
    [failure] = failures(results, axes_of(results))
    assert (failure.method, failure.status, failure.count, failure.of) == ("m", "failed", 2, 3)
    assert failure.cases == ("a/1 under p", "a/2 under p")


def test_densities_are_one_curve_and_other_patterns_none() -> None:
    patterns = ("random(10%)", "random(1%)", "random(10)", "holes", "lidar(64)", "random(5) | range(1, 2)")
    results = [rel("a", str(i), p, 0.1 + 0.01 * i) for i in range(3) for p in patterns]
    axes, cells = axes_of(results), summarise(results)
    [chart] = density_charts("rel", axes, cells, results)
    [curve] = chart.curves
    assert [text for _, text in chart.x.ticks] == ["1", "10"]
    assert [mark.text.partition(":")[0] for mark in curve.marks] == ["random(1%)", "random(10%)", "random(10)"]
    assert curve.marks[1].x == curve.marks[2].x  # 10 of 100 pixels are 10 %
    assert all(mark.high < mark.y < mark.low for mark in curve.marks)  # y runs downwards


def test_a_curve_is_over_the_images_that_have_all_its_inputs() -> None:
    results = [rel(d, str(i), p, v) for d, p, v in (("a", "lidar(64)", 0.1), ("a", "lidar(4)", 0.2)) for i in range(3)]
    results += [rel("b", "1", "lidar(4)", 0.9), rel("b", "1", "lidar(16)", 0.9), rel("a", "1", "holes", 0.9)]
    results += [rel("a", str(i), "lidar(16)", 0.15) for i in range(3)]
    [chart] = density_charts("rel", axes_of(results), summarise(results), results)
    assert [mark.text.partition(" ±")[0] for mark in chart.curves[0].marks] == [
        "lidar(4): 0.2000", "lidar(16): 0.1500", "lidar(64): 0.1000",
    ]  # fmt: skip
    assert chart.note == "Over the 3 images that could be scored under all of these."


def test_the_time_chart_leaves_out_what_failed_and_draws_the_frontier() -> None:
    results = [rel("a", str(i), "p", v, m) for i in range(2) for m, v in (("slow", 0.1), ("fast", 0.3), ("bad", 0.4))]
    results += [rel("a", str(i), "p", None if i else 0.1, "broken") for i in range(2)]
    overall = summarise(over_patterns(results))
    medians = {"slow": 2.0, "fast": 0.02, "bad": 0.03, "broken": 0.1}
    chart = time_chart("rel", axes_of(results), overall, medians)
    assert chart is not None
    assert [curve.name for curve in chart.curves] == ["slow", "fast", "bad"]
    slow, fast, bad = (curve.marks[0] for curve in chart.curves)
    assert slow.y > bad.y > 0
    assert chart.frontier == f"M{fast.x} {fast.y}H{slow.x}V{slow.y}H{chart.x.end}"
    assert time_chart("rel", axes_of(results), overall, {}) is None


def test_published_figures_stand_beside_ours_only_where_all_is_the_same() -> None:
    results = [rel("nyuv2", str(i), p, 0.02) for i in range(2) for p in ("random(500)", "random(3%)")]
    axes = axes_of(results)
    [table] = published_tables(results, axes, {"protocol": "omni-dc"})
    assert table.caption == "REL on nyuv2, random(500)"
    assert [(line.method, line.text, line.index) for line in table.lines] == [
        ("OMNI-DC v1.1", "0.0140", -1), ("m", "0.0200", 0),
    ]  # fmt: skip
    assert "README" in table.lines[0].source
    assert table.lines[1].source == "measured here, n = 2"
    assert published_tables(results, axes, {"protocol": "unobserved"}) == []
    assert published_tables(results, axes, {"protocol": "omni-dc", "limit": 2}) == []
    assert published_tables(results, Axes(("random(3%)",), axes.datasets, axes.methods), {"protocol": "omni-dc"}) == []


def test_published_figures_are_marked_on_the_page(tmp_path: Path) -> None:
    results = [rel("nyuv2", str(i), "random(500)", 0.02) for i in range(2)]
    write_report(tmp_path / "report.html", results, [], {"protocol": "omni-dc", "seed": 43})
    section = (tmp_path / "report.html").read_text(encoding="utf-8").partition('<section id="published">')[2]
    assert re.search(r'OMNI-DC v1\.1</th><td class="num">0\.0140</td><td><span class="tag">published</span>', section)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(60, 600), st.floats(14, 380), st.floats(5, 160)), min_size=1, max_size=12))
def test_labels_do_not_cover_one_another(anchors: list[tuple[float, float, float]]) -> None:
    column = [(500.0, middle, 100.0) for _, middle, _ in anchors]
    heights = sorted(place_labels(column))
    assert all(after - before >= 14 - 1e-6 for before, after in pairwise(heights))
    for (_, middle, _), height in zip(anchors, place_labels(anchors), strict=True):
        assert height == middle or 0 <= height <= HEIGHT


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(1e-4, 1e4), st.floats(1e-6, 1e3)), min_size=1, max_size=9))
def test_points_lie_inside_the_chart(values: list[tuple[float, float]]) -> None:
    points = tuple(Point(x, y, y / 2, y * 2, "") for x, y in values)
    for chart in (
        line_chart("t", [Series("m", 0, points)], ("x", "y")),
        line_chart("t", [Series("m", 0, points)], ("x", "y"), y_scale="linear"),
        scatter_chart("t", [Series(f"m{i}", i, (p,)) for i, p in enumerate(points)], ("x", "y")),
    ):
        for mark in (mark for curve in chart.curves for mark in curve.marks):
            assert chart.x.start <= mark.x <= chart.x.end
            assert chart.y.end <= mark.high <= mark.y <= mark.low <= chart.y.start
        assert chart.x.ticks or chart.x.high / chart.x.low < 3
        assert len(chart.y.ticks) >= 1


def test_numbers_have_three_digits() -> None:
    assert [number(value) for value in (0.0, 0.001, 0.5, 12.345, 99999.0, math.nan)] == [
        "0", "0.001", "0.5", "12.3", "99999", "–",
    ]  # fmt: skip


def test_pictures_are_on_one_scale_and_sparse_truth_is_drawn_large() -> None:
    truth = np.zeros((40, 60), np.float32)
    truth[20, 30] = 2.0
    truth[5, 50] = 4.0
    rgb = np.zeros((40, 60, 3), np.uint8)
    picture = Picture("a", "1", "p", "best", rgb, truth, truth, {"m": truth + 1, "k": None}, {"m": 0.375})
    [view] = case_views([picture], ["m", "k"])
    assert view.points == 2
    assert view.width / view.height == pytest.approx(1.5, rel=0.01)
    assert len(view.marks) >= 2
    assert all(0 <= place <= 100 and text.endswith(" m") for place, text in view.marks)
    assert [(m.name, m.text, m.best, m.depth is None) for m in view.methods] == [
        ("m", "REL 0.3750", True, False), ("k", "", False, True),
    ]  # fmt: skip
    lightness = error_colours(np.geomspace(0.005, 0.5, 20, dtype=np.float32)[None]).astype(int).sum(axis=2)[0]
    assert (np.diff(lightness) < 0).all()


def test_more_pictures_are_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    [picture] = desk_pictures(1, 2, step=8)
    monkeypatch.setattr(images, "BUDGET", 70_000)
    few, many = case_views([picture], ["nearest"]), case_views([picture] * 4, ["nearest"])
    assert (few[0].width * few[0].height) / (many[0].width * many[0].height) == pytest.approx(4, rel=0.03)
