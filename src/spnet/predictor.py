"""From an image and sparse depth in any form to dense depth in metres."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from spnet.backends import Backend
from spnet.backends.graph import SUFFIXES, GraphInfo
from spnet.completion import Completion
from spnet.errors import BadInput, SpnetWarning
from spnet.export.choice import checked_backend, default_backend, example_inputs, open_graph, weights_backend
from spnet.frames import Clock, Frame, make_completion, make_frame, read_frame, run_frames
from spnet.model.weights_table import ALIASES, BUNDLED, WeightsInfo
from spnet.runner import Runner
from spnet.stream import Stages, overlapped, raising
from spnet.types import FloatImage

if TYPE_CHECKING:
    from torch import nn

    from spnet.backends.pytorch import Precision
    from spnet.inputs import ImageLike

Scale = float | Literal["auto", "weights"]
# max_depth="auto": the farthest measurement comes to lie at 0.8 of the network's range (ours), so that what is
# farther still has room and a scaled input gives exactly the scaled result.
AUTO_MARGIN = 1.25
FILLED = [name for name, info in BUNDLED.items() if info.revision == "fill"]
ROUNDING = 1e-6  # by which float32 measurements may pass the scale that they were stored with


class Predictor:
    """Completes depth maps with one set of weights on one device.

    >>> from spnet import Predictor
    >>> predictor = Predictor()                                # doctest: +SKIP
    >>> predictor.complete("rgb.png", "depth.png").depth       # doctest: +SKIP
    """

    def __init__(
        self,
        model: str | Path | nn.Module = "default",
        *,
        device: str = "auto",
        max_depth: Scale = "auto",
        keep_measured: bool = False,
        precision: Precision = "auto",
        memory_mb: float | None = None,
        backend: str | None = None,
    ) -> None:
        """Load the weights.

        Args:
            model: what `load_model` takes; a graph of `spnet export` (.onnx or .xml); or a module, which is moved to
                the device and put into eval mode. It is called as `model(rgb, raw, mask)` on (B, ·, H, W) tensors of
                any H and W; one with a true attribute `needs_fill` also gets `fill=`, `spnet.fill.fill_stack` of the
                whole image, and where measurements are few a smaller image (`spnet.coarse`).
            device: "auto" (a GPU where there is one), "cpu", "cuda", ….
            max_depth: metres that 1.0 stands for inside the network: "auto", 1.25 × each image's largest measurement,
                so that the result scales with the measurements; "weights", as the weights were trained; or a number.
                Weights of the revision "fill" do not depend on it.
            keep_measured: return measured pixels as they were measured.
            precision: of the network; "auto" is half on a GPU and float32 on a CPU.
            memory_mb: larger images run in overlapping, blended tiles, so that the network stays near this much
                memory. None: 1500 on a CPU, a quarter of a GPU's.
            backend: "torch", "onnxruntime", "openvino", or "auto": the fastest of those installed on this machine,
                measured once and remembered. A module, and a GPU, always means "torch". None: "auto", or what the
                environment variable SPNET_BACKEND says.

        Raises:
            BadInput: unknown device, precision or back end, or a scale or budget that is no positive number.
            BadWeights: see `load_model`.
            MissingExtra: the back end is not installed.

        Warns:
            SpnetWarning: when weights are prepared for a back end, once.
        """
        self.max_depth = checked_scale(max_depth)
        self.keep_measured = keep_measured
        is_graph = isinstance(model, str | Path) and Path(model).suffix.lower() in SUFFIXES
        chosen = checked_backend(backend or ("auto" if is_graph else default_backend()))
        self.info, network = _open(model, chosen, device, precision)
        self.name = self.info.name if self.info else type(model).__name__
        self.runner = Runner(network, memory_mb=memory_mb)

    def complete(
        self,
        rgb: ImageLike,
        depth: ImageLike,
        *,
        unit: str | None = None,
        max_depth: Scale | None = None,
        keep_measured: bool | None = None,
    ) -> Completion:
        """Complete one pair; inputs, units and errors as in `spnet.inputs.load_pair`.

        Args:
            rgb, depth, unit: see there.
            max_depth, keep_measured: instead of the predictor's own.

        Returns:
            A `Completion` at the depth's size.

        Warns:
            SpnetWarning: an unlikely unit, or measurements beyond the network's range.
        """
        return self.complete_batch([(rgb, depth)], unit=unit, max_depth=max_depth, keep_measured=keep_measured)[0]

    def complete_batch(
        self,
        pairs: Sequence[tuple[ImageLike, ImageLike]],
        *,
        unit: str | None = None,
        max_depth: Scale | None = None,
        keep_measured: bool | None = None,
    ) -> list[Completion]:
        """Complete several pairs of one size in one pass of the network; arguments as `complete`.

        Returns:
            Completions in the order of the pairs; `timings` are those of the whole batch.

        Raises:
            BadInput: also where the depth maps differ in size.
        """
        if not pairs:
            return []
        start = time.perf_counter()
        scale, keep = self._options(max_depth, keep_measured)
        frames = [self.frame(rgb, depth, unit, scale) for rgb, depth in pairs]
        sizes = sorted({frame.pair.depth.shape[::-1] for frame in frames})
        if len(sizes) > 1:
            raise BadInput(f"A batch has one size; got {', '.join(f'{w}x{h}' for w, h in sizes)}.")
        return self.completed(frames, keep, start)

    def stream(
        self,
        frames: Iterable[tuple[ImageLike, ImageLike]],
        *,
        then: Callable[[int, Completion], Any] | None = None,
        batch: int = 1,
        ahead: int = 2,
        errors: Literal["yield", "raise"] = "yield",
        unit: str | None = None,
        max_depth: Scale | None = None,
        keep_measured: bool | None = None,
    ) -> Iterator[Any]:
        """Complete pairs as they come, in their order: while one is in the network, the next ones are decoded, and
        what comes after the network happens to the ones before it.

        >>> for result in predictor.stream(zip(images, depths)):         # doctest: +SKIP
        ...     show(result.depth)

        Args:
            frames: pairs of what `complete` takes; also an endless generator. Taken a few at a time, by a thread.
            then: is given each frame's number, from 0, and its `Completion`, in a thread, e.g. to write it; what it
                returns is yielded.
            batch: pairs of one size in one pass of the network: more of them a second on a GPU, each one later.
            ahead: pairs taken beforehand, beyond those of two batches.
            errors: a frame that cannot be completed yields its error, or ends the stream with it.
            unit, max_depth, keep_measured: as of `complete`.

        Yields:
            For each frame its `Completion`, or what `then` made of it, or the `SpnetError` that says why there is none.
            `timings` are the frame's own stages and its batch's pass, `total` their sum.

        Raises:
            BadInput: options that make no sense.
            SpnetError: of a frame, with errors="raise".
        """
        if batch < 1 or ahead < 1:
            raise BadInput(f"batch {batch}, ahead {ahead}: both are at least 1.")
        if errors not in ("yield", "raise"):
            raise BadInput(f"errors {errors!r}: expected yield or raise.")
        scale, keep = self._options(max_depth, keep_measured)
        stages: Stages[Any, Frame, Completion, Any] = Stages(
            prepare=lambda frame: self.frame(*_two(frame), unit, scale),
            together=lambda frame: (frame.pair.depth.shape, frame.size),
            run=lambda group: self.completed(group, keep),
            finish=then or (lambda _, result: result),
        )
        results = overlapped(frames, stages, batch=batch, ahead=ahead, workers=max(1, (os.cpu_count() or 1) // 2))
        return results if errors == "yield" else raising(results)

    def warm_up(self, height: int, width: int, *, batch: int = 1) -> None:
        """Run the network on made-up images of a size, so that the first real one does not wait for what is allocated
        and compiled once a size."""
        inputs = example_inputs(height, width, needs_fill=self.runner.needs_fill, batch=batch)
        for _ in range(2):  # some back ends compile for a size when it comes again
            self.runner(inputs)

    def _options(self, max_depth: Scale | None, keep_measured: bool | None) -> tuple[Scale, bool]:
        scale = self.max_depth if max_depth is None else checked_scale(max_depth)
        return scale, self.keep_measured if keep_measured is None else keep_measured

    def frame(self, rgb: ImageLike, depth: ImageLike, unit: str | None, scale: Scale) -> Frame:
        """A pair read and made ready for the network, for those who overlap stages by themselves; see `complete`."""
        pair, clock = read_frame(rgb, depth, unit)
        any_size = not (isinstance(self.info, GraphInfo) and self.info.shape)
        metres = self._metres(scale, pair.depth)
        return make_frame(pair, metres, clock, needs_fill=self.runner.needs_fill, any_size=any_size)

    def _metres(self, scale: Scale, depth: FloatImage) -> float:
        """What 1.0 stands for on this image."""
        farthest = float(depth.max())
        free = self.info is not None and self.info.max_depth is None
        if scale == "auto" or (scale == "weights" and free):
            return AUTO_MARGIN * farthest
        if scale == "weights":
            if self.info is None or self.info.max_depth is None:
                raise BadInput(f"{self.name} does not say its max_depth: give metres, or auto.")
            scale = self.info.max_depth
        if farthest > (1 + ROUNDING) * float(scale) and not free:
            message = f"Measurements reach {farthest:.3g} m, beyond the max_depth of {scale:.3g} m: is the unit right?"
            warnings.warn(message, SpnetWarning, stacklevel=5)
        return float(scale)

    def completed(self, frames: list[Frame], keep: bool, start: float | None = None) -> list[Completion]:
        """Frames through the network, those of one size together. Timings are each frame's own; with a `perf_counter`
        start, those of all since."""
        clock = Clock()
        with clock("network"):
            out = run_frames(self.runner, frames)
        own = [{**frame.seconds, **clock.stages} for frame in frames]
        for seconds in own:
            seconds["total"] = sum(seconds.values())
        if start is not None:
            whole = {stage: sum(frame.seconds[stage] for frame in frames) for stage in frames[0].seconds} | clock.stages
            own = [whole] * len(frames)
        results = [
            make_completion(frame, image, keep, self.name, seconds)
            for frame, image, seconds in zip(frames, out, own, strict=True)
        ]
        if start is not None:
            whole["total"] = time.perf_counter() - start
        return results


def complete(
    rgb: ImageLike,
    depth: ImageLike,
    *,
    model: str | Path | nn.Module = "default",
    device: str = "auto",
    unit: str | None = None,
    max_depth: Scale = "auto",
    keep_measured: bool = False,
) -> Completion:
    """Complete one pair; the weights stay loaded for the next call.

    Args:
        rgb, depth, unit: see `spnet.inputs.load_pair`.
        model, device, max_depth, keep_measured: see `Predictor`.

    Returns:
        A `Completion`; its `depth` is (H, W) float32 metres.

    Raises:
        SpnetError: a subclass says what is wrong and what to do.
    """
    if not isinstance(model, str | Path):
        predictor = Predictor(model, device=device)
    else:
        path = Path(model)
        predictor = _cached(str(model), device, path.stat().st_mtime_ns if path.is_file() else 0)
    return predictor.complete(rgb, depth, unit=unit, max_depth=max_depth, keep_measured=keep_measured)


def _open(
    model: str | Path | nn.Module, backend: str, device: str, precision: Precision
) -> tuple[WeightsInfo | GraphInfo | None, Backend]:
    """What is known of the weights, and what runs them; imports PyTorch only where it is that."""
    if isinstance(model, str | Path):
        if ALIASES.get(str(model), str(model)) in FILLED:
            # SciPy, which takes a third of a second, while an engine loads the graph without Python's lock.
            Thread(target=import_module, args=("spnet.fill",)).start()
        graph = (
            open_graph(Path(model), backend, device=device, precision=precision)
            if Path(model).suffix.lower() in SUFFIXES
            else weights_backend(model, backend, device=device, precision=precision)
        )
        if graph is not None:
            return graph.info, graph  # type: ignore[attr-defined]  # every graph has one
        from spnet.model.folded import fold
        from spnet.model.weights import load_model

        model = fold(load_model(model))
    from spnet.backends.pytorch import TorchBackend
    from spnet.model.weights import weights_info

    return weights_info(model), TorchBackend(model, device=device, precision=precision)


@lru_cache(maxsize=4)
def _cached(model: str, device: str, _modified: int) -> Predictor:
    """A file that was written anew is loaded anew."""
    return Predictor(model, device=device)


def checked_scale(scale: str | float) -> Scale:
    """A `max_depth` option: "auto", "weights", or metres, also as text.

    Raises:
        BadInput: anything else.

    >>> checked_scale("20")
    20.0
    """
    if scale == "auto" or scale == "weights":
        return scale  # type: ignore[return-value] # mypy does not narrow str to its literals
    try:
        value = float(scale)
    except (TypeError, ValueError):
        value = float("nan")
    if not 0 < value < float("inf"):
        raise BadInput(f"max_depth {scale!r}: expected auto, weights, or a positive number of metres.")
    return value


def _two(frame: object) -> tuple[ImageLike, ImageLike]:
    if not isinstance(frame, tuple | list) or len(frame) != 2:
        raise BadInput(f"A frame is a pair of image and depth; got a {type(frame).__name__}.")
    return frame[0], frame[1]
