"""Run from the repository's root: python examples/complete_a_pair.py. It writes to out/."""

# %% [markdown]
# # Complete a pair
# One image and one sparse depth map in, dense depth in metres out.

# %%
from pathlib import Path

import spnet

OUT = Path("out/examples")
result = spnet.complete("examples/desk/rgb.jpg", "examples/desk/depth_500_points.png")
print(f"{result.mask.sum()} pixels measured, {result.depth.size} completed")
print(f"read as {result.unit}; from {result.depth.min():.2f} to {result.depth.max():.2f} m, by {result.model}")

# %% [markdown]
# Integers are taken for millimetres and floats for metres; `unit=` says otherwise. What you have in memory goes in as
# it is: numpy arrays or torch tensors, 0, NaN, infinite and negative values meaning "not measured".

# %%
from spnet.io import read_depth, read_rgb

rgb = read_rgb("examples/desk/rgb.jpg")  # (480, 640, 3) uint8
depth = read_depth("examples/desk/depth_500_points.png")  # (480, 640) float32 metres
again = spnet.complete(rgb, depth)
print(f"largest difference: {abs(again.depth - result.depth).max():.1g} m")

# %% [markdown]
# Measured pixels need not come back exactly as they were measured, because measurements are noisy. `keep_measured=True`
# puts them back. A `Predictor` keeps the weights loaded and its settings.

# %%
predictor = spnet.Predictor(keep_measured=True)
kept = predictor.complete(rgb, depth)
print(f"changed measurements: {(kept.depth != depth)[kept.mask].sum()}")

# %% [markdown]
# The suffix decides what is written: depth (.png in millimetres, .npy, .tiff, …) or a point cloud (.ply, .glb).

# %%
from spnet.io import write_image

result.save(OUT / "desk.png")
result.save(OUT / "desk.npy")
write_image(OUT / "desk_preview.png", result.preview())
print("wrote", *sorted(path.name for path in OUT.glob("desk*")))
