"""The paper's folder layout: `<root>/rgb/**/x.png` beside `<root>/depth/**/x.png` (or `gt/`), matched by stem."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spnet.errors import BadInput
from spnet.files import all_by_stem, same_stem
from spnet.io import DEPTH_SUFFIXES, RGB_SUFFIXES, depth_to_metres, read_depth, read_rgb, read_stored
from spnet.journal import unfinished
from spnet.types import FloatImage, Intrinsics, Sample, Surface
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


@dataclass(frozen=True)
class Listing:
    """The pairs of a data set, and what is wrong with the other images: name -> sentence."""

    pairs: list[Pair]
    faults: dict[str, str]


def find_pairs(root: str | Path, unit: str | None = None) -> Listing:
    """Match the images and depth maps of one data set.

    The unit is, in this order: the argument; in `<root>/manifest.json` an item's `max_depth`, or `unit`; the paper's
    `normalized:20`.

    Args:
        root: folder holding `rgb/` and `depth/` (or `gt/`); nested folders inside them are matched by path.
        unit: depth unit of all files.

    Returns:
        The pairs by name; an image without depth (or the reverse) and two files of one name are faults.

    Raises:
        BadInput: no such folders, nothing in them, or an unknown unit; or the folder is being written still, so that
            its unit is nowhere yet.
    """
    root = Path(root)
    depth_root = next((root / name for name in DEPTH_FOLDERS if (root / name).is_dir()), None)
    if depth_root is None or not (root / "rgb").is_dir():
        raise BadInput(f"{root} is no data set: expected the folders {root / 'rgb'} and {root / 'depth'} (or gt).")
    rgb = all_by_stem(root / "rgb", RGB_SUFFIXES)
    depth = all_by_stem(depth_root, DEPTH_SUFFIXES)
    if not rgb:
        raise BadInput(f"{root} holds no images.")
    faults = {
        name: fault for name in sorted(rgb.keys() | depth.keys()) if (fault := _fault(rgb.get(name), depth.get(name)))
    }
    names = sorted(rgb.keys() - faults.keys())
    units = dict.fromkeys(names, unit) if unit else _manifest_units(root, names)
    for name in set(units.values()):
        unit_scale(name, integer=True)  # a wrong unit is reported now, not in the middle of a run
    return Listing([Pair(rgb[name][0], depth[name][0], units[name], name) for name in names], faults)


def _fault(rgb: list[Path] | None, depth: list[Path] | None) -> str | None:
    if rgb is None or depth is None:
        return f"{(rgb or depth or [])[0]} has no partner: image and depth are matched by name."
    return next((same_stem(paths) for paths in (rgb, depth) if len(paths) > 1), None)


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
    if unfinished(root):
        raise BadInput(
            f"{root} was not written to its end, so the unit of its depth is not known: run the command that wrote it "
            f"once more, or name the unit as {root}@UNIT."
        )
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

    def __init__(self, root: str | Path, unit: str | None = None, *, strict: bool = True) -> None:
        """List the pairs.

        Args:
            root: the folder.
            unit: depth unit of all files; otherwise as `find_pairs` finds it.
            strict: raise where an image cannot be matched; otherwise it is left out and stands in `faults`.

        Raises:
            BadInput: no data set, or (if strict) an image that cannot be matched.
        """
        self.root = Path(root)
        self.spec = f"{root}@{unit}" if unit else str(root)  # that `open_data` opens it by
        self.weight: float | None = None  # in a mixture, see `open_data`
        listing = find_pairs(root, unit)
        self.pairs: Sequence[Pair] = listing.pairs
        self.faults = listing.faults
        if strict and self.faults:
            shown = " ".join(list(self.faults.values())[:3])
            raise BadInput(f"{root}: {len(self.faults)} image(s) cannot be matched with depth. {shown}")
        manifest = _manifest(self.root)
        self.intrinsics = _intrinsics(manifest.get("K"))  # of all images that have none of their own
        self.own_intrinsics = {str(item.get("name")): _intrinsics(item.get("K")) for item in _items(manifest)}
        self.has_surfaces = (self.root / "surface").is_dir()

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
        scale = float(pair.unit.removeprefix(NORMALIZED)) if pair.unit.startswith(NORMALIZED) else None
        if rgb.shape[:2] != depth.shape:
            raise unequal(pair.rgb, rgb.shape, "its depth", depth.shape)
        camera = self.own_intrinsics.get(pair.name) or self.intrinsics
        return Sample(rgb, depth, pair.name, scale, camera, self.name, surface=self.surface(pair, depth.shape))

    def surface(self, pair: Pair, shape: tuple[int, ...]) -> Surface | None:
        """True normals and materials, where the data set has `surface/<name>.npz` (docs/scenes.md).

        Raises:
            BadInput: the file is damaged or of another size.
        """
        path = self.root / "surface" / f"{pair.name}.npz"
        if not self.has_surfaces or not path.is_file():
            return None
        from spnet.scenes.surface_file import read_surface

        found = read_surface(path)
        if found.material.shape != shape:
            raise unequal(path, found.material.shape, "the depth", shape)
        return found

    def read_given(self, index: int, folder: str) -> FloatImage:
        """The sparse depth that the data set ships, `<root>/<folder>/<name>.*`, in the unit of the depth.

        Returns:
            (H, W) metres, 0 = not measured.

        Raises:
            BadInput: no such file, unreadable, or of another size than the image.
        """
        pair = self.pairs[index]
        stem = self.root / folder / pair.name
        path = next((p for suffix in sorted(DEPTH_SUFFIXES) if (p := Path(f"{stem}{suffix}")).is_file()), None)
        if path is None:
            raise BadInput(f"There is no sparse depth {stem}.png (or another depth format) for {pair.rgb}.")
        stored, rgb = read_stored(path), read_rgb(pair.rgb)
        # G2-MonoDepth's raw_0% measures nothing, which is an error in any other depth file.
        given = (
            depth_to_metres(stored, pair.unit, name=str(path)) if np.any(stored) else np.zeros(stored.shape, np.float32)
        )
        if rgb.shape[:2] != given.shape:
            raise unequal(pair.rgb, rgb.shape, "its sparse depth", given.shape)
        return given


def unequal(path: Path, rgb: tuple[int, ...], other: str, depth: tuple[int, ...]) -> BadInput:
    """That an image (H, W) and its depth (H, W), called `other`, are not of one size."""
    sizes = f"{rgb[1]}x{rgb[0]}, {other} {depth[1]}x{depth[0]}"
    return BadInput(f"{path} is {sizes}: they must be of one size.")
