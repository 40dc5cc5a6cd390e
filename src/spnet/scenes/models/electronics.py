"""Screens, computers, phones, loudspeakers and cables."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet


def display(rng: np.random.Generator, textures: TextureSet) -> Material:
    """A screen: off and dark, or showing something."""
    if chance(rng, 0.4):
        return surfaces.plain((0.045, 0.045, 0.05), between(rng, 0.08, 0.3), 0.0)
    shown = surfaces.picture(rng, textures, "screen", gloss=0.25, tint=0.2)
    return surfaces.glowing(shown, between(rng, 0.5, 2.0))


def _panel(parts: Parts, rng: np.random.Generator, textures: TextureSet, width: float, low: float) -> float:
    """A flat screen standing at y = 0; returns the height of its upper edge."""
    height, thick, rim = width * between(rng, 0.54, 0.63), between(rng, 0.012, 0.04), between(rng, 0.005, 0.02)
    case = surfaces.dark_plastic(rng, textures) if chance(rng, 0.75) else surfaces.plastic(rng, textures)
    parts.box((0, thick / 2, low + height / 2), (width, thick, height), case, 0.004)
    parts.add(shapes.cushion((0, thick + 0.018, low + height / 2), (width * 0.6, 0.05, height * 0.6), 0.4), case)
    parts.face((0, -0.0006, low + height / 2), width - 2 * rim, height - 2 * rim, display(rng, textures))
    return low + height


def tv(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A television on a foot or two feet, or without for the wall."""
    parts = Parts(rng)
    width, kind = between(rng, 0.7, 1.5), int(rng.integers(0, 3))
    black = surfaces.dark_plastic(rng, textures)
    if kind == 2:
        _panel(parts, rng, textures, width, 0.0)
        return parts.model("tv", "wall television", elevation=between(rng, 0.9, 1.3))
    _panel(parts, rng, textures, width, 0.07)
    if kind == 0:
        parts.add(shapes.cushion((0, 0.02, 0.012), (width * 0.45, 0.24, 0.024), 0.4), black)
        parts.box((0, 0.03, 0.06), (0.1, 0.03, 0.1), black)
    else:
        for x in (-width * 0.35, width * 0.35):
            for y in (-0.11, 0.13):
                parts.bar((x, y, 0.008), (x, 0.02, 0.09), 0.008, black, 6)
    return parts.model("tv", "television")


