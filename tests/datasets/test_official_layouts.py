"""KITTI, iBims-1, DIODE, ETH3D, MPI Sintel and VOID: each miniature through its adapter and through a conversion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import miniatures as mini
from spnet.datasets import FolderDataset
from spnet.datasets.adapters import Adapter, Frame, get_adapter
from spnet.datasets.adapters.sintel import read_dpt
from spnet.datasets.convert import Summary, convert
from spnet.errors import BadInput
from spnet.types import Intrinsics

K = Intrinsics(721.5377, 722.5, 609.5593, 172.854)


def frames(name: str, root: Path, split: str | None = None) -> dict[str, Frame]:
    adapter = get_adapter(name)
    return {item.name: item.read() for item in adapter.items(root, split or adapter.splits[0])}


def converted(name: str, root: Path, target: Path, split: str | None = None) -> tuple[FolderDataset, Summary]:
    summary = convert(get_adapter(name), root, target, split=split)
    assert summary.failed == {}
    return FolderDataset(target), summary


def same(values: np.ndarray | None, expected: np.ndarray, step: float = 0.0) -> None:
    assert values is not None
    np.testing.assert_allclose(values, expected, atol=step / 2 * 1.001, rtol=0)


# KITTI


def test_kitti_selection(tmp_path: Path) -> None:
    source = mini.kitti_selection(tmp_path / "a")
    found = frames("kitti", source)
    first, second = (f"2011_09_26_drive_0002_sync_image_00000000{n}_image_02" for n in ("05", "13"))
    assert list(found) == [first, second]
    same(found[second].rgb, mini.picture(13))
    same(found[second].depth, mini.ramp(13))  # eighths of a metre: exact in 1/256 m
    raw = found[second].raw
    assert raw is not None
    assert not raw[::2].any()
    same(raw[1::2], mini.ramp(13)[1::2])
    assert found[first].intrinsics == K
    data, summary = converted("kitti", source, tmp_path / "b")
    assert summary.as_npy == 0
    same(data[0].depth, mini.ramp(5))
    same(data.read_given(1, "raw"), raw)
    assert data[0].intrinsics == K
    given = source / "depth_selection/val_selection_cropped"
    truth = f"{second.replace('_image_0000', '_groundtruth_depth_0000')}.png"
    stored = np.asarray(Image.open(given / "groundtruth_depth" / truth))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "b/gt" / f"{second}.png")), stored)
    assert (tmp_path / "b/rgb" / f"{second}.png").read_bytes() == (given / "image" / f"{second}.png").read_bytes()
    assert len(frames("kitti", given)) == 2  # the inner folder itself


def test_kitti_without_the_top(tmp_path: Path) -> None:
    source = mini.kitti_selection(tmp_path, (352, 4), (5,))
    found = next(iter(frames("kitti", source, "omni-dc").values()))
    assert found.rgb is not None
    assert found.rgb.shape == (256, 4, 3)
    same(found.depth, mini.ramp(5, (352, 4))[96:])
    assert found.intrinsics == Intrinsics(K.fx, K.fy, K.cx, K.cy - 96)
    assert found.rgb_file is None


def test_kitti_without_points_that_shine_through(tmp_path: Path) -> None:
    """In a ramp of 1.25 m a row, a point that has a measured one two rows above it is 2.5 m behind that."""
    source = mini.kitti_selection(tmp_path)
    plain, cleaned = (next(iter(frames("kitti", source, split).values())) for split in ("val_selection", "marigold-dc"))
    assert plain.raw is not None
    expected = plain.raw.copy()
    expected[3:] = 0  # rows 1, 3 and 5 are measured
    same(cleaned.raw, expected)
    same(cleaned.depth, mini.ramp(5))


def test_kitti_test_images_have_no_truth(tmp_path: Path) -> None:
    summary = convert(get_adapter("kitti"), mini.kitti_selection(tmp_path / "a"), tmp_path / "b", split="test")
    assert summary.written == 1
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["manifest.json", "raw", "rgb"]


@pytest.mark.parametrize("merged", [False, True])
def test_kitti_drives(tmp_path: Path, merged: bool) -> None:
    found = frames("kitti", mini.kitti_drives(tmp_path, merged=merged), "val")
    drive = "2011_10_03_drive_0047_sync"
    assert list(found) == [
        f"{drive}/image_02/0000000007",
        f"{drive}/image_02/0000000011",
        f"{drive}/image_03/0000000007",
    ]
    right = found[f"{drive}/image_03/0000000007"]
    same(right.depth, mini.ramp(10))
    same(right.raw, mini.ramp(7))
    assert right.intrinsics == Intrinsics(703, 713, 603, 173)


def test_kitti_missing_parts(tmp_path: Path) -> None:
    adapter = get_adapter("kitti")
    with pytest.raises(BadInput, match="does not hold KITTI's selected validation"):
        adapter.items(tmp_path, "val_selection")
    with pytest.raises(BadInput, match=r"annotated depth, split val: there is no folder .*data_depth_annotated"):
        adapter.items(tmp_path, "val")
    source = mini.kitti_drives(tmp_path, merged=False)
    (source / "kitti_raw/2011_10_03/2011_10_03_drive_0047_sync/image_03/data/0000000007.png").unlink()
    with pytest.raises(BadInput, match=r"image_03/data/0000000007\.png is missing: the picture of"):
        adapter.items(source, "val")[2].read()
    (source / "kitti_raw/2011_10_03/calib_cam_to_cam.txt").write_text("P_rect_02: 1 2\n")
    with pytest.raises(BadInput, match="no line P_rect_02"):
        adapter.items(source, "val")[0].read()


# iBims-1


@pytest.mark.parametrize("form", [mini.ibims1_mat, mini.ibims1_png])
def test_ibims(tmp_path: Path, form: object) -> None:
    source = form(tmp_path / "a")  # type: ignore[operator]
    step = 0 if form is mini.ibims1_mat else 50 / 65535
    listed = ["office_02", "bathroom_01"] if form is mini.ibims1_mat else ["bathroom_01", "office_02"]
    found = frames("ibims1", source)
    assert list(found) == listed
    expected = mini.ramp(2)
    expected[1, 2] = expected[3, 4] = 0  # the two masks
    same(found["bathroom_01"].rgb, mini.picture(1))
    same(found["bathroom_01"].depth, expected, step)
    camera = Intrinsics(550.5, 551.5, 320.25, 240.75)
    assert found["bathroom_01"].intrinsics == camera
    same(frames("ibims1", source, "omni-dc")["bathroom_01"].depth, mini.ramp(2), step)
    data, _ = converted("ibims1", source, tmp_path / "b")
    assert data[0].name == "bathroom_01"
    assert data[0].max_depth == 50
    same(data[0].depth, expected, 50 / 65535)
    assert data[0].intrinsics == camera


def test_ibims_camera_of_matlab_written_transposed(tmp_path: Path) -> None:
    from scipy.io import loadmat, savemat

    path = mini.ibims1_mat(tmp_path) / "ibims1_core_mat" / "office_02.mat"
    data = {key: loadmat(path)["data"][key][0, 0] for key in ("rgb", "depth", "calib", "mask_invalid", "mask_transp")}
    savemat(path, {"data": {**data, "calib": data["calib"].T}})
    assert frames("ibims1", tmp_path)["office_02"].intrinsics == Intrinsics(550.5, 551.5, 320.25, 240.75)


def test_ibims_bad_files(tmp_path: Path) -> None:
    adapter = get_adapter("ibims1")
    with pytest.raises(BadInput, match="does not hold iBims-1"):
        adapter.items(tmp_path, "test")
    path = mini.ibims1_mat(tmp_path) / "ibims1_core_mat" / "office_02.mat"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInput, match=r"office_02\.mat is not a MATLAB file"):
        frames("ibims1", tmp_path)
    path.unlink()
    with pytest.raises(BadInput, match=r"office_02\.mat is missing"):
        frames("ibims1", tmp_path)
    source = mini.ibims1_png(tmp_path / "png")
    (source / "ibims1_core_raw/mask_transp/office_02.png").unlink()
    assert frames("ibims1", source, "omni-dc")
    with pytest.raises(BadInput, match=r"mask_transp/office_02\.png is missing"):
        frames("ibims1", source)


# DIODE


def test_diode(tmp_path: Path) -> None:
    source = mini.diode(tmp_path / "a")
    found = frames("diode", source)
    assert list(found) == [
        "indoors/scene_00019/scan_00183/00019_00183_indoors_000_010",
        "outdoor/scene_00022/scan_00183/00022_00183_outdoor_000_010",
    ]
    assert list(frames("diode", source / "val", "val-outdoor")) == list(found)[1:]
    indoors = mini.ramp(2, step=1e-5)
    indoors[1, 2] = 0
    same(found[next(iter(found))].depth, indoors)
    data, summary = converted("diode", source, tmp_path / "b")
    assert summary.as_npy == 1  # 70 m does not fit 16 bits of mm, so that frame is float
    same(data[0].depth, indoors, 0.001)
    outdoor = mini.ramp(70, step=1e-5)
    outdoor[1, 2] = 0
    np.testing.assert_allclose(data[1].depth, outdoor, rtol=1e-6)
    assert data[1].intrinsics == Intrinsics(886.81, 927.06, 512, 384)


def test_diode_view_of_omni_dc(tmp_path: Path) -> None:
    source = mini.diode(tmp_path, (768, 1024))
    path = next((source / "val/indoors").rglob("*_depth.npy"))
    depth = np.load(path)
    depth[400:, :] += 1  # a step of 1 m on some 9 m: over 5 %, so rows 399 and 400 go
    depth[:, :500] -= depth.min() - 0.05  # columns below 0.1 m at first
    np.save(path, depth)
    found = next(iter(frames("diode", source, "omni-dc-indoors").values()))
    assert found.rgb is not None
    assert found.depth is not None
    assert found.rgb.shape == (480, 640, 3)
    # By the definition, on the full size: 3x3 maximum of |neighbour - pixel|, outside counting as 0.
    full = np.where(depth[..., 0] < 0.1, 0, depth[..., 0])
    full[1, 2] = 0
    padded = np.pad(full, 1)
    jumps = [np.abs(padded[1 + y : 769 + y, 1 + x : 1025 + x] - full) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    kept = np.where(np.max(jumps, axis=0) > full * np.float32(0.05), 0, full)[9:759, 12:1012]
    rows, columns = ((np.arange(n) + 0.5) / 0.64 for n in (480, 640))  # nearest: the pixel that holds the centre
    same(found.depth, kept[rows.astype(int)][:, columns.astype(int)], 1e-6)
    assert not found.depth[int((400 - 9) * 0.64), :].any()
    assert found.intrinsics is not None
    assert found.intrinsics.fx == pytest.approx(886.81 * 0.64)
    assert (found.intrinsics.cy + 0.5) / 0.64 - 0.5 + 9 == pytest.approx(384)


def test_diode_missing_and_cut_off(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not hold DIODE's split val"):
        get_adapter("diode").items(tmp_path, "val")
    source = mini.diode(tmp_path)
    path = next((source / "val/outdoor").rglob("*_depth.npy"))
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(BadInput, match=r"_depth\.npy is not a readable"):
        frames("diode", source, "val-outdoor")
    next((source / "val/indoors").rglob("*_depth_mask.npy")).unlink()
    with pytest.raises(BadInput, match=r"_depth_mask\.npy is missing"):
        frames("diode", source, "val-indoors")


# ETH3D


def test_eth3d(tmp_path: Path) -> None:
    source = mini.eth3d(tmp_path / "a")
    found = frames("eth3d", source)
    assert list(found) == ["office/DSC_0219", "terrace/DSC_0219"]
    assert list(frames("eth3d", source, "outdoor")) == ["terrace/DSC_0219"]
    expected = mini.ramp(4)
    expected[2, 1] = 0  # infinite in the file
    same(found["office/DSC_0219"].depth, expected)
    assert found["office/DSC_0219"].intrinsics == Intrinsics(3411.4, 3410.0, 3041.0, 2013.5)
    data, _ = converted("eth3d", source, tmp_path / "b")
    same(data[1].depth, expected, 0.001)
    assert (tmp_path / "b/rgb/office/DSC_0219.jpg").is_file()
    assert data[0].intrinsics == Intrinsics(3411.4, 3410.0, 3041.0, 2013.5)


def test_eth3d_view_of_omni_dc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spnet.datasets.adapters import eth3d

    monkeypatch.setattr(eth3d, "WINDOW", (32, 48))  # the true window needs 24 megapixels a frame
    source = mini.eth3d(tmp_path, tuple(s for s in eth3d.OUTDOOR if s != "courtyard"), (36, 64))
    found = frames("eth3d", source, "omni-dc-outdoor")
    assert list(found) == [f"{scene}/DSC_0219" for scene in ("electro", "facade", "meadow", "playground", "terrace")]
    view = found["meadow/DSC_0219"]
    assert view.rgb is not None
    assert view.rgb.shape == (4, 6, 3)
    full = mini.ramp(4, (36, 64), 1e-6).astype(np.float64)
    full[2, 1] = np.nan
    window = full[2:34, 8:56].reshape(4, 8, 6, 8)
    same(view.depth, np.nanmean(window, axis=(1, 3)), 1e-6)
    assert view.intrinsics is not None
    assert (view.intrinsics.cx + 0.5) * 8 - 0.5 + 8 == pytest.approx(3041.0)
    (source / "meadow/images/dslr_images/DSC_0219.JPG").unlink()
    (source / "meadow/images/dslr_images").rmdir()
    with pytest.raises(BadInput, match=r"no .*meadow/images/dslr_images"):
        frames("eth3d", source, "omni-dc-outdoor")


def test_eth3d_missing_and_cut_off(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not hold ETH3D's split train"):
        get_adapter("eth3d").items(tmp_path, "train")
    path = mini.eth3d(tmp_path) / "office/ground_truth_depth/dslr_images/DSC_0219.JPG"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadInput, match=r"DSC_0219\.JPG holds 239 bytes: an image of 10x6 needs 240"):
        frames("eth3d", tmp_path, "indoor")
    path.unlink()
    with pytest.raises(BadInput, match=r"is missing: the depth of .*office_dslr_depth\.7z"):
        frames("eth3d", tmp_path, "indoor")


# MPI Sintel


def test_sintel(tmp_path: Path) -> None:
    source = mini.sintel(tmp_path / "a")
    found = frames("sintel", source)
    assert list(found) == ["alley_1/frame_0001", "alley_1/frame_0002", "temple_2/frame_0001"]
    expected = mini.ramp(2)
    expected[0, 9] = 1e5
    same(found["alley_1/frame_0002"].depth, expected)
    same(found["alley_1/frame_0002"].rgb, mini.picture(2))
    same(frames("sintel", source / "training", "clean")["alley_1/frame_0002"].rgb, mini.picture(12))
    camera = Intrinsics(1120, 1121, 511.5, 217.5)
    assert found["temple_2/frame_0001"].intrinsics == camera
    data, _ = converted("sintel", source, tmp_path / "b")
    assert (tmp_path / "b/gt/alley_1/frame_0002.npy").is_file()
    same(data[1].depth, expected)
    assert data[1].intrinsics == camera


def test_sintel_unpacked_into_two_folders(tmp_path: Path) -> None:
    source = mini.sintel(tmp_path / "MPI-Sintel-complete").parent
    other = source / "MPI-Sintel-depth-training-20150305" / "training"
    other.mkdir(parents=True)
    for part in ("depth", "camdata_left"):
        (source / "MPI-Sintel-complete/training" / part).rename(other / part)
    found = frames("sintel", source)
    same(found["temple_2/frame_0001"].rgb, mini.picture(1))
    assert found["temple_2/frame_0001"].intrinsics is not None


def test_sintel_damaged(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="MPI Sintel's pass final"):
        get_adapter("sintel").items(tmp_path, "final")
    path = mini.sintel(tmp_path) / "training/depth/alley_1/frame_0001.dpt"
    data = path.read_bytes()
    path.write_bytes(data[:-4])
    with pytest.raises(BadInput, match=r"frame_0001\.dpt holds 236 bytes of depth: 10x6 needs 240"):
        read_dpt(path)
    path.write_bytes(b"PIEH" + data[4:])  # as an optical flow file: the very same tag
    same(read_dpt(path)[1:], mini.ramp(1)[1:])
    path.write_bytes(b"\0" * len(data))
    with pytest.raises(BadInput, match="does not start with the tag"):
        read_dpt(path)
    path.unlink()
    with pytest.raises(BadInput, match=r"frame_0001\.dpt is missing"):
        frames("sintel", tmp_path)


# VOID


@pytest.mark.parametrize("prefix", ["", "void_1500/", "./", "data/void_release/void_1500/"])
def test_void(tmp_path: Path, prefix: str) -> None:
    source = mini.void(tmp_path / "a", prefix)
    found = frames("void", source)
    assert list(found) == ["stairs1/1552625700.5", "classroom0/1552625661.2142"]  # the list's order
    frame = found["classroom0/1552625661.2142"]
    same(frame.depth, mini.ramp(1))
    raw = mini.ramp(1)
    raw[:, ::2] = raw[0, 1] = 0  # by its validity map
    same(frame.raw, raw)
    assert frame.intrinsics is not None
    assert frame.intrinsics.cx == pytest.approx(317.6305425559989)
    data, _ = converted("void", source / "void_release/void_1500", tmp_path / "b")
    assert [pair.name for pair in data.pairs] == ["classroom0/1552625661.2142", "stairs1/1552625700.5"]
    same(data[0].depth, mini.ramp(1))
    same(data.read_given(0, "raw"), raw)
    assert data[0].intrinsics == frame.intrinsics


def test_void_missing_parts(tmp_path: Path) -> None:
    adapter: Adapter = get_adapter("void")
    with pytest.raises(BadInput, match="does not hold VOID with 1500 points"):
        adapter.items(tmp_path, "test-1500")
    source = mini.void(tmp_path)
    with pytest.raises(BadInput, match="does not hold VOID with 150 points"):
        adapter.items(source, "test-150")
    with pytest.raises(BadInput, match=r"train_image\.txt is missing"):
        adapter.items(source, "train-1500")
    truth = source / "void_release/void_1500/data/stairs1/ground_truth/1552625700.5.png"
    truth.write_bytes(truth.read_bytes()[:40])
    with pytest.raises(BadInput, match=r"1552625700\.5\.png"):
        adapter.items(source, "test-1500")[0].read()
    truth.unlink()
    with pytest.raises(BadInput, match=r"1552625700\.5\.png is missing: the truth of"):
        adapter.items(source, "test-1500")[0].read()
