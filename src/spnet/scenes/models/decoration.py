"""What hangs on walls and lies about: pictures, mirrors, clocks, curtains, rugs, cushions, towels."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Mesh, Model
from spnet.scenes.textures import TextureSet


def _framed(
    parts: Parts,
    rng: np.random.Generator,
    textures: TextureSet,
    size: tuple[float, float],
    filling: Material,
    margin: float,
) -> None:
    """A frame with mitred bars about a picture; its back lies at y = 0."""
    width, height = size
    bar, deep = between(rng, 0.008, 0.06), between(rng, 0.012, 0.035)
    frame = surfaces.timber(rng, textures) if chance(rng, 0.7) else surfaces.metal(rng, textures)
    for side in (-1, 1):
        parts.box((side * (width / 2 + bar / 2), -deep / 2, 0), (bar, deep, height + 2 * bar), frame, 0.003)
        parts.box((0, -deep / 2, side * (height / 2 + bar / 2)), (width, deep, bar), frame, 0.003)
    parts.box((0, -deep * 0.2, 0), (width, deep * 0.3, height), surfaces.paper(rng, textures))
    front = -deep * 0.36
    parts.face((0, front, 0), width * (1 - margin), height * (1 - margin * width / height), filling)


def picture(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A framed picture, a canvas or a bare poster."""
    parts = Parts(rng)
    height = float(np.exp(rng.uniform(np.log(0.15), np.log(1.1))))
    width = height * between(rng, 0.65, 1.6)
    print_ = surfaces.picture(rng, textures, "picture", tint=0.3)
    kind = rng.random()
    if kind < 0.6:
        _framed(parts, rng, textures, (width, height), print_, float(rng.choice([0.0, 0.0, 0.2, 0.35])))
    elif kind < 0.8:
        parts.box((0, -0.0125, 0), (width, 0.025, height), surfaces.paper(rng, textures))
        parts.face((0, -0.0256, 0), width, height, print_)
    else:
        parts.box((0, -0.001, 0), (width, 0.002, height), surfaces.paper(rng, textures))
        parts.face((0, -0.0025, 0), width, height, surfaces.picture(rng, textures, "poster", tint=0.4))
    return parts.model("picture", elevation=1.5 - height / 2)


