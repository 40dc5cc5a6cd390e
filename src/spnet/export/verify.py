"""Does an exported file give the numbers of the network that it was made from?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
import torch

from spnet.backends.graph import GraphInfo
from spnet.errors import BadInput
from spnet.export.choice import installed
from spnet.export.engines import ENGINES, Engine, open_engine
from spnet.export.graphs import AUTO_MARGIN, MetricGraph, NetworkGraph
from spnet.export.write import weights_hash
from spnet.fill import fill_stack
from spnet.metrics import depth_errors
from spnet.model.weights import load_model
from spnet.types import AnyArray, FloatImage, Sample

# batch, height, width: multiples of 32 and odd sizes, which are padded inside; small, so that a check takes seconds
SHAPES = ((1, 64, 96), (2, 96, 64), (1, 97, 131), (2, 45, 33), (1, 240, 320))
TOLERANCE = 1e-4  # of the output's standard deviation, in float32
HALF_TOLERANCE = 1e-2  # with weights rounded to half precision (their 2**-11, over some tens of layers)
PATTERNS = ("random(10%)", "random(1%)", "random(0.1%)")
Inputs = dict[str, AnyArray]


@dataclass(frozen=True)
class Difference:
    """One engine on one input, against PyTorch, in standard deviations of PyTorch's output."""

    engine: str
    what: str
    largest: float
    mean: float


@dataclass(frozen=True)
class Change:
    """Mean relative error on real pairs, PyTorch's and an engine's; `pairs` images a pattern."""

    engine: str
    pattern: str
    before: float
    after: float
    pairs: int

    @property
    def share(self) -> float:
        """By how much the error has grown."""
        return self.after / self.before - 1


@dataclass(frozen=True)
class Report:
    """What a verification found."""

    info: GraphInfo
    tolerance: float | None
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every difference is within the tolerance, and nothing is infinite or no number."""
        limit = np.inf if self.tolerance is None else self.tolerance
        return all(np.isfinite(d.largest) and d.largest <= limit for d in self.differences)

    def text(self) -> str:
        """Tables for the terminal."""
        lines = [f"{self.info.name}, {self.info.precision}; differences in standard deviations of the output"]
        lines += [f"{'engine':12} {'input':>14} {'largest':>9} {'mean':>9}"]
        lines += [f"{d.engine:12} {d.what:>14} {d.largest:9.1e} {d.mean:9.1e}" for d in self.differences]
        if self.changes:
            lines += ["", f"{'engine':12} {'pattern':>14} {'REL':>9} {'REL here':>9} {'change':>8} {'n':>4}"]
            lines += [
                f"{c.engine:12} {c.pattern:>14} {c.before:9.5f} {c.after:9.5f} {c.share:+8.2%} {c.pairs:4}"
                for c in self.changes
            ]
        limit = "no limit" if self.tolerance is None else f"limit {self.tolerance:.0e}"
        worst = max(d.largest for d in self.differences)
        return "\n".join([*lines, "", f"{'passed' if self.passed else 'FAILED'}: largest {worst:.1e}, {limit}"])


def verify_file(
    path: Path,
    model: str = "default",
    *,
    backends: Sequence[str] = (),
    data: Sequence[str] = (),
    limit: int = 20,
    tolerance: float | None = None,
) -> Report:
    """Compare a file with the network, in every engine, on five shapes and on real pairs.

    Args:
        path: what `export` wrote.
        model: what it was made from; its hash must be the file's.
        backends: engines; (): every installed one that takes the file.
        data: data sets with truth; the change of REL on them is part of the report.
        limit: images of each.
        tolerance: None: 1e-4 for float32, 1e-2 for half-precision weights, none for int8.

    Raises:
        BadInput: no engine for this file, or weights that are not the file's.
        BadWeights: damaged, or not ours.
        MissingExtra: an engine is not installed.
    """
    path = Path(path)
    names = list(backends) or [name for name in (*installed(), "torch") if path.suffix in ENGINES[name]]
    if not names:
        raise BadInput(f"There is no engine here for {path.name}: pip install 'spnet[onnx]' or 'spnet[openvino]'.")
    network = load_model(model)
    differences: list[Difference] = []
    changes: list[Change] = []
    for name in names:
        info, engine = open_engine(path, name)
        if info.weights_sha256 != weights_hash(network):
            raise BadInput(f"{path} was made from other weights ({info.name}): name them with --model.")
        shapes = [_rounded(shape, info.multiple) for shape in SHAPES] if info.shape is None else [info.shape]
        differences += [_compare(name, network, info, engine, random_inputs(info, *shape)) for shape in shapes]
        if data and not info.preprocessing and info.shape is None:
            changes += _changes(name, network, info, engine, data, limit)
    if tolerance is None and info.precision != "int8":
        tolerance = HALF_TOLERANCE if info.precision == "fp16" else TOLERANCE
    return Report(info, tolerance, tuple(differences), tuple(changes))


def _rounded(shape: tuple[int, int, int], multiple: int) -> tuple[int, int, int]:
    batch, height, width = shape
    return batch, -(-height // multiple) * multiple, -(-width // multiple) * multiple


def random_inputs(info: GraphInfo, batch: int, height: int, width: int) -> Inputs:
    """Inputs of a graph: random colours, five pixels in a hundred measured between 1 and 9 m."""
    rng = np.random.default_rng([batch, height, width])
    rgb = rng.integers(0, 256, (batch, height, width, 3), np.uint8)
    depth = np.where(rng.random((batch, height, width)) < 0.05, rng.uniform(1, 9, (batch, height, width)), 0)
    depth[:, 0, 0] = 5.0
    return _inputs(info, rgb, depth.astype(np.float32))


def _inputs(info: GraphInfo, rgb: AnyArray, depth: AnyArray) -> Inputs:
    """From uint8 colours (B, H, W, 3) and metres (B, H, W), those that a graph takes."""
    if not info.preprocessing:
        return network_inputs(rgb, depth, needs_fill=info.needs_fill)
    colours = rgb.astype(np.float32) / np.float32(255)
    fill = {"fill": _fills(colours, depth)} if info.needs_fill else {}
    return {"rgb": rgb, "depth": depth, **fill}


def network_inputs(rgb: AnyArray, depth: AnyArray, *, needs_fill: bool) -> Inputs:
    """From uint8 colours (B, H, W, 3) and metres (B, H, W), the inputs of a network, scaled as by "auto"."""
    colours = rgb.astype(np.float32) / np.float32(255)
    raw = depth / (np.float32(AUTO_MARGIN) * depth.max(axis=(1, 2), keepdims=True))
    feed: Inputs = {"rgb": np.ascontiguousarray(colours.transpose(0, 3, 1, 2)), "raw": raw[:, None]}
    return {**feed, "fill": _fills(colours, raw)} if needs_fill else feed


def _fills(colours: AnyArray, depth: AnyArray) -> AnyArray:
    return np.stack([fill_stack(c, d) for c, d in zip(colours, depth, strict=True)])


@torch.no_grad()
def _reference(network: torch.nn.Module, info: GraphInfo, feed: Inputs) -> AnyArray:
    """The network's own answer: not folded, in float32."""
    tensors = [torch.from_numpy(value) for value in feed.values()]
    graph = MetricGraph(network, max_depth=None) if info.preprocessing else NetworkGraph(network)
    inner = graph.inner if isinstance(graph, MetricGraph) else graph
    inner.network = network
    out: AnyArray = graph(*tensors).numpy()
    return out


