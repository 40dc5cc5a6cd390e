"""Basins, toilets, baths, showers, drying racks."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance, handle
from spnet.scenes.scene import Material, Mesh, Model, Triple
from spnet.scenes.textures import TextureSet


def basin(width: float, depth: float, height: float, thick: float, softness: float) -> Mesh:
    """An open vessel with rounded corners: outside, rim and inside; its rim at z = 0."""
    angle = np.linspace(0, 2 * np.pi, 37)[None] + np.pi / 4
    c = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** softness
    s = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** softness
    scale = max(float(np.abs(c).max()), float(np.abs(s).max()))
    outer = [(0.0, -height), (0.55, -height), (0.85, -0.55 * height), (1.0, 0.0)]
    shrink = 1 - 2 * thick / min(width, depth)
    inner = [(shrink, 0.0), (0.8 * shrink, -0.6 * height), (0.5 * shrink, -height + thick), (0.0, -height + thick)]
    ring = np.array([*outer, *inner])
    r, z = ring[:, :1], ring[:, 1:]
    points = np.stack(np.broadcast_arrays(r * c / scale * width / 2, r * s / scale * depth / 2, z), -1)
    mesh = shapes.grid(points[:, ::-1])
    edges = mesh.corners[:, 1:] - mesh.corners[:, :1]
    keep = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1) > 1e-10
    flat = shapes.of_triangles(mesh.corners[keep], mesh.uv[keep], mesh.normals[keep])
    level = np.abs(np.diff(flat.corners[..., 2], axis=1)).max(1) < 1e-6  # the rim and the bottom shade flat
    normals = np.where(level[:, None, None], 0.0, flat.normals)
    return shapes.of_triangles(flat.corners, flat.uv, normals)


def tap(parts: Parts, rng: np.random.Generator, at: Triple, metal: Material) -> None:
    """A mixer that reaches towards -y."""
    x, y, z = at
    tall, reach = between(rng, 0.1, 0.28), between(rng, 0.1, 0.18)
    parts.bar((x, y, z), (x, y, z + 0.05), 0.02, metal, 10)
    arc = shapes.arc((x, y - reach / 2, z + tall), reach / 2, 0.0, np.pi, 8, "yz")
    path = np.vstack([(x, y, z), arc, (x, y - reach, z + tall - 0.03)])
    parts.add(shapes.tube(path, 0.009, 8), metal)
    parts.bar((x, y, z + 0.06), (x + between(rng, -0.05, 0.05), y + 0.05, z + 0.1), 0.006, metal, 6)


def sink(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A wash basin on a pedestal, on a cabinet or hung; or a kitchen sink with its drainer."""
    parts = Parts(rng)
    metal = surfaces.chrome(rng, textures)
    if chance(rng, 0.3):
        steel = surfaces.steel(rng, textures)
        width, depth, height = between(rng, 0.8, 1.2), 0.6, 0.9
        wood = surfaces.lacquer(rng, textures)
        parts.box((0, 0.01, height / 2 + 0.02), (width, depth - 0.04, height - 0.06), wood)
        side = float(rng.choice([-1, 1])) * width * 0.22
        bowl = basin(width * 0.42, 0.4, 0.02, 0.012, 0.25)
        parts.box((0, 0, height), (width, depth, 0.03), steel, 0.004)
        parts.add(bowl.moved(np.eye(3), (side, -0.02, height + 0.028)), steel)
        for x in np.linspace(-0.15, 0.15, 8):
            parts.box((float(x) - side, -0.02, height + 0.017), (0.006, 0.36, 0.006), steel)
        for x in (-width / 4, width / 4):
            handle(parts, rng, (x, -depth / 2 + 0.03, height * 0.75), 0.15, metal, True, 0)
        tap(parts, rng, (side, 0.22, height + 0.015), metal)
        return parts.model("sink", "kitchen sink")
    ware = surfaces.enamel(rng, textures)
    width, depth, height = between(rng, 0.42, 0.68), between(rng, 0.36, 0.5), between(rng, 0.82, 0.88)
    parts.add(basin(width, depth, 0.16, 0.025, between(rng, 0.2, 0.9)).moved(np.eye(3), (0, 0, height)), ware)
    parts.box((0, depth / 2 - 0.04, height - 0.05), (width * 0.7, 0.1, 0.11), ware, 0.015)
    tap(parts, rng, (0, depth / 2 - 0.06, height), metal)
    kind = int(rng.integers(0, 3))
    if kind == 0:
        parts.turned([(0, 0), (0.11, 0), (0.09, 0.05), (0.065, 0.4), (0.1, height - 0.12)], ware, (0, 0.06, 0), 22)
    elif kind == 1:
        body = surfaces.timber(rng, textures)
        parts.box((0, 0.02, (height - 0.14) / 2 + 0.05), (width * 0.95, depth * 0.85, height - 0.24), body, 0.003)
        for side in (-1, 1):
            x = side * width * 0.235
            parts.box((x, -depth * 0.41, (height - 0.14) / 2 + 0.05), (width * 0.46, 0.018, height - 0.27), body, 0.003)
            handle(parts, rng, (side * 0.04, -depth * 0.43, height * 0.6), 0.12, metal, True, 1)
    else:
        path = [
            (0, 0, height - 0.15),
            (0, 0, height - 0.3),
            (0, 0.06, height - 0.36),
            (0, 0.12, height - 0.3),
            (0, depth / 2, height - 0.3),
        ]
        parts.add(shapes.tube(path, 0.018, 8), metal)
        return parts.model("sink", "wash basin", elevation=height - 0.38)
    return parts.model("sink", "wash basin")


