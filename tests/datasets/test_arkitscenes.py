"""ARKitScenes in miniature: folds, millimetres, the iPad's depth on the truth's grid, cameras."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import colours, cut, ramp, write_image, write_text

from spnet.datasets.adapters.arkitscenes import ADAPTER, spread
from spnet.errors import BadInput
from spnet.types import Intrinsics


def frame(video: Path, stamp: str, camera: str | None = None, low: bool = True) -> None:
    name = f"{video.name}_{stamp}"
    depth = ramp(15, 30)
    depth[3, 4] = 0
    write_image(video / f"wide/{name}.png", colours(15, 30))
    write_image(video / f"highres_depth/{name}.png", depth)
    if low:
        write_image(video / f"lowres_depth/{name}.png", ramp(2, 4, 5000, 1000, 10))
        write_image(video / f"confidence/{name}.png", np.zeros((2, 4), np.uint8))
    if camera is not None:
        path = video / f"wide_intrinsics/{video.name}_{camera}.pincam"
        write_text(path, "30 15 25.5 26.5 14.25 7.75\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    upsampling = tmp_path / "upsampling"
    frame(upsampling / "Validation/41069021", "1005.244", camera="1005.244")
    frame(upsampling / "Validation/41069021", "305.999", camera="306.000")
    frame(upsampling / "Validation/41048190", "3.002", low=False)
    frame(upsampling / "Training/40753679", "6.791")
    (upsampling / "Validation/47334522").mkdir()  # of the raw download, without laser depth
    return tmp_path


def test_order_folds_and_names(root: Path) -> None:
    names = [item.name for item in ADAPTER.items(root, ADAPTER.splits[0])]
    assert names == ["41048190/41048190_3.002", "41069021/41069021_305.999", "41069021/41069021_1005.244"]
    assert [item.name for item in ADAPTER.items(root / "upsampling", "training")] == ["40753679/40753679_6.791"]


def test_millimetres_and_camera(root: Path) -> None:
    bare, first, second = (item.read() for item in ADAPTER.items(root, "validation"))
    assert first.depth is not None
    assert first.depth.dtype == np.float32
    assert first.depth[3, 4] == 0
    np.testing.assert_allclose(first.depth[[0, 14, 14], [0, 0, 29]], [1.0, 2.4, 2.429], rtol=1e-6)
    np.testing.assert_array_equal(first.rgb, colours(15, 30))
    assert first.intrinsics == second.intrinsics == Intrinsics(25.5, 26.5, 14.25, 7.75)
    assert bare.raw is None
    assert bare.intrinsics is None


def test_the_ipads_depth_lies_at_block_centres(root: Path) -> None:
    raw = ADAPTER.items(root, "validation")[1].read().raw
    assert raw is not None
    # Blocks of 7.5 pixels: their centres 3.75, 11.25, 18.75, 26.25 lie in pixels 3, 11, 18, 26.
    rows, columns = np.nonzero(raw)
    assert sorted(set(rows)) == [3, 11]
    assert sorted(set(columns)) == [3, 11, 18, 26]
    np.testing.assert_allclose(raw[3, [3, 11, 18, 26]], [5.00, 5.01, 5.02, 5.03], rtol=1e-6)
    np.testing.assert_allclose(raw[11, [3, 26]], [6.00, 6.03], rtol=1e-6)


def test_the_official_sizes_give_one_point_a_block() -> None:
    low = np.arange(1, 192 * 256 + 1, dtype=np.float32).reshape(192, 256)
    raw = spread(low, (1440, 1920))
    assert np.count_nonzero(raw) == 192 * 256
    np.testing.assert_array_equal(raw[raw > 0], low.ravel())


def test_the_readmes_name_for_colour(root: Path) -> None:
    video = root / "upsampling/Training/40753679"
    (video / "wide").rename(video / "color")
    assert ADAPTER.items(root, "training")[0].read().rgb is not None


def test_bad_archives_are_named(root: Path) -> None:
    with pytest.raises(BadInput, match=r"Training does not hold this archive: expected folders Validation/<video>"):
        ADAPTER.items(root / "upsampling/Training", "validation")
    video = root / "upsampling/Training/40753679"
    name = "40753679_6.791"
    write_text(video / f"wide_intrinsics/{name}.pincam", "30 15 0 0 14 7")
    with pytest.raises(BadInput, match=r"40753679_6.791.pincam holds no camera: fx 0"):
        ADAPTER.items(root, "training")[0].read()
    write_text(video / f"wide_intrinsics/{name}.pincam", "30 15 25.5")
    with pytest.raises(BadInput, match=r"40753679_6.791.pincam is cut off"):
        ADAPTER.items(root, "training")[0].read()
    write_image(video / f"highres_depth/{name}.png", ramp(15, 30).astype(np.uint8))
    with pytest.raises(BadInput, match=r"40753679_6.791.png has shape \(15, 30\) and type uint8: expected one channel"):
        ADAPTER.items(root, "training")[0].read()
    cut(video / f"highres_depth/{name}.png")
    with pytest.raises(BadInput, match=r"highres_depth/40753679_6.791.png is"):
        ADAPTER.items(root, "training")[0].read()
    (video / f"wide/{name}.png").unlink()
    with pytest.raises(BadInput, match=r"wide/40753679_6.791.png is missing"):
        ADAPTER.items(root, "training")
