"""Random fields for the pixels of training samples: hashes of a sample's keys, the same on every device."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Multipliers and shifts of a 32-bit mixing function with low bias (Wellons, "Prospecting for hash functions", 2018);
# the first is the golden ratio's, which spreads the counters.
GOLDEN, MIX_1, MIX_2 = 0x9E3779B1, 0x7FEB352D, 0x846CA68B


def random_bits(keys: Tensor, first: int, count: int) -> Tensor:
    """(B, count) int32: every bit random; a hash of each sample's keys `first` and `first` + 1 and of 0, 1, ….

    Args:
        keys: (B, K) int32.
        first: which keys.
        count: how many.
    """
    bits = _counters(count, keys.device) + keys[:, first, None]
    if bits.device.type == "cpu":
        _mix(bits.numpy().view(np.uint32), keys[:, first + 1, None].numpy().view(np.uint32))
        return bits
    bits ^= _shifted(bits, 16)
    bits *= _signed(MIX_1)
    bits ^= keys[:, first + 1, None]
    bits ^= _shifted(bits, 15)
    bits *= _signed(MIX_2)
    bits ^= _shifted(bits, 16)
    return bits


def _mix(bits: NDArray[np.uint32], key: NDArray[np.uint32]) -> None:
    """The rest of `random_bits`, in place; NumPy's unsigned numbers need fewer passes than PyTorch's signed ones."""
    shifted = bits >> np.uint32(16)
    bits ^= shifted
    bits *= np.uint32(MIX_1)
    bits ^= key
    bits ^= np.right_shift(bits, np.uint32(15), out=shifted)
    bits *= np.uint32(MIX_2)
    bits ^= np.right_shift(bits, np.uint32(16), out=shifted)


@lru_cache(maxsize=4)
def _counters(count: int, device: torch.device) -> Tensor:
    return torch.arange(count, dtype=torch.int32, device=device).mul_(_signed(GOLDEN))


def _signed(value: int) -> int:
    return value - 2**32 if value >= 2**31 else value


def _shifted(bits: Tensor, by: int) -> Tensor:
    """Shifted to the right, zeros coming in."""
    return (bits >> by).bitwise_and_(2 ** (32 - by) - 1)


def kept(keys: Tensor, first: int, size: int, drop: Tensor) -> Tensor:
    """(B, 1, size, size) float32: 0 with the probabilities `drop` (B,) in steps of 2^-16, otherwise 1.

    Keys as of `random_bits`, each of whose numbers decides on two pixels: half a number is what one needs.
    """
    count = size * size
    halves = random_bits(keys, first, (count + 1) // 2).view(torch.int16)[:, :count].float()
    return halves.ge_((drop * 2.0**16).round_()[:, None] - 2.0**15).reshape(-1, 1, size, size)


def normal(keys: Tensor, first: int, size: int) -> Tensor:
    """(B, 1, size, size) standard normal random fields, up to 4.3; keys as of `random_bits`.

    Each half of a number stands for one of as many equally probable values: to look them up takes a third of the time
    of logarithm, root, sine and cosine (Box and Muller, 1958).
    """
    count = size * size
    halves = random_bits(keys, first, (count + 1) // 2).view(torch.int16)[:, :count]
    table = _normal_values(keys.device)
    if keys.device.type == "cpu":
        found = torch.from_numpy(np.take(table.numpy(), halves.numpy().view(np.uint16)))
    else:
        found = table[halves.int().bitwise_and_(2**16 - 1)]
    return found.reshape(-1, 1, size, size)


@lru_cache(maxsize=4)
def _normal_values(device: torch.device) -> Tensor:
    places = (torch.arange(2**16, dtype=torch.float64) + 0.5) * 2.0**-16
    values: Tensor = torch.special.ndtri(places)
    return values.float().to(device)
