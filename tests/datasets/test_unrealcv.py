"""UnrealCV in miniature: the paper's layout and unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import colours, cut, ramp, write_image

from spnet.datasets.adapters.unrealcv import ADAPTER
from spnet.errors import BadInput


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "RGBD_Datasets/UnrealCV"
    for i, name in enumerate(("room/2", "room/1", "hall/7")):
        depth = ramp(5, 7, start=10000 * (i + 1))
        depth[1, 2], depth[4, 6] = 0, 65535
        write_image(folder / f"rgb/{name}.png", colours(5, 7))
        write_image(folder / f"depth/{name}.png", depth)
    return tmp_path


def test_names_and_metres(root: Path) -> None:
    items = ADAPTER.items(root, ADAPTER.splits[0])
    assert [item.name for item in items] == ["hall/7", "room/1", "room/2"]
    assert len(ADAPTER.items(root / "RGBD_Datasets/UnrealCV", "train")) == 3
    frame = items[1].read()
    assert frame.depth is not None
    assert frame.depth.dtype == np.float32
    # 20000 of 65535 steps of 20 m; one row further down 100 steps, one column to the right one step.
    expected = [20000 * 20 / 65535, 20306 * 20 / 65535, 0, 20]
    np.testing.assert_allclose(frame.depth[[0, 3, 1, 4], [0, 6, 2, 6]], expected, rtol=1e-6)
    np.testing.assert_array_equal(frame.rgb, colours(5, 7))


def test_bad_archives_are_named(root: Path) -> None:
    folder = root / "RGBD_Datasets/UnrealCV"
    with pytest.raises(BadInput, match=r"depth does not hold this archive: expected the folders rgb and depth"):
        ADAPTER.items(folder / "depth", "train")
    cut(folder / "depth/hall/7.png")
    with pytest.raises(BadInput, match=r"hall/7.png is"):
        ADAPTER.items(root, "train")[0].read()
    write_image(folder / "depth/hall/7.png", ramp(5, 6))
    with pytest.raises(BadInput, match=r"hall/7.png is 6x5, its image 7x5"):
        ADAPTER.items(root, "train")[0].read()
    (folder / "depth/room/1.png").unlink()
    with pytest.raises(BadInput, match=r"UnrealCV: room/1.png and 0 more lie in only one"):
        ADAPTER.items(root, "train")
