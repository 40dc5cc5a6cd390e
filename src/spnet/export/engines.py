"""Runs an exported file of any kind on named inputs, as a program without this package would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from spnet.backends.graph import KEY, OUTPUT, GraphInfo, parse_info
from spnet.backends.onnx_runtime import open_session
from spnet.backends.openvino import read_graph
from spnet.errors import BadInput, BadWeights
from spnet.extras import need
from spnet.types import AnyArray

Engine = Callable[[dict[str, AnyArray]], AnyArray]
ENGINES = {"onnxruntime": (".onnx",), "openvino": (".onnx", ".xml"), "torch": (".pt2",)}


def open_engine(path: Path, name: str) -> tuple[GraphInfo, Engine]:
    """What a file says of itself, and a function from its inputs by name to the depth; on the CPU, in float32.

    Raises:
        BadInput: no such file, or not one for this engine.
        BadWeights: damaged, or not ours.
        MissingExtra: the engine is not installed.
    """
    if name not in ENGINES:
        raise BadInput(f"Back end {name!r}: choose one of {', '.join(ENGINES)}.")
    if path.suffix not in ENGINES[name]:
        raise BadInput(f"{name} does not take {path.name}: it is for {', '.join(ENGINES[name])}.")
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    return {"onnxruntime": _onnxruntime, "openvino": _openvino, "torch": _torch}[name](path)


def _onnxruntime(path: Path) -> tuple[GraphInfo, Engine]:
    session, info = open_session(path)
    return info, lambda feed: session.run([OUTPUT], feed)[0]


def _openvino(path: Path) -> tuple[GraphInfo, Engine]:
    core = need("openvino", "openvino", "OpenVINO graphs").Core()
    graph, info = read_graph(core, path)
    request = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    return info, lambda feed: request.infer(feed)[OUTPUT].copy()


def _torch(path: Path) -> tuple[GraphInfo, Engine]:
    import torch

    extra = {KEY: ""}
    try:
        program = torch.export.load(str(path), extra_files=extra).module()
    except (RuntimeError, ValueError, OSError, KeyError, BadZipFile) as error:
        raise BadWeights(f"{path} cannot be loaded by torch.export ({str(error).splitlines()[-1][:200]}).") from None

    info = parse_info(extra[KEY], path)

    def run(feed: dict[str, AnyArray]) -> AnyArray:
        height, width = feed["raw" if "raw" in feed else "depth"].shape[-2:]
        if height % info.multiple or width % info.multiple or min(height, width) < info.least:
            raise BadInput(
                f"{path.name} takes heights and widths that are multiples of {info.multiple}, from {info.least} on; "
                f"got {width}x{height}."
            )
        with torch.no_grad():
            out: AnyArray = program(*(torch.from_numpy(np.ascontiguousarray(value)) for value in feed.values())).numpy()
        return out

    return info, run
