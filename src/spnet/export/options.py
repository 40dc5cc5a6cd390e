"""`spnet export` from its options: parses them, writes the file, says what was written."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from spnet.errors import BadInput
from spnet.export.write import LARGEST, Shape, export
from spnet.files import atomic_path
from spnet.fill import FILL_CHANNELS
from spnet.model.weights import load_model

_SHAPE = re.compile(r"(?:(\d+)x)?(\d+)x(\d+)")
_TENSORRT = """#!/bin/sh
# Builds a TensorRT engine (8.6 or later) from {onnx}, for the GPU that this runs on; TensorRT's trtexec is needed.
set -e
cd "$(dirname "$0")"
trtexec --onnx={onnx} --saveEngine={plan} --fp16 {shapes}
"""
_TRT_SHAPES = {"min": (1, 64, 64), "opt": (1, 480, 640), "max": (4, 1088, 1920)}  # of a dynamic graph, ours


def parse_shape(text: str) -> Shape:
    """ "dynamic", "HEIGHTxWIDTH" or "BATCHxHEIGHTxWIDTH".

    Raises:
        BadInput: anything else.

    >>> parse_shape("480x640"), parse_shape("2x480x640"), parse_shape("dynamic")
    ((1, 480, 640), (2, 480, 640), None)
    """
    if text == "dynamic":
        return None
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise BadInput(f"Shape {text!r}: expected dynamic, HEIGHTxWIDTH or BATCHxHEIGHTxWIDTH, e.g. 480x640.")
    batch, height, width = (int(part or 1) for part in match.groups())
    if not all(1 <= length <= LARGEST for length in (batch, height, width)):
        raise BadInput(f"Shape {text!r}: batch, height and width are from 1 to {LARGEST}.")
    return batch, height, width


def export_file(
    model: str,
    output: Path,
    *,
    format: str | None,
    precision: str,
    shape: str,
    preprocessing: bool,
    max_depth: str,
    opset: int,
    data: tuple[str, ...],
    samples: int,
) -> list[str]:
    """What `spnet export` does; arguments as its options.

    Returns:
        Lines that say what was written.

    Raises:
        BadInput: options that make no sense.
        BadWeights: see `load_model`.
        MissingExtra: an engine's package is not installed.
        CannotWrite: the target cannot be written.
    """
    size = parse_shape(shape)
    metres = _metres(max_depth, preprocessing)
    script = output if format == "tensorrt-plan-script" or (format is None and output.suffix == ".sh") else None
    if script is not None:
        if script.suffix != ".sh":
            raise BadInput(f"{script.name!r}: a TensorRT script is written to a name that ends in .sh.")
        if precision == "int8":
            raise BadInput("A TensorRT script is for fp32 and fp16: its builder calibrates int8 itself.")
    target = script.with_suffix(".onnx") if script is not None else output
    kind = None if script is not None else format
    network = load_model(model)
    if precision == "int8":
        from spnet.export.quantize import export_int8

        info = export_int8(network, target, data=data, samples=samples, shape=size, opset=opset, format=kind)
    else:
        info = export(
            network, target, format=kind, precision=precision, shape=size, preprocessing=preprocessing,  # type: ignore[arg-type]  # it checks
            max_depth=metres, opset=opset,
        )  # fmt: skip
    files = [target, *([target.with_suffix(".bin")] if target.suffix == ".xml" else [])]
    lines = [f"{path}: {path.stat().st_size / 1e6:.1f} MB" for path in files]
    if script is not None:
        _write_script(script, target, network_inputs(info.needs_fill, preprocessing), size)
        lines.append(f"{script}: run it where TensorRT is, for {script.with_suffix('.plan').name}")
    return [*lines, f"{info.name}, {info.precision}, {shape}: {info.units}"]


def network_inputs(needs_fill: bool, preprocessing: bool) -> dict[str, str]:
    """Names of a graph's inputs, with their dimensions in trtexec's form."""
    inputs = (
        {"rgb": "{b}x{h}x{w}x3", "depth": "{b}x{h}x{w}"}
        if preprocessing
        else {"rgb": "{b}x3x{h}x{w}", "raw": "{b}x1x{h}x{w}"}
    )
    return {**inputs, **({"fill": f"{{b}}x{FILL_CHANNELS}x{{h}}x{{w}}"} if needs_fill else {})}


def _metres(max_depth: str, preprocessing: bool) -> float | None:
    if max_depth == "auto":
        return None
    if not preprocessing:
        raise BadInput("--max-depth is for graphs with --preprocessing: without it they take normalised depth.")
    try:
        value = float(max_depth)
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise BadInput(f"max_depth {max_depth!r}: expected auto, or a positive number of metres.")
    return value


def _write_script(script: Path, onnx: Path, inputs: dict[str, str], size: Shape) -> None:
    shapes = []
    for kind, (b, h, w) in ({} if size else _TRT_SHAPES).items():
        dims = ",".join(f"{name}:{form.format(b=b, h=h, w=w)}" for name, form in inputs.items())
        shapes.append(f"--{kind}Shapes={dims}")
    text = _TENSORRT.format(onnx=onnx.name, plan=onnx.with_suffix(".plan").name, shapes=" ".join(shapes))
    with atomic_path(script) as temporary:
        temporary.write_text(text, encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
