"""The depthwise convolution is PyTorch's, gradients included."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from spnet.model.depthwise import DepthwiseConv


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (2, 8, 5, 9), (3, 4, 20, 13)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_values_and_gradients_are_pytorchs(shape: tuple[int, ...], layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    channels = shape[1]
    ours = DepthwiseConv(channels).double()
    theirs = nn.Conv2d(channels, channels, 7, padding=3, groups=channels).double()
    theirs.load_state_dict(ours.state_dict())
    found = []
    for conv in (ours, theirs):
        x = (
            torch.linspace(-1, 2, torch.Size(shape).numel(), dtype=torch.float64)
            .reshape(shape)
            .contiguous(memory_format=layout)
            .requires_grad_()
        )
        y = conv(x)
        (y * torch.cos(torch.arange(y.numel(), dtype=torch.float64)).reshape(y.shape)).sum().backward()
        found.append([y.detach(), x.grad, conv.weight.grad, conv.bias.grad])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


def test_the_gradient_passes_gradcheck() -> None:
    torch.manual_seed(0)
    conv = DepthwiseConv(2).double()
    x = torch.randn(2, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(conv, (x,))


def test_bfloat16_gradients_are_as_good_as_pytorchs() -> None:
    torch.manual_seed(0)
    conv = DepthwiseConv(8)
    exact = nn.Conv2d(8, 8, 7, padding=3, groups=8)
    exact.load_state_dict(conv.state_dict())
    x = torch.randn(4, 8, 24, 24)
    with torch.autocast("cpu", torch.bfloat16):
        y = conv(x)
    assert y.dtype == torch.bfloat16
    y.float().square().sum().backward()
    exact(x).square().sum().backward()
    assert conv.weight.grad is not None
    assert exact.weight.grad is not None
    error = (conv.weight.grad - exact.weight.grad).norm() / exact.weight.grad.norm()
    assert error < 0.01
    assert conv.weight.grad.dtype == torch.float32


def test_inputs_that_need_no_gradient_get_none() -> None:
    conv = DepthwiseConv(2)
    conv(torch.randn(1, 2, 8, 8)).sum().backward()
    assert conv.weight.grad is not None
