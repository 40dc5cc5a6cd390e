"""The pack: one compressed file of numbers (no pickle), and the model that a piece of it becomes.

Points are rounded to a quarter of a millimetre (more on what is long), numbered by first use and stored as differences;
triangles name vertices by how far they lie behind the newest, which packs well. Shading normals are found again when a
model is read.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spnet.errors import BadInput
from spnet.files import atomic_path
from spnet.scenes.assets.levels import level_faces
from spnet.scenes.scene import BY_UV, Floats, Material, Mesh, Model
from spnet.types import AnyArray

FORMAT = 1
NAME = "assets.npz"
ATTRIBUTION = "ATTRIBUTION.txt"
STEP = 2.5e-4  # metres to which points are rounded; more on models longer than STEP * STEPS
STEPS = 16383  # of a coordinate at most
UV_STEPS = 4095  # of a texture coordinate within its box
CREASE = 0.77  # cosine of the largest angle, 40 degrees, over which neighbouring faces shade smoothly; ours
CACHE = 160  # models kept ready; each holds up to half a megabyte
BRIGHTEST = 60.0  # radiance that a map keeps; above that it is cut
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Entry:
    """What the pack's index says of a model.

    Attributes:
        source: "catalogue:number".
        name: in the catalogue.
        kind: ours.
        author: who made it.
        licence: its short name.
        facts: the remaining numbers: where its arrays lie, its box, materials, level faces, elevation.
    """

    source: str
    name: str
    kind: str
    author: str
    licence: str
    facts: Mapping[str, Any] = field(repr=False)

    @property
    def size(self) -> tuple[float, float, float]:
        """Extents in x, y and z, metres."""
        x, y, z = (high - low for low, high in zip(self.facts["low"], self.facts["high"], strict=True))
        return x, y, z


def quantised(values: AnyArray, low: AnyArray, high: AnyArray, steps: int) -> NDArray[np.int64]:
    """Values as whole numbers from 0 at `low` to `steps` at `high`."""
    span = np.maximum(np.asarray(high, np.float64) - low, 1e-9)
    return np.asarray(np.clip(np.round((values - low) / span * steps), 0, steps), np.int64)


def behind(triangles: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangles as distances to the newest vertex: 0 is a new one; and the order in which vertices are first used.

    >>> codes, order = behind(np.array([[7, 3, 5], [5, 3, 9]]))
    >>> codes.ravel().tolist(), order.tolist()
    ([0, 0, 0, 1, 2, 0], [7, 3, 5, 9])
    """
    flat = triangles.ravel()
    used, first, number = np.unique(flat, return_index=True, return_inverse=True)
    rank = np.empty(len(used), np.int64)
    rank[np.argsort(first)] = np.arange(len(used))
    renumbered = rank[number]
    new = np.zeros(len(flat), bool)
    new[first] = True
    newest = np.cumsum(new) - new  # before this one
    return (newest - renumbered).reshape(-1, 3), used[np.argsort(first)]


