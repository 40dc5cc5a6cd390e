"""`spnet complete`: one pair, two folders, or a list."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from spnet.cli.pairs import Job, Jobs, find_jobs
from spnet.errors import BadInput

if TYPE_CHECKING:
    from spnet.completion import Completion
    from spnet.types import Intrinsics

Kind = Literal["png16", "tiff", "npy", "npz", "pfm", "exr", "ply", "glb", "preview"]
ENDINGS: dict[str, str] = {
    "png16": "_depth.png",
    **{kind: f"_depth.{kind}" for kind in ("tiff", "npy", "npz", "pfm", "exr")},
    "ply": "_cloud.ply",
    "glb": "_cloud.glb",
    "preview": "_preview.png",
}


def complete(
    rgb: Path,
    depth: Path | None = None,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    model: str = "default",
    unit: str | None = None,
    max_depth: str = "auto",
    device: str = "auto",
    keep_measured: Annotated[bool, Parameter(negative="")] = False,
    save: Annotated[tuple[Kind, ...], Parameter(consume_multiple=True)] = ("png16", "preview"),
    intrinsics: str | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Complete sparse depth with the help of an image.

    Parameters
    ----------
    rgb:
        An image, a folder of images, or (alone) a list file with an image and a depth map a line.
    depth:
        A depth map (PNG-16, TIFF, NPY, NPZ, PFM, EXR; 0 = unknown), or a folder of them with the images' stems.
    output:
        Folder for the results (default: here), or, for one pair, the depth file itself, e.g. out.png or out.npy.
    model:
        Bundled name, weights file or hub id; `spnet models list`.
    unit:
        Of the depth files: mm, cm, m, kitti, tum, normalized:<max_depth>. Default: integers mm, floats m.
    max_depth:
        Scale of the network: auto, weights, or metres. The bundled weights do not depend on it.
    device:
        auto, cpu, cuda, ….
    keep_measured:
        Return measured pixels as they were measured.
    save:
        What to write: png16 (millimetres), tiff, npy, npz, pfm, exr (metres), ply, glb, preview.
    intrinsics:
        fx,fy,cx,cy in pixels, for ply and glb; guessed where not given.
    dry_run:
        Only list what matches and what does not.
    overwrite:
        Do pairs again whose results exist.
    """
    from spnet.geometry import parse_intrinsics

    camera = parse_intrinsics(intrinsics) if intrinsics else None
    found = find_jobs(rgb, depth)
    if dry_run:
        return _list(found)
    from spnet.predictor import Predictor

    warnings.showwarning = _show_warning
    scale = max_depth if max_depth in ("auto", "weights") else _number(max_depth)
    predictor = Predictor(model, device=device, max_depth=scale, keep_measured=keep_measured)  # type: ignore[arg-type]
    if not rgb.is_dir() and depth is not None:
        result = predictor.complete(rgb, depth, unit=unit)
        written = _save(result, _targets(found.jobs[0], output, save), camera)
        _summarize(result, depth, unit, written)
        return 0
    from spnet.cli.progress import run_jobs

    folder = output or Path()
    if folder.suffix and not folder.is_dir():
        raise BadInput(f"{folder} looks like a file: for several pairs --output is a folder.")

    def one(job: Job) -> bool:
        targets = _targets(job, folder, save)
        if not overwrite and all(target.is_file() for target in targets):
            return False
        _save(predictor.complete(job.rgb, job.depth, unit=unit), targets, camera)
        return True

    return run_jobs(found, one)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"--max-depth {text!r}: expected auto, weights, or a number of metres.") from None


def _targets(job: Job, output: Path | None, save: Sequence[str]) -> list[Path]:
    """Files to write; an output with a depth suffix is itself the only one, unless more was asked for."""
    from spnet.io import DEPTH_SUFFIXES

    if output is not None and output.suffix.lower() in DEPTH_SUFFIXES | {".ply", ".glb"} and not output.is_dir():
        stem = output.with_suffix("")
        extra = () if tuple(save) == ("png16", "preview") else save
        return [output, *(stem.with_name(stem.name + ENDINGS[kind]) for kind in extra)]
    folder = output or Path()
    stem = folder / job.name
    return [stem.with_name(stem.name + ENDINGS[kind]) for kind in dict.fromkeys(save)]


def _save(result: Completion, targets: Sequence[Path], camera: Intrinsics | None) -> list[Path]:
    from spnet.io import write_image

    for target in targets:
        if target.name.endswith(ENDINGS["preview"]):
            write_image(target, result.preview())
        else:
            result.save(target, intrinsics=camera)
    return list(targets)


def _summarize(result: Completion, depth: Path, unit: str | None, written: Sequence[Path]) -> None:
    """Say what was assumed and what came out, so that a unit error is seen at once."""
    height, width = result.depth.shape
    measured = result.input_depth[result.mask]
    default = (
        "float files are metres" if depth.suffix.lower() in (".npy", ".npz", ".pfm", ".exr") else "integer files are mm"
    )
    assumed = unit or f"default: {default}"
    print(f"{width}x{height}, {measured.size} pixels measured ({100 * result.mask.mean():.2g} %), unit {assumed}")
    print(f"measured {measured.min():.3g} to {measured.max():.3g} m, completed {result.depth.min():.3g} to "
          f"{result.depth.max():.3g} m, {result.model}, {result.timings['total']:.2f} s")  # fmt: skip
    print("wrote " + ", ".join(str(path) for path in written))


def _list(found: Jobs) -> int:
    for job in found.jobs:
        print(f"{job.rgb}  +  {job.depth}")
    for path in found.unpaired:
        print(f"no partner: {path}")
    print(f"{len(found.jobs)} pair(s), {len(found.unpaired)} file(s) without a partner")
    return 1 if found.unpaired else 0


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"spnet: warning: {message}", file=sys.stderr)
