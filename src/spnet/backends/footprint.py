"""How much memory a pass takes in each engine, which decides when images are tiled; rather too high than too low."""

from __future__ import annotations

from dataclasses import dataclass

# Full-resolution maps alive at the peak of a plain network in PyTorch; measured by benchmarks/memory.py: 375 bytes a
# pixel (atto) to 1325 (large).
PEAK_MAPS = 9
MEGABYTE = 1e6


@dataclass(frozen=True)
class Footprint:
    """Bytes of a pass: `fixed`, whatever its size, and `per_pixel` of all images in it."""

    fixed: float
    per_pixel: float

    def pixels(self, memory: float) -> float:
        """How many pixels fit in so many bytes."""
        return max(0.0, memory - self.fixed) / self.per_pixel


@dataclass(frozen=True)
class _Engine:
    """Measured on tiny, atto and the bundled `fill-zepto`, see `docs/speed.md`.

    Attributes:
        own: bytes of the library itself, beyond what it takes when it is loaded.
        copies: of the weights that are made for a pass.
        share: of `plain_bytes` that its maps take.
        fill: bytes a pixel more in a network that takes a fill: its inputs, and the maps of its field's solver.
    """

    own: float
    copies: float
    share: float
    fill: float


_ENGINES = {
    "plain": _Engine(0, 0, 1, 120),
    "torch": _Engine(50 * MEGABYTE, 0, 0.19, 360),  # folded, in bands
    "onnxruntime": _Engine(70 * MEGABYTE, 0, 0.42, 250),
    "openvino": _Engine(120 * MEGABYTE, 3, 0.43, 360),  # it compiles for a size: weights in its own layout
}


def plain_bytes(in_channels: int, width: int) -> float:
    """Estimated peak of a plain float32 network's maps, in bytes a pixel of the image.

    The full-resolution level dominates. At the peak its encoder's map, the upsampled one, their concatenation and the
    normalisation's temporaries are alive, and the network's input.

    Args:
        in_channels: of the network's first convolution.
        width: its output channels.
    """
    return 4.0 * (in_channels + PEAK_MAPS * width)


def estimate(engine: str, plain: float, *, weights: int = 0, needs_fill: bool = False) -> Footprint:
    """What passes take.

    Args:
        engine: "plain", "torch" (folded, in bands), "onnxruntime" or "openvino".
        plain: bytes a pixel of the plain network, see `plain_bytes`.
        weights: bytes of the network's weights in float32.
        needs_fill: whether it takes a fill.

    >>> estimate("openvino", plain_bytes(5, 24), weights=140_000_000).fixed / 1e6
    540.0
    """
    known = _ENGINES[engine]
    return Footprint(known.own + known.copies * weights, known.share * plain + (known.fill if needs_fill else 0))
