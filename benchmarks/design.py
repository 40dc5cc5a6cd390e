"""Variants of the default network on one small budget, several seeds each: the ablation in docs/model-design.md.

    python benchmarks/design.py train RUN --data FOLDER... [--seeds 2] [--steps 300] [--only field additive]
    python benchmarks/design.py table RUN [--real aims_realsense]

Of a seed, all variants see the same crops in the same order. One image in six of every set is held out; scored are
these, whole, with each pattern. A variant's errors are divided by the planar fill's: shares are averaged over the
patterns, of the means over sets. `train` adds what is not there yet to RUN/results.jsonl, so it can be stopped.
"""

from __future__ import annotations

import argparse
import json
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from spnet.datasets import open_data
from spnet.errors import SpnetWarning
from spnet.fill import FILL_CHANNELS, fill_stack
from spnet.losses import fill_loss, paper_loss
from spnet.model.config import ModelConfig, model_config
from spnet.model.fill_network import RESIDUAL_GAIN, USUAL_ERROR, FillNet, _Fill, _moved
from spnet.model.network import SPNet, pad_to_stride
from spnet.recipes.fill import fill
from spnet.sparsity import parse_pattern
from spnet.training.config import TrainConfig
from spnet.training.samples import TrainSamples
from spnet.training.validation import full_name, is_held_out

PATTERNS = ("random(1%)", "random(0.1%)", "random(500)", "lidar(16)", "holes")
HELD_OUT = 1 / 6
AVERAGED = 0.98  # of the weights that are scored
LEAST_DEPTH = 0.05  # of the mean fill, where a correction is added
PROPAGATIONS = 12
UNSURE = 1e3  # spread with which a share is 0
Edges = tuple[Tensor, Tensor]


class Ratio(FillNet):
    """No field: a factor on the planar fill."""

    def _minimum(self, out: Tensor, mask: Tensor, fill: _Fill, edges: Edges) -> Tensor:
        return torch.cat([self._corrected(out, mask, fill), (out[:, 9:10] + USUAL_ERROR).exp()], dim=1)

    def _corrected(self, out: Tensor, mask: Tensor, fill: _Fill) -> Tensor:
        return fill.planar * (RESIDUAL_GAIN * out[:, 1:2]).exp()


class Additive(Ratio):
    """A depth added to the planar fill, in shares of the mean fill."""

    def _corrected(self, out: Tensor, mask: Tensor, fill: _Fill) -> Tensor:
        return (fill.planar + RESIDUAL_GAIN * out[:, 1:2] * fill.mean).maximum(LEAST_DEPTH * fill.mean)


class Corners(Ratio):
    """The factor, and the position between the nearest and farthest corner of the triangle."""

    def _corrected(self, out: Tensor, mask: Tensor, fill: _Fill) -> Tensor:
        return _moved(out[:, :1], fill) * (RESIDUAL_GAIN * out[:, 1:2]).exp()


class Propagated(Corners):
    """`Corners`, then steps of a learned 3×3 affinity over log depth that keep measurements (CSPN's way)."""

    def _corrected(self, out: Tensor, mask: Tensor, fill: _Fill) -> Tensor:
        start = (super()._corrected(out, mask, fill) / fill.mean).log()
        weights = torch.softmax(torch.cat([torch.zeros_like(out[:, :1]) + 2, out[:, [2, 3, 4, 5, 6, 7, 8, 0]]], 1), 1)
        measured = (fill.planar / fill.mean).log()
        found = start
        for _ in range(PROPAGATIONS):
            around = F.unfold(F.pad(found, (1, 1, 1, 1), mode="replicate"), 3).view(len(out), 9, *out.shape[2:])
            found = (weights * around[:, [4, 0, 1, 2, 3, 5, 6, 7, 8]]).sum(1, keepdim=True)
            found = mask * measured + (1 - mask) * found
        return found.exp() * fill.mean


class Numbers(FillNet):
    """The field without a network: its fourteen numbers."""

    def _minimum(self, out: Tensor, mask: Tensor, fill: _Fill, edges: Edges) -> Tensor:
        return super()._minimum(out * 0, mask, fill, edges)


