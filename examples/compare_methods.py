"""Run from the repository's root: python examples/compare_methods.py. It writes to out/."""

# %% [markdown]
# # Compare methods
# Classical methods and networks on the very same input. For tables over data sets, with intervals, use `spnet eval`.

# %%
import time
from pathlib import Path

import numpy as np
from PIL import Image

from spnet.evaluation.methods import make_method
from spnet.io import read_depth, read_rgb
from spnet.metrics import depth_errors
from spnet.sparsity import parse_pattern
from spnet.types import Sample
from spnet.viz import colorize, depth_range

OUT = Path("out/examples")
table = Sample(read_rgb("examples/table/rgb.jpg"), read_depth("examples/table/depth_kinect.png"), "table")
sparse = parse_pattern("random(300)")(table, 0)
given = Sample(table.rgb, sparse, "table")
scored = table.mask & (sparse == 0)  # known, and not given

# %% [markdown]
# One image shows how methods differ, not which is better: that takes many images, and other scenes than one tuned on.

# %%
panels = [table.rgb, colorize(table.depth)]
low, high = depth_range(table.depth)
for spec in ("nearest", "linear", "planar", "default"):  # with spnet[eval] also domain-transform, bilateral-solver
    method = make_method(spec)
    method.complete(given)  # the first call also loads what it needs
    begin = time.perf_counter()
    dense = method.complete(given)
    seconds = time.perf_counter() - begin
    errors = depth_errors(dense, table.depth, scored)
    print(f"{spec:10} REL {errors['rel']:.4f}   RMSE {errors['rmse']:.3f} m   {seconds:.2f} s")
    panels.append(colorize(dense, vmin=low, vmax=high))

# %% [markdown]
# Above: image, truth, nearest measurement. Below: depth linear, inverse depth linear, the network.

# %%
rows = [np.concatenate(panels[start : start + 3], axis=1) for start in (0, 3)]
OUT.mkdir(parents=True, exist_ok=True)
Image.fromarray(np.concatenate(rows)).save(OUT / "methods.png")
print("wrote", OUT / "methods.png")
