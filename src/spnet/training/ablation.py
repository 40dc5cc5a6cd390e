"""The same network trained once a norm and seed, on the same samples in the same order: which norm is better?

Each run is an ordinary training run in a folder of its own, so it is followed, stopped and continued like one.
`spnet.training.ablation_scores` scores them, `spnet.training.ablation_tables` tells what came out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from spnet.errors import BadInput
from spnet.model.config import NORMS, Norm
from spnet.training.checkpoint import FREE_FIELDS
from spnet.training.config import TrainConfig
from spnet.training.health import REPORT
from spnet.training.loop import RESULT, train
from spnet.training.records import CONFIG, RUN, read_json, read_records

# What an ablation trains where nothing else is said: the paper's recipe in small, on images of so many rows. Ours: what
# a CPU core does in minutes. The higher rate and the clipping go with the few steps.
ROWS = 80
BUDGET: dict[str, Any] = {
    "model": "mini", "crop": 64, "batch": 16, "steps": 1200, "epochs": 0.0, "lr": 2e-3, "clip": 1.0, "compile": False,
    "precision": "fp32", "val_share": 0.1, "save_every": 200, "keep": 1, "log_every": 50, "panel_every": 0,
}  # fmt: skip
REFERENCE = "CNX"  # SP-Norm, which the others are compared with
YARDSTICK = "nearest"  # a fill that learns nothing and does not depend on the scale


class Run(NamedTuple):
    """One training run of an ablation."""

    norm: str
    seed: int

    @property
    def name(self) -> str:
        """Of its folder, and of its network in `results.jsonl`.

        >>> Run("CN+X", 1).name
        'CN+X-1'
        """
        return f"{self.norm}-{self.seed}"


def run_of(name: str) -> Run:
    """The run of that name; `YARDSTICK` is as a norm with one seed.

    >>> run_of("CN+X-1")
    Run(norm='CN+X', seed=1)
    """
    norm, _, seed = name.rpartition("-")
    return Run(norm, int(seed)) if norm else Run(name, 0)


@dataclass(frozen=True)
class Ablation:
    """What is trained.

    Attributes:
        base: what all runs share; its seed is the first one, its norm is not looked at.
        norms: names of `spnet.model.config.NORMS`.
        seeds: runs of each norm, from different weights, orders and augmentations; the same ones for all norms.
    """

    base: TrainConfig
    norms: tuple[str, ...] = NORMS
    seeds: int = 2

    def __post_init__(self) -> None:
        unknown = [norm for norm in self.norms if norm not in NORMS]
        if unknown or not self.norms or len(set(self.norms)) < len(self.norms):
            raise BadInput(
                f"Norms {', '.join(self.norms) or '(none)'}: expected some of {', '.join(NORMS)}, each once."
            )
        if self.seeds < 1:
            raise BadInput(f"{self.seeds} seeds: there must be at least 1.")

    @property
    def runs(self) -> list[Run]:
        """All of them, seed by seed: what is there early is comparable."""
        return [Run(norm, self.base.seed + i) for i in range(self.seeds) for norm in self.norms]

    def config(self, run: Run) -> TrainConfig:
        """Of one run: nothing but norm and seed differ."""
        return replace(self.base, norm=cast(Norm, run.norm), seed=run.seed)


@dataclass(frozen=True)
class Trained:
    """What is known of a run when its training has ended.

    Attributes:
        run: which.
        weights: the network; None where loss or gradient were not finite for so long that the run was given up.
        parameters: of the network.
        loss: over the last log interval.
        step_s: seconds a step without waiting for data, of the fastest log interval but the first: the others tell
            what else the machine did. NaN where there is none.
    """

    run: Run
    weights: Path | None
    parameters: int
    loss: float
    step_s: float


def train_all(
    ablation: Ablation,
    out: Path,
    *,
    device: str = "auto",
    started: Callable[[Run, int], None] | None = None,
    log: Callable[[dict[str, Any]], None] | None = None,
) -> list[Trained] | None:
    """Train what is not trained yet. A run that was stopped goes on; one that is finished, or was given up, stays.

    Args:
        ablation: what is trained.
        out: holds the runs' folders.
        device: see `train`.
        started: told each run that is trained or continued, and its number.
        log: receives the records of the runs.

    Returns:
        The runs in their order; None where one was stopped early (`max_minutes`, Ctrl-C): call again to continue.

    Raises:
        BadInput: a folder holds a run with another configuration; or what `train` raises before its first step.
    """
    trained = []
    for number, run in enumerate(ablation.runs):
        folder, config = out / run.name, ablation.config(run)
        if not _ended(folder, config):
            if started:
                started(run, number)
            try:
                if train(config, folder, log, device=device) is None:
                    return None
            except BadInput:
                if not (folder / REPORT).is_file():
                    raise  # not the norm's fault
        trained.append(_facts(run, folder, config))
    return trained


def _ended(folder: Path, config: TrainConfig) -> bool:
    """Whether the run is finished or was given up."""
    ended = (folder / RESULT).is_file() or (folder / REPORT).is_file()
    if not ended:
        return False
    before, now = read_json(folder / CONFIG), asdict(config)
    free = (FREE_FIELDS - {"data", "hole_maps"}) | {"val_data", "val_patterns", "val_images"}
    other = sorted(key for key, value in now.items() if key not in free and before.get(key) != _as_json(value))
    if other:
        raise BadInput(f"{folder} holds a run with other {', '.join(other)}: use the same, or another output folder.")
    return True


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _facts(run: Run, folder: Path, config: TrainConfig) -> Trained:
    records = [record for record in read_records(folder) if record.get("loss") is not None]
    seconds = [config.batch / r["images_per_s"] * (1 - r["data_wait"]) for r in records[1:] if r["images_per_s"] > 0]
    result = folder / RESULT
    return Trained(
        run,
        result if result.is_file() else None,
        int(read_json(folder / RUN).get("parameters", 0)),
        float(records[-1]["loss"]) if records else float("nan"),
        min(seconds, default=float("nan")),
    )
