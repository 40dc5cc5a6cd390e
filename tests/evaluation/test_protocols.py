"""Every protocol on cases that a pencil can follow; depths are metres, 0 = unknown."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from spnet.errors import BadInput
from spnet.evaluation.protocols import PROTOCOLS, get_protocol
from spnet.evaluation.sampling import clean_points, marigold_points, omni_points
from spnet.metrics import METRICS
from spnet.sparsity import parse_pattern
from spnet.types import FloatImage, Intrinsics, Sample


def image(*rows: list[float]) -> FloatImage:
    return np.array(rows, dtype=np.float32)


def sample(depth: FloatImage) -> Sample:
    rgb = np.full((*depth.shape, 3), 100, np.uint8)
    return Sample(rgb, depth, "one", 20.0, Intrinsics(50, 60, (depth.shape[1] - 1) / 2, (depth.shape[0] - 1) / 2))


#              measured  known  unknown  known
TRUTH = image([2.0, 4.0, 0.0, 5.0])
RAW = image([2.0, 0.0, 0.0, 0.0])
PRED = image([3.0, 6.0, 9.0, 4.0])  # errors 1, 2, (unknown), 1


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_a_protocol_explains_itself_and_runs(name: str) -> None:
    protocol = get_protocol(name)
    assert protocol.name == name
    assert protocol.source
    assert protocol.description.endswith(".")
    truth, raw = protocol.prepare(sample(TRUTH), RAW)
    scored = protocol.scored(truth.depth, raw)
    assert truth.rgb.shape[:2] == truth.depth.shape == raw.shape == scored.shape
    errors = protocol.errors(truth.depth, truth.depth, scored)
    assert {shown.metric for shown in protocol.shown} <= set(errors) <= set(METRICS)
    assert errors["mae"] == 0
    for spec in protocol.patterns:
        if not spec.startswith("given("):
            assert parse_pattern(spec).name == spec
    nothing = protocol.errors(truth.depth, truth.depth, np.zeros_like(scored))
    assert all(math.isnan(value) for value in nothing.values())


def test_an_unknown_protocol_is_named_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="no protocol 'nyu': choose one of unobserved, spnet"):
        get_protocol("nyu")


def test_unobserved() -> None:
    """Scored: 4 and 5, predicted 6 and 4. The measured 2, predicted 3, does not count."""
    protocol = get_protocol("unobserved")
    scored = protocol.scored(TRUTH, RAW)
    assert scored.tolist() == [[False, True, False, True]]
    errors = protocol.errors(PRED, TRUTH, scored)
    assert errors["mae"] == 1.5
    assert errors["rmse"] == pytest.approx(math.sqrt((4 + 1) / 2))
    assert errors["rel"] == pytest.approx((2 / 4 + 1 / 5) / 2)


def test_spnet() -> None:
    """All three known pixels, in units of max_depth / 256, here of 20 m: 0.078125 m."""
    protocol = get_protocol("spnet")
    scored = protocol.scored(TRUTH, RAW)
    assert scored.tolist() == [[True, True, False, True]]
    errors = protocol.errors(PRED, TRUTH, scored, max_depth=20.0)
    unit = 20 / 256
    squares = [(1 / unit) ** 2, (2 / unit) ** 2, (1 / unit) ** 2]
    assert errors["rmse"] == pytest.approx(math.sqrt(sum(squares) / (3 + 1e-8)) * unit, rel=1e-12)
    rels = [(1 / unit) / (2 / unit + 1e-6), (2 / unit) / (4 / unit + 1e-6), (1 / unit) / (5 / unit + 1e-6)]
    assert errors["rel"] == pytest.approx(sum(rels) / (3 + 1e-8), rel=1e-12)
    assert errors["rel"] < (1 / 2 + 2 / 4 + 1 / 5) / 3  # the small terms do count
    assert protocol.over_patterns
    assert protocol.patterns == ("random(10%)", "random(1%)", "random(0.1%)")


def test_spnet_does_not_clamp() -> None:
    scored = TRUTH > 0
    errors = get_protocol("spnet").errors(image([-1.0, 4.0, 0.0, 30.0]), TRUTH, scored)
    assert errors["mae"] == pytest.approx((3 + 0 + 25) / 3)
    assert errors["rmse"] == pytest.approx(math.sqrt((9 + 0 + 625) / 3))


def test_g2_monodepth() -> None:
    """The prediction is stored in 16 bits of 20 m before it is scored: 3 m becomes 9830 / 65535."""
    errors = get_protocol("g2-monodepth").errors(PRED, TRUTH, TRUTH > 0, 20.0)
    stored, true = [9830, 19660, 13107], [6554, 13107, 16384]  # floor(d / 20 * 65535); the truth's file is rounded
    squares = [((p - g) / 65535 * 20) ** 2 for p, g in zip(stored, true, strict=True)]
    assert errors["rmse"] == pytest.approx(math.sqrt(sum(squares) / 3), rel=1e-9)
    assert {"srmse", "ordinal"} <= set(errors)


def test_pacgdc_enlarges_to_multiples_of_64() -> None:
    """48x65 becomes 64x128: row i of the result is row floor(i * 48 / 64) of the depth."""
    depth = np.arange(1, 48 * 65 + 1, dtype=np.float32).reshape(48, 65)
    given = sample(depth)
    truth, raw = get_protocol("pacgdc").prepare(given, np.where(depth % 7 == 0, depth, 0).astype(np.float32))
    assert truth.depth.shape == raw.shape == truth.rgb.shape[:2] == (64, 128)
    rows, columns = np.arange(64) * 48 // 64, np.arange(128) * 65 // 128
    assert np.array_equal(truth.depth, depth[rows][:, columns])
    assert np.array_equal(raw, np.where(truth.depth % 7 == 0, truth.depth, 0))
    assert truth.intrinsics is not None
    assert truth.intrinsics.fx == pytest.approx(50 * 128 / 65)
    assert truth.intrinsics.fy == pytest.approx(60 * 64 / 48)
    assert (truth.intrinsics.cx, truth.intrinsics.cy) == (63.5, 31.5)  # the centre stays the centre


def test_pacgdc_interpolates_colour_with_aligned_corners() -> None:
    """A row of 2 pixels, 0 and 189, becomes 64 with the ends on the ends: pixel i is 189 i / 63 = 3 i."""
    rgb = np.zeros((1, 2, 3), np.uint8)
    rgb[0, 1] = 189
    truth, _ = get_protocol("pacgdc").prepare(Sample(rgb, image([1.0, 2.0])), image([1.0, 0.0]))
    assert truth.rgb.shape == (64, 64, 3)
    assert np.array_equal(truth.rgb[17, :, 1], 3 * np.arange(64))
    assert truth.intrinsics is None


def test_pacgdc_scores_all_known_pixels_and_leaves_a_right_size_alone() -> None:
    protocol = get_protocol("pacgdc")
    depth = np.full((64, 128), 2, np.float32)
    depth[0, 0] = 0
    given = sample(depth)
    truth, raw = protocol.prepare(given, depth)
    assert truth is given
    scored = protocol.scored(truth.depth, raw)
    assert scored.sum() == 64 * 128 - 1
    errors = protocol.errors(depth + 1, truth.depth, scored)
    assert [errors[s.metric] * s.scale for s in protocol.shown] == [1000, 1000]  # mm


def test_omni_dc_scores_above_a_tenth_of_a_millimetre_with_a_floor_of_inverse_depth() -> None:
    """Truth 1e-4 is unknown. The prediction 5e-5 counts as infinitely far: |0 - 1/2| = 0.5."""
    protocol = get_protocol("omni-dc")
    truth, pred = image([1e-4, 2.0, 4.0]), image([9.0, 5e-5, 2.0])
    scored = protocol.scored(truth, np.zeros_like(truth))
    assert scored.tolist() == [[False, True, True]]
    errors = protocol.errors(pred, truth, scored)
    assert errors["imae"] == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert errors["irmse"] == pytest.approx(math.sqrt((1 / 4 + 1 / 16) / 2))
    assert errors["mae"] == pytest.approx((2 + 2) / 2, rel=1e-4)


def test_omni_dc_takes_800_images_at_most() -> None:
    protocol = get_protocol("omni-dc")
    assert protocol.images(800) == list(range(800))
    chosen = protocol.images(2000)
    assert chosen == protocol.images(2000) == sorted(set(chosen))
    assert len(chosen) == 800
    assert 0 <= chosen[0] < chosen[-1] < 2000
    assert get_protocol("unobserved").images(2000) == list(range(2000))


def test_omni_dc_points_match_the_share_of_known_pixels() -> None:
    """480x640 with a quarter known: 2150 of a full image are round(2150 / 4) = 538; 5 at least."""
    truth = np.zeros((480, 640), np.float32)
    truth[:240, :320] = 3
    rng = np.random.default_rng(0)
    mask = omni_points(truth, 2150, rng)
    assert mask.sum() == 538
    assert not mask[240:].any()
    assert omni_points(truth, 2, rng).sum() == 5
    few = image([1.0, 0.0, 5e-5, 2.0])
    assert omni_points(few, 100, rng).sum() == 2
    full = np.ones((480, 640), np.float32)
    assert omni_points(full, 500, rng).sum() == 500  # NYU's filled truth: exactly so many
    protocol = get_protocol("omni-dc")
    raw = protocol.sample("random(2150)", sample(truth), seed=1)
    assert raw is not None
    assert np.count_nonzero(raw) == 538
    assert np.array_equal(raw, protocol.sample("random(2150)", sample(truth), seed=1))
    assert not np.array_equal(raw, protocol.sample("random(2150)", sample(truth), seed=2))
    assert protocol.sample("random(1%)", sample(truth), seed=1) is None  # left to the pattern
    assert get_protocol("unobserved").sample("random(500)", sample(truth), seed=1) is None


def test_omni_dc_scans_through_its_own_camera() -> None:
    """Focal length H in the centre, whatever the data set's camera is."""
    truth = np.full((48, 64), 3, np.float32)
    own, other = sample(truth), replace(sample(truth), intrinsics=None)
    protocol = get_protocol("omni-dc")
    raw = protocol.sample("lidar(8)", own, seed=1)
    assert raw is not None
    assert np.array_equal(raw, parse_pattern("lidar(8)")(other, 1))
    assert not np.array_equal(raw, parse_pattern("lidar(8)")(own, 1))


