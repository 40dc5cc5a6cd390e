"""Training samples a second and core: ours against plain per-sample pipelines in float, in one run, alternating.

OMP_NUM_THREADS=1 python benchmarks/data_throughput.py --data "RGBD_Datasets/*" --hole-maps Hole_Datasets

Two pipelines make each sample alone, in float32: "straight" is what this package did before it finished batches in
torch (every file read and checked as for inference, then cut); "lean" reads its files without any check. Both decode by
Pillow; ours by kornia-rs, where it is installed. Each way takes its turns in a process of its own, since ours keeps
freed memory as `spnet train` does on a CPU. Counted is the processor time of one thread, which other programs on the
machine disturb least, from the files to tensors on the CPU. "Beside a GPU" is without our second part (`finish_batch`),
which runs there and costs the core nothing. "Kept" is with decoded images kept (`--cache` of `spnet train`), from the
second epoch on. Ratios are medians over the rounds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import default_collate

from spnet.datasets import FolderDataset
from spnet.io import read_depth, read_rgb
from spnet.recipes import RECIPES
from spnet.sparsity import parse_pattern, procedural_holes
from spnet.training.augment import Window, family
from spnet.training.batched import finish_batch
from spnet.training.config import TrainConfig
from spnet.training.feed import Unmade
from spnet.training.huge_pages import keep_memory
from spnet.training.reading import open_pair
from spnet.training.samples import PAPER_MAX_DEPTH, TrainSamples
from spnet.types import Sample
from spnet.units import unit_scale

CPU = torch.device("cpu")
BATCH = 8
Tensors = dict[str, torch.Tensor]


def plain_sample(
    config: TrainConfig, data: FolderDataset, item: int, masks: list[Path], seed: int, *, lean: bool
) -> Tensors:
    """One sample as one would write it down from the paper: decode all, to float, concatenate, resample, augment."""
    rng = np.random.default_rng(seed)
    pair = data.pairs[item]
    byte = np.asarray(Image.open(pair.rgb).convert("RGB")) if lean else read_rgb(pair.rgb)
    rgb = byte.astype(np.float32) / 255
    if lean:
        metres = np.asarray(Image.open(pair.depth)).astype(np.float32) * np.float32(unit_scale(pair.unit, integer=True))
    else:
        metres = read_depth(pair.depth, pair.unit)
    most = float(pair.unit.partition(":")[2]) if pair.unit.startswith("normalized:") else PAPER_MAX_DEPTH
    ours = config.samples == "family"
    depth = metres if ours else np.where(metres > most, 0, metres) / most
    planes = torch.from_numpy(np.dstack([rgb, depth, depth > 0]).astype(np.float32)).permute(2, 0, 1)
    planes = plain_crop(config, planes, rng, sharp=ours)
    colours = plain_jitter(planes[:3].clamp(0, 1).permute(1, 2, 0).numpy(), config.jitter, rng)
    gt = (planes[3] * (planes[4] > 1 - 1e-4)).numpy()
    if ours:
        byte = np.rint(colours * 255).astype(np.uint8)
        folder = Path(config.hole_maps) if config.hole_maps else None
        raw = family(folder, config.sparsity)(Sample(byte, gt), rng)
        factor = 2 ** -(config.octaves * rng.random()) / gt.max() if config.octaves else 1 / most
        gt, raw = gt * np.float32(factor), raw * np.float32(factor)
    else:
        peak = gt.max()
        high = max(1.0, min(1 + config.depth_scale, 1 / peak)) if peak else 1.0
        gt = gt * np.float32(rng.uniform(1 - config.depth_scale, high))
        raw = plain_raw(config, colours, gt, masks, rng, lean=lean)
    item_ = {"rgb": colours.transpose(2, 0, 1), "gt": gt[None], "raw": raw[None]}
    return {key: torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32)) for key, value in item_.items()}


def plain_crop(config: TrainConfig, planes: torch.Tensor, rng: np.random.Generator, *, sharp: bool) -> torch.Tensor:
    size, (h, w) = config.crop, planes.shape[1:]
    if min(h, w) < size:
        scale = size / min(h, w)
        h, w = max(size, round(h * scale)), max(size, round(w * scale))
        planes = plain_resize(planes, (h, w), sharp)
    outer = min(h, w, round(size * max(1.0, config.crop_area[1]) ** 0.5))
    for _ in range(1 if sharp else 10):
        share, aspect = rng.uniform(*config.crop_area), np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
        height, width = (round(size * np.sqrt(share * a)) for a in (1 / aspect, aspect))
        if max(height, width) <= outer:
            break
    height, width = min(outer, height), min(outer, width)
    top = int(rng.integers(h - outer + 1)) + int(rng.integers(outer - height + 1))
    left = int(rng.integers(w - outer + 1)) + int(rng.integers(outer - width + 1))
    out = plain_resize(planes[:, top : top + height, left : left + width], (size, size), sharp)
    return out.flip(-1) if rng.random() < 0.5 else out


def plain_resize(planes: torch.Tensor, shape: tuple[int, int], sharp: bool) -> torch.Tensor:
    smooth = planes[None, :3] if sharp else planes[None]
    out = F.interpolate(smooth, shape, mode="bilinear", antialias=True, align_corners=False)[0]
    return torch.cat([out, F.interpolate(planes[None, 3:], shape, mode="nearest-exact")[0]]) if sharp else out


def plain_jitter(rgb: Any, strength: float, rng: np.random.Generator) -> Any:
    luma = np.array([0.299, 0.587, 0.114], np.float32)
    for kind in rng.permutation(3):
        factor = np.float32(rng.uniform(1 - strength, 1 + strength))
        grey = rgb @ luma
        anchor = (np.float32(0), grey.mean(), grey[..., None])[kind]
        rgb = np.clip(anchor + (rgb - anchor) * factor, 0, 1)
    return rgb


def plain_raw(
    config: TrainConfig, rgb: Any, depth: Any, masks: list[Path], rng: np.random.Generator, *, lean: bool
) -> Any:
    pacgdc = config.samples == "pacgdc"
    raw = depth
    if rng.random() < (0.25 if pacgdc else 0.5):
        sigma, drop = rng.uniform(0.01, 0.1), rng.uniform()
        hit = (depth > 0) & (rng.random(depth.shape) >= drop)
        raw = raw + hit * rng.normal(0, sigma, depth.shape).astype(np.float32)
    if rng.random() < (0.25 if pacgdc else 0.5):
        factor = rng.uniform(1, 16) if pacgdc else 2 ** int(rng.integers(1, 5))
        small = F.interpolate(torch.from_numpy(raw)[None, None], [int(side / factor) for side in raw.shape])
        raw = F.interpolate(small, raw.shape, mode="nearest")[0, 0].numpy()
    raw = np.clip(raw, 0, 1)
    if rng.random() < (0.75 if pacgdc else 0.8):
        raw = raw * plain_hole(raw.shape, masks, rng, lean=lean)
    kind = rng.random() if pacgdc else 0
    if kind < 0.5:
        return raw * (rng.random(raw.shape) >= rng.uniform(*((0, 0.9) if rng.random() < 0.5 else (0.9, 1))))
    sensor = "lidar(4..128, parallax, roll=-5..5)" if kind < 0.85 else "sift"
    return parse_pattern(sensor)(Sample(np.rint(rgb * 255).astype(np.uint8), raw), rng)


def plain_hole(shape: tuple[int, ...], masks: list[Path], rng: np.random.Generator, *, lean: bool) -> Any:
    """A mask file, cropped, moved and mirrored by Pillow (without masks: procedural ones, the same as ours)."""
    if not masks:
        return procedural_holes(shape, rng)
    path = masks[int(rng.integers(len(masks)))]
    mask = np.asarray(Image.open(path).convert("L")) > 127 if lean else read_rgb(path).max(axis=2) > 127
    size = shape[0]
    top, left = (int(rng.integers(max(1, have - size + 1))) for have in mask.shape)
    cut = Image.fromarray(mask[top : top + size, left : left + size].astype(np.uint8) * 255).resize((size, size), 0)
    turn, shear = np.deg2rad(rng.uniform(-180, 180)), np.deg2rad(rng.uniform(-60, 60))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    back = np.linalg.inv(rng.uniform(0.5, 4) * rotation @ np.array([[1, -np.tan(shear)], [0, 1]]))
    c, f = size / 2 - back @ (size / 2 + rng.uniform(-0.5, 0.5, 2) * size)
    affine = (back[0, 0], back[0, 1], c, back[1, 0], back[1, 1], f)
    moved = np.asarray(cut.transform((size, size), Image.Transform.AFFINE, affine, 0, fillcolor=255)) > 127
    moved = moved[:, ::-1] if rng.random() < 0.5 else moved
    return moved[::-1] if rng.random() < 0.5 else moved


def statistics_of(batches: list[Tensors]) -> dict[str, float]:
    """What both pipelines have to agree on."""
    rgb, gt, raw = (torch.cat([batch[key] for batch in batches]) for key in ("rgb", "gt", "raw"))
    density = (raw > 0).float().mean((1, 2, 3))
    return {
        "mean colour": float(rgb.mean()),
        "its deviation": float(rgb.std()),
        "known truth": float((gt > 0).float().mean()),
        "mean truth": float(gt[gt > 0].mean()),
        "mean density": float(density.mean()),
        "median density": float(density.median()),
    }


def agreement(config: TrainConfig, samples: TrainSamples, masks: list[Path], numbers: range) -> None:
    """Print what both pipelines have to agree on; not timed."""
    plain: list[Tensors] = []
    for number in numbers:
        which, item = samples.position(number)
        one = plain_sample(config, samples.sets[which], item, masks, number, lean=True)
        plain.append({key: value[None] for key, value in one.items()})
    ours = statistics_of([finish_batch(config, default_collate([samples[number]]), CPU) for number in numbers])
    for key, value in statistics_of(plain).items():
        print(f"    {key:15} lean {value:.3f}   ours {ours[key]:.3f}")


Work = Callable[[range], object]  # makes the samples of these numbers


def plain(config: TrainConfig, samples: TrainSamples, *, lean: bool) -> Work:
    masks = samples.holes.paths if samples.holes else []

    def work(numbers: range) -> None:
        for number in numbers:
            which, item = samples.position(number)
            plain_sample(config, samples.sets[which], item, masks, number, lean=lean)

    return work


def ours(config: TrainConfig, samples: TrainSamples) -> Work:
    """As in a training on a CPU without worker processes; a batch is written over the one before."""
    keep_memory()
    memory: Tensors = {}

    def work(numbers: range) -> None:
        for first in range(0, len(numbers), BATCH):
            memory.update(finish_batch(config, Unmade(samples, numbers[first : first + BATCH]), CPU, memory))

    return work


def worker(config: TrainConfig, samples: TrainSamples) -> Work:
    return lambda numbers: [samples[number] for number in numbers]


def decoding(config: TrainConfig, samples: TrainSamples) -> Work:
    def work(numbers: range) -> None:
        for which, item in map(samples.position, numbers):
            open_pair(samples.sets[which].pairs[item], None).colours(Window(0, 0, 1, 1))

    return work


REFERENCES: dict[str, Callable[[TrainConfig, TrainSamples], Work]] = {
    "straight": partial(plain, lean=False),
    "lean": partial(plain, lean=True),
}
OURS: dict[str, tuple[float, Callable[[TrainConfig, TrainSamples], Work]]] = {  # GB of `--cache`
    "all on one core": (0, ours),
    "the same, kept": (100, ours),
    "beside a GPU": (0, worker),
    "beside a GPU, kept": (100, worker),
    "decoding alone": (0, decoding),
}


def serve(pipe: Connection, way: str, config: TrainConfig, count: int, rounds: int) -> None:
    """In a process of its own: milliseconds of processor time a sample of each round that is asked for."""
    torch.set_num_threads(1)
    cache, make = OURS.get(way) or (0, REFERENCES[way])
    samples = TrainSamples(replace(config, cache=float(cache)), count * rounds)
    for mask in range(8 * len(samples.holes.paths) if samples.holes else 0):  # decoded once in a run: not measured
        samples.holes.draw((8, 8), np.random.default_rng(mask))  # type: ignore[union-attr]
    if cache:
        for number in range(count * rounds):
            samples[number]
    work = make(config, samples)
    work(range(count))
    pipe.send(None)
    for turn in iter(pipe.recv, None):
        start = time.process_time()
        work(range(turn * count, (turn + 1) * count))
        pipe.send((time.process_time() - start) / count * 1e3)


def measure(name: str, config: TrainConfig, count: int, rounds: int) -> None:
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    for way in [*REFERENCES, *OURS]:
        pipes[way], end = context.Pipe()
        context.Process(target=serve, args=(end, way, config, count, rounds), daemon=True).start()
        pipes[way].recv()
    times: dict[str, list[float]] = {way: [] for way in pipes}
    for turn in range(rounds):
        for way, pipe in pipes.items():
            pipe.send(turn)
            times[way].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(None)
    report(name, times)
    samples = TrainSamples(config, count * rounds)
    agreement(config, samples, samples.holes.paths if samples.holes else [], range(3 * count))


def report(name: str, times: dict[str, list[float]]) -> None:
    print(f"{name}, ms a sample: " + ", ".join(f"{way} {statistics.median(times[way]):.2f}" for way in REFERENCES))
    for way in OURS:
        against = []
        for reference in REFERENCES:
            ratios = [theirs / own for theirs, own in zip(times[reference], times[way], strict=True)]
            low, high = min(ratios), max(ratios)
            against.append(f"{statistics.median(ratios):.2f} times {reference} ({low:.2f} to {high:.2f})")
        print(f"    {way:19} {statistics.median(times[way]):5.2f} ms: {', '.join(against)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True, help="data sets, FOLDER or FOLDER@UNIT")
    parser.add_argument("--hole-maps", help="folder of hole masks")
    parser.add_argument("--recipes", nargs="+", default=["paper", "pacgdc", "spnet"])
    parser.add_argument("--samples", type=int, default=64, help="a round")
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in args.recipes:
        config = replace(
            RECIPES[name](), data=tuple(args.data), hole_maps=args.hole_maps, val_share=0.0, revision="spnet", crop=320
        )
        measure(name, config, args.samples, args.rounds)


if __name__ == "__main__":
    main()
