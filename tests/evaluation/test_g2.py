"""G2-MonoDepth as a method, and its 0 / 1 / 100 % test through a run."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from scenes import room
from spnet.datasets import FolderDataset
from spnet.errors import BadWeights
from spnet.evaluation import FunctionMethod, evaluate, make_method
from spnet.evaluation.baselines.g2 import G2Method
from spnet.evaluation.protocols import get_protocol
from spnet.model.build import build_model
from spnet.model.config import ModelConfig
from spnet.model.weights import convert, load_model
from spnet.types import FloatImage, Sample

CONFIG = ModelConfig((16, 16, 16, 16), (3, 3, 3, 3), revision="g2")
DENSITIES = ("random(0%)", "random(1%)", "random(100%)")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released checkpoint in miniature."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = build_model(CONFIG).state_dict()
    path = tmp_path_factory.mktemp("g2") / "G2.pth"
    torch.save({"epoch": 100, "network": {f"module.{key}": value for key, value in state.items()}}, path)
    return path


def sample(share: float = 0.1, max_depth: float | None = 10.0) -> Sample:
    rgb, depth = room(40, 50, share=share)
    return Sample(rgb, depth if share else np.zeros_like(depth), "a", max_depth)


def test_with_measurements_it_is_what_its_weights_are(weights: Path) -> None:
    method = make_method(f"g2:{weights}")
    assert isinstance(method, G2Method)
    assert method.name == f"g2:{weights}"
    plain = make_method(str(weights))
    for scale in (10.0, None):
        assert np.array_equal(method.complete(sample(max_depth=scale)), plain.complete(sample(max_depth=scale)))
    assert (method.complete(sample()) >= 0).all()


@pytest.mark.parametrize(("max_depth", "scale"), [(10.0, 10.0), (None, 20.0)])
def test_without_any_it_is_the_network_on_colour_alone(weights: Path, max_depth: float | None, scale: float) -> None:
    given = sample(0.0, max_depth)
    depth = G2Method(str(weights), device="cpu").complete(given)
    empty = torch.zeros(1, 1, 40, 50)
    with torch.inference_mode():
        direct = load_model(weights)(torch.from_numpy(given.rgb).permute(2, 0, 1)[None] / 255, empty, empty)
    assert depth.shape == (40, 50)
    assert depth.dtype == np.float32
    assert np.allclose(depth, scale * direct[0, 0].numpy(), rtol=1e-4, atol=1e-4)
    assert depth.min() < 0, "not clamped: these weights go below 0"


def test_it_is_sent_to_workers(weights: Path) -> None:
    method = make_method(f"g2={weights}")
    again = pickle.loads(pickle.dumps(make_method(f"g2=g2:{weights}")))
    assert again.name == "g2"
    assert np.array_equal(again.complete(sample()), method.complete(sample()))


def test_weights_of_another_network_are_refused(small_model: Path, tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match="revision 'spnet', not G2-MonoDepth"):
        make_method(f"g2:{small_model}").complete(sample())
    with pytest.raises(BadWeights, match="There are no weights"):
        make_method(f"g2:{tmp_path / 'none.pth'}").complete(sample())


def test_converted_weights_are_the_same_method(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "g2.safetensors"
    convert(weights, path)
    for share in (0.0, 0.1):
        there, here = (make_method(f"g2:{file}").complete(sample(share)) for file in (path, weights))
        assert np.array_equal(there, here)


# Its test


@pytest.fixture
def data(tmp_path: Path) -> FolderDataset:
    """One image in the paper's layout, stored at 10 m: the depth of column u is u + 1 metres."""
    root = tmp_path / "walls"
    depth = np.tile(np.arange(1, 9, dtype=np.float64), (30, 1))
    for kind, image in (("rgb", np.zeros((30, 8, 3), np.uint8)), ("gt", np.rint(depth / 10 * 65535).astype(np.uint16))):
        (root / kind).mkdir(parents=True)
        Image.fromarray(image).save(root / kind / "a.png")
    manifest = {"unit": "normalized:10", "items": [{"name": "a", "max_depth": 10}]}
    (root / "manifest.json").write_text(json.dumps(manifest))
    return FolderDataset(root)


