"""How fast a training step is, against a plain one: the same network and recipe, written without a thought of speed.

    python benchmarks/train_throughput.py                       # atto, batch 8 at 160², and tiny, batch 2 at 320²
    python benchmarks/train_throughput.py --case atto 160 8

The plain step is eager and channels first, in float32 or with autocast to bfloat16: `nn.Conv2d` throughout, the
standard deviation by `Tensor.std`, the gradient loss by convolutions, PyTorch's AdamW. All take the same batch from the
same weights, each in a process of its own, since ours keeps its memory between steps as `spnet train` does. They take
turns of three steps, the last two of which count; the figures are medians of ratios, plain over ours. Data loading is
no part of it (data_throughput.py).
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spnet.losses import masked_l1, standardize
from spnet.model.build import build_model
from spnet.model.config import model_config
from spnet.model.depthwise import DepthwiseConv
from spnet.model.norms import EPS, SPNorm
from spnet.recipes import paper
from spnet.training.config import TrainConfig
from spnet.training.huge_pages import keep_memory
from spnet.training.loop import fresh_state
from spnet.training.samples import Batch
from spnet.training.step import train_step

CASES = (("atto", 160, 8), ("tiny", 320, 2))
COUNTED = 2  # steps of each turn


class PlainNorm(nn.Module):
    """SP-Norm as one writes it down."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        normal = (x - x.mean(1, keepdim=True)) / (x.std(1, keepdim=True) + EPS)
        y: Tensor = x * self.conv(normal)
        return y


def plain_network(size: str) -> nn.Module:
    """The network from plain layers only."""
    model = build_model(model_config(size)).train()
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, DepthwiseConv):
                conv = nn.Conv2d(child.in_channels, child.out_channels, 7, padding=3, groups=child.groups)
                conv.load_state_dict(child.state_dict())
                setattr(module, name, conv)
            elif isinstance(child, SPNorm):
                setattr(module, name, PlainNorm(child.conv))
    return model


def plain_loss(pred: Tensor, gt: Tensor, raw: Tensor) -> Tensor:
    """The paper's loss with its gradient term by convolutions."""
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    kernels = torch.stack([sobel, sobel.T])[:, None]
    mask = (gt != 0).float()
    std_pred, std_gt = standardize(pred, mask), standardize(gt, mask)
    residual, edges = mask * (std_pred - std_gt), pred.new_zeros(())
    for scale in range(4):
        reduced = F.interpolate(residual, scale_factor=0.5**scale, mode="nearest") if scale else residual
        edges = edges + F.conv2d(reduced, kernels).abs().sum()
    whole = masked_l1(pred, gt, (raw != 0).float()) + masked_l1(std_pred, std_gt, mask)
    return whole + 0.5 * edges / (mask.sum() + 1e-6)


def plain_step(config: TrainConfig, batch: Batch) -> Callable[[], float]:
    half = config.precision == "bf16"
    torch.manual_seed(0)
    model = plain_network(config.model)
    optimizer = torch.optim.AdamW(model.parameters(), config.lr, weight_decay=config.weight_decay)

    def step() -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            pred = model(batch["rgb"], batch["raw"], (batch["raw"] > 0).float())
        loss = plain_loss(pred.float(), batch["gt"], batch["raw"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def our_step(config: TrainConfig, batch: Batch) -> Callable[[], float]:
    torch.manual_seed(0)
    state = fresh_state(config)
    forward = torch.compile(state.model, dynamic=False) if config.compile else state.model
    return lambda: float(train_step(config, forward, state.optimizer, [batch]).loss.total)


WAYS: dict[str, tuple[str, bool, Callable[[TrainConfig, Batch], Callable[[], float]]]] = {
    "plain": ("fp32", False, plain_step),
    "plain, bf16": ("bf16", False, plain_step),
    "ours": ("fp32", False, our_step),
    "ours, compiled": ("fp32", True, our_step),
    "ours, bf16": ("bf16", False, our_step),
    "ours, compiled, bf16": ("bf16", True, our_step),
}


def serve(pipe: Connection, name: str, size: str, crop: int, batch_size: int) -> None:
    """In a process of its own: steps, the seconds of one, and the first one's loss, whenever something arrives."""
    precision, compiled, make = WAYS[name]
    if make is our_step:
        keep_memory()
    generator = torch.Generator().manual_seed(0)
    gt = torch.rand(batch_size, 1, crop, crop, generator=generator) * 0.9 + 0.05
    raw = gt * (torch.rand(gt.shape, generator=generator) < 0.05)
    batch = {"rgb": torch.rand(batch_size, 3, crop, crop, generator=generator), "gt": gt, "raw": raw}
    step = make(replace(paper(), model=size, crop=crop, batch=batch_size, compile=compiled, precision=precision), batch)
    while pipe.recv():
        loss = step()  # is not counted: a training does not wait between two steps, as this process has
        start = time.perf_counter()
        for _ in range(COUNTED):
            step()
        pipe.send(((time.perf_counter() - start) / COUNTED, loss))


def measure(size: str, crop: int, batch_size: int, rounds: int) -> None:
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    for name in WAYS:
        pipes[name], end = context.Pipe()
        context.Process(target=serve, args=(end, name, size, crop, batch_size), daemon=True).start()

    def step(name: str) -> tuple[float, float]:
        pipes[name].send(True)
        answer: tuple[float, float] = pipes[name].recv()
        return answer

    losses = {name: step(name)[1] for name in WAYS}  # compiles
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, taken in times.items():
            taken.append(step(name)[0])
    for pipe in pipes.values():
        pipe.send(False)
    print(f"{size}, batch {batch_size} at {crop}², {torch.get_num_threads()} threads, {rounds} rounds")
    print("| step | median, s | images/s | plain / this | plain, bf16 / this | loss of the first step |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, taken in times.items():
        median = statistics.median(taken)
        ratios = [
            statistics.median(plain / this for plain, this in zip(times[other], taken, strict=True))
            for other in ("plain", "plain, bf16")
        ]
        print(
            f"| {name} | {median:.3f} | {batch_size / median:.1f} | {ratios[0]:.2f} | {ratios[1]:.2f} "
            f"| {losses[name]:.5f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs=3, metavar=("SIZE", "CROP", "BATCH"))
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    cases = [(arguments.case[0], *map(int, arguments.case[1:]))] if arguments.case else CASES
    for size, crop, batch in cases:
        measure(size, crop, batch, arguments.rounds)


if __name__ == "__main__":
    main()
