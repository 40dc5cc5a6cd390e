"""The bundled default on the sample pairs: better than linear interpolation, scale-free, and the same in tiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spnet.fill import linear_fill
from spnet.io import read_depth, read_rgb
from spnet.metrics import depth_errors
from spnet.model.weights import verify
from spnet.predictor import Predictor
from spnet.sparsity import parse_pattern
from spnet.types import ByteImage, FloatImage, Sample

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor()


def pair(name: str) -> tuple[ByteImage, FloatImage]:
    return read_rgb(EXAMPLES / name / "rgb.jpg"), read_depth(EXAMPLES / name / "depth_kinect.png")


def test_bundled_weights_are_the_published_ones() -> None:
    assert verify("default").name == "fill-zepto"


# REL and RMSE (m) of the bundled weights over unmeasured pixels of the two samples, patterns drawn with seed 1. Weights
# or code that are worse by 3 % fail; who makes them better writes the new figures here.
FIGURES = {
    ("desk", "random(1%)"): (0.01183, 0.1883), ("table", "random(1%)"): (0.00256, 0.006045),
    ("desk", "random(0.1%)"): (0.03618, 0.5392), ("table", "random(0.1%)"): (0.007491, 0.01299),
    ("desk", "random(500)"): (0.02128, 0.2232), ("table", "random(500)"): (0.004057, 0.009253),
    ("desk", "lidar(16)"): (0.02316, 0.2159), ("table", "lidar(16)"): (0.003862, 0.008088),
    ("desk", "holes"): (0.02752, 0.2403), ("table", "holes"): (0.007436, 0.01084),
}  # fmt: skip


@pytest.fixture(scope="module")
def scores(predictor: Predictor) -> dict[tuple[str, str], tuple[dict[str, float], dict[str, float]]]:
    """Errors of the default and of linear interpolation, by sample and pattern."""
    found = {}
    for name, pattern in FIGURES:
        rgb, truth = pair(name)
        raw = parse_pattern(pattern)(Sample(rgb, truth), seed=1)
        scored = (truth > 0) & (raw == 0)
        ours, linear = predictor.complete(rgb, raw).depth, linear_fill(raw)
        found[name, pattern] = (depth_errors(ours, truth, scored), depth_errors(linear, truth, scored))
    return found


def test_no_worse_than_the_figures_that_were_published(
    scores: dict[tuple[str, str], tuple[dict[str, float], dict[str, float]]],
) -> None:
    for case, (ours, _) in scores.items():
        for metric, published in zip(("rel", "rmse"), FIGURES[case], strict=True):
            assert ours[metric] < 1.03 * published, (case, metric)


def test_lower_errors_than_linear_interpolation(
    scores: dict[tuple[str, str], tuple[dict[str, float], dict[str, float]]],
) -> None:
    """By a tenth in the mean of the ratios, not in each."""
    ratios = {metric: [ours[metric] / linear[metric] for ours, linear in scores.values()] for metric in ("rel", "rmse")}
    assert np.mean(ratios["rel"]) < 0.9
    assert np.mean(ratios["rmse"]) < 0.9


@pytest.mark.parametrize("points", [1, 2, 5])
def test_a_few_points_are_hardly_worse_than_a_constant(predictor: Predictor, points: int) -> None:
    """With one point it is 3 % better on these six inputs, with two 15 % and with five 31 %."""
    ours, constant = [], []
    for name in ("desk", "table"):
        rgb, truth = pair(name)
        for seed in range(3):
            raw = parse_pattern(f"random({points})")(Sample(rgb, truth), seed)
            scored = (truth > 0) & (raw == 0)
            dense = predictor.complete(rgb, raw).depth
            assert (dense > 0).all()
            ours.append(depth_errors(dense, truth, scored)["rel"])
            mean = np.full_like(dense, np.exp(np.log(raw[raw > 0]).mean()))
            constant.append(depth_errors(mean, truth, scored)["rel"])
    assert np.mean(ours) <= 1.05 * np.mean(constant)


@pytest.mark.parametrize("scale", [0.05, 0.5, 3.0, 20.0])
def test_result_scales_with_the_measurements(predictor: Predictor, scale: float) -> None:
    rgb, truth = pair("desk")
    rgb, truth = rgb[100:260, 200:440], truth[100:260, 200:440]
    raw = parse_pattern("random(1%)")(Sample(rgb, truth), seed=2)
    once, scaled = predictor.complete(rgb, raw).depth, predictor.complete(rgb, raw * np.float32(scale)).depth
    assert np.abs(scaled / (scale * once) - 1).max() < 0.001


def test_tiles_differ_little_from_the_whole() -> None:
    rgb, truth = pair("desk")
    rgb, truth = (np.concatenate([image, image[:, ::-1]], axis=1) for image in (rgb, truth))  # 1280 wide
    raw = parse_pattern("random(1%)")(Sample(rgb, truth), seed=3)
    whole = Predictor(memory_mb=4000).complete(rgb, raw).depth
    tiled = Predictor(memory_mb=1).complete(rgb, raw).depth  # the smallest tiles there are
    difference = np.abs(tiled / whole - 1)
    assert difference.max() > 0  # it did run in tiles
    assert np.quantile(difference, 0.99) < 0.02
    assert difference.mean() < 1e-3
