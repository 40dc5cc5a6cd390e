"""Agreement with the published system on weights and inputs made by rule (tests/golden)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from golden import arrays, assert_close, difference, golden_inputs, layout, set_golden_weights
from spnet.losses import Loss, paper_loss, standardize
from spnet.metrics import original_errors
from spnet.model import norms
from spnet.model.build import build_model
from spnet.model.config import NORMS, ModelConfig, Norm, Revision, model_config

LR = 2e-4
STEM = ("encoder.downsample_layers.0.weight", "encoder.downsample_layers.0.bias")


def small_network(norm: Norm = "CNX") -> nn.Module:
    return set_golden_weights(build_model(ModelConfig((8, 16, 32, 64), (1, 1, 2, 1), norm=norm)))


def run(model: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    out: Tensor = model(inputs["rgb"], inputs["raw"], inputs["mask"])
    return out


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    return arrays("official_outputs.npz")


@pytest.fixture(scope="module")
def small_inputs() -> dict[str, Tensor]:
    return golden_inputs(2, 64, 96, 7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("norm", NORMS)
def test_output_of_every_norm(
    norm: Norm, dtype: torch.dtype, golden: dict[str, np.ndarray], small_inputs: dict[str, Tensor]
) -> None:
    model = small_network(norm).to(dtype).eval()
    with torch.inference_mode():
        out = run(model, {key: value.to(dtype) for key, value in small_inputs.items()})
    assert_close(out, golden[f"out_{norm}"], norm)


@pytest.mark.parametrize("revision", ["spnet", "pacgdc"])
def test_output_of_tiny(revision: Revision) -> None:
    pacgdc = revision == "pacgdc"
    model = set_golden_weights(build_model(model_config("tiny", revision=revision)), pacgdc=pacgdc).eval()
    with torch.inference_mode():
        out = run(model, golden_inputs(1, 96, 128, 11))
    expected = arrays("pacgdc_outputs.npz" if pacgdc else "official_outputs.npz")["out_tiny"]
    assert_close(out, expected, revision)


@pytest.mark.parametrize("norm", ["CNX", "CN+X", "GRN", "NX", "LN"])
def test_the_tolerances_still_tell_another_epsilon(
    norm: Norm, golden: dict[str, np.ndarray], small_inputs: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(norms, "EPS", 2e-6)
    with torch.inference_mode():
        out = run(small_network(norm).eval(), small_inputs)
    with pytest.raises(AssertionError):
        assert_close(out, golden[f"out_{norm}"], norm)


class Step:
    """The small network after forward, loss, backward and one AdamW step, in exact (float64) or usual arithmetic.

    In float32 the gradient of the ill-conditioned stem is off by per cents, and a few gradients that are nearly 0
    change sign, which AdamW's first step turns into 2 lr each; the strict comparison is therefore in float64.
    """

    def __init__(self, inputs: dict[str, Tensor], dtype: torch.dtype) -> None:
        inputs = {key: value.to(dtype) for key, value in inputs.items()}
        model = small_network().to(dtype).train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=0.05)
        self.pred = run(model, inputs)
        self.loss: Loss = paper_loss(self.pred, inputs["gt"], inputs["raw"])
        self.loss.total.backward()
        self.grad = {name: p.grad.norm().item() for name, p in model.named_parameters() if p.grad is not None}
        optimizer.step()
        self.sums = {name: p.double().sum().item() for name, p in model.named_parameters()}


@pytest.fixture(scope="module")
def exact(small_inputs: dict[str, Tensor]) -> Step:
    return Step(small_inputs, torch.float64)


@pytest.fixture(scope="module")
def usual(small_inputs: dict[str, Tensor]) -> Step:
    return Step(small_inputs, torch.float32)


@pytest.mark.parametrize("arithmetic", ["exact", "usual"])
def test_loss_and_its_parts(arithmetic: str, request: pytest.FixtureRequest, golden: dict[str, np.ndarray]) -> None:
    loss = request.getfixturevalue(arithmetic).loss
    assert loss.total.item() == pytest.approx(golden["loss_total"].item(), rel=1e-6)
    for part in ("absolute", "relative", "gradient"):
        assert loss.parts[part].item() == pytest.approx(golden[f"loss_{part}"].item(), rel=1e-6)


def test_standardized_maps(usual: Step, golden: dict[str, np.ndarray], small_inputs: dict[str, Tensor]) -> None:
    gt = small_inputs["gt"]
    mask = (gt > 0).float()
    assert_close(standardize(usual.pred, mask), golden["std_depth"], "CNX")
    assert difference(standardize(gt, mask), golden["std_gt"]) <= 1e-6


def test_metrics(exact: Step, golden: dict[str, np.ndarray], small_inputs: dict[str, Tensor]) -> None:
    errors = original_errors(exact.pred.detach().numpy(), small_inputs["gt"].numpy())  # pooled over the batch
    assert errors["rmse"] == pytest.approx(golden["metric_rmse"].item(), rel=1e-6)
    assert errors["rel"] == pytest.approx(golden["metric_rel"].item(), rel=1e-6)


def test_gradient_of_every_parameter(exact: Step) -> None:
    expected = layout("train_step.json")["grad_norm"]
    assert exact.grad.keys() == expected.keys()
    for name, value in expected.items():
        assert exact.grad[name] == pytest.approx(value, rel=0.03 if name in STEM else 3e-5), name


def test_gradient_in_float32(usual: Step) -> None:
    expected = layout("train_step.json")["grad_norm"]
    deviations = {name: abs(usual.grad[name] / value - 1) for name, value in expected.items()}
    assert max(deviations.values()) < 0.05
    assert float(np.median(list(deviations.values()))) < 1e-5


def test_one_adamw_step(exact: Step) -> None:
    expected = layout("train_step.json")["param_sum_after_step"]
    assert exact.sums.keys() == expected.keys()
    for name, value in expected.items():
        assert exact.sums[name] == pytest.approx(value, rel=0, abs=0.2 * 2 * LR), name  # no sign differs


def test_one_adamw_step_in_float32(usual: Step) -> None:
    expected = layout("train_step.json")["param_sum_after_step"]
    flips = {name: abs(usual.sums[name] - value) / (2 * LR) for name, value in expected.items()}
    assert max(flips.values()) < 6
    assert sum(flip > 0.2 for flip in flips.values()) < 20  # of 108 parameters


def test_pacgdc_loss() -> None:
    golden = arrays("pacgdc_outputs.npz")
    inputs = golden_inputs(1, 96, 128, 11)
    pred = torch.from_numpy(golden["loss_pred"])
    loss = paper_loss(pred, inputs["gt"], inputs["raw"], absolute_mask="gt")
    assert loss.total.item() == pytest.approx(golden["loss_total"].item(), rel=1e-6)
