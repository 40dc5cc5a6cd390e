"""Recipes: functions that return a `TrainConfig`. A docstring gives the command, the time and the expected figures."""

from __future__ import annotations

from collections.abc import Callable

from spnet.recipes.fill import fill
from spnet.recipes.paper import paper
from spnet.training.config import TrainConfig

RECIPES: dict[str, Callable[[], TrainConfig]] = {"fill": fill, "paper": paper}

__all__ = ["RECIPES", "fill", "paper"]