class Apart(FillNet):
    """No joint fill: the network does not see it, and no target moves towards it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        hide(self, 18, 19, 20)

    def _minimum(self, out: Tensor, mask: Tensor, fill: _Fill, edges: Edges) -> Tensor:
        return super()._minimum(out, mask, fill._replace(spread=torch.full_like(mask, UNSURE)), edges)


class Paper(nn.Module):
    """SPNet itself, on depth divided by four times the image's mean fill, which puts most of it under 1."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.network = SPNet(replace(config, revision="spnet"))

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor, fill: Tensor) -> Tensor:
        scale = 4 * fill[:, 4:5, :1, :1]
        height, width = raw.shape[-2:]
        rgb, raw, mask = (pad_to_stride(x) for x in (rgb, raw / scale, mask))
        depth = self.network(rgb, raw, mask)[..., :height, :width] * scale
        return torch.cat([depth, torch.full_like(depth, float(np.exp(USUAL_ERROR)))], dim=1)


class Hidden(nn.Module):
    """A convolution that does not see some channels."""

    def __init__(self, inner: nn.Module, channels: list[int], count: int) -> None:
        super().__init__()
        self.inner = inner
        seen = torch.ones(1, count, 1, 1)
        seen[:, channels] = 0
        self.register_buffer("seen", seen)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.inner(x * self.seen)
        return y


def without(*channels: int) -> Callable[[ModelConfig], nn.Module]:
    """The bundled design with some of `fill_network._inputs` set to 0."""

    def build(config: ModelConfig) -> nn.Module:
        network = FillNet(config)
        hide(network, *channels)
        return network

    return build


def hide(network: FillNet, *channels: int) -> None:
    first = network.encoder.downsample_layers[0]
    assert isinstance(first, nn.Conv2d)
    network.encoder.downsample_layers[0] = Hidden(first, list(channels), first.in_channels)


def share_loss(pred: Tensor, gt: Tensor, raw: Tensor, planar: Tensor) -> Tensor:
    return fill_loss(pred, gt, raw, start=planar).total


def plain_loss(pred: Tensor, gt: Tensor, raw: Tensor, planar: Tensor, *, log: bool = False, edges: float = 0) -> Tensor:
    """Relative error, or that of log depth, mean over all pixels; and that of log depth's steps."""
    known = (gt > 0).float()
    ratio = (pred[:, :1].clamp(min=1e-6) / torch.where(gt > 0, gt, 1)).clamp(1e-3, 1e3)
    bend = torch.where(gt > 0, ratio, 1).log()
    off = bend if log else (ratio - 1).clamp(max=3)
    total = (off.abs() * known).sum() / known.sum().clamp(min=1)
    for axis in (-1, -2) if edges else ():
        before, after = (known.narrow(axis, start, known.shape[axis] - 1) for start in (0, 1))
        both = before * after
        total = total + edges * (bend.diff(dim=axis).abs() * both).sum() / both.sum().clamp(min=1)
    return total


def published_loss(pred: Tensor, gt: Tensor, raw: Tensor, planar: Tensor) -> Tensor:
    """The paper's, of depth in shares of four times the mean."""
    scale = 4 * (gt.sum((1, 2, 3), keepdim=True) / (gt > 0).sum((1, 2, 3), keepdim=True).clamp(min=1))
    return paper_loss(pred[:, :1] / scale, gt / scale, raw / scale, absolute_mask="both").total


class Variant(NamedTuple):
    """A row of the table."""

    what: str
    build: Callable[[ModelConfig], nn.Module] = FillNet
    loss: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = share_loss
    config: ModelConfig = model_config("zepto", revision="fill")


