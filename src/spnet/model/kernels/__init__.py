"""Fused GPU kernels (Triton) for SP-Norm and for the block's expand–ReLU–project, each with a twin in plain PyTorch.

Chosen by themselves where a tensor is on a CUDA device and Triton is installed, after they have agreed with their twins
on that device once; `SPNET_FUSED=0`, or `set_fused(model, False)`, turns them off. Nothing needs Triton.
"""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Callable
from functools import cache
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from spnet.errors import SpnetWarning
from spnet.model.kernels import twins

SWITCH = "SPNET_FUSED"
DTYPES = (torch.float32, torch.float16, torch.bfloat16)
# Root-mean-square difference from the twin, of the result's standard deviation: some roundings of the format.
AGREEMENT = {torch.float32: 1e-5, torch.float16: 5e-3, torch.bfloat16: 4e-2}
MLP_CHANNELS = 192  # ours: above, the accumulator does not fit in registers, and two matrix products are as fast


class Kernels(Protocol):
    """The functions of `spnet.model.kernels.functions`, which can be imported only where Triton is."""

    def sp_norm(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor: ...
    def expand_project(self, x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor: ...


def set_fused(model: nn.Module, enabled: bool) -> None:
    """Allow or forbid the fused kernels in all parts of a network.

    >>> from spnet.model.build import build_model
    >>> from spnet.model.config import model_config
    >>> net = build_model(model_config("mini"))
    >>> set_fused(net, False)
    >>> {module.fused for module in net.modules() if hasattr(module, "fused")}
    {False}
    """
    for module in model.modules():
        if hasattr(module, "fused"):
            setattr(module, "fused", enabled)  # noqa: B010  # to mypy a module's attributes are tensors


def fused_sp_norm(
    x: Tensor, prepare: Callable[[Tensor], Tensor], weight: Tensor, bias: Tensor | None, allowed: bool
) -> Tensor | None:
    """SP-Norm by the kernel, None where it may not be used: as `twins.sp_norm`.

    Args:
        prepare: makes of a (C, C) what `twins.sp_norm` takes; called only where the kernel is.
        weight: (C, C, 1, 1).
    """
    dtype = _dtype(x)
    kernels = kernels_for(x, allowed and bias is not None)
    if kernels is None or bias is None:
        return None
    with torch.autocast("cuda", enabled=False):
        return kernels.sp_norm(x.to(dtype), prepare(weight[:, :, 0, 0]), bias)


def fused_expand_project(x: Tensor, expand: nn.Conv2d, project: nn.Conv2d, allowed: bool) -> Tensor | None:
    """1×1 convolution, ReLU, 1×1 convolution by the kernel; None where it may not be used or does not pay."""
    kernels = kernels_for(x, allowed and x.shape[1] <= MLP_CHANNELS)
    if kernels is None or expand.bias is None or project.bias is None:
        return None
    dtype = _dtype(x)
    w1, w2 = expand.weight[:, :, 0, 0], project.weight[:, :, 0, 0]
    with torch.autocast("cuda", enabled=False):
        return kernels.expand_project(x.to(dtype), w1, expand.bias, w2, project.bias)


def kernels_for(x: Tensor, allowed: bool = True) -> Kernels | None:
    """The kernels, where they can and may be used on a tensor."""
    if not allowed or not x.is_cuda or torch.compiler.is_compiling() or torch.onnx.is_in_onnx_export():
        return None
    dtype = _dtype(x)
    if dtype not in DTYPES or os.environ.get(SWITCH, "1") == "0":
        return None
    return _load() if _trusted(x.device, dtype) else None


def _dtype(x: Tensor) -> torch.dtype:
    """That of the arithmetic: autocast's, where it is on."""
    on = x.is_cuda and x.is_floating_point() and torch.is_autocast_enabled("cuda")
    return torch.get_autocast_dtype("cuda") if on else x.dtype


@cache
def _load() -> Kernels | None:
    if importlib.util.find_spec("triton") is None:
        return None
    from spnet.model.kernels import functions

    return cast(Kernels, functions)


@cache
def _trusted(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether the kernels run on a device and give there what their twins give; a warning where they do not."""
    kernels = _load()
    if kernels is None:
        return False
    try:
        worst = difference_from_twins(kernels, device, dtype)
    except Exception as error:  # noqa: BLE001  # compilers and drivers fail in ways of their own
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        warnings.warn(f"The fused kernels cannot be used on {device} ({reason}).", SpnetWarning, stacklevel=2)
        return False
    if not worst <= AGREEMENT[dtype]:
        text = f"The fused kernels differ from PyTorch by {worst:.1e} on {device} and are not used."
        warnings.warn(text, SpnetWarning, stacklevel=2)
        return False
    return True


def difference_from_twins(kernels: Kernels, device: torch.device | str, dtype: torch.dtype) -> float:
    """Of the kernels from their twins in float32, see `AGREEMENT`: the results, and SP-Norm's gradient."""
    generator = torch.Generator().manual_seed(0)
    channels = 40

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator).to(device)

    x, bias = draw(2, channels, 9, 7), draw(channels)
    weight = twins.centred(draw(channels, channels) / channels**0.5)
    mlp = [draw(2 * channels, channels), draw(2 * channels), draw(channels, 2 * channels) / 9, bias]
    results = []
    for sp_norm, expand_project, kind in (
        (twins.sp_norm, twins.expand_project, torch.float32),
        (kernels.sp_norm, kernels.expand_project, dtype),
    ):
        with torch.enable_grad(), torch.autocast(torch.device(device).type, enabled=False):
            leaf = x.to(kind).detach().requires_grad_()
            y = sp_norm(leaf, weight, bias)
            (gradient,) = torch.autograd.grad(y.float().sin().sum(), leaf)
            results.append([y, gradient, expand_project(leaf.detach(), *mlp)])
    pairs = zip(*([t.detach().float() for t in each] for each in results), strict=True)
    return max(float((got - expected).square().mean().sqrt() / expected.std()) for expected, got in pairs)
