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


@pytest.mark.parametrize("name", ["desk", "table"])
@pytest.mark.parametrize("pattern", ["random(1%)", "random(0.1%)", "random(500)", "lidar(16)"])
def test_lower_rel_than_linear_interpolation(predictor: Predictor, name: str, pattern: str) -> None:
    rgb, truth = pair(name)
    raw = parse_pattern(pattern)(Sample(rgb, truth), seed=1)
    scored = (truth > 0) & (raw == 0)
    ours = depth_errors(predictor.complete(rgb, raw).depth, truth, scored)["rel"]
    linear = depth_errors(linear_fill(raw), truth, scored)["rel"]
    assert ours < linear


@pytest.mark.parametrize("scale", [0.1, 0.5, 3.0, 10.0])
def test_result_scales_with_the_measurements(predictor: Predictor, scale: float) -> None:
    rgb, truth = pair("desk")
    rgb, truth = rgb[100:260, 200:440], truth[100:260, 200:440]
    raw = parse_pattern("random(1%)")(Sample(rgb, truth), seed=2)
    once, scaled = predictor.complete(rgb, raw).depth, predictor.complete(rgb, raw * np.float32(scale)).depth
    assert np.abs(scaled / (scale * once) - 1).max() < 0.01


def test_tiles_differ_from_the_whole_by_less_than_one_percent() -> None:
    rgb, truth = pair("desk")
    rgb, truth = (np.concatenate([image, image[:, ::-1]], axis=1) for image in (rgb, truth))  # 1280 wide
    raw = parse_pattern("random(1%)")(Sample(rgb, truth), seed=3)
    whole = Predictor(memory_mb=4000).complete(rgb, raw).depth
    tiled = Predictor(memory_mb=1).complete(rgb, raw).depth  # the smallest tiles there are
    difference = np.abs(tiled / whole - 1)
    assert difference.max() > 0  # it did run in tiles
    assert difference.max() < 0.01
    assert difference.mean() < 1e-4
