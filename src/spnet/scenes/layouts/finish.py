"""From a furnished room to a scene: light and facts."""

from __future__ import annotations

from spnet.scenes.environments import Environments
from spnet.scenes.layouts.openings import HOURS
from spnet.scenes.layouts.room import Room
from spnet.scenes.layouts.views import Views
from spnet.scenes.lights import room_lighting
from spnet.scenes.scene import Scene


def finished(room: Room, name: str, environments: Environments, facts: dict[str, str], views: Views) -> Scene:
    """The scene that a furnished room is.

    Args:
        room: everything is in it.
        name: kind of the scene.
        environments: where surrounding light comes from.
        facts: what else was drawn, for the manifest.
        views: proposes views.
    """
    rng = room.rng
    mesh, materials, thing, things, sources = room.builder.finish()
    w, d, h = room.plan.size
    lamps = room.lamps or [(w / 2, d / 2, h - 0.2)]
    bounce = (w * float(rng.uniform(0.3, 0.7)), d * float(rng.uniform(0.3, 0.7)), 0.3 * h)
    lighting = room_lighting(rng, environments, room.plan.size, lamps, room.windows, bounce, HOURS[facts["hour"]])
    about = {"room": name, "style": room.style.name, "tidy": f"{room.style.tidy:.2f}", **facts}
    about["size"] = " x ".join(f"{v:.1f}" for v in room.plan.size)
    return Scene(name, mesh, materials, thing, things, lighting, views, sources, about)
