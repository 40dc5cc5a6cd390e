"""Random materials: what furniture, buildings and things are made of.

Every function takes (rng, textures) and returns a `Material`. Those of things lie on the mesh's own coordinates, in
metres (`BY_UV`, as `spnet.scenes.shapes` makes them); those of buildings and grounds on the world's. All ranges are
ours, set by eye; albedos stay between about 0.02 and 0.9, as those of real matter do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from spnet.scenes.scene import BY_UV, BY_WORLD, LEAF, Floats, Material, Triple
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, linear, neutral

Surface = Callable[[np.random.Generator, TextureSet], Material]


def plain(srgb: ArrayLike, roughness: float = 0.7, grain: float = 0.06, **others: float | bool) -> Material:
    """A material of one colour with a faint mottle.

    Args:
        srgb: its colour, 0 to 1.
        roughness: 0 mirror to 1 matt.
        grain: strength of the mottle.
        others: further fields of `Material`.
    """
    material = Material(colour=linear(srgb), roughness=roughness, grain=grain, grain_size=0.08)
    return replace(material, **others)  # type: ignore[arg-type]


def textured(
    rng: np.random.Generator,
    textures: TextureSet,
    families: str | Sequence[str],
    *,
    tint: ArrayLike | None = None,
    mapping: str = BY_UV,
    stretch: float = 1.0,
    roughness: tuple[float, float] = (0.5, 0.9),
    bump: float = 0.0,
) -> Material:
    """A random layer of some families at its true size.

    Args:
        rng: source of randomness.
        textures: where layers come from.
        families: names for `TextureSet.pick`.
        tint: linear colour that multiplies the layer; a faint random one unless given.
        mapping: BY_UV or BY_WORLD.
        stretch: how much larger than true the pattern lies.
        roughness: range to draw from.
        bump: apparent relief of a step from black to white, metres.
    """
    layer = textures.pick(rng, *([families] if isinstance(families, str) else families))
    if tint is None:
        tint = np.clip(rng.uniform(0.78, 1.0) * (1 + 0.05 * rng.standard_normal(3)), 0.0, 1.0)
    r, g, b = np.asarray(tint, np.float64).tolist()
    size = float(textures.metres[layer]) * stretch * float(rng.uniform(0.85, 1.2))
    return Material((r, g, b), layer, mapping, 1 / size, float(rng.uniform(*roughness)), bump=bump)


def picture(
    rng: np.random.Generator, textures: TextureSet, *families: str, gloss: float = 0.6, tint: float = 0.0
) -> Material:
    """A layer that lies once over a face with coordinates from 0 to 1: posters, labels, screens, rugs.

    Args:
        rng: source of randomness.
        textures: where layers come from.
        families: names for `TextureSet.pick`.
        gloss: the material's roughness.
        tint: how far its colours may be changed, 0 to 1, so that few layers make many prints.
    """
    r, g, b = (rng.uniform(0.75, 0.95) * (1 - tint * rng.random(3))).tolist()
    return Material((r, g, b), textures.pick(rng, *families), BY_UV, 1.0, gloss)


def any_colour(rng: np.random.Generator) -> Floats:
    """What things are painted or moulded in: white, black and greys often, otherwise any colour."""
    kind = rng.random()
    if kind < 0.3:
        return neutral(rng, (0.82, 0.97))
    if kind < 0.48:
        return neutral(rng, (0.06, 0.22))
    if kind < 0.62:
        return neutral(rng, (0.3, 0.75))
    if rng.random() < 0.6:  # red, orange, yellow, blue: what is moulded or painted is seldom violet
        h = (0.0, 0.03, 0.08, 0.13, 0.16, 0.35, 0.5, 0.57, 0.61, 0.64)[int(rng.integers(0, 10))]
        return colour(rng, (0.3, 0.9), (0.2, 0.9), (h - 0.02, h + 0.02))
    return colour(rng, (0.15, 0.8), (0.15, 0.85))


def wood(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Varnished or oiled wood."""
    return textured(rng, textures, "veneer", roughness=(0.3, 0.75), bump=0.0006)


