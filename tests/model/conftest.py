"""Fixtures of the model tests."""

from __future__ import annotations

import pytest
from small_weights import State, network


@pytest.fixture
def state() -> State:
    return network().state_dict()
