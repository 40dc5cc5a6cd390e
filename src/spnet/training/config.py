"""Everything that decides a training run, as one frozen dataclass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from spnet.errors import BadInput
from spnet.model.config import Norm, Revision

FALL = 0.2  # share of a "constant" schedule in which the learning rate falls (ours)
# The least value that makes sense of every field that is a number.
_LEAST = {"crop": 1, "batch": 1, "steps": 1, "lr": 0, "weight_decay": 0, "warmup": 0, "clip": 0, "ema": 0, "seed": 0,
          "workers": 0, "save_every": 1, "log_every": 1, "max_minutes": 0}  # fmt: skip


@dataclass(frozen=True)
class TrainConfig:
    """A training run. The recipes in `spnet.recipes` return one; making one raises BadInput for impossible values.

    Attributes:
        model: size by name (see `spnet.model.config.SIZES`).
        revision: "spnet" (the paper's network), "pacgdc" or "fill" (ours).
        norm: normalisation variant.
        data: data set folders (`rgb/` and `depth/` inside); "FOLDER@UNIT" names the depth unit, otherwise it is
            taken from the folder's manifest.json or is the paper's normalized:20.
        hole_maps: folder of real hole masks; None or "" makes procedural ones.
        samples: "paper" (spec section 4: normalised depth, noise, blur, holes, uniform drop) or "family" (ours).
        loss: "paper" (standardised L1 and gradients) or "relative" (ours: |error| / truth).
        crop: side of the square training crop, pixels.
        batch: samples an optimiser step, over all processes.
        micro_batch: samples that a process takes through the network at once; 0 is its whole share of the batch.
            The gradients of several are added up, so that the batch means the same everywhere.
        steps: optimiser steps of the whole run.
        epochs: where over 0, `steps` is this many passes over the images instead.
        lr: peak learning rate of AdamW.
        weight_decay: of all parameters.
        schedule: after the warm-up, "cosine" to 0 (the paper's); or "constant" with a linear fall to 0 over the last
            fifth of the steps, which lets a run be made longer while it is still constant.
        warmup: share of the steps with linearly rising learning rate.
        clip: gradient-norm limit, 0 = none.
        ema: decay of the weights' moving average that is saved as the result, 0 = none.
        precision: of the network's pass; the weights stay float32. "fp16" scales the loss.
        checkpoint_activations: recompute the blocks' activations in the backward pass: less memory, more time.
        channels_last: memory layout; faster on CPUs.
        compile: run the network through torch.compile.
        seed: decides weights, order and augmentation.
        workers: processes that prepare samples; 0 prepares them in the training process.
        save_every: steps between checkpoints.
        keep: checkpoints that are kept, besides the best.
        bad_steps: stop after so many steps in a row whose loss or gradient was not finite; each is left out.
        val_data: data set folders that are validated on.
        val_share: share of the images of `data` held out for validation, chosen by their names.
        val_patterns: sparsity patterns of the validation.
        val_images: at most this many images are validated on.
        val_every: steps between validations, 0 = none.
        overfit: where over 0, only this many images are trained on, without augmentation: the first thing to try.
        sparsity: where given, a pattern spec (`spnet.sparsity`) that the sparse inputs of "family" are drawn by.
        tensorboard: also write scalars and image panels for TensorBoard.
        panel_every: steps between image panels.
        log_every: steps between log lines.
        max_minutes: stop cleanly with a checkpoint after this long, 0 = no limit.
    """

    model: str = "tiny"
    revision: Revision = "spnet"
    norm: Norm = "CNX"
    data: tuple[str, ...] = ("RGBD_Datasets/*",)
    hole_maps: str | None = None
    samples: Literal["paper", "family"] = "paper"
    loss: Literal["paper", "relative"] = "paper"
    crop: int = 320
    batch: int = 64
    micro_batch: int = 0
    steps: int = 100_000
    epochs: float = 0.0
    lr: float = 2e-4
    weight_decay: float = 0.05
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: float = 0.05
    clip: float = 0.0
    ema: float = 0.0
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    checkpoint_activations: bool = False
    channels_last: bool = True
    compile: bool = False
    seed: int = 0
    workers: int = 1
    save_every: int = 500
    keep: int = 2
    log_every: int = 50
    bad_steps: int = 20
    val_data: tuple[str, ...] = ()
    val_share: float = 0.0
    val_patterns: tuple[str, ...] = ("random(1%)", "lidar(16)", "holes")
    val_images: int = 64
    val_every: int = 0
    overfit: int = 0
    sparsity: str = ""
    tensorboard: bool = False
    panel_every: int = 1000
    max_minutes: float = 0.0

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= least):
                raise BadInput(f"A training run with {name} {value} makes no sense: it must be at least {least}.")
        if self.ema >= 1 or self.warmup > 1:
            raise BadInput(f"ema must be under 1 and warmup at most 1; got {self.ema} and {self.warmup}.")


def config_from_dict(fields: dict[str, Any]) -> TrainConfig:
    """A configuration from what `dataclasses.asdict` made of one; lists become tuples again."""
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in fields.items()}
    return TrainConfig(**values)