def toilet(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A toilet with its cistern at the back; the lid up or down."""
    parts = Parts(rng)
    ware = surfaces.enamel(rng, textures)
    height, width, depth = between(rng, 0.38, 0.42), between(rng, 0.34, 0.38), between(rng, 0.48, 0.54)
    parts.add(basin(width, depth, 0.24, 0.04, 0.85).moved(np.eye(3), (0, -0.08, height)), ware)
    parts.add(shapes.cushion((0, 0.02, height * 0.36), (0.22, 0.42, height * 0.72), 0.4), ware)
    seat = surfaces.enamel(rng, textures) if chance(rng, 0.7) else surfaces.timber(rng, textures)
    ring = shapes.torus((0, 0, 0), 1.0, 0.13, 32, upright=False)
    shape = np.diag([width / 2 * 0.9, depth / 2 * 0.9, 0.11])
    parts.add(ring.moved(shape, (0, -0.08, height + 0.015)), seat)
    back = depth / 2 - 0.06
    if chance(rng, 0.5):
        lid = shapes.cushion((0, -0.08, height + 0.035), (width, depth, 0.025), 0.85)
        parts.add(lid, seat)
    else:
        lid = shapes.cushion((0, 0, depth / 2), (width, 0.025, depth), 0.85)
        parts.add(lid.moved(shapes.tilt(-0.15), (0, back - 0.02, height + 0.02)), seat)
    if chance(rng, 0.75):
        tall = between(rng, 0.32, 0.42)
        parts.add(shapes.cushion((0, back + 0.13, height + tall / 2), (0.38, 0.18, tall), 0.15, 20), ware)
        parts.turned(
            [(0.02, 0), (0.018, 0.008), (0, 0.008)], surfaces.chrome(rng, textures), (0, back + 0.13, height + tall), 14
        )
    else:
        parts.box((0, back + 0.06, height * 0.6), (0.3, 0.1, height), ware, 0.02)
    return parts.model("toilet")


def bath(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A bath, built in or on feet."""
    parts = Parts(rng)
    ware, metal = surfaces.enamel(rng, textures), surfaces.chrome(rng, textures)
    width, depth, height = between(rng, 1.4, 1.8), between(rng, 0.68, 0.82), between(rng, 0.52, 0.6)
    if chance(rng, 0.6):
        parts.add(basin(width, depth, height - 0.12, 0.05, 0.25).moved(np.eye(3), (0, 0, height)), ware)
        panel = surfaces.textured(rng, textures, "tiles") if chance(rng, 0.5) else ware
        for side in (-1, 1):
            parts.box((0, side * (depth / 2 - 0.01), height / 2 - 0.01), (width, 0.02, height - 0.02), panel)
            parts.box((side * (width / 2 - 0.01), 0, height / 2 - 0.01), (0.02, depth - 0.04, height - 0.02), panel)
        for side in (-1, 1):  # the rim between panel and bowl
            parts.box((0, side * (depth / 2 - 0.03), height - 0.008), (width, 0.06, 0.02), ware, 0.004)
            parts.box((side * (width / 2 - 0.03), 0, height - 0.008), (0.06, depth - 0.12, 0.02), ware, 0.004)
    else:
        parts.add(basin(width, depth, height - 0.14, 0.04, 0.8).moved(np.eye(3), (0, 0, height)), ware)
        parts.add(
            shapes.torus((0, 0, 0), 1.0, 0.04, 40, upright=False).moved(
                np.diag([width / 2, depth / 2, 0.6]), (0, 0, height)
            ),
            ware,
        )
        for x in (-width * 0.28, width * 0.28):
            for y in (-depth * 0.22, depth * 0.22):
                parts.bar((x * 1.1, y * 1.2, 0), (x, y, 0.24), (0.025, 0.035), metal, 8)
    tap(parts, rng, (0, depth / 2 - 0.04, height), metal)
    return parts.model("bath")


def shower(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A shower: tray, glass walls, rail with its head and hose; the corner at +x, +y."""
    parts = Parts(rng)
    ware, metal = surfaces.enamel(rng, textures), surfaces.chrome(rng, textures)
    side, height = between(rng, 0.8, 1.0), between(rng, 1.85, 2.05)
    h = side / 2
    parts.box((0, 0, 0.03), (side, side, 0.06), ware, 0.01)
    parts.box((0, 0, 0.061), (side - 0.1, side - 0.1, 0.004), surfaces.plain((0.8, 0.8, 0.8), 0.4, 0.02))
    glass = surfaces.glass(rng, textures)
    parts.box((0, -h + 0.01, height / 2), (side - 0.04, 0.008, height - 0.1), glass)
    if chance(rng, 0.7):
        parts.box((-h + 0.01, 0, height / 2), (0.008, side - 0.04, height - 0.1), glass)
    for x, y in ((-h + 0.01, -h + 0.01), (h - 0.01, -h + 0.01), (-h + 0.01, h - 0.01)):
        parts.box((x, y, height / 2), (0.025, 0.025, height), metal, 0.003)
    for z in (0.07, height - 0.02):
        parts.box((0, -h + 0.01, z), (side, 0.025, 0.03), metal, 0.003)
        parts.box((-h + 0.01, 0, z), (0.025, side, 0.03), metal, 0.003)
    handle(parts, rng, (h * 0.5, -h, 1.0), 0.3, metal, True, 0)
    parts.bar((0, h - 0.06, 1.1), (0, h - 0.06, 1.95), 0.01, metal)
    parts.bar((-0.12, h - 0.05, 1.0), (0.12, h - 0.05, 1.0), 0.022, metal, 10)
    parts.bar((0, h - 0.06, 1.9), (0, h - 0.22, 1.93), 0.01, metal, 6)
    parts.turned([(0.015, 0.03), (between(rng, 0.05, 0.12), 0.01), (0.05, 0.0), (0, 0)], metal, (0, h - 0.24, 1.89), 18)
    hose = [(0, h - 0.06, 1.85), (0.16, h - 0.1, 1.4), (0.12, h - 0.1, 0.8), (0.0, h - 0.07, 0.98)]
    parts.add(shapes.tube(shapes.smooth(hose), 0.007, 6), metal)
    return parts.model("shower")


def drying_rack(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A folding clothes horse of thin wire with some washing."""
    parts = Parts(rng)
    wire = surfaces.metal(rng, textures)
    width, depth, height = between(rng, 0.9, 1.3), between(rng, 0.5, 0.6), between(rng, 0.85, 1.05)
    for side in (-1, 1):
        x = side * width / 2
        parts.bar((x, -depth * 0.5, 0), (x, depth * 0.45, height), 0.008, wire, 6)
        parts.bar((x * 0.97, depth * 0.5, 0), (x * 0.97, -depth * 0.45, height), 0.008, wire, 6)
        wing = height + between(rng, -0.05, 0.1)
        for s in (-1, 1):
            parts.bar((x, s * depth * 0.45, height), (x, s * depth * 1.1, wing), 0.006, wire, 6)
    bars = [(float(y), height) for y in np.linspace(-depth * 0.45, depth * 0.45, int(rng.integers(5, 10)))]
    bars += [(s * float(y), wing) for s in (-1, 1) for y in np.linspace(depth * 0.7, depth * 1.1, 3)]
    for y, z in bars:
        parts.add(shapes.tube([(-width / 2, y, z), (width / 2, y, z)], 0.003, 5, capped=False), wire)
        if chance(rng, 0.4):
            wide, x = between(rng, 0.2, 0.5), between(rng, -0.25, 0.25) * width
            fall = between(rng, 0.25, 0.6)
            t = np.linspace(-1, 1, 13)[:, None]
            u = np.linspace(-0.5, 0.5, 9)[None]
            sag = 0.006 + 0.03 * np.abs(t) * (1 + 0.5 * np.sin(9 * u + y * 30))
            points = np.stack(
                np.broadcast_arrays(x + u * wide, y + np.sign(t) * sag * 0.6, z + 0.005 - np.abs(t) * fall), -1
            )
            uv = np.stack(np.broadcast_arrays(u * wide, t * fall), -1)
            parts.add(shapes.grid(points, uv=uv), surfaces.fabric(rng, textures))
    return parts.model("drying_rack")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "sink": (sink,),
    "toilet": (toilet,),
    "bath": (bath,),
    "shower": (shower,),
    "drying_rack": (drying_rack,),
}
