"""The network itself, in PyTorch: on any of its devices, in full or half precision."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from spnet.backends import BackendOutOfMemory, Floats, Inputs, is_answer
from spnet.backends.footprint import Footprint, estimate, plain_bytes
from spnet.errors import BadInput
from spnet.model.folded import runs_in_bands

Precision = Literal["auto", "fp32", "fp16", "bf16"]
_DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}


class TorchBackend:
    """A module on one device; see `spnet.backends.Backend`."""

    name = "torch"

    def __init__(self, model: nn.Module, *, device: str = "auto", precision: Precision = "auto") -> None:
        """Move the network to its device, in eval mode.

        Channels-last, because it is faster on GPUs and, measured on these networks, by 4 to 13 % on a CPU.

        Args:
            model: called as `model(rgb, raw, mask)`, and with `fill=` where it has a true `needs_fill`; takes any H, W.
            device, precision: see `spnet.predictor.Predictor`.

        Raises:
            BadInput: unknown device or precision.
        """
        if precision not in get_args(Precision):
            raise BadInput(f"Precision {precision!r}: choose one of {', '.join(get_args(Precision))}.")
        self.device = find_device(device)
        self.model = model.to(self.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        half_by_default = self.device.type == "cuda"  # fp16, not bf16: bf16 rounds depth to 0.4 %
        self.precision = precision if precision != "auto" else "fp16" if half_by_default else "fp32"

    @property
    def needs_fill(self) -> bool:
        """Whether the network takes `fill`, (B, 14, H, W)."""
        return bool(getattr(self.model, "needs_fill", False))

    @property
    def footprint(self) -> Footprint:
        """See `Backend`. In half precision, and on a GPU, what bands save was not measured."""
        banded = self.device.type == "cpu" and self.precision == "fp32" and runs_in_bands(self.model)
        return estimate("torch" if banded else "plain", bytes_per_pixel(self.model), needs_fill=self.needs_fill)

    @torch.inference_mode()
    def __call__(self, inputs: Inputs) -> Floats:
        """See `Backend.__call__`; what half precision cannot hold is computed again in float32."""
        try:
            out = self._pass(inputs, self.precision)
            if self.precision != "fp32" and not np.isfinite(out).all():
                out = self._pass(inputs, "fp32")
        except RuntimeError as error:  # torch's own out-of-memory error is one; a CPU's has no class of its own
            if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
                raise
            raise BackendOutOfMemory from error
        if not is_answer(out, inputs):
            expected = inputs["raw"].shape
            raise BadInput(f"{type(self.model).__name__} returned the shape {out.shape}; {expected} is expected.")
        return out

    def _pass(self, inputs: Inputs, precision: str) -> Floats:
        moved: dict[str, Tensor] = {
            key: torch.from_numpy(value).to(self.device).contiguous(memory_format=torch.channels_last)
            for key, value in inputs.items()
        }
        rgb, raw = moved.pop("rgb"), moved.pop("raw")
        with self._autocast(precision):
            out: Tensor = self.model(rgb, raw, (raw > 0).float(), **moved)
        result: Floats = out.float().cpu().numpy()
        return result

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
    """`plain_bytes` of a network: the width of the full-resolution level is that of its first convolution."""
    first = next((m for m in model.modules() if isinstance(m, nn.Conv2d)), None)
    return plain_bytes(0, 4) if first is None else plain_bytes(first.in_channels, first.out_channels)


def gpu_memory_mb(device: torch.device) -> float:
    """Memory of a GPU; 0 for what is none."""
    return torch.cuda.get_device_properties(device).total_memory / 1e6 if device.type == "cuda" else 0.0
