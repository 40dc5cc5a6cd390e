"""The pack: one compressed file of numbers (no pickle), and the model that a piece of it becomes.

How its numbers are stored is in `spnet.scenes.assets.coding`. Shading normals are found again when a model is read.
"""

from __future__ import annotations

import json
import lzma
import zipfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from spnet.errors import BadInput
from spnet.scenes.assets.coding import UV_STEPS, Bytes, ahead, decoded, sums, unpacked, whole
from spnet.scenes.assets.normals import smooth
from spnet.scenes.scene import BY_UV, Floats, Material, Mesh, Model

FORMAT = 1
NAME = "assets.npz"
ATTRIBUTION = "ATTRIBUTION.txt"
CACHE = 160  # models kept ready; each holds up to half a megabyte


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
        return [decoded(one) for one in _split(self._arrays["pictures"], self._index["pictures"])]

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
