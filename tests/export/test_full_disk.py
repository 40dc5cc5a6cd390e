"""A disk that is full while graphs are written: one sentence, nothing half-written, and completion goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from scenes import room
from spnet.errors import CannotWrite, SpnetWarning
from spnet.export import choice
from spnet.export.choice import weights_backend
from spnet.export.quantize import export_int8
from spnet.export.write import export
from spnet.io import write_depth, write_image
from spnet.model.build import build_model
from spnet.model.config import ModelConfig
from spnet.model.weights import load_model, save_weights
from spnet.predictor import Predictor

resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("openvino")

FULL = 60_000  # bytes of a file; the weights alone take more


@contextmanager
def full_disk() -> Iterator[None]:
    """No file grows beyond FULL: writing fails as on a full disk, in engines' own code too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = ModelConfig((32, 32, 40, 48), (1, 1, 1, 1), revision="spnet")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_model(config)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_weights(path, model.state_dict(), config, name="small", max_depth=20.0)
    assert path.stat().st_size > FULL
    return path


@pytest.mark.parametrize("name", ["net.onnx", "net.xml", "net.pt2"])
def test_an_export_is_complete_or_absent(name: str, weights: Path, tmp_path: Path) -> None:
    with full_disk(), pytest.raises(CannotWrite, match=rf"^Cannot write .*{name}: .*[.?]$"):
        export(load_model(weights), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_export_to_int8_is_too(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, scratch, target = tmp_path / "data", tmp_path / "scratch", tmp_path / "out"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    rgb, depth = room(64, 64)
    write_image(data / "rgb" / "0.png", rgb)
    write_depth(data / "depth" / "0.png", np.where(depth > 0, depth, 1).astype(np.float32))
    with full_disk(), pytest.raises(CannotWrite, match="Cannot write"):
        export_int8(load_model(weights), target / "net.onnx", data=[f"{data}@mm"], samples=1)
    assert list(scratch.iterdir()) == []
    assert not target.exists() or list(target.iterdir()) == []


def test_a_completion_needs_no_room_for_a_graph(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(choice, "_has_gpu", lambda: False)
    expected = Predictor(weights, backend="torch").complete(*room(48, 64)).depth
    with full_disk(), pytest.warns(SpnetWarning, match=r"Cannot write .*graph\.onnx.* So PyTorch runs"):
        predictor = Predictor(weights, device="cpu", backend="auto")
    assert np.array_equal(predictor.complete(*room(48, 64)).depth, expected)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_for_caches_that_cannot_be_made(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spnet").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(choice, "_has_gpu", lambda: False)
    with pytest.warns(SpnetWarning) as told:
        assert weights_backend(weights, "auto", device="cpu") is None
    assert len(told) == 1
    assert "Not a directory" in str(told[0].message)
    assert "Preparing" not in str(told[0].message), "no seconds are spent on it"


def test_an_engine_that_was_asked_for_says_what_it_lacks(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with full_disk(), pytest.warns(SpnetWarning), pytest.raises(CannotWrite, match=r"graph\.onnx"):
        weights_backend(weights, "openvino", device="cpu")


def test_what_openvino_compiles_need_not_be_kept(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for the first size nor, through the engine's own cache, for another."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.warns(SpnetWarning, match="Preparing"):
        backend = weights_backend(weights, "openvino", device="cpu")
    assert backend is not None
    graphs = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    rgb, raw = np.random.default_rng(0).random((1, 3, 64, 96), np.float32), np.full((1, 1, 64, 96), 0.5, np.float32)
    with full_disk():
        shapes = [backend({"rgb": rgb[..., :width], "raw": raw[..., :width]}).shape for width in (96, 64, 64)]
    assert shapes == [(1, 1, 64, 96), (1, 1, 64, 64), (1, 1, 64, 64)]
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 0)
    assert [name for name in left if not name.endswith((".compiled", ".blob"))] == graphs
    again = weights_backend(weights, "openvino", device="cpu")
    assert again is not None
    fresh = again({"rgb": rgb[..., :64], "raw": raw[..., :64]})
    assert np.isfinite(fresh).all()
