"""Filling a room until it looks lived in: what stands along the walls and hangs on them."""

from __future__ import annotations

from collections.abc import Sequence

from spnet.scenes.layouts import loading
from spnet.scenes.layouts.room import Placed, Room

PIECE = 1.1  # metres of wall that a piece of furniture takes with its surroundings; ours


def line_walls(
    room: Room, kinds: Sequence[str], things: Sequence[str], *, share: tuple[float, float] = (0.6, 1.2), most: int = 7
) -> list[Placed]:
    """Furniture along the walls with things on it.

    Args:
        room: where.
        kinds: of furniture; repeated if likelier.
        things: what stands on low pieces.
        share: range of how much of the walls' length is wanted to be lined.
        most: things on one piece.
    """
    rng = room.rng
    around = sum(wall.length for wall in room.plan.walls)
    wanted = round(around / PIECE * float(rng.uniform(*share)))
    done: list[Placed] = []
    misses = 0
    while wanted > 0 and misses < 6:
        high = min(2.3, room.plan.height - 0.1) if rng.random() < 0.7 else 1.0
        model = room.pick(kinds, (2.2, 0.9, high))
        hangs = model is not None and model.elevation > 0.3
        thing = room.anywhere(model, jitter=0.01, z=model.elevation if hangs and model else 0.0)
        if thing is None:
            misses += 1
            continue
        wanted -= 1 + int(thing.model.size[0] / PIECE)
        done.append(thing)
        if thing.model.size[2] < 1.5 and thing.model.surfaces and not hangs:
            loading.strew(room, thing, things, int(rng.integers(2, most + 1)), limit=0.45)
            if thing.model.kind in ("table", "desk", "bench"):
                loading.below(room, thing)
        elif not hangs:
            loading.on_top(room, thing)
    return done


def messy(room: Room, most: int) -> int:
    """How many things lie about, of `most` in the untidiest of rooms."""
    return round((1 - room.style.tidy) * most * float(room.rng.uniform(0.5, 1.2)))


def cover_walls(room: Room, kinds: Sequence[str], *, share: tuple[float, float] = (0.3, 1.1)) -> None:
    """Pictures and the like, a share of one a metre of wall."""
    around = sum(wall.length for wall in room.plan.walls)
    room.hang(
        kinds, round(around * float(room.rng.uniform(*share))), limit=(1.5, 0.25, min(1.2, room.plan.height - 1.3))
    )
