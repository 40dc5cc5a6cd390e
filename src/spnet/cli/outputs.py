"""What `spnet complete` writes, where, and what it says about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from spnet.cli.pairs import Job
from spnet.errors import BadInput
from spnet.io import DEPTH_SUFFIXES, RGB_SUFFIXES, write_image
from spnet.units import per_cent

if TYPE_CHECKING:
    from spnet.completion import Completion
    from spnet.types import FloatImage, Intrinsics

Kind = Literal["png16", "tiff", "npy", "npz", "pfm", "exr", "ply", "glb", "preview", "confidence"]
ENDINGS: dict[str, str] = {
    "png16": "_depth.png",
    **{kind: f"_depth.{kind}" for kind in ("tiff", "npy", "npz", "pfm", "exr")},
    "ply": "_cloud.ply",
    "glb": "_cloud.glb",
    "preview": "_preview.png",
    "confidence": "_confidence.png",
}
PICTURES = ("preview", "confidence")
DEFAULT_KINDS: tuple[Kind, ...] = ("png16", "preview")
RESULT_SUFFIXES = DEPTH_SUFFIXES | {".ply", ".glb"}
UNIT_NAMES = {"mm": "millimetres", "cm": "centimetres", "m": "metres", "kitti": "1/256 m", "tum": "1/5000 m"}


def is_file_name(output: Path) -> bool:
    """Whether --output names a result file rather than a folder.

    Raises:
        BadInput: a file of a kind that cannot hold a result.
    """
    suffix = output.suffix.lower()
    if output.is_dir():
        return False
    if suffix in RGB_SUFFIXES - RESULT_SUFFIXES:
        kinds = ", ".join(sorted(RESULT_SUFFIXES))
        raise BadInput(f"{output} cannot hold depth: name a folder, or a file that ends in one of {kinds}.")
    return suffix in RESULT_SUFFIXES


def targets(job: Job, output: Path | None, save: Sequence[Kind] | None) -> dict[Path, Kind | None]:
    """Files to write for a job, each with its kind where it is a picture rather than the result.

    Args:
        job: the pair; its name is the stem of what is written.
        output: a folder, or the one result file, beside which goes only what `save` asks for.
        save: kinds; None: the one file, or in a folder the depth and the preview.

    Raises:
        BadInput: a result would replace one of the inputs, or `output` cannot hold a result.
    """
    chosen: dict[Path, Kind | None] = {}
    if output is not None and is_file_name(output):
        chosen[output] = None
        stem, kinds = output.with_suffix(""), save or ()
    else:
        stem, kinds = (output or Path()) / job.name, save or DEFAULT_KINDS
    for kind in kinds:
        chosen.setdefault(stem.with_name(stem.name + ENDINGS[kind]), kind if kind in PICTURES else None)
    for path in chosen:
        if path.exists() and any(given.exists() and path.samefile(given) for given in (job.rgb, job.depth)):
            raise BadInput(f"{path} would replace one of the inputs: choose another place with --output.")
    return chosen


def write(
    result: Completion, files: dict[Path, Kind | None], *, unit: str | None = None, camera: Intrinsics | None = None
) -> None:
    """Write the result to every file, each complete or absent.

    Raises:
        BadInput: the confidence of a network that gives none; and as `Completion.save`.
    """
    for path, picture in files.items():
        if picture == "preview":
            write_image(path, result.preview(), quick=True)
        elif picture == "confidence":
            write_image(path, (255 * result.needed_confidence()).round().astype("uint8"), quick=True)
        else:
            result.save(path, unit=unit, intrinsics=camera)


def summary(result: Completion, files: Sequence[Path]) -> str:
    """What was assumed and what came out, so that an error in the unit is seen at once."""
    height, width = result.depth.shape
    measured = result.input_depth[result.mask]
    unit = UNIT_NAMES.get(result.unit, result.unit)
    known = result.depth[result.depth > 0]
    unsure = result.depth.size - known.size  # of `Completion.masked`
    left_out = f", {per_cent(unsure / result.depth.size)} left out" if unsure else ""
    return (
        f"{width}x{height}, {measured.size} of {result.depth.size} pixels measured "
        f"({per_cent(measured.size / result.depth.size)})\n"
        f"read as {unit}: measured {metres(measured)}; "
        f"result {metres(known) if known.size else 'nowhere'}{left_out}\n"
        f"{result.model}, scale {result.max_depth:.4g} m, {result.timings['total']:.2f} s\n"
        f"wrote {', '.join(str(path) for path in files)}"
    )


def metres(depth: FloatImage) -> str:
    """The range of the values, e.g. "0.61 to 4.20 m".

    >>> import numpy as np
    >>> metres(np.array([4.2, 0.6123], np.float32))
    '0.61 to 4.20 m'
    """
    low, high = float(depth.min()), float(depth.max())
    digits = 2 if high >= 0.1 else 5
    return f"{low:.{digits}f} to {high:.{digits}f} m"
