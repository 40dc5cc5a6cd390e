"""The look of a scene as a whole: one palette, its woods, metals and cloths, so that things belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spnet.scenes import surfaces
from spnet.scenes.layouts.tastes import TASTES, Taste
from spnet.scenes.models.kinds import GROUPS
from spnet.scenes.scene import BY_UV, BY_WORLD, LEAF, Material, Model, Triple
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, linear, neutral

# Kinds that are bought to match; everything else keeps its own colours.
MATCHED = frozenset(
    kind
    for group in ("seats", "tables", "storage", "sleeping", "lamps")
    for kind in GROUPS[group]
    if kind not in ("candle",)
) | {"curtain", "cushion", "rug", "door"}


WOODEN = frozenset(("veneer", "boards", "chipboard"))


PRINTS = frozenset(("label", "package", "poster", "page", "painting", "photograph", "screen", "cardboard", "rug"))


NATURAL = frozenset(
    ("fruit", "food", "plant", "person", "animal", "tree", "bush", "extinguisher")
)  # have their colours


CLOTHS = frozenset(("weave", "plain_cloth", "checked", "striped", "printed_cloth", "knit", "quilted", "leather"))


@dataclass(frozen=True)
class Style:
    """The materials of one scene.

    Attributes:
        name: key of `TASTES`.
        walls: one each, repeated; mostly all alike.
        floor, ceiling: of the room.
        trim: skirting boards, door and window frames.
        door: leaves of doors.
        woods: the main wood and another; as things wear them (`BY_UV`).
        metals: of frames and handles.
        cloths: upholstery and curtains.
        paints: lacquers: the main one and accents.
        tidy: 1 everything at its place, 0 chaos.
        families: family of each layer of the textures.
    """

    name: str
    walls: tuple[Material, ...]
    floor: Material
    ceiling: Material
    trim: Material
    door: Material
    woods: tuple[Material, ...]
    metals: tuple[Material, ...]
    cloths: tuple[Material, ...]
    paints: tuple[Material, ...]
    tidy: float
    families: dict[int, str]

    def recoloured(
        self, rng: np.random.Generator, textures: TextureSet, model: Model, share: float = 0.8
    ) -> dict[int, Material]:
        """Materials of this scene in place of a model's own, for `Builder.place`.

        Args:
            rng: source of randomness.
            textures: where other prints come from.
            model: what is placed; kinds that are bought to match take the scene's materials, others any.
            share: probability that it matches.
        """
        if model.kind in NATURAL:
            return {}
        if model.kind not in MATCHED or rng.random() > share:
            return varied(rng, textures, self.families, model)
        wood = self.woods[0] if rng.random() < 0.75 else self.woods[-1]
        metal = self.metals[int(rng.integers(0, len(self.metals)))]
        cloth = self.cloths[int(rng.integers(0, len(self.cloths)))]
        paint = self.paints[0] if rng.random() < 0.7 else self.paints[int(rng.integers(0, len(self.paints)))]
        new: dict[int, Material] = {}
        for number, material in enumerate(model.materials):
            family = self.families.get(material.texture, "")
            if material.opacity < 1 or material.emission > 0 or material.mapping == LEAF:
                continue
            if family in WOODEN:
                new[number] = wood
            elif family in CLOTHS:
                new[number] = cloth
            elif material.metal and material.roughness > 0.12:
                new[number] = metal
            elif material.texture < 0 and not material.metal and _saturation(material.colour) > 0.35:
                new[number] = paint
        return new


def varied(
    rng: np.random.Generator, textures: TextureSet, families: dict[int, str], model: Model
) -> dict[int, Material]:
    """Other prints and other plain colours for a thing that is bought for itself, so that few models look like many.

    Args:
        rng: source of randomness.
        textures: where other prints come from.
        families: family of each layer.
        model: what is placed.
    """
    new: dict[int, Material] = {}
    tint = surfaces.any_colour(rng) if rng.random() < 0.6 else None
    for number, material in enumerate(model.materials):
        if material.opacity < 1 or material.emission > 0 or material.mapping == LEAF or material.metal:
            continue
        family = families.get(material.texture, "")
        if model.kind == "picture" and family in PRINTS:
            pictures = ("painting", "painting", "photograph", "photograph", "poster")
            new[number] = replace(material, texture=textures.pick(rng, *pictures))
        elif family in PRINTS:
            new[number] = replace(material, texture=textures.pick(rng, family))
        elif material.texture < 0 and tint is not None and _saturation(material.colour) > 0.3:
            new[number] = replace(material, colour=linear(tint))
    return new


def _saturation(linear_colour: Triple) -> float:
    low, high = min(linear_colour), max(linear_colour)
    return (high - low) / max(high, 1e-6)


def coloured(
    rng: np.random.Generator,
    textures: TextureSet,
    families: Sequence[str],
    wanted: Triple,
    *,
    mapping: str = BY_WORLD,
    roughness: tuple[float, float] = (0.7, 0.95),
    bump: float = 0.002,
) -> Material:
    """A layer of some families, tinted so that its mean is a wanted linear colour."""
    layer = textures.pick(rng, *families)
    r, g, b = np.clip(np.asarray(wanted) / np.maximum(textures.mean_colour(layer), 0.05), 0, 1.0).tolist()
    size = float(textures.metres[layer]) * float(rng.uniform(0.85, 1.2))
    return Material((r, g, b), layer, mapping, 1 / size, float(rng.uniform(*roughness)), bump=bump)


def draw_style(
    rng: np.random.Generator,
    textures: TextureSet,
    names: Sequence[str],
    *,
    walls: Sequence[str] = (),
    floors: Sequence[str] = (),
) -> Style:
    """A style at random.

    Args:
        rng: source of randomness.
        textures: layers of its materials.
        names: keys of `TASTES` to choose from.
        walls: families that the type of room asks for instead of the style's.
        floors: the same for the floor.
    """
    name = names[int(rng.integers(0, len(names)))]
    taste = TASTES[name]
    hue = (float(rng.uniform(0, 1)),) * 2
    main = _wall(rng, textures, taste, walls or taste.walls, hue)
    accent = _wall(rng, textures, replace(taste, white=0.3), taste.walls, hue) if rng.random() < 0.22 else main
    order = [main] * 8
    order[int(rng.integers(0, 4))] = accent
    ground = list(floors or taste.floors)
    floor = surfaces.textured(rng, textures, ground, mapping=BY_WORLD, roughness=(0.3, 0.9), bump=0.001)
    woods = tuple(_wood(rng, textures, taste.wood) for _ in range(2))
    white = surfaces.plain(neutral(rng, (0.82, 0.97)), float(rng.uniform(0.35, 0.7)), 0.03)
    trim = white if rng.random() < 0.65 else replace(woods[0], mapping=BY_UV)
    door = trim if rng.random() < 0.6 else woods[int(rng.integers(0, 2))]
    families = {layer: family for family, layers in textures.members.items() for layer in layers}
    return Style(
        name,
        tuple(order),
        floor,
        surfaces.ceiling(rng, textures),
        trim,
        door,
        woods,
        _metals(rng, textures, taste),
        tuple(_cloth(rng, textures, taste, hue) for _ in range(3)),
        _paints(rng, taste, hue),
        float(np.clip(rng.beta(2, 1.6), 0, 1)),
        families,
    )


def _wall(
    rng: np.random.Generator, textures: TextureSet, taste: Taste, families: Sequence[str], hue: tuple[float, float]
) -> Material:
    family = families[int(rng.integers(0, len(families)))]
    if family in ("paint", "plaster", "panelling", "concrete"):
        if rng.random() < taste.white or family == "concrete":
            wanted = neutral(rng, taste.value)
        else:
            wanted = colour(rng, (0.08, taste.saturation), taste.value, _around(rng, hue))
        return coloured(rng, textures, [family], linear(wanted))
    return surfaces.textured(rng, textures, family, mapping=BY_WORLD, roughness=(0.6, 0.95), bump=0.003)


def _around(rng: np.random.Generator, hue: tuple[float, float]) -> tuple[float, float]:
    """The scene's hue, or one far from it."""
    shift = float(rng.normal(0, 0.03)) + (0.5 if rng.random() < 0.2 else 0.0)
    return (hue[0] + shift) % 1.0, (hue[0] + shift) % 1.0 + 1e-6


