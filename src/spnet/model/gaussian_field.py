"""A Gaussian random field on the pixel grid, solved by conjugate gradients: the last layer of `FillNet`.

The result u minimises, for targets t with precisions k and, between neighbours, steps s with precisions w,

    sum_i k_i (u_i - t_i)² + sum_(i,j) w_ij (u_j - u_i - s_ij)²

so values spread from where they are certain, along the steps, up to where a small w cuts the image. That is a linear
system A u = b with five non-zeros a row. Each step of the conjugate gradients is preconditioned by one cycle of
multigrid, whose coarser grids sum 2×2 cells; a fixed small number of steps is enough, on any size, and all of it is
made of operations on whole maps, so that it can be exported. OMNI-DC (Zuo & Deng, 2024) also integrates a network's
relative depths by least squares; precisions of every term, the preconditioner and the way of solving are ours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from spnet.model.network import exporting

# All ours. Sums over the two neighbours that two cells share make the coarse grids too stiff, because the correction
# is constant in a cell; a half would be right on a smooth field, 0.6 needs the fewest steps on trained ones.
STIFFNESS = 0.6
DAMPING = 0.8  # of the Jacobi sweeps, one before and one after each coarser grid
COARSEST_SWEEPS = 3
LEVELS = 5  # strides 1 to 16
STEPS = 5
SMALLEST = 1e-20  # keeps divisions finite once everything is solved

# For exported graphs, as kernels: there a shift is three operations, of the thousands that an engine prepares at each
# start. `steps` to the right and below, `divergence` of the two, and the sum of the two at a pixel's four sides.
_NONE = [0.0, 0.0, 0.0]
_STEPS = [[[_NONE, [0.0, -1.0, 1.0], _NONE]], [[_NONE, [0.0, -1.0, 0.0], [0.0, 1.0, 0.0]]]]
_DIVERGENCE = [[[_NONE, [1.0, -1.0, 0.0], _NONE], [[0.0, 1.0, 0.0], [0.0, -1.0, 0.0], _NONE]]]
_SIDES = [[[_NONE, [1.0, 1.0, 0.0], _NONE], [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], _NONE]]]
# Over cells of 2×2 pixels: what `_coarser` takes of each map of steps.
_HALVED = [[[[0.0, STIFFNESS], [0.0, STIFFNESS]]], [[[0.0, 0.0], [STIFFNESS, STIFFNESS]]]]


class Field(NamedTuple):
    """The matrix A, as (B, 1, H, W) maps: precision of a pixel's target, and of the steps to its right and below.

    The last column of `right` and the last row of `down` are zero.
    """

    target: Tensor
    right: Tensor
    down: Tensor


class _Joined(NamedTuple):
    """The same matrix for exported graphs: both maps of steps in one, (B, 2, H, W)."""

    target: Tensor
    both: Tensor


def inner(right: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
    """The same maps with zeros where there is no neighbour."""
    return F.pad(right[..., :-1], (0, 1)), F.pad(down[..., :-1, :], (0, 0, 0, 1))


def steps(x: Tensor) -> tuple[Tensor, Tensor]:
    """x's differences to the right and down, zero at the last column and row."""
    right = F.pad(x[..., 1:] - x[..., :-1], (0, 1))
    return right, F.pad(x[..., 1:, :] - x[..., :-1, :], (0, 0, 0, 1))


def divergence(right: Tensor, down: Tensor) -> Tensor:
    """What flows into a pixel from its left and above, less what it passes on; the transpose of `steps`.

    The last column of `right` and the last row of `down` are zero, so that what `roll` brings round is nothing.
    """
    return right.roll(1, -1) - right + down.roll(1, -2) - down


def right_side(field: Field, target: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """b of the system, from targets and steps."""
    return field.target * target + divergence(field.right * right, field.down * down)


def solve(field: Field, side: Tensor, start: Tensor, *, iterations: int = STEPS) -> Tensor:
    """The field's minimum.

    Args:
        field: precisions, (B, 1, H, W) each, H and W multiples of 16; targets' are over 0.
        side: `right_side`, (B, 1, H, W).
        start: a guess, (B, 1, H, W).
        iterations: of the conjugate gradients.

    Returns:
        (B, 1, H, W). Gradients are those of the exact solution, found by solving once more, and not of the iterations:
        nothing of these is kept. None reaches `start`.
    """
    if exporting():
        return _conjugate_gradients(field, side, start, iterations)
    solution: Tensor = _solve(field, side, start, iterations)
    return solution


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _solve(field: Field, side: Tensor, start: Tensor, iterations: int) -> Tensor:
    """Not compiled: that takes minutes and saves little."""
    solution: Tensor = _Solve.apply(side, start, iterations, *field)  # type: ignore[no-untyped-call]
    return solution


class _Solve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, side: Tensor, start: Tensor, iterations: int, *maps: Tensor) -> Tensor:
        field = Field(*maps)
        found = _conjugate_gradients(field, side, start, iterations)
        ctx.save_for_backward(found, *field)
        ctx.iterations = iterations
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        found, *maps = ctx.saved_tensors
        # A is symmetric: with A a = grad, the gradient of b is a, and that of A is -a uᵀ.
        adjoint = _conjugate_gradients(Field(*maps), grad, torch.zeros_like(grad), ctx.iterations)
        (a_right, a_down), (u_right, u_down) = steps(adjoint), steps(found)
        return adjoint, None, None, -adjoint * found, -a_right * u_right, -a_down * u_down


