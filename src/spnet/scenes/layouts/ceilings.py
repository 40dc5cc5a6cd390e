"""What is under the ceiling: lamps, panels, beams, pipes, ducts, cable trays, sprinklers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.layouts.room import Room
from spnet.scenes.layouts.shell import strips
from spnet.scenes.layouts.space import Block
from spnet.scenes.scene import Material, Triple, joined


def light(room: Room, *, lit: bool = True) -> Material:
    """What a lamp's cover looks like."""
    warm = room.rng.uniform(0.75, 1.0)
    return Material((1.0, float(0.9 + 0.1 * warm), float(warm)), roughness=0.9, emission=4.0 if lit else 0.0)


def rows_of_lamps(room: Room, kind: str, *, lit: bool = True, spacing: float = 2.4) -> None:
    """Lamps in rows: "panel" in the ceiling, "tube" below it, "spot" recessed."""
    rng, plan = room.rng, room.plan
    size: Triple = {"panel": (0.6, 0.6, 0.012), "tube": (1.25, 0.14, 0.07), "spot": (0.1, 0.1, 0.01)}[kind]
    along = rng.random() < 0.5 or plan.width > plan.depth
    glow = light(room, lit=lit)
    housing = surfaces.plain((0.9, 0.9, 0.9), 0.5, 0.02)
    for x in strips(plan.width, spacing if kind != "spot" else 1.3):
        for y in strips(plan.depth, spacing if kind != "spot" else 1.3):
            z = min(plan.ceiling(x + 0.4, y), plan.ceiling(x - 0.4, y)) - size[2] / 2 - 0.002
            if not plan.inside(x, y, 0.2) or z < plan.height - 0.3:
                continue
            extent = size if along else (size[1], size[0], size[2])
            room.build(
                shapes.box((x, y, z), extent), glow if rng.random() < 0.93 else replace(glow, emission=0.0), "lamp"
            )
            if kind == "tube":
                top = (extent[0] + 0.03, extent[1] + 0.05, 0.03)
                room.build(shapes.box((x, y, z + size[2] / 2 - 0.012), top), housing)
            room.lamps.append((x, y, z - 0.06))


def pendant(room: Room, x: float, y: float, *, low: float = 1.9) -> None:
    """A lamp that hangs; low is the least height of its lower edge."""
    model = room.pick("lamp_ceiling", (0.9, 0.9, room.plan.height - low))
    height = room.plan.ceiling(x, y)
    if model is None:
        room.build(shapes.box((x, y, height - 0.04), (0.32, 0.32, 0.08)), light(room), "lamp")
        room.lamps.append((x, y, height - 0.15))
        return
    z = height - model.size[2]
    if z >= low - 0.3:
        room.put(model, (x, y, z), float(room.rng.uniform(0, 6.28)))
        room.space.blocks.append(Block(x, y, model.size[0] / 2, model.size[1] / 2, 0.0, z, height))
    room.lamps.append((x, y, max(z - 0.08, low - 0.2)))


def suspended_panels(room: Room) -> None:
    """The bars of a ceiling of panels."""
    plan = room.plan
    pitch = float(room.rng.choice([0.6, 0.6, 0.625, 1.2]))
    z = plan.height - 0.002
    bars = [((x, plan.depth / 2, z), (0.024, plan.depth, 0.006)) for x in np.arange(pitch, plan.width, pitch)]
    bars += [((plan.width / 2, y, z), (plan.width, 0.024, 0.006)) for y in np.arange(pitch, plan.depth, pitch)]
    if bars:
        grey = surfaces.plain((0.82, 0.82, 0.82), 0.5, 0.02)
        room.build(shapes.boxes([c for c, _ in bars], [s for _, s in bars]), grey)


def beams(room: Room, spacing: float | None = None) -> None:
    """Beams across the ceiling, of wood, steel or plaster."""
    rng, plan = room.rng, room.plan
    wide, tall = float(rng.uniform(0.08, 0.22)), float(rng.uniform(0.08, 0.25))
    across = plan.width < plan.depth
    step = spacing or float(rng.uniform(0.6, 1.6))
    middle = plan.height - tall / 2
    parts = []
    for s in strips(plan.depth if across else plan.width, step):
        centre = (plan.width / 2, s, middle) if across else (s, plan.depth / 2, middle)
        size = (plan.width, wide, tall) if across else (wide, plan.depth, tall)
        parts.append(shapes.box(centre, size))
    material = room.style.woods[0] if rng.random() < 0.7 else room.style.ceiling
    room.build(joined(parts), material)


