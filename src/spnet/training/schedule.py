"""The learning rate step by step, and what becomes of it where a run is given another number of steps."""

from __future__ import annotations

import math

from spnet.training.config import FALL, TrainConfig

SAME = 1e-6  # share by which rates differ through rounding alone


def warm_up_steps(config: TrainConfig) -> int:
    """Steps with a rising rate of a run that begins with this configuration; at least 1.

    >>> warm_up_steps(TrainConfig(steps=1000, warmup=0.05))
    50
    """
    return max(1, round(config.warmup * config.steps))


def learning_rate(config: TrainConfig, step: int, warm: int | None = None) -> float:
    """Linear warm-up, then cosine to 0 (spec section 4), or constant with a linear fall at the end.

    Args:
        config: the run.
        step: steps done.
        warm: of the run's warm-up, where it began with another number of steps; None: see `warm_up_steps`.

    >>> config = TrainConfig(steps=100, lr=1.0, warmup=0.1)
    >>> [round(learning_rate(config, s), 2) for s in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    >>> config = TrainConfig(steps=100, lr=1.0, warmup=0.1, schedule="constant")
    >>> [round(learning_rate(config, s), 2) for s in (0, 10, 80, 90, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.05]
    """
    warm = warm_up_steps(config) if warm is None else warm
    if step < warm:
        return config.lr * (step + 1) / warm
    if config.schedule == "constant":
        return config.lr * min(1.0, (config.steps - step) / (FALL * config.steps))
    return config.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, config.steps - warm)))


def jump(before: TrainConfig, now: TrainConfig, step: int, warm: int) -> str:
    """A sentence on a rate that jumps where a run of `before.steps` goes on with `now.steps`; "" where it does not.

    Args:
        before, now: the run as it was and as it goes on, of the "constant" schedule.
        step: steps done.
        warm: steps of its warm-up.
    """
    old, new = learning_rate(before, step, warm), learning_rate(now, step, warm)
    if abs(new - old) <= SAME * max(old, new):
        return ""
    if new > old:
        return (
            f"The learning rate had fallen to {old:.3g} by step {step} of {before.steps}; with {now.steps} steps it "
            f"rises again to {new:.3g}, so the result is not that of a run begun with {now.steps} steps."
        )
    return (
        f"With {now.steps} steps instead of {before.steps} the learning rate drops at once from {old:.3g} to {new:.3g}:"
        f" step {step} lies in its fall already."
    )
