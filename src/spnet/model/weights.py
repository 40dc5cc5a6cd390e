"""Weights: what there is, loading it safely and strictly, saving and converting it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import save as serialize
from torch import Tensor, nn

from spnet.errors import BadInput, BadWeights
from spnet.files import atomic_path, file_hash
from spnet.model.build import build_model
from spnet.model.config import ModelConfig
from spnet.model.released import HUB_ID, State, hub_weights, infer_config, read_pickled, read_tensors
from spnet.model.weights_table import (
    ALIASES,
    BUNDLED,
    G2_MONODEPTH,
    MAX_DEPTH,
    PACGDC,
    RELEASED,
    WeightsInfo,
    bundled_path,
    describe,
    known_weights,
    parse_description,
)

SUFFIXES = (".safetensors", ".pth", ".pt")


def list_models() -> list[WeightsInfo]:
    """All known weights: bundled first, then those that others published."""
    return known_weights()


def load_model(source: str | Path = "default", *, device: str | torch.device = "cpu") -> nn.Module:
    """Load a network in eval mode, float32.

    Args:
        source: a bundled name; a `.safetensors` of ours; a released file (`Large_300.pth`); a PacGDC or G2-MonoDepth
            file; or a hub id ("owner/name").
        device: where the network goes.

    Returns:
        A module called as `model(rgb, raw, mask)` on normalised (B, ·, H, W) tensors; `weights_info(model)` tells
        what it is.

    Raises:
        BadWeights: not there, damaged, of another network, or not safe to load.
    """
    state, info = read_weights(source)
    return build_from_state(state, info).to(device)


def build_from_state(state: Mapping[str, Tensor], info: WeightsInfo) -> nn.Module:
    """A network in eval mode holding exactly this state, in float32.

    Raises:
        BadWeights: a key is missing or surplus, or has another shape or kind.
    """
    model = empty_model(info.config)
    check_state(model, state, info.name)
    expected = model.state_dict()
    kept = {
        key: value.to(expected[key].dtype, copy=True, memory_format=torch.contiguous_format)
        for key, value in state.items()
    }
    model.load_state_dict(kept, assign=True)
    cast(Any, model).info = info
    return model.eval()


def empty_model(config: ModelConfig) -> nn.Module:
    """The network without memory for its parameters (on the meta device)."""
    with torch.device("meta"):
        return build_model(config)


def weights_info(model: nn.Module) -> WeightsInfo | None:
    """What `load_model` loaded; None for a network that it did not make."""
    info = getattr(model, "info", None)
    return info if isinstance(info, WeightsInfo) else None


def read_weights(source: str | Path) -> tuple[State, WeightsInfo]:
    """State dict as stored and description, without building the network. Arguments and errors as `load_model`."""
    text = str(source)
    name = ALIASES.get(text, text)
    if name in BUNDLED:
        info = BUNDLED[name]
        state, stored = _read_file(bundled_path(info))
        return state, replace(info, config=stored.config)
    path = Path(source)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:
        raise BadWeights(f"{text} cannot be read ({error.strerror}).") from error
    if is_folder:
        raise BadWeights(f"{text or 'The empty path'} is a folder: give a .safetensors or .pth file.")
    if is_file:
        return _read_file(path)
    if HUB_ID.fullmatch(text) and path.suffix not in SUFFIXES:
        state, config = hub_weights(text)
        known = PACGDC if text == PACGDC.hub_id else WeightsInfo(text, config, hub_id=text)
        return state, replace(known, config=config, max_depth=MAX_DEPTH[config.revision])
    raise BadWeights(_not_there(text))


def _not_there(source: str) -> str:
    published = next((i for i in (*RELEASED, G2_MONODEPTH) if source == i.name or Path(source).name == i.file), None)
    if published:
        return (
            f"There is no file {source!r}: the authors' weights are not part of this package (licence: "
            f"{published.licence}); get {published.file} from them and pass its path."
        )
    if not BUNDLED:
        return f"There are no weights {source!r}: this installation bundles none; give a file, or a hub id owner/name."
    names = ", ".join([*ALIASES, *BUNDLED])
    return f"There are no weights {source!r}: give a bundled name ({names}), a file, or a hub id owner/name."


def _read_file(path: Path) -> tuple[State, WeightsInfo]:
    if path.suffix == ".safetensors":
        state, metadata = read_tensors(path)
        description = metadata.get("spnet", "")
    else:
        state, description = read_pickled(path)
    inferred = infer_config(state, path.name)
    if not description:
        return state, _published(path, inferred)
    try:
        info = parse_description(description)
    except ValueError as error:
        raise BadWeights(f"The description in {path} cannot be used ({error}): export it again.") from error
    stored = (info.config.dims, info.config.depths)
    if stored != (inferred.dims, inferred.depths):
        raise BadWeights(
            f"{path} contradicts itself: it says dims and depths {stored}, its tensors have "
            f"{(inferred.dims, inferred.depths)}; export it again."
        )
    return state, info


def _published(path: Path, config: ModelConfig) -> WeightsInfo:
    """What the table says of a file with this name, if its network is that one; else what the shapes tell."""
    for info in RELEASED:
        if info.file == path.name and info.config == config:
            return info
    return WeightsInfo(path.stem, config, max_depth=MAX_DEPTH[config.revision])


def check_state(model: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Every key once, every shape and kind right, every number finite.

    Raises:
        BadWeights: naming the first entry that is not.
    """
    expected = model.state_dict()
    missing, surplus = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    if missing or surplus:
        what = f"{missing[0]!r} is missing" if missing else f"{surplus[0]!r} is unknown"
        raise BadWeights(
            f"The weights {name} do not fit: {what} ({len(missing)} missing, {len(surplus)} surplus); "
            "the file is damaged or of another network."
        )
    for key, want in expected.items():
        got = state[key]
        if got.shape != want.shape or got.is_floating_point() != want.is_floating_point():
            raise BadWeights(
                f"The weights {name} do not fit: {key!r} is {tuple(got.shape)} {got.dtype}, "
                f"{tuple(want.shape)} {want.dtype} is expected; check size and file."
            )
        if got.is_floating_point() and not bool(torch.isfinite(got).all()):
            raise BadWeights(f"The weights {name} hold NaN or infinite numbers in {key!r}: damaged, or badly trained.")


