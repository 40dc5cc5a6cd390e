"""From an image and sparse depth in any form to dense depth in metres."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from spnet.backends import Backend
from spnet.backends.graph import SUFFIXES, GraphInfo
from spnet.completion import Completion
from spnet.errors import BadInput, SpnetWarning
from spnet.export.choice import checked_backend, default_backend, open_graph, weights_backend
from spnet.fill import fill_stack, nearest_fill
from spnet.inputs import Pair, load_pair
from spnet.model.weights_table import WeightsInfo
from spnet.runner import Runner
from spnet.types import FloatImage

if TYPE_CHECKING:
    from torch import nn

    from spnet.backends.pytorch import Precision
    from spnet.inputs import ImageLike

Scale = float | Literal["auto", "weights"]
# max_depth="auto": the farthest measurement comes to lie at 0.8 of the network's range (ours), so that what is
# farther still has room and a scaled input gives exactly the scaled result.
AUTO_MARGIN = 1.25
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
                whole image.
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
        scale = self.max_depth if max_depth is None else checked_scale(max_depth)
        keep = self.keep_measured if keep_measured is None else keep_measured
        clock = _Clock()
        with clock("read"):
            loaded = [load_pair(rgb, depth, unit) for rgb, depth in pairs]
        sizes = sorted({pair.depth.shape[::-1] for pair in loaded})
        if len(sizes) > 1:
            raise BadInput(f"A batch has one size; got {', '.join(f'{w}x{h}' for w, h in sizes)}.")
        scales = [self._metres(scale, pair.depth) for pair in loaded]
        dense = self._run(loaded, scales, clock)
        depths = [_finish(out, pair.depth, keep) for out, pair in zip(dense, loaded, strict=True)]
        seconds = clock.seconds()
        return [
            Completion(depth, pair.depth, pair.rgb, used, self.name, pair.unit, seconds)
            for depth, pair, used in zip(depths, loaded, scales, strict=True)
        ]

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
            warnings.warn(message, SpnetWarning, stacklevel=4)
        return float(scale)

    def _run(self, pairs: Sequence[Pair], scales: list[float], clock: _Clock) -> list[FloatImage]:
        """Dense depth in metres, unchecked."""
        with clock("prepare"):
            rgb = np.stack([pair.rgb for pair in pairs], dtype=np.float32)
            rgb /= 255
            raw = np.stack([pair.depth / np.float32(scale) for pair, scale in zip(pairs, scales, strict=True)])
            inputs = {"rgb": rgb.transpose(0, 3, 1, 2), "raw": raw[:, None]}
        if self.runner.needs_fill:
            with clock("fill"):
                # On the whole images, before tiling, so that tiles agree and none is without a measurement.
                inputs["fill"] = np.stack([fill_stack(image, depth) for image, depth in zip(rgb, raw, strict=True)])
        with clock("network"):
            out = self.runner(inputs)
        with np.errstate(over="ignore"):  # becomes infinite, which `_finish` replaces
            return [image[0] * np.float32(scale) for image, scale in zip(out, scales, strict=True)]


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
        graph = (
            open_graph(Path(model), backend, device=device, precision=precision)
            if Path(model).suffix.lower() in SUFFIXES
            else weights_backend(model, backend, device=device, precision=precision)
        )
        if graph is not None:
            return graph.info, graph  # type: ignore[attr-defined]  # every graph has one
        from spnet.model.weights import load_model

        model = load_model(model)
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


def _finish(dense: FloatImage, measured: FloatImage, keep_measured: bool) -> FloatImage:
    """Never negative, never NaN; measured pixels kept on request."""
    bad = ~np.isfinite(dense)
    if bad.any():
        message = f"The network gave {int(bad.sum())} value(s) that are no numbers; the nearest measurement is used."
        warnings.warn(message, SpnetWarning, stacklevel=4)
        dense = np.where(bad, nearest_fill(measured), dense)
    dense = np.maximum(dense, 0)
    return np.where(measured > 0, measured, dense) if keep_measured else dense


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.stages: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.stages[stage] = time.perf_counter() - begin

    def seconds(self) -> dict[str, float]:
        return {**self.stages, "total": time.perf_counter() - self.start}
