"""Textures of paper and screens: posters, paintings, labels, pages, spines, packages, signs, keyboards, clocks.

These stand once on a surface and are not tileable. Every painter takes (rng, size) and returns a picture and the
metres that its side usually spans.
"""

from __future__ import annotations

import numpy as np

from spnet.scenes.scene import Floats
from spnet.scenes.textures.drawing import Sheet, word
from spnet.scenes.textures.noise import blend, blotches, colour, lattice, neutral, noise, ramp, shaded
from spnet.scenes.textures.walls import Painted

# What is printed is red, yellow or blue rather than violet; hues, 0 to 1, by how often they are met; by eye, ours.
HUES = (0.0, 0.0, 0.02, 0.05, 0.1, 0.13, 0.15, 0.27, 0.34, 0.47, 0.55, 0.58, 0.61, 0.64, 0.78, 0.93)


def _palette(rng: np.random.Generator, count: int = 5) -> list[Floats]:
    """Colours that go together: shades about one or two hues, one near white and one near black."""
    hue = HUES[int(rng.integers(0, len(HUES)))] + 0.03 * float(rng.standard_normal())
    other = hue + rng.choice([0.08, 0.33, 0.5])
    spread = [colour(rng, (0.1, 0.9), (0.2, 0.95), (h, h + 0.08)) for h in (hue, other, hue, other, hue)[:count]]
    return [*spread, neutral(rng, (0.88, 1.0)), neutral(rng, (0.05, 0.25))]


def _any(rng: np.random.Generator, palette: list[Floats]) -> Floats:
    return palette[int(rng.integers(0, len(palette)))]


def poster(rng: np.random.Generator, size: int) -> Painted:
    """A poster or advertisement: blocks of colour, simple shapes, a headline, small print."""
    palette = _palette(rng)
    sheet = Sheet(size, _any(rng, palette))
    for _ in range(int(rng.integers(1, 9))):
        x, y, w, h = (float(v) for v in rng.uniform((-0.2, -0.2, 0.1, 0.1), (0.9, 0.9, 0.9, 0.7)))
        tint = _any(rng, palette)
        kind = int(rng.integers(0, 4))
        if kind == 0:
            sheet.rectangle(x, y, x + w, y + h, tint, radius=float(rng.choice([0.0, 0.0, 0.04])))
        elif kind == 1:
            sheet.ellipse(x + 0.2, y + 0.2, w / 2, w / 2 if rng.random() < 0.7 else h / 2, tint)
        elif kind == 2:
            sheet.polygon(rng.uniform(-0.1, 1.1, (int(rng.integers(3, 6)), 2)), tint)
        else:
            sheet.line(rng.uniform(-0.1, 1.1, (int(rng.integers(2, 5)), 2)), float(rng.uniform(0.005, 0.06)), tint)
    if rng.random() < 0.8:
        top = float(rng.choice([0.05, 0.4, 0.7]))
        for line in range(int(rng.integers(1, 3))):
            sheet.fitted(0.06, top + 0.15 * line, 0.88, 0.14, word(rng, 7), _any(rng, palette))
    if rng.random() < 0.6:
        left, up = float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.1, 0.8))
        sheet.column(rng, (left, up, left + 0.4, up + float(rng.uniform(0.05, 0.3))), 0.025, _any(rng, palette))
    return shaded(sheet.picture(), 0.012 * noise(rng, size, 1.0)), 0.7


def painting(rng: np.random.Generator, size: int) -> Painted:
    """A painting: a landscape in layers, fields of colour, or blots and strokes."""
    palette = _palette(rng)
    x, y = lattice(size)
    kind = rng.random()
    if kind < 0.45:
        picture = blend(_any(rng, palette), neutral(rng, (0.7, 1.0)), y)
        height = 0.35
        for _ in range(int(rng.integers(2, 6))):
            ridge = height + 0.06 * noise(rng, size, 4.0)[:1]
            layer = shaded(_any(rng, palette), 0.1 * noise(rng, size, 1.6))
            picture = blend(picture, layer, ramp(y - ridge, 0.0, 0.015))
            height += float(rng.uniform(0.08, 0.22))
        if rng.random() < 0.4:
            away = np.hypot(x - rng.uniform(0.1, 0.9), y - rng.uniform(0.05, 0.3))
            picture = blend(picture, (1.0, 0.93, 0.75), 1 - ramp(away, 0.04, 0.06))
    elif kind < 0.75:
        picture = np.broadcast_to(_any(rng, palette), (size, size, 3))
        for _ in range(int(rng.integers(2, 7))):
            field = blotches(rng, size, rng.uniform(1.5, 7), 0.6)
            level = rng.uniform(0.0, 1.4)
            picture = blend(picture, _any(rng, palette), ramp(field, level, level + rng.uniform(0.03, 0.5)))
    else:
        sheet = Sheet(size, _any(rng, palette))
        for _ in range(int(rng.integers(3, 14))):
            cut = np.sort(rng.random((2, 2)), 0)
            sheet.rectangle(cut[0, 0], cut[0, 1], cut[1, 0], cut[1, 1], _any(rng, palette))
        picture = sheet.picture()
    strokes = noise(rng, size, 1.4, (2.0, 0.7))
    return shaded(picture, 0.05 * strokes), 0.6


