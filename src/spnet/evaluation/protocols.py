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

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from spnet.errors import BadInput
from spnet.evaluation.sampling import OMNI_KNOWN, clean_points, marigold_points, omni_points
from spnet.metrics import ORIGINAL_SCALE, STORED_MAX, depth_errors, g2_errors, original_errors
from spnet.sparsity import parse_pattern
from spnet.types import BoolImage, FloatImage, Intrinsics, Sample

PAPER_SCALES = (20.0, 100.0)  # metres; SPNet stores depth over one of them, indoors and outdoors
PACGDC_MULTIPLE = 64
VOID_RANGE = (0.2, 5.0)  # metres, both ends left out (KBNet)
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


def _as_it_is(sample: Sample, raw: FloatImage) -> tuple[Sample, FloatImage]:
    return sample, raw


def _known(truth: FloatImage, _raw: FloatImage) -> BoolImage:
    return np.asarray(truth > 0)


def _metric_errors(pred: FloatImage, truth: FloatImage, scored: BoolImage, _max_depth: float) -> dict[str, float]:
    return depth_errors(pred, truth, scored)


def _by_its_name(_spec: str, _sample: Sample, _seed: int) -> FloatImage | None:
    return None


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
    _prepare: Prepare = _as_it_is
    _scored: Scored = _known
    _errors: Errors = _metric_errors
    _draw: Draw = _by_its_name

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


def _spnet_errors(pred: FloatImage, truth: FloatImage, scored: BoolImage, max_depth: float) -> dict[str, float]:
    """SPNet's formulas, with their small terms, on depth / max_depth; its RMSE is turned into metres."""
    truth64 = np.where(scored, truth, 0).astype(np.float64)
    theirs = original_errors(pred.astype(np.float64) / max_depth, truth64 / max_depth)
    if not scored.any():  # theirs would be 0
        return depth_errors(pred, truth, scored)
    return {
        **depth_errors(pred, truth, scored),
        "rmse": theirs["rmse"] * max_depth / ORIGINAL_SCALE,
        "rel": theirs["rel"],
    }


def _g2_errors(pred: FloatImage, truth: FloatImage, scored: BoolImage, max_depth: float) -> dict[str, float]:
    """G2-MonoDepth's four figures of the stored 16-bit prediction; its RMSE is turned into metres."""
    theirs = g2_errors(pred.astype(np.float64) / max_depth, np.where(scored, truth, 0).astype(np.float64) / max_depth)
    return {
        **depth_errors(pred, truth, scored),
        **theirs,
        "rmse": theirs["rmse"] * max_depth * ORIGINAL_SCALE / STORED_MAX,
    }


