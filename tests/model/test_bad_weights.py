"""Weights: every file that must be refused, in one sentence."""

from __future__ import annotations

import json
import os
import pickle
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from small_weights import SMALL, State, checkpoint

from spnet.errors import BadWeights
from spnet.model.weights import load_model, save_weights, weights_info

Change = Callable[[State], Any]
BAD_STATES: dict[str, tuple[Change, str]] = {
    "missing": (lambda s: {k: v for k, v in s.items() if k != "decoder.head.bias"}, "'decoder.head.bias' is missing"),
    "surplus": (lambda s: {**s, "extra": torch.zeros(1)}, "'extra' is unknown"),
    "shape": (lambda s: {**s, "decoder.head.weight": torch.zeros(1, 3, 3, 3)}, "'decoder.head.weight' is"),
    "integers": (lambda s: {k: v.int() for k, v in s.items()}, "torch.int32"),
    "nan": (lambda s: {**s, "decoder.head.bias": torch.tensor([float("nan")])}, "NaN or infinite"),
    "twice": (lambda s: {**s, "module.decoder.head.bias": torch.zeros(1)}, "twice"),
    "other network": (lambda s: {"conv.weight": torch.zeros(3)}, "no SPNet"),
    "numbers as keys": (lambda s: {1: torch.zeros(3)}, "the key 1"),
    "no channels": (lambda s: {k: v[:0] for k, v in s.items()}, "damaged"),
    "scalars": (lambda s: {k: torch.zeros(()) for k in s}, "no SPNet"),
    "no tensors": (lambda s: {"network": None}, "no network"),
    "empty": (lambda s: {}, "no network"),
    "list": (lambda s: [1, 2], "no network"),
    "tensor": (lambda s: torch.zeros(3), "no network"),
}


@pytest.mark.parametrize("case", BAD_STATES)
def test_bad_states(case: str, state: State, tmp_path: Path) -> None:
    change, message = BAD_STATES[case]
    torch.save(change(state), tmp_path / "a.pth")
    with pytest.raises(BadWeights, match=message) as caught:
        load_model(tmp_path / "a.pth")
    assert "\n" not in str(caught.value)


BAD_BYTES = {
    "empty": b"",
    "text": b"hello world",
    "page": b"<!DOCTYPE html><html>",
    "picture": b"\x89PNG\r\n\x1a\n" + b"0" * 99,
}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("kind", BAD_BYTES)
def test_files_that_hold_something_else(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(BAD_BYTES[kind])
    with pytest.raises(BadWeights, match="damaged"):
        load_model(path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_damaged_files_never_raise_anything_else(suffix: str, state: State, tmp_path: Path) -> None:
    good, bad, rng = tmp_path / f"good{suffix}", tmp_path / f"bad{suffix}", random.Random(0)
    if suffix == ".pth":
        torch.save(checkpoint(state), good)
    else:
        save_weights(good, state, SMALL, name="a")
    content = good.read_bytes()
    for trial in range(60):
        damaged = bytearray(content)
        if trial % 2:
            damaged = damaged[: rng.randrange(len(damaged))]
        else:
            for _ in range(rng.randrange(1, 40)):
                damaged[rng.randrange(min(4000, len(damaged)))] = rng.randrange(256)
        bad.write_bytes(damaged)
        message = ""
        try:
            load_model(bad)
        except BadWeights as error:
            message = str(error)
        assert "\n" not in message
        assert message or not trial % 2, "a truncated file was loaded"


class Malicious:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_code_in_a_pickle_is_not_executed(writer: str, state: State, tmp_path: Path) -> None:
    trace, path = tmp_path / "executed", tmp_path / "a.pth"
    content = {"network": state if writer == "torch" else {}, "optimizer": Malicious(trace)}
    if writer == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(BadWeights, match="holds code" if writer == "torch" else "damaged|code"):
        load_model(path)
    assert not trace.exists()
    pickle.loads(pickle.dumps(Malicious(trace)))  # it would have been
    assert trace.exists()


def description(**changes: Any) -> dict[str, Any]:
    fields = {"name": "a", "max_depth": 20.0, "licence": "", "trained_on": "", "config": asdict(SMALL)}
    for key, value in changes.items():
        (fields["config"] if key in fields["config"] else fields)[key] = value  # type: ignore[index, operator]
    return fields


BAD_DESCRIPTIONS: dict[str, tuple[Any, str]] = {
    "no json": ("{", "cannot be used"),
    "no object": ([], "no JSON object"),
    "no config": ({"name": "a"}, "config"),
    "format": (description(format="spnet/2"), "another version of spnet"),
    "norm": (description(norm="FOO"), "norm is 'FOO'"),
    "revision": (description(revision="x"), "revision is 'x'"),
    "three dims": (description(dims=[8, 16, 24]), "four positive integers"),
    "negative dims": (description(dims=[-8, 16, 24, 32]), "four positive integers"),
    "text dims": (description(dims="abcd"), "four positive integers"),
    "other dims": (description(dims=[12, 16, 24, 32]), "contradicts itself"),
    "endless depths": (description(depths=[1, 2, 10**9, 1]), "contradicts itself"),
    "other norm": (description(norm="LN"), "do not fit"),
    "other revision": (description(revision="fill"), "do not fit"),
    "drop path": (description(drop_path=1.0), "drop_path"),
    "text scale": (description(max_depth="far"), "max_depth"),
    "negative scale": (description(max_depth=-1), "max_depth"),
    "infinite scale": (description(max_depth=float("inf")), "max_depth"),
    "name": (description(name=5), "name is 5"),
}


@pytest.mark.parametrize("case", BAD_DESCRIPTIONS)
def test_bad_descriptions(case: str, state: State, tmp_path: Path) -> None:
    content, message = BAD_DESCRIPTIONS[case]
    text = content if isinstance(content, str) else json.dumps(content)
    save_file(state, tmp_path / "a.safetensors", {"spnet": text})
    with pytest.raises(BadWeights, match=message):
        load_model(tmp_path / "a.safetensors")


def test_fields_of_later_versions_are_passed_over(state: State, tmp_path: Path) -> None:
    text = json.dumps(description(mood="good"))
    save_file(state, tmp_path / "a.safetensors", {"spnet": text})
    assert weights_info(load_model(tmp_path / "a.safetensors")) is not None
