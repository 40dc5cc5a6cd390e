"""One piece of a catalogue to one model of the pack."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spnet.scenes.assets.catalogue import Item
from spnet.scenes.assets.objects import Coat, Read, Shape, read_object
from spnet.scenes.assets.reduction import Indices, Points, deviation, reduced, stray, welded
from spnet.scenes.textures.noise import linear

TRIANGLES = 6000  # at most, of a model
HEAVY = 400_000  # triangles of a model that is not even tried; ours
DEVIATION = 0.03  # of a reduced surface from the original, as a share of its diagonal; more is spiky or torn; ours
STRAY = 0.45  # see `stray`; ours
CLEAR = 0.05  # share of a picture's pixels that may be transparent; leaf cards cannot be shown
CUT = 0.1  # share of a model's surface that may wear such pictures, and is left out; ours
GRAIN = 2e-4  # metres within which vertices are one
SHINY = re.compile(r"chrome|metal|steel|inox|alumin|silver|brass|gold|copper|iron", re.I)
REFLECTING = re.compile(r"mirror|miroir|espejo", re.I)
CLEARLY = re.compile(r"glass|verre|vidrio|cristal|crystal|window pane", re.I)


@dataclass
class Packed:
    """A model on its way into the pack.

    Attributes:
        item: what it was.
        kind: ours.
        points: (N, 3) metres; stands on z = 0, centred, front to -y.
        triangles: (T, 3).
        material: (T,) index into `materials`.
        uv: (T, 3, 2); zeros where a material has no picture.
        materials: fields of `Material` by name; "picture" is a path within the archive or "".
    """

    item: Item
    kind: str
    points: Points
    triangles: Indices
    material: Indices
    uv: NDArray[np.float64]
    materials: list[dict[str, object]] = field(default_factory=list)


class Unfit(Exception):
    """A model that is left out, and why."""


def convert(item: Item, kind: str, read: Read) -> Packed:
    """Read, turn, scale, weld, reduce and check a model.

    Args:
        item: of a catalogue.
        kind: what it is.
        read: gives files of its archive.

    Raises:
        Unfit: it is empty, too heavy, broken, spiky once reduced, or made of pictures with holes.
    """
    shape = read_object(item.model, read)
    if shape is None:
        raise Unfit("it has no faces")
    if len(shape.triangles) > HEAVY:
        raise Unfit(f"it has {len(shape.triangles)} triangles")
    points = placed(shape, item)
    triangles, coat, coordinates = shape.triangles[..., 0], shape.coat, _coordinates(shape)
    points, triangles, kept = welded(points, triangles, GRAIN)
    if not len(triangles):
        raise Unfit("it has no area")
    coat, coordinates = coat[kept], coordinates[kept]
    if (away := stray(points, triangles, item.size)) > STRAY:
        raise Unfit(f"{away:.0%} of its box hold almost nothing")
    pictures = [one.picture if read(one.picture) else "" for one in shape.coats]
    solid = _solid(points, triangles, coat, [bool(p) and transparency(read(p)) > CLEAR for p in pictures])
    triangles, coat, coordinates = triangles[solid], coat[solid], coordinates[solid]
    if len(triangles) > TRIANGLES:
        points, triangles, coat, coordinates = _lighter(points, triangles, coat, coordinates)
    used, coat = np.unique(coat, return_inverse=True)
    materials = [material_of(shape.coats[k], pictures[k]) for k in used]
    textured = np.array([bool(m["picture"]) for m in materials])[coat]
    coordinates = np.where(textured[:, None, None], coordinates, 0.0)
    return Packed(item, kind, points, triangles, coat, coordinates, materials)


def _solid(points: Points, triangles: Indices, coat: Indices, holes: list[bool]) -> NDArray[np.bool_]:
    """Which triangles do not wear a picture with holes.

    Raises:
        Unfit: most of the model does.
    """
    cut = np.asarray(holes, bool)[coat]
    corners = points[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    if area[cut].sum() > CUT * area.sum():
        raise Unfit("its pictures have holes")
    return ~cut


def placed(shape: Shape, item: Item) -> Points:
    """The points of a shape at the catalogue's size, z up, front to -y, standing on z = 0, centred."""
    points = shape.points @ item.rotation.T
    used = np.unique(shape.triangles[..., 0])
    low, high = points[used].min(0), points[used].max(0)
    width, depth, height = item.size
    scale = np.array([width, height, depth]) / np.maximum(high - low, 1e-9)
    scale = np.where(high - low > 1e-9, scale, 1.0)
    points = (points - np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])) * scale
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], -1)


def _coordinates(shape: Shape) -> NDArray[np.float64]:
    if not len(shape.coordinates):
        return np.zeros((*shape.triangles.shape[:2], 2))
    at = shape.triangles[..., 1]
    return np.where((at >= 0)[..., None], shape.coordinates[np.maximum(at, 0)], 0.0)


