"""Training runs that take a second, for tests and for the processes that they start."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from spnet.model.config import SIZES, ModelConfig
from spnet.training.config import TrainConfig

HERE = Path(__file__).parent
State = dict[str, torch.Tensor]


def add_dot() -> None:
    """A size for tests; with drop-path, whose random draws must be the same whatever the run goes through."""
    SIZES["dot"] = ModelConfig((16, 16, 24, 32), (1, 1, 1, 1), drop_path=0.5)


def make_walls(root: Path, count: int = 5) -> Path:
    """A data set of slanted walls in the paper's layout; each has more unknown depth than the one before."""
    rng = np.random.default_rng(0)
    for i in range(count):
        v, u = np.indices((48, 56))
        depth = (2 + 0.05 * u + 0.02 * i * v) * (rng.random(u.shape) > 0.9 * i / count)
        rgb = rng.integers(0, 255, (*u.shape, 3), dtype=np.uint8)
        for kind, image in (("rgb", rgb), ("depth", np.rint(depth / 20 * 65535).astype(np.uint16))):
            (root / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(root / kind / f"{i}.png")
    return root


def tiny(data: Path, **changes: Any) -> TrainConfig:
    """The paper's network, samples and loss in miniature."""
    fields: dict[str, Any] = {
        "model": "dot", "data": (str(data),), "crop": 32, "batch": 4, "steps": 6, "lr": 2e-4, "clip": 1.0, "ema": 0.9,
        "workers": 0, "save_every": 2, "log_every": 1, "panel_every": 0,
    }  # fmt: skip
    return TrainConfig(**(fields | changes))


def checkpoint(folder: Path, name: str = "last.pt") -> dict[str, Any]:
    content: dict[str, Any] = torch.load(folder / name, weights_only=True)
    return content


def everything(folder: Path) -> State:
    """All tensors of a run's newest checkpoint."""
    saved = checkpoint(folder)
    found = {f"network.{k}": v for k, v in saved["network"].items()}
    found |= {f"ema.{k}": v for k, v in (saved["ema"] or {}).items()}
    for index, values in saved["optimizer"]["state"].items():
        found |= {f"optimizer.{index}.{k}": torch.as_tensor(v) for k, v in values.items()}
    return found | {"cpu random": saved["random"]["cpu"]}


def same(first: State, second: State) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def largest_difference(first: State, second: State) -> float:
    """Of the weights."""
    names = [name for name in first if name.startswith("network.")]
    return max(float((first[name] - second[name]).abs().max()) for name in names)


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def free_port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        port: int = any_port.getsockname()[1]
        return port


def start(script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A script of this folder in a process of its own, with one thread."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    command = [sys.executable, str(HERE / script), *arguments]
    return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def start_group(script: str, *arguments: str, size: int = 2) -> list[subprocess.Popen[str]]:
    """The same script in `size` processes that can find each other, as `torchrun` would start them."""
    port = str(free_port())
    return [
        start(script, *arguments, RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(size),
              MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
        for rank in range(size)
    ]  # fmt: skip
