"""From a configuration to a network."""

from __future__ import annotations

import torch
from torch import nn

from spnet.model.config import ModelConfig
from spnet.model.g2_network import G2Network
from spnet.model.network import SPNet


def build_model(config: ModelConfig) -> nn.Module:
    """A freshly initialised network, called as `model(rgb, raw, mask)`; `FillNet` also takes `fill=`.

    Args:
        config: sizes, norm and revision; it is read here and not kept.
    """
    if config.revision == "fill":
        from spnet.model.fill_network import FillNet  # brings SciPy along, which the others do without

        return FillNet(config)
    if config.revision == "g2":
        return G2Network(config)
    return SPNet(config)


def parameter_count(config: ModelConfig) -> int:
    """Number of parameters, without allocating them.

    >>> from spnet.model.config import model_config
    >>> parameter_count(model_config("tiny"))
    35000689
    """
    with torch.device("meta"):
        return sum(p.numel() for p in build_model(config).parameters())