def photograph(rng: np.random.Generator, size: int) -> Painted:
    """What a snapshot on a wall looks like from afar: a person or thing before soft light and dark."""
    back = blend(
        colour(rng, (0.1, 0.5), (0.3, 0.9)), colour(rng, (0.1, 0.5), (0.1, 0.8)), ramp(noise(rng, size, 4.5), -1.5, 1.5)
    )
    x, y = lattice(size)
    for _ in range(int(rng.integers(1, 4))):
        cx, wide = rng.uniform(0.2, 0.8), rng.uniform(0.07, 0.14)
        top = rng.uniform(0.2, 0.5)
        body = 1 - ramp(np.hypot((x - cx) / (2.1 * wide), (y - top - 4.2 * wide) / (3.2 * wide)), 0.9, 1.0)
        head = 1 - ramp(np.hypot((x - cx) / wide, (y - top) / (1.3 * wide)), 0.9, 1.0)
        hair = head * ramp(top - 0.35 * wide - y, 0.0, 0.04)
        back = blend(back, shaded(colour(rng, (0.1, 0.8)), 0.1 * noise(rng, size, 2.0)), body)
        back = blend(back, colour(rng, (0.25, 0.55), (0.35, 0.95), (0.03, 0.08)), head)
        back = blend(back, colour(rng, (0.2, 0.6), (0.08, 0.5), (0.03, 0.12)), hair)
    return shaded(back, 0.06 * noise(rng, size, 1.8)), 0.3


def page(rng: np.random.Generator, size: int) -> Painted:
    """A printed page: headings, columns, a figure or table."""
    sheet = Sheet(size, neutral(rng, (0.9, 1.0)))
    dark = neutral(rng, (0.1, 0.4))
    columns = int(rng.integers(1, 4))
    wide = 0.84 / columns
    for k in range(columns):
        left = 0.08 + k * wide
        y = 0.17
        while y < 0.9:
            tall = min(float(rng.uniform(0.08, 0.35)), 0.93 - y)
            if rng.random() < 0.2:
                sheet.rectangle(left, y, left + wide - 0.04, y + tall, colour(rng, (0.0, 0.6), (0.3, 0.9)))
            else:
                sheet.column(rng, (left, y, left + wide - 0.04, y + tall), 0.022, dark)
            y += tall + 0.03
    sheet.fitted(0.08, 0.05, 0.6, 0.09, " ".join(word(rng) for _ in range(3)), dark)
    return sheet.picture(), 0.25


def label(rng: np.random.Generator, size: int) -> Painted:
    """A label as on bottles and cans, wound once round them: bands, a name, an emblem, small print, a bar code."""
    palette = _palette(rng, 3)
    sheet = Sheet(size, _any(rng, palette))
    for _ in range(int(rng.integers(0, 4))):
        y = float(rng.uniform(0, 0.95))
        sheet.rectangle(0, y, 1, y + float(rng.uniform(0.01, 0.3)), _any(rng, palette))
    name = word(rng, 8)
    for centre in (0.25, 0.75):
        if rng.random() < 0.7:
            sheet.ellipse(centre, 0.4, float(rng.uniform(0.08, 0.2)), float(rng.uniform(0.1, 0.3)), _any(rng, palette))
        sheet.fitted(centre - 0.2, 0.3, 0.4, 0.2, name, _any(rng, palette))
    sheet.column(rng, (0.44, 0.55, 0.56, 0.9), 0.025, palette[-1])
    _bars(rng, sheet, 0.9, 0.75, 0.08, 0.12)
    return sheet.picture(), 0.25


def _bars(rng: np.random.Generator, sheet: Sheet, x: float, y: float, wide: float, tall: float) -> None:
    sheet.rectangle(x - 0.01, y - 0.01, x + wide + 0.01, y + tall + 0.01, (1, 1, 1))
    for left in np.sort(rng.random(18)):
        start = x + float(left) * wide
        sheet.rectangle(start, y, min(start + float(rng.uniform(0.001, 0.006)), x + wide), y + tall, (0, 0, 0))


