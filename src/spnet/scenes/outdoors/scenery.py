"""From a site to a `Scene`: light, views, facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spnet.scenes.environments import Environments
from spnet.scenes.lights import outdoor_lighting
from spnet.scenes.outdoors.site import Site
from spnet.scenes.outdoors.views import Stand, looker
from spnet.scenes.scene import Scene

WEATHER = {"clear": 0.46, "fair": 0.26, "overcast": 0.17, "dusk": 0.09, "night": 0.02}  # as pictures are taken; ours
SEASONS = ("spring", "summer", "summer", "summer", "autumn")


def season(rng: np.random.Generator) -> str:
    """A season; summer is the likeliest."""
    return str(rng.choice(SEASONS))


def finished(
    site: Site,
    kind: str,
    environments: Environments,
    stands: Sequence[Stand],
    facts: dict[str, str],
    centre: tuple[float, float] = (0.0, 0.0),
    radius: float = 40.0,
) -> Scene:
    """The scene that a site has become.

    Args:
        site: its ground and things.
        kind: the layout's name.
        environments: where skies come from.
        stands: kinds of cameras.
        facts: what was drawn, for the manifest.
        centre: x and y about which the sun throws shadows.
        radius: up to how far, metres.
    """
    mesh, materials, thing, things, sources = site.builder.finish()
    middle = (*centre, site.terrain.at(*centre))
    weather = None  # any sky, also one of the asset pack's
    if chance(site.rng, 0.65):
        weather = str(site.rng.choice(list(WEATHER), p=list(WEATHER.values())))
    lighting = outdoor_lighting(site.rng, environments, middle, radius, weather)
    if chance(site.rng, 0.4):
        lighting = replace(lighting, fog=(0.0, 0.0, 0.0, 0.0))
    facts = {**facts, "weather": weather or "any"}
    propose = looker(site, stands)
    return Scene(kind, mesh, materials, thing, things, lighting, propose, sources, facts)


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A uniform random number."""
    return float(rng.uniform(low, high))


def chance(rng: np.random.Generator, share: float) -> bool:
    """True with this probability."""
    return bool(rng.random() < share)
