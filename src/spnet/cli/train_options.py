"""The flags of `spnet train`, made from `TrainConfig`: every field is one, with the recipes' values in its help."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated, Any

from cyclopts import Group, Parameter

from spnet.recipes import RECIPES
from spnet.training.config import TrainConfig, field_types

GROUPS = {
    "Network": ("model", "revision", "norm", "start"),
    "Data": ("data", "hole_maps", "workers", "cache"),
    "Samples": ("samples", "sparsity", "crop", "crop_area", "jitter", "depth_scale", "octaves", "sensed"),
    "Optimisation": ("loss", "batch", "steps", "epochs", "lr", "weight_decay", "schedule", "warmup", "clip", "ema",
                     "seed", "bad_steps"),
    "Speed and memory": ("precision", "micro_batch", "checkpoint_activations", "channels_last", "compile"),
    "Validation": ("val_data", "val_share", "val_patterns", "val_images", "val_every"),
    "Checkpoints and logs": ("max_minutes", "save_every", "keep", "log_every", "tensorboard", "panel_every"),
    "First things to try": ("overfit",),
}  # fmt: skip
# Another name of a flag, where the parser of `torchrun` takes the first for the beginning of one of its own.
SECOND_NAMES = {"start": "--start-weights"}
LONGEST = 24  # characters of a recipe's value that a help text shows


def descriptions() -> dict[str, str]:
    """What each field is, from the docstring of `TrainConfig`: one source for both."""
    text = inspect.cleandoc(TrainConfig.__doc__ or "").partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", text, re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}


def values_by_recipe(name: str) -> str:
    """The recipes' values of a field, e.g. "64; pacgdc 192; fill 8": the paper's, then those that differ.

    >>> values_by_recipe("batch")
    '64; pacgdc 192; fill 8'
    """
    values = {recipe: _short(getattr(make(), name)) for recipe, make in RECIPES.items()}
    usual = next(iter(values.values()))
    return "; ".join([usual, *(f"{recipe} {value}" for recipe, value in values.items() if value != usual)])


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_short, value)) or "none"
    if value in (None, ""):
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def with_config_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, whose `**fields` becomes a keyword a field of `TrainConfig`; those not given are None."""
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.kind is not p.VAR_KEYWORD]
    parameters = [*own, *_flags()]
    command.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _flags() -> Iterator[inspect.Parameter]:
    about = descriptions()
    for order, (title, names) in enumerate(GROUPS.items(), start=1):
        group = Group(title, sort_key=order)
        for name in names:
            kind = field_types()[name]
            listed = kind == tuple[str, ...]
            option = Parameter(
                name=[f"--{name}", SECOND_NAMES[name]] if name in SECOND_NAMES else None,
                help=f"{_plain(about[name])} Recipes: {values_by_recipe(name)}.",
                group=group,
                show_default=False,
                consume_multiple=True if listed else None,
                negative=None if kind is bool else "",
            )
            yield inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
            )


def _plain(text: str) -> str:
    """A field's description as a help text: a sentence, without the marks of the documentation's language."""
    text = re.sub(r"`(\w+(?:\.\w+)+)`", r"\1", text).replace("`", "")
    return text[0].upper() + text[1:]


# What a first try needs other than its recipe, where nothing else is said. Ours.
FIRST_TRY: dict[str, Any] = {
    "steps": 300, "epochs": 0.0, "warmup": 0.1, "schedule": "constant", "ema": 0.0, "compile": False, "log_every": 10,
    "val_share": 0.0, "val_every": 0, "panel_every": 0, "clip": 1.0,
}  # fmt: skip
# And at least this rate: with SPNet mini, eight 64² crops and 300 steps the loss falls to 28 % at the paper's 2e-4,
# to 8 % at this.
FIRST_RATE = 1e-3


def resolve(recipe: str, filed: dict[str, Any], flags: dict[str, Any]) -> TrainConfig:
    """The configuration: the recipe's, over it the file's fields, over both the flags.

    `steps` above a recipe's `epochs` replaces them. With `overfit` a short run without validation is meant.
    """
    given = {**_without_epochs(filed), **_without_epochs(flags)}
    config = RECIPES[recipe]()
    if given.get("overfit"):
        batch, lr = min(given["overfit"], config.batch), max(config.lr, FIRST_RATE)
        given = {**FIRST_TRY, "batch": batch, "lr": lr, **given}
    if given.get("samples", "family") != "family":
        given = {"sparsity": "", "octaves": 0.0, "sensed": 0.0, **given}  # those of a recipe, which belong to "family"
    return replace(config, **given)


def _without_epochs(fields: dict[str, Any]) -> dict[str, Any]:
    return {"epochs": 0.0, **fields} if "steps" in fields else fields


def for_this_machine(config: TrainConfig, given: set[str], gpu: bool) -> tuple[TrainConfig, str]:
    """What a recipe alone asks for is changed where a CPU is better off without it; and the flags that say so.

    Half precision becomes bfloat16 where the processor multiplies it fast (AMX), otherwise float32; compilation, which
    takes minutes and a C++ compiler, is left out.
    """
    import torch

    changes: dict[str, Any] = {}
    usable = "bf16" if torch.cpu._is_amx_tile_supported() else "fp32"
    if not gpu and config.precision not in ("fp32", usable) and "precision" not in given:
        changes["precision"] = usable
    if not gpu and config.compile and "compile" not in given:
        changes["compile"] = False
    flags = {"precision": f"--precision {usable}", "compile": "--no-compile"}
    return replace(config, **changes), " ".join(flags[name] for name in changes)
