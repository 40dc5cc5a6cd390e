"""Losses on cases small enough to compute by hand."""

from __future__ import annotations

import math
import typing

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from spnet.losses import (
    LOSSES,
    fill_loss,
    loss_totals,
    masked_l1,
    paper_loss,
    relative_loss,
    sobel_loss,
    standardize,
    training_loss,
)
from spnet.training.config import TrainConfig


def image(*rows: list[float]) -> Tensor:
    return torch.tensor([[list(rows)]], dtype=torch.float64)


def test_masked_l1_counts_masked_pixels_only() -> None:
    a, b, mask = image([1, 2, 3, 9]), image([0, 0, 3, 0]), image([1, 1, 1, 0])
    assert masked_l1(a, b, mask).item() == pytest.approx((1 + 2 + 0) / 3, rel=1e-6)


def test_masked_l1_is_pooled_over_the_batch() -> None:
    a = torch.cat([image([4, 0]), image([1, 1])])
    mask = torch.cat([image([1, 0]), image([1, 1])])
    assert masked_l1(a, torch.zeros_like(a), mask).item() == pytest.approx((4 + 1 + 1) / 3, rel=1e-6)


def test_standardize_uses_masked_mean_and_mean_deviation() -> None:
    depth, mask = image([1, 3, 5, 100]), image([1, 1, 1, 0])  # t = 3, s = 4 / 3
    expected = image([-1.5, 0, 1.5, 97 * 3 / 4])
    torch.testing.assert_close(standardize(depth, mask), expected, rtol=1e-5, atol=0)


def test_standardize_of_an_empty_mask_is_finite() -> None:
    depth = image([1, 2])
    assert torch.isfinite(standardize(depth, torch.zeros_like(depth))).all()


def test_standardize_ignores_offset_and_scale() -> None:
    depth, mask = image([1, 3, 5, 2]), image([1, 1, 1, 1])
    torch.testing.assert_close(standardize(7 * depth + 4, mask), standardize(depth, mask), rtol=1e-5, atol=1e-6)


def test_sobel_of_a_ramp() -> None:
    # x ramp of slope 1: each 3x3 window answers 8 in x and 0 in y; 24 columns and rows at the finest scale.
    ramp = torch.arange(24, dtype=torch.float64).expand(1, 1, 24, 24)
    scales = [24, 12, 6, 3]  # nearest reduction doubles the slope each time
    expected = sum(8 * 2**k * (side - 2) ** 2 for k, side in enumerate(scales)) / 24**2
    assert sobel_loss(ramp, torch.ones_like(ramp)).item() == pytest.approx(expected)


@pytest.mark.parametrize("successive", [False, True])
@pytest.mark.parametrize("shape", [(24, 24), (51, 37), (100, 63)])
def test_sobel_is_the_published_convolution_of_the_reduced_residual(shape: tuple[int, int], successive: bool) -> None:
    residual = torch.rand(2, 1, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], dtype=torch.float64)
    current, expected = residual, 0.0
    for scale in range(4):
        if scale and successive:  # PacGDC halves again and again
            current = F.interpolate(current, scale_factor=0.5, mode="nearest")
        elif scale:  # SPNet reduces the full scale
            current = F.interpolate(residual, scale_factor=0.5**scale, mode="nearest")
        expected += F.conv2d(current, torch.stack([sobel, sobel.T])[:, None]).abs().sum().item()
    mask = torch.ones_like(residual)
    assert sobel_loss(residual, mask).item() == pytest.approx(expected / (mask.sum().item() + 1e-6), rel=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (2, 40), (3, 3), (23, 24)])
def test_small_images_have_a_finite_loss(shape: tuple[int, int]) -> None:
    gt = torch.rand(2, 1, *shape, generator=torch.Generator().manual_seed(0)) + 0.1
    assert torch.isfinite(paper_loss(gt * 0.9, gt, gt).total)


@pytest.mark.parametrize(("where", "expected"), [("raw", (1 + 0.5) / 2), ("gt", (1 + 2) / 2), ("both", 1.0)])
def test_absolute_mask(where: str, expected: float) -> None:
    pred, gt, raw = image([2, 3, 0.5, 8]), image([1, 1, 0, 0]), image([1, 0, 4, 0])
    loss = paper_loss(pred, gt, raw, absolute_mask=where)  # type: ignore[arg-type]
    assert loss.parts["absolute"].item() == pytest.approx(expected, rel=1e-5)


