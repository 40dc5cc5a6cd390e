"""Which image a sample is made from, by the sample's number alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput

ROUND = 1000  # samples among which a mixture's shares are met as exactly as whole numbers can (ours)


class Order:
    """The images of several data sets in an endless, shuffled order.

    Without weights, every epoch shows every image once. With weights, every 1000 samples hold each set's share, and
    within a set every image comes once before any comes again.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        weights: Sequence[float | None],
        seed: int,
        windows: Sequence[int] | None = None,
    ) -> None:
        """Prepare the order.

        Args:
            sizes: images of each set.
            weights: of each set, relative to one another; sets without one get what their images are of all images,
                and those with one divide the rest.
            seed: of the shuffling.
            windows: of each set, how many images next to each other are shuffled among themselves, 0 = all; with any
                over 0 (rendered scenes, whose neighbours are cheaper together), shares are met as with weights.

        Raises:
            BadInput: no images, or a set with a weight and without images.
        """
        if not sum(sizes):
            raise BadInput("The data sets hold no image to train on.")
        self.sizes, self.seed, self.total = list(sizes), seed, sum(sizes)
        self.starts = [0, *np.cumsum(sizes).tolist()]
        self.windows = list(windows or [0] * len(sizes))
        mixed = any(weight is not None for weight in weights) or any(self.windows)
        self.shares = shares(sizes, weights) if mixed else None
        self.counts = whole_numbers(self.shares, ROUND) if self.shares else []

    def __call__(self, index: int) -> tuple[int, int]:
        """The set, and the image in it, of sample `index`."""
        if not self.shares:
            epoch, place = divmod(index, self.total)
            image = int(_shuffled((self.seed, epoch), self.total)[place])
            chosen = int(np.searchsorted(self.starts, image, side="right")) - 1
            return chosen, image - self.starts[chosen]
        rounds, place = divmod(index, ROUND)
        sets, before = _round((self.seed, 1, rounds), tuple(self.counts))
        which = int(sets[place])
        epoch, place = divmod(rounds * self.counts[which] + int(before[place]), self.sizes[which])
        window = self.windows[which]
        if not window:
            return which, int(_shuffled((self.seed, 2, which, epoch), self.sizes[which])[place])
        number, within = divmod(place, window)
        size = min(window, self.sizes[which] - number * window)
        return which, number * window + int(_shuffled((self.seed, 3, which, epoch, number), size)[within])


def shares(sizes: Sequence[int], weights: Sequence[float | None]) -> list[float]:
    """Each set's share of the samples; they add up to 1. See `Order`.

    >>> shares([100, 300, 400], [3.0, 1.0, None])
    [0.375, 0.125, 0.5]
    """
    for size, weight in zip(sizes, weights, strict=True):
        if weight is not None and not size:
            raise BadInput(f"A data set of weight {weight:g} holds no image to train on.")
    free = sum(size for size, weight in zip(sizes, weights, strict=True) if weight is None) / sum(sizes)
    total = sum(weight for weight in weights if weight is not None)
    return [
        size / sum(sizes) if weight is None else (1 - free) * weight / total
        for size, weight in zip(sizes, weights, strict=True)
    ]


def whole_numbers(parts: Sequence[float], total: int) -> list[int]:
    """Whole numbers in these proportions that add up to `total` (largest remainders); at least 1 of what is over 0.

    >>> whole_numbers([0.5, 0.4999, 0.0001], 10)
    [5, 4, 1]
    """
    exact = [part * total for part in parts]
    counts = [max(int(value), 1) if value > 0 else 0 for value in exact]
    while sum(counts) != total:
        step = 1 if sum(counts) < total else -1
        open_to = [i for i, count in enumerate(counts) if exact[i] > 0 and (step > 0 or count > 1)]
        counts[max(open_to, key=lambda i: step * (exact[i] - counts[i]))] += step
    return counts


@lru_cache(maxsize=64)  # tries at an epoch's end reach into the next; and a mixture has many sets
def _shuffled(seed: tuple[int, ...], count: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).permutation(count)


@lru_cache(maxsize=2)
def _round(seed: tuple[int, ...], counts: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The set of each sample of a round, and how many of the same set come before it in the round."""
    chosen = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    before = np.empty_like(chosen)
    for which, count in enumerate(counts):
        before[chosen == which] = np.arange(count)
    return chosen, before
