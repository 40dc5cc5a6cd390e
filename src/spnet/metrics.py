"""Error measures: in metres for one image, and the original's on normalised depth (spec section 5)."""

from __future__ import annotations

import math

import numpy as np

from spnet.types import AnyArray, BoolImage

ORIGINAL_SCALE = 256.0  # the original scores values in [0, 1] multiplied by this


def depth_errors(pred: AnyArray, gt: AnyArray, mask: BoolImage) -> dict[str, float]:
    """MAE, RMSE and REL over the pixels of one image.

    Args:
        pred, gt: (H, W) in one unit; gt > 0 wherever the mask is set.
        mask: (H, W) scored pixels; none scored gives NaN.

    Returns:
        mae and rmse in that unit; rel = mean |pred - gt| / gt.

    >>> errors = depth_errors(np.array([[1.0, 3.0]]), np.array([[2.0, 2.0]]), np.array([[True, True]]))
    >>> errors["mae"], errors["rmse"], errors["rel"]
    (1.0, 1.0, 0.5)
    """
    p, g = pred[mask].astype(np.float64), gt[mask].astype(np.float64)
    if len(g) == 0:
        return {"mae": math.nan, "rmse": math.nan, "rel": math.nan}
    error = np.abs(p - g)
    return {
        "mae": float(error.mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "rel": float((error / g).mean()),
    }


def original_errors(pred: AnyArray, gt: AnyArray) -> dict[str, float]:
    """The original's RMSE and REL of one image, over gt > 0 (protocol `spnet`).

    Args:
        pred, gt: normalised depth, any shape. The prediction is not clamped.

    Returns:
        rmse (times max_depth / 256 = metres) and rel.
    """
    mask = gt > 0
    p, g = pred[mask].astype(np.float64) * ORIGINAL_SCALE, gt[mask].astype(np.float64) * ORIGINAL_SCALE
    count = len(g) + 1e-8
    error = np.abs(p - g)
    return {
        "rmse": float(np.sqrt((error**2).sum() / count)),
        "rel": float((error / (g + 1e-6)).sum() / count),
    }
