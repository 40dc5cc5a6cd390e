"""Sensors that are told the true normals and materials; the rotating LiDAR as an instrument."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spnet.sparsity import parse_pattern
from spnet.sparsity.sensors import (
    AZURE_KINECT,
    D435,
    HDL64,
    KINECT_V1,
    LDMRS,
    LIDARS,
    active_stereo,
    phone_lidar,
    rotating_lidar,
    structured_light,
    time_of_flight,
)
from spnet.sparsity.sensors.noise import stepped
from spnet.sparsity.sensors.scene import face, returned, true_cosine
from spnet.types import FloatImage, Intrinsics, Sample, Surface

CAMERA = Intrinsics(580.0, 580.0, 159.5, 119.5)
SHAPE = (240, 320)
PAPER = (0.8, 0.8, 0.8, 0.9, 0.04, 1.0)
MIRROR = (0.9, 0.9, 0.9, 0.02, 0.95, 1.0)
GLASS = (0.9, 0.9, 0.9, 0.05, 0.04, 0.1)
SOOT = (0.01, 0.01, 0.01, 1.0, 0.0, 1.0)
SENSORS = (structured_light, active_stereo, time_of_flight)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def two_halves(left: tuple[float, ...], right: tuple[float, ...], z: float = 1.0, tilt: float = 0.0) -> Sample:
    """A wall before the camera of two materials, one colour and texture; `tilt` degrees about the vertical axis."""
    u = (np.arange(SHAPE[1]) - CAMERA.cx) / CAMERA.fx
    row = z / (1 - np.tan(np.deg2rad(tilt)) * u)
    depth = np.broadcast_to(row.astype(np.float32), SHAPE).copy()
    normal = (np.sin(np.deg2rad(tilt)), 0.0, -np.cos(np.deg2rad(tilt)))
    material = np.zeros(SHAPE, np.int32)
    material[:, 160:] = 1
    surface = Surface(
        np.broadcast_to(np.array(normal, np.float32), (*SHAPE, 3)), material, np.array([left, right], np.float32)
    )
    rgb = rng(9).integers(100, 160, (*SHAPE, 3), dtype=np.uint8)
    return Sample(rgb, depth, intrinsics=CAMERA, surface=surface)


def shares(depth: FloatImage) -> tuple[float, float]:
    """Measured shares of the left and the right half, borders left out."""
    kept = depth > 0
    return float(kept[60:180, 70:150].mean()), float(kept[60:180, 170:250].mean())


def test_the_true_normal_gives_the_slant_exactly() -> None:
    for tilt in (0.0, 30.0, -60.0):
        sample = two_halves(PAPER, PAPER, tilt=tilt)
        assert sample.surface is not None
        found = true_cosine(sample.surface, CAMERA)
        sight = np.rad2deg(np.arctan((np.array([40, 280]) - CAMERA.cx) / CAMERA.fx))
        expected = np.cos(np.deg2rad(tilt + sight)) * np.cos(np.arctan(0.5 / CAMERA.fy))
        np.testing.assert_allclose(found[120, [40, 280]], np.abs(expected), atol=2e-3)
    assert sample.surface is not None
    unknown = replace(sample.surface, normals=np.zeros((*SHAPE, 3), np.float32))
    assert (true_cosine(unknown, CAMERA) == 1).all()


def test_normals_of_a_bumpy_wall_are_used_where_depth_shows_none() -> None:
    sample = two_halves(PAPER, PAPER)
    assert sample.surface is not None
    normals = np.array(sample.surface.normals)
    normals[:, 160:] = (np.sin(1.5), 0, -np.cos(1.5))  # 86 degrees aslant, says the surface
    aslant = replace(sample, surface=replace(sample.surface, normals=normals))
    left, right = shares(structured_light(aslant, rng(), replace(KINECT_V1, glare=0.0)))
    assert left > 0.95
    assert right == 0


def test_reflectance_of_materials_by_hand() -> None:
    surface = Surface(
        np.zeros((1, 4, 3), np.float32),
        np.array([[0, 1, 2, -1]]),
        np.array([PAPER, MIRROR, GLASS], np.float32),
    )
    even = np.full(3, 1 / 3)
    for cosine in (1.0, 0.5):
        slant = np.full((1, 4), cosine, np.float32)
        found, clear = returned(surface, slant, even, np.random.default_rng(1))
        dyes = np.exp(0.3 * np.random.default_rng(1).standard_normal(4))
        alpha2 = 0.9**4
        gloss = 0.04 * alpha2 / (4 * cosine**2 * (cosine**2 * (alpha2 - 1) + 1) ** 2)
        assert found[0, 0] == pytest.approx(min(0.8, 0.8 * dyes[0]) * 0.96 + gloss, rel=1e-4)
        np.testing.assert_array_equal(clear, [[True, False, False, True]])
        assert (found[0, 1] > 1000) == (cosine == 1.0)  # a mirror blinds where it faces the sensor, else is dark
    assert found[0, 1] < 0.05


@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize("lost", [MIRROR, GLASS])
def test_mirrors_and_glass_are_holes(sensor: object, lost: tuple[float, ...]) -> None:
    for seed in range(3):
        left, right = shares(sensor(two_halves(PAPER, lost, z=1.3, tilt=25.0), rng(seed)))  # type: ignore[operator]
        assert left > 0.8
        assert right < 0.02


def test_soot_is_lost_to_light_that_is_measured_and_not_to_texture() -> None:
    sample = two_halves(PAPER, SOOT, z=3.0, tilt=20.0)
    for sensor, camera in ((structured_light, KINECT_V1), (time_of_flight, AZURE_KINECT)):
        strict = replace(camera, weakest=(4e-3, 4e-3), near=(0.3, 0.3), far=(9.0, 9.0))  # type: ignore[type-var]
        left, right = shares(sensor(sample, rng(), strict))  # type: ignore[operator]
        assert left > 0.9, sensor
        assert right < 0.05, sensor
    left, right = shares(active_stereo(sample, rng(), replace(D435, glare=0.0, texture=(0.003, 0.003))))
    assert min(left, right) > 0.9


def test_a_smooth_surface_that_faces_the_sensor_blinds_it() -> None:
    sample = two_halves(PAPER, (0.5, 0.5, 0.5, 0.12, 0.04, 1.0))
    found = face(sample, 580.0, rng()).reflectance[120]
    assert found[165] > 2.5 > found[270]
    depth = structured_light(sample, rng(), replace(KINECT_V1, glare=1.0))
    assert depth[120, 164] == 0
    assert depth[120, 270] > 0
    assert depth[120, 150] > 0


def test_a_phones_dots_do_not_return_from_mirrors() -> None:
    left, right = shares(phone_lidar(two_halves(PAPER, MIRROR, z=2.0, tilt=20.0), rng()))
    assert left > 0.9
    assert right < 0.25  # but for the bilinear rim


def test_depth_comes_in_whole_millimetres() -> None:
    np.testing.assert_allclose(stepped(np.array([1.00049, 1.00051], np.float32), 0.001), [1.0, 1.001])
    for sensor in (active_stereo, time_of_flight):
        depth = sensor(two_halves(PAPER, PAPER, z=2.0), rng())
        steps = 1000 * depth[depth > 0].astype(np.float64)
        assert steps.size > 1000
        np.testing.assert_allclose(steps, np.rint(steps), atol=2e-3)


# --------------------------------------------------------------------------------------------------------------- LiDAR

STREET = Intrinsics(300.0, 300.0, 159.5, 119.5)
STILL = replace(
    HDL64, lines=(64, 64), noise=(0.0, 0.0), step=0.0, flying=(0.0, 0.0), lost=(0.0, 0.0), beside=0.0, tilted=0.0
)


def facing(reflectance: float, z: float) -> Sample:
    """A wall across the view whose matt reflectance is known, in a picture of one colour."""
    normals = np.zeros((*SHAPE, 3), np.float32)
    normals[..., 2] = -1
    row = (reflectance, reflectance, reflectance, 1.0, 0.0, 1.0)
    surface = Surface(normals, np.zeros(SHAPE, np.int32), np.array([row], np.float32))
    rgb = np.full((*SHAPE, 3), 128, np.uint8)
    return Sample(rgb, np.full(SHAPE, z, np.float32), intrinsics=STREET, surface=surface)


def test_reach_is_the_data_sheets() -> None:
    """HDL-64E: pavement (0.10) to 50 m, cars (0.80) to 120 m; dyes vary by exp(0.3), so the mean of many counts."""
    reached = {
        (reflectance, z): np.mean(
            [bool(rotating_lidar(facing(reflectance, z), rng(k), STILL).any()) for k in range(12)]
        )
        for reflectance, z in ((0.1, 25.0), (0.1, 90.0), (0.7, 90.0), (0.7, 130.0))
    }
    assert reached[0.1, 25.0] == 1
    assert reached[0.1, 90.0] == 0
    assert reached[0.7, 90.0] > 0.7
    assert reached[0.7, 130.0] == 0  # beyond the model's reach


def test_lines_are_those_of_the_model() -> None:
    found = rotating_lidar(facing(0.8, 10.0), rng(), STILL) > 0
    rows = np.flatnonzero(found[:, 155:165].any(axis=1))  # beside the axis lines are level
    pitch = np.rad2deg(np.arctan((STREET.cy - rows) / STREET.fy))
    assert pitch.max() <= 2.2
    assert len(rows) == pytest.approx(64 * (2.0 + 21.7) / 26.9, abs=3)  # of -24.9 to +2.0, the image ends at -21.7


def test_range_noise_and_steps() -> None:
    noisy = replace(STILL, noise=(0.02, 0.02), step=0.002)
    depth = rotating_lidar(facing(0.8, 10.0), rng(), noisy)
    rows, columns = np.nonzero(depth)
    length = np.sqrt(1 + ((columns - STREET.cx) / 300) ** 2 + ((rows - STREET.cy) / 300) ** 2)
    distance = depth[rows, columns] * length
    assert np.std(distance - 10 * length) == pytest.approx(0.02, rel=0.1)
    np.testing.assert_allclose(distance / 0.002, np.rint(distance / 0.002), atol=0.02)


def test_points_fly_at_edges_alone_and_some_pulses_are_lost() -> None:
    sample = facing(0.8, 10.0)
    depth = sample.depth.copy()
    depth[:, 160:] = 20.0
    sample = replace(sample, depth=depth)
    flying = rotating_lidar(sample, rng(), replace(STILL, flying=(1.0, 1.0)))
    between = (flying > 10.5) & (flying < 19.5)
    assert between.any()
    assert set(np.flatnonzero(between.any(axis=0))) <= set(range(158, 163))
    whole = (rotating_lidar(sample, rng(), STILL) > 0).sum()
    lost = (rotating_lidar(sample, rng(), replace(STILL, lost=(0.3, 0.3))) > 0).sum()
    assert lost / whole == pytest.approx(0.7, abs=0.05)


def test_every_lidar_is_drawn_and_the_seed_decides() -> None:
    assert {(min(s.lines), max(s.lines)) for s in LIDARS} == {(4, 4), (8, 16), (16, 64), (32, 128)}
    sample = facing(0.6, 8.0)
    for sensor in LIDARS:
        first, again, other = (rotating_lidar(sample, rng(k), sensor) for k in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()
        assert np.isfinite(first).all()
        assert (first >= 0).all()
    assert (rotating_lidar(sample, rng(), LDMRS) > 0).any(axis=1).sum() <= 4 * 40  # 4 lines, tilted
    pattern = parse_pattern("holes(lidar)")
    counts = [int((pattern(sample, seed) > 0).sum()) for seed in range(8)]
    assert max(counts) > 4 * min(counts) > 0


def test_a_lidar_bears_any_size_and_no_depth() -> None:
    for shape in ((1, 1), (3, 40), (40, 3)):
        for share in (0.0, 1.0):
            depth = np.full(shape, 5.0, np.float32) * np.float32(share)
            sample = Sample(np.zeros((*shape, 3), np.uint8), depth)
            for seed in range(4):
                found = rotating_lidar(sample, rng(seed))
                assert found.shape == shape
                assert not found[depth == 0].any()