def pipes(room: Room, count: int) -> None:
    """Pipes along the ceiling with hangers, and down a wall."""
    rng, plan = room.rng, room.plan
    along = plan.width > plan.depth
    length, other = (plan.width, plan.depth) if along else (plan.depth, plan.width)
    metal = surfaces.painted_metal(rng, room.stock.textures) if rng.random() < 0.6 else room.style.metals[-1]
    s = float(rng.uniform(0.1, 0.4)) if rng.random() < 0.6 else float(rng.uniform(0.3, 0.7)) * other
    parts = []
    for _ in range(count):
        radius = float(rng.choice([0.015, 0.025, 0.04, 0.06]))
        z = plan.height - radius - float(rng.uniform(0.06, 0.2))
        s += radius + 0.03
        if s + radius > other - 0.05:
            break
        path = [(0.0, s, z), (length, s, z)]
        if rng.random() < 0.3:  # turns down before the end
            end = length - float(rng.uniform(0.08, 0.3))
            path = [(0.0, s, z), (end - radius, s, z), (end, s, z - radius), (end, s, 0.0)]
        points = [p if along else (p[1], p[0], p[2]) for p in path]
        parts.append(shapes.tube(points, radius, 10))
        for t in np.arange(0.4, length, 1.5):
            x, y = (float(t), s) if along else (s, float(t))
            parts.append(shapes.box((x, y, (z + plan.height) / 2), (0.02, 0.02, plan.height - z)))
        s += radius + 0.02
    if parts:
        room.build(joined(parts), metal, "pipe")


def duct(room: Room) -> None:
    """An air duct along the ceiling: round or square, with joints and outlets."""
    rng, plan = room.rng, room.plan
    along = plan.width > plan.depth
    length, other = (plan.width, plan.depth) if along else (plan.depth, plan.width)
    radius = float(rng.uniform(0.12, 0.28))
    s, z = float(rng.uniform(radius + 0.1, other - radius - 0.1)), plan.height - radius - 0.08
    round_ = rng.random() < 0.5
    parts = []
    if round_:
        parts.append(shapes.tube([(0, s, z), (length, s, z)] if along else [(s, 0, z), (s, length, z)], radius, 18))
    else:
        size = (length, 2.4 * radius, 1.6 * radius) if along else (2.4 * radius, length, 1.6 * radius)
        parts.append(shapes.box((length / 2, s, z) if along else (s, length / 2, z), size))
    for t in strips(length, 1.2):
        centre = (t, s, z) if along else (s, t, z)
        if round_:
            ends = [(t - 0.02, s, z), (t + 0.02, s, z)] if along else [(s, t - 0.02, z), (s, t + 0.02, z)]
            parts.append(shapes.tube(ends, radius + 0.012, 18))
        else:
            flange = (0.03, 2.4 * radius + 0.04, 1.6 * radius + 0.04)
            parts.append(shapes.box(centre, flange if along else (flange[1], flange[0], flange[2])))
    tint = (0.72, 0.74, 0.76) if rng.random() < 0.7 else (0.2, 0.2, 0.2)
    room.build(joined(parts), Material(tint, -1, roughness=0.4, reflectance=0.4, grain=0.1, metal=True), "duct")


def cable_tray(room: Room) -> None:
    """A tray with cables, along one wall below the ceiling."""
    rng, plan = room.rng, room.plan
    z, y, length = plan.height - float(rng.uniform(0.25, 0.45)), float(rng.uniform(0.15, 0.5)), plan.width
    tray = [((length / 2, y, z), (length, 0.25, 0.004))]
    tray += [((length / 2, y + s * 0.125, z + 0.03), (length, 0.004, 0.06)) for s in (-1, 1)]
    room.build(shapes.boxes([c for c, _ in tray], [s for _, s in tray]), room.style.metals[-1], "cable tray")
    for _ in range(int(rng.integers(2, 7))):
        t = np.linspace(0, length, 24)
        path = np.stack(
            [t, y + rng.uniform(-0.1, 0.1) + 0.012 * np.sin(t * rng.uniform(0.5, 2)), 0 * t + z + 0.012], -1
        )
        shade = float(rng.choice([0.02, 0.03, 0.3, 0.6]))
        cable = Material((shade, shade, shade * float(rng.uniform(0.8, 1.3))), roughness=0.6)
        room.build(shapes.tube(path, float(rng.uniform(0.004, 0.009)), 5, capped=False), cable, "cable")
