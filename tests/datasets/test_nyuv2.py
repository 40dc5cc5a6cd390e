"""NYUv2 from MATLAB's file and from PNG: axes, units, split, the usual 304x228 view."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from miniatures import nyuv2_mat, nyuv2_png, picture, ramp
from spnet.datasets import FolderDataset
from spnet.datasets.adapters.nyuv2 import ADAPTER, CAMERA
from spnet.datasets.convert import convert
from spnet.errors import BadInput


def test_matlab_file_axes_names_and_split(tmp_path: Path) -> None:
    found = ADAPTER.items(nyuv2_mat(tmp_path), "test")
    assert [item.name for item in found] == ["0002", "0003"]  # official indices count from 1
    frame = found[0].read()
    assert frame.rgb is not None
    assert frame.raw is not None
    np.testing.assert_array_equal(frame.rgb, picture(1))
    np.testing.assert_array_equal(frame.depth, ramp(2))
    assert frame.raw[0, :3].tolist() == [0, 0, 2.25]  # a hole, 10 m = saturated, measured
    assert frame.intrinsics == CAMERA
    assert [item.name for item in ADAPTER.items(tmp_path, "train")] == ["0001", "0004"]
    assert len(ADAPTER.items(tmp_path, "all")) == 4


def test_matlab_file_converted(tmp_path: Path) -> None:
    summary = convert(ADAPTER, nyuv2_mat(tmp_path / "a"), tmp_path / "b")
    assert (summary.written, summary.failed, summary.as_npy) == (2, {}, 0)
    data = FolderDataset(tmp_path / "b")
    assert [pair.name for pair in data.pairs] == ["0002", "0003"]
    np.testing.assert_array_equal(data[1].rgb, picture(2))
    np.testing.assert_allclose(data[1].depth, ramp(3), atol=0.0005)
    assert data[1].intrinsics == CAMERA
    assert data.read_given(1, "raw")[0, :2].tolist() == [0, 0]


def test_the_usual_view(tmp_path: Path) -> None:
    """A ramp stays a ramp when it is halved: output (y, x) is the mean of its 2x2 pixels, from row 12, column 16 on."""
    found = ADAPTER.items(nyuv2_mat(tmp_path, 3, (480, 640)), "test-304x228")
    frame = found[0].read()
    assert frame.rgb is not None
    assert frame.depth is not None
    assert frame.intrinsics is not None
    assert frame.rgb.shape == (228, 304, 3)
    truth = ramp(2, (480, 640)).astype(np.float64)
    means = truth.reshape(240, 2, 320, 2).mean(axis=(1, 3))[6:234, 8:312]
    np.testing.assert_allclose(frame.depth, means, rtol=1e-4)
    small = np.asarray(Image.fromarray(picture(1, (480, 640))).resize((320, 240), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(frame.rgb, small[6:234, 8:312])
    # The principal point, seen as a place on the picture, is where it was: 2 (x' + 8 + 0.5) - 0.5 = x.
    assert 2 * (frame.intrinsics.cx + 8.5) - 0.5 == pytest.approx(CAMERA.cx)
    assert 2 * (frame.intrinsics.cy + 6.5) - 0.5 == pytest.approx(CAMERA.cy)
    assert frame.intrinsics.fx == pytest.approx(CAMERA.fx / 2)


@pytest.mark.parametrize("dense", [False, True])
def test_png_form(tmp_path: Path, dense: bool) -> None:
    source = nyuv2_png(tmp_path / "a", dense=dense)
    found = ADAPTER.items(source, "test")
    assert [item.name for item in found] == ["0002", "0003"]
    assert [item.name for item in ADAPTER.items(source, "train")] == ["0001"]
    frame = found[0].read()
    np.testing.assert_allclose(frame.depth, ramp(3 if dense else 2), atol=0.0005)
    assert (frame.raw is not None) == dense
    convert(ADAPTER, source, tmp_path / "b")
    copied = tmp_path / "b" / "rgb" / "0002.jpg"
    assert copied.read_bytes() == (source / "official_splits/test/kitchen/rgb_00001.jpg").read_bytes()
    assert (tmp_path / "b" / "raw").is_dir() == dense
    np.testing.assert_allclose(FolderDataset(tmp_path / "b")[0].depth, ramp(3 if dense else 2), atol=0.0005)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"does not hold NYUv2.*nyu_depth_v2_labeled\.mat"):
        ADAPTER.items(tmp_path, "test")
    nyuv2_mat(tmp_path)
    (tmp_path / "splits.mat").unlink()
    with pytest.raises(BadInput, match=r"splits\.mat is missing"):
        ADAPTER.items(tmp_path, "test")
    (tmp_path / "splits.mat").write_bytes(b"no MATLAB")
    with pytest.raises(BadInput, match=r"splits\.mat is not a MATLAB file"):
        ADAPTER.items(tmp_path, "test")
    source = nyuv2_png(tmp_path / "png", dense=False)
    (source / "official_splits/test/kitchen/sync_depth_00001.png").unlink()
    with pytest.raises(BadInput, match=r"sync_depth_00001\.png is missing"):
        ADAPTER.items(source, "test")[0].read()


def test_a_cut_off_matlab_file(tmp_path: Path) -> None:
    nyuv2_mat(tmp_path)
    path = tmp_path / "nyu_depth_v2_labeled.mat"
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(BadInput, match=r"nyu_depth_v2_labeled\.mat is not a MATLAB v7\.3 file"):
        ADAPTER.items(tmp_path, "all")


def test_other_axes_are_refused(tmp_path: Path) -> None:
    import h5py

    nyuv2_mat(tmp_path)
    with h5py.File(tmp_path / "nyu_depth_v2_labeled.mat", "a") as file:
        del file["depths"]
        file["depths"] = np.zeros((4, 6, 10))
    with pytest.raises(BadInput, match=r"expected images \(N, 3, W, H\)"):
        ADAPTER.items(tmp_path, "all")