def package(rng: np.random.Generator, size: int) -> Painted:
    """The face of a box as it stands in a shop or store."""
    palette = _palette(rng, 3)
    ground = colour(rng, (0.55, 0.95), (0.45, 0.95), (h := HUES[int(rng.integers(0, len(HUES)))], h + 0.03))
    sheet = Sheet(size, ground if rng.random() < 0.65 else _any(rng, palette))
    if rng.random() < 0.6:
        sheet.polygon([(0, 0), (1, 0), (1, rng.uniform(0.1, 0.6)), (0, rng.uniform(0.1, 0.6))], _any(rng, palette))
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0.2, 0.8, 2)
        wide, tall = (float(v) for v in rng.uniform(0.06, 0.25, 2))
        sheet.ellipse(float(x), float(y), wide, tall, _any(rng, palette))
    sheet.fitted(0.08, float(rng.uniform(0.05, 0.5)), 0.84, 0.22, word(rng, 8), _any(rng, palette))
    sheet.fitted(0.1, 0.7, 0.5, 0.08, word(rng), _any(rng, palette))
    sheet.column(rng, (0.08, 0.82, 0.6, 0.95), 0.025, palette[-1])
    _bars(rng, sheet, 0.75, 0.82, 0.16, 0.12)
    return sheet.picture(), 0.25


def cardboard(rng: np.random.Generator, size: int) -> Painted:
    """Brown board with tape, an address label and stamps."""
    base = colour(rng, (0.3, 0.45), (0.55, 0.78), (0.07, 0.1))
    sheet = Sheet(size, base)
    tape = float(rng.uniform(0.4, 0.5))
    sheet.rectangle(0, tape, 1, tape + float(rng.uniform(0.06, 0.12)), np.clip(base * rng.uniform(0.8, 1.25), 0, 1))
    if rng.random() < 0.7:
        x, y = (float(v) for v in rng.uniform(0.05, 0.6, 2))
        sheet.rectangle(x, y, x + 0.3, y + 0.2, (0.95, 0.95, 0.93))
        sheet.column(rng, (x + 0.02, y + 0.02, x + 0.2, y + 0.12), 0.025, (0.1, 0.1, 0.1))
        _bars(rng, sheet, x + 0.03, y + 0.13, 0.2, 0.05)
    if rng.random() < 0.6:
        sheet.fitted(0.1, float(rng.uniform(0.6, 0.8)), 0.5, 0.12, word(rng, 7), base * 0.4)
    picture = shaded(sheet.picture(), 0.03 * noise(rng, size, 1.2), 0.02 * noise(rng, size, 0.8, (10.0, 0.5)))
    return picture, 0.4


def spine(rng: np.random.Generator, size: int) -> Painted:
    """The back of a book, standing: bands and a title that runs along it."""
    palette = _palette(rng, 3)
    ground = colour(rng, (0.0, 0.85), (0.1, 0.9)) if rng.random() < 0.7 else neutral(rng, (0.1, 0.95))
    sheet = Sheet(size, ground)
    for _ in range(int(rng.integers(0, 4))):
        x = float(rng.uniform(0, 0.95))
        sheet.rectangle(x, 0, x + float(rng.uniform(0.005, 0.12)), 1, _any(rng, palette))
    print_ = neutral(rng, (0.85, 1.0)) if ground.mean() < 0.55 else neutral(rng, (0.05, 0.3))
    if rng.random() < 0.15:
        print_ = np.array([0.8, 0.65, 0.3], np.float32)
    sheet.fitted(0.15, 0.2, 0.5, 0.6, " ".join(word(rng, 7) for _ in range(int(rng.integers(1, 4)))), print_)
    if rng.random() < 0.6:
        sheet.fitted(0.74, 0.3, 0.18, 0.4, word(rng, 8), print_)
    picture = np.rot90(sheet.picture(), -1)  # the title reads from top to bottom
    return shaded(picture, 0.02 * noise(rng, size, 1.4)), 0.25


