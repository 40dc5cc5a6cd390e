"""Training samples a second and core: ours against a plain per-sample pipeline in float, in one run, alternating.

OMP_NUM_THREADS=1 python benchmarks/data_throughput.py --data "RGBD_Datasets/*" --hole-maps Hole_Datasets

Counted is the processor time of one thread, which other programs on the machine disturb least, from the files to
tensors on the CPU. With a GPU, our second part (`finish_batch`) runs there and costs the core nothing.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import default_collate

from spnet.datasets import FolderDataset
from spnet.io import open_picture, read_stored
from spnet.recipes import RECIPES
from spnet.sparsity import HoleMaps, parse_pattern
from spnet.training.augment import family
from spnet.training.batched import finish_batch
from spnet.training.config import TrainConfig
from spnet.training.samples import PAPER_MAX_DEPTH, TrainSamples
from spnet.types import Sample
from spnet.units import unit_scale

CPU = torch.device("cpu")
BATCH = 8
Tensors = dict[str, torch.Tensor]


def plain_sample(config: TrainConfig, data: FolderDataset, item: int, holes: HoleMaps | None, seed: int) -> Tensors:
    """One sample as one would write it down from the paper: decode all, to float, concatenate, resample, augment."""
    rng = np.random.default_rng(seed)
    pair = data.pairs[item]
    rgb = np.asarray(Image.open(pair.rgb).convert("RGB")).astype(np.float32) / 255
    metres = np.asarray(Image.open(pair.depth)).astype(np.float32) * np.float32(unit_scale(pair.unit, integer=True))
    most = float(pair.unit.partition(":")[2]) if pair.unit.startswith("normalized:") else PAPER_MAX_DEPTH
    ours = config.samples == "family"
    depth = metres if ours else np.where(metres > most, 0, metres) / most
    planes = torch.from_numpy(np.dstack([rgb, depth, depth > 0]).astype(np.float32)).permute(2, 0, 1)
    planes = plain_crop(config, planes, rng, sharp=ours)
    colours = plain_jitter(planes[:3].clamp(0, 1).permute(1, 2, 0).numpy(), config.jitter, rng)
    gt = (planes[3] * (planes[4] > 1 - 1e-4)).numpy()
    if ours:
        byte = np.rint(colours * 255).astype(np.uint8)
        raw = family(holes.folder if holes else None, config.sparsity)(Sample(byte, gt), rng)
        factor = 2 ** -(config.octaves * rng.random()) / gt.max() if config.octaves else 1 / most
        gt, raw = gt * np.float32(factor), raw * np.float32(factor)
    else:
        peak = gt.max()
        high = max(1.0, min(1 + config.depth_scale, 1 / peak)) if peak else 1.0
        gt = gt * np.float32(rng.uniform(1 - config.depth_scale, high))
        raw = plain_raw(config, colours, gt, holes, rng)
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


def plain_raw(config: TrainConfig, rgb: Any, depth: Any, holes: HoleMaps | None, rng: np.random.Generator) -> Any:
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
        raw = raw * plain_hole(raw.shape, holes, rng)
    kind = rng.random() if pacgdc else 0
    if kind < 0.5:
        return raw * (rng.random(raw.shape) >= rng.uniform(*((0, 0.9) if rng.random() < 0.5 else (0.9, 1))))
    sensor = "lidar(4..128, parallax, roll=-5..5)" if kind < 0.85 else "sift"
    return parse_pattern(sensor)(Sample(np.rint(rgb * 255).astype(np.uint8), raw), rng)


def plain_hole(shape: tuple[int, ...], holes: HoleMaps | None, rng: np.random.Generator) -> Any:
    """A mask file, cropped, moved and mirrored by Pillow."""
    if holes is None:
        return parse_pattern("holes")(Sample(np.zeros((*shape, 3), np.uint8), np.ones(shape, np.float32)), rng)
    return holes.draw_as_paper(shape, rng)


def per_sample(work: Callable[[], object], count: int) -> float:
    """Milliseconds of processor time a sample."""
    start = time.process_time()
    work()
    return (time.process_time() - start) / count * 1e3


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


def measure(name: str, config: TrainConfig, count: int, rounds: int) -> None:
    samples = TrainSamples(config, count * rounds)
    stored = TrainSamples(replace(config, cache=100.0), count * rounds)
    times: dict[str, list[float]] = {"plain": [], "worker": [], "batched": [], "decoding": [], "stored": []}
    made: dict[str, list[Tensors]] = {"plain": [], "ours": []}
    for turn in range(rounds):
        numbers = range(turn * count, (turn + 1) * count)
        items: list[Tensors] = []
        places = [samples.position(number) for number in numbers]

        def plain(places: list[tuple[int, int]] = places) -> None:
            for place, (which, item) in enumerate(places):
                one = plain_sample(config, samples.sets[which], item, samples.holes, place)
                made["plain"].append({key: value[None] for key, value in one.items()})

        def worker(numbers: range = numbers, items: list[Tensors] = items) -> None:
            items += [samples[number] for number in numbers]

        def batched(items: list[Tensors] = items) -> None:
            for start in range(0, count, BATCH):
                batch = default_collate(items[start : start + BATCH])
                made["ours"].append(finish_batch(config, batch, CPU))

        def from_store(numbers: range = numbers) -> None:
            for number in numbers:
                stored[number]

        def decoding(places: list[tuple[int, int]] = places) -> None:
            for which, item in places:
                pair = samples.sets[which].pairs[item]
                open_picture(pair.rgb)
                read_stored(pair.depth)

        from_store()
        for what, work in (
            ("plain", plain), ("worker", worker), ("batched", batched), ("decoding", decoding), ("stored", from_store),
        ):  # fmt: skip
            times[what].append(per_sample(work, count))
    ours = [a + b for a, b in zip(times["worker"], times["batched"], strict=True)]
    ratios = [plain / own for plain, own in zip(times["plain"], ours, strict=True)]
    kept = [a / (b + c) for a, b, c in zip(times["plain"], times["stored"], times["batched"], strict=True)]
    middle = {what: statistics.median(values) for what, values in times.items()}
    total = statistics.median(ours)
    print(f"{name}: {statistics.median(ratios):.2f} times as many samples a core (rounds: {min(ratios):.2f} to "
          f"{max(ratios):.2f}); {middle['plain']:.1f} ms plain, {total:.1f} ms ours = {middle['worker']:.1f} worker + "
          f"{middle['batched']:.1f} batched. Beside a GPU: {middle['plain'] / middle['worker']:.2f} times. "
          f"Decoding: {middle['decoding']:.1f} ms, {middle['decoding'] / total:.0%} of ours. With decoded images kept "
          f"(cache): {statistics.median(kept):.2f} times ({min(kept):.2f} to {max(kept):.2f}), "
          f"{middle['stored']:.1f} ms worker.")  # fmt: skip
    for key, value in statistics_of(made["plain"]).items():
        print(f"    {key:15} plain {value:.3f}   ours {statistics_of(made['ours'])[key]:.3f}")


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
