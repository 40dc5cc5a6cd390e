"""Runs a network on whole images: in parts or tiles where the whole would not fit in memory."""

from __future__ import annotations

import math

import numpy as np

from spnet.backends import Backend, BackendOutOfMemory, Floats, Inputs
from spnet.errors import BadInput
from spnet.tiling import run_tiled, tile_side

MEMORY_MB = 1500.0  # on a CPU, ours: leaves room on an 8 GB laptop; Full HD with the bundled network is one tile
GPU_SHARE = 0.25  # of a GPU's memory, ours: a display and other programs keep theirs


class Runner:
    """A network on one device, called with the arrays of a batch."""

    def __init__(self, backend: Backend, *, memory_mb: float | None = None) -> None:
        """Set the memory budget.

        Args:
            backend: runs the network.
            memory_mb: see `spnet.predictor.Predictor`.

        Raises:
            BadInput: a budget that is no positive number.
        """
        if memory_mb is not None and not 0 < memory_mb < math.inf:
            raise BadInput(f"memory_mb {memory_mb!r}: expected a positive number of megabytes.")
        self.backend = backend
        self.memory_mb = _default_budget(backend) if memory_mb is None else memory_mb
        self.pixels = backend.footprint.pixels(self.memory_mb * 1e6)

    @property
    def needs_fill(self) -> bool:
        """Whether the network takes `fill`, (B, 14, H, W)."""
        return self.backend.needs_fill

    def __call__(self, inputs: Inputs) -> Floats:
        """Run a batch, in parts or tiles where it is beyond the memory budget.

        Args:
            inputs: rgb (B, 3, H, W), raw (B, 1, H, W), and fill where it is needed; float32.

        Returns:
            (B, 1, H, W) or (B, 2, H, W) float32, see `spnet.backends.Backend`.

        Raises:
            BadInput: out of memory all the same, or a network that returns another shape.
        """
        batch, _, height, width = inputs["raw"].shape
        together = int(self.pixels // (height * width))
        if together >= batch:
            return self._pass(inputs)
        step = max(1, together)
        parts = [{key: value[i : i + step] for key, value in inputs.items()} for i in range(0, batch, step)]
        return np.concatenate([self._pass(part) if together else self._tiled(part) for part in parts])

    def _tiled(self, image: Inputs) -> Floats:
        height, width = image["raw"].shape[-2:]
        return run_tiled(
            lambda rows, columns: self._pass({key: value[..., rows, columns] for key, value in image.items()}),
            height,
            width,
            tile_side(self.pixels),
        )

    def _pass(self, inputs: Inputs) -> Floats:
        try:
            return self.backend(inputs)
        except BackendOutOfMemory as error:
            height, width = inputs["raw"].shape[-2:]
            raise BadInput(
                f"There is not enough memory for a part of {width}x{height}: give a memory_mb below "
                f"{self.memory_mb:.0f}, a smaller image, or another device."
            ) from error


def _default_budget(backend: Backend) -> float:
    if not str(backend.device).startswith("cuda"):
        return MEMORY_MB
    from spnet.backends.pytorch import gpu_memory_mb

    return max(MEMORY_MB, GPU_SHARE * gpu_memory_mb(backend.device))
