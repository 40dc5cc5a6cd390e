"""The plan of a room: its outline, its walls with their own coordinates, and the height of its ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spnet.scenes.scene import Mesh, Triple
from spnet.scenes.shapes import Matrix, turn

Rectangle = tuple[float, float, float, float]  # x0, y0, x1, y1


@dataclass(frozen=True)
class Wall:
    """A straight wall; the room lies to the left of the way from `start` to `end`.

    Its own coordinates are u along the wall from `start`, v into the room, z up.
    """

    start: tuple[float, float]
    end: tuple[float, float]

    @cached_property
    def length(self) -> float:
        """Metres."""
        return float(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]))

    @cached_property
    def yaw(self) -> float:
        """Direction of u, radians."""
        return float(np.arctan2(self.end[1] - self.start[1], self.end[0] - self.start[0]))

    @property
    def facing(self) -> float:
        """Yaw of a model that stands with its back to the wall."""
        return self.yaw + np.pi

    @cached_property
    def inward(self) -> tuple[float, float]:
        """Unit vector into the room."""
        return -float(np.sin(self.yaw)), float(np.cos(self.yaw))

    @cached_property
    def rotation(self) -> Matrix:
        """(3, 3) from (u, v, z) to the world, without `start`."""
        return turn(self.yaw)

    def point(self, u: float, v: float, z: float) -> Triple:
        """A point in the world."""
        c, s = float(np.cos(self.yaw)), float(np.sin(self.yaw))
        return self.start[0] + c * u - s * v, self.start[1] + s * u + c * v, z

    def placed(self, mesh: Mesh) -> Mesh:
        """A mesh in the wall's coordinates, in the world."""
        return mesh.moved(self.rotation, (*self.start, 0.0))


@dataclass(frozen=True)
class Slope:
    """A roof that comes down to a wall: from `knee` metres at the wall to the ceiling, `run` metres into the room."""

    wall: int
    knee: float
    run: float


@dataclass(frozen=True)
class Plan:
    """A room [0, width] x [0, depth] x [0, height], perhaps without a rectangle at its rim.

    Attributes:
        width, depth, height: metres.
        notch: what is cut off: a corner of an L-shaped room, a shaft, a chimney breast; none is all zeros.
        slopes: roofs.
    """

    width: float
    depth: float
    height: float
    notch: Rectangle = (0.0, 0.0, 0.0, 0.0)
    slopes: tuple[Slope, ...] = ()

    @property
    def size(self) -> Triple:
        """Extent in x, y, z."""
        return self.width, self.depth, self.height

    @cached_property
    def outline(self) -> tuple[tuple[float, float], ...]:
        """Corners of the floor, counter-clockwise."""
        w, d = self.width, self.depth
        x0, y0, x1, y1 = self.notch
        if x1 <= x0:
            return (0.0, 0.0), (w, 0.0), (w, d), (0.0, d)
        touches = (y0 <= 0, x1 >= w, y1 >= d, x0 <= 0)  # of the walls y = 0, x = w, y = d, x = 0
        corners = ((0.0, 0.0), (w, 0.0), (w, d), (0.0, d))
        # walking round the room, what replaces each corner, and what comes in the middle of the wall after it
        inner = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        points: list[tuple[float, float]] = []
        for k in range(4):
            before, after = touches[k - 1], touches[k]
            if before and after:
                points += [inner[(k + 3) % 4], inner[(k + 2) % 4], inner[(k + 1) % 4]]
                continue
            points.append(corners[k])
            if after and not touches[k - 1] and not touches[(k + 1) % 4]:
                points += [inner[k], inner[(k + 3) % 4], inner[(k + 2) % 4], inner[(k + 1) % 4]]
        return tuple(points)

    @cached_property
    def walls(self) -> tuple[Wall, ...]:
        """All walls in turn."""
        rim = self.outline
        return tuple(Wall(a, b) for a, b in zip(rim, (*rim[1:], rim[0]), strict=True))

    def inside(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Whether a point is in the room, at least `margin` metres from its walls."""
        if not (margin <= x <= self.width - margin and margin <= y <= self.depth - margin):
            return False
        x0, y0, x1, y1 = self.notch
        return x1 <= x0 or not (x0 - margin < x < x1 + margin and y0 - margin < y < y1 + margin)

    def ceiling(self, x: float, y: float) -> float:
        """Height of the ceiling above a point."""
        height = self.height
        for slope in self.slopes:
            wall = self.walls[slope.wall]
            away = (x - wall.start[0]) * wall.inward[0] + (y - wall.start[1]) * wall.inward[1]
            height = min(height, slope.knee + (self.height - slope.knee) * away / slope.run)
        return height
