"""Parts of buildings: doors, windows, stairs, fences. Doors and windows are as thick as a wall and centred in it."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet


def _leaf(
    parts: Parts, rng: np.random.Generator, textures: TextureSet, width: float, height: float, front: Material
) -> None:
    """A door's leaf from the hinge at x = 0 to x = width, its middle at y = 0."""
    kind, thick = int(rng.integers(0, 5)), 0.04
    middle = (width / 2, 0.0, height / 2)
    if kind == 4:
        glass, rail = surfaces.glass(rng, textures), between(rng, 0.07, 0.14)
        for x in (rail / 2, width - rail / 2):
            parts.box((x, 0, height / 2), (rail, thick, height), front, 0.003)
        for z in (rail, height / 2, height - rail / 2):
            parts.box((width / 2, 0, z), (width - rail, thick, 2 * rail if z == rail else rail), front, 0.003)
        parts.box(middle, (width - rail, 0.01, height - rail), glass)
    else:
        parts.box(middle, (width, thick, height), front, 0.003)
        if kind in (1, 2):
            rows, columns = (int(rng.integers(1, 4)), int(rng.integers(1, 3)))
            for row in range(rows):
                for column in range(columns):
                    w, h = (width - 0.12) / columns - 0.1, (height - 0.15) / rows - 0.12
                    x = 0.06 + (column + 0.5) * (width - 0.12) / columns
                    z = 0.1 + (row + 0.5) * (height - 0.15) / rows
                    for y in (-thick / 2, thick / 2):
                        for s in (-1, 1):
                            parts.box((x + s * w / 2, y, z), (0.03, 0.018, h), front, 0.004)
                            parts.box((x, y, z + s * h / 2), (w + 0.03, 0.018, 0.03), front, 0.004)
        elif kind == 3:
            pane = (between(rng, 0.15, 0.3), 0.045, between(rng, 0.3, 0.9))
            parts.box((width * 0.5, 0, height * 0.68), pane, surfaces.plain((0.1, 0.12, 0.13), 0.06, 0.0))
    metal = surfaces.chrome(rng, textures)
    for s in (-1, 1):
        y = s * (thick / 2 + 0.045)
        parts.box((width - 0.07, s * (thick / 2 + 0.003), 1.03), (0.045, 0.006, 0.2), metal, 0.002)
        parts.bar((width - 0.07, 0, 1.06), (width - 0.07, y, 1.06), 0.01, metal, 8)
        parts.bar((width - 0.06, y, 1.06), (width - 0.19, y, 1.06), 0.01, metal, 8)