def _pacgdc_prepare(sample: Sample, raw: FloatImage) -> tuple[Sample, FloatImage]:
    """Enlarge to the next multiples of 64: colour bilinear with aligned corners, depths nearest.

    The colours are rounded back to 8 bits, which methods take; PacGDC's own test hands the network unrounded ones.
    """
    h, w = raw.shape
    size = tuple(-(-side // PACGDC_MULTIPLE) * PACGDC_MULTIPLE for side in (h, w))
    if size == (h, w):
        return sample, raw
    import torch
    from torch.nn.functional import interpolate

    def nearest(depth: FloatImage) -> FloatImage:
        return np.ascontiguousarray(interpolate(torch.from_numpy(depth)[None, None], size=size, mode="nearest")[0, 0])

    rgb = torch.from_numpy(sample.rgb).permute(2, 0, 1)[None].float()
    rgb = interpolate(rgb, size=size, mode="bilinear", align_corners=True)[0].permute(1, 2, 0).round()
    bigger = replace(
        sample,
        rgb=np.ascontiguousarray(rgb.byte()),
        depth=nearest(np.ascontiguousarray(sample.depth)),
        intrinsics=_scaled(sample.intrinsics, size[1] / w, size[0] / h),
    )
    return bigger, nearest(np.ascontiguousarray(raw))


def _random_count(spec: str) -> int | None:
    """N of "random(N)"."""
    match = re.fullmatch(r"\s*random\(\s*(\d+)\s*\)\s*", spec)
    return int(match[1]) if match else None


def _omni_draw(spec: str, sample: Sample, seed: int) -> FloatImage | None:
    """Points matched to the share of known pixels; a scanner that looks through OMNI-DC's own camera."""
    count = _random_count(spec)
    if count is not None:
        return sample.depth * omni_points(sample.depth, count, np.random.default_rng(seed))
    if re.match(r"\s*lidar\(", spec):
        return parse_pattern(spec)(replace(sample, intrinsics=None), seed)
    return None


def _marigold_draw(spec: str, sample: Sample, _seed: int) -> FloatImage | None:
    count = _random_count(spec)
    return None if count is None else sample.depth * marigold_points(sample.depth, count)


def _scaled(camera: Intrinsics | None, x: float, y: float) -> Intrinsics | None:
    """The camera of an image enlarged by x and y, pixel centres being whole numbers."""
    if camera is None:
        return None
    return Intrinsics(camera.fx * x, camera.fy * y, (camera.cx + 0.5) * x - 0.5, (camera.cy + 0.5) * y - 0.5)


def _omni_scored(truth: FloatImage, _raw: FloatImage) -> BoolImage:
    return np.asarray(truth > OMNI_KNOWN)


def _omni_errors(pred: FloatImage, truth: FloatImage, scored: BoolImage, _max_depth: float) -> dict[str, float]:
    return depth_errors(pred, truth, scored, inverse_floor=OMNI_KNOWN)


def _void_scored(truth: FloatImage, _raw: FloatImage) -> BoolImage:
    return np.asarray((truth > VOID_RANGE[0]) & (truth < VOID_RANGE[1]))


def _unobserved(truth: FloatImage, raw: FloatImage) -> BoolImage:
    return np.asarray((truth > 0) & (raw == 0))


def _clean(sample: Sample, raw: FloatImage) -> tuple[Sample, FloatImage]:
    return sample, clean_points(raw)


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
        _scored=_unobserved,
    ),
    Protocol(
        "spnet",
        "SPNet, T-PAMI 47(3), 2025, released test",
        "All known pixels, measured ones too; mean over images, then over the three densities.",
        (Shown("rmse", "m"), Shown("rel", "1")),
        _DENSITIES,
        over_patterns=True,
        _errors=_spnet_errors,
    ),
    Protocol(
        "g2-monodepth",
        "G2-MonoDepth, T-PAMI 46(5), 2024, released test",
        "All known pixels of the prediction as stored with 16 bits; SRMSE and ordinal error after stretching it.",
        (Shown("rmse", "m"), Shown("rel", "1"), Shown("srmse", "1"), Shown("ordinal", "1")),
        ("random(0%)", "random(1%)", "random(100%)"),
        colour_alone=True,
        _errors=_g2_errors,
    ),
    Protocol(
        "pacgdc",
        "PacGDC, ICCV 2025, released test",
        "All known pixels after enlarging to multiples of 64; mean over images, then over the three densities.",
        (Shown("rmse", "mm", 1e3), Shown("mae", "mm", 1e3)),
        _DENSITIES,
        over_patterns=True,
        _prepare=_pacgdc_prepare,
    ),
    Protocol(
        "omni-dc",
        "OMNI-DC, ICCV 2025 (metrics as OGNI-DC, ECCV 2024)",
        "All pixels deeper than 0.1 mm, at most 800 images a set; points matched to the share of known pixels.",
        (*METRES, Shown("irmse", "1/m"), Shown("imae", "1/m"), *(Shown(name, "1") for name in RATIOS)),
        _OMNI_PATTERNS,
        seed=OMNI_SEED,
        most_images=OMNI_IMAGES,
        _scored=_omni_scored,
        _errors=_omni_errors,
        _draw=_omni_draw,
    ),
    Protocol(
        "marigold-dc",
        "Marigold-DC, ICCV 2025",
        "All known pixels at the truth's own size; the points of seed 2024.",
        tuple(reversed(METRES)),
        ("random(500)", "random(1000)"),
        seed=2024,
        _draw=_marigold_draw,
    ),
    Protocol(
        "marigold-dc-lidar",
        "Marigold-DC, ICCV 2025, KITTI and DDAD",
        "As marigold-dc, on LiDAR points after points seen past nearer things have been dropped.",
        tuple(reversed(METRES)),
        ("given(raw)",),
        _prepare=_clean,
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
        _scored=_void_scored,
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