def test_the_scale_where_the_data_tells_none() -> None:
    """A truth beyond 20 m is stored over 100 m: a prediction of 50 m is not cut off at 20 m."""
    truth, pred = image([30.0, 30.0]), image([50.0, 30.0])
    errors = get_protocol("g2-monodepth").errors(pred, truth, truth > 0)
    assert errors["rmse"] == pytest.approx(20 / math.sqrt(2), rel=1e-3)


def test_marigold_dc_points_are_the_published_ones() -> None:
    """Rows of (row, column) shuffled by numpy's seed 2024, as the released script does, and ours by number."""
    truth = (np.random.default_rng(1).random((20, 30)) < 0.5).astype(np.float32)
    rows = np.argwhere(truth > 0)
    np.random.RandomState(2024).shuffle(rows)
    expected = np.zeros(truth.shape, dtype=bool)
    expected[tuple(rows[:50].T)] = True
    assert np.array_equal(marigold_points(truth, 50), expected)
    protocol = get_protocol("marigold-dc")
    for seed in (0, 1):  # of no influence
        assert np.array_equal(protocol.sample("random(50)", sample(truth), seed), expected * truth)
    assert marigold_points(truth, 10_000).sum() == len(rows)


def test_marigold_dc_scores_all_known_pixels_in_metres() -> None:
    protocol = get_protocol("marigold-dc")
    errors = protocol.errors(PRED, TRUTH, protocol.scored(TRUTH, RAW))
    assert [(s.metric, s.unit, errors[s.metric] * s.scale) for s in protocol.shown] == [
        ("mae", "m", pytest.approx(4 / 3)),
        ("rmse", "m", pytest.approx(math.sqrt(6 / 3))),
    ]


