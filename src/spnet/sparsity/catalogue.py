"""The names that a spec may hold: their arguments, what they do, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from spnet.errors import BadInput
from spnet.sparsity.holes import HoleMaps, procedural_holes
from spnet.sparsity.patterns import lidar, random_count, random_fraction
from spnet.sparsity.values import PERCENT, PLAIN, Folder, Quantity, Slot, Words
from spnet.types import FloatImage, Sample

# (sample with the depth so far, dense truth, rng, arguments by keyword) -> depth (H, W) in metres, 0 = not measured.
StageFunction = Callable[..., FloatImage]
Values = dict[str, Any]


def _as_they_are(values: Values) -> Values:
    return values


@dataclass(frozen=True)
class Entry:
    """One name of the language.

    Attributes:
        name: as it stands in a spec.
        example: a spec that shows the arguments.
        about: what it does, in one sentence.
        source: who measures so: a paper, a protocol, or "ours".
        slots: the arguments.
        function: does it.
        alone: does it where nothing stands before it, where that is something else.
        prepare: checks the arguments together, and loads what they name, when the spec is read.
    """

    name: str
    example: str
    about: str
    source: str
    slots: tuple[Slot, ...]
    function: StageFunction
    alone: StageFunction | None = None
    prepare: Callable[[Values], Values] = _as_they_are


SENSORS = {"structured-light": "structured_light", "stereo": "active_stereo", "tof": "time_of_flight"}


def _random(
    sample: Sample,
    truth: FloatImage,
    rng: np.random.Generator,
    *,
    fraction: float | None = None,
    count: int | None = None,
) -> FloatImage:
    if fraction is not None:
        return sample.depth * random_fraction(sample.depth, fraction, rng)
    return sample.depth * random_count(sample.depth, count or 0, rng)


def _lidar(sample: Sample, truth: FloatImage, rng: np.random.Generator, *, lines: int) -> FloatImage:
    return sample.depth * lidar(sample.depth, lines, sample.intrinsics)


def _holes(
    sample: Sample, truth: FloatImage, rng: np.random.Generator, *, kind: str = "", maps: HoleMaps | None = None
) -> FloatImage:
    if kind:
        measured: FloatImage = getattr(import_module("spnet.sparsity.sensors"), SENSORS[kind])(sample, rng)
        return measured
    shape = sample.depth.shape
    return sample.depth * (procedural_holes(shape, rng) if maps is None else maps.draw(shape, rng))


def _prepare_holes(values: Values) -> Values:
    if len(values) == 2:
        raise BadInput("holes takes either a kind of sensor or maps=FOLDER.")
    return {"maps": HoleMaps(values["maps"])} if "maps" in values else values


_ENTRIES = (
    Entry("random", "random(1%)", "uniform random pixels: a share, or a number of them", "SPNet, OMNI-DC",
          (Slot("amount", (Quantity("fraction", "a share such as 1%", PERCENT, 0, 1, spread="log"),
                           Quantity("count", "a number of points", PLAIN, 1, 1e9, whole=True, spread="log")),
                required=True, named=False),), _random),
    Entry("lidar", "lidar(16)", "the lines of a rotating scanner", "OMNI-DC, PacGDC, KITTI",
          (Slot("lines", (Quantity("lines", "a number of lines", PLAIN, 1, 128, whole=True),), required=True,
                named=False),), _lidar),
    Entry("holes", "holes", "regions that a depth camera leaves unmeasured", "SPNet; ours",
          (Slot("kind", (Words("kind", "structured-light, stereo or tof", ("structured-light", "stereo", "tof")),),
                named=False),
           Slot("maps", (Folder("maps", "a folder of masks"),))), _holes, prepare=_prepare_holes),
)  # fmt: skip

CATALOGUE: Mapping[str, Entry] = {entry.name: entry for entry in _ENTRIES}
