"""Training: the schedule and the augmentation against the spec, determinism, and going on after a stop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from spnet.errors import BadInput, BadWeights
from spnet.model.weights import load_model, weights_info
from spnet.recipes import RECIPES
from spnet.training.augment import Crop, colour_jitter, family_raw, paper_raw, paper_scale, resized_crop
from spnet.training.config import TrainConfig
from spnet.training.loop import learning_rate, train
from spnet.training.samples import TrainSamples


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of four slanted walls in the paper's layout, one of them in a nested folder."""
    root = tmp_path_factory.mktemp("data") / "walls"
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
        model="atto", revision="fill", data=(str(data),), samples="family", loss="relative", crop=32, batch=2, steps=4,
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
    assert all(a <= b for a, b in zip(rates[:50], rates[1:50], strict=False))


def test_resume_is_bit_equal_to_never_stopping(config: TrainConfig, tmp_path: Path) -> None:
    whole = state_of(train(config, tmp_path / "whole"))
    assert train(replace(config, max_minutes=1e-9), tmp_path / "parts") is None
    (tmp_path / "parts2").mkdir()
    stopped = train(replace(config, schedule="cosine"), tmp_path / "parts")
    for key, value in state_of(stopped).items():
        assert torch.equal(value, whole[key]), key


def test_resume_from_the_middle_is_bit_equal(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = state_of(train(config, tmp_path / "whole"))
    calls = 0

    def interrupted(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return real(*args, **kwargs)  # type: ignore[arg-type]

    import spnet.training.loop as loop

    real = loop.train_step
    monkeypatch.setattr(loop, "train_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "parts")
    monkeypatch.setattr(loop, "train_step", real)
    for key, value in state_of(train(config, tmp_path / "parts")).items():
        assert torch.equal(value, whole[key]), key


def test_the_seed_decides_the_result_and_matters(config: TrainConfig, tmp_path: Path) -> None:
    short = replace(config, steps=1)
    first, again = (state_of(train(short, tmp_path / name)) for name in "ab")
    other = state_of(train(replace(short, seed=1), tmp_path / "c"))
    assert all(torch.equal(first[k], again[k]) for k in first)
    assert any(not torch.equal(first[k], other[k]) for k in first)


def test_paper_recipe_trains_the_papers_network(config: TrainConfig, tmp_path: Path) -> None:
    paper = replace(
        RECIPES["paper"](), model="atto", data=config.data, hole_maps=None, crop=32, batch=2, steps=2, workers=0
    )
    model = load_model(train(paper, tmp_path) or "")
    info = weights_info(model)
    assert info is not None
    assert (info.config.revision, info.max_depth) == ("spnet", 20.0)
    assert len((tmp_path / "config.json").read_text()) > 100


def test_a_few_steps_lower_the_loss(config: TrainConfig, tmp_path: Path) -> None:
    losses: list[float] = []
    train(replace(config, steps=30, batch=4), tmp_path, log=lambda record: losses.append(record["loss"]))
    assert np.mean(losses[-8:]) < np.mean(losses[:8])


def test_other_configuration_in_the_same_folder_is_refused(config: TrainConfig, tmp_path: Path) -> None:
    train(config, tmp_path)
    with pytest.raises(BadInput, match="other lr"):
        train(replace(config, lr=1.0), tmp_path)


def test_damaged_checkpoint(config: TrainConfig, tmp_path: Path) -> None:
    train(config, tmp_path)
    content = (tmp_path / "last.pt").read_bytes()
    (tmp_path / "last.pt").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadWeights, match="cannot be read"):
        train(config, tmp_path)


def test_no_data(config: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No data set matches"):
        train(replace(config, data=(str(tmp_path / "none"),)), tmp_path / "out")


def test_every_epoch_shows_every_image_once(config: TrainConfig) -> None:
    samples = TrainSamples(config, 100)
    for epoch in range(3):
        seen = {samples.position(index) for index in range(4 * epoch, 4 * epoch + 4)}
        assert len(seen) == 4


# Augmentation ----------------------------------------------------------------------------------------------------


def test_crop_keeps_geometry_and_validity() -> None:
    v, u = np.indices((100, 120), dtype=np.float32)
    depth = 1 + u + v
    depth[40:60, 40:60] = 0
    rgb = np.repeat((u / 120)[..., None], 3, axis=2)
    for seed in range(10):
        for crop in (Crop(64, (0.64, 1.0)), Crop(64, (0.4, 2.0), sharp_depth=True)):
            image, cut = resized_crop(rgb, depth, crop, np.random.default_rng(seed))
            assert image.shape == (64, 64, 3)
            assert cut.shape == (64, 64)
            known = cut > 0
            assert known.mean() > 0.3
            assert cut[known].min() >= 1 - 1e-3  # no mixture with the unknown's 0
            assert cut.max() <= depth.max() + 1e-3


def test_small_images_are_enlarged() -> None:
    image, cut = resized_crop(
        np.zeros((10, 20, 3), np.float32),
        np.ones((10, 20), np.float32),
        Crop(32, (0.64, 1.0)),
        np.random.default_rng(0),
    )
    assert image.shape == (32, 32, 3)
    assert np.allclose(cut, 1)


def test_papers_statistics() -> None:
    """Spec section 4: scale in U(0.8, 1.2) and at most 1/max; half of the drops take over 90 %; values in [0, 1]."""
    rng = np.random.default_rng(0)
    depth = np.full((64, 64), 0.5, np.float32)
    scales = [float(paper_scale(depth, rng)[0, 0]) / 0.5 for _ in range(400)]
    assert min(scales) == pytest.approx(0.8, abs=0.01)
    assert max(scales) == pytest.approx(1.2, abs=0.01)
    bright = [float(paper_scale(depth * 1.9, rng).max()) for _ in range(200)]
    assert max(bright) <= 1 + 1e-5
    raws = [paper_raw(depth, None, rng) for _ in range(300)]
    kept = np.array([(raw > 0).mean() for raw in raws])
    assert 0.4 < (kept <= 0.1).mean() < 0.7
    assert all(0 <= raw.min() and raw.max() <= 1 for raw in raws)
    clean = np.mean([np.unique(raw[raw > 0]).size <= 1 for raw in raws if (raw > 0).any()])
    assert 0.4 < clean < 0.65  # noise hits half of the samples


def test_jitter_keeps_range_and_zero_strength_changes_nothing() -> None:
    rgb = np.random.default_rng(0).random((20, 20, 3), dtype=np.float32)
    assert np.allclose(colour_jitter(rgb, 0.0, np.random.default_rng(1)), rgb, atol=1e-6)
    strong = colour_jitter(rgb, 0.3, np.random.default_rng(1))
    assert strong.min() >= 0
    assert strong.max() <= 1
    assert not np.allclose(strong, rgb)


def test_family_spans_the_densities() -> None:
    rng = np.random.default_rng(0)
    depth = np.random.default_rng(1).uniform(1, 9, (128, 128)).astype(np.float32)
    kept = np.array([(family_raw(depth, None, rng) > 0).mean() for _ in range(200)])
    assert (kept < 0.005).sum() > 15
    assert (kept > 0.3).sum() > 15
    assert ((kept > 0.005) & (kept < 0.1)).sum() > 40