def test_cleaning_drops_points_far_behind_a_near_one() -> None:
    row = [0.0] * 20
    row[3], row[6], row[9], row[16] = 10.0, 11.6, 13.2, 30.0
    cleaned = clean_points(image(row))[0]
    assert cleaned[3] == np.float32(10)
    assert cleaned[6] == 0  # 1.6 m behind the point 3 pixels to its left
    assert cleaned[9] == 0  # 1.6 m behind the point at 6, which itself is dropped
    assert cleaned[16] == np.float32(30)  # nothing within 3 pixels, nor within 3 of what is


def test_cleaning_reaches_through_a_point_between() -> None:
    """12 is 2 m behind 10, which is 5 pixels away; but 11.4, in whose window both lie, has 10 for its nearest."""
    assert clean_points(image([10.0, 0, 11.4, 0, 0, 12.0]))[0].tolist() == pytest.approx([10, 0, 11.4, 0, 0, 0])
    assert clean_points(image([10.0, 0, 0, 0, 0, 12.0]))[0].tolist() == [10, 0, 0, 0, 0, 12]
    assert clean_points(image([10.0, 11.5]))[0].tolist() == [10, 11.5]  # exactly 1.5 m stays


def test_marigold_dc_on_lidar_cleans_the_input_alone() -> None:
    raw = image([2.0, 0.0, 0.0, 5.0])
    truth, cleaned = get_protocol("marigold-dc-lidar").prepare(sample(TRUTH), raw)
    assert cleaned.tolist() == [[2, 0, 0, 0]]
    assert np.array_equal(truth.depth, TRUTH)
    assert raw[0, 3] == 5  # the caller's own is untouched


