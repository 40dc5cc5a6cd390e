"""SP-Norm's defining property, and each variant against its formula."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from spnet.model.config import NORMS, Norm
from spnet.model.norms import EPS, GlobalResponseNorm, ProjectedSPNorm, SPNorm, norm_layer, normalize_channels


def features(seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(2, 6, 5, 4, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def formula(norm: Norm, layer: nn.Module, x: Tensor) -> Tensor:
    """Section 2 of the specification, written out."""
    n = (x - x.mean(1, keepdim=True)) / (x.std(1, keepdim=True) + 1e-6)
    if norm in ("LN", "NX"):
        affine = layer.norm.weight * n + layer.norm.bias  # type: ignore[union-attr, operator]
        return affine if norm == "LN" else x * affine
    if norm == "RZ":
        return x
    if norm in ("BN", "IN"):
        over = (0, 2, 3) if norm == "BN" else (2, 3)
        scaled = (x - x.mean(over, keepdim=True)) / (x.var(over, keepdim=True, unbiased=False) + 1e-5).sqrt()
        weight, bias = (p[:, None, None] for p in (layer.norm.weight, layer.norm.bias))  # type: ignore[union-attr, index]
        return weight * scaled + bias
    source = x if norm == "CX" else n
    weight, bias = layer.conv.weight[:, :, 0, 0], layer.conv.bias[:, None, None]  # type: ignore[union-attr, index]
    mixed = torch.einsum("oc,bchw->bohw", weight, source) + bias
    return x + mixed if norm == "CN+X" else x * mixed


@pytest.mark.parametrize("norm", NORMS)
def test_formula(norm: Norm) -> None:
    layer = norm_layer(norm, 6).double()
    generator = torch.Generator().manual_seed(1)
    for parameter in layer.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    x = features()
    torch.testing.assert_close(layer(x), formula(norm, layer, x))


def test_global_response_norm() -> None:
    layer = GlobalResponseNorm(6).double()
    layer.gamma.data = torch.randn(1, 6, 1, 1, dtype=torch.float64)
    layer.beta.data = torch.randn(1, 6, 1, 1, dtype=torch.float64)
    x = features()
    g = x.square().sum((2, 3), keepdim=True).sqrt()
    q = g / (g.mean(1, keepdim=True) + 1e-6)
    torch.testing.assert_close(layer(x), (1 + layer.gamma * q) * x + layer.beta)


def test_global_response_norm_starts_as_the_identity() -> None:
    x = features()
    assert torch.equal(GlobalResponseNorm(6).double()(x), x)


@settings(max_examples=40, deadline=None)
@given(scale=st.floats(1e-3, 1e4), seed=st.integers(0, 1000), kind=st.sampled_from([SPNorm, ProjectedSPNorm]))
def test_sp_norm_passes_the_scale_through(scale: float, seed: int, kind: type[nn.Module]) -> None:
    torch.manual_seed(seed)
    layer, x = kind(6).double(), features(seed)
    out, scaled = layer(x), layer(scale * x)
    # n changes by at most the share of ε in σ, before and after the scaling.
    share = EPS / (min(1.0, scale) * x.std(1, keepdim=True).min().item())
    torch.testing.assert_close(scaled, scale * out, rtol=0, atol=40 * share * scale * x.abs().max().item() + 1e-12)


def test_other_norms_do_not_pass_the_scale_through() -> None:
    x = features()
    for norm in ("LN", "CX", "IN"):
        layer = norm_layer(norm, 6).double()
        assert not torch.allclose(layer(5 * x), 5 * layer(x), rtol=1e-2)


def test_statistics_are_unbiased() -> None:
    n = normalize_channels(features())
    torch.testing.assert_close(n.mean(1), torch.zeros(2, 5, 4, dtype=torch.float64), rtol=0, atol=1e-12)
    torch.testing.assert_close(n.std(1), torch.ones(2, 5, 4, dtype=torch.float64), rtol=1e-4, atol=0)


def test_equal_channels_have_finite_gradients() -> None:
    x = torch.ones(1, 6, 2, 2, requires_grad=True)
    normalize_channels(x).sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


def test_gradient_is_exact() -> None:
    x = features()[:1, :, :2, :2].clone().requires_grad_()
    assert torch.autograd.gradcheck(normalize_channels, x)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_normalised_in_float32(dtype: torch.dtype) -> None:
    x = (100 * features()).to(dtype)  # squares beyond 65504
    n = normalize_channels(x)
    assert n.dtype == torch.float32
    torch.testing.assert_close(n, normalize_channels(x.float()))
