"""Which back end runs a set of weights: the one asked for, or the fastest of those installed, by measurement, once.

Graphs, and what was measured, are kept in the user's cache folder under the hash of the weights. So a second start
needs no PyTorch at all, which alone takes more than a second to import.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import statistics
import time
import warnings
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from spnet.backends import Backend, Inputs
from spnet.backends.graph import FORMAT, SUFFIXES, VERSION
from spnet.backends.onnx_runtime import OnnxRuntimeBackend
from spnet.backends.openvino import OpenVinoBackend
from spnet.errors import BadInput, CannotWrite, SpnetWarning
from spnet.export.names import BackendName
from spnet.export.old_graphs import mark_used, remove_old
from spnet.files import atomic_path, file_hash
from spnet.model.weights_table import ALIASES, BUNDLED, bundled_path

if TYPE_CHECKING:
    from torch import nn

PACKAGES = {"openvino": "openvino", "onnxruntime": "onnxruntime"}
CPU_DEVICES = ("auto", "cpu")
MEASURED_AT = (480, 640)  # height and width
ROUNDS = 3
GRAPHS = 3  # raised when other graphs are made of the same weights, so that those in caches are not used


def default_backend() -> str:
    """What `backend="auto"` stands for where nothing was chosen: SPNET_BACKEND, if it is set."""
    return os.environ.get("SPNET_BACKEND", "auto")


def checked_backend(name: str) -> str:
    """A back end's name.

    Raises:
        BadInput: there is none of this name.
    """
    if name not in get_args(BackendName):
        raise BadInput(f"Back end {name!r}: choose one of {', '.join(get_args(BackendName))}.")
    return name


def installed() -> list[str]:
    """The engines for graphs that are here."""
    return [name for name, package in PACKAGES.items() if importlib.util.find_spec(package)]


def graph_backend(path: Path, name: str, *, device: str, precision: str = "auto", cache: Path | None = None) -> Backend:
    """A graph in one engine.

    Raises:
        BadInput: an engine or device that cannot run it.
        BadWeights: no graph of ours.
        MissingExtra: the engine is not installed.
    """
    place = "cpu" if device == "auto" else device
    if name == "onnxruntime":
        if path.suffix.lower() != ".onnx":
            raise BadInput(f"ONNX Runtime takes .onnx files; got {path.name}.")
        return OnnxRuntimeBackend(path, device=place)
    if name == "openvino":
        return OpenVinoBackend(path, device=place, precision="fp32" if precision == "auto" else precision, cache=cache)
    raise BadInput(f"{path.name} is a graph: its back ends are onnxruntime and openvino, not {name}.")


def open_graph(path: Path, name: str, *, device: str, precision: str = "auto") -> Backend:
    """A graph file, by the engine asked for; "auto" is OpenVINO on a CPU where it is installed, else ONNX Runtime."""
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    if name == "auto":
        is_cpu = device in CPU_DEVICES
        name = "openvino" if path.suffix == ".xml" or (is_cpu and "openvino" in installed()) else "onnxruntime"
    return graph_backend(path, name, device=device, precision=precision, cache=_cache_folder() / "openvino")


def weights_backend(source: str | Path, name: str, *, device: str, precision: str = "auto") -> Backend | None:
    """The back end for weights by name or file; None where it is PyTorch, which the caller has at hand.

    Args:
        source: as `load_model` takes it.
        name: "auto", "torch", "onnxruntime" or "openvino".
        device: "auto" and "cpu" are fit for graphs; on others "auto" is PyTorch.
        precision: "auto" and "fp32" are fit for graphs.

    Raises:
        CannotWrite: the graph of an engine that was asked for cannot be kept; by "auto" that is a warning and PyTorch.

    Warns:
        SpnetWarning: when a graph is made and measured, since that takes a while, once.
    """
    path = _weights_file(source)
    if name == "torch" or path is None or (name == "auto" and not _fit(device, precision)):
        if name in PACKAGES and path is None:
            raise BadInput(f"{source} is no weights file: export it first, and give the exported file.")
        return None
    if name != "auto":
        graph = cached_graph(source, path)
        return graph_backend(graph, name, device=device, precision=precision, cache=graph.parent)
    if not installed():
        return None
    try:
        chosen = _remembered(path) or _measure(source, path)
        if chosen == "torch":
            return None
        graph = cached_graph(source, path)
    except CannotWrite as error:
        warnings.warn(f"{error} So PyTorch runs, which is slower.", SpnetWarning, stacklevel=2)
        return None
    return graph_backend(graph, chosen, device=device, cache=graph.parent)


def cached_graph(source: str | Path, path: Path) -> Path:
    """The graph of a weights file in the cache folder; made where it is not there.

    Raises:
        CannotWrite: it cannot be kept there.
    """
    graph = _graph_folder(path) / "graph.onnx"
    if not graph.is_file():
        from spnet.export.write import export
        from spnet.model.weights import load_model

        try:
            graph.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:  # before seconds are spent on it
            raise CannotWrite(f"Cannot write {graph}: {error.strerror or error}.") from None
        message = f"Preparing {Path(source).name} for this machine; this is done once, and takes some seconds."
        warnings.warn(message, SpnetWarning, stacklevel=2)
        export(load_model(source), graph)
        remove_old(_cache_folder(), keep=graph.parent)
    mark_used(graph.parent)
    return graph


def _fit(device: str, precision: str) -> bool:
    """Whether "auto" may leave PyTorch: only on a CPU in float32, where the numbers are the same."""
    if device not in CPU_DEVICES or precision not in ("auto", "fp32"):
        return False
    return device == "cpu" or not _has_gpu()


@cache
def _has_gpu() -> bool:
    """Whether PyTorch would find a GPU, without importing it where no driver is there."""
    if not (Path("/proc/driver/nvidia").exists() or Path("/dev/nvidia0").exists() or platform.system() == "Windows"):
        return False
    import torch

    return torch.cuda.is_available()


def _weights_file(source: str | Path) -> Path | None:
    name = ALIASES.get(str(source), str(source))
    if name in BUNDLED:
        return bundled_path(BUNDLED[name])
    path = Path(source)
    return path if path.is_file() and path.suffix not in SUFFIXES else None


def _cache_folder() -> Path:
    """`spnet/graphs` in the user's folder for caches (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "spnet" / "graphs"


