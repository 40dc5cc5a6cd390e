"""IP-Basic: completion by dilation of inverted depth.

Ku, Harakeh & Waslander, "In Defense of Classical Image Processing: Fast Depth Completion on the CPU", CRV 2018,
arXiv:1802.00036, section III: the fast version, and the multi-scale version of the authors' released program. Steps and
kernels are theirs. Three things are ours:

- Lengths that they set in metres for KITTI's 80 m are set here as shares of the farthest measurement, so that the
  result scales with the input and a room is treated as a street is.
- What their last dilation leaves empty (most of the image, where the input is sparser than KITTI's) is filled by
  repeating that dilation until nothing is left.
- Each option that their program leaves to the user is set to what did best on training data (docs/methods.md).

It does not keep the measured pixels: nearer ones spread over them, and the result is blurred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from spnet.errors import BadInput
from spnet.extras import need
from spnet.types import AnyArray, BoolImage, FloatImage, Sample

RANGE = 80.0  # m, section III-A: the farthest depth in KITTI; the farthest measurement is scaled to it
INVERSION = 100.0  # m, section III-A: depths become 100 - depth, so that near ones win a dilation and none becomes 0
SMALL_HOLES, LARGE_HOLES = 7, 31  # px, sections III-D and III-F: sides of the full kernels
CLOSING, MEDIAN = 5, 5  # px, sections III-C and III-G
BILATERAL = (5, 1.5, 2.0)  # px, m, px, the released program's fast version: diameter, sigma of depth, sigma of space
GAUSSIAN = 5  # px, section III-G; its sigma is OpenCV's for this size


@dataclass(frozen=True)
class IPBasic:
    """The fast version.

    Attributes:
        name: for tables.
        blur: the last step: "gaussian" (lower RMSE, the paper's submission) or "bilateral" (keeps edges).
        extend_top: carry each column's topmost value to the image's top before large holes are filled (section III-E,
            meant for trees and poles above a LiDAR's field of view).
    """

    name: str = "ip-basic"
    blur: Literal["gaussian", "bilateral"] = "gaussian"
    extend_top: bool = False

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres.

        Raises:
            BadInput: nothing is measured.
            MissingExtra: OpenCV is not installed.
        """
        measured = sample.mask
        if not measured.any():
            raise BadInput("No pixel is measured, so there is nothing to fill from.")
        near, far = sample.depth[measured].min(), sample.depth[measured].max()
        scale = np.float32(RANGE) / far
        inverted: FloatImage = np.where(measured, np.float32(INVERSION) - sample.depth * scale, np.float32(0))
        dense = self._blurred(self._filled(inverted))
        # No step leaves the range of the measurements but by rounding, which on a very near one would reach 0.
        depth: FloatImage = np.clip((np.float32(INVERSION) - dense) / scale, near, far)
        return depth

    def _filled(self, inverted: FloatImage) -> FloatImage:
        """Sections III-B to III-F; 0 is empty."""
        cv2 = _cv2()
        image: FloatImage = cv2.dilate(inverted, _diamond(5))
        image = cv2.morphologyEx(image, cv2.MORPH_CLOSE, _full(CLOSING))
        image = np.where(image > 0, image, cv2.dilate(image, _full(SMALL_HOLES)))
        if self.extend_top:
            image = _extended(image)
        return _without_holes(image)

    def _blurred(self, image: FloatImage) -> FloatImage:
        """Section III-G."""
        cv2 = _cv2()
        blurred: FloatImage = cv2.medianBlur(image, MEDIAN)
        if self.blur == "bilateral":
            blurred = cv2.bilateralFilter(blurred, *BILATERAL)
        else:
            blurred = cv2.GaussianBlur(blurred, (GAUSSIAN, GAUSSIAN), 0)
        return blurred


def _cv2() -> Any:
    return need("cv2", "eval", "The IP-Basic baselines")


def _full(side: int) -> AnyArray:
    return np.ones((side, side), np.uint8)


def _diamond(side: int) -> AnyArray:
    """The kernel that the paper found best (section III-B, figure 4)."""
    steps = np.abs(np.arange(side) - side // 2)
    kernel: AnyArray = (steps[:, None] + steps <= side // 2).astype(np.uint8)
    return kernel


def _extended(image: FloatImage) -> FloatImage:
    """Every column's topmost value, carried to the top."""
    filled: BoolImage = image > 0
    top = filled.argmax(0)
    values = np.take_along_axis(image, top[None], 0)
    return np.where(np.arange(len(image))[:, None] < top, values, image)


def _without_holes(image: FloatImage) -> FloatImage:
    """The paper's dilation of large holes, repeated until nothing is empty."""
    cv2 = _cv2()
    kernel = _full(LARGE_HOLES)
    while not (filled := image > 0).all():
        image = np.where(filled, image, cv2.dilate(image, kernel))
    return image
