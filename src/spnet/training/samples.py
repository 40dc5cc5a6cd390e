"""Training samples by number: sample k of a run is the same whenever, and by whichever process, it is made."""

from __future__ import annotations

import hashlib
import warnings
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from spnet.datasets import Pair, open_data
from spnet.errors import BadInput, SpnetWarning
from spnet.fill import fill_stack
from spnet.sparsity import HoleMaps
from spnet.training.augment import Crop, colour_jitter, family_raw, paper_raw, paper_scale, resized_crop
from spnet.training.config import TrainConfig
from spnet.types import FloatImage, Sample

Batch = dict[str, torch.Tensor]
PAPER_MAX_DEPTH = 20.0  # metres; where a file's own scale is unknown (spec section 1: indoor)
MIN_POINTS = 4  # fewer measurements say nothing about the shape of the scene
TRIES = 20  # images tried for one sample

# Colour jitter of the two kinds of samples: the paper's (spec section 4), and stronger for ours.
JITTER = {"paper": 0.2, "family": 0.3}


def crop_of(config: TrainConfig) -> Crop:
    """The paper keeps 64 to 100 % of the crop's area; ours also looks from farther away and keeps edges sharp."""
    if config.samples == "paper":
        return Crop(config.crop, (0.64, 1.0))
    return Crop(config.crop, (0.45, 2.25), sharp_depth=True, clip=True)


class TrainSamples(Dataset[Batch]):
    """Sample `index` of a run, for any index >= 0: epoch by epoch, each epoch in its own order.

    Each item: rgb (3, S, S) in [0, 1]; gt and raw (1, S, S), 0 = unknown; with revision "fill" also fill (11, S, S).
    An image that cannot be read is named in a warning, once, and its place is taken by the next one.

    Raises:
        BadInput: no data, or (when an item is made) no usable image in 20 tries.
    """

    def __init__(self, config: TrainConfig, length: int) -> None:
        self.config = config
        self.length = length
        self.sets = open_data(config.data)
        self.holes = HoleMaps(config.hole_maps) if config.hole_maps else None
        self.where = [(s, i) for s, data in enumerate(self.sets) for i in range(len(data))]
        self.unreadable: set[Pair] = set()
        # SPNet also learns from the image alone; a fill needs something to start from.
        self.least = 0 if config.samples == "paper" and config.revision != "fill" else MIN_POINTS

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Batch:
        for attempt in range(TRIES):
            sample = self._read(index + attempt)
            if sample is None:
                continue
            rgb, gt, raw = self._augment(sample, np.random.default_rng([self.config.seed, index, attempt]))
            if np.count_nonzero(raw) >= self.least:
                return self._item(rgb, gt, raw)
        raise BadInput(
            f"Training sample {index}: {TRIES} images in a row cannot be read or give under {self.least} measurements."
        )

    def fingerprint(self) -> str:
        """Stands for the names and the order of all images and masks: with others, a run cannot go on as it was."""
        names = [f"{data.name}/{pair.name} {pair.unit}" for data in self.sets for pair in data.pairs]
        names += [path.name for path in self.holes.paths] if self.holes else []
        return hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()

    def _item(self, rgb: FloatImage, gt: FloatImage, raw: FloatImage) -> Batch:
        item = {"rgb": rgb.transpose(2, 0, 1), "gt": gt[None], "raw": raw[None]}
        if self.config.revision == "fill":
            item["fill"] = fill_stack(rgb, raw)
        return {key: torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32)) for key, value in item.items()}

    def _augment(self, sample: Sample, rng: np.random.Generator) -> tuple[FloatImage, FloatImage, FloatImage]:
        rgb: FloatImage = sample.rgb.astype(np.float32) / np.float32(255)
        depth: FloatImage = sample.depth / np.float32(sample.max_depth or PAPER_MAX_DEPTH)
        if self.config.samples == "paper":
            depth = np.where(depth > 1, np.float32(0), depth)  # the paper's files cannot hold it: unknown
        rgb, depth = resized_crop(rgb, depth, crop_of(self.config), rng)
        rgb = colour_jitter(rgb, JITTER[self.config.samples], rng)
        if self.config.samples == "family":
            return rgb, depth, family_raw(depth, self.holes, rng)
        depth = paper_scale(depth, rng)
        return rgb, depth, paper_raw(depth, self.holes, rng)

    def _read(self, index: int) -> Sample | None:
        data, item = self.position(index)
        pair = self.sets[data].pairs[item]
        if pair in self.unreadable:
            return None
        try:
            return self.sets[data][item]
        except BadInput as error:
            self.unreadable.add(pair)
            count = f"{len(self.unreadable)} so far"
            warnings.warn(f"{error} The image is left out of the training ({count}).", SpnetWarning, stacklevel=2)
            return None

    def position(self, index: int) -> tuple[int, int]:
        """Which data set, and which of its images, sample `index` is made from."""
        epoch, place = divmod(index, len(self.where))
        return self.where[int(_order(self.config.seed, epoch, len(self.where))[place])]


@lru_cache(maxsize=2)  # tries at an epoch's end reach into the next
def _order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(count)
