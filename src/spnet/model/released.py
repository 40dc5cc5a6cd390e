"""Checkpoints that others published: read without executing anything, recognised by their shapes."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from spnet.errors import BadWeights
from spnet.model.config import PACGDC_DROP_PATH, SIZES, ModelConfig, Norm, Revision, model_config

PREFIXES = ("module.", "_orig_mod.")  # of data-parallel and of compiled networks


def read_pickled(path: Path) -> dict[str, Tensor]:
    """The network's state from a released file: {"network": …, "optimizer": …} or the state itself.

    Raises:
        BadWeights: damaged, holding anything but tensors and plain values, or without a network.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadWeights(
            f"{path} is not a plain checkpoint: it is damaged, or holds code, which is never executed."
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError) as error:
        raise BadWeights(f"{path} is not a complete checkpoint ({_first_line(error)}): download it again.") from error
    state = content.get("network", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not state or not all(isinstance(v, Tensor) for v in state.values()):
        raise BadWeights(f"{path} holds no network: expected a state dict, or one under the key 'network'.")
    return {_bare(key): value for key, value in state.items()}


def _bare(key: str) -> str:
    while key.startswith(PREFIXES):
        key = key.split(".", 1)[1]
    return key


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def infer_config(state: dict[str, Tensor], name: str) -> ModelConfig:
    """Size, norm and revision from keys and shapes.

    Raises:
        BadWeights: not a network of this family.
    """
    stem = "encoder.downsample_layers"
    try:
        dims = tuple(int(state[f"{stem}.{level}.1.weight"].shape[0]) for level in (2, 3, 4, 5))
        channels = int(state[f"{stem}.0.weight"].shape[1])
    except (KeyError, IndexError):
        raise BadWeights(f"{name} holds no SPNet: its keys are not of this network; check the file.") from None
    depths = tuple(_count_blocks(state, level) for level in (2, 3, 4, 5))
    revision: Revision = "spnet"
    if any(key.endswith("projection.weight") for key in state):
        revision = "pacgdc"
    elif channels != 5:
        revision = "fill"
    config = ModelConfig(
        (dims[0], dims[1], dims[2], dims[3]),
        (depths[0], depths[1], depths[2], depths[3]),
        norm="CNX" if revision == "pacgdc" else _infer_norm(state),
        revision=revision,
    )
    return _with_drop_path(config)


def _count_blocks(state: dict[str, Tensor], level: int) -> int:
    prefix = f"encoder.stages.{level}."
    return len({key.removeprefix(prefix).split(".")[0] for key in state if key.startswith(prefix)})


def _infer_norm(state: dict[str, Tensor]) -> Norm:
    """CN+X, CX and CNX have the same parameters, as have NX and LN: the published one of each is meant."""
    block = "encoder.stages.2.0."
    if f"{block}alpha" in state:
        return "RZ"
    if f"{block}block.4.gamma" in state:
        return "GRN"
    if f"{block}block.1.conv.weight" in state:
        return "CNX"
    if f"{block}block.1.norm.running_mean" in state:
        return "BN"
    weight = state.get(f"{block}block.1.norm.weight")
    return "IN" if weight is not None and weight.ndim == 1 else "LN"


def _with_drop_path(config: ModelConfig) -> ModelConfig:
    """The named size with these shapes, for its stochastic depth; other shapes have none."""
    for size, known in SIZES.items():
        if (known.dims, known.depths) == (config.dims, config.depths):
            if config.revision == "pacgdc" and size not in PACGDC_DROP_PATH:
                continue
            return model_config(size, config.norm, config.revision)
    return config


def hub_weights(hub_id: str) -> tuple[dict[str, Tensor], ModelConfig]:
    """PacGDC's weights from the model hub.

    Raises:
        BadWeights: not reachable, not there, or not of this network.
    """
    from huggingface_hub import hf_hub_download

    try:
        config_file = hf_hub_download(hub_id, "config.json")
        weights_file = hf_hub_download(hub_id, "model.safetensors")
    except Exception as error:
        raise BadWeights(
            f"{hub_id} cannot be fetched from the hub ({_first_line(error)}): go online, or pass a downloaded file."
        ) from error
    state = {_bare(key): value for key, value in load_file(weights_file).items()}
    described: Any = json.loads(Path(config_file).read_text(encoding="utf-8"))
    config = infer_config(state, hub_id)
    size = str(described.get("model_type", "")).lower()
    if size in SIZES and SIZES[size].dims != config.dims:
        raise BadWeights(
            f"{hub_id} says it is {size}, but its shapes are {config.dims}: the repository is inconsistent."
        )
    return state, config
