"""What outdoor ground, buildings and plants are made of: textures brought to the albedos of real matter.

Colours are sRGB ranges set by eye against photographs; asphalt, foliage and soil reflect far less than one expects
(linear albedos of 0.05 to 0.15), plaster and paint 0.3 to 0.75.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from spnet.scenes.scene import BY_UV, LEAF, Material
from spnet.scenes.surfaces import plain
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, linear, neutral


def toned(
    rng: np.random.Generator,
    textures: TextureSet,
    families: str | tuple[str, ...],
    srgb: ArrayLike,
    *,
    keep: float = 0.0,
    mapping: str = BY_UV,
    stretch: float = 1.0,
    **others: float | bool,
) -> Material:
    """A texture whose mean is a colour.

    Args:
        rng: source of randomness.
        textures: where layers come from.
        families: names for `TextureSet.pick`.
        srgb: wanted mean colour, 0 to 1.
        keep: how much of the layer's own mean colour stays, 0 to 1.
        mapping: how it lies on the surface.
        stretch: how much larger than true the pattern lies.
        others: further fields of `Material`.
    """
    layer = textures.pick(rng, *([families] if isinstance(families, str) else families))
    mean = np.maximum(textures.mean_colour(layer), 0.02)
    wanted = np.asarray(linear(srgb)) / mean
    r, g, b = np.clip(wanted * (1 - keep) + keep, 0.0, 2.5).tolist()
    size = float(textures.metres[layer]) * stretch
    material = Material((r, g, b), layer, mapping, 1 / size, 0.9, grain=0.15, grain_size=2.0)
    return replace(material, **others)  # type: ignore[arg-type]


def asphalt(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A road's surface, from fresh and dark to old and bleached."""
    tone = neutral(rng, (0.24, 0.5)) * 0.75 + 0.25 * rng.uniform(0.24, 0.5)
    rough = float(rng.choice([0.95, 0.9, 0.8, 0.55]))  # the last is damp
    return toned(rng, textures, "asphalt", tone, roughness=rough, grain=0.22, grain_size=float(rng.uniform(0.6, 4)))


def patched(rng: np.random.Generator, base: Material) -> Material:
    """Where the road was mended: the same, lighter or darker."""
    f = float(rng.uniform(0.65, 1.25))
    r, g, b = base.colour
    return replace(base, colour=(r * f, g * f, b * f))


def marking(rng: np.random.Generator, yellow: bool = False) -> Material:
    """Road paint, more or less worn."""
    base = colour(rng, (0.6, 0.85), (0.7, 0.9), (0.11, 0.14)) if yellow else neutral(rng, (0.66, 0.9))
    return plain(base, 0.75, 0.45, grain_size=float(rng.uniform(0.08, 0.4)))


