"""Exported files give the network's numbers, say what they are, and refuse what makes no sense."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from command import spnet
from scenes import room
from spnet.backends.graph import parse_info
from spnet.backends.onnx_runtime import OnnxRuntimeBackend
from spnet.backends.openvino import OpenVinoBackend
from spnet.errors import BadInput, BadWeights, MissingExtra
from spnet.export import choice
from spnet.export.choice import example_inputs
from spnet.export.old_graphs import mark_used, remove_old
from spnet.export.options import network_inputs, parse_shape
from spnet.export.quantize import export_int8
from spnet.export.verify import TOLERANCE, verify_file
from spnet.export.write import export, weights_hash
from spnet.model.build import build_model
from spnet.model.config import ModelConfig, Revision
from spnet.model.weights import load_model, save_weights
from spnet.predictor import Predictor

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")
pytest.importorskip("openvino")

ENGINES = ("onnxruntime", "openvino")


# Wider than the other tests' networks: a norm over their two channels at full resolution amplifies rounding.
def wide(folder: Path, revision: Revision, max_depth: float | None) -> Path:
    config = ModelConfig((32, 32, 40, 48), (1, 1, 1, 1), revision=revision)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_model(config)
        torch.nn.init.normal_(model.decoder.head.weight, std=0.05)
    path = folder / f"wide-{revision}.safetensors"
    save_weights(path, model.state_dict(), config, name=f"wide-{revision}", max_depth=max_depth)
    return path


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wide(tmp_path_factory.mktemp("weights"), "spnet", 20.0)


@pytest.fixture(scope="module")
def fill_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wide(tmp_path_factory.mktemp("weights"), "fill", None)


@pytest.fixture(scope="module")
def graph(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "small.onnx"
    export(load_model(small_model), path)
    return path


@pytest.fixture(scope="module")
def fill_graph(fill_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "fill.onnx"
    export(load_model(fill_model), path)
    return path


def test_a_graph_verifies_on_all_shapes_in_all_engines(graph: Path, small_model: Path) -> None:
    report = verify_file(graph, str(small_model))
    assert report.passed
    assert {d.engine for d in report.differences} == set(ENGINES)
    assert len({d.what for d in report.differences}) >= 5
    assert {"1x1x97x131", "2x1x45x33"} <= {d.what for d in report.differences}, "odd sizes and batches"
    assert all(d.largest <= TOLERANCE for d in report.differences)


def test_a_fill_network_too(fill_graph: Path, fill_model: Path) -> None:
    assert verify_file(fill_graph, str(fill_model)).passed


def test_openvino_files(small_model: Path, tmp_path: Path) -> None:
    export(load_model(small_model), tmp_path / "net.xml")
    assert (tmp_path / "net.bin").is_file()
    assert verify_file(tmp_path / "net.xml", str(small_model)).passed


def test_torch_programs(small_model: Path, tmp_path: Path) -> None:
    for number, size in enumerate([(75, 100), (40, 90)]):  # cut to 64x96; too small
        rgb, depth = room(*size, share=1.0, seed=number)
        for kind, image in (("rgb", rgb), ("depth", np.rint(depth * 1000).astype(np.uint16))):
            (tmp_path / "rooms" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(tmp_path / "rooms" / kind / f"{number}.png")
    export(load_model(small_model), tmp_path / "net.pt2")
    report = verify_file(tmp_path / "net.pt2", str(small_model), data=[f"{tmp_path / 'rooms'}@mm"])
    assert report.passed
    assert {d.engine for d in report.differences} == {"torch"}
    assert report.changes
    assert all(c.pairs == 1 and abs(c.share) < 1e-3 for c in report.changes)
    from spnet.export.engines import open_engine

    info, engine = open_engine(tmp_path / "net.pt2", "torch")
    assert info.multiple == 32
    for height, width in ((70, 96), (32, 96)):
        with pytest.raises(BadInput, match=f"multiples of 32, from 64 on; got {width}x{height}"):
            engine(
                {"rgb": np.zeros((1, 3, height, width), np.float32), "raw": np.ones((1, 1, height, width), np.float32)}
            )


@pytest.mark.parametrize("kind", ["small_model", "fill_model"])
def test_preprocessing_inside_gives_the_predictors_metres(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    weights = request.getfixturevalue(kind)
    export(load_model(weights), tmp_path / "metric.onnx", preprocessing=True)
    assert verify_file(tmp_path / "metric.onnx", str(weights)).passed
    rgb, depth = room(45, 67)
    expected = Predictor(weights, device="cpu").complete(rgb, depth).depth
    depth[depth == 0] = np.nan  # as some sensors say that they know nothing
    from spnet.export.engines import open_engine
    from spnet.fill import fill_stack

    _, engine = open_engine(tmp_path / "metric.onnx", "onnxruntime")
    feed = {"rgb": rgb[None], "depth": depth[None]}
    if kind == "fill_model":
        feed["fill"] = fill_stack(rgb.astype(np.float32) / 255, np.nan_to_num(depth))[None]
    assert np.allclose(engine(feed)[0], expected, rtol=1e-3, atol=1e-4)


def test_the_documents_program_without_this_package(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)
    assert "spnet" not in code
    export(load_model(small_model), "metric.onnx", preprocessing=True)
    rgb, depth = room(45, 67)
    Image.fromarray(rgb).save("rgb.png")
    Image.fromarray(np.rint(1000 * depth).astype(np.uint16)).save("depth.png")
    exec(compile(code, "export.md", "exec"), {})
    expected = Predictor(small_model, device="cpu").complete("rgb.png", "depth.png").depth
    assert np.allclose(np.load("dense.npy"), expected, rtol=1e-3, atol=1e-3)


def test_a_fixed_maximal_depth_in_the_graph(small_model: Path, tmp_path: Path) -> None:
    export(load_model(small_model), tmp_path / "metric.onnx", preprocessing=True, max_depth=20.0)
    from spnet.export.engines import open_engine

    rgb, depth = room(40, 48)
    _, engine = open_engine(tmp_path / "metric.onnx", "openvino")
    expected = Predictor(small_model, device="cpu", max_depth=20.0).complete(rgb, depth).depth
    assert np.allclose(engine({"rgb": rgb[None], "depth": depth[None]})[0], expected, rtol=1e-3, atol=1e-3)


def test_half_precision_weights_halve_the_file(graph: Path, small_model: Path, tmp_path: Path) -> None:
    export(load_model(small_model), tmp_path / "half.onnx", precision="fp16")
    assert (tmp_path / "half.onnx").stat().st_size < 0.8 * graph.stat().st_size
    assert verify_file(tmp_path / "half.onnx", str(small_model)).passed


def test_a_fixed_shape(small_model: Path, tmp_path: Path) -> None:
    export(load_model(small_model), tmp_path / "fixed.onnx", shape=(1, 48, 80))
    report = verify_file(tmp_path / "fixed.onnx", str(small_model))
    assert report.passed
    assert {d.what for d in report.differences} == {"1x1x48x80"}


def test_the_file_says_what_it_is(graph: Path, small_model: Path) -> None:
    program = onnx.load(graph)
    onnx.checker.check_model(program, full_check=True)
    info = parse_info({p.key: p.value for p in program.metadata_props}["spnet"], graph)
    assert info.name == "wide-spnet"
    assert info.max_depth == 20.0
    assert info.weights_sha256 == weights_hash(load_model(small_model))
    assert "max_depth" in info.units
    assert [i.name for i in program.graph.input] == ["rgb", "raw"]
    dims = [[d.dim_param or d.dim_value for d in i.type.tensor_type.shape.dim] for i in program.graph.input]
    assert dims == [["batch", 3, "height", "width"], ["batch", 1, "height", "width"]]


def test_int8_is_calibrated_and_stays_near(fill_model: Path, fill_graph: Path, data: Path) -> None:
    info = export_int8(load_model(fill_model), "int8.onnx", data=[f"{data}@mm"], samples=4)
    assert info.precision == "int8"
    report = verify_file(Path("int8.onnx"), str(fill_model), data=[f"{data}@mm"])
    assert report.passed
    assert {c.engine for c in report.changes} == set(ENGINES)
    assert all(abs(c.share) < 0.02 for c in report.changes)
    kinds = {node.op_type for node in onnx.load("int8.onnx").graph.node}
    assert "QuantizeLinear" in kinds
    export_int8(load_model(fill_model), "int8.xml", data=[f"{data}@mm"], samples=4)
    assert verify_file(Path("int8.xml"), str(fill_model)).passed


@pytest.mark.parametrize("engine", [OnnxRuntimeBackend, OpenVinoBackend])
def test_the_predictor_gives_the_same_through_a_graph(engine: type, fill_graph: Path, fill_model: Path) -> None:
    rgb, depth = room(61, 75)
    expected = Predictor(fill_model, device="cpu").complete(rgb, depth)
    found = Predictor(fill_graph, backend=engine.name)
    for _ in range(3):  # OpenVINO compiles for a shape that comes again
        got = found.complete(rgb, depth)
        assert np.allclose(got.depth, expected.depth, rtol=1e-4)
    assert got.model == expected.model
    assert found.runner.backend.name == engine.name


def test_a_graph_of_one_size_sees_few_measurements_at_that_size(fill_model: Path, tmp_path: Path) -> None:
    rgb, depth = room(240, 320, share=0.0002)
    export(load_model(fill_model), tmp_path / "fixed.onnx", shape=(1, 240, 320))
    result = Predictor(tmp_path / "fixed.onnx", backend="onnxruntime").complete(rgb, depth)
    assert result.depth.shape == depth.shape
    coarse = Predictor(fill_model, device="cpu").complete(rgb, depth).depth
    assert not np.allclose(result.depth, coarse, rtol=1e-3), "of any size it sees less"


def test_tiles_run_through_a_graph(fill_graph: Path, fill_model: Path) -> None:
    rgb, depth = room(400, 800)
    whole = Predictor(fill_model, device="cpu").complete(rgb, depth).depth
    tiled = Predictor(fill_graph, backend="openvino", memory_mb=250).complete(rgb, depth).depth
    assert not np.allclose(tiled, whole, rtol=1e-3), "it was tiled"
    assert np.allclose(tiled, whole, rtol=2e-2)


def test_backends_of_weights_by_name_of_the_engine(
    fill_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rgb, depth = room(40, 48)
    expected = Predictor(fill_model, device="cpu").complete(rgb, depth).depth
    for backend in ENGINES:
        assert np.allclose(Predictor(fill_model, backend=backend).complete(rgb, depth).depth, expected, rtol=1e-4)
    assert len([w for w in recwarn if "this is done once" in str(w.message)]) == 1


def test_auto_measures_once_and_remembers(fill_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("spnet.export.choice.MEASURED_AT", (64, 64))
    with pytest.warns(match="this is done once"):
        first = Predictor(fill_model, backend="auto", device="cpu")
    (remembered,) = tmp_path.rglob("choice.json")
    content = json.loads(remembered.read_text())
    assert set(content["seconds"]) == {"torch", *ENGINES}
    assert content["backend"] == min(content["seconds"], key=lambda name: content["seconds"][name])
    assert first.runner.backend.name == content["backend"]
    remembered.write_text(json.dumps({**content, "backend": "onnxruntime"}))
    assert Predictor(fill_model, backend="auto", device="cpu").runner.backend.name == "onnxruntime"
    remembered.write_text(json.dumps({**content, "backend": "onnxruntime", "machine": "another"}))
    monkeypatch.setattr("spnet.export.choice._measure", lambda *_: "openvino")
    assert Predictor(fill_model, backend="auto", device="cpu").runner.backend.name == "openvino"
    remembered.write_text("no json")
    assert Predictor(fill_model, backend="auto", device="cpu").runner.backend.name == "openvino"


def test_a_graph_needs_no_torch(graph: Path, tmp_path: Path) -> None:
    rgb, depth = room(40, 48)
    np.savez(tmp_path / "in.npz", rgb=rgb, depth=depth)
    code = (
        "import sys, numpy as np; from spnet import Predictor; x = np.load(sys.argv[2]); "
        "out = Predictor(sys.argv[1], backend='onnxruntime').complete(x['rgb'], x['depth']); "
        "print(out.depth.shape, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(graph), str(tmp_path / "in.npz")], capture_output=True, text=True
    )
    assert done.stdout.split("\n")[0] == "(40, 48) False", done.stderr


COMPLETE_WITHOUT_TORCH = """
import sys
sys.argv = ["spnet", "complete", "rgb.png", "depth.png", "--model", sys.argv[1]]
from spnet.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(sorted({"torch", "onnx", "safetensors", "rich.progress", "matplotlib", "huggingface_hub"} & set(sys.modules)))
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_second_start_needs_no_torch(
    engine: str, fill_model: Path, fill_graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`spnet complete` with weights whose graph is in the cache: importing torch alone would double its time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("SPNET_BACKEND", "auto")
    monkeypatch.chdir(tmp_path)
    folder = choice._graph_folder(fill_model)
    folder.mkdir(parents=True)
    (folder / "graph.onnx").write_bytes(fill_graph.read_bytes())
    (folder / "choice.json").write_text(json.dumps({"backend": engine, "machine": choice._machine()}))
    rgb, depth = room(40, 48)
    Image.fromarray(rgb).save("rgb.png")
    Image.fromarray((1000 * depth).astype(np.uint16)).save("depth.png")
    command = [sys.executable, "-c", COMPLETE_WITHOUT_TORCH, str(fill_model)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr
    assert Path("rgb_depth.png").is_file()
    assert Path("rgb_preview.png").is_file()


def test_warming_up_leaves_nothing_to_compile(fill_graph: Path) -> None:
    warm = Predictor(fill_graph, backend="openvino")
    warm.warm_up(32, 48)
    backend: Any = warm.runner.backend
    compiled = dict(backend._own)
    assert list(compiled) == [(1, 1, 32, 48)]
    warm.complete(*room(32, 48))
    assert dict(backend._own) == compiled
    assert backend._any is None, "it would hold weights and maps of its own"


def test_openvino_compiles_for_what_comes_first_and_what_comes_again(fill_graph: Path, fill_model: Path) -> None:
    backend = OpenVinoBackend(fill_graph)
    expected, found = (Predictor(model, device="cpu", backend="torch") for model in (fill_model, fill_model))
    found.runner.backend = backend
    steps = [  # size, what is compiled for after it, and whether something for any shape is kept
        ((40, 48), [(40, 48)], False),
        ((30, 20), [(40, 48)], True),
        ((33, 47), [(40, 48)], True),
        ((33, 47), [(40, 48), (33, 47)], False),
        ((40, 48), [(33, 47), (40, 48)], False),
        ((30, 20), [(33, 47), (40, 48)], True),
        ((30, 20), [(40, 48), (30, 20)], False),
    ]
    for size, compiled, any_shape in steps:
        pair = room(*size)
        assert np.allclose(found.complete(*pair).depth, expected.complete(*pair).depth, rtol=1e-4)
        assert [shape[2:] for shape in backend._own] == compiled
        assert (backend._any is not None) == any_shape


def opened(path: Path, cache: Path, *sizes: tuple[int, int]) -> tuple[list[Any], list[Any]]:
    """The sizes that a new back end is compiled for: from the start, and after these came."""
    backend: Any = OpenVinoBackend(path, cache=cache)
    before = [shape[2:] for shape in backend._own]
    for size in sizes:
        assert backend(example_inputs(*size, needs_fill=True)).shape == (1, 2, *size)
    return before, [shape[2:] for shape in backend._own]


def test_openvino_remembers_the_first_size_of_the_last_start(fill_graph: Path, tmp_path: Path) -> None:
    one, other = (32, 48), (40, 40)
    assert opened(fill_graph, tmp_path, one) == ([], [one])
    assert opened(fill_graph, tmp_path, one) == ([one], [one])
    assert opened(fill_graph, tmp_path, other) == ([one], [other]), "another size takes its place"
    assert opened(fill_graph, tmp_path) == ([other],) * 2
    written = {path: path.stat().st_ino for path in tmp_path.glob("*.compiled")}
    assert len(written) == 2
    assert opened(fill_graph, tmp_path, one) == ([other], [one])
    assert opened(fill_graph, tmp_path) == ([one],) * 2, "what was read last, too"
    assert {path: path.stat().st_ino for path in tmp_path.glob("*.compiled")} == written, "and not compiled again"


def test_what_openvino_cannot_load_is_compiled_anew(
    fill_graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    size = (32, 48)
    opened(fill_graph, tmp_path, size)
    (path,) = tmp_path.glob("*.compiled")
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-1000] ^= 1
    for damaged in (b"", b"[]\n{}", whole[:1000], whole[:-1], bytes(flipped)):
        path.write_bytes(damaged)
        assert opened(fill_graph, tmp_path, size) == ([], [size])
        assert opened(fill_graph, tmp_path) == ([size],) * 2
    os.utime(fill_graph)  # written anew
    assert opened(fill_graph, tmp_path, size) == ([], [size])
    monkeypatch.setattr("openvino.__version__", "2020.1")
    assert opened(fill_graph, tmp_path, size) == ([], [size])
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert opened(fill_graph, tmp_path, size) == ([], [size])
    assert opened(fill_graph, tmp_path) == ([size],) * 2
    assert not recwarn


def test_old_graphs_are_removed_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def folder(name: str, days: float, size: int = 10) -> Path:
        made = tmp_path / name
        made.mkdir()
        (made / "graph.onnx").write_bytes(bytes(size))
        os.utime(made, (time.time() - days * 86400,) * 2)
        return made

    monkeypatch.setattr("spnet.export.old_graphs.KEPT_BYTES", 100)
    fresh, older, beyond, old = (folder(c * 24, days, 40) for c, days in (("a", 1), ("b", 2), ("c", 3), ("d", 100)))
    left_over, foreign = folder(".old-01234567", 91), folder("openvino", 100)
    keep = folder("e" * 24, 200)
    remove_old(tmp_path, keep)
    assert sorted(tmp_path.iterdir()) == sorted([fresh, older, foreign, keep])
    assert not beyond.exists()
    assert not old.exists()
    assert not left_over.exists()
    mark_used(keep)
    assert keep.stat().st_mtime > time.time() - 3600
    remove_old(tmp_path / "nothing", keep)


def test_a_cache_of_compiled_graphs_does_not_grow(
    fill_graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spnet.backends.openvino_cache.FILES", 3)
    for width in (20, 30):
        opened(fill_graph, tmp_path, (20, width), (30, width), (30, width))  # by our file, any shape, a second shape
        assert len([path for path in tmp_path.iterdir() if path.is_file()]) <= 3
    opened(fill_graph, tmp_path, (20, 70))
    assert opened(fill_graph, tmp_path) == ([(20, 70)],) * 2


def test_a_cache_that_cannot_be_written_costs_only_time(fill_graph: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    backend = OpenVinoBackend(fill_graph, cache=tmp_path / "file")
    assert backend(example_inputs(32, 48, needs_fill=True)).shape == (1, 2, 32, 48)


def test_processes_that_start_at_once(fill_graph: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from spnet.backends.openvino import OpenVinoBackend\n"
        "from spnet.export.choice import example_inputs\n"
        "for width in (32, 40, 32):\n"
        "    backend = OpenVinoBackend(sys.argv[1], cache=Path(sys.argv[2]))\n"
        "    print(backend(example_inputs(32, width, needs_fill=True)).sum())"
    )
    command = [sys.executable, "-c", code, str(fill_graph), str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1]
    assert said[0][0] == said[0][2] != said[0][1]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".compiled"] * 2, "nothing else is left"


class Other(nn.Module):
    """A network that nothing is known of."""

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        return raw + 0.1 * rgb.mean(1, keepdim=True) * (1 - mask)


def test_any_module_of_that_call_can_be_exported(tmp_path: Path) -> None:
    export(Other(), tmp_path / "other.onnx")
    got = OnnxRuntimeBackend(tmp_path / "other.onnx")(
        {"rgb": np.ones((1, 3, 5, 7), np.float32), "raw": np.zeros((1, 1, 5, 7), np.float32)}
    )
    assert got == pytest.approx(0.1)


# --- the command


def test_the_command_writes_verifies_and_completes(
    monkeypatch: pytest.MonkeyPatch, small_model: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, "export", str(small_model), "-o", "net.onnx") == 0
    assert "net.onnx" in capsys.readouterr().out
    assert spnet(monkeypatch, "export", "verify", "net.onnx", "--model", str(small_model), "--data", f"{data}@mm") == 0
    out = capsys.readouterr().out
    assert "passed" in out
    assert "random(1%)" in out
    files = [str(data / "rgb" / "0.png"), str(data / "depth" / "0.png")]
    assert spnet(monkeypatch, "complete", *files, "--model", "net.onnx", "--backend", "openvino", "-o", "out.npy") == 0
    assert np.load("out.npy").shape == (40, 48)


def test_a_script_for_tensorrt(monkeypatch: pytest.MonkeyPatch, fill_model: Path, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert spnet(monkeypatch, "export", str(fill_model), "-o", "net.sh") == 0
    text = Path("net.sh").read_text()
    assert "trtexec --onnx=net.onnx --saveEngine=net.plan" in text
    assert "--optShapes=rgb:1x3x480x640,raw:1x1x480x640,fill:1x14x480x640" in text
    onnx.checker.check_model(onnx.load("net.onnx"), full_check=True)
    assert subprocess.run(["sh", "-n", "net.sh"]).returncode == 0


def test_shapes_as_text() -> None:
    assert parse_shape("dynamic") is None
    assert parse_shape("3x48x64") == (3, 48, 64)
    for text in ("", "48", "48x", "0x48", "48x-1", "1x2x3x4", "20000x20000"):
        with pytest.raises(BadInput, match="Shape"):
            parse_shape(text)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-o", "net.tflite"], "names no format"),
        (["-o", "net.onnx", "--format", "openvino"], r"ends in \.xml"),
        (["-o", "net.onnx", "--opset", "5"], "Opset 5: .* 18 to 23"),
        (["-o", "net.onnx", "--shape", "big"], "expected dynamic"),
        (["-o", "net.onnx", "--precision", "int8"], "--data"),
        (["-o", "net.pt2", "--precision", "int8", "--data", "."], r"\.onnx or \.xml"),
        (["-o", "net.onnx", "--max-depth", "10"], "--preprocessing"),
        (["-o", "net.onnx", "--max-depth", "deep", "--preprocessing"], "expected auto"),
        (["-o", "net.sh", "--precision", "int8", "--data", "."], "calibrates int8 itself"),
        (["-o", "/proc/nowhere/net.onnx"], "Cannot write"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    small_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert spnet(monkeypatch, "export", str(small_model), *arguments) == 1
    message = capsys.readouterr().err
    assert re.search(sentence, message)
    assert len(message.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_files_that_are_no_graphs(tmp_path: Path, small_model: Path, graph: Path) -> None:
    for name in ("bad.onnx", "bad.xml", "bad.pt2"):
        (tmp_path / name).write_bytes(b"no graph")
        with pytest.raises(BadWeights, match=name):
            verify_file(tmp_path / name, str(small_model))
    with pytest.raises(BadWeights, match="cannot be loaded"):
        Predictor(tmp_path / "bad.onnx", backend="onnxruntime")
    with pytest.raises(BadWeights, match="cannot be loaded"):
        Predictor(tmp_path / "bad.xml")
    program = onnx.load(graph)
    del program.metadata_props[:]
    onnx.save(program, tmp_path / "foreign.onnx")
    for engine in ENGINES:
        with pytest.raises(BadWeights, match="was not exported by spnet"):
            Predictor(tmp_path / "foreign.onnx", backend=engine)
    content = graph.read_bytes()
    (tmp_path / "half.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadWeights, match="cannot be loaded"):
        Predictor(tmp_path / "half.onnx", backend="onnxruntime")


def test_damaged_graphs_are_one_sentence_in_every_engine(
    graph: Path,
    small_model: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = graph.read_bytes()
    (tmp_path / "half.onnx").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.onnx").touch()
    (tmp_path / "text.onnx").write_text("no graph")
    (tmp_path / "text.xml").write_text("no graph")
    export(load_model(small_model), tmp_path / "alone.xml")
    (tmp_path / "alone.bin").unlink()
    (tmp_path / "cut.xml").write_bytes((tmp_path / "alone.xml").read_bytes())
    (tmp_path / "cut.bin").write_bytes(b"weights")
    capfd.readouterr()
    for path in sorted(tmp_path.glob("*.*")):
        if path.suffix == ".bin":
            continue
        for engine in ENGINES if path.suffix == ".onnx" else ("openvino",):
            command = ("export", "verify", str(path), "--model", str(small_model), "--backend", engine)
            assert spnet(monkeypatch, *command) == 1
            said = capfd.readouterr().err.splitlines()
            assert len(said) == 1, said
            assert ("alone.bin" if path.stem == "alone" else "is damaged, incomplete, or no graph") in said[0]


def test_wrong_uses_of_a_graph(graph: Path, small_model: Path, fill_model: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="made from other weights"):
        verify_file(graph, str(fill_model))
    with pytest.raises(BadInput, match="There is no file"):
        Predictor(tmp_path / "nothing.onnx")
    with pytest.raises(BadInput, match="its back ends are onnxruntime and openvino, not torch"):
        Predictor(graph, backend="torch")
    with pytest.raises(BadInput, match="Back end 'tpu'"):
        Predictor(graph, backend="tpu")
    with pytest.raises(BadInput, match="cannot use the device"):
        Predictor(graph, backend="onnxruntime", device="cuda")
    with pytest.raises(BadInput, match="cannot use the device"):
        Predictor(graph, backend="openvino", device="npu9")
    export(load_model(small_model), tmp_path / "metric.onnx", preprocessing=True)
    with pytest.raises(BadWeights, match="takes colours and metres"):
        Predictor(tmp_path / "metric.onnx", backend="onnxruntime")


def test_a_missing_engine_names_its_extra(graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def fake(name: str, *rest: object, **more: object) -> object:
        if name.split(".")[0] in ("onnxruntime", "openvino"):
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    for name in ("onnxruntime", "openvino"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    monkeypatch.setattr("importlib.import_module", lambda name: fake(name))
    monkeypatch.setattr("spnet.extras.import_module", lambda name: fake(name))
    for engine, extra in (("onnxruntime", "onnx"), ("openvino", "openvino")):
        with pytest.raises(MissingExtra, match=rf"spnet\[{extra}\]"):
            Predictor(graph, backend=engine)


def test_trtexec_shapes_name_every_input() -> None:
    assert set(network_inputs(True, False)) == {"rgb", "raw", "fill"}
    assert set(network_inputs(False, True)) == {"rgb", "depth"}


def test_exporting_leaves_the_network_alone(small_model: Path, tmp_path: Path) -> None:
    model = load_model(small_model)
    before = weights_hash(model)
    export(model, tmp_path / "net.onnx")
    assert weights_hash(model) == before
    assert all(p.requires_grad for p in model.parameters())
    assert torch.is_grad_enabled()


def test_large_shapes_are_compiled_for_at_once(
    fill_graph: Path, fill_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spnet.backends.openvino.LARGE", 60 * 60)
    backend = OpenVinoBackend(fill_graph)
    expected = Predictor(fill_model, device="cpu", backend="torch")
    for height, width in ((40, 48), (64, 96), (40, 48), (40, 48), (64, 96), (33, 47)):  # small, large, small again
        found = Predictor(fill_graph, backend="openvino")
        found.runner.backend = backend
        pair = room(height, width)
        assert np.allclose(found.complete(*pair).depth, expected.complete(*pair).depth, rtol=1e-4)
    assert list(backend._own) == [(1, 1, 40, 48), (1, 1, 64, 96)]
    assert backend._any is not None


def test_the_package_comes_without_its_converter_until_that_is_called() -> None:
    code = """
import sys
from spnet.backends.openvino import import_openvino
openvino = import_openvino()
assert import_openvino() is openvino and openvino.Core
assert "openvino.tools.ovc" not in sys.modules
try:
    openvino.convert_model("nowhere.onnx")
except Exception as error:
    assert "nowhere" in str(error), error
assert sys.modules["openvino.tools.ovc"]
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
