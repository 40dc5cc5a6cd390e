"""Pairs by number; which views are dull; specs as text."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_studio import TinyRenderer, make, open_tiny, photograph, tiny_textures

from spnet.errors import BadInput, SpnetError, SpnetWarning
from spnet.scenes import sampler
from spnet.scenes.sampler import Shot, Studio, material_table, shoot_pair, studio_here
from spnet.scenes.scene import Material, Scene
from spnet.scenes.spec import SceneSpec, parse_spec
from spnet.scenes.views import alike, choose_views, dullness, plane_shares
from spnet.types import FloatImage

SPEC = SceneSpec(("room", "room"), width=48, height=32)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "open_studio", open_tiny)
    monkeypatch.setattr(sampler, "_open", {})


def same(first: Shot, second: Shot) -> bool:
    return bool((first.rgb == second.rgb).all() and (first.depth == second.depth).all())


def test_pair_k_depends_on_nothing_but_its_number() -> None:
    forwards = [shot for scene in range(3) for shot in open_tiny(SPEC).shoot(scene)]
    for k in (8, 2, 5, 2):
        assert same(shoot_pair(SPEC, k), forwards[k])
        assert same(open_tiny(SPEC).shoot(k // 3, [k % 3])[0], forwards[k])
    assert [shot.number for shot in forwards] == list(range(9))
    assert len({shot.depth.tobytes() for shot in forwards}) == 9
    other = SceneSpec(SPEC.kinds, seed=1, width=48, height=32)
    assert not same(shoot_pair(other, 0), forwards[0])
    with pytest.raises(SpnetError, match="count from 0"):
        shoot_pair(SPEC, -1)


def test_a_process_keeps_one_studio_and_closes_the_one_before() -> None:
    first = studio_here(SPEC)
    assert studio_here(SPEC) is first
    second = studio_here(SceneSpec(("room",), width=64, height=32))
    assert second is not first
    assert isinstance(first.renderer, TinyRenderer)
    assert first.renderer.closed
    with Studio(SPEC, tiny_textures(), make, TinyRenderer(48, 32), photograph) as studio:
        renderer = studio.renderer
    assert isinstance(renderer, TinyRenderer)
    assert renderer.closed


def test_a_forked_process_opens_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    first = studio_here(SPEC)
    monkeypatch.setattr(sampler.os, "getpid", lambda: -1)
    assert studio_here(SPEC) is not first
    assert isinstance(first.renderer, TinyRenderer)
    assert not first.renderer.closed  # it is its owner's


def test_kinds_come_in_turn_and_seeds_have_nothing_in_common() -> None:
    spec = SceneSpec(("room", "table", "room"))
    assert [spec.kind(k) for k in range(4)] == ["room", "table", "room", "room"]
    seeds = {SceneSpec(seed=s).scene_seed(k) for s in range(20) for k in range(50)}
    assert len(seeds) == 1000
    assert min(seeds) >= 0


def test_a_layout_that_fails_is_told_and_another_is_taken() -> None:
    bad = SPEC.scene_seed(1)

    def fails(kind: str, seed: int) -> Scene:
        if seed == bad or kind == "table":
            raise ValueError("high - low < 0")
        return make(kind, seed)

    studio = Studio(SPEC, tiny_textures(), fails, TinyRenderer(48, 32), photograph)
    with pytest.warns(SpnetWarning, match=rf"A room of seed {bad} could not be laid out \(ValueError: high"):
        shots = studio.shoot(1)
    with pytest.warns(SpnetWarning):
        again = studio.shoot(1, [2])
    assert same(shots[2], again[0])
    assert not same(shots[2], open_tiny(SPEC).shoot(1, [2])[0])
    never = Studio(SceneSpec(("table",), width=48, height=32), tiny_textures(), fails, TinyRenderer(48, 32), photograph)
    with pytest.warns(SpnetWarning), pytest.raises(SpnetError, match="nor 4 others"):
        never.shoot(0)


def test_specs_are_read_as_they_are_written() -> None:
    spec, rest = parse_spec("scenes://room,table?seed=7&size=64x48&views=2&renderer=torch&richness=0.5&n=9", {"n": ""})
    assert spec == SceneSpec(("room", "table"), 7, 64, 48, 2, "torch", 0.5)
    assert rest == {"n": "9"}
    assert parse_spec(spec.text()) == (spec, {})
    assert parse_spec("scenes://") == (SceneSpec(), {})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("scenes://room?seed", "expected option=value"),
        ("scenes://room?seed=x", "expected a number after seed="),
        ("scenes://room?views=1.5", "expected a number after views="),
        ("scenes://room?size=64", "expected a size"),
        ("scenes://room?size=8x8", "a side has 16 to 4096"),
        ("scenes://room?renderer=cuda", "no renderer 'cuda'"),
        ("scenes://room?colour=red", "unknown option 'colour'"),
        ("scenes://room?views=0", "at least 1"),
        ("scenes://room?richness=2", "a share from 0 to 1"),
    ],
)
def test_a_spec_that_makes_no_sense_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        parse_spec(text)
    with pytest.raises(BadInput, match="no kind of scene 'moon'"):
        SceneSpec(("moon",)).check_kinds()


def test_materials_for_sensors() -> None:
    textures = tiny_textures()
    table = material_table([Material((0.5, 0.4, 0.3), texture=2), Material((0.9, 0.8, 0.7), metal=True)], textures)
    np.testing.assert_allclose(table[0, :3], np.multiply((0.5, 0.4, 0.3), textures.mean_colour(2)), rtol=1e-5)
    assert table[0, 4] == pytest.approx(0.04)
    assert table[1, 4] == pytest.approx(0.8)  # a metal reflects its colour
    assert material_table([], textures).shape == (0, 6)


# ---------------------------------------------------------------------------------------------------------- dull views


def room_view() -> tuple[FloatImage, np.ndarray]:
    """Floor, wall, a box and a ball: nothing is wrong with it."""
    v = np.mgrid[0:60, 0:80][0]
    depth = np.minimum(4.0, 1.4 * 70 / np.maximum(v - 20, 1e-3)).astype(np.float32)
    thing = np.zeros(depth.shape, np.int32)
    depth[20:45, 30:50], thing[20:45, 30:50] = 1.6, 1
    y, x = np.mgrid[-1:1:30j, -1:1:30j]
    ball = x * x + y * y < 1
    depth[25:55, 50:80][ball], thing[25:55, 50:80][ball] = (
        (2.2 - 0.5 * np.sqrt(np.maximum(1 - x * x - y * y, 0)))[ball],
        2,
    )
    return depth, thing


def test_a_view_of_a_room_is_not_dull() -> None:
    assert dullness(*room_view()) == 0


def test_dull_views() -> None:
    depth, thing = room_view()
    wall = np.full_like(depth, 2.0)
    assert dullness(wall, np.zeros_like(thing)) > 1
    u = np.mgrid[0:60, 0:80][1]
    slanted = (60 / (10 + 0.5 * u)).astype(np.float32)  # a plane, if a steep one
    assert plane_shares(slanted)[0] > 0.99
    assert dullness(slanted, np.zeros_like(thing)) > 0
    corner = np.where(u < 40, 2.0, slanted).astype(np.float32)
    assert dullness(corner, np.zeros_like(thing)) > 0  # two planes
    first, second = plane_shares(corner)
    assert first + second > 0.97
    assert min(first, second) > 0.4
    assert plane_shares(np.zeros((4, 4), np.float32)) == [0, 0]
    assert dullness(0.1 * depth, thing) > 0  # in one's face
    assert dullness(0.14 * depth, thing, "table") < dullness(0.14 * depth, thing, "room")
    sky = depth.copy()
    sky[:45] = 0
    assert dullness(sky, thing) > 0
    assert dullness(np.zeros_like(depth), thing - 1) == 5
    assert dullness(depth, np.ones_like(thing)) > 0  # one thing takes it all


def test_views_of_a_scene_differ_and_the_least_dull_is_taken() -> None:
    scene = make("room", 3)
    renderer = TinyRenderer(48, 32)
    renderer.load(scene)
    views = choose_views(scene, renderer.peek, 4, np.random.default_rng(0))
    looks = [renderer.peek(view)[0] for view in views]
    assert not any(alike(looks[i], looks[j]) for i in range(4) for j in range(i))
    again = choose_views(scene, renderer.peek, 4, np.random.default_rng(0))
    assert again == views
    wall = np.full((24, 32), 2.0, np.float32)
    looked = choose_views(scene, lambda view: (wall, np.zeros((24, 32), np.int32)), 1, np.random.default_rng(0))
    assert len(looked) == 1  # all are dull, and there still is one
