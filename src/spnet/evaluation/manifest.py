"""The manifest of a run: all that a stranger needs to make the same inputs, and to see that they are the same."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from spnet.datasets import FolderDataset, open_data
from spnet.errors import BadInput
from spnet.evaluation.cases import Cases
from spnet.evaluation.results import MANIFEST_FILE
from spnet.evaluation.run import Progress, Run, pin_all
from spnet.files import atomic_path
from spnet.sparsity import quote

_MAPS = re.compile(r'maps=("(?:\\.|[^"\\])*"|[^,)|]*)')  # a folder in a pattern, in quotes or without
PACKAGES = ("numpy", "scipy", "pillow", "torch", "opencv-contrib-python-headless")  # what inputs and results depend on


def make_manifest(run: Run, *, limit: int | None, command: str, created: str) -> dict[str, Any]:
    """Describe a run, its data and inputs with their hashes, as a JSON object.

    Args:
        run: with its pins.
        limit: of images a set.
        command: that makes it again.
        created: date and time.
    """
    cases, bench = run.bench.cases, run.bench
    return {
        "spnet": _version("spnet"),
        "created": created,
        "command": command,
        "protocol": cases.protocol.name,
        "seed": cases.seed,
        "limit": limit,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": package_versions(),
        "methods": [
            {"name": name, "spec": spec if isinstance(spec, str) else name}
            for name, spec in zip(bench.names, bench.methods, strict=True)
        ],
        "patterns": [{"name": label, "spec": spec} for label, spec in zip(cases.labels, cases.patterns, strict=True)],
        "data": [
            {
                "name": name,
                "folder": data.spec,
                "images": [
                    {"name": cases.name(pin.where), "rgb_sha256": pin.rgb, "truth_sha256": pin.truth}
                    for pin in run.pins
                    if pin.where.dataset == number
                ],
            }
            for number, (name, data) in enumerate(zip(cases.names, cases.datasets, strict=True))
        ],
        "inputs": [
            {
                "dataset": cases.names[pin.where.dataset],
                "image": cases.name(pin.where),
                "pattern": cases.labels[pattern],
                "sha256": digest,
                "measured": measured,
                "scored": scored,
            }
            for pin in run.pins
            for pattern, (digest, measured, scored) in pin.inputs.items()
        ],
        "skipped": [skipped._asdict() for skipped in run.skipped],
    }


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write `manifest.json`.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    with atomic_path(folder / MANIFEST_FILE) as path:
        path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="ascii")


def package_versions() -> dict[str, str]:
    """Versions of the packages that inputs and results depend on; one that is not installed is left out."""
    return {name: found for name in PACKAGES if (found := _version(name))}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def verify_inputs(
    manifest: Mapping[str, Any],
    datasets: Sequence[FolderDataset] | None = None,
    *,
    hole_maps: str | None = None,
    jobs: int = 0,
    progress: Progress | None = None,
) -> tuple[int, list[str]]:
    """Make the inputs of a manifest again and compare their hashes.

    Args:
        manifest: of a run.
        datasets: the same data elsewhere; otherwise the manifest's folders. Sets are matched by name.
        hole_maps: the same hole masks elsewhere.
        jobs: worker processes.
        progress: told how far it is.

    Returns:
        How many inputs are the same, and a sentence for each that is not.

    Raises:
        BadInput: the manifest is not one, or a folder of its data is not there.
    """
    try:
        specs = [_moved(entry["spec"], hole_maps) for entry in manifest["patterns"]]
        wanted = {(e["dataset"], e["image"], e["pattern"]): e["sha256"] for e in manifest["inputs"]}
        folders = [entry["folder"] for entry in manifest["data"]]
        data = open_data(folders, strict=False) if datasets is None else list(datasets)
        cases = Cases(data, specs, protocol=manifest["protocol"], seed=manifest["seed"])
    except (KeyError, TypeError) as error:
        raise BadInput(f"This is no manifest of an evaluation: {error} is missing or of another kind.") from None
    pinned = {(dataset, image) for dataset, image, _ in wanted}
    images = [w for w in cases.images() if (cases.names[w.dataset], cases.name(w)) in pinned]
    pins, _ = pin_all(cases, images, jobs=jobs, progress=progress)
    found = {
        (cases.names[pin.where.dataset], cases.name(pin.where), cases.labels[pattern]): digest
        for pin in pins
        for pattern, (digest, _, _) in pin.inputs.items()
    }
    same = sum(found.get(key) == digest for key, digest in wanted.items())
    return same, [
        f"{key[0]}/{key[1]} under {key[2]} {'is another input' if key in found else 'cannot be made'}."
        for key, digest in wanted.items()
        if found.get(key) != digest
    ]


def _moved(spec: str, hole_maps: str | None) -> str:
    """The pattern with its folder of hole masks replaced."""
    return _MAPS.sub(lambda _: f"maps={quote(hole_maps)}", spec) if hole_maps else spec
