"""Matterport3D: rooms of 90 buildings, three depth cameras turning on a tripod.

Depth is 16-bit z in steps of 0.25 mm, 0 = no reading. A scan's folder holds images as the camera made them
(`matterport_color_images`, `matterport_depth_images`) and with radial distortion taken out (`undistorted_...`); where
both are there, the undistorted are read, since cameras here are without distortion. The camera is
`matterport_camera_intrinsics/<panorama>_intrinsics_<camera>.txt` for both: undistorting keeps focal lengths and
centre. (The `.conf` files beside the undistorted images count rows from the bottom; they are not read.)

Where a scan also holds depth rendered from the reconstructed mesh (Zhang & Funkhouser, "Deep Depth Completion of a
Single RGB-D Image", CVPR 2018), in `mesh_images/` or `render_depth/` as `<panorama>_d<camera>_<yaw>_mesh_depth.png`,
that is the truth and the sensor's depth the shipped sparse input; only images that have it are read then. Its layout
is known here from other projects' loaders, full size and quarter size (names beginning with `resize_`), not from a
description by its authors.

Splits: everything, or an official list `scenes_<split>.txt` (github.com/niessner/Matterport, tasks/benchmark) beside
the data. The split "list" is a `list.txt` of your own: scans, or images by lines such as
`<scan>/undistorted_color_images/<panorama>_i1_1.jpg`, e.g. `mp_test_list_horizontal.txt`, the 474 test images of
depth completion (github.com/yindaz/DeepCompletionRelease, torch/data_list).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from spnet.datasets.adapters.archive import (
    ALL,
    OWN_LIST,
    check_size,
    checked,
    files,
    listed,
    not_found,
    pairs,
    read_integers,
    read_numbers,
    resized,
)
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.errors import BadInput
from spnet.io import read_rgb
from spnet.types import Intrinsics

STEP = 0.25e-3  # metres: data_organization.md of the official repository
FOLDERS = ("", "v1/scans", "scans")  # below the root
KINDS = ("undistorted", "matterport")
MESH = ("mesh_images", "render_depth")
LISTS = ("tasks/benchmark", "v1/tasks/benchmark")
SMALL = "resize_"  # begins the names of the quarter-size copies
_IMAGE = re.compile(r"(?:resize_)?(\w+)_[id](\d)_(\d)(?:_mesh_depth)?\.(?:jpg|png)$")


def _items(root: Path, split: str) -> Sequence[Item]:
    scans = _scans(root)
    entries = listed(root, split, "scenes_{}.txt", LISTS)
    if entries is None:
        return [item for name in sorted(scans) for item in _frames(name, scans[name])]
    return list(_chosen(scans, entries, root, split))


def _scans(root: Path) -> dict[str, Path]:
    """Name -> folder; a ZIP unpacked in its scan's folder brings a folder of the scan's name once more."""
    found: dict[str, Path] = {}
    for below in FOLDERS:
        for kind in KINDS:
            for above in ("*", "*/*"):
                for path in sorted((root / below).glob(f"{above}/{kind}_color_images")):
                    found.setdefault(path.parent.name, path.parent)
    if not found:
        raise not_found(root, "folders <scan>/matterport_color_images or <scan>/undistorted_color_images")
    return found


def _chosen(scans: dict[str, Path], entries: list[str], root: Path, split: str) -> Iterator[Item]:
    frames: dict[str, dict[str, Item]] = {}
    for entry in entries:
        scan, _, rest = entry.strip("/").partition("/")
        if scan not in scans:
            raise BadInput(f"{root / scan} is missing; it belongs to the split {split!r}.")
        if scan not in frames:
            frames[scan] = {item.name: item for item in _frames(scan, scans[scan])}
        if not rest:
            yield from frames[scan].values()
            continue
        image = _IMAGE.search(rest)
        name = f"{scan}/{image[1]}_{image[2]}_{image[3]}" if image else entry
        if name not in frames[scan]:
            raise BadInput(f"{scans[scan]} has no image {rest}, which the list of {split!r} names.")
        yield frames[scan][name]


def _frames(scan: str, folder: Path) -> list[Item]:
    kind = next(kind for kind in KINDS if (folder / f"{kind}_color_images").is_dir())
    colour, depth = folder / f"{kind}_color_images", folder / f"{kind}_depth_images"
    found = pairs(colour, ".jpg", depth, lambda name: re.sub(r"_i(\d_\d)\.jpg$", r"_d\1.png", name))
    mesh = next((folder / name for name in MESH if (folder / name).is_dir()), None)
    truths = {path.name for path in files(mesh, "_mesh_depth.png")} if mesh else set()
    items = []
    for rgb, sensor in found:
        image = _IMAGE.match(rgb.name)
        if image is None:
            raise BadInput(f"{rgb} is no image of Matterport3D: expected <panorama>_i<camera>_<yaw>.jpg.")
        truth = f"{sensor.stem}_mesh_depth.png"
        if mesh and truth not in truths:
            continue
        camera = folder / "matterport_camera_intrinsics" / f"{image[1]}_intrinsics_{image[2]}.txt"
        read = partial(_read, rgb, mesh / truth if mesh else sensor, sensor if mesh else None, camera)
        items.append(Item(f"{scan}/{image[1]}_{image[2]}_{image[3]}", read))
    if not items:
        raise BadInput(f"{mesh} holds no partner of the images in {colour}.")
    return items


def _read(rgb_path: Path, depth_path: Path, raw_path: Path | None, camera_path: Path) -> Frame:
    rgb, depth = read_rgb(rgb_path), read_integers(depth_path, STEP)
    raw = None if raw_path is None else read_integers(raw_path, STEP)
    check_size(rgb, depth, depth_path)
    if raw is not None and raw_path is not None:
        check_size(rgb, raw, raw_path)
    camera = _camera(camera_path, depth.shape) if camera_path.is_file() else None
    return Frame(rgb, depth, raw, camera, rgb_file=rgb_path)


def _camera(path: Path, shape: tuple[int, ...]) -> Intrinsics:
    """From a line: width, height, fx, fy, cx, cy, and five of distortion."""
    [width, height, *camera] = read_numbers(path, 6)[0][:6]
    if not (width > 0 and height > 0):
        raise BadInput(f"{path} holds no camera: it is of an image of {width:g}x{height:g}.")
    return resized(checked(path, *camera), (height, width), shape)


ADAPTER = Adapter(
    name="matterport3d",
    title="Matterport3D",
    where=(
        "https://niessner.github.io/Matterport after signing the terms of use: download_mp.py --type "
        "undistorted_color_images undistorted_depth_images matterport_camera_intrinsics, unpacked; rendered depth for "
        "completion by mail to its authors (github.com/yindaz/DeepCompletionRelease)."
    ),
    licence="Matterport terms of use: non-commercial academic",
    splits=(ALL, "train", "val", "test", OWN_LIST),
    unit="normalized:16.38375",  # 65535 steps of 0.25 mm: the stored numbers stay as they are
    items=_items,
    citation="A. Chang et al. Matterport3D: Learning from RGB-D Data in Indoor Environments. 3DV 2017.",
    note="Without rendered depth the truth is the sensor's own; with it (Zhang and Funkhouser, CVPR 2018) the sensor's "
    "is the shipped input. The 474 test images of depth completion are a list: the split 'list'.",
)
