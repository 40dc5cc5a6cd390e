"""What a prediction returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spnet import io, pointcloud, viz
from spnet.types import BoolImage, ByteImage, FloatImage, Intrinsics

CLOUD_SUFFIXES = frozenset({".ply", ".glb"})


@dataclass(frozen=True)
class Completion:
    """A completed depth map and what it was made from.

    Attributes:
        depth: (H, W) float32 metres, dense, finite and >= 0.
        input_depth: (H, W) float32 metres, 0 = not measured.
        rgb: (H, W, 3) uint8, at the depth's size.
        max_depth: metres that the network's 1.0 stood for.
        model: name of the weights.
        unit: what the depth was read in: mm, cm, m, kitti, tum or normalized:<max_depth>.
        timings: seconds by stage: read, prepare, fill (where the network needs one), network, total.
        expected_error: (H, W) float32, the expected |error| / depth of each pixel; None where the network gives none.
    """

    depth: FloatImage
    input_depth: FloatImage
    rgb: ByteImage
    max_depth: float
    model: str = ""
    unit: str = "m"
    timings: Mapping[str, float] = field(default_factory=dict)
    expected_error: FloatImage | None = None

    @property
    def mask(self) -> BoolImage:
        """(H, W) True where the input was measured."""
        return self.input_depth > 0

    def save(self, path: str | Path, *, unit: str | None = None, intrinsics: Intrinsics | None = None) -> None:
        """Write the depth (.png, .tiff, .npy, .npz, .pfm, .exr) or the point cloud (.ply, .glb).

        Args:
            path: its suffix decides the kind.
            unit: of depth files; default mm for PNG, metres for the others.
            intrinsics: of point clouds; guessed where None.

        Raises:
            BadInput: unknown suffix or unit.
            CannotWrite: the target cannot be written.
        """
        if Path(path).suffix.lower() in CLOUD_SUFFIXES:
            self.point_cloud(intrinsics).save(path)
        else:
            io.write_depth(path, self.depth, unit, quick=True)

    def preview(self) -> ByteImage:
        """Image, input and result side by side, (H', W', 3) uint8."""
        return viz.preview(self.rgb, self.input_depth, self.depth)

    def point_cloud(self, intrinsics: Intrinsics | None = None) -> pointcloud.PointCloud:
        """The coloured cloud of all pixels; the camera is guessed where None."""
        return pointcloud.from_depth(self.depth, self.rgb, intrinsics)
