"""Procedural textures: a set of square layers in families, each with the metres that it spans."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spnet.scenes.scene import Floats, Triple
from spnet.scenes.textures import cloth, ground, natural, outside, printed, walls
from spnet.scenes.textures.noise import linear

Bytes = NDArray[np.uint8]
Painter = Callable[[np.random.Generator, int], tuple[Floats, float]]

SIDE = 256  # pixels of a layer; ours

# Family -> how it is painted, and how many layers of it a full set has. Those of TILEABLE repeat without a seam.
PAINTERS: dict[str, tuple[Painter, int]] = {
    "paint": (walls.paint, 5),
    "plaster": (walls.plaster, 6),
    "wallpaper": (walls.wallpaper, 14),
    "brick": (walls.brick, 7),
    "tiles": (walls.tiles, 10),
    "concrete": (walls.concrete, 6),
    "panelling": (walls.panelling, 4),
    "veneer": (natural.wood, 12),
    "boards": (natural.boards, 8),
    "parquet": (natural.parquet, 6),
    "chipboard": (natural.chipboard, 1),
    "bark": (natural.bark, 4),
    "marble": (natural.marble, 6),
    "granite": (natural.granite, 5),
    "terrazzo": (natural.terrazzo, 3),
    "rubble": (natural.rubble, 4),
    "brushed": (natural.brushed_metal, 2),
    "worn": (natural.worn_metal, 4),
    "rust": (natural.rust, 2),
    "corrugated": (natural.corrugated, 4),
    "chequer": (natural.chequer_plate, 1),
    "asphalt": (ground.asphalt, 5),
    "grass": (ground.grass, 5),
    "soil": (ground.soil, 4),
    "sand": (ground.sand, 2),
    "gravel": (ground.gravel, 3),
    "snow": (ground.snow, 1),
    "litter": (ground.litter, 3),
    "paving": (ground.paving, 6),
    "cobbles": (ground.cobbles, 3),
    "weave": (cloth.weave, 9),
    "plain_cloth": (cloth.plain_cloth, 3),
    "checked": (cloth.checked, 5),
    "striped": (cloth.striped, 4),
    "printed_cloth": (cloth.printed_cloth, 6),
    "knit": (cloth.knit, 2),
    "quilted": (cloth.quilted, 3),
    "leather": (cloth.leather, 4),
    "carpet": (cloth.carpet, 8),
    "rug": (cloth.rug, 8),
    "poster": (printed.poster, 12),
    "painting": (printed.painting, 9),
    "photograph": (printed.photograph, 4),
    "page": (printed.page, 5),
    "label": (printed.label, 14),
    "package": (printed.package, 24),
    "cardboard": (printed.cardboard, 6),
    "spine": (printed.spine, 18),
    "screen": (printed.screen, 8),
    "keyboard": (printed.keyboard, 2),
    "sign": (printed.sign, 5),
    "clock_face": (printed.clock_face, 3),
    "facade": (outside.facade, 14),
    "shop_front": (outside.shop_front, 5),
    "roof": (outside.roof, 4),
    "outside": (outside.view, 9),
}
ONCE = frozenset(
    (
        *("rug", "poster", "painting", "photograph", "page", "label", "package", "cardboard", "spine", "screen"),
        *("keyboard", "sign", "clock_face", "shop_front", "outside"),
    )
)
TILEABLE = frozenset(PAINTERS) - ONCE

# Names for several families at once.
GROUPS: dict[str, tuple[str, ...]] = {
    "wall": ("paint", "plaster", "plaster", "wallpaper", "wallpaper", "brick", "tiles", "concrete", "panelling"),
    "floor": ("boards", "boards", "parquet", "tiles", "tiles", "carpet", "carpet", "marble", "granite", "terrazzo"),
    "fabric": ("weave", "weave", "checked", "striped", "printed_cloth", "knit", "quilted"),
    "wood": ("veneer", "veneer", "boards"),
    "stone": ("marble", "granite", "rubble", "terrazzo", "concrete"),
    "metal": ("brushed", "worn", "rust", "corrugated"),
    "ground": ("asphalt", "grass", "soil", "gravel", "paving", "cobbles", "litter", "sand"),
    "picture": ("painting", "painting", "photograph", "poster"),
    "paper": ("page", "poster", "package"),
    "any": ("plaster", "veneer", "marble", "weave", "printed_cloth", "wallpaper", "tiles", "worn", "granite", "poster"),
}


@dataclass(frozen=True)
class TextureSet:
    """Square sRGB pictures, the layers of a texture array.

    Attributes:
        array: (N, S, S, 3) uint8, sRGB. As renderers want it, the first row is the picture's LOWEST: it lies at v = 0.
        members: layers of each family.
        metres: (N,) float32, what a layer's side spans in the world, so that its `scale` is 1 / metres.
    """

    array: Bytes
    members: Mapping[str, tuple[int, ...]]
    metres: Floats

    def __len__(self) -> int:
        return len(self.array)

    @property
    def families(self) -> tuple[str, ...]:
        """Names that `pick` takes: families, then groups of them."""
        groups = [name for name, parts in GROUPS.items() if any(part in self.members for part in parts)]
        return (*self.members, *(name for name in groups if name not in self.members))

    def pick(self, rng: np.random.Generator, *families: str) -> int:
        """A random layer of one of some families or groups.

        Args:
            rng: source of randomness.
            families: names; each is as likely as the others.

        Raises:
            KeyError: there is no such family.
        """
        name = families[int(rng.integers(0, len(families)))]
        if name not in self.members:
            parts = [part for part in GROUPS.get(name, ()) if part in self.members]
            if not parts:
                raise KeyError(f"there is no family of textures {name!r}; there are {', '.join(self.families)}")
            name = parts[int(rng.integers(0, len(parts)))]
        layers = self.members[name]
        return layers[int(rng.integers(0, len(layers)))]

    @cached_property
    def _means(self) -> tuple[Triple, ...]:
        table = np.array([linear([v / 255] * 3)[0] for v in range(256)])
        return tuple(tuple(table[layer[::4, ::4]].mean((0, 1)).tolist()) for layer in self.array)

    def mean_colour(self, layer: int) -> Triple:
        """Mean linear colour of a layer; white for layer -1, which is none."""
        return self._means[layer] if layer >= 0 else (1.0, 1.0, 1.0)

    def picture(self, layer: int) -> Bytes:
        """(S, S, 3): a layer the right way up."""
        return np.ascontiguousarray(self.array[layer, ::-1])

    def extended(self, pictures: Sequence[Bytes], family: str, metres: float = 1.0) -> tuple[TextureSet, list[int]]:
        """The set with more layers.

        Args:
            pictures: (h, w, 3) uint8 sRGB, the right way up, of any size.
            family: their family, new or old.
            metres: what they span.

        Returns:
            The larger set, and the numbers of the new layers.
        """
        side = self.array.shape[1]
        resized = [
            np.asarray(Image.fromarray(p).resize((side, side), Image.Resampling.BOX if max(p.shape) > side else None))
            for p in pictures
        ]
        first = len(self.array)
        layers = list(range(first, first + len(resized)))
        if not layers:
            return self, []
        members = {**self.members, family: (*self.members.get(family, ()), *layers)}
        array = np.concatenate([self.array, np.stack(resized)[:, ::-1]])
        spans = np.concatenate([self.metres, np.full(len(layers), metres, np.float32)])
        return replace(self, array=array, members=members, metres=spans), layers


def paint(family: str, seed: int, number: int, side: int = SIDE) -> tuple[Bytes, float]:
    """One layer: a function of the family, the seed and the number alone.

    Args:
        family: a key of `PAINTERS`.
        seed: of the set.
        number: of the layer within its family.
        side: pixels.

    Returns:
        (side, side, 3) uint8 sRGB, the right way up, and the metres that it spans.
    """
    rng = np.random.default_rng([zlib.crc32(family.encode()), seed, number])
    picture, metres = PAINTERS[family][0](rng, side)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8), metres


def procedural(seed: int = 0, richness: float = 1.0, side: int = SIDE) -> TextureSet:
    """A set of procedural textures of every family.

    Args:
        seed: of everything random in it.
        richness: share of the full number of layers; every family keeps at least one.
        side: pixels of a layer.

    >>> small = procedural(richness=0, side=32)
    >>> len(small) == len(PAINTERS), small.array.shape[1:]
    (True, (32, 32, 3))
    """
    layers: list[Bytes] = []
    members: dict[str, tuple[int, ...]] = {}
    metres: list[float] = []
    for family, (_, count) in PAINTERS.items():
        number = max(round(count * richness), 1)
        members[family] = tuple(range(len(layers), len(layers) + number))
        for k in range(number):
            picture, span = paint(family, seed, k, side)
            layers.append(picture[::-1])
            metres.append(span)
    return TextureSet(np.stack(layers), members, np.array(metres, np.float32))
