"""The default on two images of every evaluation set: weights or code that get worse than what was published fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from spnet.datasets import FolderDataset
from spnet.evaluation.run import evaluate
from spnet.evaluation.statistics import ALL, summarise

EVAL = Path(__file__).parents[2] / "shared" / "rgbd" / "eval"
SETS = ("osd_tabletop", "kitti_velo", "nyu_v2", "open3d_rgbd", "tabletop_rs")
ALLOWED = 1.02  # rounding differs between processors; 1 % is the least that a change of the design was worth

# Mean REL, mean RMSE (m) over sets, and AUSE in parts of that by distance. Who makes them better writes the new ones
# here; `python tests/test_published_table.py` prints them.
FIGURES = {
    "random(1%)": (0.01625, 0.5121, 0.3222),
    "random(0.1%)": (0.05162, 0.726, 0.3695),
    "lidar(16)": (0.02113, 0.4581, 0.2743),
    "holes": (0.017, 0.3206, 0.338),
    "noise(10%)": (0.03589, 0.6479, 0.2361),
}


def measured() -> dict[str, tuple[float, float, float]]:
    """The same of the weights that are there."""
    run = evaluate([FolderDataset(EVAL / name) for name in SETS], list(FIGURES), ["default"], limit=2)
    cells = {m: summarise(run.results, m) for m in ("rel", "rmse", "ause", "ause_distance")}
    found = {}
    for pattern in FIGURES:
        rel, rmse, ause, distance = (cell[pattern, ALL, "default"].mean for cell in cells.values())
        found[pattern] = (rel, rmse, ause / distance)
    return found


@pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation sets are not here")
def test_no_worse_than_the_published_table() -> None:
    pytest.importorskip("torch")
    for pattern, figures in measured().items():
        for name, now, then in zip(("REL", "RMSE", "AUSE"), figures, FIGURES[pattern], strict=True):
            assert now < ALLOWED * then, f"{name} at {pattern}: {now:.5f}, published {then:.5f}"


if __name__ == "__main__":
    for pattern, figures in measured().items():
        print(f'    "{pattern}": ({", ".join(f"{figure:.4g}" for figure in figures)}),')
