"""Fronts of buildings with true relief: windows set back in their reveals, frames, sills, surrounds, shutters.

A front lies in the plane y = 0, faces -y and spans x from 0 to its width and z from 0 to its height, in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spnet.scenes.outdoors import matter
from spnet.scenes.outdoors.heap import Heap, quads
from spnet.scenes.scene import Floats, Material, Mesh, joined
from spnet.scenes.surfaces import plain
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, neutral

Openings = NDArray[np.float64]  # (n, 4): x from, x to, z from, z to


@dataclass(frozen=True)
class Style:
    """How the windows of a building look; lengths in metres.

    Attributes:
        wall, trim, frame: materials of the wall; of sills, surrounds and bands; of window frames.
        panes: glass; each window takes one at random.
        shutter: material of shutters and rollers.
        wide, tall: size of a window.
        pitch: distance from window to window.
        reveal: how deep the glass lies behind the wall.
        across, up: panes of a window side by side and one over another.
        surround: width of the frame round an opening that stands out; 0 is none.
        sills: whether sills stand out.
        shutters: whether folding shutters hang beside the windows.
        rollers: share of the windows with a roller half down.
        detail: 0 glass only, 1 frames and sills, 2 everything.
    """

    wall: Material
    trim: Material
    frame: Material
    panes: tuple[Material, ...]
    shutter: Material
    wide: float = 1.1
    tall: float = 1.5
    pitch: float = 2.6
    reveal: float = 0.16
    across: int = 2
    up: int = 1
    surround: float = 0.0
    sills: bool = True
    shutters: bool = False
    rollers: float = 0.0
    detail: int = 2


def random_style(rng: np.random.Generator, textures: TextureSet, wall: Material, detail: int) -> Style:
    """A style for a wall."""
    dressed = [matter.dressed_pane(rng, textures) for _ in range(2)]
    glass = [matter.pane(rng) for _ in range(4)]
    white = rng.random() < 0.6
    frame = plain(
        neutral(rng, (0.78, 0.95)) if white else colour(rng, (0.1, 0.5), (0.12, 0.45), (0.0, 0.45)), 0.5, 0.05
    )
    trim = plain(neutral(rng, (0.4, 0.9)), 0.85, 0.12)
    shutter = plain(colour(rng, (0.15, 0.6), (0.2, 0.6)), 0.7, 0.12)
    upright = rng.random() < 0.7
    wide = float(rng.uniform(0.8, 1.3) if upright else rng.uniform(1.4, 2.4))
    surround = float(rng.uniform(0.08, 0.18)) if rng.random() < 0.4 else 0.0
    return Style(
        *(wall, trim, frame, (*glass, *dressed), shutter),
        wide=wide,
        tall=float(rng.uniform(1.25, 1.75)),
        pitch=wide + float(rng.uniform(0.9, 2.2)),
        reveal=float(rng.uniform(0.08, 0.28)),
        across=int(rng.integers(1, 3)) if upright else int(rng.integers(2, 4)),
        up=2 if rng.random() < 0.3 else 1,
        surround=surround,
        sills=rng.random() < 0.75,
        shutters=upright and surround == 0 and rng.random() < 0.3,
        rollers=float(rng.choice([0.0, 0.0, 0.25])),
        detail=detail,
    )


def spanned(openings: Openings, y: float) -> Mesh:
    """A pane or leaf that fills each opening, at a depth y."""
    x0, x1, z0, z1 = openings.T
    return upright(x0, x1, z0, z1, y)


def holed(heap: Heap, width: float, height: float, openings: Openings, material: Material, bottom: float = 0.0) -> None:
    """A wall without the openings; its edges meet corner to corner, so that nothing shines through."""
    x = _lines(0.0, width, openings[:, :2])
    z = _lines(bottom, height, openings[:, 2:])
    u, v = (x[1:] + x[:-1]) / 2, (z[1:] + z[:-1]) / 2
    inside = (u[:, None] > openings[:, 0]) & (u[:, None] < openings[:, 1])
    level = (v[:, None] > openings[:, 2]) & (v[:, None] < openings[:, 3])
    solid = ~(inside[:, None] & level[None]).any(2)
    i, j = np.nonzero(solid)
    heap.add(upright(x[i], x[i + 1], z[j], z[j + 1]), material)


def _lines(low: float, high: float, extra: Openings) -> Openings:
    inner = extra[(extra > low + 1e-3) & (extra < high - 1e-3)]
    return np.unique(np.round(np.concatenate([[low, high], inner]), 4))


def upright(x0: Openings, x1: Openings, z0: Openings, z1: Openings, y: float | Openings = 0.0) -> Mesh:
    """Rectangles that face -y, their coordinates in metres."""
    x0, x1, z0, z1, y = np.broadcast_arrays(x0, x1, z0, z1, y)
    corners = np.stack([np.stack([a, y, b], -1) for a, b in ((x0, z0), (x1, z0), (x1, z1), (x0, z1))], 1)
    return quads(corners, corners[..., [0, 2]])


def windows(heap: Heap, rng: np.random.Generator, openings: Openings, style: Style) -> None:
    """What fills openings: reveals, glass, and as much of the rest as the style's detail says."""
    if not len(openings):
        return
    reveals(heap, openings, style.reveal, style.trim if style.surround else style.wall)
    x0, x1, z0, z1 = openings.T
    kind = rng.integers(0, len(style.panes), len(openings))
    shift = rng.uniform(0, 3, (len(openings), 1, 2))
    for k, pane in enumerate(style.panes):
        mine = kind == k
        if mine.any():
            corners = np.stack(
                [np.stack([a, np.full(mine.sum(), style.reveal), b], -1) for a, b in _rim(openings[mine])], 1
            )
            heap.add(quads(corners, corners[..., [0, 2]] + shift[mine]), pane)
    if style.detail < 1:
        return
    _frames(heap, openings, style)
    if style.sills:
        centre = np.stack([(x0 + x1) / 2, np.full(len(x0), -0.03), z0 - 0.025], -1)
        heap.boxes(centre, np.stack([x1 - x0 + 0.12, np.full(len(x0), 0.14), np.full(len(x0), 0.05)], -1), style.trim)
    if style.detail < 2:
        return
    if style.surround:
        _surrounds(heap, openings, style)
    if style.shutters:
        half = (x1 - x0) / 2
        for x in (x0 - half / 2 - 0.02, x1 + half / 2 + 0.02):
            centre = np.stack([x, np.full(len(x), -0.03), (z0 + z1) / 2], -1)
            heap.boxes(centre, np.stack([half, np.full(len(x), 0.045), z1 - z0], -1), style.shutter)
    down = rng.random(len(openings)) < style.rollers
    if down.any():
        drop = (z1 - z0)[down] * rng.uniform(0.15, 0.95, down.sum())
        centre = np.stack([(x0 + x1)[down] / 2, np.full(down.sum(), style.reveal * 0.4), z1[down] - drop / 2], -1)
        heap.boxes(centre, np.stack([(x1 - x0)[down], np.full(down.sum(), 0.02), drop], -1), style.shutter)


