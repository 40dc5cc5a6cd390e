from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn

import spnet
from scenes import room
from spnet.backends.pytorch import bytes_per_pixel
from spnet.errors import BadInput, BadWeights, SpnetWarning
from spnet.fill import fill
from spnet.model.weights import load_model
from spnet.predictor import AUTO_MARGIN, Predictor, checked_scale, complete
from spnet.types import FloatImage

OFTEN = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Pixelwise(nn.Module):
    """Each pixel from itself alone, in raw's unit."""

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        return 0.1 * rgb.mean(1, keepdim=True) + 0.5 * raw + 0.2 * mask


class Constant(nn.Module):
    """The same value everywhere; keeps the shapes that it was called with."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value
        self.calls: list[tuple[int, ...]] = []

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        self.calls.append(tuple(raw.shape))
        return torch.full_like(raw, self.value)


@pytest.fixture(scope="module")
def predictor(fill_model: Path) -> Predictor:
    return Predictor(fill_model, device="cpu")


@pytest.fixture(scope="module")
def scaled(small_model: Path) -> Predictor:
    return Predictor(small_model, device="cpu")


# --- what comes out


def test_the_result_has_the_depths_size_and_says_how_it_was_made(predictor: Predictor) -> None:
    rgb, depth = room(37, 53)
    result = predictor.complete(rgb, depth)
    assert result.depth.shape == (37, 53)
    assert result.depth.dtype == np.float32
    assert result.rgb.shape == (37, 53, 3)
    assert np.array_equal(result.input_depth, depth)
    assert np.array_equal(result.mask, depth > 0)
    assert (result.model, result.unit) == ("small-fill", "m")
    assert set(result.timings) == {"read", "prepare", "fill", "network", "total"}
    assert result.timings["total"] >= result.timings["network"] > 0


def test_only_networks_that_need_a_fill_wait_for_one(scaled: Predictor) -> None:
    assert "fill" not in scaled.complete(*room(20, 20)).timings


@OFTEN
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 99))
def test_any_size_gives_finite_depth_that_is_not_negative(
    predictor: Predictor, scaled: Predictor, height: int, width: int, seed: int
) -> None:
    rgb, depth = room(height, width, seed=seed)
    for network in (predictor, scaled):
        out = network.complete(rgb, depth).depth
        assert out.shape == depth.shape
        assert np.isfinite(out).all()
        assert out.min() >= 0


@OFTEN
@given(st.floats(0.1, 10))
def test_scaled_measurements_give_the_scaled_result(predictor: Predictor, scaled: Predictor, factor: float) -> None:
    rgb, depth = room(40, 48)
    for network in (predictor, scaled):
        one = network.complete(rgb, depth).depth
        other = network.complete(rgb, depth * np.float32(factor)).depth
        assert np.allclose(other, one * factor, rtol=1e-3, atol=1e-5 * factor)


@OFTEN
@given(st.floats(0.1, 10))
def test_a_network_of_ratios_does_not_depend_on_the_scale_it_is_given(predictor: Predictor, factor: float) -> None:
    rgb, depth = room(40, 48)
    out = predictor.complete(rgb, depth, max_depth=20.0 * factor).depth
    assert np.allclose(out, predictor.complete(rgb, depth).depth, rtol=1e-3)


def test_measured_pixels_are_kept_on_request(predictor: Predictor, fill_model: Path) -> None:
    rgb, depth = room(40, 48)
    kept = predictor.complete(rgb, depth, keep_measured=True)
    free = predictor.complete(rgb, depth)
    assert np.array_equal(kept.depth[kept.mask], depth[depth > 0])
    assert np.array_equal(kept.depth[~kept.mask], free.depth[~free.mask])
    assert not np.array_equal(free.depth[free.mask], depth[depth > 0])
    always = Predictor(fill_model, keep_measured=True)
    assert np.array_equal(always.complete(rgb, depth).depth, kept.depth)


def test_negative_outputs_become_zero() -> None:
    assert not Predictor(Constant(-1.0)).complete(*room(9, 9)).depth.any()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_outputs_that_are_no_numbers_become_the_nearest_measurement(value: float) -> None:
    depth = np.zeros((4, 6), np.float32)
    depth[0, 0], depth[0, 5] = 1, 2
    with pytest.warns(SpnetWarning, match="24 value"):
        out = Predictor(Constant(value)).complete(np.zeros((4, 6, 3), np.uint8), depth).depth
    assert (out[:, :3] == 1).all()
    assert (out[:, 3:] == 2).all()


def test_the_same_pair_gives_the_same_result(predictor: Predictor) -> None:
    rgb, depth = room(40, 48)
    assert np.array_equal(predictor.complete(rgb, depth).depth, predictor.complete(rgb, depth).depth)


def test_nothing_of_the_caller_changes(predictor: Predictor) -> None:
    rgb, depth = room(40, 48)
    before = rgb.copy(), depth.copy(), torch.is_grad_enabled(), torch.get_rng_state()
    predictor.complete(rgb, depth)
    assert np.array_equal(rgb, before[0])
    assert np.array_equal(depth, before[1])
    assert torch.is_grad_enabled() == before[2]
    assert torch.equal(torch.get_rng_state(), before[3])


# --- scale


def test_auto_leaves_room_beyond_the_farthest_measurement() -> None:
    rgb, depth = room(20, 20)
    result = Predictor(Pixelwise()).complete(rgb, depth)
    assert result.max_depth == pytest.approx(AUTO_MARGIN * depth.max())


def test_weights_and_numbers_as_scale(small_model: Path, fill_model: Path) -> None:
    rgb, depth = room(20, 20)
    assert Predictor(small_model, max_depth="weights").complete(rgb, depth).max_depth == 20
    assert Predictor(small_model, max_depth=7).complete(rgb, depth).max_depth == 7
    assert Predictor(small_model, max_depth=7).complete(rgb, depth, max_depth="weights").max_depth == 20
    assert Predictor(fill_model, max_depth="weights").complete(rgb, depth).max_depth < 20  # any will do


def test_the_scale_multiplies_what_the_network_returns() -> None:
    assert Predictor(Constant(0.5), max_depth=8.0).complete(*room(5, 5)).depth == pytest.approx(4.0)


def test_a_module_without_a_scale_of_its_own_is_asked_for_one() -> None:
    with pytest.raises(BadInput, match="Pixelwise does not say its max_depth"):
        Predictor(Pixelwise(), max_depth="weights").complete(*room(5, 5))


def test_measurements_beyond_the_scale_are_warned_of(small_model: Path) -> None:
    rgb, depth = room(20, 20)
    with pytest.warns(SpnetWarning, match="beyond the max_depth of 20 m"):
        Predictor(small_model, max_depth="weights").complete(rgb, depth * 10)


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), "far", "", None, [1]])
def test_a_scale_is_positive(bad: object) -> None:
    with pytest.raises(BadInput, match="positive number of metres"):
        checked_scale(bad)  # type: ignore[arg-type]


# --- batches and tiles


def test_a_batch_gives_what_single_calls_give(predictor: Predictor) -> None:
    pairs = [room(40, 48, seed=seed) for seed in range(3)]
    together = predictor.complete_batch(pairs)
    for pair, result in zip(pairs, together, strict=True):
        assert np.allclose(result.depth, predictor.complete(*pair).depth, rtol=1e-4)


def test_a_batch_has_one_size(predictor: Predictor) -> None:
    with pytest.raises(BadInput, match=r"one size; got 20x10, 30x10"):
        predictor.complete_batch([room(10, 20), room(10, 30)])
    assert predictor.complete_batch([]) == []


def test_a_batch_beyond_the_budget_runs_in_parts() -> None:
    network = Constant(0.5)
    budget = 2.5 * 100 * 100 * bytes_per_pixel(network) / 1e6  # two and a half images
    results = Predictor(network, memory_mb=budget).complete_batch([room(100, 100, seed=s) for s in range(5)])
    assert len(results) == 5
    assert [shape[0] for shape in network.calls] == [2, 2, 1]


def test_a_long_thin_image_within_the_budget_is_not_tiled() -> None:
    network = Constant(0.5)
    Predictor(network, memory_mb=20 * 2000 * bytes_per_pixel(network) / 1e6).complete(*room(20, 2000))
    assert network.calls == [(1, 1, 20, 2000)]


def test_tiles_of_a_pixelwise_network_give_the_whole() -> None:
    rgb, depth = room(500, 640)
    whole = Predictor(Pixelwise()).complete(rgb, depth).depth
    tiled = Predictor(Pixelwise(), memory_mb=1).complete(rgb, depth).depth
    assert np.allclose(tiled, whole, rtol=1e-5)


def test_tiles_agree_with_the_whole_but_where_little_is_measured(predictor: Predictor, fill_model: Path) -> None:
    rgb, depth = room(450, 1000, share=0.004)
    depth[:, 560:] = 0  # whole tiles without a measurement
    tiled = Predictor(fill_model, memory_mb=1).complete(rgb, depth).depth
    whole = predictor.complete(rgb, depth).depth
    assert not np.array_equal(tiled, whole), "it was tiled"
    difference = abs(tiled / whole - 1)
    assert difference.mean() < 0.002
    assert difference.max() < 0.05  # the field's five steps see their tile alone


def test_large_images_run_in_tiles_of_bounded_size() -> None:
    network = Constant(0.5)
    rgb = np.zeros((1500, 2000, 3), np.uint8)
    depth = np.zeros((1500, 2000), np.float32)
    depth[700, 900] = 2
    out = Predictor(network, memory_mb=60).complete(rgb, depth).depth
    assert np.allclose(out, 0.5 * AUTO_MARGIN * 2)
    assert len(network.calls) > 4
    assert max(h * w for _, _, h, w in network.calls) * bytes_per_pixel(network) <= 60e6


@pytest.mark.slow
def test_48_megapixels() -> None:
    rgb, depth = np.zeros((6000, 8000, 3), np.uint8), np.zeros((6000, 8000), np.float32)
    depth[10, 10] = 2
    assert np.allclose(Predictor(Constant(0.8)).complete(rgb, depth).depth, 2)


# --- options


def test_precisions(scaled: Predictor, small_model: Path) -> None:
    rgb, depth = room(40, 48)
    full = scaled.complete(rgb, depth).depth
    half = Predictor(small_model, device="cpu", precision="bf16").complete(rgb, depth).depth
    assert half.dtype == np.float32
    assert np.allclose(half, full, atol=0.02 * full.max())
    with pytest.raises(BadInput, match="fp8"):
        Predictor(small_model, precision="fp8")  # type: ignore[arg-type]


class OverflowsInHalf(nn.Module):
    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        one = torch.ones(1, 1, 1, 1)
        return torch.conv2d(raw + 1e5, one) * 1e-5  # 1e5 is infinite in half precision


def test_what_half_precision_cannot_hold_is_computed_again() -> None:
    out = Predictor(OverflowsInHalf(), device="cpu", precision="fp16", max_depth=10.0).complete(*room(8, 8))
    assert out.depth == pytest.approx(10, rel=1e-3)


@pytest.mark.parametrize("device", ["cuda:99", "nonsense", ""])
def test_a_device_that_is_not_there(small_model: Path, device: str) -> None:
    with pytest.raises(BadInput, match="cannot be used here"):
        Predictor(small_model, device=device)


@pytest.mark.parametrize("budget", [0, -5, float("nan"), float("inf")])
def test_a_budget_is_positive(budget: float) -> None:
    with pytest.raises(BadInput, match="memory_mb"):
        Predictor(Pixelwise(), memory_mb=budget)


class OutOfMemory(nn.Module):
    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.")


class WrongShape(nn.Module):
    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        return rgb


def test_out_of_memory_and_wrong_networks_say_so() -> None:
    with pytest.raises(BadInput, match="memory_mb below 1500"):
        Predictor(OutOfMemory(), device="cpu").complete(*room(8, 8))
    with pytest.raises(BadInput, match=r"WrongShape returned the shape \(1, 3, 8, 8\)"):
        Predictor(WrongShape()).complete(*room(8, 8))


# --- the function


def test_complete_takes_paths_modules_and_arrays(tmp_path: Path, fill_model: Path) -> None:
    rgb, depth = room(24, 32)
    Image.fromarray(rgb).save(tmp_path / "rgb.png")
    np.save(tmp_path / "depth.npy", depth)
    from_files = spnet.complete(tmp_path / "rgb.png", str(tmp_path / "depth.npy"), model=fill_model, device="cpu")
    from_arrays = complete(rgb, depth, model=load_model(fill_model), device="cpu")
    assert np.allclose(from_files.depth, from_arrays.depth, rtol=1e-5)  # a module is run as it is, weights folded


def test_loaded_weights_are_kept_until_their_file_changes(
    tmp_path: Path, fill_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(fill_model.read_bytes())
    loads: list[object] = []
    monkeypatch.setattr("spnet.model.weights.load_model", lambda source: loads.append(source) or load_model(source))
    for _ in range(2):
        complete(*room(8, 8), model=path, device="cpu")
    assert len(loads) == 1
    os.utime(path, ns=(1, 1))
    complete(*room(8, 8), model=path, device="cpu")
    assert len(loads) == 2


def test_unreadable_weights(tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"no weights")
    with pytest.raises(BadWeights, match=r"bad\.safetensors"):
        Predictor(tmp_path / "bad.safetensors")


def test_dense_input_without_holes(predictor: Predictor) -> None:
    rgb, depth = room(24, 32, share=1.0)
    out: FloatImage = predictor.complete(rgb, depth).depth
    assert np.allclose(out, fill(depth).planar, rtol=0.3)
