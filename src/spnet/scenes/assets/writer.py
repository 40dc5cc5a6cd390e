"""Writes what `spnet.scenes.assets.pack` reads."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spnet.files import atomic_path
from spnet.scenes.assets.coding import STEP, STEPS, UV_STEPS, ahead, behind, differences, packed_map, planes, quantised
from spnet.scenes.assets.levels import level_faces
from spnet.scenes.assets.normals import split
from spnet.scenes.assets.pack import ATTRIBUTION, FORMAT, NAME
from spnet.scenes.scene import Floats
from spnet.types import AnyArray


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
