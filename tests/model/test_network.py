"""The network: layouts, sizes, initialisation, stochastic depth, any image size."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from spnet.errors import BadInput
from spnet.model.build import build_model, parameter_count
from spnet.model.config import NORMS, SIZES, ModelConfig, Norm, Revision, model_config
from spnet.model.network import Block, Decoder, Encoder, SPNet, pad_to_stride

GOLDEN = Path(__file__).parent.parent / "golden"
LAYOUTS: dict[str, str] = {"spnet": "state_dict_layout.json", "pacgdc": "pacgdc_state_dict_layout.json"}
PUBLISHED = ("tiny", "small", "base", "large")
COUNTS = {  # spec section 3
    "spnet": (35_000_689, 59_275_633, 105_023_041, 235_501_153),
    "pacgdc": (39_716_161, 63_991_105, 113_405_441, 254_360_065),
}


def small(norm: Norm = "CNX", revision: Revision = "spnet", drop_path: float = 0.0) -> ModelConfig:
    return ModelConfig((8, 16, 24, 32), (1, 1, 2, 1), drop_path, norm, revision)


def inputs(height: int, width: int, batch: int = 1, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    rgb = torch.rand(batch, 3, height, width, generator=generator)
    raw = torch.rand(batch, 1, height, width, generator=generator)
    mask = (torch.rand(batch, 1, height, width, generator=generator) < 0.5).float()
    return rgb, raw * mask, mask


@pytest.mark.parametrize("size", PUBLISHED)
@pytest.mark.parametrize("revision", ["spnet", "pacgdc"])
def test_keys_and_shapes_are_the_published_ones(size: str, revision: Revision) -> None:
    expected: dict[str, Any] = json.loads((GOLDEN / LAYOUTS[revision]).read_text(encoding="utf-8"))[size]
    with torch.device("meta"):
        model = build_model(model_config(size, revision=revision))
    assert {key: list(value.shape) for key, value in model.state_dict().items()} == expected["state"]
    assert parameter_count(model_config(size, revision=revision)) == expected["parameters"]


@pytest.mark.parametrize("revision", ["spnet", "pacgdc"])
def test_parameter_counts(revision: Revision) -> None:
    assert tuple(parameter_count(model_config(s, revision=revision)) for s in PUBLISHED) == COUNTS[revision]


def test_our_sizes_grow_up_to_the_published_ones() -> None:
    counts = [parameter_count(config) for config in SIZES.values()]
    assert counts == sorted(counts)


CASES: list[tuple[Norm, Revision]] = [*((norm, "spnet") for norm in NORMS), ("CNX", "pacgdc")]  # type: ignore[misc]


@pytest.mark.parametrize(("norm", "revision"), CASES)
def test_every_parameter_has_a_gradient(norm: Norm, revision: Revision) -> None:
    torch.manual_seed(0)
    model = build_model(small(norm, revision)).train()
    out = model(*inputs(64, 64, batch=2))
    assert out.shape == (2, 1, 64, 64)
    out.square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        # A closed residual branch (RZ at the start) passes nothing back; an affine norm cancels the bias before it.
        if norm not in ("RZ", "BN", "IN"):
            assert parameter.grad.abs().max() > 0, name


def test_rezero_starts_as_the_identity_and_opens() -> None:
    block = Block(8, small("RZ"))
    x = torch.randn(1, 8, 4, 4)
    assert torch.equal(block(x), x)
    block(x).square().sum().backward()
    assert block.alpha.grad is not None
    assert block.alpha.grad.abs() > 0


@pytest.fixture(scope="module")
def networks() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    networks = {norm: build_model(small(norm)).eval() for norm in NORMS}  # type: ignore[arg-type]
    return {**networks, "spnet": networks["CNX"], "pacgdc": build_model(small(revision="pacgdc")).eval()}


@settings(max_examples=60, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70), kind=st.sampled_from([*NORMS, "pacgdc"]))
def test_any_size(networks: dict[str, nn.Module], height: int, width: int, kind: str) -> None:
    with torch.inference_mode():
        out = networks[kind](*inputs(height, width))
    assert out.shape == (1, 1, height, width)
    assert torch.isfinite(out).all()


@pytest.mark.parametrize("kind", [*NORMS, "pacgdc"])
def test_one_pixel(networks: dict[str, nn.Module], kind: str) -> None:
    with torch.inference_mode():
        out = networks[kind](*inputs(1, 1))
    assert out.shape == (1, 1, 1, 1)
    assert torch.isfinite(out).all()


def test_padding_repeats_the_last_row_and_column() -> None:
    x = torch.arange(6.0).reshape(1, 1, 2, 3)
    padded = pad_to_stride(x)
    assert padded.shape == (1, 1, 32, 32)
    assert torch.equal(padded[..., :2, :3], x)
    assert torch.equal(padded[0, 0, 31, :3], x[0, 0, 1])
    assert torch.equal(padded[0, 0, :2, 31], x[0, 0, :, 2])


def test_padding_leaves_fitting_sizes_alone() -> None:
    x = torch.rand(1, 5, 32, 64)
    assert pad_to_stride(x) is x


def test_images_of_a_batch_do_not_mix(networks: dict[str, nn.Module]) -> None:
    rgb, raw, mask = inputs(40, 50, batch=2)
    with torch.inference_mode():
        both = networks["spnet"](rgb, raw, mask)
        alone = networks["spnet"](rgb[1:], raw[1:], mask[1:])
    torch.testing.assert_close(both[1:], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "shapes",
    [
        ((1, 3, 8, 8), (1, 1, 8, 9), (1, 1, 8, 8)),
        ((1, 3, 8, 8), (1, 1, 8, 8), (1, 1, 9, 8)),
        ((1, 4, 8, 8), (1, 1, 8, 8), (1, 1, 8, 8)),
        ((2, 3, 8, 8), (1, 1, 8, 8), (1, 1, 8, 8)),
        ((3, 8, 8), (1, 8, 8), (1, 8, 8)),
        ((1, 3, 0, 8), (1, 1, 0, 8), (1, 1, 0, 8)),
        ((0, 3, 8, 8), (0, 1, 8, 8), (0, 1, 8, 8)),
    ],
)
def test_shapes_that_do_not_belong_together(networks: dict[str, nn.Module], shapes: tuple[Any, ...]) -> None:
    with pytest.raises(BadInput, match="Expected rgb"):
        networks["spnet"](*(torch.zeros(shape) for shape in shapes))


def test_a_boolean_mask_is_taken(networks: dict[str, nn.Module]) -> None:
    rgb, raw, mask = inputs(32, 32)
    with torch.inference_mode():
        assert torch.equal(networks["spnet"](rgb, raw, mask.bool()), networks["spnet"](rgb, raw, mask))


def test_the_decoder_empties_the_list_of_features() -> None:
    maps = Encoder(small())(torch.rand(1, 5, 32, 32))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (width, 32 // stride, 32 // stride)
        for width, stride in zip((2, 4, 8, 16, 24, 32), (1, 2, 4, 8, 16, 32), strict=True)
    ]
    Decoder(small())(maps)
    assert maps == []


def test_encoder_and_decoder_take_other_channels() -> None:
    encoder, decoder = Encoder(small(), in_channels=9), Decoder(small(), out_channels=3)
    assert decoder(encoder(torch.rand(1, 9, 32, 32))).shape == (1, 3, 32, 32)


def test_no_config_in_the_module() -> None:
    for module in build_model(small()).modules():
        assert not any(isinstance(value, ModelConfig) for value in vars(module).values())


# Initialisation (spec section 3)


@pytest.mark.parametrize("revision", ["spnet", "pacgdc"])
def test_initialisation(revision: Revision) -> None:
    torch.manual_seed(0)
    model = build_model(ModelConfig((32, 64, 96, 128), (1, 1, 1, 1), revision=revision))
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Conv2d):
            receptive = layer.kernel_size[0] * layer.kernel_size[1]
            fan_in, fan_out = layer.weight.shape[1] * receptive, layer.weight.shape[0] * receptive
            expected = math.sqrt(2 / (fan_in + fan_out))
            assert layer.weight.std().item() == pytest.approx(expected, rel=6 / math.sqrt(2 * layer.weight.numel())), (
                name
            )
            assert layer.bias is not None
            assert not layer.bias.any(), name
        if isinstance(layer, nn.ConvTranspose2d):
            n, out, height, width = layer.weight.shape
            normal = math.sqrt(2 / ((n + out) * height * width))
            uniform = 1 / math.sqrt(3 * out * height * width)  # PyTorch's default: Kaiming-uniform with a = √5
            expected = normal if revision == "pacgdc" else uniform
            assert layer.weight.std().item() == pytest.approx(expected, rel=6 / math.sqrt(2 * layer.weight.numel())), (
                name
            )
            assert (layer.weight.abs().max() > 1.8 * expected) == (revision == "pacgdc")  # normal, or bounded


# Stochastic depth


def test_drop_path_rises_linearly_over_the_encoder() -> None:
    config = ModelConfig((8, 16, 24, 32), (1, 2, 2, 1), drop_path=0.5)
    model = SPNet(config)
    encoder = [m.drop_path for m in model.encoder.modules() if isinstance(m, Block)]
    assert encoder == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert [m.drop_path for m in model.decoder.modules() if isinstance(m, Block)] == [0.0, 0.0, 0.0]


def test_drop_path_drops_whole_batches_at_its_rate_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    block = Block(4, small(), drop_path=0.25).train()
    x = torch.randn(3, 4, 2, 2)
    with torch.no_grad():
        branch = block.eval()(x) - x
        block.train()
        kept = 0
        for _ in range(1000):
            change = block(x) - x
            if change.any():
                kept += 1
                torch.testing.assert_close(change, branch / 0.75, rtol=1e-4, atol=1e-5)  # all images of the batch
    assert abs(kept - 750) < 5 * math.sqrt(1000 * 0.25 * 0.75)


def test_drop_path_is_off_in_evaluation() -> None:
    block = Block(4, small(), drop_path=0.9).eval()
    x = torch.randn(1, 4, 2, 2)
    assert torch.equal(block(x), block(x))
