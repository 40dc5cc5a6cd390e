"""TartanAir in miniature: folders, float metres, sky."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import colours, cut, ramp, write_image

from spnet.datasets.adapters.tartanair import ADAPTER
from spnet.errors import BadInput
from spnet.types import AnyArray, Intrinsics


def frame(folder: Path, number: int, depth: AnyArray | None = None) -> Path:
    write_image(folder / f"image_left/{number:06d}_left.png", colours(4, 6))
    path = folder / f"depth_left/{number:06d}_left_depth.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, ramp(4, 6).astype(np.float32) / 64 if depth is None else depth)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in (10, 2):
        frame(tmp_path / "office/Easy/P001", number)
    frame(tmp_path / "office/Easy/P000", 0)
    frame(tmp_path / "office/Hard/P002", 5)
    frame(tmp_path / "abandonedfactory/abandonedfactory/Hard/P010", 1)  # as its ZIP unpacks
    return tmp_path


def test_order_splits_and_names(root: Path) -> None:
    easy = ["office/Easy/P000/000000", "office/Easy/P001/000002", "office/Easy/P001/000010"]
    hard = ["abandonedfactory/Hard/P010/000001", "office/Hard/P002/000005"]
    assert [item.name for item in ADAPTER.items(root, "easy")] == easy
    assert [item.name for item in ADAPTER.items(root, "hard")] == hard
    assert [item.name for item in ADAPTER.items(root, ADAPTER.splits[0])] == [hard[0], *easy, hard[1]]


def test_metres_sky_and_camera(root: Path) -> None:
    depth = ramp(4, 6).astype(np.float32) / 64
    depth[0, :4] = 10000, np.inf, np.nan, 250.01
    frame(root / "office/Easy/P000", 0, depth)
    read = ADAPTER.items(root, "easy")[0].read()
    assert read.depth is not None
    assert read.rgb is not None
    assert read.depth.dtype == np.float32
    np.testing.assert_array_equal(read.depth[0], [0, 0, 0, 0, 1004 / 64, 1005 / 64])
    np.testing.assert_array_equal(read.depth[1:], depth[1:])
    np.testing.assert_array_equal(read.rgb, colours(4, 6))
    assert read.intrinsics == Intrinsics(320, 320, 320, 240)


def test_bad_archives_are_named(root: Path) -> None:
    with pytest.raises(BadInput, match=r"Easy does not hold this archive: expected folders <environment>/Hard"):
        ADAPTER.items(root / "office/Easy", "hard")
    path = frame(root / "office/Easy/P000", 0, np.zeros((3, 6), np.float32))
    with pytest.raises(BadInput, match=r"000000_left_depth.npy is 6x3, its image 6x4"):
        ADAPTER.items(root, "easy")[0].read()
    frame(root / "office/Easy/P000", 0, np.zeros((4, 6), np.uint16))
    with pytest.raises(BadInput, match=r"000000_left_depth.npy has shape \(4, 6\) and type uint16"):
        ADAPTER.items(root, "easy")[0].read()
    cut(path)
    with pytest.raises(BadInput, match=r"000000_left_depth.npy is not a readable NPY"):
        ADAPTER.items(root, "easy")[0].read()
    path.unlink()
    with pytest.raises(BadInput, match=r"000000_left_depth.npy is missing"):
        ADAPTER.items(root, "easy")
