"""People in rooms: they stand about, or sit where there is a seat."""

from __future__ import annotations

from spnet.scenes.layouts.room import Placed, Room
from spnet.scenes.layouts.space import Block
from spnet.scenes.scene import Model

SEATS = ("chair", "office_chair", "armchair", "sofa", "bench", "stool")
SEAT_OF_HEIGHT = 0.32  # height of the underside of a sitting figure's thighs, as a share of its whole height; measured
BODY = 0.17  # half the width of a trunk, metres; ours


def people(room: Room, share: float, most: int = 2) -> None:
    """With this probability, up to `most` people."""
    rng = room.rng
    if rng.random() > share:
        return
    seats = [thing for thing in room.placed if thing.model.kind in SEATS and thing.model.surfaces and thing.at[2] < 0.1]
    for _ in range(int(rng.integers(1, most + 1))):
        model = room.pick("person", (1.3, 1.3, min(2.0, room.plan.height - 0.05)))
        if model is None:
            return
        if "sitting" not in model.name:
            room.loose(model, gap=0.1, margin=0.3)
        elif seats:
            _sit(room, model, seats.pop(int(rng.integers(0, len(seats)))))


def _sit(room: Room, model: Model, seat: Placed) -> None:
    """Somebody on a seat, if nothing is where the trunk comes."""
    height = min(z for z, _, _ in seat.model.surfaces)
    lift = height - SEAT_OF_HEIGHT * model.size[2]
    if not -0.02 < lift < 0.12:
        return
    x, y, _ = seat.point(0.0, 0.0, 0.0)
    body = Block(x, y, BODY, BODY, seat.yaw, seat.at[2] + height + 0.05, seat.at[2] + lift + model.size[2])
    if any(body.meets(other) for other in room.space.blocks if other.solid and other not in seat.blocks):
        return
    # the figure is centred between its back and its toes
    at = seat.point(0.0, 0.18 - model.size[1] / 2, max(lift, 0.0))
    room.put(model, at, seat.yaw)
    room.space.blocks.append(body)
