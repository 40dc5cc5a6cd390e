"""`spnet train`: train a network by a recipe; a file and flags override fields of its `TrainConfig`."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from spnet.cli.train_options import for_this_machine, resolve, with_config_flags
from spnet.errors import BadInput
from spnet.recipes import FOLDERS, RECIPES

if TYPE_CHECKING:
    from spnet.training.config import TrainConfig

Recipe = Literal["paper", "pacgdc", "spnet", "fill"]
USUAL = "paper"


@with_config_flags
def train(
    *,
    recipe: Recipe | None = None,
    config: Path | None = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    device: str = "auto",
    threads: int | None = None,
    **fields: Any,
) -> int:
    """Train, or continue the run in --out.

    Parameters
    ----------
    recipe:
        Where what is not given comes from. `paper` (the usual one): SPNet as published. `pacgdc`: its successor.
        `spnet`: ours for the same network, any scale and sensor. `fill`: ours, the one behind the bundled weights.
        The flags below name the recipes' values: the paper's first, then those that differ.
    config:
        YAML or JSON file of fields, such as `batch: 16`, also `recipe: fill`; config.yaml of another run is one. It
        counts before the recipe; flags count before it.
    out:
        Folder for config.yaml, log.jsonl, checkpoints and model.safetensors. Default: `checkpoints` for the paper's
        recipe, `runs/train` for fill, otherwise `runs/` and the recipe's name; `runs/overfit` with --overfit.
    dry_run:
        Print the plan (parameters, memory, steps, time, what is validated) and stop.
    device:
        auto (GPUs where there are any), cpu, cuda, ….
    threads:
        CPU threads of the training process.
    """
    import torch

    from spnet.backends.pytorch import find_device
    from spnet.training.config_file import read_config
    from spnet.training.distributed import is_first

    flags = {name: value for name, value in fields.items() if value is not None}
    filed = read_config(config, RECIPES) if config else {}
    chosen = str(filed.pop("recipe", USUAL)) if recipe is None else recipe
    filed.pop("recipe", None)
    settled, left_out = for_this_machine(
        resolve(chosen, filed, flags), {*filed, *flags}, find_device(device).type == "cuda"
    )
    out = out or Path("runs/overfit" if settled.overfit else FOLDERS[chosen])
    if threads is not None:
        if threads < 1:
            raise BadInput(f"--threads {threads} makes no sense: it must be at least 1.")
        torch.set_num_threads(threads)
    if left_out and is_first():
        print(f"spnet: without a GPU: {left_out}", file=sys.stderr)
    if dry_run:
        return _print_plan(settled, chosen, out, device)
    return _run(settled, chosen, out, device)


def _print_plan(config: TrainConfig, recipe: str, out: Path, device: str) -> int:
    from spnet.backends.pytorch import find_device
    from spnet.training.distributed import is_first
    from spnet.training.plan import make_plan

    if is_first():
        processes = int(os.environ.get("WORLD_SIZE", "1"))
        print(make_plan(config, processes=processes, device=find_device(device)).text(recipe, out))
    return 0


def _run(config: TrainConfig, recipe: str, out: Path, device: str) -> int:
    import torch

    from spnet.backends.pytorch import find_device
    from spnet.cli.train_log import ProgressLog
    from spnet.training.config_file import NAME, write_config
    from spnet.training.distributed import is_first
    from spnet.training.huge_pages import keep_memory
    from spnet.training.loop import train as run
    from spnet.training.records import CONFIG, read_json
    from spnet.training.verdict import overfit_verdict

    threads = 1  # on a GPU it does not matter here
    if find_device(device).type == "cpu":
        keep_memory()
        threads = torch.get_num_threads()
    with ExitStack() as shown:
        logs: list[ProgressLog] = []

        def log(record: dict[str, Any]) -> None:
            if not logs:  # the run has begun: it was not refused, and its config.json knows the steps of its epochs
                write_config(out / NAME, config, recipe)
                steps = int(read_json(out / CONFIG).get("steps", config.steps))
                logs.append(shown.enter_context(ProgressLog(steps, threads=threads)))
            logs[0](record)

        result = run(config, out, log=log, device=device)
    if not is_first():
        return 0
    write_config(out / NAME, config, recipe)
    stopped = f"Stopped before the end, with a checkpoint; run the same command to continue in {out}."
    print(stopped if result is None else f"Wrote {result}")
    if config.overfit and result is not None:
        print(overfit_verdict(out))
    return 0
