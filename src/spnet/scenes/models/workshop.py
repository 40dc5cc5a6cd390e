"""What workshops and warehouses hold: ladders, pallets, crates, barrels, trolleys, forklifts, pipes, extinguishers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.models.wheels import car_wheel, castor
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, neutral


def ladder(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A step ladder that stands open, or a plain ladder that leans towards +y."""
    parts = Parts(rng)
    metal = surfaces.steel(rng, textures) if chance(rng, 0.5) else (
        surfaces.wood(rng, textures) if chance(rng, 0.5) else surfaces.painted_metal(rng, textures))  # fmt: skip
    steps = chance(rng, 0.6)
    height, width = (between(rng, 0.9, 2.2), between(rng, 0.36, 0.5)) if steps else (between(rng, 2.0, 3.0), 0.4)
    frame = Parts(rng)
    for x in (-width / 2, width / 2):
        frame.box((x, 0, height / 2), (0.03, 0.06, height), metal, 0.004)
    for z in np.linspace(0.25, height - (0.02 if steps else 0.2), max(int(height / 0.26), 2)):
        if steps:
            frame.box((0, 0, float(z)), (width, 0.09, 0.022), metal, 0.003)
        else:
            frame.bar((-width / 2, 0, float(z)), (width / 2, 0, float(z)), 0.016, metal, 8)
    angle = between(rng, 0.22, 0.32)
    parts.place(frame, shapes.tilt(-angle))
    if steps:
        top_y, top_z = height * np.sin(angle), height * np.cos(angle)
        for x in (-width / 2, width / 2):
            parts.bar((x * 0.95, top_y, top_z - 0.04), (x * 1.05, top_y + height * np.sin(angle), 0.0), 0.014, metal, 6)
            parts.bar((x, 0.55 * top_y, 0.5 * top_z), (x, 1.45 * top_y, 0.5 * top_z), 0.005, metal, 4)
        parts.box((0, top_y, top_z), (width + 0.06, 0.2, 0.03), metal, 0.005)
    return parts.model("ladder", "step ladder" if steps else "ladder")


def _pallet(parts: Parts, wood: Material, level: float) -> None:
    """A euro pallet (EPAL: 1.2 m x 0.8 m x 0.144 m) on a level."""
    for y in np.linspace(-0.34, 0.34, 5):
        parts.box((0, float(y), level + 0.133), (1.2, 0.12, 0.022), wood, 0.002)
    for x in (-0.53, 0.0, 0.53):
        parts.box((x, 0, level + 0.111), (0.145, 0.8, 0.022), wood)
        for y in (-0.34, 0.0, 0.34):
            parts.box((x, y, level + 0.061), (0.145, 0.1, 0.078), wood)
    for y in (-0.34, 0.0, 0.34):
        parts.box((0, y, level + 0.011), (1.2, 0.1, 0.022), wood)


def pallet(rng: np.random.Generator, textures: TextureSet) -> Model:
    """Pallets in a stack, or one with cartons or sacks."""
    parts, wood = Parts(rng), surfaces.boards(rng, textures)
    if chance(rng, 0.35):
        count = int(rng.integers(1, 8))
        for k in range(count):
            _pallet(parts, wood, 0.146 * k)
        parts.surface(0.146 * count - 0.002, 0.5, 0.35)
        return parts.model("pallet", "stack of pallets" if count > 1 else "pallet")
    _pallet(parts, wood, 0.0)
    across, deep, layers = int(rng.integers(2, 5)), int(rng.integers(2, 4)), int(rng.integers(1, 6))
    size = np.array([1.16 / across, 0.78 / deep, between(rng, 0.16, 0.35)])
    sacks = chance(rng, 0.25)
    papers = [surfaces.cardboard(rng, textures) for _ in range(2)]
    cloth = surfaces.plain(neutral(rng, (0.6, 0.95)), 0.9, 0.1)
    for layer in range(layers):
        for i in range(across):
            for j in range(deep):
                if layer == layers - 1 and chance(rng, 0.2):
                    continue
                at = np.array([(i + 0.5) * size[0] - 0.58, (j + 0.5) * size[1] - 0.39, 0.145 + (layer + 0.5) * size[2]])
                at[:2] += rng.normal(0, 0.006, 2)
                x, y, z = at.tolist()
                w, d, h = (size - 0.008).tolist()
                if sacks:
                    parts.add(shapes.cushion((x, y, z), (w, d, h * 1.1), 0.4, 10), cloth)
                    continue
                mesh = shapes.box((x, y, z), (w, d, h))
                unit = mesh.uv.reshape(6, 6, 2)
                low, high = unit.min(1, keepdims=True), unit.max(1, keepdims=True)
                uv = ((unit - low) / np.maximum(high - low, 1e-9)).reshape(-1, 3, 2)
                parts.add(shapes.of_triangles(mesh.corners, uv), papers[(i + j + layer) % 2], fixed=True)
    if not sacks and layers > 1:
        parts.surface(0.141 + (layers - 1) * float(size[2]), 0.5, 0.33)
    return parts.model("pallet", "loaded pallet")


