"""Every size and every norm: one forward, one backward, and every parameter receives a gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from spnet.losses import training_loss
from spnet.model.build import build_model
from spnet.model.config import NORMS, SIZES, ModelConfig, Norm, Revision, model_config

SIDE = 64  # two pixels at stride 32: with one, InstanceNorm has nothing to divide by


def backward(config: ModelConfig, side: int, loss: str = "paper") -> torch.nn.Module:
    torch.manual_seed(0)
    model = build_model(config).train()
    for name, parameter in model.named_parameters():
        if name.endswith(("alpha", "gamma", "head.weight")):  # at 0 they would hide what lies before them
            torch.nn.init.constant_(parameter, 0.1)
    rgb, gt = torch.rand(2, 3, side, side), torch.rand(2, 1, side, side) + 0.1
    raw = gt * (gt > 0.9)
    pred = model(rgb, raw, (raw > 0).float())  # a fill is computed from them
    training_loss(loss, pred, gt, raw).total.backward()
    return model


QUICK = {(size, "CNX") for size in SIZES} | {("atto", norm) for norm in NORMS}


@pytest.mark.parametrize(
    ("size", "norm"),
    [
        pytest.param(size, norm, marks=() if (size, norm) in QUICK else pytest.mark.slow)
        for size in SIZES
        for norm in NORMS
    ],
)
def test_every_size_with_every_norm(size: str, norm: Norm) -> None:
    """Without numbers: that each parameter is reached by the backward pass at all."""
    with torch.random.fork_rng(devices=[]), FakeTensorMode(allow_non_fake_inputs=True):
        model = backward(model_config(size, norm), SIDE)
        assert [name for name, p in model.named_parameters() if p.grad is None] == []


@pytest.mark.parametrize("revision", [revision for revision in get_args(Revision) if revision != "g2"])
@pytest.mark.parametrize("norm", NORMS)
def test_gradients_of_every_norm_are_numbers_and_not_zero(norm: Norm, revision: Revision) -> None:
    config = replace(SIZES["atto"], dims=(8, 16, 24, 32), norm=norm, revision=revision)
    loss = "relative" if revision == "fill" else "paper"
    with torch.random.fork_rng(devices=[]):
        model = backward(config, SIDE, loss)
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.any(), name


@pytest.mark.slow
def test_the_largest_really_runs() -> None:
    with torch.random.fork_rng(devices=[]):
        model = backward(model_config("large"), 32)
    # Drop-path leaves out whole blocks, which then have gradients of 0.
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())
