"""Run from the repository's root: python examples/simulate_a_sensor.py. It writes to out/."""

# %% [markdown]
# # Simulate a sensor
# Which sensor does your scene need? Take depth that is (nearly) dense, let a pattern keep what a sensor would have
# measured, complete that, and compare with what was left out.

# %%
from pathlib import Path

import numpy as np

import spnet
from spnet.io import read_depth, read_rgb, write_image
from spnet.metrics import depth_errors
from spnet.sparsity import parse_pattern
from spnet.types import Sample
from spnet.viz import preview

OUT = Path("out/examples")
desk = Sample(read_rgb("examples/desk/rgb.jpg"), read_depth("examples/desk/depth_kinect.png"), "desk")

# %% [markdown]
# The same pattern, image and seed give the same pixels. [docs/sparsity.md](../docs/sparsity.md) lists the patterns.

# %%
predictor = spnet.Predictor()
for spec in ("random(500)", "lidar(16)", "grid(32)", "random(1%) | gauss(2%) | noise(5%)"):
    sparse = parse_pattern(spec)(desk, 0)
    dense = predictor.complete(desk.rgb, sparse).depth
    held_out = desk.mask & (sparse == 0)
    errors = depth_errors(dense, desk.depth, held_out)
    print(f"{spec:36} {np.count_nonzero(sparse):6} points   REL {errors['rel']:.4f}   RMSE {errors['rmse']:.3f} m")
    name = "".join(letter if letter.isalnum() else "_" for letter in spec)
    write_image(OUT / f"sensor_{name}.png", preview(desk.rgb, sparse, dense))

# %% [markdown]
# Whole cameras are simulated too, with the holes and the noise that light, angle and distance cause. They want dense
# depth of a rendered scene; on a Kinect's own image they add a second sensor's holes to the first one's.

# %%
from spnet.sparsity.sensors import D435, active_stereo

seen = active_stereo(desk, np.random.default_rng(0), D435)
print(f"a simulated D435 measures {np.count_nonzero(seen) / desk.mask.sum():.0%} of what the Kinect had")
