"""Stand-in for `environments` and `lights`, until those are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from spnet.scenes.scene import Environment, Lighting, Spot, Triple


class Environments(Protocol):
    """Where surrounding light comes from."""

    def pick(self, rng: np.random.Generator, where: str) -> Environment:
        """One for "indoor" or "outdoor"."""


def room_lighting(
    rng: np.random.Generator,
    environments: Environments,
    size: Triple,
    lamps: Sequence[Triple],
    windows: Sequence[tuple[Triple, Triple]],
    bounce: Triple,
) -> Lighting:
    """Lamps as spots that shine down."""
    spots = tuple(Spot(lamp, (0.0, 0.0, -1.0), (4.0, 3.8, 3.4)) for lamp in lamps[:3])
    return Lighting(environments.pick(rng, "indoor"), (0.1, 0.1, 0.1), spots, bounce=(bounce, (0.4, 0.4, 0.4)))
