"""What happens to a batch after it was collated: augmentation of all its samples at once, on the training device."""

from __future__ import annotations

import torch

from spnet.training.config import TrainConfig

Batch = dict[str, torch.Tensor]


def finish_batch(config: TrainConfig, batch: Batch, device: torch.device) -> Batch:
    """From what the workers made to what the network takes.

    Args:
        config: the run.
        batch: samples of `TrainSamples`, collated.
        device: where the network is trained.

    Returns:
        On the device: rgb (B, 3, S, S) in [0, 1]; gt and raw (B, 1, S, S), 0 = unknown; for a fill also fill
        (B, 11, S, S).
    """
    return {key: value.to(device, non_blocking=True) for key, value in batch.items()}
