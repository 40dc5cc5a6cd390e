from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from scenes import room
from spnet.completion import Completion
from spnet.errors import BadInput, CannotWrite
from spnet.io import read_depth
from spnet.types import Intrinsics


@pytest.fixture
def result() -> Completion:
    rgb, depth = room(12, 16)
    _, dense = room(12, 16, share=1.0)
    return Completion(dense, depth, rgb, max_depth=10.0, model="m")


def test_the_mask_is_where_the_input_was_measured(result: Completion) -> None:
    assert np.array_equal(result.mask, result.input_depth > 0)
    assert 0 < result.mask.sum() < result.mask.size


def test_it_is_frozen(result: Completion) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.max_depth = 3.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "tolerance"), [("d.png", 6e-4), ("d.tiff", 0), ("d.npy", 0), ("d.npz", 0), ("d.pfm", 0), ("D.PNG", 6e-4)]
)
def test_depth_files_hold_the_depth(result: Completion, tmp_path: Path, name: str, tolerance: float) -> None:
    result.save(tmp_path / name)
    assert abs(read_depth(tmp_path / name) - result.depth).max() <= tolerance
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_exr_files(result: Completion, tmp_path: Path) -> None:
    pytest.importorskip("OpenEXR")
    result.save(tmp_path / "d.exr")
    assert np.array_equal(read_depth(tmp_path / "d.exr"), result.depth)


def test_the_unit_of_a_file_is_free(result: Completion, tmp_path: Path) -> None:
    result.save(tmp_path / "d.png", unit="kitti")
    assert abs(read_depth(tmp_path / "d.png", "kitti") - result.depth).max() <= 0.5 / 256


@pytest.mark.parametrize("suffix", [".ply", ".glb"])
def test_point_clouds(result: Completion, tmp_path: Path, suffix: str) -> None:
    result.save(tmp_path / f"cloud{suffix}", intrinsics=Intrinsics(20, 20, 8, 6))
    assert (tmp_path / f"cloud{suffix}").stat().st_size > 15 * result.depth.size


def test_the_cloud_follows_the_camera(result: Completion) -> None:
    cloud = result.point_cloud(Intrinsics(20, 40, 3, 5))
    at = 2 * 16 + 7  # row 2, column 7; every pixel is known
    z = result.depth[2, 7]
    assert cloud.points[at] == pytest.approx([(7 - 3) / 20 * z, (2 - 5) / 40 * z, z])
    assert np.array_equal(cloud.colors[at], result.rgb[2, 7])
    assert len(result.point_cloud().points) == result.depth.size


def test_the_preview_is_a_picture(result: Completion) -> None:
    picture = result.preview()
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == 3


@pytest.mark.parametrize("name", ["d.jpg", "d", "d.txt"])
def test_unknown_kinds_are_refused(result: Completion, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="must end in one of"):
        result.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_target_that_cannot_be_written(result: Completion, tmp_path: Path) -> None:
    (tmp_path / "d.npy").mkdir()
    with pytest.raises(CannotWrite, match="is a folder"):
        result.save(tmp_path / "d.npy")
