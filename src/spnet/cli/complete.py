"""`spnet complete`: one pair, two folders, or a list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from spnet.cli.outputs import Kind, is_file_name, summary, targets, write
from spnet.cli.pairs import Jobs, find_jobs
from spnet.errors import BadInput

if TYPE_CHECKING:
    from spnet.completion import Completion


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
    mask_below: float | None = None,
    save: Annotated[tuple[Kind, ...] | None, Parameter(consume_multiple=True, negative="")] = None,
    output_unit: str | None = None,
    intrinsics: str | None = None,
    memory_mb: float | None = None,
    backend: str | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Complete sparse depth with the help of an image.

    Folders and lists go on after a bad file and, started again, after an interruption; files that failed or have no
    partner are named at the end, and the exit status is 1.

    Parameters
    ----------
    rgb:
        An image, a folder of images, or (alone) a list file with an image and a depth map a line.
    depth:
        A depth map (PNG-16, TIFF, NPY, NPZ, PFM, EXR; 0 = unknown), or a folder of them with the images' stems.
    output:
        Folder for the results (default: here), or, for one pair, the depth file itself, e.g. out.png or out.npy.
    model:
        Bundled name, weights file or hub id; see `spnet models list`.
    unit:
        Of the depth files: mm, cm, m, kitti, tum, normalized:<max_depth>. Default: integers mm, floats m.
    max_depth:
        Scale of the network: auto, weights, or metres. The bundled weights do not depend on it.
    device:
        auto, cpu, cuda, ….
    keep_measured:
        Return measured pixels as they were measured.
    mask_below:
        Write 0, unknown, where the depth is within 5 % of the truth with a smaller probability than this, 0 to 1.
    save:
        What to write: png16, tiff, npy, npz, pfm, exr, ply, glb, preview, confidence (8 bit, 255 is certain). Default:
        png16 and preview.
    output_unit:
        Of the depth files written. Default: mm for png16, metres for the others.
    intrinsics:
        fx,fy,cx,cy in pixels, for ply and glb; guessed where not given.
    memory_mb:
        Larger images are computed in tiles, to stay near this. Default: 1500 on a CPU, a quarter of a GPU's.
    backend:
        auto (the fastest installed one, measured once), torch, onnxruntime, openvino. Default: SPNET_BACKEND, or auto.
    dry_run:
        Only list what matches and what does not.
    overwrite:
        Do pairs of folders and lists again whose results exist.
    """
    from spnet.completion import checked_confidence
    from spnet.geometry import parse_intrinsics
    from spnet.units import unit_scale

    camera = parse_intrinsics(intrinsics) if intrinsics else None
    for name in (unit, output_unit):
        if name is not None:
            unit_scale(name, integer=True)  # a wrong unit is reported before the weights are loaded
    found = find_jobs(rgb, depth)
    if dry_run:
        return _list(found)
    if found.many and output is not None and (is_file_name(output) or output.is_file()):
        raise BadInput(f"{output} is a file name: for several pairs --output is a folder.")
    files = [targets(job, output, save) for job in found.jobs]
    from spnet.predictor import Predictor, checked_scale

    scale = checked_scale(max_depth)
    if mask_below is not None:
        checked_confidence(mask_below)  # before the weights are loaded
    predictor = Predictor(
        model, device=device, max_depth=scale, keep_measured=keep_measured, memory_mb=memory_mb, backend=backend
    )

    if not found.many:
        result = predictor.complete(found.jobs[0].rgb, found.jobs[0].depth, unit=unit)
        result = result if mask_below is None else result.masked(mask_below)
        write(result, files[0], unit=output_unit, camera=camera)
        print(summary(result, list(files[0])))
        return 0
    from spnet.cli.progress import run_jobs

    ours = {path.resolve() for paths in files for path in paths}  # of an earlier run, beside the images
    found = replace(found, unpaired=[path for path in found.unpaired if path.resolve() not in ours])
    todo = [i for i, paths in enumerate(files) if overwrite or not all(path.is_file() for path in paths)]

    def write_one(number: int, result: Completion) -> None:
        result = result if mask_below is None else result.masked(mask_below)
        write(result, files[todo[number]], unit=output_unit, camera=camera)

    pairs = ((found.jobs[i].rgb, found.jobs[i].depth) for i in todo)
    return run_jobs(found, todo, predictor.stream(pairs, then=write_one, unit=unit))


def _list(found: Jobs) -> int:
    """Print what would be done; 1 where something is missing."""
    missing = [path for job in found.jobs for path in (job.rgb, job.depth) if not path.is_file()]
    for job in found.jobs:
        print(f"{job.rgb}  +  {job.depth}")
    for path in found.unpaired:
        print(f"no partner: {path}")
    for path in missing:
        print(f"does not exist: {path}")
    print(f"{len(found.jobs)} pair(s), {len(found.unpaired)} file(s) without a partner, {len(missing)} missing")
    return 1 if found.unpaired or missing else 0
