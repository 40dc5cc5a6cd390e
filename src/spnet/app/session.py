"""What the page does, without the page: read, simulate a sensor, complete, compare, explain."""

from __future__ import annotations

import sys
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock, Thread

import numpy as np

from spnet.completion import Completion
from spnet.errors import BadInput, SpnetError, SpnetWarning
from spnet.evaluation.methods import Method, make_method
from spnet.inputs import Pair, load_pair
from spnet.metrics import depth_errors
from spnet.predictor import Predictor, checked_scale
from spnet.sparsity import parse_pattern
from spnet.types import AnyArray, FloatImage, Sample
from spnet.units import METRES, default_unit, per_cent

MEASURED = "as measured"
# What the page offers -> the pattern language; {density} is the slider's value, 0 to 100.
SENSORS = {
    MEASURED: "",
    "random points": "random({share:g}%)",
    "LiDAR lines": "lidar({lines})",
    "LiDAR beside the camera": "lidar({lines}, parallax)",
    "key points": "corners({points})",
    "dot grid": "grid({step})",
    "holes of a structured-light camera": "holes(structured-light)",
    "holes of a stereo camera": "holes(stereo)",
    "holes: blobs": "holes",
}
BASELINES = ("nearest", "linear", "planar", "ip-basic", "domain-transform", "bilateral-solver")
NOTHING = "nothing"
_LOADING = Lock()
MAX_PIXELS = 16_000_000  # of the page; larger ones are for the command line


@dataclass(frozen=True)
class Wish:
    """What the page's controls say.

    Attributes:
        rgb, depth: files.
        unit: of the depth file; "auto" is by its kind.
        sensor: a key of `SENSORS`; all but the first take the depth for the truth.
        density: 0 to 100, how much the sensor sees.
        outliers: per cent of the measurements that are wrong.
        seed: of the simulation.
        model: what `Predictor` takes.
        versus: a classical method or weights beside it; "nothing" for none.
        max_depth: see `Predictor`.
        keep_measured: see `Predictor`.
    """

    rgb: Path
    depth: Path
    unit: str = "auto"
    sensor: str = MEASURED
    density: float = 30.0
    outliers: float = 0.0
    seed: int = 0
    model: str = "default"
    versus: str = NOTHING
    max_depth: str = "auto"
    keep_measured: bool = False


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes:
        result: of the model.
        other: (H, W) metres, of what stands beside it; None for nothing.
        truth: (H, W) metres, 0 = unknown; None where the depth was taken as it was measured.
        lines: sentences on the input, the result, time and memory.
        warnings: what is probably wrong.
        sides: names of what the before/after slider shows on the left and on the right.
    """

    result: Completion
    other: FloatImage | None
    truth: FloatImage | None
    lines: tuple[str, ...]
    warnings: tuple[str, ...]
    sides: tuple[str, str]


def pattern(sensor: str, density: float, outliers: float) -> str:
    """The spec of a simulated sensor; "" for none.

    >>> pattern("random points", 30, 0), pattern("LiDAR lines", 50, 2)
    ('random(0.5%)', 'lidar(16) | noise(2%)')
    """
    share = 10 ** (-2.5 + 4 * density / 100 + 1)  # 0.03 % to 100 % but for rounding
    form = SENSORS[sensor].format(
        share=min(100.0, float(f"{share:.1g}")),
        lines=max(2, round(2 ** (1 + 6 * density / 100))),
        points=max(10, round(10 ** (1 + 2.7 * density / 100))),
        step=max(2, round(64 * (1 - density / 105))),
    )
    return f"{form} | noise({outliers:g}%)" if form and outliers > 0 else form


def complete(wish: Wish) -> Shown:
    """Do what the controls say.

    Raises:
        BadInput: an input that cannot be used; the message is for the page's reader.
        BadWeights: weights that cannot be used.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        unit = None if wish.unit == "auto" else wish.unit
        given = load_pair(wish.rgb, wish.depth, unit)
        if given.depth.size > MAX_PIXELS:
            raise BadInput(
                f"The page takes up to {MAX_PIXELS / 1e6:g} megapixels: use `spnet complete` for larger ones."
            )
        spec = pattern(wish.sensor, wish.density, wish.outliers)
        measured, truth = _measured(given, spec, wish.seed)
        predictor = _predictor(wish.model)
        result = predictor.complete(
            given.rgb, measured, unit="m", max_depth=checked_scale(wish.max_depth), keep_measured=wish.keep_measured
        )
        other, seconds = _beside(wish.versus, given, measured)
    told = list(dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, SpnetWarning)))
    lines = [
        _input_line(given, measured, unit, spec),
        *_error_lines(wish, result.depth, other, measured, truth),
        _time_line(wish, result, seconds),
    ]
    sides = ("measurements" if other is None else wish.versus, wish.model)
    return Shown(result, other, truth, tuple(lines), tuple(_plain(text, wish) for text in told), sides)


def _measured(given: Pair, spec: str, seed: int) -> tuple[FloatImage, FloatImage | None]:
    if not spec:
        return given.depth, None
    sparse = parse_pattern(spec)(Sample(given.rgb, given.depth, "page"), seed)
    if not (sparse > 0).any():
        raise BadInput(f"The simulated sensor, {spec}, measured nothing: give it a higher density.")
    return sparse, given.depth


