"""SPNet (T-PAMI 2025) and its revision by PacGDC (ICCV 2025): the whole network in one file.

    rgb, raw depth, mask ─ concat ─► Encoder: stem, then 5 × (norm, downsample, blocks) ─► six maps, strides 1 to 32
                                     Decoder: 5 × (upsample, concat, fuse, block) from the coarsest up ─► head ─► depth

Depth is in normalised units (metres / max_depth), 0 = unknown. Parameter names are those of the released checkpoints.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spnet.errors import BadInput
from spnet.model.config import ModelConfig
from spnet.model.depthwise import DepthwiseConv
from spnet.model.kernels import fused_expand_project
from spnet.model.norms import GlobalResponseNorm, ProjectedSPNorm, norm_layer

STRIDE = 32
DECODER_LEVELS = (2, 3, 4)  # with a block: strides 4, 8, 16; strides 1 and 2 are too large for one


class Block(nn.Module):
    """x + drop_path(conv1×1 · ReLU · conv1×1 · norm · depthwise 7×7)(x): ConvNeXt's block with SP-Norm.

    Drop-path is in batch mode: one draw drops the branch for the whole batch.
    """

    fused = True  # see `spnet.model.kernels`

    def __init__(self, channels: int, config: ModelConfig, drop_path: float = 0.0) -> None:
        super().__init__()
        wide = 4 * channels
        layers: list[nn.Module] = [
            DepthwiseConv(channels),
            _norm(config, channels),
            nn.Conv2d(channels, wide, 1),
            nn.ReLU(),
        ]
        if config.revision != "pacgdc":  # the released SPNet keeps a place for GRN here
            layers.append(GlobalResponseNorm(wide) if config.norm == "GRN" else nn.Identity())
        layers.append(nn.Conv2d(wide, channels, 1))
        self.block = nn.Sequential(*layers)
        if config.norm == "RZ":  # ReZero: the branch starts closed
            self.alpha = nn.Parameter(torch.zeros(1))
        self.rezero = config.norm == "RZ"
        self.drop_path = drop_path

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.drop_path == 0.0:
            return x + self._branch(x)
        keep = 1.0 - self.drop_path
        survives = (torch.rand((), device=x.device) < keep).to(x.dtype)
        return x + self._branch(x) * (survives / keep)

    def _branch(self, x: Tensor) -> Tensor:
        y = self._body(x)
        return self.alpha * y if self.rezero else y

    @property
    def is_plain(self) -> bool:
        """Whether ReLU stands between the two 1×1 convolutions, and nothing else."""
        activation, *rest = list(self.block)[3:-1]
        return isinstance(activation, nn.ReLU) and all(isinstance(layer, nn.Identity) for layer in rest)

    def _body(self, x: Tensor) -> Tensor:
        y: Tensor = self.by_pixel(self.block[0](x)) if self.is_plain else self.block(x)
        return y

    def by_pixel(self, x: Tensor) -> Tensor:
        """What comes behind the depthwise convolution, where `is_plain`: with SP-Norm each pixel by itself."""
        _, norm, expand, activation, *_, project = self.block
        assert isinstance(expand, nn.Conv2d)
        assert isinstance(project, nn.Conv2d)
        x = norm(x)
        fused = fused_expand_project(x, expand, project, self.fused)
        if fused is None:
            fused = project(activation(expand(x)))
        return fused


class Encoder(nn.Module):
    """Six feature maps at strides 1, 2, 4, 8, 16, 32 with `config.widths` channels."""

    def __init__(self, config: ModelConfig, in_channels: int = 5) -> None:
        super().__init__()
        widths = config.widths
        self.downsample_layers = nn.ModuleList([nn.Conv2d(in_channels, widths[0], 3, padding=1)])
        for fine, coarse in pairwise(widths):
            self.downsample_layers.append(nn.Sequential(_norm(config, fine), _downsample(config, fine, coarse)))
        rates = iter(np.linspace(0, config.drop_path, sum(config.depths)).tolist())
        depths = (0, 0, *config.depths)
        self.stages = nn.ModuleList(
            nn.Sequential(*(Block(width, config, next(rates)) for _ in range(depth)))
            for width, depth in zip(widths, depths, strict=True)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, in_channels, H, W) to six maps, finest first; H and W are multiples of 32."""
        maps = []
        for downsample, stage in zip(self.downsample_layers, self.stages, strict=True):
            x = stage(downsample(x))
            maps.append(x)
        return maps


