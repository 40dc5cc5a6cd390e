"""The bundled weights through both engines, in float32 and in 8 bits, on five shapes each."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import spnet
from spnet.backends.onnx_runtime import OnnxRuntimeBackend
from spnet.backends.openvino import OpenVinoBackend
from spnet.errors import BadInput
from spnet.export.choice import example_inputs
from spnet.export.quantize import _sums_of_neighbours, export_int8
from spnet.export.verify import SHAPES, TOLERANCE, verify_file
from spnet.export.write import export
from spnet.model.weights import load_model

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("openvino")

ENGINES = {"onnxruntime", "openvino"}
INT8_LIMIT = 0.04  # mean, of the output's standard deviation; 0.026 on these few made-up images, 0.012 by real ones


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundled") / "default.onnx"
    export(load_model("default"), path)
    return path


def test_the_bundled_weights_in_float32(bundled: Path) -> None:
    report = verify_file(bundled, "default")
    assert report.passed
    seen = {(d.engine, d.what) for d in report.differences}
    assert seen == {(engine, f"{b}x2x{h}x{w}") for engine in ENGINES for b, h, w in SHAPES}
    assert {b for b, _, _ in SHAPES} == {1, 2}
    assert any(h % 32 and w % 32 for _, h, w in SHAPES)
    assert max(d.largest for d in report.differences) <= TOLERANCE


def test_the_bundled_weights_in_8_bits(data: Path) -> None:
    export_int8(load_model("default"), "int8.onnx", data=[f"{data}@mm"], samples=5)
    report = verify_file(Path("int8.onnx"), "default", data=[f"{data}@mm"])
    assert report.passed
    assert {d.engine for d in report.differences} == ENGINES
    assert len(report.differences) == len(ENGINES) * len(SHAPES)
    means = [difference.mean for difference in report.differences]
    assert min(means) > 0
    assert max(means) < INT8_LIMIT
    assert all(change.share < 0.02 for change in report.changes)
    graph = onnx.load("int8.onnx").graph
    products = [node for node in graph.node if node.op_type == "Conv"]
    scaled = {name for node in graph.node if node.op_type == "DequantizeLinear" for name in node.output}
    sums = _sums_of_neighbours(graph)
    assert len(sums) > 50
    plain = [node for node in products if node.input[1] not in scaled and node.name not in sums]
    assert not [node for node in products if node.input[1] in scaled and node.name in sums]
    # Left in float32 beside these: the stem, SP-Norm's product on its map, and the output's sum of e0, e1, x and ones.
    assert len(plain) == 6
    assert len(products) - len(sums) > 50


@pytest.mark.parametrize("engine", [OnnxRuntimeBackend, OpenVinoBackend])
def test_another_shape_than_the_file_is_for(engine: type, bundled: Path, tmp_path: Path) -> None:
    export(load_model("default"), tmp_path / "fixed.onnx", shape=(1, 64, 96))
    backend = engine(tmp_path / "fixed.onnx")
    assert backend(example_inputs(64, 96, needs_fill=True)).shape == (1, 2, 64, 96)
    with pytest.raises(BadInput, match="failed on 96x70"):
        backend(example_inputs(70, 96, needs_fill=True))


def test_an_unknown_format_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert spnet(monkeypatch, "export", "-o", "net.onnx", "--format", "caffe") != 0
    said = capsys.readouterr()
    assert "caffe" in said.err + said.out
    assert not Path("net.onnx").exists()
    with pytest.raises(BadInput, match="Format 'caffe': choose one of onnx, openvino, torch"):
        export(load_model("default"), "net.onnx", format="caffe")  # type: ignore[arg-type]
