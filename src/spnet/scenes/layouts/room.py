"""A room under construction: things placed against walls, in groups and on top of each other, never in each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from spnet.scenes.builder import Builder
from spnet.scenes.layouts.plan import Plan, Wall
from spnet.scenes.layouts.space import Block, Space
from spnet.scenes.layouts.style import Style
from spnet.scenes.models import Stock
from spnet.scenes.scene import Material, Mesh, Model, Triple
from spnet.scenes.shapes import tilt, turn

Limit = float | Triple | None
TRIES = 8  # places tried for one thing before it is left out; ours
ON_LEGS = frozenset(("table", "desk"))  # there is room below
CHAIRS = frozenset(("chair", "office_chair"))  # their seats go below a table
UNDER, SEAT = 0.72, 0.5  # free share of a table's height below its top; height of seats in metres; ours
GAP = 0.012  # metres between a thing's back and the wall; ours


@dataclass(frozen=True)
class Placed:
    """A model that stands somewhere.

    Attributes:
        model: what.
        at: where its lowest middle is.
        yaw: how it is turned, radians.
    """

    model: Model
    at: Triple
    yaw: float

    @property
    def middle(self) -> Triple:
        """The middle of its bounding cuboid."""
        return self.at[0], self.at[1], self.at[2] + self.model.size[2] / 2

    def point(self, x: float, y: float, z: float) -> Triple:
        """A point of its own coordinates in the world."""
        c, s = float(np.cos(self.yaw)), float(np.sin(self.yaw))
        return self.at[0] + c * x - s * y, self.at[1] + s * x + c * y, self.at[2] + z

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The room that it takes: a table's top without the room below, a chair's seat and back."""
        (w, d, h), (x, y, z) = self.model.size, self.at
        if self.model.kind in ON_LEGS:
            return (Block(x, y, w / 2, d / 2, self.yaw, z + UNDER * h, z + h),)
        if self.model.kind in CHAIRS:
            back = self.point(0.0, 0.3 * d, 0.0)
            seat = Block(x, y, w / 2, d / 2, self.yaw, z, z + min(SEAT, 0.8 * h))
            return seat, Block(back[0], back[1], w / 2, 0.2 * d, self.yaw, z + min(SEAT, 0.8 * h), z + h)
        return (Block(x, y, w / 2, d / 2, self.yaw, z, z + h),)