class Decoder(nn.Module):
    """From stride 32 to 1: upsample, concatenate the encoder's map first, fuse 1×1, block; then the head."""

    def __init__(self, config: ModelConfig, out_channels: int = 1) -> None:
        super().__init__()
        widths = config.widths
        self.upsample_layers = nn.ModuleList(
            nn.ConvTranspose2d(coarse, fine, 2, 2) for fine, coarse in pairwise(widths)
        )
        self.fusion_layers = _fusions(widths)
        self.stages = _decoder_stages(config)
        self.head = nn.Conv2d(widths[0], out_channels, 3, padding=1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Six maps to (B, out_channels, H, W). Empties the list, so that each map is freed once it is used."""
        x = maps.pop()
        for level in reversed(range(len(self.fusion_layers))):
            x = torch.cat([maps.pop(), self.upsample_layers[level](x)], dim=1)
            x = self.stages[level](self.fusion_layers[level](x))
        depth: Tensor = self.head(x)
        return depth


class RevisedDecoder(nn.Module):
    """PacGDC's decoder: concatenate (not at the coarsest), fuse, block, then SP-Norm and 3×3 transposed convolution.

    Its `upsample_layers[0]` is the head.
    """

    def __init__(self, config: ModelConfig, out_channels: int = 1) -> None:
        super().__init__()
        widths = config.widths
        self.upsample_layers = nn.ModuleList([nn.Conv2d(widths[0], out_channels, 3, padding=1)])
        for fine, coarse in pairwise(widths):
            up = nn.ConvTranspose2d(coarse, fine, 3, 2, padding=1, output_padding=1)
            self.upsample_layers.append(nn.Sequential(ProjectedSPNorm(coarse), up))
        self.stages = _decoder_stages(config)
        self.fusion_layers = _fusions(widths)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """As `Decoder.forward`."""
        x: Tensor = self.upsample_layers[-1](maps.pop())
        for level in reversed(range(len(self.fusion_layers))):
            x = self.fusion_layers[level](torch.cat([maps.pop(), x], dim=1))
            x = self.upsample_layers[level](self.stages[level](x))
        return x


class SPNet(nn.Module):
    """Depth completion: (rgb, raw, mask) to dense depth, linear and unclamped.

    >>> from spnet.model.config import model_config
    >>> net = SPNet(model_config("atto")).eval()
    >>> rgb, raw = torch.rand(1, 3, 50, 70), torch.rand(1, 1, 50, 70)
    >>> net(rgb, raw, (raw > 0).float()).shape
    torch.Size([1, 1, 50, 70])
    """

    needs_fill = False

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.decoder = RevisedDecoder(config) if config.revision == "pacgdc" else Decoder(config)
        initialize(self, transposed=config.revision == "pacgdc")

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        """Complete a batch.

        Args:
            rgb: (B, 3, H, W) in [0, 1].
            raw: (B, 1, H, W) sparse depth / max_depth, 0 = unknown.
            mask: (B, 1, H, W), 1 where raw is measured.

        Returns:
            (B, 1, H, W) dense depth / max_depth. Any H, W >= 1: the input is padded to a multiple of 32.

        Raises:
            BadInput: the shapes do not belong together.
        """
        check_shapes(rgb, raw, mask)
        height, width = raw.shape[-2:]
        x = pad_to_stride(torch.cat([rgb, raw, mask.to(raw.dtype)], dim=1))
        depth: Tensor = self.decoder(self.encoder(x))
        return depth[..., :height, :width]


def check_shapes(rgb: Tensor, raw: Tensor, mask: Tensor) -> None:
    """Raise BadInput unless rgb is (B,3,H,W) and raw and mask are (B,1,H,W)."""
    batch, _, height, width = raw.shape if raw.ndim == 4 else (0, 0, 0, 0)
    expected = ((batch, 3, height, width), (batch, 1, height, width), (batch, 1, height, width))
    got = tuple(tuple(t.shape) for t in (rgb, raw, mask))
    if got != expected or 0 in expected[0]:
        raise BadInput(f"Expected rgb (B,3,H,W), raw (B,1,H,W) and mask (B,1,H,W); got {got[0]}, {got[1]}, {got[2]}.")


def pad_to_stride(x: Tensor, stride: int = STRIDE) -> Tensor:
    """Repeat the last row and column until H and W are multiples of the stride; does nothing where they are."""
    if exporting():  # any size: nothing may depend on whether it is a multiple
        rows, columns = (_repeated(length, stride, x.device) for length in x.shape[-2:])
        return x.index_select(-2, rows).index_select(-1, columns)
    bottom, right = -x.shape[-2] % stride, -x.shape[-1] % stride
    return F.pad(x, (0, right, 0, bottom), mode="replicate") if bottom or right else x


def exporting() -> bool:
    """Whether a graph is being made of a network, by torch.export or by ONNX's tracing."""
    return torch.compiler.is_exporting() or torch.onnx.is_in_onnx_export()


def _repeated(length: int, stride: int, device: torch.device) -> Tensor:
    """0 to length - 1, the last one repeated up to a multiple of the stride."""
    return torch.arange((length + stride - 1) // stride * stride, device=device).clamp(max=length - 1)


def initialize(module: nn.Module, *, transposed: bool) -> None:
    """Xavier-normal convolutions with bias 0; transposed ones keep PyTorch's default unless `transposed`."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d) or (transposed and isinstance(layer, nn.ConvTranspose2d)):
            nn.init.xavier_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def _norm(config: ModelConfig, channels: int) -> nn.Module:
    if config.revision == "pacgdc":
        return ProjectedSPNorm(channels)
    return norm_layer(config.norm, channels)


def _downsample(config: ModelConfig, fine: int, coarse: int) -> nn.Conv2d:
    if config.revision == "pacgdc":
        return nn.Conv2d(fine, coarse, 3, 2, padding=1)
    return nn.Conv2d(fine, coarse, 2, 2)


def _fusions(widths: tuple[int, ...]) -> nn.ModuleList:
    return nn.ModuleList(nn.Conv2d(2 * width, width, 1) for width in widths[:-1])


def _decoder_stages(config: ModelConfig) -> nn.ModuleList:
    widths = config.widths
    return nn.ModuleList(
        Block(widths[level], config) if level in DECODER_LEVELS else nn.Identity() for level in range(5)
    )
