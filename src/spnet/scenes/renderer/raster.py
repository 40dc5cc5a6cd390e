"""Rasterising triangles with torch alone: which one every ray meets first, exactly.

A pixel's ray is d = (x, y, 1) in camera axes, and a triangle's corners are a, b, c. With e0 = d·(b×c), e1 = d·(c×a),
e2 = d·(a×b), the ray meets the triangle where all three have one sign, at depth a·(b×c) / (e0 + e1 + e2), with the
e as barycentric coordinates. Nothing needs clipping (Olano and Greer, "Triangle scan conversion using 2D homogeneous
coordinates", 1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

PAIRS = 2_000_000  # of triangle and pixel at once, so that memory stays below about 300 MB


@dataclass(frozen=True)
class Hits:
    """What every pixel sees.

    Attributes:
        triangle: (H, W) int64, -1 = none.
        depth: (H, W) float64, 0 = none.
        weights: (H, W, 3) float64 barycentric coordinates.
    """

    triangle: Tensor
    depth: Tensor
    weights: Tensor


def rasterise(corners: Tensor, focal: tuple[float, float], width: int, height: int, near: float) -> Hits:
    """The nearest triangle of every pixel.

    Args:
        corners: (T, 3, 3) float64 in camera axes (x right, y down, z forward).
        focal: focal lengths in pixels; the principal point is the picture's middle.
        width, height: pixels.
        near: smallest depth that is seen.
    """
    products = torch.linalg.cross(corners[:, [1, 2, 0]], corners[:, [2, 0, 1]])  # b×c, c×a, a×b
    volume = (corners[:, 0] * products[:, 0]).sum(-1)
    boxes, seen = _boxes(corners, focal, width, height, near)
    seen &= volume.abs() > 1e-14
    chosen = torch.nonzero(seen)[:, 0]
    low, size = boxes[chosen, :2], boxes[chosen, 2:]
    counts = size[:, 0] * size[:, 1]
    best = torch.full((height * width,), torch.inf, dtype=torch.float64)
    owner = torch.full((height * width,), -1, dtype=torch.int64)
    ends = torch.cumsum(counts, 0)
    begin = 0
    while begin < len(chosen):
        start = int(ends[begin - 1]) if begin else 0
        end = max(int(torch.searchsorted(ends, start + PAIRS, right=True)), begin + 1)
        part = slice(begin, end)
        _merge(best, owner, chosen[part], low[part], size[part], products, volume, focal, (width, height), near)
        begin = end
    return _hits(best, owner, products, volume, focal, width, height)


def _boxes(corners: Tensor, focal: tuple[float, float], width: int, height: int, near: float) -> tuple[Tensor, Tensor]:
    """(T, 4) first column and row, columns and rows of the pixels that a triangle may cover; (T,) if there are any."""
    scale = torch.tensor(focal, dtype=torch.float64)
    centre = torch.tensor([(width - 1) / 2, (height - 1) / 2], dtype=torch.float64)
    z = corners[..., 2]
    ahead = z > near
    following = corners[:, [1, 2, 0]]
    step = following[..., 2] - z
    share = (near - z) / torch.where(step.abs() < 1e-12, 1e-12, step)
    crossing = ahead != ahead[:, [1, 2, 0]]
    cut = corners + share[..., None] * (following - corners)  # where an edge passes the near plane
    points = torch.cat([corners, cut], 1)
    valid = torch.cat([ahead, crossing], 1)[..., None]
    depth = torch.where(valid, points[..., 2:], 1.0).clamp_min(near * 0.5)
    place = points[..., :2] / depth * scale + centre
    low = torch.where(valid, place, torch.inf).amin(1)
    high = torch.where(valid, place, -torch.inf).amax(1)
    limit = torch.tensor([width - 1, height - 1], dtype=torch.float64)
    seen = ahead.any(1) & (high >= 0).all(1) & (low <= limit).all(1)
    first = low.clamp_min(0).minimum(limit).ceil()
    last = high.clamp_min(-1).minimum(limit).floor()
    size = (last - first + 1).clamp_min(0)
    boxes = torch.cat([first, size], 1)
    boxes = torch.where(seen[:, None], boxes, 0).to(torch.int64)
    return boxes, seen & (size > 0).all(1)


def _rays(pixel: Tensor, focal: tuple[float, float], width: int, height: int) -> Tensor:
    """(n, 3) directions of pixels by number."""
    x = (pixel % width).double() - (width - 1) / 2
    y = torch.div(pixel, width, rounding_mode="floor").double() - (height - 1) / 2
    return torch.stack([x / focal[0], y / focal[1], torch.ones_like(x)], -1)


def _merge(
    best: Tensor,
    owner: Tensor,
    triangles: Tensor,
    low: Tensor,
    size: Tensor,
    products: Tensor,
    volume: Tensor,
    focal: tuple[float, float],
    image: tuple[int, int],
    near: float,
) -> None:
    """Test all pixels of some boxes, and keep in `best` and `owner` what is nearer than before."""
    counts = size[:, 0] * size[:, 1]
    row = torch.repeat_interleave(torch.arange(len(triangles)), counts)
    inside = torch.arange(len(row)) - torch.repeat_interleave(torch.cumsum(counts, 0) - counts, counts)
    wide = size[row, 0]
    x = low[row, 0] + inside % wide
    y = low[row, 1] + torch.div(inside, wide, rounding_mode="floor")
    pixel = y * image[0] + x
    triangle = triangles[row]
    edges = (products[triangle] * _rays(pixel, focal, *image)[:, None]).sum(-1)
    total = edges.sum(-1)
    depth = volume[triangle] / total
    hit = ((edges >= 0).all(-1) | (edges <= 0).all(-1)) & (depth > near) & torch.isfinite(depth)
    pixel, depth, triangle = pixel[hit], depth[hit], triangle[hit]
    best.scatter_reduce_(0, pixel, depth, "amin")
    first = depth == best[pixel]
    # of equally near triangles that with the highest number, whatever the order
    nearest = torch.full_like(owner, -1).scatter_reduce_(0, pixel[first], triangle[first], "amax")
    changed = nearest >= 0
    owner[changed] = nearest[changed]


def _hits(
    best: Tensor,
    owner: Tensor,
    products: Tensor,
    volume: Tensor,
    focal: tuple[float, float],
    width: int,
    height: int,
) -> Hits:
    pixel = torch.arange(width * height)
    edges = (products[owner.clamp_min(0)] * _rays(pixel, focal, width, height)[:, None]).sum(-1)
    total = edges.sum(-1, keepdim=True)
    weights = edges / torch.where(total == 0, 1.0, total)
    depth = torch.where(owner >= 0, best, 0.0)
    return Hits(owner.view(height, width), depth.view(height, width), weights.view(height, width, 3))


def tensor(values: np.ndarray) -> Tensor:
    """A float64 tensor of any array."""
    return torch.from_numpy(np.ascontiguousarray(values, np.float64))
