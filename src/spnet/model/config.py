"""Network sizes as frozen data. Read by `build_model`; never stored in a module."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from spnet.errors import BadInput

Norm = Literal["CNX", "CN+X", "GRN", "NX", "CX", "LN", "BN", "IN", "RZ"]
Revision = Literal["spnet", "pacgdc", "fill", "g2"]
NORMS: tuple[str, ...] = get_args(Norm)


@dataclass(frozen=True)
class ModelConfig:
    """What is needed to build one network.

    Attributes:
        dims: channels at strides 4, 8, 16, 32; strides 1 and 2 have dims[0] / 4 and dims[0] / 2.
        depths: blocks at strides 4, 8, 16, 32 of the encoder.
        drop_path: stochastic-depth rate of the last encoder block.
        norm: normalisation variant (spec section 2); "CNX" is SP-Norm.
        revision: "spnet" (T-PAMI 2025), "pacgdc" (ICCV 2025), "fill" (ours: a random field) or "g2"
            (G2-MonoDepth, T-PAMI 2024), whose depths are bottlenecks a stack, whose stride 64 has dims[3] channels,
            and which has no norm: that field says nothing of it.
    """

    dims: tuple[int, int, int, int]
    depths: tuple[int, int, int, int]
    drop_path: float = 0.0
    norm: Norm = "CNX"
    revision: Revision = "spnet"

    @property
    def widths(self) -> tuple[int, int, int, int, int, int]:
        """Channels at strides 1, 2, 4, 8, 16, 32."""
        d = self.dims
        return (d[0] // 4, d[0] // 2, *d)


# Published: tiny to large (SPNet's table of models). Ours: atto to nano (the small ConvNeXt V2 family); zepto, which
# two CPU cores can train in hours; and mini, for experiments on a CPU.
SIZES: dict[str, ModelConfig] = {
    "mini": ModelConfig((16, 32, 64, 128), (1, 1, 2, 1)),
    "zepto": ModelConfig((32, 48, 96, 160), (1, 2, 2, 1)),
    "atto": ModelConfig((40, 80, 160, 320), (2, 2, 6, 2)),
    "femto": ModelConfig((48, 96, 192, 384), (2, 2, 6, 2)),
    "pico": ModelConfig((64, 128, 256, 512), (2, 2, 6, 2)),
    "nano": ModelConfig((80, 160, 320, 640), (2, 2, 8, 2)),
    "tiny": ModelConfig((96, 192, 384, 768), (3, 3, 9, 3), 0.0),
    "small": ModelConfig((96, 192, 384, 768), (3, 3, 27, 3), 0.1),
    "base": ModelConfig((128, 256, 512, 1024), (3, 3, 27, 3), 0.1),
    "large": ModelConfig((192, 384, 768, 1536), (3, 3, 27, 3), 0.2),
}
# PacGDC trains the same sizes with more stochastic depth (its section 4).
PACGDC_DROP_PATH = {"tiny": 0.1, "small": 0.2, "base": 0.3, "large": 0.5}

# G2-MonoDepth has one size (spec section 5a): 64, 128, 256, 512, 512, 512 and, at stride 64, 512 channels.
G2_BOTTLENECKS = 3
G2_SIZE = "g2"
G2 = ModelConfig((256, 512, 512, 512), (G2_BOTTLENECKS,) * 4, revision="g2")


def model_config(size: str, norm: Norm = "CNX", revision: Revision = "spnet") -> ModelConfig:
    """Look a size up.

    Raises:
        BadInput: unknown size or norm; or the size "g2" without the revision "g2", or the reverse.

    >>> model_config("tiny").widths
    (24, 48, 96, 192, 384, 768)
    """
    if G2_SIZE in (size, revision):
        if size != G2_SIZE or revision != "g2":
            raise BadInput(f"Size {size!r} with revision {revision!r}: G2-MonoDepth has one size, g2 with g2.")
        return G2
    if size not in SIZES:
        raise BadInput(f"Unknown model size {size!r}: choose one of {', '.join(SIZES)}.")
    if norm not in NORMS:
        raise BadInput(f"Unknown norm {norm!r}: choose one of {', '.join(NORMS)}.")
    config = SIZES[size]
    if revision == "pacgdc":
        config = replace(config, drop_path=PACGDC_DROP_PATH.get(size, 0.0))
    return replace(config, norm=norm, revision=revision)
