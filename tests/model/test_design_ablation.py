"""The variants of benchmarks/design.py: each is what its row says."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor

from by_path import loaded
from spnet.fill import fill_stack


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return loaded("benchmarks/design.py")


@pytest.fixture(scope="module")
def batch() -> dict[str, Tensor]:
    rng = np.random.default_rng(0)
    v, u = np.indices((64, 96))
    truth = (1 + 0.02 * u + 1.5 * (v > 30)).astype(np.float32)
    rgb = rng.random((64, 96, 3), dtype=np.float32)
    raw = np.where(rng.random(truth.shape) < 0.05, truth, 0).astype(np.float32)
    return {
        "rgb": torch.from_numpy(rgb).permute(2, 0, 1)[None],
        "gt": torch.from_numpy(truth)[None, None],
        "raw": torch.from_numpy(raw)[None, None],
        "fill": torch.from_numpy(fill_stack(rgb, raw))[None],
    }


def test_every_variant_has_depth_and_error_and_learns(script: ModuleType, batch: dict[str, Tensor]) -> None:
    for name, variant in script.VARIANTS.items():
        torch.manual_seed(0)
        network = variant.build(variant.config).train()
        out = script.completed(network, batch)
        assert out.shape == (1, 2, 64, 96), name
        assert name.startswith("paper") or bool((out > 0).all()), name
        loss = variant.loss(out, batch["gt"], batch["raw"], batch["fill"][:, :1])
        assert bool(torch.isfinite(loss)), name
        loss.backward()
        assert sum(float(p.grad.abs().sum()) for p in network.parameters() if p.grad is not None) > 0, name


@torch.no_grad()
def test_corrections_start_at_the_planar_fill(script: ModuleType, batch: dict[str, Tensor]) -> None:
    for name, far in (("additive", 1e-5), ("ratio", 1e-5), ("corners", 0.05)):  # which never is quite at a corner
        variant = script.VARIANTS[name]
        torch.manual_seed(0)
        depth = script.completed(variant.build(variant.config).eval(), batch)[:, :1]
        assert torch.allclose(depth, batch["fill"][:, :1], rtol=far), name


@torch.no_grad()
def test_a_factor_on_the_measurements_is_one_on_every_variants_result(
    script: ModuleType, batch: dict[str, Tensor]
) -> None:
    scaled = {key: value * 8 if key == "raw" else value for key, value in batch.items()}
    scaled["fill"] = batch["fill"].clone()
    scaled["fill"][:, [0, 1, 2, 4, 11]] *= 8
    for name, variant in script.VARIANTS.items():
        torch.manual_seed(0)
        network = variant.build(variant.config).eval()
        before, after = (script.completed(network, b)[:, :1] for b in (batch, scaled))
        assert torch.allclose(after, 8 * before, rtol=1e-3, atol=1e-4), name


@torch.no_grad()
def test_what_a_variant_does_not_see_changes_nothing(script: ModuleType, batch: dict[str, Tensor]) -> None:
    torch.manual_seed(0)
    network = script.VARIANTS["no-colours"].build(script.VARIANTS["no-colours"].config).eval()
    maps = torch.randn(1, 21, 64, 96, generator=torch.Generator().manual_seed(1))
    other = maps.clone()
    other[:, 8:] = 0
    assert torch.equal(network.encoder(maps)[0], network.encoder(other)[0])
    other[:, 7] = 0
    assert not torch.equal(network.encoder(maps)[0], network.encoder(other)[0])


def test_a_share_is_the_mean_over_patterns_of_means_over_sets(script: ModuleType) -> None:
    rows = [
        {"data": data, "pattern": pattern, "rel": rel, "planar_rel": planar}
        for pattern in script.PATTERNS
        for data, rel, planar in (("a", 0.1, 0.2), ("b", 0.3, 0.2))
    ]
    rows[0]["rel"] = 0.5
    assert script.share({"scores": rows}, "rel") == pytest.approx((2.0 + 4 * 1.0) / 5)
    assert script.share({"scores": rows}, "rel", "b") == pytest.approx(1.5)
