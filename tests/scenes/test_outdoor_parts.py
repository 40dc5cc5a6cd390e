"""What outdoor layouts are built from: tracks, terrain, painted surfaces, obstacles, fronts, coarse models."""

from __future__ import annotations

import numpy as np
import pytest

from spnet.scenes import shapes
from spnet.scenes.models import Stock
from spnet.scenes.outdoors import barriers, roofs
from spnet.scenes.outdoors.coarse import clustered, coarse
from spnet.scenes.outdoors.facades import holed, random_style, windows
from spnet.scenes.outdoors.heap import Heap, rotated
from spnet.scenes.outdoors.houses import house, random_plan
from spnet.scenes.outdoors.leaves import cloud, thinned
from spnet.scenes.outdoors.library import degree, library, repainted
from spnet.scenes.outdoors.obstacles import Obstacles
from spnet.scenes.outdoors.painted import Patch, dashes, surface
from spnet.scenes.outdoors.roads import Road, Section
from spnet.scenes.outdoors.terrain import Relief, Terrain, random_relief, spaced
from spnet.scenes.outdoors.track import drawn
from spnet.scenes.scene import Material, Mesh
from spnet.scenes.textures import procedural

WHITE, BLACK = Material((1.0, 1.0, 1.0)), Material((0.0, 0.0, 0.0))
TEXTURES = procedural(seed=1, richness=0.0, side=16)


def area(mesh: Mesh) -> float:
    edges = mesh.corners[:, 1:] - mesh.corners[:, :1]
    return float(np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=-1).sum() / 2)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_straight_track_runs_along_y_with_t_to_its_right() -> None:
    track = drawn(random(), 10, 20)
    assert track.spot(5.0, 2.0, 1.0) == pytest.approx((2.0, 5.0, 1.0))
    assert track.at([0, 1], [[-1], [1]]).shape == (2, 2, 3)


def test_a_bent_track_keeps_its_length_and_slope() -> None:
    track = drawn(random(3), 50, 100, bend=1 / 60, hill=0.08)
    steps = np.diff(track.points, axis=0)
    assert np.hypot(steps[:, 0], steps[:, 1]) == pytest.approx(1.0, abs=1e-3)
    assert np.abs(track.slope).max() <= 0.0801
    assert track.spot(0.0) == pytest.approx((0, 0, 0), abs=1e-9)


def test_terrain_is_the_tracks_near_it_and_the_reliefs_far_away() -> None:
    track = drawn(random(1), 40, 40, bend=1 / 80, hill=0.1)
    terrain = Terrain(random_relief(random(2), 5.0), [(track, 4.0, 6.0)], blend=10)
    s = np.linspace(-30, 30, 50)
    for t in (-3.9, 0.0, 5.9):
        points = track.at(s, t)
        assert terrain.height(points[:, :2]) == pytest.approx(points[:, 2], abs=0.03)
    far = np.array([(120.0, 5.0), (-90.0, -60.0)])
    assert terrain.height(far) == pytest.approx(terrain.relief.height(far))
    gap, _ = terrain.nearest(track.at([0.0], [9.0])[:, :2])
    assert gap[0] == pytest.approx(3.0, abs=0.1)


def test_covered_terrain_lies_lower() -> None:
    terrain = Terrain(Relief(np.zeros((1, 4))), [(drawn(random(), 30, 30), 3.0, 3.0)])
    mesh = terrain.mesh(spaced(10, 1.0, 40), spaced(10, 1.0, 25), sink=0.5, within=0.0)
    points = mesh.corners.reshape(-1, 3)
    on = np.abs(points[:, 0]) < 0.1
    assert (points[on, 2] <= -0.5 + 1e-6).all(), "a little more where cells are wide"
    assert points[on, 2].min() > -0.7
    assert points[(np.abs(points[:, 0]) > 8) & (np.abs(points[:, 0]) < 12), 2] == pytest.approx(0.0)