@lru_cache(maxsize=3)
def _loaded(model: str) -> Predictor:
    return Predictor(model)


def _predictor(model: str) -> Predictor:
    with _LOADING:  # a press while the page still prepares must not load it twice
        return _loaded(model)


def prepare() -> None:
    """Load the default model in a thread, and run it once on the samples' size, so that the first result is as quick as
    the later ones."""

    def load() -> None:
        with suppress(SpnetError):  # whoever presses Complete is told
            _predictor("default").warm_up(480, 640)

    Thread(target=load, name="spnet-prepare", daemon=True).start()


@lru_cache(maxsize=8)
def _method(spec: str) -> Method:
    return make_method(spec)


def _beside(versus: str, given: Pair, measured: FloatImage) -> tuple[FloatImage | None, float]:
    if versus == NOTHING:
        return None, 0.0
    method = _method(versus)
    begin = time.perf_counter()
    dense = method.complete(Sample(given.rgb, measured, "page"))
    return dense, time.perf_counter() - begin


def _input_line(given: Pair, measured: FloatImage, unit: str | None, spec: str) -> str:
    known = measured[measured > 0]
    height, width = measured.shape
    share = f"{known.size:,} of {measured.size:,} pixels ({100 * known.size / measured.size:.3g} %)"
    how = f"read as {given.unit}" + ("" if unit else ", by the kind of the file")
    what = f"simulated as `{spec}`" if spec else "measured"
    return (
        f"**Input**: {width}×{height}, depth {how}; {share} {what}, "
        f"{known.min():.3g} to {known.max():.3g} m, median {np.median(known):.3g} m."
    )


def _error_lines(
    wish: Wish, dense: FloatImage, other: FloatImage | None, measured: FloatImage, truth: FloatImage | None
) -> list[str]:
    if truth is None:
        return []
    scored = (truth > 0) & (measured == 0)
    if not scored.any():
        return ["**Error**: the sensor measured every known pixel, so there is nothing to score."]
    lines = []
    for name, result in ((wish.model, dense), (wish.versus, other)):
        if result is not None:
            errors = depth_errors(result, truth, scored)
            lines.append(
                f"**Error of {name}** over {int(scored.sum()):,} known pixels that were not measured: "
                f"relative {100 * errors['rel']:.2f} %, RMSE {errors['rmse']:.3g} m."
            )
    return lines


def left_line(shown: Shown, below: float) -> str:
    """How much a limit of the confidence leaves, and how good that is; "" where nothing is hidden."""
    result, truth = shown.result, shown.truth
    if result.confidence is None or result.expected_error is None or below <= 0:
        return ""
    sure = result.confidence >= below
    scored = np.ones_like(sure) if truth is None else (truth > 0) & (result.input_depth == 0)
    if not sure.any():
        return f"**Shown**: nothing; no pixel has a confidence of {below:g}."
    line = f"**Shown**: {100 * sure.mean():.3g} % of the pixels."
    if not (sure & scored).any():
        return line
    left, everywhere = (per_cent(result.expected_error[at].mean()) for at in (sure & scored, scored))
    line += f" Expected error {left} instead of {everywhere}"
    if truth is not None:
        left, everywhere = (per_cent(depth_errors(result.depth, truth, at)["rel"]) for at in (sure & scored, scored))
        line += f", true error {left} instead of {everywhere}, where the truth is known"
    return line + "."


def _time_line(wish: Wish, result: Completion, seconds: float) -> str:
    stages = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in result.timings.items() if name != "total")
    beside = f"; {wish.versus} {1000 * seconds:.0f} ms" if wish.versus != NOTHING else ""
    return f"**Time**: {1000 * result.timings['total']:.0f} ms ({stages}){beside}.{_peak_memory()}"


def _peak_memory() -> str:
    try:
        import resource
    except ImportError:  # Windows has none
        return ""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return f" Memory, at most so far: {peak:.0f} MB."


def _plain(text: str, wish: Wish) -> str:
    """A message without the folders of the machine."""
    return text.replace(str(wish.depth), "The depth file").replace(str(wish.rgb), "The image file")


def units_explained(depth: AnyArray) -> str:
    """What a depth file's numbers mean in each unit, so that one can choose.

    >>> units_explained(np.array([[0, 1500]], np.uint16))
    'Median in mm: 1.5 m (the guess); cm: 15 m; kitti: 5.86 m; tum: 0.3 m.'
    """
    integer = depth.dtype.kind in "iu"
    known = depth[np.isfinite(depth) & (depth > 0)] if depth.dtype.kind in "iuf" else depth[:0]
    if not known.size:
        return "No measured depth in this file."
    guess = default_unit(integer=integer)
    names = [guess, *(name for name in METRES if name != guess and (integer or name not in ("kitti", "tum")))]
    names = [name for name in names if not (integer and name == "m")]
    parts = [f"{name}: {float(np.median(known)) * METRES[name]:.3g} m" for name in names]
    return "Median in " + "; ".join([f"{parts[0]} (the guess)", *parts[1:]]) + "."
