"""Hypersim: photorealistic renderings of indoor scenes.

The `depth_meters` files hold the distance to the camera's centre, float16; here it becomes z-depth. A pixel whose ray
passes the image plane at (x, y), counted in pixels from the image's centre, has z = distance · f / sqrt(x² + y² + f²)
(issue 9 of github.com/apple/ml-hypersim). The focal length is the documented 60 degrees over the image's width,
886.81 pixels at 1024. Some scenes were rendered with a shifted or tilted lens (`metadata_camera_parameters.csv` of that
repository); they are read with the plain camera too, as the field does, so their z-depth is slightly off.

NaN (nothing hit) is unknown. Colour is the tone-mapped preview JPEG. Splits are the official
`metadata_images_split_scene_v1.csv`, which lies in the code repository under evermotion_dataset/analysis and goes
beside the scenes; the split "all" needs no list.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from spnet.datasets.adapters.archive import ALL, check_size, not_found, pairs
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.datasets.adapters.reading import known
from spnet.errors import BadInput
from spnet.extras import need
from spnet.io import read_rgb
from spnet.types import AnyArray, FloatImage, Intrinsics

HALF_ANGLE = math.radians(30)  # the horizontal field of view is 60 degrees: _vray_user_params.py of the toolkit
LIST = "metadata_images_split_scene_v1.csv"
COLUMNS = ("scene_name", "camera_name", "frame_id", "included_in_public_release", "split_partition_name")
COLOUR, DEPTH = "frame.{}.tonemap.jpg", "frame.{}.depth_meters.hdf5"


def _items(root: Path, split: str) -> Sequence[Item]:
    cameras = sorted(root.glob("ai_[0-9]*_[0-9]*/images/scene_cam_*_final_preview"))
    if not cameras:
        raise not_found(root, "folders ai_VVV_NNN/images/scene_cam_XX_final_preview of Hypersim")
    return list(_on_disk(cameras) if split == ALL else _in_list(root, split))


def _on_disk(cameras: list[Path]) -> Iterator[Item]:
    for folder in cameras:
        scene, camera = folder.parents[1].name, folder.name.removeprefix("scene_").removesuffix("_final_preview")
        partner = lambda name: name.replace("tonemap.jpg", "depth_meters.hdf5")  # noqa: E731
        found = pairs(folder, ".tonemap.jpg", _geometry(folder), partner)
        for rgb, depth in found:
            yield Item(f"{scene}/{camera}/{rgb.name.split('.')[1]}", partial(_read, rgb, depth))


def _geometry(preview: Path) -> Path:
    return preview.with_name(preview.name.replace("_final_preview", "_geometry_hdf5"))


def _in_list(root: Path, split: str) -> Iterator[Item]:
    there: dict[Path, set[str]] = {}  # folders are listed once
    for row in _rows(root):
        if row["included_in_public_release"].strip() != "True" or row["split_partition_name"].strip() != split:
            continue
        scene, camera, number = row["scene_name"], row["camera_name"], f"{int(row['frame_id']):04d}"
        preview = root / scene / "images" / f"scene_{camera}_final_preview"
        files = preview / COLOUR.format(number), _geometry(preview) / DEPTH.format(number)
        for path in files:
            if path.parent not in there:
                there[path.parent] = {p.name for p in path.parent.iterdir()} if path.parent.is_dir() else set()
            if path.name not in there[path.parent]:
                raise BadInput(f"{path} is missing; it belongs to the split {split!r} of {LIST}.")
        yield Item(f"{scene}/{camera}/{number}", partial(_read, *files))


def _rows(root: Path) -> list[dict[str, str]]:
    places = [root / LIST, root.parent / LIST, root.parent / "analysis" / LIST]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise BadInput(f"{places[0]} is missing: the official splits need it; only the split 'all' does without.")
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read as a table ({error}).") from None
    for row in rows[:1]:
        if not set(COLUMNS) <= row.keys():
            raise BadInput(f"{path} is not the official list: expected the columns {', '.join(COLUMNS)}.")
    if not rows or None in rows[-1].values() or not all(row["frame_id"].strip().isdecimal() for row in rows):
        raise BadInput(f"{path} is empty or cut off.")
    return rows


def to_z(distance: AnyArray) -> FloatImage:
    """Distances to the camera's centre to z-depth.

    Args:
        distance: (H, W) metres; the camera is 60 degrees wide and looks at the image's centre.

    Returns:
        (H, W) metres.

    >>> to_z(np.full((1, 1), 2.0)).tolist()
    [[2.0]]
    """
    height, width = distance.shape
    x = np.arange(width) - (width - 1) / 2
    y = np.arange(height)[:, None] - (height - 1) / 2
    focal = _focal(width)
    z: FloatImage = (distance * (focal / np.sqrt(x**2 + y**2 + focal**2))).astype(np.float32)
    return z


def _focal(width: int) -> float:
    return width / 2 / math.tan(HALF_ANGLE)


def _read(rgb_path: Path, depth_path: Path) -> Frame:
    rgb, stored = read_rgb(rgb_path), _read_hdf5(depth_path)
    check_size(rgb, stored, depth_path)
    z = to_z(known(stored))
    height, width = z.shape
    camera = Intrinsics(_focal(width), _focal(width), (width - 1) / 2, (height - 1) / 2)
    return Frame(rgb, z, intrinsics=camera, rgb_file=rgb_path)


def _read_hdf5(path: Path) -> AnyArray:
    h5py = need("h5py", "data", "Hypersim's HDF5 files")
    try:
        with h5py.File(path, "r") as file:
            stored: AnyArray = np.asarray(file["dataset"])
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise BadInput(f"{path} is damaged or no HDF5 file with an array 'dataset' ({error}).") from None
    if stored.ndim != 2 or stored.dtype.kind != "f":
        raise BadInput(f"{path} has shape {stored.shape} and type {stored.dtype}: expected (H, W) floats.")
    return stored


ADAPTER = Adapter(
    name="hypersim",
    title="Hypersim",
    where=(
        "https://github.com/apple/ml-hypersim: by code/python/tools/dataset_download_images.py (1.9 TB), or by "
        "contrib/99991 only *_final_preview/*.tonemap.jpg and *_geometry_hdf5/*.depth_meters.hdf5; for the official "
        f"splits also evermotion_dataset/analysis/{LIST}, beside the scenes."
    ),
    licence="CC BY-SA 3.0",
    splits=(ALL, "train", "val", "test"),
    unit="mm",
    items=_items,
    citation="M. Roberts et al. Hypersim: A Photorealistic Synthetic Dataset for Holistic Indoor Scene Understanding. "
    "ICCV 2021.",
    note="Distances become z with the plain 60-degree camera, in scenes with a shifted or tilted lens too; colour is "
    "the tone-mapped preview.",
)
