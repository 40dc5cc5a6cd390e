"""Training losses: the paper's (spec section 4) and ours. Tensors are (B, 1, H, W); depth 0 = unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

EPS = 1e-6
SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
SCALES = 4  # 1, 1/2, 1/4, 1/8


@dataclass(frozen=True)
class Loss:
    """A loss and the parts it is the sum of."""

    total: Tensor
    parts: dict[str, Tensor]


def masked_l1(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Sum of |a - b| over the mask, divided by (its size + 1e-6); over the whole batch."""
    return (mask * (a - b).abs()).sum() / (mask.sum() + EPS)


def standardize(depth: Tensor, mask: Tensor) -> Tensor:
    """S: (d - t) / s per sample, t the masked mean, s the masked mean of |d - t| + 1e-6."""
    count = mask.sum((1, 2, 3), keepdim=True).clamp(min=EPS)
    t = (depth * mask).sum((1, 2, 3), keepdim=True) / count
    s = ((depth - t).abs() * mask).sum((1, 2, 3), keepdim=True) / count + EPS
    return (depth - t) / s


def sobel_loss(residual: Tensor, mask: Tensor, *, successive: bool = False) -> Tensor:
    """G: absolute 3×3 Sobel responses of the masked residual at scales 1, 1/2, 1/4, 1/8, over the mask's size.

    Args:
        residual: (B, 1, H, W) difference, already multiplied by the mask.
        mask: (B, 1, H, W) of the truth.
        successive: halve the residual again and again (PacGDC) instead of reducing the full-scale one (SPNet).
            Nearest reduction picks the same pixels either way, so that both give the same number.

    A scale of fewer than 3 rows or columns has no full Sobel window and adds nothing.
    """
    kernels = torch.stack([SOBEL, SOBEL.T])[:, None].to(residual)
    total = residual.new_zeros(())
    current = residual
    for scale in range(SCALES):
        if min(residual.shape[-2:]) < 3 * 2**scale:
            break
        if scale:
            source, factor = (current, 0.5) if successive else (residual, 0.5**scale)
            current = F.interpolate(source, scale_factor=factor, mode="nearest")
        total = total + F.conv2d(current, kernels).abs().sum()
    return total / (mask.sum() + EPS)


def paper_loss(
    pred: Tensor,
    gt: Tensor,
    raw: Tensor,
    *,
    absolute_mask: Literal["raw", "gt", "both"] = "raw",
    successive: bool = False,
) -> Loss:
    """L1 on measured pixels + standardised L1 + 0.5 × standardised gradients (spec section 4).

    Sums over a batch of images overflow half precision, so half-precision maps are raised to float32; call it
    outside of autocast.

    Args:
        pred, gt, raw: (B, 1, H, W) normalised depth, 0 = unknown in gt and raw.
        absolute_mask: where the absolute term counts: "raw" as published; "gt" as in PacGDC; "both" where raw and
            truth are known (raw may be known where truth is not, and "raw" then pulls towards 0).
        successive: see `sobel_loss`; PacGDC's loss is `absolute_mask="gt", successive=True`.

    Returns:
        The total, and the parts "absolute", "relative" and "gradient" (the last not yet halved).
    """
    pred, gt, raw = (d.float() if d.dtype in (torch.float16, torch.bfloat16) else d for d in (pred, gt, raw))
    mask_raw, mask_gt = (raw != 0).to(pred.dtype), (gt != 0).to(pred.dtype)
    where = {"raw": mask_raw, "gt": mask_gt, "both": mask_raw * mask_gt}[absolute_mask]
    std_pred, std_gt = standardize(pred, mask_gt), standardize(gt, mask_gt)
    parts = {
        "absolute": masked_l1(pred, gt, where),
        "relative": masked_l1(std_pred, std_gt, mask_gt),
        "gradient": sobel_loss(mask_gt * (std_pred - std_gt), mask_gt, successive=successive),
    }
    return Loss(parts["absolute"] + parts["relative"] + 0.5 * parts["gradient"], parts)


# Weight of a measured pixel against an unmeasured one in `relative_loss`: to copy a measurement is not the task.
MEASURED_WEIGHT = 0.2


def relative_loss(pred: Tensor, gt: Tensor, raw: Tensor) -> Loss:
    """Mean |pred - gt| / gt over known truth, in any one unit (ours): the REL that completion is scored by.

    The logarithm's L1 looks alike but rewards guesses that are far too deep, which cost little there and much in REL.
    """
    known = (gt > 0).to(pred.dtype)
    weight = known * torch.where(raw > 0, MEASURED_WEIGHT, 1.0)
    error = (pred - gt).abs() / torch.where(gt > 0, gt, 1.0)
    total = (weight * error).sum() / weight.sum().clamp(min=1.0)
    return Loss(total, {"relative": total})


# By the names of a training configuration: the paper's; its successor's (PacGDC, ICCV 2025); the paper's without its
# pull to 0 where raw is known and truth is not; and ours for completion that is scored by REL.
LOSSES: dict[str, Callable[[Tensor, Tensor, Tensor], Loss]] = {
    "paper": paper_loss,
    "pacgdc": partial(paper_loss, absolute_mask="gt", successive=True),
    "masked": partial(paper_loss, absolute_mask="both"),
    "relative": relative_loss,
}


def training_loss(name: str, pred: Tensor, gt: Tensor, raw: Tensor) -> Loss:
    """The loss of a training configuration, by its name in `LOSSES`; tensors as in `paper_loss`."""
    return LOSSES[name](pred, gt, raw)
