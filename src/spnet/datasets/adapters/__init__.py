"""Official archives of public data sets: one short module each, and the list of them."""

from __future__ import annotations

from spnet.datasets.adapters import diode, eth3d, ibims1, kitti, nyuv2, sintel, void
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.errors import BadInput

__all__ = ["ADAPTERS", "Adapter", "Frame", "Item", "get_adapter"]

_MODULES = (nyuv2, kitti, ibims1, diode, eth3d, sintel, void)
ADAPTERS: dict[str, Adapter] = {module.ADAPTER.name: module.ADAPTER for module in _MODULES}


def get_adapter(name: str) -> Adapter:
    """The adapter of that name.

    Raises:
        BadInput: there is none; the sentence lists the names.

    >>> get_adapter("nyuv2").splits[0]
    'test'
    """
    if name not in ADAPTERS:
        raise BadInput(f"There is no data set {name!r} that can be converted: choose one of {', '.join(ADAPTERS)}.")
    return ADAPTERS[name]
