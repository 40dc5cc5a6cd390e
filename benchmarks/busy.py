"""An image's time while another program takes one of the cores, by engine and number of threads.

python benchmarks/busy.py

The sample pair of examples/desk with 500 points, from files to metres. Each case runs in a process of its own: first
with the machine as it is, which should be idle, then beside a process that only burns time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve()
DESK = HERE.parent.parent / "examples" / "desk"
PAIR = (DESK / "rgb.jpg", DESK / "depth_500_points.png")
CASES: tuple[tuple[str, dict[str, str]], ...] = (
    ("auto", {}),
    ("torch", {}),
    ("torch", {"OMP_NUM_THREADS": "1"}),
    ("torch", {"GOMP_SPINCOUNT": "16000"}),
)
BURN = "print('begun', flush=True)\nwhile True: pass"


def measure(backend: str, rounds: int) -> None:
    """Print both medians in ms."""
    from spnet import Predictor

    predictor = Predictor(backend=backend)

    def median() -> float:
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            predictor.complete(*PAIR)
            times.append(time.perf_counter() - start)
        return statistics.median(times[1:]) * 1e3

    median()
    alone = median()
    with subprocess.Popen([sys.executable, "-c", BURN], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        beside = median()
        other.kill()
    print(f"{alone:.0f} {beside:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        measure(arguments.case, arguments.rounds)
        return
    print("| engine | idle, ms | beside a busy process, ms |\n|---|--:|--:|")
    for backend, environment in CASES:
        command = [sys.executable, str(HERE), "--case", backend, "--rounds", str(arguments.rounds)]
        done = subprocess.run(
            command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
        ).stdout.split()
        name = " ".join([backend, *(f"`{key}={value}`" for key, value in environment.items())])
        print(f"| {name} | {done[-2]} | {done[-1]} |", flush=True)


if __name__ == "__main__":
    main()
