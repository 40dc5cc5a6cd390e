"""The paper's recipe (spec: T-PAMI 2025, section "Training")."""

from spnet.training.config import TrainConfig


def paper() -> TrainConfig:
    """SPNet as published: 320² crops, total batch 64, AdamW 2e-4, weight decay 0.05, 5 % warm-up, cosine.

    The paper trains 300 epochs; `--steps` is 300 × images / 64. Data: `./RGBD_Datasets/*`, holes: `./Hole_Datasets`.

        spnet train --recipe paper --model tiny --steps 100000
    """
    return TrainConfig(hole_maps="Hole_Datasets")
