"""Training: the schedule, determinism, going on after a stop, and what ends in a sentence."""

from __future__ import annotations

import itertools
import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import spnet.training.loop as loop
from spnet.errors import BadInput, BadWeights, CannotWrite, SpnetWarning
from spnet.model.config import SIZES, ModelConfig
from spnet.model.weights import load_model, weights_info
from spnet.recipes import RECIPES
from spnet.training.config import TrainConfig
from spnet.training.loop import train
from spnet.training.samples import TrainSamples
from spnet.training.schedule import learning_rate


@pytest.fixture(autouse=True)
def dot(monkeypatch: pytest.MonkeyPatch) -> None:
    """A size for tests; with drop-path, whose random draws a resumed run has to repeat."""
    monkeypatch.setitem(SIZES, "dot", ModelConfig((8, 16, 24, 32), (1, 1, 1, 1), drop_path=0.5))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set of four slanted walls in the paper's layout, one of them in a nested folder."""
    root = tmp_path / "data" / "walls"
    rng = np.random.default_rng(0)
    for i in range(4):
        name = f"sub/{i}" if i == 3 else str(i)
        v, u = np.indices((72, 96))
        depth = 2 + 0.02 * u + 0.01 * i * v
        rgb = rng.integers(0, 255, (72, 96, 3), dtype=np.uint8)
        for kind, image in (("rgb", rgb), ("depth", np.rint(depth / 20 * 65535).astype(np.uint16))):
            path = root / kind / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
    return root


@pytest.fixture
def config(data: Path) -> TrainConfig:
    return TrainConfig(
        model="dot", revision="fill", data=(str(data),), samples="family", loss="relative", crop=32, batch=2, steps=4,
        lr=1e-3, ema=0.9, clip=1.0, workers=0, save_every=2, log_every=1,
    )  # fmt: skip


def state_of(path: Path | None) -> dict[str, torch.Tensor]:
    assert path is not None
    return load_model(path).state_dict()


def test_schedule_of_the_paper() -> None:
    config = TrainConfig(steps=1000, lr=2e-4)
    rates = [learning_rate(config, step) for step in range(1000)]
    assert rates[0] == pytest.approx(2e-4 / 50)
    assert max(rates) == rates[49] == pytest.approx(2e-4)
    assert rates[525] == pytest.approx(1e-4, rel=1e-3)
    assert rates[-1] < 1e-8
    assert all(a <= b for a, b in itertools.pairwise(rates[:50]))


def cut_off_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The training is interrupted in its step number `step`, once."""
    calls, real = 0, loop.train_step

    def interrupted(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == step:
            raise KeyboardInterrupt
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "train_step", interrupted)


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def test_a_run_stopped_by_its_time_limit_goes_on_bit_equal(config: TrainConfig, tmp_path: Path) -> None:
    whole = state_of(train(config, tmp_path / "whole"))
    assert train(replace(config, max_minutes=1e-9), tmp_path / "parts") is None
    assert same(state_of(train(config, tmp_path / "parts")), whole)


@pytest.mark.parametrize(
    "changes", [{}, {"revision": "spnet", "samples": "paper", "loss": "paper", "ema": 0.0}, {"norm": "BN"}]
)
@pytest.mark.parametrize("workers", [0, 1])
def test_resume_from_the_middle_is_bit_equal(
    config: TrainConfig, changes: dict[str, object], workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(config, steps=5, workers=workers, **changes)  # type: ignore[arg-type]
    whole = state_of(train(config, tmp_path / "whole"))
    cut_off_at(4, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "parts")
    assert same(state_of(train(config, tmp_path / "parts")), whole)
    steps = [json.loads(line)["step"] for line in (tmp_path / "parts" / "log.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3, 4, 5]  # step 3 was logged, lost, and done again


def test_the_callers_random_state_is_left_alone(config: TrainConfig, tmp_path: Path) -> None:
    before = torch.get_rng_state()
    train(replace(config, steps=1), tmp_path / "out")
    assert torch.equal(torch.get_rng_state(), before)


@pytest.fixture
def stopped(config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    """A run of the constant schedule in `run`: 10 steps, rising over 2, falling after the 8th, cut off after 4."""
    config = replace(config, schedule="constant", steps=10, save_every=1, warmup=0.2)
    cut_off_at(5, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "run")
    return config


@pytest.mark.parametrize(("steps", "warmup"), [(20, 0.1), (5, 0.4)])
def test_a_constant_run_may_be_given_other_steps_before_its_fall(
    stopped: TrainConfig, tmp_path: Path, steps: int, warmup: float
) -> None:
    """More, or fewer: bit-equal to a run that began with them and with as long a warm-up."""
    whole = train(replace(stopped, steps=steps, warmup=warmup), tmp_path / "whole")
    assert same(state_of(train(replace(stopped, steps=steps), tmp_path / "run")), state_of(whole))
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["warm_up_steps"] == 2  # as the run began with


def test_other_steps_within_the_warm_up(config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays as long as it was, whichever step the run had got to, also when it goes on once more."""
    config = replace(config, schedule="constant", steps=10, save_every=1, warmup=0.5)
    for step, steps in ((3, 10), (2, 20)):
        cut_off_at(step, monkeypatch)
        with pytest.raises(KeyboardInterrupt):
            train(replace(config, steps=steps), tmp_path / "run")
    found = state_of(train(replace(config, steps=20), tmp_path / "run"))
    assert same(found, state_of(train(replace(config, steps=20, warmup=0.25), tmp_path / "whole")))


