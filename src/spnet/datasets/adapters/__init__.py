"""Official archives of public data sets: one short module each, and the list of them."""

from __future__ import annotations

from spnet.datasets.adapters import (
    arkitscenes,
    diode,
    eth3d,
    hrwsi,
    hypersim,
    ibims1,
    kitti,
    matterport3d,
    nyuv2,
    scannet,
    sintel,
    tartanair,
    unrealcv,
    vkitti2,
    void,
)
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.errors import BadInput

__all__ = ["ADAPTERS", "Adapter", "Frame", "Item", "get_adapter"]

_EVALUATED = (nyuv2, kitti, ibims1, diode, eth3d, sintel, void, scannet, arkitscenes)
_TRAINED_ON = (hypersim, tartanair, vkitti2, matterport3d, hrwsi, unrealcv)
ADAPTERS: dict[str, Adapter] = {module.ADAPTER.name: module.ADAPTER for module in (*_EVALUATED, *_TRAINED_ON)}


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