def errors(data: FolderDataset, method: object) -> dict[str, dict[str, float]]:
    run = evaluate([data], DENSITIES, [method], protocol="g2-monodepth")  # type: ignore[list-item]
    assert not run.skipped
    assert {result.status for result in run.results} == {"ok"}, [result.reason for result in run.results]
    return {result.pattern: dict(result.errors) for result in run.results}


def test_the_densities_are_those_of_its_test() -> None:
    assert get_protocol("g2-monodepth").patterns == DENSITIES


def test_inputs_of_all_three_densities_are_scored(data: FolderDataset) -> None:
    seen: dict[str, int] = {}

    def spy(given: Sample) -> FloatImage:
        seen[given.pattern] = int(np.count_nonzero(given.depth))
        return np.ones_like(given.depth)

    errors(data, FunctionMethod("spy", spy))
    assert seen["random(0%)"] == 0
    assert 0 < seen["random(1%)"] < 20
    assert seen["random(100%)"] == 240


@pytest.mark.parametrize(("gain", "shift"), [(1.0, 0.0), (0.25, 1.0), (1.1, -5.0)])
def test_relative_depth_is_scored_up_to_gain_and_shift(data: FolderDataset, gain: float, shift: float) -> None:
    """Stretching makes every map with these ratios of steps the same, whatever its zero and unit, negative ones too."""
    found = errors(data, FunctionMethod("line", lambda s: gain * (np.indices(s.depth.shape)[1] + 1.0) + shift))
    assert found["random(0%)"]["srmse"] == pytest.approx(0, abs=1e-3)
    assert found["random(0%)"]["ordinal"] == 0


def test_reversed_depth_by_hand(data: FolderDataset) -> None:
    """Depths 1 to 8: mean 4.5, mean absolute deviation 2, so column u standardises to (u - 3.5) / 2, reversed to its
    negative: SRMSE = sqrt(mean((u - 3.5)²)) = sqrt(5.25). Every pair of two columns is in the wrong order."""
    found = errors(data, FunctionMethod("back", lambda s: 8.0 - np.indices(s.depth.shape)[1]))
    assert found["random(0%)"]["srmse"] == pytest.approx(math.sqrt(5.25), rel=1e-3)
    assert 0.7 < found["random(0%)"]["ordinal"] < 1, "1 less the pairs within one column, about 1 / 8"


def test_metric_depth_by_hand(data: FolderDataset) -> None:
    """Half a metre too far everywhere; 8.5 m is below the 10 m where the file is cut off."""
    found = errors(data, FunctionMethod("far", lambda s: np.indices(s.depth.shape)[1] + 1.5))
    rel = np.mean(0.5 / np.arange(1, 9))
    for pattern in ("random(1%)", "random(100%)"):
        assert found[pattern]["rmse"] == pytest.approx(0.5, abs=2e-4), "16 bits over 10 m: 0.15 mm"
        assert found[pattern]["rel"] == pytest.approx(rel, abs=2e-4)


def test_what_is_beyond_the_scale_is_cut_off(data: FolderDataset) -> None:
    found = errors(data, FunctionMethod("beyond", lambda s: np.full(s.depth.shape, 99.0)))
    expected = math.sqrt(np.mean((10 - np.arange(1, 9)) ** 2))
    assert found["random(100%)"]["rmse"] == pytest.approx(expected, abs=2e-4)


def test_the_network_runs_it(data: FolderDataset, weights: Path) -> None:
    found = errors(data, f"g2:{weights}")
    for pattern in DENSITIES:
        assert all(math.isfinite(found[pattern][name]) for name in ("rmse", "rel", "srmse", "ordinal"))


def test_methods_that_need_measurements_fail_there_alone(data: FolderDataset, fill_model: Path) -> None:
    run = evaluate([data], DENSITIES, ["linear", "nearest", str(fill_model)], protocol="g2-monodepth")
    assert {(r.pattern, r.status) for r in run.results} == {
        ("random(0%)", "failed"),
        ("random(1%)", "ok"),
        ("random(100%)", "ok"),
    }
    assert all(r.reason and "\n" not in r.reason for r in run.results if r.status == "failed")


def test_other_protocols_leave_such_inputs_out(data: FolderDataset, weights: Path) -> None:
    run = evaluate([data], ["random(0%)"], [f"g2:{weights}"], protocol="spnet")
    assert not run.results
    assert "measures nothing" in run.skipped[0].reason