def _conjugate_gradients(field: Field, side: Tensor, start: Tensor, iterations: int) -> Tensor:
    levels = _levels(field)
    solution = start
    residual = side - _product(field, start)
    direction = _cycle(levels, residual)
    size = _dot(residual, direction)
    for last in [False] * (iterations - 1) + [True]:
        product = _product(field, direction)
        length = size / _dot(direction, product).clamp(min=SMALLEST)
        solution = solution + length * direction
        if last:
            break
        residual = residual - length * product
        better = _cycle(levels, residual)
        new = _dot(residual, better)
        direction = better + new / size.clamp(min=SMALLEST) * direction
        size = new
    return solution


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum((1, 2, 3), keepdim=True)


def _product(field: Field | _Joined, x: Tensor) -> Tensor:
    if isinstance(field, _Joined):
        return field.target * x + _filtered(field.both * _filtered(x, _STEPS), _DIVERGENCE)
    # Where `roll` brings the first column behind the last, the precision is zero.
    return field.target * x + divergence(field.right * (x.roll(-1, -1) - x), field.down * (x.roll(-1, -2) - x))


def _filtered(x: Tensor, kernels: list[list[list[list[float]]]]) -> Tensor:
    """x, zero beyond its border, under kernels of 3×3."""
    return F.conv2d(x, torch.tensor(kernels, device=x.device), padding=1)


def _levels(field: Field) -> list[tuple[Field | _Joined, Tensor]]:
    """The field at strides 1 to 16, each with DAMPING over its matrix's diagonal."""
    levels: list[tuple[Field | _Joined, Tensor]] = []
    for level in range(LEVELS):
        incoming = field.right.roll(1, -1) + field.down.roll(1, -2)
        diagonal = field.target + field.right + field.down + incoming
        levels.append((field, DAMPING / diagonal.clamp(min=SMALLEST)))
        if level == 0 and exporting():  # the finest level itself would take longer so
            return levels + _joined_levels(_coarser(field))
        if level < LEVELS - 1:
            field = _coarser(field)
    return levels


def _joined_levels(field: Field) -> list[tuple[Field | _Joined, Tensor]]:
    """Those at strides 2 to 16 in few operations."""
    joined = _Joined(field.target, torch.cat([field.right, field.down], dim=1))
    levels: list[tuple[Field | _Joined, Tensor]] = []
    for level in range(1, LEVELS):
        diagonal = joined.target + _filtered(joined.both, _SIDES)
        levels.append((joined, DAMPING / diagonal.clamp(min=SMALLEST)))
        if level < LEVELS - 1:
            halved = F.conv2d(joined.both, torch.tensor(_HALVED, device=joined.both.device), stride=2, groups=2)
            joined = _Joined(_sums(joined.target), halved)
    return levels


def _coarser(field: Field) -> Field:
    right, down = field.right[..., 1::2], field.down[..., 1::2, :]
    return Field(
        _sums(field.target),
        STIFFNESS * (right[..., 0::2, :] + right[..., 1::2, :]),
        STIFFNESS * (down[..., 0::2] + down[..., 1::2]),
    )


def _sums(x: Tensor) -> Tensor:
    """Over cells of 2×2 pixels."""
    return 4 * F.avg_pool2d(x, 2)


def _cycle(levels: list[tuple[Field | _Joined, Tensor]], residual: Tensor) -> Tensor:
    """An approximate solution of A x = residual, linear and symmetric in it: one cycle of multigrid."""
    (field, sweep), coarser = levels[0], levels[1:]
    x = sweep * residual
    if not coarser:
        for _ in range(COARSEST_SWEEPS - 1):
            x = x + sweep * (residual - _product(field, x))
        return x
    correction = _cycle(coarser, _sums(residual - _product(field, x)))
    x = x + F.interpolate(correction, scale_factor=2.0, mode="nearest")
    return x + sweep * (residual - _product(field, x))
