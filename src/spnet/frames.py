"""A pair on its way through the network: read and made ready before it, turned into a `Completion` after it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spnet.backends import Floats, Inputs
from spnet.coarse import enlarge, enlarge_error, shrink_depth, shrink_rgb, working_size
from spnet.completion import Completion
from spnet.errors import SpnetWarning
from spnet.inputs import Pair, load_pair
from spnet.types import FloatImage

if TYPE_CHECKING:
    from spnet.inputs import ImageLike


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.stages[stage] = time.perf_counter() - begin


@dataclass(frozen=True)
class Frame:
    """A pair ready for the network.

    Attributes:
        pair: as it was read.
        metres: what 1.0 stands for inside the network.
        inputs: the network's, without the batch's axis; smaller than the pair where measurements are few.
        seconds: by stage: read, prepare, fill.
    """

    pair: Pair
    metres: float
    inputs: Inputs
    seconds: Mapping[str, float]

    @property
    def size(self) -> tuple[int, ...]:
        """Height and width of what the network sees."""
        return self.inputs["raw"].shape[-2:]


def read_frame(rgb: ImageLike, depth: ImageLike, unit: str | None) -> tuple[Pair, Clock]:
    """A pair, and the clock that it was read by. Arguments, errors and warnings as `spnet.inputs.load_pair`."""
    clock = Clock()
    with clock("read"):
        pair = load_pair(rgb, depth, unit)
    return pair, clock


def make_frame(pair: Pair, metres: float, clock: Clock, *, needs_fill: bool, any_size: bool = True) -> Frame:
    """The network's inputs from a pair; one with a fill that takes any size sees few measurements in a smaller image
    (`spnet.coarse`)."""
    with clock("prepare"):
        colours, measured = pair.rgb, pair.depth
        if needs_fill and any_size and (size := working_size(measured)) != measured.shape:
            colours, measured = shrink_rgb(colours, size), shrink_depth(measured, size)
        rgb = colours.astype(np.float32)
        rgb /= 255
        raw = measured / np.float32(metres)
        inputs = {"rgb": rgb.transpose(2, 0, 1), "raw": raw[None]}
    if needs_fill:
        with clock("fill"):
            from spnet.fill import fill_stack  # brings SciPy along, which takes a third of a second

            # On the whole image, before tiling, so that tiles agree and none is without a measurement.
            inputs["fill"] = fill_stack(rgb, raw)
    return Frame(pair, metres, inputs, clock.stages)


def run_frames(network: Callable[[Inputs], Floats], frames: Sequence[Frame]) -> list[Floats]:
    """What the network returns of each frame, (1, H, W) or (2, H, W) of its size; frames of one size in one pass."""
    out: dict[int, Floats] = {}
    for size in dict.fromkeys(frame.size for frame in frames):
        same = [number for number, frame in enumerate(frames) if frame.size == size]
        out.update(zip(same, network(_stacked([frames[number] for number in same])), strict=True))
    return [out[number] for number in range(len(frames))]


def _stacked(frames: Sequence[Frame]) -> Inputs:
    if len(frames) == 1:
        return {key: np.ascontiguousarray(value)[None] for key, value in frames[0].inputs.items()}
    return {key: np.stack([frame.inputs[key] for frame in frames]) for key in frames[0].inputs}


def make_completion(frame: Frame, out: Floats, keep_measured: bool, name: str, seconds: dict[str, float]) -> Completion:
    """What comes of a frame.

    Args:
        frame: what went in.
        out: (1, H, W) or (2, H, W), what the network returned, at the size of the frame's inputs.
        keep_measured: measured pixels stay as they were measured.
        name: of the weights.
        seconds: by stage.
    """
    with np.errstate(over="ignore"):  # becomes infinite, which is replaced below
        dense = out[0] * np.float32(frame.metres)
    pair, size = frame.pair, frame.pair.depth.shape
    depth = _finish(enlarge(dense, size), pair.depth, keep_measured)
    expected = enlarge_error(out[1], size) if len(out) > 1 else None
    return Completion(depth, pair.depth, pair.rgb, frame.metres, name, pair.unit, seconds, expected)


def _finish(dense: FloatImage, measured: FloatImage, keep_measured: bool) -> FloatImage:
    """Never negative, never NaN; measured pixels kept on request."""
    bad = ~np.isfinite(dense)
    if bad.any():
        from spnet.fill import nearest_fill

        message = f"The network gave {int(bad.sum())} value(s) that are no numbers; the nearest measurement is used."
        warnings.warn(message, SpnetWarning, stacklevel=6)
        dense = np.where(bad, nearest_fill(measured), dense)
    dense = np.maximum(dense, 0)
    return np.where(measured > 0, measured, dense) if keep_measured else dense
