"""Training samples by number: sample k of a run is the same whenever, and by whichever process, it is made."""

from __future__ import annotations

import hashlib
import warnings
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from spnet.datasets import FolderDataset, Pair, open_data
from spnet.datasets.folder import NORMALIZED
from spnet.datasets.generated import GeneratedDataset
from spnet.datasets.index import file_hashes
from spnet.errors import BadInput, SpnetWarning
from spnet.extras import need
from spnet.fill import fill_stack
from spnet.io import depth_to_metres
from spnet.sparsity import HoleMaps
from spnet.training.augment import (
    NO_JITTER,
    Drawn,
    Window,
    centre_window,
    crop_of,
    cut_surface,
    draw_jitter,
    draw_raw,
    draw_window,
    family,
    nearest_depth,
    resized_rgb,
)
from spnet.training.batched import Batch, finish_batch
from spnet.training.config import TrainConfig
from spnet.training.distributed import World
from spnet.training.order import Order
from spnet.training.reading import Opened, Store, open_pair
from spnet.training.sensed import sensed_colours, sensed_depth
from spnet.training.validation import full_name, is_held_out
from spnet.types import AnyArray, ByteImage, FloatImage, Intrinsics, Sample, Surface
from spnet.units import unit_scale

__all__ = ["PAPER_MAX_DEPTH", "Batch", "TrainSamples"]

PAPER_MAX_DEPTH = 20.0  # metres; where a file's own scale is unknown (spec section 1: indoor)
MIN_POINTS = 1  # where there is none, nothing can be made of the image but a guess
TRIES = 20  # images tried for one sample


@dataclass(frozen=True)
class Cut:
    """A crop of an image: colours (3, S, S), the window of the stored depth, and what is known of a rendered one.

    `surface` has the crop's size, `camera` is the crop's; a camera beside which sensors stand the other way round where
    the crop is mirrored, which changes no share of anything.
    """

    rgb: ByteImage
    depth: AnyArray
    surface: Surface | None = None
    camera: Intrinsics | None = None


