"""Weights: what there is, loading it safely and strictly, saving and converting it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from spnet.errors import BadInput, BadWeights, SpnetError
from spnet.files import atomic_path
from spnet.model.build import build_model
from spnet.model.config import ModelConfig
from spnet.model.released import hub_weights, infer_config, read_pickled
from spnet.model.weights_table import ALIASES, BUNDLED, TABLE, WeightsInfo, bundled_path, file_hash

State = dict[str, Tensor]
FORMAT = "spnet/1"


def list_models() -> list[WeightsInfo]:
    """All known weights: bundled first, then those that others published."""
    return list(TABLE)


def load_model(source: str | Path = "default", *, device: str | torch.device = "cpu") -> nn.Module:
    """Load a network in eval mode, float32.

    Args:
        source: a bundled name; a `.safetensors` of ours; a released file (`Large_300.pth`); a PacGDC file; or a hub
            id ("owner/name").
        device: where the network goes.

    Returns:
        A module called as `model(rgb, raw, mask)` on normalised (B, ·, H, W) tensors; `weights_info(model)` tells
        what it is.

    Raises:
        BadWeights: not there, damaged, of another network, or not safe to load.
    """
    state, info = read_weights(source)
    return build_from_state(state, info).to(device)


def build_from_state(state: State, info: WeightsInfo) -> nn.Module:
    """A network in eval mode holding exactly this state."""
    model = build_model(info.config)
    _check_state(model, state, info.name)
    model.load_state_dict({key: value.float() if value.is_floating_point() else value for key, value in state.items()})
    cast(Any, model).info = info
    return model.eval()


def weights_info(model: nn.Module) -> WeightsInfo | None:
    """What `load_model` loaded; None for a network that it did not make."""
    info = getattr(model, "info", None)
    return info if isinstance(info, WeightsInfo) else None


def read_weights(source: str | Path) -> tuple[State, WeightsInfo]:
    """State dict and description, without building the network. Arguments and errors as `load_model`."""
    name = ALIASES.get(str(source), str(source))
    if name in BUNDLED:
        return _read_safetensors(bundled_path(BUNDLED[name]))
    path = Path(source)
    if path.is_dir():
        raise BadWeights(f"{path} is a folder: give a .safetensors or .pth file.")
    if path.is_file():
        return _read_safetensors(path) if path.suffix == ".safetensors" else _read_released(path)
    if str(source).count("/") == 1 and not path.suffix:
        state, config = hub_weights(str(source))
        return state, WeightsInfo(str(source), config, hub_id=str(source), max_depth=30.0)
    known = ", ".join(["default", *BUNDLED])
    raise BadWeights(
        f"There are no weights {str(source)!r}: give a bundled name ({known}), a file, or a hub id owner/name."
    )


def _read_released(path: Path) -> tuple[State, WeightsInfo]:
    state = read_pickled(path)
    config = infer_config(state, path.name)
    published = next((info for info in TABLE if info.file == path.name), None)
    max_depth = 30.0 if config.revision == "pacgdc" else 20.0
    info = replace(published, config=config) if published else WeightsInfo(path.stem, config, max_depth=max_depth)
    return state, info


def _read_safetensors(path: Path) -> tuple[State, WeightsInfo]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
    except (SafetensorError, OSError) as error:
        raise BadWeights(
            f"{path} is not a complete safetensors file ({error}): download or export it again."
        ) from error
    if metadata.get("format") != FORMAT:
        return state, WeightsInfo(path.stem, infer_config(state, path.name), max_depth=20.0)
    try:
        fields = json.loads(metadata["spnet"])
        config = ModelConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.pop("config").items()})
        return state, WeightsInfo(config=config, **fields)
    except (KeyError, TypeError, ValueError) as error:
        raise BadWeights(f"{path} carries a description of another version ({error}): export it again.") from error


def _check_state(model: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Every key once, every shape right; the message names the first that is not."""
    expected = model.state_dict()
    missing, surplus = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    if missing or surplus:
        what = f"lacks {missing[0]!r}" if missing else f"has the unknown key {surplus[0]!r}"
        raise BadWeights(
            f"The weights {name} do not fit: the file {what} "
            f"({len(missing)} missing, {len(surplus)} surplus); it is damaged or of another network."
        )
    for key, value in expected.items():
        if state[key].shape != value.shape:
            got, want = tuple(state[key].shape), tuple(value.shape)
            raise BadWeights(
                f"The weights {name} do not fit: {key!r} is {got}, {want} is expected; check size and file."
            )
        if state[key].is_floating_point() and not bool(torch.isfinite(state[key]).all()):
            raise BadWeights(f"The weights {name} hold NaN or infinite numbers in {key!r}: the file is damaged.")


def save_weights(
    path: str | Path,
    state: Mapping[str, Tensor],
    config: ModelConfig,
    *,
    name: str,
    max_depth: float | None = None,
    licence: str = "",
    trained_on: str = "",
    half: bool = False,
) -> None:
    """Write weights as safetensors, with what is needed to load them in the metadata; complete or absent.

    Args:
        path: target, `.safetensors`.
        state: state dict of `build_model(config)`.
        config: the network.
        name: shown by `spnet models`.
        max_depth: metres that 1.0 stands for; None where the network does not depend on it.
        licence: of the weights.
        trained_on: the data.
        half: store in half precision (loaded to float32 again).

    Raises:
        CannotWrite: the target cannot be written.
    """
    info = {
        "name": name,
        "max_depth": max_depth,
        "licence": licence,
        "trained_on": trained_on,
        "config": asdict(config),
    }
    kept = {
        key: (value.half() if half and value.is_floating_point() else value).detach().cpu().contiguous()
        for key, value in state.items()
    }
    with atomic_path(path) as temporary:
        save_file(kept, temporary, {"format": FORMAT, "spnet": json.dumps(info)})


def convert(source: str | Path, target: str | Path) -> WeightsInfo:
    """Convert weights to `.safetensors`, or to a `.pth` as the original reads it; no bit of a weight changes.

    Raises:
        BadWeights: unreadable source.
        BadInput: unknown target kind.
        CannotWrite: the target cannot be written.
    """
    target = Path(target)
    if target.suffix not in (".safetensors", ".pth"):
        raise BadInput(f"Cannot convert to {target.name!r}: the target ends in .safetensors or .pth.")
    state, info = read_weights(source)
    with torch.device("meta"):
        _check_state_shapes_only = build_model(info.config)
    if {k: v.shape for k, v in _check_state_shapes_only.state_dict().items()} != {k: v.shape for k, v in state.items()}:
        build_from_state(state, info)  # raises, naming the key
    if target.suffix == ".pth":
        with atomic_path(target) as temporary:
            torch.save({"network": state}, temporary)
    else:
        save_weights(
            target,
            state,
            info.config,
            name=info.name,
            max_depth=info.max_depth,
            licence=info.licence,
            trained_on=info.trained_on,
        )
    return info


def verify(source: str | Path) -> WeightsInfo:
    """Check the hash of bundled weights, and that the network takes them.

    Raises:
        BadWeights: the content is not what was published, or does not load.
    """
    name = ALIASES.get(str(source), str(source))
    if name in BUNDLED:
        info = BUNDLED[name]
        got = file_hash(bundled_path(info))
        if got != info.sha256:
            raise BadWeights(f"{info.file} has the hash {got[:12]}…, {info.sha256[:12]}… was published: install again.")
    model = load_model(source)
    info_ = weights_info(model)
    if info_ is None:  # load_model always attaches it
        raise SpnetError("The loaded network carries no description.")
    return BUNDLED.get(name, info_)
