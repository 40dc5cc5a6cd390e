"""Depth maps that something else made, from a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from spnet.errors import BadInput
from spnet.io import DEPTH_SUFFIXES, read_depth
from spnet.types import FloatImage, Sample
from spnet.units import unit_scale


def slug(label: str) -> str:
    """A pattern's or data set's name as a folder's name.

    >>> slug("random(10%)"), slug("0.8*random(0.1%..10%) + 0.2*lidar(8..64)")
    ('random_10%', '0.8_random_0.1%..10%_0.2_lidar_8..64')
    """
    return re.sub(r"[^\w.%-]+", "_", label).strip("_")


@dataclass(frozen=True)
class ResultsFolder:
    """Files `<folder>/<data set>/<pattern>/<image>.<suffix>` as a method.

    The data set's and the pattern's folder may have the name itself or its `slug`. A file may be of any kind that
    `read_depth` reads. Pixels that it does not know become NaN, which counts as an invalid result.

    Attributes:
        name: for tables.
        place: the folder, or "FOLDER@UNIT" with a unit of `read_depth`; without one integer files are millimetres and
            float files metres.
    """

    name: str
    place: str

    def __post_init__(self) -> None:
        if not self._source[0].is_dir():
            raise BadInput(f"There is no folder {str(self._source[0])!r} with results.")

    @cached_property
    def _source(self) -> tuple[Path, str | None]:
        """Folder and unit."""
        folder, at, unit = self.place.rpartition("@")
        if not at or "/" in unit or Path(self.place).is_dir():  # an @ may be part of the folder's name
            return Path(self.place), None
        unit_scale(unit, integer=True)  # a wrong unit is reported now
        return Path(folder), unit

    def complete(self, sample: Sample) -> FloatImage:
        """The file's depth (H, W), metres.

        Raises:
            BadInput: there is no such file, or several, it cannot be read, or is of another size.
        """
        folder, unit = self._source
        path = _only_file(folder, sample)
        depth = read_depth(path, unit)
        if depth.shape != sample.depth.shape:
            height, width = sample.depth.shape
            raise BadInput(f"{path} is {depth.shape[1]}x{depth.shape[0]}; the input is {width}x{height}.")
        return np.where(depth > 0, depth, np.float32(np.nan))


def _only_file(folder: Path, sample: Sample) -> Path:
    """The one file of this sample."""
    places = [
        folder / dataset / pattern / f"{sample.name}{suffix}"
        for dataset in dict.fromkeys((sample.dataset, slug(sample.dataset)))
        for pattern in dict.fromkeys((sample.pattern, slug(sample.pattern)))
        for suffix in sorted(DEPTH_SUFFIXES)
    ]
    found = [path for path in places if path.is_file()]
    if not found:
        wanted = folder / slug(sample.dataset) / slug(sample.pattern) / sample.name
        raise BadInput(f"There is no result {wanted} (.npy, .png, ...).")
    if len(found) > 1:
        raise BadInput(f"There are two results for one input, {found[0]} and {found[1]}: remove one.")
    return found[0]