def _compare(name: str, network: torch.nn.Module, info: GraphInfo, engine: Engine, feed: Inputs) -> Difference:
    expected = _reference(network, info, feed)
    got = engine(feed)
    shape = "x".join(map(str, expected.shape))
    if got.shape != expected.shape:
        return Difference(name, shape, float("inf"), float("inf"))
    error = np.abs(got - expected) / expected.std()
    return Difference(name, shape, float(error.max()), float(error.mean()))


def _changes(
    name: str, network: torch.nn.Module, info: GraphInfo, engine: Engine, data: Sequence[str], limit: int
) -> Iterator[Change]:
    for pattern in PATTERNS:
        before: list[float] = []
        after: list[float] = []
        for sample, sparse in real_pairs(data, pattern, limit):
            height, width = (length // info.multiple * info.multiple for length in sparse.shape)
            sparse = sparse[:height, :width]
            sample = replace(sample, rgb=sample.rgb[:height, :width], depth=sample.depth[:height, :width])
            if min(height, width) < info.least or not sparse.any():
                continue
            feed = _inputs(info, sample.rgb[None], sparse[None])
            scored = (sample.depth > 0) & (sparse == 0)
            scale = 1 if info.preprocessing else np.float32(AUTO_MARGIN * sparse.max())
            for errors, out in ((before, _reference(network, info, feed)), (after, engine(feed))):
                dense = np.maximum(out.reshape(-1, *sparse.shape)[0] * scale, 0)
                errors.append(depth_errors(dense, sample.depth, scored)["rel"])
        if before:
            yield Change(name, pattern, fmean(before), fmean(after), len(before))


def real_pairs(data: Sequence[str], pattern: str, limit: int) -> Iterator[tuple[Sample, FloatImage]]:
    """At most `limit` images of each data set, evenly spaced, with what a pattern measures of them."""
    from spnet.datasets import open_data
    from spnet.sparsity import input_seed, parse_pattern

    draw = parse_pattern(pattern)
    for source in open_data(tuple(data)):
        for index in np.linspace(0, len(source) - 1, min(limit, len(source))).round().astype(int).tolist():
            sample = source[index]
            sparse = draw(sample, np.random.default_rng(input_seed(sample.name, draw.label, 0)))
            if np.count_nonzero(sparse) >= 4:
                yield replace(sample, dataset=source.name), sparse
