"""The centre line of a road or path, and coordinates along it and across it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spnet.scenes.scene import Triple

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Track:
    """A curve with a station every `step` metres; s runs along it, t to its right, both in metres.

    Attributes:
        s: (n,) stations.
        points: (n, 3).
        angle: (n,) heading in the plane, radians from x.
    """

    s: Numbers
    points: Numbers
    angle: Numbers

    def at(self, s: ArrayLike, t: ArrayLike = 0.0, up: ArrayLike = 0.0) -> Numbers:
        """(..., 3) world points; s, t and up broadcast."""
        s, t, up = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in (s, t, up)))
        x, y, z = (np.interp(s, self.s, self.points[:, k]) for k in range(3))
        angle = np.interp(s, self.s, self.angle)
        return np.stack([x + t * np.sin(angle), y - t * np.cos(angle), z + up], -1)

    def spot(self, s: float, t: float = 0.0, up: float = 0.0) -> Triple:
        """One world point."""
        x, y, z = self.at(s, t, up).tolist()
        return x, y, z

    def heading(self, s: float) -> float:
        """Direction of the track at a station, radians from x."""
        return float(np.interp(s, self.s, self.angle))

    @property
    def slope(self) -> Numbers:
        """(n,) rise, metres a metre."""
        return np.gradient(self.points[:, 2], self.s)


def drawn(
    rng: np.random.Generator,
    back: float,
    ahead: float,
    *,
    bend: float = 0.0,
    hill: float = 0.0,
    start: Triple = (0.0, 0.0, 0.0),
    heading: float = np.pi / 2,
    step: float = 1.0,
) -> Track:
    """A random smooth track through `start` at s = 0.

    Args:
        rng: source of randomness.
        back, ahead: its length before and after the start, metres.
        bend: largest curvature, 1/m.
        hill: largest slope, metres a metre.
        start: where s = 0 lies.
        heading: direction there.
        step: distance of its stations.
    """
    s = np.arange(-back, ahead + step / 2, step)
    waves = rng.uniform(0.3, 1.0, 2)
    phase = rng.uniform(0, 2 * np.pi, 4)
    length = rng.uniform(60, 220, 4)
    curvature = bend * np.mean(waves[:, None] * np.sin(2 * np.pi * s / length[:2, None] + phase[:2, None]), 0)
    slope = hill * np.mean(np.sin(2 * np.pi * s / (1.5 * length[2:, None]) + phase[2:, None]), 0)
    angle = heading + _integral(curvature, s)
    x = start[0] + _integral(np.cos(angle), s)
    y = start[1] + _integral(np.sin(angle), s)
    z = start[2] + _integral(slope, s)
    return Track(s, np.stack([x, y, z], -1), angle)


def _integral(values: Numbers, s: Numbers) -> Numbers:
    """Of values over s (trapezia), 0 at s = 0."""
    total = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2 * np.diff(s))])
    return np.asarray(total - np.interp(0.0, s, total), np.float64)
