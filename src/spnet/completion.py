"""What a prediction returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from spnet import io, pointcloud, viz
from spnet.errors import BadInput
from spnet.types import BoolImage, ByteImage, FloatImage, Intrinsics

CLOUD_SUFFIXES = frozenset({".ply", ".glb"})

CLOSE = 0.05  # relative error up to which a depth counts as right in `Completion.confidence`
# Scale and shape of the Weibull distribution of error / expected error, fitted to the bundled weights on images of the
# training sets by benchmarks/confidence.py. Shape 1 would be the exponential that the training assumes.
ERROR_SCALE, ERROR_SHAPE = 0.82, 0.84


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

    @property
    def confidence(self) -> FloatImage | None:
        """(H, W) float32: the probability that a depth is within 5 % of the truth; None as `expected_error`."""
        return None if self.expected_error is None else confidence_of(self.expected_error)

    def masked(self, below: float) -> Completion:
        """The same with depth 0, unknown, where the confidence is below a limit.

        Raises:
            BadInput: a limit outside 0 to 1, or a network that gives no confidence.
        """
        sure = self.needed_confidence() >= checked_confidence(below)
        return replace(self, depth=np.where(sure, self.depth, np.float32(0)))

    def needed_confidence(self) -> FloatImage:
        """`confidence`, for what cannot do without.

        Raises:
            BadInput: a network that gives none.
        """
        if (confidence := self.confidence) is None:
            raise BadInput(f"The model {self.model} gives no confidence; the bundled default does.")
        return confidence

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


def confidence_of(expected_error: FloatImage) -> FloatImage:
    """The probability that a depth is within 5 % of the truth, from its expected relative error, in any shape."""
    share = CLOSE / (ERROR_SCALE * np.maximum(expected_error, np.float32(1e-6)))
    probable: FloatImage = -np.expm1(-(share**ERROR_SHAPE))
    return probable


def checked_confidence(limit: float) -> float:
    """A limit for `Completion.masked`.

    Raises:
        BadInput: outside 0 to 1.
    """
    if not 0 <= limit <= 1:
        raise BadInput(f"A confidence lies between 0 and 1; got {limit}.")
    return limit
