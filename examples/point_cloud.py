"""Run from the repository's root: python examples/point_cloud.py. It writes to out/."""

# %% [markdown]
# # From depth to points and back
# Depth and the camera's intrinsics (in pixels, at the depth's size) give a point cloud in metres: x right, y down,
# z forward.

# %%
from pathlib import Path

import numpy as np

import spnet
from spnet import Intrinsics
from spnet.geometry import project, unproject

OUT = Path("out/examples")
kinect = Intrinsics(fx=525, fy=525, cx=319.5, cy=239.5)
result = spnet.complete("examples/desk/rgb.jpg", "examples/desk/depth_kinect.png")
cloud = result.point_cloud(kinect)
print(f"{len(cloud)} points, {np.ptp(cloud.points[:, 0]):.1f} m wide")
cloud.save(OUT / "desk.ply")  # MeshLab, CloudCompare, Open3D
cloud.save(OUT / "desk.glb")  # browsers and Blender

# %% [markdown]
# `unproject` keeps the image's shape, so that you can measure between pixels: here the left
# desk's front edge, from corner to corner.

# %%
points = unproject(result.depth, kinect)
left, right = points[244, 36], points[244, 322]
print(f"the left desk is {np.linalg.norm(right - left):.2f} m wide")

# %% [markdown]
# `project` goes back: points of any scanner, in the camera's frame, become a sparse depth map that can be completed.
# Where points share a pixel, the nearest counts. The step from the scanner's
# frame to the camera's is in [docs/camera.md](../docs/camera.md).

# %%
scan = cloud.points[np.random.default_rng(0).choice(len(cloud), 2000, replace=False)]
sparse = project(scan, kinect, result.depth.shape)
again = spnet.complete(result.rgb, sparse)
difference = np.abs(again.depth - result.depth) / result.depth
print(f"from {np.count_nonzero(sparse)} points again: median difference {np.median(difference):.1%}")
