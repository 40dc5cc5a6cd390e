"""Weights: names, the table, bundled files and the hub."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from small_weights import SMALL, State, assert_same, checkpoint, network

from spnet.errors import BadWeights
from spnet.files import file_hash
from spnet.model import weights, weights_table
from spnet.model.weights import WeightsInfo, load_model, save_weights, verify, weights_info


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no-such-name", "There are no weights 'no-such-name'"),
        ("no/such/file.safetensors", "There are no weights"),
        ("folder/missing.pth", "There are no weights"),
        ("../owner", "There are no weights|is a folder"),
        ("Large_300.pth", "get Large_300.pth from them"),
        ("released-tiny", "get Tiny_300.pth from them"),
        (".", "is a folder"),
        ("", "is a folder"),
        ("a" * 5000, "cannot be read"),
        ("nul\0byte", "There are no weights"),
    ],
)
def test_sources_that_are_not_there(source: str, message: str) -> None:
    with pytest.raises(BadWeights, match=message):
        load_model(source)


def test_an_unreadable_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(b"x")

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(torch, "load", refuse)
    with pytest.raises(BadWeights, match=r"cannot be read \(Permission denied\)"):
        load_model(path)


@pytest.fixture
def bundled(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsInfo:
    """A bundled entry "mine", which is also the default."""
    save_weights(tmp_path / "mine.safetensors", state, SMALL, name="mine", max_depth=9.0)
    monkeypatch.setattr(weights_table, "FOLDER", tmp_path)
    digest = file_hash(tmp_path / "mine.safetensors")
    info = WeightsInfo("mine", SMALL, file="mine.safetensors", sha256=digest, max_depth=9.0)
    monkeypatch.setitem(weights_table.BUNDLED, "mine", info)
    monkeypatch.setitem(weights_table.ALIASES, "default", "mine")
    return info


def test_bundled_weights(bundled: WeightsInfo, state: State) -> None:
    for source in ("default", "mine"):
        loaded = load_model(source)
        assert weights_info(loaded) == bundled
        assert_same(loaded.state_dict(), state)
    assert bundled in weights.list_models()[: len(weights_table.BUNDLED)]  # before the others
    assert verify("default") == bundled


def test_a_changed_bundled_file_is_noticed(bundled: WeightsInfo, tmp_path: Path) -> None:
    path = tmp_path / bundled.file
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadWeights, match="has the hash"):
        verify("mine")
    path.unlink()
    with pytest.raises(BadWeights, match="not in the installation"):
        load_model("mine")


def test_everything_that_is_bundled_is_in_order() -> None:
    for name in (*weights_table.BUNDLED, *weights_table.ALIASES):
        verify(name)


def test_verify_takes_files(state: State, tmp_path: Path) -> None:
    torch.save(checkpoint(state), tmp_path / "a.pth")
    assert verify(tmp_path / "a.pth").config == SMALL


def test_names_are_unique_and_described() -> None:
    infos = weights.list_models()
    assert len({info.name for info in infos}) == len(infos)
    assert {"Tiny_300.pth", "Small_300.pth", "Base_300.pth", "Large_300.pth"} <= {info.file for info in infos}
    assert all(info.licence and info.description and info.trained_on for info in infos)
    assert not any("\n" in info.description for info in infos)


def fake_hub(folder: Path, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], state: State) -> None:
    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda _, file: str(folder / file))


def test_hub_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(SMALL, revision="pacgdc")
    model = network(config)
    fake_hub(tmp_path, monkeypatch, {"model_type": "own"}, model.state_dict())
    loaded = load_model("owner/name")
    assert weights_info(loaded) == WeightsInfo("owner/name", config, hub_id="owner/name", max_depth=30.0)
    assert_same(loaded.state_dict(), model.state_dict())


@pytest.mark.parametrize(("config", "message"), [({"model_type": "Large"}, "inconsistent"), ({}, "model_type")])
def test_hub_repositories_that_contradict_themselves(
    config: dict[str, Any], message: str, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_hub(tmp_path, monkeypatch, config, state)
    with pytest.raises(BadWeights, match=message):
        load_model("owner/name")


def test_the_hub_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: str) -> str:
        raise ConnectionError("no route to host\nmore lines")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", offline)
    with pytest.raises(BadWeights, match=r"owner/name is no local file and cannot be fetched.*no route") as caught:
        load_model("owner/name")
    assert "\n" not in str(caught.value)


def test_saved_files_carry_their_description(state: State, tmp_path: Path) -> None:
    save_weights(tmp_path / "a.safetensors", state, SMALL, name="a")
    with safe_open(tmp_path / "a.safetensors", framework="pt") as file:
        assert json.loads(file.metadata()["spnet"])["config"]["dims"] == [8, 16, 24, 32]
