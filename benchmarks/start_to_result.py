"""Whole-process time and memory of `spnet complete` on one 640×480 pair, and the stages of a warm one.

    python benchmarks/start_to_result.py [--runs 7]

Each command runs in a fresh process, alternating; once before, so that the graph of the bundled weights is in the cache
folder. Then the same pair in this process, files read and written each time, through a warm predictor. Prints medians
(and the range) of wall seconds; of processor seconds (user and system, all threads), which other programs disturb less;
and the peak resident memory. Nothing else is cached but what the operating system keeps of the files.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

DESK = Path(__file__).parent.parent / "examples" / "desk"
PAIR = (DESK / "rgb.jpg", DESK / "depth_500_points.png")


class Cost(NamedTuple):
    """Wall seconds, processor seconds and peak resident megabytes of one process."""

    wall: float
    processor: float
    peak: float


def run(command: list[str], **environment: str) -> Cost:
    """Cost of one process."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return Cost(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def warm(runs: int, out: Path) -> dict[str, list[tuple[float, float]]]:
    """Wall and processor seconds by stage of one pair through a predictor that has run before."""
    from spnet import Predictor
    from spnet.io import write_image

    predictor = Predictor()
    predictor.warm_up(480, 640)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(runs):
        start = mark = (time.perf_counter(), time.process_time())
        result = predictor.complete(*PAIR)
        for stage, seconds in result.timings.items():
            if stage != "total":
                found[stage].append((seconds, 0.0))
        steps = {
            "write depth": lambda result=result: result.save(out / "depth.png"),
            "draw and write preview": lambda result=result: write_image(out / "p.png", result.preview(), quick=True),
        }
        for stage, step in steps.items():
            mark = (time.perf_counter(), time.process_time())
            step()
            found[stage].append((time.perf_counter() - mark[0], time.process_time() - mark[1]))
        found["all"].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return found


def summary(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.3f} ({min(seconds):.3f} to {max(seconds):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as out:
        complete = [sys.executable, "-m", "spnet", "complete", *map(str, PAIR), "-o", out]
        commands: dict[str, tuple[list[str], dict[str, str]]] = {
            "python -c pass": ([sys.executable, "-c", "pass"], {}),
            "import spnet": ([sys.executable, "-c", "import spnet"], {}),
            "spnet complete, PyTorch": (complete, {"SPNET_BACKEND": "torch"}),
            "spnet complete, cached graph": (complete, {"SPNET_BACKEND": "auto"}),
            "the same, ONNX Runtime": (complete, {"SPNET_BACKEND": "onnxruntime"}),
        }
        results: dict[str, list[Cost]] = {name: [] for name in commands}
        for turn in range(1 + runs):
            for name, (command, environment) in commands.items():
                cost = run(command, **environment)
                if turn:
                    results[name].append(cost)
        print("| command | wall, s | processor, s | peak, MB |\n|---|--:|--:|--:|")
        for name, costs in results.items():
            wall, processor, peak = zip(*costs, strict=True)
            print(f"| {name} | {summary(wall)} | {summary(processor)} | {max(peak):.0f} |")
        print("\n| stage, warm | wall, s | processor, s |\n|---|--:|--:|")
        for stage, values in warm(runs, Path(out)).items():
            wall, processor = zip(*values, strict=True)
            print(f"| {stage} | {summary(wall)} | {summary(processor) if any(processor) else ''} |")
    print(json.dumps({"load": os.getloadavg()[0], "cores": os.cpu_count(), "runs": runs}))


if __name__ == "__main__":
    main()
