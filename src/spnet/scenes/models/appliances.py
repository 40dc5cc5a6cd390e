"""Kitchen and household machines, radiators and fans."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance, handle
from spnet.scenes.scene import Material, Model, Triple
from spnet.scenes.textures import TextureSet


def _casing(rng: np.random.Generator, textures: TextureSet) -> Material:
    """White, steel, black or coloured."""
    kind = rng.random()
    if kind < 0.5:
        return surfaces.enamel(rng, textures)
    if kind < 0.8:
        return surfaces.steel(rng, textures)
    return surfaces.dark_plastic(rng, textures) if kind < 0.9 else surfaces.painted_metal(rng, textures)


def _knob(parts: Parts, at: Triple, radius: float, material: Material) -> None:
    """A turning knob on a front that faces -y."""
    profile = [(radius, 0), (radius * 0.9, radius * 0.9), (0, radius)]
    parts.add(shapes.lathe(profile, 12).moved(shapes.tilt(np.pi / 2), at), material)


def _window(parts: Parts, at: Triple, width: float, height: float) -> None:
    """A dark pane on a front."""
    parts.box((at[0], at[1], at[2]), (width, 0.004, height), surfaces.plain((0.07, 0.07, 0.08), 0.08, 0.0))


def fridge(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A fridge of one or two doors, side by side or one above the other, with magnets."""
    parts = Parts(rng)
    case, metal = _casing(rng, textures), surfaces.steel(rng, textures)
    american = chance(rng, 0.2)
    width, depth = (0.9, 0.72) if american else (between(rng, 0.5, 0.72), between(rng, 0.55, 0.68))
    height = between(rng, 1.7, 1.85) if american or chance(rng, 0.7) else between(rng, 0.84, 1.3)
    parts.box((0, 0.03, height / 2 + 0.02), (width, depth - 0.06, height - 0.04), case, 0.006)
    parts.box((0, 0.04, 0.03), (width - 0.05, depth - 0.12, 0.06), surfaces.dark_plastic(rng, textures))
    style = int(rng.choice([0, 2]))
    y = -depth / 2
    if american:
        doors = [(-width / 4, width / 2, 0.06, height), (width / 4, width / 2, 0.06, height)]
    else:
        split = height * between(rng, 0.28, 0.45) if height > 1.4 else 0.06
        if height > 1.4 and chance(rng, 0.4):
            split = height - split
        doors = (
            [(0.0, width, 0.06, split), (0.0, width, split, height)] if height > 1.4 else [(0.0, width, 0.06, height)]
        )
    for x, wide, low, high in doors:
        parts.box((x, y + 0.03, (low + high) / 2), (wide - 0.006, 0.06, high - low - 0.008), case, 0.012)
        side = -1 if x > 0 else 1
        length = min(0.5 * (high - low), 0.6)
        handle(parts, rng, (x + side * (wide / 2 - 0.05), y, (low + high) / 2), length, metal, True, style)
    for _ in range(int(rng.integers(0, 8)) if not american else 0):
        note = surfaces.picture(rng, textures, "page", "photograph", "painting", tint=0.3)
        z = between(rng, 0.55, 0.9) * height
        size = between(rng, 0.05, 0.16)
        parts.face((between(rng, -0.3, 0.25) * width, y - 0.001 - between(rng, 0, 0.001), z), size, size * 1.3, note)
    parts.surface(height, width * 0.42, depth * 0.4)
    return parts.model("fridge")


