"""From an image and sparse depth in any form to dense depth in metres."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor, nn

from spnet.completion import Completion
from spnet.errors import BadInput, SpnetWarning
from spnet.fill import fill_stack, nearest_fill
from spnet.inputs import load_pair
from spnet.model.weights import load_model, weights_info
from spnet.tiling import run_tiled, tile_side
from spnet.types import ByteImage, FloatImage

if TYPE_CHECKING:
    from spnet.inputs import ImageLike

Scale = float | Literal["auto", "weights"]
Precision = Literal["auto", "fp32", "fp16", "bf16"]
# max_depth="auto": the farthest measurement comes to lie at 0.8 of the network's range (ours), so that what is
# farther still has room and a scaled input gives exactly the scaled result.
AUTO_MARGIN = 1.25


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
        memory_mb: float = 1500.0,
    ) -> None:
        """Load the weights.

        Args:
            model: what `load_model` takes, or a module called as `model(rgb, raw, mask)`.
            device: "auto" (a GPU where there is one), "cpu", "cuda", ….
            max_depth: metres that 1.0 stands for inside the network: "auto" from each image's measurements,
                "weights" as the weights were trained, or a number. Bundled weights do not depend on it.
            keep_measured: return measured pixels as they were measured.
            precision: of the network; "auto" is half on a GPU and float32 on a CPU.
            memory_mb: larger images run in overlapping tiles, so that the network stays near this much memory.

        Raises:
            BadInput: unknown device or a scale that is no positive number.
            BadWeights: see `load_model`.
        """
        self.device = _device(device)
        self.model = model if isinstance(model, nn.Module) else load_model(model)
        self.model = self.model.to(self.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.info = weights_info(self.model)
        self.name = self.info.name if self.info else type(self.model).__name__
        self.max_depth = _checked_scale(max_depth)
        self.keep_measured = keep_measured
        self.precision: Precision = precision
        self.memory_mb = memory_mb

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

        Raises:
            BadInput: also where the depth maps differ in size.
        """
        if not pairs:
            return []
        clock = _Clock()
        with clock("read"):
            loaded = [load_pair(rgb, depth, unit) for rgb, depth in pairs]
        shapes = {depth.shape for _, depth in loaded}
        if len(shapes) > 1:
            raise BadInput(f"A batch has one size; got {', '.join(f'{w}x{h}' for h, w in sorted(shapes))}.")
        scale = self.max_depth if max_depth is None else _checked_scale(max_depth)
        scales = [self._scale(scale, depth) for _, depth in loaded]
        dense = self._run(loaded, scales, clock)
        keep = self.keep_measured if keep_measured is None else keep_measured
        return [
            Completion(_finish(out, depth, keep), depth, rgb, used, self.name, clock.seconds())
            for out, (rgb, depth), used in zip(dense, loaded, scales, strict=True)
        ]

    def _scale(self, scale: Scale, depth: FloatImage) -> float:
        if scale == "weights" and self.info is not None and self.info.max_depth:
            return self.info.max_depth
        return scale if isinstance(scale, float) else AUTO_MARGIN * float(depth.max())

    @torch.inference_mode()
    def _run(
        self, pairs: Sequence[tuple[ByteImage, FloatImage]], scales: list[float], clock: _Clock
    ) -> list[FloatImage]:
        """Dense depth in metres, unchecked."""
        with clock("prepare"):
            rgb = np.stack([image for image, _ in pairs]).astype(np.float32) / 255
            raw = np.stack([depth / np.float32(scale) for (_, depth), scale in zip(pairs, scales, strict=True)])
        inputs = {"rgb": torch.from_numpy(rgb).permute(0, 3, 1, 2), "raw": torch.from_numpy(raw)[:, None]}
        if getattr(self.model, "needs_fill", False):
            with clock("fill"):
                # On the whole images, before tiling, so that tiles agree and none is without a measurement.
                stacks = [fill_stack(image, depth) for image, depth in zip(rgb, raw, strict=True)]
                inputs["fill"] = torch.from_numpy(np.stack(stacks))
        with clock("network"):
            out = self._network(inputs)
        return [image[0].numpy() * np.float32(scale) for image, scale in zip(out, scales, strict=True)]

    def _network(self, inputs: dict[str, Tensor]) -> Tensor:
        """(B, 1, H, W) float32 on the CPU, in tiles where the whole would not fit the memory budget."""
        batch, _, height, width = inputs["raw"].shape
        pixels = self.memory_mb * 1e6 / bytes_per_pixel(self.model)
        if batch * height * width <= pixels:
            return self._forward(inputs)
        side = tile_side(pixels)
        images = [{key: value[i : i + 1] for key, value in inputs.items()} for i in range(batch)]

        def tile(image: dict[str, Tensor]) -> Tensor:
            return run_tiled(
                lambda rows, columns: self._forward({key: value[..., rows, columns] for key, value in image.items()}),
                height,
                width,
                side,
            )

        return torch.cat([tile(image) for image in images])

    def _forward(self, inputs: dict[str, Tensor]) -> Tensor:
        moved = {
            key: value.to(self.device).contiguous(memory_format=torch.channels_last) for key, value in inputs.items()
        }
        rgb, raw = moved.pop("rgb"), moved.pop("raw")
        with self._autocast():
            out: Tensor = self.model(rgb, raw, (raw > 0).float(), **moved)
        return out.float().cpu()

    def _autocast(self) -> AbstractContextManager[object]:
        precision = self.precision
        if precision == "auto":
            precision = "fp16" if self.device.type == "cuda" else "fp32"
        if precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.float16 if precision == "fp16" else torch.bfloat16)


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
    predictor = Predictor(model, device=device) if isinstance(model, nn.Module) else _cached(str(model), device)
    return predictor.complete(rgb, depth, unit=unit, max_depth=max_depth, keep_measured=keep_measured)


@lru_cache(maxsize=4)
def _cached(model: str, device: str) -> Predictor:
    return Predictor(model, device=device)


def bytes_per_pixel(model: nn.Module) -> float:
    """Estimated peak memory of a float32 forward pass, bytes a pixel of the image.

    The full-resolution level dominates: its encoder map, the upsampled one, their concatenation and two temporaries
    of SP-Norm, each w0 channels or twice that, beside the input. Measured: see benchmarks/memory.py.
    """
    first = next((m for m in model.modules() if isinstance(m, nn.Conv2d)), None)
    if first is None:
        return 64.0
    return 4.0 * (2 * first.in_channels + 12 * first.out_channels)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise BadInput(f"Device {name!r} cannot be used here ({str(error).splitlines()[0]}): try cpu.") from None
    return device


def _checked_scale(scale: Scale) -> Scale:
    if scale in ("auto", "weights"):
        return scale
    try:
        value = float(scale)
    except ValueError:
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
