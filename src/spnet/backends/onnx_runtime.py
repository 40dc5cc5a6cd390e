"""ONNX Runtime on an exported graph."""

from __future__ import annotations

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
from spnet.errors import BadInput
from spnet.extras import need

# Its execution providers by our device names, first choice first.
PROVIDERS = {
    "cpu": ["CPUExecutionProvider"],
    "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"],
    "tensorrt": ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"],
}


class OnnxRuntimeBackend(GraphBackend):
    """A graph in ONNX Runtime; see `spnet.backends.Backend`."""

    name = "onnxruntime"

    def __init__(self, path: str | Path, *, device: str = "cpu", threads: int = 0) -> None:
        """Load the graph.

        Args:
            path: `.onnx`, as `spnet export` writes it.
            device: "cpu", "cuda" or "tensorrt".
            threads: 0 is one a core.

        Raises:
            BadInput: the device has no provider here.
            BadWeights: no graph of ours.
            MissingExtra: onnxruntime is not installed.
        """
        self.path = Path(path)
        self.device = device
        self._session, info = open_session(self.path, device=device, threads=threads)
        self._describe(info)

    def __call__(self, inputs: Inputs) -> Floats:
        """See `Backend.__call__`."""
        feed = {name: np.ascontiguousarray(value, np.float32) for name, value in inputs.items()}
        try:
            out: Floats = self._session.run([OUTPUT], feed)[0]
        except Exception as error:
            if "alloc" in str(error).lower():
                raise BackendOutOfMemory from error
            height, width = inputs["raw"].shape[-2:]
            raise BadInput(f"ONNX Runtime failed on {width}x{height} ({_first(error)}).") from None
        if not is_answer(out, inputs):
            raise output_shape_error(self.path, out.shape, inputs["raw"].shape)
        return out


def open_session(path: Path, *, device: str = "cpu", threads: int = 0) -> tuple[Any, GraphInfo]:
    """A session of ONNX Runtime on a graph of ours; arguments and errors as `OnnxRuntimeBackend`."""
    ort = need("onnxruntime", "onnx", "ONNX graphs")
    there = ort.get_available_providers()
    wanted = PROVIDERS.get(device.split(":")[0])
    if wanted is None or wanted[0] not in there:
        names = ", ".join(name for name, providers in PROVIDERS.items() if providers[0] in there)
        raise BadInput(f"ONNX Runtime cannot use the device {device!r} here: it has {names}.")
    check_file(path)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = False  # half the memory at the peak, all given back after, 5 % more time
    # As the graph was written: what a map is needed for follows it closely, a quarter less memory in the same time.
    options.execution_order = ort.ExecutionOrder.PRIORITY_BASED
    options.log_severity_level = 3  # its warnings are about its own optimiser
    try:
        session = ort.InferenceSession(str(path), options, providers=wanted)
    except Exception:  # noqa: BLE001  # its errors share no class of their own
        raise damaged(path) from None
    return session, parse_info(session.get_modelmeta().custom_metadata_map.get(KEY), path)


def _first(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