def ahead(codes: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Triangles again, from what `behind` made.

    >>> ahead(behind(np.array([[7, 3, 5], [5, 3, 9]]))[0]).tolist()
    [[0, 1, 2], [2, 1, 3]]
    """
    flat = codes.astype(np.int64).ravel()
    new = flat == 0
    return np.asarray(np.cumsum(new) - new - flat).reshape(-1, 3)


def differences(values: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Differences along the first axis, small ones as small numbers whatever their sign."""
    steps = np.diff(values, axis=0, prepend=np.zeros((1, *values.shape[1:]), np.int64))
    return np.where(steps < 0, -2 * steps - 1, 2 * steps).astype(np.uint16)


def sums(values: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Values again, from what `differences` made.

    >>> sums(differences(np.array([[5], [2], [900], [0]]))).ravel().tolist()
    [5, 2, 900, 0]
    """
    wide = values.astype(np.int64)
    return np.asarray(np.cumsum(np.where(wide % 2, -(wide + 1) // 2, wide // 2), axis=0))


def planes(values: NDArray[np.uint16]) -> Bytes:
    """(2, ...) low and high bytes apart, which deflate packs better."""
    return np.stack([values & 255, values >> 8]).astype(np.uint8)


def whole(parts: Bytes) -> NDArray[np.uint16]:
    """Numbers again, from what `planes` made."""
    return np.asarray(parts[0].astype(np.uint16) | (parts[1].astype(np.uint16) << 8))


def split(
    points: AnyArray, triangles: NDArray[np.int64], uv: AnyArray
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """The mesh with a vertex of its own on each side of every crease and seam, so that shading is a sum over vertices.

    Args:
        points: (N, 3).
        triangles: (T, 3).
        uv: (T, 3, 2).

    Returns:
        (M, 3) points, (T, 3) triangles and (M, 2) texture coordinates.
    """
    normals = shading(np.asarray(points, np.float32)[triangles], triangles).reshape(-1, 3)
    flat = np.asarray(uv, np.float64).reshape(-1, 2)
    rounded = np.round(np.c_[normals * 24, flat * 1000]).astype(np.int64)
    keys = np.c_[triangles.reshape(-1, 1), rounded]
    _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return np.asarray(points, np.float64)[triangles.ravel()[first]], number.reshape(-1, 3), flat[first]


def smooth(corners: Floats, vertices: NDArray[np.int64]) -> Floats:
    """(T, 3, 3) unit normals: at each vertex the mean of its faces, which `split` has parted at creases."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat = vertices.ravel()
    count = int(flat.max()) + 1
    mean = np.stack([np.bincount(flat, np.repeat(normal[:, axis], 3), count) for axis in range(3)], -1)
    mean = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-20)
    return np.asarray(mean[vertices], np.float32)


def shading(corners: Floats, vertices: NDArray[np.int64]) -> Floats:
    """(T, 3, 3) unit normals: at each corner the mean of the faces about its vertex that lean little from its own.

    Args:
        corners: (T, 3, 3).
        vertices: (T, 3) vertex of each corner.
    """
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(np.float64)
    unit = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-20)
    flat = vertices.ravel()
    order = np.argsort(flat, kind="stable")
    face = order // 3
    count = np.bincount(flat)[flat[order]]  # corners at the same vertex, for each corner in order
    start = np.r_[0, np.cumsum(np.bincount(flat))][flat[order]]
    pair_of = np.repeat(np.arange(len(flat)), count)
    other = np.repeat(start, count) + np.arange(len(pair_of)) - np.repeat(np.cumsum(count) - count, count)
    one, two = face[pair_of], face[other]
    near = (unit[one] * unit[two]).sum(1) > CREASE
    mean = np.zeros((len(flat), 3))
    for axis in range(3):
        mean[:, axis] = np.bincount(pair_of[near], normal[two[near], axis], len(flat))
    mean = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-20)
    out = np.empty_like(mean)
    out[order] = mean
    return np.asarray(out.reshape(-1, 3, 3), np.float32)


