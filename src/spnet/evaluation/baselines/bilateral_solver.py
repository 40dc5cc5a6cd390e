"""The fast bilateral solver: the smoothest depth, in the sense of a bilateral filter, near the measurements.

Barron & Poole, "The Fast Bilateral Solver", ECCV 2016: minimise, over depths x of target t and confidence c,

    lambda / 2 * sum_ij W_ij (x_i - x_j)^2 + sum_i c_i (x_i - t_i)^2

where W is a bistochastic bilateral affinity of position and colour, in the simplified bilateral grid, in which pixels
that fall into one cell share a value. OpenCV has the solver too, but its packages are built without what that needs,
so this is our own, from the paper. As for their depth super-resolution, the target is a fill, and the confidence falls
off with the distance to the measurement that it came from; the blocks of the grid are smoothed afterwards by a domain
transform, as theirs are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg

from spnet.evaluation.baselines.space import Space, from_space, nearest_values, to_space
from spnet.extras import need
from spnet.joint_fill import YUV, mean_spacing
from spnet.types import ByteImage, FloatImage, Sample

BALANCING = 10  # iterations to make the affinity bistochastic (the paper's program)
TOLERANCE, ITERATIONS = 1e-5, 100  # of the conjugate gradients; ours: more changes no third digit
SMALLEST, LARGEST = 1.0, 32.0  # px, of a cell; ours

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BilateralSolver:
    """The solver on the nearest measurements as its target; does not keep the measured pixels.

    All numbers are ours, by training data (docs/methods.md), but for the structure.

    Attributes:
        name: for tables.
        cell: side of a grid cell in the image, as a share of the mean spacing of the measurements.
        colour: side of a grid cell in luma and in chroma, levels of 255.
        smoothness: the paper's lambda.
        reach: standard deviation of the confidence in the distance to the measurement, in mean spacings.
        least: confidence far from all measurements, where at them it is 1.
        after: sigma in colour of the domain transform afterwards, in levels of 255; its sigma in space is a cell.
        space: what is averaged.
    """

    name: str = "bilateral-solver"
    cell: float = 0.25
    colour: float = 8.0
    smoothness: float = 0.3
    reach: float = 0.1
    least: float = 1e-4
    after: float = 40.0
    space: Space = "log"

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres.

        Raises:
            BadInput: nothing is measured.
            MissingExtra: OpenCV with its contributed modules is not installed.
        """
        ximgproc = need("cv2", "eval", "The bilateral solver and the other filters").ximgproc
        distance, target = nearest_values(to_space(sample, self.space), sample.mask)
        spacing = mean_spacing(distance)
        confidence = np.exp(-0.5 * (distance / (self.reach * spacing)) ** 2) + self.least
        side = float(np.clip(self.cell * spacing, SMALLEST, LARGEST))
        grid = Grid.of(sample.rgb, side, self.colour)
        solution = grid.solve(target, confidence, self.smoothness).astype(np.float32)
        smooth = ximgproc.dtFilter(sample.rgb, solution, side, self.after, mode=ximgproc.DTF_RF, numIters=2)
        return from_space(smooth, sample, self.space)


@dataclass(frozen=True)
class Grid:
    """The occupied cells of a bilateral grid.

    Attributes:
        cell_of: number of each pixel's cell, (H * W,).
        blur: (cells, cells): ten times the cell itself and its neighbours along each of the five axes.
    """

    cell_of: NDArray[np.intp]
    blur: sparse.csr_matrix

    @classmethod
    def of(cls, rgb: ByteImage, side: float, colour: float) -> Grid:
        """The grid of an image (H, W, 3) with cells of `side` pixels and `colour` levels."""
        height, width = rgb.shape[:2]
        rows, cols = np.indices((height, width))
        yuv = rgb @ np.array(YUV).T + (0, 128, 128)
        place = np.concatenate([np.stack([rows, cols], axis=-1) / side, yuv / colour], axis=-1).reshape(-1, 5)
        cells = place.astype(np.int64) + 1
        strides = np.r_[1, np.cumprod(cells.max(0)[:-1] + 2)]
        numbers, cell_of = np.unique(cells @ strides, return_inverse=True)
        blur = 10 * sparse.identity(len(numbers), format="csr")
        for stride in strides.tolist():
            blur = blur + _adjacent(numbers, stride)
        return cls(cell_of, blur)

    def splat(self, image: Array) -> Array:
        """Sums over each cell."""
        return np.bincount(self.cell_of, image.ravel(), self.blur.shape[0]).astype(np.float64)

    def solve(self, target: Array, confidence: Array, smoothness: float) -> Array:
        """The minimiser, (H, W), which lies within the target's range."""
        size = self.splat(np.ones(target.shape))
        scale = np.ones(len(size))
        for _ in range(BALANCING):
            scale = np.sqrt(scale * size / (self.blur @ scale))
        mass = scale * (self.blur @ scale)
        affinity = sparse.diags(scale) @ self.blur @ sparse.diags(scale)
        weight = self.splat(confidence)
        system = (smoothness * (sparse.diags(mass) - affinity) + sparse.diags(weight)).tocsr()
        start = self.splat(target) / size
        steps = sparse.diags(1 / system.diagonal())
        constant = self.splat(confidence * target)
        found, _ = cg(system, constant, start, rtol=TOLERANCE, maxiter=ITERATIONS, M=steps)
        solution: Array = np.clip(found[self.cell_of], target.min(), target.max()).reshape(target.shape)
        return solution


def _adjacent(numbers: NDArray[np.int64], stride: int) -> sparse.csr_matrix:
    """1 where two occupied cells are neighbours along the axis of this stride."""
    count = len(numbers)
    after = np.minimum(np.searchsorted(numbers, numbers + stride), count - 1)
    first = np.flatnonzero(numbers[after] == numbers + stride)
    pairs = sparse.csr_matrix((np.ones(len(first)), (first, after[first])), shape=(count, count))
    return pairs + pairs.T
