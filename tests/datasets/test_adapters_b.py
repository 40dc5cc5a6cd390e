"""What holds for each of these adapters, whatever its layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import colours, ramp, write_image
from PIL import Image

from spnet.datasets.adapters import (
    arkitscenes,
    hrwsi,
    hypersim,
    matterport3d,
    scannet,
    tartanair,
    unrealcv,
    vkitti2,
)
from spnet.datasets.adapters.base import Adapter
from spnet.datasets.convert import convert
from spnet.datasets.folder import FolderDataset
from spnet.errors import BadInput
from spnet.types import Intrinsics
from spnet.units import unit_scale

MODULES = (scannet, arkitscenes, hypersim, tartanair, vkitti2, matterport3d, hrwsi, unrealcv)
ADAPTERS = [module.ADAPTER for module in MODULES]


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_it_tells_a_user_what_to_do(adapter: Adapter) -> None:
    assert adapter.where.startswith("http")
    assert adapter.licence
    assert adapter.citation
    assert adapter.note
    assert len(set(adapter.splits)) == len(adapter.splits) > 0
    assert unit_scale(adapter.unit, integer=True) > 0


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_another_folder_is_refused_in_every_split(adapter: Adapter, tmp_path: Path) -> None:
    write_image(tmp_path / "holiday/1.png", colours(4, 4))
    for split in adapter.splits:
        with pytest.raises(BadInput, match=f"{tmp_path.name} does not hold this archive: expected "):
            adapter.items(tmp_path, split)


def test_listing_reads_no_image(tmp_path: Path) -> None:
    for i in range(3):
        for path in (f"rgb/Camera_0/rgb_{i:05d}.jpg", f"depth/Camera_0/depth_{i:05d}.png"):
            file = tmp_path / "Scene01/clone/frames" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    items = vkitti2.ADAPTER.items(tmp_path, "clone")
    assert len(items) == 3
    with pytest.raises(BadInput, match=r"rgb_00000.jpg is empty"):
        items[0].read()


def test_converted_depth_and_camera_are_the_archives(tmp_path: Path) -> None:
    """Through the converter and back: no step changes a stored centimetre."""
    frames = tmp_path / "vkitti/Scene01/clone/frames"
    write_image(frames / "rgb/Camera_0/rgb_00000.jpg", colours(5, 8))
    depth = ramp(5, 8, 17, 13107, 1)  # 17 to 52452 cm
    depth[0, 0] = 65535
    write_image(frames / "depth/Camera_0/depth_00000.png", depth)
    summary = convert(vkitti2.ADAPTER, tmp_path / "vkitti", tmp_path / "ours")
    assert (summary.written, summary.as_npy, summary.failed) == (1, 0, {})
    [sample] = list(FolderDataset(tmp_path / "ours"))
    expected = np.where(depth == 65535, 0, depth / 100)
    np.testing.assert_allclose(sample.depth, expected, rtol=1e-6)
    assert sample.intrinsics == Intrinsics(725.0087, 725.0087, 620.5, 187.0)
    copied = tmp_path / "ours/rgb/Scene01/clone/00000.jpg"
    assert copied.read_bytes() == (frames / "rgb/Camera_0/rgb_00000.jpg").read_bytes()


def test_converted_masks_are_hole_maps(tmp_path: Path) -> None:
    mask = np.where(ramp(6, 8) % 3 == 0, 255, 0).astype(np.uint8)
    write_image(tmp_path / "hrwsi/train/valid_masks/1.png", mask)
    convert(hrwsi.ADAPTER, tmp_path / "hrwsi", tmp_path / "ours")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "ours/masks/1.png")), mask)
