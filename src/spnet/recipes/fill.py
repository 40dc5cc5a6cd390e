"""Our recipe: `FillNet`, trained to be better than the planar fill, with the whole family of sparsity patterns."""

from spnet.training.config import TrainConfig


def fill() -> TrainConfig:
    """The recipe behind the bundled weights; see MODEL_CARD.md for command, time and figures."""
    return TrainConfig(
        model="zepto",
        revision="fill",
        samples="family",
        loss="fill",
        crop=224,
        crop_area=(0.45, 2.25),
        jitter=0.3,
        sensed=0.5,
        batch=8,
        steps=5_000,
        lr=1.5e-3,
        schedule="constant",
        warmup=0.02,
        weight_decay=0.02,
        clip=1.0,
        ema=0.999,
    )
