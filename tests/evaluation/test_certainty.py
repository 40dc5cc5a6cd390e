"""Expected errors: by hand, by simulation, and through a run, its tables and its report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.completion import ERROR_SCALE, ERROR_SHAPE
from spnet.datasets import FolderDataset
from spnet.evaluation.certainty import CERTAINTY_PARTS, ause, calibrations, certainty_errors
from spnet.evaluation.html import write_report
from spnet.evaluation.methods import make_method
from spnet.evaluation.parts import Parts
from spnet.evaluation.report import write_tables
from spnet.evaluation.results import Result
from spnet.evaluation.run import evaluate
from spnet.types import FloatImage, Sample


@pytest.fixture
def wall(tmp_path: Path) -> FolderDataset:
    """One slanted wall."""
    root = tmp_path / "wall"
    for kind in ("rgb", "gt"):
        (root / kind).mkdir(parents=True)
    v, u = np.indices((96, 128))
    Image.fromarray(np.stack([u, v, u + v], axis=-1).astype(np.uint8)).save(root / "rgb" / "0.png")
    Image.fromarray((1000 + 10 * u + 3 * v).astype(np.uint16)).save(root / "gt" / "0.png")
    (root / "manifest.json").write_text(json.dumps({"unit": "uint16 mm", "K": [120, 120, 63.5, 47.5]}))
    return FolderDataset(root)


def test_four_pixels_by_hand() -> None:
    """Left out are, of the order 1, 2, 3, 4: nothing, then the error 0.1, then 0.3, then 0.2 in 12 and 13 steps."""
    error = np.repeat([0.2, 0.3, 0.1, 0.4], 100)
    order = np.repeat([3.0, 2.0, 4.0, 1.0], 100)  # 0.1 goes first, then 0.2, then 0.3: nearly the wrong way round
    shares = np.linspace(1, 0, 50, endpoint=False)

    def rest(errors: list[float]) -> float:
        """The curve's mean, with errors in the order in which they leave."""
        values = np.repeat(errors, 100)
        return float(np.mean([values[400 - round(400 * share) :].mean() / 0.25 for share in shares]))

    assert ause(error, error) == 0
    assert ause(error, order) == pytest.approx(rest([0.1, 0.2, 0.3, 0.4]) - rest([0.4, 0.3, 0.2, 0.1]), abs=1e-12)


@pytest.mark.parametrize(("factor", "low", "high"), [(1.0, 0.0, 0.01), (3.0, 0.12, 1.0), (1 / 3, 0.12, 1.0)])
def test_calibration_of_simulated_errors(factor: float, low: float, high: float) -> None:
    """Errors drawn from the very distribution that confidence assumes are calibrated; three times larger are not."""
    rng = np.random.default_rng(1)
    results = []
    for image in range(4):
        truth = rng.uniform(1, 5, (100, 150)).astype(np.float32)
        expected = rng.lognormal(np.log(0.08), 1.0, truth.shape).astype(np.float32)
        error = factor * expected * ERROR_SCALE * rng.weibull(ERROR_SHAPE, truth.shape)
        depth = (truth * (1 + error)).astype(np.float32)
        raw = np.where(rng.random(truth.shape) < 0.01, truth, 0).astype(np.float32)
        errors, parts = certainty_errors(depth, expected, Parts.of(truth, raw, raw == 0))
        assert errors["ause"] < errors["ause_distance"]  # the distance says nothing here
        assert sum(part["pixels"] for part in parts.values()) == np.count_nonzero(raw == 0)
        results.append(Result("set", str(image), "p", "m", errors=errors, parts=parts))
    found = calibrations(results)["p", "m"]
    assert low <= found.ece <= high
    assert found.share.sum() == pytest.approx(1)
    assert np.nanmin(np.sign(factor - 1) * (found.said - found.found)[2:8]) >= 0 or factor == 1


def test_images_count_the_same_and_failures_leave_no_figure() -> None:
    sure, unsure = CERTAINTY_PARTS[9], CERTAINTY_PARTS[1]
    large = Result("s", "a", "p", "m", parts={sure: {"said": 0.95, "found": 0.85, "pixels": 9e5}})
    small = Result("s", "b", "p", "m", parts={unsure: {"said": 0.15, "found": 0.35, "pixels": 10.0}})
    assert calibrations([large, small])["p", "m"].ece == pytest.approx((0.1 + 0.2) / 2)
    assert calibrations([large, small, Result("s", "c", "p", "m", status="failed")]) == {}
    assert calibrations([Result("s", "c", "p", "linear", parts={"flat": {"rel": 0.1, "pixels": 3.0}})]) == {}


@dataclass(frozen=True)
class Guess:
    """Twice the least measurement everywhere; it expects an error that grows to the right."""

    name: str = "guess"

    def complete(self, sample: Sample) -> FloatImage:
        raise AssertionError("a method that expects errors is asked for both at once")

    def complete_with_error(self, sample: Sample) -> tuple[FloatImage, FloatImage | None]:
        depth = np.full_like(sample.depth, 2 * sample.depth[sample.depth > 0].min())
        return depth, np.zeros_like(depth) + np.linspace(0.001, 1, depth.shape[1], dtype=np.float32)


def test_a_run_its_tables_and_its_report(wall: FolderDataset, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    run = evaluate([wall], ["random(500)", "lidar(16)"], [Guess(), "linear"])
    assert {r.status for r in run.results} == {"ok"}
    assert all(("ause" in r.errors) == (r.method == "guess") for r in run.results)
    assert set(CERTAINTY_PARTS) & set(run.results[0].parts)
    write_tables(tmp_path, run.results)
    ece = calibrations(run.results)["lidar(16)", "guess"].ece
    table = (tmp_path / "table.md").read_text()
    assert f"| guess | lidar(16) | 1 | {run.results[0].errors['ause']:.4f} |" in table
    assert f"{ece:.4f} |" in table
    write_report(tmp_path / "report.html", run.results, run.times, {})
    page = (tmp_path / "report.html").read_text()
    assert 'id="certainty"' in page
    assert "Confidence, and how often it is right" in page
    others = [result for result in run.results if result.method == "linear"]
    write_tables(tmp_path, others)
    write_report(tmp_path / "report.html", others, run.times, {})
    assert "Expected error" not in (tmp_path / "table.md").read_text()
    assert 'id="certainty"' not in (tmp_path / "report.html").read_text()


def test_networks_with_and_without_the_measured_pixels(wall: FolderDataset) -> None:
    """`keep:` returns what was measured, wrong or not; both give expected errors."""
    pytest.importorskip("torch")
    run = evaluate([wall], ["random(500) | noise(20%)"], ["default", "keep:default"])
    assert [(r.method, r.status, "ause" in r.errors) for r in run.results] == [
        ("default", "ok", True),
        ("keep:default", "ok", True),
    ]
    sample = Sample(np.full((64, 96, 3), 128, np.uint8), np.zeros((64, 96), np.float32))
    sample.depth[::8, ::8] = 2.0
    sample.depth[32, 48] = 9.0
    kept, free = (make_method(spec).complete(sample)[32, 48] for spec in ("keep:default", "default"))
    assert kept == 9.0
    assert free < 6.0