def test_other_steps_after_the_fall_began_are_told(stopped: TrainConfig, tmp_path: Path) -> None:
    train(stopped, tmp_path / "run")
    with pytest.warns(SpnetWarning, match=r"had fallen to 0 by step 10 of 10; with 30 steps it rises again to 0\.001"):
        train(replace(stopped, steps=30), tmp_path / "run")
    with pytest.raises(BadInput, match="has done 30 steps: 12 steps would be fewer"):
        train(replace(stopped, steps=12), tmp_path / "run")
    rates = [json.loads(line)["lr"] for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert rates[:2] == [0.0005, 0.001]
    assert rates[8:12] == pytest.approx([0.001, 0.0005, 0.001, 0.001])


def test_fewer_steps_that_drop_the_rate_are_told(stopped: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has done 4 steps: 4 steps would be fewer or no more"):
        train(replace(stopped, steps=4), tmp_path / "run")
    shorter = replace(stopped, steps=5, max_minutes=1e-9)
    assert train(shorter, tmp_path / "run") is None  # 4 of 5: the fall just begins
    longer = replace(stopped, steps=30)
    assert train(replace(longer, max_minutes=1e-9), tmp_path / "run") is None  # no step was done: nothing has jumped


def test_nothing_but_the_steps_may_change_with_them(stopped: TrainConfig, tmp_path: Path) -> None:
    for changes, named in (
        ({"schedule": "cosine"}, "schedule, steps"),
        ({"warmup": 0.5}, "warmup"),
        ({"lr": 0.5}, "lr"),
    ):
        with pytest.raises(BadInput, match=f"other {named}: use the same"):
            train(replace(stopped, steps=20, **changes), tmp_path / "run")  # type: ignore[arg-type]


def test_a_cosine_cannot_be_made_longer(config: TrainConfig, tmp_path: Path) -> None:
    train(replace(config, max_minutes=1e-9), tmp_path / "run")
    with pytest.raises(BadInput, match=r"other steps: .*only one with --schedule constant"):
        train(replace(config, steps=20), tmp_path / "run")


def test_the_order_of_the_samples_does_not_depend_on_the_steps(config: TrainConfig) -> None:
    few, many = (TrainSamples(replace(config, steps=steps), 2 * steps) for steps in (4, 40))
    assert [few.position(index) for index in range(80)] == [many.position(index) for index in range(80)]
    for key, value in few[5].items():
        assert torch.equal(torch.as_tensor(value), torch.as_tensor(many[5][key])), key


def test_the_moving_average(config: TrainConfig, tmp_path: Path) -> None:
    """After step k it is average + (1 - decay) (weights - average), decay min(ema, k / (9 + k)); it is the result."""
    path = train(replace(config, steps=1), tmp_path / "out")
    saved = torch.load(tmp_path / "out" / "last.pt", weights_only=True)
    torch.manual_seed(config.seed)
    first = loop.fresh_state(config).model.state_dict()
    for key, average in saved["ema"].items():
        assert torch.allclose(average, first[key] + 0.9 * (saved["network"][key] - first[key]), atol=1e-7), key
    assert same(state_of(path), saved["ema"])


def test_the_seed_decides_the_result_and_matters(config: TrainConfig, tmp_path: Path) -> None:
    short = replace(config, steps=1)
    first, again = (state_of(train(short, tmp_path / name)) for name in "ab")
    assert same(first, again)
    assert not same(first, state_of(train(replace(short, seed=1), tmp_path / "c")))


def test_paper_recipe_trains_the_papers_network(config: TrainConfig, tmp_path: Path) -> None:
    paper = replace(
        RECIPES["paper"](), model="dot", data=config.data, hole_maps=None, crop=32, batch=2, steps=2, epochs=0,
        workers=0, precision="fp32", compile=False,
    )  # fmt: skip
    info = weights_info(load_model(train(paper, tmp_path / "out") or ""))
    assert info is not None
    assert (info.config.revision, info.max_depth, info.trained_on) == ("spnet", 20.0, "walls")
    assert json.loads((tmp_path / "out" / "config.json").read_text())["lr"] == 2e-4


def test_a_few_steps_lower_the_loss(config: TrainConfig, tmp_path: Path) -> None:
    losses: list[float] = []
    train(
        replace(config, steps=30, batch=4, lr=3e-3, overfit=4),  # the same four samples in every step
        tmp_path / "out",
        log=lambda record: losses.append(record["loss"]),
    )
    assert np.mean(losses[-8:]) < 0.97 * np.mean(losses[:8])


def test_other_configuration_or_images_in_the_same_folder_are_refused(
    config: TrainConfig, data: Path, tmp_path: Path
) -> None:
    config = replace(config, steps=1)
    train(config, tmp_path / "out")
    with pytest.raises(BadInput, match="other lr"):
        train(replace(config, lr=1.0), tmp_path / "out")
    moved = data.rename(tmp_path / "walls")
    assert train(replace(config, data=(str(moved),)), tmp_path / "out")
    for kind in ("rgb", "depth"):
        (moved / kind / "0.png").unlink()
    with pytest.raises(BadInput, match="other images"):
        train(replace(config, data=(str(moved),)), tmp_path / "out")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[: len(content) // 2], "cannot be read"),
        (lambda content: b"", "cannot be read"),
        (lambda content: b"no checkpoint", "cannot be read"),
    ],
)
def test_damaged_checkpoint(
    config: TrainConfig, tmp_path: Path, damage: Callable[[bytes], bytes], message: str
) -> None:
    train(replace(config, max_minutes=1e-9), tmp_path / "out")
    last = tmp_path / "out" / "last.pt"
    last.write_bytes(damage(last.read_bytes()))
    with pytest.raises(BadWeights, match=message) as error:
        train(config, tmp_path / "out")
    assert "\n" not in str(error.value)


def test_a_foreign_checkpoint(config: TrainConfig, tmp_path: Path) -> None:
    torch.save({"network": {}}, tmp_path / "last.pt")
    with pytest.raises(BadWeights, match="is no checkpoint"):
        train(config, tmp_path)


@pytest.mark.filterwarnings("default::spnet.errors.SpnetWarning")  # not errors, as in a real run
@pytest.mark.parametrize("workers", [0, 1])
def test_unreadable_images_are_named_and_left_out(
    config: TrainConfig, data: Path, tmp_path: Path, workers: int
) -> None:
    (data / "rgb" / "1.png").write_bytes(b"no image")
    Image.fromarray(np.full((9, 9), 9000, np.uint16)).save(data / "depth" / "2.png")
    samples = TrainSamples(config, 12)
    with pytest.warns(SpnetWarning, match="left out") as warned:
        items = [samples[index] for index in range(12)]
    assert len(items) == 12
    assert {Path(str(w.message).split(" ")[0]).name for w in warned} == {"1.png", "2.png"}
    assert len(warned) == 2  # once each, and not once an epoch
    if workers == 0:
        return
    for name in ("0", "sub/3"):
        (data / "rgb" / f"{name}.png").write_bytes(b"no image")
    with pytest.raises(BadInput, match="in a row cannot be read") as error:
        train(replace(config, workers=workers), tmp_path / "out")
    assert "\n" not in str(error.value)  # though it comes from another process


@pytest.mark.filterwarnings("default::spnet.errors.SpnetWarning")
@pytest.mark.parametrize("workers", [0, 1, 2])
def test_the_log_names_a_bad_image_whichever_process_met_it(
    config: TrainConfig, data: Path, tmp_path: Path, workers: int
) -> None:
    (data / "rgb" / "1.png").write_bytes(b"no image")
    records: list[dict[str, Any]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        train(replace(config, workers=workers, log_every=2), tmp_path / "out", records.append)
    (bad,) = [record for record in records if "bad_image" in record]
    assert bad["bad_image"] == f"{data.name}/1"
    assert "is not an image" in bad["reason"]
    assert [record["bad_images"] for record in records if "loss" in record][-1] == 1
    assert "is not an image" in (tmp_path / "out" / "report.html").read_text()


def test_validations_are_drawn(config: TrainConfig, tmp_path: Path) -> None:
    train(replace(config, val_share=0.3, val_every=1, val_patterns=("random(10%)",)), tmp_path / "out")
    drawn = sorted(path.name for path in (tmp_path / "out" / "panels").iterdir())
    assert sum("val" in name for name in drawn) == config.steps, drawn


def test_a_fill_needs_measurements_even_with_the_papers_samples(config: TrainConfig) -> None:
    """The paper's samples may have no measurement at all, which SPNet takes and a fill cannot."""
    samples = TrainSamples(replace(config, samples="paper", crop=8), 60)
    assert all((samples[index]["raw"] > 0).any() for index in range(60))


def test_a_diverged_run_ends_in_a_sentence(config: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="lower the learning rate"):
        train(replace(config, lr=1e20, clip=0.0, warmup=0.0, bad_steps=2), tmp_path / "out")


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"lr": float("nan")}, {"log_every": 0}, {"seed": -1}, {"ema": 1.0}])
def test_impossible_values(config: TrainConfig, wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput, match=next(iter(wrong))):
        replace(config, **wrong)  # type: ignore[arg-type]


def test_an_output_that_cannot_be_written(config: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(CannotWrite):
        train(config, tmp_path / "out")


def test_no_data(config: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No data set matches"):
        train(replace(config, data=(str(tmp_path / "none"),)), tmp_path / "out")


def test_every_epoch_shows_every_image_once(config: TrainConfig) -> None:
    samples = TrainSamples(config, 100)
    for epoch in range(3):
        seen = {samples.position(index) for index in range(4 * epoch, 4 * epoch + 4)}
        assert len(seen) == 4
