"""FillNet: it starts near the measurements, keeps the scale exactly, and takes any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from spnet.errors import BadInput
from spnet.model.build import build_model
from spnet.model.config import ModelConfig
from spnet.model.fill_network import stack_batch

CONFIG = ModelConfig((8, 16, 24, 32), (1, 1, 1, 1), revision="fill")


def network(*, trained: bool = True) -> nn.Module:
    """A small network; `trained` gives the head, which starts at zero, random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_model(CONFIG).eval()
        if trained:
            nn.init.normal_(model.decoder.head.weight, std=0.1)
    return model


def scene(height: int, width: int, *, batch: int = 1, points: int = 40, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """rgb, raw, mask with min(points, pixels) measurements an image."""
    rng = np.random.default_rng(seed)
    rgb = rng.random((batch, 3, height, width), dtype=np.float32)
    raw = np.zeros((batch, height * width), np.float32)
    for image in raw:
        image[rng.choice(image.size, min(points, image.size), replace=False)] = 1
    raw *= rng.uniform(1, 5, raw.shape).astype(np.float32)
    depth = torch.from_numpy(raw.reshape(batch, 1, height, width))
    return torch.from_numpy(rgb), depth, (depth > 0).float()


@torch.no_grad()
def test_untrained_it_is_near_the_measurements_and_exact_on_a_plane_of_one_colour() -> None:
    rgb, raw, mask = scene(40, 50, batch=2)
    out = network(trained=False)(rgb, raw, mask)[:, :1]
    assert (out / raw - 1)[mask > 0].abs().median() < 0.05
    assert out.amin() >= raw[mask > 0].min() * 0.99
    assert out.amax() <= raw[mask > 0].max() * 1.01
    plane = 1 / (0.3 + 0.002 * torch.arange(50.0) + 0.001 * torch.arange(40.0)[:, None])
    out = network(trained=False)(torch.full_like(rgb, 0.5), plane * mask, mask)[:, :1]
    assert (out / plane - 1).abs().mean() < 0.01


@torch.no_grad()
def test_the_expected_error_is_a_positive_share() -> None:
    out = network()(*scene(37, 45))[:, 1:]
    assert ((out > 0) & (out < 3)).all()
    assert out.std() > 0


@torch.no_grad()
@pytest.mark.parametrize("scale", [2.0**-10, 0.001, 3.7, 1024.0])
def test_the_scale_passes_through_exactly(scale: float) -> None:
    rgb, raw, mask = scene(37, 45)
    model = network()
    once, scaled = model(rgb, raw, mask), model(rgb, raw * scale, mask)
    assert not torch.allclose(once, network(trained=False)(rgb, raw, mask), rtol=1e-2)
    assert torch.allclose(scaled[:, :1], once[:, :1] * scale, rtol=1e-4, atol=0)
    assert torch.allclose(scaled[:, 1:], once[:, 1:], rtol=1e-3, atol=0)


@torch.no_grad()
def test_a_fill_that_is_passed_is_the_one_that_is_computed() -> None:
    rgb, raw, mask = scene(33, 40, batch=2)
    model = network()
    assert torch.equal(model(rgb, raw, mask), model(rgb, raw, mask, fill=stack_batch(rgb, raw)))


def test_the_gradient_reaches_every_parameter() -> None:
    model = network().train()
    model(*scene(64, 64)).log().square().mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (2, 3), (31, 33), (32, 32), (65, 40)])
@pytest.mark.parametrize("points", [1, 3, 10000])
def test_any_size_and_count(size: tuple[int, int], points: int) -> None:
    rgb, raw, mask = scene(*size, points=points)
    out = network()(rgb, raw, mask)
    assert out.shape == (1, 2, *size)
    assert torch.isfinite(out).all()
    assert (out > 0).all()


def test_a_flat_scene_is_finite_and_so_is_its_gradient() -> None:
    rgb, raw, mask = scene(32, 32)
    model = network()
    out = model(torch.full_like(rgb, 0.5), torch.where(raw > 0, 2.0, 0.0), mask)
    out.sum().backward()
    assert torch.isfinite(out).all()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_what_is_refused() -> None:
    rgb, raw, mask = scene(8, 8)
    with pytest.raises(BadInput, match="No pixel is measured"):
        network()(rgb, raw * 0, mask * 0)
    with pytest.raises(BadInput, match="Expected fill"):
        network()(rgb, raw, mask, fill=torch.ones(1, 3, 8, 8))
