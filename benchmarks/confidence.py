"""Is the expected error right? Sparsification (AUSE) and calibration of a network's second output.

    python benchmarks/confidence.py --data FOLDER... [--model default] [--patterns "random(1%)" ...] [--picture out.png]
    python benchmarks/confidence.py --data FOLDER... --fit      # the numbers in `spnet.completion`, on training data

Over unmeasured pixels of known depth:

- AUSE: pixels are left out, those of the largest expected error first; the mean relative error of the rest is compared
  with leaving out those of the largest true error first. The area between the two curves, each in shares of the error
  over all pixels; lower is better, 0 is perfect. Beside it that of leaving out by the distance to the nearest
  measurement.
- ECE: pixels in ten bins of confidence; the mean over pixels of |confidence - share within 5 % of the truth| of their
  bin. All images of a pattern together, each with the same weight.

Means over images, then over data sets.
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.optimize import minimize
from tune_baselines import inputs

from spnet.completion import CLOSE, ERROR_SCALE, ERROR_SHAPE
from spnet.errors import SpnetWarning
from spnet.predictor import Predictor
from spnet.sparsity import parse_pattern

PATTERNS = ("random(10%)", "random(1%)", "random(0.1%)", "random(500)", "lidar(16)", "holes", "noise(10%)")
CURVE = 50  # shares that are left out
BINS = 10
DRAWN = 20_000  # pixels of an image that the fit and the calibration look at
SHORTEST = 1e-6  # of an expected error

Values = NDArray[np.float64]


def remaining(error: Values, order: Values) -> Values:
    """Mean error of what stays when growing shares are left out, the largest `order` first; in shares of the whole."""
    ranked = error[np.argsort(order, kind="stable")]
    counts = np.linspace(len(ranked), 0, CURVE, endpoint=False).round().astype(int)
    curve: Values = np.cumsum(ranked)[np.maximum(counts, 1) - 1] / np.maximum(counts, 1)
    return curve / max(curve[0], 1e-12)


def ause(error: Values, order: Values) -> float:
    """Area between the sparsification curve of `order` and that of the true error."""
    return float((remaining(error, order) - remaining(error, error)).mean())


def probability(expected: Values, scale: float, shape: float) -> Values:
    """As `Completion.confidence`."""
    chance: Values = -np.expm1(-((CLOSE / (scale * np.maximum(expected, SHORTEST))) ** shape))
    return chance


def calibration(expected: Values, error: Values, weight: Values, scale: float, shape: float) -> tuple[float, Values]:
    """ECE, and per bin: share of the pixels, mean confidence, share within 5 % of the truth."""
    chance = probability(expected, scale, shape)
    number = np.minimum((chance * BINS).astype(int), BINS - 1)
    mass = np.bincount(number, weight, BINS)
    said, found = (np.bincount(number, weight * v, BINS) / np.maximum(mass, 1e-12) for v in (chance, error < CLOSE))
    mass = mass / mass.sum()
    return float((mass * np.abs(said - found)).sum()), np.stack([mass, said, found], axis=1)


def fitted(expected: Values, error: Values, weight: Values) -> tuple[float, float]:
    """Scale and shape with the least mean log loss of "within 5 % of the truth"."""
    right = error < CLOSE

    def loss(at: Values) -> float:
        chance = probability(expected, *np.exp(at)).clip(1e-6, 1 - 1e-6)
        return float(-(weight * np.log(np.where(right, chance, 1 - chance))).sum() / weight.sum())

    scale, shape = np.exp(minimize(loss, np.zeros(2), method="Nelder-Mead").x).tolist()
    return scale, shape


def drawn(path: Path, bins: dict[str, Values]) -> None:
    """The reliability diagram, one line a pattern."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5.2, 5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.7", lw=1)
    for name, rows in bins.items():
        shown = rows[rows[:, 0] > 0.002]
        axes.plot(shown[:, 1], shown[:, 2], marker="o", ms=4, lw=1.4, label=name)
    axes.set(xlabel="confidence", ylabel="share of pixels within 5 % of the truth", xlim=(0, 1), ylim=(0, 1), aspect=1)
    axes.legend(frameon=False, fontsize=9)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--model", default="default")
    parser.add_argument("--images", type=int, default=12, help="of each set, evenly spaced")
    parser.add_argument("--patterns", nargs="+", default=PATTERNS)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", SpnetWarning)
    predictor = Predictor(arguments.model, backend="torch")
    scores: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    pixels: dict[str, list[Values]] = defaultdict(list)
    for dataset, sample, truth in inputs(arguments.data, arguments.images, arguments.patterns):
        result = predictor.complete(sample.rgb, sample.depth)
        assert result.expected_error is not None, "this model expects no error"
        scored = (truth > 0) & (sample.depth == 0)
        error = (np.abs(result.depth - truth)[scored] / truth[scored]).astype(np.float64)
        expected = result.expected_error[scored].astype(np.float64)
        distance = distance_transform_edt(sample.depth == 0)[scored]
        label = parse_pattern(sample.pattern).label
        scores[label][dataset].append((ause(error, expected), ause(error, distance)))
        some = np.linspace(0, len(error) - 1, min(DRAWN, len(error))).astype(int)
        pixels[label].append(np.stack([expected[some], error[some], np.full(len(some), 1 / len(some))]))
    together = {label: np.concatenate(parts, axis=1) for label, parts in pixels.items()}
    if arguments.fit:
        scale, shape = fitted(*np.concatenate(list(together.values()), axis=1))
        print(f"ERROR_SCALE, ERROR_SHAPE = {scale:.2f}, {shape:.2f}")
        return
    report(scores, {k: calibration(*v, ERROR_SCALE, ERROR_SHAPE) for k, v in together.items()})
    if arguments.picture:
        drawn(arguments.picture, {k: calibration(*v, ERROR_SCALE, ERROR_SHAPE)[1] for k, v in together.items()})


def report(
    scores: dict[str, dict[str, list[tuple[float, float]]]], calibrations: dict[str, tuple[float, Values]]
) -> None:
    """The table in Markdown."""
    print("| pattern | images | AUSE, expected error | AUSE, distance | ratio | ECE |")
    print("|---|--:|--:|--:|--:|--:|")
    means: Sequence[NDArray[np.float64]] = []
    for label, sets in scores.items():
        mean = np.mean([np.mean(v, axis=0) for v in sets.values()], axis=0)
        means = [*means, mean]
        count = sum(map(len, sets.values()))
        ratio = mean[0] / mean[1]
        print(f"| {label} | {count} | {mean[0]:.3f} | {mean[1]:.3f} | {ratio:.2f} | {calibrations[label][0]:.3f} |")
    whole = np.mean(means, axis=0)
    ece = np.mean([value for value, _ in calibrations.values()])
    print(f"| mean | | {whole[0]:.3f} | {whole[1]:.3f} | {whole[0] / whole[1]:.2f} | {ece:.3f} |")


if __name__ == "__main__":
    main()
