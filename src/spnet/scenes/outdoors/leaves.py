"""Foliage and grass as clouds of small faces that a `LEAF` material cuts leaves out of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spnet.scenes import shapes
from spnet.scenes.outdoors.track import Numbers
from spnet.scenes.scene import Mesh

UPWARDS = np.array([0.0, 0.0, 0.25], np.float32)  # foliage is lit from above
GROWTH = 0.42  # 0.5 would keep all area, but shows single leaves; ours
_PICK = np.array([[0, 1, 2], [0, 2, 3]])
_UNIT = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)[_PICK]


def leaves(places: ArrayLike, size: ArrayLike, rng: np.random.Generator, outward: ArrayLike, wide: float = 0.6) -> Mesh:
    """Leaves in random attitudes.

    Args:
        places: (n, 3) their middles.
        size: (n,) their lengths or one for all, metres.
        rng: source of randomness.
        outward: (n, 3) where the foliage's surface faces; it is shaded like that surface rather than leaf by leaf.
        wide: their width as a share of their length.
    """
    p = np.asarray(places, np.float32).reshape(-1, 3)
    n = len(p)
    length = np.broadcast_to(np.asarray(size, np.float32), (n,))[:, None] * rng.uniform(0.7, 1.3, (n, 1))
    u = _unit(rng.standard_normal((n, 3)).astype(np.float32))
    w = _unit(np.cross(u, rng.standard_normal((n, 3)).astype(np.float32)))
    a, b = u * length / 2, w * length * wide / 2
    rim = np.stack([p - b - a, p + b - a, p + b + a, p - b + a], 1)
    shade = _unit(
        np.asarray(outward, np.float32).reshape(-1, 3) + 0.35 * rng.standard_normal((n, 3)).astype(np.float32)
    )
    normals = np.broadcast_to(shade[:, None, None], (n, 2, 3, 3))
    return shapes.of_triangles(rim[:, _PICK], np.broadcast_to(_UNIT, (n, 2, 3, 2)), normals)


def cloud(rng: np.random.Generator, centre: ArrayLike, half: ArrayLike, count: int, size: float) -> Mesh:
    """Leaves within an ellipsoid, most near its surface.

    Args:
        rng: source of randomness.
        centre: (3,) of the ellipsoid.
        half: (3,) its half axes.
        count: of leaves.
        size: of a leaf, metres.
    """
    direction = _unit(rng.standard_normal((count, 3)).astype(np.float32))
    radius = rng.random((count, 1)) ** 0.35
    return leaves(np.asarray(centre) + direction * radius * np.asarray(half), size, rng, direction + UPWARDS)


def blades(rng: np.random.Generator, feet: ArrayLike, height: ArrayLike, width: float = 0.025) -> Mesh:
    """Upright blades of grass or reeds, leaning anyhow.

    Args:
        rng: source of randomness.
        feet: (n, 3) where they grow.
        height: (n,) or one for all, metres.
        width: of a blade.
    """
    p = np.asarray(feet, np.float32).reshape(-1, 3)
    n = len(p)
    tall = np.broadcast_to(np.asarray(height, np.float32), (n,))[:, None] * rng.uniform(0.6, 1.3, (n, 1))
    angle = rng.uniform(0, 2 * np.pi, n)
    across = np.stack([np.cos(angle), np.sin(angle), np.zeros(n)], -1) * width / 2
    lean = rng.normal(0, 0.35, (n, 2))
    up = np.concatenate([lean * tall, tall], 1)
    rim = np.stack([p - across, p + across, p + across + up, p - across + up], 1)
    normals = np.broadcast_to(np.array([0, 0, 1.0], np.float32), (n, 2, 3, 3))
    return shapes.of_triangles(rim[:, _PICK], np.broadcast_to(_UNIT, (n, 2, 3, 2)), normals)


def thinned(mesh: Mesh, chosen: Numbers, share: float) -> Mesh:
    """Fewer, larger leaves: what a tree looks like from afar.

    Args:
        mesh: its leaves lie in pairs of triangles, one after the other.
        chosen: (pairs,) random numbers, 0 to 1; pairs below `share` stay.
        share: of the leaves that stay; they grow so that most of their area remains.
    """
    pairs = len(mesh) // 2
    keep = chosen[:pairs] < share
    corners = mesh.corners[: 2 * pairs].reshape(pairs, 6, 3)[keep]
    middle = (corners.min(1, keepdims=True) + corners.max(1, keepdims=True)) / 2
    grown = middle + (corners - middle) * np.float32(share**-GROWTH)
    index = np.flatnonzero(np.repeat(keep, 2))
    return Mesh(grown.reshape(-1, 3, 3), mesh.normals[index], mesh.uv[index], mesh.material[index])


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
