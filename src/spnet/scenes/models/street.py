"""What stands along streets: lights, signs, lamps, bollards, benches, shelters, boxes."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Mesh, Model, Triple
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, neutral


def _post(parts: Parts, rng: np.random.Generator, textures: TextureSet, height: float, radius: float) -> Material:
    """A post on its foot at the origin."""
    metal = (
        surfaces.painted_metal(rng, textures) if chance(rng, 0.5) else surfaces.plain(neutral(rng, (0.35, 0.6)), 0.5)
    )
    parts.bar((0, 0, 0), (0, 0, height), (radius * 1.1, radius), metal, 10)
    if chance(rng, 0.5):
        parts.turned([(0, 0), (radius * 2, 0), (radius * 1.9, 0.1), (radius, 0.2)], metal, sides=12)
    return metal


def _signal(parts: Parts, rng: np.random.Generator, at: Triple, scale: float, case: Material) -> None:
    """Three lamps with hoods in a housing that faces -y; one of them lit."""
    x, y, z = at
    parts.box((x, y, z), (0.32 * scale, 0.2 * scale, 0.95 * scale), case, 0.03)
    lit = int(rng.integers(0, 3))
    for k, tint in enumerate(((0.9, 0.08, 0.05), (0.95, 0.6, 0.05), (0.1, 0.8, 0.35))):
        dull = [0.35 * c for c in tint]
        lens = surfaces.plain(tint if k == lit else dull, 0.25, 0.0, emission=2.5 if k == lit else 0.0)
        front = (x, y - 0.101 * scale, z + (0.3 - 0.3 * k) * scale)
        disc = shapes.lathe([(0.1 * scale, 0.0), (0.06 * scale, 0.02 * scale), (0, 0.03 * scale)], 16)
        parts.add(disc.moved(shapes.tilt(np.pi / 2), front), lens)
        angle = np.linspace(-0.3, np.pi + 0.3, 11)
        hood = np.stack(
            [np.stack([0.115 * scale * np.cos(angle), np.full(11, -d), 0.115 * scale * np.sin(angle)], -1)
             for d in (0.0, 0.17 * scale)]
        )  # fmt: skip
        parts.add(shapes.grid(hood).moved(np.eye(3), front), case)


def traffic_light(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A traffic light on a post, or with a second one on an arm over the road."""
    parts = Parts(rng)
    tall = chance(rng, 0.35)
    height = between(rng, 5.2, 6.2) if tall else between(rng, 2.8, 3.4)
    metal = _post(parts, rng, textures, height, 0.08 if tall else 0.055)
    case = surfaces.plain((0.07, 0.08, 0.07) if chance(rng, 0.7) else (0.8, 0.62, 0.08), 0.5, 0.03)
    _signal(parts, rng, (0, -0.15, 2.75), 1.0, case)
    parts.bar((0, 0, 2.9), (0, -0.1, 2.9), 0.03, metal, 6)
    if tall:
        reach = between(rng, 3.0, 4.5)
        parts.bar((0, 0, height - 0.1), (-reach, 0, height + 0.1), (0.06, 0.045), metal, 8)
        _signal(parts, rng, (-reach + 0.2, -0.12, height - 0.35), 1.0, case)
    if chance(rng, 0.5):
        parts.box((0, -0.1, 2.0), (0.25, 0.16, 0.5), case, 0.02)
        glow = surfaces.plain((0.8, 0.1, 0.08), 0.3, emission=1.5)
        parts.face((0, -0.182, 2.1), 0.14, 0.16, glow)
    return parts.model("traffic_light")


def _plate(kind: int, size: float) -> np.ndarray:
    """(k, 2) outline of a sign's plate, counter-clockwise: round, triangle, octagon, diamond."""
    count, turn = ((28, 0.0), (3, np.pi / 2), (8, np.pi / 8), (4, 0.0))[kind]
    angle = np.linspace(0, 2 * np.pi, count + 1)[:-1] + turn
    return np.asarray(np.stack([np.cos(angle), np.sin(angle)], -1) * size)


def _outline(outline: np.ndarray, thick: float, z: float) -> Mesh:
    """A plate that stands in xz, its face towards -y at y = -thick."""
    return shapes.extruded(outline, thick).moved(shapes.tilt(np.pi / 2), (0, 0, z))


