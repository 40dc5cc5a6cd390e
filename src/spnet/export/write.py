"""Writes a network as a file: ONNX, OpenVINO's IR, or a torch.export program."""

from __future__ import annotations

import hashlib
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import nn

from spnet.backends.graph import KEY, OUTPUT, VERSION, GraphInfo
from spnet.backends.pytorch import bytes_per_pixel
from spnet.errors import BadInput, CannotWrite
from spnet.export.graphs import MetricGraph, NetworkGraph
from spnet.extras import need
from spnet.files import atomic_path
from spnet.fill import FILL_CHANNELS
from spnet.model.network import STRIDE
from spnet.model.weights import weights_info

Format = Literal["onnx", "openvino", "torch"]
StoredPrecision = Literal["fp32", "fp16"]
SUFFIX = {"onnx": ".onnx", "openvino": ".xml", "torch": ".pt2"}
OPSET = 18  # the lowest that PyTorch's exporter writes itself: the more engines take it. TensorRT 8.6 and later do.
OPSETS = range(18, 24)
TRACED_OPSET = 20  # the newest of the exporter that traces
LARGEST = 16384  # pixels a side that a dynamic graph promises to take
SMALL = 1024  # numbers; smaller tensors stay in float32, where halving them saves nothing

Shape = tuple[int, int, int] | None  # batch, height and width; None: any


def weights_hash(model: nn.Module) -> str:
    """SHA-256 of a network's state: names, shapes and numbers."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}\n".encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def graph_info(model: nn.Module, *, preprocessing: bool, precision: str, shape: Shape = None) -> GraphInfo:
    """What the file of a network will say of itself."""
    info = weights_info(model)
    colours = "rgb uint8 (B,H,W,3)" if preprocessing else "rgb float32 (B,3,H,W) in 0..1"
    metres = "depth metres (B,H,W), 0 = not measured" if preprocessing else "raw = metres / max_depth (B,1,H,W)"
    needs_fill = bool(getattr(model, "needs_fill", False))
    fill = f", fill (B,{FILL_CHANNELS},H,W): see spnet.fill.fill_stack" if needs_fill else ""
    return GraphInfo(
        name=info.name if info else type(model).__name__,
        weights_sha256=weights_hash(model),
        version=VERSION,
        revision=info.revision if info else "",
        needs_fill=needs_fill,
        max_depth=info.max_depth if info else None,
        preprocessing=preprocessing,
        precision=precision,
        shape=shape,
        multiple=1,
        bytes_per_pixel=bytes_per_pixel(model),
        units=f"{colours}, {metres}{fill}; depth in the unit of the input",
    )


def export(
    model: nn.Module,
    path: str | Path,
    *,
    format: Format | None = None,
    precision: StoredPrecision = "fp32",
    shape: Shape = None,
    preprocessing: bool = False,
    max_depth: float | None = None,
    opset: int = OPSET,
) -> GraphInfo:
    """Write a network; the file is complete or absent.

    Args:
        model: as `load_model` returns it.
        path: target; OpenVINO writes a `.bin` beside its `.xml`.
        format: "onnx", "openvino" or "torch"; None: by the suffix .onnx, .xml or .pt2.
        precision: of the stored weights. The arithmetic stays float32, unless the engine is told otherwise.
        shape: batch, height and width; None: any, when it runs.
        preprocessing: take uint8 colours and metres, see `MetricGraph`, rather than the network's own inputs.
        max_depth: with preprocessing: metres that 1.0 stands for; None: by each image's farthest measurement.
        opset: of ONNX.

    Raises:
        BadInput: an unknown format, precision or opset, or a shape that makes no sense.
        MissingExtra: onnx or openvino is not installed.
        CannotWrite: the target cannot be written.
    """
    path = Path(path)
    chosen = format or format_of(path)
    _check(chosen, path, precision, shape, opset)
    graph = MetricGraph(model, max_depth=max_depth) if preprocessing else NetworkGraph(model)
    info = graph_info(model, preprocessing=preprocessing, precision=precision, shape=shape)
    if chosen == "torch":
        return _write_torch(
            graph, path, shape, replace(info, precision="fp32", multiple=STRIDE if shape is None else 1)
        )
    program = _onnx_program(graph, shape, opset)
    if precision == "fp16":
        halve(program)
    entry = program.metadata_props.add()
    entry.key, entry.value = KEY, info.text()
    if chosen == "onnx":
        with atomic_path(path) as temporary:
            temporary.write_bytes(program.SerializeToString())
    else:
        write_openvino(program.SerializeToString(), path, info)
    return info


def format_of(path: Path) -> Format:
    """The format that a name's suffix stands for; BadInput where there is none."""
    found = next((name for name, suffix in SUFFIX.items() if suffix == path.suffix.lower()), None)
    if found is None:
        raise BadInput(f"{path.name!r} names no format: end it in {', '.join(SUFFIX.values())}, or give --format.")
    return found  # type: ignore[return-value]  # the keys of SUFFIX are those of Format


def _check(chosen: str, path: Path, precision: str, shape: Shape, opset: int) -> None:
    if chosen not in SUFFIX:
        raise BadInput(f"Format {chosen!r}: choose one of {', '.join(SUFFIX)}.")
    if path.suffix.lower() != SUFFIX[chosen]:
        raise BadInput(f"{path.name!r}: the format {chosen} is written to a name that ends in {SUFFIX[chosen]}.")
    if precision not in get_args(StoredPrecision):
        raise BadInput(f"Precision {precision!r}: choose one of {', '.join(get_args(StoredPrecision))}.")
    if opset not in OPSETS:
        raise BadInput(f"Opset {opset}: PyTorch's exporter writes {OPSETS.start} to {OPSETS.stop - 1}.")
    if shape is not None and not all(1 <= length <= LARGEST for length in shape):
        raise BadInput(f"Shape {shape}: batch, height and width are from 1 to {LARGEST}.")
    need("openvino" if chosen == "openvino" else "math", "openvino", "OpenVINO graphs")


