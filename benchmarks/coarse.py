"""What a smaller image is worth where measurements are few: errors at half and a quarter of the resolution.

    python benchmarks/coarse.py --data FOLDER... [--model default]      # images of training sets

One row for each range of spacings (`spnet.coarse.median_spacing`): the errors in shares of those at the full
resolution, geometric means over inputs.
"""

from __future__ import annotations

import argparse
import warnings
from unittest.mock import patch

import numpy as np
from tune_baselines import errors, inputs

from spnet import frames
from spnet.coarse import median_spacing
from spnet.errors import SpnetWarning
from spnet.predictor import Predictor

PATTERNS = ("random(500)", "random(0.1%)", "random(70)", "random(30)", "random(15)", "random(8)", "lidar(16)")
PATTERNS += ("lidar(8)", "lidar(6)", "lidar(5)", "lidar(4)", "lidar(3)")
FACTORS = (1, 2, 4)
RANGES = ((8, 20), (20, 30), (30, 40), (40, 60), (60, 80), (80, 120), (120, 160), (160, 240))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--images", type=int, default=6)
    parser.add_argument("--model", default="default")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", SpnetWarning)
    predictor = Predictor(arguments.model)
    rows = []
    for _, sample, truth in inputs(arguments.data, arguments.images, PATTERNS):
        found = []
        for factor in FACTORS:
            size = tuple(round(length / factor) for length in truth.shape)
            with patch.object(frames, "working_size", lambda _, size=size: size):
                depth = predictor.complete(sample.rgb, sample.depth).depth
            found.append(errors(depth, truth, sample.depth))
        rows.append((median_spacing(sample.depth > 0), *np.log(np.divide(found[1:], found[0])).ravel()))
    print("| spacing, pixels | inputs | half: REL | RMSE | a quarter: REL | RMSE |")
    print("|--:|--:|--:|--:|--:|--:|")
    table = np.array(rows)
    for low, high in RANGES:
        part = table[(table[:, 0] >= low) & (table[:, 0] < high), 1:]
        if len(part):
            cells = " | ".join(f"{share:.3f}" for share in np.exp(part.mean(axis=0)))
            print(f"| {low} to {high} | {len(part)} | {cells} |")


if __name__ == "__main__":
    main()
