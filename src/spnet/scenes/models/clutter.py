"""Things that lie and stand about: baskets, toys, tools, bags, shoes, bins, tripods, brooms."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.models.people import rings
from spnet.scenes.models.wheels import ALONG_X
from spnet.scenes.scene import Model
from spnet.scenes.textures import TextureSet


def basket(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A laundry or shopping basket of wicker, plastic or wire, perhaps with washing in it."""
    parts = Parts(rng)
    wicker = surfaces.basketry(rng, textures) if chance(rng, 0.6) else surfaces.plastic(rng, textures)
    radius, height, flare = between(rng, 0.12, 0.26), between(rng, 0.15, 0.5), between(rng, 1.0, 1.3)
    squash = between(rng, 0.6, 1.0)
    inner = Parts(rng)
    if chance(rng, 0.7):
        profile = [
            (0, 0),
            (radius, 0),
            (radius * flare, height),
            (radius * flare - 0.012, height),
            (radius - 0.012, 0.02),
            (0, 0.02),
        ]
        inner.turned(profile, wicker, sides=26)
    else:
        wire = surfaces.metal(rng, textures)
        for z in np.linspace(0.01, height, 6):
            ring = radius * (1 + (flare - 1) * float(z) / height)
            inner.add(shapes.torus((0, 0, float(z)), ring, 0.003, 24, upright=False), wire)
        for k in range(20):
            c, s = float(np.cos(np.pi * k / 10)), float(np.sin(np.pi * k / 10))
            inner.bar((radius * c, radius * s, 0), (radius * flare * c, radius * flare * s, height), 0.002, wire, 4)
        inner.turned([(0, 0.004), (radius, 0.004), (radius, 0.008), (0, 0.008)], wire, sides=24)
    rim = shapes.torus((0, 0, height), radius * flare, 0.01, 26, upright=False)
    inner.add(rim, wicker)
    if chance(rng, 0.5):
        loop = shapes.arc((0, 0, height), radius * flare * 0.98, 0.0, np.pi, 14, "xz")
        inner.add(shapes.tube(loop, 0.009, 6), wicker)
    if chance(rng, 0.5):
        for _ in range(int(rng.integers(2, 5))):
            at = (between(rng, -0.3, 0.3) * radius, between(rng, -0.3, 0.3) * radius, height * between(rng, 0.75, 0.95))
            size = (radius * 1.1, radius * 0.9, height * 0.35)
            inner.add(shapes.cushion(at, size, 0.7, 14), surfaces.fabric(rng, textures))
    parts.place(inner, np.diag([1.0, squash, 1.0]))
    return parts.model("basket")


def blocks(rng: np.random.Generator, textures: TextureSet) -> Model:
    """Building blocks, stacked and strewn."""
    parts = Parts(rng)
    side, count = between(rng, 0.03, 0.06), int(rng.integers(4, 14))
    palette = [surfaces.lacquer(rng, textures) for _ in range(4)]
    z = 0.0
    for k in range(count):
        paint, yaw = palette[int(rng.integers(0, 4))], between(rng, 0, 3)
        size = (side * float(rng.choice([1, 1, 2])), side, side)
        if k < count // 3:
            parts.box((between(rng, -0.1, 0.1) * side, 0, z + side / 2), size, paint, 0.002, 0.3 * yaw)
            z += side
        else:
            angle, away = between(rng, 0, 6.3), between(rng, 2, 5) * side
            parts.box((away * np.cos(angle), away * np.sin(angle), side / 2), size, paint, 0.002, yaw)
    return parts.model("toy", "building blocks")


