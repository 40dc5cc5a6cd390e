"""Error measures of one image: the field's usual ones in metres, and those of SPNet's and G2-MonoDepth's own tests.

With d the prediction, g the truth and means over the scored pixels of one image:

    mae    mean |d - g|                      rmse   sqrt(mean (d - g)^2)         rel    mean |d - g| / g
    imae   mean |1/d - 1/g|                  irmse  sqrt(mean (1/d - 1/g)^2)
    log10  mean |log10 d - log10 g|          delta_t  share with max(d/g, g/d) < t
    si_rmse  sqrt(mean y^2 - (mean y)^2) with y = ln d - ln g: the scale-invariant log error of Eigen et al. 2014,
             equation 1 with the whole mean taken off (lambda = 1), so it is 0 for a prediction right up to scale

Predictions that are not positive, which some networks make, are scored and not dropped: mae, rmse and rel take them as
they are; 1/d counts as 0, as if they were infinitely far, as in OMNI-DC's test; no delta counts them as right; the
logarithms take them as 1 mm (`LOG_FLOOR`).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spnet.types import AnyArray, BoolImage

ORIGINAL_SCALE = 256.0  # the original scores values in [0, 1] multiplied by this
LOG_FLOOR = 1e-3  # metres; the least depth that the field's monocular tests allow (e.g. BTS, AdaBins: min_depth_eval)
STORED_MAX = 65535.0  # G2-MonoDepth scores the 16-bit file that it has written


Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Metric:
    """What a name in `METRICS` stands for.

    Attributes:
        name: the key in a dictionary of errors.
        label: as tables head it.
        unit: "m", "1/m", or "1" where there is none.
        direction: which is better, the "lower" or the "higher" value.
        meaning: one line.
        squared: a root of a mean of squares: pooled through squares.
    """

    name: str
    label: str
    unit: str
    direction: Direction
    meaning: str
    squared: bool = False

    @property
    def lower_is_better(self) -> bool:
        """Whether the metric counts errors; the others count what is right."""
        return self.direction == "lower"


DELTAS: dict[str, float] = {
    "delta_1.02": 1.02,
    "delta_1.05": 1.05,
    "delta_1.10": 1.10,
    "delta_1.25": 1.25,
    "delta_1.25^2": 1.25**2,
    "delta_1.25^3": 1.25**3,
}

_ROWS = (
    Metric("rel", "REL", "1", "lower", "mean error in parts of the true depth"),
    Metric("rmse", "RMSE", "m", "lower", "root mean square error", squared=True),
    Metric("mae", "MAE", "m", "lower", "mean absolute error"),
    Metric("irmse", "iRMSE", "1/m", "lower", "root mean square error of inverse depth", squared=True),
    Metric("imae", "iMAE", "1/m", "lower", "mean absolute error of inverse depth"),
    Metric("log10", "log10", "1", "lower", "mean absolute error of the decimal logarithm of depth"),
    Metric("si_rmse", "SI-RMSE", "1", "lower", "spread of the log error: 0 where right up to one scale", squared=True),
    *(
        Metric(
            name, f"δ<{name.removeprefix('delta_')}", "1", "higher", f"share of pixels off by under {limit:.4g} times"
        )
        for name, limit in DELTAS.items()
    ),
    Metric("srmse", "SRMSE", "1", "lower", "RMSE after each map is standardised (G2-MonoDepth)", squared=True),
    Metric("ordinal", "ordinal", "1", "lower", "share of pixel pairs whose order in depth is wrong (G2-MonoDepth)"),
    Metric("ause", "AUSE", "1", "lower", "how far from perfect the expected errors rank the pixels"),
    Metric("ause_distance", "AUSE by distance", "1", "lower", "the same of the distance to the nearest measurement"),
    Metric("flying", "flying", "1", "lower", "share of pixels at depth edges that hang between the two sides"),
    Metric("precision", "edge precision", "1", "higher", "share of predicted depth edges that are near a true one"),
    Metric("recall", "edge recall", "1", "higher", "share of true depth edges that are near a predicted one"),
    Metric("f1", "edge F1", "1", "higher", "harmonic mean of edge precision and edge recall"),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ROWS}
DEPTH_METRICS = ("rel", "rmse", "mae", "irmse", "imae", "log10", "si_rmse", *DELTAS)  # of depth_errors


def depth_errors(pred: AnyArray, gt: AnyArray, mask: BoolImage, *, inverse_floor: float = 0.0) -> dict[str, float]:
    """All errors in metres of one image (formulas at the top of this module), summed in double precision.

    Args:
        pred, gt: (H, W) metres; gt > 0 wherever the mask is set. Other pixels may hold anything.
        mask: (H, W) scored pixels; none scored gives NaN.
        inverse_floor: 1/d and 1/g count as 0 at or below this depth, in metres (OMNI-DC: 1e-4).

    Returns:
        One value a name: rel, rmse, mae, irmse, imae, log10, si_rmse, and the six of `DELTAS`.

    >>> errors = depth_errors(np.array([[1.0, 3.0]]), np.array([[2.0, 2.0]]), np.array([[True, True]]))
    >>> errors["mae"], errors["rmse"], errors["rel"], errors["delta_1.25^2"]
    (1.0, 1.0, 0.5, 0.5)
    """
    p, g = pred[mask].astype(np.float64), gt[mask].astype(np.float64)
    if len(g) == 0:
        return dict.fromkeys(DEPTH_METRICS, math.nan)
    error, inverse = np.abs(p - g), np.abs(_inverse(p, inverse_floor) - _inverse(g, inverse_floor))
    log = np.log(np.maximum(p, LOG_FLOOR) / g)
    ratio = _ratio(p, g)
    return {
        "rel": float((error / g).mean()),
        "rmse": _root_mean_square(error),
        "mae": float(error.mean()),
        "irmse": _root_mean_square(inverse),
        "imae": float(inverse.mean()),
        "log10": float(np.abs(log).mean() / math.log(10.0)),
        "si_rmse": float(log.std()),
        **{name: float((ratio < limit).mean()) for name, limit in DELTAS.items()},
    }


def _root_mean_square(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.dot(values, values) / len(values)))


def _inverse(depth: NDArray[np.float64], floor: float) -> NDArray[np.float64]:
    """1 / depth, 0 where it is at or below the floor."""
    return np.divide(1.0, depth, out=np.zeros_like(depth), where=depth > max(floor, 0.0))


def _ratio(pred: NDArray[np.float64], gt: NDArray[np.float64]) -> NDArray[np.float64]:
    """max(pred / gt, gt / pred), infinite where pred is not positive."""
    ratio = np.divide(gt, pred, out=np.full_like(gt, np.inf), where=pred > 0)
    return np.asarray(np.maximum(ratio, pred / gt))


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


PAIR_SHARE = 0.3  # G2-MonoDepth: share of the known pixels that are paired for the ordinal error
PAIR_SEEDS = (1, 2)  # and the seeds of Python's shuffle that pair them
PAIR_RATIO = 1.01  # two depths within this factor are equal


def g2_errors(pred: AnyArray, gt: AnyArray) -> dict[str, float]:
    """Errors of G2-MonoDepth's test, over gt > 0, on the 16-bit values that it stores (spec section 5a).

    Its test uses rmse and rel where the input holds measurements, and srmse and ordinal at 0 %, where the prediction
    has no scale: for these two the prediction is first stretched to fill [0, 1].

    Args:
        pred, gt: (H, W) normalised depth in [0, 1], gt 0 = unknown.

    Returns:
        rmse (times max_depth * 256 / 65535 = metres), rel, srmse (both maps minus their mean, divided by their mean
        absolute deviation), ordinal (share of random pixel pairs whose order differs); NaN where no truth is known.
    """
    known = gt > 0
    g = np.rint(gt[known].astype(np.float64) * STORED_MAX)
    if len(g) == 0:
        return dict.fromkeys(("rmse", "rel", "srmse", "ordinal"), math.nan)
    whole = pred.astype(np.float64)
    stretched = (whole - whole.min()) / (whole.max() - whole.min() + 1e-6)
    p, relative = _stored(whole[known]), _stored(stretched[known])
    return {
        "rmse": _root_mean_square((p - g) / ORIGINAL_SCALE),
        "rel": float((np.abs(p - g) / (g + 1e-6)).mean()),
        "srmse": _root_mean_square(_standardised(relative) - _standardised(g)),
        "ordinal": _ordinal_error(relative, g),
    }


def _stored(depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a 16-bit file gives back: whole numbers, cut off and not rounded; the test reads 0 as 1."""
    return np.clip(np.floor(depth * STORED_MAX), 1.0, STORED_MAX)


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean()
    return np.asarray(centred / (np.abs(centred).mean() + 1e-6))


def _ordinal_error(pred: NDArray[np.float64], gt: NDArray[np.float64]) -> float:
    pairs = []
    for seed in PAIR_SEEDS:
        order = list(range(len(gt)))
        random.Random(seed).shuffle(order)
        pairs.append(order[: int(PAIR_SHARE * len(gt))])
    first, second = pairs
    if not first:
        return math.nan
    return float((_order(pred[first], pred[second]) != _order(gt[first], gt[second])).mean())


def _order(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.int8]:
    """1 where a is farther, -1 where b is, 0 where they are equal up to `PAIR_RATIO`."""
    ratio = a / (b + 1e-8)
    return np.asarray((ratio >= PAIR_RATIO).astype(np.int8) - (ratio <= 1 / PAIR_RATIO).astype(np.int8))
