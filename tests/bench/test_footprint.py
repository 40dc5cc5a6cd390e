"""The estimate that decides about tiles is not below what an engine takes, and budgets are kept by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spnet.backends import Floats, Inputs
from spnet.backends.footprint import Footprint, estimate, plain_bytes
from spnet.backends.pytorch import TorchBackend
from spnet.bench.memory import MemoryJob, measure_peak
from spnet.bench.ways import Graphs, Way, make_network
from spnet.export.choice import graph_backend, installed
from spnet.model.build import build_model
from spnet.model.config import model_config
from spnet.model.folded import fold
from spnet.runner import Runner

HEIGHT, WIDTH = 480, 640
ENGINES = ("torch", *installed())


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    pytest.importorskip("onnx")
    made = {}
    for spec in ("atto", "default"):
        made[spec] = Graphs(tmp_path_factory.mktemp(spec)).make(Way("onnxruntime"), make_network(spec))
    return made


@pytest.mark.parametrize("spec", ["atto", "default"])
@pytest.mark.parametrize("engine", ENGINES)
def test_the_estimate_bounds_what_is_measured(engine: str, spec: str, graphs: dict[str, Path]) -> None:
    graph = graphs[spec]
    if engine == "torch":
        backend = TorchBackend(fold(make_network(spec)), device="cpu")
        footprint, needs_fill = backend.footprint, backend.needs_fill
    else:
        opened = graph_backend(graph, engine, device="cpu")
        footprint, needs_fill = opened.footprint, opened.needs_fill
    path = "" if engine == "torch" else str(graph)
    peak = measure_peak(MemoryJob(Way(engine), spec, path, HEIGHT, WIDTH, needs_fill=needs_fill, threads=1))  # type: ignore[arg-type]  # one of them
    assert peak.reason in ("", "peak memory is measured on Linux only")
    expected = (footprint.fixed + footprint.per_pixel * HEIGHT * WIDTH) / 1e6
    assert peak.pass_mb <= expected
    if not peak.reason:
        assert expected < 3.5 * peak.pass_mb, "an estimate far too high makes tiles of what would fit"


def test_pixels_are_what_is_left_for_them() -> None:
    footprint = Footprint(fixed=100.0, per_pixel=10.0)
    assert footprint.pixels(600.0) == 50
    assert footprint.pixels(50.0) == 0


def test_bands_are_counted_where_there_are_any() -> None:
    plain = build_model(model_config("mini")).eval()
    whole, banded = (TorchBackend(net, device="cpu").footprint for net in (plain, fold(plain)))
    half = TorchBackend(fold(plain), device="cpu", precision="bf16").footprint
    assert whole == half == estimate("plain", plain_bytes(5, 4))
    assert banded == estimate("torch", plain_bytes(5, 4))
    assert banded.per_pixel < whole.per_pixel / 3


class Counting:
    """A back end that answers with the measurements and notes the shapes."""

    name, device, needs_fill = "counting", "cpu", False
    footprint = Footprint(fixed=400e6, per_pixel=500.0)

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, inputs: Inputs) -> Floats:
        self.shapes.append(inputs["raw"].shape)
        return inputs["raw"].copy()


def test_tiles_keep_the_budget_with_what_is_fixed_and_are_of_one_size() -> None:
    backend = Counting()
    raw = np.random.default_rng(0).random((1, 1, 2160, 3840), np.float32)
    out = Runner(backend, memory_mb=900)({"rgb": np.repeat(raw, 3, axis=1), "raw": raw})
    assert np.allclose(out, raw, rtol=1e-5)
    assert len(set(backend.shapes)) == 1, "OpenVINO compiles for each"
    _, _, height, width = backend.shapes[0]
    assert 0.5 * 500e6 < 500 * height * width <= 500e6
