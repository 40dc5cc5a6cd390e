"""Small networks and checkpoints for the tests of weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from spnet.model.build import build_model
from spnet.model.config import ModelConfig

SMALL = ModelConfig((8, 16, 24, 32), (1, 2, 1, 1))
State = dict[str, Tensor]


def network(config: ModelConfig = SMALL, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    model = build_model(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # biases and scales too are to differ from their initial values
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def outputs(model: nn.Module) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    rgb, raw = torch.rand(1, 3, 32, 32, generator=generator), torch.rand(1, 1, 32, 32, generator=generator)
    with torch.inference_mode():
        out: Tensor = model(rgb, raw, torch.ones_like(raw))
    return out


def assert_same(a: State, b: State) -> None:
    assert a.keys() == b.keys()
    for key in a:
        assert a[key].dtype == b[key].dtype
        assert torch.equal(a[key], b[key]), key


def checkpoint(state: State, prefix: str = "") -> dict[str, Any]:
    network = {prefix + key: value for key, value in state.items()}
    return {"epoch": 300, "network": network, "optimizer": {"state": {}}, "scheduler": {}, "scaler": {}}
