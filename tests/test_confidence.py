"""The expected error, what is made of it, and the options of the command that use it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.cli.main import main
from spnet.completion import Completion
from spnet.errors import BadInput
from spnet.fill import linear_fill
from spnet.io import read_depth, read_rgb
from spnet.predictor import Predictor
from spnet.sparsity import parse_pattern
from spnet.types import FloatImage, Sample

EXAMPLES = Path(__file__).parent.parent / "examples"
DESK = EXAMPLES / "desk"


def completion(expected: FloatImage | None) -> Completion:
    depth = np.full((2, 3), 2.0, np.float32)
    return Completion(depth, depth, np.zeros((2, 3, 3), np.uint8), 5.0, "made-up", expected_error=expected)


def test_confidence_falls_from_one_to_zero() -> None:
    errors = np.array([[0, 1e-4, 0.01], [0.05, 0.5, 50]], np.float32)
    confidence = completion(errors).confidence
    assert confidence is not None
    values = confidence.ravel()
    assert values[0] == pytest.approx(1)
    assert values[-1] < 0.02
    assert (np.diff(values) <= 0).all()


def test_what_is_masked_is_unknown() -> None:
    result = completion(np.array([[0, 1e-4, 0.01], [0.05, 0.5, 50]], np.float32))
    confidence = result.confidence
    assert confidence is not None
    assert np.array_equal(result.masked(0.4).depth > 0, confidence >= 0.4)
    assert np.array_equal(result.masked(0.0).depth, result.depth)
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(BadInput, match="between 0 and 1"):
            result.masked(wrong)


def test_a_network_without_it_says_so() -> None:
    result = completion(None)
    assert result.confidence is None
    with pytest.raises(BadInput, match="made-up gives no confidence"):
        result.masked(0.5)


@pytest.mark.parametrize("pattern", ["random(0.1%)", "lidar(16)", "holes"])
def test_what_the_default_is_sure_of_is_right(pattern: str) -> None:
    rgb, truth = read_rgb(DESK / "rgb.jpg"), read_depth(DESK / "depth_kinect.png")
    raw = parse_pattern(pattern)(Sample(rgb, truth), 0)
    result = Predictor().complete(rgb, raw)
    scored = (truth > 0) & (raw == 0)
    error = np.abs(result.depth - truth)[scored] / truth[scored]
    confidence = result.confidence
    assert confidence is not None
    order = np.argsort(confidence[scored])
    low, high = (error[part].mean() for part in (order[: len(order) // 4], order[-len(order) // 2 :]))
    assert high < 0.5 * low
    assert abs(confidence[scored].mean() - (error < 0.05).mean()) < 0.15


def test_tiles_have_it_too() -> None:
    rgb, truth = read_rgb(DESK / "rgb.jpg"), read_depth(DESK / "depth_kinect.png")
    rgb, truth = (np.concatenate([image, image[:, ::-1]], axis=1) for image in (rgb, truth))
    raw = parse_pattern("random(1%)")(Sample(rgb, truth), 0)
    whole, tiled = (Predictor(memory_mb=mb).complete(rgb, raw).expected_error for mb in (4000, 1))
    assert whole is not None
    assert tiled is not None
    assert whole.shape == tiled.shape
    assert np.abs(np.log(tiled / whole)).mean() < 0.05


def test_a_wrong_measurement_is_doubted_unless_it_is_to_be_kept() -> None:
    """A few gross outliers among many good points: the result at them is nearer to the truth than what was measured."""
    rgb, truth = read_rgb(DESK / "rgb.jpg"), read_depth(DESK / "depth_kinect.png")
    raw = parse_pattern("random(2%)")(Sample(rgb, truth), 0)
    points = np.flatnonzero(raw)[::40]
    raw.ravel()[points] *= 2
    free, kept = (Predictor(keep_measured=keep).complete(rgb, raw).depth for keep in (False, True))
    right = truth.ravel()[points]
    assert np.median(np.abs(free.ravel()[points] / right - 1)) < 0.5
    assert np.array_equal(kept.ravel()[points], raw.ravel()[points])
    scored = (truth > 0) & (raw == 0)
    assert np.abs(free - truth)[scored].mean() < np.abs(linear_fill(raw) - truth)[scored].mean()


def test_the_command_masks_and_writes_confidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = [str(DESK / "rgb.jpg"), str(DESK / "depth_500_points.png")]
    options = ["-o", str(tmp_path), "--save", "npy", "confidence", "--mask-below", "0.6"]
    monkeypatch.setattr("sys.argv", ["spnet", "complete", *pair, *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    depth = np.load(next(tmp_path.glob("*_depth.npy")))
    confidence = np.asarray(Image.open(next(tmp_path.glob("*_confidence.png"))))
    assert confidence.shape == depth.shape
    assert confidence.dtype == np.uint8
    hidden = depth == 0
    assert 0 < hidden.mean() < 0.9
    said = f"result {depth[~hidden].min():.2f} to {depth.max():.2f} m, {100 * hidden.mean():.2g} % left out"
    assert said in capsys.readouterr().out
    assert confidence[hidden].max() <= round(255 * 0.6)
    assert confidence[~hidden].min() >= int(255 * 0.6)
