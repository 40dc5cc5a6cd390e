"""The paper's folder layout: `<root>/rgb/**/x.png` beside `<root>/depth/**/x.png` (or `gt/`), matched by stem."""

from __future__ import annotations

import glob
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spnet.errors import BadInput
from spnet.files import files_by_stem
from spnet.io import DEPTH_SUFFIXES, RGB_SUFFIXES, read_depth, read_rgb
from spnet.types import Intrinsics, Sample
from spnet.units import CHOICES, METRES, unit_scale

DEPTH_FOLDERS = ("depth", "gt")
# The original stores depth / max_depth * 65535, 20 m indoors (100 m outdoors).
NORMALIZED = "normalized:"
PAPER_UNIT = f"{NORMALIZED}20"


@dataclass(frozen=True)
class Pair:
    """One image and its depth file. `unit` is a name that `spnet.io.read_depth` knows."""

    rgb: Path
    depth: Path
    unit: str
    name: str


def find_pairs(root: str | Path, unit: str | None = None) -> list[Pair]:
    """Match the images and depth maps of one data set.

    The unit is, in this order: the argument; in `<root>/manifest.json` an item's `max_depth`, or `unit`; the paper's
    `normalized:20`.

    Args:
        root: folder holding `rgb/` and `depth/` (or `gt/`); nested folders inside them are matched by path.
        unit: depth unit of all files.

    Raises:
        BadInput: no such folders, an image without depth (or the reverse), two files of one name, or an unknown unit;
            each is named.
    """
    root = Path(root)
    depth_root = next((root / name for name in DEPTH_FOLDERS if (root / name).is_dir()), None)
    if depth_root is None or not (root / "rgb").is_dir():
        raise BadInput(f"{root} is no data set: expected the folders {root / 'rgb'} and {root / 'depth'} (or gt).")
    rgb = files_by_stem(root / "rgb", RGB_SUFFIXES)
    depth = files_by_stem(depth_root, DEPTH_SUFFIXES)
    lone = sorted(rgb.keys() ^ depth.keys())
    if lone:
        shown = ", ".join(lone[:5]) + (f" and {len(lone) - 5} more" if len(lone) > 5 else "")
        raise BadInput(f"{root}: {len(lone)} file(s) without a partner in rgb/ or {depth_root.name}/: {shown}.")
    if not rgb:
        raise BadInput(f"{root} holds no images.")
    names = sorted(rgb)
    units = dict.fromkeys(names, unit) if unit else _manifest_units(root, names)
    for name in set(units.values()):
        unit_scale(name, integer=True)  # a wrong unit is reported now, not in the middle of a run
    return [Pair(rgb[name], depth[name], units[name], name) for name in names]


def _manifest(root: Path) -> dict[str, Any]:
    path = root / "manifest.json"
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as JSON ({error}).") from None
    return content if isinstance(content, dict) else {}


def _manifest_units(root: Path, names: list[str]) -> dict[str, str]:
    """The unit of every image: its item's `max_depth`, else the manifest's `unit`, else the paper's."""
    manifest = _manifest(root)
    scales = {
        str(item.get("name")): item["max_depth"]
        for item in _items(manifest)
        if isinstance(item.get("max_depth"), int | float)
    }
    fallback = _unit_in(str(manifest["unit"])) if "unit" in manifest else PAPER_UNIT
    units = {name: f"{NORMALIZED}{scales[name]:g}" if name in scales else fallback for name in names}
    if None in units.values():
        advice = f"write one of {CHOICES}, or name it as {root}@UNIT"
        raise BadInput(f"{root / 'manifest.json'}: the unit {manifest['unit']!r} is not understood; {advice}.")
    return {name: str(found) for name, found in units.items()}


def _unit_in(text: str) -> str | None:
    """The unit that a manifest's free text names, e.g. "uint16 mm" or "uint16/256 = metres"; None where it is unclear.

    >>> _unit_in("uint16 mm"), _unit_in("uint16/256 = metres"), _unit_in("normalized:100"), _unit_in("furlongs")
    ('mm', 'kitti', 'normalized:100', None)
    """
    if "/256" in text.replace(" ", ""):
        return "kitti"
    return next((word for word in text.split() if word in METRES or word.startswith(NORMALIZED)), None)


def _items(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    items = manifest.get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _intrinsics(k: object) -> Intrinsics | None:
    """From a manifest's `K`, four numbers fx, fy, cx, cy in pixels; None where it is absent or of another form."""
    if not (isinstance(k, list) and len(k) == 4 and all(isinstance(value, int | float) for value in k)):
        return None
    return Intrinsics(*map(float, k))


class FolderDataset:
    """The samples of one data set, read on demand.

    >>> FolderDataset("RGBD_Datasets/UnrealCV")[0].depth.dtype  # doctest: +SKIP
    dtype('float32')
    """

    def __init__(self, root: str | Path, unit: str | None = None) -> None:
        self.root = Path(root)
        self.pairs = find_pairs(root, unit)
        manifest = _manifest(self.root)
        self.intrinsics = _intrinsics(manifest.get("K"))  # of all images that have none of their own
        self.own_intrinsics = {str(item.get("name")): _intrinsics(item.get("K")) for item in _items(manifest)}

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.root.resolve().name

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Sample:
        """Read one sample.

        Raises:
            BadInput: the files cannot be read, or image and depth differ in size.
        """
        pair = self.pairs[index]
        rgb, depth = read_rgb(pair.rgb), read_depth(pair.depth, pair.unit)
        if rgb.shape[:2] != depth.shape:
            sizes = f"{rgb.shape[1]}x{rgb.shape[0]}, its depth {depth.shape[1]}x{depth.shape[0]}"
            raise BadInput(f"{pair.rgb} is {sizes}: they must be of one size.")
        scale = float(pair.unit.removeprefix(NORMALIZED)) if pair.unit.startswith(NORMALIZED) else None
        camera = self.own_intrinsics.get(pair.name) or self.intrinsics
        return Sample(rgb, depth, pair.name, scale, camera, self.name)


def open_data(specs: Sequence[str]) -> list[FolderDataset]:
    """Open data set folders; a spec is "FOLDER" or "FOLDER@UNIT", and FOLDER may hold wildcards.

    Raises:
        BadInput: nothing matches, or a folder is no data set.
    """
    sets = []
    for spec in specs:
        pattern, at, unit = spec.rpartition("@")
        if not at or "/" in unit or Path(spec).is_dir():  # an @ may be part of the folder's name
            pattern, unit = spec, ""
        folders = [pattern] if Path(pattern).is_dir() else sorted(glob.glob(pattern))  # noqa: PTH207 - may be absolute
        folders = [folder for folder in folders if Path(folder).is_dir()]  # a wildcard also meets a README
        if not folders:
            raise BadInput(f"No data set matches {pattern!r}: expected folders holding rgb/ and depth/.")
        sets += [FolderDataset(folder, unit or None) for folder in folders]
    if not sets:
        raise BadInput("No data set is named: expected folders holding rgb/ and depth/.")
    return sets
