"""Agreement with the published system on weights and inputs made by rule (tests/golden)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from golden import TOLERANCE, arrays, difference, golden_inputs, layout, set_golden_weights
from torch import Tensor, nn

from spnet.losses import Loss, paper_loss, standardize
from spnet.metrics import original_errors
from spnet.model.build import build_model
from spnet.model.config import NORMS, ModelConfig, Norm, model_config

SMALL = {"dims": (8, 16, 32, 64), "depths": (1, 1, 2, 1)}


def small_network(norm: Norm = "CNX") -> nn.Module:
    return set_golden_weights(build_model(ModelConfig(**SMALL, norm=norm)))


def run(model: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    out: Tensor = model(inputs["rgb"], inputs["raw"], inputs["mask"])
    return out


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    return arrays("official_outputs.npz")


@pytest.fixture(scope="module")
def small_inputs() -> dict[str, Tensor]:
    return golden_inputs(2, 64, 96, 7)


@pytest.mark.parametrize("norm", NORMS)
def test_output_of_every_norm(norm: Norm, golden: dict[str, np.ndarray], small_inputs: dict[str, Tensor]) -> None:
    with torch.inference_mode():
        out = run(small_network(norm).eval(), small_inputs)
    assert difference(out, golden[f"out_{norm}"]) <= TOLERANCE


@pytest.mark.parametrize("revision", ["spnet", "pacgdc"])
def test_output_of_tiny(revision: str) -> None:
    pacgdc = revision == "pacgdc"
    model = set_golden_weights(build_model(model_config("tiny", revision=revision)), pacgdc=pacgdc).eval()
    with torch.inference_mode():
        out = run(model, golden_inputs(1, 96, 128, 11))
    expected = arrays("pacgdc_outputs.npz" if pacgdc else "official_outputs.npz")["out_tiny"]
    assert difference(out, expected) <= TOLERANCE


@pytest.fixture(scope="module")
def trained(small_inputs: dict[str, Tensor]) -> tuple[nn.Module, Tensor, Loss]:
    """The small network in train mode after backward, its prediction and its loss."""
    model = small_network().train()
    pred = run(model, small_inputs)
    loss = paper_loss(pred, small_inputs["gt"], small_inputs["raw"])
    loss.total.backward()
    return model, pred, loss


def test_loss_and_its_parts(trained: tuple[nn.Module, Tensor, Loss], golden: dict[str, np.ndarray]) -> None:
    _, _, loss = trained
    assert loss.total.item() == pytest.approx(golden["loss_total"].item(), rel=1e-5)
    for part in ("absolute", "relative", "gradient"):
        assert loss.parts[part].item() == pytest.approx(golden[f"loss_{part}"].item(), rel=1e-5)


def test_standardized_maps(
    trained: tuple[nn.Module, Tensor, Loss], golden: dict[str, np.ndarray], small_inputs: dict[str, Tensor]
) -> None:
    gt = small_inputs["gt"]
    mask = (gt > 0).float()
    assert difference(standardize(trained[1], mask), golden["std_depth"]) <= TOLERANCE
    assert difference(standardize(gt, mask), golden["std_gt"]) <= TOLERANCE


def test_metrics(
    trained: tuple[nn.Module, Tensor, Loss], golden: dict[str, np.ndarray], small_inputs: dict[str, Tensor]
) -> None:
    pred, gt = trained[1].detach().numpy(), small_inputs["gt"].numpy()
    errors = original_errors(pred, gt)
    assert errors["rmse"] == pytest.approx(golden["metric_rmse"].item(), rel=1e-5)
    assert errors["rel"] == pytest.approx(golden["metric_rel"].item(), rel=1e-5)


def test_gradient_of_every_parameter(trained: tuple[nn.Module, Tensor, Loss]) -> None:
    expected = layout("train_step.json")["grad_norm"]
    got = {name: p.grad.norm().item() for name, p in trained[0].named_parameters() if p.grad is not None}
    assert got.keys() == expected.keys()
    assert got == pytest.approx(expected, rel=1e-4)


def test_one_adamw_step(small_inputs: dict[str, Tensor]) -> None:
    model = small_network().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-4, weight_decay=0.05)
    paper_loss(run(model, small_inputs), small_inputs["gt"], small_inputs["raw"]).total.backward()
    optimizer.step()
    expected = layout("train_step.json")["param_sum_after_step"]
    got = {name: p.sum().item() for name, p in model.named_parameters()}
    assert got.keys() == expected.keys()
    assert got == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_pacgdc_loss() -> None:
    golden = arrays("pacgdc_outputs.npz")
    inputs = golden_inputs(1, 96, 128, 11)
    pred = torch.from_numpy(golden["loss_pred"])
    loss = paper_loss(pred, inputs["gt"], inputs["raw"], absolute_mask="gt", successive=True)
    assert loss.total.item() == pytest.approx(golden["loss_total"].item(), rel=1e-5)
