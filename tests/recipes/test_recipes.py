"""The recipes against what the papers and the specification say."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from spnet.recipes import FOLDERS, RECIPES
from spnet.recipes.ours import SPARSITY
from spnet.sparsity import parse_pattern
from spnet.training.config import HOLES, TrainConfig, with_steps
from spnet.training.schedule import learning_rate
from spnet.types import Sample


def test_the_papers_numbers() -> None:
    """Spec section 4."""
    config = RECIPES["paper"]()
    assert config.data == ("RGBD_Datasets/*",)
    assert config.hole_maps == "Hole_Datasets"
    assert FOLDERS["paper"] == "checkpoints"
    assert (config.crop, config.crop_area, config.jitter, config.depth_scale) == (320, (0.64, 1.0), 0.2, 0.2)
    assert (config.lr, config.weight_decay, config.batch, config.epochs) == (2e-4, 0.05, 64, 300)
    assert (config.warmup, config.schedule, config.clip, config.ema) == (0.05, "cosine", 0, 0)
    assert (config.precision, config.compile) == ("fp16", True)
    assert (config.revision, config.norm, config.samples, config.loss) == ("spnet", "CNX", "paper", "paper")


def test_the_papers_schedule() -> None:
    """300 epochs of 6,400 images: 30,000 steps; 15 epochs of linear warm-up, then a cosine to 0, step by step."""
    config = with_steps(RECIPES["paper"](), 6400)
    assert (config.steps, config.epochs) == (30_000, 0)
    rates = np.array([learning_rate(config, step) for step in range(config.steps)])
    warm = 15 * 100
    np.testing.assert_allclose(rates[:warm], 2e-4 * np.arange(1, warm + 1) / warm, rtol=1e-12)
    assert rates.max() == pytest.approx(2e-4, rel=1e-12)
    assert rates[warm - 1] == pytest.approx(2e-4, rel=1e-12)
    rest = config.steps - warm
    quarter = np.sqrt(0.5)  # of the cosine, at a quarter of its way
    for share, expected in ((0.0, 2e-4), (0.25, 1e-4 * (1 + quarter)), (0.5, 1e-4), (0.75, 1e-4 * (1 - quarter))):
        assert rates[warm + round(share * rest)] == pytest.approx(expected, rel=1e-6), share
    assert 0 < rates[-1] < 1e-12
    assert (np.diff(rates[warm:]) < 0).all()


def test_pacgdcs_numbers() -> None:
    config = RECIPES["pacgdc"]()
    assert (config.batch, config.epochs) == (192, 100)
    assert (config.crop_area, config.jitter, config.depth_scale) == ((0.49, 1.0), 0.4, 0.4)
    assert (config.revision, config.samples, config.loss) == ("pacgdc", "pacgdc", "pacgdc")
    steps = with_steps(config, 1920)  # 10 steps an epoch
    assert steps.steps == 1000
    rates = [learning_rate(steps, step) for step in range(steps.steps)]
    assert int(np.argmax(rates)) == 9  # one epoch of warm-up
    paper = RECIPES["paper"]()
    shared = ("crop", "lr", "weight_decay", "schedule", "data", "hole_maps")
    assert all(getattr(config, name) == getattr(paper, name) for name in shared)


def test_the_recipe_behind_the_bundled_weights_is_as_it_was() -> None:
    """But for fields that came later and leave everything as it was."""
    was = {"model": "zepto", "revision": "fill", "norm": "CNX", "data": ("RGBD_Datasets/*",), "hole_maps": None,
           "samples": "family", "loss": "fill", "crop": 224, "batch": 8, "steps": 5_000, "lr": 1.5e-3,
           "weight_decay": 0.02, "schedule": "constant", "warmup": 0.02, "clip": 1.0, "ema": 0.999, "seed": 0,
           "channels_last": True, "compile": False, "crop_area": (0.45, 2.25), "jitter": 0.3, "sparsity": "",
           "octaves": 0.0, "epochs": 0.0, "precision": "fp32", "val_share": 0.0, "overfit": 0}  # fmt: skip
    now = asdict(RECIPES["fill"]())
    assert {name: now[name] for name in was} == was


def test_ours_serves_every_scale_and_averages() -> None:
    config = RECIPES["spnet"]()
    assert config.loss == "masked"
    assert config.octaves >= 4
    assert 0 < config.ema < 1
    assert config.clip > 0
    assert config.val_every > 0
    assert config.val_share > 0
    assert config.sparsity == SPARSITY


@pytest.fixture(scope="module")
def scene() -> Sample:
    rng = np.random.default_rng(0)
    v, u = np.indices((160, 160))
    depth = (1 + 0.01 * u + 2 * (v > 80)).astype(np.float32)
    return Sample(rng.integers(0, 255, (160, 160, 3), dtype=np.uint8), depth)


def test_our_sparsity_is_the_whole_family(scene: Sample) -> None:
    pattern = parse_pattern(SPARSITY.replace(HOLES, "holes"))
    for name in ("random", "lidar", "parallax", "sift", "orb", "corners", "lowres", "holes", "range", "bleed", "gauss",
                 "noise", "quantise", "shift"):  # fmt: skip
        assert name in pattern.name
    shares = np.array([np.mean(pattern(scene, seed) > 0) for seed in range(120)])
    assert shares.min() < 0.002
    assert shares.max() > 0.8
    assert np.mean(shares > 0) == 1
    assert 0.005 < np.median(shares) < 0.2


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_is_another_object_each_time_and_has_a_folder(recipe: str) -> None:
    assert RECIPES[recipe]() == RECIPES[recipe]()
    assert isinstance(RECIPES[recipe](), TrainConfig)
    assert recipe in FOLDERS
    assert replace(RECIPES[recipe](), steps=3).steps == 3
