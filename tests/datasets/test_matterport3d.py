"""Matterport3D in miniature: both kinds of images, quarter millimetres, cameras, rendered depth, lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import colours, cut, ramp, write_image, write_text

from spnet.datasets.adapters.matterport3d import ADAPTER
from spnet.errors import BadInput
from spnet.types import Intrinsics
from spnet.units import unit_scale

PANORAMA, OTHER = "03a8325e3b054e3fad7e1e7091f9d283", "a1b2"
CAMERA = "10 8 1076.5 1077.25 5.5 3.25 0.1 0.2 0.3 0.4 0.5\n"


def frame(scan: Path, view: str, panorama: str = PANORAMA, kind: str = "undistorted", start: int = 4000) -> None:
    depth = ramp(8, 10, start, 400, 4)
    depth[2, 3] = 0
    write_image(scan / f"{kind}_color_images/{panorama}_i{view}.jpg", colours(8, 10))
    write_image(scan / f"{kind}_depth_images/{panorama}_d{view}.png", depth)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    first, second = tmp_path / "v1/scans/17DRP5sb8fy", tmp_path / "v1/scans/zsNo4HB9uLZ/zsNo4HB9uLZ"
    for view in ("2_0", "0_1", "0_0"):
        frame(first, view)
    write_text(first / f"matterport_camera_intrinsics/{PANORAMA}_intrinsics_0.txt", CAMERA)
    write_text(first / f"matterport_camera_intrinsics/{PANORAMA}_intrinsics_2.txt", CAMERA.replace("1076.5", "1000"))
    frame(second, "1_5", OTHER, "matterport", start=8000)
    return tmp_path


def test_order_and_names(root: Path) -> None:
    first = [f"17DRP5sb8fy/{PANORAMA}_{view}" for view in ("0_0", "0_1", "2_0")]
    assert [item.name for item in ADAPTER.items(root, "all")] == [*first, "zsNo4HB9uLZ/a1b2_1_5"]
    assert [item.name for item in ADAPTER.items(root / "v1/scans", "all")] == [*first, "zsNo4HB9uLZ/a1b2_1_5"]


def test_quarter_millimetres_and_camera(root: Path) -> None:
    read = [item.read() for item in ADAPTER.items(root, "all")]
    depth = read[0].depth
    assert depth is not None
    assert depth.dtype == np.float32
    assert depth[2, 3] == 0
    np.testing.assert_allclose(depth[[0, 7, 7], [0, 0, 9]], [1.0, 1.7, 1.709], rtol=1e-6)
    np.testing.assert_allclose(read[0].rgb, colours(8, 10), atol=6)
    assert read[0].raw is None
    assert read[0].intrinsics == Intrinsics(1076.5, 1077.25, 5.5, 3.25)
    assert read[2].intrinsics == Intrinsics(1000, 1077.25, 5.5, 3.25)
    assert read[3].intrinsics is None
    stored = np.rint(depth.astype(np.float64) / unit_scale(ADAPTER.unit, integer=True))
    assert stored[7, 9] == 4000 + 7 * 400 + 9 * 4, "the converted files keep the stored numbers"


def test_undistorted_images_come_first(root: Path) -> None:
    frame(root / "v1/scans/17DRP5sb8fy", "0_0", kind="matterport", start=40)
    depth = ADAPTER.items(root, "all")[0].read().depth
    assert depth is not None
    assert depth[0, 0] == 1.0


def test_rendered_depth_is_the_truth_and_the_sensor_the_input(root: Path) -> None:
    scan = root / "v1/scans/17DRP5sb8fy"
    write_image(scan / f"mesh_images/{PANORAMA}_d0_1_mesh_depth.png", ramp(8, 10, 20000))
    [item, _] = ADAPTER.items(root, "all")
    read = item.read()
    assert item.name == f"17DRP5sb8fy/{PANORAMA}_0_1"
    assert read.depth is not None
    assert read.raw is not None
    assert read.depth[0, 0] == 5.0
    assert read.raw[0, 0] == 1.0
    assert read.raw[2, 3] == 0


def test_quarter_size_copies(tmp_path: Path) -> None:
    scan = tmp_path / "17DRP5sb8fy"
    frame(scan, "1_2", f"resize_{PANORAMA}")
    write_image(scan / f"render_depth/resize_{PANORAMA}_d1_2_mesh_depth.png", ramp(8, 10, 20000))
    camera = "40 32 400 800 19.5 15.5 0 0 0 0 0"  # of the full size; the centre of either image is its middle
    write_text(scan / f"matterport_camera_intrinsics/{PANORAMA}_intrinsics_1.txt", camera)
    write_text(tmp_path / "list.txt", f"17DRP5sb8fy/undistorted_color_images/{PANORAMA}_i1_2.jpg\n")
    [item] = ADAPTER.items(tmp_path, "list")
    assert item.name == f"17DRP5sb8fy/{PANORAMA}_1_2"
    assert item.read().intrinsics == Intrinsics(100, 200, 4.5, 3.5)


def test_official_lists(root: Path) -> None:
    write_text(root / "scenes_test.txt", "zsNo4HB9uLZ\n")
    assert [item.name for item in ADAPTER.items(root, "test")] == ["zsNo4HB9uLZ/a1b2_1_5"]
    with pytest.raises(BadInput, match=r"scenes_train.txt is missing"):
        ADAPTER.items(root, "train")
    write_text(root / "scenes_test.txt", "zsNo4HB9uLZ\n2t7WUuJeko7\n")
    with pytest.raises(BadInput, match=r"2t7WUuJeko7 is missing; it belongs to the split 'test'"):
        ADAPTER.items(root, "test")
    write_text(root / "scenes_test.txt", "zsNo4HB9uLZ/undistorted_color_images/a1b2_i0_0.jpg\n")
    with pytest.raises(BadInput, match=r"zsNo4HB9uLZ has no image undistorted_color_images/a1b2_i0_0.jpg"):
        ADAPTER.items(root, "test")


def test_bad_archives_are_named(root: Path) -> None:
    scan = root / "v1/scans/17DRP5sb8fy"
    with pytest.raises(BadInput, match=r"depth_images does not hold this archive: expected folders <scan>/matterport"):
        ADAPTER.items(scan / "undistorted_depth_images", "all")
    write_text(scan / f"matterport_camera_intrinsics/{PANORAMA}_intrinsics_0.txt", CAMERA[:10])
    with pytest.raises(BadInput, match=r"_intrinsics_0.txt is cut off"):
        ADAPTER.items(root, "all")[0].read()
    cut(scan / f"undistorted_depth_images/{PANORAMA}_d0_0.png")
    with pytest.raises(BadInput, match=r"_d0_0.png is"):
        ADAPTER.items(root, "all")[0].read()
    (scan / f"undistorted_depth_images/{PANORAMA}_d2_0.png").unlink()
    with pytest.raises(BadInput, match=r"_d2_0.png is missing; .*_i2_0.jpg needs it"):
        ADAPTER.items(root, "all")