def _road_sign(parts: Parts, rng: np.random.Generator, textures: TextureSet, z: float) -> None:
    """A coloured rim, a field and an emblem."""
    kind, size = int(rng.choice([0, 0, 1, 1, 2, 3])), between(rng, 0.3, 0.42)
    white, black = surfaces.plain((0.92, 0.92, 0.9), 0.5, 0.02), surfaces.plain((0.05, 0.05, 0.06), 0.5, 0.0)
    red, blue = surfaces.plain((0.75, 0.06, 0.08), 0.5, 0.02), surfaces.plain((0.05, 0.25, 0.65), 0.5, 0.02)
    yellow = surfaces.plain((0.95, 0.75, 0.1), 0.5, 0.02)
    rim, field, mark = [
        (red, white, black), (red, yellow if chance(rng, 0.3) else white, black), (white, red, white),
        (white, yellow, black),
    ][kind]  # fmt: skip
    if kind == 0 and chance(rng, 0.5):
        rim, field, mark = white, blue, white
    parts.add(_outline(_plate(kind, size), 0.008, z), rim)
    parts.add(_outline(_plate(kind, size * (0.78 if kind < 2 else 0.92)), 0.0095, z), field)
    down = -0.06 * size if kind == 1 else 0.0
    emblem = int(rng.integers(0, 4))
    if emblem == 0:
        parts.box((0, -0.01, z + down), (size * 0.8, 0.002, size * 0.22), mark)
    elif emblem == 1:
        parts.box((0, -0.01, z + down + 0.08 * size), (size * 0.13, 0.002, size * 0.55), mark)
        parts.box((0, -0.01, z + down - 0.33 * size), (size * 0.13, 0.002, size * 0.12), mark)
    elif emblem == 2:
        parts.box((0, -0.01, z + down - 0.08 * size), (size * 0.12, 0.002, size * 0.6), mark)
        tip = [(0.26 * size, 0.1 * size), (0.0, 0.45 * size), (-0.26 * size, 0.1 * size)]
        parts.add(shapes.extruded(tip, 0.002).moved(shapes.tilt(np.pi / 2), (0, -0.009, z + down)), mark)
    else:
        for x in (-0.17, 0.17):
            ring = shapes.torus((x * size * 1.2, -0.009, z + down), 0.13 * size, 0.035 * size, 18)
            parts.add(ring.moved(np.diag([1, 0.1, 1])), mark)


