"""`spnet train`: flags, the file, their order; the plan; the first try; the help."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from command import spnet
from spnet.cli import train_options
from spnet.cli.train_options import GROUPS, descriptions, for_this_machine, resolve, values_by_recipe
from spnet.recipes import RECIPES
from spnet.training.config import TrainConfig, field_types
from spnet.training.config_file import read_config

SMALL = ("--model", "dot", "--data", "rooms@mm", "--crop", "32", "--batch", "2", "--workers", "0", "--log-every", "1")


def test_every_field_is_a_flag_in_one_group_with_a_description() -> None:
    names = [field.name for field in fields(TrainConfig)]
    grouped = [name for group in GROUPS.values() for name in group]
    assert sorted(grouped) == sorted(names)
    assert descriptions().keys() == set(names)
    assert all(text.endswith((".", ")")) for text in descriptions().values())
    assert "divided by the crop's farthest truth and multiplied by 2 to the power" in descriptions()["octaves"]


def test_the_help_names_every_flag_and_the_recipes_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert spnet(monkeypatch, "train", "--help") == 0
    said = capsys.readouterr().out
    for name in field_types():
        assert f"--{name.replace('_', '-')}" in said, name
    assert "64; pacgdc 192; fill 8" in said
    assert "--no-compile" in said


@pytest.mark.parametrize("name", field_types())
def test_every_flag_can_be_given_to_torchrun(name: str) -> None:
    """Its parser looks at our flags too, and stops at one that begins several of its own."""
    from torch.distributed.run import parse_args

    flag = train_options.SECOND_NAMES.get(name, f"--{name.replace('_', '-')}")
    given = ["train", flag, "1"]
    assert parse_args(["--nproc-per-node", "2", "-m", "spnet", *given]).training_script_args == given


def test_the_recipes_values_in_the_help() -> None:
    assert values_by_recipe("norm") == "CNX"
    assert values_by_recipe("compile") == "on; fill off"
    assert values_by_recipe("hole_maps") == "Hole_Datasets; spnet none; fill none"
    assert len(values_by_recipe("sparsity")) < 80


def test_the_help_takes_under_a_second_of_computing() -> None:
    """Processor time, because the machine may be busy."""

    def seconds() -> float:
        before = os.times()
        subprocess.run([sys.executable, "-m", "spnet", "train", "--help"], check=True, capture_output=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds() for _ in range(3)) < 1.0


def test_a_flag_counts_before_the_file_and_the_file_before_the_recipe() -> None:
    config = resolve("fill", {"batch": 16, "lr": 0.5}, {"lr": 0.25})
    assert config == replace(RECIPES["fill"](), batch=16, lr=0.25)


def test_steps_replace_a_recipes_epochs() -> None:
    assert resolve("paper", {}, {}).epochs == 300
    assert (resolve("paper", {}, {"steps": 10}).epochs, resolve("paper", {"steps": 10}, {}).epochs) == (0, 0)
    assert resolve("paper", {"steps": 10}, {"epochs": 2.0}).epochs == 2
    assert resolve("paper", {"epochs": 2.0}, {"steps": 10}).epochs == 0
    assert resolve("paper", {"epochs": 2.0, "steps": 10}, {}).epochs == 2  # as a run's own config.yaml may have both


def test_other_samples_leave_the_familys_own_fields() -> None:
    config = resolve("spnet", {}, {"samples": "paper"})
    assert (config.sparsity, config.octaves, config.loss) == ("", 0.0, "masked")


def test_the_first_try_is_short_and_what_is_said_counts() -> None:
    config = resolve("paper", {}, {"overfit": 8})
    assert (config.overfit, config.batch, config.epochs, config.val_every) == (8, 8, 0, 0)
    assert config.steps == train_options.FIRST_TRY["steps"]
    assert resolve("paper", {"lr": 1.0}, {"overfit": 8, "steps": 7, "batch": 3}).batch == 3
    assert resolve("fill", {}, {"overfit": 20}).batch == 8  # no more than the recipe's
    assert (config.lr, config.clip) == (train_options.FIRST_RATE, 1.0)
    assert resolve("fill", {}, {"overfit": 8}).lr == RECIPES["fill"]().lr  # which is higher
    assert resolve("paper", {"lr": 1e-5}, {"overfit": 8}).lr == 1e-5


@pytest.mark.parametrize(("amx", "precision"), [(True, "bf16"), (False, "fp32")])
def test_without_a_gpu_a_recipes_precision_is_left_out_and_a_users_is_not(
    amx: bool, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = RECIPES["paper"]()
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    here, said = for_this_machine(paper, set(), gpu=False)
    assert (here.precision, here.compile, said) == (precision, False, f"--precision {precision} --no-compile")
    assert for_this_machine(paper, {"precision", "compile"}, gpu=False) == (paper, "")
    assert for_this_machine(paper, set(), gpu=True) == (paper, "")
    assert for_this_machine(RECIPES["fill"](), set(), gpu=False)[1] == ""


def test_the_resolved_configuration_is_written_and_can_be_fed_back(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.yaml").write_text("recipe: fill\nlr: 1e-3\nsteps: 4\nseed: 7\n")
    assert spnet(monkeypatch, "train", "--config", "mine.yaml", *SMALL, "--steps", "2", "--out", "a") == 0
    written = read_config("a/config.yaml", RECIPES)
    assert written.pop("recipe") == "fill"
    assert (written["seed"], written["steps"], written["lr"], written["ema"]) == (7, 2, 1e-3, 0.999)
    assert spnet(monkeypatch, "train", "--config", "a/config.yaml", "--out", "b") == 0
    assert read_config("b/config.yaml", RECIPES) == {"recipe": "fill", **written}
    assert Path("a/model.safetensors").read_bytes() == Path("b/model.safetensors").read_bytes()
    assert spnet(monkeypatch, "train", "--config", "a/config.json", "--recipe", "fill", "--out", "c") == 0
    assert Path("a/model.safetensors").read_bytes() == Path("c/model.safetensors").read_bytes()


def test_a_refused_run_leaves_the_configuration_of_the_old_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ("train", "--recipe", "fill", *SMALL, "--out", "a", "--steps", "1")
    assert spnet(monkeypatch, *run) == 0
    before = Path("a/config.yaml").read_bytes()
    assert spnet(monkeypatch, *run, "--lr", "0.5") == 1
    assert Path("a/config.yaml").read_bytes() == before


def test_the_first_try_says_whether_the_loss_fell(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ("train", "--recipe", "paper", "--hole-maps", "", *SMALL, "--overfit", "2", "--steps", "6", "--lr", "0.001")
    assert spnet(monkeypatch, *said) == 0
    assert "The loss" in capsys.readouterr().out.splitlines()[-1]
    assert Path("runs/overfit/model.safetensors").is_file()


def test_the_plan_is_printed_and_nothing_is_written(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, "train", "--recipe", "fill", *SMALL, "--epochs", "6", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "3 images (rooms 3)" in said
    assert "9 = 6 epochs" in said
    assert "2 a step = 1 process of 2" in said
    assert not Path("runs").exists()


def test_the_papers_folder_is_the_papers(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert spnet(monkeypatch, "train", "--hole-maps", "", *SMALL, "--steps", "1") == 0
    assert Path("checkpoints/model.safetensors").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--config", "none.yaml"), "none.yaml cannot be read"),
        (("--crop-area", "2", "1"), "crop_area goes from a small share"),
        (("--lr", "nan"), "lr nan makes no sense"),
        (("--samples", "paper", "--octaves", "2"), 'octaves is for samples "family"'),
        (("--threads", "0"), "--threads 0 makes no sense"),
        (("--device", "abacus"), "abacus"),
    ],
)
def test_mistakes_end_in_one_sentence(
    arguments: tuple[str, ...], message: str, data: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert spnet(monkeypatch, "train", "--recipe", "fill", *SMALL, *arguments) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("spnet: ")
    assert message in said


@pytest.mark.parametrize("arguments", [("--norm", "XYZ"), ("--batchsize", "3"), ("--batch", "many")])
def test_wrong_flags_are_refused_before_anything_runs(
    arguments: tuple[str, ...], data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, "train", "--recipe", "fill", *SMALL, *arguments) != 0
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert arguments[0].lstrip("-") in said.out + said.err


@pytest.mark.slow
def test_torchrun_takes_the_same_flags(data: Path) -> None:
    """The plan, as two processes have it; process 0 prints it."""
    arguments = ("train", "--recipe", "fill", "--model", "atto", *SMALL[2:], "--steps", "3", "--dry-run")
    launcher = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", "-m", "spnet")
    done = subprocess.run([*launcher, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.count("2 a step = 2 processes of 1") == 1


def test_torch_is_not_needed_for_the_help() -> None:
    code = "import sys, spnet.cli.train; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