def _rim(openings: Openings) -> list[tuple[Openings, Openings]]:
    x0, x1, z0, z1 = openings.T
    return [(x0, z0), (x1, z0), (x1, z1), (x0, z1)]


def reveals(heap: Heap, openings: Openings, depth: float, material: Material) -> None:
    """The four inner faces of each opening."""
    x0, x1, z0, z1 = openings.T
    front, back = np.zeros(len(x0)), np.full(len(x0), depth)

    def face(*rim: tuple[Openings, Openings, Openings]) -> Floats:
        return np.stack([np.stack(corner, -1) for corner in rim], 1).astype(np.float32)

    faces = [
        face((x0, front, z0), (x1, front, z0), (x1, back, z0), (x0, back, z0)),
        face((x0, back, z1), (x1, back, z1), (x1, front, z1), (x0, front, z1)),
        face((x0, front, z0), (x0, back, z0), (x0, back, z1), (x0, front, z1)),
        face((x1, back, z0), (x1, front, z0), (x1, front, z1), (x1, back, z1)),
    ]
    corners = np.concatenate(faces)
    heap.add(quads(corners, corners[..., [0, 2]] + corners[..., [1, 1]]), material)


def _frames(heap: Heap, openings: Openings, style: Style) -> None:
    """Bars round and across the glass."""
    x0, x1, z0, z1 = openings.T
    n, bar, depth = len(openings), 0.06, 0.05
    mid_x, mid_z, wide, tall = (x0 + x1) / 2, (z0 + z1) / 2, x1 - x0, z1 - z0
    thin = np.full(n, bar)
    centres = [(x0 + bar / 2, mid_z), (x1 - bar / 2, mid_z), (mid_x, z0 + bar / 2), (mid_x, z1 - bar / 2)]
    sizes = [(thin, tall), (thin, tall), (wide, thin), (wide, thin)]
    if style.detail >= 2:
        for k in range(1, style.across):
            centres.append((x0 + wide * k / style.across, mid_z))
            sizes.append((thin, tall))
        for k in range(1, style.up):
            centres.append((mid_x, z1 - 0.36 * tall * k))
            sizes.append((wide, 0.7 * thin))
    x, z = (np.concatenate([c[k] for c in centres]) for k in (0, 1))
    w, h = (np.concatenate([c[k] for c in sizes]) for k in (0, 1))
    heap.add(_bars(x, z, w, h, style.reveal - depth, style.reveal), style.frame)


