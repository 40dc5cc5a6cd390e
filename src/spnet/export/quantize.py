"""int8 graphs: convolutions in 8 bits, calibrated on real pairs; all else stays in float32.

What it costs was measured on the bundled weights (docs/export.md). The ends of the network and the first SP-Norm's
product stay in float32, and so does all other arithmetic, SP-Norm's statistics among it; but the quantiser gives a map
that a convolution takes in 8 bits in its rounded form to all others that use it.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from spnet.backends.graph import KEY, GraphInfo
from spnet.errors import BadInput, CannotWrite
from spnet.export.verify import network_inputs, random_inputs, real_pairs
from spnet.export.write import OPSET, SUFFIX, Shape, export, format_of, graph_info, write_openvino
from spnet.extras import need
from spnet.files import atomic_path
from spnet.types import AnyArray

OPERATORS = ["Conv", "ConvTranspose"]
MAPS = 2  # at most, from input to output, of the solver's convolutions
# One input of random colours and depths beside the real pairs: without it, what is unlike these is cut off. With it the
# bundled weights are off by 0.015 of the output's deviation on such inputs, not 0.27; on real ones REL moves by 0.1 %.
NOISE = (1, 96, 128)
CALIBRATION = ("random(10%)", "random(1%)", "random(0.1%)", "lidar(16)", "holes")  # one after the other


def export_int8(
    model: nn.Module,
    path: str | Path,
    *,
    data: Sequence[str],
    samples: int = 48,
    shape: Shape = None,
    opset: int = OPSET,
    format: str | None = None,
) -> GraphInfo:
    """Write an int8 graph, ONNX (as QDQ) or OpenVINO's IR; the file is complete or absent.

    Args:
        model: as `load_model` returns it.
        path: `.onnx` or `.xml`.
        data: data sets to calibrate on; their sparse inputs are drawn by several patterns.
        samples: at most this many images of them all.
        shape, opset, format: see `spnet.export.write.export`.

    Raises:
        BadInput: no data, or a format that has no int8.
        MissingExtra: onnxruntime, onnx or openvino is not installed.
        CannotWrite: the target, or the folder for temporary files, cannot be written.
    """
    path = Path(path)
    kind = format or format_of(path)
    if kind not in ("onnx", "openvino") or path.suffix != SUFFIX[kind]:
        raise BadInput(f"int8 is written as .onnx or .xml; got {path.name!r}.")
    if not data:
        raise BadInput("int8 is calibrated on real pairs: name data sets by --data DIR (rgb/ and depth/ inside).")
    if samples < 1:
        raise BadInput(f"samples {samples}: at least one image is needed.")
    need("onnx", "onnx", "ONNX graphs")
    quantization = need("onnxruntime.quantization", "onnx", "int8 graphs")
    if kind == "openvino":
        need("openvino", "openvino", "OpenVINO graphs")
    info = graph_info(model, preprocessing=False, precision="int8", shape=shape)
    feeds = [*_calibration(model, data, samples), random_inputs(info, *(info.shape or NOISE))]
    with _scratch() as folder:
        plain, quantised = folder / "plain.onnx", folder / "int8.onnx"
        export(model, plain, shape=shape, opset=opset)
        with _no_warnings():
            quantization.quantize_static(
                str(plain),
                str(quantised),
                _reader(quantization, feeds),
                quant_format=quantization.QuantFormat.QDQ,
                op_types_to_quantize=OPERATORS,
                nodes_to_exclude=_ends(plain),
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
            )
        content = _described(quantised, info)
    if kind == "openvino":
        write_openvino(content, path, info)
    else:
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    return info


def _calibration(model: nn.Module, data: Sequence[str], samples: int) -> Iterator[dict[str, AnyArray]]:
    needs_fill = bool(getattr(model, "needs_fill", False))
    share = -(-samples // len(CALIBRATION) // len(data)) or 1
    left = samples
    for pattern in CALIBRATION:
        for sample, sparse in real_pairs(data, pattern, share):
            if left > 0:
                yield network_inputs(sample.rgb[None], sparse[None], needs_fill=needs_fill)
            left -= 1


@contextmanager
def _scratch() -> Iterator[Path]:
    """A temporary folder; what cannot be written there is an error with a sentence."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    except CannotWrite:
        raise
    except OSError as error:
        where, why = tempfile.gettempdir(), error.strerror or error
        raise CannotWrite(f"The quantiser cannot write its temporary files to {where}: {why}.") from None


@contextmanager
def _no_warnings() -> Iterator[None]:
    """The quantiser logs one a bias that a fold computes, which stays in float32 as it should."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _reader(quantization: Any, feeds: list[dict[str, AnyArray]]) -> Any:
    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]  # its package has no types
        def __init__(self) -> None:
            self.rest = iter(feeds)

        def get_next(self) -> dict[str, AnyArray] | None:
            return next(self.rest, None)

    return Reader()


def _ends(path: Path) -> list[str]:
    """Names of the convolutions at both ends.

    These are the stem and what takes its map as it is, where a channel's range is that of colours and depths; and the
    last ones on every way to the output, which make the depth. So do those of the solver behind them.
    """
    onnx = need("onnx", "onnx", "ONNX graphs")
    graph = onnx.load(path, load_external_data=False).graph
    sums = _sums_of_neighbours(graph)
    stem = next(node for node in graph.node if node.op_type == "Conv")
    names = {node.name for node in graph.node if node.op_type == "Conv" and node.input[0] == stem.output[0]}
    makers = {name: node for node in graph.node for name in node.output}
    left, seen = [value.name for value in graph.output], set()
    while left:
        node = makers.get(left.pop())
        if node is None or node.name in seen:
            continue
        seen.add(node.name)
        if node.op_type in OPERATORS:
            names.add(node.name)
        if node.op_type not in OPERATORS or node.name in sums:
            left.extend(node.input)
    return [stem.name, *sorted(names - {stem.name})]


def _sums_of_neighbours(graph: Any) -> set[str]:
    """Names of the convolutions that only sum a pixel's neighbours in one or two maps: none of a network is so small.

    `spnet.model.gaussian_field` writes its products so.
    """
    sizes = {value.name: value.dims for value in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            sizes[node.output[0]] = next((entry.t.dims for entry in node.attribute if entry.name == "value"), None)
    kernels = {node.name: sizes.get(node.input[1]) for node in graph.node if node.op_type == "Conv"}
    return {name for name, size in kernels.items() if size and size[0] * size[1] <= MAPS}


def _described(path: Path, info: GraphInfo) -> bytes:
    onnx = need("onnx", "onnx", "ONNX graphs")
    program = onnx.load(path)
    del program.metadata_props[:]
    entry = program.metadata_props.add()
    entry.key, entry.value = KEY, info.text()
    content: bytes = program.SerializeToString()
    return content