def bear(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A teddy bear that sits."""
    parts = Parts(rng)
    h = between(rng, 0.2, 0.6)
    fur = (
        surfaces.textured(rng, textures, "carpet", roughness=(0.95, 1.0))
        if chance(rng, 0.5)
        else surfaces.fabric(rng, textures)
    )
    dark = surfaces.plain((0.06, 0.05, 0.05), 0.3)
    for at, half in (
        ((0, 0, 0.3), (0.2, 0.17, 0.28)), ((0, -0.03, 0.72), (0.2, 0.18, 0.18)), ((0, -0.19, 0.68), (0.09, 0.07, 0.07)),
        ((-0.15, 0, 0.88), (0.07, 0.04, 0.07)), ((0.15, 0, 0.88), (0.07, 0.04, 0.07)),
        ((-0.14, -0.28, 0.09), (0.09, 0.26, 0.09)), ((0.14, -0.28, 0.09), (0.09, 0.26, 0.09)),
        ((-0.24, -0.1, 0.38), (0.07, 0.1, 0.2)), ((0.24, -0.1, 0.38), (0.07, 0.1, 0.2)),
    ):  # fmt: skip
        x, y, z = (v * h for v in at)
        parts.add(shapes.ellipsoid((x, y, z), (half[0] * h, half[1] * h, half[2] * h), 14), fur)
    for x, y, z in ((0, -0.265, 0.7), (-0.07, -0.2, 0.78), (0.07, -0.2, 0.78)):
        parts.add(shapes.ellipsoid((x * h, y * h, z * h), (0.025 * h,) * 3, 8), dark)
    return parts.model("toy", "teddy bear")


def toy_car(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A small wooden or plastic vehicle."""
    parts = Parts(rng)
    size = between(rng, 0.08, 0.35)
    body, top, tyre = surfaces.lacquer(rng, textures), surfaces.lacquer(rng, textures), surfaces.rubber(rng, textures)
    r = 0.14 * size
    parts.box((0, 0, r + 0.1 * size), (0.42 * size, size, 0.2 * size), body, 0.03 * size)
    y, long = between(rng, -0.15, 0.15) * size, between(rng, 0.35, 0.55) * size
    parts.box((0, y, r + 0.3 * size), (0.38 * size, long, 0.22 * size), top, 0.04 * size)
    for x in (-0.22, 0.22):
        for wheel in (-0.3, 0.3):
            disc = shapes.lathe([(0, -0.04 * size), (r, -0.04 * size), (r, 0.04 * size), (0, 0.04 * size)], 16)
            parts.add(disc.moved(ALONG_X, (x * size, wheel * size, r)), tyre)
    return parts.model("toy", "toy car")


def hammer(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A hammer, screwdriver or spanner lying down."""
    parts, kind = Parts(rng), int(rng.integers(0, 3))
    steel, grip = surfaces.steel(rng, textures), surfaces.plastic(rng, textures)
    inner = Parts(rng)
    if kind == 0:
        wood = surfaces.wood(rng, textures) if chance(rng, 0.6) else grip
        inner.add(shapes.cushion((0, 0, 0.015), (0.03, 0.3, 0.024), 0.5, 12), wood)
        inner.box((0, -0.15, 0.015), (0.1, 0.026, 0.026), steel, 0.004)
        inner.bar((0.05, -0.15, 0.015), (0.065, -0.15, 0.015), 0.015, steel, 10)
    elif kind == 1:
        inner.add(shapes.cushion((0, 0.08, 0.016), (0.032, 0.11, 0.032), 0.5, 12), grip)
        inner.bar((0, 0.03, 0.016), (0, between(rng, -0.2, -0.08), 0.016), 0.0035, steel, 6)
    else:
        inner.box((0, 0, 0.006), (0.018, 0.2, 0.008), steel, 0.002)
        for y in (-0.11, 0.11):
            inner.add(shapes.torus((0, y, 0.007), 0.016, 0.007, 14, upright=False), steel)
    parts.place(inner, shapes.turn(between(rng, 0, 6.3)))
    return parts.model("tool", ("hammer", "screwdriver", "spanner")[kind])


def drill(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A cordless drill that stands on its battery."""
    parts = Parts(rng)
    case, dark, steel = (
        surfaces.plastic(rng, textures),
        surfaces.dark_plastic(rng, textures),
        surfaces.steel(rng, textures),
    )
    parts.box((0, 0.02, 0.03), (0.07, 0.11, 0.055), dark, 0.008)
    parts.add(shapes.cushion((0, 0.03, 0.11), (0.04, 0.055, 0.14), 0.5, 12), dark)
    barrel = shapes.lathe([(0, 0), (0.03, 0.01), (0.032, 0.1), (0.025, 0.15), (0.018, 0.19), (0, 0.19)], 16)
    parts.add(barrel.moved(shapes.tilt(np.pi / 2), (0, 0.07, 0.19)), case)
    parts.bar((0, -0.12, 0.19), (0, -0.15, 0.19), (0.016, 0.008), steel, 10)
    parts.bar((0, -0.15, 0.19), (0, -0.22, 0.19), 0.003, steel, 5)
    return parts.model("tool", "drill")


def toolbox(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A tool box or case with a handle."""
    parts = Parts(rng)
    case, dark = surfaces.painted_metal(rng, textures), surfaces.dark_plastic(rng, textures)
    width, depth, height = between(rng, 0.35, 0.6), between(rng, 0.18, 0.28), between(rng, 0.15, 0.26)
    parts.box((0, 0, height * 0.35), (width, depth, height * 0.7), case, 0.008)
    parts.box(
        (0, 0, height * 0.84), (width * 1.01, depth * 1.02, height * 0.3), dark if chance(rng, 0.5) else case, 0.02
    )
    for x in (-0.3, 0.3):
        parts.box((x * width, -depth * 0.51, height * 0.7), (0.035, 0.012, 0.05), dark, 0.003)
    path = [
        (-0.2 * width, 0, height * 0.98),
        (-0.18 * width, 0, height + 0.04),
        (0.18 * width, 0, height + 0.04),
        (0.2 * width, 0, height * 0.98),
    ]
    parts.add(shapes.tube(path, 0.012, 6), dark)
    return parts.model("tool", "tool box")


def bag(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A rucksack, handbag, suitcase, carrier bag or sack."""
    parts, kind = Parts(rng), int(rng.integers(0, 5))
    cloth = surfaces.fabric(rng, textures) if chance(rng, 0.6) else surfaces.leather(rng, textures)
    if kind == 0:
        w, d, h = between(rng, 0.26, 0.36), between(rng, 0.14, 0.22), between(rng, 0.38, 0.6)
        parts.add(shapes.cushion((0, 0, h / 2), (w, d, h), 0.35, 18), cloth)
        parts.add(shapes.cushion((0, -d * 0.5, h * 0.3), (w * 0.75, d * 0.5, h * 0.45), 0.35, 14), cloth)
        for x in (-0.25 * w, 0.25 * w):
            loop = shapes.smooth([(x, d * 0.4, h * 0.9), (x * 1.2, d * 0.9, h * 0.6), (x, d * 0.45, h * 0.15)], 9)
            parts.add(shapes.tube(loop, 0.014, 5), cloth)
        return parts.model("bag", "rucksack")
    if kind == 1:
        w, d, h = between(rng, 0.24, 0.42), between(rng, 0.1, 0.16), between(rng, 0.18, 0.3)
        parts.add(shapes.cushion((0, 0, h / 2), (w, d, h), 0.25, 18), cloth)
        for y in (-d * 0.3, d * 0.3):
            loop = shapes.arc((0, y, h * 0.9), 0.3 * w, 0.1, 3.04, 12, "xz")
            parts.add(shapes.tube(loop, 0.006, 5), surfaces.leather(rng, textures))
        return parts.model("bag", "handbag")
    if kind == 2:
        w, d, h = between(rng, 0.36, 0.5), between(rng, 0.2, 0.3), between(rng, 0.5, 0.75)
        shell, dark = surfaces.plastic(rng, textures), surfaces.dark_plastic(rng, textures)
        parts.add(shapes.cushion((0, 0, h / 2 + 0.04), (w, d, h), 0.16, 20), shell)
        for x in np.linspace(-0.35, 0.35, 5) * w:
            parts.box((float(x), 0, h / 2 + 0.04), (0.012, d * 1.015, h * 0.8), shell, 0.004)
        for x in (-0.4 * w, 0.4 * w):
            parts.bar((x, -0.3 * d, 0.025), (x, 0.3 * d, 0.025), 0.025, dark, 10)
        tall = between(rng, 0.05, 0.4)
        for x in (-0.15, 0.15):
            parts.bar((x * w, 0.35 * d, h), (x * w, 0.35 * d, h + tall), 0.007, surfaces.chrome(rng, textures), 6)
        parts.box((0, 0.35 * d, h + tall), (0.36 * w, 0.03, 0.025), dark, 0.006)
        return parts.model("bag", "suitcase")
    if kind == 3:
        w, d, h = between(rng, 0.22, 0.4), between(rng, 0.1, 0.16), between(rng, 0.28, 0.42)
        sheet = (
            surfaces.picture(rng, textures, "package", "label", tint=0.5)
            if chance(rng, 0.5)
            else surfaces.paper(rng, textures)
        )
        for x in (-w / 2, w / 2):
            parts.box((x, 0, h / 2), (0.003, d, h), surfaces.paper(rng, textures))
        parts.box((0, 0, 0.002), (w, d, 0.004), surfaces.paper(rng, textures))
        for y, facing in ((-d / 2, "-y"), (d / 2, "+y")):
            parts.face((0, y, h / 2), w, h, sheet, facing)
            loop = shapes.arc((0, y, h - 0.01), 0.2 * w, 0.0, np.pi, 10, "xz")
            parts.add(shapes.tube(loop, 0.003, 4), surfaces.paper(rng, textures))
        return parts.model("bag", "carrier bag")
    h, r = between(rng, 0.4, 0.75), between(rng, 0.16, 0.28)
    squash = between(rng, 0.7, 1.0)
    levels = [(0.0, 0.7 * r, 0.7 * r), (0.1 * h, r, r * squash), (0.45 * h, r * 0.95, r * squash),
              (0.72 * h, r * 0.6, r * 0.55),
              (0.82 * h, r * 0.2, r * 0.2), (h, r * 0.42, r * 0.35)]  # fmt: skip
    sack = surfaces.dark_plastic(rng, textures) if chance(rng, 0.5) else cloth
    parts.add(rings([(z, x, y, 0.02 * r * k) for k, (z, x, y) in enumerate(levels)], 18), sack)
    return parts.model("bag", "sack")


def shoe(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A pair of shoes or boots, not quite side by side."""
    parts = Parts(rng)
    upper = surfaces.leather(rng, textures) if chance(rng, 0.5) else surfaces.fabric(rng, textures)
    sole = surfaces.rubber(rng, textures) if chance(rng, 0.5) else surfaces.plain((0.9, 0.9, 0.88), 0.7)
    length, boot = between(rng, 0.2, 0.31), chance(rng, 0.3)
    one = Parts(rng)
    w = 0.36 * length
    one.add(shapes.cushion((0, 0, 0.012), (w, length, 0.024), 0.5, 18), sole)
    tall = between(rng, 0.15, 0.32) if boot else 0.07
    body = [(0.02, 0.46 * w, 0.48 * length, 0.0), (0.045, 0.45 * w, 0.44 * length, 0.02 * length),
            (0.07, 0.36 * w, 0.3 * length, 0.17 * length), (0.09, 0.33 * w, 0.22 * length, 0.25 * length)]  # fmt: skip
    body.append((0.09 + tall, (0.36 if boot else 0.33) * w, 0.2 * length, 0.27 * length))
    if not boot:
        body = body[:4]
    one.add(rings(body, 18), upper)
    z, x, y, at = body[-1]
    inside = surfaces.plain((0.1, 0.09, 0.08), 0.95)
    one.add(rings([(z - 0.002, x * 0.85, y * 0.85, at), (z + 0.0015, 0.001, 0.001, at)], 14), inside)
    for k, (side, yaw) in enumerate(((-1, between(rng, -0.3, 0.3)), (1, between(rng, -0.3, 0.3)))):
        matrix = shapes.turn(yaw) @ np.diag([side, 1, 1])
        parts.place(one, matrix, (side * between(rng, 0.62, 0.9) * w, between(rng, -0.04, 0.04) * k, 0))
    return parts.model("shoe", "boots" if boot else "shoes")


def bin_(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A waste paper basket, pedal bin or wheeled bin."""
    parts, kind = Parts(rng), int(rng.integers(0, 3))
    if kind == 2:
        h, w, d = between(rng, 0.95, 1.1), between(rng, 0.48, 0.6), between(rng, 0.5, 0.72)
        body, lid = surfaces.plastic(rng, textures), surfaces.plastic(rng, textures)
        t = np.linspace(0, 2 * np.pi, 25) + np.pi / 4
        c, s = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.3, np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.3
        scale = max(float(c.max()), float(s.max()))
        lattice = np.stack([np.c_[0.5 * w * k * c / scale, 0.5 * d * k * s / scale, np.full(25, z)]
                            for k, z in ((1.0, h - 0.1), (0.98, h * 0.8), (0.82, 0.06), (0.1, 0.06))])  # fmt: skip
        parts.add(shapes.grid(lattice), body)
        parts.add(shapes.cushion((0, -0.02, h - 0.06), (w * 1.06, d * 1.08, 0.1), 0.2, 16), lid)
        parts.bar((-0.35 * w, 0.56 * d, h - 0.1), (0.35 * w, 0.56 * d, h - 0.1), 0.016, body, 8)
        for x in (-0.42 * w, 0.42 * w):
            parts.bar((x - 0.03, 0.36 * d, 0.1), (x + 0.03, 0.36 * d, 0.1), 0.1, surfaces.rubber(rng, textures), 16)
        return parts.model("bin", "wheeled bin")
    skin = surfaces.steel(rng, textures) if chance(rng, 0.4) else surfaces.plastic(rng, textures)
    r, h = between(rng, 0.11, 0.2), between(rng, 0.25, 0.45) if kind == 0 else between(rng, 0.3, 0.7)
    if kind == 0:
        foot = r * between(rng, 0.7, 1.0)
        parts.turned([(0, 0), (foot, 0), (r, h), (r - 0.006, h), (foot - 0.006, 0.01), (0, 0.01)], skin, sides=26)
        for _ in range(int(rng.integers(0, 5))):
            at = (between(rng, -0.4, 0.4) * r, between(rng, -0.4, 0.4) * r, h * between(rng, 0.6, 1.0))
            parts.add(shapes.cushion(at, (r * 0.6, r * 0.5, r * 0.5), 0.8, 8), surfaces.paper(rng, textures))
        return parts.model("bin", "waste paper basket")
    dark = surfaces.dark_plastic(rng, textures)
    parts.turned([(0, 0.02), (r, 0.02), (r, h), (0, h)], skin, sides=28)
    parts.turned([(r * 1.02, 0), (r * 1.02, 0.04), (r, 0.04)], dark, sides=28)
    dome = [(r * 1.03, h), (r * 1.03, h + 0.02), (r * 0.8, h + 0.06), (0, h + 0.075)]
    parts.turned(dome, skin if chance(rng, 0.5) else dark, sides=28)
    parts.box((0, -r - 0.02, 0.02), (0.08, 0.07, 0.015), dark, 0.004)
    return parts.model("bin", "pedal bin")


def tripod(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A tripod with a camera, or an easel with a canvas."""
    parts = Parts(rng)
    height = between(rng, 1.0, 1.6)
    if chance(rng, 0.35):
        wood = surfaces.wood(rng, textures)
        for x in (-0.3, 0.3):
            parts.bar((x, -0.18, 0), (x * 0.15, 0.05, height), 0.018, wood, 4)
        parts.bar((0, 0.5, 0), (0, 0.05, height), 0.018, wood, 4)
        parts.box((0, -0.12, height * 0.42), (0.6, 0.05, 0.03), wood, 0.004)
        wide, tall = between(rng, 0.4, 0.7), between(rng, 0.4, 0.7)
        canvas = Parts(rng)
        canvas.box((0, 0, tall / 2), (wide, 0.02, tall), surfaces.paper(rng, textures))
        canvas.face((0, -0.0105, tall / 2), wide, tall, surfaces.picture(rng, textures, "painting", tint=0.3))
        parts.place(canvas, shapes.tilt(-0.15), (0, -0.13, height * 0.43))
        return parts.model("tripod", "easel")
    dark = surfaces.dark_plastic(rng, textures) if chance(rng, 0.6) else surfaces.steel(rng, textures)
    reach = between(rng, 0.3, 0.5)
    for k in range(3):
        c, s = float(np.cos(2.1 * k + 0.5)), float(np.sin(2.1 * k + 0.5))
        middle = (0.45 * reach * c, 0.45 * reach * s, 0.52 * height)
        parts.bar((0.03 * c, 0.03 * s, height * 0.85), middle, 0.014, dark, 6)
        parts.bar(middle, (reach * c, reach * s, 0.01), 0.01, dark, 6)
        parts.add(shapes.ellipsoid((reach * c, reach * s, 0.012), (0.014,) * 3, 6), dark)
    parts.bar((0, 0, height * 0.6), (0, 0, height), 0.012, dark, 8)
    parts.bar((0, 0, height * 0.97), (0.05, 0.22, height * 0.9), 0.008, dark, 6)
    if chance(rng, 0.7):
        parts.box((0, 0, height + 0.05), (0.14, 0.07, 0.1), dark, 0.008)
        lens = shapes.lathe([(0.035, 0), (0.04, 0.09), (0.03, 0.09), (0, 0.08)], 16)
        parts.add(lens.moved(shapes.tilt(np.pi / 2), (0, -0.03, height + 0.05)), dark)
    return parts.model("tripod")


def broom(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A broom, mop, rake or shovel that stands and leans a little."""
    parts, inner = Parts(rng), Parts(rng)
    stick = surfaces.wood(rng, textures) if chance(rng, 0.6) else surfaces.painted_metal(rng, textures)
    length, kind = between(rng, 1.1, 1.5), int(rng.integers(0, 4))
    inner.bar((0, 0, 0.1), (0, 0, length), 0.012, stick, 8)
    if kind == 0:
        hair = surfaces.plain(surfaces.any_colour(rng), 0.95, 0.3)
        inner.box((0, 0, 0.1), (between(rng, 0.25, 0.45), 0.055, 0.035), surfaces.object_(rng, textures), 0.005)
        spots = rng.uniform(-1, 1, (60, 2)) * [0.15, 0.02]
        inner.add(shapes.boxes(np.c_[spots, np.full(60, 0.045)], (0.012, 0.012, 0.09), rng.uniform(0, 1, 60)), hair)
    elif kind == 1:
        cloth = surfaces.linen(rng, textures)
        for k in range(22):
            c, s = float(np.cos(0.285 * k)), float(np.sin(0.285 * k))
            reach = between(rng, 0.08, 0.16)
            line = shapes.smooth(
                [(0, 0, 0.16), (0.6 * reach * c, 0.6 * reach * s, 0.1), (reach * c, reach * s, 0.008)], 5
            )
            inner.add(shapes.tube(line, 0.008, 4), cloth)
    elif kind == 2:
        metal = surfaces.metal(rng, textures)
        inner.box((0, 0, 0.09), (0.42, 0.02, 0.03), metal)
        for x in np.linspace(-0.2, 0.2, 13):
            inner.bar((float(x), 0, 0.09), (float(x), -0.03, 0.0), 0.004, metal, 4)
    else:
        metal = surfaces.steel(rng, textures)
        u = np.linspace(-1, 1, 9)[:, None]
        v = np.linspace(0, 1, 6)[None]
        wide = 0.11 * (1 - 0.5 * v**4)
        points = np.stack(np.broadcast_arrays(u * wide, 0.03 * u**2 - 0.01, 0.28 - 0.28 * v), -1)
        inner.add(shapes.grid(points), metal)
        inner.bar((-0.07, 0, length), (0.07, 0, length), 0.013, stick, 6)
    parts.place(inner, shapes.tilt(-between(rng, 0.0, 0.25)))
    return parts.model("broom", ("broom", "mop", "rake", "shovel")[kind])


MAKERS: dict[str, tuple[Maker, ...]] = {
    "basket": (basket,),
    "toy": (blocks, bear, toy_car),
    "tool": (hammer, hammer, drill, toolbox),
    "bag": (bag,),
    "shoe": (shoe,),
    "bin": (bin_,),
    "tripod": (tripod,),
    "broom": (broom,),
}
