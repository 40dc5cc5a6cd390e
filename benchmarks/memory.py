"""Peak memory of one forward pass, bytes a pixel, beside the estimate that decides when images are tiled (Linux).

OMP_NUM_THREADS=1 python benchmarks/memory.py fill atto 480 640
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from spnet.backends.pytorch import bytes_per_pixel
from spnet.fill import FILL_CHANNELS
from spnet.model.build import build_model
from spnet.model.config import model_config


def resident(field: str) -> int:
    """VmRSS (now) or VmHWM (highest since the last reset) of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", choices=["spnet", "pacgdc", "fill", "g2"])
    parser.add_argument("size")
    parser.add_argument("height", type=int)
    parser.add_argument("width", type=int)
    args = parser.parse_args()
    model = build_model(model_config(args.size, revision=args.revision)).eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    shape = (args.height, args.width)
    raw = torch.rand(1, 1, *shape)
    inputs = [torch.rand(1, 3, *shape), raw, torch.ones_like(raw)]
    if args.revision == "fill":
        inputs.append(torch.rand(1, FILL_CHANNELS, *shape) + 0.5)
    inputs = [x.contiguous(memory_format=torch.channels_last) for x in inputs]
    with torch.inference_mode():
        model(*(x[..., :64, :64] for x in inputs))  # libraries allocate their own once
        before = resident("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")
        model(*inputs)
    measured = (resident("VmHWM") - before) / (args.height * args.width)
    print(f"measured {measured:.0f} bytes a pixel, estimated {bytes_per_pixel(model):.0f}")


if __name__ == "__main__":
    main()
