"""The run that test_kill.py kills again and again: `killed_run.py DATA OUT STEPS SAVE_EVERY WORKERS`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tiny_runs import add_dot, tiny

from spnet.training.loop import train


def main(data: str, out: str, steps: str, save_every: str, workers: str) -> None:
    add_dot()
    torch.set_num_threads(1)
    config = tiny(
        Path(data), crop=16, batch=2, steps=int(steps), save_every=int(save_every), workers=int(workers), val_share=0.4,
        val_every=10, val_images=1, val_patterns=("random(10%)",),
    )  # fmt: skip
    print("began", flush=True)
    train(config, out, lambda record: print(record["step"], flush=True), device="cpu")


if __name__ == "__main__":
    main(*sys.argv[1:])
