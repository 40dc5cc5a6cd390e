"""What the styles of rooms draw from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Taste:
    """What a style draws from; ours.

    Attributes:
        walls: families of wall textures.
        white: share of walls that are white or grey.
        value: range of the walls' brightness (sRGB).
        saturation: largest of walls and cloths.
        floors: families of floor textures.
        wood: range of the woods' mean brightness (sRGB).
        painted: share of wooden furniture that is painted instead.
        patterned: share of cloths with a pattern.
        dark_metal: share of black metal.
    """

    walls: tuple[str, ...] = ("paint",)
    white: float = 0.7
    value: tuple[float, float] = (0.7, 0.96)
    saturation: float = 0.3
    floors: tuple[str, ...] = ("boards", "parquet", "tiles", "carpet")
    wood: tuple[float, float] = (0.2, 0.8)
    painted: float = 0.2
    patterned: float = 0.3
    dark_metal: float = 0.3


TASTES: dict[str, Taste] = {
    "modern": Taste(
        walls=("paint",),
        white=0.85,
        value=(0.75, 0.97),
        saturation=0.3,
        floors=("boards", "parquet", "tiles", "concrete"),
        wood=(0.35, 0.75),
        painted=0.4,
    ),
    "nordic": Taste(
        walls=("paint", "paint", "panelling"),
        white=0.8,
        value=(0.85, 0.97),
        saturation=0.25,
        floors=("boards",),
        wood=(0.6, 0.9),
        patterned=0.25,
        dark_metal=0.2,
    ),
    "classic": Taste(
        walls=("wallpaper", "wallpaper", "paint"),
        white=0.45,
        value=(0.6, 0.92),
        saturation=0.38,
        floors=("parquet", "carpet", "boards"),
        wood=(0.1, 0.4),
        painted=0.05,
        patterned=0.6,
    ),
    "rustic": Taste(
        walls=("plaster", "boards", "brick", "plaster"),
        white=0.6,
        value=(0.6, 0.92),
        floors=("boards", "rubble", "tiles"),
        wood=(0.25, 0.55),
        patterned=0.5,
    ),
    "loft": Taste(
        walls=("brick", "concrete", "paint"),
        white=0.9,
        value=(0.5, 0.9),
        saturation=0.2,
        floors=("concrete", "boards", "boards"),
        wood=(0.2, 0.5),
        patterned=0.15,
        dark_metal=0.8,
    ),
    "colourful": Taste(
        walls=("paint", "wallpaper"), white=0.4, value=(0.6, 0.92), saturation=0.5, painted=0.5, patterned=0.5
    ),
    "plain": Taste(walls=("paint", "plaster"), white=0.75, value=(0.65, 0.93), saturation=0.3, wood=(0.3, 0.7)),
    "worn": Taste(
        walls=("plaster", "paint", "concrete", "wallpaper"),
        white=0.6,
        value=(0.45, 0.8),
        floors=("boards", "tiles", "concrete", "carpet"),
        wood=(0.15, 0.6),
    ),
}
