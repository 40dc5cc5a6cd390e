"""What runs a network: PyTorch, or another engine on an exported graph; all are called alike."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spnet.backends.footprint import Footprint

Floats = NDArray[np.float32]
Inputs = dict[str, Floats]  # rgb (B, 3, H, W) in [0, 1], raw (B, 1, H, W), and fill (B, 14, H, W) where it is needed


class BackendOutOfMemory(Exception):
    """A pass does not fit; what runs it in parts knows what to advise."""


class Backend(Protocol):
    """A network, ready to run.

    Attributes:
        name: "torch", "onnxruntime" or "openvino".
        device: e.g. "cpu", "cuda:0".
        needs_fill: whether the network takes `fill`.
        footprint: estimated peak memory of a pass; decides when images are tiled.
    """

    @property
    def name(self) -> str: ...
    @property
    def device(self) -> Any: ...
    @property
    def needs_fill(self) -> bool: ...
    @property
    def footprint(self) -> Footprint: ...

    def __call__(self, inputs: Inputs) -> Floats:
        """Run a batch.

        Args:
            inputs: see `Inputs`; any B, H, W >= 1. `raw` is depth / max_depth, 0 = not measured.

        Returns:
            (B, 1, H, W) depth / max_depth; or (B, 2, H, W) with the expected relative error behind it.

        Raises:
            BackendOutOfMemory: the pass does not fit.
            BadInput: the network returns another shape.
        """
        ...


def is_answer(out: Floats, inputs: Inputs) -> bool:
    """Whether a network's answer has a shape that `Backend.__call__` may return."""
    batch, _, height, width = inputs["raw"].shape
    return out.shape in ((batch, 1, height, width), (batch, 2, height, width))