def _bars(x: Openings, z: Openings, w: Openings, h: Openings, front: float, back: float) -> Mesh:
    """Bars about (x, z) before glass: their front and their two long sides, which is all that is seen of them."""
    left, right, low, high = x - w / 2, x + w / 2, z - h / 2, z + h / 2
    tall = h > w
    y0, y1 = np.full(len(x), front), np.full(len(x), back)
    first = (left, low), (np.where(tall, left, right), np.where(tall, high, low))
    second = (np.where(tall, right, left), np.where(tall, low, high)), (right, high)
    faces = [upright(left, right, low, high, front)]
    for (a, c), (b, d) in (first, second):
        rim = [(a, y0, c), (b, y0, d), (b, y1, d), (a, y1, c)]
        faces.append(quads(np.stack([np.stack(corner, -1) for corner in rim], 1)))
    return joined(faces)


def _surrounds(heap: Heap, openings: Openings, style: Style) -> None:
    """Flat mouldings beside and above openings."""
    x0, x1, z0, z1 = openings.T
    n, w = len(openings), style.surround
    y, deep, thin = np.full(n, -0.015), np.full(n, 0.05), np.full(n, w)
    parts = [
        (x0 - w / 2, (z0 + z1) / 2, thin, z1 - z0),
        (x1 + w / 2, (z0 + z1) / 2, thin, z1 - z0),
        ((x0 + x1) / 2, z1 + 0.6 * w, x1 - x0 + 2.4 * w, 1.2 * thin),
    ]
    heap.boxes(
        np.concatenate([np.stack([x, y, z], -1) for x, z, _, _ in parts]),
        np.concatenate([np.stack([a, deep, b], -1) for _, _, a, b in parts]),
        style.trim,
    )


def spread(width: float, pitch: float, wide: float, margin: float = 0.6) -> Openings:
    """(n, 2) x from and to of openings spread evenly over a width."""
    room = width - 2 * margin
    count = int(max((room + pitch - wide) // pitch, 1 if room > wide else 0))
    middle = margin + room * (np.arange(count) + 0.5) / max(count, 1)
    return np.stack([middle - wide / 2, middle + wide / 2], -1).reshape(-1, 2)


def rows(spans: Openings, floors: list[float], sill: float, tall: float) -> Openings:
    """(n, 4) openings: the spans on every floor."""
    parts = [
        np.column_stack([spans, np.full(len(spans), z + sill), np.full(len(spans), z + sill + tall)]) for z in floors
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 4))
