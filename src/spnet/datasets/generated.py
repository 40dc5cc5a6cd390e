"""`scenes://room,table,street?n=100000&seed=0`: a data root without files, rendered when its pairs are asked for.

Options, all of which may be left out: `n` pairs in an epoch, `seed`, `size` in pixels, `views` of a scene, `renderer`
("auto", "gl", "torch"), `richness` of the procedural textures, `cache`: gigabytes of rendered pairs kept on disk,
`assets`: folder of the asset pack.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from spnet.datasets.folder import NORMALIZED, FolderDataset, Pair
from spnet.datasets.index import cache_folder
from spnet.errors import BadInput
from spnet.types import FloatImage, Sample
from spnet.units import LARGEST

if TYPE_CHECKING:
    from spnet.scenes.gallery import Gallery, Picture

COUNT = 100_000  # pairs where no n is given: a night of one core, an hour of 16; ours
CACHE = 4.0  # gigabytes, some 3000 pairs of 480 x 352; ours
MOST = 10**8  # pairs
OPTIONS = {"n": "pairs", "cache": "gigabytes", "assets": "a folder"}
# Scenes among which the pairs are shuffled: few, so that a scene is laid out once for all its views, and is still in
# the cache when its last view is asked for. Ours.
SHUFFLED = 24


@dataclass(frozen=True)
class GeneratedPair(Pair):
    """A pair that is rendered, or comes from the cache; its paths say where it would be and are not read."""

    gallery: Gallery = field(compare=False)
    number: int = 0

    def picture(self) -> Picture:
        """The pair.

        Raises:
            SpnetError: it cannot be rendered here.
        """
        return self.gallery(self.number)


class _Pairs(Sequence[Pair]):
    """All pairs of a gallery without a list of them."""

    def __init__(self, gallery: Gallery, length: int) -> None:
        self.gallery, self.length = gallery, length
        spec = gallery.spec
        self.units = [f"{NORMALIZED}{spec.max_depth(k * spec.views):g}" for k in range(len(spec.kinds))]

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, index: int) -> Pair: ...

    @overload
    def __getitem__(self, index: slice) -> list[Pair]: ...

    def __getitem__(self, index: int | slice) -> Pair | list[Pair]:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(self.length))]
        if index < 0:
            index += self.length
        if not 0 <= index < self.length:
            raise IndexError(index)
        unit = self.units[index // self.gallery.spec.views % len(self.units)]
        name = f"{index:06d}"
        path = Path(self.gallery.spec.text()) / name
        return GeneratedPair(path, path, unit, name, self.gallery, index)


class GeneratedDataset(FolderDataset):
    """Pairs of generated scenes with what a `FolderDataset` offers, but without files."""

    def __init__(self, spec: str) -> None:
        """Read the spec; nothing is rendered yet.

        Raises:
            BadInput: it is no such spec, or names a kind of scene that there is none of.
        """
        from spnet.scenes.gallery import Gallery
        from spnet.scenes.spec import parse_spec

        scenes, options = parse_spec(spec, OPTIONS)
        scenes.check_kinds()
        count = _number(spec, "n", options.get("n", str(COUNT)), 1, MOST)
        if count != int(count):
            raise BadInput(f"{spec}: expected a whole number of pairs, got n={options['n']}.")
        cache = _number(spec, "cache", options.get("cache", str(CACHE)), 0, 1e6)
        assets = Path(options["assets"]) if "assets" in options else None
        self.gallery = Gallery(scenes, cache * 1e9, cache_folder().parent / "scenes", assets)
        self.spec, self.weight, self.faults = spec, None, {}
        self.root = Path(scenes.text())
        self.pairs = _Pairs(self.gallery, int(count))
        self.intrinsics, self.own_intrinsics, self.has_surfaces = None, {}, False

    @property
    def name(self) -> str:
        """Without numbers, so that a longer run holds out the same pairs."""
        return f"scenes-{'-'.join(dict.fromkeys(self.gallery.spec.kinds))}-{self.gallery.spec.seed}"

    @property
    def window(self) -> int:
        """Pairs that are next to each other in the order of a training."""
        return SHUFFLED * self.gallery.spec.views

    def fingerprint(self) -> str:
        """Stands for the content of all pairs, as far as it can be known without rendering them."""
        return f"{self.gallery.spec.text()} {len(self.pairs)} {self.gallery.pack}"

    def __getitem__(self, index: int) -> Sample:
        pair = self.pairs[index]
        assert isinstance(pair, GeneratedPair)
        picture, scale = pair.picture(), float(pair.unit.removeprefix(NORMALIZED))
        depth = picture.stored.astype(np.float32) * np.float32(scale / LARGEST)
        return Sample(picture.rgb, depth, pair.name, scale, picture.intrinsics, self.name, surface=picture.surface)

    def read_given(self, index: int, folder: str) -> FloatImage:
        """Generated scenes ship no sparse depth.

        Raises:
            BadInput: always.
        """
        raise BadInput(f"{self.spec} ships no sparse depth: name a pattern instead of {folder!r}.")


def _number(spec: str, key: str, value: str, least: float, most: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise BadInput(f"{spec}: expected {key}= from {least:g} to {most:g}, got {value!r}.")
    return number