ZEPTO = model_config("zepto", revision="fill")
VARIANTS = {
    "field": Variant("the bundled design: random field, loss in shares of the fill's"),
    "apart": Variant("field; without the joint fill", Apart),
    "paper": Variant("SPNet itself, its own loss (masks intersected)", Paper, published_loss),
    "paper-relative": Variant("SPNet itself; loss: relative error", Paper, plain_loss),
    "additive": Variant("planar fill + correction", Additive),
    "ratio": Variant("planar fill × correction", Ratio),
    "corners": Variant("position between the triangle's corners × correction", Corners),
    "propagated": Variant(f"the same, then {PROPAGATIONS} steps of a learned 3×3 affinity", Propagated),
    "numbers": Variant("the field's fourteen numbers without a network", Numbers),
    "no-fill": Variant("field; network without the fill's depths", without(3, 4, 5)),
    "no-level": Variant("field; network without fill / image mean (scale per pixel alone)", without(3)),
    "no-distance": Variant("field; network without the distance to the measurements", without(7)),
    "no-corners": Variant("field; network without the corners' colours", without(*range(8, 16))),
    "no-colours": Variant("field; network without any colour", without(0, 1, 2, *range(8, 21))),
    "layer-norm": Variant("field; LayerNorm instead of SP-Norm", config=replace(ZEPTO, norm="LN")),
    "narrow": Variant("field; narrower, deeper", config=replace(ZEPTO, dims=(24, 40, 80, 128), depths=(2, 3, 4, 2))),
    "mini": Variant("field; size mini", config=model_config("mini", revision="fill")),
    "wide": Variant("field; wider, shallower", config=replace(ZEPTO, dims=(40, 64, 96, 160), depths=(1, 1, 1, 1))),
    "relative": Variant("field; loss: relative error", loss=plain_loss),
    "log": Variant("field; loss: error of log depth", loss=partial(plain_loss, log=True)),
    "log-edges": Variant("field; the same and its steps", loss=partial(plain_loss, log=True, edges=1.0)),
}
Item = dict[str, Tensor]


class Scored(NamedTuple):
    """A held-out input: where it is from, the batch of one, the truth."""

    data: str
    pattern: str
    item: Item


def training_items(config: TrainConfig, seed: int) -> list[Item]:
    samples = TrainSamples(replace(config, seed=seed), config.steps * config.batch)
    return [samples[index] for index in range(len(samples))]


