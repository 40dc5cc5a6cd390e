"""The original's test folders: `<set>/{rgb,gt,raw_10%,raw_1%,raw_0.1%}/*.png`, found and read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spnet.errors import BadInput
from spnet.files import all_by_stem, same_stem
from spnet.io import RGB_SUFFIXES, read_stored
from spnet.types import FloatImage
from spnet.units import LARGEST

RAW = "raw_"
SHOWN = 3  # missing files that a message names


@dataclass(frozen=True)
class OriginalSet:
    """One set of the test: `root` holds rgb/, gt/ and the raw folders; `images` are stems, nested ones with slashes."""

    root: Path
    images: tuple[str, ...]
    raws: tuple[str, ...]
    files: dict[tuple[str, str], Path]  # (folder, image) -> file

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.root.resolve().name


def find_sets(data: Sequence[str | Path]) -> list[OriginalSet]:
    """The sets in the given folders, each of which is a set or holds sets.

    Raises:
        BadInput: there are none, two have one name, or a file is missing; it is named.
    """
    roots: list[Path] = []
    for folder in map(Path, data):
        if not folder.is_dir():
            raise BadInput(f"There is no folder {folder}: expected {folder / '<set>'}/rgb, gt and raw_10%, raw_1%, …")
        inside = [folder] if (folder / "rgb").is_dir() else sorted(p for p in folder.iterdir() if (p / "rgb").is_dir())
        if not inside:
            raise BadInput(f"{folder} holds no test set: expected {folder / '<set>'}/rgb, gt and raw_10%, raw_1%, …")
        roots += inside
    sets = [_test_set(root) for root in roots]
    names = [one.name for one in sets]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadInput(f"Two test sets are called {twice}: their results could not be told apart.")
    return sets


def _test_set(root: Path) -> OriginalSet:
    raws = sorted((p.name for p in root.glob(f"{RAW}*") if p.is_dir()), key=_density, reverse=True)
    if not raws:
        raise BadInput(f"{root} has no sparse depth: expected a folder such as {root / 'raw_10%'}.")
    if not (root / "gt").is_dir():
        raise BadInput(f"{root} has no truth: expected the folder {root / 'gt'}.")
    kinds = {"rgb": RGB_SUFFIXES, **dict.fromkeys(("gt", *raws), frozenset({".png", ".tif", ".tiff"}))}
    found = {folder: all_by_stem(root / folder, suffixes) for folder, suffixes in kinds.items()}
    images = sorted(set().union(*found.values()))
    missing = [f"{root / folder / name}.png" for name in images for folder in kinds if name not in found[folder]]
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise BadInput(f"Missing in the test set: {', '.join(missing[:SHOWN])}{more}.")
    if not images:
        raise BadInput(f"{root / 'rgb'} holds no images.")
    for paths in (paths for folder in found.values() for paths in folder.values() if len(paths) > 1):
        raise BadInput(same_stem(paths))
    files = {(folder, name): paths[0] for folder, stems in found.items() for name, paths in stems.items()}
    return OriginalSet(root, tuple(images), tuple(raws), files)


def _density(name: str) -> tuple[float, str]:
    """By which raw folders are sorted: percent, where their names say one."""
    number = re.fullmatch(rf"{RAW}([\d.]+)%", name)
    return (float(number[1]) if number else -1.0, name)


def read_normalised(path: Path) -> FloatImage:
    """A 16-bit file as normalised depth (H, W) in [0, 1], 0 = unknown; it may be 0 everywhere.

    Raises:
        BadInput: unreadable, or not of one channel and 16 bits.
    """
    stored = read_stored(path)
    if stored.ndim != 2 or stored.dtype.kind not in "iu" or stored.dtype.itemsize < 2 or stored.max() > LARGEST:
        raise BadInput(f"{path} is no 16-bit depth map: the original's test takes depth / max_depth * 65535.")
    normalised: FloatImage = stored.astype(np.float32) / np.float32(LARGEST)
    return normalised
