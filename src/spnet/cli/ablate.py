"""`spnet ablate`: the same network with every norm under one budget, scored at the training's scale and at others."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from spnet.cli.progress import Watch
from spnet.cli.train_options import resolve, with_config_flags
from spnet.errors import BadInput, MissingExtra
from spnet.recipes import RECIPES

if TYPE_CHECKING:
    from spnet.evaluation.results import Result
    from spnet.training.ablation import Ablation, Trained
    from spnet.training.ablation_scores import Scoring

Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]
Numbers = Annotated[tuple[float, ...], Parameter(consume_multiple=True)]
TABLE, CHART, ABOUT = "table.md", "ablation.png", "ablation.json"


@with_config_flags
def ablate(
    *,
    norms: Names = (),
    seeds: int = 2,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("runs/ablation"),
    config: Path | None = None,
    val: Names = (),
    scales: Numbers = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0),
    other_scales: Numbers = (1.0,),
    patterns: Names = ("random(10%)", "random(1%)"),
    rows: int | None = None,
    limit: int = 10,
    score_crop: int = 0,
    jobs: int = 0,
    device: str = "auto",
    threads: int | None = None,
    **fields: Any,
) -> int:
    """Train one network once a norm and seed, and score all at scales that they were not trained at.

    The recipe is the paper's in small: size mini, 64² crops of images of 80 rows, batch 16, 1200 steps at 2e-3,
    clipped. Flags change that. What is trained or scored already is not repeated.

    Parameters
    ----------
    norms:
        Normalisations, with blanks or commas between them; all nine by default.
    seeds:
        Runs of each norm.
    output:
        Folder for the runs (NORM-SEED), results.jsonl, table.md, ablation.json and ablation.png.
    config:
        YAML or JSON file of fields of the training, as for spnet train.
    val:
        Other data sets to score on, besides the images held out by --val-share; FOLDER@UNIT names the depth unit.
    scales:
        Factors by which the held-out images' depth is multiplied, at the network's fixed normalisation.
    other_scales:
        The same for the other data sets; 0.2 is as if the network's 20 m were 100 m.
    patterns:
        Sparse inputs, as for spnet eval.
    rows:
        Train and score on copies (OUTPUT/data) of images, masks and depth that have this many rows, 80 by default;
        0 takes them as they are.
    limit:
        At most this many images a set are scored, evenly spaced.
    score_crop:
        Side of the square in the middle of each image that is scored; 0 for whole images.
    jobs:
        Processes that score; 0 scores in this one.
    device:
        auto (GPUs where there are any), cpu, cuda, ….
    threads:
        CPU threads of this process.
    """
    import torch

    from spnet.model.config import NORMS
    from spnet.training.ablation import BUDGET, ROWS, Ablation, train_all
    from spnet.training.ablation_scores import Scoring
    from spnet.training.config_file import read_config

    if fields.get("norm") is not None:
        raise BadInput("An ablation takes --norms, not --norm.")
    if threads is not None:
        if threads < 1:
            raise BadInput(f"--threads {threads} makes no sense: it must be at least 1.")
        torch.set_num_threads(threads)
    flags = {name: value for name, value in fields.items() if value is not None}
    filed = read_config(config, RECIPES) if config else {}
    recipe = str(filed.pop("recipe", "paper"))
    chosen = tuple(norm for names in norms for norm in names.split(",") if norm) or NORMS
    ablation = Ablation(resolve(recipe, {**BUDGET, **filed}, flags), chosen, seeds)
    scoring = Scoring(scales, val, other_scales, patterns, limit, score_crop)
    rows = ROWS if rows is None else rows
    if rows < 0:
        raise BadInput(f"--rows {rows} makes no sense: it must be at least 1, or 0 for the data as they are.")
    _check(ablation, scoring)  # before hours of training
    if rows:
        ablation, scoring = _on_copies(ablation, scoring, rows, output / "data")
    count = len(ablation.runs)
    trained = train_all(
        ablation,
        output,
        device=device,
        started=lambda run, number: print(f"{run.name}, run {number + 1} of {count}", flush=True),
    )
    if trained is None:
        print(f"Stopped before the end; run the same command to continue in {output}.")
        return 0
    for one in trained:
        if one.weights is None:
            print(f"spnet: {one.run.name} was given up: loss or gradient were not finite.", file=sys.stderr)
    _score(ablation, scoring, trained, output, device, jobs)
    return 0


def _check(ablation: Ablation, scoring: Scoring) -> None:
    from spnet.sparsity import parse_pattern
    from spnet.training.ablation_scores import held_out_sets, other_sets

    for pattern in scoring.patterns:
        parse_pattern(pattern)
    held_out_sets(ablation.base, 1.0, scoring)
    if scoring.data:
        other_sets(1.0, scoring)


def _on_copies(ablation: Ablation, scoring: Scoring, rows: int, folder: Path) -> tuple[Ablation, Scoring]:
    """The same on small copies of all data."""
    from spnet.training.ablation_data import small_copies, small_masks

    def told(name: str) -> None:
        print(f"{name}: a copy of {rows} rows", flush=True)

    base = ablation.base
    data = small_copies(base.data, rows, folder, told)
    holes = str(small_masks(base.hole_maps, rows, folder)) if base.hole_maps else base.hole_maps
    others = small_copies(scoring.data, rows, folder, told) if scoring.data else ()
    return replace(ablation, base=replace(base, data=data, hole_maps=holes)), replace(scoring, data=others)


def _score(ablation: Ablation, scoring: Scoring, trained: list[Trained], output: Path, device: str, jobs: int) -> None:
    from spnet.training.ablation_scores import drift_all, score_all

    networks = {one.run.name: one.weights for one in trained if one.weights is not None}
    if not networks:
        raise BadInput("All runs were given up: try a lower --lr.")
    with Watch() as watch:
        results = score_all(ablation.base, scoring, networks, output, device=device, jobs=jobs, progress=watch)
    if not results:
        raise BadInput("Nothing could be scored: no image has both measured and scored pixels under the patterns.")
    with Watch() as watch:
        drift = drift_all(ablation.base, scoring, networks, output, device=device, progress=watch)
    _write(ablation, scoring, trained, results, drift, output)


def _write(
    ablation: Ablation,
    scoring: Scoring,
    trained: list[Trained],
    results: list[Result],
    drift: list[Result],
    output: Path,
) -> None:
    from spnet.datasets import open_data
    from spnet.files import atomic_path
    from spnet.training.ablation_chart import draw_chart
    from spnet.training.ablation_tables import make_figures, tables
    from spnet.training.records import write_json

    held_out = {data.name for data in open_data(ablation.base.data)}
    figures = make_figures(results, held_out)
    passed_on = make_figures(drift, held_out) if drift else None
    text = tables(trained, figures, passed_on)
    with atomic_path(output / TABLE) as path:
        path.write_text(text, encoding="utf-8")
    runs = [
        {"run": one.run.name, "parameters": one.parameters, "loss": one.loss, "step_s": one.step_s} for one in trained
    ]
    write_json(output / ABOUT, {"base": asdict(ablation.base), "scoring": asdict(scoring), "runs": runs})
    try:
        draw_chart(output / CHART, trained, figures, passed_on)
    except MissingExtra as error:
        print(f"spnet: warning: {error} There is no {CHART}.", file=sys.stderr)
    print(text, end="")
