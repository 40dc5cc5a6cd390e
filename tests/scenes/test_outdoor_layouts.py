"""Outdoor layouts: sound, seeded, within their budget; what stands there stands on the ground and apart; free eyes."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from spnet.scenes.environments import Environments
from spnet.scenes.layouts import LAYOUTS, make_scene
from spnet.scenes.models import Stock
from spnet.scenes.outdoors.traffic import FLEET
from spnet.scenes.scene import Scene
from spnet.scenes.textures import TextureSet, procedural

KINDS = ("street", "road", "forest", "field", "car_park", "yard", "garden")
LEAST, MOST = 30_000, 520_000  # triangles
VEHICLES = {*FLEET, "lorry", "scooter", "estate car", "hatchback", "saloon"}


@cache
def textures() -> TextureSet:
    return procedural(seed=1, richness=0.0, side=16)


@cache
def stock() -> Stock:
    return Stock(textures())


@cache
def made(kind: str, seed: int) -> Scene:
    return make_scene(kind, seed, stock(), Environments())


def seeds(count: int) -> list[object]:
    """The first two in every run, the others where there is time."""
    return [n if n < 2 else pytest.param(n, marks=pytest.mark.slow) for n in range(count)]


@pytest.mark.parametrize("seed", seeds(10))
@pytest.mark.parametrize("kind", KINDS)
def test_scenes_are_sound(kind: str, seed: int) -> None:
    scene = made(kind, seed)
    mesh = scene.mesh
    assert scene.kind == kind
    assert not LAYOUTS[kind].indoor
    assert LEAST <= len(mesh) <= MOST
    assert np.isfinite(mesh.corners).all()
    assert np.isfinite(mesh.uv).all()
    length = np.linalg.norm(mesh.normals, axis=-1)
    assert (np.isclose(length, 1, atol=1e-3) | (length == 0)).all()
    assert set(np.unique(mesh.material)) <= set(range(len(scene.materials)))
    assert scene.thing.min() >= 0
    assert scene.thing.max() < len(scene.things)
    assert all(-1 <= m.texture < len(textures()) for m in scene.materials)
    assert all(min(m.colour) >= 0 and 0 < m.opacity <= 1 for m in scene.materials)
    assert {"type", "season", "weather"} <= set(scene.facts)
    low, high = mesh.bounds
    assert (high - low)[:2].min() > 250, "a far backdrop with true depth"
    assert scene.lighting.environment.visible, "the sky is seen"


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_alone_decides(kind: str) -> None:
    first = made(kind, 1)
    made(kind, 0)
    again = make_scene(kind, 1, Stock(textures()), Environments())  # a stock that has made nothing before
    np.testing.assert_array_equal(first.mesh.corners, again.mesh.corners)
    np.testing.assert_array_equal(first.mesh.material, again.mesh.material)
    assert first.materials == again.materials
    assert first.facts == again.facts
    views = [scene.propose(np.random.default_rng(7)) for scene in (first, again)]
    assert views[0] == views[1]
    assert len(first.mesh) != len(made(kind, 0).mesh)


def heights(scene: Scene, points: np.ndarray, *, things: bool = False) -> np.ndarray:
    """(n,) height of the highest ground under (n, 3) points that lies no more than 1.5 m over them; nan if none."""
    corners = scene.mesh.corners if things else scene.mesh.corners[scene.thing == 0]
    corners = corners.astype(np.float64)
    low, high = corners[..., :2].min(1), corners[..., :2].max(1)
    found = np.full(len(points), np.nan)
    for k, (x, y, z) in enumerate(points.tolist()):
        near = (low[:, 0] <= x) & (high[:, 0] >= x) & (low[:, 1] <= y) & (high[:, 1] >= y)
        a, b, c = corners[near].transpose(1, 0, 2)
        u, v, w = b[:, :2] - a[:, :2], c[:, :2] - a[:, :2], np.array([x, y]) - a[:, :2]
        area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
        flat = np.abs(area) > 1e-9
        s = (w[:, 0] * v[:, 1] - w[:, 1] * v[:, 0])[flat] / area[flat]
        t = (u[:, 0] * w[:, 1] - u[:, 1] * w[:, 0])[flat] / area[flat]
        inside = (s >= -1e-6) & (t >= -1e-6) & (s + t <= 1 + 1e-6)
        level = (a[:, 2][flat] + s * (b - a)[flat][:, 2] + t * (c - a)[flat][:, 2])[inside]
        level = level[level < z + 1.5]
        found[k] = level.max() if len(level) else np.nan
    return found


def parts(scene: Scene, names: set[str]) -> list[np.ndarray]:
    """(n, 3) corners of each thing of some names, or whose first word is one of them."""
    order = np.argsort(scene.thing, kind="stable")
    bounds = np.searchsorted(scene.thing[order], np.arange(len(scene.things) + 1))
    chosen = [k for k, name in enumerate(scene.things) if name in names or name.split()[0] in names]
    return [scene.mesh.corners[order[bounds[k] : bounds[k + 1]]].reshape(-1, 3) for k in chosen]


@pytest.mark.parametrize("seed", seeds(6))
@pytest.mark.parametrize("kind", KINDS)
def test_things_stand_on_the_ground(kind: str, seed: int) -> None:
    scene = made(kind, seed)
    standing = parts(
        scene, {*VEHICLES, "car", "van", "person", "child", "bicycle", "bin", "park bench", "pallet", "barrel"}
    )
    for corners in standing:
        low, high = corners.min(0), corners.max(0)
        under = heights(scene, np.array([[*(low + high)[:2] / 2, low[2] + 0.5]]))[0]
        assert np.isfinite(under), "there is ground below"
        assert abs(low[2] - under) < 0.12 + 0.06 * (high - low)[:2].max(), "a slope lifts one end"
    for corners in parts(scene, {"house"}):
        deepest = corners[corners[:, 2] < corners[:, 2].min() + 0.01]
        under = heights(scene, deepest[:8] + np.array([0, 0, 4.0]))
        assert (deepest[:8, 2] <= np.nan_to_num(under, nan=np.inf) + 0.05).all(), "walls reach into the ground"


def hull(corners: np.ndarray) -> np.ndarray:
    """(n, 2) outline from above, of all but mirrors and other thin parts: 8 cm smaller all round."""
    points = corners[:, :2].astype(np.float64)
    outline = points[ConvexHull(points).vertices]
    middle = outline.mean(0)
    away = outline - middle
    return np.asarray(middle + away * (1 - 0.08 / np.linalg.norm(away, axis=1, keepdims=True)))


def overlap(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two convex outlines overlap, by separating axes."""
    for outline in (first, second):
        edges = np.roll(outline, -1, 0) - outline
        axes = np.stack([edges[:, 1], -edges[:, 0]], -1)
        a, b = first @ axes.T, second @ axes.T
        if ((a.max(0) < b.min(0)) | (b.max(0) < a.min(0))).any():
            return False
    return True