def scored_items(config: TrainConfig, images: int) -> Iterator[Scored]:
    """Of every set so many held-out images, with every pattern."""
    for data in open_data(config.data):
        held_out = [i for i, p in enumerate(data.pairs) if is_held_out(full_name(data.name, p.name), HELD_OUT)]
        for index in held_out[:: max(1, len(held_out) // images)][:images]:
            sample = data[index]
            rgb = sample.rgb.astype(np.float32) / 255
            for pattern in PATTERNS:
                raw = parse_pattern(pattern)(sample, zlib.crc32(f"{sample.name}|{pattern}".encode()))
                if np.count_nonzero(raw) >= 3 and np.count_nonzero((raw == 0) & (sample.depth > 0)):
                    item = {
                        "rgb": torch.from_numpy(rgb).permute(2, 0, 1),
                        "gt": torch.from_numpy(sample.depth)[None],
                        "raw": torch.from_numpy(raw)[None],
                        "fill": torch.from_numpy(fill_stack(rgb, raw)),
                    }
                    yield Scored(data.name, pattern, item)


def completed(network: nn.Module, batch: Item) -> Tensor:
    out: Tensor = network(batch["rgb"], batch["raw"], (batch["raw"] > 0).float(), batch["fill"])
    return out


def trained(variant: Variant, items: list[Item], config: TrainConfig, seed: int) -> nn.Module:
    """The averaged weights; rate with a warm-up, constant, then falling to 0 over the last quarter."""
    torch.manual_seed(seed)
    network = variant.build(variant.config).train().to(memory_format=torch.channels_last)
    average = variant.build(variant.config).eval()
    average.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), config.lr, weight_decay=config.weight_decay)
    steps = len(items) // config.batch
    for step in range(steps):
        rate = config.lr * min(1, (step + 1) / (0.1 * steps), (steps - step) / (0.25 * steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        part = items[step * config.batch : (step + 1) * config.batch]
        batch = {key: torch.stack([item[key] for item in part]) for key in ("rgb", "gt", "raw", "fill")}
        loss = variant.loss(completed(network, batch), batch["gt"], batch["raw"], batch["fill"][:, :1])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(network.parameters(), config.clip)
        if torch.isfinite(norm):
            optimizer.step()
        with torch.no_grad():
            keep = min(AVERAGED, (1 + step) / (10 + step))
            for mean, now in zip(average.parameters(), network.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
    return average


@torch.inference_mode()
def scores(network: nn.Module, held_out: list[Scored]) -> list[dict[str, Any]]:
    """REL and RMSE of every set and pattern, mean over images, beside the planar fill's."""
    found: dict[tuple[str, str], list[list[float]]] = {}
    for data, pattern, item in held_out:
        batch = {key: value[None] for key, value in item.items()}
        gt, raw = batch["gt"], batch["raw"]
        at = (gt > 0) & (raw == 0)
        row = []
        for depth in (completed(network, batch)[:, :1], batch["fill"][:, :1]):
            off = (depth - gt)[at].abs()
            row += [float((off / gt[at]).mean()), float(off.square().mean().sqrt())]
        found.setdefault((data, pattern), []).append(row)
    names = ("rel", "rmse", "planar_rel", "planar_rmse")
    return [
        {"data": data, "pattern": pattern, **dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))}
        for (data, pattern), rows in found.items()
    ]


def gflop(variant: Variant) -> float:
    """Of the network's convolutions and products at 640×480, without the field's solution."""
    network = variant.build(variant.config).eval()
    batch = {"rgb": 3, "raw": 1, "fill": FILL_CHANNELS}
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        completed(network, {key: torch.ones(1, channels, 480, 640) for key, channels in batch.items()})
    return counter.get_total_flops() / 1e9


def train(arguments: argparse.Namespace) -> None:
    warnings.simplefilter("ignore", SpnetWarning)
    torch.set_num_threads(arguments.threads)
    config = replace(
        fill(), data=tuple(arguments.data), hole_maps=arguments.hole_maps, crop=arguments.crop, steps=arguments.steps,
        val_share=HELD_OUT,
    )  # fmt: skip
    arguments.run.mkdir(parents=True, exist_ok=True)
    file = arguments.run / "results.jsonl"
    done = {(r["variant"], r["seed"]) for r in read(file)} if file.exists() else set()
    held_out = list(scored_items(config, arguments.images))
    for seed in range(arguments.seeds):
        left = [name for name in arguments.only or VARIANTS if (name, seed) not in done]
        items = training_items(config, seed) if left else []
        for name in left:
            network = trained(VARIANTS[name], items, config, seed)
            record = {
                "variant": name, "seed": seed, "steps": config.steps, "batch": config.batch, "crop": config.crop,
                "inputs": len(held_out), "scores": scores(network, held_out),
            }  # fmt: skip
            with file.open("a") as out:
                out.write(json.dumps(record) + "\n")
            print(f"{name}, seed {seed}: REL {share(record, 'rel'):.3f} of the planar fill's", flush=True)


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def share(record: dict[str, Any], name: str, only: str = "") -> float:
    """Mean over patterns of (mean over sets / the planar fill's)."""
    shares = []
    for pattern in PATTERNS:
        rows = [s for s in record["scores"] if s["pattern"] == pattern and only in ("", s["data"])]
        shares.append(sum(s[name] for s in rows) / sum(s[f"planar_{name}"] for s in rows))
    return float(np.mean(shares))


def table(arguments: argparse.Namespace) -> None:
    """Markdown: mean over seeds, and half of the distance between the lowest and the highest."""
    records = read(arguments.run / "results.jsonl")
    columns = [("rel", ""), ("rmse", ""), *([("rel", arguments.real)] if arguments.real else [])]
    print(f"| variant | seeds | REL | RMSE |{f' REL on {arguments.real} |' if arguments.real else ''} GFLOP |")
    print("|---|--:|" + "--:|" * (len(columns) + 1))
    for name, variant in VARIANTS.items():
        mine = [r for r in records if r["variant"] == name]
        if mine:
            cells = []
            for column, only in columns:
                values = [share(record, column, only) for record in mine]
                cells.append(f"{np.mean(values):.3f} ± {(max(values) - min(values)) / 2:.3f}")
            print(f"| {variant.what} | {len(mine)} | {' | '.join(cells)} | {gflop(variant):.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train")
    training.add_argument("run", type=Path)
    training.add_argument("--data", nargs="+", required=True, help="as for spnet train")
    training.add_argument("--hole-maps")
    training.add_argument("--seeds", type=int, default=2)
    training.add_argument("--steps", type=int, default=300)
    training.add_argument("--crop", type=int, default=128)
    training.add_argument("--images", type=int, default=4, help="held-out ones that are scored, of each set")
    training.add_argument("--only", nargs="+", choices=list(VARIANTS))
    training.add_argument("--threads", type=int, default=1)
    training.set_defaults(do=train)
    telling = commands.add_parser("table")
    telling.add_argument("run", type=Path)
    telling.add_argument("--real", default="", help="a data set that gets a column")
    telling.set_defaults(do=table)
    arguments = parser.parse_args()
    arguments.do(arguments)


if __name__ == "__main__":
    main()
