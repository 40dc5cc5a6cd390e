"""Indoor layouts: seeded, inside their walls, furnished without collisions, with free cameras, within budgets."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from spnet.errors import BadInput
from spnet.scenes.environments import Environments
from spnet.scenes.layouts import LAYOUTS, make_scene
from spnet.scenes.layouts.views import Views
from spnet.scenes.models import Stock
from spnet.scenes.scene import Scene
from spnet.scenes.textures import procedural

INDOOR = [name for name, layout in LAYOUTS.items() if layout.indoor]


@pytest.fixture(scope="module")
def stock() -> Stock:
    return Stock(procedural(seed=1, richness=0.0, side=16))


KNOWN: dict[tuple[str, int], Scene] = {}  # scenes that several tests look at


def made(kind: str, seed: int, stock: Stock, *, again: bool = False) -> tuple[Scene, Views]:
    if again or (kind, seed) not in KNOWN:
        KNOWN[kind, seed] = make_scene(kind, seed, stock, Environments())
    scene = KNOWN[kind, seed]
    views = scene.propose
    assert isinstance(views, Views)
    return scene, views


@pytest.mark.parametrize("kind", INDOOR)
def test_scenes_are_sound(kind: str, stock: Stock) -> None:
    for seed in range(3):
        scene, views = made(kind, seed, stock)
        assert 1000 < len(scene.mesh) <= 300_000
        assert np.isfinite(scene.mesh.corners).all()
        assert scene.mesh.material.max() < len(scene.materials)
        assert scene.thing.max() == len(scene.things) - 1
        assert scene.facts["style"]
        own = scene.mesh.corners[scene.thing > 0]
        assert own[..., 2].min() > -2.5
        assert own[..., 2].max() <= max(views.space.plan.height, 8.0) + 1e-3


@pytest.mark.parametrize("kind", INDOOR)
def test_nothing_stands_in_anything_else(kind: str, stock: Stock) -> None:
    for seed in range(3):
        _, views = made(kind, seed, stock)
        standing = [b for b in views.space.blocks if b.solid and b.low < 0.001 and b.high > 0.3]
        assert not [(a, b) for a, b in combinations(standing, 2) if a.meets(b, -0.01)]
        for block in standing:
            assert views.space.plan.inside(block.x, block.y)


@pytest.mark.parametrize("kind", INDOOR)
def test_cameras_are_in_the_free(kind: str, stock: Stock) -> None:
    for seed in range(2):
        scene, views = made(kind, seed, stock)
        rng = np.random.default_rng(seed)
        for _ in range(10):
            view = scene.propose(rng)
            assert views.space.open(view.eye, 0.05)
            assert 30 <= view.field_of_view <= 115


@pytest.mark.parametrize("kind", INDOOR)
def test_the_seed_decides_a_scene(kind: str, stock: Stock) -> None:
    first, other = (made(kind, seed, stock)[0] for seed in (0, 1))
    again, _ = made(kind, 0, stock, again=True)
    np.testing.assert_array_equal(first.mesh.corners, again.mesh.corners)
    assert first.materials == again.materials
    assert first.propose(np.random.default_rng(0)) == again.propose(np.random.default_rng(0))
    assert len(first.mesh) != len(other.mesh)


def test_unknown_kinds_are_refused(stock: Stock) -> None:
    with pytest.raises(BadInput, match="there is no kind of scene 'moon'"):
        make_scene("moon", 0, stock, Environments())
