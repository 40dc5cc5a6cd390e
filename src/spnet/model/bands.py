"""Local operations in horizontal bands of an image, for inference: their temporary maps are a band's, not the image's.

A band also fits in a processor's cache where a large image's map does not.
"""

from __future__ import annotations

import torch
from torch import Tensor

from spnet.model.network import exporting


def inferring() -> bool:
    """Whether neither gradients nor graphs are made, so that maps may be overwritten and worked on in parts."""
    return not (torch.is_grad_enabled() or exporting() or torch.compiler.is_compiling())


def bands(x: Tensor, pixels: int, *, cell: int = 1, least: int = 1) -> list[tuple[int, int]]:
    """First row and row behind the last of each band of a map (B, C, H, W).

    Args:
        x: the map.
        pixels: of a band over the whole batch, about; all bands but the last are of one height.
        cell: a band's height is a multiple of this.
        least: cells of a band's height.

    >>> bands(torch.zeros(1, 3, 10, 8), 33, cell=2)
    [(0, 4), (4, 8), (8, 10)]
    """
    batch, _, height, width = x.shape
    rows = max(least, pixels // (batch * width * cell)) * cell
    return [(top, min(top + rows, height)) for top in range(0, height, rows)]
