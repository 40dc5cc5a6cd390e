"""iBims-1: 100 rooms by camera and laser scanner, as MATLAB files or as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from spnet.datasets.adapters.archive import check_size
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.datasets.adapters.reading import known, lines, load_mat, need_file, numbers
from spnet.errors import BadInput
from spnet.io import read_depth, read_rgb, read_stored
from spnet.types import AnyArray, FloatImage, Intrinsics

MASKS = ("mask_invalid", "mask_transp")  # 1 where the depth counts, 0 where it is invalid or the surface transparent
UNMASKED = "omni-dc"
UNIT = "normalized:50"  # the PNG form: 16 bits, 65535 = 50 m; the archive's readme
_MAT = ("ibims1_core_mat", "gt_depth", ".")
_PNG = ("ibims1_core_raw", ".")


def items(root: Path, split: str) -> Sequence[Item]:
    """Frames in the order of imagelist.txt, or by name; MATLAB's floats are taken before the PNG files."""
    masked = split != UNMASKED
    mat = next((root / name for name in _MAT if any((root / name).glob("*.mat"))), None)
    if mat is not None:
        names = _listed(root, mat) or sorted(path.stem for path in mat.glob("*.mat"))
        return [Item(name, partial(_read_mat, mat / f"{name}.mat", masked)) for name in names]
    png = next(
        (root / name for name in _PNG if (root / name / "rgb").is_dir() and (root / name / "depth").is_dir()), None
    )
    if png is None:
        raise BadInput(
            f"{root} does not hold iBims-1: neither ibims1_core_mat/*.mat nor ibims1_core_raw/{{rgb,depth}}."
        )
    names = _listed(root, png) or sorted(path.stem for path in (png / "rgb").glob("*.png"))
    return [Item(name, partial(_read_png, png, name, masked)) for name in names]


def _listed(root: Path, folder: Path) -> list[str]:
    path = next((place / "imagelist.txt" for place in (root, folder) if (place / "imagelist.txt").is_file()), None)
    return lines(path) if path else []


def _read_mat(path: Path, masked: bool) -> Frame:
    """One variable `data`, a 1x1 struct with rgb (H, W, 3), depth (H, W) in metres, the masks, edges and calib."""
    data = load_mat(path, "data", "a frame of iBims-1 that its list names")
    rgb = _field(data, "rgb", path)
    depth = known(_field(data, "depth", path))
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise BadInput(f"{path}: rgb is {rgb.dtype} {rgb.shape}: expected uint8 (H, W, 3).")
    check_size(rgb, depth, path)
    for name in MASKS if masked else ():
        depth = _masked(depth, _field(data, name, path), path, name)
    return Frame(np.ascontiguousarray(rgb), depth, None, _camera(data, path))


def _field(data: Any, name: str, path: Path) -> AnyArray:
    try:
        return np.asarray(data[name][0, 0])
    except (ValueError, IndexError, KeyError, TypeError):
        raise BadInput(f"{path}: the struct data holds no {name}.") from None


def _masked(depth: FloatImage, mask: AnyArray, path: Path, name: str) -> FloatImage:
    mask = mask if mask.ndim == 2 else mask[..., 0]
    if mask.shape != depth.shape:
        raise BadInput(f"{path}: {name} is {mask.shape}, the depth {depth.shape}.")
    return np.where(mask > 0, depth, np.float32(0))


def _camera(data: Any, path: Path) -> Intrinsics | None:
    """From calib: fx, fy, cx, cy, or a 3x3 matrix, which MATLAB's own tools write transposed."""
    try:
        calib = np.asarray(_field(data, "calib", path), np.float64).squeeze()
    except (BadInput, TypeError, ValueError):
        return None
    if calib.shape == (4,):
        return Intrinsics(*map(float, calib))
    if calib.shape != (3, 3):
        return None
    k = calib if calib[0, 2] != 0 else calib.T
    return Intrinsics(float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2]))


def _read_png(folder: Path, name: str, masked: bool) -> Frame:
    path = need_file(folder / "rgb" / f"{name}.png", "a picture of iBims-1 that its list names")
    rgb = read_rgb(path)
    file = need_file(folder / "depth" / f"{name}.png", f"the depth of {path}")
    depth = read_depth(file, UNIT)
    check_size(rgb, depth, file)
    for kind in MASKS if masked else ():
        file = need_file(folder / kind / f"{name}.png", f"a mask of {path}; the split {UNMASKED} needs none")
        depth = _masked(depth, read_stored(file), file, kind)
    calib = folder / "calib" / f"{name}.txt"
    view = Intrinsics(*numbers(calib, 4)) if calib.is_file() else None
    return Frame(rgb, depth, None, view, rgb_file=path)


ADAPTER = Adapter(
    name="ibims1",
    title="iBims-1",
    where="https://mediatum.ub.tum.de/1455541: ibims1_core_mat.zip or ibims1_core_raw.zip, and imagelist.txt, in one "
    "folder.",
    licence="see the record 1455541 of mediaTUM; cite the paper",
    splits=("test", UNMASKED),
    unit=UNIT,
    items=items,
    citation="T. Koch, L. Liebel, F. Fraundorfer and M. Körner: Evaluation of CNN-based Single-Image Depth Estimation "
    "Methods. ECCV Workshops 2018.",
    note="100 frames, 640x480. In test, pixels that mask_invalid or mask_transp name are unknown; omni-dc keeps them, "
    "as that protocol does. The largest depth is 50 m; "
    "the readmes of the copies that SPNet and its successors score say 20 m and 30 m.",
)
