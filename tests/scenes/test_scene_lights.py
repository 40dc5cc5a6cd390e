"""Skies, interiors, and the light of rooms and of the open air."""

from __future__ import annotations

import numpy as np
import pytest

from spnet.scenes.environments import INDOORS, WEATHERS, Environments, procedural_sky
from spnet.scenes.lights import LAMPS, PORTALS, outdoor_lighting, room_lighting, warmth
from spnet.scenes.renderer.tables import directions, harmonics, unfolded
from spnet.scenes.scene import Environment

ROOM = (5.0, 4.0, 2.6)


@pytest.mark.parametrize("weather", WEATHERS)
def test_skies_shine_from_above_and_have_their_sun(weather: str) -> None:
    for seed in range(4):
        sky = procedural_sky(np.random.default_rng(seed), weather)
        radiance = sky.environment.radiance
        half = len(radiance) // 2
        assert radiance.shape == (2 * half, 4 * half, 3)
        assert np.isfinite(radiance).all()
        assert radiance.min() >= 0
        assert sky.environment.visible
        assert radiance[:half].mean() > radiance[half:].mean() or weather in ("clear", "fair", "dusk")
        assert np.linalg.norm(sky.sun) == pytest.approx(1, abs=1e-4)
        assert sky.sun[2] < 0, "the sun shines down"
        assert min(sky.sunlight) >= 0
    assert radiance.mean() < 0.1 if weather == "night" else radiance.mean() > 0.1


def test_low_suns_are_redder_and_dull_skies_have_none() -> None:
    def mean_sun(weather: str) -> np.ndarray:
        return np.mean([procedural_sky(np.random.default_rng(s), weather).sunlight for s in range(8)], 0)

    clear, dusk, overcast = mean_sun("clear"), mean_sun("dusk"), mean_sun("overcast")
    assert dusk[2] / dusk[0] < 0.8 * clear[2] / clear[0]
    assert overcast.max() < 0.1 * clear.min()


def test_maps_of_a_pack_are_told_apart_and_their_sun_is_found() -> None:
    outside = np.full((32, 64, 3), 0.5, np.float32)
    outside[8, 40] = 500.0  # 47.8 degrees above the horizon
    environments = Environments({"a meadow": outside, "some lobby": np.full((32, 64, 3), 2.0, np.float32)})
    rng = np.random.default_rng(0)
    skies = [sky for sky in (environments.sky(rng) for _ in range(30)) if sky.weather == "a meadow"]
    assert 4 < len(skies) < 24
    for sky in skies:
        towards = directions(32, 64)[8, 40]
        angle = -2 * np.pi * sky.environment.turn
        c, s = np.cos(angle), np.sin(angle)
        turned = (c * towards[0] - s * towards[1], s * towards[0] + c * towards[1], towards[2])
        assert -np.asarray(sky.sun) == pytest.approx(turned, abs=1e-3)
        assert max(sky.sunlight) > 0.5
        assert sky.environment.radiance.max() <= 12, "the disc itself is a light of its own"
    inside = [environments.pick(rng, "indoor") for _ in range(40)]
    assert not any(one.visible for one in inside)
    assert 10 < sum(one.radiance.shape == (32, 64, 3) for one in inside) < 35
    assert "lobby" in INDOORS


def test_rooms_are_lit_by_lamps_windows_or_both() -> None:
    environments = Environments()
    lamps = [(x, y, 2.5) for x in (1.0, 2.5, 4.0) for y in (1.0, 3.0)]
    window = [((2.5, 4.0, 1.4), (0.0, -1.0, 0.0))]
    suns = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        night = room_lighting(rng, environments, ROOM, lamps, window, (2.5, 2.0, 1.0), daylight=0.04)
        assert 1 <= len(night.spots) <= LAMPS
        assert night.sun is None
        assert all(spot.direction[2] < -0.9 for spot in night.spots), "lamps shine down"
        day = room_lighting(rng, environments, ROOM, lamps, window, (2.5, 2.0, 1.0), daylight=2.6)
        assert 1 <= len(day.spots) <= LAMPS + PORTALS
        inward = [spot for spot in day.spots if spot.direction[1] < -0.5]
        assert inward, "skylight falls in"
        if day.sun is not None:
            suns += 1
            assert day.sun.direction[1] < 0
            assert day.sun.direction[2] < 0
    assert 8 < suns < 32
    bare = room_lighting(np.random.default_rng(0), environments, ROOM, [], [], (2.5, 2.0, 1.0))
    assert bare.spots, "no room is without light"


def test_the_same_seed_gives_the_same_light() -> None:
    def both(seed: int) -> tuple[object, object]:
        rng = np.random.default_rng(seed)
        inside = room_lighting(rng, Environments(), ROOM, [(1.0, 1.0, 2.4)], [], (2.0, 2.0, 1.0))
        outside = outdoor_lighting(rng, Environments())
        return (inside.spots, inside.ambient, outside.sun, outside.fog), outside.environment.radiance.tobytes()

    assert both(3) == both(3) != both(4)


def test_outdoor_weather_can_be_asked_for() -> None:
    for weather in WEATHERS:
        lighting = outdoor_lighting(np.random.default_rng(1), Environments(), weather=weather)
        assert lighting.environment.visible
        assert lighting.fog[3] >= 0


def test_warm_and_cold_light() -> None:
    warm, cold = warmth(2700), warmth(9000)
    assert warm[0] == warm.max() == 1
    assert warm[2] < 0.6
    assert cold[2] == 1
    assert cold[0] < 1


def test_harmonics_give_the_light_of_known_skies() -> None:
    even = harmonics(Environment(np.full((32, 64, 3), 0.7, np.float32)))
    assert even[0] == pytest.approx([0.7] * 3, rel=1e-3)
    assert np.abs(even[1:]).max() < 1e-3
    half = np.zeros((64, 128, 3), np.float32)
    half[:32] = 1.0  # white above: light on a level surface is 1, on an upright one 1/2, from below 0
    light = harmonics(Environment(half)).mean(-1)

    def on(x: float, y: float, z: float) -> float:
        bases = (1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y)
        return float(np.dot(bases, light))

    assert on(0, 0, 1) == pytest.approx(1, abs=0.02)
    assert on(1, 0, 0) == pytest.approx(0.5, abs=0.02)
    assert on(0, 0, -1) == pytest.approx(0, abs=0.02)


def test_a_cube_unfolds_to_the_map_it_was_made_of() -> None:
    from spnet.scenes.renderer.frames import cube_rotation

    side = 32
    x, y = np.meshgrid((np.arange(side) + 0.5) / side * 2 - 1, (np.arange(side) + 0.5) / side * 2 - 1)
    rays = np.stack([x, y, np.ones_like(x)], -1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    faces = np.stack([rays @ cube_rotation(face) for face in range(6)]).astype(np.float32)
    assert np.abs(unfolded(faces) - directions(side, 2 * side)).max() < 0.08
