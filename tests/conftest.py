"""Small networks that several tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from scenes import room
from spnet.model.build import build_model
from spnet.model.config import SIZES, ModelConfig, Revision
from spnet.model.weights import save_weights

# Tests compare numbers exactly; those of other back ends ask for them.
os.environ.setdefault("SPNET_BACKEND", "torch")
# Scenes are compared too: they must not depend on an asset pack that somebody has.
os.environ["SPNET_ASSETS"] = str(Path(__file__).parent / "no-asset-pack")


def small_config(revision: Revision) -> ModelConfig:
    return ModelConfig((8, 16, 32, 64), (1, 1, 1, 1), revision=revision)


def _save(folder: Path, revision: Revision, max_depth: float | None) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_model(small_config(revision))
        torch.nn.init.normal_(model.decoder.head.weight, std=0.01)  # FillNet's is zero, which would test little
    path = folder / f"small-{revision}.safetensors"
    save_weights(path, model.state_dict(), small_config(revision), name=f"small-{revision}", max_depth=max_depth)
    return path


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a tiny random SPNet; they say that 1.0 is 20 m."""
    return _save(tmp_path_factory.mktemp("weights"), "spnet", 20.0)


@pytest.fixture(scope="session")
def fill_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a tiny random FillNet, whose result stays near the planar fill."""
    return _save(tmp_path_factory.mktemp("weights"), "fill", None)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data set `rooms` in the current folder, three pairs in millimetres; and "dot", a small network."""
    for index in range(3):
        rgb, depth = room(40, 48, share=1.0, seed=index)
        for kind, image in (("rgb", rgb), ("depth", np.rint(depth * 1000).astype(np.uint16))):
            (tmp_path / "rooms" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(tmp_path / "rooms" / kind / f"{index}.png")
    monkeypatch.setitem(SIZES, "dot", ModelConfig((8, 16, 24, 32), (1, 1, 1, 1)))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "rooms"