class Assets:
    """A pack that was read: models by kind, pictures for their surfaces, maps of surrounding light."""

    def __init__(self, folder: Path) -> None:
        """Read the pack of a folder.

        Raises:
            BadInput: there is none, or it is damaged or of another version.
        """
        self.folder = folder
        path = folder / NAME
        try:
            with np.load(path, allow_pickle=False) as archive:
                self._arrays = {name: archive[name] for name in archive.files}
            index = json.loads(self._arrays.pop("index").tobytes())
        except (OSError, ValueError, KeyError, EOFError, SyntaxError, zipfile.BadZipFile, lzma.LZMAError) as error:
            raise BadInput(f"{path} is no asset pack or damaged; make it again with: spnet scenes assets") from error
        if index.get("format") != FORMAT:
            raise BadInput(
                f"{path} has format {index.get('format')}, this version reads {FORMAT}; make it again with: "
                "spnet scenes assets"
            )
        self.id: str = index["id"]
        self.packages: Mapping[str, str] = index["packages"]
        self.models = tuple(
            Entry(one["source"], one["name"], one["kind"], one["author"], one["licence"], one)
            for one in index["models"]
        )
        self._index = index
        self._points, self._faces, self._uv = (whole(self._arrays.pop(name)) for name in ("points", "faces", "uv"))
        self._ready: OrderedDict[tuple[int, int], Model] = OrderedDict()

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[int, ...]]:
        """Numbers of the models of each kind."""
        found: dict[str, list[int]] = {}
        for number, entry in enumerate(self.models):
            found.setdefault(entry.kind, []).append(number)
        return {kind: tuple(numbers) for kind, numbers in found.items()}

    @cached_property
    def textures(self) -> list[Bytes]:
        """Pictures of the models' surfaces, (h, w, 3) sRGB, the right way up."""
        return [_picture(one) for one in _split(self._arrays["pictures"], self._index["pictures"])]

    @cached_property
    def environments(self) -> dict[str, Floats]:
        """Maps of surrounding light by name, (h, 2h, 3) float32, linear, first row up."""
        blobs = _split(self._arrays["maps"], [size for _, size in self._index["maps"]])
        return {name: unpacked(blob) for (name, _), blob in zip(self._index["maps"], blobs, strict=True)}

    def model(self, number: int, layers: Sequence[int]) -> Model:
        """A model.

        Args:
            number: index into `models`.
            layers: of the texture set in use, for each of `textures`.
        """
        key = (number, layers[0] if layers else -1)
        if key in self._ready:
            self._ready.move_to_end(key)
            return self._ready[key]
        model = self._read(self.models[number], layers)
        self._ready[key] = model
        if len(self._ready) > CACHE:
            self._ready.popitem(last=False)
        return model

    def _read(self, entry: Entry, layers: Sequence[int]) -> Model:
        facts = entry.facts
        first, count, start, faces = facts["points"][0], facts["points"][1], facts["faces"][0], facts["faces"][1]
        low = np.array(facts["low"])
        points = sums(self._points[first : first + count]) * facts["step"] + low
        vertices = ahead(self._faces[start : start + faces])
        corners = points[vertices].astype(np.float32)
        material = self._arrays["material"][start : start + faces].astype(np.int32)
        uv = np.zeros((faces, 3, 2), np.float32)
        begin, textured = facts["uv"]
        if textured:
            box = np.array(facts["uv_box"])
            at = sums(self._uv[begin : begin + textured]) / UV_STEPS * (box[1] - box[0]) + box[0]
            uv = at[vertices].astype(np.float32)
        materials = tuple(_material(one, layers) for one in facts["materials"])
        mesh = Mesh(corners, smooth(corners, vertices), uv, material)
        surfaces = tuple((float(z), float(x), float(y)) for z, x, y in facts["surfaces"])
        return Model(entry.name, entry.kind, mesh, materials, float(facts["elevation"]), surfaces, entry.source)


def _material(stored: Mapping[str, Any], layers: Sequence[int]) -> Material:
    picture = int(stored["picture"])
    r, g, b = (float(v) for v in stored["colour"])
    layer = layers[picture] if 0 <= picture < len(layers) else -1
    others = {key: float(stored[key]) for key in ("roughness", "reflectance", "grain", "opacity")}
    return Material((r, g, b), layer, BY_UV, 1.0, metal=bool(stored["metal"]), **others)


def _split(blob: Bytes, sizes: Sequence[int]) -> list[bytes]:
    ends = np.cumsum([0, *sizes]).tolist()
    return [blob[a:b].tobytes() for a, b in pairwise(ends)]


def _picture(content: bytes) -> Bytes:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def packed_map(radiance: Floats) -> bytes:
    """A map of light as a JPEG of its logarithm: 1.6 % a step at most."""
    values = np.log1p(np.clip(radiance, 0, BRIGHTEST) * 64) / np.log1p(BRIGHTEST * 64)
    buffer = io.BytesIO()
    Image.fromarray((values * 255 + 0.5).astype(np.uint8)).save(buffer, "JPEG", quality=94, subsampling=0)
    return buffer.getvalue()


def unpacked(content: bytes) -> Floats:
    """The map again, from what `packed_map` made."""
    values = _picture(content).astype(np.float32) / 255
    return np.asarray(np.expm1(values * np.log1p(BRIGHTEST * 64)) / 64, np.float32)


