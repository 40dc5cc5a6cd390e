"""VOID: RealSense depth as truth, points of a visual-inertial odometry as the sparse input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from spnet.datasets.adapters.archive import check_size
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.datasets.adapters.reading import camera, first_folder, lines, need_file, numbers
from spnet.errors import BadInput
from spnet.io import read_depth, read_rgb, read_stored

UNIT = "kitti"  # 16-bit PNG, metres * 256; data_utils.py of the data set's repository
DENSITIES = ("1500", "500", "150")


def items(root: Path, split: str) -> Sequence[Item]:
    """Frames in the order of the official list, e.g. void_1500/test_image.txt."""
    part, density = split.split("-")
    name = f"void_{density}"
    own = ["."] if root.resolve().name == name else []
    folder = first_folder(root, own or [name, f"void_release/{name}"], f"VOID with {density} points")
    # A line is void_1500/data/<sequence>/image/<time>.png or begins elsewhere, by release: its end is what counts.
    tails = [Path(line).parts[-3:] for line in lines(need_file(folder / f"{part}_image.txt", "VOID's list of images"))]
    if any(len(tail) < 3 for tail in tails):
        raise BadInput(f"{folder / f'{part}_image.txt'}: expected lines like {name}/data/<sequence>/image/<time>.png.")
    return [
        Item(f"{sequence}/{Path(file).stem}", partial(_read, folder / "data" / sequence, file))
        for sequence, _, file in tails
    ]


def _read(sequence: Path, file: str) -> Frame:
    path = need_file(sequence / "image" / file, "a picture of VOID that its list names")
    sparse = need_file(sequence / "sparse_depth" / file, f"the sparse depth of {path}")
    truth = need_file(sequence / "ground_truth" / file, f"the truth of {path}")
    rgb, raw, depth = read_rgb(path), read_depth(sparse, UNIT), read_depth(truth, UNIT)
    check_size(rgb, raw, sparse)
    check_size(rgb, depth, truth)
    validity = sequence / "validity_map" / file
    if validity.is_file():
        valid = read_stored(validity)
        check_size(rgb, valid, validity)
        raw = np.where(valid > 0, raw, np.float32(0))
    matrix = sequence / "K.txt"
    view = camera(numbers(matrix, 9)) if matrix.is_file() else None
    return Frame(rgb, depth, raw, view, rgb_file=path)


ADAPTER = Adapter(
    name="void",
    title="VOID",
    where="https://github.com/alexklwong/void-dataset: void_release.zip, which holds void_150, void_500 and void_1500.",
    licence="research only (UC Regents)",
    splits=tuple(f"{part}-{density}" for part in ("test", "train") for density in DENSITIES),
    unit=UNIT,
    items=items,
    citation="A. Wong, X. Fei, S. Tsuei and S. Soatto: Unsupervised Depth Completion from Visual Inertial Odometry. "
    "IEEE Robotics and Automation Letters 5(2), 2020.",
    note="Raw is the odometry's points (1500, 500 or 150), truth the RealSense D435i. KBNet scores 0.2 to 5 m of the "
    "truth, OMNI-DC and Marigold-DC all of it: never in one table.",
)
