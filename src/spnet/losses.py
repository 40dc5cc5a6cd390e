"""Training losses: the paper's (spec section 4) and ours. Tensors are (B, 1, H, W); depth 0 = unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor

EPS = 1e-6
SCALES = 4  # 1, 1/2, 1/4, 1/8


@dataclass(frozen=True)
class Loss:
    """A loss and the parts it is the sum of."""

    total: Tensor
    parts: dict[str, Tensor]


def masked_l1(a: Tensor, b: Tensor, mask: Tensor, total: Tensor | None = None) -> Tensor:
    """Sum of |a - b| over the mask, divided by (its size + 1e-6); over the whole batch.

    `total` is the mask's size over the whole batch, where these tensors are a part of it.
    """
    return (mask * (a - b).abs()).sum() / ((mask.sum() if total is None else total) + EPS)


def standardize(depth: Tensor, mask: Tensor) -> Tensor:
    """S: (d - t) / s per sample, t the masked mean, s the masked mean of |d - t| + 1e-6."""
    count = mask.sum((1, 2, 3), keepdim=True).clamp(min=EPS)
    t = (depth * mask).sum((1, 2, 3), keepdim=True) / count
    s = ((depth - t).abs() * mask).sum((1, 2, 3), keepdim=True) / count + EPS
    return (depth - t) / s


def sobel_loss(residual: Tensor, mask: Tensor, *, total: Tensor | None = None) -> Tensor:
    """G: absolute 3×3 Sobel responses of the masked residual at scales 1, 1/2, 1/4, 1/8, over the mask's size.

    Nearest reduction picks the same pixels whether the residual is reduced from its full scale (SPNet) or halved again
    and again (PacGDC): both losses are this one.

    Args:
        residual: (B, 1, H, W) difference, already multiplied by the mask.
        mask: (B, 1, H, W) of the truth.
        total: see `masked_l1`.

    A scale of fewer than 3 rows or columns has no full Sobel window and adds nothing.
    """
    height, width = residual.shape[-2:]
    response = residual.new_zeros(())
    for step in (2**scale for scale in range(SCALES)):
        if min(height, width) < 3 * step:
            break
        reduced = residual[..., : height // step * step : step, : width // step * step : step]
        response = response + sum(edge.abs().sum() for edge in _sobel(reduced))
    return response / ((mask.sum() if total is None else total) + EPS)


def _sobel(x: Tensor) -> tuple[Tensor, Tensor]:
    """Sobel x and y of (B, 1, H, W), (B, 1, H - 2, W - 2) each; by slices: a convolution of one channel is slow."""
    across, down = x[..., 2:] - x[..., :-2], x[..., 2:, :] - x[..., :-2, :]
    return (
        across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :],
        down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:],
    )


AbsoluteMask = Literal["raw", "gt", "both"]


def _absolute_mask(gt: Tensor, raw: Tensor, which: AbsoluteMask) -> Tensor:
    mask = {"raw": raw != 0, "gt": gt != 0, "both": (raw != 0) & (gt != 0)}[which]
    return mask.to(gt.dtype)


def paper_totals(gt: Tensor, raw: Tensor, *, absolute_mask: AbsoluteMask = "raw") -> Tensor:
    """What `paper_loss` divides by, (2,): the sizes of the absolute term's mask and of the truth's.

    Those of parts of a batch add up to those of the batch.
    """
    gt, raw = gt.float(), raw.float()
    return torch.stack([_absolute_mask(gt, raw, absolute_mask).sum(), (gt != 0).float().sum()])


def paper_loss(
    pred: Tensor,
    gt: Tensor,
    raw: Tensor,
    *,
    absolute_mask: AbsoluteMask = "raw",
    totals: Tensor | None = None,
) -> Loss:
    """L1 on measured pixels + standardised L1 + 0.5 × standardised gradients (spec section 4).

    Sums over a batch of images overflow half precision, so half-precision maps are raised to float32; call it
    outside of autocast.

    Args:
        pred, gt, raw: (B, 1, H, W) normalised depth, 0 = unknown in gt and raw.
        absolute_mask: where the absolute term counts: "raw" as published; "gt" as in PacGDC; "both" where raw and
            truth are known (raw may be known where truth is not, and "raw" then pulls towards 0).
        totals: `paper_totals` of the whole batch, where these tensors are a part of it; the losses of the parts then
            add up to the loss of the batch, however it is divided.

    Returns:
        The total, and the parts "absolute", "relative" and "gradient" (the last not yet halved).
    """
    pred, gt, raw = (d.float() if d.dtype in (torch.float16, torch.bfloat16) else d for d in (pred, gt, raw))
    mask_gt, where = (gt != 0).to(pred.dtype), _absolute_mask(gt, raw, absolute_mask).to(pred.dtype)
    in_absolute, in_truth = (None, None) if totals is None else totals.unbind()
    std_pred, std_gt = standardize(pred, mask_gt), standardize(gt, mask_gt)
    parts = {
        "absolute": masked_l1(pred, gt, where, in_absolute),
        "relative": masked_l1(std_pred, std_gt, mask_gt, in_truth),
        "gradient": sobel_loss(mask_gt * (std_pred - std_gt), mask_gt, total=in_truth),
    }
    return Loss(parts["absolute"] + parts["relative"] + 0.5 * parts["gradient"], parts)


# Weight of a measured pixel against an unmeasured one in `relative_loss`: to copy a measurement is not the task.
MEASURED_WEIGHT = 0.2


def _relative_weight(gt: Tensor, raw: Tensor) -> Tensor:
    return (gt > 0).to(gt.dtype) * torch.where(raw > 0, MEASURED_WEIGHT, 1.0)


def relative_totals(gt: Tensor, raw: Tensor) -> Tensor:
    """What `relative_loss` divides by, (1,): the sum of its weights; see `paper_totals`."""
    return _relative_weight(gt, raw).sum()[None]


def relative_loss(pred: Tensor, gt: Tensor, raw: Tensor, *, totals: Tensor | None = None) -> Loss:
    """Mean |pred - gt| / gt over known truth, in any one unit (ours): the REL that completion is scored by.

    The logarithm's L1 looks alike but rewards guesses that are far too deep, which cost little there and much in REL.
    `totals` is `relative_totals` of the whole batch, see `paper_loss`.
    """
    weight = _relative_weight(gt, raw)
    error = (pred - gt).abs() / torch.where(gt > 0, gt, 1.0)
    total = (weight * error).sum() / (weight.sum() if totals is None else totals[0]).clamp(min=1.0)
    return Loss(total, {"relative": total})


# Of `fill_loss`, all ours. A share of errors (REL) or of the mean depth (RMSE) under which a start counts as good, so
# that an image whose fill is nearly right does not weigh without bounds; the RMSE's weight; that of the expected error,
# which shares the network's features; and where an image's errors end to count, in those of its start.
GOOD_REL, GOOD_RMSE = 0.005, 0.02
RMSE_WEIGHT = 0.6
EXPECTED_WEIGHT = 0.05
WORST = 3.0
LEAST_EXPECTED = 1e-4  # of the relative error


def fill_totals(gt: Tensor, raw: Tensor) -> Tensor:
    """What `fill_loss` divides by, (1,): the number of images."""
    return gt.new_full((1,), len(gt), dtype=torch.float32)


def fill_loss(pred: Tensor, gt: Tensor, raw: Tensor, *, start: Tensor, totals: Tensor | None = None) -> Loss:
    """Each image's REL and RMSE as shares of the planar fill's, and the error's Laplace likelihood (ours).

    Errors differ a hundredfold between patterns. Without the division the hardest inputs decide all that is learned,
    and the easy ones get worse (docs/model-design.md). RMSE is there because REL says nothing of far pixels.

    Args:
        pred: (B, 2, H, W) depth and expected relative error.
        gt, raw: (B, 1, H, W), 0 = unknown; in the depth's unit.
        start: (B, 1, H, W) the planar fill.
        totals: `fill_totals` of the whole batch, see `paper_loss`.
    """
    pred, gt, raw, start = (d.float() for d in (pred, gt, raw, start))
    depth, expected = pred[:, :1], pred[:, 1:2].clamp(min=LEAST_EXPECTED)
    weight = _relative_weight(gt, raw)
    count = weight.sum((1, 2, 3)).clamp(min=1.0)
    truth = torch.where(gt > 0, gt, 1.0)
    mean = ((weight * gt).sum((1, 2, 3)) / count).clamp(min=EPS)

    def errors(dense: Tensor) -> tuple[Tensor, Tensor]:
        off = (dense - gt).abs()
        rel = (weight * (off / truth).clamp(max=WORST)).sum((1, 2, 3)) / count
        return rel, ((weight * off.square()).sum((1, 2, 3)) / count + EPS**2).sqrt() / mean

    (rel, rmse), (start_rel, start_rmse) = errors(depth), errors(start)
    off = ((depth - gt).abs() / truth).detach().clamp(max=WORST)
    surprise = (weight * (expected.log() + off / expected)).sum((1, 2, 3)) / count
    images = len(gt) if totals is None else totals[0]
    parts = {
        "relative": (rel / (start_rel + GOOD_REL)).clamp(max=WORST).sum() / images,
        "rmse": (rmse / (start_rmse + GOOD_RMSE)).clamp(max=WORST).sum() / images,
        "expected": surprise.sum() / images,
    }
    total = parts["relative"] + RMSE_WEIGHT * parts["rmse"] + EXPECTED_WEIGHT * parts["expected"]
    return Loss(total, parts)


# By the names of a training configuration: the paper's; its successor's (PacGDC, ICCV 2025); the paper's without its
# pull to 0 where raw is known and truth is not; and ours for completion that is scored by REL. "fill" is apart.
LOSSES: dict[str, Callable[..., Loss]] = {
    "paper": paper_loss,
    "pacgdc": partial(paper_loss, absolute_mask="gt"),
    "masked": partial(paper_loss, absolute_mask="both"),
    "relative": relative_loss,
}
_TOTALS: dict[str, Callable[..., Tensor]] = {
    "paper": paper_totals,
    "pacgdc": partial(paper_totals, absolute_mask="gt"),
    "masked": partial(paper_totals, absolute_mask="both"),
    "relative": relative_totals,
}


def training_loss(
    name: str, pred: Tensor, gt: Tensor, raw: Tensor, totals: Tensor | None = None, start: Tensor | None = None
) -> Loss:
    """The loss of a training configuration, by its name in `LOSSES` or "fill"; tensors as in `paper_loss`.

    `pred` may have more channels than the depth's, which only "fill" looks at; that needs the planar fill as `start`.
    """
    if name == "fill":
        assert start is not None
        return fill_loss(pred, gt, raw, start=start, totals=totals)
    return LOSSES[name](pred[:, :1], gt, raw, totals=totals)


def loss_totals(name: str, gt: Tensor, raw: Tensor) -> Tensor:
    """What the loss of that name divides by; those of all parts of a batch, added up, are `training_loss`'s totals."""
    return fill_totals(gt, raw) if name == "fill" else _TOTALS[name](gt, raw)