def test_total_is_the_weighted_sum_of_the_parts() -> None:
    generator = torch.Generator().manual_seed(1)
    pred, gt = (torch.rand(2, 1, 32, 32, generator=generator) for _ in range(2))
    loss = paper_loss(pred, gt, gt)
    parts = loss.parts
    assert loss.total.item() == pytest.approx((parts["absolute"] + parts["relative"] + 0.5 * parts["gradient"]).item())


def test_a_perfect_prediction_costs_nothing() -> None:
    gt = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(2))
    assert paper_loss(gt, gt, gt).total.item() == 0


def test_half_precision_does_not_overflow() -> None:
    gt = torch.rand(1, 1, 320, 320, generator=torch.Generator().manual_seed(3)) + 0.5
    half, full = gt.half(), gt.half().float()
    assert paper_loss(half * 0, half, half).total.item() == pytest.approx(paper_loss(full * 0, full, full).total.item())


def test_gradient_is_exact() -> None:
    generator = torch.Generator().manual_seed(4)
    pred, gt = (torch.rand(1, 1, 7, 8, generator=generator, dtype=torch.float64) for _ in range(2))
    raw = gt * (torch.rand(1, 1, 7, 8, generator=generator) < 0.5)
    assert torch.autograd.gradcheck(lambda p: paper_loss(p, gt, raw).total, pred.requires_grad_())


def test_every_loss_of_a_configuration_has_its_formula() -> None:
    """pred, gt, raw as above; the standardised terms are those of the paper in three of them."""
    pred, gt, raw = image([2, 3, 0.5, 8]), image([1, 1, 0, 0]), image([1, 0, 4, 0])
    relative = paper_loss(pred, gt, raw).parts["relative"].item()
    absolute = {"paper": (1 + 0.5) / 2, "pacgdc": (1 + 2) / 2, "masked": 1.0}
    for name, expected in absolute.items():
        loss = training_loss(name, pred, gt, raw)
        assert loss.parts["absolute"].item() == pytest.approx(expected, rel=1e-5), name
        assert loss.parts["relative"].item() == pytest.approx(relative), name
    assert training_loss("relative", pred, gt, raw).total == relative_loss(pred, gt, raw).total
    hints = typing.get_type_hints(TrainConfig)
    assert set(typing.get_args(hints["loss"])) == {*LOSSES, "fill"}


def test_the_fill_loss_by_hand() -> None:
    """Two images; the first's pixels are: measured (a fifth of the weight), two unmeasured, one without truth."""
    gt, raw = image([2, 1, 4, 0]), image([2, 0, 0, 0])
    start, depth = image([2, 1.5, 2, 7]), image([2, 1.1, 3, 9])
    expected = image([0.1, 0.1, 0.5, 9])
    pred = torch.cat([depth, expected], dim=1)
    count = 2.2
    rel, start_rel = (0.1 + 0.25) / count, (0.5 + 0.5) / count
    mean = (0.2 * 2 + 1 + 4) / count
    rmse, start_rmse = math.sqrt((0.01 + 1) / count) / mean, math.sqrt((0.25 + 4) / count) / mean
    surprise = (0.2 * math.log(0.1) + math.log(0.1) + 0.1 / 0.1 + math.log(0.5) + 0.25 / 0.5) / count
    one = fill_loss(pred, gt, raw, start=start)
    assert one.parts["relative"].item() == pytest.approx(rel / (start_rel + 0.005), rel=1e-5)
    assert one.parts["rmse"].item() == pytest.approx(rmse / (start_rmse + 0.02), rel=1e-5)
    assert one.parts["expected"].item() == pytest.approx(surprise, rel=1e-5)
    # An image of which nothing is known adds nothing but its place in the mean.
    two = [torch.cat([x, x * 0]) for x in (gt, raw)]
    both = fill_loss(pred.repeat(2, 1, 1, 1), *two, start=start.repeat(2, 1, 1, 1))
    assert both.parts["relative"].item() == pytest.approx(one.parts["relative"].item() / 2, rel=1e-5)