def save_weights(
    path: str | Path,
    state: Mapping[str, Tensor],
    config: ModelConfig,
    *,
    name: str,
    max_depth: float | None = None,
    licence: str = "",
    trained_on: str = "",
    description: str = "",
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
        description: one sentence for `spnet models`.
        half: store in half precision (loaded to float32 again).

    Raises:
        BadInput: the path does not end in .safetensors.
        BadWeights: the state is not of this network, or not finite (in half precision: beyond 65504).
        CannotWrite: the target cannot be written.
    """
    if Path(path).suffix != ".safetensors":
        raise BadInput(f"Cannot save weights as {Path(path).name!r}: the name must end in .safetensors.")
    kept = _halved(state) if half else state
    info = WeightsInfo(
        name, config, licence=licence, max_depth=max_depth, trained_on=trained_on, description=description
    )
    _write(Path(path), kept, info)


def _halved(state: Mapping[str, Tensor]) -> State:
    return {key: value.half() if value.is_floating_point() else value for key, value in state.items()}


def _write(path: Path, state: Mapping[str, Tensor], info: WeightsInfo) -> None:
    check_state(empty_model(info.config), state, info.name)
    # Copies, since the format refuses tensors that share memory.
    copies = {key: value.detach().cpu().clone(memory_format=torch.contiguous_format) for key, value in state.items()}
    with atomic_path(path) as temporary:
        # One entry only: the format writes several in random order, and equal weights are to give equal files.
        # And its bytes are written here, because its own writer makes a file that only the owner can read.
        temporary.write_bytes(serialize(copies, {"spnet": describe(info)}))


def convert(source: str | Path, target: str | Path, *, half: bool = False) -> WeightsInfo:
    """Convert weights to `.safetensors`, or to a `.pth` as the original reads it; no bit of a weight changes.

    With `half` floats are stored in half precision, as in the bundled files: half the size, and not the same bits.

    The `.pth` is {"network": state, "spnet": description}; the original looks at the first only, and converting
    back finds scale and norm in the second.

    Raises:
        BadWeights: unreadable source.
        BadInput: unknown target kind.
        CannotWrite: the target cannot be written.
    """
    target = Path(target)
    if target.suffix not in (".safetensors", ".pth"):
        raise BadInput(f"Cannot convert to {target.name!r}: the target ends in .safetensors or .pth.")
    state, info = read_weights(source)
    if half:
        state = _halved(state)
    if target.suffix == ".pth":
        check_state(empty_model(info.config), state, info.name)
        with atomic_path(target) as temporary:
            torch.save({"network": state, "spnet": describe(info)}, temporary)
    else:
        _write(target, state, info)
    return info


def verify(source: str | Path) -> WeightsInfo:
    """Check the hash of bundled weights, and that the network takes them.

    Raises:
        BadWeights: the content is not what was published, or does not load.
    """
    info = BUNDLED.get(ALIASES.get(str(source), str(source)))
    if info is not None:
        got = file_hash(bundled_path(info))
        if got != info.sha256:
            raise BadWeights(f"{info.file} has the hash {got[:12]}…, {info.sha256[:12]}… was published: install again.")
    state, found = read_weights(source)
    check_state(empty_model(found.config), state, found.name)
    return found
