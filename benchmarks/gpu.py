"""What a GPU makes of the network, in one run: parity, half precision, torch.compile, and the fused kernels.

    python benchmarks/gpu.py                                   # large at 640×480 on cuda, in float32, fp16 and bf16
    python benchmarks/gpu.py --size atto --height 64 --width 96 --device cpu --rounds 3   # a dry run

The reference is the plain eager network in float32, with TF32 off. Every other way runs on the same weights and input;
the rounds alternate, and the figures are medians of ratios, reference over this. Parity is the largest difference from
the network in float64 on the CPU, in standard deviations of its output, on a small input. For SP-Norm alone the bytes
that it must move (read x, write y) are set against a copy of the same size, measured in the same rounds.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from spnet.model import kernels
from spnet.model.build import build_model
from spnet.model.config import model_config
from spnet.model.folded import fold
from spnet.model.norms import SPNorm

Inputs = tuple[Tensor, Tensor, Tensor]
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
PARITY = (96, 128)  # height and width; float64 on a CPU takes its time


def draw(height: int, width: int, device: torch.device) -> Inputs:
    generator = torch.Generator().manual_seed(0)
    rgb, raw = (torch.rand(1, channels, height, width, generator=generator) for channels in (3, 1))
    raw = raw * (torch.rand(raw.shape, generator=generator) < 0.02)
    rgb, raw = rgb.to(device), raw.to(device)
    return rgb, raw, (raw > 0).float()


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def ways(model: nn.Module, device: torch.device, compiled: bool) -> dict[str, Callable[[Inputs], Tensor]]:
    """Every way to run the network, by name: the first is the reference."""

    def plain(network: nn.Module, precision: str) -> Callable[[Inputs], Tensor]:
        def run(inputs: Inputs) -> Tensor:
            on = precision != "fp32"
            with torch.inference_mode(), torch.autocast(device.type, DTYPES[precision], enabled=on):
                out: Tensor = network(*inputs)
            return out

        return run

    folded = fold(model).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    kernels.set_fused(folded, True)
    kernels.set_fused(model, False)
    found: dict[str, Callable[[Inputs], Tensor]] = {"eager fp32": plain(model, "fp32")}
    graph = torch.compile(model) if compiled else None
    for precision in DTYPES:
        if precision != "fp32":
            found[f"eager {precision}"] = plain(model, precision)
        if graph is not None:
            found[f"compiled {precision}"] = plain(graph, precision)  # type: ignore[arg-type]
        found[f"fused {precision}"] = plain(folded, precision)
    return found


def parity(model: nn.Module, found: dict[str, Callable[[Inputs], Tensor]], device: torch.device) -> dict[str, float]:
    """Largest difference of each way from float64, in standard deviations of the output."""
    inputs = draw(*PARITY, device)
    exact = copy.deepcopy(model).cpu().double()
    with torch.inference_mode():
        expected = exact(*(x.double().cpu() for x in inputs))
    return {
        name: float((run(inputs).double().cpu() - expected).abs().max() / expected.std()) for name, run in found.items()
    }


def measure(runs: dict[str, Callable[[], object]], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """Seconds of every run, alternating; two rounds before are not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 2):
        for name, run in runs.items():
            wait(device)
            start = time.perf_counter()
            run()
            wait(device)
            if turn >= 2:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(reference: list[float], this: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(reference, this, strict=True))


def table(found: dict[str, list[float]], differences: dict[str, float], memory: dict[str, float]) -> list[str]:
    first = next(iter(found.values()))
    lines = ["| way | median, ms | eager fp32 / this | compiled, same precision / this | parity | peak, MB |"]
    lines.append("|---|--:|--:|--:|--:|--:|")
    for name, seconds in found.items():
        graph = found.get(f"compiled {name.split()[-1]}")
        against = "" if graph is None else f"{ratio(graph, seconds):.2f}"
        lines.append(
            f"| {name} | {1e3 * statistics.median(seconds):.2f} | {ratio(first, seconds):.2f} | {against} "
            f"| {differences[name]:.1e} | {memory[name]:.0f} |"
        )
    return lines


def norms(height: int, width: int, widths: tuple[int, ...], device: torch.device, rounds: int) -> list[str]:
    """SP-Norm at every level in fp16, fused and plain, against a copy of its input."""
    lines = ["| SP-Norm, fp16 | fused, ms | plain / fused | share of the copy's bandwidth |", "|---|--:|--:|--:|"]
    for level, channels in enumerate(widths):
        shape = (1, channels, height >> level, width >> level)
        x = torch.randn(shape, device=device, dtype=torch.float16).to(memory_format=torch.channels_last)
        fused, plain = SPNorm(channels).to(device), SPNorm(channels).to(device)
        plain.fused = False
        target = torch.empty_like(x)

        def run(norm: nn.Module, x: Tensor = x) -> Tensor:
            with torch.inference_mode(), torch.autocast(device.type, torch.float16):
                out: Tensor = norm(x)
            return out

        runs: dict[str, Callable[[], object]] = {
            "copy": lambda x=x, target=target: target.copy_(x),  # type: ignore[misc]
            "fused": lambda norm=fused: run(norm),  # type: ignore[misc]
            "plain": lambda norm=plain: run(norm),  # type: ignore[misc]
        }
        taken = measure(runs, rounds, device)
        lines.append(
            f"| {channels} at {shape[3]}×{shape[2]} | {1e3 * statistics.median(taken['fused']):.3f} "
            f"| {ratio(taken['plain'], taken['fused']):.2f} | {ratio(taken['copy'], taken['fused']):.0%} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="large")
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--no-compile", action="store_true")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SystemExit("There is no CUDA device here: try the dry run, --device cpu.")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(0)
    config = model_config(arguments.size)
    model = build_model(config).to(device).eval()
    found = ways(model, device, not arguments.no_compile)
    differences = parity(model, found, device)
    inputs = draw(arguments.height, arguments.width, device)
    memory = {}
    for name, run in found.items():
        run(inputs)
        wait(device)
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        run(inputs)
        memory[name] = torch.cuda.max_memory_allocated(device) / 1e6 if device.type == "cuda" else float("nan")
    runs = {name: (lambda run=run: run(inputs)) for name, run in found.items()}
    seconds = measure(runs, arguments.rounds, device)  # type: ignore[arg-type]
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU (no fused kernels: a dry run)"
    used = kernels.kernels_for(torch.empty(1, 8, 1, 1, device=device)) is not None
    print(
        f"{arguments.size}, {arguments.width}×{arguments.height}, {name}, torch {torch.__version__}, kernels: {used}\n"
    )
    print("\n".join([*table(seconds, differences, memory), ""]))
    print("\n".join(norms(arguments.height, arguments.width, config.widths, device, arguments.rounds)))


if __name__ == "__main__":
    main()
