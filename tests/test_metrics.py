"""Metrics on cases small enough to compute by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spnet.metrics import depth_errors, original_errors


def test_depth_errors_by_hand() -> None:
    gt, pred = np.array([[2.0, 4.0, 5.0]]), np.array([[1.0, 7.0, 50.0]])
    errors = depth_errors(pred, gt, np.array([[True, True, False]]))
    assert errors["mae"] == pytest.approx(2.0)
    assert errors["rmse"] == pytest.approx(math.sqrt(5))
    assert errors["rel"] == pytest.approx((1 / 2 + 3 / 4) / 2)


def test_no_scored_pixel_is_nan() -> None:
    depth = np.ones((2, 2))
    assert all(math.isnan(value) for value in depth_errors(depth, depth, np.zeros((2, 2), bool)).values())


def test_float32_maps_are_summed_in_double() -> None:
    gt = np.full((1000, 1000), 10.0, np.float32)
    errors = depth_errors(gt + np.float32(0.5), gt, np.ones_like(gt, bool))
    assert errors == pytest.approx({"mae": 0.5, "rmse": 0.5, "rel": 0.05}, rel=1e-9)


def test_unscored_pixels_may_hold_anything() -> None:
    gt, pred = np.array([[1.0, 0.0, np.nan]]), np.array([[1.0, np.inf, np.nan]])
    assert depth_errors(pred, gt, np.array([[True, False, False]])) == {"mae": 0.0, "rmse": 0.0, "rel": 0.0}


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
