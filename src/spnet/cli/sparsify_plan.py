"""Plans of benchmark inputs on disk, in the layout of the original's Test_Datasets, and their manifests.

`<set>/{rgb,gt,raw_<pattern>}` with a `manifest.json` beside them: the unit and cameras that `FolderDataset` reads, and
what the inputs were made from, with a hash of each, so that they can be made again and compared.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from spnet.datasets import FolderDataset
from spnet.errors import BadInput
from spnet.files import atomic_path
from spnet.sparsity import Pattern, parse_pattern

PACKAGES = ("numpy", "scipy", "pillow", "opencv-contrib-python-headless")  # what inputs depend on
MANIFEST = "manifest.json"
# Units whose 16-bit files are copied value by value; depth from anything else is stored as a share of `max_depth`.
SIXTEEN_BIT_UNITS = ("mm", "cm", "kitti", "tum")
SIXTEEN_BIT_FILES = (".png", ".tif", ".tiff")
LONGEST_NAME = 100  # characters of a pattern's folder; file systems take 255 bytes
_PERCENT = re.compile(r"random\(([\d.e+-]+%)\)")


def folder_of(label: str) -> str:
    """The folder of a pattern's inputs: `raw_10%` for random(10%), as the original; others by their label.

    Of the label, letters, digits and `.%=-` stay; anything else becomes one `_`. A long one is cut and gets its CRC-32.

    >>> folder_of("random(10%)"), folder_of("lidar(64, parallax) | range(0.3, 80)"), folder_of("random(500)")
    ('raw_10%', 'raw_lidar_64_parallax_range_0.3_80', 'raw_random_500')
    """
    percent = _PERCENT.fullmatch(label)
    name = percent[1] if percent else re.sub(r"[^A-Za-z0-9.%=-]+", "_", label).strip("_")
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}-{zlib.crc32(label.encode()):08x}"
    return f"raw_{name}"


def folders_of(patterns: Iterable[Pattern]) -> dict[str, Pattern]:
    """Patterns by folder.

    Raises:
        BadInput: two of them would share one.
    """
    found: dict[str, Pattern] = {}
    for pattern in patterns:
        other = found.setdefault(folder_of(pattern.label), pattern)
        if other.name != pattern.name:
            place = folder_of(pattern.label)
            raise BadInput(f"{other.name} and {pattern.name} would both go to {place}: write them to two outputs.")
    return found


@dataclass(frozen=True)
class Plan:
    """What is made of one data set.

    Attributes:
        data: the source.
        target: the folder of the result.
        patterns: by folder.
        seed: of the inputs.
        unit: of all depth files; None: each image has its own `max_depth`.
    """

    data: FolderDataset
    target: Path
    patterns: Mapping[str, Pattern]
    seed: int
    unit: str | None


def plan(data: FolderDataset, output: Path, patterns: Sequence[Pattern], seed: int) -> Plan:
    """Decide where and in which unit a data set's inputs are written.

    Raises:
        BadInput: two patterns would share a folder.
    """
    units = {pair.unit for pair in data.pairs}
    unit = units.pop() if len(units) == 1 else ""
    whole = all(pair.depth.suffix.lower() in SIXTEEN_BIT_FILES for pair in data.pairs)
    keeps = whole and unit in SIXTEEN_BIT_UNITS
    return Plan(data, output / data.name, folders_of(patterns), seed, unit if keeps else None)


def join(job: Plan) -> tuple[Plan, dict[str, Any]]:
    """Join an earlier run into the same folder, if there was one.

    Returns:
        The plan with the earlier run's patterns, and the manifest, with the earlier run's items.

    Raises:
        BadInput: the folder holds something else, or inputs of another seed, source or version.
    """
    path = job.target / MANIFEST
    manifest = _describe(job)
    if not path.is_file():
        if job.target.is_dir() and any(job.target.iterdir()):
            raise BadInput(f"{job.target} holds files that are no benchmark inputs: choose another --output.")
        return job, manifest
    old = read_manifest(path)
    for key in ("seed", "source", "unit", "spnet", "packages"):
        if old.get(key) != manifest.get(key):
            was, now = old.get(key), manifest.get(key)
            raise BadInput(f"{job.target} was made with {key} {was}, not {now}: choose another --output.")
    earlier = [parse_pattern(entry["spec"]) for entry in old["patterns"]]
    job = replace(job, patterns=folders_of([*earlier, *job.patterns.values()]))
    return job, {**_describe(job), "items": old["items"]}


def _describe(job: Plan) -> dict[str, Any]:
    """The manifest without items."""
    return {
        "source": job.data.spec,
        "spnet": _version("spnet"),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "seed": job.seed,
        **({"unit": job.unit} if job.unit else {}),
        "patterns": [{"folder": f, "name": p.label, "spec": p.name} for f, p in job.patterns.items()],
        "items": [],
    }


def read_manifest(path: Path) -> dict[str, Any]:
    """Read what `write_manifest` wrote.

    Raises:
        BadInput: it is not there, or no manifest of benchmark inputs.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        lists = [*content["items"], *content["patterns"]]
        whole = all(isinstance(entry, dict) for entry in lists) and isinstance(content["seed"], int)
        whole = whole and all({"name", "inputs"} <= item.keys() for item in content["items"])
        whole = whole and all({"folder", "name", "spec"} <= entry.keys() for entry in content["patterns"])
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise BadInput(f"{path} is no manifest of `spnet sparsify`.")
    return dict(content)


def write_manifest(job: Plan, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, its items by name.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    content = {**manifest, "items": sorted(manifest["items"], key=lambda item: str(item["name"]))}
    with atomic_path(job.target / MANIFEST) as path:
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="ascii")


def remove_manifest(job: Plan) -> None:
    """Remove the manifest of a data set of which nothing was made, and its folder where that is empty."""
    with suppress(OSError):
        (job.target / MANIFEST).unlink()
        job.target.rmdir()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
