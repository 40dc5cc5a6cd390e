"""Light of whole scenes: which lamps are on, where the sun stands, how hazy it is. All ranges are ours, set by eye.

A lamp's colour is the light that it throws on a surface one metre away, 1 being what makes a white surface look white.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spnet.scenes.environments import Environments, dimmed
from spnet.scenes.scene import Floats, Lighting, Spot, Sun, Triple
from spnet.types import AnyArray

LAMPS = 4  # that throw shadows in one room; the others only brighten it
PORTALS = 2  # windows whose light throws shadows


def warmth(kelvin: float) -> Floats:
    """Linear colour of a black body, its brightest channel 1; after Helland's fit, 2012, for 2000 to 12000 K."""
    t = np.clip(kelvin, 1500, 15000) / 100
    red = 1.0 if t <= 66 else 1.293 * (t - 60) ** -0.1332
    green = 0.3901 * np.log(t) - 0.6318 if t <= 66 else 1.1299 * (t - 60) ** -0.0755
    blue = 1.0 if t >= 66 else 0.5432 * np.log(max(t - 10, 1.0)) - 1.1963
    colour = np.clip([red, green, blue], 0.02, 1.0) ** 2.2
    return np.asarray(colour / colour.max(), np.float32)


def room_lighting(
    rng: np.random.Generator,
    environments: Environments,
    size: Triple,
    lamps: Sequence[Triple],
    windows: Sequence[tuple[Triple, Triple]],
    bounce: Triple,
    daylight: float = 1.5,
) -> Lighting:
    """Light of a room.

    Args:
        rng: source of randomness.
        environments: where surrounding light comes from.
        size: of the room, which lies from the origin to here; metres.
        lamps: where light comes from.
        windows: centre and inward normal of each.
        bounce: where the first reflected light seems to come from.
        daylight: brightness of what is outside; 0 at night.
    """
    day = bool(windows) and daylight > 0.2
    lit = bool(lamps) and (not day or rng.random() < 0.55)
    spots: list[Spot] = []
    total = np.zeros(3)
    if lit:
        spots += _lamps(rng, size, lamps)
    if day:
        spots += _portals(rng, windows, daylight)
    if not spots:  # light from another room
        middle = (size[0] * float(rng.uniform(0.3, 0.7)), size[1] * float(rng.uniform(0.3, 0.7)), size[2] - 0.1)
        spots = _lamps(rng, size, [middle])
    for spot in spots:
        total += np.asarray(spot.colour)
    area = size[0] * size[1] + size[2] * (size[0] + size[1])
    mean = total / area  # about what a mean surface of the room receives
    ambient = _triple(mean * rng.uniform(0.02, 0.1))  # light from nowhere, to be seen where no bounce gets
    soft = _triple(total * rng.uniform(0.06, 0.14))
    sun = _window_sun(rng, size, windows, daylight) if day and daylight > 1 and rng.random() < 0.45 else None
    environment = dimmed(environments.pick(rng, "indoor"), float(mean.mean()) * float(rng.uniform(0.4, 0.8)))
    return Lighting(environment, ambient, tuple(spots), sun, (bounce, soft))


def _lamps(rng: np.random.Generator, size: Triple, lamps: Sequence[Triple]) -> list[Spot]:
    """Spots for lamps, those first that stand far from one another; together they light the floor."""
    order = [int(rng.integers(len(lamps)))]
    points = np.asarray(lamps, np.float64)
    while len(order) < min(LAMPS, len(lamps)):
        away = np.linalg.norm(points[:, None] - points[order], axis=-1).min(1)
        order.append(int(away.argmax()))
    colour = warmth(float(rng.uniform(2600, 5500)))
    floor = size[0] * size[1]
    strength = float(np.clip(floor * rng.uniform(0.25, 0.5), 2.0, 14.0)) / len(order) ** 0.8
    spots = []
    for k in order:
        x, y, z = lamps[k]
        down = (float(rng.normal(0, 0.03)), float(rng.normal(0, 0.03)), -1.0)
        each = _triple(colour * strength * float(rng.uniform(0.75, 1.25)))
        spots.append(Spot((x, y, z - 0.03), down, each, 0.02, float(rng.uniform(0.004, 0.014))))
    return spots


def _portals(rng: np.random.Generator, windows: Sequence[tuple[Triple, Triple]], daylight: float) -> list[Spot]:
    """Skylight that falls in through windows: wide, soft, bluish, downwards."""
    cool = warmth(float(rng.uniform(6000, 9500)))
    spots = []
    for k in rng.permutation(len(windows))[:PORTALS]:
        centre, inward = (np.asarray(v, np.float64) for v in windows[int(k)])
        direction = inward + np.array([0.0, 0.0, -0.35])
        strength = daylight * float(rng.uniform(0.9, 1.8))
        spots.append(Spot(_triple(centre - 0.15 * inward), _triple(direction), _triple(cool * strength), 0.05, 0.02))
    return spots


def _window_sun(
    rng: np.random.Generator, size: Triple, windows: Sequence[tuple[Triple, Triple]], daylight: float
) -> Sun:
    """Sun that falls in through one of the windows."""
    _, inward = windows[int(rng.integers(len(windows)))]
    height = float(rng.uniform(0.25, 1.2))
    aside = np.cross(inward, (0.0, 0.0, 1.0)) * rng.normal(0, 0.5)
    direction = np.asarray(inward) + aside - np.array([0.0, 0.0, height])
    strength = daylight * float(rng.uniform(1.0, 2.5))
    centre = (size[0] / 2, size[1] / 2, size[2] / 2)
    radius = float(np.linalg.norm(size)) / 2 + 0.5
    return Sun(_triple(direction), _triple(warmth(float(rng.uniform(3800, 5600))) * strength), centre, radius, 0.002)


def outdoor_lighting(
    rng: np.random.Generator,
    environments: Environments,
    centre: Triple = (0.0, 0.0, 0.0),
    radius: float = 40.0,
    weather: str | None = None,
) -> Lighting:
    """Light out of doors.

    Args:
        rng: source of randomness.
        environments: where skies come from.
        centre, radius: part of the scene where shadows matter, metres.
        weather: one of `environments.WEATHERS`; drawn unless given.
    """
    sky = environments.sky(rng, weather)
    sun = None
    if max(sky.sunlight) > 0:
        sun = Sun(sky.sun, sky.sunlight, centre, radius, float(rng.uniform(0.0008, 0.0016)))
    fog = (0.0, 0.0, 0.0, 0.0)
    if rng.random() < 0.35:
        half = sky.environment.radiance.shape[0] // 2
        r, g, b = _triple(sky.environment.radiance[half - 12 : half].mean((0, 1)))
        fog = (r, g, b, float(np.exp(rng.uniform(np.log(0.0004), np.log(0.012)))))
    return Lighting(sky.environment, sun=sun, fog=fog)


def _triple(values: AnyArray) -> Triple:
    x, y, z = (float(v) for v in values)
    return x, y, z