@dataclass
class Room:
    """What a layout works on.

    Attributes:
        rng: source of all randomness.
        stock: where models come from.
        style: how all looks.
        plan: outline and height.
        builder: collects the meshes.
        space: what is taken.
        placed: everything placed so far, in order.
        lamps: where light comes from.
        windows: middle and inward normal of each.
        targets: further points worth looking at, of things that were made in place.
        sills: of windows, where small things stand.
        budget: triangles that the scene may still take.
    """

    rng: np.random.Generator
    stock: Stock
    style: Style
    plan: Plan
    builder: Builder = field(default_factory=Builder)
    space: Space = field(init=False)
    placed: list[Placed] = field(default_factory=list)
    lamps: list[Triple] = field(default_factory=list)
    windows: list[tuple[Triple, Triple]] = field(default_factory=list)
    targets: list[Triple] = field(default_factory=list)
    sills: list[Placed] = field(default_factory=list)
    budget: int = 220_000

    def __post_init__(self) -> None:
        """An empty room."""
        self.space = Space(self.plan)

    def has(self, kind: str) -> bool:
        """Whether there are models of a kind."""
        return kind in self.stock.kinds

    def pick(self, kinds: str | Sequence[str], limit: Limit = None) -> Model | None:
        """A random model of one of some kinds that there are; None if there are none or the scene is full."""
        names = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if self.has(kind)]
        if not names or self.budget <= 0:
            return None
        model = self.stock.pick(self.rng, names[int(self.rng.integers(0, len(names)))], limit)
        return model if len(model.mesh) <= self.budget else None

    def build(self, mesh: Mesh, materials: Material | Sequence[Material], thing: str = "") -> None:
        """Add a part of the building, or a thing made here."""
        self.builder.add(mesh, materials, thing=thing)
        self.budget -= len(mesh)

    def put(self, model: Model, at: Triple, yaw: float = 0.0) -> Placed:
        """Place a model without asking whether there is room.

        Args:
            model: what.
            at: where its lowest middle comes to stand.
            yaw: rotation, radians.
        """
        colours = self.style.recoloured(self.rng, self.stock.textures, model)
        self.builder.place(model, at, yaw, recolour=colours)
        self.budget -= len(model.mesh)
        done = Placed(model, at, yaw)
        self.placed.append(done)
        return done

    def tilted(self, model: Model, at: Triple, yaw: float, lean: float) -> Placed:
        """Place a model that leans back by `lean` radians; `at` is where its lowest middle would be upright."""
        matrix = turn(yaw) @ tilt(-lean)
        mesh = model.mesh.moved(matrix, at)
        low = float(mesh.corners[..., 2].min())
        colours = self.style.recoloured(self.rng, self.stock.textures, model)
        materials = [colours.get(k, material) for k, material in enumerate(model.materials)]
        self.build(mesh.moved(np.eye(3), (0, 0, at[2] - low)), materials, model.name)
        done = Placed(model, at, yaw)
        self.placed.append(done)
        return done

    def stand(
        self, model: Model | None, x: float, y: float, yaw: float = 0.0, *, z: float = 0.0, gap: float = 0.0
    ) -> Placed | None:
        """Place a model if its place is free, and take the place."""
        if model is None:
            return None
        blocks = Placed(model, (x, y, z), yaw).blocks
        return self.put(model, (x, y, z), yaw) if self.space.take(*blocks, gap=gap) else None

    def against(
        self,
        wall: Wall,
        model: Model | None,
        *,
        u: float | None = None,
        z: float = 0.0,
        away: float = GAP,
        jitter: float = 0.0,
        gap: float = 0.0,
    ) -> Placed | None:
        """Place a model with its back to a wall.

        Args:
            wall: which.
            model: what; None places nothing.
            u: where along the wall its middle comes; at random unless given.
            z: how high.
            away: between its back and the wall, metres.
            jitter: deviation of its yaw, radians.
            gap: to other things, metres.

        Returns:
            The thing, or None if no place was free.
        """
        if model is None:
            return None
        half, deep = model.size[0] / 2, model.size[1] / 2
        if 2 * half > wall.length:
            return None
        for _ in range(1 if u is not None else TRIES):
            along = float(self.rng.uniform(half, wall.length - half)) if u is None else u
            turned = float(self.rng.normal(0, jitter)) if jitter else 0.0
            extra = half * abs(float(np.sin(turned)))
            x, y, _ = wall.point(along, deep + away + extra, 0)
            done = self.stand(model, x, y, wall.facing + turned, z=z, gap=gap)
            if done is not None:
                return done
        return None

    def anywhere(self, model: Model | None, *, walls: Sequence[Wall] = (), **options: float) -> Placed | None:
        """Place a model against any wall that has room; see `against` for the options."""
        if model is None:
            return None
        order = list(walls or self.plan.walls)
        for k in self.rng.permutation(len(order)):
            done = self.against(order[int(k)], model, **options)
            if done is not None:
                return done
        return None

    def loose(
        self, model: Model | None, *, yaw: float | None = None, gap: float = 0.02, margin: float = 0.15
    ) -> Placed | None:
        """Place a model on the floor wherever there is room."""
        if model is None:
            return None
        for _ in range(TRIES):
            x = float(self.rng.uniform(margin, self.plan.width - margin))
            y = float(self.rng.uniform(margin, self.plan.depth - margin))
            done = self.stand(model, x, y, float(self.rng.uniform(0, 2 * np.pi)) if yaw is None else yaw, gap=gap)
            if done is not None:
                return done
        return None

    def reserve(self, wall: Wall, u: float, half: float, reach: float, low: float = 0.0, high: float = 2.1) -> None:
        """Keep a cuboid before a wall free of things, e.g. before a door or a window."""
        x, y, _ = wall.point(u, reach / 2, 0)
        self.space.blocks.append(Block(x, y, half, reach / 2, wall.yaw, low, high, solid=False))

    def row(
        self, wall: Wall, models: Sequence[Model | None], start: float, *, gap: float = 0.0, z: float = 0.0
    ) -> list[Placed]:
        """Models side by side along a wall, as far as they fit.

        Args:
            wall: which.
            models: from left to right as seen from the wall, that is along its u.
            start: where the first begins, metres.
            gap: between them.
            z: how high.
        """
        done: list[Placed] = []
        for model in models:
            if model is None:
                continue
            wide = model.size[0]
            if start + wide > wall.length:
                break
            thing = self.against(wall, model, u=start + wide / 2, z=z)
            if thing is not None:
                done.append(thing)
            start += wide + gap
        return done

    def hang(self, kinds: str | Sequence[str], count: int, *, limit: Limit = None) -> list[Placed]:
        """Things on the walls at the heights where they usually hang."""
        done: list[Placed] = []
        for _ in range(count):
            model = self.pick(kinds, limit)
            if model is None:
                return done
            z = model.elevation or float(self.rng.uniform(1.1, 1.6))
            z = min(z, self.plan.height - model.size[2] - 0.08)
            thing = self.anywhere(model, z=z, away=0.003) if z > 0.2 else None
            if thing is not None:
                done.append(thing)
        return done

    def lay_rug(self, x: float, y: float, yaw: float = 0.0, limit: float = 2.6) -> None:
        """A rug under what stands there, if it fits between the walls."""
        model = self.pick("rug", (limit, limit, 0.05))
        if model is None:
            return
        w, d, h = model.size
        if self.space.fits(Block(x, y, w / 2, d / 2, yaw, 0.0, h)):
            self.put(model, (x, y, 0.0), yaw)
