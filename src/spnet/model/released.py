"""Weights files of any origin: read without executing anything, recognised by their keys and shapes."""

from __future__ import annotations

import json
import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from spnet.errors import BadWeights
from spnet.model.config import G2_BOTTLENECKS, PACGDC_DROP_PATH, SIZES, ModelConfig, Norm, Revision, model_config

State = dict[str, Tensor]
WRAPPERS = ("module", "_orig_mod")  # parts of keys that data-parallel and compiled networks add
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
HUB_FILES = ("config.json", "model.safetensors")
LEVELS = (2, 3, 4, 5)  # strides 4, 8, 16, 32


def read_pickled(path: Path) -> tuple[State, str]:
    """The network's state from a released file: {"network": …, "optimizer": …} or the state itself.

    Returns:
        The state, and the description that `convert` put beside it ("" in files of others).

    Raises:
        BadWeights: unreadable, damaged, holding anything but tensors and plain values, or without a network.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's remarks on unusual pickles; what matters is raised
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "GLOBAL" in str(error):
            raise BadWeights(
                f"{path} holds code, not only weights, and was not loaded: get the file from its authors."
            ) from error
        raise BadWeights(f"{path} is no PyTorch weights file, or is damaged: download it again.") from error
    except OSError as error:
        raise BadWeights(f"{path} cannot be read ({error.strerror or first_line(error)}).") from error
    except Exception as error:  # a damaged archive or pickle fails in a dozen ways, all of which mean the same
        raise BadWeights(f"{path} is truncated or damaged ({first_line(error)}): download it again.") from error
    state = content.get("network", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not state or not all(isinstance(v, Tensor) for v in state.values()):
        raise BadWeights(f"{path} holds no network: expected a state dict, or one under the key 'network'.")
    description = content.get("spnet", "")
    return bare_state(state, path.name), description if isinstance(description, str) else ""


def read_tensors(path: Path) -> tuple[State, dict[str, str]]:
    """Tensors and metadata of a safetensors file.

    Raises:
        BadWeights: unreadable or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
            return bare_state(state, path.name), dict(file.metadata() or {})
    except BadWeights:
        raise
    except OSError as error:
        raise BadWeights(f"{path} cannot be read ({error.strerror or first_line(error)}).") from error
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise BadWeights(
            f"{path} is no safetensors file, or is truncated or damaged ({first_line(error)}): "
            "download or export it again."
        ) from error


def bare_state(state: dict[Any, Tensor], name: str) -> State:
    """The state under its plain keys, without the wrappers' parts.

    Raises:
        BadWeights: a key that is no text, or two that become one.
    """
    bare: State = {}
    for key, value in state.items():
        if not isinstance(key, str):
            raise BadWeights(f"{name} holds no network: the key {key!r} is no text; check the file.")
        plain = ".".join(part for part in key.split(".") if part not in WRAPPERS)
        if plain in bare:
            raise BadWeights(
                f"{name} holds {plain!r} twice, under different prefixes: it is ambiguous; check the file."
            )
        bare[plain] = value
    return bare


def first_line(error: BaseException) -> str:
    """An exception's first line, or its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def infer_config(state: State, name: str) -> ModelConfig:
    """Size, norm and revision from keys and shapes.

    Raises:
        BadWeights: neither a network of this family nor G2-MonoDepth's.
    """
    if "block.0.weight" in state and "block.2.block.0.weight" in state:
        return _infer_g2(state, name)
    stem = "encoder.downsample_layers"
    try:
        dims = tuple(int(state[f"{stem}.{level}.1.weight"].shape[0]) for level in LEVELS)
        channels = int(state[f"{stem}.0.weight"].shape[1])
    except (KeyError, IndexError):
        raise BadWeights(f"{name} holds no SPNet: its keys are not of this network; check the file.") from None
    if min(dims) < 1 or dims[0] < 4:
        raise BadWeights(f"{name} holds no SPNet: its layers have {dims} channels; the file is damaged.")
    depths = tuple(_count_blocks(state, level) for level in LEVELS)
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


def _infer_g2(state: State, name: str) -> ModelConfig:
    """G2-MonoDepth nests every level in the one above it, so `block.2.` is repeated in front of its convolution.

    Raises:
        BadWeights: levels that do not belong together.
    """
    keys = [f"{'block.2.' * level}block.0.weight" for level in range(7)]
    widths = [int(state[key].shape[0]) if key in state and state[key].ndim == 4 else 0 for key in keys]
    config = ModelConfig((widths[2], widths[3], widths[4], widths[5]), (G2_BOTTLENECKS,) * 4, revision="g2")
    if widths != [*config.widths, config.dims[3]] or min(widths) < 4:
        raise BadWeights(f"{name} holds no G2-MonoDepth: its levels have {widths} channels; the file is damaged.")
    return config


def _count_blocks(state: State, level: int) -> int:
    prefix = f"encoder.stages.{level}."
    return len({key.removeprefix(prefix).split(".")[0] for key in state if key.startswith(prefix)})


def _infer_norm(state: State) -> Norm:
    """CN+X, CX and CNX have the same parameters, as have NX and LN: CNX (published) and LN are meant."""
    norm = "decoder.stages.2.block.1."  # this block is there at any depth
    if "decoder.stages.2.alpha" in state:
        return "RZ"
    if "decoder.stages.2.block.4.gamma" in state:
        return "GRN"
    if f"{norm}norm.running_mean" in state:
        return "BN"
    weight = state.get(f"{norm}norm.weight")
    if weight is None:
        return "CNX"
    return "IN" if weight.ndim == 1 else "LN"


def _with_drop_path(config: ModelConfig) -> ModelConfig:
    """The named size with these shapes, for its stochastic depth; other shapes have none."""
    for size, known in SIZES.items():
        if (known.dims, known.depths) == (config.dims, config.depths):
            if config.revision == "pacgdc" and size not in PACGDC_DROP_PATH:
                continue
            return model_config(size, config.norm, config.revision)
    return config


def hub_weights(hub_id: str) -> tuple[State, ModelConfig]:
    """PacGDC's weights from the model hub, or from its local cache.

    Raises:
        BadWeights: not reachable, not there, or not of this network.
    """
    from huggingface_hub import hf_hub_download

    try:
        config_file, weights_file = (Path(hf_hub_download(hub_id, file)) for file in HUB_FILES)
    except Exception as error:  # offline, unknown, withdrawn, disk full: all end in the same advice
        raise BadWeights(
            f"{hub_id} is no local file and cannot be fetched from the hub ({first_line(error)}): "
            "go online, or pass a downloaded file."
        ) from error
    state, _ = read_tensors(weights_file)
    config = infer_config(state, hub_id)
    try:
        size = str(json.loads(config_file.read_text(encoding="utf-8"))["model_type"]).lower()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadWeights(f"{hub_id} has no config.json with a model_type: it is no PacGDC repository.") from error
    if size in SIZES and (SIZES[size].dims, SIZES[size].depths) != (config.dims, config.depths):
        raise BadWeights(
            f"{hub_id} says it is {size}, but its shapes are {config.dims}: the repository is inconsistent."
        )
    return state, config
