"""Simulated depth cameras: shadows, slants, dark and glossy surfaces, range and noise, by hand-computed cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spnet.sparsity.sensors import (
    AZURE_KINECT,
    D435,
    KINECT_V1,
    PHONE_LIDAR,
    SR300,
    active_stereo,
    phone_lidar,
    structured_light,
    time_of_flight,
)
from spnet.sparsity.sensors.noise import correlated, displaced, grow, matched
from spnet.sparsity.sensors.occlusion import in_circle, in_hexagon, in_rectangle, seen_from
from spnet.sparsity.sensors.scene import cosine, edges, highlights, luminance
from spnet.sparsity.sensors.structured import measured
from spnet.types import BoolImage, FloatImage, Intrinsics, Sample

Sensor = Callable[[Sample, np.random.Generator], FloatImage]
ALL: list[Sensor] = [structured_light, active_stereo, time_of_flight, phone_lidar]
CAMERA = Intrinsics(580.0, 580.0, 319.5, 239.5)
SMALL = Intrinsics(200.0, 200.0, 79.5, 59.5)

# Sensors without chance: shadows, slants and thresholds alone.
EXACT_KINECT = replace(
    KINECT_V1, jitter=0.0, step=0.0, near=(0.4, 0.4), far=(10.0, 10.0), grazing=(75.0, 75.0), weakest=(1e-3, 1e-3),
    patchy=0.0, glare=0.0, window=(1.0, 1.0), field=(1.0, 1.0), lateral=0.0, misaligned=0.0,
)  # fmt: skip
EXACT_STEREO = replace(
    D435, jitter=(0.0, 0.0), far=(10.0, 10.0), grazing=(80.0, 80.0), weakest=(5e-3, 5e-3), texture=(0.01, 0.01),
    patchy=0.0, glare=0.0, window=(1.0, 1.0), cleaning=(1.0, 1.0), field=(9.0, 9.0), lateral=0.0, misaligned=0.0,
)  # fmt: skip
EXACT_TOF = replace(
    AZURE_KINECT, floor=0.0, shot=(0.0, 0.0), near=(0.4, 0.4), far=(5.0, 5.0), weakest=(3e-3, 3e-3),
    brightest=(4.0, 4.0), flying=(0.0, 0.0), bounce=(0.0, 0.0), field=(2.0, 2.0), misaligned=0.0, uneven=0.0,
)  # fmt: skip


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def scene(depth: FloatImage, colour: int | FloatImage = 200, camera: Intrinsics | None = CAMERA) -> Sample:
    rgb = np.broadcast_to(np.asarray(colour, np.uint8)[..., None], (*depth.shape, 3))
    return Sample(np.ascontiguousarray(rgb), depth.astype(np.float32), intrinsics=camera)


def wall(z: float, shape: tuple[int, int] = (480, 640)) -> FloatImage:
    return np.full(shape, z, np.float32)


def box_before_wall(near: float = 1.0, far: float = 2.0) -> FloatImage:
    depth = wall(far)
    depth[150:330, 250:400] = near
    return depth


def box_room(seed: int = 0) -> Sample:
    """A slanted floor, a wall and boxes, textured, with a few unknown pixels."""
    noise = rng(seed)
    v = np.arange(120, dtype=np.float32)[:, None] + np.zeros(160, np.float32)
    depth = np.minimum(3.0, 200 * 0.8 / np.maximum(v - 59.5, 1e-3)).astype(np.float32)
    depth[40:90, 30:60] = 1.0
    depth[20:100, 110:118] = 1.5
    depth[:6, :9] = 0
    rgb = noise.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    return Sample(rgb, depth, intrinsics=SMALL)


def plane(angle: float, z: float = 1.0, shape: tuple[int, int] = (121, 161), f: float = 400.0) -> FloatImage:
    """A plane turned by `angle` degrees about the vertical axis, at depth z on the optical axis; 0 behind it."""
    u = (np.arange(shape[1]) - (shape[1] - 1) / 2) / f
    inverse = (1 - np.tan(np.deg2rad(angle)) * u) / z
    row = np.where(inverse > 1e-3, 1 / np.maximum(inverse, 1e-3), 0)
    return np.broadcast_to(row.astype(np.float32), shape).copy()


# ------------------------------------------------------------------------------------------------------------- shadows


def widths(mask: BoolImage) -> tuple[int, int]:
    """Holes left and right of the box of `box_before_wall`, in its middle row."""
    row = ~mask[240]
    assert not row[:150].any()
    assert not row[250:400].any()
    assert not row[500:].any()
    return int(row[150:250].sum()), int(row[400:500].sum())


@pytest.mark.parametrize(("near", "far"), [(1.0, 2.0), (0.8, 3.0), (1.5, 1.8)])
def test_the_projectors_shadow_is_left_of_the_box_as_wide_as_computed(near: float, far: float) -> None:
    sensor = replace(EXACT_KINECT, projector=0.075, imager=0.0)
    depth = structured_light(scene(box_before_wall(near, far)), rng(), sensor)
    left, right = widths(depth > 0)
    assert left == pytest.approx(580 * 0.075 * (1 / near - 1 / far), abs=1)
    assert right == 0


def test_a_projector_on_the_other_side_casts_its_shadow_on_the_other_side() -> None:
    sensor = replace(EXACT_KINECT, projector=-0.075, imager=0.0)
    left, right = widths(structured_light(scene(box_before_wall()), rng(), sensor) > 0)
    assert (left, right) == (0, pytest.approx(580 * 0.075 * 0.5, abs=1))


def test_a_registered_kinect_has_strips_on_both_sides() -> None:
    # 5 cm to the projector, 2.5 cm to the infrared camera on the other side: 14.5 and 7.25 pixels.
    left, right = widths(structured_light(scene(box_before_wall()), rng(), EXACT_KINECT) > 0)
    assert left == pytest.approx(580 * 0.05 * 0.5, abs=1)
    assert right == pytest.approx(580 * 0.025 * 0.5, abs=1)


def test_stereo_loses_what_only_one_imager_sees() -> None:
    texture = rng().integers(0, 255, (480, 640)).astype(np.uint8)
    left, right = widths(active_stereo(scene(box_before_wall(), texture), rng(), EXACT_STEREO) > 0)
    assert left == pytest.approx(580 * 0.065 * 0.5, abs=1)  # the right imager; the left one's strip lies within
    assert right == 0


def test_stereo_has_a_band_at_the_left_where_the_right_imagers_view_begins() -> None:
    texture = rng().integers(0, 255, (480, 640)).astype(np.uint8)
    sensor = replace(EXACT_STEREO, left=0.0, right=0.05, field=(1.0, 1.0))
    hole = active_stereo(scene(wall(1.0), texture), rng(), sensor) == 0
    assert int(hole[240].sum()) == pytest.approx(580 * 0.05 / 1.0, abs=1)
    assert hole[240, :25].all()


def test_a_thin_pole_hides_no_more_than_its_own_width() -> None:
    depth = wall(2.0)
    depth[:, 300:304] = 1.0
    hidden = ~seen_from(1 / depth, 0.075, CAMERA)
    # 580 · 0.075 · (1/1 - 1/2) = 21.75 pixels to the left, 4 wide, and a pixel of rounding
    columns = np.flatnonzero(hidden[240])
    assert 3 <= len(columns) <= 6
    assert columns.min() >= 277
    assert columns.max() <= 283


def test_an_eye_at_the_camera_sees_all_and_unknown_pixels_hide_nothing() -> None:
    inverse = rng().random((20, 30), dtype=np.float32)
    assert seen_from(inverse, 0.0, SMALL).all()
    depth = wall(2.0)
    inverse = 1 / depth
    inverse[:, 300:400] = 0
    assert seen_from(inverse, 0.075, CAMERA)[:, :300].all()


@pytest.mark.parametrize("angle", [0.0, 40.0, -40.0, 70.0, -70.0])
def test_a_plane_does_not_shade_itself(angle: float) -> None:
    depth = plane(angle, 1.0)
    camera = Intrinsics(400, 400, 80, 60)
    for offset in (0.05, -0.05):
        assert seen_from(1 / depth, offset, camera).mean() > 0.99


# ------------------------------------------------------------------------------------------------- slant, edges, light


@pytest.mark.parametrize("angle", [0.0, 30.0, 60.0, 75.0, -50.0])
def test_the_cosine_of_a_plane_is_exact(angle: float) -> None:
    inverse = 1 / plane(angle)
    found = cosine(inverse.astype(np.float32), Intrinsics(400, 400, 80, 60))
    assert found[60, 80] == pytest.approx(np.cos(np.deg2rad(angle)), abs=2e-3)
    # Off the axis the line of sight is turned by atan(x).
    sight = np.rad2deg(np.arctan((120 - 80) / 400))
    assert found[60, 120] == pytest.approx(np.cos(np.deg2rad(angle + sight)), abs=2e-3)


def test_the_cosine_does_not_cross_a_jump_and_bears_unknown_pixels() -> None:
    depth = wall(2.0, (40, 60))
    depth[:, 30:] = 1.0
    depth[10:20, 10:20] = 0
    found = cosine(
        np.where(depth > 0, 1 / np.maximum(depth, 0.1), 0).astype(np.float32), Intrinsics(50, 50, 29.5, 19.5)
    )
    x, y = (np.arange(60) - 29.5) / 50, (np.arange(40) - 19.5) / 50
    face_on = 1 / np.sqrt(1 + x[None, :] ** 2 + y[:, None] ** 2)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[depth > 0], face_on[depth > 0], atol=1e-3)


def test_surfaces_beyond_the_grazing_angle_drop_out() -> None:
    for angle, expected in ((60.0, True), (73.0, True), (77.0, False), (82.0, False)):
        depth = structured_light(
            scene(plane(angle), camera=Intrinsics(400, 400, 80, 60)), rng(), replace(EXACT_KINECT, weakest=(1e-9, 1e-9))
        )
        assert bool(depth[60, 80] > 0) is expected, angle


def test_a_dark_stripe_drops_out_where_it_is_far() -> None:
    colour = np.full((480, 640), 220, np.uint8)
    colour[:, 300:340] = 10
    for z, expected in ((1.0, True), (6.0, False)):  # 0.02 at 1 m is above 1e-3, 0.02/36 is not
        depth = structured_light(scene(wall(z), colour), rng(), EXACT_KINECT)
        assert bool(depth[240, 320] > 0) is expected
        assert (depth[:, :300] > 0).all()
        assert (depth[:, 340:] > 0).all()


def test_the_same_scene_in_a_darker_picture_is_measured_alike() -> None:
    colour = rng().integers(40, 250, (480, 640)).astype(np.uint8)
    bright = structured_light(scene(wall(4.0), colour), rng(), EXACT_KINECT) > 0
    linear = (colour / 255) ** 2.2 / 2
    dark = structured_light(scene(wall(4.0), (255 * linear ** (1 / 2.2)).round().astype(np.uint8)), rng(), EXACT_KINECT)
    assert (bright == (dark > 0)).mean() > 0.99


def test_stereo_needs_texture_far_away_and_the_projector_helps_near() -> None:
    plain, textured = np.full((480, 640), 128, np.uint8), rng().integers(90, 160, (480, 640)).astype(np.uint8)
    for colour, z, expected in ((plain, 1.0, 1.0), (plain, 15.0, 0.0), (plain, 9.9, 1.0), (textured, 9.9, 1.0)):
        measured_share = (active_stereo(scene(wall(z), colour), rng(), EXACT_STEREO) > 0)[:, 100:].mean()
        assert measured_share == pytest.approx(expected, abs=0.01), z
    weak = replace(EXACT_STEREO, weakest=(0.1, 0.1))
    assert not active_stereo(scene(wall(4.0), plain), rng(), weak).any()
    assert (active_stereo(scene(wall(4.0), textured), rng(), weak) > 0)[:, 100:].all()


def test_highlights_are_small_bright_and_colourless() -> None:
    rgb = np.full((100, 100, 3), 120, np.uint8)
    rgb[40:44, 40:44] = 255
    rgb[70:74, 70:74] = (255, 255, 0)
    found = highlights(rgb, luminance(rgb), 21)
    assert found[41, 41]
    assert found.sum() == 16
    white = np.full((50, 50, 3), 255, np.uint8)
    assert not highlights(white, luminance(white), 21).any()
    glossy = Sample(rgb, wall(1.0, (100, 100)), intrinsics=CAMERA)
    depth = structured_light(glossy, rng(), replace(EXACT_KINECT, glare=1.0))
    assert depth[41, 41] == 0
    assert depth[71, 71] > 0


def test_edges_are_jumps_and_no_slant_is_one() -> None:
    assert not edges(1 / plane(60.0)).any()
    assert not edges(1 / plane(-78.0, shape=(20, 40))).any()
    depth = box_before_wall()
    assert edges((1 / depth).astype(np.float32))[240, [249, 250, 399, 400]].all()


# ---------------------------------------------------------------------------------------------------- range and noise


def test_what_is_too_near_or_too_far_is_not_measured() -> None:
    for sensor, near, far in ((structured_light, 0.3, 12.0), (time_of_flight, 0.2, 9.0)):
        for z in (near, far):
            assert not sensor(scene(wall(z)), rng()).any()  # type: ignore[operator]
    least = D435.focal * D435.baseline / D435.search
    texture = rng().integers(0, 255, (480, 640)).astype(np.uint8)
    assert not active_stereo(scene(wall(0.95 * least), texture), rng(), EXACT_STEREO).any()
    assert active_stereo(scene(wall(1.05 * least), texture), rng(), EXACT_STEREO)[:, 250:].all()


def test_a_street_is_beyond_structured_light() -> None:
    v = np.mgrid[0:480, 0:640][0]
    depth = np.where(v > 250, 580 * 6.0 / np.maximum(v - 239.5, 1), 60).astype(np.float32)
    assert (structured_light(scene(depth), rng()) > 0).mean() < 0.01


@pytest.mark.parametrize("z", [1.0, 2.0, 4.0])
def test_the_kinects_noise_is_khoshelhams(z: float) -> None:
    errors = [
        measured(1 / wall(z * s), 43.5, 0.0625, 0.125, 3, rng(k)) - z * s for k, s in enumerate((1, 1.003, 1.007))
    ]
    assert np.std(errors) == pytest.approx(1.43e-3 * z * z, rel=0.10)
    assert abs(np.mean(errors)) < 0.3 * 1.43e-3 * z * z
    found = structured_light(scene(wall(z)), rng(), KINECT_V1)
    error = (found - z)[found > 0]
    assert np.std(error) == pytest.approx(1.43e-3 * z * z, rel=0.5)  # one wall falls on one step or between two


def test_the_kinects_disparity_comes_in_eighths() -> None:
    found = structured_light(box_room(), rng(3), replace(KINECT_V1, near=(0.4, 0.4)))
    steps = 8 * 580 * 0.075 / found[found > 0]
    assert steps.size > 1000
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)


@pytest.mark.parametrize("z", [1.0, 2.0, 4.0])
def test_stereo_noise_grows_with_the_square_of_depth(z: float) -> None:
    sensor = replace(EXACT_STEREO, jitter=(0.08, 0.08))
    texture = rng().integers(0, 255, (480, 640)).astype(np.uint8)
    found = active_stereo(scene(wall(z), texture), rng(), sensor)
    assert np.std(found[found > 0] - z) == pytest.approx(z * z * 0.08 / (424 * 0.05), rel=0.10)


@pytest.mark.parametrize("z", [1.0, 2.0, 4.0])
def test_time_of_flight_noise_grows_with_depth(z: float) -> None:
    sensor = replace(EXACT_TOF, floor=0.001, shot=(0.001, 0.001), weakest=(1e-6, 1e-6))
    camera = Intrinsics(5800.0, 5800.0, 319.5, 239.5)  # a narrow view: face on everywhere
    found = time_of_flight(scene(wall(z), camera=camera), rng(), sensor)
    # reflectance 0.8, as all of the picture is as bright as its brightest
    assert np.std(found[found > 0] - z) == pytest.approx(np.hypot(0.001, 0.001 * z / np.sqrt(0.8)), rel=0.10)


def test_time_of_flight_drops_dark_and_saturates_near() -> None:
    colour = np.full((480, 640), 220, np.uint8)
    colour[:, 300:340] = 10
    far = time_of_flight(scene(wall(3.5), colour), rng(), EXACT_TOF)
    assert not far[:, 300:340].any()
    assert (far[:, 100:280] > 0).all()
    near = time_of_flight(scene(wall(0.42), colour), rng(), EXACT_TOF)  # 0.8 / 0.42² = 4.5 > 4
    assert near[240, 320] > 0
    assert not near[240, 280]


def test_time_of_flight_mixes_at_edges() -> None:
    depth = box_before_wall()
    kept = time_of_flight(scene(depth), rng(), replace(EXACT_TOF, imager=0.0, flying=(1.0, 1.0)))
    dropped = time_of_flight(scene(depth), rng(), replace(EXACT_TOF, imager=0.0))
    between = (kept > 1.05) & (kept < 1.95)
    assert between.any()
    assert not (between & ~grow(edges((1 / depth).astype(np.float32)), 2)).any()
    assert not dropped[between].any()
    assert set(np.unique(dropped)) == {0.0, 1.0, 2.0}


def test_concave_corners_seem_further_to_time_of_flight_and_walls_do_not() -> None:
    u = np.abs(np.arange(320) - 159.5) / 300
    depth = np.broadcast_to(
        (1 / (0.4 + 0.4 * u)).astype(np.float32), (240, 320)
    ).copy()  # two planes, 2.5 m at the corner
    camera = Intrinsics(300, 300, 159.5, 119.5)
    sensor = replace(EXACT_TOF, imager=0.0, bounce=(0.3, 0.3), weakest=(1e-6, 1e-6))
    error = time_of_flight(scene(depth, camera=camera), rng(), sensor) - depth
    assert error[120, 160] > 0.002
    assert np.abs(error[120, [30, 290]]).max() < 1e-3
    flat = time_of_flight(scene(wall(2.0), camera=CAMERA), rng(), sensor)
    np.testing.assert_allclose(flat[flat > 0], 2.0, atol=1e-5)


def test_stereo_fattens_the_foreground() -> None:
    texture = rng().integers(0, 255, (480, 640)).astype(np.uint8)
    depth = box_before_wall()
    found = active_stereo(scene(depth, texture), rng(), replace(EXACT_STEREO, window=(9.0, 9.0)))
    grown = (np.abs(found - 1.0) < 0.01) & (depth == 2.0)
    assert 0 < grown.sum() < 6 * 2 * (180 + 150)
    assert not (grown & ~grow(depth == 1.0, 8)).any()


def test_a_phone_has_few_points_and_smooth_edges() -> None:
    found = phone_lidar(scene(box_before_wall()), rng(), replace(PHONE_LIDAR, noise=0.0, confident=(0.0, 0.0)))
    assert (found > 0).mean() > 0.95
    row = found[240, 230:270]
    assert ((row > 1.1) & (row < 1.9)).sum() > 5  # no jump within a pixel
    assert found[240, 320] == pytest.approx(1.0, abs=0.02)
    assert found[60, 60] == pytest.approx(2.0, abs=0.02)
    assert (np.diff(found[240]) != 0).mean() < 0.5  # a coarse grid, enlarged


# --------------------------------------------------------------------------------------------------------- all sensors


@pytest.mark.parametrize("sensor", ALL)
def test_the_seed_decides(sensor: Sensor) -> None:
    first, again, other = (sensor(box_room(), rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("sensor", ALL)
def test_the_sample_is_not_touched(sensor: Sensor) -> None:
    sample = box_room()
    rgb, depth = sample.rgb.copy(), sample.depth.copy()
    for seed in range(4):
        sensor(sample, rng(seed))
    np.testing.assert_array_equal(sample.rgb, rgb)
    np.testing.assert_array_equal(sample.depth, depth)


@pytest.mark.parametrize("sensor", ALL)
def test_unknown_stays_unknown_and_measurements_are_sound(sensor: Sensor) -> None:
    for seed in range(6):
        sample = box_room(seed)
        found = sensor(sample, rng(seed))
        assert found.shape == sample.depth.shape
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert not found[sample.depth == 0].any()
        kept = found > 0
        assert 0.02 < kept.mean() < 0.999
        error = np.abs(found - sample.depth)[kept] / sample.depth[kept]
        assert np.median(error) < 0.03


@pytest.mark.parametrize("sensor", ALL)
@given(height=st.integers(1, 12), width=st.integers(1, 12), seed=st.integers(0, 99), share=st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_any_size_and_any_gaps(sensor: Sensor, height: int, width: int, seed: int, share: float) -> None:
    noise = rng(seed)
    depth = noise.uniform(0.01, 20, (height, width)) * (noise.random((height, width)) < share)
    rgb = noise.integers(0, 256, (height, width, 3), dtype=np.uint8)
    found = sensor(Sample(rgb, depth.astype(np.float32)), noise)
    assert found.shape == (height, width)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert not found[depth == 0].any()


@pytest.mark.parametrize("sensor", ALL)
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (48, 64)])
def test_nothing_known_gives_nothing(sensor: Sensor, shape: tuple[int, int]) -> None:
    found = sensor(Sample(np.zeros((*shape, 3), np.uint8), np.zeros(shape, np.float32)), rng())
    assert found.shape == shape
    assert not found.any()


@pytest.mark.parametrize("sensor", ALL)
def test_a_scene_without_intrinsics_is_measured(sensor: Sensor) -> None:
    sample = replace(box_room(), intrinsics=None)
    assert (sensor(sample, rng(1)) > 0).mean() > 0.02


def test_an_sr300_registered_to_colour_has_a_mesh_of_gaps() -> None:
    sensor = replace(EXACT_KINECT, imager=0.0, mesh=(1.25, 1.25))
    hole = structured_light(scene(wall(1.0)), rng(), sensor) == 0
    # of 5 colour rows or columns, 4 are hit: 16 of 25 pixels
    assert 1 - hole[:, 100:].mean() == pytest.approx(16 / 25, abs=0.01)
    assert SR300.mesh[1] > 1


# -------------------------------------------------------------------------------------------------------------- pieces


def test_correlated_noise_has_unit_variance() -> None:
    for size in (1, 3, 9):
        noise = correlated((300, 300), size, rng())
        assert noise.std() == pytest.approx(1.0, rel=0.05)
        neighbour = np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]
        assert neighbour == pytest.approx((size - 1) / size, abs=0.05)


def test_grow_matched_and_displaced() -> None:
    dot = np.zeros((9, 11), dtype=bool)
    dot[4, 5] = True
    assert grow(dot, 2).sum() == 25
    assert grow(dot, 2)[2:7, 3:8].all()
    assert not matched(dot, 3).any()
    assert matched(~dot, 3).all()
    moved = displaced(dot.astype(np.float32), -1, 2)
    assert moved[3, 7] == 1
    assert moved.sum() == 1
    assert not displaced(np.ones((3, 3), np.float32), 5, 0).any()


def test_fields_of_view() -> None:
    assert in_rectangle((100, 200), 1.0).all()
    half = in_rectangle((100, 200), 0.5, (1.0, -1.0))
    assert half.mean() == pytest.approx(0.25, abs=0.01)
    assert half[99, 0]
    assert not half[0, 199]
    assert in_circle((100, 100), 1.0).all()
    assert in_circle((400, 400), 0.5).mean() == pytest.approx(np.pi * (400 * np.sqrt(0.5) / 2) ** 2 / 400**2, rel=0.01)
    hexagon = in_hexagon((400, 400), 0.6)  # 3·sqrt(3)/2·r², r = 0.6·200·sqrt(2) = 169.7, inside the image
    assert hexagon.sum() == pytest.approx(1.5 * np.sqrt(3) * 169.7**2, rel=0.01)