def sign(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A road sign, a street's name, a direction board or a large poster board."""
    parts = Parts(rng)
    kind = rng.random()
    if kind < 0.65:
        height = between(rng, 2.3, 2.9)
        metal = _post(parts, rng, textures, height, 0.033)
        front = Parts(rng)
        z = height - 0.36
        _road_sign(front, rng, textures, z)
        if chance(rng, 0.35):
            board = surfaces.picture(rng, textures, "sign", tint=0.2)
            front.box((0, -0.004, z - 0.55), (0.46, 0.008, 0.2), metal)
            front.face((0, -0.0085, z - 0.55), 0.45, 0.19, board)
        parts.place(front, np.eye(3), (0, -0.036, 0))
    elif kind < 0.85:
        width, tall, low = between(rng, 0.6, 1.6), between(rng, 0.25, 0.7), between(rng, 1.7, 2.2)
        board = surfaces.picture(rng, textures, "sign", tint=0.3)
        metal = surfaces.plain(neutral(rng, (0.35, 0.6)), 0.5)
        for x in (-0.35 * width, 0.35 * width):
            parts.bar((x, 0, 0), (x, 0, low + tall), 0.03, metal, 8)
        parts.box((0, -0.04, low + tall / 2), (width, 0.02, tall), metal)
        parts.face((0, -0.0505, low + tall / 2), width * 0.98, tall * 0.96, board)
    else:
        width, tall = between(rng, 1.2, 3.0), between(rng, 1.6, 2.2)
        frame = surfaces.metal(rng, textures)
        for x in (-0.42 * width, 0.42 * width):
            parts.box((x, 0.05, 0.4), (0.09, 0.09, 0.8), frame, 0.005)
        parts.box((0, 0, 0.5 + tall / 2), (width, 0.12, tall), frame, 0.01)
        for facing in ("-y", "+y"):
            y = -0.0606 if facing == "-y" else 0.0606
            poster = surfaces.picture(rng, textures, "poster", tint=0.2)
            parts.face((0, y, 0.5 + tall / 2), width - 0.16, tall - 0.16, poster, facing)
    return parts.model("sign")


def street_lamp(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A street lamp: an arm with a flat head, or a lantern on a post; its arm reaches to -y."""
    parts = Parts(rng)
    lit = float(rng.choice([0.0, 0.0, 0.0, 4.0]))
    glow = surfaces.plain((0.98, 0.93, 0.8), 0.3, 0.0, emission=lit)
    if chance(rng, 0.6):
        height, reach = between(rng, 5.0, 8.0), between(rng, 0.6, 1.8)
        metal = _post(parts, rng, textures, height * 0.9, 0.075)
        path = shapes.smooth([(0, 0, height * 0.88), (0, -0.15 * reach, height), (0, -reach, height + 0.15)], 9)
        parts.add(shapes.tube(path, 0.04, 8), metal)
        parts.add(shapes.cushion((0, -reach - 0.2, height + 0.15), (0.3, 0.7, 0.13), 0.5, 14), metal)
        parts.box((0, -reach - 0.22, height + 0.075), (0.2, 0.48, 0.03), glow, 0.01)
        return parts.model("street_lamp")
    height = between(rng, 2.8, 4.2)
    metal = _post(parts, rng, textures, height, 0.05)
    parts.turned([(0.05, 0.8), (0.08, 0.84), (0.05, 0.9)], metal, sides=12)
    if chance(rng, 0.5):
        parts.add(shapes.ellipsoid((0, 0, height + 0.2), (0.22, 0.22, 0.22), 18), glow)
    else:
        parts.turned([(0.09, height), (0.17, height + 0.38)], glow, sides=6)
        parts.turned(
            [(0.22, height + 0.38), (0.1, height + 0.52), (0.02, height + 0.6), (0, height + 0.66)], metal, sides=6
        )
        for k in range(6):
            c, s = float(np.cos(np.pi * k / 3)), float(np.sin(np.pi * k / 3))
            parts.bar((0.09 * c, 0.09 * s, height), (0.175 * c, 0.175 * s, height + 0.38), 0.008, metal, 4)
    return parts.model("street_lamp", "lantern")


def bollard(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A bollard, a cone or a barrier's post."""
    parts = Parts(rng)
    kind = int(rng.integers(0, 4))
    if kind == 0:
        orange, white = surfaces.plain((0.95, 0.3, 0.06), 0.6, 0.05), surfaces.plain((0.92, 0.92, 0.92), 0.5, 0.03)
        tall = between(rng, 0.45, 0.8)
        parts.box((0, 0, 0.015), (0.36, 0.36, 0.03), surfaces.rubber(rng, textures), 0.006)
        edges = np.linspace(0, 1, 6)
        for k in range(5):
            low, high = edges[k], edges[k + 1]
            ring = [(0.14 - 0.115 * low, 0.03 + low * tall), (0.14 - 0.115 * high, 0.03 + high * tall)]
            parts.turned([(float(r), float(z)) for r, z in ring], white if k % 2 else orange, sides=20)
        return parts.model("bollard", "traffic cone")
    height, radius = between(rng, 0.6, 1.05), between(rng, 0.05, 0.13)
    body = surfaces.concrete(rng, textures) if kind == 1 else surfaces.painted_metal(rng, textures)
    parts.turned(
        [(0, 0), (radius, 0), (radius, height * 0.85), (radius * 0.9, height * 0.95), (0, height)], body, sides=18
    )
    if kind == 2:
        band = surfaces.plain((0.9, 0.9, 0.88) if chance(rng, 0.5) else (0.8, 0.1, 0.08), 0.4)
        parts.turned([(radius + 0.002, height * 0.6), (radius + 0.002, height * 0.75)], band, sides=18)
    elif kind == 3:
        parts.add(shapes.ellipsoid((0, 0, height), (radius * 1.15,) * 3, 14), body)
    return parts.model("bollard")


def hydrant(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A fire hydrant."""
    parts = Parts(rng)
    tint = colour(rng, (0.7, 0.9), (0.6, 0.85), (0.0, 0.15)) if chance(rng, 0.8) else neutral(rng, (0.6, 0.9))
    paint, cap = surfaces.plain(tint, 0.5, 0.08), surfaces.painted_metal(rng, textures)
    height, radius = between(rng, 0.6, 0.8), between(rng, 0.09, 0.12)
    profile = [(0, 0), (radius * 1.5, 0), (radius * 1.5, 0.04), (radius, 0.06), (radius, height * 0.65)]
    profile += [(radius * 1.25, height * 0.66), (radius * 1.25, height * 0.71), (radius * 1.05, height * 0.74)]
    profile += [(radius * 0.8, height * 0.88), (radius * 0.25, height * 0.95), (radius * 0.25, height), (0, height)]
    parts.turned(profile, paint, sides=20)
    for way in ((0, -1), (-1, 0), (1, 0)):
        size = radius * (0.6 if way[1] else 0.45)
        end = (way[0] * radius * 1.5, way[1] * radius * 1.6, height * 0.52)
        parts.bar((0, 0, height * 0.52), end, size, paint, 12)
        parts.bar(end, (end[0] * 1.15, end[1] * 1.15, end[2]), size * 1.15, cap, 8)
    return parts.model("hydrant")


def street_bench(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A park bench of slats, with or without a back."""
    parts = Parts(rng)
    wood = surfaces.wood(rng, textures) if chance(rng, 0.7) else surfaces.painted_metal(rng, textures)
    metal = surfaces.painted_metal(rng, textures) if chance(rng, 0.7) else surfaces.concrete(rng, textures)
    width, seat = between(rng, 1.2, 2.0), between(rng, 0.42, 0.48)
    for x in np.linspace(-0.4, 0.4, 2 if width < 1.6 else 3) * width:
        parts.box((float(x), -0.18, seat / 2 - 0.02), (0.05, 0.06, seat - 0.04), metal, 0.006)
        parts.box((float(x), 0.18, seat / 2 - 0.02), (0.05, 0.06, seat - 0.04), metal, 0.006)
        parts.box((float(x), 0, seat - 0.04), (0.05, 0.46, 0.04), metal, 0.006)
    count = int(rng.integers(3, 7))
    for y in np.linspace(-0.19, 0.17, count):
        parts.box((0, float(y), seat), (width, 0.34 / count, 0.035), wood, 0.005)
    if chance(rng, 0.75):
        back = Parts(rng)
        for z in np.linspace(0.14, 0.42, int(rng.integers(2, 5))):
            back.box((0, 0, float(z)), (width, 0.028, 0.075), wood, 0.005)
        for x in np.linspace(-0.4, 0.4, 2 if width < 1.6 else 3) * width:
            back.box((float(x), 0.03, 0.22), (0.05, 0.035, 0.48), metal, 0.005)
        parts.place(back, shapes.tilt(-0.2), (0, 0.2, seat - 0.03))
    if chance(rng, 0.4):
        for x in (-0.45 * width, 0.45 * width):
            parts.bar((x, -0.2, seat), (x, -0.2, seat + 0.2), 0.016, metal, 6)
            parts.box((x, 0.0, seat + 0.2), (0.05, 0.44, 0.03), wood, 0.006)
    parts.surface(seat + 0.0175, width * 0.45, 0.13)
    return parts.model("street_bench", "park bench")


def bus_stop(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A shelter of glass with a bench, a sign and a poster; open towards -y."""
    parts = Parts(rng)
    frame, glass = surfaces.painted_metal(rng, textures), surfaces.glass(rng, textures)
    width, depth, height = between(rng, 2.5, 4.2), between(rng, 1.2, 1.6), between(rng, 2.35, 2.6)
    w, d = width / 2, depth / 2
    for x in np.linspace(-w, w, 3):
        parts.box((float(x), d, height / 2), (0.08, 0.08, height), frame, 0.006)
    for x in (-w, w):
        parts.box((x, -d * 0.6, height / 2), (0.08, 0.08, height), frame, 0.006)
    parts.box((0, -0.05, height + 0.05), (width + 0.3, depth + 0.4, 0.1), frame, 0.02)
    for k in (-1, 1):
        parts.box((k * w / 2, d, height / 2 + 0.05), (w - 0.1, 0.012, height - 0.35), glass)
    parts.box((-w, d * 0.2, height / 2 + 0.05), (0.012, depth * 0.7, height - 0.35), glass)
    parts.box((w, d * 0.2, height / 2), (0.1, depth * 0.75, height - 0.5), frame, 0.01)
    poster = surfaces.glowing(surfaces.picture(rng, textures, "poster", tint=0.2), 0.3)
    y0, y1, z0, z1 = d * 0.2 - depth * 0.35, d * 0.2 + depth * 0.35, 0.32, height - 0.32
    for side in (-1, 1):
        x, (a, b) = w + side * 0.0515, (y0, y1) if side > 0 else (y1, y0)
        parts.add(shapes.quad((x, a, z0), (x, b, z0), (x, b, z1), (x, a, z1)), poster, fixed=True)
    seat = surfaces.wood(rng, textures) if chance(rng, 0.5) else surfaces.steel(rng, textures)
    parts.box((-0.1 * width, d - 0.3, 0.46), (width * 0.6, 0.35, 0.04), seat, 0.006)
    for x in (-0.35 * width, 0.15 * width):
        parts.box((x, d - 0.3, 0.22), (0.06, 0.25, 0.44), frame)
    board = surfaces.picture(rng, textures, "page", "sign")
    parts.box((0, d - 0.03, 1.5), (0.6, 0.04, 0.8), frame, 0.005)
    parts.face((0, d - 0.0505, 1.5), 0.54, 0.74, board)
    return parts.model("bus_stop", "bus shelter")


def mailbox(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A pillar box, a box on posts, or a letter box on a stake."""
    parts = Parts(rng)
    paint = surfaces.plain(colour(rng, (0.6, 0.95), (0.35, 0.9)), 0.4, 0.04)
    dark, kind = surfaces.plain((0.05, 0.05, 0.05)), int(rng.integers(0, 3))
    if kind == 0:
        radius, height = between(rng, 0.2, 0.28), between(rng, 1.35, 1.6)
        profile = [(0, 0), (radius * 1.1, 0), (radius * 1.1, 0.15), (radius, 0.18), (radius, height - 0.15)]
        parts.turned(
            [*profile, (radius * 1.12, height - 0.14), (radius * 1.05, height - 0.05), (0, height)], paint, sides=26
        )
        parts.box((0, -radius + 0.01, height - 0.35), (0.25, 0.05, 0.04), dark)
        parts.box((0, -radius, height * 0.5), (0.16, 0.03, 0.2), surfaces.plain((0.92, 0.92, 0.9)))
    elif kind == 1:
        width, height = between(rng, 0.4, 0.55), between(rng, 0.6, 0.85)
        for x in (-0.4 * width, 0.4 * width):
            for y in (-0.16, 0.16):
                parts.box((x, y, 0.25), (0.05, 0.05, 0.5), paint)
        parts.box((0, 0, 0.4 + height / 2), (width, 0.42, height), paint, 0.02)
        top = shapes.lathe([(0, -width / 2), (0.21, -width / 2), (0.21, width / 2), (0, width / 2)], 20)
        turned = np.array([[0, 0, 1.0], [0, 1, 0], [-1, 0, 0]])
        parts.add(top.moved(turned, (0, 0, 0.4 + height)), paint)
        parts.box((0, -0.2, 0.4 + height), (width * 0.7, 0.05, 0.05), dark)
        label = surfaces.picture(rng, textures, "label", "sign")
        parts.face((0, -0.2106, 0.45 + height / 2), width * 0.6, height * 0.3, label)
    else:
        height = between(rng, 1.0, 1.2)
        wood = surfaces.wood(rng, textures)
        parts.box((0, 0, height / 2), (0.09, 0.09, height), wood, 0.006)
        parts.box((0, 0, height + 0.07), (0.2, 0.45, 0.14), paint, 0.01)
        tunnel = shapes.lathe([(0, -0.225), (0.1, -0.225), (0.1, 0.225), (0, 0.225)], 20)
        parts.add(tunnel.moved(shapes.tilt(-np.pi / 2), (0, 0, height + 0.13)), paint)
        parts.bar((0.105, 0.1, height + 0.1), (0.105, 0.1, height + 0.32), 0.006, dark, 4)
        parts.box((0.108, 0.06, height + 0.29), (0.006, 0.09, 0.06), surfaces.plain((0.8, 0.1, 0.1)))
    return parts.model("mailbox", "letter box")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "traffic_light": (traffic_light,),
    "sign": (sign,),
    "street_lamp": (street_lamp,),
    "bollard": (bollard,),
    "hydrant": (hydrant,),
    "street_bench": (street_bench,),
    "bus_stop": (bus_stop,),
    "mailbox": (mailbox,),
}
