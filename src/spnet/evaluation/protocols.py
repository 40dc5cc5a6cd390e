"""How published work scores: which pixels, after which preparation, in which unit, averaged how (docs/protocols.md).

A run does the following, and needs nothing else to be exact:

    protocol = get_protocol("pacgdc")
    chosen = protocol.images(len(data))                        # numbers of the images that it scores
    raw = protocol.sample(spec, sample, seed)                  # its own way to draw, or None: parse_pattern(spec)
    truth, raw = protocol.prepare(sample, raw)                 # what methods get: replace(truth, depth=raw)
    scored = protocol.scored(truth.depth, raw)                 # (H, W) bool
    errors = protocol.errors(prediction, truth.depth, scored)  # every name of METRICS that it defines; m, 1/m, 1

Errors come in one unit everywhere; `protocol.shown` tells which of them the protocol publishes, and in what unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spnet.errors import BadInput
from spnet.evaluation import rules
from spnet.types import BoolImage, FloatImage, Sample

PAPER_SCALES = (20.0, 100.0)  # metres; SPNet stores depth over one of them, indoors and outdoors
OMNI_SEED = 43
OMNI_IMAGES = 800

Prepare = Callable[[Sample, FloatImage], tuple[Sample, FloatImage]]
Scored = Callable[[FloatImage, FloatImage], BoolImage]
Errors = Callable[[FloatImage, FloatImage, BoolImage, float], dict[str, float]]
Draw = Callable[[str, Sample, int], FloatImage | None]


@dataclass(frozen=True)
class Shown:
    """A metric that a protocol publishes: its name in `METRICS`, the published unit, and ours times `scale` is it."""

    metric: str
    unit: str
    scale: float = 1.0


METRES = (Shown("rmse", "m"), Shown("mae", "m"))
ROAD = (Shown("rmse", "mm", 1e3), Shown("mae", "mm", 1e3), Shown("irmse", "1/km", 1e3), Shown("imae", "1/km", 1e3))
RATIOS = ("rel", "delta_1.25", "delta_1.25^2", "delta_1.25^3", "delta_1.02", "delta_1.05", "delta_1.10")


@dataclass(frozen=True)
class Protocol:
    """One way to score.

    Attributes:
        name: as `--protocol` takes it.
        source: whose it is.
        description: one sentence.
        shown: the metrics that it publishes.
        patterns: the sparse inputs that it is published for, as specs.
        over_patterns: whether it ends in one mean over these patterns.
        seed: of its inputs, where one is published.
        most_images: a set of more is cut to this many.
        colour_alone: whether inputs without a single measurement, as "random(0%)" makes them, are scored too.
    """

    name: str
    source: str
    description: str
    shown: tuple[Shown, ...]
    patterns: tuple[str, ...]
    over_patterns: bool = False
    seed: int | None = None
    most_images: int | None = None
    colour_alone: bool = False
    _prepare: Prepare = rules.as_it_is
    _scored: Scored = rules.known
    _errors: Errors = rules.metric_errors
    _draw: Draw = rules.by_its_name

    def images(self, count: int) -> list[int]:
        """The numbers of the images that are scored, of a set of `count`, in order."""
        if self.most_images is None or count <= self.most_images:
            return list(range(count))
        draw = np.random.RandomState(self.seed)
        return sorted(draw.choice(count, self.most_images, replace=False).tolist())

    def sample(self, spec: str, sample: Sample, seed: int) -> FloatImage | None:
        """The sparse input by the protocol's own sampler.

        Args:
            spec: a pattern, e.g. "random(500)".
            sample: its depth is the truth.
            seed: of the input.

        Returns:
            (H, W) metres, 0 = not measured; None where the protocol leaves the pattern to `parse_pattern`.
        """
        return self._draw(spec, sample, seed)

    def prepare(self, sample: Sample, raw: FloatImage) -> tuple[Sample, FloatImage]:
        """The image and the sparse input as methods get them, and the truth as it is scored; all of one size.

        Args:
            sample: its depth is the truth.
            raw: (H, W) metres, 0 = not measured.
        """
        return self._prepare(sample, raw)

    def scored(self, truth: FloatImage, raw: FloatImage) -> BoolImage:
        """(H, W) True where the prediction counts. Both are (H, W) metres, 0 = unknown, as `prepare` returns them."""
        return self._scored(truth, raw)

    def errors(
        self, pred: FloatImage, truth: FloatImage, scored: BoolImage, max_depth: float | None = None
    ) -> dict[str, float]:
        """All errors of one image by the protocol's formulas, in metres, 1/m or without unit.

        Args:
            pred, truth: (H, W) metres.
            scored: what `scored` returned; no pixel gives NaN.
            max_depth: the scale that the data is stored with, metres, where it has one. Only SPNet's and
                G2-MonoDepth's tests know one: in the one it moves the result by less than a millionth, in the other
                it sets the rounding and where predictions are cut off. Without it 20 m is taken, or 100 m where the
                truth goes beyond.
        """
        return self._errors(pred, truth, scored, max_depth or PAPER_SCALES[bool(truth.max() > PAPER_SCALES[0])])


_OMNI_PATTERNS = (
    *("random(2150)", "random(300)", "random(100)", "noise(5%)", "noise(10%)"),
    *("orb", "sift", "lidar(64)", "lidar(16)", "lidar(8)"),
)
_DENSITIES = ("random(10%)", "random(1%)", "random(0.1%)")
_ROWS = (
    Protocol(
        "unobserved",
        "ours",
        "Known pixels that were not measured: a method earns nothing by copying its input.",
        (Shown("rel", "1"), *METRES),
        (*_DENSITIES, "random(500)", "lidar(16)", "holes"),
        _scored=rules.unobserved,
    ),
    Protocol(
        "spnet",
        "SPNet, T-PAMI 47(3), 2025, released test",
        "All known pixels, measured ones too; mean over images, then over the three densities.",
        (Shown("rmse", "m"), Shown("rel", "1")),
        _DENSITIES,
        over_patterns=True,
        _errors=rules.spnet_errors,
    ),
    Protocol(
        "g2-monodepth",
        "G2-MonoDepth, T-PAMI 46(5), 2024, released test",
        "All known pixels of the prediction as stored with 16 bits; SRMSE and ordinal error after stretching it.",
        (Shown("rmse", "m"), Shown("rel", "1"), Shown("srmse", "1"), Shown("ordinal", "1")),
        ("random(0%)", "random(1%)", "random(100%)"),
        colour_alone=True,
        _errors=rules.g2_test_errors,
    ),
    Protocol(
        "pacgdc",
        "PacGDC, ICCV 2025, released test",
        "All known pixels after enlarging to multiples of 64; mean over images, then over the three densities.",
        (Shown("rmse", "mm", 1e3), Shown("mae", "mm", 1e3)),
        _DENSITIES,
        over_patterns=True,
        _prepare=rules.pacgdc_prepare,
    ),
    Protocol(
        "omni-dc",
        "OMNI-DC, ICCV 2025 (metrics as OGNI-DC, ECCV 2024)",
        "All pixels deeper than 0.1 mm, at most 800 images a set; points matched to the share of known pixels.",
        (*METRES, Shown("irmse", "1/m"), Shown("imae", "1/m"), *(Shown(name, "1") for name in RATIOS)),
        _OMNI_PATTERNS,
        seed=OMNI_SEED,
        most_images=OMNI_IMAGES,
        _scored=rules.omni_scored,
        _errors=rules.omni_errors,
        _draw=rules.omni_draw,
    ),
    Protocol(
        "marigold-dc",
        "Marigold-DC, ICCV 2025",
        "All known pixels at the truth's own size; the points of seed 2024.",
        tuple(reversed(METRES)),
        ("random(500)", "random(1000)"),
        seed=2024,
        _draw=rules.marigold_draw,
    ),
    Protocol(
        "marigold-dc-lidar",
        "Marigold-DC, ICCV 2025, KITTI and DDAD",
        "As marigold-dc, on LiDAR points after points seen past nearer things have been dropped.",
        tuple(reversed(METRES)),
        ("given(raw)",),
        _prepare=rules.clean,
    ),
    Protocol(
        "kitti",
        "KITTI depth completion, Uhrig et al. 2017; 1000 images of val_selection_cropped, 352x1216",
        "All known pixels; the sweep that the data set ships.",
        ROAD,
        ("given(raw)",),
    ),
    Protocol(
        "void",
        "VOID as KBNet, ICCV 2021, scores it",
        "Known pixels between 0.2 m and 5 m.",
        (Shown("mae", "mm", 1e3), Shown("rmse", "mm", 1e3), Shown("imae", "1/km", 1e3), Shown("irmse", "1/km", 1e3)),
        ("given(raw)",),
        _scored=rules.void_scored,
    ),
    Protocol(
        "void-nocap",
        "VOID as OMNI-DC and Marigold-DC score it",
        "All known pixels; not to be mixed with void.",
        tuple(reversed(METRES)),
        ("given(raw)",),
    ),
)
PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in _ROWS}


def get_protocol(name: str) -> Protocol:
    """A protocol by its name.

    Raises:
        BadInput: there is none of that name.

    >>> get_protocol("unobserved").scored(np.array([[1, 2, 0]]), np.array([[1, 0, 0]])).tolist()
    [[False, True, False]]
    """
    if name not in PROTOCOLS:
        raise BadInput(f"There is no protocol {name!r}: choose one of {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[name]
