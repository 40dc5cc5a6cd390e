"""UnrealCV: the rendered training set that SPNet's authors released with their code.

It is already the paper's folder layout, `rgb/**/*.png` beside `depth/**/*.png`, matched by path. Depth is 16-bit,
depth / max_depth * 65535, 0 = unknown. The release says that max_depth is 20 m for indoor and 100 m for outdoor sets,
but not which of them this set is; 20 m is assumed here. Training sees normalised values, so it does not depend on
that; metres in a table would. Cameras are not given.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from spnet.datasets.adapters.archive import check_size, not_found, read_integers
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.errors import BadInput
from spnet.files import files_by_stem
from spnet.io import read_rgb
from spnet.units import unit_scale

UNIT = "normalized:20"
FOLDERS = ("", "UnrealCV", "RGBD_Datasets/UnrealCV")  # below the root


def _items(root: Path, split: str) -> Sequence[Item]:
    folder = next((root / below for below in FOLDERS if (root / below / "rgb").is_dir()), None)
    if folder is None:
        raise not_found(root, "the folders rgb and depth of UnrealCV")
    rgb, depth = (files_by_stem(folder / kind, {".png"}) for kind in ("rgb", "depth"))
    lone = sorted(rgb.keys() ^ depth.keys())
    if lone:
        raise BadInput(f"{folder}: {lone[0]}.png and {len(lone) - 1} more lie in only one of rgb/ and depth/.")
    if not rgb:
        raise BadInput(f"{folder / 'rgb'} holds no *.png files.")
    return [Item(name, partial(_read, rgb[name], depth[name])) for name in sorted(rgb)]


def _read(rgb_path: Path, depth_path: Path) -> Frame:
    rgb, depth = read_rgb(rgb_path), read_integers(depth_path, unit_scale(UNIT, integer=True))
    check_size(rgb, depth, depth_path)
    return Frame(rgb, depth, rgb_file=rgb_path)


ADAPTER = Adapter(
    name="unrealcv",
    title="UnrealCV, SPNet's release",
    where="https://github.com/Wang-xjtu/SPNet: the archive UnrealCV that its README links, unpacked.",
    licence="none stated",
    splits=("train",),
    unit=UNIT,
    items=_items,
    citation="H. Wang et al. Scale Propagation Network for Generalizable Depth Completion. T-PAMI 47(3), 2025.",
    note="Whether the release was divided by 20 m or 100 m is not stated; 20 m is assumed. Already in the paper's "
    "layout, so training reads it without conversion.",
)