class TrainSamples(Dataset[Batch]):
    """Sample `index` of a run, for any index >= 0.

    The order is that of `spnet.training.order.Order`. Images held out for validation never come; where `overfit` is
    set, only the first so many images do, cut in the middle, unchanged, each always with the same sparse input.

    An item is what `finish_batch` turns into rgb, gt and raw: the window is cut out of the decoded files and only then
    converted, colours stay 8-bit. Two kinds need more of NumPy than a device can do for a batch, and are made here:
    "family" has its sparse input, of patterns that look at the whole scene; and a sample for a fill is finished, since
    the triangulation needs the final measurements.

    An image that cannot be read is named in a warning, once, and its place is taken by the next one. Which ones these
    are is in memory that the data workers share, so that the process which logs knows them too (`unreadable`).

    Raises:
        BadInput: no data, or (when an item is made) no usable image in 20 tries.
        MissingExtra: key points are to be drawn, without OpenCV.
    """

    def __init__(self, config: TrainConfig, length: int) -> None:
        self.config = config
        self.length = length
        self.sets = open_data(config.data, generated=True)
        self.holes = HoleMaps(config.hole_maps) if config.hole_maps else None
        self.store = Store(config.cache * 1e9) if config.cache else None
        if config.samples == "pacgdc":
            need("cv2", "eval", "The key points of PacGDC's samples")
        self.where = [
            (s, i)
            for s, data in enumerate(self.sets)
            for i, pair in enumerate(data.pairs)
            if not (config.val_share and is_held_out(full_name(data.name, pair.name), config.val_share))
        ][: config.overfit or None]
        self._images: list[list[int]] = [[] for _ in self.sets]
        for s, i in self.where:
            self._images[s].append(i)
        used = [s for s, images in enumerate(self._images) if images]
        if not used:
            raise BadInput("No image is left to train on: all are held out for validation.")
        weights = [None if config.overfit else self.sets[s].weight for s in used]
        self._used = used
        windows = [_window_of(self.sets[s]) for s in used] if not config.overfit else None
        self._order = Order([len(self._images[s]) for s in used], weights, config.seed, windows)
        self._starts = np.cumsum([0, *(len(data) for data in self.sets)]).tolist()
        self._bad = torch.zeros(self._starts[-1], dtype=torch.uint8).share_memory_()  # type: ignore[no-untyped-call]
        self._looked_at: set[int] = set()
        self._reasons: dict[Pair, str] = {}
        # SPNet also learns from the image alone; a fill needs something to start from.
        self.least = MIN_POINTS if config.samples == "family" or config.revision == "fill" else 0

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Batch:
        for attempt in range(TRIES):
            item = self._make(index, attempt)
            if item is not None:
                return item
        raise BadInput(
            f"Training sample {index}: {TRIES} images in a row cannot be read or give under {self.least} measurements."
        )

    def position(self, index: int) -> tuple[int, int]:
        """Which data set, and which of its images, sample `index` is made from."""
        chosen, place = self._order(index)
        chosen = self._used[chosen]
        return chosen, self._images[chosen][place]

    def unreadable(self, world: World | None = None) -> dict[str, str]:
        """The images met so far that cannot be used, in any data worker: "<data set>/<image>" and why.

        Args:
            world: of a run of several processes: what any of them has met; all have to ask.
        """
        bad = self._bad if world is None else world.sum(self._bad.int())
        found = {}
        for number in bad.nonzero().flatten().tolist():
            chosen = bisect_right(self._starts, number) - 1
            pair = self.sets[chosen].pairs[number - self._starts[chosen]]
            found[full_name(self.sets[chosen].name, pair.name)] = self._reason(pair)
        return found

    def _reason(self, pair: Pair) -> str:
        """Why an image cannot be used; it is tried once more, since only the worker that met it has been told."""
        if pair not in self._reasons:
            try:
                opened = open_pair(pair, None)
                depth_to_metres(opened.stored, pair.unit, name=str(pair.depth))
                opened.colours(centre_window((opened.stored.shape[0], opened.stored.shape[1]), crop_of(self.config)))
                self._reasons[pair] = f"{pair.rgb} could not be used once, and can be now."
            except BadInput as error:
                self._reasons[pair] = str(error)
        return self._reasons[pair]

    def fingerprint(self) -> str:
        """Stands for the content and the order of all images and masks: with others, a run cannot go on as it was.

        Files whose size and time of change are as at an earlier start are not read again.

        Raises:
            BadInput: a file is gone.
        """
        pairs = [(s, self.sets[s].pairs[i]) for s, i in self.where if not isinstance(self.sets[s], GeneratedDataset)]
        masks = list(self.holes.paths) if self.holes else []
        hashes = file_hashes([path for _, pair in pairs for path in (pair.rgb, pair.depth)] + masks)
        lines = [
            f"{self.sets[s].name}/{pair.name} {pair.unit} {hashes[pair.rgb]} {hashes[pair.depth]}" for s, pair in pairs
        ]
        lines += [data.fingerprint() for data in self.sets if isinstance(data, GeneratedDataset)]
        lines += [f"{path.name} {hashes[path]}" for path in masks]
        lines += [f"{data.name} {data.weight}" for data in self.sets if data.weight is not None]
        return _digest(lines)

    def fingerprint_of_names(self) -> str:
        """What `fingerprint` was before it looked into the files; stands in checkpoints of that time."""
        names: list[str] = []
        for data in self.sets:
            if isinstance(data, GeneratedDataset):
                names.append(data.fingerprint())
            else:
                names += [f"{data.name}/{pair.name} {pair.unit}" for pair in data.pairs]
        return _digest(names + ([path.name for path in self.holes.paths] if self.holes else []))

    def _make(self, index: int, attempt: int) -> Batch | None:
        """The sample, or None where its image cannot be used."""
        chosen, image = self.position(index + attempt)
        pair = self.sets[chosen].pairs[image]
        # Under `overfit` an image always gets the same sparse input.
        key = [index, attempt] if not self.config.overfit else [chosen, image]
        rng = np.random.default_rng([self.config.seed, *key])
        read = self._read(chosen, image, rng)
        if read is None:
            return None
        if self.config.samples == "family":
            drawn = self._family(read, pair, rng)
            if np.count_nonzero(drawn["raw"]) < self.least:
                return None
        else:
            drawn = self._paper(read, pair, rng)
        item = {name: torch.from_numpy(np.asarray(value, order="C")) for name, value in drawn.items()}
        return self._with_fill(item) if self.config.revision == "fill" else item

    def _read(self, chosen: int, image: int, rng: np.random.Generator) -> Cut | None:
        """The crop of an image, or None where it cannot be used."""
        pair = self.sets[chosen].pairs[image]
        number = self._starts[chosen] + image
        if self._bad[number]:
            return None
        try:
            opened = open_pair(pair, self.store)
            window = self._window(opened.stored, rng)
            rgb, depth = opened.colours(window), window.cut(opened.stored)
            if chosen not in self._looked_at or not _any_known(depth):  # warns of a wrong unit, refuses an empty map
                depth_to_metres(opened.stored, pair.unit, name=str(pair.depth))
                self._looked_at.add(chosen)
        except BadInput as error:
            self._bad[number] = 1
            count = f"{int(self._bad.sum())} so far"
            warnings.warn(f"{error} The image is left out of the training ({count}).", SpnetWarning, stacklevel=2)
            return None
        size = self.config.crop
        colours = resized_rgb(rgb, size, flip=window.flip)
        return Cut(colours, depth, *self._true(chosen, pair, opened, window))

    def _true(
        self, chosen: int, pair: Pair, opened: Opened, window: Window
    ) -> tuple[Surface | None, Intrinsics | None]:
        """True normals and materials of the crop, and its camera, where simulated sensors can use them."""
        data, surface, camera = self.sets[chosen], opened.surface, opened.camera
        if self.config.samples != "family":
            return None, None
        if surface is None and data.has_surfaces:
            surface, camera = data.surface(pair, opened.stored.shape), data.own_intrinsics.get(pair.name)
        size = self.config.crop
        return (
            cut_surface(surface, window, size) if surface else None,
            window.camera(camera, size) if surface and camera else None,
        )

    def _window(self, stored: AnyArray, rng: np.random.Generator) -> Window:
        crop = crop_of(self.config)
        shape = (stored.shape[0], stored.shape[1])
        return centre_window(shape, crop) if self.config.overfit else draw_window(shape, crop, rng)

    def _jitter(self, rng: np.random.Generator) -> NDArray[np.float32]:
        return NO_JITTER if self.config.overfit else draw_jitter(self.config, rng)

    def _paper(self, cut: Cut, pair: Pair, rng: np.random.Generator) -> Drawn:
        """What decides a sample of the paper's kind or its successor's."""
        height, width = cut.depth.shape
        side = crop_of(self.config).largest
        padded = np.zeros((side, side), np.float32)
        depth = _converted(cut.depth, pair.unit, 1 / _max_depth(pair), padded[:height, :width])
        if depth.max() > 1:
            depth *= depth <= 1  # the paper's files cannot hold it: unknown
        jitter = self._jitter(rng)
        return {
            "rgb": cut.rgb,
            "depth": padded,
            "window": np.array([height, width, depth.min() > 0]),
            "jitter": jitter,
            "scale": np.array(rng.random(), np.float32),
            **draw_raw(self.config, cut.rgb, depth, self.holes, rng),
        }

    def _family(self, cut: Cut, pair: Pair, rng: np.random.Generator) -> Drawn:
        """A sample whose sparse input is drawn by a pattern of `spnet.sparsity`, in metres."""
        jitter = self._jitter(rng)
        octave = 0.0 if self.config.overfit else -self.config.octaves * rng.random()
        rgb, gt = cut.rgb, _converted(nearest_depth(cut.depth, self.config.crop), pair.unit)
        pattern = family(Path(self.holes.folder) if self.holes else None, self.config.sparsity)
        if self.config.sensed and not self.config.overfit and rng.random() < self.config.sensed:
            rgb, gt = sensed_colours(rgb, rng), sensed_depth(gt, rng)
        colours = np.ascontiguousarray(rgb.transpose(1, 2, 0))
        raw = pattern(Sample(colours, gt, intrinsics=cut.camera, surface=cut.surface), rng)
        scale = np.float32(1 if self.config.octaves else 1 / _max_depth(pair))
        return {
            "rgb": rgb,
            "gt": (gt * scale)[None],
            "raw": (raw * scale)[None],
            "jitter": jitter,
            "octave": np.array(octave, np.float32),
        }

    def _with_fill(self, item: Batch) -> Batch | None:
        batch = finish_batch(self.config, {key: value[None] for key, value in item.items()}, torch.device("cpu"))
        done = {key: value[0] for key, value in batch.items()}
        if int(torch.count_nonzero(done["raw"])) < self.least:
            return None
        done["fill"] = torch.from_numpy(fill_stack(done["rgb"].permute(1, 2, 0).numpy(), done["raw"][0].numpy()))
        return done


def _window_of(data: FolderDataset) -> int:
    return data.window if isinstance(data, GeneratedDataset) else 0


def _max_depth(pair: Pair) -> float:
    """The metres that 1 stands for."""
    return float(pair.unit.removeprefix(NORMALIZED)) if pair.unit.startswith(NORMALIZED) else PAPER_MAX_DEPTH


def _any_known(stored: AnyArray) -> bool:
    return bool(stored.max() > 0 if stored.dtype.kind == "u" else (stored > 0).any())


def _converted(stored: AnyArray, unit: str, factor: float = 1.0, out: FloatImage | None = None) -> FloatImage:
    """Stored values to metres times `factor`, without the checks of `spnet.io.depth_to_metres`."""
    depth = np.empty(stored.shape, np.float32) if out is None else out
    scale = unit_scale(unit, integer=stored.dtype.kind in "iu") * factor
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(stored, np.float32(scale), out=depth, casting="same_kind")
    if stored.dtype.kind != "u":
        depth[~(np.isfinite(depth) & (depth > 0))] = 0
    return depth


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
