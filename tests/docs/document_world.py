"""The files that documents speak of, small, under the names and in the places that documents give them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from documented import ROOT
from PIL import Image

from scenes import room
from spnet.model.build import build_model
from spnet.model.config import ModelConfig
from spnet.model.weights import save_weights
from spnet.model.weights_table import FOLDER

HEIGHT, WIDTH = 48, 64
EVALUATION = ["osd_tabletop", "kitti_velo", "nyu_v2", "open3d_rgbd", "tabletop_rs", "set1", "set2"]
TRAINING = [
    "scenes_gl",
    "aws_worlds_render",
    "tartanair_office",
    "open3d_livingroom1",
    "aims_realsense",
]
SETS = {  # folders in millimetres, and how many images each holds
    **dict.fromkeys((f"{where}/{name}" for where in ("eval", "my_copy") for name in EVALUATION), 1),
    **{f"train/{name}": 3 for name in TRAINING},
    **dict.fromkeys(("data/scenes", "data/tables", "data/outdoor", "data/nyuv2", "aws", "tartanair", "icl", "aims"), 3),
    **dict.fromkeys(("NYUv2", "iBims", "more/one"), 2),
    "my_camera": 12,
}
# Weights of networks with few channels, in the form of the files that the documents name.
NETWORKS = {
    "Tiny_300.pth": ModelConfig((32, 32, 32, 32), (1, 1, 1, 1)),  # with fewer, rounding shows in what is verified
    "Large_300.pth": ModelConfig((16, 16, 24, 32), (1, 1, 2, 1)),
    "G2.pth": ModelConfig((16, 16, 16, 16), (3, 3, 3, 3), revision="g2"),
}
FILLS = [
    f"runs/{name}"
    for name in (
        "first",
        "fill",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "one",
        "without-0",
        "with-0",
        "without-1",
        "with-1",
    )
]
# An outside program of docs/evaluation.md: `python run.py {rgb} {raw} {out}` answers the mean of what was measured.
OUTSIDE = """
import sys
import numpy as np
from PIL import Image
raw = np.asarray(Image.open(sys.argv[2]))
Image.fromarray(np.full(raw.shape, raw[raw > 0].mean()).astype(np.uint16)).save(sys.argv[3], format="PNG")
"""


def make_world(folder: Path) -> None:
    """Everything at once; tests take copies."""
    _single_files(folder)
    for name, count in SETS.items():
        truth = "gt" if name.startswith(("eval", "NYU", "iB", "my_copy")) else "depth"
        _data_set(folder / name, truth, count)
        (folder / name / "manifest.json").write_text(json.dumps({"unit": "mm"}))
    _data_set(folder / "RGBD_Datasets/indoor1", "depth", 8, per_metre=65535 / 20)
    _data_set(folder / "RGBD_Datasets/kitti", "depth", 2, per_metre=256)
    for name in ("holes", "holes/from_aims_realsense", "Hole_Datasets/one"):
        _holes(folder / name)
    _original_test_sets(folder / "Test_Datasets")
    _weights(folder)


def copy_world(world: Path, folder: Path) -> Path:
    """A copy that may be written into: files are linked, and everything here that writes replaces whole files."""
    shutil.copytree(world, folder, copy_function=lambda source, target: Path(target).hardlink_to(source))
    return folder


def _save(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def _stored(metres: np.ndarray, per_metre: float) -> np.ndarray:
    return np.rint(metres * per_metre).astype(np.uint16)


def _single_files(folder: Path) -> None:
    rgb, depth = room(HEIGHT, WIDTH)
    for name in ("rgb.png", "rgb/a.png", "rgb/b.png"):
        _save(folder / name, rgb)
    for name in ("depth.png", "depth/a.png", "depth/b.png"):
        _save(folder / name, _stored(depth, 1000))
    np.save(folder / "lidar.npy", depth)
    (folder / "run.py").write_text(OUTSIDE)
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "benchmarks").symlink_to(ROOT / "benchmarks")


def _data_set(folder: Path, truth: str, count: int, per_metre: float = 1000) -> None:
    for index in range(count):
        rgb, depth = room(HEIGHT, WIDTH, share=1, seed=index + len(folder.name))
        _save(folder / "rgb" / f"{index}.png", rgb)
        _save(folder / truth / f"{index}.png", _stored(depth, per_metre))


def _holes(folder: Path) -> None:
    mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
    mask[10:25, 20:40] = 0
    _save(folder / "hole.png", mask)


def _original_test_sets(folder: Path) -> None:
    """rgb, gt and raw_… of 16 bits, depth / 20 m * 65535."""
    rng = np.random.default_rng(0)
    for name in ("NYU", "KITTI"):
        _data_set(folder / name, "gt", 2, per_metre=65535 / 20)
        for share in ("10%", "1%", "0.1%"):
            for path in (folder / name / "gt").iterdir():
                gt = np.asarray(Image.open(path))
                raw = np.where(rng.random(gt.shape) < float(share[:-1]) / 100, gt, 0)
                raw[0, 0] = gt[0, 0]
                _save(folder / name / f"raw_{share}" / path.name, raw.astype(np.uint16))


def _weights(folder: Path) -> None:
    for name, config in NETWORKS.items():
        with torch.random.fork_rng():
            torch.manual_seed(0)
            state = build_model(config).state_dict()
        torch.save({"epoch": 300, "network": {f"module.{key}": value for key, value in state.items()}}, folder / name)
        if name == "Tiny_300.pth":
            for path in ("tiny.safetensors", "checkpoints/model.safetensors", "runs/spnet/model.safetensors"):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                save_weights(folder / path, state, config, name="small", max_depth=20.0)
    for run in FILLS:
        (folder / run).mkdir(parents=True, exist_ok=True)
        shutil.copy(FOLDER / "fill-zepto.safetensors", folder / run / "model.safetensors")
