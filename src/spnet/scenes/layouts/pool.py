"""Models made once and used in many scenes: making them anew took four fifths of a layout's time."""

from __future__ import annotations

import zlib
from weakref import WeakKeyDictionary

import numpy as np

from spnet.scenes.models import Stock, shrunk
from spnet.scenes.scene import Model

VARIANTS = 24  # different models of a kind; scenes change their colours, prints and sizes. Ours
TRIES = 6  # variants looked at before one is shrunk; ours


class Pool(Stock):
    """A stock with a fixed number of models of each kind, made when they are first asked for.

    A variant is a function of the kind and its number alone, so that scenes do not depend on which came first.
    """

    def __init__(self, stock: Stock) -> None:
        """Over another stock, from which its models are drawn."""
        super().__init__(stock.textures)
        self._draw = stock.pick
        self._kinds = stock.kinds
        self._made: dict[tuple[str, int], Model] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Those of the other stock."""
        return self._kinds

    def variant(self, kind: str, number: int) -> Model:
        """One of the models of a kind."""
        if (kind, number) not in self._made:
            rng = np.random.default_rng([zlib.crc32(kind.encode()), number])
            self._made[kind, number] = self._draw(rng, kind)
        return self._made[kind, number]

    def pick(
        self, rng: np.random.Generator, kind: str, max_size: float | tuple[float, float, float] | None = None
    ) -> Model:
        """A random model of a kind; see `Stock.pick`."""
        limit = np.broadcast_to(np.inf if max_size is None else max_size, 3)
        numbers = rng.integers(0, VARIANTS, TRIES)
        for number in numbers.tolist():
            model = self.variant(kind, number)
            if all(extent <= most for extent, most in zip(model.size, limit.tolist(), strict=True)):
                return model
        return shrunk(model, limit)


_POOLS: WeakKeyDictionary[Stock, Pool] = WeakKeyDictionary()  # one for each stock, as long as that is in use


def pool_of(stock: Stock) -> Pool:
    """The pool over a stock; the same each time."""
    if isinstance(stock, Pool):
        return stock
    if stock not in _POOLS:
        _POOLS[stock] = Pool(stock)
    return _POOLS[stock]
