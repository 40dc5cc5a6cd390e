"""The baselines: exact where they should be, robust everywhere, guided by colour where they say so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import spsolve

from spnet.errors import BadInput
from spnet.evaluation.baselines.grid_system import EIGHT, dissection, solve_weighted_means
from spnet.evaluation.baselines.levin import Levin, likeness
from spnet.evaluation.methods import list_methods, make_method
from spnet.types import ByteImage, FloatImage, Sample

NAMES = [info.spec for info in list_methods() if info.place and ":" not in info.spec]
GUIDED = [name for name in NAMES if name in ("levin", "bilateral-solver", "domain-transform")]
KEEPS_MEASURED = [name for name in NAMES if name in ("nearest", "linear", "planar", "laplace", "levin")]


def grey(shape: tuple[int, int]) -> ByteImage:
    return np.full((*shape, 3), 128, np.uint8)


def noise(shape: tuple[int, int], seed: int = 0) -> ByteImage:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def thinned(depth: FloatImage, fraction: float, seed: int = 0) -> FloatImage:
    rng = np.random.default_rng(seed)
    keep = rng.random(depth.shape) < fraction
    keep.ravel()[rng.integers(depth.size)] = True
    return np.where(keep, depth, np.float32(0))


@pytest.fixture(scope="module")
def room() -> FloatImage:
    """A slanted wall, 96x128, 2 to 6 m."""
    v, u = np.indices((96, 128))
    return (1 / (0.5 - 0.0025 * u - 0.0002 * v)).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    fraction=st.sampled_from([0.0, 0.01, 0.3, 1.0]),
    far=st.sampled_from([1e-2, 5.0, 3e4]),
    seed=st.integers(0, 99),
)
def test_any_input_gives_finite_positive_depth(
    name: str, shape: tuple[int, int], fraction: float, far: float, seed: int
) -> None:
    depth = far * np.random.default_rng(seed).uniform(1e-3, 1, shape).astype(np.float32)
    sparse_depth = thinned(depth, fraction, seed)
    given_depth = sparse_depth.copy()
    result = make_method(name).complete(Sample(noise(shape, seed), sparse_depth))
    assert result.shape == shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    assert (result > 0).all()
    assert np.array_equal(sparse_depth, given_depth), "the input was changed"
    known = sparse_depth[sparse_depth > 0]
    assert result.min() >= known.min() * (1 - 1e-5)
    assert result.max() <= known.max() * (1 + 1e-5)
    if name in KEEPS_MEASURED:
        assert np.allclose(result[sparse_depth > 0], known, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_measured_is_an_error(name: str) -> None:
    with pytest.raises(BadInput, match="No pixel is measured"):
        make_method(name).complete(Sample(grey((8, 9)), np.zeros((8, 9), np.float32)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [0.01, 3.0, 1000.0])
def test_the_result_scales_with_the_input(name: str, scale: float, room: FloatImage) -> None:
    rgb, raw = noise(room.shape), thinned(room, 0.02)
    method = make_method(name)
    once, scaled = (method.complete(Sample(rgb, raw * np.float32(s))) for s in (1, scale))
    assert np.allclose(scaled, once * scale, rtol=2e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_depth_stays(name: str) -> None:
    raw = thinned(np.full((60, 70), 2.5, np.float32), 0.01)
    assert np.allclose(make_method(name).complete(Sample(noise(raw.shape), raw)), 2.5, rtol=1e-5)


def relative_error(name: str, rgb: ByteImage, raw: FloatImage, truth: FloatImage) -> float:
    result = make_method(name).complete(Sample(rgb, raw))
    return float((np.abs(result - truth) / truth)[raw == 0].mean())


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("nearest", "ip-basic")])
def test_a_slanted_wall_is_better_than_nearest(name: str, room: FloatImage) -> None:
    raw = thinned(room, 0.02)
    assert relative_error(name, grey(room.shape), raw, room) < relative_error("nearest", grey(room.shape), raw, room)


@pytest.mark.parametrize("name", GUIDED)
def test_a_colour_edge_places_the_depth_edge(name: str) -> None:
    """Two walls at 1 and 3 m, of two colours; few points, so that the edge lies where the colours say."""
    v, u = np.indices((80, 100))
    behind = u > 47 + v / 8
    truth = np.where(behind, 3, 1).astype(np.float32)
    rgb = np.where(behind[..., None], (180, 160, 140), (90, 100, 60)).astype(np.uint8)
    raw = thinned(truth, 0.008)
    guided, blind = (relative_error(name, image, raw, truth) for image in (rgb, grey(truth.shape)))
    nearest = relative_error("nearest", rgb, raw, truth)
    assert guided < 0.5 * nearest
    assert guided < 0.5 * blind


# IP-Basic -----------------------------------------------------------------------------------------------------------


def test_ip_basic_spreads_the_nearer_of_two() -> None:
    """One row of two points: each spreads by dilation, the nearer over the farther."""
    raw = np.zeros((1, 16), np.float32)
    raw[0, 6], raw[0, 9] = 2.0, 4.0
    result = make_method("ip-basic").complete(Sample(grey((1, 16)), raw))
    assert (result[0, :6] == 2).all()
    assert (result[0, 8:11] < 4).any()
    assert result[0, 15] > 3


# Levin --------------------------------------------------------------------------------------------------------------


def test_weights_by_hand() -> None:
    """One row a, b, c: the weights of b follow from the window's variance."""
    levels = np.array([10, 20, 40], np.uint8)
    rgb = np.repeat(levels[None, :, None], 3, axis=2)
    weights = likeness(rgb)
    y = levels / 255
    width = max(0.6 * y.var(), (10 / 255) ** 2 / -np.log(0.01))
    expected = np.exp(-((np.array([10, 20]) / 255) ** 2) / width)
    expected /= expected.sum()
    left, right = EIGHT.index((0, -1)), EIGHT.index((0, 1))
    assert weights[left, 0, 1] == pytest.approx(expected[0])
    assert weights[right, 0, 1] == pytest.approx(expected[1])
    assert weights[right, 0, 0] == pytest.approx(1)
    assert np.allclose(weights.sum(0), 1)