@pytest.mark.parametrize("seed", seeds(8))
@pytest.mark.parametrize("kind", ["street", "road", "car_park", "yard"])
def test_vehicles_do_not_overlap(kind: str, seed: int) -> None:
    outlines = [hull(corners) for corners in parts(made(kind, seed), {"car", "van", "bus", "lorry", "truck"})]
    for i, first in enumerate(outlines):
        for second in outlines[:i]:
            assert not overlap(first, second)


def test_overlap_is_seen() -> None:
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    assert overlap(square, square + 0.5)
    assert not overlap(square, square + 1.5)


@pytest.mark.parametrize("seed", seeds(8))
@pytest.mark.parametrize("kind", KINDS)
def test_eyes_are_free_and_see(kind: str, seed: int) -> None:
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("embreex")
    scene = made(kind, seed)
    rays = trimesh.ray.ray_pyembree.RayMeshIntersector(
        trimesh.Trimesh(scene.mesh.corners.reshape(-1, 3), np.arange(3 * len(scene.mesh)).reshape(-1, 3), process=False)
    )
    rng = np.random.default_rng(seed)
    around = rng.normal(size=(60, 3))
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    medians = []
    for _ in range(16):
        view = scene.propose(rng)
        assert 35 <= view.field_of_view <= 115
        eye = np.array(view.eye)
        place, ray, _ = rays.intersects_location(np.tile(eye, (60, 1)), around, multiple_hits=False)
        near = np.linalg.norm(place - eye, axis=1)
        assert (near < 0.12).mean() < 0.1, "not in a thing: a leaf or a blade of grass may be close"
        below, _, _ = rays.intersects_location(eye[None], np.array([[0, 0, -1.0]]), multiple_hits=True)
        assert len(below), "the ground lies below"
        assert 0.15 < eye[2] - below[:, 2].min() < 120
        aim = view.rotation()[2] + 0.5 * view.rotation()[0] * rng.uniform(-1, 1, (60, 1))
        seen, ray, _ = rays.intersects_location(np.tile(eye, (60, 1)), aim, multiple_hits=False)
        depth = np.full(60, 200.0)
        depth[ray] = (seen - eye) @ view.rotation()[2]
        medians.append(float(np.median(depth)))
    assert np.median(medians) > 2.0
    assert max(medians) > 6.0


def test_views_cover_near_and_far() -> None:
    """Heights of the eyes: robots near the ground, people and cars, drones."""
    rng = np.random.default_rng(0)
    scene = made("street", 0)
    eyes = np.array([scene.propose(rng).eye for _ in range(60)])
    over = eyes[:, 2] - heights(scene, eyes)
    assert (over < 0.9).any()
    assert ((over > 1.1) & (over < 1.9)).mean() > 0.4
    assert (over > 3).any()
