"""Furniture catalogues of Sweet Home 3D: zip archives of OBJ models with true sizes, categories and authors."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput

PROPERTIES = "PluginFurnitureCatalog.properties"
_LINE = re.compile(r"^(\w+)(?:#(\d+))?\s*=(.*)$", re.M)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class Item:
    """One piece of a catalogue.

    Attributes:
        source: "catalogue:number", unique and lasting.
        name: as the catalogue calls it.
        category: of the catalogue.
        author: who made it.
        licence: as the catalogue states it.
        model: path of the OBJ file in the archive.
        size: width, depth and height, metres.
        rotation: (3, 3), to be applied to the OBJ's points first.
        elevation: height at which it hangs, metres; 0 stands.
        opening: a door or window.
    """

    source: str
    name: str
    category: str
    author: str
    licence: str
    model: str
    size: tuple[float, float, float]
    rotation: NDArray[np.float64]
    elevation: float
    opening: bool


def read_catalogue(path: Path) -> tuple[Item, ...]:
    """All pieces of a .sh3f or .sh3d archive.

    Raises:
        BadInput: it is none.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(PROPERTIES).decode("latin1")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"{path} is no furniture catalogue: it should be a zip archive with {PROPERTIES} in it."
        ) from error
    general: dict[str, str] = {}
    numbered: dict[int, dict[str, str]] = defaultdict(dict)
    for key, number, value in _LINE.findall(text):
        plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), value.strip())
        (numbered[int(number)] if number else general)[key] = plain
    licence = general.get("license", "")
    return tuple(_item(path.stem, number, fields, licence) for number, fields in sorted(numbered.items()))


def _item(catalogue: str, number: int, fields: dict[str, str], licence: str) -> Item:
    rotation = np.eye(3)
    if "modelRotation" in fields:
        rotation = np.array([float(v) for v in fields["modelRotation"].split()]).reshape(3, 3)
    width, depth, height = (float(fields[key]) / 100 for key in ("width", "depth", "height"))
    return Item(
        f"{catalogue}:{number}",
        fields["name"],
        fields.get("category", ""),
        fields.get("creator", "unknown"),
        licence_name(fields.get("license", licence)),
        fields["model"].lstrip("/"),
        (width, depth, height),
        rotation,
        float(fields.get("elevation", 0)) / 100,
        fields.get("doorOrWindow") == "true",
    )


def licence_name(words: str) -> str:
    """The short name of a licence that a catalogue states in words.

    >>> licence_name("Public domain"), licence_name("Creative Commons Attribution 3.0 United States license")
    ('CC0 1.0', 'CC BY 3.0 US')
    """
    lower = words.lower()
    if "public domain" in lower or "zero" in lower or "cc0" in lower:
        return "CC0 1.0"
    if "attribution 3.0" in lower or "cc-by" in lower:
        return "CC BY 3.0 US" if "united states" in lower else "CC BY 3.0"
    return words.strip() or "unknown"
