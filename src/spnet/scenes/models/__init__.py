"""Things that scenes are furnished with: procedural makers by kind, and the stock that layouts draw from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spnet.scenes.assets.pack import Assets
from spnet.scenes.models import (
    animals,
    appliances,
    bathroom,
    beds,
    books,
    buildings,
    clutter,
    coats,
    cupboards,
    cycles,
    decoration,
    electronics,
    food,
    greenery,
    houseplants,
    lamps,
    leisure,
    lorries,
    modern_seats,
    people,
    seats,
    sofas,
    storage,
    street,
    tables,
    tableware,
    trees,
    vehicles,
    workshop,
)
from spnet.scenes.models.kinds import KINDS
from spnet.scenes.models.parts import Maker
from spnet.scenes.scene import Model
from spnet.scenes.textures import TextureSet

_MODULES = (
    animals,
    appliances,
    bathroom,
    beds,
    books,
    buildings,
    clutter,
    coats,
    cupboards,
    cycles,
    decoration,
    electronics,
    food,
    greenery,
    houseplants,
    lamps,
    leisure,
    lorries,
    modern_seats,
    people,
    seats,
    sofas,
    storage,
    street,
    tables,
    tableware,
    trees,
    vehicles,
    workshop,
)

MAKERS: dict[str, tuple[Maker, ...]] = {kind: makers for module in _MODULES for kind, makers in module.MAKERS.items()}


def make(kind: str, rng: np.random.Generator, textures: TextureSet) -> Model:
    """A procedural model.

    Args:
        kind: one of `MAKERS`.
        rng: source of randomness; no two draws give the same model.
        textures: where its materials' layers come from.

    Raises:
        KeyError: nothing makes this kind.
    """
    if kind not in MAKERS:
        raise KeyError(f"there is no maker of {kind!r}; there are {', '.join(sorted(MAKERS))}")
    makers = MAKERS[kind]
    return makers[int(rng.integers(0, len(makers)))](rng, textures)


class Stock:
    """All models there are, by kind: procedural ones, and those of an asset pack."""

    def __init__(self, textures: TextureSet, assets: Assets | None = None) -> None:
        """Procedural models, and packed ones where there are some.

        Args:
            textures: layers for their materials; the attribute of this name holds them and those of the pack.
            assets: a pack.
        """
        self.assets = assets
        self.textures, self._layers = textures, list[int]()
        if assets is not None:
            self.textures, self._layers = textures.extended(assets.textures, "asset")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds that `pick` takes, in the order of `KINDS`."""
        packed = self.assets.by_kind if self.assets else {}
        return tuple(kind for kind in KINDS if kind in MAKERS or kind in packed)

    def pick(
        self, rng: np.random.Generator, kind: str, max_size: float | tuple[float, float, float] | None = None
    ) -> Model:
        """A random model of a kind.

        Args:
            rng: source of randomness.
            kind: one of `kinds`.
            max_size: its largest extent in x, y and z, metres, or one for all three. Of a few draws the first that fits
                is taken; if none does, the last is shrunk until it fits.

        Raises:
            KeyError: there is no such kind.
        """
        limit = np.broadcast_to(np.inf if max_size is None else max_size, 3)
        for _ in range(TRIES):
            model = self._drawn(rng, kind)
            if (np.asarray(model.size) <= limit).all():
                return model
        return shrunk(model, limit)

    def _drawn(self, rng: np.random.Generator, kind: str) -> Model:
        """A packed model the more often, the more of its kind there are; otherwise one that is made."""
        packed = self.assets.by_kind.get(kind, ()) if self.assets else ()
        share = min(len(packed) / (len(packed) + PROCEDURAL), MOST) if kind in MAKERS else 1.0
        if self.assets is not None and packed and rng.random() < share:
            return self.assets.model(packed[int(rng.integers(0, len(packed)))], self._layers)
        return make(kind, rng, self.textures)


PROCEDURAL = 4  # packed models that a maker of endless ones counts for; ours
MOST = 0.7  # share of draws that may be packed; ours
TRIES = 4  # draws before a model is shrunk; ours


def shrunk(model: Model, limit: np.ndarray) -> Model:
    """The model, made smaller evenly until its extents are within a limit of (3,) metres."""
    scale = min(1.0, 0.999 * float((limit / np.maximum(model.size, 1e-9)).min()))
    mesh = model.mesh.moved(np.eye(3) * scale)
    surfaces = tuple((z * scale, x * scale, y * scale) for z, x, y in model.surfaces)
    return replace(model, mesh=replace(mesh, uv=model.mesh.uv), surfaces=surfaces)
