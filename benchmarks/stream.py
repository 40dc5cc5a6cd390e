"""Frames a second of `Predictor.stream` against calls one after the other, files read and results written.

    python benchmarks/stream.py [--frames 12] [--rounds 5] [--backend auto] [--batch 1 4]

The desk pair again and again, by the bundled weights; depth and preview are written, as `spnet complete` does. Both
ways alternate; printed are medians of the seconds a frame and of the ratios of neighbours.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from spnet import Completion, Predictor
from spnet.io import write_image

DESK = Path(__file__).parent.parent / "examples" / "desk"
PAIR = (DESK / "rgb.jpg", DESK / "depth_500_points.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4])
    arguments = parser.parse_args()
    predictor = Predictor(backend=arguments.backend)
    with tempfile.TemporaryDirectory() as folder:

        def write(number: int, result: Completion) -> None:
            result.save(Path(folder, f"{number}.png"))
            write_image(Path(folder, f"{number}_preview.png"), result.preview(), quick=True)

        def loop(frames: int) -> None:
            for number in range(frames):
                write(number, predictor.complete(*PAIR))

        def stream(frames: int, batch: int) -> None:
            for _ in predictor.stream([PAIR] * frames, then=write, batch=batch, errors="raise"):
                pass

        ways = {"one after the other": loop}
        ways |= {f"stream, batch {n}": lambda frames, n=n: stream(frames, n) for n in arguments.batch}
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for turn in range(1 + arguments.rounds):
            for name, way in ways.items():
                begin = time.perf_counter(), time.process_time()
                way(arguments.frames if turn else 4)  # the first is a warm start
                taken = (time.perf_counter() - begin[0], time.process_time() - begin[1])
                if turn:
                    seconds[name].append((taken[0] / arguments.frames, taken[1] / arguments.frames))
    reference = [wall for wall, _ in seconds["one after the other"]]
    for name, values in seconds.items():
        ratios = [one / wall for one, (wall, _) in zip(reference, values, strict=True)]
        record = {
            "way": name,
            "s_a_frame": round(statistics.median(wall for wall, _ in values), 3),
            "processor_s_a_frame": round(statistics.median(processor for _, processor in values), 3),
            "times_as_fast": round(statistics.median(ratios), 2),
            "range": [round(min(ratios), 2), round(max(ratios), 2)],
        }
        print(json.dumps(record))
    print(json.dumps({"backend": predictor.runner.backend.name, "load": os.getloadavg()[0], "cores": os.cpu_count()}))


if __name__ == "__main__":
    main()