def _wood(rng: np.random.Generator, textures: TextureSet, brightness: tuple[float, float]) -> Material:
    """A veneer whose mean brightness is as wanted, at its true size."""
    layers = textures.members["veneer"]
    means = np.array([np.mean(textures.mean_colour(layer)) ** (1 / 2.2) for layer in layers])
    wanted = float(rng.uniform(*brightness))
    layer = layers[int(np.abs(means - wanted + rng.normal(0, 0.05, len(means))).argmin())]
    share = float(np.clip((wanted / max(float(np.mean(means[layers.index(layer)])), 0.05)) ** 2.2, 0.25, 1.0))
    r, g, b = np.clip(share * (1 + 0.03 * rng.standard_normal(3)), 0, 1).tolist()
    scale = 1 / (float(textures.metres[layer]) * float(rng.uniform(0.85, 1.2)))
    return Material((r, g, b), layer, BY_UV, scale, float(rng.uniform(0.3, 0.75)), bump=0.0006)


def _metals(rng: np.random.Generator, textures: TextureSet, taste: Taste) -> tuple[Material, ...]:
    if rng.random() < taste.dark_metal:
        black = surfaces.plain(neutral(rng, (0.05, 0.16)), float(rng.uniform(0.35, 0.6)), 0.03)
        return black, surfaces.steel(rng, textures)
    return surfaces.chrome(rng, textures), surfaces.steel(rng, textures)


def _cloth(rng: np.random.Generator, textures: TextureSet, taste: Taste, hue: tuple[float, float]) -> Material:
    if rng.random() < taste.patterned:
        return surfaces.textured(rng, textures, "fabric", roughness=(0.8, 1.0), bump=0.0015)
    if rng.random() < 0.5:
        tint = neutral(rng, (0.15, 0.92))
    else:
        tint = colour(rng, (0.1, taste.saturation + 0.15), (0.2, 0.85), _around(rng, hue))
    return surfaces.textured(rng, textures, "plain_cloth", tint=linear(tint), roughness=(0.8, 1.0), bump=0.0015)


def _paints(rng: np.random.Generator, taste: Taste, hue: tuple[float, float]) -> tuple[Material, ...]:
    base = neutral(rng, (0.75, 0.96)) if rng.random() < 0.6 else neutral(rng, (0.12, 0.6))
    tints = [base, *(colour(rng, (0.2, taste.saturation + 0.3), (0.2, 0.9), _around(rng, hue)) for _ in range(2))]
    return tuple(surfaces.plain(tint, float(rng.uniform(0.3, 0.7)), 0.05) for tint in tints)
