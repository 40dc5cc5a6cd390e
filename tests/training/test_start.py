"""Fine-tuning: a run that begins with the weights of a file."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_runs import checkpoint, everything, records, same

from spnet.errors import BadInput, BadWeights, SpnetWarning
from spnet.model.weights import load_model, read_weights
from spnet.training.batched import finish_batch
from spnet.training.config import TrainConfig
from spnet.training.loop import train
from spnet.training.plan import make_plan
from spnet.training.samples import TrainSamples
from spnet.training.start import start_file
from spnet.training.step import make_optimizer, train_step

pytestmark = pytest.mark.usefixtures("dot")


@pytest.fixture(scope="module")
def weights(config: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a short run with another seed, at a high rate: unlike any random ones."""
    path = train(replace(config, seed=7, lr=1e-2), tmp_path_factory.mktemp("before"))
    assert path is not None
    return path


@pytest.fixture
def tuned(config: TrainConfig, weights: Path) -> TrainConfig:
    return replace(config, start=str(weights))


def test_it_begins_at_the_loss_of_the_start_weights(tuned: TrainConfig, weights: Path, tmp_path: Path) -> None:
    train(tuned, tmp_path / "run")
    samples = TrainSamples(tuned, tuned.batch)
    made = torch.utils.data.default_collate([samples[index] for index in range(tuned.batch)])
    model = load_model(weights).train()
    batch = finish_batch(tuned, made, torch.device("cpu"))
    expected = float(train_step(tuned, model, make_optimizer(tuned, model), [batch]).loss.total)
    assert records(tmp_path / "run")[0]["loss"] == pytest.approx(expected, rel=1e-4)
    train(replace(tuned, start=""), tmp_path / "random")
    assert records(tmp_path / "random")[0]["loss"] != pytest.approx(expected, rel=1e-2)


def test_optimiser_and_steps_are_fresh_and_the_average_starts_there_too(
    tuned: TrainConfig, weights: Path, tmp_path: Path
) -> None:
    assert train(replace(tuned, max_minutes=1e-9), tmp_path) is None
    saved, state = checkpoint(tmp_path), load_model(weights).state_dict()
    assert saved["step"] == 0
    assert not saved["optimizer"]["state"]
    assert same(saved["network"], state)
    assert same(saved["ema"], state)


def test_the_run_records_the_hash(tuned: TrainConfig, weights: Path, tmp_path: Path) -> None:
    train(replace(tuned, steps=1), tmp_path)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert json.loads((tmp_path / "run.json").read_text())["start"] == {"weights": str(weights), "sha256": digest}
    assert digest in (tmp_path / "report.html").read_text()
    assert json.loads((tmp_path / "config.json").read_text())["start"] == str(weights)


def test_it_resumes_bit_equal_without_the_file(tuned: TrainConfig, weights: Path, tmp_path: Path) -> None:
    own = Path(shutil.copy(weights, tmp_path / "own.safetensors"))
    tuned = replace(tuned, start=str(own))
    train(tuned, tmp_path / "whole")
    cut = shutil.copytree(tmp_path / "whole", tmp_path / "run")
    for name in ("step_00000006.pt", "last.pt", "model.safetensors"):
        (cut / name).unlink()
    own.unlink()
    train(tuned, cut)
    assert same(everything(cut), everything(tmp_path / "whole"))
    assert json.loads((cut / "run.json").read_text())["start"]["sha256"] == checkpoint(cut)["start"] != ""


def test_going_on_with_another_start(tuned: TrainConfig, weights: Path, tmp_path: Path) -> None:
    own = Path(shutil.copy(weights, tmp_path / "own.safetensors"))
    moved = Path(shutil.copy(weights, tmp_path / "moved.safetensors"))
    tuned = replace(tuned, start=str(own))
    train(tuned, tmp_path / "run")
    train(replace(tuned, start=str(moved)), tmp_path / "run")  # the same weights at another place
    other = tmp_path / "other.safetensors"
    other.write_bytes(weights.read_bytes() + b"x")
    for start in ("", str(other), str(tmp_path / "gone.safetensors")):
        with pytest.raises(BadInput, match="other start weights: use the same, or another folder"):
            train(replace(tuned, start=start), tmp_path / "run")
    train(replace(tuned, start=""), tmp_path / "random")
    with pytest.raises(BadInput, match="other start weights"):
        train(tuned, tmp_path / "random")
    own.write_bytes(other.read_bytes())
    with pytest.warns(SpnetWarning, match=r"own\.safetensors has changed since the run began"):
        train(tuned, tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model": "mini"}, "they are of model dot instead of mini: give --model dot, or other weights"),
        ({"norm": "LN"}, "norm CNX instead of LN: give --norm CNX"),
        ({"revision": "pacgdc"}, "revision spnet instead of pacgdc: give --revision spnet"),
        ({"model": "mini", "norm": "BN"}, "model dot instead of mini, norm CNX instead of BN: give --model dot --norm"),
    ],
)
def test_another_network_is_named(tuned: TrainConfig, tmp_path: Path, changes: dict[str, str], told: str) -> None:
    wrong = replace(tuned, **changes)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=told):
        train(wrong, tmp_path / "run")
    with pytest.raises(BadInput, match=told):
        make_plan(wrong)
    assert not (tmp_path / "run").exists()


def test_a_missing_or_damaged_file(tuned: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no weights 'none\.safetensors' to start from: give a file, or a bundled name"):
        train(replace(tuned, start="none.safetensors"), tmp_path / "run")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    with pytest.raises(BadWeights):
        train(replace(tuned, start=str(broken)), tmp_path / "run")


def test_bundled_weights_by_name(tuned: TrainConfig, tmp_path: Path) -> None:
    config = replace(
        tuned, start="default", model="zepto", revision="fill", samples="family", loss="fill", steps=1, batch=1
    )
    assert "start" in make_plan(config).text("fill", tmp_path)
    train(config, tmp_path)
    state, _ = read_weights("default")
    result = load_model(tmp_path / "model.safetensors").state_dict()
    assert all(torch.allclose(value, state[key].float(), atol=1e-3) for key, value in result.items())
    digest = hashlib.sha256(start_file("default").read_bytes()).hexdigest()
    assert checkpoint(tmp_path)["start"] == digest


def test_the_start_is_validated_before_the_first_step(tuned: TrainConfig, weights: Path, tmp_path: Path) -> None:
    """What the steps have to be better than; and it changes nothing."""
    config = replace(tuned, val_share=0.4, val_images=1, val_patterns=("random(10%)",), steps=2)
    train(replace(config, val_every=2), tmp_path / "run")
    scores = [(r["step"], r["val/rel"]) for r in records(tmp_path / "run") if "val/rel" in r]
    assert [step for step, _ in scores] == [0, 2]
    train(config, tmp_path / "undisturbed")
    assert same(checkpoint(tmp_path / "run")["network"], checkpoint(tmp_path / "undisturbed")["network"])
    ends = {score: step for step, score in scores}
    assert checkpoint(tmp_path / "run")["best"]["step"] == ends[min(ends)]
