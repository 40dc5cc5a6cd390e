"""KITTI depth completion: the selected validation and test images, and the drives of train and val."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from scipy.ndimage import minimum_filter

from spnet.datasets.adapters.archive import check_size
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.datasets.adapters.reading import camera, cropped, first_folder, need_file, numbers
from spnet.errors import BadInput
from spnet.io import read_depth, read_rgb
from spnet.types import FloatImage, Intrinsics

UNIT = "kitti"  # 16-bit PNG, metres * 256, 0 = unknown; the development kit's readme
# OMNI-DC scores the first 749 of the selected validation images, without their top 96 rows, which no laser reaches.
OMNI_DC_COUNT = 749
OMNI_DC_TOP = 96
# Marigold-DC leaves out LiDAR points that shine through: deeper than the nearest of their neighbourhood by more than
# this. The window is a side in pixels.
SHINE_WINDOW = 7
SHINE_LIMIT = 1.5  # metres
_SELECTED = ("val_selection_cropped", "depth_selection/val_selection_cropped")
_TEST = ("test_depth_completion_anonymous", "depth_selection/test_depth_completion_anonymous")
_RAW_FOLDERS = ("kitti_raw", "raw_data", "rawdata", "raw", ".")


def items(root: Path, split: str) -> Sequence[Item]:
    """Frames of one of the layouts, sorted by name."""
    if split in ("val_selection", "omni-dc", "marigold-dc"):
        return _selected(root, split)
    if split == "test":
        return _anonymous(root)
    return _drives(root, split)


def _inside(names: Sequence[str]) -> list[str]:
    """Where the unpacked folder may lie: by its name, inside data_depth_selection/, or given itself."""
    return [*names, *(f"data_depth_selection/{name}" for name in names)]


def _selected(root: Path, split: str) -> list[Item]:
    """<drive>_sync_image_<frame>_image_02.png; the depths have velodyne_raw or groundtruth_depth in place of image."""
    own = ["."] if (root / "groundtruth_depth").is_dir() else []
    folder = first_folder(root, own or _inside(_SELECTED), "KITTI's selected validation images")
    images = sorted((folder / "image").glob("*_sync_image_*.png"))
    found = [Item(path.stem, partial(_read_selected, folder, path.stem)) for path in images]
    if split == "omni-dc":
        return [Item(item.name, partial(_without_top, item)) for item in found[:OMNI_DC_COUNT]]
    return [Item(item.name, partial(_cleaned, item)) for item in found] if split == "marigold-dc" else found


def _read_selected(folder: Path, stem: str) -> Frame:
    raw, truth = (stem.replace("_sync_image_", f"_sync_{kind}_") for kind in ("velodyne_raw", "groundtruth_depth"))
    return _read(
        folder / "image" / f"{stem}.png",
        folder / "velodyne_raw" / f"{raw}.png",
        folder / "groundtruth_depth" / f"{truth}.png",
        camera(numbers(folder / "intrinsics" / f"{stem}.txt", 9)),
    )


def _without_top(item: Item) -> Frame:
    frame, rows = item.read(), slice(OMNI_DC_TOP, None)
    if frame.rgb is None or frame.depth is None or frame.raw is None or frame.intrinsics is None:
        raise BadInput(f"{item.name} is incomplete.")
    view = cropped(frame.intrinsics, 0, OMNI_DC_TOP)
    return Frame(frame.rgb[rows], frame.depth[rows], frame.raw[rows], view)


def _cleaned(item: Item) -> Frame:
    frame = item.read()
    return frame if frame.raw is None else replace(frame, raw=without_shining(frame.raw))


def without_shining(sparse: FloatImage, window: int = SHINE_WINDOW, limit: float = SHINE_LIMIT) -> FloatImage:
    """Sparse depth without the points that lie deeper than a neighbour by more than a limit.

    Args:
        sparse: (H, W) metres, 0 = not measured.
        window: side of the neighbourhood, pixels.
        limit: metres.

    >>> without_shining(np.array([[5, 0, 6.5, 0, 6.6, 0, 0, 9]], np.float32)).tolist()
    [[5.0, 0.0, 6.5, 0.0, 6.599999904632568, 0.0, 0.0, 0.0]]
    """
    nearest = minimum_filter(
        np.where(sparse > 0, sparse, np.float32(np.inf)), size=window, mode="constant", cval=np.inf
    )
    return np.where(sparse > nearest + np.float32(limit), np.float32(0), sparse)


def _anonymous(root: Path) -> list[Item]:
    own = ["."] if (root / "velodyne_raw").is_dir() and not (root / "groundtruth_depth").is_dir() else []
    folder = first_folder(root, own or _inside(_TEST), "KITTI's anonymous test images")
    return [
        Item(path.stem, partial(_read_anonymous, folder, path.stem))
        for path in sorted((folder / "image").glob("*.png"))
    ]


def _read_anonymous(folder: Path, stem: str) -> Frame:
    view = camera(numbers(folder / "intrinsics" / f"{stem}.txt", 9))
    return _read(folder / "image" / f"{stem}.png", folder / "velodyne_raw" / f"{stem}.png", None, view)


def _drives(root: Path, split: str) -> list[Item]:
    """<split>/<drive>/proj_depth/{groundtruth,velodyne_raw}/image_0X/*.png, together or in a folder an archive."""
    truth = first_folder(root, [f"data_depth_annotated/{split}", split], f"KITTI's annotated depth, split {split}")
    sparse = first_folder(root, [f"data_depth_velodyne/{split}", split], f"KITTI's LiDAR depth, split {split}")
    return [
        Item(f"{drive}/{side}/{path.stem}", partial(_read_drive, root, sparse, path))
        for path in sorted(truth.glob("*/proj_depth/groundtruth/image_0[23]/*.png"))
        for drive, side in [(path.parents[3].name, path.parent.name)]
    ]


def _read_drive(root: Path, sparse: Path, truth: Path) -> Frame:
    drive, side = truth.parents[3].name, truth.parent.name
    day = drive[:10]  # 2011_09_26_drive_0001_sync
    inside = Path(day) / drive / side / "data" / truth.name
    raws = [root / name for name in _RAW_FOLDERS]
    base = next((folder for folder in raws if (folder / inside).is_file()), raws[0])
    rgb = need_file(base / inside, f"the picture of {truth}, of KITTI's raw data")
    velodyne = sparse / drive / "proj_depth" / "velodyne_raw" / side / truth.name
    return _read(rgb, velodyne, truth, _calibration(base / day / "calib_cam_to_cam.txt", side[-2:]))


@lru_cache(maxsize=64)
def _calibration(path: Path, side: str) -> Intrinsics:
    """Of the rectified camera, P_rect_02 or P_rect_03 (3x4)."""
    need_file(path, "the calibration of that day, of KITTI's raw data")
    key = f"P_rect_{side}:"
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(key):
            try:
                return camera([float(word) for word in line.removeprefix(key).split()])
            except (ValueError, IndexError):
                break
    raise BadInput(f"{path} holds no line {key} with twelve numbers.")


def _read(rgb_file: Path, raw_file: Path, truth_file: Path | None, view: Intrinsics) -> Frame:
    rgb = read_rgb(need_file(rgb_file, "a picture of KITTI"))
    raw = read_depth(need_file(raw_file, f"the LiDAR depth of {rgb_file.name}"), UNIT)
    check_size(rgb, raw, raw_file)
    frame = Frame(rgb, None, raw, view, rgb_file=rgb_file)
    if truth_file is None:
        return frame
    truth = read_depth(need_file(truth_file, f"the truth of {rgb_file.name}"), UNIT)
    check_size(rgb, truth, truth_file)
    return replace(frame, depth=truth)


ADAPTER = Adapter(
    name="kitti",
    title="KITTI depth completion",
    where="https://www.cvlibs.net/datasets/kitti/eval_depth.php?benchmark=depth_completion, after registration. "
    "val_selection, omni-dc, marigold-dc and test: data_depth_selection.zip (2 GB). train and val: "
    "data_depth_annotated.zip (14 GB), data_depth_velodyne.zip (5 GB) and, of the raw data, the drives' synced images "
    "with each day's calib_cam_to_cam.txt as kitti_raw/<day>/; all unpacked into one folder.",
    licence="CC BY-NC-SA 3.0",
    splits=("val_selection", "test", "train", "val", "omni-dc", "marigold-dc"),
    unit=UNIT,
    items=items,
    citation="J. Uhrig, N. Schneider, L. Schneider, U. Franke, T. Brox and A. Geiger: Sparsity Invariant CNNs. "
    "3DV 2017.",
    note="Raw is the LiDAR, one sweep; truth is 11 sweeps, cleaned by stereo. test has no truth. omni-dc is the first "
    "749 of val_selection without the top 96 rows; marigold-dc is val_selection without LiDAR points that lie "
    "more than 1.5 m behind another within 7x7 pixels.",
)
