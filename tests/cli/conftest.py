"""What several commands are tried on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scenes import room
from spnet.model.config import SIZES, ModelConfig


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
