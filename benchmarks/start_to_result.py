"""Whole-process time and memory of `spnet complete` on one 640×480 pair, and of `import spnet`.

    python benchmarks/start_to_result.py [--runs 7]

Each command runs in a fresh process, alternating; then the same pair through a warm predictor in this one. Prints the
median (and range) of wall seconds and the peak resident memory. Nothing is cached between runs but what the operating
system keeps of the files.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DESK = Path(__file__).parent.parent / "examples" / "desk"


def run(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one process."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def warm(runs: int) -> list[tuple[float, float]]:
    """Seconds of one pair through a predictor that has run before, files read each time; memory of this process."""
    from spnet import Predictor

    predictor = Predictor()
    values = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        predictor.complete(DESK / "rgb.jpg", DESK / "depth_500_points.png")
        values.append((time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
    return values[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as out:
        pair = [str(DESK / "rgb.jpg"), str(DESK / "depth_500_points.png"), "-o", out]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import spnet": [sys.executable, "-c", "import spnet"],
            "spnet complete": [sys.executable, "-m", "spnet", "complete", *pair],
        }
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                results[name].append(run(command))
    results["Predictor.complete, warm"] = warm(runs)
    for name, values in results.items():
        seconds, memory = zip(*values, strict=True)
        record = {
            "command": name,
            "runs": runs,
            "median_s": round(statistics.median(seconds), 3),
            "min_s": round(min(seconds), 3),
            "max_s": round(max(seconds), 3),
            "peak_mb": round(max(memory)),
        }
        print(json.dumps(record))


if __name__ == "__main__":
    main()
