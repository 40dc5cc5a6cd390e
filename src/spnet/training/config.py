"""Everything that decides a training run, as one frozen dataclass."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from spnet.errors import BadInput
from spnet.model.config import Norm, Revision

FALL = 0.2  # share of a "constant" schedule in which the learning rate falls (ours)
HOLES = "{holes}"  # in a `sparsity`, see there
# The least value that makes sense of every field that is a number.
_LEAST = {
    **dict.fromkeys(("crop", "batch", "steps", "save_every", "keep", "log_every", "bad_steps", "val_images"), 1),
    **dict.fromkeys(
        ("micro_batch", "epochs", "lr", "weight_decay", "warmup", "clip", "ema", "seed", "workers", "cache"), 0
    ),
    **dict.fromkeys(
        ("jitter", "depth_scale", "octaves", "sensed", "val_share", "val_every", "overfit", "panel_every"), 0
    ),
    "max_minutes": 0,
}
_BELOW_ONE = ("ema", "depth_scale", "val_share")


@dataclass(frozen=True)
class TrainConfig:
    """A training run. The recipes in `spnet.recipes` return one; making one raises BadInput for impossible values.

    Attributes:
        model: size by name (see `spnet.model.config.SIZES`).
        revision: "spnet" (the paper's network), "pacgdc" or "fill" (ours).
        norm: normalisation variant.
        start: weights that the run begins with, a file or a bundled name, of the same network (fine-tuning); "" draws
            them at random. Optimiser and schedule begin afresh.
        data: data set folders (`rgb/` and `depth/` inside); "FOLDER@UNIT" names the depth unit, otherwise it is
            taken from the folder's manifest.json or is the paper's normalized:20.
        hole_maps: folder of real hole masks; None or "" makes procedural ones.
        samples: "paper" (spec section 4: normalised depth, noise, blur, holes, uniform drop), "pacgdc" (its
            successor's: also LiDAR and key points) or "family" (ours: patterns of `spnet.sparsity`).
        sparsity: the pattern that "family" draws sparse inputs by, "" for that of the bundled weights. `{holes}` in it
            stands for procedural holes and, where there are `hole_maps`, as often for these. Lengths are true metres.
        loss: "paper" (standardised L1 and gradients), "pacgdc" (absolute L1 over known truth, gradients halved
            successively), "masked" (the paper's, absolute L1 only where raw and truth are known) or "relative" (ours:
            |error| / truth), or "fill" (ours, of that revision alone: REL and RMSE as shares of the planar fill's).
        crop: side of the square training crop, pixels.
        crop_area: range of the area that is cut and resampled to the crop, as a share of crop².
        jitter: brightness, contrast and saturation are changed by up to this share.
        depth_scale: depth of "paper" and "pacgdc" is multiplied by U(1 - this, 1 + this), as far as it stays under 1.
        octaves: where over 0, depth of "family" is divided by the crop's farthest truth and multiplied by 2 to the
            power of U(-octaves, 0): one network then serves a tabletop and a street. 0: the data's own scale.
        sensed: share of the crops of "family" that are made like a real camera's before anything is drawn: depth that
            is noisy, registered with an error and unknown about edges, colours with blur and noise (see
            `spnet.training.sensed`). For data whose depth is exact.
        batch: samples an optimiser step, over all processes.
        micro_batch: samples that a process takes through the network at once; 0 is its whole share of the batch.
            The gradients of several are added up, so that the batch means the same everywhere.
        steps: optimiser steps of the whole run.
        epochs: where over 0, `steps` is this many passes over the images instead.
        lr: peak learning rate of AdamW.
        weight_decay: of all parameters.
        schedule: after the warm-up, "cosine" to 0 (the paper's); or "constant" with a linear fall to 0 over the last
            fifth of the steps, which lets a run be made longer (docs/training.md).
        warmup: share of the steps with linearly rising learning rate; of the steps that the run began with.
        clip: gradient-norm limit, 0 = none.
        ema: decay of the weights' moving average that is saved as the result, 0 = none.
        precision: of the network's pass; the weights stay float32. "fp16" scales the loss.
        checkpoint_activations: recompute the blocks' activations in the backward pass: less memory, more time.
        channels_last: memory layout; faster on CPUs.
        compile: run the network through torch.compile.
        seed: decides weights, order and augmentation.
        workers: processes that prepare samples; 0 prepares them in the training process.
        cache: gigabytes of decoded images kept in the user's cache folder, 0 = none; where decoding limits the speed.
        save_every: steps between checkpoints.
        keep: checkpoints that are kept, besides the best.
        bad_steps: stop after so many steps in a row whose loss or gradient was not finite; each is left out.
        val_data: data set folders that are validated on.
        val_share: share of the images of `data` held out for validation, chosen by their names.
        val_patterns: sparsity patterns of the validation.
        val_images: at most this many images are validated on.
        val_every: steps between validations, 0 = none.
        overfit: where over 0, only this many images are trained on, without augmentation: the first thing to try.
        tensorboard: also write scalars and image panels for TensorBoard.
        panel_every: steps between image panels, 0 = none.
        log_every: steps between log lines.
        max_minutes: stop cleanly with a checkpoint after this long, 0 = no limit.
    """

    model: str = "tiny"
    revision: Revision = "spnet"
    norm: Norm = "CNX"
    start: str = ""
    data: tuple[str, ...] = ("RGBD_Datasets/*",)
    hole_maps: str | None = None
    samples: Literal["paper", "pacgdc", "family"] = "paper"
    sparsity: str = ""
    loss: Literal["paper", "pacgdc", "masked", "relative", "fill"] = "paper"
    crop: int = 320
    crop_area: tuple[float, float] = (0.64, 1.0)
    jitter: float = 0.2
    depth_scale: float = 0.2
    octaves: float = 0.0
    sensed: float = 0.0
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
    cache: float = 0.0
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
    tensorboard: bool = False
    panel_every: int = 1000
    max_minutes: float = 0.0

    def __post_init__(self) -> None:
        for name in field_types():
            object.__setattr__(self, name, as_field(name, getattr(self, name)))
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= least):
                raise BadInput(f"A training run with {name} {value} makes no sense: it must be at least {least}.")
        for name in _BELOW_ONE:
            if getattr(self, name) >= 1:
                raise BadInput(f"{name} must be under 1; got {getattr(self, name)}.")
        for name in ("warmup", "jitter", "sensed"):
            if getattr(self, name) > 1:
                raise BadInput(f"{name} must be at most 1; got {getattr(self, name)}.")
        low, high = self.crop_area
        if not 0 < low <= high < math.inf:
            raise BadInput(f"crop_area goes from a small share above 0 to a larger one; got {low} and {high}.")
        if self.loss == "fill" and self.revision != "fill":
            raise BadInput(
                'The loss "fill" is for the revision "fill": the others have no planar fill to be compared with.'
            )
        if self.samples != "family" and (self.sparsity or self.octaves or self.sensed):
            name = next(name for name in ("sparsity", "octaves", "sensed") if getattr(self, name))
            raise BadInput(f'{name} is for samples "family"; the samples "{self.samples}" have their own.')


def steps_of(config: TrainConfig, images: int) -> int:
    """Optimiser steps of a run over so many training images: `steps`, or as many as `epochs` take.

    >>> steps_of(TrainConfig(epochs=300, batch=64), images=10_000)
    46875
    """
    if not config.epochs:
        return config.steps
    return max(1, math.ceil(config.epochs * images / config.batch))


def with_steps(config: TrainConfig, images: int) -> TrainConfig:
    """The configuration with its `epochs` turned into `steps`, for so many training images."""
    return replace(config, steps=steps_of(config, images), epochs=0.0)


@lru_cache(maxsize=1)
def field_types() -> dict[str, Any]:
    """The type of every field, in their order."""
    return get_type_hints(TrainConfig)


def as_field(name: str, value: Any) -> Any:
    """A value as its field's type has it: lists become tuples, whole numbers become floats where floats belong.

    Text is taken as a float where one belongs, because YAML reads 1e-3 as text.

    Raises:
        BadInput: it is of another type.

    >>> as_field("lr", "1e-3"), as_field("data", ["a", "b"]), as_field("crop_area", [1, 2])
    (0.001, ('a', 'b'), (1.0, 2.0))
    """
    try:
        return _cast(field_types()[name], value)
    except (TypeError, ValueError):
        raise BadInput(f"{name} is {_expected(field_types()[name])}; got {value!r}.") from None


def _cast(kind: Any, value: Any) -> Any:
    arguments = get_args(kind)
    if get_origin(kind) is Literal:
        if value not in arguments or isinstance(value, bool):
            raise ValueError
        return value
    if get_origin(kind) is UnionType:  # text or nothing
        return None if value is None else _cast(next(a for a in arguments if a is not NoneType), value)
    if get_origin(kind) is tuple:
        if not isinstance(value, list | tuple) or (arguments[-1] is not ... and len(value) != len(arguments)):
            raise TypeError
        return tuple(_cast(arguments[0], item) for item in value)
    if kind is float and isinstance(value, int | str) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError
    return value


def _expected(kind: Any) -> str:
    """What a field holds, in words."""
    arguments = get_args(kind)
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if get_origin(kind) is tuple:
        return "two numbers" if arguments[-1] is float else "a list of texts"
    return {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "a text")


def config_from_dict(fields: dict[str, Any]) -> TrainConfig:
    """A configuration from what `dataclasses.asdict` made of one, also from an older version of this package.

    Raises:
        TypeError: a field that there is none of.
        BadInput: a value that makes no sense.
    """
    values = dict(fields)
    if values.get("samples") == "family":  # before these were fields, samples had them
        values = {"crop_area": (0.45, 2.25), "jitter": 0.3, **values}
    return TrainConfig(**values)
