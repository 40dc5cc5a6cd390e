"""A run that never was, but could have been: random results of plausible sizes, and pictures of the desk example."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from spnet.evaluation.images import Picture, Role
from spnet.evaluation.parts import PARTS
from spnet.evaluation.results import Result, Time
from spnet.fill import fill, linear_fill, nearest_fill
from spnet.io import read_depth, read_rgb
from spnet.metrics import DELTAS

DESK = Path(__file__).parents[2] / "examples" / "desk"
HARDNESS = {
    "random(10%)": 0.3, "random(1%)": 0.8, "random(0.1%)": 2.0, "random(500)": 1.5, "lidar(64)": 0.7, "lidar(16)": 1.4,
    "lidar(8)": 2.2, "lidar(4)": 3.5, "holes": 1.1, "sift": 2.5, "noise(10%)": 1.8,
}  # fmt: skip
SETS = {"osd_tabletop": 8, "kitti_velo": 6, "nyu_v2": 9, "open3d_rgbd": 2, "tabletop_rs": 9}
METHODS = {
    "nearest": 2.0, "linear": 1.0, "planar": 0.95, "natural": 1.3, "ip-basic": 1.6, "levin": 1.1, "bilateral": 1.2,
    "domain-transform": 1.25, "fill-atto": 0.6, "fill-nano": 0.5, "spnet-tiny": 0.7,
    "an outside program with a name": 0.9,
}  # fmt: skip


def fake_run(
    patterns: int = 11, sets: int = 5, methods: int = 12, *, failing: bool = True
) -> tuple[list[Result], list[Time], dict[str, Any]]:
    """Results, times and the manifest of a run."""
    rng = np.random.default_rng(5)
    names = list(HARDNESS)[:patterns], list(SETS)[:sets], list(METHODS)[:methods]
    results, times = [], []
    for dataset in names[1]:
        for number in range(SETS[dataset]):
            image = f"{dataset[:3]}_{number:04d}"
            scene = rng.lognormal(0, 0.35)
            for pattern in names[0]:
                case = scene * rng.lognormal(0, 0.15) * HARDNESS[pattern] * 0.012
                measured = int(3072 / HARDNESS[pattern] ** 2)
                for method in names[2]:
                    rel = case * METHODS[method] * rng.lognormal(0, 0.12)
                    base = Result(dataset, image, pattern, method, measured=measured, pixels=307200 - measured)
                    results.append(replace(base, errors=_errors(rel), parts=_parts(rel)))
                    times.append(Time(dataset, image, pattern, method, 0.02 / METHODS[method] ** 3))
    if failing:
        results = [_fail(result) for result in results]
    return results, times, _manifest(results, names)


def _errors(rel: float) -> dict[str, float]:
    shares = {name: float(np.exp(-rel / (limit - 1) * 0.6)) for name, limit in DELTAS.items()}
    return {"rel": rel, "rmse": 6 * rel, "mae": 2 * rel, "irmse": rel, "imae": rel / 2, "log10": rel / 2.4,
            "si_rmse": 1.5 * rel, **shares}  # fmt: skip


def _parts(rel: float) -> dict[str, dict[str, float]]:
    parts = {}
    for number, part in enumerate(PARTS):
        far = 0.4 + 0.25 * (number % 7)
        parts[part] = {"rel": rel * far, "rmse": 6 * rel * far, "mae": 2 * rel * far, "pixels": 1000.0}
    parts["edges"]["rel"] = 6 * rel
    parts["boundary"] = {
        "flying": min(1, 9 * rel),
        "precision": 1 - 2 * rel,
        "recall": 1 - 3 * rel,
        "f1": 1 - 2.5 * rel,
    }
    return {part: values for part, values in parts.items() if part != "distance 0 px"}


def _fail(result: Result) -> Result:
    if result.method == "levin" and result.dataset == "kitti_velo" and result.pattern in ("random(10%)", "lidar(64)"):
        return replace(result, status="timeout", reason="Not done after 60 s.", errors={}, parts={})
    if result.method == "natural" and result.image == "nyu_0003":
        return replace(result, status="invalid", reason="NaN in 12 of 307,200 pixels.", errors={}, parts={})
    return result


def _manifest(results: list[Result], names: tuple[list[str], list[str], list[str]]) -> dict[str, Any]:
    inputs = {(r.dataset, r.image, r.pattern): r for r in results}
    return {
        "spnet": "0.1.0",
        "created": "2026-11-22T21:03:00+00:00",
        "command": "spnet eval --data eval/osd_tabletop --patterns 'random(1%)' --methods nearest linear -o run/",
        "protocol": "unobserved",
        "seed": 0,
        "limit": None,
        "python": "3.12.3",
        "packages": {"numpy": "2.2.0", "torch": "2.13.0"},
        "patterns": [{"name": name, "spec": name} for name in names[0]],
        "data": [{"name": name, "folder": f"eval/{name}", "images": []} for name in names[1]],
        "methods": [{"name": name, "spec": name} for name in names[2]],
        "inputs": [{"dataset": d, "image": i, "pattern": p, "sha256": sha256(f"{d}/{i}/{p}".encode()).hexdigest(),
                    "measured": r.measured, "scored": r.pixels} for (d, i, p), r in inputs.items()],
        "skipped": [
            {"dataset": "kitti_velo", "image": "kit_0009", "pattern": "holes", "reason": "Nothing is left to score."}
        ],
    }  # fmt: skip


def desk_pictures(rows: int = 1, methods: int = 12, *, step: int = 1) -> list[Picture]:
    """Every `step`-th pixel of the desk example, filled from few points in different ways; `natural` has failed."""
    rgb, truth = read_rgb(DESK / "rgb.jpg")[::step, ::step], read_depth(DESK / "depth_kinect.png")[::step, ::step]
    known, pictures = truth > 0, []
    for row in range(rows):
        rng = np.random.default_rng(row)
        raw = truth * (rng.random(truth.shape) < (0.001, 0.01, 0.1)[row % 3])
        filled = [nearest_fill(raw), linear_fill(raw), fill(raw).planar]
        rel, predictions = {}, {}
        for number, name in enumerate(list(METHODS)[:methods]):
            depth = filled[number % 3] * np.float32(1 + 0.02 * (number // 3))
            predictions[name] = depth if name != "natural" else None
            rel[name] = float(np.mean(np.abs(depth - truth)[known] / truth[known]))
        role: Role = ("best", "median", "worst")[row % 3]
        pictures.append(
            Picture(list(SETS)[row // 3], f"img_{row}", "random(0.1%)", role, rgb, raw, truth, predictions, rel)
        )
    return pictures