def test_markings_lie_in_the_road() -> None:
    heap = Heap()
    patches = [Patch(2.0, 3.0, -0.5, 0.5, WHITE), *dashes(4, 9, 1.0, 0.1, 1.0, 1.0, WHITE)]
    surface(heap, drawn(random(), 0, 10), np.linspace(0, 10, 5), np.linspace(-2, 2, 3), BLACK, patches)
    mesh, materials = heap.whole()
    white = mesh.material == materials.index(WHITE)
    assert area(mesh) == pytest.approx(40.0, rel=1e-5)
    painted = Mesh(mesh.corners[white], mesh.normals[white], mesh.uv[white], mesh.material[white])
    assert area(painted) == pytest.approx(1.0 + 2 * 0.1, rel=1e-3)
    assert mesh.corners[..., 2] == pytest.approx(0.0)
    normal = np.cross(mesh.corners[:, 1] - mesh.corners[:, 0], mesh.corners[:, 2] - mesh.corners[:, 0])
    assert (normal[:, 2] > 0).all(), "seen from above"


def test_kerbs_stop_at_side_streets() -> None:
    road = Road(drawn(random(), 0, 100), Section(), 0.0, 100.0, ([], [(30.0, 36.0)]))
    assert road.pieces(-1) == [(0.0, 100.0)]
    assert road.pieces(1, widen=2.0) == [(0.0, 28.0), (38.0, 100.0)]


def test_obstacles_measure_distance_and_overlap() -> None:
    field = Obstacles()
    assert field.distance([(0, 0)])[0] == np.inf
    field.add(0, 0, 2, 1, np.pi / 2, 0.0, 3.0)
    assert field.distance([(0, 0), (0, 2), (3, 0)]).tolist() == pytest.approx([-1.0, 0.0, 2.0])
    assert field.distance([(0, 0)], 4.0)[0] == np.inf, "above it"
    assert field.apart(3.1, 0, 2, 1, 0.0)
    assert not field.apart(2.9, 0, 2, 1, 0.0)
    assert not field.apart(0, 0, 0.1, 0.1, 0.3), "within it"
    assert field.sight((5, 0, 1), [np.pi, 0.0], [0.0, 0.0], 50.0).tolist() == pytest.approx([4, 50], rel=0.3)


def test_a_wall_has_its_openings_and_no_cracks() -> None:
    heap, openings = Heap(), np.array([[1.0, 2.0, 0.5, 2.0], [3.0, 3.5, 1.0, 2.5]])
    holed(heap, 5.0, 3.0, openings, WHITE)
    mesh, _ = heap.whole()
    assert area(mesh) == pytest.approx(15 - 1.5 - 0.75, rel=1e-5)
    points = {tuple(p) for p in np.round(mesh.corners.reshape(-1, 3), 3).tolist()}
    for a, b in mesh.corners[:, [0, 1]].tolist():  # no corner lies inside another's edge
        for x, _, z in points:
            if a[2] == b[2] == z:
                assert not min(a[0], b[0]) + 1e-3 < x < max(a[0], b[0]) - 1e-3


def test_glass_lies_behind_the_wall() -> None:
    style = random_style(random(), TEXTURES, WHITE, 1)
    heap = Heap()
    windows(heap, random(), np.array([[1.0, 2.0, 0.5, 2.0]]), style)
    mesh, materials = heap.whole()
    glass = np.isin(mesh.material, [materials.index(p) for p in style.panes if p in materials])
    assert glass.any()
    assert mesh.corners[glass][..., 1] == pytest.approx(style.reveal)


@pytest.mark.parametrize("kind", ["terrace", "detached", "flats", "office", "hall", "garage"])
def test_houses_fill_their_plot(kind: str) -> None:
    for seed in range(5):
        plan = random_plan(random(seed), kind, detail=seed % 3)
        heap, height = house(random(seed), TEXTURES, plan)
        mesh, _ = heap.whole()
        low, high = mesh.bounds
        assert low[2] < -1.5, "walls reach into the ground"
        assert plan.storeys * plan.storey - 0.01 <= height <= high[2] + 0.01
        assert high[0] - low[0] == pytest.approx(plan.width, abs=1.6)
        assert low[1] > -2.2, "balconies, awnings and canopies end over the pavement"
        assert high[1] < plan.depth + 1.0
        assert len(mesh) < 30_000


