"""Training samples by number: sample k of a run is the same whenever, and by whichever process, it is made."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch.utils.data import Dataset

from spnet.datasets import open_data
from spnet.errors import BadInput
from spnet.fill import fill_stack
from spnet.sparsity import HoleMaps
from spnet.training.augment import Crop, colour_jitter, family_raw, paper_raw, paper_scale, resized_crop
from spnet.training.config import TrainConfig
from spnet.types import FloatImage, Sample

Batch = dict[str, torch.Tensor]
PAPER_MAX_DEPTH = 20.0  # metres; where a file's own scale is unknown (spec section 1: indoor)
MIN_POINTS = 4  # fewer measurements say nothing about the shape of the scene


# Colour jitter of the two kinds of samples: the paper's (spec section 4), and stronger for ours.
JITTER = {"paper": 0.2, "family": 0.3}


def crop_of(config: TrainConfig) -> Crop:
    """The paper keeps 64 to 100 % of the crop's area; ours also looks from farther away and keeps edges sharp."""
    if config.samples == "paper":
        return Crop(config.crop, (0.64, 1.0))
    return Crop(config.crop, (0.45, 2.25), sharp_depth=True)


class TrainSamples(Dataset[Batch]):
    """Sample `index` of a run, for any index >= 0: epoch by epoch, each epoch in its own order.

    Each item: rgb (3, S, S) in [0, 1]; gt and raw (1, S, S), 0 = unknown; with revision "fill" also fill (11, S, S).
    """

    def __init__(self, config: TrainConfig, length: int) -> None:
        self.config = config
        self.length = length
        self.sets = open_data(config.data)
        self.holes = HoleMaps(config.hole_maps) if config.hole_maps else None
        self.where = [(s, i) for s, data in enumerate(self.sets) for i in range(len(data))]

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Batch:
        for attempt in range(20):
            rng = np.random.default_rng([self.config.seed, index, attempt])
            rgb, gt, raw = self._draw(index + attempt, rng)
            if np.count_nonzero(raw) >= MIN_POINTS or self.config.samples == "paper":
                break
        else:
            raise BadInput(f"Training sample {index}: no crop with {MIN_POINTS} measurements in 20 tries.")
        item = {"rgb": rgb.transpose(2, 0, 1), "gt": gt[None], "raw": raw[None]}
        if self.config.revision == "fill":
            item["fill"] = fill_stack(rgb, raw)
        return {key: torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32)) for key, value in item.items()}

    def _draw(self, index: int, rng: np.random.Generator) -> tuple[FloatImage, FloatImage, FloatImage]:
        sample = self._read(index)
        rgb: FloatImage = sample.rgb.astype(np.float32) / np.float32(255)
        depth: FloatImage = sample.depth / np.float32(sample.max_depth or PAPER_MAX_DEPTH)
        rgb, depth = resized_crop(rgb, depth, crop_of(self.config), rng)
        rgb = colour_jitter(rgb, JITTER[self.config.samples], rng)
        if self.config.samples == "family":
            return rgb, depth, family_raw(depth, self.holes, rng)
        depth = paper_scale(depth, rng)
        return rgb, depth, paper_raw(depth, self.holes, rng)

    def _read(self, index: int) -> Sample:
        data, item = self.position(index)
        return self.sets[data][item]

    def position(self, index: int) -> tuple[int, int]:
        """Which data set, and which of its images, sample `index` is made from."""
        epoch, place = divmod(index, len(self.where))
        return self.where[_order(self.config.seed, epoch, len(self.where))[place]]


@cache
def _order(seed: int, epoch: int, count: int) -> tuple[int, ...]:
    return tuple(np.random.default_rng([seed, epoch]).permutation(count).tolist())