def mirror(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A mirror, rectangular or round."""
    parts = Parts(rng)
    glass = surfaces.mirror(rng, textures)
    if chance(rng, 0.3):
        radius = between(rng, 0.18, 0.45)
        frame = surfaces.metal(rng, textures)
        disc = shapes.lathe([(radius, 0.0), (radius, 0.012), (radius * 0.96, 0.016), (radius * 0.96, 0.012)], 36)
        parts.add(disc.moved(shapes.tilt(np.pi / 2)), frame)
        face = shapes.lathe([(radius * 0.96, 0.012), (0.0, 0.012)], 36)
        parts.add(face.moved(shapes.tilt(np.pi / 2)), glass)
        return parts.model("mirror", elevation=1.5 - radius)
    height = between(rng, 0.5, 1.6)
    _framed(parts, rng, textures, (between(rng, 0.4, 0.8), height), glass, 0.0)
    return parts.model("mirror", elevation=max(1.5 - height / 2, 0.1))


def clock(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A round wall clock."""
    parts = Parts(rng)
    radius, deep = between(rng, 0.1, 0.2), between(rng, 0.025, 0.05)
    upright = shapes.tilt(np.pi / 2)
    body = shapes.lathe([(0, 0), (radius, 0), (radius, deep), (radius * 0.93, deep), (radius * 0.93, deep * 0.7)], 36)
    parts.add(
        body.moved(upright), surfaces.metal(rng, textures) if chance(rng, 0.5) else surfaces.plastic(rng, textures)
    )
    angle = np.linspace(0, 2 * np.pi, 37)
    rim = np.stack([np.cos(angle), np.sin(angle)], -1)
    middle = np.zeros((36, 2))
    fan = np.stack([middle, rim[:-1], rim[1:]], 1)
    corners = np.stack(
        [fan[..., 0] * radius * 0.93, np.full(fan.shape[:2], -deep * 0.72), fan[..., 1] * radius * 0.93], -1
    )
    face = shapes.of_triangles(corners, (fan + 1) / 2)
    parts.add(face, surfaces.picture(rng, textures, "clock_face"), fixed=True)
    return parts.model("clock", elevation=between(rng, 1.6, 2.0))


def _hanging(width: float, height: float, folds: int, depth: float, phase: float) -> Mesh:
    """Cloth that hangs in folds, its upper edge at z = height."""
    columns = folds * 8 + 1
    u, v = np.linspace(0, 1, columns)[:, None], np.linspace(0, 1, 5)[None]
    swing = np.sin(2 * np.pi * folds * u + phase) + 0.35 * np.sin(2 * np.pi * folds * 0.37 * u + 3 * v + phase)
    points = np.stack(np.broadcast_arrays((u - 0.5) * width, depth * swing * (0.6 + 0.4 * (1 - v)), v * height), -1)
    stretch = np.stack(np.broadcast_arrays(u * width * 1.6, v * height), -1)
    return shapes.grid(points, uv=stretch)


def curtain(rng: np.random.Generator, textures: TextureSet) -> Model:
    """One or two curtains on a rod with rings."""
    parts = Parts(rng)
    cloth = surfaces.linen(rng, textures) if chance(rng, 0.5) else surfaces.fabric(rng, textures)
    rod = surfaces.metal(rng, textures) if chance(rng, 0.7) else surfaces.wood(rng, textures)
    span, height = between(rng, 1.0, 2.2), between(rng, 1.2, 2.4)
    parts.bar((-span / 2 - 0.1, 0, height + 0.03), (span / 2 + 0.1, 0, height + 0.03), between(rng, 0.007, 0.014), rod)
    for side in (-1, 1):
        parts.add(shapes.ellipsoid((side * (span / 2 + 0.12), 0, height + 0.03), (0.025, 0.02, 0.02), 10), rod)
    both = chance(rng, 0.75)
    for side in (-1, 1) if both else (int(rng.choice([-1, 1])),):
        wide = span * between(rng, 0.18, 0.48 if both else 0.8)
        folds = max(int(wide / between(rng, 0.07, 0.14)), 2)
        drape = _hanging(wide, height, folds, between(rng, 0.025, 0.05), between(rng, 0, 6))
        x = side * (span / 2 - wide / 2)
        parts.add(drape.moved(np.eye(3), (x, 0, 0)), cloth)
        for k in range(folds):
            parts.add(
                shapes.torus((x + ((k + 0.5) / folds - 0.5) * wide, 0, height + 0.02), 0.016, 0.0025, 10).moved(
                    np.eye(3)
                ),
                rod,
            )
    return parts.model("curtain", elevation=max(2.3 - height, 0.02))


def rug(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A rug, rectangular with fringes or round."""
    parts = Parts(rng)
    cloth = surfaces.picture(rng, textures, "rug", gloss=0.98, tint=0.3)
    thick = between(rng, 0.004, 0.02)
    width = between(rng, 0.8, 2.6)
    if chance(rng, 0.2):
        angle = np.linspace(0, 2 * np.pi, 49)[:-1]
        disc = shapes.extruded(np.stack([np.cos(angle), np.sin(angle)], -1) * width / 2, thick)
        disc = shapes.of_triangles(disc.corners, disc.corners[..., :2] / width + 0.5)
        parts.add(disc, cloth, fixed=True)
        return parts.model("rug")
    depth = width * between(rng, 0.4, 0.8)
    parts.box((0, 0, thick / 2), (width, depth, thick), surfaces.plain((0.35, 0.3, 0.26), 1.0, 0.3))
    parts.face((0, 0, thick + 0.0006), width, depth, cloth, "+z")
    if chance(rng, 0.4):
        thread = surfaces.linen(rng, textures)
        count = int(depth / 0.02)
        y = np.linspace(-depth / 2, depth / 2, count)
        for side in (-1, 1):
            centres = np.stack([np.full(count, side * (width / 2 + 0.03)), y, np.full(count, 0.002)], -1)
            parts.add(shapes.boxes(centres, (0.06, 0.006, 0.004), rng.normal(0, 0.15, count)), thread)
    return parts.model("rug")


def cushion(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A cushion that lies or leans."""
    parts = Parts(rng)
    side, thick = between(rng, 0.3, 0.55), between(rng, 0.09, 0.18)
    size = (side, side * between(rng, 0.6, 1.0), thick)
    mesh = shapes.cushion((0, 0, 0), size, between(rng, 0.45, 0.7), 22)
    dent = 1 - 0.25 * np.exp(-(mesh.corners[..., :1] ** 2 + mesh.corners[..., 1:2] ** 2) / 0.015)
    corners = mesh.corners * np.concatenate([np.ones_like(dent), np.ones_like(dent), dent], -1)
    angle = between(rng, 0.9, 1.35) if chance(rng, 0.4) else 0.0
    soft = shapes.of_triangles(corners, mesh.uv, mesh.normals).moved(shapes.tilt(-angle))
    parts.add(soft, surfaces.fabric(rng, textures))
    return parts.model("cushion")


def towel(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A towel over a rail on the wall, or folded ones in a stack."""
    parts = Parts(rng)
    if chance(rng, 0.5):
        width = between(rng, 0.35, 0.55)
        for k in range(int(rng.integers(1, 5))):
            size = (width, width * 0.65, 0.05)
            parts.add(
                shapes.cushion((between(rng, -0.01, 0.01), 0, 0.025 + 0.048 * k), size, 0.2),
                surfaces.linen(rng, textures),
            )
        return parts.model("towel", "folded towels")
    metal, cloth = surfaces.chrome(rng, textures), surfaces.fabric(rng, textures)
    width = between(rng, 0.4, 0.7)
    parts.bar((-width / 2, 0, 0), (width / 2, 0, 0), 0.008, metal)
    for side in (-1, 1):
        parts.bar((side * width / 2, 0, 0), (side * width / 2, 0.07, 0), 0.008, metal)
    wide = width * between(rng, 0.5, 0.9)
    front, back = between(rng, 0.3, 0.6), between(rng, 0.2, 0.5)
    over = shapes.arc((0, 0, 0), 0.011, np.pi, 0.0, 7, "yz")
    path = np.vstack([(0, -0.013, -front), (0, -0.012, -front / 2), over, (0, 0.012, -back)])
    u = np.linspace(-0.5, 0.5, 17)
    points = path[:, None] + np.stack([u * wide, 0.006 * np.sin(u * 23), 0 * u], -1)
    length = np.cumsum(np.r_[0, np.linalg.norm(np.diff(path, axis=0), axis=1)])
    uv = np.stack(np.broadcast_arrays(u * wide, length[:, None]), -1)
    parts.add(shapes.grid(points, uv=uv), cloth)
    return parts.model("towel", elevation=between(rng, 0.6, 1.0))


def whiteboard(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A white or cork board with a tray or notes."""
    parts = Parts(rng)
    width, height = between(rng, 0.6, 1.8), between(rng, 0.5, 1.2)
    frame = surfaces.steel(rng, textures)
    cork = chance(rng, 0.4)
    board = surfaces.textured(rng, textures, "chipboard") if cork else surfaces.enamel(rng, textures)
    parts.box((0, -0.008, 0), (width, 0.016, height), board)
    for side in (-1, 1):
        parts.box((side * width / 2, -0.01, 0), (0.02, 0.024, height + 0.02), frame, 0.003)
        parts.box((0, -0.01, side * height / 2), (width, 0.024, 0.02), frame, 0.003)
    for _ in range(int(rng.integers(3, 16)) if cork else int(rng.integers(0, 4))):
        x, z = between(rng, -0.4, 0.4) * width, between(rng, -0.35, 0.35) * height
        wide, tall = between(rng, 0.07, 0.22), between(rng, 0.07, 0.3)
        note = surfaces.picture(rng, textures, "page", "photograph", "poster", tint=0.3)
        parts.face((x, -0.0175 - between(rng, 0, 0.002), z), wide, min(tall, height * 0.3), note)
    if not cork:
        parts.box((0, -0.04, -height / 2 - 0.01), (width * 0.5, 0.07, 0.012), frame, 0.002)
        for x in rng.uniform(-0.2, 0.2, int(rng.integers(0, 5))) * width:
            pen = surfaces.plastic(rng, textures)
            parts.bar(
                (float(x) - 0.06, -0.05, -height / 2 + 0.004),
                (float(x) + 0.06, -0.045, -height / 2 + 0.004),
                0.008,
                pen,
                6,
            )
    return parts.model("whiteboard", elevation=between(rng, 0.8, 1.1))


MAKERS: dict[str, tuple[Maker, ...]] = {
    "picture": (picture,),
    "mirror": (mirror,),
    "clock": (clock,),
    "curtain": (curtain,),
    "rug": (rug,),
    "cushion": (cushion,),
    "towel": (towel,),
    "whiteboard": (whiteboard,),
}
