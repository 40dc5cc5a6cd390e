"""Level faces of a model on which other things can stand."""

from __future__ import annotations

import numpy as np

from spnet.scenes.assets.reduction import Indices, Points
from spnet.scenes.scene import Triple

# Kinds that carry things; on others nothing is put.
CARRIERS = frozenset(
    (
        *("table", "desk", "coffee_table", "bedside_table", "counter", "bench", "street_bench", "stool"),
        *("cabinet", "kitchen_cabinet", "shelf", "wardrobe", "rack", "pallet", "crate", "trolley"),
        *("fridge", "oven", "washing_machine", "microwave", "speaker"),
    )
)
CELLS = 24  # of the grid on each axis, in which free space is looked for; ours
CLEARANCE = 0.18  # metres that must be free above a level; ours
SAMPLES = 24_000


def level_faces(points: Points, triangles: Indices, kind: str) -> tuple[Triple, ...]:
    """(height, half_x, half_y) of free level rectangles about the centre, lowest first; at most six.

    The surface is sampled; a height counts where the sampled faces are level and fill a rectangle about the centre,
    above which nothing is.
    """
    if kind not in CARRIERS:
        return ()
    rng = np.random.default_rng(0)
    corners = points[triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normal, axis=1)
    which = rng.choice(len(triangles), SAMPLES, p=area / area.sum())
    a, b = np.sqrt(rng.random(SAMPLES))[:, None], rng.random(SAMPLES)[:, None]
    p = (1 - a) * corners[which, 0] + a * (1 - b) * corners[which, 1] + a * b * corners[which, 2]
    flat = np.abs(normal[which, 2]) > 0.985 * area[which]
    half = np.abs(points[:, :2]).max(0)
    cell = np.clip(((p[:, :2] / half + 1) / 2 * CELLS).astype(int), 0, CELLS - 1)
    found: list[Triple] = []
    heights = np.unique(np.round(p[flat, 2], 2))[::-1]
    for height in heights.tolist():
        if height < 0.08 or any(abs(height - other) < 0.06 for other, _, _ in found):
            continue
        here = flat & (np.abs(p[:, 2] - height) < 0.012)
        full, blocked = np.zeros((CELLS, CELLS), int), np.zeros((CELLS, CELLS), bool)
        np.add.at(full, tuple(cell[here].T), 1)
        above = (p[:, 2] > height + 0.022) & (p[:, 2] < height + CLEARANCE)
        blocked[tuple(cell[above].T)] = True
        size = _rectangle((full > 0) & ~blocked)
        if size is not None:
            top = float(p[here, 2].max())
            found.append((top, 0.96 * float(half[0]) * size[0], 0.96 * float(half[1]) * size[1]))
        if len(found) == 6:
            break
    return tuple(found[::-1])


def _rectangle(free: np.ndarray) -> tuple[float, float] | None:
    """Half-widths, as shares of the grid's, of the largest central rectangle that is nearly all free; None if small."""
    middle = CELLS // 2
    best: tuple[float, float] | None = None
    for i in range(2, middle + 1):
        for j in range(2, middle + 1):
            part = free[middle - i : middle + i, middle - j : middle + j]
            if part.mean() > 0.93 and (best is None or i * j > best[0] * best[1]):
                best = (float(i), float(j))
    if best is None or best[0] * best[1] < 0.12 * middle * middle:
        return None
    return best[0] / middle, best[1] / middle