def _lighter(
    points: Points, triangles: Indices, coat: Indices, coordinates: NDArray[np.float64]
) -> tuple[Points, Indices, Indices, NDArray[np.float64]]:
    """At most TRIANGLES triangles, each material reduced by itself; texture coordinates go with the nearest old point.

    Raises:
        Unfit: the result is not like the original.
    """
    parts: list[tuple[Points, Indices, Indices, NDArray[np.float64]]] = []
    share = TRIANGLES / len(triangles)
    start = 0
    for number in np.unique(coat):
        mine = coat == number
        used, faces = np.unique(triangles[mine], return_inverse=True)
        faces = faces.reshape(-1, 3)
        own = points[used]
        target = max(int(share * mine.sum() * 0.97), 8)
        fewer, smaller = reduced(own, faces, target)
        if not len(smaller):
            continue
        uv = carried(own, faces, coordinates[mine], fewer, smaller)
        parts.append((fewer, smaller + start, np.full(len(smaller), number), uv))
        start += len(fewer)
    if not parts:
        raise Unfit("nothing of it is left when it is reduced")
    merged = [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]
    if len(merged[1]) > 1.15 * TRIANGLES:
        raise Unfit(f"it cannot be reduced below {len(merged[1])} triangles")
    away = deviation((merged[0], merged[1]), (points, triangles))
    if away > DEVIATION:
        raise Unfit(f"reduced, it strays by {away:.1%} of its size")
    return merged[0], merged[1], merged[2], merged[3]


def carried(
    points: Points, faces: Indices, uv: NDArray[np.float64], fewer: Points, smaller: Indices
) -> NDArray[np.float64]:
    """Texture coordinates (S, 3, 2) for a reduced mesh: of the nearest old triangle, extended."""
    if not uv.any():
        return np.zeros((len(smaller), 3, 2))
    from scipy.spatial import cKDTree

    old, new = points[faces], fewer[smaller]
    _, near = cKDTree(old.mean(1)).query(new.mean(1))
    a, b, c = (old[near, k] for k in range(3))
    first, second = b - a, c - a
    d11, d12, d22 = (first * first).sum(1), (first * second).sum(1), (second * second).sum(1)
    flat = np.maximum(d11 * d22 - d12 * d12, 1e-18)
    out = np.empty((len(smaller), 3, 2))
    for k in range(3):
        way = new[:, k] - a
        p, q = (way * first).sum(1), (way * second).sum(1)
        s, t = (d22 * p - d12 * q) / flat, (d11 * q - d12 * p) / flat
        s, t = np.clip(s, -3, 4), np.clip(t, -3, 4)
        base = uv[near, 0]
        out[:, k] = base + s[:, None] * (uv[near, 1] - base) + t[:, None] * (uv[near, 2] - base)
    return out


def transparency(content: bytes | None) -> float:
    """Share of a picture's pixels that are more than half transparent; 0 for what is no picture."""
    if content is None:
        return 0.0
    try:
        picture = Image.open(BytesIO(content))
        if picture.mode not in ("RGBA", "LA", "P") or "A" not in picture.convert("RGBA").getbands():
            return 0.0
        alpha = np.asarray(picture.convert("RGBA").resize((64, 64)))[..., 3]
    except (OSError, ValueError):
        return 0.0
    return float((alpha < 128).mean())


def material_of(coat: Coat, picture: str) -> dict[str, object]:
    """Our material for one of an MTL file. Its colours are sRGB, as the catalogue's own viewer shows them."""
    gloss = max(coat.specular)
    roughness = float(np.clip((2 / (coat.shine + 2)) ** 0.25 if gloss > 0.02 else 0.9, 0.08, 0.95))
    colour = linear(np.clip(coat.diffuse, 0.02, 0.93))
    found: dict[str, object] = {
        "colour": (0.85, 0.85, 0.85) if picture else colour,
        "roughness": roughness,
        "reflectance": 0.04,
        "grain": 0.0 if picture else 0.03,
        "opacity": 1.0,
        "metal": False,
        "picture": picture,
    }
    if REFLECTING.search(coat.name):
        found |= {"roughness": 0.03, "reflectance": 0.9, "metal": True, "colour": (0.9, 0.92, 0.92), "picture": ""}
    elif coat.opacity < 0.95 or (CLEARLY.search(coat.name) and coat.opacity < 1):
        found |= {"opacity": float(np.clip(coat.opacity, 0.12, 0.8)), "roughness": 0.06, "reflectance": 0.05}
    elif SHINY.search(coat.name) and not picture:
        found |= {"metal": True, "reflectance": 0.6, "roughness": min(roughness, 0.4)}
    return found
