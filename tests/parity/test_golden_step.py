"""The step of the training loop on the published system's weights and inputs: the same gradients, the same update."""

from __future__ import annotations

import pytest
import torch

from golden import golden_inputs, layout, set_golden_weights
from spnet.model.build import build_model
from spnet.model.config import ModelConfig
from spnet.training.config import TrainConfig
from spnet.training.step import checkpoint_blocks, make_optimizer, train_step

CONFIG = TrainConfig(batch=2, lr=2e-4, weight_decay=0.05, loss="paper", clip=0.0)
STEM = ("encoder.downsample_layers.0.weight", "encoder.downsample_layers.0.bias")  # ill-conditioned: test_golden.py


@pytest.mark.parametrize("sizes", [[2], [1, 1]], ids=["at once", "in parts"])
@pytest.mark.parametrize("recompute", [False, True], ids=["usual", "recomputed"])
def test_one_step_of_the_training_loop(sizes: list[int], recompute: bool) -> None:
    model = set_golden_weights(build_model(ModelConfig((8, 16, 32, 64), (1, 1, 2, 1)))).double().train()
    if recompute:
        checkpoint_blocks(model)
    inputs = {key: value.double().split(sizes) for key, value in golden_inputs(2, 64, 96, 7).items()}
    batches = [{key: value[i] for key, value in inputs.items() if key != "mask"} for i in range(len(sizes))]
    with torch.random.fork_rng():
        done = train_step(CONFIG, model, make_optimizer(CONFIG, model), batches)
    assert not done.bad
    expected = layout("train_step.json")
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        exactly = pytest.approx(expected["grad_norm"][name], rel=0.03 if name in STEM else 3e-5)
        assert parameter.grad.norm().item() == exactly, name
        after = pytest.approx(expected["param_sum_after_step"][name], rel=0, abs=0.2 * 2 * CONFIG.lr)
        assert parameter.detach().sum().item() == after, name  # no sign differs
