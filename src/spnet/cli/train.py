"""`spnet train`: train a network by a recipe; the flags override fields of its `TrainConfig`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter


def train(
    *,
    recipe: Literal["paper", "fill"] = "paper",
    out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("runs/train"),
    model: str | None = None,
    norm: str | None = None,
    data: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    hole_maps: str | None = None,
    crop: int | None = None,
    batch: int | None = None,
    steps: int | None = None,
    lr: float | None = None,
    seed: int | None = None,
    workers: int | None = None,
    compile: bool | None = None,
    max_minutes: float | None = None,
    save_every: int | None = None,
    log_every: int | None = None,
    threads: int | None = None,
) -> int:
    """Train, or continue the run in --out.

    Parameters
    ----------
    recipe:
        `paper`: SPNet as published. `fill`: ours, the one behind the bundled weights.
    out:
        Folder for config.json, log.jsonl, the checkpoint and model.safetensors.
    data:
        Data set folders holding rgb/ and depth/; FOLDER@UNIT names the depth unit.
    hole_maps:
        Folder of hole masks (255 measured, 0 hole); "" for procedural ones.
    max_minutes:
        Stop cleanly with a checkpoint after this long; the same command continues.
    threads:
        CPU threads of the training process.
    """
    import torch

    from spnet.errors import BadInput
    from spnet.recipes import RECIPES
    from spnet.training.loop import train as run

    given: dict[str, Any] = {
        "model": model, "norm": norm, "data": data or None, "hole_maps": hole_maps, "crop": crop, "batch": batch,
        "steps": steps, "lr": lr, "seed": seed, "workers": workers, "compile": compile, "max_minutes": max_minutes,
        "save_every": save_every, "log_every": log_every,
    }  # fmt: skip
    config = replace(RECIPES[recipe](), **{key: value for key, value in given.items() if value is not None})
    if threads is not None:
        if threads < 1:
            raise BadInput(f"--threads {threads} makes no sense: it must be at least 1.")
        torch.set_num_threads(threads)
    result = run(config, out, log=_print_record)
    stopped = f"Stopped at the time limit; run the same command to continue in {out}."
    print(stopped if result is None else f"Wrote {result}")
    return 0


def _print_record(record: dict[str, Any]) -> None:
    print("  ".join(f"{key} {value:.4g}" for key, value in record.items()), flush=True)
