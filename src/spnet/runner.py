"""Runs a network on whole images: device, precision, and tiles where the whole would not fit in memory."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from spnet.errors import BadInput
from spnet.tiling import run_tiled, tile_side

Precision = Literal["auto", "fp32", "fp16", "bf16"]
_DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}
MEMORY_MB = 1500.0  # on a CPU, ours: leaves room on an 8 GB laptop; Full HD with the bundled network is one tile
GPU_SHARE = 0.25  # of a GPU's memory, ours: a display and other programs keep theirs
# Full-resolution maps alive at the peak; measured by benchmarks/memory.py: 375 bytes a pixel (atto) to 1325 (large).
PEAK_MAPS = 9


class Runner:
    """A network on one device, called with the tensors of a batch."""

    def __init__(
        self, model: nn.Module, *, device: str = "auto", precision: Precision = "auto", memory_mb: float | None = None
    ) -> None:
        """Move the network to its device, in eval mode.

        Channels-last, because it is faster on GPUs and, measured on these networks, by 4 to 13 % on a CPU.

        Args:
            model: called as `model(rgb, raw, mask)`, and with `fill=` where it has a true `needs_fill`; takes any H, W.
            device, precision, memory_mb: see `spnet.predictor.Predictor`.

        Raises:
            BadInput: unknown device or precision, or a budget that is no positive number.
        """
        if precision not in get_args(Precision):
            raise BadInput(f"Precision {precision!r}: choose one of {', '.join(get_args(Precision))}.")
        if memory_mb is not None and not 0 < memory_mb < math.inf:
            raise BadInput(f"memory_mb {memory_mb!r}: expected a positive number of megabytes.")
        self.device = find_device(device)
        self.model = model.to(self.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        half_by_default = self.device.type == "cuda"  # fp16, not bf16: bf16 rounds depth to 0.4 %
        self.precision = precision if precision != "auto" else "fp16" if half_by_default else "fp32"
        self.memory_mb = _default_budget(self.device) if memory_mb is None else memory_mb
        self.pixels = self.memory_mb * 1e6 / bytes_per_pixel(self.model)

    @property
    def needs_fill(self) -> bool:
        """Whether the network takes `fill`, (B, 11, H, W)."""
        return bool(getattr(self.model, "needs_fill", False))

    @torch.inference_mode()
    def __call__(self, inputs: dict[str, Tensor]) -> Tensor:
        """Run a batch, in parts or tiles where it is beyond the memory budget.

        Args:
            inputs: on the CPU: rgb (B, 3, H, W), raw (B, 1, H, W), and fill where it is needed.

        Returns:
            (B, 1, H, W) float32 on the CPU.

        Raises:
            BadInput: out of memory all the same, or a network that returns another shape.
        """
        batch, _, height, width = inputs["raw"].shape
        together = int(self.pixels // (height * width))
        if together >= batch:
            return self._forward(inputs)
        step = max(1, together)
        parts = [{key: value[i : i + step] for key, value in inputs.items()} for i in range(0, batch, step)]
        return torch.cat([self._forward(part) if together else self._tiled(part) for part in parts])

    def _tiled(self, image: dict[str, Tensor]) -> Tensor:
        height, width = image["raw"].shape[-2:]
        return run_tiled(
            lambda rows, columns: self._forward({key: value[..., rows, columns] for key, value in image.items()}),
            height,
            width,
            tile_side(self.pixels),
        )

    def _forward(self, inputs: dict[str, Tensor]) -> Tensor:
        height, width = inputs["raw"].shape[-2:]
        try:
            out = self._pass(inputs, self.precision)
            if self.precision != "fp32" and not bool(torch.isfinite(out).all()):
                out = self._pass(inputs, "fp32")  # beyond what half precision holds
        except RuntimeError as error:  # torch's own out-of-memory error is one; a CPU's has no class of its own
            if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
                raise
            budget = f"{self.memory_mb:.0f}"
            raise BadInput(
                f"There is not enough memory for a part of {width}x{height}: give a memory_mb below {budget}, "
                "a smaller image, or another device."
            ) from error
        if out.shape != inputs["raw"].shape:
            got, expected = tuple(out.shape), tuple(inputs["raw"].shape)
            raise BadInput(f"{type(self.model).__name__} returned the shape {got}; {expected} is expected.")
        return out

    def _pass(self, inputs: dict[str, Tensor], precision: str) -> Tensor:
        moved = {
            key: value.to(self.device).contiguous(memory_format=torch.channels_last) for key, value in inputs.items()
        }
        rgb, raw = moved.pop("rgb"), moved.pop("raw")
        with self._autocast(precision):
            out: Tensor = self.model(rgb, raw, (raw > 0).float(), **moved)
        return out.float().cpu()

    def _autocast(self, precision: str) -> AbstractContextManager[object]:
        dtype = _DTYPES.get(precision)
        return nullcontext() if dtype is None else torch.autocast(self.device.type, dtype)


def find_device(name: str) -> torch.device:
    """The device of that name; "auto" is a GPU where there is one.

    Raises:
        BadInput: it does not exist here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError) as error:  # AssertionError: torch without CUDA
        raise BadInput(f"Device {name!r} cannot be used here ({str(error).splitlines()[0]}): try cpu.") from None
    return device


def bytes_per_pixel(model: nn.Module) -> float:
    """Estimated peak memory of a float32 forward pass, in bytes a pixel of the image; rather too high than too low.

    The full-resolution level dominates. Its width w is that of the first convolution's output; at the peak its
    encoder's map, the upsampled one, their concatenation and the normalisation's temporaries are alive: 9 w numbers,
    and the network's input.
    """
    first = next((m for m in model.modules() if isinstance(m, nn.Conv2d)), None)
    channels = (0, 4) if first is None else (first.in_channels, first.out_channels)
    return 4.0 * (channels[0] + PEAK_MAPS * channels[1])


def _default_budget(device: torch.device) -> float:
    if device.type != "cuda":
        return MEMORY_MB
    return max(MEMORY_MB, GPU_SHARE * torch.cuda.get_device_properties(device).total_memory / 1e6)
