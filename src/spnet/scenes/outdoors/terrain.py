"""Ground that follows tracks where they run and has hills of its own elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from spnet.scenes import shapes
from spnet.scenes.outdoors.track import Track
from spnet.scenes.scene import Mesh

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Relief:
    """Hills as a sum of waves.

    Attributes:
        waves: (n, 4): amplitude in metres, wave numbers in x and y in rad/m, phase.
        rise: how high the far surroundings stand above the middle, metres.
        distance: where their rise begins, metres from the origin; it takes twice as long to its full height.
    """

    waves: Numbers
    rise: float = 0.0
    distance: float = 120.0

    def height(self, points: Numbers) -> Numbers:
        """(n,) of (n, 2)."""
        a, kx, ky, phase = self.waves.T
        waves = (a * np.sin(points[:, :1] * kx + points[:, 1:] * ky + phase)).sum(-1)
        away = np.hypot(points[:, 0], points[:, 1])
        far = np.clip((away - self.distance) / (2 * self.distance), 0, 1)
        lumps = 0.75 + 0.25 * np.sin(points[:, 0] / 61 + phase[0]) * np.sin(points[:, 1] / 83 + phase[-1])
        return np.asarray(waves + self.rise * far * far * (3 - 2 * far) * lumps, np.float64)


def random_relief(
    rng: np.random.Generator, height: float, length: tuple[float, float] = (40.0, 200.0), rise: float = 0.0
) -> Relief:
    """Waves of random directions.

    Args:
        rng: source of randomness.
        height: about their largest height together, metres.
        length: range of their lengths, metres; short ones are lower.
        rise: of the far surroundings.
    """
    size = np.exp(rng.uniform(float(np.log(length[0])), float(np.log(length[1])), 7))
    angle, number = rng.uniform(0, 2 * np.pi, 7), 2 * np.pi / size
    amplitude = height * size / size.sum()
    waves = np.stack([amplitude, number * np.cos(angle), number * np.sin(angle), rng.uniform(0, 2 * np.pi, 7)], -1)
    return Relief(waves, rise, float(rng.uniform(70, 160)))


@dataclass
class Terrain:
    """The height of the ground everywhere.

    Attributes:
        relief: away from tracks.
        tracks: each with the half-width over which the ground is the track's, to its left and its right, metres.
        blend: metres over which the ground passes from the track's height to the relief's.
    """

    relief: Relief
    tracks: list[tuple[Track, float, float]] = field(default_factory=list)
    blend: float = 25.0

    @cached_property
    def _stations(self) -> tuple[cKDTree, Numbers]:
        """Tree of all stations, and x, y, z, heading, slope, left and right half-width of each."""
        rows = [
            np.column_stack([t.points, t.angle, t.slope, np.full(len(t.s), left), np.full(len(t.s), right)])
            for t, left, right in self.tracks
        ]
        table = np.concatenate(rows)
        return cKDTree(table[:, :2]), table

    def nearest(self, points: ArrayLike) -> tuple[Numbers, Numbers]:
        """Metres beyond the edge of the nearest track (below 0 on it), and the track's height there; (n,) each."""
        p = np.asarray(points, np.float64).reshape(-1, 2)
        if not self.tracks:
            return np.full(len(p), np.inf), np.zeros(len(p))
        tree, table = self._stations
        near = table[tree.query(p)[1]]
        away = p - near[:, :2]
        cosine, sine = np.cos(near[:, 3]), np.sin(near[:, 3])
        along = away[:, 0] * cosine + away[:, 1] * sine
        right = away[:, 0] * sine - away[:, 1] * cosine
        past = np.abs(along) - 1.0  # beyond the end of a track
        beyond = np.where(past > 0, past, -np.inf)
        gap = np.maximum(np.maximum(right - near[:, 6], -right - near[:, 5]), beyond)
        return gap, near[:, 2] + near[:, 4] * np.clip(along, -2, 2)

    def height(self, points: ArrayLike) -> Numbers:
        """(n,) metres of (n, 2) points."""
        p = np.asarray(points, np.float64).reshape(-1, 2)
        gap, level = self.nearest(p)
        share = np.clip(gap / self.blend, 0, 1)
        share = share * share * (3 - 2 * share)
        return np.asarray((1 - share) * level + share * self.relief.height(p), np.float64)

    def at(self, x: float, y: float) -> float:
        """Height of one point."""
        return float(self.height([(x, y)])[0])

    def mesh(self, x: Numbers, y: Numbers, sink: float = 0.0, within: float = 0.0) -> Mesh:
        """The ground over a lattice.

        Args:
            x, y: its coordinates.
            sink: how much lower it lies where other surfaces cover it.
            within: metres beyond the tracks' edges that are covered.
        """
        points = np.stack(np.meshgrid(x, y, indexing="ij"), -1)
        flat = points.reshape(-1, 2)
        height = self.height(flat)
        if sink:
            gap, _ = self.nearest(flat)
            wide = np.maximum(*np.broadcast_arrays(np.gradient(x)[:, None], np.gradient(y)[None])).reshape(-1)
            coarse = np.maximum(wide - 3.0, 0.0)  # a wide cell cuts through what its corners know nothing of
            height = height - (sink + 0.12 * coarse) * np.clip((within + coarse - gap) / (3 + coarse), 0, 1)
        z = height.reshape(points.shape[:2])
        return shapes.grid(np.concatenate([points, z[..., None]], -1), uv=points)


def spaced(near: float, step: float, far: float, growth: float = 1.18) -> Numbers:
    """Coordinates from -far to far: `step` apart up to `near`, then ever wider."""
    inner = np.arange(0.0, near + step / 2, step)
    outer = [float(inner[-1])]
    while outer[-1] < far:
        step *= growth
        outer.append(outer[-1] + step)
    half = np.concatenate([inner, outer[1:]])
    return np.concatenate([-half[:0:-1], half])
