"""Parts of the scored pixels: every pixel is in its part, and edges are told from slants, holes and blur."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spnet.evaluation.parts import (
    BOUNDARY,
    DEPTH_PARTS,
    DISTANCE_PARTS,
    EDGE_PARTS,
    PARTS,
    Parts,
    part_errors,
    true_edges,
)
from spnet.metrics import METRICS, depth_errors
from spnet.types import BoolImage, FloatImage


def image(*rows: list[float]) -> FloatImage:
    return np.array(rows, dtype=np.float32)


def errors_of(
    pred: FloatImage, truth: FloatImage, raw: FloatImage | None = None, scored: BoolImage | None = None
) -> dict[str, dict[str, float]]:
    raw = np.zeros_like(truth) if raw is None else raw
    return part_errors(pred, Parts.of(truth, raw, truth > 0 if scored is None else scored))


def step(width: int = 20, near: float = 1.0, far: float = 2.0, height: int = 10) -> FloatImage:
    """A near left half and a far right half."""
    truth = np.full((height, width), near, np.float32)
    truth[:, width // 2 :] = far
    return truth


def test_names() -> None:
    assert DEPTH_PARTS[0] == "depth 0-1 m"
    assert DEPTH_PARTS[-1] == "depth 32+ m"
    assert DISTANCE_PARTS[:2] == ("distance 0 px", "distance 1-2 px")
    assert DISTANCE_PARTS[-1] == "distance 32+ px"
    assert len(set(PARTS)) == len(PARTS) == 7 + 7 + 2 + 1


def test_depth_ranges_by_hand() -> None:
    """0.5 is off by 0.5; 1 and 1.9 by 1 and 0; 40 by 10. A bound belongs to the upper part."""
    found = errors_of(image([1.0, 2.0, 1.9, 50.0]), image([0.5, 1.0, 1.9, 40.0]))
    assert found["depth 0-1 m"] == {"rel": 1.0, "rmse": 0.5, "mae": 0.5, "pixels": 1.0}
    assert found["depth 1-2 m"]["mae"] == 0.5
    assert found["depth 1-2 m"]["rmse"] == pytest.approx(math.sqrt(0.5))
    assert found["depth 32+ m"] == {"rel": 0.25, "rmse": 10.0, "mae": 10.0, "pixels": 1.0}
    assert set(found) & set(DEPTH_PARTS) == {"depth 0-1 m", "depth 1-2 m", "depth 32+ m"}


def test_distance_to_the_nearest_measurement() -> None:
    truth = np.ones((1, 41), np.float32)
    raw = np.zeros_like(truth)
    raw[0, 0] = 1
    found = errors_of(truth, truth, raw)
    pixels = {name: values["pixels"] for name, values in found.items() if name in DISTANCE_PARTS}
    expected = dict(zip(DISTANCE_PARTS, [1, 1, 2, 4, 8, 16, 9], strict=True))  # 0; 1; 2, 3; 4 to 7; ...; 32 to 40
    assert pixels == expected
    assert "distance 0 px" not in errors_of(truth, truth, raw, raw == 0)


def test_without_a_measurement_all_is_far() -> None:
    found = errors_of(step(), step())
    assert found["distance 32+ px"]["pixels"] == step().size


def test_distance_is_euclidean() -> None:
    truth = np.ones((3, 3), np.float32)
    raw = np.zeros_like(truth)
    raw[1, 1] = 1
    found = errors_of(truth, truth, raw)
    assert found["distance 1-2 px"]["pixels"] == 8  # the corners at 1.41 among them


def test_edges_and_flat_pixels() -> None:
    """20 columns with the step between 9 and 10: columns 7 to 12 are within 2 pixels of the edge pixels."""
    truth = step()
    pred = truth.copy()
    pred[:, 7:13] += 0.5
    found = errors_of(pred, truth)
    assert found["edges"]["pixels"] == 60
    assert found["edges"]["mae"] == 0.5
    assert found["flat"] == {"rel": 0.0, "rmse": 0.0, "mae": 0.0, "pixels": 140.0}


def test_edges_are_found_across_unknown_pixels_along_both_axes() -> None:
    for unknown, found in ((0, True), (3, True), (4, False)):  # the sides are then 1, 4 and 5 pixels apart
        row = image([1.0] * 5 + [0.0] * unknown + [2.0] * 5)
        for truth in (row, row.T.copy()):
            assert (len(true_edges(truth).pixels) == 2) is found
    edges = true_edges(image([1.0, 0.0, 0.0, 2.0]))
    assert (edges.pixels.tolist(), edges.near.tolist(), edges.far.tolist()) == ([0, 3], [1, 1], [2, 2])


def test_a_known_pixel_between_ends_the_reach() -> None:
    """1, 1.05, 1.1, 1.15: no neighbours differ by 10 %, and those further apart are not neighbours."""
    assert len(true_edges(image([1.0, 1.05, 1.1, 1.15])).pixels) == 0


def test_a_slanted_road_has_no_edges() -> None:
    """Camera 1.65 m above a plane, focal length 720 pixels (KITTI): 5 m to 60 m."""
    rows = np.arange(1.65 * 720 / 60, 1.65 * 720 / 5)
    truth = np.repeat((1.65 * 720 / rows)[::-1, None], 30, axis=1).astype(np.float32)
    assert 59 < truth.max() <= 60
    assert len(true_edges(truth).pixels) == 0
    assert BOUNDARY not in errors_of(truth, truth)


def test_of_several_jumps_the_largest_counts() -> None:
    edges = true_edges(image([1.0, 2.0, 8.0]))
    assert edges.near.tolist() == [1, 2, 2]
    assert edges.far.tolist() == [2, 8, 8]


def test_a_faithful_prediction_is_sharp() -> None:
    found = errors_of(step(), step())[BOUNDARY]
    assert found == {"flying": 0.0, "precision": 1.0, "recall": 1.0, "f1": 1.0, "pixels": 60.0}


def test_flying_pixels_by_hand() -> None:
    """From 1 m to 2 m a quarter of the jump is 0.17 in log depth, so the limit of 0.1 holds: 1.105 m to 1.81 m fly."""
    truth = step(height=1)
    for depth, flies in ((1.1, False), (1.11, True), (1.5, True), (1.8, True), (1.82, False), (0.5, False), (3, False)):
        pred = truth.copy()
        pred[0, 9] = depth
        assert errors_of(pred, truth)[BOUNDARY]["flying"] == (1 / 6 if flies else 0), depth
    small = step(near=1.0, far=1.2, height=1)  # a quarter of ln 1.2 is 0.0456: from 1.0466 to 1.1465
    for depth, flies in ((1.04, False), (1.05, True), (1.14, True), (1.15, False)):
        pred = small.copy()
        pred[0, 9] = depth
        assert errors_of(pred, small)[BOUNDARY]["flying"] == (1 / 6 if flies else 0), depth


def test_flying_pixels_do_not_depend_on_the_scale() -> None:
    rng = np.random.default_rng(0)
    truth = step()
    pred = (truth * rng.uniform(0.7, 1.4, truth.shape)).astype(np.float32)
    small, large = errors_of(pred, truth)[BOUNDARY], errors_of(8 * pred, 8 * truth)[BOUNDARY]
    assert small == large
    assert 0 < small["flying"] < 1


def test_a_true_surface_between_the_sides_is_not_asked_about() -> None:
    """A third surface at 1.5 m right beside a jump from 1 m to 4 m: to stay on it is no flying."""
    truth = image([1.0, 1.0, 1.0, 4.0, 4.0, 1.0, 1.5, 1.5])
    assert errors_of(truth, truth)[BOUNDARY]["flying"] == 0


def test_blur_flies_and_a_shifted_edge_does_not() -> None:
    truth = step(near=1.0, far=3.0)
    blurred = truth.copy()
    blurred[:, 7:13] = [1.2, 1.5, 1.8, 2.1, 2.4, 2.8]
    shifted = np.roll(truth, 2, axis=1)
    shifted[:, :2] = 1
    blurry, moved = errors_of(blurred, truth)[BOUNDARY], errors_of(shifted, truth)[BOUNDARY]
    assert blurry["flying"] == pytest.approx(5 / 6)  # all but 2.8, which is on the far side
    assert moved["flying"] == 0
    assert moved["precision"] == 1  # columns 11 and 12, both within 2 of 10
    assert moved["recall"] == 1  # columns 9 and 10, both within 2 of 11


def test_precision_and_recall_of_predicted_edges() -> None:
    truth = step()
    far_off = np.roll(truth, 6, axis=1)
    far_off[:, :6] = 1
    missed = errors_of(far_off, truth)[BOUNDARY]
    assert (missed["precision"], missed["recall"], missed["f1"]) == (0, 0, 0)
    flat = errors_of(np.ones_like(truth), truth)[BOUNDARY]
    assert (flat["precision"], flat["recall"], flat["flying"]) == (0, 0, 0)  # flat, but not between the sides
    both = truth.copy()
    both[:, 16:] = 1  # a second edge, where there is none
    extra = errors_of(both, truth)[BOUNDARY]
    assert (extra["precision"], extra["recall"]) == (0.5, 1)
    assert extra["f1"] == pytest.approx(2 / 3)


def test_predicted_edges_over_unknown_truth_are_not_held_against_a_method() -> None:
    truth = step()
    truth[:, 14:19] = 0
    pred = step()
    pred[:, 16:] = 1
    assert errors_of(pred, truth)[BOUNDARY]["precision"] == 1


def test_predictions_that_are_not_positive_are_scored() -> None:
    pred = step()
    pred[:, 9] = -1
    found = errors_of(pred, step())
    assert found[BOUNDARY]["flying"] == 0
    assert found["edges"]["mae"] == pytest.approx(2 / 6)


def test_images_of_one_pixel_and_without_edges() -> None:
    one = np.ones((1, 1), np.float32)
    found = errors_of(one, one)
    assert set(found) == {"depth 1-2 m", "distance 32+ px", "flat"}
    column = np.ones((7, 1), np.float32)
    assert BOUNDARY not in errors_of(column, column)


@given(st.integers(0, 10_000), st.sampled_from([(1, 9), (9, 1), (12, 17)]))
def test_each_family_is_the_whole(seed: int, shape: tuple[int, int]) -> None:
    """Pixels add up, and the parts' errors weighted by them are the image's."""
    rng = np.random.default_rng(seed)
    truth = (rng.lognormal(1, 1.5, shape) * (rng.random(shape) < 0.8)).astype(np.float32)
    raw = truth * (rng.random(shape) < 0.2)
    pred = (truth + rng.normal(0, 1, shape)).astype(np.float32)
    scored = (truth > 0) & (raw == 0)
    if not scored.any():
        return
    found, whole = errors_of(pred, truth, raw, scored), depth_errors(pred, truth, scored)
    assert set(found) <= set(PARTS)
    assert all(key in METRICS or key == "pixels" for values in found.values() for key in values)
    for family in (DEPTH_PARTS, DISTANCE_PARTS, EDGE_PARTS):
        parts = [found[name] for name in family if name in found]
        pixels = np.array([part["pixels"] for part in parts])
        assert pixels.sum() == scored.sum()
        assert np.average([part["rel"] for part in parts], weights=pixels) == pytest.approx(whole["rel"])
        assert np.average([part["mae"] for part in parts], weights=pixels) == pytest.approx(whole["mae"])
        mean_square = np.average([part["rmse"] ** 2 for part in parts], weights=pixels)
        assert math.sqrt(mean_square) == pytest.approx(whole["rmse"])