def test_the_fill_loss_counts_images_alike_and_adds_up() -> None:
    """Two images whose fills are off by a hundredfold, both halved by the network, weigh the same."""
    gt = torch.full((2, 1, 8, 8), 2.0)
    start = gt * torch.tensor([1.01, 2.0])[:, None, None, None]
    pred = torch.cat([(gt + start) / 2, torch.full_like(gt, 0.1)], dim=1)
    raw = torch.zeros_like(gt)
    parts = [fill_loss(pred[i : i + 1], gt[i : i + 1], raw[:1], start=start[i : i + 1]) for i in range(2)]
    hard, easy = parts[1].parts["relative"].item(), parts[0].parts["relative"].item()
    assert hard == pytest.approx(0.5, rel=0.01)
    assert easy == pytest.approx(0.005 / (0.01 + 0.005), rel=0.01)
    whole = fill_loss(pred, gt, raw, start=start)
    totals = loss_totals("fill", gt[:1], raw[:1]) * 2
    shares = [
        training_loss("fill", pred[i : i + 1], gt[i : i + 1], raw[:1], totals, start[i : i + 1]).total for i in range(2)
    ]
    assert sum(share.item() for share in shares) == pytest.approx(whole.total.item(), rel=1e-6)


def test_the_expected_error_has_its_least_surprise_at_the_mean_error_and_does_not_move_the_depth() -> None:
    gt = torch.full((1, 1, 4, 4), 2.0)
    raw = torch.zeros_like(gt)
    depth = (gt * (1 + torch.rand(gt.shape, generator=torch.Generator().manual_seed(0)) * 0.2)).requires_grad_()
    error = ((depth - gt) / gt).abs().mean().item()

    def surprise(value: float) -> torch.Tensor:
        pred = torch.cat([depth, torch.full_like(gt, value)], dim=1)
        return fill_loss(pred, gt, raw, start=gt * 1.5).parts["expected"]

    assert surprise(error).item() < min(surprise(1.1 * error).item(), surprise(0.9 * error).item())
    assert not torch.autograd.grad(surprise(error), depth)[0].any()


def test_the_masked_loss_does_not_pull_to_zero_where_truth_is_unknown() -> None:
    """The published flaw: raw known, truth not, and the paper's absolute term asks for 0 there."""
    gt, raw = image([1, 2, 3, 0]), image([1, 0, 0, 4])
    for name, pulls in (("paper", True), ("masked", False), ("pacgdc", False)):
        pred = image([1, 2, 3, 4]).requires_grad_()
        training_loss(name, pred, gt, raw).total.backward()  # type: ignore[no-untyped-call]
        assert pred.grad is not None
        assert bool(pred.grad[..., 3] != 0) is pulls, name


@pytest.mark.parametrize("name", LOSSES)
def test_parts_of_a_batch_add_up_to_its_loss(name: str) -> None:
    """However unevenly the measurements fall on them: the paper divides by the masks of the whole batch."""
    generator = torch.Generator().manual_seed(5)
    pred, gt = (torch.rand(4, 1, 24, 26, generator=generator, dtype=torch.float64) + 0.1 for _ in range(2))
    known = torch.rand(4, 1, 24, 26, generator=generator) < torch.tensor([0.9, 0.2, 0.01, 0.0])[:, None, None, None]
    gt[:2] *= known[:2]
    raw = gt * known
    pieces = [slice(0, 1), slice(1, 3), slice(3, 4)]
    totals = torch.stack([loss_totals(name, gt[p], raw[p]) for p in pieces]).sum(0)
    parts = [training_loss(name, pred[p], gt[p], raw[p], totals) for p in pieces]
    whole = training_loss(name, pred, gt, raw)
    for key, value in whole.parts.items():
        assert sum(part.parts[key].item() for part in parts) == pytest.approx(value.item(), rel=1e-6), key
    assert sum(part.total.item() for part in parts) == pytest.approx(whole.total.item(), rel=1e-6)
    alone = sum(training_loss(name, pred[p], gt[p], raw[p]).total.item() for p in pieces) / 3
    assert alone != pytest.approx(whole.total.item(), rel=1e-3)  # the mean of the parts' own losses is another number
