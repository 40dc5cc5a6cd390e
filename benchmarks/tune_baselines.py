"""Errors of the classical methods' options on training data: how docs/methods.md came to its choices.

    python benchmarks/tune_baselines.py --data FOLDER... [--images 6] [--patterns "random(1%)" ...] [--methods levin]

Prints REL (%) and RMSE (m) over unmeasured pixels of known depth, mean over images, then over data sets, for every
option and pattern. Never give it the sets that methods are compared on.
"""

from __future__ import annotations

import argparse
import warnings
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from spnet.datasets import open_data
from spnet.errors import SpnetWarning
from spnet.evaluation.baselines.bilateral_solver import BilateralSolver
from spnet.evaluation.baselines.domain_transform import DomainTransform
from spnet.evaluation.baselines.ip_basic import IPBasic
from spnet.evaluation.baselines.laplace import Laplace
from spnet.evaluation.baselines.levin import Levin
from spnet.evaluation.baselines.space import Space
from spnet.evaluation.baselines.triangulation import LinearFill, NearestFill, PlanarFill
from spnet.evaluation.methods import Method
from spnet.sparsity import parse_pattern
from spnet.types import FloatImage, Sample

PATTERNS = ("random(10%)", "random(1%)", "random(0.1%)", "lidar(16)", "holes")
SPACES: tuple[Space, ...] = ("depth", "log", "inverse")
SOLVER, TRANSFORM = BilateralSolver(), DomainTransform()
OPTIONS: dict[str, Sequence[Method]] = {
    "chosen": (Laplace(), IPBasic(), Levin(), SOLVER, TRANSFORM),
    "fill": (NearestFill(), LinearFill(), PlanarFill()),
    "laplace": tuple(Laplace(f"laplace space={s}", s) for s in SPACES),
    "ip-basic": tuple(
        IPBasic(f"ip-basic blur={blur} extend_top={top}", blur, top)
        for blur in ("gaussian", "bilateral")
        for top in (False, True)
    ),
    "levin": tuple(Levin(f"levin space={s}", s) for s in SPACES),
    "bilateral-solver": (
        *(replace(SOLVER, name=f"bilateral-solver space={s}", space=s) for s in SPACES),
        *(replace(SOLVER, name=f"bilateral-solver cell={v}", cell=v) for v in (0.15, 0.25, 0.5)),
        *(replace(SOLVER, name=f"bilateral-solver colour={v}", colour=v) for v in (4.0, 8.0, 16.0)),
        *(replace(SOLVER, name=f"bilateral-solver smoothness={v}", smoothness=v) for v in (0.3, 1.0, 3.0)),
        *(replace(SOLVER, name=f"bilateral-solver reach={v}", reach=v) for v in (0.05, 0.1, 0.15, 0.25)),
        *(replace(SOLVER, name=f"bilateral-solver least={v}", least=v) for v in (1e-4, 1e-2)),
    ),
    "domain-transform": (
        *(replace(TRANSFORM, name=f"domain-transform space={s}", space=s) for s in SPACES),
        *(replace(TRANSFORM, name=f"domain-transform width={v}", width=v) for v in (0.25, 0.5, 1.0)),
        *(replace(TRANSFORM, name=f"domain-transform colour={v}", colour=v) for v in (15.0, 40.0, 100.0)),
        *(replace(TRANSFORM, name=f"domain-transform weight={v}", weight=v) for v in (1e-3, 1e-2, 0.1, 0.3)),
    ),
}


def inputs(folders: Sequence[str], images: int, patterns: Sequence[str]) -> Iterator[tuple[str, Sample, FloatImage]]:
    """Data set, sample with sparse depth, truth; images lie evenly spaced in each set, but not at its ends."""
    for data in open_data(folders):
        for index in np.linspace(0, len(data) - 1, images + 2).round().astype(int)[1:-1].tolist():
            sample = data[index]
            for pattern in patterns:
                seed = zlib.crc32(f"{sample.name}|{pattern}".encode())
                raw = parse_pattern(pattern)(sample, seed)
                if raw.any():
                    yield data.name, replace(sample, depth=raw, pattern=pattern), sample.depth


def errors(depth: FloatImage, truth: FloatImage, raw: FloatImage) -> tuple[float, float]:
    """REL and RMSE."""
    scored = (truth > 0) & (raw == 0)
    off = np.abs(depth - truth)[scored].astype(np.float64)
    return float((off / truth[scored]).mean()), float(np.sqrt((off**2).mean()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--images", type=int, default=6)
    parser.add_argument("--patterns", nargs="+", default=PATTERNS)
    parser.add_argument("--methods", nargs="+", choices=OPTIONS, default=list(OPTIONS))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", SpnetWarning)
    found: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    methods = [method for name in arguments.methods for method in OPTIONS[name]]
    for dataset, sample, truth in inputs(arguments.data, arguments.images, arguments.patterns):
        for method in methods:
            found[method.name, sample.pattern][dataset].append(errors(method.complete(sample), truth, sample.depth))
    print("| method | " + " | ".join(arguments.patterns) + " | mean |")
    print("|---|" + "--:|" * (len(arguments.patterns) + 1))
    for name in dict.fromkeys(method.name for method in methods):
        cells = [np.mean([np.mean(v, axis=0) for v in found[name, p].values()], axis=0) for p in arguments.patterns]
        cells.append(np.mean(cells, axis=0))
        print(f"| {name} | " + " | ".join(f"{100 * rel:.2f} / {rmse:.3f}" for rel, rmse in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