def screen(rng: np.random.Generator, size: int) -> Painted:
    """What a screen shows: windows with text, code on dark ground, a chart, a film."""
    kind = int(rng.integers(0, 4))
    if kind == 3:
        return painting(rng, size) if rng.random() < 0.5 else photograph(rng, size)
    dark = kind == 1 or rng.random() < 0.3
    ground = neutral(rng, (0.08, 0.2)) if dark else neutral(rng, (0.85, 1.0))
    print_ = neutral(rng, (0.6, 0.9)) if dark else neutral(rng, (0.05, 0.4))
    sheet = Sheet(size, ground)
    accent = colour(rng, (0.4, 0.9), (0.4, 0.9))
    sheet.rectangle(0, 0, 1, 0.05, accent if rng.random() < 0.5 else ground * 0.8)
    if rng.random() < 0.6:
        sheet.rectangle(0, 0.05, 0.18, 1, np.clip(ground * (1.5 if dark else 0.9), 0, 1))
        sheet.column(rng, (0.02, 0.1, 0.15, 0.6), 0.04, print_)
    if kind == 1:
        for y in np.arange(0.09, 0.95, 0.03):
            start = 0.22 + 0.04 * int(rng.integers(0, 5))
            sheet.column(
                rng,
                (start, float(y), start + float(rng.uniform(0.1, 0.5)), float(y) + 0.02),
                0.022,
                colour(rng, (0.2, 0.7), (0.6, 1)),
            )
    elif kind == 2:
        heights = rng.uniform(0.05, 0.5, int(rng.integers(4, 14)))
        wide = 0.7 / len(heights)
        for i, tall in enumerate(heights):
            sheet.rectangle(0.25 + i * wide, 0.8 - float(tall), 0.25 + (i + 0.7) * wide, 0.8, accent)
        sheet.line([(0.23, 0.2), (0.23, 0.8), (0.97, 0.8)], 0.005, print_)
    else:
        sheet.column(rng, (0.22, 0.1, 0.7, float(rng.uniform(0.4, 0.95))), 0.025, print_)
        sheet.rectangle(0.73, 0.1, 0.97, float(rng.uniform(0.2, 0.5)), colour(rng))
    return sheet.picture(), 0.5


def keyboard(rng: np.random.Generator, size: int) -> Painted:
    """Rows of keys seen from above, once over the keyboard."""
    body = neutral(rng, (0.08, 0.9))
    keys = neutral(rng, (0.1, 0.25)) if rng.random() < 0.6 else neutral(rng, (0.75, 0.97))
    sheet = Sheet(size, body)
    print_ = neutral(rng, (0.8, 1.0)) if keys.mean() < 0.5 else neutral(rng, (0.05, 0.3))
    for row in range(6):
        x, y = 0.02, 0.05 + 0.15 * row
        while x < 0.95:
            wide = 0.055 if rng.random() < 0.85 else float(rng.uniform(0.08, 0.12))
            wide = 0.35 if row == 5 and 0.25 < x < 0.4 else wide
            end = min(x + wide, 0.98)
            sheet.rectangle(x, y, end - 0.006, y + 0.135, keys, radius=0.008)
            sheet.rectangle(x + 0.012, y + 0.03, x + 0.024, y + 0.065, print_)
            x = end
    return sheet.picture(), 0.4


def sign(rng: np.random.Generator, size: int) -> Painted:
    """A board with an emblem or a few words: shop, door, warning."""
    ground, print_ = colour(rng, (0.3, 0.95), (0.2, 0.95)), neutral(rng, (0.9, 1.0))
    if rng.random() < 0.3:
        ground, print_ = np.array([0.96, 0.8, 0.1], np.float32), neutral(rng, (0.02, 0.1))
    sheet = Sheet(size, ground)
    sheet.rectangle(0.03, 0.03, 0.97, 0.97, print_)
    sheet.rectangle(0.05, 0.05, 0.95, 0.95, ground)
    kind = int(rng.integers(0, 3))
    if kind == 0:
        sheet.polygon(
            [(0.5, 0.15), (0.85, 0.5), (0.62, 0.5), (0.62, 0.85), (0.38, 0.85), (0.38, 0.5), (0.15, 0.5)], print_
        )
    else:
        for line in range(kind + 1):
            sheet.fitted(0.1, 0.12 + 0.27 * line, 0.8, 0.24, word(rng, 7), print_)
    return sheet.picture(), 0.4


def clock_face(rng: np.random.Generator, size: int) -> Painted:
    """Numerals or strokes, and two hands."""
    ground = neutral(rng, (0.85, 1.0)) if rng.random() < 0.75 else colour(rng)
    print_ = neutral(rng, (0.02, 0.25)) if ground.mean() > 0.5 else neutral(rng, (0.85, 1.0))
    sheet = Sheet(size, ground)
    numerals = rng.random() < 0.6
    for hour in range(1, 13):
        angle = hour * np.pi / 6
        x, y = float(np.sin(angle)), -float(np.cos(angle))
        if numerals:
            sheet.text(0.5 + 0.38 * x, 0.45 + 0.38 * y, 0.09, str(hour), print_, centred=True)
        else:
            sheet.line([(0.5 + 0.4 * x, 0.5 + 0.4 * y), (0.5 + 0.45 * x, 0.5 + 0.45 * y)], 0.015, print_)
    for length, width in ((0.24, 0.025), (0.36, 0.016)):
        angle = rng.uniform(0, 2 * np.pi)
        tip = (0.5 + length * np.sin(angle), 0.5 - length * np.cos(angle))
        sheet.line([(0.5, 0.5), tip], width, print_)
    sheet.ellipse(0.5, 0.5, 0.02, 0.02, print_)
    return sheet.picture(), 0.3
