"""DIODE: indoor and outdoor scenes by laser scanner, 1024x768."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import maximum_filter, minimum_filter

from spnet.datasets.adapters.archive import check_size, resized
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.datasets.adapters.reading import centre, cropped, known, need_file
from spnet.errors import BadInput
from spnet.formats import read_array
from spnet.io import read_rgb
from spnet.types import FloatImage, Intrinsics

CAMERA = Intrinsics(886.81, 927.06, 512, 384)  # intrinsics.txt of the development kit
KINDS = ("indoors", "outdoor")
# OMNI-DC's view (its src/data/diode_*.py): a least depth, a largest relative change between neighbours, a window.
LEAST = 0.1  # metres
CHANGE = {"indoors": 0.05, "outdoor": 0.15}
WINDOW = (750, 1000)
SIZE = (480, 640)
PROTOCOL = "omni-dc"


def items(root: Path, split: str) -> Sequence[Item]:
    """Frames of <part>/<kind>/scene_*/scan_*, sorted by path."""
    part = "val" if split.startswith(PROTOCOL) else split.partition("-")[0]
    kinds = [kind for kind in KINDS if split.endswith(kind)] or list(KINDS)
    base = next((root / name for name in (part, f"diode/{part}") if (root / name).is_dir()), None)
    if base is None and root.name == part:
        base = root
    if base is None or not all((base / kind).is_dir() for kind in kinds):
        looked = ", ".join(str((base or root / part) / kind) for kind in kinds)
        raise BadInput(f"{root} does not hold DIODE's split {split}: expected the folder(s) {looked}.")
    images = [path for kind in kinds for path in sorted((base / kind).glob("scene_*/scan_*/*.png"))]
    read = _read_view if split.startswith(PROTOCOL) else _read
    return [Item(path.relative_to(base).with_suffix("").as_posix(), partial(read, path)) for path in images]


def _read(path: Path) -> Frame:
    """x.png, x_depth.npy (H, W, 1) in metres and x_depth_mask.npy (H, W), 1 = a valid return."""
    rgb = read_rgb(path)
    depth = _map(path.with_name(f"{path.stem}_depth.npy"), path)
    mask = _map(path.with_name(f"{path.stem}_depth_mask.npy"), path)
    check_size(rgb, depth, path.with_name(f"{path.stem}_depth.npy"))
    check_size(rgb, mask, path.with_name(f"{path.stem}_depth_mask.npy"))
    return Frame(rgb, np.where(mask > 0, depth, np.float32(0)), None, CAMERA, rgb_file=path)


def _map(file: Path, path: Path) -> FloatImage:
    values = read_array(need_file(file, f"a part of {path}"))
    return known(values[..., 0] if values.ndim == 3 else values)


def _read_view(path: Path) -> Frame:
    frame = _read(path)
    if frame.rgb is None or frame.depth is None:
        raise BadInput(f"{path} is incomplete.")
    kind = next(kind for kind in KINDS if kind in path.parts)
    depth = steady(np.where(frame.depth < LEAST, np.float32(0), frame.depth), CHANGE[kind])
    top, left = centre(depth.shape, *WINDOW, path)
    window = (slice(top, top + WINDOW[0]), slice(left, left + WINDOW[1]))
    size = SIZE[1], SIZE[0]
    rgb = Image.fromarray(np.ascontiguousarray(frame.rgb[window])).resize(size, Image.Resampling.BILINEAR)
    small = Image.fromarray(np.ascontiguousarray(depth[window])).resize(size, Image.Resampling.NEAREST)
    view = resized(cropped(CAMERA, left, top), WINDOW, SIZE)
    return Frame(np.asarray(rgb), np.asarray(small), None, view)


def steady(depth: FloatImage, change: float) -> FloatImage:
    """Depth without the pixels from which one of the eight neighbours differs by more than `change` times their depth.

    Holes and what lies beyond the border count as 0, so that the pixels beside them go too, as in OMNI-DC.

    Args:
        depth: (H, W) metres, 0 = unknown.
        change: a share of the pixel's own depth.

    >>> steady(np.array([[2, 2, 2], [2, 2, 2.05], [2, 2, 2]], np.float32), 0.05).tolist()
    [[0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]
    """
    highest = maximum_filter(depth, size=3, mode="constant", cval=0)
    lowest = minimum_filter(depth, size=3, mode="constant", cval=0)
    jump = np.maximum(highest - depth, depth - lowest)
    return np.where(jump > depth * np.float32(change), np.float32(0), depth)


ADAPTER = Adapter(
    name="diode",
    title="DIODE",
    where="https://diode-dataset.org: val.tar.gz (2.6 GB), for the train splits train.tar.gz (81 GB); the development "
    "kit is not needed.",
    licence="MIT",
    splits=(
        *("val", "val-indoors", "val-outdoor", "train", "train-indoors", "train-outdoor"),
        *(f"{PROTOCOL}-{kind}" for kind in KINDS),
    ),
    unit="mm",
    items=items,
    citation="I. Vasiljevic, N. Kolkin, S. Zhang, R. Luo, H. Wang, F. Z. Dai, A. F. Daniele, M. Mostajabi, "
    "S. Basart, M. R. Walter and G. Shakhnarovich: DIODE: A Dense Indoor and Outdoor DEpth Dataset. "
    "arXiv:1908.00463, 2019.",
    note="Pixels without a valid return (depth_mask) are unknown; returns at edges are noisy. omni-dc-*: below 0.1 m "
    "and where the 3x3 neighbourhood varies by more than 5 % (indoors) or 15 % (outdoor) unknown, the middle 1000x750 "
    "resized to 640x480. Outdoor frames beyond 65.5 m become NPY.",
)
