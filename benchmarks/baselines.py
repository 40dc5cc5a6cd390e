"""Seconds that each classical method takes for one image, on this machine.

    python benchmarks/baselines.py [--runs 7] [--threads 1] [--methods nearest ip-basic ...]

Two inputs: the desk example (640×480, 500 points), and an image of KITTI's size (1216×352) with a 64-line sweep's share
of measured pixels (4.5 %) on a rendered street: a ground plane, a wall and colour noise. Prints the minimum and the
median of the wall seconds, and of the processor seconds the minimum, which other programs on the machine disturb less.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

from spnet.evaluation.methods import Method, list_methods, make_method
from spnet.extras import need
from spnet.io import read_depth, read_rgb
from spnet.types import Sample

DESK = Path(__file__).parent.parent / "examples" / "desk"
CLASSICAL = [info.spec for info in list_methods() if info.place and ":" not in info.spec]


def desk() -> Sample:
    return Sample(read_rgb(DESK / "rgb.jpg"), read_depth(DESK / "depth_500_points.png"), "desk, 500 points")


def street(height: int = 352, width: int = 1216) -> Sample:
    rng = np.random.default_rng(0)
    v = np.arange(height)[:, None] - 0.4 * height
    ground = 1.65 * 720 / np.maximum(v, 1)  # metres: camera height times focal length over rows below the horizon
    depth = np.broadcast_to(np.minimum(ground, 60), (height, width)).astype(np.float32)
    keep = (rng.random((height, width)) < 0.045 * 1.5) & (np.arange(height)[:, None] > height / 3)
    rgb = (90 + depth[..., None] + rng.normal(0, 8, (height, width, 3))).clip(0, 255).astype(np.uint8)
    return Sample(rgb, np.where(keep, depth, 0), "street, 4.5 %")


def timed(method: Method, sample: Sample, runs: int) -> dict[str, float]:
    wall, processor = [], []
    for _ in range(runs + 1):
        begin, used = time.perf_counter(), time.process_time()
        method.complete(sample)
        wall.append(time.perf_counter() - begin)
        processor.append(time.process_time() - used)
    wall, processor = wall[1:], processor[1:]  # the first loads libraries
    return {
        "min_s": round(min(wall), 4),
        "median_s": round(statistics.median(wall), 4),
        "min_processor_s": round(min(processor), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1, help="of OpenCV; numpy's and scipy's follow OMP_NUM_THREADS")
    parser.add_argument("--methods", nargs="+", default=CLASSICAL)
    arguments = parser.parse_args()
    need("cv2", "eval", "The baselines").setNumThreads(arguments.threads)
    for sample in (desk(), street()):
        for spec in arguments.methods:
            record = {"input": sample.name, "method": spec, "runs": arguments.runs}
            print(json.dumps(record | timed(make_method(spec), sample, arguments.runs)), flush=True)


if __name__ == "__main__":
    main()
