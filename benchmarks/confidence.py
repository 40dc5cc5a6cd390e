"""The numbers in `Completion.confidence`, and the picture of how often it is right.

    python benchmarks/confidence.py fit --data FOLDER... [--model default]      # on images of training sets
    python benchmarks/confidence.py draw RUN --method fill-zepto --picture out.png

`fit` looks at unmeasured pixels of known depth and finds the scale and shape of the Weibull distribution of error /
expected error with the least log loss of "within 5 % of the truth". `draw` takes a folder of `spnet eval`, whose tables
have AUSE and ECE (`spnet.evaluation.certainty`), and draws one line a pattern.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from tune_baselines import inputs

from spnet.completion import CLOSE
from spnet.errors import SpnetWarning
from spnet.evaluation.certainty import calibrations
from spnet.evaluation.results import read_results
from spnet.predictor import Predictor

PATTERNS = (
    "random(10%)", "random(1%)", "random(0.1%)", "random(500)", "lidar(64)", "lidar(16)", "lidar(8)", "lidar(4)",
    "holes", "noise(10%)",
)  # fmt: skip
DRAWN = 20_000  # pixels of an image that the fit looks at
SHORTEST = 1e-6  # of an expected error

Values = NDArray[np.float64]


def fitted(expected: Values, error: Values, weight: Values) -> tuple[float, float]:
    """Scale and shape with the least mean log loss of "within 5 % of the truth"."""
    right = error < CLOSE

    def loss(at: Values) -> float:
        scale, shape = np.exp(at)
        chance = -np.expm1(-((CLOSE / (scale * np.maximum(expected, SHORTEST))) ** shape))
        chance = chance.clip(1e-6, 1 - 1e-6)
        return float(-(weight * np.log(np.where(right, chance, 1 - chance))).sum() / weight.sum())

    scale, shape = np.exp(minimize(loss, np.zeros(2), method="Nelder-Mead").x).tolist()
    return scale, shape


def fit(arguments: argparse.Namespace) -> None:
    warnings.simplefilter("ignore", SpnetWarning)
    predictor = Predictor(arguments.model, backend="torch")
    pixels = []
    for _, sample, truth in inputs(arguments.data, arguments.images, PATTERNS):
        result = predictor.complete(sample.rgb, sample.depth)
        assert result.expected_error is not None, "this model expects no error"
        scored = (truth > 0) & (sample.depth == 0)
        error = np.abs(result.depth - truth)[scored] / truth[scored]
        some = np.linspace(0, len(error) - 1, min(DRAWN, len(error))).astype(int)
        pixels.append(np.stack([result.expected_error[scored][some], error[some], np.full(len(some), 1 / len(some))]))
    scale, shape = fitted(*np.concatenate(pixels, axis=1).astype(np.float64))
    print(f"ERROR_SCALE, ERROR_SHAPE = {scale:.2f}, {shape:.2f}")


def draw(arguments: argparse.Namespace) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5.2, 5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.7", lw=1)
    for (pattern, method), found in calibrations(read_results(arguments.run)).items():
        if method == arguments.method:
            shown = found.share > 0.002
            axes.plot(found.said[shown], found.found[shown], marker="o", ms=4, lw=1.4, label=pattern)
    axes.set(xlabel="confidence", ylabel="share of pixels within 5 % of the truth", xlim=(0, 1), ylim=(0, 1), aspect=1)
    axes.legend(frameon=False, fontsize=9)
    figure.savefig(arguments.picture, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    fitting = commands.add_parser("fit")
    fitting.add_argument("--data", nargs="+", required=True)
    fitting.add_argument("--model", default="default")
    fitting.add_argument("--images", type=int, default=12, help="of each set, evenly spaced")
    fitting.set_defaults(do=fit)
    drawing = commands.add_parser("draw")
    drawing.add_argument("run", type=Path)
    drawing.add_argument("--method", required=True)
    drawing.add_argument("--picture", type=Path, required=True)
    drawing.set_defaults(do=draw)
    arguments = parser.parse_args()
    arguments.do(arguments)


if __name__ == "__main__":
    main()
