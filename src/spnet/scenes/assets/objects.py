"""OBJ models and their MTL materials, as read from an archive."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Read = Callable[[str], bytes | None]  # a file of the archive by its path; None where it is absent


@dataclass(frozen=True)
class Coat:
    """What an MTL file says of a material: sRGB colours, shininess, opacity, and the path of its picture."""

    name: str
    diffuse: tuple[float, float, float] = (0.7, 0.7, 0.7)
    specular: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shine: float = 10.0
    opacity: float = 1.0
    picture: str = ""


@dataclass
class Shape:
    """An OBJ model: faces are cut into triangles.

    Attributes:
        points: (N, 3) vertices, y up.
        coordinates: (K, 2) texture coordinates.
        triangles: (T, 3, 2) indices of point and texture coordinate (-1 where there is none).
        coat: (T,) index into `coats`.
        coats: materials in use.
    """

    points: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    triangles: NDArray[np.int64]
    coat: NDArray[np.int64]
    coats: list[Coat] = field(default_factory=list)


def read_materials(text: str, folder: str) -> dict[str, Coat]:
    """The materials of an MTL file, by name."""
    coats: dict[str, Coat] = {}
    current = ""
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2:
            continue
        key = words[0]
        if key == "newmtl":
            current = " ".join(words[1:])
            coats[current] = Coat(current)
        elif current and key in ("Kd", "Ks") and len(words) >= 4:
            r, g, b = (float(w) for w in words[1:4])
            one = coats[current]
            coats[current] = replace(one, diffuse=(r, g, b)) if key == "Kd" else replace(one, specular=(r, g, b))
        elif current and key == "Ns":
            coats[current] = replace(coats[current], shine=float(words[1]))
        elif current and key == "d":
            coats[current] = replace(coats[current], opacity=float(words[-1]))
        elif current and key == "map_Kd":
            name = line.strip().split(None, 1)[1].replace("\\", "/")
            coats[current] = replace(coats[current], picture=posixpath.normpath(posixpath.join(folder, name)))
    return coats


def _index(word: str, points: int, coordinates: int) -> tuple[int, int]:
    """Point and texture coordinate of a face's corner, from 0; negative numbers count from the end."""
    parts = word.split("/")
    point = int(parts[0])
    other = int(parts[1]) if len(parts) > 1 and parts[1] else 0
    point = point - 1 if point > 0 else points + point
    other = other - 1 if other > 0 else (coordinates + other if other < 0 else -1)
    return point, other


def read_object(path: str, read: Read) -> Shape | None:
    """An OBJ file of an archive with its materials; None where it has no faces.

    Args:
        path: of the OBJ file.
        read: gives files of the archive.
    """
    content = read(path)
    if content is None:
        return None
    folder = posixpath.dirname(path)
    points: list[list[str]] = []
    coordinates: list[list[str]] = []
    triangles: list[tuple[tuple[int, int], ...]] = []
    coat: list[int] = []
    numbers: dict[str, int] = {}
    known: dict[str, Coat] = {}
    current = numbers.setdefault("", 0)
    for line in content.decode("latin1").splitlines():
        if line.startswith("v "):
            points.append(line.split()[1:4])
        elif line.startswith("vt "):
            coordinates.append(line.split()[1:3])
        elif line.startswith("f "):
            corners = [_index(word, len(points), len(coordinates)) for word in line.split()[1:]]
            for k in range(1, len(corners) - 1):
                triangles.append((corners[0], corners[k], corners[k + 1]))
                coat.append(current)
        elif line.startswith("usemtl"):
            current = numbers.setdefault(line[6:].strip(), len(numbers))
        elif line.startswith("mtllib"):
            materials = read(posixpath.normpath(posixpath.join(folder, line[6:].strip())))
            known.update(read_materials((materials or b"").decode("latin1"), folder))
    if not triangles:
        return None
    return Shape(
        np.array(points, np.float64).reshape(-1, 3),
        np.array(coordinates, np.float64).reshape(-1, 2),
        np.array(triangles, np.int64),
        np.array(coat, np.int64),
        [known.get(name, Coat(name)) for name in numbers],
    )
