"""Models that many scenes share: drawing one takes longer than placing it a hundred times.

Model number n of a kind is a function of the stock, the kind and n alone, so a scene does not depend on those made
before it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from spnet.scenes.models import Stock
from spnet.scenes.outdoors.coarse import coarse
from spnet.scenes.scene import Floats, Material, Model
from spnet.scenes.textures.noise import colour, linear, neutral

SHELF = 40  # models of a kind
COARSE = ((14.0, 0.06), (30.0, 0.15), (60.0, 0.32))  # metres from the cameras, and the lattice of `coarse` beyond

PLAIN = 1200  # triangles up to which a model is not worth simplifying: its legs would go first; ours
PAINTED = ("car", "van", "truck", "bus", "motorcycle")  # kinds that get another colour each time


class Library:
    """The shared things of one stock."""

    def __init__(self) -> None:
        """Empty; filled on demand."""
        self._things: dict[tuple[str, int, int], object] = {}

    def model(self, stock: Stock, kind: str, number: int, degree: int = 0) -> Model:
        """Model `number` of a kind, coarser by degree (see `COARSE`)."""
        found = self._things.get((kind, number, degree))
        if not isinstance(found, Model):
            if degree == 0:
                found = stock.pick(np.random.default_rng([zlib.crc32(kind.encode()), number]), kind)
            else:
                fine = self.model(stock, kind, number)
                found = coarse(fine, COARSE[degree - 1][1]) if len(fine.mesh) > PLAIN else fine
            self._things[kind, number, degree] = found
        return found

    def other(self, name: str, number: int, make: Callable[[np.random.Generator], object]) -> object:
        """Anything else that is made from a generator alone; made once."""
        key = (name, number, -1)
        if key not in self._things:
            self._things[key] = make(np.random.default_rng([zlib.crc32(name.encode()), number]))
        return self._things[key]


_libraries: WeakKeyDictionary[Stock, Library] = WeakKeyDictionary()


def library(stock: Stock) -> Library:
    """The library of a stock; one while the stock lives."""
    return _libraries.setdefault(stock, Library())


def degree(away: float) -> int:
    """Which degree of `COARSE` a distance from the cameras asks for, metres."""
    return sum(away > far for far, _ in COARSE)


def repainted(rng: np.random.Generator, model: Model) -> tuple[Material, ...]:
    """The model's materials with another paint: the untextured solid one that covers most of it."""
    mesh = model.mesh
    edges = mesh.corners[:, 1:] - mesh.corners[:, :1]
    area = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=-1)
    share = np.bincount(mesh.material, area, minlength=len(model.materials))
    solid = [m.texture < 0 and m.opacity == 1 and not m.metal and m.emission == 0 for m in model.materials]
    if not any(solid):
        return model.materials
    chosen = int(np.where(solid, share, -1.0).argmax())
    old = model.materials[chosen]
    return tuple(replace(m, colour=linear(paint(rng))) if m == old else m for m in model.materials)


def paint(rng: np.random.Generator) -> Floats:
    """The colour of a car: white, black, grey and silver three times out of four, as on European roads."""
    kind = rng.random()
    if kind < 0.24:
        return neutral(rng, (0.86, 0.97))
    if kind < 0.46:
        return colour(rng, (0.0, 0.12), (0.05, 0.16), (0.55, 0.7))
    if kind < 0.78:
        return colour(rng, (0.0, 0.08), (0.25, 0.7), (0.5, 0.7))
    if kind < 0.88:
        return colour(rng, (0.5, 0.85), (0.15, 0.5), (0.56, 0.66))
    if kind < 0.95:
        return colour(rng, (0.7, 0.95), (0.3, 0.65), (0.97, 1.02))
    return colour(rng, (0.3, 0.9), (0.2, 0.8))