def test_kitti_is_shown_in_millimetres_and_per_kilometre() -> None:
    """Truth 10 m and 20 m, predicted 12.5 m and 20 m: 1/10 - 1/12.5 = 0.02 / m = 20 / km."""
    protocol = get_protocol("kitti")
    truth, pred = image([10.0, 20.0, 0.0]), image([12.5, 20.0, 1.0])
    errors = protocol.errors(pred, truth, protocol.scored(truth, truth))
    shown = {s.metric: (errors[s.metric] * s.scale, s.unit) for s in protocol.shown}
    assert shown == {
        "rmse": (pytest.approx(2500 / math.sqrt(2)), "mm"),
        "mae": (pytest.approx(1250), "mm"),
        "irmse": (pytest.approx(20 / math.sqrt(2)), "1/km"),
        "imae": (pytest.approx(10), "1/km"),
    }


def test_void_with_and_without_its_cap() -> None:
    truth = image([0.2, 0.3, 4.9, 5.0, 8.0, 0.0])
    raw = np.zeros_like(truth)
    assert get_protocol("void").scored(truth, raw).tolist() == [[False, True, True, False, False, False]]
    assert get_protocol("void-nocap").scored(truth, raw).tolist() == [[True, True, True, True, True, False]]
    pred = truth + image([0, 0.1, 0.3, 0, 100, 0])
    assert get_protocol("void").errors(pred, truth, get_protocol("void").scored(truth, raw))["mae"] == pytest.approx(
        0.2, rel=1e-6
    )


def test_preparing_needs_no_global_state_of_torch() -> None:
    state = torch.get_rng_state()
    get_protocol("pacgdc").prepare(sample(TRUTH), RAW)
    assert torch.equal(state, torch.get_rng_state())
