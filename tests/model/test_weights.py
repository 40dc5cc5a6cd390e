"""Weights: round trips, and the recognition of files of others."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from small_weights import SMALL, State, assert_same, checkpoint, network, outputs

from spnet.errors import BadInput, BadWeights, CannotWrite
from spnet.model import released
from spnet.model.build import build_model
from spnet.model.config import NORMS, Norm, Revision
from spnet.model.weights import WeightsInfo, convert, load_model, read_weights, save_weights, weights_info

# Round trips


@pytest.mark.parametrize("norm", NORMS)
def test_saved_weights_come_back(norm: Norm, tmp_path: Path) -> None:
    config = replace(SMALL, norm=norm, drop_path=0.1)
    model, path = network(config), tmp_path / "a.safetensors"
    texts = {"licence": "Apache-2.0", "trained_on": "synthetic", "description": "A test."}
    save_weights(path, model.state_dict(), config, name="a", max_depth=12.5, **texts)  # type: ignore[arg-type]
    loaded = load_model(path)
    assert weights_info(loaded) == WeightsInfo("a", config, max_depth=12.5, **texts)  # type: ignore[arg-type]
    assert not loaded.training
    assert all(parameter.requires_grad for parameter in loaded.parameters())
    assert_same(loaded.state_dict(), model.state_dict())
    assert torch.equal(outputs(loaded), outputs(model))


@pytest.mark.parametrize("revision", ["pacgdc", "fill"])
def test_other_revisions_come_back(revision: Revision, tmp_path: Path) -> None:
    config = replace(SMALL, revision=revision)
    model = network(config)
    save_weights(tmp_path / "a.safetensors", model.state_dict(), config, name="a")
    loaded = load_model(tmp_path / "a.safetensors")
    assert type(loaded) is type(model)
    assert_same(loaded.state_dict(), model.state_dict())
    info = weights_info(loaded)
    assert info is not None
    assert info.max_depth is None


def test_half_precision_is_stored_and_raised(state: State, tmp_path: Path) -> None:
    full, half = tmp_path / "full.safetensors", tmp_path / "half.safetensors"
    save_weights(full, state, SMALL, name="a")
    save_weights(half, state, SMALL, name="a", half=True)
    assert half.stat().st_size < 0.6 * full.stat().st_size
    loaded = load_model(half).state_dict()
    assert_same(loaded, {key: value.half().float() for key, value in state.items()})


def test_a_loaded_network_does_not_hold_on_to_its_file(state: State, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_weights(path, state, SMALL, name="a")
    loaded = load_model(path)
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    assert_same(loaded.state_dict(), state)


def test_tensors_that_share_memory_are_saved(state: State, tmp_path: Path) -> None:
    pool = torch.cat([value.flatten() for value in state.values()])
    views, at = {}, 0
    for key, value in state.items():
        views[key] = pool[at : at + value.numel()].view(value.shape)
        at += value.numel()
    save_weights(tmp_path / "a.safetensors", views, SMALL, name="a")
    assert_same(load_model(tmp_path / "a.safetensors").state_dict(), state)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("norm", ["CN+X", "BN"])
def test_converting_there_and_back_changes_no_bit(norm: Norm, dtype: torch.dtype, tmp_path: Path) -> None:
    config = replace(SMALL, norm=norm)
    state = {k: v.to(dtype) if v.is_floating_point() else v for k, v in network(config).state_dict().items()}
    first, there, back = (tmp_path / name for name in ("a.safetensors", "b.pth", "c.safetensors"))
    save_weights(first, state, config, name="a", max_depth=7.0, licence="MIT")
    convert(first, there)
    convert(there, back)
    assert_same(read_weights(back)[0], state)
    # CN+X has the parameters of CNX: the description tells them apart.
    assert read_weights(back)[1] == read_weights(first)[1]
    assert_same(torch.load(there, weights_only=True)["network"], state)
    assert first.read_bytes() == back.read_bytes()


def test_a_released_file_converts_there_and_back(state: State, tmp_path: Path) -> None:
    torch.save(checkpoint(state), tmp_path / "a.pth")
    convert(tmp_path / "a.pth", tmp_path / "b.safetensors")
    convert(tmp_path / "b.safetensors", tmp_path / "c.pth")
    assert_same(torch.load(tmp_path / "c.pth", weights_only=True)["network"], state)


def test_convert_refuses_other_targets(state: State, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "a.pth")
    with pytest.raises(BadInput, match=r"\.safetensors or \.pth"):
        convert(tmp_path / "a.pth", tmp_path / "b.onnx")


def test_save_refuses_other_suffixes(state: State, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.safetensors"):
        save_weights(tmp_path / "a.pth", state, SMALL, name="a")


def test_nothing_is_left_of_a_failed_save(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    save_weights(path, state, SMALL, name="first")
    before = path.read_bytes()

    def fail(file: Path, content: bytes) -> int:
        with file.open("wb") as half:
            half.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(CannotWrite, match="No space"):
        save_weights(path, state, SMALL, name="second")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_save_checks_what_it_saves(state: State, tmp_path: Path) -> None:
    big = {key: value * 1e6 if key == "decoder.head.weight" else value for key, value in state.items()}
    save_weights(tmp_path / "full.safetensors", big, SMALL, name="a")
    for bad, half in ((big, True), ({**state, "x": torch.zeros(1)}, False)):
        with pytest.raises(BadWeights):
            save_weights(tmp_path / "bad.safetensors", bad, SMALL, name="a", half=half)
    assert not (tmp_path / "bad.safetensors").exists()


# Files of others


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
def test_released_files_with_any_prefix(prefix: str, state: State, tmp_path: Path) -> None:
    torch.save(checkpoint(state, prefix), tmp_path / "Mine_300.pth")
    loaded = load_model(tmp_path / "Mine_300.pth")
    info = weights_info(loaded)
    assert info == WeightsInfo("Mine_300", SMALL, max_depth=20.0)
    assert (info.size, info.revision) == ("custom", "spnet")
    assert_same(loaded.state_dict(), state)


def test_a_bare_state_dict_and_inner_prefixes(state: State, tmp_path: Path) -> None:
    torch.save(
        {key.replace("encoder.", "encoder._orig_mod."): value for key, value in state.items()}, tmp_path / "a.pt"
    )
    assert_same(load_model(tmp_path / "a.pt").state_dict(), state)


@pytest.mark.parametrize(
    ("norm", "revision", "taken_for", "max_depth"),
    [
        *((norm, "spnet", {"CN+X": "CNX", "CX": "CNX", "NX": "LN"}.get(norm, norm), 20.0) for norm in NORMS),
        ("CNX", "pacgdc", "CNX", 30.0),
        ("CNX", "fill", "CNX", None),
    ],
)
def test_norm_and_revision_are_recognised(
    norm: Norm, revision: Revision, taken_for: str, max_depth: float | None, tmp_path: Path
) -> None:
    config = replace(SMALL, norm=norm, revision=revision)
    torch.save(checkpoint(network(config).state_dict()), tmp_path / "a.pth")
    _, info = read_weights(tmp_path / "a.pth")
    assert info.config == replace(config, norm=taken_for)  # type: ignore[arg-type]
    assert info.max_depth == max_depth


def test_named_sizes_are_recognised(tmp_path: Path) -> None:
    from spnet.model.config import model_config

    for size, revision in (("atto", "spnet"), ("large", "pacgdc"), ("small", "spnet")):
        config = model_config(size, revision=revision)  # type: ignore[arg-type]
        with torch.device("meta"):
            state = build_model(config).state_dict()
        assert released.infer_config(state, "a file") == config


def test_the_table_describes_a_released_file_only_if_it_is_that_network(state: State, tmp_path: Path) -> None:
    torch.save(checkpoint(state), tmp_path / "Large_300.pth")
    info = weights_info(load_model(tmp_path / "Large_300.pth"))
    assert info is not None
    assert info.config == SMALL
    assert info.name == "Large_300"


def test_a_foreign_safetensors_file(state: State, tmp_path: Path) -> None:
    save_file({f"module.{key}": value for key, value in state.items()}, tmp_path / "model.safetensors")
    loaded = load_model(str(tmp_path / "model.safetensors"))
    assert weights_info(loaded) == WeightsInfo("model", SMALL, max_depth=20.0)


def test_equal_weights_give_equal_files(state: State, tmp_path: Path) -> None:
    for name in "abcdef":
        save_weights(tmp_path / f"{name}.safetensors", state, SMALL, name="same")
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_files_of_the_first_days_are_read(state: State, tmp_path: Path) -> None:
    fields = {"name": "a", "max_depth": 5.0, "licence": "", "trained_on": "", "config": asdict(SMALL)}
    save_file(state, tmp_path / "a.safetensors", {"format": "spnet/1", "spnet": json.dumps(fields)})
    assert weights_info(load_model(tmp_path / "a.safetensors")) == WeightsInfo("a", SMALL, max_depth=5.0)


def test_half_precision_is_half_the_size_and_close(tmp_path: Path) -> None:
    full, half = tmp_path / "full.safetensors", tmp_path / "half.safetensors"
    model = network(SMALL)
    save_weights(full, model.state_dict(), SMALL, name="x")
    convert(full, half, half=True)
    assert half.stat().st_size < 0.75 * full.stat().st_size
    for key, value in load_model(half).state_dict().items():
        assert value.dtype == torch.float32
        assert torch.allclose(value, model.state_dict()[key], atol=1e-3)


def test_saved_files_can_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    path, plain = tmp_path / "a.safetensors", tmp_path / "plain"
    save_weights(path, network(SMALL).state_dict(), SMALL, name="x")
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode
