"""Virtual KITTI 2: rendered street scenes with exact depth, left camera.

Depth PNGs are 16-bit centimetres of z; 65535 (655.35 m) is the sky, here unknown. Only Camera_0 is read, as
published training sets count it (2 126 frames in each of ten variations). There is no official split; a split here is
one variation of weather, light or camera angle, or all of them. The camera comes from each scene's `intrinsic.txt`
(archive `textgt`), else it is the documented one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from spnet.datasets.adapters.archive import ALL, check_size, checked, not_found, pairs, read_integers, read_numbers
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.errors import BadInput
from spnet.io import read_rgb
from spnet.types import Intrinsics

CAMERA = Intrinsics(725.0087, 725.0087, 620.5, 187.0)  # of every intrinsic.txt, 1242x375
CENTIMETRE = 0.01
SKY = 65535  # stored value: the farthest
VARIATIONS = (
    *("clone", "15-deg-left", "15-deg-right", "30-deg-left", "30-deg-right"),
    *("fog", "morning", "overcast", "rain", "sunset"),
)


def _items(root: Path, split: str) -> Sequence[Item]:
    variations = sorted(VARIATIONS) if split == ALL else [split]
    scenes = [path.name for path in sorted(_unpacked(root, "rgb").glob("Scene[0-9][0-9]"))]
    found = [f"{scene}/{variation}" for scene in scenes for variation in variations]
    found = [name for name in found if (_unpacked(root, "rgb") / name / "frames" / "rgb").is_dir()]
    if not found:
        wanted = "<variation>" if split == ALL else split
        raise not_found(root, f"folders SceneXX/{wanted}/frames/rgb of Virtual KITTI 2")
    return [item for name in found for item in _sequence(root, name)]


def _unpacked(root: Path, kind: str) -> Path:
    """Where an archive was unpacked: in a folder of its own name, or all of them in one."""
    own = root / f"vkitti_2.0.3_{kind}"
    return own if own.is_dir() else root


def _sequence(root: Path, name: str) -> list[Item]:
    rgb, depth = (_unpacked(root, kind) / name / "frames" / kind / "Camera_0" for kind in ("rgb", "depth"))
    found = pairs(rgb, ".jpg", depth, lambda file: file.replace("rgb_", "depth_").replace(".jpg", ".png"))
    cameras = _cameras(_unpacked(root, "textgt") / name / "intrinsic.txt")
    items = []
    for files in found:
        number = files[0].stem.removeprefix("rgb_")
        if not number.isdecimal():
            raise BadInput(f"{files[0]} is no frame of Virtual KITTI 2: expected rgb_NNNNN.jpg.")
        items.append(Item(f"{name}/{number}", partial(_read, *files, cameras.get(int(number), CAMERA))))
    return items


def _cameras(path: Path) -> dict[int, Intrinsics]:
    """Frame number -> left camera. Lines: frame, camera, K[0,0], K[1,1], K[0,2], K[1,2], under one header line."""
    if not path.is_file():
        return {}
    rows = read_numbers(path, 6, skip=1)
    return {int(row[0]): checked(path, *row[2:6]) for row in rows if row[1] == 0}


def _read(rgb_path: Path, depth_path: Path, camera: Intrinsics) -> Frame:
    rgb, depth = read_rgb(rgb_path), read_integers(depth_path, CENTIMETRE)
    check_size(rgb, depth, depth_path)
    depth[depth >= np.float32(SKY * CENTIMETRE)] = 0
    return Frame(rgb, depth, intrinsics=camera, rgb_file=rgb_path)


ADAPTER = Adapter(
    name="vkitti2",
    title="Virtual KITTI 2",
    where=(
        "https://europe.naverlabs.com/proxy-virtual-worlds-vkitti-2: vkitti_2.0.3_rgb.tar, vkitti_2.0.3_depth.tar and "
        "vkitti_2.0.3_textgt.tar.gz (cameras), unpacked into one folder, or each into a folder of its name."
    ),
    licence="CC BY-NC-SA 3.0",
    splits=("clone", ALL, *VARIATIONS[1:]),
    unit="cm",
    items=_items,
    citation="Y. Cabon, N. Murray, M. Humenberger. Virtual KITTI 2. arXiv:2001.10773, 2020.",
    note="Left camera only; the sky is unknown; splits are variations of weather and view, not official.",
)
