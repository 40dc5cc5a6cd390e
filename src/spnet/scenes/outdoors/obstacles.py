"""What stands where, seen from above: oriented rectangles with a lower and an upper end."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


class Obstacles:
    """Rectangles that a camera must not be in, and that block its sight. Circles are kept as squares."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._rows: list[tuple[float, ...]] = []
        self._table: Numbers | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self, x: float, y: float, half_x: float, half_y: float, yaw: float = 0.0, low: float = -1e3, high: float = 1e3
    ) -> None:
        """Add a rectangle about (x, y), turned by `yaw`, from height `low` to `high`."""
        self._rows.append((x, y, half_x, half_y, float(np.cos(yaw)), float(np.sin(yaw)), low, high))
        self._table = None

    def _all(self) -> Numbers:
        if self._table is None:
            self._table = np.array(self._rows, np.float64).reshape(-1, 8)
        return self._table

    def distance(self, points: ArrayLike, height: float | Numbers | None = None) -> Numbers:
        """(n,) metres from (n, 2) points to the nearest rectangle; below 0 inside of one.

        Args:
            points: x and y.
            height: only count what reaches over this height; everything counts unless given.
        """
        p = np.asarray(points, np.float64).reshape(-1, 2)
        table = self._all()
        if not len(table):
            return np.full(len(p), np.inf)
        away = p[:, None] - table[None, :, :2]
        cosine, sine = table[:, 4], table[:, 5]
        u = np.abs(away[..., 0] * cosine + away[..., 1] * sine) - table[:, 2]
        v = np.abs(away[..., 1] * cosine - away[..., 0] * sine) - table[:, 3]
        outside = np.hypot(np.maximum(u, 0), np.maximum(v, 0))
        gap = np.where((u < 0) & (v < 0), np.maximum(u, v), outside)
        if height is not None:
            level = np.asarray(height, np.float64).reshape(-1, 1)
            gap = np.where((table[:, 6] <= level) & (level <= table[:, 7]), gap, np.inf)
        return np.asarray(gap.min(1), np.float64)

    def free(self, x: float, y: float, radius: float) -> bool:
        """Whether a circle touches nothing."""
        return bool(self.distance([(x, y)])[0] > radius)

    def apart(self, x: float, y: float, half_x: float, half_y: float, yaw: float) -> bool:
        """Whether a rectangle touches nothing, tested by separating axes."""
        table = self._all()
        if not len(table):
            return True
        cosine, sine = np.cos(yaw), np.sin(yaw)
        dx, dy = table[:, 0] - x, table[:, 1] - y
        c, s = table[:, 4] * cosine + table[:, 5] * sine, table[:, 5] * cosine - table[:, 4] * sine
        c, s = np.abs(c), np.abs(s)  # of the angle between the two
        own_u, own_v = np.abs(dx * cosine + dy * sine), np.abs(dy * cosine - dx * sine)
        its_u = np.abs(dx * table[:, 4] + dy * table[:, 5])
        its_v = np.abs(dy * table[:, 4] - dx * table[:, 5])
        wide, deep = table[:, 2], table[:, 3]
        separate = (own_u > half_x + wide * c + deep * s) | (own_v > half_y + wide * s + deep * c)
        separate |= (its_u > wide + half_x * c + half_y * s) | (its_v > deep + half_x * s + half_y * c)
        return bool(separate.all())

    def sight(self, eye: ArrayLike, directions: ArrayLike, slopes: ArrayLike, limit: float = 60.0) -> Numbers:
        """(n,) metres that level rays run before they meet a rectangle; sampled, so thin posts may be missed.

        Args:
            eye: x, y, z.
            directions: (n,) angles in the plane, radians.
            slopes: (n,) rise of the rays, metres a metre.
            limit: where they end.
        """
        x, y, z = (float(v) for v in np.asarray(eye, np.float64))
        run = np.geomspace(0.4, limit, 24)
        angle, rise = np.asarray(directions, np.float64)[:, None], np.asarray(slopes, np.float64)[:, None]
        points = np.stack([x + np.cos(angle) * run, y + np.sin(angle) * run], -1)
        height = (z + rise * run).reshape(-1)
        blocked = self.distance(points.reshape(-1, 2), height).reshape(len(angle), -1) < 0
        first = np.where(blocked.any(1), blocked.argmax(1), len(run) - 1)
        return np.asarray(run[first], np.float64)
