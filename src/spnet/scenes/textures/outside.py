"""Textures of the town: fronts with windows, shop fronts, roofs, and what is seen through a window.

Every painter takes (rng, size) and returns a picture and the metres that its side spans.
"""

from __future__ import annotations

import numpy as np

from spnet.scenes.scene import Floats
from spnet.scenes.textures.drawing import Sheet, word
from spnet.scenes.textures.noise import blend, colour, lattice, neutral, noise, ramp, shaded
from spnet.scenes.textures.walls import Painted, brick, concrete, panelling, plaster

STOREY = 3.0  # metres; ours


def _wall(rng: np.random.Generator, size: int, metres: float) -> Floats:
    """A tileable wall that spans about `metres`: brick, plaster, concrete or boards, repeated as often as fits."""
    painter = (brick, plaster, plaster, concrete, panelling)[int(rng.integers(0, 5))]
    repeats = 2 if metres > 4 else 1
    picture, _ = painter(rng, size // repeats)
    return np.tile(picture, (repeats, repeats, 1))


def facade(rng: np.random.Generator, size: int) -> Painted:
    """Storeys of windows with frames, sills, curtains, some lit; repeats in both directions."""
    columns, rows = int(rng.integers(2, 6)), int(rng.integers(2, 5))
    metres = rows * STOREY * float(rng.uniform(0.9, 1.15))
    picture = _wall(rng, size, metres)
    if rng.random() < 0.25:
        return _curtain_wall(rng, size, columns, rows), metres
    sheet = Sheet(size, (0, 0, 0))
    marks = Sheet(size, (0, 0, 0))
    wide, tall = float(rng.uniform(0.35, 0.75)) / columns, float(rng.uniform(0.4, 0.65)) / rows
    frame, sill = neutral(rng, (0.15, 0.97)), neutral(rng, (0.4, 0.9))
    bars, shutters = int(rng.integers(0, 3)), rng.random() < 0.2
    shutter = colour(rng, (0.1, 0.7), (0.2, 0.8))
    for i in range(columns):
        for j in range(rows):
            x, y = (i + 0.5) / columns, (j + 0.45) / rows
            x0, x1, y0, y1 = x - wide / 2, x + wide / 2, y - tall / 2, y + tall / 2
            if shutters:
                for a, b in ((x0 - 0.45 * wide, x0), (x1, x1 + 0.45 * wide)):
                    sheet.rectangle(a, y0, b, y1, shutter)
                    marks.rectangle(a, y0, b, y1, (1, 1, 1))
            _window(rng, sheet, (x0, y0, x1, y1), frame, bars)
            sheet.rectangle(x0 - 0.01, y1 + 0.004, x1 + 0.01, y1 + 0.016, sill)
            marks.rectangle(x0 - 0.008, y0 - 0.008, x1 + 0.008, y1 + 0.008, (1, 1, 1))
            marks.rectangle(x0 - 0.01, y1, x1 + 0.01, y1 + 0.016, (1, 1, 1))
    if rng.random() < 0.4:
        for j in range(rows):
            sheet.rectangle(0, j / rows, 1, j / rows + 0.012, sill)
            marks.rectangle(0, j / rows, 1, j / rows + 0.012, (1, 1, 1))
    drawn = sheet.picture()
    mask = marks.picture()[..., 0]
    shadow = np.roll(mask, max(size // 64, 1), 0) * (1 - mask)
    return blend(shaded(picture, -0.3 * shadow), drawn, mask), metres


def _window(
    rng: np.random.Generator, sheet: Sheet, box: tuple[float, float, float, float], frame: Floats, bars: int
) -> None:
    x0, y0, x1, y1 = box
    sheet.rectangle(x0 - 0.008, y0 - 0.008, x1 + 0.008, y1 + 0.008, frame)
    lit = rng.random() < 0.15
    glass = (
        colour(rng, (0.2, 0.5), (0.7, 1.0), (0.08, 0.14)) if lit else colour(rng, (0.05, 0.3), (0.08, 0.5), (0.5, 0.62))
    )
    sheet.rectangle(x0, y0, x1, y1, glass)
    cut = float(rng.uniform(0.2, 0.8))
    sheet.polygon(
        [(x0, y0), (x0 + cut * (x1 - x0), y0), (x0, y0 + cut * (y1 - y0))], np.clip(glass * 1.35 + 0.05, 0, 1)
    )
    dressing = rng.random()
    cloth = neutral(rng, (0.6, 0.95)) if rng.random() < 0.7 else colour(rng, (0.1, 0.5), (0.4, 0.9))
    if dressing < 0.25:
        sheet.rectangle(x0, y0, x1, y0 + float(rng.uniform(0.1, 0.9)) * (y1 - y0), cloth)
    elif dressing < 0.5:
        side = float(rng.uniform(0.1, 0.3)) * (x1 - x0)
        sheet.rectangle(x0, y0, x0 + side, y1, cloth)
        sheet.rectangle(x1 - side, y0, x1, y1, cloth)
    thin = 0.004
    for k in range(bars):
        x = x0 + (k + 1) / (bars + 1) * (x1 - x0)
        sheet.rectangle(x - thin, y0, x + thin, y1, frame)
    if bars:
        y = y0 + 0.33 * (y1 - y0)
        sheet.rectangle(x0, y - thin, x1, y + thin, frame)


def _curtain_wall(rng: np.random.Generator, size: int, columns: int, rows: int) -> Floats:
    """An office front of glass between thin posts."""
    columns, rows = 2 * columns, rows
    x, y = lattice(size)
    number = np.floor(x * columns).astype(int) * 31 + np.floor(y * rows).astype(int)
    tone = rng.normal(0, 0.12, 1024).astype(np.float32)[number % 1024]
    glass = shaded(colour(rng, (0.1, 0.45), (0.25, 0.65), (0.48, 0.62)), tone, 0.15 * noise(rng, size, 4.0))
    u, v = (x * columns) % 1, (y * rows) % 1
    post = np.minimum(np.minimum(u, 1 - u) / columns, np.minimum(v, 1 - v) / rows)
    panel = ramp(v, 0.72, 0.73) * (rng.random() < 0.6)
    picture = blend(glass, neutral(rng, (0.2, 0.8)), panel)
    return blend(neutral(rng, (0.15, 0.8)), picture, ramp(post, 0.004, 0.008))


def shop_front(rng: np.random.Generator, size: int) -> Painted:
    """A ground floor: a name over panes with goods, and a door. Once over its wall."""
    sheet = Sheet(size, neutral(rng, (0.3, 0.8)))
    board, print_ = colour(rng, (0.3, 0.9), (0.15, 0.8)), neutral(rng, (0.85, 1.0))
    sheet.rectangle(0, 0.03, 1, 0.2, board)
    sheet.fitted(0.15, 0.05, 0.7, 0.13, f"{word(rng)} {word(rng)}", print_)
    frame = neutral(rng, (0.1, 0.9))
    sheet.rectangle(0.03, 0.24, 0.97, 0.97, frame)
    panes = int(rng.integers(2, 5))
    door = int(rng.integers(0, panes))
    for k in range(panes):
        x0, x1 = 0.05 + 0.9 * k / panes + 0.01, 0.05 + 0.9 * (k + 1) / panes - 0.01
        base = 0.95 if k == door else 0.82
        sheet.rectangle(x0, 0.26, x1, base, colour(rng, (0.1, 0.4), (0.1, 0.45), (0.05, 0.65)))
        for _ in range(int(rng.integers(2, 9))):
            x, w, h = float(rng.uniform(x0, x1 - 0.03)), float(rng.uniform(0.02, 0.1)), float(rng.uniform(0.03, 0.25))
            sheet.rectangle(x, base - h, min(x + w, x1), base, colour(rng, (0.1, 0.8), (0.2, 0.95)))
        if rng.random() < 0.4:
            sheet.fitted(x0, 0.35, x1 - x0, 0.1, word(rng, 6), print_)
        if k == door:
            sheet.rectangle(x1 - 0.03, 0.55, x1 - 0.02, 0.7, print_)
    return sheet.picture(), 4.0


def roof(rng: np.random.Generator, size: int) -> Painted:
    """Rows of tiles or slates, overlapping downwards."""
    rows = 2 * int(rng.integers(4, 9))
    x, y = lattice(size)
    v = y * rows
    row = np.floor(v).astype(int) % rows
    u = x * rows + 0.5 * (row % 2)
    column = np.floor(u).astype(int) % rows
    hue = (0.0, 0.06) if rng.random() < 0.6 else (0.5, 0.7)
    base = colour(rng, (0.3, 0.65), (0.3, 0.65), hue) if hue[0] == 0 else colour(rng, (0.0, 0.2), (0.2, 0.5), hue)
    tone = rng.normal(0, 0.1, (rows, rows)).astype(np.float32)[row, column]
    curve = 0.2 * np.cos(2 * np.pi * (u % 1 - 0.5)) * (rng.random() < 0.6)
    edge = -0.5 * (1 - ramp(v % 1, 0.0, 0.15)) - 0.3 * (1 - ramp(np.minimum(u % 1, 1 - u % 1), 0.0, 0.05))
    moss = ramp(noise(rng, size, 2.4), 1.0, 2.5)
    picture = shaded(base, tone, curve, edge, 0.08 * noise(rng, size, 1.0))
    return blend(picture, (0.3, 0.33, 0.18), 0.6 * moss), rows * float(rng.uniform(0.18, 0.3))


def view(rng: np.random.Generator, size: int) -> Painted:
    """What is seen through a window, once over it: sky, hills or houses, trees, a garden or street."""
    x, y = lattice(size)
    horizon = float(rng.uniform(0.4, 0.65))
    zenith, haze = colour(rng, (0.2, 0.65), (0.55, 0.95), (0.55, 0.62)), neutral(rng, (0.85, 1.0))
    if rng.random() < 0.3:
        zenith = neutral(rng, (0.6, 0.95))
    picture = blend(zenith, haze, ramp(y, 0.0, horizon))
    clouds = ramp(noise(rng, size, 2.8, (2.5, 1.0)), rng.uniform(-0.3, 1.2), 2.2)
    picture = blend(picture, neutral(rng, (0.88, 1.0)), 0.8 * clouds)
    hills = horizon - 0.06 + 0.04 * noise(rng, size, 3.6)[:1]
    far = blend(colour(rng, (0.15, 0.4), (0.3, 0.6), (0.25, 0.6)), haze, np.full((size, size), 0.35, np.float32))
    picture = blend(picture, far, ramp(y - hills, 0.0, 0.01))
    if rng.random() < 0.65:
        sheet, marks = Sheet(size, (0, 0, 0)), Sheet(size, (0, 0, 0))
        for _ in range(int(rng.integers(1, 7))):
            _house(rng, sheet, marks, horizon)
        picture = blend(picture, sheet.picture(), marks.picture()[..., 0])
    ground = grass_or_road(rng, size)
    picture = blend(picture, ground, ramp(y, horizon + 0.05, horizon + 0.06))
    for _ in range(int(rng.integers(0, 5))):
        cx, cy, wide = rng.uniform(0, 1), horizon - rng.uniform(-0.02, 0.2), rng.uniform(0.05, 0.22)
        crown = np.hypot((x - cx) / wide, (y - cy) / (wide * rng.uniform(0.8, 1.5))) + 0.18 * noise(rng, size, 1.6)
        leaves = shaded(
            colour(rng, (0.35, 0.7), (0.18, 0.5), (0.17, 0.32)), 0.35 * noise(rng, size, 1.0), 0.5 * (cy - y)
        )
        trunk = (np.abs(x - cx) < 0.07 * wide) & (y > cy) & (y < horizon + 0.1)
        picture = blend(picture, (0.22, 0.17, 0.13), trunk.astype(np.float32))
        picture = blend(picture, leaves, 1 - ramp(crown, 0.85, 1.0))
    return np.clip(picture, 0, 1), 2.0


def grass_or_road(rng: np.random.Generator, size: int) -> Floats:
    """The foreground of a view."""
    if rng.random() < 0.6:
        return shaded(colour(rng, (0.3, 0.6), (0.3, 0.55), (0.2, 0.3)), 0.2 * noise(rng, size, 1.0, (3.0, 1.0)))
    return shaded(neutral(rng, (0.35, 0.6)), 0.06 * noise(rng, size, 1.2, (4.0, 1.0)))


def _house(rng: np.random.Generator, sheet: Sheet, marks: Sheet, horizon: float) -> None:
    wide, tall = float(rng.uniform(0.12, 0.4)), float(rng.uniform(0.1, 0.45))
    x0, base = float(rng.uniform(-0.1, 0.95)), horizon + 0.07
    wall = neutral(rng, (0.5, 0.95)) if rng.random() < 0.6 else colour(rng, (0.15, 0.5), (0.4, 0.85), (0.0, 0.14))
    for target, tint in ((sheet, wall), (marks, (1, 1, 1))):
        target.rectangle(x0, base - tall, x0 + wide, base, tint)
    if rng.random() < 0.6:
        peak = base - tall - float(rng.uniform(0.04, 0.12))
        outline = [(x0 - 0.015, base - tall), (x0 + wide / 2, peak), (x0 + wide + 0.015, base - tall)]
        sheet.polygon(outline, colour(rng, (0.1, 0.6), (0.2, 0.55), (0.0, 0.08)))
        marks.polygon(outline, (1, 1, 1))
    columns, rows = max(int(wide / 0.07), 1), max(int(tall / 0.1), 1)
    for i in range(columns):
        for j in range(rows):
            x, y = x0 + (i + 0.3) * wide / columns, base - tall + (j + 0.25) * tall / rows
            glass = colour(rng, (0.05, 0.3), (0.1, 0.5), (0.5, 0.62))
            sheet.rectangle(x, y, x + 0.4 * wide / columns, y + 0.5 * tall / rows, glass)
