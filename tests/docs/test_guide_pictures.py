"""The script of the pictures in docs/concepts.md and docs/limits.md."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

from by_path import loaded

ROOT = Path(__file__).parents[2]
pytest.importorskip("matplotlib", reason="the pictures need pip install '.[train]'")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return loaded("benchmarks/draw_guide.py")


def test_what_the_norms_picture_shows_is_so(script: ModuleType) -> None:
    x = torch.randn(1, script.CHANNELS, 1, 1, generator=torch.Generator().manual_seed(1)).expand(-1, -1, 4, 4)
    with torch.no_grad():
        sizes = {name: [float(layer(s * x).std()) for s in (8, 16)] for name, layer in script.layers().items()}
    growth = {name: sizes[name][1] / sizes[name][0] for name in sizes}
    assert growth["SP-Norm"] == pytest.approx(2, rel=1e-3)
    assert growth["LayerNorm"] == pytest.approx(1, rel=1e-3)
    assert growth["gate without norm"] > 3.5


def test_pictures_without_weights_are_drawn(script: ModuleType, tmp_path: Path) -> None:
    script.draw_planar(tmp_path / "planar.png")
    script.draw_norms(np.tile(np.linspace(0, 3, 40, dtype=np.float32), (30, 1)), tmp_path / "norms.png")
    for name in ("planar", "norms"):
        assert len(np.unique(np.asarray(Image.open(tmp_path / f"{name}.png")))) > 20


@pytest.mark.slow  # completes six inputs
def test_all_pictures_of_both_documents_are_drawn(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "benchmarks/draw_guide.py", "-o", tmp_path], check=True, timeout=600)
    text = "".join((ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("concepts", "limits"))
    assert {path.name for path in tmp_path.iterdir()} == set(re.findall(r"images/((?:concept|limit)_\w+\.png)", text))
