"""Run from the repository's root: python examples/train_a_small_network.py. It writes to out/."""

# %% [markdown]
# # Train a small network
# Under a minute on one core, with made-up data, to see all the steps. [docs/training.md](../docs/training.md)
# is about real trainings.
#
# The scenes: slanted boards before a slanted wall, each with a colour of its own, so that the picture tells where depth
# jumps, which no interpolation of a few points can know.

# %%
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from spnet import recipes
from spnet.io import write_depth
from spnet.types import Sample

OUT = Path("out/examples/training")
SIDE = 96


def boards(seed: int) -> Sample:
    """A drawn scene with exact depth."""
    rng = np.random.default_rng(seed)
    v, u = np.indices((SIDE, SIDE)) / SIDE - 0.5
    depth = np.zeros((SIDE, SIDE))
    rgb = np.zeros((SIDE, SIDE, 3))
    for number in range(6):  # from far to near
        inverse = 0.15 + 0.12 * number + rng.uniform(-0.1, 0.1, 2) @ np.stack([u.ravel(), v.ravel()])
        row, column = rng.uniform(-0.4, 0.4, 2)
        half_height, half_width = rng.uniform(0.1, 0.3, 2)
        inside = (abs(v - row) < half_height) & (abs(u - column) < half_width) | (number == 0)
        depth[inside] = 1 / inverse.reshape(depth.shape)[inside]
        rgb[inside] = rng.uniform(30, 225, 3)
    noisy = rgb + rng.normal(0, 6, rgb.shape)
    return Sample(noisy.clip(0, 255).astype(np.uint8), depth.astype(np.float32), f"{seed:03}")


# %% [markdown]
# A data set is a folder with `rgb/` and `depth/`, matched by name.

# %%
shutil.rmtree(OUT, ignore_errors=True)
for seed in range(64):
    scene = boards(seed)
    write_depth(OUT / "data" / "depth" / f"{scene.name}.png", scene.depth)
    (OUT / "data" / "rgb").mkdir(exist_ok=True, parents=True)
    Image.fromarray(scene.rgb).save(OUT / "data" / "rgb" / f"{scene.name}.png")

# %% [markdown]
# A recipe is a frozen dataclass; `replace` changes what should differ. The same in a shell is
# `spnet train --recipe fill` with a flag for each field.

# %%
from spnet.training.loop import train

config = replace(
    recipes.fill(),
    model="mini",
    data=(f"{OUT}/data@mm",),
    sparsity="random(1%..3%)",
    crop=SIDE,
    crop_area=(0.8, 1.0),
    batch=4,
    steps=100,
    lr=2e-3,
    warmup=0.1,
    ema=0.95,
    workers=0,
    log_every=25,
)
weights = train(config, OUT / "run", lambda record: print({k: record[k] for k in ("step", "loss") if k in record}))

# %% [markdown]
# Scored on scenes that it has not seen, beside the planar fill that it starts from.

# %%
from spnet import Predictor
from spnet.fill import fill
from spnet.metrics import depth_errors
from spnet.sparsity import parse_pattern

predictor = Predictor(weights, device="cpu", backend="torch")
errors: dict[str, list[float]] = {"planar fill": [], "trained network": []}
for seed in range(1000, 1008):
    scene = boards(seed)
    sparse = parse_pattern("random(2%)")(scene, 0)
    results = {"planar fill": fill(sparse).planar, "trained network": predictor.complete(scene.rgb, sparse).depth}
    for name, dense in results.items():
        errors[name].append(depth_errors(dense, scene.depth, sparse == 0)["rel"])
for name, values in errors.items():
    print(f"{name:16} mean REL {np.mean(values):.4f}")
