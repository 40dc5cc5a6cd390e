"""Metrics on cases small enough to compute by hand."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch

from spnet.metrics import DEPTH_METRICS, METRICS, depth_errors, g2_errors, original_errors
from spnet.types import AnyArray


def test_depth_errors_by_hand() -> None:
    gt, pred = np.array([[2.0, 4.0, 5.0]]), np.array([[1.0, 7.0, 50.0]])
    errors = depth_errors(pred, gt, np.array([[True, True, False]]))
    assert errors["mae"] == pytest.approx(2.0)
    assert errors["rmse"] == pytest.approx(math.sqrt(5))
    assert errors["rel"] == pytest.approx((1 / 2 + 3 / 4) / 2)


def test_no_scored_pixel_is_nan() -> None:
    depth = np.ones((2, 2))
    errors = depth_errors(depth, depth, np.zeros((2, 2), bool))
    assert tuple(errors) == DEPTH_METRICS
    assert all(math.isnan(value) for value in errors.values())


def test_every_name_is_explained() -> None:
    assert set(DEPTH_METRICS) < set(METRICS)
    assert [METRICS[name].unit for name in ("rel", "rmse", "imae")] == ["1", "m", "1/m"]
    assert [METRICS[name].direction for name in ("rmse", "delta_1.05")] == ["lower", "higher"]
    assert tuple(depth_errors(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1), bool))) == DEPTH_METRICS


def test_inverse_logarithmic_and_threshold_errors_by_hand() -> None:
    gt, pred = np.array([[1.0, 2.0, 4.0, 10.0]]), np.array([[2.0, 2.0, 4.4, 9.9]])
    errors = depth_errors(pred, gt, gt > 0)
    inverse = [1 / 2, 0, 1 / 4 - 1 / 4.4, 1 / 9.9 - 1 / 10]
    assert errors["imae"] == pytest.approx(sum(inverse) / 4)
    assert errors["irmse"] == pytest.approx(math.sqrt(sum(i * i for i in inverse) / 4))
    assert errors["log10"] == pytest.approx((math.log10(2) + math.log10(1.1) + math.log10(10 / 9.9)) / 4)
    logs = [math.log(2), 0, math.log(1.1), math.log(0.99)]
    assert errors["si_rmse"] == pytest.approx(math.sqrt(sum(y * y for y in logs) / 4 - (sum(logs) / 4) ** 2))
    # Ratios 2, 1, 1.1 (just above in floating point) and 10 / 9.9 = 1.0101.
    names = ("delta_1.02", "delta_1.05", "delta_1.25", "delta_1.25^2", "delta_1.25^3")
    assert [errors[name] for name in names] == [0.5, 0.5, 0.75, 0.75, 0.75]
    double = depth_errors(2 * gt, gt, gt > 0)
    assert [double["delta_1.25^3"], double["rel"]] == [0.0, 1.0]
    assert double["si_rmse"] == pytest.approx(0, abs=1e-12)


def test_a_threshold_itself_is_not_within() -> None:
    errors = depth_errors(np.array([[1.25, 1.0]]), np.array([[1.0, 1.25]]), np.ones((1, 2), bool))
    assert errors["delta_1.25"] == 0
    assert errors["delta_1.25^2"] == 1


@pytest.mark.parametrize("bad", [0.0, -3.0])
def test_predictions_that_are_not_positive(bad: float) -> None:
    errors = depth_errors(np.array([[bad, 2.0]]), np.array([[2.0, 2.0]]), np.ones((1, 2), bool))
    assert errors["mae"] == (2 - bad) / 2
    assert errors["rel"] == (2 - bad) / 4
    assert errors["imae"] == 0.25  # as if it were infinitely far
    assert errors["delta_1.25^3"] == 0.5
    assert errors["log10"] == pytest.approx(math.log10(2 / 0.001) / 2)


def test_the_floor_of_inverse_depth() -> None:
    gt, pred = np.array([[0.5, 0.5]]), np.array([[5e-5, 0.5]])
    assert depth_errors(pred, gt, gt > 0, inverse_floor=1e-4)["imae"] == 1.0  # |0 - 2| and 0
    assert depth_errors(pred, gt, gt > 0)["imae"] == pytest.approx((1 / 5e-5 - 2) / 2)


@pytest.fixture(scope="module")
def maps() -> tuple[AnyArray, AnyArray]:
    """A prediction and a truth, all known, float32."""
    rng = np.random.default_rng(3)
    gt = rng.uniform(0.3, 80, (60, 80)).astype(np.float32)
    return (gt * rng.lognormal(0, 0.2, gt.shape)).astype(np.float32), gt


def test_agrees_with_torchmetrics(maps: tuple[AnyArray, AnyArray]) -> None:
    """To 1e-6, torchmetrics summing in double precision too."""
    theirs = pytest.importorskip("torchmetrics", reason="torchmetrics is a development dependency")
    pred, gt = maps
    ours = depth_errors(pred, gt, gt > 0)
    p, g = (torch.from_numpy(depth.astype(np.float64)).ravel() for depth in maps)
    log = p.log() - g.log()
    expected = {
        "mae": theirs.MeanAbsoluteError().set_dtype(torch.float64)(p, g),
        "rmse": theirs.MeanSquaredError(squared=False).set_dtype(torch.float64)(p, g),
        "rel": theirs.MeanAbsolutePercentageError().set_dtype(torch.float64)(p, g),
        "imae": theirs.MeanAbsoluteError().set_dtype(torch.float64)(1 / p, 1 / g),
        "irmse": theirs.MeanSquaredError(squared=False).set_dtype(torch.float64)(1 / p, 1 / g),
        "log10": theirs.MeanAbsoluteError().set_dtype(torch.float64)(p.log10(), g.log10()),
        "si_rmse": theirs.MeanSquaredError(squared=False).set_dtype(torch.float64)(log, log.mean().expand_as(log)),
    }
    for name, value in expected.items():
        assert ours[name] == pytest.approx(float(value), rel=1e-6, abs=1e-6), name


def test_agrees_with_scikit_learn(maps: tuple[AnyArray, AnyArray]) -> None:
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is a development dependency")
    pred, gt = maps
    ours = depth_errors(pred, gt, gt > 0)
    p, g = pred.ravel().astype(np.float64), gt.ravel().astype(np.float64)
    expected = {
        "mae": theirs.mean_absolute_error(g, p),
        "rmse": theirs.root_mean_squared_error(g, p),
        "rel": theirs.mean_absolute_percentage_error(g, p),
        "imae": theirs.mean_absolute_error(1 / g, 1 / p),
        "irmse": theirs.root_mean_squared_error(1 / g, 1 / p),
    }
    for name in ("delta_1.02", "delta_1.05", "delta_1.10", "delta_1.25", "delta_1.25^2", "delta_1.25^3"):
        base, _, power = name.removeprefix("delta_").partition("^")
        within = np.maximum(p / g, g / p) < float(base) ** int(power or 1)
        expected[name] = theirs.accuracy_score(np.ones_like(within), within)
    for name, value in expected.items():
        assert ours[name] == pytest.approx(value, rel=1e-6, abs=1e-6), name


def test_float32_maps_are_summed_in_double() -> None:
    gt = np.full((1000, 1000), 10.0, np.float32)
    errors = depth_errors(gt + np.float32(0.5), gt, np.ones_like(gt, bool))
    expected = {"mae": 0.5, "rmse": 0.5, "rel": 0.05, "imae": 0.1 - 1 / 10.5, "log10": math.log10(1.05)}
    assert {name: errors[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_unscored_pixels_may_hold_anything() -> None:
    gt, pred = np.array([[1.0, 0.0, np.nan]]), np.array([[1.0, np.inf, np.nan]])
    errors = depth_errors(pred, gt, np.array([[True, False, False]]))
    assert all(value == float(name.startswith("delta")) for name, value in errors.items())


def test_original_errors_by_hand() -> None:
    gt, pred = np.array([[0.5, 0.25, 0.0]]), np.array([[0.25, 0.5, 9.0]])  # the last is unknown
    errors = original_errors(pred, gt)
    assert errors["rmse"] == pytest.approx(0.25 * 256)
    assert errors["rel"] == pytest.approx((0.5 + 1.0) / 2)


def test_original_rmse_in_metres() -> None:
    rng = np.random.default_rng(0)
    gt, pred = rng.uniform(0.1, 1, (8, 8)), rng.uniform(0.1, 1, (8, 8))
    metres = depth_errors(20 * pred, 20 * gt, np.ones((8, 8), bool))
    assert original_errors(pred, gt)["rmse"] * 20 / 256 == pytest.approx(metres["rmse"])
    assert original_errors(pred, gt)["rel"] == pytest.approx(metres["rel"], rel=1e-6)


def test_original_errors_of_an_unknown_image_are_zero() -> None:
    assert original_errors(np.ones((2, 2)), np.zeros((2, 2))) == {"rmse": 0.0, "rel": 0.0}


def test_g2_errors_by_hand() -> None:
    """Stored values, of 65535: truth 200, 400, 600, unknown; prediction 100, 400, 900, and 1000 at the unknown one."""
    gt, pred = np.array([[200.0, 400, 600, 0]]) / 65535, np.array([[100.5, 400.5, 900.5, 1000.5]]) / 65535
    errors = g2_errors(pred, gt)
    assert errors["rmse"] == pytest.approx(math.sqrt((100**2 + 0 + 300**2) / 3) / 256)
    assert errors["rel"] == pytest.approx((100 / 200 + 0 + 300 / 600) / 3)
    # Stretched over the whole image to 0, 1/3, 8/9 (1e-6 aside) of 65535; mean 11/27, mean absolute deviation 26/81.
    standard = [(value - 11 / 27) / (26 / 81) for value in (0, 1 / 3, 8 / 9)]
    truth = [-1.5, 0, 1.5]  # mean 400, mean absolute deviation 400 / 3
    assert errors["srmse"] == pytest.approx(
        math.sqrt(sum((s - t) ** 2 for s, t in zip(standard, truth, strict=True)) / 3), abs=1e-3
    )


def test_ordinal_error_by_hand() -> None:
    """Ten pixels, three pairs, by the original's two shuffles."""
    gt = np.arange(1.0, 11.0)[None] / 20
    order = [list(range(10)), list(range(10))]
    for seed, numbers in zip((1, 2), order, strict=True):
        random.Random(seed).shuffle(numbers)
    pairs = [(a, b) for a, b in zip(order[0][:3], order[1][:3], strict=True)]
    assert g2_errors(gt, gt)["ordinal"] == 0
    assert g2_errors(-gt, gt)["ordinal"] == sum(a != b for a, b in pairs) / 3 > 0
    flat = g2_errors(np.full((1, 10), 0.5), gt)  # a flat map is all equal: wrong wherever the truth is not
    assert flat["ordinal"] == sum(a != b for a, b in pairs) / 3


def test_srmse_has_no_scale_and_no_offset(maps: tuple[AnyArray, AnyArray]) -> None:
    pred, gt = (depth / 100 for depth in maps)
    same, other = g2_errors(pred, gt)["srmse"], g2_errors(0.3 * pred + 0.1, gt)["srmse"]
    assert same == pytest.approx(other, rel=1e-3) != 0
    assert g2_errors(gt, gt)["srmse"] == pytest.approx(0, abs=1e-3)  # 16 bits


def test_g2_errors_without_truth_are_nan() -> None:
    assert all(math.isnan(value) for value in g2_errors(np.ones((2, 2)), np.zeros((2, 2))).values())
