"""Benchmark inputs on disk: one image with its truth and inputs, all or none; and made again to be compared."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from spnet import formats
from spnet.cli.sparsify_plan import Plan
from spnet.errors import BadInput, SpnetError, SpnetWarning
from spnet.files import atomic_path
from spnet.io import write_image
from spnet.sparsity import Pattern, input_seed
from spnet.types import AnyArray, FloatImage, Intrinsics, Sample
from spnet.units import LARGEST, unit_scale


def make(job: Plan, index: int, old: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Write one image, its truth and its inputs; all of them or none.

    Args:
        job: of the data set.
        index: of the image.
        old: its item of an earlier run; inputs that are there already stay.

    Returns:
        The image's item for the manifest; None where nothing was to do.

    Raises:
        BadInput: the image cannot be read, or a pattern measures nothing of it.
        CannotWrite: the files cannot be written.
    """
    name = job.data.pairs[index].name
    inputs = {folder: hashes for folder, hashes in (old or {}).get("inputs", {}).items() if _is(job, folder, name)}
    base = {folder: job.target / folder / f"{name}.png" for folder in ("rgb", "gt")}
    has_base = all(path.is_file() for path in base.values())
    missing = {folder: pattern for folder, pattern in job.patterns.items() if folder not in inputs}
    if has_base and not missing:
        return None
    sample = job.data[index]
    scale, item = _scale(job, sample, old)
    with _all_or_none() as files:
        for folder, pattern in missing.items():
            stored = encode(measure(pattern, sample, job.seed), scale, f"{name} under {pattern.label}")
            path = files.enter(job.target / folder / f"{name}.png")
            formats.write_array(path, stored)
            inputs[folder] = {"points": int(np.count_nonzero(stored)), "pixels_sha256": digest(stored)}
            inputs[folder]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        if not has_base:
            formats.write_array(files.enter(base["gt"]), encode(sample.depth, scale, f"{name}'s truth"))
            write_image(files.enter(base["rgb"]), sample.rgb)
    return {**item, "inputs": dict(sorted(inputs.items()))}


def measure(pattern: Pattern, sample: Sample, seed: int) -> FloatImage:
    """The input of one image, which depends on its name, the pattern's label and the seed.

    Raises:
        BadInput: the pattern measures nothing.
    """
    raw = pattern(sample, input_seed(sample.name, pattern.label, seed))
    if not raw.any():
        raise BadInput(f"{pattern.label} measures nothing of {sample.name}.")
    return raw


def encode(depth: FloatImage, scale: float, what: str) -> AnyArray:
    """Metres to 16-bit values.

    Warns:
        SpnetWarning: values that 16 bits cannot hold; they become unknown.
    """
    stored = np.rint(depth.astype(np.float64) / scale)
    lost = (depth > 0) & ((stored < 1) | (stored > LARGEST))
    if lost.any():
        message = f"{what}: {int(lost.sum())} value(s) do not fit into 16 bits of {scale:.3g} m and become unknown."
        warnings.warn(message, SpnetWarning, stacklevel=2)
    return np.where(lost, 0, stored).astype(np.uint16)


def digest(stored: AnyArray) -> str:
    """SHA-256 of an image's size and values, whatever the file's compression."""
    return hashlib.sha256(f"{stored.shape}".encode() + stored.astype("<u2").tobytes()).hexdigest()


def verify(job: Plan, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Make every input of a manifest again and compare it, and its file, with the hashes.

    Yields:
        (image and folder, None or what is wrong).
    """
    index = {pair.name: number for number, pair in enumerate(job.data.pairs)}
    for item in manifest["items"]:
        name = str(item["name"])
        try:
            sample = job.data[index[name]] if name in index else None
        except SpnetError as error:
            sample = None
            yield name, str(error)
        for folder, hashes in item["inputs"].items():
            what = f"{job.target.name}/{folder}/{name}"
            if sample is None:
                yield what, f"{name} is not to be had from {job.data.spec}"
            else:
                yield what, _difference(job, folder, sample, item, hashes)


def _difference(
    job: Plan, folder: str, sample: Sample, item: Mapping[str, Any], hashes: Mapping[str, Any]
) -> str | None:
    path = job.target / folder / f"{sample.name}.png"
    try:
        if hashlib.sha256(path.read_bytes()).hexdigest() != hashes.get("sha256"):
            return f"{path} has changed"
    except OSError:
        return f"{path} is not there"
    if folder not in job.patterns:
        return "its pattern is not in the manifest"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SpnetWarning)  # told when it was written
            stored = encode(measure(job.patterns[folder], sample, job.seed), _scale(job, sample, item)[0], "")
    except SpnetError as error:
        return str(error)
    return None if digest(stored) == hashes.get("pixels_sha256") else "made again, it is another input"


def _scale(job: Plan, sample: Sample, old: Mapping[str, Any] | None) -> tuple[float, dict[str, Any]]:
    """Metres per stored value, and the start of the image's item."""
    item: dict[str, Any] = {"name": sample.name}
    if sample.intrinsics:
        item["K"] = _k(sample.intrinsics)
    if job.unit:
        return unit_scale(job.unit, integer=True), item
    item["max_depth"] = (old or {}).get("max_depth") or sample.max_depth or _round_up(1.1 * float(sample.depth.max()))
    return unit_scale(f"normalized:{item['max_depth']:g}", integer=True), item


def _round_up(metres: float) -> float:
    """To 1, 2 or 5 times a power of ten: room for noise above the farthest depth.

    >>> _round_up(7.3), _round_up(18), _round_up(0.4)
    (10.0, 20.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(metres))
    return next(float(f"{factor * power:g}") for factor in (1, 2, 5, 10) if factor * power >= metres)


def _k(camera: Intrinsics) -> list[float]:
    return [camera.fx, camera.fy, camera.cx, camera.cy]


def _is(job: Plan, folder: str, name: str) -> bool:
    return (job.target / folder / f"{name}.png").is_file()


class _Files:
    """Files that are renamed into place together, at the end."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.new: list[Path] = []

    def enter(self, target: Path) -> Path:
        """A temporary path for a target."""
        if not target.exists():
            self.new.append(target)
        return self.stack.enter_context(atomic_path(target))


@contextmanager
def _all_or_none() -> Iterator[_Files]:
    files = _Files()
    try:
        with files.stack:
            yield files
    except BaseException:
        for path in files.new:  # those that were in place before another failed
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise
