"""The paper's folder layout: `<root>/rgb/**/x.png` beside `<root>/depth/**/x.png` (or `gt/`), matched by stem."""

from __future__ import annotations

import glob
import json
from dataclasses import dataclass
from pathlib import Path

from spnet.errors import BadInput
from spnet.io import DEPTH_SUFFIXES, RGB_SUFFIXES, read_depth, read_rgb
from spnet.types import Intrinsics, Sample

DEPTH_FOLDERS = ("depth", "gt")
# The original stores depth / max_depth * 65535, 20 m indoors (100 m outdoors).
PAPER_UNIT = "normalized:20"


@dataclass(frozen=True)
class Pair:
    """One image and its depth file. `unit` is a name that `spnet.io.read_depth` knows."""

    rgb: Path
    depth: Path
    unit: str
    name: str


def find_pairs(root: str | Path, unit: str | None = None) -> list[Pair]:
    """Match the images and depth maps of one data set.

    The unit is, in this order: the argument; `unit` (or per item `max_depth`) in `<root>/manifest.json`; the
    paper's `normalized:20`.

    Args:
        root: folder holding `rgb/` and `depth/` (or `gt/`); nested folders inside them are matched by path.
        unit: depth unit of all files.

    Raises:
        BadInput: no such folders, or an image without depth (or the reverse), named.
    """
    root = Path(root)
    depth_root = next((root / name for name in DEPTH_FOLDERS if (root / name).is_dir()), None)
    if depth_root is None or not (root / "rgb").is_dir():
        raise BadInput(f"{root} is no data set: expected the folders {root / 'rgb'} and {root / 'depth'} (or gt).")
    rgb = _by_stem(root / "rgb", RGB_SUFFIXES)
    depth = _by_stem(depth_root, DEPTH_SUFFIXES)
    lone = sorted(rgb.keys() ^ depth.keys())
    if lone:
        shown = ", ".join(lone[:5]) + (f" and {len(lone) - 5} more" if len(lone) > 5 else "")
        raise BadInput(f"{root}: {len(lone)} file(s) without a partner in rgb/ or {depth_root.name}/: {shown}.")
    if not rgb:
        raise BadInput(f"{root} holds no images.")
    units = {} if unit else _manifest_units(root)
    fallback = unit or units.get("", PAPER_UNIT)
    return [Pair(rgb[key], depth[key], units.get(key, fallback), key) for key in sorted(rgb)]


def _by_stem(folder: Path, suffixes: frozenset[str] | tuple[str, ...]) -> dict[str, Path]:
    found = (p for p in folder.rglob("*") if p.suffix.lower() in suffixes)
    return {p.relative_to(folder).with_suffix("").as_posix(): p for p in found}


def _manifest(root: Path) -> dict[str, object]:
    path = root / "manifest.json"
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"{path} is not valid JSON ({error}).") from None
    return content if isinstance(content, dict) else {}


def _manifest_units(root: Path) -> dict[str, str]:
    """Unit by item name; the key "" is the unit of all others."""
    manifest = _manifest(root)
    units: dict[str, str] = {}
    text = str(manifest.get("unit", ""))
    if "mm" in text.split():
        units[""] = "mm"
    elif "/256" in text:
        units[""] = "kitti"
    items = manifest.get("items", [])
    for item in items if isinstance(items, list) else []:
        if "max_depth" in item:
            units[str(item["name"])] = f"normalized:{item['max_depth']:g}"
    return units


def _manifest_intrinsics(root: Path) -> Intrinsics | None:
    k = _manifest(root).get("K")
    return Intrinsics(*map(float, k)) if isinstance(k, list) and len(k) == 4 else None


class FolderDataset:
    """The samples of one data set, read on demand.

    >>> FolderDataset("RGBD_Datasets/UnrealCV")[0].depth.dtype  # doctest: +SKIP
    dtype('float32')
    """

    def __init__(self, root: str | Path, unit: str | None = None) -> None:
        self.root = Path(root)
        self.pairs = find_pairs(root, unit)
        self.intrinsics = _manifest_intrinsics(self.root)

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
            raise BadInput(f"{pair.rgb} is {rgb.shape[1]}x{rgb.shape[0]}, its depth {depth.shape[1]}x{depth.shape[0]}.")
        scale = float(pair.unit.split(":")[1]) if pair.unit.startswith("normalized:") else None
        return Sample(rgb, depth, pair.name, scale, self.intrinsics)


def open_data(specs: tuple[str, ...]) -> list[FolderDataset]:
    """Open data set folders; a spec is "FOLDER" or "FOLDER@UNIT", and FOLDER may hold wildcards.

    Raises:
        BadInput: nothing matches, or a folder is no data set.
    """
    sets = []
    for spec in specs:
        pattern, _, unit = spec.partition("@")
        folders = sorted(glob.glob(pattern))  # noqa: PTH207 - Path.glob takes no absolute pattern
        if not folders:
            raise BadInput(f"No data set matches {pattern!r}: expected folders holding rgb/ and depth/.")
        sets += [FolderDataset(folder, unit or None) for folder in folders]
    return sets