@pytest.mark.parametrize("size", [(8.0, 12.0), (12.0, 8.0)])
def test_roofs_cover_the_house(size: tuple[float, float]) -> None:
    for make in (
        lambda heap: roofs.gable(heap, *size, 6.0, 0.7, 0.4, WHITE, WHITE, WHITE),
        lambda heap: roofs.hip(heap, *size, 6.0, 0.6, 0.4, WHITE, WHITE),
        lambda heap: roofs.shed(heap, *size, 6.0, 1.0, 0.4, WHITE, WHITE),
    ):
        heap = Heap()
        top = make(heap)
        low, high = heap.whole()[0].bounds
        assert high[2] == pytest.approx(top, abs=0.01)
        assert (low[:2] < (-size[0] / 2, 0.0)).all()
        assert (high[:2] > (size[0] / 2, size[1])).all()


def test_barriers_follow_the_slope() -> None:
    path = np.array([(0, 0, 0), (10, 0, 1), (20, 5, 3)], float)
    for seed in range(12):
        heap = Heap()
        high = barriers.random_barrier(heap, random(seed), TEXTURES, path)
        low, top = heap.whole()[0].bounds
        assert 0.4 < high < 2.6
        assert low[2] < 0
        assert 3 + 0.6 * high < top[2] < 3 + high + 0.5


def test_coarse_models_are_smaller_and_near() -> None:
    stock = Stock(TEXTURES)
    fine = library(stock).model(stock, "car", 3)
    for cell in (0.1, 0.3):
        rough = coarse(fine, cell)
        assert len(rough.mesh) < 0.6 * len(fine.mesh)
        assert np.abs(np.subtract(rough.mesh.bounds, fine.mesh.bounds)).max() <= cell
        assert (area(rough.mesh)) > 0.5 * area(fine.mesh)
    assert library(stock).model(stock, "car", 3) is fine
    assert [degree(away) for away in (1.0, 25.0, 50.0, 500.0)] == [0, 1, 2, 3]


def test_clustering_leaves_a_coarse_box_alone() -> None:
    box = shapes.box((0, 0, 0), (1, 1, 1))
    assert clustered(box, 0.2).corners == pytest.approx(box.corners)


def test_cars_are_repainted() -> None:
    stock = Stock(TEXTURES)
    model = library(stock).model(stock, "car", 0)
    painted = repainted(random(), model)
    changed = [a != b for a, b in zip(model.materials, painted, strict=True)]
    assert sum(changed) == 1


def test_thinned_leaves_keep_most_of_their_area() -> None:
    mesh = cloud(random(), (0, 0, 0), (1, 1, 1), 2000, 0.1)
    few = thinned(mesh, random(1).random(2000), 0.25)
    assert len(few) == pytest.approx(0.25 * len(mesh), rel=0.15)
    assert 0.65 * area(mesh) < area(few) < area(mesh)


def test_heaps_turn_with_their_materials() -> None:
    inner, outer = Heap(), Heap()
    inner.box((1, 0, 0), (0.2, 0.2, 0.2), WHITE)
    outer.box((0, 0, 0), (1, 1, 1), BLACK)
    outer.put(inner, shapes.turn(np.pi / 2), (0, 0, 5))
    mesh, materials = outer.whole()
    white = mesh.corners[mesh.material == materials.index(WHITE)]
    assert white.reshape(-1, 3).mean(0) == pytest.approx((0, 1, 5), abs=1e-6)
    moved = rotated(shapes.ellipsoid((0, 0, 0), (1, 1, 1)), np.eye(3), (0, 0, 0), 2.0)
    assert np.linalg.norm(moved.normals, axis=-1) == pytest.approx(1.0, abs=1e-5)
    assert moved.bounds[1] == pytest.approx((2, 2, 2), abs=0.01)
