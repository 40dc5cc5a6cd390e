"""Recipes: functions that return a `TrainConfig`. A docstring gives the command, and figures where there are any."""

from __future__ import annotations

from collections.abc import Callable

from spnet.recipes.fill import fill
from spnet.recipes.ours import spnet
from spnet.recipes.pacgdc import pacgdc
from spnet.recipes.paper import paper
from spnet.training.config import TrainConfig

RECIPES: dict[str, Callable[[], TrainConfig]] = {"paper": paper, "pacgdc": pacgdc, "spnet": spnet, "fill": fill}
# Where a recipe's runs go unless told otherwise: the original's folder for the paper, ours for the others.
FOLDERS = {"paper": "checkpoints", "pacgdc": "runs/pacgdc", "spnet": "runs/spnet", "fill": "runs/train"}

__all__ = ["FOLDERS", "RECIPES", "fill", "pacgdc", "paper", "spnet"]
