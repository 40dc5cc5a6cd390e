"""What single protocols do in their own way: prepare, choose pixels, compute errors, draw inputs.

Each function is one of the steps that `spnet.evaluation.protocols.Protocol` names.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from spnet.evaluation.sampling import OMNI_KNOWN, clean_points, marigold_points, omni_points
from spnet.metrics import ORIGINAL_SCALE, STORED_MAX, depth_errors, g2_errors, original_errors
from spnet.sparsity import parse_pattern
from spnet.types import BoolImage, FloatImage, Intrinsics, Sample

PACGDC_MULTIPLE = 64
VOID_RANGE = (0.2, 5.0)  # metres, both ends left out (KBNet)


def as_it_is(sample: Sample, raw: FloatImage) -> tuple[Sample, FloatImage]:
    """Nothing is prepared."""
    return sample, raw


def known(truth: FloatImage, _raw: FloatImage) -> BoolImage:
    """All known pixels."""
    return np.asarray(truth > 0)


def metric_errors(pred: FloatImage, truth: FloatImage, scored: BoolImage, _max_depth: float) -> dict[str, float]:
    """The usual errors."""
    return depth_errors(pred, truth, scored)


def by_its_name(_spec: str, _sample: Sample, _seed: int) -> FloatImage | None:
    """Inputs are left to `parse_pattern`."""
    return None


def spnet_errors(pred: FloatImage, truth: FloatImage, scored: BoolImage, max_depth: float) -> dict[str, float]:
    """SPNet's formulas, with their small terms, on depth / max_depth; its RMSE is turned into metres."""
    truth64 = np.where(scored, truth, 0).astype(np.float64)
    theirs = original_errors(pred.astype(np.float64) / max_depth, truth64 / max_depth)
    if not scored.any():  # theirs would be 0
        return depth_errors(pred, truth, scored)
    return {
        **depth_errors(pred, truth, scored),
        "rmse": theirs["rmse"] * max_depth / ORIGINAL_SCALE,
        "rel": theirs["rel"],
    }


def g2_test_errors(pred: FloatImage, truth: FloatImage, scored: BoolImage, max_depth: float) -> dict[str, float]:
    """G2-MonoDepth's four figures of the stored 16-bit prediction; its RMSE is turned into metres."""
    theirs = g2_errors(pred.astype(np.float64) / max_depth, np.where(scored, truth, 0).astype(np.float64) / max_depth)
    return {
        **depth_errors(pred, truth, scored),
        **theirs,
        "rmse": theirs["rmse"] * max_depth * ORIGINAL_SCALE / STORED_MAX,
    }


def pacgdc_prepare(sample: Sample, raw: FloatImage) -> tuple[Sample, FloatImage]:
    """Enlarge to the next multiples of 64: colour bilinear with aligned corners, depths nearest.

    The colours are rounded back to 8 bits, which methods take; PacGDC's own test hands the network unrounded ones.
    """
    h, w = raw.shape
    size = tuple(-(-side // PACGDC_MULTIPLE) * PACGDC_MULTIPLE for side in (h, w))
    if size == (h, w):
        return sample, raw
    import torch
    from torch.nn.functional import interpolate

    def nearest(depth: FloatImage) -> FloatImage:
        return np.ascontiguousarray(interpolate(torch.from_numpy(depth)[None, None], size=size, mode="nearest")[0, 0])

    rgb = torch.from_numpy(sample.rgb).permute(2, 0, 1)[None].float()
    rgb = interpolate(rgb, size=size, mode="bilinear", align_corners=True)[0].permute(1, 2, 0).round()
    bigger = replace(
        sample,
        rgb=np.ascontiguousarray(rgb.byte()),
        depth=nearest(np.ascontiguousarray(sample.depth)),
        intrinsics=_scaled(sample.intrinsics, size[1] / w, size[0] / h),
    )
    return bigger, nearest(np.ascontiguousarray(raw))


def _random_count(spec: str) -> int | None:
    """N of "random(N)"."""
    match = re.fullmatch(r"\s*random\(\s*(\d+)\s*\)\s*", spec)
    return int(match[1]) if match else None


def omni_draw(spec: str, sample: Sample, seed: int) -> FloatImage | None:
    """Points matched to the share of known pixels; a scanner that looks through OMNI-DC's own camera."""
    count = _random_count(spec)
    if count is not None:
        return sample.depth * omni_points(sample.depth, count, np.random.default_rng(seed))
    if re.match(r"\s*lidar\(", spec):
        return parse_pattern(spec)(replace(sample, intrinsics=None), seed)
    return None


def marigold_draw(spec: str, sample: Sample, _seed: int) -> FloatImage | None:
    """The points of seed 2024."""
    count = _random_count(spec)
    return None if count is None else sample.depth * marigold_points(sample.depth, count)


def _scaled(camera: Intrinsics | None, x: float, y: float) -> Intrinsics | None:
    """The camera of an image enlarged by x and y, pixel centres being whole numbers."""
    if camera is None:
        return None
    return Intrinsics(camera.fx * x, camera.fy * y, (camera.cx + 0.5) * x - 0.5, (camera.cy + 0.5) * y - 0.5)


def omni_scored(truth: FloatImage, _raw: FloatImage) -> BoolImage:
    """All pixels deeper than 0.1 mm."""
    return np.asarray(truth > OMNI_KNOWN)


def omni_errors(pred: FloatImage, truth: FloatImage, scored: BoolImage, _max_depth: float) -> dict[str, float]:
    """The usual errors; the inverse of 0.1 mm and less is 0."""
    return depth_errors(pred, truth, scored, inverse_floor=OMNI_KNOWN)


def void_scored(truth: FloatImage, _raw: FloatImage) -> BoolImage:
    """Known pixels between 0.2 m and 5 m."""
    return np.asarray((truth > VOID_RANGE[0]) & (truth < VOID_RANGE[1]))


def unobserved(truth: FloatImage, raw: FloatImage) -> BoolImage:
    """Known pixels that were not measured."""
    return np.asarray((truth > 0) & (raw == 0))


def clean(sample: Sample, raw: FloatImage) -> tuple[Sample, FloatImage]:
    """Points seen past nearer things are dropped from the input."""
    return sample, clean_points(raw)
