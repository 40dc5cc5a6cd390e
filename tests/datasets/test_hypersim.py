"""Hypersim in miniature: folders, HDF5 of float16 distances, z-depth, official list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import colours, cut, write_image, write_text

from spnet.datasets.adapters.hypersim import ADAPTER, to_z
from spnet.errors import BadInput
from spnet.types import AnyArray

h5py = pytest.importorskip("h5py")
CSV = "metadata_images_split_scene_v1.csv"
HEADER = "scene_name,camera_name,frame_id,included_in_public_release,exclude_reason,split_partition_name\n"


def frame(root: Path, scene: str, camera: str, number: int, distance: AnyArray | None = None) -> Path:
    images = root / scene / "images"
    write_image(images / f"scene_{camera}_final_preview/frame.{number:04d}.tonemap.jpg", colours(3, 4))
    path = images / f"scene_{camera}_geometry_hdf5/frame.{number:04d}.depth_meters.hdf5"
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.arange(12).reshape(3, 4) + 1.0 if distance is None else distance
    with h5py.File(path, "w") as file:
        file["dataset"] = values.astype(np.float16)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    scenes = tmp_path / "evermotion_dataset/scenes"
    for scene, camera, number in (
        ("ai_001_001", "cam_00", 2),
        ("ai_001_001", "cam_00", 0),
        ("ai_001_001", "cam_01", 7),
    ):
        frame(scenes, scene, camera, number)
    frame(scenes, "ai_055_010", "cam_00", 13)
    rows = (
        "ai_001_001,cam_00,0,True,,train\n"
        "ai_001_001,cam_00,1,False,contains people,\n"
        "ai_001_001,cam_01,7,True,,train\n"
        "ai_055_010,cam_00,13,True,,test\n"
    )
    write_text(tmp_path / "evermotion_dataset/analysis" / CSV, HEADER + rows)
    return scenes


def test_a_distance_becomes_z_as_computed_by_hand() -> None:
    # 1024x768 and 60 degrees: f = 512 / tan 30 = 512 · 1.7320508 = 886.81. The corner's pixel centre is 511.5 columns
    # and 383.5 rows off the axis: sqrt(511.5² + 383.5² + 886.81²) = sqrt(261632.25 + 147072.25 + 786432) = 1093.2230.
    z = to_z(np.full((768, 1024), 10.0))
    np.testing.assert_allclose(z[0, 0], 10 * 886.8100 / 1093.2230, rtol=1e-6)
    np.testing.assert_allclose(z[[0, 767, 767], [1023, 0, 1023]], z[0, 0], rtol=1e-7)
    # Beside the axis, half a pixel off: 886.81 / sqrt(886.81² + 0.25 + 0.25) = 1 - 3.2e-7.
    np.testing.assert_allclose(z[383, 511], 10 * (1 - 3.2e-7), rtol=1e-7)
    assert z[0, 512] > z[383, 0], "the image is wider than high"


def test_order_splits_and_names(root: Path) -> None:
    names = [item.name for item in ADAPTER.items(root, "all")]
    assert names == [
        "ai_001_001/cam_00/0000",
        "ai_001_001/cam_00/0002",
        "ai_001_001/cam_01/0007",
        "ai_055_010/cam_00/0013",
    ]
    assert [item.name for item in ADAPTER.items(root, "train")] == ["ai_001_001/cam_00/0000", "ai_001_001/cam_01/0007"]
    assert [item.name for item in ADAPTER.items(root, "test")] == ["ai_055_010/cam_00/0013"]


def test_metres_holes_and_camera(root: Path) -> None:
    distance = np.arange(12).reshape(3, 4) + 1.0
    distance[0] = np.nan, np.inf, -1, 4
    frame(root, "ai_055_010", "cam_00", 13, distance)
    read = ADAPTER.items(root, "test")[0].read()
    assert read.depth is not None
    assert read.rgb is not None
    assert read.intrinsics is not None
    assert read.depth.dtype == np.float32
    focal = 2 * np.sqrt(3)  # half of 4 columns over tan 30
    # Pixel centres lie at x = -1.5 … 1.5 and y = -1, 0, 1.
    np.testing.assert_allclose(read.depth[0], [0, 0, 0, 4 * focal / np.sqrt(1.5**2 + 1 + focal**2)], rtol=1e-6)
    np.testing.assert_allclose(read.depth[1, 1], 6 * focal / np.sqrt(0.5**2 + focal**2), rtol=1e-6)
    np.testing.assert_allclose(read.depth[2, 0], 9 * focal / np.sqrt(1.5**2 + 1 + focal**2), rtol=1e-6)
    np.testing.assert_allclose([read.intrinsics.fx, read.intrinsics.cx, read.intrinsics.cy], [focal, 1.5, 1.0])
    np.testing.assert_allclose(read.rgb, colours(3, 4), atol=6)


def test_bad_archives_are_named(root: Path) -> None:
    with pytest.raises(BadInput, match=r"analysis does not hold this archive: expected folders ai_VVV_NNN"):
        ADAPTER.items(root.parent / "analysis", "all")
    path = frame(root, "ai_055_010", "cam_00", 13)
    cut(path, 0.3)
    with pytest.raises(BadInput, match=r"frame.0013.depth_meters.hdf5 is damaged"):
        ADAPTER.items(root, "test")[0].read()
    with h5py.File(path, "w") as file:
        file["other"] = np.zeros((3, 4), np.float16)
    with pytest.raises(BadInput, match=r"frame.0013.depth_meters.hdf5 is damaged or no HDF5 file with an array"):
        ADAPTER.items(root, "test")[0].read()
    path.unlink()
    for split in ("all", "test"):
        with pytest.raises(BadInput, match=r"frame.0013.depth_meters.hdf5 is missing"):
            ADAPTER.items(root, split)
    (root / "ai_001_001/images/scene_cam_00_final_preview/frame.0000.tonemap.jpg").unlink()
    with pytest.raises(BadInput, match=r"frame.0000.tonemap.jpg is missing; it belongs to the split 'train'"):
        ADAPTER.items(root, "train")


def test_the_official_list_is_needed_and_checked(root: Path) -> None:
    official = root.parent / "analysis" / CSV
    write_text(official, "scene_name,frame\nai_001_001,0\n")
    with pytest.raises(BadInput, match=r"is not the official list: expected the columns scene_name"):
        ADAPTER.items(root, "train")
    official.unlink()
    with pytest.raises(BadInput, match=r"metadata_images_split_scene_v1.csv is missing"):
        ADAPTER.items(root, "train")
