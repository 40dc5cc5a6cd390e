"""What a network has to do, and how fast this machine can do such things: the two sides of a roofline.

A convolution takes at least its arithmetic divided by the rate of matrix products, and at least the bytes of its input,
output and weights divided by the rate of copies; the sum of the larger ones over all convolutions is the time below
which a network that runs one convolution after the other cannot get. Fused operators can: they keep maps in the cache.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from spnet.bench.ways import make_network

if TYPE_CHECKING:
    import torch
    from torch import nn

SIDE = 1024  # of the matrices: large enough for the full rate on a CPU, and 20 ms at 100 GFLOP/s
GPU_SIDE = 8192
COPIED = 64 << 20  # bytes
GPU_COPIED = 1 << 30
ITEM_BYTES = {"fp32": 4, "bf16": 2, "fp16": 2, "int8": 1}


@dataclass(frozen=True)
class Layer:
    """A convolution: operations (a multiplication and an addition are two), and numbers read and written."""

    flops: int
    numbers: int


def layers(network: nn.Module, height: int, width: int) -> list[Layer]:
    """All convolutions of a network at a size, counted without computing them.

    Args:
        network: called as `model(rgb, raw, mask)`, with `fill=` where it needs one; moved to the meta device.
        height, width: of the image; the network pads it.
    """
    import torch

    from spnet.fill import FILL_CHANNELS

    found: list[Layer] = []

    def note(module: Any, arguments: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        transposed = isinstance(module, torch.nn.ConvTranspose2d)
        # Each weight is used once for every pixel of the output, in a transposed convolution of the input.
        pixels = (arguments[0] if transposed else out)[0, 0].numel()
        numbers = arguments[0].numel() + out.numel() + module.weight.numel()
        found.append(Layer(2 * module.weight.numel() * pixels, numbers))

    kinds = (torch.nn.Conv2d, torch.nn.ConvTranspose2d)
    network = network.to("meta")
    hooks = [module.register_forward_hook(note) for module in network.modules() if isinstance(module, kinds)]
    rgb, raw = (torch.empty(1, channels, height, width, device="meta") for channels in (3, 1))
    more = {"fill": torch.empty(1, FILL_CHANNELS, height, width, device="meta")} if _needs_fill(network) else {}
    with torch.no_grad():
        network(rgb, raw, torch.empty_like(raw), **more)
    for hook in hooks:
        hook.remove()
    return found


def counted_flops(network: nn.Module, height: int, width: int) -> int:
    """The same operations by PyTorch's own counter, products without a module included."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from spnet.fill import FILL_CHANNELS

    network = network.to("meta")
    rgb, raw = (torch.empty(1, channels, height, width, device="meta") for channels in (3, 1))
    more = {"fill": torch.empty(1, FILL_CHANNELS, height, width, device="meta")} if _needs_fill(network) else {}
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(rgb, raw, torch.empty_like(raw), **more)
    return int(counter.get_total_flops())


@dataclass(frozen=True)
class Work:
    """What one pass takes: operations, parameters, and the convolutions."""

    flops: int
    parameters: int
    layers: tuple[Layer, ...]

    def bound(self, flops_s: float, bytes_s: float, precision: str) -> float:
        """Seconds of the roofline, see the module's text."""
        item = ITEM_BYTES[precision]
        return sum(max(layer.flops / flops_s, layer.numbers * item / bytes_s) for layer in self.layers)


def work_of(spec: str, height: int, width: int) -> Work:
    """Of a network by its spec, see `make_network`."""
    network = make_network(spec)
    parameters = sum(p.numel() for p in network.parameters())
    return Work(counted_flops(network, height, width), parameters, tuple(layers(network, height, width)))


class Yardsticks:
    """Matrix products in the precisions of a run, and copies, on its device: rates now, under the load of now."""

    def __init__(self, precisions: Sequence[str], device: torch.device) -> None:
        import torch

        self._device = device
        side = SIDE if device.type == "cpu" else GPU_SIDE
        self._flops = 2 * side**3
        kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
        self._products: dict[str, Callable[[], object]] = {}
        for precision in dict.fromkeys(precisions):
            if precision == "int8":
                a = torch.randint(-9, 9, (side, side), dtype=torch.int8, device=device)
                self._products[precision] = partial(torch._int_mm, a, a)
            else:
                b = torch.rand(side, side, device=device).to(kinds[precision])
                out = torch.empty_like(b)
                self._products[precision] = partial(torch.mm, b, b, out=out)
        count = (COPIED if device.type == "cpu" else GPU_COPIED) // 4
        self._from = torch.rand(count, device=device)
        self._to = torch.empty_like(self._from)

    def measure(self) -> dict[str, float]:
        """Operations a second by precision, and under "copy" bytes read and written a second."""
        rates = {name: self._flops / self._seconds(product) for name, product in self._products.items()}
        moved = 2 * self._from.numel() * self._from.element_size()
        return {**rates, "copy": moved / self._seconds(lambda: self._to.copy_(self._from))}

    def _seconds(self, call: Callable[[], object]) -> float:
        self._wait()
        begin = time.perf_counter()
        call()
        self._wait()
        return time.perf_counter() - begin

    def _wait(self) -> None:
        if self._device.type == "cuda":
            import torch

            torch.cuda.synchronize(self._device)


def _needs_fill(network: nn.Module) -> bool:
    return bool(getattr(network, "needs_fill", False))