@pytest.mark.parametrize("shape", [(1, 30), (30, 1), (23, 31)])
def test_the_direct_solution_is_that_of_a_general_solver(shape: tuple[int, int]) -> None:
    rgb, raw = noise(shape, 3), thinned(np.random.default_rng(1).uniform(1, 9, shape).astype(np.float32), 0.05)
    height, width = shape
    weights, known = likeness(rgb), raw.ravel() > 0
    system = sparse.lil_matrix((raw.size, raw.size))
    for v, u in np.ndindex(shape):
        row = v * width + u
        system[row, row] = 1
        if not known[row]:
            for weight, (dv, du) in zip(weights[:, v, u], EIGHT, strict=True):
                if 0 <= v + dv < height and 0 <= u + du < width:
                    system[row, row + dv * width + du] = -weight
    expected = spsolve(system.tocsc(), np.where(known, raw.ravel(), 0).astype(np.float64)).reshape(shape)
    assert np.allclose(Levin(space="depth").complete(Sample(rgb, raw)), expected, rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 60), width=st.integers(1, 60))
def test_every_pixel_is_in_the_order_once(height: int, width: int) -> None:
    assert np.array_equal(np.sort(dissection(height, width)), np.arange(height * width))


def test_too_many_unknown_pixels_are_refused() -> None:
    known = np.zeros((2000, 2000), bool)
    known[0, 0] = True
    with pytest.raises(BadInput, match="the limit is 3000000"):
        solve_weighted_means(np.zeros((0, 2000, 2000)), (), known, np.ones((2000, 2000)))