def crate(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A wooden crate, a bottle crate or a stacking box."""
    parts = Parts(rng)
    if chance(rng, 0.5):
        wood = surfaces.boards(rng, textures)
        w, d, h = between(rng, 0.3, 0.9), between(rng, 0.3, 0.7), between(rng, 0.25, 0.7)
        closed = chance(rng, 0.5)
        count = max(int(h / 0.11), 2)
        gap = 0.002 if closed else 0.02
        for z in (np.arange(count) + 0.5) / count * h:
            for side in (-1, 1):
                parts.box((0, side * d / 2, float(z)), (w, 0.018, h / count - gap), wood, 0.002)
                parts.box((side * w / 2, 0, float(z)), (0.018, d, h / count - gap), wood, 0.002)
        for x in (-1, 1):
            for y in (-1, 1):
                parts.box((x * (w / 2 + 0.012), y * (d / 2 + 0.012), h / 2), (0.05, 0.05, h), wood, 0.003)
        parts.box((0, 0, 0.012), (w, d, 0.02), wood)
        if closed:
            parts.box((0, 0, h + 0.01), (w + 0.06, d + 0.06, 0.022), wood, 0.003)
            parts.surface(h + 0.021, w * 0.45, d * 0.45)
        return parts.model("crate", "wooden crate")
    case = surfaces.plastic(rng, textures)
    w, d, h = between(rng, 0.35, 0.6), between(rng, 0.28, 0.4), between(rng, 0.15, 0.34)
    parts.box((0, 0, 0.006), (w, d, 0.012), case)
    for side in (-1, 1):
        parts.box((0, side * d / 2, h / 2), (w, 0.006, h), case)
        parts.box((side * w / 2, 0, h / 2), (0.006, d, h), case)
        for z in (0.03, h - 0.015):
            parts.box((0, side * (d / 2 + 0.006), z), (w + 0.02, 0.012, 0.025), case, 0.003)
            parts.box((side * (w / 2 + 0.006), 0, z), (0.012, d + 0.02, 0.025), case, 0.003)
        for x in np.linspace(-0.42, 0.42, 6) * w:
            parts.box((float(x), side * (d / 2 + 0.004), h / 2), (0.012, 0.01, h * 0.8), case)
    if chance(rng, 0.5):
        cap = surfaces.steel(rng, textures)
        glass = surfaces.plain(colour(rng, (0.4, 0.7), (0.15, 0.4), (0.05, 0.35)), 0.1, 0.0)
        for x in np.linspace(-0.38, 0.38, 5) * w:
            for y in np.linspace(-0.33, 0.33, 3) * d:
                if chance(rng, 0.85):
                    profile = [(0.03, 0.012), (0.03, 0.17), (0.013, 0.22), (0.013, 0.26)]
                    parts.turned(profile, glass, (float(x), float(y), 0), 8)
                    parts.turned([(0.014, 0.25), (0.014, 0.265), (0, 0.265)], cap, (float(x), float(y), 0), 8)
    return parts.model("crate")


def barrel(rng: np.random.Generator, textures: TextureSet) -> Model:
    """An oil drum, a wooden barrel or a canister."""
    parts, kind = Parts(rng), int(rng.integers(0, 3))
    if kind == 0:
        r, h = 0.29, 0.88
        paint = surfaces.painted_metal(rng, textures)
        profile = [(0, 0.02), (r, 0.02), (r + 0.006, 0), (r + 0.006, 0.02)]
        for z in (0.33, 0.66):
            profile += [(r, z * h - 0.02), (r + 0.012, z * h), (r, z * h + 0.02)]
        profile += [
            (r, h - 0.02),
            (r + 0.006, h - 0.02),
            (r + 0.006, h),
            (r - 0.005, h),
            (r - 0.01, h - 0.02),
            (0, h - 0.02),
        ]
        parts.turned(profile, paint, sides=30)
        parts.turned([(0.03, 0), (0.03, 0.012), (0, 0.012)], surfaces.steel(rng, textures), (0.16, 0.1, h - 0.02), 10)
        parts.surface(h, 0.18, 0.18)
        return parts.model("barrel", "drum")
    if kind == 1:
        r, h = between(rng, 0.2, 0.34), between(rng, 0.5, 0.95)
        wood, iron = surfaces.boards(rng, textures), surfaces.painted_metal(rng, textures)
        t = np.linspace(0, 1, 11)
        belly = [(float(r * (1 + 0.18 * np.sin(np.pi * a))), float(h * a)) for a in t]
        parts.turned(
            [(0, 0.03), (r * 0.95, 0.03), *belly, (r * 0.95, h), (r * 0.93, h - 0.03), (0, h - 0.03)], wood, sides=28
        )
        for a in (0.04, 0.25, 0.75, 0.96):
            at = float(r * (1 + 0.18 * np.sin(np.pi * a))) + 0.004
            parts.turned([(at, h * a - 0.02), (at, h * a + 0.02)], iron, sides=28)
        return parts.model("barrel", "wooden barrel")
    w, d, h = between(rng, 0.2, 0.34), between(rng, 0.14, 0.2), between(rng, 0.3, 0.46)
    case = surfaces.painted_metal(rng, textures) if chance(rng, 0.5) else surfaces.plastic(rng, textures)
    parts.add(shapes.cushion((0, 0, h / 2), (w, d, h), 0.15, 18), case)
    for y in (-d * 0.25, 0.0, d * 0.25):
        parts.add(shapes.tube(shapes.arc((-0.1 * w, y, h), 0.25 * w, 0.0, np.pi, 8, "xz"), 0.008, 5), case)
    parts.bar((0.35 * w, 0, h - 0.02), (0.42 * w, 0, h + 0.05), 0.025, surfaces.dark_plastic(rng, textures), 10)
    return parts.model("barrel", "canister")


def trolley(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A hand truck, a platform trolley, a shelf trolley or a wheelbarrow."""
    parts, kind = Parts(rng), int(rng.integers(0, 4))
    metal, rubber, rim = (
        surfaces.painted_metal(rng, textures),
        surfaces.rubber(rng, textures),
        surfaces.steel(rng, textures),
    )
    if kind == 0:
        for x in (-0.17, 0.17):
            path = shapes.smooth([(x, 0.0, 0.05), (x, 0.1, 0.6), (x, 0.2, 1.1), (x, 0.32, 1.22)], 8)
            parts.add(shapes.tube(path, 0.014, 6), metal)
            car_wheel(parts, (1.4 * x, 0.12, 0.12), 0.12, 0.06, rubber, rim, 0, 1 if x > 0 else -1)
        for z in (0.2, 0.5, 0.8, 1.05):
            parts.bar((-0.17, 0.17 * z, z), (0.17, 0.17 * z, z), 0.01, metal, 6)
        parts.bar((-0.25, 0.12, 0.12), (0.25, 0.12, 0.12), 0.01, metal, 6)
        parts.box((0, -0.12, 0.03), (0.42, 0.26, 0.008), metal)
        return parts.model("trolley", "hand truck")
    if kind == 3:
        t, u = np.linspace(0, 1, 5)[:, None], np.linspace(0, 2 * np.pi, 25)[None]
        wide = 0.2 + 0.14 * t
        c, s = np.sign(np.cos(u)) * np.abs(np.cos(u)) ** 0.5, np.sign(np.sin(u)) * np.abs(np.sin(u)) ** 0.5
        points = np.stack(np.broadcast_arrays(wide * c, 1.3 * wide * s, 0.34 + 0.26 * t), -1)
        parts.add(shapes.grid(np.concatenate([np.full((1, 25, 3), (0, 0, 0.34)) * 1.0, points])[::-1]), metal)
        for x in (-0.2, 0.2):
            parts.bar((x * 0.4, -0.6, 0.2), (x * 1.5, 0.85, 0.55), 0.016, rim, 6)
            parts.bar((x * 1.5, 0.75, 0.53), (x * 1.52, 0.88, 0.56), 0.02, rubber, 6)
            parts.bar((x, 0.25, 0.35), (x * 1.1, 0.35, 0.0), 0.014, rim, 6)
        car_wheel(parts, (0, -0.6, 0.19), 0.19, 0.09, rubber, rim, 0, 1)
        return parts.model("trolley", "wheelbarrow")
    width, depth = between(rng, 0.7, 1.1), between(rng, 0.45, 0.65)
    levels = [0.18] if kind == 1 else np.linspace(0.18, between(rng, 0.75, 1.3), int(rng.integers(2, 4))).tolist()
    board = surfaces.wood(rng, textures) if chance(rng, 0.5) else metal
    for x in (-0.42, 0.42):
        for y in (-0.4, 0.4):
            castor(parts, rng, textures, (x * width, y * depth, 0.17), 0.06)
            if kind == 2:
                parts.bar(
                    (x * 1.12 * width, y * 1.15 * depth, 0.16),
                    (x * 1.12 * width, y * 1.15 * depth, levels[-1] + 0.1),
                    0.012,
                    metal,
                    6,
                )
    for z in levels:
        parts.box((0, 0, z), (width, depth, 0.03), board, 0.005)
        parts.surface(z + 0.015, width * 0.42, depth * 0.4)
    tall = 0.95 if kind == 1 else levels[-1] + 0.15
    push = [
        (-width / 2, -0.4 * depth, 0.18),
        (-width / 2 - 0.05, -0.4 * depth, tall),
        (-width / 2 - 0.05, 0.4 * depth, tall),
        (-width / 2, 0.4 * depth, 0.18),
    ]
    parts.add(shapes.tube(push, 0.014, 6), metal)
    return parts.model("trolley")


def forklift(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A forklift truck; its fork reaches to -y."""
    parts = Parts(rng)
    paint = surfaces.plain(
        colour(rng, (0.7, 0.95), (0.75, 0.95), (0.02, 0.14)) if chance(rng, 0.7) else colour(rng), 0.4, 0.04
    )
    dark, steel, rubber = (
        surfaces.plain((0.08, 0.08, 0.09), 0.6, 0.05),
        surfaces.steel(rng, textures),
        surfaces.rubber(rng, textures),
    )
    parts.box((0, 0.75, 0.7), (1.05, 0.75, 0.85), paint, 0.12)
    parts.box((0, 0.1, 0.42), (1.05, 1.3, 0.4), paint, 0.05)
    parts.box((0, -0.1, 0.63), (0.9, 0.5, 0.04), dark)
    parts.add(shapes.cushion((0, 0.35, 0.95), (0.5, 0.5, 0.16), 0.4, 14), dark)
    parts.add(shapes.cushion((0, 0.62, 1.28), (0.5, 0.14, 0.6), 0.4, 14), dark)
    parts.bar((0, -0.3, 0.6), (0, -0.08, 1.1), 0.03, dark, 8)
    wheel = shapes.torus((0, 0, 0), 0.17, 0.014, 20, upright=False)
    parts.add(wheel.moved(shapes.tilt(-0.6), (0, -0.06, 1.12)), dark)
    for x in (-0.48, 0.48):
        parts.bar((x, -0.42, 0.6), (x, -0.3, 2.1), 0.035, dark, 6)
        parts.bar((x, 0.98, 1.05), (x, 0.85, 2.1), 0.035, dark, 6)
        parts.bar((x, -0.32, 2.1), (x, 0.87, 2.1), 0.035, dark, 6)
        car_wheel(parts, (x * 1.02, -0.35, 0.31), 0.31, 0.22, rubber, paint, 0, 1 if x > 0 else -1)
        car_wheel(parts, (x * 0.95, 0.8, 0.26), 0.26, 0.18, rubber, paint, 0, 1 if x > 0 else -1)
    for y in np.linspace(-0.25, 0.8, 6):
        parts.bar((-0.48, float(y), 2.11), (0.48, float(y), 2.11), 0.02, dark, 4)
    tall, lift = between(rng, 2.0, 2.3), between(rng, 0.06, 1.2)
    for x in (-0.33, 0.33):
        parts.box((x, -0.62, tall / 2 + 0.05), (0.09, 0.12, tall), dark, 0.006)
        parts.box((x * 0.7, -0.62, tall / 2 + 0.1), (0.06, 0.08, tall), steel)
        parts.box((x * 0.8, -1.27, lift + 0.02), (0.12, 1.1, 0.04), dark, 0.01)
        parts.box((x * 0.8, -0.74, lift + 0.27), (0.12, 0.04, 0.55), dark, 0.006)
    for z in (0.1, 0.45):
        parts.box((0, -0.71, lift + z), (0.85, 0.05, 0.09), dark, 0.006)
    for z in (0.3, tall):
        parts.box((0, -0.62, z), (0.72, 0.08, 0.08), dark)
    if chance(rng, 0.4):
        load = Parts(rng)
        _pallet(load, surfaces.boards(rng, textures), 0.0)
        load.box((0, 0, 0.55), (1.1, 0.74, 0.8), surfaces.cardboard(rng, textures))
        parts.place(load, np.eye(3), (0, -1.2, lift + 0.04))
    size = between(rng, 0.94, 1.06)
    whole = Parts(rng)
    whole.place(parts, np.eye(3) * size)
    return whole.model("forklift")


def pipe(rng: np.random.Generator, textures: TextureSet) -> Model:
    """Pipes in a bundle on the floor, or a line with bends, flanges and a valve against a wall."""
    parts = Parts(rng)
    metal = surfaces.painted_metal(rng, textures) if chance(rng, 0.5) else surfaces.steel(rng, textures)
    if chance(rng, 0.4):
        r, length, rows = between(rng, 0.015, 0.08), between(rng, 1.0, 3.0), int(rng.integers(1, 4))
        for row in range(rows):
            for k in range(rows + 2 - row):
                x, z = (k - (rows + 1 - row) / 2) * 2.02 * r, r + row * 1.75 * r
                y = between(rng, -0.05, 0.05)
                parts.add(shapes.tube([(x, y - length / 2, z), (x, y + length / 2, z)], r, 12, capped=False), metal)
                inner = shapes.tube([(x, y - length / 2, z), (x, y + length / 2, z)], 0.85 * r, 12, capped=False)
                parts.add(inner, metal)
        return parts.model("pipe", "pipes")
    r = between(rng, 0.02, 0.07)
    path = [np.array([0.0, 0.0, 0.0])]
    way = np.array([0, 0, 1.0])
    for _ in range(int(rng.integers(2, 5))):
        path.append(path[-1] + way * between(rng, 0.4, 1.0))
        way = np.array([0, 0, 1.0]) if abs(way[0]) > 0.5 else np.array([float(rng.choice([-1, 1])), 0, 0])
    for a, b in pairwise(path):
        step = (b - a) / np.linalg.norm(b - a)
        x0, y0, z0 = (a + step * 0.01).tolist()
        x1, y1, z1 = b.tolist()
        parts.bar((x0, y0, z0), (x1, y1, z1), r, metal, 14)
        parts.add(shapes.ellipsoid((x1, y1, z1), (r * 1.02,) * 3, 14), metal)
        for share in (0.2, 0.8):
            c = a + (b - a) * share
            lo, hi = (c - step * 0.012).tolist(), (c + step * 0.012).tolist()
            parts.bar((lo[0], lo[1], lo[2]), (hi[0], hi[1], hi[2]), r * 1.5, metal, 14)
    x, y, z = ((path[0] + path[1]) / 2).tolist()
    red = surfaces.plain((0.7, 0.08, 0.06), 0.5, 0.04)
    parts.bar((x, y, z), (x, y - 3 * r, z), r * 0.4, metal, 8)
    parts.add(shapes.torus((x, y - 3 * r, z), 2 * r, 0.25 * r, 18), red)
    for angle in (0.0, np.pi / 2):
        c, s = 2 * r * float(np.cos(angle)), 2 * r * float(np.sin(angle))
        parts.bar((x - c, y - 3 * r, z - s), (x + c, y - 3 * r, z + s), 0.2 * r, red, 5)
    return parts.model("pipe")


def extinguisher(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A fire extinguisher."""
    parts = Parts(rng)
    red, dark = (
        surfaces.plain(colour(rng, (0.75, 0.95), (0.6, 0.8), (0.98, 1.01)), 0.3, 0.02),
        surfaces.dark_plastic(rng, textures),
    )
    r, h = between(rng, 0.055, 0.09), between(rng, 0.35, 0.5)
    parts.turned(
        [
            (0, 0.01),
            (r * 0.9, 0.01),
            (r, 0.03),
            (r, h - r),
            (r * 0.75, h - 0.3 * r),
            (r * 0.3, h),
            (r * 0.25, h + 0.03),
            (0, h + 0.03),
        ],
        red,
        sides=24,
    )
    parts.turned([(r * 1.01, 0), (r * 1.01, 0.03)], dark, sides=24)
    parts.bar((0, 0, h), (0, 0, h + 0.085), 0.012, dark, 8)
    parts.box((0, -0.03, h + 0.05), (0.025, 0.14, 0.02), dark, 0.004)
    parts.box((0, -0.03, h + 0.085), (0.02, 0.15, 0.012), dark, 0.003)
    hose = shapes.smooth(
        [(0.02, 0, h + 0.03), (r * 1.4, 0, h * 0.9), (r * 1.25, -0.01, h * 0.5), (r * 1.15, 0, h * 0.2)], 12
    )
    parts.add(shapes.tube(hose, 0.009, 6), dark)
    parts.bar((r * 1.15, 0, h * 0.25), (r * 1.15, 0, h * 0.05), (0.012, 0.022), dark, 8)
    label = surfaces.picture(rng, textures, "label", tint=0.3)
    angle = np.linspace(-1, 1, 9)
    points = np.stack([np.stack([(r + 0.001) * np.sin(angle), -(r + 0.001) * np.cos(angle), np.full(9, z)], -1)
                       for z in (0.35 * h, 0.65 * h)], 1)  # fmt: skip
    uv = np.stack(np.meshgrid(np.linspace(0, 1, 9), (0.0, 1.0), indexing="ij"), -1)
    parts.add(shapes.grid(points, uv=uv), label, fixed=True)
    return parts.model("extinguisher", "fire extinguisher", elevation=float(rng.choice([0.0, 0.6])))


MAKERS: dict[str, tuple[Maker, ...]] = {
    "ladder": (ladder,),
    "pallet": (pallet,),
    "crate": (crate,),
    "barrel": (barrel,),
    "trolley": (trolley,),
    "forklift": (forklift,),
    "pipe": (pipe,),
    "extinguisher": (extinguisher,),
}
