"""Weights that a run begins with (`start`), instead of random ones: fine-tuning."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

from torch import nn

from spnet.errors import BadInput, BadWeights, SpnetWarning
from spnet.files import file_hash
from spnet.model.config import ModelConfig, model_config
from spnet.model.released import State
from spnet.model.weights import check_state, empty_model, read_weights
from spnet.model.weights_table import ALIASES, BUNDLED, WeightsInfo, bundled_path
from spnet.training.config import TrainConfig


def start_file(source: str) -> Path:
    """The file behind a `start`: its own path, or that of bundled weights.

    Raises:
        BadInput: it is none of the two.
    """
    info = BUNDLED.get(ALIASES.get(source, source))
    path = bundled_path(info) if info else Path(source)
    if not path.is_file():
        raise BadInput(
            f"There are no weights {source!r} to start from: give a file, or a bundled name "
            f"({', '.join([*ALIASES, *BUNDLED])})."
        )
    return path


def start_hash(source: str) -> str | None:
    """SHA-256 of that file, as `sha256sum` gives it; None where it is gone."""
    try:
        return file_hash(start_file(source))
    except (BadInput, BadWeights, OSError):
        return None


def read_start(config: TrainConfig) -> State:
    """The weights that the run begins with, as stored.

    Raises:
        BadInput: not there, or of another network than the run's; what differs is named.
        BadWeights: damaged, or not safe to load.
    """
    state, info = read_weights(start_file(config.start))
    network = model_config(config.model, config.norm, config.revision)
    _check_network(config, info, network)
    check_state(empty_model(network), state, config.start)
    return state


def begin_from_start(config: TrainConfig, networks: Iterable[nn.Module]) -> str:
    """Give the networks of a fresh run the weights of `config.start`.

    Returns:
        The file's SHA-256.

    Raises:
        BadInput, BadWeights: see `read_start`.
    """
    weights = read_start(config)
    for network in networks:
        network.load_state_dict(weights)
    return file_hash(start_file(config.start))


def other_start(then: str, then_hash: str, now: str) -> bool:
    """Whether a run that goes on names another start than it began with. The file need not be there any more.

    Args:
        then, then_hash: `start` when the run began, and the file's hash.
        now: `start` as the run goes on.

    Warns:
        SpnetWarning: the file has the same name and another content. The run's own weights count.
    """
    if not (then and now):
        return then != now
    found = start_hash(now)
    if found == then_hash:
        return False
    if then == now and found is not None:
        warnings.warn(f"{now} has changed since the run began with it; the run goes on as it began.", SpnetWarning, 2)
    return then != now


def _check_network(config: TrainConfig, info: WeightsInfo, network: ModelConfig) -> None:
    """Drop-path may differ: it has no weights."""
    theirs = info.config
    pairs = {
        "revision": (theirs.revision, network.revision),
        "model": ((theirs.dims, theirs.depths), (network.dims, network.depths)),
        "norm": (theirs.norm, network.norm),
    }
    shown = {"revision": theirs.revision, "model": info.size, "norm": theirs.norm}
    wrong = [name for name, (has, wants) in pairs.items() if has != wants]
    if wrong:
        told = ", ".join(f"{name} {shown[name]} instead of {getattr(config, name)}" for name in wrong)
        flags = " ".join(f"--{name} {shown[name]}" for name in wrong)
        cure = "" if info.size == "custom" else f": give {flags}, or other weights"
        raise BadInput(f"The weights {config.start} do not fit this run: they are of {told}{cure}.")
