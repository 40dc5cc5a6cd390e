"""What is taken in a room: upright cuboids, so that furniture keeps apart and cameras stay in the free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from spnet.scenes.layouts.plan import Plan
from spnet.scenes.scene import Triple


@dataclass(frozen=True)
class Block:
    """An upright cuboid, turned about z.

    Attributes:
        x, y: of its middle.
        half_x, half_y: half its extent along its own axes.
        yaw: rotation of those, radians.
        low, high: heights.
        solid: False where there is only room to keep free, e.g. before a door.
    """

    x: float
    y: float
    half_x: float
    half_y: float
    yaw: float = 0.0
    low: float = 0.0
    high: float = 2.0
    solid: bool = True

    @property
    def reach(self) -> float:
        """Radius of the circle about it."""
        return float(np.hypot(self.half_x, self.half_y))

    def corners(self) -> list[tuple[float, float]]:
        """Its four corners on the floor."""
        c, s = float(np.cos(self.yaw)), float(np.sin(self.yaw))
        return [
            (self.x + c * a * self.half_x - s * b * self.half_y, self.y + s * a * self.half_x + c * b * self.half_y)
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]

    def contains(self, point: Triple, margin: float = 0.0) -> bool:
        """Whether a point is in it or nearer than `margin` metres to it."""
        x, y, z = point
        if not self.low - margin < z < self.high + margin:
            return False
        c, s = float(np.cos(self.yaw)), float(np.sin(self.yaw))
        u, v = c * (x - self.x) + s * (y - self.y), -s * (x - self.x) + c * (y - self.y)
        return abs(u) < self.half_x + margin and abs(v) < self.half_y + margin

    def meets(self, other: Block, gap: float = 0.0) -> bool:
        """Whether two blocks overlap, or come nearer than `gap` metres sideways.

        >>> Block(0, 0, 1, 1).meets(Block(1.9, 0, 1, 1)), Block(0, 0, 1, 1).meets(Block(2.1, 0, 1, 1))
        (True, False)
        """
        if self.low >= other.high or other.low >= self.high:
            return False
        x, y = other.x - self.x, other.y - self.y
        if x * x + y * y >= (self.reach + other.reach + gap) ** 2:
            return False
        for one, two in ((self, other), (other, self)):  # no axis of either may part them
            c, s = float(np.cos(one.yaw)), float(np.sin(one.yaw))
            relative = two.yaw - one.yaw
            a, b = abs(float(np.cos(relative))), abs(float(np.sin(relative)))
            if abs(c * x + s * y) >= one.half_x + two.half_x * a + two.half_y * b + gap:
                return False
            if abs(-s * x + c * y) >= one.half_y + two.half_x * b + two.half_y * a + gap:
                return False
        return True


@dataclass
class Space:
    """The taken part of a room."""

    plan: Plan
    blocks: list[Block] = field(default_factory=list)

    def fits(self, block: Block, margin: float = 0.0) -> bool:
        """Whether a block is within walls and ceiling."""
        corners = block.corners()
        if not all(self.plan.inside(x, y, margin) for x, y in corners):
            return False
        x0, y0, x1, y1 = self.plan.notch
        if x1 > x0:
            notch = Block((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2, high=self.plan.height)
            if block.meets(notch):
                return False
        return block.high <= min(self.plan.ceiling(x, y) for x, y in corners) + 1e-6

    def free(self, block: Block, gap: float = 0.0) -> bool:
        """Whether a block touches nothing that is taken."""
        return not any(block.meets(other, gap) for other in self.blocks)

    def take(self, *blocks: Block, gap: float = 0.0) -> bool:
        """Take the blocks of a thing if all are free and in the room."""
        if not all(self.fits(block) and self.free(block, gap) for block in blocks):
            return False
        self.blocks.extend(blocks)
        return True

    def open(self, point: Triple, margin: float) -> bool:
        """Whether a camera could be at a point: in the room, in nothing solid, `margin` metres from all of it."""
        x, y, z = point
        if not self.plan.inside(x, y, margin) or not margin / 2 < z < self.plan.ceiling(x, y) - margin / 2:
            return False
        return not any(block.solid and block.contains(point, margin) for block in self.blocks)

    def clear(self, start: Triple, end: Triple, share: Sequence[float], margin: float = 0.02) -> bool:
        """Whether some points on the way from one point to another are free."""
        a, b = np.asarray(start), np.asarray(end)
        for t in share:
            x, y, z = (a + t * (b - a)).tolist()
            if any(block.solid and block.contains((x, y, z), margin) for block in self.blocks):
                return False
        return True