def boards(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Rough boards side by side."""
    return textured(rng, textures, "boards", roughness=(0.6, 0.95), bump=0.002)


def lacquer(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Painted wood."""
    return plain(any_colour(rng), float(rng.uniform(0.25, 0.7)), float(rng.uniform(0.02, 0.08)))


def timber(rng: np.random.Generator, textures: TextureSet) -> Material:
    """What furniture is made of: mostly wood, also painted wood."""
    return wood(rng, textures) if rng.random() < 0.68 else lacquer(rng, textures)


def plastic(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Moulded plastic."""
    return plain(any_colour(rng), float(rng.uniform(0.2, 0.65)), float(rng.uniform(0.0, 0.05)))


def dark_plastic(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Housings of screens, castors, keys."""
    return plain(neutral(rng, (0.05, 0.22)), float(rng.uniform(0.25, 0.6)), 0.03)


def rubber(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Tyres, hoses, feet."""
    return plain(neutral(rng, (0.06, 0.18)), float(rng.uniform(0.75, 0.95)), 0.08)


def steel(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Bare metal: brushed steel, aluminium, sometimes brass, copper or black iron."""
    kind = rng.random()
    if kind < 0.7:
        tint = neutral(rng, (0.65, 0.85))
    elif kind < 0.85:
        tint = colour(rng, (0.3, 0.5), (0.65, 0.85), (0.06, 0.13))
    else:
        tint = neutral(rng, (0.12, 0.25))
    brushed = rng.random() < 0.5
    layer = textures.pick(rng, "brushed") if brushed else -1
    return Material(linear(tint), layer, BY_UV, 2.0, float(rng.uniform(0.2, 0.5)), 0.6, 0.05, metal=True)


def chrome(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Polished metal: taps, tubes, handles."""
    tint = neutral(rng, (0.72, 0.92)) if rng.random() < 0.85 else colour(rng, (0.3, 0.55), (0.7, 0.9), (0.07, 0.13))
    return Material(linear(tint), roughness=float(rng.uniform(0.1, 0.25)), reflectance=0.75, metal=True)


def painted_metal(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Lacquered sheet or tube; sometimes worn."""
    if rng.random() < 0.2:
        return textured(rng, textures, "worn", roughness=(0.4, 0.8))
    return plain(any_colour(rng), float(rng.uniform(0.25, 0.6)), float(rng.uniform(0.01, 0.06)))


def metal(rng: np.random.Generator, textures: TextureSet) -> Material:
    """What frames and legs are made of."""
    return (steel, chrome, painted_metal, painted_metal)[int(rng.integers(0, 4))](rng, textures)


def fabric(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Upholstery and other cloth: half of it plain."""
    if rng.random() < 0.45:
        tint = linear(neutral(rng, (0.15, 0.95)) if rng.random() < 0.5 else colour(rng, (0.15, 0.8), (0.15, 0.9)))
        return textured(rng, textures, "plain_cloth", tint=tint, roughness=(0.8, 1.0), bump=0.0015)
    return textured(rng, textures, "fabric", roughness=(0.8, 1.0), bump=0.0015)


def linen(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Light cloth: sheets, towels, curtains, lamp shades."""
    tint = linear(neutral(rng, (0.7, 0.98)) if rng.random() < 0.65 else colour(rng, (0.1, 0.5), (0.5, 0.95)))
    return textured(rng, textures, "plain_cloth", tint=tint, roughness=(0.85, 1.0), bump=0.001)


def leather(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Leather."""
    return textured(rng, textures, "leather", roughness=(0.35, 0.65), bump=0.0008)


def upholstery(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Cloth, sometimes leather."""
    return leather(rng, textures) if rng.random() < 0.25 else fabric(rng, textures)


def ceramic(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Glazed ware: mostly white."""
    base = neutral(rng, (0.85, 0.97)) if rng.random() < 0.55 else colour(rng, (0.1, 0.8), (0.2, 0.95))
    return plain(base, float(rng.uniform(0.12, 0.4)), 0.02, reflectance=0.05)


def enamel(rng: np.random.Generator, textures: TextureSet) -> Material:
    """White sanitary ware and white appliances."""
    return plain(
        colour(rng, (0.0, 0.05), (0.86, 0.98), (0.05, 0.16)), float(rng.uniform(0.15, 0.35)), 0.015, reflectance=0.05
    )


def clay(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Plant pots: terracotta, glazed, plastic or concrete."""
    kind = rng.random()
    if kind < 0.4:
        return plain(colour(rng, (0.45, 0.65), (0.5, 0.75), (0.02, 0.06)), 0.9, 0.15)
    if kind < 0.55:
        return textured(rng, textures, "concrete", roughness=(0.8, 0.95))
    return (ceramic if kind < 0.8 else plastic)(rng, textures)


def stone(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Worktops and table tops of stone."""
    return textured(rng, textures, ("marble", "granite", "terrazzo"), roughness=(0.15, 0.6))


def concrete(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Cast concrete."""
    return textured(rng, textures, "concrete", roughness=(0.8, 0.95), bump=0.003)


def glass(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Clear or tinted glass."""
    tint = (0.85, 0.9, 0.88) if rng.random() < 0.7 else colour(rng, (0.2, 0.8), (0.3, 0.9))
    return Material(linear(tint), roughness=0.05, reflectance=0.05, opacity=float(rng.uniform(0.12, 0.35)))


def mirror(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A mirror."""
    return Material((0.9, 0.92, 0.92), roughness=0.03, reflectance=0.9, metal=True)


def paper(rng: np.random.Generator, textures: TextureSet) -> Material:
    """White or coloured paper, edges of books."""
    return plain(neutral(rng, (0.82, 0.98)), 0.95, 0.05)


def cardboard(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A carton, its print once over every face."""
    return picture(rng, textures, "cardboard", gloss=0.95)


def basketry(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Wicker, cane, jute."""
    tint = linear(colour(rng, (0.3, 0.55), (0.4, 0.8), (0.06, 0.11)))
    return textured(rng, textures, "knit", tint=tint, roughness=(0.8, 0.95), bump=0.004)


def lamp(rng: np.random.Generator, textures: TextureSet) -> Material:
    """What shines: a bulb or shade; whether it is lit is drawn too."""
    warm = colour(rng, (0.03, 0.35), (0.95, 1.0), (0.08, 0.13))
    return replace(plain(warm, 0.9, 0.02), emission=float(rng.choice([0.0, 0.0, 1.5, 3.0, 5.0])))


def leaf(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Foliage whose leaves are cut out of unit squares."""
    green = colour(rng, (0.35, 0.75), (0.2, 0.55), (0.18, 0.34))
    return Material(linear(green), mapping=LEAF, roughness=float(rng.uniform(0.45, 0.8)), grain=0.3, grain_size=0.12)


def soil(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Earth in a pot."""
    return textured(rng, textures, "soil", stretch=0.3, roughness=(0.9, 1.0))


def object_(rng: np.random.Generator, textures: TextureSet) -> Material:
    """What a small thing may be made of."""
    return SMALL[int(rng.integers(0, len(SMALL)))](rng, textures)


def wall(rng: np.random.Generator, textures: TextureSet) -> Material:
    """An inner wall: mostly painted or papered, tinted at random."""
    tint: Triple | None = None
    if rng.random() < 0.45:
        kind = "paint" if rng.random() < 0.6 else "plaster"
        wanted = linear(neutral(rng, (0.65, 0.97)) if rng.random() < 0.65 else colour(rng, (0.1, 0.5), (0.35, 0.9)))
        layer = textures.pick(rng, kind)
        r, g, b = np.clip(np.asarray(wanted) / np.maximum(textures.mean_colour(layer), 0.05), 0, 1.2).tolist()
        tint = (r, g, b)
        return Material(
            tint, layer, BY_WORLD, 1 / float(textures.metres[layer]), float(rng.uniform(0.7, 1.0)), bump=0.002
        )
    return textured(rng, textures, "wall", mapping=BY_WORLD, roughness=(0.6, 0.95), bump=0.003)


def floor(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A floor."""
    return textured(rng, textures, "floor", mapping=BY_WORLD, roughness=(0.25, 0.9), bump=0.001)


def ceiling(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A ceiling: white or nearly so, sometimes of boards or concrete."""
    kind = rng.random()
    if kind < 0.75:
        white = linear(neutral(rng, (0.85, 0.98)))
        return textured(
            rng, textures, "paint", tint=np.clip(np.add(white, 0.1), 0, 1), mapping=BY_WORLD, roughness=(0.9, 1)
        )
    families = ("panelling", "concrete", "boards")
    return textured(rng, textures, families, mapping=BY_WORLD, roughness=(0.7, 0.95), bump=0.002)


def ground(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Outdoor ground."""
    return textured(rng, textures, "ground", mapping=BY_WORLD, roughness=(0.8, 1.0), bump=0.01)


SMALL: tuple[Surface, ...] = (plastic, plastic, painted_metal, wood, ceramic, fabric, steel, leather, lacquer)


def glowing(material: Material, emission: float) -> Material:
    """The material, giving off light."""
    return replace(material, emission=emission)