def paving(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A pavement: slabs, blocks, setts, sometimes asphalt or concrete."""
    kind = rng.random()
    tone = neutral(rng, (0.42, 0.7))
    if kind < 0.62:
        return toned(rng, textures, "paving", tone, keep=0.3, bump=0.004)
    if kind < 0.75:
        return toned(rng, textures, "cobbles", 0.8 * tone, keep=0.2, bump=0.01)
    if kind < 0.88:
        return asphalt(rng, textures)
    return toned(rng, textures, "concrete", tone, bump=0.002)


def kerb(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Kerb stones."""
    return toned(rng, textures, ("granite", "concrete"), neutral(rng, (0.5, 0.72)), bump=0.002)


def grass(rng: np.random.Generator, textures: TextureSet, dry: float | None = None) -> Material:
    """Lawn or meadow; `dry` from 0, lush, to 1, straw; random unless given."""
    share = float(rng.random() ** 2) if dry is None else dry
    lush, straw = np.array([0.30, 0.39, 0.16]), np.array([0.56, 0.51, 0.31])
    tone = (lush + share * (straw - lush)) * rng.uniform(0.8, 1.2) * (1 + 0.06 * rng.standard_normal(3))
    return toned(
        rng,
        textures,
        "grass",
        tone,
        keep=0.15,
        stretch=1.2,
        bump=0.02,
        grain=0.4,
        grain_size=float(rng.uniform(0.5, 5)),
    )


def soil(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Bare earth, a field, a bed."""
    tone = colour(rng, (0.25, 0.5), (0.26, 0.5), (0.05, 0.1))
    return toned(rng, textures, "soil", tone, bump=0.03, grain=0.3, grain_size=1.0)


def litter(rng: np.random.Generator, textures: TextureSet) -> Material:
    """The floor of a forest."""
    tone = colour(rng, (0.3, 0.55), (0.25, 0.42), (0.06, 0.14))
    return toned(rng, textures, ("litter", "litter", "soil"), tone, keep=0.2, bump=0.02, grain=0.4, grain_size=1.5)


def gravel(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Loose stones or sand: paths, yards."""
    return toned(rng, textures, ("gravel", "gravel", "sand"), neutral(rng, (0.34, 0.58)), bump=0.01, grain=0.25)


def slabs(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Cast concrete underfoot."""
    return toned(rng, textures, "concrete", neutral(rng, (0.4, 0.62)), stretch=2.0, bump=0.002, grain=0.25)


def plaster(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A rendered front: white, cream, grey, or one of the colours of towns."""
    kind = rng.random()
    if kind < 0.5:
        tone = neutral(rng, (0.68, 0.92))
    elif kind < 0.85:
        tone = colour(rng, (0.12, 0.42), (0.6, 0.88), (0.03, 0.15))
    else:
        tone = colour(rng, (0.1, 0.35), (0.45, 0.75), (0.3, 0.65))
    return toned(rng, textures, ("plaster", "plaster", "paint"), tone, bump=0.004, grain=0.14)


def masonry(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Brick or natural stone."""
    if rng.random() < 0.75:
        tone = colour(rng, (0.25, 0.5), (0.36, 0.62), (0.0, 0.07))
        return toned(rng, textures, "brick", tone, keep=0.4, bump=0.006)
    return toned(rng, textures, "rubble", neutral(rng, (0.4, 0.68)), keep=0.3, bump=0.01)


def cladding(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Boards, sheets or concrete on a front."""
    kind = rng.random()
    if kind < 0.4:
        tone = colour(rng, (0.15, 0.55), (0.3, 0.65), (0.05, 0.1))
        return toned(rng, textures, ("boards", "panelling"), tone, bump=0.004)
    if kind < 0.7:
        return toned(rng, textures, "concrete", neutral(rng, (0.45, 0.72)), stretch=2.0, bump=0.003)
    tone = neutral(rng, (0.4, 0.85)) if rng.random() < 0.6 else colour(rng, (0.2, 0.6), (0.3, 0.7))
    return toned(rng, textures, "corrugated", tone, bump=0.01, roughness=0.5)


def tiles(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A roof's covering: clay, slate or concrete tiles."""
    clay = rng.random() < 0.6
    tone = colour(rng, (0.35, 0.6), (0.3, 0.55), (0.01, 0.05)) if clay else neutral(rng, (0.22, 0.45))
    return toned(rng, textures, "roof", tone, keep=0.15, bump=0.02, roughness=0.85, grain=0.25)


def pane(rng: np.random.Generator) -> Material:
    """A window by day: dark, glossy, the sky in it."""
    tone = colour(rng, (0.05, 0.35), (0.1, 0.32), (0.45, 0.65))
    return Material(linear(tone), roughness=0.06, reflectance=0.09, grain=0.25, grain_size=0.8)


def dressed_pane(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A window with curtains, blinds or a lit room behind it."""
    tone = neutral(rng, (0.3, 0.75)) if rng.random() < 0.85 else colour(rng, (0.1, 0.5), (0.3, 0.65))
    lit = 0.8 if rng.random() < 0.12 else 0.0
    family = ("plain_cloth", "panelling", "striped", "printed_cloth")[int(rng.choice(4, p=[0.55, 0.25, 0.1, 0.1]))]
    return toned(rng, textures, family, tone, roughness=0.15, reflectance=0.08, emission=lit, grain=0.3, grain_size=0.5)


def foliage(rng: np.random.Generator, season: str = "summer") -> Material:
    """Leaves, cut out of unit squares.

    Args:
        rng: source of randomness.
        season: "spring", "summer" or "autumn".
    """
    hue = {"spring": (0.19, 0.27), "summer": (0.22, 0.33), "autumn": (0.03, 0.19)}[season]
    tone = colour(rng, (0.3, 0.65), (0.24, 0.46) if season == "summer" else (0.34, 0.6), hue)
    return Material(
        linear(tone),
        mapping=LEAF,
        roughness=float(rng.uniform(0.7, 0.95)),
        reflectance=0.03,
        grain=0.45,
        grain_size=0.35,
    )


def wood(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Weathered or stained wood: fences, benches, beams."""
    tone = neutral(rng, (0.35, 0.65)) if rng.random() < 0.5 else colour(rng, (0.3, 0.6), (0.25, 0.6), (0.05, 0.1))
    return toned(rng, textures, "veneer", tone, bump=0.002, stretch=1.5)


def metal(rng: np.random.Generator) -> Material:
    """Galvanised or painted posts, rails and railings."""
    if rng.random() < 0.55:
        return plain(neutral(rng, (0.45, 0.68)), 0.45, 0.12, reflectance=0.2)
    if rng.random() < 0.6:
        return plain(neutral(rng, (0.08, 0.22)), 0.5, 0.08)
    return plain(colour(rng, (0.3, 0.7), (0.15, 0.5), (0.3, 0.65)), 0.5, 0.08)


def bark(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Trunks."""
    return toned(rng, textures, "bark", colour(rng, (0.12, 0.35), (0.26, 0.46), (0.05, 0.11)), keep=0.3, bump=0.02)


def field(rng: np.random.Generator, textures: TextureSet) -> Material:
    """Farmland seen from a road: green or ripe crops, meadow, ploughed earth, stubble."""
    kind = rng.random()
    if kind < 0.35:
        return grass(rng, textures, float(rng.uniform(0.0, 0.5)))
    if kind < 0.6:
        tone = colour(rng, (0.35, 0.6), (0.28, 0.45), (0.19, 0.27))
        return toned(rng, textures, "grass", tone, stretch=2.0, grain=0.35, grain_size=3.0)
    if kind < 0.8:
        tone = colour(rng, (0.3, 0.5), (0.5, 0.68), (0.1, 0.14))
        return toned(rng, textures, "grass", tone, stretch=2.0, grain=0.3, grain_size=3.0)
    return replace(soil(rng, textures), grain=0.35, grain_size=3.0)


def painted_front(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A front whose windows are painted on, for houses that nobody comes close to."""
    tone = neutral(rng, (0.5, 0.8)) if rng.random() < 0.6 else colour(rng, (0.1, 0.35), (0.4, 0.75), (0.0, 0.14))
    return toned(rng, textures, "facade", tone, keep=0.3, roughness=0.8, grain=0.2, grain_size=6.0)
