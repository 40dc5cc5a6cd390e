"""TartanAir (first version): rendered flights and walks through 30 worlds with exact depth, left camera.

Depth is float32 z in metres. The sky is a sphere at some large distance, not infinite; whatever lies beyond 250 m is
unknown here. That limit is ours: 16 bits of 1/256 m end at 256 m, and no method in this package aims further. There is
no public split with depth; splits here are the two difficulties of motion, or both.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from spnet.datasets.adapters.archive import ALL, check_size, natural, not_found, pairs
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.datasets.adapters.reading import known
from spnet.errors import BadInput
from spnet.io import read_rgb, read_stored
from spnet.types import Intrinsics

CAMERA = Intrinsics(320.0, 320.0, 320.0, 240.0)  # 640x480, 90 degrees wide; data_type.md of tartanair_tools
FARTHEST = 250.0  # metres (ours)
LEVELS = {"easy": "Easy", "hard": "Hard"}


def _items(root: Path, split: str) -> Sequence[Item]:
    levels = sorted(LEVELS.values()) if split == ALL else [LEVELS[split]]
    # A ZIP of one environment may bring a folder of the environment's name itself.
    places = [f"{above}{level}/P*" for level in levels for above in ("*/", "*/*/")]
    found = {path for place in places for path in root.glob(place) if (path / "image_left").is_dir()}
    if not found:
        raise not_found(root, f"folders <environment>/{'Easy' if split == ALL else levels[0]}/P000/image_left")
    return [item for folder in sorted(found, key=_key) for item in _trajectory(folder)]


def _key(folder: Path) -> tuple[str, str, list[str | int]]:
    return folder.parents[1].name, folder.parent.name, natural(folder)


def _trajectory(folder: Path) -> list[Item]:
    name = "/".join(folder.parts[-3:])
    found = pairs(
        folder / "image_left",
        "_left.png",
        folder / "depth_left",
        lambda file: file.replace("_left.png", "_left_depth.npy"),
    )
    return [Item(f"{name}/{rgb.stem.removesuffix('_left')}", partial(_read, rgb, depth)) for rgb, depth in found]


def _read(rgb_path: Path, depth_path: Path) -> Frame:
    rgb, stored = read_rgb(rgb_path), read_stored(depth_path)
    if stored.ndim != 2 or stored.dtype.kind != "f":
        raise BadInput(f"{depth_path} has shape {stored.shape} and type {stored.dtype}: expected (H, W) floats.")
    check_size(rgb, stored, depth_path)
    depth = known(stored)
    depth[depth > FARTHEST] = 0
    return Frame(rgb, depth, intrinsics=CAMERA, rgb_file=rgb_path)


ADAPTER = Adapter(
    name="tartanair",
    title="TartanAir",
    where=(
        "https://theairlab.org/tartanair-dataset: by download_training.py of github.com/castacks/tartanair_tools with "
        "--rgb --depth --only-left, every ZIP unpacked in place."
    ),
    licence="CC BY 4.0",
    splits=(ALL, *LEVELS),
    unit="kitti",
    items=_items,
    citation="W. Wang et al. TartanAir: A Dataset to Push the Limits of Visual SLAM. IROS 2020.",
    note="Left camera only; what lies beyond 250 m (the sky) is unknown; splits are the difficulties of motion.",
)
