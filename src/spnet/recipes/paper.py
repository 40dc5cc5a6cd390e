"""The paper's recipe (SPNet, T-PAMI 47(3), 2025, section "Training", and its released code)."""

from spnet.training.config import TrainConfig


def paper() -> TrainConfig:
    """SPNet as published: 320² crops, total batch 64, AdamW 2e-4, weight decay 0.05, 300 epochs, 5 % warm-up, cosine.

    Mixed precision and compilation are the paper's too; both need a GPU to pay. Data in `./RGBD_Datasets/*`, masks in
    `./Hole_Datasets`. Checkpoints and log lines come more often than the paper's (20 epochs, 1000 steps), which
    changes nothing in the result.

        spnet train --recipe paper --model large
    """
    return TrainConfig(
        model="tiny",
        data=("RGBD_Datasets/*",),
        hole_maps="Hole_Datasets",
        samples="paper",
        loss="paper",
        crop=320,
        crop_area=(0.64, 1.0),
        jitter=0.2,
        depth_scale=0.2,
        batch=64,
        epochs=300,
        lr=2e-4,
        weight_decay=0.05,
        warmup=0.05,
        schedule="cosine",
        precision="fp16",
        compile=True,
    )
