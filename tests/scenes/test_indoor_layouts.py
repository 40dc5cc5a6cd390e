"""Indoor layouts: seeded, inside their walls, furnished without collisions, with free cameras, within budgets."""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import pytest

from spnet.errors import BadInput
from spnet.scenes.environments import Environments
from spnet.scenes.layouts import LAYOUTS, make_scene
from spnet.scenes.layouts.plan import Plan, Rectangle
from spnet.scenes.layouts.space import Block, Space
from spnet.scenes.layouts.views import Views
from spnet.scenes.models import Stock
from spnet.scenes.scene import Scene, View
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


@pytest.mark.parametrize("kind", INDOOR)
def test_things_stay_in_the_building(kind: str, stock: Stock) -> None:
    for seed in range(3):
        scene, views = made(kind, seed, stock)
        w, d, h = views.space.plan.size
        low = np.full((len(scene.things), 3), np.inf)
        high = -low
        for axis in range(3):
            np.minimum.at(low[:, axis], scene.thing, scene.mesh.corners[..., axis].min(1))
            np.maximum.at(high[:, axis], scene.thing, scene.mesh.corners[..., axis].max(1))
        for name, a, b in zip(scene.things[1:], low[1:], high[1:], strict=True):
            if name == "outside":
                continue
            assert a[2] > -0.03, f"{name} is under the floor"
            assert b[2] < h + 0.05 or name == "stairs", f"{name} is above the ceiling"
            middle = (a + b) / 2
            reach = max(-middle[0], middle[0] - w, -middle[1], middle[1] - d)
            assert reach < 5.2, f"{name} is outside even of the room behind the door"


@pytest.mark.parametrize("kind", INDOOR)
def test_a_scene_is_quick_and_small(kind: str, stock: Stock) -> None:
    made(kind, 0, stock)  # the models of the pool are made
    start = time.process_time()
    scene, _ = made(kind, 0, stock, again=True)
    assert time.process_time() - start < 1.5, "0.1 s on an idle machine"
    assert len(scene.mesh) <= 300_000


def test_views_keep_their_distance_and_see_things(stock: Stock) -> None:
    _, views = made("living_room", 0, stock)
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(40):
        view = views(rng)
        distance, block = views.glance(view)
        assert distance.min() > 0
        shares.append(float((block >= 0).mean()))
    assert np.median(shares) > 0.25
    wall = View((0.3, views.space.plan.depth / 2, 1.2), (0.0, views.space.plan.depth / 2, 1.2))
    assert views.score(wall) < np.median([views.score(views(rng)) for _ in range(10)]), "a bare wall promises less"


def test_a_glance_agrees_with_geometry() -> None:
    plan = Plan(6.0, 4.0, 2.5)
    space = Space(plan, [Block(4.0, 2.0, 0.5, 0.5, np.pi / 4, 0.0, 2.0)])
    views = Views(space, np.zeros((0, 3)), np.zeros(0), ("hand",))
    distance, block = views.glance(View((1.0, 2.0, 1.0), (2.0, 2.0, 1.0), 10.0))
    centre = len(distance) // 2  # rays are an even number across: the two in the middle pass just beside the corner
    assert block[centre] == 0
    assert distance[centre] == pytest.approx(3.0 - np.sqrt(0.5), abs=0.05)


@pytest.mark.parametrize("notch", [(0, 0, 1, 1), (4, 3, 6, 4), (2, 0, 3, 1), (5, 1, 6, 2), (0, 3, 1, 4), (4, 0, 6, 1)])
def test_outlines_go_round_the_notch(notch: Rectangle) -> None:
    plan = Plan(6.0, 4.0, 2.5, notch)
    rim = plan.outline
    twice = sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(rim, (*rim[1:], rim[0]), strict=True))
    assert twice / 2 == pytest.approx(24.0 - (notch[2] - notch[0]) * (notch[3] - notch[1]))
    for wall in plan.walls:
        x, y, _ = wall.point(wall.length / 2, 0.01, 0.0)
        assert plan.inside(x, y), "walls face the room"


def test_blocks_that_touch_and_do_not() -> None:
    one = Block(0, 0, 1.0, 0.5)
    assert one.meets(Block(1.2, 0, 0.5, 0.5, 0.3))
    assert not one.meets(Block(1.2, 0, 0.5, 0.5, 0.3, low=2.0, high=3.0)), "one above the other"
    assert not one.meets(Block(1.4, 1.1, 0.5, 0.5, np.pi / 4)), "their circles meet, they do not"
    assert one.contains((0.9, 0.4, 1.0))
    assert not one.contains((0.9, 0.6, 1.0))
