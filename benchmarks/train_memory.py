"""Peak memory of a training step, by network size: computed, and on request measured as the process's own growth.

    python benchmarks/train_memory.py                      # the table of docs/training.md
    python benchmarks/train_memory.py --measure            # computed against measured, small cases on the CPU

Computed is what tensors take (`spnet.training.memory`). Measured is how far the resident set grows, at its peak, beyond
what it is after a step of the same network on the smallest crop; each case has a process of its own. Libraries, weights
and optimiser are in neither.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import torch

from spnet.model.config import SIZES
from spnet.training.config import TrainConfig
from spnet.training.loop import fresh_state
from spnet.training.memory import made_up_batch, training_memory
from spnet.training.step import train_step

GB = 1e9
CASES = (("atto", 8, 160, "fp32"), ("atto", 8, 320, "fp32"), ("tiny", 4, 320, "fp32"), ("atto", 8, 320, "bf16"))
SMALLEST = 32


def table(crop: int, batch: int) -> None:
    """Print GB a process for every size."""
    print(f"GB a process, {crop}x{crop}, {batch} images at once, AdamW; (…) with --checkpoint-activations\n")
    print("| size | parameters | standing | fp32 | bf16 or fp16 |\n|---|--:|--:|--:|--:|")
    for size in SIZES:
        cells = []
        for precision in ("fp32", "bf16"):
            config = TrainConfig(model=size, crop=crop, precision=precision)
            plain = training_memory(config, batch)
            again = training_memory(replace(config, checkpoint_activations=True), batch)
            cells.append(f"{plain.peak / GB:.1f} ({again.peak / GB:.1f})")
        millions = plain.weights / 4e6
        print(f"| {size} | {millions:.1f} M | {plain.standing / GB:.2f} | {' | '.join(cells)} |", flush=True)


def measure() -> None:
    """Print computed and measured memory beside each other."""
    print(
        "| size | images | crop | precision | recomputed | computed, GB | measured, GB |\n|---|--:|--:|---|---|--:|--:|"
    )
    for size, images, crop, precision in CASES:
        for again in (False, True):
            config = TrainConfig(model=size, crop=crop, precision=precision, checkpoint_activations=again)
            small = training_memory(replace(config, crop=SMALLEST), 1)
            computed = training_memory(config, images).peak - small.standing
            case = json.dumps([size, images, crop, precision, again])
            done = subprocess.run([sys.executable, __file__, "--one", case], capture_output=True, text=True, check=True)
            measured = float(done.stdout)
            row = (
                size,
                images,
                crop,
                precision,
                "yes" if again else "no",
                f"{computed / GB:.2f}",
                f"{measured / GB:.2f}",
            )
            print("| " + " | ".join(map(str, row)) + " |", flush=True)


def one(size: str, images: int, crop: int, precision: str, again: bool) -> float:
    """Bytes by which the resident set grows from the smallest crop to this one, at its peak."""
    torch.set_num_threads(1)
    small = TrainConfig(model=size, crop=SMALLEST, precision=precision, checkpoint_activations=again)
    state = fresh_state(small)
    for config, count in ((small, 1), (replace(small, crop=crop), images)):
        batch = made_up_batch(config, count)
        for step in range(2):
            train_step(config, state.model, state.optimizer, [batch], step=step)
        if config is small:
            before = resident()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before


def resident() -> int:
    """Bytes of this process that are in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crop", type=int, default=320)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(one(*json.loads(arguments.one)))
    elif arguments.measure:
        measure()
    else:
        table(arguments.crop, arguments.batch)
