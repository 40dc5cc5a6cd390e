"""LiDAR: point counts against the sensor's geometry, rings drawn and counted, parallax, noise and dropout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import label

from spnet.datasets import FolderDataset
from spnet.errors import BadInput
from spnet.sparsity import lidar, parse_pattern
from spnet.sparsity.scanner import (
    MODELS,
    kept_lines,
    length_of_rays,
    omni_camera,
    rays,
    real_scanner,
    scan,
    thin_sweep,
    virtual_scanner,
)
from spnet.types import BoolImage, FloatImage, Intrinsics, Sample

SWEEPS = Path(__file__).parents[3] / "shared" / "rgbd" / "eval" / "kitti_velo"
KITTI = Intrinsics(721.5377, 721.5377, 609.5593, 172.854)
KITTI_SHAPE = (375, 1242)


def street() -> FloatImage:
    """Dense: a ground plane 1.65 m below the camera, walls 7 m to either side, and one 60 m ahead."""
    v, u = np.indices(KITTI_SHAPE)
    x, y = (u - KITTI.cx) / KITTI.fx, (v - KITTI.cy) / KITTI.fy
    with np.errstate(divide="ignore"):
        ground = np.where(y > 0, 1.65 / y, np.inf)
        walls = 7 / np.abs(x)
    return np.minimum(np.minimum(ground, walls), 60).astype(np.float32)


def sample(depth: FloatImage, camera: Intrinsics | None = None) -> Sample:
    return Sample(np.zeros((*depth.shape, 3), np.uint8), depth, intrinsics=camera)


STREET = sample(street(), KITTI)


def predicted(lines: int) -> float:
    """Points that the HDL-64E's data sheet and KITTI's camera predict: lines in view x columns in view."""
    height, width = KITTI_SHAPE
    right, left = np.arctan((width - 0.5 - KITTI.cx) / KITTI.fx), np.arctan((KITTI.cx + 0.5) / KITTI.fx)
    columns = np.rad2deg(right + left) / (360 / 2083)  # at 10 turns a second
    lowest = -np.rad2deg(np.arctan((height - 0.5 - KITTI.cy) / KITTI.fy))
    pitches = np.linspace(2.0, -24.9, 64)[:: 64 // lines]
    return float(columns * (pitches >= lowest).sum())


def bands(mask: BoolImage) -> int:
    """Separate runs of kept rows, from top to bottom."""
    return int(label(mask.any(axis=1))[1])


@pytest.mark.parametrize("lines", [64, 32, 16, 8, 4])
def test_counts_are_those_of_the_kitti_sensors_geometry(lines: int) -> None:
    for seed in range(3):  # where between two columns the image begins
        count = np.count_nonzero(parse_pattern(f"lidar({lines}, sensor=hdl64)")(STREET, seed))
        assert count == pytest.approx(predicted(lines), rel=0.2)


@pytest.mark.parametrize("lines", [32, 16, 8, 4])
def test_thinned_real_sweeps_keep_their_share_of_points(lines: int) -> None:
    if not SWEEPS.is_dir():
        pytest.skip("the KITTI sweeps are not at hand")
    data = FolderDataset(SWEEPS)
    for index in range(0, len(data), 4):
        sweep = data[index]
        kept = parse_pattern(f"lidar({lines})")(sweep, 0)
        full = np.count_nonzero(sweep.depth)
        assert np.count_nonzero(kept) == pytest.approx(full * lines / 64, rel=0.2)
        assert ((kept == 0) | (kept == sweep.depth)).all()
        assert rings(kept, sweep) == lines


def rings(kept: FloatImage, sweep: Sample) -> int:
    """How many of the sweep's 64 pitch bins hold kept points."""
    camera = sweep.intrinsics
    assert camera is not None

    def pitch(depth: FloatImage) -> np.ndarray:  # type: ignore[type-arg]
        v, u = np.nonzero(depth)
        x, y = (u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy
        return np.arcsin(y / np.sqrt(x * x + y * y + 1))

    whole = pitch(sweep.depth)
    counts, _ = np.histogram(pitch(kept), 64, (whole.min(), whole.max()))
    return int((counts > 5).sum())  # a point on a bin's border may be counted beside it


@pytest.mark.parametrize("lines", [64, 32, 16, 8, 4])
def test_the_rings_when_drawn(lines: int) -> None:
    """On a wall, straight ahead, each line in view is one band of rows, where its pitch says."""
    wall = np.full(KITTI_SHAPE, 10, np.float32)
    drawn = parse_pattern(f"lidar({lines}, sensor=hdl64)")(sample(wall, KITTI), 0) > 0
    centre = round(KITTI.cx)
    rows = KITTI.cy - KITTI.fy * np.tan(np.deg2rad(np.linspace(2.0, -24.9, 64)[:: 64 // lines]))
    in_view = rows[(rows >= 0) & (rows < KITTI_SHAPE[0])]
    strip = drawn[:, centre - 3 : centre + 4]
    assert bands(strip) == len(in_view)
    assert np.abs(np.flatnonzero(strip.any(axis=1)) - in_view).max() <= 1
    virtual = parse_pattern(f"lidar({lines})")(sample(np.ones((480, 640), np.float32)), 0) > 0
    in_view_of_omni = np.abs(480 * np.tan(np.linspace(-0.5, 0.5, lines))) < 239.5
    assert bands(virtual[:, 312:328]) == in_view_of_omni.sum()


@pytest.mark.parametrize("lines", [4, 8, 16, 32])
def test_virtual_lidar_hits_as_many_rows_as_it_has_lines(lines: int) -> None:
    """At the image's centre column each ray of its own pitch hits its own row, v = cy + f tan(pitch) / cos(yaw)."""
    mask = lidar(np.ones((240, 320), np.float32), lines, Intrinsics(240, 240, 159.5, 119.5))
    yaw = np.linspace(-np.pi / 2.1, np.pi / 2.1, 200)
    straight = yaw[np.abs(yaw).argmin()]
    wanted = np.rint(119.5 + 240 * np.tan(np.linspace(-0.5, 0.5, lines)) / np.cos(straight)).astype(int)
    column = round(159.5 + 240 * np.tan(straight))
    rows = np.flatnonzero(mask[:, column])
    assert set(wanted[(wanted >= 0) & (wanted < 240)]) <= set(rows)


def test_lines_that_stay() -> None:
    for lines in (64, 32, 16, 8, 4, 2, 1):
        assert np.array_equal(kept_lines(lines, 64), np.arange(0, 64, 64 // lines))
    assert len(kept_lines(48, 64)) == 48
    assert len(kept_lines(5, 64)) == 5
    assert len(kept_lines(100, 64)) == 64


def test_lidar_thins_a_sweep_by_rings() -> None:
    camera = Intrinsics(200, 200, 160, 120)
    sweep = np.zeros((240, 320), np.float32)
    sweep[60:188:2, ::8] = 5.0  # 64 rows: 64 rings, near the centre evenly spaced in pitch
    kept = lidar(sweep, 16, camera)
    assert kept.sum() / (sweep > 0).sum() == pytest.approx(0.25, abs=0.05)
    assert not kept[sweep == 0].any()
    assert not thin_sweep(np.zeros((4, 4), np.float32), 8, camera).any()
    assert np.array_equal(lidar(sweep, 128, camera), sweep > 0)


def test_directions() -> None:
    """Pitch is upwards (y is down), yaw to the right; roll turns clockwise, tilt upwards."""
    up = virtual_scanner(1, pitch=(0.3, 0.3), yaw=(0.0, 0.0), columns=1)
    assert rays(up)[:, 0] == pytest.approx([0, -np.sin(0.3), np.cos(0.3)])
    assert rays(up, roll=np.pi / 2)[:, 0] == pytest.approx([np.sin(0.3), 0, np.cos(0.3)], abs=1e-12)
    ahead = virtual_scanner(1, pitch=(0.0, 0.0), yaw=(0.0, 0.0), columns=1)
    assert rays(ahead, tilt=0.2)[:, 0] == pytest.approx([0, -np.sin(0.2), np.cos(0.2)])
    right = virtual_scanner(1, pitch=(0.0, 0.0), yaw=(0.3, 0.3), columns=1)
    assert rays(right)[:, 0] == pytest.approx([np.sin(0.3), 0, np.cos(0.3)])
    assert np.linalg.norm(rays(virtual_scanner(5), roll=0.1, tilt=0.2), axis=0) == pytest.approx(1)


def test_field_of_view_and_steps() -> None:
    wall = sample(np.ones((480, 640), np.float32), Intrinsics(500, 500, 320, 240))
    raw = parse_pattern("lidar(16, pitch=-10..0, yaw=-20..20, step=2)")(wall, 0) > 0
    rows, columns = np.flatnonzero(raw.any(axis=1)), np.flatnonzero(raw.any(axis=0))
    assert rows.min() == 240
    assert rows.max() == pytest.approx(240 + 500 * np.tan(np.deg2rad(10)) / np.cos(np.deg2rad(20)), abs=1)
    assert columns == pytest.approx(320 + 500 * np.tan(np.deg2rad(np.arange(-20, 21, 2))), abs=1)
    assert raw.sum() == 16 * 21
    with pytest.raises(BadInput, match="16 lines; got 17"):
        real_scanner(MODELS["vlp16"], 17)


def test_a_sensor_sees_no_farther_than_its_data_sheet_says() -> None:
    far = np.full(KITTI_SHAPE, 118, np.float32)  # z; the range is larger towards the corners
    raw = parse_pattern("lidar(64, sensor=hdl64)")(sample(far, KITTI), 0)
    distance = far * length_of_rays(KITTI_SHAPE, KITTI)
    assert raw.any()
    assert distance[raw > 0].max() <= 120
    assert not parse_pattern("lidar(64, sensor=hdl64)")(sample(far * 2, KITTI), 0).any()


def test_dropout_and_range_noise() -> None:
    clean = parse_pattern("lidar(64, sensor=hdl64)")(STREET, 0)
    lossy = parse_pattern("lidar(64, sensor=hdl64, dropout=20%)")(STREET, 0)
    assert np.count_nonzero(lossy) / np.count_nonzero(clean) == pytest.approx(0.8, abs=0.02)
    noisy = parse_pattern("lidar(64, sensor=hdl64, noise=2cm)")(STREET, 0)
    error = ((noisy - clean) * length_of_rays(KITTI_SHAPE, KITTI))[clean > 0]  # along the ray
    assert error.std() == pytest.approx(0.02, rel=0.05)
    relative = parse_pattern("lidar(64, sensor=hdl64, noise=1%)")(STREET, 0)
    assert (relative[clean > 0] / clean[clean > 0]).std() == pytest.approx(0.01, rel=0.05)


class TestParallax:
    """A box 2 m ahead, 300 x 200 pixels, before a wall at 4 m; the scanner 0.15 m beside the camera, focal 480."""

    depth = np.full((480, 640), 4, np.float32)
    depth[100:400, 200:400] = 2
    camera = omni_camera((480, 640))
    dense = virtual_scanner(128, columns=2000)

    @pytest.mark.parametrize("side", [-1, 1])
    def test_hidden_points_become_outliers_at_the_edge_on_its_side(self, side: int) -> None:
        raw = scan(self.depth, self.dense, self.camera, offset=(side * 0.15, 0))
        outlier = (raw > 0) & (raw != self.depth)
        assert np.array_equal(np.unique(raw[outlier]), [4])  # deeper values on the shallower box
        assert (self.depth[outlier] == 2).all()
        width = 480 * 0.15 / 2 - 480 * 0.15 / 4  # of the strip that the camera cannot see: 18 pixels
        columns = np.flatnonzero(outlier[110:390].sum(axis=0) > 10)
        edge = 400 if side > 0 else 199
        assert np.abs(columns - edge).max() == pytest.approx(width, abs=2)
        assert len(columns) == pytest.approx(width, abs=2)

    def test_points_are_as_many_as_without(self) -> None:
        beside = scan(self.depth, self.dense, self.camera, offset=(0.15, 0.05))
        at_camera = scan(self.depth, self.dense, self.camera)
        assert np.count_nonzero(beside) == pytest.approx(np.count_nonzero(at_camera), rel=0.03)
        assert (at_camera[at_camera > 0] == self.depth[at_camera > 0]).all()

    def test_unknown_stays_unknown(self) -> None:
        holed = self.depth.copy()
        holed[:, 300:500] = 0
        raw = scan(holed, self.dense, self.camera, offset=(0.15, 0.05))
        assert not raw[holed == 0].any()
        assert (raw[raw > 0] >= holed[raw > 0]).all()
        assert not scan(np.zeros((8, 9), np.float32), self.dense, omni_camera((8, 9)), offset=(0.1, 0)).any()

    def test_readings_nearer_than_the_truth_are_dropped(self) -> None:
        rough = np.random.default_rng(0).uniform(2, 4, self.depth.shape).astype(np.float32)
        raw = scan(rough, self.dense, self.camera, offset=(0.15, 0.05))
        assert np.count_nonzero(raw) > 1000
        assert (raw[raw > 0] >= rough[raw > 0]).all()

    def test_the_spec_draws_the_published_baseline(self) -> None:
        """0.03 to 0.06 of the median depth, to either side: strips of 7.2 to 14.4 pixels (median 4 m, focal 480)."""
        pattern = parse_pattern("lidar(64, parallax)")
        sides = set()
        for seed in range(12):
            raw = pattern(sample(self.depth), seed)
            outlier = (raw > 0) & (raw != self.depth)
            columns = np.nonzero(outlier[110:390].any(axis=0))[0]
            left, right = columns[columns < 250], columns[columns > 350]
            wide, edge = (left, 199) if len(left) > len(right) else (right, 400)
            sides.add(edge)
            assert np.abs(wide - edge).max() <= 0.06 * 4 * 480 * (1 / 2 - 1 / 4) + 2
        assert sides == {199, 400}

    def test_a_baseline_in_metres(self) -> None:
        raw = parse_pattern("lidar(128, columns=2000, parallax=15cm)")(sample(self.depth), 0)
        outlier = (raw > 0) & (raw != self.depth)
        columns = np.flatnonzero(outlier[110:390].sum(axis=0) > 10)
        assert len(columns) == pytest.approx(18, abs=2)
