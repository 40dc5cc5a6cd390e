"""Light from all sides: procedural skies and interiors, or maps that an asset pack brought.

Skies are scaled so that their light on level ground is about 1 by day. All colours and ranges are ours, set by eye.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from spnet.scenes.renderer.tables import directions
from spnet.scenes.scene import Environment, Floats, Triple
from spnet.scenes.textures.noise import noise, ramp

HEIGHT = 256  # rows of a sky
INDOORS = ("apartment", "lobby", "studio", "warehouse", "interior", "indoor", "room", "office", "hall")  # in map names
BRIGHTEST = 12.0  # of a map from outside, as a multiple of its mean: its sun is a `Sun` of its own

WEATHERS = {"clear": 0.3, "fair": 0.3, "overcast": 0.22, "dusk": 0.13, "night": 0.05}  # how often each is drawn


@dataclass(frozen=True)
class Sky:
    """An environment out of doors with its sun.

    Attributes:
        environment: all but the sun's disc.
        sun: direction of its rays, downwards.
        sunlight: its light on a surface that faces it; zeros where it is hidden.
        weather: one of `WEATHERS`, or the name of the map.
    """

    environment: Environment
    sun: Triple
    sunlight: Triple
    weather: str


class Environments:
    """Where surrounding light comes from."""

    def __init__(self, maps: Mapping[str, Floats] | None = None) -> None:
        """Procedural ones, and maps of an asset pack where there are some.

        Args:
            maps: (h, 2h, 3) linear equirectangular maps, first row up, by name; the name tells which are indoors.
        """
        self._maps = {name: np.asarray(m, np.float32) for name, m in (maps or {}).items()}

    def _of(self, where: str) -> list[str]:
        inside = [name for name in sorted(self._maps) if any(word in name.lower() for word in INDOORS)]
        return inside if where == "indoor" else [name for name in sorted(self._maps) if name not in inside]

    def pick(self, rng: np.random.Generator, where: str) -> Environment:
        """A random environment.

        Args:
            rng: source of randomness.
            where: "indoor" or "outdoor".
        """
        if where == "outdoor":
            return self.sky(rng).environment
        names = self._of("indoor")
        if names and rng.random() < 0.6:
            radiance = _capped(self._maps[names[int(rng.integers(len(names)))]])
        else:
            radiance = interior(rng)
        return Environment(radiance, float(rng.random()), visible=False)

    def sky(self, rng: np.random.Generator, weather: str | None = None) -> Sky:
        """A random sky.

        Args:
            rng: source of randomness.
            weather: one of `WEATHERS`; drawn unless given. Maps are used for drawn weather alone.
        """
        names = self._of("outdoor")
        if weather is None and names and rng.random() < 0.4:
            name = names[int(rng.integers(len(names)))]
            return _sky_of_map(rng, self._maps[name], name)
        if weather is None:
            weather = str(rng.choice(list(WEATHERS), p=list(WEATHERS.values())))
        return procedural_sky(rng, weather)


def _capped(radiance: Floats) -> Floats:
    mean = max(float(radiance.mean()), 1e-3)
    return np.asarray(np.minimum(radiance / mean, BRIGHTEST), np.float32)


def _sky_of_map(rng: np.random.Generator, radiance: Floats, name: str) -> Sky:
    """The map scaled to its upper half's mean; its sun where it is brightest."""
    scaled = radiance / max(float(radiance[: len(radiance) // 2].mean()), 1e-3)
    turn = float(rng.random())
    row, column = np.unravel_index(int(scaled.sum(-1).argmax()), scaled.shape[:2])
    towards = _turned(directions(*scaled.shape[:2])[row, column], turn)
    height = float(np.clip(towards[2], 0.15, 0.95))
    flat = towards[:2] / max(float(np.linalg.norm(towards[:2])), 1e-6) * np.sqrt(1 - height**2)
    peak = float(scaled[row, column].max())
    strength = float(np.clip((peak - 4) / 10, 0.0, 1.0) * rng.uniform(1.2, 3.0))  # a dull map has no sun
    environment = Environment(np.minimum(scaled, BRIGHTEST).astype(np.float32), turn)
    return Sky(environment, _triple(-np.append(flat, height)), _triple(strength * _sun_colour(height)), name)


def _turned(direction: Floats, turn: float) -> Floats:
    """Where a direction of a map points when the map is turned."""
    angle = -2 * np.pi * turn
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * direction[0] - s * direction[1], s * direction[0] + c * direction[1], direction[2]])


def _triple(values: Floats) -> Triple:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _sun_colour(height: float) -> Floats:
    """The lower the sun, the redder: white above 40 degrees, orange at the horizon."""
    warm = float(np.clip(1 - height / 0.65, 0, 1)) ** 1.5
    return np.array([1.0, 0.95 - 0.4 * warm, 0.87 - 0.67 * warm], np.float32)


def procedural_sky(rng: np.random.Generator, weather: str) -> Sky:
    """A sky of one of `WEATHERS` with clouds, above dull ground."""
    low, high, clouded, sunlight = {
        "clear": (0.2, 0.9, (0.0, 0.25), (4.0, 8.0)),
        "fair": (0.2, 0.9, (0.3, 0.65), (2.0, 6.5)),
        "overcast": (0.3, 0.9, (0.9, 1.0), (0.0, 0.25)),
        "dusk": (0.01, 0.18, (0.1, 0.7), (0.15, 1.3)),
        "night": (0.3, 0.8, (0.1, 0.8), (0.0, 0.03)),
    }[weather]
    height = float(rng.uniform(low, high))
    around = rng.uniform(0, 2 * np.pi)
    flat = np.sqrt(1 - height**2)
    towards = np.array([flat * np.cos(around), flat * np.sin(around), height], np.float32)
    above = _clouds(rng, _gradient(rng, weather, towards), towards, float(rng.uniform(*clouded)), weather)
    weight = np.sin(np.linspace(0, np.pi, HEIGHT // 2))[:, None, None]
    light = (above * weight).mean((0, 1)) / weight.mean()
    scale = {"dusk": rng.uniform(0.25, 0.6), "night": 0.02}.get(weather, 1.0) / float(light.mean())
    strength = float(rng.uniform(*sunlight))
    sun = strength * (_sun_colour(height) if weather != "night" else np.array([0.7, 0.8, 1.0], np.float32))
    ground = rng.uniform(0.1, 0.3) * (light * scale + sun * height) * np.array([1.05, 1.0, 0.9], np.float32)
    share = ramp(directions(HEIGHT, 2 * HEIGHT)[HEIGHT // 2 :, :1, 2:], -0.03, 0.0)
    below = above[-1:] * np.float32(scale) * share + ground.astype(np.float32) * (1 - share)
    radiance = np.concatenate([above * np.float32(scale), below])
    return Sky(Environment(radiance.astype(np.float32)), _triple(-towards), _triple(sun), weather)


# Linear colour at the zenith and the horizon, by weather.
TINTS: dict[str, tuple[Triple, Triple]] = {
    "clear": ((0.16, 0.34, 0.85), (0.72, 0.85, 1.0)),
    "fair": ((0.2, 0.38, 0.8), (0.75, 0.85, 0.97)),
    "overcast": ((0.75, 0.79, 0.84), (0.6, 0.63, 0.66)),
    "dusk": ((0.16, 0.24, 0.5), (1.0, 0.6, 0.36)),
    "night": ((0.5, 0.7, 1.2), (1.4, 1.2, 1.0)),
}


def _gradient(rng: np.random.Generator, weather: str, towards: Floats) -> Floats:
    """The sky's half without clouds: zenith to horizon, brighter and warmer around the sun."""
    zenith, horizon = (
        np.asarray(np.asarray(c) * (1 + 0.08 * rng.standard_normal(3)), np.float32) for c in TINTS[weather]
    )
    unit = directions(HEIGHT, 2 * HEIGHT)[: HEIGHT // 2]
    up = np.clip(unit[:, :1, 2:], 0.0, 1.0)
    share = up ** np.float32(rng.uniform(0.35, 0.6))
    colour = horizon + (zenith - horizon) * share
    cosine = np.clip(unit @ towards, -1.0, 1.0)[..., None]
    if weather in ("clear", "fair", "dusk"):
        ahead = np.maximum(cosine, np.float32(1e-3))
        fourth = np.square(np.square(ahead))
        tenth = np.square(fourth) * np.square(ahead)
        glow = 0.25 * fourth + 0.9 * np.square(np.square(tenth)) + 3 * tenth ** np.float32(80)
        colour = colour + glow * _sun_colour(float(towards[2]))
    if weather == "dusk":  # the horizon away from the sun is already blue
        colour = colour * (0.45 + 0.275 * (1 + cosine))
    return np.asarray(colour, np.float32)


def _clouds(rng: np.random.Generator, sky: Floats, towards: Floats, cover: float, weather: str) -> Floats:
    """Clouds on a level sheet above, lit from the sun's side, thinning into the horizon's haze."""
    unit = directions(HEIGHT, 2 * HEIGHT)[: HEIGHT // 2]
    side = 256
    field = noise(rng, side, float(rng.uniform(2.6, 3.4)), (1.0, float(rng.uniform(1, 1.8))))
    place = unit[..., :2] / (unit[..., 2:] + 0.12) * np.float32(rng.uniform(18, 50)) + np.float32(side / 2)

    def sheet(shift: float) -> Floats:
        x, y = (np.moveaxis(place, -1, 0) + shift * towards[:2, None, None]) % side
        i, j = x.astype(np.int32), y.astype(np.int32)
        fx, fy = x - i, y - j
        i2, j2 = (i + 1) % side, (j + 1) % side
        upper = field[j, i] * (1 - fx) + field[j, i2] * fx
        lower = field[j2, i] * (1 - fx) + field[j2, i2] * fx
        return np.asarray(upper * (1 - fy) + lower * fy, np.float32)

    here, sunward = sheet(0.0), sheet(4.0)
    edge = 2.2 - 4.4 * cover  # deviations of the field
    density = ramp(here, edge, edge + rng.uniform(0.6, 1.8))
    relief = np.clip(0.5 + 0.35 * (here - sunward) - 0.12 * np.maximum(here - edge, 0), 0.0, 1.0)[..., None]
    bright = sky.mean() * (1.9 * _sun_colour(float(towards[2])) + 0.1)
    dark = sky.mean((0, 1)) * rng.uniform(0.45, 0.8)
    if weather in ("overcast", "night"):
        bright, dark = sky.mean((0, 1)) * 1.25, sky.mean((0, 1)) * rng.uniform(0.55, 0.8)
    cloud = dark + (bright - dark) * relief
    thin = (density * ramp(unit[..., 2], 0.0, 0.25))[..., None]
    return np.asarray(sky * (1 - thin) + cloud * thin, np.float32)


def interior(rng: np.random.Generator, height: int = 64) -> Floats:
    """(h, 2h, 3) a dim room with bright windows and lamps, of mean about 1: what glossy things reflect.

    Args:
        rng: source of randomness.
        height: rows.
    """
    unit = directions(height, 2 * height)
    half = rng.uniform((1.5, 1.5, 1.0), (4.0, 4.0, 1.5))
    with np.errstate(divide="ignore"):
        reach = half / np.abs(unit)
    axis = reach.argmin(-1)
    hit = unit * reach.min(-1)[..., None]
    tint = np.asarray(rng.uniform(0.35, 0.8) * (1 + 0.12 * rng.standard_normal(3)))
    walls = np.stack([tint * rng.uniform(0.7, 1.1) for _ in range(2)] + [tint * 0.4])
    colour = walls[axis]
    colour[(axis == 2) & (hit[..., 2] > 0)] = rng.uniform(0.7, 0.95)
    for _ in range(int(rng.integers(1, 4))):  # windows
        wall, side = int(rng.integers(0, 2)), rng.choice((-1.0, 1.0))
        middle, wide = rng.uniform(-0.7, 0.7) * half[1 - wall], rng.uniform(0.3, 0.9)
        inside = (axis == wall) & (hit[..., wall] * side > 0) & (np.abs(hit[..., 1 - wall] - middle) < wide)
        inside &= (hit[..., 2] > -0.3) & (hit[..., 2] < 0.8)
        colour[inside] = rng.uniform(3, 10) * np.array([0.85, 0.95, 1.1])
    for _ in range(int(rng.integers(1, 5))):  # lamps at the ceiling
        at = rng.uniform(-0.7, 0.7, 2) * half[:2]
        lamp = (axis == 2) & (hit[..., 2] > 0) & (np.abs(hit[..., :2] - at).max(-1) < rng.uniform(0.1, 0.4))
        colour[lamp] = rng.uniform(4, 12) * np.array([1.0, 0.9, 0.75])
    return np.asarray(colour / colour.mean(), np.float32)


def dimmed(environment: Environment, factor: float) -> Environment:
    """The environment, darker or brighter."""
    return replace(environment, radiance=(environment.radiance * np.float32(factor)).astype(np.float32))
