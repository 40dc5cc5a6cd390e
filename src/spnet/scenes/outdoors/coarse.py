"""Models as they look from afar: corners gathered to a lattice, so that small parts vanish and large ones stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spnet.scenes.scene import LEAF, Mesh, Model


def coarse(model: Model, cell: float) -> Model:
    """A model with fewer triangles, no point moved by more than a cell; leaves stay as they are.

    Args:
        model: what to simplify.
        cell: width of the lattice, metres; of small things a sixteenth of their size.
    """
    cell = min(cell, max(model.size) / 16)
    leafy = np.array([material.mapping == LEAF for material in model.materials])[model.mesh.material]
    foot = model.mesh.corners[..., 2].min()
    for width in (cell, cell / 2, cell / 4):
        mesh = clustered(model.mesh, width, leafy)
        if len(mesh) and mesh.corners[..., 2].min() < foot + 0.03:  # what it stands on is still there
            return replace(model, mesh=mesh)
    return model


def clustered(mesh: Mesh, cell: float, fixed: NDArray[np.bool_] | None = None) -> Mesh:
    """A mesh whose corners are moved to the mean of all corners in their cell of a lattice.

    Triangles that lose their area, and all but one of those that come to lie together, are left out (vertex
    clustering, Rossignac and Borrel 1993). They keep their normals for shading.

    Args:
        mesh: what to simplify.
        cell: width of the lattice, metres.
        fixed: (T,) triangles that stay as they are.
    """
    stay = np.zeros(len(mesh), np.bool_) if fixed is None else fixed
    points = mesh.corners.reshape(-1, 3)
    key = np.floor(points / cell + 0.37).astype(np.int64)
    key -= key.min(0)
    span = key.max(0) + 1
    _, number = np.unique((key[:, 0] * span[1] + key[:, 1]) * span[2] + key[:, 2], return_inverse=True)
    number = number.reshape(-1)
    count = np.bincount(number)
    mean = np.stack([np.bincount(number, points[:, k]) for k in range(3)], -1) / count[:, None]
    layer = key[:, 2]
    mean[number[layer == layer.min()], 2] = points[:, 2].min()  # it goes on standing on its ground
    corner = number.reshape(-1, 3)
    a, b, c = corner.T
    ordered = np.sort(corner, axis=1)
    _, first = np.unique((ordered[:, 0] * len(count) + ordered[:, 1]) * len(count) + ordered[:, 2], return_index=True)
    once = np.zeros(len(corner), np.bool_)
    once[first] = True
    keep = (once & (a != b) & (b != c) & (a != c)) | stay
    corners = np.where(stay[:, None, None], mesh.corners, mean[corner])[keep].astype(np.float32)
    return Mesh(corners, mesh.normals[keep], mesh.uv[keep], mesh.material[keep])
