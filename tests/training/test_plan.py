"""The plan of a run, and the memory that it computes against the same step really run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from spnet.errors import BadInput
from spnet.model.build import build_model
from spnet.model.config import SIZES, ModelConfig
from spnet.training.config import TrainConfig
from spnet.training.memory import Ledger, training_memory
from spnet.training.plan import make_plan


@pytest.fixture(autouse=True)
def dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "dot", ModelConfig((8, 16, 24, 32), (1, 1, 1, 1), drop_path=0.5))


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    rng = np.random.default_rng(0)
    for name in ("walls", "floors"):
        for index in range(10):
            rgb = rng.integers(0, 255, (40, 48, 3), dtype=np.uint8)
            depth = rng.integers(3000, 9000, (40, 48)).astype(np.uint16)
            for kind, image in (("rgb", rgb), ("depth", depth)):
                path = tmp_path / name / kind / f"{index}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(path)
    return TrainConfig(model="dot", data=(str(tmp_path / "*"),), crop=32, batch=4, workers=0, epochs=3)


def test_the_ledger_counts_what_lives_at_once() -> None:
    ledger = Ledger()
    with ledger:
        a = torch.zeros(1000)  # 4000 bytes
        b = a + 1
        view = b[:10]
        del b  # lives on in its view
        assert ledger.now == 8000
        del view
        assert ledger.now == 4000
        torch.zeros(500)
        assert (ledger.now, ledger.peak) == (4000, 8000)
        del a
    assert ledger.now == 0


@pytest.mark.parametrize("revision", ["spnet", "fill", "pacgdc"])
@pytest.mark.parametrize("changes", [{}, {"precision": "bf16"}, {"checkpoint_activations": True}, {"ema": 0.9}])
def test_memory_computed_without_data_is_that_of_the_step_really_run(revision: str, changes: dict[str, object]) -> None:
    config = TrainConfig(model="dot", revision=revision, crop=32, **changes)  # type: ignore[arg-type]
    assert training_memory(config, 2) == training_memory(config, 2, fake=False)


def test_what_lives_from_step_to_step() -> None:
    """Weights, their gradients and AdamW's two moments: four times the weights, and once more with the average."""
    config = TrainConfig(model="dot", crop=32)
    memory, averaged = training_memory(config, 2), training_memory(replace(config, ema=0.9), 2)
    size = 4 * sum(p.numel() for p in build_model(replace(SIZES["dot"])).parameters())
    assert memory.weights == size
    assert memory.standing == pytest.approx(4 * size, rel=0.01)
    assert averaged.standing - memory.standing == size
    assert averaged.peak - memory.peak == size


def test_memory_grows_with_images_and_shrinks_with_precision_and_checkpoints() -> None:
    config = TrainConfig(model="dot", crop=64)
    one, four = training_memory(config, 1), training_memory(config, 4)
    assert one.standing == four.standing
    assert four.activations > 3 * one.activations
    half = training_memory(replace(config, precision="bf16"), 4)
    again = training_memory(replace(config, checkpoint_activations=True), 4)
    assert half.activations < four.activations
    assert again.activations < 0.8 * four.activations


def test_the_callers_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    training_memory(TrainConfig(model="dot", crop=32), 1, fake=False)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_plan_counts_images_steps_and_epochs(config: TrainConfig) -> None:
    plan = make_plan(replace(config, micro_batch=1, val_share=0.2, val_every=5), processes=2)
    assert not isinstance(plan.images, str)
    assert plan.images.count + plan.images.held_out == 20
    assert plan.images.sets.keys() == {"floors", "walls"}
    assert plan.config.steps == -(-3 * plan.images.count // 4)
    assert (plan.micro, plan.processes) == (1, 2)
    assert plan.parameters == sum(p.numel() for p in build_model(SIZES["dot"]).parameters())
    assert not isinstance(plan.speed, str)
    assert plan.speed.image > 0
    text = plan.text("paper", Path("out"))
    assert f"{plan.images.count} images (floors" in text
    assert "4 a step = 2 processes of 2, in 2 rounds of up to 1" in text
    assert "every 5 steps on up to 64 images" in text
    assert max(map(len, text.splitlines())) <= 110


def test_a_plan_without_data_says_so(config: TrainConfig) -> None:
    plan = make_plan(replace(config, data=("nowhere",)))
    text = plan.text("paper", Path("out"))
    assert "No data set matches 'nowhere'" in text
    assert "as many as 3 epochs take" in text
    assert "not measured: there are no images" in text
    assert "MB" in text or "GB" in text


def test_a_run_beyond_this_machines_memory_is_not_tried(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spnet.training.plan._free_memory", lambda device: 1000.0)
    assert "not measured: it needs" in make_plan(config).text("paper", Path("out"))


def test_a_batch_that_cannot_be_shared(config: TrainConfig) -> None:
    with pytest.raises(BadInput, match="cannot be shared equally by 3 processes"):
        make_plan(config, processes=3)
