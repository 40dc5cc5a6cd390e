"""report.html of a training run: complete, self-contained, safe against names, readable without a script."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from spnet.errors import BadInput, MissingExtra
from spnet.losses import Loss
from spnet.training import report
from spnet.training.config import TrainConfig
from spnet.training.curves import BUCKETS, Line, graph, smooth
from spnet.training.monitor import Monitor
from spnet.training.panels import Row
from spnet.training.report import write_training_report
from spnet.training.verdict import overfit_verdict, summary

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
EVIL = "</script><script>document.documentElement.dataset.evil=1</script>'\"&"


def a_run(out: Path, steps: int = 60, *, trouble: bool = True) -> Path:
    """The folder of a run that a monitor followed, once continued."""
    config = TrainConfig(steps=steps, batch=2, log_every=1, panel_every=20, data=(EVIL,), lr=0.5)
    monitor = Monitor(out, config, 0)
    monitor.note(data=[{"name": f"set {EVIL}", "images": 1234}], parameters=4567890)
    side = torch.linspace(0.2, 0.9, 16).expand(1, 1, 16, 16)
    batch = {"rgb": torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)), "gt": side, "raw": side}
    for step in range(1, steps + 1):
        if step == steps // 2:
            monitor.close(step - 1)
            monitor = Monitor(out, config, step - 1)
        monitor.waiting()
        monitor.working()
        part = torch.tensor(2.0 / step)
        monitor.step(step, Loss(part + 0.5, {"absolute": part, "gradient": torch.tensor(0.5)}), 0.5 / step)
        monitor.panel(step, batch, side * (1 + 1 / step))
        if step % 20 == 0:
            rel = 0.1 + 1 / step
            scores = {"rel": rel, f"rel/{EVIL}": rel, "rel/lidar(16)": rel, "planar": 0.125, f"planar/{EVIL}": 0.125}
            row = Row(np.zeros((9, 16, 3), np.uint8), *(np.ones((9, 16), np.float32) for _ in range(3)))
            monitor.validation_panel(step, [row])
            monitor.validated(step, {**scores, f"rmse/{EVIL}": 0.75})
    if trouble:
        monitor.skipped(steps, f"its loss is not finite {EVIL}")
        monitor.bad_image(steps, f"set/{EVIL}", "cannot be read")
    monitor.close(steps)
    return out / "report.html"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_file_asks_for_nothing_from_outside(text: str) -> None:
    assert "default-src 'none'" in text
    assert not re.findall(r"https?://|url\(|@import|<link|<iframe|<script", text)
    addresses = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert {address[:1] if address[:1] == "#" else address[:16] for address in addresses} == {"#", "data:image/webp;"}
    assert all(f'id="{address[1:]}"' in text for address in addresses if address[0] == "#")
    assert len(text) < 400_000


def test_names_are_text_and_never_markup(text: str) -> None:
    assert EVIL not in text
    assert unescape(text).count(EVIL) > 8


def test_it_tells_how_the_run_went(text: str) -> None:
    plain = unescape(re.sub(r"<[^>]+>", " ", text))
    assert "All 60 steps are done." in plain
    assert "The best validation has REL 0.1167, at step 60: 7 % below the planar fill, which has 0.125." in plain
    assert "1 step had to be left out. 1 image cannot be used." in plain
    assert "its loss is not finite" in plain
    assert "1,234" in plain
    assert "4,567,890 parameters" in plain
    assert "the run went on at step 29" in plain
    assert plain.count("Linux") == 2  # two sessions
    for chart in ("Loss and its parts", "Learning rate", "REL over all patterns", "REL by pattern", "Throughput",
                  "Share of the time spent waiting for data", "Memory"):  # fmt: skip
        assert f'aria-label="{chart}"' in text, chart
    assert re.findall(r"after step (\d+)", text) == ["20", "40", "60", "1", "40", "60"]  # validation, samples
    changed = re.findall(r'<dt>(\w+)</dt><dd class="changed">', text)
    assert set(changed) == {"steps", "batch", "log_every", "panel_every", "data", "lr"}


def test_the_table_of_the_validation(text: str) -> None:
    table = text[text.index("<table") : text.index("</table>")]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)]
    assert rows[1] == ["all patterns", "0.15", "0.117", "60", "0.117", "0.125", "7 % below", "–"]
    assert unescape(rows[2][0]) == EVIL
    assert rows[2][1:] == ["0.15", "0.117", "60", "0.117", "0.125", "7 % below", "0.75"]


def test_every_place_in_a_chart_is_inside_it(text: str) -> None:
    for width, height, inner in re.findall(r'<svg viewBox="0 0 (\d+) (\d+)"(.*?)</svg>', text, re.DOTALL):
        for path in re.findall(r' d="(M[-\d. ML]+)"', inner):
            places = [tuple(map(float, pair.split())) for pair in re.split("[ML]", path)[1:]]
            assert all(0 <= x <= int(width) and 0 <= y <= int(height) for x, y in places)


def test_a_run_without_trouble_or_validation_says_so(tmp_path: Path) -> None:
    text = a_run(tmp_path / "calm", 3, trouble=False).read_text()
    assert "No step had to be left out" in text
    assert 'id="validation"' not in text
    Monitor(tmp_path / "new", TrainConfig(), 0)
    assert "Nothing is logged yet" in write_training_report(tmp_path / "new").read_text()


def test_damaged_files_do_not_stop_a_report(tmp_path: Path) -> None:
    a_run(tmp_path)
    (tmp_path / "panels" / "step_00000001.png").write_bytes(b"no picture")
    (tmp_path / "run.json").write_text("{")
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 61, "loss": null}\n[1]\n{"step": "x"}\n{"step')
    text = write_training_report(tmp_path).read_text()
    assert "after step 1<" not in text
    assert "after step 60<" in text
    assert "The same images with the same measurements" in text


def test_no_run_no_report(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no training run"):
        write_training_report(tmp_path)


def test_without_jinja_the_run_ends_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise MissingExtra("Reports need one more package: pip install 'spnet[train]'.")

    monkeypatch.setattr(report, "need", missing)
    monitor = Monitor(tmp_path, TrainConfig(), 0)
    with pytest.warns(UserWarning, match=r"no report\.html of this run.*spnet\[train\]"):
        monitor.close(0)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
@pytest.mark.parametrize("width", [400, 1300])
def test_a_browser_draws_it(page: Path, tmp_path: Path, width: int) -> None:
    picture = tmp_path / "page.png"
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               f"--user-data-dir={tmp_path}", f"--window-size={width},900", f"--screenshot={picture}",
               page.as_uri()]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB"))
    blue = (abs(pixels.astype(int) - (0x1F, 0x5F, 0xB4)).sum(2) < 30).sum()
    assert blue > 100  # the loss curve, in its colour of the style sheet


def test_smoothing_keeps_straight_lines_and_takes_noise_away() -> None:
    line = [0.5 * i for i in range(200)]
    assert smooth(line) == pytest.approx(line)
    noise = np.random.default_rng(0).normal(size=400)
    assert np.std(smooth(noise.tolist())[20:-20]) < 0.35 * np.std(noise)
    assert smooth([1.0]) == [1.0]


def test_long_curves_are_thinned_to_means() -> None:
    drawn = graph("t", [Line("a", [(i, float(i % 2)) for i in range(60_000)], 0)], "y")
    assert drawn is not None
    assert drawn.curves[0].raw.count("L") == BUCKETS - 1
    middle = drawn.y.at(0.5)
    assert {float(place.split()[1]) for place in drawn.curves[0].raw[1:].split("L")} == {middle}


def test_charts_of_hardly_anything() -> None:
    assert graph("t", [], "y") is None
    assert graph("t", [Line("a", [(1, math.nan)], 0)], "y") is None
    for value in (0.0, 5.0, -1.0, 1e-9, 1e9):
        drawn = graph("t", [Line("a", [(1, value)], 0)], "y", log=True)
        assert drawn is not None
        assert drawn.y.ticks
    logarithmic = graph("t", [Line("a", [(0, 1e-3), (9, 1.0)], 0)], "y", log=True)
    assert logarithmic is not None
    assert logarithmic.y.scale == "log"
    narrow = graph("t", [Line("a", [(0, 0.0261), (9, 0.0274)], 0)], "y", log=True)
    assert narrow is not None
    assert len(narrow.y.ticks) >= 3
    linear = graph("t", [Line("a", [(0, 0.0), (9, 1.0)], 0)], "y", log=True)
    assert linear is not None
    assert linear.y.scale == "linear"


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        ([0.8, 0.5, 0.1], "from 0.8 to 0.1, to 12 %: data, network and loss work together"),
        ([0.8, 0.7, 0.6], "to 75 % only"),
        ([0.8, 0.8, 0.9], "did NOT fall"),
        ([0.0, 0.0], "did NOT fall"),
        ([0.8], "Too few log lines"),
    ],
)
def test_the_verdict_on_a_handful_of_images(tmp_path: Path, totals: list[float], words: str) -> None:
    monitor = Monitor(tmp_path, TrainConfig(steps=10, log_every=1, overfit=8), 0)
    for step, total in enumerate(totals, 1):
        monitor.step(step, Loss(torch.tensor(total), {}), 0.1)
    assert words in overfit_verdict(tmp_path)


def test_the_summary_of_a_run_that_was_stopped(tmp_path: Path) -> None:
    config = TrainConfig(steps=10, log_every=1)
    monitor = Monitor(tmp_path, config, 0)
    for step in range(1, 5):
        monitor.step(step, Loss(torch.tensor(float(step)), {}), 0.1)
    monitor.close(4)
    assert summary(tmp_path, 10) == ["4 of 10 steps are done.", "The loss rose from 1 to 4."]
    again = Monitor(tmp_path, replace(config, steps=12), 4)
    again.validated(4, {"rel": 0.5, "planar": 0.25})
    assert summary(tmp_path, 12)[0] == "4 of 12 steps are done."
    assert summary(tmp_path, 12)[-1].endswith("2 times the planar fill, which has 0.25.")
