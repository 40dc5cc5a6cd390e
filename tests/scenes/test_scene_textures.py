"""Procedural textures: what they claim about seams, seeds and families."""

from __future__ import annotations

import numpy as np
import pytest

from spnet.scenes.textures import GROUPS, PAINTERS, TILEABLE, TextureSet, paint, procedural


@pytest.fixture(scope="module")
def small() -> TextureSet:
    return procedural(seed=3, richness=0.0, side=64)


@pytest.mark.parametrize("family", PAINTERS)
def test_a_layer_is_a_function_of_its_seed_and_number(family: str) -> None:
    first, metres = paint(family, 1, 0, 48)
    again, same = paint(family, 1, 0, 48)
    other, _ = paint(family, 1, 1, 48)
    assert first.shape == (48, 48, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert metres == same
    assert 0.05 < metres < 25
    assert (first != other).any()
    assert np.ptp(first.astype(int)) > 4, "not one flat colour"


@pytest.mark.parametrize("family", sorted(TILEABLE))
def test_what_repeats_has_no_seam(family: str) -> None:
    """The step over the seam is no larger than the largest steps within the picture."""
    for number in range(3):
        picture = paint(family, 0, number, 128)[0].astype(float)
        for axis in (0, 1):
            steps = np.abs(np.diff(picture, axis=axis)).mean((1 - axis, 2))
            seam = np.abs(picture.take(0, axis) - picture.take(-1, axis)).mean()
            assert seam <= 1.25 * steps.max() + 2, (number, axis)


def test_the_set_knows_its_families(small: TextureSet) -> None:
    assert len(small) == len(small.metres) == sum(map(len, small.members.values()))
    assert set(small.families) == {*PAINTERS, *GROUPS}
    rng = np.random.default_rng(0)
    for name in small.families:
        assert 0 <= small.pick(rng, name) < len(small)
    assert small.pick(rng, "brick") in small.members["brick"]
    assert {small.pick(rng, "brick", "tiles") for _ in range(40)} == {*small.members["brick"], *small.members["tiles"]}
    with pytest.raises(KeyError, match="no family of textures 'velvet'"):
        small.pick(rng, "velvet")


def test_the_first_row_is_the_lowest(small: TextureSet) -> None:
    layer = small.members["outside"][0]
    picture, _ = paint("outside", 3, 0, 64)
    np.testing.assert_array_equal(small.picture(layer), picture)
    np.testing.assert_array_equal(small.array[layer], picture[::-1])


def test_mean_colours_are_linear() -> None:
    grey = np.full((1, 8, 8, 3), 188, np.uint8)  # sRGB 188 is half the light of 255
    textures = TextureSet(grey, {"grey": (0,)}, np.ones(1, np.float32))
    assert textures.mean_colour(0) == pytest.approx((0.503, 0.503, 0.503), abs=1e-3)
    assert textures.mean_colour(-1) == (1.0, 1.0, 1.0)


def test_layers_are_appended_the_right_way_up(small: TextureSet) -> None:
    picture = np.zeros((32, 20, 3), np.uint8)
    picture[:16] = 255  # white above
    larger, layers = small.extended([picture], "model", 0.5)
    assert layers == [len(small)]
    assert len(larger) == len(small) + 1
    assert larger.members["model"] == (len(small),)
    assert larger.array[-1, 0].max() == 0
    assert larger.array[-1, -1].min() == 255
    assert larger.metres[-1] == 0.5
    assert small.extended([], "model") == (small, [])
    again, more = larger.extended([picture, picture], "model")
    assert again.members["model"] == (len(small), *more)


def test_richness_counts() -> None:
    assert len(procedural(richness=0.3, side=16)) == sum(max(round(0.3 * n), 1) for _, n in PAINTERS.values())