def _graph_folder(path: Path) -> Path:
    known = next((info.sha256 for info in BUNDLED.values() if info.sha256 and bundled_path(info) == path), None)
    digest = hashlib.sha256(f"{known or file_hash(path)} {VERSION} {FORMAT} {GRAPHS}".encode()).hexdigest()
    return _cache_folder() / digest[:24]


def _machine() -> dict[str, Any]:
    """What a measurement holds for."""
    versions = {}
    for package in ("torch", *PACKAGES.values()):
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return {"host": platform.node(), "cores": os.cpu_count(), "threads": threads, "versions": versions}


def _remembered(path: Path) -> str | None:
    try:
        found = json.loads((_graph_folder(path) / "choice.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    fits = (
        isinstance(found, dict) and found.get("machine") == _machine() and found.get("backend") in ("torch", *PACKAGES)
    )
    return str(found["backend"]) if fits else None


def _measure(source: str | Path, path: Path) -> str:
    """The fastest of PyTorch and the installed engines on one image; remembered."""
    from spnet.backends.pytorch import TorchBackend
    from spnet.model.folded import fold
    from spnet.model.weights import load_model

    model: nn.Module = load_model(source)
    graph = cached_graph(source, path)
    backends: dict[str, Backend] = {"torch": TorchBackend(fold(model), device="cpu")}
    for name in installed():
        backends[name] = graph_backend(graph, name, device="cpu", cache=graph.parent)
    inputs = example_inputs(*MEASURED_AT, needs_fill=backends["torch"].needs_fill)
    seconds: dict[str, list[float]] = {name: [] for name in backends}
    for turn in range(2 + ROUNDS):  # the first two: allocation, and what is compiled for a shape that comes again
        for name, backend in backends.items():
            start = time.perf_counter()
            backend(inputs)
            if turn >= 2:
                seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    chosen = min(medians, key=lambda name: medians[name])
    content = {"backend": chosen, "seconds": medians, "machine": _machine()}
    with suppress(OSError), atomic_path(graph.parent / "choice.json") as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return chosen


def example_inputs(height: int, width: int, *, needs_fill: bool, batch: int = 1) -> Inputs:
    """Inputs of a size, for measurements of time: a random image and one pixel in a hundred measured."""
    from spnet.fill import fill_stack

    rng = np.random.default_rng(0)
    rgb = rng.random((height, width, 3), np.float32)
    raw = np.where(rng.random((height, width)) < 0.01, rng.uniform(0.2, 0.8, (height, width)), 0).astype(np.float32)
    raw[0, 0] = 0.5
    inputs = {"rgb": rgb.transpose(2, 0, 1)[None], "raw": raw[None, None]}
    if needs_fill:
        inputs["fill"] = fill_stack(rgb, raw)[None]
    return {name: np.repeat(value, batch, axis=0) for name, value in inputs.items()}
