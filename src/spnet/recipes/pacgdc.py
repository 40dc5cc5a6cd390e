"""PacGDC's recipe (ICCV 2025): the data recipe of SPNet's successor, and its revision of the network."""

from dataclasses import replace

from spnet.recipes.paper import paper
from spnet.training.config import TrainConfig


def pacgdc() -> TrainConfig:
    """PacGDC as published, but for the depths that it borrows from foundation models.

    Against the paper's recipe: batch 192, 100 epochs of which one is warm-up; crops of 49 to 100 % of the area, colour
    jitter 0.4, depth scale 0.4 (its "wide scale relocation"); holes with probability 0.75, noise and blur with 0.25
    each, then uniform points (0.5), LiDAR (0.35) or SIFT key points (0.15); a loss that counts the absolute error over
    all known truth. SIFT needs the extra `eval`.

        spnet train --recipe pacgdc --model large
    """
    return replace(
        paper(),
        revision="pacgdc",
        samples="pacgdc",
        loss="pacgdc",
        crop_area=(0.49, 1.0),
        jitter=0.4,
        depth_scale=0.4,
        batch=192,
        epochs=100,
        warmup=0.01,
    )
