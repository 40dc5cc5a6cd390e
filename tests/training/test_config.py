"""The configuration: types, limits, steps from epochs; as a file, with the line of whatever is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spnet.errors import BadInput
from spnet.recipes import RECIPES
from spnet.training.config import TrainConfig, config_from_dict, field_types, steps_of, with_steps
from spnet.training.config_file import read_config, unknown_field, write_config

SOURCE = Path(__file__).parents[2] / "src" / "spnet"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch": 2.5}, "batch is a whole number; got 2.5"),
        ({"batch": True}, "batch is a whole number"),
        ({"batch": "8"}, "batch is a whole number"),
        ({"compile": 1}, "compile is true or false"),
        ({"lr": "fast"}, "lr is a number; got 'fast'"),
        ({"lr": float("nan")}, "lr nan makes no sense"),
        ({"norm": "XYZ"}, "norm is one of CNX, CN"),
        ({"loss": "l2"}, "loss is one of paper, pacgdc, masked, relative"),
        ({"crop_area": (1.0,)}, "crop_area is two numbers"),
        ({"crop_area": (1.0, 0.5)}, "crop_area goes from a small share"),
        ({"crop_area": (0.0, 0.5)}, "crop_area goes from a small share"),
        ({"data": "one"}, "data is a list of texts"),
        ({"val_share": 1.0}, "val_share must be under 1"),
        ({"depth_scale": 1.0}, "depth_scale must be under 1"),
        ({"jitter": 1.5}, "jitter must be at most 1"),
        ({"micro_batch": -1}, "micro_batch -1"),
        ({"epochs": -1}, "epochs -1"),
        ({"sparsity": "random(1%)"}, 'sparsity is for samples "family"'),
        ({"octaves": 3}, 'octaves is for samples "family"'),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        TrainConfig(**wrong)


def test_plain_data_becomes_what_the_field_has() -> None:
    config = TrainConfig(lr="1e-3", epochs=3, data=["a", "b"], crop_area=[1, 2], hole_maps=None)  # type: ignore[arg-type]
    assert (config.lr, config.epochs, config.data, config.crop_area) == (1e-3, 3.0, ("a", "b"), (1.0, 2.0))
    assert isinstance(config.epochs, float)


@given(st.floats(0.01, 1000), st.integers(1, 100_000), st.integers(1, 512))
def test_epochs_show_every_image_so_often_and_hardly_more(epochs: float, images: int, batch: int) -> None:
    config = TrainConfig(epochs=epochs, batch=batch)
    shown = steps_of(config, images) * batch
    assert epochs * images <= shown + 1e-6 * shown
    assert shown < epochs * images + batch + 1e-6 * shown
    assert with_steps(config, images) == replace(config, steps=steps_of(config, images), epochs=0.0)


def test_without_epochs_the_steps_stay() -> None:
    assert steps_of(TrainConfig(steps=7), 1000) == 7


def test_configurations_of_older_checkpoints_mean_what_they_meant() -> None:
    """They have neither crop_area nor jitter, which followed from the samples."""
    old = {"model": "atto", "revision": "fill", "samples": "family", "loss": "relative", "data": ["a"], "batch": 4}
    ours, papers = config_from_dict(old), config_from_dict({"samples": "paper"})
    assert (ours.crop_area, ours.jitter) == ((0.45, 2.25), 0.3)
    assert (papers.crop_area, papers.jitter) == ((0.64, 1.0), 0.2)
    with pytest.raises(TypeError):
        config_from_dict({"no_such_field": 1})


@pytest.mark.parametrize("recipe", RECIPES)
def test_files_give_back_what_was_written(recipe: str, tmp_path: Path) -> None:
    config = replace(RECIPES[recipe](), data=("a: b", "naïve #1@mm"), val_data=(), lr=1e-5, hole_maps="x")
    write_config(tmp_path / "config.yaml", config, recipe)
    read = read_config(tmp_path / "config.yaml", RECIPES)
    assert read.pop("recipe") == recipe
    assert TrainConfig(**read) == config
    (tmp_path / "config.json").write_text(json.dumps(asdict(config), indent=2))
    assert TrainConfig(**read_config(tmp_path / "config.json", RECIPES)) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch: 8\nlr: fast\n", "line 2: lr is a number; got 'fast'"),
        ("batch: 8\n\n# note\nbatchsize: 4\n", "line 4: a training run has no field batchsize; is batch meant?"),
        ("batch: 8\nbatch: 4\n", "line 2: batch is given twice"),
        ("batch: [8]\n", r"line 1: batch is a whole number; got \[8\]"),
        ("lr: 1e-3\ndata: RGBD\n", "line 2: data is a list of texts"),
        ("recipe: nonsense\n", "line 1: there is no recipe 'nonsense'; choose one of paper"),
        ("- batch\n", "line 1: expected lines such as 'batch: 16'"),
        ("batch: 8\n  lr: 1\n", "is no YAML: .*line 2"),
        ("batch: !!python/object:os.system 1\n", "is no YAML|line 1"),
        ("compile: maybe\n", "line 1: compile is true or false"),
    ],
)
def test_the_line_of_a_mistake_is_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(text)
    with pytest.raises(BadInput, match=message) as error:
        read_config(tmp_path / "run.yaml", RECIPES)
    assert "\n" not in str(error.value)
    assert "run.yaml" in str(error.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        read_config(tmp_path / "none.yaml", RECIPES)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="it is no text"):
        read_config(tmp_path / "binary.yaml", RECIPES)
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert read_config(tmp_path / "empty.yaml", RECIPES) == {}


def test_a_field_that_is_like_no_other_lists_them_all() -> None:
    assert "it has model, revision" in unknown_field("zzzzzz")


def test_every_field_is_read_somewhere() -> None:
    """A flag that nothing looks at would be a lie."""
    files = [path for path in SOURCE.glob("training/*.py") if path.name not in ("config.py", "plan.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    unread = [field.name for field in fields(TrainConfig) if f"config.{field.name}" not in code]
    assert set(unread) <= {"epochs"}  # by `with_steps`


def test_every_field_has_a_type_and_a_description() -> None:
    assert list(field_types()) == [field.name for field in fields(TrainConfig)]