def monitor(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A computer's screen on its stand."""
    parts = Parts(rng)
    low = between(rng, 0.06, 0.17)
    top = _panel(parts, rng, textures, between(rng, 0.42, 0.72), low)
    stand = surfaces.steel(rng, textures) if chance(rng, 0.4) else surfaces.dark_plastic(rng, textures)
    if chance(rng, 0.5):
        parts.turned([(0, 0), (0.11, 0), (0.11, 0.008), (0.02, 0.02), (0, 0.02)], stand, (0, 0.04, 0), 24)
    else:
        parts.box((0, 0.03, 0.006), (between(rng, 0.18, 0.28), 0.19, 0.012), stand, 0.004)
    parts.box((0, 0.06, (low + top) / 4 + 0.02), (0.05, 0.02, (low + top) / 2), stand, 0.004)
    return parts.model("monitor")


def keyboard(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A keyboard of single keys, perhaps with a mouse."""
    parts = Parts(rng)
    body, keys = surfaces.plastic(rng, textures), surfaces.plastic(rng, textures)
    if chance(rng, 0.6):
        body, keys = surfaces.dark_plastic(rng, textures), surfaces.dark_plastic(rng, textures)
    width, depth = between(rng, 0.28, 0.45), between(rng, 0.11, 0.16)
    inner = Parts(rng)
    inner.box((0, 0, 0.007), (width, depth, 0.014), body, 0.004)
    columns = int(width / 0.02)
    x = (np.arange(columns) + 0.5) / columns * (width - 0.016) - (width - 0.016) / 2
    y = (np.arange(5) + 0.5) / 5 * (depth - 0.014) - (depth - 0.014) / 2
    grid = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    pitch = np.array([(width - 0.016) / columns, (depth - 0.014) / 5])
    grid = grid[(grid[:, 1] > y[0] + 1e-6) | (np.abs(grid[:, 0]) > 0.28 * width)]
    size = (*(pitch * 0.84).tolist(), between(rng, 0.004, 0.009))
    inner.add(shapes.boxes(np.c_[grid, np.full(len(grid), 0.015)], size), keys)
    inner.box((0, float(y[0]), 0.015), (0.53 * width, size[1], size[2]), keys, 0.001)
    parts.place(inner, shapes.tilt(0.06))
    if chance(rng, 0.5):
        mouse = shapes.cushion((width / 2 + 0.08, 0, 0.016), (0.062, 0.11, 0.032), 0.6, 14)
        parts.add(mouse, body)
    return parts.model("keyboard")


def laptop(rng: np.random.Generator, textures: TextureSet) -> Model:
    """An open laptop."""
    parts = Parts(rng)
    case = surfaces.steel(rng, textures) if chance(rng, 0.5) else surfaces.dark_plastic(rng, textures)
    width = between(rng, 0.29, 0.38)
    depth = width * between(rng, 0.64, 0.72)
    parts.box((0, 0, 0.008), (width, depth, 0.014), case, 0.003)
    keys = surfaces.picture(rng, textures, "keyboard", gloss=0.5)
    parts.face((0, depth * 0.16, 0.0156), width * 0.9, depth * 0.48, keys, "+z")
    parts.face((0, -depth * 0.3, 0.0156), width * 0.3, depth * 0.26, surfaces.plain((0.2, 0.2, 0.21), 0.4), "+z")
    lid = Parts(rng)
    lid.box((0, 0.004, depth / 2), (width, 0.007, depth), case, 0.002)
    lid.face((0, -0.0006, depth / 2), width - 0.016, depth - 0.022, display(rng, textures))
    parts.place(lid, shapes.tilt(-between(rng, 0.05, 0.55)), (0, depth / 2, 0.014))
    return parts.model("laptop")


def computer(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A tower, or a server for a rack."""
    parts = Parts(rng)
    case = surfaces.dark_plastic(rng, textures) if chance(rng, 0.6) else surfaces.painted_metal(rng, textures)
    width, depth, height = between(rng, 0.16, 0.23), between(rng, 0.38, 0.5), between(rng, 0.34, 0.48)
    parts.box((0, 0, height / 2), (width, depth, height), case, 0.005)
    y = -depth / 2
    for k in range(int(rng.integers(1, 4))):
        parts.box(
            (0, y - 0.003, height - 0.05 - 0.05 * k),
            (width * 0.85, 0.008, 0.04),
            surfaces.dark_plastic(rng, textures),
            0.002,
        )
    count = int(rng.integers(4, 14))
    z = np.linspace(0.04, height * 0.5, count)
    centres = np.stack([np.zeros(count), np.full(count, y - 0.001), z], -1)
    parts.add(shapes.boxes(centres, (width * 0.8, 0.006, 0.006)), surfaces.dark_plastic(rng, textures))
    button = surfaces.glowing(surfaces.plain((0.3, 0.6, 0.9), 0.4, 0.0), 2.0)
    parts.box((width * 0.3, y - 0.003, height * 0.6), (0.014, 0.008, 0.014), button, 0.003)
    parts.surface(height, width * 0.4, depth * 0.42)
    return parts.model("computer")


def printer(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A printer with paper in its trays."""
    parts = Parts(rng)
    case, dark = surfaces.plastic(rng, textures), surfaces.dark_plastic(rng, textures)
    width, depth, height = between(rng, 0.38, 0.52), between(rng, 0.3, 0.42), between(rng, 0.14, 0.34)
    parts.add(shapes.cushion((0, 0, height / 2), (width, depth, height), 0.1, 20), case)
    parts.box((0, -depth / 2 + 0.03, height * 0.45), (width * 0.7, 0.07, 0.04), dark)
    parts.box((0, -depth / 2 - 0.05, height * 0.3), (width * 0.62, 0.2, 0.012), dark, 0.003)
    parts.box((0, -depth / 2 - 0.03, height * 0.3 + 0.012), (0.21, 0.16, 0.01), surfaces.paper(rng, textures))
    feed = shapes.box((0, 0, 0.1), (0.22, 0.006, 0.2))
    parts.add(feed.moved(shapes.tilt(-0.4), (0, depth * 0.25, height - 0.01)), dark)
    sheet = shapes.box((0, -0.005, 0.14), (0.21, 0.004, 0.27))
    parts.add(sheet.moved(shapes.tilt(-0.4), (0, depth * 0.25, height - 0.01)), surfaces.paper(rng, textures))
    panel = surfaces.picture(rng, textures, "screen", gloss=0.3)
    parts.face((width * 0.3, -depth * 0.2, height + 0.001), 0.09, 0.06, panel, "+z")
    return parts.model("printer")


def phone(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A mobile phone lying down, or a desk telephone."""
    parts = Parts(rng)
    black = surfaces.dark_plastic(rng, textures) if chance(rng, 0.7) else surfaces.plastic(rng, textures)
    if chance(rng, 0.55):
        width, depth = between(rng, 0.065, 0.08), between(rng, 0.13, 0.165)
        parts.box((0, 0, 0.004), (width, depth, 0.008), black, 0.003)
        parts.face((0, 0, 0.0084), width - 0.006, depth - 0.008, display(rng, textures), "+z")
        mesh = Parts(rng)
        mesh.place(parts, shapes.turn(between(rng, -1, 1)))
        return mesh.model("phone", "mobile phone")
    inner = Parts(rng)
    inner.box((0, 0, 0.02), (0.2, 0.2, 0.035), black, 0.012)
    inner.box((-0.06, 0, 0.05), (0.05, 0.2, 0.025), black, 0.01)
    for y in (-0.08, 0.08):
        inner.box((-0.06, y, 0.04), (0.05, 0.05, 0.035), black, 0.01)
    keys = np.stack(np.meshgrid(np.linspace(0, 0.07, 3), np.linspace(-0.07, 0.02, 4)), -1).reshape(-1, 2)
    inner.add(shapes.boxes(np.c_[keys, np.full(12, 0.04)], (0.018, 0.016, 0.008)), surfaces.plain((0.75, 0.75, 0.73)))
    inner.face((0.035, 0.065, 0.0384), 0.09, 0.04, surfaces.plain((0.35, 0.4, 0.35), 0.2), "+z")
    parts = Parts(rng)
    parts.place(inner, shapes.tilt(0.15))
    loop = [
        (-0.09 - 0.02 * np.sin(0.2 * k), -0.1 - 0.0016 * k + 0.006 * np.cos(0.9 * k), 0.012 + 0.006 * np.sin(0.9 * k))
        for k in range(75)
    ]
    parts.add(shapes.tube(loop, 0.002, 4), black)
    return parts.model("phone", "desk telephone")


def speaker(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A loudspeaker with its cones."""
    parts = Parts(rng)
    case = surfaces.wood(rng, textures) if chance(rng, 0.5) else surfaces.dark_plastic(rng, textures)
    height = between(rng, 0.18, 1.1)
    width = min(height * 0.65, between(rng, 0.15, 0.3))
    depth = width * between(rng, 0.9, 1.3)
    parts.box((0, 0, height / 2), (width, depth, height), case, 0.006)
    cone, ring = surfaces.rubber(rng, textures), surfaces.metal(rng, textures)
    z = height - width * 0.28
    for radius in (width * 0.16, width * 0.36, width * 0.36):
        if z - radius < 0.02:
            break
        outline = [(radius * 1.12, 0.0), (radius * 1.1, 0.006), (radius, 0.006)]
        parts.add(shapes.lathe(outline, 24).moved(shapes.tilt(np.pi / 2), (0, -depth / 2, z)), ring)
        dish = [(radius, 0.005), (radius * 0.35, 0.002), (radius * 0.3, 0.008), (0.0, 0.014)]
        parts.add(shapes.lathe(dish, 24).moved(shapes.tilt(np.pi / 2), (0, -depth / 2 - 0.0005, z)), cone)
        z -= radius * 1.2 + width * 0.42
    parts.surface(height, width * 0.42, depth * 0.42)
    return parts.model("speaker", "loudspeaker")


def cable(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A cable on the floor or table: loops, a plug, perhaps a socket strip."""
    parts = Parts(rng)
    skin = surfaces.dark_plastic(rng, textures) if chance(rng, 0.6) else surfaces.plastic(rng, textures)
    radius, reach = between(rng, 0.0018, 0.005), between(rng, 0.15, 0.9)
    count = int(rng.integers(5, 11))
    flat = np.cumsum(rng.normal(0, reach / 3, (count, 2)), 0)
    heights = radius + np.abs(rng.normal(0, 0.4 * radius, count)) + (rng.random(count) < 0.15) * between(rng, 0, 0.03)
    path = shapes.smooth([(float(x), float(y), float(z)) for (x, y), z in zip(flat, heights, strict=True)], 12 * count)
    path[:, 2] = np.maximum(path[:, 2], radius)
    limit = 1.2 / max(float(np.ptp(path[:, :2], axis=0).max()), 1.2)
    path[:, :2] *= limit
    parts.add(shapes.tube(path, radius, 6), skin)
    x, y, z = path[0].tolist()
    if chance(rng, 0.5):
        parts.box(
            (x, y, 0.02),
            (0.05, between(rng, 0.2, 0.4), 0.04),
            surfaces.plastic(rng, textures),
            0.006,
            between(rng, 0, 3),
        )
    else:
        parts.box((x, y, z + 0.006), (0.02, 0.03, 0.014), skin, 0.003, between(rng, 0, 3))
    return parts.model("cable")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "tv": (tv,),
    "monitor": (monitor,),
    "laptop": (laptop,),
    "keyboard": (keyboard,),
    "computer": (computer,),
    "printer": (printer,),
    "phone": (phone,),
    "speaker": (speaker,),
    "cable": (cable,),
}
