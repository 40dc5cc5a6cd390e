"""Virtual KITTI 2 in miniature: folders, units, sky, cameras."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import colours, cut, ramp, write_image, write_text

from spnet.datasets.adapters.vkitti2 import ADAPTER
from spnet.errors import BadInput
from spnet.types import Intrinsics

HEADER = "frame cameraID K[0,0] K[1,1] K[0,2] K[1,2]\n"


def frame(root: Path, scene: str, variation: str, number: int, camera: int = 0) -> None:
    frames = root / scene / variation / "frames"
    depth = ramp(5, 8, start=100 * (number + 1))
    depth[0, 7] = 65535
    write_image(frames / f"rgb/Camera_{camera}/rgb_{number:05d}.jpg", colours(5, 8))
    write_image(frames / f"depth/Camera_{camera}/depth_{number:05d}.png", depth)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in (0, 1):
        frame(tmp_path, "Scene01", "clone", number)
    frame(tmp_path, "Scene01", "clone", 0, camera=1)  # the right camera is left alone
    frame(tmp_path, "Scene01", "fog", 3)
    frame(tmp_path, "Scene20", "clone", 9)
    text = HEADER + "0 0 700 710 600 180\n0 1 1 1 1 1\n1 0 701 711 601 181\n"
    write_text(tmp_path / "Scene01/clone/intrinsic.txt", text)
    return tmp_path


def test_order_splits_and_names(root: Path) -> None:
    assert ADAPTER.splits[0] == "clone"
    assert [item.name for item in ADAPTER.items(root, "clone")] == [
        "Scene01/clone/00000",
        "Scene01/clone/00001",
        "Scene20/clone/00009",
    ]
    assert [item.name for item in ADAPTER.items(root, "fog")] == ["Scene01/fog/00003"]
    assert len(ADAPTER.items(root, "all")) == 4


def test_centimetres_sky_and_camera(root: Path) -> None:
    first, second, other = (item.read() for item in ADAPTER.items(root, "clone"))
    assert first.depth is not None
    assert first.rgb is not None
    assert first.depth.dtype == np.float32
    assert first.depth[0, 7] == 0, "the sky is unknown"
    np.testing.assert_allclose(first.depth[[0, 4, 4], [0, 0, 7]], [1.00, 5.00, 5.07], rtol=1e-6)
    np.testing.assert_allclose(first.rgb, colours(5, 8), atol=6)
    assert first.intrinsics == Intrinsics(700, 710, 600, 180)
    assert second.intrinsics == Intrinsics(701, 711, 601, 181)
    assert other.intrinsics == Intrinsics(725.0087, 725.0087, 620.5, 187)


def test_each_archive_in_its_own_folder(tmp_path: Path) -> None:
    frame(tmp_path / "one", "Scene02", "rain", 4)
    (tmp_path / "vkitti_2.0.3_rgb/Scene02/rain/frames").mkdir(parents=True)
    (tmp_path / "vkitti_2.0.3_depth/Scene02/rain/frames").mkdir(parents=True)
    for kind in ("rgb", "depth"):
        source = tmp_path / "one/Scene02/rain/frames" / kind
        source.rename(tmp_path / f"vkitti_2.0.3_{kind}/Scene02/rain/frames" / kind)
    write_text(tmp_path / "vkitti_2.0.3_textgt/Scene02/rain/intrinsic.txt", HEADER + "4 0 7 8 9 10\n")
    [item] = ADAPTER.items(tmp_path, "rain")
    assert item.read().intrinsics == Intrinsics(7, 8, 9, 10)


def test_bad_archives_are_named(root: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Scene01 does not hold this archive: expected folders SceneXX/clone/frames/rgb"):
        ADAPTER.items(root / "Scene01", "clone")
    with pytest.raises(BadInput, match="nowhere is not a folder"):
        ADAPTER.items(tmp_path / "nowhere", "clone")
    depth = root / "Scene01/clone/frames/depth/Camera_0"
    cut(depth / "depth_00000.png")
    with pytest.raises(BadInput, match=r"depth_00000.png is damaged"):
        ADAPTER.items(root, "clone")[0].read()
    (depth / "depth_00001.png").unlink()
    with pytest.raises(BadInput, match=r"depth_00001.png is missing; .*rgb_00001.jpg needs it"):
        ADAPTER.items(root, "clone")
    (root / "Scene20/clone/frames/rgb/Camera_0/rgb_00009.jpg").rename(depth.parents[1] / "rgb/Camera_0/rgb_x.jpg")
    write_image(depth / "depth_x.png", ramp(5, 8))
    write_image(depth / "depth_00001.png", ramp(5, 8))
    with pytest.raises(BadInput, match=r"rgb_x.jpg is no frame of Virtual KITTI 2"):
        ADAPTER.items(root, "clone")
    write_text(root / "Scene01/fog/intrinsic.txt", HEADER + "3 0 700\n")
    with pytest.raises(BadInput, match=r"intrinsic.txt is cut off"):
        ADAPTER.items(root, "fog")
