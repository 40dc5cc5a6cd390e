"""`spnet test`: the original's test, folder for folder and figure for figure."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from spnet.errors import BadInput

TRAINED = Path("checkpoints/model.safetensors")  # where `spnet train --recipe paper` leaves its result
UNITS = "RMSE is in units of max_depth / 256, as the original prints it: times max_depth / 256 it is metres."


def run_test(
    *,
    model: str | None = None,
    data: Annotated[tuple[Path, ...], Parameter(consume_multiple=True, negative="")] = (Path("Test_Datasets"),),
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    device: str = "auto",
    precision: Literal["auto", "fp32", "fp16", "bf16"] = "fp32",
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Test weights as the original does.

    Reads Test_Datasets/SET/rgb, gt and every raw_… folder (16-bit files of depth / max_depth * 65535), writes the
    completed depth to result_…/ beside them in the same unit, and prints the original's RMSE and REL. Started again,
    it goes on where it was stopped.

    Parameters
    ----------
    model:
        Bundled name, weights file or hub id. Default: checkpoints/model.safetensors, which
        `spnet train --recipe paper` writes.
    data:
        Folders of test sets, or test sets.
    output:
        Folder for SET/result_…; default: beside the inputs.
    device:
        auto, cpu, cuda, ….
    precision:
        Of the network.
    overwrite:
        Do again what is there, also results of other weights.
    """
    if model is None and not TRAINED.is_file():
        raise BadInput(f"There is no {TRAINED}: train with --recipe paper, or name weights with --model.")
    from spnet.evaluation.original_sets import find_sets

    sets = find_sets(data)  # before the weights are loaded: a missing file is reported at once
    from spnet.cli.progress import Watch
    from spnet.evaluation.original import OriginalTest, table
    from spnet.model.weights import load_model

    runner = OriginalTest(load_model(model or TRAINED), device=device, precision=precision)
    with Watch() as watch:
        scores, failed = runner.run(sets, output, overwrite=overwrite, watch=watch)
    if scores:
        print(table(scores))
        print(UNITS, file=sys.stderr)
    for sentence in failed:
        print(f"spnet: failed: {sentence}", file=sys.stderr)
    if failed:
        print(f"spnet: {len(failed)} image(s) failed; the means are over the others.", file=sys.stderr)
    return 1 if failed else 0