class Writer:
    """Collects models, pictures and maps, and writes the pack."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._points: list[NDArray[np.uint16]] = []
        self._faces: list[NDArray[np.int64]] = []
        self._material: list[NDArray[np.uint8]] = []
        self._uv: list[NDArray[np.uint16]] = []
        self._models: list[dict[str, Any]] = []
        self._pictures: dict[bytes, int] = {}
        self._maps: list[tuple[str, bytes]] = []
        self._at = [0, 0, 0]

    def __len__(self) -> int:
        return len(self._models)

    def credits(self) -> list[tuple[str, str, str, str]]:
        """Name, author, licence and source of everything in it."""
        models = [(one["name"], one["author"], one["licence"], one["source"]) for one in self._models]
        return models + [(name, "Poly Haven", "CC0 1.0", "@pmndrs/assets") for name, _ in self._maps]

    def picture(self, content: bytes) -> int:
        """Number of a JPEG; equal ones are kept once."""
        return self._pictures.setdefault(content, len(self._pictures))

    def map(self, name: str, radiance: Floats) -> None:
        """Add a map of light, (h, 2h, 3) linear."""
        self._maps.append((name, packed_map(radiance)))

    def model(
        self,
        *,
        source: str,
        name: str,
        kind: str,
        author: str,
        licence: str,
        elevation: float,
        points: AnyArray,
        triangles: NDArray[np.int64],
        material: NDArray[np.int64],
        uv: AnyArray,
        materials: Iterable[Mapping[str, Any]],
    ) -> None:
        """Add a model; `materials` name their pictures by number, -1 for none. Arrays as in `Packed`."""
        order = np.argsort(material, kind="stable")
        kept = [dict(one) for one in materials]
        points, triangles, coordinates = split(points, triangles, uv)
        codes, used = behind(triangles[order])
        own, low, high = points[used], points[used].min(0), points[used].max(0)
        step = max(STEP, float((high - low).max()) / STEPS)
        coordinates = coordinates[used] if any(one["picture"] >= 0 for one in kept) else coordinates[:0]
        box = [coordinates.min(0), coordinates.max(0)] if len(coordinates) else [np.zeros(2), np.ones(2)]
        self._models.append(
            {
                "source": source,
                "name": name,
                "kind": kind,
                "author": author,
                "licence": licence,
                "elevation": round(elevation, 4),
                "low": low.tolist(),
                "high": high.tolist(),
                "step": step,
                "points": [self._at[0], len(own)],
                "faces": [self._at[1], len(codes)],
                "uv": [self._at[2], len(coordinates)],
                "uv_box": [box[0].tolist(), box[1].tolist()],
                "materials": kept,
                "surfaces": [[round(v, 4) for v in one] for one in level_faces(own, ahead(codes), kind)],
            }
        )
        self._points.append(differences(np.round((own - low) / step).astype(np.int64)))
        self._faces.append(codes)
        self._material.append(material[order].astype(np.uint8))
        self._uv.append(differences(quantised(coordinates, box[0], box[1], UV_STEPS)))
        self._at = [self._at[0] + len(own), self._at[1] + len(codes), self._at[2] + len(coordinates)]

    def write(self, folder: Path, packages: Mapping[str, str], attribution: str) -> None:
        """Write the pack and its attribution, each complete or absent.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        arrays: dict[str, NDArray[Any]] = {
            "points": planes(np.concatenate([*self._points, np.zeros((0, 3), np.uint16)])),
            "faces": planes(np.concatenate([*self._faces, np.zeros((0, 3), np.int64)]).astype(np.uint16)),
            "material": np.concatenate([*self._material, np.zeros(0, np.uint8)]),
            "uv": planes(np.concatenate([*self._uv, np.zeros((0, 2), np.uint16)])),
            "pictures": np.frombuffer(b"".join(self._pictures), np.uint8),
            "maps": np.frombuffer(b"".join(blob for _, blob in self._maps), np.uint8),
        }
        index: dict[str, Any] = {
            "format": FORMAT,
            "packages": dict(packages),
            "models": self._models,
            "pictures": [len(one) for one in self._pictures],
            "maps": [[name, len(blob)] for name, blob in self._maps],
        }
        digest = hashlib.sha256(json.dumps(index, sort_keys=True).encode())
        for name in sorted(arrays):
            digest.update(np.ascontiguousarray(arrays[name]).tobytes())
        index["id"] = digest.hexdigest()[:16]
        arrays["index"] = np.frombuffer(json.dumps(index, separators=(",", ":")).encode(), np.uint8)
        with atomic_path(folder / ATTRIBUTION) as temporary:
            temporary.write_text(attribution, encoding="utf-8")
        with atomic_path(folder / NAME) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_LZMA) as archive:
            for name, array in arrays.items():
                buffer = io.BytesIO()
                np.save(buffer, array, allow_pickle=False)
                archive.writestr(f"{name}.npy", buffer.getvalue())