def _dynamic(graph: NetworkGraph | MetricGraph, count: int, multiple: int = 1) -> dict[str, dict[int, Any]]:
    dim = torch.export.Dim
    if multiple == 1:
        sizes = [dim("batch", min=1, max=256), dim("height", min=2, max=LARGEST), dim("width", min=2, max=LARGEST)]
    else:
        most = LARGEST // multiple
        sizes = [dim("batch", min=1, max=256), *(multiple * dim(name, min=1, max=most) for name in ("rows", "columns"))]
    return {
        name: dict(zip(axes, sizes, strict=True)) for name, axes in zip(graph.names[:count], graph.axes, strict=False)
    }


def _resized(graph: NetworkGraph | MetricGraph, shape: Shape) -> tuple[torch.Tensor, ...]:
    inputs = graph.example()
    if shape is None:
        return inputs
    return tuple(
        x.new_zeros([shape[axes.index(i)] if i in axes else n for i, n in enumerate(x.shape)]) + (x.flatten()[0])
        for x, axes in zip(inputs, graph.axes, strict=False)
    )


def _onnx_program(graph: NetworkGraph | MetricGraph, shape: Shape, opset: int) -> Any:
    """The network as an `onnx.ModelProto`.

    By PyTorch's tracing exporter up to the opset that it knows: it takes a second, where the one on torch.export takes
    more than a minute for sizes that are open (symbolic arithmetic), and both give the same operators.
    """
    onnx = need("onnx", "onnx", "ONNX graphs")
    inputs = _resized(graph, shape)
    names = list(graph.names[: len(inputs)])
    if opset > TRACED_OPSET:
        return _exported_program(graph, inputs, names, shape, opset)
    every = dict(zip(names, graph.axes, strict=False)) | {OUTPUT: graph.axes[1]}
    open_axes = {name: dict(zip(axes, ("batch", "height", "width"), strict=True)) for name, axes in every.items()}
    content = io.BytesIO()
    with _quiet(), torch.inference_mode(False), torch.no_grad():
        torch.onnx.export(
            graph.eval(),
            inputs,
            content,  # type: ignore[arg-type]  # a file is taken too
            dynamo=False,
            opset_version=opset,
            input_names=names,
            output_names=[OUTPUT],
            dynamic_axes=open_axes if shape is None else None,
        )
    return onnx.load_from_string(content.getvalue())


def _exported_program(
    graph: NetworkGraph | MetricGraph, inputs: tuple[torch.Tensor, ...], names: list[str], shape: Shape, opset: int
) -> Any:
    need("onnxscript", "onnx", "ONNX graphs of newer opsets")
    with _quiet(), torch.inference_mode(False), torch.no_grad():
        program = torch.onnx.export(
            graph.eval(),
            inputs,
            dynamo=True,
            opset_version=opset,
            input_names=names,
            output_names=[OUTPUT],
            dynamic_shapes=_dynamic(graph, len(inputs)) if shape is None else None,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def _write_torch(graph: NetworkGraph | MetricGraph, path: Path, shape: Shape, info: GraphInfo) -> GraphInfo:
    inputs = _resized(graph, shape)
    with _quiet(), torch.no_grad():
        dynamic = _dynamic(graph, len(inputs), info.multiple) if shape is None else None
        program = torch.export.export(graph.eval(), inputs, dynamic_shapes=dynamic)
    content = io.BytesIO()  # its own writer ends the process where a disk is full
    torch.export.save(program, content, extra_files={KEY: info.text()})
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.getbuffer())
    return info


def write_openvino(program: bytes, path: Path, info: GraphInfo) -> None:
    """An ONNX graph as OpenVINO's IR: `.xml`, and `.bin` with the weights.

    Raises:
        CannotWrite: the target cannot be written.
    """
    openvino = need("openvino", "openvino", "OpenVINO graphs")
    graph = openvino.Core().read_model(io.BytesIO(program))
    graph.set_rt_info(info.text(), KEY)
    # The .bin first: an .xml stands for a whole pair.
    with atomic_path(path) as xml, atomic_path(path.with_suffix(".bin")) as weights:
        own = xml.with_suffix(".bin")
        try:
            openvino.save_model(graph, str(xml), compress_to_fp16=info.precision == "fp16")
            own.replace(weights)
        except RuntimeError:  # it does not say why
            raise CannotWrite(f"Cannot write {path}: OpenVINO could not write all of it; is the disk full?") from None
        finally:
            own.unlink(missing_ok=True)


def halve(program: Any) -> None:
    """Store large float32 weights of an ONNX graph in half precision; a Cast before their use, which engines fold."""
    onnx = need("onnx", "onnx", "ONNX graphs")
    casts = []
    for weight in program.graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype != "float32" or values.size < SMALL:
            continue
        half = f"{weight.name}.half"
        casts.append(onnx.helper.make_node("Cast", [half], [weight.name], to=onnx.TensorProto.FLOAT))
        weight.CopyFrom(onnx.numpy_helper.from_array(values.astype("float16"), half))
    nodes = [*casts, *program.graph.node]
    del program.graph.node[:]
    program.graph.node.extend(nodes)


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints and warns about its own affairs."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)