def door(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A door in its frame, shut or ajar (then it opens to -y); or a double door."""
    parts = Parts(rng)
    frame = surfaces.lacquer(rng, textures) if chance(rng, 0.6) else surfaces.wood(rng, textures)
    front = frame if chance(rng, 0.5) else surfaces.timber(rng, textures)
    width, height, deep = between(rng, 0.76, 0.95), between(rng, 1.98, 2.1), between(rng, 0.1, 0.24)
    leaves = 2 if chance(rng, 0.15) else 1
    span, bar = leaves * width, between(rng, 0.05, 0.09)
    for side in (-1, 1):
        parts.box((side * (span + bar) / 2, 0, (height + bar) / 2), (bar, deep, height + bar), frame, 0.004)
        for y in (-deep / 2, deep / 2):
            parts.box((side * (span / 2 + bar), y, (height + bar) / 2), (bar * 1.2, 0.018, height + bar), frame, 0.004)
    parts.box((0, 0, height + bar / 2), (span, deep, bar), frame, 0.004)
    for y in (-deep / 2, deep / 2):
        parts.box((0, y, height + bar), (span + 3.2 * bar, 0.018, bar * 1.2), frame, 0.004)
    angle = 0.0 if chance(rng, 0.6) else between(rng, 0.2, 1.6)
    for k in range(leaves):
        leaf = Parts(rng)
        _leaf(leaf, rng, textures, width - 0.008, height - 0.01, front)
        hinge = (-span / 2 + 0.004, -0.01, 0.006)
        if k == 0:
            parts.place(leaf, shapes.turn(-angle), hinge)
        else:
            parts.place(leaf, np.diag([-1.0, 1, 1]), (span / 2 - 0.004, -0.01, 0.006))
    return parts.model("door")


def window(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A window of one to three casements with bars, a board and perhaps shutters or a blind; its outside faces -y."""
    parts = Parts(rng)
    frame = surfaces.lacquer(rng, textures) if chance(rng, 0.7) else surfaces.wood(rng, textures)
    glass = surfaces.glass(rng, textures)
    casements = int(rng.integers(1, 4))
    each, height = between(rng, 0.45, 0.8), between(rng, 0.7, 1.6)
    width, bar, deep = casements * each, between(rng, 0.045, 0.08), between(rng, 0.07, 0.12)
    for side in (-1, 1):
        parts.box((side * (width - bar) / 2, 0, height / 2), (bar, deep, height), frame, 0.004)
    for z in (bar / 2, height - bar / 2):
        parts.box((0, 0, z), (width - 2 * bar, deep, bar), frame, 0.004)
    for k in range(1, casements):
        parts.box((k * each - width / 2, 0, height / 2), (bar, deep, height - 2 * bar), frame, 0.004)
    grid = (int(rng.integers(1, 3)), int(rng.integers(1, 4))) if chance(rng, 0.5) else (1, 1)
    for k in range(casements):
        x = (k + 0.5) * each - width / 2
        parts.box((x, 0, height / 2), (each - bar, 0.012, height - bar), glass)
        for i in range(1, grid[0]):
            parts.box((x + (i / grid[0] - 0.5) * each, 0, height / 2), (0.022, 0.035, height - bar), frame)
        for j in range(1, grid[1]):
            parts.box((x, 0, height * j / grid[1]), (each - bar, 0.035, 0.022), frame)
        if chance(rng, 0.6):
            parts.bar(
                (x + 0.4 * each, deep / 2, height * 0.45),
                (x + 0.4 * each, deep / 2 + 0.02, height * 0.52),
                0.01,
                surfaces.steel(rng, textures),
                6,
            )
    parts.box(
        (0, deep / 2 + 0.1, -0.015),
        (width + 0.1, 0.24, 0.03),
        surfaces.stone(rng, textures) if chance(rng, 0.5) else frame,
        0.005,
    )
    parts.surface(0.0, width * 0.47, 0.09)
    if chance(rng, 0.35):
        slats, fall = surfaces.plain(surfaces.any_colour(rng), 0.6, 0.02), between(rng, 0.2, 0.9)
        count = int(height * fall / 0.03)
        centres = np.stack(
            [np.zeros(count), np.full(count, deep / 2 + 0.03), height - 0.03 * (1 + np.arange(count))], -1
        )
        tilted = shapes.boxes(np.zeros((count, 3)), (width - 0.04, 0.026, 0.002)).moved(
            shapes.tilt(between(rng, 0.2, 1.2))
        )
        corners = tilted.corners.reshape(count, -1, 3, 3) + centres[:, None, None].astype(np.float32)
        parts.add(shapes.of_triangles(corners.reshape(-1, 3, 3), tilted.uv), slats)
    return parts.model("window", elevation=between(rng, 0.8, 1.0))


def stairs(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A straight flight that climbs towards +y, solid or open, with a handrail."""
    parts = Parts(rng)
    count, rise, tread = int(rng.integers(4, 16)), between(rng, 0.16, 0.19), between(rng, 0.25, 0.3)
    width = between(rng, 0.8, 1.5)
    kind = int(rng.integers(0, 3))
    board = (surfaces.stone if kind == 0 and chance(rng, 0.5) else surfaces.concrete if kind == 0 else surfaces.timber)(
        rng, textures
    )
    long, tall = count * tread, count * rise
    for k in range(count):
        y, z = (k + 0.5) * tread, (k + 1) * rise
        if kind == 0:
            parts.box((0, y, z / 2), (width, tread, z), board)
        else:
            parts.box((0, y - 0.01, z - 0.02), (width, tread + 0.03, 0.04), board, 0.005)
            if kind == 1:
                parts.box(
                    (0, y - tread / 2 + 0.01, z - rise / 2 - 0.02),
                    (width, 0.018, rise),
                    surfaces.plain((0.9, 0.89, 0.86), 0.5),
                )
    metal = surfaces.metal(rng, textures)
    if kind:
        slope = float(np.hypot(long, tall))
        for x in (-width / 2, width / 2):
            beam = shapes.box((0, slope / 2, -0.1), (0.05, slope, 0.26))
            parts.add(
                beam.moved(shapes.tilt(float(np.arctan2(tall, long))), (x, 0, 0.06)), board if kind == 1 else metal
            )
    for x in (-width / 2 + 0.04, width / 2 - 0.04)[: int(rng.integers(1, 3))]:
        rail = surfaces.wood(rng, textures) if chance(rng, 0.5) else metal
        top = (x, long - 0.5 * tread, tall + 0.9)
        parts.bar((x, 0.5 * tread, rise + 0.9), top, 0.022, rail, 8)
        for k in range(count):
            if k % 2 == 0 or kind == 1:
                y, z = (k + 0.5) * tread, (k + 1) * rise
                parts.bar((x, y, z), (x, y, z + 0.9), 0.01, metal, 6)
    parts.press()
    return parts.model("stairs")


def fence(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A piece of fence along x: pickets, boards, rails, wire mesh, railings or a low wall."""
    parts, kind = Parts(rng), int(rng.integers(0, 6))
    length, height = between(rng, 1.8, 2.5), between(rng, 0.8, 1.8)
    wood = surfaces.boards(rng, textures) if chance(rng, 0.6) else surfaces.lacquer(rng, textures)
    metal = surfaces.painted_metal(rng, textures)
    w = length / 2
    if kind == 5:
        brick = surfaces.textured(rng, textures, ("brick", "rubble", "concrete"), roughness=(0.8, 1.0), bump=0.01)
        height = between(rng, 0.5, 1.2)
        parts.box((0, 0, height / 2), (length, 0.24, height), brick)
        parts.box((0, 0, height + 0.03), (length, 0.32, 0.06), surfaces.concrete(rng, textures), 0.01)
        parts.surface(height + 0.06, w * 0.95, 0.13)
        return parts.model("fence", "garden wall")
    post = metal if kind in (3, 4) else wood
    for x in (-w, w):
        if kind in (3, 4):
            parts.bar((x, 0, 0), (x, 0, height + 0.05), 0.025, post, 8)
        else:
            parts.box((x, 0.03, (height + 0.05) / 2), (0.09, 0.09, height + 0.05), post, 0.006)
    if kind <= 1:
        pitch = between(rng, 0.11, 0.16) if kind == 0 else 0.145
        wide = pitch * (0.6 if kind == 0 else 0.97)
        count = int(length / pitch)
        across = (np.arange(count) + 0.5) / count * length - w
        for z in (0.22 * height, 0.82 * height):
            parts.box((0, 0.02, z), (length, 0.035, 0.07), wood)
        tall = height * (1 + (rng.normal(0, 0.01, count) if kind == 0 else np.zeros(count)))
        centres = np.stack([across, np.full(count, -0.01), tall / 2 + 0.03], -1)
        parts.add(shapes.boxes(centres, np.stack([np.full(count, wide), np.full(count, 0.02), tall - 0.03], -1)), wood)
        if kind == 0 and chance(rng, 0.6):
            for k in range(count):
                tip = [(wide / 2, 0), (0, wide * 0.7), (-wide / 2, 0)]
                point = shapes.extruded(tip, 0.02).moved(
                    shapes.tilt(np.pi / 2), (float(across[k]), 0.0, float(tall[k]) + 0.015)
                )
                parts.add(point, wood)
    elif kind == 2:
        for z in np.linspace(0.3, height, int(rng.integers(2, 5))):
            parts.box((0, -0.03, float(z) - 0.06), (length, 0.035, 0.11), wood, 0.004)
    elif kind == 3:
        pitch = between(rng, 0.07, 0.12)
        steps = int((length + height) / pitch)
        for k in range(steps):
            s = (k + 0.5) * pitch
            a, b = (max(-w, -w + s - height), min(s, height)), (min(w, -w + s), max(0.0, s - length))
            for sign in (-1, 1):
                ends = [(sign * a[0], 0.004 * sign, a[1]), (sign * b[0], 0.004 * sign, b[1])]
                parts.add(shapes.tube(ends, 0.0022, 3, capped=False), metal)
        for z in (0.02, height):
            parts.bar((-w, 0, z), (w, 0, z), 0.012, metal, 6)
    else:
        for z in (0.12, height - 0.05):
            parts.box((0, 0, z), (length, 0.035, 0.03), metal)
        for x_ in np.linspace(-w, w, int(length / between(rng, 0.09, 0.14)))[1:-1]:
            parts.bar((float(x_), 0, 0.06), (float(x_), 0, height), 0.008, metal, 6)
            if height > 1.2:
                parts.bar((float(x_), 0, height), (float(x_), 0, height + 0.07), (0.014, 0.002), metal, 5)
    return parts.model("fence")


MAKERS: dict[str, tuple[Maker, ...]] = {"door": (door,), "window": (window,), "stairs": (stairs,), "fence": (fence,)}
