"""G2-MonoDepth's network: its parts by hand, any image size, training steps; its checkpoints like any weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_weights import SMALL, State, assert_same, checkpoint, network, outputs
from torch import Tensor, nn

from scenes import room
from spnet.backends.pytorch import bytes_per_pixel
from spnet.errors import BadInput, BadWeights
from spnet.losses import paper_loss
from spnet.model import config as model_configs
from spnet.model.build import build_model
from spnet.model.config import G2, ModelConfig, model_config
from spnet.model.g2_network import Bottleneck, G2Network, Level
from spnet.model.weights import WeightsInfo, convert, load_model, read_weights, save_weights, weights_info
from spnet.predictor import Predictor

G2_SMALL = ModelConfig((16, 20, 24, 28), (3, 3, 3, 3), revision="g2")


def inputs(height: int, width: int, batch: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    rgb = torch.rand(batch, 3, height, width, generator=generator)
    raw = torch.rand(batch, 1, height, width, generator=generator)
    mask = (torch.rand(batch, 1, height, width, generator=generator) < 0.5).float()
    return rgb, raw * mask, mask


@pytest.fixture(scope="module")
def small() -> nn.Module:
    return network(G2_SMALL)  # every gate open, every bias set


@pytest.fixture
def state() -> State:
    return network(G2_SMALL).state_dict()


# The parts


def test_a_bottleneck_by_hand() -> None:
    """Four channels of one pixel: the shortcut sees the activated input; each convolution multiplies channel 0."""
    block = Bottleneck(4, 4)
    for layer, factor in zip((block.left[1], block.left[3], block.left[5]), (2.0, 3.0, -1.0), strict=True):
        nn.init.zeros_(layer.weight)
        nn.init.constant_(layer.bias, 0.5)
        layer.weight.data[0, 0, layer.kernel_size[0] // 2, layer.kernel_size[0] // 2] = factor
    x = torch.tensor([-1.0, 5.0, -10.0, 0.0]).reshape(1, 4, 1, 1)
    active = torch.tensor([-0.2, 5.0, -2.0, 0.0]).reshape(1, 4, 1, 1)
    assert torch.allclose(block(x.clone()), active), "a closed gate leaves the shortcut"
    nn.init.ones_(block.alpha)
    # Channel 0: -0.2 · 2 + 0.5 = 0.1; 0.1 · 3 + 0.5 = 0.8; -0.8 + 0.5 = -0.3. The others end at the last bias.
    branch = torch.tensor([-0.3, 0.5, 0.5, 0.5]).reshape(1, 4, 1, 1)
    assert torch.allclose(block(x.clone()), active + branch)
    # Channel 0 of -1 goes negative on the way: -2 + 0.5 = -1.5 → -0.3; -0.9 + 0.5 = -0.4 → -0.08; 0.08 + 0.5 = 0.58.
    deep = torch.tensor([-5.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1, 1)
    assert block(deep)[0, 0, 0, 0].item() == pytest.approx(-1 + 0.58)


def test_where_the_width_changes_the_shortcut_is_a_convolution_of_the_activated_input() -> None:
    block = Bottleneck(4, 1)
    nn.init.ones_(block.right.weight)
    nn.init.constant_(block.right.bias, 0.25)
    x = torch.tensor([-1.0, 5.0, -10.0, 0.0]).reshape(1, 4, 1, 1)
    assert block(x).item() == pytest.approx(-0.2 + 5 - 2 + 0.25)


def test_a_level_keeps_its_input_first_and_adds_what_lies_below_in_blocks_of_two() -> None:
    torch.manual_seed(0)
    level = Level([4, 8, 12])
    x = torch.randn(1, 4, 8, 12)
    out = level(x.clone())
    assert out.shape == (1, 8, 8, 12)
    assert torch.equal(out[:, :4], x)
    below = out[:, 4:]
    assert torch.equal(below, below[..., ::2, ::2].repeat_interleave(2, -1).repeat_interleave(2, -2))
    assert not torch.equal(below[..., 0, 0], below[..., 0, 2])


def test_initialisation() -> None:
    torch.manual_seed(0)
    model = build_model(G2)
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Conv2d):
            fan_in = layer.weight[0].numel()
            expected = math.sqrt(2 / (1 + 0.2**2) / fan_in)
            tolerance = 6 / math.sqrt(2 * layer.weight.numel())
            assert layer.weight.std().item() == pytest.approx(expected, rel=tolerance), name
            assert layer.bias is not None
            assert not layer.bias.any(), name
        if isinstance(layer, Bottleneck):
            assert layer.alpha.shape == ()
            assert layer.alpha.item() == 0, name


# The whole


@settings(max_examples=40, deadline=None)
@given(height=st.integers(1, 140), width=st.integers(1, 140))
def test_any_size(small: nn.Module, height: int, width: int) -> None:
    with torch.inference_mode():
        out = small(*inputs(height, width))
    assert out.shape == (1, 1, height, width)
    assert torch.isfinite(out).all()


def test_another_size_is_repeated_up_to_a_multiple_of_64_and_cut_off(small: nn.Module) -> None:
    rgb, raw, mask = inputs(70, 64)
    padded = [torch.cat([x, x[..., -1:, :].expand(-1, -1, 58, -1)], dim=2) for x in (rgb, raw, mask)]
    with torch.inference_mode():
        assert torch.equal(small(rgb, raw, mask), small(*padded)[..., :70, :])


def test_the_callers_tensors_are_not_changed(small: nn.Module) -> None:
    given = inputs(64, 64)
    before = [x.clone() for x in given]
    with torch.inference_mode():
        small(*given)
    assert all(torch.equal(a, b) for a, b in zip(given, before, strict=True))


def test_images_of_a_batch_do_not_mix(small: nn.Module) -> None:
    rgb, raw, mask = inputs(64, 64, batch=2)
    with torch.inference_mode():
        both, alone = small(rgb, raw, mask), small(rgb[1:], raw[1:], mask[1:])
    torch.testing.assert_close(both[1:], alone, rtol=1e-4, atol=1e-5)


def test_it_sees_64_pixels_and_more_to_every_side(small: nn.Module) -> None:
    rgb, raw, mask = inputs(192, 192)
    other = rgb.clone()
    other[..., 5, 5] = 1 - other[..., 5, 5]
    with torch.inference_mode():
        change = (small(rgb, raw, mask) - small(other, raw, mask)).abs()
    assert change[..., 150, 150] > 0


def test_colour_alone_is_an_input(small: nn.Module) -> None:
    rgb, raw, mask = inputs(64, 64)
    with torch.inference_mode():
        out = small(rgb, torch.zeros_like(raw), torch.zeros_like(mask))
    assert torch.isfinite(out).all()
    assert out.std() > 0


def test_shapes_that_do_not_belong_together() -> None:
    rgb, raw, mask = inputs(8, 8)
    with pytest.raises(BadInput, match=r"Expected rgb \(B,3,H,W\)"):
        G2Network(G2_SMALL)(rgb, raw[..., :7], mask)


@pytest.mark.parametrize(
    "changes", [{"depths": (1, 1, 1, 1)}, {"depths": (3, 3, 3, 4)}, {"dims": (12, 16, 16, 16)}], ids=str
)
def test_other_structures_are_refused(changes: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(BadInput, match="3 bottlenecks"):
        G2Network(replace(G2_SMALL, **changes))  # type: ignore[arg-type]


def test_it_has_one_size_by_name() -> None:
    assert model_config("g2", revision="g2") == G2
    for size, revision in (("tiny", "g2"), ("g2", "spnet")):
        with pytest.raises(BadInput, match="one size"):
            model_config(size, revision=revision)  # type: ignore[arg-type]


# Training


def test_every_parameter_is_trained() -> None:
    """The gates are closed at first, so that the branches behind them get their first gradient in the second step."""
    torch.manual_seed(0)
    model = build_model(G2_SMALL).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    rgb, raw, mask = inputs(64, 64, batch=2)
    for step in range(2):
        optimizer.zero_grad()
        paper_loss(model(rgb, raw, mask), raw + 0.1 * (raw == 0), raw).total.backward()  # type: ignore[no-untyped-call]
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            if step == 1 or name.endswith("alpha"):
                assert parameter.grad.abs().max() > 0, name
        optimizer.step()


def test_the_training_loop_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    from spnet.training.config import TrainConfig
    from spnet.training.loop import train

    monkeypatch.setattr(model_configs, "G2", G2_SMALL)
    for name in "ab":
        rgb, depth = room(72, 80, share=1.0)
        for kind, image in (("rgb", rgb), ("depth", np.rint(depth / 20 * 65535).astype(np.uint16))):
            (tmp_path / "walls" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(tmp_path / "walls" / kind / f"{name}.png")
    run = TrainConfig(model="g2", revision="g2", data=(str(tmp_path / "walls"),), crop=64, batch=2, steps=2, workers=0)
    done = train(run, tmp_path / "run")
    assert done is not None
    info = weights_info(load_model(done))
    assert info is not None
    assert (info.config, info.max_depth) == (G2_SMALL, 20.0)


# Weights


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_its_checkpoint_loads_with_any_prefix(prefix: str, state: State, tmp_path: Path) -> None:
    torch.save(checkpoint(state, prefix), tmp_path / "G2.pth")
    loaded = load_model(tmp_path / "G2.pth")
    assert isinstance(loaded, G2Network)
    assert not loaded.training
    assert weights_info(loaded) == WeightsInfo("G2", G2_SMALL, max_depth=20.0)
    assert_same(loaded.state_dict(), state)


def test_a_bare_state_dict_loads(state: State, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "G2.pt")
    assert_same(load_model(tmp_path / "G2.pt").state_dict(), state)


def test_the_full_size_is_recognised(tmp_path: Path) -> None:
    save_weights(tmp_path / "g2.safetensors", build_model(G2).state_dict(), G2, name="full", half=True)
    info = read_weights(tmp_path / "g2.safetensors")[1]
    assert (info.config, info.size) == (G2, "g2")


def test_it_converts_there_and_back_and_predicts_the_same(state: State, tmp_path: Path) -> None:
    torch.save(checkpoint(state, "module."), tmp_path / "G2.pth")
    convert(tmp_path / "G2.pth", tmp_path / "g2.safetensors")
    convert(tmp_path / "g2.safetensors", tmp_path / "back.pth")
    assert_same(torch.load(tmp_path / "back.pth", weights_only=True)["network"], state)
    assert read_weights(tmp_path / "back.pth")[1] == WeightsInfo("G2", G2_SMALL, max_depth=20.0)
    first, second = load_model(tmp_path / "G2.pth"), load_model(tmp_path / "g2.safetensors")
    assert torch.equal(outputs(first), outputs(second))


HEAD = "block.4.weight"
DEEP = "block.2." * 3 + "block.0.weight"
BAD_STATES: dict[str, tuple[Callable[[State], State], str]] = {
    "missing": (lambda s: {k: v for k, v in s.items() if k != HEAD}, f"{HEAD!r} is missing"),
    "surplus": (lambda s: {**s, "extra": torch.zeros(1)}, "'extra' is unknown"),
    "alpha": (lambda s: {**s, "block.1.block.0.alpha": torch.zeros(1)}, "alpha' is"),
    "nan": (lambda s: {**s, HEAD: s[HEAD] * torch.nan}, "NaN or infinite"),
    "one level less": (lambda s: {k: v for k, v in s.items() if k != DEEP}, "holds no G2-MonoDepth"),
    "another width": (lambda s: {**s, DEEP: s[DEEP][:1]}, "holds no G2-MonoDepth"),
    "scalars": (lambda s: {k: torch.zeros(()) for k in s}, "holds no G2-MonoDepth"),
    "nothing left of it": (lambda s: {k: v for k, v in s.items() if k == HEAD}, "no SPNet"),
}


@pytest.mark.parametrize("case", BAD_STATES)
def test_bad_states(case: str, state: State, tmp_path: Path) -> None:
    change, message = BAD_STATES[case]
    torch.save(checkpoint(change(state)), tmp_path / "a.pth")
    with pytest.raises(BadWeights, match=message) as caught:
        load_model(tmp_path / "a.pth")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file(share: float, suffix: str, state: State, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".pth":
        torch.save(checkpoint(state), path)
    else:
        save_weights(path, state, G2_SMALL, name="a")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(BadWeights, match="damaged") as caught:
        load_model(path)
    assert "\n" not in str(caught.value)


def test_a_description_of_another_network_is_refused(state: State, tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match="do not fit"):
        save_weights(tmp_path / "a.safetensors", state, SMALL, name="a")
    with pytest.raises(BadWeights, match="do not fit"):
        save_weights(tmp_path / "a.safetensors", network(SMALL).state_dict(), G2_SMALL, name="a")


def test_the_name_in_the_table_says_where_to_get_it() -> None:
    with pytest.raises(BadWeights, match="get G2-MonoDepth's checkpoint from them"):
        load_model("released-g2")


# In use


def test_the_predictor_takes_its_file(state: State, tmp_path: Path) -> None:
    torch.save(checkpoint(state), tmp_path / "G2.pth")
    rgb, depth = room(37, 53)
    done = Predictor(tmp_path / "G2.pth", device="cpu").complete(rgb, depth, max_depth="weights")
    assert done.depth.shape == (37, 53)
    assert done.model == "G2"
    with torch.inference_mode():
        raw = torch.from_numpy(depth / np.float32(20))[None, None]
        direct = load_model(tmp_path / "G2.pth")(torch.from_numpy(rgb).permute(2, 0, 1)[None] / 255, raw, raw > 0)
    assert np.allclose(done.depth, (direct[0, 0] * 20).clamp(min=0), rtol=1e-4, atol=1e-4)


def test_tiles_see_the_cells_that_the_whole_image_has(small: nn.Module) -> None:
    """The mean difference, that of random weights at borders, is 2.6 %; from tiles at multiples of 32 it is 6.6 %."""
    rgb, depth = room(448, 700)
    whole, tiled = (
        Predictor(small, device="cpu", max_depth=20.0, memory_mb=memory).complete(rgb, depth).depth
        for memory in (2000, 10)
    )
    assert not np.array_equal(whole, tiled), "it was tiled"
    assert np.abs(whole - tiled).mean() < 0.04 * whole.std()


def test_the_memory_estimate_is_that_of_its_finest_level() -> None:
    assert bytes_per_pixel(G2Network(G2_SMALL)) == 4 * (5 + 9 * 4)
