"""What the training tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from tiny_runs import add_dot, make_walls, tiny

from spnet.model.config import SIZES
from spnet.training.config import TrainConfig


@pytest.fixture(scope="module")
def dot() -> Iterator[None]:
    """The size of tests' networks."""
    add_dot()
    yield
    del SIZES["dot"]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Another number of threads adds up in another order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def config(dot: None, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """A run of a few steps on two walls; where it takes part, `dot` is known."""
    return tiny(make_walls(tmp_path_factory.mktemp("data") / "walls"))
