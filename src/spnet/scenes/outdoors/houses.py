"""Buildings: houses of towns, suburbs and villages, flats, offices, halls. Their fronts face -y and lie in y = 0.

A building spans x from -w/2 to w/2 and y from 0 to d; its walls reach below z = 0, so that it can stand on a slope.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.outdoors import fronts, matter, roofs
from spnet.scenes.outdoors.facades import Style, holed, random_style, rows, spread, windows
from spnet.scenes.outdoors.heap import Heap
from spnet.scenes.scene import Material
from spnet.scenes.surfaces import plain
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import neutral

FOOT = 4.5  # metres that walls reach below the ground; ours


@dataclass(frozen=True)
class Plan:
    """A building's size and make; lengths in metres.

    Attributes:
        kind: "terrace", "detached", "flats", "office", "hall", "garage".
        width, depth: its rectangle.
        storeys: number of floors below the eaves.
        storey: height of one.
        roof: "gable", "cross" (a gable towards the street), "hip", "shed" or "flat".
        pitch: of the roof, radians.
        ground: what the ground floor shows the street: "door", "shop", "garage", "windows".
        balconies: whether it has some.
        sides: whether its left and its right can be seen.
        detail: 0 far away to 2 near.
    """

    kind: str
    width: float
    depth: float
    storeys: int
    storey: float = 2.9
    roof: str = "gable"
    pitch: float = 0.7
    ground: str = "door"
    balconies: bool = False
    sides: tuple[bool, bool] = (True, True)
    detail: int = 2


def random_plan(rng: np.random.Generator, kind: str, detail: int = 2) -> Plan:
    """A building of a kind."""
    u = rng.uniform
    if kind == "terrace":
        roof = str(rng.choice(["gable", "gable", "gable", "cross", "flat"]))
        ground = str(rng.choice(["shop", "shop", "door", "door", "garage"]))
        size = (float(u(5.5, 13)), float(u(9, 13)), int(rng.integers(2, 6)))
        return Plan(
            kind, *size, float(u(2.8, 3.5)), roof, float(u(0.6, 0.9)), ground, bool(rng.random() < 0.25), detail=detail
        )
    if kind == "flats":
        roof = str(rng.choice(["flat", "flat", "hip", "gable"]))
        size = (float(u(13, 28)), float(u(10, 14)), int(rng.integers(3, 8)))
        return Plan(
            kind, *size, float(u(2.7, 3.0)), roof, float(u(0.35, 0.6)), "door", bool(rng.random() < 0.75), detail=detail
        )
    if kind == "office":
        size = (float(u(14, 32)), float(u(12, 18)), int(rng.integers(3, 9)))
        return Plan(kind, *size, float(u(3.1, 3.8)), "flat", 0.0, str(rng.choice(["shop", "windows"])), detail=detail)
    if kind == "hall":
        size = (float(u(16, 36)), float(u(12, 22)), 1)
        roof = str(rng.choice(["shed", "gable", "flat"]))
        return Plan(kind, *size, float(u(5, 9)), roof, float(u(0.12, 0.25)), "garage", detail=detail)
    if kind == "garage":
        return Plan(
            kind,
            float(u(3, 6.5)),
            float(u(5.5, 7)),
            1,
            float(u(2.4, 2.9)),
            str(rng.choice(["flat", "shed"])),
            0.3,
            "garage",
            detail=detail,
        )
    roof = str(rng.choice(["gable", "gable", "cross", "hip"]))
    size = (float(u(7.5, 13)), float(u(7.5, 11)), int(rng.integers(1, 3)))
    return Plan(
        "detached",
        *size,
        float(u(2.6, 2.9)),
        roof,
        float(u(0.5, 0.95)),
        "door",
        bool(rng.random() < 0.3),
        detail=detail,
    )


def house(rng: np.random.Generator, textures: TextureSet, plan: Plan) -> tuple[Heap, float]:
    """A building after a plan, and its height."""
    heap = Heap()
    if plan.detail == 0 and plan.kind != "garage":
        return heap, _from_afar(heap, rng, textures, plan)
    wall = _wall(rng, textures, plan)
    style = random_style(rng, textures, wall, plan.detail)
    if plan.kind == "office":
        style = replace(style, reveal=0.12, wide=plan.width / max(plan.width // 1.8, 1) - 0.25, tall=plan.storey - 1.0)
        style = replace(style, pitch=style.wide + 0.25, shutters=False, surround=0.0, sills=False)
    if plan.kind in ("hall", "garage"):
        style = replace(style, wide=2.2, tall=1.0, pitch=4.5, shutters=False)
    style = replace(style, tall=min(style.tall, plan.storey - 1.15))
    _walls(heap, rng, textures, plan, style)
    height = _roof(heap, rng, textures, plan, style)
    return heap, height


def _from_afar(heap: Heap, rng: np.random.Generator, textures: TextureSet, plan: Plan) -> float:
    """A block with painted windows under its roof; returns its height."""
    w, d, z = plan.width, plan.depth, plan.storeys * plan.storey
    front = matter.painted_front(rng, textures) if plan.kind != "hall" else matter.cladding(rng, textures)
    heap.box((0, d / 2, (z - FOOT) / 2), (w, d, z + FOOT), front)
    cover = matter.tiles(rng, textures)
    if plan.roof == "hip":
        return roofs.hip(heap, w, d, z, min(plan.pitch, 0.7), 0.4, cover, front)
    if plan.roof in ("gable", "cross"):
        return roofs.gable(heap, w, d, z, plan.pitch, 0.3, cover, front, front)
    return float(z)


def _wall(rng: np.random.Generator, textures: TextureSet, plan: Plan) -> Material:
    kind = rng.random()
    if plan.kind in ("hall", "garage"):
        return (matter.cladding if kind < 0.65 else matter.plaster)(rng, textures)
    if plan.kind == "office":
        return (matter.cladding if kind < 0.5 else matter.plaster)(rng, textures)
    if kind < 0.62:
        return matter.plaster(rng, textures)
    return (matter.masonry if kind < 0.9 else matter.cladding)(rng, textures)


def _walls(heap: Heap, rng: np.random.Generator, textures: TextureSet, plan: Plan, style: Style) -> None:
    w, d, high = plan.width, plan.depth, plan.storeys * plan.storey
    front = Heap()
    _street_front(front, rng, textures, plan, style)
    heap.put(front, np.eye(3), (-w / 2, 0, 0))
    plainer = replace(style, detail=min(style.detail, 1))
    floors = [k * plan.storey for k in range(plan.storeys)]
    blank = np.zeros((0, 4))
    for seen, wide, yaw, at in (
        (plan.sides[1], d, np.pi / 2, (w / 2, 0, 0)),
        (plan.sides[0], d, -np.pi / 2, (-w / 2, d, 0)),
        (any(plan.sides), w, np.pi, (w / 2, d, 0)),
    ):
        side = Heap()
        openings = blank
        shown = 0.85 if yaw != np.pi or min(plan.sides) else 0.3  # the backs of closed rows are seldom seen
        if seen and plan.kind != "hall" and rng.random() < shown:
            openings = rows(spread(wide, style.pitch * 1.25, style.wide, 1.0), floors, 0.95, style.tall)
            openings = openings[rng.random(len(openings)) < 0.8]
        holed(side, wide, high, openings, style.wall, -FOOT)
        windows(side, rng, openings, plainer)
        heap.put(side, shapes.turn(yaw), at)


def _street_front(heap: Heap, rng: np.random.Generator, textures: TextureSet, plan: Plan, style: Style) -> None:
    """The front with its ground floor, doors, balconies and bands."""
    w, high = plan.width, plan.storeys * plan.storey
    spans = spread(w, style.pitch, style.wide)
    upper = rows(spans, [k * plan.storey for k in range(1, plan.storeys)], 0.9, style.tall)
    balconies = np.zeros((0, 2))
    if plan.balconies and len(spans) and plan.storeys > 1:
        chosen = spans[:: int(rng.integers(1, 4))]
        balconies = np.stack([chosen.mean(1) - 1.3, chosen.mean(1) + 1.3], -1).clip(0.1, w - 0.1)
        door = np.isin(upper[:, 0], chosen[:, 0])
        upper[door, 2] = np.floor(upper[door, 2] / plan.storey) * plan.storey + 0.08
    ground = fronts.ground_floor(heap, rng, textures, plan.ground, w, plan.storey, style, plan.kind)
    holed(heap, w, high, np.concatenate([upper, ground.windows, ground.others]), style.wall, -FOOT)
    windows(heap, rng, np.concatenate([upper, ground.windows]), style)
    if plan.detail and len(balconies):
        for k in range(1, plan.storeys):
            fronts.balconies(heap, rng, balconies, k * plan.storey, style, matter.metal(rng))
    if plan.detail:
        _bands(heap, rng, plan, style)


def _bands(heap: Heap, rng: np.random.Generator, plan: Plan, style: Style) -> None:
    """Plinth, string courses, cornice."""
    w, high = plan.width, plan.storeys * plan.storey
    if rng.random() < 0.5 and plan.ground in ("door", "windows") and plan.kind != "garage":
        base = float(rng.uniform(0.25, 0.6))
        heap.box((w / 2, -0.0, (base - FOOT) / 2), (w + 0.02, 0.05, base + FOOT), style.trim)
    if plan.kind == "terrace" and rng.random() < 0.6:
        heap.box((w / 2, -0.08, high - 0.12), (w, 0.24, 0.24), style.trim)
    if plan.kind in ("terrace", "flats") and rng.random() < 0.4:
        levels = [k * plan.storey for k in range(1, plan.storeys)]
        heap.boxes([(w / 2, -0.02, z) for z in levels], (w, 0.08, 0.14), style.trim)


def _roof(heap: Heap, rng: np.random.Generator, textures: TextureSet, plan: Plan, style: Style) -> float:
    w, d, z = plan.width, plan.depth, plan.storeys * plan.storey
    cover, over = matter.tiles(rng, textures), float(rng.uniform(0.15, 0.6))
    if plan.kind == "hall":
        cover = matter.toned(rng, textures, "corrugated", neutral(rng, (0.4, 0.75)), roughness=0.5)
    if plan.kind == "terrace":
        over = min(over, 0.3) if plan.roof == "gable" else 0.05
    if plan.roof == "flat":
        grey = matter.toned(rng, textures, ("gravel", "asphalt"), neutral(rng, (0.35, 0.6)))
        return roofs.flat(heap, rng, w, d, z, grey, style.wall, style.trim)
    if plan.roof == "shed":
        return roofs.shed(heap, w, d, z, d * float(rng.uniform(0.05, 0.25)), over, cover, style.wall)
    if plan.roof == "hip":
        top = roofs.hip(heap, w, d, z, min(plan.pitch, 0.7), over, cover, style.trim)
    elif plan.roof == "cross":
        turned = Heap()
        top = roofs.gable(turned, d, w, z, min(plan.pitch, 0.85), over, cover, style.trim, style.wall)
        heap.put(turned, shapes.turn(np.pi / 2), (w / 2, d / 2, 0))
    else:
        top = roofs.gable(heap, w, d, z, plan.pitch, over, cover, style.trim, style.wall)
        _on_gable(heap, rng, plan, style, cover)
    if plan.detail and plan.kind != "hall":
        brick = style.wall if rng.random() < 0.5 else matter.masonry(rng, textures)
        for _ in range(int(rng.integers(0, 3))):
            x = float(rng.uniform(-0.4, 0.4)) * w
            roofs.chimney(heap, rng, x, d * float(rng.uniform(0.4, 0.6)), z, top + float(rng.uniform(0.4, 1.0)), brick)
    return float(top)


def _on_gable(heap: Heap, rng: np.random.Generator, plan: Plan, style: Style, cover: Material) -> None:
    """Dormers, skylights, solar panels, gutters on the slope that faces the street."""
    w, z, tan = plan.width, plan.storeys * plan.storey, float(np.tan(plan.pitch))
    kind = rng.random()
    if kind < 0.4 and plan.depth / 2 * tan > 2.6 and plan.detail:
        spans = spread(w, style.pitch * float(rng.uniform(1.3, 2.4)), 1.4, 1.0) - w / 2
        roofs.dormers(heap, rng, spans, z, plan.pitch, style, cover)
    elif kind < 0.7:
        dark = style.panes[0] if rng.random() < 0.6 else plain((0.08, 0.1, 0.16), 0.2, 0.1, reflectance=0.08)
        many = rng.random() < 0.3
        normal = np.array([0.0, -np.sin(plan.pitch), np.cos(plan.pitch)])
        for k in range(int(rng.integers(1, 4))):
            x = (-0.3 + 0.3 * k) * w
            wide, tall = (1.6, 1.0) if many else (0.4, 0.55)
            up = float(rng.uniform(0.3, 0.55)) * plan.depth / 2
            middle = np.array([x, up, z + up * tan + 0.16]) + normal * 0.05
            panel = shapes.box((0, 0, 0), (2 * wide, 2 * tall, 0.08)).moved(shapes.tilt(plan.pitch).T, middle)
            heap.add(panel, dark)
    if plan.detail:
        pipe = matter.metal(rng)
        roofs.gutter(heap, w, -0.25, z + 0.0, 0.0, pipe, (-w / 2 + 0.2,) if rng.random() < 0.7 else ())
