"""Run by test_kernels.py in a process of its own, where Triton interprets its kernels on the CPU."""

from __future__ import annotations

import os

import pytest
import torch
from torch import Tensor

from spnet.model import kernels
from spnet.model.kernels import functions, twins

if os.environ.get("TRITON_INTERPRET") != "1":  # pytest also looks for examples in the docstrings of this file
    pytest.skip("run by test_kernels.py", allow_module_level=True)

# channels below, at and above the tiles of 32 input and 64 output channels; pixels that fill no tile of 64
SIZES = [(1, 2, 3, 5), (2, 24, 9, 11), (1, 40, 13, 7), (1, 64, 8, 8), (1, 96, 5, 7)]


def draw(shape: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def norm_inputs(size: tuple[int, ...], dtype: torch.dtype = torch.float32) -> list[Tensor]:
    channels = size[1]
    weight = twins.centred(draw((channels, channels), 1) / channels**0.5)
    tensors = [(draw(size, 0) + 0.5).to(dtype), weight, draw((channels,), 2)]
    return [t.requires_grad_() for t in tensors]


def near(got: Tensor, expected: Tensor, tolerance: float) -> None:
    assert got.shape == expected.shape
    assert float((got.double() - expected.double()).abs().max() / expected.double().std()) < tolerance


@pytest.mark.parametrize("size", SIZES)
def test_sp_norm_and_all_its_gradients(size: tuple[int, ...]) -> None:
    """Against the twin in float64, so that the twin's own rounding is not forgiven."""
    inputs = norm_inputs(size)
    wide = [t.detach().double().requires_grad_() for t in inputs]
    got, expected = functions.sp_norm(*inputs), twins.sp_norm(*wide)
    near(got, expected, 1e-5)
    gradient = draw(size, 3)
    found = torch.autograd.grad(got, inputs, gradient)
    for one, other in zip(found, torch.autograd.grad(expected, wide, gradient.double()), strict=True):
        near(one, other, 2e-5)


def test_gradients_are_the_differences() -> None:
    """As torch.autograd.gradcheck asks, in float32: a step changes the loss by what the gradient says."""
    inputs = norm_inputs((1, 24, 4, 5))

    def loss(*tensors: Tensor) -> Tensor:
        return functions.sp_norm(*tensors).double().sin().sum()

    gradients = torch.autograd.grad(loss(*inputs), inputs)
    for index, gradient in enumerate(gradients):
        step = 1e-2 * draw(tuple(gradient.shape), 7 + index)
        moved = [[t + sign * step if i == index else t for i, t in enumerate(inputs)] for sign in (1, -1)]
        difference = (loss(*moved[0]) - loss(*moved[1])) / 2
        assert float(difference) == pytest.approx(float((gradient * step).sum()), rel=3e-2, abs=2e-3)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float16, 5e-3), (torch.bfloat16, 4e-2)])
def test_half_precision_is_summed_in_float32(dtype: torch.dtype, tolerance: float) -> None:
    inputs = norm_inputs((1, 96, 6, 7), dtype)
    wide = [t.detach().double().requires_grad_() for t in inputs]
    got, expected = functions.sp_norm(*inputs), twins.sp_norm(*wide)
    assert got.dtype == dtype
    near(got, expected, tolerance)
    gradient = draw((1, 96, 6, 7), 3, dtype)
    for one, other in zip(
        torch.autograd.grad(got, inputs, gradient), torch.autograd.grad(expected, wide, gradient.double()), strict=True
    ):
        near(one, other, 3 * tolerance)


def test_the_scale_passes_through() -> None:
    x, weight, bias = norm_inputs((1, 24, 6, 6))
    with torch.no_grad():
        near(functions.sp_norm(50 * x, weight, bias), 50 * functions.sp_norm(x, weight, bias), 1e-4)


def test_any_memory_format() -> None:
    x, weight, bias = norm_inputs((2, 24, 6, 6))
    with torch.no_grad():
        last = x.to(memory_format=torch.channels_last)
        assert torch.equal(functions.sp_norm(last, weight, bias), functions.sp_norm(x, weight, bias))
        assert functions.sp_norm(last, weight, bias).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float16, 5e-3)])
def test_expand_project(size: tuple[int, ...], dtype: torch.dtype, tolerance: float) -> None:
    channels = size[1]
    shapes = [size, (4 * channels, channels), (4 * channels,), (channels, 4 * channels), (channels,)]
    inputs = [(draw(shape, i) / (channels**0.5 if i else 1)).requires_grad_() for i, shape in enumerate(shapes)]
    inputs[0] = inputs[0].detach().to(dtype).requires_grad_()
    wide = [t.detach().double().requires_grad_() for t in inputs]
    got, expected = functions.expand_project(*inputs), twins.expand_project(*wide)
    near(got, expected, tolerance)
    if dtype is torch.float32:
        gradient = draw(size, 9)
        for one, other in zip(
            torch.autograd.grad(got, inputs, gradient),
            torch.autograd.grad(expected, wide, gradient.double()),
            strict=True,
        ):
            near(one, other, 1e-5)


@pytest.mark.parametrize("dtype", kernels.DTYPES)
def test_the_check_that_a_device_must_pass(dtype: torch.dtype) -> None:
    assert kernels.difference_from_twins(functions, "cpu", dtype) <= kernels.AGREEMENT[dtype]
