"""`spnet export`: weights as a file for other engines, and `spnet export verify`: does it give the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

app = App(name="export", help="Write weights as ONNX, OpenVINO or torch.export; check such a file.")

Format = Literal["onnx", "openvino", "torch", "tensorrt-plan-script"]


@app.default
def export(
    model: str = "default",
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    format: Format | None = None,
    precision: Literal["fp32", "fp16", "int8"] = "fp32",
    shape: str = "dynamic",
    preprocessing: Annotated[bool, Parameter(negative="")] = False,
    max_depth: str = "auto",
    opset: int = 18,
    data: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    samples: int = 48,
) -> int:
    """Write weights as a file for other engines.

    Parameters
    ----------
    model:
        Bundled name, weights file or hub id.
    output:
        File: .onnx, .xml (OpenVINO; a .bin comes beside it), .pt2 (torch.export), .sh (TensorRT).
    format:
        onnx, openvino, torch or tensorrt-plan-script (an .onnx and the trtexec command for it). Default: by the suffix.
    precision:
        Of the stored weights. fp16 halves the file, the arithmetic stays float32. int8 needs --data.
    shape:
        dynamic, HEIGHTxWIDTH or BATCHxHEIGHTxWIDTH.
    preprocessing:
        Take uint8 colours and metres, and return metres: scaling and mask are in the graph.
    max_depth:
        With --preprocessing, metres that 1.0 stands for; auto: by each image's farthest measurement.
    opset:
        Of ONNX, 18 to 23.
    data:
        Data sets (rgb/ and depth/ inside) that int8 is calibrated on.
    samples:
        At most this many images of them.
    """
    from spnet.export.options import export_file

    lines = export_file(
        model,
        output,
        format=format,
        precision=precision,
        shape=shape,
        preprocessing=preprocessing,
        max_depth=max_depth,
        opset=opset,
        data=data,
        samples=samples,
    )
    print("\n".join(lines))
    return 0


@app.command
def verify(
    file: Path,
    *,
    model: str = "default",
    backend: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    data: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    limit: int = 20,
    tolerance: float | None = None,
) -> int:
    """Compare an exported file with PyTorch, on five shapes and on real pairs; exit status 1 where they differ.

    Parameters
    ----------
    file:
        What `spnet export` wrote.
    model:
        The weights that it was made from.
    backend:
        onnxruntime, openvino. Default: every installed one that takes the file.
    data:
        Data sets with truth, for the change of the relative error (REL) at 10 %, 1 % and 0.1 %.
    limit:
        At most this many images of each.
    tolerance:
        Largest difference allowed, in standard deviations of the output. Default: 1e-4 for float32, none for int8.
    """
    from spnet.export.verify import verify_file

    report = verify_file(file, model, backends=backend, data=data, limit=limit, tolerance=tolerance)
    print(report.text())
    return 0 if report.passed else 1
