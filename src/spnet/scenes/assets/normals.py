"""Shading normals, which a pack does not store: vertices are parted at creases when it is written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spnet.scenes.scene import Floats
from spnet.types import AnyArray

CREASE = 0.77  # cosine of the largest angle, 40 degrees, over which neighbouring faces shade smoothly; ours


def split(
    points: AnyArray, triangles: NDArray[np.int64], uv: AnyArray
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """The mesh with a vertex of its own on each side of every crease and seam, so that shading is a sum over vertices.

    Args:
        points: (N, 3).
        triangles: (T, 3).
        uv: (T, 3, 2).

    Returns:
        (M, 3) points, (T, 3) triangles and (M, 2) texture coordinates.
    """
    normals = shading(np.asarray(points, np.float32)[triangles], triangles).reshape(-1, 3)
    flat = np.asarray(uv, np.float64).reshape(-1, 2)
    rounded = np.round(np.c_[normals * 24, flat * 1000]).astype(np.int64)
    keys = np.c_[triangles.reshape(-1, 1), rounded]
    _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return np.asarray(points, np.float64)[triangles.ravel()[first]], number.reshape(-1, 3), flat[first]


def smooth(corners: Floats, vertices: NDArray[np.int64]) -> Floats:
    """(T, 3, 3) unit normals: at each vertex the mean of its faces, which `split` has parted at creases."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat = vertices.ravel()
    count = int(flat.max()) + 1
    mean = np.stack([np.bincount(flat, np.repeat(normal[:, axis], 3), count) for axis in range(3)], -1)
    mean = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-20)
    return np.asarray(mean[vertices], np.float32)


def shading(corners: Floats, vertices: NDArray[np.int64]) -> Floats:
    """(T, 3, 3) unit normals: at each corner the mean of the faces about its vertex that lean little from its own.

    Args:
        corners: (T, 3, 3).
        vertices: (T, 3) vertex of each corner.
    """
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(np.float64)
    unit = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-20)
    flat = vertices.ravel()
    order = np.argsort(flat, kind="stable")
    face = order // 3
    count = np.bincount(flat)[flat[order]]  # corners at the same vertex, for each corner in order
    start = np.r_[0, np.cumsum(np.bincount(flat))][flat[order]]
    pair_of = np.repeat(np.arange(len(flat)), count)
    other = np.repeat(start, count) + np.arange(len(pair_of)) - np.repeat(np.cumsum(count) - count, count)
    one, two = face[pair_of], face[other]
    near = (unit[one] * unit[two]).sum(1) > CREASE
    mean = np.zeros((len(flat), 3))
    for axis in range(3):
        mean[:, axis] = np.bincount(pair_of[near], normal[two[near], axis], len(flat))
    mean = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-20)
    out = np.empty_like(mean)
    out[order] = mean
    return np.asarray(out.reshape(-1, 3, 3), np.float32)
