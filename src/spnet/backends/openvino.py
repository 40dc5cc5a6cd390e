"""OpenVINO on an exported graph."""

from __future__ import annotations

import math
import sys
from collections import OrderedDict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from spnet.backends import BackendOutOfMemory, Floats, Inputs, is_answer
from spnet.backends.graph import (
    KEY,
    OUTPUT,
    GraphBackend,
    GraphInfo,
    check_file,
    damaged,
    output_shape_error,
    parse_info,
)
from spnet.backends.openvino_cache import Compiled, trim
from spnet.errors import BadInput
from spnet.extras import need

CONVERTER = "openvino.tools.ovc"
SHAPES = 2  # compiled for at once; each holds weights of its own
LARGE = 600_000  # pixels of a batch, ours: from here on compiling (a second) is little beside a pass
HINTS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}


def import_openvino() -> Any:
    """The package, without its model converter, whose import takes twice as long as all else; it comes when called.

    Raises:
        MissingExtra: openvino is not installed.
    """
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    sys.modules[CONVERTER] = None  # type: ignore[assignment]  # to import it is an error, which the package expects
    try:
        openvino = need("openvino", "openvino", "OpenVINO graphs")
    finally:
        del sys.modules[CONVERTER]
    openvino.convert_model = lambda *values, **named: import_module(CONVERTER).convert_model(*values, **named)
    return openvino


class OpenVinoBackend(GraphBackend):
    """A graph in OpenVINO; see `spnet.backends.Backend`.

    Compiled for the first shape that comes, which with a cache folder is remembered for the next start. Another one
    runs through what is compiled for any shape, unless it is large, until it comes again: a compiled shape takes a
    third less time and, since its maps can share memory, half of it. What is compiled for any shape is then given up.
    """

    name = "openvino"

    def __init__(
        self,
        path: str | Path,
        *,
        device: str = "cpu",
        precision: str = "fp32",
        threads: int = 0,
        cache: Path | None = None,
    ) -> None:
        """Load the graph.

        Args:
            path: `.xml` with its `.bin`, or `.onnx`, as `spnet export` writes them.
            device: "cpu", "gpu" (Intel's), "npu", "auto".
            precision: of the arithmetic: fp32, bf16 or fp16 where the processor has it.
            threads: 0 is one a core.
            cache: folder for compiled graphs, so that the next start is faster.

        Raises:
            BadInput: no such device or precision.
            BadWeights: no graph of ours.
            MissingExtra: openvino is not installed.
        """
        openvino = import_openvino()
        self.path = Path(path)
        self.device = device
        if precision not in HINTS:
            raise BadInput(f"Precision {precision!r}: choose one of {', '.join(HINTS)}.")
        self._core = openvino.Core()
        self._options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": HINTS[precision], "PERFORMANCE_HINT": "LATENCY"}
        if threads:
            self._options["INFERENCE_NUM_THREADS"] = threads
        self._any: Any = None
        self._seen: tuple[int, ...] | None = None
        self._own: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._cache = cache
        self._kept = Compiled(self._core, self.path, cache, device.upper(), self._options)
        info = self._open_remembered()
        self._remembered = info is not None
        self._describe(info or self._read(device))

    def _read(self, device: str) -> GraphInfo:
        there = sorted({name.split(".")[0].lower() for name in self._core.available_devices} | {"auto"})
        if device not in there:
            raise BadInput(f"OpenVINO cannot use the device {device!r} here: it has {', '.join(there)}.")
        return read_graph(self._core, self.path)[1]

    def __call__(self, inputs: Inputs) -> Floats:
        """See `Backend.__call__`."""
        shape = inputs["raw"].shape
        feed = {name: np.ascontiguousarray(value, np.float32) for name, value in inputs.items()}
        try:
            out: Floats = self._request(shape, inputs).infer(feed, share_inputs=True)[OUTPUT]  # a copy
        except RuntimeError as error:
            if "alloc" in str(error).lower():
                raise BackendOutOfMemory from error
            raise BadInput(f"OpenVINO failed on {shape[-1]}x{shape[-2]} ({_last(error)}).") from None
        if not is_answer(out, inputs):
            raise output_shape_error(self.path, out.shape, shape)
        return out

    def _request(self, shape: tuple[int, ...], inputs: Inputs) -> Any:
        if self._remembered and shape not in self._own:
            self._own.clear()  # of an earlier start
        self._remembered = False
        if shape in self._own:
            self._own.move_to_end(shape)
            return self._own[shape]
        is_first, large = not self._own and self._any is None, math.prod(shape) >= LARGE
        if shape != self._seen and not large and not is_first:
            self._seen = shape
            if self._any is None:
                self._any = self._compile(read_graph(self._core, self.path)[0])
            return self._any
        self._any = None  # its weights and maps are freed
        for other in self._own.values():
            other.get_compiled_model().release_memory()
        while len(self._own) >= SHAPES:
            self._own.popitem(last=False)
        # Memory that another size would not need is not taken at the next start.
        self._own[shape] = self._first(shape, inputs) if is_first and not large else self._fitted(inputs)
        return self._own[shape]

    def _fitted(self, inputs: Inputs, *, cached: bool = True) -> Any:
        graph, _ = read_graph(self._core, self.path)
        graph.reshape({name: list(value.shape) for name, value in inputs.items()})
        return self._compile(graph, cached=cached)

    def _first(self, shape: tuple[int, ...], inputs: Inputs) -> Any:
        """Compiled as `_open_remembered` finds it at the next start."""
        found = self._kept.read(shape)
        if found is not None:
            return found.create_infer_request()
        request = self._fitted(inputs, cached=False)
        self._kept.write(shape, request.get_compiled_model(), self.info)
        return request

    def _open_remembered(self) -> GraphInfo | None:
        """Load what was compiled for the first shape of the last start, while the images are not read yet."""
        kept = self._kept.last()
        if kept is None:
            return None
        compiled, info = kept
        self._own[tuple(compiled.input("raw").shape)] = compiled.create_infer_request()
        return info

    def _compile(self, graph: Any, *, cached: bool = True) -> Any:
        """`cached`: through the engine's own cache; what comes from there cannot be exported and loaded again."""
        if not cached or self._cache is None:
            return self._core.compile_model(graph, self.device.upper(), self._options).create_infer_request()
        options = self._options | {"CACHE_DIR": str(self._cache)}
        try:
            request = self._core.compile_model(graph, self.device.upper(), options).create_infer_request()
        except RuntimeError:  # a full disk, for one
            return self._compile(graph, cached=False)
        trim(self._cache)
        return request


def read_graph(core: Any, path: Path) -> tuple[Any, GraphInfo]:
    """A graph of ours, read by an OpenVINO core, and what it says of itself.

    Raises:
        BadWeights: damaged, or not ours.
    """
    check_file(path)
    try:
        graph = core.read_model(str(path))
    except RuntimeError:
        raise damaged(path) from None
    place = next((place for place in (KEY, ["framework", KEY]) if graph.has_rt_info(place)), None)  # of IR, of ONNX
    return graph, parse_info(None if place is None else str(graph.get_rt_info(place).value), path)


def _last(error: Exception) -> str:
    """Its messages begin with places in its source; what happened stands at the end."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
