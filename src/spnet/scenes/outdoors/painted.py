"""Surfaces along a track, divided into cells of different materials, so that markings lie in the road and not on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spnet.scenes import shapes
from spnet.scenes.outdoors.heap import Heap, quads
from spnet.scenes.outdoors.track import Numbers, Track
from spnet.scenes.scene import Material

Profile = Callable[[Numbers, Numbers], Numbers]


@dataclass(frozen=True)
class Patch:
    """A rectangle of another material: stations from s0 to s1, from t0 to t1 across."""

    s0: float
    s1: float
    t0: float
    t1: float
    material: Material


def level(s: Numbers, t: Numbers) -> Numbers:
    """A profile as high as the track."""
    return np.zeros(np.broadcast_shapes(s.shape, t.shape))


def surface(
    heap: Heap,
    track: Track,
    s: Numbers,
    t: Numbers,
    material: Material,
    patches: Sequence[Patch] = (),
    profile: Profile = level,
    world: Callable[[Numbers], Numbers] | None = None,
) -> None:
    """A strip along a track.

    Args:
        heap: what it is added to.
        track: along which.
        s: ascending stations of its lattice; those of patches are added.
        t: ascending lattice across; those of patches are added.
        material: where no patch is.
        patches: later ones cover earlier ones.
        profile: height over the track from (m, 1) stations and (1, n) positions across.
        world: heights of (k, 2) world points instead, e.g. `Terrain.height`.
    """
    inside = [p for p in patches if p.s1 > s[0] and p.s0 < s[-1] and p.t1 > t[0] and p.t0 < t[-1]]
    s, t = _lines(s, [v for p in inside for v in (p.s0, p.s1)]), _lines(t, [v for p in inside for v in (p.t0, p.t1)])
    along, across = s[:, None], t[None]
    points = track.at(along, across, profile(along, across))
    if world is not None:
        points[..., 2] = world(points[..., :2].reshape(-1, 2)).reshape(points.shape[:2])
    uv = np.stack(np.broadcast_arrays(across, along), -1)
    number = np.zeros((len(s) - 1, len(t) - 1), np.int32)
    middle_s, middle_t = (s[1:, None] + s[:-1, None]) / 2, (t[None, 1:] + t[None, :-1]) / 2
    for k, p in enumerate(inside):
        number[(middle_s > p.s0) & (middle_s < p.s1) & (middle_t > p.t0) & (middle_t < p.t1)] = k + 1
    corners = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], 2)
    coordinates = np.stack([uv[:-1, :-1], uv[:-1, 1:], uv[1:, 1:], uv[1:, :-1]], 2)
    by_material: dict[Material, NDArray[np.bool_]] = {}
    for k, each in enumerate([material, *(p.material for p in inside)]):
        chosen = number == k
        by_material[each] = by_material[each] | chosen if each in by_material else chosen
    for each, chosen in by_material.items():
        heap.add(quads(corners[chosen], coordinates[chosen]), each)


def _lines(base: Numbers, extra: list[float]) -> Numbers:
    """The lattice with further lines; lines closer than 1 cm to one another give way to those of patches."""
    cuts = np.unique(np.round(np.clip(extra, base[0], base[-1]), 4)) if extra else np.zeros(0)
    if not len(cuts):
        return base
    keep = np.abs(base[:, None] - cuts[None]).min(1) > 0.01
    keep[[0, -1]] = True
    cuts = cuts[(cuts > base[0] + 0.01) & (cuts < base[-1] - 0.01)]
    return np.unique(np.concatenate([base[keep], cuts]))


def step(
    heap: Heap, track: Track, s: Numbers, t: float, low: float, high: float, material: Material, *, right: bool
) -> None:
    """An upright face along a track, such as a kerb's; it is seen from its right or its left."""
    bottom, top = track.at(s, t, low), track.at(s, t, high)
    pair = [bottom, top] if right else [top, bottom]
    uv = np.stack([np.column_stack([s, np.full(len(s), z)]) for z in (low, high)], 1)
    heap.add(shapes.grid(np.stack(pair, 1), smooth=False, uv=uv if right else uv[:, ::-1]), material)


def dashes(
    s0: float, s1: float, t: float, width: float, dash: float, gap: float, material: Material, first: float = 0.0
) -> list[Patch]:
    """A broken line at t; a gap of 0 draws a solid one."""
    if gap <= 0:
        return [Patch(s0, s1, t - width / 2, t + width / 2, material)]
    starts = np.arange(s0 + first, s1 - dash, dash + gap)
    return [Patch(float(a), float(a) + dash, t - width / 2, t + width / 2, material) for a in starts]
