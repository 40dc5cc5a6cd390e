"""ScanNet: RGB-D scans of rooms with a depth sensor clipped to a tablet.

Three layouts are read, each scene by itself: the `.sens` stream as downloaded; the folders that the official
SensReader exports from it (`color/0.jpg`, `depth/0.png`, `intrinsic/intrinsic_depth.txt`); and `scannet_frames_25k`
(every hundredth frame: `color/000000.jpg`, `depth/000000.png`, `intrinsics_depth.txt`).

Depth is 640x480, 16-bit millimetres, 0 = none; it is the sensor's, so surfaces that it cannot see stay unknown. Colour
is 1296x968 and is resized here to the depth's size (averaging, ours), with the depth camera's intrinsics, as published
evaluations do. The two cameras' published focal lengths differ by 0.4 % vertically after that, which is one row at the
top and bottom edges; no other registration is applied.

Splits: everything, or an official list `scannetv2_<split>.txt` (github.com/ScanNet/ScanNet, Tasks/Benchmark) laid
beside the data. The split "list" is a `list.txt` of your own: scenes, or single frames by lines such as
`scene0011_00/color/000000.jpg ...`, which is the form of the lists of 500- to 800-frame subsets in published
evaluations; such subsets have no official list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from spnet.datasets.adapters import scannet_sens
from spnet.datasets.adapters.archive import (
    ALL,
    OWN_LIST,
    checked,
    listed,
    not_found,
    pairs,
    read_integers,
    read_numbers,
)
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.errors import BadInput
from spnet.io import read_rgb
from spnet.types import ByteImage, Intrinsics

MILLIMETRE = 1e-3
FOLDERS = ("", "scans", "scans_test", "scannet_frames_25k", "tasks/scannet_frames_25k")  # where scenes lie below a root
LISTS = ("Tasks/Benchmark", "tasks/benchmark")
CAMERA_FILES = ("intrinsic/intrinsic_depth.txt", "intrinsics_depth.txt", "intrinsic_depth.txt")
_ENTRY = re.compile(r"(?:^|/)(scene\d{4}_\d\d)(?:/(?:.*/)?(\d+)\.(?:jpg|png))?/?$")


def _items(root: Path, split: str) -> Sequence[Item]:
    scenes = _scenes(root)
    entries = listed(root, split, "scannetv2_{}.txt", LISTS)
    if entries is None:
        return [item for name in sorted(scenes) for item in _frames(name, scenes[name])]
    return list(_chosen(scenes, [entry for entry in entries if entry != "None"], root, split))


def _scenes(root: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for below in FOLDERS:
        for path in (root / below).glob("scene[0-9][0-9][0-9][0-9]_[0-9][0-9]"):
            found.setdefault(path.name, path)
    if not found:
        raise not_found(root, "folders sceneXXXX_XX of ScanNet, in it or in its scans/")
    return found


def _chosen(scenes: dict[str, Path], entries: Iterable[str], root: Path, split: str) -> Iterable[Item]:
    frames: dict[str, dict[int, Item]] = {}
    for entry in entries:
        match = _ENTRY.search(entry)
        if match is None:
            raise BadInput(f"The list of {split!r} names {entry!r}: expected sceneXXXX_XX or sceneXXXX_XX/color/N.jpg.")
        scene = match[1]
        if scene not in scenes:
            raise BadInput(f"{root / scene} is missing; it belongs to the split {split!r}.")
        if scene not in frames:
            frames[scene] = {int(item.name.rpartition("/")[2]): item for item in _frames(scene, scenes[scene])}
        if match[2] is None:
            yield from frames[scene].values()
        elif int(match[2]) in frames[scene]:
            yield frames[scene][int(match[2])]
        else:
            raise BadInput(f"{scenes[scene]} has no frame {int(match[2])}, which the list of {split!r} names.")


def _frames(name: str, folder: Path) -> list[Item]:
    if not (folder / "color").is_dir():
        stream = folder / f"{name}.sens"
        if not stream.is_file():
            raise BadInput(f"{folder} holds no ScanNet scene: expected color/ and depth/, or {stream.name}.")
        header, places = scannet_sens.index(stream)
        return [Item(f"{name}/{i}", partial(_from_stream, stream, header, place)) for i, place in enumerate(places)]
    camera = next((folder / file for file in CAMERA_FILES if (folder / file).is_file()), None)
    found = pairs(folder / "color", ".jpg", folder / "depth", lambda file: file.replace(".jpg", ".png"))
    odd = next((rgb for rgb, _ in found if not rgb.stem.isdecimal()), None)
    if odd is not None:
        raise BadInput(f"{odd} is no frame of ScanNet, whose names are numbers.")
    return [Item(f"{name}/{rgb.stem}", partial(_from_files, rgb, depth, camera)) for rgb, depth in found]


def _from_files(rgb_path: Path, depth_path: Path, camera: Path | None) -> Frame:
    rgb, depth = read_rgb(rgb_path), read_integers(depth_path, MILLIMETRE)
    return Frame(_resize(rgb, depth.shape), depth, intrinsics=None if camera is None else _camera(camera))


def _from_stream(path: Path, header: scannet_sens.Header, place: scannet_sens.Place) -> Frame:
    rgb, depth = scannet_sens.read_frame(path, header, place)
    return Frame(_resize(rgb, depth.shape), depth, intrinsics=checked(path, *header.camera))


def _camera(path: Path) -> Intrinsics:
    """From a matrix of 4x4 (or 3x3)."""
    rows = read_numbers(path, 3)
    if len(rows) < 2:
        raise BadInput(f"{path} is cut off: expected a matrix of four lines.")
    return checked(path, rows[0][0], rows[1][1], rows[0][2], rows[1][2])


def _resize(rgb: ByteImage, shape: tuple[int, ...]) -> ByteImage:
    if rgb.shape[:2] == shape[:2]:
        return rgb
    return np.asarray(Image.fromarray(rgb).resize((shape[1], shape[0]), Image.Resampling.BOX))


ADAPTER = Adapter(
    name="scannet",
    title="ScanNet",
    where=(
        "http://www.scan-net.org after signing the terms of use: download-scannet.py with --type .sens (1.2 TB in all; "
        "--id for single scenes), or --preprocessed_frames for scannet_frames_25k."
    ),
    licence="ScanNet terms of use: non-commercial research",
    splits=(ALL, "train", "val", "test", OWN_LIST),
    unit="mm",
    items=_items,
    citation="A. Dai et al. ScanNet: Richly-annotated 3D Reconstructions of Indoor Scenes. CVPR 2017.",
    note="The truth is the sensor's own depth; colour is resized to its 640x480. Subsets of published evaluations are "
    "lists of frames: the split 'list'.",
)
