"""Procedural models: every kind is sound, seeded and varied; the stock answers for all of them."""

from __future__ import annotations

import numpy as np
import pytest

from spnet.scenes.models import MAKERS, Stock, make
from spnet.scenes.models.kinds import GROUPS, KINDS
from spnet.scenes.scene import BY_UV, LEAF, Model
from spnet.scenes.textures import TextureSet, procedural

BUDGET = 10000  # triangles of one model
# Largest and smallest sensible extents, metres; the default is what fits through a door.
LIMITS = {
    **dict.fromkeys(("car", "van", "truck", "bus", "tree", "tree_far"), (15.0, 15.0, 15.0)),
    **dict.fromkeys(("forklift", "stairs", "fence", "bus_stop", "street_lamp", "traffic_light"), (6.0, 6.0, 9.0)),
}


@pytest.fixture(scope="module")
def textures() -> TextureSet:
    return procedural(seed=1, richness=0.0, side=16)


def drawn(kind: str, textures: TextureSet, seed: int) -> Model:
    return make(kind, np.random.default_rng(seed), textures)


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_every_model_is_sound(kind: str, textures: TextureSet) -> None:
    for seed in range(12):
        model = drawn(kind, textures, seed)
        mesh = model.mesh
        assert model.kind == kind
        assert model.name
        assert 0 < len(mesh) <= BUDGET
        assert np.isfinite(mesh.corners).all()
        assert np.isfinite(mesh.uv).all()
        length = np.linalg.norm(mesh.normals, axis=-1)
        assert (np.isclose(length, 1, atol=1e-3) | (length == 0)).all()
        low, high = mesh.bounds
        assert low[2] == pytest.approx(0, abs=1e-5), "stands on the floor"
        assert (low + high)[:2] == pytest.approx(0, abs=1e-4), "is centred"
        size = np.asarray(model.size)
        assert (size <= LIMITS.get(kind, (4.2, 4.2, 3.2))).all()
        assert size.max() >= 0.02
        assert mesh.material.min() >= 0
        assert set(np.unique(mesh.material)) == set(range(len(model.materials))), "every material is used"


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_materials_are_physical(kind: str, textures: TextureSet) -> None:
    for material in drawn(kind, textures, 5).materials:
        assert all(0 <= c <= 1 for c in material.colour)
        assert -1 <= material.texture < len(textures)
        assert material.mapping in (BY_UV, LEAF) or material.texture < 0, "things turn with their textures"
        assert 0 <= material.roughness <= 1
        assert 0 < material.opacity <= 1


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_things_stand_on_its_surfaces(kind: str, textures: TextureSet) -> None:
    for seed in range(4):
        model = drawn(kind, textures, seed)
        _, high = model.mesh.bounds
        for height, half_x, half_y in model.surfaces:
            assert 0 < height <= high[2] + 1e-4
            assert 0 < half_x <= high[0] + 1e-4
            assert 0 < half_y <= high[1] + 1e-4


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_the_seed_decides(kind: str, textures: TextureSet) -> None:
    first, again, other = drawn(kind, textures, 1), drawn(kind, textures, 1), drawn(kind, textures, 2)
    np.testing.assert_array_equal(first.mesh.corners, again.mesh.corners)
    np.testing.assert_array_equal(first.mesh.uv, again.mesh.uv)
    assert first.materials == again.materials
    different = first.mesh.corners.shape != other.mesh.corners.shape
    assert different or not np.allclose(first.mesh.corners, other.mesh.corners)


def test_kinds_are_listed_once() -> None:
    assert len(set(KINDS)) == len(KINDS) == sum(map(len, GROUPS.values()))
    assert set(MAKERS) <= set(KINDS)


def test_the_stock_picks_and_refuses(textures: TextureSet) -> None:
    stock = Stock(textures)
    rng = np.random.default_rng(0)
    assert stock.kinds == tuple(kind for kind in KINDS if kind in MAKERS)
    assert stock.pick(rng, "chair").kind == "chair"
    with pytest.raises(KeyError, match="unicorn"):
        stock.pick(rng, "unicorn")
    with pytest.raises(KeyError, match="unicorn"):
        make("unicorn", rng, textures)


@pytest.mark.parametrize("limit", [0.25, (0.4, 0.3, 0.2), 10.0])
def test_what_is_picked_fits(limit: float | tuple[float, float, float], textures: TextureSet) -> None:
    stock = Stock(textures)
    for seed, kind in enumerate(("table", "bottle", "shelf", "cup")):
        model = stock.pick(np.random.default_rng(seed), kind, limit)
        assert (np.asarray(model.size) <= np.broadcast_to(limit, 3)).all()
        low, high = model.mesh.bounds
        assert all(height <= high[2] + 1e-4 for height, _, _ in model.surfaces)
        assert low[2] == pytest.approx(0, abs=1e-5)


def test_a_table_carries_things_on_its_top(textures: TextureSet) -> None:
    for seed in range(6):
        model = drawn("table", textures, seed)
        height, half_x, half_y = model.surfaces[0]
        points = model.mesh.corners.reshape(-1, 3)
        assert height == pytest.approx(points[:, 2].max(), abs=1e-3)
        assert 2 * half_x < model.size[0]
        assert 2 * half_y < model.size[1]


def test_every_kind_has_a_maker() -> None:
    assert set(MAKERS) == set(KINDS)
