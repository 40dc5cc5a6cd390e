"""The ways to run a network that are compared: engines and precisions, and the plain network as their reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from spnet.backends import Floats, Inputs
from spnet.backends.footprint import estimate
from spnet.errors import BadInput
from spnet.export.choice import CPU_DEVICES, PACKAGES, graph_backend, installed
from spnet.extras import need
from spnet.model.config import SIZES, Revision, model_config

if TYPE_CHECKING:
    from torch import nn

Engine = Literal["plain", "torch", "compile", "onnxruntime", "openvino"]
Precision = Literal["fp32", "bf16", "fp16", "int8"]
Call = Callable[[Inputs], Floats]
# What each engine takes. int8 and fp16 graphs are files of their own; bf16 and fp16 of OpenVINO are hints.
PRECISIONS: dict[str, tuple[str, ...]] = {
    "torch": ("fp32", "bf16", "fp16"),
    "compile": ("fp32", "bf16", "fp16"),
    "onnxruntime": ("fp32", "int8"),
    "openvino": ("fp32", "bf16", "fp16", "int8"),
}
SEED = 0  # of networks with random weights


@dataclass(frozen=True)
class Way:
    """One engine in one precision."""

    engine: Engine
    precision: Precision = "fp32"

    @property
    def name(self) -> str:
        """As tables call it."""
        return "plain, eager" if self == PLAIN else f"{self.engine} {self.precision}"


PLAIN = Way("plain")


def chosen_ways(engines: Sequence[str], precisions: Sequence[str], device: str) -> list[Way]:
    """The reference, and every engine in every precision that it has.

    Args:
        engines: names; none: PyTorch and what is installed, on a GPU also torch.compile.
        precisions: names; none: fp32, and on a GPU fp16 and bf16.
        device: as of `spnet.predictor.Predictor`.

    Raises:
        BadInput: an unknown name, or no engine that has one of the precisions.
        MissingExtra: an engine that was named is not installed.
    """
    for kind, names, known in (
        ("Engine", engines, tuple(PRECISIONS)),
        ("Precision", precisions, get_args(Precision)),
    ):
        for name in names:
            if name not in known:
                raise BadInput(f"{kind} {name!r}: choose among {', '.join(known)}.")
    for name in engines:
        if name in PACKAGES:
            need(PACKAGES[name], "onnx" if name == "onnxruntime" else name, "These back ends")
    on_cpu = device in CPU_DEVICES
    engines = engines or ["torch", *([] if on_cpu else ["compile"]), *installed()]
    precisions = precisions or (["fp32"] if on_cpu else ["fp32", "fp16", "bf16"])
    ways = [Way(e, p) for e in engines for p in precisions if p in PRECISIONS[e]]  # type: ignore[arg-type]  # checked
    if not ways:
        raise BadInput(f"None of {', '.join(engines)} runs {', '.join(precisions)}.")
    return [PLAIN, *ways]


def make_network(spec: str) -> nn.Module:
    """A network in eval mode.

    Args:
        spec: a size ("tiny"), or REVISION:SIZE ("fill:tiny", "pacgdc:large"), for random weights; or what `load_model`
            takes.

    Raises:
        BadInput: an unknown revision or size.
        BadWeights: see `load_model`.
    """
    import torch

    from spnet.model.build import build_model
    from spnet.model.weights import load_model

    revision, _, size = spec.rpartition(":")
    if size in SIZES and not Path(spec).exists():
        if revision not in ("", *get_args(Revision)):
            raise BadInput(f"Revision {revision!r}: choose one of {', '.join(get_args(Revision))}.")
        config = model_config(size, revision=revision or "spnet")  # type: ignore[arg-type]  # checked
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            network = build_model(config)
            for name, value in network.named_parameters():
                if name.endswith("head.weight"):  # a fill network's is zero, which would hide all differences
                    torch.nn.init.normal_(value, std=0.05)
        return network.eval()
    return load_model(spec)


class PlainTorch:
    """The network as the paper writes it down: eager, not folded, in PyTorch's default memory format."""

    def __init__(self, network: nn.Module, device: str, precision: str = "fp32", *, compiled: bool = False) -> None:
        import torch

        from spnet.backends.pytorch import bytes_per_pixel, find_device

        self.device = find_device(device)
        self.network: Any = network.to(self.device).eval()
        if compiled:
            self.network = torch.compile(self.network, dynamic=False)  # as in `spnet.training.loop`
        self.dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)
        needs_fill = bool(getattr(network, "needs_fill", False))
        self.footprint = estimate("plain", bytes_per_pixel(network), needs_fill=needs_fill)

    def __call__(self, inputs: Inputs) -> Floats:
        """See `spnet.backends.Backend.__call__`; the result is on the host, so that all work has been done."""
        import torch

        with torch.inference_mode():
            moved = {name: torch.from_numpy(np.ascontiguousarray(x)).to(self.device) for name, x in inputs.items()}
            rgb, raw = moved.pop("rgb"), moved.pop("raw")
            with torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not None):
                out = self.network(rgb, raw, (raw > 0).to(raw.dtype), **moved)
            result: Floats = out.float().cpu().numpy()
        return result


@dataclass(frozen=True)
class Graphs:
    """Exported files of one network in a folder, made when they are first asked for.

    Attributes:
        folder: for the files.
        data: data sets that int8 is calibrated on.
    """

    folder: Path
    data: tuple[str, ...] = ()

    def path(self, way: Way) -> Path:
        """Where the graph of a way is."""
        return self.folder / ("int8.onnx" if way.precision == "int8" else "graph.onnx")

    def make(self, way: Way, network: nn.Module) -> Path:
        """The graph of a way.

        Raises:
            MissingExtra: onnx is not installed.
            BadInput: see `spnet.export.quantize.export_int8`.
        """
        path = self.path(way)
        if not path.is_file():
            if way.precision == "int8":
                from spnet.export.quantize import export_int8

                export_int8(network, path, data=self.data)
            else:
                from spnet.export.write import export

                export(network, path)
        return path


def open_way(way: Way, spec: str, graph: Path | None, *, device: str, threads: int) -> Call:
    """A network ready to run in one way.

    Args:
        way: see there.
        spec: of the network, see `make_network`; for graphs it is not needed.
        graph: for the engines that take one.
        device: as of `Predictor`.
        threads: of graph engines; 0: one a core. PyTorch's are global.
    """
    if graph is None:
        network = make_network(spec)
        if way.engine != "torch":
            return PlainTorch(network, device, way.precision, compiled=way.engine == "compile")
        from spnet.backends.pytorch import TorchBackend
        from spnet.model.folded import fold

        return TorchBackend(fold(network), device=device, precision=way.precision)  # type: ignore[arg-type]  # no int8 here
    precision = "fp32" if way.precision == "int8" else way.precision
    if way.engine == "openvino":
        from spnet.backends.openvino import OpenVinoBackend

        return OpenVinoBackend(
            graph, device="cpu" if device == "auto" else device, precision=precision, threads=threads
        )
    if threads and way.engine == "onnxruntime":
        from spnet.backends.onnx_runtime import OnnxRuntimeBackend

        return OnnxRuntimeBackend(graph, device="cpu" if device == "auto" else device, threads=threads)
    return graph_backend(graph, way.engine, device=device, precision=precision)
