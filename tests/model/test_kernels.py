"""The fused kernels: by Triton's interpreter where it is installed, and chosen only where they may be."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from spnet.errors import SpnetWarning
from spnet.model import kernels
from spnet.model.build import build_model
from spnet.model.config import ModelConfig
from spnet.model.folded import fold
from spnet.model.kernels import twins
from spnet.model.norms import SPNorm


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
def test_the_kernels_by_triton_s_interpreter() -> None:
    """In a process of its own: whether Triton interprets is settled when it is imported."""
    script = Path(__file__).with_name("kernels_interpreted.py")
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_twin_is_sp_norm() -> None:
    torch.manual_seed(0)
    norm = SPNorm(24).double()
    x = torch.randn(2, 24, 5, 7, dtype=torch.float64)
    weight, bias = norm.conv.weight.detach()[:, :, 0, 0], norm.conv.bias
    assert bias is not None
    torch.testing.assert_close(twins.sp_norm(x, twins.centred(weight), bias), norm(x))


class OnCuda(torch.Tensor):
    """A tensor that says that it is on a GPU."""

    is_cuda = True  # type: ignore[assignment]


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Kernels that are the twins, and tell that they were called."""
    calls: list[str] = []

    def told(name: str) -> Any:
        def function(x: Tensor, *rest: Tensor) -> Tensor:
            calls.append(name)
            result: Tensor = getattr(twins, name)(x.as_subclass(Tensor), *rest)
            return result.as_subclass(OnCuda)

        return function

    found = SimpleNamespace(sp_norm=told("sp_norm"), expand_project=told("expand_project"))
    monkeypatch.setattr(kernels, "_load", lambda: found)
    kernels._trusted.cache_clear()
    yield calls  # type: ignore[misc]
    kernels._trusted.cache_clear()


@torch.no_grad()
@pytest.mark.parametrize("folded", [False, True])
def test_a_network_uses_them_and_can_be_told_not_to(
    pretended: list[str], folded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    model = build_model(ModelConfig((16, 16, 24, 32), (1, 1, 1, 1))).eval()
    plain = [torch.rand(1, c, 32, 64) for c in (3, 1, 1)]
    expected = model(*plain)
    network = fold(model) if folded else model
    inputs = [x.as_subclass(OnCuda) for x in plain]
    got = network(*inputs)
    assert {"sp_norm", "expand_project"} <= set(pretended)
    torch.testing.assert_close(got.as_subclass(Tensor), expected, rtol=0, atol=1e-4 * float(expected.std()))
    pretended.clear()
    kernels.set_fused(network, False)
    network(*inputs)
    kernels.set_fused(network, True)
    monkeypatch.setenv(kernels.SWITCH, "0")
    network(*inputs)
    assert pretended == []


def test_kernels_that_differ_or_fail_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.rand(1, 8, 4, 4).as_subclass(OnCuda)

    def fails(*_: Tensor) -> Tensor:
        raise RuntimeError("no such compiler\nand much more")

    wrong = SimpleNamespace(sp_norm=lambda x, w, b: 2 * twins.sp_norm(x, w, b), expand_project=twins.expand_project)
    for found, sentence in (
        (wrong, "differ from PyTorch"),
        (SimpleNamespace(sp_norm=fails, expand_project=fails), "no such compiler"),
    ):
        monkeypatch.setattr(kernels, "_load", lambda found=found: found)
        kernels._trusted.cache_clear()
        with pytest.warns(SpnetWarning, match=sentence):
            assert kernels.kernels_for(x) is None
    monkeypatch.setattr(kernels, "_load", lambda: None)  # no Triton
    kernels._trusted.cache_clear()
    assert kernels.kernels_for(x) is None
    kernels._trusted.cache_clear()


def test_a_cpu_never_asks() -> None:
    assert kernels.kernels_for(torch.rand(1, 8, 4, 4)) is None
