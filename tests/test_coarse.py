"""Few measurements are seen in a smaller image: when, by how much, and that nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spnet import Predictor
from spnet.backends import Floats, Inputs
from spnet.coarse import LEAST, MOST, enlarge, enlarge_error, shrink_depth, shrink_rgb, working_size
from spnet.frames import Clock, make_frame, read_frame, run_frames
from spnet.inputs import Pair
from spnet.types import ByteImage, FloatImage


def random_depth(count: int, height: int = 480, width: int = 640, seed: int = 0) -> FloatImage:
    rng = np.random.default_rng(seed)
    depth = np.zeros((height, width), np.float32)
    depth.ravel()[rng.choice(depth.size, count, replace=False)] = rng.uniform(1, 5, count)
    return depth


@pytest.mark.parametrize(("count", "factor"), [(3000, 1), (307, 1), (100, 2), (10, 4), (1, 4)])
def test_the_fewer_the_smaller(count: int, factor: int) -> None:
    assert working_size(random_depth(count)) == (480 // factor, 640 // factor)


def test_a_hole_in_a_dense_map_keeps_its_size() -> None:
    depth = np.zeros((480, 640), np.float32)
    depth[:, : int(640 * MOST * 2)] = 2.0
    assert working_size(depth) == depth.shape


def test_large_images_are_seen_smaller_still_and_small_ones_as_they_are() -> None:
    assert working_size(random_depth(300, 2160, 3840)) == (540, 960)
    height = 2 * LEAST - 1
    assert working_size(random_depth(3, height, height)) == (height, height)
    assert working_size(random_depth(3, height + 1, height + 1)) == (LEAST, LEAST)


@pytest.mark.parametrize("shape", [(480, 640), (481, 643), (375, 1242)])
def test_every_measurement_stays_in_its_place(shape: tuple[int, int]) -> None:
    depth = random_depth(40, *shape)
    size = round(shape[0] / 2), round(shape[1] / 2)
    small = shrink_depth(depth, size)
    assert set(np.unique(small)) <= set(np.unique(depth))
    rows, cols = np.nonzero(depth)
    low_rows, low_cols = (
        np.floor((at + 0.5) * new / old) for at, new, old in zip((rows, cols), size, shape, strict=True)
    )
    found = small[low_rows.astype(int), low_cols.astype(int)]
    assert (found == depth[rows, cols]).mean() > 0.9  # two may share a pixel
    assert np.count_nonzero(small) > 35


def test_a_ramp_comes_back() -> None:
    ramp = np.repeat(np.linspace(1, 2, 641, dtype=np.float32)[None], 481, axis=0)
    colours = np.repeat(np.rint(ramp * 100).astype(np.uint8)[..., None], 3, axis=2)
    small = shrink_rgb(colours, (240, 320))[..., 0].astype(np.float32) / 100
    np.testing.assert_allclose(enlarge(small, (481, 641)), ramp, atol=0.012)
    assert enlarge(ramp, ramp.shape) is ramp


def test_what_is_expected_grows_with_the_image() -> None:
    expected = np.full((240, 320), 0.03, np.float32)
    np.testing.assert_allclose(enlarge_error(expected, (480, 640)), np.full((480, 640), 0.03 * 2**0.5), rtol=1e-6)
    assert enlarge_error(expected, expected.shape) is expected


def test_frames_of_two_sizes_go_through_the_network_in_two_passes() -> None:
    seen = []

    def network(inputs: Inputs) -> Floats:
        seen.append(inputs["raw"].shape)
        return np.repeat(inputs["raw"].max(axis=(2, 3), keepdims=True), 2, axis=1) * np.ones(
            (1, 1, *inputs["raw"].shape[-2:]), np.float32
        )

    rgb = np.zeros((480, 640, 3), np.uint8)
    depths = [random_depth(count, seed=count) for count in (20, 2000, 21)]
    frames = [make_frame(*_pair(rgb, depth), needs_fill=True) for depth in depths]
    out = run_frames(network, frames)
    assert sorted(seen) == [(1, 1, 480, 640), (2, 1, 240, 320)]
    for frame, depth, image in zip(frames, depths, out, strict=True):
        assert image.shape == (2, *frame.size)
        assert image.max() == depth.max()


def _pair(rgb: ByteImage, depth: FloatImage) -> tuple[Pair, float, Clock]:
    pair, clock = read_frame(rgb, depth, "m")
    return pair, 1.0, clock


def test_a_result_has_the_input_s_size_and_scale() -> None:
    predictor = Predictor()
    rgb = np.random.default_rng(1).integers(0, 255, (483, 645, 3), dtype=np.uint8)
    depth = random_depth(30, 483, 645)
    result = predictor.complete(rgb, depth)
    assert result.depth.shape == result.needed_confidence().shape == depth.shape
    assert result.depth.min() > 0.5
    assert result.depth.max() < 20
    larger = predictor.complete(rgb, depth * 7)
    np.testing.assert_allclose(larger.depth, result.depth * 7, rtol=1e-3)
    kept = predictor.complete(rgb, depth, keep_measured=True)
    np.testing.assert_array_equal(kept.depth[depth > 0], depth[depth > 0])
    assert replace(kept, depth=result.depth).depth.dtype == np.float32


def test_batches_give_what_single_images_give() -> None:
    predictor = Predictor()
    rgb = np.random.default_rng(2).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    pairs = [(rgb, random_depth(count, 240, 320)) for count in (5, 800, 6)]
    for one, many in zip((predictor.complete(*pair) for pair in pairs), predictor.complete_batch(pairs), strict=True):
        np.testing.assert_allclose(many.depth, one.depth, rtol=1e-3)