def oven(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A cooker: oven with a window, knobs, and a hob of plates or glass."""
    parts = Parts(rng)
    case, metal = _casing(rng, textures), surfaces.steel(rng, textures)
    width, depth, height = float(rng.choice([0.5, 0.6, 0.6, 0.9])), 0.6, between(rng, 0.85, 0.91)
    parts.box((0, 0.01, height / 2 + 0.02), (width, depth - 0.02, height - 0.04), case, 0.004)
    front = -depth / 2
    parts.box((0, front + 0.01, 0.42), (width - 0.02, 0.03, 0.5), case, 0.006)
    _window(parts, (0, front - 0.006, 0.43), width - 0.14, 0.3)
    handle(parts, rng, (0, front - 0.006, 0.63), width * 0.7, metal, False, 0)
    parts.box((0, front + 0.01, 0.1), (width - 0.02, 0.025, 0.12), case, 0.005)
    for x in np.linspace(-width / 2 + 0.07, width / 2 - 0.07, int(rng.integers(4, 8))):
        _knob(
            parts,
            (float(x), front, height - 0.07),
            0.018,
            surfaces.dark_plastic(rng, textures) if metal.metal else metal,
        )
    dark = surfaces.plain((0.06, 0.06, 0.065), 0.12, 0.0)
    top = height + 0.006
    if chance(rng, 0.5):
        parts.box((0, 0, height + 0.003), (width - 0.01, depth - 0.03, 0.006), dark)
        for x in (-width * 0.24, width * 0.24):
            for y in (-0.13, 0.14):
                ring = shapes.torus((x, y, height + 0.0065), between(rng, 0.06, 0.09), 0.001, 24, upright=False)
                parts.add(ring, surfaces.plain((0.5, 0.5, 0.5), 0.4, 0.0))
    else:
        top = height + 0.03
        for x in (-width * 0.24, width * 0.24):
            for y in (-0.13, 0.14):
                radius = between(rng, 0.04, 0.08)
                parts.turned([(radius, 0), (radius, 0.01), (0, 0.012)], dark, (x, y, height), 18)
                for angle in (0.0, np.pi / 2):
                    c, s = 0.12 * float(np.cos(angle)), 0.12 * float(np.sin(angle))
                    parts.bar((x - c, y - s, height + 0.025), (x + c, y + s, height + 0.025), 0.005, dark, 5)
    parts.surface(top, width * 0.4, depth * 0.35)
    return parts.model("oven", "cooker")


def washing_machine(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A front loader with its round door, or a dishwasher."""
    parts = Parts(rng)
    case = surfaces.enamel(rng, textures) if chance(rng, 0.8) else surfaces.steel(rng, textures)
    width, depth, height = 0.6, between(rng, 0.5, 0.62), 0.85
    parts.box((0, 0.01, height / 2 + 0.01), (width, depth - 0.02, height - 0.02), case, 0.006)
    front = -depth / 2 + 0.01
    parts.box((0, front - 0.004, height - 0.07), (width - 0.01, 0.012, 0.11), surfaces.plastic(rng, textures), 0.003)
    if chance(rng, 0.75):
        radius, z = between(rng, 0.16, 0.2), between(rng, 0.38, 0.45)
        frame = surfaces.chrome(rng, textures) if chance(rng, 0.5) else surfaces.plastic(rng, textures)
        ring = [
            (radius + 0.03, 0),
            (radius + 0.03, 0.02),
            (radius + 0.01, 0.035),
            (radius - 0.02, 0.03),
            (radius - 0.03, 0.01),
        ]
        parts.add(shapes.lathe(ring, 36).moved(shapes.tilt(np.pi / 2), (0, front, z)), frame)
        bulge = [(radius - 0.03, 0.01), (radius * 0.6, 0.03), (0.0, 0.035)]
        parts.add(
            shapes.lathe(bulge, 28).moved(shapes.tilt(np.pi / 2), (0, front, z)),
            surfaces.plain((0.08, 0.09, 0.1), 0.08, 0.0),
        )
        parts.box((-width / 2 + 0.1, front - 0.012, height - 0.07), (0.14, 0.01, 0.07), case, 0.003)
        _knob(parts, (between(rng, 0.0, 0.1), front - 0.01, height - 0.07), 0.025, frame)
    else:
        parts.box((0, front - 0.008, 0.4), (width - 0.01, 0.02, 0.6), case, 0.005)
        handle(parts, rng, (0, front - 0.018, 0.66), 0.4, surfaces.steel(rng, textures), False, 0)
    for x in rng.uniform(0.12, 0.27, 4):
        parts.box((float(x), front - 0.012, height - 0.07), (0.012, 0.006, 0.012), surfaces.dark_plastic(rng, textures))
    parts.surface(height, width * 0.45, depth * 0.42)
    return parts.model("washing_machine")


def microwave(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A microwave oven."""
    parts = Parts(rng)
    width, depth, height = between(rng, 0.42, 0.54), between(rng, 0.32, 0.42), between(rng, 0.25, 0.32)
    parts.box((0, 0, height / 2 + 0.01), (width, depth, height - 0.02), _casing(rng, textures), 0.006)
    _window(parts, (-width * 0.1, -depth / 2 - 0.003, height / 2), width * 0.66, height * 0.72)
    handle(
        parts, rng, (width * 0.26, -depth / 2 - 0.004, height / 2), height * 0.6, surfaces.steel(rng, textures), True, 0
    )
    for k in range(int(rng.integers(2, 9))):
        at = (width * (0.36 + 0.06 * (k % 2)), -depth / 2 - 0.002, height * (0.2 + 0.15 * (k // 2)))
        parts.box(at, (0.018, 0.006, 0.012), surfaces.plain((0.6, 0.6, 0.6)))
    for x in (-0.4, 0.4):
        for y in (-0.4, 0.4):
            parts.bar((x * width, y * depth, 0), (x * width, y * depth, 0.02), 0.012, surfaces.rubber(rng, textures), 6)
    parts.surface(height, width * 0.42, depth * 0.4)
    return parts.model("microwave")


def kettle(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A kettle, teapot or coffee machine's jug."""
    parts = Parts(rng)
    body = surfaces.steel(rng, textures) if chance(rng, 0.5) else surfaces.plastic(rng, textures)
    grip = surfaces.dark_plastic(rng, textures)
    radius, height = between(rng, 0.065, 0.09), between(rng, 0.13, 0.2)
    parts.turned([(0, 0), (radius * 1.1, 0), (radius * 1.1, 0.02), (radius * 0.9, 0.024)], grip, sides=24)
    t = np.linspace(0, 1, 7)
    narrow = between(rng, 0.55, 0.9)
    curve = [(float(radius * (1 - (1 - narrow) * a**2)), float(0.024 + (height - 0.024) * a)) for a in t]
    parts.turned([*curve, (radius * narrow * 0.9, height + 0.008), (0, height + 0.014)], body, sides=24)
    parts.add(shapes.ellipsoid((0, 0, height + 0.02), (0.012, 0.012, 0.01), 8), grip)
    path = [
        (radius * narrow * 0.8, 0, height),
        (radius + 0.045, 0, height * 0.97),
        (radius + 0.05, 0, height * 0.5),
        (radius, 0, height * 0.25),
    ]
    parts.add(shapes.tube(path, 0.009, 8), grip)
    spout = [(-radius * 0.85, 0, height * 0.65), (-radius - 0.02, 0, height * 0.8), (-radius - 0.04, 0, height * 0.95)]
    parts.add(shapes.tube(spout, (0.02, 0.014, 0.01), 8), body)
    return parts.model("kettle")


def radiator(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A radiator of panels, ribs or bent tubes, with a valve; its back to +y."""
    parts = Parts(rng)
    paint = surfaces.enamel(rng, textures) if chance(rng, 0.8) else surfaces.painted_metal(rng, textures)
    width, height, kind = between(rng, 0.5, 1.6), between(rng, 0.4, 0.9), int(rng.integers(0, 3))
    if kind == 0:
        count = int(width / 0.033)
        across = (np.arange(count) + 0.5) / count * width - width / 2
        centres = np.stack([across, np.zeros(count), np.full(count, height / 2 + 0.1)], -1)
        parts.add(shapes.boxes(centres, (0.018, 0.075, height)), paint)
        parts.box((0, 0.01, height / 2 + 0.1), (width, 0.05, height - 0.02), paint, 0.004)
    elif kind == 1:
        count = int(width / 0.06)
        for x in np.linspace(-width / 2, width / 2, count):
            size = (0.045, between(rng, 0.1, 0.11), height)
            parts.add(shapes.cushion((float(x), 0, height / 2 + 0.1), size, 0.3, 12), paint)
        for z in (0.13, height + 0.06):
            parts.bar((-width / 2, 0, z), (width / 2, 0, z), 0.02, paint, 8)
    else:
        height = between(rng, 0.9, 1.6)
        width = between(rng, 0.4, 0.6)
        for side in (-width / 2, width / 2):
            parts.bar((side, 0, 0.1), (side, 0, height), 0.015, paint)
        for z in np.linspace(0.15, height - 0.05, int(height / 0.06)):
            if chance(rng, 0.88):
                parts.bar((-width / 2, 0, float(z)), (width / 2, 0, float(z)), 0.009, paint, 6)
    pipe = surfaces.chrome(rng, textures)
    for side in (-width / 2 + 0.05, width / 2 - 0.05):
        parts.bar((side, 0, 0), (side, 0, 0.14), 0.008, pipe, 6)
    parts.bar(
        (-width / 2 - 0.06, 0, height * 0.95), (-width / 2, 0, height * 0.95), 0.02, surfaces.enamel(rng, textures), 10
    )
    return parts.model("radiator")


def _about_y(angle: float) -> shapes.Matrix:
    """Rotation about y."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def fan(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A fan with a cage of wire on a foot or stand."""
    parts = Parts(rng)
    body, wire = surfaces.plastic(rng, textures), surfaces.metal(rng, textures)
    radius, height = between(rng, 0.12, 0.22), between(rng, 0.2, 0.35) if chance(rng, 0.5) else between(rng, 0.8, 1.2)
    head = Parts(rng)
    head.bar((0, 0.02, 0), (0, 0.14, 0), (0.05, 0.035), body, 14)
    blades = int(rng.integers(3, 6))
    for k in range(blades):
        blade = shapes.cushion((radius * 0.5, 0, 0), (radius * 0.85, 0.008, radius * 0.45), 0.6, 12)
        twist = np.array([[1, 0, 0], [0, np.cos(0.5), -np.sin(0.5)], [0, np.sin(0.5), np.cos(0.5)]])
        spin = _about_y(2 * np.pi * k / blades)
        head.add(blade.moved(spin @ twist), body)
    for y in (-0.05, 0.05):
        for share in np.linspace(0.3, 1.0, 5):
            offset = y * (1.0 if share < 0.9 else 0.5)
            head.add(shapes.torus((0, offset, 0), radius * float(share), 0.0018, 28), wire)
        for turn in np.linspace(0, 2 * np.pi, 17)[:-1]:
            c, s = radius * float(np.cos(turn)), radius * float(np.sin(turn))
            head.bar((0.2 * c, y, 0.2 * s), (c, y * 0.5, s), 0.0013, wire, 4)
    parts.place(
        head, shapes.turn(between(rng, -0.4, 0.4)) @ shapes.tilt(between(rng, -0.3, 0.1)), (0, 0, height + radius)
    )
    parts.bar((0, 0.08, 0.02), (0, 0.08, height + radius), 0.013, wire, 8)
    foot = between(rng, 0.12, 0.22)
    parts.turned([(0, 0), (foot, 0), (foot, 0.015), (0.03, 0.035), (0, 0.035)], body, (0, 0.06, 0), 24)
    return parts.model("fan")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "fridge": (fridge,),
    "oven": (oven,),
    "washing_machine": (washing_machine,),
    "microwave": (microwave,),
    "kettle": (kettle,),
    "radiator": (radiator,),
    "fan": (fan,),
}
