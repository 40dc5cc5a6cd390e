"""From specs as the command line has them to data sets: folders, wildcards, units, weights, generated scenes."""

from __future__ import annotations

import glob
import math
import re
from collections.abc import Sequence
from pathlib import Path

from spnet.datasets.folder import FolderDataset
from spnet.datasets.generated import GeneratedDataset
from spnet.errors import BadInput
from spnet.scenes.spec import SCHEME


def open_data(specs: Sequence[str], *, strict: bool = True, generated: bool = False) -> list[FolderDataset]:
    """Open data set folders; a spec is "FOLDER" or "FOLDER@UNIT", and FOLDER may hold wildcards.

    "0.3*FOLDER@UNIT" gives its images together that weight in a training's mixture; where several folders match, they
    share it by their numbers of images.

    Args:
        specs: as above.
        strict: as of `FolderDataset`.
        generated: `scenes://...` is taken as well (`spnet.datasets.generated`): it has no files.

    Raises:
        BadInput: nothing matches, a folder is no data set, or a weight is not over 0.
    """
    sets = []
    for spec in specs:
        if SCHEME in spec:
            found, weight = _open_generated(spec, allowed=generated)
        else:
            found, weight = _open(spec, strict=strict)
        images = sum(len(data) for data in found)
        for data in found:
            data.weight = None if weight is None else weight * len(data) / max(1, images)
        sets += found
    if not sets:
        raise BadInput("No data set is named: expected folders holding rgb/ and depth/.")
    return sets


def _open_generated(spec: str, *, allowed: bool) -> tuple[list[FolderDataset], float | None]:
    """Generated scenes, and their weight."""
    before, _, scenes = spec.partition(SCHEME)
    weight = None
    if before.strip():
        weighted = _WEIGHT.fullmatch(before + "x")
        if weighted is None or weighted[2] != "x" or not 0 < float(weighted[1]) < math.inf:
            raise BadInput(f"{spec!r}: before {SCHEME} comes nothing, or a weight over 0 such as 0.5*.")
        weight = float(weighted[1])
    if not allowed:
        raise BadInput(
            f"{SCHEME}{scenes} has no files, which is what is needed here: write its pairs with spnet scenes render."
        )
    return [GeneratedDataset(f"{SCHEME}{scenes}")], weight


_WEIGHT = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*\*\s*(.+)")


def _open(spec: str, *, strict: bool) -> tuple[list[FolderDataset], float | None]:
    """The folders of one spec, and its weight."""
    pattern, unit = _split_unit(spec)
    folders, weight = _folders(pattern), None
    weighted = _WEIGHT.fullmatch(spec)
    if not folders and weighted:  # a number and a star may be part of a folder's name, and of a wildcard
        weight = float(weighted[1])
        pattern, unit = _split_unit(weighted[2])
        folders = _folders(pattern)
        if not 0 < weight < math.inf:
            raise BadInput(f"The weight of {spec!r} must be over 0: leave data out that is not wanted.")
    if not folders:
        raise BadInput(f"No data set matches {pattern!r}: expected folders holding rgb/ and depth/.")
    return [FolderDataset(folder, unit or None, strict=strict) for folder in folders], weight


def _split_unit(spec: str) -> tuple[str, str]:
    pattern, at, unit = spec.rpartition("@")
    if not at or "/" in unit or Path(spec).is_dir():  # an @ may be part of the folder's name
        return spec, ""
    return pattern, unit


def _folders(pattern: str) -> list[str]:
    found = [pattern] if Path(pattern).is_dir() else sorted(glob.glob(pattern))  # noqa: PTH207 - may be absolute
    return [folder for folder in found if Path(folder).is_dir()]  # a wildcard also meets a README
