"""What faces the street at eye level: doors, shops, garages; and balconies above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.outdoors import matter
from spnet.scenes.outdoors.facades import Openings, Style, reveals, spanned, spread
from spnet.scenes.outdoors.heap import Heap, quads
from spnet.scenes.scene import BY_UV, Material, Mesh
from spnet.scenes.surfaces import plain, textured
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, neutral

NONE: Openings = np.zeros((0, 4))


@dataclass(frozen=True)
class Ground:
    """Openings of a ground floor, (n, 4) each: those still to be glazed, and those already filled."""

    windows: Openings
    others: Openings


def ground_floor(
    heap: Heap,
    rng: np.random.Generator,
    textures: TextureSet,
    what: str,
    width: float,
    storey: float,
    style: Style,
    kind: str,
) -> Ground:
    """Fill a ground floor.

    Args:
        heap: what doors and shops are added to.
        rng: source of randomness.
        textures: where layers come from.
        what: "door", "shop", "garage" or "windows".
        width, storey: of the front and of its ground floor, metres.
        style: of its windows.
        kind: of the building.
    """
    if what == "shop" and width > 5:
        return _shops(heap, rng, textures, width, storey, style)
    if what == "garage":
        return _garages(heap, rng, textures, width, storey, style, kind)
    spans = spread(width, style.pitch, style.wide)
    openings = np.column_stack([spans, np.full(len(spans), 0.95), np.full(len(spans), 0.95 + style.tall)])
    if what == "windows" or not len(spans):
        return Ground(openings, NONE)
    place = int(rng.integers(0, len(spans)))
    middle, half = float(spans[place].mean()), float(rng.uniform(0.45, 0.65))
    middle = float(np.clip(middle, half + 0.15, width - half - 0.15))
    opening = np.array([[middle - half, middle + half, 0.0, min(float(rng.uniform(2.05, 2.5)), storey - 0.2)]])
    door(heap, rng, textures, opening, style)
    clear = (openings[:, 1] < middle - half - 0.1) | (openings[:, 0] > middle + half + 0.1)
    return Ground(openings[clear], opening)


def door(heap: Heap, rng: np.random.Generator, textures: TextureSet, opening: Openings, style: Style) -> None:
    """A door in its opening, with a step, a handle, often a canopy or a lamp."""
    x0, x1, z0, z1 = opening[0].tolist()
    reveals(heap, opening, style.reveal, style.trim)
    leaf = matter.wood(rng, textures) if rng.random() < 0.5 else plain(colour(rng, (0.1, 0.7), (0.15, 0.85)), 0.5, 0.06)
    middle, y = (x0 + x1) / 2, style.reveal
    heap.add(spanned(opening, y), leaf)
    if style.detail >= 1:
        wide, tall = (x1 - x0) * 0.5, (z1 - z0)
        heap.box((middle, -0.2, -0.3), (x1 - x0 + 0.5, 0.5, 0.72), style.trim)
        heap.box((middle, y - 0.02, z0 + 0.68 * tall), (wide, 0.03, 0.4 * tall), style.panes[int(rng.integers(0, 2))])
        heap.box((middle, y - 0.02, z0 + 0.24 * tall), (wide, 0.03, 0.24 * tall), leaf)
        heap.box((x1 - 0.13, y - 0.05, z0 + 1.02), (0.03, 0.08, 0.16), style.frame)
    if style.detail >= 2 and rng.random() < 0.4:
        deep = float(rng.uniform(0.6, 1.2))
        heap.box((middle, -deep / 2, z1 + 0.25), (x1 - x0 + 0.6, deep, 0.1), style.trim)


def _shops(
    heap: Heap, rng: np.random.Generator, textures: TextureSet, width: float, storey: float, style: Style
) -> Ground:
    """Shop windows with lit rooms behind glass, name boards, awnings."""
    top = min(storey - 0.55, 2.9)
    low = float(rng.choice([0.12, 0.35, 0.6]))
    spans = spread(width, 3.4, 2.9, 0.35)
    openings = np.column_stack([spans, np.full(len(spans), low), np.full(len(spans), top)])
    entrance = int(rng.integers(0, len(openings)))
    openings[entrance, 1] = openings[entrance, 0] + 1.3
    openings[entrance, 2] = 0.02
    reveals(heap, openings, 0.3, style.trim)
    clear = rng.random() < 0.6
    for k, (x0, x1, z0, z1) in enumerate(openings.tolist()):
        glass = style.panes[0] if not clear else matter.pane(rng)
        if clear:
            glass = Material(glass.colour, roughness=0.05, reflectance=0.08, opacity=0.35)
            _display(heap, rng, textures, (x0, x1, z0, z1))
        heap.add(spanned(np.array([[x0, x1, z0, z1]]), 0.12), glass)
        if style.detail >= 1:
            bars = [x0 + 0.03, x1 - 0.03] + ([(x0 + x1) / 2] if k != entrance and rng.random() < 0.5 else [])
            heap.boxes([(x, 0.1, (z0 + z1) / 2) for x in bars], (0.07, 0.09, z1 - z0), style.frame)
    board = _name_board(rng, textures)
    tall, y = float(rng.uniform(0.4, 0.65)), -0.07
    z = top + 0.08
    heap.box((width / 2, y + 0.05, z + tall / 2), (width - 0.5, 0.12, tall), style.frame)
    length = min(tall * 5, width - 0.7)
    x = float(rng.uniform(0.3, max(width - 0.4 - length, 0.31)))
    heap.add(
        quads(
            [
                [
                    (x, y - 0.02, z + 0.05),
                    (x + length, y - 0.02, z + 0.05),
                    (x + length, y - 0.02, z + tall - 0.05),
                    (x, y - 0.02, z + tall - 0.05),
                ]
            ],
            [[(0.02, 0.81), (0.98, 0.81), (0.98, 0.96), (0.02, 0.96)]],
        ),
        board,
    )
    if style.detail >= 1 and rng.random() < 0.35:
        _awning(heap, rng, textures, width, top, style)
    return Ground(NONE, openings)


def _name_board(rng: np.random.Generator, textures: TextureSet) -> Material:
    """The upper strip of a painted shop front carries its name."""
    return Material((0.9, 0.9, 0.9), textures.pick(rng, "shop_front"), BY_UV, 1.0, 0.5)


def _display(heap: Heap, rng: np.random.Generator, textures: TextureSet, opening: tuple[float, ...]) -> None:
    """The room behind a shop window: back wall, floor, ceiling, goods."""
    x0, x1, z0, z1 = opening
    deep = float(rng.uniform(0.9, 1.8))
    glow = float(rng.choice([0.0, 0.15, 0.5]))
    back = textured(rng, textures, ("paint", "wallpaper", "panelling", "veneer"))
    back = Material(back.colour, back.texture, BY_UV, back.scale, 0.8, emission=glow)
    low, high = z0 - 0.01, z1 + 0.01
    near, far = 0.14, 0.14 + deep
    faces = [
        [(x0, far, low), (x1, far, low), (x1, far, high), (x0, far, high)],
        [(x0, near, low), (x0, far, low), (x0, far, high), (x0, near, high)],
        [(x1, far, low), (x1, near, low), (x1, near, high), (x1, far, high)],
        [(x0, near, low), (x1, near, low), (x1, far, low), (x0, far, low)],
        [(x0, far, high), (x1, far, high), (x1, near, high), (x0, near, high)],
    ]
    heap.add(quads(faces, np.tile([(0, 0), (2.5, 0), (2.5, 2.5), (0, 2.5)], (5, 1, 1))), back)
    count = int(rng.integers(3, 9))
    size = rng.uniform((0.12, 0.12, 0.2), (0.5, 0.35, 1.3), (count, 3))
    size[:, 2] = np.minimum(size[:, 2], 0.8 * (z1 - z0))
    x = rng.uniform(x0 + 0.3, max(x1 - 0.3, x0 + 0.31), count)
    y = rng.uniform(near + 0.2, far - 0.2, count)
    for k in range(count):
        goods = Material(
            (0.8, 0.8, 0.8), textures.pick(rng, "package", "poster", "label"), BY_UV, 1.5, 0.6, emission=glow
        )
        heap.box((float(x[k]), float(y[k]), z0 + float(size[k, 2]) / 2), tuple(size[k].tolist()), goods)


def _awning(heap: Heap, rng: np.random.Generator, textures: TextureSet, width: float, z: float, style: Style) -> None:
    """A cloth over the pavement."""
    out, drop = float(rng.uniform(0.8, 1.6)), float(rng.uniform(0.3, 0.6))
    cloth = textured(rng, textures, ("striped", "plain_cloth"), roughness=(0.8, 1.0))
    a, b = 0.3, width - 0.3
    rim = [(a, -out, z - drop), (b, -out, z - drop), (b, -0.13, z), (a, -0.13, z)]
    uv = [(0, 0), (b - a, 0), (b - a, out), (0, out)]
    under = [(p[0], p[1], p[2] - 0.01) for p in rim[::-1]]
    valance = [(a, -out, z - drop - 0.2), (b, -out, z - drop - 0.2), (b, -out, z - drop), (a, -out, z - drop)]
    heap.add(quads([rim, under, valance], [uv, uv[::-1], [(0, 0), (b - a, 0), (b - a, 0.2), (0, 0.2)]]), cloth)
    for x in (a + 0.1, b - 0.1):
        heap.add(shapes.bar((x, -0.1, z - 0.35), (x, -out + 0.05, z - drop - 0.02), 0.015, 5), style.frame)


def _garages(
    heap: Heap, rng: np.random.Generator, textures: TextureSet, width: float, storey: float, style: Style, kind: str
) -> Ground:
    """Roller or hinged doors wide enough for vehicles, and a small door or windows beside them."""
    wide, tall = (float(rng.uniform(3.2, 4.5)), float(rng.uniform(3.2, 4.4))) if kind == "hall" else (2.5, 2.15)
    tall = min(tall, storey - 0.3)
    spans = spread(width, wide + float(rng.uniform(0.4, 4.0) if kind == "hall" else 0.4), wide, 0.25)
    if kind not in ("hall", "garage"):
        spans = spans[:1]
    openings = np.column_stack([spans, np.zeros(len(spans)), np.full(len(spans), tall)])
    reveals(heap, openings, 0.2, style.trim)
    tone = neutral(rng, (0.35, 0.9)) if rng.random() < 0.6 else colour(rng, (0.2, 0.7), (0.2, 0.6))
    sheet = matter.toned(rng, textures, ("panelling", "corrugated", "boards"), tone, roughness=0.6)
    heap.add(spanned(openings, 0.2), sheet)
    rest = NONE
    if kind not in ("hall", "garage"):
        free = spread(width, style.pitch, style.wide)
        free = free[(free[:, 0] > openings[-1, 1] + 0.3)]
        rest = np.column_stack([free, np.full(len(free), 0.95), np.full(len(free), 0.95 + style.tall)])
    elif kind == "hall" and storey > tall + 1.9:
        strip = spread(width, style.pitch, style.wide)
        rest = np.column_stack([strip, np.full(len(strip), storey - 1.5), np.full(len(strip), storey - 0.6)])
    return Ground(rest, openings)


def balconies(heap: Heap, rng: np.random.Generator, spans: Openings, z: float, style: Style, metal: Material) -> None:
    """Slabs with railings: bars, boards or glass."""
    deep, high = 1.2, 1.0
    middle, wide = spans.mean(1), spans[:, 1] - spans[:, 0]
    n = len(spans)
    heap.boxes(
        np.column_stack([middle, np.full(n, -deep / 2), np.full(n, z - 0.02)]),
        np.column_stack([wide, np.full(n, deep), np.full(n, 0.18)]),
        style.trim,
    )
    if int(style.pitch * 1000) % 3 == 0 or style.detail < 2:  # the same on every floor of a building
        for x, w in zip(middle.tolist(), wide.tolist(), strict=True):
            heap.box((x, -deep, z + high / 2 + 0.1), (w, 0.06, high - 0.1), style.shutter)
            heap.boxes(
                [(x + s * w / 2, -deep / 2, z + high / 2 + 0.1) for s in (-1, 1)],
                (0.06, deep, high - 0.1),
                style.shutter,
            )
        return
    for x, w in zip(middle.tolist(), wide.tolist(), strict=True):
        bars = np.linspace(x - w / 2, x + w / 2, int(w / 0.14))
        side = np.linspace(-deep, 0, 8)
        posts = [(v, -deep, z + high / 2 + 0.05) for v in bars] + [
            (s, v, z + high / 2 + 0.05) for s in (x - w / 2, x + w / 2) for v in side
        ]
        heap.add(_strips(np.array(posts), 0.022, high, x), metal)
        heap.box((x, -deep, z + high + 0.06), (w + 0.04, 0.05, 0.04), metal)
        heap.boxes([(s, -deep / 2, z + high + 0.06) for s in (x - w / 2, x + w / 2)], (0.05, deep, 0.04), metal)


def _strips(middles: Openings, width: float, high: float, x: float) -> Mesh:
    """Upright flat bars at (n, 3) middles: those of the front face -y, those of the sides of a balcony face away."""
    front = np.abs(middles[:, 1] - middles[:, 1].min()) < 1e-6
    across = np.where(front[:, None], [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]) * width / 2
    across = across * np.where(front | (middles[:, 0] > x), 1, -1)[:, None]
    up = np.array([0.0, 0.0, high / 2])
    return quads(
        np.stack([middles - across - up, middles + across - up, middles + across + up, middles - across + up], 1)
    )
