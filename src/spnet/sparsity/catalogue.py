"""The names that a spec may hold: their arguments, what they do, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from spnet.sparsity import stages
from spnet.sparsity.scanner import MAX_LINES, MODELS
from spnet.sparsity.stages import PARALLAX, StageFunction, Values
from spnet.sparsity.values import DEGREES, METRES, PERCENT, PIXELS, PLAIN, Folder, Quantity, Range, Slot, Spread, Words


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


_FRACTION = Quantity("fraction", "a share such as 1%", PERCENT, 0, 1, spread="log")
_PROBABILITY = Quantity("share", "a probability such as 5%", PERCENT, 0, 1)


def _count(what: str) -> Quantity:
    return Quantity("count", what, PLAIN, 1, 1e9, whole=True, spread="log")


def _side(what: str) -> Quantity:
    return Quantity("side", what, PIXELS, 1, 1e5, whole=True)


def _degrees(into: str, what: str, limit: float, spread: Spread = "even") -> Quantity:
    return Quantity(into, what, DEGREES, -limit, limit, spread=spread)


_LIDAR = (
    Slot("lines", (Quantity("lines", "a number of lines", PLAIN, 1, MAX_LINES, whole=True),),
         required=True, named=False),
    Slot("sensor", (Words("sensor", f"one of {', '.join(MODELS)}", tuple(MODELS)),)),
    Slot("pitch", (_degrees("pitch", "a field of view in degrees", 89, "both"),)),
    Slot("yaw", (_degrees("yaw", "a field of view in degrees", 89, "both"),)),
    Slot("columns", (Quantity("columns", "a number of columns", PLAIN, 1, 100_000, whole=True),)),
    Slot("step", (Quantity("step", "degrees between columns", DEGREES, 0.001, 90),)),
    Slot("roll", (_degrees("roll", "degrees", 180),)),
    Slot("tilt", (_degrees("tilt", "degrees", 89),)),
    Slot("parallax", (Quantity("relative", "a share of the median depth", PERCENT, 0, 1),
                      Quantity("metres", "a length such as 8cm", METRES, 0, 100)),
         flag={"relative": Range(*PARALLAX, whole=False, log=False)}),
    Slot("dropout", (Quantity("dropout", "a probability such as 5%", PERCENT, 0, 1),)),
    Slot("noise", (Quantity("noise", "a length such as 2cm", METRES, 0, 10),
                   Quantity("relative_noise", "a share of the range such as 1%", PERCENT, 0, 1))),
)  # fmt: skip

_ENTRIES = (
    Entry("random", "random(1%)", "uniform random pixels: a share, or a number (matched: in proportion to the known "
          "pixels)", "SPNet; OMNI-DC",
          (Slot("amount", (_FRACTION, _count("a number of points")), required=True, named=False),
           Slot("matched", flag={"matched": True})), stages.random, prepare=stages.prepare_random),
    Entry("lidar", "lidar(64, parallax)", "lines of a rotating scanner; a map that is a sweep is thinned by rings",
          "OMNI-DC; PacGDC; KITTI", _LIDAR, stages.lidar, prepare=stages.prepare_lidar),
    Entry("sift", "sift", "SIFT key points of the image", "OMNI-DC", (), stages.sift),
    Entry("orb", "orb", "ORB key points of the image", "OMNI-DC", (), stages.orb),
    Entry("corners", "corners(300)", "the strongest corners of the image", "ours, after VOID's tracked points",
          (Slot("count", (_count("a number of corners"),), required=True, named=False),), stages.corners),
    Entry("grid", "grid(32)", "every n-th pixel both ways, from a random start", "ours",
          (Slot("step", (_side("a number of pixels"),), required=True, named=False),), stages.grid),
    Entry("lowres", "lowres(8)", "one value a block of n x n pixels, at its centre: the median, or the mean", "ours",
          (Slot("side", (_side("a number of pixels"),), required=True, named=False),
           Slot("mean", flag={"mean": True})), stages.lowres),
    Entry("holes", "holes", "regions left unmeasured: blobs; real masks (turned: rotated, scaled, moved at random); or "
          "what a kind of depth sensor loses",
          "SPNet; ours",
          (Slot("kind", (Words("kind", "structured-light, stereo, tof, phone or lidar", tuple(stages.CAMERAS)),),
                named=False),
           Slot("maps", (Folder("maps", "a folder of masks"),)),
           Slot("turned", flag={"turned": True})), stages.holes, prepare=stages.prepare_holes),
    Entry("all", "all", "everything that is known", "G2-MonoDepth's 100 %", (), stages.everything),
    Entry("range", "range(0.3, 4)", "only what lies between two depths", "ours",
          (Slot("near", (Quantity("near", "a depth in metres", METRES, 0, 1e6),), required=True, named=False),
           Slot("far", (Quantity("far", "a depth in metres", METRES, 0, 1e6),), required=True, named=False)),
          stages.limit, prepare=stages.prepare_limit),
    Entry("noise", "noise(5%)", "outliers: with this probability a draw between the scene's 10th and 90th percentile; "
          "standing first, of random(0.7%, matched)", "OMNI-DC",
          (Slot("share", (_PROBABILITY,), required=True, named=False),), stages.noise, alone=stages.noise_alone),
    Entry("gauss", "gauss(2%)", "Gaussian noise, relative or in metres", "ours",
          (Slot("sigma", (Quantity("relative", "a share of the depth such as 2%", PERCENT, 0, 1),
                          Quantity("metres", "a length such as 1cm", METRES, 0, 100)), required=True, named=False),),
          stages.gauss),
    Entry("shift", "shift(2)", "the depth image moved by n pixels in a random direction", "ours",
          (Slot("pixels", (Quantity("pixels", "a number of pixels", PIXELS, 0, 1e4),), required=True, named=False),),
          stages.shift),
    Entry("bleed", "bleed(3)", "values within n pixels of a depth edge take the other side's depth", "ours",
          (Slot("reach", (Quantity("reach", "a number of pixels", PIXELS, 1, 100, whole=True),), required=True,
                named=False),
           Slot("share", (_PROBABILITY,))), stages.bleed),
    Entry("quantise", "quantise(1mm)", "values rounded to multiples of a length", "ours",
          (Slot("step", (Quantity("step", "a length such as 1mm", METRES, 1e-6, 100),), required=True, named=False),),
          stages.quantise),
)  # fmt: skip

CATALOGUE: Mapping[str, Entry] = {entry.name: entry for entry in _ENTRIES}
