"""Folding changes how a network is computed, not what."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from spnet.model.build import build_model
from spnet.model.config import ModelConfig, Norm, Revision
from spnet.model.folded import FoldedDecoder, FoldedEncoder, FoldedSPNorm, fold, inverse_deviation
from spnet.model.norms import SPNorm

# a few channels and blocks of each kind
DIMS, DEPTHS = (8, 16, 24, 32), (1, 1, 2, 1)


def network(revision: Revision = "spnet", norm: Norm = "CNX") -> nn.Module:
    torch.manual_seed(3)
    model = build_model(ModelConfig(DIMS, DEPTHS, norm=norm, revision=revision)).double().eval()
    for name, parameter in model.named_parameters():
        if name.endswith(("bias", "gamma", "beta", "alpha")):  # zeros hide mistakes
            nn.init.normal_(parameter, std=0.1)
    return model


def inputs(height: int = 40, width: int = 56) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    rgb = torch.rand(2, 3, height, width, generator=generator, dtype=torch.float64)
    raw = torch.rand(2, 1, height, width, generator=generator, dtype=torch.float64) + 0.1
    raw = raw * (torch.rand(raw.shape, generator=generator) < 0.05)
    return rgb, raw, (raw > 0).double()


@torch.no_grad()
@pytest.mark.parametrize("norm", get_args(Norm))
def test_every_norm_gives_the_same(norm: Norm) -> None:
    model = network(norm=norm)
    expected = model(*inputs())
    torch.testing.assert_close(fold(model)(*inputs()), expected, rtol=0, atol=1e-9 * float(expected.abs().max()))


@torch.no_grad()
@pytest.mark.parametrize("revision", ["pacgdc", "fill"])
def test_every_revision_gives_the_same(revision: Revision) -> None:
    model = network(revision)
    expected = model(*inputs())
    torch.testing.assert_close(fold(model)(*inputs()), expected, rtol=0, atol=1e-9 * float(expected.abs().max()))


def test_it_really_folds() -> None:
    kinds = {type(module) for module in fold(network()).modules()}
    assert {FoldedSPNorm, FoldedEncoder, FoldedDecoder} <= kinds
    assert SPNorm not in kinds
    assert nn.ConvTranspose2d not in kinds


def test_the_original_is_left_alone() -> None:
    model = network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fold(model)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_a_mean_far_above_the_spread_is_no_trouble() -> None:
    """In float32 the folded product takes the mean away after rounding; the result must still be that of the paper."""
    norm = SPNorm(16)
    x = 100 + torch.randn(1, 16, 8, 8, generator=torch.Generator().manual_seed(0))
    wide = norm.double()(x.double())
    error = (FoldedSPNorm(norm.float().conv)(x) - wide).abs().max() / wide.abs().max()
    assert error < 1e-4


@torch.no_grad()
@pytest.mark.parametrize(("height", "width"), [(1, 1), (32, 32), (33, 95)])
def test_the_border_is_that_of_the_padded_head(height: int, width: int) -> None:
    model = network()
    expected = model(*inputs(height, width))
    torch.testing.assert_close(fold(model)(*inputs(height, width)), expected, rtol=0, atol=1e-9)


@torch.no_grad()
def test_the_largest_maps_are_not_kept() -> None:
    folded = fold(network())
    maps = folded.encoder(torch.rand(1, 5, 32, 64, dtype=torch.float64))
    assert [tuple(m.shape[1:]) for m in maps] == [(16, 8, 16), (8, 8, 16), (16, 4, 8), (24, 2, 4), (32, 1, 2)]


@torch.no_grad()
@pytest.mark.parametrize(("height", "width"), [(32, 32), (160, 64), (131, 40)])
def test_bands_give_what_the_whole_gives(height: int, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = network()
    expected = model(*inputs(height, width))
    folded = fold(model)
    seen: list[int] = []
    folded.encoder.downsample_layers[0].register_forward_hook(lambda _, given, __: seen.append(given[0].shape[-2]))
    monkeypatch.setattr("spnet.model.folded.FINEST_CELLS", 2)
    for pixels in (1, 3000):
        monkeypatch.setattr("spnet.model.folded.FINEST_PIXELS", pixels)
        monkeypatch.setattr("spnet.model.folded.BLOCK_PIXELS", pixels // 8)
        torch.testing.assert_close(folded(*inputs(height, width)), expected, rtol=0, atol=1e-9)
    assert seen[0] == 12  # two cells and the one below them: never the whole image


@torch.no_grad()
def test_what_looks_at_the_whole_image_runs_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spnet.model.folded.FINEST_PIXELS", 1)
    monkeypatch.setattr("spnet.model.folded.FINEST_CELLS", 1)
    model = network(norm="IN")
    torch.testing.assert_close(fold(model)(*inputs()), model(*inputs()), rtol=0, atol=1e-9)


def test_with_gradients_nothing_is_overwritten() -> None:
    folded, (rgb, raw, mask) = fold(network()), inputs()
    rgb.requires_grad_()
    folded(rgb, raw, mask).sum().backward()
    assert rgb.grad is not None
    assert float(rgb.grad.abs().max()) > 0


def test_statistics_of_graphs_are_those_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pass, by the sum of squares: the same in float32 where the mean is up to three times the deviation."""
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(2, 24, 16, 16, generator=generator)
    x = x + 3 * torch.randn(2, 1, 16, 16, generator=generator)
    expected = inverse_deviation(x.double(), 24)
    torch.testing.assert_close(inverse_deviation(x, 24).double(), expected, rtol=2e-6, atol=0)
    monkeypatch.setattr("spnet.model.folded.exporting", lambda: True)
    torch.testing.assert_close(inverse_deviation(x, 24).double(), expected, rtol=2e-5, atol=0)
