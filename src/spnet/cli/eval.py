"""`spnet eval`: score methods on data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

PATTERNS = ("random(10%)", "random(1%)", "random(0.1%)", "random(500)", "lidar(16)", "holes")


def evaluate(
    *,
    data: Annotated[tuple[str, ...], Parameter(consume_multiple=True)],
    patterns: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = PATTERNS,
    methods: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ("nearest", "linear", "default"),
    hole_maps: Path | None = None,
    seed: int = 0,
    limit: int | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
) -> None:
    """Score methods on the very same sparse inputs, over pixels that were not measured.

    Parameters
    ----------
    data:
        Data set folders holding rgb/ and gt/ (or depth/); FOLDER@UNIT names the depth unit.
    patterns:
        Sparse inputs: random(1%), random(500), lidar(16), holes.
    methods:
        nearest, linear, planar, bundled names or weights files; LABEL=NAME is listed as LABEL.
    hole_maps:
        Folder of real hole masks for the pattern `holes`; without it holes are procedural.
    seed:
        Of the sparse inputs.
    limit:
        At most this many images a set.
    output:
        Folder for results.jsonl and table.md.
    """
    from rich.console import Console

    from spnet.datasets import open_data
    from spnet.errors import BadInput
    from spnet.evaluation import evaluate as run
    from spnet.evaluation import make_method, markdown_table
    from spnet.evaluation.report import write_scores
    from spnet.sparsity import parse_pattern

    specs = [f"holes(maps={hole_maps})" if p == "holes" and hole_maps else p for p in dict.fromkeys(patterns)]
    parsed, datasets = [parse_pattern(spec) for spec in specs], open_data(data)
    compared = [make_method(name) for name in dict.fromkeys(methods)]
    with Console(stderr=True).status("reading") as status:
        scores = list(run(datasets, parsed, compared, seed=seed, limit=limit, progress=status.update))
    if not scores:
        raise BadInput("Nothing could be scored: no image has both measured and unmeasured pixels under the patterns.")
    if output:
        write_scores(output, scores)
    print(markdown_table(scores), end="")
