"""Agreement of G2-MonoDepth's network with the published one, on weights and inputs made by rule (tests/golden)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from golden import arrays, difference, golden_inputs, layout, set_golden_weights
from spnet.model import g2_network
from spnet.model.build import build_model, parameter_count
from spnet.model.config import G2

# In standard deviations of the golden output. Measured: 7.2e-6 in float32, 6.0e-6 in float64, which is the golden
# array's own rounding.
TOLERANCE = 3e-5


def error(dtype: torch.dtype = torch.float32) -> float:
    model = set_golden_weights(build_model(G2)).to(dtype).eval()
    rgb, raw, mask = (golden_inputs(1, 64, 128, 11)[key].to(dtype) for key in ("rgb", "raw", "mask"))
    with torch.inference_mode():
        return difference(model(rgb, raw, mask), arrays("g2_outputs.npz")["out"])


def test_names_shapes_and_their_order() -> None:
    expected = layout("g2_state_dict_layout.json")
    with torch.device("meta"):
        state = build_model(G2).state_dict()
    assert list(state) == list(expected["state"])
    for key, shape in expected["state"].items():
        assert list(state[key].shape) == shape, key
    assert parameter_count(G2) == expected["parameters"] == 18_161_672


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_output(dtype: torch.dtype) -> None:
    assert error(dtype) <= TOLERANCE


def _shortcut_of_x(self: g2_network.Bottleneck, x: Tensor) -> Tensor:
    out: Tensor = self.alpha * self.left(F.leaky_relu(x, g2_network.SLOPE)) + self.right(x)
    return out


def _upsampled_first(self: g2_network.Level, x: Tensor) -> Tensor:
    return torch.cat([self.block(x), x], dim=1)


@pytest.mark.parametrize(
    ("part", "name", "other"),
    [
        (g2_network.Bottleneck, "forward", _shortcut_of_x),  # the activation not in place
        (g2_network.Level, "forward", _upsampled_first),
        (g2_network, "SLOPE", 0.201),
    ],
    ids=["shortcut", "order", "slope"],
)
def test_the_tolerance_tells_a_wrong_network(
    part: type[nn.Module], name: str, other: Callable[..., Tensor] | float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, name, other)
    assert error() > 100 * TOLERANCE
