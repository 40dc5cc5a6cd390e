"""ARKitScenes: rooms scanned by an iPad's LiDAR, with depth rendered from laser scans as the truth.

Both official downloads that hold laser depth are read, `upsampling` and `raw`, in their folders
`{Training,Validation}/<video>/`: colour `wide` (called `color` in the upsampling README) and `highres_depth`, both
1920x1440, and `lowres_depth`, 256x192. Depth is 16-bit millimetres, 0 = none.

The laser depth is the truth. The iPad's depth is given as the shipped sparse input: each of its pixels is put on the
truth's grid at the pixel that holds its block's centre (7.5 x 7.5 pixels), all others are unknown; this is ours, and
keeps every sensor value as it is. It has no holes of its own, and the `confidence` maps are not applied, as in the
archive's own loader. The raw download does not promise it for every time stamp: frames without it have none.

Images keep the stored orientation (the archive's loader turns them by `sky_direction`), so that the cameras of the
`.pincam` files hold. Their time stamp may differ from the image's by a millisecond, as it does for other loaders.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from spnet.datasets.adapters.archive import check_size, checked, not_found, pairs, read_integers, read_numbers, resized
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.errors import BadInput
from spnet.io import read_rgb
from spnet.types import FloatImage, Intrinsics

MILLIMETRE = 1e-3
FOLDS = {"validation": "Validation", "training": "Training"}
FOLDERS = ("", "upsampling", "raw", "depth_upsampling")  # below the root; the downloader makes the first two
CLOCK = 0.001  # seconds between the names of an image and its camera


def _items(root: Path, split: str) -> Sequence[Item]:
    folds = [root / below / FOLDS[split] for below in FOLDERS]
    fold = next((folder for folder in folds if folder.is_dir()), None)
    videos = [] if fold is None else [path for path in sorted(fold.iterdir()) if (path / "highres_depth").is_dir()]
    if not videos:
        raise not_found(root, f"folders {FOLDS[split]}/<video>/highres_depth of ARKitScenes")
    return [item for video in videos for item in _video(video)]


def _video(folder: Path) -> list[Item]:
    colour = next((folder / name for name in ("wide", "color") if (folder / name).is_dir()), folder / "wide")
    found = pairs(folder / "highres_depth", ".png", colour, str)
    sensor = folder / "lowres_depth"
    there = {path.name for path in sensor.iterdir()} if sensor.is_dir() else set()
    cameras = folder / "wide_intrinsics"
    known = {path.name for path in cameras.iterdir()} if cameras.is_dir() else set()
    items = []
    for truth, rgb in found:
        low = sensor / truth.name if truth.name in there else None
        camera = next((cameras / name for name in _camera_names(truth.stem) if name in known), None)
        items.append(Item(f"{folder.name}/{truth.stem}", partial(_read, rgb, truth, low, camera)))
    return items


def _camera_names(stem: str) -> list[str]:
    """The names that an image's camera may have: <video>_<seconds>.pincam, or a millisecond beside.

    >>> _camera_names("41069021_305.244")
    ['41069021_305.244.pincam', '41069021_305.243.pincam', '41069021_305.245.pincam']
    """
    video, _, seconds = stem.rpartition("_")
    try:
        beside = [f"{video}_{float(seconds) + shift:.3f}.pincam" for shift in (-CLOCK, CLOCK)]
    except ValueError:
        beside = []
    return [f"{stem}.pincam", *beside]


def spread(low: FloatImage, shape: tuple[int, ...]) -> FloatImage:
    """A small depth map on a finer grid: each value at the pixel that holds its block's centre, 0 elsewhere.

    Args:
        low: (h, w) metres.
        shape: (H, W) of the finer grid, at least (h, w).

    Returns:
        (H, W) metres.

    >>> spread(np.array([[1, 2]], np.float32), (3, 4)).tolist()
    [[0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0]]
    """
    rows, columns = (
        np.floor((np.arange(small) + 0.5) * large / small).astype(np.intp)
        for small, large in zip(low.shape, shape, strict=True)
    )
    grid = np.zeros(shape, np.float32)
    grid[rows[:, None], columns] = low
    return grid


def _read(rgb_path: Path, depth_path: Path, low_path: Path | None, camera_path: Path | None) -> Frame:
    rgb, depth = read_rgb(rgb_path), read_integers(depth_path, MILLIMETRE)
    check_size(rgb, depth, depth_path)
    raw = None if low_path is None else spread(read_integers(low_path, MILLIMETRE), depth.shape)
    camera = None if camera_path is None else _camera(camera_path, depth.shape)
    return Frame(rgb, depth, raw, camera, rgb_file=rgb_path)


def _camera(path: Path, shape: tuple[int, ...]) -> Intrinsics:
    """From a line: width, height, fx, fy, cx, cy."""
    [width, height, *camera] = read_numbers(path, 6)[0][:6]
    if not (width > 0 and height > 0):
        raise BadInput(f"{path} holds no camera: it is of an image of {width:g}x{height:g}.")
    return resized(checked(path, *camera), (height, width), shape)


ADAPTER = Adapter(
    name="arkitscenes",
    title="ARKitScenes",
    where=(
        "https://github.com/apple/ARKitScenes: download_data.py upsampling --split Validation --video_id_csv "
        "depth_upsampling/upsampling_train_val_splits.csv; or download_data.py raw for videos of that list, with the "
        "assets wide, wide_intrinsics, highres_depth and lowres_depth."
    ),
    licence="Apple: non-commercial",
    splits=tuple(FOLDS),
    unit="mm",
    items=_items,
    citation="G. Baruch et al. ARKitScenes: A Diverse Real-World Dataset for 3D Indoor Scene Understanding Using "
    "Mobile RGB-D Data. NeurIPS Datasets and Benchmarks 2021.",
    note="The truth is rendered from laser scans; the shipped input is the iPad's 256x192 depth, a point a block; "
    "images keep their stored orientation.",
)
